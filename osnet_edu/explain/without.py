"""The same ranking without some streams: what a query finds when they are silenced, in it alone or in the gallery too.

A network, its queries and its gallery are embedded once. Then streams are silenced and the query is ranked again:
alone, which takes one pass, or with the whole gallery embedded anew. A silenced stream becomes zero, which the fast
engine computes, or its mean over the gallery, which PyTorch computes (see changes.Means).

Shapes: Q queries, G gallery photos, D features.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path

import numpy as np

from .. import retrieval
from ..embed import Embedding, OnnxEmbedder, TorchEmbedder, embed, embedder_for, normalise
from ..network import weights
from ..photos import market
from ..photos.market import Photo
from ..refused import Refused
from ..retrieval import JUNK, mining
from . import changes

FILL_ZERO, FILL_MEAN = "zero", "mean"  # what a silenced stream becomes
ALONE, ALIKE = "query", "both"  # where it is silenced: in the query alone, in query and gallery alike
HELD = 2_000  # gallery photos that are kept in memory, to be embedded again; more are read anew each time
_MEANS = 256  # gallery photos that a mean is taken of
_KEPT = 24  # embedded galleries that are remembered
BLOCK = 256  # queries whose distances are held at a time
NOBODY = JUNK, 0  # person and camera of a query whom nobody knows: only junk is left out for it
_PART = 64  # photos that are read and embedded at a time

Stream = tuple[str, int]  # block and stream, from 1


@dataclass(frozen=True)
class Ranked:
    """One query's gallery.  order: indices of the photos that count by the Market rule, closest first.

    similarity: (G,) cosine, of all of them.
    """

    order: np.ndarray
    similarity: np.ndarray

    def rank(self, photo: int) -> int:
        """The rank of a gallery photo, from 1; 0 where the Market rule leaves it out."""
        found = np.flatnonzero(self.order == photo)
        return int(found[0]) + 1 if len(found) else 0


class Rankings:
    """A folder's queries and gallery, embedded by one network, and ranked without some of its streams.

    checkpoint: the network and the size of its photos.  folder: a Market-1501 folder, or one as read.
    progress: (done, total) photos.  embedded: queries and gallery by this network, where that was done before.
    queries, gallery: the photos that can be read.  skipped: those that cannot.
    query_features (Q, D), gallery_features (G, D): float32, with nothing silenced.
    Raises: Refused for a network without blocks, and a folder without a query that has a match.
    """

    def __init__(
        self,
        checkpoint: weights.Checkpoint,
        folder: Path | str | market.Market,
        progress: Callable[[int, int], None] | None = None,
        embedded: Embedding | None = None,
    ):
        self.model, self.size = checkpoint.model, checkpoint.size
        self.streams = {name: len(block.stream_names) for name, block in changes.blocks_of(self.model).items()}
        found = folder if isinstance(folder, market.Market) else market.read(folder, train=False)
        photos = [*found.query, *found.gallery]
        if not found.query or not found.gallery:
            raise Refused(
                f"{found.root} needs queries and a gallery, got {len(found.query)} and {len(found.gallery)} photos"
            )
        if embedded is None:
            embedded = embed(self.model, photos, size=self.size, progress=progress)
        readable = set(embedded.photos)
        self.queries = tuple(photo for photo in found.query if photo in readable)
        self.gallery = tuple(photo for photo in found.gallery if photo in readable)
        self.skipped = embedded.skipped
        if not self.queries or not self.gallery:
            raise Refused(f"{found.root} has no query or no gallery photo that can be read")
        # By position, since in a plain folder one photo is a query and a gallery photo.
        kept = np.array([photo in readable for photo in found.query])
        self.query_features, self.gallery_features = np.split(embedded.features, [int(kept.sum())])
        self._count = len(photos)
        self._people = [np.array([photo.person for photo in some]) for some in (self.queries, self.gallery)]
        self._cameras = [np.array([photo.camera for photo in some]) for some in (self.queries, self.gallery)]
        self._galleries: OrderedDict[tuple, np.ndarray] = OrderedDict()
        self._images: np.ndarray | None = None
        self._means: changes.Means | None = None

    @cached_property
    def engine(self) -> OnnxEmbedder | TorchEmbedder:
        """The network as it embeds and silences: set up when it is first needed, which takes a third of a second."""
        return embedder_for(self.model, photos=self._count, size=self.size)

    def triplets(self) -> list[mining.Triplet]:
        """Every query with its hardest positive and its hardest negative, the hardest first, with nothing silenced.

        Raises: Refused where no query has both.
        """
        found: list[mining.Triplet] = []
        for start, rows, ids in self.distances():
            found += [replace(one, query=one.query + start) for one in mining.triplets(rows, *ids)]
        if not found:
            raise Refused("no query has a photo of the same person by another camera, and one of another person")
        return sorted(found, key=lambda triplet: triplet.margin)

    def distances(self) -> Iterator[tuple[int, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]]:
        """Cosine distances with nothing silenced, by blocks of B queries.

        Each block: the index of its first query; (B, G) float32; and the four arrays of people and cameras that
        `mining` and `retrieval` take beside distances.
        """
        (asked, people), (cameras, theirs) = self._people, self._cameras
        for start in range(0, len(self.queries), BLOCK):
            some = slice(start, start + BLOCK)
            rows = retrieval.distances(self.query_features[some], self.gallery_features)
            yield start, rows, (asked[some], people, cameras[some], theirs)

    def unread(self) -> str:
        """Which photos are left out since they cannot be read, in a sentence; an empty text for none."""
        if not self.skipped:
            return ""
        count = len(self.skipped)
        many = f"{count} photos cannot be read and are" if count > 1 else "1 photo cannot be read and is"
        return f"{many} left out; the first is {self.skipped[0].path.name}."

    def sides(self, query: int) -> tuple[list[int], list[int]]:
        """One query's ranking with nothing silenced, apart: the photos of its person, and those of others."""
        person, order = self.queries[query].person, self.ranked(query).order.tolist()
        same = [k for k in order if self.gallery[k].person == person]
        return same, [k for k in order if self.gallery[k].person != person]

    def triplets_with(
        self, query: str | None = None, positive: str | None = None, negative: str | None = None
    ) -> tuple[list[mining.Triplet], int]:
        """All triplets, and the index of the one that is asked for, the hardest without a name.

        query, positive, negative: names of photos. One's own positive or negative takes the mined one's place.
        Raises: Refused for a name that is not there, and a pair that is not one of this query.
        """
        triplets = self.triplets()
        if query is None:
            if positive or negative:
                raise Refused("a hard positive and a hard negative need their query: name it too")
            return triplets, 0
        asked = place_of(query, self.queries, "query")
        found = [k for k, triplet in enumerate(triplets) if triplet.query == asked]
        if not found:
            raise Refused(f"query {query} has no match by another camera in this gallery, or no other person")
        mined = triplets[found[0]]
        if positive or negative:
            p = mined.positive if positive is None else place_of(positive, self.gallery, "gallery photo")
            n = mined.negative if negative is None else place_of(negative, self.gallery, "gallery photo")
            person = self.queries[asked].person
            if self.gallery[p].person != person or self.gallery[n].person == person:
                raise Refused(f"the positive must show person {person}, and the negative somebody else")
            similar = self.ranked(asked).similarity
            triplets[found[0]] = mining.Triplet(asked, p, n, float(1 - similar[p]), float(1 - similar[n]))
        return triplets, found[0]

    def pictures(self, photos: Sequence[Photo]) -> np.ndarray:
        """Photos as the network takes them: (N, H, W, 3) uint8, RGB.  Raises: Refused for one that cannot be read."""
        found = market.decode(photos, self.size)
        if found.skipped:
            raise Refused(f"{found.skipped[0].path.name} cannot be read: {found.skipped[0].reason}")
        return found.images

    def ranked(
        self, query: int, silenced: Sequence[Stream] = (), *, fill: str = FILL_ZERO, where: str = ALONE
    ) -> Ranked:
        """One query's ranking without some streams.

        query: its index.  silenced: (block, stream) pairs.  fill: FILL_ZERO or FILL_MEAN.  where: ALONE or ALIKE.
        Raises: Refused for a query, a stream or a word that is not there, and a query that cannot be read any more.
        """
        if not 0 <= query < len(self.queries):
            raise Refused(f"there are queries 0 to {len(self.queries) - 1}, got {query}")
        some = self._checked(silenced, fill, where)
        if not some:
            features, gallery = self.query_features[query : query + 1], self.gallery_features
        else:
            features = self.features(self.pictures([self.queries[query]]), some, fill=fill)
            gallery = self.gallery_features if where == ALONE else self._gallery(some, fill)
        photo = self.queries[query]
        return self.by_features(features, gallery, who=(photo.person, photo.camera))

    def by_features(
        self, features: np.ndarray, gallery: np.ndarray | None = None, *, who: tuple[int, int] = NOBODY
    ) -> Ranked:
        """Rank the gallery for any query.

        features: (1, D).  gallery: (G, D), instead of the gallery's own.  who: the query's person and camera.
        """
        row = retrieval.distances(features, self.gallery_features if gallery is None else gallery)[0]
        return Ranked(retrieval.ranking(row, *who, self._people[1], self._cameras[1]), 1 - row)

    def features(self, images: np.ndarray, silenced: Sequence[Stream] = (), *, fill: str = FILL_ZERO) -> np.ndarray:
        """Embed pictures without some streams: (N, H, W, 3) uint8 -> (N, D) float32."""
        some = self._checked(silenced, fill, ALONE)
        if fill == FILL_ZERO:
            return self.engine.look(images, changes.factors_without(self.streams, some)).embedding
        with ExitStack() as stack:
            for block in self.streams:
                if here := [stream for name, stream in some if name == block]:
                    stack.enter_context(changes.mute(self.model, here, block, fill=self.means()))
            return TorchEmbedder(self.model)(images)

    def means(self) -> changes.Means:
        """What each stream is on average over the gallery (over 256 of its photos, evenly, where there are more)."""
        if self._means is None:
            chosen = self.gallery[:: -(-len(self.gallery) // _MEANS)]
            self._means = changes.means(self.model, normalise(self.pictures(chosen)))
        return self._means

    def _gallery(self, silenced: tuple[Stream, ...], fill: str) -> np.ndarray:
        key = (silenced, fill)
        if key not in self._galleries:
            if self._images is None and len(self.gallery) <= HELD:
                self._images = self.pictures(self.gallery)
            if self._images is not None:
                made = self.features(self._images, silenced, fill=fill)
            else:
                starts = range(0, len(self.gallery), _PART)
                parts = (self.pictures(self.gallery[start : start + _PART]) for start in starts)
                made = np.concatenate([self.features(part, silenced, fill=fill) for part in parts])
            self._galleries[key] = made
            while len(self._galleries) > _KEPT:
                self._galleries.popitem(last=False)
        self._galleries.move_to_end(key)
        return self._galleries[key]

    def _checked(self, silenced: Sequence[Stream], fill: str, where: str) -> tuple[Stream, ...]:
        if fill not in (FILL_ZERO, FILL_MEAN):
            raise Refused(f"a silenced stream becomes {FILL_ZERO!r} or {FILL_MEAN!r}, got {fill!r}")
        if where not in (ALONE, ALIKE):
            raise Refused(f"streams are silenced in {ALONE!r} or in {ALIKE!r}, got {where!r}")
        some = sorted({(str(block), int(stream)) for block, stream in silenced})
        for block, stream in some:
            if not 1 <= stream <= self.streams.get(block, 0):
                has = ", ".join(f"{name} 1 to {count}" for name, count in self.streams.items())
                raise Refused(f"there is no stream {stream} in block {block!r}; this network has {has}")
        return tuple(some)


def place_of(
    name: str, photos: Sequence[market.Photo], what: str, called: Callable[[market.Photo], str] = attrgetter("name")
) -> int:
    """The place of a photo by its name.  called: a photo's name.  Raises: Refused, with an example of a name."""
    for place, photo in enumerate(photos):
        if called(photo) == name:
            return place
    raise Refused(f"there is no {what} {name!r} that can be read; expected a name such as {called(photos[0])}")
