"""Grounds and fronts of the other world: none of them stands in a street that a network trains on.

Each ground is called with x, y in metres and two noises, (N,) each, and gives (N, 3) linear colour; each front with x
along it, z above the ground, the same noises, and the house's own random numbers.
"""

import numpy as np

from .noise import cloud, lattice, sample
from .palette import linear


def _terrazzo(x: np.ndarray, y: np.ndarray, fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    chip = sample(cloud("chips", 5), x / 0.5, y / 0.5)[:, None]
    base = np.where(chip > 0.5, (0.18, 0.24, 0.26), np.where(chip < -0.6, (0.40, 0.27, 0.22), (0.46, 0.45, 0.42)))
    return base * (1 + 0.08 * broad)[:, None]


def _planks(x: np.ndarray, y: np.ndarray, fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    board = np.floor(y / 0.16).astype(int)
    tone = 0.75 + 0.5 * lattice("stone", 64)[board & 63, (x / 2.4).astype(int) & 63]
    gap = (y / 0.16) % 1 < 0.09
    grain = 1 + 0.22 * sample(cloud("fine", 5), x / 6.5, y / 0.4)
    return np.array((0.24, 0.16, 0.10)) * (tone * grain * np.where(gap, 0.4, 1))[:, None]


def _sand(x: np.ndarray, y: np.ndarray, fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    ripple = 1 + 0.10 * np.sin(14 * y + 2.5 * broad + x) + 0.12 * fine
    return np.array((0.42, 0.33, 0.21)) * ripple[:, None]


def _gravel(x: np.ndarray, y: np.ndarray, fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    stone = lattice("stone", 64)[np.floor(y / 0.06).astype(int) & 63, np.floor(x / 0.06).astype(int) & 63]
    return np.array((0.26, 0.25, 0.27)) * (0.45 + 1.1 * stone + 0.1 * broad)[:, None]


def _crossing(x: np.ndarray, y: np.ndarray, fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    base = (0.075 + 0.02 * fine)[:, None] * np.ones(3)
    return np.where((((x / 0.95) % 1 < 0.5) & (fine > -1.2))[:, None], (0.62, 0.60, 0.30), base)


FOREIGN_GROUNDS = {
    "terrazzo": _terrazzo, "planks": _planks, "sand": _sand, "gravel": _gravel, "crossing": _crossing,
}  # fmt: skip


def _timber(x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray) -> np.ndarray:
    lap = 0.62 + 0.38 * ((z / 0.18) % 1)
    stain = linear((0.35 + 0.3 * roll[14], 0.24 + 0.2 * roll[15], 0.16 + 0.15 * roll[16]))
    return stain * (lap * (1 + 0.2 * fine))[:, None]


def _corrugated(x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray) -> np.ndarray:
    wave = 0.7 + 0.3 * np.sin(x * 2 * np.pi / 0.16)
    paint = linear((0.30 + 0.3 * roll[14], 0.42 + 0.25 * roll[15], 0.44 + 0.3 * roll[16]))
    rust = np.clip(broad - 0.5, 0, 1)[:, None] * np.array((0.12, -0.02, -0.06))
    return paint * wave[:, None] + rust


def _posters(x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray) -> np.ndarray:
    column, row = np.floor(x / 0.85).astype(int), np.floor(z / 1.2).astype(int)
    dice = lattice("posters", 128)[column & 127, (7 * row) & 127]
    hue = np.stack([0.5 + 0.4 * np.sin(6.28 * dice + turn) for turn in (0.0, 2.1, 4.2)], 1)
    edge = ((x / 0.85) % 1 < 0.06) | ((z / 1.2) % 1 < 0.05) | (z > 3.6)
    mark = sample(cloud("goods", 5), x / 1.1, z / 1.1) > 0.25
    return np.where(edge[:, None], np.array((0.30, 0.31, 0.33)), np.where(mark[:, None], 0.25 * hue, 0.75 * hue**2))


def _marble(x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray) -> np.ndarray:
    vein = np.abs(sample(cloud("spray", 3), x / 5 + z / 9, z / 4)) < 0.08
    joint = ((x / 1.3) % 1 < 0.012) | ((z / 0.9) % 1 < 0.018)
    stone = linear((0.82 - 0.3 * roll[14], 0.80 - 0.25 * roll[14], 0.76 - 0.2 * roll[14]))
    return stone * np.where(joint, 0.5, np.where(vein, 0.7, 1 + 0.05 * broad))[:, None]


def _scaffold(x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray) -> np.ndarray:
    tube = (np.abs((x / 1.8) % 1 - 0.5) < 0.02) | (np.abs((z / 1.9) % 1 - 0.5) < 0.02)
    net = linear((0.20 + 0.3 * roll[14], 0.45, 0.30 + 0.3 * roll[15])) * (0.7 + 0.3 * fine)[:, None]
    deck = (z / 1.9) % 1 < 0.07
    return np.where(tube[:, None], (0.5, 0.5, 0.48), np.where(deck[:, None], (0.30, 0.20, 0.10), net))


def _arcade(x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray) -> np.ndarray:
    across = ((x / 2.6 + roll[13]) % 1 - 0.5) * 2.6
    arch = (np.abs(across) < 0.95) & (z < 2.0 + np.sqrt(np.clip(0.9 - across**2, 0, 1)))
    stone = linear((0.70, 0.60 + 0.1 * roll[14], 0.48)) * (1 + 0.09 * fine)[:, None]
    return np.where(arch[:, None], np.array((0.045, 0.04, 0.05)) * (1 + z)[:, None], stone)


FOREIGN_FRONTS = {
    "timber": _timber, "corrugated": _corrugated, "posters": _posters, "marble": _marble, "scaffold": _scaffold,
    "arcade": _arcade,
}  # fmt: skip
