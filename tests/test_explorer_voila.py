"""The explorer in the page of `lab.py app`, in Chromium: by mouse and by keyboard alone, wide and narrow.

OSNET_EDU_SCREENSHOTS=FOLDER keeps pictures.
"""

from __future__ import annotations

import base64
import os
import re
from contextlib import contextmanager
from pathlib import Path

import axe
import pytest
from PIL import Image
from test_app import Visitor, answers, visitor_of
from test_lab import ROOT, posix
from test_widgets_browser import Bench
from test_widgets_explorer_browser import BRING
from voilapage import app_of, wait_until

from osnet_edu import assets

pytestmark = [pytest.mark.browser, pytest.mark.slow, posix]

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
LOOKS = pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
TURNED = pytest.mark.parametrize(("size", "theme"), [(WIDE, "dark"), (NARROW, "light")], ids=["wide", "narrow"])

# Python's own state, written whenever it changes: what the page shows is no proof of it.
WRITE = """
import json, os, pathlib
def write(*_):
    plain = (int, float, str, list)
    state = {{k: v for k, v in w.get_state().items() if not k.startswith("_") and isinstance(v, plain)}}
    path = pathlib.Path({path!r})
    path.with_suffix(".new").write_text(json.dumps(state))
    os.replace(path.with_suffix(".new"), path)
w.observe(write)
write()
w"""

# How an element is called, as a screen reader would say it.
CALLED = """() => {
    const e = document.activeElement;
    return (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || '').trim();
}"""


# A click on a photo, and what stands in the pair a frame later.
ASKED = """async (photo) => {
    document.querySelector(photo).click();
    for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
    const pair = document.querySelector('.oe-pair');
    const said = pair.querySelector('[role=status]').textContent;
    return {said, photos: pair.querySelectorAll('.oe-two img[src]').length};
}"""


class Visit(Bench):
    """The explorer in a page of Voila, and the state that its kernel writes down."""

    def __init__(
        self,
        visitor: Visitor,
        state_file: Path,
        size: dict[str, int],
        theme: str,
        widget: str = ".oe-explorer",
        ready: str = ".oe-grid .oe-item img[src]",
    ):
        self.visitor, self.state_file, self.size, self.theme = visitor, state_file, size, theme
        self.page = visitor.context.new_page()
        self.page.set_viewport_size(size)
        self.page.on("websocket", lambda socket: visitor.requests.append(socket.url))
        self.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        self.page.on("console", lambda line: visitor.complaints.append(line.text) if line.type == "error" else None)
        # Asked for long before a key is pressed: on a busy machine the key may reach the page before the browser knows
        # that its file chooser is to be caught, and then nobody hears of it.
        self.choosers: list = []
        self.page.on("filechooser", lambda one: self.choosers.append(one))
        self.page.goto(f"{visitor.app.address}&theme={theme}", timeout=120_000)
        self.widget, self.box = widget, self.page.locator(widget)
        self.box.locator(ready).first.wait_for(timeout=120_000)
        self.page.set_default_timeout(30_000)

    def look(self, name: str) -> None:
        """No serious finding of axe, nothing wider than the window, and pictures where they are kept."""
        width, folder = self.size["width"], os.environ.get("OSNET_EDU_SCREENSHOTS")
        # All of it in view: what is scrolled away has no contrast that axe could check.
        self.page.set_viewport_size({"width": width, "height": 4000})
        self.page.wait_for_timeout(1000 if folder else 300)
        if folder:
            self.box.screenshot(path=str(Path(folder) / f"voila_{name}_{self.theme}_{width}.png"))
        assert axe.violations(self.page, self.widget) == []
        assert self.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
        assert self.box.evaluate("box => box.scrollWidth <= box.clientWidth")
        self.page.set_viewport_size(self.size)

    def sound(self) -> None:
        assert self.visitor.outside() == []
        assert self.visitor.complaints == []
        assert self.page.locator(".oe-problem, .oe-crash, .oe-lost").locator("visible=true").count() == 0

    def wait_for(self, there):
        """What `there` gives as soon as it is true, while the page goes on; after half a minute, what it gives then."""
        for _ in range(600):
            if there():
                break
            self.page.wait_for_timeout(50)
        return there()

    def ranked(self, place: int) -> None:
        """The page has the ranking of this query: a key before that would count in the list of the one before."""
        self.python("at", place)
        self.box.locator(f".oe-row .oe-item[data-index='{place}'][aria-selected=true]").wait_for()

    def unfold(self, name: str) -> None:
        self.box.locator("summary", has_text=name).first.click()

    def uncover(self) -> None:
        """On a narrow page the open pair lies over the rest: close it."""
        if self.size == NARROW:
            self.box.get_by_role("button", name="Close the pair").click()
            self.python("opened", "")

    def in_view(self, selector: str) -> bool:
        """Whether the head of an element stands in the window."""
        top = self.box.locator(selector).first.evaluate("e => e.getBoundingClientRect().top")
        return -40 < top < self.size["height"] - 200

    def tab(self, wanted: str, key: str = "Tab", most: int = 120) -> None:
        tab_to(self.page, wanted, key, most)


