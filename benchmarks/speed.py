"""Photos a second in training and in embedding, the kit against a plain loop: python benchmarks/speed.py

The plain side works as the published code does: the same network in float32 and the default memory layout,
with a call of the gate for each stream, and the published optimiser, AMSGrad as PyTorch runs it by default. The eager
side runs as `train` runs it: in the way that was fastest in three seconds of measuring with this number of threads,
and a second time without bfloat16. Embedding is also measured in the latter way with the normalisations
folded into the convolutions, and by onnxruntime, which the kit uses for many photos. On all sides photos are in memory
at full size, batches have 64 photos, and augmentation and losses are the same. --quick only checks that it runs. For a
GPU:

    python benchmarks/speed.py --device cuda --width 1 --size 256x128 --compile
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from side_by_side import PLAIN, in_turn, machine, plain, ratio, table, threads_to_measure

from osnet_edu import train
from osnet_edu.embed import OnnxEmbedder, TorchEmbedder, normalise, onnx_file
from osnet_edu.machine import compute
from osnet_edu.machine.compute import Compute
from osnet_edu.network import export

BATCH = 64


def training(
    data: train.Data, config: train.TrainConfig, way: Compute, steps: int, *, published: bool = False, compiled=False
) -> Callable:
    """`steps` steps of a run, at each call the next ones."""
    model = train.build(config, len(data.people))
    if published:
        model, config = plain(model), replace(config, optimiser="amsgrad", weight_decay=5e-4)
    run = train.fit(model, data, config, way=way, compiled=compiled)
    return lambda: [next(run) for _ in range(steps)]


def embedding(data: train.Data, config: train.TrainConfig, way: Compute, *, side: str = "eager") -> Callable:
    """One batch embedded at each call.  side: "plain", "eager", "folded" (eager, without normalisations) or "onnx"."""
    model = train.build(config, len(data.people)).eval()
    images = data.images[:BATCH]
    if side == "plain":
        plain_model = plain(model).to(way.device)

        def embedder(images: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return plain_model(normalise(images, way.device).contiguous()).cpu().numpy()

    elif side == "onnx":
        embedder = OnnxEmbedder(onnx_file(model))
    else:
        model = (export.folded(model) if side == "folded" else model).to(way.device, memory_format=way.memory_format)
        embedder = TorchEmbedder(model, precision=compute.DTYPES[way.dtype])

    def work() -> np.ndarray:
        with compute.using(way):
            return embedder(images)

    return work


def main(arguments: list[str] | None = None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="medians are of so many (default 9)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps (default cpu)")
    parser.add_argument("--width", type=float, default=0.25, help="of the network (default 0.25)")
    parser.add_argument("--size", type=size_of, default=(128, 64), metavar="HxW", help="of the photos (default 128x64)")
    parser.add_argument("--compile", action="store_true", help="train once more through torch.compile")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    rounds, steps, size, seconds = (2, 1, (64, 32), 0.1) if options.quick else (options.rounds, 4, options.size, 3.0)
    config = train.TrainConfig(width=options.width, size=size, growth=(), photos=10_000_000, triplet_from=0.0)
    rng = np.random.Generator(np.random.PCG64(0))
    images = rng.integers(0, 256, (512, *size, 3), dtype=np.uint8)
    data = train.Data(images, np.repeat(np.arange(64), 8), tuple(range(1, 65)), "noise")

    found = []
    for threads in [1] if options.quick or options.device != "cpu" else threads_to_measure():
        plain_way = replace(PLAIN, device=options.device, threads=threads)
        jobs = {"training": (partial(training, data, config, steps=steps), steps * BATCH),
                "embedding": (partial(embedding, data, config), BATCH)}  # fmt: skip
        for what, (job, photos) in jobs.items():
            ways = {
                name: compute.fastest_first(job, compute.candidates(options.device, dtype, threads), seconds)[0].compute
                for name, dtype in (("kit", None), ("float32", "float32"))
            }
            sides = {name: job(way) for name, way in ways.items()}
            if what == "training":
                sides["plain"] = job(plain_way, published=True)
                if options.compile:
                    sides["compiled"] = job(ways["kit"], compiled=True)
            else:
                sides["plain"] = job(plain_way, side="plain")
                sides["folded"] = job(ways["float32"], side="folded")
                if options.device == "cpu":
                    sides["onnx"] = job(plain_way, side="onnx")
            times = in_turn(sides, rounds)
            found.append(
                {
                    "what": what,
                    "threads": threads,
                    **{name: photos / float(np.median(taken)) for name, taken in times.items()},
                    **{f"ratio_{name}": ratio(times["plain"], times[name]) for name in times if name != "plain"},
                    "way": str(ways["kit"]),
                }
            )
    names = {"kit": "eager", "float32": "no bfloat16"} | ({"compiled": "compiled"} if options.compile else {})
    names |= {"folded": "folded"} | ({"onnx": "onnxruntime"} if options.device == "cpu" else {})
    head = ["photos/s", "threads", "plain", *(cell for name in names.values() for cell in (name, "ratio"))]
    rows = []
    for f in found:
        cells = [
            cell for name in names for cell in (_number(f.get(name), ",.0f"), _number(f.get(f"ratio_{name}"), ".2f"))
        ]
        rows.append([f["what"], f["threads"], f"{f['plain']:,.0f}", *cells, f["way"]])
    head.append("eager computes in")
    title = f"x{options.width:g}, photos of {size[0]}x{size[1]}, batches of {BATCH}, medians of {rounds} rounds"
    table(f"{title} ({machine()})", head, rows)
    return found


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def size_of(text: str) -> tuple[int, int]:
    """128x64 -> (128, 64)."""
    height, _, width = text.partition("x")
    return int(height), int(width)


if __name__ == "__main__":
    main()
