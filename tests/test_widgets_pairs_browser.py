"""The duel and correspondence in JupyterLab, in Chromium: mouse, keyboard, both themes, a narrow window, axe.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DUEL = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu import assets\nfrom osnet_edu.network import weights",
    "from osnet_edu.widgets import Duelling\nw = Duelling(weights.shipped(), assets.subset())",
)
MATCHING = (
    """import torch
torch.set_num_threads(1)
from osnet_edu import people
from osnet_edu.network import weights
who = people.draw_identity(21, 0)
one, other = (people.render(who, people.draw_view(21, 0, camera, 0)) for camera in (2, 5))""",
    "from osnet_edu.widgets import Matching\nw = Matching(weights.shipped().model, one, other)",
)


def sound(bench: Bench, box: str) -> None:
    """No error, and nothing that axe calls serious, in both themes, wide and as narrow as on a phone.

    In a window of 800 pixels JupyterLab with its sidebar leaves a widget about 370.
    """
    for width, height in ((1280, 1100), (800, 844)):
        bench.page.set_viewport_size({"width": width, "height": height})
        if folder := os.environ.get("OSNET_EDU_SCREENSHOTS"):
            bench.page.locator(box).screenshot(path=str(Path(folder) / f"{bench.name}_{width}.png"))
        bench.finish(box)


def tops(view, selector: str) -> set[int]:
    return {round(one.bounding_box()["y"]) for one in view.locator(selector).all()}


def test_the_duel_by_mouse_and_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "duel", *DUEL)
    view = bench.page
    box = view.locator(".oe-duel")
    assert "does not notice it" in bench.trait("answer") and not bench.trait("hatched")
    view.get_by_role("status").get_by_text("The impostor differs only in the logo").wait_for()
    assert box.locator(".oe-hatch:visible").count() == 0
    view.get_by_role("button", name="What tells them apart?").click()
    bench.python("hatched", True)
    view.get_by_role("status").get_by_text("Hatched: In this very view").wait_for()
    box.locator(".oe-hatch:visible").nth(1).wait_for()  # the query has its colours
    assert tops(view, ".oe-duel .oe-stack") == {min(tops(view, ".oe-duel .oe-stack"))}  # side by side
    assert tops(view, ".oe-duel figcaption b") == {min(tops(view, ".oe-duel figcaption b"))}

    triple = view.get_by_label("Triple")
    triple.select_option("7")
    bench.python("triple", 7)
    bench.python("grade", lambda words: words.startswith("Grade 0."), patience=30)
    assert view.get_by_role("button", name="What tells them apart?").get_attribute("aria-pressed") == "true"
    view.get_by_label("Method:").select_option("Grad-CAM")
    bench.python("method", "Grad-CAM")
    view.get_by_role("button", name="gradient x activation on pieces").press("Enter")
    bench.python("method", "gradient x activation on pieces")
    method = view.get_by_label("Method:")
    method.focus()
    method.press("D")  # to DeepLift, by its letter
    bench.python("method", "DeepLift", patience=30)
    bench.python("grade", lambda words: "does not add up" in words)
    assert box.locator("tbody tr").count() == len(bench.trait("shares")) > 2
    for role in ("query", "match", "impostor"):
        assert view.get_by_alt_text(f"{role}, person").count() == 1

    view.get_by_text("How the maps are drawn").click()
    view.get_by_text("outline where the two truly differ").click()
    bench.python("outlined", True)
    box.locator("img.oe-truth").last.wait_for()
    slider = view.get_by_label("map over photo")
    slider.focus()
    slider.press("Home")
    bench.python("opacity", 0)
    view.wait_for_function("() => document.querySelector('.oe-duel .oe-grey').style.opacity === '0'")
    slider.press("ArrowRight")
    bench.python("opacity", 0.05)
    view.wait_for_function("() => document.querySelector('.oe-duel .oe-heat').style.opacity === '0.05'")
    view.get_by_role("checkbox", name="outline where").press("Space")
    bench.python("outlined", False)
    view.get_by_label("a map on the query too").check()
    box.locator(".oe-hatch:visible").nth(2).wait_for()
    sound(bench, ".oe-duel")


def test_matching_by_mouse_and_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "matching", *MATCHING)
    view = bench.page
    assert bench.trait("cells") == [16, 8] and "find their true place" in bench.trait("score")
    canvas = view.locator(".oe-matching canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 4.5 / 8, "y": box["height"] * 5.5 / 16})
    bench.python("cell", [5, 4])
    view.get_by_role("status").get_by_text("Row 6, column 5 finds itself at").wait_for()
    canvas.press("ArrowDown")
    bench.python("cell", [6, 4])
    canvas.press("ArrowLeft")
    bench.python("cell", [6, 3])
    stage = view.get_by_label("Stage")
    stage.focus()
    stage.select_option("conv2.1")
    bench.python("cells", [32, 16])
    canvas.focus()
    for _ in range(5):
        canvas.press("Shift+ArrowUp")
    bench.python("cell", lambda cell: cell[0] == 0)
    stage.select_option("conv3.1")
    bench.python("cells", [16, 8])
    sound(bench, ".oe-matching")
    assert len(tops(view, ".oe-matching canvas")) == 1  # side by side on a phone too
