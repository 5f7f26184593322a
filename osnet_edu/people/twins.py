"""Pairs that differ in one thing: twins for the set, rungs of the scale ladder, crossed renders."""

from dataclasses import dataclass, replace

import numpy as np

from .. import draws
from ..refused import Refused
from . import palette
from .identity import BAGS, CHOICES, Identity, edit
from .palette import Color, distance, far_color
from .view import CAMERAS, View, draw_view

TWIN_PARTS: tuple[str, ...] = (
    "logo",
    "shoes",
    "bag",
    "hat",
    "hair",
    "top color",
    "bottom color",
    "pattern",
    "strap",
)
# On which labels of a mask each of them shows.
TWIN_LABELS: dict[str, tuple[str, ...]] = {
    "logo": ("print",),
    "shoes": ("shoe",),
    "bag": ("bag",),
    "hat": ("hat",),
    "hair": ("hair",),
    "top color": ("top",),
    "bottom color": ("bottom",),
    "pattern": ("top",),
    "strap": ("strap",),
}


def prepare(identity: Identity, part: str, seed: int, wardrobe: palette.Wardrobe = palette.HOME) -> Identity:
    """The person, given the thing that a twin part needs to be seen at all: a logo, a hat, a bag, uncovered hair.

    Raises: Refused for an unknown part.
    """
    if part not in TWIN_PARTS:
        raise Refused(f"part is {part!r}; allowed are {', '.join(TWIN_PARTS)}")
    rng = draws.named(seed, "prepare", part, identity.grain)
    change: dict[str, object] = {}
    if part == "logo":
        change = {
            "pattern": "plain",
            "open": False,
            "logo_place": "both",
            "logo_size": round(rng.uniform(0.095, 0.12), 3),
        }
        change["bag"] = "none" if identity.bag == "backpack" else identity.bag
        change["logo"] = identity.logo if identity.logo != "none" else str(rng.choice(CHOICES["logo"][1:]))
        if distance(identity.logo_color, identity.top_color) < 0.45:
            change["logo_color"] = far_color(rng, wardrobe.brights, (identity.top_color,), 0.5)
        if identity.hair == "long":
            change["hair"] = "bun"
        if identity.hat == "hijab":
            change["hat"] = "none"
    elif part == "bag" and identity.bag == "none":
        change = {"bag": str(rng.choice(BAGS)), "logo_place": "front"}
    elif part == "strap":
        change = {"bag": "crossbody" if identity.bag not in ("crossbody", "tote", "handbag") else identity.bag}
        if change["bag"] != "crossbody" and rng.random() < 0.7:
            change["bag"] = "crossbody"
        if identity.hair == "long":
            change["hair"] = "bun"
        if identity.hat == "hijab":
            change["hat"] = "beanie"
        if distance(identity.strap_color, identity.top_color) < 0.3:
            change["strap_color"] = far_color(rng, wardrobe.brights, (identity.top_color,), 0.4)
    elif part == "hat" and identity.hat == "none":
        change = {"hat": str(rng.choice(("cap", "beanie", "brim")))}
    elif part == "hair":
        change = {"hat": "none"}
        if identity.hair in ("none", "buzz"):
            change["hair"] = str(rng.choice(("short", "side parting", "curly")))
    elif part == "bottom color" and (
        identity.bottom == "none" or identity.top_length > 0.45 or identity.bottom_length < 0.3
    ):
        change = {"bottom": str(rng.choice(("trousers", "jeans"))), "bottom_length": 0.95, "bottom_ease": 0.016}
        if identity.top in ("dress", "coat"):
            change |= {"top": "shirt", "top_length": 0.32, "open": False}
    elif part == "pattern":
        change = {"open": False, "logo": "none"}
        if identity.pattern in ("plain", "marks"):
            change["pattern"] = str(rng.choice(("stripes", "check", "dots", "block", "vertical stripes")))
        if distance(identity.top_color, identity.top_color2) < 0.45:
            change["top_color2"] = far_color(rng, wardrobe.tops, (identity.top_color,), 0.5)
        change["pattern_period"] = round(float(rng.uniform(0.08, 0.16)), 3)
    elif part == "shoes":
        change = {"shoe": "sneaker" if identity.shoe == "sandal" else identity.shoe}
    elif part == "top color" and identity.open:
        change = {"open": False}
    if change.get("logo_place") == "front" and identity.open:
        change["logo"] = "none"
    return edit(identity, **change)


