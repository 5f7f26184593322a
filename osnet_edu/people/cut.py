"""What cloth is cut from: the body's measures, rings around trunk and limbs, cloth that hangs around both legs."""

from dataclasses import dataclass

import numpy as np

from .body import AHEAD, LEFT, Limb, Pose
from .identity import Identity
from .mesh import Rings, path_frames, unit

# The trunk by height above the pelvis (for a height of 1.75 m): half width, half depth.
TRUNK = np.array(
    (
        (-0.12, 0.128, 0.098),
        (-0.06, 0.160, 0.114),
        (0.00, 0.170, 0.120),
        (0.08, 0.160, 0.112),
        (0.20, 0.138, 0.100),
        (0.32, 0.152, 0.110),
        (0.40, 0.164, 0.115),
        (0.455, 0.168, 0.108),
        (0.50, 0.158, 0.094),
        (0.53, 0.128, 0.080),
        (0.552, 0.092, 0.069),
        (0.575, 0.064, 0.060),
        (0.62, 0.054, 0.056),
    )
)
LEG = np.array(
    (
        (-0.10, 0.082),
        (0.0, 0.088),
        (0.15, 0.082),
        (0.34, 0.062),
        (0.425, 0.056),
        (0.47, 0.055),
        (0.56, 0.056),
        (0.70, 0.043),
        (0.80, 0.034),
        (0.86, 0.034),
    )
)  # along the leg from the hip: radius
ARM = np.array(
    (
        (0.0, 0.050),
        (0.07, 0.053),
        (0.13, 0.050),
        (0.24, 0.042),
        (0.285, 0.039),
        (0.36, 0.040),
        (0.50, 0.028),
        (0.56, 0.026),
    )
)


def trunk_at(identity: Identity, pose: Pose, t: np.ndarray, ease: float, begin: float = 0.52) -> Rings:
    """Rings of the trunk at t (R,), heights above the pelvis in units of the body's size.

    ease: metres between skin and cloth.  begin: the height at which v is 0; from there v runs down, in metres.
    """
    wide = np.interp(t, TRUNK[:, 0], TRUNK[:, 1])
    deep = np.interp(t, TRUNK[:, 0], TRUNK[:, 2])
    at = lambda centre, spread: np.exp(-(((t - centre) / spread) ** 2))  # noqa: E731
    figure, extra = identity.figure, identity.girth - 1
    body = np.clip((0.56 - t) / 0.10, 0, 1)  # the neck does not follow the build
    wide = (
        wide
        * (1 + body * extra * (0.55 + 0.55 * at(0.16, 0.16)))
        * (1 + body * at(0.45, 0.14) * (identity.shoulders - 1))
    )
    deep = deep * (1 + body * extra * (0.60 + 0.65 * at(0.14, 0.15)))
    wide = wide + figure * (0.010 * at(0.0, 0.10) - 0.014 * at(0.20, 0.09) - 0.006 * at(0.45, 0.10))
    bust = max(figure, 0) * 0.020 * at(0.37, 0.065)
    belly = 0.05 * max(extra, 0) * at(0.12, 0.12)
    size = pose.size
    spine = unit(pose.chest - pose.pelvis)
    share = np.clip((t + 0.05) / 0.5, 0, 1)[:, None]
    left = unit(pose.hips[:, 1] * (1 - share) + pose.trunk[:, 1] * share)
    front = unit(np.cross(left, spine))
    centre = pose.pelvis + t[:, None] * size * spine + ((bust * 0.6 + belly * 0.6) * size)[:, None] * front
    fade = np.clip((0.60 - t) / 0.06, 0.25, 1)
    wide = wide * size + ease * fade
    deep = (deep + bust * 0.6 + belly * 0.6) * size + ease * fade
    return Rings(centre, left, front, wide, deep, (begin - t) * size)


def rounded_path(points: np.ndarray, count: int, soft: float) -> np.ndarray:
    """A polyline (P, 3) resampled to (count, 3) points at even lengths with its corners rounded over `soft` metres."""
    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    length = np.concatenate(((0,), np.cumsum(step)))
    fine = np.linspace(0, length[-1], count)
    reach = np.linspace(-1, 1, 7) * soft
    weight = 1 - (np.linspace(-1, 1, 7) * 0.9) ** 2
    edge = np.minimum(fine, length[-1] - fine)[:, None]
    at = fine[:, None] + np.clip(reach, -edge, edge)
    smooth = np.stack([np.interp(at, length, points[:, axis]) for axis in range(3)], -1)
    return (smooth * weight[None, :, None]).sum(1) / weight.sum()


