"""Exercises of notebook 12, your own data: who is lost to the score, a split, int8, the traffic of a day."""

import numpy as np

from .answers import own as solved
from .compare import Calls
from .draw import integer
from .record import Exercise, Mistake


def _sides(rng):
    queries, gallery = integer(rng, 4, 8), integer(rng, 8, 14)
    people, cameras = rng.integers(1, 6, queries), rng.integers(1, 4, queries)
    return people, cameras, rng.integers(1, 6, gallery), rng.integers(1, 4, gallery)


def _photos(rng):
    people = rng.permutation(np.repeat(np.arange(1, 7), rng.integers(2, 5, 6)))
    return people, rng.permutation(np.arange(1, 7))[:3]


def _features(rng):
    return (np.maximum(rng.normal(size=integer(rng, 8, 20)), 0) * integer(rng, 1, 5),)


def _day(rng):
    return integer(rng, 1, 9), integer(rng, 10, 900), 2 ** integer(rng, 7, 10), integer(rng, 1, 4)


def _same(a, b):
    return np.asarray(a)[:, None] == b


def _split_by_photo(people, _tested):
    half = len(people) // 2
    return np.arange(half), np.arange(half, half + 3), np.arange(half + 3, len(people))


def _query_kept(people, tested):
    train, query, gallery = solved.my_split(people, tested)
    return train, query, np.union1d(gallery, query)


def _turned(people, tested):
    return solved.my_split(people, np.setdiff1d(people, tested))


def _all_ask(people, tested):
    train, query, gallery = solved.my_split(people, tested)
    return train, np.union1d(query, gallery), gallery


LOST = Exercise(
    name="lost_queries",
    notebook="12",
    title="Which queries are lost to the score?",
    stars=2,
    minutes=6,
    answer="my_lost",
    required=True,
    prompt=(
        "A query counts if the gallery has **a photo of the same person by another camera**. Say for each query "
        "whether it is **lost**: True where there is no such photo. The kit tells you this number before it computes "
        "anything."
    ),
    starter='''import numpy as np


def my_lost(query_people, query_cameras, gallery_people, gallery_cameras):
    """query_people, query_cameras: (Q,). gallery_people, gallery_cameras: (G,). Returns (Q,) True or False."""
    same = query_people[:, None] == gallery_people  # (Q, G)
    other = ...  # (Q, G)
    return ...
''',
    hints=(
        "`query_cameras[:, None] != gallery_cameras` is True where the cameras differ.",
        "A match has both: the same person **and** another camera. `.any(axis=1)` says whether a row has a True.",
    ),
    reference=solved.my_lost,
    comparison=Calls(_sides, cases=24),
    mistakes=(
        Mistake(
            "found",
            "That is True for the queries that have a match. Lost are the others: put `~` before it.",
            lambda p, c, q, d: (_same(p, q) & ~_same(c, d)).any(axis=1),
        ),
        Mistake(
            "any camera",
            "A photo by the query's own camera does not count. Ask for another camera as well.",
            lambda p, c, q, d: ~_same(p, q).any(axis=1),
        ),
        Mistake(
            "own camera",
            "That asks for the query's own camera. A match is a photo by another one.",
            lambda p, c, q, d: ~(_same(p, q) & _same(c, d)).any(axis=1),
        ),
    ),
)

