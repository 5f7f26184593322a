"""Notebook 03: what streams can see, and what moves them."""

import numpy as np

from osnet_edu import osnet
from osnet_edu.network import costs, receptive
from osnet_edu.network.model import OSBlock

from . import measured
from .registry import Book

BOOK = Book("03")
says = BOOK.says


def rows(lesson):
    """block, stream -> (shortest, longest, trained, untrained) of the table of section 5, in pixels."""
    found = {}
    for line in lesson.printed["nb03-effective-table"].splitlines()[1:]:
        words = line.split()
        found[words[0], int(words[2])] = (int(words[3]), int(words[4]), int(words[5]), int(words[7]))
    return found


def fields():
    return {(f.block, f.stream): f for f in receptive.receptive_fields(osnet())}


@says("nb03-answer-says", "Notice how the square grows by the same 8 pixels from stream to stream.")
@says(
    "nb03-answer",
    "19, 27, 35 and 43 pixels wide, from the inside of a print to the whole print with the shirt around it.",
)
@says("nb03-pixels", "So stream t of the first block sees $11 + 2t \\cdot 4$ pixels:")
@says("nb03-pixels", "neighbouring cells then lie 4 pixels apart, and each sees 11 pixels already.")
def _(_lesson):
    found = [fields()["conv2.0", t].longest for t in (1, 2, 3, 4)]
    return found == [11 + 8 * t for t in (1, 2, 3, 4)], f"{found}"


@says("nb03-row-says", "There are 19 ways to get from the middle to the middle and only one from the rim.")
@says("ask:attends", "one at the rim along a single one, so the influence falls off like a bell")
def _(lesson):
    ways = lesson.after["nb03-row"].x[0, 0].int().tolist()
    return ways[1:10] == [1, 4, 10, 16, 19, 16, 10, 4, 1], f"{ways}"


@says("ask:four-times", "about 2 times", "hold most of the parameters of a block with one stream.")
def _(_lesson):
    one, four = (costs.parameters(OSBlock(256, 256, streams=T)) for T in (1, 4))
    outside = sum(
        p.numel() for name, p in OSBlock(256, 256, streams=1).named_parameters() if name[:5] in ("conv1", "conv3")
    )
    return (
        1.8 < four / one < 2.3 and outside > one / 2,
        f"{four / one:.2f} times; the 1x1 layers hold {outside / one:.0%}",
    )


@says("nb03-table-says", "Notice stream 4 from the third row on: its longest path is wider than the photo.")
@says("nb03-table-says", "In the last three rows this holds for every stream, stream 1 too.")
def _(_lesson):
    wide = {key: field.longest > 128 for key, field in fields().items()}
    blocks = list(dict.fromkeys(block for block, _ in wide))
    fourth, every = ([b for b in blocks if wide[b, 4]], [b for b in blocks if all(wide[b, t] for t in (1, 2, 3, 4))])
    return fourth == blocks[2:] and every == blocks[3:], f"stream 4 in {fourth}, every stream in {every}"


@says("nb03-table-says", "So streams of conv4 hardly differ in what they could reach")
def _(_lesson):
    seen = [
        min(256, f.longest) * min(128, f.longest) for (block, _), f in fields().items() if block.startswith("conv4")
    ]
    return min(seen) > 0.9 * max(seen), f"of the photo they reach {min(seen)} to {max(seen)} pixels"


@says("nb03-identity-says", "So stream 4 of conv3.1 sees everything between 79 and 207 pixels, mixed.")
@says("ask:attends", "The longest path of stream 4 in conv3.1 spans 207 x 207 pixels, the shortest 79 x 79.")
def _(_lesson):
    field = fields()["conv3.1", 4]
    return (field.shortest, field.longest) == (79, 207), f"{field.shortest}, {field.longest}"


@says(
    "nb03-widget-tasks", "Which is the first block in which the shortest path of some stream is wider than this photo?"
)
def _(_lesson):
    found = [key for key, field in fields().items() if field.shortest > 64]
    return bool(found) and found[0][0] != "conv2.0", f"{found[:1]}"


