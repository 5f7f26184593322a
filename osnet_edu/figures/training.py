"""The pictures of a training run: what augmentation does, how the learning rate goes, how batch-hard collapses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor, log10

import numpy as np
import torch
from matplotlib.figure import Figure

from .. import train
from ..embed import MEAN, STD
from ..refused import Refused
from ..train import TrainConfig
from .paper import INK, MUTED, ONE, TWO, Bounded, Sheet, as_sentence, wide
from .portraits import photos
from .rows import ChartMark, Rows, nice


def augmented(image: np.ndarray, config: TrainConfig, *, draws: int = 7, seed: int = 0) -> Figure:
    """A photo as it is, and as training sees it in so many draws.  image: (H, W, 3) uint8, RGB."""
    rng = np.random.default_rng(seed)
    copies = torch.from_numpy(np.repeat(image[None], draws, 0))
    seen = train.augment(copies, config, rng).permute(0, 2, 3, 1).numpy()
    seen = ((seen * STD + MEAN).clip(0, 1) * 255).round().astype(np.uint8)
    captions = ["as it is", *(f"draw {i}" for i in range(1, draws + 1))]
    return photos(np.concatenate([image[None], seen]), captions, width=0.9, per_row=(draws + 2) // 2)


def schedules(configs: Mapping[str, TrainConfig]) -> Figure:
    """The learning rate over the share of the steps that are done, of one or two recipes."""
    lines = {}
    for name, config in configs.items():
        config = replace(config, photos=400 * config.batch)
        lines[name] = [(s / 400, train.learning_rate(config, s)) for s in range(1, 401)]
    tops = {name: max(rate for _, rate in line) for name, line in lines.items()}
    description = "Learning rate over the steps. " + "; ".join(
        f"{name}: starts at {lines[name][0][1]:.4f}, highest {top:.4f}, ends at {lines[name][-1][1]:.5f}"
        for name, top in tops.items()
    )
    sheet = Sheet(7.2, 3.25, description + ".")
    chart = _Chart(sheet, (0.75, 0.75, 6.2, 1.9), (0, 1), (0, 1.05 * max(tops.values())))
    chart.axes([0, 0.25, 0.5, 0.75, 1], "{:.0%}", [0.0, *sorted(tops.values())], "{:.4g}")
    sheet.text(3.85, 2.95, "share of the steps done", size=10, ha="center")
    sheet.text(0.1, 0.08, "Learning rate", size=11, weight="bold")
    for i, (name, line) in enumerate(lines.items()):
        chart.line(line, i)
        chart.key(name, i, 0.75 + 1.6 * i, 0.42)
    return sheet.figure


def collapses(runs: Sequence) -> Figure:
    """Runs of experiments.collapse: the loss step by step, and the mean distance within a batch on a log scale."""
    names = ["normalised features" if run.normalised else "raw features" for run in runs]
    margin, steps = runs[0].margin, max(len(run.losses) for run in runs)
    description = (
        "The batch-hard loss from the first step on. "
        + " ".join(
            f"{name}: the loss goes from {r.losses[0]:.2f} to {r.losses[-1]:.2f}, the mean distance between two photos "
            f"from {r.spreads[0]:.2g} to {r.spreads[-1]:.1g}."
            for name, r in zip(names, runs, strict=True)
        )
        + f" The margin is {margin:g}."
    )
    sheet = Sheet(8.2, 3.45, description)
    most = max(float(run.losses.max()) for run in runs)
    left = _Chart(sheet, (0.5, 0.8, 2.9, 1.9), (1, steps), (0, 1.05 * most))
    left.axes(_ticks(steps), "{:.0f}", list(range(0, int(most) + 1, max(1, int(most) // 4))), "{:.0f}")
    sheet.line([left.x(1), left.x(steps)], [left.y(margin)] * 2, color=INK, linestyle=(0, (1, 2)))
    sheet.text(left.x(steps) + 0.06, left.y(margin), "margin", size=9.5, va="center_baseline")
    low = max(1e-6, min(float(run.spreads.min()) for run in runs))
    high = max(float(run.spreads.max()) for run in runs)
    powers = list(range(floor(log10(low)), ceil(log10(high)) + 1))
    right = _Chart(sheet, (5.0, 0.8, 2.9, 1.9), (1, steps), (powers[0], powers[-1]))
    shown = powers if len(powers) < 6 else powers[::2]
    right.axes(_ticks(steps), "{:.0f}", shown, "", [f"{10.0**p:g}" if p >= -3 else f"1e{p}" for p in shown])
    sheet.text(0.1, 0.08, "Loss", size=11, weight="bold")
    sheet.text(4.35, 0.08, "Mean distance between two photos", size=11, weight="bold")
    for i, (name, run) in enumerate(zip(names, runs, strict=True)):
        left.line(list(enumerate(run.losses.tolist(), start=1)), i)
        logs = np.log10(run.spreads.clip(1e-6)).tolist()
        right.line(list(enumerate(logs, start=1)), i)
        left.key(name, i, 0.5 + 1.8 * i, 0.42)
    for chart in (left, right):
        sheet.text(chart.x((1 + steps) / 2), 3.0, "step", size=10, ha="center")
    return sheet.figure


def left_out(differences: Mapping[str, Bounded], *, title: str = "", unit: str = "points of mAP") -> Figure:
    """What each change did to a score: a difference with its interval, a row each, the worst first.

    differences: by name, in points.  A full mark where the interval excludes 0.
    """
    if not differences:
        raise Refused("there are no differences to draw")
    found = dict(sorted(differences.items(), key=lambda item: item[1].value))
    told = "; ".join(f"{name} {d.value:+.1f} ({d.low:+.1f} to {d.high:+.1f})" for name, d in found.items())
    low, high, step = nice(min(-1.0, *(d.low for d in found.values())), max(1.0, *(d.high for d in found.values())), 6)
    left, span, top, height = max(wide(name, 10) for name in found) + 0.2, 4.3, 0.8, 0.38
    right = left + span + 1.15
    sheet = Sheet(right, top + len(found) * height + 0.6, f"{as_sentence(title)}{unit.capitalize()}: {told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    sheet.text(0.15, 0.42, "An open ring: the interval holds 0.", size=9.5, color=MUTED)
    rows = Rows(sheet, len(found), (left, top, span), height, (low, high))
    rows.bands(right - 0.05)
    rows.scale(step, f"{unit} more or less than the whole recipe", "{:+g}")
    rows.names(list(found))
    for row, d in enumerate(found.values()):
        y, clear = rows.y(row), d.low > 0 or d.high < 0
        sheet.line([rows.x(d.low), rows.x(d.high)], [y, y], color=INK, linewidth=2, zorder=3)
        ChartMark("", INK, "o", clear).draw(sheet, rows.x(d.value), y)
        words = "excludes 0" if clear else "? open"
        weight = "bold" if clear else "normal"
        sheet.text(left + span + 0.2, y, words, va="center_baseline", weight=weight)
    return sheet.figure


class _Chart:
    """A rectangle of a sheet with scales.  place: (x, y, width, height) in inches; across, up: (from, to)."""

    STYLES = ((ONE, "-", 2.0), (TWO, (0, (4, 2)), 2.0))

    def __init__(self, sheet: Sheet, place: tuple, across: tuple, up: tuple):
        self.sheet, self.place, self.across, self.up = sheet, place, across, up

    def x(self, value: float) -> float:
        low, high = self.across
        return self.place[0] + self.place[2] * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.up
        return self.place[1] + self.place[3] * (high - value) / (high - low)

    def axes(self, xs: Sequence, x_form: str, ys: Sequence, y_form: str, y_words: Sequence[str] = ()) -> None:
        left, top, width, height = self.place
        for i, value in enumerate(ys):
            self.sheet.line([left, left + width], [self.y(value)] * 2)
            words = y_words[i] if y_words else y_form.format(value)
            self.sheet.text(left - 0.07, self.y(value), words, size=9.5, color=MUTED, ha="right", va="center_baseline")
        for value in xs:
            self.sheet.text(
                self.x(value), top + height + 0.06, x_form.format(value), size=9.5, color=MUTED, ha="center"
            )
        self.sheet.line([left, left, left + width], [top, top + height, top + height], color=MUTED)

    def line(self, points: Sequence[tuple[float, float]], kind: int) -> None:
        color, dashes, wide = self.STYLES[kind]
        xs, ys = zip(*points, strict=True)
        xs, ys = [self.x(v) for v in xs], [self.y(v) for v in ys]
        self.sheet.line(xs, ys, color=color, linestyle=dashes, linewidth=wide, zorder=3)

    def key(self, name: str, kind: int, x: float, y: float) -> None:
        color, dashes, wide = self.STYLES[kind]
        self.sheet.line([x, x + 0.35], [y + 0.08] * 2, color=color, linestyle=dashes, linewidth=wide)
        self.sheet.text(x + 0.43, y, name, size=10, color=color, weight="bold")


def _ticks(steps: int) -> list[int]:
    return [1, *range(steps // 4, steps + 1, steps // 4)]
