"""Which scale did the network use? The gates of each block, read and, to ask "what if", rewritten.

A block sees a photo at T scales and weighs every channel of every stream x_t by a gate in (0, 1). `read` writes those
weights down. `mute`, `solo` and `rewrite` change them for as long as a `with` block lasts, and leave no trace after it.
Streams are counted from 1, as in the paper: stream t sees (2t + 1) x (2t + 1) cells of its block's map.

Shapes: B photos, T streams, `mid` channels of a block's inside.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .model import OSBlock, OSNet
from .refused import Refused

Rewrite = Callable[[str, Tensor], Tensor]  # block name, gates (B, T, mid) -> gates (B, T, mid)


@dataclass(frozen=True)
class GateReading:
    """What the gates did with a batch of photos. All by block name, blocks in the order in which a photo meets them.

    gates: (B, T, mid) each, in (0, 1).
    shares: (B, T) each: how much of the block's gated sum x~ stream t accounts for, <g_t x_t, x~> / |x~|^2. Signed: a
        stream that works against the sum has a negative share. They sum to 1 over streams (nan where x~ is all zero).
    branch: (B,) each: the same share for the whole branch against the identity path beside it, <f, f + x> / |f + x|^2,
        where f is the block's answer and x what bypasses it.
    """

    gates: Mapping[str, np.ndarray]
    shares: Mapping[str, np.ndarray]
    branch: Mapping[str, np.ndarray]

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
    """
    if images.dim() != 4 or len(images) == 0:
        raise Refused(f"images must be a batch (B, 3, H, W) of at least one photo, got {tuple(images.shape)}")
    blocks = _blocks(model)
    parts = {name: ([], [], []) for name in blocks}
    with ExitStack() as stack:
        stack.enter_context(_evaluating(model))
        stack.enter_context(torch.no_grad())
        for name, block in blocks.items():
            stack.enter_context(_watched(block, *parts[name]))
        for chunk in images.split(batch):
            model(chunk)
    gates, shares, branch = (
        {name: torch.cat(lists[k]).cpu().numpy() for name, lists in parts.items()} for k in range(3)
    )
    return GateReading(gates, shares, branch)


@contextmanager
def rewrite(model: OSNet, rule: Rewrite, blocks: Sequence[str] | None = None) -> Iterator[OSNet]:
    """Let a rule replace the gates of some blocks while the `with` block lasts.

    rule: (block name, gates (B, T, mid)) -> gates of the same shape, used instead.  blocks: names; None means all.
    Rewrites nest: the inner one sees what the outer one left. After the block, or after an error in it, nothing stays.
    """

    def hook(name: str, streams: int):
        def replace(_module, _inputs, output: Tensor) -> Tensor:
            gates = output.flatten(1).unflatten(0, (-1, streams))  # (B * T, mid, 1, 1) -> (B, T, mid)
            new = rule(name, gates)
            if new.shape != gates.shape:
                raise Refused(f"the rule made gates {tuple(new.shape)} of {tuple(gates.shape)} in block {name}")
            return new.reshape(output.shape)

        return replace

    chosen = _blocks(model, blocks)
    handles = []
    try:
        for name, block in chosen.items():
            handles.append(block.gate.register_forward_hook(hook(name, len(block.stream_names))))
        yield model
    finally:
        for handle in handles:
            handle.remove()


def mute(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | None = None):
    """Shut some streams: their gates are 0 while the `with` block lasts.

    streams: 1 to T.  blocks: names, None means all.
    """
    return _keep(model, streams, blocks, named=False)


def solo(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | None = None):
    """Shut all streams but some: the others' gates are 0 while the `with` block lasts.

    streams: 1 to T.  blocks: names, None means all.
    """
    return _keep(model, streams, blocks, named=True)


def _keep(model: OSNet, streams: int | Sequence[int], blocks: Sequence[str] | None, *, named: bool):
    """Keep the gates of the streams that are named (or of those that are not) and set the rest to 0."""
    chosen = {streams} if isinstance(streams, int) else set(streams)
    if not chosen:
        raise Refused("name at least one stream")
    for name, block in _blocks(model, blocks).items():
        count = len(block.stream_names)
        if bad := sorted(chosen - set(range(1, count + 1))):
            raise Refused(f"block {name} has streams 1 to {count}, not {bad}")

    def rule(_name: str, gates: Tensor) -> Tensor:
        keep = torch.tensor([(t in chosen) == named for t in range(1, gates.shape[1] + 1)], device=gates.device)
        return gates * keep[None, :, None]

    return rewrite(model, rule, blocks)


@contextmanager
def _watched(block: OSBlock, gates: list, shares: list, branch: list) -> Iterator[None]:
    """Append what a block does to the three lists. Its maps are forgotten as soon as the block is done."""
    seen: dict[str, Tensor] = {}

    def keep(key: str):
        return lambda _module, _inputs, output: seen.update({key: output})

    def finish(_module, inputs: tuple[Tensor], _output) -> None:
        streams = torch.stack([seen[name] for name in block.stream_names], 1)  # (B, T, mid, H, W)
        gate = seen["gate"].reshape(*streams.shape[:3], 1, 1)
        gated = gate * streams
        gates.append(gate.flatten(2))
        shares.append(_share(gated, gated.sum(1, keepdim=True)))
        answer, bypass = seen["answer"], seen.get("bypass", inputs[0])
        branch.append(_share(answer[:, None], (answer + bypass)[:, None])[:, 0])
        seen.clear()

    handles = []
    try:
        for name in block.stream_names:
            handles.append(getattr(block, name).register_forward_hook(keep(name)))
        handles.append(block.gate.register_forward_hook(keep("gate")))
        handles.append(block.conv3.register_forward_hook(keep("answer")))
        if block.downsample is not None:
            handles.append(block.downsample.register_forward_hook(keep("bypass")))
        handles.append(block.register_forward_hook(finish))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _share(parts: Tensor, total: Tensor) -> Tensor:
    """<part, total> / |total|^2. parts: (B, K, C, H, W), total: (B, 1, C, H, W).  Returns: (B, K)."""
    return (parts * total).sum((2, 3, 4)) / total.square().sum((2, 3, 4))


def _blocks(model: OSNet, names: Sequence[str] | None = None) -> dict[str, OSBlock]:
    """The named blocks, in network order; all of them for None."""
    blocks = model.blocks()
    if names is None:
        return blocks
    names = [names] if isinstance(names, str) else list(names)
    if unknown := [name for name in names if name not in blocks]:
        raise Refused(f"no such block: {', '.join(unknown)}; this network has {', '.join(blocks)}")
    return {name: block for name, block in blocks.items() if name in names}


@contextmanager
def _evaluating(model: OSNet) -> Iterator[None]:
    """Evaluation mode, module by module given back: reading must not move a running average."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode
