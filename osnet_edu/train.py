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
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import checkpoints, compute, distributed, draws, weights, whole
from .compute import Compute
from .distributed import ALONE, Team
from .embed import MEAN, STD
from .market import MOST_SIDE, Photo, Skipped, decode
from .model import OSNet, osnet
from .refused import Refused

# The least and the most that a config takes, far beyond what is of use.
LIMITS: dict[str, tuple[float, float]] = {
    "width": (0.01, 8.0), "streams": (1, 8), "photos": (1, 10**9), "people": (0, 10**5), "shots": (1, 10**5),
    "seed": (-(2**63), 2**63 - 1), "learning_rate": (0.0, 1e6), "weight_decay": (0.0, 1e6), "warmup": (0.0, 1.0),
    "label_smoothing": (0.0, 1.0), "triplet": (0.0, 1e6), "triplet_from": (0.0, 1.0), "margin": (0.0, 1e6),
    "shift": (0.0, 1.0), "zoom": (0.0, 10.0), "colour": (0.0, 1.0), "erasing": (0.0, 1.0), "coarse": (0.0, 1.0),
    "grey": (0.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """All that decides what a run learns.  The defaults are the kit's recipe; `published()` and others are the paper's.

    width, gate_hidden, streams: of the network.  size: (height, width) in pixels.  photos: budget, photos seen.
    growth: (share of the steps, share of the size) pairs: until so much is done, photos are so much smaller, because
    what is coarse is learned from small photos at a fraction of the work. They are never smaller than 64 x 32.
    people, shots: a batch is so many people with so many photos each; people = 0 draws single photos, shots of them.
    lookalikes: half of a batch's people are the ones that the classifier holds for the nearest to the other half.
    learning_rate: at its peak.  warmup: share of the steps over which it rises.  schedule: "cosine" or "steps", which
    falls to a tenth at each of the milestones, shares of the steps.
    optimiser: "adamw", "amsgrad" or "sgd", with momentum 0.9.  label_smoothing: of the cross-entropy.
    triplet: weight of the batch-hard triplet loss on normalised features, from the share triplet_from of the steps on.
    relative: it measures distances in units of the batch's mean distance, which keeps it from collapsing.
    shift: of the crop, as a share of the height.  zoom: log-scale.  colour: strength of jitter.
    erasing, coarse, grey: chances that a rectangle is erased, detail is lost, colour is lost.
    ibn: instance normalisation in the first layers of the network, which forgets much of a camera's style.
    """

    width: float = 0.25
    gate_hidden: int | None = 4
    streams: int = 4
    size: tuple[int, int] = (128, 64)
    growth: tuple[tuple[float, float], ...] = ((0.5, 0.5), (0.75, 0.75))
    photos: int = 96_000
    people: int = 32
    shots: int = 2
    lookalikes: bool = False
    optimiser: str = "adamw"
    learning_rate: float = 4e-3
    weight_decay: float = 1.0
    schedule: str = "cosine"
    milestones: tuple[float, ...] = (60 / 150, 120 / 150)
    warmup: float = 0.08
    label_smoothing: float = 0.1
    triplet: float = 1.0
    triplet_from: float = 0.2
    margin: float = 0.3
    relative: bool = True
    flip: bool = True
    shift: float = 0.05
    zoom: float = 0.05
    colour: float = 0.2
    erasing: float = 0.0
    coarse: float = 0.0
    grey: float = 0.0
    ibn: bool = False
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "size", tuple(self.size))
        object.__setattr__(self, "milestones", tuple(self.milestones))
        object.__setattr__(self, "growth", tuple((until, scale) for until, scale in self.growth))
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            whole = isinstance(least, int)
            if (whole and type(value) is not int) or not isinstance(value, int | float) or not least <= value <= most:
                kind = "a whole number" if whole else "a number"
                raise Refused(f"{name} must be {kind} from {least} to {most:,}, got {weights.brief(value)}")
        if len(self.size) != 2 or not all(type(side) is int for side in self.size):
            raise Refused(f"size must be two whole numbers, height and width, got {self.size}")
        for name, allowed in {"optimiser": ("adamw", "amsgrad", "sgd"), "schedule": ("cosine", "steps")}.items():
            if getattr(self, name) not in allowed:
                raise Refused(f"{name} must be {' or '.join(allowed)}, got {getattr(self, name)!r}")
        if self.photos < 1 or self.shots < 1 or self.people < 0:
            raise Refused(f"photos and shots must be positive, got photos={self.photos}, shots={self.shots}")
        if min(self.size) < 32:
            raise Refused(f"size must be at least 32x32 pixels, got {self.size[0]}x{self.size[1]}")
        if max(self.size) > MOST_SIDE:
            raise Refused(f"size must be at most {MOST_SIDE} pixels a side, got {self.size[0]}x{self.size[1]}")
        shares = [share for pair in self.growth for share in pair]
        ends = [until for until, _ in self.growth]
        if any(not 0 < share <= 1 for share in shares) or ends != sorted(ends):
            raise Refused(f"growth must be pairs of shares, above 0 and at most 1, in order, got {self.growth}")
        if self.triplet and self.people and (self.people < 2 or self.shots < 2):
            raise Refused(
                "the triplet loss needs 2 or more people with 2 or more shots in a batch, "
                f"got people={self.people}, shots={self.shots}; expected more, or triplet=0"
            )
        if self.batch < 2:
            raise Refused("batch normalisation needs 2 or more photos in a batch, got 1")

    @classmethod
    def published(cls, **changes) -> "TrainConfig":
        """The paper's recipe for fine-tuning, from scratch: softmax alone, AMSGrad 0.0015, flip and crop.

        Its learning rate falls to a tenth at 60 and 120 of 150 epochs, here at the same shares of the steps.
        """
        recipe = cls(
            growth=(), people=0, shots=64, lookalikes=False, optimiser="amsgrad", learning_rate=1.5e-3,
            weight_decay=5e-4, schedule="steps", warmup=0.0, triplet=0.0, shift=0.0625, zoom=0.0, colour=0.0,
            erasing=0.0,
        )  # fmt: skip
        return replace(recipe, **changes)

    @classmethod
    def shipped(cls, **changes) -> "TrainConfig":
        """What the shipped weights were trained by, on 2,400 people of the wide world.

        Strong augmentation, because photos from elsewhere differ more than home's do; look-alikes meet in a batch,
        because among so many people a twin hardly ever comes by chance; less decay, because each person comes rarely.
        """
        recipe = cls(
            photos=700_000, growth=((0.3, 0.5), (0.6, 0.75)), lookalikes=True, weight_decay=0.2, triplet_from=0.1,
            learning_rate=3e-3, shift=0.08, zoom=0.1, colour=0.35, erasing=0.4, coarse=0.3, grey=0.05,
        )  # fmt: skip
        return replace(recipe, **changes)

    @classmethod
    def market(cls, photos: int, **changes) -> "TrainConfig":
        """The paper's recipe for a real Market-1501, on photos of 256x128 and the full width: 150 epochs.

        photos: in the training split, to count epochs.  Softmax alone, AMSGrad 0.0015, a tenth at epochs 60 and 120,
        batch 64, flip and random erasing.  The paper starts it from ImageNet weights, with the classifier alone for ten
        epochs; here the network starts from its seed, and all of it learns.
        """
        recipe = cls.published(width=1.0, gate_hidden=None, size=(256, 128), shift=0.0, erasing=0.5)
        return replace(recipe, **{"photos": 150 * photos, **changes})

    @classmethod
    def market_scratch(cls, photos: int, **changes) -> "TrainConfig":
        """The paper's recipe for Market-1501 from scratch: 350 epochs of SGD at 0.065, a tenth at 150, 225 and 300.

        photos: as for `market`.  Flip and crop; random erasing stands in for the paper's random patch.  The momentum is
        the usual 0.9, which the paper does not name.
        """
        milestones = (150 / 350, 225 / 350, 300 / 350)
        recipe = cls.market(photos, optimiser="sgd", learning_rate=0.065, milestones=milestones, shift=0.0625)
        return replace(recipe, **{"photos": 350 * photos, **changes})

    @property
    def batch(self) -> int:
        return max(1, self.people) * self.shots

    @property
    def steps(self) -> int:
        return max(1, self.photos // self.batch)

    @property
    def stages(self) -> list[tuple[int, tuple[int, int]]]:
        """Sizes of the photos, in order: (last step, (height, width))."""
        sizes = [(until, tuple(round(side * scale) for side in self.size)) for until, scale in self.growth]
        grown = [(int(until * self.steps), size) for until, size in sizes if size[0] >= 64 and size[1] >= 32]
        return [*grown, (self.steps, self.size)]

    def size_at(self, step: int) -> tuple[int, int]:
        """(height, width) of the photos of a step, 1 ... steps."""
        return next(size for last, size in self.stages if step <= last)

    def work(self, start: int = 0, end: int | None = None) -> float:
        """The work of the steps after `start` up to `end`, in photos of the full size, by the number of pixels."""
        end, first, photos = self.steps if end is None else end, 0, 0.0
        for last, size in self.stages:
            steps = max(0, min(end, last) - max(start, first))
            photos += steps * self.batch * math.prod(size) / math.prod(self.size)
            first = last
        return photos


@dataclass(frozen=True)
class Data:
    """Training photos in memory.  images: (N, H, W, 3) uint8, RGB.  labels: (N,), 0 ... len(people) - 1.

    people: the identity of each label.  fingerprint: of the names, to tell whether a resumed run has the same data.
    photos: (N,) lines of a name and a checksum of its file, to tell what has changed; empty where nobody knows.
    """

    images: np.ndarray
    labels: np.ndarray
    people: tuple[int, ...]
    fingerprint: str
    skipped: tuple[Skipped, ...] = ()
    photos: tuple[str, ...] = ()


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

    Raises: Refused where fewer than two people remain.
    """
    wanted = [photo for photo in photos if photo.person > 0]
    decoded = decode(wanted, size, progress)
    people = tuple(sorted({photo.person for photo in decoded.photos}))
    if len(people) < 2:
        raise Refused(f"training needs readable photos of at least 2 people, found {len(people)}")
    label = {person: i for i, person in enumerate(people)}
    labels = np.array([label[photo.person] for photo in decoded.photos])
    names = "\n".join(photo.name for photo in decoded.photos)
    fingerprint = hashlib.sha256(f"{size}\n{names}".encode()).hexdigest()[:16]
    files = tuple(f"{photo.name} {zlib.crc32(photo.path.read_bytes()):08x}" for photo in decoded.photos)
    return Data(decoded.images, labels, people, fingerprint, decoded.skipped, files)


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
    optimiser = _optimiser(model, config)
    if saved:
        try:
            weights.load(model, saved / checkpoints.MODEL)
        except Refused as error:
            raise checkpoints.damaged(saved, str(error)) from error
        checkpoints.load_optimiser(saved, optimiser, way.device)
        if team.rank == 0:
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
    chosen = draw_batch(data.labels, config, step, rng, _neighbours(model, config, step))
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
    found = [loss.item(), cross_entropy.item(), triplet.item() if joined else math.nan, right]
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


def losses(
    features: Tensor, logits: Tensor, target: Tensor, config: TrainConfig, joined: bool, team: Team = ALONE
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The loss, its cross-entropy and its triplet part, whose means over the team are those of the global batch.

    features: (share, 512) and logits: (share, people), of this process's share.  target: (B,) labels of all photos.
    joined: whether the triplet loss counts yet; it looks for the hardest photos in the whole batch, on every process.
    """
    own = target[team.share(len(target))]
    cross_entropy = F.cross_entropy(logits, own, label_smoothing=config.label_smoothing)
    if team.size > 1:  # shares may differ by one photo
        cross_entropy = cross_entropy * (len(own) * team.size / len(target))
    if not joined:
        return cross_entropy, cross_entropy, None
    everyone = distributed.gather(features, len(target), team)
    triplet = batch_hard(everyone, target, config.margin, in_units=config.relative)
    return cross_entropy + config.triplet * triplet, cross_entropy, triplet


def learning_rate(config: TrainConfig, step: int) -> float:
    """The learning rate of a step, 1 ... config.steps."""
    done = step / config.steps
    if config.warmup and done < config.warmup:
        return config.learning_rate * done / config.warmup
    if config.schedule == "steps":
        return config.learning_rate * 0.1 ** sum(done > milestone for milestone in config.milestones)
    progress = (done - config.warmup) / (1 - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def batch_hard(features: Tensor, labels: Tensor, margin: float, *, in_units: bool = True) -> Tensor:
    """The batch-hard triplet loss on normalised features: (B, D), (B,) -> scalar.

    For each photo, its farthest photo of the same person should be closer, by a margin, than its closest stranger.
    Normalised, and in units of the batch's mean distance (in_units), because otherwise the loss can be lowered without
    telling anybody apart: it pulls every embedding to one point, where it is exactly margin.
    Source: Hermans et al., In Defense of the Triplet Loss, 2017; the unit is the kit's own.
    """
    unit = F.normalize(features)
    distance = (2 - 2 * unit @ unit.T).clamp_min(1e-6).sqrt()
    return hardest(relative(distance) if in_units else distance, labels, margin)


def relative(distance: Tensor) -> Tensor:
    """Distances within a batch in units of their mean, which no shrinking changes: (B, B) -> (B, B)."""
    others = ~torch.eye(len(distance), dtype=torch.bool, device=distance.device)
    return distance / distance[others].mean().clamp_min(1e-12)


def hardest(distance: Tensor, labels: Tensor, margin: float) -> Tensor:
    """What the hardest pairs of a batch lack to the margin: (B, B), (B,) -> scalar."""
    same = labels[:, None] == labels[None]
    positive = distance.masked_fill(~same, -math.inf).amax(1)
    negative = distance.masked_fill(same, math.inf).amin(1)
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


def shrunk(images: Tensor, size: tuple[int, int], batch: int = 256) -> Tensor:
    """Photos at a smaller size, each pixel a mean over those it covers: (N, H, W, 3) uint8, RGB -> (N, h, w, 3)."""
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    parts = []
    for part in images.split(batch):
        small = F.interpolate(part.permute(0, 3, 1, 2).float(), size, mode="area")
        parts.append(small.round().to(torch.uint8).permute(0, 2, 3, 1))
    return torch.cat(parts).contiguous()


def augment(images: Tensor, config: TrainConfig, rng: np.random.Generator, share: slice = slice(None)) -> Tensor:
    """Make photos differ as cameras make them differ: (B, H, W, 3) uint8, RGB -> (B, 3, H, W) float32, normalised.

    Flip, shift and zoom are one look-up of rows and columns; colour jitter is brightness, saturation and a gain for
    each channel; erasing fills a rectangle with mean grey; a coarse photo has lost its detail, a grey one its colour.
    Draws come from rng, so that devices agree.
    share: the photos to return; draws are made for all, so that a photo's do not depend on who else is returned.
    """
    everyone, h, w, _ = images.shape
    images = images[share]
    device = images.device

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (everyone, *shape))[share].astype(np.float32)).to(device)

    zoom = torch.exp(draw(-config.zoom, config.zoom, 1))
    reach = config.shift * h
    rows = (torch.arange(h, device=device) - h / 2) * zoom + h / 2 + draw(-reach, reach, 1)
    columns = (torch.arange(w, device=device) - w / 2) * zoom + w / 2 + draw(-reach / 2, reach / 2, 1)
    rows, columns = rows.round().long().clamp(0, h - 1), columns.round().long().clamp(0, w - 1)
    if config.flip:
        columns = torch.where(draw(0, 1, 1) < 0.5, columns, columns.flip(1))
    # One flat look-up, and one 3 x 3 matrix a photo: saturation, brightness, gains and normalisation are all linear.
    photo = torch.arange(len(images), device=device)[:, None, None]
    cells = (photo * h + rows[:, :, None]) * w + columns[:, None, :]
    pixels = images.reshape(-1, 3).index_select(0, cells.flatten()).reshape(-1, h * w, 3).float()
    if config.coarse:
        chosen, shares = rng.random(everyone) < config.coarse, rng.uniform(0.35, 0.8, everyone)
        for i in np.flatnonzero(chosen[share]):
            pixels[i] = _coarsened(pixels[i].unflatten(0, (h, w)), shares[share][i]).flatten(0, 1)
    mean, std = torch.tensor(MEAN, device=device), torch.tensor(STD, device=device)
    colours = torch.eye(3, device=device)
    if config.colour:
        saturation = 1 + draw(-config.colour, config.colour, 1, 1)
        if config.grey:
            saturation = torch.where(draw(0, 1, 1, 1) < config.grey, 0.0, saturation)
        gains = (1 + draw(-config.colour, config.colour, 1, 1)) * (1 + draw(-0.3, 0.3, 1, 3) * config.colour)
        colours = (saturation * colours + (1 - saturation) / 3) * gains
    colours = (colours / (255 * std)).expand(len(images), 3, 3)
    x = torch.baddbmm((-mean / std).expand(len(images), 1, 3), pixels, colours).unflatten(1, (h, w))
    if config.erasing:
        area, ratio = rng.uniform(0.02, 0.25, everyone), np.exp(rng.uniform(-1, 1, everyone))
        high, wide = np.sqrt(area * ratio).clip(0, 1) * h, np.sqrt(area / ratio).clip(0, 1) * w
        top, left = rng.random(everyone) * (h - high), rng.random(everyone) * (w - wide)
        chosen = rng.random(everyone) < config.erasing
        corners = np.stack([top, top + high, left, left + wide], 1).astype(int)[share]
        for i in np.flatnonzero(chosen[share]):
            first, last, start, end = corners[i]
            x[i, first:last, start:end] = 0
    return x.permute(0, 3, 1, 2)


def _coarsened(photo: Tensor, share: float) -> Tensor:
    """A photo as a camera with fewer pixels sees it: (H, W, 3) made smaller to a share of its size, and large again."""
    h, w, _ = photo.shape
    photo = photo.permute(2, 0, 1)[None]
    small = F.interpolate(photo, (max(1, round(h * share)), max(1, round(w * share))), mode="area")
    return F.interpolate(small, (h, w), mode="bilinear", align_corners=False)[0].permute(1, 2, 0)


def _neighbours(model: OSNet, config: TrainConfig, step: int) -> np.ndarray | None:
    """The nearest others, by the classifier's weights, of the people whose turn it is: (people, k), their rows filled.

    None before the weights mean anything.
    """
    if not (config.lookalikes and config.people) or step <= config.triplet_from * config.steps:
        return None
    unit = F.normalize(model.classifier.weight.detach().float())
    turn = torch.from_numpy(np.unique(_walk(len(unit), min(config.people // 2, len(unit)), config.seed, step)))
    similarity = unit[turn.to(unit.device)] @ unit.T
    similarity[torch.arange(len(turn)), turn] = -2
    nearest = np.zeros((len(unit), min(4, len(unit) - 1)), int)
    nearest[turn.numpy()] = similarity.topk(nearest.shape[1], dim=1).indices.cpu().numpy()
    return nearest


def _walk(count: int, size: int, seed: int, step: int) -> np.ndarray:
    """The step-th group of `size` in an endless walk over range(count), shuffled anew each time round."""
    first, last = (step - 1) * size, step * size
    epochs = range(first // count, (last - 1) // count + 1)
    walk = np.concatenate([draws.named(seed, "epoch", epoch, order="little").permutation(count) for epoch in epochs])
    return walk[first - epochs[0] * count :][:size]


def _optimiser(model: OSNet, config: TrainConfig) -> torch.optim.Optimizer:
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
