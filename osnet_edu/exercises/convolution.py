"""Exercises of notebook 02, one convolution, three ways: window, depthwise, pointwise, Lite 3x3, and their cost."""

from itertools import combinations, product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..network.model import Lite3x3
from . import slips
from .answers import convolution as solved
from .compare import Builds, Calls
from .draw import integer, tensor
from .record import Exercise, Mistake, Property

GREYS = (0.299, 0.587, 0.114)


def _window(image, row, column):
    return image[row - 1 : row + 2, column - 1 : column + 2]


def _grey(photos, weights=GREYS):
    return F.conv2d(photos, torch.tensor(weights).reshape(1, 3, 1, 1))


def _pointwise(c_in, c_out):
    return Lite3x3(c_in, c_out).conv1


def _depthwise(channels):
    return Lite3x3(channels, channels).conv2


def _lite_parameters(c_in, c_out):
    lite = Lite3x3(c_in, c_out)
    return lite.conv1.weight.numel() + lite.conv2.weight.numel()


# ---------------------------------------------------------------------------------------------
# Families of wrong answers: one option is changed, or two

_DEPTHWISE = {
    "groups": (
        {"groups": 1},
        "Depthwise needs groups=C: without `groups` every output channel looks at every input channel, at C times the "
        "weights.",
    ),
    "padding": (
        {"padding": 0},
        "The map lost a row and a column on each side: a 3x3 kernel needs `padding=1` to keep its size.",
    ),
    "bias": ({"bias": True}, "The bias is left on: `bias=False`."),
}


def _depthwise_with(options):
    def build(channels):
        usual = {"kernel_size": 3, "padding": 1, "bias": False, "groups": channels}
        return nn.Conv2d(channels, channels, **{**usual, **options})

    return build


class _Lite(nn.Module):
    """Lite 3x3 with the things that can go wrong in it."""

    def __init__(self, c_in, c_out, *, depth_first, point_bias, depth_bias, padding, groups, order, relu, window):
        super().__init__()
        inner = c_in if depth_first else c_out
        point = nn.Conv2d(c_in, c_out, 1, bias=point_bias)
        usual = {"kernel_size": 3, "padding": padding, "bias": depth_bias, "groups": inner if groups else 1}
        depth = nn.Conv2d(inner, inner, **{**usual, **window})
        first, second = (depth, point) if depth_first else (point, depth)
        parts = {"1": first, "2": second, "n": nn.BatchNorm2d(c_out), "r": slips.Relu(relu) if relu else nn.ReLU()}
        # A second normalisation has weights of its own.
        middle = nn.BatchNorm2d(c_in if depth_first else c_out)
        self.layers = nn.Sequential(*(middle if name == "m" else parts[name] for name in order))

    def forward(self, x):
        return self.layers(x)


_LITE = {
    "pointwise after depthwise": (
        {"depth_first": True},
        "The pointwise convolution comes after the depthwise one. In Lite 3x3 it comes first. (The other order is "
        "MobileNet's; here the channels are mixed before they look around.)",
    ),
    "groups": (
        {"groups": False},
        "Depthwise needs groups=C: its 3x3 convolution has C times as many weights as it should.",
    ),
    "padding": (
        {"padding": 0},
        "The map lost a row and a column on each side: the 3x3 convolution needs `padding=1`.",
    ),
    "bias of the pointwise": ({"point_bias": True}, "The bias of the pointwise convolution is left on."),
    "bias of the depthwise": ({"depth_bias": True}, "The bias of the depthwise convolution is left on."),
}
_ORDERS = {
    "no normalisation": ("12r", "The batch normalisation is missing."),
    "no relu": ("12n", "The ReLU at the end is missing."),
    "neither": ("12", "Batch normalisation and ReLU are both missing after the two convolutions."),
    "relu before normalisation": ("12rn", "ReLU comes before the normalisation. Exchange them: ReLU is last."),
    "relu between": (
        "1r2nr",
        "There is a ReLU between the two convolutions. Remove it: nothing comes between them.",
    ),
    "relu moved": ("1r2n", "The ReLU is between the two convolutions; it belongs after the normalisation."),
    "normalisation between": (
        "1n2r",
        "The normalisation is between the two convolutions; it belongs after both, before the ReLU.",
    ),
    "normalisation and relu between": (
        "1nr2",
        "Normalisation and ReLU are in front of the depthwise convolution. They belong after it.",
    ),
    "relu and normalisation between": (
        "1rn2",
        "ReLU and normalisation are in front of the depthwise convolution. They belong after it, normalisation first.",
    ),
    "normalised twice": (
        "1m2nr",
        "There is a second normalisation between the two convolutions. Remove it: nothing comes between them.",
    ),
    "a layer each": (
        "1mr2nr",
        "Normalisation and ReLU follow each convolution. In Lite 3x3 nothing comes between the two convolutions.",
    ),
}


