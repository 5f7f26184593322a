"""Sanity checks by name: does a map change when the network's weights are replaced, stage by stage, by random ones?

A map that explains a network must depend on its weights. So the stages are given random weights one after the other,
from the last to the first (cascading randomisation), and each time the map is compared with the first one. A method
whose map stays what it was draws the photo, and not the network.

Source: Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018. The normalisations are estimated anew after each
step, or the check would be unfair: a broken network is not a random one.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor

from ..explain import embed, similarity, untrained
from ..network.model import OSNet, initialise
from ..refused import Refused
from . import badge

STAGES = ("fc", "conv5", "conv4", "conv3", "conv2", "conv1")  # from the last to the first


def cascade(model: OSNet, photos: Tensor, seed: int = 0) -> Iterator[tuple[str, OSNet]]:
    """The network itself ("none"), then with random weights from the last stage on, ever further to the first.

    photos: (B, 3, H, W), normalised, by which the normalisations are estimated; at least 8.
    Yields: (the last stage that became random, a copy of the network). The given network is not changed.
    """
    if len(photos) < 8:
        raise Refused(f"at least 8 photos are needed to estimate the normalisations, got {len(photos)}")
    yield "none", deepcopy(model).eval()
    current = deepcopy(model).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for stage in STAGES:
            for module in current.get_submodule(stage).modules():
                initialise(module)
            untrained.learn_norms(current, lambda: current(photos))
            yield stage, deepcopy(current)


def kept(
    method: Callable[[OSNet, Tensor, Callable], np.ndarray],
    model: OSNet,
    queries: Tensor,
    images: Tensor,
    seed: int = 0,
) -> dict[str, float]:
    """How alike the maps stay: the mean rank correlation with the map of the trained network, after each stage.

    method: one of `explain.METHODS`.  queries, images: (B, 3, H, W), normalised; each image is explained by its query.
    Returns: by the last stage that became random; "none" is 1.
    """
    return stage_correlations(
        (stage, method(network, images, similarity(embed(network, queries))))
        for stage, network in cascade(model, images, seed)
    )


def stage_correlations(maps: Iterable[tuple[str, np.ndarray]]) -> dict[str, float]:
    """The mean rank correlation of maps (B, H, W) with the first ones, by the stage that each is named for."""
    found, first = {}, None
    for stage, heat in maps:
        first = heat if first is None else first
        found[stage] = float(np.mean([badge.correlation(a, b) for a, b in zip(first, heat, strict=True)]))
    return found
