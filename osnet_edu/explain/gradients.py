"""Methods that follow the slope of the target down to the pixels. Captum's, on the score of one photo.

Captum is imported where it is used: rooms that only read gates need not wait for it.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import Tensor, nn

from ..refused import Refused
from .asking import CHUNK, explaining, in_shape_of
from .targets import Target

_PART = 16  # versions of the photos, at least, whose maps are in memory at a time


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
        heat = IntegratedGradients(lambda versions: _InParts.apply(versions, score, len(x))).attribute(
            x, in_shape_of(x, baseline), n_steps=steps, internal_batch_size=max(CHUNK, len(x))
        )
        return heat.sum(1).numpy(force=True)


def smooth_grad(
    model: nn.Module, images: Tensor, target: Target, *, samples: int = 16, deviation: float = 0.3, seed: int = 0
) -> np.ndarray:
    """The gradient, averaged over noisy copies of the photo: what a little noise turns around cancels out.

    samples: noisy copies.  deviation: of the noise, in normalised colour.  seed: of the noise, the same for each photo.
    Returns: (B, H, W), target per unit of normalised colour.
    Source: Smilkov et al., 2017; Captum's NoiseTunnel around Saliency.
    """
    from captum.attr import NoiseTunnel, Saliency

    if samples < 1 or deviation < 0:
        raise Refused(f"samples must be 1 or more and deviation 0 or more, got {samples} and {deviation}")
    heat = []
    with explaining(model, images, target) as (x, score), torch.random.fork_rng(devices=[]):
        for photo, one in enumerate(x.split(1)):
            torch.manual_seed(seed)
            tunnel = NoiseTunnel(Saliency(lambda versions, photo=photo: score(versions, photo)))
            slope = tunnel.attribute(
                one.requires_grad_(),
                nt_type="smoothgrad",
                nt_samples=samples,
                nt_samples_batch_size=min(samples, CHUNK),
                stdevs=deviation,
                abs=False,
            )
            heat.append(slope.sum(1).numpy(force=True))
    return np.concatenate(heat)


def deep_lift(model: nn.Module, images: Tensor, target: Target, *, baseline: Tensor | None = None) -> np.ndarray:
    """Each layer's change from a baseline handed down by rules of its own, where a gradient would be flat.

    On OSNet this is not DeepLift. Its rules cover neither a gate times a stream, nor the length in cosine, nor a max
    pool behind a ReLU, and the map's sum misses the target's change by about as much as that change is. `completeness`
    says by how much; above a tenth a map is not to be believed.

    baseline: as for `integrated_gradients`.
    Returns: (B, H, W), in units of the target.
    Source: Shrikumar et al., ICML 2017; Captum's DeepLift (rescale rule).
    """
    from captum.attr import DeepLift

    with explaining(model, images, target) as (x, score), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting forward, backward hooks")
        heat = DeepLift(_Scored(model, score)).attribute(x.requires_grad_(), in_shape_of(x, baseline))
        return heat.sum(1).numpy(force=True)


def guided_backprop(model: nn.Module, images: Tensor, target: Target) -> np.ndarray:
    """The gradient, with everything below zero cut off at each ReLU on the way back: a trap, and not in the table.

    Its maps are sharp and show the person's edges, whatever the weights are: they pass for an explanation of a network
    that was never trained.
    Returns: (B, H, W).
    Source: Springenberg et al., ICLR workshop 2015; Captum's GuidedBackprop.
    """
    from captum.attr import GuidedBackprop

    with explaining(model, images, target) as (x, score), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting backward hooks")
        return GuidedBackprop(_Scored(model, score)).attribute(x.requires_grad_()).sum(1).numpy(force=True)


class _InParts(torch.autograd.Function):
    """The score of many versions of the photos, and its slope, which is found part by part.

    So the maps of one part are in memory, and not those of all versions. Captum's own smaller batches would change the
    order in which it adds up. A part of fewer than 16 versions may be multiplied in another order.
    """

    @staticmethod
    def forward(ctx, versions: Tensor, score: Callable[[Tensor], Tensor], photos: int) -> Tensor:
        steps = versions.detach().unflatten(0, (-1, photos))
        values, slopes = [], []
        for some in steps.tensor_split(max(1, len(steps) // ceil(_PART / photos))):
            part = some.flatten(0, 1).requires_grad_()
            with torch.enable_grad():
                value = score(part)
                slopes += torch.autograd.grad(value.sum(), part)
            values.append(value.detach())
        ctx.save_for_backward(torch.cat(slopes))
        return torch.cat(values)

    @staticmethod
    def backward(ctx, *above: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return above[0][:, None, None, None] * slope, None, None


class _Scored(nn.Module):
    """Some methods look for the layers of a module: the network and its score as one."""

    def __init__(self, model: nn.Module, score) -> None:
        super().__init__()
        self.model, self.score = model, score

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x)


@dataclass(frozen=True)
class Completeness:
    """Does a map add up? explained: (B,) the sum of its heat. difference: (B,) target(photo) - target(baseline)."""

    explained: np.ndarray
    difference: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        """(B,), what the map says too much (above zero) or too little, in units of the target."""
        return self.explained - self.difference

    @property
    def missed(self) -> np.ndarray:
        """(B,), the residual as a share of the difference: 0 is a map that adds up; infinite where nothing differs."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.abs(self.residual) / np.abs(self.difference)
        return np.where(self.residual == 0, 0.0, share)


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
