"""Notebook 09: where the shipped weights looked, on the shipped people."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re
from itertools import pairwise

import numpy as np

from osnet_edu.embed import normalise
from osnet_edu.explain import METHODS, correspondence, shapley
from osnet_edu.explain.perturbation import blur
from osnet_edu.network.receptive import receptive_fields

from . import kinds
from .registry import Book

BOOK = Book("09")
says = BOOK.says


@says("ask:hardest", "With Ana's print turned away Bea comes first, by 0.075.", "no, it sees no difference there")
@says("ask:hardest", "Part of Bea's white print is visible in her photo.")
@says(
    "ask:hardest",
    "With the right print in exactly the same photo the similarity rises by 0.004, less than an edit without meaning moves it.",
    "So this network does not tell Bea from Ana in this photo.",
)
@says("ask:hardest", "A map of this pair would show something else.")
@says("nb09-pairs-says", "With the print in sight the network notices it clearly.")
@says(
    "nb09-pairs-says",
    "With the print turned away it does not, although part of Bea's white print is visible in her photo.",
    "A map of that pair has nothing to find.",
)
@says("nb09-recap", "- Where the network notices nothing, no map can show it.")
def _(lesson):
    n = lesson.after["nb09-noticed"]
    turned = n.trios[1]
    pair = n.rankings.queries[turned.query], n.rankings.gallery[turned.negative]
    part, twins = n.truth.part(*pair), n.truth.twins(*pair, n.rankings.size)
    said = f"{turned.margin:.3f}, {part}, {twins.truth.sum()} pixels, {n.noticed}, limit {n.limit:.4f}"
    unnoticed = kinds.none([abs(n.noticed[1]) >= n.limit])
    first = n.noticed[0] > 3 * n.limit and unnoticed and f"{n.noticed[1]:.3f}" == "0.004"
    return first and f"{turned.margin:.3f}" == "-0.075" and part == "logo" and twins.truth.sum() > 20, said


@says("nb09-pairs-text", "Ana and her twin Bea differ in the print alone.")
@says("nb09-pair-says", "The right answer to the second question is the white print.")
def _(lesson):
    n = lesson.after["nb09-pair"]
    twins = n.truth.twins(n.shown[0], n.shown[2], n.rankings.size)
    changed = np.abs(n.pictures[2].astype(float) - twins.same).mean(-1)  # the photo has passed through a JPEG file
    inside, outside = changed[twins.truth].mean(), changed[~twins.truth].mean()
    return n.truth.part(n.shown[0], n.shown[2]) == "logo" and inside > 10 * outside, f"{inside:.1f}, {outside:.1f}"


def _print(n):
    """Where the print lies in Bea's photo: (H, W) bool."""
    return n.truth.twins(n.shown[0], n.shown[2], n.rankings.size).truth


@says(
    "nb09-occlusion-says",
    "Orange speaks for a match: the similarity falls without it.",
    "Blue speaks against: the similarity rises without it.",
)
@says("nb09-occlusion-says", "The kit fills with the photo itself, blurred.")
def _(lesson):
    n = lesson.after["nb09-occlusion"]
    paint = {"filled blurred": blur(n.explained, 6.0), "filled grey": n.explained.new_zeros(n.explained.shape)}
    moves = {}
    for name, heat in n.maps.items():
        for colour, at in (("orange", heat.argmax()), ("blue", heat.argmin())):
            row, column = np.unravel_index(at, heat.shape)
            window = (..., slice(max(0, row - 6), row + 6), slice(max(0, column - 6), column + 6))
            covered = n.explained.clone()
            covered[window] = paint[name][window]
            moves[name, colour] = float(n.alike(n.embed(n.model, covered)) - n.alike(n.embed(n.model, n.explained)))
    signs = kinds.every(move > 0 if colour == "blue" else move < 0 for (_, colour), move in moves.items())
    own, given = (METHODS["occlusion"](n.model, n.explained, n.alike, step=12, fill=fill)
                  for fill in (None, paint["filled blurred"]))  # fmt: skip
    sharp, soft = (photo[0].mean(0).numpy() for photo in (n.explained, paint["filled blurred"]))
    blurred = kinds.calmer(sharp, soft) and np.array_equal(own, given)
    return signs and blurred, f"{moves}, blurred {blurred}"


@says("nb09-occlusion-says", "In both maps the strongest blue lies on the white print.")
@says(
    "nb09-occlusion-says",
    "One method, and two maps: the fill matters, because the network has never seen a grey square on a person.",
)
def _(lesson):
    n = lesson.after["nb09-occlusion"]
    one, other = n.maps.values()
    alike = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    lowest = [bool(_print(n)[heat == heat.min()].any()) for heat in (one, other)]
    return alike < 0.9 and all(lowest), f"correlation {alike:.2f}, lowest on the print {lowest}"


