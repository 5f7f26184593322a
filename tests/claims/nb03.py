"""Notebook 03: what streams can see, and what moves them."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re

import numpy as np

from osnet_edu import osnet
from osnet_edu.network import costs, receptive
from osnet_edu.network.model import OSBlock
from osnet_edu.trials import hand_made

from . import kinds, measured
from .registry import Book

BOOK = Book("03")
says = BOOK.says


def rows(lesson):
    """block, stream -> (shortest, longest, trained, untrained) of the chart of section 5, in pixels."""
    n = lesson.after["nb03-effective-table"]
    both = zip(n.asked, n.sides["trained"], n.sides["untrained"], strict=True)
    return {(f.block, f.stream): (f.shortest, f.longest, one, two) for f, one, two in both}


def fields():
    return {(f.block, f.stream): f for f in receptive.receptive_fields(osnet())}


@says("nb03-answer-says", "Notice how the square grows by the same 8 pixels from stream to stream.")
@says(
    "nb03-answer",
    "19, 27, 35 and 43 pixels wide.",
)
@says("nb03-two-paths", "So stream t of the first block sees $11 + 2t \\cdot 4$ pixels:")
@says("nb03-pixels", "Neighbouring cells then lie 4 pixels apart, and one cell sees 11 pixels.")
def _(_lesson):
    found = [fields()["conv2.0", t].longest for t in (1, 2, 3, 4)]
    return found == [11 + 8 * t for t in (1, 2, 3, 4)] and kinds.ordered(found[::-1]), f"{found}"


@says("nb03-row-says", "There are 19 ways to get from the middle to the middle and one from the rim.")
@says("ask:attends", "So the influence is high in the middle and low at the rim.")
@says("nb03-hand-made-says", "In a row, the middle counts more than the rim (section 1).")
def _(lesson):
    ways = lesson.after["nb03-row"].x[0, 0].int().tolist()
    return ways[1:10] == [1, 4, 10, 16, 19, 16, 10, 4, 1] and max(ways) == ways[5], f"{ways}"


@says("ask:four-times", "about 2 times", "hold more than half of the parameters of a block with one stream.")
def _(_lesson):
    one, four = (costs.parameters(OSBlock(256, 256, streams=T)) for T in (1, 4))
    outside = sum(
        p.numel() for name, p in OSBlock(256, 256, streams=1).named_parameters() if name[:5] in ("conv1", "conv3")
    )
    return (
        1.8 < four / one < 2.3 and kinds.most([1] * outside + [0] * (one - outside)),
        f"{four / one:.2f} times; the 1x1 layers hold {outside / one:.0%}",
    )


@says("nb03-table-says", "Notice stream 4 from conv3.0 on: its longest path is wider than the photo.")
@says("nb03-table-says", "From conv3.1 on this holds for the other streams as well.")
def _(_lesson):
    wide = {key: field.longest > 128 for key, field in fields().items()}
    blocks = list(dict.fromkeys(block for block, _ in wide))
    fourth, every = ([b for b in blocks if wide[b, 4]], [b for b in blocks if all(wide[b, t] for t in (1, 2, 3, 4))])
    ok = (fourth[0], every[0]) == ("conv3.0", "conv3.1")
    return ok and fourth == blocks[2:] and every == blocks[3:], f"stream 4 in {fourth}, every stream in {every}"


@says("nb03-table-says", "So the streams of conv4 can reach the whole width of the photo.")
def _(_lesson):
    seen = [f.longest for (block, _), f in fields().items() if block.startswith("conv4")]
    return min(seen) >= 128, f"they reach {min(seen)} to {max(seen)} pixels"


@says("nb03-identity-says", "So stream 4 of conv3.1 sees fields of 79 to 207 pixels, mixed.")
@says("ask:attends", "The longest path of stream 4 in conv3.1 spans 207 x 207 pixels, the shortest 79 x 79.")
def _(_lesson):
    field = fields()["conv3.1", 4]
    return (field.shortest, field.longest) == (79, 207), f"{field.shortest}, {field.longest}"


@says("ask:attends", "about 100 x 100, a quarter of the area")
def _(lesson):
    trained = rows(lesson)["conv3.1", 4][2]
    return abs(trained - 100) <= 15, f"90 % of the influence lie in {trained} x {trained} pixels"


@says(
    "nb03-bells",
    "narrow in conv2.0, wider in conv3.1, where stream 4 is a broad hill with humps near rows 100 and 160.",
)
@says(
    "nb03-effective-says", "Notice that each thick line is highest near the middle of the photo and low at both ends."
)
@says("nb03-effective-says", "Stream 4 of conv3.1 is a broad hill with humps, near rows 100 and 160.")
@says("nb03-recap", "the influence is highest near the middle.")
def _(lesson):
    profiles = lesson.after["nb03-bells"].profiles
    tops = {key: int(np.argmax(profile)) for key, profile in profiles.items()}
    ends = [max(profile[40], profile[215]) for profile in profiles.values()]  # the chart's first and last row
    above = {key: int((profile > 0.5).sum()) for key, profile in profiles.items()}
    widths = [above["conv3.1", 4], above["conv3.1", 1], above["conv2.0", 4]]
    hill = profiles["conv3.1", 4]
    humps = [hill[98:105].max() > hill[105:112].min() + 0.02, hill[158:163].max() > hill[152:158].min() + 0.02]
    ok = kinds.every(abs(top - 128) <= 8 for top in tops.values()) and max(ends) < 0.01 and kinds.every(humps)
    return ok and kinds.ordered(widths) and widths[0] > 2 * widths[1], f"{tops}, above a half {above}, humps {humps}"


@says("nb03-effective-says", "It is a comb: with a stride of 2, some pixels lie in more windows than their neighbours.")
@says("nb03-bells", "Thin lines are combs.")
def _(lesson):
    n = lesson.after["nb03-bells"]
    heat = np.asarray(receptive.effective_field(n.model, n.images, "conv3.1", 4)).sum(1)
    turns = (np.diff(np.sign(np.diff(heat[90:170]))) != 0).mean()
    return not kinds.bell(heat) and turns > 0.3, f"it turns at {turns:.0%} of the rows"


@says(
    "nb03-effective-says",
    "In an untrained network 90 % of the influence lies inside the shortest field, or up to 15 % beyond it",
)
@says("nb03-effective-table", "untrained, near the left end of the bar for stream 1 and left of it for stream 4.")
@says("nb03-effective-table", "Trained, it is larger in conv3 and conv4.")
def _(lesson):
    beside = {key: untrained / shortest for key, (shortest, _, _, untrained) in rows(lesson).items()}
    near = [abs(beside[key] - 1) < 0.15 if key[1] == 1 else beside[key] < 0.9 for key in beside]
    larger = [one > two for (block, _), (_, _, one, two) in rows(lesson).items() if block[4] in "34"]
    said = f"untrained, against the shortest field: {beside}"
    return max(beside.values()) < 1.15 and kinds.every(near) and kinds.every(larger), said


@says("nb03-effective-says", "In conv2 it is narrower for stream 4, and wider for stream 1 of conv2.1.")
def _(lesson):
    found = {key: row[2:] for key, row in rows(lesson).items() if key[0].startswith("conv2")}  # trained, untrained
    narrower = [one < two for (_, stream), (one, two) in found.items() if stream == 4]
    wider, beside = found["conv2.1", 1]
    return len(narrower) == 2 and kinds.every(narrower) and wider > beside, f"{found}"


@says("nb03-effective-says", "and in conv3 and conv4 the field is wider.")
def _(lesson):
    wider = [row[2] / row[3] for (block, _), row in rows(lesson).items() if block != "conv2.0" and block != "conv2.1"]
    return kinds.every(x > 1 for x in wider) and np.mean(
        wider
    ) > 1.1, f"trained against untrained, conv3 and conv4: {np.round(wider, 2)}"


@says("nb03-through", "So after the first gate a unit depends a little on almost the whole photo:")
@says("nb03-gates-open", "pixels that move a unit of stream 1 in conv2.1:")
def _(lesson):
    n = lesson.after["nb03-gates-open"]
    share, held = (n.free > 0).float().mean().item(), (n.fixed > 0).mean() if hasattr(n.fixed, "mean") else 0
    return share > 0.95 and float(held) < 0.5, f"gates free {share:.0%}, gates fixed {float(held):.0%} of the pixels"


@says(
    "nb03-why-four",
    "In the paper (table 5, Market-1501) T = 1, 2, 3, 4 give rank-1 86.5, 91.7, 92.8, 93.6: each step gains less than the one before.",
)
@says("nb03-taps-says", "It tests four streams of equal depth: rank-1 91.7 against 93.6.")
def _(_lesson):
    found = [measured.paper(key)[0] for key in ("T1", "T2", "T3", "primary", "same-depth")]
    return found == [86.5, 91.7, 92.8, 93.6, 91.7] and kinds.ordered(np.diff(found[:4])), f"{found}"


@says("nb03-why-four", "Stream T has T layers, so each further stream costs more than the one before it.")
@says("nb03-why-four", "It would see more in conv2, where it costs most.")
def _(_lesson):
    work = [costs.multiply_adds(OSBlock(256, 256, streams=T), (256, 64, 32)) for T in range(1, 7)]
    fifth = [
        np.subtract(*(costs.multiply_adds(OSBlock(c, c, streams=T), (c, h, h // 2)) for T in (5, 4)))
        for c, h in ((256, 64), (384, 32), (512, 16))
    ]
    return kinds.ordered(np.diff(work)[::-1]) and kinds.ordered(fifth), f"steps {np.diff(work)}, a fifth stream {fifth}"


@says("nb03-why-four", "With T = 4 the widest look, 9 cells, reaches four cells to each side:")
@says("nb03-why-four", "from the middle of the last maps, all 8 columns.")
@says("nb03-why-four", "There a fifth stream adds no column, and near the rim one.")
def _(_lesson):
    columns = range(8)
    seen = {t: [sum(abs(at - other) <= t for other in columns) for at in columns] for t in (4, 5)}
    more = np.subtract(seen[5], seen[4]).tolist()
    return max(seen[4]) == 8 and kinds.none(more[3:5]) and more == [1, 1, 1, 0, 0, 1, 1, 1], f"{seen}"


@says("nb03-four-measured-says", "The interval of T = 1 excludes 0: taken alone, one stream is worse than four.")
@says("nb03-four-measured-says", "and then T = 1 is open as well.", "T = 1 also has fewer parameters.")
@says(
    "nb03-four-measured-says",
    "The intervals of T = 2 and T = 3 hold 0.",
    "So these runs leave open whether four are better than fewer.",
)
def _(lesson):
    runs = lesson.end.runs
    one, two, three = (runs.differences[key] for key in ("T1", "T2", "T3"))
    open_ = [low < 0 < high for low, high in ((two.low, two.high), (three.low, three.high))]
    together = len(runs.p) == 10 and "T1" in runs.alone and "T1" not in runs.clear
    lighter = costs.parameters(osnet(0.25, streams=1)) < costs.parameters(osnet(0.25))
    return one.high < 0 and kinds.every([*open_, together, lighter]), f"{one}, {two}, {three}, clear {runs.clear}"


@says("nb03-print-says", "At the paper's size of 256 x 128, stream 1 is too small for the whole print.")
@says("nb03-answer", "The square of stream 1 lies inside her black print.")
def _(lesson):
    said = lesson.printed["nb03-print"]
    return "26 x 22 pixels; in conv2.0 streams [2, 3, 4]" in said and "streams [1, 2, 3, 4] can" in said, said


@says("nb03-hand-made-says", "Windows made by hand are cheaper")
@says("nb03-recap", "Rows of equal layers cost more than wide windows.")
def _(_lesson):
    grown, made = hand_made.prices(1.0, (256, 128))
    return made.parameters < grown.parameters and made.multiply_adds < grown.multiply_adds, f"{made}, {grown}"


@says(
    "nb03-hand-made-says",
    "Nor do rows win in the kit's runs, three pairs by the same photos, steps and seeds",
    "After few steps they are far behind",
    "After many steps the interval holds 0, so the runs show no gain.",
)
@says("nb03-recap", "The kit's runs show no gain for that price.")
def _(_lesson):
    few, many = (hand_made.read_shipped(name).gain() for name in (hand_made.FEW_STEPS, hand_made.MANY_STEPS))
    ok = few.high < -5 and kinds.every(len(one.by_seed) == 3 for one in (few, many))
    return ok and not many.clear and many.low < 0 < many.high, f"few steps {few}, many steps {many}"


@says("nb03-recap", "From 19 in the first block to 471 in the last, which is wider than a photo.")
def _(_lesson):
    found = list(fields().values())
    return (found[0].longest, found[-1].longest) == (19, 471) and min(
        471, 256
    ) == 256, f"{found[0].longest}, {found[-1].longest}"


@says("ask:taps", "Every later layer sees the photo only through the first.")
@says("nb03-four-measured-says", "But what its first layer sets to 0 is lost for all four exits.")
def _(lesson):
    said = lesson.printed["nb03-taps-broken"]
    return "['dead', 'dead', 'dead', 'dead']" in said and said.count("alive") == 3, said


@says("ask:four-in-a-row", "9 x 9", "The first layer sees 3 cells in a row.")
def _(lesson):
    said = lesson.printed["nb03-measure-cells"]
    sides = [int(side) for side in re.findall(r"stream \d: (\d+) x \1 cells", said)]
    return sides == [3, 5, 7, 9] and kinds.ordered(sides[::-1]), said
