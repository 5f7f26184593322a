"""What a visitor can set on each widget, and which settings are answered when the site is built.

A sweep is every combination of the values of its axes, with all else as the notebook shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product

from .. import explore
from ..widgets import Replay, Widget

_Values = Callable[[Widget], list[tuple]]


@dataclass(frozen=True)
class Axis:
    """Controls that are set together.  values(widget): for each setting a value a control."""

    names: tuple[str, ...]
    values: _Values


@dataclass(frozen=True)
class Controls:
    """How a kind of widget is asked.

    controls: what a visitor sets and Python answers.  free: what may be set without an answer.  near: numbers, of which
    a page takes the nearest.  presses: buttons, and the controls on which their answers depend.  complete: every
    setting is answered.  film: what a recorded run shows, moment by moment.  link: the page on which the visitor finds
    the widget instead.  network: the name of the network by which a page answers everything itself, "" for none.
    """

    controls: tuple[str, ...] = ()
    sweeps: tuple[tuple[Axis, ...], ...] = ()
    free: tuple[str, ...] = ()
    near: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    presses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    film: Callable[[Widget], dict] | None = None
    link: str = ""
    network: Callable[[Widget], str] | None = None


def controls_of(widget: Widget) -> Controls:
    """How this widget is asked; one that the table does not know draws its record and answers nothing."""
    return _KINDS.get(type(widget).__name__, Controls())


def _one(name: str, values: Callable[[Widget], list]) -> Axis:
    return Axis((name,), lambda widget: [(value,) for value in values(widget)])


def _listed(name: str, trait: str) -> Axis:
    """Each of what another trait lists."""
    return _one(name, lambda widget: list(getattr(widget, trait)))


def _grid(names: tuple[str, ...], values: Mapping[str, tuple[float, ...]]) -> Axis:
    return Axis(names, lambda _widget: list(product(*(values[name] for name in names))))


# --- the tables ------------------------------------------------------------------------------------------------------

_COSTS = {"width": (0.25, 0.5, 0.75, 1.0, 1.25), "height": (64, 128, 192, 256), "streams": (1, 2, 3, 4, 5, 6)}
_PIXELS = {"row": tuple(range(2, 64, 6)), "column": tuple(range(4, 32, 6))}  # the middle is one of them
_UNITS = {"row": (16, 40, 64, 88, 112), "column": (16, 32, 48)}
_STEPS = (0.0, 0.5, 1.0)
_TRIPLES, _DUELS, _FILMED = 4, 4, 60


def _hands(widget) -> list:
    return [list(hand) for hand in product(_STEPS, repeat=len(widget.hand))]


def _alike(widget) -> list:
    """All sliders at one value, as the buttons put them."""
    return [[step] * len(widget.hand) for step in _STEPS]


def _cells(widget) -> list:
    return [list(cell) for cell in product(*map(range, widget.cells))]


def _pairs(widget) -> list:
    return [[block["name"], one["stream"]] for block in widget.blocks for one in block["streams"]]


def _silences(widget) -> list:
    """What one press of a button silences: a stream, all others of its block, a stream in every block, a block."""
    pairs = _pairs(widget)
    blocks, streams = dict.fromkeys(block for block, _ in pairs), dict.fromkeys(stream for _, stream in pairs)
    return [
        *([pair] for pair in pairs),
        *([one for one in pairs if one[0] == pair[0] and one != pair] for pair in pairs),
        *([pair for pair in pairs if pair[1] == stream] for stream in streams),
        *([pair for pair in pairs if pair[0] == block] for block in blocks),
    ]


def _shipped_flow(widget) -> str:
    """A page has the shipped networks and people, and no photo of anybody's own."""
    return explore.SHIPPED if widget.shipped and all(widget.shown) else ""


def filmed(widget: Widget) -> dict:
    """A recorded run to its end.  {seconds, frames}: how long it was, and [seconds, {trait: value}] of some moments.

    The lists losses, scores and gate_means grow: a page cuts them off at the moment's step.
    """
    assert isinstance(widget, Replay)
    recorded = widget.recording.frames
    chosen = sorted({round(k * (len(recorded) - 1) / (_FILMED - 1)) for k in range(_FILMED)})
    frames = []
    widget.finish()
    for k in chosen:
        widget._played, widget.frames, widget.state = k + 1, list(recorded[: k + 1]), "running"
        widget._draw()
        now = {name: getattr(widget, name) for name in ("step", "line", "texts")}
        frames.append([recorded[k].seconds, now])
    widget.finish()
    speeds = widget._speeds
    return {"seconds": recorded[-1].seconds, "speeds": speeds, "frames": frames}


