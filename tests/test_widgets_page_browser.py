"""What all widgets share, in JupyterLab, in Chromium: narrow pages, zoom, both themes, errors, a kernel that is gone.

OSNET_EDU_SCREENSHOTS=FOLDER keeps pictures of all widgets, wide and narrow, light and dark.
"""

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
    """import dataclasses, torch
torch.set_num_threads(1)
from osnet_edu import assets
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.widgets import *
found = market.read(assets.subset())
shipped = weights.shipped()
photos = market.decode(found.query[:3], shipped.size).images
small = market.decode(found.query[:1], (64, 32)).images
people = sorted({photo.person for photo in found.query})[:2]
gallery = [photo for photo in found.gallery if photo.person in people][:8]""",
    "ask('01.closer')",
    "Ranking([photo for photo in found.query if photo.person in people][:1], gallery)",
    "Convolution(small[0])",
    "ReceptiveField(photos[:1], shipped.model, block='conv3.1', stream=3)",
    "GateMixer(shipped.model, photos[0], same=photos[1], other=photos[2])",
    "NetworkCosts(opened=2)",
    "CompareBlocks(second='fixed-gates')",
    "board = replay(speed=100); board.finish(); board",
)
BOXES = ("predict", "ranking", "conv", "field", "mixer", "costs", "blocks", "training")


@pytest.fixture
def all_of_them(page, lab_server):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab_server.root / "all_widgets.ipynb")
    page.open("all_widgets.ipynb")
    page.run_all(patience=300)
    assert page.errors() == []
    return page


# What sticks out of a widget's box to the right, unless something within scrolls.
OVERFLOW = """() => [...document.querySelectorAll('.oe-box')].flatMap(box => {
    const right = box.getBoundingClientRect().right + 1;
    const scrolls = e => e !== box && (getComputedStyle(e).overflowX === 'auto' || scrolls(e.parentElement));
    const out = [...box.querySelectorAll('*')].filter(e => !e.closest('svg') || e.tagName === 'svg')
        .filter(e => e.getBoundingClientRect().right > right && !scrolls(e));
    return [...(box.scrollWidth > box.clientWidth + 1 ? [box.className + ' scrolls'] : []),
            ...out.map(e => `${box.className}: ${e.outerHTML.slice(0, 120)}`)];
})"""


def test_all_widgets_wide_narrow_and_zoomed(all_of_them):
    folder, page = os.environ.get("OSNET_EDU_SCREENSHOTS"), all_of_them.page
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    # 853 CSS pixels are what is left of a window of 1280 at 150 %.
    for name, width, theme in (
        ("wide", 1280, LIGHT),
        ("narrow", 800, LIGHT),
        ("zoomed", 853, DARK),
        ("dark", 1280, DARK),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        all_of_them.theme(theme)
        page.wait_for_timeout(800)
        for box in BOXES:
            place = page.locator(f".oe-{box}").first
            assert place.get_attribute("aria-busy") == "false"
            if folder:
                place.screenshot(path=str(Path(folder) / f"{name}_{box}.png"))
        assert page.evaluate(OVERFLOW) == [], name
        assert axe.violations(page, ".oe-box") == [], name
    assert all_of_them.errors() == []
    assert all_of_them.outside_requests() == []


def test_every_widget_says_that_the_kernel_is_gone(all_of_them):
    page = all_of_them.page
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    for box in BOXES:
        said = page.locator(f".oe-{box} .oe-lost")
        said.get_by_text("choose Run > Run All Above Selected Cell, then run this cell").wait_for()
        assert said.get_attribute("role") == "alert"
    page.get_by_role("button", name="Play again").click()
    page.wait_for_timeout(500)
    assert page.locator(".oe-training .oe-lost").inner_text().startswith("The kernel was restarted")
    assert axe.violations(page, ".oe-training .oe-lost") == []


def test_results_are_grey_while_python_computes_and_an_error_is_shown(page, lab_server):
    bench = Bench(
        page,
        lab_server.root,
        "slow",
        "import time\nfrom osnet_edu.widgets import NetworkCosts, network_costs",
        """kept = network_costs.published
def slow(width, streams, height):
    time.sleep(1.5)
    if streams == 6:
        raise KeyError("a fault of the kit")
    return kept(width, streams, height)
w = NetworkCosts()
network_costs.published = slow""",
    )
    box = bench.page.locator(".oe-costs")
    bench.page.get_by_label("T, streams a block").focus()
    bench.page.keyboard.press("ArrowRight")
    bench.page.locator('.oe-costs[aria-busy="true"]').wait_for()
    assert float(box.locator(".oe-result").first.evaluate("e => getComputedStyle(e).opacity")) < 0.5
    bench.python("streams", 5)
    bench.page.locator('.oe-costs[aria-busy="false"]').wait_for()
    bench.page.keyboard.press("ArrowRight")
    bench.page.locator('.oe-costs pre[aria-label="traceback"]', has_text="a fault of the kit").wait_for()
    assert axe.violations(bench.page, ".oe-costs") == []
    bench.page.keyboard.press("ArrowLeft")
    bench.python("streams", 5)
    bench.page.get_by_label("traceback").wait_for(state="detached")


def test_enter_commits_a_typed_weight(page, lab_server):
    bench = Bench(
        page,
        lab_server.root,
        "enter",
        "import numpy as np\nfrom osnet_edu.widgets import Convolution",
        "w = Convolution(np.full((16, 16, 3), 90, np.uint8))",
    )
    weight = bench.page.get_by_label("kernel weight, row 1, column 3")
    weight.fill("2.5")
    weight.press("Enter")
    bench.python("weights", lambda weights: weights[0][2] == 2.5)
    assert weight.evaluate("e => e === document.activeElement") and weight.input_value() == "2.5"
    weight.fill("")
    weight.press("Enter")
    assert weight.input_value() == "2.5", "nothing typed: the old weight is back"
    bench.finish(".oe-conv")


def test_a_click_on_the_photo_asks_another_unit(page, lab_server):
    bench = Bench(
        page,
        lab_server.root,
        "field_click",
        "import numpy as np\nfrom osnet_edu.widgets import ReceptiveField",
        "w = ReceptiveField(np.full((1, 64, 32, 3), 90, np.uint8), block='conv3.0')",
    )
    canvas = bench.page.locator(".oe-field canvas")
    canvas.click(position={"x": 28 + 7 * 4 + 3, "y": 28 + 7 * 10 + 3})  # 7 screen pixels for one of the photo
    bench.python("row", lambda row: abs(row - 10) <= 1)
    bench.python("column", lambda column: abs(column - 4) <= 1)
    row = bench.trait("row")
    canvas.press("ArrowDown")
    bench.python("row", row + 8)
    bench.page.get_by_role("status").get_by_text("row 3, column 1 of the map").wait_for()
    bench.finish(".oe-field")
