"""The grades of a method as `grade --out CSV` wrote them: read again, and shown by part."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import figures, intervals
from ..refused import Refused

_COLUMNS = ("part", "family", "noticed", "rank", "rank_untrained")
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Grades:
    """The pairs whose difference the network notices, N of `pairs` in all.

    name: of the file.  part, family: (N,) of each pair.  rank, untrained: (N,) rank accuracy of the map of the network,
    and of the map of one that was never trained.
    """

    name: str
    pairs: int
    part: np.ndarray
    family: np.ndarray
    rank: np.ndarray
    untrained: np.ndarray

    def mean(self, values: np.ndarray, part: str = "") -> intervals.Interval:
        """The mean of (N,) values, of one part or of all, 95 % over families."""
        chosen = self.part == part if part else np.ones(len(self.part), bool)
        return intervals.clustered_mean(*intervals.by_cluster(values[chosen], self.family[chosen]))

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for part in ("", *dict.fromkeys(self.part.tolist())):
            count = int((self.part == part).sum()) if part else len(self.part)
            means = (self.mean(values, part) for values in (self.rank, self.untrained))
            yield part or "all parts", str(count), *(mean.cell(0).replace("[ ", "[") for mean in means)

    def shown(self) -> figures.Findings:
        """The mean rank by part, for a notebook."""
        gain = self.mean(self.rank - self.untrained)
        above = "better than" if gain.low > 0 else "worse than" if gain.high < 0 else "not told apart from"
        return figures.Findings(
            (
                f"{self.name}: the maps are {above} those of a network that was never trained.",
                f"The difference of the mean ranks is {gain.cell(0)}.",
            ),
            f"Mean rank accuracy of the {len(self.part)} of {self.pairs} differences that the network notices, "
            "with 95 % over families",
            ("part", "pairs", "rank", "never trained"),
            (("", tuple(self._rows())),),
        )


def read_grades(path: Path | str) -> Grades:
    """The grades of a table that `grade` wrote.  Raises: Refused for another file."""
    path = Path(path)
    if not os.path.isfile(path):  # False also for a name that no file can have
        raise Refused(f"{path} is not a file; expected a table that `python -m osnet_edu grade --out CSV` wrote")
    if path.stat().st_size > _MOST_BYTES:
        raise Refused(f"{path} has {path.stat().st_size / 1e6:.0f} MB; a table of grades has less than 1")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (ValueError, csv.Error) as error:
        raise Refused(f"{path} is not a table that `grade` wrote: {error}") from error
    lacks = [name for name in _COLUMNS if not rows or name not in rows[0]]
    if lacks:
        raise Refused(f"{path} is not a table that `grade` wrote: it has no column {lacks[0]}, or no row")
    noticed = [_checked(path, number, row) for number, row in enumerate(rows, start=2)]
    some = [row for row, seen in zip(rows, noticed, strict=True) if seen]
    if not some:
        raise Refused(f"{path} holds no difference that the network notices: there is nothing to show")
    part, family = (np.array([row[name] for row in some]) for name in ("part", "family"))
    rank, untrained = (np.array([float(row[name]) for row in some]) for name in ("rank", "rank_untrained"))
    return Grades(path.name, len(rows), part, family, rank, untrained)


def _checked(path: Path, number: int, row: dict[str, str]) -> bool:
    """Whether a line is of a difference that the network notices.  Raises: Refused for a line that is incomplete."""
    if any(not row[name] for name in _COLUMNS):
        raise Refused(f"{path}, line {number}: it is incomplete; expected {', '.join(_COLUMNS)}")
    for name in ("rank", "rank_untrained"):
        try:
            fine = 0 <= float(row[name]) <= 1
        except ValueError:
            fine = False
        if not fine:
            raise Refused(f"{path}, line {number}: {name} is {row[name]!r}; expected a number from 0 to 1")
    if row["noticed"] not in ("0", "1"):
        raise Refused(f"{path}, line {number}: noticed is {row['noticed']!r}; expected 0 or 1")
    return row["noticed"] == "1"
