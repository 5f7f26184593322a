"""The training board in JupyterLab, in Chromium: started, stopped, gone on with, played; mouse, keyboard, themes, axe.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def training(out: str, **config) -> tuple[str, str]:
    """Cells that show a run of 120 small steps, with its checkpoints in a folder."""
    settings = {"size": (64, 32), "people": 4, "shots": 2, "streams": 2, "photos": 960} | config
    return (
        f"""import torch
from osnet_edu import assets, train
from osnet_edu.machine import compute
from osnet_edu.photos import market
from osnet_edu.widgets import Training, Watch
torch.set_num_threads(1)
found = market.read(assets.subset())
config = train.TrainConfig(**{settings!r})
data = train.load([p for p in found.train if p.person <= 6], config.size)
people = sorted({{p.person for p in found.query}})[:3]
query = [next(p for p in found.query if p.person == person) for person in people]
gallery = [p for p in found.gallery if p.person in people]
watch = Watch(query, gallery, (query[0], gallery[-1]), config.size)
timing = compute.Timing(compute.Compute(), 100.0)""",
        f"w = Training(data, config, watch, out={out!r}, timing=timing)",
    )


REPLAY = (
    """import math
from osnet_edu.widgets import Recording, Replay
from osnet_edu.widgets.frames import About, Frame, StepLook
import base64, io
from PIL import Image
file = io.BytesIO()
Image.new("RGB", (64, 128), (90, 120, 160)).save(file, "PNG")
src = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
pair = ({"src": src, "text": "the query"}, {"src": src, "text": "somebody else"})
about = About(200, 64, 180, 0.1, 40, pair, "40 queries and 120 gallery photos of 20 unseen people", "cpu")
def look(s):
    gates = {b: [[.5 + (.1 * t - .2 + k) * s / 400 for t in range(4)] for k in (0, .1)] for b in ("conv2.0", "conv2.1")}
    return StepLook(s / 250, s / 300, gates)
frames = [Frame(s, s / 10, .9 + 4.2 * math.exp(-s / 60) if s else math.nan, .6 * 40 / s if s > 40 else math.nan,
                s / 200, .004, look(s) if s % 10 == 0 else None) for s in range(201)]""",
    "w = Replay(Recording(about, tuple(frames)), speed=10)",
)


def board(bench: Bench):
    return bench.page.locator(".oe-training")


def test_a_run_by_mouse(page, lab_server, tmp_path):
    bench = Bench(page, lab_server.root, "training_mouse", *training(str(tmp_path / "runs")))
    budget = bench.page.get_by_label("Budget", exact=True)
    assert budget.locator("option").first.inner_text() == "960 photos, about 10 s"
    board(bench).get_by_role("button", name="Start", exact=True).click()
    bench.python("state", "running")
    board(bench).locator("select:disabled").wait_for()  # a budget cannot be changed on the way
    bench.python("step", lambda step: step >= 12, patience=60)
    board(bench).get_by_role("button", name="Stop", exact=True).click()
    bench.python("state", "stopped")
    bench.page.get_by_role("status").get_by_text("The checkpoint is of step").wait_for()
    there = bench.trait("step")
    bench.page.wait_for_timeout(700)
    assert bench.trait("step") == there < 120, "it stands still"
    bench.page.get_by_role("button", name="Go on from step").click()
    bench.python("state", "done", patience=90)
    bench.page.get_by_role("status").get_by_text("Done: 120 steps, 960 photos").wait_for()
    assert [row[0] for row in bench.trait("losses")] == list(range(1, 121))
    chart = bench.page.get_by_role("img", name="Losses over 120 steps, 120 done")
    assert chart.locator("polyline").count() == 2
    bench.page.get_by_role("button", name="Start anew").wait_for()
    bench.finish(".oe-training")


def test_a_run_by_keyboard_and_in_another_kernel(page, lab_server, tmp_path):
    cells = training(str(tmp_path / "runs"))
    bench = Bench(page, lab_server.root, "training_keys", *cells)
    button = bench.page.locator(".oe-training button.oe-main")
    button.focus()
    bench.page.keyboard.press("Enter")
    bench.python("step", lambda step: step >= 11, patience=60)
    assert button.evaluate("b => b === document.activeElement") and button.inner_text() == "Stop"
    bench.page.keyboard.press("Enter")
    bench.python("state", "stopped")
    bench.page.get_by_label("Block", exact=True).focus()
    bench.page.keyboard.type("conv3.0")
    bench.page.keyboard.press("Tab")
    bench.python("block", "conv3.0")
    bench.page.get_by_role("img", name="Mean gates, conv3.0").wait_for()
    bench.finish(".oe-training")
    step = bench.trait("step") // 10 * 10
    other = Bench(page, lab_server.root, "training_again", *cells)  # a fresh kernel over the same folder
    assert (other.trait("state"), other.trait("step")) == ("stopped", step)
    other.page.get_by_role("button", name=f"Go on from step {step}").focus()
    other.page.keyboard.press("Enter")
    other.python("state", "done", patience=90)


def test_a_loss_that_is_no_number_is_told_on_the_page(page, lab_server, tmp_path):
    cells = training(str(tmp_path / "runs"), learning_rate=1e6, warmup=0.0)
    bench = Bench(page, lab_server.root, "training_nan", *cells)
    board(bench).get_by_role("button", name="Start", exact=True).click()
    bench.python("state", "failed", patience=60)
    bench.page.get_by_role("alert").get_by_text("The loss is nan at step").wait_for()
    bench.finish(".oe-training")


def test_replay_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "replay_mouse", *REPLAY)
    board(bench).get_by_role("button", name="Play", exact=True).click()
    bench.python("step", lambda step: step > 30)
    board(bench).get_by_role("button", name="Stop", exact=True).click()
    bench.python("state", "stopped")
    bench.page.get_by_label("Speed", exact=True).select_option("100 times as fast, 0 s")
    bench.python("chosen", 3)
    bench.page.get_by_role("button", name="Go on from step").click()
    bench.python("state", "done")
    bench.page.get_by_role("status").get_by_text("Played to the end").wait_for()
    score = bench.page.get_by_role("img", name="Small test over 200 steps")
    assert score.locator("circle").count() == score.locator("rect").count() == 21
    assert bench.page.get_by_text("triplet joins").count() == 1
    bench.finish(".oe-training")


def test_replay_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "replay_keys", *REPLAY)
    bench.page.get_by_label("Speed", exact=True).focus()
    bench.page.keyboard.type("100")
    bench.page.keyboard.press("Shift+Tab")
    bench.python("chosen", 3)
    bench.page.keyboard.press("Enter")
    bench.python("state", "done")
    button = bench.page.get_by_role("button", name="Play again")
    assert button.evaluate("b => b === document.activeElement")
    bench.page.get_by_label("Block", exact=True).focus()
    bench.page.keyboard.press("ArrowDown")
    bench.page.keyboard.press("Tab")
    bench.python("block", "conv2.0")
    bench.finish(".oe-training")
