"""What charts with one row a thing share: a scale across, bands that lead the eye, marks with their key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .paper import INK, LINE, MUTED, PAPER, Sheet, wide

_NICE = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True)
class ChartMark:
    """How one thing looks in a chart, and what it is.

    filled: whether the middle of the mark is.  line: the width of its line, 0 for a mark alone.
    """

    words: str
    colour: str
    shape: str
    filled: bool = True
    line: float = 0.0
    dashes: str | tuple = "-"

    def draw(self, sheet: Sheet, x: float, y: float) -> None:
        """The mark alone, at (x, y) in inches."""
        face = self.colour if self.filled else PAPER
        look: dict = {"facecolor": face, "edgecolor": self.colour, "linewidths": 1.6, "zorder": 5}
        sheet.ax.scatter([x], [y], s=36, marker=self.shape, **look)


def key(sheet: Sheet, x: float, y: float, marks: Iterable[ChartMark]) -> None:
    """Marks with their words in one line, from (x, y) in inches."""
    for one in marks:
        if one.line:
            sheet.line([x, x + 0.44], [y] * 2, color=one.colour, linewidth=one.line, linestyle=one.dashes)
        one.draw(sheet, x + (0.22 if one.line else 0.1), y)
        x += 0.52 if one.line else 0.22
        sheet.text(x, y, one.words, size=10, va="center_baseline", color=one.colour, weight="bold")
        x += 0.2 + wide(one.words, 10)


class Rows:
    """Rows below each other on a sheet, with one scale across them.

    place: (x, y, width) in inches of the scale's upper left corner.  height: of a row.  ends: (from, to) of the scale.
    """

    def __init__(self, sheet: Sheet, count: int, place: tuple[float, float, float], height: float, ends: tuple):
        self.sheet, self.count, self.place, self.height, self.ends = sheet, count, place, height, ends
        self.bottom = place[1] + count * height

    def x(self, value: float) -> float:
        """Where a number stands, in inches."""
        low, high = self.ends
        return self.place[0] + self.place[2] * (value - low) / (high - low)

    def y(self, row: float) -> float:
        """The middle of a row, in inches."""
        return self.place[1] + (row + 0.5) * self.height

    def bands(self, right: float, each: int = 1) -> None:
        """Every second group of `each` rows on a panel, up to `right` inches."""
        for row in range(0, self.count, 2 * each):
            tall = min(each, self.count - row) * self.height
            self.sheet.box(0.05, self.place[1] + row * self.height, right - 0.05, tall, zorder=0.5)

    def scale(self, step: float, caption: str, words: str = "{:g}") -> None:
        """Lines through all rows with their numbers below, a strong one at 0 between them, and what is counted."""
        low, high = self.ends
        for value in np.arange(low, high + step / 2, step):
            zero = abs(value) < step / 1e6
            strong: dict = {"color": INK, "linewidth": 1.4} if zero and low < 0 else {"color": LINE, "linewidth": 0.8}
            self.sheet.line([self.x(value)] * 2, [self.place[1], self.bottom], **strong)
            said = "0" if zero else words.format(value)
            self.sheet.text(self.x(value), self.bottom + 0.07, said, size=9.5, color=MUTED, ha="center")
        self.sheet.text(self.place[0] + self.place[2] / 2, self.bottom + 0.3, caption, size=10, ha="center")

    def names(self, names: Sequence[str]) -> None:
        """A name a row, at the left."""
        for row, name in enumerate(names):
            self.sheet.text(0.15, self.y(row), name, size=10, va="center_baseline")


def nice(low: float, high: float, most: int) -> tuple[float, float, float]:
    """Ends of a scale that hold two numbers and 0, and the step between its ticks, at most about `most` of them."""
    low, high = min(0.0, low), max(0.0, high)
    step = next((step for step in _NICE if (high - low) / step <= most), _NICE[-1])
    return step * float(np.floor(low / step)), step * float(np.ceil(high / step)), float(step)
