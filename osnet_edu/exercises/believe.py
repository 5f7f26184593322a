"""Exercises of notebook 10, believe it: rank accuracy, what is noticed, segment exchange, and a map that adds up."""

import numpy as np

from ..explain import completeness, exchange, known
from ..grading import marks
from .answers import believe as solved
from .compare import Calls
from .draw import integer
from .record import Exercise, Mistake

# --- what is asked ----------------------------------------------------------------------------------------------------


def _graded(rng):
    truth = np.zeros((8, 4), bool)
    truth.ravel()[rng.permutation(32)[: integer(rng, 5, 9)]] = True
    return rng.exponential(size=(8, 4)) * (1 + truth), truth


def _differences(rng):
    difference = rng.normal(size=20) * 0.05
    difference[:3] = -0.4  # turned around, clearly
    return difference, rng.normal(size=60) * 0.03


def _pieces(rng):
    photo = rng.uniform(50, 200, size=(6, 4, 3))
    pieces = np.repeat([0, 0, 1, 1, 2, 2], 4).reshape(6, 4)
    weight = rng.normal(size=(6, 4, 3)) / 100
    aim = rng.uniform(50, 200, size=3)

    def score(some):
        some = np.asarray(some)
        return float((weight * some).sum() + ((some - some.mean((0, 1))) ** 2).mean() / 500)

    return score, photo, pieces, aim


def _summed(rng):
    return rng.normal(size=(4, 3)), float(rng.normal()), float(rng.normal()) + 2


def _one_copy(score, photo, pieces, colour):
    rises, changed, before = [], photo.copy(), score(photo)
    for piece in np.unique(pieces):
        inside = pieces == piece
        changed[inside] += colour - changed[inside].mean(0)
        rises.append(score(changed) - before)
    return rises


def _flat(score, photo, pieces, colour):
    rises, before = [], score(photo)
    for piece in np.unique(pieces):
        changed = photo.copy()
        changed[pieces == piece] = colour
        rises.append(score(changed) - before)
    return rises


