"""The controls of the pedestrian lab as records, and its words: torch-free, for the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import explore, people
from ..people import Identity, View

CHOICE, RANGE, COLOUR = "choice", "range", "colour"
VIEW = "how she is seen"


@dataclass(frozen=True)
class Control:
    """name: of the attribute.  title: in words.  kind: CHOICE, RANGE or COLOUR.  options: of a choice.

    low, high, step: of a range.  of: "person" or "view".
    """

    name: str
    title: str
    kind: str
    options: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    of: str = "person"


@dataclass(frozen=True)
class Group:
    """Controls under one title."""

    title: str
    controls: tuple[Control, ...]


def _choice(name: str, title: str) -> Control:
    return Control(name, title, CHOICE, _options(name))


def _options(name: str) -> tuple[str, ...]:
    return people.CHOICES[name]


def _range(name: str, title: str, step: float = 0.01) -> Control:
    low, high = people.RANGES[name]
    return Control(name, title, RANGE, (), low, high, step)


def groups() -> list[Group]:
    """All controls, in groups that each fit on a screen."""
    colour = lambda name, title: Control(name, title, COLOUR)  # noqa: E731
    weather = Control("weather", "weather", CHOICE, people.WEATHER, of="view")
    cameras = tuple(str(k + 1) for k in range(len(people.CAMERAS)))
    return [
        Group(
            "top",
            (
                _choice("top", "kind"),
                colour("top_color", "colour"),
                _choice("pattern", "pattern"),
                colour("top_color2", "second colour"),
                _range("sleeve", "sleeves"),
                _choice("logo", "logo"),
                colour("logo_color", "logo's colour"),
            ),
        ),
        Group(
            "bottom and shoes",
            (
                _choice("bottom", "kind"),
                colour("bottom_color", "colour"),
                _range("bottom_length", "length"),
                _choice("shoe", "shoes"),
                colour("shoe_color", "shoes' colour"),
            ),
        ),
        Group(
            "bag",
            (_choice("bag", "kind"), colour("bag_color", "colour"), colour("strap_color", "strap's colour")),
        ),
        Group(
            "head",
            (
                _choice("hair", "hair"),
                colour("hair_color", "hair's colour"),
                _choice("hat", "hat"),
                colour("hat_color", "hat's colour"),
                _choice("glasses", "glasses"),
            ),
        ),
        Group("body", (_range("height", "height, metres"), _range("girth", "girth"))),
        Group(
            VIEW,
            (
                Control("yaw", "turn, degrees", RANGE, (), -180, 180, 5, "view"),
                Control("stride", "stride", RANGE, (), 0, 1.2, 0.05, "view"),
                Control("hour", "hour of the day", RANGE, (), 7, 19, 0.5, "view"),
                weather,
                Control("camera", "camera", CHOICE, cameras, of="view"),
            ),
        ),
    ]


CONTROLS = {control.name: control for group in groups() for control in group.controls}


def value(identity: Identity, name: str) -> object:
    """An attribute as the page has it: colours as lists."""
    found = getattr(identity, name)
    return list(found) if isinstance(found, tuple) else found


def shown_values(identity: Identity, view: View) -> dict:
    """What each control shows; the turn in degrees, the camera as a text."""
    found = {name: value(identity, name) for name, one in CONTROLS.items() if one.of == "person"}
    seen = {name: getattr(view, name) for name, one in CONTROLS.items() if one.of == "view"}
    seen["yaw"] = round(math.degrees(seen["yaw"]), 1)
    seen["camera"] = str(seen["camera"])
    return found | seen


def told(own: Mapping, now: Mapping) -> str:
    """What was changed, in words."""
    said = []
    for name, one in CONTROLS.items():
        if now[name] == own[name]:
            continue
        shown = explore.colour(now[name]) if one.kind == COLOUR else now[name]
        said.append(f"{name.replace('_', ' ').replace('color', 'colour')} {shown}")
    return ", ".join(said)


def block_gates(blocks: Sequence[tuple[str, int]], before: np.ndarray | None, now: np.ndarray | None) -> list[dict]:
    """Mean gates of each block, before and now; empty where no block has a gate.  before, now: (K, T)."""
    if before is None or now is None:
        return []
    return [
        {"block": name, **{key: [round(float(v), 3) for v in row[k, :count]] for key, row in pair}}
        for k, (name, count) in enumerate(blocks)
        for pair in [(("before", before), ("now", now))]
    ]


def change_sentence(changed: str, before: tuple[float, int], now: tuple[float, int]) -> str:
    """What the changes did.  before, now: similarity, and the rank of the best match."""
    if not changed:
        return f"Nothing is changed: similarity {before[0]:.2f}, {_ranked(before[1])}."
    return (
        f"With {changed}: similarity {before[0]:.2f} before, {now[0]:.2f} now; "
        f"{_ranked(before[1])} before, {_ranked(now[1]).removeprefix('the best match ')} now."
    )


def code_lines(photo: str, game: str, changes: Mapping, view: Mapping) -> str:
    """Lines of Python that make this state again."""
    said = [f"lab = PedestrianLab(photo={photo!r})"]
    if game != "free":
        said.append(f"lab.game = {game!r}")
    if changes:
        said.append(f"lab.changes = {dict(changes)!r}")
    if view:
        said.append(f"lab.view = {dict(view)!r}")
    return "; ".join(said)


def _ranked(rank: int) -> str:
    return f"the best match at rank {rank}" if rank else "no match in the gallery"


def clothes_measured() -> str:
    """What the shipped table of the experiment `clothes` says, in a sentence."""
    rows = explore.measured_clothes()
    named = explore.OWN_CLOTHES, explore.OTHERS_CLOTHES, explore.EXCHANGED_CLOTHES, explore.WEARER
    own, strangers, swapped, wearer = (f"{rows[name].value} % [{rows[name].low}, {rows[name].high}]" for name in named)
    everybody = len({photo.person for photo in explore.shipped()[0].market.query})
    return (
        f"Measured for all {everybody} people (experiment clothes): rank-1 is {own} in their own clothes, and "
        f"{strangers} in strangers'. If people exchange their clothes, the person is first in {swapped}, and the "
        f"person in the query's clothes in {wearer}. It knows mostly the clothes."
    )
