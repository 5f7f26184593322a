"""The written folder: all or nothing, the same for any number of workers, and rendered again from people.json."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from osnet_edu import Refused, people
from osnet_edu.people import dataset, world
from osnet_edu.photos import market


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("people") / "set"
    seen = []
    summary = people.write_dataset(
        out, people=8, seed=5, workers=1, progress=lambda done, total: seen.append((done, total))
    )
    return out, summary, seen


def test_the_folder_is_a_market_folder(folder):
    out, summary, seen = folder
    found = market.read(out)
    assert not found.skipped
    assert (len(found.train), len(found.query), len(found.gallery)) == (summary.train, summary.query, summary.gallery)
    assert summary.query == 4 * 6 and summary.train == 4 * 12
    assert not {photo.person for photo in found.train} & {photo.person for photo in found.query}
    gallery = Counter(photo.person for photo in found.gallery)
    assert gallery[market.DISTRACTOR] == 1
    assert {photo.camera for photo in found.query} == set(range(1, 7))
    assert seen[-1] == (seen[-1][1],) * 2 and [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_every_photo_has_its_mask_and_its_record(folder):
    out, _, _ = folder
    records = people.read_people(out)
    photos = {path.relative_to(out).as_posix() for path in out.glob("*/*.jpg")}
    assert photos == {record.path for record in records}
    for record in records[::7]:
        mask = np.asarray(Image.open((out / "masks" / record.path).with_suffix(".png")))
        assert mask.dtype == np.uint8 and mask.shape == (128, 64) and mask.max() < len(people.PARTS)
        again = people.render(record.identity, record.view)
        picture = np.asarray(Image.open(out / record.path))
        assert np.abs(picture.astype(int) - again.image).mean() < 0.5
        assert (mask != again.labels).mean() < 0.001
        if record.part:
            labels = [people.PARTS.index(name) for name in people.TWIN_LABELS[record.part]]
            assert record.visible == np.isin(mask, labels).sum()


def test_twins_are_on_one_side_and_seen_in_half_of_their_photos(folder):
    out, _, _ = folder
    by = {}
    for record in people.read_people(out):
        if record.person > 0:
            by.setdefault(record.person, []).append(record)
    pairs = {person: photos[0].twin for person, photos in by.items() if photos[0].twin}
    assert len(pairs) * 2 >= len(by)
    for person, other in pairs.items():
        assert pairs[other] == person
        sides = {record.path.startswith("bounding_box_train") for record in by[person] + by[other]}
        assert len(sides) == 1
        assert np.mean([record.visible >= dataset.VISIBLE for record in by[person]]) >= 0.5


def test_members_of_any_number_are_unique_and_split():
    for count in (8, 41, 600):
        crowd = dataset.members(count, 0)
        assert sorted(member.person for member in crowd) == list(range(1, count + 1))
        assert len({member.identity for member in crowd}) == count
        assert sum(member.twin > 0 for member in crowd) * 2 >= count - 2
        side = {member.person: member.split for member in crowd}
        assert all(side[member.twin] == member.split for member in crowd if member.twin)
    assert Counter(member.split for member in dataset.members(240, 0)) == {"train": 180, "test": 60}
    assert sum(member.twin > 0 for member in dataset.members(240, 0) if member.split == "test") == 40
    with pytest.raises(ValueError, match="8"):
        dataset.members(3, 0)


def test_thousands_of_people_are_unique_even_without_their_folds():
    crowd = dataset.members(2000, 1)
    assert len({member.identity for member in crowd}) == len({member.person for member in crowd}) == 2000
    # The grain only names random folds and strands: they differ in what can be edited too.
    assert len({replace(member.identity, grain=0) for member in crowd}) == 2000


def test_a_world_too_small_draws_again_and_says_when_nobody_new_is_left(monkeypatch):
    draw = people.draw_identity
    drawn = []

    def small(seed, person, wardrobe):
        drawn.append(person)
        return draw(seed, person % 7)

    monkeypatch.setattr(world, "draw_identity", small)
    crowd = dataset.members(12, 0)
    assert len({member.identity for member in crowd}) == 12 and max(drawn) > 1_000_000
    with pytest.raises(ValueError, match=r"people is 400; .*allowed are fewer"):
        dataset.members(400, 0)


def test_skins_and_builds_are_all_common():
    crowd = dataset.members(240, 0)
    for counts in (Counter(m.identity.skin for m in crowd), Counter(people.build_of(m.identity) for m in crowd)):
        assert min(counts.values()) >= 0.05 * 240, counts
    assert len(Counter(m.identity.skin for m in crowd)) == 8


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        people.write_dataset(tmp_path, people=8)
    with pytest.raises(ValueError, match="photos"):
        people.write_dataset(tmp_path / "new", people=8, photos=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["note.txt"]


def test_an_interruption_leaves_nothing_behind(tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        people.write_dataset(tmp_path / "set", people=8, workers=1, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_dies_leaves_nothing_behind_and_workers_change_no_byte(tmp_path, folder):
    # Workers are fresh processes and need a main module on disk, as every command has.
    script = tmp_path / "dies.py"
    script.write_text(
        "import os, sys, signal, multiprocessing\n"
        "from osnet_edu import people\n"
        "def kill(done, total):\n"
        "    for child in multiprocessing.active_children():\n"
        "        child.kill()\n"
        "if __name__ == '__main__':\n"
        "    people.write_dataset(sys.argv[1], people=8, seed=5, workers=2,\n"
        "                         progress=kill if sys.argv[2] == 'kill' else None)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(people.__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    run = lambda name, how: subprocess.run(  # noqa: E731
        [sys.executable, str(script), str(tmp_path / "out" / name), how],
        env=environment,
        capture_output=True,
        text=True,
    )
    (tmp_path / "out").mkdir()
    dead = run("dead", "kill")
    assert dead.returncode != 0
    assert "WorkerLost: one of 2 worker processes was ended from outside, as happens when memory runs" in dead.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert run("two", "live").returncode == 0
    one, two = folder[0], tmp_path / "out" / "two"
    names = sorted(path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(two).as_posix() for path in two.rglob("*") if path.is_file())
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


WRITES = """
import signal, sys
from osnet_edu import people
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background of a shell inherit a deaf ear
    def say(done, total):
        print(done, flush=True)
    people.write_dataset(sys.argv[1], people=24, seed=5, workers=int(sys.argv[2]), progress=say)
