"""Ranked lists of a query or a photo of one's own, by any index: exact, or one that looks at a part of the gallery."""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from ..explain import without
from ..refused import Refused
from ..retrieval import search
from .listed import LONGEST, Listed, listed
from .shelf import Shelf


class Finder:
    """Searches the gallery of a shelf.

    kind: of the index, a name in search.KINDS.  Each network's gallery gets one when it is first searched.
    """

    def __init__(self, shelf: Shelf, kind: str = "exact"):
        if not isinstance(kind, str) or kind not in search.KINDS:
            raise Refused(f"there is no index of kind {kind!r}; expected one of {', '.join(search.KINDS)}")
        self._shelf, self.kind = shelf, kind
        self._indexes: WeakKeyDictionary[without.Rankings, search.Index] = WeakKeyDictionary()

    def of_query(
        self, name: str, query: int, silenced: Sequence[without.Stream] = (), *, where: str = without.ALONE
    ) -> Listed:
        """A query's list.  name: of the network.  silenced: streams that it does without, where: as in Rankings."""
        rankings = self._shelf.rankings(name)
        photo = rankings.queries[query]
        if silenced and where == without.ALIKE:  # the gallery is embedded anew, and has no index
            similarity = rankings.ranked(query, silenced, where=where).similarity
            order = np.argsort(-similarity, kind="stable")[:LONGEST]
            return listed(order, similarity[order], photo, rankings.gallery)
        features = rankings.query_features[query : query + 1]
        if silenced:
            features = rankings.features(rankings.pictures([photo]), silenced)
        return self._listed(rankings, features, photo)

    def of_image(self, name: str, image: np.ndarray, silenced: Sequence[without.Stream] = ()) -> Listed:
        """The list of a picture of whom nobody knows: (H, W, 3) uint8 of the network's size."""
        rankings = self._shelf.rankings(name)
        return self._listed(rankings, rankings.features(image[None], silenced), None)

    def _listed(self, rankings: without.Rankings, features: np.ndarray, photo) -> Listed:
        if rankings not in self._indexes:
            self._indexes[rankings] = search.index(rankings.gallery_features, self.kind)
        found = self._indexes[rankings](features, min(LONGEST, len(rankings.gallery)))
        return listed(found.indices[0], found.similarity[0], photo, rankings.gallery)
