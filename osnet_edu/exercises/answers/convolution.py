"""Model answers of notebook 02."""

import torch
from torch import nn
from torch.nn import functional as F


def my_window_sum(image, kernel, row, column):
    """image: (H, W), kernel: (3, 3) tensors. row, column: a pixel that is not on the edge. Returns one number."""
    window = image[row - 1 : row + 2, column - 1 : column + 2]  # 3 rows and 3 columns around the pixel
    return (window * kernel).sum()


def my_grey(photos):
    """photos: (B, 3, H, W), red, green, blue. Returns (B, 1, H, W)."""
    weights = torch.tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)  # (channels out, channels in, 1, 1)
    return F.conv2d(photos, weights)


def my_pointwise(c_in, c_out):
    """Returns a layer: (B, c_in, H, W) -> (B, c_out, H, W)."""
    return nn.Conv2d(c_in, c_out, 1, bias=False)


def my_depthwise(channels):
    """Returns a layer: (B, channels, H, W) -> (B, channels, H, W)."""
    return nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)


class MyLite3x3(nn.Module):
    """(B, c_in, H, W) -> (B, c_out, H, W)."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.pointwise = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.depthwise = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out, bias=False)
        self.norm = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.norm(self.depthwise(self.pointwise(x))))


def my_lite_parameters(c_in, c_out):
    """Returns the number of convolution weights."""
    pointwise = c_in * c_out
    depthwise = 9 * c_out
    return pointwise + depthwise


def my_multiply_adds(c_in, c_out, kernel, height, width, groups=1):
    """Returns the number of multiply-adds for one photo."""
    one_number = kernel * kernel * (c_in // groups)
    return one_number * c_out * height * width


def my_camera_hour(megabits_per_second, people_per_minute):
    """Returns two numbers, in megabytes: (video, embeddings)."""
    video = megabits_per_second / 8 * 3600
    embeddings = people_per_minute * 60 * 512 * 4 / 1e6
    return video, embeddings
