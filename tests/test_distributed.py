"""Several processes are one run: the right gradients, the same features, and a sentence when one of them is lost.

Everything goes through PyTorch's own launcher, with two real processes.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from osnet_edu import __main__ as cli
from osnet_edu import train
from osnet_edu.machine import distributed
from osnet_edu.machine.distributed import Team
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.train import checkpoints

ROOT = Path(__file__).parents[1]
SHORT = ["--size", "64x32", "--width", "0.1", "--dtype", "float32", "--threads", "1"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the launcher's signals are those of Linux and macOS")


def torchrun(*program: object, processes: int = 2) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [*launcher, *map(str, program)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def run(*program: object) -> subprocess.CompletedProcess:
    command = torchrun(*program)
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


def on_two_machines(*program: object) -> None:
    """A process on each of two machines, started as README.md says; here both machines are this one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--nnodes=2", "--nproc_per_node=1", "--master_addr=127.0.0.1", f"--master_port={port}"]
    started = []
    try:
        for rank in (0, 1):
            command = [sys.executable, "-m", "torch.distributed.run", *where, f"--node_rank={rank}", *map(str, program)]
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True))
        said = [one.communicate(timeout=300)[1] for one in started]
        assert [one.returncode for one in started] == [0, 0], said
    finally:
        for one in started:
            one.kill()
            one.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six coloured people to train on, five to find, in two cameras, and a gallery photo that cannot be read."""
    rng = np.random.Generator(np.random.PCG64(0))
    root = tmp_path_factory.mktemp("data") / "market"
    for split in market.SPLITS.values():
        (root / split).mkdir(parents=True)
    alike = rng.integers(0, 256, (4, 2, 3))
    for person in range(1, 12):
        look = rng.integers(0, 256, (4, 2, 3)) if person <= 6 else alike + rng.normal(0, 3, (4, 2, 3))
        look = np.kron(look, np.ones((16, 16, 1)))
        for camera in (1, 2):
            for frame in range(2):
                split = "train" if person <= 6 else ("query" if frame == 0 else "gallery")
                picture = (look + rng.normal(0, 15, look.shape)).clip(0, 255).astype(np.uint8)
                name = market.format_name(person, camera, 1, frame, 1)
                Image.fromarray(picture).save(root / market.SPLITS[split] / name, quality=90)
    (root / market.SPLITS["gallery"] / market.format_name(7, 1, 2, 0, 1)).write_bytes(b"no picture")
    return root


# --- what needs one process only --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "size"), [(64, 2), (15, 2), (7, 3), (3, 4)])
def test_shares_cover_everything_once_and_differ_by_one_at_most(count, size):
    shares = [range(count)[Team(rank, size).share(count)] for rank in range(size)]
    assert [i for share in shares for i in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_alone_nothing_is_exchanged():
    rows = torch.ones(3, 2, requires_grad=True)
    assert distributed.gather(rows, 3, distributed.ONE_PROCESS) is rows
    assert distributed.team_mean([1.5], "cpu", distributed.ONE_PROCESS) == [1.5]
    assert (
        distributed.collected("a", distributed.ONE_PROCESS) == ["a"]
        and distributed.agreed(7, distributed.ONE_PROCESS) == 7
    )
    with distributed.joined("cpu") as team:
        assert team is distributed.ONE_PROCESS


def test_a_lost_process_is_told_from_other_errors():
    with pytest.raises(distributed.PeerLost, match=r"another process of this run ended.*Connection closed by peer"):
        with distributed.guarded():
            raise RuntimeError("[pair.cc:534] Connection closed by peer [127.0.0.1]:1234")
    with pytest.raises(RuntimeError, match="sizes differ"):
        with distributed.guarded():
            raise RuntimeError("sizes differ")


def test_a_share_is_augmented_as_in_the_whole_batch():
    config = train.TrainConfig(size=(64, 32), erasing=0.7)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (15, 64, 32, 3), dtype=np.uint8))
    whole = train.augment(images, config, np.random.default_rng(1))
    parts = [train.augment(images, config, np.random.default_rng(1), Team(rank, 2).share(15)) for rank in (0, 1)]
    assert torch.equal(torch.cat(parts), whole) and len(parts[0]) == 7


def test_a_batch_too_small_for_the_processes_is_refused():
    data = train.Data(np.zeros((4, 64, 32, 3), np.uint8), np.array([0, 0, 1, 1]), (1, 2), "x")
    config = train.TrainConfig(size=(64, 32), people=2, shots=2, width=0.1)
    with pytest.raises(ValueError, match=r"a batch of 4 photos .*is too small for 3 processes; expected 2 or more"):
        next(train.fit(train.build(config, 2), data, config, team=Team(0, 3)))
    with pytest.raises(ValueError, match=r"\(as few as 2 at the end of an epoch\) is too small for 2 processes"):
        next(train.fit(train.build(config, 2), data, config, team=Team(0, 2)))


# --- two processes ----------------------------------------------------------------------------------------------------

GRADIENTS = """
import copy, json, sys
import numpy as np, torch
from osnet_edu import train
from osnet_edu.machine import compute, distributed
from osnet_edu.machine.distributed import ONE_PROCESS, Team
from osnet_edu.train import loop
from osnet_edu.train.loop import _Both
from osnet_edu.train.losses import losses

