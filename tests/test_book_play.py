"""What a visitor plays with: the pairs follow their rule, every number is Python's, and both pages work by keyboard."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import axe
import jinja2
import numpy as np
import pytest
from enginepage import POLICY, opened, served
from PIL import Image

from osnet_edu import colours, explore, figures, retrieval
from osnet_edu.book import engine, gallery, play, variants
from osnet_edu.embed import Embedding
from osnet_edu.experiments import baselines, clothes
from osnet_edu.explain import duel, known
from osnet_edu.photos import market, picture
from osnet_edu.refused import Refused
from osnet_edu.widgets import PedestrianLab, widget

BOOK = Path(play.__file__).parent
GROUPS = ("hat", "shoes", "light")  # of the changes that are rendered here

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """The two pages below one folder, with one person to change."""
    root = tmp_path_factory.mktemp("site")
    try:
        engine.write(root / "kit", graphs=[explore.SHIPPED])
    except Refused as reason:
        if os.environ.get("OSNET_EDU_REQUIRE_BROWSER"):
            raise
        pytest.skip(str(reason))
    gallery.write(root / "kit", models=[explore.SHIPPED])
    play.write(root / "kit", dressed=1)
    few = tuple(change for change in variants.OFFERED_CHANGES if change.group in GROUPS)
    variants.write(root / "kit", persons=1, changes=few)
    shutil.copytree(BOOK / "page", root / "kit" / "page")
    (root / "kit" / "widgets").mkdir()
    for script in widget.FOLDER.glob("*.js"):
        shutil.copy(script, root / "kit" / "widgets")
    return root


@pytest.fixture(scope="module")
def site(root, playwright, chromium_path):
    """The pages served and open in a browser: page, address, and what went wrong."""
    with served(root) as address:
        for name in ("index", "change"):
            (root / f"{name}.html").write_text(rendered(name), encoding="utf-8")
        with opened(playwright, chromium_path, "about:blank") as page:
            wrong: list[str] = []
            page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.set_viewport_size({"width": 1280, "height": 720})
            yield SimpleNamespace(page=page, address=address, wrong=wrong)
            assert wrong == []
            assert [url for url in page.asked if not url.startswith((address, "blob:", "data:"))] == []


def rendered(name: str) -> str:
    """A template with the policy that every page of the site has."""
    maker = jinja2.Environment(loader=jinja2.FileSystemLoader(BOOK / "templates"), autoescape=True)
    text = maker.get_template(f"{name}.html.j2").render(pathto=lambda to, _resource=0: to, launch={}, lesson=False)
    policy = POLICY.format("'wasm-unsafe-eval'")
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{policy}"><link rel="icon" href="data:,">'
    return text.replace("<head>", f'{head}<script src="kit/page/theme.js"></script>', 1)


@pytest.fixture(scope="module")
def contest() -> play.Contest:
    return play.contest()


@pytest.fixture(scope="module")
def tour(root) -> dict:
    return json.loads((root / "kit" / "data" / "play" / "tour.json").read_text())


def test_pairs_follow_their_rule(contest):
    chosen = play.tour_questions(contest, 2)
    assert [one.kind.name for one in chosen] == ["missed"] * 4 + ["twin"] * 2 + ["alike"] * 4
    shown = [{photo.person for photo in contest.photos(one)} for one in chosen]
    assert all(len(one) == 2 for one in shown) and len(set.union(*shown)) == 20, "nobody stands in two questions"
    for one in chosen:
        ranked, who = contest.rankings.ranked(one.query), contest.photos(one)[0].person
        same = [k for k in ranked.order if contest.rankings.gallery[k].person == who]
        assert (one.match, one.other) == (same[0], next(k for k in ranked.order if k not in same))
        assert one.network == (ranked.similarity[one.match], ranked.similarity[one.other])
        records = [contest.album.folder.record(photo) for photo in contest.photos(one)]
        assert [record.view.occluder for record in records] == ["none"] * 3
        assert (one.part != "") == (records[2].person == records[0].twin)
        assert (one.kind is play.MISSED_BY_NETWORK) == (one.network[1] >= one.network[0])
    missed = [one for one in play._all(contest) if one.network[1] >= one.network[0]]
    assert chosen[0].shown == max(one.shown for one in missed) and len(missed) == 19
    leads = [one.network[0] - one.network[1] for one in chosen if one.kind is play.LOOK_ALIKE]
    assert leads == sorted(leads) and all(
        one.colours[0] < one.colours[1] for one in chosen if one.kind is play.LOOK_ALIKE
    )


def test_colours_are_the_baseline(contest, tour):
    photos = [*contest.rankings.queries[:3], *contest.rankings.gallery[:4]]
    found = baselines.hsv_stripes(market.decode(photos, (128, 64)).images)
    for q in range(3):
        for g in range(4):
            expected = found[q] @ found[3 + g] / np.linalg.norm(found[q]) / np.linalg.norm(found[3 + g])
            assert contest.colours[q, g] == pytest.approx(expected, abs=1e-6)
    sides = [market.decode(some, (128, 64)) for some in (contest.rankings.queries, contest.rankings.gallery)]
    score = retrieval.score(*(Embedding(baselines.hsv_stripes(side.images), side.photos) for side in sides))
    assert tour["all"]["colours"] == round(score.rank(1) * 360)
    assert tour["all"]["network"] == (explore.hardness(contest.rankings).first_hit == 1).sum() == 334


def test_maps_and_parts_are_those_of_the_duel(contest, tour, root):
    question = play.tour_questions(contest, 2)[3]
    told = tour["questions"][3]
    photos = contest.photos(question)
    images = contest.rankings.pictures(photos)
    held = duel.between(contest.rankings.model, images)
    found = duel.evidence(held, known.masks(photos, (128, 64)), known.NAMES)
    for k, shares in enumerate((found.speaks_for, found.makes_similar)):
        option = told["options"][k]
        worn = {name: share for name, share in shares.items() if name not in ("background", "obstacle")}
        assert option["part"] == max(worn, key=worn.get)
        assert option["share"] == pytest.approx(max(worn.values()), abs=1e-4)
        assert option["around"] == pytest.approx(sum(shares.values()) - sum(worn.values()), abs=1e-4)
        drawn = np.asarray(Image.open(root / "kit" / "data" / option["map"]))
        expected = 255 * figures.overlay(images[k + 1], held.heat[k + 1], held.scale)
        assert np.abs(drawn - expected).mean() < 3
        assert (root / "kit" / "data" / option["src"]).read_bytes() == photos[k + 1].path.read_bytes()


def test_clothes_are_those_of_the_lab_and_the_experiment(tour):
    one = tour["clothes"][0]
    lab = PedestrianLab(photo=Path(one["query"]["src"]).name)
    lab._handle_custom_msg("clothes", [])
    for dressed in one["dressed"]:
        told = f"{dressed['words']}: similarity {dressed['network']:.2f}, rank {dressed['rank']}"
        assert told.lower() in lab.clothes["said"].lower()
    assert f"the photo itself: similarity {one['network']:.2f}" in lab.clothes["said"]
    table = clothes.read_shipped().splitlines()
    for name, share in tour["measured"].items():
        row = next(line for line in table if line.strip().startswith(name))
        assert re.findall(r"[\d.]+(?=%)", row)[:3] == [share["value"], share["low"], share["high"]]
    assert tour["measured"]["strangers' clothes"]["value"] == "4.7"


def test_the_tour_is_small(root, tour):
    shown = {one["src"] for question in tour["questions"] for one in (question["query"], *question["options"])}
    data = root / "kit" / "data"
    sizes = [path.stat().st_size for path in (data / "play").iterdir()]
    assert sum(sizes) + sum((data / name).stat().st_size for name in shown) < 300_000


@pytest.fixture(scope="module")
def editor() -> explore.Editor:
    return variants.chosen(1)[0]


def written(root: Path, editor: explore.Editor) -> dict:
    return json.loads((root / "kit" / "data" / "people" / f"{editor.record.person:04d}.json").read_text())


def test_a_variant_is_the_edit_and_nothing_else(editor, root):
    told = written(root, editor)
    first, found = variants.variants(editor, variants.OFFERED_CHANGES[:8], workers=1)
    assert variants.variants(editor, variants.OFFERED_CHANGES[:8], workers=1) == (first, found)
    assert variants._text(first) == told["base"]
    photo = picture.read(editor.rankings.queries[editor.query].path)
    assert np.abs(picture.read(first).astype(int) - photo).mean() < 2, "it begins as the shipped photo"
    for one in found[::3]:
        seen = editor.see(one.change.person, one.change.view)
        assert (picture.read(one.jpeg) == seen.image).all()
    listed = {(one["group"], one["words"]): one for one in told["variants"]}
    cap = next(change for change in variants.OFFERED_CHANGES if change.words == "cap")
    assert listed["hat", "cap"]["share"] == pytest.approx(editor.see(cap.person).changed, abs=1e-4)
    assert listed["hat", "cap"]["game"] and not listed["light", "fog"]["game"]
    assert min(one["share"] for one in told["variants"]) * 128 * 64 > variants.SEEN - 1


def test_there_are_many_changes_and_twelve_people():
    names = {(one.group, one.words) for one in variants.OFFERED_CHANGES}
    assert len(names) == len(variants.OFFERED_CHANGES) >= 40
    assert {"bag", "hat", "hair", "turn", "light", "shoes"} < {one.group for one in variants.OFFERED_CHANGES}
    album, shelf = explore.shipped()
    rankings = shelf.rankings(explore.SHIPPED)
    clearest = play.clearest(album, rankings)
    people = {rankings.queries[k].person for k in clearest}
    assert len(people) == len(clearest) > 2 * variants.CHANGED_PEOPLE
    few = variants.chosen(3)
    assert len({one.record.person for one in few} | {one.record.twin for one in few}) >= 4
    assert [one.before.rank for one in few] == [1, 1, 1]


def test_the_page_has_the_colours_of_the_kit():
    text = (BOOK / "page" / "play.css").read_text()
    light, dark = text.split('html[data-theme="dark"] .play {')
    for name, colour in (("same", colours.SAME), ("other", colours.OTHER), ("select", colours.SELECT)):
        assert f"--{name}: {colour.light};" in light and f"--{name}: {colour.dark};" in dark


def question_of(page, tour) -> tuple[dict, int]:
    """The question that is shown, and the side of the same person."""
    name = page.locator(".play-query img").get_attribute("src").split("kit/data/")[1]
    question = next(one for one in tour["questions"] if one["query"]["src"] == name)
    same = next(one["src"] for one in question["options"] if one["same"])
    shown = [one.get_attribute("src") for one in page.locator("#tour .play-option img").all()]
    return question, next(side for side, address in enumerate(shown) if address.endswith(same))


def open_tour(site, number: int = 1):
    site.page.goto("about:blank")
    site.page.goto(f"{site.address}index.html#game={number}")
    site.page.locator("#tour .play-option").nth(1).wait_for()


def test_the_tour_by_keyboard(site, tour):
    open_tour(site)
    page, asked, right = site.page, [], {"network": 0, "colours": 0}
    for k in range(5):
        page.locator("#tour .play-dots", has_text=f"{k + 1} of 5").wait_for()
        question, side = question_of(page, tour)
        asked.append(question)
        page.keyboard.press(("ArrowLeft", "ArrowRight")[side])
        page.locator("#tour.play-told").wait_for()
        same, other = sorted(question["options"], key=lambda one: not one["same"])
        for by in right:
            right[by] += same[by] > other[by]
        wins = same["network"] > other["network"]
        said = "Right. The network says so too." if wins else "Right, and the network is wrong."
        assert page.locator("#tour [role=status] h2").inner_text() == said
        assert f"{(same if wins else other)['part']}." in page.locator(".play-map figcaption").inner_text()
        figure = page.locator("#tour .play-option.play-same").inner_text()
        assert f"{same['network']:.2f}" in figure and "same person" in figure
        page.keyboard.press("Enter")
    assert {one["kind"] for one in asked} == {"missed", "twin", "alike"}
    page.locator("#tour table").wait_for()
    assert [one.inner_text() for one in page.locator(".play-sum").all()] == [
        "5", str(right["network"]), str(right["colours"])
    ]  # fmt: skip
    assert right["network"] == 3
    assert "better than the network" in page.locator("#tour h2").inner_text()
    assert page.get_by_role("link", name="Lesson 00: how it works").get_attribute("href").startswith("lessons/00")
    page.reload()
    page.locator("#tour table").wait_for()
    assert page.locator(".play-sum").first.inner_text() == "5", "the answers are kept"
    page.get_by_role("button", name="Other photos").click()
    page.locator("#tour .play-dots", has_text="1 of 5").wait_for()
    assert page.url.endswith("#game=2")
    assert question_of(page, tour)[0] not in asked
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
        page.locator("#tour.play-told").wait_for()
        page.keyboard.press("Enter")
    page.get_by_role("link", name="game 2").click()
    page.locator("#tour .play-dots", has_text="1 of 5").wait_for()
    page.goto(page.url.split("#")[0] + "?#install")
    page.wait_for_function("() => document.querySelector('#install').getBoundingClientRect().top < innerHeight / 2")


def test_the_tour_by_mouse_and_the_clothes(site, tour):
    open_tour(site, 2)
    page = site.page
    question, side = question_of(page, tour)
    page.locator("#tour .play-option button").nth(1 - side).click()
    assert page.locator("#tour h2").inner_text().startswith("Wrong")
    assert page.locator(".play-score").inner_text().split("\n")[0].startswith("You 0 of 1")
    before = page.locator(".play-map img").get_attribute("src")
    chosen = 0 if question["options"][0]["map"] in before else 1
    other = question["options"][1 - chosen]
    page.locator("#tour .play-option button", has=page.locator(f"img[src$='{other['src']}']")).click()
    assert page.locator(".play-map img").get_attribute("src").endswith(other["map"])
    assert page.locator(".play-score").inner_text().split("\n")[0].startswith("You 0 of 1"), "answered once"
    page.evaluate("() => { location.hash = '#clothes'; }")
    page.locator("#clothes .play-option button").first.click()
    said = page.locator("#clothes [role=status]").inner_text()
    assert said.startswith("No: it is a stranger in this person's clothes.")
    one = tour["clothes"][0]
    for k, dressed in enumerate(one["dressed"]):
        assert f"similarity {dressed['network']:.2f}" in page.locator("#clothes .play-option").nth(k).inner_text()
    assert "4.7 %" in page.locator("#clothes .play-bars").inner_text()
    assert question_of(page, tour)[0] == question, "a place on the page is not another game"
    page.goto(f"{site.address}index.html")
    page.locator("#tour .play-dots", has_text="2 of 5").wait_for()  # the game goes on where it was left


def test_the_question_is_in_view_and_the_first_view_is_small(site, root):
    for width, height in ((1280, 720), (390, 844)):
        site.page.set_viewport_size({"width": width, "height": height})
        del site.page.asked[:]
        open_tour(site)
        box = site.page.locator("#tour .play-board").bounding_box()
        assert box["y"] > 0 and box["y"] + box["height"] < height
        assert site.page.evaluate("document.documentElement.scrollWidth") <= width
        site.page.wait_for_function("() => [...document.images].every((one) => one.complete)")
        # By the files, since what comes from the browser's own cache has no size.
        loaded = set(site.page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)"))
        files = [root / one.removeprefix(site.address) for one in loaded if one.startswith(site.address)]
        assert 50_000 < sum(file.stat().st_size for file in files) < 600_000
        assert not [url for url in site.page.asked if "engine" in url]
    site.page.set_viewport_size({"width": 1280, "height": 720})


def test_the_game_goes_on_where_storage_is_forbidden(site):
    page = site.page.context.browser.new_page()
    forbidden = "configurable: true, get() { throw new DOMException('no', 'SecurityError'); }"
    page.add_init_script(f"Object.defineProperty(window, 'localStorage', {{ {forbidden} }})")
    page.goto(f"{site.address}index.html")
    page.locator("#tour .play-option button").first.click()
    page.get_by_role("button", name="Next question").click()
    page.locator("#tour .play-dots", has_text="2 of 5").wait_for()
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_front_page_is_accessible(site, theme):
    site.page.emulate_media(color_scheme=theme)
    open_tour(site, 3)
    assert axe.violations(site.page, "body") == []
    site.page.keyboard.press("ArrowLeft")
    site.page.locator("#tour.play-told").wait_for()
    assert axe.violations(site.page, "#tour") == []


def changed(site, number: int):
    """Open a change by its number (0: none), and wait for what the network says."""
    page = site.page
    if "change.html" not in page.url:
        page.goto(f"{site.address}change.html")
    page.evaluate("(hash) => { location.hash = hash; }", f"#change={number}" if number else "#")
    caption = "now: choose a change" if not number else ": "
    page.locator(".change-now figcaption", has_text=caption).wait_for()
    page.locator(".change-answer:not([aria-busy]) .change-numbers b").first.wait_for()
    return [float(one.get_attribute("data-value")) for one in page.locator(".change-numbers b").all()]


def test_the_page_sees_a_change_as_python_does(site, root, editor):
    told = written(root, editor)
    assert changed(site, 0) == [pytest.approx(1, abs=1e-5), 1]
    look = editor._fast.look
    base = look(editor.before.image[None]).embedding
    names = [(one["group"], one["words"]) for one in told["variants"]]
    for name in (("hat", "no hat"), ("shoes", "red"), ("light", "fog")):
        change = next(one for one in variants.OFFERED_CHANGES if (one.group, one.words) == name)
        seen = editor.see(change.person, change.view)
        similarity, rank = changed(site, names.index(name) + 1)
        expected = 1 - retrieval.distances(base, look(seen.image[None]).embedding)[0, 0]
        assert similarity == pytest.approx(float(expected), abs=1e-4)
        assert rank == seen.rank
        site.page.locator(".change-answer summary").click()
        cells = site.page.locator(".change-answer tbody td").all_inner_texts()
        shown = np.array([float(cell.split("→")[1]) for cell in cells]).reshape(seen.gates.shape)
        assert np.abs(shown - seen.gates).max() < 0.0051
        site.page.locator(".change-answer summary").click()
        first = site.page.locator(".change-first img").first.get_attribute("alt")
        assert explore.shipped()[0].who(editor.rankings.gallery[seen.first]) in first


def test_the_game_keeps_its_best(site, root, editor):
    told = written(root, editor)
    names = [(one["group"], one["words"]) for one in told["variants"]]
    page = site.page
    page.evaluate("localStorage.removeItem('osnet_edu.change')")
    page.goto("about:blank")
    changed(site, names.index(("light", "fog")) + 1)
    assert "nothing found yet" in page.locator(".change-game").inner_text()
    assert "do not count" in page.locator(".change-answer [role=status]").inner_text()
    page.locator(".change-group", has_text="hat").click()
    page.locator(".change-choices .change-photo", has_text="no hat").click()
    page.locator(".change-answer h2", has_text="no longer knows this person").wait_for()
    share = told["variants"][names.index(("hat", "no hat"))]["share"]
    best = f"Your best for this person: hat: no hat, {100 * share:.1f} % of the pixels."
    assert page.locator(".change-game").inner_text() == best
    assert page.locator(".change-tried .change-photo").count() == 3
    page.reload()
    page.locator(".change-game", has_text="no hat").wait_for()
    assert page.url.endswith(f"change={names.index(('hat', 'no hat')) + 1}"), "a link names what is shown"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_changed_person_is_accessible(site, theme):
    site.page.emulate_media(color_scheme=theme)
    changed(site, 1)
    site.page.locator(".change-tried .change-photo").nth(1).wait_for()
    assert axe.violations(site.page, "body") == []


def test_a_site_without_its_files_says_so(site, root):
    page = site.page.context.browser.new_page()
    page.route("**/people.json", lambda route: route.fulfill(status=404))
    page.goto(f"{site.address}change.html")
    page.locator("[data-loading]", has_text="people.json is missing on this site").wait_for()
    page.close()
