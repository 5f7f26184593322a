"""The page of an audit: alarms for what is wrong and nothing else, numbers once in their table, no outside address."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import auditrecords as made
import axe
import numpy as np
import pytest
from PIL import Image

from osnet_edu import intervals
from osnet_edu.audit import charts, examples, findings, page, verdicts
from osnet_edu.audit.questions import looks
from osnet_edu.audit.record import Picture, Record, figure_of
from osnet_edu.audit.written import bracketed
from osnet_edu.intervals import Interval

VOID = {"meta", "img", "br", "hr", "input", "link"}
PICTURES = tuple(
    Picture("/9j/4AAQ", f"{role} {row}", f"rank {row} & more", row, role)
    for row in range(2)
    for role in ("query", "match", "impostor")
)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def per_cent(record: Record, question: str, name: str) -> str:
    """A share with its interval, computed anew."""
    values = np.array(record.figure(question, name).values)
    found = intervals.clustered_mean(values, np.ones(len(values)))
    return f"{100 * found.value:.0f} % [{100 * found.low:.0f}, {100 * found.high:.0f}]"


def few(record: Record, clusters: int) -> Record:
    """The same of so many people only."""
    answers = {
        name: replace(answer, figures=tuple(replace(one, values=one.values[:clusters], of=one.of[:clusters])
                                            for one in answer.figures))
        for name, answer in record.answers.items()
    }  # fmt: skip
    return replace(record, answers=answers)


def less(record: Record, *questions: str) -> Record:
    return replace(record, answers={name: one for name, one in record.answers.items() if name not in questions})


def changed(record: Record, question: str, **figures: float) -> Record:
    """The same with other means of some figures, each of which varies as before."""
    answer = record.answers[question]
    some = tuple(
        replace(one, values=tuple(np.array(one.values) - np.mean(one.values) + figures[one.name]))
        if one.name in figures
        else one
        for one in answer.figures
    )
    return replace(record, answers={**record.answers, question: replace(answer, figures=some)})


# ---- alarms


@pytest.mark.parametrize(
    ("record", "starts"),
    [
        (made.GOOD, []),
        (made.OPEN_GRAPH, []),
        (made.BY_THE_WALL, ["It looks at the wall: ", "It looks at the background: "]),
        (made.BY_THE_BAG, ["It knows people by their bag: "]),
        (made.BY_CLOTHES, ["It knows mostly the clothes: "]),
        (made.LIKE_COLOURS, ["It finds people no better than colours alone: "]),
        (made.NEVER_TRAINED, ["It finds people no better than a network that was never trained: "]),
    ],
    ids=lambda one: one.name if isinstance(one, Record) else "",
)
def test_each_alarm_is_raised_for_its_network_alone(record, starts):
    found = verdicts.alarms(record, made.REFERENCES)
    assert [one.text.startswith(start) for one, start in zip(found, starts, strict=True)] == [True] * len(starts)
    first = verdicts.headline(record, made.REFERENCES)
    assert 1 <= len(first) <= 3 and first[0].startswith(starts[0] if starts else "No alarm: ")


def test_an_alarm_has_its_numbers_with_their_intervals():
    record = made.BY_THE_WALL
    elsewhere, before = (per_cent(record, "wall", f"strangers {one}") for one in ("elsewhere", "before the same wall"))
    home = per_cent(record, "home", "rank-1")
    assert [plain(text) for text in verdicts.headline(record, made.REFERENCES)] == [
        f"It looks at the wall: when strangers stand before the query's wall, rank-1 falls from {elsewhere} to "
        f"{before}.",
        f"The right person comes first in {home} of the searches.",
    ]  # the background is the wall: one sentence
    bag = made.BY_THE_BAG.figure("parts", "bag").interval
    others = [one.interval.high for one in made.BY_THE_BAG.answers["parts"].figures if one.name not in ("bag", "step")]
    text = plain(verdicts.headline(made.BY_THE_BAG, made.REFERENCES)[0])
    numbers = [f"{one:.2f}"[1:] for one in (bag.value, bag.low, bag.high, max(others))]
    assert re.findall(r"\.\d\d", text) == numbers and "from a person to a stranger" in text


@pytest.mark.parametrize(("before", "alarm"), [(0.92, False), (0.85, False), (0.6, True)])
def test_a_wall_that_costs_little_is_no_alarm(before, alarm):
    record = changed(made.GOOD, "wall", **{"strangers before the same wall": before})
    assert [one.question for one in verdicts.alarms(record, made.REFERENCES)] == ["wall"] * alarm


def test_two_parts_that_count_are_no_single_part():
    both = changed(made.BY_THE_BAG, "parts", top=0.5)
    (alarm,) = verdicts.alarms(both, made.REFERENCES)
    assert alarm.text.startswith("It looks at the bag more than the shipped network does: a new bag takes .80")
    assert not verdicts.alarms(both, {**made.REFERENCES, "the shipped network": both})


def test_what_was_not_asked_of_enough_people_is_not_claimed():
    whole = "No alarm: it was checked for colours alone, the wall, one part alone, the background and clothes."
    assert verdicts.headline(made.GOOD, made.REFERENCES)[0] == whole
    some = verdicts.headline(less(made.GOOD, "wall", "clothes"), {})[0]
    assert some == "No alarm: it was checked for one part alone and the background."
    nothing = verdicts.headline(few(made.BY_THE_WALL, 5), made.REFERENCES)
    assert len(nothing) == 1 and nothing[0].startswith("Nothing can be said yet")
    assert verdicts.alarms(few(made.BY_THE_WALL, 6), made.REFERENCES) != []


# ---- verdicts


def said(question: str, record: Record, references=made.REFERENCES) -> str:
    return plain(verdicts.verdict(question, [record], references))


def test_a_null_is_said_as_a_null():
    assert said("wall", made.GOOD).startswith("The wall changes nothing beyond chance. ")
    assert said("home", made.LIKE_COLOURS).split(". ")[1].startswith("No difference from colours alone is shown: ")
    assert said("twins", made.NEVER_TRAINED).startswith("It does not tell look-alikes apart, beyond chance. ")
    assert said("gates", made.NEVER_TRAINED).startswith("It finds nobody beyond chance, so no stream can be missed. ")
    assert said("maps", made.NEVER_TRAINED).startswith("Believe none of these maps. ")
    assert said("clothes", made.NEVER_TRAINED).startswith("It knows neither clothes nor person more, beyond chance. ")
    assert (
        said("real", made.NEVER_TRAINED).split(". ")[1].startswith("Between two rendered worlds rank-1 does not fall")
    )
    flat = changed(made.GOOD, "parts", **dict.fromkeys(made.LOOKS, 0.01))
    assert said("parts", flat).startswith("No part counts beyond chance. ")
    assert "no difference beyond chance" in said("home", made.GOOD)


def test_what_stands_out_is_said_first():
    assert said("wall", made.BY_THE_WALL).startswith("The same wall misleads it. ")
    assert said("parts", made.GOOD).startswith("It looks most at the top. ")
    assert said("parts", changed(made.GOOD, "parts", hat=0.4)).startswith("It looks most at the hat and top. ")
    assert said("moves", made.GOOD).startswith("A photo moves most with a turn. ")
    assert said("gates", made.BY_THE_WALL).startswith("It needs stream 4 most. ")
    assert "the person in conv3.0, conv3.1, conv4.0 and conv4.1; the camera in conv2.0 and conv2.1." in said(
        "gates", made.GOOD
    )
    assert said("clothes", made.BY_CLOTHES).startswith("It knows the clothes more than the person. ")
    assert said("clothes", made.GOOD).startswith("It knows the person more than the clothes. ")
    assert said("real", made.GOOD).startswith("Expect less on real photos. ")
    assert per_cent(made.GOOD, "other", "rank-1") in said("other", made.GOOD)


def test_a_map_that_outlives_its_weights_is_not_believed():
    best = changed(made.GOOD, "maps", occlusion=0.9)
    assert said("maps", best).startswith("Believe segment exchange first. ")
    assert "stays alike when all weights are replaced: occlusion" in said("maps", best)
    ours = changed(best, "maps", **{"kept after randomisation: occlusion": 0.1})
    assert said("maps", ours).startswith("Believe occlusion first. ")
    low = changed(ours, "maps", **dict.fromkeys(made.MAPS, 0.2))  # as good as new colours alone
    assert said("maps", low).startswith("Believe none of these maps. ")


def test_every_number_of_a_verdict_has_its_interval():
    for record in (made.GOOD, made.BY_THE_WALL, made.NEVER_TRAINED):
        for question in record.answers:
            text = re.sub(r"conv\d\.\d|stream \d|rank-1|Rank-1|\d more|conv4", "", said(question, record))
            bare = re.sub(r"[+−]?[\d.]*\d(?: %| points?)? \[[^]]*\]", "", text)
            assert not re.search(r"\d", bare), (question, text)


# ---- two networks


def test_what_differs_beyond_chance_is_what_was_changed():
    found = verdicts.differences(made.GOOD, made.BY_THE_BAG)
    names = {one.name for one in found}
    assert {one.question for one in found} == {"parts"} and names == set(made.LOOKS) - {"background"}
    bag = next(one for one in found if one.name == "bag")
    ours, theirs = (one.figure("parts", "bag") for one in (made.GOOD, made.BY_THE_BAG))
    assert bag.gap.value == pytest.approx(np.mean(ours.values) - np.mean(theirs.values))
    assert bag.gap.low < bag.gap.value < bag.gap.high < 0 and bag.gap.p < 0.05
    assert "Beyond chance they differ in top +" in plain(verdicts.verdict("parts", [made.GOOD, made.BY_THE_BAG], {}))


def test_differences_are_paired_and_corrected_for_their_number():
    """A small gain of each of 30 people is seen in pairs; beside a hundred nulls it must be surer than 0.05."""
    draw, people = np.random.default_rng(0), np.arange(30)
    base = draw.normal(0.5, 0.3, 30)
    gain = draw.normal(size=30)
    gain = 0.021 + 0.05 * (gain - gain.mean()) / gain.std()
    alone = [figure_of("rank-1", base, people), figure_of("rank-1", base + gain, people)]
    nulls = [[figure_of(f"n{k}", draw.normal(size=30), people) for k in range(100)] for _ in alone]

    def network(own, more, digest):
        answer = replace(made.GOOD.answers["home"], figures=(own, *more))
        return replace(made.GOOD, digest=digest, answers={"home": answer})

    one, two = (network(own, [], str(k)) for k, own in enumerate(alone))
    assert [found.name for found in verdicts.differences(two, one)] == ["rank-1"]
    one, two = (network(own, more, str(k)) for k, (own, more) in enumerate(zip(alone, nulls, strict=True)))
    assert verdicts.differences(two, one) == []


def test_nothing_differs_where_nothing_does_or_other_photos_were_shown():
    assert verdicts.differences(made.GOOD, made.GOOD) == []
    assert plain(verdicts.verdict("wall", [made.GOOD, made.BY_THE_BAG], {})).endswith("Nothing differs beyond chance.")
    other = replace(made.BY_THE_BAG.answers["parts"], scenes="other photos")
    assert verdicts.differences(made.GOOD, replace(made.BY_THE_BAG, answers={"parts": other})) == []
    assert verdicts.differences(few(made.GOOD, 5), few(made.BY_THE_BAG, 5)) == []  # all five agree: 1 of 16 by chance


# ---- numbers


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Interval(0.926, 0.889, 0.96), "share", "93 % [89, 96]"),
        (Interval(0.81, 0.7, 1.004), "part", ".81 [.70, 1.00]"),
        (Interval(-0.004, -0.12, 0), "grade", ".00 [−.12, .00]"),
        (Interval(math.nan, math.nan, math.nan), "share", "–"),
    ],
)
def test_a_number_is_written_in_its_unit(value, unit, text):
    assert plain(bracketed(value, unit)) == text


def test_a_difference_of_shares_is_in_points():
    assert plain(bracketed(Interval(-0.81, -0.86, 0.004), "share", sign=True)) == "−81 points [−86, 0]"
    assert plain(bracketed(Interval(0.01, -0.02, 0.04), "share", sign=True)) == "+1 point [−2, +4]"


# ---- the page


class Read(HTMLParser):
    """The elements of a page, each closed where it must be; its tables by section, and all attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.ids: list[str] = []
        self.section, self.cell, self.words = "", False, ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        if tag == "section":
            self.section = found["id"]
        if tag == "tr":
            self.rows.setdefault(self.section, []).append([])
        if tag in ("td", "th"):
            self.rows[self.section][-1].append("")
            self.cell = True
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.cell = False

    def handle_data(self, data):
        self.words += data
        if self.cell:
            self.rows[self.section][-1][-1] += data


