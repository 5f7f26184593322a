"""What is to be explained: a number that is made of a photo's features, (B, D) -> (B,).

Every target here is a sum over the features, each times a number: <f, directions>, or <f, directions> / |f| for cosine.
Any other function (B, D) -> (B,) is a target too, for all methods but the point decomposition, which needs the sum.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..refused import Refused

Target = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Linear:
    """directions: (1, D), one for all photos, or (B, D), one a photo.  cosine: the features count at length 1."""

    directions: Tensor
    cosine: bool

    def __call__(self, features: Tensor) -> Tensor:
        self._check(features)
        return ((F.normalize(features) if self.cosine else features) * self.directions).sum(1)

    def held(self, features: Tensor) -> Tensor:
        """(B, D), so that the target is <features, held>: for cosine, the length of these features is held fixed."""
        self._check(features)
        if not self.cosine:
            return self.directions.to(features).expand(features.shape)
        return self.directions.to(features) / features.norm(dim=1, keepdim=True)

    def _check(self, features: Tensor) -> None:
        if features.shape[1] != self.directions.shape[1] or len(self.directions) not in (1, len(features)):
            raise Refused(f"features {tuple(features.shape)} do not fit a reference {tuple(self.directions.shape)}")


def similarity(reference: Tensor) -> Linear:
    """Cosine similarity to a reference, in [-1, 1] (in [0, 1] for OSNet, whose features are never negative).

    reference: (D,) or (1, D), one for all photos, or (B, D), one a photo. Detached here.
    Raises: Refused for an all-zero reference, where cosine is not defined, and for one that is not finite.
    """
    return Linear(_unit(reference), True)


def margin(positive: Tensor, negative: Tensor) -> Linear:
    """similarity to a positive minus similarity to a negative: "why him and not the other?", in [-2, 2].

    positive, negative: as in `similarity`.
    """
    one, other = _unit(positive), _unit(negative)
    try:
        return Linear(one - other, True)
    except RuntimeError:
        raise Refused(f"a positive {tuple(one.shape)} and a negative {tuple(other.shape)} do not fit") from None


def dot(reference: Tensor) -> Linear:
    """The dot product with a reference: unlike cosine it grows with the length of the features.

    reference: as in `similarity`.
    """
    return Linear(_fixed(reference), False)


def direction(way: Tensor | int, features: int = 512) -> Linear:
    """The features along one direction, which is given at any length and counts at length 1.

    way: (D,), or the number of one feature, of `features` in all.
    Raises: Refused for a direction of length 0, and for a feature that is not there.
    """
    if isinstance(way, int):
        if not 0 <= way < features:
            raise Refused(f"there are features 0 to {features - 1}, got {way}")
        way = F.one_hot(torch.tensor(way), features).float()
    return Linear(_unit(way), False)


def _unit(reference: Tensor) -> Tensor:
    fixed = _fixed(reference)
    with torch.inference_mode(False):
        return F.normalize(fixed)


def _fixed(reference: Tensor) -> Tensor:
    """Detached, as (1 or B, D).  Raises: Refused for what is all zero or not finite."""
    with torch.inference_mode(False):  # gradients will pass beside it
        fixed = reference.detach().clone()
    fixed = fixed[None] if fixed.dim() == 1 else fixed
    if fixed.dim() != 2:
        raise Refused(f"a reference must be features (D,) or (B, D), got {tuple(reference.shape)}")
    if not fixed.isfinite().all():
        raise Refused("the reference holds values that are not finite numbers")
    if not fixed.any(1).all():
        raise Refused("the reference embedding is all zero: its cosine similarity to anything is not defined")
    return fixed
