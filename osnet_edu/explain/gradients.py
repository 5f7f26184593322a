"""Methods that follow the slope of the target down to the pixels. Captum's, on the score of one photo.

Captum is imported where it is used: rooms that only read gates need not wait for it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..refused import Refused
from .asking import CHUNK, explaining, in_shape_of
from .targets import Target


def gradient(model: nn.Module, images: Tensor, target: Target) -> np.ndarray:
    """The slope of the target at each pixel, summed over colours: which way a little more light would move it.

    Returns: (B, H, W), target per unit of normalised colour.
    Source: Simonyan et al., ICLR workshop 2014; Captum's Saliency.
    """
    from captum.attr import Saliency

    with explaining(model, images, target) as (x, score):
        return Saliency(score).attribute(x.requires_grad_(), abs=False).sum(1).numpy(force=True)


def input_x_gradient(model: nn.Module, images: Tensor, target: Target) -> np.ndarray:
    """Slope times distance from mean grey, summed over colours: a first-order guess of each pixel's share.

    Returns: (B, H, W), in units of the target.
    Source: Shrikumar et al., 2016; Captum's InputXGradient.
    """
    from captum.attr import InputXGradient

    with explaining(model, images, target) as (x, score):
        return InputXGradient(score).attribute(x.requires_grad_()).sum(1).numpy(force=True)


def integrated_gradients(
    model: nn.Module, images: Tensor, target: Target, *, baseline: Tensor | None = None, steps: int = 32
) -> np.ndarray:
    """The slope averaged on the straight way from a baseline to the photo, times the way. `completeness` checks it.

    baseline: broadcasts to the photos' shape; None is zero, which after normalisation is mean grey and not black. A
        pixel that has the baseline's colour gets no heat, whatever it means.
    steps: points on the way (Gauss-Legendre), whose weights Captum keeps in float32.
    Returns: (B, H, W), in units of the target; its sum tends to target(photo) - target(baseline) as steps grow.
    Source: Sundararajan et al., ICML 2017; Captum's IntegratedGradients.
    """
    from captum.attr import IntegratedGradients

    if steps < 1:
        raise Refused(f"steps must be 1 or more, got {steps}")
    with explaining(model, images, target) as (x, score):
        heat = IntegratedGradients(score).attribute(
            x, in_shape_of(x, baseline), n_steps=steps, internal_batch_size=max(CHUNK, len(x))
        )
        return heat.sum(1).numpy(force=True)


@dataclass(frozen=True)
class Completeness:
    """Does a map add up? explained: (B,) the sum of its heat. difference: (B,) target(photo) - target(baseline)."""

    explained: np.ndarray
    difference: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        """(B,), what the map says too much (above zero) or too little, in units of the target."""
        return self.explained - self.difference


def completeness(
    model: nn.Module, images: Tensor, target: Target, heat: np.ndarray, *, baseline: Tensor | None = None
) -> Completeness:
    """Compare the sum of a map with the difference that it ought to explain.

    heat: (B, H, W).  baseline: the one that the map was made with; None is zero.
    """
    with explaining(model, images, target) as (x, score), torch.no_grad():
        if heat.shape != (len(x), *x.shape[2:]):
            raise Refused(f"heat {heat.shape} does not fit photos {tuple(x.shape)}")
        difference = score(x) - score(in_shape_of(x, baseline))
        return Completeness(heat.sum((1, 2)), difference.numpy(force=True))
