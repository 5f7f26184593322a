"""Exercises of notebook 08, which scale: shares, a silenced stream, Shapley values, and what a gate follows."""

from itertools import permutations

import numpy as np
import torch

from ..explain import gates, shapley
from .answers import which_scale as solved
from .compare import Calls
from .draw import integer, tensor
from .record import Exercise, Mistake, Property

# --- what is asked ----------------------------------------------------------------------------------------------------


def _share_inputs(rng):
    return (tensor(rng, integer(rng, 2, 4), 12) + 0.4,)


def _silence_inputs(rng):
    streams = [tensor(rng, 3, 4, 2) + 1 for _ in range(4)]
    weights = [torch.sigmoid(tensor(rng, 3, 1, 1)) for _ in range(4)]
    return streams, weights, tensor(rng, 3, 1, 1), integer(rng, 1, 4)


def _game(rng):
    streams = integer(rng, 3, 4)
    kept = shapley.coalitions(streams)
    worth = {frozenset((np.flatnonzero(row) + 1).tolist()): float(rng.normal()) for row in kept}
    return worth, streams


def _grouped(rng):
    groups = np.repeat([0, 1, 2], [integer(rng, 2, 4), integer(rng, 5, 7), integer(rng, 3, 4)])
    return rng.normal(size=len(groups)) + groups, groups


def _all(streams):
    return frozenset(range(1, streams + 1))


def _others(streams, stream):
    return _all(streams) - {stream}


def _banzhaf(worth, streams):
    found = []
    for stream in range(1, streams + 1):
        gains = [worth[some | {stream}] - worth[some] for some in worth if stream not in some]
        found.append(sum(gains) / len(gains))
    return found


def _sums_to_one(answer):
    total = float(answer(torch.tensor([[1.0, 2.0], [0.5, -1.0], [1.0, 0.0]])).sum())
    return None if abs(total - 1) < 1e-4 else f"The shares add up to {total:.2f}; expected: 1."


def _makes_up_the_whole(answer):
    worth, streams = _game(np.random.default_rng(0))
    total, expected = sum(answer(worth, streams)), worth[_all(streams)] - worth[frozenset()]
    if abs(total - expected) < 1e-6:
        return None
    return f"The values add up to {total:.3f}; expected: the worth of all minus the worth of none, {expected:.3f}."


SHARES = Exercise(
    name="stream_shares",
    notebook="08",
    title="The share of a stream",
    required=True,
    stars=2,
    minutes=5,
    answer="my_stream_shares",
    prompt=(
        "`parts` holds what each stream puts into the sum, already times its gate, one row a stream. Give each "
        "stream's **signed share** of the sum: the inner product of its row with the sum of all rows, divided by "
        "the inner product of the sum with itself. The shares add up to 1. A stream that works against the sum has "
        "a share below 0."
    ),
    starter='''def my_stream_shares(parts):
    """parts: a tensor (T, N). Returns a tensor (T,)."""
    whole = parts.sum(0)
    return ...
''',
    hints=("`(parts * whole).sum(1)` has the inner product of each row with the sum.",),
    reference=solved.my_stream_shares,
    comparison=Calls(_share_inputs),
    shows=(gates._share, gates.read_shares),
    properties=(Property("sums to one", _sums_to_one),),
    mistakes=(
        Mistake(
            "sizes",
            "These are shares of sizes, |row| divided by the sum of all |row|. A size has no sign: a stream that works "
            "against the sum would count as if it worked for it. Use the inner product with the sum.",
            lambda parts: parts.norm(dim=1) / parts.norm(dim=1).sum(),
        ),
        Mistake(
            "squares",
            "Each row is multiplied with itself. Then the shares do not add up to 1, and none is below 0. Multiply "
            "each row with the sum of all rows.",
            lambda parts: (parts * parts).sum(1) / (parts.sum(0) ** 2).sum(),
        ),
        Mistake(
            "not divided",
            "Divide the inner products by the inner product of the sum with itself; otherwise they do not add up to 1.",
            lambda parts: (parts * parts.sum(0)).sum(1),
        ),
        Mistake(
            "by the length",
            "Divide by the inner product of the sum with itself, |sum| squared, and not by its length |sum|.",
            lambda parts: (parts * parts.sum(0)).sum(1) / parts.sum(0).norm(),
        ),
        Mistake(
            "cosine",
            "That is the cosine between each row and the sum. It ignores how large a row is.",
            lambda parts: torch.cosine_similarity(parts, parts.sum(0)[None], dim=1),
        ),
    ),
)

