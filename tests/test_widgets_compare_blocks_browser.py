"""Two blocks side by side in JupyterLab, in Chromium: mouse, keyboard, both themes, axe."""

from __future__ import annotations

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BLOCKS = ("from osnet_edu.widgets import CompareBlocks\nw = CompareBlocks()",)


def test_compare_blocks_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "blocks_mouse", *BLOCKS)
    bench.page.get_by_label("second block").select_option("resnext")
    bench.python("second", "resnext")
    bench.page.get_by_role("status").get_by_text("ResNeXt-style sees 3x3 cells").wait_for()
    bench.page.locator('.oe-blocks svg[aria-label*="streams, each 3x3, sees 3x3"]').wait_for()
    bench.page.get_by_label("network").select_option("x1.0, photos of 256 x 128")
    bench.page.get_by_text("978,878,352").wait_for()
    bench.finish(".oe-blocks")


def test_compare_blocks_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "blocks_keys", *BLOCKS)
    place = bench.page.get_by_label("place", exact=True)
    place.focus()
    bench.page.keyboard.type("conv3.1")
    bench.python("place", "conv3.1")
    assert place.evaluate("s => s === document.activeElement")
    bench.page.keyboard.press("Shift+Tab")
    bench.page.keyboard.press("ArrowDown")  # from Inception-style to ResNeXt-style
    bench.python("second", "resnext")
    bench.page.keyboard.press("Shift+Tab")
    bench.page.keyboard.type("5")
    bench.python("first", "addition")
    bench.page.locator("figcaption", has_text="first: addition").wait_for()
    bench.finish(".oe-blocks")
