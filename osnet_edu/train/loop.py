"""The loop: `fit` yields a Step at a time, writes checkpoints, and goes on from the last one."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import draws
from ..machine import compute, distributed, whole
from ..machine.compute import Compute
from ..machine.distributed import ONE_PROCESS, Team
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

    timings = compute.fastest_first(trial, ways, seconds)
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
    team: Team = ONE_PROCESS,
) -> Generator[Step, None, None]:
    """Train a model in place, one Step at a time.

    way: how to compute; None measures for three seconds.  out: a folder for checkpoints, the log and, at the end,
    weights.safetensors.  resume: go on from the last whole checkpoint in `out`.  checkpoint_every: so many steps.
    compiled: through torch.compile, which spends a minute on the first step.  start: weights to start from, all
    but their classifier; a resumed run has them in its checkpoint.  team: the processes that train together (see
    distributed.joined); each calls this with the same arguments, rank 0 alone writes, and each sees `out`.
    Raises: Refused where data and config do not fit each other or the checkpoint; FloatingPointError if the loss is
    NaN or infinite (the last checkpoint is kept); distributed.PeerLost where another process has ended.
    """
    _check(data, config, team)
    if checkpoint_every < 1:
        raise Refused(f"checkpoint_every must be 1 step or more, got {checkpoint_every}")
    out = None if out is None else whole.given(out)
    saved = None
    if resume:
        if out is None:
            raise Refused("resume needs the folder of the run")
        saved = _last(out)
        way = _check_resumable(saved, data, config, way)
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
        run = Run(model, data, config, way, out=out, saved=saved, origin=origin, compiled=compiled, team=team)
        while run.done < config.steps:
            record = run.step()
            if run.done % checkpoint_every == 0 or run.done == config.steps:
                run.save()
            yield record
        run.finish()


class _Both(nn.Module):
    """Features and logits in one call, which is what DistributedDataParallel and torch.compile wrap."""

    def __init__(self, model: OSNet):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.model(images)
        return features, self.model.classify(features)


class Run:
    """A training under way: a network, its optimiser, the photos on the device, and the folder that it writes to.

    done: steps taken so far.  saved: the checkpoint that it goes on from.  origin: the weights that it started from, by
    name.  Rank 0 of the team alone writes.
    Raises: Refused for a damaged checkpoint.
    """

    def __init__(
        self,
        model: OSNet,
        data: Data,
        config: TrainConfig,
        way: Compute,
        *,
        out: Path | None = None,
        saved: Path | None = None,
        origin: str | None = None,
        compiled: bool = False,
        team: Team = ONE_PROCESS,
    ):
        self.model, self.data, self.config, self.way, self.team = model, data, config, way, team
        self.out, self.done = out, 0
        self._written = out if team.rank == 0 else None  # the folder, where this process is the one that writes
        self._origin = {"start": origin} if origin else {}
        model.to(way.device, memory_format=way.memory_format)
        self.optimiser = optimiser_for(model, config)
        if saved:
            self._go_on_from(saved)
        network = distributed.wrap(_Both(model), way.device, team)
        self._network = torch.compile(network) if compiled else network
        self._images = torch.from_numpy(data.images).to(way.device)
        self._labels = torch.from_numpy(data.labels).to(way.device)
        model.train()

    def _go_on_from(self, saved: Path) -> None:
        try:
            weights.load(self.model, saved / checkpoints.MODEL)
        except Refused as error:
            raise checkpoints.damaged(saved, str(error)) from error
        checkpoints.load_optimiser(saved, self.optimiser, self.way.device)
        self.done = checkpoints.read_state(saved)["step"]
        if self._written:
            checkpoints.cut_log(self._written, self.done)

    def step(self) -> Step:
        """Take the next step, and log it.

        Raises: FloatingPointError where the loss is NaN or infinite; the weights are then as they were.
        """
        step, size = self.done + 1, self.config.size_at(self.done + 1)
        if tuple(self._images.shape[1:3]) != size:
            self._images = shrunk(torch.from_numpy(self.data.images), size).to(self.way.device)
        with compute.using(self.way), distributed.guarded():
            record = self._learn(step)
        if not math.isfinite(record.loss):
            kept = checkpoints.latest(self.out) if self.out else None
            where = f"the last good checkpoint is {kept}" if kept else "no checkpoint was written yet"
            raise FloatingPointError(f"the loss is {record.loss} at step {step} of {self.config.steps}; {where}")
        if self._written:
            checkpoints.log(self._written, asdict(record))
        self.done = step
        return record

    def _learn(self, step: int) -> Step:
        start, config, team = time.perf_counter(), self.config, self.team
        rate = learning_rate(config, step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        rng = draws.named(config.seed, "batch", step, order="little")
        chosen = draw_batch(self.data.labels, config, step, rng, neighbours_of(self.model, config, step))
        share = team.share(len(chosen))
        batch = augment(self._images[torch.from_numpy(chosen).to(self._images.device)], config, rng, share)
        target = self._labels[torch.from_numpy(chosen).to(self._labels.device)]
        with self.way.autocast():
            features, logits = self._network(batch.contiguous(memory_format=self.way.memory_format))
        joined = bool(config.triplet) and step > config.triplet_from * config.steps
        loss, cross_entropy, triplet = losses(features.float(), logits.float(), target, config, joined, team)
        right = (logits.argmax(1) == target[share]).float().sum().item() * team.size / len(target)
        beside = [cross_entropy.item(), math.nan if triplet is None else triplet.item(), right]
        total, cross_entropy, triplet, accuracy = descend(self.optimiser, loss, beside, team)
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

    def save(self) -> None:
        """Write a checkpoint of the steps done, in place of the last one."""
        if self._written:
            state = {"config": asdict(self.config), "compute": asdict(self.way), "data": self.data.fingerprint}
            state |= self._origin
            checkpoints.write(
                self._written, self.done, self.model, self.optimiser, self.config.size, state, self.data.photos
            )

    def finish(self) -> None:
        """Give the network back in evaluation mode, the same on every process, and write its weights."""
        distributed.level(self.model, self.team)
        self.model.eval()
        if self._written:
            card = {"config": asdict(self.config), "people": len(self.data.people), "data": self.data.fingerprint}
            card |= {"compute": str(self.way), **self._origin}
            weights.save(self.model, self._written / "weights.safetensors", size=self.config.size, card=card)


def descend(
    optimiser: torch.optim.Optimizer, loss: Tensor, beside: Sequence[float] = (), team: Team = ONE_PROCESS
) -> list[float]:
    """Take one step down a loss.  A loss that is NaN or infinite leaves the weights as they are.

    beside: other numbers of the step.  Returns: the loss and these, each its mean over the team.
    """
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    found = distributed.team_mean([loss.item(), *beside], loss.device.type, team)
    if math.isfinite(found[0]):
        optimiser.step()
    return found


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
                raise Refused(f"{path}: line {number} is not a step of a run ({weights.first_line(error)})") from error
    return steps


def read_config(out: Path | str) -> TrainConfig:
    """The config of a run, from its last checkpoint.  Raises: Refused where there is none."""
    return checkpoints.read_record(_last(Path(out)), "config", TrainConfig)


def read_compute(out: Path | str) -> Compute:
    """The way in which a run computed, from its last checkpoint.  Raises: Refused where there is none."""
    return checkpoints.read_record(_last(Path(out)), "compute", Compute)


# --- the optimiser ----------------------------------------------------------------------------------------------------


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
    # A batch that an epoch ends in may draw the same person twice, and takes everybody once.
    least = -(-config.people // 2) * config.shots if config.people else config.batch
    if min(config.batch, least) < 2 * team.size and team.size > 1:
        few = f" (as few as {least} at the end of an epoch)" if least < config.batch else ""
        raise Refused(
            f"a batch of {config.batch} photos{few} is too small for {team.size} processes; expected 2 or more for each"
        )


def _last(out: Path) -> Path:
    saved = checkpoints.latest(out)
    if saved is None:
        begun = "; the same command without --resume starts it over" if (out / checkpoints.LOG).is_file() else ""
        raise Refused(f"{out} holds no checkpoint to resume from{begun}")
    return saved


def _check_resumable(saved: Path, data: Data, config: TrainConfig, way: Compute | None) -> Compute:
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
    return way or checkpoints.read_record(saved, "compute", Compute)
