"""What each point of a surface is coloured: cloth patterns, prints, seams, faces. Coordinates are UVs, colours linear."""

from functools import lru_cache

import numpy as np

from . import palette
from .body import LABEL
from .identity import Identity
from .palette import linear
from .streams import cloud, sample

# Share of light that cloth, hair or leather throws back like a mirror, and how tight the highlight is.
GLOSS = {"hair": .16, "shoe": .10, "shaft": .10, "bag": .07, "face": .05, "skin": .045, "hand": .04, "umbrella": .05,
         "pole": .3}


def around(identity: Identity) -> float:
    """Metres once around the chest: turns the trunk's u into metres, whatever the pose."""
    return .90 * identity.height / 1.75 * (.5 + .5 * identity.girth)


def _noise(name: str, u: np.ndarray, v: np.ndarray, period: float) -> np.ndarray:
    return sample(cloud(name, 4), u / period, v / period)


def shape_mask(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie in a printed shape of radius 1. x, y: (N,), y down. Returns: (N,) bool."""
    r = np.sqrt(x * x + y * y)
    if shape == "disc":
        return r < .95
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) < .84
    if shape == "triangle":
        return (y < .72) & (np.abs(x) < (y + 1.05) * .56)
    if shape == "star":
        angle = np.arctan2(x, -y)
        sector = (angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5
        return r * (np.cos(sector) + np.abs(np.sin(sector)) * 1.376) < .62 * 1.0 * (1 + .62)
    if shape == "heart":
        a, b = x * 1.15, -y * 1.15 + .12
        return (a * a + b * b - .62) ** 3 < a * a * b ** 3 * .9
    if shape == "cross":
        return np.minimum(np.abs(x), np.abs(y)) < .33
    if shape == "ring":
        return np.abs(r - .70) < .27
    return (np.abs(y) < .42) & (np.abs(x) < 1.35)       # bar


def _second(identity: Identity, u: np.ndarray, v: np.ndarray, girth: float) -> np.ndarray:
    """Where the pattern shows its second colour. u: once around, v, girth: metres. Returns: (N,) bool."""
    kind, period, phase = identity.pattern, identity.pattern_period, identity.pattern_phase
    repeats = max(round(girth / period), 1)
    if kind == "stripes":
        return (v / period + phase) % 1 < .5
    if kind == "vertical stripes":
        return (u * repeats + phase) % 1 < .5
    if kind == "check":
        return ((v / period + phase) % 1 < .5) ^ ((u * repeats) % 1 < .5)
    if kind == "block":
        return v > .10 + .16 * phase
    if kind == "dots":
        row = np.floor(v / period + phase)
        a = (u * repeats + .5 * (row % 2)) % 1 - .5
        b = (v / period + phase) % 1 - .5
        return a * a + b * b < .085
    if kind == "camouflage":
        return _noise("camouflage", u * girth, v, period * 9) + .12 * (phase - .5) > .05
    return np.zeros(len(u), bool)


def _top(identity: Identity, material: str, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = len(u)
    label = np.full(n, LABEL["top"], np.uint8)
    girth = around(identity) if material == "top" else .38 * identity.height / 1.75
    second = _second(identity, u, v, girth) if material != "collar" else np.zeros(n, bool)
    color = np.where(second[:, None], linear(identity.top_color2), linear(identity.top_color))
    size = identity.height / 1.75
    side = (u - .5) * around(identity)
    line = np.zeros(n)
    cut = identity.top
    if material == "top":
        if identity.logo != "none" or identity.pattern == "marks":
            color, label = _print(identity, u, v, color, label)
        if identity.open:
            gap = (.045 + .020 * np.clip(v / .5, 0, 2)) * size
            inner = np.abs(side) < gap
            color = np.where(inner[:, None], linear(identity.inner_color), color)
            label = np.where(inner, LABEL["inner"], label).astype(np.uint8)
            line = np.maximum(line, .45 * np.exp(-((np.abs(side) - gap - .008) / .007) ** 2) * ~inner)
        elif cut in ("jacket", "coat"):
            line = np.maximum(line, .5 * (np.abs(side) < .006) * (label == LABEL["top"]))
        elif cut == "shirt":
            buttons = (np.abs(side) < .007) & ((v / .085) % 1 < .16)
            line = np.maximum(.16 * (np.abs(np.abs(side) - .018) < .0035), .55 * buttons)
        if cut in ("hoodie", "jacket", "coat"):
            pocket = np.abs(np.abs(side) - .125 * size - .12 * (v - .40 * size)) < .006
            line = np.maximum(line, .35 * (pocket & (np.abs(v - .38 * size) < .065) & (np.abs(u - .5) < .3)))
        if cut in ("jumper", "hoodie"):
            line = np.maximum(line, .18 * (((u * 90) % 1 < .5) & (v > .295 * size)))
        # Skin at the neckline, as cut for the garment: wide for a tank, a scoop for a dress, a crew for a shirt.
        scoop = {"tank": (.085, .075), "dress": (.080, .055), "t-shirt": (.062, .018), "shirt": (.035, .035)}.get(cut)
        if scoop and not identity.open:
            ahead = np.abs(u - .5) < .25
            depth = np.where(ahead, scoop[1], .3 * scoop[1]) * size
            bare = (side - np.round(u) * around(identity) * ~ahead) if False else np.where(
                ahead, side, (np.where(u > .5, u - 1, u)) * around(identity))
            skin = (bare / (scoop[0] * size)) ** 2 + np.maximum((v + .035 * size) / (depth + .035 * size), 0) ** 2 < 1
            if cut == "tank":
                skin |= (np.abs(np.abs(u - .5) - .25) < .075) & (v < .055 * size)
            color = np.where(skin[:, None], linear(palette.SKIN_TONES[identity.skin]), color)
            label = np.where(skin, LABEL["skin"], label).astype(np.uint8)
            line = np.where(skin, 0, line)
    weave = 1 + .05 * _noise("weave", u * girth, v, .30)
    return color * (weave * (1 - line))[:, None], label


def _print(identity: Identity, u: np.ndarray, v: np.ndarray, color: np.ndarray,
           label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The logo, or the two marks of the scale ladder, in front, behind, or both."""
    size = identity.height / 1.75
    girth = around(identity)
    for place, offset in (("front", u - .5), ("back", (u + .5) % 1 - .5)):
        if identity.logo_place not in (place, "both"):
            continue
        side = offset * girth
        radius = identity.logo_size * size
        if identity.pattern == "marks":
            radius = .045 * size
            for sign, paint in ((-1, identity.top_color2), (1, identity.logo_color)):
                mark = shape_mask("disc", side / radius, (v - .20 * size - sign * identity.pattern_period / 2) / radius)
                color = np.where(mark[:, None], linear(paint), color)
                label = np.where(mark, LABEL["print"], label).astype(np.uint8)
        else:
            mark = shape_mask(identity.logo, side / radius, (v - .165 * size) / radius) & (np.abs(offset) < .25)
            color = np.where(mark[:, None], linear(identity.logo_color), color)
            label = np.where(mark, LABEL["print"], label).astype(np.uint8)
    return color, label


def _face(identity: Identity, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eyes, brows, lips, beard and glasses on the head; brows and beard are hair, frames are glasses."""
    angle = (u - .5) * 2 * np.pi
    x, y = np.abs(np.sin(angle)) * .078, v * .232
    ahead = np.abs(angle) < 1.35
    skin = linear(palette.SKIN_TONES[identity.skin])
    label = np.full(len(u), LABEL["skin"], np.uint8)
    color = np.tile(skin, (len(u), 1))
    blush = np.exp(-((x - .038) / .018) ** 2 - ((y - .080) / .018) ** 2) * ahead * .20
    color = color * (1 - blush[:, None] * np.array((.05, .75, .65)))
    hollow = np.exp(-((x - .031) / .018) ** 2 - ((y - .119) / .011) ** 2) * ahead * .28
    color = color * (1 - hollow[:, None])
    lips = ((x / .024) ** 2 + ((y - .047) / .0078) ** 2 < 1) & ahead
    color = np.where(lips[:, None], skin * np.array((.80, .48, .48)), color)
    color = np.where((lips & (np.abs(y - .0475) < .0016))[:, None], skin * .30, color)
    nostril = (np.abs(x - .008) < .005) & (np.abs(y - .071) < .003) & ahead
    color = np.where(nostril[:, None], skin * .35, color)
    stubble = {"stubble": .38, "none": 0.}.get(identity.beard, .15)
    jaw = ((y < .066) & (np.abs(angle) < 1.75) & (y < .040 + .05 * np.abs(angle))) | (
        (np.abs(y - .060) < .006) & (x < .028))
    jaw &= ~lips
    color = np.where(jaw[:, None], color * (1 - stubble * np.array((.9, .95, 1.))), color)
    eye = ((x - .031) / .0135) ** 2 + ((y - .118) / .0062) ** 2
    white = (eye < 1) & ahead
    color = np.where(white[:, None], np.array((.62, .60, .57)), color)
    iris = ((x - .031) ** 2 + (y - .118) ** 2 < .0056 ** 2) & white
    color = np.where(iris[:, None], np.array((.035, .022, .016)), color)
    lash = (eye > .8) & (eye < 1.7) & (y > .118) & ahead
    color = np.where(lash[:, None], skin * .22, color)
    hair = linear(identity.hair_color)
    brow = (np.abs(y - .1375 + 9. * (x - .030) ** 2) < .0032) & (x > .013) & (x < .049) & ahead
    tuft = brow if identity.hair != "none" or identity.beard == "full" else brow & (y > .136)
    if identity.beard == "full":
        tuft |= jaw
    if identity.beard == "moustache":
        tuft |= (np.abs(y - .0595 + .15 * x) < .0062) & (x < .030) & ahead
    streak = 1 + .25 * sample(cloud("strands", 3), u * 24, v)
    color = np.where(tuft[:, None], hair * streak[:, None], color)
    label = np.where(tuft, LABEL["hair"], label).astype(np.uint8)
    if identity.glasses != "none":
        lens = ((x - .0325) / .0235) ** 4 + ((y - .116) / .0175) ** 4
        frame = (lens < 1) & (lens > .55) | (np.abs(y - .121) < .0025) & (x < .012)
        frame &= ahead
        frame |= (np.abs(y - .122) < .0032) & (np.abs(angle) > .75) & (np.abs(angle) < 1.75)
        if identity.glasses == "sun":
            frame |= (lens < 1) & ahead
        color = np.where(frame[:, None], np.array((.012, .012, .014)), color)
        label = np.where(frame, LABEL["glasses"], label).astype(np.uint8)
    return color, label


def paint(identity: Identity, material: str, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray | int]:
    """Colour points of one material.

    uv: (N, 2).  Returns: (N, 3) linear albedo, and the label of each point (N,) or -1: that of its piece.
    """
    u, v = uv[:, 0], uv[:, 1]
    skin = linear(palette.SKIN_TONES[identity.skin])
    if material in ("top", "sleeve", "collar"):
        return _top(identity, material, u, v)
    if material == "face":
        return _face(identity, u, v)
    if material == "hair":
        streak = 1 + .42 * sample(cloud("strands", 3), u * 9, v * .35 + .5) + .18 * sample(cloud("strands", 3), u * 31, v)
        return linear(identity.hair_color) * np.clip(streak, .35, 1.8)[:, None], -1
    if material == "hand":
        gap = (np.abs((u * 9) % 1 - .5) < .10) & (v > .52)
        return skin * np.where(gap, .70, 1.)[:, None] * (1 + .06 * v[:, None]), -1
    if material in ("bottom", "trouser"):
        return _bottom(identity, material, u, v), -1
    if material == "shoe":
        sole = v < (.022 if identity.shoe in ("sneaker", "boot") else .013)
        color = np.where(sole[:, None], linear(identity.sole_color), linear(identity.shoe_color))
        label = np.where(sole, LABEL["sole"], LABEL["shoe"]).astype(np.uint8)
        if identity.shoe == "sandal":
            foot = ~sole & ((v * 24) % 1 < .55)
            color = np.where(foot[:, None], skin, color)
            label = np.where(foot, LABEL["skin"], label).astype(np.uint8)
        return color, label
    if material == "bag":
        seam = (np.abs(v - .72) < .012) | (np.abs(v - .1) < .01)
        return linear(identity.bag_color) * (np.where(seam, .55, 1.) * (1 + .05 * _noise("weave", u, v, 1.)))[:, None], -1
    if material == "umbrella":
        rib = np.abs((u * 8) % 1 - .5) > .47
        return linear(identity.umbrella_color) * np.where(rib, .6, 1.)[:, None], -1
    if material == "hat":
        knit = .10 * np.sin(u * 2 * np.pi * 40) if identity.hat == "beanie" else .05 * _noise("weave", u, v, .5)
        band = identity.hat in ("brim", "cap") and 1.
        seam = np.where(band and (v < .735), .78, 1.)
        return linear(identity.hat_color) * (seam * (1 + knit))[:, None], -1
    plain = {"shaft": identity.shoe_color, "sock": identity.sock_color, "strap": identity.strap_color,
             "pole": (.35, .35, .36)}
    if material in plain:
        return np.tile(linear(plain[material]), (len(u), 1)), -1
    return skin * (1 + .05 * _noise("weave", u * .3, v, .4))[:, None], -1


def _bottom(identity: Identity, material: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    shade = 1 + .05 * _noise("weave", u * .5, v, .30)
    if identity.bottom == "jeans" and material == "trouser":
        fade = np.exp(-((u - .5) / .11) ** 2) * np.exp(-((v - .30) / .20) ** 2)
        shade = shade * (1 + .40 * fade)
    if identity.bottom in ("jeans", "trousers") and material == "trouser":
        shade = shade * (1 - .22 * (np.abs(np.abs(u - .5) - .25) < .012))
    return linear(identity.bottom_color) * shade[:, None]


@lru_cache(maxsize=1)
def gloss_table() -> dict[str, float]:
    """Gloss by material; 0 where none is told."""
    return dict(GLOSS)
