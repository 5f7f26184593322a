"""What the omni-scale block is compared with: its siblings, and every row of the paper's ablation.

All of them have the frame of `model.Block`: a 1x1 squeeze, something in the middle, a linear 1x1 that expands, the
identity beside it, a ReLU. Only the middle differs: which windows its streams see, whether a gate weights them, whether
the gate looks at the photo, and how the streams are joined.

The three siblings (Inception-, ResNeXt- and SE-style) follow the idea of the published blocks, at the budget of the
omni-scale block that they replace: each is as wide as it can be without having more parameters. The eleven rows follow
table 5; where the paper leaves a row open, its `change` says how it is read here.

Source: Zhou et al., Omni-Scale Feature Learning for Person Re-Identification, ICCV 2019, table 5; Szegedy et al., 2015;
Xie et al., 2017; Hu et al., 2018.
Shapes: B photos, C channels, H x W cells, T streams.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .model import AggregationGate, Block, Conv1x1Linear, ConvLayer, Lite3x3, OSBlock, OSNet, Sum, osnet, stream
from .refused import Refused

# --- how streams are joined: (T times (B, C, H, W), weights or None) -> (B, C', H, W); `Sum` is in model.py -----------


class Concatenate(nn.Module):
    """The streams' channels side by side, (B, T * C, H, W)."""

    words = "concatenation"

    def forward(self, streams: list[Tensor], weights: Tensor | None = None) -> Tensor:
        return torch.cat(_weighted(streams, weights), 1)

    def contributions(
        self, streams: list[Tensor], weights: Tensor | None, expansion: nn.Conv2d | None = None
    ) -> Iterator[Tensor]:
        """What each stream puts into the sum that the expansion makes of them: T times (B, C_out, H, W).

        A 1x1 convolution of maps side by side is the sum, over the maps, of what its slice for each makes of it.
        """
        return _expanded(_weighted(streams, weights), expansion)


class SumInExpansion(Concatenate):
    """Side by side before a 1x1 convolution, whose slices add the streams up: the sum as ResNeXt's authors write it."""

    words = "a sum"


class Mix(nn.Module):
    """The streams side by side, then a 1x1 convolution from T * C channels back to C: weights learned, then fixed.

    With a ReLU, because the expanding 1x1 that follows is linear, and two linear maps in a row are one.
    """

    words = "concatenation and a 1x1 convolution"

    def __init__(self, channels: int, streams: int):
        super().__init__()
        self.conv = ConvLayer(streams * channels, channels, 1)

    def forward(self, streams: list[Tensor], weights: Tensor | None = None) -> Tensor:
        return self.conv(torch.cat(_weighted(streams, weights), 1))

    def contributions(
        self, streams: list[Tensor], weights: Tensor | None, _expansion: nn.Conv2d | None = None
    ) -> Iterator[Tensor]:
        """What each stream puts into the sum that the 1x1 makes of them, before its ReLU: T times (B, C, H, W)."""
        return _expanded(_weighted(streams, weights), self.conv.conv)


def _weighted(streams: list[Tensor], weights: Tensor | None) -> list[Tensor]:
    return streams if weights is None else [weights[:, t] * x for t, x in enumerate(streams)]


def _expanded(streams: list[Tensor], expansion: nn.Conv2d) -> Iterator[Tensor]:
    slices = expansion.weight.split([x.shape[1] for x in streams], 1)
    return (F.conv2d(x, own) for x, own in zip(streams, slices, strict=True))


# --- gates: averages (B * T, C, 1, 1), photo by photo -> weights (B * T, C or 1, 1, 1) --------------------------------


class ScalarGate(AggregationGate):
    """A gate that ends in a single unit: one number a stream, for all its channels. (N, C, H, W) -> (N, 1, 1, 1)."""

    words = "one gate for all streams, one number a stream"

    def __init__(self, channels: int, hidden: int):
        super().__init__(channels, hidden)
        self.fc2 = nn.Conv2d(hidden, 1, 1)


class SeparateGates(nn.Module):
    """A gate of its own for each stream: T times the gate's parameters."""

    words = "a gate of its own for each stream, one number a channel"

    def __init__(self, channels: int, hidden: int, streams: int):
        super().__init__()
        self.gates = nn.ModuleList(AggregationGate(channels, hidden) for _ in range(streams))

    def forward(self, averages: Tensor) -> Tensor:
        by_stream = averages.unflatten(0, (-1, len(self.gates))).unbind(1)  # T times (B, C, 1, 1)
        return torch.stack([gate(x) for gate, x in zip(self.gates, by_stream, strict=True)], 1).flatten(0, 1)


