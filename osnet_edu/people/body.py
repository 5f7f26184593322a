"""The skeleton: proportions, one step of a walk by forward kinematics, and where every joint then is."""

from dataclasses import dataclass

import numpy as np

from .identity import Identity
from .mesh import turn, unit

PARTS: tuple[str, ...] = (
    "background",
    "skin",
    "hair",
    "hat",
    "glasses",
    "top",
    "inner",
    "print",
    "bottom",
    "sock",
    "shoe",
    "sole",
    "bag",
    "strap",
    "umbrella",
    "other",
)
LABEL = {name: number for number, name in enumerate(PARTS)}

AHEAD, LEFT, UP = np.eye(3)  # the person's own axes: x ahead, y to the left hand, z up


@dataclass(frozen=True)
class Limb:
    """joint: (3, 3) points in metres, from the trunk outward (hip, knee, ankle or shoulder, elbow, wrist).

    end: (3, 3) axes of the foot or hand as columns: ahead (toes, fingers), left, up (for a hand: the back of it).
    """

    joint: np.ndarray
    end: np.ndarray


@dataclass(frozen=True)
class Pose:
    """A posed skeleton in metres, standing on z = 0 at the origin, facing +x.

    legs, arms: (left, right).  trunk: (3, 3) axes of the chest as columns (ahead, left, up).  head: the same of the
    head.  pelvis, chest, neck, crown: (3,).  size: the unit that all lengths of the body are told in (height / 1.75).
    """

    size: float
    legs: tuple[Limb, Limb]
    arms: tuple[Limb, Limb]
    pelvis: np.ndarray
    hips: np.ndarray
    trunk: np.ndarray
    head: np.ndarray
    chest: np.ndarray
    neck: np.ndarray
    chin: np.ndarray


def _bump(phase: float, centre: float, width: float) -> float:
    gap = (phase - centre + np.pi) % (2 * np.pi) - np.pi
    return float(np.exp(-((gap / width) ** 2)))


def _leg(hip: np.ndarray, phase: float, stride: float, size: float) -> Limb:
    """phase 0 is the heel's strike, pi the toe's lift."""
    thigh = 0.43 * stride * np.cos(phase) + 0.06 * stride
    knee = 0.05 + stride * (0.85 * _bump(phase, 1.42 * np.pi, 0.95) + 0.14 * _bump(phase, 0.25 * np.pi, 0.6))
    toes = stride * (0.30 * _bump(phase, 0.0, 0.7) - 0.75 * _bump(phase, 1.12 * np.pi, 0.55))
    splay = 0.025 * (1 if hip[1] > 0 else -1)
    down = turn(1, -thigh) @ np.array((0, splay, -1.0))
    knee_at = hip + unit(down) * 0.425 * size
    shin = turn(1, -(thigh - knee)) @ np.array((0, splay * 0.3, -1.0))
    ankle = knee_at + unit(shin) * 0.405 * size
    foot = turn(2, 0.12 * np.sign(hip[1])) @ turn(1, -toes)
    return Limb(np.stack((hip, knee_at, ankle)), foot)


def _arm(
    shoulder: np.ndarray,
    side: int,
    phase: float,
    stride: float,
    kind: str,
    trunk: np.ndarray,
    size: float,
    girth: float,
) -> Limb:
    """side: 1 left, -1 right. kind: swing, pocket, phone, chest, behind, hold (an umbrella)."""
    swing = 0.36 * stride * np.cos(phase)
    away = 0.10 + 0.16 * max(girth - 0.95, 0)
    lift, elbow, inward = {
        "swing": (swing - 0.03, 0.22 + 0.30 * max(swing, 0) + 0.06, 0.10),
        "pocket": (-0.30, 0.75, 0.35),
        "phone": (0.55, 1.85, 0.55),
        "chest": (0.35, 1.65, 0.95),
        "behind": (-0.45, 0.55, 1.15),
        "hold": (0.50, 2.05, 0.05),
    }[kind]
    if kind == "pocket":
        away += 0.16
    upper = trunk @ turn(0, side * away) @ turn(1, -lift)
    elbow_at = shoulder + upper @ np.array((0, 0, -0.285 * size))
    lower = upper @ turn(2, -side * inward) @ turn(1, -elbow)
    wrist = elbow_at + lower @ np.array((0, 0, -0.250 * size))
    # The hand carries on along the forearm, its back turned outward.
    hand = np.stack((lower @ np.array((0, 0, -1.0)), lower @ AHEAD, lower @ np.array((0.0, side, 0.0))), 1)
    return Limb(np.stack((shoulder, elbow_at, wrist)), hand)


def pose_of(
    identity: Identity,
    *,
    phase: float = 0.0,
    stride: float = 0.0,
    arms: str = "swing",
    gaze: float = 0.0,
    nod: float = 0.0,
) -> Pose:
    """Pose a person.

    phase, gaze, nod: radians.  stride: 0 standing to about 1.2.  arms: see view.ARMS.  No bag, hat or colour moves the
    pose, so that twins stand alike; an umbrella lifts a hand and a long skirt shortens the step: no twins differ there.
    """
    size = identity.height / 1.75
    length = max(
        identity.bottom_length * (identity.bottom == "skirt"),
        identity.top_length * (identity.top in ("dress", "coat")) - 0.1,
    )
    stride *= 1 - 0.50 * float(np.clip((length - 0.35) / 0.5, 0, 1))  # a long skirt shortens the step
    swing = stride * np.cos(phase)
    hips = turn(2, 0.10 * swing)
    half = 0.082 * size * (1 + 0.10 * identity.figure + 0.35 * (identity.girth - 1))
    legs = [
        _leg(hips @ np.array((0, side * half, 0)), phase + (0 if side > 0 else np.pi), stride, size) for side in (1, -1)
    ]
    sole = [_lowest(leg, size) for leg in legs]
    rise = -min(sole)
    pelvis = np.array((0, 0, rise))
    legs = [Limb(leg.joint + pelvis, leg.end) for leg in legs]
    lean = 0.03 + 0.03 * stride + 0.55 * identity.stoop
    trunk = turn(2, -0.12 * swing) @ turn(1, lean)
    chest = pelvis + turn(1, lean) @ np.array((0, 0, 0.46 * size))
    width = 0.172 * size * identity.shoulders * (1 + 0.22 * (identity.girth - 1))
    kinds = [arms if arms in ("chest", "behind") else "swing"] * 2
    busy = 1 if identity.bag_side == "left" else 0  # the hand that is free of the bag
    if arms in ("phone", "pocket"):
        kinds[busy] = arms
    if identity.umbrella == "open":
        kinds = ["swing", "swing"]
        kinds[busy] = "hold"
    arm = [
        _arm(
            chest + trunk @ np.array((0, side * width, 0.022 * size)),
            side,
            phase + (np.pi if side > 0 else 0),
            stride,
            kinds[0 if side > 0 else 1],
            trunk,
            size,
            identity.girth,
        )
        for side in (1, -1)
    ]
    neck = chest + trunk @ np.array((0, 0, 0.105 * size))
    head = turn(1, lean * 0.5) @ turn(2, gaze) @ turn(1, nod + 0.2 * identity.stoop)
    chin = neck + turn(1, lean + 0.18) @ np.array((0.012, 0, 0.055)) * size
    return Pose(size, (legs[0], legs[1]), (arm[0], arm[1]), pelvis, hips, trunk, head, chest, neck, chin)


def _lowest(leg: Limb, size: float) -> float:
    """Height of the lowest point of a foot, metres, relative to the hip's origin."""
    toe = leg.joint[2] + leg.end @ np.array((0.17, 0, -0.075)) * size
    heel = leg.joint[2] + leg.end @ np.array((-0.06, 0, -0.075)) * size
    return float(min(toe[2], heel[2]))
