"""What all methods share: photos that are checked, a network that is left as it was found, and the score of a photo."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ..machine import compute
from ..network import probe
from ..refused import Refused
from .targets import Target

CHUNK = 64  # altered photos that go through the network at a time: bounds the memory, changes no result


def embed(model: nn.Module, images: Tensor) -> Tensor:
    """The fixed side of a similarity: embedded in evaluation mode, detached.

    images: (B, 3, H, W) or (3, H, W).  Returns: (B, D).
    """
    images = checked_photos(images)
    with probe.evaluating(model), torch.no_grad():
        return model(images)


@contextmanager
def explaining(model: nn.Module, images: Tensor, target: Target) -> Iterator[tuple[Tensor, Callable]]:
    """Check the input, still the model, and give the photos and a score: (K * B, 3, H, W) -> (K * B,).

    A method may show the B photos in K versions at once, the photo running fastest; the target sees B at a time. With
    `photo`, all versions are of that one photo of the B.
    """
    images = checked_photos(images)

    def trial() -> None:
        with torch.no_grad():
            model(images[:8])

    with probe.evaluating(model), compute.steadily(trial), torch.inference_mode(False), torch.enable_grad():
        x = images.detach().clone()

        def score(versions: Tensor, photo: int | None = None) -> Tensor:
            features = model(versions)
            if photo is None:
                return torch.cat([target(some) for some in features.split(len(x))])
            return torch.stack([target(one.expand(len(x), -1))[photo] for one in features])

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


def checked_photos(images: Tensor) -> Tensor:
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


def in_shape_of(x: Tensor, baseline: Tensor | None) -> Tensor:
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
