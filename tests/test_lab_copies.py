"""The student's copies of the lessons: made once, brought up to date, given back, and never lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from osnet_edu import Refused
from osnet_edu.lab import copies

ROOT = Path(__file__).resolve().parent.parent


def lesson(*sources: str, outputs: list | None = None, **metadata) -> bytes:
    """A notebook of code cells, as bytes."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{k}",
            "metadata": {},
            "execution_count": None,
            "outputs": outputs or [],
            "source": s,
        }
        for k, s in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def kit(tmp_path) -> Path:
    (tmp_path / "notebooks").mkdir()
    for name in ("00_start_here", "01_who_is_it"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_bytes(lesson(name))
    return tmp_path


def texts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.ipynb")}


def own(kit: Path, name: str = "00_start_here") -> Path:
    return kit / "my_notebooks" / f"{name}.ipynb"


def newer(kit: Path, *sources: str) -> bytes:
    """The kit gets a newer first lesson."""
    whole = lesson(*sources)
    (kit / "notebooks" / "00_start_here.ipynb").write_bytes(whole)
    return whole


def test_the_first_start_copies_every_lesson_and_the_next_changes_nothing(kit):
    assert copies.bring_up_to_date(str(kit)) == []
    assert texts(kit / "my_notebooks") == texts(kit / "notebooks")
    before = {path: path.stat().st_mtime_ns for path in (kit / "my_notebooks").iterdir()}
    assert copies.bring_up_to_date(str(kit)) == []
    assert {path: path.stat().st_mtime_ns for path in (kit / "my_notebooks").iterdir()} == before
    assert os.name == "nt" or own(kit).stat().st_mode & 0o777 == 0o644


def test_a_lesson_that_was_not_changed_follows_the_kit_and_a_changed_one_is_told(kit):
    copies.bring_up_to_date(str(kit))
    own(kit, "01_who_is_it").write_bytes(b"mine")
    for name in ("00_start_here", "01_who_is_it", "02_new"):
        (kit / "notebooks" / f"{name}.ipynb").write_bytes(lesson("newer"))
    for _ in range(2):  # and again at each start
        assert copies.bring_up_to_date(str(kit)) == ["01_who_is_it"]
        assert own(kit).read_bytes() == own(kit, "02_new").read_bytes() == lesson("newer")
        assert own(kit, "01_who_is_it").read_bytes() == b"mine"


def test_opening_a_lesson_does_not_change_it_but_running_does(kit):
    copies.bring_up_to_date(str(kit))
    own(kit).write_bytes(lesson("00_start_here", language_info={"name": "python"}))
    whole = newer(kit, "one more")
    assert copies.bring_up_to_date(str(kit)) == [] and own(kit).read_bytes() == whole
    ran = lesson("one more", outputs=[{"output_type": "stream", "name": "stdout", "text": "42"}])
    own(kit).write_bytes(ran)
    newer(kit, "and more")
    assert copies.bring_up_to_date(str(kit)) == ["00_start_here"] and own(kit).read_bytes() == ran


def test_what_was_changed_in_the_checkout_itself_is_copied_and_stays(kit):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "notebooks"], [*who, "commit", "-qm", "kit"]):
        subprocess.run(["git", "-C", str(kit), *command], check=True)
    mine = newer(kit, "my answer, typed into the tracked file")
    copies.bring_up_to_date(str(kit))
    subprocess.run(["git", "-C", str(kit), "checkout", "-q", "notebooks"], check=True)
    assert (kit / "notebooks" / "00_start_here.ipynb").read_bytes() == lesson("00_start_here")
    assert copies.bring_up_to_date(str(kit)) == ["00_start_here"]
    assert own(kit).read_bytes() == mine


@pytest.mark.parametrize("record", [None, "", "[]", '{"00_start_here": 7}', '{"00_start_here": {"from": ""}}'])
def test_without_its_record_a_copy_counts_as_changed(kit, record):
    copies.bring_up_to_date(str(kit))
    path = kit / "my_notebooks" / copies.RECORD
    path.unlink() if record is None else path.write_text(record)
    own(kit).write_bytes(b"mine")
    assert copies.bring_up_to_date(str(kit)) == []  # which version it came from is not known
    newer(kit, "newer")
    assert copies.bring_up_to_date(str(kit)) == ["00_start_here"] and own(kit).read_bytes() == b"mine"


def test_a_file_in_the_place_of_the_folder_is_told(kit):
    (kit / "my_notebooks").write_text("ten years")
    with pytest.raises(Refused, match="my_notebooks is not a folder"):
        copies.bring_up_to_date(str(kit))
    assert (kit / "my_notebooks").read_text() == "ten years"


def test_a_full_disk_leaves_what_was_there(kit, monkeypatch):
    copies.bring_up_to_date(str(kit))
    before, whole = texts(kit / "my_notebooks"), newer(kit, "newer")
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        copies.bring_up_to_date(str(kit))
    assert texts(kit / "my_notebooks") == before and len(list((kit / "my_notebooks").iterdir())) == 3
    monkeypatch.setattr(os, "replace", real)
    copies.bring_up_to_date(str(kit))
    assert own(kit).read_bytes() == whole


