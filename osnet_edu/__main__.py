"""The command line: python -m osnet_edu COMMAND. Each command says what it writes and ends with a plain sentence."""

import argparse
import errno
import json
import sys
from collections.abc import Callable, Sequence

from . import compute, distributed, market, weights, whole
from .commands import (
    RECIPES,
    data_folder,
    export_graph,
    figures_of,
    one_voice,
    progress_bar,
    report,
    say,
    say_skipped,
    score_by_rule,
    train_network,
)
from .refused import Refused

PICTURES = (".png", ".jpg", ".jpeg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.  Returns: the exit status, 0 for success, 2 where the input was refused."""
    options = _parser().parse_args(arguments)
    try:
        with whole.ending(), one_voice(distributed.launched()):
            options.run(options)
        return 0
    except whole.Ended as ended:
        say("Stopped by a request to end.")
        return ended.code
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except OSError as error:
        full = "; the disk is full" if error.errno == errno.ENOSPC else ""
        return _refuse(f"{error}{full}")
    except (Refused, FloatingPointError) as error:  # anything else is a bug and shows its traceback
        return _refuse(error)


def _refuse(reason: object) -> int:
    team = distributed.launched()
    say(f"osnet_edu: {f'{team}: ' if team.size > 1 else ''}{reason}")
    return 2


# --- commands ---------------------------------------------------------------------------------------------------------


def render(options: argparse.Namespace) -> None:
    from . import people

    out = whole.new_folder(options.out)
    beside = [path for path in (options.archive, options.preview) if path is not None]
    if options.preview is not None:
        whole.ends_in(options.preview, PICTURES)
    for path in beside:
        if not whole.given(path).absolute().is_relative_to(out.absolute()):  # what is in a new folder cannot exist yet
            whole.new_file(path)
    with progress_bar("rendering") as progress:
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
        with whole.file(options.preview) as growing:
            people.contact_sheet(options.out).save(growing)
        print(f"Wrote {options.preview}: a contact sheet.")


def subset(options: argparse.Namespace) -> None:
    whole.new_folder(options.out)
    found = market.read(options.market)
    chosen = market.subset(found, options.people, options.seed)
    with progress_bar("copying") as progress:
        market.write(chosen, options.out, progress)
    print(
        f"Wrote {options.out}: {len(chosen.train)} photos to train on, {len(chosen.query)} queries, "
        f"{len(chosen.gallery)} gallery photos, of {options.people} people (seed {options.seed})."
    )
    say_skipped(found.skipped)


def evaluate(options: argparse.Namespace) -> None:
    compute.check_device(options.device)
    found = market.read(data_folder(options))
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    with distributed.joined(options.device) as team:
        checkpoint.model.to(options.device)
        score, skipped = score_by_rule(checkpoint, found, options.size, options.distance, team)
    if options.json:
        print(json.dumps(figures_of(score)))
    else:
        height, width = options.size or checkpoint.size
        print(f"{found.root} at {height}x{width}, {options.distance} distance:")
        report((score, skipped))
    say_skipped(found.skipped)


def explain(options: argparse.Namespace) -> None:
    from . import figures
    from .embed import normalise
    from .explain import METHODS, similarity
    from .explain import embed as features_of

    if options.method not in METHODS:
        raise Refused(f"--method must be one of {', '.join(METHODS)}, got {options.method!r}")
    out = whole.new_file(options.out, (*PICTURES, ".pdf", ".svg"))
    found = market.read(data_folder(options))
    checkpoint = weights.open(options.weights) if options.weights else weights.shipped()
    pair = [_named(found.query, options.query, "query"), _named(found.gallery, options.gallery, "gallery")]
    decoded = market.decode(pair, checkpoint.size)
    if decoded.skipped:
        raise Refused(f"{decoded.skipped[0].path.name} {decoded.skipped[0].reason}")
    images = normalise(decoded.images)
    target = similarity(features_of(checkpoint.model, images[:1]))
    heat = METHODS[options.method](checkpoint.model, images[1:], target)[0]
    figure = figures.explained_pair(decoded.images, pair, heat, options.method)
    with whole.file(out) as growing:
        figure.savefig(growing, dpi=150)
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
        if options.out is None:
            raise Refused(f"{options.name} keeps its runs in a file; expected --out FOLDER, such as --out results")
        path = experiments.file_of_runs(options.name, options.out)
        given = {"photos": options.photos, "seeds": range(options.seeds) if options.seeds else None}
        say(f"Each run adds a line to {path}; the same command goes on where it was stopped.")
        with progress_bar(options.name, "run") as progress:
            result = trained[options.name](
                data_folder(options),
                path.parent,
                progress,
                workers=options.workers or compute.available_threads(),
                **{name: value for name, value in given.items() if value is not None},
            )
        print(result)
        return
    found = measured.get(options.name)
    if found is None:
        raise Refused(f"experiment must be one of {', '.join([*measured, *trained])}, got {options.name!r}")
    if options.out is not None or options.workers or options.photos or options.seeds:
        raise Refused(
            f"{options.name} trains nothing: --out, --workers, --photos and --seeds are for {', '.join(trained)}"
        )
    with progress_bar(options.name, "step") as progress:
        print(found(data_folder(options), progress))


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

    one = command("train", train_network, "Train a reduced OSNet; ends with RUN/weights.safetensors and its scores.")
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

    one = command("export", export_graph, "Write weights as an ONNX file, and check it against PyTorch.")
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
    one.add_argument("--out", metavar="FOLDER", help="for one that trains: of its NAME.csv, which is gone on with")
    one.add_argument("--workers", type=_count, metavar="N", help="processes of one thread (default: one a core)")
    one.add_argument("--photos", type=_count, metavar="N", help="photos seen in each run (default: the experiment's)")
    one.add_argument("--seeds", type=_count, metavar="N", help="seeds 0 to N - 1 (default: the experiment's)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
