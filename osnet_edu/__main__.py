"""The command line: python -m osnet_edu COMMAND. Each command says what it writes and ends with a plain sentence."""

import argparse
import errno
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

from tqdm import tqdm

from . import assets, compute, market, retrieval, train, weights
from .embed import embed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.  Returns: the exit status, 0 for success, 2 where the input was refused."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        return 0
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    except OSError as error:
        full = "; the disk is full" if error.errno == errno.ENOSPC else ""
        return _refuse(f"{error}{full}")
    except (ValueError, FloatingPointError) as error:
        return _refuse(error)


def _refuse(reason: object) -> int:
    _say(f"osnet_edu: {reason}")
    return 2


def _say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


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
            photos=options.photos,
            size=options.size,
            workers=options.workers,
            progress=progress,
        )
    print(
        f"Wrote {options.out}: {summary.people} people, {summary.pairs} pairs of twins; {summary.train} photos "
        f"to train on, {summary.query} queries, {summary.gallery} gallery photos; {summary.bytes / 1e6:.1f} MB."
    )
    if options.archive:
        size = people.pack(options.out, options.archive)
        print(f"Wrote {options.archive}: the same folder as one file, {size / 1e6:.1f} MB.")
    if options.preview:
        people.contact_sheet(options.out).save(options.preview)
        print(f"Wrote {options.preview}: a contact sheet.")


def subset(options: argparse.Namespace) -> None:
    found = market.read(options.market)
    chosen = market.subset(found, options.people, options.seed)
    with _progress("copying") as progress:
        market.write(chosen, options.out, progress)
    print(
        f"Wrote {options.out}: {len(chosen.train)} photos to train on, {len(chosen.query)} queries, "
        f"{len(chosen.gallery)} gallery photos, of {options.people} people (seed {options.seed})."
    )
    _say_skipped(found.skipped)


def run_train(options: argparse.Namespace) -> None:
    out = Path(options.out)
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not options.resume:
        raise ValueError(f"{out} exists and is not empty; expected a new folder, or --resume to go on with a run in it")
    if options.resume:
        config = train.read_config(out)
    else:
        config = train.TrainConfig.published() if options.recipe == "published" else train.TrainConfig()
    given = {field.name: getattr(options, field.name, None) for field in fields(train.TrainConfig)}
    config = replace(config, **{name: value for name, value in given.items() if value is not None})
    found = market.read(_data(options))
    with _progress("reading") as progress:
        data = train.load(found.train, config.size, progress)
    if config.people > len(data.people):
        _say(f"Too few people for the usual batch: batches of {len(data.people)} people instead of {config.people}.")
        config = replace(config, people=len(data.people))
    _say(f"{len(data.images)} photos of {len(data.people)} people; {config.steps} steps of {config.batch} photos.")
    way = None
    if not options.resume:
        way = _choose_way(config, len(data.people), options)
    model = train.build(config, len(data.people))
    steps = train.fit(model, data, config, way=way, out=out, resume=options.resume)
    try:
        with tqdm(total=config.photos, unit=" photos", desc="training", file=sys.stderr, smoothing=0.02) as bar:
            for step in steps:
                bar.update(step.photos - bar.n)
                bar.set_postfix(loss=f"{step.loss:.3f}", right=f"{step.accuracy:.0%}", refresh=False)
    except KeyboardInterrupt:
        _say(f"\nStopped. {out} keeps the last checkpoint; the same command with --resume goes on from there.")
        raise
    print(f"Wrote {out / 'weights.safetensors'}: {config.photos} photos seen, seed {config.seed}.")
    with compute.using(way or compute.Compute()):
        _report(_score(weights.Checkpoint(model, config.size), found, None, "cosine"))
    _say_skipped((*found.skipped, *data.skipped))


