"""Exercises of notebook 06, siblings: fixed gates, an equal budget, paired differences, and what they show."""

import math

import numpy as np

from ..network.model import Sum
from ..network.siblings import FixedGates, squeeze_excite
from .answers import siblings as solved
from .compare import Calls
from .draw import integer, maps, tensor
from .record import Exercise, Mistake


def _weighted(weights, streams):
    return sum(weight[..., None, None] * x for weight, x in zip(weights, streams, strict=True))


def _widest_by(cost):
    def answer(outside, budget):
        width = 0
        while cost(outside, width + 1) <= budget:
            width += 1
        return width

    return answer


def _first_over(outside, budget):
    return solved.my_width(outside, budget) + 1


def _unpaired(ours, reference):
    variance = ours.var(ddof=1) / len(ours) + reference.var(ddof=1) / len(reference)
    return float((ours - reference).mean()), float(math.sqrt(variance))


def _fixed_inputs(rng):
    channels = integer(rng, 3, 5)
    streams = maps(rng, channels)
    return streams, tensor(rng, len(streams), channels)


def _paired_inputs(rng):
    seeds = integer(rng, 3, 6)
    easy = 40 + 5 * rng.normal(size=seeds)  # the effect of a seed on both
    return easy + rng.normal(size=seeds) + 2, easy + rng.normal(size=seeds)


def _verdict_inputs(rng):
    low = float(rng.choice([-4, -3, -2, -1, 0, 1, 2]))
    return low, low + integer(rng, 1, 5), float(rng.choice([-3.1, -0.8, 0.7, 1.7]))


FIXED_GATES = Exercise(
    name="fixed_gates",
    notebook="06",
    title="Learned, and fixed",
    required=False,
    stars=2,
    minutes=6,
    answer="my_fixed_gates",
    prompt=(
        "Row 8 of the table: the weights are learned, and then the same for every photo. `logits` holds one "
        "number for each stream and channel. Squeeze it into (0, 1) by the **sigmoid**, as a gate does, weight "
        "each channel of each stream by it, and add up the streams."
    ),
    starter='''def my_fixed_gates(streams, logits):
    """streams: a list of T maps (B, C, H, W). logits: (T, C). Returns (B, C, H, W)."""
    total = 0
    for logit, x in zip(logits, streams):  # logit: (C,)
        total = total + ...
    return total
''',
    hints=(
        "`torch.sigmoid(logit)` has shape (C,). A map has (B, C, H, W): the weight needs two axes behind C.",
        "`weight[:, None, None]` has shape (C, 1, 1), and PyTorch repeats it over photos and positions.",
    ),
    reference=solved.my_fixed_gates,
    comparison=Calls(_fixed_inputs),
    shows=(FixedGates, Sum.forward),
    mistakes=(
        Mistake(
            "no sigmoid",
            "The logits themselves are the weights: they can be negative or large. Squeeze them by the sigmoid first.",
            lambda streams, logits: _weighted(logits, streams),
        ),
        Mistake(
            "softmax over streams",
            "A softmax over the streams makes them compete for a total of 1. Squeeze each by itself: sigmoid.",
            lambda streams, logits: _weighted(logits.softmax(0), streams),
        ),
        Mistake(
            "softmax over channels",
            "A softmax over the channels makes them compete for a total of 1. Squeeze each by itself: sigmoid.",
            lambda streams, logits: _weighted(logits.softmax(1), streams),
        ),
        Mistake("no weights", "That is the plain sum, row 5: no weight is used.", lambda streams, logits: sum(streams)),
        Mistake(
            "one weight a stream",
            "Each stream has one weight, the mean over its channels; that is closer to row 7. Here every channel has "
            "its own weight.",
            lambda streams, logits: _weighted(logits.sigmoid().mean(1, keepdim=True), streams),
        ),
        Mistake(
            "first for all",
            "All streams are weighted by the logits of the first. Each stream has a row of its own.",
            lambda streams, logits: _weighted(logits[:1].sigmoid().expand(len(streams), -1), streams),
        ),
        Mistake(
            "mean",
            "The weighted streams are averaged. Add them up instead.",
            lambda streams, logits: solved.my_fixed_gates(streams, logits) / len(streams),
        ),
        Mistake(
            "weights of the sum",
            "The streams are added up first and then multiplied by the sum of the weights. Multiply each first.",
            lambda streams, logits: logits.sigmoid().sum(0)[:, None, None] * sum(streams),
        ),
    ),
)

SAME_BUDGET = Exercise(
    name="same_budget",
    notebook="06",
    title="How wide may it be?",
    required=True,
    stars=2,
    minutes=6,
    answer="my_width",
    prompt=(
        "Blocks are only worth comparing on the **same budget**. An SE-style block squeezes `outside` channels to "
        "`width` by a 1x1 convolution, has one standard 3x3 convolution from `width` to `width`, and expands back "
        "to `outside` by another 1x1. Return the **largest width whose three layers have at most `budget` weights** "
        "(no biases; the small gate and normalisation left aside). For 64 channels and 6,000 weights it is 19."
    ),
    starter='''def my_width(outside, budget):
    """Returns a whole number."""
    width = 0
    while ... <= budget:  # would one channel more still fit?
        width = width + 1
    return width
''',
    hints=(
        "A 1x1 convolution from a to b channels has a * b weights, a standard 3x3 has 9 * a * b.",
        "The loop asks about `width + 1`.",
    ),
    reference=solved.my_width,
    comparison=Calls(lambda rng: (integer(rng, 16, 128), integer(rng, 2_000, 30_000))),
    shows=(squeeze_excite,),
    mistakes=(
        Mistake(
            "one too many",
            "That is the first width that is over the budget. The loop has to ask about `width + 1`.",
            _first_over,
        ),
        Mistake(
            "one squeeze",
            "Only one of the two 1x1 convolutions is counted: there is one in and one out.",
            _widest_by(lambda c, w: c * w + 9 * w * w),
        ),
        Mistake(
            "middle alone",
            "Only the 3x3 convolution is counted. The two 1x1 convolutions have weights, too.",
            _widest_by(lambda c, w: 9 * w * w),
        ),
        Mistake(
            "three for nine",
            "The 3x3 convolution is counted with 3 weights a pair of channels. Its window has 9 cells.",
            _widest_by(lambda c, w: 2 * c * w + 3 * w * w),
        ),
        Mistake(
            "depthwise",
            "The 3x3 convolution is counted as a depthwise one, 9 weights a channel. A standard one has 9 for each "
            "pair of channels.",
            _widest_by(lambda c, w: 2 * c * w + 9 * w),
        ),
        Mistake(
            "outside in the middle",
            "The 3x3 convolution is counted from `outside` to `width`. The squeeze comes before it: `width` to "
            "`width`.",
            _widest_by(lambda c, w: 2 * c * w + 9 * c * w),
        ),
    ),
)

