"""Features or photos over a socket: python benchmarks/camera.py

A camera process sends the queries of the shipped subset to this process, over a socket of this machine: features in
float32, features in int8, or the photos as JPEG. The table has the bytes of a photo on the wire, the milliseconds of a
photo on each side, and the mAP of what the search side has. --quick only checks that it runs.
"""

import argparse
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
from side_by_side import machine, table

from osnet_edu import assets, retrieval
from osnet_edu.embed import embed, onnx_file
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.use import camera


def main(arguments: Sequence[str] | None = None) -> dict[str, tuple[float, float]]:
    """Returns: kind -> bytes of a photo and mAP, with queries of that kind and a gallery that is stored alike."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="turns of each kind (default 3)")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    found, network = market.read(assets.subset()), weights.shipped()
    query = found.query[:40] if options.quick else found.query
    gallery = embed(network.model, found.gallery, size=network.size)
    graph, paths = onnx_file(network.model), [photo.path for photo in query]
    rounds = [
        camera.watch(paths, graph, size=network.size, seconds=600)
        for _ in range(1 if options.quick else options.rounds)
    ]
    rows, scores = [], {}
    for kind in camera.CONTENTS:
        sent = [one[kind] for one in rounds]
        stored = camera.coarse(gallery.features) if kind == camera.INT8 else gallery.features
        asked = SimpleNamespace(
            features=sent[0].features,
            people=np.array([p.person for p in query]),
            cameras=np.array([p.camera for p in query]),
        )
        sides = SimpleNamespace(features=stored, people=gallery.people, cameras=gallery.cameras)
        mean_ap = retrieval.score(asked, sides).mean_ap
        scores[kind] = float(sent[0].bytes.mean()), mean_ap
        spent = [np.median([np.median(getattr(one, side)) for one in sent]) for side in ("at_camera", "at_search")]
        rows.append([kind, f"{scores[kind][0]:.0f}", *(f"{ms:.2f}" for ms in spent), f"{mean_ap:.4%}"])
    height, width = network.size
    table(
        f"{len(query)} photos of {height}x{width}, {machine()}",
        ["sent", "bytes a photo", "ms at the camera", "ms to search", "mAP"],
        rows,
    )
    return scores


if __name__ == "__main__":
    main()
