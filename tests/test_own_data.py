"""Folders as other kits write them: what can be done is done, and what was assumed is said."""

import contextlib
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from osnet_edu import Refused, __main__, osnet, train
from osnet_edu.explore import Finder, Shelf
from osnet_edu.machine import compute
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.photos.copies import copies

TRAIN, QUERY, GALLERY = market.SPLITS.values()


def photo(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (8, 4, 3), np.uint8)
    Image.fromarray(small).resize((32, 64), Image.Resampling.NEAREST).save(path, "PNG")


def folder(root, learn=(1, 2), test=(7, 8), cameras=(1, 2), asked=(1, 2), ending="jpg"):
    """People whose photos all differ, with one photo under each camera in each split."""
    for split, ids, which in ((TRAIN, learn, cameras), (QUERY, test, asked), (GALLERY, test, cameras)):
        for who in ids:
            for camera in which:
                name = f"{who:04d}_c{camera}s1_{camera:06d}_0{len(split) % 7}.{ending}"
                photo(root / split / name, seed=(len(split), who, camera))
    return root


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    weights.save(osnet(0.1, gate_hidden=2).eval(), path, size=(64, 32))
    return path


@pytest.fixture(autouse=True)
def no_measuring(monkeypatch):
    """Three seconds of measuring say nothing about a folder."""
    monkeypatch.setattr(train, "choose", lambda _config, _people, ways: [compute.Timing(ways[0], 100.0)])