def with_pictures(record: Record) -> Record:
    answer = replace(record.answers["pairs"], pictures=PICTURES)
    return replace(record, answers={**record.answers, "pairs": answer})


@pytest.fixture(scope="module")
def one() -> str:
    return page.whole([with_pictures(made.BY_THE_WALL)], made.REFERENCES)


@pytest.fixture(scope="module")
def two() -> str:
    return page.whole([made.GOOD, less(made.BY_THE_BAG, "gates")], made.REFERENCES)


def test_every_number_stands_once_in_its_table(one):
    read = Read(one)
    for question, answer in made.BY_THE_WALL.answers.items():
        heads, *rows = read.rows.get(question, [[]])
        assert len(rows) == len(answer.figures)
        for row, figure in zip(rows, answer.figures, strict=True):
            assert row[heads.index("walls.safetensors")] == bracketed(figure.interval, figure.unit, finer=1)
            shipped = made.REFERENCES["the shipped network"].figure(question, figure.name)
            assert row[heads.index("the shipped network")] == bracketed(shipped.interval, figure.unit, finer=1)
            more = bracketed(figure.minus(shipped), figure.unit, finer=1, sign=True)
            of = ", of the twins that both notice" if question == "maps" else ""
            assert row[heads.index(f"walls.safetensors minus the shipped network{of}")] == more
    rank = read.rows["home"][1]
    assert plain(rank[read.rows["home"][0].index("chance")]) == "3.3 %"


