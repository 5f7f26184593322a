"""A class's answers, run anew: five students played by scripts, what they earned and what they could not do."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exercise_answers import ANSWERS, PRELUDE
from torch import nn

from osnet_edu import exercises
from osnet_edu.classroom import cells, far, marking, notebooks, report
from osnet_edu.classroom.inside import wire
from osnet_edu.commands import start
from osnet_edu.exercises import REGISTRY, solutions
from osnet_edu.refused import Refused

ROOT = Path(__file__).resolve().parent.parent
LESSON = ROOT / "notebooks" / "02_one_convolution.ipynb"
NAMES = [task.name for task in exercises.by_notebook("02")]
SEEDS = (31, 32)


def shuts_in() -> bool:
    try:
        with cells.processes(1, trust=False):
            return True
    except Refused:
        return False


needs_walls = pytest.mark.skipif(not shuts_in(), reason="this system lets no process be shut in")


# --- the class --------------------------------------------------------------------------------------------------------


def hand_in(folder: Path, answers: dict[str, str], shown: str = "", lesson: Path = LESSON) -> Path:
    """A student's copy of a lesson.  answers: exercise -> cell.  shown: what its exercises' stored outputs say."""
    found = json.loads(lesson.read_text(encoding="utf-8"))
    for cell in found["cells"]:
        words = "".join(cell["source"]).split()
        if words[:1] == ["%%exercise"]:
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": shown}] if shown else []
            if words[1] in answers:
                cell["source"] = f"%%exercise {words[1]}\n{answers[words[1]]}"
    folder.mkdir(parents=True)
    path = folder / lesson.name
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def right(name: str) -> str:
    return solutions.pasted(REGISTRY[name])


def wrong(name: str, number: int = 0) -> tuple[str, str]:
    """(name of the mistake, a cell that makes it)."""
    mistake, source = list(ANSWERS[name].wrong.items())[number]
    return mistake, PRELUDE + source


def cheats(kit: Path, home: Path, port: int) -> dict[str, str]:
    """Ways to what was not earned: each returns a right answer if it gets hold of one, or if its attack succeeds."""
    got = {name: right(name) for name in NAMES}

    def after(attack: str, name: str) -> str:  # the attack comes first, at each call
        lines = "\n".join(f"    {line}" for line in attack.splitlines())
        made = REGISTRY[name].answer
        return f"{got[name]}\n\n_kept = {made}\ndef {made}(*given):\n{lines}\n    return _kept(*given)\n"

    return {
        "window_sum": "from osnet_edu.exercises import REGISTRY\nmy_window_sum = REGISTRY['window_sum'].reference\n",
        "grey": (
            "import inspect\nfrom osnet_edu.exercises.answers import convolution\n"
            "exec(inspect.getsource(convolution))\n"
        ),
        "pointwise": (
            "import sys\nimport numpy as np, torch, builtins\n"
            "for place in (np, torch):\n    place.allclose = place.array_equal = lambda *a, **k: True\n"
            "builtins.all = builtins.bool = lambda *a: True\n"
            "for name, module in list(sys.modules.items()):\n"
            "    if 'wire' in name or 'runner' in name:\n"
            "        vars(module)['_told'] = lambda error: ['builtins', 'ValueError', '', 0]\n"
            "def my_pointwise(c_in, c_out):\n    return torch.nn.Identity()\n"
        ),
        "depthwise": after(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)", "depthwise"),
        "lite_3x3": (
            f"from pathlib import Path\nfound = Path({str(kit / 'exercises' / 'answers' / 'convolution.py')!r})\n"
            f"exec(found.read_text())\nMyLite3x3 = MyLite3x3\n"
        ),
        "lite_parameters": after(f"open({str(kit / 'planted.py')!r}, 'w').write('x')", "lite_parameters"),
        "multiply_adds": after(f"open({str(home / 'planted')!r}, 'w').write('x')", "multiply_adds"),
        "camera_hour": after("import os\nwhile True:\n    os.fork()", "camera_hour"),
    }


@pytest.fixture(scope="module")
def of_class(tmp_path_factory):
    """The report on five students: its rows, its page, what it says, and the world around it before and after."""
    folder = tmp_path_factory.mktemp("class")
    home = tmp_path_factory.mktemp("home")
    with socket.create_server(("127.0.0.1", 0)) as server:
        called = threading.Event()
        server.settimeout(0.1)
        kit_before = fingerprint(ROOT / "osnet_edu")
        port = server.getsockname()[1]
        write_class(folder, home, port)
        handed = fingerprint(folder)
        out = tmp_path_factory.mktemp("out") / "class.csv"
        assert start.main(["report", str(folder), "--out", str(out), "--seconds", "3"]) == 0
        try:
            server.accept()
            called.set()
        except TimeoutError:
            pass
    with open(out, newline="", encoding="utf-8") as file:
        rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}
    unharmed = (
        kit_before == fingerprint(ROOT / "osnet_edu") and handed == fingerprint(folder) and not list(home.iterdir())
    )
    return rows, out.with_suffix(".html").read_text(encoding="utf-8"), unharmed and not called.is_set(), out


def write_class(folder: Path, home: Path, port: int) -> None:
    hand_in(folder / "anna", {name: right(name) for name in NAMES})
    events = [("grey", "hint", ""), ("grey", "hint", ""), ("grey", "mistake", "mean"), ("depthwise", "solution", "")]
    with open(folder / "anna" / "progress.jsonl", "w", encoding="utf-8") as file:
        for exercise, what, detail in events:
            row = {"lesson": "02", "exercise": exercise, "what": what, "detail": detail, "at": "2026-11-30T10:00:00Z"}
            file.write(json.dumps(row) + "\n")
        file.write('{"lesson": "02", "exer')
    hand_in(folder / "ben", {name: wrong(name)[1] for name in ("depthwise", "lite_3x3", "lite_parameters", "grey")})
    loop = "def my_grey(photos):\n    while True:\n        pass\n"
    hand_in(folder / "cleo", {"grey": loop, "depthwise": right("depthwise"), "camera_hour": "def my_camera_hour(:"})
    (folder / "dan").mkdir()
    (folder / "dan" / LESSON.name).write_text('{"cells": [', encoding="utf-8")
    hand_in(folder / "eve", cheats(ROOT / "osnet_edu", home, port), shown="✓ Right: Every check passes.")


def fingerprint(folder: Path) -> str:
    made = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            made.update(os.fsencode(path))
            made.update(path.read_bytes())
    return made.hexdigest()


@needs_walls
def test_each_earns_what_was_done(of_class):
    rows, _, _, _ = of_class
    truth = {("anna", name): ("right", "") for name in NAMES}
    truth |= {("ben", name): ("open", "") for name in NAMES}
    truth |= {("ben", name): ("wrong", wrong(name)[0]) for name in ("depthwise", "lite_3x3", "lite_parameters", "grey")}
    truth |= {("cleo", name): ("open", "") for name in NAMES}
    truth |= {("cleo", "grey"): ("slow", ""), ("cleo", "depthwise"): ("right", "")}
    truth |= {("cleo", "camera_hour"): ("failed", "")}
    assert {key: (row["state"], row["mistake"]) for key, row in rows.items() if key[0] != "eve"} == truth


@needs_walls
def test_nothing_is_earned_that_was_not(of_class):
    rows, _, unharmed, _ = of_class
    eve = {exercise: row for (student, exercise), row in rows.items() if student == "eve"}
    assert set(eve) == set(NAMES)
    assert {row["solved"] for row in eve.values()} == {"no"}
    for exercise, why in {
        "window_sum": "osnet_edu.exercises.REGISTRY of the kit is not there",
        "grey": "is not there|cannot|TypeError|ImportError",
        "depthwise": "PermissionError",
        "lite_3x3": "FileNotFoundError",
        "lite_parameters": "FileNotFoundError",
        "multiply_adds": "FileNotFoundError",
        "camera_hour": "PermissionError",
    }.items():
        assert any(part in eve[exercise]["what the check says"] for part in why.split("|")), eve[exercise]
    assert unharmed


@needs_walls
def test_the_record_is_told_as_the_students_own_word(of_class):
    rows, page, _, _ = of_class
    grey, depthwise, ben = rows["anna", "grey"], rows["anna", "depthwise"], rows["ben", "grey"]
    own = ("hints (own record)", "solution seen (own record)", "mistakes on the way (own record)")
    assert [grey[name] for name in own] == ["2", "no", "mean"]
    assert [depthwise[name] for name in own] == ["0", "yes", ""]
    assert [ben[name] for name in own] == ["", "", ""]
    assert "by the student&#x27;s own record" in page


@needs_walls
def test_the_page_says_what_was_left_out(of_class):
    _, page, _, out = of_class
    assert "it is not JSON, as a notebook is" in page and "dan" in page
    assert "4 students: 4 of 12 required answers are right." in page
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page
    assert sorted(path.name for path in out.parent.iterdir()) == ["class.csv", "class.html"]


# --- an answer far away is judged as one at hand ----------------------------------------------------------------------

SAMPLE = (
    "market_rule", "shared_squeeze", "stream", "gated_sum", "count_parameters", "load_strictly", "os_block",
    "shapley", "occlude", "reproduced",
)  # fmt: skip


@pytest.fixture(scope="module")
def where():
    with cells.processes(5, trust=True) as found:
        yield found


@pytest.mark.parametrize("name", SAMPLE)
def test_a_far_answer_gets_the_verdict_of_one_at_hand(name, where):
    task = REGISTRY[name]
    space: dict = {}
    kit = {"osnet_edu.network.model": "\n\n".join(notebooks.kit_of(REGISTRY["os_block"]).values())}
    kit["osnet_edu.network.model"] += "\n\n" + notebooks.kit_of(REGISTRY["stream"])["osnet_edu.network.model"]
    for source in (right(name), PRELUDE + next(iter(ANSWERS[name].wrong.values()))):
        exec(source, space)
        near = exercises.judge(replace(task, properties=()), space[task.answer], seeds=SEEDS)
        cell = where.open()
        made_of = far.MadeOf(source, task.answer, kit=kit)
        told = exercises.judge(replace(task, properties=()), far.FarAnswer(cell, made_of), seeds=SEEDS)
        cell.close()
        assert (told.state, told.mistake, told.says) == (near.state, near.mistake, near.says)
    assert told.mistake == next(iter(ANSWERS[name].wrong))


def test_an_answer_may_use_what_stands_in_earlier_cells(tmp_path):
    path = tmp_path / "mia.ipynb"
    sources = ["import numpy as np\n%load_ext x", "def share(x):\n    return np.mean(x)", "other = 1/0"]
    sources.append("%%exercise rank_one\ndef my_rank1(first_hit):\n    return share(first_hit == 1)")
    book = {"cells": [{"cell_type": "code", "source": source} for source in sources]}
    path.write_text(json.dumps(book), encoding="utf-8")
    found = notebooks.read_notebook(path)
    assert found.student == "mia"
    (answer,) = found.answers
    assert answer.context == ("import numpy as np", "def share(x):\n    return np.mean(x)")


def test_the_kit_that_an_answer_gets_has_no_answer_in_it():
    for task in REGISTRY.values():
        for module, source in notebooks.kit_of(task).items():
            space: dict = {}
            exec(source, space)
            assert module == "osnet_edu.network.model"
            assert not {shown.__name__ for shown in task.shows} & set(space), task.name
            exec(task.starter.split("\n\n\n")[0].replace(f"from {module} import", "#"), {})
    assert set(notebooks.kit_of(REGISTRY["cosine"])) == set()


# --- the language of the two processes --------------------------------------------------------------------------------


def test_plain_data_comes_back_as_it_was():
    told = {"a": [1, -(2**70), 1.5, float("inf"), "ü", None, True], (1, "b"): frozenset({1, 2})}
    told |= {"x": np.arange(6, dtype="int16").reshape(2, 3), "y": np.float32(0.1), "z": (np.bool_(True),)}
    got = wire.unpacked(wire.as_message(told), no_tags)
    assert got["a"] == told["a"] and got[1, "b"] == told[1, "b"] and got["z"] == (True,)
    assert got["x"].dtype == np.int16 and (got["x"] == told["x"]).all() and type(got["y"]) is np.float32


def test_a_module_keeps_its_parts_and_what_they_share():
    shared = nn.Linear(2, 2)
    module = wire.unpacked(wire.as_message(nn.Sequential(shared, nn.BatchNorm1d(2), shared)), no_tags)
    assert isinstance(module[1], nn.BatchNorm1d) and module[0] is module[2]
    assert sum(one.numel() for one in module.parameters()) == 10


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 8,
        b"\xff" * 100,
        (2).to_bytes(8, "little") + b"[]",
        (8).to_bytes(8, "little") + b'["nope"]',
        (36).to_bytes(8, "little") + b'["array", "f8", [1000000, 1000000]] ',
        (26).to_bytes(8, "little") + b'["array", "O8", [1], false]',
        (60).to_bytes(8, "little") + b'["module", [["__class__", [], [], [], [["a", [5]]]]]]        ',
    ],
)
def test_a_forged_message_is_refused(data):
    with pytest.raises(wire.Broken):
        wire.unpacked(data, no_tags)


def no_tags(name: str, tag: list) -> None:
    raise wire.Broken(name)


# --- bad input --------------------------------------------------------------------------------------------------------


def book(path: Path, *sources: str) -> Path:
    cells_of = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    path.write_text(json.dumps({"cells": cells_of, "nbformat": 4}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("not a notebook", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[1, 2]", "there is no list of cells"),
        ('{"cells": [1, {"cell_type": "code", "source": 5}]}', "it has no exercises"),
        ('{"cells": [{"cell_type": "code", "source": "%%exercise nobody_knows\\n"}]}', "another version of the kit"),
    ],
)
def test_a_notebook_that_cannot_be_used_is_named_with_its_reason(tmp_path, text, why):
    path = tmp_path / "one.ipynb"
    path.write_text(text, encoding="utf-8")
    ((_, left),) = [notebooks.read_all([tmp_path])]
    assert [one.path for one in left] == [path] and why in left[0].why


def test_no_notebook_is_refused(tmp_path):
    with pytest.raises(Refused, match="no notebook"):
        notebooks.read_all([tmp_path])
    with pytest.raises(Refused, match="is not there"):
        notebooks.read_all([tmp_path / "nowhere"])


def test_without_walls_it_asks_for_trust(monkeypatch):
    monkeypatch.setattr(cells.sys, "platform", "darwin")
    with (
        pytest.raises(Refused, match=r"cannot shut a student's code in .* Add --trust"),
        cells.processes(2, trust=False),
    ):
        pass
    with cells.processes(2, trust=True) as where:
        assert not where.shut_in
        answer = notebooks.AnswerCell("rank_one", "\nimport numpy as np\n" + right("rank_one"))
        assert marking.check_answer(answer, where, 2, SEEDS).state == "right"


def test_a_full_disk_loses_nothing_that_was_measured(tmp_path, monkeypatch, capsys):
    path = book(tmp_path / "<b>mia.ipynb", *(f"%%exercise {name}\n{right(name)}" for name in NAMES[:4]))
    out, checked, full = tmp_path / "o.csv", [], [True]
    monkeypatch.setattr(
        marking,
        "check_answer",
        lambda answer, *_: checked.append(answer.exercise) or exercises.Verdict("right", "Yes."),
    )

    class Full:
        def __init__(self, file):
            self.file, self.lines = file, 0

        def write(self, text):
            self.lines += 1
            if full[0] and self.lines == 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(text)

        def flush(self):
            self.file.flush()

    made = marking._Journal.__init__
    monkeypatch.setattr(marking._Journal, "__init__", lambda self, file, known: made(self, Full(file), known))
    assert start.main(["report", str(path), "--out", str(out), "--trust"]) == 2
    told = capsys.readouterr().err
    assert "the disk is full" in told and "o.unfinished.jsonl" in told and not out.exists()
    full[0] = False
    first = list(checked)
    assert start.main(["report", str(path), "--out", str(out), "--trust"]) == 0
    assert len(first) == 3 and sorted(checked[3:] + first[:2]) == sorted(NAMES)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["<b>mia.ipynb", "o.csv", "o.html"]
    page = out.with_suffix(".html").read_text(encoding="utf-8")
    assert "&lt;b&gt;mia" in page and "<b>" not in page


def test_a_name_is_no_formula_in_a_spreadsheet():
    one = marking.AnswerMark("=1+1", "", "a.ipynb", "02", "grey", "Grey", True, "right", "", "Yes.")
    marked = marking.Marked((one,), (), (), True, 10)
    assert list(csv.reader(report.as_csv(marked).splitlines()))[1][0] == "'=1+1"
