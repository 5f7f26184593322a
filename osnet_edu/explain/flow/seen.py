"""A cell of a map: the pixels it can see, those that move it, and where the other photo has the same.

Shapes: B photos, C channels, H x W pixels, h x w cells.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...network import probe, receptive
from ...network.model import OSNet
from ...network.receptive import Reach
from ...refused import Refused
from .. import correspondence
from .passing import Passed, on_graph, place_named

_HOLDS = 0.9  # of what moves a cell


@dataclass(frozen=True)
class CellLevel:
    """What is to be said of one cell.

    cell: (row, column).  windows: path, "shortest" or "longest" -> (top, left, bottom, right) in pixels, maybe outside
    the photo.  heat: (H, W) float64, sums to 1: how strongly each pixel moves the length (the Euclidean norm over the
    channels) of the cell, gates held fixed; all zero for a cell whose channels are all zero.  holds: side in pixels of
    the square around the cell that holds 90 % of the heat.  match: (row, column) of the most similar cell of the same
    map of the other photo, and cosine: of the two; None for one photo.
    """

    cell: tuple[int, int]
    windows: dict[str, tuple[float, ...]]
    heat: np.ndarray
    holds: int
    match: tuple[int, int] | None
    cosine: float | None
    sentence: str


def reach_of(model: OSNet, name: str) -> Reach:
    """What a cell of a map can see, gates left out.

    name: of a map, such as "conv3" or "conv3.1 stream 3".  Raises: Refused for a map that the network lacks.
    """
    here = place_named(model, name)
    steps = receptive.reaches(model)
    if not here.part:
        last = name if name in steps else [step for step in steps if step.startswith(f"{name}.")][-1]
        return steps[last][1]
    before, _ = steps[here.block]
    fields = [one for one in receptive.receptive_fields(model) if one.block == here.block]
    if here.part in ("squeeze", "bypass"):
        return before
    if here.part in ("sum", "expansion"):
        return Reach(min(f.shortest for f in fields), max(f.longest for f in fields), before.step, before.origin)
    return fields[int(here.part.removeprefix("stream ")) - 1]


def cell_level(
    model: OSNet, images: Tensor, now: Passed, name: str, cell: tuple[int, int], photo: int = 0
) -> CellLevel:
    """Ask one cell of a map.

    images: (B, 3, H, W) float, the photos that `now` is of.  name: of the map.  photo: 0 or 1, whose cell it is.
    Raises: Refused for a map, a photo or a cell that is not there.
    """
    reach = reach_of(model, name)
    if not 0 <= photo < len(images):
        raise Refused(f"there are photos 0 to {len(images) - 1}, got {photo}")
    maps = now.maps[name]
    receptive.cell_of(maps, cell)
    windows = {
        path: tuple(end for pair in zip(*(reach.window(at, path) for at in cell), strict=True) for end in pair)
        for path in ("shortest", "longest")
    }
    heat = _moved(model, images[photo : photo + 1], now, name, cell)
    row, column = (reach.origin + at * reach.step for at in cell)
    holds = receptive.side_of(heat, row, column, _HOLDS) if heat.any() else 0
    match = cosine = None
    if len(maps) == 2:
        found = correspondence.matches_of(maps if photo == 0 else maps.flip(0), cell)
        match = (int(found.best[0, 0, 0]), int(found.best[0, 0, 1]))
        cosine = float(found.similarity[0, 0][match])
    said = _said(cell, reach, images.shape[2:], holds, match, cosine)
    return CellLevel(cell, windows, heat, holds, match, cosine, said)


def _moved(model: OSNet, image: Tensor, now: Passed, name: str, cell: tuple[int, int]) -> np.ndarray:
    """How strongly each pixel of one photo, (1, 3, H, W), moves the length of a cell: (H, W), sums to 1."""
    pixels = image.detach().clone().requires_grad_()
    with torch.enable_grad(), probe.evaluating(model), receptive.gates_held(model):
        unit = receptive.cell_of(on_graph(model, pixels, now.silenced).maps[name], cell)
        return receptive.strength(torch.linalg.vector_norm(unit), pixels)


def _said(
    cell: tuple[int, int],
    reach: Reach,
    size: tuple[int, int],
    holds: int,
    match: tuple[int, int] | None,
    cosine: float | None,
) -> str:
    side = reach.longest
    larger = " (more than the photo)" if side > max(size) else ""
    said = f"Row {cell[0] + 1}, column {cell[1] + 1} can see {side} x {side} pixels{larger}"
    if not holds:
        said += ", and all its channels are zero here"
    else:
        said += f", and 90 % of what moves it lies within {holds} x {holds}"
    if match is not None:
        said += (
            f"; the most similar cell of the other photo is row {match[0] + 1}, column {match[1] + 1} ({cosine:.2f})"
        )
    return f"{said}."
