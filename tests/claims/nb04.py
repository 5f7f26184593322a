"""Notebook 04: the gate of the shipped weights, and what must not be read into it."""

# ruff: noqa: E501 - a sentence is quoted as it stands

from dataclasses import fields

import numpy as np
import torch
from torch import nn

from osnet_edu import explore
from osnet_edu.embed import normalise
from osnet_edu.explain import gates
from osnet_edu.explore import story
from osnet_edu.network.model import AggregationGate, Lite3x3
from osnet_edu.people import PARTS
from osnet_edu.photos import market

from . import kinds, measured
from .registry import Book

BOOK = Book("04")
says = BOOK.says


@says("nb04-answer", "the fine stream gives 0.9 for Ana and 0.1 for Bea, the coarse one 4.0 and 4.4.")
@says("nb04-answer", "The plain sums, 4.9 and 4.5, are nearly alike; with gates 1.0 and 0.1 they are 1.30 and 0.54.")
@says("nb04-answer", "In the channel chest the coarse stream tells them apart, and the gates 0.1 and 1.0 are needed.")
@says(
    "nb04-sum-fails-says",
    "The ratios are 1.09 and 1.08. For the layers behind the block, Ana and Bea are nearly the same.",
)
def _(lesson):
    n = lesson.after["nb04-vector-works"]
    plain, gated = n.ana.sum(0) / n.bea.sum(0), [(n.vector * who).sum(0) for who in (n.ana, n.bea)]
    said = f"ratios {plain.tolist()}, gated {[x.tolist() for x in gated]}"
    near = kinds.hardly(float((n.ana - n.bea).sum()), float(n.ana.sum()))
    rounded = [round(float(x), 3) for x in plain]
    ok = near and rounded == [1.089, 1.075]
    return ok and [f"{float(x[0]):.2f}" for x in gated] == ["1.30", "0.54"] and float(
        gated[0][1] / gated[1][1]
    ) > 1.5, said


@says(
    "nb04-answer-says",
    "On the left the long hatched bars hide a difference in the short plain ones.",
    "On the right it is the reverse: the long plain bars hide a difference in the short hatched ones.",
)
def _(lesson):
    n = lesson.after["nb04-vector-works"]
    (fine, coarse), apart = n.ana, n.ana / n.bea
    left, right = coarse[0] > 4 * fine[0], fine[1] > 4 * coarse[1]
    ok = apart[0, 0] > 3 and apart[1, 1] > 3 and abs(apart[1, 0] - 1) < 0.1 and abs(apart[0, 1] - 1) < 0.1
    return bool(left and right and ok), f"Ana over Bea, by stream and channel: {apart.tolist()}"


@says(
    "nb04-sum-fails-says",
    "The fine stream of the print held the difference, nine to one.",
    "Then it was added to something large that is nearly the same for both.",
)
def _(lesson):
    n = lesson.after["nb04-vector-works"]
    found = n.ana / n.bea
    near = kinds.hardly(float(n.ana[1, 0] - n.bea[1, 0]), float(n.bea[1, 0]))
    return abs(float(found[0, 0]) - 9) < 0.01 and near, f"{found.tolist()}"


@says(
    "nb04-vector-works-says",
    "One number a stream cannot help in both channels.",
    "A vector for each stream, one number a channel, can.",
)
@says("ask:one-weight", "A weight is needed for each channel of each stream: a vector.")
def _(lesson):
    n = lesson.after["nb04-vector-works"]
    ratios = ((n.vector * n.ana).sum(0) / (n.vector * n.bea).sum(0)).tolist()
    return kinds.every(max(ratio, 1 / ratio) > 1.5 for ratio in ratios), f"ratios with a vector {ratios}"


@says("ask:one-weight", "Can Ana and Bea differ by a ratio of 1.5 or more in both?")
def _(lesson):
    n = lesson.after["nb04-vector-works"]
    best = 0.0
    for one in torch.linspace(0, 1, 101):
        for two in torch.linspace(0, 1, 101):
            weight = torch.stack([one, two])[:, None]
            a, b = (weight * n.ana).sum(0), (weight * n.bea).sum(0)
            if (b > 0).all() and (a > 0).all():
                best = max(best, float(torch.maximum(a / b, b / a).min()))
    return best < 1.5, f"with one number a stream the smaller of the two ratios reaches {best:.2f}"


