"""Methods that alter the photo and watch the target. Captum's, so arranged that every pixel is asked equally often."""

from collections.abc import Callable
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..embed import pictures
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


def corr_rise(
    model: nn.Module,
    images: Tensor,
    target: Target,
    *,
    masks: int = 512,
    cells: int = 12,
    fill: Tensor | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Where does showing a pixel go along with a higher target? Many photos, each with random parts painted over.

    masks: painted photos.  cells: of the grid that is shown or painted over by chance, for the photo's height; it is
    blurred to a smooth mask and shifted.  fill: as for `occlusion`; None is the photo blurred by half a cell.
    Returns: (B, H, W), in [-1, 1]: over all masks, the correlation of the share of the pixel that is shown with the
    target.
    Source: CorrRISE: Lu, Xu and Ebrahimi, WACV 2024, on one photo of the pair, the other held; with the masks of RISE
    (Petsiuk, Das and Saenko, BMVC 2018).
    """
    if masks < 2 or cells < 1:
        raise Refused(f"masks must be 2 or more and cells 1 or more, got {masks} and {cells}")
    with explaining(model, images, target) as (x, score), torch.no_grad():
        shown = _random_masks(masks, cells, x, seed)
        paint = blur(x, x.shape[2] / cells / 2) if fill is None else in_shape_of(x, fill)
        values = []
        for some in shown.split(max(1, CHUNK // len(x))):
            versions = paint + some[:, None, None] * (x - paint)  # (K, B, 3, H, W)
            values.append(score(versions.flatten(0, 1)).unflatten(0, versions.shape[:2]))
        value = torch.cat(values).double()  # (masks, B)
        value, shown = value - value.mean(0), shown.double() - shown.double().mean(0)
        together = torch.einsum("mb,mhw->bhw", value, shown)
        size = value.norm(dim=0)[:, None, None] * shown.norm(dim=0)
        return torch.where(size > 0, together / size.clamp(min=torch.finfo(torch.float64).tiny), 0).numpy(force=True)


def _random_masks(count: int, cells: int, x: Tensor, seed: int) -> Tensor:
    """(count, H, W) in [0, 1]: a random grid of 0 and 1, enlarged smoothly, each shifted by a part of a cell."""
    height, width = x.shape[2:]
    side = max(1, round(height / cells))  # pixels of a cell
    down, across = height // side + 2, width // side + 2
    drawn = torch.Generator().manual_seed(seed)
    grid = (torch.rand(count, 1, down, across, generator=drawn) < 0.5).to(x)
    smooth = F.interpolate(grid, (down * side, across * side), mode="bilinear", align_corners=False)[:, 0]
    shift = torch.randint(0, side, (count, 2), generator=drawn).tolist()
    return torch.stack([one[a : a + height, b : b + width] for one, (a, b) in zip(smooth, shift, strict=True)])


def ablation(
    model: nn.Module, images: Tensor, target: Target, parts: np.ndarray, *, fill: Tensor | None = None
) -> np.ndarray:
    """How far the target falls when a whole part is painted over. It needs to be told where the parts lie.

    parts: (H, W) or (B, H, W) whole numbers, one a part, such as a mask of clothes.
    fill: as for `occlusion`; None is the photo, blurred with a sigma of an eighth of its height.
    Returns: (B, H, W), in units of the target: all pixels of a part have the fall of that part.
    Source: Captum's FeatureAblation.
    """
    from captum.attr import FeatureAblation

    with explaining(model, images, target) as (x, score):
        parts = np.asarray(parts)
        fits = parts.shape in (x.shape[2:], (len(x), *x.shape[2:]))
        if not fits or not np.issubdtype(parts.dtype, np.integer):
            raise Refused(f"parts must be whole numbers (H, W) or (B, H, W), got {parts.shape} of {parts.dtype}")
        _, names = np.unique(parts, return_inverse=True)
        mask = torch.as_tensor(names.reshape(-1, 1, *x.shape[2:]), device=x.device).expand(x.shape)
        paint = blur(x, x.shape[2] / 8) if fill is None else in_shape_of(x, fill)
        return FeatureAblation(score).attribute(x, paint, feature_mask=mask)[:, 0].numpy(force=True)


class Quick(nn.Module):
    """An embedder as a network, for methods that only ask forwards: several times faster, and no gradient.

    embed: photos (N, H, W, 3) uint8 -> features (N, D). What is painted is rounded to uint8, as a photo is.
    """

    def __init__(self, embed: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__()
        self.embed = embed

    def forward(self, images: Tensor) -> Tensor:
        if images.requires_grad:
            raise Refused("this engine has no gradients: occlusion, CorrRISE and ablation work with it")
        return torch.as_tensor(self.embed(pictures(images)))


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
