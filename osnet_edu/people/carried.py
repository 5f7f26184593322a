"""What is carried: bags with their straps laid on the garment's own surface, and an umbrella. Lengths in metres."""

import numpy as np

from .body import LABEL, UP, Pose
from .identity import Identity
from .mesh import Piece, box, surface, tube, unit


def on_surface(top: Piece, u: np.ndarray, v: np.ndarray, lift: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 3) `lift` metres above the garment at its own coordinates u, v (N,), and the normals there (N, 3).

    u may run past 0 or 1: it goes around.  v is held to the garment's own range.
    """
    rows, columns = top.grid.shape[:2]
    heights = top.uv[:, 0, 1]
    r = np.interp(v, heights, np.arange(rows))
    c = (u % 1.) * (columns - 1)
    i, j = np.minimum(r.astype(int), rows - 2), np.minimum(c.astype(int), columns - 2)
    fr, fc = (r - i)[:, None], (c - j)[:, None]

    def mix(grid: np.ndarray) -> np.ndarray:
        return ((grid[i, j] * (1 - fc) + grid[i, j + 1] * fc) * (1 - fr)
                + (grid[i + 1, j] * (1 - fc) + grid[i + 1, j + 1] * fc) * fr)

    normal = unit(mix(top.normal))
    return mix(top.grid) + normal * lift, normal


def ribbon(name: str, points: np.ndarray, normal: np.ndarray, width: float, thick: float = .004) -> Piece:
    """A flat strap along points (N, 3) whose face looks along normal (N, 3); width, thick: half sizes in metres."""
    along = unit(np.gradient(points, axis=0))
    across = unit(np.cross(along, normal))
    out = unit(np.cross(across, along))
    angle = np.linspace(0, 2 * np.pi, 9)
    wave = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** .5
    rise = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** .5
    grid = points[:, None] + across[:, None] * (wave * width)[None, :, None] + out[:, None] * (rise * thick)[None, :, None]
    uv = np.stack(np.broadcast_arrays(angle[None] / (2 * np.pi), np.linspace(0, 1, len(points))[:, None]), -1)
    return surface(name, "strap", LABEL["strap"], grid, uv, centre=points)


def make_bag(identity: Identity, pose: Pose, top: Piece) -> list[Piece]:
    """The bag and its straps."""
    kind, size = identity.bag, pose.size
    if kind == "none":
        return []
    side = 1 if identity.bag_side == "left" else -1
    ahead, left, up = pose.trunk.T
    label = LABEL["bag"]
    turn = .25 * side                       # u of the bag's side: .25 is the left side of the body, .75 the right
    if kind == "backpack":
        back, normal = on_surface(top, np.array((0.,)), np.array((.20 * size,)), 0.)
        out = unit(normal[0] - up * (normal[0] @ up))
        centre = back[0] + out * .085 * size - up * .02
        depth, high = (.085, .225) if identity.height > 1.45 else (.075, .19)
        pieces = [box("backpack", "bag", label, centre, left, out, (.145 * size, depth * size, high * size), power=4,
                      taper=.86)]
        pieces.append(box("pocket", "bag", label, centre + out * depth * size - up * .08 * size, left, out,
                          (.105 * size, .035 * size, .105 * size), power=4))
        for hand in (1, -1):
            u = .5 - hand * np.array((.38, .34, .26, .20, .165, .15, .15, .16, .185, .22, .27))
            u = np.array((.02, .06, .14, .24, .32, .35, .355, .35, .34, .32, .27)) if hand > 0 else 1 - np.array(
                (.02, .06, .14, .24, .32, .35, .355, .35, .34, .32, .27))
            v = np.array((.02, -.012, -.022, -.024, .0, .05, .10, .16, .22, .28, .33)) * size
            points, normal = on_surface(top, u, v, .008)
            pieces.append(ribbon("backpack strap", points, normal, .022 * size, .006))
        return pieces
    if kind == "handbag":
        arm = pose.arms[0 if side > 0 else 1]
        grip = arm.joint[2] + arm.end[:, 0] * .085 * size
        across = unit(left * .25 + ahead)
        centre = grip - UP * .25 * size
        out = unit(np.cross(across, UP))
        pieces = [box("handbag", "bag", label, centre, across, out, (.155 * size, .055 * size, .105 * size), power=4,
                      taper=.84)]
        arc = np.linspace(0, np.pi, 9)
        for shift in (.02, -.02):
            loop = (centre + UP * .09 * size + out * shift + np.cos(arc)[:, None] * across * .085 * size
                    + np.sin(arc)[:, None] * UP * .15 * size)
            pieces.append(tube("handle", "strap", LABEL["strap"], loop, .0085, out, segments=6))
        return pieces
    low = .50 if kind == "crossbody" else .40
    hip, normal = on_surface(top, np.array((turn % 1.,)), np.array((low * size,)), 0.)
    out = unit(normal[0] * np.array((1, 1, 0)))
    across = unit(np.cross(UP, out))
    if kind == "crossbody":
        centre = hip[0] + out * .055 * size
        pieces = [box("crossbody", "bag", label, centre, across, out, (.120 * size, .045 * size, .085 * size),
                      power=4, taper=.95)]
        # From the bag across the chest, over the other shoulder, and across the back.
        t = np.linspace(0, 1, 33)
        u = turn + side * np.interp(t, (0, .38, .47, .5, .53, .62, 1), (.03, .36, .43, .50, .57, .64, .97))
        v = size * np.interp(t, (0, .18, .42, .47, .5, .53, .58, .82, 1), (.43, .27, .03, -.012, -.022, -.012, .03, .27, .43))
        points, normal = on_surface(top, u, v, .006)
        pieces.append(ribbon("crossbody strap", points, normal, .016 * size))
        return pieces
    shoulder, normal = on_surface(top, np.array((turn, turn)), np.array((-.022, .0)) * size, .012)
    arm = pose.arms[0 if side > 0 else 1]
    beside = np.maximum((arm.joint[0] - hip[0]) @ out + .085 * size, .11 * size)
    centre = hip[0] + out * beside - ahead * .05 * size + UP * .02
    pieces = [box("tote", "bag", label, centre, across, out, (.165 * size, .04 * size, .175 * size), power=6)]
    for shift in (1, -1):
        anchor = centre + UP * .165 * size + across * shift * .07 * size
        near = on_surface(top, np.array((turn + shift * side * -.03,)), np.array((.0,)) * size, .018)[0][0]
        bend = near + out * .045 * size - UP * .01
        path = np.stack([anchor, anchor * .5 + bend * .5 + out * .01, bend, near + UP * .012, shoulder[0] + UP * .012])
        pieces.append(ribbon("tote strap", path, np.stack((out, out, unit(out + UP), UP, UP)), .013 * size))
    return pieces


def make_umbrella(identity: Identity, pose: Pose) -> list[Piece]:
    """An open umbrella over the free hand."""
    if identity.umbrella == "none":
        return []
    free = 1 if identity.bag_side == "left" else 0
    hand = pose.arms[free].joint[2] + pose.arms[free].end[:, 0] * .07 * pose.size
    lean = unit(UP + pose.trunk[:, 0] * .10 + pose.trunk[:, 1] * (.10 if free else -.10))
    tip = hand + lean * .78
    pieces = [tube("shaft", "pole", LABEL["umbrella"], np.stack((hand - lean * .08, hand, hand + lean * .4, tip)), .009,
                   pose.trunk[:, 1], segments=6)]
    share = np.array((0., .12, .3, .5, .7, .86, 1.))
    angle = np.linspace(0, 2 * np.pi, 33)
    scallop = 1 - .05 * np.abs(np.sin(angle * 4))[None] * share[:, None] ** 2
    radius = .50 * np.sin(share * 1.35)[:, None] / np.sin(1.35) * scallop
    drop = .26 * (1 - np.cos(share * 1.35))[:, None] / (1 - np.cos(1.35)) * (2 - scallop)
    side = unit(np.cross(lean, pose.trunk[:, 0]))
    front = np.cross(side, lean)
    grid = (tip + radius[..., None] * (np.sin(angle)[:, None] * side - np.cos(angle)[:, None] * front)
            - drop[..., None] * lean)
    uv = np.stack(np.broadcast_arrays(angle[None] / (2 * np.pi), share[:, None]), -1)
    pieces.append(surface("canopy", "umbrella", LABEL["umbrella"], grid, uv, closed=False,
                          centre=np.broadcast_to(tip - lean * .6, (7, 3))))
    return pieces
