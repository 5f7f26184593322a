"""Ranking a gallery for a query, and scoring the ranking by the Market-1501 rule. Arrays in, a Score out.

The rule: gallery photos of the query's person taken by the query's own camera are left out, and junk (id -1) is left
out; everything else counts. Source: Zheng et al., Scalable Person Re-identification: A Benchmark, ICCV 2015.
Shapes: Q queries, G gallery photos, D features.
"""

from dataclasses import dataclass

import numpy as np

from ..refused import Refused

# Person ids of the rule that are not people.
JUNK = -1  # a bad box, which shows no person well: left out of every ranking
DISTRACTOR = 0  # a passer-by, in the gallery only: always wrong

TIE = 1e-6  # distances that differ by no more are equal: float32 rounds the sums of a cosine by about as much


@dataclass(frozen=True)
class Score:
    """How well queries found their people.  All values are fractions in [0, 1].

    cmc: (ranks,), share of queries whose first hit is at rank k or before.
    mean_ap: mean over queries of the average precision, the mean of the precision at each hit.
    mean_inp: mean over queries of hits / rank of the last hit: the effort to find all photos (Ye et al. 2021).
    average_precision, first_hit: (Q,), nan and 0 for a query without a match; such a query is not in the other values.
    tied: queries whose closest match is exactly as close as a photo of somebody else, which ranks before it.
    """

    cmc: np.ndarray
    mean_ap: float
    mean_inp: float
    average_precision: np.ndarray
    first_hit: np.ndarray
    queries: int
    queries_without_match: int
    tied: int = 0

    def rank(self, k: int) -> float:
        """The share of queries with a hit among the first k."""
        return float(self.cmc[min(k, len(self.cmc)) - 1])


def distances(queries: np.ndarray, gallery: np.ndarray, metric: str = "cosine") -> np.ndarray:
    """All distances between two sets of features, in float32: (Q, D), (G, D) -> (Q, G), smaller is closer.

    metric: "cosine", 1 - cosine similarity, in [0, 2]; a vector of zeros is at distance 1 from everything.
    "euclidean", on the features as they are, which is what the published code ranks by.
    Raises: Refused for other shapes or another metric.
    """
    queries, gallery = np.asarray(queries, np.float32), np.asarray(gallery, np.float32)
    if queries.ndim != 2 or gallery.ndim != 2 or queries.shape[1] != gallery.shape[1]:
        raise Refused(f"expected features of shapes (Q, D) and (G, D), got {queries.shape} and {gallery.shape}")
    if metric == "cosine":
        return 1 - unit(queries) @ unit(gallery).T
    if metric == "euclidean":
        squares = (queries**2).sum(1)[:, None] + (gallery**2).sum(1)[None] - 2 * (queries @ gallery.T)
        return np.sqrt(np.maximum(squares, 0))
    raise Refused(f"metric must be 'cosine' or 'euclidean', got {metric!r}")


def counts(query_id: int, query_camera: int, gallery_ids: np.ndarray, gallery_cameras: np.ndarray) -> np.ndarray:
    """Which gallery photos count for one query under the Market rule: (G,) bool."""
    own_camera = (gallery_ids == query_id) & (gallery_cameras == query_camera)
    return (gallery_ids != JUNK) & ~own_camera


def ranking(row: np.ndarray, query_id: int, query_camera: int, gallery_ids, gallery_cameras) -> np.ndarray:
    """The gallery photos that count for one query, closest first: indices into the gallery.

    row: (G,) distances.  Equal distances: see `closest_first`.
    """
    gallery_ids = np.asarray(gallery_ids)
    order = closest_first(row, gallery_ids == query_id)
    return order[counts(query_id, query_camera, gallery_ids, np.asarray(gallery_cameras))[order]]


def closest_first(row: np.ndarray, matches: np.ndarray) -> np.ndarray:
    """Photos in the order of their distances, (N,) -> (N,) indices.

    matches: (N,) bool, photos of the query's person.  An equal distance is not a hit: a match ranks after all other
    photos that are equally close, up to `TIE`, as in `evaluate`. Other equal photos keep their order.
    """
    return np.lexsort((matches, row + TIE * np.asarray(matches)))


