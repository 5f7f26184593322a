"""The questions of an audit, in the order of the page: each asks one network about rendered photos."""

from collections.abc import Callable
from dataclasses import dataclass

from ..record import Answer
from ..subject import Subject
from . import clothes, found, gated, looks, maps, pairs, real
from .ask import QUICK_AUDIT, WHOLE_AUDIT, Budget, Inquiry
from .maps import FORWARD_MAPS, SLOW_MAPS

__all__ = [
    "AUDIT_QUESTIONS", "FORWARD_MAPS", "QUICK_AUDIT", "SLOW_MAPS", "WHOLE_AUDIT", "AuditQuestion", "Budget", "Inquiry",
]  # fmt: skip


@dataclass(frozen=True)
class AuditQuestion:
    """name: as in a record.  ask: answers it.  open: only of an OSNet's checkpoint."""

    name: str
    ask: Callable[[Inquiry], Answer]
    open: bool = False

    def suits(self, subject: Subject) -> bool:
        """Whether it can be asked of this network."""
        return not self.open or subject.checkpoint is not None


AUDIT_QUESTIONS: dict[str, AuditQuestion] = {
    one.name: one
    for one in (
        AuditQuestion("home", found.at_home),
        AuditQuestion("other", found.elsewhere),
        AuditQuestion("twins", found.look_alikes),
        AuditQuestion("parts", looks.parts),
        AuditQuestion("moves", looks.moves),
        AuditQuestion("wall", looks.wall),
        AuditQuestion("clothes", clothes.in_other_clothes),
        AuditQuestion("pairs", pairs.nearest_mistakes),
        AuditQuestion("gates", gated.by_gates, open=True),
        AuditQuestion("maps", maps.graded_maps),
        AuditQuestion("real", real.carried),
    )
}
