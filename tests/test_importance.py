"""Importance of parts: what reads one part finds that part alone, and the scores are those of a closed form."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest
from scipy import stats

from osnet_edu import Refused, people
from osnet_edu.grading import frozen, importance
from osnet_edu.grading.importance import FROZEN, PARTS, TUNING, Importance, Positives
from osnet_edu.intervals import Interval

SIZE = (64, 32)
HEIGHTS = (8, 4, 2, 2)  # rows of the toy's four parts, which lie one below another
TOP, BACKGROUND = PARTS.index("top"), PARTS.index(importance.BACKGROUND)


def toy(pairs=3, redraws=2):
    """Photos of four stripes, each a part of its own; drawn anew, a stripe is white."""
    cover = np.zeros((pairs, 4, 16, 8), np.float32)
    start = 0
    for k, height in enumerate(HEIGHTS):
        cover[:, k, start : start + height] = 1
        start += height
    photo = np.zeros((pairs, 16, 8, 3), np.uint8)
    photo[..., 0] = 200
    redrawn = np.where(cover[:, :, None, ..., None] > 0, 255, photo[:, None, None]).astype(np.uint8)
    redrawn = np.repeat(redrawn, redraws, 2)
    sham = np.repeat(photo[:, None], 2, 1)
    both = np.zeros((pairs, 16, 8), bool)
    return Positives(
        photo, photo, sham, redrawn, cover, both, np.arange(pairs), np.arange(pairs).astype(str), ("a", "b", "c", "d")
    )


def reads(mask):
    """A network that knows the mean colour in some pixels alone."""
    return lambda photos: photos[:, mask].astype(float).mean(1)


@pytest.fixture(scope="module")
def rendered():
    return importance.render_positives(families=2, size=SIZE, redraws=2)


def test_what_reads_one_part_finds_that_part_alone():
    pairs = toy()
    found = importance.measured(reads(pairs.cover[0, 1] > 0), pairs)
    away = 1 - 1 / np.sqrt(3)  # red against white
    assert np.allclose(found.fall, [[0, away, 0, 0]] * 3) and found.limit == 0
    assert found.noticed.tolist() == [[False, True, False, False]] * 3


def test_what_reads_a_rendered_top_finds_the_top_alone(rendered):
    for n in range(2):
        one = replace(rendered, **{f.name: getattr(rendered, f.name)[n : n + 1] for f in fields(rendered)[:8]})
        one = replace(one, query=one.positive)
        inside = one.cover[0, TOP] == 1
        for _ in range(3):  # the lens spreads every part over a few pixels
            inside[1:-1, 1:-1] &= inside[2:, 1:-1] & inside[:-2, 1:-1] & inside[1:-1, 2:] & inside[1:-1, :-2]
        assert inside.any()
        found = importance.measured(reads(inside), one)
        others = np.delete(found.fall[0], TOP)
        assert found.noticed[0, TOP]
        assert found.fall[0, TOP] > 20 * np.nanmax(np.abs(others))


def test_a_part_within_the_noise_counts_as_nothing():
    found = Importance(np.array([[0.3, 0.01, -0.01, -0.2, np.nan]]), 0.02)
    assert found.noticed.tolist() == [[True, False, False, False, False]]
    assert np.array_equal(found.counted, [[0.3, 0, 0, -0.2, np.nan]], equal_nan=True)


def test_a_part_that_is_not_shown_is_not_asked_about():
    pairs = toy()
    cover = pairs.cover.copy()
    cover[0, 3] = 0
    found = importance.measured(reads(cover[0, 1] > 0), replace(pairs, cover=cover))
    assert np.isnan(found.fall[0, 3]) and not np.isnan(found.fall[1:]).any()


def test_maps_score_as_the_closed_form_says():
    cover, truth = toy().cover[0], np.array([1.0, 4.0, 2.0, 3.0])
    paint = lambda values: np.einsum("k,khw->hw", np.asarray(values, float) / cover.sum((1, 2)), cover)  # noqa: E731
    assert importance.part_agreement(paint(truth), cover, truth)[0] == pytest.approx(1)
    assert importance.part_agreement(paint(5 - truth), cover, truth)[0] == pytest.approx(-1)
    # All on the most important of four: ranks (2, 4, 2, 2) - 5/2 against (1, 4, 2, 3) - 5/2.
    assert importance.part_agreement(paint([0, 1, 0, 0]), cover, truth)[0] == pytest.approx(3 / np.sqrt(15))
    # All on the only part that counts.
    assert importance.part_agreement(paint([0, 1, 0, 0]), cover, np.array([0, 1.0, 0, 0]))[0] == pytest.approx(1)
    # What speaks against is no mass, but the signed sum ranks it.
    rank, _, signed = importance.part_agreement(paint([-3, 1, -2, -1]), cover, truth)
    assert rank == pytest.approx(3 / np.sqrt(15)) and signed == pytest.approx(1)
    assert importance.part_agreement(paint([0] * 4), cover, truth) == (0, 0, 0)


def test_area_held_constant_is_the_correlation_of_what_area_leaves():
    cover, rng = toy().cover[0], np.random.default_rng(0)
    area = stats.rankdata(cover.sum((1, 2)))
    for _ in range(20):
        heat, truth = rng.random((16, 8)) ** 4, rng.random(4)
        mass = stats.rankdata(np.einsum("khw,hw->k", cover, heat))
        ranks = stats.rankdata(truth)
        left = [values - np.polyval(np.polyfit(area, values, 1), area) for values in (ranks, mass)]
        _, partial, _ = importance.part_agreement(heat, cover, truth)
        if min(np.abs(values).max() for values in left) > 1e-6:
            assert partial == pytest.approx(stats.pearsonr(*left).statistic, abs=1e-6)


def test_the_floors_are_those_of_area_by_hand():
    pairs = toy()
    both = pairs.both.copy()
    both[:, 12:14] = True  # of part c, and of no other
    found = importance.floors(replace(pairs, both=both), Importance(np.array([[1.0, 4, 2, 3]] * 3), 0.0))
    # Areas 8, 4, 2, 2 rank (4, 3, 1.5, 1.5): -2.25 + 0.75 + 0.5 - 0.5 over the root of 5 x 4.5.
    assert np.allclose(found["area"].rank, -1.5 / np.sqrt(22.5))
    assert astuple(found["area"].mean()) == pytest.approx((-1.5 / np.sqrt(22.5),) * 3)
    assert (found["area"].partial == 0).all()  # area adds nothing to area
    # All on the third: (2, 2, 4, 2) - 5/2 against (1, 4, 2, 3) - 5/2.
    assert np.allclose(found["area in both"].rank, -1 / np.sqrt(15))


def test_without_the_background_the_person_alone_is_asked_about():
    pairs = replace(toy(), parts=("background", "b", "c", "d"))
    known = Importance(np.array([[0.0, 4, 2, 3]] * 3), 0.5)
    found = importance.floors(pairs, known)
    # The outline gives (0, 4, 2, 2): ranks (1, 4, 2.5, 2.5) against (1, 4, 2, 3).
    assert np.allclose(found["person"].rank, 4.5 / np.sqrt(22.5))
    some, of_those = importance.worn(pairs, known)
    assert some.parts == ("b", "c", "d") and some.redrawn.shape[1] == 3 and of_those.limit == 0.5
    found = importance.floors(some, of_those)
    assert np.allclose(found["area"].rank, 1.5 / np.sqrt(2 * 1.5))  # (3, 1.5, 1.5) against (3, 1, 2)
    assert np.array_equal(found["person"].rank, found["area"].rank)


def test_a_pair_that_moves_nothing_is_left_out_and_counted():
    pairs = toy()
    fall = np.array([[1.0, 4, 2, 3], [0.01, 0, -0.01, 0], [4, 3, 2, 1.5]])
    found = importance.floors(pairs, Importance(fall, 0.1))["area"]
    assert np.isnan(found.rank).tolist() == [False, True, False] and found.left_out() == 1
    assert found.mean().value == pytest.approx(np.nanmean(found.rank))
    assert importance.agreement_difference(found, found) == Interval(0, 0, 0)
    with pytest.raises(Refused, match="no pair could be scored"):
        importance.floors(pairs, Importance(fall * 0, 0.1))["area"].mean()
    with pytest.raises(Refused, match="other pairs"):
        importance.agreement_difference(found, replace(found, person=found.person + 1))
    with pytest.raises(Refused, match="a score is one of rank, partial, signed"):
        found.mean("mass")


def test_nan_is_refused():
    pairs = toy()
    with pytest.raises(Refused, match="features are NaN or infinite"):
        importance.measured(lambda photos: np.full((len(photos), 3), np.nan), pairs)
    known = Importance(np.array([[1.0, 4, 2, 3]] * 3), 0.0)
    with pytest.raises(Refused, match="pair 0: 128 numbers of the map are NaN"):
        importance.agreement_of(lambda query, photo: np.full((16, 8), np.nan), pairs, known)
    with pytest.raises(Refused, match="pair 0: a map"):
        importance.agreement_of(lambda query, photo: np.ones((8, 8)), pairs, known)
    with pytest.raises(Refused, match="numbers of the importance"):
        importance.part_agreement(np.ones((16, 8)), pairs.cover[0], np.array([1, np.nan, 0, 0]))
    with pytest.raises(Refused, match="one map for each of 3 pairs"):
        importance.of_maps(np.ones((2, 16, 8)), pairs, known)


def test_a_method_sees_copies_of_the_two_photos_alone():
    pairs, told = toy(), []

    def vandal(query, photo):
        query[:] = photo[:] = 0
        return np.ones(photo.shape[:2])

    known = Importance(np.array([[1.0, 4, 2, 3]] * 3), 0.0)
    found = importance.agreement_of(vandal, pairs, known, progress=lambda done, many: told.append((done, many)))
    assert pairs.name == toy().name and told == [(1, 3), (2, 3), (3, 3)]
    assert np.array_equal(found.rank, importance.floors(pairs, known)["area"].rank)


def test_deletion_takes_the_parts_with_most_mass_first():
    pairs = toy()
    embed = reads(pairs.cover[0, 1] > 0)
    best, worst = pairs.cover[:, 1], 1 - pairs.cover[:, 1]
    low = 1 / np.sqrt(3)
    assert np.allclose(importance.part_deletion(embed, pairs, best), (0.5 + 3.5 * low) / 4)
    assert np.allclose(importance.part_deletion(embed, pairs, worst), (3.5 + 0.5 * low) / 4)
    all_white = importance.redrawn_at_once(pairs, 0, range(4))
    assert all_white.shape == (2, 16, 8, 3) and (all_white == 255).all()


def test_several_parts_drawn_anew_are_what_a_render_shows(rendered):
    """But for the edges where the two meet."""
    both = importance.redrawn_at_once(rendered, 0, (TOP, PARTS.index("bottom")))
    person, view = rebuilt(1)
    for r in range(2):
        one, _ = importance.anew(person, view, "top", FROZEN, r)
        other, _ = importance.anew(one, view, "bottom", FROZEN, r)
        true = people.render(other, view, size=SIZE, jpeg=False).image
        gap = np.abs(true.astype(int) - both[r])
        assert (true != rendered.positive[0]).any(2).mean() > 0.05
        assert (gap.max(2) > 12).mean() < 0.02


def rebuilt(number):
    """The person and the view of a rendered pair."""
    person = people.edit(people.draw_identity(FROZEN, number), glasses="none", umbrella="none")
    asked, answered = importance.PAIR_CAMERAS[number % len(importance.PAIR_CAMERAS)]
    first = people.draw_view(FROZEN, number, asked, 0)
    views = [people.draw_view(FROZEN, number, answered, 2 * walk) for walk in range(importance.WALKS)]
    away = [np.abs(np.angle(np.exp(1j * (view.yaw - first.yaw)))) for view in views]
    return person, replace(views[int(np.argmax(away))], occluder="none", passer=0)


def test_a_redraw_changes_its_part_and_nothing_else(rendered):
    assert np.allclose(rendered.cover.sum(1), 1)
    assert (rendered.cover[:, TOP].sum((1, 2)) > 20).all()
    for n, k in np.argwhere(rendered.shown):
        changed = (rendered.redrawn[n, k] != rendered.positive[n]).any(3)  # (R, H, W)
        assert changed.any((1, 2)).all(), PARTS[k]
        part = rendered.cover[n, k] > 0
        for _ in range(5):
            part = part | np.roll(part, 1, 0) | np.roll(part, -1, 0) | np.roll(part, 1, 1) | np.roll(part, -1, 1)
        assert (changed & ~part).sum() <= 0.05 * changed.sum(), PARTS[k]
    for n, k in np.argwhere(~rendered.shown):
        assert (rendered.redrawn[n, k] == rendered.positive[n]).all()
    assert not (rendered.both & (rendered.cover[:, BACKGROUND] == 1)).any() and rendered.both.any()


def test_a_sham_is_another_noise_and_nothing_else(rendered):
    gap = np.abs(rendered.sham.astype(int) - rendered.positive[:, None]).mean((2, 3, 4))
    assert rendered.sham.shape[1] == importance.SHAMS and (gap > 0).all() and (gap < 12).all()


def test_the_set_is_the_same_every_time_and_its_people_are_in_no_other(rendered):
    again = importance.render_positives(families=2, size=SIZE, redraws=2)
    assert again.name == rendered.name and len(again.name) == 16
    assert replace(again, described=again.described[::-1]).name != again.name
    other = importance.render_positives(FROZEN, families=1, size=SIZE, redraws=1)  # the first person, fewer redraws
    assert np.array_equal(other.query[0], again.query[0]) and other.described[0] != again.described[0]
    assert len({FROZEN, TUNING, frozen.FROZEN, frozen.TUNING}) == 4


def test_what_cannot_be_is_refused():
    with pytest.raises(Refused, match="at least one family and one redraw"):
        importance.render_positives(families=0)
    with pytest.raises(Refused, match="at least one family and one redraw"):
        importance.render_positives(redraws=0)
    person, view = rebuilt(1)
    with pytest.raises(Refused, match="part is 'face'; allowed are skin"):
        importance.anew(person, view, "face", FROZEN, 0)
