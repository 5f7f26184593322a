"""Twins of shape: the same colours in another form, and a truth that is where the form changed."""

from dataclasses import replace

import numpy as np
import pytest

from osnet_edu import Refused, people
from osnet_edu.grading import frozen, shape_twins
from osnet_edu.people.identity import COLORS

SIZE = (96, 48)
# What may differ between the twins of a part.
FORMS = {
    "hat": {"hat"},
    "bag": {"bag"},
    "sleeves": {"sleeve"},
    "bottom length": {"bottom_length"},
    "hair": {"hair"},
}


@pytest.fixture(scope="module")
def cases():
    return shape_twins.render(size=SIZE, families=1)


@pytest.mark.parametrize("part", people.SHAPE_PARTS)
def test_one_form_changes_and_no_colour(part):
    for person in range(1, 30):
        one = people.prepare_shape(people.draw_identity(5, person), part, 5)
        other = people.shape_twin(one, part, 5)
        changed = {name for name, value in vars(one).items() if value != getattr(other, name)}
        assert changed == FORMS[part] and not changed & set(COLORS), person
        assert other == people.shape_twin(one, part, 5)


def test_lengths_change_by_much():
    for part, name in (("sleeves", "sleeve"), ("bottom length", "bottom_length")):
        for person in range(1, 30):
            one = people.prepare_shape(people.draw_identity(5, person), part, 5)
            assert abs(getattr(one, name) - getattr(people.shape_twin(one, part, 5), name)) >= 0.35, (part, person)


def test_a_part_that_is_unknown_or_not_worn_is_refused():
    one = people.draw_identity(5, 1)
    with pytest.raises(Refused, match="allowed are hat, bag, sleeves, bottom length, hair"):
        people.shape_twin(one, "logo", 5)
    with pytest.raises(Refused, match="allowed are hat"):
        people.prepare_shape(one, "shoes", 5)
    with pytest.raises(Refused, match="see prepare_shape"):
        people.shape_twin(replace(one, bag="none"), "bag", 5)


def test_the_set_is_like_the_frozen_one_with_other_people(cases):
    assert cases.part.tolist() == list(people.SHAPE_PARTS)
    assert cases.query.shape == cases.same.shape == (5, *SIZE, 3)
    ours = set(cases.family.tolist())
    assert len(ours) == 5 and not ours & {1 + 1000 * number + k for number in range(8) for k in range(25)}
    assert cases.name != frozen.name_of(frozen.describe(size=SIZE, families=1))


def test_the_truth_is_where_the_photos_differ(cases):
    least = frozen.least_visible(SIZE)
    for k, part in enumerate(cases.part):
        gap = np.abs(cases.same[k].astype(int) - cases.negative[k]).mean(2)
        assert cases.truth[k].sum() >= least, part
        assert cases.weight[k][cases.truth[k]].min() >= shape_twins.FAINTEST
        assert gap[cases.truth[k]].mean() > 5 * gap[~cases.truth[k]].mean(), part


def test_no_family_is_refused():
    with pytest.raises(Refused, match="at least one family a part"):
        shape_twins.render(families=0)
