"""The one table of methods: a name, and a function (model, images, target) -> heat (B, H, W)."""

from collections.abc import Callable

import numpy as np

from .decomposition import point_decomposition
from .gradients import deep_lift, gradient, input_x_gradient, integrated_gradients, smooth_grad
from .layers import grad_cam, gradient_x_activation, on_pieces
from .perturbation import corr_rise, occlusion

METHODS: dict[str, Callable[..., np.ndarray]] = {
    "gradient": gradient,
    "input x gradient": input_x_gradient,
    "SmoothGrad": smooth_grad,
    "integrated gradients": integrated_gradients,
    "DeepLift": deep_lift,
    "Grad-CAM": grad_cam,
    "gradient x activation": gradient_x_activation,
    "gradient x activation on pieces": on_pieces,
    "point decomposition": point_decomposition,
    "occlusion": occlusion,
    "CorrRISE": corr_rise,
}
DEFAULT = "gradient x activation on pieces"  # the best grade for a pass there and back
FORWARD = ("occlusion", "CorrRISE")  # ask forwards only: `Quick` makes them several times faster
