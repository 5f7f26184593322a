"""Twins of shape: one person twice, in clothes of the same colours, of which one has another form.

The twins of `twins` wear another colour, or another print. A method that only looks for new colours finds those. Here a
cap becomes a beanie, a backpack a handbag, long sleeves short ones, and every colour stays.
"""

from typing import Any

import numpy as np

from .. import draws
from ..refused import Refused
from .identity import CHOICES, Identity, edit

_HATS = ("cap", "beanie", "brim")
_HAIR = ("short", "curly", "afro", "bob", "long", "ponytail", "bun")
SHAPE_PARTS = ("hat", "bag", "sleeves", "bottom length", "hair")
_LONG = 0.6  # share of a sleeve or a leg from which on it is long


def prepare_shape(identity: Identity, part: str, seed: int) -> Identity:
    """The person, given the thing whose form is to change, where it can be seen.

    part: one of SHAPE_PARTS.  Raises: Refused for another one.
    """
    rng = _drawn(identity, part, seed, "prepare shape")
    change: dict[str, Any] = {}
    if part == "hat" and identity.hat not in _HATS:
        change = {"hat": _one(rng, _HATS)}
    elif part == "bag":
        change = {"logo": "none"}  # a backpack would cover it
        if identity.bag == "none":
            change["bag"] = _one(rng, CHOICES["bag"][1:])
    elif part == "sleeves":
        change = {"open": False}
        if identity.top in ("tank", "dress", "coat"):
            change |= {"top": "t-shirt", "top_length": 0.3}
        if identity.bottom == "none":
            change |= {"bottom": "trousers", "bottom_length": 0.95}
        if identity.sleeve < 0.2:
            change["sleeve"] = 0.3
    elif part == "bottom length":
        change = {"bottom": "trousers", "bottom_ease": 0.016}
        if identity.top_length > 0.4:
            change |= {"top": "shirt", "top_length": 0.3, "open": False}
        change["bottom_length"] = float(rng.choice((0.35, 0.95)))
    elif part == "hair":
        change = {"hat": "none"}
        if identity.hair not in _HAIR:
            change["hair"] = _one(rng, _HAIR)
    return edit(identity, **change)


def shape_twin(identity: Identity, part: str, seed: int) -> Identity:
    """The same person but for the form of one part, in the same colours.

    part: one of SHAPE_PARTS. The person must already wear it, see `prepare_shape`.
    Raises: Refused for another part, and for one that the person does not wear.
    """
    rng = _drawn(identity, part, seed, "shape twin")
    worn = {"hat": identity.hat in _HATS, "bag": identity.bag != "none", "hair": identity.hair in _HAIR}
    if not worn.get(part, True):
        raise Refused(f"part is {part!r}, but this person has none of a form that can change; see prepare_shape")
    if part == "hat":
        return edit(identity, hat=_another(rng, _HATS, identity.hat))
    if part == "bag":
        return edit(identity, bag=_another(rng, CHOICES["bag"][1:], identity.bag))
    if part == "sleeves":
        return edit(identity, sleeve=0.25 if identity.sleeve >= _LONG else 1.0)
    if part == "bottom length":
        return edit(identity, bottom_length=0.35 if identity.bottom_length >= _LONG else 0.95)
    # Long and short by turns: two short cuts of one colour are nearly the same in a small photo.
    short = ("short", "curly", "bun")
    others = [kind for kind in _HAIR if (kind in short) != (identity.hair in short)]
    return edit(identity, hair=_one(rng, others))


def _drawn(identity: Identity, part: str, seed: int, what: str) -> np.random.Generator:
    if part not in SHAPE_PARTS:
        raise Refused(f"part is {part!r}; allowed are {', '.join(SHAPE_PARTS)}")
    return draws.named(seed, what, part, identity.grain)


def _one(rng: np.random.Generator, kinds) -> str:
    return str(rng.choice(list(kinds)))


def _another(rng: np.random.Generator, kinds, own: str) -> str:
    return _one(rng, [kind for kind in kinds if kind != own])
