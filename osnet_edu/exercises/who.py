"""Exercises of notebook 01, who is it?: similarity, ranking, the Market rule, scores, hard cases, triplets."""

import numpy as np

from .. import retrieval
from ..retrieval import mining
from .answers import who as solved
from .compare import Calls
from .draw import integer
from .record import Exercise, Mistake

norm = np.linalg.norm


def _cosine(a, b):
    return 1 - retrieval.distances(a[None], b[None])[0, 0]


def _ranking(query, gallery):
    return retrieval.distances(query[None], gallery, "euclidean")[0].argsort()


def _keep(person, camera, people, cameras):
    return retrieval.counts(person, camera, people, cameras)


def _average_precision(matches):
    order, same_person = np.arange(len(matches)), np.where(matches, 1, 2)
    score = retrieval.evaluate(order[None], [1], same_person, [1], np.full(len(matches), 2))
    return score.mean_ap


def _hard_cases(distances, person, camera, people, cameras):
    case = (distances[None], [person], people, [camera], cameras)
    return int(mining.hardest_positives(*case)[0]), int(mining.hardest_negatives(*case)[0])


def _triplet_loss(anchor, positive, negative, margin):
    to_positive, to_negative = retrieval.distances(anchor[None], np.stack([positive, negative]), "euclidean")[0]
    return max(0.0, to_positive - to_negative + margin)


def _precision(matches):
    return np.cumsum(matches) / np.arange(1, len(matches) + 1)


def _farthest(distances, allowed):
    return int(np.where(allowed, distances, -np.inf).argmax())


def _closest(distances, allowed):
    return int(np.where(allowed, distances, np.inf).argmin())


def _gallery(rng):
    """A query of person 1 by camera 1 and a gallery with everything in it: matches, own camera, others, junk."""
    people = np.concatenate([[1, 1, 1, 1, 2, 0, -1, -1], rng.integers(-1, 4, 6)])
    cameras = np.concatenate([[1, 1, 2, 3, 1, 1, 2, 3], rng.integers(1, 4, 6)])
    order = rng.permutation(len(people))
    return people[order], cameras[order]


def _hard_inputs(rng):
    people, cameras = _gallery(rng)
    distances = rng.uniform(0.2, 0.8, len(people))
    # A hard gallery: junk is close, and so is a distractor; photos by the query's own camera are sometimes far.
    distances[people == -1] *= rng.uniform(0.1, 1.0)
    distances[people == 0] *= rng.uniform(0.3, 1.1)
    distances[(people == 1) & (cameras == 1)] *= rng.uniform(0.5, 3.0)
    return distances, 1, 1, people, cameras


def _matches(rng, queries=None):
    matches = rng.random((queries or 1, integer(rng, 5, 9))) < rng.choice([0.2, 0.5])
    if queries is None:
        matches[0, rng.integers(0, matches.shape[1])] = True
        return matches[0]
    return matches


