"""What a command writes, and what it must never touch: real files of the user's, full disks, requests to end, bugs."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from osnet_edu import Refused, assets, osnet
from osnet_edu import __main__ as cli
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.train import checkpoints
from osnet_edu.trials import table

ROOT = Path(cli.__file__).parents[1]
SHORT = ["--photos", 32, "--size", "64x32", "--width", 0.1, "--dtype", "float32", "--threads", 1]
POSIX = pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals and limits")


@pytest.fixture
def folder(tmp_path):
    """Four coloured people to train on, four to find, under two cameras."""
    rng = np.random.Generator(np.random.PCG64(0))
    root = tmp_path / "market"
    for split in market.SPLITS.values():
        (root / split).mkdir(parents=True)
    for person in range(1, 9):
        look = np.kron(rng.integers(0, 256, (4, 2, 3)), np.ones((16, 16, 1))).astype(np.uint8)
        for camera in (1, 2):
            for frame in range(2):
                split = "train" if person <= 4 else ("query" if frame == 0 else "gallery")
                name = market.format_name(person, camera, 1, frame, 1)
                Image.fromarray(look).save(root / market.SPLITS[split] / name, quality=90)
    return root


@pytest.fixture
def pair(folder, tmp_path):
    """The command `explain` without its --out."""
    torch.manual_seed(0)
    weights.save(osnet(0.1), tmp_path / "w.safetensors", size=(64, 32))
    names = [market.format_name(5, camera, 1, frame, 1) for camera, frame in ((1, 0), (2, 1))]
    command = ["explain", folder, "--weights", tmp_path / "w.safetensors", "--query", names[0], "--gallery", names[1]]
    return [*command, "--method", "gradient"], folder / market.SPLITS["query"] / names[0]


def run(*arguments):
    return cli.main([str(part) for part in arguments])


def process(*arguments, **more):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [str(part) for part in arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def tree(root: Path) -> dict[str, str]:
    """Everything below a folder, by name, with a sum of what is in it."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in root.rglob("*")
    }


def refused(root, capsys, sentence, *arguments):
    """The command ends with the sentence and status 2, and changes nothing below a folder."""
    before = tree(root)
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert sentence in said.err and not said.out, said
    assert tree(root) == before


# --- the user's own files ---------------------------------------------------------------------------------------------


def test_explain_writes_over_nothing_and_writes_what_it_was_told(pair, tmp_path, capsys):
    command, query = pair
    refused(tmp_path, capsys, f"{query} exists already", *command, "--out", query)
    (tmp_path / "link.png").symlink_to(query)
    refused(tmp_path, capsys, "link.png exists already", *command, "--out", tmp_path / "link.png")
    refused(tmp_path, capsys, "expected a name that ends in .png or .jpg", *command, "--out", tmp_path / "x")
    refused(tmp_path, capsys, "none is not a folder", *command, "--out", tmp_path / "none" / "x.png")
    refused(tmp_path, capsys, "the name is empty", *command, "--out", "")
    before = tree(tmp_path)
    for name, begin in (("x.png", b"\x89PNG"), ("x.svg", b"<?xml"), ("x.pdf", b"%PDF")):
        assert run(*command, "--out", tmp_path / name) == 0
        assert (tmp_path / name).read_bytes().startswith(begin)
    assert set(tree(tmp_path)) - set(before) == {"x.png", "x.svg", "x.pdf"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["."], ". is the folder that you are in"),
        ([""], "the name is empty"),
        (["link"], "link is a link to "),
        (["full"], "full exists and is not empty"),
        (["new", "--archive", "mine.zip"], "mine.zip exists already"),
        (["new", "--archive", "none/a.zip"], "none is not a folder"),
        (["new", "--archive", ""], "the name is empty"),
        (["new", "--preview", "mine.png"], "mine.png exists already"),
        (["new", "--preview", "sheet"], "expected a name that ends in .png"),
        (["new", "--preview", "new/sheet"], "expected a name that ends in .png"),
    ],
)
def test_render_looks_at_its_outputs_before_it_renders(options, sentence, tmp_path, monkeypatch, capsys):
    for name in ("here", "full", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here" if options[0] == "." else tmp_path)
    for name in ("mine.zip", "mine.png", "full/notes.txt"):
        (tmp_path / name).write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    refused(tmp_path, capsys, sentence, "render", *options, "--people", 8)


def test_an_archive_leaves_the_files_beside_it_alone(tmp_path):
    (tmp_path / "x.zip.part").write_text("mine")
    out = tmp_path / "set"
    given = ["--people", 8, "--workers", 1, "--archive", tmp_path / "x.zip", "--preview", out / "sheet.png"]
    assert run("render", out, *given) == 0
    assert (tmp_path / "x.zip.part").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set", "x.zip", "x.zip.part"]
    assert (out / "sheet.png").is_file()


def test_subset_looks_at_its_output_first(folder, tmp_path, capsys):
    (tmp_path / "link").symlink_to(folder / "query")
    refused(tmp_path, capsys, "link is a link to", "subset", folder, tmp_path / "link", "--people", 4)
    refused(tmp_path, capsys, "the name is empty", "subset", folder, "", "--people", 4)


FOREIGN = (
    "name,score\nprimary,1\nT1,2",
    "notes",
    "variant,seed\nprimary",
    "\ufeffvariant,seed",
    "variant,seed,photos\n",
)


@pytest.mark.parametrize("text", [*FOREIGN, b"\xff\xfe\x00"])
def test_a_foreign_file_of_an_experiment_s_name_is_left_as_it_is(text, folder, tmp_path, capsys):
    out = tmp_path / "results"
    out.mkdir()
    (out / "ablation.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(tmp_path, capsys, "ablation.csv is not a file of runs", "experiment", "ablation", folder, "--out", out)


def test_an_experiment_looks_at_its_folder_first_and_writes_nowhere_unasked(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "results" / "ablation.csv").mkdir(parents=True)
    for out, sentence in {
        "file": "file exists and is not empty",
        "file/below": "file is not a folder",
        "results": "ablation.csv exists already",
        "": "the name is empty",
    }.items():
        refused(tmp_path, capsys, sentence, "experiment", "ablation", folder, "--out", out)
    refused(tmp_path, capsys, "people keeps its runs in a file; expected --out FOLDER", "experiment", "people", folder)


def test_a_last_run_without_an_end_of_line_counts_and_one_cut_short_does_not(tmp_path):
    """An editor may have taken the last end of line; a kill leaves half a line. No run is lost to the first."""
    text = Path(assets.path("results/ingredients.csv")).read_text()
    path = tmp_path / "few.csv"
    path.write_text(text.removesuffix("\n"))
    assert table.read(path) == table.read(assets.path("results/ingredients.csv"))
    table.repair(path)
    assert path.read_text() == text
    count = len(table.read(path))
    for cut in (1, 2, 7, 100):
        path.write_text(text[: -1 - cut])
        assert len(table.read(path)) == count - 1, cut
        table.repair(path)
        assert path.read_text() == "".join(text.splitlines(keepends=True)[:-1])
    path.write_text(text[:20])  # a kill in the very first line
    assert table.started(path) == ()


# --- a run that ends before its first checkpoint ----------------------------------------------------------------------

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from osnet_edu.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


@POSIX
@pytest.mark.parametrize("room", [100, 3_000, 400_000])  # bytes a file may have: in the log, the weights, the optimiser
def test_a_full_disk_is_a_sentence_and_the_same_command_starts_over(room, folder, tmp_path, capsys):
    command = ["train", folder, "--out", tmp_path / "run", *SHORT, "--checkpoint-every", 2]
    with process(sys.executable, "-c", LIMITED, room, *command) as limited:
        _, errors = limited.communicate(timeout=300)
    assert limited.returncode == 2 and "File too large" in errors and "Traceback" not in errors, errors
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["log.jsonl"]
    assert run(*command, "--resume") == 2
    assert "no checkpoint to resume from; the same command without --resume starts it" in capsys.readouterr().err
    assert run(*command) == 0
    assert len((tmp_path / "run" / "log.jsonl").read_text().splitlines()) == 4


def test_only_what_a_run_left_is_started_over(tmp_path):
    step = json.dumps({"step": 1, "loss": 2.0, "learning_rate": 0.1})
    cut_short = f'{step}\n{{"ste'
    for text, ours in (("", 1), (f"{step}\n", 1), (cut_short, 1), ("my notes\n", 0), ("[1]\n", 0)):
        (tmp_path / "log.jsonl").write_text(text)
        if ours:
            checkpoints.check_new(tmp_path)
            continue
        with pytest.raises(Refused, match="not empty"):
            checkpoints.check_new(tmp_path)
    (tmp_path / "log.jsonl").write_text(f"{step}\n")
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(Refused, match="not empty"):
        checkpoints.check_new(tmp_path)
    with pytest.raises(Refused, match="the name is empty"):
        checkpoints.check_new("")


@POSIX
@pytest.mark.parametrize("every", [1, 10_000])
def test_a_request_to_end_says_how_to_go_on_and_the_command_does(every, folder, tmp_path, capsys):
    out = tmp_path / "run"
    command = ["train", folder, "--out", out, "--photos", 80_000, *SHORT[2:], "--checkpoint-every", every]
    with process(sys.executable, "-m", "osnet_edu", *command) as running:
        try:
            while not (out / "log.jsonl").exists() and running.poll() is None:
                time.sleep(0.05)
            while checkpoints.latest(out) is None and every == 1 and running.poll() is None:
                time.sleep(0.05)
            refused(tmp_path / "market", capsys, "at work in" if every > 1 else "not empty", *command)
            running.send_signal(signal.SIGTERM)
            _, errors = running.communicate(timeout=120)
        finally:
            running.kill()
    assert running.returncode == 128 + signal.SIGTERM and "Traceback" not in errors, errors
    words = "--resume goes on from there" if every == 1 else "the same command starts over"
    assert words in errors and "Stopped by a request to end." in errors
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


# --- what is bad input, and what is a bug -----------------------------------------------------------------------------

PLANTED = """
import sys
import numpy as np
from osnet_edu.photos import market
from osnet_edu.__main__ import main

def planted(*_):
    return np.zeros(3) + np.zeros(4)

market._read_split = planted
sys.exit(main(["evaluate", sys.argv[1]]))
"""


def test_a_bug_shows_its_traceback_and_is_no_sentence(folder):
    with process(sys.executable, "-c", PLANTED, folder) as broken:
        said, errors = broken.communicate(timeout=120)
    assert broken.returncode == 1 and not said
    assert "Traceback" in errors and "could not be broadcast together" in errors and "in planted" in errors
    assert "osnet_edu: operands" not in errors


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("a bug"), RuntimeError("a bug")])
def test_a_command_catches_nothing_but_bad_input_and_the_system_s_errors(error, monkeypatch, capsys):
    def fails(_root):
        raise error

    monkeypatch.setattr(market, "read", fails)
    with pytest.raises(type(error), match="a bug"):
        run("evaluate", "anywhere")
    for known in (Refused("bad input"), OSError(28, "No space left"), FloatingPointError("the loss is nan")):
        error = known
        assert run("evaluate", "anywhere") == 2
    assert capsys.readouterr().err.count("osnet_edu: ") == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\xff\xfe", "be read as a table of people"), (b"{", "cannot be read as a table"), (b"[]", "cannot be read")],
)
def test_a_broken_people_json_is_a_sentence(content, sentence, folder, capsys):
    (folder / "people.json").write_bytes(content)
    assert run("experiment", "oracle", folder) == 2
    assert sentence in capsys.readouterr().err


def test_numbers_that_no_draw_takes_are_refused(folder, tmp_path, capsys):
    refused(
        tmp_path,
        capsys,
        "seed must be 0 or more, got -1",
        "subset",
        folder,
        tmp_path / "new",
        "--people",
        4,
        "--seed",
        -1,
    )


def test_a_damaged_checkpoint_is_a_sentence(folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert run("train", folder, "--out", out, *SHORT) == 0
    capsys.readouterr()
    saved = checkpoints.latest(out)
    for name, content in ((checkpoints.OPTIMISER, b""), (checkpoints.OPTIMISER, b"junk"), (checkpoints.STATE, b"{")):
        whole = (saved / name).read_bytes()
        (saved / name).write_bytes(content)
        refused(
            tmp_path, capsys, f"{saved}: this checkpoint is damaged: {name}", "train", folder, "--out", out, "--resume"
        )
        (saved / name).write_bytes(whole)
