"""Grading a map in JupyterLab, in Chromium: mouse, keyboard, both themes, a narrow window, axe."""

from __future__ import annotations

import pytest
from test_widgets_browser import Bench
from test_widgets_pairs_browser import sound

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = """import sys
sys.path.append({tests!r})
import torch
torch.set_num_threads(1)
from planted_cases import planted
from osnet_edu import osnet"""
GRADER = "from osnet_edu.widgets import MapGrader\nw = MapGrader(osnet(0.25, gate_hidden=4).eval(), planted())"


def test_a_map_is_graded_by_mouse_and_keyboard(page, lab_server, request):
    bench = Bench(page, lab_server.root, "grader", CASES.format(tests=str(request.path.parent)), GRADER)
    view, box = bench.page, bench.page.locator(".oe-grader")
    assert box.locator(".oe-stack").count() == 3 and box.locator(".oe-numbers").count() == 2
    box.get_by_role("button", name="strap").click()
    bench.python("part", "strap")
    view.get_by_role("status").get_by_text("Hatched: In this very view").wait_for()
    box.locator(".oe-hatch:visible").wait_for()
    box.get_by_role("button", name="hat", exact=True).focus()
    view.keyboard.press("Enter")
    bench.python("part", "hat")
    box.get_by_label("Method:").select_option("Grad-CAM")
    bench.python("method", "Grad-CAM")
    assert box.locator(".oe-truth:visible").count() == 0
    box.get_by_label("outline where they truly differ").check()
    box.locator(".oe-truth:visible").nth(1).wait_for()
    sound(bench, ".oe-grader")
