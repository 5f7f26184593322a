"""A folder of one's own is looked at before anything runs: each kind that fails gets a sentence with what to do."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_own_data import GALLERY, QUERY, TRAIN, ask, folder, photo, tiny  # noqa: F401  tiny is a fixture

from osnet_edu import Refused, assets, explore
from osnet_edu.photos import inspection, market, splitting
from osnet_edu.photos.inspection import inspect


def people(root: Path, **photos: int) -> Path:
    """A plain folder: name of a person -> how many photos."""
    for name, count in photos.items():
        for k in range(count):
            photo(root / name / f"{k}.png", seed=(len(name), k, *name.encode()))
    return root


def refusal(root: Path, **asked: bool) -> str:
    found = inspect(root, **asked)
    assert found.market is None and found.warnings == () and len(found.refusals) == 1
    with pytest.raises(Refused) as error:
        found.usable()
    assert str(error.value) == found.refusals[0]
    return found.refusals[0].removeprefix(f"{root}: ").removeprefix(f"{root} ")


def warnings(root: Path, **asked: bool) -> tuple[str, ...]:
    found = inspect(root, **asked)
    assert found.refusals == () and found.usable().notes == found.warnings
    return found.warnings


def test_a_sound_folder_is_counted_and_nothing_is_said():
    found = inspect(assets.subset())
    assert found.kind == inspection.MARKET_KIND and found.warnings == found.refusals == () and found.rule == ""
    assert (found.photos, found.people, found.cameras) == (2952, 240, 6)
    assert str(found).endswith(f"{inspection.MARKET_KIND}; 2952 photos, 240 people, 6 cameras.")


def test_one_camera(tmp_path):
    root = folder(tmp_path, cameras=(3,), asked=(3,))
    assert refusal(root) == (
        "at least 2 cameras are needed for a score, since a match counts only across cameras; found 1. If the cameras "
        "are not known, write c0 for the camera of each query and c1 for the gallery: then every match counts"
    )
    (single,) = warnings(root, score=False)
    assert single.startswith("2 of 2 people to train on have one photo (0001, 0002), which")


def test_no_camera_in_the_names(tmp_path):
    for split in (TRAIN, QUERY, GALLERY):
        photo(tmp_path / split / "0007_000451.png", seed=len(split))
    assert refusal(tmp_path, train=False).endswith(
        "The names of its 3 photos tell no camera or no person, such as 0007_000451.png: write c0 for the camera of "
        "each query and c1 for that of each gallery photo, as in 0002_c1s1_000451_03.jpg, or put each person's photos "
        "into a folder of the person"
    )


def test_query_and_gallery_by_the_same_camera(tmp_path):
    root = folder(tmp_path / "all", test=(7,), cameras=(1,), asked=(1,))
    photo(root / GALLERY / "0009_c2s1_000001_00.png", seed=(9, 9))
    assert refusal(root) == (
        "no query has a match, a gallery photo of the same person by another camera; 1 of 1 queries have such a photo "
        "by their own camera alone. Take the queries and the gallery by different cameras, or write c0 for the camera "
        "of each query"
    )
    some = folder(tmp_path / "some")
    photo(some / QUERY / "0009_c2s1_000001_00.png", seed=(9, 8))
    photo(some / GALLERY / "0009_c2s1_000002_00.png", seed=(9, 9))
    assert warnings(some) == (
        "1 of 5 queries have no gallery photo of their person by another camera, such as 0009_c2s1_000001_00.png: the "
        "score leaves them out.",
    )


OWN_CAMERAS = (
    "The folders tell no camera, so each photo counts as taken by a camera of its own: a query has all other photos of "
    "its person as matches."
)


def test_a_person_with_one_photo(tmp_path):
    root = people(tmp_path / "own", Ana=3, Bea=1, Cleo=2)
    assert warnings(root, train=False, folders=True) == (
        OWN_CAMERAS,
        "1 of 3 people have one photo (Bea), so nobody can find them again: add a second photo of each, or take them "
        "as strangers in the gallery.",
    )
    assert refusal(people(tmp_path / "bare", Ana=1, Bea=1), train=False, folders=True) == (
        "expected one folder for each person, with two or more photos in it (.jpg, .jpeg, .png, .webp, .bmp, .tif, "
        ".tiff), found 2 photos"
    )
    learned = folder(tmp_path / "market")
    next((learned / TRAIN).glob("0002_c1*")).unlink()
    assert warnings(learned) == (
        "1 of 2 people to train on have one photo (0002), which stands in for its own match: add a second photo of "
        "each, or take them out.",
    )


def test_no_query_and_no_gallery_and_a_split_on_request(tmp_path, tiny):  # noqa: F811
    names = {f"Person {k}": 3 for k in range(6)} | {"Ünal Ö": 1, "李娜": 2}
    root = people(tmp_path / "my photos", **names)
    said = refusal(root)
    assert said == (
        f"is not a Market-1501 folder: expected {TRAIN}, {QUERY} and {GALLERY}, missing {TRAIN}, {QUERY} and "
        f"{GALLERY}. "
        "It has no queries and no gallery: `python -m osnet_edu split "
        f'"{root}" OUT` makes a Market-1501 folder with both'
    )
    rule = (
        "Of the people who have two photos or more, 3 are drawn by seed 0 to test with; the other 5 people are to "
        "train on. Of each test person one photo, drawn as well, is the query, and the rest are the gallery. Each "
        "photo counts as taken by a camera of its own."
    )
    found = inspect(root)
    assert (found.kind, found.photos, found.people, found.rule) == (inspection.PERSON_FOLDERS, 21, 8, rule)
    for out in ("one", "two"):
        status, told, _ = ask("split", root, tmp_path / out)
        assert status == 0 and f"The rule: {rule}" in told
    files = [sorted((p.relative_to(tmp_path / out), p.read_bytes()) for p in (tmp_path / out).rglob("*.*g"))
             for out in ("one", "two")]  # fmt: skip
    assert files[0] == files[1] and len(files[0]) == 21, "the same seed divides alike, and no photo is lost"
    made = market.read(tmp_path / "one")
    assert len(made.query) == 3 and not {p.person for p in made.train} & {p.person for p in made.gallery}
    assert "Ünal Ö" not in {splitting.split(root).people[p.person] for p in made.query}
    record = json.loads((tmp_path / "one" / splitting.SPLIT_FILE).read_text(encoding="utf-8"))
    assert record["rule"] == rule and sorted(record["people"].values()) == sorted(names)
    assert splitting.split(root, seed=1).market.query != splitting.split(root).market.query
    status, told, _ = ask("evaluate", tmp_path / "one", "--weights", tiny)
    assert status == 0 and "3 queries counted" in told


def test_a_training_folder_alone_is_split_and_a_divided_one_is_not(tmp_path):
    root = folder(tmp_path / "own", learn=(0, 1, 2, 3, 4))
    with pytest.raises(Refused, match="has query and bounding_box_test already"):
        splitting.split(root)
    for split in (QUERY, GALLERY):
        shutil.rmtree(root / split)
    assert "It has no queries: `python -m osnet_edu split" in refusal(root, train=False)
    made = splitting.split(root).market
    assert len({p.person for p in made.query}) == 2 and len(made.train) == 6 and 0 in {p.person for p in made.train}
    flat = tmp_path / "flat"
    shutil.copytree(root / TRAIN, flat)
    assert [p.name for p in splitting.split(flat).market.query] == [p.name for p in made.query]
    for few in ({"Ana": 2, "Bea": 2, "Cleo": 1}, {"Ana": 2, "Bea": 1, "Cleo": 1, "Dora": 1}):
        with pytest.raises(Refused, match=r"a split needs photos of at least 4 people, at least 2 of them with two"):
            splitting.split(people(tmp_path / str(len(few)), **few))


def test_shared_numbers_are_a_warning(tmp_path):
    (said,) = warnings(folder(tmp_path, learn=(1, 2, 3), test=(2, 3)), score=False)
    assert said == (
        "2 numbers of people in query and bounding_box_test are in bounding_box_train too (0002, 0003). They count as "
        "other people. A score of people that training has seen says nothing about others."
    )


def test_nested_folders(tmp_path):
    photo(tmp_path / "deep" / "Ana" / "May 4" / "1.png", seed=1)
    assert refusal(tmp_path / "deep", train=False, folders=True).endswith(
        f"Its photos lie deeper, such as {Path('Ana', 'May 4', '1.png')}: move all photos of a person into one folder"
    )
    root = people(tmp_path / "some", Ana=2, Bea=2)
    photo(root / "Ana" / "May 4" / "1.png", seed=1)
    (root / "nobody").mkdir()
    assert warnings(root, train=False, folders=True)[1:] == (
        f"Folders inside a person's folder are not read, such as {Path('Ana', 'May 4')}: move their photos up into the "
        "person's folder.",
        "1 of 3 folders hold no photo (nobody) and count as nobody.",
    )
    inner = folder(tmp_path / "around" / "Market-1501-v15.09.15")
    assert refusal(inner.parent).endswith(f"{inner} is a Market-1501 folder: give that one")


def test_two_people_under_one_name_in_another_case(tmp_path):
    root = people(tmp_path, Ana=2, ana=2, Bea=2)
    assert len(list(root.iterdir())) == 3
    assert warnings(root, train=False, folders=True) == (
        OWN_CAMERAS,
        "The folders 'Ana' and 'ana' differ in capitals, spaces or accents only and count as 2 people: if they show "
        "one person, put all photos into one folder, else give one another name.",
    )


def test_mixed_sizes_and_photos_that_lie_on_their_side(tmp_path):
    root = people(tmp_path, Ana=2, Bea=2)
    Image.new("RGB", (80, 40)).save(root / "Ana" / "wide.jpg")
    turned = Image.Exif()
    turned[0x112] = 6
    Image.new("RGB", (90, 30)).save(root / "Bea" / "phone.jpg", exif=turned)
    assert warnings(root, train=False, folders=True)[1:] == (
        "The photos have 3 sizes, from 40x80 to 90x30 pixels (height x width): all are resized to one size, which "
        "stretches those of another shape.",
        "1 of 6 photos are wider than tall, such as wide.jpg: cut each to one upright person, from head to feet.",
    )


def test_photos_that_cannot_be_read(tmp_path):
    root = people(tmp_path, Ana=3, Bea=2)
    (root / "Ana" / "0.png").write_bytes(b"")
    assert warnings(root, train=False, folders=True)[1:] == (
        "1 of 5 photos cannot be read and are left out, the first is 0.png (empty file): save them anew as JPEG or "
        "PNG.",
    )
    for path in root.rglob("*.png"):
        path.write_bytes(b"GIF89a, really")
    assert refusal(root, train=False, folders=True) == (
        "none of its 5 photos can be read; the first is 0.png (cannot be read as a picture: the file is GIF; expected "
        "JPEG, PNG, BMP, WebP or TIFF)"
    )


def test_spaces_and_other_scripts_are_names(tmp_path):
    root = people(tmp_path / "ma photo’s", **{"李 娜": 2, "Łucja Żak": 2, "أمل": 2})
    found = explore.open_folder(root)
    assert found.notes == (OWN_CAMERAS,)
    assert explore.Album(found).name(found.query[0]) == "Łucja Żak/0.png"


def test_commands_and_explorer_say_the_same_before_they_begin(tmp_path, tiny):  # noqa: F811
    root = folder(tmp_path)
    photo(root / QUERY / "0009_c2s1_000001_00.png", seed=(9, 8))
    Image.fromarray(np.zeros((64, 40, 3), np.uint8)).save(root / QUERY / "0007_c1s2_000001_00.png")
    lost, sizes = inspect(root, train=False).warnings
    status, _, said = ask("evaluate", root, "--weights", tiny)
    assert status == 0 and said.startswith(f"Note: {lost}\nNote: {sizes}\n")
    assert explore.open_folder(root).notes == (lost, sizes)
