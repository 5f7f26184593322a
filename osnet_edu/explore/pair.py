"""An open pair: a query and a gallery photo, and the rival that it is held against."""

from ..explain import without
from ..refused import Refused
from ..retrieval.mining import Triplet


def triplet(rankings: without.Rankings, query: int, place: int) -> Triplet:
    """The triple that a gallery photo asks about: itself, and the best-ranked photo of the other side.

    Raises: Refused where the Market rule leaves the photo out, and where there is no match or nobody else.
    """
    ranked = rankings.ranked(query)
    if not ranked.rank(place):
        raise Refused("the Market rule leaves this photo out, so it cannot win or lose against another one")
    same, others = rankings.sides(query)
    if not same or not others:
        lacks = "photo of another person" if same else "match by another camera"
        raise Refused(f"a duel needs a match and an impostor, and the gallery has no {lacks} for this query")
    positive, negative = (place, others[0]) if place in same else (same[0], place)
    return Triplet(query, positive, negative, *(float(1 - ranked.similarity[photo]) for photo in (positive, negative)))
