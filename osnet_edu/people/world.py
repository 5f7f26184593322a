"""Worlds: who lives there, what they wear, and the cameras and streets that see them.

- home: six fixed cameras in six streets. What ships, and what scores are measured on.
- wide: home's cameras and as many again that are drawn, streets composed of home's pieces, odd colours, looser crops,
  more in the way. A network trains here, so that it carries over to places that it has not seen.
- wider: four times as many cameras as wide, in streets with more in them and often out of focus; more builds, hair,
  layers of clothes and bags; tighter and looser boxes, stronger JPEG.
- other: nothing of it stands in the others: not a camera, a street, a colour of clothes or a build. Never trained on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import draws
from ..refused import Refused
from . import palette
from .identity import BAGS, Identity, draw_identity, edit
from .street import AFTER_OTHER, CLUTTERED, COMPOSED
from .twins import TWIN_PARTS
from .view import CAMERAS, OTHER_CAMERAS, Camera, Habits, View, draw_view
from .wider import HABITS, WIDER_POOL, diverse, wider_camera

POOL = 96  # cameras that are drawn for the wide world, each in a street of its own


@dataclass(frozen=True)
class World:
    """A world.  wardrobe: colours of clothes.  parts: what twins differ in, in turn.

    shaped: what becomes of a drawn person: (person, random numbers) -> person.
    filmed: the camera at place 1 to 6 for a person, and its street: (seed, person, place) -> (camera, street).
    habits: how much the photos of one camera differ, by street.
    """

    wardrobe: palette.Wardrobe
    parts: tuple[str, ...]
    shaped: Callable[[Identity, np.random.Generator], Identity]
    filmed: Callable[[int, int, int], tuple[Camera, int]]
    habits: Callable[[int], Habits]

    def person(self, seed: int, number: int) -> Identity:
        """Person `number` of the set `seed`: the same two numbers give the same person."""
        one = draw_identity(seed, number, self.wardrobe)
        return self.shaped(one, draws.named(seed, "shaped", number))

    def view(self, seed: int, person: int, place: int, n: int) -> View:
        """Photo n of a person by the camera at a place, 1 to 6."""
        lens, street = self.filmed(seed, person, place)
        return draw_view(seed, person, place, n, lens=lens, street=street, habits=self.habits(street))


def find_world(name: str) -> World:
    """A world by its name.  Raises: Refused naming the worlds that there are."""
    if name not in WORLDS:
        raise Refused(f"world must be one of {', '.join(WORLDS)}, got {name!r}")
    return WORLDS[name]


def drawn_camera(number: int) -> Camera:
    """Camera `number` of the wide world's pool, 0 to POOL - 1, between the bounds that the other world keeps out of."""
    rng = draws.named("camera", number)
    span = lambda low, high: round(float(rng.uniform(low, high)), 3)  # noqa: E731
    return Camera(
        heading=span(-3.14, 3.14),
        height=span(1.9, 4.6),
        distance=span(6.5, 16.0),
        gain=(span(0.90, 1.11), span(0.93, 1.07), span(0.90, 1.11)),
        gamma=span(0.86, 1.16),
        saturation=span(0.65, 1.2),
        exposure=span(0.72, 1.25),
        sun=span(0.1, 1.2),
        blur=span(0.3, 0.9),
        noise=span(0.008, 0.028),
        jpeg=int(rng.integers(60, 92)),
        resolution=1.0 if rng.random() < 0.65 else span(0.4, 0.9),
    )


def _at_home(seed: int, person: int, place: int) -> tuple[Camera, int]:
    return CAMERAS[place - 1], place


def _anywhere(seed: int, person: int, place: int) -> tuple[Camera, int]:
    """Half of the places are home's; the others are drawn from the pool, anew for every eight people.

    So twins, who are neighbours, walk past the same cameras, and the place does not tell them apart.
    """
    rng = draws.named(seed, "filmed", (person - 1) // 8, place)
    number = int(rng.integers(POOL))
    return _at_home(seed, person, place) if rng.random() < 0.5 else (drawn_camera(number), COMPOSED + 1 + number)


def _further(seed: int, person: int, place: int) -> tuple[Camera, int]:
    """As in the wide world, but a third of the places are home's, and the pool is larger."""
    rng = draws.named(seed, "filmed further", (person - 1) // 8, place)
    number = int(rng.integers(WIDER_POOL))
    return _at_home(seed, person, place) if rng.random() < 1 / 3 else (wider_camera(number), CLUTTERED + 1 + number)


def _elsewhere(seed: int, person: int, place: int) -> tuple[Camera, int]:
    return OTHER_CAMERAS[place - 1], AFTER_OTHER + place


def _as_drawn(identity: Identity, rng: np.random.Generator) -> Identity:
    return identity


def _laden(identity: Identity, rng: np.random.Generator) -> Identity:
    """More bags, and straps of another colour than the bag: the small things that tell look-alikes apart."""
    change: dict[str, object] = {}
    if identity.bag == "none" and rng.random() < 0.5:
        change["bag"] = str(rng.choice(BAGS[1:]))  # no backpack, which would cover a print
    if rng.random() < 0.4:
        change["strap_color"] = palette.pick(rng, palette.WIDE.brights)
    return edit(identity, **change)


def _foreign(identity: Identity, rng: np.random.Generator) -> Identity:
    """A build that home's people never have: thin or heavy, with a small or a large head."""
    thin = rng.random() < 0.5
    girth = rng.uniform(0.80, 0.815) if thin else rng.uniform(1.345, 1.40)
    head = rng.uniform(0.92, 0.945) if rng.random() < 0.5 else rng.uniform(1.205, 1.25)
    return edit(identity, girth=round(float(girth), 3), head_scale=round(float(head), 3))


_WIDER = Habits(0.18, 0.25, 0.075, 0.06, 0.14, 0.7, (0.52, 0.13, 0.15, 0.10, 0.10), (55, 94))


def _wide_habits(street: int) -> Habits:
    return _WIDER if street > COMPOSED else Habits()


def _wider_habits(street: int) -> Habits:
    return HABITS if street > CLUTTERED else Habits()


def _home_habits(street: int) -> Habits:
    return Habits()


WORLDS: dict[str, World] = {
    "home": World(palette.HOME, TWIN_PARTS, _as_drawn, _at_home, _home_habits),
    "wide": World(
        palette.WIDE, (*TWIN_PARTS, "bag", "strap", "logo", "shoes", "strap"), _laden, _anywhere, _wide_habits
    ),
    "wider": World(
        palette.WIDER, (*TWIN_PARTS, "bag", "strap", "logo", "pattern", "strap"), diverse, _further, _wider_habits
    ),
    "other": World(palette.OTHER_WARDROBE, TWIN_PARTS, _foreign, _elsewhere, _home_habits),
}