def evaluate(
    distances: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    ranks: int = 20,
) -> Score:
    """Score rankings by the Market-1501 rule.

    distances: (Q, G) float, smaller is closer.  *_ids, *_cameras: (Q,) or (G,) int; id -1 is junk.
    ranks: length of the CMC curve.  An equal distance is not a hit, in the order of `closest_first`.
    Returns: Score; cmc (ranks,) and mean_ap in [0, 1].
    Raises: Refused if no query has a true match, shapes disagree or a distance is not a number.
    Source: Zheng et al., ICCV 2015.
    """
    distances = np.asarray(distances)
    if distances.dtype.kind not in "fiu":
        raise Refused(f"expected distances that are numbers, got {distances.dtype}")
    query_ids, gallery_ids = np.asarray(query_ids), np.asarray(gallery_ids)
    query_cameras, gallery_cameras = np.asarray(query_cameras), np.asarray(gallery_cameras)
    if distances.shape != (len(query_ids), len(gallery_ids)):
        raise Refused(f"expected distances ({len(query_ids)}, {len(gallery_ids)}), got {distances.shape}")
    if len(query_cameras) != len(query_ids) or len(gallery_cameras) != len(gallery_ids):
        raise Refused("expected one camera for each id")
    if ranks < 1:
        raise Refused(f"ranks must be at least 1, got {ranks}")

    # The rank of a match is the number of photos that are no farther. Counting them for the few matches of a query is
    # several times faster than sorting its whole row.
    valid = np.flatnonzero(gallery_ids != JUNK)
    by_person = {person: valid[gallery_ids[valid] == person] for person in np.unique(query_ids).tolist()}
    average_precision = np.full(len(query_ids), np.nan)
    inverse_penalty = np.full(len(query_ids), np.nan)
    first_hit = np.zeros(len(query_ids), np.int64)
    tied = 0
    for q, row in enumerate(distances):
        if np.isnan(row.sum()):
            raise Refused(f"the distances of query {q} are not all numbers")
        same_person = by_person[query_ids[q].item()] if query_ids[q] != JUNK else valid[:0]
        own_camera = gallery_cameras[same_person] == query_cameras[q]
        matches = np.sort(row[same_person[~own_camera]])
        if not len(matches):
            continue
        left_out = np.sort(row[same_person[own_camera]])
        hits = np.arange(1, len(matches) + 1)
        behind = matches + TIE  # a match ties with every photo up to this distance
        tied_later = np.searchsorted(matches, behind, side="right") - hits
        counted = row if len(valid) == len(row) else row[valid]
        no_farther = _no_farther(counted, behind)
        positions = no_farther - np.searchsorted(left_out, behind, side="right") - tied_later
        average_precision[q] = (hits / positions).mean()
        inverse_penalty[q] = len(matches) / positions[-1]
        first_hit[q] = positions[0]
        before = matches[0] - TIE
        tied += positions[0] - 1 > np.count_nonzero(counted < before) - np.count_nonzero(left_out < before)

    found = first_hit > 0
    if not found.any():
        raise Refused("no query has a true match: a gallery photo of the same person from another camera")
    histogram = np.bincount(first_hit[found], minlength=ranks + 1)[1 : ranks + 1]
    return Score(
        cmc=histogram.cumsum() / found.sum(),
        mean_ap=float(average_precision[found].mean()),
        mean_inp=float(inverse_penalty[found].mean()),
        average_precision=average_precision,
        first_hit=first_hit,
        queries=int(found.sum()),
        queries_without_match=int((~found).sum()),
        tied=int(tied),
    )


def score(queries, gallery, metric: str = "cosine", ranks: int = 20) -> Score:
    """Rank one set of embedded photos for another and score it.

    queries, gallery: anything with .features (N, D), .people (N,) and .cameras (N,), such as embed.Embedding.
    """
    rows = distances(queries.features, gallery.features, metric)
    return evaluate(rows, queries.people, gallery.people, queries.cameras, gallery.cameras, ranks)


def _no_farther(row: np.ndarray, matches: np.ndarray) -> np.ndarray:
    """How many entries of a row are no larger than each match: (G,), (M,) -> (M,)."""
    if len(matches) <= 32:
        return np.array([np.count_nonzero(row <= match) for match in matches])
    return np.searchsorted(np.sort(row), matches, side="right")  # with many matches, sorting once is faster


def unit(features: np.ndarray) -> np.ndarray:
    """Features of length 1, (N, D) -> (N, D); an all-zero row stays zero."""
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(norms > 0, norms, 1)
