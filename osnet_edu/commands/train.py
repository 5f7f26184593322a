"""The command `train`: what its options ask for, what it says on the way, and how to go on after a stop."""

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import train
from ..machine import compute, distributed, whole
from ..machine.distributed import Team
from ..network import weights
from ..photos import inspection, market
from ..refused import Refused
from ..train import checkpoints, memory
from .arguments import CHANNELS_LAST
from .scoring import data_folder, report, say_score, score_by_rule
from .speech import progress_bar, say, say_notes, say_skipped, tell


def run(options: argparse.Namespace) -> None:
    """Start a training run or go on with a stopped one, then score the weights if the folder has queries."""
    out = whole.given(options.out)
    if not options.resume:
        checkpoints.check_new(out)
    way = train.read_compute(out) if options.resume else compute.Compute(options.device or "cpu")
    asked = {name: getattr(options, name) for name in ("device", "dtype", "threads") if getattr(options, name)}
    if options.layout:
        asked["channels_last"] = options.layout == CHANNELS_LAST
    way = replace(way, **asked)
    compute.check_device(way.device)
    with distributed.joined(way.device) as team:
        try:
            _train(options, out, way, team)
        except (KeyboardInterrupt, whole.Ended):
            say(f"\nStopped. {_how_to_go_on(out)}")
            raise
        except distributed.PeerLost as error:
            raise distributed.PeerLost(f"{error}. {_how_to_go_on(out)}") from error


def _how_to_go_on(out: Path) -> str:
    if checkpoints.latest(out) is None:
        return "No checkpoint was written yet; the same command starts over."
    return f"{out} keeps the last checkpoint; the same command with --resume goes on from there."


def _train(options: argparse.Namespace, out: Path, way: compute.Compute, team: Team) -> None:
    found = inspection.inspect(data_folder(options), score=False).usable()
    unscored = market.unscored(found)
    say_skipped(found.skipped)
    if unscored:
        say(f"No score will follow the training: {unscored}.")
    people = [photo.person for photo in market.of_people(found.train)]
    config = _config(options, len(people), out)
    need = memory.training(
        train.build(config, len(set(people))),
        config.size,
        photos=len(people),
        batch=-(-config.batch // team.size),
        optimiser=config.optimiser,
        dtype=options.dtype or (way.dtype if options.resume else "float32"),
    )
    each = f" for each of {team.size} processes" if team.size > 1 else ""
    say(f"Memory, estimated{each}: about {need}.")
    memory.check_fits(need, 1 if way.device == "cuda" else team.local_size, memory.available(way.device))
    say_notes(found)
    with progress_bar("reading") as progress:
        data = train.load(found.train, config.size, progress)
    if config.people > len(data.people):
        say(f"Too few people for the usual batch: batches of {len(data.people)} people instead of {config.people}.")
        config = replace(config, people=len(data.people))
    few = int((np.bincount(data.labels) < config.shots).sum()) if config.people else 0
    if few:
        say(f"{few} of {len(data.people)} people have fewer than {config.shots} photos, which come again in a batch.")
    say(f"{len(data.images)} photos of {len(data.people)} people; {config.steps} steps of {config.batch} photos.")
    *smaller, _ = config.stages
    if smaller:
        sizes = ", ".join(f"{height}x{width} up to step {last}" for last, (height, width) in smaller)
        say(f"Photos grow: {sizes}, then {config.size[0]}x{config.size[1]}.")
    if not options.resume:
        way = _choose_way(config, len(data.people), options, way.device, team)
    model = train.build(config, len(data.people))
    taken, written = 0, (out / "weights.safetensors").exists()
    steps = train.fit(
        model,
        data,
        config,
        way=way,
        out=out,
        resume=options.resume,
        checkpoint_every=options.checkpoint_every,
        compiled=options.compile,
        start=None if options.resume else options.start,
        team=team,
    )
    # The bar's own forecast would take the small photos at the start for the pace of the whole.
    left, pace = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} photos [{elapsed}{postfix}]", 0.0
    with tqdm(total=config.photos, desc="training", file=sys.stderr, bar_format=left) as bar:
        for step in steps:
            taken += 1
            each = step.seconds / config.work(step.step - 1, step.step)
            pace = 0.98 * pace + 0.02 * each if pace else each
            bar.update(step.photos - bar.n)
            seconds = tqdm.format_interval(pace * config.work(step.step))
            bar.set_postfix(left=seconds, loss=f"{step.loss:.3f}", right=f"{step.accuracy:.0%}", refresh=False)
    if taken or not written:
        tell(f"Wrote {out / 'weights.safetensors'}: {config.photos} photos seen, seed {config.seed}.")
    else:
        tell(f"{out} is finished: all {config.steps} steps were taken before, and nothing was trained now.")
    if unscored:
        tell(f"No score: {unscored}.")
    else:
        with compute.using(way):
            scored = score_by_rule(weights.Checkpoint(model, config.size), found, None, "cosine", team)
        report(scored)
        say_score(scored[0], found)
    say_skipped(data.skipped)


def _config(options: argparse.Namespace, photos: int, out: Path) -> train.TrainConfig:
    """What the options ask for.  photos: of the training split, by which some recipes count epochs."""
    # On --resume a recipe that is named must be the one of the run: train.fit compares what comes of it.
    if options.resume and not options.recipe:
        config = train.read_config(out)
    else:
        config = _recipe(options.recipe or "kit", photos)
    given = {field.name: getattr(options, field.name, None) for field in fields(train.TrainConfig)}
    given = {name: value for name, value in given.items() if value is not None}
    if options.batch and config.people:
        if options.batch % config.shots:
            raise Refused(f"--batch must be a multiple of {config.shots}, the photos a person, got {options.batch}")
        given["people"] = options.batch // config.shots
    elif options.batch:
        given["shots"] = options.batch
    return replace(config, **given)


def _recipe(name: str, photos: int) -> train.TrainConfig:
    """A recipe by the name that --recipe takes.  photos: of the training split, by which some count epochs."""
    if name == "kit":
        return train.TrainConfig()
    made = getattr(train.TrainConfig, name.replace("-", "_"))
    return made(photos) if name.startswith("market") else made()


def _choose_way(
    config: train.TrainConfig, people: int, options: argparse.Namespace, device: str, team: Team
) -> compute.Compute:
    # Processes beside one another share the cores, so that they measure at the same time and with a share of them.
    layout = options.layout and options.layout == CHANNELS_LAST
    threads = options.threads or compute.threads_each(team.local_size)
    ways = compute.candidates(device, options.dtype, threads, layout)
    say("Measuring for three seconds how this machine computes fastest ...")
    timings = train.choose(config, people, ways)
    for timing in timings:
        say(f"  {timing.rate:7.0f} photos/s  {timing.compute}")
    say(f"So about {config.work() / timings[0].rate / 60 / team.size:.1f} minutes.")
    return distributed.agreed(timings[0].compute, team)
