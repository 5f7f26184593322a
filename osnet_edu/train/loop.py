"""The loop: `fit` yields a Step at a time, writes checkpoints, and goes on from the last one."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import draws
from ..machine import compute, distributed, whole
from ..machine.compute import Compute
from ..machine.distributed import ALONE, Team
from ..network import weights
from ..network.model import OSNet, osnet
from ..refused import Refused
from . import checkpoints
from .batch import augment, draw_batch, neighbours_of
from .data import Data, shrunk
from .losses import losses
from .recipe import TrainConfig, learning_rate


@dataclass(frozen=True)
class Step:
    """What one step did.  step: 1 ... steps.  photos: seen so far.  accuracy: of the classifier on this batch.

    loss = cross_entropy + weight * triplet; triplet is nan before it joins.  seconds: that this step took.
    """

    step: int
    steps: int
    photos: int
    loss: float
    cross_entropy: float
    triplet: float
    accuracy: float
    learning_rate: float
    seconds: float


def build(config: TrainConfig, people: int) -> OSNet:
    """The network that a config describes, initialised from its seed, with a classifier for so many people."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return osnet(
            config.width,
            num_classes=people,
            streams=config.streams,
            ibn=config.ibn,
            gate_hidden=config.gate_hidden,
        )


def choose(config: TrainConfig, people: int, ways: Sequence[Compute], seconds: float = 3.0) -> list[compute.Timing]:
    """Measure training steps of this network in each of these ways, fastest first; rates in photos a second."""

    count = min(32, config.batch)

    def trial(way: Compute) -> Callable[[], object]:
        model = build(config, people).to(way.device, memory_format=way.memory_format)
        images = torch.zeros(count, 3, *config.size, device=way.device).contiguous(memory_format=way.memory_format)

        def step() -> None:
            with way.autocast():
                logits = model.classify(model(images))
            logits.float().logsumexp(1).mean().backward()

        return step

    timings = compute.measure(trial, ways, seconds)
    return [compute.Timing(timing.compute, count * timing.rate) for timing in timings]


def fit(
    model: OSNet,
    data: Data,
    config: TrainConfig,
    *,
    way: Compute | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    checkpoint_every: int = 100,
    compiled: bool = False,
    start: Path | str | None = None,
    team: Team = ALONE,
) -> Iterator[Step]:
    """Train a model in place, one Step at a time.

    way: how to compute; None measures for three seconds.  out: a folder for checkpoints, the log and, at the end,
    weights.safetensors.  resume: go on from the last whole checkpoint in `out`.  checkpoint_every: so many steps.
    compiled: through torch.compile, which spends a minute on the first step.  start: weights to start from, all
    but their classifier; a resumed run has them in its checkpoint.  team: the processes that train together (see
    distributed.joined); each calls this with the same arguments, rank 0 alone writes, and each sees `out`.
    Raises: Refused where data and config do not fit each other or the checkpoint; FloatingPointError where the loss
    is no number any more, the last checkpoint being kept; distributed.PeerLost where another process has ended.
    """
    _check(data, config, team)
    if checkpoint_every < 1:
        raise Refused(f"checkpoint_every must be 1 step or more, got {checkpoint_every}")
    out = None if out is None else whole.given(out)
    done, saved = 0, None
    if resume:
        if out is None:
            raise Refused("resume needs the folder of the run")
        saved = _last(out)
        done, way = _check_resumable(saved, data, config, way)
    else:
        if out:
            checkpoints.check_new(out)
        if start:
            weights.load(model, start)
    if distributed.agreed(data.fingerprint, team) != data.fingerprint:
        raise Refused(f"{team} reads other photos than the first; expected the same folder for all")
    if way is None:
        ways = compute.candidates(threads=compute.threads_each(team.local_size))
        way = distributed.agreed(choose(config, len(data.people), ways)[0].compute, team)
    compute.check_device(way.device)

    origin = checkpoints.read_state(saved).get("start") if saved else _named(start) if start else None
    # On rank 0 alone, the only one that writes.
    with whole.claimed(out) if out and team.rank == 0 else nullcontext():
        if out and team.rank == 0 and not resume:
            checkpoints.start_over(out)
        yield from _steps(model, data, config, way, out, saved, origin, done, checkpoint_every, compiled, team)


