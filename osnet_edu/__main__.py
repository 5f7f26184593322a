"""The command line: python -m osnet_edu COMMAND. Each command says what it writes and ends with a plain sentence."""

import argparse
import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from . import arguments, assets, checkpoints, compute, distributed, market, memory, retrieval, train, weights
from .distributed import ALONE, Team
from .embed import embed
from .refused import Refused, plain


def main(given: Sequence[str] | None = None) -> int:
    """Run one command.  Returns: the exit status, 0 for success, 2 where the input was refused."""
    _any_terminal()
    options = _parser().parse_args(given)
    try:
        with _one_voice(distributed.launched()):
            options.run(options)
        return 0
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    except OSError as error:
        full = "; the disk is full" if error.errno == errno.ENOSPC else ""
        where = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return _refuse(f"{where}{full}")
    except (Refused, FloatingPointError) as error:
        return _refuse(error)
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        there = memory.available()
        of = f" of {there / 1e9:.1f} GB" if there else ""
        return _refuse(f"the memory{of} is used up; a smaller --size or --batch, or fewer photos, need less")


def _is_out_of_memory(error: Exception) -> bool:
    """Python, NumPy and PyTorch each have a way of their own to say it."""
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in words)


def _refuse(reason: object) -> int:
    try:
        team = distributed.launched()
    except Refused:
        team = ALONE
    _say(f"osnet_edu: {f'{team}: ' if team.size > 1 else ''}{reason}")
    return 2