COSINE = Exercise(
    name="cosine",
    notebook="01",
    title="How alike are two embeddings?",
    required=True,
    stars=1,
    minutes=4,
    answer="my_cosine",
    prompt=(
        "Two photos have become two embeddings, `a` and `b`, each an array of the same length. Write their "
        "**cosine similarity**: the dot product, divided by the lengths of both. It is 1 where both point the "
        "same way, however long they are. `np.linalg.norm(a)` is the length of `a`."
    ),
    starter='''import numpy as np


def my_cosine(a, b):
    """a, b: (D,) arrays, neither all zero. Returns one number in [-1, 1]."""
    return ...
''',
    hints=(
        "Make `a` ten times as long: the similarity must not change. What must you divide by?",
        "You need three pieces: `a @ b`, `np.linalg.norm(a)` and `np.linalg.norm(b)`.",
    ),
    reference=_cosine,
    solution=solved.my_cosine,
    comparison=Calls(lambda rng: tuple(rng.normal(size=(2, 5)) * rng.uniform(0.3, 3, (2, 1)))),
    shows=(retrieval.distances, retrieval.unit),
    mistakes=(
        Mistake(
            "dot product",
            "That is the dot product alone: it grows with the length of either embedding. Divide by both lengths.",
            lambda a, b: a @ b,
        ),
        Mistake(
            "one length",
            "It divides by the length of `a` only. Make `b` ten times as long, and the similarity grows too.",
            lambda a, b: a @ b / norm(a),
        ),
        Mistake(
            "other length",
            "It divides by the length of `b` only. Make `a` ten times as long, and the similarity grows too.",
            lambda a, b: a @ b / norm(b),
        ),
        Mistake(
            "brackets",
            "`x / p * q` divides by p and then multiplies by q. Put brackets around the product of the two lengths.",
            lambda a, b: a @ b / norm(a) * norm(b),
        ),
        Mistake(
            "sum of lengths",
            "It divides by the sum of the two lengths. Divide by their product.",
            lambda a, b: a @ b / (norm(a) + norm(b)),
        ),
        Mistake(
            "squared lengths",
            "It divides by the squared lengths. A length is the root of the sum of squares.",
            lambda a, b: a @ b / (norm(a) * norm(b)) ** 2,
        ),
        Mistake(
            "not added up",
            "The products are not added up: it returns one number for each entry. `a @ b` multiplies and adds up.",
            lambda a, b: a * b / (norm(a) * norm(b)),
        ),
        Mistake(
            "distance",
            "That is the cosine distance, 1 - similarity: 0 for equal directions. Return the similarity itself.",
            lambda a, b: 1 - a @ b / (norm(a) * norm(b)),
        ),
        Mistake(
            "euclidean",
            "That is the Euclidean distance. The cosine compares directions and not end points.",
            lambda a, b: norm(a - b),
        ),
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
        "A query has one embedding, a gallery has many, one in each row. **Rank the gallery by Euclidean "
        "distance**: return the row numbers of the gallery, the closest first. The published code of OSNet "
        "ranks in this way, on embeddings that are not normalised."
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
    reference=_ranking,
    solution=solved.my_ranking,
    comparison=Calls(lambda rng: (rng.normal(size=4), rng.normal(size=(integer(rng, 6, 9), 4)) * rng.uniform(0.5, 2))),
    shows=(retrieval.distances, retrieval.ranking),
    mistakes=(
        Mistake(
            "farthest first",
            "The order is turned around: the farthest photo comes first.",
            lambda q, g: norm(g - q, axis=1).argsort()[::-1],
        ),
        Mistake(
            "distances",
            "It returns the distances. Return row numbers of the gallery, in the order of the distances.",
            lambda q, g: norm(g - q, axis=1),
        ),
        Mistake(
            "sorted distances",
            "It returns the sorted distances. It is lost which photo each one belongs to: use `np.argsort`.",
            lambda q, g: np.sort(norm(g - q, axis=1)),
        ),
        Mistake(
            "places",
            "It gives the place of each photo. Return the other direction: for each place, the photo at that place.",
            lambda q, g: norm(g - q, axis=1).argsort().argsort(),
        ),
        Mistake(
            "no squares",
            "The differences are added up without squaring, so a plus cancels a minus.",
            lambda q, g: (g - q).sum(axis=1).argsort(),
        ),
        Mistake(
            "city block",
            "That is the sum of the absolute differences (the city-block distance). The Euclidean distance needs "
            "squares, their sum, and the root.",
            lambda q, g: np.abs(g - q).sum(axis=1).argsort(),
        ),
        Mistake(
            "columns",
            "The sum runs down the columns, over the photos. It has to run along each row: `axis=1`.",
            lambda q, g: norm(g - q, axis=0).argsort(),
        ),
        Mistake(
            "dot product",
            "It ranks by the dot product with the query, which prefers long embeddings. Use the distance.",
            lambda q, g: (-(g @ q)).argsort(),
        ),
        Mistake(
            "cosine",
            "It ranks by cosine similarity. That is common too, but it gives another ranking: here lengths count.",
            lambda q, g: (-(g @ q) / norm(g, axis=1)).argsort(),
        ),
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
        "The Market rule leaves two kinds of gallery photos out of a query's ranking: **junk** (person -1), "
        "and photos of **the query's own person by the query's own camera**, which would be too easy. "
        "Everything else counts: other people, whatever their camera, and distractors (person 0) too. Return "
        "a mask that is True for the photos that count."
    ),
    starter='''import numpy as np


def my_keep(person, camera, people, cameras):
    """person, camera: of the query. people, cameras: (G,) int, of the gallery. Returns (G,) bool."""
    junk = ...
    too_easy = ...
    return ~junk & ~too_easy
''',
    hints=(
        "`people == person` is a mask. Join two masks with `&` (both) or `|` (either); `~` inverts a mask.",
        "A photo is too easy only where **both** hold: it is the query's person and it is the query's camera.",
    ),
    reference=_keep,
    solution=solved.my_keep,
    comparison=Calls(lambda rng: (integer(rng, 1, 3), integer(rng, 1, 3), *_gallery(rng))),
    shows=(retrieval.counts,),
    mistakes=(
        Mistake(
            "junk kept",
            "Junk (person -1) still counts.",
            lambda p, c, people, cameras: ~((people == p) & (cameras == c)),
        ),
        Mistake(
            "only junk",
            "Junk is left out, but photos of the query's person by the query's own camera still count: the easy "
            "matches.",
            lambda p, c, people, cameras: people != -1,
        ),
        Mistake(
            "camera for everybody",
            "All people by the query's camera are left out. Other people by that camera must stay: they are impostors.",
            lambda p, c, people, cameras: (people != -1) & (cameras != c),
        ),
        Mistake(
            "person by every camera",
            "All photos of the query's person are left out. Then no match is left to find.",
            lambda p, c, people, cameras: (people != -1) & (people != p),
        ),
        Mistake(
            "or for and",
            "It leaves out every photo of the query's person **or** by the query's camera. Both must be true: use `&`.",
            lambda p, c, people, cameras: (people != -1) & ~((people == p) | (cameras == c)),
        ),
        Mistake(
            "other cameras",
            "It leaves out the query's person by the *other* cameras, and those are the matches. Own camera: `==`.",
            lambda p, c, people, cameras: (people != -1) & ~((people == p) & (cameras != c)),
        ),
        Mistake(
            "turned around",
            "The mask is inverted: it is True where a photo is left out.",
            lambda p, c, people, cameras: (people == -1) | ((people == p) & (cameras == c)),
        ),
        Mistake(
            "distractors",
            "Distractors (person 0) are left out too. They must count: they make the search harder.",
            lambda p, c, people, cameras: (people > 0) & ~((people == p) & (cameras == c)),
        ),
        Mistake(
            "zero for junk",
            "Person 0 is left out, and person -1 is kept. Junk is -1; 0 is a distractor and counts.",
            lambda p, c, people, cameras: (people != 0) & ~((people == p) & (cameras == c)),
        ),
        Mistake(
            "matches",
            "The mask is True only at the matches. Impostors and distractors count too: a match must rank before them.",
            lambda p, c, people, cameras: (people == p) & (cameras != c),
        ),
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
        "After ranking, each query has a row of True and False: is the photo at this place the same person? "
        "The closest stands first. **Rank-k** is the share of queries that have at least one True among their "
        "first `k` places."
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
    reference=solved.my_rank_k,
    comparison=Calls(lambda rng: (_matches(rng, integer(rng, 4, 7)), integer(rng, 1, 4)), cases=24),
    mistakes=(
        Mistake(
            "precision",
            "That is the share of hits among the first k places (precision). For rank-k one hit is as good as three.",
            lambda m, k: m[:, :k].mean(),
        ),
        Mistake(
            "place k alone",
            "It looks at place k alone. A hit at an earlier place counts just as well.",
            lambda m, k: m[:, k - 1].mean(),
        ),
        Mistake(
            "one place too few",
            "It looks at k - 1 places. A slice `[:k]` already holds the first k.",
            lambda m, k: m[:, : k - 1].any(axis=1).mean(),
        ),
        Mistake(
            "one place too many",
            "It looks at k + 1 places. A slice `[:k]` holds the first k.",
            lambda m, k: m[:, : k + 1].any(axis=1).mean(),
        ),
        Mistake(
            "number",
            "That is the number of queries with a hit. Divide by the number of queries to get a share.",
            lambda m, k: m[:, :k].any(axis=1).sum(),
        ),
        Mistake(
            "all",
            "It asks for hits at *all* of the first k places. One is enough: `any`.",
            lambda m, k: m[:, :k].all(axis=1).mean(),
        ),
        Mistake(
            "first queries",
            "It takes the first k rows, that is queries. Places are the columns: `matches[:, :k]`.",
            lambda m, k: m[:k].any(axis=1).mean(),
        ),
        Mistake(
            "all places",
            "It looks at all places, and k has no effect.",
            lambda m, k: m.any(axis=1).mean(),
        ),
        Mistake(
            "wrong axis",
            "It asks each place whether any query hits there. Ask each query whether any place does: `axis=1`.",
            lambda m, k: m[:, :k].any(axis=0).mean(),
        ),
        Mistake(
            "not averaged",
            "It returns True or False for each query. Return the share of True: `.mean()`.",
            lambda m, k: m[:, :k].any(axis=1),
        ),
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
        "Rank-1 forgets everything after the first place. **Average precision** does not: at every place that "
        "holds a hit, take the precision so far (hits up to here, divided by places up to here), and average "
        "these numbers over the hits. Hits at places 1 and 3 give (1/1 + 2/3) / 2 = 0.83."
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
    reference=_average_precision,
    solution=solved.my_average_precision,
    comparison=Calls(lambda rng: (_matches(rng),), cases=24),
    shows=(retrieval.evaluate,),
    mistakes=(
        Mistake(
            "every place",
            "It averages the precision over every place. Only the places that hold a hit are averaged.",
            lambda m: _precision(m).mean(),
        ),
        Mistake(
            "divided by places",
            "The precision at the hits is added up, but divided by the number of places. Divide by the number of hits.",
            lambda m: (_precision(m) * m).mean(),
        ),
        Mistake(
            "sum",
            "The precisions at the hits are added up. Average them.",
            lambda m: _precision(m)[m].sum(),
        ),
        Mistake(
            "not averaged",
            "It returns the precision at each hit. Average them to one number.",
            lambda m: _precision(m)[m],
        ),
        Mistake(
            "precision of all",
            "That is the share of hits in the whole ranking. It does not depend on the order at all.",
            lambda m: m.mean(),
        ),
        Mistake(
            "first hit",
            "That is 1 / place of the first hit. The later hits count too.",
            lambda m: 1 / (m.argmax() + 1),
        ),
        Mistake(
            "reciprocal places",
            "It averages 1 / place over the hits. The second hit counts 2 / place, the third 3 / place: hits *so far*.",
            lambda m: (1 / np.arange(1, len(m) + 1))[m].mean(),
        ),
        Mistake(
            "upside down",
            "The fraction is upside down: hits so far divided by places so far.",
            lambda m: (1 / _precision(m)[m]).mean(),
        ),
        Mistake(
            "last hit",
            "That is the precision at the last hit alone (INP). Average over all hits.",
            lambda m: _precision(m)[m][-1],
        ),
        Mistake(
            "trapezoid",
            "That is the area under the curve by the trapezoid rule, which older code used. Here: the mean at "
            "the hits.",
            lambda m: ((_precision(m) + np.concatenate([[1.0], _precision(m)[:-1]])) / 2)[m].mean(),
        ),
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
        "A network learns most from the photos that it gets wrong. For one query find the **hardest "
        "positive**, the farthest photo of the same person by another camera, and the **hardest negative**, "
        "the closest photo of somebody else. Junk (person -1) is nobody and is never picked."
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
        "For the negative do the opposite: put `np.inf` where a photo may not be picked, and take `argmin`.",
    ),
    reference=_hard_cases,
    solution=solved.my_hard_cases,
    comparison=Calls(_hard_inputs, cases=24),
    shows=(mining.hardest_positives, mining.hardest_negatives),
    mistakes=(
        Mistake(
            "own camera",
            "The positive may come from the query's own camera here. The Market rule forbids it: `cameras != camera`.",
            lambda d, p, c, people, cameras: (
                _farthest(d, people == p),
                _closest(d, (people != p) & (people != -1)),
            ),
        ),
        Mistake(
            "closest positive",
            "That is the closest positive, the easiest. The hardest one is the farthest.",
            lambda d, p, c, people, cameras: (
                _closest(d, (people == p) & (cameras != c)),
                _closest(d, (people != p) & (people != -1)),
            ),
        ),
        Mistake(
            "farthest negative",
            "That is the farthest negative, the easiest. The hardest one is the closest.",
            lambda d, p, c, people, cameras: (
                _farthest(d, (people == p) & (cameras != c)),
                _farthest(d, (people != p) & (people != -1)),
            ),
        ),
        Mistake(
            "easiest",
            "Both are the easiest cases: the closest positive and the farthest negative. Turn both around.",
            lambda d, p, c, people, cameras: (
                _closest(d, (people == p) & (cameras != c)),
                _farthest(d, (people != p) & (people != -1)),
            ),
        ),
        Mistake(
            "junk",
            "Junk (person -1) is picked as a negative. It shows nobody: `people != -1`.",
            lambda d, p, c, people, cameras: (
                _farthest(d, (people == p) & (cameras != c)),
                _closest(d, people != p),
            ),
        ),
        Mistake(
            "no distractors",
            "Distractors (person 0) are never picked. They are somebody else, and may be the hardest negative.",
            lambda d, p, c, people, cameras: (
                _farthest(d, (people == p) & (cameras != c)),
                _closest(d, (people != p) & (people > 0)),
            ),
        ),
        Mistake(
            "negative by another camera",
            "Negatives by the query's own camera are left out. That part of the rule is for the query's person alone.",
            lambda d, p, c, people, cameras: (
                _farthest(d, (people == p) & (cameras != c)),
                _closest(d, (people != p) & (people != -1) & (cameras != c)),
            ),
        ),
        Mistake(
            "turned around",
            "The two are in the wrong order: the positive comes first.",
            lambda d, p, c, people, cameras: _hard_cases(d, p, c, people, cameras)[::-1],
        ),
        Mistake(
            "filtered rows",
            "These are row numbers of the filtered lists, not of the gallery: `d[mask].argmax()` counts only what the "
            "mask leaves. Keep all rows and put infinity where a photo may not be picked.",
            lambda d, p, c, people, cameras: (
                int(d[(people == p) & (cameras != c)].argmax()),
                int(d[(people != p) & (people != -1)].argmin()),
            ),
        ),
        Mistake(
            "distances",
            "These are the distances of the two. Return their row numbers: `argmax` and `argmin`.",
            lambda d, p, c, people, cameras: tuple(d[i] for i in _hard_cases(d, p, c, people, cameras)),
        ),
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
        "An anchor, a positive (same person) and a negative (somebody else). The negative should be farther "
        "from the anchor than the positive, **by at least `margin`**. The triplet loss is the amount that is "
        "missing, or 0 if nothing is missing. Distances are Euclidean. This one you write from the empty line."
    ),
    starter='''import numpy as np


def my_triplet_loss(anchor, positive, negative, margin):
    """anchor, positive, negative: (D,) arrays. margin: a number > 0. Returns a number >= 0."""
    ...
''',
    hints=(
        "The loss is 0 if d(anchor, negative) >= d(anchor, positive) + margin. How large is the shortfall otherwise?",
        "`max(0.0, shortfall)` is 0 if there is no shortfall.",
    ),
    reference=_triplet_loss,
    solution=solved.my_triplet_loss,
    comparison=Calls(lambda rng: (*rng.normal(size=(3, 4)), rng.uniform(0.2, 2.0))),
    mistakes=(
        Mistake(
            "turned around",
            "Positive and negative are swapped: the loss is 0 when the negative is the closer one.",
            lambda a, p, n, m: max(0.0, norm(a - n) - norm(a - p) + m),
        ),
        Mistake(
            "no floor",
            "It can fall below 0. If there is no shortfall the loss is 0, and more distance does not lower it.",
            lambda a, p, n, m: norm(a - p) - norm(a - n) + m,
        ),
        Mistake(
            "margin subtracted",
            "The margin has the wrong sign: the loss should start *before* the negative is as close as the positive.",
            lambda a, p, n, m: max(0.0, norm(a - p) - norm(a - n) - m),
        ),
        Mistake(
            "no margin",
            "The margin is missing: the loss is 0 as soon as the negative is slightly farther than the positive.",
            lambda a, p, n, m: max(0.0, norm(a - p) - norm(a - n)),
        ),
        Mistake(
            "squared",
            "Distances are squared here. Use the distance itself, with its root.",
            lambda a, p, n, m: max(0.0, norm(a - p) ** 2 - norm(a - n) ** 2 + m),
        ),
        Mistake(
            "margin outside",
            "The margin is added after the floor at 0, so the loss never gets below the margin.",
            lambda a, p, n, m: max(0.0, norm(a - p) - norm(a - n)) + m,
        ),
        Mistake(
            "min",
            "`min` takes the smaller number, so the loss is never above 0. Take the larger one: `max`.",
            lambda a, p, n, m: min(0.0, norm(a - p) - norm(a - n) + m),
        ),
        Mistake(
            "positive to negative",
            "The negative's distance is measured from the positive. Both distances start at the anchor.",
            lambda a, p, n, m: max(0.0, norm(a - p) - norm(p - n) + m),
        ),
    ),
)

EXERCISES = (COSINE, EUCLIDEAN_RANKING, MARKET_RULE, RANK_K, AVERAGE_PRECISION, HARD_CASES, TRIPLET_LOSS)