def _lite_with(**options):
    usual = {
        "depth_first": False,
        "point_bias": False,
        "depth_bias": False,
        "padding": 1,
        "groups": True,
        "order": "12nr",
        "relu": "",
        "window": {},
    }
    return lambda c_in, c_out: _Lite(c_in, c_out, **{**usual, **options})


def _one_or_two(family, build):
    """A mistake for every option, and for every pair of options."""
    for count in (1, 2):
        for names in combinations(family, count):
            options = {key: value for name in names for key, value in family[name][0].items()}
            yield Mistake(" + ".join(names), " ".join(family[name][1] for name in names), build(options))


_VIDEO = {
    "": (lambda mbit: mbit / 8 * 3600, ""),
    "bits": (lambda mbit: mbit * 3600, "The video is counted in megabits: 8 bits are one byte, so divide by 8."),
    "times 8": (lambda mbit: mbit * 8 * 3600, "Bits become bytes by dividing by 8, not by multiplying."),
    "a minute of video": (lambda mbit: mbit / 8 * 60, "That is the video of one minute: an hour has 3,600 seconds."),
}
_VECTORS = {
    "": (lambda people: people * 60 * 512 * 4 / 1e6, ""),
    "one byte": (lambda people: people * 60 * 512 / 1e6, "Each of the 512 numbers of an embedding has 4 bytes."),
    "a minute of people": (
        lambda people: people * 512 * 4 / 1e6,
        "Those are the people of one minute, not of an hour.",
    ),
    "people a second": (
        lambda people: people * 3600 * 512 * 4 / 1e6,
        "The people are counted by the minute, so an hour has 60 times as many, not 3,600.",
    ),
    "bytes": (lambda people: people * 60 * 512 * 4, "The embeddings are in bytes: a megabyte is a million of them."),
    "bits": (
        lambda people: people * 60 * 512 * 4 / 8 / 1e6,
        "The embeddings are divided by 8, although they are in bytes already.",
    ),
}


def _hours():
    for (video, (v, says_v)), (vectors, (e, says_e)) in product(_VIDEO.items(), _VECTORS.items()):
        if video or vectors:
            name = " + ".join(filter(None, [video and f"video: {video}", vectors and f"embeddings: {vectors}"]))
            yield Mistake(name, f"{says_v} {says_e}".strip(), lambda m, p, v=v, e=e: (v(m), e(p)))


def _map(rng, arguments):
    return (tensor(rng, 2, arguments[0], 5, 7),)


def _work(rng):
    groups = integer(rng, 1, 4)
    c_in, c_out = groups * integer(rng, 1, 5), groups * integer(rng, 1, 5)
    return c_in, c_out, int(rng.choice([3, 5, 7])), integer(rng, 6, 20), integer(rng, 6, 20), groups


def _never_negative(answer):
    low = answer(3, 5)(tensor(_generator(), 2, 3, 6, 6)).min().item()
    return f"Its smallest output is {low:.2f}. After a ReLU at the end nothing is negative." if low < 0 else None


def _sees_3x3(answer):
    torch.manual_seed(0)
    layer = answer(3, 5).eval()
    x = torch.zeros(1, 3, 9, 9)
    touched = x.clone()
    touched[0, :, 4, 4] = 1
    rows = (layer(x) != layer(touched)).any(1)[0].any(1).nonzero().flatten()
    reach = int(rows.max() - rows.min()) + 1 if len(rows) else 0
    return f"One cell of the input reaches {reach} rows of the output; expected: at most 3." if reach > 3 else None


def _generator():
    return np.random.default_rng(0)


