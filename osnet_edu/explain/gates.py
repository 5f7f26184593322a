"""Which scale did the network use? The streams of each block and their gates, read and, to ask "what if", rewritten.

A block sees a photo at T scales. The omni-scale block weights every channel of every stream x_t by a gate in (0, 1);
`read` writes those weights down, and each stream's share of what the block makes of them. `mute`, `solo` and `rewrite`
change the weights for as long as a `with` block lasts, and leave no trace after it. Streams are counted from 1, as in
the paper: in the omni-scale block stream t sees (2t + 1) x (2t + 1) cells of its block's map.

Every kind of block can be asked (see model.Block). One without a gate has shares, and its streams can be muted: there a
stream's factor is 1, or 0. What needs a gate refuses it, and says how that block joins its streams.

Shapes: B photos, T streams, C channels of a stream; a gate has one number a channel, or a single one a stream.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from .. import compute, probe
from ..model import Block, OSNet
from ..refused import Refused

Rewrite = Callable[[str, Tensor], Tensor]  # block name, gates (B, T, C) -> gates (B, T, C)
Change = Callable[[str, list[Tensor], Tensor | None], tuple[list[Tensor], Tensor]]  # what enters a block's join


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
    return GateReading(*({name: found[name][k] for name in found} for k in (2, 0, 1)), names)


def read_shares(model: OSNet, images: Tensor, *, batch: int = 64) -> ShareReading:
    """Each stream's share of every block's answer for a batch of photos, with gates or without.

    images, batch: as for `read`.  Returns: ShareReading, arrays of the images' float type.
    """
    found, names = _heard(model, images, batch)
    return ShareReading(*({name: found[name][k] for name in found} for k in (0, 1)), names)


def gated(model: OSNet, blocks: Sequence[str] | str | None = None, *, to: str = "ask") -> dict[str, Block]:
    """The named blocks, all for None, if each of them has a gate.  to: what it is wanted for, in the sentence.

    Raises: Refused, saying how a block without a gate joins its streams.
    """
    chosen = _blocks(model, blocks)
    for name, block in chosen.items():
        if block.gate is None:
            raise Refused(f"block {name} joins its streams by {block.join.words} alone: it has no gate to {to}")
    return chosen


def rewrite(model: OSNet, rule: Rewrite, blocks: Sequence[str] | str | None = None) -> AbstractContextManager[OSNet]:
    """Let a rule replace the gates of some blocks while the `with` block lasts.

    rule: (block name, gates (B, T, C)) -> gates of the same shape, used instead.  blocks: names; None means all.
    Rewrites nest: the inner one sees what the outer one left. After the block, or after an error in it, nothing stays.
    Raises: Refused for a block without a gate, and for gates of another shape.
    """

    def change(name: str, streams: list[Tensor], weights: Tensor) -> tuple[list[Tensor], Tensor]:
        gates = weights.flatten(2)  # (B, T, C, 1, 1) -> (B, T, C)
        new = rule(name, gates)
        if new.shape != gates.shape:
            raise Refused(f"the rule made gates {tuple(new.shape)} of {tuple(gates.shape)} in block {name}")
        return streams, new[..., None, None]

    return _changed(model, change, gated(model, blocks, to="rewrite"))


def mute(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | str | None = None):
    """Shut some streams: they count 0, whatever their gates say, while the `with` block lasts.

    streams: 1 to T.  blocks: names, None means all.  Raises: Refused for a stream or a block that is not there.
    """
    return _keep(model, streams, blocks, named=False)


def solo(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | str | None = None):
    """Shut all streams but some: the others count 0, whatever their gates say, while the `with` block lasts.

    streams: 1 to T.  blocks: names, None means all.  Raises: Refused for a stream or a block that is not there.
    """
    return _keep(model, streams, blocks, named=True)


def _keep(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | str | None, *, named: bool):
    """Keep the streams that are named (or those that are not), and let the others count 0."""
    wanted = {int(streams)} if isinstance(streams, Integral) else set(streams)
    if not wanted:
        raise Refused("name at least one stream")
    chosen = _blocks(model, blocks)
    for name, block in chosen.items():
        count = len(block.stream_names)
        if bad := sorted(wanted - set(range(1, count + 1))):
            raise Refused(f"block {name} has streams 1 to {count}, not {bad}")

    def change(_name: str, streams: list[Tensor], weights: Tensor | None) -> tuple[list[Tensor], Tensor]:
        kept = streams[0].new_tensor([(t in wanted) == named for t in range(1, len(streams) + 1)])
        kept = kept[None, :, None, None, None]
        return streams, kept if weights is None else weights * kept

    return _changed(model, change, chosen)


@contextmanager
def _changed(model: OSNet, change: Change, blocks: Mapping[str, Block]):
    """Let a change be made to what enters the join of some blocks: its streams, and their weights if there are any."""

    def hook(name: str):
        return lambda _join, inputs: change(name, *inputs)

    with probe.before(*((block.join, hook(name)) for name, block in blocks.items())):
        yield model


def _heard(model: OSNet, images: Tensor, batch: int) -> tuple[dict[str, list[np.ndarray]], dict[str, tuple[str, ...]]]:
    """What every block did with the photos: shares, branch and, if it has them, gates; and the names of its streams."""
    if images.dim() != 4 or len(images) == 0:
        raise Refused(f"images must be a batch (B, 3, H, W) of at least one photo, got {tuple(images.shape)}")
    blocks = _blocks(model)
    parts = {name: [] for name in blocks}
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


def _blocks(model: OSNet, names: Sequence[str] | str | None = None) -> dict[str, Block]:
    """The named blocks, in network order; all of them for None."""
    blocks = model.blocks()
    if not blocks:
        raise Refused("this network has no blocks that say what their streams are (see model.Block)")
    if names is None:
        return blocks
    names = [names] if isinstance(names, str) else list(names)
    if unknown := [name for name in names if name not in blocks]:
        raise Refused(f"no such block: {', '.join(unknown)}; this network has {', '.join(blocks)}")
    return {name: block for name, block in blocks.items() if name in names}
