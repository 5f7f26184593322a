"""Worlds: home is unchanged, and the other world shares no camera, street, colour or build with what trains."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from osnet_edu import Refused, people
from osnet_edu.people import palette, street
from osnet_edu.people.view import CAMERAS, OTHER_CAMERAS
from osnet_edu.people.wider import WIDER_POOL, wider_camera
from osnet_edu.people.world import POOL, WORLDS, drawn_camera, find_world


def test_home_draws_what_it_always_drew():
    home = find_world("home")
    for number in (1, 40, 333):
        assert home.person(0, number) == people.draw_identity(0, number)
        assert home.view(0, number, number % 6 + 1, 3) == people.draw_view(0, number, number % 6 + 1, 3)


def test_no_colour_of_the_other_world_is_near_one_that_a_network_trains_on():
    foreign = [color for color, _ in palette.OTHER_COLORS.values()]
    worn = chain(*(vars(wardrobe).items() for wardrobe in (palette.HOME, palette.WIDE, palette.WIDER)))
    known = [color for name, colors in worn if name != "soles" for color, _ in colors.values()]
    assert len(known) > 1000
    assert min(palette.distance(one, other) for one in foreign for other in known) >= palette.COLORS_APART


def test_no_camera_of_the_other_world_stands_as_high_as_one_that_a_network_trains_on():
    drawn = (*map(drawn_camera, range(POOL)), *map(wider_camera, range(WIDER_POOL)))
    known = [camera.height for camera in (*CAMERAS, *drawn)]
    assert len(OTHER_CAMERAS) == 6
    for camera in OTHER_CAMERAS:
        assert camera.height < min(known) - 0.2 or camera.height > max(known) + 0.2


def test_no_street_of_the_other_world_is_paved_or_lined_like_one_that_a_network_trains_on():
    kinds = lambda one: {one[0], one[1], *one[4]}  # noqa: E731
    numbers = (*range(1, 7), *range(1001, 1001 + POOL), *range(3001, 3001 + WIDER_POOL))
    known = set().union(*(kinds(street.street_of(n)) for n in numbers))
    for number in range(201, 207):
        assert not kinds(street.street_of(number)) & known


def test_no_build_of_the_other_world_is_one_that_a_network_trains_on():
    known = [find_world(world).person(0, number) for world in ("home", "wide", "wider") for number in range(1, 400)]
    girths, heads = ({getattr(one, name) for one in known} for name in ("girth", "head_scale"))
    for number in range(1, 100):
        one = find_world("other").person(0, number)
        assert not min(girths) <= one.girth <= max(girths)
        assert not min(heads) <= one.head_scale <= max(heads)


def test_half_of_the_wide_worlds_places_are_homes_and_neighbours_share_them():
    wide = find_world("wide")
    streets = np.array([[wide.view(3, person, place, 0).street for place in range(1, 7)] for person in range(1, 401)])
    assert 0.45 < (streets == np.arange(1, 7)).mean() < 0.55
    assert (streets.reshape(50, 8, 6) == streets.reshape(50, 8, 6)[:, :1]).all()
    # Of 96 cameras, 150 draws meet 96 * (1 - exp(-150 / 96)) = 76, and home's six stand beside them.
    assert 72 < len(np.unique(streets)) < 92


def test_a_third_of_the_wider_worlds_places_are_homes_and_its_people_are_more_varied():
    wide, wider = find_world("wide"), find_world("wider")
    streets = np.array(
        [[wider.view(3, person, place, 0).street for place in range(1, 7)] for person in range(1, 401, 4)]
    )
    assert 0.26 < (streets == np.arange(1, 7)).mean() < 0.40
    assert (streets.reshape(50, 2, 6) == streets.reshape(50, 2, 6)[:, :1]).all()
    crowds = [[world.person(3, number) for number in range(1, 201)] for world in (wide, wider)]
    for has in (
        lambda one: one.open,
        lambda one: one.bag != "none",
        lambda one: one.pattern != "plain",
        lambda one: one.hat != "none",
        lambda one: one.top in ("gilet", "cardigan"),
    ):
        assert np.mean([has(one) for one in crowds[1]]) > np.mean([has(one) for one in crowds[0]]) + 0.05
    assert {"shoulder", "undercut", "pigtails", "topknot"} <= {one.hair for one in crowds[1]}


def test_a_wider_photo_is_out_of_focus_behind_the_person_only():
    wider = find_world("wider")
    views = [wider.view(3, person, 1, 0) for person in range(1, 60)]
    soft = [street.softness(view) for view in views]
    assert all(value == 0 or 0.5 <= value <= 2.5 for value in soft)
    assert 0.1 < np.mean(np.array(soft) > 0) < 0.5
    view = next(view for view, value in zip(views, soft, strict=True) if value > 1.5)
    scene = next(k for k in range(100) if street.softness(replace(view, scene=k)) == 0)
    person = wider.person(3, views.index(view) + 1)
    blurred, sharp = (people.render(person, one, clean=True) for one in (view, replace(view, scene=scene)))
    behind, before = blurred.labels == 0, (sharp.labels > 0) & (blurred.labels > 0)
    steps = lambda shot, where: np.abs(np.diff(shot.image.astype(float), axis=1))[where[:, 1:] & where[:, :-1]].mean()  # noqa: E731
    assert steps(blurred, behind) < 0.6 * steps(sharp, sharp.labels == 0)
    assert steps(blurred, before) > 0.8 * steps(sharp, before)


@pytest.mark.parametrize("numbers", [range(201, 207), range(3001, 3025)])
def test_all_ground_and_front_of_another_world_is_light_of_a_plausible_strength(numbers):
    x, y = np.meshgrid(np.linspace(-5, 5, 40, dtype=np.float32), np.linspace(0.1, 3.2, 40, dtype=np.float32))
    for number in numbers:
        near, far, _, _, fronts, _ = street.street_of(number)
        for ground in (near, far):
            color = street.ground(ground, x.ravel(), y.ravel())
            assert color.shape == (1600, 3) and 0 <= color.min() and color.max() < 1.3 and color.std() > 0.005
        color = street.front(fronts, x.ravel(), y.ravel(), 5)
        assert color.min() >= -0.05 and color.max() < 1.3 and color.std() > 0.005


def test_fewer_photos_of_those_to_train_on_are_one_by_each_camera(tmp_path):
    out = tmp_path / "few"
    summary = people.write_dataset(
        out, people=8, unseen=4, seed=4, world="wider", size=(32, 16), workers=1, train_photos=6
    )
    assert (summary.train, summary.query, summary.gallery) == (4 * 6, 4 * 6, 4 * 6 + 1)
    records = [record for record in people.read_people(out) if record.path.startswith("bounding_box_train")]
    assert {(record.person, record.view.camera) for record in records} == {
        (person, camera) for person in range(1, 5) for camera in range(1, 7)
    }
    one = records[-1]
    again = find_world("wider").view(4, one.person, 6, 0)
    assert one.view == again and (out / one.path).read_bytes() == people.jpeg(one.identity, again, size=(32, 16))
    with pytest.raises(Refused, match="train_photos is 5; allowed are 6 to 10,000"):
        people.write_dataset(tmp_path / "five", people=8, train_photos=5)


def test_a_folder_of_the_other_world_says_so_and_counts_who_is_unseen(tmp_path):
    summary = people.write_dataset(tmp_path / "other", people=10, unseen=6, world="other", size=(32, 16), workers=1)
    assert (summary.train, summary.query) == (4 * 12, 6 * 6)
    assert '"world":"other"' in (tmp_path / "other" / "people.json").read_text()
    assert {record.view.street for record in people.read_people(tmp_path / "other")} == set(range(201, 207))
    with pytest.raises(Refused, match="unseen is 9; allowed are 4 to people - 4, here 6"):
        people.write_dataset(tmp_path / "more", people=10, unseen=9)
    with pytest.raises(Refused, match="one of home, wide, wider, other, got 'mars'"):
        people.write_dataset(tmp_path / "mars", people=10, world="mars")
    assert set(WORLDS) == {"home", "wide", "wider", "other"}
