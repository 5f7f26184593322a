"""Every sentence of a lesson that sounds like a result is held by a check, which stands where the sentence stands.

tests/claims/ holds one file a notebook: a sentence, word for word, above the function that computes what it says. The
checks themselves are made in the kernel that runs the notebook: see test_notebooks.py.
"""

from copy import deepcopy
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from claims.reading import NOTEBOOKS, texts, texts_of
from claims.registry import Claim, drifted, excused, unheld
from claims.running import Lesson, run

EACH = pytest.mark.parametrize("number", NOTEBOOKS)


def claims(number: str) -> list[Claim]:
    return import_module(f"claims.nb{number}").BOOK.claims


def notebook(number: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS[number], as_version=4)


def verdicts(lesson: Lesson, number: str) -> list[str]:
    return [said for claim in claims(number) if (said := claim.verdict(lesson))]


@EACH
def test_every_quotation_stands_where_it_is_quoted(number):
    found = drifted(number, texts(number), claims(number))
    assert not found, "\n".join(found)


@EACH
def test_every_sentence_that_sounds_like_a_result_is_held_or_excused(number):
    found = unheld(number, texts(number), claims(number))
    assert not found, "give each a check in tests/claims, or a reason in excused.toml:\n" + "\n".join(found)


def test_hundreds_of_sentences_are_held_and_every_excuse_has_a_reason():
    assert sum(len(claim.quotes) for number in NOTEBOOKS for claim in claims(number)) >= 200
    assert all(len(reason) > 20 and places for reason, places in excused().items())


# ---------------------------------------------------------------------------------------------
# The checker itself, on copies with a contradiction planted


def test_a_sentence_that_was_turned_around_is_found():
    copy = dict(texts("06"))
    copy["nb06-longer-says"] = copy["nb06-longer-says"].replace("all ten dots lie", "only three dots lie")
    assert any("all ten dots" in said for said in drifted("06", copy, claims("06")))
    assert any("only three dots" in said for said in unheld("06", copy, claims("06")))


def test_a_new_sentence_on_a_figure_is_found():
    changed = deepcopy(notebook("04"))
    (cell,) = [cell for cell in changed.cells if cell.id == "nb04-shared-says"]
    cell.source += "\n\n*Notice that stream 4 is ahead of all others by 20 %.*"
    assert unheld("04", texts_of(changed, {}), claims("04")) == [
        "notebook 04, nb04-shared-says: 'Notice that stream 4 is ahead of all others by 20 %.'"
    ]


@pytest.mark.slow
def test_runs_that_say_something_else_are_found(tmp_path):
    few = notebook("06")
    few.cells = [cell for cell in few.cells if cell.id in ("nb06-here", "nb06-pairs", "nb06-longer")]

    def plant(_cell: str, source: str) -> str:  # somebody puts the short runs in the place of the long ones
        return source.replace("ablation.read_shipped(ablation.LONGER)", "ablation.read_shipped()")

    def about(lesson: Lesson) -> list[str]:
        return [said for said in verdicts(lesson, "06") if "Notice that all ten dots lie" in said]

    honest, planted = (tmp_path / name for name in ("honest", "planted"))
    for folder in (honest, planted):
        Path(folder).mkdir()
    assert about(run(few, honest)) == []
    (said,) = about(run(few, planted, plant))
    assert "notebook 06, nb06-longer-says" in said and "'longer': 5" in said