def _choose_way(config: train.TrainConfig, people: int, options: argparse.Namespace) -> compute.Compute:
    ways = compute.candidates(options.device, options.dtype, options.threads)
    _say("Measuring for three seconds how this machine computes fastest ...")
    timings = train.choose(config, people, ways)
    for timing in timings:
        _say(f"  {timing.rate:7.0f} photos/s  {timing.compute}")
    _say(f"So about {config.photos / timings[0].rate / 60:.1f} minutes.")
    return timings[0].compute


def evaluate(options: argparse.Namespace) -> None:
    found = market.read(_data(options))
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    score, skipped = _score(checkpoint, found, options.size, options.distance)
    if options.json:
        print(json.dumps(_figures(score)))
    else:
        height, width = options.size or checkpoint.size
        print(f"{found.root} at {height}x{width}, {options.distance} distance:")
        _report((score, skipped))
    _say_skipped(found.skipped)


def _score(checkpoint: weights.Checkpoint, found: market.Market, size, metric: str):
    sides = []
    for name, photos in (("queries", found.query), ("gallery", found.gallery)):
        with _progress(f"embedding {name}") as progress:
            sides.append(embed(checkpoint.model, photos, size=size or checkpoint.size, progress=progress))
    return retrieval.score(*sides, metric), (*sides[0].skipped, *sides[1].skipped)


def _figures(score: retrieval.Score) -> dict[str, float]:
    ranks = {f"rank{k}": score.rank(k) for k in (1, 5, 10)}
    return {**ranks, "mean_ap": score.mean_ap, "mean_inp": score.mean_inp}


def _report(scored) -> None:
    score, skipped = scored
    figures = _figures(score)
    names = {"rank1": "rank-1", "rank5": "rank-5", "rank10": "rank-10", "mean_ap": "mAP", "mean_inp": "mINP"}
    print("  " + "   ".join(f"{names[name]} {value:.1%}" for name, value in figures.items()))
    without = f"; {score.queries_without_match} without a match were left out" if score.queries_without_match else ""
    print(f"  {score.queries} queries counted{without}")
    _say_skipped(skipped)


def explain(options: argparse.Namespace) -> None:
    from . import attribution, figures
    from .embed import normalise

    if options.method not in attribution.METHODS:
        raise ValueError(f"--method must be one of {', '.join(attribution.METHODS)}, got {options.method!r}")
    found = market.read(_data(options))
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    pair = [_named(found.query, options.query, "query"), _named(found.gallery, options.gallery, "gallery")]
    decoded = market.decode(pair, checkpoint.size)
    if decoded.skipped:
        raise ValueError(f"{decoded.skipped[0].path.name} {decoded.skipped[0].reason}")
    images = normalise(decoded.images)
    reference = attribution.embed(checkpoint.model, images[:1])
    target = attribution.similarity(reference)
    heat = attribution.METHODS[options.method](checkpoint.model, images[1:], target)[0]
    figure = figures.explained_pair(decoded.images, pair, heat, options.method)
    figure.savefig(options.out, dpi=150)
    print(f"Wrote {options.out}: what in {options.gallery} speaks for and against {options.query} ({options.method}).")


def _named(photos: Sequence[market.Photo], name: str, side: str) -> market.Photo:
    for photo in photos:
        if name in (photo.name, photo.path.stem):
            return photo
    raise ValueError(f"there is no {side} photo {name!r}; expected a name such as {photos[0].name}")


def experiment(options: argparse.Namespace) -> None:
    from . import experiments

    found = experiments.EXPERIMENTS.get(options.name)
    if found is None:
        raise ValueError(f"experiment must be one of {', '.join(experiments.EXPERIMENTS)}, got {options.name!r}")
    with _progress(options.name, "step") as progress:
        print(found(Path(options.data) if options.data else assets.subset(), progress))


def _data(options: argparse.Namespace) -> Path:
    return Path(options.data) if options.data else assets.subset()


