"""Hard cases on points of a line, where the answer is plain."""

import numpy as np

from osnet_edu.retrieval import mining

# one query at 0 (person 1, camera 1); the gallery lies at 1, 2, 3, ...
IDS = np.array([1, -1, 2, 1, 3, 1, 0])
CAMERAS = np.array([1, 2, 2, 2, 2, 3, 1])
CASE = (np.arange(1.0, 8)[None], np.array([1]), IDS, np.array([1]), CAMERAS)


def test_the_hardest_positive_is_the_farthest_by_another_camera():
    assert mining.hardest_positives(*CASE).tolist() == [5]


def test_the_hardest_negative_is_the_closest_stranger_and_never_junk():
    assert mining.hardest_negatives(*CASE).tolist() == [2]


def test_a_distractor_may_be_the_hardest_negative():
    distances = CASE[0].copy()
    distances[0, 6] = 0.5
    assert mining.hardest_negatives(distances, *CASE[1:]).tolist() == [6]


def test_a_triplet_says_how_hard_it_is():
    (triplet,) = mining.triplets(*CASE)
    assert (triplet.positive_distance, triplet.negative_distance, triplet.margin) == (6, 3, -3)


def test_the_hardest_triplet_comes_first_and_loners_are_left_out():
    distances = np.array([[1.0, 2], [3, 1], [1, 9]])
    found = mining.triplets(distances, np.array([1, 1, 5]), np.array([1, 2]), np.array([1, 1, 1]), np.array([2, 2]))
    assert [(t.query, t.margin) for t in found] == [(1, -2.0), (0, 1.0)]
    positives = mining.hardest_positives(distances, np.array([1, 1, 5]), np.array([1, 2]), np.ones(3), np.full(2, 2))
    assert positives.tolist() == [0, 0, mining.NONE]
