"""Colour baselines on colours whose answer is plain; twins on features that know the truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from osnet_edu import people
from osnet_edu.embed import Embedding
from osnet_edu.experiments import EXPERIMENTS, baselines
from osnet_edu.photos import market
from osnet_edu.trials import twins


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    root = tmp_path_factory.mktemp("people") / "small"
    people.write_dataset(root, people=16, seed=3, workers=2)
    return root


@pytest.fixture(scope="module")
def records(rendered):
    return {Path(record.path).name: record for record in people.read_people(rendered)}


def told_apart(rendered, features):
    """Grade features that are a function of the photo's name."""
    _, query, gallery = market.read(rendered)
    sides = [Embedding(np.stack([features(p.name) for p in photos]), photos) for photos in (query, gallery)]
    return twins.told_apart(rendered, *sides)


def axis(person):
    vector = np.zeros(64, np.float32)
    vector[person % 64] = 1
    return vector


def test_features_that_know_the_person_tell_all_twins_apart(rendered, records):
    result = told_apart(rendered, lambda name: axis(records[name].person))
    assert result.right == 1 and result.interval == (1, 1)
    assert {family.part for family in result.families} <= set(people.TWIN_PARTS)
    assert "100.0%" in str(result) and "chance 50 %" in str(result)


def test_features_that_know_only_the_family_are_at_chance(rendered, records):
    result = told_apart(rendered, lambda name: axis(min(records[name].person, records[name].twin or 99)))
    assert result.right == 0.5 and result.interval == (0.5, 0.5)


def test_features_that_mistake_everyone_for_their_twin_are_always_wrong(rendered, records):
    queries = {photo.name for photo in market.read(rendered).query}

    def features(name):
        record = records[name]
        return axis(record.twin if name in queries and record.twin else record.person)

    assert told_apart(rendered, features).right == 0


def test_photos_that_do_not_show_the_part_do_not_count(rendered, records, monkeypatch):
    hidden = [replace(record, visible=twins.VISIBLE - 1) for record in records.values()]
    monkeypatch.setattr(people, "read_people", lambda root: hidden)
    with pytest.raises(ValueError, match="no twins whose part shows"):
        told_apart(rendered, lambda name: axis(records[name].person))


def test_parts_are_averaged_by_queries_and_families_counted():
    families = (
        twins.Family("logo", (1, 2), 1.0, 3),
        twins.Family("logo", (3, 4), 0.0, 1),
        twins.Family("shoes", (5, 6), 0.5, 2),
    )
    result = twins.ToldApart(twins._mean(families), (0, 1), families, 0)
    assert result.by_part() == {"logo": (0.75, 2), "shoes": (0.5, 1)} and result.right == pytest.approx(4 / 6)


def flat(*colors):
    return np.stack([np.full((60, 32, 3), color, np.uint8) for color in colors])


@pytest.mark.parametrize("name", list(baselines.COLOURS))
def test_a_baseline_tells_red_over_blue_from_blue_over_red(name):
    red, blue = (200, 30, 30), (30, 30, 200)
    one, other = flat(red, blue)
    mixed = np.stack([np.concatenate([one[:30], other[30:]]), np.concatenate([other[:30], one[30:]])])
    features = baselines.COLOURS[name](mixed)
    assert np.isfinite(features).all()
    alike = np.allclose(features[0], features[1])
    assert alike == (name == "RGB histogram of the middle")  # the one that does not know up from down


def test_balanced_means_forget_a_cameras_cast():
    rng = np.random.Generator(np.random.PCG64(0))
    image = rng.integers(20, 120, (1, 60, 32, 3))
    cast = (image * np.array([1.5, 1.0, 0.5])).astype(np.uint8)
    plain, tinted = (baselines.balanced_means(x.astype(np.uint8)) for x in (image, cast))
    np.testing.assert_allclose(plain, tinted, atol=0.03)


def test_histograms_are_shares(rendered):
    images = market.decode(market.read(rendered).query[:3], (128, 64)).images
    assert baselines.rgb_cubes(images).shape == (3, 216)
    np.testing.assert_allclose((baselines.rgb_cubes(images) ** 2).sum(1), 1)
    np.testing.assert_allclose((baselines.hsv_stripes(images) ** 2).sum(1), 6 * 3)


def test_baselines_run_on_a_folder(rendered):
    seen = []
    result = baselines.run(rendered, lambda *done: seen.append(done))
    assert list(result.scores) == [*baselines.COLOURS, "untrained OSNet x0.25"]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert result.best_colour() == max(result.scores[name].rank(1) for name in baselines.COLOURS)


def test_every_experiment_has_a_name_and_a_docstring():
    assert [one.name for one in EXPERIMENTS.values()] == list(EXPERIMENTS)
    runs = {one.name: [one.load(), *([one.load_own()] if one.own else [])] for one in EXPERIMENTS.values()}
    assert all(run.__doc__ or run.func.__doc__ for some in runs.values() for run in some)
