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
from labpage import DARK, LIGHT, LabPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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

    def wait(self, there, patience: float = 30) -> None:
        """Wait until something is there, while the page goes on."""
        for _ in range(int(patience * 20)):
            if there():
                return
            self.page.wait_for_timeout(50)
        pytest.fail("it did not come")

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


RANKING = (
    """import tempfile, pathlib
from PIL import Image
from osnet_edu.photos.market import format_name, parse_name
from osnet_edu.widgets import Ranking
folder = pathlib.Path(tempfile.mkdtemp())
def photo(person, camera):
    path = folder / format_name(person, camera, 1, 100 * camera, 1)
    Image.new("RGB", (64, 128), (40 * (person + 2), 30 * camera, 90)).save(path)
    return parse_name(path)
gallery = [photo(*p) for p in [(1, 2), (1, 3), (1, 4), (1, 5), (-1, 2), (2, 1), (2, 2), (2, 3), (0, 5)]]""",
    "w = Ranking([photo(1, 1), photo(2, 6)], gallery)",
)


def card(bench: Bench, query: int, photo: int):
    """The card of a gallery photo in a query's row, wherever the page has it: it may be a step behind Python."""
    return bench.page.locator(".oe-ranking .oe-row").nth(query).locator(f'.oe-card[data-photo="{photo}"]')


def test_ranking_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "ranking_keys", *RANKING)
    card(bench, 0, 0).focus()
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("ArrowRight")
    bench.python("order", lambda order: order[0][:3] == [1, 2, 0])
    bench.page.keyboard.press("End")
    bench.python("order", lambda order: order[0][-1] == 0)
    bench.page.keyboard.press("ArrowLeft")
    bench.python("order", lambda order: order[0] == [1, 2, 3, 4, 5, 6, 7, 0, 8])
    moved = card(bench, 0, 0)
    moved.get_by_text("hit: 4/7").wait_for()  # the junk photo takes no rank
    assert moved.evaluate("card => card === document.activeElement")
    assert "4/7) / 4 = 89.3 %" in bench.page.locator(".oe-sums").first.inner_text()
    # A puzzle is judged in Python: one impostor in front of every match.
    bench.page.get_by_label("Puzzle").select_option("3")
    bench.python("verdict", "Not yet: rank-1 is 50.0 %, which is too high.")
    bench.page.get_by_role("button", name="Back to the start").press("Enter")
    bench.python("order", lambda order: order[0] == list(range(9)))
    card(bench, 0, 8).focus()
    bench.page.keyboard.press("Home")
    for photo in (6, 7):  # row 2 seeks person 2: photos 5, 6 and 7 match
        card(bench, 1, photo).press("Home")
        bench.python("order", lambda order, photo=photo: order[1][0] == photo)
    card(bench, 1, 5).press("Home")
    bench.python("order", lambda order: order[1][0] == 5)
    card(bench, 1, 8).press("Home")
    bench.python("solved", True)
    bench.page.get_by_role("status").get_by_text("Solved. One impostor").wait_for()
    bench.finish(".oe-ranking")


def test_ranking_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "ranking_mouse", *RANKING)
    first, fourth = (card(bench, 0, photo).bounding_box() for photo in (0, 3))
    bench.page.mouse.move(first["x"] + 20, first["y"] + 40)
    bench.page.mouse.down()
    bench.page.mouse.move(fourth["x"] + 30, fourth["y"] + 40, steps=8)
    bench.page.mouse.up()
    bench.python("order", lambda order: order[0] == [1, 2, 3, 0, 4, 5, 6, 7, 8])
    bench.page.mouse.move(first["x"], first["y"] + 300)  # let go: nothing follows the mouse any more
    bench.page.wait_for_timeout(300)
    assert bench.trait("order")[0] == [1, 2, 3, 0, 4, 5, 6, 7, 8]
    bench.page.get_by_label("Puzzle").select_option("2")
    bench.python("verdict", lambda text: text.startswith("Not yet"))
    bench.finish(".oe-ranking")


def test_the_ranking_lives_on_when_its_cell_is_run_again(page, lab_server):
    bench = Bench(page, lab_server.root, "ranking_again", *RANKING)
    bench.lab.run_all(patience=120)
    bench.page.wait_for_timeout(500)
    card(bench, 0, 0).press("ArrowRight")
    bench.python("order", lambda order: order[0][:2] == [1, 0])
    assert bench.lab.errors() == []


MIXER = (
    """import numpy as np, torch
from osnet_edu import osnet
from osnet_edu.widgets import GateMixer
torch.manual_seed(1)
images = np.random.default_rng(0).integers(0, 256, (3, 128, 64, 3), np.uint8)""",
    "w = GateMixer(osnet(0.25, gate_hidden=4).eval(), images[0], same=images[1], other=images[2])",
)


def test_gate_mixer_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "mixer_keys", *MIXER)
    slider = bench.page.get_by_label("your gate of stream 2")
    slider.focus()
    for _ in range(5):
        bench.page.keyboard.press("ArrowLeft")
    bench.python("hand", [0.5, 0.45, 0.5, 0.5])
    bench.page.get_by_text("yours 0.45").wait_for()
    bench.page.get_by_label("Channels").select_option("3")
    bench.python("channel", 3)
    bench.page.get_by_role("button", name="The net's own").press("Enter")
    bench.python("gap", lambda gap: gap < 1e-6)
    bench.page.get_by_text("differs from the net's by 0.0 %").wait_for()
    bench.page.get_by_label("Block").select_option("conv4.0")
    bench.python("channels", 32)
    bench.page.get_by_label("Channels").select_option("0")
    bench.python("channel", 0)
    assert len(bench.trait("says")) == 2
    bench.finish(".oe-mixer")


def test_gate_mixer_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "mixer_mouse", *MIXER)
    bench.page.get_by_role("button", name="All 0").click()
    bench.python("hand", [0, 0, 0, 0])
    bench.page.get_by_alt_text("your mixture: mean 0.000, all zero").wait_for()
    box = bench.page.get_by_label("your gate of stream 4").bounding_box()
    bench.page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    bench.page.mouse.down()
    bench.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=6)
    bench.page.mouse.up()
    bench.python("hand", lambda hand: hand[:3] == [0, 0, 0] and 0.6 < hand[3] < 0.9)
    bench.python("shares", lambda shares: abs(shares[3] - 1) < 1e-6)
    bench.finish(".oe-mixer")
