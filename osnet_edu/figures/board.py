"""The leaderboard as a picture: each method's best variant, trained beside untrained, with the floors as lines."""

import re

import numpy as np

from ..colours import TRAINED, UNTRAINED
from ..refused import Refused
from .paper import INK, LINE, MUTED, Sheet, as_sentence, wide

_SHORT = {"top color": "top", "bottom color": "bottom"}  # parts, as the head of a column
_FLOORS = {"random": "random\nmap", "centre prior": "centre", "new colours": "new colours,\nno network"}


def leaderboard(board, *, network: str = "shipped", view: str = "across", title: str = ""):
    """Rank accuracy of every method: trained as dots and untrained as diamonds, with intervals.

    A method with variants, such as Grad-CAM of three stages, has one row: that of the variant with the highest mean.

    board: a record with .methods(network), .mean(method, network=, weights=, view=) -> .value, .low, .high,
    .floors(network, view) and .above_untrained(network, view)[method].shown.
    Raises: Refused for a network that the board does not have.
    """
    names = _listed(board, network)
    where = {"network": network, "view": view}
    ours = {name: board.mean(name, **where) for name in names}
    floors = board.floors(network, view)
    above = board.above_untrained(network, view)
    theirs = {name: board.mean(name, weights="untrained", **where) for name in above}
    rows = _best_variants(ours)
    label = {name: name if count == 1 else f"{name} (best of {count})" for name, count in rows.items()}
    told = "; ".join(
        f"{label[name]} {ours[name].value:.2f} ({ours[name].low:.2f} to {ours[name].high:.2f}), "
        + (f"untrained {theirs[name].value:.2f}" if name in theirs else "not asked untrained")
        for name in rows
    )
    said = (
        f"{as_sentence(title)}Rank accuracy of each method. {told}. Without a network: "
        f"{', '.join(f'{name} {value:.2f}' for name, value in floors.items())}."
    )
    top_value = max(0.5, float(np.ceil(10 * max(found.high for found in ours.values())) / 10))
    left, axis, row, top = max(wide(words, 10) for words in label.values()) + 0.25, 4.6, 0.34, 1.4
    height = row * len(rows)
    sheet = Sheet(left + axis + 0.75, top + height + 0.6, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    _key(sheet, 0.16, 0.52)

    def at(value: float) -> float:
        return left + axis * value / top_value

    for tick in np.arange(0, top_value + 0.01, 0.1):
        sheet.line([at(tick)] * 2, [top, top + height], color=LINE, linewidth=0.7)
        sheet.text(at(tick), top + height + 0.06, f"{tick:.1g}", size=9.5, color=MUTED, ha="center")
    sheet.text(left + axis / 2, top + height + 0.28, "rank accuracy: 1 is the truth", size=10, ha="center")
    for name, words in _FLOORS.items():
        if name in floors:
            sheet.line([at(floors[name])] * 2, [top - 0.05, top + height], color=MUTED, linestyle=(0, (3, 2)))
            sheet.text(at(floors[name]), top - 0.42, words, size=9, color=MUTED, ha="center")
    for i, name in enumerate(rows):
        y = top + (i + 0.5) * row
        weight = "bold" if name in above and above[name].shown else "normal"
        sheet.text(left - 0.1, y, label[name], size=10, ha="right", va="center_baseline", weight=weight, color=INK)
        for found, style in ((theirs.get(name), UNTRAINED), (ours[name], TRAINED)):
            if found is None:
                continue
            sheet.line([at(found.low), at(found.high)], [y, y], color=style.colour.light, linewidth=1.8, zorder=3)
            sheet.mark(at(found.value), y, style.colour.light, style.mark)
        sheet.text(left + axis + 0.15, y, f"{ours[name].value:.2f}", size=10, va="center_baseline")
    return sheet.figure


def leaderboard_numbers(board, *, network: str = "shipped", view: str = "across") -> str:
    """All of it as lines of a table: the mean of every method, its interval, untrained, and part by part.

    board: as for `leaderboard`, with .by_part(method, network=, view=) as well.
    """
    names, where = _listed(board, network), {"network": network, "view": view}
    above = board.above_untrained(network, view)
    ours = {name: board.mean(name, **where) for name in names}
    parts = {name: board.by_part(name, **where) for name in names}
    columns = list(parts[names[0]])
    head = f"{'':<33}mean   95 %           untrained  " + "".join(f"{_SHORT.get(part, part):>9}" for part in columns)
    lines = [head]
    for name in sorted(names, key=lambda name: -ours[name].value):
        never = f"{board.mean(name, weights='untrained', **where).value:.2f}" if name in above else "-"
        found = ours[name]
        by = "".join("        -" if np.isnan(one.value) else f"{one.value:>9.2f}" for one in parts[name].values())
        lines.append(f"{name:<33}{found.value:.2f}   {found.low:.2f} to {found.high:.2f}   {never:>9}  {by}")
    return "\n".join(lines)


def _listed(board, network: str) -> list[str]:
    names = board.methods(network)
    if not names:
        raise Refused(f"the board has nothing of {network!r}")
    return names


def _best_variants(found) -> dict[str, int]:
    """Of each method the variant with the highest mean -> how many variants there are; the best method first."""
    kinds: dict[str, list[str]] = {}
    for name in found:
        kinds.setdefault(re.sub(r"^stream \d", "stream", name).split(",")[0], []).append(name)
    best = {max(names, key=lambda name: found[name].value): len(names) for names in kinds.values()}
    return dict(sorted(best.items(), key=lambda row: -found[row[0]].value))


def _key(sheet: Sheet, x: float, y: float) -> None:
    for style, words in ((TRAINED, "trained"), (UNTRAINED, "never trained")):
        color = style.colour.light
        sheet.mark(x, y, color, style.mark)
        sheet.text(x + 0.12, y, words, size=10, va="center_baseline", color=color, weight="bold")
        x += 0.45 + 0.09 * len(words)
    words = "lines: 95 % over families; a bold name beats its untrained network"
    sheet.text(x, y, words, size=9.5, va="center_baseline", color=MUTED)
