"""The duel and correspondence in JupyterLab, in Chromium: mouse, keyboard, both themes, a narrow window, axe.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TALL = {"width": 1280, "height": 1100}  # the whole widget in one picture
DUEL = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu import assets, weights",
    "from osnet_edu.widgets import Duelling\nw = Duelling(weights.shipped(), assets.subset())",
)
MATCHING = (
    """import torch
torch.set_num_threads(1)
from osnet_edu import people, weights
who = people.draw_identity(21, 0)
one, other = (people.render(who, people.draw_view(21, 0, camera, 0)) for camera in (2, 5))""",
    "from osnet_edu.widgets import Matching\nw = Matching(weights.shipped().model, one, other)",
)


def narrow(bench: Bench, box: str, name: str) -> None:
    if folder := os.environ.get("OSNET_EDU_SCREENSHOTS"):
        bench.page.set_viewport_size({"width": 800, "height": 2000})
        bench.page.locator(box).screenshot(path=str(Path(folder) / f"{name}_800.png"))


def test_the_duel_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "duel_mouse", *DUEL)
    view = bench.page
    assert bench.trait("pale") and "nothing to find" in bench.trait("grade")
    view.get_by_role("status").get_by_text("Drawn pale. Not graded").wait_for()
    view.get_by_label("Triple").select_option("7")
    bench.python("triple", 7)
    bench.python("pale", False, patience=30)
    bench.python("grade", lambda words: words.startswith("Grade 0."))
    view.get_by_label("Method").select_option("Grad-CAM")
    bench.python("method", "Grad-CAM")
    view.get_by_text("outline where the two truly differ").click()
    bench.python("outlined", True)
    view.locator(".oe-duel img.oe-truth").last.wait_for()
    slider = view.get_by_label("map over photo")
    slider.fill("0.4")
    bench.python("opacity", 0.4)
    for _ in range(40):
        if view.locator(".oe-duel img.oe-heat").first.evaluate("img => img.style.opacity") == "0.4":
            break
        view.wait_for_timeout(50)
    else:
        pytest.fail("the map did not fade")
    assert view.locator(".oe-duel tbody tr").count() == len(bench.trait("shares")) > 2
    for role in ("query", "hard positive", "hard negative"):
        assert view.get_by_alt_text(f"{role}, person").count() == 1
    view.set_viewport_size(TALL)
    bench.finish(".oe-duel")
    narrow(bench, ".oe-duel", "duel")


def test_the_duel_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "duel_keys", *DUEL)
    view = bench.page
    triple = view.get_by_label("Triple")
    triple.focus()
    triple.press("ArrowDown")
    bench.python("triple", 1)
    method = view.get_by_label("Method")
    method.focus()
    method.press("d")  # to DeepLift, by its letter
    bench.python("method", "DeepLift", patience=30)
    bench.python("grade", lambda words: "does not add up" in words or "nothing to find" in words)
    slider = view.get_by_label("map over photo")
    slider.focus()
    slider.press("Home")
    bench.python("opacity", 0)
    slider.press("ArrowRight")
    bench.python("opacity", 0.05)
    check = view.get_by_role("checkbox")
    check.focus()
    check.press("Space")
    bench.python("outlined", True)
    bench.finish(".oe-duel")


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
    view.set_viewport_size(TALL)
    bench.finish(".oe-matching")
    narrow(bench, ".oe-matching", "matching")
