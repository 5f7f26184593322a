"""Methods that alter the photo and watch the target. Captum's, so arranged that every pixel is asked equally often."""

from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..refused import Refused
from .asking import CHUNK, explaining, in_shape_of
from .targets import Target


def occlusion(
    model: nn.Module,
    images: Tensor,
    target: Target,
    *,
    window: int | None = None,
    step: int | None = None,
    fill: Tensor | None = None,
) -> np.ndarray:
    """How far the target falls when a square of the photo is painted over, averaged over the squares on each pixel.

    window, step: side of the square and distance between squares, in pixels; None is 3/32 and 1/32 of the photo's
        height, 12 and 4 pixels at 128 x 64.
    fill: the paint, broadcasts to the photos' shape. None is the photo itself, blurred with a sigma of half a window:
        it takes detail away and leaves the tone, so that the network is not asked about a hole it has never seen. The
        choice of paint can change the map more than the choice of method does.
    Returns: (B, H, W) float32, in which Captum adds up, in units of the target.
    Source: Zeiler and Fergus, ECCV 2014; Captum's Occlusion.
    """
    from captum.attr import Occlusion

    with explaining(model, images, target) as (x, score):
        height, width = x.shape[2:]
        window = max(1, round(height * 3 / 32)) if window is None else window
        step = max(1, round(height / 32)) if step is None else step
        if window < 1 or step < 1:
            raise Refused(f"window and step must be 1 pixel or more, got {window} and {step}")
        if step > window:
            raise Refused(f"a step of {step} leaves gaps between windows of {window} pixels")
        paint = blur(x, window / 2) if fill is None else in_shape_of(x, fill)
        # Captum's windows begin at the first pixel, where an edge is covered once and the middle often. So the photo
        # gets a margin for windows to begin and to end in, which the network never sees.
        before = (window - 1) // step * step
        across, down = (ceil((side + before) / step) for side in (width, height))  # windows
        after = [(many - 1) * step + window - before - side for many, side in ((across, width), (down, height))]
        margin = (before, after[0], before, after[1])
        photo = (..., slice(before, before + height), slice(before, before + width))
        heat = Occlusion(lambda versions: score(versions[photo])).attribute(
            F.pad(x, margin),
            (3, window, window),
            (3, step, step),
            F.pad(paint, margin),
            perturbations_per_eval=max(1, CHUNK // len(x)),
        )
        return heat[photo].mean(1).numpy(force=True)  # the same in the three colours


def blur(images: Tensor, sigma: float) -> Tensor:
    """A Gaussian blur that repeats the photo's edge. images: (B, C, H, W).  sigma: pixels, 0 changes nothing."""
    if sigma <= 0:
        return images.clone()
    radius = ceil(3 * sigma)
    at = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).repeat(images.shape[1], 1, 1, 1)  # (C, 1, 1, 2 * radius + 1)
    padded = F.pad(images, (radius, radius, radius, radius), mode="replicate")
    across = F.conv2d(padded, kernel, groups=images.shape[1])
    return F.conv2d(across, kernel.transpose(2, 3), groups=images.shape[1])
