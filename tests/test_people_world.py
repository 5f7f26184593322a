"""Worlds: home is unchanged, and the other world shares no camera, street, colour or build with what trains."""

from itertools import chain

import numpy as np
import pytest

from osnet_edu import Refused, people
from osnet_edu.people import palette, street
from osnet_edu.people.view import CAMERAS, OTHER_CAMERAS
from osnet_edu.people.world import POOL, WORLDS, drawn_camera, find_world


def test_home_draws_what_it_always_drew():
    home = find_world("home")
    for number in (1, 40, 333):
        assert home.person(0, number) == people.draw_identity(0, number)
        assert home.view(0, number, number % 6 + 1, 3) == people.draw_view(0, number, number % 6 + 1, 3)


def test_no_colour_of_the_other_world_is_near_one_that_a_network_trains_on():
    foreign = [color for color, _ in palette.OTHER_COLORS.values()]
    worn = chain(*(vars(wardrobe).items() for wardrobe in (palette.HOME, palette.WIDE)))
    known = [color for name, colors in worn if name != "soles" for color, _ in colors.values()]
    assert len(known) > 300
    assert min(palette.distance(one, other) for one in foreign for other in known) >= palette.COLORS_APART


def test_no_camera_of_the_other_world_stands_as_high_as_one_that_a_network_trains_on():
    known = [camera.height for camera in (*CAMERAS, *map(drawn_camera, range(POOL)))]
    assert len(OTHER_CAMERAS) == 6
    for camera in OTHER_CAMERAS:
        assert camera.height < min(known) - 0.2 or camera.height > max(known) + 0.2


def test_no_street_of_the_other_world_is_paved_or_lined_like_one_that_a_network_trains_on():
    kinds = lambda one: {one[0], one[1], *one[4]}  # noqa: E731
    known = set().union(*(kinds(street.street_of(n)) for n in (*range(1, 7), *range(1001, 1001 + POOL))))
    for number in range(201, 207):
        assert not kinds(street.street_of(number)) & known


def test_no_build_of_the_other_world_is_one_that_a_network_trains_on():
    known = [find_world(world).person(0, number) for world in ("home", "wide") for number in range(1, 400)]
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


def test_all_ground_and_front_of_the_other_world_is_light_of_a_plausible_strength():
    x, y = np.meshgrid(np.linspace(-5, 5, 40, dtype=np.float32), np.linspace(0.1, 3.2, 40, dtype=np.float32))
    for number in range(201, 207):
        near, far, _, _, fronts, _ = street.street_of(number)
        for ground in (near, far):
            color = street.ground(ground, x.ravel(), y.ravel())
            assert color.shape == (1600, 3) and 0 <= color.min() and color.max() < 1.2 and color.std() > 0.005
        color = street.front(fronts, x.ravel(), y.ravel(), 5)
        assert color.min() >= -0.05 and color.max() < 1.2 and color.std() > 0.005


def test_a_folder_of_the_other_world_says_so_and_counts_who_is_unseen(tmp_path):
    summary = people.write_dataset(tmp_path / "other", people=10, unseen=6, world="other", size=(32, 16), workers=1)
    assert (summary.train, summary.query) == (4 * 12, 6 * 6)
    assert '"world":"other"' in (tmp_path / "other" / "people.json").read_text()
    assert {record.view.street for record in people.read_people(tmp_path / "other")} == set(range(201, 207))
    with pytest.raises(Refused, match="unseen is 9; allowed are 4 to people - 4, here 6"):
        people.write_dataset(tmp_path / "more", people=10, unseen=9)
    with pytest.raises(Refused, match="one of home, wide, other, got 'mars'"):
        people.write_dataset(tmp_path / "mars", people=10, world="mars")
    assert set(WORLDS) == {"home", "wide", "other"}
