"""The command `experiment`: a measurement, and its table."""

import argparse

from ..experiments import EXPERIMENTS, Experiment, runs_path
from ..machine import compute
from ..refused import Refused
from .scoring import data_folder
from .speech import progress_bar, say, tell


def run(options: argparse.Namespace) -> None:
    """Run the named experiment and print its table.  Raises: Refused for --weights where it takes none."""
    asked = EXPERIMENTS[options.name]
    if options.weights is not None and not asked.own:
        names = ", ".join(one.name for one in EXPERIMENTS.values() if one.own)
        raise Refused(f"{asked.name} has networks of its own or none: --weights is for {names}")
    (_resumed if asked.resumed else _measured)(asked, options)


def _resumed(asked: Experiment, options: argparse.Namespace) -> None:
    if options.out is None:
        raise Refused(f"{asked.name} keeps its runs in a file; expected --out FOLDER, such as --out results")
    path = runs_path(asked.name, options.out)
    given = {
        "photos": options.photos,
        "seeds": range(options.seeds) if options.seeds else None,
        "weights_at": options.weights,
    }
    say(f"Each run adds a line to {path}; the same command goes on where it was stopped.")
    with progress_bar(asked.name, "run") as progress:
        result = asked.load()(
            data_folder(options),
            path.parent,
            progress,
            workers=options.workers or compute.available_threads(),
            **{name: value for name, value in given.items() if value is not None},
        )
    tell(result)


def _measured(asked: Experiment, options: argparse.Namespace) -> None:
    if options.out is not None or options.workers or options.photos or options.seeds:
        names = ", ".join(one.name for one in EXPERIMENTS.values() if one.resumed)
        raise Refused(f"{asked.name} is not resumed: --out, --workers, --photos and --seeds are for {names}")
    with progress_bar(asked.name, "step") as progress:
        if options.weights is None:
            tell(asked.load()(data_folder(options), progress))
        else:
            tell(asked.load_own()(data_folder(options), options.weights, progress))
