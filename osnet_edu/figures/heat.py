"""What went on inside: gates as tables, and heat over a photo."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from ..refused import Refused
from .paper import (
    BLUE,
    HEAT,
    MUTED,
    ONE,
    ORANGE,
    OTHER_LABEL,
    PAPER,
    SAME_LABEL,
    TWO,
    Sheet,
    as_sentence,
    fitted,
    plural,
    wide,
)

STRONGEST = 0.9  # opacity of full colour: the photo stays to be seen
NOISE = 1e-6  # of heat: what float32 rounding leaves of a similarity, which is at most 1


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
        f"Mean gates of {plural(len(blocks), 'block')} x {plural(streams, 'stream')} for {', '.join(names)}: between "
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
    sheet = Sheet(left + len(order) * (table_w + gap), lower + max(table_h + 0.2, 1.15) + 0.15, description)

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
        table(x, upper, {b: means[b][i] for b in blocks}, "{:.2f}", 1.0, ONE)
    sheet.text(0.1, lower - 0.9, f"How far the gates moved from the {names[base]}'s", size=11, weight="bold")
    sheet.text(0.1, lower, note, size=9.5, color=MUTED)
    rows(lower, left + table_w + gap)
    for column, i in enumerate(others, start=1):
        x = left + column * (table_w + gap)
        sheet.text(x, lower - 0.52, names[i], weight="bold")
        sheet.text(x + table_w, lower + table_h + 0.08, f"on average {totals[i]:.3f}", size=9.5, ha="right")
        table(x, lower, changes[i], "{:.2f}", most, TWO)
    return sheet.figure


def heats(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    reference: np.ndarray | None = None,
    title: str = "",
    names: tuple[str, str] = ("compared with", "explained"),
    one_scale: bool = True,
    noise: float = NOISE,
) -> Figure:
    """Signed maps over one photo: orange speaks for the target, blue against it, grey for nothing.

    image: (H, W, 3) uint8, [0, 255], RGB, the photo that is explained.  maps: name -> (H, W) signed heat.
    one_scale: all maps share the scale of the strongest, full colour for the strongest 0.5 % of its pixels, so that a
    faint map looks faint. False gives each map a scale of its own, for methods whose heat is in different units.
    noise: heat of this size may be rounding; a map that has no more is drawn pale and hatched, and says so.
    reference: (H, W, 3) uint8, RGB, the other photo.
    Raises: Refused for a map of another shape, or with numbers that are NaN or infinite.
    """
    rows, columns = image.shape[:2]
    for name, heat in maps.items():
        if heat.shape != (rows, columns):
            raise Refused(f"the map {name!r} is {heat.shape}, the photo {(rows, columns)}")
        if not np.isfinite(heat).all():
            raise Refused(f"the map {name!r} holds numbers that are NaN or infinite")
    strongest = {name: _full(heat) for name, heat in maps.items()}
    shared = max(strongest.values(), default=0.0)
    w, h = fitted(image, 1.33)
    gap, left = 0.18, 0.1
    room = int((w + gap) * 72 / (9.5 * 0.6))  # letters above a photo
    above = max(len(wrap(name, room)) for name in (*names, *maps))  # lines
    top = 0.16 + 0.17 * above + (0.38 + 0.21 * title.count("\n") if title else 0)
    shown: list[tuple[str, np.ndarray, np.ndarray | None]] = [(names[1], image, None)]
    if reference is not None:
        shown.insert(0, (names[0], reference, None))
    shown += [(name, image, heat) for name, heat in maps.items()]
    told = []
    for name, heat in maps.items():
        total = np.abs(heat).sum() or 1.0
        faint = "" if strongest[name] > noise else ", which is below the noise and says nothing"
        told.append(f"{name}, {heat.clip(min=0).sum() / total:.0%} of the heat speaks for the match{faint}")
    description = f"{as_sentence(title)}Heat over one photo by {plural(len(maps), 'method')}: {'; '.join(told)}."
    sheet = Sheet(max(left + len(shown) * (w + gap), wide(title, 11) + 0.3, 5.2), top + h + 0.95, description)
    if title:
        sheet.text(left, 0.08, title, size=11, weight="bold")
    for i, (name, picture, heat) in enumerate(shown):
        x = left + i * (w + gap)
        for line, word in enumerate(reversed(wrap(name, room))):
            sheet.text(x, top - 0.1 - 0.17 * line, word, size=9.5, weight="bold", va="baseline")
        if heat is None:
            sheet.image(picture, x, top, w, h)
        else:
            most = max(shared if one_scale else strongest[name], noise)
            # At the edge of the noise even the strongest pixel means nothing: a scale ten times as wide keeps it pale.
            faint = strongest[name] <= noise
            sheet.image(overlay(picture, heat, max(most, 10 * noise) if faint else most), x, top, w, h)
            if faint:
                sheet.box(x, top, w, h, fill="none", edge=MUTED, linewidth=0, hatch="//", zorder=3)
            words = "below the noise" if faint else f"full colour: ±{most:.1g}"
            sheet.text(x, top + h + 0.08, words, size=8.5, color=MUTED)
    y, bar = top + h + 0.52, 2.6
    sheet.image(HEAT(np.linspace(0, 1, 256))[None, :, :3], left, y, bar, 0.14)
    sheet.text(left, y + 0.18, "speaks against", size=9, color=BLUE, weight="bold")
    sheet.text(left + bar / 2, y + 0.18, "0", size=9, color=MUTED, ha="center")
    sheet.text(left + bar, y + 0.18, "speaks for", size=9, color=ORANGE, weight="bold", ha="right")
    if len(maps) > 1:
        words = "All maps have one scale." if one_scale else "Each map has its own scale."
        sheet.text(left + bar + 0.2, y - 0.02, words, size=9, color=MUTED)
    return sheet.figure


def explained_pair(
    images: np.ndarray, pair: Sequence, heat: np.ndarray, method: str, similarity: float | None = None
) -> Figure:
    """What in the second photo of a pair speaks for and against the first.

    images: (2, H, W, 3) uint8, RGB.  pair: their two market.Photo.  heat: (H, W) over the second photo.
    similarity: the cosine of the two, in [-1, 1]; it stands in the title, because the colours do not show it.
    """
    same = pair[0].person == pair[1].person
    cosine = "" if similarity is None else f", similarity {similarity:.2f}"
    names = [photo.name for photo in pair]
    title = f"What in {names[1]} speaks\nfor {names[0]}?\n({(SAME_LABEL if same else OTHER_LABEL)[2:]}{cosine})"
    return heats(images[1], {method: heat}, reference=images[0], title=title, names=("query", "gallery"))


def _full(heat: np.ndarray) -> float:
    """The heat that is drawn in full colour: 99.5 % of the pixels have less."""
    return float(np.quantile(np.abs(heat), 0.995)) or float(np.abs(heat).max())


def overlay(image: np.ndarray, heat: np.ndarray, full: float) -> np.ndarray:
    """Heat over the photo in pale grey: the stronger the heat, the less of the photo shows through. (H, W, 3)."""
    drawn = heat_image(heat, full) / 255
    alpha = drawn[..., 3:]
    return (1 - alpha) * _pale(image) + alpha * drawn[..., :3]


def greyed(image: np.ndarray) -> np.ndarray:
    """A photo without colours and paler, for a map to lie on: (H, W, 3) uint8. Orange and blue are the map's alone."""
    return np.repeat(255 * _pale(image), 3, 2).round().astype(np.uint8)


def _pale(image: np.ndarray) -> np.ndarray:
    return 0.35 + 0.6 * (image @ np.array([0.299, 0.587, 0.114]) / 255)[..., None]


def heat_image(heat: np.ndarray, full: float) -> np.ndarray:
    """Heat alone, clear where it is 0 and ever less so to where it is full: (H, W, 4) uint8 RGBA.

    full: the heat that is drawn in full colour; 0 leaves all clear.
    """
    strength = np.clip(heat / full, -1, 1) if full else np.zeros_like(heat, float)
    root = np.sign(strength) * np.abs(strength) ** 0.6
    drawn = HEAT(0.5 + 0.5 * root)
    drawn[..., 3] = STRONGEST * np.abs(root)
    return np.round(drawn * 255).astype(np.uint8)