def tab_to(page, wanted: str, key: str = "Tab", most: int = 120) -> None:
    """Press Tab, or Shift+Tab, until what has the focus is called so."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate(CALLED).startswith(wanted):
            return
    pytest.fail(f"{key} does not reach {wanted!r}")


@contextmanager
def visiting(folder: Path, playwright, chromium_path: str, size: dict[str, int], theme: str, of: str = "Explorer"):
    state_file = folder / "state.json"
    cells = f"from osnet_edu.widgets import {of}", f"w = {of}()", WRITE.format(path=str(state_file))
    where = {"Explorer": (), "PedestrianLab": (".oe-lab", ".oe-pictures img[src]")}[of]
    touch = size == NARROW
    with app_of(folder, *cells) as app, visitor_of(playwright, chromium_path, app, touch) as visitor:
        (folder / "kit" / "assets").symlink_to(ROOT / "assets")
        assert wait_until(lambda: answers(app))
        yield Visit(visitor, state_file, size, theme, *where)


@pytest.fixture
def portrait(tmp_path) -> Path:
    """A photo of one's own, larger than the network needs."""
    photo = sorted((assets.subset() / "bounding_box_test").glob("*.jpg"))[30]
    Image.open(photo).resize((256, 512)).save(tmp_path / "mine.png")
    return tmp_path / "mine.png"


def followed(visit: Visit) -> None:
    """The open pair stage by stage, by mouse, or by touch on a narrow page: each level, and streams silenced."""
    flow = visit.box.locator(".oe-flow")

    def press(what) -> None:
        what.tap() if visit.size == NARROW else what.click()

    def opens(step: str, says: str, head: str) -> None:
        press(flow.get_by_role("button", name=step).locator("b"))
        flow.locator(".oe-lead", has_text=says).wait_for()
        opened = flow.get_by_role("heading", name=head, exact=True).first
        assert visit.wait_for(lambda: 0 < opened.bounding_box()["y"] < visit.size["height"] - 100), "it comes into view"

    press(visit.box.get_by_role("button", name="How, stage by stage? The network at work"))
    visit.python("why", "flow")
    flow.locator(".oe-lead", has_text=re.compile("The two|No block")).wait_for()
    assert flow.locator("summary", has_text="Choose photos").count() == 0, "the list chooses the photos"
    opens("conv3: 96 channels", "conv3 makes 8 x 4 cells of 96 channels", "conv3")
    opens("conv3.1: block 2", "The gate of conv3.1 opens widest for", "conv3.1")
    opens("conv3.1 stream 3: stream 3", "A cell of stream 3 of conv3.1 sees 7 x 7 cells", "conv3.1 stream 3")
    press(flow.get_by_role("application", name="conv3.1 stream 3 of the second photo"))
    flow.locator(".oe-lead", has_text=re.compile(r"Row \d+, column \d+ can see 191 x 191 pixels")).wait_for()
    press(flow.get_by_role("button", name="silence stream 3 of conv3.1"))
    flow.get_by_text("Without stream 3 of conv3.1 the similarity is").wait_for()
    press(flow.get_by_role("button", name="solo stream 4 of conv3.1"))
    flow.get_by_text("Without streams 1, 2, 3 of conv3.1 the similarity is").wait_for()
    visit.look("flow")
    press(flow.get_by_role("button", name="All streams on"))
    flow.get_by_text("Without streams").wait_for(state="hidden")
    press(flow.get_by_role("navigation").get_by_role("button", name="network"))
    flow.get_by_role("heading", name="conv3.1", exact=True).wait_for(state="hidden")