PAIRED = Exercise(
    name="paired_difference",
    notebook="06",
    title="Pairs",
    required=True,
    stars=3,
    minutes=8,
    answer="my_paired_difference",
    prompt=(
        "Two blocks were trained from the same seeds: `ours[i]` and `reference[i]` saw the same batches. Return the "
        "**mean difference** (ours minus reference) and its **standard error**: the standard deviation of the "
        "differences, with n - 1 in the denominator, divided by the square root of n. Take the differences *first*: "
        "what a seed does to both then cancels."
    ),
    starter='''def my_paired_difference(ours, reference):
    """ours, reference: arrays of n scores, one a seed, in the same order. Returns (mean, standard error)."""
    differences = ...
    return differences.mean(), ...
''',
    hints=("`x.std(ddof=1)` has n - 1 in the denominator; without it, NumPy takes n.",),
    reference=solved.my_paired_difference,
    comparison=Calls(_paired_inputs),
    mistakes=(
        Mistake(
            "unpaired",
            "The two spreads are added as if the runs were independent. They are pairs: take the differences first, "
            "then their spread.",
            _unpaired,
        ),
        Mistake(
            "n in the denominator",
            "The standard deviation has n in its denominator; with so few seeds that is too small. Use `ddof=1`.",
            lambda a, b: ((a - b).mean(), (a - b).std() / math.sqrt(len(a))),
        ),
        Mistake(
            "standard deviation",
            "That is the spread of single differences. A mean of n is more certain: divide by the square root of n.",
            lambda a, b: ((a - b).mean(), (a - b).std(ddof=1)),
        ),
        Mistake(
            "divided by n",
            "The spread is divided by n. The error of a mean falls with the square root of n.",
            lambda a, b: ((a - b).mean(), (a - b).std(ddof=1) / len(a)),
        ),
        Mistake(
            "other way round",
            "The sign is turned around: return ours minus reference.",
            lambda a, b: ((b - a).mean(), (a - b).std(ddof=1) / math.sqrt(len(a))),
        ),
        Mistake(
            "sizes of the differences",
            "The differences have lost their signs. Where a block is better once and worse once, that must cancel.",
            lambda a, b: (np.abs(a - b).mean(), np.abs(a - b).std(ddof=1) / math.sqrt(len(a))),
        ),
    ),
)

VERDICT = Exercise(
    name="reproduced",
    notebook="06",
    title="Agrees, contradicts, open",
    stars=2,
    minutes=5,
    answer="my_verdict",
    prompt=(
        "A paper published a difference; you have an interval from `low` to `high` for yours. Return `'open'` where "
        "the interval **holds 0** (its ends included), else `'agrees'` where it lies on the published side of 0, and "
        "`'contradicts'` where it lies on the other. An interval that holds 0 says *not shown*: it does not say *no "
        "difference*."
    ),
    starter='''def my_verdict(low, high, published):
    """published: the paper's difference, not 0. Returns 'agrees', 'contradicts' or 'open'."""
    if ...:
        return "open"
    return "agrees" if ... else "contradicts"
''',
    hints=("After the first `if`, low and high have the same sign.",),
    reference=solved.my_verdict,
    comparison=Calls(_verdict_inputs, cases=40),
    mistakes=(
        Mistake(
            "middle alone",
            "Only the middle of the interval is used. An interval that contains 0 leaves the question open.",
            lambda low, high, published: "agrees" if (low + high > 0) == (published > 0) else "contradicts",
        ),
        Mistake(
            "never contradicts",
            "Every interval that excludes 0 is called agreement. Compare the side: the paper's difference has a sign.",
            lambda low, high, published: "open" if low <= 0 <= high else "agrees",
        ),
        Mistake(
            "published inside",
            "It checks whether the published figure lies in the interval. Check which side of 0 the interval is on: "
            "another data set gives differences of another size.",
            lambda low, high, published: (
                "open" if low <= 0 <= high else "agrees" if low <= published <= high else "contradicts"
            ),
        ),
        Mistake(
            "open for the small ones",
            "An end that is exactly 0 is treated as excluding 0. The ends belong to the interval.",
            lambda low, high, published: (
                "open" if low < 0 < high else "agrees" if (low + high > 0) == (published > 0) else "contradicts"
            ),
        ),
        Mistake(
            "open contradicts",
            "An interval that contains 0 is called a contradiction. It shows nothing either way: return 'open'.",
            lambda low, high, published: (
                "agrees" if (low > 0 and published > 0) or (high < 0 and published < 0) else "contradicts"
            ),
        ),
    ),
)

EXERCISES = (FIXED_GATES, SAME_BUDGET, PAIRED, VERDICT)
