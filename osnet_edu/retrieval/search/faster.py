"""Search by FAISS: everything (flat), only the lists near the query (ivf), or along links from row to row (hnsw).

All keep the unit vectors in memory, so that the inner product is the cosine.
Sources: Douze et al., The Faiss library, 2024; Malkov and Yashunin, HNSW, IEEE TPAMI 2020.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from ... import draws
from ...refused import Refused
from .. import scoring
from .found import Features, Found, asked, blocks, brief_value, checked_features, lengths, rescued

POINTS = 40  # rows a list that k-means looks at: FAISS asks for 39, and each more costs time in all of its rounds
PROBES = 16

Ask = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]  # unit vectors, k -> similarity, indices


def _faiss():
    try:
        import faiss
    except ImportError as error:
        raise Refused(
            "this index needs FAISS, which is not installed: pip install faiss-cpu, or use kind 'exact'"
        ) from error
    return faiss


@contextmanager
def _threads() -> Iterator[None]:
    """Inside the block FAISS uses as many threads as PyTorch; after it, as many as before."""
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(torch.get_num_threads())
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


class FaissIndex:
    """An index of FAISS.

    inner: what FAISS built.  ask: the search.
    thorough: a search that always finds k rows, for queries where `ask` stopped with fewer.
    """

    def __init__(self, name: str, inner, ask: Ask, thorough: Ask):
        self.name, self.count, self._inner = name, int(inner.ntotal), inner
        self._ask, self._thorough = ask, thorough

    def held(self) -> int:
        """The bytes that FAISS would write to disk; nothing is written."""
        faiss, sizes = _faiss(), []
        faiss.write_index(self._inner, faiss.PyCallbackIOWriter(lambda part: sizes.append(len(part))))
        return sum(sizes)

    def __call__(self, queries: np.ndarray, k: int) -> Found:
        queries, k = asked(queries, k, self.count, self._inner.d)
        with _threads():
            similarity, indices = self._ask(queries, k)
            short = (indices < 0).any(1)
            if short.any():
                similarity[short], indices[short] = self._thorough(queries[short], k)
        return Found(indices, np.clip(similarity, -1, 1))


def flat(features: Features) -> FaissIndex:
    """Compare with every row, by FAISS.  features: (N, D).

    Raises: Refused if FAISS is missing, for an empty gallery, another shape and rows that are not finite numbers.
    """
    faiss, features = _faiss(), _taken(features)
    inner = faiss.IndexFlatIP(features.shape[1])
    _fill(inner, features)
    return FaissIndex("flat", inner, inner.search, inner.search)


def ivf(features: Features, *, lists: int | None = None, probes: int | None = None) -> FaissIndex:
    """Put similar rows into one list, and compare with the lists whose centres are closest to the query.

    features: (N, D).  lists: how many, 1 to N; by default 2 sqrt(N), and fewer below 6,000 rows.
    probes: lists that are read for a query, 1 to all; by default 16, or all if there are fewer.
    Raises: Refused as flat does, and for numbers outside these ranges.
    """
    faiss, features = _faiss(), _taken(features)
    count, width = features.shape
    # A query is compared with all centres, `lists`, and with the rows of its lists, probes * N / lists. With lists in
    # proportion to sqrt(N) both grow as sqrt(N). FAISS's guide takes 4 to 16 sqrt(N); training takes time in proportion
    # to the square of this factor, so it is 2 here. Fewer rows give fewer lists: FAISS wants 39 rows for each.
    own = max(1, min(2 * math.isqrt(count), count // 39))
    lists = _in_range("lists", own if lists is None else lists, count)
    probes = _in_range("probes", min(lists, PROBES) if probes is None else probes, lists)
    inner = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    inner.cp.min_points_per_centroid = 1  # else FAISS prints a warning for few rows
    picked = draws.named("search", "lists", count).choice(count, min(count, POINTS * lists), replace=False)
    with _threads():
        inner.train(_units(features[np.sort(picked)]))
    _fill(inner, features)

    def reading(probes: int) -> Ask:
        settings = faiss.SearchParametersIVF(nprobe=probes)
        return lambda queries, k: inner.search(queries, k, params=settings)

    return FaissIndex("ivf", inner, reading(probes), reading(lists))


def hnsw(
    features: Features,
    *,
    links: int = 32,
    effort: int = 128,
    progress: Callable[[int, int], None] | None = None,
) -> FaissIndex:
    """Link each row with close ones, and walk along the links towards the query.

    features: (N, D).  links: of a row, 2 to 256, and twice as many in the lowest layer.
    effort: candidate rows that the walk of a query keeps, at least 1; more candidates find more and take longer.
    progress: called with (rows linked, N), because linking is slow.
    Raises: Refused as flat does, and for numbers outside these ranges.
    """
    faiss, features = _faiss(), _taken(features)
    links, effort = _in_range("links", links, 256, least=2), _in_range("effort", effort, 2**31 - 1)
    inner = faiss.IndexHNSWFlat(features.shape[1], links, faiss.METRIC_INNER_PRODUCT)
    # FAISS keeps 40 candidates while it links a row. Among 300,000 rows of benchmarks/million.py, a walk of effort 128
    # then finds 97.7 % of the ten closest; with 100 candidates it is 99.7 %, and linking takes 1.7 times as long. A
    # row with more links needs more candidates to choose from.
    inner.hnsw.efConstruction = 4 * links
    _fill(inner, features, progress)
    storage = faiss.downcast_index(inner.storage)

    def walk(queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        return inner.search(queries, k, params=faiss.SearchParametersHNSW(efSearch=max(effort, k)))

    return FaissIndex("hnsw", inner, walk, storage.search)


def _taken(features: Features) -> Features:
    """A gallery that can be searched. Raises: Refused, before anything is built, for one that cannot."""
    features = checked_features(features, "gallery")
    lengths(features)
    return features


def _in_range(name: str, value: int, most: int, least: int = 1) -> int:
    """A setting as a Python int, which FAISS needs.  Raises: Refused outside its range."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise Refused(f"{name} must be a whole number from {least} to {most}, got {brief_value(value)}")
    return int(value)


def _units(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(scoring.unit(rescued(rows)))


def _fill(inner, features: Features, progress: Callable[[int, int], None] | None = None) -> None:
    with _threads():
        for part, rows in blocks(features):
            inner.add(_units(rows))
            if progress:
                progress(part.stop, len(features))
