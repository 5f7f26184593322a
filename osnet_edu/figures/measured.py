"""Measurements: a triple among strangers, and shares with their intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from ..refused import Refused
from .paper import BLUE, INK, LINE, MUTED, ORANGE, PAPER, WIDTH, Bounded, Sheet, as_sentence, fitted, wide

VERDICTS = {  # (match above the bar, impostor above the bar)
    (True, True): "match and impostor both stand out",
    (True, False): "only the match stands out",
    (False, True): "only the impostor stands out",
    (False, False): "neither stands out",
}


def first_figure(
    images: np.ndarray, similarities: np.ndarray, strangers: np.ndarray, *, bar: float = 0.95, coarse: str = "16 x 8"
) -> Figure:
    """A query, its match and an impostor, blurred above and sharp below, and where both lie among strangers.

    images: (2, 3, H, W, 3) uint8: blurred and sharp; query, match, impostor.  similarities: (2, 2), of the query to
    match and impostor.  strangers: (2, S), of the query to everybody else.  bar: share of the strangers to be above.
    """
    images, similarities = np.asarray(images), np.asarray(similarities)
    if images.shape[:2] != (2, 3) or similarities.shape != (2, 2) or len(strangers) != 2:
        raise Refused("expected photos (2, 3, H, W, 3), similarities (2, 2) and strangers (2, S)")
    w, h = fitted(images[0, 0], 1.0)
    gap, left, top = 0.2, 0.1, 0.42
    start = left + 3 * (w + gap) + 0.35
    low = min(0.0, float(np.floor(strangers.min() * 10) / 10))
    told = []
    sheet = Sheet(WIDTH, top + 2 * (h + 0.5) + 0.1, "")
    for row, resolution in enumerate((f"blurred to {coarse} pixels", "sharp")):
        y = top + row * (h + 0.5)
        sheet.text(left, y - 0.3, resolution, size=10.5, weight="bold")
        for i, same in enumerate((None, True, False)):
            x = left + i * (w + gap)
            sheet.image(images[row, i], x, y, w, h)
            if same is not None:
                sheet.frame(x, y, w, h, same)
        match, impostor = similarities[row]
        limit = float(np.quantile(strangers[row], bar))
        above = [(strangers[row] < value).mean() >= bar for value in (match, impostor)]
        verdict = VERDICTS[tuple(above)]
        told.append(
            f"{resolution.capitalize()}: match {match:.2f}, impostor {impostor:.2f}, {bar:.0%} of strangers below "
            f"{limit:.2f}; {verdict}."
        )
        sheet.text(start, y - 0.3, verdict, size=10.5, weight="bold")
        axis = _Axis(start, WIDTH - start - 0.3, y + h - 0.32, low)
        _crowd(sheet, axis, strangers[row])
        _pair(sheet, axis, limit, match, impostor)
        sheet.text(start, y + 0.02, f"• {len(strangers[row])} strangers", size=9, color=MUTED)
        sheet.text(start + 1.35, y + 0.02, f"● match {match:.2f}", size=9, color=ORANGE, weight="bold")
        sheet.text(start + 2.6, y + 0.02, f"◇ impostor {impostor:.2f}", size=9, color=BLUE, weight="bold")
        sheet.text(start, y + 0.22, f"┊ {bar:.0%} of the strangers lie to the left of this line", size=9, color=MUTED)
        sheet.text(start + axis.span, axis.y + 0.28, "similarity to the query", size=8.5, color=MUTED, ha="right")
    for i, name in enumerate(("query", "match", "impostor")):
        x = left + i * (w + gap)
        sheet.text(x, top + 2 * h + 0.62, name, size=9.5, weight="bold", color=(INK, ORANGE, BLUE)[i])
    sheet.figure.set_label("A query, its match and an impostor among strangers. " + " ".join(told))
    return sheet.figure


@dataclass(frozen=True)
class _Axis:
    """Similarities from `low` to 1 on a line of `span` inches from (start, y)."""

    start: float
    span: float
    y: float
    low: float

    def at(self, value: float) -> float:
        return self.start + self.span * (value - self.low) / (1 - self.low)


def _crowd(sheet: Sheet, axis: _Axis, strangers: np.ndarray) -> None:
    """Strangers as a column of dots over each similarity: a histogram in which everybody is one dot."""
    bins = np.floor((strangers - axis.low) / (1 - axis.low) * 64).astype(int)
    order = np.argsort(strangers, kind="stable")
    rank = np.zeros(len(order), int)
    for b in np.unique(bins):
        members = order[bins[order] == b]
        rank[members] = np.arange(len(members))
    pitch = min(0.065, 1.0 / (rank.max() + 1))
    x, y = axis.start + axis.span * (bins + 0.5) / 64, axis.y - 0.06 - pitch * rank
    sheet.ax.scatter(x, y, s=9, color=LINE, linewidths=0, zorder=2)
    sheet.line([axis.start, axis.start + axis.span], [axis.y, axis.y], color=MUTED)
    for tick in np.arange(np.ceil(axis.low * 5) / 5, 1.01, 0.2):
        sheet.line([axis.at(tick)] * 2, [axis.y, axis.y + 0.05], color=MUTED)
        sheet.text(axis.at(tick), axis.y + 0.09, f"{tick:.1f}", size=8.5, color=MUTED, ha="center")


def _pair(sheet: Sheet, axis: _Axis, limit: float, match: float, impostor: float) -> None:
    """The match and the impostor on pins, and the line that most strangers lie below."""
    sheet.line([axis.at(limit)] * 2, [axis.y, axis.y - 1.1], color=MUTED, linestyle=(0, (1, 1.5)))
    for value, same, height in ((match, True, 0.62), (impostor, False, 0.28)):
        x, top, color = axis.at(value), axis.y - height, ORANGE if same else BLUE
        dash = "-" if same else (0, (3, 2))
        sheet.line([x] * 2, [axis.y, top], color=color, linewidth=2, linestyle=dash, zorder=3)
        face, marker = (ORANGE, "o") if same else (PAPER, "D")
        sheet.ax.scatter([x], [top], s=70, marker=marker, zorder=5, facecolor=face, edgecolor=color, linewidths=2)


def intervals(rows: Mapping[str, Sequence], columns: Sequence[str], *, title: str = "") -> Figure:
    """Shares with their intervals, one line each, so that several measurements can be compared.

    rows: name -> one share for each column, with .value, .low and .high in [0, 1].  columns: one or two names.
    """
    if not 1 <= len(columns) <= 2 or any(len(shares) != len(columns) for shares in rows.values()):
        raise Refused("expected one or two columns, and one share for each of them in every row")
    names = max(wide(name, 9.5) for name in rows) + 0.3
    height, top = 0.26 + 0.24 * len(columns), 0.95 if title else 0.55
    span = 3.4
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{c} {s.value:.0%} ({s.low:.0%} to {s.high:.0%})" for c, s in zip(columns, row, strict=True))
        for name, row in rows.items()
    )
    sheet = Sheet(names + span + 2.0, top + len(rows) * height + 0.35, f"{as_sentence(title)}{told}.")
    if title:
        sheet.text(0.1, 0.08, title, size=11, weight="bold")
    marks = (("o", PAPER), ("o", INK)) if len(columns) == 2 else (("o", INK),)
    bottom = top + len(rows) * height
    for tick in (0, 0.25, 0.5, 0.75, 1):
        sheet.line([names + span * tick] * 2, [top - 0.1, bottom])
        sheet.text(names + span * tick, bottom + 0.06, f"{tick:.0%}", size=8.5, color=MUTED, ha="center")
    for i, (column, (marker, face)) in enumerate(zip(columns, marks, strict=True)):
        x = names + 1.7 * i
        sheet.ax.scatter(
            [x], [top - 0.28], s=40, marker=marker, facecolor=face, edgecolor=INK, linewidths=1.5, zorder=4
        )
        sheet.text(x + 0.12, top - 0.28, column, size=9.5, va="center_baseline")
    for r, (name, shares) in enumerate(rows.items()):
        y = top + (r + 0.5) * height
        sheet.text(0.1, y, name, size=9.5, va="center_baseline")
        for c, (share, (marker, face)) in enumerate(zip(shares, marks, strict=True)):
            here = y + 0.2 * (c - (len(columns) - 1) / 2)
            sheet.line([names + span * share.low, names + span * share.high], [here] * 2, color=INK, linewidth=1.8)
            sheet.ax.scatter(
                [names + span * share.value],
                [here],
                s=40,
                marker=marker,
                facecolor=face,
                edgecolor=INK,
                linewidths=1.5,
                zorder=4,
            )
            words = f"{share.value:.0%}  ({share.low:.0%} to {share.high:.0%})"
            sheet.text(names + span + 0.2, here, words, size=9, va="center_baseline", color=INK)
    return sheet.figure


def estimates(rows: Mapping[str, Bounded], *, title: str = "", axis: str = "", step: float = 0.1) -> Figure:
    """Numbers of either sign with their intervals, one line each, and a line at 0.

    rows: name -> .value, .low, .high.  axis: what the numbers are.  step: between two ticks.
    """
    if not rows:
        raise Refused("expected at least one row")
    names, span, top, height = max(wide(name, 9.5) for name in rows) + 0.3, 3.6, 0.55, 0.3
    low = step * np.floor(min(0.0, *(row.low for row in rows.values())) / step)
    high = step * np.ceil(max(0.0, *(row.high for row in rows.values())) / step)
    told = "; ".join(f"{name}: {row.value:+.2f} ({row.low:+.2f} to {row.high:+.2f})" for name, row in rows.items())
    bottom = top + height * len(rows)
    sheet = Sheet(names + span + 2.0, bottom + 0.55, f"{as_sentence(title)}{axis.capitalize()}. {told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")

    def at(value: float) -> float:
        return names + span * (value - low) / (high - low)

    for tick in np.arange(low, high + step / 2, step):
        zero = abs(tick) < step / 10
        sheet.line([at(tick)] * 2, [top - 0.05, bottom], color=INK if zero else LINE, linewidth=1.5 if zero else 0.8)
        words = "0" if zero else f"{tick:+.2g}"
        sheet.text(at(tick), bottom + 0.06, words, size=8.5, color=MUTED, ha="center")
    sheet.text(names + span / 2, bottom + 0.27, axis, size=9, ha="center")
    for k, (name, row) in enumerate(rows.items()):
        y = top + height * (k + 0.5)
        sheet.text(0.1, y, name, size=9.5, va="center_baseline")
        sheet.line([at(row.low), at(row.high)], [y] * 2, color=INK, linewidth=1.8, zorder=3)
        sheet.mark(at(row.value), y, INK, "o")
        words = f"{row.value:+.2f}  ({row.low:+.2f} to {row.high:+.2f})"
        sheet.text(names + span + 0.2, y, words, size=9, va="center_baseline")
    return sheet.figure
