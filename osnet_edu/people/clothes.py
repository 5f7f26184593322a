"""What is worn on trunk, arms and legs: tops, sleeves, collars, trousers, skirts, socks. Lengths in metres."""

import numpy as np

from .body import LABEL, Pose
from .cut import ARM, LEG, drape, leg_points, limb_tube, trunk_at
from .hands_feet import make_hand, make_shoe
from .identity import Identity
from .mesh import Piece, ball, folds, loft, unit


def make_top(identity: Identity, pose: Pose) -> Piece:
    """The trunk's garment from neck to hem in one surface: no seam at the waist, whatever its length."""
    ease, size = identity.top_ease, pose.size
    hem = 0.20 - 0.86 * identity.top_length  # 0: the waist, 1: the calf
    rise = {
        "tank": 0.566,
        "t-shirt": 0.566,
        "dress": 0.566,
        "shirt": 0.572,
        "jacket": 0.578,
        "coat": 0.580,
        "hoodie": 0.570,
        "jumper": 0.574,
    }[identity.top]
    upper = np.concatenate((np.linspace(rise, 0.40, 11), np.linspace(0.36, max(hem, 0.0) + 0.02, 8)))
    bare = identity.bottom in ("skirt", "none")
    under = 0.0 if bare else identity.bottom_ease + 0.008
    if hem < 0:
        flare = {"dress": 0.16, "coat": 0.10}.get(identity.top, 0.02)
        long = drape(identity, pose, 0.0, hem, ease, flare, 4 + int(14 * -hem / 0.66), under)
        above = trunk_at(identity, pose, upper, ease)
        t = np.concatenate((upper, long[0]))
        centre, left, front, wide, deep = (np.concatenate(pair) for pair in zip(above, long[1:], strict=True))
    else:
        t = np.concatenate((upper, (hem,)))
        centre, left, front, wide, deep = trunk_at(identity, pose, t, ease)
    if not bare:  # wide enough for the legs of trousers that begin under it
        hips = np.abs(pose.legs[0].joint[0, 1]) + 0.088 * size * (1 + 0.8 * (identity.girth - 1)) + under
        wide = np.maximum(wide, np.where(t < 0.16, hips - 0.5 * np.maximum(t, 0) * size, 0))
    if identity.top in ("dress",) and identity.figure > 0:  # a dress is cut to the waist
        narrow = np.exp(-(((t - 0.21) / 0.07) ** 2)) * 0.012 * size
        wide, deep = wide - narrow, deep - narrow
    power = np.interp(t, (-0.3, 0, 0.3, 0.5, 0.58), (2.3, 2.4, 2.5, 2.35, 2.0))
    loose = {"tank": 0.5, "t-shirt": 0.9, "dress": 0.8, "shirt": 0.9}.get(identity.top, 1.15)
    depth = (np.interp(t, (-0.6, -0.1, 0.3, 0.5, 0.55), (0.016, 0.008, 0.006, 0.003, 0.0)) * loose)[:, None]
    bulge = folds(identity.grain, t, 28, depth, around=2 if hem >= 0 else 4, along=4.0)
    if hem < -0.1:  # the long folds of a skirt
        pleat = np.interp(t, (-0.6, -0.12), (0.012, 0.0))[:, None]
        bulge = bulge + pleat * np.sin(np.linspace(0, 2 * np.pi, 29) * 7 + identity.grain % 7)
    piece = loft(
        "top",
        "top",
        LABEL["top"],
        centre,
        left,
        front,
        wide,
        deep,
        v=(0.52 - t) * size,
        power=power,
        segments=28,
        bulge=bulge,
        closed=False,
    )
    return piece


def make_sleeves(identity: Identity, pose: Pose) -> list[Piece]:
    """Sleeves, bare arms below them, hands."""
    size, pieces = pose.size, []
    thick = 1 + 0.40 * (identity.girth - 1)
    for name, side, arm in (("left", 1, pose.arms[0]), ("right", -1, pose.arms[1])):
        inner = pose.chest + pose.trunk @ np.array((0, side * 0.070, 0.040)) * size
        points = np.concatenate((inner[None], arm.joint))
        lead = float(np.linalg.norm(arm.joint[0] - inner))
        table = ARM + np.array((lead / size, 0))
        table = np.concatenate((np.array(((0, 0.046),)), table))
        length = lead + 0.535 * size
        hint = pose.trunk[:, 0]
        end = lead + (length - lead) * (0.10 + 0.90 * identity.sleeve) if identity.sleeve > 0 else 0.0
        if identity.sleeve > 0:
            cloth = identity.top_ease
            cuff = 0.010 if identity.sleeve < 0.7 and identity.top in ("t-shirt", "shirt", "dress") else -0.002
            pieces.append(
                limb_tube(
                    f"{name} sleeve",
                    "sleeve",
                    LABEL["top"],
                    points,
                    0,
                    end,
                    table,
                    hint,
                    rings=14,
                    segments=14,
                    ease=0.35 * cloth + 0.006,
                    flare=cuff,
                    fold=0.22 * cloth + 0.002,
                    grain=identity.grain + 31 * side,
                    scale=size,
                    thick=thick,
                )
            )
        if identity.sleeve < 0.98:
            pieces.append(
                limb_tube(
                    f"{name} arm",
                    "skin",
                    LABEL["skin"],
                    points,
                    max(end - 0.04, 0.01),
                    length,
                    table,
                    hint,
                    rings=12,
                    segments=12,
                    scale=size,
                    thick=thick,
                )
            )
        pieces += make_hand(name, side, arm, size)
    return pieces


