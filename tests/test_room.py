"""A room's predictions and mistakes as counts, without names."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from osnet_edu.classroom import records, room
from osnet_edu.commands import start
from osnet_edu.refused import Refused

QUESTION = "04.one-weight"  # its third answer is right


def put(folder, name: str, *told: tuple[str, str, str, str]) -> None:
    """A student's record.  told: what, exercise, detail, and the time on the day."""
    lines = [
        json.dumps({"lesson": "04", "exercise": exercise, "what": what, "detail": detail, "at": f"2026-11-30T{at}Z"})
        for what, exercise, detail, at in told
    ]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "room"
    made.mkdir()
    ask = "predicted", QUESTION
    put(made, "a.jsonl", (*ask, "1", "10:00:00"), (*ask, "2", "10:05:00"), (*ask, "3", "10:40:00"))
    put(made, "b.jsonl", (*ask, "3", "10:01:00"), ("mistake", "gate_parameters", "no bias", "10:02:00"))
    put(made, "c.jsonl", (*ask, "1", "10:01:00"), (*ask, "1", "10:50:00"), ("solved", "gate", "", "11:00:00"))
    put(made, "d.jsonl", (*ask, "9", "10:01:00"), ("predicted", "04.<script>", "1", "10:01:00"))
    return made


def test_a_room_is_counted_before_and_after_a_moment(folder):
    (found,) = room.count_room(folder, datetime.fromisoformat("2026-11-30T10:30:00+00:00")).questions
    assert (found.before, found.after) == ({2: 1, 3: 1, 1: 1}, {3: 1, 1: 1})


def test_without_a_moment_the_first_answer_is_held_against_the_last(folder):
    (found,) = room.count_room(folder).questions
    assert (found.before, found.after) == ({1: 2, 3: 1}, {3: 1, 1: 1})


def test_only_known_mistakes_are_counted_and_each_person_once(folder):
    name = next(iter(room.REGISTRY["gate"].mistakes)).name
    put(folder, "e.jsonl", *[("mistake", "gate", name, "10:00:00")] * 3, ("mistake", "gate", "Anna Smith", "10:00:00"))
    found = room.count_room(folder)
    assert found.mistakes == {("gate", name): 1} and found.solved == {"gate": 1} and found.people == 5


def test_damaged_and_foreign_files_are_named_and_skipped(folder):
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "deep.jsonl").write_text("[" * 100_000, encoding="utf-8")
    with open(folder / "a.jsonl", "a", encoding="utf-8") as file:
        file.write('{"lesson": "04", "exer')
    with open(folder / "b.jsonl", "a", encoding="utf-8") as file:
        file.write("damaged\n")
    found = room.count_room(folder)
    assert found.people == 4 and len(found.left_out) == 3
    assert [any(name in told for told in found.left_out) for name in ("photo.png", "deep.jsonl", "b.jsonl")] == [
        True
    ] * 3
    with pytest.raises(Refused, match="no line of it"):
        records.read_own_record(folder / "photo.png")


def test_the_page_and_the_picture_have_no_names(folder, capsys):
    out = folder.parent / "room.html"
    assert start.main(["room", str(folder), "--out", str(out), "--discussed", "2026-11-30T10:30:00+00:00"]) == 0
    page = out.read_text(encoding="utf-8")
    assert "4 students, counted without names." in page and "<script" not in page
    assert "before 33 % of 3 right, after 50 % of 2 right" in page
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "4 records, 1 questions" in capsys.readouterr().out


def test_a_folder_without_records_is_refused(tmp_path, capsys):
    assert start.main(["room", str(tmp_path), "--out", str(tmp_path / "o.html")]) == 2
    assert "is a record of a student" in capsys.readouterr().err
    with pytest.raises(Refused, match="is not a folder"):
        room.count_room(tmp_path / "nowhere")
