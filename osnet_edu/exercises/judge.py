"""From an answer to a verdict: right, a mistake with a name, a property that fails, or an example that does not fit.

A mistake is named only where the answer behaves exactly as that wrong answer does, on two independent draws of inputs.
Everything else is an observation: what was given, what came back, what was expected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .compare import Failed, quiet, undisturbed
from .guard import text_of
from .record import Exercise

_SEEDS = (1, 2)
IN_PLACE = "in place"  # a mistake that any exercise knows


@dataclass(frozen=True)
class Verdict:
    """What is said about a cell.

    state: "right", "wrong", or, where there was nothing to check, "open" (not attempted), "failed" (it raised),
    "slow" (the time limit ended it) or "refused" (no such exercise, no such name in the cell).
    says: sentences, plain text.  mistake: the name of a known mistake.  code: lines of the student's to show.
    notes: what else is worth saying, such as that prints were cut.
    """

    state: str
    says: str
    mistake: str | None = None
    code: str = ""
    notes: tuple[str, ...] = ()


def judge(
    task: Exercise,
    answer: Any,
    frame: Callable[[BaseException], str] = lambda error: "",
    listener=None,
    seeds: tuple[int, ...] = _SEEDS,
) -> Verdict:
    """Check an answer: the object that the student's cell bound to task.answer.

    frame: from an exception to the student's own lines that raised it.  listener: a stream for what the answer prints.
    seeds: of the inputs; a report draws its own, so that nobody knows them beforehand.
    """
    if not callable(answer):
        return Verdict("refused", f"`{task.answer}` is neither a function nor a class, so it cannot be called.")
    with undisturbed(listener):
        return _judge(task, answer, frame, seeds)


def _judge(task: Exercise, answer: Any, frame: Callable[[BaseException], str], seeds: tuple[int, ...]) -> Verdict:
    trials = [task.comparison.trial(answer, seed) for seed in seeds]
    if changed := next((names for trial in trials if (names := trial.changed())), ()):
        return Verdict(
            "wrong",
            f"It changes its input {' and '.join(f'`{name}`' for name in changed)} in place: the caller still needs "
            "that value. Make a new value instead; `a = a + b` does, `a += b` does not.",
            IN_PLACE,
        )
    differs = next((told for trial in trials if (told := trial.difference(task.reference))), None)
    if differs is None:
        return Verdict("right", "Every check passes.")
    for mistake in task.mistakes:
        if all(trial.difference(mistake.wrong) is None for trial in trials):
            return Verdict("wrong", mistake.says, mistake.name)
    if raised := next((raised for trial in trials if (raised := trial.error(task.reference))), None):
        error, given = raised
        if isinstance(error, Failed):
            told, error = str(error), error.__cause__ or error
        else:
            told = f"{type(error).__name__}: {' '.join(text_of(error)[:400].split())}"
        return Verdict("failed", f"It defines `{task.answer}`. {given} raises {told}", code=frame(error))
    for one in task.properties:
        try:
            with quiet(0):
                told = one.check(answer)
        except Exception:
            continue  # the answer is too wrong for this property to apply, so nothing is said
        if told:
            return Verdict("wrong", told)
    return Verdict("wrong", differs)
