"""Which scale did the network use? The streams of each block and their gates, read and, to ask "what if", rewritten.

A block sees a photo at T scales. The omni-scale block weights every channel of every stream x_t by a gate in (0, 1);
`read` writes those weights down, and each stream's share of what the block makes of them. `mute`, `solo`, `swap`,
`put` and `rewrite` change what is joined for as long as a `with` block lasts, and leave no trace. Streams are counted
from 1, as in the paper: in the omni-scale block stream t sees (2t + 1) x (2t + 1) cells of its block's map.

Every kind of block can be asked (see model.Block). One without a gate has shares, and its streams can be silenced:
there a
stream's factor is 1, or 0. What needs a gate refuses it, and says how that block joins its streams. `limits` says what
a network's gates cannot show.

Shapes: B photos, T streams, C channels of a stream; a gate has one number a channel, or a single one a stream.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..machine import compute
from ..network import probe
from ..network.model import Block, OSNet
from .changes import (
    Change,
    Means,
    Rewrite,
    blocks_of,
    check_photos,
    factors,
    gated,
    means,
    mute,
    put,
    rewrite,
    solo,
    swap,
)

__all__ = [
    "Change", "GateReading", "Means", "Rewrite", "ShareReading", "factors", "gated", "limits", "means", "mute", "put",
    "read", "read_shares", "rewrite", "solo", "swap",
]  # fmt: skip


@dataclass(frozen=True)
class ShareReading:
    """How the streams of each block add up for a batch of photos. By block name, in the order of the network.

    shares: (B, T) each: how much of the sum in which the streams become one, x~ = sum of y_t, stream t accounts for:
        <y_t, x~> / |x~|^2, where y_t is the stream times its gate; where streams are concatenated, what the 1x1
        convolution behind makes of it. Signed: a stream that works against the sum has a negative share. Over streams
        they sum to 1 (nan where x~ is all zero).
    branch: (B,) each: the same share for the whole branch against the identity path beside it, <f, f + x> / |f + x|^2,
        where f is the block's answer and x what bypasses it.
    streams: the names of each block's streams.
    """

    shares: Mapping[str, np.ndarray]
    branch: Mapping[str, np.ndarray]
    streams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the blocks, first to last."""
        return tuple(self.shares)


