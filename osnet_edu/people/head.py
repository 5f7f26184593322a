"""Head, hair and hats: a skull as a surface, hair and cloth as heights above it. Lengths in metres."""

import numpy as np

from .body import LABEL, Pose
from .identity import Identity
from .mesh import Piece, ball, loft, surface, tube
from .streams import cloud, sample

# The skull by height (0 chin, 1 crown): half width, half depth, how far its middle lies ahead of the axis.
SKULL = np.array((
    (-.06, .030, .034, .030), (0., .036, .044, .034), (.06, .046, .058, .026), (.14, .054, .070, .018),
    (.25, .062, .081, .009), (.38, .069, .091, .001), (.52, .0735, .097, -.003), (.66, .0755, .0995, -.005),
    (.78, .0725, .095, -.007), (.88, .061, .080, -.009), (.95, .043, .056, -.010), (.985, .024, .032, -.010),
    (1., .0005, .0005, -.010)))
HEAD_HEIGHT = .232


def skull(v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half width, half depth and middle (each v's shape) of the skull at heights v; below the chin: the neck."""
    return tuple(np.interp(v, SKULL[:, 0], SKULL[:, column]) for column in (1, 2, 3))


def _place(identity: Identity, pose: Pose, local: np.ndarray) -> np.ndarray:
    """Head-local metres (ahead, left, up from the chin) to the person's axes."""
    return pose.chin + (local * pose.size * identity.head_scale) @ pose.head.T


def _sheet(identity: Identity, pose: Pose, name: str, material: str, label: int, v: np.ndarray, angle: np.ndarray,
           height: np.ndarray, uv: np.ndarray, drop: np.ndarray | None = None, closed: bool = False,
           wrap: bool = False) -> Piece:
    """A surface over the skull.

    v: (R,) heights.  angle: (R, C) radians from the back of the head, left positive.  height: (R, C) metres off the
    skull.  drop: (R, C, 3) metres to move by, head-local.
    """
    wide, deep, middle = (column[:, None] for column in skull(v))
    local = np.empty(angle.shape + (3,))
    local[..., 0] = middle - np.cos(angle) * (deep + height)
    local[..., 1] = np.sin(angle) * (wide + height)
    crown = np.clip((v - .80) / .20, 0, 1)[:, None]
    local[..., 2] = (v[:, None] * HEAD_HEIGHT) + height * crown
    if drop is not None:
        local += drop
    grid = _place(identity, pose, local)
    centre = _place(identity, pose, np.stack((middle[:, 0], 0 * v, v * HEAD_HEIGHT * .85 + .02), 1))
    return surface(name, material, label, grid, uv, centre=centre, closed=closed, wrap=wrap)


def make_head(identity: Identity, pose: Pose) -> list[Piece]:
    """The face and skull with nose, brow, sockets, lips and ears; its features are drawn by pattern.face."""
    v = np.array((-.06, 0, .05, .10, .15, .20, .25, .30, .35, .40, .45, .50, .55, .60, .68, .76, .84, .91, .96, .99, 1.))
    # Columns crowd at the face.
    even = np.linspace(-np.pi, np.pi, 33)
    angle = np.pi + even - .45 * np.sin(even)       # 0 and 2 pi: back, pi: front... columns denser near pi
    off = (angle - np.pi)[None]
    row = v[:, None]
    bump = lambda at, spread, side, width: (np.exp(-((row - at) / spread) ** 2)  # noqa: E731
                                            * np.exp(-((np.abs(off) - side) / width) ** 2))
    height = .026 * bump(.345, .05, 0, .12) + .016 * bump(.43, .07, 0, .10) + .008 * bump(.50, .05, 0, .10)
    height += .004 * bump(.60, .05, .30, .28) - .007 * bump(.50, .05, .36, .16) + .004 * bump(.38, .07, .62, .22)
    height += .005 * bump(.20, .035, 0, .20) + .004 * bump(.06, .05, 0, .25) - .003 * bump(.14, .02, 0, .25)
    uv = np.empty((len(v), 33, 2))
    uv[..., 0] = angle / (2 * np.pi)
    uv[..., 1] = row
    pieces = [_sheet(identity, pose, "head", "face", LABEL["skin"], v, np.broadcast_to(angle, (len(v), 33)), height,
                     uv, closed=True, wrap=True)]
    if identity.hat not in ("hijab",):
        for side in (1, -1):
            at = _place(identity, pose, np.array((-.012, side * .073, .43 * HEAD_HEIGHT)))
            scale = pose.size * identity.head_scale
            pieces.append(ball("ear", "skin", LABEL["skin"], at, pose.head[:, 1], pose.head[:, 0],
                               (.010 * scale, .018 * scale, .030 * scale), segments=8, rings=6))
    return pieces


def _smooth(value: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


# style: thickness on top and at the sides, where the hair ends at the back (height v), half angle at the ends, fringe.
STYLES: dict[str, tuple[float, float, float, float, float]] = {
    "buzz": (.006, .005, .12, .40, 0.), "short": (.026, .013, .08, .42, 0.), "side parting": (.034, .014, .08, .42, .2),
    "curly": (.040, .030, .04, .50, .5), "afro": (.075, .070, .02, .55, .3), "bob": (.026, .026, -.02, .66, 1.),
    "long": (.022, .018, -1.25, .60, 0.), "ponytail": (.014, .010, .06, .44, 0.), "bun": (.014, .010, .06, .44, 0.),
    "braids": (.014, .010, .04, .50, 0.),
}


def make_hair(identity: Identity, pose: Pose) -> list[Piece]:
    """Hair as a height above the skull inside its hairline; strands, parting and waves come from the person's grain."""
    if identity.hair == "none" or identity.hat in ("hijab", "turban"):
        return []
    thick, sides, end, ends, fringe = STYLES[identity.hair]
    columns = 41
    rows = 26 if end < -.5 else 20
    v = np.concatenate(((1., .99, .97), np.linspace(.94, end, rows)))
    front = .80 - .13 * fringe                      # where the hairline crosses the forehead
    half = np.pi * (1 - (1 - .70) * _smooth(-v, -front - .01, -front + .07))
    half = half - np.pi * (.70 - ends) * _smooth(-v, -.52, -.34 if end > 0 else -.40)
    if end > 0:
        half = half - np.pi * (ends - .30) * _smooth(-v, -.26, -end)
    u = np.linspace(-1, 1, columns)
    angle = half[:, None] * u[None]
    row = v[:, None]
    grain = identity.grain
    wave = sample(cloud("strands", 3), (angle / (2 * np.pi) + grain % 89 / 89) * 2, row * .12 + grain % 83 / 83)
    height = sides + (thick - sides) * _smooth(row, .55, .95) + .0 * angle
    if identity.hair in ("curly", "afro"):
        lump = sample(cloud("curls", 3), angle / (2 * np.pi) * 2 + grain % 79 / 79, row * .6)
        height = height * (1 + .28 * lump)
    else:
        height = height * (1 + .22 * wave)
    if identity.hair in ("side parting", "long", "bob"):   # a groove from the crown to the hairline
        side = 1 if grain % 2 else -1
        line = .42 * side if identity.hair == "side parting" else .10 * side
        offset = np.sin(angle) - line * np.clip((1.0 - row) / .15, .2, 1)
        groove = np.exp(-(offset / .07) ** 2) * (np.cos(angle) < .25) * _smooth(row, .62, .80)
        height = height - groove * np.minimum(height * .75, .012)
        if identity.hair == "side parting":
            height = height * (1 + .35 * side * -np.sin(angle) * _smooth(row, .6, .9))
    edge = 1 - np.abs(u)[None] ** 6                 # hair thins towards its outline
    solid = np.where(half[:, None] > 3.1, 1., edge)
    height = height * solid - .006 * (1 - solid) * (end > 0)
    if identity.hat != "none":
        height = np.where(row > .62, np.minimum(height, .004), height)
    drop = None
    if end < .0:
        down = np.clip(-(row - .30) / 1.3, 0, 1)
        drop = np.zeros(angle.shape + (3,))
        below = np.clip(.30 - row, 0, None)
        flow = below * HEAD_HEIGHT
        height = height + (.012 if end > -.5 else .030) * _smooth(below, 0, .35)
        drop[..., 0] = -np.cos(angle) * .030 * _smooth(below, 0., .4) - .052 * _smooth(below, .05, .65) * (end < -.5)
        drop[..., 1] = np.sin(angle) * (.014 + .022 * (end < -.5)) * _smooth(below, 0., .4)
        drop[..., 1] += .006 * np.sin(flow * 40 + angle * 3 + grain) * down
        if end > -.5:   # a bob turns in at its ends
            height = height - .016 * _smooth(below, .22, .36)
    uv = np.empty(angle.shape + (2,))
    uv[..., 0] = angle / (2 * np.pi) + .5
    uv[..., 1] = row
    pieces = [_sheet(identity, pose, "hair", "hair", LABEL["hair"], v, angle, height, uv, drop)]
    scale = pose.size * identity.head_scale
    left = pose.head[:, 1]
    at = lambda *local: _place(identity, pose, np.array(local))  # noqa: E731
    if identity.hair == "ponytail":
        swing = .01 * np.sin(grain)
        path = np.stack([at(-.100, 0, .155), at(-.135, 0, .165), at(-.158, swing, .130), at(-.160, swing, .07),
                         at(-.152, swing, 0.), at(-.150, swing, -.07), at(-.148, 0, -.12)])
        pieces.append(tube("tail", "hair", LABEL["hair"], path, np.array((.012, .020, .027, .028, .025, .018, .003))
                           * scale, left, flat=.8, segments=12))
    if identity.hair == "bun":
        low = .185 if grain % 2 else .11
        pieces.append(ball("bun", "hair", LABEL["hair"], at(-.112, 0, low), left, pose.head[:, 0],
                           (.042 * scale, .036 * scale, .040 * scale)))
    if identity.hair == "braids":
        for side in (1, -1):
            path = np.stack([at(-.05, side * .062, .06), at(-.045, side * .082, .03), at(-.035, side * .092, -.03),
                             at(-.015, side * .094, -.09), at(.0, side * .094, -.15), at(.004, side * .094, -.20)])
            radius = np.array((.016, .019, .017, .019, .016, .006)) * scale
            pieces.append(tube("braid", "hair", LABEL["hair"], path, radius, left, segments=10))
    return pieces


def make_hat(identity: Identity, pose: Pose) -> list[Piece]:
    """Cap, beanie, brimmed hat, hijab or turban."""
    kind, label = identity.hat, LABEL["hat"]
    if kind == "none":
        return []
    angle = np.linspace(0, 2 * np.pi, 33)[None]
    make = lambda name, v, height, drop=None, closed=False: _sheet(  # noqa: E731
        identity, pose, name, "hat", label, v, np.broadcast_to(angle, (len(v), 33)) + 0., height + 0 * angle,
        np.stack((np.broadcast_to(angle / (2 * np.pi), (len(v), 33)), np.broadcast_to(v[:, None], (len(v), 33))), -1),
        drop, closed, True)
    if kind in ("cap", "brim"):
        v = np.array((1., .99, .96, .92, .86, .78, .72, .69))
        rise = np.array((.016, .017, .020, .020, .017, .014, .012, .012))[:, None]
        pieces = [make("crown", v, rise + (.014 if kind == "brim" else 0) * _smooth(v, .8, .95)[:, None])]
        reach = np.linspace(0, 1, 5)
        if kind == "cap":
            turn = np.linspace(-.95, .95, 17)
            out = .085 * np.cos(turn * 1.25)[None] * reach[:, None]
            ahead = -.005 + np.cos(turn)[None] * (.107 + out)
            aside = np.sin(turn)[None] * (.088 + .25 * out)
            drop = .165 - .16 * out + .0 * ahead - .012 * np.abs(turn)[None] ** 2
        else:
            turn = np.linspace(0, 2 * np.pi, 33)
            out = .072 * reach[:, None] + 0 * turn[None]
            ahead = -.005 - np.cos(turn)[None] * (.108 + out)
            aside = np.sin(turn)[None] * (.086 + out)
            drop = .162 - .25 * out + .004 * np.cos(2 * turn)[None]
        grid = _place(identity, pose, np.stack((ahead, aside, drop), -1))
        uv = np.stack(np.broadcast_arrays(turn[None] / (2 * np.pi) + .5, 2 + reach[:, None]), -1)
        below = _place(identity, pose, np.array((0, 0, -.5)))
        pieces.append(surface("brim", "hat", label, grid, uv, closed=False, wrap=kind == "brim",
                              centre=np.broadcast_to(below, (5, 3))))
        return pieces
    if kind == "beanie":
        v = np.array((1., .99, .96, .90, .82, .76, .755, .70, .64, .62))
        rise = np.array((.030, .030, .028, .022, .018, .016, .023, .024, .022, .012))[:, None]
        return [make("beanie", v, rise)]
    if kind == "turban":
        v = np.array((1., .99, .96, .92, .88, .84, .80, .76, .72, .68, .64, .61))
        ridge = .006 * np.sin(v[:, None] * 70 + 1.6 * np.cos(angle))
        rise = np.array((.030, .034, .046, .054, .056, .056, .054, .051, .046, .038, .026, .010))[:, None] + ridge
        return [make("turban", v, rise)]
    # A hijab: over the crown, around an oval of face, closed below the chin, over the shoulders.
    v = np.concatenate(((1., .99, .96), np.linspace(.92, -.04, 17), np.linspace(-.12, -.62, 8)))
    row = v[:, None]
    u = np.linspace(-1, 1, 41)[None]
    window = .27 * np.pi * np.sqrt(np.clip(1 - ((v - .40) / .37) ** 2, 0, 1))
    bow = (np.pi - window)[:, None] * u
    low = np.clip(-row, 0, None)
    wave = sample(cloud("folds", 3), bow / (2 * np.pi) * 2 + identity.grain % 61 / 61, row * .5)
    height = .014 + .010 * _smooth(-row, -.6, -.1) + .008 * wave * _smooth(-row, -.7, 0.)
    height = height - .008 * np.abs(u) ** 8 * (window[:, None] > .05)
    drop = np.zeros(bow.shape + (3,))
    drop[..., 0] = -np.cos(bow) * .095 * _smooth(low, 0, .55) - .030 * _smooth(low, 0, .4)
    drop[..., 1] = np.sin(bow) * .130 * _smooth(low, 0, .60)
    uv = np.stack(np.broadcast_arrays(bow / (2 * np.pi) + .5, row), -1)
    return [_sheet(identity, pose, "hijab", "hat", label, v, bow, height, uv, drop)]