def test_sentences_stand_on_the_page_in_the_order_of_the_questions(one):
    read = Read(one)
    assert [name for name in read.ids if name in page.SECTIONS] == list(made.BY_THE_WALL.answers)
    assert "Audit of walls.safetensors" in one and "It looks at the wall." in read.words
    for question in made.BY_THE_WALL.answers:
        claim = verdicts.verdict(question, [made.BY_THE_WALL], made.REFERENCES).partition(". ")[0]
        assert claim in read.words
    marked = re.findall(r'<a href="#(\w+)">[^<]*<span class="alarm"', one)
    assert marked == ["parts", "wall"]


def test_a_page_needs_nothing_from_elsewhere(one, two):
    for text in (one, two):
        found = Read(text).attributes
        assert all(
            value.startswith(("data:image/jpeg;base64,", "#")) for _, name, value in found if name in ("src", "href")
        )
        assert not re.search(r"https?:|url\(|@import|<script|<link", text)
        policy = next(value for tag, name, value in found if tag == "meta" and "default-src" in value)
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        assert not [name for _, name, _ in found if name.startswith("on") or name == "style"]


def marks(text: str, section: str) -> Iterator[list[float]]:
    """Of each row of a section's charts, the places of the dots, in per cent."""
    inside = text.partition(f'<section id="{section}"')[2].partition("</section>")[0]
    for row in inside.split('<div class="row">')[1:]:
        yield [float(x) for x in re.findall(r'<svg class="at" x="([\d.]+)%" y="-?\d+"><circle', row)]


