"""How far a network sees: the theoretical receptive field of every stream of every block, and the measured one.

A unit of stream t reaches a pixel of the photo by many paths, because every earlier block offers several: its streams
and its identity. The longest path takes the deepest stream of each, the shortest takes the identity of each.

Source: Luo et al., Understanding the Effective Receptive Field in Deep CNNs, NIPS 2016.
Shapes: C channels, H x W cells or pixels, T streams.
"""

from collections.abc import Iterator
from contextlib import suppress
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
class Field:
    """What one stream of one block can see of the photo.

    block: such as conv2.0.  stream: t, from 1.  cells: side of its window on the block's own map, 2t + 1.
    shortest, longest: side of its window in the photo, in pixels, along the shortest and the longest path.
    step: pixels of the photo between two neighbouring cells.  origin: pixel on which the window of cell 0 is centred.
    """

    block: str
    stream: int
    cells: int
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


def receptive_fields(model: OSNet) -> tuple[Field, ...]:
    """The theoretical receptive field of every stream of every block, first block first.

    The gates are left out: they pool over the whole map, and with them every unit after the first block depends on
    the whole photo. What is counted is where a unit's own content can come from.
    Raises: Refused for a network whose blocks do not say what their streams are.
    """
    names = {block: name for name, block in _blocks(model).items()}
    fields: list[Field] = []
    shortest, longest, step, origin = 1, 1, 1, 0.0
    for part in _trunk(model):
        if isinstance(part, Block):
            reaches = [_reach(one) for one in part.stream_modules()]
            for t, reach in enumerate(reaches, start=1):
                grown = reach * step
                fields.append(Field(names[part], t, reach + 1, shortest + grown, longest + grown, step, origin))
            longest += max(reaches) * step
        else:
            kernel, stride, padding = (_side(getattr(part, name)) for name in ("kernel_size", "stride", "padding"))
            origin += ((kernel - 1) / 2 - padding) * step
            shortest += (kernel - 1) * step
            longest += (kernel - 1) * step
            step *= stride
    return tuple(fields)


def _trunk(model: OSNet) -> Iterator[Block | Window]:
    """What a photo passes, in order: blocks, and the windows between them that see more than one cell."""
    yield model.conv1.conv
    yield model.maxpool
    for stage in (model.conv2, model.conv3, model.conv4):
        for part in stage:
            yield from [part] if isinstance(part, Block) else (p for p in part.modules() if isinstance(p, nn.AvgPool2d))


def _reach(stream: nn.Module) -> int:
    """By how many cells a stream's window is wider than one."""
    return sum(_side(part.kernel_size) - 1 for part in stream.modules() if isinstance(part, Window))


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
    maps: dict[nn.Module, list[Tensor]] = {}

    def fix(join: nn.Module, inputs: tuple) -> tuple:
        """Keep what the streams made, and hand it on with its weights as constants of the photo."""
        maps[join], weights = inputs
        if join is blocks[block].join:
            raise _Enough
        return maps[join], None if weights is None else weights.detach()

    pixels = images.detach().clone().requires_grad_()
    every = [(one.join, fix) for one in blocks.values()]
    with torch.enable_grad(), probe.evaluating(model), probe.before(*every):
        with suppress(_Enough):
            model.feature_map(pixels)
        seen = maps[blocks[block].join][stream - 1]
        unit = centre(seen) if cell is None else _at(seen, cell)
        (gradient,) = torch.autograd.grad(unit.mean(1).sum(), pixels)
    heat = gradient.abs().sum(1).mean(0).double().cpu().numpy()
    return heat / heat.sum() if heat.sum() > 0 else heat


def centre(maps: Tensor) -> Tensor:
    """The middle cell, by integer division, of each map: (B, C, H, W) -> (B, C)."""
    return maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]


def _at(maps: Tensor, cell: tuple[int, int]) -> Tensor:
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
