"""The cost of a map, in forward passes of one photo, for every method; and the time that a user waits for a duel.

    python benchmarks/maps.py [--rounds 7]

One thread, photos of 128x64, shipped weights; each side in turn, medians over the rounds. A forward pass is PyTorch's,
in float32, of one photo.
"""

import argparse
import statistics
import time
from functools import partial

import numpy as np
import torch
from side_by_side import in_turn, machine

from osnet_edu import explore
from osnet_edu.embed import embedder_for, normalise
from osnet_edu.explain import TABLE, Network, ask, by_stream, correspondence, duel, embed, similarity
from osnet_edu.network import weights
from osnet_edu.widgets import Duelling


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    torch.set_num_threads(1)
    checkpoint = weights.shipped()
    model = checkpoint.model
    photos = np.random.default_rng(0).integers(0, 256, (3, *checkpoint.size, 3), np.uint8)
    images = normalise(photos)
    target = similarity(embed(model, images[:1]))
    network = Network(model, embedder_for(model, photos=100_000, size=checkpoint.size))

    def forward() -> None:
        with torch.inference_mode():
            model(images[:1])

    sides = {"one forward pass": forward}
    for name, method in TABLE.items():
        of_pair = partial(ask, network, photos[:1], photos[1:2], name)
        sides[name] = partial(method.on, network, images[1:2], target) if method.of_target else of_pair
    sides["gradient x activation, four streams"] = lambda: by_stream(model, images[1:2], target)
    sides["correspondence"] = lambda: correspondence.matches(model, *photos[:2])
    sides["the duel, its photos cut before"] = lambda: duel.between(model, photos)
    taken = in_turn(sides, rounds)
    one = statistics.median(taken["one forward pass"])
    print(machine())
    print("| map | forward passes | milliseconds |\n|---|---|---|")
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"| {name} | {median / one:.1f} | {1000 * median:.0f} |")
    waits(rounds)


def waits(rounds: int) -> None:
    """The first duel of a process, later ones of other queries, one that was prepared, and one that was seen before."""
    album, shelf = explore.shipped()
    rankings = shelf.rankings(explore.SHIPPED)
    hardest = rankings.triplets()[: 2 * rounds + 1]
    began = time.perf_counter()
    shown = Duelling(None, album.folder, rankings=rankings, first=hardest[0])
    first = time.perf_counter() - began

    def point(triplet) -> float:
        began = time.perf_counter()
        shown.point(triplet)
        return time.perf_counter() - began

    later = [point(triplet) for triplet in hardest[1 : rounds + 1]]
    ahead = hardest[rounds + 1 :]
    for triplet in ahead:
        shown.judge.prepare(triplet)
    prepared = [point(triplet) for triplet in ahead]
    again = [point(triplet) for triplet in ahead]
    print("| duel | milliseconds |\n|---|---|")
    print(f"| the first of all, Captum's import too | {1000 * first:.0f} |")
    for name, times in (("of another query", later), ("prepared", prepared), ("seen before", again)):
        print(f"| {name} | {1000 * statistics.median(times):.0f} |")


if __name__ == "__main__":
    main()
