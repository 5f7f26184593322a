"""The options of every command. They are read before PyTorch is loaded: a mistake and --help are answered at once."""

import argparse

from ..machine import limits
from . import arguments

_EXPLAINED = {
    "render": "Write a Market-1501 folder of rendered people, with masks.",
    "subset": "Copy a subset of the people of a Market-1501 folder.",
    "split": "Make a Market-1501 folder of photos that have no queries yet, by a rule that is said.",
    "train": "Train a reduced OSNet; ends with RUN/weights.safetensors and its scores.",
    "evaluate": "Score weights by the Market-1501 rule.",
    "export": "Write weights as an ONNX file, and check it against PyTorch.",
    "explain": "Draw which pixels of a gallery photo speak for and against a query.",
    "grade": "Grade a method of yours on the frozen grading set, in a process of its own.",
    "audit": "Ask any network what it finds, what it looks at and which maps of it are right: one page.",
    "experiment": "Run a measurement and print its table.",
    "report": "Run the exercise answers of a class anew, and write who solved what.",
    "room": "Count what a class predicted and which mistakes it made, from its records, without names.",
    "lock": "Write a file that locks solutions until a moment, or for those who have a key.",
}
_PATIENCE = f"Under torchrun the processes wait {limits.PATIENCE} minutes for one that does not come or falls silent."


def parser() -> argparse.ArgumentParser:
    """One parser for all commands; what it reads has `command`, the name of the file in this folder that runs it."""
    made = arguments.Parser(
        prog="python -m osnet_edu", description="Build, train, rank and explain a small re-identification network."
    )
    commands = made.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for name, text in _EXPLAINED.items():
        _OPTIONS[name](commands.add_parser(name, help=text, description=text))
    return made


def _render(one: argparse.ArgumentParser) -> None:
    one.add_argument("out", metavar="OUT", help="a new folder")
    one.add_argument("--people", type=arguments.up_to(100_000), default=240, help="identities (default 240)")
    one.add_argument(
        "--unseen", type=arguments.up_to(100_000), metavar="N", help="of them, not to train on (default: a quarter)"
    )
    one.add_argument("--seed", type=arguments.seed, default=0)
    one.add_argument(
        "--world",
        choices=("home", "wide", "wider", "other"),
        default="home",
        help="home: as shipped; wide: many cameras, streets and colours; wider: more of each, and more clutter; "
        "other: shares nothing with them",
    )
    one.add_argument(
        "--photos",
        type=arguments.up_to(10_000),
        default=12,
        metavar="N",
        help="of each person (default 12, Market's is 24)",
    )
    one.add_argument(
        "--train-photos", type=arguments.up_to(10_000), metavar="N", help="of each to train on (default: as --photos)"
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


def _subset(one: argparse.ArgumentParser) -> None:
    one.add_argument("market", type=arguments.path_text, metavar="MARKET", help="a Market-1501 folder")
    one.add_argument("out", metavar="OUT", help="a new folder")
    one.add_argument("--people", type=arguments.up_to(100_000), default=240, help="identities in all (default 240)")
    one.add_argument("--seed", type=arguments.seed, default=0)


def _split(one: argparse.ArgumentParser) -> None:
    text = "one folder for each person, or photos with Market-1501 names and no queries"
    one.add_argument("folder", type=arguments.path_text, metavar="FOLDER", help=text)
    one.add_argument("out", metavar="OUT", help="a new folder")
    one.add_argument("--seed", type=arguments.seed, default=0, help="draws the people to test with (default 0)")


def _train(one: argparse.ArgumentParser) -> None:
    _data(one)
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
        "--start", type=arguments.path_text, metavar="FILE", help="weights to start from, all but their classifier"
    )
    one.add_argument(
        "--ibn", action="store_const", const=True, help="instance normalisation in the stem and stage 1, as OSNet-IBN"
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
    one.add_argument("--dtype", choices=limits.DTYPE_NAMES, help="default: measured")
    one.add_argument("--threads", type=arguments.up_to(limits.MOST_THREADS), metavar="N", help="default: measured")
    one.add_argument(
        "--layout",
        choices=arguments.LAYOUTS,
        help="of pictures in memory (default: measured, so that two runs may differ in their last bits; "
        "--dtype, --threads and --layout together pin the way; --resume keeps it)",
    )
    one.add_argument("--compile", action="store_true", help="through torch.compile, which first takes a minute")
    one.epilog = _PATIENCE


def _evaluate(one: argparse.ArgumentParser) -> None:
    _data(one)
    _weights(one)
    one.add_argument(
        "--size", type=arguments.size, metavar="HxW", help="default: the size that the weights were trained at"
    )
    one.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine")
    one.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu")
    one.add_argument("--json", action="store_true", help="print one JSON object of fractions")
    one.epilog = _PATIENCE


def _export(one: argparse.ArgumentParser) -> None:
    one.add_argument("out", metavar="OUT", help="a new file, such as osnet.onnx")
    _weights(one)


def _explain(one: argparse.ArgumentParser) -> None:
    _data(one)
    _weights(one)
    one.add_argument("--query", metavar="NAME", help="file name of a query (default: the first that fails)")
    one.add_argument("--gallery", metavar="NAME", help="file name of a gallery photo (default: the query's first one)")
    one.add_argument("--out", required=True, metavar="PNG", help="the picture to write")
    one.add_argument("--method", help="default: gradient x activation on pieces")
    one.epilog = f"Methods: {', '.join(arguments.METHOD_NAMES)}."


def _grade(one: argparse.ArgumentParser) -> None:
    _data(one)
    _weights(one)
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


def _audit(one: argparse.ArgumentParser) -> None:
    text = "an OSNet's .safetensors or .pth, or any network as .onnx; default: the shipped weights"
    one.add_argument("--weights", type=arguments.path_text, metavar="FILE", help=text)
    one.add_argument(
        "--method", metavar="FILE:FUNCTION", help="a function: photos (N, H, W, 3) uint8 -> features (N, D), instead"
    )
    one.add_argument("--against", metavar="FILE", help="a second network, or FILE:FUNCTION: what differs beyond chance")
    one.add_argument("--out", metavar="HTML", help="the page to write; its answers are kept beside it")
    one.add_argument("--quick", action="store_true", help="about three minutes instead of thirty")
    one.add_argument("--json", action="store_true", help="print the record as one JSON object")
    one.add_argument("--answers", metavar="FOLDER", help="where answers are kept (default: beside the page)")
    one.add_argument(
        "--maps",
        type=arguments.up_to(200),
        metavar="N",
        help="pairs a part that maps are graded on (default: 4 with --quick, else 10)",
    )
    one.add_argument(
        "--preprocessing", choices=("imagenet", "0-1", "kit"), help="of an .onnx that does not say it: what it expects"
    )
    one.add_argument("--size", type=arguments.size, metavar="HxW", help="of photos for an .onnx of free size")
    one.add_argument(
        "--patience", type=arguments.real, metavar="S", help="seconds for one batch of somebody else's network"
    )
    one.epilog = "An audit that was stopped goes on: the same command reads what was answered."


def _experiment(one: argparse.ArgumentParser) -> None:
    one.epilog, one.formatter_class = arguments.experiments(), argparse.RawDescriptionHelpFormatter
    one.add_argument("name", metavar="NAME", help="listed below")
    _data(one)
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
        type=arguments.path_text,
        metavar="FILE|FOLDER",
        help="for gate-parts, gate-scale, exchange and leaderboard: networks of your own; default: those that ship",
    )
    one.add_argument(
        "--photos", type=arguments.up_to(10**9), metavar="N", help="photos seen in each run (default: the experiment's)"
    )
    one.add_argument(
        "--seeds", type=arguments.up_to(1000), metavar="N", help="seeds 0 to N - 1 (default: the experiment's)"
    )


