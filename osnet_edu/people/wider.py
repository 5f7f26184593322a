"""Who lives in the wider world and who films it: more builds, hair, layers and bags, rougher cameras and boxes.

Everything keeps out of the bounds that the other world holds: cameras' heights, builds, colours, grounds and fronts.
"""

import numpy as np

from .. import draws
from . import palette
from .identity import BAGS, CHOICES, Identity, edit
from .view import Camera, Habits

WIDER_POOL = 384  # cameras that are drawn for the wider world, each in a street of its own
HABITS = Habits(0.24, 0.40, 0.08, 0.07, 0.16, 0.8, (0.50, 0.13, 0.15, 0.11, 0.11), (34, 95), 0.08)
_HAIR = ("shoulder", "undercut", "pigtails", "topknot")
_PATTERNS = CHOICES["pattern"][1:7]


def wider_camera(number: int) -> Camera:
    """Camera `number` of the wider world's pool, 0 to WIDER_POOL - 1."""
    rng = draws.named("wider camera", number)
    span = lambda low, high: round(float(rng.uniform(low, high)), 3)  # noqa: E731
    return Camera(
        heading=span(-3.14, 3.14),
        height=span(1.9, 4.6),
        distance=span(5.0, 18.0),
        gain=(span(0.88, 1.13), span(0.93, 1.07), span(0.88, 1.13)),
        gamma=span(0.86, 1.18),
        saturation=span(0.60, 1.25),
        exposure=span(0.70, 1.30),
        sun=span(0.0, 1.4),
        blur=span(0.25, 1.1),
        noise=span(0.004, 0.024),
        jpeg=int(rng.integers(38, 94)),
        resolution=1.0 if rng.random() < 0.5 else span(0.35, 0.9),
    )


def diverse(identity: Identity, rng: np.random.Generator) -> Identity:
    """A drawn person of another build, in more layers and patterns, with more in the hands."""
    change = _build(identity, rng) | _worn(identity, rng)
    bag = change.get("bag", identity.bag)
    opened = change.get("open", identity.open)
    if opened or bag == "backpack":  # what would cover a print
        change["logo_place"] = "back" if opened else "front"
    if opened and bag == "backpack":
        change["logo"] = "none"
    return edit(identity, **change)


def _within(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 3)


def _build(identity: Identity, rng: np.random.Generator) -> dict[str, object]:
    """Measures, hair and what is on the head."""
    change: dict[str, object] = {
        "girth": _within(rng, 0.82, 1.34),
        "head_scale": _within(rng, 0.95, 1.20),
        "shoulders": _within(rng, 0.89, 1.13),
    }
    if identity.height > 1.45:
        change["height"] = round(float(np.clip(identity.height + rng.normal(0, 0.05), 1.46, 2.03)), 3)
    if rng.random() < 0.15:
        change["stoop"] = _within(rng, 0.05, 0.32)
    if rng.random() < 0.3:
        change["hair"] = str(rng.choice(_HAIR))
    if rng.random() < 0.3:
        change["hair_color"] = palette.pick(rng, palette.HAIR_COLORS, 0.09)
    if identity.hat == "none" and rng.random() < 0.15:
        change["hat"] = str(rng.choice(("cap", "beanie", "brim")))
    if identity.glasses == "none" and rng.random() < 0.15:
        change["glasses"] = str(rng.choice(("clear", "sun")))
    return change


def _worn(identity: Identity, rng: np.random.Generator) -> dict[str, object]:
    """Layers, patterns and cuts of the clothes, and what is carried."""
    change: dict[str, object] = {}
    top = identity.top
    if top != "dress" and identity.bottom != "none" and rng.random() < 0.3:
        top = str(rng.choice(("gilet", "cardigan")))
        long = _within(rng, 0.22, 0.36) if top == "gilet" else _within(rng, 0.28, 0.60)
        change |= {"top": top, "top_length": long, "sleeve": 1.0, "open": bool(rng.random() < 0.75)}
        change["top_ease"] = _within(rng, 0.022, 0.036)
    elif top in ("jacket", "coat", "shirt", "hoodie") and rng.random() < 0.4:
        change["open"] = True
    if identity.pattern == "plain" and rng.random() < 0.25:
        change |= {"pattern": str(rng.choice(_PATTERNS)), "logo": "none"}
        change["pattern_period"] = _within(rng, 0.04, 0.24)
    if identity.bottom in ("trousers", "jeans", "shorts"):
        change["bottom_ease"] = _within(rng, 0.006, 0.045)
    if (identity.bag == "none" and rng.random() < 0.6) or rng.random() < 0.12:
        change["bag"] = str(rng.choice((*BAGS[1:], "suitcase", "shopping")))
    if rng.random() < 0.4:
        change["strap_color"] = palette.pick(rng, palette.WIDER.brights)
    return change
