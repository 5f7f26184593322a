"""Noise tables: periodic, drawn once for each name, looked up at real coordinates."""

from functools import lru_cache

import numpy as np

from .. import draws


@lru_cache(maxsize=64)
def lattice(name: str, size: int = 256) -> np.ndarray:
    """(size, size) float32 table of uniform numbers in [0, 1]; treat as read-only."""
    table = draws.named("lattice", name, size).random((size, size), dtype=np.float32)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=32)
def cloud(name: str, octaves: int = 4, size: int = 256) -> np.ndarray:
    """(size, size) float32 periodic cloud noise, about [-1, 1], mean 0; coarsest cell size / 8. Read-only."""
    total = np.zeros((size, size), np.float32)
    axis = np.arange(size, dtype=np.float32)
    for octave in range(octaves):
        cells = 8 << octave
        grid = lattice(f"{name}/{octave}", cells) * 2 - 1
        at = axis * cells / size
        low = at.astype(np.int64)
        part = at - low
        part = part * part * (3 - 2 * part)
        high = (low + 1) % cells
        rows = grid[low] * (1 - part)[:, None] + grid[high] * part[:, None]
        total += (rows[:, low] * (1 - part) + rows[:, high] * part) * 0.5**octave
    total -= total.mean()
    total /= 2.5 * total.std()
    total.setflags(write=False)
    return total


def sample(table: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Look a periodic table up at real coordinates (periods), bilinearly.

    table: (size, size), size a power of two.  x, y: same shape, in periods of the table.  Returns: that shape.
    """
    size = table.shape[0]
    x = x * size
    y = y * size
    left = np.floor(x)
    low = np.floor(y)
    fx = (x - left).astype(np.float32)
    fy = (y - low).astype(np.float32)
    i = left.astype(np.int64) & (size - 1)
    j = low.astype(np.int64) & (size - 1)
    flat = table.ravel()
    below = j * size
    above = ((j + 1) & (size - 1)) * size
    right = (i + 1) & (size - 1)
    bottom = flat[below + i] * (1 - fx) + flat[below + right] * fx
    top = flat[above + i] * (1 - fx) + flat[above + right] * fx
    return bottom * (1 - fy) + top * fy
