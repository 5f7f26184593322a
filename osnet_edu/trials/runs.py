"""Runs to compare: the same steps, the same seeds, the same test, one thing changed. One line of a CSV file a run.

A run is a variant and a seed. Runs of one seed draw the same batches with the same augmentation, and start from the
same random state, so they are pairs. An interrupted comparison goes on: a run whose line is there is not run again.

Seen and unseen people are scored alike, to compare them: as many of the one as of the other, each by the test's rule
(of a person the first photo under each camera is a query), without distractors. More people make a search harder.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .. import people, retrieval, train
from ..embed import Embedding, embed_images
from ..machine import compute, pool
from ..machine.compute import Compute
from ..network import siblings
from ..network.model import OSNet
from ..photos import market
from ..refused import Refused
from ..train import Data, TrainConfig
from . import table, twins
from .table import Outcome

# Decay acts within 1 / (learning rate * decay) steps. The kit's own takes 250, which is all that a short run has; and a
# short run learns more from photos of the full size throughout.
SHORT = TrainConfig(weight_decay=0.4, growth=())
SMALL = replace(SHORT, size=(64, 32))  # a quarter of the work, where the question is not one of scales
_DRAWS = 20  # groups of unseen people that are scored where fewer people were seen


@dataclass(frozen=True)
class Variant:
    """One thing to compare.  name: of its own.  row: of siblings.ROWS.  config: the recipe; a run sets its seed.

    people: to train on, taken in a fixed order, so that a smaller number is part of a larger; None means all.
    """

    name: str
    config: TrainConfig
    row: str = "primary"
    people: int | None = None


# --- one run ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """Photos in memory, to run on: of the people to train on, and of the test.

    order: labels of `data` in the order in which people are taken; both of a twin pair, one after the other.
    cameras: (N,) of the training photos.  tested: the folder that the test comes from.  fingerprint: of all photos.
    """

    data: Data
    cameras: np.ndarray
    order: np.ndarray
    query: market.Decoded
    gallery: market.Decoded
    tested: Path
    fingerprint: str

    def taken(self, count: int | None) -> tuple[Data, np.ndarray, np.ndarray]:
        """The first `count` people: their data, the cameras of its photos, and its labels in the order taken.

        Raises: Refused where there are not so many.
        """
        if count is None:
            return self.data, self.cameras, self.order
        if not 2 <= count <= len(self.order):
            raise Refused(f"{count} people to train on were asked for, the data has {len(self.order)}")
        chosen = np.sort(self.order[:count])
        label = np.full(len(self.data.people), -1)
        label[chosen] = np.arange(count)
        kept = label[self.data.labels] >= 0
        people = tuple(self.data.people[i] for i in chosen)
        data = Data(self.data.images[kept], label[self.data.labels[kept]], people, f"{self.data.fingerprint}-{count}")
        return data, self.cameras[kept], label[self.order[:count]]


def read_bench(root: Path | str, size: tuple[int, int], tested: Path | str | None = None) -> Bench:
    """Decode a folder's training photos, and the test of the same folder or of another one."""
    found, test = market.read(root), market.read(tested or root)
    fingerprint = _fingerprint((found.train, test.query, test.gallery))
    data = train.load(found.train, size)
    skipped = {skip.path for skip in data.skipped}
    used = [photo for photo in market.of_people(found.train) if photo.path not in skipped]
    cameras = np.array([photo.camera for photo in used])
    query, gallery = market.decode(test.query, size), market.decode(test.gallery, size)
    return Bench(data, cameras, _order(data.people, Path(root)), query, gallery, Path(tested or root), fingerprint)


def fingerprint_of_photos(root: Path | str, tested: Path | str | None = None) -> str:
    """Of the photos to train on and to test with, as a run keeps it.  root, tested: as for `read_bench`."""
    found, test = market.read(root), market.read(tested or root)
    return _fingerprint((found.train, test.query, test.gallery))


