"""What every map of a network is held against: how much it notices at all, and its twin with random weights.

Both belong to a network and its folder, not to a pair or a method. So they are made once, for all who ask, and may be
made before anybody does: `steps`.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from weakref import WeakKeyDictionary

from ..embed import Embedder, embedder_for, normalise
from ..market import Photo, decode
from ..mining import Triplet
from ..model import OSNet
from . import duel, known, untrained
from .without import Rankings

MANY = 10_000  # photos that the methods embed: enough for the fastest engine
SHAMS = 128  # photos by which is measured what a network notices
ENOUGH = 20  # photos without which that says nothing
REFERENCE = 64  # photos by which the random network's normalisations are set
# What takes a second to load, in parts. A badge asks for ranks, and a method for pieces of a photo.
LOADED = (
    "scipy.special", "scipy.linalg", "scipy.sparse.csgraph", "scipy.optimize", "scipy.integrate", "scipy.interpolate",
    "scipy.stats", "sklearn.metrics", "sklearn.cluster", "sklearn.feature_extraction.image",
)  # fmt: skip


@dataclass(frozen=True)
class Untrained:
    """A network with random weights.  fast: embeds for methods that only ask forwards."""

    model: OSNet
    size: tuple[int, int]

    @cached_property
    def fast(self) -> Embedder:
        return embedder_for(self.model, photos=MANY, size=self.size)


@dataclass(frozen=True)
class Controls:
    """Of one network on one folder.  model, size: of the network.  gallery: of the folder."""

    model: OSNet
    size: tuple[int, int]
    gallery: Sequence[Photo]

    @cached_property
    def fast(self) -> Embedder:
        return embedder_for(self.model, photos=MANY, size=self.size)

    @cached_property
    def limit(self) -> float:
        """How much an edit that changes nothing moves a similarity (see `known.limit`); 0 where photos are too few."""
        if len(self.gallery) < ENOUGH:
            return 0.0
        return known.limit(self.fast, decode(self.gallery[:SHAMS], self.size).images)

    @cached_property
    def untrained(self) -> Untrained:
        """Raises: Refused for a network that cannot be built again."""
        some = normalise(decode(self.gallery[:REFERENCE], self.size).images)
        return Untrained(untrained.like(self.model, 0, some), self.size)


_KEPT: WeakKeyDictionary[Rankings, Controls] = WeakKeyDictionary()


def of(rankings: Rankings) -> Controls:
    """The controls of a network and its folder: the same ones for all who ask."""
    if rankings not in _KEPT:
        _KEPT[rankings] = Controls(rankings.model, rankings.size, rankings.gallery)
    return _KEPT[rankings]


def steps(rankings: Rankings, triplet: Triplet) -> Iterator[None]:
    """Prepare the first duel of a network: what it loads, its controls, and the duel of one triple, in small steps.

    Each step takes some tenths of a second at most. Nothing that is asked meanwhile is done twice.
    """
    rankings.engine  # noqa: B018  set up when it is first looked at, as all below
    yield
    for name in LOADED:
        import_module(name)
        yield
    made = of(rankings)
    made.limit  # noqa: B018
    yield
    # Random weights are drawn from the one source of random numbers that a cell of a notebook may be using. On the
    # thread that runs cells, none is running now.
    if threading.current_thread() is threading.main_thread():
        made.untrained  # noqa: B018
        yield
    photos = rankings.queries[triplet.query], rankings.gallery[triplet.positive], rankings.gallery[triplet.negative]
    duel.between(rankings.model, rankings.pictures(photos), duel.DEFAULT, fast=made.fast)
