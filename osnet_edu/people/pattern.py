"""How each point of a surface is coloured: cloth patterns, prints, seams, faces. Colours are linear light."""

import numpy as np

from . import palette
from .body import LABEL
from .identity import Identity
from .noise import cloud, sample
from .palette import linear

# Share of light that cloth, hair or leather throws back like a mirror, and how tight the highlight is.
GLOSS = {
    "hair": 0.16,
    "shoe": 0.10,
    "shaft": 0.10,
    "bag": 0.07,
    "face": 0.05,
    "skin": 0.045,
    "hand": 0.04,
    "umbrella": 0.05,
    "pole": 0.3,
}


def around(identity: Identity) -> float:
    """Metres once around the chest: turns the trunk's u into metres, whatever the pose."""
    return 0.90 * identity.height / 1.75 * (0.5 + 0.5 * identity.girth)


def _noise(name: str, u: np.ndarray, v: np.ndarray, period: float) -> np.ndarray:
    return sample(cloud(name, 4), u / period, v / period)


def shape_mask(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie in a printed shape of radius 1. x, y: (N,), y down. Returns: (N,) bool."""
    r = np.sqrt(x * x + y * y)
    if shape == "disc":
        return r < 0.95
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) < 0.84
    if shape == "triangle":
        return (y < 0.72) & (np.abs(x) < (y + 1.05) * 0.56)
    if shape == "star":
        angle = np.arctan2(x, -y)
        sector = (angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5
        return r * (np.cos(sector) + np.abs(np.sin(sector)) * 1.376) < 0.62 * 1.0 * (1 + 0.62)
    if shape == "heart":
        a, b = x * 1.15, -y * 1.15 + 0.12
        return (a * a + b * b - 0.62) ** 3 < a * a * b**3 * 0.9
    if shape == "cross":
        return np.minimum(np.abs(x), np.abs(y)) < 0.33
    if shape == "ring":
        return np.abs(r - 0.70) < 0.27
    return (np.abs(y) < 0.42) & (np.abs(x) < 1.35)  # bar


def _second(identity: Identity, u: np.ndarray, v: np.ndarray, girth: float) -> np.ndarray:
    """Where the pattern shows its second colour. u: once around, v, girth: metres. Returns: (N,) bool."""
    kind, period, phase = identity.pattern, identity.pattern_period, identity.pattern_phase
    repeats = max(round(girth / period), 1)
    if kind == "stripes":
        return (v / period + phase) % 1 < 0.5
    if kind == "vertical stripes":
        return (u * repeats + phase) % 1 < 0.5
    if kind == "check":
        return ((v / period + phase) % 1 < 0.5) ^ ((u * repeats) % 1 < 0.5)
    if kind == "block":
        return v > 0.10 + 0.16 * phase
    if kind == "dots":
        row = np.floor(v / period + phase)
        a = (u * repeats + 0.5 * (row % 2)) % 1 - 0.5
        b = (v / period + phase) % 1 - 0.5
        return a * a + b * b < 0.085
    if kind == "camouflage":
        return _noise("camouflage", u * girth, v, period * 9) + 0.12 * (phase - 0.5) > 0.05
    return np.zeros(len(u), bool)


def _top(identity: Identity, material: str, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = len(u)
    if material == "sleeve" and identity.top == "gilet":  # worn over a jumper, whose sleeves are seen
        weave = 1 + 0.05 * _noise("weave", u * 0.38, v, 0.30)
        return linear(identity.inner_color) * weave[:, None], np.full(n, LABEL["inner"], np.uint8)
    label = np.full(n, LABEL["top"], np.uint8)
    girth = around(identity) if material == "top" else 0.38 * identity.height / 1.75
    second = _second(identity, u, v, girth) if material != "collar" else np.zeros(n, bool)
    color = np.where(second[:, None], linear(identity.top_color2), linear(identity.top_color))
    size = identity.height / 1.75
    side = (u - 0.5) * around(identity)
    line = np.zeros(n)
    cut = identity.top
    if material == "top":
        if identity.logo != "none" or identity.pattern == "marks":
            color, label = _print(identity, u, v, color, label)
        if identity.open:
            wide = 1.6 if cut in ("gilet", "cardigan") else 1.0
            gap = (0.045 + 0.020 * np.clip(v / 0.5, 0, 2)) * size * wide
            inner = np.abs(side) < gap
            color = np.where(inner[:, None], linear(identity.inner_color), color)
            label = np.where(inner, LABEL["inner"], label).astype(np.uint8)
            below = inner & (v > 0.50 * size) & (identity.bottom != "none")  # under a coat: what is worn below
            color = np.where(below[:, None], linear(identity.bottom_color) * 0.8, color)
            label = np.where(below, LABEL["bottom"], label).astype(np.uint8)
            line = np.maximum(line, 0.45 * np.exp(-(((np.abs(side) - gap - 0.008) / 0.007) ** 2)) * ~inner)
        elif cut in ("jacket", "coat", "gilet"):
            line = np.maximum(line, 0.5 * (np.abs(side) < 0.006) * (label == LABEL["top"]))
        elif cut == "shirt":
            buttons = (np.abs(side) < 0.007) & ((v / 0.085) % 1 < 0.16)
            line = np.maximum(0.16 * (np.abs(np.abs(side) - 0.018) < 0.0035), 0.55 * buttons)
        if cut in ("hoodie", "jacket", "coat"):
            pocket = np.abs(np.abs(side) - 0.125 * size - 0.12 * (v - 0.40 * size)) < 0.006
            line = np.maximum(line, 0.35 * (pocket & (np.abs(v - 0.38 * size) < 0.065) & (np.abs(u - 0.5) < 0.3)))
        if cut == "gilet":  # quilted
            line = np.maximum(line, 0.30 * (np.abs((v / (0.10 * size)) % 1 - 0.5) > 0.44) * (label == LABEL["top"]))
        if cut in ("jumper", "hoodie"):
            line = np.maximum(line, 0.18 * (((u * 90) % 1 < 0.5) & (v > 0.295 * size)))
        skin = _neckline(identity, u, v)
        color = np.where(skin[:, None], linear(palette.SKIN_TONES[identity.skin]), color)
        label = np.where(skin, LABEL["skin"], label).astype(np.uint8)
        line = np.where(skin, 0, line)
    weave = 1 + 0.05 * _noise("weave", u * girth, v, 0.30)
    return color * (weave * (1 - line))[:, None], label


# How deep (metres) and how wide (share of the way around) the neckline is cut, in front and behind.
NECKLINES = {"tank": (0.095, 0.17, 0.045), "dress": (0.075, 0.16, 0.012), "t-shirt": (0.024, 0.13, 0.0)}


def _neckline(identity: Identity, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Where the trunk's surface is bare skin: above the cut of the garment, and at a tank's armholes. (N,) bool."""
    if identity.top not in NECKLINES or identity.open:
        return np.zeros(len(u), bool)
    size = identity.height / 1.75
    ahead, across, behind = NECKLINES[identity.top]
    off = np.abs(u - 0.5)
    low = -0.030 + np.where(
        off < 0.25,
        ahead * np.sqrt(np.clip(1 - (off / across) ** 2, 0, 1)),
        behind * np.sqrt(np.clip(1 - ((0.5 - off) / across) ** 2, 0, 1)),
    )
    bare = v < low * size
    if identity.top == "tank" or (identity.top == "dress" and identity.sleeve == 0):
        bare |= (np.abs(off - 0.25) < 0.085) & (v < 0.060 * size)
    return bare


def _print(
    identity: Identity, u: np.ndarray, v: np.ndarray, color: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The logo, or the two marks of the scale ladder, in front, behind, or both."""
    size = identity.height / 1.75
    # The ring is flat in front: there u runs slower than metres do.
    chest = 0.19 * size * (0.45 + 0.55 * identity.girth)
    for place, offset in (("front", u - 0.5), ("back", (u + 0.5) % 1 - 0.5)):
        if identity.logo_place not in (place, "both"):
            continue
        wave = np.sin(2 * np.pi * offset)
        side = chest * np.sign(wave) * np.abs(wave) ** 0.8
        radius = identity.logo_size * size
        if identity.pattern == "marks":
            radius = 0.045 * size
            for sign, paint in ((-1, identity.top_color2), (1, identity.logo_color)):
                mark = shape_mask(
                    "disc", side / radius, (v - 0.20 * size - sign * identity.pattern_period / 2) / radius
                )
                color = np.where(mark[:, None], linear(paint), color)
                label = np.where(mark, LABEL["print"], label).astype(np.uint8)
        else:
            mark = shape_mask(identity.logo, side / radius, (v - 0.165 * size) / radius) & (np.abs(offset) < 0.25)
            color = np.where(mark[:, None], linear(identity.logo_color), color)
            label = np.where(mark, LABEL["print"], label).astype(np.uint8)
    return color, label


def _face(identity: Identity, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eyes, brows, lips, beard and glasses on the head; brows and beard are hair, frames are glasses."""
    angle = (u - 0.5) * 2 * np.pi
    x, y = np.abs(np.sin(angle)) * 0.078, v * 0.232
    ahead = np.abs(angle) < 1.35
    skin = linear(palette.SKIN_TONES[identity.skin])
    label = np.full(len(u), LABEL["skin"], np.uint8)
    color = np.tile(skin, (len(u), 1))
    blush = np.exp(-(((x - 0.038) / 0.018) ** 2) - ((y - 0.080) / 0.018) ** 2) * ahead * 0.20
    color = color * (1 - blush[:, None] * np.array((0.05, 0.75, 0.65)))
    hollow = np.exp(-(((x - 0.031) / 0.018) ** 2) - ((y - 0.119) / 0.011) ** 2) * ahead * 0.28
    color = color * (1 - hollow[:, None])
    lips = ((x / 0.024) ** 2 + ((y - 0.047) / 0.0078) ** 2 < 1) & ahead
    color = np.where(lips[:, None], skin * np.array((0.80, 0.48, 0.48)), color)
    color = np.where((lips & (np.abs(y - 0.0475) < 0.0016))[:, None], skin * 0.30, color)
    nostril = (np.abs(x - 0.008) < 0.005) & (np.abs(y - 0.071) < 0.003) & ahead
    color = np.where(nostril[:, None], skin * 0.35, color)
    stubble = {"stubble": 0.38, "none": 0.0}.get(identity.beard, 0.15)
    jaw = ((y < 0.066) & (np.abs(angle) < 1.75) & (y < 0.040 + 0.05 * np.abs(angle))) | (
        (np.abs(y - 0.060) < 0.006) & (x < 0.028)
    )
    jaw &= ~lips
    color = np.where(jaw[:, None], color * (1 - stubble * np.array((0.9, 0.95, 1.0))), color)
    eye = ((x - 0.031) / 0.0135) ** 2 + ((y - 0.118) / 0.0062) ** 2
    white = (eye < 1) & ahead
    color = np.where(white[:, None], np.minimum(0.30 + 0.6 * skin, 0.60), color)
    iris = ((x - 0.031) ** 2 + (y - 0.118) ** 2 < 0.0056**2) & white
    color = np.where(iris[:, None], np.array((0.035, 0.022, 0.016)), color)
    lash = (eye > 0.8) & (eye < 1.7) & (y > 0.118) & ahead
    color = np.where(lash[:, None], skin * 0.22, color)
    hair = linear(identity.hair_color)
    brow = (np.abs(y - 0.1375 + 9.0 * (x - 0.030) ** 2) < 0.0032) & (x > 0.013) & (x < 0.049) & ahead
    tuft = brow if identity.hair != "none" or identity.beard == "full" else brow & (y > 0.136)
    if identity.beard == "full":
        tuft |= jaw
    if identity.beard == "moustache":
        tuft |= (np.abs(y - 0.0595 + 0.15 * x) < 0.0062) & (x < 0.030) & ahead
    streak = 1 + 0.25 * sample(cloud("strands", 3), u * 24, v)
    color = np.where(tuft[:, None], hair * streak[:, None], color)
    label = np.where(tuft, LABEL["hair"], label).astype(np.uint8)
    if identity.glasses != "none":
        lens = ((x - 0.0325) / 0.0235) ** 4 + ((y - 0.116) / 0.0175) ** 4
        frame = (lens < 1) & (lens > 0.55) | (np.abs(y - 0.121) < 0.0025) & (x < 0.012)
        frame &= ahead
        frame |= (np.abs(y - 0.122) < 0.0032) & (np.abs(angle) > 0.75) & (np.abs(angle) < 1.75)
        if identity.glasses == "sun":
            frame |= (lens < 1) & ahead
        color = np.where(frame[:, None], np.array((0.012, 0.012, 0.014)), color)
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
        streak = (
            1
            + 0.42 * sample(cloud("strands", 3), u * 9, v * 0.35 + 0.5)
            + 0.18 * sample(cloud("strands", 3), u * 31, v)
        )
        return linear(identity.hair_color) * np.clip(streak, 0.35, 1.8)[:, None], -1
    if material == "hand":
        gap = (np.abs((u * 9) % 1 - 0.5) < 0.10) & (v > 0.52)
        return skin * np.where(gap, 0.70, 1.0)[:, None] * (1 + 0.06 * v[:, None]), -1
    if material in ("bottom", "trouser"):
        return _bottom(identity, material, u, v), -1
    if material == "shoe":
        sole = v < (0.022 if identity.shoe in ("sneaker", "boot") else 0.013)
        color = np.where(sole[:, None], linear(identity.sole_color), linear(identity.shoe_color))
        label = np.where(sole, LABEL["sole"], LABEL["shoe"]).astype(np.uint8)
        if identity.shoe == "sandal":
            foot = ~sole & ((v * 24) % 1 < 0.55)
            color = np.where(foot[:, None], skin, color)
            label = np.where(foot, LABEL["skin"], label).astype(np.uint8)
        return color, label
    if material == "bag":
        seam = (np.abs(v - 0.72) < 0.012) | (np.abs(v - 0.1) < 0.01)
        return linear(identity.bag_color) * (np.where(seam, 0.55, 1.0) * (1 + 0.05 * _noise("weave", u, v, 1.0)))[
            :, None
        ], -1
    if material == "umbrella":
        rib = np.abs((u * 8) % 1 - 0.5) > 0.47
        return linear(identity.umbrella_color) * np.where(rib, 0.6, 1.0)[:, None], -1
    if material == "hat":
        knit = 0.10 * np.sin(u * 2 * np.pi * 40) if identity.hat == "beanie" else 0.05 * _noise("weave", u, v, 0.5)
        band = identity.hat in ("brim", "cap") and 1.0
        seam = np.where(band and (v < 0.735), 0.78, 1.0)
        return linear(identity.hat_color) * (seam * (1 + knit))[:, None], -1
    plain = {
        "shaft": identity.shoe_color,
        "sock": identity.sock_color,
        "strap": identity.strap_color,
        "pole": (0.35, 0.35, 0.36),
    }
    if material in plain:
        return np.tile(linear(plain[material]), (len(u), 1)), -1
    return skin * (1 + 0.05 * _noise("weave", u * 0.3, v, 0.4))[:, None], -1


def _bottom(identity: Identity, material: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    shade = 1 + 0.05 * _noise("weave", u * 0.5, v, 0.30)
    if identity.bottom == "jeans" and material == "trouser":
        fade = np.exp(-(((u - 0.5) / 0.11) ** 2)) * np.exp(-(((v - 0.30) / 0.20) ** 2))
        shade = shade * (1 + 0.40 * fade)
    if identity.bottom in ("jeans", "trousers") and material == "trouser":
        shade = shade * (1 - 0.22 * (np.abs(np.abs(u - 0.5) - 0.25) < 0.012))
    return linear(identity.bottom_color) * shade[:, None]
