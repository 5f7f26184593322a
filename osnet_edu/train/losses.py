"""The two losses: cross-entropy, and the batch-hard triplet loss on normalised features."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..machine import distributed
from ..machine.distributed import ONE_PROCESS, Team
from .recipe import TrainConfig


def losses(
    features: Tensor, logits: Tensor, target: Tensor, config: TrainConfig, joined: bool, team: Team = ONE_PROCESS
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The loss, its cross-entropy and its triplet part, whose means over the team are those of the global batch.

    features: (share, 512) and logits: (share, people), of this process's share.  target: (B,) labels of all photos.
    joined: whether the triplet loss counts yet; it looks for the hardest photos in the whole batch, on every process.
    """
    own = target[team.share(len(target))]
    cross_entropy = F.cross_entropy(logits, own, label_smoothing=config.label_smoothing)
    if team.size > 1:  # shares may differ by one photo
        cross_entropy = cross_entropy * (len(own) * team.size / len(target))
    if not joined:
        return cross_entropy, cross_entropy, None
    everyone = distributed.gather(features, len(target), team)
    triplet = batch_hard(everyone, target, config.margin, in_units=config.relative)
    return cross_entropy + config.triplet * triplet, cross_entropy, triplet


def batch_hard(features: Tensor, labels: Tensor, margin: float, *, in_units: bool = True) -> Tensor:
    """The batch-hard triplet loss on normalised features: (B, D), (B,) -> scalar.

    For each photo, its farthest photo of the same person should be closer, by a margin, than its closest stranger.
    Normalised, and in units of the batch's mean distance (in_units), because otherwise the loss can be lowered without
    telling anybody apart: it pulls every embedding to one point, where it is exactly margin.
    Source: Hermans et al., In Defense of the Triplet Loss, 2017; the unit is the kit's own.
    """
    unit = F.normalize(features)
    distance = (2 - 2 * unit @ unit.T).clamp_min(1e-6).sqrt()
    return hardest(relative(distance) if in_units else distance, labels, margin)


def relative(distance: Tensor) -> Tensor:
    """Distances within a batch in units of their mean, which no shrinking changes: (B, B) -> (B, B)."""
    others = ~torch.eye(len(distance), dtype=torch.bool, device=distance.device)
    return distance / distance[others].mean().clamp_min(1e-12)


def hardest(distance: Tensor, labels: Tensor, margin: float) -> Tensor:
    """What the hardest pairs of a batch lack to the margin: (B, B), (B,) -> scalar."""
    same = labels[:, None] == labels[None]
    positive = distance.masked_fill(~same, -math.inf).amax(1)
    negative = distance.masked_fill(same, math.inf).amin(1)
    return F.relu(positive - negative + margin).mean()
