"""Notebook 05: what the network holds and costs."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import numpy as np
import torch

from osnet_edu import osnet
from osnet_edu.embed import normalise
from osnet_edu.explain.gates import read
from osnet_edu.network import costs, siblings
from osnet_edu.photos import market

from . import kinds, measured
from .registry import Book

BOOK = Book("05")
says = BOOK.says


def by_stage(kind):
    found = {}
    for row in costs.table(osnet(), (256, 128)):
        name = row.stage if row.stage not in found else f"{row.stage} again"
        found[name] = getattr(row, kind)
    return found


@says("nb05-answer", "Of 2.17 million parameters most lie in conv4, 806 thousand, and conv3, 444 thousand.")
@says("nb05-answer", "Of 978.9 million multiply-adds most are done in conv2, 334 million, and conv3, 223 million.")
@says("nb05-answer-says", "Most parameters are late, and most work is early.")
@says("ask:where-parameters", "parameters in conv4, work in conv2")
@says(
    "ask:where-parameters",
    "conv4 has the widest layers, so the most weights, on maps of 16 x 8 cells; conv2 has few weights and uses each of them at 64 x 32 = 2,048 cells.",
)
@says(
    "nb05-recap",
    "2,169,508 parameters, most of them late (many channels); 978,878,352 multiply-adds, most of them early (many cells).",
)
def _(_lesson):
    held, work = by_stage("parameters"), by_stage("multiply_adds")
    first = [sorted(x, key=x.get, reverse=True)[:2] for x in (held, work)]
    rounded = [
        round(held["conv4"] / 1e3),
        round(held["conv3"] / 1e3),
        round(work["conv2"] / 1e6),
        round(work["conv3"] / 1e6),
    ]
    late = sum(v for k, v in held.items() if k[:5] in ("conv3", "conv4", "conv5", "fc")) / sum(held.values())
    early = sum(v for k, v in work.items() if k[:5] in ("conv1", "conv2", "trans")) / sum(work.values())
    mostly = kinds.most(measured.thousandths(late, 1)) and kinds.most(measured.thousandths(early, 1))
    ok = first == [["conv4", "conv3"], ["conv2", "conv3"]] and rounded == [806, 444, 334, 223]
    return ok and mostly, f"{first}, {rounded}, late {late:.0%}, early {early:.0%}"


@says(
    "nb05-one-gate",
    "an untrained gate moves only a little from photo to photo, and a trained one moves much more.",
)
def _(lesson):
    model = lesson.end.shipped.model
    shots = market.decode(
        market.read(lesson.after["nb05-here"].assets.subset()).query[:6], lesson.end.shipped.size
    ).images
    trained = np.mean([np.ptp(gates, axis=0).mean() for gates in read(model, normalise(shots)).gates.values()])
    torch.manual_seed(0)
    fresh = osnet(0.25, gate_hidden=4).eval()
    still = np.mean([np.ptp(gates, axis=0).mean() for gates in read(fresh, normalise(shots)).gates.values()])
    return trained > 2 * still, f"over six photos a gate moves by {still:.3f} untrained, {trained:.3f} trained"


@says("nb05-joins", "OSNet is not the first network with several branches, nor the first with a gate.")
@says("nb05-joins-says", "It also shows that behind a 1x1 layer concatenation and addition are one thing")
def _(_lesson):
    torch.manual_seed(0)
    maps, layer = torch.rand(3, 1, 4, 5, 5), torch.nn.Conv2d(12, 6, 1, bias=False)
    with torch.no_grad():
        added = sum(torch.nn.functional.conv2d(x, w) for x, w in zip(maps, layer.weight.chunk(3, 1), strict=True))
        gap = (layer(torch.cat(list(maps), 1)) - added).abs().max().item()
    return gap < 1e-6, f"largest difference {gap:.1e}"


@says("nb05-joins-says", "| SENet | one | nothing to join; channels are re-calibrated | yes |")
def _(_lesson):
    lanes = siblings.lanes(siblings.block("se", 64, 256))
    several = [lane.count > 1 for lane in lanes]
    return len(lanes) == 1 and kinds.none(several) and siblings.find("se").dynamic, f"{lanes}"


@says(
    "nb05-trap-says",
    "The authors' own toolbox counts with a hook that adds a module's parameters each time the module runs, and the shared gate runs once for every stream.",
)
def _(lesson):
    n, blocks = lesson.after["nb05-trap-code"], osnet().blocks().values()
    again = sum((len(block.stream_names) - 1) * costs.parameters(block.gate) for block in blocks)
    more = n.published - costs.parameters(osnet())
    return more == again and kinds.every(len(block.stream_names) == 4 for block in blocks), f"{more} and {again} more"


@says("nb05-walk-says", "The map shrinks from 256 x 128 pixels to 16 x 8 cells while the channels grow from 3 to 512.")
def _(lesson):
    said = lesson.printed["nb05-walk"]
    return "(512, 16, 8)" in said and lesson.after["nb05-walk"].photo.images.shape[1:3] == (256, 128), said


@says("nb05-table-says", '2,169,508 parameters and 978,878,352 multiply-adds: the paper\'s "2.2 M" and "978.9 M".')
@says("ask:trap", "OSNet x1.0 has 2,169,508 parameters.")
def _(_lesson):
    model = osnet()
    found = costs.parameters(model), costs.multiply_adds(model, (3, 256, 128))
    return found == (2169508, 978878352), f"{found}"


@says("nb05-knobs-tasks", "Why nearly four, and not two?")
def _(_lesson):
    times = costs.parameters(osnet(1.0)) / costs.parameters(osnet(0.5))
    return 3.3 < times < 4, f"{times:.2f} times"


@says(
    "nb05-sizes-figure",
    "Each curve rises from 64x32 to 256x128; at equal work the narrower network on the larger photo lies above, down to width 0.5.",
)
@says("nb05-sizes-says", "the narrower network on the larger photo lies higher, until the network gets very narrow.")
@says("nb05-sizes-says", "So a tight budget is better spent on pixels than on channels.")
def _(_lesson):
    curves = {}
    for width in (1.0, 0.75, 0.5, 0.25):
        cells = sorted((c.millions, c.mean_ap) for c in costs.PAPER_TABLE_6 if c.width == width)
        curves[width] = np.log([m for m, _ in cells]), np.array([a for _, a in cells])
    gains = {}
    for wide, narrow in ((1.0, 0.75), (0.75, 0.5), (0.5, 0.25)):
        (xw, yw), (xn, yn) = curves[wide], curves[narrow]
        at = xn[(xn >= xw[0]) & (xn <= xw[-1])]
        gains[narrow] = np.interp(at, xn, yn) - np.interp(at, xw, yw)
    rises = kinds.every(kinds.steady(y, rises=True) for _, y in curves.values())
    ok = rises and min(gains[0.75]) > 0 and min(gains[0.5]) > 0 and gains[0.25][-1] < 0
    return ok, f"mAP gained over the next wider network at equal work: {gains}"


@says(
    "ask:width-or-size",
    "x0.5 at 256x128 reaches rank-1 93.4 and mAP 82.6 for 273 million multiply-adds. x1.0 at 128x64 reaches 92.0 and 80.3 for 245 million.",
)
def _(_lesson):
    cells = {(c.width, tuple(c.size)): c for c in costs.PAPER_TABLE_6}
    narrow, small = cells[0.5, (256, 128)], cells[1.0, (128, 64)]
    found = (narrow.rank1, narrow.mean_ap, small.rank1, small.mean_ap)
    work = round(narrow.millions), round(small.millions)
    return found == (93.4, 82.6, 92.0, 80.3) and work == (273, 245), f"{found}, {work} million"


@says(
    "nb05-reduced",
    "so it ships OSNet at width 0.25, for photos of 128 x 64:",
    "20.6 million multiply-adds instead of 978.9.",
)
def _(lesson):
    shipped, work = lesson.end.shipped, costs.multiply_adds(osnet(0.25), (3, 128, 64))
    width = shipped.card["config"]["width"]
    return (width, tuple(shipped.size), f"{work / 1e6:.1f}") == (
        0.25,
        (128, 64),
        "20.6",
    ), f"width {width}, {shipped.size}, {work:,}"


@says(
    "nb05-one-unit-says",
    "Left, all photos lie on one curve: if you know one gate, you know the other.",
    "Right, they form a cloud.",
)
@says("nb05-one-unit-figure", "With one hidden unit all points lie on one curve; with four they fill an area.")
@says("ask:one-unit", "none: all follow one number")
def _(lesson):
    said = lesson.printed["nb05-one-unit"].splitlines()
    found = lesson.after["nb05-one-unit"].found[1]
    step = found[found[:, 0].argsort()].diff(dim=0)
    along = [float(s) for s in step.T.sign().sum(1)]
    in_order = found[found[:, 0].argsort()]
    follows = [kinds.steady(in_order[:, k].tolist(), rises=along[k] > 0) for k in range(16)]
    one_curve = kinds.every(follows) and kinds.none(not one for one in follows)
    return one_curve and "by 15 of the other" in said[0] and "by 0 of the other" in said[1], f"{said}, {along}"


@says("nb05-one-unit-says", "It costs a few hundred parameters.")
@says(
    "nb05-recap",
    "At x0.25 the official gates have one hidden unit, or two in conv4, and one unit is one knob: the teaching model's gates have four each.",
)
def _(lesson):
    hidden = [block.gate.fc1.out_channels for block in osnet(0.25).blocks().values()]
    own = [block.gate.fc1.out_channels for block in lesson.end.shipped.model.blocks().values()]
    more = costs.parameters(osnet(0.25, gate_hidden=4)) - costs.parameters(osnet(0.25))
    return (hidden, own) == ([1, 1, 1, 1, 2, 2], [4] * 6) and 200 < more < 1000, f"{hidden}, {own}, {more} more"


@says("ask:one-unit", "At width 0.25 a gate has a single hidden unit between 16 channels in and 16 weights out.")
def _(_lesson):
    gate = osnet(0.25).blocks()["conv2.0"].gate
    found = gate.fc1.in_channels, gate.fc1.out_channels, gate.fc2.out_channels
    return found == (16, 1, 16), f"{found}"


@says(
    "nb05-squeeze-says",
    "With a quarter of the channels the block costs a tenth of what it costs with all of them.",
    "An eighth costs less again, 30,144 instead of 80,768 weights.",
    "But then the two 1x1 layers cost more than the streams, and a stream has half as many channels.",
)
def _(lesson):
    rows = [line.replace(",", "").split() for line in lesson.printed["nb05-squeeze-code"].splitlines()[1:]]
    whole, _half, quarter, eighth = ([int(x) for x in row[-3:]] for row in rows)
    share = quarter[2] / whole[2]
    less = (eighth[2], quarter[2]) == (30_144, 80_768)
    return less and 0.085 < share < 0.115 and eighth[1] > eighth[0], f"a quarter costs {share:.3f} of the whole; {rows}"


@says("nb05-squeeze", "The four streams are ten Lite layers (1 + 2 + 3 + 4).")
@says("nb05-squeeze", "Their price grows with the square of their channels.")
def _(lesson):
    n = lesson.after["nb05-here"]
    layers = [module for module in n.OSBlock(256, 256).modules() if isinstance(module, n.Lite3x3)]
    times = costs.parameters(n.Lite3x3(256, 256)) / costs.parameters(n.Lite3x3(128, 128))
    return len(layers) == 10 and 3.8 < times < 4, f"{len(layers)} layers; twice the channels cost {times:.2f} times"


@says("nb05-negative-says", "With a ReLU behind the expansion all of these would be 0.")
@says("nb05-negative-says", "Notice that every block takes away at a good part of its numbers.")
def _(lesson):
    taken = lesson.after["nb05-negative"].taken
    return len(taken) == 6 and kinds.every(
        share > 0.2 for share in taken
    ), f"shares below 0: {[round(x, 2) for x in taken]}"


@says(
    "nb05-parting-says",
    "With the print in sight, Bea ends farther away than Ana's own photo, so the network is right.",
    "With the print turned away, Bea ends closer, so it is wrong.",
    "At the end all four pairs are much closer than two photos usually are",
)
@says(
    "nb05-recap",
    "With the print in sight Bea's photo ends farther from the query than Ana's, with the print turned away closer.",
)
def _(lesson):
    cases = lesson.after["nb05-parting"].cases
    (ana, bea), (ana_away, bea_away) = ([one.ratios["embedding"] for one in pair] for pair in cases.values())
    said = f"in sight {ana:.2f} and {bea:.2f}, turned away {ana_away:.2f} and {bea_away:.2f}"
    return bea > ana and bea_away < ana_away and max(ana, bea, ana_away, bea_away) < 0.5, said


@says(
    "nb05-parting-says",
    "In neither case does a block bring Ana and Bea apart and keep them apart: the dashed lines end lower than they begin.",
)
def _(lesson):
    cases = lesson.after["nb05-parting"].cases
    lines = [list(pair[1].ratios.values()) for pair in cases.values()]
    lower = kinds.every(line[-1] < line[0] for line in lines)
    kept = kinds.none(pair[1].block for pair in cases.values())
    return lower and kept, f"{[pair[1].sentence for pair in cases.values()]}, {lines}"
