"""Charts of an audit as inline SVG: a row for each figure, its marks in lanes, and nothing that needs a script.

Places are per cent of a row's width, so a chart fits any page and its letters keep their size. What a mark means is
said by its shape; a colour is for one of the networks that were audited.
"""

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..intervals import Interval
from ..pages import Html, escaped
from .written import bracketed, number

# Kind -> what the legend says. One and two are the networks that were audited.
_AUDITED = ("one", "two")
SHIPPED_MARK, UNTRAINED_MARK, COLOURS_MARK = "shipped", "untrained", "colours"
REFERENCE_MARKS = {SHIPPED_MARK: "the shipped network", UNTRAINED_MARK: "never trained", COLOURS_MARK: "colours alone"}
_WITHOUT_LINE = (UNTRAINED_MARK, COLOURS_MARK)  # floors: their intervals stand in the table
_LANE = 15  # pixels of a lane
_SEEN = 0.005  # of the axis: a band that is narrower is not seen
_STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True)
class PlotMark:
    """One number of a row.  kind: "one", "two" or one of REFERENCE_MARKS."""

    kind: str
    interval: Interval


@dataclass(frozen=True)
class ChartRow:
    """A figure.  chance, limit: nan where there is none."""

    name: str
    marks: tuple[PlotMark, ...]
    chance: float = math.nan
    limit: float = math.nan


@dataclass(frozen=True)
class Chart:
    """title: what its axis is.  names: of the networks that were audited.  ends: the least range of its axis."""

    title: str
    unit: str
    names: tuple[str, ...]
    rows: tuple[ChartRow, ...]
    ends: tuple[float, float] = (0.0, 1.0)
    bars: str = "chance"  # what the dashed line is


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    ticks: tuple[float, ...]

    def per_cent(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low)

    def place(self, value: float) -> str:
        return f"{self.per_cent(value):.2f}%"


def draw_chart(chart: Chart, *, small: bool = False) -> Html:
    """The chart with its legend.  small: one of several side by side, without a legend."""
    axis = _axis(chart, 4 if small else 6)
    kinds = [kind for kind in (*_AUDITED, *REFERENCE_MARKS) if any(_has(row, kind) for row in chart.rows)]
    lanes = _lanes(kinds)
    body = "".join(_row(row, chart, lanes, axis) for row in chart.rows)
    ticks = "".join(
        f'<text x="{axis.place(tick)}" y="14">{_tick(tick, chart.unit, last=tick == axis.ticks[-1])}</text>'
        for tick in axis.ticks
    )
    shape_of = f"rows lanes-{max(lanes.values(), default=0) + 1} of-{len(chart.names)}"
    return Html(
        f'<figure class="chart"><figcaption class="axis-title">{escaped(chart.title)}</figcaption>'
        f'<div class="{shape_of}" role="img" aria-label="{html.escape(spoken(chart))}">{body}'
        f'<div class="row axis"><div class="track"><svg aria-hidden="true">{ticks}</svg></div></div></div>'
        f"{'' if small else _legend(chart, kinds, axis)}</figure>"
    )


