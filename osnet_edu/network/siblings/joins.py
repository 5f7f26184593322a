"""How a sibling joins its streams, and what weights them.

Shapes: B photos, C channels, H x W cells, T streams.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..model import AggregationGate, ConvLayer

# --- how streams are joined: (T times (B, C, H, W), weights or None) -> (B, C', H, W); `Sum` is in model.py -----------


class Concatenate(nn.Module):
    """The streams' channels side by side, (B, T * C, H, W)."""

    words = "concatenation"

    def forward(self, streams: list[Tensor], weights: Tensor | None = None) -> Tensor:
        return torch.cat(_weighted(streams, weights), 1)

    def contributions(
        self, streams: list[Tensor], weights: Tensor | None, expansion: nn.Conv2d | None = None
    ) -> Iterator[Tensor]:
        """What each stream puts into the sum that the expansion makes of them: T times (B, C_out, H, W).

        A 1x1 convolution of maps side by side is the sum, over the maps, of what its slice for each makes of it.
        """
        return _expanded(_weighted(streams, weights), expansion)


class SumInExpansion(Concatenate):
    """Side by side before a 1x1 convolution, whose slices add the streams up: the sum as ResNeXt's authors write it."""

    words = "a sum"


class Mix(nn.Module):
    """The streams side by side, then a 1x1 convolution from T * C channels back to C: weights learned, then fixed.

    With a ReLU, because the expanding 1x1 that follows is linear, and two linear maps in a row are one.
    """

    words = "concatenation and a 1x1 convolution"

    def __init__(self, channels: int, streams: int):
        super().__init__()
        self.conv = ConvLayer(streams * channels, channels, 1)

    def forward(self, streams: list[Tensor], weights: Tensor | None = None) -> Tensor:
        return self.conv(torch.cat(_weighted(streams, weights), 1))

    def contributions(
        self, streams: list[Tensor], weights: Tensor | None, _expansion: nn.Conv2d | None = None
    ) -> Iterator[Tensor]:
        """What each stream puts into the sum that the 1x1 makes of them, before its ReLU: T times (B, C, H, W)."""
        return _expanded(_weighted(streams, weights), self.conv.conv)


def _weighted(streams: list[Tensor], weights: Tensor | None) -> list[Tensor]:
    return streams if weights is None else [weights[:, t] * x for t, x in enumerate(streams)]


def _expanded(streams: list[Tensor], expansion: nn.Conv2d) -> Iterator[Tensor]:
    slices = expansion.weight.split([x.shape[1] for x in streams], 1)
    return (F.conv2d(x, own) for x, own in zip(streams, slices, strict=True))


# --- gates: averages (B * T, C, 1, 1), photo by photo -> weights (B * T, C or 1, 1, 1) --------------------------------


class ScalarGate(AggregationGate):
    """A gate that ends in a single unit: one number a stream, for all its channels. (N, C, H, W) -> (N, 1, 1, 1)."""

    words = "one gate for all streams, one number a stream"

    def __init__(self, channels: int, hidden: int):
        super().__init__(channels, hidden)
        self.fc2 = nn.Conv2d(hidden, 1, 1)
        self.numbers = 1


class SeparateGates(nn.Module):
    """A gate of its own for each stream: T times the gate's parameters."""

    words = "a gate of its own for each stream, one number a channel"

    def __init__(self, channels: int, hidden: int, streams: int):
        super().__init__()
        self.gates = nn.ModuleList(AggregationGate(channels, hidden) for _ in range(streams))
        self.numbers = channels

    def forward(self, averages: Tensor) -> Tensor:
        by_stream = averages.unflatten(0, (-1, len(self.gates))).unbind(1)  # T times (B, C, 1, 1)
        return torch.stack([gate(x) for gate, x in zip(self.gates, by_stream, strict=True)], 1).flatten(0, 1)


class FixedGates(nn.Module):
    """Learned numbers in (0, 1), one a channel and stream, that never look at the photo: they only count the photos."""

    words = "learned numbers, the same for every photo, one a channel"

    def __init__(self, channels: int, streams: int):
        super().__init__()
        self.streams, self.numbers = streams, channels
        self.logits = nn.Parameter(torch.zeros(streams * channels))

    def forward(self, averages: Tensor) -> Tensor:
        gates = self.logits.sigmoid().reshape(self.streams, -1, 1, 1)  # starts at one half, as a gate does
        return gates.repeat(averages.shape[0] // self.streams, 1, 1, 1)
