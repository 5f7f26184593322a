"""The record of a student: appended whole, read whatever was done to it, and never in the way of a lesson."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from osnet_edu import assets, exercises, progress
from osnet_edu.book import lessons
from osnet_edu.exercises.bar import Bar, standing
from osnet_edu.exercises.magic import Desk
from osnet_edu.widgets import ask

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = exercises.REGISTRY
FIRST, SECOND = (task.name for task in exercises.by_notebook("02")[:2])


@pytest.fixture
def kept(tmp_path: Path, monkeypatch) -> Path:
    """The file of a student who has done nothing yet."""
    monkeypatch.setenv("OSNET_EDU_PROGRESS", str(tmp_path / "mine"))
    monkeypatch.setattr(progress, "_followers", {})
    return tmp_path / "mine" / "progress.jsonl"


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def bar(lesson: str = "", files: dict[str, str] | None = None) -> Bar:
    return Bar(progress.read(), REGISTRY, lesson, files or {})


def test_what_a_student_does_is_kept_as_it_is_agreed(kept):
    desk = Desk(REGISTRY)
    desk.hint(FIRST)
    desk.solution(FIRST)
    ask("04.one-weight").set_state({"chosen": 2})
    told = [(e["lesson"], e["exercise"], e["what"], e["detail"]) for e in lines(kept)]
    assert told == [
        ("02", FIRST, "hint", "1"),
        ("02", FIRST, "solution", ""),
        ("04", "04.one-weight", "predicted", "2"),
    ]
    assert all(set(e) == {"lesson", "exercise", "what", "detail", "at"} for e in lines(kept))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", e["at"]) for e in lines(kept))


def test_a_damaged_file_loses_only_its_damaged_lines(kept):
    progress.note("02", FIRST, progress.SOLVED)
    with open(kept, "ab") as file:
        file.write(b'\xff\xfe not JSON\n[1, 2]\n{"lesson": 2}\n{"lesson": "02", "exercise": "torn')
    progress.note("02", SECOND, progress.SOLVED)  # the torn line does not take this one along
    record = progress.read()
    assert [event.exercise for event in record.events] == [FIRST, SECOND] and record.damaged == 4
    assert "You have solved 2 of" in repr(bar()) and "4 lines of your progress file cannot be read" in repr(bar())
    assert kept.read_bytes().count(b"\n") == 6  # nothing was removed


def test_another_version_of_the_kit_is_no_damage(kept):
    progress.note("02", "an_exercise_of_tomorrow", progress.SOLVED)
    progress.note("02", FIRST, "danced")
    newer = {**lines(kept)[0], "exercise": FIRST, "mood": "good"}
    with open(kept, "a", encoding="utf-8") as file:
        file.write(json.dumps(newer) + "\n")
    record = progress.read()
    assert len(record.events) == 3 and record.damaged == 0
    assert standing(record, REGISTRY).solved == {FIRST}


def test_two_kernels_write_at_once_and_no_line_is_lost(kept):
    code = (
        "import sys; from osnet_edu.progress import note\nfor k in range(300): note('02', sys.argv[1], 'hint', str(k))"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT) for name in ("a", "b")]
    assert [process.wait() for process in started] == [0, 0]
    record = progress.read()
    for name in ("a", "b"):
        assert [event.detail for event in record.events if event.exercise == name] == [str(k) for k in range(300)]
    assert record.damaged == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_a_sentence(kept):
    kept.parent.mkdir()
    kept.symlink_to("/dev/full")
    progress.note("02", FIRST, progress.SOLVED)
    assert progress.trouble() == "Your progress is not kept: No space left on device. The lesson goes on without it."
    kept.unlink()
    progress.note("02", FIRST, progress.SOLVED)
    assert progress.trouble() == "" and len(lines(kept)) == 1


def test_a_folder_that_cannot_be_is_a_sentence_in_the_bar(kept):
    kept.parent.touch()
    progress.note("02", FIRST, progress.SOLVED)
    assert "Your progress is not kept" in repr(bar()) and "The lesson goes on without it." in repr(bar())
    assert "0 of" in repr(bar())
    kept.parent.unlink()
    kept.mkdir(parents=True)  # a folder where the file should be
    progress.note("02", FIRST, progress.SOLVED)
    assert "Your progress cannot be read: Is a directory." in repr(bar())


def test_where_the_record_is(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "_CHECKOUT", tmp_path)
    monkeypatch.setenv("OSNET_EDU_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OSNET_EDU_PROGRESS")
    assert progress.kept_in() == tmp_path / "cache" / "progress.jsonl"
    (tmp_path / "my_notebooks").mkdir()
    assert progress.kept_in() == tmp_path / "my_notebooks" / "progress.jsonl"
    monkeypatch.setenv("OSNET_EDU_PROGRESS", "")
    assert progress.kept_in() is None
    progress.note("02", FIRST, progress.SOLVED)
    assert not list((tmp_path / "my_notebooks").iterdir()) and progress.trouble() == ""
    assert lessons._environment(assets.cache())["OSNET_EDU_PROGRESS"] == ""  # a page of the site has no student


def test_the_bar_says_what_is_solved_and_where_the_student_stopped(kept):
    assert repr(bar()) == f"You have solved 0 of {len(REGISTRY)} exercises."
    progress.note("02", FIRST, progress.SOLVED)
    progress.note("02", SECOND, progress.MISTAKE, "axes")
    progress.note("05", "", progress.OPENED)
    many = len(exercises.by_notebook("02"))
    shown = bar("02", {"02": "02_x.ipynb", "05": '05_"y.ipynb', "13": "13_z.ipynb"})
    assert (
        repr(shown)
        == f"You have solved 1 of {len(REGISTRY)} exercises. You stopped in 02, at {REGISTRY[SECOND].title}."
    )
    drawn = shown._repr_html_()
    assert 'aria-current="page"' in drawn and f"Notebook 02: 1 of {many} exercises solved" in drawn
    assert 'href="05_&quot;y.ipynb"' in drawn and 'href="02_x.ipynb"' not in drawn
    assert 'aria-label="Notebook 13"' in drawn and drawn.count("solved: </span>") == 1
    progress.note("04", "04.one-weight", progress.PREDICTED, "1")
    assert repr(bar()).endswith("You stopped in 04, at a prediction.")


def test_a_kernel_shows_the_bar_again_and_keeps_it_up_to_date(tmp_path, kernel_environment):
    (tmp_path / "07_train_it.ipynb").touch()
    begin = "%load_ext osnet_edu.exercises\n1 + 1"
    solved = exercises.cell(FIRST).splitlines()[0] + "\n" + _answer(FIRST)
    cells = [nbformat.v4.new_code_cell(source) for source in (begin, begin, solved)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    environment = {
        **kernel_environment,
        "OSNET_EDU_PROGRESS": str(tmp_path),
        "JPY_SESSION_NAME": "/home/ana/02_one_convolution.ipynb",
    }
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment)
    for cell in cells[:2]:
        assert "You have solved 1 of" in cell.outputs[0].data["text/plain"]  # as it is after the third cell
        assert "07_train_it.ipynb" in cell.outputs[0].data["text/html"]
        assert [output.output_type for output in cell.outputs] == ["display_data", "execute_result"]
    told = [(e["lesson"], e["exercise"], e["what"]) for e in lines(tmp_path / "progress.jsonl")]
    assert told == [("02", "", "opened"), ("02", "", "opened"), ("02", FIRST, "solved")]


def _answer(name: str) -> str:
    from osnet_edu.exercises.solutions import pasted

    return pasted(REGISTRY[name])
