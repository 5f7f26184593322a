"""Who is found: at home, in another world, and among look-alikes who differ in one part."""

import numpy as np

from ... import assets, retrieval
from ...grading import frozen
from ...photos import market
from .. import scenes
from ..record import Answer, Figure, figure_of
from .ask import Inquiry, first_places, unit


def at_home(asked: Inquiry) -> Answer:
    """The shipped test: 60 people whom no shipped weights have met."""
    root = assets.subset()
    return _searched(asked, "home", market.read(root, train=False), root.name)


def elsewhere(asked: Inquiry) -> Answer:
    """A world that shares no camera, street, colour of clothes or build with any that the kit trains on."""
    folder, name = scenes.street(asked.budget.persons, asked.progress)
    return _searched(asked, "other", market.read(folder, train=False), name)


def look_alikes(asked: Inquiry) -> Answer:
    """Look-alikes by part: is the person, by a third camera, more similar to the query than the twin is?"""
    found = cases(asked.budget.families, asked.progress)
    query, positive, negative = (unit(asked.embed, some) for some in (found.query, found.positive, found.negative))
    margin = ((positive - negative) * query).sum(-1)
    right = np.where(margin == 0, 0.5, margin > 0)
    figures = [
        figure_of(part, right[found.part == part], found.family[found.part == part], chance=0.5)
        for part in frozen.PARTS
    ]
    return Answer("twins", found.name, (figure_of("all parts", right, found.family, chance=0.5), *figures))


def cases(families: int, progress=None) -> frozen.Cases:
    """The grading set's first families of each part, from the cache folder."""
    name = scenes.scene_name("twins", frozen.name_of(frozen.describe(size=scenes.SCENE_SIZE, families=families)))
    found = scenes.remembered(
        name, lambda: vars(frozen.render(size=scenes.SCENE_SIZE, families=families, progress=progress))
    )
    return frozen.Cases(**found)


def _searched(asked: Inquiry, question: str, found: market.Market, name: str) -> Answer:
    sides = [scenes.decoded(photos) for photos in (found.query, found.gallery)]
    asked_for, among = (unit(asked.embed, side.images) for side in sides)
    ids = [np.array([photo.person for photo in side.photos]) for side in sides]
    cameras = [np.array([photo.camera for photo in side.photos]) for side in sides]
    score = retrieval.evaluate(1 - asked_for @ among.T, ids[0], ids[1], cameras[0], cameras[1])
    hit = score.first_hit > 0
    chance = float(np.mean([(ids[1] == person).mean() for person in ids[0]]))
    figures: tuple[Figure, ...] = (
        first_places("rank-1", score, ids[0], chance=chance),
        figure_of("mAP", score.average_precision[hit], ids[0][hit], chance=chance),
    )
    return Answer(question, scenes.scene_name(question, name), figures)
