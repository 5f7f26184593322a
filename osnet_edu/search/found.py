"""What a search finds, what an index is, and what both ends of it refuse.

Shapes: Q queries, N gallery features, D numbers each, the k closest of each query.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .. import retrieval
from ..refused import Refused

ROWS = 8192  # of a gallery that are read at once: 16 MB of 512 numbers each


@dataclass(frozen=True)
class Found:
    """The closest of a gallery.

    indices: (Q, k) int64, rows of the gallery, closest first.  similarity: (Q, k) float32, cosine, in [-1, 1].
    A gallery of fewer than k gives all of it.
    """

    indices: np.ndarray
    similarity: np.ndarray


class Index(Protocol):
    """Something that finds the closest features of its gallery.

    count: N.  name: its kind.  held(): bytes that it keeps in memory beside the gallery it was made from.
    """

    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int: ...

    def held(self) -> int: ...

    def __call__(self, queries: np.ndarray, k: int) -> Found:
        """queries: (Q, D).  Raises: Refused for another shape, a row that is not all finite numbers, and k < 1."""
        ...


def blocks(features: np.ndarray, rows: int = ROWS) -> Iterator[tuple[slice, np.ndarray]]:
    """A gallery part by part, (n, D) float32, and where each part lies: a gallery on disk is never in memory whole."""
    for start in range(0, len(features), rows):
        part = slice(start, min(start + rows, len(features)))
        with np.errstate(over="ignore"):  # float64 that float32 cannot hold becomes infinite, and is refused
            yield part, np.asarray(features[part], np.float32)


def lengths(features: np.ndarray, what: str = "gallery") -> np.ndarray:
    """The length of each row, (N, D) -> (N,) float32.

    Raises: Refused for an empty gallery, another shape, and a row that has no length: NaN, infinite or too large.
    """
    features = checked(features, what)
    found = np.empty(len(features), np.float32)
    for part, rows in blocks(features):
        with np.errstate(over="ignore", invalid="ignore"):
            found[part] = np.linalg.norm(rows, axis=1)
        bad = np.flatnonzero(~np.isfinite(found[part]))
        if len(bad):
            raise Refused(
                f"row {part.start + bad[0]} of the {what} has a number that is NaN, infinite or too large; "
                "expected finite numbers of float32"
            )
    return found


def checked(features: np.ndarray, what: str) -> np.ndarray:
    """Features as an array of numbers, (N, D), N and D at least 1.  Raises: Refused for any other."""
    features = features if isinstance(features, np.ndarray) else np.asarray(features)
    if features.ndim != 2 or features.dtype.kind not in "fiu":
        raise Refused(f"expected a {what} of numbers in rows, (N, D), got {features.dtype} of shape {features.shape}")
    if not features.size:
        raise Refused(f"the {what} is empty, of shape {features.shape}; expected at least one row")
    return features


def asked(queries: np.ndarray, k: int, count: int, width: int) -> tuple[np.ndarray, int]:
    """Queries as unit vectors, (Q, D) float32, and how many of `count` rows each can find.

    Raises: Refused for k < 1, another width and rows that are not all finite numbers.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise Refused(f"k must be a whole number from 1, got {k!r}")
    lengths(queries, "set of queries")
    queries = np.ascontiguousarray(queries, np.float32)
    if queries.shape[1] != width:
        raise Refused(f"the gallery's features have {width} numbers each, the queries' {queries.shape[1]}")
    return retrieval.unit(queries), min(int(k), count)
