"""Grades in closed form: a perfect, a uniform and an inverted map, ties, signs, and curves whose area is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osnet_edu import Refused
from osnet_edu.grading import marks

TRUTH = np.zeros((8, 4), bool)
TRUTH[2:4, 1:3] = True  # 4 of 32 pixels


def test_the_truth_scores_one_a_uniform_map_its_share_and_an_inverted_map_nothing():
    perfect = marks.grade(TRUTH.astype(float), TRUTH)
    assert (perfect.mass, perfect.rank, perfect.pointing, perfect.chance) == (1, 1, 1, 4 / 32)
    for level in (0.0, 0.7):
        even = marks.grade(np.full(TRUTH.shape, level), TRUTH)
        assert (even.mass, even.rank, even.pointing) == pytest.approx((4 / 32,) * 3)
    inverted = marks.grade((~TRUTH).astype(float), TRUTH)
    assert (inverted.mass, inverted.rank, inverted.pointing) == (0, 0, 0)


def test_numbers_by_hand():
    heat = np.zeros((8, 4))
    heat[2, 1], heat[0, 0], heat[0, 1] = 3, 5, 2
    found = marks.grade(heat, TRUTH)
    assert found.mass == pytest.approx(3 / 10) and found.pointing == 0
    # The fourth place is shared by the 29 pixels that are 0, of which 3 lie in the truth.
    assert found.rank == pytest.approx((1 + 3 / 29) / 4)
    heat[3, 2] = 5  # two highest, one of them inside
    assert marks.grade(heat, TRUTH).pointing == 0.5


def test_a_covered_share_is_rounded_at_a_half():
    covered = TRUTH * 0.6 + ~TRUTH * 0.4
    assert marks.grade(covered, covered).rank == 1
    assert marks.grade(TRUTH.astype(float), covered).mass == 1


@given(st.floats(0, 100), st.integers(0, 2**32 - 1))
def test_the_other_sign_changes_nothing(size, seed):
    rng = np.random.default_rng(seed)
    heat = rng.normal(size=TRUTH.shape)
    before = marks.grade(heat, TRUTH)
    grown = np.where((heat < 0) & ~TRUTH, heat * (1 + size) - size, heat)
    assert marks.grade(grown, TRUTH) == before
    assert marks.grade(-heat, TRUTH, against=True) == before


@given(st.integers(0, 2**32 - 1))
def test_scores_are_shares_and_scale_does_not_matter(seed):
    heat = np.random.default_rng(seed).normal(size=TRUTH.shape)
    found, scaled = marks.grade(heat, TRUTH), marks.grade(1000 * heat, TRUTH)
    for one in (found.mass, found.rank, found.pointing):
        assert 0 <= one <= 1
    assert (scaled.rank, scaled.pointing) == (found.rank, found.pointing)
    assert scaled.mass == pytest.approx(found.mass)


@pytest.mark.parametrize(
    ("heat", "truth", "said"),
    [
        (np.full((8, 4), np.nan), TRUTH, "32 numbers of the map are NaN"),
        (np.zeros((4, 8)), TRUTH, "must have one shape"),
        (np.zeros((1, 8, 4)), TRUTH, r"must be \(H, W\)"),
        (np.zeros((8, 4)), np.zeros((8, 4), bool), "got 0 of 32"),
        (np.zeros((8, 4)), np.ones((8, 4), bool), "got 32 of 32"),
    ],
)
def test_what_cannot_be_graded_is_refused(heat, truth, said):
    with pytest.raises(Refused, match=said):
        marks.grade(heat, truth)


# --- deletion and insertion ---

IMAGE, FILL = np.full((8, 4, 3), 255, np.uint8), np.zeros((8, 4, 3), np.uint8)


def _kept(photos: np.ndarray) -> np.ndarray:
    """Share of the truth's pixels that are still there: what a network that reads these alone would score."""
    return photos[:, TRUTH].mean((1, 2)) / 255


def test_areas_of_a_map_whose_order_is_known():
    first = TRUTH.astype(float)  # its 4 pixels go first: 1, 3/4, ... 0 after 4 of 32, and 0 from there on
    assert marks.deletion(_kept, IMAGE, first, FILL) == pytest.approx(4 / 32 / 2)
    assert marks.insertion(_kept, IMAGE, first, FILL) == pytest.approx(1 - 4 / 32 / 2)
    last = -first
    assert marks.deletion(_kept, IMAGE, last, FILL) == pytest.approx(1 - 4 / 32 / 2)
    assert marks.deletion(_kept, IMAGE, last, FILL, against=True) == pytest.approx(4 / 32 / 2)


def test_the_fill_is_what_is_left():
    half = np.full((8, 4, 3), 51, np.uint8)  # a fifth
    found = marks.deletion(_kept, IMAGE, TRUTH.astype(float), half)
    assert found == pytest.approx(0.2 + 0.8 * 4 / 32 / 2)


def test_other_shapes_and_steps_are_refused():
    with pytest.raises(Refused, match=r"two photos \(H, W, 3\) and a map"):
        marks.deletion(_kept, IMAGE, np.zeros((4, 4)), FILL)
    with pytest.raises(Refused, match="steps must be 1 to 32"):
        marks.insertion(_kept, IMAGE, np.zeros((8, 4)), FILL, steps=0)
