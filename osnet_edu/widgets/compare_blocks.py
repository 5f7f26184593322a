"""Two blocks side by side: what their streams see, how they are joined, what they cost, and the difference in words."""

from functools import cache
from pathlib import Path

import anywidget
import traitlets

from .. import costs, siblings
from ..refused import Refused

PLACES = ("conv2.0", "conv2.1", "conv3.0", "conv3.1", "conv4.0", "conv4.1")
NETWORKS = {"x0.25, photos of 128 x 64": (0.25, 4, (128, 64)), "x1.0, photos of 256 x 128": (1.0, None, (256, 128))}


class CompareBlocks(anywidget.AnyWidget):
    """Pick two blocks, and a place in the network, and see where they differ.

    Traits to read or set: first, second (keys of siblings.ROWS), place ("conv2.0" to "conv4.1"), network (one of
    NETWORKS).
    Traits to read: blocks (both, with their streams and costs), said (the difference in words).
    """

    _esm = Path(__file__).with_suffix(".js")

    first = traitlets.Unicode("primary").tag(sync=True)
    second = traitlets.Unicode("inception").tag(sync=True)
    place = traitlets.Unicode("conv2.0").tag(sync=True)
    network = traitlets.Unicode(next(iter(NETWORKS))).tag(sync=True)
    choices = traitlets.List().tag(sync=True)
    places = traitlets.List(list(PLACES)).tag(sync=True)
    networks = traitlets.List(list(NETWORKS)).tag(sync=True)

    blocks = traitlets.List().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)

    def __init__(self, **chosen):
        choices = [
            [row.key, f"{row.number} · {row.name}" if row.number else row.name] for row in siblings.ROWS.values()
        ]
        super().__init__(choices=choices, **chosen)
        self.observe(self._compare, ["first", "second", "place", "network"])
        self._compare()

    def _compare(self, _change=None) -> None:
        try:
            rows = [siblings.find(key) for key in (self.first, self.second)]
            for value, allowed, what in ((self.place, PLACES, "place"), (self.network, NETWORKS, "network")):
                if value not in allowed:
                    raise Refused(f"there is no {what} {value!r}; expected one of {', '.join(allowed)}")
        except ValueError as error:
            self.problem = f"{str(error)[0].upper()}{str(error)[1:]}."
            return
        found = [_described(row.key, self.place, self.network) for row in rows]
        with self.hold_sync():
            self.problem = ""
            self.blocks = found
            self.said = _difference(*found)


@cache
def _described(key: str, place: str, network: str) -> dict:
    row, (width, gate_hidden, size) = siblings.find(key), NETWORKS[network]
    model = siblings.build(row, width, gate_hidden=gate_hidden)
    layers = [layer for layer in costs.layers(model, (3, *size)) if layer.name.startswith(f"{place}.")]
    block = model.get_submodule(place)
    lanes = siblings.lanes(block)
    return {
        "key": key,
        "name": row.name,
        "change": row.change,
        "squeeze": f"1x1: {block.conv1.conv.in_channels} to {block.conv1.conv.out_channels}",
        "expand": f"1x1: {block.conv3.conv.in_channels} to {block.conv3.conv.out_channels}",
        "lanes": [{"layers": list(lane.layers), "scale": lane.scale, "count": lane.count} for lane in lanes],
        "scales": sorted({lane.scale for lane in lanes}),
        "join": row.join,
        "dynamic": row.dynamic,
        "parameters": sum(layer.parameters for layer in layers),
        "multiply_adds": sum(layer.multiply_adds for layer in layers),
        "network_parameters": costs.parameters(model),
        "network_multiply_adds": costs.multiply_adds(model, (3, *size)),
    }


def _difference(a: dict, b: dict) -> str:
    if a["key"] == b["key"]:
        return "Both are the same block: choose another one to compare."
    words = []
    if a["scales"] == b["scales"]:
        words.append(f"Both see the same scales ({_cells(a)}).")
    else:
        words.append(f"{a['name']} sees {_cells(a)}; {b['name']} sees {_cells(b)}.")
    if a["join"] == b["join"]:
        words.append(f"Both are joined alike: {a['join']}.")
    else:
        words.append(f"Joined by: {a['join']}; against {b['join']}.")
    kinds = {True: "computed from the photo", False: "the same for every photo"}
    if a["dynamic"] == b["dynamic"]:
        words.append(f"In both the weights of the join are {kinds[a['dynamic']]}.")
    else:
        words.append(
            f"The weights of the join are {kinds[a['dynamic']]} in {a['name']}, {kinds[b['dynamic']]} in {b['name']}."
        )
    for what, name in (("parameters", "parameters"), ("multiply_adds", "multiply-adds")):
        words.append(f"{b['name']} has {_share(b[what] / a[what])} {name} in this place.")
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in words)


def _cells(block: dict) -> str:
    sides = [f"{side}x{side}" for side in block["scales"]]
    listed = sides[0] if len(sides) == 1 else f"{', '.join(sides[:-1])} and {sides[-1]}"
    return f"{listed} cells"


def _share(ratio: float) -> str:
    if abs(ratio - 1) < 0.0005:
        return "as many"
    if ratio >= 2:
        return f"{ratio:.1f} times as many"
    return f"{100 * abs(ratio - 1):.1f} % {'more' if ratio > 1 else 'fewer'}"
