"""A pedestrian that is edited: pictures, ranks and games, and the widget without a browser."""

import math

import numpy as np
import pytest
from test_explain_without import folder  # noqa: F401  a fixture

from osnet_edu import Refused, explore, people, retrieval
from osnet_edu.explain import duel, gates, known
from osnet_edu.photos import market
from osnet_edu.widgets import PedestrianLab, wardrobe


@pytest.fixture(scope="module")
def editor():
    album, shelf = explore.shipped()
    rankings = shelf.rankings("shipped")
    place = album.find(rankings.queries, "0216_c3s1_021600_01.jpg", "query")
    return explore.Editor(rankings, album.folder, place)


@pytest.fixture
def lab():
    return PedestrianLab(photo="0216_c3s1_021600_01.jpg")


# --- editing ----------------------------------------------------------------------------------------------------------


def test_an_edit_is_the_render_of_the_edit(editor):
    seen = editor.see({"top_color": (1.0, 0, 0)}, {"yaw": 0.5})
    view = explore.viewed(editor.record, {"yaw": 0.5})
    other = people.render(people.edit(editor.record.identity, top_color=(1.0, 0, 0)), view, size=(128, 64))
    assert (seen.image == other.image).all() and (seen.labels == other.labels).all()
    apart = np.abs(other.image.astype(int) - editor.before.image.astype(int)).max(-1) > 8
    assert seen.changed == pytest.approx(apart.mean())
    assert seen.view == view and seen.identity == people.edit(editor.record.identity, top_color=(1.0, 0, 0))


def test_nothing_changed_is_the_photo_itself(editor):
    match = editor.best_match()
    seen = editor.see()
    assert seen.changed == 0 and (seen.image == editor.before.image).all()
    stored = editor.rankings.ranked(editor.query)
    assert seen.similarity[match] == pytest.approx(float(stored.similarity[match]), abs=0.02), (
        "up to the bits of a JPEG"
    )
    assert seen.rank == stored.rank(match) == 1


def test_rank_and_similarity_follow_from_the_picture_alone(editor):
    rankings, match = editor.rankings, editor.best_match()
    seen = editor.see({"top_color": (1.0, 0, 0)}, {"camera": 5})
    row = retrieval.distances(rankings.features(seen.image[None]), rankings.gallery_features)[0]
    ids = np.array([photo.person for photo in rankings.gallery])
    cameras = np.array([photo.camera for photo in rankings.gallery])
    order = retrieval.ranking(row, editor.record.person, 5, ids, cameras)
    assert seen.order.tolist() == order.tolist() and seen.first == order[0]
    assert seen.rank == 1 + np.flatnonzero(ids[order] == editor.record.person)[0]
    assert seen.similarity[match] == pytest.approx(1 - row[match], abs=1e-5)


def test_gates_are_those_of_the_room_below(editor):
    from osnet_edu.embed import normalise

    seen = editor.see({"hat": "cap"})
    means = gates.read(editor.rankings.model, normalise(seen.image[None].copy())).means
    for k, name in enumerate(editor.rankings.streams):
        assert np.allclose(seen.gates[k], means[name][0], atol=1e-4)


def test_the_duel_asks_the_picture_as_it_is_now(editor):
    match, rival = editor.best_match(), editor.hardest_negative()
    assert editor.rankings.gallery[rival].person != editor.record.person
    seen = editor.see({"top_color": (1.0, 0, 0)})
    found, evidence = editor.duel(seen, match, rival)
    photos = editor.rankings.pictures([editor.rankings.gallery[k] for k in (match, rival)])
    again = duel.between(editor.rankings.model, np.stack([seen.image, *photos]))
    assert np.allclose(found.heat, again.heat) and sum(evidence.speaks_for.values()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "brings"),
    [
        ({"top": "tank"}, {"open": False}),
        ({"logo": "star", "bag": "backpack"}, {"logo_place": "front", "open": False}),
        ({"logo": "star", "bag": "none"}, {"logo_place": "back"}),
        ({"top": "jumper", "logo": "disc", "bag": "none"}, {"open": False, "logo_place": "both"}),
    ],
)
def test_a_change_brings_along_what_it_needs(changes, brings):
    person = people.draw_identity(3, 1)
    coat = people.edit(person, top="coat", open=True, logo="none", bag="none", bottom="jeans")
    found = explore.edited(coat, changes)
    assert {name: getattr(found, name) for name in brings} == brings
    assert all(getattr(found, name) == value for name, value in changes.items())