@says("nb04-vector-works-says", "It could learn 1.0 and 0.1 by itself, and the plain sum would be enough.")
def _(_lesson):
    torch.manual_seed(0)
    layer, x, vector = Lite3x3(5, 5).eval(), torch.randn(2, 5, 8, 4), torch.rand(5) + 0.05
    with torch.no_grad():
        wanted = layer(x) * vector[:, None, None]
        layer.bn.weight.mul_(vector)
        layer.bn.bias.mul_(vector)
        gap = (layer(x) - wanted).abs().max().item()
    return gap < 1e-6, f"a stream with its normalisation scaled is off by {gap:.1e} from the scaled stream"


@says(
    "nb04-vector-works-says",
    "Each stream ends in a batch normalisation, which scales every channel by a learned number.",
)
def _(lesson):
    ends = []
    for block in lesson.end.model.blocks().values():
        for stream in map(block.get_submodule, block.stream_names):
            last = [part for part in stream.modules() if isinstance(part, nn.Conv2d | nn.BatchNorm2d)][-1]
            ends.append(isinstance(last, nn.BatchNorm2d) and last.weight.numel() == last.num_features)
    return kinds.every(ends) and len(ends) == 24, f"{ends}"


@says("nb04-position-says", "There is one gate for all streams of a block.")
@says("ask:size", "One gate serves all streams.")
@says("ask:shared", "All streams of a block share one gate.")
def _(lesson):
    blocks = lesson.end.model.blocks().values()
    found = [
        (len(block.stream_names), sum(isinstance(part, AggregationGate) for part in block.modules()))
        for block in blocks
    ]
    return kinds.every(counts == (4, 1) for counts in found), f"streams and gates of the blocks {found}"


@says(
    "nb04-recap",
    "multiplies each channel of each stream by a number from 0 to 1 before adding, photo by photo.",
    "$G$ is a vector, computed from the photo, blind to position, shared by all streams: its size does not depend on $T$.",
)
def _(lesson):
    n = lesson.after["nb04-position"]
    with torch.no_grad():
        weights = [n.conv.gate(x) for x in n.streams]
        added = sum(weight * x for weight, x in zip(weights, n.streams, strict=True))
        same = torch.allclose(n.conv.mix(n.streams), added, atol=1e-5)
    vectors = [weight.shape == (1, x.shape[1], 1, 1) for weight, x in zip(weights, n.streams, strict=True)]
    between = [bool(0 < weight.min() and weight.max() < 1) for weight in weights]
    moves = [np.ptp(g, axis=0).max() > 0.01 for g in gates.read(n.model, n.images).gates.values()]
    sizes = {line.split()[1] for line in lesson.printed["nb04-size"].splitlines()[1:]}
    blind = n.change < 1e-5 and len(sizes) == 1
    return same and blind and kinds.every(
        [*vectors, *between, *moves]
    ), f"{same}, {blind}, {vectors}, {between}, {moves}"


@says("nb04-from-the-photo-says", "The gates moved farther to another photo of Ana than to Bea.")
@says("nb04-recap", "From Ana to Ana they moved farther than from Ana to Bea.")
def _(lesson):
    n, found = lesson.after["nb04-from-the-photo"], {}
    for name, trio in (("seen", n.seen), ("turned", n.turned)):
        reading = gates.read(n.model, normalise(n.trios[trio]))
        found[name] = [measured.mean_of(change.mean() for change in reading.change(0, k).values()) for k in (1, 2)]
    return kinds.every(
        match > impostor for match, impostor in found.values()
    ), f"to the match, to the impostor: {found}"


@says(
    "nb04-from-the-photo-says",
    "The three photos come from three cameras, so this cell cannot tell what the camera moved and what the person did.",
)
def _(lesson):
    n = lesson.after["nb04-load"]
    for trio in (n.seen, n.turned):
        cameras = [n.rankings.queries[trio.query].camera]
        cameras += [n.rankings.gallery[place].camera for place in (trio.positive, trio.negative)]
        if len(set(cameras)) != 3:
            return False, f"cameras {cameras}"
    return True, "three cameras each"


def print_cells(photo):
    """The pixels of the print in a photo: rows, columns."""
    return np.nonzero(market.read_mask(photo.path, len(PARTS)) == PARTS.index("print"))


