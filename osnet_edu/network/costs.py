"""What a network costs: parameters and multiply-adds.

Counted as the paper counts: every convolution and linear layer with its bias, the gate once a stream; batch
normalisation, ReLU, pooling and the classifier cost nothing. Nothing is computed for it: the network runs on PyTorch's
meta device, where a tensor has a shape and no numbers.

Source: Zhou et al., Omni-Scale Feature Learning for Person Re-Identification, ICCV 2019, tables 1 and 6.
Shapes: C channels, H x W cells or pixels, T streams.
"""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..refused import Refused
from . import probe
from .model import OSNet

_CLASSIFIER = "classifier"


# --- parameters and multiply-adds -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerCost:
    """One convolution, linear or normalisation layer, with all its calls for one photo.

    name: its path in the network, such as conv2.0.conv2a.conv1.  kind: such as "3x3 depthwise".
    output: (C, H, W) or (C,) of one call.  calls: how often one photo goes through it; T for the gate of a block.
    parameters: of the layer, however often it is called.  multiply_adds: of all calls; 0 for a normalisation.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    calls: int
    parameters: int
    multiply_adds: int


def parameters(module: nn.Module) -> int:
    """Trained numbers in a module: each counted once, a classifier left out."""
    return sum(p.numel() for name, p in module.named_parameters() if _CLASSIFIER not in name.split("."))


def layers(module: nn.Module, shape: tuple[int, ...]) -> tuple[LayerCost, ...]:
    """Every layer with parameters, in the order in which one input meets them.

    module: an OSNet, a block, a layer of your own; it is copied, and left alone.
    shape: of one input without the batch, such as (3, 256, 128).
    Raises: Refused where the module does not take such an input.
    """
    return tuple(_cost(name, leaf, shapes) for name, leaf, shapes in _calls(module, shape) if _has_own(leaf))


def multiply_adds(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiplications with their additions for one input of `shape`, such as (3, 256, 128)."""
    return sum(layer.multiply_adds for layer in layers(module, shape))


def parameters_per_call(module: nn.Module, shape: tuple[int, ...]) -> int:
    """A wrong count that is often quoted: the parameters of a layer added once for every call.

    A counter that adds in a forward hook, as the one of the authors' toolbox does, counts the shared gate of a block T
    times: 2,193,616 where OSNet x1.0 has 2,169,508. Kept to show the mistake; `parameters` is the count to use.
    """
    return sum(layer.parameters * layer.calls for layer in layers(module, shape))


def _calls(module: nn.Module, shape: tuple[int, ...]) -> list[tuple[str, nn.Module, list[tuple[int, ...]]]]:
    """Every module that one input passes, in that order: its name, itself, the shape of each output with the batch."""
    ghost = copy.deepcopy(module).to("meta").eval()
    seen: dict[nn.Module, list[tuple[int, ...]]] = {}

    def watch(part: nn.Module, _inputs: tuple, output: object) -> None:
        if isinstance(output, Tensor):
            seen.setdefault(part, []).append(tuple(output.shape))

    names = {part: name or type(part).__name__ for name, part in ghost.named_modules()}
    try:
        with torch.no_grad(), probe.hooked(*((part, watch) for part in names)):
            ghost(torch.empty(1, *shape, device="meta"))
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise Refused(f"the module does not take an input of shape {tuple(shape)}: {error}") from error
    return [(names[part], part, shapes) for part, shapes in seen.items()]


def _has_own(part: nn.Module) -> bool:
    return next(part.parameters(recurse=False), None) is not None


def _cost(name: str, leaf: nn.Module, shapes: list[tuple[int, ...]]) -> LayerCost:
    outputs = sum(math.prod(shape) for shape in shapes)
    # The streams of a block go through its gate stacked into the batch: T calls of the formula in one of the module.
    calls = sum(shape[0] for shape in shapes)
    count = sum(p.numel() for p in leaf.parameters(recurse=False))
    each = 0
    if isinstance(leaf, nn.Conv2d | nn.Linear):  # multiply-adds behind one number of the output
        each = leaf.weight[0].numel() + (leaf.bias is not None)
    return LayerCost(name, _kind(leaf), shapes[0][1:], calls, count, outputs * each)


