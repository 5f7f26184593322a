"""Hands with a thumb, feet in shoes. Lengths in metres."""

import numpy as np

from .body import LABEL, LEFT, Limb
from .cut import LEG, LimbShape, leg_points
from .identity import Identity
from .mesh import Piece, Rings, loft, moved, surface, tube, unit


def make_hand(name: str, side: int, arm: Limb, size: float) -> list[Piece]:
    """A palm with fingers a little curled, and a thumb."""
    ahead, thumb, back = arm.end.T
    thumb = thumb - back * 0.2
    t = np.array((-0.02, 0, 0.03, 0.06, 0.09, 0.12, 0.15, 0.172, 0.18))
    wide = np.array((0.024, 0.026, 0.036, 0.040, 0.039, 0.034, 0.030, 0.020, 0.002))
    deep = np.array((0.022, 0.021, 0.017, 0.016, 0.014, 0.012, 0.010, 0.007, 0.002))
    curl = np.array((0, 0, 0, 0.002, 0.008, 0.020, 0.038, 0.054, 0.060))
    centre = arm.joint[2] + size * (t[:, None] * ahead - curl[:, None] * back)
    rings = Rings(centre, thumb, back, wide * size * 0.92, deep * size, t / 0.18)
    palm = loft(f"{name} hand", "hand", LABEL["skin"], rings, power=2.6, segments=12)
    start = arm.joint[2] + size * (0.018 * ahead + 0.022 * thumb)
    along = unit(ahead * 0.80 + thumb * 0.55 - back * 0.35)
    path = start + np.array((0, 0.02, 0.045, 0.068, 0.078))[:, None] * size * along
    radius = np.array((0.012, 0.013, 0.011, 0.010, 0.003)) * size
    return [palm, tube(f"{name} thumb", "skin", LABEL["skin"], path, radius, back, segments=8)]


def make_shoe(identity: Identity, name: str, leg: Limb, size: float) -> list[Piece]:
    """A shoe along the foot, its sole the lowest band; a boot has a shaft."""
    kind = identity.shoe
    x = np.array((-0.068, -0.066, -0.055, -0.03, 0.0, 0.04, 0.08, 0.12, 0.15, 0.172, 0.184, 0.186))
    wide = np.array((0.005, 0.020, 0.031, 0.035, 0.035, 0.036, 0.042, 0.045, 0.043, 0.034, 0.018, 0.004))
    high = np.array((0.005, 0.050, 0.078, 0.088, 0.094, 0.082, 0.062, 0.050, 0.044, 0.038, 0.030, 0.010))
    if kind in ("flat", "sandal"):
        high = high * np.array((1, 1, 0.92, 0.80, 0.62, 0.58, 0.64, 0.72, 0.78, 0.8, 0.8, 1))
        wide = wide * 0.93
    if kind == "boot":
        high, wide = high * 1.10, wide * 1.08
    angle = np.linspace(0, 2 * np.pi, 17)
    # A cross-section that is flat below: the sole on the ground, the upper rounded.
    across = np.sin(angle)[None] * wide[:, None]
    rise = np.where(np.cos(angle) < 0, (np.abs(np.cos(angle)) ** 0.8)[None] * high[:, None], 0) + 0.0
    under = np.where(np.cos(angle) >= 0, 1, 0)
    grid = np.stack((np.broadcast_to(x[:, None], across.shape) + 0 * across, across * (1 - 0.05 * under), rise), -1)
    grid[..., 2] -= 0.075 + 0.006
    grid[..., 0] *= 1.02
    uv = np.empty(grid.shape[:2] + (2,))
    uv[..., 0] = angle / (2 * np.pi)
    uv[..., 1] = grid[..., 2] + 0.081
    shoe = surface(f"{name} shoe", "shoe", LABEL["shoe"], grid * size, uv, centre=grid.mean(1) * size)
    pieces = [moved(shoe, leg.end, leg.joint[2])]
    if kind == "boot":
        shape = LimbShape(leg_points(leg, size), LEG + np.array((0.05, 0)), LEFT, size)
        rings = shape.rings(0.05 * size + 0.68 * size, 0.05 * size + 0.83 * size, 6, ease=0.014)
        pieces.append(loft(f"{name} shaft", "shaft", LABEL["shoe"], rings, segments=14))
    return pieces