def _axis(chart: Chart, most: int) -> _Axis:
    """Every number with its interval lies on it.  most: steps between its ticks."""
    low, high = chart.ends
    for row in chart.rows:
        for mark in row.marks:
            drawn = (mark.interval.low, mark.interval.high) if mark.kind not in _WITHOUT_LINE else ()
            ends = (mark.interval.value, *drawn)
            low, high = (end([one, *(v for v in ends if not math.isnan(v))]) for end, one in ((min, low), (max, high)))
    step = next((one for one in _STEPS if (high - low) / one <= most), (high - low) / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return _Axis(low, high, tuple(step * k for k in range(first, last + 1)))


def _tick(value: float, unit: str, *, last: bool) -> str:
    text = f"{100 * value if unit == 'share' else value:g}".replace("-", "\N{MINUS SIGN}")
    text = re.sub(r"(?<!\d)0\.", ".", text)
    return f"{text} %" if unit == "share" and last else text


def spoken(chart: Chart) -> str:
    """What the chart shows, for those who do not see it."""
    words = _words(chart)
    rows = [
        f"{row.name}: " + ", ".join(f"{words[mark.kind]} {bracketed(mark.interval, chart.unit)}" for mark in row.marks)
        for row in chart.rows
    ]
    return f"{chart.title}. {'; '.join(rows)}."


def _words(chart: Chart) -> dict[str, str]:
    return dict(zip(_AUDITED, chart.names, strict=False)) | REFERENCE_MARKS


def _has(row: ChartRow, kind: str) -> bool:
    return any(mark.kind == kind and not math.isnan(mark.interval.value) for mark in row.marks)


def _lanes(kinds: Sequence[str]) -> dict[str, int]:
    """Kind -> its lane: what was audited has a lane each, and all references share the last."""
    lanes = {kind: lane for lane, kind in enumerate(kind for kind in _AUDITED if kind in kinds)}
    return lanes | {kind: len(lanes) for kind in kinds if kind in REFERENCE_MARKS}


def _row(row: ChartRow, chart: Chart, lanes: dict[str, int], axis: _Axis) -> str:
    ground = "".join(_upright("grid", axis.place(tick)) for tick in axis.ticks)
    if not math.isnan(row.limit):
        start, end = max(axis.low, -row.limit), min(row.limit, axis.high)
        width = axis.per_cent(end) - axis.per_cent(start)
        ground = f'<rect class="limit" x="{axis.place(start)}" width="{width:.2f}%" height="100%"/>{ground}'
    if not math.isnan(row.chance):
        ground += _upright("chance", axis.place(row.chance))
    middle = max(lanes.values(), default=0) / 2
    marks = "".join(
        _drawn(mark, axis, round(_LANE * (lanes[mark.kind] - middle)))
        for mark in reversed(row.marks)
        if not math.isnan(mark.interval.value)
    )
    values = "".join(
        f'<b class="{mark.kind}">{number(mark.interval.value, chart.unit)}{" %" if chart.unit == "share" else ""}</b>'
        for mark in row.marks
        if mark.kind in _AUDITED
    )
    return (
        f'<div class="row"><span class="name">{escaped(row.name)}</span><div class="track"><svg aria-hidden="true">'
        f'{ground}<svg class="at" y="50%">{marks}</svg></svg></div><span class="values">{values}</span></div>'
    )


def _upright(kind: str, x: str) -> str:
    return f'<line class="{kind}" x1="{x}" x2="{x}" y1="0" y2="100%"/>'


def _drawn(mark: PlotMark, axis: _Axis, y: int) -> str:
    """A mark with the line of its interval, where it has one."""
    line = ""
    if mark.kind not in _WITHOUT_LINE and not math.isnan(mark.interval.low):
        ends = f'x1="{axis.place(mark.interval.low)}" x2="{axis.place(mark.interval.high)}"'
        line = f'<line class="spread {mark.kind}" {ends} y1="{y}" y2="{y}"/>'
    return line + _shape(mark.kind, axis.place(mark.interval.value), y)


def _shape(kind: str, x: str, y: int) -> str:
    """A dot, a square, a hollow diamond, a tick or a hollow triangle."""
    inside = {
        "one": '<circle class="one" r="6.5"/>',
        "two": '<rect class="two" x="-5.5" y="-5.5" width="11" height="11"/>',
        SHIPPED_MARK: '<path class="shipped" d="M0-6 6 0 0 6-6 0Z"/>',
        UNTRAINED_MARK: '<line class="tick" y1="-6" y2="6"/>',
        COLOURS_MARK: '<path class="shipped" d="M0-5.5 5.5 4.5H-5.5Z"/>',
    }[kind]
    return f'<svg class="at" x="{x}" y="{y}">{inside}</svg>'


def mark_key(kind: str, word: str) -> str:
    """The mark of a kind with what it means."""
    return _key(_shape(kind, "8", 8), word)


def _key(mark: str, word: str) -> str:
    return f'<span class="key"><svg width="16" height="16" aria-hidden="true">{mark}</svg>{escaped(word)}</span>'


def _legend(chart: Chart, kinds: Sequence[str], axis: _Axis) -> str:
    words = _words(chart)
    keys = [mark_key(kind, words[kind]) for kind in kinds]
    if any(not math.isnan(row.chance) for row in chart.rows):
        keys.append(_key(_upright("chance", "8"), chart.bars))
    if any(row.limit > _SEEN * (axis.high - axis.low) for row in chart.rows):
        keys.append(_key('<rect class="limit" width="16" height="16"/>', "what an edit without meaning reaches"))
    return f'<div class="legend">{"".join(keys)}</div>'
