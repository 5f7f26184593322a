"""What a student has done, kept across notebooks and kernels: a file of events, one a line, only ever appended to.

An event is a JSON object with the strings lesson, exercise, what, detail and at; no name of a person is in it. Two
kernels may write at once, and other versions of the kit may add fields or events. What cannot be read is counted, left
out, and stays in the file.

The file is progress.jsonl in the folder that OSNET_EDU_PROGRESS names, else in my_notebooks/ of the checkout, else in
the kit's cache. With OSNET_EDU_PROGRESS="" nothing is kept.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import assets
from .refused import Refused, plain

PROGRESS_FILE, _VARIABLE = "progress.jsonl", "OSNET_EDU_PROGRESS"
SOLVED, MISTAKE, HINT, SOLUTION, PREDICTED, OPENED = "solved", "mistake", "hint", "solution", "predicted", "opened"
EVENTS = (SOLVED, MISTAKE, HINT, SOLUTION, PREDICTED, OPENED)
_FIELDS = ("lesson", "exercise", "what", "detail", "at")
_LONGEST = 200  # letters of a field
_CHECKOUT = Path(__file__).resolve().parent.parent

_followers: dict[str, Callable[[], None]] = {}
_trouble: list[str] = []  # why the last event was not kept


@dataclass(frozen=True)
class Event:
    """One thing that a student did.

    lesson: its two digits, "04".  exercise: the name of an exercise, or the key of a prediction, "04.one-weight".
    what: "solved", "mistake", "hint", "solution", "predicted" or "opened".  detail: the kind of mistake, the number of
    the hint or of the chosen answer.  at: the time, ISO 8601 in seconds, UTC.
    """

    lesson: str
    exercise: str
    what: str
    detail: str
    at: str


@dataclass(frozen=True)
class Kept:
    """What a file holds.  events: in the order of the file.  damaged: lines that are not events.  problem: why the file
    could not be read at all, "" where it was or is not there yet."""

    events: tuple[Event, ...] = ()
    damaged: int = 0
    problem: str = ""


def kept_in() -> Path | None:
    """Where events are kept; None where the setting says nowhere.  Raises: Refused where there is no place for it."""
    named = os.environ.get(_VARIABLE)
    if named == "":
        return None
    if named is not None:
        return Path(os.path.expanduser(named)) / PROGRESS_FILE
    mine = _CHECKOUT / "my_notebooks"
    return (mine if mine.is_dir() else assets.cache()) / PROGRESS_FILE


def note(lesson: str, exercise: str, what: str, detail: str = "") -> None:
    """Keep an event. It never raises for the sake of the file: `trouble` then says what is wrong."""
    values = (lesson, exercise, what, detail, datetime.now(UTC).isoformat(timespec="seconds"))
    event = {name: plain(value, _LONGEST) for name, value in zip(_FIELDS, values, strict=True)}
    try:
        where = kept_in()
        if where is not None:
            _append(where, json.dumps(event) + "\n")
        _trouble.clear()
    except (OSError, Refused, ValueError) as error:
        _trouble[:] = [_not_kept(error)]
    for follower in list(_followers.values()):
        follower()


def _append(where: Path, line: str) -> None:
    """One write at the end of the file; a torn last line of another process is ended first."""
    where.parent.mkdir(parents=True, exist_ok=True)
    with open(where, "ab+", buffering=0) as kept:
        end = kept.seek(0, os.SEEK_END)
        kept.seek(max(end - 1, 0))
        torn = end > 0 and kept.read(1) != b"\n"
        written = ("\n" * torn + line).encode()
        if kept.write(written) != len(written):
            raise OSError("the disk is full")


def _not_kept(error: Exception) -> str:
    why = getattr(error, "strerror", None) or str(error)
    where = getattr(error, "filename", None)
    return f"Your progress is not kept: {f'{where}: ' if where else ''}{why}. The lesson goes on without it."


def trouble() -> str:
    """Why the last event was not kept, in a sentence; "" where it was."""
    return _trouble[0] if _trouble else ""


def follow(follower: Callable[[], None], name: str) -> None:
    """Call this after each event of this process, kept or not, in place of the earlier follower of this name."""
    _followers[name] = follower


def read(path: Path | str | None = None) -> Kept:
    """What was kept.  path: a file of events; without it this student's own."""
    try:
        found = kept_in() if path is None else Path(path)
        if found is None or not found.exists():
            return Kept()
        lines = found.read_bytes().split(b"\n")
    except (OSError, Refused, ValueError) as error:
        return Kept(problem=f"Your progress cannot be read: {getattr(error, 'strerror', None) or error}.")
    events = [event_of(line) for line in lines if line.strip()]
    whole = tuple(event for event in events if event is not None)
    return Kept(whole, len(events) - len(whole))


def event_of(line: bytes) -> Event | None:
    """The event that a line is; None for any other line."""
    try:
        told = json.loads(line)
        values = [told[name] for name in _FIELDS]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    return Event(*values) if all(isinstance(value, str) for value in values) else None
