"""The batch-hard triplet loss from the first step on, and nothing else: it can be lowered without learning anything.

While hardest positives lie farther away than hardest negatives, pulling all embeddings together lowers the loss. At the
end of that road they are one point, every distance is 0, and the loss is exactly the margin. Features that are
normalised cannot shrink; with too high a learning rate they still can be turned into one direction.
Source: Hermans et al., In Defense of the Triplet Loss, 2017, section 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .. import train
from ..machine import compute
from ..train import Data, TrainConfig


@dataclass(frozen=True)
class Collapse:
    """Step by step.  losses, spreads: (steps,); a spread is the mean distance between two photos of the batch.

    normalised: whether the features were.
    """

    normalised: bool
    learning_rate: float
    margin: float
    losses: np.ndarray
    spreads: np.ndarray

    @property
    def collapsed(self) -> bool:
        """Whether all photos of the last batches have become one point, for all that floating point can tell."""
        return bool(np.median(self.spreads[-5:]) < 1e-3 * self.spreads[0])

    def __str__(self) -> str:
        kind = "normalised" if self.normalised else "raw"
        return (
            f"{kind} features, learning rate {self.learning_rate:g}: loss {self.losses[0]:.2f} -> "
            f"{self.losses[-1]:.4f} (margin {self.margin:g}), mean distance {self.spreads[0]:.2f} -> "
            f"{self.spreads[-1]:.5f}"
        )


def batch_hard(features: Tensor, labels: Tensor, margin: float) -> Tensor:
    """The batch-hard triplet loss on raw features, by Euclidean distance: (B, D), (B,) -> scalar."""
    return train.hardest(distances(features), labels, margin)


def distances(features: Tensor) -> Tensor:
    """All Euclidean distances within a batch: (B, D) -> (B, B).  Differences first: near 0 every digit counts."""
    squares = (features[:, None] - features[None]).square().sum(2)
    return squares.clamp_min(1e-12).sqrt()  # the root has no slope at 0


def run(
    data: Data,
    config: TrainConfig,
    *,
    normalised: bool,
    learning_rate: float,
    steps: int = 40,
    progress: Callable[[int, int], None] | None = None,
) -> Collapse:
    """Train by the triplet loss alone, at one learning rate from the first step on.

    config: of network, batches and augmentation; its losses and schedule are not used.
    One thread: so small a network gains nothing by more, and waits for them where others work.
    """
    with compute.using(compute.Compute(threads=1)):
        return _run(data, config, normalised, learning_rate, steps, progress)


def _run(
    data: Data,
    config: TrainConfig,
    normalised: bool,
    learning_rate: float,
    steps: int,
    progress: Callable[[int, int], None] | None,
) -> Collapse:
    model = train.build(config, len(data.people)).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=5e-4)
    images, labels = torch.from_numpy(data.images), torch.from_numpy(data.labels)
    losses, spreads = [], []
    for step in range(1, steps + 1):
        rng = np.random.default_rng([config.seed, step])
        chosen = torch.from_numpy(train.draw_batch(data.labels, config, step, rng))
        features = model(train.augment(images[chosen], config, rng))
        compared = F.normalize(features) if normalised else features
        loss = batch_hard(compared, labels[chosen], config.margin)
        losses.append(train.descend(optimiser, loss)[0])
        spreads.append(_spread(compared.detach()))
        if progress:
            progress(step, steps)
    return Collapse(normalised, learning_rate, config.margin, np.array(losses), np.array(spreads))


def _spread(features: Tensor) -> float:
    apart = ~torch.eye(len(features), dtype=torch.bool)
    return distances(features)[apart].mean().item()
