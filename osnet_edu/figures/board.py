"""The leaderboard as a picture: every method, trained beside untrained, the floors as lines, and part by part."""

import numpy as np

from ..colours import TRAINED, UNTRAINED
from ..refused import Refused
from .paper import HEAT, INK, LINE, MUTED, Sheet, as_sentence

PARTS_SHOWN = {"top color": "top", "bottom color": "bottom"}  # short names of parts


def leaderboard(board, *, network: str = "shipped", view: str = "across", title: str = ""):
    """Rank accuracy of every method: trained as dots and untrained as diamonds, with intervals; then by part.

    board: a record with .methods(network), .mean(method, network=, weights=, view=) -> .value, .low, .high,
    .by_part(method, network=, view=), .floors(network, view) and .above_untrained(network, view)[method].shown.
    Raises: Refused for a network that the board does not have.
    """
    names = board.methods(network)
    if not names:
        raise Refused(f"the board has nothing of {network!r}")
    where = {"network": network, "view": view}
    ours = {name: board.mean(name, **where) for name in names}
    floors = board.floors(network, view)
    above = board.above_untrained(network, view)
    theirs = {name: board.mean(name, weights="untrained", **where) for name in above}
    parts = {name: board.by_part(name, **where) for name in names}
    columns = list(parts[names[0]])
    order = sorted(names, key=lambda name: -ours[name].value)
    top_value = max(0.5, float(np.ceil(10 * max(found.high for found in ours.values())) / 10))
    row, left, axis, gap, cell, top = 0.235, 2.35, 2.75, 0.22, 0.42, 1.25
    height = row * len(order)
    told = "; ".join(
        f"{name} {ours[name].value:.2f} ({ours[name].low:.2f} to {ours[name].high:.2f}), "
        + (f"untrained {theirs[name].value:.2f}" if name in theirs else "not asked untrained")
        for name in order
    )
    said = (
        f"{as_sentence(title)}Rank accuracy of each method. {told}. Without a network: "
        f"{', '.join(f'{name} {value:.2f}' for name, value in floors.items())}."
    )
    sheet = Sheet(left + axis + gap + cell * len(columns) + 0.15, top + height + 0.62, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    _key(sheet, 0.16, 0.5)

    def at(value: float) -> float:
        return left + axis * value / top_value

    for tick in np.arange(0, top_value + 0.01, 0.1):
        sheet.line([at(tick)] * 2, [top, top + height], color=LINE, linewidth=0.7)
        sheet.text(at(tick), top + height + 0.05, f"{tick:.1g}", size=8.5, color=MUTED, ha="center")
    sheet.text(left + axis / 2, top + height + 0.25, "rank accuracy: 1 is the truth", size=9.5, ha="center")
    for name, words in (("centre prior", "centre\nprior"), ("new colours", "new colours,\nno network")):
        if name in floors:
            sheet.line([at(floors[name])] * 2, [top - 0.03, top + height], color=MUTED, linestyle=(0, (3, 2)))
            sheet.text(at(floors[name]), top - 0.33, words, size=8, color=MUTED, ha="center")
    start = left + axis + gap
    for k, part in enumerate(columns):
        sheet.text(start + (k + 0.5) * cell, top - 0.17, PARTS_SHOWN.get(part, part), size=8, color=MUTED, ha="center")
    for i, name in enumerate(order):
        y = top + (i + 0.5) * row
        weight = "bold" if name in above and above[name].shown else "normal"
        sheet.text(left - 0.1, y, name, size=9, ha="right", va="center_baseline", weight=weight, color=INK)
        for found, style in ((theirs.get(name), UNTRAINED), (ours[name], TRAINED)):
            if found is None:
                continue
            sheet.line([at(found.low), at(found.high)], [y, y], color=style.colour.light, linewidth=1.4, zorder=3)
            sheet.mark(at(found.value), y, style.colour.light, style.mark)
        for k, part in enumerate(columns):
            _shaded(sheet, start + k * cell, y, (cell, row), parts[name][part].value)
    sheet.text(start + cell * len(columns) / 2, top + height + 0.25, "by the part that differs", size=9.5, ha="center")
    return sheet.figure


def _shaded(sheet: Sheet, x: float, y: float, size: tuple[float, float], value: float) -> None:
    """One part's rank accuracy as a shaded cell, y at its middle; a dash where it is nan."""
    cell, row = size
    if np.isnan(value):
        sheet.text(x + cell / 2, y, "-", size=8.5, color=MUTED, ha="center", va="center_baseline")
        return
    shade = HEAT(0.5 + 0.45 * min(1.0, value / 0.8))
    sheet.box(x + 0.015, y - row / 2 + 0.012, cell - 0.03, row - 0.024, fill=shade)
    ink, words = "#fefefe" if value > 0.45 else "#1c1c1c", f"{value:.2f}".replace("0.", ".")
    sheet.ax.text(x + cell / 2, y, words, fontsize=8.5, ha="center", va="center_baseline", color=ink, zorder=5)


def _key(sheet: Sheet, x: float, y: float) -> None:
    for style, words in ((TRAINED, "trained"), (UNTRAINED, "never trained")):
        color = style.colour.light
        sheet.mark(x, y, color, style.mark)
        sheet.text(x + 0.12, y, words, size=9.5, va="center_baseline", color=color, weight="bold")
        x += 0.45 + 0.085 * len(words)
    words = "lines: 95 % over families; a bold name beats its untrained network"
    sheet.text(x, y, words, size=9, va="center_baseline", color=MUTED)
