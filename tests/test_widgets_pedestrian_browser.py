"""The pedestrian lab in JupyterLab, in Chromium: edited by mouse and by keyboard, games, both themes, two windows."""

from __future__ import annotations

import os
from pathlib import Path

import axe
import pytest
from labpage import DARK, LIGHT
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = "from osnet_edu.widgets import PedestrianLab\nw = PedestrianLab()"


@pytest.fixture(autouse=True)
def patience(page):
    yield page.page.set_default_timeout(30_000)


def look(bench: Bench, name: str) -> None:
    folder = os.environ.get("OSNET_EDU_SCREENSHOTS")
    for theme in (DARK, LIGHT):
        bench.lab.theme(theme)
        for width in (1280, 390) if folder else ():
            bench.page.set_viewport_size({"width": width, "height": 2400})
            bench.page.wait_for_timeout(900)
            path = Path(folder) / f"lab_{name}_{theme.split()[1].lower()}_{width}.png"
            bench.page.locator(".oe-lab").first.screenshot(path=str(path))
        bench.page.set_viewport_size({"width": 1280, "height": 720})
        assert axe.violations(bench.page, ".oe-lab") == []


def test_a_pedestrian_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "lab_mouse", CELL)
    bench.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    box = bench.page.locator(".oe-lab")
    before = bench.trait("similarity")
    box.get_by_label("top: colour", exact=True).fill("#ff0000")
    bench.python("similarity", lambda value: value < before - 0.1)
    bench.python("rank", lambda rank: rank > 1)
    box.get_by_text("With top colour red").first.wait_for()
    box.locator(".oe-row.oe-changed").wait_for()
    box.get_by_text("of what speaks").wait_for()  # the duel followed
    box.get_by_text("show the map of the duel").click()
    box.locator("img.oe-heat").wait_for()
    look(bench, "red")
    box.get_by_label("top: colour: take the change back").click()
    bench.python("similarity", before)

    # Two changes at once.
    box.get_by_text("bag", exact=True).click()
    box.get_by_label("bag: kind", exact=True).select_option("tote")
    bench.python("said", lambda said: "bag tote" in said)
    pictured = bench.trait("pictures")
    box.get_by_label("top: logo", exact=True).select_option("star")
    bench.python("said", lambda said: "logo star" in said)
    assert bench.trait("pictures") != pictured and bench.trait("problem") == ""
    box.get_by_role("button", name="Undo all").click()
    bench.python("similarity", before)

    box.get_by_role("button", name="Does it know the person, or the clothes?").click()
    box.get_by_text("Measured for all 60 people").wait_for()
    assert box.locator(".oe-clothes img").count() == 2
    assert bench.lab.errors() == [] and bench.lab.outside_requests() == []


def test_a_game_by_keyboard(page, lab_server):
    bench = Bench(page, lab_server.root, "lab_keys", CELL)
    box, keys = bench.page.locator(".oe-lab"), bench.page.keyboard
    box.get_by_label("Game:").focus()
    keys.press("ArrowDown")
    bench.python("game", "one change")
    box.get_by_text("Nothing is changed yet.").wait_for()
    assert box.get_by_label("how she is seen: camera", exact=True).is_disabled(), "a game locks the view"
    box.get_by_label("top: kind", exact=True).focus()
    keys.press("End")  # a cardigan
    bench.python("said", lambda said: "top cardigan" in said)
    bench.python("verdict", lambda verdict: "% of the pixels" in verdict)
    box.get_by_label("top: sleeves", exact=True).focus()
    for _ in range(4):
        keys.press("ArrowLeft")
    bench.python("verdict", lambda verdict: "2 things are changed, and one is allowed" in verdict)
    bench.page.locator(".oe-lab .oe-back:visible").first.focus()
    keys.press("Enter")
    bench.python("verdict", lambda verdict: "2 things" not in verdict)
    look(bench, "game")
    assert bench.lab.errors() == [] and bench.lab.outside_requests() == []