@says(
    "nb04-photo",
    "Beside it are her match, the photo of Ana that the network ranks first, and an impostor, a photo of Bea with her print in sight.",
    "With the print in sight it is positive: the network wins. With the print turned away it is negative.",
    "There too the match is the photo of Ana that is ranked best: its similarity is 0.801, and that of Bea's best photo is 0.876.",
    "(Notebook 00 showed Ana's hard positive, the match that is ranked last, at 0.55.)",
)
def _(lesson):
    n, found = lesson.after["nb04-load"], {}
    for trio in (n.seen, n.turned):
        ranked = n.rankings.ranked(trio.query)
        near = {who: [i for i in ranked.order if n.rankings.gallery[i].person == who] for who in (story.ANA, story.BEA)}
        found[trio.query] = [trio.positive == near[story.ANA][0], trio.negative == near[story.BEA][0]]
        last = float(ranked.similarity[near[story.ANA][-1]])
        first = trio.positive == ranked.order[0]
        found[trio.query] += [first, round(1 - trio.positive_distance, 3), round(1 - trio.negative_distance, 3), last]
    seen, turned = found[n.seen.query], found[n.turned.query]
    size = len(print_cells(n.rankings.gallery[n.seen.negative])[0])
    before = [trio[4] > trio[5] for trio in (seen, turned)]  # Bea comes before a match: she is an impostor
    ok = kinds.every(before) and seen[0] and seen[2] and turned[:2] == [True, True] and turned[3:5] == [0.801, 0.876]
    ok = ok and f"{turned[5]:.2f}" == "0.55" and size > 100 and n.seen.margin > 0 > n.turned.margin
    return ok, f"seen {seen}, turned {turned}, print of the impostor {size} pixels"


@says("nb04-vector-works-says", "If Ana turns to the side, her print is hardly in sight.")
def _(lesson):
    n = lesson.after["nb04-load"]
    side, front = (len(print_cells(n.rankings.queries[trio.query])[0]) for trio in (n.turned, n.seen))
    return kinds.hardly(side, front), f"{side} pixels of the print from the side, {front} from the front"


@says("nb04-answer-says", "They differ in nothing else.")
def _(_lesson):
    album, _shelf = explore.shipped()
    ana, _, bea = (album.folder.record(one).identity for one in story.PRINT_SEEN.photos(album.market))
    differ = [one.name for one in fields(ana) if getattr(ana, one.name) != getattr(bea, one.name)]
    dark = max(ana.logo_color) < 0.2 < 0.8 < min(bea.logo_color)
    rest = [getattr(ana, one.name) != getattr(bea, one.name) for one in fields(ana) if one.name != "logo_color"]
    return kinds.none(rest) and differ == [
        "logo_color"
    ] and dark, f"they differ in {differ}; prints {ana.logo_color}, {bea.logo_color}"


@says("nb04-position-says", "So the gate is not attention over positions")
@says("ask:position", "an average does not care about order.")
def _(lesson):
    n = lesson.after["nb04-position"]
    return n.change < 1e-5 and n.moved > 0.01, f"the map moved by {n.moved:.3f}, its gate by {n.change:.0e}"


@says("nb04-shared-says", "four lines, one gate, four different vectors.")
@says("ask:shared", "no: the gate is the same, what it looks at is not")
def _(lesson):
    vectors = lesson.after["nb04-vector"].of_query
    apart = min(abs(vectors[i] - vectors[j]).max() for i in range(len(vectors)) for j in range(i))
    return len(vectors) == 4 and apart > 0.01, f"two streams' vectors differ by {apart:.3f} or more"


@says("nb04-learns-says", "Notice that the first line of each cell is 0 up to rounding, and the second is not.")
@says("nb04-learns-says", "It is exact only while $G$ is one vector.")
def _(lesson):
    n = lesson.after["nb04-second-term"]
    exact = float(n.distance(n.truth, n.rule) / n.size), float((n.through_product + n.through_gate - n.full).norm())
    off = float(n.distance(n.truth, n.naive) / n.size), float((n.through_product - n.full).norm() / n.full.norm())
    return kinds.every(x < 1e-9 for x in exact) and kinds.none(x < 0.01 for x in off), f"exact {exact}, off {off}"


