"""Exercises of notebook 09, where: occlusion, Grad-CAM, evidence by part, and the matching cell."""

import numpy as np
import torch

from ..explain import METHODS, correspondence, duel
from .answers import where as solved
from .compare import Calls
from .draw import integer, tensor
from .record import Exercise, Mistake


def _found(alike):
    found = int(alike.argmax())
    return found // alike.shape[1], found % alike.shape[1]


# --- what is asked ----------------------------------------------------------------------------------------------------


def _photo(rng):
    height, width, window = integer(rng, 2, 4), integer(rng, 2, 3), integer(rng, 2, 3)
    photo, fill, weight = rng.normal(size=(3, height * window, width * window))
    offset = float(rng.normal())
    return lambda some: float((weight * np.asarray(some)).sum() + offset), photo, window, fill


def _layer(rng):
    return tensor(rng, 5, 4, 2), tensor(rng, 5, 4, 2) + 0.3


def _masked(rng):
    heat, mask = rng.normal(size=(8, 4)), np.arange(32).reshape(8, 4) // 11
    return heat + 0.1, mask, integer(rng, 0, 2)


def _features(rng):
    """One cell equals the asked one, another has the same direction at twice the length, and a third is long."""
    maps, others = tensor(rng, 6, 4, 3), tensor(rng, 6, 4, 3)
    row, column = integer(rng, 0, 3), integer(rng, 0, 2)
    asked = maps[:, row, column]
    places = rng.permutation(12)
    flat = others.reshape(6, 12)
    flat[:, places[0]] = 0.3 * asked
    flat[:, places[1]] = 4 * (asked + 0.9 * asked.norm() * flat[:, places[1]] / flat[:, places[1]].norm())
    return maps, row, column, flat.reshape(6, 4, 3)


def _never_restored(score, photo, window, fill):
    heat, painted, before = np.zeros(photo.shape), photo.copy(), score(photo)
    for top in range(0, photo.shape[0], window):
        for left in range(0, photo.shape[1], window):
            here = slice(top, top + window), slice(left, left + window)
            painted[here] = fill[here]
            heat[here] = before - score(painted)
    return heat


OCCLUDE = Exercise(
    name="occlude",
    notebook="09",
    title="Take it away",
    required=True,
    stars=2,
    minutes=8,
    answer="my_occlude",
    prompt=(
        "Write occlusion. Windows of `window` x `window` pixels lie side by side on the photo. Paint one window at a "
        "time with the pixels of `fill`, and ask `score` again. Every pixel of the window gets **by how much the score "
        "falls**: a fall is above 0."
    ),
    starter='''import numpy as np


def my_occlude(score, photo, window, fill):
    """score: (H, W) photo -> number. photo, fill: (H, W). window: divides H and W. Returns (H, W)."""
    heat = np.zeros(photo.shape)
    before = score(photo)
    for top in range(0, photo.shape[0], window):
        for left in range(0, photo.shape[1], window):
            here = slice(top, top + window), slice(left, left + window)
            ...
    return heat
''',
    hints=("`painted = photo.copy()` first, then `painted[here] = fill[here]`.", "A fall is before minus after."),
    reference=solved.my_occlude,
    comparison=Calls(_photo),
    shows=(METHODS["occlusion"],),
    mistakes=(
        Mistake(
            "turned around",
            "The sign is turned around: a window that speaks for a high score must be above 0. Take before minus "
            "after.",
            lambda score, photo, window, fill: -solved.my_occlude(score, photo, window, fill),
        ),
        Mistake(
            "painted zero",
            "The window is painted with 0, and not with the pixels of `fill`.",
            lambda score, photo, window, fill: solved.my_occlude(score, photo, window, np.zeros_like(fill)),
        ),
        Mistake(
            "the others painted",
            "The window is kept and everything else is painted. Paint only the window.",
            lambda score, photo, window, fill: (
                score(photo) - (score(fill) + solved.my_occlude(score, photo, window, fill))
            ),
        ),
        Mistake(
            "falls alone",
            "Negative falls are cut off. The score may rise when a window is taken away: keep the sign.",
            lambda score, photo, window, fill: np.maximum(solved.my_occlude(score, photo, window, fill), 0),
        ),
        Mistake(
            "divided",
            "The fall is divided by the number of pixels of the window. Here each pixel gets the fall of its window.",
            lambda score, photo, window, fill: solved.my_occlude(score, photo, window, fill) / window**2,
        ),
        Mistake(
            "never restored",
            "The windows stay painted: after the last one the whole photo is gone. Start each time from the photo.",
            _never_restored,
        ),
    ),
)


