"""Six streets without end: ground, houses, things that stand there, hour and weather, as linear light for each ray."""

from dataclasses import dataclass

import numpy as np

from .palette import linear
from .props import SIZES, VARIANTS, sprite
from .streams import cloud, lattice, sample, stream
from .view import View


@dataclass(frozen=True)
class Light:
    """sun: (3,) unit, towards the sun.  sunlight, sky, bounce: (3,) linear light of the sun, from above, from below."""

    sun: np.ndarray
    sunlight: np.ndarray
    sky: np.ndarray
    bounce: np.ndarray


# Each camera's street: ground near and far, metres to where it changes, metres to the houses, kinds of front, things.
STREETS: tuple[tuple[str, str, float, float, tuple[str, ...], tuple[str, ...]], ...] = (
    ("slabs", "asphalt", 6., 9., ("plaster", "shop", "graffiti"), ("bike", "bollard", "sign", "car", "bin", "board")),
    ("asphalt", "slabs", 5., 8., ("shop", "glass", "plaster"), ("car", "van", "sign", "pole", "car", "scooter")),
    ("brick", "grass", 3.2, 6., ("bricks", "hedge", "fence"), ("hedge", "bike", "planter", "bench", "bin", "pole")),
    ("concrete", "concrete", 9., 7., ("glass", "shutter", "plaster"), ("bollard", "pole", "board", "bin", "scooter")),
    ("grass", "path", 2.4, 13., ("trees", "hedge", "trees"), ("tree", "bench", "tree", "bike", "hedge", "planter")),
    ("tiles", "asphalt", 4., 7.5, ("stalls", "bricks", "shutter"), ("stall", "van", "scooter", "car", "planter", "stall")),
)


def light_of(view: View) -> Light:
    """Sun and sky by hour and weather."""
    c, s = np.cos(view.sun_height), np.sin(view.sun_height)
    sun = np.array((c * np.sin(view.sun_azimuth), c * np.cos(view.sun_azimuth), s))
    warm = np.clip(1 - view.sun_height / .7, 0, 1)
    sunlight = view.sun * .80 * np.array((1., .96 - .16 * warm, .88 - .36 * warm))
    grey = {"clear": 0., "cloudy": .5}.get(view.weather, 1.)
    blue = np.array((.78, .92, 1.15))
    level = {"clear": .50, "cloudy": .62, "overcast": .74, "rain": .58, "fog": .64, "snow": .78}[view.weather]
    level *= .72 + .28 * np.clip(view.sun_height / .6, 0, 1)
    sky = level * (blue * (1 - grey) + np.array((.97, 1., 1.03)) * grey)
    ground = np.array((.30, .28, .25)) + (np.array((.04, .08, -.02)) if view.street == 5 else 0)
    bounce = (sky * .75 + sunlight * s) * ground * (1.6 if view.weather == "snow" else 1.)
    return Light(sun, sunlight, sky, bounce)


def _mix(share: np.ndarray, one: object, other: object) -> np.ndarray:
    return np.where(share[:, None], np.asarray(one, np.float32), np.asarray(other, np.float32))


