"""Who is graded: every method of the kit as one function of queries and photos, with floors below and ceilings above.

A contestant is asked what in the photos speaks against their match with the queries. It answers with signed maps. The
network is given to it, and nothing that knows the answer; a ceiling is told the truth, and says how good a map of its
grid could be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from .. import draws
from ..embed import normalise
from ..explain import FORWARD, METHODS, Quick, blur, embed, exchange, similarity
from ..network.model import STREAMS, OSNet

TOGETHER = 16  # photos in a batch

Maps = Callable[["Network", np.ndarray, np.ndarray], np.ndarray]  # queries, photos (N, H, W, 3) -> (N, H, W)


@dataclass(frozen=True)
class Network:
    """model: for methods that ask backwards.  embedder: the same network, for those that only ask forwards."""

    model: OSNet
    embedder: Callable[[np.ndarray], np.ndarray]


def _by_captum(name: str, network: Network, queries: np.ndarray, photos: np.ndarray, **more) -> np.ndarray:
    """A method of the table, in batches. The query is embedded once, and held."""
    soft = more.pop("baseline", None) == "blurred"
    model = Quick(network.embedder) if name in FORWARD else network.model
    maps = []
    for start in range(0, len(photos), TOGETHER):
        some = slice(start, start + TOGETHER)
        target = similarity(embed(network.model, normalise(queries[some])))
        images = normalise(photos[some])
        start_at = {"baseline": blur(images, images.shape[2] / 16)} if soft else {}
        maps.append(METHODS[name](model, images, target, **more, **start_at))
    return np.concatenate(maps)


METHODS_GRADED: dict[str, Maps] = {
    "gradient": partial(_by_captum, "gradient"),
    "input x gradient": partial(_by_captum, "input x gradient"),
    "SmoothGrad": partial(_by_captum, "SmoothGrad"),
    "integrated gradients, grey": partial(_by_captum, "integrated gradients"),
    "integrated gradients, blurred": partial(_by_captum, "integrated gradients", baseline="blurred"),
    "DeepLift": partial(_by_captum, "DeepLift"),
    **{f"Grad-CAM, conv{k}": partial(_by_captum, "Grad-CAM", stage=f"conv{k}") for k in (2, 3, 4)},
    **{
        f"gradient x activation, conv{k}": partial(_by_captum, "gradient x activation", stage=f"conv{k}")
        for k in (2, 3, 4)
    },
    **{
        f"stream {t} of conv3.1": partial(_by_captum, "gradient x activation", stage=f"conv3.1.conv2{STREAMS[t - 1]}")
        for t in (1, 2, 3, 4)
    },
    "gradient x activation on pieces": partial(_by_captum, "gradient x activation on pieces"),
    "point decomposition": partial(_by_captum, "point decomposition"),
    "occlusion": partial(_by_captum, "occlusion"),
    "CorrRISE": partial(_by_captum, "CorrRISE"),
}


def _one_by_one(method: Callable, network: Network, queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    return np.stack([method(network.embedder, *pair) for pair in zip(queries, photos, strict=True)])


OWN: dict[str, Maps] = {
    "segment occlusion": partial(_one_by_one, exchange.without),
    "segment exchange": partial(_one_by_one, exchange.against),
}

# --- floors: no network, or no photo ----------------------------------------------------------------------------------


def _random(_network: Network | None, _queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    return -draws.named(0, "random maps").random(photos.shape[:3])


def centre(_network: Network | None, _queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
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
    "centre prior": centre,
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
