"""How contributions lean to wide streams against how wide a look is needed, block by block."""

import numpy as np

from ..refused import Refused
from .paper import INK, LINE, MUTED, ONE, TWO, Sheet, as_sentence

ACROSS = 3  # panels in a row


def gate_scale(found, *, kinds: tuple[str, str] = ("trained", "untrained"), title: str = ""):
    """The lean of each rung against its needed scale, for two kinds of networks: dots and diamonds.

    found: a record with .needed (one scale a rung, nan is left out) and .kinds: by name, each with .leans (by block,
    one .value, .low, .high a rung) and .slopes (by block, .value, .low, .high, .p, .verdict).  kinds: the two to draw.
    Raises: Refused for a kind that is not there, and where no rung has a scale.
    """
    if missing := [kind for kind in kinds if kind not in found.kinds]:
        raise Refused(f"there is no kind {missing[0]!r}; expected two of {', '.join(found.kinds)}")
    scale = np.asarray(found.needed, float)
    known = np.flatnonzero(~np.isnan(scale))
    if not len(known):
        raise Refused("no rung has a needed scale: there is nothing to draw against")
    shown = [found.kinds[kind] for kind in kinds]
    blocks = list(shown[0].leans)
    ends = [v for one in shown for b in blocks for r in known for v in (one.leans[b][r].low, one.leans[b][r].high)]
    reach = max(0.2, float(np.ceil(np.nanmax(np.abs(ends)) * 5) / 5))
    log = np.log2(scale)
    low, high = float(log[known].min()) - 0.3, float(log[known].max()) + 0.3
    told = "; ".join(
        f"{block}: "
        + ", ".join(
            f"{kind} {one.slopes[block].value:+.2f} ({one.slopes[block].low:+.2f} to {one.slopes[block].high:+.2f})"
            for kind, one in zip(kinds, shown, strict=True)
        )
        for block in blocks
    )
    width, height, gap, left, top = 2.4, 1.65, 0.42, 0.75, 1.15
    lines = -(-len(blocks) // ACROSS)
    said = f"{as_sentence(title)}Slope of the lean to wide streams for each doubling of the needed scale. {told}."
    sheet = Sheet(left + ACROSS * (width + gap), top + lines * (height + 0.62) + 0.25, said)
    sheet.text(0.1, 0.08, title, size=11, weight="bold")
    x = left
    for kind, color, marker in zip(kinds, (ONE, TWO), "oD", strict=True):
        sheet.mark(x, 0.5, color, marker)
        sheet.text(x + 0.12, 0.5, kind, size=9.5, va="center_baseline", color=color, weight="bold")
        x += 0.5 + 0.085 * len(kind)
    sheet.text(x, 0.5, "lines: 95 % over people and networks", size=9, va="center_baseline", color=MUTED)
    for i, block in enumerate(blocks):
        x0, y0 = left + (i % ACROSS) * (width + gap), top + (i // ACROSS) * (height + 0.62)

        def at_x(value: float, x0: float = x0) -> float:
            return x0 + width * (value - low) / (high - low)

        def at_y(value: float, y0: float = y0) -> float:
            return y0 + height * (reach - value) / (2 * reach)

        slope = shown[0].slopes[block]
        verdict = {"as stated": "✓ as stated", "against it": "✗ against it"}.get(slope.verdict, "? open")
        sheet.text(x0, y0 - 0.36, block, size=10, weight="bold")
        sheet.text(x0 + width, y0 - 0.36, f"slope {slope.value:+.2f}, {verdict}", size=8.5, color=MUTED, ha="right")
        for tick in (-reach, 0.0, reach):
            sheet.line([x0, x0 + width], [at_y(tick)] * 2, color=MUTED if tick == 0 else LINE)
            if i % ACROSS == 0:
                sheet.text(x0 - 0.08, at_y(tick), f"{tick:+.1f}" if tick else "0", size=8.5, color=MUTED, ha="right",
                           va="center_baseline")  # fmt: skip
        for k in sorted(set(scale[known].tolist())):
            sheet.text(at_x(np.log2(k)), y0 + height + 0.05, f"{k:g}", size=8.5, color=MUTED, ha="center")
        for one, color, marker, shift in zip(shown, (ONE, TWO), "oD", (-0.045, 0.045), strict=True):
            for rung in known:
                same = [r for r in known if scale[r] == scale[rung]]  # rungs of one scale stand side by side
                here = at_x(log[rung]) + shift + 0.18 * (same.index(rung) - (len(same) - 1) / 2)
                lean = one.leans[block][rung]
                sheet.line([here] * 2, [at_y(lean.low), at_y(lean.high)], color=color, linewidth=1.3, zorder=3)
                sheet.mark(here, at_y(lean.value), color, marker)
    sheet.text(0.1, top - 0.62, "wide\nstreams ↑", size=8.5, color=MUTED)
    sheet.text(
        left + (ACROSS * (width + gap) - gap) / 2,
        top + lines * (height + 0.62) - 0.2,
        "needed scale: pixels of a photo of 128 rows",
        size=9.5,
        ha="center",
        color=INK,
    )
    return sheet.figure
