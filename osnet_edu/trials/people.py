"""Does a lightweight network overfit less? The gap between seen and unseen people, for Lite 3x3 and full convolutions.

Trained on 25, 50, ... 400 people, each set part of the next, at equal steps, on photos of 64 x 32; tested on people
that neither has seen. The gap is mAP among 25 people of the training set, the same ones throughout, minus mAP among 25
of the test (the mean over twenty draws): both searches are equally large, so that the gap is not one of the gallery.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .. import assets, intervals
from ..photos import market
from ..refused import Refused
from ..train import TrainConfig
from . import compare
from .runs import SMALL, Plan, Variant, run_all
from .table import Outcome, shipped_runs

_NAME = "people"
_PHOTOS = 24_000
_SEEDS = (0, 1)
_PEOPLE = (25, 50, 100, 200, 400)
ROWS = {"Lite 3x3": "primary", "full 3x3": "full"}
# Cross-entropy alone: what a triplet loss does depends on how many people there are to draw from.
RECIPE = replace(SMALL, people=16, shots=4, weight_decay=0.2, triplet=0.0)


@dataclass(frozen=True)
class Point:
    """One kind of network trained on so many people: means over seeds and the runs' own values, in per cent.

    seen, unseen: mAP among as many people.  gap: seen minus unseen.  mean_ap, rank1: of the whole test.
    accuracy: of the classifier on training photos.  cross_entropy: there, in nats.
    """

    kind: str
    people: int
    seen: tuple[float, ...]
    unseen: tuple[float, ...]
    mean_ap: tuple[float, ...]
    rank1: tuple[float, ...]
    accuracy: tuple[float, ...]
    cross_entropy: tuple[float, ...]

    @property
    def gap(self) -> tuple[float, ...]:
        """Seen minus unseen, one number for each run."""
        return tuple(np.subtract(self.seen, self.unseen).tolist())


@dataclass(frozen=True)
class Overfitting:
    """The runs, and what follows from them."""

    outcomes: tuple[Outcome, ...]

    def points(self) -> list[Point]:
        """One a kind and number of people, in that order; seeds that all were run from."""
        names, seeds = compare.complete(self.outcomes)
        found = {(o.variant, o.seed): o for o in self.outcomes}
        points = []
        for name in names:
            runs = [found[name, seed] for seed in seeds]

            def per_cent(what: str, runs=runs) -> tuple[float, ...]:
                return tuple(100 * getattr(run, what) for run in runs)

            kind, entropies = name.rpartition(", ")[0], tuple(run.cross_entropy for run in runs)
            seen, unseen, mean_ap, rank1, accuracy = map(
                per_cent, ("seen_map", "unseen_map", "mean_ap", "rank1", "accuracy")
            )
            points.append(Point(kind, runs[0].people, seen, unseen, mean_ap, rank1, accuracy, entropies))
        return sorted(points, key=lambda point: (list(ROWS).index(point.kind), point.people))

    def of(self, kind: str) -> list[Point]:
        """The points of one kind, fewest people first."""
        return [point for point in self.points() if point.kind == kind]

    def gap_differences(self) -> dict[int, tuple[float, ...]]:
        """Gap of full minus gap of Lite, pair by pair, by number of people; above 0, Lite overfits less."""
        lite, full = (self.of(kind) for kind in ROWS)
        return {a.people: tuple(np.subtract(b.gap, a.gap).tolist()) for a, b in zip(lite, full, strict=True)}

    def overall(self) -> tuple[float, float, float]:
        """The mean of those differences over all pairs, with a 95 % interval: (value, low, high), in points.

        By Student's t over the pairs, taken to be independent; nan for the bounds where there is one pair only.
        """
        found = intervals.mean([d for ds in self.gap_differences().values() for d in ds])
        return found.value, found.low, found.high

    def sentences(self) -> str:
        """What the gap does with more people, and whether the light network's is smaller."""
        words = []
        for kind in ROWS:
            points = self.of(kind)
            first, last = points[0], points[-1]
            words.append(
                f"{kind}: from {first.people} to {last.people} people the gap goes from {np.mean(first.gap):.1f} to "
                f"{np.mean(last.gap):.1f} points, mAP of the whole test from {np.mean(first.mean_ap):.1f} to "
                f"{np.mean(last.mean_ap):.1f}."
            )
        value, low, high = self.overall()
        said = "these runs do not show that either overfits less"
        if low > 0 or high < 0:
            said = "Lite overfits less" if low > 0 else "Lite overfits more"
        interval = f"[{low:+.1f}, {high:+.1f}]"
        words.append(f"Gap of full minus gap of Lite, all pairs: {value:+.1f} points {interval}; {said}.")
        return compare.wrapped(words)

    def __str__(self) -> str:
        _, seeds = compare.complete(self.outcomes)
        head = (
            f"{len(self.outcomes)} runs, seeds {', '.join(map(str, seeds))}, means over seeds. Seen, unseen: mAP among "
            f"{self.outcomes[0].compared} people."
        )
        lines = [
            compare.wrapped([head]),
            f"{'':<10} {'people':>6} {'seen':>6} {'unseen':>6} {'gap':>6} {'test mAP':>8} {'rank-1':>6} {'right':>6} "
            f"{'cross-entropy':>13}",
        ]
        for p in self.points():
            values = (p.seen, p.unseen, p.gap)
            cells = " ".join(f"{np.mean(v):6.1f}" for v in values)
            lines.append(
                f"{p.kind:<10} {p.people:>6} {cells} {np.mean(p.mean_ap):8.1f} {np.mean(p.rank1):6.1f} "
                f"{np.mean(p.accuracy):6.1f} {np.mean(p.cross_entropy):13.3f}"
            )
        return "\n".join([*lines, "", self.sentences()])


def plan(
    root: Path,
    photos: int = _PHOTOS,
    seeds: Sequence[int] = _SEEDS,
    config: TrainConfig | None = None,
    people: Sequence[int] = _PEOPLE,
    tested: Path | None = None,
) -> Plan:
    """Both kinds at every number of people.  config: another recipe than RECIPE; its budget is replaced.

    tested: folder whose test people are searched for; None means the shipped people.
    """
    config = replace(config or RECIPE, photos=photos)
    variants = tuple(
        Variant(f"{kind}, {count} people", config, row, count) for count in people for kind, row in ROWS.items()
    )
    return Plan(_NAME, root, variants, tuple(seeds), tested or assets.subset(), min(people))


def run(
    root: Path,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int = 2,
    photos: int = _PHOTOS,
    seeds: Sequence[int] = _SEEDS,
) -> Overfitting:
    """Train on 25 to 400 people of a folder, light and full, and compare seen people with the shipped unseen ones.

    Raises: Refused before the first run where the folder has fewer people.
    """
    people = len({photo.person for photo in market.of_people(market.read(root).train)})
    if people < max(_PEOPLE):
        needed = math.ceil(max(_PEOPLE) / 0.75 / 20) * 20  # a quarter of the people is kept for the test
        raise Refused(
            f"{max(_PEOPLE)} people to train on are needed, {root} has {people}; "
            f"`python -m osnet_edu render OUT --people {needed}` makes them, `experiment {_NAME} OUT` then runs"
        )
    return Overfitting(run_all(plan(root, photos, seeds), out, workers=workers, progress=progress))


def read_shipped() -> Overfitting:
    """The runs that ship with the kit."""
    return Overfitting(shipped_runs(_NAME))
