"""What a cell or a page may set on a widget: a sentence comes back, and the widget stands as before."""

import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import traitlets

from osnet_edu import Refused, explore, widgets
from osnet_edu.embed import Embedding
from osnet_edu.widgets.widget import Widget

from . import ground
from .outcome import Case


@cache
def _shipped() -> tuple:
    album, shelf = explore.shipped()
    return album, shelf.rankings(explore.SHIPPED)


@cache
def _lab() -> Widget:
    return widgets.PedestrianLab()


@cache
def _theatre() -> Widget:
    album, rankings = _shipped()
    return widgets.GateTheatre(None, album.folder, rankings=rankings)


@cache
def _flow() -> Widget:
    return widgets.Flow()


@cache
def _predict() -> Widget:
    return widgets.Predict("One or two?", ["one", "two"], truth=1, because="So it is.")


@cache
def _ranking() -> Widget:
    album, _ = _shipped()
    return widgets.Ranking(album.market.query[:2], album.market.gallery[:6])


@cache
def _who() -> Widget:
    return widgets.WhoIsIt()


@cache
def _pick() -> Widget:
    _, rankings = _shipped()
    sides = (rankings.query_features, rankings.queries), (rankings.gallery_features, rankings.gallery)
    return widgets.PickQuery(*(Embedding(*side) for side in sides), count=3)


@cache
def _mixer() -> Widget:
    photo = np.array(ground.photo(1))
    return widgets.GateMixer(ground.network(), photo)


@cache
def _convolution() -> Widget:
    return widgets.Convolution(np.array(ground.photo(2)))


TEXTS = {"none": None, "a number": 5, "bytes": b"x", "a list": [], "nothing there": "nobody", "endless": "x" * 5000,
         "an escape": "\x1b[2J", "a null": "\x00", "a path": "../../etc/passwd"}  # fmt: skip
NUMBERS = {"none": None, "a text": "1", "NaN": math.nan, "infinite": math.inf, "far below": -(10**30),
           "far above": 10**30, "a list": [1]}  # fmt: skip
LISTS = {"none": None, "a text": "12", "a number": 1, "too short": [], "of texts": ["a", "b"], "of none": [None],
         "of lists of lists": [[[]]]}  # fmt: skip
FULL = {words: value for words, value in LISTS.items() if value != []}  # where an empty one is right
CHANGES = {
    "of no name": {5: 1}, "of none": {None: 1}, "of a pair": {(1, 2): 1}, "of bytes": {b"top": "coat"},
    "an empty name": {"": 1}, "a foreign name": {"name": "x"}, "an endless name": {"x" * 5000: 1},
    "a dunder": {"__class__": int}, "person": {"person": 7}, "a top of none": {"top": None},
    "a top of a list": {"top": ["coat"]}, "a top of a dict": {"top": {}}, "a top of an array": {"top": np.zeros(2)},
    "an unknown top": {"top": "kimono"}, "an endless top": {"top": "x" * 5000},
    "a colour by name": {"top_color": "red"},
    "a colour of two": {"top_color": [1, 0]}, "a colour of four": {"top_color": [1, 0, 0, 1]},
    "a colour of texts": {"top_color": ["1", "0", "0"]}, "a colour of bytes": {"top_color": [255, 0, 0]},
    "a colour of NaN": {"top_color": [math.nan, 0, 0]}, "a colour of none": {"top_color": None},
    "a colour of lists": {"top_color": [[1], [0], [0]]}, "a colour of an array of six": {"top_color": np.zeros((2, 3))},
    "sleeves of NaN": {"sleeve": math.nan}, "sleeves below": {"sleeve": -1}, "sleeves in words": {"sleeve": "long"},
    "sleeves of a list": {"sleeve": [1]}, "a height of 0": {"height": 0}, "an endless height": {"height": 10**400},
    "a girth of a truth": {"girth": True}, "open of a text": {"open": "yes"}, "open of a number": {"open": 2},
    "a logo of a number": {"logo": 3}, "a bag of none": {"bag": None},
    "no bottom under a jacket": {"bottom": "none", "top": "jacket"},
    "one right and one wrong": {"hat": "cap", "shoe": "roller"},
}  # fmt: skip
VIEWS = {
    "of no name": {5: 1}, "of none": {None: 1}, "a foreign name": {"zoom": 2}, "an endless name": {"x" * 5000: 1},
    "a turn of NaN": {"yaw": math.nan}, "a turn of 100": {"yaw": 100}, "a turn of a text": {"yaw": "0"},
    "a turn of a truth": {"yaw": True}, "a turn of a list": {"yaw": [0]}, "a turn of an array": {"yaw": np.zeros(2)},
    "an hour at night": {"hour": 23}, "weather of a list": {"weather": ["rain"]}, "weather of a dict": {"weather": {}},
    "weather of none": {"weather": None}, "an unknown weather": {"weather": "hail"}, "a camera of 0": {"camera": 0},
    "a camera of 7": {"camera": 7}, "a camera of a half": {"camera": 1.5}, "a camera as a text": {"camera": "2"},
    "a camera of a list": {"camera": [2]}, "a camera of none": {"camera": None},
    "a camera of a truth": {"camera": True},
    "a camera of an array": {"camera": np.arange(2)},
    "a camera of a float": {"camera": 2.0}, "a camera of NaN": {"camera": math.nan},
}  # fmt: skip
MAPPINGS = {"none": None, "a list": [], "a text": "top", "a number": 5, "pairs": [("top", "coat")]}
MESSAGES = {"none": None, "a number": 5, "a list": ["undo"], "a dict": {"undo": 1}, "unknown": "explode",
            "endless": "x" * 5000, "an escape": "\x1b[2J"}  # fmt: skip

