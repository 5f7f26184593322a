"""The network at work in JupyterLab, in Chromium: mouse, keyboard, both themes, a narrow window, axe.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FLOW = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu.widgets import Flow",
    "w = Flow(small=True)",
)
FITS = "() => { const box = document.querySelector('.oe-flow'); return box.scrollWidth <= box.clientWidth; }"
# Stages that have appeared, of all.
APPEARED = "() => document.querySelectorAll('.oe-flow .oe-column:not(.oe-waits)').length"


def test_every_level_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "flow_mouse", *FLOW)
    view = bench.page
    view.set_viewport_size({"width": 1280, "height": 1800})
    stage = view.get_by_role("button", name="conv3: 96 channels")
    assert not view.get_by_role("button", name="Let it flow").is_visible(), "small until touched"
    cell = stage.locator("img").nth(1)
    cell.click(position={"x": 2, "y": 2})
    bench.python("at", "conv3")
    assert bench.trait("cell") == [], "the first click opens the stage"
    cell.click(position={"x": 2, "y": 2})
    bench.python("cell", ["conv3", 1, 0, 0])
    view.get_by_role("status").get_by_text("Row 1, column 1 can see").wait_for()
    assert bench.trait("small") is False
    view.get_by_role("button", name="block 2").click(position={"x": 4, "y": 100})
    bench.python("at", "conv3.1")
    view.get_by_role("button", name="silence stream 3 of conv3.1").click()
    bench.python("silenced", [["conv3.1", 3]])
    view.get_by_text("Without stream 3 of conv3.1 the similarity is").wait_for()
    view.get_by_role("button", name="solo stream 4 of conv3.1").click()
    bench.python("silenced", [["conv3.1", t] for t in (1, 2, 3)])
    view.get_by_role("button", name="All streams on").click()
    bench.python("silenced", [])
    view.get_by_role("button", name="stream 3", exact=False).locator("img").first.click(position={"x": 20, "y": 40})
    bench.python("at", "conv3.1 stream 3")
    bench.python("cell", lambda cell: cell[:2] == ["conv3.1 stream 3", 0])
    asked = view.locator(".oe-asked").nth(1)
    asked.click(position={"x": 40, "y": 60})
    bench.python("cell", lambda cell: cell[:2] == ["conv3.1 stream 3", 1])
    view.get_by_text("light up what differs").click()
    assert view.locator(".oe-stages .oe-step img").first.get_attribute("src") == lit(bench)
    view.get_by_role("navigation").get_by_role("button", name="conv3", exact=True).click()
    bench.python("at", "conv3")
    view.get_by_role("button", name="part in conv3.0").click()
    bench.python("at", "conv3.0")
    view.get_by_role("navigation").get_by_role("button", name="conv3", exact=True).click()
    bench.python("at", "conv3")
    view.locator("summary", has_text="Choose photos").click()
    view.get_by_role("button", name="one person").click()
    bench.python("said", lambda words: words.startswith("conv3 makes"))
    bench.python("shown", lambda names: len({name[:4] for name in names}) == 1)
    view.get_by_label("Second photo", exact=True).select_option("(no second photo)")
    bench.python("shown", lambda names: len(names) == 1)
    bench.finish(".oe-flow")


def lit(bench: Bench) -> str:
    """What the page has for the first stage where only what differs has its colours."""
    code = "import pathlib\npathlib.Path({!r}).write_text(w.network['maps'][0]['lit'][0])"
    path = bench.state_file.with_suffix(".lit")
    bench.lab.ask(code.format(str(path)))
    return path.read_text()


def test_every_level_by_keyboard_on_a_phone_and_the_flow_plays_by_itself(page, lab_server):
    bench = Bench(page, lab_server.root, "flow_keys", *FLOW)
    view = bench.page
    view.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    view.set_viewport_size({"width": 390, "height": 844})
    for name, at in (("conv2: 64 channels", "conv2"), ("block 1", "conv2.0"), ("stream 2", "conv2.0 stream 2")):
        button = view.get_by_role("button", name=name).first
        button.focus()
        view.keyboard.press("Enter")
        bench.python("at", at)
        view.wait_for_function("(key) => document.activeElement.dataset.key === key", arg=at)
        assert view.evaluate(FITS), at
    assert bench.trait("cell") == []
    canvas = view.locator(".oe-asked").first
    canvas.focus()
    view.keyboard.press("ArrowDown")
    bench.python("cell", ["conv2.0 stream 2", 0, 16, 8])
    view.keyboard.press("ArrowLeft")
    bench.python("cell", ["conv2.0 stream 2", 0, 16, 7])
    view.keyboard.press("Shift+ArrowUp")
    bench.python("cell", ["conv2.0 stream 2", 0, 12, 7])
    silence = view.get_by_role("button", name="silence stream 2 of conv2.0")
    silence.focus()
    view.keyboard.press("Space")
    bench.python("silenced", [["conv2.0", 2]])
    view.wait_for_function("() => document.activeElement.dataset.key === 'silence stream 2 of conv2.0'")
    step = view.get_by_role("button", name="one stage further")
    step.focus()
    view.keyboard.press("Enter")
    view.wait_for_function(f"() => ({APPEARED})() === 2")
    view.get_by_role("status").get_by_text("conv1: 16 channels, 64 × 32 cells, the two are").wait_for()
    for count in (3, 4, 5, 6, 7):
        view.keyboard.press("Enter")
        view.wait_for_function(f"(count) => ({APPEARED})() === count", arg=count)
    trail = view.get_by_role("navigation").get_by_role("button", name="network")
    trail.focus()
    view.keyboard.press("Enter")
    bench.python("at", "network")
    assert view.evaluate(FITS)
    bench.lab.ask("w.silenced = []")
    bench.python("silenced", [])
    view.get_by_role("button", name="Let it flow").click()
    for count in (2, 3):
        view.wait_for_function(f"(count) => ({APPEARED})() === count", arg=count)
    assert view.get_by_label("light up what differs").is_checked(), "stage by stage"
    view.get_by_role("button", name="Stop").click()
    view.wait_for_function(f"() => ({APPEARED})() === 7")
    view.get_by_role("status").get_by_text("The two part in conv3.0").wait_for()
    view.emulate_media(reduced_motion="reduce")
    moved = "() => getComputedStyle(document.querySelector('.oe-flow .oe-column')).transitionDuration"
    assert view.evaluate(moved) == "0s"
    view.emulate_media(reduced_motion="no-preference")
    assert view.evaluate(moved) == "0.4s"
    fingers(view)
    for name, at in (("conv4: 128 channels", "conv4"), ("block 2", "conv4.1"), ("stream 4", "conv4.1 stream 4")):
        touched(bench, view.get_by_role("button", name=name).first.locator("b").first)
        bench.python("at", at)
        assert view.evaluate(FITS), at
    touched(bench, view.locator(".oe-asked").first)
    bench.python("cell", lambda cell: cell[:2] == ["conv4.1 stream 4", 0])
    touched(bench, view.get_by_role("button", name="solo stream 4 of conv4.1"))
    bench.python("silenced", [["conv4.1", t] for t in (1, 2, 3)])
    touched(bench, view.get_by_role("button", name="All streams on"))
    bench.python("silenced", [])
    touched(bench, view.get_by_role("navigation").get_by_role("button", name="network"))
    bench.python("at", "network")
    bench.lab.ask("w.shown = w.pairs[-1]['names']")
    view.get_by_role("status").get_by_text("The two are apart even before the first block").wait_for()
    bench.finish(".oe-flow")


def fingers(view) -> None:
    """From now on the page is touched, as on a phone."""
    view.touch = view.context.new_cdp_session(view)
    view.touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})


def touched(bench, part) -> None:
    """A finger taps the middle of a part, which rests: the answer to the last touch may still move it."""
    view = bench.page
    bench.python("answered", lambda answered: answered == bench.trait("asked"))
    for line in filter(None, map(bench.trait, ("said", "effect"))):  # each pushes down what stands below it
        view.get_by_role("status").get_by_text(line, exact=True).wait_for()
    part.scroll_into_view_if_needed()
    part.click(trial=True)  # Playwright waits until the part is stable and on top, and does not click
    box = part.bounding_box()
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    view.touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    view.touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
