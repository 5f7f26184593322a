"""Photos a second in training and in embedding, the kit against a plain loop: python benchmarks/speed.py

The plain side is what a user of the published code gets: the same network in float32 and the default memory layout,
with a call of the gate for each stream, and the published optimiser, AMSGrad as PyTorch runs it by default. The kit's
side runs as `train` runs it: in the way that three seconds of measuring found to be the fastest at this number of
threads, and once more with bfloat16 forbidden. On all sides photos are in memory and of the full size, batches have 64,
and augmentation and losses are the same. --quick only shows that it runs.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from side_by_side import PLAIN, in_turn, machine, plain, ratio, table, threads_to_measure

from osnet_edu import compute, train
from osnet_edu.compute import Compute
from osnet_edu.embed import embed_images, normalise

BATCH = 64


def training(data: train.Data, config: train.TrainConfig, way: Compute, steps: int, published: bool) -> Callable:
    """`steps` steps of a run, at each call the next ones."""
    model = train.build(config, len(data.people))
    if published:
        model, config = plain(model), replace(config, optimiser="amsgrad", weight_decay=5e-4)
    run = train.fit(model, data, config, way=way)
    return lambda: [next(run) for _ in range(steps)]


def embedding(data: train.Data, config: train.TrainConfig, way: Compute, published: bool) -> Callable:
    """One batch embedded at each call."""
    model = train.build(config, len(data.people)).eval()
    images = data.images[:BATCH]

    def plainly():
        with compute.using(way), torch.inference_mode():
            return plain_model(normalise(images).contiguous()).numpy()

    def kit():
        with compute.using(way):
            return embed_images(kit_model, images, precision=compute.DTYPES[way.dtype])

    if published:
        plain_model = plain(model)
        return plainly
    kit_model = model.to(memory_format=way.memory_format)
    return kit


def fastest(work: Callable[[Compute], Callable], threads: int, dtype: str | None, seconds: float) -> Compute:
    return compute.measure(work, compute.candidates(threads=threads, dtype=dtype), seconds)[0].compute


def main(arguments: list[str] | None = None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="medians are of so many (default 9)")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    rounds, steps, size, seconds = (2, 1, (64, 32), 0.1) if options.quick else (options.rounds, 4, (128, 64), 3.0)
    config = train.TrainConfig(size=size, growth=(), photos=10_000_000, triplet_from=0.0)
    rng = np.random.Generator(np.random.PCG64(0))
    images = rng.integers(0, 256, (512, *size, 3), dtype=np.uint8)
    data = train.Data(images, np.repeat(np.arange(64), 8), tuple(range(1, 65)), "noise")

    found = []
    for threads in [1] if options.quick else threads_to_measure():
        plain_way = Compute(**{**vars(PLAIN), "threads": threads})
        jobs = {
            "training": (lambda way, published=False: training(data, config, way, steps, published), steps * BATCH),
            "embedding": (lambda way, published=False: embedding(data, config, way, published), BATCH),
        }
        for what, (job, photos) in jobs.items():
            measured = {
                name: fastest(job, threads, dtype, seconds) for name, dtype in (("kit", None), ("float32", "float32"))
            }
            sides = {"plain": job(plain_way, True), **{name: job(way) for name, way in measured.items()}}
            times = in_turn(sides, rounds)
            found.append(
                {
                    "what": what,
                    "threads": threads,
                    **{name: photos / float(np.median(taken)) for name, taken in times.items()},
                    "ratio": ratio(times["plain"], times["kit"]),
                    "ratio_float32": ratio(times["plain"], times["float32"]),
                    "way": str(measured["kit"]),
                }
            )
    head = ["photos/s, x0.25", "threads", "plain", "kit", "ratio", "kit, no bfloat16", "ratio", "the kit computes in"]
    rows = [
        [f["what"], f["threads"], f"{f['plain']:,.0f}", f"{f['kit']:,.0f}", f"{f['ratio']:.2f}",
         f"{f['float32']:,.0f}", f"{f['ratio_float32']:.2f}", f["way"]]
        for f in found
    ]  # fmt: skip
    table(f"Photos of {size[0]}x{size[1]}, batches of {BATCH}, medians of {rounds} rounds ({machine()})", head, rows)
    return found


if __name__ == "__main__":
    main()