def _rough(heat):
    """How often two pixels of clear heat that lie three apart have opposite signs."""
    strong = np.abs(heat) > np.quantile(np.abs(heat), 0.9)
    apart = strong[:, :-3] & strong[:, 3:]
    return float((np.sign(heat[:, :-3]) != np.sign(heat[:, 3:]))[apart].mean())


@says("ask:slope", "small specks of both colours, side by side")
@says(
    "ask:slope",
    "In about half of the cases one is above 0 and the other below, although the two pixels are neighbours.",
)
@says("nb09-slope-says", "The gradient consists of small dots. Dots of both colours lie side by side,")
@says(
    "nb09-slope-says",
    "Averaging over noisy copies (SmoothGrad) makes the dots larger.",
    "These two maps stay hard to read.",
)
def _(lesson):
    plain, smooth, _ = lesson.after["nb09-slope"].maps.values()
    occluded = lesson.after["nb09-occlusion"].maps["filled blurred"]
    found = [_rough(heat) for heat in (plain, smooth, occluded)]
    still = found[1] > 0.1 + found[2]
    return 0.45 < found[0] < 0.55 and found[1] < 0.75 * found[0] and still, f"gradient, SmoothGrad, occlusion {found}"


@says("nb09-slope-says", "Input x gradient is clearer in one place: most of the print is blue.")
def _(lesson):
    n = lesson.after["nb09-slope"]
    *_, times = n.maps.values()
    blue = (times < 0)[_print(n)]
    return kinds.most(blue), f"{blue.mean():.0%} of the print speaks against"


