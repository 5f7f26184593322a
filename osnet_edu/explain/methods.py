"""The one table of methods: a name, and a function (model, images, target) -> heat (B, H, W)."""

from collections.abc import Callable

import numpy as np

from .gradients import gradient, input_x_gradient, integrated_gradients
from .layers import grad_cam, gradient_x_activation
from .perturbation import occlusion

METHODS: dict[str, Callable[..., np.ndarray]] = {
    "gradient": gradient,
    "input x gradient": input_x_gradient,
    "integrated gradients": integrated_gradients,
    "Grad-CAM": grad_cam,
    "gradient x activation": gradient_x_activation,
    "occlusion": occlusion,
}