def ground(kind: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, 3) linear colour of the ground at x, y metres."""
    fine = sample(cloud("fine", 5), x / 2.2, y / 2.2)
    broad = sample(cloud("broad", 4), x / 13, y / 13)
    if kind == "asphalt":
        base = .115 + .030 * fine + .035 * broad
        color = np.stack((base, base, base * 1.04), 1)
        lane = (np.abs((x + .18 * y) % 9 - 4) < .07) | ((np.abs(y - 4.4) < .06) & (x % 3 < 1.8))
        return _mix(lane & (fine > -.9), (.52, .51, .48), color)
    if kind == "grass":
        blade = sample(cloud("blade", 5), x / .7, y / 2.1)
        base = np.clip(.5 + .5 * fine * .6 + .5 * blade, 0, 1.4)[:, None]
        return np.array((.075, .125, .028)) * base + np.array((.075, .07, .02)) * np.clip(broad, 0, 1)[:, None] + .008
    if kind == "path":
        base = .30 + .05 * fine + .05 * broad
        return np.stack((base, base * .93, base * .80), 1)
    pitch = {"slabs": (.60, .60), "brick": (.21, .105), "concrete": (2.4, 2.4), "tiles": (.30, .30)}[kind]
    row = np.floor(y / pitch[1])
    shift = .5 * (row % 2) if kind in ("brick", "slabs") else 0
    a, b = x / pitch[0] + shift, y / pitch[1]
    column = np.floor(a)
    joint = (np.abs(a - column - .5) > .5 - .012 / pitch[0]) | (np.abs(b - row - .5) > .5 - .012 / pitch[1])
    stone = lattice("stone", 64)[row.astype(int) & 63, column.astype(int) & 63]
    tone = {"slabs": (.36, .345, .315), "brick": (.27, .125, .085), "concrete": (.25, .25, .245),
            "tiles": (.33, .31, .30)}[kind]
    vary = {"slabs": .20, "brick": .55, "concrete": .10, "tiles": .16}[kind]
    level = (1 + vary * (stone - .5)) * (1 + .10 * fine + .14 * broad) * np.where(joint, .62, 1)
    color = np.asarray(tone) * level[:, None]
    if kind == "tiles":
        red = (row.astype(int) // 2 + column.astype(int) // 2) % 2 == 0
        color = np.where(red[:, None], color * np.array((.95, .62, .58)), color)
    return color


_PAINTS = tuple(linear(color) for color in (
    (.80, .76, .68), (.72, .67, .60), (.85, .82, .78), (.62, .60, .58), (.78, .66, .52), (.56, .62, .66), (.72, .52, .44),
    (.60, .64, .56), (.40, .40, .42), (.88, .80, .62)))


def front(kinds: tuple[str, ...], x: np.ndarray, z: np.ndarray, scene: int) -> np.ndarray:
    """(N, 3) linear colour of the row of houses (or trees) at x along it and z above the ground, metres."""
    house = np.floor(x / 6.5 + .35 * np.sin(x / 19)).astype(int)
    dice = lattice("houses", 128)
    color = np.empty((len(x), 3))
    fine = sample(cloud("fine", 5), x / 2.2, z / 2.2)
    broad = sample(cloud("broad", 4), x / 9, z / 9)
    for number in np.unique(house):
        here = house == number
        roll = dice[number & 127]
        kind = kinds[int(roll[scene % 7] * len(kinds)) % len(kinds)]
        paint = _PAINTS[int(roll[9] * len(_PAINTS))]
        color[here] = _front(kind, paint, x[here], z[here], fine[here], broad[here], roll)
    return color * np.clip(.72 + z * .35, 0, 1)[:, None]     # dirt and shade at the foot


def _front(kind: str, paint: np.ndarray, x: np.ndarray, z: np.ndarray, fine: np.ndarray, broad: np.ndarray,
           roll: np.ndarray) -> np.ndarray:
    if kind in ("trees", "hedge", "fence"):
        leaf = sample(cloud("blade", 5), x / 2.4, z / 2.4)
        depth = np.clip(.45 + .55 * leaf + .35 * fine, .02, 1.5)[:, None]
        green = np.array((.045, .085, .022)) * (1.6 if kind == "hedge" else 1.) + np.array((.03, .02, 0)) * roll[11]
        color = green * depth
        if kind == "trees":
            trunk = (np.abs((x / 2.3 + .2 * np.sin(x)) % 1 - .5) < .065) & (z < 2.8)
            color = _mix(trunk, np.array((.055, .04, .03)), color)
        if kind == "fence":
            slat = (x / .13) % 1 < .72
            wood = np.array((.20, .13, .08)) * (1 + .3 * fine)[:, None]
            color = np.where((slat & (z < 1.9))[:, None], wood, color)
        return color
    if kind == "bricks":
        color = ground("brick", x, z * 1.4 + 50) * np.array((1.1, 1., .95)) * (.75 + .5 * roll[12])
    else:
        color = paint * (1 + .07 * fine + .10 * broad)[:, None]
    cell = (x / 2.1 + roll[13]) % 1
    if kind == "glass":
        pane = (np.abs(cell - .5) < .46) & ((z / 1.6 + .1) % 1 > .06)
        mirror = np.clip(.16 + .10 * broad + .05 * z, .02, 1)[:, None] * np.array((.75, .95, 1.1))
        return np.where(pane[:, None], mirror, color * .5)
    if kind == "shop":
        pane = (np.abs(cell - .5) < .42) & (z > .45) & (z < 2.5)
        goods = np.clip(.10 + .22 * sample(cloud("goods", 5), x / 1.4, z / 1.4), .015, 1)[:, None]
        tint = np.array((1., .85, .6)) + .5 * np.sin(np.floor(x / .4) * 2.4)[:, None] * np.array((.4, -.2, .3))
        sign = (z > 2.6) & (z < 3.3)
        color = np.where(pane[:, None], goods * np.clip(tint, .1, 2), color)
        band = linear((.2 + .6 * roll[14], .15 + .5 * roll[15], .2 + .5 * roll[16]))
        return np.where(sign[:, None], band, color)
    if kind == "shutter":
        slat = .75 + .25 * np.sin(z * 2 * np.pi / .11)
        gate = (np.abs(cell - .5) < .44) & (z < 2.6)
        return np.where(gate[:, None], np.array((.26, .27, .28)) * slat[:, None] * (.6 + .9 * roll[17]), color)
    if kind == "stalls":
        cloth = linear((.3 + .6 * roll[14], .2 + .6 * roll[18], .25 + .6 * roll[19]))
        stripe = ((x / .35) % 1 < .5)[:, None]
        awning = np.where(stripe, cloth, np.array((.75, .73, .70)))
        color = np.where(((z > 1.9) & (z < 2.6))[:, None], awning, color * .4)
        boxes = sample(cloud("goods", 5), np.floor(x / .22) * .13, np.floor(z / .22) * .17)
        wares = np.clip(np.stack((.25 + .25 * boxes, .18 + .15 * fine, .10 - .08 * boxes), 1), .02, 1)
        return np.where(((z > .5) & (z < 1.3))[:, None], wares, color)
    if kind == "graffiti":
        swirl = sample(cloud("spray", 3), x / 7, z / 7)
        hue = linear((.2 + .7 * roll[14], .2 + .6 * roll[15], .2 + .7 * roll[16]))
        mark = (np.abs(swirl) < .22) & (z < 2.3)
        return np.where(mark[:, None], hue, np.where(((swirl > .55) & (z < 2.3))[:, None], color * .55, color))
    window = (np.abs(cell - .5) < .24) & (np.abs((z - .2) % 2.9 - 1.75) < .70)
    frame = (np.abs(cell - .5) < .28) & (np.abs((z - .2) % 2.9 - 1.75) < .78)
    color = np.where(frame[:, None], np.array((.62, .60, .57)), color)
    glass = np.clip(.07 + .06 * broad, .01, .3)[:, None] * np.array((.8, .95, 1.1))
    return np.where(window[:, None], glass, color)


def _board(kind: str, variant: int, mirror: bool, x: float, y: float, eye: np.ndarray, rays: np.ndarray,
           rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
    solid = np.flatnonzero(found[:, 3] > .5)
    return rows[near[solid]], found[solid, :3], t[near[solid]]


@dataclass(frozen=True)
class Backdrop:
    """albedo-free light of the street for N rays: color (N, 3) linear, depth (N,) ray factor, point (N, 3) metres, and
    unlit (N, 3): the same without the sun, for what lies in somebody's shadow (equal where the sun is not counted)."""

    color: np.ndarray
    unlit: np.ndarray
    depth: np.ndarray
    point: np.ndarray
    floor: np.ndarray


