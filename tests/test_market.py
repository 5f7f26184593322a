"""The door for photos: names, splits, checks, broken files, subsets."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from osnet_edu import Refused, retrieval
from osnet_edu.photos import market
from osnet_edu.retrieval import mining

SPLITS = ("bounding_box_train", "query", "bounding_box_test")


def photo(path, color=(10, 200, 90), size=(64, 128), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).convert(mode).save(path, format="JPEG", quality=95)
    return path


@pytest.fixture
def folder(tmp_path):
    """Three people to train on, two to find, one distractor, one junk photo."""
    root = tmp_path / "market"
    for person in (1, 2, 3):
        for camera in (1, 2):
            photo(root / SPLITS[0] / market.format_name(person, camera, 1, person, 1))
    for person in (4, 5):
        photo(root / SPLITS[1] / market.format_name(person, 1, 1, 7, 0))
        for camera in (1, 2):
            photo(root / SPLITS[2] / market.format_name(person, camera, 1, 9, 1))
    photo(root / SPLITS[2] / market.format_name(0, 2, 1, 1, 1))
    photo(root / SPLITS[2] / market.format_name(-1, 2, 1, 1, 1))
    return root


def test_a_name_says_person_camera_sequence_frame_and_box():
    seen = market.parse_name("0002_c1s1_000451_03.jpg")
    assert (seen.person, seen.camera, seen.sequence, seen.frame, seen.box) == (2, 1, 1, 451, 3)
    assert market.parse_name("-1_c1s1_000401_03.jpg").person == market.JUNK
    assert market.parse_name("0000_c6s3_000401_03.jpg").person == market.DISTRACTOR


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "2_c1s1_000451_03.jpg", "0002_c1_000451_03.jpg", "0002_c1s1_000451_03.gif", "-2_c1s1_1_1.jpg"]
)
def test_other_names_are_no_photos(name):
    assert market.parse_name(name) is None


@given(
    st.tuples(
        st.integers(-1, 99999), st.integers(1, 99), st.integers(1, 99), st.integers(0, 999999), st.integers(0, 99)
    )
)
def test_names_are_read_as_written(fields):
    seen = market.parse_name(market.format_name(*fields))
    assert (seen.person, seen.camera, seen.sequence, seen.frame, seen.box) == fields


@pytest.mark.parametrize("fields", [(-2, 1, 1, 1, 1), (1, 0, 1, 1, 1), (1, 1, 0, 1, 1), (1, 1, 1, -1, 1)])
def test_no_name_for_fields_that_none_can_hold(fields):
    with pytest.raises(ValueError, match="a photo needs"):
        market.format_name(*fields)


def test_a_folder_is_read_sorted_and_split(folder):
    (folder / SPLITS[0] / "Thumbs.db").write_bytes(b"x")
    found = market.read(folder)
    train, query, gallery = found
    assert [p.person for p in train] == [1, 1, 2, 2, 3, 3]
    assert [p.person for p in query] == [4, 5]
    assert [p.person for p in gallery] == [-1, 0, 4, 4, 5, 5]
    assert [(s.path.name, "not a Market-1501 name" in s.reason) for s in found.skipped] == [("Thumbs.db", True)]


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not a folder"):
        market.read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="missing bounding_box_train, query and bounding_box_test"):
        market.read(tmp_path)


def test_an_empty_split_is_refused(folder):
    for path in (folder / SPLITS[1]).iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="query has no photo"):
        market.read(folder)


def test_one_person_is_refused(folder):
    for path in (folder / SPLITS[0]).iterdir():
        if not path.name.startswith("0001"):
            path.unlink()
    with pytest.raises(ValueError, match="at least 2 people, found 1"):
        market.read(folder)


def test_one_camera_is_refused(folder):
    for split in SPLITS:
        for path in (folder / split).iterdir():
            if "_c2" in path.name:
                path.unlink()
    with pytest.raises(ValueError, match="at least 2 cameras"):
        market.read(folder)


def test_no_query_with_a_match_is_refused(folder):
    for path in (folder / SPLITS[2]).iterdir():
        if "_c2" in path.name and path.name[:4] in {"0004", "0005"}:
            path.unlink()
    with pytest.raises(ValueError, match="no query has a match"):
        market.read(folder)


def test_broken_files_are_skipped_and_said(folder):
    train = folder / SPLITS[0]
    whole, short, empty = sorted(train.iterdir())[:3]
    short.write_bytes(short.read_bytes()[:300])
    empty.write_bytes(b"")
    decoded = market.decode(market.read(folder).train, (128, 64))
    assert len(decoded.photos) == 4 == len(decoded.images)
    assert decoded.photos[0].name == whole.name
    assert [s.path.name for s in decoded.skipped] == [short.name, empty.name]
    assert "cannot be read" in decoded.skipped[0].reason and decoded.skipped[1].reason == "empty file"


@pytest.mark.parametrize(
    ("mode", "expected"), [("L", (150, 150, 150)), ("CMYK", (30, 160, 90)), ("RGB", (30, 160, 90))]
)
def test_grey_and_cmyk_become_rgb(tmp_path, mode, expected):
    color = (150, 150, 150) if mode == "L" else (30, 160, 90)
    path = photo(tmp_path / "0001_c1s1_000001_01.jpg", color, mode=mode)
    decoded = market.decode([market.parse_name(path)], (32, 16))
    assert decoded.images.shape == (1, 32, 16, 3) and decoded.images.dtype == np.uint8
    np.testing.assert_allclose(decoded.images[0].reshape(-1, 3).mean(0), expected, atol=3)


def test_height_comes_before_width(tmp_path):
    path = tmp_path / "0001_c1s1_000001_01.jpg"
    picture = Image.new("RGB", (64, 128), (0, 0, 0))
    picture.paste((255, 255, 255), (0, 64, 64, 128))  # the lower half is white
    picture.save(path, quality=95)
    (image,) = market.decode([market.parse_name(path)], (8, 4)).images
    assert image[:3].max() < 20 and image[5:].min() > 235


def test_a_subset_keeps_people_whole_and_can_be_read_again(folder, tmp_path):
    (folder / "masks" / SPLITS[1]).mkdir(parents=True)
    source = market.read(folder)
    mask = folder / "masks" / SPLITS[1] / f"{source.query[0].path.stem}.png"
    Image.new("L", (64, 128), 3).save(mask)
    small = market.smaller_market(source, 4, seed=1)
    assert len({p.person for p in small.train}) == 2 and len(small.train) == 4
    assert {p.person for p in small.query} == {4, 5}
    market.write(small, tmp_path / "out")
    again = market.read(tmp_path / "out")
    assert [[p.name for p in split] for split in again] == [[p.name for p in split] for split in small]
    assert (tmp_path / "out/masks" / SPLITS[1] / mask.name).read_bytes() == mask.read_bytes()


def test_a_subset_is_drawn_by_its_seed(folder):
    source = market.read(folder)
    drawn = [{p.person for p in market.smaller_market(source, 4, seed=seed).train} for seed in range(8)]
    assert drawn[0] == {p.person for p in market.smaller_market(source, 4, seed=0).train}
    assert len({frozenset(people) for people in drawn}) > 1


@pytest.mark.parametrize("people", [3, 6, 0])
def test_a_subset_that_cannot_be_is_refused(folder, people):
    with pytest.raises(ValueError, match="a subset needs"):
        market.smaller_market(market.read(folder), people)


def test_a_folder_with_something_in_it_is_never_written_to(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious.txt").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        market.write(market.read(folder), out)
    assert [p.name for p in out.iterdir()] == ["precious.txt"]


def test_an_interrupted_copy_leaves_nothing(folder, tmp_path):
    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        market.write(market.read(folder), tmp_path / "new/out", stop)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_plain_folder_a_person(tmp_path):
    for name in ("ann", "bob"):
        for i in range(3):
            photo(tmp_path / name / f"{i}.jpg")
    (tmp_path / "ann/notes.txt").write_text("x")
    found = market.read_folders(tmp_path)
    assert found.train == () and found.query == found.gallery and len(found.query) == 6
    assert [(p.person, p.camera) for p in found.query] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert [s.path.name for s in found.skipped] == ["notes.txt"]
    with pytest.raises(ValueError, match="one folder for each person"):
        market.read_folders(tmp_path / "ann")


def test_a_plain_folder_takes_all_kinds_that_are_read_and_no_hidden_one(tmp_path):
    for name in ("ann/0.webp", "ann/1.BMP", "bob/0.tif", "bob/1.png", ".git/0.jpg", ".git/1.jpg", "ann/.2.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = market.read_folders(tmp_path)
    assert [(p.path.name, p.person) for p in found.query] == [("0.webp", 1), ("1.BMP", 1), ("0.tif", 2), ("1.png", 2)]
    assert [skip.path.name for skip in found.skipped] == [".git", ".2.jpg"]
    for path in [*tmp_path.glob("ann/*"), *tmp_path.glob("bob/*")]:
        path.rename(path.with_suffix(".heic"))
    with pytest.raises(Refused, match=r"\.webp.*found 0 photos; 6 others there, the first is"):
        market.read_folders(tmp_path)


def with_mask(path, values, mode="L"):
    mask = market.mask_of(path)
    mask.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).convert(mode).save(mask)


def test_the_mask_beside_a_photo_is_read_number_by_number(tmp_path):
    path = photo(tmp_path / "query" / "0001_c1s1_000001_01.jpg")
    assert market.mask_of(path) == tmp_path / "masks" / "query" / "0001_c1s1_000001_01.png"
    with Image.open(path) as file:
        width, height = file.size
    values = np.arange(height * width, dtype=np.uint8).reshape(height, width) % 5
    with_mask(path, values)
    found = market.read_mask(path, 5)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, values)
    with pytest.raises(Refused, match="expected numbers 0 to 3, got 4"):
        market.read_mask(path, 4)


def test_a_mask_that_is_none_is_refused_by_name(tmp_path):
    path = photo(tmp_path / "query" / "0001_c1s1_000001_01.jpg")
    with Image.open(path) as file:
        width, height = file.size
    with pytest.raises(Refused, match=r"000001_01\.png is missing; expected a folder made by `render`"):
        market.read_mask(path, 5)
    with_mask(path, np.zeros((height, width + 1), np.uint8))
    with pytest.raises(Refused, match=f"expected {height}x{width} pixels, got {height}x{width + 1}"):
        market.read_mask(path, 5)
    with_mask(path, np.zeros((height, width), np.uint8), "RGB")
    with pytest.raises(Refused, match="expected a picture of 8-bit numbers, got the mode RGB"):
        market.read_mask(path, 5)
    market.mask_of(path).write_bytes(b"no picture")
    with pytest.raises(Refused, match="cannot be read as a picture"):
        market.read_mask(path, 5)


def test_a_bug_while_photos_are_decoded_is_no_skipped_photo(tmp_path, monkeypatch):
    some = [market.parse_name(photo(tmp_path / "0001_c1s1_000001_01.jpg"))]
    monkeypatch.setattr(market.picture, "read", lambda path, size: np.zeros((10, 10)))  # grey fits no three colours
    with pytest.raises(ValueError, match="broadcast"):
        market.decode(some, (8, 4))


def test_junk_stands_once():
    assert market.JUNK is retrieval.JUNK is mining.JUNK
    package = Path(retrieval.__file__).parent.parent
    stands = [path.name for path in package.rglob("*.py") if "\nJUNK = " in path.read_text(encoding="utf-8")]
    assert stands == ["scoring.py"]
