"""What is watched while a network learns: a small test, and the gates of one pair."""

from collections.abc import Sequence

import numpy as np

from .. import retrieval
from ..embed import embed, embed_images, normalise
from ..explain import gates
from ..network import weights
from ..network.model import OSNet
from ..photos.market import Market, Photo, decode
from ..refused import Refused
from ..retrieval import mining
from .frames import StepLook
from .pictures import uri

BATCH = 64  # photos embedded at a time


class Watch:
    """A small test and a pair, decoded once and looked at again and again.

    queries, gallery: photos of a test; few, since every look embeds them all.  pair: a query and a photo of somebody
    else who looks alike.  size: (height, width) that the network takes.
    Raises: Refused where no query has a match by another camera.
    """

    def __init__(self, queries: Sequence[Photo], gallery: Sequence[Photo], pair: Sequence[Photo], size: tuple):
        sides = [decode(photos, size) for photos in (queries, gallery, pair)]
        if len(sides[2].photos) != 2:
            raise Refused(f"the pair takes two readable photos, got {len(sides[2].photos)}")
        self._images = [side.images for side in sides]
        self.queries, self.gallery, self.pair = (side.photos for side in sides)
        people = len({photo.person for photo in self.queries})
        self.words = f"{len(self.queries)} queries and {len(self.gallery)} gallery photos of {people} unseen people"
        self._score(np.zeros((len(self.queries), len(self.gallery))))

    @classmethod
    def of(cls, found: Market, size: tuple[int, int], *, people: int = 20, queries: int = 2) -> "Watch":
        """The first test people of a set with a few queries each; the pair is a hard one to the shipped weights.

        Such a test is smaller and easier than the whole one: it shows how a run goes; do not report its score.
        """
        chosen = sorted({photo.person for photo in found.query})[:people]
        asked = [photo for person in chosen for photo in [p for p in found.query if p.person == person][:queries]]
        among = [photo for photo in found.gallery if photo.person in chosen]
        checkpoint = weights.shipped()
        sides = [embed(checkpoint.model, photos, size=checkpoint.size) for photos in (asked, among)]
        rest = (sides[0].people, sides[1].people, sides[0].cameras, sides[1].cameras)
        hard = mining.triplets(retrieval.distances(sides[0].features, sides[1].features), *rest)
        pair = (sides[0].photos[hard[0].query], sides[1].photos[hard[0].negative])
        return cls(asked, among, pair, size)

    def look(self, model: OSNet) -> StepLook:
        """Look now, in float32.  The model is given back in the mode in which it came."""
        queries, gallery = (
            np.concatenate([embed_images(model, images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
            for images in self._images[:2]
        )
        score = self._score(retrieval.distances(queries, gallery))
        device = next(model.parameters()).device
        means = gates.read(model, normalise(self._images[2], device)).means
        return StepLook(
            round(score.rank(1), 4),
            round(score.mean_ap, 4),
            {block: np.round(values.astype(float), 4).tolist() for block, values in means.items()},
        )

    def described(self) -> tuple[dict, dict]:
        """The pair as pictures with words: {src, text} of the query, and of the other person."""
        who = ("the query", "somebody else")
        texts = (f"{w}: person {p.person}, camera {p.camera}" for w, p in zip(who, self.pair, strict=True))
        one, other = ({"src": uri(image), "text": text} for image, text in zip(self._images[2], texts, strict=True))
        return one, other

    def _score(self, distances: np.ndarray) -> retrieval.Score:
        sides = (self.queries, self.gallery)
        ids = [np.array([photo.person for photo in side]) for side in sides]
        cameras = [np.array([photo.camera for photo in side]) for side in sides]
        return retrieval.evaluate(distances, ids[0], ids[1], cameras[0], cameras[1])
