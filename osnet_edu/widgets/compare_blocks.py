"""Two blocks side by side: what their streams see, how they are joined, what they cost, and the difference in words."""

from functools import cache

import torch
import traitlets

from ..network import costs, siblings
from .records import BlockDrawn, Comparison, LaneDrawn
from .widget import Widget, checked, one_of

PLACES = ("conv2.0", "conv2.1", "conv3.0", "conv3.1", "conv4.0", "conv4.1")
NETWORKS = {"x0.25, photos of 128 x 64": (0.25, 4, (128, 64)), "x1.0, photos of 256 x 128": (1.0, None, (256, 128))}


class CompareBlocks(Widget, script="compare_blocks.js"):
    """Pick two blocks, and a place in the network, and see where they differ.

    Traits to read or set: first, second (keys of siblings.ROWS), place ("conv2.0" to "conv4.1"), network (one of
    NETWORKS).
    Traits to read: blocks (both, with their streams and costs), said (the difference in words).
    """

    first = traitlets.Unicode("primary").tag(sync=True)
    second = traitlets.Unicode("inception").tag(sync=True)
    place = traitlets.Unicode("conv2.0").tag(sync=True)
    network = traitlets.Unicode(next(iter(NETWORKS))).tag(sync=True)
    choices = traitlets.List().tag(sync=True)
    places = traitlets.List(list(PLACES)).tag(sync=True)
    networks = traitlets.List(list(NETWORKS)).tag(sync=True)

    blocks = traitlets.List().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)

    def __init__(self, **chosen):
        choices = [
            [row.key, f"{row.number} · {row.name}" if row.number else row.name] for row in siblings.ROWS.values()
        ]
        super().__init__(choices=choices, **chosen)
        self.observe(self._compare, ["first", "second", "place", "network"])
        self._compare()

    @checked("first", "second")
    def _check_row(self, key: str) -> str:
        return siblings.find(key).key

    @checked("place")
    def _check_place(self, place: str) -> None:
        one_of(place, PLACES, "place")

    @checked("network")
    def _check_network(self, network: str) -> None:
        one_of(network, NETWORKS, "network")

    def _compare(self, _change=None) -> None:
        first, second = (_described(key, self.network)[self.place] for key in (self.first, self.second))
        self.show(Comparison((first, second), _difference(first, second)))


@cache
def _described(key: str, network: str) -> dict[str, BlockDrawn]:
    """A kind of block in every place of a network: the network is counted once for all of them."""
    row, (width, gate_hidden, size) = siblings.find(key), NETWORKS[network]
    with torch.device("meta"):  # shapes without numbers: nothing is drawn at random
        model = siblings.build(row, width, gate_hidden=gate_hidden)
    layers = costs.layers(model, (3, *size))
    whole = (costs.parameters(model), sum(layer.multiply_adds for layer in layers))
    return {
        place: _drawn(
            row, model.get_submodule(place), [one for one in layers if one.name.startswith(f"{place}.")], whole
        )
        for place in PLACES
    }


def _drawn(row: siblings.Row, block, layers: list[costs.LayerCost], whole: tuple[int, int]) -> BlockDrawn:
    lanes = siblings.lanes(block)
    squeeze, expand = (
        f"1x1: {layer.conv.in_channels} to {layer.conv.out_channels}" for layer in (block.conv1, block.conv3)
    )
    return BlockDrawn(
        row.key,
        row.name,
        row.change,
        squeeze,
        expand,
        tuple(LaneDrawn(lane.layers, lane.scale, lane.count) for lane in lanes),
        tuple(sorted({lane.scale for lane in lanes})),
        row.join,
        "gates" if row.dynamic else "numbers" if "learned numbers" in row.join else "",
        row.dynamic,
        sum(layer.parameters for layer in layers),
        sum(layer.multiply_adds for layer in layers),
        *whole,
    )


def _difference(a: BlockDrawn, b: BlockDrawn) -> str:
    """How two blocks differ, in words."""
    if a.key == b.key:
        return "Both are the same block: choose another one to compare."
    words = []
    if a.scales == b.scales:
        words.append(f"Both see the same scales ({_cells(a)}).")
    else:
        words.append(f"{a.name} sees {_cells(a)}; {b.name} sees {_cells(b)}.")
    if a.join == b.join:
        words.append(f"Both are joined alike: {a.join}.")
    else:
        words.append(f"Joined by: {a.join}; against {b.join}.")
    kinds = {True: "computed from the photo", False: "the same for every photo"}
    if a.dynamic == b.dynamic:
        words.append(f"In both the weights of the join are {kinds[a.dynamic]}.")
    else:
        words.append(f"The weights of the join are {kinds[a.dynamic]} in {a.name}, {kinds[b.dynamic]} in {b.name}.")
    words.append(f"{b.name} has {_share(b.parameters / a.parameters)} parameters in this place.")
    words.append(f"{b.name} has {_share(b.multiply_adds / a.multiply_adds)} multiply-adds in this place.")
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in words)


def _cells(block: BlockDrawn) -> str:
    sides = [f"{side}x{side}" for side in block.scales]
    listed = sides[0] if len(sides) == 1 else f"{', '.join(sides[:-1])} and {sides[-1]}"
    return f"{listed} cells"


def _share(ratio: float) -> str:
    if abs(ratio - 1) < 0.0005:
        return "as many"
    if ratio >= 2:
        return f"{ratio:.1f} times as many"
    return f"{100 * abs(ratio - 1):.1f} % {'more' if ratio > 1 else 'fewer'}"
