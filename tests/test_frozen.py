"""The grading set: the truth is where two photos differ, the set is the same every time, and shams are shams."""

from dataclasses import replace

import numpy as np
import pytest

from osnet_edu import Refused, people
from osnet_edu.grading import frozen
from osnet_edu.grading.frozen import FROZEN, PARTS, TUNING

SIZE = (96, 48)


@pytest.fixture(scope="module")
def cases():
    return frozen.render(size=SIZE, families=2)


def test_each_part_has_its_families(cases):
    assert cases.part.tolist() == [part for part in PARTS for _ in range(2)]
    assert len(set(cases.family.tolist())) == 16
    assert cases.query.shape == cases.same.shape == (16, *SIZE, 3) and cases.query.dtype == np.uint8


def test_the_twin_and_the_person_differ_in_the_truth_and_near_it_alone(cases):
    """The lens spreads a change over a few pixels; hardly any lies further off."""
    for k in range(16):
        changed = (cases.same[k] != cases.negative[k]).any(2)
        near = cases.truth[k] | (cases.weight[k] > 0)
        for _ in range(6):  # one pixel wider, six times
            grown = near.copy()
            grown[1:] |= near[:-1]
            grown[:-1] |= near[1:]
            grown[:, 1:] |= near[:, :-1]
            grown[:, :-1] |= near[:, 1:]
            near = grown
        assert (changed & ~near).sum() <= 0.05 * changed.sum(), cases.part[k]
        gap = np.abs(cases.same[k].astype(int) - cases.negative[k]).mean(2)
        assert gap[cases.truth[k]].mean() > 5 * gap[~cases.truth[k]].mean()


def test_the_truth_is_large_enough_and_its_weight_is_a_share(cases):
    least = people.VISIBLE * SIZE[0] * SIZE[1] / (128 * 64)
    assert (cases.truth.sum((1, 2)) >= least).mean() > 0.9
    assert cases.weight.min() >= 0 and cases.weight.max() <= 1
    assert np.allclose(cases.weight.max((1, 2)), 1)


def test_the_set_is_the_same_every_time_and_tuning_is_another(cases):
    again = frozen.render(size=SIZE, families=2)
    assert again.name == cases.name and len(cases.name) == 16
    for name in ("query", "negative", "positive", "same", "sham", "truth"):
        np.testing.assert_array_equal(getattr(again, name), getattr(cases, name))
    other = frozen.render(TUNING, size=SIZE, families=1)
    assert FROZEN != TUNING and other.name != cases.name
    assert not any(np.array_equal(photo, mine) for photo in other.query for mine in cases.query)


def test_the_name_is_known_before_the_set_is_rendered_and_says_all_that_decides_it(cases):
    names = [
        frozen.name_of(frozen.describe(*some))
        for some in ((FROZEN, SIZE, 2), (FROZEN, SIZE, 1), (FROZEN, (128, 64), 2), (TUNING, SIZE, 2))
    ]
    assert names[0] == cases.name and len(set(names)) == 4
    few = np.arange(16) % 2 < 1
    assert frozen.name_of(cases.described[few]) == names[1]


# Mean grey of q, n, p and c of the first cases, and pixels of their truths: the same but for the last bits of JPEG.
GREYS = (
    (135.89, 127.03, 122.94, 138.16),
    (114.31, 87.29, 114.84, 116.83),
    (111.60, 131.61, 120.69, 115.35),
    (108.27, 88.61, 116.02, 116.73),
)
TRUTHS = (201, 78, 94, 7)


def test_a_renderer_that_draws_otherwise_has_another_number(cases):
    """Where this fails, descriptions give other photos than before: raise RENDERER, and make the leaderboard anew."""
    greys = [getattr(cases, name)[::4].mean((1, 2, 3)) for name in ("query", "negative", "positive", "same")]
    np.testing.assert_allclose(greys, GREYS, atol=0.1)
    np.testing.assert_allclose(cases.truth[::4].sum((1, 2)), TRUTHS, atol=1)
    assert frozen.RENDERER == 1


def test_a_sham_is_another_noise_or_a_shift(cases):
    kinds = [(k // 2 + k % 2) % 2 for k in range(16)]
    for k, kind in enumerate(kinds):
        if kind:
            assert np.array_equal(cases.sham[k][:, 1:], cases.same[k][:, :-1])
        else:
            gap = np.abs(cases.sham[k].astype(int) - cases.same[k])
            assert 0 < gap.mean() < 12  # noise, and nothing else


def test_what_reads_the_part_notices_it_and_what_reads_nothing_does_not(cases):
    truth = cases.truth[0]

    def reads(photos):  # the mean colour in the first case's truth
        return photos[:, truth].mean(1)

    one = replace(cases, **{f: getattr(cases, f)[:1] for f in ("query", "negative", "positive", "same", "sham")})
    one = replace(one, query=one.same)
    found = frozen.noticed(reads, one)
    assert found.seen.tolist() == [True] and found.difference[0] > found.limit
    swapped = frozen.noticed(reads, replace(one, same=one.negative, negative=one.same, sham=one.negative))
    assert swapped.turned.tolist() == [True] and not swapped.seen.any()
    blind = frozen.noticed(lambda photos: np.ones((len(photos), 3)), cases)
    assert not blind.seen.any() and not blind.turned.any()


def test_no_family_is_refused():
    with pytest.raises(Refused, match="at least one family"):
        frozen.render(families=0)
