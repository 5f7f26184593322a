"""A ranked gallery as one shows it: every photo with its rank, and those that the Market rule leaves out where they
would stand.

Shapes: N photos in the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import retrieval
from ..photos.market import Photo
from ..retrieval import JUNK

OTHER_PERSON, MATCH, OWN_CAMERA, IS_JUNK, UNKNOWN = range(5)  # what a photo of the list is to the query
LONGEST = 5_000  # photos in a list


@dataclass(frozen=True)
class Listed:
    """place: (N,) int32 into the gallery, the most similar first.  similarity: (N,) float32, cosine.

    kind: (N,) uint8, OTHER_PERSON or MATCH; OWN_CAMERA or IS_JUNK, which the rule leaves out; UNKNOWN where nobody
    knows who the query is.  rank: (N,) int32 from 1 among the photos that count; 0 for those left out.  said: in a
    sentence.
    """

    place: np.ndarray
    similarity: np.ndarray
    kind: np.ndarray
    rank: np.ndarray
    said: str


def listed(place: np.ndarray, similarity: np.ndarray, query: Photo | None, gallery: Sequence[Photo]) -> Listed:
    """A list from what a search found.

    place: (N,) int, the gallery photos that it found, the most similar first.  similarity: (N,) cosine.
    query: None for a photo of somebody whom nobody knows.  Of equal similarities, matches come last.
    """
    people, cameras = (np.array([getattr(gallery[k], what) for k in place]) for what in ("person", "camera"))
    kind = np.full(len(place), UNKNOWN if query is None else OTHER_PERSON, np.uint8)
    if query is not None:
        same = people == query.person
        kind[same] = MATCH
        kind[same & (cameras == query.camera)] = OWN_CAMERA
    kind[people == JUNK] = IS_JUNK
    order = retrieval.closest_first(-similarity, kind == MATCH)
    place, similarity, kind = place[order], similarity[order], kind[order]
    counts = (kind != OWN_CAMERA) & (kind != IS_JUNK)
    rank = np.where(counts, np.cumsum(counts), 0).astype(np.int32)
    return Listed(place.astype(np.int32), similarity.astype(np.float32), kind, rank, _said(kind, rank))


def _said(kind: np.ndarray, rank: np.ndarray) -> str:
    hits, count = rank[kind == MATCH], int(rank.max(initial=0))
    if (kind == UNKNOWN).any():
        return f"Nobody knows who this is, so right and wrong are not marked. {count} photos are ranked."
    if not len(hits):
        return f"No right answer: no photo of this person by another camera is among the {count} that are ranked."
    precision = float(np.mean(np.arange(1, len(hits) + 1) / hits))
    first = "Rank 1 is the same person." if hits[0] == 1 else f"Wrong at rank 1: the first match has rank {hits[0]}."
    ranks = ", ".join(map(str, hits[:8])) + (", ..." if len(hits) > 8 else "")
    plural = "matches" if len(hits) > 1 else "match"
    return f"{first} {len(hits)} {plural} of {count} photos, at rank {ranks}; average precision {precision:.2f}."