def ask(*arguments):
    """A command in this process: its status, its answer and what it says beside it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = __main__.main([str(one) for one in arguments])
    return status, out.getvalue(), err.getvalue()


def evaluate(root, tiny):
    status, out, err = ask("evaluate", root, "--weights", tiny, "--json")
    assert status == 0, err
    return json.loads(out), err


def learn(root, out):
    short = ("--photos", 8, "--batch", 4, "--size", "64x32", "--width", 0.1, "--dtype", "float32", "--threads", 1)
    return ask("train", root, "--out", out, *short, "--layout", "contiguous")


@pytest.mark.parametrize("ending", ["png", "WEBP", "bmp", "jpg.jpg"])
def test_names_of_other_endings_and_of_camera_0_are_photos(tmp_path, ending):
    found = market.read(folder(tmp_path, cameras=(1,), asked=(0,), ending=ending))
    assert [(p.person, p.camera) for p in found.query] == [(7, 0), (8, 0)] and len(found.gallery) == 2
    assert found.skipped == found.notes == ()


def test_one_camera_is_trained_on_and_the_missing_score_is_said(tmp_path, tiny):
    root = folder(tmp_path / "own", cameras=(3,), asked=(3,))
    status, out, err = learn(root, tmp_path / "run")
    assert status == 0 and (tmp_path / "run/weights.safetensors").is_file()
    assert "No score will follow the training: at least 2 cameras are needed" in err
    assert "No score: at least 2 cameras" in out and "write c0 for the camera of each query" in out and "mAP" not in out
    status, _, err = ask("evaluate", root, "--weights", tiny)
    assert status == 2 and "a match counts only across cameras; found 1" in err


def test_without_a_training_folder_there_is_a_score_and_without_a_test_a_training(tmp_path, tiny):
    shutil.rmtree(folder(tmp_path / "tested") / TRAIN)
    assert evaluate(tmp_path / "tested", tiny)[0]["mean_ap"] > 0
    with pytest.raises(Refused, match=f"missing {TRAIN}"):
        market.read(tmp_path / "tested")
    folder(tmp_path / "learned")
    for split in (QUERY, GALLERY):
        shutil.rmtree(tmp_path / "learned" / split)
    found = market.read(tmp_path / "learned", score=False)
    assert len(found.train) == 4 and market.unscored(found).startswith("a score needs photos in query and bounding")


def test_number_0_is_a_person_to_train_on_and_a_passer_by_in_the_test(tmp_path, tiny):
    found = market.read(folder(tmp_path, learn=(0, 5, 9), test=(0, 7, 8)))
    assert train.load(found.train, (64, 32)).people == (0, 5, 9)
    assert {p.person for p in found.query} == {7, 8} and [s.path.name[:4] for s in found.skipped] == ["0000", "0000"]
    learned, asked = found.notes
    assert learned.startswith("Number 0 is a person in bounding_box_train, with 2 photos; in query and bounding_box")
    assert "so 2 queries of it are left out" in asked
    assert "so 2 queries of it are left out" in evaluate(tmp_path, tiny)[1]


def test_shared_numbers_are_other_people_unless_their_photos_are_the_same(tmp_path, tiny):
    root = folder(tmp_path / "own", learn=(1, 2, 3), test=(2, 3))
    with pytest.raises(Refused, match=r"2 of the people to test with are in bounding_box_train too \(0002, 0003\)"):
        market.read(root)
    scored, said = evaluate(root, tiny)
    assert 0 < scored["mean_ap"] <= 1 and "2 numbers of people" in said and "They count as other people" in said
    status, out, err = learn(root, tmp_path / "run")
    assert status == 0 and "They count as other people" in err and "mAP" in out

    one = next((root / TRAIN).glob("0003*"))
    shutil.copy(one, root / GALLERY / "0003_c4s1_000077_00.jpg")
    status, _, err = learn(root, tmp_path / "leak")
    assert status == 2 and not (tmp_path / "leak").exists()
    assert f"1 photos of the people to test with are in {TRAIN} too" in err and one.name in err
    assert "1 of their photos are the same files, so they are the same people" in evaluate(root, tiny)[1]


def test_copies_of_queries_in_the_gallery_are_counted_by_what_they_do_to_the_score(tmp_path, tiny):
    root = folder(tmp_path)
    assert "Copies" not in evaluate(root, tiny)[1]
    first, second, *_ = sorted((root / QUERY).iterdir())
    shutil.copy(first, root / GALLERY / "0000_c2s1_000091_00.jpg")
    shutil.copy(second, root / GALLERY / "0007_c5s1_000092_00.jpg")
    shutil.copy(first, root / GALLERY / "0007_c1s1_000093_00.jpg")  # its own camera: left out by the rule
    shutil.copy(second, root / GALLERY / "-1_c1s1_000094_00.jpg")
    said = evaluate(root, tiny)[1]
    assert "Copies: 1 queries stand in the gallery too, as a passer-by" in said
    assert "Copies: 1 queries stand in the gallery too, as a match" in said


def test_copies_are_files_of_the_same_bytes(tmp_path):
    for name, content in {"a": b"one", "b": b"two", "c": b"one", "d": b"three", "e": b"", "f": b""}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "g").symlink_to(tmp_path / "nowhere")
    a, b, c, d, e, f, g = (tmp_path / name for name in "abcdefg")
    assert copies([a, b, e, g], [a, c, d, f, g, tmp_path]) == [(a, c)]


def test_an_equal_distance_is_no_hit_in_the_score_and_in_the_list(tmp_path, tiny):
    root = folder(tmp_path, test=(7, 8, 9))
    same = next((root / TRAIN).iterdir())
    for path in [*(root / QUERY).iterdir(), *(root / GALLERY).iterdir()]:
        shutil.copy(same, path)
    scored, said = evaluate(root, tiny)
    assert scored["rank1"] == 0 and scored["mean_ap"] == pytest.approx(1 / 5)
    assert "Ties: for 6 queries" in said
    shelf = Shelf(market.read(root), {"tiny": tiny})
    for query in range(6):
        found = Finder(shelf).of_query("tiny", query)
        assert found.rank[found.kind == 1].tolist() == [5] and "average precision 0.20" in found.said
        assert shelf.rankings("tiny").ranked(query).rank(int(found.place[found.kind == 1][0])) == 5
