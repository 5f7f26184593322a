"""The network at work on the site as a visitor has it: by mouse, touch and keyboard, in a lesson, with bad files."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from bookpage import visiting
from test_book_explorer_browser import NARROW, WIDE, accessible, tab

pytestmark = pytest.mark.browser

FITS = "() => document.documentElement.scrollWidth <= innerWidth"
GRAPH = "shipped_flow.onnx"


@contextmanager
def network(playwright, chromium_path, book, address="", **context):
    with visiting(playwright, chromium_path, book, **context) as visit:
        visit.asked = []
        visit.page.on("request", lambda request: visit.asked.append(request.url))
        page = visit.open(f"flow.html{address}")
        page.set_default_timeout(20_000)
        page.locator(".oe-flow .oe-column img").first.wait_for()
        yield visit
        assert visit.wrong == []


def told(page, words: str) -> None:
    page.locator(".oe-flow .oe-lead", has_text=words).wait_for()


def test_by_mouse_and_the_address_keeps_what_is_open(playwright, chromium_path, book):
    with network(playwright, chromium_path, book, viewport=WIDE, color_scheme="dark") as visit:
        page = visit.page
        told(page, "The two part in conv3.0")
        stage = page.get_by_role("button", name="conv3: 96 channels").locator("img").nth(1)
        stage.click(position={"x": 3, "y": 3})
        told(page, "conv3 makes 8 x 4 cells")
        stage.click(position={"x": 3, "y": 3})
        told(page, "Row 1, column 1 can see")
        page.get_by_role("button", name="block 2").click(position={"x": 4, "y": 80})
        told(page, "The gate of conv3.1 opens widest")
        page.get_by_role("button", name="silence stream 3 of conv3.1").click()
        page.get_by_text("Without stream 3 of conv3.1 the similarity is").wait_for()
        page.get_by_role("button", name="stream 3", exact=False).locator("img").first.click(position={"x": 20, "y": 40})
        page.wait_for_function("() => location.hash.includes('cell=0')")
        accessible(page)
        said, address = page.locator(".oe-flow .oe-lead").text_content(), page.url.split("flow.html")[1]
    assert re.fullmatch(r"#at=conv3\.1\+stream\+3&cell=0%3A\d+%3A\d+&silenced=conv3\.1%3A3", address)
    with network(playwright, chromium_path, book, address, viewport=WIDE) as visit:
        told(visit.page, said)
        visit.page.get_by_text("Without stream 3 of conv3.1 the similarity is").wait_for()
        visit.page.locator(".flow-networks select").select_option("untrained")
        visit.page.wait_for_function("() => location.hash.endsWith('model=untrained')")
        assert visit.page.locator(".oe-flow .oe-lead").text_content() != said


def test_by_touch_on_a_phone(playwright, chromium_path, book):
    touch = {"viewport": NARROW, "has_touch": True, "is_mobile": True}
    with network(playwright, chromium_path, book, **touch) as visit:
        page = visit.page
        page.get_by_role("button", name="conv4: 128 channels").tap()
        told(page, "conv4 makes 8 x 4 cells")
        page.get_by_role("button", name="conv4: 128 channels").tap()
        told(page, "Row ")
        page.get_by_role("button", name="conv4.0: block 1").tap(position={"x": 3, "y": 110})
        told(page, "The gate of conv4.0 opens widest")
        page.get_by_role("button", name="solo stream 2 of conv4.0").tap()
        page.get_by_text("Without streams 1, 3, 4 of conv4.0 the similarity is").wait_for()
        page.locator(".oe-asked").nth(1).tap(position={"x": 60, "y": 90})
        page.wait_for_function("() => location.hash.includes('cell=1')")
        assert page.evaluate(FITS)
        accessible(page)
        page.get_by_text("Choose photos").tap()
        page.get_by_role("button", name="one person").tap()
        page.wait_for_function("() => location.hash.includes('photos=')")
        page.get_by_text("A photo of your own").tap()
        page.locator("input[type=file]").set_input_files(
            {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0 no more"}
        )
        page.get_by_text("broken.jpg is not a picture that this browser can read").wait_for()
        assert page.locator(".oe-flow .oe-column img").count() == 12, "the last good picture stays"


def test_by_keyboard_alone(playwright, chromium_path, book):
    with network(playwright, chromium_path, book, viewport=WIDE) as visit:
        page, keys = visit.page, visit.page.keyboard
        tab(page, "conv2: 64 channels")
        keys.press("Enter")
        told(page, "conv2 makes 16 x 8 cells")
        tab(page, "conv2.1: block 2")
        keys.press("Enter")
        tab(page, "silence stream 1 of conv2.1")
        keys.press("Space")
        page.get_by_text("Without stream 1 of conv2.1").wait_for()
        tab(page, "conv2.1 of the first photo")
        keys.press("ArrowDown")
        told(page, "Row 17, column 9 can see")
        keys.press("ArrowDown")
        told(page, "Row 18, column 9 can see")


def test_the_first_picture_waits_for_nothing_and_what_is_missing_is_said(playwright, chromium_path, book):
    """The record is drawn where the data, and then the graph, do not come; what was refused is asked again."""
    with visiting(playwright, chromium_path, book, viewport=WIDE) as visit:
        page = visit.page
        gone = re.compile(r"flow_shipped\.json|shipped_flow\.onnx")
        page.route(gone, lambda route: route.fulfill(status=404))
        visit.open("flow.html")
        page.locator(".oe-flow .oe-column img").first.wait_for()
        told(page, "The two part in conv3.0")
        page.get_by_role("button", name="conv5: 128 channels").locator("b").click()
        page.get_by_text("The file flow_shipped.json.gzip is missing on this site").wait_for()
        told(page, "The two part in conv3.0")
        page.unroute(gone)
        page.route(re.compile(GRAPH), lambda route: route.fulfill(status=404))
        page.get_by_role("button", name="conv5: 128 channels").locator("b").click()
        page.get_by_text(f"The file {GRAPH} is missing on this site").wait_for()
        page.unroute(re.compile(GRAPH))
        page.get_by_role("button", name="conv5: 128 channels").locator("b").click()
        told(page, "conv5 makes 8 x 4 cells")
        for bad, words in (("at=conv9", "no place 'conv9'"), ("cell=x", "cell cannot be 'x'"), ("a=1", "sets 'a'")):
            page.evaluate("(hash) => { location.hash = hash; }", bad)
            page.locator(".oe-problem", has_text=words).wait_for()
            told(page, "conv5 makes 8 x 4 cells")
        assert all("404" in one for one in visit.wrong)


def test_a_lessons_map_comes_alive_when_it_is_touched(playwright, chromium_path, book):
    with visiting(playwright, chromium_path, book, viewport=WIDE) as visit:
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url))
        page = visit.open("lessons/04_the_aggregation_gate.html")
        page.set_default_timeout(20_000)
        page.get_by_text("You are here: block conv2.0").wait_for()
        assert not [url for url in asked if "data/flow_" in url or ".onnx" in url], (
            "nothing is fetched before it is touched"
        )
        page.get_by_role("button", name="conv4: 128 channels").locator("b").first.click()
        told(page, "conv4 makes 8 x 4 cells")
        page.get_by_role("button", name="conv4.1: block 2").click(position={"x": 3, "y": 110})
        told(page, "The gate of conv4.1 opens widest")
        assert len([url for url in asked if url.endswith(GRAPH)]) == 1
        assert visit.wrong == []
