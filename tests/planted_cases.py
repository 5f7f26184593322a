"""Pairs of twins drawn at random, whose difference is a rectangle: as the frozen set has them, and made at once."""

import numpy as np

from osnet_edu.grading import frozen

H, W = 64, 32


def planted() -> frozen.Cases:
    """Nine cases of three parts, drawn at random; of the twins one rectangle differs, and for a strap nothing."""
    rng = np.random.Generator(np.random.PCG64(5))
    query, same = rng.integers(0, 256, (2, 9, H, W, 3), np.uint8)
    truth, negative = np.zeros((9, H, W), bool), same.copy()
    truth[:, 20:40, 8:24] = True
    negative[:6, 20:40, 8:24] = 255 - negative[:6, 20:40, 8:24]
    parts = np.repeat(["top color", "hat", "strap"], 3)
    number = np.arange(9)
    sham = np.clip(same.astype(int) + 1, 0, 255).astype(np.uint8)
    return frozen.Cases(query, negative, query, same, sham, truth, truth, parts, number, number.astype(str))
