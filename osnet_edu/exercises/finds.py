"""Answers that were looked for, and not computed: a student names a photo, and the kit looks whether it is one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .compare import quiet

RIGHT = "right"


@dataclass(frozen=True)
class Seen:
    """What was found.  kind: RIGHT, or the name of a mistake, or "other".  says: a sentence."""

    kind: str
    says: str = ""


class Finds:
    """Compare what two functions without arguments found.

    look: (the values that were returned) -> Seen.  What it says of a value does not change.
    """

    def __init__(self, look: Callable[..., Seen]):
        self.look = lru_cache(maxsize=200)(look)

    def seen(self, answer: Any) -> Seen:
        with quiet(0):
            value = answer()
        values = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(one, str | int | float | tuple) for one in values):
            return Seen("other", f"It returns {str(value)[:80]!r}, where names and numbers are expected.")
        try:
            return self.look(*values)
        except TypeError:
            return Seen("other", f"It returns {len(values)} values, where another number of them is expected.")

    def trial(self, answer: Any, seed: int) -> "FindsTrial":
        return FindsTrial(self, answer)


@dataclass(frozen=True)
class FindsTrial:
    """An answer that was called."""

    finds: Finds
    answer: Any

    def changed(self) -> tuple[str, ...]:
        return ()

    def error(self, other: Any) -> Exception | None:
        try:
            self.finds.seen(self.answer)
        except Exception as error:
            return error
        return None

    def difference(self, other: Any) -> str | None:
        try:
            mine = self.finds.seen(self.answer)
        except Exception as error:
            return f"It raises {type(error).__name__}."
        return None if mine.kind == self.finds.seen(other).kind else mine.says or "It is not what was looked for."
