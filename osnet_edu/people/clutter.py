"""Grounds and fronts whose colours and measures are drawn: the wider world has them beside home's pieces.

They are called as the other world's are (see foreign.py), and none of them is one of those.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from .. import draws
from .noise import cloud, lattice, sample
from .palette import linear

Painted = Callable[..., np.ndarray]
_EACH = 12  # of every kind


def _hues(rng: np.random.Generator, count: int, strong: float) -> np.ndarray:
    """(count, 3) linear colours around one grey.  strong: 0 grey to 1 any colour."""
    grey = rng.uniform(0.2, 0.8)
    return linear(
        np.clip(grey + strong * rng.uniform(-0.5, 0.5, (count, 3)) + rng.uniform(-0.12, 0.12, (count, 1)), 0, 1)
    )


def _paving(number: int, x: np.ndarray, y: np.ndarray, fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    """Stones of a drawn size in one to four colours."""
    rng = draws.named("paving", number)
    wide, deep = rng.uniform(0.12, 1.6, 2)
    hues = _hues(rng, int(rng.integers(1, 5)), 0.5 * rng.random() ** 2)
    row = np.floor(y / deep).astype(int)
    across = x / wide + 0.5 * (row % 2) * (rng.random() < 0.5)
    stone = lattice("stone", 64)[row & 63, np.floor(across).astype(int) & 63]
    joint = ((across % 1) < 0.02 / wide) | ((y / deep % 1) < 0.02 / deep)
    tone = (0.85 + 0.3 * stone + rng.uniform(0.05, 0.2) * fine + 0.1 * broad) * np.where(joint, 0.6, 1)
    return hues[(stone * 0.999 * len(hues)).astype(int)] * np.clip(tone, 0.05, 1.6)[:, None]


def _panels(
    number: int, x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray
) -> np.ndarray:
    """A wall of panels, some of them windows."""
    rng = draws.named("panels", number)
    wide, high = rng.uniform(0.25, 2.2), rng.uniform(0.25, 1.8)
    hues = _hues(rng, int(rng.integers(2, 6)), 0.1 + 0.7 * rng.random() ** 2)
    a, b = x / wide + roll[13], z / high
    dice = lattice("stone", 64)[np.floor(b).astype(int) & 63, np.floor(a).astype(int) & 63]
    color = hues[(dice * 0.999 * len(hues)).astype(int)] * (1 + 0.08 * fine + 0.1 * broad)[:, None]
    frame = ((a % 1) < 0.06) | ((b % 1) < 0.06)
    glass = (dice * 7 % 1 < rng.uniform(0, 0.5)) & ~frame
    color = np.where(
        glass[:, None], np.clip(0.08 + 0.08 * broad, 0.01, 0.4)[:, None] * np.array((0.8, 0.95, 1.1)), color
    )
    return np.where(frame[:, None], color * 0.55, color)


def _mural(
    number: int, x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray
) -> np.ndarray:
    """Blots of any colour and size, as advertisements, crowds and shop windows are from far away."""
    rng = draws.named("mural", number)
    step = rng.uniform(1.0, 7.0)
    turn = rng.uniform(0, 50, (3, 2))
    layers = [sample(cloud("goods", 5), x / step + one, z / step + other) for one, other in turn]
    level, strong = rng.uniform(0.08, 0.35), rng.uniform(0.2, 1.2)
    color = level * np.exp(strong * np.stack(layers, 1))
    return np.clip(color * np.exp(0.3 * fine)[:, None], 0.01, 1)


def _shelves(
    number: int, x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray
) -> np.ndarray:
    """Rows of small things of many colours."""
    rng = draws.named("shelves", number)
    wide, high = rng.uniform(0.06, 0.30), rng.uniform(0.25, 0.6)
    hues = _hues(rng, 12, 1.0)
    row = np.floor(z / high).astype(int)
    dice = lattice("stone", 64)[row & 63, np.floor(x / wide).astype(int) & 63]
    top = (z / high) % 1
    color = hues[(dice * 11.99).astype(int)] * (0.7 + 0.5 * ((x / wide) % 1))[:, None]
    return np.where((top < 0.08)[:, None], 0.3, np.where((top > 0.5 + 0.45 * dice)[:, None], 0.03, color))


DRAWN_GROUNDS: dict[str, Painted] = {f"paving {n}": partial(_paving, n) for n in range(_EACH)}
DRAWN_FRONTS: dict[str, Painted] = {
    f"{name} {n}": partial(kind, n)
    for name, kind in (("panels", _panels), ("mural", _mural), ("shelves", _shelves))
    for n in range(_EACH)
}
