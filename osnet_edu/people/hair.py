"""Hair: a height above the skull, from the crown down to a hairline; tails, buns and braids. Lengths in metres."""

from dataclasses import dataclass

import numpy as np

from .body import LABEL, Pose
from .head import HEAD_HEIGHT, place, sheet, smooth
from .identity import Identity
from .mesh import Piece, ball, tube
from .noise import cloud, sample


@dataclass(frozen=True)
class Style:
    """top, sides: metres of thickness.  nape: height (0 chin, 1 crown) where it ends behind.  fringe: 0 none, 1 to
    the brows.  thin: share of the thickness left at the hairline.  curtain: whether it hangs beside the face."""

    top: float
    sides: float
    nape: float
    fringe: float = 0.0
    thin: float = 0.15
    curtain: bool = False


STYLES: dict[str, Style] = {
    "buzz": Style(0.005, 0.004, 0.16),
    "short": Style(0.024, 0.011, 0.10, 0.25),
    "side parting": Style(0.030, 0.012, 0.10, 0.10, 0.35),
    "curly": Style(0.040, 0.028, 0.06, 0.35, 0.6),
    "afro": Style(0.080, 0.078, 0.14, 0.05, 0.30),
    "bob": Style(0.024, 0.024, -0.05, 1.0, 0.6, True),
    "long": Style(0.020, 0.018, -1.25, 0.0, 0.25, True),
    "ponytail": Style(0.012, 0.009, 0.10),
    "bun": Style(0.012, 0.009, 0.10),
    "braids": Style(0.012, 0.010, 0.08, 0.0, 0.3),
    "shoulder": Style(0.022, 0.020, -0.45, 0.45, 0.4, True),
    "undercut": Style(0.045, 0.004, 0.20, 0.20, 0.6),
    "pigtails": Style(0.013, 0.010, 0.10, 0.30),
    "topknot": Style(0.014, 0.005, 0.18),
}
# Angles from the middle of the forehead, in radians, crowded where a curtain of hair falls past the temple.
SIDE = np.concatenate((np.linspace(0, 0.80, 7), np.linspace(0.88, 1.22, 8), np.linspace(1.32, np.pi, 12)))


def hairline(style: Style, off: np.ndarray) -> np.ndarray:
    """Height (0 chin, 1 crown) at which hair ends, by angle from the middle of the forehead; same shape."""
    front = 0.825 - 0.20 * style.fringe
    if style.curtain:
        side = 0.50 if style.fringe else 0.62
        knots = (0.0, 0.45, 0.80, 0.92, 1.00, 1.10, np.pi)
        ends = (front + 0.01, front, front - 0.06 * (1 + style.fringe), side, 0.30, style.nape, style.nape)
    else:
        knots = (0.0, 0.30, 0.62, 0.80, 0.96, 1.12, 1.26, 1.42, 1.80, 1.98, 2.40, np.pi)
        ends = (
            front,
            front + 0.01,
            front - 0.01,
            front - 0.09,
            0.60,
            0.47,
            0.44,
            0.53,
            0.53,
            0.34,
            style.nape + 0.04,
            style.nape,
        )
    return np.interp(off, knots, ends)


def make_hair(identity: Identity, pose: Pose) -> list[Piece]:
    """Hair as a height above the skull inside its hairline; strands, parting and waves come from the person's grain."""
    if identity.hair == "none" or identity.hat in ("hijab", "turban"):
        return []
    style, grain = STYLES[identity.hair], identity.grain
    angle = np.concatenate((np.pi - SIDE[::-1], np.pi + SIDE[1:]))[None]  # from the back once around
    off = np.abs(angle - np.pi)
    edge = hairline(style, off)
    if style.nape < -0.5:
        edge = edge + 0.10 * np.sin(5 * angle + grain) * (edge < -0.5)  # uneven ends
    else:
        edge = edge + 0.008 * np.sin(23 * angle + grain) + 0.006 * np.sin(37 * angle)
    steps = np.linspace(0, 1, 30 if style.nape < -0.5 else 20)[:, None] ** (1.7 if style.nape < -0.5 else 1.15)
    v = 1 - steps * (1 - edge)
    turn = angle / (2 * np.pi) + 0 * v
    fade = smooth(1 - v, 0.0, 0.10)  # the crown is one point
    wave = sample(cloud("strands", 3), turn * 2 + grain % 89 / 89, v * 0.12 + grain % 83 / 83) * fade
    height = style.sides + (style.top - style.sides) * smooth(v, 0.50, 0.92)
    if identity.hair in ("curly", "afro"):
        lump = sample(cloud("curls", 4), turn * 2 + grain % 79 / 79, v * 0.7) * fade
        height = height * (1 + (0.30 if identity.hair == "curly" else 0.10) * lump)
    else:
        height = height * (1 + 0.26 * wave)
    if identity.hair in ("side parting", "long", "bob", "braids"):  # a groove from the crown to the hairline
        side = 1 if grain % 2 else -1
        line = {"side parting": 0.55, "bob": 0.25}.get(identity.hair, 0.06) * side
        offset = (angle - np.pi - line) * np.clip((1 - v) / 0.12, 0.15, 1)
        groove = np.exp(-((offset / 0.085) ** 2)) * smooth(v, 0.66, 0.80) * fade
        height = height * (1 - (0.45 if identity.hair == "bob" else 0.80) * groove)
        if identity.hair == "side parting":  # swept to one side
            height = height * (1 - 0.30 * np.sign(line) * np.sin(angle - np.pi) * smooth(v, 0.6, 0.9) * fade)
    ahead = smooth(1.35 - off, 0.0, 0.4)
    reach = 0.34 if identity.hair == "afro" else 0.16
    height = height * (
        1 - (1 - style.thin) * (1 - smooth(v - edge, -0.01, reach)) * np.maximum(ahead, 0.7 * (edge > 0))
    )
    if identity.hat != "none":
        height = np.minimum(height, 0.004 + 0.16 * np.clip(0.62 - v, 0, None))
    drop = None
    if style.nape < 0:
        below = np.clip(0.30 - v, 0, None)
        long = style.nape < -0.5
        drop = np.zeros(v.shape + (3,))
        height = height + (0.030 if long else 0.012) * smooth(below, 0, 0.35)
        drop[..., 0] = -np.cos(angle) * 0.030 * smooth(below, 0.0, 0.4) - 0.055 * smooth(below, 0.05, 0.65) * long
        drop[..., 1] = np.sin(angle) * (0.014 + 0.018 * long) * smooth(below, 0.0, 0.4)
        drop[..., 1] += 0.005 * np.sin(below * HEAD_HEIGHT * 45 + angle * 3 + grain) * smooth(below, 0, 0.5)
        height = height * (1 - 0.55 * smooth(below, -edge + 0.10, -edge + 0.32))  # ends turn in
    pieces = [
        sheet(identity, pose, "hair", "hair", LABEL["hair"], v, angle + 0 * v, height, np.stack((turn, v), -1), drop)
    ]
    return pieces + _tails(identity, pose)


