"""Model answers of notebook 04."""

import torch
from torch import nn

from osnet_edu.network.model import AggregationGate


def my_gated_sum(streams, gate):
    """streams: a list of (B, C, H, W). gate: a function, (B, C, H, W) -> (B, C, 1, 1). Returns (B, C, H, W)."""
    return sum(gate(x) * x for x in streams)


class MyGate(nn.Module):
    """(B, channels, H, W) -> (B, channels, 1, 1), every number between 0 and 1."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.down = nn.Conv2d(channels, hidden, 1)
        self.up = nn.Conv2d(hidden, channels, 1)

    def forward(self, x):
        return torch.sigmoid(self.up(torch.relu(self.down(self.pool(x)))))


class MyMix(nn.Module):
    """The gated sum with its gate: a list of (B, channels, H, W) -> (B, channels, H, W)."""

    def __init__(self, channels, hidden, streams):
        super().__init__()
        self.gate = AggregationGate(channels, hidden)

    def forward(self, maps):
        return sum(self.gate(x) * x for x in maps)


def my_gate_parameters(channels, hidden, streams):
    """Returns the number of weights and biases."""
    down = channels * hidden + hidden
    up = hidden * channels + channels
    return down + up


def my_gate_gradient(gradient, streams):
    """gradient: dL/dx~, (B, C, H, W). streams: a list of (B, C, H, W). Returns dL/dg, (B, C, 1, 1)."""
    return (gradient * sum(streams)).sum(dim=(2, 3), keepdim=True)


def my_recalibrate(streams, gate):
    """streams: a list of (B, C, H, W). gate: a function, (B, C, H, W) -> (B, C, 1, 1). Returns (B, C, H, W)."""
    total = sum(streams)
    return gate(total) * total