class FixedGates(nn.Module):
    """Learned numbers in (0, 1), one a channel and stream, that never look at the photo: they only count the photos."""

    words = "learned numbers, the same for every photo, one a channel"

    def __init__(self, channels: int, streams: int):
        super().__init__()
        self.streams = streams
        self.logits = nn.Parameter(torch.zeros(streams * channels))

    def forward(self, averages: Tensor) -> Tensor:
        gates = self.logits.sigmoid().reshape(self.streams, -1, 1, 1)  # starts at one half, as a gate does
        return gates.repeat(averages.shape[0] // self.streams, 1, 1, 1)  # a graph of any batch cannot take len()


# --- blocks -----------------------------------------------------------------------------------------------------------


class SiblingBlock(Block):
    """Any streams, weighted and joined in any way, in the frame of `OSBlock`: (B, C_in, H, W) -> (B, C_out, H, W).

    streams: each from `squeezed` channels.  gate: None for none.  joined: channels that the join puts out.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        streams: Sequence[nn.Module],
        join: nn.Module,
        *,
        gate: nn.Module | None = None,
        squeezed: int,
        joined: int,
        ibn: bool = False,
    ):
        super().__init__()
        self.conv1 = ConvLayer(c_in, squeezed, 1)
        self.middle = nn.ModuleList(streams)
        self.gate = gate
        self.join = join
        self.conv3 = Conv1x1Linear(joined, c_out)
        self.downsample = Conv1x1Linear(c_in, c_out) if c_in != c_out else None
        self.IN = nn.InstanceNorm2d(c_out, affine=True) if ibn else None
        self.relu = nn.ReLU()
        self.stream_names = [
            f"middle.{i}" + (f"[{k}]" if _thin(one) > 1 else "")
            for i, one in enumerate(self.middle)
            for k in range(_thin(one))
        ]

    def stream_modules(self) -> list[nn.Module]:
        return [one for one in self.middle for _ in range(_thin(one))]

    def streams(self, x: Tensor) -> list[Tensor]:
        squeezed = self.conv1(x)
        return [own for one in self.middle for own in one(squeezed).chunk(_thin(one), 1)]


def _thin(module: nn.Module) -> int:
    """How many streams a module of the middle holds."""
    return module.conv.groups if isinstance(module, Grouped) else 1


def full_convolutions(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """Row 2: every Lite 3x3 becomes a standard 3x3 convolution."""
    mid, hidden = _inside(c_out, gate_hidden)
    parts = [_row([ConvLayer(mid, mid, 3) for _ in range(depth)]) for depth in range(1, streams + 1)]
    return SiblingBlock(c_in, c_out, parts, Sum(), gate=AggregationGate(mid, hidden), squeezed=mid, joined=mid, ibn=ibn)


def same_depth(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """Row 3: all streams equally deep, so that a block sees one scale only.

    Ten layers cannot be shared out among four streams evenly. Twenty can in two blocks: two layers a stream in the
    first block of a stage, where the channels change, and three in the second.
    """
    mid, hidden = _inside(c_out, gate_hidden)
    depth = 2 if c_in != c_out else 3
    parts = [stream(mid, depth) for _ in range(streams)]
    return SiblingBlock(c_in, c_out, parts, Sum(), gate=AggregationGate(mid, hidden), squeezed=mid, joined=mid, ibn=ibn)


def _with(
    gate: Callable[[int, int, int], nn.Module] | None = None, join: Callable[[int, int, int], nn.Module] | None = None
) -> Callable[..., SiblingBlock]:
    """The omni-scale block's own streams, weighted and joined in another way.  gate, join: (channels, hidden, T)."""

    def block(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
        mid, hidden = _inside(c_out, gate_hidden)
        parts = [stream(mid, depth) for depth in range(1, streams + 1)]
        own_gate, own_join = (make(mid, hidden, streams) if make else None for make in (gate, join))
        return SiblingBlock(
            c_in, c_out, parts, own_join or Sum(), gate=own_gate, squeezed=mid, joined=mid, ibn=ibn
        )  # fmt: skip

    return block


def inception(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """Inception-style: four different operations, chosen by hand, that share the squeeze and are concatenated.

    1x1; 3x3; two 3x3 in a row, which see 5x5; and a 3x3 max pool with a 1x1. Standard convolutions.
    """
    mid, _ = _inside(c_out, gate_hidden)

    def block(width: int) -> SiblingBlock:
        parts = [
            ConvLayer(mid, width, 1),
            ConvLayer(mid, width, 3),
            nn.Sequential(ConvLayer(mid, width, 3), ConvLayer(width, width, 3)),
            nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), ConvLayer(mid, width, 1)),
        ]
        return SiblingBlock(c_in, c_out, parts, Concatenate(), squeezed=mid, joined=4 * width, ibn=ibn)

    return _widest(block, c_in, c_out, streams=streams, gate_hidden=gate_hidden, ibn=ibn)


def resnext(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """ResNeXt-style: many thin streams that all see 3x3, joined by addition.

    Written as its authors write it: each stream has its own slice of the squeeze, a standard 3x3 (together one grouped
    convolution), and its own slice of the expansion. The expansion of all slices at once is the sum over the streams.
    """
    mid, _ = _inside(c_out, gate_hidden)
    thin = max(1, mid // 4)

    def block(count: int) -> SiblingBlock:
        return SiblingBlock(
            c_in, c_out, [Grouped(count * thin, count)], SumInExpansion(),
            squeezed=count * thin, joined=count * thin, ibn=ibn,
        )  # fmt: skip

    return _widest(block, c_in, c_out, streams=streams, gate_hidden=gate_hidden, ibn=ibn)


def squeeze_excite(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """SE-style: one stream, a standard 3x3, whose channels a gate recalibrates.

    The gate is the module that the omni-scale block has, on one stream: there is no scale to choose, only channels.
    (Hu et al. put it after the expansion; here it stands where the aggregation gate stands.)
    """
    _, hidden = _inside(c_out, gate_hidden)

    def block(width: int) -> SiblingBlock:
        gate = AggregationGate(width, hidden)
        parts = [ConvLayer(width, width, 3)]
        return SiblingBlock(c_in, c_out, parts, Sum(), gate=gate, squeezed=width, joined=width, ibn=ibn)

    return _widest(block, c_in, c_out, streams=streams, gate_hidden=gate_hidden, ibn=ibn)


class Grouped(nn.Module):
    """`groups` streams of one 3x3 each, as one convolution: stream k sees only the k-th slice of the channels."""

    def __init__(self, channels: int, groups: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


def _inside(c_out: int, gate_hidden: int | None) -> tuple[int, int]:
    """The channels inside a block and the hidden units of its gate, as OSBlock has them."""
    mid = c_out // 4
    return mid, max(1, mid // 16, gate_hidden or 0)


def _row(layers: list[nn.Module]) -> nn.Module:
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def _widest(block: Callable[[int], SiblingBlock], c_in: int, c_out: int, **how) -> SiblingBlock:
    """The widest block with no more parameters than the omni-scale block in its place."""
    with torch.device("meta"):  # shapes without numbers: nothing is drawn
        most = _size(OSBlock(c_in, c_out, **how))
        width = bisect_right(range(1, 4 * c_out), most, key=lambda width: _size(block(width)))
    return block(max(1, width))


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


# --- the rows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One block to compare, and what the paper found with it.

    key: short name.  number: row of table 5, 0 for a sibling that the table lacks.  name: in words.
    change: what differs from the primary block, and how an unclear row is read.
    scales: sides, in cells, of the windows that the streams of a stage's first block see, one a stream.
    join: how the streams become one.  dynamic: whether the weights of the join are computed from the photo.
    streams: T.  block: makes one block.  rank1, mean_ap: of table 5, per cent, Market-1501 from scratch; None for 0.
    """

    key: str
    number: int
    name: str
    change: str
    scales: tuple[int, ...]
    join: str
    dynamic: bool
    streams: int
    block: Callable[..., nn.Module]
    rank1: float | None = None
    mean_ap: float | None = None


_OMNI = (3, 5, 7, 9)
_GATED = "sum, weighed by one gate"

TABLE_5 = (
    Row("primary", 1, "omni-scale block", "the primary model: four streams, T = 4, and one unified gate",
        _OMNI, _GATED, True, 4, OSBlock, 93.6, 81.0),
    Row("full", 2, "full convolutions", "standard 3x3 convolutions instead of Lite 3x3",
        _OMNI, _GATED, True, 4, full_convolutions, 94.0, 82.7),
    Row("same-depth", 3, "same depth", "equal depth: 2 Lite 3x3 in first blocks, 3 in second ones",
        (5, 5, 5, 5), _GATED, True, 4, same_depth, 91.7, 77.9),
    Row("concatenation", 4, "concatenation", "streams side by side, then a 1x1 back to the width of one",
        _OMNI, "concatenation and 1x1", False, 4, _with(join=lambda c, h, t: Mix(c, t)), 91.4, 77.4),
    Row("addition", 5, "addition", "no gate: the plain sum of the streams",
        _OMNI, "plain sum", False, 4, _with(), 92.0, 78.2),
    Row("separate-gates", 6, "separate gates", "each stream has a gate of its own",
        _OMNI, "sum, weighed by a gate a stream", True, 4, _with(SeparateGates), 92.9, 80.2),
    Row("stream-wise", 7, "stream-wise gate", "the gate gives one number a stream instead of one a channel",
        _OMNI, "sum, one number a stream", True, 4, _with(lambda c, h, t: ScalarGate(c, h)), 92.6, 80.0),
    Row("fixed-gates", 8, "learned-and-fixed gates", "gate vectors are learned parameters and never see the photo",
        _OMNI, "sum, weighed by learned numbers", False, 4, _with(lambda c, h, t: FixedGates(c, t)), 91.6, 77.5),
    Row("T1", 9, "T = 1", "one stream", _OMNI[:1], "one stream, gated", True, 1, OSBlock, 86.5, 67.7),
    Row("T2", 10, "T = 2", "two streams", _OMNI[:2], _GATED, True, 2, OSBlock, 91.7, 77.0),
    Row("T3", 11, "T = 3", "three streams", _OMNI[:3], _GATED, True, 3, OSBlock, 92.8, 79.9),
)  # fmt: skip

SIBLINGS = (
    Row("inception", 0, "Inception-style", "a hand-made mixture: 1x1, 3x3, 5x5 as two 3x3, and pooling",
        (1, 3, 5, 3), "concatenation", False, 4, inception),
    Row("resnext", 0, "ResNeXt-style", "many thin streams of one equal scale",
        (3,), "plain sum", False, 4, resnext),
    Row("se", 0, "SE-style", "one stream whose channels are recalibrated",
        (3,), "one stream, channels gated", True, 4, squeeze_excite),
)  # fmt: skip

ROWS = {row.key: row for row in (*TABLE_5, *SIBLINGS)}


def find(row: Row | str | int) -> Row:
    """A row by itself, by its key, or by its number in table 5.  Raises: Refused naming the rows that there are."""
    if isinstance(row, Row):
        return row
    for one in ROWS.values():
        if row == one.key or (one.number and row == one.number):
            return one
    raise Refused(f"there is no row {row!r}; expected 1 to {len(TABLE_5)} or one of {', '.join(ROWS)}")


def build(row: Row | str | int, width: float = 1.0, *, num_classes: int = 0, gate_hidden: int | None = None) -> OSNet:
    """The whole network with every block of one kind; `build("primary", ...)` is `model.osnet(...)`.

    row: a Row, its key or its number.  width, num_classes, gate_hidden: as for `model.osnet`.
    Raises: Refused for a row that is not there, or a size that makes no network.
    """
    row = find(row)
    return osnet(width, num_classes=num_classes, streams=row.streams, gate_hidden=gate_hidden, block=row.block)


def block(row: Row | str | int, c_in: int, c_out: int, *, gate_hidden: int | None = None) -> nn.Module:
    """One block of a kind, as it stands in the network: (B, C_in, H, W) -> (B, C_out, H, W)."""
    row = find(row)
    return row.block(c_in, c_out, streams=row.streams, gate_hidden=gate_hidden, ibn=False)


# --- what a block looks like ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lane:
    """One stream of a block.  layers: in words, first one first.  scale: side of its window, in cells.

    count: streams of the block that are like this one and drawn as one.
    """

    layers: tuple[str, ...]
    scale: int
    count: int = 1


def lanes(block: nn.Module) -> tuple[Lane, ...]:
    """The streams of an omni-scale block or of a sibling, as built.  Raises: Refused for another module."""
    if not isinstance(block, Block):
        raise Refused(f"expected an OSBlock or a SiblingBlock, got {type(block).__name__}")
    return tuple(_lane(one) for one in dict.fromkeys(block.stream_modules()))


def _lane(one: nn.Module) -> Lane:
    if isinstance(one, Grouped):
        return Lane(("3x3",), 3, one.conv.groups)
    layers = list(one) if isinstance(one, nn.Sequential) else [one]
    sides = [3 if isinstance(layer, Lite3x3 | nn.MaxPool2d) else layer.conv.kernel_size[0] for layer in layers]
    names = [
        "Lite 3x3" if isinstance(layer, Lite3x3) else "max pool 3x3" if isinstance(layer, nn.MaxPool2d) else f"{k}x{k}"
        for layer, k in zip(layers, sides, strict=True)
    ]
    return Lane(tuple(names), 1 + sum(side - 1 for side in sides))
