"""Comparisons: differences with their intervals beside published ones, and scores against the number of people."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..colours import KIT, PUBLISHED
from ..refused import Refused
from .paper import INK, LINE, MUTED, ONE, PAPER, TWO, Bounded, Sheet, as_sentence, wide

_WORDS = {"agrees": "✓ agrees", "contradicts": "✗ contradicts", "open": "? open", "": ""}


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
    left, span, right = max(wide(name, 10) for name in names) + 0.3, 4.5, 2.7
    drawn = [line.difference for line in shown] + [earlier[line.row.key] for line in shown if line.row.key in earlier]
    ends = [v for one in drawn for v in (one.low, one.high)] + [line.published_difference for line in shown]
    low, high = min(0.0, float(np.nanmin(ends))), max(0.0, float(np.nanmax(ends)))
    step = next(step for step in (1, 2, 5, 10, 20, 50) if (high - low) / step <= 10)
    low, high = step * np.floor(low / step), step * np.ceil(high / step)
    top, height = 0.95, 0.42 if earlier else 0.3
    bottom = top + height * len(shown)
    told = "; ".join(
        f"{name.strip('– ')}: {_published(line)}"
        + (f"{earlier_is} {str(earlier[line.row.key]).strip()}, " if line.row.key in earlier else "")
        + f"{ours} {str(line.difference).strip()}"
        + (f", {line.verdict}" if line.verdict else "")
        for name, line in zip(names, shown, strict=True)
    )
    said = f"{as_sentence(title)}Differences in {metric} to {reference}, in points. {told}."
    sheet = Sheet(left + span + right, bottom + 0.55, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")

    def at(value: float) -> float:
        return left + span * (value - low) / (high - low)

    for tick in np.arange(low, high + step / 2, step):
        zero = abs(tick) < 1e-9
        sheet.line([at(tick)] * 2, [top - 0.05, bottom], color=INK if zero else LINE, linewidth=1.6 if zero else 1)
        sheet.text(at(tick), bottom + 0.06, f"{tick:+g}" if not zero else "0", size=8.5, color=MUTED, ha="center")
    sheet.text(left + span / 2, bottom + 0.27, f"points of {metric} more or less than {reference}", size=9, ha="center")
    _key(sheet, left, top - 0.3, ours, earlier_is if earlier else "")
    for i, (name, line) in enumerate(zip(names, shown, strict=True)):
        y = top + height * (i + 0.5)
        sheet.text(0.1, y, name, size=10, va="center_baseline")
        found, before = line.difference, earlier.get(line.row.key)
        if not np.isnan(line.published_difference):
            _diamond(sheet, at(line.published_difference), y - (0.13 if earlier else 0.06))
        if before:
            sheet.line([at(before.low), at(before.high)], [y] * 2, color=KIT.colour.light, linewidth=1, zorder=3)
            _mark(sheet, at(before.value), y, KIT.colour.light, "o", hollow=True)
        below = y + (0.13 if earlier else 0.05)
        sheet.line([at(found.low), at(found.high)], [below] * 2, color=KIT.colour.light, linewidth=2, zorder=3)
        _mark(sheet, at(found.value), below, KIT.colour.light, "o")
        strong = line.verdict in ("agrees", "contradicts")
        words = f"{found.value:+.1f}  ({found.low:+.1f} to {found.high:+.1f})"
        sheet.text(left + span + 0.15, y, words, size=8.5, va="center_baseline", color=INK)
        weight = "bold" if strong else "normal"
        sheet.text(left + span + 1.72, y, _WORDS[line.verdict], size=8.5, va="center_baseline", weight=weight)
    return sheet.figure


def overfitting(kinds: Mapping[str, Sequence], *, title: str = "") -> Figure:
    """Seen and unseen people against the number trained on, for two kinds of networks, and the gap between them.

    kinds: name -> points, fewest people first, with .people and .seen, .unseen, .gap (one value a seed, per cent).
    """
    if len(kinds) != 2 or not all(kinds.values()):
        raise Refused("expected two kinds of networks with points")
    counts = [point.people for point in next(iter(kinds.values()))]
    if any([point.people for point in points] != counts for points in kinds.values()):
        raise Refused("expected the same numbers of people for both kinds")
    styles = dict(zip(kinds, ((ONE, "-", "o"), (TWO, (0, (4, 2)), "D")), strict=True))
    told = "; ".join(
        f"{name}, {point.people} people: seen {np.mean(point.seen):.0f}, unseen {np.mean(point.unseen):.0f}, "
        f"gap {np.mean(point.gap):.0f}"
        for name, points in kinds.items()
        for point in points
    )
    sheet = Sheet(8.6, 3.9, f"{as_sentence(title)}mAP in per cent, means over seeds. {told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    gaps = [value for points in kinds.values() for point in points for value in point.gap]
    panels = (
        (0.6, "mAP among as many seen and unseen people", 0.0, 100.0, 20.0),
        (5.0, "gap: seen minus unseen, in points", *_round(min(gaps), max(gaps))),
    )
    for x0, name, low, high, step in panels:
        _panel(sheet, x0, name, low, high, step, counts, panels[0][0] == x0, kinds, styles)
    x = 0.6
    for kind, (color, dashes, marker) in styles.items():
        sheet.line([x, x + 0.35], [0.5] * 2, color=color, linewidth=2, linestyle=dashes)
        _mark(sheet, x + 0.175, 0.5, color, marker)
        sheet.text(x + 0.42, 0.5, kind, size=9.5, va="center_baseline", color=color, weight="bold")
        x += 1.5
    return sheet.figure


def _panel(sheet: Sheet, x0: float, name: str, low, high, step, counts, scores: bool, kinds, styles) -> None:
    width, top, bottom = 3.3, 1.05, 3.3

    def at_x(i: int) -> float:
        return x0 + 0.25 + (width - 0.5) * i / max(1, len(counts) - 1)

    def at_y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    sheet.text(x0, top - 0.3, name, size=9.5)
    for tick in np.arange(low, high + step / 2, step):
        sheet.line([x0, x0 + width], [at_y(tick)] * 2, color=MUTED if abs(tick) < 1e-9 else LINE)
        sheet.text(x0 - 0.08, at_y(tick), f"{tick:g}", size=8.5, color=MUTED, ha="right", va="center_baseline")
    for i, count in enumerate(counts):
        sheet.text(at_x(i), bottom + 0.06, f"{count}", size=8.5, color=MUTED, ha="center")
    sheet.text(x0 + width / 2, bottom + 0.28, "people to train on", size=9, ha="center")
    for kind, points in kinds.items():
        color, dashes, marker = styles[kind]
        for what in ("seen", "unseen") if scores else ("gap",):
            values = [getattr(point, what) for point in points]
            means = [float(np.mean(v)) for v in values]
            sheet.line([at_x(i) for i in range(len(counts))], list(map(at_y, means)), color=color, linewidth=2,
                       linestyle=dashes, zorder=3)  # fmt: skip
            for i, (mean, each) in enumerate(zip(means, values, strict=True)):
                for value in each:  # every run, so that the spread of the seeds shows
                    sheet.line([at_x(i) - 0.05, at_x(i) + 0.05], [at_y(value)] * 2, color=color, linewidth=1)
                _mark(sheet, at_x(i), at_y(mean), color, marker, hollow=what == "unseen")
            if scores and kind == next(iter(kinds)):
                y = at_y(means[-1]) + (-0.2 if what == "seen" else 0.22)
                sheet.text(
                    at_x(len(counts) - 1) + 0.2, y, what, size=9, ha="right", va="center_baseline", weight="bold"
                )


def _round(low: float, high: float) -> tuple[float, float, float]:
    low, high = min(0.0, low), max(0.0, high, 1.0)
    step = next((step for step in (1, 2, 5, 10, 20) if (high - low) / step <= 7), 20)
    return step * float(np.floor(low / step)), step * float(np.ceil(high / step)), float(step)


def _published(line) -> str:
    return "" if np.isnan(line.published_difference) else f"paper {line.published_difference:+.1f}, "


def _key(sheet: Sheet, x: float, y: float, ours: str, earlier: str = "") -> None:
    _diamond(sheet, x + 0.08, y)
    sheet.text(
        x + 0.22, y, "paper, Market-1501", size=9, va="center_baseline", color=PUBLISHED.colour.light, weight="bold"
    )
    x += 1.85
    for name, hollow in ((earlier, True), (f"{ours}, with a 95 % interval", False)):
        if name:
            sheet.line([x, x + 0.4], [y] * 2, color=KIT.colour.light, linewidth=1 if hollow else 2)
            _mark(sheet, x + 0.2, y, KIT.colour.light, "o", hollow=hollow)
            sheet.text(x + 0.5, y, name, size=9, va="center_baseline", color=KIT.colour.light, weight="bold")
            x += 0.75 + wide(name, 9)


def _diamond(sheet: Sheet, x: float, y: float) -> None:
    _mark(sheet, x, y, PUBLISHED.colour.light, PUBLISHED.mark, hollow=True)


def _mark(sheet: Sheet, x: float, y: float, color: str, marker: str, hollow: bool = False) -> None:
    face = PAPER if hollow else color
    sheet.ax.scatter([x], [y], s=34, marker=marker, facecolor=face, edgecolor=color, linewidths=1.6, zorder=5)
