"""What gates follow: shares of their variance by block, and photos placed and grouped by their gates."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ..refused import Refused
from .paper import INK, LINE, MUTED, ONE, PANEL, PAPER, TWO, Bounded, Sheet, as_pictures, as_sentence, fitted

HATCHES = ("", "", "////", "....")
# Seven colours that colour-blind readers tell apart, after Okabe and Ito; each label has a marker of its own too.
SEVEN = (ONE, TWO, "#8a7a00", "#cc79a7", "#3d9a63", "#6b6b6b", INK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


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
    colours: np.ndarray | None = None,
    title: str = "",
    coloured: str = "",
) -> Figure:
    """Photos by their gates: placed by PCA and by t-SNE, and for each group the photos nearest its centre.

    found: explain.clusters.Clusters.  labels: (N,), of at most seven kinds, such as cameras.  images: (N, H, W, 3)
    uint8.  colours: (N, 3) in [0, 1], drawn in place of the labels in the lower row; coloured: what they are.
    """
    images = as_pictures(images)
    kinds = sorted(set(labels))
    if len(labels) != len(found.group) or len(images) != len(labels) or len(kinds) > len(SEVEN):
        raise Refused(
            f"expected {len(found.group)} photos with a label each, of at most {len(SEVEN)} kinds, "
            f"got {len(images)} photos and {len(labels)} labels of {len(kinds)} kinds"
        )
    w, h = fitted(images[0], 0.3)
    count = max(map(len, found.nearest))
    side, left, top = 2.3, 0.1, 0.75
    rows = 2 if colours is not None else 1
    strips = left + 2 * (side + 0.2) + 0.25
    height = max(top + rows * (side + 0.3), top + len(found.nearest) * (h + 0.08)) + 0.1
    said = (
        f"{as_sentence(title)}{len(labels)} photos placed by their gates; the two axes of PCA hold "
        f"{found.explained:.0%} of the variance. {len(found.nearest)} groups of "
        f"{', '.join(str(int(size)) for size in np.bincount(found.group))} photos, each with the {count} nearest "
        "its centre."
    )
    sheet = Sheet(strips + 0.85 + count * (w + 0.05), height - 0.2, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    for row in range(rows):
        for column, (name, places) in enumerate((("PCA", found.pca), ("t-SNE", found.tsne))):
            x, y = left + column * (side + 0.2), top + row * (side + 0.3)
            sheet.text(x, y - 0.22, f"{name}, {coloured}" if row else name, size=9, color=MUTED)
            sheet.box(x, y, side, side, fill=PANEL if row == 0 else PAPER, edge=LINE)
            low, high = places.min(0), places.max(0)
            at = (places - low) / np.maximum(high - low, 1e-12)
            px, py = x + 0.1 + (side - 0.2) * at[:, 0], y + side - 0.1 - (side - 0.2) * at[:, 1]
            if row:
                sheet.ax.scatter(px, py, s=14, c=colours, edgecolors=MUTED, linewidths=0.4, zorder=3)
                continue
            for kind, colour, marker in zip(kinds, SEVEN, MARKERS, strict=False):
                here = np.array([label == kind for label in labels])
                sheet.ax.scatter(
                    px[here], py[here], s=13, color=colour, marker=marker, linewidths=0, zorder=3, alpha=0.8
                )
    x = left
    for kind, colour, marker in zip(kinds, SEVEN, MARKERS, strict=False):
        sheet.ax.scatter([x + 0.08], [0.42], s=24, color=colour, marker=marker, linewidths=0, zorder=3)
        sheet.text(x + 0.18, 0.35, str(kind), size=9)
        x += 0.34 + 0.08 * len(str(kind))
    sheet.text(strips, top - 0.22, "photos nearest the centre of each group", size=9, color=MUTED)
    sizes = np.bincount(found.group)
    for k, nearest in enumerate(found.nearest):
        y = top + k * (h + 0.08)
        sheet.text(strips, y + h / 2, f"{sizes[k]} photos", size=9, color=MUTED, va="center_baseline")
        for i, photo in enumerate(nearest):
            sheet.image(images[photo], strips + 0.75 + i * (w + 0.05), y, w, h)
    return sheet.figure
