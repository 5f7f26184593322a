"""How long one photo takes to embed, decoding not counted: python benchmarks/latency.py

The reduced network, with one and with two threads, in float32 and in bfloat16, beside the same network as the published
code runs it. From a photo of uint8 in memory to its 512 numbers. --quick only shows that it runs.
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
from side_by_side import in_turn, machine, plain, table

from osnet_edu import compute, osnet
from osnet_edu.compute import Compute
from osnet_edu.embed import embed_images, normalise


def one_photo(way: Compute, image: np.ndarray, published: bool = False) -> Callable[[], np.ndarray]:
    """A function that embeds one photo, (1, H, W, 3) uint8, in a way."""
    torch.manual_seed(0)
    model = osnet(0.25, gate_hidden=4).eval().to(memory_format=way.memory_format)

    def kit() -> np.ndarray:
        with compute.using(way):
            return embed_images(model, image, precision=compute.DTYPES[way.dtype])

    def plainly() -> np.ndarray:
        with compute.using(way), torch.inference_mode():
            return model(normalise(image).contiguous()).numpy()

    if published:
        plain(model)
        return plainly
    return kit


def main(arguments: list[str] | None = None) -> dict[str, np.ndarray]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=300, help="photos of each side (default 300)")
    parser.add_argument("--size", default="128x64", help="HEIGHTxWIDTH (default 128x64)")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    height, width = map(int, options.size.split("x"))
    image = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    sides = {}
    for threads in (1, 2) if compute.available_threads() > 1 and not options.quick else (1,):
        sides[f"plain, float32, {threads}"] = one_photo(Compute(threads=threads), image, published=True)
        for way in (
            Compute(threads=threads),
            Compute("cpu", "float32", True, threads),
            Compute("cpu", "bfloat16", True, threads),
        ):
            layout = "channels last" if way.channels_last else "contiguous"
            sides[f"kit, {way.dtype}, {layout}, {threads}"] = one_photo(way, image)
    times = in_turn(sides, 3 if options.quick else options.rounds)
    rows = [
        [name, f"{1000 * np.median(taken):.2f}", f"{1000 * np.quantile(taken, 0.9):.2f}"]
        for name, taken in times.items()
    ]
    title = f"One photo of {height}x{width}, x0.25, {len(next(iter(times.values())))} each, in turn ({machine()})"
    table(title, ["side, number of threads", "median ms", "90th percentile ms"], rows)
    return {name: work() for name, work in sides.items()}


if __name__ == "__main__":
    main()
