"""Hard positives and hard negatives, as pictures: where the network is nearest to a mistake, or makes one."""

import numpy as np

from ... import assets
from ...photos import market
from ...retrieval import mining, ranking
from .. import scenes
from ..record import Answer, Picture
from .ask import Inquiry, unit

_ROWS = 4
_TIMES = 2  # larger than the photos


def nearest_mistakes(asked: Inquiry) -> Answer:
    """Queries of different people with the smallest margins, each with its farthest match and nearest stranger."""
    root = assets.subset()
    found = market.read(root, train=False)
    query, gallery = (scenes.decoded(photos) for photos in (found.query, found.gallery))
    rows = 1 - unit(asked.embed, query.images) @ unit(asked.embed, gallery.images).T
    ids = [np.array([photo.person for photo in side.photos]) for side in (query, gallery)]
    cameras = [np.array([photo.camera for photo in side.photos]) for side in (query, gallery)]
    pictures: list[Picture] = []
    taken: set[int] = set()
    for triplet in mining.triplets(rows, *ids, *cameras):
        person = int(ids[0][triplet.query])
        if person in taken or len(taken) == _ROWS:
            continue
        row = len(taken)
        taken.add(person)
        order = ranking(rows[triplet.query], person, int(cameras[0][triplet.query]), ids[1], cameras[1]).tolist()
        other = int(ids[1][triplet.negative])
        who = f"person {other}" if other > 0 else "a passer-by"
        trio = query.images[triplet.query], gallery.images[triplet.positive], gallery.images[triplet.negative]
        jpegs = [scenes.as_jpeg(photo, _TIMES) for photo in trio]
        places = order.index(triplet.positive) + 1, order.index(triplet.negative) + 1
        pictures += [
            Picture(jpegs[0], f"Query: person {person}", f"person {person}", row, "query"),
            Picture(
                jpegs[1], f"The same person at rank {places[0]}",
                f"rank {places[0]}, similarity {1 - triplet.positive_distance:.2f}", row, "match",
            ),
            Picture(
                jpegs[2], f"Another person, {who}, at rank {places[1]}",
                f"{who}: rank {places[1]}, similarity {1 - triplet.negative_distance:.2f}", row, "impostor",
            ),
        ]  # fmt: skip
    return Answer("pairs", scenes.scene_name("pairs", root.name), (), (), tuple(pictures))