def test_legs_are_covered_where_a_short_top_comes():
    dress = people.edit(people.draw_identity(3, 1), top="dress", open=False, bottom="none", logo="none")
    assert explore.edited(dress, {"top": "t-shirt"}).bottom == "trousers"


def test_a_view_keeps_the_step_and_takes_the_cameras_own_lens(editor):
    view = editor.record.view
    there = explore.viewed(editor.record, {"camera": 6, "yaw": 0.0})
    assert (there.camera, there.street, there.yaw, there.stride, there.phase) == (6, 6, 0.0, view.stride, view.phase)
    assert there.blur == people.CAMERAS[5].blur and there.resolution == people.CAMERAS[5].resolution
    assert explore.viewed(editor.record, {}) == view
    evening = explore.viewed(editor.record, {"hour": 12.5})
    assert evening.sun_azimuth == pytest.approx(view.camera * 1.7)
    assert evening.sun_height == pytest.approx(0.18 + 0.85 * math.sin(math.pi * 6 / 13))
    dark = explore.viewed(editor.record, {"weather": "rain"})
    assert dark.sun == pytest.approx(people.CAMERAS[view.camera - 1].sun * 0.06)


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ({"zoom": 1}, "'zoom' is not a part of a view"),
        ({"yaw": 9}, "yaw is 9; allowed are numbers from -3.142 to 3.142"),
        ({"stride": True}, "stride is True"),
        ({"weather": "hail"}, "weather is 'hail'; allowed are clear"),
        ({"camera": 7}, "camera is 7; allowed are 1 to 6"),
        ({"camera": "1"}, "camera is '1'"),
    ],
)
def test_a_view_that_cannot_be_is_a_sentence(editor, view, says):
    with pytest.raises(Refused, match=says):
        editor.see({}, view)


def test_real_photos_cannot_be_edited(folder):  # noqa: F811
    rankings = explore.Shelf(market.read(folder)).rankings("shipped")
    with pytest.raises(Refused, match="not a rendered photo"):
        explore.Editor(rankings, known.Folder(folder), 0)
    with pytest.raises(Refused, match="nobody in it can be edited"):
        PedestrianLab(folder=folder)


# --- games ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("game", "state", "won", "counts", "score"),
    [
        (explore.ONE_CHANGE, (1, 0.04, False, True), True, True, 0.04),
        (explore.ONE_CHANGE, (1, 0.04, True, True), False, True, 0.04),
        (explore.ONE_CHANGE, (2, 0.04, False, True), False, False, 0.04),
        (explore.ONE_CHANGE, (0, 0.0, True, True), False, True, 0.0),
        (explore.SMALLEST_CHANGE, (3, 0.10, False, True), True, True, 0.10),
        (explore.SMALLEST_CHANGE, (3, 0.10, False, False), False, False, 0.0),
        (explore.IMPOSTOR, (4, 0.3, True, False), True, True, 4.0),
        (explore.IMPOSTOR, (4, 0.3, False, False), False, True, 4.0),
        (explore.IMPOSTOR, (0, 0.0, True, True), False, False, 0.0),
    ],
)
def test_a_game_is_judged_by_its_rule(game, state, won, counts, score):
    changes, pixels, here, before = state
    found = explore.judged(game, changes=changes, pixels=pixels, known=here, known_before=before)
    assert (found.won, found.counts, found.score) == (won, counts, score) and found.says.endswith(".")


# --- the widget -------------------------------------------------------------------------------------------------------


def test_the_lab_shows_what_the_editor_sees(lab, editor):
    lab.set_state({"changes": {"top_color": [1, 0, 0]}})
    seen = editor.see({"top_color": (1, 0, 0)})
    assert lab.similarity == pytest.approx(seen.similarity[editor.best_match()], abs=1e-4) and lab.rank == seen.rank
    assert lab.rank_before == 1 and "top colour red" in lab.said and f"rank {seen.rank} now" in lab.said
    assert [one["match"] for one in lab.first] == [
        editor.rankings.gallery[k].person == 216 for k in seen.order[:5].tolist()
    ]
    version = lab.version
    lab._handle_custom_msg("explain", [])
    assert lab.explained["version"] == version and "of what speaks for the match" in lab.explained["said"]
    lab._handle_custom_msg("undo", [])
    assert lab.changes == {} and lab.similarity == lab.similarity_before and lab.explained == {}


