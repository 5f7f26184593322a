"""Training a reduced OSNet: photos in memory, batches of people, two losses, one loop.

    model = build(config, people=len(data.people))
    for step in fit(model, data, config):
        ...  # notebook, widget, command line and test consume the same steps

Every schedule counts steps, and every random draw is a pure function of the seed and the step. So a run that was
stopped goes on from its last checkpoint as if nothing had happened.
"""

import hashlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import compute, weights
from .compute import Compute
from .embed import MEAN, STD
from .market import Photo, Skipped, decode
from .model import OSNet, osnet


@dataclass(frozen=True)
class TrainConfig:
    """All that decides what a run learns.  The defaults are the kit's recipe; `published()` is the paper's.

    width, gate_hidden, streams: of the network.  size: (height, width) in pixels.  photos: budget, photos seen.
    people, shots: a batch is so many people with so many photos each; people = 0 draws single photos, shots of them.
    lookalikes: half of a batch's people are the ones that the classifier holds for the nearest to the other half.
    learning_rate: at its peak.  warmup: share of the steps over which it rises.  schedule: "cosine" or "steps".
    optimiser: "adamw" or "amsgrad".  label_smoothing: of the cross-entropy.
    triplet: weight of the batch-hard triplet loss on normalised features, from the share triplet_from of the steps on.
    shift: of the crop, as a share of the height.  zoom: log-scale.  colour: strength of jitter.  erasing: chance.
    """

    width: float = 0.25
    gate_hidden: int | None = 4
    streams: int = 4
    size: tuple[int, int] = (128, 64)
    photos: int = 96_000
    people: int = 16
    shots: int = 4
    lookalikes: bool = False
    optimiser: str = "adamw"
    learning_rate: float = 4e-3
    weight_decay: float = 0.5
    schedule: str = "cosine"
    warmup: float = 0.08
    label_smoothing: float = 0.1
    triplet: float = 1.0
    triplet_from: float = 0.2
    margin: float = 0.3
    flip: bool = True
    shift: float = 0.05
    zoom: float = 0.05
    colour: float = 0.2
    erasing: float = 0.0
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "size", tuple(self.size))
        for name, allowed in {"optimiser": ("adamw", "amsgrad"), "schedule": ("cosine", "steps")}.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be {' or '.join(allowed)}, got {getattr(self, name)!r}")
        if self.photos < 1 or self.shots < 1 or self.people < 0:
            raise ValueError(f"photos and shots must be positive, got photos={self.photos}, shots={self.shots}")
        if min(self.size) < 32:
            raise ValueError(f"size must be at least 32x32 pixels, got {self.size[0]}x{self.size[1]}")
        if self.triplet and self.people and (self.people < 2 or self.shots < 2):
            raise ValueError(
                "the triplet loss needs 2 or more people with 2 or more shots in a batch, "
                f"got people={self.people}, shots={self.shots}; expected more, or triplet=0"
            )

    @classmethod
    def published(cls, **changes) -> "TrainConfig":
        """The paper's recipe for fine-tuning, from scratch: softmax alone, AMSGrad 0.0015, flip and crop.

        Its learning rate falls to a tenth at 60 and 120 of 150 epochs, here at the same shares of the steps.
        """
        recipe = cls(
            people=0, shots=64, lookalikes=False, optimiser="amsgrad", learning_rate=1.5e-3, weight_decay=5e-4,
            schedule="steps", warmup=0.0, triplet=0.0, shift=0.0625, zoom=0.0, colour=0.0, erasing=0.0,
        )  # fmt: skip
        return replace(recipe, **changes)

    @property
    def batch(self) -> int:
        return max(1, self.people) * self.shots

    @property
    def steps(self) -> int:
        return max(1, self.photos // self.batch)


@dataclass(frozen=True)
class Data:
    """Training photos in memory.  images: (N, H, W, 3) uint8.  labels: (N,), 0 ... len(people) - 1.

    people: the identity of each label.  fingerprint: of the names, to tell whether a resumed run has the same data.
    """

    images: np.ndarray
    labels: np.ndarray
    people: tuple[int, ...]
    fingerprint: str
    skipped: tuple[Skipped, ...] = ()


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


def load(photos: Sequence[Photo], size: tuple[int, int], progress: Callable[[int, int], None] | None = None) -> Data:
    """Decode training photos once into memory; distractors and junk are left out.

    Raises: ValueError where fewer than two people remain.
    """
    wanted = [photo for photo in photos if photo.person > 0]
    decoded = decode(wanted, size, progress)
    people = tuple(sorted({photo.person for photo in decoded.photos}))
    if len(people) < 2:
        raise ValueError(f"training needs readable photos of at least 2 people, found {len(people)}")
    label = {person: i for i, person in enumerate(people)}
    labels = np.array([label[photo.person] for photo in decoded.photos])
    names = "\n".join(photo.name for photo in decoded.photos)
    fingerprint = hashlib.sha256(f"{size}\n{names}".encode()).hexdigest()[:16]
    return Data(decoded.images, labels, people, fingerprint, decoded.skipped)


def build(config: TrainConfig, people: int) -> OSNet:
    """The network that a config describes, initialised from its seed, with a classifier for so many people."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return osnet(config.width, num_classes=people, streams=config.streams, gate_hidden=config.gate_hidden)


def choose(config: TrainConfig, people: int, ways: Sequence[Compute], seconds: float = 3.0) -> list[compute.Timing]:
    """Measure training steps of this network in each of these ways, fastest first; rates in photos a second."""

    def trial(way: Compute) -> Callable[[], object]:
        model = build(config, people).to(way.device, memory_format=way.memory_format)
        images = torch.zeros(32, 3, *config.size, device=way.device).contiguous(memory_format=way.memory_format)

        def step() -> None:
            with way.autocast():
                logits = model.classify(model(images))
            logits.float().logsumexp(1).mean().backward()

        return step

    timings = compute.measure(trial, ways, seconds)
    return [compute.Timing(timing.compute, 32 * timing.rate) for timing in timings]


def fit(
    model: OSNet,
    data: Data,
    config: TrainConfig,
    *,
    way: Compute | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    checkpoint_every: int = 100,
) -> Iterator[Step]:
    """Train a model in place, one Step at a time.

    way: how to compute; None measures for three seconds.  out: a folder for checkpoints, the log and, at the end,
    weights.safetensors.  resume: go on from the last whole checkpoint in `out`.
    Raises: ValueError where data and config do not fit each other or the checkpoint; FloatingPointError where the loss
    is no number any more, the last checkpoint being kept.
    """
    _check(data, config)
    out = Path(out) if out else None
    done, saved = 0, None
    if resume:
        if out is None:
            raise ValueError("resume needs the folder of the run")
        saved = _latest(out)
        if saved is None:
            raise ValueError(f"{out} holds no checkpoint to resume from")
        done, way = _check_resumable(saved, data, config, way)
    elif out and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} exists and is not empty; expected a new folder, or resume")
    if way is None:
        way = choose(config, len(data.people), compute.candidates())[0].compute

    model.to(way.device, memory_format=way.memory_format)
    optimiser = _optimiser(model, config)
    if saved:
        weights.load(model, saved / "model.safetensors")
        optimiser.load_state_dict(torch.load(saved / "optimiser.pt", map_location=way.device, weights_only=True))
        _cut_log(out, done)
    images = torch.from_numpy(data.images).to(way.device)
    labels = torch.from_numpy(data.labels).to(way.device)
    model.train()
    for step in range(done + 1, config.steps + 1):
        with compute.using(way):
            record = _step(model, optimiser, images, labels, data, config, way, step)
        if not math.isfinite(record.loss):
            kept = _latest(out) if out else None
            where = f"the last good checkpoint is {kept}" if kept else "no checkpoint was written yet"
            raise FloatingPointError(f"the loss is {record.loss} at step {step} of {config.steps}; {where}")
        if out:
            _log(out, record)
            if step % checkpoint_every == 0 or step == config.steps:
                _checkpoint(out, model, optimiser, data, config, way, step)
        yield record
    model.eval()
    if out:
        card = {"config": asdict(config), "people": len(data.people), "data": data.fingerprint, "compute": str(way)}
        weights.save(model, out / "weights.safetensors", size=config.size, card=card)


def read_log(out: Path | str) -> list[Step]:
    """The steps that a run has recorded."""
    with open(Path(out) / "log.jsonl", encoding="utf-8") as file:
        return [Step(**json.loads(line)) for line in file]


def read_config(out: Path | str) -> TrainConfig:
    """The config of a run, from its last checkpoint.  Raises: ValueError where there is none."""
    saved = _latest(Path(out))
    if saved is None:
        raise ValueError(f"{out} holds no checkpoint to resume from")
    return TrainConfig(**json.loads((saved / "state.json").read_text())["config"])


# --- one step ---------------------------------------------------------------------------------------------------------


def _step(model, optimiser, images, labels, data: Data, config: TrainConfig, way: Compute, step: int) -> Step:
    start = time.perf_counter()
    rate = learning_rate(config, step)
    for group in optimiser.param_groups:
        group["lr"] = rate
    rng = _stream(config.seed, "batch", step)
    chosen = draw_batch(data.labels, config, step, rng, _neighbours(model, config, step))
    batch = augment(images[torch.from_numpy(chosen).to(images.device)], config, rng)
    target = labels[torch.from_numpy(chosen).to(labels.device)]
    with way.autocast():
        features = model(batch.contiguous(memory_format=way.memory_format))
        logits = model.classify(features)
    features, logits = features.float(), logits.float()
    cross_entropy = F.cross_entropy(logits, target, label_smoothing=config.label_smoothing)
    joined = bool(config.triplet) and step > config.triplet_from * config.steps
    triplet = batch_hard(features, target, config.margin) if joined else None
    loss = cross_entropy + config.triplet * triplet if joined else cross_entropy
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if torch.isfinite(loss):  # a broken step must not reach the weights
        optimiser.step()
    return Step(
        step=step,
        steps=config.steps,
        photos=step * config.batch,
        loss=loss.item(),
        cross_entropy=cross_entropy.item(),
        triplet=triplet.item() if joined else math.nan,
        accuracy=(logits.argmax(1) == target).float().mean().item(),
        learning_rate=rate,
        seconds=time.perf_counter() - start,
    )


def learning_rate(config: TrainConfig, step: int) -> float:
    """The learning rate of a step, 1 ... config.steps."""
    done = step / config.steps
    if config.warmup and done < config.warmup:
        return config.learning_rate * done / config.warmup
    if config.schedule == "steps":
        return config.learning_rate * 0.1 ** ((done > 60 / 150) + (done > 120 / 150))
    progress = (done - config.warmup) / (1 - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def batch_hard(features: Tensor, labels: Tensor, margin: float) -> Tensor:
    """The batch-hard triplet loss on normalised features: (B, D), (B,) -> scalar.

    For each photo, its farthest photo of the same person should be closer, by a margin, than its closest stranger.
    Normalised, because on raw features the loss can shrink every embedding to one point, where it is exactly margin.
    Source: Hermans et al., In Defense of the Triplet Loss, 2017.
    """
    unit = F.normalize(features)
    distance = (2 - 2 * unit @ unit.T).clamp_min(1e-6).sqrt()
    same = labels[:, None] == labels[None]
    positive = distance.masked_fill(~same, -1).amax(1)
    negative = distance.masked_fill(same, 3).amin(1)  # 2 is the largest distance between unit vectors
    return F.relu(positive - negative + margin).mean()


def draw_batch(
    labels: np.ndarray, config: TrainConfig, step: int, rng: np.random.Generator, neighbours: np.ndarray | None = None
) -> np.ndarray:
    """Which photos make the batch of a step: indices (B,).

    With people = P, each person comes once before anyone comes again. neighbours: (people, k) labels, nearest first;
    where given, half of the batch are the others' nearest neighbours: look-alikes must meet to be told apart.
    """
    if not config.people:
        return _walk(len(labels), config.shots, config.seed, step)
    count = labels.max() + 1
    half = config.people // 2 if neighbours is not None else config.people
    chosen = list(dict.fromkeys(_walk(count, min(half, count), config.seed, step).tolist()))
    if neighbours is not None:
        for rank in range(neighbours.shape[1]):
            for person in list(chosen[:half]):
                other = int(neighbours[person, rank])
                if len(chosen) < min(config.people, count) and other not in chosen:
                    chosen.append(other)
    batch = []
    for person in chosen:
        own = np.flatnonzero(labels == person)
        batch.append(rng.choice(own, config.shots, replace=len(own) < config.shots))
    return np.concatenate(batch)


def augment(images: Tensor, config: TrainConfig, rng: np.random.Generator) -> Tensor:
    """Make photos differ as cameras make them differ: (B, H, W, 3) uint8 -> (B, 3, H, W) float32, normalised.

    Flip, shift and zoom are one look-up of rows and columns; colour jitter is brightness, saturation and a gain for
    each channel; erasing fills a rectangle with mean grey. Draws come from rng, so that devices agree.
    """
    b, h, w, _ = images.shape
    device = images.device

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (b, *shape)).astype(np.float32)).to(device)

    zoom = torch.exp(draw(-config.zoom, config.zoom, 1))
    reach = config.shift * h
    rows = (torch.arange(h, device=device) - h / 2) * zoom + h / 2 + draw(-reach, reach, 1)
    columns = (torch.arange(w, device=device) - w / 2) * zoom + w / 2 + draw(-reach / 2, reach / 2, 1)
    rows, columns = rows.round().long().clamp(0, h - 1), columns.round().long().clamp(0, w - 1)
    if config.flip:
        columns = torch.where(draw(0, 1, 1) < 0.5, columns, columns.flip(1))
    photo = torch.arange(b, device=device)[:, None, None]
    x = images[photo, rows[:, :, None], columns[:, None, :]].float() / 255
    if config.colour:
        grey = x.mean(3, keepdim=True)
        x = grey + (x - grey) * (1 + draw(-config.colour, config.colour, 1, 1, 1))
        x = x * (1 + draw(-config.colour, config.colour, 1, 1, 1)) * (1 + draw(-0.3, 0.3, 1, 1, 3) * config.colour)
    x = (x - torch.tensor(MEAN, device=device)) / torch.tensor(STD, device=device)
    if config.erasing:
        area, ratio = rng.uniform(0.02, 0.25, b), np.exp(rng.uniform(-1, 1, b))
        high, wide = np.sqrt(area * ratio).clip(0, 1) * h, np.sqrt(area / ratio).clip(0, 1) * w
        top, left = rng.random(b) * (h - high), rng.random(b) * (w - wide)
        for i in np.flatnonzero(rng.random(b) < config.erasing):
            x[i, int(top[i]) : int(top[i] + high[i]), int(left[i]) : int(left[i] + wide[i])] = 0
    return x.permute(0, 3, 1, 2)


def _neighbours(model: OSNet, config: TrainConfig, step: int) -> np.ndarray | None:
    """Each person's nearest others by the classifier's weights: (people, k), or None before they mean anything."""
    if not (config.lookalikes and config.people) or step <= config.triplet_from * config.steps:
        return None
    unit = F.normalize(model.classifier.weight.detach().float())
    similarity = unit @ unit.T
    similarity.fill_diagonal_(-2)
    return similarity.topk(min(4, len(unit) - 1), dim=1).indices.cpu().numpy()


def _walk(count: int, size: int, seed: int, step: int) -> np.ndarray:
    """The step-th group of `size` in an endless walk over range(count), shuffled anew each time round."""
    first, last = (step - 1) * size, step * size
    epochs = range(first // count, (last - 1) // count + 1)
    walk = np.concatenate([_stream(seed, "epoch", epoch).permutation(count) for epoch in epochs])
    return walk[first - epochs[0] * count :][:size]


def _stream(seed: int, *name: object) -> np.random.Generator:
    digest = hashlib.sha256("/".join(map(str, (seed, *name))).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def _optimiser(model: OSNet, config: TrainConfig) -> torch.optim.Optimizer:
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
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)


def _decays(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.bias is None)


def _check(data: Data, config: TrainConfig) -> None:
    if data.images.shape[1:3] != config.size:
        got = "x".join(map(str, data.images.shape[1:3]))
        raise ValueError(f"the config trains at {config.size[0]}x{config.size[1]} pixels, the photos are {got}")
    if len(data.people) < max(2, config.people):
        raise ValueError(f"a batch takes {config.people} people, the data has {len(data.people)}")


# --- checkpoints ------------------------------------------------------------------------------------------------------


def _checkpoint(out: Path, model, optimiser, data: Data, config: TrainConfig, way: Compute, step: int) -> None:
    """Write a whole folder beside the last one, then rename it into place: at any moment one is complete."""
    out.mkdir(parents=True, exist_ok=True)
    made = out / f".checkpoint-{os.getpid()}"
    shutil.rmtree(made, ignore_errors=True)
    try:
        made.mkdir()
        weights.save(model, made / "model.safetensors", size=config.size)
        torch.save(optimiser.state_dict(), made / "optimiser.pt")
        state = {"step": step, "config": asdict(config), "compute": asdict(way), "data": data.fingerprint}
        (made / "state.json").write_text(json.dumps(state))
        final = out / f"checkpoint-{step:07d}"
        shutil.rmtree(final, ignore_errors=True)
        made.rename(final)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    for old in _checkpoints(out)[:-1]:
        shutil.rmtree(old, ignore_errors=True)


def _checkpoints(out: Path) -> list[Path]:
    if not out.is_dir():
        return []
    return sorted(path for path in out.iterdir() if re.fullmatch(r"checkpoint-\d{7,}", path.name))


def _latest(out: Path) -> Path | None:
    return next(iter(reversed(_checkpoints(out))), None)


def _check_resumable(saved: Path, data: Data, config: TrainConfig, way: Compute | None) -> tuple[int, Compute]:
    state = json.loads((saved / "state.json").read_text())
    if state["data"] != data.fingerprint:
        raise ValueError(f"{saved.parent} was trained on other photos; expected the same folder, unchanged")
    before = TrainConfig(**state["config"])
    changed = [
        f"{field.name} was {getattr(before, field.name)!r}, is {getattr(config, field.name)!r}"
        for field in fields(TrainConfig)
        if getattr(before, field.name) != getattr(config, field.name)
    ]
    if changed:
        raise ValueError(f"{saved.parent} was started with another config: {'; '.join(changed)}")
    return state["step"], way or Compute(**state["compute"])


def _log(out: Path, record: Step) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(record)) + "\n")


def _cut_log(out: Path, done: int) -> None:
    """Forget the steps after the checkpoint: they will be taken again. A line cut short by a kill goes too."""
    path = out / "log.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    temporary = path.with_suffix(".part")
    temporary.write_text("".join(lines[:done]), encoding="utf-8")
    os.replace(temporary, path)
