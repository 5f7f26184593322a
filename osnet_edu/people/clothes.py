"""What is worn on trunk, arms and legs: tops, sleeves, collars, trousers, skirts, socks. Lengths in metres."""

from dataclasses import replace

import numpy as np

from .body import LABEL, Limb, Pose
from .cut import ARM, LEG, LimbShape, drape, leg_points, trunk_at
from .hands_feet import make_hand, make_shoe
from .identity import Identity
from .mesh import Piece, Rings, ball, folds, loft, unit

# How high each top reaches, above the pelvis in units of the body's size; how high a collar stands.
RISE = {
    "tank": 0.566,
    "t-shirt": 0.566,
    "dress": 0.566,
    "shirt": 0.572,
    "jacket": 0.578,
    "coat": 0.580,
    "hoodie": 0.570,
    "jumper": 0.574,
    "gilet": 0.576,
    "cardigan": 0.570,
}
COLLAR = {"shirt": 0.592, "coat": 0.605, "jacket": 0.600, "jumper": 0.588, "gilet": 0.600}


def _hem(identity: Identity) -> float:
    """Height of the top's hem above the pelvis, in units of the body's size: 0.20 at the waist, -0.66 at the calf."""
    return 0.20 - 0.86 * identity.top_length


def make_top(identity: Identity, pose: Pose) -> Piece:
    """The trunk's garment from neck to hem in one surface: no seam at the waist, whatever its length."""
    hem = _hem(identity)
    t, rings = _top_rings(identity, pose, hem)
    power = np.interp(t, (-0.3, 0, 0.3, 0.5, 0.58), (2.3, 2.4, 2.5, 2.35, 2.0))
    loose = {"tank": 0.5, "t-shirt": 0.9, "dress": 0.8, "shirt": 0.9}.get(identity.top, 1.15)
    depth = (np.interp(t, (-0.6, -0.1, 0.3, 0.5, 0.55), (0.016, 0.008, 0.006, 0.003, 0.0)) * loose)[:, None]
    bulge = folds(identity.grain, t, 28, depth, around=2 if hem >= 0 else 4, along=4.0)
    if hem < -0.1:  # the long folds of a skirt
        pleat = np.interp(t, (-0.6, -0.12), (0.012, 0.0))[:, None]
        bulge = bulge + pleat * np.sin(np.linspace(0, 2 * np.pi, 29) * 7 + identity.grain % 7)
    return loft("top", "top", LABEL["top"], rings, power=power, segments=28, bulge=bulge, closed=False)


def _top_rings(identity: Identity, pose: Pose, hem: float) -> tuple[np.ndarray, Rings]:
    """Heights (R,) above the pelvis in units of the body's size, and the rings of the top there."""
    ease, size, rise = identity.top_ease, pose.size, RISE[identity.top]
    t = np.concatenate((np.linspace(rise, 0.40, 11), np.linspace(0.36, max(hem, 0.0) + 0.02, 8)))
    bare = identity.bottom in ("skirt", "none")
    under = 0.0 if bare else identity.bottom_ease + 0.008
    if hem < 0:
        flare = {"dress": 0.16, "coat": 0.10}.get(identity.top, 0.02)
        below = np.linspace(0.0, hem, 4 + int(14 * -hem / 0.66))
        rings = trunk_at(identity, pose, t, ease).then(drape(identity, pose, below, ease, flare, under=under))
        t = np.concatenate((t, below))
    else:
        t = np.concatenate((t, (hem,)))
        rings = trunk_at(identity, pose, t, ease)
    if not bare:  # wide enough for the legs of trousers that begin under it
        hips = np.abs(pose.legs[0].joint[0, 1]) + 0.088 * size * (1 + 0.8 * (identity.girth - 1)) + under
        room = np.where(t < 0.16, hips - 0.5 * np.maximum(t, 0) * size, 0)
        rings = replace(rings, wide=np.maximum(rings.wide, room))
    if identity.top == "dress" and identity.figure > 0:  # a dress is cut to the waist
        rings = rings.narrowed(np.exp(-(((t - 0.21) / 0.07) ** 2)) * 0.012 * size)
    return t, rings


