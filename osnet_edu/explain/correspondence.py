"""Correspondence: where in the other photo does the network see the same thing? And where is it truly?

Each cell of a stage has a feature. The cell of the other photo whose feature is most alike is its match. For rendered
people the true place is known, because every pixel knows which point of which surface it shows.
Shapes: h x w cells, H x W pixels.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..embed import normalise
from ..network import probe
from ..people import Shot
from ..refused import Refused
from .layers import named_map

_NEAR = 0.06  # of the surface's own coordinates: how near two pixels' points must be to be one point
_ENOUGH = 0.2  # share of a cell whose pixels must have a partner
_CELLS = 1024  # cells that are compared with all others at a time: bounds the memory
WITHIN = 1.5  # cells: how near a match must be to count


@dataclass(frozen=True)
class Matches:
    """similarity: (h, w, h, w), cosine of each cell of the first photo with each cell of the second."""

    similarity: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """(h, w, 2): row and column of the most similar cell in the second photo."""
        rows, columns = self.similarity.shape[:2]
        flat = self.similarity.reshape(rows, columns, -1).argmax(2)
        return np.stack(np.divmod(flat, self.similarity.shape[3]), 2)


@dataclass(frozen=True)
class MatchScore:
    """right: share of the cells with a true place whose match lies near it.  chance: of matches drawn at random.

    same_place: of matches that stay where they are, the floor for two people who stand alike.  cells: how many count.
    """

    right: float
    chance: float
    same_place: float
    cells: int


def matches(model: nn.Module, one: np.ndarray, other: np.ndarray, *, stage: str = "conv3.1") -> Matches:
    """Compare every cell of one photo with every cell of the other.

    one, other: (H, W, 3) uint8.  stage: as for `grad_cam`.
    Raises: Refused for photos of two sizes, and for a stage that does not make a map.
    """
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        raise Refused(f"two photos of one size are needed, got {one.shape} and {other.shape}")
    images = normalise(np.stack([one, other]))
    with probe.evaluating(model):
        return matches_of(named_map(model, stage, images))


def matches_of(maps: Tensor, cell: tuple[int, int] | None = None) -> Matches:
    """The same for two maps, (2, C, h, w).  cell: (row, column), the only one that is compared; then similarity is
    (1, 1, h, w)."""
    first, second = F.normalize(maps).double().numpy(force=True)
    if cell is not None:
        first = first[:, cell[0] : cell[0] + 1, cell[1] : cell[1] + 1]
    return Matches(np.einsum("cij,ckl->ijkl", first, second))


def unlike(maps: Tensor) -> np.ndarray:
    """How little each cell finds its like in the other photo.

    maps: (2, C, h, w).  Returns: (2, h, w), 1 minus the cosine of its most similar cell of the other map.
    """
    first, second = F.normalize(maps).flatten(2)
    best = [
        torch.cat([(a.T @ b).amax(1) for a in one.split(_CELLS, 1)]) for one, b in ((first, second), (second, first))
    ]
    return (1 - torch.stack(best)).reshape(2, *maps.shape[2:]).numpy(force=True)


def truth(one: Shot, other: Shot, cells: tuple[int, int]) -> np.ndarray:
    """Where the surface of each cell of one photo lies in the other.

    one, other: two renders of one person.  cells: (h, w).
    Returns: (h, w, 2) float, row and column in cells, counted as `Matches.best` counts; nan if the cell shows no
    person, or where what it shows is hidden in the other photo.
    """
    from scipy.spatial import cKDTree

    if one.piece.shape != other.piece.shape:
        raise Refused(f"two renders of one size are needed, got {one.piece.shape} and {other.piece.shape}")
    height, width = one.piece.shape
    place = np.full((height, width, 2), np.nan)
    for piece in np.unique(one.piece[one.piece >= 0]):
        here, there = one.piece == piece, other.piece == piece
        if not there.any():
            continue
        away, nearest = cKDTree(_surface(other.uv[there])).query(_surface(one.uv[here]))
        found = np.argwhere(there)[nearest].astype(float)
        found[away > _NEAR] = np.nan
        place[here] = found
    rows, columns = cells
    tall, wide = height // rows, width // columns
    blocks = place[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide, 2)
    blocks = blocks.transpose(0, 2, 1, 3, 4).reshape(rows, columns, -1, 2)
    known = ~np.isnan(blocks[..., 0])
    count = known.sum(2)
    total = np.where(known[..., None], blocks, 0).sum(2)
    mean = total / np.maximum(count, 1)[..., None]
    mean[count < _ENOUGH * blocks.shape[2]] = np.nan
    return (mean + 0.5) / (tall, wide) - 0.5


def match_score(found: Matches, true: np.ndarray) -> MatchScore:
    """Grade matches by the true places.

    true: (h, w, 2), as `truth` gives it.
    Raises: Refused where no cell has a true place.
    """
    rows, columns = found.similarity.shape[:2]
    if true.shape != (rows, columns, 2):
        raise Refused(f"true places must be {(rows, columns, 2)}, got {true.shape}")
    known = ~np.isnan(true[..., 0])
    if not known.any():
        raise Refused("no cell of the first photo is seen in the second one: there is nothing to grade")
    target = true[known][:, None]  # (N, 1, 2)
    grid = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), 2)

    def near(places: np.ndarray) -> np.ndarray:
        return np.linalg.norm(places - target, axis=2) <= WITHIN

    return MatchScore(
        float(near(found.best[known][:, None]).mean()),
        float(near(grid.reshape(1, -1, 2)).mean()),
        float(near(grid[known][:, None]).mean()),
        int(known.sum()),
    )


def _surface(uv: np.ndarray) -> np.ndarray:
    """Surface coordinates, in which the first runs round: where it ends it begins again."""
    turn = 2 * np.pi * uv[:, 0]
    return np.column_stack([np.cos(turn) / (2 * np.pi), np.sin(turn) / (2 * np.pi), uv[:, 1]])
