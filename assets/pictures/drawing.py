"""What the scripts that draw the lessons' pictures share: an empty sheet, and writing it for light and dark pages."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from osnet_edu import figures
from osnet_edu.figures import INK, PAPER

OUT = Path(__file__).resolve().parent
WIDTH, DOTS = 8.9, 110  # inches, and pixels an inch


def paper(height: float):
    figure = Figure((WIDTH, height), dpi=DOTS, facecolor=PAPER)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(height, 0), autoscale_on=False)
    ax.set_axis_off()

    def text(x, y, words, size=9.5, **more):
        ax.text(x, y, words, fontsize=size, **({"color": INK, "va": "top"} | more))

    def box(x, y, width, height, **more):
        ax.add_patch(Rectangle((x, y), width, height, **({"facecolor": "none", "zorder": 3} | more)))

    return figure, ax, text, box


def write(pictures: Mapping[str, Callable[[], Figure]], dots: int = DOTS) -> None:
    """Draw each picture and write it under its name, for light and for dark pages.  dots: pixels an inch."""
    for name, draw in pictures.items():
        figure = draw()
        for kind, dark in (("", False), ("_dark", True)):
            drawn = Image.open(BytesIO(figures.png(figure, dark=dark, dpi=dots))).convert("RGB")
            # Few colours are enough for a picture of 200 kB at most.
            drawn.quantize(192, dither=Image.Dither.NONE).save(OUT / f"{name}{kind}.png", optimize=True)
