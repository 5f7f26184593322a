"""What layers cost and see: full and Lite 3x3 beside each other, and the fields of all streams."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ..colours import FULL, LITE, STREAMS, ChartStyle
from ..refused import Refused
from .paper import INK, MUTED, PAPER, Sheet, as_sentence, wide
from .rows import ChartMark, Rows, key, nice

_PRICES = {"weights": "parameters", "multiply-adds": "multiply_adds"}
_Layers = Mapping[str, tuple[Sequence, Sequence]]


def layer_costs(layers: _Layers, *, title: str = "") -> Figure:
    """Bars of what a full 3x3 layer and a Lite 3x3 layer cost, a panel for each price, and how many times less.

    layers: name -> the costs of the full layer's parts, and those of the Lite layer's; each has .parameters and
    .multiply_adds.
    Raises: Refused without a layer.
    """
    prices = _prices(layers)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{price} {_count(full)} and {_count(lite)}" for price, (full, lite) in of.items())
        for name, of in prices.items()
    )
    left, span, gap, top, height = max(wide(name, 10) for name in layers) + 0.2, 1.95, 0.72, 1.15, 0.6
    right = left + len(_PRICES) * (span + gap) + 0.5
    bottom = top + height * len(layers)
    sheet = Sheet(right, bottom + 0.12, f"{as_sentence(title)}Full 3x3 and Lite 3x3. {told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    x = left
    for style, words in ((FULL, "full 3x3"), (LITE, "Lite 3x3")):
        _bar(sheet, x, 0.5, 0.4, 0.15, style)
        sheet.text(x + 0.48, 0.58, words, size=10, va="center_baseline", color=style.colour.light, weight="bold")
        x += 1.35
    for panel, price in enumerate(_PRICES):
        most = max(max(of[price]) for of in prices.values())
        rows = Rows(sheet, len(layers), (left + panel * (span + gap), top, span), height, (0.0, most))
        if panel == 0:
            rows.bands(right - 0.05)
            rows.names(list(layers))
        sheet.text(rows.x(0), top - 0.27, price, size=10, weight="bold")
        sheet.line([rows.x(0)] * 2, [top, bottom], color=MUTED, zorder=3)
        for row, of in enumerate(prices.values()):
            for style, value, up in ((FULL, of[price][0], -0.2), (LITE, of[price][1], 0.03)):
                _bar(sheet, rows.x(0), rows.y(row) + up, rows.x(value) - rows.x(0), 0.17, style)
                where = rows.x(value) + 0.06, rows.y(row) + up + 0.085
                sheet.text(*where, _count(value), size=9.5, va="center_baseline")
    sheet.text(right - 0.15, top - 0.27, "times less", size=10, weight="bold", ha="right")
    for row, of in enumerate(prices.values()):
        full, lite = of["multiply-adds"]
        y = top + height * (row + 0.5)
        sheet.text(right - 0.15, y, f"{full / lite:.1f}", size=11, va="center_baseline", weight="bold", ha="right")
    return sheet.figure


def layer_costs_numbers(layers: _Layers) -> str:
    """The bars of `layer_costs` as lines of a table."""
    width = max(map(len, layers))
    heads = [f"{kind} {price}" for price in _PRICES for kind in ("full", "Lite")]
    lines = [f"{'':<{width}}  " + "  ".join(f"{head:>18}" for head in heads) + "  times less"]
    for name, of in _prices(layers).items():
        every = "  ".join(f"{value:>18,}" for price in of.values() for value in price)
        full, lite = of["multiply-adds"]
        lines.append(f"{name:<{width}}  {every}  {full / lite:>10.1f}")
    return "\n".join(lines)


def stream_fields(
    fields: Sequence,
    *,
    photo: tuple[int, int],
    marks: Mapping[str, tuple[ChartStyle, Sequence[float]]] | None = None,
    title: str = "",
) -> Figure:
    """How many pixels each stream sees: a bar from its shortest to its longest path, a row a stream.

    fields: records with .block, .stream, .step, .shortest and .longest, in pixels, the streams of a block together and
    as many in every block.  photo: (height, width) in pixels, drawn as lines.  marks: name -> its style, and one number
    of pixels a field, drawn below the bars.
    Raises: Refused without a field, or for other numbers of streams or marks.
    """
    marks, blocks = marks or {}, list(dict.fromkeys(field.block for field in fields))
    each = len(fields) // max(1, len(blocks))
    groups = [field.block for field in fields] == [block for block in blocks for _ in range(each)]
    if not fields or not groups or any(len(values) != len(fields) for _, values in marks.values()):
        raise Refused("expected fields block by block, as many in each block, and one number a field for each mark")
    told = "; ".join(
        f"{field.block} stream {field.stream}: {field.shortest} to {field.longest}"
        + "".join(f", {name} {values[i]:g}" for name, (_, values) in marks.items())
        for i, field in enumerate(fields)
    )
    most = max(max(field.longest for field in fields), *(max(values) for _, values in marks.values()), *photo)
    _, high, step = nice(0.0, most, 6)
    left, span, top, height = 2.15, 5.3, 1.05, 0.18 + 0.1 * len(marks) if marks else 0.2
    rows_tall = len(fields) * height
    said = (
        f"{as_sentence(title)}Pixels from the shortest to the longest path. {told}. The photo: {photo[0]} x {photo[1]}."
    )
    sheet = Sheet(left + span + 0.25, top + rows_tall + 0.6, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    rows = Rows(sheet, len(fields), (left, top, span), height, (0.0, high))
    rows.bands(left + span + 0.15, each)
    rows.scale(step, "pixels of the photo")
    for value, words in ((photo[1], "photo's width"), (photo[0], "photo's height")):
        sheet.line([rows.x(value)] * 2, [top - 0.05, rows.bottom], color=INK, linestyle=(0, (4, 2)), linewidth=1.2)
        sheet.text(rows.x(value), top - 0.27, f"{words}, {value}", size=9.5, ha="center")
    for i, block in enumerate(blocks):
        y = top + i * each * height
        sheet.text(0.15, y + 0.07, block, size=10.5, weight="bold")
        if each * height > 0.5:
            sheet.text(0.15, y + 0.27, f"cells {fields[i * each].step} apart", size=9.5, color=MUTED)
    for i, field in enumerate(fields):
        _field(rows, i, field, -0.05 * len(marks))
        for k, (style, values) in enumerate(marks.values()):
            look = ChartMark("", style.colour.light, style.mark, style.filled)
            look.draw(sheet, rows.x(values[i]), rows.y(i) + 0.1 * (k + 1) - 0.05 * len(marks))
    key(sheet, left, 0.56, [ChartMark(n, s.colour.light, s.mark, s.filled) for n, (s, _) in marks.items()])
    if not marks:
        ends = ChartMark("shortest path", INK, "o", False), ChartMark("longest path", INK, "o")
        key(sheet, left, 0.56, ends)
    return sheet.figure


def _field(rows: Rows, row: int, field, up: float) -> None:
    """The bar of one stream, in its colour, with an open end and a full one."""
    look, y, sheet = STREAMS[(field.stream - 1) % len(STREAMS)], rows.y(row) + up, rows.sheet
    colour = look.colour.light
    sheet.text(rows.place[0] - 0.12, rows.y(row), f"stream {field.stream}", size=9.5, ha="right", va="center_baseline")
    sheet.line([rows.x(field.shortest), rows.x(field.longest)], [y] * 2, color=colour, linewidth=3, zorder=3)
    sheet.ax.scatter([rows.x(field.longest)], [y], s=26, marker=look.mark, color=colour, zorder=4)
    if field.shortest < field.longest:
        ends: dict = {"facecolor": PAPER, "edgecolor": colour, "linewidths": 1.4, "zorder": 4}
        sheet.ax.scatter([rows.x(field.shortest)], [y], s=26, marker=look.mark, **ends)


def _prices(layers: _Layers) -> dict[str, dict[str, tuple[int, int]]]:
    """Name -> price -> of the full layer and of the Lite layer."""
    if not layers:
        raise Refused("expected at least one layer")

    def both(name: str, price: str) -> tuple[int, int]:
        full, lite = (sum(getattr(part, _PRICES[price]) for part in parts) for parts in layers[name])
        return full, lite

    return {name: {price: both(name, price) for price in _PRICES} for name in layers}


def _bar(sheet: Sheet, x: float, y: float, width: float, height: float, style: ChartStyle) -> None:
    sheet.box(x, y, width, height, fill=style.colour.light, edge=PAPER, hatch=style.hatch, linewidth=0.5)


def _count(value: float) -> str:
    return f"{value / 1e6:.1f} M" if value >= 1e6 else f"{value:,.0f}"
