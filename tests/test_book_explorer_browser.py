"""The explorer's page of the site as a visitor has it: by keyboard alone, with a photo and a network of one's own."""

from __future__ import annotations

import base64
import re
from contextlib import contextmanager

import axe
import pytest
from bookpage import visiting
from test_explorer_voila import CALLED, tab_to
from test_widgets_explorer_browser import BRING

from osnet_edu import osnet
from osnet_edu.embed import onnx_file

pytestmark = pytest.mark.browser

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
# What has the focus is framed: the outline of what a keyboard reaches.
FRAMED = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
}"""
# For half a second the page has not moved.
RESTS = """() => new Promise((done) => {
    let [at, since] = [scrollY, performance.now()];
    const look = () => {
        if (scrollY !== at) [at, since] = [scrollY, performance.now()];
        if (performance.now() - since > 500) done(true);
        else requestAnimationFrame(look);
    };
    look();
})"""


@contextmanager
def explorer(playwright, chromium_path, book, size, theme):
    with visiting(playwright, chromium_path, book, color_scheme=theme, viewport=size) as visit:
        page = visit.open("explorer.html")
        page.set_default_timeout(60_000)
        page.locator(".oe-grid .oe-item img[src]").first.wait_for()
        yield visit
        assert visit.wrong == []


def tab(page, wanted: str, key: str = "Tab") -> None:
    tab_to(page, wanted, key)
    assert page.evaluate(FRAMED), f"{wanted} has the focus, and nobody sees it"


def accessible(page) -> None:
    page.evaluate("() => window.scrollTo(0, 0)")
    page.evaluate(axe.script().read_text("utf-8"))
    assert page.evaluate(axe.RUN, ["html", list(axe.BAD)]) == []


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "dark"), (NARROW, "light")], ids=["wide", "narrow"])
def test_by_keyboard_alone(playwright, chromium_path, book, size, theme):
    with explorer(playwright, chromium_path, book, size, theme) as visit:
        page, keys = visit.page, visit.page.keyboard
        place = int(page.locator(".oe-row .oe-item[aria-selected=true]").get_attribute("data-index"))
        tab(page, "Queries")
        keys.press("ArrowLeft")
        keys.press("Enter")
        page.locator(f".oe-row .oe-item[data-index='{place - 1}'][aria-selected=true]").wait_for()

        tab(page, "Gallery as ranked by shipped")
        keys.press("ArrowRight")
        keys.press("Enter")
        page.locator(".oe-duel .oe-stack img[src]").first.wait_for()
        opened = re.search(r"#query=.*&opened=(\S+?\.jpg)", page.url)
        assert opened, "the address holds what is open"
        page.wait_for_function(RESTS)
        top, bottom = page.locator(".oe-head").evaluate("e => [e.getBoundingClientRect().top, innerHeight]")
        assert 0 <= top < bottom - 200, "the questions are in view"
        tab(page, "Where? The correspondence")
        keys.press("Enter")
        page.locator(".oe-matching canvas, .oe-matching img[src]").first.wait_for()
        accessible(page)
        tab(page, "Close the pair")
        keys.press("Escape")
        page.locator(".oe-pair").wait_for(state="hidden")
        assert page.evaluate(CALLED).startswith("Gallery as ranked by shipped"), "the focus goes back to the list"

        # A stream silenced in the query: the ranking of the network in the page.
        tab(page, "Networks", "Shift+Tab")
        keys.press("Enter")
        tab(page, "Beside it:")
        keys.press("ArrowDown")
        page.locator(".oe-muting").get_by_label("silence stream 1 of conv2.0").wait_for()
        tab(page, "silence stream 1 of conv2.0")
        keys.press("Space")
        page.locator(".oe-heads", has_text="shipped without a stream").wait_for()
        accessible(page)


def test_a_photo_and_a_network_are_dropped(playwright, chromium_path, book):
    with explorer(playwright, chromium_path, book, WIDE, "light") as visit:
        page = visit.page
        content = (book.folder / "kit" / "data" / "query.jpgs").read_bytes()
        photo = content[: content.index(b"\xff\xd9") + 2]  # the first query, as a file of its own
        page.evaluate(BRING, ["drop", base64.b64encode(photo).decode(), "mine.jpg", "image/jpeg"])
        page.get_by_text("mine.jpg, 64x128 pixels.").wait_for(state="attached")
        page.locator(".oe-asked .oe-strong", has_text="your photo").wait_for()

        file = onnx_file(osnet(0.25, gate_hidden=4).eval())
        page.evaluate(BRING, ["drop", base64.b64encode(file).decode(), "mine.onnx", "application/octet-stream"])
        page.locator(".oe-grid[aria-label='Gallery as ranked by mine.onnx']").wait_for()
