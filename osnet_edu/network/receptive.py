"""How far a network sees: the theoretical receptive field of every stream of every block, and the measured one.

A unit of stream t reaches a pixel of the photo by many paths, because every earlier block offers several: its streams
and its identity. The longest path takes the deepest stream of each, the shortest takes the identity of each.

Source: Luo et al., Understanding the Effective Receptive Field in Deep CNNs, NIPS 2016.
Shapes: C channels, H x W cells or pixels, T streams.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from ..refused import Refused
from . import probe
from .model import Block, OSNet

Window: TypeAlias = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d


@dataclass(frozen=True)
class Reach:
    """What a cell of a map can see of the photo.

    shortest, longest: side of its window in the photo, in pixels, along the shortest and the longest path.
    step: pixels of the photo between two neighbouring cells.  origin: pixel on which the window of cell 0 is centred.
    """

    shortest: int
    longest: int
    step: int
    origin: float

    def window(self, cell: int, path: str = "longest") -> tuple[float, float]:
        """First pixel and end (exclusive) of a cell's window along one axis; it may lie outside the photo.

        path: "longest" or "shortest".
        """
        if path not in ("longest", "shortest"):
            raise Refused(f"path must be 'longest' or 'shortest', got {path!r}")
        side = getattr(self, path)
        first = self.origin + cell * self.step - (side - 1) / 2
        return first, first + side


@dataclass(frozen=True)
class Field(Reach):
    """What one stream of one block can see of the photo.

    block: such as conv2.0.  stream: t, from 1.  cells: side of its window on the block's own map, 2t + 1 in OSBlock.
    """

    block: str
    stream: int
    cells: int


def receptive_fields(model: OSNet) -> tuple[Field, ...]:
    """The theoretical receptive field of every stream of every block, first block first.

    The gates are left out: they pool over the whole map, and with them every unit after the first block depends on
    the whole photo. What is counted is where a unit's own content can come from.
    Raises: Refused for a network whose blocks do not say what their streams are.
    """
    names = {block: name for name, block in _blocks(model).items()}
    fields: list[Field] = []
    for part, at, _behind in _walk(model):
        if isinstance(part, Block):
            for t, one in enumerate(part.stream_modules(), start=1):
                cells, grown = _reach(one) + 1, _reach(one) * at.step
                fields.append(
                    Field(at.shortest + grown, at.longest + grown, at.step, at.origin, names[part], t, cells)
                )  # fmt: skip
    return tuple(fields)


def reaches(model: OSNet) -> dict[str, tuple[Reach, Reach]]:
    """What a cell can see before and behind each step of the trunk, by the step's name, such as conv2.0 or maxpool.

    As for `receptive_fields`, the gates are left out.  Raises: Refused, as there.
    """
    _blocks(model)
    names = {step: name for name, step in model.named_modules()}
    return {names[step]: (at, behind) for step, at, behind in _walk(model)}


def _walk(model: OSNet) -> Iterator[tuple[nn.Module, Reach, Reach]]:
    """Each step of the trunk, with what a cell of its input and one of its output can see."""
    at = Reach(1, 1, 1, 0.0)
    for part in model.steps():
        shortest, longest, step, origin = at.shortest, at.longest, at.step, at.origin
        if isinstance(part, Block):
            longest += max(map(_reach, part.stream_modules())) * step
        else:
            for one in part.modules():
                if isinstance(one, Window):
                    kernel, stride, padding = (_side(getattr(one, n)) for n in ("kernel_size", "stride", "padding"))
                    origin += ((kernel - 1) / 2 - padding) * step
                    shortest, longest = shortest + (kernel - 1) * step, longest + (kernel - 1) * step
                    step *= stride
        behind = Reach(shortest, longest, step, origin)
        yield part, at, behind
        at = behind


def _reach(stream: nn.Module) -> int:
    """By how many cells a stream's window is wider than one."""
    windows = (part for part in stream.modules() if isinstance(part, Window))
    return sum((_side(part.kernel_size) - 1) * _side(getattr(part, "dilation", 1)) for part in windows)


def _side(value: int | tuple[int, int]) -> int:
    return value if isinstance(value, int) else value[0]


