"""Notebook 09: where the shipped weights looked, on the shipped people."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re

import numpy as np

from osnet_edu import people
from osnet_edu.explain import METHODS, completeness, correspondence, duel, known

from .registry import Book

BOOK = Book("09")
says = BOOK.says


@says("ask:hardest", "In the very hardest pair the impostor wins by 0.32.")
@says("ask:hardest", "The two people differ in the colour of the print on their back, and that print is in the photo.")
@says("ask:hardest", "no, it sees no difference there")
@says(
    "ask:hardest",
    "With the right print in exactly the same photo the similarity moves by less than an edit without meaning moves it.",
)
@says("nb09-duel-says", "Take triple 0, the hardest pair of all lessons.")
def _(lesson):
    n = lesson.after["nb09-noticed"]
    hardest = n.triplets[0]
    pair = n.rankings.queries[hardest.query], n.rankings.gallery[hardest.negative]
    holds = f"{hardest.margin:.2f}" == "-0.32" and hardest.margin == min(t.margin for t in n.triplets)
    part, twins = n.truth.part(*pair), n.truth.twins(*pair, n.rankings.size)
    said = f"margin {hardest.margin:.3f}, {part}, {twins.truth.sum()} pixels, {n.noticed[0]:+.4f}, limit {n.limit:.4f}"
    return holds and part == "logo" and twins.truth.sum() > 20 and abs(n.noticed[0]) < n.limit, said


@says("nb09-pairs-text", "Many of ours are twins: one person, rendered twice, who differ in one thing only.")
def _(lesson):
    n = lesson.after["nb09-noticed"]
    twins = sum(bool(n.truth.part(n.rankings.queries[t.query], n.rankings.gallery[t.negative])) for t in n.triplets)
    return twins > len(n.triplets) / 2, f"{twins} of {len(n.triplets)} hard negatives are twins"


@says("nb09-pair-says", "She was ranked before the right person, whom a hedge hides in part.")
def _(lesson):
    n = lesson.after["nb09-evidence"]
    hidden = (n.masks[1] == people.PARTS.index("other")).mean()
    return n.impostor > n.match and hidden > 0.2, f"{n.impostor:.3f} against {n.match:.3f}, {hidden:.0%} hidden"


@says(
    "nb09-occlusion-says",
    "One method, and two maps: the paint matters, because a grey square is something that the network has never seen on a person.",
)
def _(lesson):
    one, other = lesson.after["nb09-occlusion"].maps.values()
    alike = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    return alike < 0.9, f"correlation {alike:.2f}"


def _rough(heat):
    """How often two pixels of clear heat that lie three apart have opposite signs."""
    strong = np.abs(heat) > np.quantile(np.abs(heat), 0.9)
    apart = strong[:, :-3] & strong[:, 3:]
    return float((np.sign(heat[:, :-3]) != np.sign(heat[:, 3:]))[apart].mean())


@says("ask:slope", "small specks of both colours, side by side")
@says(
    "ask:slope",
    "Three pixels apart, slopes are nearly as often opposite as not, although both pixels show the same jacket.",
)
@says("nb09-slope-says", "Specks of both colours lie side by side,")
@says("nb09-slope-says", "Averaging over noisy copies (SmoothGrad) calms it.")
def _(lesson):
    plain, smooth, _ = lesson.after["nb09-slope"].maps.values()
    occluded = lesson.after["nb09-occlusion"].maps["filled blurred"]
    found = [_rough(heat) for heat in (plain, smooth, occluded)]
    return found[0] > 0.4 and found[1] < 0.75 * found[0] and found[2] < 0.1, f"gradient, SmoothGrad, occlusion {found}"


@says("nb09-stages-says", "On this photo conv2 points at the print, and conv4 at the back that carries it.")
@says("nb09-stages-says", "A cell of conv4 is 16 pixels wide: it cannot say more exactly where.")
def _(lesson):
    n = lesson.after["nb09-stages"]
    twins = n.truth.twins(n.shown[0], n.shown[2], n.rankings.size)
    lowest = {k: np.unravel_index(n.maps[f"gradient x activation conv{k}"].argmin(), (128, 64)) for k in (2, 4)}
    rows, columns = np.nonzero(twins.truth)
    inside = rows.min() - 2 <= lowest[2][0] <= rows.max() + 2 and columns.min() - 2 <= lowest[2][1] <= columns.max() + 2
    near = np.hypot(lowest[4][0] - rows.mean(), lowest[4][1] - columns.mean()) < 16
    maps = correspondence.matches(n.model, *n.pictures[[0, 2]], stage="conv4").similarity.shape
    return inside and near and maps[:2] == (8, 4), f"strongest at {lowest}, print {rows.mean(), columns.mean()}, {maps}"


@says("ask:background", "The background takes 75 % of the impostor's photo.")
@says(
    "ask:background", "32 % lie on the background: less than half of its area, and far from nothing.", "about a third"
)
def _(lesson):
    n = lesson.after["nb09-evidence"]
    found = duel.evidence(duel.between(n.model, n.pictures, "gradient x activation"), n.masks, known.NAMES)
    area, share = found.area_against["background"], found.speaks_against["background"]
    return f"{area:.0%} {share:.0%}" == "75% 32%", f"{share:.1%} on {area:.1%}"


@says("ask:places", "There are 128 cells.", "about three quarters")
@says("ask:places", "77 % of them do, where chance gives 5 %.")
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
    return holds and early.right < late.right - 0.1, f"{scores}"


@says("nb09-sum-says", "The sum is exact. And more than a third of the similarity belongs to no place in the photo.")
def _(lesson):
    found = lesson.after["nb09-sum"].found
    gap = np.abs(found.cells.sum((1, 2)) + found.bias - found.value).max()
    return gap < 1e-5 and (found.bias / found.value).min() > 1 / 3, f"gap {gap:.1e}, bias {found.bias / found.value}"


@says("ask:steps", "Integrated gradients with 8 steps miss the change by 9 %.")
@says("ask:steps", "14 % with 32 steps, 4 % with 128, below 1 % with 512.", "more")
@says("nb09-adds-up-says", "With enough steps integrated gradients add up.")
@says("nb09-adds-up-says", "A small residual with few steps is luck: check it with more.")
@says("nb09-adds-up-says", "DeepLift never adds up here:")
def _(lesson):
    said = lesson.printed["nb09-adds-up"]
    found = [float(number) for number in re.findall(r"by\s+(\d+\.\d)%", said)]
    shown = [round(value) for value in found[:3]]
    n = lesson.after["nb09-adds-up"]
    lifts = [
        completeness(
            n.model, n.images[k : k + 1], n.alike, METHODS["DeepLift"](n.model, n.images[k : k + 1], n.alike)
        ).missed[0]
        for k in (1, 2)
    ]
    return shown == [9, 14, 4] and found[3] < 1 and min(lifts) > 0.1, f"{found}, DeepLift {lifts}"
