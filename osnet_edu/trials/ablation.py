"""Table 5 of the paper at reduced scale: every row, and three siblings, in pairs, at equal steps.

Which orderings come out again is computed from the runs: a row agrees with the paper where the interval of its
difference to the primary row excludes 0 on the paper's side, contradicts it on the other, and is open where it holds 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..network.siblings import ROWS, Row
from ..train import TrainConfig
from . import compare
from .compare import PairedDifference
from .runs import SHORT, Plan, Variant, run_all
from .table import Outcome, shipped_runs

NAME, LONGER = "ablation", "longer"  # twice: for few steps, and by the kit's default recipe
_RECIPES = {NAME: replace(SHORT, photos=24_000), LONGER: TrainConfig()}
_SEEDS = (0, 1, 2)
REFERENCE = "primary"


@dataclass(frozen=True)
class Line:
    """One row of the table.  published, ours: score in per cent; nan where the paper has none.

    published_difference, difference: to the primary row, in points; None for the primary row itself.
    verdict: "agrees", "contradicts" or "open"; "" where there is nothing to compare with.
    """

    row: Row
    published: float
    ours: float
    published_difference: float
    difference: PairedDifference | None
    verdict: str


@dataclass(frozen=True)
class Ablation:
    """The runs, and what follows from them."""

    outcomes: tuple[Outcome, ...]

    @property
    def rows(self) -> list[Row]:
        """The rows that were run, in the paper's order, the siblings last."""
        run = {outcome.variant for outcome in self.outcomes}
        return [row for key, row in ROWS.items() if key in run]

    def lines(self, metric: str = "mean_ap") -> list[Line]:
        """Paper and ours, row by row.  metric: "mean_ap", "rank1", or "twins", which the paper has not."""
        found = compare.differences(self.outcomes, REFERENCE, metric)
        names, seeds = compare.complete(self.outcomes)
        ours = dict(zip(names, 100 * compare.table(self.outcomes, names, seeds, metric).mean(1), strict=True))
        base = getattr(ROWS[REFERENCE], metric, None)
        lines = []
        for row in self.rows:
            published = getattr(row, metric, None)
            gap = np.nan if published is None else published - base
            difference = found.get(row.key)
            verdict = difference.verdict(gap) if difference and published is not None else ""
            lines.append(Line(row, np.nan if published is None else published, ours[row.key], gap, difference, verdict))
        return lines

    def verdicts(self, metric: str = "mean_ap") -> dict[str, list[Row]]:
        """The rows of table 5 by what came out: "agrees", "contradicts", "open"."""
        found: dict[str, list[Row]] = {"agrees": [], "contradicts": [], "open": []}
        for line in self.lines(metric):
            if line.verdict:
                found[line.verdict].append(line.row)
        return found

    def sentences(self, metric: str = "mean_ap") -> str:
        """What was reproduced and what was not, in words."""
        found = self.verdicts(metric)
        name, total = compare.METRICS[metric], sum(map(len, found.values()))
        _, seeds = compare.complete(self.outcomes)
        words = [
            f"{total} rows are compared with the primary row by {name}, over {_counted(len(seeds), 'paired seed')}.",
            _listed("On the paper's side of it, with an interval that excludes 0", found["agrees"]),
            _listed("On the other side of it, with an interval that excludes 0", found["contradicts"]),
            _listed("Left open, because the interval holds 0", found["open"]),
        ]
        return compare.wrapped(words)

    def minutes(self) -> float:
        """Of training, all runs together, each on one thread."""
        return sum(outcome.seconds for outcome in self.outcomes) / 60

    def __str__(self) -> str:
        _, seeds = compare.complete(self.outcomes)
        photos = sorted({outcome.photos for outcome in self.outcomes})
        head = (
            f"{len(self.outcomes)} runs, seeds {', '.join(map(str, seeds))}, {' or '.join(f'{p:,}' for p in photos)} "
            f"photos each, {self.minutes():.0f} minutes of training on one thread. Differences to the primary row in "
            "points; 95 % intervals over paired seeds and test people."
        )
        lines = [compare.wrapped([head])]
        for metric in ("mean_ap", "rank1"):
            lines.append(f"\n{compare.METRICS[metric]:<26} {'paper':>6} {'':>6}  {'ours':>6}")
            for line in self.lines(metric):
                number = f"{line.row.number:>2} " if line.row.number else " - "
                paper = "             " if np.isnan(line.published) else f"{line.published:6.1f}       "
                if not np.isnan(line.published) and line.difference:
                    paper = f"{line.published:6.1f} {line.published_difference:+6.1f}"
                ours = f"{line.ours:6.1f}  {line.difference or ''!s:<22}"
                lines.append(f"{number}{line.row.name:<23} {paper}  {ours} {line.verdict}".rstrip())
        lines += ["", self.sentences()]
        return "\n".join(lines)


def plan(root: Path, photos: int | None = None, seeds: Sequence[int] = _SEEDS, name: str = NAME) -> Plan:
    """All rows and siblings by the recipe NAME or LONGER.  photos: another budget than the recipe's."""
    config = _RECIPES[name] if photos is None else replace(_RECIPES[name], photos=photos)
    return Plan(name, root, tuple(Variant(key, config, key) for key in ROWS), tuple(seeds))


def run(
    root: Path,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int = 2,
    photos: int | None = None,
    seeds: Sequence[int] = _SEEDS,
    name: str = NAME,
) -> Ablation:
    """Train every row of table 5 and three siblings, in pairs, and compare them with the primary row.

    name: of the recipe, NAME or LONGER, which takes hours, and says whether what was ahead after few steps still is.
    """
    return Ablation(run_all(plan(root, photos, seeds, name), out, workers=workers, progress=progress))


run_longer = partial(run, name=LONGER)


def read_shipped(name: str = NAME) -> Ablation:
    """The runs that ship with the kit.  name: NAME or LONGER."""
    return Ablation(shipped_runs(name))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _listed(what: str, rows: Sequence[Row]) -> str:
    names = ", ".join(f"{row.number} ({row.name})" for row in rows)
    return f"{what}: {names or 'none'}."