def backdrop(view: View, light: Light, eye: np.ndarray, rays: np.ndarray) -> Backdrop:
    """The street behind a person at the origin.

    eye: (3,) metres.  rays: (N, 3), not unit; x to the right, y away from the camera, z up.
    """
    near, far, edge, wall, kinds, things = STREETS[view.street - 1]
    slope = rays[:, 2]
    down = np.where(slope < -1e-4, -eye[2] / np.minimum(slope, -1e-4), 1e3)
    back = (wall - eye[1]) / rays[:, 1]
    t = np.minimum(down, back)
    point = eye + rays * t[:, None]
    floor = down <= back
    color = np.empty((len(rays), 3))
    flat = np.flatnonzero(floor)
    x, y = point[flat, 0] + view.place, point[flat, 1] + 20
    first = point[flat, 1] + .25 * np.sin(x / 7) < edge
    color[flat] = np.where(first[:, None], ground(near, x, y), ground(far, x, y)) if not first.all() else ground(near, x, y)
    kerb = np.abs(point[flat, 1] + .25 * np.sin(x / 7) - edge) < .07
    color[flat[kerb]] = (.30, .29, .28)
    upright = np.flatnonzero(~floor)
    if len(upright):
        color[upright] = front(kinds, point[upright, 0] + view.place, point[upright, 2], view.scene)
    shade = sample(cloud("shade", 4), (point[:, 0] + view.place) / 17, (point[:, 1] + point[:, 2]) / 17)
    dapple = np.clip(.75 + shade * 1.2, 0, 1) if view.weather == "clear" else np.ones(len(t))
    facing = np.where(floor, max(light.sun[2], .05), max(-light.sun[1], .0))
    open_sky = np.where(floor, 1., .62)

    rng = stream("things", view.scene)
    reach = 1.3 + .10 * view.distance
    for _ in range(int(rng.integers(1, 5))):
        kind = things[int(rng.integers(len(things)))]
        depth = float(rng.uniform(1.1, max(wall - .6, 1.6)))
        side = float(rng.uniform(-1, 1)) * (reach + SIZES[kind][0] * .45) + float(rng.normal(0, .1))
        rows = np.flatnonzero(t > (depth - eye[1]) / rays[:, 1])
        base = np.exp(-((point[rows, 0] - side) / (SIZES[kind][0] * .55)) ** 2 - ((point[rows, 1] - depth) / .5) ** 2)
        color[rows] *= (1 - .45 * base * floor[rows])[:, None]
        hit, paint, factor = _board(kind, int(rng.integers(VARIANTS)), bool(rng.integers(2)), side, depth, eye, rays, rows)
        color[hit], t[hit] = paint, factor
        floor[hit], facing[hit], open_sky[hit] = False, .35 + .35 * max(-light.sun[1], 0), .75
    if view.weather == "rain":
        gleam = np.clip(sample(cloud("puddle", 3), point[:, 0] / 5 + view.place, point[:, 1] / 5), 0, 1)
        color = np.where(floor[:, None], color * .55 + (.10 * gleam)[:, None] * light.sky, color)
    if view.weather == "snow":
        cover = np.clip(.55 + .6 * sample(cloud("puddle", 3), point[:, 0] / 4 + view.place, point[:, 1] / 4), 0, .95)
        color = np.where(floor[:, None], color + (np.array((.80, .82, .85)) - color) * cover[:, None], color)
    unlit = color * light.sky * open_sky[:, None] + color * light.bounce * .15
    sunny = unlit + color * light.sunlight * (facing * dapple)[:, None]
    return Backdrop(sunny, unlit, t, eye + rays * t[:, None], floor)


