"""A query beside its match and an impostor: how far the gates moved, and how far apart the photos are at each step."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from .paper import (
    BLUE,
    INK,
    LINE,
    MUTED,
    ORANGE,
    OTHER_LABEL,
    PAPER,
    SAME_LABEL,
    WIDTH,
    Sheet,
    as_sentence,
    tidy,
)


def gates_moved(reading, names: tuple[str, str, str], *, title: str = "") -> Figure:
    """Two bars a block: how far its gates moved from the first photo to the second, and to the third.

    reading: gates.GateReading of three photos: query, match, impostor.  names: what to call them.
    A bar is the root mean square over the channels, averaged over the streams.
    """
    found = [{block: float(change.mean()) for block, change in reading.change(0, k).items()} for k in (1, 2)]
    totals = [float(np.mean(list(one.values()))) for one in found]
    most = max(max(one.values()) for one in found) or 1.0
    told = "; ".join(f"{block} {found[0][block]:.3f} and {found[1][block]:.3f}" for block in reading.blocks)
    total = f"on average {totals[0]:.3f} and {totals[1]:.3f}"
    left, span, top, height = 0.95, 5.2, 0.92, 0.5
    sheet = Sheet(
        left + span + 1.0,
        top + height * len(reading.blocks) + 0.1,
        f"{as_sentence(title)}From {names[0]} to {names[1]} and to {names[2]}: {told}; {total}.",
    )
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    styles: tuple[dict, ...] = (
        {"fill": ORANGE, "edge": ORANGE},
        {"fill": PAPER, "edge": BLUE, "linestyle": (0, (3, 2))},
    )
    for k, (style, color) in enumerate(zip(styles, (ORANGE, BLUE), strict=True)):
        x = left + 3.1 * k
        sheet.box(x, 0.5, 0.3, 0.16, linewidth=1.6, **style)
        words = f"to {names[k + 1]}, on average {totals[k]:.3f}"
        sheet.text(x + 0.4, 0.58, words, size=9.5, va="center_baseline", color=color, weight="bold")
    sheet.line([left, left], [top - 0.04, top + height * len(reading.blocks)], color=MUTED)
    for row, block in enumerate(reading.blocks):
        y = top + row * height
        sheet.line([left, left + span], [y + height - 0.05] * 2, color=LINE)
        sheet.text(left - 0.12, y + 0.22, block, size=10, ha="right", va="center_baseline")
        for k, (style, one) in enumerate(zip(styles, found, strict=True)):
            wide = span * one[block] / most
            sheet.box(left, y + 0.04 + 0.19 * k, wide, 0.15, linewidth=1.6, zorder=3, **style)
            where = left + wide + 0.08, y + 0.12 + 0.19 * k
            sheet.text(*where, f"{one[block]:.3f}", size=9, va="center_baseline", color=INK)
    return sheet.figure


def parted(cases: Mapping[str, tuple], *, title: str = "") -> Figure:
    """How far apart two pairs of photos are behind each step of a network, one panel a case.

    cases: name -> two flow.Parting, of the query with the match, and of the query with the impostor.
    """
    figure = Figure((WIDTH, 3.6), layout="constrained")
    styles: tuple[tuple[str, dict], ...] = (
        (SAME_LABEL, {"color": ORANGE, "marker": "o"}),
        (OTHER_LABEL, {"color": BLUE, "marker": "D", "linestyle": (0, (4, 2)), "markerfacecolor": PAPER}),
    )
    told = []
    for axis, (name, pairs) in zip(
        figure.subplots(1, len(cases), sharey=True, squeeze=False)[0], cases.items(), strict=True
    ):
        for (label, style), pair in zip(styles, pairs, strict=True):
            axis.plot(list(pair.ratios), list(pair.ratios.values()), label=label, linewidth=2, **style)
            steps = ", ".join(f"{step} {ratio:.2f}" for step, ratio in pair.ratios.items())
            told.append(f"{name}, {label[2:]}: {steps}.")
        axis.set_title(name, fontsize=10, loc="left")
        tidy(axis)
        axis.set_xticks(axis.get_xticks(), list(pairs[0].ratios), rotation=45, ha="right", rotation_mode="anchor")
    figure.axes[0].set_ylim(0, 1.08 * max(max(pair.ratios.values()) for pairs in cases.values() for pair in pairs))
    figure.axes[0].set_ylabel("distance, 1 is the usual one")
    figure.axes[0].legend(frameon=False)
    figure.set_label(as_sentence(title) + " ".join(told))
    figure.suptitle(title, x=0.012, ha="left", fontsize=11, fontweight="bold")
    return figure