def twin(identity: Identity, part: str, seed: int, wardrobe: palette.Wardrobe = palette.HOME) -> Identity:
    """The same person but for one part, at a colour distance of at least .3 (.5 where the palette can).

    part: one of TWIN_PARTS.  wardrobe: where new colours come from. The person must already wear it (see `prepare`).
    Raises: Refused for an unknown part or one that the person does not wear.
    """
    if part not in TWIN_PARTS:
        raise Refused(f"part is {part!r}; allowed are {', '.join(TWIN_PARTS)}")
    rng = draws.named(seed, "twin", part, identity.grain)
    missing = {
        "logo": identity.logo == "none",
        "bag": identity.bag == "none",
        "strap": identity.bag == "none",
        "hat": identity.hat == "none",
        "hair": identity.hair == "none" or identity.hat in ("hijab", "turban"),
        "bottom color": identity.bottom == "none",
        "pattern": identity.pattern == "plain",
    }
    if missing.get(part):
        raise Refused(f"part is {part!r}, but this person has none; give it first with prepare(identity, part, seed)")

    def other(color: Color, choices: palette.Palette, keep_off: tuple[Color, ...] = ()) -> Color:
        return far_color(rng, choices, (color, *keep_off), 0.5)

    if part == "logo":
        change: dict[str, object] = {"logo_color": other(identity.logo_color, wardrobe.brights, (identity.top_color,))}
    elif part == "shoes":
        change = {"shoe_color": other(identity.shoe_color, wardrobe.shoes)}
    elif part == "bag":
        change = {"bag_color": other(identity.bag_color, wardrobe.brights)}
    elif part == "strap":
        change = {"strap_color": far_color(rng, wardrobe.brights, (identity.strap_color, identity.top_color), 0.45)}
    elif part == "hat":
        change = {"hat_color": other(identity.hat_color, wardrobe.brights)}
        if identity.hat in ("cap", "beanie", "brim") and rng.random() < 0.35:
            change["hat"] = str(rng.choice([kind for kind in ("cap", "beanie", "brim") if kind != identity.hat]))
    elif part == "hair":
        change = {"hair_color": other(identity.hair_color, palette.HAIR_COLORS)}
        styles = [
            kind
            for kind in ("short", "side parting", "curly", "afro", "bob", "ponytail", "bun")
            if kind != identity.hair
        ]
        if rng.random() < 0.35:
            change["hair"] = str(rng.choice(styles))
    elif part == "top color":
        change = {
            "top_color": other(
                identity.top_color, wardrobe.tops, (identity.top_color2,) if identity.pattern != "plain" else ()
            )
        }
    elif part == "bottom color":
        change = {"bottom_color": other(identity.bottom_color, wardrobe.bottoms)}
    else:
        kinds = [kind for kind in ("stripes", "vertical stripes", "check", "dots", "block") if kind != identity.pattern]
        change = {"pattern": str(rng.choice(kinds))}
    return edit(identity, **change)


@dataclass(frozen=True)
class Rung:
    """One step of the scale ladder. scale: metres; one, other: the pair; kind: "check" or "marks"."""

    kind: str
    scale: float
    one: Identity
    other: Identity


def scale_ladder(
    identity: Identity, kind: str = "marks", scales: tuple[float, ...] = (0.10, 0.13, 0.16, 0.19, 0.22, 0.25)
) -> list[Rung]:
    """Pairs that need a wider and wider look to be told apart, at equal area, colour histogram and contrast.

    marks: two discs, red above blue or blue above red, `scale` metres apart: a patch too small for both sees the same
    marks in either.  check: a check of period `scale` metres against the same check half a period on, its colours
    exchanged: as many squares and as many edges of either colour.
    Raises: Refused for an unknown kind.
    """
    if kind not in ("marks", "check"):
        raise Refused(f"kind is {kind!r}; allowed are marks, check")
    plain = edit(
        identity,
        bag="none",
        logo="none",
        open=False,
        logo_place="both",
        hair="short",
        hat="none",
        top="jumper",
        sleeve=1.0,
        top_length=0.30,
        top_color=(0.80, 0.80, 0.78),
        pattern="plain",
    )
    rungs = []
    for scale in scales:
        if kind == "marks":
            red, blue = (0.80, 0.16, 0.16), (0.14, 0.28, 0.78)
            base = edit(plain, pattern="marks", pattern_period=scale, top_color2=red, logo_color=blue)
            rungs.append(Rung(kind, scale, base, edit(base, top_color2=blue, logo_color=red)))
        else:
            base = edit(plain, pattern="check", pattern_period=scale, pattern_phase=0.0, top_color2=(0.14, 0.28, 0.60))
            rungs.append(Rung(kind, scale, base, edit(base, top_color=base.top_color2, top_color2=base.top_color)))
    return rungs


@dataclass(frozen=True)
class Cross:
    """One cell of a crossed design: whose person, which camera (1 to 6), yaw in radians, which background, the view."""

    person: int
    camera: int
    yaw: float
    background: int
    view: View


def crossed_views(
    people: int,
    cameras: tuple[int, ...] = tuple(range(1, len(CAMERAS) + 1)),
    yaws: tuple[float, ...] = tuple((np.arange(4) * np.pi / 2).tolist()),
    backgrounds: tuple[int, ...] = (1, 2, 3),
    seed: int = 0,
) -> list[Cross]:
    """Every person under every camera at every yaw before every background, nothing else varied.

    Background b is the street of camera b with its hour and weather, seen by each camera's own lens and sensor.
    """
    cells = []
    for person in range(1, people + 1):
        for camera in cameras:
            base = replace(
                draw_view(seed, 0, camera, 0),
                occluder="none",
                passer=0,
                dx=0.0,
                dy=0.0,
                zoom=0.0,
                stretch=0.0,
                arms="swing",
                stride=0.8,
                phase=0.9,
                weather="cloudy",
                hour=11.0,
                motion=0.3,
            )
            for yaw in yaws:
                for background in backgrounds:
                    view = replace(
                        base, yaw=round(yaw, 4), street=background, scene=1000 + background, place=float(7 * background)
                    )
                    cells.append(Cross(person, camera, round(yaw, 4), background, view))
    return cells
