"""The blocks: the siblings, and what the rows of the ablation are built of, all in one frame.

Shapes: B photos, C channels, H x W cells, T streams.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ...refused import Refused
from ..model import AggregationGate, Block, Conv1x1Linear, ConvLayer, OSBlock, Sum, stream
from .joins import Concatenate, SumInExpansion


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


def joined_with(
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


def hand_made(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """Inception's idea in a light form: a window of its own for each stream, chosen by hand, in a single layer.

    Stream t sees the (2t + 1) x (2t + 1) cells that it sees in OSBlock, but through one wide layer instead of t layers
    that are all alike. The channels, the gate and the sum are those of OSBlock.
    """
    mid, hidden = _inside(c_out, gate_hidden)
    parts = [LiteWide(mid, mid, 2 * t + 1) for t in range(1, streams + 1)]
    return SiblingBlock(c_in, c_out, parts, Sum(), gate=AggregationGate(mid, hidden), squeezed=mid, joined=mid, ibn=ibn)


def equal_views(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """Streams that differ in depth and not in width of view.

    Stream t has t Lite 3x3 layers, as in OSBlock. Their dilations add up to T: 4, then 2 and 2, then 1, 1 and 2, then
    four times 1. So every stream reaches over (2T + 1) x (2T + 1) cells. A short stream skips some of the cells.
    """
    dilations = [[(streams + k) // depth for k in range(depth)] for depth in range(1, streams + 1)]
    return _dilated(c_in, c_out, dilations, gate_hidden, ibn)


def equal_depths(c_in: int, c_out: int, *, streams: int, gate_hidden: int | None, ibn: bool) -> SiblingBlock:
    """Streams that differ in width of view and not in depth.

    Stream t is one Lite 3x3 layer with dilation t. It reaches over (2t + 1) x (2t + 1) cells, as in OSBlock, and looks
    at nine of them.
    """
    return _dilated(c_in, c_out, [[t] for t in range(1, streams + 1)], gate_hidden, ibn)


def _dilated(
    c_in: int, c_out: int, dilations: Sequence[Sequence[int]], gate_hidden: int | None, ibn: bool
) -> SiblingBlock:
    """Streams of Lite 3x3 layers with these dilations; the channels, the gate and the sum are those of OSBlock."""
    mid, hidden = _inside(c_out, gate_hidden)
    parts = [_row([LiteWide(mid, mid, 3, dilation) for dilation in own]) for own in dilations]
    return SiblingBlock(c_in, c_out, parts, Sum(), gate=AggregationGate(mid, hidden), squeezed=mid, joined=mid, ibn=ibn)


class LiteWide(nn.Module):
    """Lite 3x3 with another window: pointwise, then depthwise. (B, C_in, H, W) -> (B, C_out, H, W).

    kernel: side of the window, odd. C_in * C_out + kernel * kernel * C_out weights.  dilation: cells from one cell of
    the window to the next; with 2, a window of 3 x 3 reaches over 5 x 5 cells and looks at nine of them.
    Raises: Refused for an even kernel, which would change the size of the map.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, dilation: int = 1):
        super().__init__()
        if kernel < 1 or kernel % 2 == 0:
            raise Refused(f"kernel must be odd and at least 1, got {kernel}")
        padding = kernel // 2 * dilation
        self.conv1 = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.conv2 = nn.Conv2d(c_out, c_out, kernel, padding=padding, dilation=dilation, bias=False, groups=c_out)
        self.bn = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv2(self.conv1(x))))


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
