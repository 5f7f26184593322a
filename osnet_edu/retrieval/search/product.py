"""Exact search: compare with every row. The faster indexes are measured against it. Here is the table of all kinds."""

from collections.abc import Callable, Mapping

import numpy as np

from ...refused import Refused
from .faster import flat, hnsw, ivf
from .found import Features, Found, Index, asked, blocks, brief_value, checked_features, lengths, rescued
from .ondisk import OnDisk

_FIRST, _MOST = 1024, 4096  # rows of the gallery in the first step, and the most in a step: these fit a cache
QUERIES = 1024  # in one step: the similarities take at most 16 MB


class Exact:
    """A gallery and the length of each row. One in memory is copied, so it cannot change; one on disk is read there."""

    name = "exact"

    def __init__(self, features: object):
        features = checked_features(features, "gallery")
        found = lengths(features)
        self._stays = isinstance(features, OnDisk | np.memmap)
        self._features = features if self._stays else np.concatenate([rows for _, rows in blocks(features)])
        self._lengths = np.where(found > 0, found, 1)  # a row of zeros stays zero, as in scoring.unit

    @property
    def count(self) -> int:
        return len(self._features)

    def held(self) -> int:
        return self._lengths.nbytes + (0 if self._stays else self._features.nbytes)

    def __call__(self, queries: np.ndarray, k: int) -> Found:
        queries, k = asked(queries, k, self.count, self._features.shape[1])
        parts = [self._closest(queries[start : start + QUERIES], k) for start in range(0, len(queries), QUERIES)]
        indices, similarity = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Found(indices, similarity)

    def _closest(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Equal similarities keep the gallery's order: a later row has to be closer than the k-th so far."""
        best = np.full((len(queries), k), -np.inf, np.float32)
        indices = np.full((len(queries), k), -1, np.int64)
        # The first steps are short: they find a limit, and rows beyond it need no sorting.
        start, step = 0, _FIRST
        while start < self.count:
            part = slice(start, min(start + step, self.count))
            rows = rescued(self._features[part]) if self._stays else self._features[part]
            values = queries @ rows.T
            values /= self._lengths[part]
            best, indices = _merged(best, indices, values, start)
            start, step = part.stop, min(2 * step, _MOST)
        if (indices < 0).any():
            raise Refused("the gallery on disk has changed since it was indexed: it holds NaN; make the index again")
        return indices, np.clip(best, -1, 1)


def _merged(best: np.ndarray, indices: np.ndarray, values: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best so far, (Q, k), closest first, and those of the next rows, (Q, n), that are closer than the last."""
    rows, columns = np.nonzero(values > best[:, -1:])
    each = np.bincount(rows, minlength=len(values))
    if not len(rows):
        return best, indices
    place = np.arange(len(rows)) - np.repeat(each.cumsum() - each, each)  # of each newcomer in its row
    newcomers = np.full((len(values), each.max()), -np.inf, np.float32)
    newcomers[rows, place] = values[rows, columns]
    where = np.full(newcomers.shape, -1, np.int64)
    where[rows, place] = start + columns
    both, at = np.concatenate([best, newcomers], 1), np.concatenate([indices, where], 1)
    order = np.argsort(-both, axis=1, kind="stable")[:, : best.shape[1]]
    return np.take_along_axis(both, order, 1), np.take_along_axis(at, order, 1)


def exact(features: Features) -> Exact:
    """Compare with every row of a gallery, (N, D): a copy of one in memory; one on disk or memory-mapped is read there.

    Raises: Refused for an empty gallery, another shape, and a row that is not all finite numbers.
    """
    return Exact(features)


KINDS: Mapping[str, Callable[[Features], Index]] = {"exact": exact, "flat": flat, "ivf": ivf, "hnsw": hnsw}


def index(features: Features, kind: str = "exact") -> Index:
    """An index of one kind over a gallery.

    features: (N, D), in memory or a memory-mapped store.  kind: a name in KINDS, with the settings that suit the size.
    Raises: Refused for another kind, an empty gallery, another shape, and a row that is not all finite numbers.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise Refused(f"there is no index of kind {brief_value(kind)}; expected one of {', '.join(KINDS)}")
    return KINDS[kind](features)
