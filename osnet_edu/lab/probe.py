"""How fast PyTorch computes on this machine, in the two kinds of number that training can use."""

import json
import time

import torch


def speeds() -> str:
    """A 1x1 convolution, timed.

    Returns: JSON with `version`, `threads`, and `gain`, the time in float32 divided by the time in bfloat16.
    """
    images = torch.randn(32, 64, 64, 32).to(memory_format=torch.channels_last)
    layer = torch.nn.Conv2d(64, 64, 1)
    seconds = {}
    with torch.inference_mode():
        for kind in (torch.float32, torch.bfloat16):
            given, asked = images.to(kind), layer.to(kind)
            asked(given)
            seconds[kind] = min(_timed(asked, given) for _ in range(5))
    gain = seconds[torch.float32] / seconds[torch.bfloat16]
    return json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "gain": gain})


def _timed(layer: torch.nn.Module, images: torch.Tensor) -> float:
    start = time.perf_counter()
    layer(images)
    return time.perf_counter() - start
