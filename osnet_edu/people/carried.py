"""What is carried: bags with their straps laid on the garment's own surface, and an umbrella. Lengths in metres."""

import numpy as np

from .body import AHEAD, LABEL, LEFT, UP, Pose
from .identity import Identity
from .mesh import Piece, box, surface, tube, unit


def on_surface(top: Piece, u: np.ndarray, v: np.ndarray, lift: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 3) `lift` metres above the garment at its own coordinates u, v (N,), and the normals there (N, 3).

    u may run past 0 or 1: it goes around.  v is held to the garment's own range.
    """
    rows, columns = top.grid.shape[:2]
    heights = top.uv[:, 0, 1]
    r = np.interp(v, heights, np.arange(rows))
    c = (u % 1.0) * (columns - 1)
    i, j = np.minimum(r.astype(int), rows - 2), np.minimum(c.astype(int), columns - 2)
    fr, fc = (r - i)[:, None], (c - j)[:, None]

    def mix(grid: np.ndarray) -> np.ndarray:
        return (grid[i, j] * (1 - fc) + grid[i, j + 1] * fc) * (1 - fr) + (
            grid[i + 1, j] * (1 - fc) + grid[i + 1, j + 1] * fc
        ) * fr

    normal = unit(mix(top.normal))
    return mix(top.grid) + normal * lift, normal


def ribbon(name: str, points: np.ndarray, normal: np.ndarray, width: float, thick: float = 0.004) -> Piece:
    """A flat strap along points (N, 3) whose face looks along normal (N, 3); width, thick: half sizes in metres."""
    along = unit(np.gradient(points, axis=0))
    across = unit(np.cross(along, normal))
    out = unit(np.cross(across, along))
    angle = np.linspace(0, 2 * np.pi, 9)
    wave = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.5
    rise = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.5
    grid = (
        points[:, None] + across[:, None] * (wave * width)[None, :, None] + out[:, None] * (rise * thick)[None, :, None]
    )
    uv = np.stack(np.broadcast_arrays(angle[None] / (2 * np.pi), np.linspace(0, 1, len(points))[:, None]), -1)
    return surface(name, "strap", LABEL["strap"], grid, uv, centre=points)


def make_bag(identity: Identity, pose: Pose, top: Piece) -> list[Piece]:
    """The bag and its straps."""
    kind, side = identity.bag, 1 if identity.bag_side == "left" else -1
    if kind == "none":
        return []
    if kind == "backpack":
        return _backpack(identity, pose, top)
    if kind == "handbag":
        return _handbag(pose, side)
    if kind == "shopping":
        return [*_handbag(pose, 1, 1.25), *_handbag(pose, -1, 1.25)]
    if kind == "suitcase":
        return _suitcase(pose, side)
    return _crossbody(pose, top, side) if kind == "crossbody" else _tote(pose, top, side)


def _backpack(identity: Identity, pose: Pose, top: Piece) -> list[Piece]:
    size, label = pose.size, LABEL["bag"]
    _, left, up = pose.trunk.T
    back, normal = on_surface(top, np.array((0.0,)), np.array((0.20 * size,)), 0.0)
    out = unit(normal[0] - up * (normal[0] @ up))
    centre = back[0] + out * 0.085 * size - up * 0.02
    depth, high = (0.085, 0.225) if identity.height > 1.45 else (0.075, 0.19)
    half = (0.145 * size, depth * size, high * size)
    front = centre + out * depth * size - up * 0.08 * size
    pocket = (0.105 * size, 0.035 * size, 0.105 * size)
    pieces = [
        box("backpack", "bag", label, centre, left, out, half, power=4, taper=0.86),
        box("pocket", "bag", label, front, left, out, pocket, power=4),
    ]
    for hand in (1, -1):
        around = np.array((0.02, 0.06, 0.14, 0.24, 0.32, 0.35, 0.355, 0.35, 0.34, 0.32, 0.27))
        v = np.array((0.02, -0.012, -0.022, -0.024, 0.0, 0.05, 0.10, 0.16, 0.22, 0.28, 0.33)) * size
        points, normal = on_surface(top, around if hand > 0 else 1 - around, v, 0.008)
        pieces.append(ribbon("backpack strap", points, normal, 0.022 * size, 0.006))
    return pieces


def _suitcase(pose: Pose, side: int) -> list[Piece]:
    """Pulled along behind; side: 1 by the left hand, -1 by the right one."""
    size = pose.size
    arm = pose.arms[0 if side > 0 else 1]
    grip = arm.joint[2] + arm.end[:, 0] * 0.085 * size
    centre = np.array((grip[0] - 0.30, grip[1] + side * 0.05, 0.34))
    box_ = box("suitcase", "bag", LABEL["bag"], centre, LEFT, -AHEAD, (0.19, 0.115, 0.29), power=5, taper=0.97)
    pieces = [box_]
    for shift in (0.07, -0.07):
        foot = centre + LEFT * shift + UP * 0.28
        path = np.stack((foot, foot * 0.5 + (grip + LEFT * shift) * 0.5, grip + LEFT * shift))
        pieces.append(tube("handle", "strap", LABEL["strap"], path, 0.010, LEFT, segments=6))
    return pieces


def _handbag(pose: Pose, side: int, deep: float = 1.0) -> list[Piece]:
    """side: 1 in the left hand, -1 in the right one.  deep: how many times as high as a handbag."""
    size = pose.size
    ahead, left, _ = pose.trunk.T
    arm = pose.arms[0 if side > 0 else 1]
    grip = arm.joint[2] + arm.end[:, 0] * 0.085 * size
    across = unit(left * 0.25 * side + ahead)
    centre = grip - UP * (0.145 + 0.105 * deep) * size + left * side * 0.035
    out = unit(np.cross(across, UP))
    half = (0.155 * size, 0.055 * size, 0.105 * size * deep)
    pieces = [box("handbag", "bag", LABEL["bag"], centre, across, out, half, power=4, taper=0.84)]
    arc = np.linspace(0, np.pi, 9)
    for shift in (0.02, -0.02):
        loop = (
            centre
            + UP * (0.09 + 0.105 * (deep - 1)) * size
            + out * shift
            + np.cos(arc)[:, None] * across * 0.085 * size
            + np.sin(arc)[:, None] * UP * 0.15 * size
        )
        pieces.append(tube("handle", "strap", LABEL["strap"], loop, 0.0085, out, segments=6))
    return pieces


def _at_hip(top: Piece, side: int, low: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A point (3,) of the garment at one side, `low` metres below its neck; the axes outward and across there."""
    hip, normal = on_surface(top, np.array((0.25 * side % 1.0,)), np.array((low,)), 0.0)
    out = unit(normal[0] * np.array((1, 1, 0)))
    return hip[0], out, unit(np.cross(UP, out))


