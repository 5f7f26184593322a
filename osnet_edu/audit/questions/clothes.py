"""Person or clothes: the shipped gallery in other clothes, from the same places and in the same light."""

from pathlib import Path

import numpy as np

from ... import assets, people, retrieval
from ...experiments import clothes
from ...photos import market
from .. import scenes
from ..record import Answer
from .ask import Inquiry, first_places, unit

_RULE = "one ranking"  # by which both are found in exchanged clothes


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
        if outfit == clothes.EXCHANGED:
            own, wearer = clothes.exchanged_scores(rows, persons, ids[0], ids[1], cameras[0], cameras[1])
            scores = {outfit: own, "first is who wears her clothes": wearer}
        else:
            scores = {outfit: retrieval.evaluate(rows, ids[0], ids[1], cameras[0], cameras[1])}
        figures += [first_places(label, score, ids[0], chance=chance) for label, score in scores.items()]
    return Answer("clothes", scenes.scene_name("clothes", name, _RULE), tuple(figures))
