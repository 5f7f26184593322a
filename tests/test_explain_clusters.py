"""Clusters of gates: planted groups are found, shuffled labels are chance, and the pictures are those nearest."""

import numpy as np
import pytest

from osnet_edu import Refused, figures
from osnet_edu.experiments import gate_variance
from osnet_edu.explain import clusters


@pytest.fixture(scope="module")
def planted():
    """Three groups of 30, 20 and 10 photos, far apart, as gates (60, 2, 4)."""
    rng = np.random.Generator(np.random.PCG64(3))
    centres = rng.uniform(0, 1, (3, 8))
    truth = np.repeat([2, 0, 1], [30, 20, 10])
    gates = centres[truth] + rng.normal(0, 0.01, (60, 8))
    return gates.reshape(60, 2, 4), truth, centres


def test_planted_groups_are_found_largest_first(planted):
    gates, truth, _ = planted
    found = clusters.clusters(gates, 3)
    assert np.bincount(found.group).tolist() == [30, 20, 10]
    assert all(len(set(truth[found.group == k])) == 1 for k in range(3))
    for k, nearest in enumerate(found.nearest):
        members = np.flatnonzero(found.group == k)
        flat = gates.reshape(60, 8)
        distance = np.linalg.norm(flat - flat[members].mean(0), axis=1)
        assert list(nearest) == np.argsort(distance)[:6].tolist()


def test_the_same_seed_gives_the_same_groups(planted):
    one, two = clusters.clusters(planted[0], 3), clusters.clusters(planted[0], 3)
    assert np.array_equal(one.group, two.group) and one.nearest == two.nearest


def test_agreement_is_one_for_the_same_groups_and_chance_for_shuffled_labels(planted):
    _, truth, _ = planted
    rng = np.random.Generator(np.random.PCG64(0))
    found = clusters.agreement(
        truth, {"same": truth * 10, "names": [f"n{k}" for k in truth], "other": rng.permutation(truth)}
    )
    assert found["same"].value == pytest.approx(1) and found["names"].value == pytest.approx(1)
    assert found["same"].clear and abs(found["other"].value) < 0.1
    assert 0 < found["same"].shuffled < 0.2


def test_what_cannot_be_grouped_is_refused(planted):
    with pytest.raises(Refused, match="4 groups need 12 photos or more, got 10"):
        clusters.clusters(planted[0][:10])
    with pytest.raises(Refused, match="nothing to group"):
        clusters.clusters(np.full((40, 4, 3), 0.5))
    with pytest.raises(Refused, match="60 photos need as many labels of camera, got 2"):
        clusters.agreement(planted[1], {"camera": [1, 2]})


def test_the_picture_says_what_it_shows_and_refuses_what_does_not_fit(planted):
    gates, truth, _ = planted
    images = np.zeros((60, 32, 16, 3), np.uint8)
    found = clusters.clusters(gates, 3)
    figure = figures.clusters(found, [f"camera {k}" for k in truth], images, title="Gates")
    assert "3 groups of photos by their gates, each with the 6 nearest its centre" in figure.get_label()
    assert "group 1, 30 photos: camera 2 100%; group 2, 20 photos: camera 0 100%" in figure.get_label()
    with pytest.raises(Refused, match="60 photos with a label each"):
        figures.clusters(found, ["camera 1"], images)


def test_the_shipped_shares_are_those_of_the_table():
    found = gate_variance.read_shipped()
    assert list(found) == ["conv2.0", "conv2.1", "conv3.0", "conv3.1", "conv4.0", "conv4.1"]
    one = found["conv3.0"]["camera"]
    assert (one.value, one.low, one.high) == (0.17, -0.01, 0.35)
    label = figures.followed(found, title="Shares").get_label()
    assert "conv4.0: person 70%, camera 1%, yaw 1%, background 5%" in label
    with pytest.raises(Refused, match="at most 4 factors"):
        figures.followed({"b": dict.fromkeys("abcde", one)})
