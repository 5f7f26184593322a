"""TEACHING.md: its plans fill their time, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from osnet_edu.widgets import asked_in

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
LESSONS = {
    path.name[:2]: nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
}


BOXES = {
    "pointwise": "pointwise-nothing",
    "speed": "speed",
    "four in a row": "four-in-a-row",
    "shuffled cells": "position",
    "shared gates": "shared",
    "the wide gate": "wide-gate",
    "rank-1": "rank-one",
    "the collapse": "collapse",
    "ten intervals": "ten-intervals",
    "the slope": "slope",
    "the untrained network": "untrained",
}  # as the table calls a question -> its name


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    part = TEXT.split(f"# {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("heading", "minutes"), [("One lecture of 45 minutes, with the page alone", 45), ("A lab of three hours", 180)]
)
def test_a_plan_fills_its_time(heading, minutes):
    assert sum(int(row[0]) for row in table(heading)) == minutes


def headings(number: str) -> str:
    return "\n".join(cell.source for cell in LESSONS[number].cells if cell.cell_type == "markdown")


def test_sections_that_a_plan_names_are_there():
    rows = [(row[1][-2:], row[2]) for row in table("One lecture of 45 minutes, with the page alone")]
    rows += [(row[1], row[2]) for row in table("A lab of three hours")]
    asked = 0
    for lesson, text in rows:
        for first, last in re.findall(r"Sections? (\d+)(?: (?:to|and) (\d+))?", text):
            for section in range(int(first), int(last or first) + 1):
                assert re.search(rf"^## {section} · (?!.*\(deeper\))", headings(lesson), re.MULTILINE), (
                    lesson,
                    section,
                )
                asked += 1
    assert asked > 15


def test_a_misunderstanding_shows_where_the_table_says():
    for _, where, _ in table("Common misunderstandings"):
        lesson, _, place = where.partition(", ")
        if place.startswith("`"):
            sources = [cell.source for cell in LESSONS[lesson].cells]
            assert any(source.startswith(f"%%exercise {place.strip('`')}\n") for source in sources), where
        else:
            assert BOXES[place.removeprefix("the box on ")] in asked_in(lesson), where


def test_pictures_are_of_lessons_that_there_are():
    assert {row[0] for row in table("What each picture is for")} <= set(LESSONS)


def test_a_place_within_the_page_is_a_heading():
    slugs = {
        re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    assert {link for link in re.findall(r"\]\(#([^)]*)\)", TEXT)} <= slugs