def _kind(leaf: nn.Module) -> str:
    if isinstance(leaf, nn.Conv2d):
        size = "x".join(map(str, leaf.kernel_size))
        return (
            size if leaf.groups == 1 else f"{size} depthwise" if leaf.groups == leaf.in_channels else f"{size} grouped"
        )
    return "linear" if isinstance(leaf, nn.Linear) else "normalisation"


# --- the rows of the paper's tables -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageCost:
    """One row of the paper's table 1.

    stage: conv1 ... fc.  output: (C, H, W), or (C,) for fc.  operation: in words.  layers: what it is made of.
    """

    stage: str
    output: tuple[int, ...]
    operation: str
    layers: tuple[LayerCost, ...]

    @property
    def parameters(self) -> int:
        """Trained numbers of all layers of the row."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiplications with their additions of all layers of the row, for one photo."""
        return sum(layer.multiply_adds for layer in self.layers)


# Stage, operation, the modules that belong to the row; what the last of them puts out is the row's output.
_ROWS = (
    ("conv1", "7x7, stride 2", ("conv1",)),
    ("max pool", "3x3 max pool, stride 2", ("maxpool",)),
    ("conv2", "bottleneck x 2", ("conv2.0", "conv2.1")),
    ("transition", "1x1; 2x2 average pool, stride 2", ("conv2.2",)),
    ("conv3", "bottleneck x 2", ("conv3.0", "conv3.1")),
    ("transition", "1x1; 2x2 average pool, stride 2", ("conv3.2",)),
    ("conv4", "bottleneck x 2", ("conv4.0", "conv4.1")),
    ("conv5", "1x1", ("conv5",)),
    ("gap", "global average pool", ("global_avgpool",)),
    ("fc", "linear", ("fc",)),
)


def table(model: OSNet, size: tuple[int, int] = (256, 128)) -> tuple[StageCost, ...]:
    """Table 1 of the paper, row by row, recomputed for any OSNet.

    size: (height, width) of the photo in pixels.  Parameters and multiply-adds of the rows sum to the network's.
    Raises: Refused for a photo too small for the network.
    """
    calls = _calls(model, (3, *size))
    outputs = {name: shapes[0][1:] for name, _part, shapes in calls}
    costs = [_cost(name, part, shapes) for name, part, shapes in calls if _has_own(part)]
    return tuple(
        StageCost(stage, outputs[parts[-1]], operation, tuple(c for c in costs if _within(c.name, parts)))
        for stage, operation, parts in _ROWS
    )


def _within(name: str, parts: tuple[str, ...]) -> bool:
    return any(name.startswith(f"{part}.") for part in parts)


@dataclass(frozen=True)
class Published:
    """One cell of the paper's table 6: Market-1501, pre-trained on ImageNet.

    size: (height, width) in pixels.  millions: of multiply-adds.  rank1, mean_ap: per cent, as printed.
    """

    width: float
    size: tuple[int, int]
    millions: float
    rank1: float
    mean_ap: float


PAPER_TABLE_6 = tuple(
    Published(width, size, *cell)
    for width, cells in {
        1.0: ((978.9, 94.8, 84.9), (550.7, 94.4, 83.7), (244.9, 92.0, 80.3), (61.5, 86.9, 67.3)),
        0.75: ((571.8, 94.5, 84.1), (321.7, 94.3, 82.4), (143.1, 92.9, 79.5), (35.9, 85.4, 65.5)),
        0.5: ((272.9, 93.4, 82.6), (153.6, 92.9, 80.8), (68.3, 91.7, 78.5), (17.2, 85.4, 66.0)),
        0.25: ((82.3, 92.2, 77.8), (46.3, 91.6, 76.1), (20.6, 88.7, 71.8), (5.2, 79.1, 56.0)),
    }.items()
    for size, cell in zip(((256, 128), (192, 96), (128, 64), (64, 32)), cells, strict=True)
)
