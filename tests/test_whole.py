"""All or nothing: real files, real processes, killed and asked to end; what exists is refused and left alone."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from osnet_edu import Refused
from osnet_edu.machine import whole

POSIX = pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals to send to one process")
ROOT = Path(whole.__file__).parents[2]


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def python(code: str, *arguments: object, **more) -> subprocess.Popen:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_appears_when_it_is_whole_with_the_suffix_it_had_all_along(tmp_path):
    with whole.file(tmp_path / "a.png") as growing:
        assert growing.suffix == ".png" and growing.parent == tmp_path and growing.name.startswith(".a.")
        growing.write_bytes(b"half")
        assert not (tmp_path / "a.png").exists()
        growing.write_bytes(b"whole")
    assert tree(tmp_path) == {"a.png": b"whole"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("replace", [False, True])
def test_after_an_error_no_file_is_left_and_an_older_one_stays(tmp_path, error, replace):
    if replace:
        (tmp_path / "a.txt").write_text("old")
    before = tree(tmp_path)
    with pytest.raises(error), whole.file(tmp_path / "a.txt", replace=replace) as growing:
        growing.write_text("half")
        raise error
    assert tree(tmp_path) == before


def test_a_file_that_exists_is_replaced_only_where_that_is_asked_for(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(Refused, match=r"a\.txt exists already"), whole.file(tmp_path / "a.txt"):
        pytest.fail("the work must not begin")
    with whole.file(tmp_path / "a.txt", replace=True) as growing:
        growing.write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    assert tree(tmp_path) == {"a.txt": b"new"}


def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path):
    with pytest.raises(Refused, match="exists already"), whole.file(tmp_path / "a.txt") as growing:
        growing.write_text("mine")
        (tmp_path / "a.txt").write_text("theirs")
    assert tree(tmp_path) == {"a.txt": b"theirs"}


def test_a_name_of_250_letters_can_be_written(tmp_path):
    name = "é" * 123 + ".txt"  # 250 bytes
    with whole.file(tmp_path / name) as growing:
        growing.write_text("whole")
    assert tree(tmp_path) == {name: b"whole"}


def test_a_new_file_gets_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").touch()
    with whole.file(tmp_path / "mine") as growing:
        growing.touch()
    with whole.folder(tmp_path / "ours"):
        pass
    (tmp_path / "folder").mkdir()
    assert (tmp_path / "mine").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "folder").stat().st_mode


# --- what is refused, and when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "the name is empty"),
        ("there.txt", r"there\.txt exists already"),
        ("folder", r"folder exists already"),
        (".", "exists already"),
        ("broken", "broken exists already"),
        ("link", "link exists already"),
        ("none/new.txt", r"none is not a folder"),
        ("there.txt/new.txt", r"there\.txt is not a folder"),
        ("nul\0", "is not a name of a file"),
    ],
)
def test_a_file_is_refused_in_a_sentence_before_the_work(tmp_path, monkeypatch, name, sentence):
    monkeypatch.chdir(tmp_path)
    Path("there.txt").write_text("mine")
    Path("folder").mkdir()
    os.symlink("nowhere", "broken")
    os.symlink("there.txt", "link")
    before = tree(tmp_path)
    with pytest.raises(Refused, match=sentence):
        whole.new_file(name)
    assert tree(tmp_path) == before


def test_a_file_of_another_kind_is_refused(tmp_path):
    for name in ("map", "map.txt", ".png"):
        with pytest.raises(Refused, match=r"expected a name that ends in \.png or \.pdf"):
            whole.new_file(tmp_path / name, (".png", ".pdf"))
    assert whole.new_file(tmp_path / "map.PNG", (".png", ".pdf")) == tmp_path / "map.PNG"
    with pytest.raises(OSError, match="too long"):
        whole.new_file(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "the name is empty"),
        (".", "is the folder that you are in"),
        ("here/..", "exists and is not empty"),
        ("full", "full exists and is not empty"),
        ("full/there.txt", r"there\.txt exists and is not empty"),
        ("full/there.txt/x/y", r"there\.txt is not a folder"),
        ("link", "link is a link to .*other"),
        ("broken", "broken is a link to nowhere"),
        ("/", "exists and is not empty"),
    ],
)
def test_a_folder_is_refused_in_a_sentence_before_the_work(tmp_path, monkeypatch, name, sentence):
    here = tmp_path / "here" if name == "." else tmp_path
    for folder in ("here", "full", "other"):
        (tmp_path / folder).mkdir()
    (tmp_path / "full" / "there.txt").write_text("mine")
    os.symlink(tmp_path / "other", tmp_path / "link")
    os.symlink("nowhere", tmp_path / "broken")
    monkeypatch.chdir(here)
    before = tree(tmp_path)
    with pytest.raises(Refused, match=sentence):
        whole.new_folder(name)
    with pytest.raises(Refused, match=sentence), whole.folder(name):
        pytest.fail("the work must not begin")
    assert tree(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(Refused, match="may not be written to"):
        whole.new_file(tmp_path / "locked" / "a.txt")
    with pytest.raises(Refused, match="may not be written to"):
        whole.new_folder(tmp_path / "locked" / "a" / "b")


def test_a_folder_takes_the_place_of_nothing_or_of_an_empty_one(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new/deep"):
        with whole.folder(tmp_path / name) as growing:
            (growing / "one").write_text("1")
            assert not (tmp_path / name / "one").exists()
    assert tree(tmp_path) == {"empty": None, "empty/one": b"1", "new": None, "new/deep": None, "new/deep/one": b"1"}
    with pytest.raises(KeyError), whole.folder(tmp_path / "other") as growing:
        (growing / "one").write_text("1")
        raise KeyError
    assert not (tmp_path / "other").exists() and len(list(tmp_path.iterdir())) == 2


# --- processes that end -----------------------------------------------------------------------------------------------

GROWS = """
import sys, time
from osnet_edu.machine import whole
with getattr(whole, sys.argv[1])(sys.argv[2]) as growing:
    (growing / "one" if growing.is_dir() else growing).write_text("half")
    print("grows", flush=True)
    time.sleep(60)
