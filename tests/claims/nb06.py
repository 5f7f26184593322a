"""Notebook 06: what the runs that ship say of blocks."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re
from dataclasses import fields
from pathlib import Path

import numpy as np

from osnet_edu import explore
from osnet_edu.explore import story
from osnet_edu.network import costs, siblings
from osnet_edu.trials import ablation, compare, together
from osnet_edu.trials import people as overfitting

from . import kinds, measured
from .registry import Book

BOOK = Book("06")
says = BOOK.says
SIBLINGS = ("inception", "resnext", "se")


def differences(lesson, which, metric="mean_ap"):
    table = getattr(lesson.end, which)
    return compare.differences(table.outcomes, ablation.REFERENCE, metric)


def rows():
    return [row for row in siblings.TABLE_5 if row.key != ablation.REFERENCE]


def score(lesson, which, key):
    outcomes = getattr(lesson.end, which).outcomes
    return 100 * np.mean([o.mean_ap for o in outcomes if o.variant == key])


def size(key):
    return costs.parameters(siblings.build(key, 0.25, gate_hidden=4))


@says("nb06-frame-says", "ResNeXt (2017) has many thin streams, all alike, and adds them.")
def _(_lesson):
    (lane,) = siblings.lanes(siblings.block("resnext", 64, 256))
    return lane.count > 4, f"{lane.count} streams"


@says("nb06-concatenation-says", "Behind a join comes a 1x1, and with it the two are one thing.")
def _(lesson):
    gap = float(re.search(r"difference: (\S+)", lesson.printed["nb06-concatenation"])[1])
    return gap < 1e-5, f"largest difference {gap}"


@says(
    "nb06-costs-says",
    "Notice that the first four lines agree within a few per cent, in parameters and in multiply-adds.",
)
def _(_lesson):
    found = []
    for key in ("primary", *SIBLINGS):
        model = siblings.build(key, 0.25, gate_hidden=4)
        found.append((costs.parameters(model), costs.multiply_adds(model, (3, 128, 64))))
    ratios = np.array(found) / np.array(found[0])
    return abs(ratios - 1).max() < 0.05, f"ratios to the omni-scale block {ratios.round(3).tolist()}"


@says("nb06-paper-says", "In which place do rows 9 to 11 differ most from row 1 in parameters?")
def _(_lesson):
    found = [size(key) for key in ("T1", "T2", "T3", "primary")]
    return found == sorted(found) and found[0] < found[-1], f"{found}"


@says("nb06-dynamic", "Does the join only double?")
@says("nb06-dynamic-says", "Notice the last line.", "an untrained one weakly, a trained one much more strongly.")
def _(lesson):
    off = [float(x) for x in re.findall(r"([\d.]+)% away", lesson.printed["nb06-dynamic"])]
    return max(off[:2]) < 0.01 and off[2] > 0.01 and off[3] > 1.5 * off[2], f"away from doubling, in %: {off}"


@says("ask:best-row", "one", "is better by 1.7 points of mAP, at about three times the parameters.")
@says("nb06-light", "But row 2 has three times the parameters and came out better in the paper's own table.")
def _(_lesson):
    better = [row.key for row in rows() if row.mean_ap > measured.paper("primary")[1]]
    gap = measured.paper("full")[1] - measured.paper("primary")[1]
    times = costs.parameters(siblings.build("full", 1.0)) / costs.parameters(siblings.build("primary", 1.0))
    return better == ["full"] and abs(
        gap - 1.7
    ) < 0.01 and 2.7 < times < 3.4, f"{better}, {gap:+.1f}, {times:.2f} times"


@says(
    "nb06-paper-says",
    "Notice how close together rows 1 to 8 lie: within 5.3 points of mAP.",
    "Plain addition (row 5) is 2.8 points below row 1.",
)
@says("nb06-paper-says", "T = 1 falls far behind all others.")
def _(_lesson):
    base = measured.paper("primary")[1]
    gaps = {row.key: row.mean_ap - base for row in rows()}
    rest = min(gap for key, gap in gaps.items() if key != "T1")
    first = [row.mean_ap for row in siblings.TABLE_5 if row.number <= 8]
    said = round(max(first) - min(first), 1), round(gaps["addition"], 1)
    return said == (5.3, -2.8) and len(first) == 8 and gaps["T1"] < 2.5 * rest, f"{said}, {gaps}"


@says(
    "nb06-ours-intro",
    "Short runs take 375 steps: the omni-scale block ends near a mAP of 30 %, and after 1,500 steps at 72 %.",
    "(Colours alone, compared without a network, give at most 9 %.",
)
def _(lesson):
    found = [score(lesson, "table", "primary"), 100 * measured.colours(), score(lesson, "longer", "primary")]
    steps = [getattr(lesson.end, t).outcomes[0].photos // 64 for t in ("table", "longer")]
    return np.allclose(found, [30, 9, 72], atol=1) and steps == [375, 1500], f"{found}, {steps} steps"


@says("nb06-rerun", "(about two minutes a row on a quiet machine)")
@says("nb06-rerun-says", "`ablation` takes a good hour of one core")
def _(lesson):
    table = lesson.end.table
    each = table.minutes() / len(table.outcomes)
    return len(table.outcomes) == 42 and 60 < table.minutes() < 120 and 1 < each < 3, f"{table.minutes():.0f} minutes"


@says("nb06-pairs-says", "Notice that the second number is smaller: pairing helped.")
def _(lesson):
    first, second = (float(x) for x in re.findall(r":\s+([\d.]+)$", lesson.printed["nb06-pairs"], re.M))
    return second < first, f"{first} and {second} points"


@says("nb06-pairs-says", "What a seed does to all rows cancels in a difference.")
def _(lesson):
    scores = lesson.after["nb06-pairs"].scores  # (rows, seeds)
    lucky = scores + 3.0 * np.arange(scores.shape[1])
    gaps = ((lucky - lucky[0]) - (scores - scores[0])).ravel()
    return kinds.every(abs(gap) < 1e-9 for gap in gaps), f"largest change of a difference {abs(gaps).max():.1e}"


@says("ask:ten-intervals", "about 40 %", "ten independent ones all do with 0.95 to the tenth power, 60 %.")
def _(_lesson):
    return abs(0.95**10 - 0.60) < 0.005, f"{0.95**10:.3f}"


@says(
    "nb06-ablation-says",
    "T = 1 falls far behind in the paper, and here it is ahead, and so are T = 2 and the three siblings.",
    "The deepest of their streams has two layers.",
    "the full convolutions are as deep as the omni-scale block, and they lead by the most.",
)
@says(
    "ask:longer",
    "the full convolutions are as deep as the omni-scale block and led by the most after 24,000 photos.",
)
def _(lesson):
    found = differences(lesson, "table")
    ahead = {key: round(found[key].value, 1) for key in ("T1", "T2", *SIBLINGS)}
    deepest = {
        key: max(len(lane.layers) for lane in siblings.lanes(siblings.block(key, 64, 256)))
        for key in (*ahead, "full", "primary")
    }
    shallow = max(deepest[key] for key in ahead) == 2 and deepest["full"] == deepest["primary"] == 4
    leads = max(found, key=lambda key: found[key].value)
    return min(ahead.values()) > 0 and shallow and leads == "full", f"{ahead}, layers {deepest}, {leads} leads"


@says(
    "ask:longer", "After 24,000 photos the network with T = 1 is ahead of the omni-scale block by seven points of mAP."
)
@says(
    "ask:longer",
    "it is gone, or has turned round",
    "Both are trained again, from the same seeds, with four times as many photos.",
    "T = 1 has fallen behind by four points.",
)
@says("nb06-longer-says", "T = 1 was ahead by seven points and is behind by four.")
@says("nb06-recap", "T = 1 leads after 375 steps and no longer after 1,500.")
def _(lesson):
    short, long = (differences(lesson, which)["T1"].value for which in ("table", "longer"))
    photos = [getattr(lesson.end, t).outcomes[0].photos for t in ("table", "longer")]
    return short > 0 > long and (round(short), round(long)) == (7, -4) and photos == [
        24000,
        96000,
    ], f"{short:+.1f}, {long:+.1f}, {photos}"


@says("nb06-recap", "- To the question at the top: our longer runs have the paper's sign in every row.")
@says("nb06-longer-says", "Notice that all ten dots lie on the paper's side of the line.")
@says(
    "nb06-longer-says",
    "Five of the rings, the short runs, did not.",
    "These five rows have crossed the line, and so have the three siblings.",
)
@says(
    "nb06-longer-says", "So the short runs were not wrong. They answered another question: who leads after 375 steps."
)
def _(lesson):
    base = measured.paper("primary")[1]
    sides = {}
    for which in ("table", "longer"):
        found = differences(lesson, which)
        sides[which] = sum((found[row.key].value > 0) == (row.mean_ap > base) for row in rows())
    ten = [differences(lesson, "longer")[row.key].value * (row.mean_ap - base) for row in rows()]
    crossed = kinds.every(value > 0 for value in ten) and all(
        differences(lesson, "table")[k].value > 0 > differences(lesson, "longer")[k].value for k in SIBLINGS
    )
    return sides == {"table": 5, "longer": 10} and crossed, f"on the paper's side: {sides}; siblings crossed: {crossed}"


@says(
    "nb06-evidence",
    "all ten are differences to the same three runs of the omni-scale block.",
    "If those runs were lucky, nine rows would seem to be behind at once.",
)
def _(lesson):
    behind = sum(d.value < 0 for key, d in differences(lesson, "longer").items() if key not in SIBLINGS)
    seeds = {o.seed for o in lesson.end.longer.outcomes if o.variant == ablation.REFERENCE}
    return behind == 9 and len(seeds) == 3, f"{behind} rows are behind, {len(seeds)} runs"


@says(
    "nb06-together-says",
    "Notice how little is left.",
    "Row by row, two intervals exclude 0: standard convolutions and T = 1, the largest difference of the paper.",
    "All ten at once, none excludes 0.",
    "The p-value of T = 1 is 0.017. Ten times that is 0.17, not below 0.05.",
    "By rank-1, none excludes 0 even for itself.",
)
@says(
    "nb06-recap",
    "Two rows, standard convolutions and T = 1, exclude 0 for themselves; with ten rows read at once (Holm) none does.",
)
def _(lesson):
    judged = {metric: together.rows_of(lesson.end.longer, metric) for metric in ("mean_ap", "rank1")}
    found = {metric: (j.alone, j.clear) for metric, j in judged.items()}
    own = [key for key, d in judged["mean_ap"].differences.items() if d.clear]
    ok = found == {"mean_ap": (["full", "T1"], []), "rank1": ([], [])} and own == ["full", "T1"]
    largest = min(rows(), key=lambda row: row.mean_ap).key
    p, adjusted = judged["mean_ap"].p["T1"], judged["mean_ap"].adjusted["T1"]
    ok = ok and (f"{p:.3f}", f"{adjusted:.2f}") == ("0.017", "0.17") and abs(10 * p - adjusted) < 1e-9
    ok = ok and kinds.none(d.clear for d in judged["rank1"].differences.values())
    return ok and largest == "T1", f"each for itself, and by Holm: {found}; T = 1: {p:.3f}, {adjusted:.2f}"


@says("nb06-longer-says", "In the longer runs the photos grow, and the weight decay")
def _(_lesson):
    short, longer = (ablation.plan(Path(), name=name).variants[0].config for name in (ablation.NAME, ablation.LONGER))
    grows = [len({size for _, size in one.stages}) for one in (short, longer)]
    return grows[0] == 1 < grows[1] and short.weight_decay != longer.weight_decay, f"{short}, {longer}"


@says("nb06-together-says", "T = 1 has one scale, and its whole network also has a quarter fewer parameters.")
def _(_lesson):
    share = 1 - size("T1") / size("primary")
    return 0.2 < share < 0.3, f"{share:.0%} fewer parameters"


@says("nb06-together-says", "The SE-style block has one scale on the whole budget.")
@says("nb06-together-says", "It is behind by one point only, which is open.")
def _(lesson):
    found, budget = differences(lesson, "longer")["se"], size("se") / size("primary")
    (scale,) = {lane.scale for lane in siblings.lanes(siblings.block("se", 64, 256))}
    behind = found.value < 0 and round(found.value) == -1 and not found.clear
    return behind and 0.95 < budget <= 1, f"{found}, {scale} cells, {budget:.0%} of the budget"


@says("nb06-agrees-says", "T = 1 loses 13 points in the paper and 4 here.")
def _(lesson):
    paper, ours = measured.paper("T1")[1] - measured.paper("primary")[1], differences(lesson, "longer")["T1"].value
    return (round(paper), round(ours)) == (-13, -4), f"{paper:+.1f}, {ours:+.1f}"


@says("ask:gap", "it shrinks", "The mAP of the unseen people tells whether the gap shrank")
@says(
    "nb06-gap-says",
    "Notice the first two panels: a gap can shrink because strangers are found better or because the seen people are found worse.",
)
@says(
    "nb06-gap-says",
    "There the scores of seen and unseen people are both low: the gap is small because the network has learned little.",
)
def _(lesson):
    gaps, seen = (
        {k: [np.mean(getattr(p, w)) for p in points] for k, points in lesson.end.kinds.items()} for w in ("gap", "seen")
    )
    ok = all(g[-1] < 0.2 * g[0] for g in gaps.values()) and all(s[-1] < 20 for s in seen.values())
    return ok, f"gaps {gaps}, seen {seen}"


@says(
    "nb06-gap-good",
    "The last sentence says that the gap of the standard convolutions is larger, and its interval excludes 0, but only just",
)
def _(lesson):
    value, low, high = lesson.end.grown.overall()
    return 0 < low < 1 and value > 0, f"{value:+.1f} [{low:+.1f}, {high:+.1f}]"


@says(
    "nb06-gap-good",
    "From 25 to 200 people the standard convolutions have the larger seen score and find strangers better; at 400, where both learned little, the light ones do.",
)
def _(lesson):
    light, full = (lesson.end.kinds[kind] for kind in overfitting.ROWS)
    ahead = {
        a.people: [float(np.mean(getattr(b, w)) - np.mean(getattr(a, w))) for w in ("seen", "unseen", "mean_ap")]
        for a, b in zip(light, full, strict=True)
    }
    ok = all(min(gaps) > 0 for people, gaps in ahead.items() if people <= 200) and max(ahead[400]) < 0
    return ok, f"full ahead of Lite, seen, strangers, whole test: {ahead}"


@says("nb06-gap-good", "the standard convolutions cost nearly three times the multiply-adds")
def _(_lesson):
    work = [costs.multiply_adds(siblings.build(key, 0.25, gate_hidden=4), (3, 128, 64)) for key in ("full", "primary")]
    return 2.6 < work[0] / work[1] < 3, f"{work[0] / work[1]:.2f} times"


@says("nb06-cardinality-says", "More streams make a wider block at the same price.", "All of them still see one scale.")
def _(lesson):
    lines = [line.split() for line in lesson.printed["nb06-cardinality"].splitlines()]
    widths, weights = [int(x[5]) for x in lines], [int(x[7].replace(",", "")) for x in lines]
    scales = {lane.scale for lane in siblings.lanes(siblings.block("resnext", 64, 256))}
    return kinds.ordered(reversed(widths)) and max(weights) <= 9000 and len(scales) == 1, f"{widths}, {weights}"


@says("nb06-print-says", "Notice that each of the four has a window that holds the whole print.")
@says("nb06-print-says", "Only Inception's 1x1 window, 11 pixels, is less tall than the print: 13 with its rim.")
def _(lesson):
    n = lesson.after["nb06-print"]
    print_side = max(n.tall, n.wide)
    sides = {
        key: [n.stream_1.longest + (k - 3) * n.stream_1.step for k in siblings.find(key).scales]
        for key in ("primary", *SIBLINGS)
    }
    smaller = [(key, side) for key, found in sides.items() for side in found if side < print_side]
    held = kinds.every(max(found) >= print_side for found in sides.values())
    return held and smaller == [
        ("inception", 11)
    ] and n.tall == 13, f"the print is {print_side} pixels, windows {sides}"


@says("nb06-cardinality-says", "The print on Ana's jumper is all that tells her from Bea.")
def _(lesson):
    album, _shelf = explore.shipped()
    ana, _, bea = (album.folder.record(one).identity for one in story.PRINT_SEEN.photos(album.market))
    differ = [one.name for one in fields(ana) if getattr(ana, one.name) != getattr(bea, one.name)]
    return differ == ["logo_color"], f"they differ in {differ}"
