"""Why streams grow by one and the same layer: against windows made by hand, in pairs, by the ablation's recipes.

Both blocks see 3x3, 5x5, 7x7 and 9x9 cells, on the same channels, with the same gate and the same sum. In one, stream t
is t Lite 3x3 layers in a row; in the other, it is one light layer with a window of that size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..network import costs, siblings
from . import ablation, compare
from .compare import PairedDifference
from .runs import Plan, Variant, run_all
from .table import Outcome, shipped_runs

# Few steps, as in the ablation, and the kit's default recipe.
FEW_STEPS, MANY_STEPS = "hand-made", "hand-made-longer"
_RECIPES = {FEW_STEPS: ablation.NAME, MANY_STEPS: ablation.LONGER}
_SEEDS = tuple(range(10))
GROWN, MADE = siblings.ROWS[ablation.REFERENCE], siblings.HAND_MADE


@dataclass(frozen=True)
class Price:
    """What a network with blocks of one kind costs.  parameters, multiply_adds: of the network, for one photo.

    streams: weights of all streams of all blocks, which is where the two kinds differ.
    """

    row: siblings.Row
    parameters: int
    multiply_adds: int
    streams: int


@dataclass(frozen=True)
class Grown:
    """The runs, and what follows from them.

    beside: runs of other rows by the same recipe and the same seeds. They say more about how far seeds scatter.
    """

    outcomes: tuple[Outcome, ...]
    beside: tuple[Outcome, ...] = ()

    def gain(self, metric: str = "mean_ap") -> PairedDifference:
        """Layers that are all alike minus windows made by hand, in points, over the seeds that all were run from."""
        own = {GROWN.key, MADE.key}
        others = tuple(outcome for outcome in self.beside if outcome.variant not in own)
        return compare.differences(self.outcomes + others, MADE.key, metric)[GROWN.key]

    def __str__(self) -> str:
        gains = [self.gain(metric) for metric in compare.METRICS]
        lines = [f"{compare.METRICS[gain.metric]:<18} {gain}" for gain in gains]
        return "\n".join([f"{GROWN.name} minus {MADE.name}, {len(gains[0].by_seed)} paired seeds, points:", *lines])


def prices(width: float, size: tuple[int, int], gate_hidden: int | None = None) -> tuple[Price, Price]:
    """Of the network with grown streams, and with windows made by hand.  size: of a photo, rows and columns."""
    return _price(GROWN, width, size, gate_hidden), _price(MADE, width, size, gate_hidden)


def _price(row: siblings.Row, width: float, size: tuple[int, int], gate_hidden: int | None) -> Price:
    model = siblings.build(row, width, gate_hidden=gate_hidden)
    streams = sum(costs.parameters(one) for block in model.blocks().values() for one in block.stream_modules())
    return Price(row, costs.parameters(model), costs.multiply_adds(model, (3, *size)), streams)


def plan(root: Path, photos: int | None = None, seeds: Sequence[int] = _SEEDS, name: str = FEW_STEPS) -> Plan:
    """Both kinds by the recipe FEW_STEPS or MANY_STEPS.  photos: another budget than the recipe's."""
    config = ablation.plan(root, photos, name=_RECIPES[name]).variants[0].config
    return Plan(name, root, tuple(Variant(row.key, config, row.key) for row in (GROWN, MADE)), tuple(seeds))


def run(
    root: Path,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int = 2,
    photos: int | None = None,
    seeds: Sequence[int] = _SEEDS,
    name: str = FEW_STEPS,
) -> Grown:
    """Train both kinds, in pairs; a run that stands in OUT is not made again."""
    return Grown(run_all(plan(root, photos, seeds, name), out, workers=workers, progress=progress))


run_many = partial(run, name=MANY_STEPS)


def read_shipped(name: str = FEW_STEPS) -> Grown:
    """The runs that ship with the kit, beside those of the ablation.  name: FEW_STEPS or MANY_STEPS."""
    return Grown(shipped_runs(name), shipped_runs(_RECIPES[name]))
