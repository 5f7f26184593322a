"""Notebook 01: distances, rankings and scores."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import numpy as np

from osnet_edu import retrieval
from osnet_edu.experiments.first_figure import BLURRED

from . import measured
from .registry import Book

BOOK = Book("01")
says = BOOK.says


def average_precision(ranks):
    return np.mean([hits / rank for hits, rank in enumerate(ranks, start=1)])


@says("nb01-title", "a rank-1 of 100 % can hide a mean average precision of 76 %")
@says("nb01-answer", "Rank-1 is 100 %, AP = (1/1 + 2/3 + 3/5) / 3 = 76 %.")
@says("nb01-answer-says", "And both scores below belong to this one ranking: one calls it perfect, the other does not.")
@says("nb01-scores", "Here (1 + 0.667 + 0.6) / 3 = 0.756.")
def _(lesson):
    found = average_precision((1, 3, 5))
    return f"{found:.3f}" == "0.756", f"AP {found:.3f}"


@says(
    "nb01-two-challenges-says",
    "Notice that along a row nearly everything changes, light, direction, sharpness, street, and the person does not.",
)
@says(
    "nb01-two-challenges-says",
    "From row to row it is another person, and of what she wears only one thing changes: look at the print on the shirt.",
)
@says("nb01-the-task", "a person, and below her twin, another person who was rendered to be the same but for one part.")
def _(lesson):
    n = lesson.after["nb01-two-challenges"]
    parts = {n.records[p.name].part for p in n.hers + n.the_twins}
    cameras, least = {p.camera for p in n.hers}, min(n.records[p.name].visible for p in n.hers + n.the_twins)
    ok = parts == {"logo"} and len(cameras) == len(n.hers) == 4 and least >= 25 and n.person != n.twin
    return ok, f"parts {parts}, cameras {cameras}, the print has {least} pixels where it shows least"


@says("nb01-two-challenges-says", "the first answer is hardly ever the right person.")
def _(lesson):
    rank1 = measured.pixels()[0].rank(1)
    return rank1 < 0.1, f"rank-1 of comparing pixels {rank1:.1%}"


@says(
    "ask:closer",
    "so their cosine is 1; that of a and c is 0.96.",
    "The end points of a and c are nearer: √2 against 5.",
)
def _(lesson):
    n = lesson.after["nb01-by-hand"]
    found = [n.euclidean(n.a, n.c), n.euclidean(n.a, n.b), n.cosine(n.a, n.b), n.cosine(n.a, n.c)]
    return np.allclose(found, [2**0.5, 5, 1, 0.96]), f"{found}"


@says("nb01-formula", "both give the same ranking, since then")
def _(lesson):
    q, g = (
        x / np.linalg.norm(x, axis=1, keepdims=True) for x in (lesson.end.queries.features, lesson.end.gallery.features)
    )
    gap = np.abs(retrieval.distances(q, g, "euclidean") ** 2 - 2 * lesson.end.distances).max()
    return gap < 1e-4, f"largest difference between d^2 and 2 - 2 s: {gap:.1e}"


@says(
    "ask:negative", "What is the lowest similarity between any of the embeddings that we have just made?", "0 or more"
)
@says("ask:negative", "No pair can be opposite; the worst that can happen is a right angle.")
def _(lesson):
    least = lesson.after["nb01-negative"].similarity.min()
    return least > -1e-6, f"lowest similarity {least:.3f}"


@says("nb01-negative-says", "reach a cosine of about 1/π = 0.32 as soon as ReLU has cut off what is negative.")
@says("nb01-negative-says", "So a similarity of 0.3 can be had for nothing")
def _(lesson):
    n = lesson.after["nb01-negative"]
    found = n.cosine(*n.noise.clip(0))
    return abs(found - 1 / np.pi) < 0.01, f"cosine of noise after ReLU {found:.3f}"


@says(
    "nb01-triplet-says",
    "With a margin of 0.3 the network has nothing left to learn here: the loss is 0.",
    "With 1.5 it is still asked to push.",
)
def _(lesson):
    n = lesson.after["nb01-triplet"]
    losses = [max(0, n.to_positive - n.to_negative + margin) for margin in (0.3, 1.5)]
    return losses[0] == 0 < losses[1], f"losses {losses}"


@says("ask:same-camera", "rise: such a photo is easy to find")
def _(lesson):
    n = lesson.after["nb01-same-camera"]
    return n.no_rule.rank(1) > n.score.rank(
        1
    ), f"rank-1 {n.score.rank(1):.1%} with the rule, {n.no_rule.rank(1):.1%} without"


@says("ask:rank-one", "about 34 %", "(1/1 + 2/431 + 3/432) / 3 = 0.34.")
@says("nb01-recap", "Rank-1 100 % goes with mAP 76 %, and with 34 %.")
def _(lesson):
    found, photos = average_precision((1, 431, 432)), len(lesson.end.gallery.photos)
    return f"{found:.2f}" == "0.34" and photos == 432, f"AP {found:.3f} in a gallery of {photos}"


@says("nb01-sandbox-says", "Notice in puzzle 1 that rank-1 stayed at 100 % while you pushed the later matches down.")
def _(lesson):
    n = lesson.after["nb01-first-right"]
    found = n.score.average_precision[n.like_puzzle]
    ok = n.score.first_hit[n.like_puzzle] == 1 and abs(found - 0.76) < 0.05
    return ok, f"the ranking shown below it has AP {found:.2f}"


@says("ask:hardest", "in most cases, but not in all", "The twin is one of sixty people, so this is a great deal.")
def _(lesson):
    share, people = np.mean(lesson.end.to_twin), len(set(lesson.end.queries.people))
    return 0.5 < share < 0.99 and people == 60, f"the twin in {share:.0%}, {people} people"


@says("nb01-looks-why", "Stands out means: more similar to the query than 95 % of all strangers.")
@says(
    "nb01-looks-says",
    "In the picture the coarse look has left nearly all strangers behind, and match and impostor both stand out; sharp, only the match does.",
)
@says("nb01-looks-says", "It was picked because it shows that, and the sentence says how often it happens.")
def _(lesson):
    looks, alt = lesson.end.looks, lesson.alt["nb01-looks"]
    ok = bool(looks.holds()[lesson.end.example]) and "match and impostor both stand out" in alt
    return ok and "only the match stands out" in alt, alt


@says("nb01-looks-says", "The parts of the story hold in many cases, the whole of it, to the letter, in few.")
def _(lesson):
    looks = lesson.end.looks
    both, story = looks.outcomes(BLURRED)["both"].value, looks.share(looks.holds()).value
    return both > 0.4 and story < 0.15, f"both stand out in {both:.0%}, the whole story holds in {story:.1%}"


@says("nb01-street-says", "Nearly all the photos that the network learned from had colours, and it leans on them:")
@says("nb01-street-says", "without colour it loses much of its rank-1.")
def _(lesson):
    without = lesson.end.checkpoint.card["config"].get("grey", 0)
    n = lesson.after["nb01-street"]
    colour, grey = (retrieval.evaluate(rows, *n.rest).rank(1) for rows in (n.distances[n.some], n.in_grey))
    said = f"rank-1 {colour:.1%} in colour, {grey:.1%} without; {without:.0%} of the photos were made grey"
    return grey < colour - 0.2 and without <= 0.1, said


@says("ask:street", "The network has never seen these people and still ranks them far better than chance.")
def _(lesson):
    n = lesson.end
    trained = {p.person for p in n.people.train}
    chance = 1 / len(set(n.gallery.people))
    ok = not trained & set(n.queries.people.tolist()) and n.score.rank(1) > 10 * chance
    return ok, f"rank-1 {n.score.rank(1):.1%}, chance about {chance:.1%}"
