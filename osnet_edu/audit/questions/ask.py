"""What all questions share: how much is asked, the network that is asked, and similarities of its features."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ... import retrieval
from ...embed import Embedder
from ..record import Figure, figure_of
from ..subject import Subject

_Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Budget:
    """How much is asked.  name: "quick" or "whole".  persons: to be found in the other world.

    dressed: of the shipped people, who change clothes.  outfits: whether each garment is changed alone as well.
    positives: people of whom one part is drawn anew, of them redraws each.  moved: people whose photos move.
    families: of twins, a part.  mapped: of them, those that maps are drawn for.  crossed: by how many cameras,
    yaws and backgrounds the people of `gates` are seen, or None: fewer photos give other shares.  slow: whether maps
    are drawn that take a thousand passes.
    """

    name: str
    persons: int
    dressed: int
    outfits: bool
    positives: int
    redraws: int
    moved: int
    families: int
    mapped: int
    crossed: tuple[int, int, int] | None
    slow: bool


QUICK_AUDIT = Budget("quick", 36, 20, False, 18, 3, 24, 5, 4, None, False)
WHOLE_AUDIT = Budget("whole", 120, 60, True, 60, 8, 60, 25, 10, (6, 4, 3), True)


@dataclass(frozen=True)
class Inquiry:
    """What a question is asked with.  subject: the network.  budget: how much.  progress: (steps done, in all)."""

    subject: Subject
    budget: Budget
    progress: _Progress

    @property
    def embed(self) -> Embedder:
        """Photos of 128 x 64 to features."""
        return self.subject.embed


def unit(embed: Embedder, photos: np.ndarray, batch: int = 256) -> np.ndarray:
    """Features of length 1: (..., H, W, 3) uint8 -> (..., D) float64."""
    flat = photos.reshape(-1, *photos.shape[-3:])
    parts = [embed(flat[start : start + batch]) for start in range(0, len(flat), batch)]
    features = retrieval.unit(np.concatenate(parts).astype(float))
    return features.reshape(*photos.shape[:-3], -1)


def first_places(name: str, score: retrieval.Score, clusters: np.ndarray, **more: float) -> Figure:
    """How often the first photo is a hit, of the queries that have a match.  clusters: (Q,).  more: of the figure."""
    found = score.first_hit > 0
    return figure_of(name, score.first_hit[found] == 1, clusters[found], **more)
