"""Comparisons: differences with their intervals beside published ones, and scores against the number of people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from ..colours import FULL, KIT, LITE, PUBLISHED
from ..refused import Refused
from .paper import LINE, MUTED, Bounded, Sheet, as_sentence, wide
from .rows import ChartMark, Rows, key, nice

_WORDS = {"agrees": "✓ agrees", "contradicts": "✗ contradicts", "open": "? open", "": ""}
_MARKS = {
    "paper": ChartMark("paper, Market-1501", PUBLISHED.colour.light, PUBLISHED.mark, PUBLISHED.filled),
    "earlier": ChartMark("", KIT.colour.light, KIT.mark, False, 1.0),
    "ours": ChartMark("", KIT.colour.light, KIT.mark, True, 2.4),
}
_PANELS = {
    "seen": "mAP, people seen in training",
    "unseen": "mAP, people never seen",
    "gap": "gap: seen minus unseen",
}


def differences(
    lines: Sequence,
    *,
    reference: str,
    metric: str = "mAP",
    title: str = "",
    ours: str = "ours",
    earlier: Mapping[str, Bounded] | None = None,
    earlier_is: str = "ours before",
) -> Figure:
    """Differences to one row: the paper's as diamonds, ours as dots with intervals, and the verdict.

    lines: records with .row (key, number, name), .published_difference (nan where there is none), .difference (value,
    low, high; None for the reference itself) and .verdict.  reference: what the differences are to, in words.
    earlier: differences of other runs by the row's key, drawn as rings beside the dots.  earlier_is, ours: their names.
    """
    earlier = earlier or {}
    shown = [line for line in lines if line.difference is not None]
    if not shown:
        raise Refused("expected at least one line with a difference")
    names = [f"{line.row.number}  {line.row.name}" if line.row.number else f"–  {line.row.name}" for line in shown]
    drawn = [line.difference for line in shown] + [earlier[line.row.key] for line in shown if line.row.key in earlier]
    ends = [v for one in drawn for v in (one.low, one.high)] + [line.published_difference for line in shown]
    low, high, step = nice(float(np.nanmin(ends)), float(np.nanmax(ends)), 10)
    left, span, top, height = max(wide(name, 9.5) for name in names) + 0.2, 4.4, 0.95, 0.46 if earlier else 0.36
    told = "; ".join(
        f"{name.strip('– ')}: {_published(line)}"
        + (f"{earlier_is} {str(earlier[line.row.key]).strip()}, " if line.row.key in earlier else "")
        + f"{ours} {str(line.difference).strip()}"
        + (f", {line.verdict}" if line.verdict else "")
        for name, line in zip(names, shown, strict=True)
    )
    said = f"{as_sentence(title)}Differences in {metric} to {reference}, in points. {told}."
    right = left + span + 1.3
    sheet = Sheet(right, top + height * len(shown) + 0.6, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    rows = Rows(sheet, len(shown), (left, top, span), height, (low, high))
    rows.bands(right - 0.05)
    rows.scale(step, f"points of {metric} more or less than {reference}", "{:+g}")
    rows.names(names)
    before, now = _MARKS["earlier"], _MARKS["ours"]
    parts = [_MARKS["paper"], replace(now, words=f"{ours}, 95 % interval")]
    key(sheet, 0.15, 0.58, [parts[0], *([replace(before, words=earlier_is)] if earlier else []), parts[1]])
    for i, line in enumerate(shown):
        apart = 0.11 if earlier else 0.0
        if not np.isnan(line.published_difference):
            x, y = rows.x(line.published_difference), rows.y(i)
            sheet.line([x, x], [y - height / 2 + 0.04, y + height / 2 - 0.04], color=PUBLISHED.colour.light, zorder=4)
            _MARKS["paper"].draw(sheet, x, y)
        if line.row.key in earlier:
            _interval(rows, rows.y(i) - apart, earlier[line.row.key], before)
        _interval(rows, rows.y(i) + apart, line.difference, now)
        weight = "bold" if line.verdict in ("agrees", "contradicts") else "normal"
        sheet.text(left + span + 0.2, rows.y(i), _WORDS[line.verdict], size=10, va="center_baseline", weight=weight)
    return sheet.figure


def overfitting(kinds: Mapping[str, Sequence], *, title: str = "") -> Figure:
    """Seen people, unseen people and the gap between them against the number trained on, for two kinds of networks.

    The three panels have one scale: a point is as tall in each of them.
    kinds: name -> points, fewest people first, with .people and .seen, .unseen, .gap (one value a seed, per cent).
    """
    if len(kinds) != 2 or not all(kinds.values()):
        raise Refused("expected two kinds of networks with points")
    counts = [point.people for point in next(iter(kinds.values()))]
    if any([point.people for point in points] != counts for points in kinds.values()):
        raise Refused("expected the same numbers of people for both kinds")
    told = "; ".join(
        f"{name}, {point.people} people: seen {np.mean(point.seen):.0f}, unseen {np.mean(point.unseen):.0f}, "
        f"gap {np.mean(point.gap):.0f}"
        for name, points in kinds.items()
        for point in points
    )
    sheet = Sheet(8.2, 3.95, f"{as_sentence(title)}mAP in per cent, means over seeds. {told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    marks = [
        ChartMark(name, style.colour.light, style.mark, style.filled, 2.0, style.dashes)
        for name, style in zip(kinds, (LITE, FULL), strict=True)
    ]
    key(sheet, 0.5, 0.55, marks)
    sheet.text(4.2, 0.55, "a stroke: from the lowest to the highest run", size=9.5, va="center_baseline", color=MUTED)
    low = 20.0 * float(np.floor(min(0.0, *(v for points in kinds.values() for p in points for v in p.gap)) / 20))
    for i, (what, name) in enumerate(_PANELS.items()):
        place = 0.55 + 2.6 * i, 1.15, 2.2, 2.2
        _panel(sheet, place, name, low if what == "gap" else 0.0, counts)
        for points, one in zip(kinds.values(), marks, strict=True):
            _curve(sheet, place, low if what == "gap" else 0.0, [getattr(point, what) for point in points], one)
    return sheet.figure


def _panel(sheet: Sheet, place: tuple, name: str, low: float, counts: Sequence[int]) -> None:
    """An empty panel of 100 points, from `low` up."""
    x, top, width, tall = place
    sheet.text(x, top - 0.32, name, size=10, weight="bold")
    for tick in np.arange(low, low + 101, 20):
        y = top + tall * (low + 100 - tick) / 100
        zero = abs(tick) < 1e-9
        sheet.line([x, x + width], [y, y], color=MUTED if zero else LINE, linewidth=1.2 if zero else 0.8)
        sheet.text(x - 0.07, y, f"{tick:g}", size=9.5, color=MUTED, ha="right", va="center_baseline")
    for i, count in enumerate(counts):
        sheet.text(_across(place, i, len(counts)), top + tall + 0.08, f"{count}", size=9.5, color=MUTED, ha="center")
    sheet.text(x + width / 2, top + tall + 0.32, "people to train on", size=10, ha="center")


def _curve(sheet: Sheet, place: tuple, low: float, values: Sequence[Sequence[float]], look: ChartMark) -> None:
    """The means over seeds, joined, with a stroke over what the seeds span."""

    def at(value: float) -> float:
        return place[1] + place[3] * (low + 100 - value) / 100

    xs = [_across(place, i, len(values)) for i in range(len(values))]
    means = [float(np.mean(each)) for each in values]
    sheet.line(xs, [at(one) for one in means], color=look.colour, linewidth=2, linestyle=look.dashes, zorder=3)
    for x, mean, each in zip(xs, means, values, strict=True):
        sheet.line([x, x], [at(min(each)), at(max(each))], color=look.colour, linewidth=1.6, zorder=3.5)
        look.draw(sheet, x, at(mean))


def _across(place: tuple, i: int, count: int) -> float:
    return place[0] + 0.2 + (place[2] - 0.4) * i / max(1, count - 1)


def _interval(rows: Rows, y: float, found: Bounded, look: ChartMark) -> None:
    ends = [rows.x(found.low), rows.x(found.high)]
    rows.sheet.line(ends, [y, y], color=look.colour, linewidth=look.line, zorder=3)
    look.draw(rows.sheet, rows.x(found.value), y)


def _published(line) -> str:
    return "" if np.isnan(line.published_difference) else f"paper {line.published_difference:+.1f}, "
