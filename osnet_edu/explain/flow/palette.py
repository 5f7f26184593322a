"""Three colours for a map, the same for the same thing in every photo, and how far apart photos of a gallery are.

Shapes: B photos, C channels, H x W cells, N gallery photos.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ... import retrieval
from ...embed import normalise
from ...network.model import OSNet
from ...refused import Refused
from .. import correspondence
from .passing import END, Passed, block_maps, passed, place_named, stages, trunk

SAMPLE = 96  # of a gallery
_CELLS = 256  # of a photo, at most, evenly over the map
_TAIL = 1.0  # per cent of the cells that may lie beyond the darkest and the brightest shade of a colour
_BATCH = 4  # every map of a pass is kept: of the full width in its own size, 40 MB a photo
_PAIRS = 12  # of neighbours in the sample, for what is usually unlike
_LIT = 0.9  # share of the cells of such a pair that are not fully lit


@dataclass(frozen=True)
class Basis:
    """The three directions of a map's channels in which cells of a gallery differ most (PCA in float64).

    mean: (C,).  axes: (C, 3), of length 1, strongest first; all zero from C on.  low, high: (3,), the projections that
    are shown as 0 and as 255.  share: of the variance, in [0, 1].
    The sign of an axis: its entry with the largest absolute value, the first of several, is positive.
    """

    mean: np.ndarray
    axes: np.ndarray
    low: np.ndarray
    high: np.ndarray
    share: float

    def colours(self, maps: Tensor) -> np.ndarray:
        """Red is the first direction, green the second, blue the third: (B, C, H, W) -> (B, H, W, 3) uint8."""
        cells = maps.movedim(1, 3).double().numpy(force=True)
        wide = self.high - self.low
        shade = ((cells - self.mean) @ self.axes - self.low) / np.where(wide > 0, wide, 1)
        return np.where(wide > 0, np.round(255 * shade.clip(0, 1)), 128).astype(np.uint8)


def basis_of(cells: np.ndarray) -> Basis:
    """The basis of some cells.  cells: (M, C), M at least 2."""
    cells = np.asarray(cells, float)
    mean = cells.mean(0)
    values, vectors = np.linalg.eigh((cells - mean).T @ (cells - mean) / len(cells))
    axes = np.zeros((cells.shape[1], 3))
    found = vectors[:, ::-1][:, :3]
    largest = np.abs(found).argmax(0)
    axes[:, : found.shape[1]] = found * np.where(found[largest, range(found.shape[1])] < 0, -1, 1)
    low, high = np.percentile((cells - mean) @ axes, [_TAIL, 100 - _TAIL], axis=0)
    total = values.clip(0).sum()
    return Basis(mean, axes, low, high, float(values[::-1][:3].clip(0).sum() / total) if total > 0 else 0.0)


class Colouring:
    """What a network makes of a gallery, as a measure for single photos. Each answer is computed once, when asked for.

    model: the network.  images: (N, H, W, 3) uint8, some photos of the gallery, at the network's size.  kept: what
    `everything` gave for the same network and photos.
    Raises: Refused for fewer than 3 photos.
    """

    def __init__(self, model: OSNet, images: np.ndarray, kept: Mapping[str, np.ndarray] | None = None):
        if len(images) < 3:
            raise Refused(f"at least 3 photos of a gallery are needed to choose colours, got {len(images)}")
        self.model, self.images = model, images
        self._bases: dict[str, Basis] = {}
        self._usual: dict[str, float] = {}
        self._unlike: dict[str, float] = {}
        if kept is not None:
            ends = np.cumsum(kept["channels"])
            tables = np.split(kept["directions"], ends[:-1])
            for name, table, ranges in zip(kept["maps"].tolist(), tables, kept["ranges"], strict=True):
                self._bases[name] = Basis(table[:, 0], table[:, 1:], ranges[:3], ranges[3:6], float(ranges[6]))
            self._usual = dict(zip(kept["steps"].tolist(), kept["usual"].tolist(), strict=True))
            self._unlike = dict(zip(kept["compared"].tolist(), kept["unlike"].tolist(), strict=True))

    def everything(self) -> dict[str, np.ndarray]:
        """Every answer for every map, as arrays for a file.

        maps: names.  channels: C of each.  directions: (all C, 4), mean and axes.  ranges: (maps, 7), low, high, share.
        steps, usual; compared, unlike: names and a number each.
        """
        names = dict.fromkeys([*stages(self.model), *trunk(self.model)])
        bases = {name: self.basis(name) for name in [*names, *self._inside()]}
        usual = {name: self.usual(name) for name in (*trunk(self.model), END)}
        self._compare()
        return {
            "maps": np.array(list(bases)),
            "channels": np.array([len(one.mean) for one in bases.values()]),
            "directions": np.concatenate([np.column_stack([one.mean, one.axes]) for one in bases.values()]),
            "ranges": np.array([[*one.low, *one.high, one.share] for one in bases.values()]),
            "steps": np.array(list(usual)),
            "usual": np.array(list(usual.values())),
            "compared": np.array(list(self._unlike)),
            "unlike": np.array(list(self._unlike.values())),
        }

    def _inside(self) -> list[str]:
        """The maps inside the blocks."""
        return [name for block in self.model.blocks() for name in block_maps(self.model, block) if name != block]

    def basis(self, name: str) -> Basis:
        """The colours of a map.  Those of a whole level are found in one pass of the gallery.

        Raises: Refused for a map that the network lacks.
        """
        if name not in self._bases:
            here = place_named(self.model, name)
            together = block_maps(self.model, here.block) if here.part else (*stages(self.model), *trunk(self.model))
            self._fit(together)
        return self._bases[name]

    def usual(self, name: str) -> float:
        """The median over all pairs of gallery photos of their distance at a step of the trunk or in the embedding.

        The distance is 1 minus the cosine of the two pooled maps (the means over all cells).
        """
        if not self._usual:
            self._fit((*stages(self.model), *trunk(self.model)))
        return self._usual[name]

    def unlike(self, name: str) -> float:
        """1 minus the cosine of the most similar cell: what nine in ten cells of pairs of gallery photos stay below."""
        if not self._unlike:
            self._compare()
        return self._unlike[name]

    def lit(self, maps: Tensor, name: str) -> np.ndarray:
        """How little each cell of two photos finds its like in the other one: (2, C, H, W) -> (2, H, W) in [0, 1].

        1 minus the cosine of the most similar cell, divided by `unlike` of the map, and cut off at 1.
        """
        most = self.unlike(name)
        return np.clip(correspondence.unlike(maps) / most, 0, 1) if most > 0 else np.zeros((2, *maps.shape[2:]))

    def _fit(self, names: Sequence[str]) -> None:
        cells: dict[str, list[np.ndarray]] = {name: [] for name in names}
        ends: dict[str, list[np.ndarray]] = {name: [] for name in (*trunk(self.model), END)}
        for start in range(0, len(self.images), _BATCH):
            some = self._passed(self.images[start : start + _BATCH])
            for name in names:
                flat = some.maps[name].flatten(2)
                chosen = np.unique(np.linspace(0, flat.shape[2] - 1, min(_CELLS, flat.shape[2])).round().astype(int))
                cells[name].append(flat[:, :, chosen].movedim(1, 2).flatten(0, 1).numpy(force=True))
            for name, pooled in ends.items():
                pooled.append(some.pooled(name).numpy(force=True))
        self._bases |= {name: basis_of(np.concatenate(cells.pop(name))) for name in list(cells)}
        pairs = np.triu_indices(len(self.images), 1)
        for name, parts in ends.items():
            unit = retrieval.unit(np.concatenate(parts))
            self._usual[name] = float(np.median(1 - (unit @ unit.T)[pairs]))

    def _compare(self) -> None:
        names = dict.fromkeys([*stages(self.model), *trunk(self.model)])
        few = np.linspace(0, len(self.images) - 1, min(_PAIRS + 1, len(self.images))).round().astype(int)
        found: dict[str, list[np.ndarray]] = {name: [] for name in names}
        for a, b in pairwise(self._passed(self.images[k : k + 1]) for k in few):
            for name, unlike in found.items():
                unlike.append(correspondence.unlike(torch.cat([a.maps[name], b.maps[name]])))
        self._unlike = {name: float(np.quantile(np.concatenate(unlike), _LIT)) for name, unlike in found.items()}

    def _passed(self, images: np.ndarray) -> Passed:
        return passed(self.model, normalise(images, next(self.model.parameters()).device))