@says("nb09-stages-says", "By gradient x activation the strongest blue of conv2 lies on the print.")
@says("nb09-stages-says", "The strongest blue of conv4 lies in a cell that only touches the print.")
@says("nb09-stages-says", "A cell of conv4 is 16 pixels wide: it cannot say more exactly where.")
def _(lesson):
    n = lesson.after["nb09-stages"]
    lowest = {k: np.unravel_index(n.maps[f"gradient x activation conv{k}"].argmin(), (128, 64)) for k in (2, 4)}
    shown = _print(n)
    row, column = (16 * (at // 16) for at in lowest[4])
    inside = shown[row : row + 16, column : column + 16].sum()
    maps = correspondence.matches(n.model, *n.pictures[[0, 2]], stage="conv4").similarity.shape
    holds = bool(shown[lowest[2]]) and 0 < inside < 0.4 * shown.sum() and not shown[lowest[4]]
    return holds and maps[:2] == (8, 4), f"strongest at {lowest}, {inside} of {shown.sum()} pixels in the cell, {maps}"


@says("nb09-recap", "- Early stages have small cells, late stages large ones.")
def _(lesson):
    n = lesson.after["nb09-stages"]
    stages = [f"conv{k}.1" for k in (2, 3, 4)]
    rows = [correspondence.matches(n.model, *n.pictures[[0, 2]], stage=one).similarity.shape[0] for one in stages]
    return kinds.every(early > late for early, late in pairwise(rows)), f"rows of cells: {rows}"


@says("ask:background", "The background takes 61 % of Bea's photo.")
@says("ask:background", "27 % lie on the background: less than half of its area.", "about a quarter")
@says(
    "nb09-evidence-says",
    "By gradient x activation 57 % of what speaks against Bea lies on her top, which takes 16 % of the photo.",
)
def _(lesson):
    found = lesson.after["nb09-evidence"].evidence["gradient x activation"]
    area, share = found.area_against, found.speaks_against
    said = [f"{one[part]:.0%}" for part in ("background", "top") for one in (area, share)]
    less = share["background"] < area["background"] / 2
    return less and said == ["61%", "27%", "16%", "57%"], f"{said}"


@says("nb09-recap", "- Evidence is compared with area: most of a photo is background.")
def _(lesson):
    n = lesson.after["nb09-evidence"]
    photos = [n.market.read_mask(photo.path, len(n.known.NAMES)) for photo in n.rankings.gallery[::10]]
    shares = [(mask == n.known.NAMES.index("background")).mean() for mask in photos]
    return kinds.most(share > 0.5 for share in shares) and np.mean(shares) > 0.5, f"{np.round(shares, 2)}"


@says("ask:places", "There are 128 cells.", "about three quarters")
@says(
    "ask:places",
    "77 % of them do.",
    "Chance, computed from how many cells lie that near, gives 5 %, an untrained network 30 %, and the colours of the cells alone 30 %.",
)
@says("nb09-matching-says", "Then choose conv2.1: its cells are smaller, and more of them are lost.")
def _(lesson):
    n = lesson.after["nb09-matching"]
    scores = {}
    for stage in ("conv3.1", "conv2.1"):
        found = correspondence.matches(n.model, n.one.image, n.other.image, stage=stage)
        cells = found.similarity.shape[:2]
        scores[stage] = correspondence.match_score(found, correspondence.truth(n.one, n.other, cells)), cells
    (late, cells), (early, finer) = scores["conv3.1"], scores["conv2.1"]
    holds = f"{late.right:.0%} {late.chance:.0%}" == "77% 5%" and cells == (16, 8) and finer > cells
    printed = re.findall(r"(\d+)% find", lesson.printed["nb09-matching"]) == ["77", "30", "30"]
    return holds and early.right < late.right - 0.1 and printed, f"{scores}, {lesson.printed['nb09-matching']}"


@says("nb09-stages-says", "A late cell has seen nearly the whole photo, so its heat may come from elsewhere.")
def _(lesson):
    n = lesson.after["nb09-stages"]
    late = [field.longest for field in receptive_fields(n.model) if field.block == "conv4.1"]
    height = n.checkpoint.size[0]
    return kinds.every(longest > height for longest in late), f"{late}, {height}"


@says(
    "nb09-sum-says",
    "The sum is exact. And the bias has 37 % or more of the similarity: it belongs to no place in the photo.",
)
def _(lesson):
    found = lesson.after["nb09-sum"].found
    gap = np.abs(found.cells.sum((1, 2)) + found.bias - found.value).max()
    least = (found.bias / found.value).min()
    return gap < 1e-5 and f"{least:.0%}" == "37%", f"gap {gap:.1e}, bias {found.bias / found.value}"


@says(
    "nb09-sum-says",
    "Exact is not the same as useful, either: the map is blurred, because each cell of the last stage has seen nearly the whole photo.",
)
def _(lesson):
    n = lesson.after["nb09-sum"]
    fine = lesson.after["nb09-slope"].maps["gradient"]
    last = [field.longest for field in receptive_fields(n.model) if field.block == "conv4.1"]
    wide = kinds.every(longest > n.checkpoint.size[0] for longest in last)
    return wide and kinds.calmer(fine, n.heat), f"{last} pixels"


@says("nb09-streams-says", "The strongest blue of streams 2 and 4 lies on the print.")
@says("nb09-streams-says", "That of stream 1 does not, although stream 1 had the largest Shapley value of this block.")
def _(lesson):
    n = lesson.after["nb09-streams"]
    lowest = [bool(_print(n)[np.unravel_index(heat.argmin(), heat.shape)]) for heat in n.streams]
    same = n.truth.in_view(n.shown[0], n.shown[2], n.rankings.size)
    three = [normalise(photo[None]) for photo in (n.pictures[0], same, n.pictures[2])]
    worth = shapley.of_margins(n.model, *three, "conv2.1", fill=n.rankings.means())[:, 0]
    return lowest[1] and lowest[3] and not lowest[0] and worth.argmax() == 0, f"{lowest}, {worth}"


@says("ask:steps", "Integrated gradients with 8 steps miss the change by 5 %.")
@says("ask:steps", "21 % with 32 steps, and below 1 % with 128.", "more than that")
@says("nb09-gated-says", "Why does DeepLift miss nearly all of it?")
@says("nb09-adds-up-says", "With enough steps integrated gradients add up.")
@says("nb09-adds-up-says", "A small miss with few steps is luck: check it with more.")
def _(lesson):
    said = lesson.printed["nb09-adds-up"]
    found = [float(number) for number in re.findall(r"by\s+(\d+\.\d)%", said)]
    shown = [round(value) for value in found[:2]]
    return shown == [5, 21] and found[2] < 1 and 80 < found[3] <= 100, f"{found}"


@says("nb09-gated-says", "Baseline: both inputs are 0, so the gate is 0.5 and the stream 0.")
@says("nb09-adds-up-says", "The output is 0.88 times 1.")
@says(
    "nb09-adds-up-says",
    "DeepLift takes the gate as it is now, 0.88, and gives the stream 0.88 times its change.",
    "Then it takes the stream as it is now, 1, and gives the gate 1 times its change, 0.38.",
    "What both did together is counted twice: the toy misses 43 %.",
    "So it shows one cause, and not all of the 96 %.",
)
def _(lesson):
    n = lesson.after["nb09-gated"]
    gate = 1 / (1 + np.exp(-2))
    lift = np.allclose(n.lift, [gate, gate - 0.5], atol=1e-5) and f"{gate:.2f} {n.lift[1]:.2f}" == "0.88 0.38"
    lift = lift and f"{sum(n.lift) / n.change - 1:.0%}" == "43%"
    return lift and abs(n.change - gate) < 1e-5 and abs(sum(n.paths) - gate) < 0.01, f"{n.change}, {n.lift}, {n.paths}"


@says("nb09-rules-says", "DeepLift's sum has a third of the true change.")
@says(
    "nb09-rules-says",
    "The hook has the gate of the second stream alone, and a map made of it would leave out the first one.",
)
def _(lesson):
    n = lesson.after["nb09-rules"]
    part, second = n.cosine_sum / n.cosine_change, abs(float(n.kept["gate"]) - n.both[1])
    return 0.3 < part < 0.36 and second < 1e-6 and abs(n.both[0] - n.both[1]) > 0.02, f"{part:.2f}, {n.both}"
