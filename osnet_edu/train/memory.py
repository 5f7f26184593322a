"""What a training run needs in memory, said before it starts: photos, the network's numbers, what waits for the
backward pass.

The estimate is a sum of plain products. What a batch leaves behind for the backward pass is nearly all of it: every
layer keeps its input or its output, for every photo, until the gradient has come back to it.
Units: bytes.  Shapes: N photos in the data, B in a batch, P parameters.
"""

import copy
import math
import os
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from ..network.model import OSNet
from ..refused import Refused

resource = import_module("resource") if find_spec("resource") else None  # not on Windows

FLOAT = 4  # bytes of a float32
PROGRAM = 350e6  # Python and PyTorch themselves, with the libraries that a first step loads: measured on Linux
PASSING = 0.4  # of what is kept: gradients on their way, and the holes that tensors leave between them: measured
STATES = {"adamw": 2, "amsgrad": 3, "sgd": 1}  # numbers that an optimiser keeps for each parameter


@dataclass(frozen=True)
class Need:
    """Memory of one process that trains, in bytes.

    photos: N * H * W * 3, decoded once.  network: parameters, gradients and the optimiser's state, P * (2 + 2) * 4 for
    AdamW.  kept: B times what the layers keep for the backward pass.  passing: gradients on their way, and what the
    allocator cannot fill between them, in proportion to kept.  program: the same for every run.
    """

    photos: float
    network: float
    kept: float
    passing: float
    program: float

    @property
    def total(self) -> float:
        """All parts together, in bytes."""
        return self.photos + self.network + self.kept + self.passing + self.program

    def __str__(self) -> str:
        return (
            f"{_size(self.total)}: photos {_size(self.photos)}, kept for the backward pass "
            f"{_size(self.kept + self.passing)}, network and optimiser {_size(self.network)}, "
            f"Python and PyTorch {_size(self.program)}"
        )


def training(model: OSNet, size: tuple[int, int], *, photos: int, batch: int, optimiser: str, dtype: str) -> Need:
    """Estimate the memory of training.

    size: (height, width) in pixels.  photos: N.  batch: B, of one process.  optimiser: a key of STATES.
    dtype: "float32" or "bfloat16", of the convolutions; parameters and optimiser stay float32.
    """
    kept = batch * kept_for_backward(model, size) * (0.5 if dtype == "bfloat16" else 1.0)
    parameters = sum(p.numel() for p in model.parameters())
    return Need(
        photos=float(photos * math.prod(size) * 3),
        network=float(parameters * (2 + STATES[optimiser]) * FLOAT),
        kept=kept,
        passing=PASSING * kept,
        program=PROGRAM,
    )


def check_fits(need: Need, processes: int, there: int | None) -> None:
    """Raises: Refused, saying what to lower, where so many processes need more memory than there is.

    there: as `available` tells it; None lets everything pass.
    """
    if there is not None and processes * need.total > there:
        raise Refused(
            f"training so needs about {_size(processes * need.total)} of memory; only {_size(there)} is free: "
            "lower --batch, --size or --width, or try --dtype bfloat16"
        )


def embedding(model: OSNet, size: tuple[int, int], batch: int) -> float:
    """Estimate the memory, in bytes, of embedding a batch of photos without gradients.

    The first layer's maps are the largest: what goes in and comes out of it, and what its normalisation makes of it.
    size: (height, width) in pixels.  batch: B.
    """
    channels = model.conv1.conv.out_channels
    return PROGRAM + batch * math.prod(size) * (3 * (1 + FLOAT) + 2 * channels * FLOAT / 4)


def check_embedding(model: OSNet, size: tuple[int, int], batch: int, there: int | None) -> None:
    """Raises: Refused, with both figures, where embedding needs more memory than there is (None: nobody knows)."""
    need = embedding(model, size, batch)
    if there is not None and need > there:
        raise Refused(
            f"photos of {size[0]}x{size[1]} need about {_size(need)} of memory, {batch} at a time; "
            f"only {_size(there)} is free: choose a smaller --size"
        )


def is_full(error: Exception) -> bool:
    """Whether an exception says that the memory ended: Python, NumPy and PyTorch each have a way of their own."""
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in words)


def kept_for_backward(model: nn.Module, size: tuple[int, int]) -> int:
    """Bytes that one photo leaves behind for the backward pass in float32.

    Nothing is computed for it: on PyTorch's meta device tensors have shapes and no numbers. A tensor that two layers
    keep counts once; the network's own parameters do not count.
    """
    ghost = copy.deepcopy(model).to("meta").train()
    own = {p.untyped_storage()._cdata for p in ghost.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()._cdata
        if storage not in own and tensor.dim() > 1:  # a layer's statistics are one number a channel, whatever the batch
            kept[storage] = tensor
        return tensor

    photos = 2  # batch normalisation takes no single one
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        features = ghost(torch.empty(photos, 3, *size, device="meta"))
    del features
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values()) // photos


def available(device: str = "cpu") -> int | None:
    """Memory of this machine, or of its GPU, as far as this process may use it; None where it cannot be told."""
    if device == "cuda":
        return torch.cuda.mem_get_info()[1]
    limits = []
    try:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None
    try:
        limits.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        pass
    limit = resource.getrlimit(resource.RLIMIT_AS)[0] if resource else -1
    if limit > 0 and resource and limit != resource.RLIM_INFINITY:
        limits.append(limit)
    return min(limits)


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
