"""Solutions that a teacher has locked, and exercises with numbers of one's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from osnet_edu import exercises
from osnet_edu.classroom import cells, marking, notebooks
from osnet_edu.commands import start
from osnet_edu.exercises import GRADED, lock
from osnet_edu.exercises.magic import Desk
from osnet_edu.refused import Refused

LATER = datetime.now(UTC) + timedelta(days=2)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("OSNET_EDU_LOCK", "OSNET_EDU_KEY", "OSNET_EDU_STUDENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(lock, "_given", [])
    monkeypatch.setattr(exercises.graded, "_given", [])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seen(name: str = "cosine") -> str:
    desk = Desk(exercises.REGISTRY)
    desk.hint(name)
    return repr(desk.solution(name))


def test_a_lock_opens_at_its_moment(folder):
    file = folder / exercises.LOCK_FILE
    assert "Solution:" in seen()
    file.write_text(exercises.lock_text(LATER, None), encoding="utf-8")
    assert f"Your teacher has locked this solution until {LATER.astimezone():%Y-%m-%d %H:%M}." in seen()
    file.write_text(exercises.lock_text(LATER - timedelta(days=3), None), encoding="utf-8")
    assert "Solution:" in seen()


def test_a_lock_opens_with_its_key_and_with_no_other(folder):
    (folder / exercises.LOCK_FILE).write_text(exercises.lock_text(None, "open-sesame"), encoding="utf-8")
    assert "locked this solution. With the teacher's key" in seen()
    exercises.unlock("open-barley")
    assert "locked" in seen()
    exercises.unlock(" open-sesame ")
    assert "Solution:" in seen()
    assert "sesame" not in (folder / exercises.LOCK_FILE).read_text(encoding="utf-8")


def test_a_lock_may_name_exercises(folder, capsys):
    assert start.main(["lock", "cosine", "--out", ".", "--until", f"{LATER:%Y-%m-%dT%H:%M}"]) == 0
    assert "it locks 1 solutions" in capsys.readouterr().out
    assert "locked" in seen("cosine") and "Solution:" in seen("rank_k")
    assert start.main(["lock", "--out", ".", "--key", "word"]) == 2
    assert start.main(["lock", "nothing", "--out", ".", "--key", "word"]) == 2
    assert "there is no exercise named 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["until", "damaged", "empty", "deep"])
def test_a_changed_lock_locks_everything_and_says_so(folder, change):
    file = folder / exercises.LOCK_FILE
    told = json.loads(exercises.lock_text(LATER, None, ["rank_k"]))
    told["until"] = "2020-01-01T00:00:00+00:00"
    texts = {"until": json.dumps(told), "damaged": "{", "empty": "", "deep": "[" * 100_000}
    file.write_text(texts[change], encoding="utf-8")
    assert "is damaged or was changed, so all solutions are locked" in seen()


def test_a_lock_needs_a_moment_or_a_key():
    with pytest.raises(Refused, match="needs a moment"):
        exercises.lock_text(None, None)
    with pytest.raises(Refused, match="at least 4 signs"):
        exercises.lock_text(None, "abc")


# --- numbers of one's own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRADED)
def test_each_student_has_other_numbers_and_each_mistake_its_name(name):
    prompts = set()
    for number in range(60):
        task = exercises.own_task(name, f"S-{number}")
        prompts.add(task.prompt)
        assert exercises.judge(task, task.reference).state == "right"
        for mistake in task.mistakes:
            assert exercises.judge(task, mistake.wrong).mistake == mistake.name
    assert len(prompts) > 40
    assert exercises.own_task(name, "s-1").prompt == exercises.own_task(name, "S-1").prompt


def test_a_task_can_be_computed_by_hand():
    task = exercises.own_task("graded_weights", "S-12")
    c_in, c_out = (int(word.strip("*")) for word in task.prompt.split() if word.startswith("**"))
    assert exercises.judge(task, lambda: c_in * c_out + 9 * c_out).state == "right"
    assert exercises.judge(task, lambda: 9 * c_in * c_out).mistake == "standard"
    assert exercises.judge(task, lambda: "many").state == "wrong"


@pytest.mark.parametrize("number", ["<b>1</b>", "a b", "x" * 33, "", "é", 12, "1\n2"])
def test_a_number_with_other_signs_is_refused(number):
    with pytest.raises(Refused, match="letters, digits and -, and at most 32"):
        exercises.student_number(number)


def test_without_a_number_the_cell_asks_for_it(folder, monkeypatch):
    desk = Desk(exercises.REGISTRY)
    assert 'exercises.student_number("YOUR NUMBER")' in repr(desk.hint("graded_field"))
    monkeypatch.setenv("OSNET_EDU_STUDENT", "<script>")
    assert "letters, digits and -" in repr(desk.hint("graded_field"))
    exercises.student_number("S-3")
    assert "Each layer adds" in repr(desk.hint("graded_field"))
    assert "The number is" in repr(desk.solution("graded_field"))
    assert list(desk.summary().counts) == ["graded_field"]


def test_a_report_takes_the_numbers_of_the_notebook(tmp_path):
    right = exercises.own_task("graded_weights", "S-7").reference()
    cell = f"%%exercise graded_weights\ndef my_number():\n    return {right}"
    paths = {}
    for name, first in (
        ("ann", 'exercises.student_number("S-7")'),
        ("bob", 'student_number("S-8")'),
        ("cem", 'student_number("<b>")'),
    ):
        book = {"cells": [{"cell_type": "code", "source": source} for source in (first, cell)]}
        paths[name] = tmp_path / f"{name}.ipynb"
        paths[name].write_text(json.dumps(book), encoding="utf-8")
    (tmp_path / "dee.ipynb").write_bytes(paths["ann"].read_bytes())
    handed, left = notebooks.read_all([tmp_path])
    assert not left and [one.number for one in handed] == ["S-7", "S-8", "", "S-7"]
    assert "letters, digits and -" in handed[2].notes[0]
    with cells.processes(5, trust=True) as where:
        told = [marking.check_answer(one.answers[0], where, 5, (1, 2)).state for one in handed]
    assert told == ["right", "wrong", "refused", "right"]
    assert list(marking._same_numbers(handed)) == [
        "ann, dee have the same student's number, s-7: one of them has another's numbers."
    ]
