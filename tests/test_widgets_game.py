"""Who is it, and the picker of queries: what they ask, what they know, what they refuse. No browser."""

from __future__ import annotations

import numpy as np
import pytest

from osnet_edu import explore
from osnet_edu.book import alive, controls
from osnet_edu.embed import Embedding
from osnet_edu.explore import guessing, story
from osnet_edu.refused import Refused
from osnet_edu.widgets import PickQuery, WhoIsIt


@pytest.fixture(scope="module")
def rankings():
    return explore.shipped()[1].rankings(explore.SHIPPED)


@pytest.fixture(scope="module")
def sides(rankings):
    pairs = (rankings.query_features, rankings.queries), (rankings.gallery_features, rankings.gallery)
    return [Embedding(*pair) for pair in pairs]


@pytest.fixture
def game():
    return WhoIsIt()


def test_the_game_begins_and_ends_with_ana(game, rankings):
    asked = game.guesses
    names = [rankings.queries[one.query].name for one in asked]
    assert (names[0], names[-1]) == (story.PRINT_SEEN.query, story.PRINT_TURNED.query)
    assert [one.network == one.right for one in asked] == [True, True, False, True, False]
    assert [bool(one.twin) for one in asked] == [True, False, True, False, True]
    who = [{rankings.queries[one.query].person, *(rankings.gallery[k].person for k in one.options)} for one in asked]
    assert all(len(people) == guessing.OPTIONS for people in who)  # the query's person and three others
    assert not (who[1] & who[2] | who[1] & who[3] | who[2] & who[3])
    assert all({story.ANA, story.BEA} <= people for people in (who[0], who[-1]))


def test_an_options_similarity_is_the_networks(game, rankings):
    for one in game.guesses:
        features = rankings.gallery_features[list(one.options)]
        query = rankings.query_features[one.query]
        cosines = features @ query / np.linalg.norm(features, axis=1) / np.linalg.norm(query)
        assert one.similarity == pytest.approx(cosines, abs=1e-4) and one.network == int(cosines.argmax())
        assert rankings.gallery[one.options[one.right]].person == rankings.queries[one.query].person
        assert (one.margin > 0) == (one.network == one.right)


def test_the_score_counts_you_and_the_network(game):
    right = [one.right for one in game.guesses]
    game.set_state({"answers": right[:1]})
    assert game.score == (1, 1)
    game.set_state({"answers": right})
    assert game.score == (5, 3)
    game.set_state({"answers": [(k + 1) % 4 for k in right]})
    assert game.score == (0, 3)


def test_an_answer_that_is_not_there_is_a_sentence(game):
    game.set_state({"answers": [1]})
    game.set_state({"answers": [1, 4]})
    assert game.answers == [1] and game.problem == "Expected at most 5 answers of 0 to 3, got [1, 4]."


def test_people_who_are_not_there_cannot_be_asked_about(rankings):
    class Other:
        queries, gallery = rankings.queries[:5], rankings.gallery

    with pytest.raises(Refused, match="does not have Ana and Bea"):
        guessing.five(Other(), explore.shipped()[0].folder)


def test_the_picked_query_is_ranked_by_the_market_rule(sides, rankings):
    box = PickQuery(*sides, first=(story.PRINT_SEEN.query, story.PRINT_TURNED.query), count=6)
    assert len(box.offered) == 6 and box.offered[0]["text"] == "Ana, camera 6"
    assert [one["who"] for one in box.found[:4]] == ["Ana", "Ana", "Ana", "Bea"]
    listed = rankings.ranked(box.row[0])
    ranks = sorted(
        filter(None, (listed.rank(k) for k, photo in enumerate(rankings.gallery) if photo.person == story.ANA))
    )
    assert ranks == [1, 2, 3, 10, 39]
    assert box.said == "Ana, camera 6: rank 1 is right. Matches stand at rank 1, 2, 3, 10 and 39."
    box.set_state({"chosen": 1})
    assert [one["who"] for one in box.found[:7]] == ["Bea"] * 6 + ["Ana"]
    assert box.said.startswith("Ana, camera 1: rank 1 is Bea, who is another person. Matches stand at rank 7,")
    ranked = rankings.ranked(box.row[1])
    assert [one["similarity"] for one in box.found] == pytest.approx(ranked.similarity[ranked.order[:8]], abs=1e-4)


def test_a_query_that_is_not_offered_is_a_sentence_and_an_empty_folder_is_refused(sides):
    box = PickQuery(*sides, count=3)
    assert box.row == [0, 120, 240]
    box.set_state({"chosen": 3})
    assert box.chosen == 0 and box.problem == "There are queries 0 to 2, and no query 3."
    with pytest.raises(Refused, match="at least one query"):
        PickQuery(Embedding(np.zeros((0, 4), np.float32), ()), sides[1])


def test_a_query_without_a_match_says_so(sides):
    queries, gallery = sides
    strangers = np.flatnonzero(gallery.people != queries.people[0])
    few = Embedding(gallery.features[strangers], tuple(gallery.photos[k] for k in strangers))
    assert PickQuery(queries, few, count=1).said.endswith("the gallery has no photo of this person by another camera.")


def test_a_page_without_python_has_every_answer(sides, game):
    table = alive.answers_of(game, controls.controls_of(game))
    assert table["complete"] and table["free"] == ["answers"]
    box = PickQuery(*sides, count=4)
    table = alive.answers_of(box, controls.controls_of(box))
    assert table["complete"] and len(table["answers"]) == 3  # all but the one that is drawn at first


def test_names(rankings):
    shown = {story.called(photo) for photo in rankings.gallery}
    assert {"Ana", "Bea", "junk", "a passer-by", "person 181"} <= shown
