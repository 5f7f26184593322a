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

from . import assets, checkpoints, compute, distributed, market, memory, retrieval, train, weights
from .distributed import ALONE, Team
from .embed import OnnxEmbedder, TorchEmbedder, embed, embedder_for, onnx_file
from .refused import Refused


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.  Returns: the exit status, 0 for success, 2 where the input was refused."""
    options = _parser().parse_args(arguments)
    try:
        with _one_voice(distributed.launched()):
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
    team = distributed.launched()
    _say(f"osnet_edu: {f'{team}: ' if team.size > 1 else ''}{reason}")
    return 2


@contextmanager
def _one_voice(team: Team) -> Iterator[None]:
    """Of several processes that do the same, only the one of rank 0 speaks; what is refused, each says for itself."""
    if team.rank == 0:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


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
            world=options.world,
            unseen=options.unseen,
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
        raise Refused(f"{out} exists and is not empty; expected a new folder, or --resume to go on with a run in it")
    way = train.read_compute(out) if options.resume else compute.Compute(options.device or "cpu")
    asked = {name: getattr(options, name) for name in ("device", "dtype", "threads") if getattr(options, name)}
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
            each = step.seconds / config.work(step.step - 1, step.step)
            pace = 0.98 * pace + 0.02 * each if pace else each
            bar.update(step.photos - bar.n)
            seconds = tqdm.format_interval(pace * config.work(step.step))
            bar.set_postfix(left=seconds, loss=f"{step.loss:.3f}", right=f"{step.accuracy:.0%}", refresh=False)
    print(f"Wrote {out / 'weights.safetensors'}: {config.photos} photos seen, seed {config.seed}.")
    with compute.using(way):
        _report(_score(weights.Checkpoint(model, config.size), found, None, "cosine", team))
    _say_skipped((*found.skipped, *data.skipped))


def _config(options: argparse.Namespace, photos: int, out: Path) -> train.TrainConfig:
    """What the options ask for.  photos: of the training split, by which some recipes count epochs."""
    if options.resume:
        config = train.read_config(out)
    else:
        config = RECIPES[options.recipe](photos)
    given = {field.name: getattr(options, field.name, None) for field in fields(train.TrainConfig)}
    given = {name: value for name, value in given.items() if value is not None}
    if options.batch and config.people:
        if options.batch % config.shots:
            raise Refused(f"--batch must be a multiple of {config.shots}, the photos a person, got {options.batch}")
        given["people"] = options.batch // config.shots
    elif options.batch:
        given["shots"] = options.batch
    return replace(config, **given)


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
    ways = compute.candidates(device, options.dtype, options.threads or compute.threads_each(team.local_size))
    _say("Measuring for three seconds how this machine computes fastest ...")
    timings = train.choose(config, people, ways)
    for timing in timings:
        _say(f"  {timing.rate:7.0f} photos/s  {timing.compute}")
    _say(f"So about {config.work() / timings[0].rate / 60 / team.size:.1f} minutes.")
    return distributed.agreed(timings[0].compute, team)


def evaluate(options: argparse.Namespace) -> None:
    compute.check_device(options.device)
    found = market.read(_data(options))
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    with distributed.joined(options.device) as team:
        checkpoint.model.to(options.device)
        score, skipped = _score(checkpoint, found, options.size, options.distance, team)
    if options.json:
        print(json.dumps(_figures(score)))
    else:
        height, width = options.size or checkpoint.size
        print(f"{found.root} at {height}x{width}, {options.distance} distance:")
        _report((score, skipped))
    _say_skipped(found.skipped)


def _score(checkpoint: weights.Checkpoint, found: market.Market, size, metric: str, team: Team = ALONE):
    sides, size = [], size or checkpoint.size
    embedder_for(checkpoint.model, photos=len(found.query) + len(found.gallery), size=size, say=_say)
    for name, photos in (("queries", found.query), ("gallery", found.gallery)):
        with _progress(f"embedding {name}") as progress:
            sides.append(embed(checkpoint.model, photos, size=size, progress=progress, team=team))
    _say(f"Embedded by {sides[-1].engine}: {sides[-1].engine.why}.")
    return retrieval.score(*sides, metric), (*sides[0].skipped, *sides[1].skipped)


def export(options: argparse.Namespace) -> None:
    out = Path(options.out)
    if out.exists():
        raise Refused(f"{out} exists; expected a new file")
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    growing = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        growing.write_bytes(onnx_file(checkpoint.model, _say))
        made = OnnxEmbedder(growing.read_bytes())
        farthest = max(_difference(checkpoint, made, photos) for photos in EXPORT_CHECK)
        os.replace(growing, out)
    finally:
        growing.unlink(missing_ok=True)
    height, width = checkpoint.size
    blocks, streams, _ = made.layout.shape
    outputs = "embedding, gates, map" if made.layout.gated else "embedding, map"
    print(f"Wrote {out}: {out.stat().st_size / 1e6:.1f} MB; images (N, H, W, 3) uint8 RGB -> {outputs}.")
    print(f"A second input, factors ({blocks}, {streams}), may be left out: 0 takes a stream of a block away.")
    checked = " and ".join(map(str, EXPORT_CHECK))
    print(f"Checked by onnxruntime: {checked} photos of {height}x{width}, features within {farthest:.0e} of PyTorch's.")


EXPORT_CHECK = (1, 14)  # photos in a batch


def _difference(checkpoint: weights.Checkpoint, made: OnnxEmbedder, photos: int) -> float:
    """The largest difference of a feature from PyTorch's.  Raises: Refused where it is more than 1e-4."""
    rng = np.random.Generator(np.random.PCG64(photos))
    images = rng.integers(0, 256, (photos, *checkpoint.size, 3), dtype=np.uint8)
    expected = TorchEmbedder(checkpoint.model)(images)
    difference = float(np.abs(made(images) - expected).max())
    if not difference <= 1e-4 * max(1, np.abs(expected).max()):
        raise Refused(f"the graph's features differ from PyTorch's by {difference:.1e}; nothing was written")
    return difference


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
    from . import figures
    from .embed import normalise
    from .explain import METHODS, similarity
    from .explain import embed as features_of

    if options.method not in METHODS:
        raise Refused(f"--method must be one of {', '.join(METHODS)}, got {options.method!r}")
    found = market.read(_data(options))
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    pair = [_named(found.query, options.query, "query"), _named(found.gallery, options.gallery, "gallery")]
    decoded = market.decode(pair, checkpoint.size)
    if decoded.skipped:
        raise Refused(f"{decoded.skipped[0].path.name} {decoded.skipped[0].reason}")
    images = normalise(decoded.images)
    target = similarity(features_of(checkpoint.model, images[:1]))
    heat = METHODS[options.method](checkpoint.model, images[1:], target)[0]
    figure = figures.explained_pair(decoded.images, pair, heat, options.method)
    figure.savefig(options.out, dpi=150)
    print(f"Wrote {options.out}: what in {options.gallery} speaks for and against {options.query} ({options.method}).")


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
        print(result)
        return
    found = measured.get(options.name)
    if found is None:
        raise Refused(f"experiment must be one of {', '.join([*measured, *trained])}, got {options.name!r}")
    if options.out or options.workers or options.photos or options.seeds:
        raise Refused(
            f"{options.name} trains nothing: --out, --workers, --photos and --seeds are for {', '.join(trained)}"
        )
    with _progress(options.name, "step") as progress:
        print(found(_data(options), progress))


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
    one.add_argument("--people", type=_count, default=240, help="identities (default 240)")
    one.add_argument("--unseen", type=_count, metavar="N", help="of them, not to train on (default: a quarter)")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument(
        "--world",
        choices=("home", "wide", "other"),
        default="home",
        help="home: as shipped; wide: many cameras, streets and colours; other: shares nothing with either",
    )
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
    one.add_argument("--width", type=float, metavar="W", help="of the network (default 0.25; 1.0 for market)")
    one.add_argument("--photos", type=_count, metavar="N", help="photos seen in training (default 96000; 150 epochs)")
    one.add_argument("--batch", type=_count, metavar="B", help="photos in a batch, of all processes (default 64)")
    one.add_argument("--size", type=_size, metavar="HxW", help="of the photos (default 128x64; 256x128 for market)")
    one.add_argument("--seed", type=int)
    one.add_argument("--weight-decay", type=float, metavar="D", help="less for more people (default 1)")
    one.add_argument("--start", metavar="FILE", help="weights to start from, all but their classifier")
    one.add_argument("--resume", action="store_true", help="go on from the last checkpoint in RUN")
    one.add_argument("--checkpoint-every", type=_count, default=100, metavar="N", help="steps (default 100)")
    one.add_argument(
        "--recipe",
        choices=tuple(RECIPES),
        default="kit",
        help="published: the paper's, for comparison at the kit's size; shipped: of the shipped weights; "
        "market: for a real Market-1501 as in the paper",
    )
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: cpu")
    one.add_argument("--dtype", choices=tuple(compute.DTYPES), help="default: measured")
    one.add_argument("--threads", type=_count, help="default: measured")
    one.add_argument("--compile", action="store_true", help="through torch.compile, which first takes a minute")

    one = command("evaluate", evaluate, "Score weights by the Market-1501 rule.")
    with_data(one)
    with_weights(one)
    one.add_argument("--size", type=_size, metavar="HxW", help="default: the size that the weights were trained at")
    one.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine")
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu")
    one.add_argument("--json", action="store_true", help="print one JSON object of fractions")

    one = command("export", export, "Write weights as an ONNX file, and check it against PyTorch.")
    one.add_argument("out", metavar="OUT", help="a new file, such as osnet.onnx")
    with_weights(one)

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
    one.add_argument("--out", metavar="FOLDER", help="for one that trains: of its NAME.csv (default results)")
    one.add_argument("--workers", type=_count, metavar="N", help="processes of one thread (default: one a core)")
    one.add_argument("--photos", type=_count, metavar="N", help="photos seen in each run (default: the experiment's)")
    one.add_argument("--seeds", type=_count, metavar="N", help="seeds 0 to N - 1 (default: the experiment's)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
