"""The oracle on flat photos whose answer is plain: colours, stripes, hidden parts, missing masks."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from osnet_edu import people
from osnet_edu.experiments import EXPERIMENTS, oracle

RED, BLUE = (200, 30, 30), (30, 30, 200)
WHO, VIEW = people.draw_identity(0, 1), people.draw_view(0, 1, 1, 0)


def record(person, camera, part="shoes", visible=32):
    view = replace(VIEW, camera=camera)
    return people.PhotoRecord(f"query/{person}_{camera}.png", person, WHO, view, 3 - person, part, visible, 0.25)


def photos(part="shoes"):
    """Two twins, 1 and 2, under cameras 1 to 4."""
    return [record(person, camera, part) for person in (1, 2) for camera in (1, 2, 3, 4)]


def folder(root, records, color):
    """Grey photos of 16 x 8 pixels whose lower half is a shoe of the colour that color(record) gives."""
    for name in ("query", "masks/query"):
        (root / name).mkdir(parents=True)
    mask = np.zeros((16, 8), np.uint8)
    mask[8:] = people.PARTS.index("shoe")
    for each in records:
        image = np.full((16, 8, 3), 128, np.uint8)
        image[8:] = color(each)
        Image.fromarray(image).save(root / each.path)
        Image.fromarray(mask).save(root / "masks" / each.path)
    return root


@pytest.fixture
def known(monkeypatch):
    """read_people gives these records."""
    return lambda records: monkeypatch.setattr(people, "read_people", lambda root: records)


def test_a_colour_is_the_mean_inside_the_mask():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2] = (255, 0, 51)
    mask = np.zeros((4, 4), bool)
    mask[:2, :3] = True
    np.testing.assert_allclose(oracle.describe_part(image, mask, "shoes"), (1, 0, 0.2, 0, 0))


def test_a_pattern_is_its_contrast_along_rows_and_columns_and_its_change_of_colour():
    mask = np.ones((8, 6), bool)
    lying = np.zeros((8, 6, 3), np.uint8)
    lying[::2] = 255
    standing = np.zeros((8, 6, 3), np.uint8)
    standing[:, ::2] = 255
    np.testing.assert_allclose(oracle.describe_part(lying, mask, "pattern"), (8, 4, 0, 0, 0))
    np.testing.assert_allclose(oracle.describe_part(standing, mask, "pattern"), (-8, 4, 0, 0, 0))
    block = np.zeros((8, 6, 3), np.uint8)
    block[4:, :, 0] = 255
    np.testing.assert_allclose(oracle.describe_part(block, mask, "pattern")[2:], (2, 0, 0))
    one_row = np.zeros((8, 6), bool)
    one_row[3] = True
    np.testing.assert_allclose(oracle.describe_part(standing, one_row, "pattern"), (-8, 4, 0, 0, 0))


def test_colours_that_stay_with_the_person_are_always_right(tmp_path, known):
    records, seen = photos(), []
    known(records)
    root = folder(tmp_path, records, lambda each: RED if each.person == 1 else BLUE)
    result = oracle.run(root, lambda *done: seen.append(done))
    assert result.parts == {"shoes": oracle.Part(1.0, 1, 1.0, 1.0, 0.25)}
    assert result.told_apart.interval == (1, 1) and seen == [(k, 8) for k in range(1, 9)]
    assert "shoes           100.0%         1   100.0%  100.0%          25.0%" in str(result)


def test_colours_that_twins_share_are_at_chance_and_exchanged_ones_wrong(tmp_path, known):
    known(photos())
    root = folder(tmp_path / "same", photos(), lambda each: RED)
    assert oracle.run(root).parts["shoes"].right == 0.5
    # Under camera 1 the two change shoes. A query there is always wrong; for each of the three others two comparisons
    # of six leave camera 1 out and are right, and in four the two shoes are of one colour: a tie, half a point.
    root = folder(
        tmp_path / "swap", photos(), lambda each: RED if (each.person == 1) != (each.view.camera == 1) else BLUE
    )
    assert oracle.run(root).parts["shoes"].right == pytest.approx((0 + 3 * (2 + 4 / 2) / 6) / 4)


def test_photos_that_hide_the_part_are_counted_and_not_compared():
    records = photos()
    records[0] = replace(records[0], visible=oracle.VISIBLE - 1)
    features = np.array([[float(each.person)] for each in records])
    features[0] = 2  # wrong, were it asked
    result = oracle.measure_oracle(records, features)
    assert result.parts["shoes"] == oracle.Part(1.0, 1, 0.875, 0.75, 0.25)
    assert result.told_apart.left_out == 1


def test_photos_of_one_camera_are_never_compared():
    with pytest.raises(ValueError, match="three cameras"):
        oracle.measure_oracle([record(person, camera) for person in (1, 2) for camera in (1, 2)], np.zeros((4, 1)))


def test_a_missing_mask_is_named(tmp_path, known):
    known(photos())
    root = folder(tmp_path, photos(), lambda each: RED)
    (root / "masks/query/2_3.png").unlink()
    with pytest.raises(ValueError, match=r"2_3\.png is missing"):
        oracle.run(root)
    assert EXPERIMENTS["oracle"].load() is oracle.run
