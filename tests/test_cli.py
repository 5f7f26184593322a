"""The command line as a newcomer uses it: real files, real status, plain sentences."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from osnet_edu import __main__ as cli
from osnet_edu import experiments, osnet, train
from osnet_edu.commands import arguments, parser
from osnet_edu.commands import export as export_command
from osnet_edu.commands import train as train_command
from osnet_edu.embed import TorchEmbedder
from osnet_edu.explain import METHODS, without
from osnet_edu.machine import compute, limits
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.train import loop

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


SHORT = ["--photos", 32, "--size", "64x32", "--width", 0.1, "--dtype", "float32", "--threads", 1]


def test_train_then_evaluate(folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert run("train", folder, "--out", out, *SHORT) == 0
    said = capsys.readouterr()
    assert "batches of 4 people instead of 32" in said.err
    assert f"Wrote {out / 'weights.safetensors'}: 32 photos seen" in said.out and "rank-1" in said.out
    assert said.err.startswith("Skipped 1 file: Thumbs.db (not a Market-1501 name")  # told before the training
    assert "Skipped 1 file: 0001_c1s2_000000_01.jpg (cannot be read as a picture" in said.err
    found = weights.open(out / "weights.safetensors")
    assert found.size == (64, 32) and found.card["people"] == 4
    assert run("evaluate", folder, "--weights", out / "weights.safetensors", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == ["rank1", "rank5", "rank10", "mean_ap", "mean_inp"]
    assert all(0 <= value <= 1 for value in figures.values()) and figures["rank10"] == 1.0  # of four gallery people


def test_photos_that_grow_are_told(folder, tmp_path, capsys):
    short = ["--photos", 32, "--size", "128x64", *SHORT[4:]]
    assert run("train", folder, "--out", tmp_path / "run", *short) == 0
    said = capsys.readouterr().err
    assert "4 steps of 8 photos." in said
    assert "Photos grow: 64x32 up to step 2, 96x48 up to step 3, then 128x64." in said
    assert weights.open(tmp_path / "run" / "weights.safetensors").size == (128, 64)


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


def test_export_writes_a_checked_file_and_refuses_one_that_is_there(folder, tmp_path, capsys):
    torch.manual_seed(0)
    weights.save(osnet(0.25, gate_hidden=4, num_classes=3), tmp_path / "w.safetensors", size=(64, 32))
    out = tmp_path / "out.onnx"
    assert run("export", out, "--weights", tmp_path / "w.safetensors") == 0
    said = capsys.readouterr().out
    assert f"Wrote {out}" in said and "embedding, gates, map" in said and "1 and 14 photos of 64x32" in said
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    images = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (3, 64, 32, 3), dtype=np.uint8)
    [features] = session.run(["embedding"], {"images": images})
    expected = TorchEmbedder(weights.open(tmp_path / "w.safetensors").model)(images)
    np.testing.assert_allclose(features, expected, atol=1e-4)
    before = out.read_bytes()
    assert run("export", out) == 2
    assert (
        f"{out} exists already: choose another name, or remove it first" in capsys.readouterr().err
        and out.read_bytes() == before
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["market", "out.onnx", "w.safetensors"]


def test_export_keeps_nothing_that_differs_from_pytorch(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        export_command.OnnxEmbedder, "__call__", lambda self, images: np.full((len(images), 512), 9, np.float32)
    )
    assert run("export", tmp_path / "out.onnx") == 2
    assert "features differ from PyTorch's by" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_evaluate_says_what_computed(folder, checkpoint, capsys):
    assert run("evaluate", folder, "--weights", checkpoint) == 0
    assert "Embedded by PyTorch, 1 thread: " in capsys.readouterr().err


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
        (["evaluate", "{empty}"],
         "is not a Market-1501 folder: expected query and bounding_box_test, missing query and bounding_box_test"),
        (["train", "{nowhere}", "--out", "{new}"], "is not a folder"),
        (["evaluate", "{market}", "--weights", "{nowhere}"], "is not a file; expected a checkpoint"),
        (["export", "{new}.onnx", "--weights", "{nowhere}"], "is not a file; expected a checkpoint"),
        (["subset", "{market}", "{new}", "--people", "99"], "a subset needs"),
        (["subset", "{market}", "{market}", "--people", "4"], "exists and is not empty"),
        (["render", "{market}", "--people", "4"], "not empty"),
        (["experiment", "nonsense"], "experiment must be one of"),
        (["experiment", "baselines", "--weights", "{weights}"], "--weights is for gate-parts, gate-scale"),
        (["experiment", "gate-scale", "{market}", "--weights", "{nowhere}"], "is not a file; expected a checkpoint"),
        (["experiment", "gate-parts", "{market}", "--weights", "{empty}"],
         "has no checkpoint; expected a name that ends in .safetensors, .pth, .pt or .pth.tar-60"),
        (["explain", "{market}", "--weights", "{weights}", "--query", "x", "--gallery", "y", "--out", "{new}.png"],
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
    for given in (["evaluate", "--size", "big"], ["train", "--out", "x", "--photos", "0"], ["train"], []):
        with pytest.raises(SystemExit, match="2"):
            run(*given)
    assert "expected HEIGHTxWIDTH in pixels, such as 256x128" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["render", "subset", "split", "train", "evaluate", "export", "explain", "experiment"]
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        run(command, "--help")
    assert len(capsys.readouterr().out) > 200


def test_ctrl_c_in_training_says_how_to_go_on(folder, tmp_path, capsys, monkeypatch):
    real = train_command.train.fit

    def interrupted(*args, **kw):
        for i, step in enumerate(real(*args, **kw)):
            if i == 2:
                raise KeyboardInterrupt
            yield step

    monkeypatch.setattr(train_command.train, "fit", interrupted)
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


def test_explain_without_names_takes_the_first_failure(folder, checkpoint, tmp_path, capsys):
    command = ["explain", folder, "--weights", checkpoint, "--out", tmp_path / "map.png"]
    assert run(*command) == 0
    said = capsys.readouterr().out
    rankings = without.Rankings(weights.open(checkpoint), folder)
    first = [rankings.gallery[rankings.ranked(k).order[0]] for k in range(len(rankings.queries))]
    fails = [k for k, photo in enumerate(first) if photo.person != rankings.queries[k].person]
    k = fails[0] if fails else 0
    assert f"what in {first[k].name} speaks for and against {rankings.queries[k].name} (gradient x activation" in said
    assert f"and shows {'another person: a failure' if fails else 'the same person'}." in said
    name = rankings.queries[-1].name
    assert run(*command[:-1], tmp_path / "other.png", "--query", name) == 0
    assert f"what in {first[-1].name} speaks for and against {name}" in capsys.readouterr().out


def test_junk_has_a_name_that_begins_with_a_minus_and_can_be_asked_for(folder, checkpoint, tmp_path, capsys):
    mine = shutil.copytree(folder, tmp_path / "mine")
    gallery = sorted((mine / market.SPLITS["gallery"]).glob("*.jpg"))
    junk = "-1_c1s1_000401_03.jpg"
    shutil.copy(gallery[0], gallery[0].parent / junk)
    query = market.read(mine).query[0].name
    command = ["explain", mine, "--weights", checkpoint, "--query", query]
    assert run(*command, "--out", tmp_path / "map.png", "--gallery", junk) == 0
    assert f"what in {junk} speaks" in capsys.readouterr().out
    near = gallery[-1].name
    for typed, expected in ((near.replace("_0", "_9", 1), None), ("zzz", near[:2])):
        assert run(*command, "--out", tmp_path / "other.png", "--gallery", typed) == 2
        said = capsys.readouterr().err
        assert "expected a name such as 0" in said and (expected is None or expected in said)


# --- training that is stopped, refused or told to take care -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_at_five_random_moments_a_run_ends_in_the_same_weights(folder, tmp_path):
    """Real processes, killed a random while after a random step, which may be in the middle of a checkpoint."""
    out, steps = tmp_path / "run", 60
    command = [sys.executable, "-m", "osnet_edu", "train", folder, "--out", out, *SHORT[2:], "--photos", 8 * steps]
    command = [str(part) for part in [*command, "--checkpoint-every", 2]]
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1]), "OMP_NUM_THREADS": "1"}

    def begin(*more):
        return subprocess.Popen([*command, *more], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def taken():
        return (out / "log.jsonl").read_bytes().count(b"\n") if (out / "log.jsonl").exists() else 0

    rng = np.random.Generator(np.random.PCG64(7))
    for i, step in enumerate(sorted(rng.choice(np.arange(4, steps - 4), 5, replace=False).tolist())):
        process = begin(*(["--resume"] if i else []))
        try:
            while taken() < step and process.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.2))
        finally:
            process.kill()
            said = process.communicate()[1].decode()
        assert process.returncode in (-9, 0) and taken() >= step, said
        assert not (out / "weights.safetensors").exists()
    last = begin("--resume")
    assert last.communicate()[1] is not None and last.returncode == 0

    config, way = train.read_config(out), train.read_compute(out)
    data = train.load(market.read(folder).train, config.size)
    for _ in train.fit(train.build(config, 4), data, config, way=way, out=tmp_path / "undisturbed"):
        pass
    assert (out / "weights.safetensors").read_bytes() == (tmp_path / "undisturbed/weights.safetensors").read_bytes()
    assert [step.step for step in train.read_log(out)] == list(range(1, steps + 1))
    assert sorted(path.name for path in out.iterdir()) == ["checkpoint-0000060", "log.jsonl", "weights.safetensors"]


def test_a_changed_folder_is_refused_on_resume_and_told_by_name(folder, tmp_path, capsys):
    out, photos = tmp_path / "run", folder / SPLITS["train"]
    assert run("train", folder, "--out", out, *SHORT) == 0
    first, second = (photos / market.format_name(2, 1, 1, frame, 1) for frame in (0, 1))
    kept = first.read_bytes()
    before = f"{out} was trained on other photos: "

    first.write_bytes(second.read_bytes())
    assert run("train", folder, "--out", out, "--resume") == 2
    assert f"{before}still 16 photos of 4 people; for one, {first.name} is another picture" in capsys.readouterr().err

    first.unlink()
    assert run("train", folder, "--out", out, "--resume") == 2
    told = f"{before}was 16 photos of 4 people, is 15 photos of 4 people; for one, {first.name} is missing;"
    assert told in capsys.readouterr().err

    new = photos / market.format_name(99, 1, 1, 0, 1)
    first.write_bytes(kept)
    new.write_bytes(kept)
    assert run("train", folder, "--out", out, "--resume") == 2
    said = capsys.readouterr().err
    assert f"is 17 photos of 5 people; for one, {new.name} is new; expected the same folder, unchanged" in said
    new.unlink()
    assert run("train", folder, "--out", out, "--resume") == 0


def test_a_loss_that_is_no_number_ends_with_a_sentence(folder, tmp_path, capsys, monkeypatch):
    real = train.learning_rate
    monkeypatch.setattr(loop, "learning_rate", lambda config, step: 1e30 if step > 2 else real(config, step))
    assert run("train", folder, "--out", tmp_path / "run", "--checkpoint-every", 2, *SHORT) == 2
    said = capsys.readouterr().err
    assert "osnet_edu: the loss is nan at step 4 of 4; the last good checkpoint is" in said
    assert "checkpoint-0000002" in said and not (tmp_path / "run" / "weights.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--device", "mps" if torch.cuda.is_available() else "cuda"], "was asked for, but PyTorch finds none"),
        (["--batch", "2"], "the triplet loss needs 2 or more people with 2 or more shots in a batch, got people=1"),
        (["--batch", "7"], "--batch must be a multiple of 2, the photos a person, got 7"),
        (["--batch", "1", "--recipe", "market"], "batch normalisation needs 2 or more photos in a batch, got 1"),
        (["--size", "16x16"], "size must be at least 32x32 pixels, got 16x16"),
    ],
)  # fmt: skip
def test_training_that_cannot_be_is_refused_before_anything_is_written(options, sentence, folder, tmp_path, capsys):
    assert run("train", folder, "--out", tmp_path / "run", *options) == 2
    assert sentence in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_person_with_too_few_photos_is_mentioned(folder, tmp_path, capsys):
    for camera, frame in ((1, 0), (2, 0), (2, 1)):
        (folder / SPLITS["train"] / market.format_name(3, camera, 1, frame, 1)).unlink()
    assert run("train", folder, "--out", tmp_path / "run", *SHORT) == 0
    assert "1 of 4 people have fewer than 2 photos, which come again in a batch" in capsys.readouterr().err


def test_memory_is_told_first_and_refused_where_it_is_not_there(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train_command.memory, "available", lambda device: 4_000_000_000)
    assert run("train", folder, "--out", tmp_path / "run", "--recipe", "market") == 2
    said = capsys.readouterr().err
    first = next(line for line in said.splitlines() if not line.startswith("Skipped"))
    assert first.startswith("Memory, estimated: about 7.6 GB: photos 2 MB, kept for the backward pass 7.2 GB")
    assert "needs about 7.6 GB of memory; only 4.0 GB is free: lower --batch, --size or --width" in said
    assert not (tmp_path / "run").exists()


def test_ibn_is_asked_for_beside_any_recipe():
    for recipe, words, ibn in (("shipped", ["--ibn"], True), ("shipped", [], False), ("published", ["--ibn"], True)):
        options = parser.parser().parse_args(["train", "x", "--out", "x", "--recipe", recipe, *words])
        assert train_command._config(options, 100, Path("x")).ibn is ibn
        rest = replace(train_command._config(options, 100, Path("x")), ibn=False)
        assert rest == getattr(train.TrainConfig, recipe)()


@pytest.mark.parametrize(
    ("recipe", "epochs", "optimiser"), [("market", 150, "amsgrad"), ("market-scratch", 350, "sgd")]
)
def test_the_recipes_for_market_count_epochs_by_the_folder(folder, recipe, epochs, optimiser):
    options = parser.parser().parse_args(["train", str(folder), "--out", "x", "--recipe", recipe])
    config = train_command._config(options, 12_936, Path("x"))
    assert (config.width, config.size, config.batch, config.gate_hidden) == (1.0, (256, 128), 64, None)
    assert config.photos == epochs * 12_936 and config.optimiser == optimiser
    assert config.flip and config.erasing == 0.5 and not config.triplet
    rate = {epoch: train.learning_rate(config, round(epoch * 12_936 / 64)) for epoch in (1, 59, 61, 119, 121, 149)}
    peak = config.learning_rate
    if recipe == "market":
        assert peak == 1.5e-3
        assert list(rate.values()) == pytest.approx([peak, peak, peak / 10, peak / 10, peak / 100, peak / 100])
    else:
        late = [train.learning_rate(config, round(epoch * 12_936 / 64)) for epoch in (151, 224, 226, 299, 301)]
        assert peak == 0.065 and rate[149] == peak
        assert late == pytest.approx([peak / 10, peak / 10, peak / 100, peak / 100, peak / 1000])


def test_a_real_market_folder_from_subset_to_score(folder, tmp_path, capsys):
    """With all that the original has: junk, distractors, doubled extensions, Thumbs.db, six cameras."""
    gallery = folder / SPLITS["gallery"]
    some = (gallery / market.format_name(5, 1, 1, 1, 1)).read_bytes()
    for person in (market.JUNK, market.DISTRACTOR):
        for camera in (3, 4, 5, 6):
            (gallery / market.format_name(person, camera, 1, 0, 0)).write_bytes(some)
    (gallery / "0006_c3s1_000009_01.jpg.jpg").write_bytes(some)
    assert run("subset", folder, tmp_path / "small", "--people", 6, "--seed", 1) == 0
    small = market.read(tmp_path / "small")
    assert {photo.person for photo in small.gallery} >= {market.JUNK, market.DISTRACTOR}
    capsys.readouterr()

    out = tmp_path / "run"
    short = ["--batch", 8, "--photos", 24, *SHORT[2:]]
    assert run("train", tmp_path / "small", "--out", out, "--recipe", "market", *short) == 0
    assert capsys.readouterr().err.startswith("Memory, estimated: about ")
    assert run("evaluate", tmp_path / "small", "--weights", out / "weights.safetensors", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["rank1"] <= figures["rank5"] <= figures["rank10"] <= 1.0 and 0 < figures["mean_ap"] <= 1
    assert train.read_config(out).optimiser == "amsgrad" and train.read_config(out).size == (64, 32)


# --- before PyTorch is loaded -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (["--help"], 0, "experiment"),
        (["train", "--nope"], 2, "--out"),
        (["experiment", "nonsense"], 2, "experiment must be one of baselines"),
        (["evaluate", "nowhere"], 2, "nowhere is not a folder; expected a Market-1501 folder"),
    ],
)
def test_a_mistake_is_answered_before_pytorch_is_loaded(tmp_path, command, status, words):
    program = (
        "import sys; sys.modules['torch'] = None;"  # an import of it would end in a traceback
        "from osnet_edu.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program, *command], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == status and words in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_what_the_options_name_is_what_there_is():
    assert arguments.METHOD_NAMES == tuple(METHODS) and tuple(compute.DTYPES) == limits.DTYPE_NAMES
    configs = [train_command._recipe(name, 12_936) for name in arguments.RECIPES]
    assert len({str(config) for config in configs}) == len(arguments.RECIPES)


def test_the_help_says_what_each_experiment_asks_and_its_minutes(capsys):
    with pytest.raises(SystemExit, match="0"):
        run("experiment", "--help")
    lines = capsys.readouterr().out.splitlines()
    for name in experiments.EXPERIMENTS:
        assert any(re.fullmatch(rf"  {name} +\d+ min  \S.*[.?]", line) for line in lines), name