SILENCE = Exercise(
    name="silence",
    notebook="08",
    title="Without one stream",
    required=True,
    stars=2,
    minutes=6,
    answer="my_silence",
    prompt=(
        "Compute a block's gated sum **without one stream**: in its place stands its mean over many photos. "
        "`which` counts streams from 1. The mean was taken *behind* the gate: it has the gate in it already."
    ),
    starter='''def my_silence(streams, weights, mean, which):
    """streams: T maps (C, H, W). weights: their gates, T times (C, 1, 1). mean: (C, 1, 1). Returns (C, H, W)."""
    parts = [weight * stream for weight, stream in zip(weights, streams)]
    ...
    return sum(parts)
''',
    hints=("Lists count from 0, `which` counts from 1.", "`mean.expand_as(...)` has the mean at every position."),
    reference=solved.my_silence,
    comparison=Calls(_silence_inputs),
    shows=(gates.mute, gates.means),
    mistakes=(
        Mistake(
            "counted from 0",
            "Another stream is silenced: `which` counts from 1, a list counts from 0.",
            lambda streams, weights, mean, which: solved.my_silence(streams, weights, mean, which % 4 + 1),
        ),
        Mistake(
            "zero",
            "The stream becomes zero. Replace it by its mean: the layers after the block have never seen a stream that "
            "is zero.",
            lambda streams, weights, mean, which: solved.my_silence(streams, weights, torch.zeros_like(mean), which),
        ),
        Mistake(
            "gated twice",
            "The mean is multiplied by the gate. It contains the gate already.",
            lambda streams, weights, mean, which: solved.my_silence(streams, weights, weights[which - 1] * mean, which),
        ),
        Mistake(
            "nothing silenced",
            "That is the plain gated sum: all streams are still there.",
            lambda streams, weights, mean, which: sum(w * x for w, x in zip(weights, streams, strict=True)),
        ),
        Mistake(
            "alone",
            "This stream alone is kept, and the others are gone. Take this one away, and keep the others.",
            lambda streams, weights, mean, which: weights[which - 1] * streams[which - 1],
        ),
        Mistake(
            "added",
            "The mean is added, but the stream is still there. Put the mean in its place.",
            lambda streams, weights, mean, which: sum(w * x for w, x in zip(weights, streams, strict=True)) + mean,
        ),
    ),
)

SHAPLEY = Exercise(
    name="shapley",
    notebook="08",
    title="A fair share",
    stars=3,
    minutes=10,
    answer="my_shapley",
    prompt=(
        "Streams join one after another. What a stream adds depends on who is there already. Its **Shapley value** is "
        "what it adds on average over all orders. `worth` says what each group of streams is worth."
    ),
    starter='''from itertools import permutations


def my_shapley(worth, streams):
    """worth: from a frozenset of streams (numbered from 1) to a number. Returns a list, a value for each stream."""
    found = []
    for stream in range(1, streams + 1):
        gains = []
        for order in permutations(range(1, streams + 1)):
            before = frozenset(order[: order.index(stream)])
            gains.append(...)
        found.append(sum(gains) / len(gains))
    return found
''',
    hints=("What it adds is the worth with it, minus the worth of the streams before it.", "`before | {stream}`"),
    reference=solved.my_shapley,
    comparison=Calls(_game),
    shows=(shapley.values, shapley.coalitions),
    properties=(Property("makes up the whole", _makes_up_the_whole),),
    mistakes=(
        Mistake(
            "first",
            "That is what each stream is worth alone. It does not say what the stream adds to others. Average over all "
            "orders.",
            lambda worth, streams: [worth[frozenset({s})] - worth[frozenset()] for s in range(1, streams + 1)],
        ),
        Mistake(
            "last",
            "That is what each stream adds if it joins last: it is the same as silencing that stream alone. If two "
            "streams know the same, neither adds anything as the last one. Average over all orders.",
            lambda worth, streams: [worth[_all(streams)] - worth[_others(streams, s)] for s in range(1, streams + 1)],
        ),
        Mistake(
            "every group once",
            "Each group counts once here. If you average over orders, small and large groups count more than those in "
            "the middle: with four streams, each stream comes first in one order of four. This mean does not add up to "
            "the whole.",
            _banzhaf,
        ),
        Mistake(
            "summed",
            "The gains of all orders are added up. Take their mean.",
            lambda worth, streams: [
                value * len(list(permutations(range(streams)))) for value in solved.my_shapley(worth, streams)
            ],
        ),
        Mistake(
            "turned around",
            "The sign is turned around: what a stream adds is the worth with it minus the worth without it.",
            lambda worth, streams: [-value for value in solved.my_shapley(worth, streams)],
        ),
    ),
)

EXPLAINED = Exercise(
    name="explained",
    notebook="08",
    title="What a gate follows",
    stars=3,
    minutes=7,
    answer="my_explained",
    prompt=(
        "One gate, many photos, each in a group (its camera, say). Which share of the gate's variance do the groups "
        "**explain**? Take each group's mean minus the mean of all, squared, times the number of photos in the group; "
        "add up; divide by the sum of squares of all photos around the mean of all."
    ),
    starter='''import numpy as np


def my_explained(values, groups):
    """values: (N,) numbers. groups: (N,) labels. Returns a number from 0 to 1."""
    ...
''',
    hints=("`values[groups == group]` has the photos of one group.", "A large group counts more than a small one."),
    reference=solved.my_explained,
    comparison=Calls(_grouped),
    mistakes=(
        Mistake(
            "groups alike",
            "Each group counts once, however many photos it has. Multiply by the number of its photos.",
            lambda values, groups: (
                sum((values[groups == g].mean() - values.mean()) ** 2 for g in np.unique(groups))
                / ((values - values.mean()) ** 2).sum()
            ),
        ),
        Mistake(
            "what is left",
            "That is the share that the groups do not explain. Take 1 minus it.",
            lambda values, groups: 1 - solved.my_explained(values, groups),
        ),
        Mistake(
            "not centred",
            "The mean of all photos is not subtracted: a gate that is 0.5 for all photos would seem explained.",
            lambda values, groups: (
                sum((groups == g).sum() * values[groups == g].mean() ** 2 for g in np.unique(groups))
                / (values**2).sum()
            ),
        ),
        Mistake(
            "root",
            "That is the square root of the share.",
            lambda values, groups: np.sqrt(solved.my_explained(values, groups)),
        ),
    ),
)

EXERCISES = (SHARES, SILENCE, SHAPLEY, EXPLAINED)
