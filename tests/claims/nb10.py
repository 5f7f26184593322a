"""Notebook 10: what may be believed, by the shipped leaderboard and on a few cases rendered now."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re

import numpy as np

from osnet_edu.experiments import baselines
from osnet_edu.explain import METHODS, guided_backprop, similarity
from osnet_edu.explain import embed as features_of
from osnet_edu.grading import frozen, hard_positives, leaderboard, marks, sanity
from osnet_edu.trials import alike

from . import kinds
from .registry import Book

BOOK = Book("10")
says = BOOK.says

OWN = ("segment exchange", "segment occlusion")
PIECES, CELLS = "gradient x activation on pieces", "gradient x activation, conv4"


def _board():
    return leaderboard.shipped()


def _published(board):
    return [name for name in board.methods("shipped") if name not in (*OWN, PIECES)]


@says("nb10-truth-text", "Bea and this Ana differ in the print alone.")
def _(lesson):
    n = lesson.after["nb10-cases"]
    changed = np.abs(n.impostor.astype(float) - n.twins.same).mean(-1)  # the photo has passed through a JPEG file
    inside, outside = changed[n.twins.truth].mean(), changed[~n.twins.truth].mean()
    return n.twins.part == "logo" and inside > 10 * outside, f"{n.twins.part}, {inside:.1f}, {outside:.1f}"


@says("nb10-noticed-says", "So only noticed pairs count for a grade, and the others are counted beside them.")
@says(
    "nb10-noticed-says", "The strap moves the similarity clearly, but in the wrong direction: the twin is more similar."
)
@says(
    "nb10-families-text",
    "The kit has a frozen grading set: 25 families for each of eight parts in which twins can differ, always the same, and nobody of them was met in training.",
)
@says("nb10-grades-says", "So section 4 grades the methods on the 200 pairs of the frozen set.")
def _(lesson):
    found, part = lesson.after["nb10-noticed"].found, list(lesson.after["nb10-noticed"].cases.part)
    turned = [part[k] for k in np.flatnonzero(found.turned)]
    sizes = frozen.FAMILIES, len(frozen.PARTS), frozen.FAMILIES * len(frozen.PARTS), int(found.seen.sum())
    return turned == ["strap"] and sizes == (25, 8, 200, 6), f"{turned}, {sizes}"


@says("nb10-random-text", "We draw 200 random maps for the six noticed pairs:")
@says(
    "nb10-random-says",
    "On average a random map gets the area of the truth, about 0.04, by rank and by mass alike.",
    "But one coarse random map got a rank of 0.74 by luck:",
)
def _(lesson):
    n = lesson.after["nb10-random"]
    means = [values.mean() for grades in n.by_chance.values() for values in grades.values()]
    most, shape = n.by_chance["cells"]["rank"].max(), n.by_chance["cells"]["rank"].shape
    near = all(abs(mean - n.area.mean()) < 0.005 for mean in means) and f"{n.area.mean():.2f}" == "0.04"
    return near and shape == (1200,) and f"{most:.2f}" == "0.74", f"{means}, area {n.area.mean():.3f}, best {most:.2f}"


@says("nb10-grader-text", "2. Take the strap. Why is every map hatched?")
def _(lesson):
    grader, before = lesson.end.grader, lesson.end.grader.part
    grader.part = "strap"
    hatched = grader.hatched
    said = grader.verdict
    grader.part = before
    return hatched and "There is nothing to find" in said, said


@says(
    "nb10-grades-says",
    "The grades jump from part to part: gradient x activation gets 0.78 for the top and 0.00 for the bag.",
)
@says("nb10-grades-says", "Six pairs are an anecdote.")
def _(lesson):
    n = lesson.after["nb10-grades"]
    row = dict(zip(n.cases.part[n.found.seen], n.scores["gradient x activation"], strict=True))
    return f"{row['top color']:.2f} {row['bag']:.2f} {len(row)}" == "0.78 0.00 6", f"{row}"


@says(
    "ask:floor",
    "0.31, and the best published method, gradient x activation in conv4, has 0.31 too.",
    "as good as the best of them",
)
@says("nb10-board-says", "And none of the 19 is clearly above the new colours, which ask no network at all.")
def _(_lesson):
    board = _board()
    floor, above = board.floors()["new colours"], board.above_floor("new colours")
    published = {name: board.mean(name).value for name in _published(board)}
    best = max(published, key=published.get)
    said = f"{floor:.2f} {best} {published[best]:.2f}"
    clear = [name for name in published if above[name].shown]
    same = said == f"0.31 {CELLS} 0.31" and len(published) == 19
    return same and kinds.none(name in clear for name in published), f"{said}, {clear}"


@says("ask:untrained", "Will it get a grade above chance, which is 0.05?", "yes, a little")
@says("ask:untrained", "About 0.08.")
def _(_lesson):
    board = _board()
    means = [board.mean(name, weights="untrained").value for name in _published(board)]
    chance = board.floors()["random"]
    return f"{np.mean(means):.2f} {chance:.2f}" == "0.08 0.05", f"{np.mean(means):.3f}, chance {chance:.3f}"


@says(
    "nb10-board-says",
    "Most maps show something that training made: with their variants, 19 published ones were asked, and 16 of them beat the same network without training (the line above the table).",
    "Five other networks of the same training are a harder test: over them 8 of the 19 do.",
)
def _(lesson):
    board = _board()
    above, seeds, names = board.above_untrained(), board.over_seeds(), _published(board)
    flags = [[name in rows and rows[name].shown for name in names] for rows in (above, seeds)]
    found = (*map(sum, flags), len(names), len(alike.SEEDS))
    shown = [int(number) for number in re.findall(r"\d+", lesson.after["nb10-board-numbers"].says)]
    return found == (16, 8, 19, 5) and kinds.most(flags[0]) and shown == [19, 16, 8], f"{found}, {shown}"


@says(
    "nb10-board-says",
    "What helps most is to draw on pieces: the kit's own variant of gradient x activation, averaged over pieces of one colour, is far above all of them, because a difference between garments has the edges of a garment.",
)
@says(
    "nb10-exchange-says",
    "Its rivals on the same pieces are not far: most of the gain comes from the pieces, and not from the exchange.",
)
def _(_lesson):
    board = _board()
    found = {name: board.mean(name).value for name in (CELLS, PIECES, *OWN)}
    gain = found[OWN[0]] - found[CELLS]
    apart = board.above_floor(CELLS)[PIECES]
    pieces = min(found[PIECES], found[OWN[1]]) - found[CELLS]
    mostly = kinds.most([True] * round(1000 * pieces) + [False] * round(1000 * (gain - pieces)))
    return apart.shown and mostly, f"{found}"


@says("nb10-board-says", "For a top or for trousers the best published map gets about half of it right.")
@says("nb10-board-says", "For a strap it gets less than a third.")
def _(_lesson):
    board = _board()
    parts = {name: board.by_part(name) for name in _published(board)}
    best = {part: max(one[part].value for one in parts.values()) for part in ("top color", "bottom color", "strap")}
    half = all(0.42 < best[part] < 0.58 for part in ("top color", "bottom color"))
    return half and best["strap"] < 1 / 3, f"{best}"


@says(
    "nb10-exchange-says",
    "On Bea's print segment exchange gets 0.49, and the map on pieces gets 0.00: one pair is an anecdote.",
)
def _(lesson):
    grades = lesson.after["nb10-exchange"].grades
    return f"{grades['segment exchange']:.2f} {grades['on pieces']:.2f}" == "0.49 0.00", f"{grades}"


@says(
    "nb10-exchange-says",
    "On the frozen set segment exchange leads the board, across views and in the same view, and without training it falls far.",
)
@says(
    "nb10-exchange-says",
    "It also misses what we had asked of it before looking: 0.60 across views, and 0.12 at most without training.",
)
@says("ask:exchange", "0.15.", "between 0.1 and 0.2")
@says("ask:exchange", "We had asked for 0.12 at most, and missed it.")
def _(_lesson):
    board = _board()
    across, same = (board.mean(OWN[0], view=view).value for view in ("across", "same"))
    untrained = board.mean(OWN[0], weights="untrained").value
    leads = board.best() == OWN[0] and board.best(view="same") == OWN[0]
    said = f"across {across:.3f}, same {same:.3f}, untrained {untrained:.3f}"
    return leads and across < 0.6 and round(untrained, 3) == 0.145 and untrained < across / 3, said


@says("nb10-trap-answer-says", "It had seen the answer.")
@says("nb10-trap-answer-says", "The grade is high, and it says nothing about the network.")
def _(lesson):
    n = lesson.after["nb10-trap-answer"]
    blind, asked = baselines.untrained(), METHODS["integrated gradients"]
    answers = []  # of a network that has learned nothing, from the same baseline
    for k in n.seen:
        target = similarity(features_of(blind, n.queries[k : k + 1]))
        heat = asked(blind, n.impostors[k : k + 1], target, baseline=n.same[k : k + 1])[0]
        answers.append(marks.grade(heat, n.cases.truth[k], against=True).rank)
    about = kinds.none([np.mean(answers) < 2 * n.honest])
    return about and n.cheat > 2 * n.honest, f"{n.cheat:.2f}, honest {n.honest:.2f}, untrained {np.mean(answers):.2f}"


@says("nb10-trap-sign-says", "The sign was thrown away.")
@says("nb10-trap-sign-says", "Then what speaks loudest for the match is drawn as if it explained the difference.")
def _(lesson):
    n = lesson.after["nb10-trap-sign"]
    return n.sizes < 0.75 * n.signed, f"{n.sizes:.2f}, signed {n.signed:.2f}"


@says("ask:grey", "almost nothing")
@says("ask:grey", "Still the print matters: with Ana's own print there the similarity is clearly higher.")
@says("nb10-trap-grey-says", "A pixel that has the baseline's colour gets no heat, whatever it means.")
def _(lesson):
    n = lesson.after["nb10-trap-grey"]
    share = n.heat[n.twins.truth].sum() / n.heat.sum()
    hot = np.abs(n.heat) > 0.01 * np.abs(n.heat).max()
    cold = kinds.none(hot[n.twins.truth]) and abs(share) < 0.01
    return cold and n.back[1] - n.back[0] > 0.05, f"{share:.2%}, similarity {n.back}"


@says("nb10-trap-same-says", "A photo with itself has no map.")
@says("nb10-trap-same-says", "Its similarity is 1, the highest there is, and at the top every slope is zero.")
def _(lesson):
    n = lesson.after["nb10-trap-same"]
    slopes = np.abs(n.itself).ravel()
    return kinds.none(slopes > 1e-6) and np.abs(n.other).max() > 1e-3, f"{slopes.max():.1e}"


@says("nb10-trap-cosine-says", "A cosine of 0.3 is not much.")
@says(
    "nb10-trap-cosine-says",
    "The last layer is a ReLU, so no feature is below zero, and two strangers are never opposite.",
)
def _(lesson):
    n = lesson.after["nb10-trap-cosine"]
    cosines = (n.features @ n.features.T)[n.strangers]
    never = kinds.none(n.features.ravel() < 0) and kinds.none(cosines < 0)
    return never and 0.2 < cosines.mean() < 0.45, f"mean {cosines.mean():.2f}, least feature {n.features.min()}"


@says(
    "nb10-trap-grid-says",
    "So some pixels take part in more sums than others, and their slopes are larger.",
    "The strongest place of the grid beats the weakest in each of the eight photos.",
)
def _(lesson):
    n = lesson.after["nb10-trap-grid"]
    phases = np.array([[n.slopes[:, i::4, j::4].mean((1, 2)) for j in range(4)] for i in range(4)])
    strong, weak = np.unravel_index(n.by_phase.argmax(), (4, 4)), np.unravel_index(n.by_phase.argmin(), (4, 4))
    share = (phases[strong] > phases[weak]).mean()
    return np.ptp(n.by_phase) > 0.2 and share == 1, f"{n.by_phase.round(2)}, in {share:.0%} of the photos"


@says("ask:guided", "about 0.8")
@says("ask:guided", "0.82, where the plain gradient keeps 0.26.")
@says(
    "nb10-cascade-says",
    "With four of six parts random, fc and three of the five stages, guided backprop's map keeps 0.75.",
    "These edges come from the photo, and they stay when four of six parts are random.",
)
@says(
    "ask:guided",
    "Three of six parts, the five stages and fc, are random, and the order of the pixels stays much the same.",
)
def _(lesson):
    kept = lesson.after["nb10-cascade"].kept
    guided, plain = kept["guided backprop"], kept["gradient"]
    said = f"{guided['conv4']:.2f}, plain {plain['conv4']:.2f}, with conv3 {guided['conv3']:.2f}"
    fourth = list(guided)[4] == "conv3"
    return said.startswith("0.82, plain 0.26") and fourth and f"{guided['conv3']:.2f}" == "0.75", said


@says("ask:wall", "another top")
@says(
    "ask:wall",
    "Another top costs 0.225 of similarity, other shoes 0.080, and another background 0.003: less than an edit without meaning moves.",
)
@says("nb10-wall-says", "Another top costs most. Another background costs less than an edit without meaning moves.")
@says(
    "nb10-wall-says",
    "The network does not look at the wall: it met the same people before six streets, and had to learn to ignore them.",
)
def _(_lesson):
    text = hard_positives.read_shipped()
    falls = {part: float(value) for part, value in re.findall(r"^  (\w+)\s+(-?\d\.\d{3}) \[", text, re.MULTILINE)}
    limit = float(re.search(r"without meaning \((\d\.\d+)\)", text)[1])
    said = [f"{falls[part]:.3f}" for part in ("top", "shoes", "background")]
    return said == ["0.225", "0.080", "0.003"] and max(falls, key=falls.get) == "top" and falls[
        "background"
    ] < limit, f"{falls}"


@says("nb10-wall-says", "Each of the four puts 40 % or more of what speaks for the match on the background.")
@says(
    "nb10-wall-says",
    "None orders all parts better than chance, and the person's outline, which knows no network, beats them all.",
)
@says(
    "nb10-wall-says",
    "The column worn, area held compares only the parts that a person wears, and parts of one size.",
    "There the maps do say something.",
)
def _(_lesson):
    text = hard_positives.read_shipped()
    row = r"^  ([\w -]+?)\s+(-?\d\.\d\d) \[\s*(-?\d\.\d\d),\s*(-?\d\.\d\d)\]\s+(-?\d\.\d\d) \[\s*(-?\d\.\d\d),\s*(-?\d\.\d\d)\](?:\s+(\d+)%)?"
    rows = {name: list(rest) for name, *rest in re.findall(row, text, re.MULTILINE)}
    asked = {name: rows[name] for name in hard_positives.ASKED}
    shares = [int(one[6]) for one in asked.values()]
    chance = all(float(one[1]) < 0 < float(one[2]) or float(one[1]) <= 0 for one in asked.values())
    beyond = all(float(one[4]) > 0 for one in asked.values())
    outline = float(rows["person"][1]) > max(float(one[2]) for one in asked.values())
    return "worn, area held" in text and min(shares) >= 40 and chance and beyond and outline, f"{rows}"


@says("nb10-recap", "- A map that does not change when the weights do is a drawing of the photo.")
def _(lesson):
    n = lesson.after["nb10-noticed"]
    from osnet_edu.embed import normalise

    one, other = normalise(n.cases.query), normalise(n.cases.negative)
    kept = sanity.kept(lambda m, x, t: np.abs(guided_backprop(m, x, t)), n.model, one, other)
    plain = METHODS["gradient"](n.model, other, similarity(features_of(n.model, one)))
    return kept["conv2"] > 0.4 and plain.shape == (8, 128, 64), f"{kept}"
