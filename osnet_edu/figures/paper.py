"""What every picture is drawn on: colours for light and dark paper, a sheet in inches, and the way into a page.

The colours and what they mean are those of the whole kit: colours.py. Photos are enlarged by whole factors, so that a
pixel stays a square. Lengths are inches at 96 CSS pixels; x runs to the right and y down.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import ceil
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, Rectangle
from matplotlib.text import Text

from .. import colours
from ..assets import data_uri
from ..refused import Refused

DPI = 192  # two device pixels for each CSS pixel
CSS = 96
WIDTH = 9.0  # the widest figure that fits a notebook beside JupyterLab's file list

# Each colour on white and on black paper. `show` swaps one for the other.
INK, MUTED, PAPER, PANEL, LINE = "#1d2430", "#5a6472", "#ffffff", "#eef2f7", "#b9c2cd"
ORANGE, BLUE = colours.SAME.light, colours.OTHER.light
ONE, TWO = colours.ONE.light, colours.TWO.light  # two things of a chart that no table names
DARK = {
    INK: "#e9ecf1",
    MUTED: "#abb4c0",
    PAPER: "#111111",
    PANEL: "#222a33",
    LINE: "#4c5764",
    ORANGE: colours.SAME.dark,
    BLUE: colours.OTHER.dark,
    ONE: colours.ONE.dark,
    TWO: colours.TWO.dark,
    **{colour.light: colour.dark for colour in colours.OF_PARTS.values()},
}
HEAT = LinearSegmentedColormap.from_list("blue_orange", ["#0b3c7d", "#4f93d8", "#f2f2f2", "#f0963c", "#9a3c00"])

SAME_LABEL = f"{colours.SAME_MARK} {colours.SAME_WORDS}"
OTHER_LABEL = f"{colours.OTHER_MARK} {colours.OTHER_WORDS}"


class Bounded(Protocol):
    """A number with its bounds, such as an interval."""

    @property
    def value(self) -> float:
        """The number itself."""

    @property
    def low(self) -> float:
        """Its lower bound."""

    @property
    def high(self) -> float:
        """Its upper bound."""


# ---- into a notebook ---------------------------------------------------------------------------------------------


def show(figure: Figure, alt: str | None = None):
    """A figure as notebook output: one <img> with alt text, drawn for the light and for the dark theme.

    alt: what a person who does not see the picture should know; None takes the figure's own description (its label).
    Returns: IPython.display.HTML. Where a page strips styles (an untrusted notebook), the light picture remains.
    Raises: Refused where there is no description.
    """
    from IPython.display import HTML

    alt = (str(figure.get_label() or "") if alt is None else alt).strip()
    if not alt:
        raise Refused("a picture needs alt text: say in a sentence or two what there is to see")
    light, dark = (data_uri(png(figure, dark=dark)) for dark in (False, True))
    return HTML(colours.two_themes(light, dark, alt, figure.get_figwidth() * CSS))


def png(figure: Figure, *, dark: bool = False, dpi: float = DPI) -> bytes:
    """The figure as a PNG, on light or on dark paper."""
    swap = DARK if dark else {}
    FigureCanvasAgg(figure)
    undo = _recolour(figure, {to_rgb(old): to_rgb(new) for old, new in swap.items()})
    try:
        file = BytesIO()
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None}, facecolor=figure.get_facecolor())
    finally:
        for setter, colour in undo:
            setter(colour)
    return file.getvalue()


def _recolour(figure: Figure, colours: Mapping[tuple, tuple]) -> list[tuple]:
    """Exchange colours of all artists, alpha kept.  Returns: (setter, old colour) pairs that undo it."""
    undo = []
    black, ink = (0.0, 0.0, 0.0), to_rgb(INK)

    def swap(get, put) -> None:
        old = get()
        rgba = to_rgba(old) if not isinstance(old, np.ndarray) or old.ndim == 1 else None
        if rgba is None:  # a collection: one colour for each member
            new = [(*colours.get(to_rgb(c[:3]), to_rgb(c[:3])), c[3]) for c in old]
        else:
            key = ink if rgba[:3] == black else rgba[:3]  # what nobody coloured is black
            new = (*colours.get(key, rgba[:3]), rgba[3])
        undo.append((put, old))
        put(new)

    if not colours:
        return undo
    for artist in figure.findobj():
        patches = (artist,) if isinstance(artist, Patch | Collection) else ()
        if isinstance(artist, Text):
            swap(artist.get_color, artist.set_color)
            patches = artist.get_bbox_patch(), getattr(artist, "arrow_patch", None)  # findobj does not find these
        for patch in filter(None, patches):
            swap(patch.get_facecolor, patch.set_facecolor)
            swap(patch.get_edgecolor, patch.set_edgecolor)
        if isinstance(artist, Line2D):
            swap(artist.get_color, artist.set_color)
            swap(artist.get_markerfacecolor, artist.set_markerfacecolor)
            swap(artist.get_markeredgecolor, artist.set_markeredgecolor)
    return undo


# ---- paper -------------------------------------------------------------------------------------------------------


class Sheet:
    """One empty figure with a single axis over all of it, measured in inches from the upper left corner."""

    def __init__(self, width: float, height: float, description: str):
        width, height = (ceil(length * DPI) / DPI for length in (width, height))
        self.figure = Figure((width, height), dpi=DPI, facecolor=PAPER)
        self.figure.set_label(description)
        self.ax = self.figure.add_axes((0, 0, 1, 1))
        self.ax.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
        self.ax.set_axis_off()

    def text(self, x: float, y: float, words: str, *, size: float = 10, color: str = INK, va="top", **more) -> None:
        """Words; with va "top", y is the top of the first line, and lines stand evenly on their baselines."""
        for i, line in enumerate(words.split("\n") if va == "top" else [words]):
            down = (0.78 + 1.4 * i) * size / 72 if va == "top" else 0
            align: dict = {"va": "baseline" if va == "top" else va, "ha": "left", "zorder": 4}
            self.ax.text(x, y + down, line, fontsize=size, color=color, **(align | more))

    def image(self, picture: np.ndarray, x: float, y: float, width: float, height: float, **more) -> None:
        """A picture, (H, W, 3), its upper left corner at (x, y); all lengths in inches."""
        x, y = (round(length * DPI) / DPI for length in (x, y))  # on whole pixels, or some squares come out uneven
        self.ax.imshow(
            picture, extent=(x, x + width, y + height, y), interpolation="nearest", aspect="auto", zorder=1, **more
        )

    def box(self, x: float, y: float, width: float, height: float, *, fill=PANEL, edge="none", round=0.0, **more):
        """A rectangle, its upper left corner at (x, y).  round: the radius of its corners; all lengths in inches."""
        # A fill that lets light through gets paper below it, so that no line shows through the box.
        fills = [PAPER, fill] if fill != "none" and to_rgba(fill)[3] < 1 else [fill]
        for face in fills:
            shape = (
                FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={round}")
                if round
                else Rectangle((x, y), width, height)
            )
            shape.set(facecolor=face, edgecolor=edge, **({"linewidth": 1.0, "zorder": 2} | more))
            self.ax.add_patch(shape)

    def line(self, xs: Sequence[float], ys: Sequence[float], *, color: str = LINE, **more) -> None:
        """A line through points, in inches."""
        self.ax.add_line(Line2D(xs, ys, color=color, **({"linewidth": 1.0, "zorder": 1.5} | more)))

    def arrow(self, start: tuple[float, float], end: tuple[float, float], *, color: str = MUTED, **more) -> None:
        """An arrow from start to end, (x, y) each, in inches."""
        style: dict = {
            "arrowstyle": "-|>",
            "mutation_scale": 7,
            "linewidth": 1.0,
            "shrinkA": 0,
            "shrinkB": 0,
            "zorder": 2,
        }
        self.ax.add_patch(FancyArrowPatch(start, end, color=color, **(style | more)))

    def mark(self, x: float, y: float, color: str, marker: str) -> None:
        """A dot ("o") in its colour, or another mark with an open middle."""
        face = color if marker == "o" else PAPER
        self.ax.scatter([x], [y], s=24, marker=marker, facecolor=face, edgecolor=color, linewidths=1.4, zorder=4)

    def frame(self, x: float, y: float, width: float, height: float, same: bool) -> None:
        """Solid and orange round the same person, dashed and blue round another."""
        pad = 0.035
        style = (
            {"edge": ORANGE, "linewidth": 3.0} if same else {"edge": BLUE, "linewidth": 2.0, "linestyle": (0, (3, 2))}
        )
        self.box(x - pad, y - pad, width + 2 * pad, height + 2 * pad, fill="none", zorder=3, **style)

    def verdict(self, x: float, y: float, same: bool, **more) -> None:
        """The mark and words for the same person, in orange, or for another one, in blue, at (x, y)."""
        self.text(x, y, SAME_LABEL if same else OTHER_LABEL, color=ORANGE if same else BLUE, weight="bold", **more)


def tidy(axis: Axes) -> None:
    """Give matplotlib's own axis the look of the kit's charts: no box, light lines across, soft numbers, bold title."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(MUTED)
    axis.grid(color=LINE, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.tick_params(color=MUTED, labelcolor=MUTED)
    axis.title.set(fontsize=11, fontweight="bold")


def fitted(image: np.ndarray, width: float) -> tuple[float, float]:
    """(width, height) in inches of a photo enlarged (or, if it is large, reduced) by a whole factor near a width."""
    rows, columns = image.shape[:2]
    wanted = width * DPI / columns
    factor = max(1, round(wanted)) if wanted >= 0.75 else 1 / round(1 / wanted)
    return columns * factor / DPI, rows * factor / DPI


def as_pictures(images: np.ndarray) -> np.ndarray:
    """Photos as an array (N, H, W, 3) uint8.  Raises: Refused for any other array."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise Refused(f"expected photos (N, H, W, 3) of uint8, got {images.shape} of {images.dtype}")
    return images


def as_sentence(words: str) -> str:
    """A title as the beginning of a description."""
    words = words.replace("\n", " ")
    return f"{words}{'' if words.endswith(('.', '?', '!')) else '.'} " if words else ""


def wide(words: str, size: float) -> float:
    """A text's width in inches, roughly: enough to keep it on the page."""
    return max((len(line) for line in words.split("\n")), default=0) * size * 0.6 / 72


def plural(count: int, word: str) -> str:
    """A count with its noun: 1 photo, 2 photos."""
    return f"{count} {word}" + ("" if count == 1 else "s")
