"""Who a person is: every attribute its own field, none derived from another; drawn, edited, checked."""

from dataclasses import dataclass, fields, replace

import numpy as np

from .. import draws
from ..refused import Refused
from . import palette
from .palette import Color, pick, rounded

CHOICES: dict[str, tuple[str, ...]] = {
    "hair": ("none", "buzz", "short", "side parting", "curly", "afro", "bob", "long", "ponytail", "bun", "braids"),
    "beard": ("none", "stubble", "moustache", "full"),
    "hat": ("none", "cap", "beanie", "brim", "hijab", "turban"),
    "glasses": ("none", "clear", "sun"),
    "top": ("t-shirt", "shirt", "jumper", "jacket", "coat", "hoodie", "dress", "tank"),
    "pattern": ("plain", "stripes", "vertical stripes", "check", "block", "dots", "camouflage", "marks"),
    "logo": ("none", "disc", "square", "triangle", "star", "heart", "cross", "ring", "bar"),
    "logo_place": ("front", "back", "both"),
    "bottom": ("trousers", "jeans", "leggings", "shorts", "skirt", "none"),
    "shoe": ("sneaker", "boot", "flat", "sandal"),
    "bag": ("none", "backpack", "handbag", "crossbody", "tote"),
    "bag_side": ("left", "right"),
    "umbrella": ("none", "open"),
}
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
OPENING = ("jacket", "coat", "shirt", "hoodie")  # tops that can be worn open over an inner shirt


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


def check(identity: Identity) -> Identity:
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
        raise Refused(f"{unknown[0]} is no attribute of a person; allowed are {', '.join(FIELDS)}")
    clean = {name: _plain(name, value) for name, value in changes.items()}
    return check(replace(identity, **clean))


def _plain(name: str, value: object) -> object:
    """Lists and arrays of three become a tuple of floats, NumPy scalars plain numbers."""
    if name in COLORS and isinstance(value, (list, tuple, np.ndarray)):
        return tuple(item.item() if isinstance(item, np.generic) else item for item in value)
    return value.item() if isinstance(value, np.generic) else value


def build_of(identity: Identity) -> str:
    """The name of a build: child, slim, average, broad or heavy."""
    if identity.height < 1.45:
        return "child"
    for name, limit in (("slim", 0.92), ("average", 1.04), ("broad", 1.15)):
        if identity.girth < limit:
            return name
    return "heavy"


def _choice(rng: np.random.Generator, weights: dict[str, float]) -> str:
    share = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(share), p=share / share.sum()))]


