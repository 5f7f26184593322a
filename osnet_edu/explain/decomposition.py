"""Point decomposition: a similarity as a sum over the cells of the last map, exact to the last layer's own constants.

The features are a sum over cells until the very end: f = ReLU(bn(W g + b)), and g is the mean of the map over cells.
With the ReLU's choice held (which features are on) all of this is one matrix and one constant, so <f, r> is a share for
each cell, and one share that no cell can have, because it stands in the layer itself: the bias. For cosine the length
of f is held too. Shares and bias add up to the similarity.

With two photos both sides are sums, so the similarity is a table of cell against cell: point to point.
Sources: Zhu et al., Visual Explanation for Deep Metric Learning, 2021; Stylianou et al., WACV 2019.
Shapes: h x w cells.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..network import probe
from ..network.model import OSNet
from ..refused import Refused
from .asking import checked_photos, explaining
from .layers import enlarged
from .targets import Target, similarity


@dataclass(frozen=True)
class Shares:
    """cells: (B, h, w), of each cell.  bias: (B,), of the layer's constants.  value: (B,), the target, their sum."""

    cells: np.ndarray
    bias: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Pairs:
    """A similarity of two photos, cell against cell.

    table: (h, w, h, w), cells of the first against cells of the second.  bias: all that the constants of either side
    take part in.  value: the cosine similarity, the sum of both.
    """

    table: np.ndarray
    bias: float
    value: float


def shares(model: nn.Module, images: Tensor, target: Target) -> Shares:
    """The share of each cell of the last map in a target.

    target: one of `similarity`, `margin`, `dot` and `direction`.
    Raises: Refused for another target, and for a network that does not end as OSNet does.
    """
    images = checked_photos(images)
    _check(model)
    held = getattr(target, "held", None)
    if held is None:
        raise Refused("only similarity, margin, dot and direction are sums over features, which this method needs")
    with explaining(model, images, target) as (x, score), torch.no_grad():
        value = score(x)
        cells, bias, features = _parts(model, x)
        way = held(features)
        share = torch.einsum("bdhw,bd->bhw", cells, way)
        return Shares(*(part.numpy(force=True) for part in (share, (bias * way).sum(1), value)))


def point_decomposition(model: nn.Module, images: Tensor, target: Target) -> np.ndarray:
    """The shares of the cells, enlarged to the photo. The bias is left out: no cell can have it.

    Arguments and what is raised: as for `shares`.
    Returns: (B, H, W), in units of the target for one cell.
    """
    return enlarged(torch.as_tensor(shares(model, images, target).cells)[:, None], checked_photos(images))


def pairs(model: nn.Module, one: Tensor, other: Tensor) -> Pairs:
    """Which cells of one photo make it similar to which cells of the other.

    one, other: (3, H, W), normalised.
    """
    images = torch.cat([checked_photos(one), checked_photos(other)])
    _check(model)
    if len(images) != 2:
        raise Refused(f"two photos are needed, got {len(images)}")
    with probe.evaluating(model), torch.no_grad():
        cells, bias, features = _parts(model, images)
        value = similarity(features[:1])(features[1:])
        cells = cells / features.norm(dim=1)[:, None, None, None]
        bias = bias / features.norm(dim=1)[:, None]
        table = torch.einsum("dij,dkl->ijkl", cells[0], cells[1])
        rest = (
            (bias[0] * bias[1]).sum() + (cells[0].sum((1, 2)) * bias[1]).sum() + (cells[1].sum((1, 2)) * bias[0]).sum()
        )
        return Pairs(table.numpy(force=True), float(rest), float(value))


def _parts(model: OSNet, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What each cell puts into each feature, (B, D, h, w); what the constants put in, (B, D); the features, (B, D)."""
    maps = model.feature_map(x)  # (B, C, h, w)
    linear, norm, _ = model.fc
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    matrix = linear.weight * scale[:, None]  # (D, C)
    constant = (linear.bias - norm.running_mean) * scale + norm.bias
    cells = torch.einsum("dc,bchw->bdhw", matrix, maps) / (maps.shape[2] * maps.shape[3])
    before = cells.sum((2, 3)) + constant
    on = (before > 0).to(before)
    return cells * on[..., None, None], constant * on, before * on


def _check(model: nn.Module) -> None:
    if not isinstance(model, OSNet):
        raise Refused(f"point decomposition needs a network that ends as OSNet does, got {type(model).__name__}")
