"""What an exercise is: a task, a starter with a hole, a reference, and the mistakes that can be told by behaviour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Trial(Protocol):
    """An answer called with the inputs of one seed."""

    def changed(self) -> tuple[str, ...]:
        """The names of what it altered in place."""

    def error(self, other: Any) -> tuple[Exception, str] | None:
        """What it raises where the other answer raises nothing, and in which call: "With `x = 3` it"."""

    def difference(self, other: Any) -> str | None:
        """None where both behave alike on every input, else a sentence on the first difference."""


class _Comparison(Protocol):
    """How two answers to one exercise are compared: compare.Calls for functions, compare.Builds for layers."""

    def trial(self, answer: Any, seed: int) -> Trial:
        """Call an answer with the inputs of one seed.  answer: what the student's cell defines."""


@dataclass(frozen=True)
class Property:
    """A property that every right answer has.

    check: (answer) -> None if it holds, or one sentence that says what was seen and what was expected.
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
    reference: the right answer, often made of the library's own classes.  comparison: how another is held against it.
    solution: the model answer of `answers/`, where it is not the reference itself.
    shows: what of the library does the same; its source stands below the model answer.
    properties: in the order in which they are worth reading.
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
    reference: Any
    comparison: _Comparison
    mistakes: tuple[Mistake, ...]
    properties: tuple[Property, ...] = ()
    required: bool = False
    solution: Any = None
    shows: tuple[Any, ...] = ()

    @property
    def model_answer(self) -> Any:
        """The function or class that a student may write."""
        return self.solution or self.reference
