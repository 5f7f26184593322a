"""The explorer as a person meets it: in JupyterLab, in Chromium, by mouse and by keyboard alone, light and dark.

OSNET_EDU_SCREENSHOTS=FOLDER keeps pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = "from osnet_edu.widgets import Explorer\nw = Explorer()"


def kept(bench: Bench, name: str) -> None:
    folder = os.environ.get("OSNET_EDU_SCREENSHOTS")
    if folder:
        bench.page.locator(".oe-explorer").first.screenshot(path=str(Path(folder) / f"explorer_{name}.png"))


def test_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "explorer_mouse", CELL)
    box = bench.page.locator(".oe-explorer")
    kept(bench, "start")
    box.get_by_label("only failures").check()
    bench.python("failures", True)
    kept(bench, "failures")
    box.locator(".oe-row .oe-item").nth(1).click()
    bench.page.wait_for_timeout(1000)
    box.locator(".oe-grid .oe-item").nth(2).click()
    bench.python("opened", lambda name: name != "", patience=60)
    box.locator(".oe-duel").wait_for()
    bench.page.wait_for_timeout(1500)
    kept(bench, "duel")
    box.get_by_label("Beside it:").select_option("untrained")
    bench.python("other", "untrained", patience=60)
    bench.page.wait_for_timeout(1500)
    kept(bench, "beside")
    bench.page.set_viewport_size({"width": 390, "height": 844})
    bench.page.wait_for_timeout(1500)
    kept(bench, "narrow")
    bench.page.set_viewport_size({"width": 1280, "height": 720})
    bench.finish(".oe-explorer")
