"""Students' own records, as `progress` writes them: what they say they did. They are read here, and never trusted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .. import progress
from ..refused import Refused

_MOST_BYTES, _MOST_TEXT = 20_000_000, 400


@dataclass(frozen=True)
class Entry:
    """One line of a record.  at: seconds since 1970."""

    lesson: str
    exercise: str
    what: str
    detail: str
    at: float


@dataclass(frozen=True)
class Own:
    """What a record says about one exercise."""

    hints: int
    solution: bool
    mistakes: tuple[str, ...]


@dataclass(frozen=True)
class OwnRecord:
    """The entries of one student, in the order of the file.  strange: lines that are not events."""

    entries: tuple[Entry, ...]
    strange: int = 0

    def of(self, exercise: str) -> Own:
        """What it says about an exercise."""
        mine = [one for one in self.entries if one.exercise == exercise]
        mistakes = dict.fromkeys(one.detail for one in mine if one.what == progress.MISTAKE and one.detail)
        return Own(
            sum(one.what == progress.HINT for one in mine),
            any(one.what == progress.SOLUTION for one in mine),
            tuple(mistakes),
        )


def read_own_record(path: Path) -> OwnRecord:
    """One record.  A torn last line is skipped.  Raises: Refused, in a sentence, for another kind of file."""
    try:
        if not path.is_file():
            raise Refused("it is not a file")
        if path.stat().st_size > _MOST_BYTES:
            raise Refused(f"it is larger than {_MOST_BYTES // 1_000_000} MB, so it is not the record of one student")
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror or error}") from None
    found = [_event(line) for line in lines if line.strip()]
    entries = [event for event in found if event is not None]
    torn = bool(found) and found[-1] is None and bool(lines[-1].strip())
    strange = len(found) - len(entries) - torn
    if not entries and (strange or torn):
        raise Refused("no line of it is an event of a student's record")
    return OwnRecord(tuple(entries), strange)


def beside(notebook: Path) -> tuple[OwnRecord | None, list[str]]:
    """The record that lies beside a notebook, if there is one, and what is to be said about it."""
    path = notebook.parent / progress.PROGRESS_FILE
    if not path.exists():
        return None, []
    try:
        record = read_own_record(path)
    except Refused as why:
        return None, [f"{path} was not used: {why}."]
    return record, [f"{path}: {record.strange} of its lines are not events."] if record.strange else []


def _event(line: bytes) -> Entry | None:
    """The event of a line, if a student's kit can have written it."""
    event = progress.event_of(line)
    if event is None or event.what not in progress.EVENTS:
        return None
    if any(len(text) > _MOST_TEXT for text in (event.lesson, event.exercise, event.detail)):
        return None
    try:
        at = datetime.fromisoformat(event.at)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Entry(event.lesson, event.exercise, event.what, event.detail, at.timestamp())


def read_folder(folder: Path) -> Iterator[tuple[Path, OwnRecord | Refused]]:
    """Every file of a folder and of the folders in it, with its record or why it is not used."""
    if not folder.is_dir():
        raise Refused(
            f"{folder} is not a folder; expected one into which the class has put its {progress.PROGRESS_FILE} files"
        )
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            try:
                yield path, read_own_record(path)
            except Refused as why:
                yield path, why