WINDOW_SUM = Exercise(
    name="window_sum",
    notebook="02",
    title="One number of a convolution, by hand",
    stars=1,
    minutes=4,
    answer="my_window_sum",
    prompt=(
        "A convolution lays a 3 x 3 kernel on an image, centred on one pixel, multiplies what lies on top of "
        "each other, and adds up the nine products. Do it for **one pixel**, given by its row and column. "
        "(Deep learning does not turn the kernel around first, although a mathematician would.)"
    ),
    starter='''def my_window_sum(image, kernel, row, column):
    """image: (H, W), kernel: (3, 3) tensors. row, column: a pixel that is not on the edge. Returns one number."""
    window = ...  # 3 rows and 3 columns around the pixel
    return ...
''',
    hints=(
        "Rows: `image[row - 1 : row + 2]`, from one before to one after; a slice stops before its end. Columns alike.",
        "`window * kernel` multiplies cell by cell; `.sum()` adds up.",
    ),
    reference=solved.my_window_sum,
    comparison=Calls(lambda rng: (tensor(rng, 6, 8), tensor(rng, 3, 3), integer(rng, 1, 4), integer(rng, 1, 6))),
    mistakes=(
        Mistake(
            "turned kernel",
            "The kernel is turned around first, as in mathematics. Here it is used as it is.",
            lambda i, k, r, c: (_window(i, r, c) * k.flip(0, 1)).sum(),
        ),
        Mistake(
            "matrix product",
            "`@` is the matrix product, rows times columns. Here each cell is multiplied by the cell under it: `*`.",
            lambda i, k, r, c: (_window(i, r, c) @ k).sum(),
        ),
        Mistake(
            "not added up",
            "The nine products are there, but not added up.",
            lambda i, k, r, c: _window(i, r, c) * k,
        ),
        Mistake(
            "mean",
            "The products are averaged. Add them up instead; a blur has its 1/9 in the kernel.",
            lambda i, k, r, c: (_window(i, r, c) * k).mean(),
        ),
        Mistake(
            "no kernel",
            "The window is added up without the kernel: multiply first.",
            lambda i, k, r, c: _window(i, r, c).sum(),
        ),
        Mistake(
            "transposed kernel",
            "The kernel is transposed: its rows are laid on the image's columns.",
            lambda i, k, r, c: (_window(i, r, c) * k.T).sum(),
        ),
        Mistake(
            "not centred",
            "The window begins at the pixel. It must be centred on the pixel: from one before to one after.",
            lambda i, k, r, c: (i[r : r + 3, c : c + 3] * k).sum(),
        ),
        Mistake(
            "row for column",
            "Row and column are swapped: the row is the first index.",
            lambda i, k, r, c: (i[c - 1 : c + 2, r - 1 : r + 2] * k).sum(),
        ),
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
        "A 1x1 convolution sees no neighbour, yet it does something: it mixes channels. Turn colour into "
        "**grey**, as the eye does it: 0.299 red + 0.587 green + 0.114 blue, by choosing the weights of a 1x1 "
        "convolution from three channels to one."
    ),
    starter='''import torch
from torch.nn import functional as F


def my_grey(photos):
    """photos: (B, 3, H, W), red, green, blue. Returns (B, 1, H, W)."""
    weights = torch.tensor(...).reshape(1, 3, 1, 1)  # (channels out, channels in, 1, 1)
    return F.conv2d(photos, weights)
''',
    hints=("Fill in a list of three numbers, one weight for each channel, in the order of the channels.",),
    reference=_grey,
    solution=solved.my_grey,
    comparison=Calls(lambda rng: (tensor(rng, integer(rng, 1, 3), 3, 2, 4),)),
    mistakes=(
        Mistake(
            "blue first",
            "The weights are in the order blue, green, red. These photos have red first.",
            lambda x: _grey(x, GREYS[::-1]),
        ),
        Mistake(
            "equal weights",
            "That is the plain mean of the three channels. The eye sees green as much brighter than blue.",
            lambda x: _grey(x, (1 / 3, 1 / 3, 1 / 3)),
        ),
        Mistake(
            "all ones",
            "The channels are added up with weight 1 each. That is three times too bright, and nothing is weighted.",
            lambda x: _grey(x, (1.0, 1.0, 1.0)),
        ),
        Mistake(
            "percent",
            "The weights are in percent, so the result is a hundred times too bright. The weights must add up to 1.",
            lambda x: _grey(x, (29.9, 58.7, 11.4)),
        ),
        Mistake(
            "rounded",
            "The weights are rounded. Take all three digits: 0.299, 0.587, 0.114.",
            lambda x: _grey(x, (0.3, 0.59, 0.11)),
        ),
        Mistake(
            "no channel",
            "The numbers are right, but the channel dimension is gone: return (B, 1, H, W), with one channel.",
            lambda x: _grey(x)[:, 0],
        ),
        Mistake(
            "not mixed",
            "Each channel is multiplied by its weight, but they are not added up: three channels come out.",
            lambda x: x * torch.tensor(GREYS).reshape(1, 3, 1, 1),
        ),
    ),
)