@LOOKS
def test_all_by_mouse(tmp_path, playwright, chromium_path, portrait, size, theme):
    with visiting(tmp_path, playwright, chromium_path, size, theme) as visit:
        box, before = visit.box, visit.trait("query")
        visit.look("start")
        place = visit.trait("at") + 1
        box.locator(f".oe-row .oe-item[data-index='{place}']").click()
        visit.ranked(place)
        assert visit.trait("query") not in ("", before)

        grid = box.locator(".oe-grid").bounding_box()
        assert grid["y"] < size["height"] - 100, "a picture of the gallery is in view at once"
        asked = visit.page.evaluate(ASKED, ".oe-grid .oe-item.oe-match")
        assert asked["said"].startswith("The network is asked: person ") and asked["photos"] == 2, (
            "before Python answers"
        )
        visit.python("opened", lambda name: name != "")
        box.locator(".oe-duel").wait_for()
        assert visit.trait("why") == "duel" and visit.wait_for(lambda: visit.in_view(".oe-pair"))
        assert box.locator(".oe-two").is_hidden()
        visit.look("pair")
        followed(visit)

        visit.uncover()
        visit.unfold("Networks")
        box.get_by_label("Beside it:").select_option("shipped")
        visit.python("other", "shipped")
        box.locator(".oe-muting").get_by_label("silence stream 3 of conv3.1").click()
        visit.python("silenced", [["conv3.1", 3]])
        box.locator(".oe-heads", has_text="shipped without a stream").wait_for()
        box.locator("svg.oe-lines path.oe-match").first.wait_for(state="attached")
        visit.look("beside")

        content = base64.b64encode(portrait.read_bytes()).decode()
        visit.page.evaluate(BRING, ["drop", content, portrait.name, "image/png"])
        visit.python("query", "")
        visit.python("at", -1)
        if size == NARROW:
            box.locator(".oe-column .oe-item").first.click()
        box.locator(".oe-matching").wait_for()
        box.get_by_text("Nobody knows the right match of a photo of your own").wait_for()
        assert box.locator(".oe-duel").count() == 0 and visit.trait("why") == "correspondence"
        duel = box.get_by_role("button", name="Why this one? The duel")
        assert duel.get_attribute("aria-disabled") == "true"
        duel.click(force=True)  # it is dotted, and does nothing
        assert visit.trait("why") == "correspondence"
        card = box.locator(".oe-column:visible .oe-item, .oe-grid:visible .oe-item").first
        assert "unknown" not in card.inner_text() and re.search("person|passer-by", card.inner_text())
        assert box.get_by_label("This state as a link").input_value() == "A link cannot hold a photo of your own."
        visit.look("own")
        if size == WIDE:
            box.get_by_role("button", name="Close the pair").click()
        visit.uncover()
        visit.python("opened", "")
        visit.unfold("A photo of your own")
        box.get_by_text("mine.png, 256x512 pixels.").wait_for()
        box.locator(".oe-pair").wait_for(state="hidden")
        visit.sound()


@TURNED
def test_all_by_keyboard(tmp_path, playwright, chromium_path, portrait, size, theme):
    with visiting(tmp_path, playwright, chromium_path, size, theme) as visit:
        box, keys, place = visit.box, visit.page.keyboard, visit.trait("at")
        visit.look("start")
        visit.tab("Queries")
        keys.press("ArrowLeft")
        keys.press("Enter")
        visit.ranked(place - 1)

        visit.tab("Gallery as ranked by shipped")
        keys.press("ArrowRight")
        keys.press("ArrowRight")
        keys.press("Enter")
        visit.python("opened", lambda name: name != "")
        box.locator(".oe-duel").wait_for()
        visit.look("pair")

        lead, first = box.locator(".oe-flow .oe-lead"), re.compile("The two|No block")
        visit.tab("How, stage by stage?")
        keys.press("Enter")
        visit.python("why", "flow")
        lead.filter(has_text=first).wait_for()
        for step, says in (("conv2: 64", "conv2 makes"), ("conv2.0: block 1", "The gate of conv2.0 opens"),
                           ("conv2.0 stream 2", "A cell of stream 2 of conv2.0 sees 5 x 5")):  # fmt: skip
            visit.tab(step)
            keys.press("Enter")
            lead.filter(has_text=says).wait_for()
        visit.tab("silence stream 2 of conv2.0")
        keys.press("Space")
        box.get_by_text("Without stream 2 of conv2.0 the similarity is").wait_for()
        visit.tab("solo stream 2 of conv2.0")
        keys.press("Space")
        box.get_by_text("Without streams 1, 3, 4 of conv2.0 the similarity is").wait_for()
        visit.tab("conv2.0 stream 2 of the first photo")
        keys.press("ArrowUp")
        lead.filter(has_text="Row 17, column 9 can see").wait_for()
        visit.tab("network", "Shift+Tab")
        keys.press("Enter")
        lead.filter(has_text=first).wait_for()

        visit.tab("Networks", "Shift+Tab")
        keys.press("Enter")
        visit.tab("Beside it:")
        keys.press("ArrowDown")
        visit.python("other", "shipped")
        box.locator(".oe-muting").get_by_label("silence stream 1 of conv2.0").wait_for()
        visit.tab("silence stream 1 of conv2.0")
        keys.press("Space")
        visit.python("silenced", [["conv2.0", 1]])
        visit.tab("Gallery as ranked by shipped without a stream")
        keys.press("End")
        visit.page.wait_for_function(
            "() => { const [a, b] = document.querySelectorAll('.oe-list.oe-column');"
            " return b.scrollTop > 9000 && a.scrollTop === b.scrollTop; }"
        )
        keys.press("Home")
        visit.look("beside")

        visit.tab("A photo of your own", "Shift+Tab")
        keys.press("Enter")
        visit.tab("Choose a photo")
        keys.press("Space")
        assert visit.wait_for(lambda: visit.choosers)
        visit.choosers[0].set_files(str(portrait))
        visit.python("query", "")
        visit.python("at", -1)
        box.get_by_text("mine.png, 256x512 pixels.").wait_for()
        visit.look("own")

        visit.tab("Close the pair")
        keys.press("Enter")
        visit.python("opened", "")
        box.locator(".oe-pair").wait_for(state="hidden")
        visit.sound()


