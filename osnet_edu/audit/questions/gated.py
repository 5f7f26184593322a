"""Gates, of a network that has them: what they follow, and which stream a decision needs."""

import math
from functools import partial

import numpy as np

from ... import assets, people, retrieval
from ...embed import normalise
from ...experiments import gate_variance
from ...explain import gates, without
from ...machine import pool
from ...photos import market
from .. import scenes
from ..record import Answer, Figure
from .ask import Inquiry, first_places

_FACTORS = ("person", "camera", "yaw", "background")


def by_gates(asked: Inquiry) -> Answer:
    """Rank-1 at home without each stream, and the share of the gates' variance that each factor explains."""
    checkpoint = asked.subject.checkpoint
    assert checkpoint is not None  # `questions` asks this of open networks only
    figures = list(_without_streams(asked))
    name = scenes.scene_name("gates", asked.budget.crossed)
    blocks = checkpoint.model.blocks().values()
    notes: tuple[str, ...] = ()
    if asked.budget.crossed is None:
        notes = ("What the gates follow is asked by the whole audit alone: it takes 576 photos.",)
    elif all(block.gate is not None for block in blocks):
        figures += _followed(asked, *asked.budget.crossed)
    else:
        notes = ("At least one block of this network has no gate: what gates follow is not asked.",)
    return Answer("gates", name, tuple(figures), notes)


def _without_streams(asked: Inquiry) -> list[Figure]:
    checkpoint = asked.subject.checkpoint
    assert checkpoint is not None
    rankings = without.Rankings(checkpoint, market.read(assets.subset(), train=False))
    sides = (rankings.queries, rankings.gallery)
    ids = [np.array([photo.person for photo in side]) for side in sides]
    cameras = [np.array([photo.camera for photo in side]) for side in sides]
    images = [rankings.pictures(side) for side in sides]
    most = max(rankings.streams.values())
    found = []
    for stream in range(most + 1):
        silenced = [(block, stream) for block, count in rankings.streams.items() if 1 <= stream <= count]
        if silenced:
            query, gallery = (rankings.features(some, silenced) for some in images)
        else:
            query, gallery = rankings.query_features, rankings.gallery_features
        score = retrieval.evaluate(retrieval.distances(query, gallery), ids[0], ids[1], cameras[0], cameras[1])
        name = f"without stream {stream}" if stream else "all streams"
        found.append(first_places(name, score, ids[0]))
    return found


def _followed(asked: Inquiry, cameras: int, yaws: int, backgrounds: int) -> list[Figure]:
    """Omega squared of each factor, by block: a value for each person by the jackknife, whose mean is the share."""
    checkpoint = asked.subject.checkpoint
    assert checkpoint is not None
    cells = people.crossed_views(
        gate_variance.PEOPLE,
        cameras=tuple(range(1, 1 + cameras)),
        yaws=tuple(2 * math.pi * k / yaws for k in range(yaws)),
        backgrounds=tuple(range(1, 1 + backgrounds)),
        seed=gate_variance.SEED,
    )
    levels = {factor: np.array([getattr(cell, factor) for cell in cells]) for factor in _FACTORS}
    images = []
    with pool.results(partial(gate_variance.shoot, size=checkpoint.size), cells) as results:
        for image in results:
            images.append(image)
            asked.progress(len(images), len(cells))
    reading = gates.read(checkpoint.model, normalise(np.stack(images)), batch=64)
    persons = np.unique(levels["person"])
    found = []
    for block, values in reading.gates.items():
        flat = values.reshape(len(cells), -1)
        whole = gate_variance.omega_squared(flat, levels)
        others = []
        for person in persons:
            kept = levels["person"] != person
            others.append(gate_variance.omega_squared(flat[kept], {f: level[kept] for f, level in levels.items()}))
        for factor in _FACTORS:
            pseudo = [len(persons) * whole[factor] - (len(persons) - 1) * one[factor] for one in others]
            found.append(Figure(f"{block} {factor}", tuple(pseudo), tuple(map(int, persons))))
    return found
