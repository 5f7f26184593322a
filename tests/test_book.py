"""The static site: its files hold together, its widgets answer what Python answered, and nobody else is asked."""

from __future__ import annotations

import gzip
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import axe
import nbformat
import numpy as np
import pytest
from bookpage import LESSONS, WHOLE, Book, visiting
from docutils import nodes
from PIL import Image

import lab
from osnet_edu import Refused, assets, widgets
from osnet_edu.book import alive, build, controls, generator, kept, lessons, pages
from osnet_edu.photos import market
from osnet_edu.widgets import pictures

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
MIXER = "lessons/04_the_aggregation_gate.html"
FIRST = "lessons/00_start_here.html"


# ---- the files


class Parts(HTMLParser):
    """What a page refers to, what in it can be referred to, and its pictures without words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.silent: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src", "data-src") if name in found]
        if tag == "link":
            self.loaded.append(found["href"])
        if tag == "img" and not found.get("alt", "").strip():
            self.silent.append(found.get("src", ""))
        self.handlers += [name for name in found if name.startswith("on")]

    handle_startendtag = handle_starttag


@pytest.fixture(scope="module")
def parsed(book: Book) -> dict[Path, Parts]:
    return {path: Parts(path.read_text("utf-8")) for path in sorted(book.folder.rglob("*.html"))}


def test_every_page_that_was_promised_is_there(book, parsed):
    made = {path.relative_to(book.folder).as_posix() for path in parsed}
    assert made == {
        "index.html", "explorer.html", "flow.html", "change.html", "contents.html", "leaderboard.html",
        "model_card.html", "datasheet.html", "glossary.html", "formulas.html", "search.html", FIRST, MIXER,
        FIRST.replace("lessons", "slides"), MIXER.replace("lessons", "slides"),
    }  # fmt: skip


def test_every_link_leads_somewhere_and_every_picture_is_described(book, parsed):
    wrong = []
    for path, parts in parsed.items():
        wrong += [f"{path.name}: {name}=" for name in parts.handlers]
        wrong += [f"{path.name}: no alt on {src}" for src in parts.silent]
        for address in [*parts.links, *parts.loaded]:
            if address.startswith(("https://", "data:", "#flow=")):  # the last is flow_links.js's own
                continue
            to, fragment = urldefrag(unquote(address).split("?")[0] if "#" not in address else unquote(address))
            target = (path.parent / to.split("?")[0]).resolve() if to else path
            if address.startswith("/") or not target.is_file():
                wrong.append(f"{path.name}: {address}")
            elif fragment and target in parsed and fragment not in parsed[target].ids:
                wrong.append(f"{path.name}: {address} has no such place")
    assert wrong == []


def test_a_page_loads_only_its_own_files_and_may_load_no_others(book, parsed):
    for path, parts in parsed.items():
        assert [address for address in parts.loaded if re.match(r"\w+:(?!,)|//", address)] == []
        text = path.read_text("utf-8")
        policy = re.search(r'<head>\s*<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
        assert rules["connect-src"] == "'self'" and rules["default-src"] == "'self'"
        assert "unsafe-inline" not in rules["script-src"] and "http" not in policy[1]
    outside = {link for parts in parsed.values() for link in parts.links if link.startswith("http")}
    if not WHOLE:  # whose links lead to where it was built
        assert outside == {"https://mybinder.org/v2/gh/some/kit/v1?urlpath=lab"}


def test_a_site_is_a_small_download(book):
    assert sum(path.stat().st_size for path in book.folder.rglob("*") if path.is_file()) < 30_000_000


def test_pages_have_launch_links_exercises_and_tables(book):
    text = (book.folder / MIXER).read_text("utf-8")
    assert 'Run this lesson: <a href="https://mybinder.org/v2/gh/some/kit/v1?urlpath=lab">Binder</a>' in text
    assert "A model answer" in text and "To type your own answer and have it checked, open the lab." in text
    assert text.count('class="oe-alive"') == len(list((book.folder / "kit/data/alive").glob("04_*.json.gzip"))) == 9
    board = (book.folder / "leaderboard.html").read_text("utf-8")
    assert re.search(r"segment exchange</p></td>\s*<td><p>0\.\d\d", board)
    assert (book.folder / "kit/widgets/asking.js").read_bytes() == (widgets.widget.FOLDER / "asking.js").read_bytes()


def test_the_lessons_of_the_site_are_kept_for_the_next_build(book):
    assert [lesson.folder.is_dir() for lesson in lessons.lessons_of(NOTEBOOKS, LESSONS)] == [True, True]
    with pytest.raises(Refused, match="has no notebook 77"):
        lessons.lessons_of(NOTEBOOKS, ["00", "77"])


def test_what_no_build_has_used_for_a_week_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("OSNET_EDU_CACHE", str(tmp_path))
    old, used, other = tmp_path / "book" / "old", tmp_path / "book_pairs" / "used", tmp_path / "people-1"
    for folder in (old, used, other):
        folder.mkdir(parents=True)
        os.utime(folder, (1e9, 1e9))
    assert kept.there(used) and not kept.there(tmp_path / "book" / "new")
    kept.made_once(used, lambda _growing: pytest.fail("it is there"))
    kept.remove_unused()
    assert not old.exists() and used.is_dir() and other.is_dir()


def test_a_folder_that_is_taken_is_refused_before_anything_is_run(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="exists and is not empty"):
        build.site(tmp_path, NOTEBOOKS, limits={"lessons": ["00"]})


def test_lab_says_what_book_needs():
    with pytest.raises(Refused, match="needs the name of a new folder"):
        lab.main(["book"])
    with pytest.raises(Refused, match="Only 'book', 'wheelhouse', 'reset' and 'app' take a name, got 'x'"):
        lab.main(["setup", "x"])


# ---- the answers


def test_answers_are_those_of_the_widget():
    pixels = np.random.default_rng(3).integers(0, 255, (9, 7, 3), dtype=np.uint8)
    few = controls.Controls(
        ("way", "kernel"),
        (
            (
                controls.Axis(("way",), lambda _: [("traditional",), ("lite",)]),
                controls.Axis(("kernel",), lambda _: [("outline",), ("blur",)]),
            ),
        ),
    )
    table = alive.answers_of(widgets.Convolution(pixels), few)
    assert set(table["answers"]) == {'["lite",null]', '["lite","blur"]', '[null,"blur"]'}

    def whole(value):
        if isinstance(value, dict):
            return whole(table["shared"][value["$"]]) if "$" in value else {k: whole(v) for k, v in value.items()}
        return [whole(one) for one in value] if isinstance(value, list) else value

    for key, asked in (('["lite","blur"]', {"way": "lite", "kernel": "blur"}), ('[null,"blur"]', {"kernel": "blur"})):
        drawn = widgets.Convolution(pixels, **asked).drawn()
        told = {**table["record"], **table["answers"][key]}
        assert {name: whole(told[name]) for name in drawn} == drawn


def test_each_answer_to_a_prediction_is_known_and_none_is_given_away():
    box = widgets.ask("04.shared")
    table = alive.answers_of(box, controls.controls_of(box))
    assert {key: told["shown_truth"] for key, told in table["answers"].items()} == dict.fromkeys(
        ("[1]", "[2]", "[3]"), box._truth
    )
    assert table["record"]["shown_truth"] == table["record"]["chosen"] == 0 and table["complete"]


def test_pictures_become_files_once(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    text, tiny = pictures.uri(pixels), "data:image/png;base64,AAAA"
    made = alive.with_files(f"{text} and {text} and {tiny}", tmp_path / "p", lambda name: f"[{name}]")
    names = re.findall(r"\[(\w+\.\w+)\]", made)
    assert len(names) == 2 and len(set(names)) == 1 and made.endswith(tiny)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "p" / names[0])), pixels)


def test_a_progress_line_leaves_nothing_and_what_is_printed_is_one_block():
    printed = ["embedding:   0%\r", "embedding: 100%\r      \r", "a 1\n", "b 2\n"]

    def streams(texts: list[str]) -> list:
        return [nbformat.v4.new_output("stream", name="stdout", text=text) for text in texts]

    (one,) = pages._outputs(streams(printed), {}, "00")
    assert one.text == "a 1\nb 2\n"
    assert pages._outputs(streams(printed[:2]), {}, "00") == []


def test_formulas_and_headings_are_written_as_a_browser_reads_them():
    assert "<mi>…</mi>" in generator.mathml(r"x^1, \dots") and "<math" in generator.mathml(r"\Big(x\Big)")
    assert generator.slug("Where to go next") == "Where-to-go-next"
    assert pages.policy(["'sha256-x'"]).split("; ")[1] == "script-src 'self' 'wasm-unsafe-eval' 'sha256-x'"


# ---- in a browser


def test_a_section_that_may_be_skipped_is_marked():
    tree = nodes.document(None, None)
    for title in ("5 · A proof (deeper)", "6 · What is deeper", "7 · (deeper) still"):
        tree += nodes.section("", nodes.title("", title), nodes.paragraph("", "Words."))
    generator._mark(None, tree)
    assert [section["classes"] for section in tree.findall(nodes.section)] == [["oe-deeper"], [], []]


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, *([1280] if WHOLE else [])])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_quiet_accessible_and_fit_their_window(playwright, chromium_path, book, theme, width):
    some = ["index.html", MIXER, "leaderboard.html"]
    every = [path.relative_to(book.folder).as_posix() for path in sorted(book.folder.rglob("*.html"))]
    size = {"width": width, "height": 844}
    found = {}
    for name in (
        every if WHOLE else some
    ):  # each in a browser of its own: a page that is left may take the next one's faults
        with visiting(playwright, chromium_path, book, color_scheme=theme, viewport=size) as visit:
            page = visit.open(name)
            assert page.locator("html").get_attribute("data-theme") == theme
            for place in page.locator(".oe-alive").all():
                place.scroll_into_view_if_needed()
                place.locator(".oe-box").wait_for()
            page.wait_for_load_state("networkidle")
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            found[name] = [*visit.wrong, *([f"{wide} pixels wide"] if wide != width else [])]
            page.evaluate("() => window.scrollTo(0, 0)")
            page.evaluate(axe.script().read_text("utf-8"))  # its look at style sheets asks for files that are not there
            found[name] += page.evaluate(axe.RUN, ["html", list(axe.BAD)])
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.browser
def test_a_mixer_answers_as_python_did(playwright, chromium_path, book):
    files = (book.folder / "kit/data/alive").glob("04_*.json.gzip")
    records = [json.loads(gzip.decompress(path.read_bytes())) for path in files]
    (table,) = [one for one in records if one["script"] == "gate_mixer.js"]
    with visiting(playwright, chromium_path, book) as visit:
        page = visit.open(MIXER)
        place = page.locator('.oe-alive[data-script="gate_mixer.js"]')
        place.scroll_into_view_if_needed()
        gap = place.locator(".oe-gap")
        place.get_by_role("button", name="All 0").click()
        answer = table["answers"]["[null,null,[0,0,0,0]]"]
        gap.get_by_text(f"differs from the net's by {100 * answer['gap']:.1f} %").wait_for()
        # The keyboard: a slider goes to the next setting that was asked.
        place.get_by_label("your gate of stream 2").press("ArrowRight")
        answer = table["answers"]["[null,null,[0,0.5,0,0]]"]
        gap.get_by_text(f"differs from the net's by {100 * answer['gap']:.1f} %").wait_for()
        place.get_by_role("button", name="The net's own").click()
        answer = table["answers"]["[null,null,null]own"]
        gap.get_by_text(f"differs from the net's by {100 * answer['gap']:.1f} %").wait_for()
        assert not place.locator(".oe-problem").is_visible()
        # What was not asked together is answered alone, and what was not asked at all is said.
        place.get_by_role("button", name="All 0").click()
        place.get_by_label("Channels").select_option("3")
        place.get_by_text("This page was built with one setting changed at a time").wait_for()
        assert place.get_by_label("Channels").input_value() == "3"
        assert place.locator(".oe-from").inner_text().startswith("Python answered some settings")
        assert visit.wrong == []


SUMS = """async ([address, orders, now]) => {
    const { ranked } = await import(address);
    return orders.map((order) => ranked({ order }, now));
}"""


@pytest.mark.browser
def test_the_page_scores_a_ranking_as_python_does(playwright, chromium_path, book):
    found = market.read(assets.subset())
    people = sorted({photo.person for photo in found.query})[:2]
    asked = [next(photo for photo in found.query if photo.person == who) for who in people]
    shelf = [photo for photo in found.gallery if photo.person in people][:8]
    shelf += [photo for photo in found.gallery if photo.person <= 0][:3]
    box = widgets.Ranking(asked, shelf)
    shuffled = np.random.default_rng(1)
    orders = [[shuffled.permutation(len(shelf)).tolist() for _ in asked] for _ in range(30)]
    with visiting(playwright, chromium_path, book) as visit:
        visit.open("glossary.html")
        given = [f"{book.url}kit/page/ranked.js", orders, {"rows": box.drawn()["rows"], "puzzle": 0}]
        told = visit.page.evaluate(SUMS, given)
    for order, one in zip(orders, told, strict=True):
        box.order = order
        drawn = box.drawn()
        assert one["cmc"] == pytest.approx(drawn["cmc"])
        assert {name: one[name] for name in ("order", "rows", "numbers", "verdict")} == {
            name: drawn[name] for name in ("order", "rows", "numbers", "verdict")
        }


@pytest.mark.browser
def test_a_prediction_is_kept_and_a_theme_chosen(playwright, chromium_path, book):
    with visiting(playwright, chromium_path, book, color_scheme="light") as visit:
        page = visit.open(FIRST)
        first = page.locator('.oe-alive[data-script="predict.js"]').first
        first.scroll_into_view_if_needed()
        answers = first.get_by_role("button")
        answers.nth(1).focus()
        page.keyboard.press("Enter")
        first.get_by_text("this is what happens").wait_for()
        drawing = page.locator("img[class^=osnet-edu-]").first
        light = drawing.evaluate("img => getComputedStyle(img).content")
        page.get_by_role("button", name="Light or dark").first.click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        assert light == "normal" and "kit/data/pictures/" in drawing.evaluate("img => getComputedStyle(img).content")
        page.reload()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        first.scroll_into_view_if_needed()
        first.get_by_text("this is what happens").wait_for()
        assert answers.nth(1).get_attribute("aria-pressed") == "true"
        assert visit.wrong == []


SEEN = """box => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const ends = [[left + 9, top + 9], [right - 9, bottom - 9], [(left + right) / 2, (top + bottom) / 2]];
    const [header] = document.querySelectorAll(".bd-header");
    return top >= header.getBoundingClientRect().bottom && bottom <= innerHeight
        && ends.every(([x, y]) => box.contains(document.elementFromPoint(x, y)));
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width, scheme", [(1280, "light"), (800, "dark"), (390, "light")])
def test_what_happens_is_in_view_when_a_prediction_is_made(playwright, chromium_path, book, width, scheme):
    view = {"viewport": {"width": width, "height": 780}, "color_scheme": scheme}
    with visiting(playwright, chromium_path, book, **view) as visit:
        page = visit.open(FIRST)
        first = page.locator('.oe-alive[data-script="predict.js"]').first
        first.scroll_into_view_if_needed()
        answer = first.get_by_role("button").first
        answer.wait_for()
        first.evaluate("box => box.scrollIntoView({ block: 'end' })")  # its answers end where the window ends
        answer.click()
        told = first.get_by_role("status")
        told.get_by_text("What happens:").wait_for()
        page.wait_for_function(f"box => ({SEEN})(box)", arg=told.element_handle())
        assert told.get_by_text("You said").count() == 1
        assert visit.wrong == []


FORBIDDEN = """Object.defineProperty(window, "localStorage", {
    configurable: true, get() { throw new DOMException("no storage here", "SecurityError"); } })"""


@pytest.mark.browser
def test_without_storage_and_as_a_file_a_page_still_reads(playwright, chromium_path, book):
    with visiting(playwright, chromium_path, book) as visit:
        visit.page.add_init_script(FORBIDDEN)
        page = visit.open(FIRST)
        first = page.locator('.oe-alive[data-script="predict.js"]').first
        first.scroll_into_view_if_needed()
        first.get_by_role("button").first.click()
        first.get_by_text("this is what happens").wait_for()
        assert visit.wrong == []
    with visiting(playwright, chromium_path, book) as visit:
        visit.page.goto((book.folder / "index.html").as_uri())
        assert visit.page.get_by_role("alert").inner_text().startswith("This page was opened as a file")
        assert visit.page.get_by_role("link", name="Start").is_visible()


@pytest.mark.browser
def test_a_word_is_found_by_the_search(playwright, chromium_path, book):
    with visiting(playwright, chromium_path, book) as visit:
        page = visit.open("search.html?q=aggregation")
        page.get_by_role("link", name="04 The aggregation gate").last.wait_for()
        assert visit.wrong == []
