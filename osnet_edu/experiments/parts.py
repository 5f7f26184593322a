"""Which part gives the impostor away? Twins told apart, part by part, against an oracle that is told where to look.

Where even the oracle, which is given the part's mask, is often wrong, nobody can be always right. So a part is graded
by the share of the oracle's excess over chance that the network reaches without being told: 0 is guessing, 1 is as
good as the oracle. All people of a folder count, so it has to be one that the weights have never met: 25 families a
part and more come from `render OUT --people 840 --seed 2`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import intervals, people, retrieval
from ..embed import embed
from ..network import weights
from ..photos import market
from ..refused import Refused
from ..trials.twins import Family, ToldApart, tell_apart
from . import oracle


@dataclass(frozen=True)
class PartGrade:
    """What was decided right of one part.  right, ideal: by the network and by the oracle, chance 0.5.

    excess: (right - 0.5) / (ideal - 0.5).  The intervals, 95 %, are by bootstrap over families, which are twin pairs.
    """

    right: float
    right_interval: tuple[float, float]
    ideal: float
    excess: float
    excess_interval: tuple[float, float]
    families: int


@dataclass(frozen=True)
class Parts:
    """parts: by name.  all: over all parts."""

    parts: dict[str, PartGrade]
    all: PartGrade

    def __str__(self) -> str:
        lines = [f"{'':<14}{'families':>9}{'told apart':>12}{'':>18}{'oracle':>8}{'of its excess':>15}"]
        for name, part in (*self.parts.items(), ("all", self.all)):
            low, high = part.right_interval
            least, most = part.excess_interval
            lines.append(
                f"{name:<14}{part.families:>9}{part.right:>12.1%}  [{low:>6.1%}, {high:>6.1%}]{part.ideal:>8.1%}"
                f"{part.excess:>15.0%}  [{least:>4.0%}, {most:>4.0%}]"
            )
        return "\n".join([*lines, "Chance is 50 %. Intervals: 95 %, by bootstrap over families."])


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> Parts:
    """The shipped weights on all twins of a folder of rendered people."""
    return _measure(root, weights.shipped(), progress)


def _measure(root: Path, checkpoint: weights.Checkpoint, progress: Callable[[int, int], None] | None = None) -> Parts:
    """Some weights on all twins of a folder of rendered people, training photos included.

    Raises: Refused where the folder has no people.json, a mask is missing, or no twins can be compared.
    """
    records = {Path(record.path).name: record for record in people.read_people(root) if record.part}
    found = market.read(root)
    photos = [photo for photo in (*found.train, *found.query, *found.gallery) if photo.name in records]
    features = embed(checkpoint.model, photos, size=checkpoint.size, progress=progress).features
    known = [records[photo.name] for photo in photos]
    ours = tell_apart(retrieval.distances(features, features), known, known)
    return against_oracle(ours, oracle.run(root).told_apart)


def against_oracle(ours: ToldApart, ideal: ToldApart, seed: int = 0) -> Parts:
    """Grade comparisons by those of the oracle.  Both must be of the same families."""
    best = {family.members: family for family in ideal.families}
    if {family.members for family in ours.families} != set(best):
        raise Refused("the network and the oracle were asked about different twins; expected the same photos")
    pairs = [(family, best[family.members]) for family in ours.families]
    names = dict.fromkeys(family.part for family, _ in sorted(pairs, key=lambda pair: pair[0].part))
    rng = np.random.Generator(np.random.PCG64(seed))
    parts = {name: _grade([pair for pair in pairs if pair[0].part == name], rng) for name in names}
    return Parts(parts, _grade(pairs, rng))


def _grade(pairs: list[tuple[Family, Family]], rng: np.random.Generator, draws: int = 2000) -> PartGrade:
    queries = np.array([ours.queries for ours, _ in pairs], float)
    right = np.array([[ours.right, ideal.right] for ours, ideal in pairs])  # (families, 2)

    def means(network: np.ndarray, ideal: np.ndarray, count: np.ndarray) -> np.ndarray:
        return np.stack([intervals.ratio(network, count), intervals.ratio(ideal, count)])

    drawn = intervals.resampled(means, *(right.T * queries), queries, seed=rng, draws=draws)  # (2, draws)
    network, oracle_right = np.average(right, axis=0, weights=queries)
    return PartGrade(
        right=float(network),
        right_interval=intervals.bounds(drawn[0]),
        ideal=float(oracle_right),
        excess=float(_excess(network, oracle_right)),
        excess_interval=intervals.bounds(_excess(*drawn)),
        families=len(pairs),
    )


def _excess(right, ideal):
    return (right - 0.5) / np.maximum(ideal - 0.5, 1e-9)
