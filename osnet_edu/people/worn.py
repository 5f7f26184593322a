"""Clothes apart from who wears them: which attributes they are, and a person in another's."""

from collections.abc import Mapping

from ..refused import Refused
from .identity import Identity, edit

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


def put_on(identity: Identity, other: Identity, part: str | None = None) -> Identity:
    """A person in another's clothes, or in one part of them; as it was, where these do not go with the rest.

    part: a name in WORN; None for all.
    """
    names = WORN[part] if part else [name for names in WORN.values() for name in names]
    try:
        return edit(identity, **{name: getattr(other, name) for name in names})
    except Refused:
        return identity
