"""Segment exchange against networks whose answer is known: the piece that the network reads, and no other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osnet_edu import Refused
from osnet_edu.explain import exchange, pieces
from osnet_edu.grading import marks

HEIGHT, WIDTH = 64, 32
PATCH = (slice(20, 32), slice(10, 22))  # of both photos, in different colours
OTHER = (slice(44, 56), slice(10, 22))  # differs as well, but the network does not read it


def scene(patch, other):
    rng = np.random.default_rng(0)
    photo = np.clip(rng.normal(110, 3, (HEIGHT, WIDTH, 3)), 0, 255)
    photo[PATCH], photo[OTHER] = patch, other
    return photo.astype(np.uint8)


QUERY, NEGATIVE = scene((220, 60, 40), (60, 60, 200)), scene((40, 90, 220), (200, 190, 40))


def reads(where):
    """A network that knows the mean colour of one rectangle and nothing else."""

    def embed(photos):
        return np.asarray(photos, float)[:, where[0], where[1]].mean((1, 2)) / 255

    return embed


def inside(where):
    truth = np.zeros((HEIGHT, WIDTH), bool)
    truth[where] = True
    return truth


@pytest.mark.parametrize("where", [PATCH, OTHER])
def test_it_finds_the_piece_that_the_network_reads(where):
    heat = exchange.against(reads(where), QUERY, NEGATIVE)
    score = marks.grade(heat, inside(where), against=True)
    assert score.rank > 0.9 and score.mass > 0.5 and score.pointing == 1
    elsewhere = OTHER if where is PATCH else PATCH
    assert marks.grade(heat, inside(elsewhere), against=True).rank < 0.2


def test_taking_a_piece_away_finds_it_too_where_what_lies_around_is_nearer_to_the_query():
    """The patch is gone into grey, which is nearer to the query's red than blue is."""
    heat = exchange.without(reads(PATCH), QUERY, NEGATIVE)
    score = marks.grade(heat, inside(PATCH), against=True)
    assert score.rank > 0.9 and score.pointing == 1 and heat.sum() == pytest.approx(-1, abs=1e-9)


def test_its_heat_speaks_against_and_adds_up_to_one():
    heat = exchange.against(reads(PATCH), QUERY, NEGATIVE)
    assert heat.shape == (HEIGHT, WIDTH) and (heat <= 0).all()
    assert heat.sum() == pytest.approx(-1, abs=1e-9)


def test_a_network_that_sees_nothing_names_no_piece_of_its_own():
    """All rises are equal: the map is then that of the photos alone, the same for every such network."""
    one = exchange.against(lambda photos: np.ones((len(photos), 4)), QUERY, NEGATIVE)
    other = exchange.against(lambda photos: np.tile([0.0, 1.0, 2.0], (len(photos), 1)), QUERY, NEGATIVE)
    assert np.allclose(one, other, atol=1e-12)


def test_the_same_photos_give_the_same_map_and_the_photos_stay_as_they_were():
    before = QUERY.copy(), NEGATIVE.copy()
    assert np.array_equal(
        exchange.against(reads(PATCH), QUERY, NEGATIVE), exchange.against(reads(PATCH), QUERY, NEGATIVE)
    )
    assert np.array_equal(before[0], QUERY) and np.array_equal(before[1], NEGATIVE)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_pieces_of_a_cut_hold_each_pixel_once(seed):
    photo = np.random.default_rng(seed).integers(0, 256, (32, 16, 3), np.uint8)
    found = pieces.cut(photo, 32)
    assert len(found) == 32
    assert np.array_equal(np.sort(np.concatenate([piece.pixels for piece in found])), np.arange(32 * 16))


def test_lab_of_known_colours():
    """CIE 15: white is L 100, black L 0, both without colour; sRGB red is about (53.2, 80.1, 67.2)."""
    lab = pieces.lab(np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0]]], np.uint8))[0]
    assert np.allclose(lab[0], [100, 0, 0], atol=0.05) and np.allclose(lab[1], 0, atol=0.05)
    assert np.allclose(lab[2], [53.24, 80.09, 67.20], atol=0.1)


@pytest.mark.parametrize(
    ("query", "photo", "words"),
    [
        (QUERY, NEGATIVE[:, :30], "one size"),
        (QUERY.astype(float), NEGATIVE, "uint8"),
        (QUERY[:16], NEGATIVE[:16], "32 x 16 or larger"),
        (QUERY[0], NEGATIVE, "expected a photo"),
    ],
)
def test_what_it_cannot_use_it_refuses_in_a_sentence(query, photo, words):
    with pytest.raises(Refused, match=words):
        exchange.against(reads(PATCH), query, photo)
