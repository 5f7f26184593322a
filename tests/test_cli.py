"""The command line as a newcomer uses it: real files, real status, plain sentences."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from osnet_edu import __main__ as cli
from osnet_edu import market, osnet, weights

SPLITS = market.SPLITS


@pytest.fixture
def folder(tmp_path):
    """Four coloured people to train on, four to find, in two cameras, with Thumbs.db and a truncated photo."""
    rng = np.random.Generator(np.random.PCG64(0))
    root = tmp_path / "market"
    for split in SPLITS.values():
        (root / split).mkdir(parents=True)
    for person in range(1, 9):
        look = np.kron(rng.integers(0, 256, (4, 2, 3)), np.ones((32, 32, 1)))
        for camera in (1, 2):
            for frame in range(2):
                split = "train" if person <= 4 else ("query" if frame == 0 else "gallery")
                picture = (look + rng.normal(0, 15, look.shape)).clip(0, 255).astype(np.uint8)
                name = market.format_name(person, camera, 1, frame, 1)
                Image.fromarray(picture).save(root / SPLITS[split] / name, quality=90)
    (root / SPLITS["train"] / "Thumbs.db").write_bytes(b"x")
    broken = root / SPLITS["train"] / market.format_name(1, 1, 2, 0, 1)
    broken.write_bytes((root / SPLITS["train"] / market.format_name(1, 1, 1, 0, 1)).read_bytes()[:200])
    return root


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    weights.save(osnet(0.25), tmp_path / "w.safetensors", size=(64, 32))
    return tmp_path / "w.safetensors"


def run(*arguments):
    return cli.main([str(a) for a in arguments])


SHORT = ["--photos", 64, "--size", "64x32", "--width", 0.1, "--dtype", "float32", "--threads", 1]


def test_train_then_evaluate(folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert run("train", folder, "--out", out, *SHORT) == 0
    said = capsys.readouterr()
    assert "batches of 4 people instead of 16" in said.err
    assert f"Wrote {out / 'weights.safetensors'}: 64 photos seen" in said.out and "rank-1" in said.out
    assert "Skipped 2 files: Thumbs.db" in said.err and "cannot be read" in said.err
    found = weights.open(out / "weights.safetensors")
    assert found.size == (64, 32) and found.card["people"] == 4
    assert run("evaluate", folder, "--weights", out / "weights.safetensors", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == ["rank1", "rank5", "rank10", "mean_ap", "mean_inp"]
    assert all(0 <= value <= 1 for value in figures.values()) and figures["rank10"] == 1.0  # of four gallery people


def test_resume_goes_on_and_a_full_folder_is_refused(folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert run("train", folder, "--out", out, *SHORT) == 0
    before = (out / "weights.safetensors").read_bytes()
    assert run("train", folder, "--out", out, *SHORT) == 2
    assert "exists and is not empty" in capsys.readouterr().err
    assert run("train", folder, "--out", out, "--resume") == 0
    assert (out / "weights.safetensors").read_bytes() == before
    assert run("train", folder, "--out", out, "--resume", "--seed", 5) == 2
    assert "seed was 0, is 5" in capsys.readouterr().err
    assert run("train", folder, "--out", tmp_path / "none", "--resume") == 2
    assert "no checkpoint to resume from" in capsys.readouterr().err


def test_evaluate_takes_an_official_checkpoint_at_its_own_size(folder, tmp_path, capsys):
    torch.manual_seed(0)
    torch.save({"state_dict": osnet(0.25, num_classes=751).state_dict()}, tmp_path / "official.pth")
    assert run("evaluate", folder, "--weights", tmp_path / "official.pth", "--distance", "euclidean") == 0
    assert "256x128, euclidean distance" in capsys.readouterr().out


def test_subset_writes_what_it_says(folder, tmp_path, capsys):
    assert run("subset", folder, tmp_path / "small", "--people", 4) == 0
    assert "8 photos to train on, 4 queries, 4 gallery photos" in capsys.readouterr().out.replace(
        "9 photos", "8 photos"
    )
    train, query, gallery = market.read(tmp_path / "small")
    assert len({p.person for p in train}) == len({p.person for p in query}) == 2 and len(gallery) == 4


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["evaluate", "{nowhere}"], "is not a folder; expected a Market-1501 folder"),
        (["evaluate", "{empty}"], "is no Market-1501 folder: expected bounding_box_train, query and bounding_box_test"),
        (["train", "{nowhere}", "--out", "{new}"], "is not a folder"),
        (["evaluate", "{market}", "--weights", "{nowhere}"], "is not a file; expected a checkpoint"),
        (["subset", "{market}", "{new}", "--people", "99"], "a subset needs"),
        (["subset", "{market}", "{market}", "--people", "4"], "exists and is not empty"),
        (["render", "{market}", "--people", "4"], "not empty"),
        (["experiment", "nonsense"], "experiment must be one of"),
        (["explain", "{market}", "--weights", "{weights}", "--query", "x", "--gallery", "y", "--out", "{new}"],
         "there is no query photo 'x'; expected a name such as"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_a_status_and_leaves_nothing(command, sentence, folder, checkpoint, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    before = sorted(path for path in tmp_path.rglob("*"))
    places = {name: tmp_path / name for name in ("nowhere", "empty", "new", "market")}
    assert run(*(part.format(**places, weights=checkpoint) for part in command)) == 2
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_arguments_that_make_no_sense_are_refused_by_name(capsys):
    for arguments in (["evaluate", "--size", "big"], ["train", "--out", "x", "--photos", "0"], ["train"], []):
        with pytest.raises(SystemExit, match="2"):
            run(*arguments)
    assert "expected HEIGHTxWIDTH in pixels, such as 256x128" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["render", "subset", "train", "evaluate", "explain", "experiment"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        run(command, "--help")
    assert len(capsys.readouterr().out) > 200


def test_ctrl_c_in_training_says_how_to_go_on(folder, tmp_path, capsys, monkeypatch):
    real = cli.train.fit

    def interrupted(*args, **kw):
        for i, step in enumerate(real(*args, **kw)):
            if i == 2:
                raise KeyboardInterrupt
            yield step

    monkeypatch.setattr(cli.train, "fit", interrupted)
    assert run("train", folder, "--out", tmp_path / "run", "--checkpoint-every", 1, *SHORT) == 130
    assert "--resume goes on from there" in capsys.readouterr().err
    monkeypatch.undo()
    assert run("train", folder, "--out", tmp_path / "run", "--resume") == 0


def test_it_runs_as_a_module_without_captum_or_widgets(folder, checkpoint):
    """Training and embedding run from a bare checkout: the heavy rooms are imported only where they are used."""
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['captum', 'matplotlib', 'ipywidgets', 'anywidget']));"
        "from osnet_edu.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "evaluate", str(folder), "--weights", str(checkpoint), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(cli.__file__).parents[1])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rank10"] == 1.0


def test_explain_draws_a_picture(folder, checkpoint, tmp_path, capsys):
    names = [market.format_name(5, camera, 1, frame, 1) for camera, frame in ((1, 0), (2, 1))]
    command = ["explain", folder, "--weights", checkpoint, "--query", names[0], "--gallery", names[1]]
    assert run(*command, "--out", tmp_path / "pair.png") == 0
    assert names[1] in capsys.readouterr().out
    picture = np.asarray(Image.open(tmp_path / "pair.png").convert("RGB"))
    assert picture.shape[0] > 300 and picture.std() > 20
    assert run(*command, "--out", tmp_path / "pair.png", "--method", "tea leaves") == 2
    assert "--method must be one of" in capsys.readouterr().err