RANK = Exercise(
    name="rank_accuracy",
    notebook="10",
    title="How much of it is right?",
    required=True,
    stars=2,
    minutes=7,
    answer="my_rank_accuracy",
    prompt=(
        "Grade a map. The truth has k pixels. Take the **k most relevant pixels** of the map. Which share of them lies "
        "in the truth? A perfect map gets 1, a random one the share of the photo that the truth takes."
    ),
    starter='''import numpy as np


def my_rank_accuracy(relevance, truth):
    """relevance: (H, W), 0 or above, no two alike. truth: (H, W) of True and False. Returns a number from 0 to 1."""
    k = truth.sum()
    ...
''',
    hints=(
        "`np.argsort(-relevance, axis=None)` has the pixels of the whole map, the most relevant first.",
        "`truth.ravel()[pixels]` says for each pixel whether it lies in the truth.",
    ),
    reference=solved.my_rank_accuracy,
    comparison=Calls(_graded),
    shows=(marks.grade,),
    mistakes=(
        Mistake(
            "mass",
            "That is mass accuracy: the share of the relevance that lies in the truth. Here you count pixels.",
            lambda relevance, truth: relevance[truth].sum() / relevance.sum(),
        ),
        Mistake(
            "least relevant",
            "Those are the least relevant pixels. `argsort` begins with the smallest.",
            lambda relevance, truth: truth.ravel()[np.argsort(relevance, axis=None)[: truth.sum()]].mean(),
        ),
        Mistake(
            "pointing",
            "That looks at the most relevant pixel only (the pointing game). Take k of them.",
            lambda relevance, truth: float(truth.ravel()[relevance.argmax()]),
        ),
        Mistake(
            "half of the photo",
            "Half of the photo is taken, however small the truth is. Take k pixels, as many as the truth has.",
            lambda relevance, truth: (
                truth.ravel()[np.argsort(-relevance, axis=None)[: truth.size // 2]].sum() / truth.sum()
            ),
        ),
        Mistake(
            "of all pixels",
            "The hits are divided by the number of pixels of the photo. Divide by k.",
            lambda relevance, truth: solved.my_rank_accuracy(relevance, truth) * truth.sum() / truth.size,
        ),
        Mistake(
            "counted",
            "That is the number of hits. Divide it by k.",
            lambda relevance, truth: solved.my_rank_accuracy(relevance, truth) * truth.sum(),
        ),
    ),
)

NOTICED = Exercise(
    name="noticed",
    notebook="10",
    title="Did the network notice at all?",
    required=True,
    stars=2,
    minutes=6,
    answer="my_noticed",
    prompt=(
        "`difference` says of each pair by how much the twin is **less** similar to the query than the right person "
        "is, in the same view. `sham` says by how much sham edits, which have no meaning, moved the similarity, up or "
        "down. Take the sizes of the sham moves, without their signs. The **limit** is their 95 % quantile: 95 % of "
        "the sizes lie below it. A difference is noticed if it lies above the limit."
    ),
    starter='''import numpy as np


def my_noticed(difference, sham):
    """difference: (N,) signed. sham: (M,) signed. Returns (N,) of True and False."""
    limit = ...
    return ...
''',
    hints=("The size of a move is `np.abs(sham)`.", "`np.quantile(values, 0.95)`"),
    reference=solved.my_noticed,
    comparison=Calls(_differences),
    shows=(known.limit,),
    mistakes=(
        Mistake(
            "both signs",
            "Pairs whose twin is clearly MORE similar are counted too. They show something else: nothing speaks "
            "against the twin there. Compare the difference with its sign.",
            lambda difference, sham: np.abs(difference) > np.quantile(np.abs(sham), 0.95),
        ),
        Mistake(
            "signed moves",
            "The quantile is taken of the moves with their sign. Take it of their sizes: a move down is a move too.",
            lambda difference, sham: difference > np.quantile(sham, 0.95),
        ),
        Mistake(
            "above zero",
            "Every difference above 0 is counted. Noise alone gives a difference above 0 half of the time.",
            lambda difference, sham: difference > 0,
        ),
        Mistake(
            "largest",
            "The limit is the largest sham move. One odd edit would then decide: take the 95 % quantile.",
            lambda difference, sham: difference > np.abs(sham).max(),
        ),
        Mistake(
            "mean",
            "The limit is the mean size of a sham move. About four in ten edits without meaning move more than that.",
            lambda difference, sham: difference > np.abs(sham).mean(),
        ),
        Mistake(
            "turned around",
            "That marks the differences that are not noticed. Turn it around.",
            lambda difference, sham: ~solved.my_noticed(difference, sham),
        ),
    ),
)

EXCHANGE = Exercise(
    name="exchange_pieces",
    notebook="10",
    title="What if this piece had her colour?",
    stars=3,
    minutes=10,
    answer="my_exchange",
    prompt=(
        "The heart of segment exchange. `pieces` says which piece each pixel belongs to. For every piece, one after "
        "the "
        "other: move the **mean colour of the piece** to `colour`, so that its texture stays, and leave the rest of "
        "the "
        "photo as it is. By how much does `score` rise?"
    ),
    starter='''import numpy as np


def my_exchange(score, photo, pieces, colour):
    """photo: (H, W, 3). pieces: (H, W) numbers. colour: (3,). Returns a list, one rise for each piece."""
    rises = []
    before = score(photo)
    for piece in np.unique(pieces):
        inside = pieces == piece
        changed = photo.copy()
        ...
        rises.append(...)
    return rises
''',
    hints=(
        "`photo[inside].mean(0)` is the mean colour of the piece.",
        "Adding the same three numbers to each pixel of the piece moves its mean and keeps its texture.",
    ),
    reference=solved.my_exchange,
    comparison=Calls(_pieces),
    shows=(exchange.against,),
    mistakes=(
        Mistake(
            "flat",
            "The piece is painted in one colour, and its texture is gone. Move its mean: add the same three numbers to "
            "all of its pixels.",
            _flat,
        ),
        Mistake(
            "never restored",
            "The pieces stay changed, so the second rise includes the first exchange. Start from the photo each time.",
            _one_copy,
        ),
        Mistake(
            "score",
            "That is the score after each exchange. Subtract the score of the photo as it is.",
            lambda score, photo, pieces, colour: [
                rise + score(photo) for rise in solved.my_exchange(score, photo, pieces, colour)
            ],
        ),
        Mistake(
            "fall",
            "The sign is turned around: a rise is after minus before.",
            lambda score, photo, pieces, colour: [-rise for rise in solved.my_exchange(score, photo, pieces, colour)],
        ),
        Mistake(
            "added",
            "The colour is added to the piece. Add the colour minus the mean of the piece.",
            lambda score, photo, pieces, colour: [
                score(np.where((pieces == piece)[..., None], photo + colour, photo)) - score(photo)
                for piece in np.unique(pieces)
            ],
        ),
    ),
)

MISSED = Exercise(
    name="missed",
    notebook="10",
    title="Does it add up?",
    stars=1,
    minutes=4,
    answer="my_missed",
    prompt=(
        "A map of integrated gradients should add up to the change of the target from the baseline to the photo. By "
        "which **share of that change** does its sum miss it?"
    ),
    starter='''def my_missed(heat, start, end):
    """heat: (H, W). start, end: the target of the baseline and of the photo. Returns a number, 0 or above."""
    ...
''',
    hints=("The change is `end - start`.", "A share has no sign: use `abs`."),
    reference=solved.my_missed,
    comparison=Calls(_summed),
    shows=(completeness,),
    mistakes=(
        Mistake(
            "not divided",
            "That is how much is missing. The share of the change is asked for.",
            lambda heat, start, end: abs(heat.sum() - (end - start)),
        ),
        Mistake(
            "of the target",
            "The sum is compared with the target of the photo. It explains the change from the baseline.",
            lambda heat, start, end: abs(heat.sum() - end) / abs(end),
        ),
        Mistake(
            "sizes",
            "The sizes of the heat are added up. What speaks against must be subtracted: keep the signs.",
            lambda heat, start, end: abs(np.abs(heat).sum() - (end - start)) / abs(end - start),
        ),
        Mistake(
            "signed",
            "A sum that is too small gives a number below 0 here. The size of the miss has no sign.",
            lambda heat, start, end: (heat.sum() - (end - start)) / abs(end - start),
        ),
    ),
)

EXERCISES = (RANK, NOTICED, EXCHANGE, MISSED)