def make_bottom(identity: Identity, pose: Pose) -> list[Piece]:
    """Trousers, shorts or a skirt, bare legs below, socks."""
    size, pieces = pose.size, []
    ease = identity.bottom_ease
    covered = 0.0
    thick = 1 + 0.80 * (identity.girth - 1)
    hem = 0.20 - 0.86 * identity.top_length
    if identity.bottom == "skirt":
        low = -0.05 - 0.72 * identity.bottom_length
        if hem > low - 0.02:
            t, centre, left, front, wide, deep = drape(
                identity, pose, 0.17, low, ease * 0.3 + 0.004, 0.05 + ease * 5, 24
            )
            bulge = np.interp(t, (-0.6, -0.1), (0.014, 0.0))[:, None] * np.sin(
                np.linspace(0, 2 * np.pi, 29) * 8 + identity.grain % 5
            )
            pieces.append(
                loft(
                    "skirt",
                    "bottom",
                    LABEL["bottom"],
                    centre,
                    left,
                    front,
                    wide,
                    deep,
                    v=(0.2 - t) * size,
                    power=2.3,
                    segments=28,
                    bulge=bulge,
                    closed=False,
                )
            )
    elif identity.bottom != "none":
        covered = 0.06 + 0.77 * identity.bottom_length
        t = np.array((0.19, 0.14, 0.08, 0.02, -0.04, -0.09, -0.13))
        centre, left, front, wide, deep = trunk_at(identity, pose, t, ease * 0.5 + 0.004)
        tucked = np.clip((t - hem + 0.03) / 0.02, 0, 1) * (ease * 0.5 + 0.014)  # under the top's hem
        wide, deep = wide - tucked, deep - tucked
        wide[-2:] *= (0.95, 0.80)
        deep[-2:] *= (0.95, 0.78)
        if hem > -0.13:
            pieces.append(
                loft(
                    "seat",
                    "bottom",
                    LABEL["bottom"],
                    centre,
                    left,
                    front,
                    wide,
                    deep,
                    v=(0.2 - t) * size,
                    power=2.3,
                    segments=24,
                )
            )
    for name, leg in (("left", pose.legs[0]), ("right", pose.legs[1])):
        points = leg_points(leg, size)
        start = 0.05 * size
        table = LEG + np.array((0.05, 0))
        hint = pose.hips[:, 1]
        if covered:
            end = start + covered * size
            wider = {"trousers": 0.012, "jeans": 0.008, "shorts": 0.022}.get(identity.bottom, 0.0)
            knee = {"leggings": 0.002}.get(identity.bottom, 0.006)
            pieces.append(
                limb_tube(
                    f"{name} trouser",
                    "trouser",
                    LABEL["bottom"],
                    points,
                    start * 0.9,
                    end,
                    table,
                    hint,
                    rings=18,
                    segments=16,
                    ease=ease,
                    flare=wider,
                    fold=knee,
                    grain=identity.grain + (7 if name == "left" else 3),
                    scale=size,
                    thick=thick,
                    cap=True,
                )
            )
        if covered < 0.80:
            pieces.append(
                limb_tube(
                    f"{name} leg",
                    "skin",
                    LABEL["skin"],
                    points,
                    max(start + covered * size - 0.05, 0),
                    start + 0.83 * size,
                    table,
                    hint,
                    rings=16,
                    segments=14,
                    scale=size,
                    thick=thick,
                )
            )
        top = start + (0.81 - identity.sock_length) * size
        pieces.append(
            limb_tube(
                f"{name} sock",
                "sock",
                LABEL["sock"],
                points,
                top,
                start + 0.83 * size,
                table,
                hint,
                rings=6,
                segments=12,
                ease=0.004,
                scale=size,
                thick=thick,
            )
        )
        pieces += make_shoe(identity, name, leg, size)
    return pieces


def make_collar(identity: Identity, pose: Pose) -> list[Piece]:
    """Neck, and what stands around it: a shirt's or coat's collar, a hood."""
    size = pose.size
    base = pose.chest + pose.trunk @ np.array((-0.006, 0, 0.06)) * size
    skull = pose.chin + pose.head @ np.array((-0.03, 0, 0.075)) * size * identity.head_scale
    path = base + np.linspace(0, 1, 6)[:, None] * (skull - base)
    wide = (
        np.array((0.066, 0.058, 0.053, 0.051, 0.050, 0.048))
        * size
        * (1 + 0.3 * (identity.girth - 1) - 0.05 * identity.figure)
    )
    pieces = [
        loft(
            "neck",
            "skin",
            LABEL["skin"],
            path,
            pose.trunk[:, 1],
            unit(np.cross(pose.trunk[:, 1], skull - base)),
            wide,
            wide * 1.05,
            v=np.linspace(0, 1, 6),
            segments=14,
        )
    ]
    if identity.top in ("shirt", "coat", "jacket", "jumper"):
        t = np.linspace(0.545, {"shirt": 0.592, "coat": 0.605, "jacket": 0.600, "jumper": 0.588}[identity.top], 4)
        centre, left, front, _, _ = trunk_at(identity, pose, t, identity.top_ease)
        out = np.array((0.010, 0.010, 0.009, 0.006)) * size
        flat = np.array((0.072, 0.064, 0.062, 0.062)) * size
        pieces.append(
            loft(
                "collar",
                "collar",
                LABEL["top"],
                centre,
                left,
                front,
                flat + out,
                flat * 0.98 + out,
                v=(0.52 - t) * size,
                segments=18,
                closed=False,
            )
        )
    if identity.top == "hoodie":
        at = pose.chest + pose.trunk @ np.array((-0.085, 0, 0.085)) * size
        pieces.append(
            ball(
                "hood",
                "collar",
                LABEL["top"],
                at,
                pose.trunk[:, 1],
                pose.trunk[:, 0],
                (0.105 * size, 0.060 * size, 0.055 * size),
            )
        )
    return pieces
