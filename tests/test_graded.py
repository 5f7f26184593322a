"""A method on cases whose truth is known: the perfect one, the uniform one, and what is refused."""

from dataclasses import astuple

import numpy as np
import pytest

from osnet_edu import Refused
from osnet_edu.grading import graded
from osnet_edu.grading.frozen import Cases
from osnet_edu.intervals import Interval

N, H, W = 12, 16, 8


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (5, N, H, W, 3), np.uint8)
    truth = np.zeros((N, H, W), bool)
    for k in range(N):
        truth[k, k, :] = True  # one row of sixteen
        photos[1, k, 0, 0, 0] = k  # the photo tells its number, so that a method can be perfect
        photos[3, k, 0, 0, 0], photos[0, k, 0, 0, 0] = 200, 100
    part = np.array(["logo", "strap"] * (N // 2))
    return Cases(*photos, truth, truth.astype(np.float32), part, np.arange(N) // 2, np.arange(N).astype(str))


def perfect(query, photo):
    heat = np.zeros((H, W))
    heat[photo[0, 0, 0]] = -1
    return heat


def test_a_perfect_method_scores_one_and_a_uniform_one_the_share_of_the_truth(cases):
    everything = np.ones(N, bool)
    best = graded.of(perfect, cases, everything)
    for score in graded.SCORES:
        assert best.mean(score) == Interval(1, 1, 1)
    flat = graded.of(lambda query, photo: -np.ones((H, W)), cases, everything)
    for score in graded.SCORES:
        assert astuple(flat.mean(score)) == pytest.approx((1 / H, 1 / H, 1 / H), abs=1e-12)
    assert np.allclose(flat.chance, 1 / H)
    assert astuple(graded.grade_difference(best, flat)) == pytest.approx((1 - 1 / H,) * 3)


def test_the_inverted_map_scores_nothing_and_the_wrong_sign_no_more_than_chance(cases):
    inverted = graded.of(lambda query, photo: -1 - perfect(query, photo), cases, np.ones(N, bool))
    turned = graded.of(lambda query, photo: -perfect(query, photo), cases, np.ones(N, bool))
    for score in graded.SCORES:
        assert inverted.mean(score) == Interval(0, 0, 0)
        assert turned.mean(score).value == pytest.approx(1 / H)


def test_parts_are_told_apart_and_the_interval_spans_the_families(cases):
    def half(query, photo):  # right for logos, which have even numbers
        return perfect(query, photo) if photo[0, 0, 0] % 2 == 0 else np.roll(perfect(query, photo), 1, 0)

    found = graded.of(half, cases, np.ones(N, bool))
    assert found.by_part() == {"logo": (1, 6), "strap": (0, 6)}
    assert found.mean() == Interval(0.5, 0.5, 0.5)  # each family holds one of each

    def early(query, photo):
        return perfect(query, photo) if photo[0, 0, 0] < 6 else np.roll(perfect(query, photo), 1, 0)

    mean = graded.of(early, cases, np.ones(N, bool)).mean()
    assert mean.value == 0.5 and 0 <= mean.low < 0.3 and 0.7 < mean.high <= 1  # three families of six are right


def test_only_chosen_cases_are_asked_and_the_reference_is_the_one_that_was_said(cases):
    seen = []

    def watching(query, photo):
        seen.append((int(query[0, 0, 0]), int(photo[0, 0, 0])))
        photo[:] = 0  # a method may spoil its own copy
        return np.zeros((H, W))

    chosen = np.arange(N) == 3
    told = []
    graded.of(watching, cases, chosen, progress=lambda *done: told.append(done))
    graded.of(watching, cases, chosen, same_view=True)
    assert seen == [(100, 3), (200, 3)] and told == [(1, 1)]


def test_what_cannot_be_graded_is_refused_in_a_sentence(cases):
    with pytest.raises(Refused, match="no case was chosen"):
        graded.of(perfect, cases, np.zeros(N, bool))
    with pytest.raises(Refused, match=r"case 0: .*NaN"):
        graded.of(lambda query, photo: np.full((H, W), np.nan), cases, np.ones(N, bool))
    with pytest.raises(Refused, match=r"case 0: .*shape"):
        graded.of(lambda query, photo: np.zeros((H, W + 1)), cases, np.ones(N, bool))
    some, others = (graded.of(perfect, cases, np.arange(N) // 6 == half) for half in (0, 1))
    with pytest.raises(Refused, match="not be paired"):
        graded.grade_difference(some, others)
    with pytest.raises(Refused, match="rank, mass, pointing"):
        some.mean("luck")
