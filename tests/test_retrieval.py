"""The Market rule and its scores: golden figures, points on a line, properties."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osnet_edu import retrieval
from osnet_edu.retrieval import scoring

GOLDEN = json.loads((Path(__file__).parent / "data/market_protocol.json").read_text())


def drawn(seed, queries, gallery, ids, cams):
    g = np.random.Generator(np.random.PCG64(seed))
    query_ids, gallery_ids = (g.random(queries) * ids).astype(int), (g.random(gallery) * ids).astype(int)
    query_cams, gallery_cams = (g.random(queries) * cams).astype(int), (g.random(gallery) * cams).astype(int)
    same = (query_ids[:, None] == gallery_ids).reshape(-1)
    distances = g.random(queries * gallery) - 0.35 * same * g.random(queries * gallery)
    return distances.reshape(queries, gallery), query_ids, gallery_ids, query_cams, gallery_cams


def plainly(distances, query_ids, gallery_ids, query_cams, gallery_cams, ranks=20):
    """The rule written down slowly: argsort, matches, cumulative sums; at equal distance the match comes last."""
    curves, precisions, penalties = [], [], []
    for q, row in enumerate(distances):
        match = gallery_ids == query_ids[q]
        keep = ~(match & (gallery_cams == query_cams[q])) & (gallery_ids != -1)
        hits = match[keep][np.lexsort((match[keep], row[keep]))]
        if not hits.any() or query_ids[q] == -1:
            continue
        curves.append((hits.cumsum() > 0)[:ranks].tolist() + [True] * max(0, ranks - len(hits)))
        positions = np.flatnonzero(hits) + 1
        precisions.append((np.arange(1, len(positions) + 1) / positions).mean())
        penalties.append(len(positions) / positions[-1])
    return np.mean(curves, 0), np.mean(precisions), np.mean(penalties)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"seed{case['seed']}")
def test_scores_agree_with_the_authors_code(case):
    score = retrieval.evaluate(*drawn(*(case[k] for k in ("seed", "queries", "gallery", "ids", "cams"))))
    np.testing.assert_allclose(score.cmc, case["cmc"], atol=1e-6)
    assert score.mean_ap == pytest.approx(case["mean_ap"], abs=1e-6)


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 3), st.sampled_from([2, 5, 1000]))
def test_scores_agree_with_the_slow_way_junk_and_ties_included(seed, ids, cams, steps):
    distances, *rest = drawn(seed, 7, 23, ids, cams)
    distances = np.round(distances * steps) / steps  # few steps make many ties
    rest[1] = rest[1] - 1  # id -1 is junk
    try:
        score = retrieval.evaluate(distances, *rest)
    except ValueError:
        with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning):
            assert np.isnan(plainly(distances, *rest)[1])
        return
    cmc, mean_ap, mean_inp = plainly(distances, *rest)
    np.testing.assert_allclose(score.cmc, cmc)
    assert score.mean_ap == pytest.approx(mean_ap) and score.mean_inp == pytest.approx(mean_inp)


def test_points_on_a_line():
    """A query at 0. Gallery: 1 own camera (left out), 2 impostor, 3 match, 4 junk, 5 impostor, 6 match."""
    distances = np.array([[1.0, 2, 3, 4, 5, 6]])
    ids, cams = np.array([7, 8, 7, -1, 9, 7]), np.array([1, 2, 2, 2, 2, 3])
    score = retrieval.evaluate(distances, np.array([7]), ids, np.array([1]), cams, ranks=5)
    assert score.cmc.tolist() == [0, 1, 1, 1, 1]
    assert score.mean_ap == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert score.mean_inp == pytest.approx(2 / 4)
    assert retrieval.ranking(distances[0], 7, 1, ids, cams).tolist() == [1, 2, 4, 5]


def test_rank_1_can_be_perfect_with_half_the_precision():
    distances = np.array([[1.0, 2, 3, 4, 5]])
    score = retrieval.evaluate(distances, np.array([1]), np.array([1, 2, 3, 4, 1]), np.array([1]), np.full(5, 2))
    assert score.rank(1) == 1 and score.mean_ap == pytest.approx((1 + 2 / 5) / 2)


def test_a_net_that_says_the_same_of_everyone_earns_nothing():
    distances = np.zeros((1, 10))
    score = retrieval.evaluate(
        distances, np.array([1]), np.array([1] + [2] * 9), np.array([1]), np.full(10, 2), ranks=9
    )
    assert score.cmc.max() == 0 and score.mean_ap == pytest.approx(1 / 10)


def test_queries_without_a_match_are_counted_and_left_out():
    distances = np.array([[1.0, 2], [1, 2]])
    score = retrieval.evaluate(distances, np.array([1, 5]), np.array([1, 2]), np.array([1, 1]), np.array([2, 2]))
    assert (score.queries, score.queries_without_match, score.rank(1)) == (1, 1, 1.0)
    assert np.isnan(score.average_precision[1]) and score.first_hit.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"query_ids": np.array([9])}, "no query has a true match"),
        ({"distances": np.zeros((2, 2))}, r"expected distances \(1, 2\)"),
        ({"distances": np.array([[0, np.nan]])}, "not all numbers"),
        ({"gallery_cameras": np.array([1])}, "one camera for each"),
        ({"ranks": 0}, "ranks must be"),
    ],
)
def test_bad_input_gets_a_sentence(change, sentence):
    good = {
        "distances": np.array([[1.0, 2]]),
        "query_ids": np.array([1]),
        "gallery_ids": np.array([1, 2]),
        "query_cameras": np.array([1]),
        "gallery_cameras": np.array([2, 2]),
    }
    with pytest.raises(ValueError, match=sentence):
        retrieval.evaluate(**{**good, **change})


def test_distances_on_known_vectors():
    a, b = np.array([[3.0, 4], [0, 0]]), np.array([[6.0, 8], [-4, 3], [0, 0]])
    np.testing.assert_allclose(retrieval.distances(a, b, "cosine"), [[0, 1, 1], [1, 1, 1]], atol=1e-6)
    np.testing.assert_allclose(retrieval.distances(a, b, "euclidean"), [[5, 50**0.5, 5], [10, 5, 0]], atol=1e-5)
    with pytest.raises(ValueError, match="'cosine' or 'euclidean'"):
        retrieval.distances(a, b, "manhattan")
    with pytest.raises(ValueError, match="expected features"):
        retrieval.distances(a, b[:, :1])


@given(st.integers(1, 60), st.integers(0, 99))
def test_few_and_many_matches_are_counted_alike(count, seed):
    rng = np.random.default_rng(seed)
    row = rng.integers(0, 50, 300).astype(np.float32)  # with ties
    matches = np.sort(rng.choice(row, count))
    expected = [(row <= match).sum() for match in matches]
    assert scoring._no_farther(row, matches).tolist() == expected