@dataclass(frozen=True)
class LimbShape:
    """A limb that cloth or skin follows.

    points: (P, 3) joints in metres.  radius: (K, 2) table of length and radius, in units of the body's size.
    left: (3,) the way in which the left of its rings points.  size: metres, the body's unit.  thick: factor of the
    radius.
    """

    points: np.ndarray
    radius: np.ndarray
    left: np.ndarray
    size: float
    thick: float = 1.0

    def rings(self, start: float, stop: float, count: int, *, ease: float = 0.0, flare: float = 0.0) -> Rings:
        """Rings around the limb between two lengths along it (metres).

        ease, flare: metres of cloth off the skin, all along and at the far end.
        """
        total = float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())
        fine = rounded_path(self.points, 40, 0.045 * self.size)
        at = np.linspace(start, stop, count)
        share = np.linspace(0, total, 40)
        path = np.stack([np.interp(at, share, fine[:, axis]) for axis in range(3)], -1)
        side, front = path_frames(path, self.left)
        radius = np.interp(at / self.size, self.radius[:, 0], self.radius[:, 1]) * self.size * self.thick + ease
        radius = radius + flare * ((at - start) / max(stop - start, 1e-6)) ** 1.5
        return Rings(path, side, front, radius, radius, at)


def leg_points(leg: Limb, size: float) -> np.ndarray:
    """(4, 3): a little above the hip, hip, knee, ankle."""
    return np.concatenate((leg.joint[:1] + np.array((0, 0, 0.05 * size)), leg.joint))


def drape(
    identity: Identity,
    pose: Pose,
    t: np.ndarray,
    ease: float,
    flare: float,
    *,
    under: float = 0.0,
    begin: float = 0.52,
) -> Rings:
    """Rings of cloth that hangs around both legs, at t (R,): heights above the pelvis, body units, falling.

    However far the legs are apart, each ring encloses them: no leg can show through a hem.  under: metres of other
    cloth on the legs.  begin: as in `trunk_at`.
    """
    trunk = trunk_at(identity, pose, np.maximum(t, -0.03), ease)
    centre, left, front, wide, deep = trunk.centre, trunk.left, trunk.front, trunk.wide, trunk.deep
    below = t < 0
    height = pose.pelvis[2] + t[below] * pose.size
    centre[below, 2] = height
    box = []
    for leg in pose.legs:
        joints = leg.joint
        order = np.argsort(joints[:, 2])
        x, y = (np.interp(height, joints[order, 2], joints[order, axis]) for axis in (0, 1))
        along = np.interp(height, joints[order, 2], (np.array((0.0, 0.425, 0.83)))[order])
        radius = (
            np.interp(along, LEG[:, 0], LEG[:, 1]) * pose.size * (1 + 0.8 * (identity.girth - 1))
            + 0.012
            + max(0.4 * ease, under)
        )
        box.append((x - radius, x + radius, y - radius, y + radius))
    box = np.array(box)
    x0, x1 = box[:, 0].min(0), box[:, 1].max(0)
    y0, y1 = box[:, 2].min(0), box[:, 3].max(0)
    drop = -t[below] * pose.size
    share = np.clip(drop / 0.10, 0, 1)
    spread_x = (x1 - x0) / 2 * (1 + 0.06 * share)
    spread_y = (y1 - y0) / 2 * (1 + 0.06 * share)
    # Heavy cloth keeps the width of the hips, and follows the knees with a delay.
    hip_deep = deep[~below][-1] * (1 + 0.1 * share) if (~below).any() else deep[0]
    hip_wide = wide[~below][-1] if (~below).any() else wide[0]
    deep[below] = np.maximum(spread_x, hip_deep * 0.92) + flare * drop
    wide[below] = np.maximum(spread_y, hip_wide * 0.97) + flare * drop
    anchor = centre[~below][-1] if (~below).any() else centre[0]
    centre[below, 0] = anchor[0] * (1 - share) + (x0 + x1) / 2 * share
    centre[below, 1] = anchor[1] * (1 - share) + (y0 + y1) / 2 * share
    left[below] = unit(left[below] * (1 - share[:, None]) + LEFT * share[:, None])
    front[below] = unit(front[below] * (1 - share[:, None]) + AHEAD * share[:, None])
    kernel = np.array((1, 2, 3, 2, 1)) / 9
    if len(t) > 6:  # soften the corner between hip and leg
        for row in (wide, deep):
            inner = np.convolve(np.pad(row, 2, mode="edge"), kernel, "valid")
            row[below] = np.maximum(inner[below], row[below] * 0.985)
    return Rings(centre, left, front, wide, deep, (begin - t) * pose.size)
