"""One number for each stream of each block, for one or two things beside each other."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..refused import Refused
from .paper import INK, LINE, MUTED, ONE, TWO, WIDTH, Sheet, as_sentence

_STYLES = ((ONE, "o"), (TWO, "D"))


def streams(
    series: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    title: str = "",
    axis: str = "",
    levels: Mapping[str, float] | None = None,
    percent: bool = False,
) -> Figure:
    """Dots and diamonds, block by block: the streams of a block stand side by side, joined by a line.

    series: one or two names -> block -> one number a stream.  axis: what the numbers are.  levels: for a series, a
    value that is drawn across as a line.  percent: whether the ticks are shares.
    Raises: Refused for another number of series, or for other blocks or streams in the second one.
    """
    shapes = [{block: len(values) for block, values in one.items()} for one in series.values()]
    if not 1 <= len(series) <= 2 or any(shape != shapes[0] for shape in shapes) or not shapes[0]:
        raise Refused("expected one or two series, with the same blocks and streams in each of them")
    levels = levels or {}
    blocks, most = list(shapes[0]), max(shapes[0].values())
    every = [float(value) for one in series.values() for values in one.values() for value in values]
    low, high, step = _rounded(min(0.0, *every, *levels.values()), max(0.0, *every, *levels.values()))
    left, top, tall = 0.75, 0.98, 2.2
    wide = (WIDTH - left - 0.15) / len(blocks)
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{block} " + " ".join(_said(v, percent) for v in values) for block, values in of.items())
        for name, of in series.items()
    )
    sheet = Sheet(WIDTH, top + tall + 0.62, f"{as_sentence(title)}Streams in order. {told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")

    def at(value: float) -> float:
        return top + tall * (high - value) / (high - low)

    for value in np.arange(low, high + step / 2, step):
        zero = abs(value) < step / 10
        sheet.line([left, WIDTH - 0.15], [at(value)] * 2, color=INK if zero else LINE, linewidth=1.3 if zero else 0.8)
        words = _said(0.0 if zero else value, percent)
        sheet.text(left - 0.08, at(value), words, size=9, color=MUTED, ha="right", va="center_baseline")
    for k, block in enumerate(blocks):
        start = left + k * wide
        sheet.text(start + wide / 2, top + tall + 0.3, block, size=10, ha="center", weight="bold")
        for t in range(shapes[0][block]):
            sheet.text(_place(start, wide, t, most), top + tall + 0.1, f"{t + 1}", size=9, color=MUTED, ha="center")
    sheet.text(left - 0.08, top + tall + 0.1, "stream", size=9, color=MUTED, ha="right")
    x = left
    for (name, of), (colour, marker) in zip(series.items(), _STYLES, strict=False):
        sheet.mark(x + 0.05, 0.62, colour, marker)
        sheet.text(x + 0.18, 0.62, name, size=10, color=colour, weight="bold", va="center_baseline")
        x += 0.55 + 0.085 * len(name)
        if name in levels:
            sheet.line([left, WIDTH - 0.15], [at(levels[name])] * 2, color=colour, linestyle=(0, (4, 3)))
        for k, block in enumerate(blocks):
            xs = [_place(left + k * wide, wide, t, most) for t in range(len(of[block]))]
            ys = [at(float(value)) for value in of[block]]
            sheet.line(xs, ys, color=colour, linewidth=1.1, zorder=3)
            for place in zip(xs, ys, strict=True):
                sheet.mark(*place, colour, marker)
    sheet.text(x, 0.62, axis, size=9.5, color=MUTED, va="center_baseline")
    return sheet.figure


def _place(start: float, wide: float, stream: int, most: int) -> float:
    return start + wide * (0.14 + 0.72 * (stream + 0.5) / most)


def _rounded(low: float, high: float) -> tuple[float, float, float]:
    """Ends of an axis that hold both numbers, and the step of its ticks."""
    span = (high - low) or 1.0
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, span) if span / s <= 6)
    return step * np.floor(low / step + 1e-9), step * np.ceil(high / step - 1e-9), step


def _said(value: float, percent: bool) -> str:
    return f"{value:.0%}".replace("%", " %") if percent else f"{value:.3g}"
