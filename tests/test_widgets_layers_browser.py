"""Convolution, receptive field and cost explorer in JupyterLab, in Chromium: mouse, keyboard, both themes, axe.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHOTOS = (
    "import numpy as np, torch",
    "torch.set_num_threads(1)\n"
    "photos = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (1, 64, 32, 3), dtype=np.uint8)",
)
CONVOLUTION = (*PHOTOS, "from osnet_edu.widgets import Convolution\nw = Convolution(photos[0])")
FIELD = (*PHOTOS, "from osnet_edu.widgets import ReceptiveField\nw = ReceptiveField(photos)")
COSTS = ("from osnet_edu.widgets import NetworkCosts\nw = NetworkCosts()",)


def test_convolution_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "convolution_mouse", *CONVOLUTION)
    photo = bench.page.locator(".oe-conv .oe-photo")
    photo.scroll_into_view_if_needed()
    box = photo.bounding_box()
    # A cell is 6 pixels; the frame of the canvas is 1.
    bench.page.mouse.move(box["x"] + 1 + 5 * 6 + 3, box["y"] + 1 + 10 * 6 + 3)
    bench.python("column", 5)
    bench.python("row", 10)
    bench.python("summed", lambda words: words.startswith("row 10, column 5: "))
    total = bench.trait("total")
    bench.page.get_by_role("status").get_by_text("row 10, column 5: ").wait_for()
    bench.page.mouse.click(box["x"] + 1 + 5 * 6 + 3, box["y"] + 1 + 10 * 6 + 3)  # hold it
    bench.page.mouse.move(box["x"] + 60, box["y"] + 200)
    bench.page.wait_for_timeout(400)
    assert (bench.trait("row"), bench.trait("column"), bench.trait("total")) == (10, 5, total)
    bench.page.mouse.click(box["x"] + 1 + 7 * 6 + 3, box["y"] + 1 + 20 * 6 + 3)  # and let go
    bench.page.mouse.move(box["x"] + 1 + 7 * 6 + 3, box["y"] + 1 + 21 * 6 + 3)
    bench.python("row", 21)
    bench.page.get_by_label("layer", exact=True).select_option("pointwise")
    bench.python("way", "pointwise")
    bench.page.get_by_text("3 multiply-adds: one cell").wait_for()
    assert not bench.page.get_by_label("kernel weight, row 1, column 1").is_visible()
    bench.finish(".oe-conv")


def test_convolution_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "convolution_keys", *CONVOLUTION)
    bench.page.locator(".oe-conv .oe-photo").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "Shift+ArrowLeft"):
        bench.page.keyboard.press(key)
    bench.python("row", 30)
    bench.python("column", 16 + 1 - 8)
    weight = bench.page.get_by_label("kernel weight, row 2, column 2")
    weight.focus()
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type("5")
    bench.page.keyboard.press("Tab")
    bench.python("weights", lambda weights: weights[1][1] == 5)
    bench.python("kernel", "your own")
    bench.page.get_by_label("3x3 kernel (where)").focus()
    bench.page.keyboard.type("blur")
    bench.page.keyboard.press("Tab")
    bench.python("kernel", "blur")
    bench.python("weights", lambda weights: weights[0][0] == 0.11)
    bench.page.get_by_label("layer", exact=True).focus()
    bench.page.keyboard.type("depth")
    bench.page.keyboard.press("Tab")
    bench.python("way", "depthwise")
    bench.page.get_by_label("channel", exact=True).focus()
    bench.page.keyboard.press("ArrowDown")
    bench.python("channel", 1)
    bench.page.locator(".oe-conv caption", has_text="red: not read").wait_for()
    assert bench.page.locator(".oe-conv caption").all_inner_texts() == ["red: not read", "green", "blue: not read"]
    bench.finish(".oe-conv")


def test_receptive_field_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "field_keys", *FIELD)
    bench.page.get_by_label("t, the stream asked").focus()
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("ArrowRight")
    bench.python("stream", 3)
    bench.python("longest", 35)
    bench.page.get_by_role("status").get_by_text("wider than the photo (32)").first.wait_for()
    bench.page.get_by_label("T, streams a block").focus()
    bench.page.keyboard.press("ArrowLeft")
    bench.page.keyboard.press("ArrowLeft")
    bench.python("streams", 2)
    bench.python("stream", 2)  # t cannot be more than T
    bench.page.get_by_label("block", exact=True).focus()
    for block in ("conv2.1", "conv3.0"):  # letters that come slowly would begin a new word
        bench.page.keyboard.press("ArrowDown")
        bench.python("block", block)
    bench.python("shortest", 47)
    bench.page.locator(".oe-field tr.oe-here", has_text="47 px").wait_for()
    assert bench.page.locator(".oe-field tr.oe-here").inner_text().split() == [
        "▸",
        "2",
        "5",
        "x",
        "5",
        "47",
        "px",
        "79",
        "px",
    ]
    bench.finish(".oe-field")


def test_receptive_field_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "field_mouse", *FIELD)
    check = bench.page.get_by_label("draw the measured field")
    check.click()
    bench.python("measured", False)
    slider = bench.page.get_by_label("t, the stream asked")
    box = slider.bounding_box()
    bench.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    bench.python("stream", 4)
    bench.python("cells", 9)
    bench.page.locator('.oe-field canvas[aria-label*="9 x 9 cells"]').wait_for()
    bench.finish(".oe-field")


def test_network_costs_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "costs_mouse", *COSTS)
    row = bench.page.locator(".oe-costs button", has_text="conv2")
    row.click()
    bench.python("opened", 2)
    bench.page.locator(".oe-inside", has_text="conv2.0.gate").get_by_text("4 calls").wait_for()
    assert row.get_attribute("aria-expanded") == "true"
    row.click()
    bench.python("opened", -1)
    bench.page.locator(".oe-inside").first.wait_for(state="detached")
    slider = bench.page.get_by_label("resolution of the photo")
    box = slider.bounding_box()
    bench.page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    bench.python("height", 32)
    bench.finish(".oe-costs")


def test_network_costs_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "costs_keys", *COSTS)
    bench.page.get_by_label("width β, of all channels").focus()
    for _ in range(5):
        bench.page.keyboard.press("ArrowLeft")
    bench.python("width", lambda width: abs(width - 0.75) < 1e-9)
    bench.python("parameters", 1_285_754)
    bench.page.get_by_text("571.8 M multiply-adds").wait_for()
    button = bench.page.locator(".oe-costs button", has_text="conv1")
    button.focus()
    bench.page.keyboard.press("Enter")
    bench.python("opened", 0)
    bench.page.locator(".oe-inside", has_text="7x7").wait_for()
    assert button.evaluate("b => b === document.activeElement")
    bench.finish(".oe-costs")
