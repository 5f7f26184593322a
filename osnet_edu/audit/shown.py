"""The record of an audit in a cell of a notebook: the sentences of its page, and a small table of its numbers."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..refused import Refused
from . import charts, findings, run
from .page import SECTIONS
from .questions import QUICK_AUDIT, WHOLE_AUDIT
from .record import Figure, Record, from_json, read
from .verdicts import headline
from .written import bracketed, mean_of, number, plain_name, same_question

if TYPE_CHECKING:
    from ..figures import Findings

_SHIPPED, _UNTRAINED = (charts.REFERENCE_MARKS[kind] for kind in (charts.SHIPPED_MARK, charts.UNTRAINED_MARK))
# On the page alone: controls, which are columns here, what moves are measured by, the gates of each block.
_ON_THE_PAGE = ("floor: ", "never trained: ", "kept after randomisation: ", "another person", "conv")


def in_cell(record: Record, references: Mapping[str, Record] | None = None) -> "Findings":
    """The record of an audit, for the end of a cell: each figure beside the shipped network's and its floor.

    references: as of `run.references`; a figure is shown where both were asked about the same photos.
    """
    from ..figures import Findings  # matplotlib, which an audit's own processes do without

    references = references or {}
    shipped = references.get(_SHIPPED)
    if shipped is not None and shipped.digest == record.digest:
        shipped = None
    groups = []
    for question in record.answers:
        rows = []
        for figure in findings.figures_told(record, question):
            if figure.name.startswith(_ON_THE_PAGE):
                continue
            beside = () if shipped is None else (_cell(_theirs(record, shipped, question, figure)),)
            floor = _floor(record, references.get(_UNTRAINED), question, figure)
            rows.append((plain_name(figure.name), _cell(figure), *beside, floor))
        if rows:
            groups.append((SECTIONS[question].head if question in SECTIONS else question, tuple(rows)))
    caption = f"{record.name}: means with 95 % over people or families. Floor: a network never trained, or chance."
    columns = ("figure", record.name, *(() if shipped is None else ("shipped",)), "floor")
    return Findings(tuple(headline(record, references)), caption, columns, tuple(groups))


def in_file(path: Path | str) -> "Findings":
    """The record that `audit --json` printed into a file, beside the records that ship.

    Raises: Refused for a file that is not there or holds something else, such as the records of two networks.
    """
    path = Path(path)
    if not path.is_file():
        raise Refused(f"{path} is not a file; expected what `python -m osnet_edu audit --json` printed")
    data = read(path.read_bytes())
    if not isinstance(data, dict):
        raise Refused(f"{path} holds {_kind(data)}; expected the record of one audit, from --json without --against")
    record = from_json(data)
    budget = QUICK_AUDIT if record.budget == QUICK_AUDIT.name else WHOLE_AUDIT
    return in_cell(record, run.references(budget))


def _kind(data: object) -> str:
    return f"{len(data)} records" if isinstance(data, list) else "no record"


def _floor(record: Record, untrained: Record | None, question: str, figure: Figure) -> str:
    """What a network reaches that was never trained, else what guessing gives; empty where neither is known."""
    own = record.figure(question, f"never trained: {figure.name}")  # maps are drawn for such a network too
    floor = own or _theirs(record, untrained, question, figure)
    if floor is not None:
        return _cell(floor)
    ending = " %" if figure.unit == "share" else ""
    return "" if math.isnan(figure.chance) else f"chance {number(figure.chance, figure.unit)}{ending}"


def _theirs(record: Record, other: Record | None, question: str, figure: Figure) -> Figure | None:
    both = same_question(record, other, question, figure.name)
    return both[1] if both else None


def _cell(figure: Figure | None) -> str:
    return "" if figure is None else bracketed(mean_of(figure), figure.unit)