def test_a_dot_stands_at_its_value(one):
    values = [100 * np.mean(figure.values) for figure in made.BY_THE_WALL.answers["wall"].figures]
    assert [place for row in marks(one, "wall") for place in row] == pytest.approx(values, abs=0.01)
    ends = [float(x) for x in re.findall(r'(?:x|x1|x2)="(-?[\d.]+)%"', one)]
    assert len(ends) > 300 and min(ends) >= 0 and max(ends) <= 100


def test_charts_and_pictures_are_described(one):
    read = Read(one)
    labels = [value for tag, name, value in read.attributes if tag == "div" and name == "aria-label"]
    wall = next(label for label in labels if label.startswith("rank-1. strangers elsewhere"))
    for name in ("strangers elsewhere", "strangers before the same wall"):
        assert f"{name}: walls.safetensors {per_cent(made.BY_THE_WALL, 'wall', name)}, the shipped network " in plain(
            wall
        )
    alts = [value for tag, name, value in read.attributes if tag == "img" and name == "alt"]
    shown = examples.shipped()
    before = [some.alt for name in read.ids if name in page.SECTIONS for some in shown.get(name, ())]
    places = [name for name in read.ids if name in page.SECTIONS]
    split = sum(len(shown.get(name, ())) for name in places[: places.index("pairs")])
    assert alts == [*before[:split], *(one.alt for one in PICTURES), *before[split:]] and len(before) == 26
    assert one.count('class="photo same"') == one.count('class="photo other"') == 2
    assert "✓ match" in one and "✗ stranger" in one and "rank 1 &amp; more" in one


