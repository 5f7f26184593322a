"""What is to be explained: a number that is made of a photo's features, (B, D) -> (B,)."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..refused import Refused

Target = Callable[[Tensor], Tensor]


def similarity(reference: Tensor) -> Target:
    """Cosine similarity to a reference, in [-1, 1] (in [0, 1] for OSNet, whose features are never negative).

    reference: (D,) or (1, D), one for all photos, or (B, D), one a photo. Detached here.
    Raises: Refused for an all-zero reference, where cosine is not defined, and for one that is not finite.
    """
    with torch.inference_mode(False):  # gradients will pass beside it
        fixed = reference.detach().clone()
    fixed = fixed[None] if fixed.dim() == 1 else fixed
    if fixed.dim() != 2:
        raise Refused(f"a reference must be features (D,) or (B, D), got {tuple(reference.shape)}")
    if not fixed.isfinite().all():
        raise Refused("the reference holds values that are not finite numbers")
    if not fixed.any(1).all():
        raise Refused("the reference embedding is all zero: its cosine similarity to anything is not defined")
    with torch.inference_mode(False):
        fixed = F.normalize(fixed)

    def target(features: Tensor) -> Tensor:
        if features.shape[1] != fixed.shape[1] or len(fixed) not in (1, len(features)):
            raise Refused(f"features {tuple(features.shape)} do not fit a reference {tuple(fixed.shape)}")
        return (F.normalize(features) * fixed).sum(1)

    return target


def margin(positive: Tensor, negative: Tensor) -> Target:
    """similarity to a positive minus similarity to a negative: "why him and not the other?", in [-2, 2].

    positive, negative: as in `similarity`.
    """
    for_him, for_the_other = similarity(positive), similarity(negative)
    return lambda features: for_him(features) - for_the_other(features)
