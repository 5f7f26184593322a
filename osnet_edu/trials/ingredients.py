"""What each ingredient of the recipe adds, shown by leaving it out: paired runs at equal steps, photos of 64 x 32."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..train import TrainConfig
from . import compare
from .runs import SMALL, Plan, Variant, run_all
from .table import Outcome, shipped_runs

_NAME = "ingredients"
_PHOTOS = 24_000
INGREDIENT_SEEDS = (0, 1, 2)
_REFERENCE = "all of it"
WHOLE = SMALL
# What to change in the recipe, by what is then missing.
CHANGES: dict[str, dict[str, Any]] = {
    _REFERENCE: {},
    "no label smoothing": {"label_smoothing": 0.0},
    "no triplet loss": {"triplet": 0.0},
    "no people in batches": {"people": 0, "shots": 64},
    "four photos a person": {"people": 16, "shots": 4},
    "distances as they are": {"relative": False},
    "no augmentation": {"flip": False, "shift": 0.0, "zoom": 0.0, "colour": 0.0, "erasing": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "triplet from step 0": {"triplet_from": 0.0},
}


@dataclass(frozen=True)
class Ingredients:
    """The runs, and what follows from them."""

    outcomes: tuple[Outcome, ...]

    def means(self, metric: str = "mean_ap") -> dict[str, float]:
        """The mean over seeds, in per cent, by what was changed."""
        names, seeds = compare.complete(self.outcomes)
        means = 100 * compare.table(self.outcomes, names, seeds, metric).mean(1)
        return dict(zip(names, means.tolist(), strict=True))

    def differences(self, metric: str = "mean_ap") -> dict[str, compare.PairedDifference]:
        """What each change did to the whole recipe's score, in points."""
        return compare.differences(self.outcomes, _REFERENCE, metric)

    def sentences(self, metric: str = "mean_ap") -> str:
        """Which changes did harm, which helped, and which made no difference that these runs could show."""
        found = self.differences(metric)
        kinds = {
            "Worse, with an interval below 0": [d for d in found.values() if d.high < 0],
            "Better, with an interval above 0": [d for d in found.values() if d.low > 0],
            "Left open, because the interval holds 0": [d for d in found.values() if not d.clear],
        }
        return compare.wrapped(f"{kind}: {', '.join(d.variant for d in ds) or 'none'}." for kind, ds in kinds.items())

    def __str__(self) -> str:
        _, seeds = compare.complete(self.outcomes)
        photos = sorted({outcome.photos for outcome in self.outcomes})
        minutes = sum(outcome.seconds for outcome in self.outcomes) / 60
        head = (
            f"{len(self.outcomes)} runs, seeds {', '.join(map(str, seeds))}, {' or '.join(f'{p:,}' for p in photos)} "
            f"photos each, {minutes:.0f} minutes of training on one thread. Differences to {_REFERENCE} in points; "
            "95 % intervals over paired seeds and test people."
        )
        lines = [compare.wrapped([head]), f"{'':<24} {'mAP':>5} {'':<22} {'rank-1':>6}"]
        means = [self.means(metric) for metric in ("mean_ap", "rank1")]
        gaps = [self.differences(metric) for metric in ("mean_ap", "rank1")]
        for name in means[0]:
            cells = [f"{mean[name]:5.1f} {gap.get(name, '')!s:<22}" for mean, gap in zip(means, gaps, strict=True)]
            lines.append(f"{name:<24} {cells[0]} {cells[1]}".rstrip())
        return "\n".join([*lines, "", self.sentences()])


def plan(
    root: Path, photos: int = _PHOTOS, seeds: Sequence[int] = INGREDIENT_SEEDS, config: TrainConfig | None = None
) -> Plan:
    """The whole recipe, and every change.  config: another recipe than WHOLE; its budget is replaced."""
    config = replace(config or WHOLE, photos=photos)
    variants = tuple(Variant(name, replace(config, **change)) for name, change in CHANGES.items())
    return Plan(_NAME, root, variants, tuple(seeds))


def run(
    root: Path,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int = 2,
    photos: int = _PHOTOS,
    seeds: Sequence[int] = INGREDIENT_SEEDS,
) -> Ingredients:
    """Train the kit's recipe and, one at a time, leave out what it is made of."""
    return Ingredients(run_all(plan(root, photos, seeds), out, workers=workers, progress=progress))


def read_shipped() -> Ingredients:
    """The runs that ship with the kit."""
    return Ingredients(shipped_runs(_NAME))
