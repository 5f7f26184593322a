"""Text that points into the network at work, in JupyterLab: pointed at, by keyboard, pressed, and back."""

from __future__ import annotations

import os
from pathlib import Path

import axe
import nbformat
import pytest
from labpage import DARK, LIGHT
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu.widgets import Flow",
    'w = Flow(at="conv2.0", small=True)',
)
TEXT = "Compare [stream 3 of conv3.1](#flow=conv3.1+stream+3) with [conv4](#flow=conv4)."
AWAY = "filler\n\n" * 60
HREF = "a => a.getAttribute('href')"
MARKED = "() => [...document.querySelectorAll('{} .oe-pointed')].map(one => one.dataset.key)"
IN_VIEW = (
    """one => { const { top, bottom } = one.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"""
)


class Linked(Bench):
    """The bench with a text far below the picture."""

    def __init__(self, page, root, name):
        write = nbformat.write

        def with_text(notebook, path):
            notebook.cells.append(nbformat.v4.new_markdown_cell(AWAY + TEXT))
            write(notebook, path)
            notebook.cells.pop()

        nbformat.write = with_text
        try:
            super().__init__(page, root, name, *CELLS)
        finally:
            nbformat.write = write


def marked(view, where: str) -> list[str]:
    """What is marked, a name each; a block stands in its stage and at its own end."""
    return sorted(set(view.evaluate(MARKED.format(where))))


def shot(view, name: str) -> None:
    if folder := os.environ.get("OSNET_EDU_SCREENSHOTS"):
        view.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_text_points_at_a_part_and_opens_it(page, lab_server):
    bench = Linked(page, lab_server.root, "flow_links")
    view = bench.page
    view.set_default_timeout(15000)
    view.set_viewport_size({"width": 1280, "height": 720})
    stream, stage = view.get_by_role("link", name="stream 3 of conv3.1"), view.get_by_role("link", name="conv4")
    assert stream.evaluate(HREF) == "#flow=conv3.1+stream+3", "JupyterLab leaves the address as it is"
    here = view.url
    # Pointed at: the picture is out of view, and the card has its row.
    stream.hover()
    card = view.locator(".oe-card")
    card.get_by_text("stream 3 of conv3.1: click or press Enter").wait_for()
    assert marked(view, ".oe-flow:not(.oe-card)") == marked(view, ".oe-card") == ["conv3"]
    assert card.evaluate(IN_VIEW) and bench.trait("at") == "conv2.0"
    for theme, words in ((LIGHT, "light"), (DARK, "dark")):
        bench.lab.theme(theme)
        stream.hover()
        shot(view, f"hovered_{words}")
        assert axe.violations(view, ".jp-MarkdownCell") == []
    bench.lab.theme(LIGHT)
    view.mouse.move(0, 0)
    card.wait_for(state="detached")
    assert marked(view, ".oe-flow") == []
    # Pressed: it opens, comes into view, and there is a way back.
    stream.click()
    bench.python("at", "conv3.1 stream 3")
    back = view.get_by_role("button", name="Back to the text")
    back.wait_for()
    view.wait_for_function(f"() => ({IN_VIEW})(document.querySelector('.oe-flow .oe-stages'))")
    assert bench.trait("small") is False and view.url == here
    assert back.evaluate("b => b === document.activeElement")
    shot(view, "opened")
    # With the keyboard: the part that is open is marked too.
    view.mouse.move(0, 0)
    view.keyboard.press("Escape")
    view.wait_for_function("() => document.activeElement.textContent === 'stream 3 of conv3.1'")
    assert not back.is_visible()
    view.wait_for_function(f"() => ({IN_VIEW})(document.activeElement)")
    view.keyboard.press("Tab")
    assert stage.evaluate("a => a === document.activeElement")
    card.wait_for()
    assert view.get_by_role("status").filter(has_text="conv4: click or press Enter").count() == 1
    assert marked(view, ".oe-flow:not(.oe-card)") == ["conv4"]
    view.keyboard.press("Shift+Tab")
    card.get_by_text("stream 3").wait_for()
    assert marked(view, ".oe-flow:not(.oe-card)") == ["conv3", "conv3.1", "conv3.1 stream 3"]
    view.keyboard.press("Escape")
    card.wait_for(state="detached")
    view.keyboard.press("Tab")
    view.keyboard.press("Enter")
    bench.python("at", "conv4")
    view.wait_for_function("() => document.activeElement.textContent === 'Back to the text'")
    view.emulate_media(reduced_motion="reduce")
    view.keyboard.press("Enter")
    view.wait_for_function("() => document.activeElement.textContent === 'conv4'")
    assert stage.evaluate(IN_VIEW), "at once where no motion is wanted"
    view.emulate_media(reduced_motion="no-preference")
    # The map can be made small again, and text without a picture does nothing.
    view.get_by_role("button", name="Make it small").click()
    bench.python("small", True)
    view.get_by_role("button", name="Open stage conv4").wait_for()
    bench.finish(".oe-flow")
    bench.lab.ask("w.close()")
    view.locator(".oe-flow").wait_for(state="detached")
    stage.hover()
    assert view.locator(".oe-card").count() == 0