def make_sleeves(identity: Identity, pose: Pose) -> list[Piece]:
    """Sleeves, bare arms below them, hands."""
    pieces = []
    for name, side, arm in (("left", 1, pose.arms[0]), ("right", -1, pose.arms[1])):
        pieces += _sleeve(identity, pose, name, side, arm)
        pieces += make_hand(name, side, arm, pose.size)
    return pieces


def _sleeve(identity: Identity, pose: Pose, name: str, side: int, arm: Limb) -> list[Piece]:
    """A sleeve if there is one, and what it leaves bare of the arm."""
    size, pieces = pose.size, []
    inner = pose.chest + pose.trunk @ np.array((0, side * 0.070, 0.040)) * size
    lead = float(np.linalg.norm(arm.joint[0] - inner))
    table = np.concatenate((np.array(((0, 0.046),)), ARM + np.array((lead / size, 0))))
    points = np.concatenate((inner[None], arm.joint))
    shape = LimbShape(points, table, pose.trunk[:, 0], size, 1 + 0.40 * (identity.girth - 1))
    length = lead + 0.535 * size
    end = lead + (length - lead) * (0.10 + 0.90 * identity.sleeve) if identity.sleeve > 0 else 0.0
    if identity.sleeve > 0:
        cloth = identity.top_ease
        cuff = 0.010 if identity.sleeve < 0.7 and identity.top in ("t-shirt", "shirt", "dress") else -0.002
        rings = shape.rings(0, end, 14, ease=0.35 * cloth + 0.006, flare=cuff)
        bulge = folds(identity.grain + 31 * side, rings.v, 14, 0.22 * cloth + 0.002, along=4.0)
        pieces.append(loft(f"{name} sleeve", "sleeve", LABEL["top"], rings, segments=14, bulge=bulge))
    if identity.sleeve < 0.98:
        rings = shape.rings(max(end - 0.04, 0.01), length, 12)
        pieces.append(loft(f"{name} arm", "skin", LABEL["skin"], rings, segments=12))
    return pieces


def make_bottom(identity: Identity, pose: Pose) -> list[Piece]:
    """Trousers, shorts or a skirt, bare legs below, socks, shoes."""
    skirt = identity.bottom == "skirt"
    covered = 0.0 if skirt or identity.bottom == "none" else 0.06 + 0.77 * identity.bottom_length
    pieces = _skirt(identity, pose) if skirt else _seat(identity, pose) if covered else []
    for name, leg in (("left", pose.legs[0]), ("right", pose.legs[1])):
        pieces += _leg(identity, pose, name, leg, covered)
        pieces += make_shoe(identity, name, leg, pose.size)
    return pieces


def _skirt(identity: Identity, pose: Pose) -> list[Piece]:
    """A skirt, unless the top hides it."""
    ease, low = identity.bottom_ease, -0.05 - 0.72 * identity.bottom_length
    if _hem(identity) <= low - 0.02:
        return []
    t = np.linspace(0.17, low, 24)
    rings = drape(identity, pose, t, ease * 0.3 + 0.004, 0.05 + ease * 5, begin=0.2)
    pleat = np.interp(t, (-0.6, -0.1), (0.014, 0.0))[:, None]
    bulge = pleat * np.sin(np.linspace(0, 2 * np.pi, 29) * 8 + identity.grain % 5)
    return [loft("skirt", "bottom", LABEL["bottom"], rings, power=2.3, segments=28, bulge=bulge, closed=False)]


