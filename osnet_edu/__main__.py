"""The command line: python -m osnet_edu COMMAND. Each command says what it writes and ends with a plain sentence.

The options are read before PyTorch is loaded, which takes seconds: a mistake and --help are answered at once.
"""

import argparse
import contextlib
import errno
import json
import os
import sys
from collections.abc import Callable, Sequence

from . import arguments
from .machine import limits, whole
from .refused import Refused


def main(given: Sequence[str] | None = None) -> int:
    """Run one command.  Returns: the exit status, 0 for success, 2 where the input was refused."""
    _any_terminal()
    options = _parser().parse_args(given)
    try:
        arguments.check(options)
        from .commands import one_voice
        from .machine import distributed

        with whole.ending(), one_voice(distributed.launched()):
            options.run(options)
        return 0
    except whole.Ended as ended:
        arguments.say("Stopped by a request to end.")
        return ended.code
    except KeyboardInterrupt:
        arguments.say("Stopped.")
        return 130
    except OSError as error:
        full = "; the disk is full" if error.errno == errno.ENOSPC else ""
        where = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return _refuse(f"{where}{full}")
    except (Refused, FloatingPointError) as error:  # anything else is a bug and shows its traceback
        return _refuse(error)
    except (MemoryError, RuntimeError) as error:  # but for the end of the memory, which is the system's own
        from .train import memory

        if not memory.is_full(error):
            raise
        there = memory.available()
        of = f" of {there / 1e9:.1f} GB" if there else ""
        return _refuse(f"the memory{of} is used up; a smaller --size or --batch, or fewer photos, need less")


