"""The rows to compare, what the paper found with them, and what a block looks like."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from ...refused import Refused
from ..model import Block, Lite3x3, OSBlock, OSNet, osnet
from .blocks import (
    Grouped,
    LiteWide,
    equal_depths,
    equal_views,
    full_convolutions,
    hand_made,
    inception,
    joined_with,
    resnext,
    same_depth,
    squeeze_excite,
)
from .joins import FixedGates, Mix, ScalarGate, SeparateGates


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
_GATED = "sum, weighted by one gate"

TABLE_5 = (
    Row("primary", 1, "omni-scale block", "the primary model: four streams, T = 4, and one unified gate",
        _OMNI, _GATED, True, 4, OSBlock, 93.6, 81.0),
    Row("full", 2, "full convolutions", "standard 3x3 convolutions instead of Lite 3x3",
        _OMNI, _GATED, True, 4, full_convolutions, 94.0, 82.7),
    Row("same-depth", 3, "same depth", "equal depth: 2 Lite 3x3 in first blocks, 3 in second ones",
        (5, 5, 5, 5), _GATED, True, 4, same_depth, 91.7, 77.9),
    Row("concatenation", 4, "concatenation", "streams side by side, then a 1x1 back to the width of one",
        _OMNI, "concatenation and 1x1", False, 4, joined_with(join=lambda c, h, t: Mix(c, t)), 91.4, 77.4),
    Row("addition", 5, "addition", "no gate: the plain sum of the streams",
        _OMNI, "plain sum", False, 4, joined_with(), 92.0, 78.2),
    Row("separate-gates", 6, "separate gates", "each stream has a gate of its own",
        _OMNI, "sum, weighted by a gate a stream", True, 4, joined_with(SeparateGates), 92.9, 80.2),
    Row("stream-wise", 7, "stream-wise gate", "the gate gives one number a stream instead of one a channel",
        _OMNI, "sum, one number a stream", True, 4, joined_with(lambda c, h, t: ScalarGate(c, h)), 92.6, 80.0),
    Row("fixed-gates", 8, "learned-and-fixed gates", "gate vectors are learned parameters and never see the photo",
        _OMNI, "sum, weighted by learned numbers", False, 4, joined_with(lambda c, h, t: FixedGates(c, t)), 91.6, 77.5),
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

# Not in the table of all rows: it is compared with the primary row alone, by more seeds.
HAND_MADE = Row("hand-made", 0, "hand-made windows", "each stream is one wide layer: 3x3, 5x5, 7x7, 9x9",
    _OMNI, _GATED, True, 4, hand_made)  # fmt: skip

# Not in that table either. In the omni-scale block the widest stream is also the deepest; these two keep that apart.
EQUAL_VIEWS = Row("equal-views", 0, "equal views", "1, 2, 3, 4 Lite 3x3, dilated so that all streams reach over 9x9",
    (9, 9, 9, 9), _GATED, True, 4, equal_views)  # fmt: skip
EQUAL_DEPTHS = Row("equal-depths", 0, "equal depths", "each stream is one Lite 3x3, with dilation 1, 2, 3, 4",
    _OMNI, _GATED, True, 4, equal_depths)  # fmt: skip

ROWS = {row.key: row for row in (*TABLE_5, *SIBLINGS)}
_EVERY = {**ROWS, **{row.key: row for row in (HAND_MADE, EQUAL_VIEWS, EQUAL_DEPTHS)}}


def find(row: Row | str | int) -> Row:
    """A row by itself, by its key, or by its number in table 5.  Raises: Refused naming the rows that there are."""
    if isinstance(row, Row):
        return row
    for one in _EVERY.values():
        if row == one.key or (one.number and row == one.number):
            return one
    raise Refused(f"there is no row {row!r}; expected 1 to {len(TABLE_5)} or one of {', '.join(_EVERY)}")


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
class Anatomy:
    """What one block says about itself.

    streams: their names.  scales: side of the window that each sees, in cells.  gate: in words, None where there is
    none.  numbers: that the gate gives for one stream, 0 without a gate.  join: how the streams become one, in words.
    """

    streams: tuple[str, ...]
    scales: tuple[int, ...]
    gate: str | None
    numbers: int
    join: str


def anatomy(block: Block) -> Anatomy:
    """The streams, the gate and the join of an omni-scale block or a sibling, as built."""
    gate = block.gate
    return Anatomy(
        tuple(block.stream_names),
        tuple(_lane(one).scale for one in block.stream_modules()),
        None if gate is None else gate.words,
        0 if gate is None else gate.numbers,
        block.join.words,
    )


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
    layers = [_layer(layer) for layer in (one if isinstance(one, nn.Sequential) else [one])]
    return Lane(tuple(words for words, _ in layers), 1 + sum(side - 1 for _, side in layers))


def _layer(layer: nn.Module) -> tuple[str, int]:
    """A layer in words, and the side of the window that it reaches over, in cells."""
    if isinstance(layer, nn.MaxPool2d):
        return "max pool 3x3", 3
    kind, conv = ("Lite ", layer.conv2) if isinstance(layer, Lite3x3 | LiteWide) else ("", layer.conv)
    side, apart = conv.kernel_size[0], conv.dilation[0]
    return f"{kind}{side}x{side}" + f", dilation {apart}" * (apart > 1), 1 + (side - 1) * apart