def _seat(identity: Identity, pose: Pose) -> list[Piece]:
    """The seat of trousers, unless the top hides it."""
    ease, hem = identity.bottom_ease, _hem(identity)
    if hem <= -0.13:
        return []
    t = np.array((0.19, 0.14, 0.08, 0.02, -0.04, -0.09, -0.13))
    tucked = np.clip((t - hem + 0.03) / 0.02, 0, 1) * (ease * 0.5 + 0.014)  # under the top's hem
    rings = trunk_at(identity, pose, t, ease * 0.5 + 0.004, begin=0.2).narrowed(tucked)
    wide = rings.wide * np.array((1, 1, 1, 1, 1, 0.95, 0.80))
    rings = replace(rings, wide=wide, deep=rings.deep * np.array((1, 1, 1, 1, 1, 0.95, 0.78)))
    return [loft("seat", "bottom", LABEL["bottom"], rings, power=2.3, segments=24)]


def _leg(identity: Identity, pose: Pose, name: str, leg: Limb, covered: float) -> list[Piece]:
    """A trouser leg as long as `covered` (units of the body's size), the bare leg below it, a sock."""
    size, pieces = pose.size, []
    table = LEG + np.array((0.05, 0))
    shape = LimbShape(leg_points(leg, size), table, pose.hips[:, 1], size, 1 + 0.80 * (identity.girth - 1))
    start = 0.05 * size
    ankle = start + 0.83 * size
    if covered:
        wider = {"trousers": 0.012, "jeans": 0.008, "shorts": 0.022}.get(identity.bottom, 0.0)
        crease = 0.002 if identity.bottom == "leggings" else 0.006
        rings = shape.rings(start * 0.9, start + covered * size, 18, ease=identity.bottom_ease, flare=wider)
        waist = rings.wide * np.concatenate(((0.62, 0.90), np.ones(16)))
        rings = replace(rings, wide=waist, deep=waist)
        bulge = folds(identity.grain + (7 if name == "left" else 3), rings.v, 16, crease, along=4.0)
        pieces.append(loft(f"{name} trouser", "trouser", LABEL["bottom"], rings, segments=16, bulge=bulge))
    if covered < 0.80:
        rings = shape.rings(max(start + covered * size - 0.05, 0), ankle, 16)
        pieces.append(loft(f"{name} leg", "skin", LABEL["skin"], rings, segments=14))
    rings = shape.rings(start + (0.81 - identity.sock_length) * size, ankle, 6, ease=0.004)
    return [*pieces, loft(f"{name} sock", "sock", LABEL["sock"], rings, segments=12)]


def make_collar(identity: Identity, pose: Pose) -> list[Piece]:
    """Neck, and what stands around it: a shirt's or coat's collar, a hood."""
    size, left = pose.size, pose.trunk[:, 1]
    base = pose.chest + pose.trunk @ np.array((-0.006, 0, 0.06)) * size
    skull = pose.chin + pose.head @ np.array((-0.03, 0, 0.075)) * size * identity.head_scale
    path = base + np.linspace(0, 1, 6)[:, None] * (skull - base)
    wide = (
        np.array((0.066, 0.058, 0.053, 0.051, 0.050, 0.048))
        * size
        * (1 + 0.3 * (identity.girth - 1) - 0.05 * identity.figure)
    )
    neck = Rings(path, left, unit(np.cross(left, skull - base)), wide, wide * 1.05, np.linspace(0, 1, 6))
    pieces = [loft("neck", "skin", LABEL["skin"], neck, segments=14)]
    if identity.top in COLLAR:
        rings = trunk_at(identity, pose, np.linspace(0.545, COLLAR[identity.top], 4), identity.top_ease)
        out = np.array((0.010, 0.010, 0.009, 0.006)) * size
        flat = np.array((0.072, 0.064, 0.062, 0.062)) * size
        rings = replace(rings, wide=flat + out, deep=flat * 0.98 + out)
        pieces.append(loft("collar", "collar", LABEL["top"], rings, segments=18, closed=False))
    if identity.top == "hoodie":
        at = pose.chest + pose.trunk @ np.array((-0.085, 0, 0.085)) * size
        half = (0.105 * size, 0.060 * size, 0.055 * size)
        pieces.append(ball("hood", "collar", LABEL["top"], at, left, pose.trunk[:, 0], half))
    return pieces