POINTWISE = Exercise(
    name="pointwise",
    notebook="02",
    title="The pointwise convolution",
    stars=1,
    minutes=3,
    answer="my_pointwise",
    prompt=(
        "Build a **pointwise** convolution from `c_in` to `c_out` channels with `nn.Conv2d`: its kernel is "
        "1x1, and it has no bias. Each output channel is a weighted sum of all input channels, cell by cell."
    ),
    starter='''from torch import nn


def my_pointwise(c_in, c_out):
    """Returns a layer: (B, c_in, H, W) -> (B, c_out, H, W)."""
    return nn.Conv2d(...)
''',
    hints=("`nn.Conv2d(channels_in, channels_out, kernel_size, bias=...)`.",),
    reference=_pointwise,
    solution=solved.my_pointwise,
    comparison=Builds(lambda rng: (integer(rng, 2, 4), integer(rng, 5, 8)), _map),
    shows=(Lite3x3,),
    mistakes=(
        Mistake("bias", "The bias is left on: `bias=False`.", lambda a, b: nn.Conv2d(a, b, 1)),
        Mistake(
            "3x3",
            "The kernel is 3x3, so it looks at neighbours. Pointwise is 1x1.",
            lambda a, b: nn.Conv2d(a, b, 3, padding=1, bias=False),
        ),
        Mistake(
            "3x3 without padding",
            "The kernel is 3x3, and the map has lost its edge. Pointwise is 1x1.",
            lambda a, b: nn.Conv2d(a, b, 3, bias=False),
        ),
        Mistake(
            "3x3 with bias",
            "The kernel is 3x3, and the bias is left on. Pointwise is 1x1, `bias=False`.",
            lambda a, b: nn.Conv2d(a, b, 3),
        ),
        Mistake(
            "3x3 with padding and bias",
            "The kernel is 3x3, and the bias is left on. Pointwise is 1x1, `bias=False`.",
            lambda a, b: nn.Conv2d(a, b, 3, padding=1),
        ),
        Mistake(
            "5x5",
            "The kernel is 5x5, so it looks at neighbours. Pointwise is 1x1.",
            lambda a, b: nn.Conv2d(a, b, 5, padding=2, bias=False),
        ),
        Mistake(
            "5x5 without padding",
            "The kernel is 5x5, and the map has lost its edge. Pointwise is 1x1.",
            lambda a, b: nn.Conv2d(a, b, 5, bias=False),
        ),
        Mistake(
            "swapped",
            "Channels in and out are swapped: `nn.Conv2d(c_in, c_out, ...)`.",
            lambda a, b: nn.Conv2d(b, a, 1, bias=False),
        ),
        Mistake(
            "padding",
            "A 1x1 kernel needs no padding: with `padding=1` the map grows a frame.",
            lambda a, b: nn.Conv2d(a, b, 1, padding=1, bias=False),
        ),
        Mistake(
            "stride",
            "A stride of 2 leaves out every other cell. Stride 1 keeps the map.",
            lambda a, b: nn.Conv2d(a, b, 1, stride=2, bias=False),
        ),
        Mistake(
            "more",
            "You built more than the convolution: normalisation and ReLU come later.",
            lambda a, b: nn.Sequential(nn.Conv2d(a, b, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()),
        ),
    ),
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
        "Build a **depthwise** 3x3 convolution with `nn.Conv2d`: every channel is filtered by a 3x3 kernel of "
        "its own and never meets another channel. As many channels come out as go in, the map keeps its size, "
        "and there is no bias."
    ),
    starter='''from torch import nn


def my_depthwise(channels):
    """Returns a layer: (B, channels, H, W) -> (B, channels, H, W)."""
    return nn.Conv2d(channels, channels, 3, ...)
''',
    hints=(
        "`groups` splits the channels into groups that do not see one another. How many groups, if each channel "
        "is alone?",
        "Without padding, a 3x3 kernel cannot be centred on the edge, and the map shrinks by a row and a column "
        "each side.",
    ),
    reference=_depthwise,
    solution=solved.my_depthwise,
    comparison=Builds(lambda rng: (integer(rng, 2, 7),), _map),
    shows=(Lite3x3,),
    mistakes=(
        *_one_or_two(_DEPTHWISE, _depthwise_with),
        Mistake(
            "groups, padding and bias",
            "That is a standard convolution: set `groups`, `padding` and `bias` as well.",
            lambda c: nn.Conv2d(c, c, 3),
        ),
        Mistake("stride", "A stride of 2 halves the map.", _depthwise_with({"stride": 2})),
        *(Mistake(name, says, _depthwise_with(options)) for name, (options, says) in slips.OTHER_KERNELS.items()),
        Mistake(
            "too much padding",
            "With `padding=2` the map grows by a row and a column on each side. A 3x3 kernel needs 1.",
            _depthwise_with({"padding": 2}),
        ),
    ),
)