def haze(view: View, color: np.ndarray, depth: np.ndarray, light: Light) -> np.ndarray:
    """Fog and far air over (N, 3) linear colours at depth (N,) metres."""
    reach = {"fog": 48., "rain": 110., "snow": 80.}.get(view.weather, 600.)
    share = (1 - np.exp(-depth / reach))[:, None]
    return color * (1 - share) + light.sky * .85 * share


def occlude(view: View, light: Light, eye: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The thing in front of the person, if any: rows (M,) of rays that meet it, light (M, 3), ray factor (M,)."""
    kind = view.occluder
    rows = np.arange(len(rays))
    if kind in ("none", "person"):
        return rows[:0], np.empty((0, 3)), np.empty(0)
    gap = {"pole": 1.2, "sign": 1.0, "bollard": .7, "bin": .7}.get(kind, .9)
    width = SIZES[kind][0]
    side = (view.occluder_at - .5) * 1.1
    if width > 1:      # a large thing reaches into the picture from one side, and is low enough to see over
        side = np.sign(side + 1e-6) * (width / 2 + .02 + .35 * abs(side) - .25 * (kind in ("hedge", "bike")))
    variant = view.scene % VARIANTS
    hit, paint, factor = _board(kind, variant, bool(view.scene % 2), float(side), -gap, eye, rays, rows)
    return hit, paint * (light.sky * .75 + light.sunlight * .4), factor
