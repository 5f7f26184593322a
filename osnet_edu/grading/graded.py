"""A method on the grading set: the grade of each map, their mean with an interval, and the difference of two methods.

A method is a function (query, photo) -> heat (H, W), signed; it says what in the photo speaks for and against the
query, and the negative part is graded. It sees these two photos alone. Families of twins are drawn again for the
intervals, because photos of one family are alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from .. import intervals
from ..machine import pool
from ..refused import Refused
from . import marks
from .frozen import Cases

PairMethod = Callable[[np.ndarray, np.ndarray], np.ndarray]
Progress = Callable[[int, int], None]
SCORES = ("rank", "mass", "pointing")


@dataclass(frozen=True)
class Graded:
    """Grades of N maps, each (N,) in [0, 1].  part, family: of each.  chance: what a uniform map would get."""

    rank: np.ndarray
    mass: np.ndarray
    pointing: np.ndarray
    chance: np.ndarray
    part: np.ndarray
    family: np.ndarray

    def mean(self, score: str = "rank") -> intervals.Interval:
        """The mean of a score, 95 % over families."""
        return _mean(getattr(self, _known(score)), self.family)

    def only(self, chosen: np.ndarray) -> "Graded":
        """The grades of some of the maps.  chosen: (N,) bool."""
        return Graded(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def by_part(self, score: str = "rank") -> dict[str, tuple[float, int]]:
        """The mean of a score and the number of maps, for each part."""
        values = getattr(self, _known(score))
        totals, counts = intervals.by_cluster(values, self.part)
        parts = dict.fromkeys(self.part.tolist())
        return {part: (float(t / n), int(n)) for part, t, n in zip(parts, totals, counts, strict=True)}


def of(
    method: PairMethod, cases: Cases, chosen: np.ndarray, *, same_view: bool = False, progress: Progress | None = None
) -> Graded:
    """Grade a method.

    chosen: (N,) bool, the cases to grade, such as those a network noticed.
    same_view: the reference is the person in exactly the photo's view, the easy table; else the query, from another
        camera.
    progress: (maps done, maps in all).
    Raises: Refused for no case, and for a map that is not (H, W) of finite numbers, with the case's number.
    """
    numbers = np.flatnonzero(chosen)
    if not len(numbers):
        raise Refused("no case was chosen: there is nothing to grade")
    reference = cases.same if same_view else cases.query
    rows = []
    for k in numbers:
        pool.check_wanted()
        try:
            grade = marks.grade(method(reference[k].copy(), cases.negative[k].copy()), cases.truth[k], against=True)
        except Refused as error:
            raise Refused(f"case {k}: {error}") from error
        rows.append((grade.rank, grade.mass, grade.pointing, grade.chance))
        if progress:
            progress(len(rows), len(numbers))
    rank, mass, pointing, chance = np.array(rows).T
    return Graded(rank, mass, pointing, chance, cases.part[numbers], cases.family[numbers])


def grade_difference(one: Graded, other: Graded, score: str = "rank") -> intervals.Interval:
    """How much better one method is on the same cases: the mean, pair by pair, 95 % over families.

    Raises: Refused where the cases are not the same.
    """
    if not np.array_equal(one.family, other.family):
        raise Refused("the two methods were graded on other cases: their difference would not be paired")
    return _mean(getattr(one, _known(score)) - getattr(other, score), one.family)


def _mean(values: np.ndarray, family: np.ndarray) -> intervals.Interval:
    return intervals.clustered_mean(*intervals.by_cluster(values, family))


def _known(score: str) -> str:
    if score not in SCORES:
        raise Refused(f"a score is one of {', '.join(SCORES)}, got {score!r}")
    return score
