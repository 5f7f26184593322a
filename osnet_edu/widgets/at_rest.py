"""Work that waits until a page asks for nothing, done in small steps between its messages."""

import asyncio
from collections.abc import Iterator

from ..refused import Refused

QUIET = 0.5  # seconds without a message before the first step
PAUSE = 0.02  # seconds between two steps, in which a message may come


class AtRest:
    """Does steps one by one, on the loop that the page's messages come by: a step and a message never overlap.

    steps: each may take some tenths of a second, which is as long as a message may have to wait. A step that is refused
    is the last one; whatever else goes wrong in it is the loop's to report.
    """

    def __init__(self, steps: Iterator[None]):
        self._steps: Iterator[None] | None = steps
        self._next: asyncio.TimerHandle | None = None

    def asked(self) -> None:
        """The page has just asked for something: rest begins anew. Outside a loop nothing is ever done."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self.end()
        if self._steps is not None:
            self._next = self._loop.call_later(QUIET, self._step)

    def end(self) -> None:
        """No further step, until the page asks again."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _step(self) -> None:
        assert self._steps is not None  # else no step was planned
        try:
            next(self._steps)
        except (StopIteration, Refused):
            self._steps = self._next = None
        else:
            self._next = self._loop.call_later(PAUSE, self._step)
