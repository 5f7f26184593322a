"""A ranking whose query is picked among small photos, in the place of a number in a cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import traitlets

from .. import retrieval
from ..embed import Embedding
from ..explore import story
from ..photos.market import Photo, decode
from ..refused import Refused
from .pictures import uri
from .widget import Widget, checked

_SIZE = (128, 64)  # height and width of a photo in pixels
_OFFERED = 24  # queries to pick from, unless they are named


@dataclass(frozen=True)
class FoundPhoto:
    """A photo of the ranking.  src, text: the picture and its words.  same: is it the query's person?"""

    src: str
    text: str
    who: str
    same: bool
    rank: int
    similarity: float


class PickQuery(Widget, script="pick_query.js"):
    """A row of queries and the ranking of the one that is picked, by cosine similarity and the Market rule.

    queries, gallery: Embedding.  first: names of photos that come first in the row, where they are among the queries.
    count: how many queries are offered; the others are spread evenly.  k: ranks that are shown.
    chosen: the query that is picked, counted from 0 in the row; may be set.
    Raises: Refused without a query or a gallery.
    """

    offered = traitlets.List().tag(sync=True)  # {src, text} of each query in the row
    chosen = traitlets.Int(0).tag(sync=True)
    found = traitlets.List().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, queries: Embedding, gallery: Embedding, *, first: Sequence[str] = (), count: int = _OFFERED, k: int = 8
    ):
        if not len(queries.photos) or not len(gallery.photos):
            raise Refused("to pick a query, there must be at least one query and one gallery photo")
        self._queries, self._gallery, self._k = queries, gallery, k
        self.row = _row([photo.name for photo in queries.photos], first, count)
        photos = [queries.photos[place] for place in self.row]
        images = decode(photos, _SIZE).images
        super().__init__()
        self.offered = [{"src": uri(i, "JPEG"), "text": _who(p)} for i, p in zip(images, photos, strict=True)]
        self.observe(self._rank, "chosen")
        self._rank()

    @checked("chosen")
    def _check_chosen(self, chosen: int) -> None:
        if not 0 <= chosen < len(self.row):
            raise Refused(f"There are queries 0 to {len(self.row) - 1}, and no query {chosen}.")

    def _rank(self, _change=None) -> None:
        queries, gallery = self._queries, self._gallery
        query = self.row[self.chosen]
        photo = queries.photos[query]
        distances = retrieval.distances(queries.features[query : query + 1], gallery.features)[0]
        order = retrieval.ranking(distances, photo.person, photo.camera, gallery.people, gallery.cameras)
        shown = [gallery.photos[place] for place in order[: self._k]]
        images = decode(shown, _SIZE).images
        hits = np.flatnonzero(gallery.people[order] == photo.person) + 1
        with self.hold_sync():
            self.show(
                {
                    "found": [
                        FoundPhoto(
                            uri(image, "JPEG"), _who(one), story.called(one), one.person == photo.person, rank, value
                        )
                        for rank, (image, one, value) in enumerate(
                            zip(images, shown, (1 - distances[order]).round(4).tolist(), strict=False), start=1
                        )
                    ]
                }
            )
            self.said = _said(photo, shown, hits)


def _row(names: Sequence[str], first: Sequence[str], count: int) -> list[int]:
    """Places of the queries that are offered: the named ones, then others at even steps."""
    named = [names.index(name) for name in first if name in names]
    others = [place for place in range(len(names)) if place not in named]
    left = max(0, min(count - len(named), len(others)))
    return named + [others[step * len(others) // left] for step in range(left)]


def _who(photo: Photo) -> str:
    return f"{story.called(photo)}, camera {photo.camera}"


def _said(photo: Photo, shown: Sequence[Photo], hits: np.ndarray) -> str:
    who = _who(photo)
    if not len(hits):
        return f"{who}: the gallery has no photo of this person by another camera."
    if hits[0] == 1:
        return f"{who}: rank 1 is right. Matches stand at rank {_listed(hits)}."
    return f"{who}: rank 1 is {story.called(shown[0])}, who is another person. Matches stand at rank {_listed(hits)}."


def _listed(hits: np.ndarray) -> str:
    *some, last = map(str, hits.tolist())
    return f"{', '.join(some)} and {last}" if some else last
