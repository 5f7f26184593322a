"""Random inputs for the checks: tensors, and functions that replace layers and count their calls."""

import numpy as np
import torch
from torch import Tensor


def tensor(rng: np.random.Generator, *shape: int) -> Tensor:
    """Normal random numbers of mean 0 and deviation 1: a float32 tensor of the given shape."""
    return torch.from_numpy(rng.normal(size=shape)).float()


def integer(rng: np.random.Generator, low: int, high: int) -> int:
    """From low to high, both included."""
    return int(rng.integers(low, high + 1))


class Layer:
    """Replaces a layer: mixes channels and neighbouring rows, then bends. (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, rng: np.random.Generator, channels: int):
        self.weights, self.bias, self.calls = tensor(rng, channels, channels), tensor(rng, channels, 1, 1), 0

    def _count(self, x: Tensor) -> None:
        """Raises: RuntimeError for a map of other channels, as a layer does."""
        self.calls += 1
        channels = self.weights.shape[1]
        if x.dim() != 4 or x.shape[1] != channels:
            raise RuntimeError(f"the layer takes maps (B, {channels}, H, W), and was given {tuple(x.shape)}")

    def __call__(self, x: Tensor) -> Tensor:
        self._count(x)
        mixed = torch.einsum("oc,bchw->bohw", self.weights, x)
        return torch.tanh(mixed + 0.5 * mixed.roll(1, 2) + self.bias) + 0.1 * mixed


class Gate(Layer):
    """Replaces a gate: (B, C, H, W) -> (B, C, 1, 1), between 0 and 1."""

    def __call__(self, x: Tensor) -> Tensor:
        self._count(x)
        averages = x.mean((2, 3), keepdim=True)
        return torch.sigmoid(2 * torch.einsum("oc,bchw->bohw", self.weights, averages) + self.bias)


def maps(rng: np.random.Generator, channels: int) -> list[Tensor]:
    """What two to four streams of one block made of two photos."""
    return [tensor(rng, 2, channels, 3, 4) for _ in range(integer(rng, 2, 4))]
