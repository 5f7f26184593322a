"""Notebook 12: a folder of one's own, with the shipped people in its place."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import numpy as np

from osnet_edu.use import camera

from . import kinds
from .registry import Book

BOOK = Book("12")
says = BOOK.says


@says(
    "ask:cameras",
    "mAP was 89.8 %.",
    "higher: photos by the query's own camera count as matches now",
    "mAP becomes 92.3 % and rank-1 98.3 %.",
)
@says("nb12-recap", "- A score without known cameras is another, easier test.")
def _(lesson):
    n = lesson.end
    forgotten = n.score_of(n.queries, n.gallery, n.forgotten)
    said = f"{n.score.mean_ap:.1%}", f"{forgotten.mean_ap:.1%}", f"{forgotten.rank(1):.1%}"
    same = (n.who[0][:, None] == n.who[1]) & (n.cameras[0][:, None] == n.cameras[1])
    return said == ("89.8%", "92.3%", "98.3%") and bool(same.any(axis=1).all()), f"{said}"


@says("ask:start", "Before, mAP was 89.8 %.", "it is more than ten points lower", "In our run it was 34.9 %.")
def _(lesson):
    n = lesson.end
    before, after = n.score.mean_ap, n.after.mean_ap
    return n.BUDGET == 96 and after < before - 0.1 and abs(after - 0.349) < 0.05, f"{before:.3f}, {after:.3f}"


@says(
    "nb12-train-says",
    "Do not throw the run away because of that number, and do not keep it because the loss looks fine.",
)
def _(lesson):
    printed = lesson.printed["nb12-train"].splitlines()
    return len(printed) == 13 and printed[-2].startswith("step 12 of 12: 96 photos seen, loss "), f"{printed[-2:]}"


@says("nb12-explore-text", "Look at the query that the network ranks worst.")
def _(lesson):
    n = lesson.after["nb12-explore"]
    precise = n.hardness.average_precision
    return n.worst == int(np.argmin(np.nan_to_num(precise, nan=2))) and precise[n.worst] < 0.5, f"{precise[n.worst]}"


@says(
    "nb12-explain-says",
    "All three maps pass the deletion: without the pixels that they name the similarity falls; the same shape elsewhere moves it less.",
)
def _(lesson):
    gone = lesson.end.gone.values()
    least = min(g.fall - 3 * abs(g.elsewhere) for g in gone)
    return len(gone) == 3 and kinds.every(g.counts for g in gone) and least > 0, f"{list(map(str, gone))}"


@says("nb12-recap", "- Features are smaller than photos if you send bytes, and they are still personal data.")
@says(
    "nb12-camera-says",
    "A photo of 128 x 64 is small: its JPEG needs about as many bytes as 512 numbers in float32.",
    "In int8 the numbers need about a quarter.",
    "A larger photo makes a larger JPEG, and the same 512 numbers.",
)
def _(lesson):
    sent = lesson.end.sent
    floats, int8, jpeg = (sent[kind].bytes.mean() for kind in camera.CONTENTS)
    computed = [float(np.median(sent[kind].at_camera)) for kind in camera.CONTENTS]
    near = 0.9 < jpeg / floats < 1.1 and 0.24 < int8 / floats < 0.27 and computed[2] < min(computed) + 1e-9
    return near and set(sent["float32"].bytes) == {2052}, f"{floats}, {int8}, {jpeg}, {computed}"


@says("ask:int8", "less than a tenth of a point", "It falls by 0.02 points.")
@says(
    "ask:int8",
    "The largest number becomes 127, so the others are rounded to a 127th of it.",
    "The 512 errors point in all directions, and an angle between two vectors of 512 numbers stays nearly the same.",
)
def _(lesson):
    n = lesson.end
    fall = n.score.mean_ap - n.int8.mean_ap
    coarse = camera.coarse(n.queries)
    cosine = (coarse * n.queries).sum(1) / np.linalg.norm(coarse, axis=1) / np.linalg.norm(n.queries, axis=1)
    top = np.abs(n.queries).max(1, keepdims=True)
    rounded = bool((np.abs(coarse - n.queries) <= top / 254 * 1.001).all())
    return f"{100 * fall:.2f}" == "0.02" and kinds.hardly(
        1 - cosine.min(), 1
    ) and rounded, f"{fall:.5f}, {cosine.min():.5f}"


@says(
    "nb12-audit-says",
    "The first sentence is the alarm: this network knows mostly the clothes, as in notebook 11.",
    "Each number below has an interval, and beside it stands its floor: what a network reaches that was never trained.",
    "The quick audit raises the same alarm, but it asks fewer people, so its intervals are wider.",
    "After an exchange of clothes, 72 % of its searches find the query's clothes first [57, 87].",
    "The whole audit says 79 % [71, 86].",
)
def _(lesson):
    n = lesson.end
    both = [n.shown.in_cell(of["the shipped network"], of) for of in (n.quick, n.audited)]
    rows = [{first: cells for _, some in shown.groups for first, *cells in some} for shown in both]
    exchanged = [one["exchanged: first is the one in the query's clothes"][0].replace("\xa0", " ") for one in rows]
    said = [shown.says[0].split(":")[0] for shown in both]
    floors = [cells[1] for cells in rows[1].values()]
    wearer = n.audited["the shipped network"].figure("clothes", "first is who wears her clothes").interval.low
    mostly = kinds.most(k < 100 * wearer for k in range(100))
    holds = mostly and said == ["It knows mostly the clothes"] * 2 and exchanged == ["72 % [57, 87]", "79 % [71, 86]"]
    return holds and both[1].heads[-1] == "floor" and all(floors), f"{said}, {exchanged}"
