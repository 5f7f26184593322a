"""How long each lesson takes, computed from its cells: the core path, the deeper sections, the longest text cell.

still_over.toml lists what is above its limit today. A number there may only become smaller: the test fails where a
lesson grows, and where it has become shorter than its number says by more than a cell's worth.
"""

import tomllib
from pathlib import Path

import nbformat
import pytest
from claims.reading import NOTEBOOKS
from lessons import clock

from osnet_edu import exercises

CORE, TOUR, LONGEST, REQUIRED = 45, 30, 150, 8  # minutes, minutes of 00, words of a text cell, minutes of an exercise
SLACK = {"core": 2, "longest": 20, "required": 0}
LISTED = tomllib.loads((Path(__file__).parent / "lessons" / "still_over.toml").read_text(encoding="utf-8"))


def clocks() -> dict[str, clock.Clock]:
    return {number: clock.read(nbformat.read(path, as_version=4)) for number, path in NOTEBOOKS.items()}


def judged(kind: str, measured: dict[str, float], limit: dict[str, int], listed: dict[str, float]) -> list[str]:
    """What is over its limit and not listed, over its listed number, or listed with a number that has been beaten."""
    said = []
    for name, value in measured.items():
        if name not in listed:
            if value > limit[name]:
                said.append(f"{name}: {kind} is {value:g}, more than {limit[name]}")
        elif value > listed[name]:
            said.append(f"{name}: {kind} has grown from {listed[name]:g} to {value:g}")
        elif value <= limit[name]:
            said.append(f"{name}: {kind} is {value:g} and within its limit: take it off the list")
        elif value < listed[name] - SLACK[kind]:
            said.append(f"{name}: {kind} is {value:g}: write that number for {listed[name]:g}")
    return said + [f"{name}: there is no such thing" for name in listed if name not in measured]


def test_the_core_path_and_the_longest_text_of_each_lesson():
    found = clocks()
    print("\n" + clock.table(found))
    core = {number: round(one.core, 1) for number, one in found.items()}
    limits = {number: TOUR if number == "00" else CORE for number in found}
    said = judged("core", core, limits, LISTED["core"])
    said += judged(
        "longest", {n: one.longest for n, one in found.items()}, dict.fromkeys(found, LONGEST), LISTED["longest"]
    )
    assert said == [], "\n".join(said)


def test_each_required_exercise_takes_eight_minutes_at_most():
    minutes = {task.name: task.minutes for task in exercises.REGISTRY.values() if task.required}
    said = judged("required", minutes, dict.fromkeys(minutes, REQUIRED), LISTED["required"])
    assert said == [], "\n".join(said)


@pytest.mark.parametrize(
    "value, listed, said",
    [
        (45, {}, []),
        (45.1, {}, ["x: core is 45.1, more than 45"]),
        (50, {"x": 50}, []),
        (50.2, {"x": 50}, ["x: core has grown from 50 to 50.2"]),
        (47, {"x": 50}, ["x: core is 47: write that number for 50"]),
        (44, {"x": 50}, ["x: core is 44 and within its limit: take it off the list"]),
        (44, {"y": 50}, ["y: there is no such thing"]),
    ],
)
def test_the_list_may_only_shrink(value, listed, said):
    assert judged("core", {"x": value}, {"x": 45}, listed) == said


# ---------------------------------------------------------------------------------------------
# The clock itself, on cells whose minutes are counted by hand


def notebook(*cells: str) -> nbformat.NotebookNode:
    """A cell that begins with ">" is code."""
    v4 = nbformat.v4
    made = [v4.new_code_cell(c[1:]) if c.startswith(">") else v4.new_markdown_cell(c) for c in cells]
    for index, cell in enumerate(made):
        cell.id = f"c{index}"
    return v4.new_notebook(cells=made)


def minutes(*cells: str) -> tuple[float, float]:
    one = clock.read(notebook("", *cells))
    return pytest.approx(one.core), pytest.approx(one.deeper)


WORDS = "word " * 180


def test_each_kind_of_cell_takes_its_time():
    assert minutes(WORDS, WORDS) == (2, 0)
    assert minutes(">a = 1\n\nb = 2") == (0.2, 0)
    assert minutes(">figures.show(one)\nfigures.show(two)") == (0.2 + 2 / 3, 0)
    assert minutes('>ask("03.taps")') == (0.5, 0)
    assert minutes(">%%exercise receptive_field\nreturn 1") == (3, 0)
    assert minutes(">%%exercise stack_field\nreturn 1") == (0, 8)
    assert minutes(f"**Exercise `stack_field`: a**{'b ' * 177}") == (0, 1)
    assert minutes(">Flow(small=True)") == (0.1 + 1 / 3, 0)


def test_a_widget_takes_what_the_text_beside_it_says():
    assert minutes(">w = Watch()\nw") == (0.2 + clock.WIDGET, 0)
    assert minutes(">def make():\n    return Watch()\n\nw = make()\nw") == (0.4 + clock.WIDGET, 0)
    assert minutes(">w = Watch()", "", ">w") == (0.2 + clock.WIDGET, 0)
    assert minutes(">Watch()", "Play for about 7 minutes.") == (0.1 + 7 + 5 / 180, 0)
    assert minutes("A walk, ten minutes.", ">Watch()") == (0.1 + 10 + 4 / 180, 0)
    assert minutes("# All of it takes 45 minutes.", ">Watch()")[0] == 0.1 + clock.WIDGET + 6 / 180


def test_a_deeper_section_ends_with_the_next_heading_of_its_level():
    cells = ("## One", "a", "## Two (deeper)", "b", "### Part", "c", "## Three", "### Four (deeper)", "d", "### Five")
    found = clock.deeper(notebook(*cells))
    assert [found[f"c{i}"] for i in range(10)] == [False] * 2 + [True] * 4 + [False] + [True] * 2 + [False]
    assert minutes(WORDS, f"## Two (deeper)\n\n{WORDS}") == (1, 1 + 2 / 180)


def test_words_are_counted_as_a_reader_meets_them():
    assert clock.words("**A** [link](far/away.ipynb), don't count `x = 1` <b>twice</b> or 2,000.5 times.") == 10
