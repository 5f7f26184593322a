"""What an exercise is: a task, a starter with a hole, a reference, and the mistakes that can be told by behaviour."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Property:
    """Something that every right answer does.

    check: (answer) -> None where it holds, or one sentence that says what was seen and what was expected.
    """

    name: str
    check: Callable[[Any], str | None]


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer.  wrong: it, written out.  says: one or two sentences that name the mistake.

    It is diagnosed only where an answer behaves as `wrong` does on every input, and the reference does not.
    """

    name: str
    says: str
    wrong: Any


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One task of one notebook.

    answer: the name that the student's cell has to define.  starter: what stands in the cell, `...` marks a hole.
    stars: 1 to 4, how hard.  minutes: how long.  hints: given one after the other, before the solution.
    reference: the right answer.  same: (answer, other, seed) -> None where both behave alike, else a sentence.
    properties: in the order in which they are worth reading.  shows: the objects whose source is the solution.
    """

    name: str
    notebook: str
    title: str
    prompt: str
    starter: str
    answer: str
    stars: int
    minutes: int
    hints: tuple[str, ...]
    required: bool = False
    reference: Any = None
    same: Callable[[Any, Any, int], str | None] | None = None
    properties: tuple[Property, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    shows: tuple[Any, ...] = field(default=())
