"""The map that says where in the network you are."""

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from ..refused import Refused
from .paper import INK, LINE, MUTED, PANEL, PAPER, WIDTH, Sheet

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
            raise Refused(f"no block {block!r} in {stage}; blocks are conv2.0, conv2.1, conv3.0 ... conv4.1")
    if stage is not None and stage not in _STAGES:
        raise Refused(f"no stage {stage!r}; stages are {', '.join(_STAGES)}")
    if stream is not None and stream not in (1, 2, 3, 4):
        raise Refused(f"stream must be 1 to 4, got {stream}")
    inside = bool(stream or gate or channel)
    words = [f"stage {stage}"] if stage else []
    words += [f"block {block}"] if block else (["a block"] if inside else [])
    words += [f"stream {stream}"] if stream else []
    words += (["the gate"] if gate else []) + (["one channel"] if channel else [])
    here = "You are here: " + (", ".join(words) or "the whole network")
    description = (
        f"A map of OSNet: a photo passes the stages conv1 to conv5 and becomes 512 features. A stage holds two blocks; "
        f"in a block, four streams of one to four light 3x3 layers are weighted by one gate and added. {here}."
    )
    whole = not words
    sheet = Sheet(WIDTH, 2.5, description)
    sheet.text(0.1, 0.08, here, size=11, weight="bold", color=INK)
    mid = 1.5

    def part(x: float, width: float, height: float, words: str, on: bool, size: float = 8.5) -> None:
        fill, edge = (to_rgba(INK, 0.14), INK) if on else (PANEL, LINE)
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
        bx, by, bw, bh, fill=PAPER, edge=INK if block and not inside else LINE, linewidth=1.5, round=0.05, zorder=1
    )
    _block(sheet, bx, by, stream, gate or channel, channel)
    return sheet.figure


def _zoom(sheet: Sheet, small: tuple, large: tuple) -> None:
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


def _block(sheet: Sheet, x: float, y: float, stream: int | None, gate: bool, channel: bool) -> None:
    """The inside of a block, 3.48 x 1.72 inches from (x, y)."""
    centre = y + 0.74
    lanes = [y + 0.2 + 0.36 * t for t in range(4)]

    def part(px: float, py: float, width: float, height: float, words: str, on: bool = False, **more) -> None:
        fill, edge = (to_rgba(INK, 0.14), INK) if on else (PANEL, LINE)
        sheet.box(px, py - height / 2, width, height, fill=fill, edge=edge, round=0.03, linewidth=1.8 if on else 1)
        sheet.text(px + width / 2, py, words, size=7.5, ha="center", va="center", zorder=4, **more)

    part(x + 0.12, centre, 0.24, 0.8, "1x1", rotation=90)
    for t, lane in enumerate(lanes, start=1):
        on = t == stream
        color = INK if on else LINE
        sheet.line([x + 0.36, x + 0.46, x + 2.3], [centre, lane, lane], color=color, linewidth=2 if on else 1)
        for i in range(t):
            part(x + 0.52 + 0.37 * i, lane, 0.33, 0.24, "3x3", on)
        # The gate's vector: one weight for each channel.
        for c, weight in enumerate((0.85, 0.35, 0.6, 0.2, 0.7)):
            lit = gate and (not channel or c == 1)
            sheet.box(
                x + 2.14 + 0.075 * c, lane - 0.09, 0.075, 0.18,
                fill=to_rgba(INK if lit else MUTED, weight * (0.9 if lit else 0.55)),
                edge=INK if lit else LINE, linewidth=1.2 if lit else 0.7, zorder=3,
            )  # fmt: skip
        sheet.line([x + 2.51, x + 2.64, x + 2.76], [lane, lane, centre], color=color, linewidth=2 if on else 1)
    sheet.text(x + 2.33, y + 1.405, "gate", size=7.5, color=INK if gate else MUTED, ha="center", weight="bold")
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
