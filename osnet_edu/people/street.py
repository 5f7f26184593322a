"""Six streets without end: ground, houses, things that stand there, hour and weather, as linear light for each ray."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .. import draws
from .clutter import DRAWN_FRONTS, DRAWN_GROUNDS
from .foreign import FOREIGN_FRONTS, FOREIGN_GROUNDS
from .noise import cloud, lattice, sample
from .palette import linear
from .props import SIZES, VARIANTS, sprite
from .view import View


@dataclass(frozen=True)
class Light:
    """sun: (3,) unit, towards the sun.  sunlight, sky, bounce: (3,) linear light of the sun, from above, from below."""

    sun: np.ndarray
    sunlight: np.ndarray
    sky: np.ndarray
    bounce: np.ndarray


# Each camera's street: ground near and far, metres to where it changes, metres to the houses, kinds of front, things.
_STREETS: tuple[tuple[str, str, float, float, tuple[str, ...], tuple[str, ...]], ...] = (
    ("slabs", "asphalt", 6.0, 9.0, ("plaster", "shop", "graffiti"), ("bike", "bollard", "sign", "car", "bin", "board")),
    ("asphalt", "slabs", 5.0, 8.0, ("shop", "glass", "plaster"), ("car", "van", "sign", "pole", "car", "scooter")),
    ("brick", "grass", 3.2, 6.0, ("bricks", "hedge", "fence"), ("hedge", "bike", "planter", "bench", "bin", "pole")),
    ("concrete", "concrete", 9.0, 7.0, ("glass", "shutter", "plaster"), ("bollard", "pole", "board", "bin", "scooter")),
    ("grass", "path", 2.4, 13.0, ("trees", "hedge", "trees"), ("tree", "bench", "tree", "bike", "hedge", "planter")),
    (
        "tiles",
        "asphalt",
        4.0,
        7.5,
        ("stalls", "bricks", "shutter"),
        ("stall", "van", "scooter", "car", "planter", "stall"),
    ),
)

# The other world's six: grounds and fronts that stand in no street a network trains on.
OTHER_STREETS = (
    ("terrazzo", "planks", 5.0, 8.0, ("marble", "posters"), ("bench", "bin", "board", "planter")),
    ("sand", "gravel", 4.0, 10.0, ("timber", "corrugated"), ("bike", "bench", "pole", "scooter")),
    ("crossing", "terrazzo", 6.5, 9.0, ("posters", "scaffold"), ("car", "sign", "pole", "van")),
    ("planks", "sand", 3.5, 12.0, ("timber", "arcade"), ("planter", "bench", "stall", "bike")),
    ("gravel", "crossing", 4.5, 7.0, ("corrugated", "scaffold"), ("van", "bin", "bollard", "car")),
    ("terrazzo", "gravel", 3.0, 6.5, ("arcade", "marble"), ("board", "bin", "bench", "planter")),
)
AFTER_OTHER = 200  # other streets are numbered from 201, composed ones from 1001
COMPOSED = 1000
CLUTTERED = 3000  # from 3001 on: drawn pieces beside home's, more things, and often out of focus
_GROUNDS = ("slabs", "asphalt", "brick", "concrete", "grass", "tiles", "path")
_FRONTS = ("plaster", "shop", "graffiti", "glass", "bricks", "hedge", "fence", "shutter", "trees", "stalls")


@lru_cache(maxsize=256)
def street_of(number: int) -> tuple[str, str, float, float, tuple[str, ...], tuple[str, ...]]:
    """A street by its number: 1 to 6 at home, 201 to 206 in the other world, from 1001 on composed of home's pieces.

    From 3001 on it has drawn pieces too.
    """
    if number <= len(_STREETS):
        return _STREETS[number - 1]
    if number <= AFTER_OTHER + len(OTHER_STREETS):
        return OTHER_STREETS[number - AFTER_OTHER - 1]
    rng = draws.named("street", number)
    more = number > CLUTTERED
    grounds, walls = (_GROUNDS + tuple(DRAWN_GROUNDS), _FRONTS + tuple(DRAWN_FRONTS)) if more else (_GROUNDS, _FRONTS)
    near, far = (str(kind) for kind in rng.choice(grounds, 2))
    fronts = tuple(str(kind) for kind in rng.choice(walls, 3))
    things = tuple(str(kind) for kind in rng.choice(list(SIZES), 6))
    wall = float(rng.uniform(5, 14))
    return near, far, float(rng.uniform(0.4, 0.9)) * wall, wall, fronts, things


def light_of(view: View) -> Light:
    """Sun and sky by hour and weather."""
    c, s = np.cos(view.sun_height), np.sin(view.sun_height)
    sun = np.array((c * np.sin(view.sun_azimuth), c * np.cos(view.sun_azimuth), s))
    warm = np.clip(1 - view.sun_height / 0.7, 0, 1)
    sunlight = view.sun * 0.80 * np.array((1.0, 0.96 - 0.16 * warm, 0.88 - 0.36 * warm))
    grey = {"clear": 0.0, "cloudy": 0.5}.get(view.weather, 1.0)
    blue = np.array((0.78, 0.92, 1.15))
    level = {"clear": 0.50, "cloudy": 0.62, "overcast": 0.74, "rain": 0.58, "fog": 0.64, "snow": 0.78}[view.weather]
    level *= 0.72 + 0.28 * np.clip(view.sun_height / 0.6, 0, 1)
    sky = level * (blue * (1 - grey) + np.array((0.97, 1.0, 1.03)) * grey)
    ground = np.array((0.30, 0.28, 0.25)) + (np.array((0.04, 0.08, -0.02)) if view.street == 5 else 0)
    bounce = (sky * 0.75 + sunlight * s) * ground * (1.6 if view.weather == "snow" else 1.0)
    return Light(sun, sunlight, sky, bounce)


def _mix(share: np.ndarray, one: object, other: object) -> np.ndarray:
    return np.where(share[:, None], np.asarray(one, np.float32), np.asarray(other, np.float32))


def ground(kind: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, 3) linear colour of the ground at x, y metres."""
    fine = sample(cloud("fine", 5), x / 2.2, y / 2.2)
    broad = sample(cloud("broad", 4), x / 13, y / 13)
    if kind == "asphalt":
        base = 0.115 + 0.030 * fine + 0.035 * broad
        color = np.stack((base, base, base * 1.04), 1)
        lane = (np.abs((x + 0.18 * y) % 9 - 4) < 0.07) | ((np.abs(y - 4.4) < 0.06) & (x % 3 < 1.8))
        return _mix(lane & (fine > -0.9), (0.52, 0.51, 0.48), color)
    if kind == "grass":
        blade = sample(cloud("blade", 5), x / 0.7, y / 2.1)
        base = np.clip(0.5 + 0.5 * fine * 0.6 + 0.5 * blade, 0, 1.4)[:, None]
        return (
            np.array((0.075, 0.125, 0.028)) * base
            + np.array((0.075, 0.07, 0.02)) * np.clip(broad, 0, 1)[:, None]
            + 0.008
        )
    if kind == "path":
        base = 0.23 + 0.04 * fine + 0.05 * broad
        return np.stack((base, base * 0.93, base * 0.80), 1)
    if kind in FOREIGN_GROUNDS:
        return FOREIGN_GROUNDS[kind](x, y, fine, broad)
    if kind in DRAWN_GROUNDS:
        return DRAWN_GROUNDS[kind](x, y, fine, broad)
    pitch = {"slabs": (0.60, 0.60), "brick": (0.21, 0.105), "concrete": (2.4, 2.4), "tiles": (0.30, 0.30)}[kind]
    row = np.floor(y / pitch[1])
    shift = 0.5 * (row % 2) if kind in ("brick", "slabs") else 0
    a, b = x / pitch[0] + shift, y / pitch[1]
    column = np.floor(a)
    joint = (np.abs(a - column - 0.5) > 0.5 - 0.012 / pitch[0]) | (np.abs(b - row - 0.5) > 0.5 - 0.012 / pitch[1])
    stone = lattice("stone", 64)[row.astype(int) & 63, column.astype(int) & 63]
    tone = {
        "slabs": (0.36, 0.345, 0.315),
        "brick": (0.27, 0.125, 0.085),
        "concrete": (0.25, 0.25, 0.245),
        "tiles": (0.33, 0.31, 0.30),
    }[kind]
    vary = {"slabs": 0.20, "brick": 0.55, "concrete": 0.10, "tiles": 0.16}[kind]
    level = (1 + vary * (stone - 0.5)) * (1 + 0.10 * fine + 0.14 * broad) * np.where(joint, 0.62, 1)
    color = np.asarray(tone, np.float32) * level[:, None]
    if kind == "tiles":
        red = (row.astype(int) // 2 + column.astype(int) // 2) % 2 == 0
        color = np.where(red[:, None], color * np.array((0.95, 0.62, 0.58)), color)
    return color


_PAINTS = tuple(
    linear(color)
    for color in (
        (0.80, 0.76, 0.68),
        (0.72, 0.67, 0.60),
        (0.85, 0.82, 0.78),
        (0.62, 0.60, 0.58),
        (0.78, 0.66, 0.52),
        (0.56, 0.62, 0.66),
        (0.72, 0.52, 0.44),
        (0.60, 0.64, 0.56),
        (0.40, 0.40, 0.42),
        (0.88, 0.80, 0.62),
    )
)


def front(kinds: tuple[str, ...], x: np.ndarray, z: np.ndarray, scene: int) -> np.ndarray:
    """(N, 3) linear colour of the row of houses (or trees) at x along it and z above the ground, metres."""
    house = np.floor(x / 6.5 + 0.35 * np.sin(x / 19)).astype(int)
    dice = lattice("houses", 128)
    color = np.empty((len(x), 3), np.float32)
    fine = sample(cloud("fine", 5), x / 2.2, z / 2.2)
    broad = sample(cloud("broad", 4), x / 9, z / 9)
    for number in np.unique(house):
        here = house == number
        roll = dice[number & 127]
        kind = kinds[int(roll[scene % 7] * len(kinds)) % len(kinds)]
        paint = _PAINTS[int(roll[9] * len(_PAINTS))]
        color[here] = _front(kind, paint, x[here], z[here], fine[here], broad[here], roll)
    return color * np.clip(0.72 + z * 0.35, 0, 1)[:, None]  # dirt and shade at the foot


def _front(
    kind: str, paint: np.ndarray, x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray, roll: np.ndarray
) -> np.ndarray:
    if kind in ("trees", "hedge", "fence"):
        leaf = sample(cloud("blade", 5), x / 2.4, z / 2.4)
        depth = np.clip(0.45 + 0.55 * leaf + 0.35 * fine, 0.02, 1.5)[:, None]
        green = (
            np.array((0.045, 0.085, 0.022)) * (1.6 if kind == "hedge" else 1.0) + np.array((0.03, 0.02, 0)) * roll[11]
        )
        color = green * depth
        if kind == "trees":
            trunk = (np.abs((x / 2.3 + 0.2 * np.sin(x)) % 1 - 0.5) < 0.065) & (z < 2.8)
            color = _mix(trunk, np.array((0.055, 0.04, 0.03)), color)
        if kind == "fence":
            slat = (x / 0.13) % 1 < 0.72
            wood = np.array((0.20, 0.13, 0.08)) * (1 + 0.3 * fine)[:, None]
            color = np.where((slat & (z < 1.9))[:, None], wood, color)
        return color
    if kind == "bricks":
        color = ground("brick", x, z * 1.4 + 50) * np.array((1.1, 1.0, 0.95)) * (0.75 + 0.5 * roll[12])
    else:
        color = paint * (1 + 0.07 * fine + 0.10 * broad)[:, None]
    cell = (x / 2.1 + roll[13]) % 1
    if kind in FOREIGN_FRONTS:
        return FOREIGN_FRONTS[kind](x, z, fine, broad, roll)
    if kind in DRAWN_FRONTS:
        return DRAWN_FRONTS[kind](x, z, fine, broad, roll)
    if kind == "glass":
        pane = (np.abs(cell - 0.5) < 0.46) & ((z / 1.6 + 0.1) % 1 > 0.06)
        mirror = np.clip(0.16 + 0.10 * broad + 0.05 * z, 0.02, 1)[:, None] * np.array((0.75, 0.95, 1.1))
        return np.where(pane[:, None], mirror, color * 0.5)
    if kind == "shop":
        pane = (np.abs(cell - 0.5) < 0.42) & (z > 0.45) & (z < 2.5)
        goods = np.clip(0.10 + 0.22 * sample(cloud("goods", 5), x / 1.4, z / 1.4), 0.015, 1)[:, None]
        tint = np.array((1.0, 0.85, 0.6)) + 0.5 * np.sin(np.floor(x / 0.4) * 2.4)[:, None] * np.array((0.4, -0.2, 0.3))
        sign = (z > 2.6) & (z < 3.3)
        color = np.where(pane[:, None], goods * np.clip(tint, 0.1, 2), color)
        band = linear((0.2 + 0.6 * roll[14], 0.15 + 0.5 * roll[15], 0.2 + 0.5 * roll[16]))
        return np.where(sign[:, None], band, color)
    if kind == "shutter":
        slat = 0.75 + 0.25 * np.sin(z * 2 * np.pi / 0.11)
        gate = (np.abs(cell - 0.5) < 0.44) & (z < 2.6)
        return np.where(gate[:, None], np.array((0.26, 0.27, 0.28)) * slat[:, None] * (0.6 + 0.9 * roll[17]), color)
    if kind == "stalls":
        cloth = linear((0.3 + 0.6 * roll[14], 0.2 + 0.6 * roll[18], 0.25 + 0.6 * roll[19]))
        stripe = ((x / 0.35) % 1 < 0.5)[:, None]
        awning = np.where(stripe, cloth, np.array((0.75, 0.73, 0.70)))
        color = np.where(((z > 1.9) & (z < 2.6))[:, None], awning, color * 0.4)
        boxes = sample(cloud("goods", 5), np.floor(x / 0.22) * 0.13, np.floor(z / 0.22) * 0.17)
        wares = np.clip(np.stack((0.25 + 0.25 * boxes, 0.18 + 0.15 * fine, 0.10 - 0.08 * boxes), 1), 0.02, 1)
        return np.where(((z > 0.5) & (z < 1.3))[:, None], wares, color)
    if kind == "graffiti":
        swirl = sample(cloud("spray", 3), x / 7, z / 7)
        hue = linear((0.2 + 0.7 * roll[14], 0.2 + 0.6 * roll[15], 0.2 + 0.7 * roll[16]))
        mark = (np.abs(swirl) < 0.22) & (z < 2.3)
        return np.where(mark[:, None], hue, np.where(((swirl > 0.55) & (z < 2.3))[:, None], color * 0.55, color))
    window = (np.abs(cell - 0.5) < 0.24) & (np.abs((z - 0.2) % 2.9 - 1.75) < 0.70)
    frame = (np.abs(cell - 0.5) < 0.28) & (np.abs((z - 0.2) % 2.9 - 1.75) < 0.78)
    color = np.where(frame[:, None], np.array((0.62, 0.60, 0.57)), color)
    glass = np.clip(0.07 + 0.06 * broad, 0.01, 0.3)[:, None] * np.array((0.8, 0.95, 1.1))
    return np.where(window[:, None], glass, color)


def _board(
    kind: str, variant: int, mirror: bool, x: float, y: float, eye: np.ndarray, rays: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A prop at x, y metres seen by rays (N, 3) from eye (3,): which rays meet it, its colour, the distance factor."""
    wide, high, density = SIZES[kind]
    t = (y - eye[1]) / rays[rows, 1]
    px = eye[0] + rays[rows, 0] * t - x
    pz = eye[2] + rays[rows, 2] * t
    near = np.flatnonzero((np.abs(px) < wide / 2) & (pz >= 0) & (pz < high))
    if len(near) == 0:
        return rows[:0], np.empty((0, 3)), t[:0]
    picture = sprite(kind, variant)
    across = -px[near] if mirror else px[near]
    i = np.minimum(((high - pz[near]) * density).astype(int), picture.shape[0] - 1)
    j = np.clip(((across + wide / 2) * density).astype(int), 0, picture.shape[1] - 1)
    found = picture[i, j]
    solid = np.flatnonzero(found[:, 3] > 0.5)
    return rows[near[solid]], found[solid, :3], t[near[solid]]


@dataclass(frozen=True)
class Backdrop:
    """The street for N rays: color (N, 3) linear light; unlit (N, 3), the same without the sun, for what lies in a
    shadow; depth (N,) ray factor; point (N, 3) metres; floor (N,) bool, whether the ray ends on the ground."""

    color: np.ndarray
    unlit: np.ndarray
    depth: np.ndarray
    point: np.ndarray
    floor: np.ndarray


def backdrop(view: View, light: Light, eye: np.ndarray, rays: np.ndarray) -> Backdrop:
    """The street behind a person at the origin.

    eye: (3,) metres.  rays: (N, 3), not unit; x to the right, y away from the camera, z up.
    """
    near, far, edge, wall, kinds, things = street_of(view.street)
    eye = eye.astype(np.float32)
    slope = rays[:, 2]
    down = np.where(slope < -1e-4, -eye[2] / np.minimum(slope, -1e-4), 1e3)
    back = (wall - eye[1]) / rays[:, 1]
    t = np.minimum(down, back)
    point = eye + rays * t[:, None]
    floor = down <= back
    color = np.empty((len(rays), 3), np.float32)
    flat = np.flatnonzero(floor)
    x, y = point[flat, 0] + view.place, point[flat, 1] + 20
    first = point[flat, 1] + 0.25 * np.sin(x / 7) < edge
    color[flat] = (
        np.where(first[:, None], ground(near, x, y), ground(far, x, y)) if not first.all() else ground(near, x, y)
    )
    kerb = np.abs(point[flat, 1] + 0.25 * np.sin(x / 7) - edge) < 0.07
    color[flat[kerb]] = (0.30, 0.29, 0.28)
    upright = np.flatnonzero(~floor)
    if len(upright):
        color[upright] = front(kinds, point[upright, 0] + view.place, point[upright, 2], view.scene)
    shade = sample(cloud("shade", 4), (point[:, 0] + view.place) / 17, (point[:, 1] + point[:, 2]) / 17)
    dapple = np.clip(0.75 + shade * 1.2, 0, 1) if view.weather == "clear" else np.ones(len(t), np.float32)
    facing = np.where(floor, max(light.sun[2], 0.05), max(-light.sun[1], 0.0)).astype(np.float32)
    open_sky = np.where(floor, 1.0, 0.62).astype(np.float32)

    rng = draws.named("things", view.scene)
    reach = 1.3 + 0.10 * view.distance
    least, most = (3, 10) if view.street > CLUTTERED else (1, 5)
    for _ in range(int(rng.integers(least, most))):
        kind = things[int(rng.integers(len(things)))]
        depth = float(rng.uniform(1.1, max(wall - 0.6, 1.6)))
        side = float(rng.uniform(-1, 1)) * (reach + SIZES[kind][0] * 0.45) + float(rng.normal(0, 0.1))
        rows = np.flatnonzero(t > (depth - eye[1]) / rays[:, 1])
        base = np.exp(
            -(((point[rows, 0] - side) / (SIZES[kind][0] * 0.55)) ** 2) - ((point[rows, 1] - depth) / 0.5) ** 2
        )
        color[rows] *= (1 - 0.45 * base * floor[rows])[:, None]
        hit, paint, factor = _board(
            kind, int(rng.integers(VARIANTS)), bool(rng.integers(2)), side, depth, eye, rays, rows
        )
        color[hit], t[hit] = paint, factor
        floor[hit], facing[hit], open_sky[hit] = False, 0.35 + 0.35 * max(-light.sun[1], 0), 0.75
    if view.weather == "rain":
        gleam = np.clip(sample(cloud("puddle", 3), point[:, 0] / 5 + view.place, point[:, 1] / 5), 0, 1)
        color = np.where(floor[:, None], color * 0.55 + (0.10 * gleam)[:, None] * light.sky, color)
    if view.weather == "snow":
        cover = np.clip(0.55 + 0.6 * sample(cloud("puddle", 3), point[:, 0] / 4 + view.place, point[:, 1] / 4), 0, 0.95)
        color = np.where(floor[:, None], color + (np.array((0.80, 0.82, 0.85)) - color) * cover[:, None], color)
    color = color.astype(np.float32)
    sky, bounce, sunlight = (value.astype(np.float32) for value in (light.sky, light.bounce, light.sunlight))
    unlit = color * sky * open_sky[:, None] + color * bounce * 0.15
    sunny = unlit + color * sunlight * (facing * dapple)[:, None]
    return Backdrop(sunny, unlit, t, eye + rays * t[:, None], floor)


def softness(view: View) -> float:
    """How far the street is out of focus: a spread in pixels at 128 rows, above 0 in some cluttered streets only."""
    if view.street <= CLUTTERED:
        return 0.0
    rng = draws.named("focus", view.scene)
    return float(rng.uniform(0.5, 2.5)) if rng.random() < 0.4 else 0.0


def haze(view: View, color: np.ndarray, depth: np.ndarray, light: Light) -> np.ndarray:
    """Fog and far air over (N, 3) linear colours at depth (N,) metres."""
    reach = {"fog": 48.0, "rain": 110.0, "snow": 80.0}.get(view.weather, 600.0)
    share = (1 - np.exp(-depth / np.float32(reach)))[:, None]
    return color * (1 - share) + (light.sky * 0.85).astype(np.float32) * share


def occlude(view: View, light: Light, eye: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The thing in front of the person, if any: rows (M,) of rays that meet it, light (M, 3), ray factor (M,)."""
    kind = view.occluder
    rows = np.arange(len(rays))
    if kind in ("none", "person"):
        return rows[:0], np.empty((0, 3)), np.empty(0)
    gap = {"pole": 1.2, "sign": 1.0, "bollard": 0.7, "bin": 0.7}.get(kind, 0.9)
    width = SIZES[kind][0]
    side = (view.occluder_at - 0.5) * 1.1
    if width > 1:  # a large thing reaches into the picture from one side, and is low enough to see over
        side = np.sign(side + 1e-6) * (width / 2 + 0.02 + 0.35 * abs(side) - 0.25 * (kind in ("hedge", "bike")))
    variant = view.scene % VARIANTS
    hit, paint, factor = _board(kind, variant, bool(view.scene % 2), float(side), -gap, eye, rays, rows)
    return hit, paint * (light.sky * 0.75 + light.sunlight * 0.4), factor
