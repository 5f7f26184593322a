"""The networks that were trained alike: each kind is what its name says, and knows people."""

import numpy as np
import pytest
import torch

from osnet_edu import Refused, assets, retrieval
from osnet_edu.embed import Embedding, embed_images
from osnet_edu.network import siblings
from osnet_edu.photos import market
from osnet_edu.trials import alike

GATES = {kind: kind not in ("addition", "resnext") for kind in alike.BUILDS}
SCALES = {
    "primary": (3, 5, 7, 9),
    "same-depth": (5, 5, 5, 5),
    "addition": (3, 5, 7, 9),
    "resnext": (3,) * 12,
    "256x128": (3, 5, 7, 9),
    "equal-views": (9, 9, 9, 9),
    "equal-depths": (3, 5, 7, 9),
}


@pytest.mark.parametrize("kind", alike.BUILDS)
def test_a_kind_is_what_its_name_says(kind):
    checkpoint = alike.trained(3, kind)
    anatomy = siblings.anatomy(checkpoint.model.blocks()["conv2.0"])
    assert anatomy.scales == SCALES[kind]
    assert (anatomy.gate is not None) == GATES[kind]
    assert checkpoint.size == ((256, 128) if kind == "256x128" else (128, 64))
    assert {parameter.dtype for parameter in checkpoint.model.parameters()} == {torch.float32}
    assert not checkpoint.model.training


@pytest.mark.parametrize("kind", alike.BUILDS)
def test_five_of_a_kind_differ_and_each_knows_people(kind):
    found = market.read(assets.subset())
    people = sorted({photo.person for photo in found.query})[:20]
    photos = [[p for p in side if p.person in people] for side in (found.query, found.gallery)]
    firsts = set()
    for seed in alike.SEEDS[:2]:
        checkpoint = alike.trained(seed, kind)
        firsts.add(next(checkpoint.model.parameters()).sum().item())
        sides = [market.decode(some, checkpoint.size) for some in photos]
        query, gallery = (
            Embedding(np.concatenate([embed_images(checkpoint.model, side.images)]), tuple(side.photos))
            for side in sides
        )
        assert retrieval.score(query, gallery).rank(1) > 0.6  # twins among twenty people; chance is about 0.05
    assert len(firsts) == 2


def test_other_kinds_and_seeds_are_refused():
    with pytest.raises(Refused, match="seed must be one of 0, 1, 2, 3, 4, got 7"):
        alike.trained(7)
    with pytest.raises(Refused, match=r"kind must be one of primary, .*, got 'inception'"):
        alike.trained(0, "inception")