def _blocks(model: OSNet) -> dict[str, Block]:
    blocks = model.blocks()
    if not blocks:
        raise Refused("this network has no blocks that say what their streams are (see model.Block)")
    return blocks


class _Enough(Exception):
    """What was asked for has been computed; the rest of the network need not run."""


def effective_field(
    model: OSNet, images: Tensor, block: str, stream: int, cell: tuple[int, int] | None = None
) -> np.ndarray:
    """How strongly each pixel moves one unit of a stream's map: measured by gradients.

    images: (B, 3, H, W) float, normalised photos to average over.  block: such as "conv3.1".  stream: from 1.
    cell: (row, column) of the unit on the block's map; None: the one in the middle.
    Returns: (H, W) float64, >= 0, sums to 1: |gradient| of the unit's mean channel, summed over colours, averaged over
    photos. Gates are held fixed (they see the whole photo), the network is in eval mode and is given back as it came.
    Raises: Refused for a block, a stream or a cell that the network lacks.
    """
    blocks = _blocks(model)
    if block not in blocks:
        raise Refused(f"no such block: {block}; this network has {', '.join(blocks)}")
    count = len(blocks[block].stream_names)
    if not 1 <= stream <= count:
        raise Refused(f"block {block} has streams 1 to {count}, not {stream}")
    maps: list[Tensor] = []

    def stop(_join: nn.Module, inputs: tuple) -> None:
        maps.extend(inputs[0])
        raise _Enough

    pixels = images.detach().clone().requires_grad_()
    join = blocks[block].join
    with torch.enable_grad(), probe.evaluating(model), gates_held(model), probe.before((join, stop)):
        with suppress(_Enough):
            model.feature_map(pixels)
        unit = centre(maps[stream - 1]) if cell is None else cell_of(maps[stream - 1], cell)
        return strength(unit.mean(1).sum(), pixels)


@contextmanager
def gates_held(model: OSNet) -> Iterator[None]:
    """Inside the `with` block no gradient passes through a gate: its numbers are constants of the photo."""

    def fix(_join: nn.Module, inputs: tuple) -> tuple:
        streams, weights = inputs
        return streams, None if weights is None else weights.detach()

    with probe.before(*((one.join, fix) for one in _blocks(model).values())):
        yield


def strength(number: Tensor, pixels: Tensor) -> np.ndarray:
    """How strongly each pixel moves a number that was computed from photos.

    number: (), on the graph.  pixels: (B, 3, H, W).
    Returns: (H, W) float64, >= 0, sums to 1 (all zero where nothing moves it): |gradient| summed over colours, averaged
    over photos.
    """
    (gradient,) = torch.autograd.grad(number, pixels)
    heat = gradient.abs().sum(1).mean(0).double().cpu().numpy()
    return heat / heat.sum() if heat.sum() > 0 else heat


def centre(maps: Tensor) -> Tensor:
    """The middle cell, by integer division, of each map: (B, C, H, W) -> (B, C)."""
    return maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]


def cell_of(maps: Tensor, cell: tuple[int, int]) -> Tensor:
    """One cell (row, column) of each map: (B, C, H, W) -> (B, C).  Raises: Refused for a cell that is not there."""
    if not all(0 <= place < side for place, side in zip(cell, maps.shape[2:], strict=True)):
        raise Refused(f"the map has {maps.shape[2]} x {maps.shape[3]} cells, and no cell {tuple(cell)}")
    return maps[:, :, cell[0], cell[1]]


def side_of(heat: np.ndarray, row: float, column: float, share: float = 0.9) -> int:
    """Side in pixels of the smallest centred square that holds a share of a field's heat.

    heat: (H, W), sums to 1.  row, column: its centre, in pixels.  share: in (0, 1].
    """
    rows, columns = np.indices(heat.shape)
    distance = np.maximum(abs(rows - row), abs(columns - column)).ravel()
    order = np.argsort(distance, kind="stable")
    reached = np.searchsorted(heat.ravel()[order].cumsum(), share * heat.sum() * (1 - 1e-12))
    return int(2 * np.floor(distance[order[min(reached, heat.size - 1)]]) + 1)
