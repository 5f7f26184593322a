"""Named draws: pinned values, so that another release of NumPy or another machine gives the same people and batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from osnet_edu import draws, train
from osnet_edu.people import noise

WORDS = st.one_of(st.integers(-5, 10**9), st.text(st.characters(blacklist_characters="/"), max_size=8))


def test_what_draws_people_is_pinned():
    assert draws.named(0, "view", 7, 1, 2).integers(0, 1 << 62, 3).tolist() == [
        3174071279608690268,
        1284879462335720572,
        3209404197168435172,
    ]
    assert draws.named("known").random() == 0.9681796285236426
    assert draws.named("passer", "a/b").random() == 0.7431699802014824


def test_what_draws_batches_is_pinned():
    rng = draws.named(0, "batch", 1, order="little")
    assert rng.integers(0, 1 << 62, 2).tolist() == [879554518749804115, 2384769448628289977]
    assert draws.named(3, "epoch", 2, order="little").permutation(10).tolist() == [4, 5, 2, 7, 6, 1, 0, 9, 8, 3]
    labels = np.repeat(np.arange(10), 2)
    config = train.TrainConfig(photos=80, people=0, shots=4, triplet=0.0, size=(64, 32))
    assert train.draw_batch(labels[:10], config, 3, rng).tolist() == [8, 2, 8, 7]


def test_the_noise_tables_are_pinned():
    assert float(noise.lattice("x", 8)[3, 4]) == np.float32(0.7046958208084106)
    assert float(noise.cloud("x")[5, 7]) == np.float32(0.47798725962638855)


@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, min_size=1, max_size=4))
def test_a_draw_belongs_to_its_name_and_to_nothing_else(one, other):
    first = draws.named(*one).integers(0, 1 << 62)
    draws.named(*other).random(5)  # what is asked between changes nothing
    assert draws.named(*one).integers(0, 1 << 62) == first
    same = "/".join(map(str, one)) == "/".join(map(str, other))
    assert (draws.named(*other).integers(0, 1 << 62) == first) == same
    assert draws.named(*one, order="little").integers(0, 1 << 62) != first
