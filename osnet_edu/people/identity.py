"""Who a person is: every attribute its own field, none derived from another; drawn, edited, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .. import draws
from ..refused import Refused
from . import palette
from .palette import Color, pick, rounded

CHOICES: dict[str, tuple[str, ...]] = {
    "hair": (
        "none", "buzz", "short", "side parting", "curly", "afro", "bob", "long", "ponytail", "bun", "braids",
        "shoulder", "undercut", "pigtails", "topknot",
    ),
    "beard": ("none", "stubble", "moustache", "full"),
    "hat": ("none", "cap", "beanie", "brim", "hijab", "turban"),
    "glasses": ("none", "clear", "sun"),
    "top": ("t-shirt", "shirt", "jumper", "jacket", "coat", "hoodie", "dress", "tank", "gilet", "cardigan"),
    "pattern": ("plain", "stripes", "vertical stripes", "check", "block", "dots", "camouflage", "marks"),
    "logo": ("none", "disc", "square", "triangle", "star", "heart", "cross", "ring", "bar"),
    "logo_place": ("front", "back", "both"),
    "bottom": ("trousers", "jeans", "leggings", "shorts", "skirt", "none"),
    "shoe": ("sneaker", "boot", "flat", "sandal"),
    "bag": ("none", "backpack", "handbag", "crossbody", "tote", "suitcase", "shopping"),
    "bag_side": ("left", "right"),
    "umbrella": ("none", "open"),
}  # fmt: skip
BAGS = CHOICES["bag"][1:5]  # those that are drawn at home; the others belong to the wider world
# Lowest and highest allowed value of every number: metres where a length, shares where a proportion.
RANGES: dict[str, tuple[float, float]] = {
    "height": (1.10, 2.05),
    "girth": (0.80, 1.40),
    "figure": (-1.0, 1.0),
    "shoulders": (0.88, 1.14),
    "head_scale": (0.92, 1.25),
    "stoop": (0.0, 0.35),
    "sleeve": (0.0, 1.0),
    "top_length": (0.0, 1.0),
    "top_ease": (0.006, 0.045),
    "pattern_period": (0.02, 0.40),
    "pattern_phase": (0.0, 1.0),
    "logo_size": (0.05, 0.14),
    "bottom_length": (0.0, 1.0),
    "bottom_ease": (0.004, 0.05),
    "sock_length": (0.0, 0.3),
}
OPENING = ("jacket", "coat", "shirt", "hoodie", "gilet", "cardigan")  # tops that can be worn open over an inner shirt
# The attributes of each part of the clothes.
WORN: Mapping[str, tuple[str, ...]] = {
    "top": (
        "top", "top_color", "top_color2", "top_length", "top_ease", "sleeve", "pattern", "pattern_period",
        "pattern_phase", "open", "inner_color", "logo", "logo_color", "logo_place", "logo_size",
    ),
    "bottom": ("bottom", "bottom_color", "bottom_length", "bottom_ease"),
    "shoes": ("shoe", "shoe_color", "sole_color", "sock_color", "sock_length"),
    "bag": ("bag", "bag_color", "strap_color", "bag_side"),
    "hat and glasses": ("hat", "hat_color", "glasses"),
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """One person. Lengths in metres, colours display sRGB in [0, 1], shares in [0, 1].

    top_length: 0 hem at the waist, 1 at the calf.  sleeve: 0 none, 1 to the wrist.  bottom_length: 0 to the crotch,
    1 to the ankle.  figure: -1 straight to 1 hourglass.  grain: names the random folds and strands, never edited.
    pattern_period: length of one repeat of the pattern (for "marks": the distance between the two marks).
    """

    height: float
    girth: float
    figure: float
    shoulders: float
    head_scale: float
    stoop: float
    skin: int
    hair: str
    hair_color: Color
    beard: str
    hat: str
    hat_color: Color
    glasses: str
    top: str
    top_color: Color
    top_color2: Color
    top_length: float
    top_ease: float
    sleeve: float
    pattern: str
    pattern_period: float
    pattern_phase: float
    open: bool
    inner_color: Color
    logo: str
    logo_color: Color
    logo_place: str
    logo_size: float
    bottom: str
    bottom_color: Color
    bottom_length: float
    bottom_ease: float
    shoe: str
    shoe_color: Color
    sole_color: Color
    sock_color: Color
    sock_length: float
    bag: str
    bag_color: Color
    strap_color: Color
    bag_side: str
    umbrella: str
    umbrella_color: Color
    grain: int


FIELDS = tuple(field.name for field in fields(Identity))
COLORS = tuple(name for name in FIELDS if name.endswith(("_color", "_color2")))


def _checked(identity: Identity) -> Identity:
    """The identity itself if it makes sense.

    Raises: Refused that names the field and the values it allows.
    """
    for name, allowed in CHOICES.items():
        if getattr(identity, name) not in allowed:
            raise Refused(f"{name} is {getattr(identity, name)!r}; allowed are {', '.join(allowed)}")
    for name, (low, high) in RANGES.items():
        value = getattr(identity, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise Refused(f"{name} is {value!r}; allowed are numbers from {low} to {high}")
    for name in COLORS:
        color = getattr(identity, name)
        good = isinstance(color, tuple) and len(color) == 3
        if not good or not all(isinstance(value, (int, float)) and 0 <= value <= 1 for value in color):
            raise Refused(f"{name} is {color!r}; allowed are three numbers (red, green, blue) in [0, 1]")
    if isinstance(identity.skin, bool) or identity.skin not in range(len(palette.SKIN_TONES)):
        raise Refused(f"skin is {identity.skin!r}; allowed are whole numbers from 0 to {len(palette.SKIN_TONES) - 1}")
    if not isinstance(identity.open, bool):
        raise Refused(f"open is {identity.open!r}; allowed are True and False")
    if identity.open and identity.top not in OPENING:
        raise Refused(f"open is True on a {identity.top}; allowed only for top {', '.join(OPENING)}")
    if identity.logo != "none" and identity.bag == "backpack" and identity.logo_place != "front":
        raise Refused(f"logo_place is {identity.logo_place!r}, under a backpack; allowed with a backpack is front")
    if identity.logo != "none" and identity.open and identity.logo_place != "back":
        raise Refused(f"logo_place is {identity.logo_place!r} on an open {identity.top}; allowed is back")
    if identity.bottom == "none" and identity.top not in ("dress", "coat"):
        raise Refused(f"bottom is 'none' under a {identity.top}; allowed are {', '.join(CHOICES['bottom'][:-1])}")
    return identity


def edit(identity: Identity, **changes: object) -> Identity:
    """The same person with some attributes changed: edit(person, top_color=(1, 0, 0), hat="cap").

    Raises: Refused that names the field and the values it allows.
    """
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown:
        raise Refused(f"{unknown[0]} is not an attribute of a person; allowed are {', '.join(FIELDS)}")
    clean: dict[str, Any] = {name: _plain(name, value) for name, value in changes.items()}
    return _checked(replace(identity, **clean))


def _plain(name: str, value: object) -> object:
    """Lists and arrays of three become a tuple of floats, NumPy scalars plain numbers."""
    if name in COLORS and isinstance(value, (list, tuple, np.ndarray)):
        return tuple(item.item() if isinstance(item, np.generic) else item for item in value)
    return value.item() if isinstance(value, np.generic) else value


def put_on(identity: Identity, other: Identity, part: str | None = None) -> Identity:
    """A person in another's clothes, or in one part of them; as it was, where these do not go with the rest.

    part: a name in WORN; None for all.
    """
    names = WORN[part] if part else [name for names in WORN.values() for name in names]
    try:
        return edit(identity, **{name: getattr(other, name) for name in names})
    except Refused:
        return identity


def build_of(identity: Identity) -> str:
    """The name of a build: child, slim, average, broad or heavy."""
    if identity.height < 1.45:
        return "child"
    for name, limit in (("slim", 0.92), ("average", 1.04), ("broad", 1.15)):
        if identity.girth < limit:
            return name
    return "heavy"


_Odds = Mapping[str, float]
_Bounds = float | tuple[float, float]  # one value, or the lowest and the highest

# Odds and bounds of what is drawn.  _WOMAN, _MAN: the odds that differ between women and men.
_HEIGHTS = {"child": (1.30, 0.09, 1.12, 1.44), "woman": (1.64, 0.07, 1.47, 2.02), "man": (1.77, 0.07, 1.47, 2.02)}
_GIRTHS: tuple[_Bounds, ...] = ((0.82, 0.92), (0.92, 1.04), (0.92, 1.04), (1.04, 1.15), (1.15, 1.34))
_WOMAN: Mapping[str, _Odds] = {
    "hair": {
        "buzz": 0.03, "short": 0.09, "side parting": 0.04, "curly": 0.05, "afro": 0.04, "bob": 0.19, "long": 0.27,
        "ponytail": 0.15, "bun": 0.09, "braids": 0.05,
    },
    "hat": {"none": 0.70, "cap": 0.07, "beanie": 0.06, "brim": 0.05, "hijab": 0.12},
    "top": {
        "t-shirt": 0.22, "shirt": 0.12, "jumper": 0.14, "jacket": 0.15, "coat": 0.09, "hoodie": 0.12, "dress": 0.16,
        "tank": 0.06,
    },
    "bottom": {"trousers": 0.24, "jeans": 0.30, "leggings": 0.15, "shorts": 0.13, "skirt": 0.18},
    "bag": {"none": 0.36, "backpack": 0.23, "handbag": 0.15, "crossbody": 0.15, "tote": 0.11},
}  # fmt: skip
_MAN: Mapping[str, _Odds] = {
    "hair": {
        "none": 0.08, "buzz": 0.17, "short": 0.31, "side parting": 0.22, "curly": 0.11, "afro": 0.05, "bob": 0.02,
        "long": 0.03, "bun": 0.02,
    },
    "hat": {"none": 0.70, "cap": 0.14, "beanie": 0.08, "brim": 0.04, "turban": 0.05},
    "top": {**_WOMAN["top"], "dress": 0},
    "bottom": {"trousers": 0.36, "jeans": 0.42, "leggings": 0.03, "shorts": 0.19},
    "bag": {"none": 0.47, "backpack": 0.32, "handbag": 0.04, "crossbody": 0.13, "tote": 0.04},
}  # fmt: skip
_BEARDS: _Odds = {"none": 0.52, "stubble": 0.18, "moustache": 0.08, "full": 0.22}
_GLASSES: _Odds = {"none": 0.76, "clear": 0.16, "sun": 0.08}
_UNDER_A_DRESS: _Odds = {"leggings": 0.45, "none": 0.55}
_SHOES: _Odds = {"sneaker": 0.55, "boot": 0.17, "flat": 0.20, "sandal": 0.08}
_PATTERNS: _Odds = {
    "plain": 0.60, "stripes": 0.11, "vertical stripes": 0.05, "check": 0.08, "block": 0.08, "dots": 0.05,
    "camouflage": 0.03,
}  # fmt: skip
_OPENED: _Odds = {"jacket": 0.55, "coat": 0.55, "shirt": 0.18, "hoodie": 0.18}
_PRINTED: _Odds = {"t-shirt": 0.5, "hoodie": 0.45, "jumper": 0.28, "tank": 0.25, "jacket": 0.2, "dress": 0.12}
# sleeve, ease and length of each top.
_TOP_CUTS: Mapping[str, tuple[_Bounds, _Bounds, _Bounds]] = {
    "t-shirt": ((0.26, 0.50), (0.010, 0.024), (0.24, 0.36)),
    "tank": (0.0, (0.008, 0.014), (0.22, 0.34)),
    "shirt": ((0.30, 1.0), (0.010, 0.022), (0.24, 0.40)),
    "jumper": (1.0, (0.014, 0.028), (0.22, 0.34)),
    "jacket": (1.0, (0.020, 0.036), (0.20, 0.38)),
    "coat": (1.0, (0.022, 0.036), (0.52, 0.88)),
    "hoodie": (1.0, (0.020, 0.036), (0.24, 0.36)),
    "dress": ((0, 1.0), (0.008, 0.018), (0.50, 0.92)),
}
_BOTTOM_LENGTHS: Mapping[str, _Bounds] = {"shorts": (0.18, 0.48), "skirt": (0.22, 0.90)}
_BOTTOM_EASES: Mapping[str, _Bounds] = {
    "trousers": (0.014, 0.034),
    "jeans": (0.008, 0.022),
    "leggings": (0.004, 0.007),
    "shorts": (0.014, 0.034),
    "skirt": (0.012, 0.04),
    "none": 0.01,
}


def _choice(rng: np.random.Generator, odds: _Odds) -> str:
    share = np.array(list(odds.values()))
    return list(odds)[int(rng.choice(len(share), p=share / share.sum()))]


def _number(rng: np.random.Generator, mean: float, spread: float, low: float, high: float) -> float:
    return round(float(np.clip(rng.normal(mean, spread), low, high)), 3)


def _within(rng: np.random.Generator, bounds: _Bounds) -> float:
    """A number between two bounds.  A single value is returned as it is, without a draw."""
    return round(float(rng.uniform(*bounds)), 3) if isinstance(bounds, tuple) else bounds


@dataclass(frozen=True)
class _Drawing:
    """What the parts of a person are drawn with: random numbers, a wardrobe, and who it is."""

    rng: np.random.Generator
    wardrobe: palette.Wardrobe
    woman: bool
    child: bool
    old: bool

    @property
    def odds(self) -> Mapping[str, _Odds]:
        return _WOMAN if self.woman else _MAN


def draw_identity(seed: int, person: int, wardrobe: palette.Wardrobe = palette.HOME) -> Identity:
    """Draw person number `person` of the set `seed`, dressed from a wardrobe; the same arguments give the same."""
    rng = draws.named(seed, "identity", person)
    woman = bool(rng.random() < 0.5)
    child = bool(rng.random() < 0.07)
    old = bool(not child and rng.random() < 0.13)
    drawing = _Drawing(rng, wardrobe, woman, child, old)
    # The order of the draws is fixed: with one draw more, or an earlier one, the same numbers give other people.
    values = _body(drawing)
    values |= _top(drawing)
    values |= _bottom(drawing, values["top"])
    values |= _carried(drawing, values["open"])
    if values["open"] and values["bag"] == "backpack":
        values["logo"] = "none"  # it would be hidden on both sides
    values |= _details(drawing)
    return _checked(Identity(**values))


def _body(drawing: _Drawing) -> dict[str, Any]:
    """Height, girth, hair, hat and beard."""
    rng, odds = drawing.rng, drawing.odds
    height = _number(rng, *_HEIGHTS["child" if drawing.child else "woman" if drawing.woman else "man"])
    girth = [_within(rng, bounds) for bounds in _GIRTHS][rng.integers(len(_GIRTHS))]
    hair = _choice(rng, odds["hair"])
    grey = np.array((0.72, 0.71, 0.70))
    hair_color = rounded(grey + rng.normal(0, 0.06)) if drawing.old else pick(rng, palette.HAIR_COLORS)
    hat = _choice(rng, odds["hat"])
    beard = "none" if drawing.woman or drawing.child else _choice(rng, _BEARDS)
    return dict(height=height, girth=girth, hair=hair, hair_color=hair_color, hat=hat, beard=beard)


def _top(drawing: _Drawing) -> dict[str, Any]:
    """The top: its cut, pattern, colours and logo."""
    rng, wardrobe = drawing.rng, drawing.wardrobe
    top = _choice(rng, drawing.odds["top"])
    cuts = {name: tuple(_within(rng, bounds) for bounds in cut) for name, cut in _TOP_CUTS.items()}
    sleeve, ease, length = cuts[top]
    pattern = _choice(rng, _PATTERNS)
    color = pick(rng, wardrobe.tops)
    color2 = palette.far_color(rng, wardrobe.tops, (color,), 0.30, 1.3)
    opened = bool(rng.random() < _OPENED.get(top, 0))
    inner = palette.far_color(rng, wardrobe.tops, (color,), 0.22, 1.5)
    printed = pattern == "plain" and rng.random() < _PRINTED.get(top, 0)
    return dict(
        top=top,
        top_color=color,
        top_color2=color2,
        top_length=length,
        top_ease=ease,
        sleeve=sleeve,
        pattern=pattern,
        open=opened,
        inner_color=inner,
        logo=str(rng.choice(CHOICES["logo"][1:])) if printed else "none",
        logo_color=palette.far_color(rng, wardrobe.brights, (color,), 0.40, 1.6),
    )


def _bottom(drawing: _Drawing, top: str) -> dict[str, Any]:
    """The bottom under a top, and the shoes."""
    rng, wardrobe = drawing.rng, drawing.wardrobe
    bottom = _choice(rng, _UNDER_A_DRESS if top == "dress" else drawing.odds["bottom"])
    length = {name: _within(rng, bounds) for name, bounds in _BOTTOM_LENGTHS.items()}.get(bottom, 0.0)
    if bottom in ("trousers", "jeans", "leggings"):
        length = _within(rng, (0.88, 1.0) if rng.random() < 0.85 else (0.66, 0.86))
    ease = {name: _within(rng, bounds) for name, bounds in _BOTTOM_EASES.items()}[bottom]
    cloth = ("dark denim", "denim", "light denim", "black", "grey")
    denim = {name: wardrobe.bottoms[name] for name in cloth if name in wardrobe.bottoms} or wardrobe.bottoms
    return dict(
        bottom=bottom,
        bottom_length=length,
        bottom_ease=ease,
        bottom_color=pick(rng, denim if bottom == "jeans" else wardrobe.bottoms),
        shoe=_choice(rng, _SHOES),
        shoe_color=pick(rng, wardrobe.shoes),
    )


def _carried(drawing: _Drawing, opened: bool) -> dict[str, Any]:
    """The bag, and the place where a logo is seen beside it."""
    rng, brights = drawing.rng, drawing.wardrobe.brights
    bag = _choice(rng, drawing.odds["bag"])
    color = pick(rng, brights)
    strap = color if rng.random() < 0.5 else pick(rng, brights)
    place = "front" if bag == "backpack" else "back" if opened else "both"
    return dict(bag=bag, bag_color=color, strap_color=strap, logo_place=place)


def _details(drawing: _Drawing) -> dict[str, Any]:
    """What is drawn last, for every part: proportions, skin, glasses, sizes, more colours, the umbrella."""
    rng, wardrobe, woman, child = drawing.rng, drawing.wardrobe, drawing.woman, drawing.child
    return dict(
        figure=_within(rng, (0.05, 1.0) if woman and not child else (-1.0, -0.1)),
        shoulders=_number(rng, 0.96 if woman else 1.03, 0.035, 0.89, 1.13),
        head_scale=_within(rng, (1.10, 1.20)) if child else _number(rng, 1.02, 0.025, 0.95, 1.09),
        stoop=_within(rng, (0.10, 0.32) if drawing.old else (0.0, 0.07)),
        skin=int(rng.choice(len(palette.SKIN_TONES), p=palette.SKIN_WEIGHTS)),
        hat_color=pick(rng, wardrobe.brights),
        glasses=_choice(rng, _GLASSES),
        pattern_period=_within(rng, (0.05, 0.15)),
        pattern_phase=_within(rng, (0.0, 1.0)),
        logo_size=_within(rng, (0.07, 0.105)),
        sole_color=pick(rng, wardrobe.soles),
        sock_color=pick(rng, wardrobe.shoes),
        sock_length=_within(rng, (0.02, 0.16)),
        bag_side=str(rng.choice(CHOICES["bag_side"])),
        umbrella="open" if rng.random() < 0.05 else "none",
        umbrella_color=pick(rng, wardrobe.brights),
        grain=int(rng.integers(1 << 20)),
    )
