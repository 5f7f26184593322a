"""The game and the picker of queries in JupyterLab: by mouse and by keyboard."""

from __future__ import annotations

import pytest
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GAME = "from osnet_edu.widgets import WhoIsIt", "w = WhoIsIt()"
PICK = (
    "from osnet_edu import embed, explore\n"
    "from osnet_edu.explore import story\n"
    "from osnet_edu.widgets import PickQuery",
    "r = explore.shipped()[1].rankings(explore.SHIPPED)\n"
    "sides = [embed.Embedding(r.query_features, r.queries), embed.Embedding(r.gallery_features, r.gallery)]\n"
    "w = PickQuery(*sides, first=(story.PRINT_SEEN.query, story.PRINT_TURNED.query))",
)


def test_the_game_by_mouse(page, lab_server):
    bench = Bench(page, lab_server.root, "who_mouse", *GAME)
    box = bench.page.locator(".oe-who")
    assert "0." not in box.inner_text()  # nothing is told before the choice
    box.locator(".oe-option").nth(3).click()
    bench.python("answers", [3])
    box.get_by_text("You are both right.").wait_for()
    assert box.locator(".oe-same").count() == 1 and box.locator(".oe-other").count() == 3
    assert "the network" in box.locator(".oe-same").inner_text() and "0.83" in box.locator(".oe-same").inner_text()
    box.locator(".oe-option").nth(0).click(force=True)  # the first answer stands
    box.get_by_role("button", name="Next question").click()
    box.get_by_text("Question 2 of 5").wait_for()
    assert box.locator(".oe-same").count() == 0
    bench.finish(".oe-who")


def test_the_game_by_keyboard_to_its_end(page, lab_server):
    bench = Bench(page, lab_server.root, "who_keys", *GAME)
    box = bench.page.locator(".oe-who")
    box.locator(".oe-option").first.focus()
    for k in range(5):
        box.get_by_text(f"Question {k + 1} of 5").wait_for()
        bench.page.keyboard.press("Enter")  # the first photo each time; the focus comes with the question
        bench.python("answers", [0] * (k + 1))
        button = box.get_by_role("button", name="Show the result" if k == 4 else "Next question")
        button.wait_for()
        button.focus()
        bench.page.keyboard.press("Enter")
    box.get_by_text("You have 1 of 5, the network has 3.").wait_for()  # only the third question is answered by 0
    assert box.locator(".oe-yes").count() == 4 and box.locator(".oe-no").count() == 6
    bench.finish(".oe-who")
    box.get_by_role("button", name="Play again").click()
    bench.python("answers", [])
    box.get_by_text("Question 1 of 5").wait_for()


def test_a_query_is_picked_by_mouse_and_by_arrow_keys(page, lab_server):
    bench = Bench(page, lab_server.root, "pick", *PICK)
    box = bench.page.locator(".oe-pick")
    box.get_by_text("Ana, camera 6: rank 1 is right.").wait_for()
    box.get_by_role("radio").nth(1).click()
    bench.python("chosen", 1)
    box.get_by_text("rank 1 is Bea").wait_for()
    assert box.locator("li").first.get_attribute("class") == "oe-miss"
    bench.page.keyboard.press("ArrowRight")
    bench.python("chosen", 2)
    bench.page.keyboard.press("ArrowLeft")
    bench.python("chosen", 1)
    focused = "() => document.activeElement.getAttribute('aria-checked')"
    assert bench.page.evaluate(focused) == "true"
    bench.finish(".oe-pick")
