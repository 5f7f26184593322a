"""The time to embed one photo, without decoding: python benchmarks/latency.py

The reduced network, with one and with two threads, in float32 and in bfloat16, with its normalisations folded away, and
by onnxruntime, beside the same network as the published code runs it. From a photo of uint8 in memory to its 512
numbers. Ratios compare with the published code, with the same number of threads, in the same round. --quick only
checks that it runs.
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
from side_by_side import in_turn, machine, plain, ratio, table

from osnet_edu import osnet
from osnet_edu.embed import OnnxEmbedder, TorchEmbedder, normalise, onnx_file
from osnet_edu.machine import compute
from osnet_edu.machine.compute import Compute
from osnet_edu.network import export

IN_A_ROW = 8  # photos of a turn: a camera's photos come one after another, and each is embedded alone


def one_photo(way: Compute, image: np.ndarray, side: str = "eager") -> Callable[[], np.ndarray]:
    """A function that embeds one photo, (1, H, W, 3), IN_A_ROW times.  side: "plain", "eager", "folded", "onnx"."""
    torch.manual_seed(0)
    model = osnet(0.25, gate_hidden=4).eval()
    if side == "plain":
        plain(model)

        def embedder(image: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return model(normalise(image).contiguous()).numpy()

    elif side == "onnx":
        embedder = OnnxEmbedder(onnx_file(model))
    else:
        model = (export.folded(model) if side == "folded" else model).to(memory_format=way.memory_format)
        embedder = TorchEmbedder(model, precision=compute.DTYPES[way.dtype])

    def work() -> np.ndarray:
        with compute.using(way):
            return [embedder(image) for _ in range(IN_A_ROW)][-1]

    return work


def main(arguments: list[str] | None = None) -> dict[str, np.ndarray]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="turns of each side, of 8 photos (default 40)")
    parser.add_argument("--size", default="128x64", help="HEIGHTxWIDTH (default 128x64)")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    height, width = map(int, options.size.split("x"))
    image = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    sides = {}
    for threads in (1, 2) if compute.available_threads() > 1 and not options.quick else (1,):
        sides[f"plain, float32, {threads}"] = one_photo(Compute(threads=threads), image, "plain")
        for way in (
            Compute(threads=threads),
            Compute("cpu", "float32", True, threads),
            Compute("cpu", "bfloat16", True, threads),
        ):
            layout = "channels last" if way.channels_last else "contiguous"
            sides[f"eager, {way.dtype}, {layout}, {threads}"] = one_photo(way, image)
        sides[f"eager, float32, folded, {threads}"] = one_photo(Compute(threads=threads), image, "folded")
        sides[f"onnxruntime, {threads}"] = one_photo(Compute(threads=threads), image, "onnx")
    turns = in_turn(sides, 3 if options.quick else options.rounds)
    times = {name: np.array(taken) / IN_A_ROW for name, taken in turns.items()}
    rows = [
        [
            name,
            f"{1000 * np.median(taken):.2f}",
            f"{1000 * np.quantile(taken, 0.9):.2f}",
            f"{ratio(times[f'plain, float32, {name[-1]}'], taken):.2f}",
        ]
        for name, taken in times.items()
    ]
    turns = len(next(iter(times.values())))
    title = f"One photo of {height}x{width}, x0.25, {turns} turns of {IN_A_ROW} each ({machine()})"
    table(title, ["side, number of threads", "median ms", "90th percentile ms", "ratio"], rows)
    return {name: work() for name, work in sides.items()}


if __name__ == "__main__":
    main()