def _steps(
    model: OSNet,
    data: Data,
    config: TrainConfig,
    way: Compute,
    out: Path | None,
    saved: Path | None,
    origin: str | None,
    done: int,
    checkpoint_every: int,
    compiled: bool,
    team: Team,
) -> Iterator[Step]:
    model.to(way.device, memory_format=way.memory_format)
    optimiser = optimiser_for(model, config)
    if saved:
        try:
            weights.load(model, saved / checkpoints.MODEL)
        except Refused as error:
            raise checkpoints.damaged(saved, str(error)) from error
        checkpoints.load_optimiser(saved, optimiser, way.device)
        if out and team.rank == 0:
            checkpoints.cut_log(out, done)
    network = distributed.wrap(_Both(model), way.device, team)
    if compiled:
        network = torch.compile(network)
    images = torch.from_numpy(data.images).to(way.device)
    labels = torch.from_numpy(data.labels).to(way.device)
    model.train()
    written = {"config": asdict(config), "compute": asdict(way), "data": data.fingerprint}
    if origin:
        written["start"] = origin
    for step in range(done + 1, config.steps + 1):
        if tuple(images.shape[1:3]) != config.size_at(step):
            images = shrunk(torch.from_numpy(data.images), config.size_at(step)).to(way.device)
        with compute.using(way), distributed.guarded():
            record = _step(model, network, optimiser, images, labels, data, config, way, step, team)
        if not math.isfinite(record.loss):
            kept = checkpoints.latest(out) if out else None
            where = f"the last good checkpoint is {kept}" if kept else "no checkpoint was written yet"
            raise FloatingPointError(f"the loss is {record.loss} at step {step} of {config.steps}; {where}")
        if out and team.rank == 0:
            checkpoints.log(out, asdict(record))
            if step % checkpoint_every == 0 or step == config.steps:
                checkpoints.write(out, step, model, optimiser, config.size, written, data.photos)
        yield record
    distributed.level(model, team)
    model.eval()
    if out and team.rank == 0:
        card = {"config": asdict(config), "people": len(data.people), "data": data.fingerprint, "compute": str(way)}
        if origin:
            card["start"] = origin
        weights.save(model, out / "weights.safetensors", size=config.size, card=card)


def _named(path: Path | str) -> str:
    """A weights file by its name and the beginning of its checksum."""
    return f"{Path(path).name} {hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]}"


def read_log(out: Path | str) -> list[Step]:
    """The steps that a run has recorded.  Raises: Refused for a line that is none."""
    path, steps = Path(out) / checkpoints.LOG, []
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            try:
                steps.append(Step(**json.loads(line)))
            except (ValueError, TypeError, RecursionError) as error:
                raise Refused(f"{path}: line {number} is no step of a run ({weights.first_line(error)})") from error
    return steps


def read_config(out: Path | str) -> TrainConfig:
    """The config of a run, from its last checkpoint.  Raises: Refused where there is none."""
    return checkpoints.read_record(_last(Path(out)), "config", TrainConfig)


def read_compute(out: Path | str) -> Compute:
    """The way in which a run computed, from its last checkpoint.  Raises: Refused where there is none."""
    return checkpoints.read_record(_last(Path(out)), "compute", Compute)


# --- one step ---------------------------------------------------------------------------------------------------------


class _Both(nn.Module):
    """Features and logits in one call, which is what DistributedDataParallel and torch.compile wrap."""

    def __init__(self, model: OSNet):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.model(images)
        return features, self.model.classify(features)