def _fingerprint(splits: Sequence[Sequence[market.Photo]]) -> str:
    """Of names and sizes of files: names alone are the same in every rendered folder."""
    lines = [f"{photo.name} {photo.path.stat().st_size}" for split in splits for photo in split]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def network(config: TrainConfig, row: str, people: int) -> OSNet:
    """What a run trains: `train.build`, with blocks of any kind; the primary row is the same network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return siblings.build(row, config.width, num_classes=people, gate_hidden=config.gate_hidden)


def run_one(
    bench: Bench,
    variant: Variant,
    seed: int,
    way: Compute,
    *,
    compared: int | None = None,
    watch: Callable[[train.Step], object] | None = None,
) -> Outcome:
    """Train one variant from one seed, and score it.

    compared: people to compare seen with unseen ones; None means as many as there are.  watch: called at each step.
    """
    data, cameras, order = bench.taken(variant.people)
    config = replace(variant.config, seed=seed, people=min(variant.config.people, len(data.people)))
    model = network(config, variant.row, len(data.people))
    seconds = 0.0
    for step in train.fit(model, data, config, way=way):
        seconds += step.seconds
        if watch:
            watch(step)
    with compute.using(way):
        query, gallery = (_embedded(model, side.images, side.photos) for side in (bench.query, bench.gallery))
        test = np.unique(query.people)
        compared = min(compared or len(test), len(test), len(order))
        seen = np.flatnonzero(np.isin(data.labels, order[:compared]))
        features = _features(model, data.images[seen])
        with torch.inference_mode():
            logits = model.classify(torch.from_numpy(features).to(next(model.parameters()).device)).float().cpu()
    labels = torch.from_numpy(data.labels[seen])
    score = retrieval.score(query, gallery)
    return Outcome(
        variant=variant.name,
        seed=seed,
        photos=config.steps * config.batch,
        people=len(data.people),
        rank1=score.rank(1),
        mean_ap=score.mean_ap,
        twins=_told_apart(bench.tested, query, gallery),
        seen_map=_seen(features, data.labels[seen], cameras[seen]),
        unseen_map=_unseen(query, gallery, test, compared),
        compared=compared,
        cross_entropy=F.cross_entropy(logits, labels).item(),
        accuracy=(logits.argmax(1) == labels).float().mean().item(),
        seconds=seconds,
        compute=str(way),
        data=bench.fingerprint,
        person_rank1=tuple(float((score.first_hit[query.people == person] == 1).mean()) for person in test),
        person_map=tuple(float(np.nanmean(score.average_precision[query.people == person])) for person in test),
    )


def _order(ids: Sequence[int], root: Path, seed: int = 0) -> np.ndarray:
    """Labels in the order in which people are taken: families shuffled, a family together."""
    twin: dict[int, int] = {}
    if (root / "people.json").is_file():
        twin = {record.person: record.twin for record in people.read_people(root)}
    families: dict[int, list[int]] = {}
    for label, person in enumerate(ids):
        families.setdefault(min(person, twin.get(person) or person), []).append(label)
    groups = list(families.values())
    shuffled = np.random.Generator(np.random.PCG64(seed)).permutation(len(groups))
    return np.concatenate([groups[i] for i in shuffled])


def _features(model: OSNet, images: np.ndarray, batch: int = 32) -> np.ndarray:
    return np.concatenate([embed_images(model, images[i : i + batch]) for i in range(0, len(images), batch)])


def _embedded(model: OSNet, images: np.ndarray, photos: Sequence[market.Photo]) -> Embedding:
    return Embedding(_features(model, images), tuple(photos))


def _told_apart(root: Path, query: Embedding, gallery: Embedding) -> float:
    if not (root / "people.json").is_file():
        return math.nan
    try:
        return twins.told_apart(root, query, gallery).right
    except Refused:  # rendered people, but no twins
        return math.nan


def _seen(features: np.ndarray, labels: np.ndarray, cameras: np.ndarray) -> float:
    """mAP among training photos: of each person the first photo under each camera looks for the others."""
    _, first = np.unique(np.stack([labels, cameras]), axis=1, return_index=True)
    query = np.isin(np.arange(len(labels)), first)
    rows = retrieval.distances(features[query], features[~query])
    return retrieval.evaluate(rows, labels[query], labels[~query], cameras[query], cameras[~query]).mean_ap


def _unseen(query: Embedding, gallery: Embedding, test: np.ndarray, count: int) -> float:
    """mAP among `count` test people: all of them, or the mean over groups drawn from them."""
    rows = retrieval.distances(query.features, gallery.features)
    rng = np.random.Generator(np.random.PCG64(0))
    groups = [test] if count == len(test) else [rng.choice(test, count, replace=False) for _ in range(_DRAWS)]
    scores = []
    for group in groups:
        q, g = np.isin(query.people, group), np.isin(gallery.people, group)
        scored = retrieval.evaluate(
            rows[np.ix_(q, g)], query.people[q], gallery.people[g], query.cameras[q], gallery.cameras[g]
        )
        scores.append(scored.mean_ap)
    return float(np.mean(scores))


# --- many runs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Runs to make.  name: of the experiment.  root: people to train on.  tested: folder of the test, None: the same.

    compared: people to compare seen with unseen ones, None for as many as there are.
    """

    name: str
    root: Path
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    tested: Path | None = None
    compared: int | None = None

    def __post_init__(self):
        names = [variant.name for variant in self.variants]
        if len(set(names)) != len(names) or not names or not self.seeds:
            raise Refused(f"a plan needs seeds and variants of different names, got {names}, {self.seeds}")

    def jobs(self) -> list[tuple[Variant, int]]:
        """All variants from the first seed, then from the next: a run cut short still compares all."""
        return [(variant, seed) for seed in self.seeds for variant in self.variants]