SPLIT = Exercise(
    name="own_split",
    notebook="12",
    title="A split that can be trusted",
    stars=2,
    minutes=7,
    answer="my_split",
    required=True,
    prompt=(
        "`people[i]` says who is on photo i, and `tested` lists the people to test with. Return three arrays of photo "
        "indices: **train**, all photos of the other people; **query**, the first photo of each test person, in the "
        "order of `tested`; **gallery**, the remaining photos of the test people, from small to large."
    ),
    starter='''import numpy as np


def my_split(people, tested):
    """people: (N,) numbers. tested: numbers of the test people. Returns three arrays of photo indices."""
    is_tested = np.isin(people, tested)
    train = ...
    query = np.array([np.flatnonzero(people == who)[0] for who in tested])
    gallery = ...
    return train, query, gallery
''',
    hints=(
        "`np.flatnonzero(mask)` gives the indices at which a mask is True; `~mask` turns it around.",
        "`np.setdiff1d(a, b)` gives what is in a and not in b, from small to large.",
    ),
    reference=solved.my_split,
    comparison=Calls(_photos, cases=24),
    mistakes=(
        Mistake(
            "by photo",
            "That divides photos, so one person stands on both sides. Divide people: nobody may be in train and test.",
            _split_by_photo,
        ),
        Mistake(
            "query kept",
            "The queries are in the gallery too. A query would find itself: take its photo out of the gallery.",
            _query_kept,
        ),
        Mistake(
            "turned",
            "Train and test are exchanged: the people of `tested` are those to test with.",
            _turned,
        ),
        Mistake(
            "all ask",
            "All photos of the test people are queries. Take one photo of each person.",
            _all_ask,
        ),
    ),
)

THROUGH_INT8 = Exercise(
    name="through_int8",
    notebook="12",
    title="Through one byte a number",
    stars=2,
    minutes=6,
    answer="my_int8",
    prompt=(
        "Send features through **int8**, whole numbers from -127 to 127. The scale is the largest absolute value "
        "divided by 127. Divide by it, round to the nearest whole number, and multiply by it again. Return what "
        "arrives."
    ),
    starter='''import numpy as np


def my_int8(features):
    """features: (D,) floats. Returns (D,) floats, as they are after a way through int8."""
    scale = ...
    return ...
''',
    hints=(
        "The largest absolute value is `np.abs(features).max()`. It must become 127.",
        "`np.round` rounds to the nearest whole number; `.astype(np.int8)` alone cuts off what stands behind the "
        "point.",
    ),
    reference=solved.my_int8,
    comparison=Calls(_features, cases=24),
    mistakes=(
        Mistake(
            "cut off",
            "The numbers are cut off and not rounded, so all of them become smaller. Use `np.round` before `astype`.",
            lambda f: np.trunc(f / (np.abs(f).max() / 127)) * (np.abs(f).max() / 127),
        ),
        Mistake(
            "codes",
            "Those are the whole numbers that are sent. Multiply them by the scale: the other side needs features.",
            lambda f: np.round(f / (np.abs(f).max() / 127)),
        ),
        Mistake(
            "no scale",
            "Without a scale all numbers are rounded to whole ones, and small features are lost.",
            np.round,
        ),
        Mistake(
            "nothing lost",
            "That is what was sent, unchanged. A byte has 255 of these values: round to the nearest.",
            lambda f: f * 1.0,
        ),
    ),
)

TRAFFIC = Exercise(
    name="traffic",
    notebook="12",
    title="The traffic of a day",
    stars=1,
    minutes=4,
    answer="my_megabytes",
    prompt=(
        "Some cameras each see a number of people an hour, day and night, and send one list of numbers for each. How "
        "many **megabytes** (1,000,000 bytes) do they send in a **day**?"
    ),
    starter='''def my_megabytes(cameras, photos_an_hour, numbers, bytes_a_number):
    """Four whole numbers. Returns the megabytes of a day."""
    return ...
''',
    hints=(
        "First the bytes of one photo: how many numbers, times the bytes of a number.",
        "Then the photos of a day: cameras times photos an hour times 24.",
    ),
    reference=solved.my_megabytes,
    comparison=Calls(_day, cases=24),
    mistakes=(
        Mistake(
            "an hour",
            "That is the traffic of one hour. A day has 24.",
            lambda c, p, n, b: c * p * n * b / 1_000_000,
        ),
        Mistake(
            "bytes",
            "Those are bytes. Divide by 1,000,000 for megabytes.",
            lambda c, p, n, b: c * p * 24 * n * b,
        ),
        Mistake(
            "bits",
            "That is eight times too much: megabits. A byte has 8 bits.",
            lambda c, p, n, b: c * p * 24 * n * b * 8 / 1_000_000,
        ),
    ),
)

EXERCISES = (LOST, SPLIT, THROUGH_INT8, TRAFFIC)
