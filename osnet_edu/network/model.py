"""OSNet, read from top to bottom: one convolution, the light one, a stream, the gate, the block, the network.

Everything here is mathematics on tensors: no files, no training, no pictures. Parameter names are those of the
authors' code, so that an official checkpoint loads strictly. Two habits differ from it, and neither changes a number:

- The gate of a block is called once, on all streams stacked into the batch, instead of once a stream. A module that
  runs once has one activation, so hooks and attribution methods see all of it.
- Each ReLU is a module of its own and never works in place, for the same reason.

Source: Zhou et al., Omni-Scale Feature Learning for Person Re-Identification, ICCV 2019.
Shapes: B photos, C channels, H x W cells, T streams.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..refused import Refused

FEATURES = 512  # length of an embedding, whatever the width
STREAMS = "abcdefgh"  # stream t is called conv2a, conv2b, ... : the authors' names


class ConvLayer(nn.Module):
    """A standard convolution, then normalisation and ReLU: (B, C_in, H, W) -> (B, C_out, H', W').

    Every output channel looks at every input channel through its own k x k window: k * k * C_in * C_out weights.
    With kernel 1 it is a pointwise convolution: it mixes channels, cell by cell, and sees no neighbour.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, *, stride: int = 1, instance_norm: bool = False):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride=stride, padding=kernel // 2, bias=False)
        # Instance normalisation forgets the contrast of one photo, and with it much of a camera's style.
        self.bn = nn.InstanceNorm2d(c_out, affine=True) if instance_norm else nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class Conv1x1Linear(nn.Module):
    """A pointwise convolution with normalisation and no ReLU: a change of basis before a sum."""

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class Lite3x3(nn.Module):
    """The light 3x3 layer: pointwise, then depthwise. (B, C_in, H, W) -> (B, C_out, H, W).

    The pointwise convolution mixes channels and sees one cell; the depthwise one sees 3 x 3 cells
    and mixes no channels. Together C_in * C_out + 9 * C_out weights, where a standard 3x3 has
    9 * C_in * C_out. No ReLU between the two: together they are one linear step.
    """

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False, groups=c_out)
        self.bn = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv2(self.conv1(x))))


def stream(channels: int, depth: int) -> nn.Module:
    """F^t: `depth` Lite 3x3 layers in a row, which together see (2 * depth + 1) squared cells."""
    layers = [Lite3x3(channels, channels) for _ in range(depth)]
    return layers[0] if depth == 1 else nn.Sequential(*layers)