@says(
    "nb04-senet-says",
    "A layer that knew the gated sum in advance could not do better.",
    "What is missing is the proportion between the scales: a factor behind the sum is the same for all four streams.",
)
@says("nb04-senet-says", "The third line is the best that anything that weights the channels of a finished sum can do")
@says("ask:constant", "some way: the proportion between the streams stays wrong")
@says("ask:constant", "In a plain sum all streams enter one to one, and no factor behind the sum can change that.")
def _(lesson):
    n = lesson.after["nb04-senet"]
    off = [
        float((x - n.gated).norm() / n.gated.norm())
        for x in (n.plain, n.best((1, 2, 3)) * n.plain, n.best((2, 3)) * n.plain, n.recalibrated)
    ]
    return min(off) == off[2] and kinds.every(x > 0.01 for x in off), f"off by {off}"


@says(
    "nb04-proportion",
    "93.6 / 81.0 with the gate, 92.0 / 78.2 with the plain sum, 92.6 / 80.0 with one number a stream, and 91.6 / 77.5 with fixed vectors that do not look at the photo.",
)
@says("nb04-mixer-says", "In the paper's ablation the vector has 81.0 % mAP and the scalar 80.0.")
def _(_lesson):
    found = [measured.paper(key) for key in ("primary", "addition", "stream-wise", "fixed-gates")]
    return found == [(93.6, 81.0), (92.0, 78.2), (92.6, 80.0), (91.6, 77.5)], f"{found}"


@says("nb04-puzzles", "Find one where the stream with the highest gate of the four does not have the highest share.")
@says("nb04-recap", "The stream behind it may still be nearly zero.")
@says("nb04-near-one-says", "Notice the last line.", "and even the widest is not fully open.")
@says("ask:near-one", "it cannot be said from the gate alone")
def _(lesson):
    n = lesson.after["nb04-near-one"]
    return (
        n.others >= 1 and float(n.g.max()) < 0.9,
        f"widest {float(n.g.max()):.2f}; in {n.others} of {n.g.shape[1]} channels the widest gate is not the largest part",
    )


@says("nb04-puzzles", "Which one does the margin between Ana and Bea need most?")
def _(lesson):
    n = lesson.end
    change = n.asked[n.block].margin
    return change.min() < 0, f"the margin changes by {change.round(3)} when a stream of {n.block} is shut"


@says(
    "nb04-mixer-says",
    "Notice in 2 what stops you: you have one number a stream, the network has one for each channel of it.",
)
def _(lesson):
    n = lesson.after["nb04-senet"]
    flat = torch.stack([x.flatten() for x in n.streams], 1)
    best = torch.linalg.lstsq(flat, n.gated.flatten()[:, None]).solution
    left = float((flat @ best - n.gated.flatten()[:, None]).norm() / n.gated.norm())
    return left > 0.01, f"the best number a stream leaves {left:.1%}"


@says(
    "nb04-cause-says",
    "Notice that in conv3.1 the four columns do not name one stream.",
    "Mean gate and share are largest in stream 4.",
    "The similarity falls most without stream 1, and the margin without stream 3.",
)
def _(lesson):
    odd = lesson.end.odd
    largest = [int(odd.gate.argmax()) + 1, int(odd.share.argmax()) + 1]
    falls = [int(odd.similarity.argmin()) + 1, int(odd.margin.argmin()) + 1]
    ok = odd.block == "conv3.1" and (largest, falls) == ([4, 4], [1, 3])
    return ok and max(odd.similarity.min(), odd.margin.min()) < 0, f"{odd.block}: {largest}, {falls}"


@says("nb04-cause-says", "and the order changes from block to block, too.")
@says("ask:cause", "not necessarily")
def _(lesson):
    asked, odd = lesson.end.asked, lesson.end.odd
    orders = {tuple(answer.first.values()) for answer in asked.values()}
    return odd.answers >= 2 and len(
        orders
    ) >= 2, f"{odd.sentence()} {len(orders)} different orders in {len(asked)} blocks"


@says("ask:size", "not at all")
def _(lesson):
    sizes = {line.split()[1] for line in lesson.printed["nb04-size"].splitlines()[1:]}
    return len(sizes) == 1, f"sizes {sizes}"