def _any_terminal() -> None:
    """What a terminal's encoding lacks is written escaped: no score is lost to the name of a file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _refuse(reason: object) -> int:
    who = ""
    if "WORLD_SIZE" in os.environ:  # of torchrun, which starts several
        from .machine import distributed

        with contextlib.suppress(Refused):
            team = distributed.launched()
            who = f"{team}: " if team.size > 1 else ""
    arguments.say(f"osnet_edu: {who}{reason}")
    return 2


# --- commands ---------------------------------------------------------------------------------------------------------


def render(options: argparse.Namespace) -> None:
    from . import people
    from .commands import PICTURES, progress_bar, tell

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
    tell(
        f"Wrote {options.out}: {summary.people} people, {summary.pairs} pairs of twins; {summary.train} photos "
        f"to train on, {summary.query} queries, {summary.gallery} gallery photos; {summary.bytes / 1e6:.1f} MB."
    )
    if options.archive:
        size = people.pack(options.out, options.archive)
        tell(f"Wrote {options.archive}: the same folder as one file, {size / 1e6:.1f} MB.")
    if options.preview:
        with whole.file(options.preview) as growing:
            people.contact_sheet(options.out).save(growing)
        tell(f"Wrote {options.preview}: a contact sheet.")


def subset(options: argparse.Namespace) -> None:
    from .commands import progress_bar, say_read, tell
    from .photos import market

    whole.new_folder(options.out)
    found = market.read(options.market)
    chosen = market.subset(found, options.people, options.seed)
    with progress_bar("copying") as progress:
        market.write(chosen, options.out, progress)
    tell(
        f"Wrote {options.out}: {len(chosen.train)} photos to train on, {len(chosen.query)} queries, "
        f"{len(chosen.gallery)} gallery photos, of {options.people} people (seed {options.seed})."
    )
    say_read(chosen)


def evaluate(options: argparse.Namespace) -> None:
    from .commands import data_folder, figures_of, report, say_read, say_score, score_by_rule, tell
    from .machine import compute, distributed
    from .network import weights
    from .photos import market
    from .train import memory

    compute.check_device(options.device)
    found = market.read(data_folder(options), train=False)
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    memory.check_embedding(checkpoint.model, options.size or checkpoint.size, 64, memory.available(options.device))
    with distributed.joined(options.device) as team:
        checkpoint.model.to(options.device)
        score, skipped = score_by_rule(checkpoint, found, options.size, options.distance, team)
    if options.json:
        tell(json.dumps(figures_of(score)))
    else:
        height, width = options.size or checkpoint.size
        tell(f"{found.root} at {height}x{width}, {options.distance} distance:")
        report((score, skipped))
    say_score(score, found)
    say_read(found)


def experiment(options: argparse.Namespace) -> None:
    from . import experiments
    from .commands import data_folder, progress_bar, say, tell
    from .machine import compute

    measured, trained = experiments.EXPERIMENTS, experiments.RESUMED
    own = (*experiments.ON_OWN, experiments.LEADERBOARD)
    if options.weights is not None and options.name in (*measured, *trained) and options.name not in own:
        raise Refused(f"{options.name} has networks of its own or none: --weights is for {', '.join(own)}")
    if options.name in trained:
        if options.out is None:
            raise Refused(f"{options.name} keeps its runs in a file; expected --out FOLDER, such as --out results")
        path = experiments.file_of_runs(options.name, options.out)
        given = {
            "photos": options.photos,
            "seeds": range(options.seeds) if options.seeds else None,
            "weights_at": options.weights,
        }
        say(f"Each run adds a line to {path}; the same command goes on where it was stopped.")
        with progress_bar(options.name, "run") as progress:
            result = trained[options.name](
                data_folder(options),
                path.parent,
                progress,
                workers=options.workers or compute.available_threads(),
                **{name: value for name, value in given.items() if value is not None},
            )
        tell(result)
        return
    if options.out is not None or options.workers or options.photos or options.seeds:
        raise Refused(
            f"{options.name} is not resumed: --out, --workers, --photos and --seeds are for {', '.join(trained)}"
        )
    with progress_bar(options.name, "step") as progress:
        if options.weights is not None:
            tell(experiments.ON_OWN[options.name](data_folder(options), options.weights, progress))
        else:
            tell(measured[options.name](data_folder(options), progress))


def train(options: argparse.Namespace) -> None:
    from .commands import train_network

    train_network(options)


def export(options: argparse.Namespace) -> None:
    from .commands import export_graph

    export_graph(options)


def explain(options: argparse.Namespace) -> None:
    from .commands import explain_pair

    explain_pair(options)


def grade(options: argparse.Namespace) -> None:
    from .commands import grade_method

    grade_method(options)


# --- arguments --------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = arguments.Parser(
        prog="python -m osnet_edu", description="Build, train, rank and explain a small re-identification network."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    patience = (
        f"Under torchrun the processes wait {limits.PATIENCE} minutes for one that does not come or falls silent."
    )

    def command(name: str, run: Callable, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    def with_data(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "data",
            nargs="?",
            type=arguments.path,
            metavar="DATA",
            help="a Market-1501 folder; default: the shipped subset",
        )

    def with_weights(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--weights",
            type=arguments.path,
            metavar="FILE",
            help=".safetensors or official .pth; default: the shipped ones",
        )

    one = command("render", render, "Write a Market-1501 folder of rendered people, with masks.")
    one.add_argument("out", metavar="OUT", help="a new folder")
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
    one.add_argument("--preview", metavar="PNG", help="also write a contact sheet")
    one.add_argument(
        "--archive",
        metavar="ZIP",
        help="also write the folder as one file, as the shipped subset is",
    )

    one = command("subset", subset, "Copy a subset of the people of a Market-1501 folder.")
    one.add_argument("market", type=arguments.path, metavar="MARKET", help="a Market-1501 folder")
    one.add_argument("out", metavar="OUT", help="a new folder")
    one.add_argument("--people", type=arguments.up_to(100_000), default=240, help="identities in all (default 240)")
    one.add_argument("--seed", type=arguments.seed, default=0)

    one = command("train", train, "Train a reduced OSNet; ends with RUN/weights.safetensors and its scores.")
    with_data(one)
    one.add_argument("--out", required=True, metavar="RUN", help="a new folder for checkpoints, log and weights")
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
    one.add_argument(
        "--start", type=arguments.path, metavar="FILE", help="weights to start from, all but their classifier"
    )
    one.add_argument("--resume", action="store_true", help="go on from the last checkpoint in RUN")
    one.add_argument(
        "--checkpoint-every", type=arguments.up_to(10**9), default=100, metavar="N", help="steps (default 100)"
    )
    one.add_argument(
        "--recipe",
        choices=arguments.RECIPES,
        help="default: kit; published: the paper's, at the kit's size; first, shipped: of the shipped weights; "
        "market: for a real Market-1501 as in the paper",
    )
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: cpu")
    one.add_argument("--dtype", choices=limits.DTYPES, help="default: measured")
    one.add_argument("--threads", type=arguments.up_to(limits.MOST_THREADS), metavar="N", help="default: measured")
    one.add_argument(
        "--layout",
        choices=arguments.LAYOUTS,
        help="of pictures in memory (default: measured, so that two runs may differ in their last bits; "
        "--dtype, --threads and --layout together pin the way; --resume keeps it)",
    )
    one.add_argument("--compile", action="store_true", help="through torch.compile, which first takes a minute")

    one.epilog = patience

    one = command("evaluate", evaluate, "Score weights by the Market-1501 rule.")
    with_data(one)
    with_weights(one)
    one.add_argument(
        "--size", type=arguments.size, metavar="HxW", help="default: the size that the weights were trained at"
    )
    one.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine")
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu")
    one.add_argument("--json", action="store_true", help="print one JSON object of fractions")

    one.epilog = patience
    one = command("export", export, "Write weights as an ONNX file, and check it against PyTorch.")
    one.add_argument("out", metavar="OUT", help="a new file, such as osnet.onnx")
    with_weights(one)

    one = command("explain", explain, "Draw which pixels of a gallery photo speak for and against a query.")
    with_data(one)
    with_weights(one)
    one.add_argument("--query", metavar="NAME", help="file name of a query (default: the first that fails)")
    one.add_argument("--gallery", metavar="NAME", help="file name of a gallery photo (default: the query's first one)")
    one.add_argument("--out", required=True, metavar="PNG", help="the picture to write")
    one.add_argument("--method", help="default: gradient x activation on pieces")

    one.epilog = f"Methods: {', '.join(arguments.METHODS)}."

    one = command("grade", grade, "Grade a method of yours on the frozen grading set, in a process of its own.")
    with_data(one)
    with_weights(one)
    one.add_argument(
        "--method",
        metavar="FILE:FUNCTION",
        help="a function (model, query, photo) -> (H, W), below zero what speaks against; or the name of a method of "
        "the kit (default: gradient x activation, conv4)",
    )
    one.add_argument("--out", metavar="CSV", help="the file to write: a line for each pair")
    one.add_argument(
        "--families",
        type=arguments.up_to(200),
        metavar="N",
        help="pairs a part (default 25, the frozen set)",
    )
    one.add_argument(
        "--patience", type=arguments.real, metavar="S", help="seconds for one map of FILE:FUNCTION (default 60)"
    )
    one.add_argument("--checks", action="store_true", help="what needs no truth, on the photos of DATA")

    one = command("experiment", experiment, "Run a measurement and print its table.")
    one.epilog, one.formatter_class = arguments.experiments(), argparse.RawDescriptionHelpFormatter
    one.add_argument("name", metavar="NAME", help="listed below")
    with_data(one)
    one.add_argument(
        "--out",
        metavar="FOLDER",
        help="for one that trains: of its NAME.csv, which is gone on with",
    )
    one.add_argument(
        "--workers", type=arguments.up_to(256), metavar="N", help="processes of one thread (default: one a core)"
    )
    one.add_argument(
        "--weights",
        type=arguments.path,
        metavar="FILE|FOLDER",
        help="for gate-parts, gate-scale, exchange and leaderboard: networks of your own; default: those that ship",
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