LITE_3X3 = Exercise(
    name="lite_3x3",
    notebook="02",
    title="Lite 3x3",
    required=True,
    stars=3,
    minutes=8,
    answer="MyLite3x3",
    prompt=(
        "Now the layer from which OSNet is made. **Lite 3x3**: first a pointwise convolution from `c_in` to "
        "`c_out`, then a depthwise 3x3 on the `c_out` channels, then batch normalisation, then ReLU. Neither "
        "convolution has a bias (the normalisation would take it away again), and nothing stands between the "
        "two."
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
    reference=Lite3x3,
    solution=solved.MyLite3x3,
    shows=(Lite3x3,),
    comparison=Builds(lambda rng: (integer(rng, 2, 4), integer(rng, 5, 8)), _map),
    mistakes=(
        *_one_or_two(_LITE, lambda options: _lite_with(**options)),
        *(Mistake(name, says, _lite_with(order=order)) for name, (order, says) in _ORDERS.items()),
        *(Mistake(name, says, _lite_with(window=window)) for name, (window, says) in slips.OTHER_KERNELS.items()),
        *(Mistake(name, says, _lite_with(relu=name)) for name, (_, says) in slips.RELUS.items()),
    ),
    properties=(
        Property("sees at most 3x3", _sees_3x3),
        Property("never negative", _never_negative),
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
        "Count the **weights of the two convolutions** of a Lite 3x3 from `c_in` to `c_out` channels (not "
        "those of its batch normalisation). With 64 channels in and out it has 4,672, where a standard 3x3 "
        "has 36,864."
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
    reference=_lite_parameters,
    solution=solved.my_lite_parameters,
    comparison=Calls(lambda rng: (integer(rng, 2, 40), integer(rng, 2, 40))),
    shows=(Lite3x3,),
    mistakes=(
        Mistake("standard", "That is a standard 3x3 convolution.", lambda a, b: 9 * a * b),
        Mistake(
            "c_in",
            "The depthwise convolution is counted on `c_in` channels. It comes second, and works on `c_out`.",
            lambda a, b: a * b + 9 * a,
        ),
        Mistake(
            "3 for 9",
            "A 3x3 kernel has 9 weights, not 3.",
            lambda a, b: a * b + 3 * b,
        ),
        Mistake(
            "one kernel",
            "Every channel has a 3x3 kernel of its own: 9 weights for each of the `c_out` channels.",
            lambda a, b: a * b + 9,
        ),
        Mistake(
            "not depthwise",
            "The 3x3 is counted as if every channel saw every other channel. In a depthwise convolution each channel "
            "has 9 weights only.",
            lambda a, b: a * b + 9 * b * b,
        ),
        Mistake(
            "depthwise over pairs",
            "The depthwise convolution is counted over c_in x c_out. Each of the `c_out` channels has one kernel of 9.",
            lambda a, b: a * b + 9 * a * b,
        ),
        Mistake(
            "pointwise added",
            "The pointwise convolution has a weight for every *pair* of an input and an output channel: a product.",
            lambda a, b: a + b + 9 * b,
        ),
        Mistake(
            "multiplied",
            "The two counts are multiplied. Add them: one convolution comes after the other.",
            lambda a, b: a * b * 9 * b,
        ),
        Mistake(
            "two a channel too many",
            "It is 2 * c_out too many: what the batch normalisation has (or two biases). Count only the convolutions.",
            lambda a, b: a * b + 9 * b + 2 * b,
        ),
        Mistake(
            "one bias",
            "It is c_out too many, as many as one bias has. There is no bias.",
            lambda a, b: a * b + 9 * b + b,
        ),
        Mistake("pointwise alone", "The depthwise convolution is missing.", lambda a, b: a * b),
        Mistake("depthwise alone", "The pointwise convolution is missing.", lambda a, b: 9 * b),
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
        "A convolution with stride 1 that keeps the map's size: `kernel` x `kernel`, from `c_in` to `c_out` "
        "channels in `groups` groups, on a map of `height` x `width`, without bias. How many "
        "**multiply-adds** (a multiplication and the addition that follows it count as one) does one photo "
        "need? Write it for any number of groups: 1 is a standard convolution, `c_in` groups a depthwise one."
    ),
    starter='''def my_multiply_adds(c_in, c_out, kernel, height, width, groups=1):
    """Returns the number of multiply-adds for one photo."""
    ...
''',
    hints=(
        "Start with one number of the output: how many input numbers does it look at? Then count the outputs.",
        "An output channel looks at `c_in / groups` channels only: those of its own group.",
    ),
    reference=solved.my_multiply_adds,
    comparison=Calls(_work),
    mistakes=(
        Mistake(
            "weights",
            "That is the number of weights. Each is used once for every position of the map: times height times width.",
            lambda a, b, k, h, w, g=1: k * k * a * b // g,
        ),
        Mistake(
            "kernel once",
            "The kernel's side is counted once; a window has kernel * kernel cells.",
            lambda a, b, k, h, w, g=1: k * a * b * h * w // g,
        ),
        Mistake(
            "groups ignored",
            "`groups` changes nothing here. With g groups each output looks at c_in / g channels only.",
            lambda a, b, k, h, w, g=1: k * k * a * b * h * w,
        ),
        Mistake(
            "groups twice",
            "It divides by `groups` twice. Each output sees fewer input channels, but there are as many output "
            "channels as before.",
            lambda a, b, k, h, w, g=1: k * k * (a // g) * (b // g) * h * w,
        ),
        Mistake(
            "groups multiplied",
            "It multiplies by `groups`, but more groups need fewer multiply-adds.",
            lambda a, b, k, h, w, g=1: k * k * a * b * h * w * g,
        ),
        Mistake(
            "doubled",
            "It is twice too many: here a multiplication and its addition count as one (as two they are called FLOPs).",
            lambda a, b, k, h, w, g=1: 2 * k * k * a * b * h * w // g,
        ),
        Mistake(
            "no output channels",
            "That is the work for one output channel. There are `c_out` of them.",
            lambda a, b, k, h, w, g=1: k * k * (a // g) * h * w,
        ),
        Mistake(
            "no input channels",
            "Each output adds up over the input channels of its group as well: c_in / groups of them.",
            lambda a, b, k, h, w, g=1: k * k * b * h * w,
        ),
        Mistake(
            "smaller map",
            "It counts only windows that lie completely inside the map. This convolution keeps the map's size.",
            lambda a, b, k, h, w, g=1: k * k * a * b * (h - k + 1) * (w - k + 1) // g,
        ),
        Mistake(
            "square map",
            "The map is not square: height times width.",
            lambda a, b, k, h, w, g=1: k * k * a * b * h * h // g,
        ),
        Mistake(
            "channels added",
            "The numbers of channels are added. Multiply them: every output channel has its own sum over the inputs.",
            lambda a, b, k, h, w, g=1: k * k * (a // g + b) * h * w,
        ),
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
        "A light network fits into the camera, which then sends vectors instead of video. For **one hour** "
        "compute both, in megabytes (1 MB = 1,000,000 bytes): the video, at so many megabits a second, and "
        "the embeddings, 512 numbers of 4 bytes for every person seen. Mind that 8 bits are one byte."
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
    reference=solved.my_camera_hour,
    comparison=Calls(lambda rng: (float(rng.uniform(1, 8)), float(rng.uniform(1, 60)))),
    mistakes=(
        *_hours(),
        Mistake(
            "swapped", "The two are swapped: the video comes first.", lambda m, p: solved.my_camera_hour(m, p)[::-1]
        ),
    ),
)

EXERCISES = (
    WINDOW_SUM, GREY, POINTWISE, DEPTHWISE, LITE_3X3, LITE_PARAMETERS, MULTIPLY_ADDS, CAMERA_HOUR,
)  # fmt: skip