class AggregationGate(nn.Module):
    """G: from a stream's map to one weight a channel, in (0, 1). (N, C, H, W) -> (N, C, 1, 1).

    A gate is computed from the photo, so it changes with it; it is a vector, so it chooses channel
    by channel; and it forgets where: the global average leaves no position. hidden: width of the
    layer between.
    """

    words = "one gate for all streams, one number a channel"

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.numbers = channels  # for one stream
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(hidden, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return self.sigmoid(self.fc2(self.relu(self.fc1(self.pool(x)))))


class Sum(nn.Module):
    """The join of OSNet: every stream times its weights, added up. T times (B, C, H, W) -> (B, C, H, W).

    weights: (B or 1, T, C or 1, 1, 1); None is the plain sum, in which every channel of every stream counts the same.
    """

    words = "a sum"

    def forward(self, streams: list[Tensor], weights: Tensor | None = None) -> Tensor:
        if weights is None:
            return sum(streams)
        return sum(weights[:, t] * x for t, x in enumerate(streams))

    def contributions(
        self, streams: list[Tensor], weights: Tensor | None, _expansion: nn.Conv2d | None = None
    ) -> Iterator[Tensor]:
        """What each stream puts into the sum: T times (B, C, H, W)."""
        return (x if weights is None else weights[:, t] * x for t, x in enumerate(streams))


class Block(nn.Module):
    """What the stages are built of, and what it can say about itself: (B, C_in, H, W) -> (B, C_out, H, W).

    y = ReLU(x + expand(join(streams of squeeze(x), their weights))). To ask a block which scale it used, use these
    names, which every block has:

    stream_names: one for each stream, T of them.  stream_modules: what computes each stream.
    gate: averages of the streams (B * T, C, 1, 1), photo by photo -> weights (B * T, C or 1, 1, 1); or None. It says
        in `words` what it is, and in `numbers` how many weights it gives for one stream.
    join: (streams, weights or None) -> one map; `words` says how, `contributions` what each stream puts in. All that
        passes from the streams to the rest of the block passes here: a hook on it sees all of that and can change it.
    conv3: the expansion.  downsample: what bypasses the streams, None for the identity.  IN: instance normalisation.
    """

    stream_names: list[str]
    gate: nn.Module | None
    join: nn.Module
    conv3: Conv1x1Linear
    downsample: nn.Module | None
    IN: nn.Module | None
    relu: nn.Module

    def stream_modules(self) -> list[nn.Module]:
        """The layers of each stream, one module a stream."""
        raise NotImplementedError

    def streams(self, x: Tensor) -> list[Tensor]:
        """The block's input seen by every stream, before any gate: (B, C_in, H, W) -> T times (B, C, H, W)."""
        raise NotImplementedError

    def gates(self, streams: list[Tensor]) -> Tensor | None:
        """The gate of every stream, in one call: T times (B, C, H, W) -> (B, T, C or 1, 1, 1); None without a gate."""
        if self.gate is None:
            return None
        # A gate sees nothing but averages. Averaged first, the streams are stacked without copying four maps.
        averages = torch.stack([_average(x) for x in streams], dim=1)  # (B, T, C, 1, 1)
        return self.gate(averages.flatten(0, 1)).unflatten(0, averages.shape[:2])

    def mix(self, streams: list[Tensor]) -> Tensor:
        """The streams as one map, each weighted by its gate: T times (B, C, H, W) -> (B, C', H, W)."""
        return self.join(streams, self.gates(streams))

    def bypass(self, x: Tensor) -> Tensor:
        """What goes around the streams, at the new width: (B, C_in, H, W) -> (B, C_out, H, W)."""
        return x if self.downsample is None else self.downsample(x)

    def finish(self, mixed: Tensor, bypass: Tensor) -> Tensor:
        """Expand the mixture and add the bypass: (B, C', H, W), (B, C_out, H, W) -> (B, C_out, H, W)."""
        y = self.conv3(mixed) + bypass
        return self.relu(y if self.IN is None else self.IN(y))

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(self.mix(self.streams(x)), self.bypass(x))

    def forward_with(self, x: Tensor, factors: Tensor) -> tuple[Tensor, Tensor | None]:
        """`forward` with each stream times a factor, after its gate if there is one: 0 takes the stream away.

        factors: (T,).  Returns: the block's answer, and its gates before the factors, (B, T, C or 1) or None.
        """
        streams = self.streams(x)
        gates = self.gates(streams)
        weights = factors[None, :, None, None, None]
        mixed = self.join(streams, weights if gates is None else gates * weights)
        return self.finish(mixed, self.bypass(x)), None if gates is None else gates.flatten(2)


def _average(x: Tensor) -> Tensor:
    """The mean over all cells: (B, C, H, W) -> (B, C, 1, 1)."""
    if x.requires_grad and x.is_contiguous(memory_format=torch.channels_last):
        # The same numbers. The gradient of the other form lies channels first, which makes adding it ten times slower.
        return x.permute(0, 2, 3, 1).mean((1, 2))[:, :, None, None]
    return x.mean((2, 3), keepdim=True)


class OSBlock(Block):
    """The omni-scale residual block: (B, C_in, H, W) -> (B, C_out, H, W).

    y = ReLU(x + expand(sum over t of G(x_t) * x_t)), where x_t = F^t(squeeze(x)): T streams that see 3x3, 5x5, ...
    cells, each weighted by the one gate that they share.
    """

    def __init__(self, c_in: int, c_out: int, *, streams: int = 4, gate_hidden: int | None = None, ibn: bool = False):
        super().__init__()
        mid = c_out // 4
        official = max(1, mid // 16)
        self.conv1 = ConvLayer(c_in, mid, 1)
        self.stream_names = [f"conv2{letter}" for letter in STREAMS[:streams]]
        for depth, name in enumerate(self.stream_names, start=1):
            setattr(self, name, stream(mid, depth))
        self.gate = AggregationGate(mid, max(official, gate_hidden or 0))
        self.join = Sum()
        self.conv3 = Conv1x1Linear(mid, c_out)
        self.downsample = Conv1x1Linear(c_in, c_out) if c_in != c_out else None
        self.IN = nn.InstanceNorm2d(c_out, affine=True) if ibn else None
        self.relu = nn.ReLU()

    def stream_modules(self) -> list[nn.Module]:
        return [getattr(self, name) for name in self.stream_names]

    def streams(self, x: Tensor) -> list[Tensor]:
        squeezed = self.conv1(x)
        return [one(squeezed) for one in self.stream_modules()]


@dataclass(frozen=True)
class Answer:
    """What a network makes of photos, with what its gates did.

    embedding: (B, 512).  gates: by block, (B, T, C or 1) as computed, before any factor; None for a block without gate.
    feature_map: (B, C, H/16, W/16), the last map before pooling.
    """

    embedding: Tensor
    gates: dict[str, Tensor | None]
    feature_map: Tensor


class OSNet(nn.Module):
    """A photo to an embedding: (B, 3, H, W) -> (B, 512), every entry >= 0 because the last layer is a ReLU.

    channels: of the stem and the three stages.  streams: T.  ibn: instance normalisation in the stem and in stage 1.
    num_classes: training identities; 0 leaves the classifier out.  gate_hidden: floor for the gate's hidden width.
    block: what the three stages are built of, called as OSBlock is; `siblings` has others to compare it with.
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int],
        *,
        num_classes: int = 0,
        streams: int = 4,
        ibn: bool = False,
        gate_hidden: int | None = None,
        block: Callable[..., nn.Module] = OSBlock,
    ):
        super().__init__()
        c1, c2, c3, c4 = channels

        def bottleneck(c_in: int, c_out: int, block_ibn: bool = False) -> nn.Module:
            return block(c_in, c_out, streams=streams, gate_hidden=gate_hidden, ibn=block_ibn)

        def transition(c: int) -> nn.Sequential:  # halves the map between stages
            return nn.Sequential(ConvLayer(c, c, 1), nn.AvgPool2d(2, stride=2))

        # The map behind each stage, for a photo of 256 x 128: height x width, channels.
        self.conv1 = ConvLayer(3, c1, 7, stride=2, instance_norm=ibn)  # 128 x 64, 64
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)  # 64 x 32, 64
        self.conv2 = nn.Sequential(bottleneck(c1, c2, ibn), bottleneck(c2, c2, ibn), transition(c2))  # 32 x 16, 256
        self.conv3 = nn.Sequential(bottleneck(c2, c3), bottleneck(c3, c3), transition(c3))  # 16 x 8, 384
        self.conv4 = nn.Sequential(bottleneck(c3, c4), bottleneck(c4, c4))  # 16 x 8, 512
        self.conv5 = ConvLayer(c4, c4, 1)  # 16 x 8, 512
        self.global_avgpool = nn.AdaptiveAvgPool2d(1)  # 1 x 1, 512
        self.fc = nn.Sequential(nn.Linear(c4, FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU())  # 512
        self.classifier = nn.Linear(FEATURES, num_classes) if num_classes else None
        self.apply(initialise)

    def trunk(self) -> tuple[nn.Module, ...]:
        """What a photo passes before the last pooling, in order: the stem, the three stages, the last layer."""
        return self.conv1, self.maxpool, self.conv2, self.conv3, self.conv4, self.conv5

    def steps(self) -> list[nn.Module]:
        """The trunk with each stage as its blocks and its transition, in order."""
        return [one for part in self.trunk() for one in (part if isinstance(part, nn.Sequential) else (part,))]

    def feature_map(self, images: Tensor) -> Tensor:
        """The last map before pooling: (B, 3, H, W) -> (B, C, H/16, W/16)."""
        x = images
        for part in self.trunk():
            x = part(x)
        return x

    def embedding(self, last: Tensor) -> Tensor:
        """From the last map to the features: (B, C, H/16, W/16) -> (B, 512)."""
        return self.fc(self.global_avgpool(last).flatten(1))

    def forward(self, images: Tensor) -> Tensor:
        """images: (B, 3, H, W), normalised RGB.  Returns: (B, 512) features, not normalised."""
        return self.embedding(self.feature_map(images))

    def classify(self, features: Tensor) -> Tensor:
        """features: (B, 512).  Returns: (B, num_classes) logits, one for each training identity."""
        if self.classifier is None:
            raise Refused("this model has no classifier: build it with num_classes=...")
        return self.classifier(features)

    def blocks(self) -> dict[str, Block]:
        """The blocks of the three stages by name, in the order in which a photo meets them: conv2.0 ... conv4.1."""
        return {name: module for name, module in self.named_modules() if isinstance(module, Block)}

    def forward_with(self, images: Tensor, factors: Tensor) -> Answer:
        """`forward` with each stream of each block times a factor, and what the gates did beside it.

        images: (B, 3, H, W).  factors: (blocks, T), T of the block with most streams; 1 leaves a stream as it is, and
        with ones alone the embedding is that of `forward` to the last bit; 0 takes a stream away.
        Raises: Refused for factors of another shape.
        """
        names = {block: name for name, block in self.blocks().items()}
        expected = (len(names), max((len(block.stream_names) for block in names), default=0))
        if tuple(factors.shape) != expected:
            raise Refused(f"factors must be {expected}, blocks x streams, got {tuple(factors.shape)}")
        factors, x = factors.to(images), images
        gates: dict[str, Tensor | None] = {}
        for step in self.steps():
            if isinstance(step, Block):
                x, gates[names[step]] = step.forward_with(x, factors[len(gates), : len(step.stream_names)])
            else:
                x = step(x)
        return Answer(self.embedding(x), gates, x)


def initialise(module: nn.Module) -> None:
    """Draw the weights of one layer as a new network has them; its normalisation is neutral, its biases are 0."""
    if any(p.is_meta for p in module.parameters(recurse=False)):
        return  # shapes without numbers: there is nothing to draw
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
    elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.InstanceNorm2d) and module.weight is not None:
        nn.init.ones_(module.weight)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def osnet(
    width: float = 1.0,
    *,
    num_classes: int = 0,
    streams: int = 4,
    ibn: bool = False,
    gate_hidden: int | None = None,
    block: Callable[..., nn.Module] = OSBlock,
) -> OSNet:
    """An OSNet of a given width, randomly initialised.

    width: scales all channels; 1.0, 0.75, 0.5 and 0.25 are the published ones.  streams: T, 1 to 8.
    num_classes: training identities, 0 for a feature extractor.  ibn: the OSNet-IBN variant.
    gate_hidden: at least so many hidden units in each gate. None keeps the published width, mid / 16, which is a single
    unit in most blocks of x0.25: such a gate is a function of one number.  block: what the stages are built of.
    Raises: Refused for a width, a T or a count that makes no network.
    """
    if not 0 < width <= 8:
        raise Refused(f"width must lie in (0, 8], got {width}")
    if not 1 <= streams <= len(STREAMS):
        raise Refused(f"streams must be 1 to {len(STREAMS)}, got {streams}")
    if num_classes < 0:
        raise Refused(f"num_classes must be 0 or more, got {num_classes}")
    if gate_hidden is not None and gate_hidden < 1:
        raise Refused(f"gate_hidden must be None or at least 1, got {gate_hidden}")
    stem = max(1, round(64 * width))
    second, third, fourth = (4 * max(1, round(c * width / 4)) for c in (256, 384, 512))
    channels = (stem, second, third, fourth)
    return OSNet(channels, num_classes=num_classes, streams=streams, ibn=ibn, gate_hidden=gate_hidden, block=block)
