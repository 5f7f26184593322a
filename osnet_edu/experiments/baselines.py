"""What a rank-1 is worth: three ways of comparing colours, and a network that has learned nothing.

A set on which counting colours already finds people would teach nothing about networks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .. import retrieval
from ..embed import Embedding, embed
from ..network.model import OSNet
from ..photos import market
from ..train import TrainConfig, build

STRIPES = 6  # head to shoes
SIZE = (128, 64)


@dataclass(frozen=True)
class Baselines:
    """Scores by name of the baseline."""

    scores: dict[str, retrieval.Score]

    def best_colour(self) -> float:
        """The best rank-1 of the colour baselines."""
        return max(score.rank(1) for name, score in self.scores.items() if name in COLOURS)

    def __str__(self) -> str:
        rows = [f"{name:<32} {s.rank(1):7.1%} {s.mean_ap:7.1%}" for name, s in self.scores.items()]
        return "\n".join([f"{'':<32} {'rank-1':>7} {'mAP':>7}", *rows])


def hsv_stripes(images: np.ndarray) -> np.ndarray:
    """Histograms of hue, saturation and value in six horizontal stripes: (N, H, W, 3) -> (N, 6 * 32).

    Square roots, so that cosine similarity compares histograms as the Bhattacharyya coefficient does.
    """
    hsv = np.stack([np.asarray(Image.fromarray(image).convert("HSV")) for image in images])
    return np.sqrt(_striped(hsv, lambda pixels: _histograms(pixels, (16, 8, 8))))


def rgb_cubes(images: np.ndarray) -> np.ndarray:
    """A joint histogram of 6 x 6 x 6 colours over the middle of the photo, where the person is: -> (N, 216)."""
    width = images.shape[2]
    pixels = images[:, :, width // 4 : -(width // 4)].reshape(len(images), -1, 3).astype(int) * 6 // 256
    code = pixels @ np.array([36, 6, 1])
    return np.sqrt(np.stack([np.bincount(row, minlength=216) / len(row) for row in code]))


def balanced_means(images: np.ndarray) -> np.ndarray:
    """Mean colours of six stripes, after each photo's own colour cast is taken out: -> (N, 18), centred on grey."""
    x = images.astype(float)
    x = x / x.mean((1, 2), keepdims=True)
    middle = x[:, :, x.shape[2] // 4 : -(x.shape[2] // 4)]
    return _striped(middle, lambda pixels: pixels.mean(1)) - 1


COLOURS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "HSV histogram in six stripes": hsv_stripes,
    "RGB histogram of the middle": rgb_cubes,
    "balanced means of six stripes": balanced_means,
}


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> Baselines:
    """Score the three colour baselines and an untrained network on a Market-1501 folder."""
    _, query, gallery = market.read(root)
    sides = [market.decode(photos, SIZE) for photos in (query, gallery)]
    scores = {}
    for i, (name, describe) in enumerate(COLOURS.items()):
        asked, among = (Embedding(describe(side.images), side.photos) for side in sides)
        scores[name] = retrieval.score(asked, among)
        if progress:
            progress(i + 1, len(COLOURS) + 1)
    model = untrained()
    asked, among = (embed(model, photos, size=SIZE) for photos in (query, gallery))
    scores["untrained OSNet x0.25"] = retrieval.score(asked, among)
    if progress:
        progress(len(COLOURS) + 1, len(COLOURS) + 1)
    return Baselines(scores)


def untrained() -> OSNet:
    """The network that `train` begins with, before its first step: random weights, of the same seed every time."""
    return build(TrainConfig(), people=2).eval()


def _striped(images: np.ndarray, describe: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    stripes = np.array_split(images, STRIPES, axis=1)
    parts = [describe(stripe.reshape(len(stripe), -1, stripe.shape[-1])) for stripe in stripes]
    return np.concatenate(parts, 1)


def _histograms(pixels: np.ndarray, bins: tuple[int, int, int]) -> np.ndarray:
    rows = []
    for photo in pixels.astype(int):
        parts = [np.bincount(photo[:, c] * n // 256, minlength=n) / len(photo) for c, n in enumerate(bins)]
        rows.append(np.concatenate(parts))
    return np.stack(rows)
