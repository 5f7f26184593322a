"""Is a map right? It is held against the pixels that truly differ, or against what happens when they are taken away.

Where two photos are known to differ in some pixels alone, these are the truth. What speaks against a match is the
negative part of a map, what speaks for it the positive part. Only the part that was asked for is scored: the other sign
may grow or shrink anywhere, and no score here changes.

    mass      share of the relevance that lies in the truth
    rank      of the k most relevant pixels, k the size of the truth, the share that lies in it
    pointing  whether the most relevant pixel lies in it

A map that is the truth scores 1, a uniform one the share of the photo that the truth takes, and a map that is 0 in the
truth scores 0. Pixels of equal relevance are taken by chance, and the score is what can be expected.

Sources: Arras, Osman and Samek, Information Fusion 2022 (mass and rank accuracy); Zhang et al., IJCV 2018 (pointing);
Petsiuk, Das and Saenko, BMVC 2018 (deletion and insertion).
Shapes: H x W pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..explain.known import COVERED
from ..refused import Refused

STEPS = 32  # of deletion and insertion


@dataclass(frozen=True)
class Grade:
    """Scores of one map, each in [0, 1].  chance: what a uniform map would get, the share of the truth."""

    mass: float
    rank: float
    pointing: float
    chance: float


def grade(heat: np.ndarray, truth: np.ndarray, *, against: bool = False) -> Grade:
    """Score one signed map.

    heat: (H, W) float.  truth: (H, W) bool, or the covered share of each pixel, which is rounded at a half.
    against: score the negative part of the map, what speaks against; else the positive part.
    Raises: Refused for other shapes, a map with NaN or infinite numbers, and a truth that is empty or everything.
    """
    relevance, inside = _read(heat, truth, against)
    size, total = int(inside.sum()), relevance.sum()
    chance = size / inside.size
    mass = chance if total == 0 else float(relevance[inside].sum() / total)
    return Grade(mass, _among_top(relevance, inside, size), _among_top(relevance, inside, 1), chance)


def deletion(
    score: Callable[[np.ndarray], np.ndarray],
    image: np.ndarray,
    heat: np.ndarray,
    fill: np.ndarray,
    *,
    steps: int = STEPS,
    against: bool = False,
) -> float:
    """The mean score while pixels are taken away, the most relevant first: lower is better for what speaks for it.

    score: photos (N, H, W, 3) uint8 -> (N,).  image, fill: (H, W, 3) uint8; a pixel that is taken away becomes the
    fill's.  heat, against: as for `grade`.  steps: equal shares of the pixels.
    Returns: the area below the curve from no pixel to all, by the trapezoidal rule.
    """
    return _area(score, image, fill, heat, steps, against)


def insertion(
    score: Callable[[np.ndarray], np.ndarray],
    image: np.ndarray,
    heat: np.ndarray,
    fill: np.ndarray,
    *,
    steps: int = STEPS,
    against: bool = False,
) -> float:
    """The mean score while pixels come back into the fill, the most relevant first: higher is better.

    All arguments and the result as for `deletion`.
    """
    return _area(score, fill, image, heat, steps, against)


def _area(score, start: np.ndarray, end: np.ndarray, heat: np.ndarray, steps: int, against: bool) -> float:
    start, end, heat = np.asarray(start), np.asarray(end), _signed(heat, against)
    if start.shape != end.shape or start.shape[:2] != heat.shape or start.ndim != 3:
        raise Refused(
            f"expected two photos (H, W, 3) and a map (H, W), got {start.shape}, {end.shape} and {heat.shape}"
        )
    if not 1 <= steps <= heat.size:
        raise Refused(f"steps must be 1 to {heat.size}, the number of pixels, got {steps}")
    order = np.argsort(-heat, axis=None, kind="stable")
    counts = np.round(np.linspace(0, heat.size, steps + 1)).astype(int)
    photos = np.repeat(start[None], steps + 1, 0)
    flat, final = photos.reshape(steps + 1, -1, start.shape[2]), end.reshape(-1, start.shape[2])
    for photo, count in zip(flat, counts, strict=True):
        photo[order[:count]] = final[order[:count]]
    return float(np.trapezoid(np.asarray(score(photos), float), counts / heat.size))


def _read(heat: np.ndarray, truth: np.ndarray, against: bool) -> tuple[np.ndarray, np.ndarray]:
    relevance, truth = np.maximum(_signed(heat, against), 0), np.asarray(truth)
    inside = truth if truth.dtype == bool else truth >= COVERED
    if relevance.shape != inside.shape:
        raise Refused(f"a map and its truth must have one shape, got {relevance.shape} and {inside.shape}")
    if not 0 < inside.sum() < inside.size:
        raise Refused(f"the truth must be some of the pixels, got {int(inside.sum())} of {inside.size}")
    return relevance, inside


def _signed(heat: np.ndarray, against: bool) -> np.ndarray:
    heat = np.asarray(heat, float)
    if heat.ndim != 2:
        raise Refused(f"a map must be (H, W), got {heat.shape}")
    if not np.isfinite(heat).all():
        raise Refused(f"{int((~np.isfinite(heat)).sum())} numbers of the map are NaN or infinite")
    return -heat if against else heat


def _among_top(relevance: np.ndarray, inside: np.ndarray, count: int) -> float:
    """Share of the `count` most relevant pixels that lie inside; of equal ones, what is expected by chance."""
    limit = np.sort(relevance, axis=None)[-count]
    above, level = relevance > limit, relevance == limit
    left = count - above.sum()
    return float((inside[above].sum() + left * inside[level].mean()) / count)
