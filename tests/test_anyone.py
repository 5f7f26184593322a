"""Anyone's method: graded as in the same process, and refused in a sentence whatever it does."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from osnet_edu import assets, market
from osnet_edu.__main__ import main
from osnet_edu.experiments import anyone, checks, graded, grading_set

HEAD = "import numpy as np, torch, os, time\n"
BODIES = {
    "good": "return -np.abs(photo.astype(float) - query).sum(2)",
    "loud": "print('one')\n    print('two')\n    query[:] = 0\n    photo[:] = 0\n    return np.ones((128, 64))",
    "as_tensor": "return torch.ones(128, 64, requires_grad=True)",
    "chance": "return np.random.default_rng().random((128, 64))",
    "not_numbers": "return np.full((128, 64), np.nan)",
    "wrong_shape": "return np.zeros((64, 128))",
    "nothing": "return None",
    "complex_numbers": "return np.zeros((128, 64), complex)",
    "weights": "model.conv1.conv.weight.data[0] += 1\n    return np.ones((128, 64))",
    "mode": "model.conv2.train()\n    return np.ones((128, 64))",
    "hook": "model.fc.register_forward_hook(lambda *a: None)\n    return np.ones((128, 64))",
    "slow": "time.sleep(60)",
    "raises": "return {}['no such thing']",
    "leaves": "os._exit(7)",
    "asks_the_end": "raise SystemExit('enough')",
}
SENTENCES = {
    "not_numbers": "not_numbers returned 8192 numbers that are NaN or infinite",
    "wrong_shape": r"wrong_shape must return numbers \(128, 64\), it returned \(64, 128\) of float64",
    "nothing": r"nothing must return numbers \(128, 64\), it returned \(\) of object",
    "complex_numbers": "it returned .* of complex128",
    "weights": "must leave the network as it found it; it changed conv1.conv.weight",
    "mode": "it changed the mode of conv2",
    "hook": "it changed the hooks of fc",
    "slow": "slow took longer than 3 s in map 1; --patience gives it more",
    "raises": r"(?s)raises failed in map 1:.*line \d+, in raises.*KeyError: 'no such thing'",
    "leaves": "the process of leaves ended in map 1, with exit code 7",
    "asks_the_end": "(?s)asks_the_end failed in map 1:.*SystemExit: enough",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("methods") / "mine.py"
    path.write_text(
        HEAD + "".join(f"\n\ndef {name}(model, query, photo):\n    {body}\n" for name, body in BODIES.items())
    )
    return path


@pytest.fixture(scope="module")
def cases():
    return grading_set.render(families=1)


def test_a_method_is_graded_as_in_this_process(file, cases):
    report = anyone.grade(f"{file}:good", cases=cases)
    good = anyone.loaded(file, "good")
    here = graded.of(lambda q, n: good(None, q, n), cases, np.ones(len(cases.part), bool))
    np.testing.assert_array_equal(report.ours.rank, here.rank)
    np.testing.assert_array_equal(report.theirs.rank, here.rank)  # it asks no network
    assert report.repeatable and report.printed == 0 and 0 < report.seen.sum() <= 8
    assert anyone.grade(f"{file}:good", cases=cases).csv() == report.csv()
    lines = report.csv().splitlines()
    assert lines[0].startswith("case,part,family,noticed,rank") and len(lines) == 9
    assert lines[1] == f"0,top color,1,{int(report.seen[0])}," + ",".join(
        f"{value:.4f}" for value in (here.rank[0], here.mass[0], here.pointing[0], here.chance[0], here.rank[0])
    )
    said = str(report)
    assert "This is a quick try: the frozen set has 25 families a part." in said and "above never trained" in said


def test_what_it_prints_and_paints_harms_nobody(file, cases, capsys):
    before = cases.name
    report = anyone.grade(f"{file}:loud", cases=cases)
    assert report.printed == 2 * (2 + 16) and "The method printed 36 lines" in str(report)
    assert capsys.readouterr().out == "" and cases.name == before
    np.testing.assert_allclose(report.ours.rank, report.ours.chance)
    assert anyone.grade(f"{file}:as_tensor", cases=cases).ours.rank == pytest.approx(report.ours.chance)


def test_chance_is_told(file, cases):
    assert "it gave two maps" in str(anyone.grade(f"{file}:chance", cases=cases))


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_no_method_is_refused(file, cases, name):
    with pytest.raises(ValueError, match=SENTENCES[name]):
        anyone.grade(f"{file}:{name}", cases=cases, patience=3 if name == "slow" else 60)


def test_a_file_that_is_none_is_refused(file, cases, tmp_path):
    for text, sentence in (
        (f"{file}:absent", "mine.py has no function 'absent'"),
        ("magic", "a method is FILE:FUNCTION, such as mine.py:my_method, or one of gradient"),
        (f"{tmp_path}/none.py:f", "there is no file"),
    ):
        with pytest.raises(ValueError, match=sentence):
            anyone.grade(text, cases=cases)
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:\n")
    with pytest.raises(ValueError, match=r"(?s)f failed while it was loaded:.*SyntaxError"):
        anyone.grade(f"{broken}:f", cases=cases)


def test_a_method_of_the_kit_needs_no_file(cases):
    report = anyone.grade(cases=cases)
    assert report.method == anyone.DEFAULT and report.ours.rank.mean() > 2 * report.theirs.rank.mean()


def test_the_command_writes_a_line_a_pair_and_refuses_folders(file, tmp_path, capsys):
    out = tmp_path / "grades.csv"
    assert main(["grade", "--method", f"{file}:good", "--families", "1", "--out", str(out)]) == 0
    assert len(out.read_text().splitlines()) == 9 and "a line for each of 8 pairs" in capsys.readouterr().out
    assert main(["grade", "--method", f"{file}:good", "--out", str(out)]) == 2  # nothing is written over
    assert main(["grade", "--families", "1"]) == 2
    assert "expected --out CSV" in capsys.readouterr().err


def test_a_folder_without_masks_is_offered_the_checks_that_need_none(tmp_path, capsys):
    found, folder = market.read(assets.subset()), tmp_path / "market"
    market.write(replace(found, train=found.train[:40], query=found.query[:2], gallery=found.gallery[:20]), folder)
    shutil.rmtree(folder / market.MASKS)
    assert main(["grade", str(folder), "--out", str(tmp_path / "g.csv")]) == 2
    said = capsys.readouterr().err
    assert "has no masks/, so nobody knows there which pixels differ" in said and "add --checks" in said


def test_the_checks_know_a_map_of_the_photo_from_a_map_of_the_network(file):
    folder = assets.subset()
    ours, theirs = (checks.run(folder, name) for name in ("gradient x activation", f"{file}:good"))
    assert ours.kept["none"] == theirs.kept["none"] == pytest.approx(1)
    assert abs(ours.kept["conv4"]) < 0.4 and all(value == pytest.approx(1) for value in theirs.kept.values())
    assert ours.deletion["grey"][0] < ours.deletion["grey"][1]
    assert ours.insertion["grey"][0] > ours.insertion["grey"][1]
    assert "need none" in str(ours)
    with pytest.raises(ValueError, match="a method is FILE:FUNCTION"):
        checks.run(folder, "magic")