@dataclass(frozen=True)
class GateReading:
    """What the gates did with a batch of photos. All by block name, blocks in the order in which a photo meets them.

    gates: (B, T, C) each, in (0, 1); (B, T, 1) where a gate has one number a stream.
    shares, branch, streams: as in ShareReading.
    """

    gates: Mapping[str, np.ndarray]
    shares: Mapping[str, np.ndarray]
    branch: Mapping[str, np.ndarray]
    streams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the blocks, first to last."""
        return tuple(self.gates)

    @property
    def means(self) -> dict[str, np.ndarray]:
        """The mean gate of every stream: (B, T) by block."""
        return {name: gates.mean(2) for name, gates in self.gates.items()}

    def change(self, first: int, second: int) -> dict[str, np.ndarray]:
        """How far the gates moved between two photos of the batch: (T,) by block, the root mean square over channels.

        A mean over channels hides a change in which half of the channels open and half close; this does not.
        """
        return {name: np.sqrt(((g[first] - g[second]) ** 2).mean(1)) for name, g in self.gates.items()}


def read(model: OSNet, images: Tensor, *, batch: int = 64) -> GateReading:
    """Read every gate of every block for a batch of photos.

    images: (B, 3, H, W) float, normalised.  batch: photos that go through the network at a time.
    Returns: GateReading, arrays of the images' float type.
    The model is read in evaluation mode and left in the mode in which it was found.
    Raises: Refused for a network with a block that has no gate; `read_shares` answers for every network.
    """
    gated(model, to="read")
    found, names = _heard(model, images, batch)
    gates, shares, branch = ({name: found[name][k] for name in found} for k in (2, 0, 1))
    return GateReading(gates, shares, branch, names)


def read_shares(model: OSNet, images: Tensor, *, batch: int = 64) -> ShareReading:
    """Each stream's share of every block's answer for a batch of photos, with gates or without.

    images, batch: as for `read`.  Returns: ShareReading, arrays of the images' float type.
    """
    found, names = _heard(model, images, batch)
    shares, branch = ({name: found[name][k] for name in found} for k in (0, 1))
    return ShareReading(shares, branch, names)


def limits(model: OSNet) -> str:
    """What the gates of a network cannot show, in sentences; "" where they have no such limit."""
    blocks = blocks_of(model)
    bare = [name for name, block in blocks.items() if block.gate is None]
    rest: dict[str, Any] = {name: block for name, block in blocks.items() if block.gate is not None}
    single = [name for name, block in rest.items() if len(block.stream_names) == 1]
    several = [name for name in rest if name not in single]
    scalar = [name for name in several if rest[name].gate.numbers == 1]
    narrow = [name for name in several if name not in scalar and _hidden(rest[name].gate) == 1]
    said = []
    if bare:
        said.append(f"{_listed(bare)} {_have(bare)} no gate: {blocks[bare[0]].join.words} alone joins the streams.")
    if single:
        said.append(f"{_listed(single)} {_have(single)} one stream: its gate has no other stream to weight it against.")
    if scalar:
        said.append(f"{_listed(scalar)} {_have(scalar)} a gate of one number a stream, the same for all channels.")
    if narrow:
        said.append(
            f"{_listed(narrow)} {_have(narrow)} a gate with one hidden unit: all its channels follow one number a "
            "stream, and they cannot choose apart from one another."
        )
    return " ".join(said)


def _hidden(gate: nn.Module) -> int:
    """Hidden units of a gate; 0 for one that has none."""
    return min((layer.out_channels for name, layer in gate.named_modules() if name.endswith("fc1")), default=0)


def _listed(names: Sequence[str]) -> str:
    return f"block{'s' * (len(names) > 1)} {', '.join(names)}".capitalize()


def _have(names: Sequence[str]) -> str:
    return "have" if len(names) > 1 else "has"


def _heard(model: OSNet, images: Tensor, batch: int) -> tuple[dict[str, list[np.ndarray]], dict[str, tuple[str, ...]]]:
    """What every block did with the photos: shares, branch and, if it has them, gates; and the names of its streams."""
    check_photos(images)
    blocks = blocks_of(model)
    parts: dict[str, list] = {name: [] for name in blocks}
    with ExitStack() as stack:
        stack.enter_context(probe.evaluating(model))
        stack.enter_context(torch.no_grad())
        stack.enter_context(compute.steadily(lambda: model(images[:8])))
        for name, block in blocks.items():
            stack.enter_context(_watched(block, parts[name]))
        for chunk in images.split(batch):
            model(chunk)
    whole = {name: [torch.cat(kind).cpu().numpy() for kind in zip(*rows, strict=True)] for name, rows in parts.items()}
    return whole, {name: tuple(block.stream_names) for name, block in blocks.items()}


@contextmanager
def _watched(block: Block, rows: list[tuple[Tensor, ...]]):
    """Append what a block does in each pass. Its maps are forgotten as soon as the block is done."""
    seen: dict[str, Tensor] = {}

    def joining(join, inputs: tuple) -> None:
        streams, weights = inputs

        def parts():  # once for the sum and once for the shares: a block may have many streams
            return join.contributions(streams, weights, block.conv3.conv)

        total = sum(parts())
        seen["shares"] = torch.stack([_share(part, total) for part in parts()], 1)
        if weights is not None:
            seen["gates"] = weights.flatten(2)

    def keep(key: str):
        return lambda _module, _inputs, output: seen.update({key: output})

    def finish(_block, inputs: tuple[Tensor], _output) -> None:
        answer, bypass = seen["answer"], seen.get("bypass", inputs[0])
        kinds = [seen["shares"], _share(answer, answer + bypass)]
        rows.append(tuple(kinds + [seen["gates"]] if block.gate is not None else kinds))
        seen.clear()

    around = [(block.conv3, keep("answer")), (block, finish)]
    if block.downsample is not None:
        around.append((block.downsample, keep("bypass")))
    with probe.before((block.join, joining)), probe.hooked(*around):
        yield


def _share(part: Tensor, total: Tensor) -> Tensor:
    """<part, total> / |total|^2 of maps (B, C, H, W).  Returns: (B,)."""
    return (part * total).sum((1, 2, 3)) / total.square().sum((1, 2, 3))
