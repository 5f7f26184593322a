"""Methods that ask one stage of the network which of its cells mattered. Captum's, enlarged to the photo."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..embed import pictures
from ..network import probe
from ..network.model import Block
from ..refused import Refused
from . import exchange
from .asking import checked_photos, explaining
from .targets import Target


def grad_cam(model: nn.Module, images: Tensor, target: Target, *, stage: str = "conv4") -> np.ndarray:
    """The channels of one stage, each weighted by the target's mean slope in it. As coarse as that stage's map.

    stage: the name of a module whose output is a map, such as "conv3", or "conv4.1" for one block.
    Returns: (B, H, W), signed (nothing is cut off at zero), enlarged bilinearly.
    Source: Selvaraju et al., ICCV 2017; Captum's LayerGradCam.
    """
    from captum.attr import LayerGradCam

    with explaining(model, images, target) as (x, score):
        return enlarged(_asked(LayerGradCam, score, model, stage, x), x)


def gradient_x_activation(model: nn.Module, images: Tensor, target: Target, *, stage: str = "conv4") -> np.ndarray:
    """Slope times value in each cell of one stage, summed over its channels: the cell's share, to first order.

    Where Grad-CAM takes the mean slope of a whole channel, this takes the slope of the cell itself.
    stage: as for Grad-CAM.
    Returns: (B, H, W), signed, in units of the target for one cell, enlarged bilinearly.
    Source: Captum's LayerGradientXActivation.
    """
    from captum.attr import LayerGradientXActivation

    with explaining(model, images, target) as (x, score):
        return enlarged(_asked(LayerGradientXActivation, score, model, stage, x).sum(1, keepdim=True), x)


def on_pieces(model: nn.Module, images: Tensor, target: Target, *, stage: str = "conv4") -> np.ndarray:
    """Gradient x activation, averaged over pieces of one colour: the same relevance, with the edges of the garments.

    stage: as for Grad-CAM.  Photos of 32 x 16 pixels or larger are cut into pieces; see `exchange.averaged`.
    Returns: (B, H, W), signed, with the sum of the map that it averages.
    """
    photos = pictures(checked_photos(images))
    for photo in photos:
        exchange.cut_now(photo)
    maps = gradient_x_activation(model, images, target, stage=stage)
    return np.stack([exchange.averaged(*pair) for pair in zip(photos, maps, strict=True)])


def by_stream(
    model: nn.Module, images: Tensor, target: Target, *, block: str = "conv4.1", method=gradient_x_activation
) -> np.ndarray:
    """A map for each stream of a block: which cells of which scale mattered.

    block: the name of a block, such as "conv3.0".  method: `gradient_x_activation` or `grad_cam`.
    Returns: (B, T, H, W). The streams of one block stand on one scale, so they may be compared and added up.
    Raises: Refused for anything that is not a block.
    """
    blocks = {name: module for name, module in model.named_modules() if isinstance(module, Block)}
    if block not in blocks:
        raise Refused(f"the network has no block {block!r}; it has {', '.join(blocks) or 'none'}")
    names = {id(module): name for name, module in model.named_modules()}
    streams = [names[id(module)] for module in blocks[block].stream_modules()]
    return np.stack([method(model, images, target, stage=name) for name in streams], 1)


def _asked(method: type, score, model: nn.Module, stage: str, x: Tensor) -> Tensor:
    """Captum's answer about a stage, (B, C, h, w).  Raises: Refused if it is not a stage, or makes no map.

    No pass is spent on looking first: a pair's map should cost little more than the way there and back.
    """
    _check_is_there(model, stage)
    try:
        heat = method(score, model.get_submodule(stage)).attribute(x)
    except AssertionError as error:
        if "did not obtain any outputs" in str(error):
            raise Refused("that part of the model takes no part in the features") from error
        raise
    if not isinstance(heat, Tensor) or heat.dim() != 4:
        raise Refused(f"the output of {stage!r} is not a map (B, C, h, w)")
    return heat


def _check_is_there(model: nn.Module, stage: str) -> None:
    if stage not in dict(model.named_modules()):
        names = ", ".join(name for name, _ in model.named_children())
        raise Refused(f"the network has no stage {stage!r}; it has {names}")


def named_map(model: nn.Module, stage: str, x: Tensor) -> Tensor:
    """What a module makes of some photos: (B, C, h, w), detached.

    Raises: Refused where the module takes no part in the features, or makes no map.
    """
    _check_is_there(model, stage)
    with torch.no_grad(), probe.recorded(model, stage) as seen:
        model(x)
    if not seen[stage]:
        raise Refused("that part of the model takes no part in the features")
    if seen[stage][-1].output.dim() != 4:
        raise Refused(f"the output of {stage!r} is not a map (B, C, h, w)")
    return seen[stage][-1].output.detach()


def enlarged(heat: Tensor, x: Tensor) -> np.ndarray:
    """A map of cells, (B, 1, h, w), at the size of the photos x: (B, H, W), bilinear."""
    return F.interpolate(heat, x.shape[2:], mode="bilinear", align_corners=False)[:, 0].numpy(force=True)
