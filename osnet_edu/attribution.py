"""Which pixels made the network say so? One table of methods, all with one signature.

    heat = METHODS["occlusion"](model, images, similarity(reference))

model: any module from photos (B, 3, H, W) to features (B, D).
images: (B, 3, H, W) or (3, H, W) float, normalised.
target: a function of these photos' features, (B, D) -> (B,): the number to explain. `similarity`, `margin` make one.
heat: (B, H, W) float array. Signed: above zero speaks for a high target, below zero against it.

A similarity has two photos. The reference is embedded once, detached and held fixed; then one photo is explained.
Methods that send both photos through the network at once would meet every layer twice, and many go wrong there without
a word. The model is left exactly as it was found: modes, gradients and hooks, even after an error.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import LayerGradCam
from torch import Tensor, nn

from .refused import Refused

Target = Callable[[Tensor], Tensor]
CHUNK = 64  # altered photos that go through the network at a time: bounds the memory, changes no result


# ---- targets: what is to be explained ----------------------------------------------------------------------------


def embed(model: nn.Module, images: Tensor) -> Tensor:
    """The fixed side of a similarity: embedded in evaluation mode, detached.

    images: (B, 3, H, W) or (3, H, W).  Returns: (B, D).
    """
    images = _photos(images)
    with _untouched(model), torch.no_grad():
        return model(images)


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


# ---- methods: where it comes from --------------------------------------------------------------------------------


def gradient(model: nn.Module, images: Tensor, target: Target) -> np.ndarray:
    """The slope of the target at each pixel, summed over colours: which way a little more light would move it.

    Returns: (B, H, W), target per unit of normalised colour.
    """
    with _explaining(model, images, target) as (x, score):
        return _gradients(score, x).sum(1).numpy(force=True)


def input_x_gradient(model: nn.Module, images: Tensor, target: Target) -> np.ndarray:
    """Slope times distance from mean grey, summed over colours: a first-order guess of each pixel's share.

    Returns: (B, H, W), in units of the target.
    """
    with _explaining(model, images, target) as (x, score):
        return (x * _gradients(score, x)).sum(1).numpy(force=True)


def integrated_gradients(
    model: nn.Module, images: Tensor, target: Target, *, baseline: Tensor | None = None, steps: int = 32
) -> np.ndarray:
    """The slope averaged on the straight way from a baseline to the photo, times the way. `completeness` checks it.

    baseline: broadcasts to the photos' shape; None is zero, which after normalisation is mean grey and not black. A
        pixel that has the baseline's colour gets no heat, whatever it means.
    steps: points on the way (Gauss-Legendre).
    Returns: (B, H, W), in units of the target; its sum tends to target(photo) - target(baseline) as steps grow.
    Source: Sundararajan et al., ICML 2017.
    """
    if steps < 1:
        raise Refused(f"steps must be 1 or more, got {steps}")
    nodes, weights = np.polynomial.legendre.leggauss(steps)  # on [-1, 1]
    with _explaining(model, images, target) as (x, score):
        start = _start(x, baseline)
        way = x - start
        at, weights = (torch.as_tensor(v / 2).to(x)[:, None, None, None, None] for v in (nodes + 1, weights))
        slope = torch.zeros_like(x)
        at_once = max(1, CHUNK // len(x))
        for some, share in zip(at.split(at_once), weights.split(at_once), strict=True):
            points = start + some * way  # (steps, B, 3, H, W)
            slope += (share * _gradients(score, points.flatten(0, 1)).view_as(points)).sum(0)
        return (slope * way).sum(1).numpy(force=True)


def grad_cam(model: nn.Module, images: Tensor, target: Target, *, stage: str = "conv4") -> np.ndarray:
    """The channels of one stage, each weighed by the target's mean slope in it. As coarse as that stage's map.

    stage: the name of a module whose output is a map, such as "conv3", or "conv4.1" for one block.
    Returns: (B, H, W), signed (nothing is cut off at zero), enlarged bilinearly.
    Source: Selvaraju et al., ICCV 2017.
    """
    with _explaining(model, images, target) as (x, score):
        try:
            layer = model.get_submodule(stage)
        except AttributeError:
            names = ", ".join(name for name, _ in model.named_children())
            raise Refused(f"the network has no stage {stage!r}; it has {names}") from None
        with torch.no_grad():
            if _output(model, layer, x[:1]).dim() != 4:
                raise Refused(f"the output of {stage!r} is no map (B, C, h, w)")
        heat = LayerGradCam(score, layer).attribute(x)
        return F.interpolate(heat, x.shape[2:], mode="bilinear", align_corners=False)[:, 0].numpy(force=True)


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
    Returns: (B, H, W), in units of the target.
    Source: Zeiler and Fergus, ECCV 2014.
    """
    with _explaining(model, images, target) as (x, score), torch.no_grad():
        height, width = x.shape[2:]
        window = max(1, round(height * 3 / 32)) if window is None else window
        step = max(1, round(height / 32)) if step is None else step
        if window < 1 or step < 1:
            raise Refused(f"window and step must be 1 pixel or more, got {window} and {step}")
        if step > window:
            raise Refused(f"a step of {step} leaves gaps between windows of {window} pixels")
        paint = blur(x, window / 2) if fill is None else _start(x, fill)
        before = score(x)
        heat, count = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:1, 0])
        squares = [
            (slice(max(0, top), top + window), slice(max(0, left), left + window))
            for top in _starts(height, window, step)
            for left in _starts(width, window, step)
        ]
        at_once = max(1, CHUNK // len(x))
        for i in range(0, len(squares), at_once):
            some = squares[i : i + at_once]
            painted = x.repeat(len(some), 1, 1, 1, 1)  # (squares, B, 3, H, W)
            for version, (rows, columns) in zip(painted, some, strict=True):
                version[:, :, rows, columns] = paint[:, :, rows, columns]
            falls = before - score(painted.flatten(0, 1)).unflatten(0, (len(some), -1))  # (squares, B)
            for fall, (rows, columns) in zip(falls, some, strict=True):
                heat[:, rows, columns] += fall[:, None, None]
                count[:, rows, columns] += 1
        return (heat / count).numpy(force=True)


METHODS: dict[str, Callable[..., np.ndarray]] = {
    "gradient": gradient,
    "input x gradient": input_x_gradient,
    "integrated gradients": integrated_gradients,
    "Grad-CAM": grad_cam,
    "occlusion": occlusion,
}


# ---- a check and a tool ------------------------------------------------------------------------------------------


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
    with _explaining(model, images, target) as (x, score), torch.no_grad():
        if heat.shape != (len(x), *x.shape[2:]):
            raise Refused(f"heat {heat.shape} does not fit photos {tuple(x.shape)}")
        difference = score(x) - score(_start(x, baseline))
        return Completeness(heat.sum((1, 2)), difference.numpy(force=True))


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


# ---- what all methods share --------------------------------------------------------------------------------------


@contextmanager
def _explaining(model: nn.Module, images: Tensor, target: Target) -> Iterator[tuple[Tensor, Callable]]:
    """Check the input, still the model, and give the photos and a score: (K * B, 3, H, W) -> (K * B,).

    A method may show the B photos in K versions at once, the photo running fastest; the target sees B at a time.
    """
    images = _photos(images)
    with _untouched(model), torch.inference_mode(False), torch.enable_grad():
        x = images.detach().clone()

        def score(versions: Tensor) -> Tensor:
            return torch.cat([target(features) for features in model(versions).split(len(x))])

        with torch.no_grad():
            features = model(x)
            if features.dim() != 2 or len(features) != len(x):
                raise Refused(f"the model must make features (B, D) of photos, it made {tuple(features.shape)}")
            if not features.isfinite().all():
                raise Refused("the model's features are not finite numbers")
            if not features.any(1).all():
                empty = (~features.any(1)).nonzero().flatten().tolist()
                raise Refused(f"the embedding of photo {empty} is all zero: there is nothing to explain")
            values = target(features)
            if values.shape != (len(x),):
                raise Refused(f"a target must make one number a photo, it made {tuple(values.shape)}")
        yield x, score


def _photos(images: Tensor) -> Tensor:
    """Photos as a batch (B, 3, H, W), or a sentence that says what is wrong with them."""
    if not isinstance(images, Tensor):
        raise TypeError(f"photos must be a torch tensor, got {type(images).__name__}")
    batch = images[None] if images.dim() == 3 else images
    if batch.dim() != 4 or batch.shape[1] != 3 or batch.numel() == 0:
        raise Refused(f"photos must be (B, 3, H, W) or (3, H, W), got {tuple(images.shape)}")
    if not batch.is_floating_point():
        raise Refused(f"photos must be normalised floating-point numbers, got {images.dtype}")
    if not batch.isfinite().all():
        raise Refused("the photos hold values that are not finite numbers")
    return batch


def _start(x: Tensor, baseline: Tensor | None) -> Tensor:
    """A baseline or paint in the photos' shape; None is zero, which is mean grey."""
    if baseline is None:
        return torch.zeros_like(x)
    try:
        start = baseline.detach().to(x).expand(x.shape)
    except RuntimeError:
        raise Refused(f"a baseline {tuple(baseline.shape)} does not fit photos {tuple(x.shape)}") from None
    if not start.isfinite().all():
        raise Refused("the baseline holds values that are not finite numbers")
    return start


def _starts(length: int, window: int, step: int) -> range:
    """Where windows begin: from the first that touches the photo to the last, so that an edge is covered as often."""
    return range(-((window - 1) // step) * step, length, step)


def _gradients(score: Callable, x: Tensor) -> Tensor:
    """The slope of each photo's own score. (B, 3, H, W)."""
    x.requires_grad_()
    (slope,) = torch.autograd.grad(score(x).sum(), x)
    return slope


def _output(model: nn.Module, layer: nn.Module, x: Tensor) -> Tensor:
    """What one layer of the model makes of photos."""
    kept = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    try:
        model(x)
    finally:
        handle.remove()
    if not kept:
        raise Refused("that part of the model takes no part in the features")
    return kept[-1]


@contextmanager
def _untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; then every module gets its own mode back."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode
