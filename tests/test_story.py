"""Ana and Bea: what the lessons say of them holds for the shipped network."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from osnet_edu import explore
from osnet_edu.explore import story
from osnet_edu.photos.market import Market
from osnet_edu.refused import Refused


@pytest.fixture(scope="module")
def rankings():
    return explore.shipped()[1].rankings(explore.SHIPPED)


def ranked(rankings, trio):
    """Persons of the gallery that counts for the query, the most similar first."""
    found = story.trio_of(rankings, trio)
    listed = rankings.ranked(found.query)
    counted = [k for k in np.argsort(-listed.similarity, kind="stable") if listed.rank(k)]
    return found, listed.similarity, counted, [rankings.gallery[k].person for k in counted]


def test_the_print_in_sight_puts_ana_first(rankings):
    found, similarity, counted, persons = ranked(rankings, story.PRINT_SEEN)
    assert persons[:3] == [story.ANA] * 3 and counted[0] == found.positive
    assert similarity[found.positive] == pytest.approx(0.83, abs=0.01)
    assert similarity[found.negative] == pytest.approx(0.75, abs=0.01)
    assert found.margin > 0


def test_the_print_turned_away_puts_all_of_bea_before_her(rankings):
    found, similarity, counted, persons = ranked(rankings, story.PRINT_TURNED)
    assert persons[:7] == [story.BEA] * 6 + [story.ANA] and counted[0] == found.negative
    assert similarity[found.negative] == pytest.approx(0.88, abs=0.01)
    assert found.margin < 0
    assert rankings.triplets()[0].query == found.query  # the hardest case of all


def test_they_differ_in_the_print_alone(rankings):
    album, _ = explore.shipped()
    ana, _, bea = (album.folder.record(one).identity for one in story.PRINT_SEEN.photos(album.market))
    names = [field.name for field in fields(ana)]
    assert [name for name in names if getattr(ana, name) != getattr(bea, name)] == ["logo_color"]
    assert max(ana.logo_color) < 0.2 < 0.8 < min(bea.logo_color)  # black, white
    assert album.part(story.PRINT_SEEN.photos(album.market)[0]) == "logo"


def test_a_folder_without_them_has_a_case_of_its_own(rankings):
    with pytest.raises(Refused, match="does not have Ana and Bea"):
        story.PRINT_SEEN.photos(Market(Path(), (), (), ()))
    missing = story.Trio("nobody.jpg", "nobody.jpg", "nobody.jpg")
    assert story.trio_of(rankings, missing) == rankings.triplets()[0]
