"""Person or clothes: the shipped gallery in other clothes, from the same places and in the same light."""

from pathlib import Path

import numpy as np

from ... import assets, people, retrieval
from ...experiments import clothes
from ...photos import market
from .. import scenes
from ..record import Answer
from .ask import Inquiry, first_places, unit


def in_other_clothes(asked: Inquiry) -> Answer:
    """Who is found when the gallery wears other clothes; the queries wear what they wore."""
    root = assets.subset()
    found = market.read(root, train=False)
    records = {Path(record.path).name: record for record in people.read_people(root)}
    everybody = sorted({photo.person for photo in found.gallery if photo.person > 0})
    persons = everybody[: asked.budget.dressed]
    query = scenes.decoded([photo for photo in found.query if photo.person in persons])
    gallery = [photo for photo in found.gallery if photo.person in persons]
    outfits = clothes.outfits([records[photo.name] for photo in gallery], persons)
    if not asked.budget.outfits:
        kept = (clothes.SAME_CLOTHES, clothes.OTHERS, clothes.EXCHANGED)
        outfits = {name: outfits[name] for name in kept}
    shots = [
        (identity, records[photo.name].view)
        for one in outfits.values()
        for identity, photo in zip(one, gallery, strict=True)
    ]
    images, name = scenes.photographed(shots, asked.progress)
    features = unit(asked.embed, images).reshape(len(outfits), len(gallery), -1)
    searched = unit(asked.embed, query.images)
    ids = [np.array([photo.person for photo in side]) for side in (query.photos, gallery)]
    cameras = [np.array([photo.camera for photo in side]) for side in (query.photos, gallery)]
    chance = 1 / len(persons)
    figures = []
    for outfit, some in zip(outfits, features, strict=True):
        rows = 1 - searched @ some.T
        score = retrieval.evaluate(rows, ids[0], ids[1], cameras[0], cameras[1])
        figures.append(first_places(outfit, score, ids[0], chance=chance))
        if outfit == clothes.EXCHANGED:
            # Each wears the clothes of the next person: a query's clothes are now worn by the one before it.
            wearer = dict(zip(persons, np.roll(persons, 1).tolist(), strict=True))
            theirs = np.array([wearer[person] for person in ids[0]])
            score = retrieval.evaluate(rows, theirs, ids[1], cameras[0], cameras[1])
            figures.append(first_places("first is who wears her clothes", score, ids[0], chance=chance))
    return Answer("clothes", scenes.scene_name("clothes", name), tuple(figures))