@says("ask:attends", "about 100 x 100, a quarter of the area")
def _(lesson):
    trained = rows(lesson)["conv3.1", 4][2]
    return abs(trained - 100) <= 15, f"90 % of the influence lie in {trained} x {trained} pixels"


@says("nb03-bells", "In conv2.0 stream 1 is narrow and stream 4 wider; in conv3.1 both are wide.")
def _(lesson):
    found = rows(lesson)
    first, later = ([found[block, t][2] for t in (1, 4)] for block in ("conv2.0", "conv3.1"))
    return first[1] > 1.2 * first[0] and min(later) > 1.2 * first[1], f"conv2.0 {first}, conv3.1 {later} pixels"


@says("nb03-effective-says", "Notice the shape, not the width: a bell, as in the little table of section 1.")
@says("nb03-recap", "that is a bell well inside")
def _(lesson):
    n = lesson.after["nb03-bells"]
    ratios = []
    for block in ("conv2.0", "conv3.1"):
        heat = np.asarray(receptive.effective_field(n.model, n.images, block, 4)).sum(1)
        middle, side = len(heat) // 2, fields()[block, 4].longest // 2
        rim = heat[middle - side : middle - side + 6].mean(), heat[middle + side - 6 : middle + side].mean()
        ratios.append(max(rim) / heat.max())
    return max(ratios) < 0.1, f"at the rim of the longest path {ratios} of the largest influence"


@says("nb03-effective-says", "90 % of the influence lies inside the shortest path's frame, or hardly beyond it.")
def _(lesson):
    beyond = max(untrained / shortest for shortest, _, _, untrained in rows(lesson).values())
    return beyond < 1.15, f"untrained, at most {beyond:.2f} of the shortest path's frame"


@says("nb03-effective-says", "and the field of the later blocks is wider.")
def _(lesson):
    wider = [row[2] / row[3] for (block, _), row in rows(lesson).items() if block != "conv2.0" and block != "conv2.1"]
    return np.mean(wider) > 1.1, f"trained against untrained, conv3 and conv4: {np.round(wider, 2)}"


@says("nb03-effective-says", "so that after the first gate every unit depends a little on practically every pixel:")
@says("nb03-gates-open", "pixels that move a unit of stream 1 in conv2.1:")
def _(lesson):
    n = lesson.after["nb03-gates-open"]
    share, held = (n.free > 0).float().mean().item(), (n.fixed > 0).mean() if hasattr(n.fixed, "mean") else 0
    return share > 0.95 and float(held) < 0.5, f"gates free {share:.0%}, gates fixed {float(held):.0%} of the pixels"


@says(
    "nb03-taps-says",
    "T = 1, 2, 3, 4 give rank-1 86.5, 91.7, 92.8, 93.6 on Market-1501",
    "and four streams of equal depth only 91.7.",
)
def _(_lesson):
    found = [measured.paper(key)[0] for key in ("T1", "T2", "T3", "primary", "same-depth")]
    return found == [86.5, 91.7, 92.8, 93.6, 91.7], f"{found}"


@says("nb03-recap", "From 19 in the first block to 471 in the last, which is wider than any photo.")
def _(_lesson):
    found = list(fields().values())
    return (found[0].longest, found[-1].longest) == (19, 471), f"{found[0].longest}, {found[-1].longest}"


@says("ask:taps", "Every later layer sees the photo only through the first.")
def _(lesson):
    said = lesson.printed["nb03-taps-broken"]
    return "['dead', 'dead', 'dead', 'dead']" in said and said.count("alive") == 3, said


@says("ask:four-in-a-row", "9 x 9", "The first layer sees 3 cells in a row.")
def _(lesson):
    return "stream 4: 9 x 9 cells" in lesson.printed["nb03-measure-cells"], lesson.printed["nb03-measure-cells"]
