"""Exercises of notebook 01, who is it?: similarity, ranking, the Market rule, scores, hard cases, triplets."""

from .record import Exercise

COSINE = Exercise(
    name="cosine",
    notebook="01",
    title="How alike are two embeddings?",
    required=True,
    stars=1,
    minutes=4,
    answer="my_cosine",
    prompt=(
        "Two photos have become two embeddings, `a` and `b`, each an array of the same length. Write their **cosine "
        "similarity**: the dot product, divided by the lengths of both. It is 1 where both point the same way, however "
        "long they are. `np.linalg.norm(a)` is the length of `a`."
    ),
    starter='''import numpy as np


def my_cosine(a, b):
    """a, b: (D,) arrays, neither all zero. Returns one number in [-1, 1]."""
    return ...
''',
    hints=(
        "Make `a` ten times as long: the similarity must not move. What has to be divided away?",
        "Three pieces: `a @ b`, `np.linalg.norm(a)` and `np.linalg.norm(b)`.",
    ),
)

EUCLIDEAN_RANKING = Exercise(
    name="euclidean_ranking",
    notebook="01",
    title="Rank a gallery",
    stars=2,
    minutes=5,
    answer="my_ranking",
    prompt=(
        "A query has one embedding, a gallery has many, one in each row. **Rank the gallery by Euclidean distance**: "
        "return the row numbers of the gallery, the closest first. The published code of OSNet ranks in this way, on "
        "embeddings that are not normalised."
    ),
    starter='''import numpy as np


def my_ranking(query, gallery):
    """query: (D,), gallery: (G, D). Returns (G,) int: gallery row numbers, closest first."""
    differences = gallery - query  # (G, D)
    distances = ...  # (G,)
    return ...
''',
    hints=(
        "One distance for each row: square the differences, add them up along the row, take the root.",
        "`np.argsort(v)` gives the row numbers that would sort `v`, the smallest value first.",
    ),
)

MARKET_RULE = Exercise(
    name="market_rule",
    notebook="01",
    title="Which photos count?",
    required=True,
    stars=2,
    minutes=6,
    answer="my_keep",
    prompt=(
        "The Market rule leaves two kinds of gallery photos out of a query's ranking: **junk** (person -1), and photos of "
        "**the query's own person by the query's own camera**, which would be too easy. Everything else counts: other "
        "people, whatever their camera, and distractors (person 0) too. Return a mask that is True for the photos that "
        "count."
    ),
    starter='''import numpy as np


def my_keep(person, camera, people, cameras):
    """person, camera: of the query. people, cameras: (G,) int, of the gallery. Returns (G,) bool."""
    junk = ...
    too_easy = ...
    return ~junk & ~too_easy
''',
    hints=(
        "`people == person` is a mask. Two masks are joined by `&` (both), `|` (either); `~` turns one around.",
        "A photo is too easy only where **both** hold: it is the query's person and it is the query's camera.",
    ),
)

RANK_K = Exercise(
    name="rank_k",
    notebook="01",
    title="Rank-k",
    stars=2,
    minutes=5,
    answer="my_rank_k",
    prompt=(
        "After ranking, each query has a row of True and False: is the photo at this place the same person? The closest "
        "stands first. **Rank-k** is the share of queries that have at least one True among their first `k` places."
    ),
    starter='''import numpy as np


def my_rank_k(matches, k):
    """matches: (Q, G) bool, each row in ranking order. k: at least 1. Returns a fraction in [0, 1]."""
    first = ...  # the first k places of every row
    return ...
''',
    hints=(
        "`matches[:, :k]` keeps the first k columns of every row.",
        "`.any(axis=1)` asks each row whether it holds a True; the mean of a mask is the share of True.",
    ),
)

AVERAGE_PRECISION = Exercise(
    name="average_precision",
    notebook="01",
    title="Average precision",
    required=True,
    stars=3,
    minutes=8,
    answer="my_average_precision",
    prompt=(
        "Rank-1 forgets everything after the first place. **Average precision** does not: at every place that holds a "
        "hit, take the precision so far (hits up to here, divided by places up to here), and average these numbers over "
        "the hits. Hits at places 1 and 3 give (1/1 + 2/3) / 2 = 0.83."
    ),
    starter='''import numpy as np


def my_average_precision(matches):
    """matches: (G,) bool, one query's ranking, closest first, with at least one True. Returns a number in (0, 1]."""
    places = np.arange(1, len(matches) + 1)  # 1, 2, 3, ...
    hits_so_far = ...
    precision = ...
    return ...
''',
    hints=(
        "`np.cumsum(matches)` counts the hits up to each place.",
        "Only the places that hold a hit are averaged: `precision[matches]`.",
    ),
)

HARD_CASES = Exercise(
    name="hard_cases",
    notebook="01",
    title="The hardest positive and the hardest negative",
    stars=3,
    minutes=8,
    answer="my_hard_cases",
    prompt=(
        "A network learns most from the photos that it gets wrong. For one query find the **hardest positive**, the "
        "farthest photo of the same person by another camera, and the **hardest negative**, the closest photo of "
        "somebody else. Junk (person -1) is nobody and is never picked."
    ),
    starter='''import numpy as np


def my_hard_cases(distances, person, camera, people, cameras):
    """distances, people, cameras: (G,), of the gallery. person, camera: of the query.

    Returns two gallery row numbers: (hardest positive, hardest negative). Both exist.
    """
    positive = (people == person) & (cameras != camera)
    negative = ...
    ...
''',
    hints=(
        "`np.where(positive, distances, -np.inf).argmax()` is the farthest photo among the positives.",
        "For the negative it is the other way round: put `np.inf` where a photo may not be picked, and take `argmin`.",
    ),
)

TRIPLET_LOSS = Exercise(
    name="triplet_loss",
    notebook="01",
    title="The triplet loss",
    stars=2,
    minutes=6,
    answer="my_triplet_loss",
    prompt=(
        "An anchor, a positive (same person) and a negative (somebody else). The negative should be farther from the "
        "anchor than the positive, **by at least `margin`**. The triplet loss is what is missing to that, and 0 where "
        "nothing is missing. Distances are Euclidean. This one you write from the empty line."
    ),
    starter='''import numpy as np


def my_triplet_loss(anchor, positive, negative, margin):
    """anchor, positive, negative: (D,) arrays. margin: a number > 0. Returns a number >= 0."""
    ...
''',
    hints=(
        "Write down when all is well: d(anchor, negative) >= d(anchor, positive) + margin. What is missing otherwise?",
        "`max(0.0, something)` is 0 where nothing is missing.",
    ),
)

EXERCISES = (COSINE, EUCLIDEAN_RANKING, MARKET_RULE, RANK_K, AVERAGE_PRECISION, HARD_CASES, TRIPLET_LOSS)
