"""The questions of an audit, in the order of the page: each asks one network about rendered photos."""

from collections.abc import Callable
from dataclasses import dataclass

from ..record import Answer
from ..subject import Subject
from . import clothes, found, gated, looks, maps, pairs, real
from .ask import QUICK, WHOLE, Asked, Budget

__all__ = ["QUESTIONS", "QUICK", "WHOLE", "Asked", "Budget", "Question"]


@dataclass(frozen=True)
class Question:
    """name: as in a record.  ask: answers it.  open: only of an OSNet's checkpoint."""

    name: str
    ask: Callable[[Asked], Answer]
    open: bool = False

    def suits(self, subject: Subject) -> bool:
        """Whether it can be asked of this network."""
        return not self.open or subject.checkpoint is not None


QUESTIONS: dict[str, Question] = {
    one.name: one
    for one in (
        Question("home", found.at_home),
        Question("other", found.elsewhere),
        Question("twins", found.twins),
        Question("parts", looks.parts),
        Question("moves", looks.moves),
        Question("wall", looks.wall),
        Question("clothes", clothes.dressed),
        Question("pairs", pairs.hardest),
        Question("gates", gated.gated, open=True),
        Question("maps", maps.maps),
        Question("real", real.carried),
    )
}