def test_two_networks_stand_side_by_side(two):
    read = Read(two)
    heads = read.rows["parts"][0]
    assert heads[1:3] == ["good.safetensors", "bags.safetensors"]
    assert heads[-1] == "good.safetensors minus bags.safetensors"
    bag = next(row for row in read.rows["parts"] if row[0] == "bag")
    gap = made.GOOD.figure("parts", "bag").minus(made.BY_THE_BAG.figure("parts", "bag"))
    assert bag[-1] == bracketed(gap, "part", finer=1, sign=True)
    assert len(read.rows["differences"]) == 1 + 7 and "7 figures differ beyond chance." in read.words
    assert "good.safetensors" in read.rows["gates"][0] and "bags.safetensors" not in read.rows["gates"][0]
    assert "Nothing differs beyond chance." in read.words


def test_a_reference_is_not_shown_beside_itself():
    shipped = made.REFERENCES["the shipped network"]
    text = page.whole([less(shipped, "maps", "gates", "twins")], made.REFERENCES)
    read = Read(text)
    assert "the shipped network" not in read.rows["home"][0] and "never trained" in read.rows["home"][0]
    assert "Not asked: Are look-alikes told apart? What do its gates follow" in read.words


def test_names_and_missing_values_break_nothing():
    name = "<b>&" + "x" * 120 + ".onnx"
    home = replace(made.GOOD.answers["home"], figures=(figure_of("rank-1", [math.nan] * 8, range(8)),))
    text = page.whole([replace(made.GOOD, name=name, answers={"home": home}, notes=("A <note>.",))], {})
    assert "<b>" not in text and "&lt;b&gt;&amp;xxx" in text and "A &lt;note&gt;." in text
    read = Read(text)
    assert read.rows["home"][1] == ["rank-1", "–"] and "Too little was asked to say" in read.words
    assert findings.said_of("home", replace(made.GOOD, answers={"home": home}), {}).endswith("of 0 people or families.")