"""


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals to send to one process")
@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, 2), (signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_a_signal_leaves_nothing_behind(tmp_path, number, workers):
    script = tmp_path / "writes.py"
    script.write_text(WRITES)
    out = tmp_path / "out" / "set"
    environment = {**os.environ, "PYTHONPATH": str(Path(people.__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(script), str(out), str(workers)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout.readline().strip() == "12"
        assert [path.name[:5] for path in out.parent.iterdir()] == [".set."]
        # Ctrl-C in a terminal goes to the workers as well; a request to end to the one process.
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == (-signal.SIGINT if number == signal.SIGINT else 128 + signal.SIGTERM), errors
    assert list(out.parent.iterdir()) == []


def test_a_contact_sheet_shows_the_photos_of_a_folder(folder):
    sheet = np.asarray(people.contact_sheet(folder[0], 3))
    assert sheet.shape == (3 * 130 - 2, 6 * 66 - 2, 3)
    first = next(record for record in people.read_people(folder[0]) if record.view.camera == 2)
    assert np.array_equal(sheet[:128, 66:130], np.asarray(Image.open(folder[0] / first.path)))


def test_an_archive_holds_the_folder_and_its_bytes_depend_on_nothing_else(tmp_path, folder):
    out, _, _ = folder
    size = people.pack(out, tmp_path / "a.zip")
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    for path in sorted(copy.rglob("*"), reverse=True):
        os.utime(path, (1e9, 1e9))
    people.pack(copy, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert size == (tmp_path / "a.zip").stat().st_size
    people.unpack(tmp_path / "a.zip", tmp_path / "back")
    assert (tmp_path / "back" / "people.json").read_bytes() == (out / "people.json").read_bytes()
    with pytest.raises(Refused):
        people.pack(out, tmp_path / "a.zip")


def test_a_folder_without_people_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="not a folder of rendered people"):
        people.read_people(tmp_path)
    (tmp_path / "people.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(ValueError, match="99"):
        people.read_people(tmp_path)


FEATURES = ("X86_V3", "X86_V4", "AVX512_ICL")  # NumPy's names for what it can be told not to use
TAKE = """
import sys, json, numpy as np
from numpy._core._multiarray_umath import __cpu_features__ as features
from osnet_edu import people
shots = [people.render(people.draw_identity(0, p), people.draw_view(0, p, p % 6 + 1, 0), jpeg=False)
         for p in range(1, 7)]
np.savez(sys.argv[1], images=[s.image for s in shots], labels=[s.labels for s in shots])
print(json.dumps({name: features.get(name, False) for name in sys.argv[2:]}))
"""


def test_pictures_hardly_change_with_the_processor(tmp_path):
    def take(off):
        path = tmp_path / f"{len(off)}.npz"
        environment = {**os.environ, "PYTHONPATH": str(Path(people.__file__).parents[2])}
        environment.pop("NPY_DISABLE_CPU_FEATURES", None)
        if off:
            environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(off)
        command = [sys.executable, "-W", "error", "-c", TAKE, str(path), *FEATURES]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with np.load(path) as kept:
            return json.loads(done.stdout), kept["images"].astype(int), kept["labels"]

    features, images, labels = take(())
    here = [name for name in FEATURES if features[name]]
    if not here:
        pytest.skip(f"this processor, or this release of NumPy, has none of {', '.join(FEATURES)} to switch off")
    left, other_images, other_labels = take(here)
    assert left == dict.fromkeys(FEATURES, False)  # they are really off
    assert np.abs(images - other_images).max() <= 2
    assert (labels != other_labels).mean() <= 0.001
