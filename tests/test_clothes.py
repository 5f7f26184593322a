"""The same people in other clothes: what is put on, what stays, and who is found."""

from dataclasses import replace

import numpy as np
import pytest

from osnet_edu import assets, people
from osnet_edu.experiments import EXPERIMENTS, clothes
from osnet_edu.network import weights
from osnet_edu.photos import market

ALL = [name for names in people.WORN.values() for name in names]


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Four rendered people with their records, as a folder of their own."""
    root = tmp_path_factory.mktemp("clothes") / "market"
    people.write_dataset(root, people=8, unseen=4, photos=12, seed=3, size=(64, 32), workers=1)
    return root


def test_only_the_clothes_change_and_only_those_that_were_named(few):
    records = {record.person: record for record in people.read_people(few)}
    persons = sorted(records)
    dressed = clothes.outfits([records[person] for person in persons], persons)
    body = set(people.Identity.__dataclass_fields__) - set(ALL)
    assert {"height", "skin", "hair", "hair_color", "grain", "girth"} <= body
    for name, found in dressed.items():
        for person, identity in zip(persons, found, strict=True):
            own = records[person].identity
            assert all(getattr(identity, field) == getattr(own, field) for field in body), name
    following = [records[person].identity for person in np.roll(persons, -1).tolist()]
    for identity, other in zip(dressed[clothes.EXCHANGED], following, strict=True):
        assert all(getattr(identity, field) == getattr(other, field) for field in ALL)
    changed = 0
    for identity, person in zip(dressed["strangers' shoes alone"], persons, strict=True):
        own = records[person].identity
        assert replace(identity, **{f: getattr(own, f) for f in people.WORN["shoes"]}) == own
        changed += identity != own
    assert changed == len(persons)


def test_a_network_is_asked_about_each_wardrobe(few):
    told = []
    found = clothes.measure_clothes(few, replace(weights.shipped(), size=(64, 32)), lambda *at: told.append(at))
    parts = [f"strangers' {part} alone" for part in people.WORN]
    assert list(found.rank1) == [clothes.SAME_CLOTHES, clothes.OTHERS, clothes.EXCHANGED, *parts]
    assert told[-1][0] == told[-1][1] == len(found.rank1) * found.photos
    assert found.rank1[clothes.SAME_CLOTHES].value > found.rank1[clothes.EXCHANGED].value
    assert found.wearer.value > found.rank1[clothes.EXCHANGED].value
    said = str(found)
    assert "first is who wears her clothes" in said and f"Chance: {found.chance:.1%}" in said


def test_a_first_photo_in_exchanged_clothes_is_of_one_person_at_most():
    """Person 1's clothes are worn by 3, 2's by 1, 3's by 2. Camera 1 asks; its own photos of both are left out."""
    gallery = np.array([(1, 1), (1, 2), (2, 2), (3, 1), (3, 2)])
    rows = np.array([
        [0.1, 0.4, 0.9, 0.2, 0.3],  # person 1: both own-camera photos are nearest, then 3, who wears the clothes
        [0.1, 0.2, 0.3, 0.9, 0.9],  # person 2: camera 1 sees 1, who wears the clothes; then 1 by camera 2
        [0.3, 0.4, 0.5, 0.1, 0.2],  # person 3: itself, by camera 2
    ])  # fmt: skip
    sides = np.array([1, 2, 3]), gallery[:, 0], np.ones(3, int), gallery[:, 1]
    own, wearer = clothes.exchanged_scores(rows, [1, 2, 3], *sides)
    assert own.first_hit.tolist() == [2, 2, 1]
    assert wearer.first_hit.tolist() == [1, 1, 4]
    assert not ((own.first_hit == 1) & (wearer.first_hit == 1)).any()


def test_real_photos_cannot_change_their_clothes(tmp_path):
    found = market.read(assets.subset())
    market.write(
        replace(found, train=found.train[:40], query=found.query[:2], gallery=found.gallery[:9]), tmp_path / "m"
    )
    with pytest.raises(ValueError, match=r"has no people\.json: only rendered people"):
        clothes.measure_clothes(tmp_path / "m", weights.shipped())
    assert EXPERIMENTS["clothes"].load() is clothes.run and EXPERIMENTS["clothes"].load_own() is clothes.run_own