def _any_terminal() -> None:
    """What a terminal's encoding lacks is written escaped: no score is lost to the name of a file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _one_voice(team: Team) -> Iterator[None]:
    """Of several processes that do the same, only the one of rank 0 speaks; what is refused, each says for itself."""
    if team.rank == 0:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def _say(*words: object) -> None:
    print(*(plain(word, 4000) for word in words), file=sys.stderr, flush=True)


def _tell(text: object) -> None:
    """A line of the answer; control characters in names that come from elsewhere are shown escaped."""
    print(plain(text, 100_000), flush=True)


@contextmanager
def _progress(what: str, unit: str = "photo"):
    """A progress bar for anything over a second, as a function of (done, total)."""
    with tqdm(desc=what, unit=f" {unit}s", delay=1, leave=False, file=sys.stderr) as bar:

        def update(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield update


# --- commands ---------------------------------------------------------------------------------------------------------


def render(options: argparse.Namespace) -> None:
    from . import people

    with _progress("rendering") as progress:
        summary = people.write_dataset(
            options.out,
            people=options.people,
            seed=options.seed,
            world=options.world,
            unseen=options.unseen,
            photos=options.photos,
            size=options.size,
            workers=options.workers,
            progress=progress,
        )
    _tell(
        f"Wrote {options.out}: {summary.people} people, {summary.pairs} pairs of twins; {summary.train} photos "
        f"to train on, {summary.query} queries, {summary.gallery} gallery photos; {summary.bytes / 1e6:.1f} MB."
    )
    if options.archive:
        size = people.pack(options.out, options.archive)
        _tell(f"Wrote {options.archive}: the same folder as one file, {size / 1e6:.1f} MB.")
    if options.preview:
        people.contact_sheet(options.out).save(options.preview)
        _tell(f"Wrote {options.preview}: a contact sheet.")


def subset(options: argparse.Namespace) -> None:
    found = market.read(options.market)
    chosen = market.subset(found, options.people, options.seed)
    with _progress("copying") as progress:
        market.write(chosen, options.out, progress)
    _tell(
        f"Wrote {options.out}: {len(chosen.train)} photos to train on, {len(chosen.query)} queries, "
        f"{len(chosen.gallery)} gallery photos, of {options.people} people (seed {options.seed})."
    )
    _say_skipped(chosen.skipped)


def run_train(options: argparse.Namespace) -> None:
    out = Path(options.out)
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not options.resume:
        raise Refused(f"{out} exists and is not empty; expected a new folder, or --resume to go on with a run in it")
    way = train.read_compute(out) if options.resume else compute.Compute(options.device or "cpu")
    asked = {name: getattr(options, name) for name in ("device", "dtype", "threads") if getattr(options, name)}
    if options.layout:
        asked["channels_last"] = options.layout == CHANNELS_LAST
    way = replace(way, **asked)
    compute.check_device(way.device)
    with distributed.joined(way.device) as team:
        try:
            _train(options, out, way, team)
        except KeyboardInterrupt:
            _say(f"\nStopped. {_how_to_go_on(out)}")
            raise
        except distributed.PeerLost as error:
            raise distributed.PeerLost(f"{error}. {_how_to_go_on(out)}") from error


def _how_to_go_on(out: Path) -> str:
    if checkpoints.latest(out) is None:
        return "No checkpoint was written yet."
    return f"{out} keeps the last checkpoint; the same command with --resume goes on from there."


def _train(options: argparse.Namespace, out: Path, way: compute.Compute, team: Team) -> None:
    found = market.read(_data(options))
    people = [photo.person for photo in found.train if photo.person > 0]
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
    _say(f"Memory, estimated{each}: about {need}.")
    memory.check(need, 1 if way.device == "cuda" else team.local_size, memory.available(way.device))
    with _progress("reading") as progress:
        data = train.load(found.train, config.size, progress)
    if config.people > len(data.people):
        _say(f"Too few people for the usual batch: batches of {len(data.people)} people instead of {config.people}.")
        config = replace(config, people=len(data.people))
    few = int((np.bincount(data.labels) < config.shots).sum()) if config.people else 0
    if few:
        _say(f"{few} of {len(data.people)} people have fewer than {config.shots} photos, which come again in a batch.")
    _say(f"{len(data.images)} photos of {len(data.people)} people; {config.steps} steps of {config.batch} photos.")
    *smaller, _ = config.stages
    if smaller:
        sizes = ", ".join(f"{height}x{width} up to step {last}" for last, (height, width) in smaller)
        _say(f"Photos grow: {sizes}, then {config.size[0]}x{config.size[1]}.")
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
        _tell(f"Wrote {out / 'weights.safetensors'}: {config.photos} photos seen, seed {config.seed}.")
    else:
        _tell(f"{out} is finished: all {config.steps} steps were taken before, and nothing was trained now.")
    with compute.using(way):
        _report(_score(weights.Checkpoint(model, config.size), found, None, "cosine", team))
    _say_skipped((*found.skipped, *data.skipped))


def _config(options: argparse.Namespace, photos: int, out: Path) -> train.TrainConfig:
    """What the options ask for.  photos: of the training split, by which some recipes count epochs."""
    # On --resume a recipe that is named must be the one of the run: what is compared with it stands in train.fit.
    if options.resume and not options.recipe:
        config = train.read_config(out)
    else:
        config = RECIPES[options.recipe or "kit"](photos)
    given = {field.name: getattr(options, field.name, None) for field in fields(train.TrainConfig)}
    given = {name: value for name, value in given.items() if value is not None}
    if options.batch and config.people:
        if options.batch % config.shots:
            raise Refused(f"--batch must be a multiple of {config.shots}, the photos a person, got {options.batch}")
        given["people"] = options.batch // config.shots
    elif options.batch:
        given["shots"] = options.batch
    return replace(config, **given)


CONTIGUOUS, CHANNELS_LAST = "contiguous", "channels-last"

RECIPES: dict[str, Callable[[int], train.TrainConfig]] = {
    "kit": lambda photos: train.TrainConfig(),
    "published": lambda photos: train.TrainConfig.published(),
    "shipped": lambda photos: train.TrainConfig.shipped(),
    "market": train.TrainConfig.market,
    "market-scratch": train.TrainConfig.market_scratch,
}


def _choose_way(
    config: train.TrainConfig, people: int, options: argparse.Namespace, device: str, team: Team
) -> compute.Compute:
    # Processes beside one another share the cores, so that they measure at the same time and with a share of them.
    layout = options.layout and options.layout == CHANNELS_LAST
    threads = options.threads or compute.threads_each(team.local_size)
    ways = compute.candidates(device, options.dtype, threads, layout)
    _say("Measuring for three seconds how this machine computes fastest ...")
    timings = train.choose(config, people, ways)
    for timing in timings:
        _say(f"  {timing.rate:7.0f} photos/s  {timing.compute}")
    _say(f"So about {config.work() / timings[0].rate / 60 / team.size:.1f} minutes.")
    return distributed.agreed(timings[0].compute, team)


def evaluate(options: argparse.Namespace) -> None:
    compute.check_device(options.device)
    found = market.read(_data(options))
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    memory.check_embedding(checkpoint.model, options.size or checkpoint.size, 64, memory.available(options.device))
    with distributed.joined(options.device) as team:
        checkpoint.model.to(options.device)
        score, skipped = _score(checkpoint, found, options.size, options.distance, team)
    if options.json:
        _tell(json.dumps(_figures(score)))
    else:
        height, width = options.size or checkpoint.size
        _tell(f"{found.root} at {height}x{width}, {options.distance} distance:")
        _report((score, skipped))
    _say_skipped(found.skipped)


def _score(checkpoint: weights.Checkpoint, found: market.Market, size, metric: str, team: Team = ALONE):
    sides = []
    for name, photos in (("queries", found.query), ("gallery", found.gallery)):
        with _progress(f"embedding {name}") as progress:
            sides.append(embed(checkpoint.model, photos, size=size or checkpoint.size, progress=progress, team=team))
    return retrieval.score(*sides, metric), (*sides[0].skipped, *sides[1].skipped)


def _figures(score: retrieval.Score) -> dict[str, float]:
    ranks = {f"rank{k}": score.rank(k) for k in (1, 5, 10)}
    return {**ranks, "mean_ap": score.mean_ap, "mean_inp": score.mean_inp}


def _report(scored) -> None:
    score, skipped = scored
    figures = _figures(score)
    names = {"rank1": "rank-1", "rank5": "rank-5", "rank10": "rank-10", "mean_ap": "mAP", "mean_inp": "mINP"}
    _tell("  " + "   ".join(f"{names[name]} {value:.1%}" for name, value in figures.items()))
    without = f"; {score.queries_without_match} without a match were left out" if score.queries_without_match else ""
    _tell(f"  {score.queries} queries counted{without}")
    _say_skipped(skipped)


def explain(options: argparse.Namespace) -> None:
    from . import attribution, figures
    from .embed import normalise

    if options.method not in attribution.METHODS:
        raise Refused(f"--method must be one of {', '.join(attribution.METHODS)}, got {options.method!r}")
    found = market.read(_data(options))
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    pair = [_named(found.query, options.query, "query"), _named(found.gallery, options.gallery, "gallery")]
    decoded = market.decode(pair, checkpoint.size)
    if decoded.skipped:
        raise Refused(f"{decoded.skipped[0].path.name} {decoded.skipped[0].reason}")
    images = normalise(decoded.images)
    reference = attribution.embed(checkpoint.model, images[:1])
    target = attribution.similarity(reference)
    heat = attribution.METHODS[options.method](checkpoint.model, images[1:], target)[0]
    similarity = float(target(attribution.embed(checkpoint.model, images[1:])))
    figure = figures.explained_pair(decoded.images, pair, heat, options.method, similarity)
    figure.savefig(options.out, dpi=150)
    _tell(
        f"Wrote {options.out}: what in {options.gallery} speaks for and against {options.query} ({options.method}). "
        f"Their similarity is {similarity:.2f}."
    )


def _named(photos: Sequence[market.Photo], name: str, side: str) -> market.Photo:
    for photo in photos:
        if name in (photo.name, photo.path.stem):
            return photo
    raise Refused(f"there is no {side} photo {name!r}; expected a name such as {photos[0].name}")


def experiment(options: argparse.Namespace) -> None:
    from . import experiments

    measured, trained = experiments.EXPERIMENTS, experiments.TRAINED
    if options.name in trained:
        out = Path(options.out or "results")
        given = {"photos": options.photos, "seeds": range(options.seeds) if options.seeds else None}
        _say(f"Each run adds a line to {out / options.name}.csv; the same command goes on where it was stopped.")
        with _progress(options.name, "run") as progress:
            result = trained[options.name](
                _data(options),
                out,
                progress,
                workers=options.workers or compute.available_threads(),
                **{name: value for name, value in given.items() if value is not None},
            )
        _tell(result)
        return
    found = measured.get(options.name)
    if found is None:
        raise Refused(f"experiment must be one of {', '.join([*measured, *trained])}, got {options.name!r}")
    if options.out or options.workers or options.photos or options.seeds:
        raise Refused(
            f"{options.name} trains nothing: --out, --workers, --photos and --seeds are for {', '.join(trained)}"
        )
    with _progress(options.name, "step") as progress:
        _tell(found(_data(options), progress))


def _data(options: argparse.Namespace) -> Path:
    return assets.subset() if options.data is None else Path(options.data)


def _say_skipped(skipped: Sequence[market.Skipped]) -> None:
    if skipped:
        some = ", ".join(f"{item.path.name} ({item.reason})" for item in skipped[:3])
        more = " ..." if len(skipped) > 3 else ""
        _say(f"Skipped {len(skipped)} file{'s' * (len(skipped) > 1)}: {some}{more}")


# --- arguments --------------------------------------------------------------------------------------------------------


def _patience() -> str:
    minutes = distributed.PATIENCE.total_seconds() / 60
    return f"Under torchrun the processes wait {minutes:g} minutes for one that does not come or falls silent."


def _methods() -> str:
    from . import attribution

    return f"Methods: {', '.join(attribution.METHODS)}."


def _experiments() -> str:
    from . import experiments

    measured, trained = (", ".join(names) for names in (experiments.EXPERIMENTS, experiments.TRAINED))
    return f"NAMEs that measure: {measured}. NAMEs that train, and go on where they were stopped: {trained}."


def _parser() -> argparse.ArgumentParser:
    parser = arguments.Parser(
        prog="python -m osnet_edu", description="Build, train, rank and explain a small re-identification network."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable, text: str) -> arguments.Parser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    def with_data(made: arguments.Parser) -> None:
        made.add_argument(
            "data",
            nargs="?",
            type=arguments.path,
            metavar="DATA",
            help="a Market-1501 folder; default: the shipped subset",
        )

    def with_weights(made: arguments.Parser) -> None:
        made.add_argument(
            "--weights",
            type=arguments.path,
            metavar="FILE",
            help=".safetensors or official .pth; default: the shipped ones",
        )

    one = command("render", render, "Write a Market-1501 folder of rendered people, with masks.")
    one.add_argument("out", type=arguments.path, metavar="OUT", help="a new folder")
    one.add_argument("--people", type=arguments.up_to(100_000), default=240, help="identities (default 240)")
    one.add_argument(
        "--unseen", type=arguments.up_to(100_000), metavar="N", help="of them, not to train on (default: a quarter)"
    )
    one.add_argument("--seed", type=arguments.seed, default=0)
    one.add_argument(
        "--world",
        choices=("home", "wide", "other"),
        default="home",
        help="home: as shipped; wide: many cameras, streets and colours; other: shares nothing with either",
    )
    one.add_argument(
        "--photos",
        type=arguments.up_to(10_000),
        default=12,
        metavar="N",
        help="of each person (default 12, Market's is 24)",
    )
    one.add_argument(
        "--size", type=arguments.size, default=(128, 64), metavar="HxW", help="of the photos (default 128x64)"
    )
    one.add_argument("--workers", type=arguments.up_to(256), metavar="N", help="processes (default: one a core)")
    one.add_argument("--preview", type=arguments.path, metavar="PNG", help="also write a contact sheet")
    one.add_argument(
        "--archive",
        type=arguments.path,
        metavar="ZIP",
        help="also write the folder as one file, as the shipped subset is",
    )

    one = command("subset", subset, "Copy a subset of the people of a Market-1501 folder.")
    one.add_argument("market", type=arguments.path, metavar="MARKET", help="a Market-1501 folder")
    one.add_argument("out", type=arguments.path, metavar="OUT", help="a new folder")
    one.add_argument("--people", type=arguments.up_to(100_000), default=240, help="identities in all (default 240)")
    one.add_argument("--seed", type=arguments.seed, default=0)

    one = command("train", run_train, "Train a reduced OSNet; ends with RUN/weights.safetensors and its scores.")
    with_data(one)
    one.add_argument(
        "--out", type=arguments.path, required=True, metavar="RUN", help="a new folder for checkpoints, log and weights"
    )
    one.add_argument("--width", type=arguments.real, metavar="W", help="of the network (default 0.25; 1.0 for market)")
    one.add_argument(
        "--photos", type=arguments.up_to(10**9), metavar="N", help="photos seen in training (default 96000; 150 epochs)"
    )
    one.add_argument(
        "--batch", type=arguments.up_to(100_000), metavar="B", help="photos in a batch, of all processes (default 64)"
    )
    one.add_argument(
        "--size", type=arguments.size, metavar="HxW", help="of the photos (default 128x64; 256x128 for market)"
    )
    one.add_argument("--seed", type=arguments.seed)
    one.add_argument("--weight-decay", type=arguments.real, metavar="D", help="less for more people (default 1)")
    one.add_argument("--resume", action="store_true", help="go on from the last checkpoint in RUN")
    one.add_argument(
        "--checkpoint-every", type=arguments.up_to(10**9), default=100, metavar="N", help="steps (default 100)"
    )
    one.add_argument(
        "--recipe",
        choices=tuple(RECIPES),
        help="default: kit; published: the paper's, for comparison at the kit's size; shipped: of the shipped weights; "
        "market: for a real Market-1501 as in the paper",
    )
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: cpu")
    one.add_argument("--dtype", choices=tuple(compute.DTYPES), help="default: measured")
    one.add_argument("--threads", type=arguments.up_to(compute.MOST_THREADS), metavar="N", help="default: measured")
    one.add_argument(
        "--layout",
        choices=(CONTIGUOUS, CHANNELS_LAST),
        help="of pictures in memory (default: measured, so that two runs may differ in their last bits; "
        "--dtype, --threads and --layout together pin the way; --resume keeps it)",
    )
    one.add_argument("--compile", action="store_true", help="through torch.compile, which first takes a minute")

    one.late = _patience

    one = command("evaluate", evaluate, "Score weights by the Market-1501 rule.")
    with_data(one)
    with_weights(one)
    one.add_argument(
        "--size", type=arguments.size, metavar="HxW", help="default: the size that the weights were trained at"
    )
    one.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine")
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu")
    one.add_argument("--json", action="store_true", help="print one JSON object of fractions")

    one.late = _patience

    one = command("explain", explain, "Draw which pixels of a gallery photo speak for and against a query.")
    with_data(one)
    with_weights(one)
    one.add_argument("--query", required=True, metavar="NAME", help="file name of a query")
    one.add_argument("--gallery", required=True, metavar="NAME", help="file name of a gallery photo")
    one.add_argument("--out", type=arguments.path, required=True, metavar="PNG", help="the picture to write")
    one.add_argument("--method", default="occlusion", help="default: occlusion")

    one.late = _methods

    one = command("experiment", experiment, "Run a measurement and print its table.")
    one.late = _experiments
    one.add_argument("name", metavar="NAME", help="listed below")
    with_data(one)
    one.add_argument(
        "--out", type=arguments.path, metavar="FOLDER", help="for one that trains: of its NAME.csv (default results)"
    )
    one.add_argument(
        "--workers", type=arguments.up_to(256), metavar="N", help="processes of one thread (default: one a core)"
    )
    one.add_argument(
        "--photos", type=arguments.up_to(10**9), metavar="N", help="photos seen in each run (default: the experiment's)"
    )
    one.add_argument(
        "--seeds", type=arguments.up_to(1000), metavar="N", help="seeds 0 to N - 1 (default: the experiment's)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
