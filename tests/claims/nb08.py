"""Notebook 08: which scale the shipped weights used, and what the shipped measurements say."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re
from dataclasses import fields

import numpy as np

from osnet_edu import people
from osnet_edu.embed import normalise
from osnet_edu.experiments import gate_variance
from osnet_edu.explain import gates, shapley
from osnet_edu.explore import story
from osnet_edu.network.model import Lite3x3
from osnet_edu.network.receptive import receptive_fields
from osnet_edu.trials import alike

from . import kinds
from .registry import Book

BOOK = Book("08")
says = BOOK.says


@says("nb08-answer-says", "Notice the camera's bar: it falls from 36 % in conv2.0 to 1 % in conv4.1.")
@says(
    "nb08-answer-says",
    "In conv2.0 it is the longest bar, before the person with 29 % and the background with 19 %, but the intervals of camera and person overlap: which explains more is open.",
    "From conv3.0 on the person explains most: 70 % in conv4.0.",
)
@says("nb08-agreement-says", 'But for the early block "alike" means the same camera, as section 5 says too.')
@says("nb08-recap", "- The gates of conv2 follow the camera and the person, those of conv4 the person.")
def _(_lesson):
    shares = gate_variance.read_shipped()
    most = {block: max(found, key=lambda name: found[name].value) for block, found in shares.items()}
    said = {block: {name: f"{share.value:.0%}" for name, share in found.items()} for block, found in shares.items()}
    first, cameras = said["conv2.0"], [found["camera"].value for found in shares.values()]
    holds = list(most.values()) == ["camera"] * 2 + ["person"] * 4 and np.all(np.diff(cameras) <= 0)
    numbers = (first["camera"], first["person"], first["background"], said["conv4.0"]["person"])
    return holds and numbers == ("36%", "29%", "19%", "70%") and said["conv4.1"]["camera"] == "1%", f"{said}"


@says("nb08-answer-says", "The yaw explains at most 2 % in every block.")
def _(_lesson):
    shares = [found["yaw"].value for found in gate_variance.read_shipped().values()]
    return kinds.every(share < 0.025 for share in shares) and f"{max(shares):.0%}" == "2%", f"{shares}"


@says(
    "nb08-answer-says",
    "So the gates of conv2 follow the camera and the person, and those of the later blocks the person.",
)
def _(_lesson):
    clear = {}  # block -> whether the person's interval lies above that of every other factor
    for block, found in gate_variance.read_shipped().items():
        clear[block] = found["person"].low > max(share.high for name, share in found.items() if name != "person")
        if block.startswith("conv2") and not (found["camera"].low < found["person"].high and found["person"].low > 0.1):
            return False, f"{block}: {found}"
    ahead = kinds.every(clear[block] for block in ("conv3.1", "conv4.0", "conv4.1"))
    return ahead and kinds.none([clear["conv2.0"], clear["conv2.1"]]), f"{clear}"


@says("nb08-choose", "Every block has several streams, and a gate with a number for each channel of each.")
def _(lesson):
    n = lesson.after["nb08-pair"]
    found = gates.read(n.model, normalise(n.pictures[:2])).gates  # (photos, streams, channels) of each block
    several = [values.shape[1] > 1 and np.ptp(values[0], axis=-1).min() > 0 for values in found.values()]
    return kinds.every(several) and list(found) == list(n.model.blocks()), f"{[v.shape for v in found.values()]}"


@says("nb08-pair-says", "Ana's print is black, the print of her twin Bea is white, and nothing else differs.")
@says("nb08-pair-says", "Each row shows Ana as the query, her match and the impostor, Bea.")
def _(lesson):
    n = lesson.after["nb08-pair"]
    rows = [tuple(photo.person for photo in n.shown[k : k + 3]) for k in (0, 3)]
    ana, bea = (n.known.Folder(n.folder).record(n.shown[k]).identity for k in (0, 2))
    rest = [getattr(ana, one.name) != getattr(bea, one.name) for one in fields(ana) if one.name != "logo_color"]
    prints = max(ana.logo_color) < 0.2 < 0.8 < min(bea.logo_color)
    same = kinds.every(row == (story.ANA, story.ANA, story.BEA) for row in rows)
    return same and prints and kinds.none(rest), f"{rows}, prints {ana.logo_color}, {bea.logo_color}, {rest}"


@says(
    "nb08-by-hand-says",
    "For the real gates 8 people were rendered by every camera, from every side and before every background, 576 photos in all.",
)
@says("nb08-by-hand-says", "Five networks were trained alike and asked.")
def _(_lesson):
    cells = len(people.crossed_views(gate_variance.PEOPLE, seed=gate_variance.SEED))
    found = cells, gate_variance.PEOPLE, len(alike.SEEDS)
    return found == (576, 8, 5), f"{found}"


@says("nb08-by-hand-says", "Gate A follows the camera and nothing else.", "Gate C is between the two.")
@says("nb08-by-hand-says", "Gate B moves as much, and the camera says nothing about it.")
def _(lesson):
    n = lesson.after["nb08-by-hand"]
    spread = np.ptp(n.three_gates, axis=1)
    within = [np.ptp(n.three_gates[0][n.cameras == camera]) > 0 for camera in (1, 2)]
    alone = kinds.none(within) and kinds.none([n.explained["B"] > 1e-9])
    same = spread[0] == spread[1] and np.allclose(list(n.explained.values()), [1, 0, 0.135 / 0.175])
    return alone and same, f"{n.explained}"


@says(
    "nb08-read-says",
    "The match is the photo of Ana that is nearest to the query.",
    "With the print in sight it is nearer than the impostor, by 0.080.",
    "With the print turned away the impostor is nearer, by 0.075.",
)
@says(
    "ask:single-stream", "With Ana's print in sight the match leads.", "With the print turned away the impostor leads."
)
def _(lesson):
    n = lesson.after["nb08-silenced"]
    said = [f"{margin:+.3f}" for margin in n.before.values()]
    nearest = []
    for trio in n.trios.values():
        similarity = n.rankings.ranked(trio.query).similarity
        person, camera = n.rankings.queries[trio.query].person, n.rankings.queries[trio.query].camera
        own = [k for k, one in enumerate(n.rankings.gallery) if one.person == person and one.camera != camera]
        nearest.append(max(own, key=lambda k: similarity[k]) == trio.positive)
    shown = [f"{1 - trio.positive_distance:.3f}, {1 - trio.negative_distance:.3f}" for trio in n.trios.values()]
    fits = shown == ["0.828, 0.748", "0.801, 0.876"]
    return said == ["+0.080", "-0.075"] and fits and kinds.every(nearest), f"{n.before}, {shown}, {nearest}"


@says("ask:wide-gate", "In conv4.0 the query's gate is 0.35 for stream 2 and 0.28 for stream 3, mean over channels.")
@says("ask:wide-gate", "Stream 3 has a share of 34 % and stream 2 of 19 %.")
def _(lesson):
    reading = lesson.after["nb08-shares"].reading
    means, shares = reading.means["conv4.0"][0], reading.shares["conv4.0"][0]
    said = f"gates {means.round(3).tolist()}, shares {shares.round(3).tolist()}"
    wide = means.argmax() == 1
    return wide and [f"{means[1]:.2f}", f"{means[2]:.2f}"] == ["0.35", "0.28"] and [
        f"{shares[2]:.0%}",
        f"{shares[1]:.0%}",
    ] == ["34%", "19%"], said


@says("ask:single-stream", "in none", "In these two queries no stream decides alone.")
@says(
    "nb08-silenced-says",
    "With the print in sight all 24 margins stay above 0, and with the print turned away all 24 stay below 0.",
    "So no single stream turns the order of either photo.",
)
@says("nb08-silenced-says", "Stream 1 of conv2.1 comes nearest: without it almost nothing is left of Ana's lead.")
def _(lesson):
    n = lesson.after["nb08-silenced"]
    seen, turned = (
        {(b, t + 1): v for b, values in one.items() for t, v in enumerate(values)} for one in n.silenced.values()
    )
    least = min(seen, key=seen.get)
    near = min(min(map(abs, turned.values())), sorted(seen.values())[1])
    holds = len(seen) == len(turned) == 24 and 0 < seen[least] < 0.005 < near and max(turned.values()) < 0
    turns = kinds.none([v < 0 for v in seen.values()] + [v > 0 for v in turned.values()])
    left = kinds.hardly(seen[least], n.before["print in sight"])
    nearest = least == ("conv2.1", 1)
    said = f"{least} {seen[least]:+.4f}, turned at most {max(turned.values()):+.3f}"
    return holds and turns and left and nearest, said


@says("ask:zero-or-mean", "By which of the two does the embedding move further, in most of the 24 cases?", "zero")
@says("ask:zero-or-mean", "In 19 of the 24 cases.")
def _(lesson):
    n = lesson.after["nb08-zero-or-mean"]
    return len(n.moved) == 24 and n.closer == 19, f"nearer with the mean in {n.closer} of {len(n.moved)}"


@says("nb08-recap", "- Silence a stream to its mean: zero is something that the network has never seen.")
@says("nb08-zero-or-mean-says", "The layers after a block have never seen a stream that is zero.")
@says("ask:zero-or-mean", "The layers after the block have never seen a stream that is zero.")
def _(lesson):
    n = lesson.after["nb08-groups"]
    shares = gates.read_shares(n.model, normalise(n.images[::8])).shares  # (photos, streams) of each block
    zero = [share == 0 for values in shares.values() for share in values.ravel()]
    return kinds.none(zero) and len(zero) == 54 * 24, f"{sum(zero)} of {len(zero)} streams of photos are zero"


@says("ask:the-same-twice", "With either of them the margin is 1, with both it is 1, without both it is 0.")
@says("ask:the-same-twice", "This is why a fair share looks at all groups of streams.")
@says("nb08-tiny-says", "Together the values make up the whole.")
def _(lesson):
    worth = lesson.after["nb08-tiny"].worth
    found = shapley.values(np.array(worth))
    others = [shapley.values(np.array(worth) + np.eye(4)[group]) for group in range(4)]  # one group worth more
    depends = kinds.every(not np.allclose(other, found) for other in others)
    return worth == [0, 1, 1, 1] and found.tolist() == [0.5, 0.5] and depends, f"{worth}: {found}, {others}"


@says(
    "nb08-shapley-says",
    "In sight, the print is worth 0.125 of similarity, and in four blocks (conv2.1, conv3.1, conv4.0 and conv4.1) all streams speak for Ana.",
    "Turned away, it is worth hardly anything: 0.004.",
    "Then some of the 24 values are above 0 and some below, by at most 0.023.",
)
@says("nb08-recap", "- With Ana's print in sight, many streams of several blocks carry it.")
@says("nb08-recap", "With the print turned away there is hardly anything to carry.")
def _(lesson):
    n = lesson.after["nb08-shapley-of-margin"]
    seen, turned = n.worth_of.values()
    most = max(float(np.abs(values).max()) for values in turned.values())
    spread = [value for values in turned.values() for value in values]
    whole = [block for block, values in seen.items() if kinds.every(v > 0 for v in values)]
    many = sum(v > 0.01 for values in seen.values() for v in values) > 8
    for_ana = many and whole == ["conv2.1", "conv3.1", "conv4.0", "conv4.1"]
    said = [f"{lead:.3f}" for lead in n.lead.values()]
    both = len(spread) == 24 and min(spread) < -0.01 and max(spread) > 0.01
    small = kinds.hardly(n.lead["print turned away"], n.lead["print in sight"]) and f"{most:.3f}" == "0.023"
    return for_ana and both and small and said == ["0.125", "0.004"], f"{said}, {most:.4f}"


@says(
    "nb08-tiny-says",
    "The values of a block add up to what its four streams bring to this lead: the lead as it is, minus the lead with the four silenced in the three photos.",
)
def _(lesson):
    n = lesson.after["nb08-shapley-of-margin"]
    same = n.truth.in_view(n.shown[0], n.shown[2], n.rankings.size)
    three, gaps = np.stack([n.pictures[0], same, n.pictures[2]]), {}
    for block, values in n.worth_of["print in sight"].items():
        left = n.rankings.features(three, [(block, t + 1) for t in range(len(values))], fill="mean")
        query, ana, bea = left / np.linalg.norm(left, axis=1, keepdims=True)
        gaps[block] = float(values.sum() - (n.lead["print in sight"] - (query @ ana - query @ bea)))
    return kinds.every(abs(gap) < 1e-4 for gap in gaps.values()) and len(gaps) == 6, f"{gaps}"


@says(
    "nb08-shapley-says",
    "Stream 1 of conv2.1 has 0.031, the largest value of its block.",
    "But the largest value of all, 0.041, belongs to stream 4 of conv3.0, the coarsest of its block.",
    "The fine streams do not carry the print alone.",
)
def _(lesson):
    seen, _ = lesson.after["nb08-shapley-of-margin"].worth_of.values()
    every = {(block, t + 1): float(v) for block, values in seen.items() for t, v in enumerate(values)}
    most = max(every, key=every.get)
    fine = f"{every['conv2.1', 1]:.3f}" == "0.031" and np.argmax(seen["conv2.1"]) == 0
    return fine and most == ("conv3.0", 4) and f"{every[most]:.3f}" == "0.041", f"{every}"


@says(
    "ask:groups", "All 432 photos of the gallery are put into four groups by their gates in conv2.0, the first block."
)
@says(
    "ask:groups",
    "The largest share of one person in a group is 12 %.",
    "Photos of a group come mostly from the same few cameras.",
)
@says("nb08-agreement-says", "In conv2.0 the groups agree with the cameras, and not with the people.")
@says("nb08-agreement-says", "In conv4.0 it is the other way around.")
def _(lesson):
    n = lesson.after["nb08-agreement"]
    first, last = n.agree["conv2.0"], n.agree["conv4.0"]
    holds = first["camera"].clear and not first["person"].clear and last["person"].clear and not last["camera"].clear
    photos = len(n.rankings.gallery), len(n.grouped["conv2.0"].nearest)
    group, cameras = n.grouped["conv2.0"].group, np.array(n.cameras)
    people_of = np.array(n.known_labels["person"])
    two = [np.isin(cameras[group == k], np.bincount(cameras[group == k]).argsort()[-2:]) for k in range(4)]
    one = max(np.unique(people_of[group == k], return_counts=True)[1].max() / (group == k).sum() for k in range(4))
    fits = kinds.every(kinds.most(flags) and flags.mean() > 0.6 for flags in two) and f"{one:.0%}" == "12%"
    return holds and fits and first["camera"].value > 0.3 and photos == (
        432,
        4,
    ), f"{n.agree}, {photos}, {[flags.mean() for flags in two]}, {one}"


@says(
    "nb08-parts-says",
    "A p-value below 0.05 would be a clear difference: there is none. conv4.1 comes nearest, on the side that was expected.",
)
def _(lesson):
    upper = lesson.value["nb08-parts-numbers"].text.split("untrained  ")[0]
    rows = re.findall(r"(conv\d\.\d)\s+\S+\s+\S+\s+(\S+)\s+\[.*?\]\s+(\S+)", upper)
    p = {block: float(value) for block, _, value in rows}
    difference = {block: float(value) for block, value, _ in rows}
    nearest = min(p, key=p.get)
    clear = [value < 0.05 for value in p.values()]
    return len(p) == 6 and kinds.none(clear) and nearest == "conv4.1" and difference[nearest] > 0, f"{p}"


@says(
    "nb08-scale-says",
    "The trained networks tell the marks apart in nine of ten cases, so there is a decision to divide.",
)
def _(lesson):
    ladder = lesson.after["nb08-scale"].ladder
    right = [int(line.split("%")[0].split()[-1]) for line in ladder.splitlines() if line.startswith("marks")]
    return len(right) == 5 and all(88 <= share <= 94 for share in right), f"{right}"


@says("nb08-short-scale-says", "In five of six blocks the interval holds 0.", "In conv4.1 it lies above 0.")
@says(
    "nb08-short-scale-says",
    "After the correction for six questions it is 0.054: open.",
)
def _(lesson):
    n = lesson.after["nb08-scale"]
    rows = _slopes(n.trained)
    value, low, _high, p = rows["conv4.1"]
    holding = [block for block, row in rows.items() if row[1] < 0 < row[2]]
    clear = [block for block, row in rows.items() if row[3] < 0.05]
    drawn = {block: (found.value, found.low, found.high) for block, found in n.six.items()}
    same = drawn == {block: row[:3] for block, row in rows.items()}
    return same and len(holding) == 5 and value > 0 and low > 0 and p == 0.054 and not clear, f"{rows}"


@says("nb08-scale-says", "No control shows a slope in conv4.1.")
def _(lesson):
    n = lesson.after["nb08-scale"]
    others = {c.split(":")[0]: _slopes(c) for c in n.controls if " people, " in c.splitlines()[0]}
    clear = [name for name, rows in others.items() if rows["conv4.1"][1] > 0 or rows["conv4.1"][3] < 0.05]
    return len(others) == 7 and not clear, f"{others}"


@says(
    "nb08-scale-says",
    "And where an absent stream becomes that of another photo (resampled), the slope is +0.05, and its interval has 0 in it.",
)
def _(lesson):
    n = lesson.after["nb08-scale"]
    (found,) = [_slopes(c)["conv4.1"] for c in n.controls if c.startswith("resampled")]
    return f"{found[0]:+.2f}" == "+0.05" and found[1] < 0 < found[2], f"{found}"


def _slopes(text: str) -> dict[str, tuple[float, ...]]:
    """By block: slope, its interval, p."""
    row = r"(conv\d\.\d)\s+(\S+)\s+\[\s*(\S+),\s*(\S+)\]\s+(\S+)"
    found = re.findall(row, text)
    return {block: tuple(map(float, numbers)) for block, *numbers in found}


@says("nb08-short-scale-says", "This time the slope is clear: 0.07, p = 0.015.")
@says("nb08-short-scale-says", "In the control the interval, -0.11 to +0.07, holds 0: open.")
@says("nb08-short-scale-says", "The short answer: something is there, in one block of six, and it is small.")
@says("nb08-recap", "What we could show of it is small, and in one block of six.")
def _(lesson):
    text = lesson.value["nb08-again"].text
    rows = re.findall(r"([\w-]+)\s+([+-]\d\.\d+)\s+\[(\S+), (\S+)\]", text)
    found = {name: tuple(map(float, numbers)) for name, *numbers in rows}
    p = float(re.search(r"p = (\d\.\d+)", text)[1])
    value, low, _ = found["trained"]
    _, least, most = found["same-depth"]
    control = f"{least:.2f} {most:+.2f}" == "-0.11 +0.07"
    return low > 0 and p == 0.015 and f"{value:.2f}" == "0.07" and control, f"{found}, p {p}"


@says(
    "nb08-lean",
    "Same-depth is a control: all streams of a block have the same number of layers, and see equally wide.",
)
def _(_lesson):
    layers = {}
    for name, block in alike.trained(0, "same-depth").model.blocks().items():
        streams = [block.get_submodule(stream).modules() for stream in block.stream_names]
        layers[name] = [sum(isinstance(one, Lite3x3) for one in stream) for stream in streams]
    same = kinds.every(len(found) == 4 and len(set(found)) == 1 for found in layers.values())
    return same and kinds.none(0 in found for found in layers.values()), f"{layers}"


@says("nb08-short-answer", "The two photos of a pair differ in the order of the colours, and in nothing else.")
def _(lesson):
    n = lesson.after["nb08-painted"]
    one, other = n.painted.positive.astype(float), n.painted.negative.astype(float)
    apart = [np.abs(a - b).max(-1) > 60 for a, b in zip(one, other, strict=True)]
    mean = np.abs(one.mean((1, 2)) - other.mean((1, 2))).max()
    few = [0 < part.mean() < 0.05 for part in apart]
    k = [int(n.needed[str(rung)]) for rung in n.painted.rungs]
    return kinds.every(few) and mean < 1 and k == [3, 6, 16], f"{few}, {mean:.2f}, k {k}"


@says(
    "nb08-short-scale-says",
    "Each stream of conv4.1 could see the whole photo, and wide streams are also deeper: the slope does not tell width from depth.",
)
def _(lesson):
    longest = [field.longest for field in receptive_fields(lesson.end.model) if field.block == "conv4.1"]
    height = lesson.end.checkpoint.size[0]
    block = lesson.end.model.blocks()["conv4.1"]
    layers = [sum(isinstance(one, Lite3x3) for one in block.get_submodule(s).modules()) for s in block.stream_names]
    wider = kinds.ordered(reversed(longest)) and kinds.ordered(reversed(layers))
    return wider and len(layers) == 4 and kinds.every(one > height for one in longest), f"{longest}, {layers}, {height}"
