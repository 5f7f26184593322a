"""Photos and seconds to the mAP that the published recipe reaches: python benchmarks/to_the_same_map.py [DATA]

The published recipe (softmax, AMSGrad 0.0015, flip and crop, float32, default layout, a gate call a stream) trains for
72,000 photos with its schedule of that length, and its mAP is the goal. The kit's default trains with a cosine
schedule. Its length is chosen in advance, with --kit-photos, and not by looking at results. It has less weight decay,
as short runs need; its first photos are small ones, and seconds are compared. Both use one thread and take turns, a
hundredth of
their way at a time. Reading the photos counts on both sides, and so does the kit's measuring; scoring does not. The
kit reads photos once into memory, and here the published side does too. --quick only checks that it runs.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from side_by_side import PLAIN, machine, plain, table

from osnet_edu import assets, retrieval, train
from osnet_edu.embed import embed
from osnet_edu.machine import compute
from osnet_edu.machine.compute import Compute
from osnet_edu.network.model import OSNet
from osnet_edu.photos import market

PUBLISHED_PHOTOS, KIT_PHOTOS = 72_000, 48_000
KIT_DECAY = 0.4  # the kit's own takes effect within 250 steps: slow for a run of 750


@dataclass
class Side:
    """One of the two, on its way.  seconds: of reading, measuring and training so far."""

    name: str
    config: train.TrainConfig
    published: bool
    seconds: float = 0.0
    model: OSNet | None = None
    steps: Iterator[train.Step] = field(default=iter(()))
    taken: int = 0

    def prepare(self, found: market.Market, measuring: float) -> None:
        start = time.perf_counter()
        data = train.load(found.train, self.config.size)
        self.model = train.build(self.config, len(data.people))
        way: Compute = PLAIN
        if self.published:
            plain(self.model)
        else:
            way = train.choose(self.config, len(data.people), compute.candidates(threads=1), measuring)[0].compute
        self.steps = train.fit(self.model, data, self.config, way=way)
        self.seconds += time.perf_counter() - start

    def advance(self, share: float) -> None:
        """Train up to a share of the way."""
        start = time.perf_counter()
        while self.taken < round(share * self.config.steps):
            next(self.steps)
            self.taken += 1
        self.seconds += time.perf_counter() - start

    def score(self, found: market.Market) -> retrieval.Score:
        for _ in self.steps:  # the end of the run, after its last step
            raise AssertionError("the run has steps left")
        sides = [embed(self.model, photos, size=self.config.size) for photos in (found.query, found.gallery)]
        return retrieval.score(*sides)


def main(arguments: list[str] | None = None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="?", help="a Market-1501 folder; default: the shipped subset")
    parser.add_argument("--kit-photos", type=int, default=KIT_PHOTOS, metavar="N", help=f"default {KIT_PHOTOS}")
    parser.add_argument("--published-photos", type=int, default=PUBLISHED_PHOTOS, metavar="N")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    found = market.read(Path(options.data) if options.data else assets.subset())
    changes = {}
    if options.quick:
        options.published_photos, options.kit_photos, options.seeds = 256, 128, [0]
        changes = {"size": (64, 32), "width": 0.1}

    rows, results = [], []
    for seed in options.seeds:
        sides = (
            Side("published", train.TrainConfig.published(photos=options.published_photos, seed=seed, **changes), True),
            Side(
                "kit",
                replace(train.TrainConfig(photos=options.kit_photos, weight_decay=KIT_DECAY, seed=seed), **changes),
                False,
            ),
        )
        with compute.using(PLAIN):
            for side in sides:
                side.prepare(found, 0.1 if options.quick else 3.0)
            for hundredth in range(1, 101):
                for side in sides:
                    side.advance(hundredth / 100)
            scores = [side.score(found) for side in sides]
        for side, score in zip(sides, scores, strict=True):
            photos = side.config.steps * side.config.batch
            result = {"seed": seed, "side": side.name, "photos": photos, "seconds": side.seconds, "map": score.mean_ap}
            results.append(result)
            rows.append(
                [side.name, seed, f"{photos:,}", f"{side.seconds:.0f}", f"{score.rank(1):.1%}", f"{score.mean_ap:.1%}"]
            )
    table(
        f"To the mAP of the published recipe, x0.25, one thread ({machine()})",
        ["recipe", "seed", "photos", "seconds", "rank-1", "mAP"],
        rows,
    )
    for published, kit in zip(results[::2], results[1::2], strict=True):
        reached = "reached" if kit["map"] >= published["map"] else "NOT reached"
        print(
            f"  seed {kit['seed']}: {reached}; {published['photos'] / kit['photos']:.1f} times fewer photos, "
            f"{published['seconds'] / kit['seconds']:.1f} times fewer seconds"
        )
    return results


if __name__ == "__main__":
    main()