class Shares(_Both):
    # One process that normalises each of two shares by itself, as two processes do.
    def forward(self, images):
        if not self.training:
            return super().forward(images)
        shares = [super(Shares, self).forward(images[Team(rank, 2).share(len(images))]) for rank in (0, 1)]
        return tuple(torch.cat(parts) for parts in zip(*shares))

found = {}
with distributed.joined("cpu") as team:
    # Closed form: the sum over all rows of weight * row ** 2 has the gradient 2 * weight * row, averaged or not.
    count, weight = 5, torch.arange(1.0, 6)[:, None]
    rows = (torch.arange(10.0).reshape(5, 2)[team.share(count)]).requires_grad_()
    everyone = distributed.gather(rows, count, team)
    (weight * everyone**2).sum().backward()
    found["gathered"] = everyone.detach().tolist()
    found["rows"] = distributed.collected((rows.grad / team.size).tolist(), team)

    # A whole network in training: the gradients of one process that normalises each share by itself, and the loss and
    # hardest photos of the whole batch; the running statistics of rank 0 are those of its share.
    differences, statistics = [], []
    for people in (4, 5):
        config = train.TrainConfig(size=(64, 32), width=0.1, people=people, shots=3)
        model = train.build(config, people).train().double()  # so that the order of a sum is not seen
        alone, first = copy.deepcopy(model), copy.deepcopy(model)
        torch.manual_seed(1)
        images, target = torch.randn(3 * people, 3, 64, 32).double(), torch.arange(people).repeat_interleave(3)
        network = distributed.wrap(_Both(model), "cpu", team)
        features, logits = network(images[team.share(len(images))])
        parts = losses(features, logits, target, config, True, team)
        parts[0].backward()
        features, logits = Shares(alone)(images)
        whole = losses(features, logits, target, config, True, ONE_PROCESS)
        whole[0].backward()
        means = distributed.team_mean([part.item() for part in parts], "cpu", team)
        pairs = list(zip(model.parameters(), alone.parameters()))
        scale = max(p.grad.abs().max().item() for _, p in pairs)
        worst = max((ours.grad - theirs.grad).abs().max().item() for ours, theirs in pairs) / scale
        differences.append([worst, *(abs(mean - part.item()) for mean, part in zip(means, whole))])
        first(images[: len(images) // 2])
        distributed.level(model, team)
        buffers = list(zip(model.buffers(), first.buffers()))
        statistics.append(max((ours - theirs).abs().max().item() for ours, theirs in buffers))
    found["differences"], found["statistics"] = differences, statistics

    # Three real steps: all processes end with the same network, and the log is about the whole batch.
    rng = np.random.Generator(np.random.PCG64(0))
    images = rng.integers(0, 256, (24, 64, 32, 3), dtype=np.uint8)
    data = train.Data(images, np.repeat(np.arange(6), 4), tuple(range(1, 7)), "noise")
    config = train.TrainConfig(size=(64, 32), width=0.1, people=5, shots=3, photos=45, triplet_from=0.4)
    model = train.build(config, 6)
    steps = list(train.fit(model, data, config, way=compute.Compute(threads=1), out=sys.argv[1], team=team))
    sums = [value.double().sum().item() for value in model.state_dict().values()]
    found["same"] = distributed.collected(sums, team)
    found["losses"] = distributed.collected([step.loss for step in steps], team)
    found["photos"] = [step.photos for step in steps]
    if team.rank == 0:
        loop._Both = Shares
        one = train.fit(train.build(config, 6), data, config, way=compute.Compute(threads=1))
        found["alone"] = [step.loss for step in one]
        print(json.dumps(found))
"""


def test_two_processes_have_the_gradients_of_one_that_normalises_each_share_by_itself(tmp_path):
    (tmp_path / "gradients.py").write_text(GRADIENTS)
    found = json.loads(run(tmp_path / "gradients.py", tmp_path / "run").stdout)
    rows = np.arange(10.0).reshape(5, 2)
    assert found["gathered"] == rows.tolist()
    closed_form = 2 * np.arange(1, 6)[:, None] * rows
    np.testing.assert_allclose(np.concatenate(found["rows"]), closed_form)  # each its own, after the average
    assert np.array(found["differences"]).max() < 1e-7
    assert len(found["statistics"]) == 2 and max(found["statistics"]) < 1e-12
    assert found["same"][0] == found["same"][1]
    assert found["losses"][0] == found["losses"][1] == [step.loss for step in train.read_log(tmp_path / "run")]
    assert found["photos"] == [15, 30, 45]
    np.testing.assert_allclose(found["losses"][0], found["alone"], rtol=1e-3)
    saved = weights.open(tmp_path / "run" / "weights.safetensors").model.state_dict()
    assert [value.double().sum().item() for value in saved.values()] == found["same"][0]


def test_train_resume_and_evaluate_on_two_processes(folder, tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["train", folder, "--out", out, "--photos", "72", "--batch", "12", "--checkpoint-every", "2", *SHORT]
    done = run("-m", "osnet_edu", *arguments)
    assert done.stdout.count("Wrote") == 1 and done.stdout.count("rank-1 ") == 1 and "rank-1 100" not in done.stdout
    assert done.stderr.count("for each of 2 processes") == 1 and done.stderr.count("Measuring") == 1
    assert [step.step for step in train.read_log(out)] == list(range(1, 7))

    # One process goes on from there, and scores the same weights as the two did: here it only scores, and says so.
    assert cli.main(["train", str(folder), "--out", str(out), "--resume"]) == 0
    said = capsys.readouterr().out
    assert "is finished: all 6 steps were taken before" in said
    assert said.splitlines()[1:] == done.stdout.splitlines()[1:]


EMBED = """
import sys
import numpy as np
from osnet_edu.machine import distributed
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.embed import embed

with distributed.joined("cpu") as team:
    found = market.read(sys.argv[1])
    result = embed(weights.shipped().model, found.gallery, size=(64, 32), batch=4, team=team)
    if team.rank == 1:  # every process has all of them
        names = [photo.name for photo in result.photos]
        np.savez(sys.argv[2], features=result.features, names=names, skipped=[s.path.name for s in result.skipped])
"""


def test_a_process_on_each_of_two_machines_embeds_its_share_in_the_original_order(folder, tmp_path):
    from osnet_edu.embed import embed

    (tmp_path / "embedding.py").write_text(EMBED)
    on_two_machines(tmp_path / "embedding.py", folder, tmp_path / "found.npz")
    alone = embed(weights.shipped().model, market.read(folder).gallery, size=(64, 32))
    with np.load(tmp_path / "found.npz") as found:
        assert found["names"].tolist() == [photo.name for photo in alone.photos]
        assert found["skipped"].tolist() == [skip.path.name for skip in alone.skipped] == ["0007_c1s2_000000_01.jpg"]
        np.testing.assert_allclose(found["features"], alone.features, atol=1e-5)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_one_process_killed_ends_the_run_with_a_sentence_and_a_whole_checkpoint(folder, tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["train", folder, "--out", out, "--photos", "160000", "--batch", "12", "--checkpoint-every", "2"]
    command = torchrun("-m", "osnet_edu", *arguments, *SHORT)
    started = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        ends = time.monotonic() + 200
        while checkpoints.latest(out) is None and time.monotonic() < ends and started.poll() is None:
            time.sleep(0.2)
        workers = [child for child in psutil.Process(started.pid).children() if child.environ().get("RANK") == "1"]
        assert len(workers) == 1
        workers[0].kill()
        said = started.communicate(timeout=120)[1]
    finally:
        started.kill()
        started.wait()
    assert started.returncode != 0
    sentences = [line for line in said.splitlines() if "osnet_edu: process 1 of 2: " in line]
    assert len(sentences) == 1, said[-3000:]
    assert "another process of th" in sentences[0] and "with --resume goes on from there" in sentences[0]
    saved = checkpoints.latest(out)
    step = checkpoints.read_state(saved)["step"]
    data = train.load(market.read(folder).train, (64, 32))
    config = train.read_config(out)
    resumed = train.fit(train.build(config, 6), data, config, out=out, resume=True)  # by one process, where two were
    assert next(resumed).step == step + 1