GRAD_CAM = Exercise(
    name="grad_cam",
    notebook="09",
    title="One weight a channel",
    stars=2,
    minutes=6,
    answer="my_grad_cam",
    prompt=(
        "Write Grad-CAM. `maps` is what a stage made, `slopes` is the slope of the similarity in each of these "
        "numbers. "
        "The weight of a channel is the **mean of its slopes over all cells**. The map is the sum of all channels, "
        "each "
        "times its weight. Nothing is cut off at 0: we want to see what speaks against, too."
    ),
    starter='''def my_grad_cam(maps, slopes):
    """maps, slopes: tensors (C, h, w). Returns a tensor (h, w)."""
    weights = ...
    return ...
''',
    hints=("`slopes.mean((1, 2))` has one number a channel.", "`[:, None, None]` makes a weight fit a map."),
    reference=solved.my_grad_cam,
    comparison=Calls(_layer),
    shows=(METHODS["Grad-CAM"],),
    mistakes=(
        Mistake(
            "cell by cell",
            "That is gradient x activation: each cell has its own slope. Grad-CAM gives all cells of a channel one "
            "weight.",
            lambda maps, slopes: (maps * slopes).sum(0),
        ),
        Mistake(
            "cut off",
            "The map is cut off at 0, as in the original paper. Keep what is below: it speaks against the match.",
            lambda maps, slopes: torch.relu(solved.my_grad_cam(maps, slopes)),
        ),
        Mistake(
            "mean of the maps",
            "The maps are averaged and the slopes are kept. Average the slopes instead: that gives one number a "
            "channel.",
            lambda maps, slopes: (maps.mean((1, 2))[:, None, None] * slopes).sum(0),
        ),
        Mistake(
            "summed slopes",
            "The slopes of a channel are added up. Take their mean.",
            lambda maps, slopes: solved.my_grad_cam(maps, slopes) * maps[0].numel(),
        ),
        Mistake(
            "mean over channels",
            "The channels are averaged. Add them up.",
            lambda maps, slopes: solved.my_grad_cam(maps, slopes) / len(maps),
        ),
        Mistake(
            "no slopes",
            "That is the sum of the channels. It ignores what matters for this pair.",
            lambda maps, slopes: maps.sum(0),
        ),
    ),
)

EVIDENCE = Exercise(
    name="evidence",
    notebook="09",
    title="On which part does it lie?",
    required=True,
    stars=2,
    minutes=6,
    answer="my_evidence",
    prompt=(
        "A map is signed, and a mask says which part each pixel shows. Which share of **what speaks for the match** "
        "(the numbers above 0) lies on one part? The shares of all parts add up to 1."
    ),
    starter='''import numpy as np


def my_evidence(heat, mask, part):
    """heat: (H, W) signed. mask: (H, W) whole numbers. part: one of them. Returns a number from 0 to 1."""
    ...
''',
    hints=(
        "`np.maximum(heat, 0)` keeps what speaks for the match.",
        "`relevance[mask == part]` has the part's pixels.",
    ),
    reference=solved.my_evidence,
    comparison=Calls(_masked),
    shows=(duel.evidence,),
    mistakes=(
        Mistake(
            "sizes",
            "These are shares of |heat|: what speaks against the match counts as if it spoke for it.",
            lambda heat, mask, part: np.abs(heat)[mask == part].sum() / np.abs(heat).sum(),
        ),
        Mistake(
            "signed",
            "The heat is added up with its sign, so that what speaks against cancels what speaks for. Cut off at 0 "
            "first.",
            lambda heat, mask, part: heat[mask == part].sum() / heat.sum(),
        ),
        Mistake(
            "area",
            "That is the share of the photo that the part takes, and not of the map. A map that says nothing would "
            "give this share.",
            lambda heat, mask, part: (mask == part).mean(),
        ),
        Mistake(
            "against",
            "That is what speaks against the match. Take the numbers above 0.",
            lambda heat, mask, part: np.maximum(-heat, 0)[mask == part].sum() / np.maximum(-heat, 0).sum(),
        ),
        Mistake(
            "not divided",
            "The sum on the part is not divided by the sum over the whole map.",
            lambda heat, mask, part: np.maximum(heat, 0)[mask == part].sum(),
        ),
        Mistake(
            "of the part",
            "That is the share of the part's pixels that speak for the match. It ignores how strongly they speak.",
            lambda heat, mask, part: (heat[mask == part] > 0).mean(),
        ),
    ),
)

MATCHING_CELL = Exercise(
    name="matching_cell",
    notebook="09",
    title="Where is the same in the other photo?",
    stars=3,
    minutes=7,
    answer="my_matching_cell",
    prompt=(
        "Each cell of a stage has a feature, a column of `maps`. Take the feature of one cell of the first photo, and "
        "find the cell of the other photo whose feature has the highest **cosine similarity** with it."
    ),
    starter='''import torch


def my_matching_cell(maps, row, column, others):
    """maps, others: tensors (C, h, w). Returns (row, column) in the other photo."""
    asked = maps[:, row, column]
    ...
''',
    hints=(
        "`others.norm(dim=0)` has the length of each cell's feature.",
        "`argmax()` counts through all cells: row = found // w, column = found % w.",
    ),
    reference=solved.my_matching_cell,
    comparison=Calls(_features),
    shows=(correspondence.matches,),
    mistakes=(
        Mistake(
            "dot product",
            "The features are not divided by their lengths: a long feature wins against a similar one.",
            lambda maps, row, column, others: _found(torch.einsum("c,chw->hw", maps[:, row, column], others)),
        ),
        Mistake(
            "column first",
            "Row and column are exchanged.",
            lambda maps, row, column, others: solved.my_matching_cell(maps, row, column, others)[::-1],
        ),
        Mistake(
            "distance",
            "That is the cell at the smallest distance. A short feature of the same direction lies far away, and has a "
            "cosine of 1.",
            lambda maps, row, column, others: _found(-(others - maps[:, row, column][:, None, None]).norm(dim=0)),
        ),
        Mistake(
            "least similar",
            "That is the least similar cell.",
            lambda maps, row, column, others: _found(
                -torch.cosine_similarity(others, maps[:, row, column][:, None, None], dim=0)
            ),
        ),
        Mistake(
            "the same place",
            "That is the same place in the other photo. The person stands differently there: compare the features.",
            lambda maps, row, column, others: (row, column),
        ),
    ),
)


EXERCISES = (OCCLUDE, GRAD_CAM, EVIDENCE, MATCHING_CELL)
