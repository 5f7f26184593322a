"""The predict box without a browser: what it hides, what it remembers, what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from osnet_edu import widgets
from osnet_edu.widgets import Predict, ask, predict

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def box(**changes) -> Predict:
    settings = {"question": "How many?", "answers": ["one", "two", "three"], "truth": 2, "because": "Count them."}
    return Predict(**{**settings, **changes})


def test_the_truth_reaches_the_page_only_after_the_click():
    shown = box()
    assert "Count them." not in str(shown.get_state()) and shown.shown_truth == 0
    shown.set_state({"chosen": 3})
    assert (shown.shown_truth, shown.shown_because, shown.problem) == (2, "Count them.", "")


def test_an_answer_that_is_not_there_is_a_sentence():
    shown = box()
    shown.set_state({"chosen": 9})
    assert shown.problem == "There are answers 1 to 3, and no answer 9." and shown.shown_truth == 0
    shown.set_state({"chosen": 1})
    assert shown.problem == "" and shown.shown_truth == 2


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"answers": ["one"]}, "2 to 6 answers"),
        ({"truth": 0}, "counts the answers from 1"),
        ({"truth": 4}, "1 to 3"),
        ({"because": " "}, "the reason"),
    ],
)
def test_a_box_that_makes_no_sense_is_refused(changes, word):
    with pytest.raises(ValueError, match=re.escape(word)):
        box(**changes)


def test_an_unknown_question_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no question '99\.nothing'; there are none"):
        ask("99.nothing")
    known = next(iter(predict.asked_in("01")), None)
    if known:
        with pytest.raises(ValueError, match=re.escape(f"01.{known}")):
            ask("01.nothing")


SHIPPED = [
    (path.name[:2], key)
    for path in sorted(predict.QUESTION_FOLDER.glob("*.toml"))
    for key in predict.asked_in(path.name[:2])
]


@pytest.mark.parametrize(("notebook", "key"), SHIPPED, ids=lambda value: value)
def test_every_shipped_question_makes_a_box_and_is_asked(notebook, key):
    shown = ask(f"{notebook}.{key}")
    assert len(shown.answers) == 3 and len(set(shown.answers)) == 3
    assert shown.question.count("`") % 2 == 0
    paths = list(NOTEBOOKS.glob(f"{notebook}_*.ipynb"))
    assert any(f"{notebook}.{key}" in path.read_text(encoding="utf-8") for path in paths)


def test_the_right_answer_is_not_always_in_the_same_place():
    places = [
        ask(f"{notebook}.{key}").shown_truth or predict.asked_in(notebook)[key]["truth"] for notebook, key in SHIPPED
    ]
    if len(places) >= 6:
        assert max(places.count(place) for place in (1, 2, 3)) <= 0.6 * len(places)


def test_the_face_hands_out_what_it_lists():
    assert widgets.Predict is Predict
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = widgets.nothing_like_it
