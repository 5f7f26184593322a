"""Draws the first pictures of notebooks 02, 03 and 05: python assets/pictures/make_02_03_05.py

They are committed as assets/pictures/02_three_ways.png, 03_fields.png and 05_rows.png, and with _dark for dark pages.
"""

from pathlib import Path

import numpy as np
import torch
from drawing import DOTS, write
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from osnet_edu import assets, osnet
from osnet_edu.explore import story
from osnet_edu.figures import INK, MUTED, PAPER, PARAMETERS, WORK
from osnet_edu.network import costs, receptive
from osnet_edu.people import PARTS, TWIN_LABELS
from osnet_edu.photos import market

LINE = "#8a95a3"
READ, WRITTEN = "#6cc4bd", "#cf9bd6"  # paler than ONE and TWO, so that lines show
CELL = 0.14


def channels(ax, x: float, y: float, looked_at: list[int], colour: str) -> float:
    """Maps side by side, each with the side of the window that is looked at (0 for none).  Returns: where they end."""
    side = 5
    for window in looked_at:
        ax.add_patch(Rectangle((x, y), side * CELL, side * CELL, facecolor=PAPER, edgecolor=LINE, lw=1))
        for i in range(1, side):
            ax.plot([x + i * CELL] * 2, [y, y + side * CELL], color=LINE, lw=0.5)
            ax.plot([x, x + side * CELL], [y + i * CELL] * 2, color=LINE, lw=0.5)
        if window:
            first = (side - window) / 2 * CELL
            place = ((x + first, y + first), window * CELL, window * CELL)
            ax.add_patch(Rectangle(*place, facecolor=colour, edgecolor=INK, lw=1.6, zorder=3, alpha=0.85))
        x += (side + 0.6) * CELL
    return x


def three_ways() -> Figure:
    figure = Figure((9.05, 3.5), dpi=DOTS, facecolor=PAPER)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 9.05), ylim=(3.5, 0))
    ax.set_axis_off()
    middle = 2.5 * CELL

    def text(x, y, words, size=10.0, **more):
        ax.text(x, y, words, fontsize=size, va="top", **({"color": INK} | more))

    def arrow(x, y, words=""):
        ax.annotate("", (x + 0.45, y), (x, y), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.4})
        text(x + 0.22, y + 0.08, words, 8.5, color=MUTED, ha="center")
        return x + 0.52

    looks = (
        ("traditional 3x3", 0.15, 0.1, [[3, 3, 3]], "3x3 cells of every channel: 9 x 3 = 27 weights"),
        ("depthwise 3x3", 4.0, 0.1, [[3, 0, 0]], "3x3 cells of one channel: 9 weights"),
        ("pointwise 1x1", 0.15, 1.9, [[1, 1, 1]], "one cell of every channel: 3 weights"),
        ("Lite 3x3: pointwise, then depthwise", 4.0, 1.9, [[3, 3, 3], [3]],
         "3 + 9 = 12 weights: 1x1 mixes the channels of each cell, 3x3 reads 9 cells"),
    )  # fmt: skip
    for name, x, y, steps, words in looks:
        text(x, y, name, 12, weight="bold")
        text(x, y + 1.22, words, 9.5, color=MUTED)
        end = x
        for step, says in zip(steps, ("1x1 each", "3x3") if len(steps) > 1 else ("",), strict=True):
            end = channels(ax, end, y + 0.36, step, READ)
            end = arrow(end, y + 0.36 + middle, says)
        channels(ax, end, y + 0.36, [1], WRITTEN)
    return figure


def middle_of_part(root: Path, photo: market.Photo) -> tuple[float, float]:
    """Row and column of the middle of the part in which twins differ, in a photo of 256 x 128."""
    mask = np.asarray(Image.open(root / "masks" / photo.path.parent.name / f"{photo.path.stem}.png"))
    rows, columns = np.nonzero(np.isin(mask, [PARTS.index(name) for name in TWIN_LABELS["logo"]]))
    return rows.mean() * 256 / mask.shape[0], columns.mean() * 128 / mask.shape[1]


def fields() -> Figure:
    root = assets.subset()
    _, photo, _ = story.PRINT_SEEN.photos(market.read(root))  # Ana from behind
    row, column = middle_of_part(root, photo)
    image = market.decode([photo], (256, 128)).images[0]
    shown = {field.stream: field for field in receptive.receptive_fields(osnet(0.25)) if field.block == "conv2.0"}
    figure = Figure((8.8, 4.1), dpi=DOTS, facecolor=PAPER)
    for t in range(1, 5):
        ax = figure.add_axes((0.02 + 0.245 * (t - 1), 0.06, 0.215, 0.78))
        ax.imshow(image)
        field = shown[t]
        cells = (round((at - field.origin) / field.step) for at in (row, column))
        (first, end), (left, right) = map(field.window, cells)
        for colour, width in (("black", 5), ("white", 2.2)):
            ax.add_patch(Rectangle((left, first), right - left, end - first, fill=False, ec=colour, lw=width))
        ax.set_axis_off()
        ax.set_title(
            f"stream {t}\n{t} Lite layer{'s' * (t > 1)}: {2 * t + 1} x {2 * t + 1} cells\n{shown[t].longest} x "
            f"{shown[t].longest} pixels",
            fontsize=10, color=INK,
        )  # fmt: skip
    return figure


def rows() -> Figure:
    table = [row for row in costs.table(osnet()) if row.layers]
    names = ["conv1", "conv2", "transition", "conv3", "transition ", "conv4", "conv5", "fc"]
    figure = Figure((9.2, 3.9), dpi=DOTS, facecolor=PAPER)
    for kind, left, style in (("parameters", 0.13, PARAMETERS), ("multiply_adds", 0.57, WORK)):
        ax = figure.add_axes((left, 0.06, 0.40, 0.80))
        values = np.array([getattr(row, kind) for row in table])
        at = np.arange(len(table))[::-1]
        ax.barh(at, values, **style.bar, height=0.66, lw=0)
        unit = "million" if kind == "multiply_adds" else "thousand"
        for y, value in zip(at, values, strict=True):
            shown = value / (1e6 if unit == "million" else 1e3)
            ax.text(value + values.max() * 0.015, y, f"{shown:,.1f}", va="center", fontsize=9.5, color=INK)
        total = f"{values.sum() / 1e6:,.2f} million parameters" if unit != "million" else (
            f"{values.sum() / 1e6:,.1f} million multiply-adds"
        )  # fmt: skip
        ax.set_title(f"{total} (bars in {unit}s)", fontsize=10.5, color=INK, loc="left")
        ax.set_yticks(at, names if kind == "parameters" else [""] * len(names), fontsize=10, color=INK)
        ax.set_xlim(0, values.max() * 1.16)
        ax.set_xticks([])
        ax.tick_params(length=0)
        for side in ("top", "right", "bottom"):
            ax.spines[side].set_visible(False)
    return figure


def main() -> None:
    torch.manual_seed(0)
    write({"02_three_ways": three_ways, "03_fields": fields, "05_rows": rows}, dots=2 * DOTS)


if __name__ == "__main__":
    main()
