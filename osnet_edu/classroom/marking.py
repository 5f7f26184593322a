"""A class's answers, run anew against the checks, one process for each. What is measured is kept until all is done."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import __version__
from ..exercises import GRADED, REGISTRY, Exercise, Finds, TimeUp, Verdict, begun, judge, own_task
from . import cells, far, notebooks, records

ANSWER_SECONDS = 10
MISSING = Verdict("missing", "There is no cell for it in this notebook.")
_ENDED = {
    "slow": "It did not end within {seconds} seconds and was stopped. Look for a loop whose condition never becomes "
    "false.",
    "crashed": "Its process ended before the checks did: it asked for more than the limits allow, or ended itself.",
}


@dataclass(frozen=True)
class AnswerMark:
    """What is known about one exercise of one student.

    number: of the student, as the notebook says it.  lesson: whose exercise it is.
    state: of `exercises.Verdict`, or "missing".  mistake, says: of the check.  hints, solution, told: how many hints
    and whether the solution was seen, and the mistakes on the way, as the student's own record has them; None where
    no record was handed in.
    """

    student: str
    number: str
    notebook: str
    lesson: str
    exercise: str
    title: str
    required: bool
    state: str
    mistake: str
    says: str
    hints: int | None = None
    solution: bool | None = None
    told: tuple[str, ...] | None = None

    @property
    def solved(self) -> bool:
        return self.state == "right"


@dataclass(frozen=True)
class Marked:
    """A class's marks.  left_out: notebooks that could not be used.  notes: sentences on the others.

    shut_in: whether the answers ran in processes that were shut in.
    """

    marks: tuple[AnswerMark, ...]
    left_out: tuple[notebooks.LeftOut, ...]
    notes: tuple[str, ...]
    shut_in: bool
    seconds: int


def mark_all(
    given: Sequence[Path | str],
    kept: Path,
    *,
    seconds: int = ANSWER_SECONDS,
    trust: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Marked:
    """Run the answers of notebooks and folders anew, and check them.

    kept: a file that grows by a line for each answer, so that a run that was broken off goes on there.
    seconds: for one answer.  trust: see cells.processes.
    Raises: Refused where no notebook is found, and where answers cannot be shut in and are not trusted.
    """
    handed, left_out = notebooks.read_all(given)
    notes = [f"{one.path}: {note}" for one in handed for note in one.notes]
    notes += _same_numbers(handed)
    marks: list[AnswerMark] = []
    total, done = sum(len(one.answers) for one in handed), 0
    seeds = (secrets.randbits(60), secrets.randbits(60))
    with cells.processes(seconds, trust=trust) as where, _journal(kept) as journal:
        for one in handed:
            record, skipped = records.beside(one.path)
            notes += skipped
            for answer in one.answers:
                about = (answer, seconds, where.shut_in)
                verdict = journal.ask(about, partial(check_answer, answer, where, seconds, seeds))
                marks.append(_mark(one, _task(answer), verdict, record))
                progress(done := done + 1, total)
        return Marked(tuple(marks), tuple(left_out), tuple(dict.fromkeys(notes)), where.shut_in, seconds)


def check_answer(
    answer: notebooks.AnswerCell, where: cells.Apart | cells.ShutIn, seconds: int, seeds: tuple[int, ...]
) -> Verdict:
    """The verdict on one answer.  Raises: Refused where no process can be started."""
    if answer.source is None:
        return MISSING
    if answer.exercise in GRADED and not answer.number:
        return Verdict(
            "refused", "The notebook does not say whose numbers these are: student_number(NUMBER) is missing."
        )
    # What is said of an answer's inside (properties) asks for the object itself, which stays in its process.
    task = replace(_task(answer), properties=())
    tree = begun(task, answer.source)
    if isinstance(tree, Verdict):
        return tree
    whole = isinstance(task.comparison, Finds)  # it may search the shipped people with the kit
    made_of = far.MadeOf(
        answer.source,
        task.answer,
        answer.context,
        notebooks.kit_of(task),
        str(cells.PACKAGE_FOLDER.parent) if whole else "",
    )
    cell = where.open(whole=whole)
    try:
        return judge(task, far.FarAnswer(cell, made_of), seeds=seeds)
    except far.Raised as error:
        line = f"line {error.line}: " if error.line else ""
        return Verdict("failed", f"Its cell raises {line}{error}")
    except far.Missing:
        return Verdict("refused", f"The cell does not define `{task.answer}` as something that can be called.")
    except TimeUp:
        cell.close()
        state = "slow" if cell.how == "slow" else "failed"
        return Verdict(state, _ENDED["slow" if state == "slow" else "crashed"].format(seconds=seconds))
    except Exception as error:  # a value that breaks a check: the rest of the class goes on
        return Verdict("failed", f"What `{task.answer}` returns cannot be checked: {type(error).__name__}.")
    finally:
        cell.close()


def _task(answer: notebooks.AnswerCell) -> Exercise:
    """The exercise of an answer, with the student's own numbers where it has some."""
    if answer.exercise not in GRADED:
        return REGISTRY[answer.exercise]
    return own_task(answer.exercise, answer.number or "nobody")


def _same_numbers(handed: Sequence[notebooks.HandedIn]) -> Iterator[str]:
    """A sentence for each number that notebooks of several students have."""
    owners: dict[str, dict[str, None]] = {}
    for one in handed:
        if one.number:
            owners.setdefault(one.number.lower(), {})[one.student] = None
    for number, students in owners.items():
        if len(students) > 1:
            yield f"{', '.join(students)} have the same student's number, {number}: one of them has another's numbers."


def _mark(one: notebooks.HandedIn, task: Exercise, verdict: Verdict, record: records.OwnRecord | None) -> AnswerMark:
    own = record.of(task.name) if record else None
    return AnswerMark(
        student=one.student,
        number=one.number,
        notebook=one.path.name,
        lesson=task.notebook,
        exercise=task.name,
        title=task.title,
        required=task.required,
        state=verdict.state,
        mistake=verdict.mistake or "",
        says=verdict.says,
        hints=own.hints if own else None,
        solution=own.solution if own else None,
        told=own.mistakes if own else None,
    )


# --- what is kept -----------------------------------------------------------------------------------------------------


class _Journal:
    def __init__(self, file: Any, known: dict[str, Verdict]):
        self._file, self._known = file, known

    def ask(self, about: tuple, find: Callable[[], Verdict]) -> Verdict:
        """The verdict that was kept, or one that is found and kept now.  Raises: OSError where the disk is full."""
        key = hashlib.sha256(repr((__version__, about)).encode()).hexdigest()
        if key not in self._known:
            self._known[key] = verdict = find()
            self._file.write(json.dumps({"key": key, **asdict(verdict)}) + "\n")
            self._file.flush()
        return self._known[key]


@contextmanager
def _journal(path: Path) -> Iterator[_Journal]:
    known = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
                key = row.pop("key")
                known[key] = Verdict(**{**row, "notes": tuple(row["notes"])})
            except (ValueError, TypeError, KeyError, AttributeError):
                continue  # the last line of a run that was broken off
    with open(path, "a", encoding="utf-8") as file:
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            file.write("\n")
        yield _Journal(file, known)
