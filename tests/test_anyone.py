"""Anyone's method: graded as in the same process, and refused in a sentence whatever it does."""

import contextlib
import os
import shutil
import subprocess
import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from osnet_edu import Refused, assets
from osnet_edu.__main__ import main
from osnet_edu.explain import METHODS
from osnet_edu.grading import answering, anyone, asked, checks, frozen, graded
from osnet_edu.intervals import Interval
from osnet_edu.machine import apart, within
from osnet_edu.network import weights
from osnet_edu.photos import market

FILE = """
from __future__ import annotations
import os, subprocess, sys, time
from dataclasses import dataclass
import numpy as np, torch
import beside

@dataclass
class Kept:
    photos: list

not_callable = 3

def good(model, query, photo):
    assert not model.training and query.dtype == photo.dtype == np.uint8
    return -np.abs(photo.astype(float) - query).sum(2)

def perfect(model, query, photo):  # the photo tells the truth: its first row says which rows
    heat = np.zeros(photo.shape[:2], np.float32)
    heat[photo[0, 0, 0] : photo[0, 1, 0]] = -1
    photo[:], query[:] = 0, 0
    return torch.tensor(heat, requires_grad=True).bfloat16()

def loud(model, query, photo):
    print("one\\ntwo")
    os.write(2, b"three\\n")
    subprocess.run(["echo", "four"], check=True)
    return np.ones((128, 64))

def chance(model, query, photo):
    print("once", end="")
    return np.random.default_rng().random((128, 64))

def late(model, query, photo):  # changes the untrained network alone, at the last map
    if photo[0, 0, 0] == 77 and not torch.equal(model.conv1.conv.weight, late.first):
        model.conv1.bn.running_mean[0] += 1
    return np.ones((128, 64))

def any_of(model, query, photo):
    return {
        0: lambda: np.full((128, 64), np.nan),
        1: lambda: np.zeros((64, 128)),
        2: lambda: None,
        3: lambda: np.zeros((128, 64), complex),
        4: lambda: ["above", "below"],
        5: lambda: [[1, 2], [3]],
        6: lambda: {}["no such thing"],
        7: lambda: sys.exit("enough"),
        8: lambda: np.full((128, 64), -1e308),
        9: lambda: "a map",
        10: lambda: beside.deep(500),
        11: lambda: input("which? "),
        12: lambda: torch.zeros(128, 64).to_sparse(),
        13: lambda: np.arange(128 * 64).reshape(128, 64),
    }[int(photo[0, 0, 0])]()

def leaves(model, query, photo):
    os._exit(7)

def killed(model, query, photo):
    os.kill(os.getpid(), 9)

def slow(model, query, photo):
    while photo[0, 0, 0] == 5:
        pass
    return np.ones((128, 64))

def weight(model, query, photo):
    model.conv1.conv.weight.data[0] += 1
    return np.ones((128, 64))

def above(model, query, photo):  # nothing below zero, but for the photo that is marked
    heat = np.abs(photo.astype(float) - query).sum(2)
    return -heat if photo[0, 0, 0] == 66 else heat

def crashes(model, query, photo):
    import ctypes
    print("I read where nothing is")
    ctypes.string_at(0)

def shouts(model, query, photo):
    while True:
        print("x" * 10_000)

def writes_to_all(model, query, photo):  # what looks like the length of an answer, and no more
    for handle in range(3, 40):
        try:
            os.write(handle, bytes(20))
        except OSError:
            pass
    time.sleep(600)

def forks(model, query, photo):  # a copy that answers as well, and children that stay
    os.fork()
    subprocess.Popen(["sleep", "600"])
    return -np.abs(photo.astype(float) - query).sum(2)

def shares(model, query, photo):
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(np.mean, photo.astype(float)))
    return -np.repeat(np.array(rows)[:, None], photo.shape[1], 1)
"""
SENTENCES = (
    "case 3: any_of returned 8192 numbers that are NaN or infinite",
    r"case 3: any_of must return numbers \(128, 64\), it returned \(64, 128\) of float64$",
    r"must return numbers \(128, 64\), it returned None$",
    r"it returned \(128, 64\) of complex128$",
    r"it returned \(2,\) of <U5$",
    "it returned a list that is not an array$",
    r"(?s)case 3: any_of failed:\n  File \S*mine.py\S* line \d+, in any_of.*'no such thing'\nNothing was graded",
    "(?s)any_of failed:.*SystemExit: enough",
    r"any_of returned numbers up to 1e\+308, too large to add up",
    "it returned a value of type str$",
    r"(?s)in any_of.*in deep.*Previous line repeated.*RuntimeError: the end",  # with what the method called
    "(?s)any_of failed:.*EOFError",
    "it returned a Tensor that is not an array$",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("methods") / "mine.py"
    first = "late.first = torch.load(os.path.join(os.path.dirname(__file__), 'first.pt'), weights_only=True)\n"
    path.write_text(FILE + first)
    torch.save(weights.shipped().model.conv1.conv.weight.detach().clone(), path.parent / "first.pt")
    (path.parent / "beside.py").write_text(
        "def deep(n):\n    if n:\n        return deep(n - 1)\n    raise RuntimeError('the end')\n"
    )
    return path


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The processes that were started for methods: none is left after any test."""
    found, start = [], subprocess.Popen

    def remembered(*arguments, **more):
        found.append(start(*arguments, **more))
        return found[-1]

    monkeypatch.setattr(apart.subprocess, "Popen", remembered)
    yield found
    assert all(process.poll() is not None for process in found)


@pytest.fixture(scope="module")
def cases():
    return frozen.render(families=1)


@pytest.fixture(scope="module")
def telling(cases):
    """The same cases, but their photos tell which rows are the truth."""
    negative, truth = cases.negative.copy(), np.zeros_like(cases.truth)
    for k in range(len(truth)):
        first, last = 10 * k, 10 * k + 8  # 8 of 128 rows
        truth[k, first:last] = True
        negative[k, 0, 0, 0], negative[k, 0, 1, 0] = first, last
    return replace(cases, negative=negative, truth=truth)


def test_a_method_is_graded_as_in_this_process(file, cases):
    told = []
    report = anyone.grade(f"{file}:good", cases=cases, progress=lambda *done: told.append(done))
    assert told == [(k, 16) for k in range(1, 17)]

    def good(query, photo):
        return -np.abs(photo.astype(float) - query).sum(2)

    here = graded.of(good, cases, np.ones(len(cases.part), bool))
    for score in (*graded.SCORES, "chance"):
        np.testing.assert_array_equal(getattr(report.ours, score), getattr(here, score))
    np.testing.assert_array_equal(report.theirs.rank, here.rank)  # it asks no network
    assert report.repeatable and report.printed == 0 and 0 < report.seen.sum() <= 8
    assert anyone.grade(f"{file}:good", cases=cases).csv() == report.csv()
    lines = report.csv().splitlines()
    assert lines[0] == "case,part,family,noticed,rank,mass,pointing,chance,rank_untrained" and len(lines) == 9
    for k, line in enumerate(lines[1:]):
        assert line == f"{k},{cases.part[k]},{cases.family[k]},{int(report.seen[k])}," + ",".join(
            f"{value:.4f}" for value in (here.rank[k], here.mass[k], here.pointing[k], here.chance[k], here.rank[k])
        )
    said = str(report)
    assert "This is a quick try: the frozen set has 25 families a part." in said and "above never trained" in said
    assert f"{int(report.seen.sum())} of 8 differences noticed" in said
    found = here.only(report.seen).mean("pointing")
    assert said.splitlines()[2].endswith(f"[{found.low:>5.2f},{found.high:>5.2f}]")


def test_a_perfect_method_scores_one_whatever_it_does_to_its_photos(file, telling):
    before = telling.negative.copy(), telling.query.copy()
    report = anyone.grade(f"{file}:perfect", cases=telling)
    for score in graded.SCORES:
        assert report.ours.mean(score) == report.theirs.mean(score) == Interval(1, 1, 1)
    np.testing.assert_array_equal(report.ours.chance, 8 / 128)
    np.testing.assert_array_equal((telling.negative, telling.query), before)
    assert report.csv().splitlines()[1].endswith(",1.0000,1.0000,1.0000,0.0625,1.0000")


def test_what_it_prints_is_counted_and_left_out(file, cases, capfd):
    report = anyone.grade(f"{file}:loud", cases=cases)
    assert report.printed == 4 * (2 + 16) and "The method printed 72 lines; they are left out." in str(report)
    assert capfd.readouterr() == ("", "")
    np.testing.assert_allclose(report.ours.rank, report.ours.chance)
    assert "printed 1 line; it is left out" in str(replace(report, printed=1))


def test_chance_is_told(file, cases):
    report = anyone.grade(f"{file}:chance", cases=cases)
    assert "it gave two maps" in str(report) and report.printed == 18  # lines without an end


def test_what_is_no_map_is_refused(file, cases):
    with asked.Asked(file, "any_of", None, 60) as process:
        process.prepare(answering.PAIR, cases.query)
        for kind in (answering.TRAINED, answering.UNTRAINED):
            photos = cases.negative.copy()
            photos[3, 0, 0, 0] = 13
            only = np.arange(8) == 3
            assert graded.of(process.method(kind), replace(cases, negative=photos), only).rank.shape == (1,)
        for number, sentence in enumerate(SENTENCES):
            photos[3, 0, 0, 0] = number
            with pytest.raises(Refused, match=sentence):
                graded.of(process.method("trained"), replace(cases, negative=photos), only)
        with pytest.raises(Refused, match="any_of, with the untrained network, must return numbers"):
            graded.of(process.method("untrained"), replace(cases, negative=photos), only)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("leaves", "case 0: the process of leaves ended with exit code 7; it must return a map instead"),
        ("killed", "case 0: the process of killed was ended by signal 9"),
        (
            "crashes",
            r"case 0: the process of crashes was ended by signal 11 \(Segmentation fault\); it must return a map "
            "instead. Its last words: I read where nothing is$",
        ),
        ("shouts", "case 0: shouts printed more than 32 MB; it must return a map instead"),
        ("writes_to_all", "case 0: writes_to_all wrote into the pipe of the answers; it must return a map instead"),
        ("weight", "case 0: weight must leave the network as it found it; it changed conv1.conv.weight"),
    ],
)
def test_what_harms_its_process_or_the_network_is_refused(file, cases, name, sentence):
    with pytest.raises(Refused, match=sentence):
        anyone.grade(f"{file}:{name}", cases=cases, patience=30)


def _running(group: int) -> list[int]:
    """Processes of a group that have not ended; one that has may wait for its parent to ask."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def test_a_method_may_start_processes_and_none_outlives_the_grading(file, cases, started):
    right = anyone.grade(f"{file}:good", cases=cases)
    np.testing.assert_array_equal(anyone.grade(f"{file}:forks", cases=cases).ours.rank, right.ours.rank)
    ends = time.monotonic() + 20
    while left := _running(started[-1].pid):
        assert time.monotonic() < ends, f"the method's processes {left} are still there"
        time.sleep(0.05)
    with asked.Asked(file, "shares", None, 60) as process:
        process.prepare(answering.PAIR, cases.query)
        heat = process.method(answering.TRAINED)(cases.query[0], cases.negative[0])
    np.testing.assert_allclose(heat[:, 5], -cases.negative[0].mean((1, 2)))


def test_a_map_without_anything_below_zero_is_said_and_graded_with_the_sign_turned_round(file, cases):
    photos = cases.negative.copy()
    photos[:, 0, 0, 0] = 0
    photos[5, 0, 0, 0] = 66
    marked = replace(cases, negative=photos)
    report, good = (anyone.grade(f"{file}:{name}", cases=marked) for name in ("above", "good"))
    assert report.one_sided.tolist() == [k != 5 for k in range(8)] and good.turned is None
    some = np.arange(8) != 5
    np.testing.assert_array_equal(report.ours.rank[some], report.ours.chance[some])
    np.testing.assert_array_equal(report.turned.rank[some], good.ours.rank[some])
    assert report.ours.rank[5] == good.ours.rank[5] and report.turned.rank[5] == report.ours.chance[5]
    assert "7 of 8 maps have nothing below zero: nothing in them speaks against the match" in str(report)
    assert f"\nsign turned around {report.turned.only(report.seen).mean().value:>9.2f}" in str(report)
    assert "below zero" not in str(good)


def test_a_file_that_changes_the_folder_still_finds_the_weights(cases, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(assets.path(assets.WEIGHTS), "mine.safetensors")
    Path("away.py").write_text(
        "import os\nos.chdir('/')\n\ndef away(model, query, photo):\n    return -query[..., 0].astype(float)\n"
    )
    report = anyone.grade("away.py:away", Path("mine.safetensors"), cases=cases)
    assert report.seen.sum() > 0 and Path.cwd() == tmp_path


def test_a_change_in_the_very_last_map_is_refused_too(file, cases):
    photos = cases.negative.copy()
    photos[:, 0, 0, 0] = 0
    photos[7, 0, 0, 0] = 77
    with pytest.raises(Refused, match=r"case 7: late must leave the network.* it changed conv1.bn.running_mean"):
        anyone.grade(f"{file}:late", cases=replace(cases, negative=photos))


def test_what_takes_for_ever_is_ended(file, cases):
    photos = cases.negative.copy()
    photos[:, 0, 0, 0] = 0
    photos[2, 0, 0, 0] = 5
    with pytest.raises(Refused, match="case 2: slow took longer than 2 s; --patience gives it more"):
        anyone.grade(f"{file}:slow", cases=replace(cases, negative=photos), patience=2)
    for patience in (0, -1, float("nan"), 1e9):
        with pytest.raises(Refused, match="the patience for one map must be above 0 s"):
            anyone.grade(f"{file}:slow", cases=cases, patience=patience)


def test_every_change_of_a_network_is_named():
    model = weights.shipped().model.eval()
    watched = answering.Watched(model)

    def hook(module):
        module.register_full_backward_hook(lambda *_: None)

    changes = {
        "conv1.bn.num_batches_tracked": lambda m: m.conv1.bn.num_batches_tracked.add_(1),
        "conv1.conv.weight": lambda m: m.bfloat16(),
        "fc.0.weight": lambda m: m.fc[0].weight.data.mul_(1 + 2**-20),
        "the mode of conv2": lambda m: m.conv2.train(),
        "the mode of the network": lambda m: m.train(),
        "the hooks of fc": lambda m: m.fc.register_forward_hook(lambda *_: None),
        "the hooks of conv3": lambda m: hook(m.conv3),
        "the hooks of conv2.0.conv1.conv.weight": lambda m: m.conv2[0].conv1.conv.weight.register_hook(lambda g: 2 * g),
        "the code of conv4": lambda m: setattr(m.conv4, "forward", lambda x: x),
        "eps of conv4.1.conv3.bn": lambda m: setattr(m.conv4[1].conv3.bn, "eps", 0.1),
        "stride of conv1.conv": lambda m: setattr(m.conv1.conv, "stride", (1, 1)),
        "momentum of conv1.bn": lambda m: setattr(m.conv1.bn, "momentum", None),
        "track_running_stats of conv5.bn": lambda m: setattr(m.conv5.bn, "track_running_stats", False),
        "padding of conv1.conv": lambda m: delattr(m.conv1.conv, "padding"),
        "extra": lambda m: m.register_buffer("extra", torch.zeros(1)),
    }
    for name, change in changes.items():
        copy = deepcopy(model)
        own = answering.Watched(copy)
        assert own.changed() == ""
        change(copy)
        assert own.changed() == name and watched.changed() == ""
    everywhere = torch.nn.modules.module.register_module_forward_hook(lambda *_: None)
    assert watched.changed() == "the hooks of all modules"
    everywhere.remove()
    with torch.enable_grad():  # what a method needs for its map leaves no trace
        model.conv5.register_forward_hook(lambda *_: None).remove()
        model(torch.zeros(1, 3, 128, 64)).sum().backward()
        model.kept_by_the_method = []
    assert watched.changed() == ""


def test_a_file_that_is_none_is_refused_before_anything_is_rendered(file, tmp_path, monkeypatch):
    monkeypatch.setattr(frozen, "render", lambda **_: pytest.fail("rendered"))
    (tmp_path / "text.txt").write_text("def f(): pass")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "endless.py").write_text("import time\ntime.sleep(600)\n")
    for text, sentence in (
        (f"{file}:absent", "^mine.py has no function 'absent'$"),
        ("magic", "a method is FILE:FUNCTION, such as mine.py:my_method, or one of gradient"),
        (f"{file}:", "a method is FILE:FUNCTION"),
        (f"{tmp_path}/none.py:f", "there is no file"),
        (f"{tmp_path}:f", "there is no file"),
        (f"{tmp_path}/broken.py:f", r"(?s)f failed while it was loaded:.*broken.py.*SyntaxError"),
    ):
        with pytest.raises(Refused, match=sentence):
            anyone.grade(text)
    with pytest.raises(Refused, match=r"not_callable in mine\.py must be a function, it is of type int"):
        within.loaded(file, "not_callable")
    with pytest.raises(Refused, match=r"text.txt is not a Python file; expected a name that ends in .py"):
        within.loaded(tmp_path / "text.txt", "f")
    monkeypatch.setattr(apart, "STARTING", 5)
    with pytest.raises(Refused, match="f took longer than 6 s while it was loaded"):
        anyone.grade(f"{tmp_path}/endless.py:f", patience=1)


def test_a_method_of_the_kit_needs_no_file(cases):
    report = anyone.grade(cases=cases)
    assert report.method == anyone.DEFAULT_METHOD and report.ours.rank.mean() > 2 * report.theirs.rank.mean()
    assert anyone.grade(cases=cases).csv() == report.csv()
    known = anyone.kit()
    assert set(METHODS) <= set(known)
    by_table, by_board = (
        known[name](anyone.Network(weights.shipped().model, None), cases.query, cases.negative)
        for name in ("integrated gradients", "integrated gradients, grey")
    )
    np.testing.assert_allclose(by_table, by_board, atol=1e-6)


def test_the_command_writes_a_line_a_pair_and_refuses_folders(file, cases, tmp_path, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(frozen, "render", lambda **given: asked.append(given["families"]) or cases)
    out = tmp_path / "grades.csv"
    assert main(["grade", "--method", f"{file}:good", "--families", "1", "--out", str(out)]) == 0
    assert len(out.read_text().splitlines()) == 9 and "a line for each of 8 pairs" in capsys.readouterr().out
    assert asked == [1]
    assert main(["grade", "--method", f"{file}:good", "--out", str(out)]) == 2  # nothing is written over
    assert main(["grade", "--families", "1"]) == 2
    assert "expected --out CSV" in capsys.readouterr().err
    other = tmp_path / "other.csv"
    assert main(["grade", "--method", f"{file}:leaves", "--families", "1", "--out", str(other)]) == 2
    assert not other.exists() and "exit code 7" in capsys.readouterr().err
    meanwhile = tmp_path / "meanwhile.csv"
    monkeypatch.setattr(frozen, "render", lambda **given: meanwhile.write_text("mine") and cases)
    assert main(["grade", "--families", "1", "--out", str(meanwhile)]) == 0
    said, rows = capsys.readouterr(), (tmp_path / "meanwhile-2.csv").read_text().splitlines()
    assert meanwhile.read_text() == "mine" and len(rows) == 9
    assert "meanwhile.csv came into being meanwhile and is left as it is; meanwhile-2.csv is written" in said.err
    assert said.out.index("noticed pairs") < said.out.index("Wrote ")
    assert main(["grade", "--patience", "5", "--out", str(other)]) == 2
    assert "--patience is for a method of yours" in capsys.readouterr().err
    assert main(["grade", str(assets.subset()), "--out", str(other)]) == 2
    assert "has masks, but its pairs are not the frozen ones" in capsys.readouterr().err


def test_a_folder_without_masks_is_offered_the_checks_that_need_none(tmp_path, capsys):
    found, folder = market.read(assets.subset()), tmp_path / "market"
    query = found.query[:2]
    gallery = [photo for photo in found.gallery if photo.person in {one.person for one in query}]
    market.write(replace(found, train=found.train[:40], query=query, gallery=gallery), folder)
    shutil.rmtree(folder / market.MASKS)
    assert main(["grade", str(folder), "--out", str(tmp_path / "g.csv")]) == 2
    said = capsys.readouterr().err
    assert "has no masks/, so nobody knows there which pixels differ" in said and "add --checks" in said


def test_the_checks_know_a_map_of_the_photo_from_a_map_of_the_network(file):
    folder = assets.subset()
    told = []
    ours = checks.run_checks(folder)
    theirs = checks.run_checks(folder, f"{file}:good", progress=lambda *step: told.append(step))
    assert told == [(k, 9) for k in range(1, 10)] and theirs.printed == theirs.flat == 0
    assert ours.kept["none"] == theirs.kept["none"] == pytest.approx(1)
    assert abs(ours.kept["conv4"]) < 0.4 and all(value == pytest.approx(1) for value in theirs.kept.values())
    assert ours.deletion["grey"][0] < ours.deletion["grey"][1]
    assert ours.insertion["grey"][0] > ours.insertion["grey"][1]
    assert "need none" in str(ours)
    with pytest.raises(ValueError, match="a method is FILE:FUNCTION"):
        checks.run_checks(folder, "magic")
    said = str(replace(ours, flat=3, printed=1))
    assert "3 of 8 maps are the same everywhere" in said and "printed 1 line; it is left out" in said


def test_the_checks_refuse_as_grade_does(file, capsys, tmp_path):
    for name, sentence in (
        ("weight", "weight must leave the network as it found it; it changed conv1.conv.weight"),
        ("leaves", "the process of leaves ended with exit code 7"),
        ("absent", "mine.py has no function 'absent'"),
    ):
        assert main(["grade", "--checks", "--method", f"{file}:{name}"]) == 2
        assert sentence in capsys.readouterr().err
    for options in (["--out", str(tmp_path / "x.csv")], ["--families", "2"]):
        assert main(["grade", "--checks", *options]) == 2
        assert "leave --out and --families out" in capsys.readouterr().err
    assert main(["grade", "--checks", "--patience", "9"]) == 2 and not list(tmp_path.iterdir())
    assert "--patience is for a method of yours" in capsys.readouterr().err
