"""Pictures of records: photos, rankings, triplets, gates, heat, and the map that says where in the network you are.

Every function returns a matplotlib Figure of its own (no pyplot, no global state) that carries its description as its
label; `show` puts it into a notebook with that description as alt text, readable in the light and the dark theme.

Conventions, the same in every picture: orange and a solid frame mean "same person" or "speaks for"; blue and a dashed
frame mean "other person" or "speaks against". Photos are enlarged by whole factors, so that a pixel stays a square.
Lengths are inches at 96 CSS pixels; x runs to the right and y down.
"""

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from io import BytesIO
from math import ceil

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, Polygon, Rectangle
from matplotlib.text import Text

from . import retrieval
from .market import DISTRACTOR, JUNK, Photo, decode

DPI = 192  # two device pixels for each CSS pixel
CSS = 96
WIDTH = 9.0  # the widest figure that fits a notebook beside JupyterLab's file list

# Each colour on white and on black paper. `show` swaps one for the other.
INK, MUTED, PAPER, PANEL, LINE = "#1d2430", "#5a6472", "#ffffff", "#eef2f7", "#b9c2cd"
ORANGE, BLUE = "#c2540a", "#1f5fa8"
_DARK = {
    INK: "#e9ecf1",
    MUTED: "#abb4c0",
    PAPER: "#111111",
    PANEL: "#222a33",
    LINE: "#4c5764",
    ORANGE: "#ff9c47",
    BLUE: "#78b6f7",
}
HEAT = LinearSegmentedColormap.from_list("blue_orange", ["#0b3c7d", "#4f93d8", "#f2f2f2", "#f0963c", "#9a3c00"])

SAME, OTHER = "✓ same person", "other person"


# ---- into a notebook ---------------------------------------------------------------------------------------------


def show(figure: Figure, alt: str | None = None):
    """A figure as notebook output: one <img> with alt text, drawn for the light and for the dark theme.

    alt: what a person who does not see the picture should know; None takes the figure's own description (its label).
    Returns: IPython.display.HTML. Where a page strips styles (an untrusted notebook), the light picture remains.
    Raises: ValueError where there is no description.
    """
    from IPython.display import HTML

    alt = (figure.get_label() if alt is None else alt).strip()
    if not alt:
        raise ValueError("a picture needs alt text: say in a sentence or two what there is to see")
    light, dark = _png(figure), _png(figure, _DARK)
    name = "osnet-edu-" + hashlib.sha256(light.encode()).hexdigest()[:12]
    width = round(figure.get_figwidth() * CSS)
    return HTML(
        f'<img class="{name}" alt="{html.escape(alt)}" width="{width}" style="max-width: 100%; height: auto" '
        f'src="data:image/png;base64,{light}">'
        f'<style>[data-jp-theme-light="false"] img.{name} {{ content: url("data:image/png;base64,{dark}") }}</style>'
    )


def _png(figure: Figure, colours: Mapping[str, str] | None = None) -> str:
    """The figure as base64 PNG, with some colours exchanged for the moment of drawing."""
    FigureCanvasAgg(figure)
    undo = _recolour(figure, {to_rgb(old): to_rgb(new) for old, new in (colours or {}).items()})
    try:
        file = BytesIO()
        figure.savefig(file, format="png", dpi=DPI, facecolor=figure.get_facecolor())
    finally:
        for setter, colour in undo:
            setter(colour)
    return base64.b64encode(file.getvalue()).decode()


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
        if isinstance(artist, Text):
            swap(artist.get_color, artist.set_color)
        elif isinstance(artist, Line2D):
            swap(artist.get_color, artist.set_color)
            swap(artist.get_markerfacecolor, artist.set_markerfacecolor)
            swap(artist.get_markeredgecolor, artist.set_markeredgecolor)
        elif isinstance(artist, Patch | Collection):
            swap(artist.get_facecolor, artist.set_facecolor)
            swap(artist.get_edgecolor, artist.set_edgecolor)
    return undo


# ---- paper -------------------------------------------------------------------------------------------------------


class _Sheet:
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
            align = {"va": "baseline" if va == "top" else va, "ha": "left", "zorder": 4}
            self.ax.text(x, y + down, line, fontsize=size, color=color, **(align | more))

    def image(self, picture: np.ndarray, x: float, y: float, width: float, height: float, **more) -> None:
        x, y = (round(length * DPI) / DPI for length in (x, y))  # on whole pixels, or some squares come out uneven
        self.ax.imshow(
            picture, extent=(x, x + width, y + height, y), interpolation="nearest", aspect="auto", zorder=1, **more
        )

    def box(self, x: float, y: float, width: float, height: float, *, fill=PANEL, edge="none", round=0.0, **more):
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
        self.ax.add_line(Line2D(xs, ys, color=color, **({"linewidth": 1.0, "zorder": 1.5} | more)))

    def arrow(self, start: tuple[float, float], end: tuple[float, float], *, color: str = MUTED, **more) -> None:
        style = {"arrowstyle": "-|>", "mutation_scale": 7, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0, "zorder": 2}
        self.ax.add_patch(FancyArrowPatch(start, end, color=color, **(style | more)))

    def frame(self, x: float, y: float, width: float, height: float, same: bool) -> None:
        """Solid and orange round the same person, dashed and blue round another."""
        pad = 0.035
        style = (
            {"edge": ORANGE, "linewidth": 3.0} if same else {"edge": BLUE, "linewidth": 2.0, "linestyle": (0, (3, 2))}
        )
        self.box(x - pad, y - pad, width + 2 * pad, height + 2 * pad, fill="none", zorder=3, **style)

    def verdict(self, x: float, y: float, same: bool, **more) -> None:
        self.text(x, y, SAME if same else OTHER, color=ORANGE if same else BLUE, weight="bold", **more)