def _step(
    model, network, optimiser, images, labels, data: Data, config: TrainConfig, way: Compute, step: int, team: Team
) -> Step:
    start = time.perf_counter()
    rate = learning_rate(config, step)
    for group in optimiser.param_groups:
        group["lr"] = rate
    rng = draws.named(config.seed, "batch", step, order="little")
    chosen = draw_batch(data.labels, config, step, rng, neighbours_of(model, config, step))
    share = team.share(len(chosen))
    batch = augment(images[torch.from_numpy(chosen).to(images.device)], config, rng, share)
    target = labels[torch.from_numpy(chosen).to(labels.device)]
    with way.autocast():
        features, logits = network(batch.contiguous(memory_format=way.memory_format))
    joined = bool(config.triplet) and step > config.triplet_from * config.steps
    loss, cross_entropy, triplet = losses(features.float(), logits.float(), target, config, joined, team)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    right = (logits.argmax(1) == target[share]).float().sum().item() * team.size / len(target)
    apart = math.nan if triplet is None or not joined else triplet.item()
    found = [loss.item(), cross_entropy.item(), apart, right]
    total, cross_entropy, triplet, accuracy = distributed.mean(found, way.device, team)
    if math.isfinite(total):  # a broken step must not reach the weights
        optimiser.step()
    return Step(
        step=step,
        steps=config.steps,
        photos=step * config.batch,
        loss=total,
        cross_entropy=cross_entropy,
        triplet=triplet,
        accuracy=accuracy,
        learning_rate=rate,
        seconds=time.perf_counter() - start,
    )


def optimiser_for(model: OSNet, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser that a config names; AdamW decays neither gates nor normalisation."""
    if config.optimiser == "sgd":
        return torch.optim.SGD(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, momentum=0.9
        )
    if config.optimiser == "amsgrad":
        return torch.optim.Adam(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, amsgrad=True
        )
    # Behind a convolution without bias stands a normalisation, and decay there sets no more than how far a step turns
    # the weights. A gate has none behind it: decay would pull it to one half for every photo.
    decayed = {id(m.weight) for m in model.modules() if _decays(m)}
    groups = [
        {"params": [p for p in model.parameters() if id(p) in decayed]},
        {"params": [p for p in model.parameters() if id(p) not in decayed], "weight_decay": 0.0},
    ]
    # fused: one call a step instead of ten for each of 300 tensors, which is a tenth of a step on two cores.
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)


def _decays(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.bias is None)


# --- what fits together, and what a run goes on from ------------------------------------------------------------------


def _check(data: Data, config: TrainConfig, team: Team) -> None:
    if data.images.shape[1:3] != config.size:
        got = "x".join(map(str, data.images.shape[1:3]))
        raise Refused(f"the config trains at {config.size[0]}x{config.size[1]} pixels, the photos are {got}")
    if len(data.people) < max(2, config.people):
        raise Refused(f"a batch takes {config.people} people, the data has {len(data.people)}")
    if config.batch < 2 * team.size:
        raise Refused(
            f"a batch of {config.batch} photos is too small for {team.size} processes; expected 2 or more for each"
        )


def _last(out: Path) -> Path:
    saved = checkpoints.latest(out)
    if saved is None:
        begun = "; the same command without --resume starts it over" if (out / checkpoints.LOG).is_file() else ""
        raise Refused(f"{out} holds no checkpoint to resume from{begun}")
    return saved


def _check_resumable(saved: Path, data: Data, config: TrainConfig, way: Compute | None) -> tuple[int, Compute]:
    state = checkpoints.read_state(saved)
    before = checkpoints.read_record(saved, "config", TrainConfig)
    changed = [
        f"{field.name} was {getattr(before, field.name)!r}, is {getattr(config, field.name)!r}"
        for field in fields(TrainConfig)
        if getattr(before, field.name) != getattr(config, field.name)
    ]
    if changed:
        raise Refused(f"{saved.parent} was started with another config: {'; '.join(changed)}")
    different = checkpoints.changed_photos(saved, data.photos)
    if different or state["data"] != data.fingerprint:
        what = f": {different}" if different else ""
        raise Refused(f"{saved.parent} was trained on other photos{what}; expected the same folder, unchanged")
    if state["step"] > config.steps:
        raise checkpoints.damaged(saved, f"step in {checkpoints.STATE} is {state['step']} of {config.steps}")
    return state["step"], way or checkpoints.read_record(saved, "compute", Compute)
