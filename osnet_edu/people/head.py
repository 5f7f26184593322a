"""Head and hats: a skull as a surface, cloth as heights above it. Lengths in metres."""

import numpy as np

from .body import LABEL, Pose
from .identity import Identity
from .mesh import Piece, ball, surface
from .noise import cloud, sample

# The skull by height (0 chin, 1 crown): half width, half depth, how far its middle lies ahead of the axis.
SKULL = np.array(
    (
        (-0.06, 0.030, 0.034, 0.030),
        (0.0, 0.036, 0.044, 0.034),
        (0.06, 0.046, 0.058, 0.026),
        (0.14, 0.054, 0.070, 0.018),
        (0.25, 0.062, 0.081, 0.009),
        (0.38, 0.069, 0.091, 0.001),
        (0.52, 0.0735, 0.097, -0.003),
        (0.66, 0.0755, 0.0995, -0.005),
        (0.78, 0.0725, 0.095, -0.007),
        (0.88, 0.061, 0.080, -0.009),
        (0.95, 0.043, 0.056, -0.010),
        (0.985, 0.024, 0.032, -0.010),
        (1.0, 0.0005, 0.0005, -0.010),
    )
)
HEAD_HEIGHT = 0.232


def skull(v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half width, half depth and middle (each v's shape) of the skull at heights v; below the chin: the neck."""
    return tuple(np.interp(v, SKULL[:, 0], SKULL[:, column]) for column in (1, 2, 3))


def place(identity: Identity, pose: Pose, local: np.ndarray) -> np.ndarray:
    """Head-local metres (ahead, left, up from the chin) to the person's axes."""
    return pose.chin + (local * pose.size * identity.head_scale) @ pose.head.T


def sheet(
    identity: Identity,
    pose: Pose,
    name: str,
    material: str,
    label: int,
    v: np.ndarray,
    angle: np.ndarray,
    height: np.ndarray,
    uv: np.ndarray,
    drop: np.ndarray | None = None,
    closed: bool = False,
    wrap: bool = True,
) -> Piece:
    """A surface over the skull.

    v: (R, C) heights, 0 chin to 1 crown.  angle: (R, C) radians from the back of the head, left positive.
    height: (R, C) metres off the skull: sideways at the temples, upward at the crown.
    drop: (R, C, 3) metres to move by, head-local.
    """
    wide, deep, middle = skull(v)
    crown = smooth(v, 0.62, 1.0)
    aside = np.sqrt(1 - crown * crown) * height
    local = np.stack(
        (middle - np.cos(angle) * (deep + aside), np.sin(angle) * (wide + aside), v * HEAD_HEIGHT + height * crown), -1
    )
    if drop is not None:
        local = local + drop
    return surface(name, material, label, place(identity, pose, local), uv, closed=closed, wrap=wrap)


def smooth(value: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def make_head(identity: Identity, pose: Pose) -> list[Piece]:
    """The face and skull with nose, brow, sockets, lips and ears; its features are drawn by pattern.face."""
    v = np.array(
        (
            -0.06,
            0,
            0.05,
            0.10,
            0.15,
            0.20,
            0.25,
            0.30,
            0.35,
            0.40,
            0.45,
            0.50,
            0.55,
            0.60,
            0.68,
            0.76,
            0.84,
            0.91,
            0.96,
            0.99,
            1.0,
        )
    )
    # Columns crowd at the face.
    even = np.linspace(-np.pi, np.pi, 33)
    angle = np.pi + even - 0.45 * np.sin(even)  # 0 and 2 pi: back, pi: front... columns denser near pi
    off = (angle - np.pi)[None]
    row = v[:, None]

    def bump(at: float, spread: float, side: float, width: float) -> np.ndarray:
        return np.exp(-(((row - at) / spread) ** 2)) * np.exp(-(((np.abs(off) - side) / width) ** 2))

    height = 0.026 * bump(0.345, 0.05, 0, 0.12) + 0.016 * bump(0.43, 0.07, 0, 0.10) + 0.008 * bump(0.50, 0.05, 0, 0.10)
    height += (
        0.004 * bump(0.60, 0.05, 0.30, 0.28)
        - 0.007 * bump(0.50, 0.05, 0.36, 0.16)
        + 0.004 * bump(0.38, 0.07, 0.62, 0.22)
    )
    height += 0.005 * bump(0.20, 0.035, 0, 0.20) + 0.004 * bump(0.06, 0.05, 0, 0.25) - 0.003 * bump(0.14, 0.02, 0, 0.25)
    uv = np.empty((len(v), 33, 2))
    uv[..., 0] = angle / (2 * np.pi)
    uv[..., 1] = row
    heights, around = np.broadcast_arrays(row, angle)
    pieces = [sheet(identity, pose, "head", "face", LABEL["skin"], heights, around, height, uv, closed=True)]
    if identity.hat not in ("hijab",):
        for side in (1, -1):
            at = place(identity, pose, np.array((-0.012, side * 0.073, 0.43 * HEAD_HEIGHT)))
            scale = pose.size * identity.head_scale
            pieces.append(
                ball(
                    "ear",
                    "skin",
                    LABEL["skin"],
                    at,
                    pose.head[:, 1],
                    pose.head[:, 0],
                    (0.010 * scale, 0.018 * scale, 0.030 * scale),
                    segments=8,
                    rings=6,
                )
            )
    return pieces


def make_hat(identity: Identity, pose: Pose) -> list[Piece]:
    """Cap, beanie, brimmed hat, hijab or turban."""
    kind, label = identity.hat, LABEL["hat"]
    if kind == "none":
        return []
    angle = np.linspace(0, 2 * np.pi, 33)[None]

    def make(name: str, v: np.ndarray, height: np.ndarray) -> Piece:
        rows, columns = np.broadcast_arrays(v[:, None], angle)
        return sheet(
            identity,
            pose,
            name,
            "hat",
            label,
            rows,
            columns,
            height + 0 * columns,
            np.stack((columns / (2 * np.pi), rows), -1),
        )

    if kind in ("cap", "brim"):
        v = np.array((1.0, 0.99, 0.96, 0.92, 0.86, 0.78, 0.72, 0.67))
        rise = np.array((0.016, 0.017, 0.020, 0.020, 0.017, 0.014, 0.012, 0.012))[:, None]
        pieces = [make("crown", v, rise + (0.014 if kind == "brim" else 0) * smooth(v, 0.8, 0.95)[:, None])]
        reach = np.linspace(0, 1, 5)
        if kind == "cap":
            turn = np.linspace(-0.95, 0.95, 17)
            out = 0.085 * np.cos(turn * 1.25)[None] * reach[:, None]
            ahead = -0.005 + np.cos(turn)[None] * (0.107 + out)
            aside = np.sin(turn)[None] * (0.088 + 0.25 * out)
            drop = 0.165 - 0.16 * out + 0.0 * ahead - 0.012 * np.abs(turn)[None] ** 2
        else:
            turn = np.linspace(0, 2 * np.pi, 33)
            out = 0.072 * reach[:, None] + 0 * turn[None]
            ahead = -0.005 - np.cos(turn)[None] * (0.102 + out)
            aside = np.sin(turn)[None] * (0.080 + out)
            drop = 0.162 - 0.25 * out + 0.004 * np.cos(2 * turn)[None]
        grid = place(identity, pose, np.stack((ahead, aside, drop), -1))
        uv = np.stack(np.broadcast_arrays(turn[None] / (2 * np.pi) + 0.5, 2 + reach[:, None]), -1)
        below = place(identity, pose, np.array((0, 0, -0.5)))
        pieces.append(
            surface(
                "brim", "hat", label, grid, uv, closed=False, wrap=kind == "brim", centre=np.broadcast_to(below, (5, 3))
            )
        )
        return pieces
    if kind == "beanie":
        v = np.array((1.0, 0.99, 0.96, 0.90, 0.82, 0.76, 0.755, 0.70, 0.64, 0.62))
        rise = np.array((0.030, 0.030, 0.028, 0.022, 0.018, 0.016, 0.023, 0.024, 0.022, 0.012))[:, None]
        return [make("beanie", v, rise)]
    if kind == "turban":
        v = np.array((1.0, 0.99, 0.96, 0.92, 0.88, 0.84, 0.80, 0.76, 0.72, 0.68, 0.64, 0.61))
        ridge = 0.006 * np.sin(v[:, None] * 70 + 1.6 * np.cos(angle))
        rise = np.array((0.052, 0.052, 0.053, 0.054, 0.055, 0.055, 0.053, 0.050, 0.046, 0.038, 0.026, 0.010))[:, None]
        rise = rise + ridge * smooth(1 - v, 0.02, 0.1)[:, None]
        return [make("turban", v, rise)]
    # A hijab: over the crown, around an oval of face, closed below the chin, over the shoulders.
    v = np.concatenate(((1.0, 0.99, 0.96), np.linspace(0.92, -0.04, 17), np.linspace(-0.12, -0.56, 8)))
    row = v[:, None]
    u = np.linspace(-1, 1, 41)[None]
    window = 0.27 * np.pi * np.sqrt(np.clip(1 - ((v - 0.40) / 0.37) ** 2, 0, 1))
    bow = (np.pi - window)[:, None] * u
    low = np.clip(-row, 0, None)
    wave = sample(cloud("folds", 3), bow / (2 * np.pi) * 2 + identity.grain % 61 / 61, row * 0.5)
    height = 0.014 + 0.010 * smooth(-row, -0.6, -0.1) + 0.008 * wave * smooth(-row, -0.7, 0.0)
    height = height - 0.008 * np.abs(u) ** 8 * (window[:, None] > 0.05)
    height = height + 0.040 * smooth(0.30 - row, 0.0, 0.34)  # the neck behind the chin
    drop = np.zeros(bow.shape + (3,))
    drop[..., 0] = (
        -np.cos(bow) * 0.070 * smooth(low, 0, 0.50)
        - 0.030 * smooth(low, 0, 0.4)
        - 0.036 * smooth(0.30 - row, 0.0, 0.34)
    )
    drop[..., 1] = np.sin(bow) * 0.100 * smooth(low, 0, 0.55)
    uv = np.stack(np.broadcast_arrays(bow / (2 * np.pi) + 0.5, row), -1)
    return [sheet(identity, pose, "hijab", "hat", label, row + 0 * bow, bow, height, uv, drop, wrap=False)]
