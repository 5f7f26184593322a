"""Exercises of notebook 02, one convolution, three ways: a window, depthwise, pointwise, Lite 3x3, and what they cost."""

from .record import Exercise

WINDOW_SUM = Exercise(
    name="window_sum",
    notebook="02",
    title="One number of a convolution, by hand",
    stars=1,
    minutes=4,
    answer="my_window_sum",
    prompt=(
        "A convolution lays a 3 x 3 kernel on an image, centred on one pixel, multiplies what lies on top of each other, "
        "and adds up the nine products. Do it for **one pixel**, given by its row and column. (Deep learning does not "
        "turn the kernel around first, although a mathematician would.)"
    ),
    starter='''def my_window_sum(image, kernel, row, column):
    """image: (H, W), kernel: (3, 3) tensors. row, column: a pixel that is not on the edge. Returns one number."""
    window = image[row - 1 : row + 2, ...]
    return ...
''',
    hints=(
        "The columns go as the rows do: from one before to one after, and a Python slice stops before its end.",
        "`window * kernel` multiplies cell by cell; `.sum()` adds up.",
    ),
)

GREY = Exercise(
    name="grey",
    notebook="02",
    title="Grey with a 1x1 convolution",
    stars=1,
    minutes=4,
    answer="my_grey",
    prompt=(
        "A 1x1 convolution sees no neighbour, yet it does something: it mixes channels. Turn colour into **grey**, as the "
        "eye does it: 0.299 red + 0.587 green + 0.114 blue, by choosing the weights of a 1x1 convolution from three "
        "channels to one."
    ),
    starter='''import torch
from torch.nn import functional as F


def my_grey(photos):
    """photos: (B, 3, H, W), red, green, blue. Returns (B, 1, H, W)."""
    weights = torch.tensor(...).reshape(1, 3, 1, 1)  # (channels out, channels in, 1, 1)
    return F.conv2d(photos, weights)
''',
    hints=("The hole wants a list of three numbers, one weight a channel, in the order of the channels.",),
)

POINTWISE = Exercise(
    name="pointwise",
    notebook="02",
    title="The pointwise convolution",
    stars=1,
    minutes=3,
    answer="my_pointwise",
    prompt=(
        "Build a **pointwise** convolution from `c_in` to `c_out` channels with `nn.Conv2d`: its kernel is 1x1, and it "
        "has no bias. Each output channel is a weighted sum of all input channels, cell by cell."
    ),
    starter='''from torch import nn


def my_pointwise(c_in, c_out):
    """Returns a layer: (B, c_in, H, W) -> (B, c_out, H, W)."""
    return nn.Conv2d(...)
''',
    hints=("`nn.Conv2d(channels_in, channels_out, kernel_size, bias=...)`.",),
)

DEPTHWISE = Exercise(
    name="depthwise",
    notebook="02",
    title="The depthwise convolution",
    required=True,
    stars=2,
    minutes=5,
    answer="my_depthwise",
    prompt=(
        "Build a **depthwise** 3x3 convolution with `nn.Conv2d`: every channel is filtered by a 3x3 kernel of its own and "
        "never meets another channel. As many channels come out as go in, the map keeps its size, and there is no bias."
    ),
    starter='''from torch import nn


def my_depthwise(channels):
    """Returns a layer: (B, channels, H, W) -> (B, channels, H, W)."""
    return nn.Conv2d(channels, channels, 3, ...)
''',
    hints=(
        "`groups` splits the channels into groups that do not see one another. How many groups, if each channel is alone?",
        "Without padding, a 3x3 kernel cannot be centred on the edge, and the map shrinks by a row and a column each side.",
    ),
)

LITE_3X3 = Exercise(
    name="lite_3x3",
    notebook="02",
    title="Lite 3x3",
    required=True,
    stars=3,
    minutes=10,
    answer="MyLite3x3",
    prompt=(
        "Now the layer from which OSNet is made. **Lite 3x3**: first a pointwise convolution from `c_in` to `c_out`, then "
        "a depthwise 3x3 on the `c_out` channels, then batch normalisation, then ReLU. Neither convolution has a bias "
        "(the normalisation would take it away again), and nothing stands between the two."
    ),
    starter='''from torch import nn


class MyLite3x3(nn.Module):
    """(B, c_in, H, W) -> (B, c_out, H, W)."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.pointwise = ...
        self.depthwise = ...
        self.norm = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU()

    def forward(self, x):
        return ...
''',
    hints=(
        "The two convolutions are those of the exercises before: 1x1 without bias, and 3x3 with padding and groups.",
        "Read a nested call from the inside: `self.relu(self.norm(...))` does the normalisation first.",
    ),
)

LITE_PARAMETERS = Exercise(
    name="lite_parameters",
    notebook="02",
    title="How many weights has Lite 3x3?",
    required=True,
    stars=2,
    minutes=5,
    answer="my_lite_parameters",
    prompt=(
        "Count the **weights of the two convolutions** of a Lite 3x3 from `c_in` to `c_out` channels (not those of its "
        "batch normalisation). With 64 channels in and out it has 4,672, where a standard 3x3 has 36,864."
    ),
    starter='''def my_lite_parameters(c_in, c_out):
    """Returns the number of convolution weights."""
    pointwise = ...
    depthwise = ...
    return pointwise + depthwise
''',
    hints=(
        "Pointwise: one weight for every pair of an input and an output channel.",
        "Depthwise: nine weights for every channel, and it works on the channels that the pointwise step made.",
    ),
)

MULTIPLY_ADDS = Exercise(
    name="multiply_adds",
    notebook="02",
    title="How much work is a convolution?",
    stars=3,
    minutes=6,
    answer="my_multiply_adds",
    prompt=(
        "A convolution with stride 1 that keeps the map's size: `kernel` x `kernel`, from `c_in` to `c_out` channels in "
        "`groups` groups, on a map of `height` x `width`, without bias. How many **multiply-adds** (a multiplication "
        "and the addition that follows it count as one) does one photo need? Write it for any number of groups: 1 is a "
        "standard convolution, `c_in` groups a depthwise one."
    ),
    starter='''def my_multiply_adds(c_in, c_out, kernel, height, width, groups=1):
    """Returns the number of multiply-adds for one photo."""
    ...
''',
    hints=(
        "Start with one number of the output: how many input numbers does it look at? Then count the outputs.",
        "An output channel looks at `c_in / groups` channels only: those of its own group.",
    ),
)

CAMERA_HOUR = Exercise(
    name="camera_hour",
    notebook="02",
    title="What a camera sends in an hour",
    stars=2,
    minutes=5,
    answer="my_camera_hour",
    prompt=(
        "A light network fits into the camera, which then sends vectors instead of video. For **one hour** compute both, "
        "in megabytes (1 MB = 1,000,000 bytes): the video, at so many megabits a second, and the embeddings, 512 numbers "
        "of 4 bytes for every person seen. Mind that 8 bits are one byte."
    ),
    starter='''def my_camera_hour(megabits_per_second, people_per_minute):
    """Returns two numbers, in megabytes: (video, embeddings)."""
    video = ...
    embeddings = ...
    return video, embeddings
''',
    hints=(
        "An hour has 3,600 seconds for the video, and 60 minutes for the people.",
        "One embedding is 512 * 4 bytes = 0.002048 MB.",
    ),
)

EXERCISES = (
    WINDOW_SUM, GREY, POINTWISE, DEPTHWISE, LITE_3X3, LITE_PARAMETERS, MULTIPLY_ADDS, CAMERA_HOUR,
)  # fmt: skip