def run_all(
    plan: Plan,
    out: Path | str,
    *,
    workers: int = 2,
    way: Compute | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Outcome, ...]:
    """Make all runs of a plan that have no line in OUT/NAME.csv yet; a line is added as soon as a run is done.

    workers: processes with one thread each.  way: how to compute; None measures for three seconds, or takes what the
    file was begun with.  progress: called with runs done and runs in all.  Returns: all runs, in the plan's order.
    Raises: Refused where the file holds other runs than the plan's, or anything else: it is then left as it is.
    """
    if workers < 1:
        raise Refused(f"workers must be 1 or more, got {workers}")
    path = table.file_of_runs(plan.name, out)
    done = {(outcome.variant, outcome.seed): outcome for outcome in (table.started(path) if path.is_file() else ())}
    _check(plan, done.values(), path)
    table.repair(path)
    missing = [job for job in plan.jobs() if (job[0].name, job[1]) not in done]
    total = len(plan.jobs())
    if progress:
        progress(total - len(missing), total)
    if missing:
        way = way or _way(plan, list(done.values()))
        work = partial(_job, way=way, compared=plan.compared)
        prepare = partial(read_bench, plan.root, plan.variants[0].config.size, plan.tested)
        with pool.results(work, missing, workers, prepare=prepare, ordered=False) as outcomes:
            for outcome in outcomes:
                table.append(path, outcome)
                done[outcome.variant, outcome.seed] = outcome
                if progress:
                    progress(sum((variant.name, seed) in done for variant, seed in plan.jobs()), total)
    return tuple(done[variant.name, seed] for variant, seed in plan.jobs())


def _way(plan: Plan, done: Sequence[Outcome]) -> Compute:
    ways = compute.candidates("cpu", None, 1)
    same = [way for way in ways if done and str(way) == done[0].compute]
    return same[0] if same else train.choose(plan.variants[0].config, 2, ways)[0].compute


def _job(job: tuple[Variant, int], bench: Bench, way: Compute, compared: int | None) -> Outcome:
    with compute.using(way):
        return run_one(bench, *job, way, compared=compared, watch=lambda _step: pool.check_wanted())


def _check(plan: Plan, done: Iterable[Outcome], path: Path) -> None:
    known = {variant.name: variant for variant in plan.variants}
    found, test = market.read(plan.root), market.read(plan.tested or plan.root)
    data = _fingerprint((found.train, test.query, test.gallery))
    learned, asked = ({photo.person for photo in side} for side in (market.of_people(found.train), test.query))
    for outcome in done:
        if outcome.data != data:
            raise Refused(f"{path} holds runs on other photos; expected the same folder, or choose another for runs")
        variant = known.get(outcome.variant)
        if variant is None:
            continue  # runs of other variants may stand in the same file
        most = variant.people or len(learned)  # fewer where no photo of a person can be read
        if outcome.people > most or (variant.people and outcome.people < most) or len(outcome.person_map) > len(asked):
            raise Refused(
                f"{path} holds a run of {outcome.variant} with {outcome.people} people to train on and "
                f"{len(outcome.person_map)} to test with, expected {most} and {len(asked)}; it is a run on other people"
            )
        people = min(variant.config.people, outcome.people)
        config = replace(variant.config, people=people)
        photos = config.steps * config.batch
        if outcome.photos != photos:
            raise Refused(
                f"{path} holds a run of {outcome.variant} with {outcome.photos} photos, expected {photos}; "
                "go on with the same numbers, or choose another folder"
            )
