"""Answers that a student finds and does not compute: the student names a photo, and the kit checks it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from .compare import quiet

RIGHT = "right"


@dataclass(frozen=True)
class Diagnosis:
    """What was found.  kind: RIGHT, or the name of a mistake, or "other".  says: a sentence."""

    kind: str
    says: str = ""


class Finds:
    """Compare what two functions without arguments found.

    look: (the values that were returned) -> Diagnosis.  For the same value it always says the same.
    parts: what each of these values is, in words.
    """

    def __init__(self, look: Callable[..., Diagnosis], *parts: str):
        self.look, self.parts = lru_cache(maxsize=200)(look), parts

    def seen(self, answer: Any) -> Diagnosis:
        """Call an answer, and judge what it returns: by `look` if it has as many values as `parts`."""
        with quiet(0):
            value = answer()
        values = value if isinstance(value, tuple) else (value,)
        if value is None:
            return Diagnosis("other", f"It returns None: is a `return` missing? Expected: {self._wanted()}.")
        if len(values) != len(self.parts):
            came = "one value" if len(values) == 1 else f"{len(values)} values"
            return Diagnosis("other", f"It returns {came}. Expected: {self._wanted()}.")
        if not all(_hashable(one) for one in values):
            return Diagnosis("other", f"It returns {str(value)[:80]!r}. Expected names and numbers: {self._wanted()}.")
        return self.look(*values)

    def _wanted(self) -> str:
        *most, last = self.parts
        return f"{len(self.parts)} values, {', '.join(most)} and {last}" if most else f"one value, {last}"

    def trial(self, answer: Any, seed: int) -> "FindsTrial":
        return FindsTrial(self, answer)


@dataclass(frozen=True)
class FindsTrial:
    """An answer that was called, once."""

    finds: Finds
    answer: Any

    @cached_property
    def outcome(self) -> Diagnosis | Exception:
        """How the answer was judged, or the exception that it raised."""
        try:
            return self.finds.seen(self.answer)
        except Exception as error:
            return error

    def changed(self) -> tuple[str, ...]:
        return ()

    def error(self, other: Any) -> tuple[Exception, str] | None:
        return (self.outcome, "It") if isinstance(self.outcome, Exception) else None

    def difference(self, other: Any) -> str | None:
        if isinstance(self.outcome, Exception):
            return f"It raises {type(self.outcome).__name__}."
        same = self.outcome.kind == self.finds.seen(other).kind
        return None if same else self.outcome.says or "This is not what the task asks for."


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
