"""Rankings: who is close, how a ranking is scored, and which cases are hard.

The functions of `scoring` are the face of this folder. `mining` finds the hard cases of a set of rankings, and `search`
the nearest photos in large galleries; each is loaded when it is imported.
"""

from .scoring import (
    DISTRACTOR,
    JUNK,
    TIE,
    Score,
    closest_first,
    counts,
    distances,
    evaluate,
    ranking,
    score,
    unit,
)

__all__ = [
    "DISTRACTOR", "JUNK", "TIE", "Score", "closest_first", "counts", "distances", "evaluate", "mining", "ranking",
    "score", "scoring", "search", "unit",
]  # fmt: skip
