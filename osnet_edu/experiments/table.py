"""The table of runs: one line of a CSV file a run, which a kill at any moment leaves whole but for its last line."""

import csv
import io
import os
from dataclasses import dataclass, field, fields
from pathlib import Path

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


_NAMES = [field.name for field in fields(Outcome)]
_HEAD = ",".join(_NAMES) + "\n"


def shipped(name: str) -> tuple[Outcome, ...]:
    """The runs that ship with the kit.  Raises: FileNotFoundError where this copy lacks them."""
    return read(assets.path(f"{SHIPPED}/{name}.csv"))


def file_of_runs(name: str, out: Path | str) -> Path:
    """The file in which an experiment keeps its runs, to be asked before the work starts.

    Raises: Refused where the folder cannot be, or where a file of that name is there and holds no runs.
    """
    path = whole.given(out) / f"{name}.csv"
    if not path.parent.is_dir():
        whole.new_folder(path.parent)
    elif not path.is_file():
        whole.new_file(path)
    else:
        started(path)
    return path


def read(path: Path | str) -> tuple[Outcome, ...]:
    """The runs in a CSV file; a last line that was cut short does not count.

    Raises: Refused for a file of other columns.
    """
    return _parsed(_lines(path)[0], path)


def started(path: Path) -> tuple[Outcome, ...]:
    """The runs in a file that is to be written on; none where a kill cut its very first line short."""
    lines, cut = _lines(path)
    return _parsed(lines, path) if lines or not _HEAD.startswith(cut) else ()


def _lines(path: Path | str) -> tuple[list[str], str]:
    """The whole lines of a file, and what stands behind the last line's end, which a kill has cut short.

    A last run is whole without an end of line too, as an editor may have left it.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is no file of runs: {error}") from error
    cut = lines.pop() if lines and not lines[-1].endswith("\n") else ""
    if cut and lines and lines[0] == _HEAD and _is_run(cut):
        return [*lines, f"{cut}\n"], ""
    return lines, cut


def _parsed(lines: list[str], path: Path | str) -> tuple[Outcome, ...]:
    if not lines or lines[0] != _HEAD:
        raise Refused(f"{path} is no file of runs: expected the columns {', '.join(_NAMES)}")
    try:
        return tuple(_parse(row, path) for row in csv.reader(lines[1:]))
    except csv.Error as error:
        raise Refused(f"{path} is no file of runs: {error}") from error


def _parse(row: list[str], path: Path | str) -> Outcome:
    def value(kind: type, text: str) -> object:
        return kind(text) if kind in (int, float, str) else tuple(float(part) for part in text.split())

    try:
        return Outcome(*(value(f.type, text) for f, text in zip(fields(Outcome), row, strict=True)))
    except ValueError as error:
        raise Refused(f"{path} holds a line that is no run: {','.join(row)[:60]} ... ({error})") from error


def _is_run(line: str) -> bool:
    """Whether a line without its end is a whole run: it reads as one, and would be written just so."""
    try:
        run = _parse(next(csv.reader([line])), "")
    except Refused:
        return False
    return _line(run) == f"{line}\n" and len(run.person_map) == len(run.person_rank1)


def repair(path: Path) -> None:
    """Take a line out that a kill cut short, so that the next run gets a line of its own."""
    if not path.is_file():
        return
    whole_lines = "".join(_lines(path)[0])
    if whole_lines != path.read_text(encoding="utf-8"):
        with whole.file(path, replace=True) as growing:
            growing.write_text(whole_lines, encoding="utf-8")


def append(path: Path, outcome: Outcome) -> None:
    """Add a run as the last line, and leave only when the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.is_file() or not path.stat().st_size
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(_HEAD * new + _line(outcome))
        file.flush()
        os.fsync(file.fileno())


def _line(outcome: Outcome) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(_text(getattr(outcome, name)) for name in _NAMES)
    return line.getvalue()


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(f"{part:.4f}" for part in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