TRAITS: dict[tuple[Callable[[], Widget], str], dict[str, object]] = {
    (_lab, "photo"): TEXTS,
    (_lab, "against"): TEXTS,
    (_lab, "game"): TEXTS,
    (_lab, "changes"): MAPPINGS | CHANGES,
    (_lab, "view"): MAPPINGS | VIEWS,
    (_theatre, "triple"): NUMBERS,
    (_theatre, "silenced"): FULL | {"no stream": [["conv2.0", 9]], "no block": [["conv9.0", 1]], "half": [["conv2.0"]]},
    (_theatre, "chosen"): LISTS | {"no stream": ["conv2.0", 0], "turned": [1, "conv2.0"]},
    (_theatre, "opened"): TEXTS,
    (_theatre, "fill"): TEXTS,
    (_theatre, "where"): TEXTS,
    (_flow, "at"): TEXTS | {"no stream": "conv3.1 stream 9", "a half": "conv3."},
    (_flow, "shown"): LISTS | {"three": ["a", "b", "c"], "one's own that is not there": [""]},
    (_flow, "silenced"): FULL | {"no stream": [["conv2.0", 9]], "no block": [["conv9.0", 1]]},
    (_flow, "cell"): FULL | {"of the network": ["network", 0, 0, 0], "too low": ["conv3", 0, 99, 0]},
    (_who, "answers"): FULL | {"six": [0] * 6, "option 4": [4], "below": [-1]},
    (_pick, "chosen"): NUMBERS | {"three of three": 3},
    (_predict, "chosen"): NUMBERS | {"three of two": 3},
    (_ranking, "order"): LISTS | {"twice the same": [[0, 0, 1, 2, 3, 4]] * 2, "one row": [[0, 1, 2, 3, 4, 5]]},
    (_ranking, "puzzle"): NUMBERS,
    (_mixer, "block"): TEXTS,
    (_mixer, "channel"): NUMBERS,
    (_mixer, "hand"): LISTS | {"NaN": [math.nan] * 4, "two": [2.0] * 4, "three gates": [0.5] * 3},
    (_convolution, "way"): TEXTS,
    (_convolution, "weights"): LISTS | {"NaN": [[math.nan] * 3] * 3, "infinite": [[math.inf] * 3] * 3},
    (_convolution, "row"): NUMBERS,
}  # fmt: skip


OF_THE_TALK = ("problem", "crash", "asked", "answered")


def _state(widget: Widget) -> dict:
    return {
        name: getattr(widget, name) for name in widget.keys if name not in ("problem", "crash", "asked", "answered")
    }


def _refused(widget: Widget, act: Callable[[], str]) -> str:
    """What `act` says, as a refusal; the widget must stand as before."""
    before = _state(widget)
    try:
        said = act()
    except traitlets.TraitError as error:
        said = str(error)
    if repr(_state(widget)) != repr(before):
        return "silently-wrong"
    if said:
        raise Refused(said)
    return "silently-wrong"


def _set(make: Callable[[], Widget], trait: str, value: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        widget = make()
        return _refused(widget, lambda: setattr(widget, trait, value) or "")

    return run


def _sent(make: Callable[[], Widget], act: Callable[[Widget], None]) -> Callable[[Path], str]:
    """By the page: nothing is raised, and the page is told."""

    def run(work: Path) -> str:
        widget = make()

        def heard() -> str:
            act(widget)
            if widget.crash:
                raise AssertionError(widget.crash)
            return widget.problem

        return _refused(widget, heard)

    return run


def cases() -> Iterator[Case]:
    for (make, trait), values in TRAITS.items():
        name = make.__name__.strip("_")
        for words, value in values.items():
            yield Case("widgets", f"{name}.{trait}: {words}", _set(make, trait, value))
            if _of_json(value):
                sent = _sent(
                    make, lambda widget, trait=trait, value=value: widget.set_state({trait: value, "asked": 1})
                )
                yield Case("widgets", f"{name}.{trait}, from the page: {words}", sent)
    for make in (_lab, _theatre, _flow, _mixer, _predict):
        for words, value in MESSAGES.items():
            sent = _sent(make, lambda widget, value=value: widget._handle_custom_msg(value, []))
            yield Case("widgets", f"a button of {make.__name__.strip('_')}: {words}", sent)
        sent = _sent(make, lambda widget: widget._handle_custom_msg("photo", [memoryview(b"x")]))
        yield Case("widgets", f"a file for {make.__name__.strip('_')}", sent)


def _of_json(value: object) -> bool:
    """May a page send it? Names of a page are texts, and its numbers finite."""
    if isinstance(value, dict):
        return all(isinstance(name, str) and _of_json(one) for name, one in value.items())
    if isinstance(value, list):
        return all(map(_of_json, value))
    return isinstance(value, str | bool | int | None) or (isinstance(value, float) and math.isfinite(value))
