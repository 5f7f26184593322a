"""How fast PyTorch computes on this machine: in the two kinds of number that training can use, and a training step."""

import json
import time

import torch

from .. import train
from ..machine import compute

_PEOPLE = 180  # of a training with its defaults: what the classifier tells apart


def speeds() -> str:
    """A 1x1 convolution and a training step, timed; takes about four seconds.

    Returns: JSON with `version`, `build` ("cpu" or "gpu"), `threads`; `gain`, the time in float32 divided by the time
    in bfloat16; `step`, seconds of a training step on one thread, and its `photos`.
    """
    images = torch.randn(32, 64, 64, 32).to(memory_format=torch.channels_last)
    layer = torch.nn.Conv2d(64, 64, 1)
    threads = torch.get_num_threads()
    seconds = {}
    with torch.inference_mode():
        for kind in (torch.float32, torch.bfloat16):
            given, asked = images.to(kind), layer.to(kind)
            asked(given)
            seconds[kind] = min(_timed(asked, given) for _ in range(5))
    gain = seconds[torch.float32] / seconds[torch.bfloat16]
    config = train.TrainConfig()
    way = compute.Compute("cpu", "bfloat16" if gain > 1.1 else "float32", channels_last=True, threads=1)
    (timing,) = train.choose(config, _PEOPLE, [way])
    return json.dumps(
        {
            "version": torch.__version__,
            "build": "gpu" if torch.version.cuda or torch.version.hip else "cpu",
            "threads": threads,
            "gain": gain,
            "step": config.batch / timing.rate,
            "photos": config.batch,
        }
    )


def _timed(layer: torch.nn.Module, images: torch.Tensor) -> float:
    start = time.perf_counter()
    layer(images)
    return time.perf_counter() - start