def _tails(identity: Identity, pose: Pose) -> list[Piece]:
    """What hangs from or sits on tied hair."""
    scale, left, grain = pose.size * identity.head_scale, pose.head[:, 1], identity.grain

    def at(*local: float) -> np.ndarray:
        return place(identity, pose, np.array(local))

    def curve(points: list[np.ndarray], count: int) -> np.ndarray:
        """Smooth (Catmull-Rom) path through points."""
        knots = np.stack([2 * points[0] - points[1], *points, 2 * points[-1] - points[-2]])
        t = np.linspace(0, len(points) - 1 - 1e-6, count)
        k, f = t.astype(int), (t % 1)[:, None]
        a, b, c, d = (knots[k + j] for j in range(4))
        return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))

    if identity.hair == "ponytail":
        high = 0.04 * (grain % 3)
        swing = 0.02 * np.sin(grain)
        path = curve(
            [
                at(-0.085, 0, 0.13 + high),
                at(-0.118, 0, 0.142 + high),
                at(-0.145, swing, 0.10 + high),
                at(-0.146, swing, 0.02 + high),
                at(-0.142, 0, -0.06),
                at(-0.138, 0, -0.13),
            ],
            15,
        )
        t = np.linspace(0, 1, 15)
        radius = (0.012 + 0.019 * smooth(t, 0.05, 0.40)) * (1 - 0.92 * smooth(t, 0.62, 1.0)) * scale
        return [tube("tail", "hair", LABEL["hair"], path, radius, left, flat=0.85, segments=12)]
    if identity.hair == "bun":
        low = 0.20 if grain % 2 else 0.125
        return [
            ball(
                "bun",
                "hair",
                LABEL["hair"],
                at(-0.108, 0, low),
                left,
                pose.head[:, 0],
                (0.043 * scale, 0.036 * scale, 0.041 * scale),
            )
        ]
    if identity.hair == "topknot":
        half = (0.036 * scale, 0.034 * scale, 0.036 * scale)
        return [ball("bun", "hair", LABEL["hair"], at(-0.035, 0, 0.235), left, pose.head[:, 0], half)]
    if identity.hair == "pigtails":
        high = 0.03 * (grain % 3)
        t = np.linspace(0, 1, 15)
        radius = (0.012 + 0.022 * smooth(t, 0.05, 0.40)) * (1 - 0.90 * smooth(t, 0.62, 1.0)) * scale
        found = []
        for side in (1, -1):
            points = ((-0.045, 0.078, 0.10), (-0.050, 0.112, 0.10), (-0.045, 0.128, 0.04), (-0.035, 0.126, -0.07))
            path = curve([at(x, side * y, z + high) for x, y, z in points], 15)
            found.append(tube("tail", "hair", LABEL["hair"], path, radius, left, segments=10))
        return found
    if identity.hair == "braids":
        found = []
        for side in (1, -1):
            path = curve(
                [
                    at(-0.055, side * 0.055, 0.055),
                    at(-0.050, side * 0.080, 0.025),
                    at(-0.040, side * 0.092, -0.04),
                    at(-0.012, side * 0.096, -0.12),
                    at(0.010, side * 0.096, -0.21),
                ],
                24,
            )
            t = np.linspace(0, 1, 24)
            radius = (0.015 + 0.004 * np.sin(t * 44)) * (1 - 0.6 * smooth(t, 0.88, 1.0)) * scale
            found.append(tube("braid", "hair", LABEL["hair"], path, radius, left, segments=10))
        return found
    return []
