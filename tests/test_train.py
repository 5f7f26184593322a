"""Training: it learns, every draw is a function of the seed and the step, and a stopped run goes on to the last bit."""

import csv
import json
import math
import re
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from osnet_edu import assets, train
from osnet_edu.embed import MEAN, STD
from osnet_edu.machine import compute
from osnet_edu.network import weights
from osnet_edu.train import loop
from osnet_edu.train.batch import _walk, neighbours_of

WAY = compute.Compute(threads=1)
SMALL = train.TrainConfig(size=(64, 32), photos=16 * 12, people=4, shots=4, width=0.1, gate_hidden=2, lookalikes=True)


@pytest.fixture(scope="module")
def data():
    """Eight people of coloured blocks in noise, six photos each."""
    rng = np.random.Generator(np.random.PCG64(0))
    blocks = np.kron(rng.integers(0, 256, (8, 4, 2, 3)), np.ones((1, 16, 16, 1)))
    images = np.repeat(blocks, 6, 0) + rng.normal(0, 20, (48, 64, 32, 3))
    return train.Data(images.clip(0, 255).astype(np.uint8), np.repeat(np.arange(8), 6), tuple(range(1, 9)), "blocks")


def run(data, config=SMALL, **arguments):
    model = train.build(config, len(data.people))
    return model, list(train.fit(model, data, config, way=WAY, **arguments))


def bits(model):
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def test_it_learns(data):
    _, steps = run(data, replace(SMALL, width=0.25, photos=16 * 100, triplet_from=0.5))
    assert steps[-1].photos == 1600 and len(steps) == 100
    assert np.mean([s.accuracy for s in steps[-10:]]) > 0.9 > 0.4 > np.mean([s.accuracy for s in steps[:5]])
    assert math.isnan(steps[49].triplet)
    assert steps[50].loss == pytest.approx(steps[50].cross_entropy + steps[50].triplet)


def test_same_seed_same_bits_other_seed_other_bits(data):
    first, again = run(data)[0], run(data)[0]
    assert bits(first) == bits(again) != bits(run(data, replace(SMALL, seed=1))[0])


@pytest.mark.parametrize("stop_after", [1, 5, 8, 11])
def test_a_stopped_run_goes_on_to_the_last_bit(data, tmp_path, stop_after):
    whole, steps = run(data)
    out = tmp_path / "run"
    model = train.build(SMALL, 8)
    fitting = train.fit(model, data, SMALL, way=WAY, out=out, checkpoint_every=3)
    for _ in range(stop_after):
        next(fitting)
    fitting.close()
    if stop_after < 3:
        with pytest.raises(ValueError, match="no checkpoint to resume from"):
            run(data, out=out, resume=True)
        return
    resumed, rest = run(data, out=out, resume=True)
    assert bits(resumed) == bits(whole)
    assert [s.loss for s in rest] == [s.loss for s in steps[-len(rest) :]]
    assert [s.step for s in train.read_log(out)] == list(range(1, 13))
    assert bits(weights.open(out / "weights.safetensors").model) == bits(whole)


