"""Every sentence of a lesson that sounds like a result is held by a check, which stands where the sentence stands.

tests/claims/ holds one file a notebook: a sentence, word for word, above the function that computes what it says. The
checks themselves are made in the kernel that runs the notebook: see test_notebooks.py.
"""

from copy import deepcopy
from importlib import import_module
from pathlib import Path

import nbformat
import numpy as np
import pytest
from claims import kinds
from claims.reading import NOTEBOOKS, Place, texts, texts_of
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


def test_a_sentence_of_a_kind_is_held_by_a_check_that_asks_for_it():
    now, before = kinds.unread_today(), kinds.listed()
    pairs = [{(place, one) for place, said in found.items() for one in said} for found in (now, before)]
    new, mended = sorted(pairs[0] - pairs[1]), sorted(pairs[1] - pairs[0])
    assert not new, "no check asks for the kind of:\n" + "\n".join(f"notebook {place}: {one}" for place, one in new)
    assert not mended, "no longer so, run `python -m claims.kinds` in tests/:\n" + "\n".join(map(str, mended))


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


PLANTED = {
    "shape": (
        "Notice the shape: a bell around the middle.",
        "Averaging over noisy copies calms the map.",
        "The long bars drown the short ones.",
    ),
    "most": (
        "What is measured there is mostly the price of two calls.",
        "Nearly every map shows something that training made.",
        "Most photos of the group show the same coat.",
    ),
    "none": (
        "No single stream made this mistake.",
        "No published method beats the new colours.",
        "A 1x1 convolution moves pixels, and blurs nothing.",
    ),
    "hardly": (
        "The gates hardly move from photo to photo.",
        "Of 400 people there is little to forget.",
        "The widest gate is near one.",
    ),
    "order": (
        "In conv2.0 the background explains more than the person.",
        "The distances rise while the loss falls.",
        "It is the best of the baselines.",
    ),
    "every": (
        "The slopes of the corner are larger in every photo.",
        "In the first blocks gates follow the camera.",
        "Everything else is the same in all four.",
    ),
}


def numbers_alone(_lesson):
    """A check that computes a true number and asks for no kind."""
    return abs(0.3 - 0.3) == 0, "0.3"


@pytest.mark.parametrize("kind, sentence", [(kind, one) for kind, said in PLANTED.items() for one in said])
def test_a_planted_sentence_of_each_kind_is_found_and_a_true_number_does_not_hold_it(kind, sentence):
    claim = Claim(Place("04", "x"), (sentence,), numbers_alone)
    for claims in ([], [claim]):
        (found,) = kinds.unread("04", {"x": f"First words. {sentence}"}, claims, {"x"})["04.x"]
        assert kind in found[1 : found.index("]")].split(", ") and found.endswith(sentence)


def asks_for_all(_lesson):
    values, flags = [1.0], [True]
    holds = kinds.bell(values) and kinds.most(flags) and kinds.none(flags) and kinds.hardly(0.1, 2)
    return holds and kinds.ordered(values) and kinds.every(flags), ""


@pytest.mark.parametrize("sentence", [one for said in PLANTED.values() for one in said])
def test_a_check_that_asks_for_the_kind_holds_it(sentence):
    assert kinds.unread("04", {"x": sentence}, [Claim(Place("04", "x"), (sentence,), asks_for_all)], {"x"}) == {}


def test_each_kind_tells_true_from_false():
    """The numbers that the sentences were false about, and ones about which they would be true."""
    x = np.linspace(-3, 3, 41)
    gauss = np.exp(-(x**2))
    comb, flat = gauss * (1 - 0.4 * (np.arange(41) % 2)), np.clip(2 * gauss, 0, 1)
    assert kinds.bell(gauss) and kinds.bell([1, 4, 10, 16, 19, 16, 10, 4, 1])
    assert not kinds.bell(comb) and not kinds.bell(flat) and not kinds.bell(np.roll(gauss, 15))
    assert kinds.steady([3, 2, 1], rises=False) and not kinds.steady([3, 2, 3.5, 1], rises=False)
    assert not kinds.steady([0.53, 0.6, 0.78], rises=False)
    noise = np.random.default_rng(0).normal(size=(16, 8))
    assert not kinds.calmer(noise, 0.9 * noise + 0.05) and kinds.calmer(noise, noise.cumsum(0).cumsum(1))
    near, far = np.zeros((3, 2)) + [[0, 0.1]], np.ones((3, 2)) * 9
    spread = np.arange(6.0).reshape(3, 2)
    assert kinds.similar([near, far]) and not kinds.similar([spread, spread])
    assert kinds.most([1, 1, 0]) and not kinds.most([1, 0]) and not kinds.most([]) and not kinds.most([1, 0, 0])
    assert kinds.none([0, 0]) and not kinds.none([0, 1]) and not kinds.none([])
    assert kinds.every([1, 1]) and not kinds.every([1, 0]) and not kinds.every([])
    assert kinds.hardly(0.002, 0.6) and not kinds.hardly(-0.044, 0.019)
    assert kinds.ordered([29, 19]) and not kinds.ordered([19, 29]) and not kinds.ordered([2, 2])