"""


@POSIX
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_request_to_end_leaves_nothing_and_a_kill_is_swept_by_the_next(tmp_path, kind):
    with python(GROWS, kind, tmp_path / "a.x") as process:
        assert process.stdout.readline() == "grows\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM and tree(tmp_path) == {}
    with python(GROWS, kind, tmp_path / "a.x") as process:
        assert process.stdout.readline() == "grows\n"
        process.kill()
    assert len(whole.left(tmp_path)) == 1
    with getattr(whole, kind)(tmp_path / "b.x") as growing:  # another name: not its business
        growing.touch() if kind == "file" else None
    assert len(whole.left(tmp_path)) == 1
    with getattr(whole, kind)(tmp_path / "a.x") as growing:
        assert whole.left(tmp_path) == [growing] if growing.exists() else whole.left(tmp_path) == []
        growing.touch() if kind == "file" else None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.x", "b.x"]


@POSIX
def test_a_sweep_removes_nothing_else(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    mark = whole._mark("set.x")
    stale = f"{mark}{gone.pid}-0123abcd.x"
    kept = [
        f"{mark}{os.getpid()}-0123abcd.x",  # its process lives
        f"{mark}{gone.pid}-0123abcd.y",
        f"{mark}{gone.pid}-notes.x",
        f"{mark}notes.x",
        f".set.osnet_edu-elsewhere-{gone.pid}-0123abcd.x",
        f"{stale}.bak.x",
        "set.x",
    ]
    for name in (*kept, stale):
        (tmp_path / name).touch()
    whole.sweep(tmp_path, "other.x")
    assert (tmp_path / stale).exists()
    whole.sweep(tmp_path, "set.x")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    whole.sweep(tmp_path)  # whatever the name was to be: the .y goes too
    assert not (tmp_path / kept[1]).exists() and len(list(tmp_path.iterdir())) == len(kept) - 1


SWALLOWED = """
import os, signal, sys
from osnet_edu.machine import whole

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(1000))  # the handler runs here, where nobody can catch what it raises

with whole.ending(), getattr(whole, sys.argv[1])(sys.argv[2]) as growing:
    if not growing.is_dir():
        growing.touch()
    Finalised()
    print("went on")
"""


@POSIX
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_request_in_a_finaliser_is_not_forgotten(tmp_path, kind):
    with python(SWALLOWED, kind, tmp_path / "a") as process:
        said, errors = process.communicate(timeout=60)
    assert said == "went on\n" and process.returncode == 128 + signal.SIGTERM, errors
    assert tree(tmp_path) == {}


@POSIX
def test_a_request_is_raised_once_and_whoever_answers_it_already_keeps_it(tmp_path):
    with pytest.raises(whole.Ended) as ended, whole.ending(), whole.ending():
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(10_000))
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with whole.file(tmp_path / "a") as growing:  # a request that was answered does not come again
        growing.touch()
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with whole.file(tmp_path / "b") as growing:
            growing.touch()
            os.kill(os.getpid(), signal.SIGTERM)
            sum(range(10_000))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM] and (tmp_path / "b").exists()


def test_another_thread_may_write_too(tmp_path):
    def write():
        with whole.file(tmp_path / "a") as growing:
            growing.write_text("whole")

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert tree(tmp_path) == {"a": b"whole"}


# --- a folder at work -------------------------------------------------------------------------------------------------

CLAIMS = """
import sys, time
from pathlib import Path
from osnet_edu.machine import whole
with whole.claimed(Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(60)
"""


@POSIX
def test_a_folder_has_one_process_at_work_and_a_killed_one_does_not_count(tmp_path):
    with python(CLAIMS, tmp_path) as process:
        assert process.stdout.readline() == "mine\n"
        before = tree(tmp_path)
        with pytest.raises(Refused, match=f"process {process.pid} is at work in"), whole.claimed(tmp_path):
            pytest.fail("it is taken")
        assert tree(tmp_path) == before
        process.kill()
    with whole.claimed(tmp_path), whole.claimed(tmp_path):  # one process may claim it twice
        assert len(tree(tmp_path)) == 2
    assert tree(tmp_path) == {}
