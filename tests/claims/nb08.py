"""Notebook 08: which scale the shipped weights used, and what the shipped measurements say."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re

import numpy as np

from osnet_edu import people
from osnet_edu.experiments import gate_variance
from osnet_edu.explain import shapley
from osnet_edu.network.receptive import receptive_fields
from osnet_edu.trials import alike

from .registry import Book

BOOK = Book("08")
says = BOOK.says


@says(
    "nb08-answer-says",
    "Notice how the bars change from left to right: in the first blocks gates follow the camera and the background, in the last ones the person.",
)
@says(
    "nb08-agreement-says",
    "The first figure of this notebook says the same with the camera, the background and the person taken apart.",
)
def _(_lesson):
    shares = gate_variance.read_shipped()
    around = {name: found["camera"].value + found["background"].value for name, found in shares.items()}
    by_person = {name: found["person"].value for name, found in shares.items()}
    first = all(around[name] > by_person[name] for name in ("conv2.0", "conv2.1"))
    last = all(by_person[name] > 5 * around[name] for name in ("conv4.0", "conv4.1"))
    return first and last, f"camera and background {around}, person {by_person}"


@says("nb08-answer-says", "The way a person faces (yaw) explains next to nothing anywhere.")
def _(_lesson):
    highest = max(found["yaw"].high for found in gate_variance.read_shipped().values())
    return highest <= 0.03, f"at most {highest:.2f}"


@says("nb08-answer-says", "Five networks were trained alike and asked about 576 photos.")
def _(_lesson):
    cells = len(people.crossed_views(gate_variance.PEOPLE, seed=gate_variance.SEED))
    return (cells, len(alike.SEEDS)) == (576, 5), f"{cells} photos, {len(alike.SEEDS)} networks"


@says("nb08-answer-says", "The hardest case of all comes first.")
@says("ask:single-stream", "The impostor is far ahead:", "0.876 against 0.553.")
def _(lesson):
    n = lesson.after["nb08-pair"]
    said = f"{n.impostor:.3f} against {n.match:.3f}"
    return said == "0.876 against 0.553" and n.case.margin == min(t.margin for t in n.triplets), said


@says("ask:wide-gate", "In conv4.0 the query's gate is 0.35 for stream 2 and 0.28 for stream 3, mean over channels.")
@says("ask:wide-gate", "Stream 3 has a share of 34 % and stream 2 of 19 %.")
def _(lesson):
    reading = lesson.after["nb08-read"].reading
    means, shares = reading.means["conv4.0"][0], reading.shares["conv4.0"][0]
    said = f"gates {means.round(3).tolist()}, shares {shares.round(3).tolist()}"
    wide = means.argmax() == 1
    return wide and [f"{means[1]:.2f}", f"{means[2]:.2f}"] == ["0.35", "0.28"] and [
        f"{shares[2]:.0%}",
        f"{shares[1]:.0%}",
    ] == ["34%", "19%"], said


@says("ask:single-stream", "with none")
@says("nb08-zero-or-mean-says", "Open the table and look at its right half: not one margin is above 0.")
@says("nb08-zero-or-mean-says", "No single stream made this mistake, and none would have prevented it.")
def _(lesson):
    n = lesson.after["nb08-zero-or-mean"]
    margins = [
        float(ranked.similarity[n.case.positive] - ranked.similarity[n.case.negative])
        for both in n.after.values()
        for ranked in both
    ]
    return len(n.after) == 24 and max(margins) < 0, f"largest margin of {len(margins)}: {max(margins):+.3f}"


@says("ask:zero-or-mean", "By which of the two does the embedding move further, in most of the 24 cases?", "zero")
def _(lesson):
    n = lesson.after["nb08-zero-or-mean"]
    return len(n.moved) == 24 and n.closer > 16, f"nearer with the mean in {n.closer} of {len(n.moved)}"


@says("ask:the-same-twice", "With either of them the margin is 1, with both it is 1, without both it is 0.")
@says("nb08-tiny-says", "Together the values make up the whole.")
def _(lesson):
    worth = lesson.after["nb08-tiny"].worth
    found = shapley.values(np.array(worth))
    return worth == [0, 1, 1, 1] and found.tolist() == [0.5, 0.5], f"{worth}: {found}"


@says("nb08-shapley-says", "The last line counts, over the 24 hardest triples, which stream has the largest value.")
@says("nb08-shapley-says", "Each stream is the largest one somewhere.")
def _(lesson):
    n = lesson.after["nb08-shapley-of-margin"]
    counts = np.bincount(np.abs(n.values).argmax(0), minlength=4)
    adds = np.abs(n.values.sum(0) - n.margins).max()
    return len(n.hard) == 24 and counts.min() >= 1, f"{counts.tolist()}; largest gap to the margin {adds:.3f}"


@says("ask:groups", "All 432 photos of the gallery are put into six groups by their gates in conv2.0, the first block.")
@says("nb08-agreement-says", "In conv2.0 the groups agree with the cameras, and not with the people.")
@says("nb08-agreement-says", "In conv4.0 it is the other way round.")
@says("nb08-agreement-says", 'But for the early blocks "alike" means the light of a camera.')
def _(lesson):
    n = lesson.after["nb08-agreement"]
    found = {one: n.clusters.agreement(groups.group, n.known) for one, groups in n.found.items()}
    first, last = found["conv2.0"], found["conv4.0"]
    holds = first["camera"].clear and not first["person"].clear and last["person"].clear and not last["camera"].clear
    photos = len(n.rankings.gallery), len(n.found["conv2.0"].nearest)
    return holds and first["camera"].value > 0.3 and photos == (432, 6), f"{found}, {photos}"


@says(
    "nb08-parts-says",
    "A p-value below 0.05 would be a clear difference: there is none. conv4.1 comes nearest, on the side that was expected.",
)
def _(lesson):
    upper = lesson.value["nb08-parts"].text.split("untrained  ")[0]
    rows = re.findall(r"(conv\d\.\d)\s+\S+\s+\S+\s+(\S+)\s+\[.*?\]\s+(\S+)", upper)
    p = {block: float(value) for block, _, value in rows}
    difference = {block: float(value) for block, value, _ in rows}
    nearest = min(p, key=p.get)
    return len(p) == 6 and min(p.values()) >= 0.05 and nearest == "conv4.1" and difference[nearest] > 0, f"{p}"


@says(
    "nb08-scale-says",
    "The trained networks tell the marks apart in nine of ten cases, so there is a decision to share out.",
)
def _(lesson):
    ladder = lesson.after["nb08-scale"].ladder
    right = [int(line.split("%")[0].split()[-1]) for line in ladder.splitlines() if line.startswith("marks")]
    return len(right) == 5 and all(88 <= share <= 94 for share in right), f"{right}"


@says("nb08-scale-says", "The slope is above 0 in conv4.1, and its interval does not touch 0.")
@says("nb08-scale-says", "But six blocks were asked, and after the correction for that p is 0.054: open.")
@says("nb08-scale-says", "Two experiments, the same block, the same side, and neither is clear.")
def _(lesson):
    n = lesson.after["nb08-scale"]
    rows = _slopes(n.trained)
    value, low, _high, p = rows["conv4.1"]
    nearest = min(rows, key=lambda block: rows[block][3])
    clear = [block for block, row in rows.items() if row[3] < 0.05]
    return len(rows) == 6 and value > 0 and low > 0 and p == 0.054 and nearest == "conv4.1" and not clear, f"{rows}"


@says("nb08-scale-says", "No control shows a slope there.")
def _(lesson):
    n = lesson.after["nb08-scale"]
    others = {c.split(":")[0]: _slopes(c) for c in n.controls if " people, " in c.splitlines()[0]}
    clear = [name for name, rows in others.items() if rows["conv4.1"][1] > 0 or rows["conv4.1"][3] < 0.05]
    return len(others) == 7 and not clear, f"{others}"


@says(
    "nb08-scale-says",
    'And where an absent stream becomes that of another photo ("resampled"), the slope is +0.05, and its interval has 0 in it.',
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


@says("nb08-again-says", "This time it is clear, and the networks of equal depth show nothing.")
@says("nb08-again-says", "It is small: a lean can go from -1.5 to 1.5, and a doubling moves it by 0.07.")
@says("nb08-recap", "What we could show of it is small, and in one block of six.")
def _(lesson):
    text = lesson.value["nb08-again"].text
    rows = re.findall(r"([\w-]+)\s+([+-]\d\.\d+)\s+\[(\S+), (\S+)\]", text)
    found = {name: tuple(map(float, numbers)) for name, *numbers in rows}
    p = float(re.search(r"p = (\d\.\d+)", text)[1])
    value, low, _ = found["trained"]
    _, least, most = found["same-depth"]
    return low > 0 and p < 0.05 and f"{value:.2f}" == "0.07" and least < 0 < most, f"{found}, p {p}"


@says("nb08-again-says", "Each stream of conv4.1 could see the whole photo, and the streams differ in depth as well:")
def _(lesson):
    fields = [f for f in receptive_fields(lesson.end.model) if f.block == "conv4.1"]
    height = lesson.end.checkpoint.size[0]
    return len(fields) == 4 and min(f.longest for f in fields) > height, f"{[f.longest for f in fields]}, {height}"
