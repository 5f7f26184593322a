"""The table of runs: one line of a CSV file a run, which a kill at any moment leaves whole but for its last line.

A run is a record: a frozen dataclass of texts, numbers and rows of numbers. `Outcome` is that of a training.
"""

import csv
import io
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from .. import assets, whole
from ..refused import Refused

SHIPPED = "results"  # folder of the assets


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


Run = TypeVar("Run")


def shipped(name: str, kind: type[Run] = Outcome) -> tuple[Run, ...]:
    """The runs that ship with the kit.  Raises: FileNotFoundError where this copy lacks them."""
    return read(assets.path(f"{SHIPPED}/{name}.csv"), kind)


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


def read(path: Path | str, kind: type[Run] = Outcome) -> tuple[Run, ...]:
    """The runs in a CSV file; a last line that was cut short does not count.

    Raises: Refused for a file of other columns.
    """
    return _parsed(_lines(path, kind)[0], path, kind)


def started(path: Path, kind: type[Run] = Outcome) -> tuple[Run, ...]:
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
        raise Refused(f"{path} is no file of runs: {error}") from error
    cut = lines.pop() if lines and not lines[-1].endswith("\n") else ""
    if cut and lines and lines[0] == _head(kind) and _is_run(cut, kind):
        return [*lines, f"{cut}\n"], ""
    return lines, cut


def _parsed(lines: list[str], path: Path | str, kind: type[Run]) -> tuple[Run, ...]:
    if not lines or lines[0] != _head(kind):
        raise Refused(f"{path} is no file of runs: expected the columns {', '.join(_names(kind))}")
    try:
        return tuple(_parse(row, path, kind) for row in csv.reader(lines[1:]))
    except csv.Error as error:
        raise Refused(f"{path} is no file of runs: {error}") from error


def _parse(row: list[str], path: Path | str, kind: type[Run]) -> Run:
    def value(wanted: type, text: str) -> object:
        return wanted(text) if wanted in (int, float, str) else tuple(float(part) for part in text.split())

    try:
        return kind(*(value(f.type, text) for f, text in zip(fields(kind), row, strict=True)))
    except ValueError as error:
        raise Refused(f"{path} holds a line that is no run: {','.join(row)[:60]} ... ({error})") from error


def _is_run(line: str, kind: type) -> bool:
    """Whether a line without its end is a whole run: it reads as one, would be written just so, its rows as long."""
    try:
        run = _parse(next(csv.reader([line])), "", kind)
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