def draw_identity(seed: int, person: int, wardrobe: palette.Wardrobe = palette.HOME) -> Identity:
    """Draw person number `person` of the set `seed`, dressed from a wardrobe; the same arguments give the same."""
    rng = draws.named(seed, "identity", person)
    number = lambda mean, spread, low, high: round(float(np.clip(rng.normal(mean, spread), low, high)), 3)  # noqa: E731
    span = lambda low, high: round(float(rng.uniform(low, high)), 3)  # noqa: E731
    woman = rng.random() < 0.5
    child = rng.random() < 0.07
    old = not child and rng.random() < 0.13
    height = number(1.30, 0.09, 1.12, 1.44) if child else number(1.64 if woman else 1.77, 0.07, 1.47, 2.02)
    girth = (span(0.82, 0.92), span(0.92, 1.04), span(0.92, 1.04), span(1.04, 1.15), span(1.15, 1.34))[rng.integers(5)]
    hair = _choice(
        rng,
        {
            "buzz": 0.03,
            "short": 0.09,
            "side parting": 0.04,
            "curly": 0.05,
            "afro": 0.04,
            "bob": 0.19,
            "long": 0.27,
            "ponytail": 0.15,
            "bun": 0.09,
            "braids": 0.05,
        }
        if woman
        else {
            "none": 0.08,
            "buzz": 0.17,
            "short": 0.31,
            "side parting": 0.22,
            "curly": 0.11,
            "afro": 0.05,
            "bob": 0.02,
            "long": 0.03,
            "bun": 0.02,
        },
    )
    hair_color = rounded(np.array((0.72, 0.71, 0.70)) + rng.normal(0, 0.06)) if old else pick(rng, palette.HAIR_COLORS)
    hat = _choice(
        rng,
        {"none": 0.70, "cap": 0.07, "beanie": 0.06, "brim": 0.05, "hijab": 0.12}
        if woman
        else {"none": 0.70, "cap": 0.14, "beanie": 0.08, "brim": 0.04, "turban": 0.05},
    )
    beard = "none" if woman or child else _choice(rng, {"none": 0.52, "stubble": 0.18, "moustache": 0.08, "full": 0.22})
    top = _choice(
        rng,
        {
            "t-shirt": 0.22,
            "shirt": 0.12,
            "jumper": 0.14,
            "jacket": 0.15,
            "coat": 0.09,
            "hoodie": 0.12,
            "dress": 0.16 if woman else 0,
            "tank": 0.06,
        },
    )
    sleeve, ease, length = {
        "t-shirt": (span(0.26, 0.50), span(0.010, 0.024), span(0.24, 0.36)),
        "tank": (0.0, span(0.008, 0.014), span(0.22, 0.34)),
        "shirt": (span(0.30, 1.0), span(0.010, 0.022), span(0.24, 0.40)),
        "jumper": (1.0, span(0.014, 0.028), span(0.22, 0.34)),
        "jacket": (1.0, span(0.020, 0.036), span(0.20, 0.38)),
        "coat": (1.0, span(0.022, 0.036), span(0.52, 0.88)),
        "hoodie": (1.0, span(0.020, 0.036), span(0.24, 0.36)),
        "dress": (span(0, 1.0), span(0.008, 0.018), span(0.50, 0.92)),
    }[top]
    pattern = _choice(
        rng,
        {
            "plain": 0.60,
            "stripes": 0.11,
            "vertical stripes": 0.05,
            "check": 0.08,
            "block": 0.08,
            "dots": 0.05,
            "camouflage": 0.03,
        },
    )
    top_color = pick(rng, wardrobe.tops)
    top_color2 = palette.far_color(rng, wardrobe.tops, (top_color,), 0.30, 1.3)
    opened = rng.random() < {"jacket": 0.55, "coat": 0.55, "shirt": 0.18, "hoodie": 0.18}.get(top, 0)
    inner = palette.far_color(rng, wardrobe.tops, (top_color,), 0.22, 1.5)
    logo_odds = {"t-shirt": 0.5, "hoodie": 0.45, "jumper": 0.28, "tank": 0.25, "jacket": 0.2, "dress": 0.12}.get(top, 0)
    logo = str(rng.choice(CHOICES["logo"][1:])) if pattern == "plain" and rng.random() < logo_odds else "none"
    logo_color = palette.far_color(rng, wardrobe.brights, (top_color,), 0.40, 1.6)
    bottom = _choice(
        rng,
        {"leggings": 0.45, "none": 0.55}
        if top == "dress"
        else {"trousers": 0.24, "jeans": 0.30, "leggings": 0.15, "shorts": 0.13, "skirt": 0.18}
        if woman
        else {"trousers": 0.36, "jeans": 0.42, "leggings": 0.03, "shorts": 0.19},
    )
    bottom_length = {"shorts": span(0.18, 0.48), "skirt": span(0.22, 0.90), "none": 0.0}.get(bottom, 0.0)
    if bottom in ("trousers", "jeans", "leggings"):
        bottom_length = span(0.88, 1.0) if rng.random() < 0.85 else span(0.66, 0.86)
    bottom_ease = {
        "trousers": span(0.014, 0.034),
        "jeans": span(0.008, 0.022),
        "leggings": span(0.004, 0.007),
        "shorts": span(0.014, 0.034),
        "skirt": span(0.012, 0.04),
        "none": 0.01,
    }[bottom]
    cloth = ("dark denim", "denim", "light denim", "black", "grey")
    denim = {name: wardrobe.bottoms[name] for name in cloth if name in wardrobe.bottoms} or wardrobe.bottoms
    bottom_color = pick(rng, denim if bottom == "jeans" else wardrobe.bottoms)
    shoe = _choice(rng, {"sneaker": 0.55, "boot": 0.17, "flat": 0.20, "sandal": 0.08})
    shoe_color = pick(rng, wardrobe.shoes)
    bag = _choice(
        rng,
        {"none": 0.36, "backpack": 0.23, "handbag": 0.15, "crossbody": 0.15, "tote": 0.11}
        if woman
        else {"none": 0.47, "backpack": 0.32, "handbag": 0.04, "crossbody": 0.13, "tote": 0.04},
    )
    bag_color = pick(rng, wardrobe.brights)
    strap_color = bag_color if rng.random() < 0.5 else pick(rng, wardrobe.brights)
    place = "front" if bag == "backpack" else "back" if opened else "both"
    if opened and bag == "backpack":
        logo = "none"  # it would be hidden on both sides
    return check(
        Identity(
            height=height,
            girth=girth,
            figure=span(0.05, 1.0) if woman and not child else span(-1.0, -0.1),
            shoulders=number(0.96 if woman else 1.03, 0.035, 0.89, 1.13),
            head_scale=span(1.10, 1.20) if child else number(1.02, 0.025, 0.95, 1.09),
            stoop=span(0.10, 0.32) if old else span(0.0, 0.07),
            skin=int(rng.choice(len(palette.SKIN_TONES), p=palette.SKIN_WEIGHTS)),
            hair=hair,
            hair_color=hair_color,
            beard=beard,
            hat=hat,
            hat_color=pick(rng, wardrobe.brights),
            glasses=_choice(rng, {"none": 0.76, "clear": 0.16, "sun": 0.08}),
            top=top,
            top_color=top_color,
            top_color2=top_color2,
            top_length=length,
            top_ease=ease,
            sleeve=sleeve,
            pattern=pattern,
            pattern_period=span(0.05, 0.15),
            pattern_phase=span(0.0, 1.0),
            open=bool(opened),
            inner_color=inner,
            logo=logo,
            logo_color=logo_color,
            logo_place=place,
            logo_size=span(0.07, 0.105),
            bottom=bottom,
            bottom_color=bottom_color,
            bottom_length=bottom_length,
            bottom_ease=bottom_ease,
            shoe=shoe,
            shoe_color=shoe_color,
            sole_color=pick(rng, wardrobe.soles),
            sock_color=pick(rng, wardrobe.shoes),
            sock_length=span(0.02, 0.16),
            bag=bag,
            bag_color=bag_color,
            strap_color=strap_color,
            bag_side=str(rng.choice(CHOICES["bag_side"])),
            umbrella="open" if rng.random() < 0.05 else "none",
            umbrella_color=pick(rng, wardrobe.brights),
            grain=int(rng.integers(1 << 20)),
        )
    )
