"""The exercise of notebook 00, start here: rank-1 from the first hits."""

from .answers import start as solved
from .compare import Calls
from .draw import integer
from .record import Exercise, Mistake


def _first_hits(rng):
    hits = rng.integers(1, integer(rng, 3, 6), integer(rng, 5, 12))
    hits[0] = rng.integers(1, 3)
    return (hits,)


RANK_ONE = Exercise(
    name="rank_one",
    notebook="00",
    title="Rank-1 by hand",
    stars=1,
    minutes=3,
    answer="my_rank1",
    prompt=(
        "`first_hit` holds one number for every query: the rank at which the first photo of the right person stands, "
        "such as 1, 1, 4, 1, 2. **Rank-1** is the share of queries where that number is 1. Fill the hole and run the "
        "cell; `%hint rank_one` helps."
    ),
    starter='''def my_rank1(first_hit):
    """first_hit: (Q,) whole numbers, from 1, an array. Returns a share in [0, 1]."""
    return ...
''',
    hints=(
        "`first_hit == 1` compares all queries at once, and gives True or False for each.",
        "The mean of True and False is the share of True: `(...).mean()`.",
    ),
    reference=solved.my_rank1,
    comparison=Calls(_first_hits, cases=24),
    mistakes=(
        Mistake(
            "number",
            "That is how many queries have their first hit at rank 1. Rank-1 is their share: divide by all queries.",
            lambda h: (h == 1).sum(),
        ),
        Mistake(
            "mean rank",
            "That is the mean of the ranks. First check for each query whether its number is 1; then take the mean.",
            lambda h: h.mean(),
        ),
        Mistake(
            "all answers",
            "That is the answer of each query, True or False. Rank-1 is one number: take the mean of them.",
            lambda h: h == 1,
        ),
        Mistake(
            "the others",
            "That is the share of queries that are wrong at rank 1. Rank-1 counts those that are right.",
            lambda h: (h != 1).mean(),
        ),
        Mistake(
            "counted from 0",
            "No number is 0: ranks are counted from 1. The first place is rank 1.",
            lambda h: (h == 0).mean(),
        ),
    ),
    required=True,
)

EXERCISES = (RANK_ONE,)
