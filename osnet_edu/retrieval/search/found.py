"""What a search finds, what an index is, and the checks of galleries and queries.

Shapes: Q queries, N gallery features, D numbers each, the k closest of each query.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from ...refused import Refused
from .. import scoring
from .ondisk import OnDisk

TINY = 2.0**-40  # rows shorter than this are enlarged
_ROWS = 8192  # of a gallery that are read at once: 16 MB with 512 numbers a row

Features = np.ndarray | OnDisk  # in memory or on disk


@dataclass(frozen=True)
class Found:
    """The closest of a gallery.

    indices: (Q, k) int64, rows of the gallery, closest first.  similarity: (Q, k) float32, cosine, in [-1, 1].
    A gallery with fewer than k rows gives all of them.
    """

    indices: np.ndarray
    similarity: np.ndarray


class Index(Protocol):
    """Something that finds the closest features of its gallery.

    count: N.  name: its kind.  held(): bytes that it keeps in memory beside the gallery it was made from.
    """

    @property
    def name(self) -> str:
        """Its kind, in words."""

    @property
    def count(self) -> int:
        """N, the rows of its gallery."""

    def held(self) -> int:
        """Bytes that it keeps in memory beside the gallery."""

    def __call__(self, queries: np.ndarray, k: int) -> Found:
        """queries: (Q, D).  Raises: Refused for another shape, a row that is not all finite numbers, and k < 1."""
        ...


def blocks(features: Features, rows: int = _ROWS) -> Iterator[tuple[slice, np.ndarray]]:
    """A gallery part by part, (n, D) float32, each with its place: a gallery on disk is never completely in memory.

    A row whose numbers are so small that their squares become 0 is multiplied by a power of two: same direction.
    """
    for start in range(0, len(features), rows):
        part = slice(start, min(start + rows, len(features)))
        yield part, rescued(features[part])


def rescued(rows: np.ndarray) -> np.ndarray:
    """Rows as float32, tiny ones enlarged; float64 too large for float32 becomes infinite, which `lengths` refuses."""
    with np.errstate(over="ignore"):
        found = np.asarray(rows, np.float32)
    tiny = np.flatnonzero(_tiny(found))
    if len(tiny):
        few = np.asarray(rows[tiny], np.float64)
        largest = np.abs(few).max(1)
        found = found.copy()
        found[tiny] = np.ldexp(few, -np.frexp(largest)[1][:, None])
    return found


def _tiny(rows: np.ndarray) -> np.ndarray:
    """(N, D) float32 -> (N,) bool: so near to zero that the sum of squares is lost."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.einsum("nd,nd->n", rows, rows) < TINY**2


def lengths(features: Features, what: str = "gallery") -> np.ndarray:
    """The length of each row as `blocks` gives it, (N, D) -> (N,) float32.

    Raises: Refused for an empty gallery, another shape, and a row that has no length: NaN, infinite or too large.
    """
    features = checked_features(features, what)
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


def checked_features(features: object, what: str) -> Features:
    """Features as an array of numbers, (N, D), N and D at least 1.  Raises: Refused for any other."""
    wanted = f"expected a {what} of numbers in rows, (N, D), got"
    if not isinstance(features, np.ndarray | OnDisk):
        try:
            features = np.asarray(features.detach().cpu() if isinstance(features, torch.Tensor) else features)
        except (TypeError, ValueError, RuntimeError):  # rows of unequal length; a tensor that is not a plain array
            raise Refused(f"{wanted} a {type(features).__name__} that is not an array") from None
    if isinstance(features, np.matrix):
        features = np.asarray(features)
    if isinstance(features, np.ma.MaskedArray):
        raise Refused(f"{wanted} a masked array: fill the masked numbers, or leave their rows out")
    if features.ndim != 2 or features.dtype.kind not in "fiu":
        raise Refused(f"{wanted} {features.dtype} of shape {features.shape}")
    if not all(features.shape):
        raise Refused(f"the {what} is empty, of shape {features.shape}; expected at least one row")
    return features


def asked(queries: object, k: int, count: int, width: int) -> tuple[np.ndarray, int]:
    """Queries as unit vectors, (Q, D) float32, and how many of `count` rows each can find.

    Raises: Refused for k < 1, another width and rows that are not all finite numbers.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise Refused(f"k must be a whole number from 1, got {brief_value(k)}")
    queries = checked_features(queries, "set of queries")
    lengths(queries, "set of queries")
    if queries.shape[1] != width:
        raise Refused(f"the gallery's features have {width} numbers each, the queries' {queries.shape[1]}")
    return scoring.unit(rescued(np.ascontiguousarray(queries[:]))), min(int(k), count)


def brief_value(value: object) -> str:
    """A value in a few words, for a sentence."""
    text = repr(value) if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"
    return text if len(text) < 60 else f"{text[:57]}..."
