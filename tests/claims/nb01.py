"""Notebook 01: distances, rankings and scores."""

import numpy as np
import torch

from osnet_edu import retrieval, train
from osnet_edu.experiments.first_figure import BAR, BLURRED, COARSE, SHARP

from . import kinds
from .registry import Book

BOOK = Book("01")
says = BOOK.says


def average_precision(ranks):
    return np.mean([hits / rank for hits, rank in enumerate(ranks, start=1)])


@says("nb01-title", "say why a ranking with a rank-1 of 100 % can have an average precision of 76 %")
@says("nb01-answer", "Rank-1 is 100 %, AP = (1/1 + 2/3 + 3/5) / 3 = 76 %.")
@says("nb01-answer-says", "And the two scores below belong to this one ranking: rank-1 calls it perfect, AP does not.")
@says("nb01-scores", "Here (1 + 0.667 + 0.6) / 3 = 0.756.")
def _(lesson):
    found = average_precision((1, 3, 5))
    return f"{found:.3f}" == "0.756", f"AP {found:.3f}"


@says("nb01-two-challenges-says", "Notice what changes along a row: light, direction, sharpness and street.")
@says("nb01-two-challenges-says", "Between the two people one thing differs: Ana's print is black, Bea's is white.")
@says("nb01-the-task", "her Bea, her twin, who was rendered to differ in one thing.")
def _(lesson):
    n = lesson.after["nb01-two-challenges"]
    shown = [n.records[p.name] for p in n.hers + n.the_twins]
    parts, least = {one.part for one in shown}, min(one.visible for one in shown)
    views = [{getattr(one.view, name) for one in shown[:4]} for name in ("hour", "yaw", "blur", "street")]
    prints = [max(shown[0].identity.logo_color) < 0.2, min(shown[-1].identity.logo_color) > 0.8]
    ok = kinds.every(len(values) == 4 for values in views) and kinds.every(prints) and parts == {"logo"}
    return ok and least >= 20, f"parts {parts}, the print has {least} pixels where it shows least, prints {prints}"


@says(
    "ask:closer",
    "so their cosine is 1; that of a and c is 0.96.",
    "The end points of a and c are nearer: √2 against 5.",
)
def _(lesson):
    n = lesson.after["nb01-by-hand"]
    found = [n.euclidean(n.a, n.c), n.euclidean(n.a, n.b), n.cosine(n.a, n.b), n.cosine(n.a, n.c)]
    return np.allclose(found, [2**0.5, 5, 1, 0.96]), f"{found}"


@says("nb01-formula", "the two measures give the same ranking, since then")
def _(lesson):
    q, g = (
        x / np.linalg.norm(x, axis=1, keepdims=True) for x in (lesson.end.queries.features, lesson.end.gallery.features)
    )
    gap = np.abs(retrieval.distances(q, g, "euclidean") ** 2 - 2 * lesson.end.distances).max()
    return gap < 1e-4, f"largest difference between d^2 and 2 - 2 s: {gap:.1e}"


@says(
    "ask:negative", "What is the lowest similarity between any of the embeddings that we have just made?", "0 or more"
)
@says("ask:negative", "Two photos cannot be opposite; the least is a right angle.")
def _(lesson):
    least = lesson.after["nb01-negative"].similarity.min()
    return least > -1e-6, f"lowest similarity {least:.3f}"


@says(
    "nb01-negative-says",
    "two random vectors have nothing in common, and still reach a cosine of about 1/π = 0.32 after a ReLU.",
)
@says("nb01-negative-says", "So a similarity of 0.3 comes for free and is no sign of likeness.")
def _(lesson):
    n = lesson.after["nb01-negative"]
    found = n.cosine(*n.noise.clip(0))
    plain = n.cosine(*n.noise)
    return kinds.none(
        [abs(plain) > 0.01, abs(found - 1 / np.pi) > 0.01]
    ), f"cosine of noise {plain:.3f}, after ReLU {found:.3f}"


@says(
    "nb01-triplet-says",
    "With a margin of 0.3 the loss is 0, and the network has nothing left to learn from this triplet.",
    "With 1.5 it has to push further.",
)
def _(lesson):
    n = lesson.after["nb01-triplet"]
    losses = [max(0, n.to_positive - n.to_negative + margin) for margin in (0.3, 1.5)]
    return kinds.none(losses[:1]) and losses[1] > 0, f"losses {losses}"


@says("nb01-triplet-says", "In training, a triplet whose loss is 0 moves no weight, because its slope is 0, too.")
def _(_lesson):
    apart = torch.tensor([[0.0, 1, 3, 3], [1, 0, 3, 3], [3, 3, 0, 1], [3, 3, 1, 0]], requires_grad=True)
    loss = train.hardest(apart, torch.tensor([0, 0, 1, 1]), margin=0.3)
    loss.backward()
    slopes = apart.grad.flatten().tolist()
    return kinds.none([loss.item(), *slopes]), f"loss {loss.item()}, slopes {slopes}"


