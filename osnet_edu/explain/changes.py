"""What if a stream were not there? The streams and gates of some blocks, changed for as long as a `with` block lasts.

All that passes from a block's streams to its other layers passes through its join. It is changed there:
a stream can be zero or its mean over many photos, it can come from another photo, and its gate can be set by hand.
Changes nest: an inner one sees what an outer one left. After the block, or after an error in it, nothing stays.

Streams are counted from 1, as in the paper.
Shapes: B photos, T streams, C channels of a stream; a gate has one number a channel, or a single one a stream.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from ..machine import compute
from ..network import probe
from ..network.model import Block, OSNet
from ..refused import Refused

Rewrite = Callable[[str, Tensor], Tensor]  # block name, gates (B, T, C) -> gates (B, T, C)
# Block name, streams and weights on their way into the join -> the same.
Change = Callable[[str, list[Tensor], Tensor | None], tuple[list[Tensor], Tensor | None]]


@dataclass(frozen=True)
class Means:
    """What each stream puts into its block's join on average: what a silenced stream can become instead of zero.

    A stream that is zero is something the layers behind have never seen, and what they make of it says little about
    the stream. A stream that is the mean of many photos is an ordinary one that no longer knows this photo.

    fills: by block, one array (C,) for each stream: the stream times its gate, averaged over photos and positions.
    photos: how many were averaged.
    """

    fills: Mapping[str, tuple[np.ndarray, ...]]
    photos: int


def means(model: OSNet, images: Tensor, *, batch: int = 64) -> Means:
    """Average what each stream puts into its block's join, over photos such as a gallery's.

    images, batch: as for `read`.  Returns: Means, arrays of the images' float type, for `mute` and `solo`.
    """

    def of_chunk(streams: list[Tensor], weights: Tensor | None) -> list[Tensor]:
        parts = streams if weights is None else [weights[:, t] * x for t, x in enumerate(streams)]
        return [x.mean((2, 3)).sum(0) for x in parts]

    sums = summed_at_join(model, images, of_chunk, batch)
    fills = {name: tuple((total / len(images)).cpu().numpy() for total in totals) for name, totals in sums.items()}
    return Means(fills, len(images))


def summed_at_join(
    model: OSNet, images: Tensor, of_chunk: Callable[[list[Tensor], Tensor | None], list[Tensor]], batch: int
) -> dict[str, list[Tensor]]:
    """Some sums of what enters the join of each block, over all photos: by block.

    of_chunk: streams, weights of a few photos -> the sums over these.  images, batch: as for `means`.
    """
    check_photos(images)
    sums: dict[str, list[Tensor]] = {}

    def adding(name: str):
        def hook(_join, inputs: tuple) -> None:
            new = of_chunk(*inputs)
            sums[name] = [a + b for a, b in zip(sums[name], new, strict=True)] if name in sums else new

        return hook

    blocks = blocks_of(model)
    with probe.evaluating(model), torch.no_grad(), compute.steadily(lambda: model(images[:8])):
        with probe.before(*((block.join, adding(name)) for name, block in blocks.items())):
            for chunk in images.split(batch):
                model(chunk)
    return {name: sums[name] for name in blocks}


def gated(model: OSNet, blocks: Sequence[str] | str | None = None, *, to: str = "ask") -> dict[str, Block]:
    """The named blocks, all for None, if each of them has a gate.  to: what it is wanted for, in the sentence.

    Raises: Refused, saying how a block without a gate joins its streams.
    """
    chosen = blocks_of(model, blocks)
    for name, block in chosen.items():
        if block.gate is None:
            raise Refused(f"block {name} joins its streams by {block.join.words} alone: it has no gate to {to}")
    return chosen


def rewrite(model: OSNet, rule: Rewrite, blocks: Sequence[str] | str | None = None) -> AbstractContextManager[OSNet]:
    """Let a rule replace the gates of some blocks while the `with` block lasts.

    rule: (block name, gates (B, T, C)) -> gates of the same shape, used instead.  blocks: names; None means all.
    Raises: Refused for a block without a gate, and for gates of another shape.
    """

    def change(name: str, streams: list[Tensor], weights: Tensor) -> tuple[list[Tensor], Tensor]:
        gates = weights.flatten(2)  # (B, T, C, 1, 1) -> (B, T, C)
        new = rule(name, gates)
        if new.shape != gates.shape:
            raise Refused(f"the rule made gates {tuple(new.shape)} of {tuple(gates.shape)} in block {name}")
        return streams, new[..., None, None]

    return _changed(model, change, gated(model, blocks, to="rewrite"))


def mute(
    model: OSNet,
    streams: int | Sequence[int],
    blocks: Sequence[str] | str | None = None,
    *,
    fill: Means | None = None,
) -> AbstractContextManager[OSNet]:
    """Take some streams away while the `with` block lasts, whatever their gates say.

    streams: 1 to T.  blocks: names, None means all.  fill: what a silenced stream becomes; None is zero.
    Raises: Refused for a stream or a block that is not there, and for means of another network.
    """
    return _keep(model, streams, blocks, fill, named=False)


def solo(
    model: OSNet,
    streams: int | Sequence[int],
    blocks: Sequence[str] | str | None = None,
    *,
    fill: Means | None = None,
) -> AbstractContextManager[OSNet]:
    """Take all streams away but some while the `with` block lasts, whatever their gates say.

    streams, blocks, fill, Raises: as for `mute`.
    """
    return _keep(model, streams, blocks, fill, named=True)


def swap(
    model: OSNet,
    streams: int | Sequence[int],
    blocks: Sequence[str] | str | None = None,
    *,
    photos: tuple[int, int] = (0, 1),
) -> AbstractContextManager[OSNet]:
    """Exchange some streams, each with its gate, between two photos of a batch while the `with` block lasts.

    streams: 1 to T.  blocks: names, None means all.  photos: places of the two in every batch that passes.
    Raises: Refused for a stream or a block that is not there; while it lasts, for a batch that lacks one of the photos.
    """
    first, second = photos
    if first == second or min(photos) < 0:
        raise Refused(f"a swap needs two different photos, counted from 0, got {first} and {second}")
    wanted, chosen = _found(model, streams, blocks)

    def change(_name: str, maps: list[Tensor], weights: Tensor | None) -> tuple[list[Tensor], Tensor | None]:
        count = len(maps[0])
        if max(photos) >= count:
            raise Refused(f"photos {first} and {second} are to be swapped, but the batch has {count}")
        order = list(range(count))
        order[first], order[second] = second, first
        maps = [x[order] if t in wanted else x for t, x in enumerate(maps, start=1)]
        if weights is not None:
            columns = weights.expand(count, *weights.shape[1:]).unbind(1)
            weights = torch.stack([w[order] if t in wanted else w for t, w in enumerate(columns, start=1)], 1)
        return maps, weights

    return _changed(model, change, chosen)


def put(
    model: OSNet, values: Mapping[int, float | Sequence[float]], blocks: Sequence[str] | str | None = None
) -> AbstractContextManager[OSNet]:
    """Set the gates of some streams by hand while the `with` block lasts; the others stay as they are.

    values: by stream, 1 to T: a number in [0, 1] for all channels, or one for each.  blocks: names, None means all.
    Raises: Refused for a stream or a block that is not there, a block without a gate, and other numbers.
    """
    gated(model, blocks, to="set")
    _found(model, list(values), blocks)
    wanted = {stream: np.asarray(value, float) for stream, value in values.items()}
    for stream, value in wanted.items():
        if value.ndim > 1 or not ((value >= 0) & (value <= 1)).all():
            raise Refused(f"the gate of stream {stream} must be a number from 0 to 1, or one for each channel")

    def rule(name: str, gates: Tensor) -> Tensor:
        gates = gates.clone()
        for stream, value in wanted.items():
            if value.ndim and len(value) != gates.shape[2]:
                raise Refused(f"stream {stream} of {name} has a gate of {gates.shape[2]} numbers, got {len(value)}")
            gates[:, stream - 1] = torch.as_tensor(value).to(gates)
        return gates

    return rewrite(model, rule, blocks)


def factors(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | str | None = None) -> np.ndarray:
    """What `mute` does, as factors for `OSNet.forward_with` and for an embedder's `look`, which is faster.

    streams, blocks, Raises: as for `mute`.  Returns: (blocks, T) float32: 0 for a silenced stream, else 1.
    """
    wanted, chosen = _found(model, streams, blocks)
    counts = {name: len(block.stream_names) for name, block in blocks_of(model).items()}
    return factors_without(counts, [(name, stream) for name in chosen for stream in wanted])


def factors_without(counts: Mapping[str, int], silenced: Iterable[tuple[str, int]]) -> np.ndarray:
    """The same for single streams.  counts: of streams, by block.  silenced: (block, stream) pairs."""
    rows = {name: row for row, name in enumerate(counts)}
    found = np.ones((len(counts), max(counts.values())), np.float32)
    for name, stream in silenced:
        found[rows[name], stream - 1] = 0
    return found


def _found(
    model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | str | None
) -> tuple[set[int], dict[str, Block]]:
    """The streams as a set, and the blocks, all of which have these streams."""
    wanted = {int(streams)} if isinstance(streams, (int, Integral)) else set(streams)
    if not wanted:
        raise Refused("name at least one stream")
    chosen = blocks_of(model, blocks)
    for name, block in chosen.items():
        count = len(block.stream_names)
        if bad := sorted(wanted - set(range(1, count + 1))):
            raise Refused(f"block {name} has streams 1 to {count}, not {bad}")
    return wanted, chosen


def _keep(
    model: OSNet,
    streams: int | Sequence[int],
    blocks: Sequence[str] | str | None,
    fill: Means | None,
    *,
    named: bool,
) -> AbstractContextManager[OSNet]:
    """Keep the streams that are named (or those that are not); the others become zero, or their means."""
    wanted, chosen = _found(model, streams, blocks)
    if fill is not None:
        check_means_fit(fill, chosen)

    def change(name: str, maps: list[Tensor], weights: Tensor | None) -> tuple[list[Tensor], Tensor]:
        kept = maps[0].new_tensor([(t in wanted) == named for t in range(1, len(maps) + 1)])
        factor = kept[None, :, None, None, None]
        if fill is None:
            return maps, factor if weights is None else weights * factor
        means = [torch.as_tensor(mean).to(maps[0])[None, :, None, None] for mean in fill.fills[name]]
        maps = [x if keep else mean.expand_as(x) for x, mean, keep in zip(maps, means, kept.tolist(), strict=True)]
        # The means have their gates in them already.
        return maps, weights if weights is None else weights * factor + (1 - factor)

    return _changed(model, change, chosen)


def check_means_fit(fill: Means, blocks: Mapping[str, Block]) -> None:
    """Raises: Refused unless the means are those of the streams of all these blocks."""
    for name, block in blocks.items():
        found, streams = fill.fills.get(name, ()), len(block.stream_names)
        if len(found) != streams:
            raise Refused(f"these means have {len(found)} streams for block {name}, which has {streams}")


@contextmanager
def _changed(model: OSNet, change: Change, blocks: Mapping[str, Block]):
    """Let a change be made to what enters the join of some blocks: its streams, and their weights if there are any."""

    def hook(name: str):
        return lambda _join, inputs: change(name, *inputs)

    with probe.before(*((block.join, hook(name)) for name, block in blocks.items())):
        yield model


def check_photos(images: Tensor) -> None:
    """Raises: Refused unless images are a batch (B, C, H, W) of at least one photo."""
    if images.dim() != 4 or len(images) == 0:
        raise Refused(f"images must be a batch (B, 3, H, W) of at least one photo, got {tuple(images.shape)}")


def blocks_of(model: OSNet, names: Sequence[str] | str | None = None) -> dict[str, Block]:
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