def _say_skipped(skipped: Sequence[market.Skipped]) -> None:
    if skipped:
        some = ", ".join(f"{item.path.name} ({item.reason})" for item in skipped[:3])
        more = " ..." if len(skipped) > 3 else ""
        _say(f"Skipped {len(skipped)} file{'s' * (len(skipped) > 1)}: {some}{more}")


# --- arguments --------------------------------------------------------------------------------------------------------


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.lower().partition("x")
    if not (height.isdigit() and width.isdigit()) or min(int(height), int(width)) < 16:
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH in pixels, such as 256x128, got {text!r}")
    return int(height), int(width)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m osnet_edu", description="Build, train, rank and explain a small re-identification network."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    def with_data(made: argparse.ArgumentParser) -> None:
        made.add_argument("data", nargs="?", metavar="DATA", help="a Market-1501 folder; default: the shipped subset")

    def with_weights(made: argparse.ArgumentParser) -> None:
        made.add_argument("--weights", metavar="FILE", help=".safetensors or official .pth; default: the shipped ones")

    one = command("render", render, "Write a Market-1501 folder of rendered people, with masks.")
    one.add_argument("out", metavar="OUT", help="a new folder")
    one.add_argument("--people", type=_count, default=240, help="identities, a quarter of them unseen (default 240)")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument(
        "--photos", type=_count, default=12, metavar="N", help="of each person (default 12, Market's is 24)"
    )
    one.add_argument("--size", type=_size, default=(128, 64), metavar="HxW", help="of the photos (default 128x64)")
    one.add_argument("--workers", type=_count, metavar="N", help="processes (default: one a core)")
    one.add_argument("--preview", metavar="PNG", help="also write a contact sheet")
    one.add_argument("--archive", metavar="ZIP", help="also write the folder as one file, as the shipped subset is")

    one = command("subset", subset, "Copy a subset of the people of a Market-1501 folder.")
    one.add_argument("market", metavar="MARKET", help="a Market-1501 folder")
    one.add_argument("out", metavar="OUT", help="a new folder")
    one.add_argument("--people", type=_count, default=240, help="identities in all (default 240)")
    one.add_argument("--seed", type=int, default=0)

    one = command("train", run_train, "Train a reduced OSNet; ends with RUN/weights.safetensors and its scores.")
    with_data(one)
    one.add_argument("--out", required=True, metavar="RUN", help="a new folder for checkpoints, log and weights")
    one.add_argument("--width", type=float, metavar="W", help="of the network (default 0.25)")
    one.add_argument("--photos", type=_count, metavar="N", help="photos seen in training (default 96000)")
    one.add_argument("--size", type=_size, metavar="HxW", help="of the photos (default 128x64)")
    one.add_argument("--seed", type=int)
    one.add_argument("--resume", action="store_true", help="go on from the last checkpoint in RUN")
    one.add_argument("--recipe", choices=("kit", "published"), default="kit", help="the paper's, for comparison")
    one.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    one.add_argument("--dtype", choices=tuple(compute.DTYPES), help="default: measured")
    one.add_argument("--threads", type=_count, help="default: measured")

    one = command("evaluate", evaluate, "Score weights by the Market-1501 rule.")
    with_data(one)
    with_weights(one)
    one.add_argument("--size", type=_size, metavar="HxW", help="default: the size that the weights were trained at")
    one.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine")
    one.add_argument("--json", action="store_true", help="print one JSON object of fractions")

    one = command("explain", explain, "Draw which pixels of a gallery photo speak for and against a query.")
    with_data(one)
    with_weights(one)
    one.add_argument("--query", required=True, metavar="NAME", help="file name of a query")
    one.add_argument("--gallery", required=True, metavar="NAME", help="file name of a gallery photo")
    one.add_argument("--out", required=True, metavar="PNG", help="the picture to write")
    one.add_argument("--method", default="occlusion", help="default: occlusion")

    one = command("experiment", experiment, "Run a measurement and print its table.")
    one.add_argument("name", metavar="NAME")
    with_data(one)
    return parser


if __name__ == "__main__":
    sys.exit(main())