def test_a_killed_process_leaves_a_whole_checkpoint(data, tmp_path):
    """A run that is killed while it writes a checkpoint still has the one before."""
    np.savez(tmp_path / "data.npz", images=data.images, labels=data.labels)
    program = f"""
import os, shutil, numpy as np
from osnet_edu import assets, train
from osnet_edu.machine import compute
from osnet_edu.network import weights
from osnet_edu.embed import MEAN, STD
file = np.load({str(tmp_path / "data.npz")!r})
data = train.Data(file["images"], file["labels"], tuple(range(1, 9)), "blocks")
config = train.TrainConfig(**{ {**asdict(SMALL)}!r})
save, calls = weights.save, []
def dying(*args, **kw):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), 9)
    save(*args, **kw)
weights.save = dying
model, way, out = train.build(config, 8), compute.Compute(threads=1), {str(tmp_path / "run")!r}
for step in train.fit(model, data, config, way=way, out=out, checkpoint_every=2):
    pass
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert [p.name for p in (tmp_path / "run").glob("checkpoint-*")] == ["checkpoint-0000004"]
    resumed, rest = run(data, out=tmp_path / "run", resume=True)
    assert rest[0].step == 5 and bits(resumed) == bits(run(data)[0])


def test_a_full_disk_keeps_the_last_checkpoint(data, tmp_path, monkeypatch):
    real, calls = torch.save, []

    def full(*args):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(*args)

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run(data, out=tmp_path / "run", checkpoint_every=3)
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["checkpoint-0000003", "log.jsonl"]
    resumed, rest = run(data, out=tmp_path / "run", resume=True)
    assert rest[0].step == 4 and bits(resumed) == bits(run(data)[0])


def test_a_changed_dataset_or_config_is_refused_on_resume(data, tmp_path):
    run(data, out=tmp_path / "run")
    with pytest.raises(ValueError, match="trained on other photos"):
        run(replace(data, fingerprint="other"), out=tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match=r"learning_rate was 0\.004, is 0\.001; seed was 0, is 7"):
        run(data, replace(SMALL, learning_rate=0.001, seed=7), out=tmp_path / "run", resume=True)


def test_a_folder_with_something_in_it_is_refused(data, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ValueError, match="not empty"):
        run(data, out=tmp_path)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(data, tmp_path):
    model = train.build(SMALL, 8)
    fitting = train.fit(model, data, SMALL, way=WAY, out=tmp_path / "run", checkpoint_every=2)
    for _ in range(5):
        next(fitting)
    with torch.no_grad():
        model.classifier.bias[0] = math.nan
    before = bits(model)
    with pytest.raises(FloatingPointError, match=r"step 6 of 12.*checkpoint-0000004"):
        next(fitting)
    trained = {k: v for k, v in model.named_parameters() if not k.startswith("classifier")}
    assert all(torch.isfinite(v).all() for v in trained.values()) and len(before)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"people": 1}, "2 or more people"),
        ({"shots": 1}, "2 or more people"),
        ({"optimiser": "lion"}, "adamw or amsgrad or sgd"),
        ({"schedule": "none"}, "cosine or steps"),
        ({"photos": 0}, "photos must be a whole number from 1 to"),
        ({"size": (16, 8)}, "at least 32x32"),
        ({"growth": ((0.5, 0.0),)}, "pairs of shares"),
        ({"growth": ((0.75, 0.5), (0.5, 0.75))}, "in order"),
    ],
)
def test_configs_that_train_nothing_are_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(SMALL, **changes)


def test_data_that_does_not_fit_the_config_is_refused(data):
    with pytest.raises(ValueError, match="takes 9 people, the data has 8"):
        next(train.fit(train.build(SMALL, 8), data, replace(SMALL, people=9), way=WAY))
    with pytest.raises(ValueError, match="trains at 128x64 pixels, the photos are 64x32"):
        next(train.fit(train.build(SMALL, 8), data, replace(SMALL, size=(128, 64)), way=WAY))


def test_batch_hard_on_points_of_a_circle():
    """Person 0 at 0 and 60 degrees, person 1 at 90 and 180: chords are known."""
    angles = torch.tensor([0.0, 60, 90, 180]).deg2rad()
    points = torch.stack([angles.cos(), angles.sin()], 1) * torch.tensor([[1.0], [5], [2], [9]])  # length is ignored
    labels = torch.tensor([0, 0, 1, 1])

    def chord(degrees):
        return 2 * math.sin(math.radians(degrees) / 2)

    pairs = ((0, 60), (0, 90), (0, 180), (60, 90), (60, 180), (90, 180))
    mean = np.mean([chord(b - a) for a, b in pairs])
    terms = [chord(60) - chord(90), chord(60) - chord(30), chord(90) - chord(30), chord(90) - chord(120)]
    expected = np.mean([max(0, term / mean + 0.3) for term in terms])
    assert train.batch_hard(points, labels, 0.3).item() == pytest.approx(expected, abs=1e-5)


def test_batch_hard_in_plain_distances():
    points, labels = torch.tensor([[1.0, 0], [0, 1], [1, 1], [-1, 0]]), torch.tensor([0, 0, 1, 1])
    near, right, wide = (2 * math.sin(math.radians(degrees) / 2) for degrees in (45, 90, 135))
    terms = [right - near, right - near, wide - near, wide - right]
    expected = np.mean([max(0, term + 0.3) for term in terms])
    assert train.batch_hard(points, labels, 0.3, in_units=False).item() == pytest.approx(expected, abs=1e-5)


def test_the_shipped_weights_say_the_shipped_recipe():
    said = weights.shipped().card["config"]
    recipe = json.loads(json.dumps(asdict(train.TrainConfig.shipped())))
    assert {name: recipe[name] for name in said} == said and recipe["size"] == [128, 64]


def test_the_shipped_weights_bring_their_log_no_classifier_and_little_weight():
    shipped, recipe = weights.shipped(), train.TrainConfig.shipped()
    assert shipped.model.classifier is None and shipped.card["people"] == 2400
    assert re.fullmatch(r"first\.safetensors [0-9a-f]{16}", shipped.card["start"])
    assert assets.path(assets.WEIGHTS).stat().st_size < 3_000_000
    with open(assets.path("results/shipped.csv"), newline="") as file:
        lines = list(csv.DictReader(file))
    assert (int(lines[-1]["step"]), int(lines[-1]["photos"])) == (recipe.steps, recipe.steps * recipe.batch)
    peak = max(float(line["learning_rate"]) for line in lines)
    assert peak == pytest.approx(recipe.learning_rate, rel=0.01) and float(lines[-1]["learning_rate"]) < 1e-5
    assert float(lines[-1]["cross_entropy"]) < float(lines[60]["cross_entropy"])


def test_a_collapsed_embedding_costs_exactly_the_margin():
    assert train.batch_hard(torch.ones(6, 4), torch.tensor([0, 0, 1, 1, 2, 2]), 0.3).item() == pytest.approx(0.3)


@given(st.floats(1e-3, 1e3), st.integers(0, 99))
def test_pulling_all_photos_together_does_not_lower_the_loss(scale, seed):
    rng = np.random.default_rng(seed)
    points, labels = torch.from_numpy(rng.normal(size=(6, 2))), torch.tensor([0, 0, 1, 1, 2, 2])
    distance = torch.cdist(points, points)
    losses = [train.hardest(train.relative(d), labels, 0.3).item() for d in (distance, scale * distance)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    others = ~torch.eye(6, dtype=torch.bool)
    assert train.relative(distance)[others].mean().item() == pytest.approx(1)


def test_learning_rate_warms_up_then_falls():
    config = replace(SMALL, photos=16 * 100, warmup=0.1, learning_rate=1.0)
    rates = [train.learning_rate(config, step) for step in range(1, 101)]
    assert rates[:10] == pytest.approx([0.1 * k for k in range(1, 11)])
    assert rates[54] == pytest.approx(0.5) and rates[-1] == pytest.approx(0)
    steps = train.TrainConfig.published(photos=64 * 150)
    at = [train.learning_rate(steps, step) for step in (1, 60, 61, 120, 121, 150)]
    assert at == pytest.approx([1.5e-3, 1.5e-3, 1.5e-4, 1.5e-4, 1.5e-5, 1.5e-5])


@given(st.integers(0, 1000), st.integers(1, 40), st.integers(4, 12), st.integers(2, 4))
def test_a_batch_is_people_times_shots_and_everyone_comes_round(seed, step, count, people):
    labels = np.repeat(np.arange(count), 5)
    config = replace(SMALL, people=people, shots=3, seed=seed)
    rng = np.random.Generator(np.random.PCG64(seed))
    batch = train.draw_batch(labels, config, step, rng)
    chosen, shots = np.unique(labels[batch], return_counts=True)
    assert len(chosen) <= people and set(shots) == {3} and len(set(batch.tolist())) == len(batch)
    walk = np.concatenate([_walk(count, people, seed, s) for s in range(1, count + 1)])
    assert (np.bincount(walk, minlength=count) == people).all()


def test_a_person_with_too_few_photos_is_drawn_again():
    labels = np.array([0, 1, 1, 1, 1])
    batch = train.draw_batch(labels, replace(SMALL, people=2, shots=3), 1, np.random.default_rng(0))
    assert sorted(labels[batch]) == [0, 0, 0, 1, 1, 1]


def test_lookalikes_meet_in_a_batch():
    labels = np.repeat(np.arange(10), 4)
    neighbours = np.array([[person ^ 1, (person + 2) % 10] for person in range(10)])  # 0-1, 2-3, ... are twins
    config = replace(SMALL, people=4, shots=2)
    for step in range(1, 20):
        batch = train.draw_batch(labels, config, step, np.random.default_rng(step), neighbours)
        chosen = set(labels[batch].tolist())
        assert len(chosen) == 4
        assert sum(person ^ 1 in chosen for person in chosen) >= 2


def test_neighbours_are_the_closest_classifier_weights():
    model = train.build(SMALL, 4)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.weight[:, :2] = torch.tensor([[1.0, 0], [9, 1], [0, 1], [1, 9]])
    assert neighbours_of(model, SMALL, 1) is None
    turns = [np.unique(_walk(4, 2, SMALL.seed, step)) for step in (11, 12)]  # half of a batch of four
    assert sorted(np.concatenate(turns)) == [0, 1, 2, 3]
    for step, turn in zip((11, 12), turns, strict=True):
        nearest = neighbours_of(model, SMALL, step)[turn, 0]
        assert nearest.tolist() == np.array([1, 0, 3, 2])[turn].tolist()


def test_augmentation_off_is_normalisation():
    from osnet_edu.embed import normalise

    plain = replace(SMALL, flip=False, shift=0, zoom=0, colour=0, erasing=0)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 64, 32, 3), dtype=np.uint8))
    torch.testing.assert_close(train.augment(images, plain, np.random.default_rng(1)), normalise(images))


def test_each_augmentation_does_what_it_says():
    plain = replace(SMALL, flip=False, shift=0, zoom=0, colour=0, erasing=0)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (64, 64, 32, 3), dtype=np.uint8))
    base = train.augment(images, plain, np.random.default_rng(1))
    flipped = train.augment(images, replace(plain, flip=True), np.random.default_rng(1))
    mirrored = (flipped == base.flip(3)).flatten(1).all(1)
    assert ((flipped == base).flatten(1).all(1) ^ mirrored).all() and 15 < mirrored.sum() < 49
    erased = train.augment(images, replace(plain, erasing=1.0), np.random.default_rng(1))
    share = (erased == 0).all(1).float().mean((1, 2))
    assert (share > 0.005).all() and (share < 0.35).all()
    shifted = train.augment(images, replace(plain, shift=0.1), np.random.default_rng(1))
    assert (shifted != base).any() and set(shifted[0].flatten().tolist()) <= set(base[0].flatten().tolist())
    coarse = train.augment(images, replace(plain, coarse=0.25), np.random.default_rng(1))
    changed = (coarse != base).flatten(1).any(1)
    assert 6 < changed.sum() < 28  # a quarter of 64
    detail = lambda x: (x[:, :, 1:] - x[:, :, :-1]).abs().mean((1, 2, 3))  # noqa: E731
    assert (detail(coarse[changed]) < 0.7 * detail(base[changed])).all()
    torch.testing.assert_close(coarse.mean((2, 3)), base.mean((2, 3)), atol=0.06, rtol=0)
    grey = train.augment(images, replace(plain, colour=1e-9, grey=0.25), np.random.default_rng(1))
    light = grey * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    without = ((light - light.mean(1, keepdim=True)).abs() < 1e-5).flatten(1).all(1)
    assert 6 < without.sum() < 28
    torch.testing.assert_close(light[~without].mean(), light[without].mean(), atol=0.01, rtol=0)


def test_instance_normalisation_is_part_of_the_recipe():
    plain, ibn = (train.build(replace(SMALL, ibn=ibn), 8) for ibn in (False, True))
    assert {type(plain.conv1.bn), type(ibn.conv1.bn)} == {torch.nn.BatchNorm2d, torch.nn.InstanceNorm2d}
    assert ibn.conv2[1].IN is not None and plain.conv2[1].IN is None


def test_photos_grow_by_the_step():
    config = replace(SMALL, size=(128, 64), photos=16 * 100, growth=((0.5, 0.5), (0.75, 0.75)))
    assert config.stages == [(50, (64, 32)), (75, (96, 48)), (100, (128, 64))]
    at = {step: config.size_at(step) for step in (1, 50, 51, 75, 76, 100)}
    assert list(at.values()) == [(64, 32), (64, 32), (96, 48), (96, 48), (128, 64), (128, 64)]
    assert config.work() == pytest.approx(16 * (50 * 0.25 + 25 * 0.5625 + 25))
    assert config.work(40, 60) == pytest.approx(16 * (10 * 0.25 + 10 * 0.5625))
    assert sum(config.work(step, step + 1) for step in range(100)) == pytest.approx(config.work())
    assert replace(config, size=(64, 32)).stages == [(100, (64, 32))]  # never smaller than 64 x 32
    assert train.TrainConfig.published().work() == 96_000


def test_a_shrunk_photo_has_the_means_of_its_pixels():
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 32, 3), dtype=np.uint8)
    means = images.reshape(3, 32, 2, 16, 2, 3).mean((2, 4))
    half = train.shrunk(torch.from_numpy(images), (32, 16), batch=2)
    assert half.dtype == torch.uint8 and np.abs(half.numpy() - means).max() <= 0.5
    assert torch.equal(train.shrunk(torch.from_numpy(images), (64, 32)), torch.from_numpy(images))


def test_a_growing_run_goes_on_to_the_last_bit(data, tmp_path, monkeypatch):
    big = replace(data, images=data.images.repeat(2, 1).repeat(2, 2))
    config = replace(SMALL, size=(128, 64), photos=16 * 6, growth=((0.34, 0.5), (0.67, 0.75)))
    seen, real = [], loop.augment

    def watched(images, *rest):
        seen.append(tuple(images.shape[1:3]))
        return real(images, *rest)

    monkeypatch.setattr(loop, "augment", watched)
    whole, _ = run(big, config)
    assert seen == [(64, 32)] * 2 + [(96, 48)] * 2 + [(128, 64)] * 2
    fitting = train.fit(train.build(config, 8), big, config, way=WAY, out=tmp_path / "run", checkpoint_every=3)
    for _ in range(4):
        next(fitting)
    fitting.close()
    resumed, rest = run(big, config, out=tmp_path / "run", resume=True)
    assert rest[0].step == 4 and bits(resumed) == bits(whole)


def test_a_config_survives_json():
    for config in (train.TrainConfig(), train.TrainConfig.published(width=0.5, size=(256, 128))):
        assert train.TrainConfig(**json.loads(json.dumps(asdict(config)))) == config


def test_measuring_prefers_the_faster_way():
    import time

    def trial(way):
        return lambda: time.sleep(0.002 if way.channels_last else 0.02)

    ways = [compute.Compute(), compute.Compute(channels_last=True)]
    timings = compute.fastest_first(trial, ways, seconds=0.2)
    assert timings[0].compute.channels_last and 20 < timings[1].rate < 51


def test_devices_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="device must be one of"):
        compute.candidates("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="'cuda' was asked for, but PyTorch finds none"):
            compute.candidates("cuda")
    with pytest.raises(ValueError, match="dtype must be one of"):
        compute.candidates(dtype="int4")


def test_processes_beside_one_another_share_the_threads(monkeypatch):
    monkeypatch.setattr(compute, "available_threads", lambda: 8)
    assert [compute.threads_each(n) for n in (1, 2, 3, 16)] == [None, 4, 2, 1]


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), compute.using(compute.Compute(threads=before + 1)):
        assert torch.get_num_threads() == before + 1
        raise RuntimeError
    assert torch.get_num_threads() == before


def test_decay_leaves_gates_and_normalisation_alone(data):
    model = train.build(SMALL, 8)
    decayed, others = train.optimiser_for(model, SMALL).param_groups
    names = {id(p): name for name, p in model.named_parameters()}
    kept = [names[id(p)] for p in others["params"]]
    assert (decayed["weight_decay"], others["weight_decay"]) == (SMALL.weight_decay, 0.0)
    assert {"conv2.0.gate.fc1.weight", "conv2.0.gate.fc2.weight", "conv1.bn.weight", "fc.0.bias"} <= set(kept)
    assert not any(name.endswith(("conv.weight", "conv2a.conv1.weight", "classifier.weight")) for name in kept)
    assert len(decayed["params"]) + len(kept) == len(names)


def test_compiled_training_is_the_same_training_with_the_same_names(data, tmp_path, monkeypatch):
    """What torch.compile is given is looked at, not its code generator, which takes minutes."""
    given, real = [], torch.compile

    def traced(module):
        given.append(module)
        return real(module, backend="eager")

    monkeypatch.setattr(torch, "compile", traced)
    short = replace(SMALL, photos=16 * 2)
    compiled, _ = run(data, short, out=tmp_path / "run", compiled=True)
    assert len(given) == 1 and bits(compiled) == bits(run(data, short)[0])
    assert bits(weights.open(tmp_path / "run" / "weights.safetensors").model) == bits(compiled)


def test_a_run_starts_from_weights_and_says_so(data, tmp_path):
    first, _ = run(data)
    weights.save(first, tmp_path / "first.safetensors", size=SMALL.size)
    short = replace(SMALL, photos=16 * 4, learning_rate=1e-9, weight_decay=0.0)
    model = train.build(short, 8)
    own = model.classifier.weight.detach().clone()
    list(train.fit(model, data, short, way=WAY, out=tmp_path / "run", start=tmp_path / "first.safetensors"))
    moved = {name: (value - first.state_dict()[name]).abs().max() for name, value in model.named_parameters()}
    assert max(value for name, value in moved.items() if "classifier" not in name) < 1e-6
    torch.testing.assert_close(model.classifier.weight, first.classifier.weight, atol=1e-6, rtol=0)
    assert (own - model.classifier.weight).abs().max() > 1e-3  # as many people: the classifier fits as well
    said = weights.open(tmp_path / "run" / "weights.safetensors").card["start"]
    assert said.startswith("first.safetensors ") and len(said.split()[1]) == 16

    other = train.build(short, 9)
    fewer = replace(data, people=tuple(range(1, 10)))
    list(train.fit(other, fewer, short, way=WAY, start=tmp_path / "first.safetensors"))
    assert other.classifier.weight.shape[0] == 9
    torch.testing.assert_close(other.conv1.conv.weight, first.conv1.conv.weight, atol=1e-6, rtol=0)


def test_a_resumed_run_remembers_where_it_started(data, tmp_path):
    first, _ = run(data)
    weights.save(first, tmp_path / "first.safetensors", size=SMALL.size)
    whole = train.build(SMALL, 8)
    list(train.fit(whole, data, SMALL, way=WAY, out=tmp_path / "a", start=tmp_path / "first.safetensors"))
    stopped = train.build(SMALL, 8)
    fitting = train.fit(
        stopped, data, SMALL, way=WAY, out=tmp_path / "b", start=tmp_path / "first.safetensors", checkpoint_every=3
    )
    for _ in range(5):
        next(fitting)
    fitting.close()
    again = train.build(SMALL, 8)
    list(train.fit(again, data, SMALL, way=WAY, out=tmp_path / "b", resume=True))
    assert bits(again) == bits(whole)
    cards = [weights.open(tmp_path / name / "weights.safetensors").card["start"] for name in "ab"]
    assert cards[0] == cards[1]