# ---------------------------------------------------------------------------------------------
# reset


def test_reset_gives_the_lesson_and_keeps_the_students(kit, capsys, monkeypatch):
    copies.bring_up_to_date(str(kit))
    moment = time.struct_time((2026, 11, 30, 9, 5, 59, 0, 334, 0))
    written = time.strftime("%Y-%m-%d_%H%M", moment)
    monkeypatch.setattr(copies.time, "strftime", lambda form: written)
    wanted = {}
    for count, mine in enumerate((b"first", b"second", b"third: not JSON {"), start=1):
        own(kit).write_bytes(mine)
        assert copies.reset(str(kit), "00") == 0
        wanted[f"00_start_here_2026-11-30_0905{'' if count == 1 else f'_{count}'}.ipynb"] = mine
    assert texts(kit / "my_notebooks") == texts(kit / "notebooks") | wanted
    told = capsys.readouterr().out.replace(os.sep, "/")
    assert "Yours is now my_notebooks/00_start_here_2026-11-30_0905_3.ipynb." in told
    assert "If it is open in JupyterLab, choose 'Reload Notebook from Disk' in the menu File." in told
    assert copies.bring_up_to_date(str(kit)) == []


def test_after_a_reset_the_newer_lesson_is_no_longer_told(kit):
    copies.bring_up_to_date(str(kit))
    own(kit).write_bytes(b"mine")
    whole = newer(kit, "newer")
    assert copies.bring_up_to_date(str(kit)) == ["00_start_here"]
    copies.reset(str(kit), "00_start_here")
    assert own(kit).read_bytes() == whole and copies.bring_up_to_date(str(kit)) == []
    whole = newer(kit, "newer still")
    assert copies.bring_up_to_date(str(kit)) == [] and own(kit).read_bytes() == whole


@pytest.mark.parametrize(
    "given",
    ["01", "01_who_is_it", "01_who_is_it.ipynb", "my_notebooks/01_who_is_it.ipynb", "notebooks/01_who_is_it.ipynb"],
)
def test_a_lesson_is_named_in_several_ways(kit, given, capsys):
    assert copies.reset(str(kit), given) == 0  # also before the first start
    assert own(kit, "01_who_is_it").read_bytes() == lesson("01_who_is_it")
    assert copies.reset(str(kit), given) == 0
    assert "nothing to do" in capsys.readouterr().out and len(texts(kit / "my_notebooks")) == 1


@pytest.mark.parametrize(
    "given", ["02", "", "who", "0", "my_notebooks", "../../etc/passwd", "01_who_is_it_2026-11-30_0905"]
)
def test_a_lesson_that_does_not_exist_is_told_with_those_that_do(kit, given):
    with pytest.raises(Refused, match=r"There is no lesson .*\. There are: 00_start_here, 01_who_is_it\."):
        copies.reset(str(kit), given)
    assert not (kit / "my_notebooks").exists()


def test_a_full_disk_while_keeping_leaves_the_students_alone(kit, monkeypatch):
    copies.bring_up_to_date(str(kit))
    own(kit).write_bytes(b"mine")
    monkeypatch.setattr(os, "fsync", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        copies.reset(str(kit), "00")
    assert own(kit).read_bytes() == b"mine" and len(texts(kit / "my_notebooks")) == 2


def test_the_program_resets_a_lesson_of_the_real_kit(tmp_path):
    for name in ("lab.py", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "osnet_edu").mkdir()
    for name in ("__init__.py", "refused.py"):
        shutil.copy(ROOT / "osnet_edu" / name, tmp_path / "osnet_edu" / name)
    shutil.copytree(ROOT / "osnet_edu" / "lab", tmp_path / "osnet_edu" / "lab")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("runs", ".ipynb*"))
    command = [sys.executable, "-S", "lab.py", "reset"]
    done = subprocess.run([*command, "04"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    made = tmp_path / "my_notebooks" / "04_the_aggregation_gate.ipynb"
    assert made.read_bytes() == (ROOT / "notebooks" / made.name).read_bytes()
    done = subprocess.run([*command, "77"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith(
        "lab.py: There is no lesson '77'. There are: 00_start_here, "
    )


def test_every_link_of_a_lesson_holds_among_the_copies():
    """Lessons lead to lessons, in the same folder, and to files beside it, which the copies have beside them, too."""
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for link in links("".join(cell["source"])):
                    to = link.partition("#")[0]
                    beside = to.startswith("../") and (ROOT / to[3:]).is_file()
                    assert to in names | {""} or beside, f"{path.name}: {link}"


def links(text: str) -> list[str]:
    """The addresses within the checkout that a text leads to."""
    found = [one or other for one, other in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)]
    return [link for link in found if not re.match(r"https?:|data:|attachment:|mailto:", link)]


def test_my_notebooks_are_ignored_by_git():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{copies.COPIES}/" in ignored
