"""Who is graded: every method of the kit as one function of queries and photos, with floors below and ceilings above.

A contestant is asked what in the photos speaks against their match with the queries. It answers with signed maps. The
network is given to it, and nothing that knows the answer; a ceiling is told the truth, and says how good a map of its
grid could be.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from .. import draws
from ..embed import normalise
from ..explain import Network, ask, blur, exchange
from ..network.model import STREAMS
from .graded import PairMethod

Maps = Callable[[Network | None, np.ndarray, np.ndarray], np.ndarray]  # queries, photos (N, H, W, 3) -> (N, H, W)


def _from_blurred(network: Network | None, queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    assert network is not None  # only floors are asked without one
    images = normalise(photos)
    return ask(network, queries, photos, "integrated gradients", baseline=blur(images, images.shape[2] / 16))


def _named(*names: str) -> dict[str, Maps]:
    return {name: partial(ask, name=name) for name in names}


METHODS_GRADED: dict[str, Maps] = {
    **_named("gradient", "input x gradient", "SmoothGrad"),
    "integrated gradients, grey": partial(ask, name="integrated gradients"),
    "integrated gradients, blurred": _from_blurred,
    **_named("DeepLift"),
    **{f"Grad-CAM, conv{k}": partial(ask, name="Grad-CAM", stage=f"conv{k}") for k in (2, 3, 4)},
    **{
        f"gradient x activation, conv{k}": partial(ask, name="gradient x activation", stage=f"conv{k}")
        for k in (2, 3, 4)
    },
    **{
        f"stream {t} of conv3.1": partial(ask, name="gradient x activation", stage=f"conv3.1.conv2{STREAMS[t - 1]}")
        for t in (1, 2, 3, 4)
    },
    **_named("gradient x activation on pieces", "point decomposition", "occlusion", "CorrRISE"),
}
OWN: dict[str, Maps] = _named("segment occlusion", "segment exchange")


def alone(maps: Maps, network: Network | None) -> PairMethod:
    """A contestant as a method of one pair, about one network."""
    return lambda query, photo: maps(network, query[None], photo[None])[0]


# --- floors: no network, or no photo ----------------------------------------------------------------------------------


def _random(_network: Network | None, _queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    return -draws.named(0, "random maps").random(photos.shape[:3])


def _centre(_network: Network | None, _queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """The middle of the photo, where a person stands: a bell as wide as a quarter of each side."""
    height, width = photos.shape[1:3]
    rows, columns = (np.exp(-8 * ((np.arange(side) + 0.5) / side - 0.5) ** 2) for side in (height, width))
    return -np.broadcast_to(np.outer(rows, columns), photos.shape[:3])


def _edges(_network: Network | None, _queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    steps = np.gradient(photos.astype(float).mean(3), axis=(1, 2))
    return -np.hypot(*steps)


def _new_colours(_network: Network | None, queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """How far the colour of a pixel is from every colour of the query, which is first moved to the photo's camera."""
    return -np.stack([exchange.novelty(*pair) for pair in zip(queries, photos, strict=True)])


FLOORS: dict[str, Maps] = {
    "random": _random,
    "centre prior": _centre,
    "edges": _edges,
    "new colours": _new_colours,
}

# --- ceilings: told the truth -----------------------------------------------------------------------------------------


def _truth_on(cells: int, truth: np.ndarray) -> np.ndarray:
    """The truth as a map of cells shows it: averaged over each, then enlarged as a method's map is."""
    height, width = truth.shape[1:]
    share = torch.as_tensor(truth, dtype=torch.float32)[:, None]
    coarse = F.adaptive_avg_pool2d(share, (cells, max(1, cells * width // height)))
    return -F.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)[:, 0].numpy()


CEILINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the truth on conv2's cells": partial(_truth_on, 16),
    "the truth on conv4's cells": partial(_truth_on, 8),
}
