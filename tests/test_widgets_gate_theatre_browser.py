"""The gate theatre in JupyterLab, in Chromium: mouse, keyboard, both themes, a narrow window, axe.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TALL = {"width": 1280, "height": 1500}  # the whole widget in one picture
THEATRE = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu import assets\nfrom osnet_edu.network import weights",
    "from osnet_edu.widgets import GateTheatre\nw = GateTheatre(weights.shipped(), assets.subset())",
)


def test_the_theatre_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "theatre_mouse", *THEATRE)
    view = bench.page
    view.get_by_role("button", name="silence stream 1 of conv3.0").click()
    bench.python("silenced", [["conv3.0", 1]])
    bench.python("sentence", lambda words: words.startswith("Without stream 1 in conv3.0 "))
    view.get_by_role("status").get_by_text("Without stream 1 in conv3.0").wait_for()
    before = bench.trait("effects")
    view.locator("summary", has_text="How a stream is silenced").click()
    view.get_by_label("Silenced in").select_option("both")
    bench.python("where", "both")
    bench.python("effects", lambda now: now != before and now[0]["before"] == before[0]["before"])
    view.get_by_label("A silenced stream becomes").select_option("mean")
    bench.python("how", "A silenced stream becomes its mean over the gallery, in query and gallery.")
    view.get_by_role("button", name="solo stream 4 of conv4.1").click()
    bench.python("silenced", [["conv3.0", 1], *(["conv4.1", t] for t in (1, 2, 3))])
    view.get_by_role("button", name="solo stream 4 of conv4.1").click()
    bench.python("silenced", [["conv3.0", 1]])
    view.get_by_role("button", name="all channels of conv2.0").click()
    bench.python("channels", lambda rows: len(rows) == 12)
    view.get_by_text("All gates of conv2.0").wait_for()
    view.get_by_role("button", name="stream 4 of conv4.0, 9 by 9 cells").click()
    bench.python("chosen", ["conv4.0", 4])
    view.get_by_text("wider and taller than the photo").first.wait_for()
    view.get_by_role("button", name="All streams on").click()
    bench.python("silenced", [])
    view.get_by_role("button", name="silence stream 2", exact=True).click()
    bench.python("silenced", [[f"conv{s}.{k}", 2] for s in (2, 3, 4) for k in (0, 1)])
    view.set_viewport_size(TALL)
    bench.finish(".oe-theatre")
    if folder := os.environ.get("OSNET_EDU_SCREENSHOTS"):
        view.set_viewport_size({"width": 800, "height": 2600})
        view.locator(".oe-theatre").screenshot(path=str(Path(folder) / "theatre_800.png"))


def test_the_theatre_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "theatre_keys", *THEATRE)
    view = bench.page
    first = bench.trait("photos")
    view.get_by_label("Query, hardest first").focus()
    view.keyboard.press("ArrowDown")
    bench.python("triple", 1)
    bench.python("photos", lambda now: now != first)
    button = view.get_by_role("button", name="silence stream 3 of conv2.1")
    button.focus()
    view.keyboard.press("Enter")
    bench.python("silenced", [["conv2.1", 3]])
    view.keyboard.press("Tab")  # solo is next
    view.keyboard.press("Space")
    bench.python("silenced", [["conv2.1", t] for t in (1, 2, 4)])
    view.locator("summary", has_text="How a stream is silenced").focus()
    view.keyboard.press("Enter")
    view.get_by_label("Silenced in").focus()
    view.keyboard.press("ArrowDown")
    bench.python("where", "both")
    view.get_by_label("A silenced stream becomes").focus()
    view.keyboard.press("ArrowDown")
    bench.python("fill", "mean")
    strips = view.get_by_role("button", name="all channels of conv4.1")
    strips.focus()
    view.keyboard.press("Enter")
    bench.python("opened", "conv4.1")
    assert strips.evaluate("b => b === document.activeElement")
    field = view.get_by_role("button", name="stream 2 of conv3.1, 5 by 5 cells")
    field.focus()
    view.keyboard.press("Enter")
    bench.python("chosen", ["conv3.1", 2])
    clear = view.get_by_role("button", name="All streams on")
    clear.focus()
    view.keyboard.press("Enter")
    bench.python("silenced", [])
    bench.python("sentence", lambda words: words.startswith("All streams are on."))
    view.set_viewport_size(TALL)
    bench.finish(".oe-theatre")
