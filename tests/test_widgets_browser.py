"""The widgets as a person meets them: in JupyterLab, in Chromium, by mouse and by keyboard, light and dark.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import axe
import nbformat
import pytest
from labpage import DARK, LIGHT, LabPage, lab_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running


@pytest.fixture
def page(playwright, chromium_path, lab_server):
    with lab_page(playwright, chromium_path, lab_server) as opened:
        yield opened


class Bench:
    """A notebook with one widget, named w in its kernel, and a last cell that writes down its traits."""

    def __init__(self, page: LabPage, root: Path, name: str, *cells: str):
        self.lab, self.page, self.name = page, page.page, name
        self.state_file = root / f"{name}.json"
        self.state_file.unlink(missing_ok=True)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, root / f"{name}.ipynb")
        # Python's own state, written whenever it changes: what the page shows is no proof of it.
        notebook.cells[-1].source = (
            notebook.cells[-1].source
            + f"""
import json as _json, os as _os, pathlib as _pathlib
def _write(*_):
    plain = (int, float, str, list)
    state = {{k: v for k, v in w.get_state().items() if not k.startswith("_") and isinstance(v, plain)}}
    path = _pathlib.Path({str(self.state_file)!r})
    path.with_suffix(".new").write_text(_json.dumps(state))
    _os.replace(path.with_suffix(".new"), path)
w.observe(_write)
_write()
w"""
        )
        nbformat.write(notebook, root / f"{name}.ipynb")
        page.open(f"{name}.ipynb")
        page.run_all(patience=120)
        assert page.errors() == []

    def python(self, name: str, wanted, patience: float = 15) -> None:
        """Wait until a trait has a value in Python."""
        for _ in range(int(patience * 20)):
            found = json.loads(self.state_file.read_text())[name]
            if wanted(found) if callable(wanted) else found == wanted:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{name} is {found!r} in Python")

    def trait(self, name: str):
        return json.loads(self.state_file.read_text())[name]

    def finish(self, selector: str) -> None:
        """Sound in both themes: no error, nothing from outside, nothing that axe calls serious."""
        folder = os.environ.get("OSNET_EDU_SCREENSHOTS")
        for theme, suffix in ((LIGHT, "light"), (DARK, "dark")):
            self.lab.theme(theme)
            if folder:
                self.page.locator(selector).first.screenshot(path=str(Path(folder) / f"{self.name}_{suffix}.png"))
            assert axe.violations(self.page, selector) == []
        assert self.lab.errors() == []
        assert self.lab.outside_requests() == []


def test_axe_finds_a_planted_violation(page, lab_server):
    bench = Bench(
        page,
        lab_server.root,
        "planted",
        "import anywidget, osnet_edu\nclass Planted(anywidget.AnyWidget):\n"
        "    _esm = 'export default {render({el}) {el.innerHTML = `<div class=planted><input type=range>"
        '<img src="data:,"><b style="color:#ccc;background:#fff">pale</b></div><p class=sound>sound</p>`}}\'',
        "w = Planted()",
    )
    found = "\n".join(axe.violations(bench.page, ".planted"))
    assert "critical label: <input" in found and "critical image-alt: <img" in found and "color-contrast" in found
    assert axe.violations(bench.page, ".sound") == []
    with pytest.raises(AssertionError, match="nothing on the page"):
        axe.violations(bench.page, ".not-there")


PREDICT = (
    "from osnet_edu.widgets import Predict",
    "w = Predict('What does `F.relu(-1)` give?', ['minus one', 'zero', 'an error'], truth=2,\n"
    "            because='`max(0, -1)` is 0.')",
)


def test_predict_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "predict_mouse", *PREDICT)
    assert "max(0, -1)" not in bench.page.locator(".oe-predict").inner_text()
    bench.page.get_by_role("button", name="minus one").click()
    bench.python("chosen", 1)
    bench.page.get_by_role("status").get_by_text("max(0, -1)").wait_for()
    assert "this is what happens" in bench.page.get_by_role("button", name="zero").inner_text()
    assert "you said so" in bench.page.get_by_role("button", name="minus one").inner_text()
    bench.page.get_by_role("button", name="zero").click(force=True)  # the first answer stands
    bench.page.wait_for_timeout(300)
    assert bench.trait("chosen") == 1
    bench.finish(".oe-predict")


def test_predict_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "predict_keys", *PREDICT)
    bench.page.get_by_role("button", name="minus one").focus()
    bench.page.keyboard.press("Tab")
    bench.page.keyboard.press("Enter")
    bench.python("chosen", 2)
    bench.page.locator(".oe-because", has_text="is 0.").wait_for()
    zero = bench.page.get_by_role("button", name="zero")
    assert "you said so" in zero.inner_text() and zero.evaluate("b => b === document.activeElement")
    bench.finish(".oe-predict")
