"""Exploring without a page: who fits a wish, how hard a query is, what a list says, which pair is opened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from test_explain_without import folder  # noqa: F401  a fixture

from osnet_edu import assets, explore, people, retrieval
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.refused import Refused
from osnet_edu.retrieval import mining


@pytest.fixture(scope="module")
def shipped():
    album, shelf = explore.shipped()
    return album, shelf.rankings(explore.SHIPPED), shelf.hardness(explore.SHIPPED)


def photo(person, camera, name="x.jpg"):
    return market.Photo(market.Path(name), person, camera, 1, 0, 0)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_list_shows_every_photo_and_ranks_those_that_count():
    gallery = [photo(7, 1), photo(7, 2), photo(8, 1), photo(-1, 3), photo(0, 2), photo(7, 3)]
    place = np.array([0, 3, 2, 1, 4, 5])
    found = explore.listed(place, np.linspace(1, 0.5, 6), photo(7, 1), gallery)
    assert found.kind.tolist() == [
        explore.OWN_CAMERA, explore.IS_JUNK, explore.OTHER_PERSON, explore.MATCH, explore.OTHER_PERSON, explore.MATCH,
    ]  # fmt: skip
    assert found.rank.tolist() == [0, 0, 1, 2, 3, 4]
    # Hits at ranks 2 and 4: (1/2 + 2/4) / 2.
    assert found.said == (
        "Wrong at rank 1: the first match has rank 2. 2 matches of 4 photos, at rank 2, 4; average precision 0.50."
    )


def test_a_query_without_a_match_and_one_of_nobody_are_told_apart():
    gallery = [photo(7, 1), photo(8, 1), photo(-1, 2)]
    alone = explore.listed(np.array([0, 1, 2]), np.ones(3), photo(7, 1), gallery)
    assert alone.said.startswith("No right answer") and alone.rank.tolist() == [0, 1, 0]
    unknown = explore.listed(np.array([0, 1, 2]), np.ones(3), None, gallery)
    assert unknown.kind.tolist() == [explore.UNKNOWN, explore.UNKNOWN, explore.IS_JUNK]
    assert unknown.said.startswith("Nobody knows who this is") and unknown.rank.tolist() == [1, 2, 0]


@given(st.integers(0, 2**32 - 1))
def test_the_list_agrees_with_the_score(seed):
    rng = np.random.default_rng(seed)
    gallery = [photo(int(rng.integers(-1, 3)), int(rng.integers(1, 4))) for _ in range(20)]
    query, row = photo(1, 1), rng.permutation(20) / 20
    order = np.argsort(row)
    found = explore.listed(order, 1 - row[order], query, gallery)
    ids, cameras = (np.array([getattr(one, what) for one in gallery]) for what in ("person", "camera"))
    assert found.place[found.rank > 0].tolist() == retrieval.ranking(row, 1, 1, ids, cameras).tolist()
    hits = found.rank[found.kind == explore.MATCH]
    if len(hits):
        score = retrieval.evaluate(row[None], [1], ids, [1], cameras)
        assert score.first_hit[0] == hits[0]
        assert f"average precision {score.mean_ap:.2f}" in found.said


# --- queries ----------------------------------------------------------------------------------------------------------


def test_hardness_is_that_of_the_other_rooms(shipped):
    _, rankings, hardness = shipped
    by_query = {one.query: one for one in rankings.triplets()}
    for query in (0, 100, 359):
        assert hardness.positive[query] == pytest.approx(1 - by_query[query].positive_distance, abs=1e-6)
        assert hardness.negative[query] == pytest.approx(1 - by_query[query].negative_distance, abs=1e-6)
    # The card's figures.
    assert np.mean(hardness.first_hit == 1) == pytest.approx(0.928, abs=0.0005)
    assert np.nanmean(hardness.average_precision) == pytest.approx(0.898, abs=0.0005)


def test_blocks_of_queries_change_nothing(shipped, monkeypatch):
    _, rankings, hardness = shipped
    before = rankings.triplets()
    monkeypatch.setattr("osnet_edu.explain.without.BLOCK", 7)
    again = explore.hardness(rankings)
    assert np.allclose(again.positive, hardness.positive, equal_nan=True)
    assert (again.first_hit == hardness.first_hit).all()
    # A last bit of a product may differ with the block's size, and with it the order of equal margins.
    assert [one.query for one in rankings.triplets()][:20] == [one.query for one in before][:20]


def test_wishes_hold_one_by_one_and_together(shipped):
    album, rankings, hardness = shipped
    queries = rankings.queries

    def names(**wish):
        return album.fitting(queries, explore.Wish(**wish), hardness)

    assert names().tolist() == list(range(360))
    assert {queries[k].camera for k in names(camera=3)} == {3}
    assert {album.part(queries[k]) for k in names(twin="hat")} == {"hat"}
    assert all(album.folder.record(queries[k]).identity.bag == "backpack" for k in names(attribute="bag: backpack"))
    assert len(names(failures=True)) == int((hardness.first_hit > 1).sum()) == 26
    both = names(failures=True, camera=1)
    assert set(both) == set(names(failures=True)) & set(names(camera=1))
    found = names(search="person 181, jeans")
    assert all("jeans" in album.described(queries[k]) and queries[k].person == 181 for k in found)
    assert names(search="nobody wears this").size == 0
    side_by_side = names(search="red t-shirt")
    assert side_by_side.size and all("red t-shirt" in album.described(queries[k]) for k in side_by_side)
    assert set(side_by_side) < set(names(search="t-shirt red")), "nowhere side by side: both words anywhere"


def test_the_hardest_stand_first_in_each_order(shipped):
    album, rankings, hardness = shipped
    order = album.fitting(rankings.queries, explore.Wish(sort="hardest positive"), hardness)
    assert (np.diff(hardness.positive[order]) >= 0).all()
    order = album.fitting(rankings.queries, explore.Wish(sort="hardest negative"), hardness)
    assert (np.diff(hardness.negative[order]) <= 0).all()
    order = album.fitting(rankings.queries, explore.Wish(sort="smallest margin"), hardness)
    assert order[0] == rankings.triplets()[0].query
    with pytest.raises(Refused, match="sorted by one of name, hardest positive"):
        album.fitting(rankings.queries, explore.Wish(sort="beauty"), hardness)


def test_a_person_is_described_by_what_it_wears(shipped):
    album, rankings, _ = shipped
    query = rankings.queries[album.find(rankings.queries, "0209_c3s1_020900_01.jpg", "query")]
    assert album.described(query) == (
        "dark yellow jumper, black square logo, dark blue trousers, white flat shoes, dark red bob hair, "
        "open umbrella, has a twin by logo"
    )
    identity = album.folder.record(query).identity
    assert (identity.top, identity.logo, identity.umbrella) == ("jumper", "square", "open")
    assert album.who(query) == "person 209, camera 3"
    with pytest.raises(Refused, match=r"no query 'x.jpg' .* such as 0181_c1s1"):
        album.find(rankings.queries, "x.jpg", "query")


@pytest.mark.parametrize("name", ["black", "white", "red", "dark blue"])
def test_a_colour_is_called_by_its_own_name(name):
    from osnet_edu.explore import album

    assert album.colour(album.NAMED[name]) == name


# --- folders and networks ---------------------------------------------------------------------------------------------


def plain_folder(root, people=3, photos=3):
    for person in range(people):
        where = root / f"<b>who{person}</b>".replace("/", "")
        where.mkdir(parents=True)
        for k in range(photos):
            view = people_view(person, k)
            Image.fromarray(view).save(where / f"{k}.png")
    return root


def people_view(person, k):
    return people.render(people.draw_identity(5, person), people.draw_view(5, person, 1 + k, 0), size=(64, 32)).image


def test_a_plain_folder_is_explored_by_the_folders_names(tmp_path):
    found = explore.open_folder(plain_folder(tmp_path / "mine"))
    album = explore.Album(found)
    assert album.name(found.query[0]) == "<b>who0<b>/0.png" and album.who(found.query[0]) == "<b>who0<b>"
    assert album.described(found.query[0]) == "" and album.attributes == [] and album.twins == []
    rankings = explore.Shelf(found).rankings(explore.SHIPPED)
    assert len(rankings.queries) == len(rankings.gallery) == 9
    # The query itself stands in the gallery, is the most similar of all, and does not count.
    ranked = rankings.ranked(4)
    assert ranked.similarity[4] == pytest.approx(1, abs=1e-5) and ranked.rank(4) == 0


def test_what_is_no_folder_of_photos_is_a_sentence(tmp_path):
    with pytest.raises(Refused, match="is not a folder; expected a Market-1501 folder, or one folder for each person"):
        explore.open_folder(tmp_path / "nothing")
    with pytest.raises(Refused, match="expected one folder for each person"):
        explore.open_folder(tmp_path)


def test_an_empty_gallery_is_a_sentence(folder):  # noqa: F811
    found = market.read(folder)
    with pytest.raises(Refused, match="needs queries and a gallery, got 6 and 0"):
        explore.Shelf(market.Market(found.root, found.train, found.query[:6], ())).rankings(explore.SHIPPED)


def test_a_shelf_takes_networks_of_ones_own_and_refuses_what_is_none(folder, tmp_path):  # noqa: F811
    shelf = explore.Shelf(market.read(folder))
    assert shelf.names == ["shipped", "untrained"]
    name = shelf.add(assets.path(assets.WEIGHTS))
    assert name == "osnet_x0_25" and shelf.names[-1] == name
    assert np.allclose(shelf.rankings(name).gallery_features, shelf.rankings("shipped").gallery_features, atol=1e-4)
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    for bad, says in (
        (tmp_path / "bad.safetensors", "bad.safetensors"),
        (tmp_path / "none.pth", "there is no weights file"),
        (" ", "is empty"),
    ):
        with pytest.raises(Refused, match=says):
            shelf.add(bad)
    assert shelf.names == ["shipped", "untrained", name]
    with pytest.raises(Refused, match="no network 'mine' here; expected one of shipped, untrained, osnet_x0_25"):
        shelf.rankings("mine")
    with pytest.raises(Refused, match="cannot be called 'shipped'"):
        explore.Shelf(market.read(folder), {"shipped": tmp_path})


def test_untrained_means_random_weights_of_the_same_kind(folder):  # noqa: F811
    shelf = explore.Shelf(market.read(folder))
    one, other = (explore.Shelf(market.read(folder)).checkpoint("untrained").model for _ in range(2))
    assert sum(p.numel() for p in one.parameters()) == sum(p.numel() for p in weights.shipped().model.parameters())
    assert all((a == b).all() for a, b in zip(one.parameters(), other.parameters(), strict=True))
    again = shelf.with_more({"mine": assets.path(assets.WEIGHTS)})
    assert again.names == ["shipped", "untrained", "mine"] and shelf.names == ["shipped", "untrained"]


# --- a pair -----------------------------------------------------------------------------------------------------------


def test_a_pair_is_held_against_the_best_of_the_other_side(shipped):
    _, rankings, _ = shipped
    query = next(one.query for one in rankings.triplets())
    person = rankings.queries[query].person
    ranked = rankings.ranked(query)
    same = [k for k in ranked.order if rankings.gallery[k].person == person]
    others = [k for k in ranked.order if rankings.gallery[k].person != person]
    asked = explore.triplet(rankings, query, int(same[2]))
    assert (asked.positive, asked.negative) == (same[2], others[0])
    asked = explore.triplet(rankings, query, int(others[5]))
    assert (asked.positive, asked.negative) == (same[0], others[5])
    assert isinstance(asked, mining.Triplet)
    assert asked.margin == pytest.approx(float(ranked.similarity[same[0]] - ranked.similarity[others[5]]), abs=1e-6)
    out = next(k for k in range(len(rankings.gallery)) if not ranked.rank(k))
    with pytest.raises(Refused, match="leaves this photo out"):
        explore.triplet(rankings, query, out)


# --- a photo of one's own ---------------------------------------------------------------------------------------------


def test_a_wide_photo_is_cut_and_a_narrow_one_resized():
    wide = np.zeros((8, 16, 3), np.uint8)
    wide[:, :4] = (255, 0, 0)
    wide[:, 12:] = (0, 0, 255)
    assert (explore.framed(wide, (8, 4), 0) == (255, 0, 0)).all()
    assert (explore.framed(wide, (8, 4), 1) == (0, 0, 255)).all()
    assert (explore.framed(wide, (8, 4), 0.5) == 0).all()
    narrow = np.full((30, 10, 3), 7, np.uint8)
    assert explore.framed(narrow, (16, 8)).shape == (16, 8, 3)


def test_what_is_no_photo_is_refused(tmp_path):
    for bad, says in (
        (b"", "empty file"),
        (b"no picture at all", "cannot be read as a picture"),
        (np.zeros((4, 400, 3), np.uint8), "400x4 pixels; at least 16"),
        (np.zeros((40, 40), np.uint8), r"expected a photo \(H, W, 3\)"),
        (tmp_path / "none.jpg", "cannot be read"),
    ):
        with pytest.raises(Refused, match=says):
            explore.read_own(bad)


def test_a_camera_that_was_held_sideways_is_turned_upright(tmp_path):
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, :20] = 255  # the left half is white: turned a quarter clockwise, it is the upper half
    note = Image.Exif()
    note[0x0112] = 6
    Image.fromarray(wide).save(tmp_path / "held.png", exif=note)
    image = explore.read_own((tmp_path / "held.png").read_bytes())
    assert image.shape == (40, 20, 3) and (image[:20] == 255).all() and (image[20:] == 0).all()


def test_markup_in_people_json_stays_text(folder, tmp_path):  # noqa: F811
    import json
    import shutil

    shutil.copytree(folder, tmp_path / "market")
    table = json.loads((assets.subset() / "people.json").read_text())
    hair = table["identity_fields"].index("hair")
    for row in table["people"]:
        row["identity"][hair] = "<img src=x onerror=alert(1)>"
    (tmp_path / "market" / "people.json").write_text(json.dumps(table))
    album = explore.Album(explore.open_folder(tmp_path / "market"))
    assert "hair: <img src=x onerror=alert(1)>" in album.attributes, "a text as any other; no page reads one as HTML"
    assert "<img src=x onerror=alert(1)> hair" in album.described(album.market.query[0])