def _size(image: np.ndarray, width: float) -> tuple[float, float]:
    """(width, height) in inches of a photo enlarged (or, if it is large, reduced) by a whole factor near a width."""
    rows, columns = image.shape[:2]
    wanted = width * DPI / columns
    factor = max(1, round(wanted)) if wanted >= 0.75 else 1 / round(1 / wanted)
    return columns * factor / DPI, rows * factor / DPI


def _pictures(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise ValueError(f"expected photos (N, H, W, 3) of uint8, got {images.shape} of {images.dtype}")
    return images


# ---- photos ------------------------------------------------------------------------------------------------------


def photos(
    images: np.ndarray,
    captions: Sequence[str],
    *,
    title: str = "",
    same: Sequence[bool | None] | None = None,
    width: float = 1.33,
    per_row: int | None = None,
) -> Figure:
    """Photos in rows, each with a caption below.

    images: (N, H, W, 3) uint8, RGB.  captions: N texts of one or two lines.  same: N times True (same person), False
    (other person) or None (no frame).  width: of a photo, roughly, in inches.  per_row: None fills the page.
    """
    images = _pictures(images)
    if len(captions) != len(images) or (same is not None and len(same) != len(images)):
        raise ValueError(f"expected one caption and one mark for each of {len(images)} photos")
    w, h = _size(images[0], width)
    gap, lines = 0.22, max(caption.count("\n") + 1 for caption in captions)
    foot = 0.12 + 0.2 * lines + (0.22 if same is not None else 0) + 0.12
    columns = min(len(images), per_row or max(1, int((WIDTH - 0.1) // (w + gap))))
    rows = -(-len(images) // columns)
    top = 0.45 if title else 0.1
    description = f"{_sentence(title)}{len(images)} photos. " + "; ".join(
        caption.replace("\n", ", ")
        + ("" if same is None or same[i] is None else f" ({SAME[2:] if same[i] else OTHER})")
        for i, caption in enumerate(captions)
    )
    sheet = _Sheet(max(columns * (w + gap), _wide(title, 11) + 0.2), top + rows * (h + foot), description + ".")
    if title:
        sheet.text(0.1, 0.08, title, size=11, weight="bold")
    for i, image in enumerate(images):
        x, y = 0.1 + (i % columns) * (w + gap), top + (i // columns) * (h + foot)
        sheet.image(image, x, y, w, h)
        below = y + h + 0.1
        if same is not None and same[i] is not None:
            sheet.frame(x, y, w, h, same[i])
            sheet.verdict(x, below, same[i], size=9.5)
            below += 0.22
        sheet.text(x, below, captions[i], size=9.5, color=MUTED)
    return sheet.figure


def ranking(
    query: np.ndarray,
    gallery: np.ndarray,
    same: Sequence[bool],
    similarities: Sequence[float],
    *,
    left_out: int = 0,
    query_caption: str = "",
    captions: Sequence[str] | None = None,
) -> Figure:
    """A query, and the gallery photos that are closest to it, closest first.

    query: (H, W, 3) uint8.  gallery: (K, H, W, 3) uint8, in the order of the ranking.  same: K times whether it is the
    query's person.  similarities: K numbers.  left_out: photos of the query's person by the query's own camera, which
    do not count.  captions: K short texts, such as the camera.
    """
    gallery = _pictures(gallery)
    w, h = _size(query, 1.0)
    k, gap, left = len(gallery), 0.14, 0.1
    start = left + w + 0.42
    hits = [i + 1 for i in range(k) if same[i]]
    where = f"rank {', '.join(map(str, hits))}" if hits else "none of these ranks"
    description = (
        f"A query and the {k} gallery photos closest to it. The same person stands at {where}. Similarities from "
        f"{similarities[0]:.2f} at rank 1 to {similarities[-1]:.2f} at rank {k}."
    )
    rule = (
        f"Left out, as the Market rule has it: {_plural(left_out, 'photo')} of this person by the query's own camera."
    )
    sheet = _Sheet(start + k * (w + gap), h + 1.42, description + (f" {rule}" if left_out else ""))
    sheet.text(left, 0.08, "query", weight="bold")
    sheet.image(query, left, 0.34, w, h)
    sheet.text(left, 0.34 + h + 0.1, query_caption, size=9, color=MUTED)
    sheet.line([start - 0.22] * 2, [0.1, h + 1.0])
    for i in range(k):
        x = start + i * (w + gap)
        sheet.text(x, 0.08, f"rank {i + 1}", weight="bold")
        sheet.image(gallery[i], x, 0.34, w, h)
        sheet.frame(x, 0.34, w, h, bool(same[i]))
        sheet.verdict(x, 0.34 + h + 0.1, bool(same[i]), size=8.5)
        caption = f"similarity {similarities[i]:.2f}" + (f"\n{captions[i]}" if captions else "")
        sheet.text(x, 0.34 + h + 0.3, caption, size=8.5, color=MUTED)
    if left_out:
        sheet.text(start, h + 1.1, rule, size=9, color=MUTED)
    return sheet.figure


def ranked(queries, gallery, query: int, *, k: int = 7, size: tuple[int, int] = (128, 64)) -> Figure:
    """The ranking of one embedded query, drawn: `ranking` from records.

    queries, gallery: embed.Embedding.  query: its index.  k: ranks to show.  size: (height, width) to draw photos at.
    """
    row = retrieval.distances(queries.features[query : query + 1], gallery.features)[0]
    photo = queries.photos[query]
    order = retrieval.ranking(row, photo.person, photo.camera, gallery.people, gallery.cameras)[:k]
    found = [gallery.photos[i] for i in order]
    images = decode([photo, *found], size).images
    own = (gallery.people == photo.person) & (gallery.cameras == photo.camera)
    return ranking(
        images[0],
        images[1:],
        [other.person == photo.person for other in found],
        1 - row[order],
        left_out=int(own.sum()),
        query_caption=_caption(photo),
        captions=[f"camera {other.camera}" for other in found],
    )


def mined(case, queries, gallery, *, title: str = "", size: tuple[int, int] = (128, 64)) -> Figure:
    """A mined triplet, drawn: `triplet` from records.

    case: mining.Triplet, of cosine distances.  queries, gallery: embed.Embedding.
    """
    photos = (queries.photos[case.query], gallery.photos[case.positive], gallery.photos[case.negative])
    similarities = (1 - case.positive_distance, 1 - case.negative_distance)
    captions = [_caption(photo).replace("\n", ", ") for photo in photos]
    return triplet(decode(photos, size).images, similarities, captions=captions, title=title)


def _caption(photo: Photo) -> str:
    person = {DISTRACTOR: "a passer-by", JUNK: "junk"}.get(photo.person, f"person {photo.person}")
    return f"{person}\ncamera {photo.camera}"


def triplet(
    images: np.ndarray, similarities: Sequence[float], *, captions: Sequence[str] = ("", "", ""), title: str = ""
) -> Figure:
    """A query with its hard positive (same person, far away) and its hard negative (other person, close).

    images: (3, H, W, 3) uint8: query, positive, negative.  similarities: of the query to the positive, the negative.
    """
    images = _pictures(images)
    w, h = _size(images[0], 1.67)
    positive, negative = similarities
    wrong = positive < negative
    description = (
        f"{_sentence(title)}A query, a photo of the same person at similarity {positive:.2f}, and a photo "
        f"of another person at similarity {negative:.2f}: the {'other' if wrong else 'same'} person is closer."
    )
    top, gap, left = 0.72 if title else 0.42, 1.25, 0.1
    sheet = _Sheet(left + 3 * w + 2 * gap + 0.1, top + h + 0.72, description)
    if title:
        sheet.text(left, 0.08, title, size=11, weight="bold")
    places = (("query", 0, 1, None), ("hard positive", 1, 0, True), ("hard negative", 2, 2, False))
    for name, i, column, same in places:
        x = left + column * (w + gap)
        sheet.text(x, top - 0.3, name, size=10.5, weight="bold")
        sheet.image(images[i], x, top, w, h)
        below = top + h + 0.1
        if same is not None:
            sheet.frame(x, top, w, h, same)
            sheet.verdict(x, below, same)
            below += 0.22
        sheet.text(x, below, captions[i], size=9.5, color=MUTED)
    for value, side, same in ((positive, -1, True), (negative, 1, False)):
        color, y = ORANGE if same else BLUE, top + h / 2
        begin = left + (w + gap) + (0 if side < 0 else w)
        near, far = begin + side * 0.12, begin + side * (gap - 0.12)
        sheet.line([near, far - side * 0.1], [y, y], color=color, linewidth=2, linestyle="-" if same else (0, (3, 2)))
        sheet.arrow((far - side * 0.12, y), (far, y), color=color, linewidth=2, mutation_scale=13)
        middle = begin + side * gap / 2
        sheet.text(middle, y - 0.1, f"{value:.2f}", size=17, color=color, weight="bold", ha="center", va="bottom")
        sheet.text(middle, y + 0.1, "similarity", size=9, color=MUTED, ha="center")
    return sheet.figure


# ---- gates and heat ----------------------------------------------------------------------------------------------


def gates(reading, names: Sequence[str], *, base: int = 0) -> Figure:
    """The gates of a few photos: the mean of every stream above, and below how far each gate moved from one photo's.

    reading: gates.GateReading of these photos.  names: what to call each of them.  base: the photo to compare with.
    """
    means, blocks = reading.means, reading.blocks
    streams = means[blocks[0]].shape[1]
    others = [i for i in range(len(names)) if i != base]
    changes = {i: reading.change(base, i) for i in others}
    most = max(float(change.max()) for by_block in changes.values() for change in by_block.values()) or 1.0
    spread = max(float(np.abs(means[b][i] - means[b][base]).max()) for b in blocks for i in others)
    totals = {i: float(np.mean([c.mean() for c in changes[i].values()])) for i in others}
    description = (
        f"Mean gates of {_plural(len(blocks), 'block')} x {_plural(streams, 'stream')} for {', '.join(names)}: between "
        f"photos a mean differs by at most {spread:.2f}. Below, how far the gates moved from the {names[base]}'s, "
        "as root mean square over channels, averaged over all blocks and streams: "
        + ", ".join(f"{names[i]} {totals[i]:.3f}" for i in others)
        + "."
    )
    cell_w, cell_h, left, gap = 0.52, 0.27, 0.85, 0.34
    note = (
        "Root mean square over\nthe channels of a stream.\n\nA mean stays where it is\n"
        "when half of the channels\nopen and half close."
    )
    table_w, table_h = cell_w * streams, cell_h * len(blocks)
    upper, lower = 0.95, 0.95 + table_h + 1.15
    order = [base, *others]
    sheet = _Sheet(left + len(order) * (table_w + gap), lower + max(table_h + 0.2, 1.15) + 0.15, description)

    def table(x: float, y: float, values: Mapping[str, np.ndarray], form: str, full: float, color: str) -> None:
        for t in range(streams):
            sheet.text(x + (t + 0.5) * cell_w, y - 0.06, f"{t + 1}", size=9, color=MUTED, ha="center", va="bottom")
        for row, block in enumerate(blocks):
            for t, value in enumerate(values[block]):
                place = (x + t * cell_w, y + row * cell_h, cell_w, cell_h)
                sheet.box(*place, fill=to_rgba(color, 0.62 * min(1, value / full)), edge=PAPER, linewidth=1.5)
                middle = (place[0] + cell_w / 2, place[1] + cell_h / 2)
                sheet.text(*middle, form.format(value), size=9, ha="center", va="center_baseline", zorder=4)

    def rows(y: float, x: float = left) -> None:
        sheet.text(x - 0.1, y - 0.06, "stream", size=9, color=MUTED, ha="right", va="bottom")
        for row, block in enumerate(blocks):
            sheet.text(x - 0.1, y + (row + 0.5) * cell_h, block, size=9, ha="right", va="center_baseline")

    sheet.text(0.1, 0.08, "The mean of each stream's gate, from 0 (shut) to 1 (open)", size=11, weight="bold")
    rows(upper)
    for column, i in enumerate(order):
        x = left + column * (table_w + gap)
        sheet.text(x, upper - 0.52, names[i], size=10, weight="bold")
        table(x, upper, {b: means[b][i] for b in blocks}, "{:.2f}", 1.0, BLUE)
    sheet.text(0.1, lower - 0.9, f"How far the gates moved from the {names[base]}'s", size=11, weight="bold")
    sheet.text(0.1, lower, note, size=9.5, color=MUTED)
    rows(lower, left + table_w + gap)
    for column, i in enumerate(others, start=1):
        x = left + column * (table_w + gap)
        sheet.text(x, lower - 0.52, names[i], weight="bold")
        sheet.text(x + table_w, lower + table_h + 0.08, f"on average {totals[i]:.3f}", size=9.5, ha="right")
        table(x, lower, changes[i], "{:.2f}", most, ORANGE)
    return sheet.figure


def heats(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    reference: np.ndarray | None = None,
    title: str = "",
    names: tuple[str, str] = ("compared with", "explained"),
) -> Figure:
    """Signed maps over one photo: orange speaks for the target, blue against it, grey for nothing.

    image: (H, W, 3) uint8, the photo that is explained.  maps: name -> (H, W) signed heat. Each map is drawn on its own
    scale, which stands below it: full colour for the strongest 0.5 % of its pixels.
    reference: (H, W, 3) uint8, the other photo.
    """
    rows, columns = image.shape[:2]
    for name, heat in maps.items():
        if heat.shape != (rows, columns):
            raise ValueError(f"the map {name!r} is {heat.shape}, the photo {(rows, columns)}")
    w, h = _size(image, 1.33)
    gap, left, top = 0.18, 0.1, 0.88 if title else 0.5
    shown = ([] if reference is None else [(names[0], reference, None)]) + [(names[1], image, None)]
    shown += [(name, image, heat) for name, heat in maps.items()]
    told = []
    for name, heat in maps.items():
        total = np.abs(heat).sum() or 1.0
        told.append(f"{name}, {heat.clip(min=0).sum() / total:.0%} of the heat speaks for the match")
    description = f"{_sentence(title)}Heat over one photo by {_plural(len(maps), 'method')}: {'; '.join(told)}."
    sheet = _Sheet(max(left + len(shown) * (w + gap), _wide(title, 11) + 0.3, 5.2), top + h + 0.95, description)
    if title:
        sheet.text(left, 0.08, title, size=11, weight="bold")
    for i, (name, picture, heat) in enumerate(shown):
        x = left + i * (w + gap)
        words = name.split(" ", 1) if _wide(name, 9.5) > w + gap else [name]
        for line, word in enumerate(reversed(words)):
            sheet.text(x, top - 0.1 - 0.17 * line, word, size=9.5, weight="bold", va="baseline")
        if heat is None:
            sheet.image(picture, x, top, w, h)
        else:
            most = _full(heat)
            sheet.image(_overlay(picture, heat, most), x, top, w, h)
            sheet.text(x, top + h + 0.08, f"full colour: ±{most:.1g}", size=8.5, color=MUTED)
    y, bar = top + h + 0.52, 2.6
    sheet.image(HEAT(np.linspace(0, 1, 256))[None, :, :3], left, y, bar, 0.14)
    sheet.text(left, y + 0.18, "speaks against", size=9, color=BLUE, weight="bold")
    sheet.text(left + bar / 2, y + 0.18, "0", size=9, color=MUTED, ha="center")
    sheet.text(left + bar, y + 0.18, "speaks for", size=9, color=ORANGE, weight="bold", ha="right")
    sheet.text(left + bar + 0.2, y - 0.02, "Each map has its own scale.", size=9, color=MUTED)
    return sheet.figure


def explained_pair(images: np.ndarray, pair: Sequence, heat: np.ndarray, method: str) -> Figure:
    """What in the second photo of a pair speaks for and against the first.

    images: (2, H, W, 3) uint8.  pair: their two market.Photo.  heat: (H, W) over the second photo.
    """
    same = pair[0].person == pair[1].person
    title = f"What in {pair[1].name} speaks for {pair[0].name}? ({SAME[2:] if same else OTHER})"
    return heats(images[1], {method: heat}, reference=images[0], title=title, names=("query", "gallery"))


def _full(heat: np.ndarray) -> float:
    """The heat that is drawn in full colour: 99.5 % of the pixels have less."""
    return float(np.quantile(np.abs(heat), 0.995)) or float(np.abs(heat).max()) or 1.0


def _overlay(image: np.ndarray, heat: np.ndarray, full: float) -> np.ndarray:
    """Heat over the photo in pale grey: the stronger the heat, the less of the photo shows through. (H, W, 3)."""
    grey = (image @ np.array([0.299, 0.587, 0.114]) / 255)[..., None]
    pale = 0.35 + 0.6 * grey
    strength = np.clip(heat / full, -1, 1)
    alpha = (np.abs(strength) ** 0.6 * 0.9)[..., None]
    return (1 - alpha) * pale + alpha * HEAT(0.5 + 0.5 * np.sign(strength) * np.abs(strength) ** 0.6)[..., :3]


# ---- measurements ------------------------------------------------------------------------------------------------


def first_figure(
    images: np.ndarray, similarities: np.ndarray, strangers: np.ndarray, *, bar: float = 0.95, coarse: str = "16 x 8"
) -> Figure:
    """A query, its match and an impostor, blurred above and sharp below, and where both lie among strangers.

    images: (2, 3, H, W, 3) uint8: blurred and sharp; query, match, impostor.  similarities: (2, 2), of the query to
    match and impostor.  strangers: (2, S), of the query to everybody else.  bar: share of the strangers to be above.
    """
    images, similarities = np.asarray(images), np.asarray(similarities)
    if images.shape[:2] != (2, 3) or similarities.shape != (2, 2) or len(strangers) != 2:
        raise ValueError("expected photos (2, 3, H, W, 3), similarities (2, 2) and strangers (2, S)")
    w, h = _size(images[0, 0], 1.0)
    gap, left, top = 0.2, 0.1, 0.42
    start = left + 3 * (w + gap) + 0.35
    span = WIDTH - start - 0.3
    low = min(0.0, float(np.floor(strangers.min() * 10) / 10))
    told = []
    sheet = _Sheet(WIDTH, top + 2 * (h + 0.5) + 0.1, "")

    def at(value: float) -> float:
        return start + span * (value - low) / (1 - low)

    for row, resolution in enumerate((f"blurred to {coarse} pixels", "sharp")):
        y = top + row * (h + 0.5)
        sheet.text(left, y - 0.3, resolution, size=10.5, weight="bold")
        for i, same in enumerate((None, True, False)):
            x = left + i * (w + gap)
            sheet.image(images[row, i], x, y, w, h)
            if same is not None:
                sheet.frame(x, y, w, h, same)
        match, impostor = similarities[row]
        limit = float(np.quantile(strangers[row], bar))
        above = [(strangers[row] < value).mean() >= bar for value in (match, impostor)]
        verdict = {
            (True, True): "match and impostor both stand out",
            (True, False): "only the match stands out",
            (False, True): "only the impostor stands out",
            (False, False): "neither stands out",
        }[tuple(above)]
        told.append(
            f"{resolution.capitalize()}: match {match:.2f}, impostor {impostor:.2f}, {bar:.0%} of strangers below "
            f"{limit:.2f}; {verdict}."
        )
        sheet.text(start, y - 0.3, verdict, size=10.5, weight="bold")
        axis = y + h - 0.32
        # Strangers as a column of dots over each similarity: a histogram in which everybody is one dot.
        bins = np.floor((strangers[row] - low) / (1 - low) * 64).astype(int)
        order = np.argsort(strangers[row], kind="stable")
        rank = np.zeros(len(order), int)
        for b in np.unique(bins):
            members = order[bins[order] == b]
            rank[members] = np.arange(len(members))
        pitch = min(0.065, 1.0 / (rank.max() + 1))
        sheet.ax.scatter(
            start + span * (bins + 0.5) / 64, axis - 0.06 - pitch * rank, s=9, color=LINE, linewidths=0, zorder=2
        )
        sheet.line([start, start + span], [axis, axis], color=MUTED)
        for tick in np.arange(np.ceil(low * 5) / 5, 1.01, 0.2):
            sheet.line([at(tick)] * 2, [axis, axis + 0.05], color=MUTED)
            sheet.text(at(tick), axis + 0.09, f"{tick:.1f}", size=8.5, color=MUTED, ha="center")
        sheet.line([at(limit)] * 2, [axis, axis - 1.1], color=MUTED, linestyle=(0, (1, 1.5)))
        for value, same, height in ((match, True, 0.62), (impostor, False, 0.28)):
            color = ORANGE if same else BLUE
            sheet.line(
                [at(value)] * 2,
                [axis, axis - height],
                color=color,
                linewidth=2,
                linestyle="-" if same else (0, (3, 2)),
                zorder=3,
            )
            sheet.ax.scatter(
                [at(value)],
                [axis - height],
                s=70,
                marker="o" if same else "D",
                zorder=5,
                facecolor=ORANGE if same else PAPER,
                edgecolor=color,
                linewidths=2,
            )
        sheet.text(start, y + 0.02, f"• {len(strangers[row])} strangers", size=9, color=MUTED)
        sheet.text(start + 1.35, y + 0.02, f"● match {match:.2f}", size=9, color=ORANGE, weight="bold")
        sheet.text(start + 2.6, y + 0.02, f"◇ impostor {impostor:.2f}", size=9, color=BLUE, weight="bold")
        sheet.text(start, y + 0.22, f"┊ {bar:.0%} of the strangers lie to the left of this line", size=9, color=MUTED)
        sheet.text(start + span, axis + 0.28, "similarity to the query", size=8.5, color=MUTED, ha="right")
    for i, name in enumerate(("query", "match", "impostor")):
        x = left + i * (w + gap)
        sheet.text(x, top + 2 * h + 0.62, name, size=9.5, weight="bold", color=(INK, ORANGE, BLUE)[i])
    sheet.figure.set_label("A query, its match and an impostor among strangers. " + " ".join(told))
    return sheet.figure


def intervals(rows: Mapping[str, Sequence], columns: Sequence[str], *, title: str = "") -> Figure:
    """Shares with their intervals, one line each, so that several measurements can be compared.

    rows: name -> one share for each column, with .value, .low and .high in [0, 1].  columns: one or two names.
    """
    if not 1 <= len(columns) <= 2 or any(len(shares) != len(columns) for shares in rows.values()):
        raise ValueError("expected one or two columns, and one share for each of them in every row")
    names = max(_wide(name, 9.5) for name in rows) + 0.3
    height, top = 0.26 + 0.24 * len(columns), 0.95 if title else 0.55
    span = 3.4
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{c} {s.value:.0%} ({s.low:.0%} to {s.high:.0%})" for c, s in zip(columns, row, strict=True))
        for name, row in rows.items()
    )
    sheet = _Sheet(names + span + 2.0, top + len(rows) * height + 0.35, f"{_sentence(title)}{told}.")
    if title:
        sheet.text(0.1, 0.08, title, size=11, weight="bold")
    marks = (("o", PAPER), ("o", INK)) if len(columns) == 2 else (("o", INK),)
    bottom = top + len(rows) * height
    for tick in (0, 0.25, 0.5, 0.75, 1):
        sheet.line([names + span * tick] * 2, [top - 0.1, bottom])
        sheet.text(names + span * tick, bottom + 0.06, f"{tick:.0%}", size=8.5, color=MUTED, ha="center")
    for i, (column, (marker, face)) in enumerate(zip(columns, marks, strict=True)):
        x = names + 1.7 * i
        sheet.ax.scatter(
            [x], [top - 0.28], s=40, marker=marker, facecolor=face, edgecolor=INK, linewidths=1.5, zorder=4
        )
        sheet.text(x + 0.12, top - 0.28, column, size=9.5, va="center_baseline")
    for r, (name, shares) in enumerate(rows.items()):
        y = top + (r + 0.5) * height
        sheet.text(0.1, y, name, size=9.5, va="center_baseline")
        for c, (share, (marker, face)) in enumerate(zip(shares, marks, strict=True)):
            here = y + 0.2 * (c - (len(columns) - 1) / 2)
            sheet.line([names + span * share.low, names + span * share.high], [here] * 2, color=INK, linewidth=1.8)
            sheet.ax.scatter(
                [names + span * share.value],
                [here],
                s=40,
                marker=marker,
                facecolor=face,
                edgecolor=INK,
                linewidths=1.5,
                zorder=4,
            )
            words = f"{share.value:.0%}  ({share.low:.0%} to {share.high:.0%})"
            sheet.text(names + span + 0.2, here, words, size=9, va="center_baseline", color=INK)
    return sheet.figure


# ---- where in the network ----------------------------------------------------------------------------------------

_STAGES = ("conv1", "conv2", "conv3", "conv4", "conv5")


def you_are_here(
    stage: str | None = None,
    block: str | None = None,
    stream: int | None = None,
    *,
    gate: bool = False,
    channel: bool = False,
) -> Figure:
    """The map that opens a notebook: network, stage, block, stream, channel, and where in it you are.

    stage: "conv1" to "conv5".  block: "conv3.0", which implies its stage.  stream: 1 to 4.  gate, channel: mark the
    gate, or one channel of it. Nothing chosen means the whole network.
    """
    if block is not None:
        stage = stage or block.partition(".")[0]
        if block.partition(".")[0] != stage or block.partition(".")[2] not in ("0", "1") or stage not in _STAGES[1:4]:
            raise ValueError(f"no block {block!r} in {stage}; blocks are conv2.0, conv2.1, conv3.0 ... conv4.1")
    if stage is not None and stage not in _STAGES:
        raise ValueError(f"no stage {stage!r}; stages are {', '.join(_STAGES)}")
    if stream is not None and stream not in (1, 2, 3, 4):
        raise ValueError(f"stream must be 1 to 4, got {stream}")
    inside = bool(stream or gate or channel)
    words = [f"stage {stage}"] if stage else []
    words += [f"block {block}"] if block else (["a block"] if inside else [])
    words += [f"stream {stream}"] if stream else []
    words += (["the gate"] if gate else []) + (["one channel"] if channel else [])
    here = "You are here: " + (", ".join(words) or "the whole network")
    description = (
        f"A map of OSNet: a photo passes the stages conv1 to conv5 and becomes 512 features. A stage holds two blocks; "
        f"in a block, four streams of one to four light 3x3 layers are weighed by one gate and added. {here}."
    )
    whole = not words
    sheet = _Sheet(WIDTH, 2.5, description)
    sheet.text(0.1, 0.08, here, size=11, weight="bold", color=INK if whole else ORANGE)
    mid = 1.5

    def part(x: float, width: float, height: float, words: str, on: bool, size: float = 8.5) -> None:
        fill, edge = (to_rgba(ORANGE, 0.25), ORANGE) if on else (PANEL, LINE)
        sheet.box(x, mid - height / 2, width, height, fill=fill, edge=edge, round=0.04, linewidth=2 if on else 1)
        sheet.text(x + width / 2, mid, words, size=size, ha="center", va="center", zorder=4, rotation=90)

    # The network: each stage as high as its map.
    sheet.text(0.1, 0.42, "network", size=9, color=MUTED)
    names = ("photo", *_STAGES, "features")
    heights = (1.56, 1.3, 1.16, 0.98, 0.82, 0.82, 1.3)
    at = {}
    x = 0.1
    for name, height in zip(names, heights, strict=True):
        at[name] = (x, height)
        part(x, 0.27, height, name, on=whole or name == stage)
        if name != "features":
            sheet.arrow((x + 0.29, mid), (x + 0.41, mid))
        x += 0.43
    # A stage: two blocks and the step that halves the map.
    zoomed = stage if stage in _STAGES[1:4] else "conv3"
    left, right, top, bottom = 3.62, 4.98, mid - 0.5, mid + 0.5
    sx, sh = at[zoomed]
    _zoom(sheet, (sx, mid - sh / 2, 0.27, sh), (left, top, right - left, bottom - top))
    sheet.text(left, 0.42, f"stage {stage}" if stage in _STAGES[1:4] else "a stage", size=9, color=MUTED)
    sheet.box(left, top, right - left, bottom - top, fill=PAPER, edge=LINE, round=0.05, zorder=1)
    chosen = f"{zoomed}.{(block or '.0').partition('.')[2]}"
    for i, name in enumerate((f"{zoomed}.0", f"{zoomed}.1", "halve")):
        px = left + 0.13 + i * 0.43
        if name == "halve" and zoomed == "conv4":
            continue
        part(px, 0.27, 0.8, name, on=name == block)
        if i < 2 and not (i == 1 and zoomed == "conv4"):
            sheet.arrow((px + 0.28, mid), (px + 0.42, mid))
    # A block: squeeze, four streams, one gate, sum, expand, and the way around.
    bx, by, bw, bh = 5.42, 0.68, 3.48, 1.72
    px = left + 0.13 + (0 if chosen.endswith("0") else 0.43)
    _zoom(sheet, (px, mid - 0.4, 0.27, 0.8), (bx, by, bw, bh))
    sheet.text(bx, 0.42, f"block {block}" if block else "a block", size=9, color=MUTED)
    sheet.box(
        bx, by, bw, bh, fill=PAPER, edge=ORANGE if block and not inside else LINE, linewidth=1.5, round=0.05, zorder=1
    )
    _block(sheet, bx, by, stream, gate or channel, channel)
    return sheet.figure


def _zoom(sheet: _Sheet, small: tuple, large: tuple) -> None:
    """A wedge that says: this, seen closer."""
    sheet.ax.add_patch(
        Polygon(
            [
                (small[0] + small[2], small[1]),
                (large[0], large[1]),
                (large[0], large[1] + large[3]),
                (small[0] + small[2], small[1] + small[3]),
            ],
            facecolor=to_rgba(LINE, 0.28),
            edgecolor="none",
            zorder=0.5,
        )
    )


def _block(sheet: _Sheet, x: float, y: float, stream: int | None, gate: bool, channel: bool) -> None:
    """The inside of a block, 3.48 x 1.72 inches from (x, y)."""
    centre = y + 0.74
    lanes = [y + 0.2 + 0.36 * t for t in range(4)]

    def part(px: float, py: float, width: float, height: float, words: str, on: bool = False, **more) -> None:
        fill, edge = (to_rgba(ORANGE, 0.25), ORANGE) if on else (PANEL, LINE)
        sheet.box(px, py - height / 2, width, height, fill=fill, edge=edge, round=0.03, linewidth=1.8 if on else 1)
        sheet.text(px + width / 2, py, words, size=7.5, ha="center", va="center", zorder=4, **more)

    part(x + 0.12, centre, 0.24, 0.8, "1x1", rotation=90)
    for t, lane in enumerate(lanes, start=1):
        on = t == stream
        color = ORANGE if on else LINE
        sheet.line([x + 0.36, x + 0.46, x + 2.3], [centre, lane, lane], color=color, linewidth=2 if on else 1)
        for i in range(t):
            part(x + 0.52 + 0.37 * i, lane, 0.33, 0.24, "3x3", on)
        # The gate's vector: one weight for each channel.
        for c, weight in enumerate((0.85, 0.35, 0.6, 0.2, 0.7)):
            lit = gate and (not channel or c == 1)
            sheet.box(
                x + 2.14 + 0.075 * c, lane - 0.09, 0.075, 0.18,
                fill=to_rgba(ORANGE if lit else MUTED, weight * (0.9 if lit else 0.55)),
                edge=ORANGE if lit else LINE, linewidth=1.2 if lit else 0.7, zorder=3,
            )  # fmt: skip
        sheet.line([x + 2.51, x + 2.64, x + 2.76], [lane, lane, centre], color=color, linewidth=2 if on else 1)
    sheet.text(x + 2.33, y + 1.405, "gate", size=7.5, color=ORANGE if gate else MUTED, ha="center", weight="bold")
    for px in (2.84, 3.33):
        sheet.ax.add_patch(Circle((x + px, centre), 0.085, facecolor=PANEL, edgecolor=LINE, zorder=3))
        sheet.text(x + px, centre, "+", size=9, ha="center", va="center_baseline", zorder=4)
    part(x + 2.98, centre, 0.22, 0.8, "1x1", rotation=90)
    sheet.line([x + 2.925, x + 2.98], [centre] * 2)
    sheet.line([x + 3.2, x + 3.245], [centre] * 2)
    # The way around: what comes in is added to what comes out.
    low = y + 1.62
    sheet.line([x, x + 0.12], [centre] * 2)
    sheet.line([x + 0.06, x + 0.06, x + 3.33, x + 3.33], [centre, low, low, centre + 0.09])
    sheet.line([x + 3.415, x + 3.48], [centre] * 2)


def _sentence(words: str) -> str:
    """A title as the beginning of a description."""
    return f"{words}{'' if words.endswith(('.', '?', '!')) else '.'} " if words else ""


def _wide(words: str, size: float) -> float:
    """A text's width in inches, roughly: enough to keep it on the page."""
    return max((len(line) for line in words.split("\n")), default=0) * size * 0.6 / 72


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
