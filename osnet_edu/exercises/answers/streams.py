"""Model answers of notebook 03."""

import torch
from torch import nn

from osnet_edu.network.model import Lite3x3


def my_receptive_field(t):
    """t: layers in a row, 1, 2, 3, ... Returns the side of the square, in cells."""
    return 2 * t + 1


def my_stream(channels, depth):
    """Returns a module: (B, channels, H, W) -> (B, channels, H, W), `depth` layers deep."""
    layers = [Lite3x3(channels, channels) for _ in range(depth)]
    return nn.Sequential(*layers)


def my_residual(x, branch):
    """x: a tensor. branch: a function from a tensor to one of the same shape. Returns a tensor of that shape."""
    return torch.relu(x + branch(x))


def my_streams(x, squeeze, streams):
    """x: a tensor. squeeze: a function. streams: a list of functions. Returns a list, one tensor a stream."""
    squeezed = squeeze(x)
    return [stream(squeezed) for stream in streams]


def my_stack_field(layers):
    """layers: a list of (kernel, stride), the first layer first. Returns the field of one last cell, in pixels."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


def my_field_in_pixels(t, field, jump):
    """t: layers in a row. field, jump: of one cell, in pixels. Returns the side of the square, in pixels."""
    return field + 2 * t * jump