def test_a_link_brings_its_state(tmp_path, playwright, chromium_path):
    with visiting(tmp_path, playwright, chromium_path, WIDE, "light") as visit:
        box, start = visit.box, visit.trait("query")
        box.get_by_label("Search:").fill("person 188")
        box.get_by_text("6 of 360 queries; the one below is not among them").wait_for()
        assert visit.trait("query") == start
        box.get_by_label("Search:").press("Enter")
        visit.python("query", lambda name: name.startswith("0188_"))
        visit.unfold("More filters")
        box.get_by_label("Order:").select_option("smallest margin")
        visit.python("sort", "smallest margin")
        link = box.get_by_label("This state as a link")
        assert visit.wait_for(lambda: "sort=smallest+margin" in link.input_value())
        address, query = link.input_value(), visit.trait("query")
        assert address.startswith(f"{visit.visitor.app.url}/#query=0188_") and "token" not in address
        # Another page, as a friend of the same machine opens it; then its address is changed by hand.
        visit.state_file.unlink()  # the first page's state, which would answer for a page that has not read its link
        other = visit.visitor.context.new_page()
        other.goto(address, timeout=120_000)
        theirs = other.locator(".oe-explorer")
        theirs.get_by_label("This state as a link").wait_for(timeout=120_000)
        visit.page = other  # whose state the file now says
        assert visit.wait_for(visit.state_file.exists)
        visit.python("sort", "smallest margin", patience=60)
        visit.python("query", query)
        assert visit.wait_for(lambda: theirs.get_by_label("Search:").input_value() == "person 188")
        other.evaluate("() => { location.hash = 'query=nobody.jpg'; }")
        theirs.get_by_text("There is no query 'nobody.jpg' that can be read").wait_for()
        assert visit.trait("query") == query
        assert visit.visitor.outside() == []


@LOOKS
def test_a_pedestrian_is_edited_by_mouse_and_by_keyboard(tmp_path, playwright, chromium_path, size, theme):
    with visiting(tmp_path, playwright, chromium_path, size, theme, "PedestrianLab") as visit:
        box, keys, before = visit.box, visit.page.keyboard, visit.trait("similarity")
        box.get_by_label("top: colour", exact=True).fill("#ff0000")
        visit.python("rank", lambda rank: rank > 1)
        box.get_by_text("of what speaks").wait_for()
        visit.look("lab")
        box.get_by_role("button", name="Undo all").click()
        visit.python("similarity", before)

        box.get_by_role("button", name="Undo all").focus()
        visit.tab("top: kind")
        keys.press("End")  # a cardigan
        visit.python("said", lambda said: "top cardigan" in said)
        visit.tab("how she is seen")
        keys.press("Enter")
        visit.tab("how she is seen: turn, degrees")
        keys.press("ArrowRight")
        visit.python("said", lambda said: "yaw" in said)
        assert visit.trait("similarity") != before
        visit.sound()
