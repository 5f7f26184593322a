"""One pass of some photos through a network, with every map by its name, and the names of the places.

A stage is called conv3, a block conv3.1 and the transition behind it conv3.2, as in the network. Inside a block are
"conv3.1 squeeze", "conv3.1 stream 1" and so on, "conv3.1 sum", "conv3.1 expansion" and "conv3.1 bypass".

Shapes: B photos, C channels, H x W cells, T streams.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...network import probe
from ...network.model import Block, OSNet
from ...refused import Refused
from ..changes import blocks_of, check_photos, mute

_NETWORK, _STAGE, _BLOCK, _STREAM = "network", "stage", "block", "stream"
END = "embedding"
_PARTS = ("squeeze", "sum", "expansion", "bypass")


@dataclass(frozen=True)
class Place:
    """Where in a network one is.

    level: "network", "stage", "block" or "stream"; any part of a block is a "stream" level.  stage, block: the names
    of those that the place lies in, "" for none.  part: such as "stream 3" or "squeeze".
    """

    level: str
    stage: str = ""
    block: str = ""
    part: str = ""

    @property
    def map(self) -> str:
        """The name of the map that stands for the place; "" for the whole network."""
        return f"{self.block} {self.part}" if self.part else self.block or self.stage

    @property
    def trail(self) -> tuple[tuple[str, str], ...]:
        """From the network to here: pairs of a place's name and its words."""
        steps = [(_NETWORK, _NETWORK)]
        if self.stage:
            steps.append((self.stage, self.stage))
        if self.block not in ("", self.stage):
            steps.append((self.block, self.block))
        if self.part:
            steps.append((self.map, self.part))
        return tuple(steps)


@dataclass(frozen=True)
class Passed:
    """What a network made of photos.

    maps: (B, C, H, W) by name.  gates: (B, T, C or 1) by block, as computed, before anything is silenced; None for a
    block without a gate.  embedding: (B, 512).  silenced: the (block, stream) pairs that it did without.
    """

    maps: Mapping[str, Tensor]
    gates: Mapping[str, Tensor | None]
    embedding: Tensor
    silenced: tuple[tuple[str, int], ...] = ()

    def pooled(self, name: str) -> Tensor:
        """The mean of each channel of a map, or the embedding: (B, C) float64."""
        return (self.embedding if name == END else self.maps[name].mean((2, 3))).double()


def stages(model: OSNet) -> tuple[str, ...]:
    """The stages by name, in order: conv1 to conv5."""
    names = {module: name for name, module in model.named_children()}
    return tuple(names[one] for one in model.trunk() if not isinstance(one, nn.MaxPool2d))


def trunk(model: OSNet) -> tuple[str, ...]:
    """The steps of the network by name, in the order in which a photo meets them: conv1, maxpool, conv2.0 ... conv5."""
    names = {module: name for name, module in model.named_modules()}
    return tuple(names[step] for step in model.steps())


def stage_maps(model: OSNet, stage: str) -> tuple[str, ...]:
    """The steps of a stage by name: its blocks and its transition.  The pooling behind conv1 belongs to conv1."""
    if stage == "conv1":
        return "conv1", "maxpool"
    return tuple(name for name in trunk(model) if name.partition(".")[0] == stage)


def block_maps(model: OSNet, block: str) -> tuple[str, ...]:
    """The maps of a block by name, in the order of its layers; the last one is the block's own output."""
    found = model.blocks()[block]
    parts = ["squeeze", *(f"stream {t}" for t in range(1, len(found.stream_names) + 1)), *_PARTS[1:]]
    if not hasattr(found, "conv1"):
        parts.remove("squeeze")
    return (*(f"{block} {part}" for part in parts), block)