def _crossbody(pose: Pose, top: Piece, side: int) -> list[Piece]:
    """side: 1 at the left hip, -1 at the right one."""
    size = pose.size
    hip, out, across = _at_hip(top, side, 0.50 * size)
    half = (0.120 * size, 0.045 * size, 0.085 * size)
    bag = box("crossbody", "bag", LABEL["bag"], hip + out * 0.055 * size, across, out, half, power=4, taper=0.95)
    # From the bag across the chest, over the other shoulder, and across the back.
    t = np.linspace(0, 1, 33)
    around = np.interp(t, (0, 0.38, 0.47, 0.5, 0.53, 0.62, 1), (0.03, 0.36, 0.43, 0.50, 0.57, 0.64, 0.97))
    v = size * np.interp(
        t,
        (0, 0.18, 0.42, 0.47, 0.5, 0.53, 0.58, 0.82, 1),
        (0.43, 0.27, 0.03, -0.012, -0.022, -0.012, 0.03, 0.27, 0.43),
    )
    points, normal = on_surface(top, 0.25 * side + side * around, v, 0.006)
    return [bag, ribbon("crossbody strap", points, normal, 0.016 * size)]


def _tote(pose: Pose, top: Piece, side: int) -> list[Piece]:
    """side: 1 over the left shoulder, -1 over the right one."""
    size, turn = pose.size, 0.25 * side  # u of the bag's side: .25 is the left side of the body, .75 the right
    hip, out, across = _at_hip(top, side, 0.40 * size)
    shoulder, _ = on_surface(top, np.array((turn, turn)), np.array((-0.022, 0.0)) * size, 0.012)
    arm = pose.arms[0 if side > 0 else 1]
    beside = np.maximum((arm.joint[0] - hip) @ out + 0.085 * size, 0.11 * size)
    centre = hip + out * beside - pose.trunk[:, 0] * 0.05 * size + UP * 0.02
    half = (0.165 * size, 0.04 * size, 0.175 * size)
    pieces = [box("tote", "bag", LABEL["bag"], centre, across, out, half, power=6)]
    for shift in (1, -1):
        anchor = centre + UP * 0.165 * size + across * shift * 0.07 * size
        near = on_surface(top, np.array((turn + shift * side * -0.03,)), np.array((0.0,)) * size, 0.018)[0][0]
        bend = near + out * 0.045 * size - UP * 0.01
        path = np.stack(
            [anchor, anchor * 0.5 + bend * 0.5 + out * 0.01, bend, near + UP * 0.012, shoulder[0] + UP * 0.012]
        )
        pieces.append(ribbon("tote strap", path, np.stack((out, out, unit(out + UP), UP, UP)), 0.013 * size))
    return pieces


def make_umbrella(identity: Identity, pose: Pose) -> list[Piece]:
    """An open umbrella over the free hand."""
    if identity.umbrella == "none":
        return []
    free = 1 if identity.bag_side == "left" else 0
    hand = pose.arms[free].joint[2] + pose.arms[free].end[:, 0] * 0.07 * pose.size
    lean = unit(UP + pose.trunk[:, 0] * 0.10 + pose.trunk[:, 1] * (0.10 if free else -0.10))
    tip = hand + lean * 0.78
    pieces = [
        tube(
            "shaft",
            "pole",
            LABEL["umbrella"],
            np.stack((hand - lean * 0.08, hand, hand + lean * 0.4, tip)),
            0.009,
            pose.trunk[:, 1],
            segments=6,
        )
    ]
    share = np.array((0.0, 0.12, 0.3, 0.5, 0.7, 0.86, 1.0))
    angle = np.linspace(0, 2 * np.pi, 33)
    scallop = 1 - 0.05 * np.abs(np.sin(angle * 4))[None] * share[:, None] ** 2
    radius = 0.50 * np.sin(share * 1.35)[:, None] / np.sin(1.35) * scallop
    drop = 0.26 * (1 - np.cos(share * 1.35))[:, None] / (1 - np.cos(1.35)) * (2 - scallop)
    side = unit(np.cross(lean, pose.trunk[:, 0]))
    front = np.cross(side, lean)
    grid = (
        tip
        + radius[..., None] * (np.sin(angle)[:, None] * side - np.cos(angle)[:, None] * front)
        - drop[..., None] * lean
    )
    uv = np.stack(np.broadcast_arrays(angle[None] / (2 * np.pi), share[:, None]), -1)
    pieces.append(
        surface(
            "canopy",
            "umbrella",
            LABEL["umbrella"],
            grid,
            uv,
            closed=False,
            centre=np.broadcast_to(tip - lean * 0.6, (7, 3)),
        )
    )
    return pieces
