"""The metric sandbox without a browser: its numbers, its rule, its puzzles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from osnet_edu.photos.market import format_name, parse_name
from osnet_edu.widgets import Ranking

# Query: person 1, camera 1. Gallery by index: 0-2 matches, 3 own camera, 4 junk, 5-8 others, 9 a distractor.
GALLERY = [(1, 2), (1, 3), (1, 4), (1, 1), (-1, 2), (2, 1), (2, 2), (2, 3), (2, 4), (0, 5)]


@pytest.fixture
def photos(tmp_path):
    def make(person, camera, frame):
        path = tmp_path / format_name(person, camera, 1, frame, 1)
        Image.new("RGB", (64, 128), (40 * (person + 2), 30 * camera, 90)).save(path)
        return parse_name(path)

    gallery = [make(person, camera, i) for i, (person, camera) in enumerate(GALLERY)]
    return [make(1, 1, 90), make(2, 1, 91)], gallery


def rest(*first):
    return [*first, *(i for i in range(len(GALLERY)) if i not in first)]


def sandbox(photos, queries=1, **settings):
    return Ranking(photos[0][:queries], photos[1], **settings)


def numbers(shown):
    return dict(shown.numbers)


def test_rank1_can_be_full_with_map_at_76(photos):
    shown = sandbox(photos)
    shown.set_state({"puzzle": 1})
    assert shown.verdict == "Not yet: mAP is 100.0 %, which is too high." and not shown.solved
    shown.set_state({"order": [rest(0, 5, 1, 6, 2)]})  # matches at ranks 1, 3 and 5
    assert numbers(shown) == {"rank-1": "100.0 %", "mAP": "75.6 %", "mINP": "60.0 %"}
    assert shown.rows[0]["sums"] == "AP = (1/1 + 2/3 + 3/5) / 3 = 75.6 %.  INP = 3/5 = 60.0 %."
    assert shown.solved and "Rank-1 asks only" in shown.verdict
    assert math.isclose(shown.score.mean_ap, (1 + 2 / 3 + 3 / 5) / 3)


def test_left_out_photos_take_no_rank(photos):
    shown = sandbox(photos)
    shown.set_state({"order": [[3, 4, 5, 0, 9, 1, 6, 2, 7, 8]]})
    cards = shown.rows[0]["cards"]
    assert [cards[i]["rank"] for i in (3, 4, 5, 0, 9, 1)] == [
        "left out",
        "left out",
        "rank 1",
        "rank 2",
        "rank 3",
        "rank 4",
    ]
    assert [cards[i]["why"] for i in (3, 4, 5, 0, 9)] == [
        "own camera",
        "junk",
        "other person",
        "hit: 1/2",
        "distractor",
    ]
    assert shown.cmc == [0, *[1] * 9]


def test_two_queries_are_averaged(photos):
    shown = sandbox(photos, queries=2)
    # query 2 is person 2, camera 1: photo 5 is its own camera's, 6, 7, 8 match
    shown.set_state({"order": [rest(0, 1, 2), rest(9, 6, 7, 8)]})
    assert numbers(shown)["rank-1"] == "50.0 %"
    second = (1 / 2 + 2 / 3 + 3 / 4) / 3
    assert math.isclose(shown.score.mean_ap, (1 + second) / 2)
    assert shown.cmc[:2] == [0.5, 1]


@pytest.mark.parametrize(
    ("puzzle", "order"),
    [(1, (0, 5, 1, 6, 2)), (2, (4, 3, 0)), (3, (9, 0, 1, 2)), (4, (0, 1, 5, 6, 7, 2))],
)
def test_every_puzzle_has_a_solution_and_is_not_solved_at_once(photos, puzzle, order):
    shown = sandbox(photos)
    shown.puzzle = puzzle
    assert not shown.solved and shown.verdict.startswith("Not yet")
    shown.set_state({"order": [rest(*order)]})
    assert shown.solved and shown.verdict.startswith("✓ Solved.")
    for other in {1, 2, 3, 4} - {puzzle}:
        shown.puzzle = other
        assert not shown.solved
    shown.puzzle = 0
    assert shown.verdict == ""


def test_distances_give_the_first_order(photos):
    far = np.arange(10)[None, ::-1] / 10
    assert sandbox(photos, distances=far).order == [list(range(9, -1, -1))]
    with pytest.raises(ValueError, match=r"expected distances \(1, 10\)"):
        sandbox(photos, distances=far[:, :3])


@pytest.mark.parametrize("order", [[[0] * 10], [[0, 1]], [], [list(range(10)), list(range(10))]])
def test_a_broken_order_is_a_sentence_and_moves_nothing(photos, order):
    shown = sandbox(photos)
    shown.set_state({"order": order})
    assert "nothing was moved" in shown.problem and shown.order == [list(range(10))]
    shown.set_state({"order": [list(range(9, -1, -1))]})
    assert shown.problem == ""


def test_a_puzzle_that_is_not_there_is_a_sentence(photos):
    shown = sandbox(photos)
    shown.set_state({"puzzle": 12})
    assert shown.puzzle == 0 and "puzzles 1 to 4" in shown.problem


def test_what_cannot_be_ranked_is_refused(photos):
    queries, gallery = photos
    with pytest.raises(ValueError, match="no query has a true match"):
        Ranking(queries[:1], gallery[3:])
    with pytest.raises(ValueError, match="at least one query"):
        Ranking([], gallery)
    gallery[0].path.write_bytes(b"")
    with pytest.raises(ValueError, match="empty file"):
        Ranking(queries[:1], gallery)


def test_a_query_without_a_match_says_so(photos):
    queries, gallery = photos
    shown = Ranking(queries, gallery[:5])
    assert shown.rows[1]["sums"].startswith("No photo here matches") and numbers(shown)["mAP"] == "100.0 %"


def test_a_puzzle_that_the_photos_have_solved_already_is_set_up_anew(photos):
    solved = [rest(4, 3, 0)]  # left-out photos stand first, and rank-1 is full
    shown = sandbox(photos)
    shown.set_state({"order": solved})
    shown.set_state({"puzzle": 2})
    assert not shown.solved and shown.verdict.startswith("The photos stood so already")
    assert "Not yet: 1 of 1 rows still start with a photo that counts." in shown.verdict
    assert shown.order == [[0, 1, 2, 5, 6, 7, 8, 9, 4, 3]], "matches, what counts, what is left out"
    shown.set_state({"order": solved})
    assert shown.solved