def _report(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "notebooks",
        nargs="+",
        type=arguments.path_text,
        metavar="NOTEBOOKS",
        help="notebooks, or folders with notebooks; a student is the name of a file, or of the folder of a lesson",
    )
    one.add_argument("--out", required=True, metavar="CSV", help="the table to write; a page is written beside it")
    one.add_argument(
        "--seconds", type=arguments.up_to(600), default=10, metavar="N", help="for one answer (default 10)"
    )
    one.add_argument(
        "--trust",
        action="store_true",
        help="go on where the system cannot shut the students' code in, and run it with your rights",
    )


def _room(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "folder", type=arguments.path_text, metavar="FOLDER", help="with the progress.jsonl of each student, any names"
    )
    one.add_argument("--out", required=True, metavar="PAGE", help="the page to write (.html); a picture lies beside it")
    one.add_argument(
        "--discussed",
        type=arguments.moment,
        metavar="TIME",
        help="when you discussed, such as 2026-11-30T10:30, in this machine's time; without it a person's first answer "
        "is held against the last one",
    )


def _lock(one: argparse.ArgumentParser) -> None:
    one.add_argument("exercises", nargs="*", metavar="EXERCISE", help="whose solutions are locked (default: all)")
    one.add_argument(
        "--out", required=True, metavar="FOLDER", help="the folder of the notebooks that the class gets, or a copy"
    )
    one.add_argument("--until", type=arguments.moment, metavar="TIME", help="when they open, such as 2026-12-01T12:00")
    one.add_argument("--key", metavar="WORD", help="opens them at any time: %%unlock WORD in a notebook")
    one.epilog = (
        "The lock stops %%solution, so that nobody opens a solution by habit. It hides nothing: the kit is open "
        "source, and who removes the file or sets the clock has removed the lock."
    )


def _data(one: argparse.ArgumentParser) -> None:
    text = "a Market-1501 folder; default: the shipped subset"
    one.add_argument("data", nargs="?", type=arguments.path_text, metavar="DATA", help=text)


def _weights(one: argparse.ArgumentParser) -> None:
    text = ".safetensors or official .pth; default: the shipped ones"
    one.add_argument("--weights", type=arguments.path_text, metavar="FILE", help=text)


_OPTIONS = {
    "render": _render,
    "subset": _subset,
    "split": _split,
    "train": _train,
    "evaluate": _evaluate,
    "export": _export,
    "explain": _explain,
    "grade": _grade,
    "audit": _audit,
    "experiment": _experiment,
    "report": _report,
    "room": _room,
    "lock": _lock,
}
