"""The table of runs: one line of a CSV file a run, which a kill at any moment leaves whole but for its last line.

A run is a record: a frozen dataclass of texts, numbers and rows of numbers. `Outcome` is that of a training.
"""

import csv
import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, cast, overload

from .. import assets
from ..machine import whole
from ..refused import Refused

_SHIPPED = "results"  # folder of the assets


@dataclass(frozen=True)
class Outcome:
    """One run.  Scores are fractions in [0, 1].

    photos: seen in training.  people: trained on.  rank1, mean_ap: of the test.  twins: told apart, chance one half;
    nan where the folder has none.  seen_map, unseen_map: mAP among as many training and test people, `compared` of
    each.  cross_entropy, accuracy: of the classifier on the training photos of those people, as they are.
    seconds: of training.  compute: how it was computed.  data: fingerprint of the photos trained and tested on.
    person_rank1, person_map: (people in the test,) means over a person's queries, in the order of their ids.
    """

    variant: str
    seed: int
    photos: int
    people: int
    rank1: float
    mean_ap: float
    twins: float
    seen_map: float
    unseen_map: float
    compared: int
    cross_entropy: float
    accuracy: float
    seconds: float
    compute: str
    data: str
    person_rank1: tuple[float, ...] = field(repr=False)
    person_map: tuple[float, ...] = field(repr=False)

    def __post_init__(self):
        """Raises: Refused for a number that no run can have, so that no table is read that holds one."""
        if min(self.photos, self.people, self.compared) < 1:
            raise Refused(f"photos, people and compared must be 1 or more, got {self.photos}, {self.people}, "
                          f"{self.compared}")  # fmt: skip
        shares = {name: getattr(self, name) for name in ("rank1", "mean_ap", "seen_map", "unseen_map", "accuracy")}
        shares |= {f"{name} of person {k}": share for name in ("person_rank1", "person_map")
                   for k, share in enumerate(getattr(self, name), start=1)}  # fmt: skip
        may_lack = "twins", "person_map"  # a folder without twins, a person whose queries have no match
        for name, share in {**shares, "twins": self.twins}.items():
            if not (0 <= share <= 1 or (math.isnan(share) and name.startswith(may_lack))):
                raise Refused(f"{name} must be a fraction from 0 to 1, got {share:g}")
        for name, value in {"cross_entropy": self.cross_entropy, "seconds": self.seconds}.items():
            if not 0 <= value < math.inf:
                raise Refused(f"{name} must be a number from 0, got {value:g}")
        if len(self.person_rank1) != len(self.person_map):
            raise Refused(f"person_rank1 and person_map must be of the same people, got {len(self.person_rank1)} and "
                          f"{len(self.person_map)} numbers")  # fmt: skip

    @property
    def key(self) -> tuple[str, int]:
        """What no two runs of a table share."""
        return self.variant, self.seed


_Run = TypeVar("_Run")


@overload
def shipped_runs(name: str) -> tuple[Outcome, ...]: ...
@overload
def shipped_runs(name: str, kind: type[_Run]) -> tuple[_Run, ...]: ...
def shipped_runs(name: str, kind: type = Outcome) -> tuple:
    """The runs that ship with the kit.  Raises: FileNotFoundError where this copy lacks them."""
    return read(assets.path(f"{_SHIPPED}/{name}.csv"), kind)


def file_of_runs(name: str, out: Path | str, kind: type = Outcome) -> Path:
    """The file in which an experiment keeps its runs, to be asked before the work starts.

    Raises: Refused where the folder cannot be, or where a file of that name is there and holds no runs.
    """
    path = whole.given(out) / f"{name}.csv"
    if not path.parent.is_dir():
        whole.new_folder(path.parent)
    elif not path.is_file():
        whole.new_file(path)
    else:
        started(path, kind)
    return path


@overload
def read(path: Path | str) -> tuple[Outcome, ...]: ...
@overload
def read(path: Path | str, kind: type[_Run]) -> tuple[_Run, ...]: ...
def read(path: Path | str, kind: type = Outcome) -> tuple:
    """The runs in a CSV file; a last line that was cut short does not count.

    Raises: Refused for a file of other columns.
    """
    return _parsed(_lines(path, kind)[0], path, kind)


