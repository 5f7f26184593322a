"""What gates follow: shares of their variance by block, and photos grouped by their gates."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..refused import Refused
from .paper import INK, LINE, MUTED, ONE, PAPER, TWO, Bounded, Sheet, as_pictures, as_sentence, fitted

HATCHES = ("", "", "////", "....")
# Seven colours that colour-blind readers tell apart, after Okabe and Ito; neighbours differ in their hatching too.
SEVEN = (ONE, TWO, "#8a7a00", "#cc79a7", "#3d9a63", "#6b6b6b", INK)
_BAR_HATCHES = ("", "////", "....", "", "\\\\\\\\", "xxxx", "")


def followed(shares: Mapping[str, Mapping[str, Bounded]], *, title: str = "") -> Figure:
    """Of each block's gates, the share of the variance that each factor explains, as bars with their intervals.

    shares: by block, then by factor, at most four factors.
    """
    factors = list(next(iter(shares.values())))
    if len(factors) > len(HATCHES):
        raise Refused(f"expected at most {len(HATCHES)} factors, got {len(factors)}")
    colours = (ONE, TWO, MUTED, LINE)
    left, wide, bar, gap, top, high = 0.65, 1.25, 0.24, 0.06, 0.95, 2.0
    told = "; ".join(
        f"{block}: " + ", ".join(f"{name} {share.value:.0%}" for name, share in found.items())
        for block, found in shares.items()
    )
    sheet = Sheet(left + wide * len(shares) + 0.1, top + high + 0.45, f"{as_sentence(title)}{told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    for tick in (0, 0.25, 0.5, 0.75):
        y = top + high * (1 - tick / 0.75)
        sheet.line([left, left + wide * len(shares)], [y, y])
        sheet.text(left - 0.08, y, f"{tick:.0%}", size=9, color=MUTED, ha="right", va="center_baseline")
    x = left
    for name, colour, hatch in zip(factors, colours, HATCHES, strict=False):
        sheet.box(x, 0.48, 0.22, 0.16, fill=colour, edge=PAPER, hatch=hatch, linewidth=0)
        sheet.text(x + 0.3, 0.47, name, size=10)
        x += 0.55 + 0.1 * len(name)
    for column, (block, found) in enumerate(shares.items()):
        start = left + column * wide + 0.06
        for k, (share, colour, hatch) in enumerate(zip(found.values(), colours, HATCHES, strict=False)):
            value = max(0.0, share.value)
            place = (start + k * (bar + gap), top + high * (1 - value / 0.75), bar, high * value / 0.75)
            sheet.box(*place, fill=colour, edge=PAPER, hatch=hatch, linewidth=0)
            ends = [top + high * (1 - max(0.0, end) / 0.75) for end in (share.low, share.high)]
            sheet.line([place[0] + bar / 2] * 2, ends, color=INK, linewidth=1.4, zorder=3)
        sheet.text(start + 2 * (bar + gap), top + high + 0.08, block, size=10, ha="center")
    return sheet.figure


def clusters(
    found,
    labels: Sequence[str],
    images: np.ndarray,
    *,
    beside: Mapping[str, Sequence[str]] | None = None,
    title: str = "",
) -> Figure:
    """Groups of photos by their gates: the photos nearest each centre, and of which labels the group is made.

    found: explain.clusters.Clusters.  labels: (N,), of at most seven kinds, such as cameras; a bar for each group shows
    how many of each it has.  images: (N, H, W, 3) uint8.  beside: in the plural, such as
    "people" -> (N,) other labels, of which the kinds in a group are counted.
    Raises: Refused for another number of photos or labels, and for more kinds.
    """
    images = as_pictures(images)
    kinds = sorted(set(labels))
    if len(labels) != len(found.group) or len(images) != len(labels) or len(kinds) > len(SEVEN):
        raise Refused(
            f"expected {len(found.group)} photos with a label each, of at most {len(SEVEN)} kinds, "
            f"got {len(images)} photos and {len(labels)} labels of {len(kinds)} kinds"
        )
    w, h = fitted(images[0], 0.67)
    left, top, bar = 0.1, 0.85, 2.3
    start, row = left + bar + 0.35, h + 0.22
    count = max(map(len, found.nearest))
    sizes = np.bincount(found.group)
    shares = [
        {kind: np.mean([labels[i] == kind for i in np.flatnonzero(found.group == k).tolist()]) for kind in kinds}
        for k in range(len(sizes))
    ]
    told = "; ".join(
        f"group {k + 1}, {sizes[k]} photos: " + ", ".join(f"{kind} {share:.0%}" for kind, share in of.items() if share)
        for k, of in enumerate(shares)
    )
    said = (
        f"{as_sentence(title)}{len(sizes)} groups of photos by their gates, each with the {count} nearest its centre. "
    )
    sheet = Sheet(max(start + count * (w + 0.1), 6.9), top + len(sizes) * row + 0.05, f"{said}{told}.")
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    x = left
    for kind, colour, hatch in zip(kinds, SEVEN, _BAR_HATCHES, strict=False):
        sheet.box(x, 0.42, 0.2, 0.15, fill=colour, edge=PAPER, hatch=hatch, linewidth=0)
        sheet.text(x + 0.26, 0.4, str(kind), size=9.5)
        x += 0.5 + 0.085 * len(str(kind))
    for k, nearest in enumerate(found.nearest):
        y = top + k * row
        sheet.text(left, y, f"group {k + 1}: {sizes[k]} photos", size=10.5, weight="bold")
        x = left
        for kind, colour, hatch in zip(kinds, SEVEN, _BAR_HATCHES, strict=False):
            wide = bar * float(shares[k][kind])
            if wide:
                sheet.box(x, y + 0.3, wide, 0.28, fill=colour, edge=PAPER, hatch=hatch, linewidth=0)
            x += wide
        for i, (name, of) in enumerate((beside or {}).items()):
            words = _most_frequent(name, [of[j] for j in np.flatnonzero(found.group == k).tolist()])
            sheet.text(left, y + 0.72 + 0.22 * i, words, size=9.5, color=MUTED)
        for i, photo in enumerate(nearest):
            sheet.image(images[photo], start + i * (w + 0.1), y, w, h)
    return sheet.figure


def _most_frequent(name: str, labels: Sequence[str]) -> str:
    values, counts = np.unique(np.asarray(labels), return_counts=True)
    return f"{len(values)} {name}; the most frequent {counts.max() / counts.sum():.0%}".replace("%", " %")
