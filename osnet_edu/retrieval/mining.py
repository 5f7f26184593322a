"""The hard cases of a set of rankings: from distances and ids to hardest positives, hardest negatives, triplets.

A hard positive is a photo of the same person that is far away; a hard negative is a close photo of another person.
The Market rule holds: photos of the same person by the same camera, and junk (id -1), are never picked.
Shapes: Q queries, G gallery photos.  All functions take the same five arrays as retrieval.evaluate.
"""

from dataclasses import dataclass

import numpy as np

from .scoring import JUNK

NONE = -1  # in an array of indices: this query has no such photo


@dataclass(frozen=True)
class Triplet:
    """Indices of a query, its hardest positive and its hardest negative, with their distances.

    margin: negative_distance - positive_distance; below zero, the impostor is closer than the person.
    """

    query: int
    positive: int
    negative: int
    positive_distance: float
    negative_distance: float

    @property
    def margin(self) -> float:
        """negative_distance - positive_distance, in the unit of the distances."""
        return self.negative_distance - self.positive_distance


def hardest_positives(distances, query_ids, gallery_ids, query_cameras, gallery_cameras) -> np.ndarray:
    """For each query the farthest photo of the same person by another camera: (Q,) gallery indices, or NONE."""
    positive = _same(query_ids, gallery_ids) & ~_same(query_cameras, gallery_cameras)
    return _pick(np.where(positive, distances, -np.inf).argmax(1), positive)


def hardest_negatives(distances, query_ids, gallery_ids, query_cameras, gallery_cameras) -> np.ndarray:
    """For each query the closest photo of another person: (Q,) gallery indices, or NONE."""
    negative = ~_same(query_ids, gallery_ids) & (np.asarray(gallery_ids) != JUNK)
    return _pick(np.where(negative, distances, np.inf).argmin(1), negative)


def triplets(distances, query_ids, gallery_ids, query_cameras, gallery_cameras) -> list[Triplet]:
    """Every query with both a positive and a negative, the hardest (smallest margin) first."""
    distances = np.asarray(distances)
    rest = (query_ids, gallery_ids, query_cameras, gallery_cameras)
    pairs = zip(hardest_positives(distances, *rest), hardest_negatives(distances, *rest), strict=True)
    found = [
        Triplet(q, int(p), int(n), float(distances[q, p]), float(distances[q, n]))
        for q, (p, n) in enumerate(pairs)
        if p != NONE and n != NONE
    ]
    return sorted(found, key=lambda triplet: triplet.margin)


def _same(queries, gallery) -> np.ndarray:
    return np.asarray(queries)[:, None] == np.asarray(gallery)[None]


def _pick(indices: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    return np.where(allowed.any(1), indices, NONE)
