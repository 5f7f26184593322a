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
    """name: as in a record.  words: as the page asks it.  ask: answers it.  open: only of an OSNet's checkpoint."""

    name: str
    words: str
    ask: Callable[[Asked], Answer]
    open: bool = False

    def suits(self, subject: Subject) -> bool:
        """Whether it can be asked of this network."""
        return not self.open or subject.checkpoint is not None


QUESTIONS: dict[str, Question] = {
    one.name: one
    for one in (
        Question("home", "Who is found?", found.at_home),
        Question("other", "Who is found in a world that it has never seen?", found.elsewhere),
        Question("twins", "Which look-alikes are told apart?", found.twins),
        Question("parts", "Which part makes two photos of a person similar?", looks.parts),
        Question("moves", "What moves a photo that shows the same person?", looks.moves),
        Question("wall", "Does it know the person or the wall?", looks.wall),
        Question("clothes", "Does it know the person or the clothes?", clothes.dressed),
        Question("pairs", "Where is it nearest to a mistake?", pairs.hardest),
        Question("gates", "What do its gates follow, and which stream does it need?", gated.gated, open=True),
        Question("maps", "Which attribution maps can be believed?", maps.maps),
        Question("real", "How much of this may not carry over to real photos?", real.carried),
    )
}
