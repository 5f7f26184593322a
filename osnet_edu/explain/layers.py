"""Methods that ask one stage of the network which of its cells mattered. Captum's, enlarged to the photo."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import probe
from ..refused import Refused
from .asking import explaining
from .targets import Target


def grad_cam(model: nn.Module, images: Tensor, target: Target, *, stage: str = "conv4") -> np.ndarray:
    """The channels of one stage, each weighted by the target's mean slope in it. As coarse as that stage's map.

    stage: the name of a module whose output is a map, such as "conv3", or "conv4.1" for one block.
    Returns: (B, H, W), signed (nothing is cut off at zero), enlarged bilinearly.
    Source: Selvaraju et al., ICCV 2017; Captum's LayerGradCam.
    """
    from captum.attr import LayerGradCam

    with explaining(model, images, target) as (x, score):
        return _enlarged(LayerGradCam(score, _layer(model, stage, x)).attribute(x), x)


def gradient_x_activation(model: nn.Module, images: Tensor, target: Target, *, stage: str = "conv4") -> np.ndarray:
    """Slope times value in each cell of one stage, summed over its channels: the cell's share, to first order.

    Where Grad-CAM takes the mean slope of a whole channel, this takes the slope of the cell itself.
    stage: as for Grad-CAM.
    Returns: (B, H, W), signed, in units of the target for one cell, enlarged bilinearly.
    Source: Captum's LayerGradientXActivation.
    """
    from captum.attr import LayerGradientXActivation

    with explaining(model, images, target) as (x, score):
        heat = LayerGradientXActivation(score, _layer(model, stage, x)).attribute(x)
        return _enlarged(heat.sum(1, keepdim=True), x)


def _layer(model: nn.Module, stage: str, x: Tensor) -> nn.Module:
    """The module of that name.  Raises: Refused where there is none, or where it makes no map of these photos."""
    try:
        layer = model.get_submodule(stage)
    except AttributeError:
        names = ", ".join(name for name, _ in model.named_children())
        raise Refused(f"the network has no stage {stage!r}; it has {names}") from None
    with torch.no_grad(), probe.recorded(model, stage) as seen:
        model(x[:1])
    if not seen[stage]:
        raise Refused("that part of the model takes no part in the features")
    if seen[stage][-1].output.dim() != 4:
        raise Refused(f"the output of {stage!r} is no map (B, C, h, w)")
    return layer


def _enlarged(heat: Tensor, x: Tensor) -> np.ndarray:
    return F.interpolate(heat, x.shape[2:], mode="bilinear", align_corners=False)[:, 0].numpy(force=True)