def test_a_value_as_it_was_is_no_change(lab):
    own = lab.own["top_color"]
    lab.changes = {"top_color": own, "hat": "brim" if lab.own["hat"] != "brim" else "cap"}
    assert list(lab.changes) == ["hat"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"changes": {"mood": 1}}, "'mood' is not an attribute"),
        ({"changes": {"height": 9}}, "Height is 9; allowed are numbers from 1.1 to 2.05"),
        ({"changes": {"hat": "<img src=x onerror=alert(1)>"}}, "Hat is '<img src=x onerror=alert(1)>'"),
        ({"view": {"yaw": 9}}, "Yaw is 9"),
        ({"photo": "x.jpg"}, "There is no query 'x.jpg'"),
        ({"against": "x.jpg"}, "There is no gallery photo 'x.jpg'"),
        ({"game": "chess"}, "There is no game 'chess'"),
    ],
)
def test_a_refusal_leaves_the_last_good_state(lab, bad, says):
    lab.set_state({"changes": {"hat": "cap"}})
    before = lab.pictures, lab.changes, lab.view, lab.photo, lab.game
    lab.set_state(bad)
    assert says in lab.problem and (lab.pictures, lab.changes, lab.view, lab.photo, lab.game) == before


def test_a_game_keeps_the_best_score_and_locks_the_view(lab):
    lab.game = explore.SMALLEST_CHANGE
    lab.set_state({"view": {"yaw": 0.1}})
    assert "the view is locked" in lab.problem
    lab.changes = {"top_color": [1, 0, 0], "bottom_color": [1, 1, 0]}
    assert lab.won
    large = lab.best[explore.SMALLEST_CHANGE]
    lab.changes = {"top_color": [1, 0, 0]}
    assert lab.won and lab.best[explore.SMALLEST_CHANGE] < large
    lab.changes = {"top_color": [1, 0, 0], "bottom_color": [1, 1, 0]}
    assert lab.best[explore.SMALLEST_CHANGE] < large
    lab.game = explore.IMPOSTOR
    assert lab.changes == {} and lab.rank_before != 1 and "somebody else comes first" in lab.verdict


def test_clothes_are_put_on(lab, editor):
    lab._handle_custom_msg("clothes", [])
    assert len(lab.clothes["pictures"]) == 2 and "92.8 %" in lab.clothes["measured"]
    stranger = people.draw_identity(31, 216)
    hers = explore.Editor(
        editor.rankings, explore.shipped()[0].folder, editor.query, identity=people.put_on(stranger, editor.identity)
    )
    seen = hers.see()
    similarity = seen.similarity[editor.best_match()]
    assert f"a stranger in her clothes: similarity {similarity:.2f}, rank {seen.rank}" in lab.clothes["said"]


def test_the_measured_clothes_are_the_shipped_table():
    from osnet_edu.experiments import clothes
    from osnet_edu.widgets.wardrobe import clothes_measured

    table = clothes.read_shipped()
    for number in ("92.8", "89.2", "95.8", "4.7", "0.6", "10.0", "15.3", "8.3", "22.8", "77.5", "69.7", "85.0"):
        assert number in table and number in clothes_measured()


def test_the_line_of_python_makes_the_same_state(lab):
    lab.set_state({"changes": {"hat": "cap"}, "view": {"yaw": 0.5}})
    space = {"PedestrianLab": PedestrianLab}
    exec(lab.state, space)
    again = space["lab"]
    assert (again.changes, again.view, again.similarity) == (lab.changes, lab.view, lab.similarity)


def test_every_control_holds_what_a_person_may_have(lab):
    for name, one in wardrobe.CONTROLS.items():
        value = lab.own[name]
        if one.kind == wardrobe.CHOICE:
            assert value in one.options
        elif one.kind == wardrobe.RANGE:
            assert one.low <= value <= one.high
        else:
            assert len(value) == 3
