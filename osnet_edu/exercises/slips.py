"""Wrong answers that several exercises have in common: another window, another ReLU, other weights of a sum."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .record import Mistake

_LARGE = "The kernel is {0}x{0}. It has to be 3x3, with `padding=1`."
_SPREAD = "A dilation of 2 makes the kernel skip every other cell. Leave `dilation` out: it is 1."
_EDGE = "The edge is filled with cells of the map (`padding_mode`). Leave that out: the edge is filled with zeros."
# What to give nn.Conv2d instead of a 3x3 kernel with padding 1.
OTHER_KERNELS: dict[str, tuple[dict, str]] = {
    "kernel of 5": ({"kernel_size": 5, "padding": 2}, _LARGE.format(5)),
    "kernel of 5, padding of 3": ({"kernel_size": 5}, _LARGE.format(5)),
    "kernel of 5, no padding": ({"kernel_size": 5, "padding": 0}, _LARGE.format(5)),
    "kernel of 7": ({"kernel_size": 7, "padding": 3}, _LARGE.format(7)),
    "kernel of 1": ({"kernel_size": 1, "padding": 0}, _LARGE.format(1)),
    "kernel of 1, padding of 3": ({"kernel_size": 1}, _LARGE.format(1)),
    "dilation": ({"dilation": 2, "padding": 2}, _SPREAD),
    "dilation, padding of 3x3": ({"dilation": 2}, _SPREAD),
    "edge reflected": ({"padding_mode": "reflect"}, _EDGE),
    "edge repeated": ({"padding_mode": "replicate"}, _EDGE),
    "edge from the other side": ({"padding_mode": "circular"}, _EDGE),
}

_LEAK = "This ReLU lets a part of the negative numbers through. A ReLU sets them to 0."
_CAP = "This ReLU has a ceiling. A ReLU leaves positive numbers as they are, however large."
_SOFT = "This is another function than ReLU. A ReLU sets negative numbers to 0 and changes no other."
RELUS: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "leaky relu": (F.leaky_relu, _LEAK),
    "leaky relu, 0.1": (lambda x: F.leaky_relu(x, 0.1), _LEAK),
    "leaky relu, 0.2": (lambda x: F.leaky_relu(x, 0.2), _LEAK),
    "relu6": (F.relu6, _CAP),
    "relu up to 1": (lambda x: x.clamp(0, 1), _CAP),
    "gelu": (F.gelu, _SOFT),
    "silu": (F.silu, _SOFT),
    "elu": (F.elu, _SOFT),
}


class Relu(nn.Module):
    """One of RELUS as a layer."""

    def __init__(self, name: str):
        super().__init__()
        self.does = RELUS[name][0]

    def forward(self, x: Tensor) -> Tensor:
        return self.does(x)


def _over_streams(weigh: Callable[[Tensor], Tensor]) -> Callable[[Sequence[Tensor], Callable], Tensor]:
    """A gated sum whose gates, (T, B, C, 1, 1), are changed before they weight their streams."""
    return lambda streams, gate: (weigh(torch.stack([gate(x) for x in streams])) * torch.stack(list(streams))).sum(0)


_COMPETE = "The weights of the streams are made to add up to 1, so that streams compete. Each gate stands for itself: "
_WEIGHTS: dict[str, tuple[Callable[[Sequence[Tensor], Callable], Tensor], str]] = {
    "softmax over streams": (_over_streams(lambda g: g.softmax(0)), _COMPETE + "take the softmax out."),
    "divided by their sum": (_over_streams(lambda g: g / g.sum(0)), _COMPETE + "do not divide by their sum."),
    "softmax over channels": (
        _over_streams(lambda g: g.softmax(2)),
        "A softmax over the channels makes them compete for a total of 1. Use the gate's answer as it is.",
    ),
    "one minus the gate": (
        _over_streams(lambda g: 1 - g),
        "The weight is 1 - G(x), so that an open gate closes the stream. The weight is G(x).",
    ),
}


def weights(make: Callable[[Callable], object] = lambda sums: sums) -> Iterator[Mistake]:
    """The mistakes of _WEIGHTS.  make: from a gated sum (streams, gate) to what an answer would be."""
    for name, (sums, says) in _WEIGHTS.items():
        yield Mistake(name, says, make(sums))