def place_named(model: OSNet, name: str) -> Place:
    """A place by its name: "network", "conv3", "conv3.1", "conv3.1 stream 3", "conv3.1 squeeze".

    Raises: Refused for a place that the network lacks, naming what there is.
    """
    block, _, part = name.partition(" ")
    stage = "conv1" if block == "maxpool" else block.partition(".")[0]
    if name == _NETWORK:
        return Place(_NETWORK)
    if stage not in stages(model):
        raise Refused(f"there is no place {name!r} in this network; expected {_NETWORK} or {', '.join(stages(model))}")
    if name == stage:
        return Place(_STAGE, stage)
    if block not in stage_maps(model, stage):
        raise Refused(f"{stage} has no {block!r}; it has {', '.join(stage_maps(model, stage))}")
    blocks = blocks_of(model)
    if part and (block not in blocks or name not in block_maps(model, block)):
        has = ", ".join(block_maps(model, block)[:-1]) if block in blocks else "no streams"
        raise Refused(f"there is no {name!r}; {block} has {has}")
    return Place(_STREAM if part else _BLOCK, stage, block, part)


def passed(model: OSNet, images: Tensor, silenced: Iterable[tuple[str, int]] = ()) -> Passed:
    """Send photos through a network once and keep what every step and every part of a block made of them.

    images: (B, 3, H, W) float, normalised.  silenced: (block, stream) pairs, streams from 1, that become zero, as in
    `gates.mute`; what a silenced stream itself makes is kept as it is.
    The network is read in evaluation mode and left as it was found.
    Raises: Refused for other photos, and for a stream or a block that is not there.
    """
    with torch.no_grad():
        return on_graph(model, images, silenced)


def on_graph(model: OSNet, images: Tensor, silenced: Iterable[tuple[str, int]] = ()) -> Passed:
    """`passed`, with the maps on the graph where gradients are enabled: what follows a pixel from map to map."""
    check_photos(images)
    away = tuple(silenced)
    maps: dict[str, Tensor] = {}
    gates: dict[str, Tensor | None] = {}
    blocks = blocks_of(model)
    blocks_of(model, list(dict.fromkeys(owner for owner, _ in away)))
    names = {module: name for name, module in model.named_modules()}
    with ExitStack() as stack:
        stack.enter_context(probe.evaluating(model))
        for name, block in blocks.items():
            stack.enter_context(probe.before((block.join, _joining(name, maps, gates))))
            if here := [stream for owner, stream in away if owner == name]:
                stack.enter_context(mute(model, here, name))
            stack.enter_context(probe.hooked(*_inside(name, block, maps)))
        around = dict.fromkeys([*model.steps(), *model.trunk()])
        stack.enter_context(probe.hooked(*((step, _keep(maps, names[step])) for step in around)))
        embedding = model(images)
    return Passed(maps, gates, embedding, away)


def _keep(maps: dict[str, Tensor], name: str) -> probe.Hook:
    return lambda _module, _inputs, output: maps.__setitem__(name, output)


def _inside(name: str, block: Block, maps: dict[str, Tensor]) -> list[tuple[nn.Module, probe.Hook]]:
    """Hooks on the layers of a block.  Where nothing lies on the way around, the bypass is the block's input."""
    squeeze = getattr(block, "conv1", None)
    layers = [(squeeze, "squeeze"), (block.join, "sum"), (block.conv3, "expansion"), (block.downsample, "bypass")]
    found = [(layer, _keep(maps, f"{name} {part}")) for layer, part in layers if layer is not None]
    if block.downsample is None:
        found.append((block, lambda _module, inputs, _output: maps.__setitem__(f"{name} bypass", inputs[0])))
    return found


def _joining(name: str, maps: dict[str, Tensor], gates: dict[str, Tensor | None]) -> Callable[[nn.Module, tuple], None]:
    """A hook that sees what enters the join, before anything is silenced there."""

    def hook(_join: nn.Module, inputs: tuple) -> None:
        streams, weights = inputs
        maps.update({f"{name} stream {t}": x for t, x in enumerate(streams, start=1)})
        gates[name] = None if weights is None else weights.flatten(2).expand(len(streams[0]), -1, -1)

    return hook