@overload
def started(path: Path) -> tuple[Outcome, ...]: ...
@overload
def started(path: Path, kind: type[_Run]) -> tuple[_Run, ...]: ...
def started(path: Path, kind: type = Outcome) -> tuple:
    """The runs in a file that is to be written on; none where a kill cut its very first line short."""
    lines, cut = _lines(path, kind)
    return _parsed(lines, path, kind) if lines or not _head(kind).startswith(cut) else ()


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _head(kind: type) -> str:
    return ",".join(_names(kind)) + "\n"


def _lines(path: Path | str, kind: type) -> tuple[list[str], str]:
    """The whole lines of a file, and what stands behind the last line's end, which a kill has cut short.

    A last run is whole without an end of line too, as an editor may have left it.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not a file of runs: {error}") from error
    cut = lines.pop() if lines and not lines[-1].endswith("\n") else ""
    if cut and lines and lines[0] == _head(kind) and _is_run(cut, kind):
        return [*lines, f"{cut}\n"], ""
    return lines, cut


def _parsed(lines: list[str], path: Path | str, kind: type[_Run]) -> tuple[_Run, ...]:
    if not lines or lines[0] != _head(kind):
        raise Refused(f"{path} is not a file of runs: expected the columns {', '.join(_names(kind))}")
    try:
        runs = tuple(_parse(row, path, kind) for row in csv.reader(lines[1:]))
    except csv.Error as error:
        raise Refused(f"{path} is not a file of runs: {error}") from error
    _check_together(runs, path)
    return runs


def _check_together(runs: Sequence[_Run], path: Path | str) -> None:
    """Whether lines can stand in one table: no run twice, and tests of the same photos by the same people."""
    first: dict[object, int] = {}
    tested: dict[str, tuple[int, int]] = {}
    for line, run in enumerate(runs, start=2):
        key: Any = getattr(run, "key", line)  # no line comes twice
        if key in first:
            raise Refused(f"{path} holds the run {' '.join(map(str, key))} twice, in lines {first[key]} and {line}; "
                          "expected one of them")  # fmt: skip
        first[key] = line
        if isinstance(run, Outcome):
            before, people = tested.setdefault(run.data, (line, len(run.person_map)))
            if len(run.person_map) != people:
                raise Refused(f"{path} holds runs tested on the same photos by {people} people in line {before} and by "
                              f"{len(run.person_map)} in line {line}; one line is of another table")  # fmt: skip


def _parse(row: list[str], path: Path | str, kind: type[_Run]) -> _Run:
    def value(wanted: Any, text: str) -> object:
        return wanted(text) if wanted in (int, float, str) else tuple(float(part) for part in text.split())

    try:
        return kind(*(value(f.type, text) for f, text in zip(fields(cast(Any, kind)), row, strict=True)))
    except ValueError as error:
        raise Refused(f"{path} has a line that is not a run: {','.join(row)[:60]} ... ({error})") from error


def _is_run(line: str, kind: type) -> bool:
    """Whether a line without its end is a whole run: it reads as one, would be written just so, its rows as long."""
    try:
        run: object = _parse(next(csv.reader([line])), "", kind)
    except Refused:
        return False
    rows = {len(value) for value in (getattr(run, name) for name in _names(kind)) if isinstance(value, tuple)}
    return _line(run) == f"{line}\n" and len(rows) <= 1


def repair(path: Path, kind: type = Outcome) -> None:
    """Take a line out that a kill cut short, so that the next run gets a line of its own."""
    if not path.is_file():
        return
    whole_lines = "".join(_lines(path, kind)[0])
    if whole_lines != path.read_text(encoding="utf-8"):
        with whole.file(path, replace=True) as growing:
            growing.write_text(whole_lines, encoding="utf-8")


def append(path: Path, run: object) -> None:
    """Add a run as the last line, and leave only when the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.is_file() or not path.stat().st_size
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(_head(type(run)) * new + _line(run))
        file.flush()
        os.fsync(file.fileno())


def _line(run: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(_text(getattr(run, name)) for name in _names(type(run)))
    return line.getvalue()


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(f"{part:.4f}" for part in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
