"""The two people whom the lessons follow: Ana and her twin Bea, who wears another print and is the same in all else.

Both wear a yellow jumper. Ana's print is black, Bea's is white. Where the query shows Ana's print, the shipped network
ranks Ana first. Where she has turned it away, it ranks all six photos of Bea before her.
"""

from dataclasses import dataclass, replace

import numpy as np

from .. import assets, people
from ..explain import without
from ..photos.market import Market, Photo
from ..photos.persons import ANA as ANA
from ..photos.persons import BEA as BEA
from ..photos.persons import called as called
from ..refused import Refused
from ..retrieval.mining import Triplet


@dataclass(frozen=True)
class Trio:
    """Names of three photos: Ana asks, Ana by another camera is the match, Bea is the impostor."""

    query: str
    match: str
    impostor: str

    def photos(self, found: Market) -> tuple[Photo, Photo, Photo]:
        """The photos in a folder: query, match, impostor.  Raises: Refused for a folder without Ana and Bea."""
        queries, gallery = ({photo.name: photo for photo in side} for side in (found.query, found.gallery))
        if self.query not in queries or not {self.match, self.impostor} <= gallery.keys():
            raise Refused(f"this folder does not have Ana and Bea: expected {self.query} among its queries")
        return queries[self.query], gallery[self.match], gallery[self.impostor]


# The print in sight, from the front: the match is the photo that the shipped network ranks first.
PRINT_SEEN = Trio("0209_c6s1_020900_01.jpg", "0209_c5s1_020907_02.jpg", "0210_c2s1_021007_02.jpg")
# The print turned away, from the side: the impostor is the photo that the shipped network ranks first.
PRINT_TURNED = Trio("0209_c1s1_020900_01.jpg", "0209_c3s1_020907_02.jpg", "0210_c5s1_021007_02.jpg")


def portraits() -> np.ndarray:
    """Ana and Bea in one and the same view, from the front and from the side: (4, H, W, 3) uint8, Ana first."""
    records = {record.path.rpartition("/")[2]: record for record in people.read_people(assets.subset())}
    ana, bea = (records[name] for name in (PRINT_TURNED.match, PRINT_TURNED.impostor))
    front = replace(bea.view, yaw=0.0, dx=0.0, distance=8.0, camera_height=1.7, arms="swing", passer=0)
    views = front, replace(front, yaw=1.4)
    return np.stack([people.render(who.identity, view).image for who in (ana, bea) for view in views])


def trio_of(rankings: without.Rankings, trio: Trio) -> Triplet:
    """The three photos by their places in a ranking.

    Returns: for a folder without Ana and Bea its hardest triplet, so that a lesson runs on any folder.
    """
    queries, gallery = ([photo.name for photo in side] for side in (rankings.queries, rankings.gallery))
    if trio.query not in queries or not {trio.match, trio.impostor} <= set(gallery):
        return rankings.triplets()[0]
    query = queries.index(trio.query)
    similarity = rankings.ranked(query).similarity
    places = [gallery.index(name) for name in (trio.match, trio.impostor)]
    return Triplet(query, *places, *(float(1 - similarity[place]) for place in places))
