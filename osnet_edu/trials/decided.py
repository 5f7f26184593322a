"""Four rows of the ablation with as many seeds as it takes: gate, sum, one number a stream, one stream.

The runs are those of `longer`, by the kit's default recipe, with more seeds. The three seeds of `longer` leave a
half-width of three points and more, and most rows open. Here each row ends in one of three ways:

    decided: its difference to the primary row is not 0; p is below 0.05 after Holm's correction for all rows.
    bounded: it may be 0, but it is known to 1.5 points of mAP (half of the interval's width) or better.
    open: neither.

More seeds make only one part of an interval smaller. The other part comes from the test people, and stays.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import intervals
from ..network.siblings import ROWS
from ..refused import Refused
from . import ablation, compare, table
from .compare import PairedDifference
from .runs import Plan, fingerprint_of_photos, run_all
from .table import Outcome, shipped_runs

_NAME = "decided"
KEYS = (ablation.REFERENCE, "addition", "stream-wise", "T1")
BOUND = 1.5  # points of mAP, half of an interval's width
_SEEDS = tuple(range(16))
_FEWEST, _MOST = 3, 1000  # seeds, to be told, and to be looked for


@dataclass(frozen=True)
class DecidedRow:
    """One row against the primary row by mAP.  p: corrected for all rows by Holm.

    people_floor: half of the interval's width that the test people leave with seeds without end, points.
    seeds_needed: for a half-width of BOUND; None where no number of seeds is enough.
    """

    difference: PairedDifference
    p: float
    people_floor: float
    seeds_needed: int | None

    @property
    def half_width(self) -> float:
        """Half of the interval's width, points."""
        return (self.difference.high - self.difference.low) / 2

    @property
    def verdict(self) -> str:
        """ "decided", "bounded" or "open", see the head of this file."""
        if self.p < 0.05:
            return "decided"
        return "bounded" if self.half_width <= BOUND else "open"


@dataclass(frozen=True)
class Decided:
    """The runs, and what follows from them.  Seeds that not all rows were run from do not count.

    Raises: Refused for fewer than three seeds, which say too little of how far seeds scatter.
    """

    outcomes: tuple[Outcome, ...]

    def __post_init__(self):
        if len(self.seeds) < _FEWEST:
            raise Refused(f"{_NAME} needs {_FEWEST} seeds of all rows, got {len(self.seeds)}")

    @property
    def seeds(self) -> list[int]:
        """Those that all rows were run from."""
        return compare.complete(self.outcomes)[1]

    def rows(self) -> dict[str, DecidedRow]:
        """By key: every row but the primary one."""
        found = compare.differences(self.outcomes, ablation.REFERENCE)
        p = compare.corrected(found)
        return {key: DecidedRow(one, p[key], *self._outlook(one, len(found) + 1)) for key, one in found.items()}

    def _outlook(self, found: PairedDifference, rows: int) -> tuple[float, int | None]:
        """What the test people leave with seeds without end, and how many seeds make the half-width BOUND.

        The people's part falls a little too: what one seed does to one person is not always the same.
        """
        seeds = self.seeds
        persons = 100 * compare.table(self.outcomes, (found.reference, found.variant), seeds, "person_map")
        gains = persons[1] - persons[0]  # (seeds, people)
        count, people = gains.shape
        rest = gains - gains.mean(0) - gains.mean(1, keepdims=True) + gains.mean()
        both = (rest**2).sum() / ((count - 1) * (people - 1))
        lasting = max(0.0, gains.mean(0).var(ddof=1) - both / count) / people  # squared error that no seed removes

        def half(more: int) -> float:
            error = math.sqrt(lasting + both / people / more + found.seed_error**2 * count / more)
            return intervals.student((rows - 1) * (more - 1)) * error

        needed = next((more for more in range(2, _MOST + 1) if half(more) <= BOUND), None)
        return intervals.student(math.inf) * math.sqrt(lasting), needed

    def __str__(self) -> str:
        runs = [outcome for outcome in self.outcomes if outcome.seed in self.seeds]
        people = len(runs[0].person_map)
        head = (
            f"{len(runs)} runs by the kit's default recipe, seeds {', '.join(map(str, self.seeds))}. Differences to "
            f"the primary row in points; 95 % intervals over paired seeds and {people} test people; p after Holm."
        )
        rank1 = compare.differences(self.outcomes, ablation.REFERENCE, "rank1")
        lines = [compare.wrapped([head])]
        lines.append(f"\n{'':<18}{'mAP':<21}{'half':>5}{'p':>7}  {'':<9}{'rank-1':<21}{f'seeds for {BOUND}':>13}")
        for key, row in self.rows().items():
            needed = row.seeds_needed or f"never ({row.people_floor:.1f})"
            lines.append(
                f"{ROWS[key].name:<18}{row.difference!s:<21}{row.half_width:>5.1f}{row.p:>7.3f}  {row.verdict:<9}"
                f"{rank1[key]!s:<21}{needed:>13}"
            )
        return "\n".join(lines)


def plan(root: Path, photos: int | None = None, seeds: Sequence[int] = _SEEDS) -> Plan:
    """The rows of KEYS, as `longer` runs them.  photos: another budget than the recipe's.

    Raises: Refused for fewer than three seeds.
    """
    if len(seeds) < _FEWEST:
        raise Refused(f"{_NAME} needs {_FEWEST} seeds or more, got {len(seeds)}")
    longer = ablation.plan(root, photos, name=ablation.LONGER)
    return Plan(_NAME, root, tuple(one for one in longer.variants if one.name in KEYS), tuple(seeds))


def run(
    root: Path,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int = 2,
    photos: int | None = None,
    seeds: Sequence[int] = _SEEDS,
) -> Decided:
    """Train the rows of KEYS from more seeds.  A new file begins with the runs that ship, if they are runs of the plan.

    To train all of them yourself, use `longer`.
    """
    own = plan(root, photos, seeds)
    begin(own, table.file_of_runs(_NAME, out), shipped_runs(_NAME))
    return Decided(run_all(own, out, workers=workers, progress=progress))


def begin(plan: Plan, path: Path, runs: Sequence[Outcome]) -> None:
    """Put runs of the plan into a file that has none yet: on the same photos, by the same budget."""
    if path.is_file() and table.started(path):
        return
    data, configs = fingerprint_of_photos(plan.root), {variant.name: variant.config for variant in plan.variants}
    for one in runs:
        if one.data == data and one.variant in configs and one.seed in plan.seeds:
            config = replace(configs[one.variant], people=min(configs[one.variant].people, one.people))
            if one.photos == config.steps * config.batch:
                table.append(path, one)


def read_shipped() -> Decided:
    """The runs that ship with the kit."""
    return Decided(shipped_runs(_NAME))