@says("ask:same-camera", "rise: such a photo is easy to find")
@says("ask:same-camera", "such a photo looks like the query, background and all.")
def _(lesson):
    n = lesson.after["nb01-same-camera"]
    return n.no_rule.rank(1) > n.score.rank(
        1
    ), f"rank-1 {n.score.rank(1):.1%} with the rule, {n.no_rule.rank(1):.1%} without"


@says("ask:rank-one", "about 34 %", "(1/1 + 2/431 + 3/432) / 3 = 0.34.")
@says("nb01-recap", "One ranking with a rank-1 of 100 % has an AP of 76 %, another has 34 %.")
def _(lesson):
    found, photos = average_precision((1, 431, 432)), len(lesson.end.gallery.photos)
    return f"{found:.2f}" == "0.34" and photos == 432, f"AP {found:.3f} in a gallery of {photos}"


@says("nb01-sandbox-says", "Notice in puzzle 1 that rank-1 stayed at 100 % while you pushed the later matches down.")
def _(lesson):
    moved = [average_precision(ranks) for ranks in ((1, 2, 3), (1, 3, 5), (1, 431, 432))]  # rank-1 is 100 % for each
    return kinds.ordered(moved), f"AP {np.round(moved, 2)}"


@says(
    "nb01-first-right-says",
    "Ana's five matches of section 4 stand at ranks 1, 2, 3, 10 and 39: two come late, and the AP is 71 %.",
)
def _(lesson):
    n = lesson.after["nb01-first-right"]
    photo = n.queries.photos[n.seen]
    order = retrieval.ranking(n.distances[n.seen], photo.person, photo.camera, n.gallery.people, n.gallery.cameras)
    ranks = (np.flatnonzero(n.gallery.people[order] == photo.person) + 1).tolist()
    ap = average_precision(ranks)
    ok = ranks == [1, 2, 3, 10, 39] and abs(ap - n.score.average_precision[n.seen]) < 1e-6
    return ok and f"{ap:.0%}" == "71%", f"hits at {ranks}, AP {ap:.3f}"


@says(
    "nb01-rule", "The picture is the ranking of Ana with her print in sight: Ana three times, then Bea, the impostor."
)
def _(lesson):
    return "same person stands at rank 1, 2, 3." in lesson.alt["nb01-same-camera"], lesson.alt["nb01-same-camera"]


@says(
    "ask:hardest",
    "in most cases, but not in all",
    "The twin is one of sixty people, so this is a great deal.",
    "In the other cases a look-alike in similar colours and similar light is closer.",
)
def _(lesson):
    share, people = np.mean(lesson.end.to_twin), len(set(lesson.end.queries.people))
    return kinds.most(lesson.end.to_twin) and share < 0.99 and people == 60, f"the twin in {share:.0%}, {people} people"


@says("nb01-looks-says", "The picture tells the story, and was picked because it does.")
@says(
    "nb01-looks-says", "In the coarse look, match and impostor stand out; in the fine look, the match stands out alone."
)
def _(lesson):
    looks, alt = lesson.end.looks, lesson.alt["nb01-looks"]
    (match, other), bar = (above[:, looks.example()] for above in (looks.match_above, looks.impostor_above)), BAR
    shape = kinds.every([match[BLURRED] >= bar, other[BLURRED] >= bar, match[SHARP] >= bar, other[SHARP] < bar])
    return shape and "match and impostor both stand out" in alt and "only the match stands out" in alt, alt


@says("nb01-looks-why", "until 16 x 8 pixels are left of it", "more similar to the query than 95 % of the strangers.")
def _(_lesson):
    return (BAR, tuple(COARSE)) == (0.95, (16, 8)), f"bar {BAR}, blurred to {COARSE}"


@says(
    "nb01-looks-says",
    "The parts of the story hold in many cases, the whole of it in few:",
    "The sentence says how often it happens.",
)
@says("nb01-looks-says", "the bar leaves 5 % of the strangers in the race, about sixteen photos.")
def _(lesson):
    looks = lesson.end.looks
    both, story = looks.outcomes(BLURRED)["both"].value, looks.share(looks.holds()).value
    left = (1 - BAR) * len(looks.strangers(looks.example())[0])
    return both > 0.4 and story < 0.15 and 14 <= left <= 18, f"both {both:.0%}, the story {story:.1%}, {left:.0f} left"


@says("nb01-street-says", "Its training photos were in colour, but for a few.")
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
    met = {p.person for p in n.people.train}
    chance = 1 / len(set(n.gallery.people))
    never = kinds.none(person in met for person in n.queries.people.tolist())
    return never and n.score.rank(1) > 10 * chance, f"rank-1 {n.score.rank(1):.1%}, chance about {chance:.1%}"