@pytest.mark.browser
def test_the_page_fits_and_can_be_read(playwright, chromium_path, two):
    long = "a_name_without_any_space_" * 6 + ".safetensors"
    some = less(with_pictures(made.BY_THE_WALL), "other", "twins", "moves", "clothes", "gates", "maps", "real")
    pages = ((390, "dark", two.replace("good.safetensors", long)), (1280, "light", page.whole([some], made.REFERENCES)))
    browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
    try:
        for width, scheme, text in pages:
            tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            told = []
            tab.on("console", lambda message, told=told: told.append(message.text))
            tab.set_content(text)
            tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            # A chart's axis lies below its rows, so that a tick stands for the value that it names.
            charts = tab.evaluate(
                "[...document.querySelectorAll('.rows')].map(rows => [...rows.querySelectorAll('.track')]"
                ".map(one => one.getBoundingClientRect()).map(one => `${one.left} ${one.width}`))"
            )
            assert len(charts) == text.count('role="img" aria-label="') - text.count('class="alarm"')
            assert all(len(set(places)) == 1 and len(places) > 1 for places in charts)
            assert told == []
        tab.evaluate(axe.script().read_text("utf-8"))
        assert tab.evaluate(axe.RUN, ["html", list(axe.BAD)]) == []
    finally:
        browser.close()


def test_beside_the_shipped_network_nothing_that_was_said_of_a_network_is_lost():
    shipped = made.REFERENCES["the shipped network"]
    records = [made.BY_THE_BAG, shipped]
    alone, beside = page.whole(records[:1], made.REFERENCES), page.whole(records, made.REFERENCES)
    alarm = verdicts.headline(made.BY_THE_BAG, made.REFERENCES)[0].partition(":")[0]
    assert alarm in Read(alone).words and alarm in Read(beside).words
    assert "the shipped network minus the shipped network" not in beside


def test_a_band_and_a_tick_stay_on_the_axis():
    row = charts.ChartRow("far", (charts.PlotMark("one", Interval(10.0, 9.0, 31.0)),), limit=99.0)
    drawn = charts.draw_chart(charts.Chart("moves", "part", ("mine",), (row,)))
    assert [float(width) for width in re.findall(r'class="limit" x="[\d.]+%" width="([\d.]+)%"', drawn)] == [100.0]
    assert "10.3333" in drawn and ">1.3333" not in drawn  # and 0.25 is .25
    quarter = charts.ChartRow("near", (charts.PlotMark("one", Interval(0.2, 0.1, 0.3)),))
    assert ">.2<" in charts.draw_chart(charts.Chart("moves", "part", ("mine",), (quarter,)))


def test_an_example_of_each_question_that_changes_something():
    shown = examples.shipped()
    assert list(shown) == ["twins", "parts", "moves", "wall", "clothes"]
    assert [one.caption for one in shown["moves"]][1:] == list(looks.CIRCUMSTANCES)
    for some in shown.values():
        for one in some:
            picture = Image.open(io.BytesIO(base64.b64decode(one.jpeg)))
            assert picture.size == (64, 128) and one.alt.lower() == one.caption.lower()


def test_a_map_that_outlives_the_weights_is_not_the_best():
    found = said("maps", made.network("kept.onnx", 3, maps={"occlusion": 0.9, "gradient": 0.12}))
    assert found.startswith(
        "Believe none of these maps. None that shows the network is better than its controls, beyond chance. The best: "
        "gradient .1"
    )
    assert "Not about this network, since the map stays alike when all weights are replaced: occlusion" in found


def test_a_fall_from_world_to_world_is_asked_of_both_and_not_read_from_touching_intervals():
    spread = np.tile([-0.2, 0.2], 50)  # a standard error of 0.02
    near = made.GOOD
    for question, mean in (("home", 0.76), ("other", 0.70)):
        answer = replace(near.answers[question], figures=(figure_of("rank-1", mean + spread, np.arange(100)),))
        near = replace(near, answers={**near.answers, question: answer})
    home, other = (near.figure(question, "rank-1").interval for question in ("home", "other"))
    assert other.high > home.low, "the two touch"
    assert said("real", near).startswith("Expect less on real photos. ")
