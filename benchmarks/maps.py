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
from osnet_edu.widgets import Duelling, Flow


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
    levels()


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


def levels(times: int = 20) -> None:
    """The network at work, level by level: what opens, and all levels for one photo and for two."""
    shown = Flow()
    pairs = [pair["names"] for pair in shown.pairs]
    way = {"stage": "conv3", "block": "conv3.1", "stream": "conv3.1 stream 3"}

    def cell(k: int) -> None:
        shown.cell = ["conv3.1 stream 3", 0, k % 16, k % 8]

    def photos(k: int, count: int = 2) -> None:
        shown.shown = pairs[k % len(pairs)][:count]

    def all_levels(k: int, count: int) -> None:
        shown.at, shown.cell = "network", []
        photos(k, count)
        for place in way.values():
            shown.at = place
        cell(k)

    sides = {"network, two other photos": photos}
    sides |= {f"{level}, {place}": partial(setattr, shown, "at", place) for level, place in way.items()}
    sides |= {"cell of conv3.1 stream 3": cell}
    sides |= {f"a photo{' and another' * (n - 1)} through all levels": partial(all_levels, count=n) for n in (1, 2)}
    print("| level | milliseconds |\n|---|---|")
    for name, act in sides.items():
        place = name.partition(", ")[2]
        taken = []
        for k in range(times + 2):
            shown.at = way["stream"] if name.startswith("cell") else "network"
            began = time.perf_counter()
            act() if place in way.values() else act(k)
            taken.append(time.perf_counter() - began)
        print(f"| {name} | {1000 * statistics.median(taken[2:]):.0f} |")


if __name__ == "__main__":
    main()
