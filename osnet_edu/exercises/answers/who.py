"""Model answers of notebook 01."""

import numpy as np


def my_cosine(a, b):
    """a, b: (D,) arrays, neither all zero. Returns one number in [-1, 1]."""
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def my_ranking(query, gallery):
    """query: (D,), gallery: (G, D). Returns (G,) int: gallery row numbers, closest first."""
    differences = gallery - query  # (G, D)
    distances = np.sqrt((differences**2).sum(axis=1))  # (G,)
    return np.argsort(distances)


def my_keep(person, camera, people, cameras):
    """person, camera: of the query. people, cameras: (G,) int, of the gallery. Returns (G,) bool."""
    junk = people == -1
    too_easy = (people == person) & (cameras == camera)
    return ~junk & ~too_easy


def my_rank_k(matches, k):
    """matches: (Q, G) bool, each row in ranking order. k: at least 1. Returns a fraction in [0, 1]."""
    first = matches[:, :k]  # the first k places of every row
    return first.any(axis=1).mean()


def my_average_precision(matches):
    """matches: (G,) bool, one query's ranking, closest first, with at least one True. Returns a number in (0, 1]."""
    places = np.arange(1, len(matches) + 1)  # 1, 2, 3, ...
    hits_so_far = np.cumsum(matches)
    precision = hits_so_far / places
    return precision[matches].mean()


def my_hard_cases(distances, person, camera, people, cameras):
    """distances, people, cameras: (G,), of the gallery. person, camera: of the query.

    Returns two gallery row numbers: (hardest positive, hardest negative). Both exist.
    """
    positive = (people == person) & (cameras != camera)
    negative = (people != person) & (people != -1)
    return np.where(positive, distances, -np.inf).argmax(), np.where(negative, distances, np.inf).argmin()


def my_triplet_loss(anchor, positive, negative, margin):
    """anchor, positive, negative: (D,) arrays. margin: a number > 0. Returns a number >= 0."""
    to_positive = np.linalg.norm(anchor - positive)
    to_negative = np.linalg.norm(anchor - negative)
    return max(0.0, to_positive - to_negative + margin)
