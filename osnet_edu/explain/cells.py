"""Groups of cells of a block: which (stream, channel) pairs are taken away together when a contribution is measured.

A stream is one group of cells, its channels. Whether a finding is about streams, and so about scales, or about any
quarter of a block's channels, random groups can say: each of them takes away as much as a stream does, but is drawn
from all streams.

Shapes: G groups, T streams, C channels.
"""

import numpy as np
import torch
from torch import Tensor

from .. import draws
from ..network.model import OSNet
from ..refused import Refused
from .changes import summed_at_join


def of_streams(streams: int, channels: int, groups: int = 4) -> np.ndarray:
    """One group a stream; of more streams than groups, neighbours are put together, as equally as they can be.

    Returns: (G, T, C) bool, G the smaller of streams and groups; each cell is in one group, first streams first.
    Raises: Refused for fewer than two streams or groups, which leave nothing to compare.
    """
    if streams < 2 or groups < 2:
        raise Refused(f"at least 2 streams and 2 groups are needed to compare, got {streams} and {groups}")
    count = min(streams, groups)
    owner = np.arange(streams) * count // streams
    return np.broadcast_to((owner == np.arange(count)[:, None])[:, :, None], (count, streams, channels)).copy()


def energies(model: OSNet, images: Tensor, *, batch: int = 64) -> dict[str, np.ndarray]:
    """What is removed when a cell becomes its mean: the variance of what it puts into its block's join.

    images: (B, 3, H, W) float, normalised, such as a gallery's.  Returns: (T, C) by block, variances over photos and
    positions, gates applied.
    """

    def of_chunk(streams: list[Tensor], weights: Tensor | None) -> list[Tensor]:
        maps = torch.stack(streams, 1).double()
        maps = maps if weights is None else maps * weights
        return [maps.mean((3, 4)).sum(0), maps.square().mean((3, 4)).sum(0)]

    sums, count = summed_at_join(model, images, of_chunk, batch), len(images)
    return {name: (squares / count - (total / count).square()).numpy() for name, (total, squares) in sums.items()}


def at_random(energy: np.ndarray, groups: np.ndarray, seed: int = 0) -> np.ndarray:
    """As many groups with as much energy each, whose cells are drawn from all streams.

    energy: (T, C), see `energies`.  groups: (G, T, C) whose energies are to be met.  Cells are dealt out in random
    order, each to the group that lacks most of its energy; the last ones are the weakest, which evens out the rest.
    Returns: (G, T, C) bool.
    """
    energy = np.asarray(energy, float)
    lacking = np.array([energy[group].sum() for group in groups])
    rng = draws.named(seed, "cells at random", *energy.shape)
    order = rng.permutation(energy.size)
    half = len(order) // 2
    # The stronger half first, in random order, then the weaker half.
    rank = np.argsort(np.argsort(-energy.ravel(), kind="stable"), kind="stable")
    order = np.concatenate([order[rank[order] < half], order[rank[order] >= half]])
    found = np.zeros((len(groups), energy.size), bool)
    for cell in order:
        group = int(np.argmax(lacking))
        found[group, cell] = True
        lacking[group] -= energy.ravel()[cell]
    return found.reshape(len(groups), *energy.shape)