_KINDS: dict[str, Controls] = {
    "Predict": Controls(
        ("chosen",),
        ((_one("chosen", lambda widget: list(range(1, len(widget.answers) + 1))),),),
        complete=True,
    ),
    "WhoIsIt": Controls(("answers",), free=("answers",), complete=True),  # the page holds what it needs to play
    "PickQuery": Controls(
        ("chosen",), ((_one("chosen", lambda widget: list(range(len(widget.offered)))),),), complete=True
    ),
    "NetworkCosts": Controls(
        ("width", "height", "streams", "opened"),
        (
            (_grid(("width", "height", "streams"), _COSTS),),
            (_grid(("width", "height"), _COSTS), _one("opened", lambda _: list(range(10)))),
            (_grid(("streams",), _COSTS), _one("opened", lambda _: list(range(10)))),
        ),
        near=_COSTS,
    ),
    "CompareBlocks": Controls(
        ("first", "second", "place", "network"),
        (
            (
                _one("first", lambda widget: [key for key, _ in widget.choices]),
                _one("second", lambda widget: [key for key, _ in widget.choices]),
                _listed("place", "places"),
            ),
            (_listed("network", "networks"), _one("second", lambda widget: [key for key, _ in widget.choices])),
        ),
    ),
    "Convolution": Controls(
        ("way", "kernel", "mix", "channel", "row", "column"),
        (
            (
                _one("way", lambda widget: [key for key, _ in widget.menu["way"]]),
                _one("kernel", lambda widget: widget.menu["kernel"][:-1]),
                _one("mix", lambda widget: widget.menu["mix"] if widget.way in ("pointwise", "lite") else []),
                _one("channel", lambda widget: [0, 1, 2] if widget.way == "depthwise" else []),
            ),
            (
                _one("way", lambda widget: [key for key, _ in widget.menu["way"]]),
                _one("kernel", lambda widget: widget.menu["kernel"][:-1]),
                _grid(("row", "column"), _PIXELS),
            ),
            (_one("mix", lambda widget: widget.menu["mix"]), _one("kernel", lambda widget: widget.menu["kernel"][:-1])),
        ),
        near=_PIXELS,
    ),
    "ReceptiveField": Controls(
        ("block", "streams", "stream", "row", "column"),
        (
            (
                _listed("block", "blocks"),
                _one("streams", lambda _: [1, 2, 3, 4]),
                _one("stream", lambda _: [1, 2, 3, 4]),
            ),
            (_one("stream", lambda _: [1, 2, 3, 4]), _grid(("row", "column"), _UNITS)),
        ),
        free=("measured",),
        near={**_UNITS, "streams": (1, 2, 3, 4)},
    ),
    "GateMixer": Controls(
        ("block", "channel", "hand"),
        (
            (_one("hand", _hands),),
            (_listed("block", "blocks"), _one("hand", _alike)),
            (_one("channel", lambda widget: list(range(1, min(widget.channels, 16) + 1))),),
        ),
        near={"hand": _STEPS},
        presses={"own": ("block", "channel")},
    ),
    "GateTheatre": Controls(
        ("triple", "silenced", "fill", "where", "chosen", "opened"),
        (
            (_one("triple", lambda _: list(range(_TRIPLES))), _one("silenced", _silences)),
            (_one("silenced", _silences), _one("fill", lambda _: ["zero", "mean"])),
            (_one("chosen", _pairs),),
            (_one("opened", lambda widget: ["", *(block["name"] for block in widget.blocks)]),),
        ),
    ),
    "Duelling": Controls(
        ("triple", "method", "question"),
        (
            (_one("triple", lambda _: list(range(_DUELS))), _listed("question", "questions")),
            (_one("method", lambda widget: [name for name, _ in widget.methods]), _listed("question", "questions")),
        ),
        free=("opacity", "outlined"),
    ),
    "MapGrader": Controls(
        ("part", "method"),
        ((_one("part", lambda widget: [name for name, _ in widget.parts]), _listed("method", "methods")),),
        free=("outlined",),
        complete=True,
    ),
    "Matching": Controls(("stage", "cell"), ((_listed("stage", "stages"), _one("cell", _cells)),), complete=True),
    "Ranking": Controls(  # page/ranked.js makes the sums of an order
        ("order", "puzzle"), ((_one("puzzle", lambda widget: list(range(len(widget.tasks) + 1))),),)
    ),
    "Replay": Controls(
        ("block",), ((_one("block", lambda widget: ["all", *widget.blocks]),),), ("chosen",), film=filmed
    ),
    "Flow": Controls(free=("small",), network=_shipped_flow),
    "Explorer": Controls(link="explorer.html"),
    "PedestrianLab": Controls(link="change.html"),
}
