"""An open pair: a query and a gallery photo, and the rival that it is held against."""

import numpy as np

from ..explain import without
from ..mining import Triplet
from ..refused import Refused


def triplet(rankings: without.Rankings, query: int, place: int) -> Triplet:
    """The triple that a gallery photo asks about: itself, and the best-ranked photo of the other side.

    Raises: Refused where the Market rule leaves the photo out, and where there is no match or nobody else.
    """
    ranked = rankings.ranked(query)
    person = rankings.queries[query].person
    if not ranked.rank(place):
        raise Refused("the Market rule leaves this photo out, so it cannot win or lose against another one")
    same = np.array([rankings.gallery[k].person == person for k in ranked.order])
    here = rankings.gallery[place].person == person
    if same.all() or not same.any():
        lacks = "photo of another person" if same.any() else "match by another camera"
        raise Refused(f"a duel needs a match and an impostor, and the gallery has no {lacks} for this query")
    rival = int(ranked.order[np.flatnonzero(same != here)[0]])
    positive, negative = (place, rival) if here else (rival, place)
    return Triplet(query, positive, negative, *(float(1 - ranked.similarity[photo]) for photo in (positive, negative)))
