"""The record of an audit in a cell of a notebook: sentences, and a small table of what the page shows at length."""

import math
from collections.abc import Mapping, Sequence

from ..figures import Findings
from .record import Answer, Figure, Record

_SHIPPED, _UNTRAINED = "the shipped network", "never trained"  # as the references are called
# On the page alone: controls, which are columns here, by what parts and moves are measured, the gates of each block.
_ON_THE_PAGE = ("floor: ", "never trained: ", "kept after randomisation: ", "step", "another person", "conv")


def in_cell(record: Record, references: Mapping[str, Record] | None = None, sentences: Sequence[str] = ()) -> Findings:
    """The record of an audit, for the end of a cell: each figure beside the shipped network's and its floor.

    references: records by "the shipped network" and "never trained"; a figure is shown where both were asked about the
    same photos.  sentences: what comes before the table, such as the headline of the page.
    """
    references = {} if references is None else references
    shipped, untrained = references.get(_SHIPPED), references.get(_UNTRAINED)
    own = shipped is not None and shipped.digest == record.digest
    columns = ("figure", record.name, *(() if shipped is None or own else ("shipped",)), "floor")
    groups = []
    for question, answer in record.answers.items():
        rows = []
        for figure in answer.figures:
            if figure.name.startswith(_ON_THE_PAGE):
                continue
            beside = () if shipped is None or own else (_cell(_same(answer, shipped, figure)),)
            rows.append((figure.name, _cell(figure), *beside, _floor(answer, untrained, figure)))
        if rows:
            groups.append((question, tuple(rows)))
    caption = (
        f"{record.name}: means with 95 % over people or families. Floor: a network that was never trained, or chance"
    )
    return Findings(tuple(sentences), caption, columns, tuple(groups))


def _floor(answer: Answer, untrained: Record | None, figure: Figure) -> str:
    """What a network reaches that was never trained, else what guessing gives; empty where neither is known."""
    own = f"{_UNTRAINED}: {figure.name}"  # maps are drawn for such a network too
    found = answer[own] if own in answer else _same(answer, untrained, figure)
    if found is not None:
        return _cell(found)
    return "" if math.isnan(figure.chance) else f"chance {_number(figure.chance, figure.unit)}"


def _same(answer: Answer, other: Record | None, figure: Figure) -> Figure | None:
    """The same figure of another network, where it was asked about the same photos."""
    theirs = None if other is None else other.answers.get(answer.question)
    if theirs is None or theirs.scenes != answer.scenes or figure.name not in theirs:
        return None
    return theirs[figure.name]


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    found = figure.interval
    if math.isnan(found.value):
        return "not known"
    low, high = (_number(bound, figure.unit).removesuffix(" %") for bound in (found.low, found.high))
    return f"{_number(found.value, figure.unit)} [{low}, {high}]"


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:.2f}".replace("0.", ".", 1)
