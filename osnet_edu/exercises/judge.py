"""From an answer to a verdict: right, a mistake with a name, a property that fails, or an example that does not fit.

A mistake is named only where the answer behaves exactly as that wrong answer does, on two independent draws of inputs.
Everything else that is said is an observation: what was given, what came back, what was expected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .compare import Failed
from .record import Exercise

SEEDS = (1, 2)


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


def judge(task: Exercise, answer: Any, frame: Callable[[BaseException], str] = lambda error: "") -> Verdict:
    """Check an answer: the object that the student's cell bound to task.answer.

    frame: from an exception to the student's own lines that raised it.
    """
    if not callable(answer):
        return Verdict("refused", f"`{task.answer}` is no function and no class, so that there is nothing to call.")
    how = task.comparison
    for seed in SEEDS:
        if changed := how.trouble(answer, seed):
            names = " and ".join(f"`{name}`" for name in changed)
            return Verdict(
                "wrong",
                f"It changes its input {names} in place: whoever called it still needs that. Make a new value instead; "
                "`a = a + b` does, `a += b` does not.",
                "in place",
            )
    differs = next((told for seed in SEEDS if (told := how.difference(answer, task.reference, seed))), None)
    if differs is None:
        return Verdict("right", "Every check passes.")
    for mistake in task.mistakes:
        if all(how.difference(answer, mistake.wrong, seed) is None for seed in SEEDS):
            return Verdict("wrong", mistake.says, mistake.name)
    for seed in SEEDS:
        if error := how.error(answer, task.reference, seed):
            told = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
            return Verdict("failed", f"It defines `{task.answer}`, which raises {told}", code=frame(error))
    for one in task.properties:
        try:
            told = one.check(answer)
        except Exception:
            continue  # a property that does not apply to so wrong an answer says nothing
        if told:
            return Verdict("wrong", told)
    return Verdict("wrong", differs)
