"""The command `grade`: a method of anybody's, graded on the frozen set, or checked without a truth."""

import argparse
import itertools
import os
from pathlib import Path

from ..grading import anyone
from ..machine import whole
from ..photos import market
from ..refused import Refused
from .scoring import data_folder
from .speech import progress_bar, say, tell


def run(options: argparse.Namespace) -> None:
    """Grade a method on the frozen set, or, with --checks, check it on a folder without a truth."""
    method = anyone.DEFAULT_METHOD if options.method is None else options.method
    if options.patience is not None and method in anyone.kit():
        raise Refused(f"--patience is for a method of yours, FILE:FUNCTION; {method!r} is the kit's")
    patience = anyone.MAP_PATIENCE if options.patience is None else options.patience
    if options.checks:
        _check(options, method, patience)
        return
    if options.data is not None:
        _refuse_folder(market.read(options.data).root)
    if options.out is None:
        raise Refused("grade writes a line for each pair; expected --out CSV, such as --out grades.csv")
    out = whole.new_file(options.out, (".csv",))
    families = anyone.FAMILIES if options.families is None else options.families
    with progress_bar("grading", "step") as progress:
        report = anyone.grade(method, options.weights, families=families, patience=patience, progress=progress)
    tell(report)  # first: whatever happens to the file, the grades are seen
    free = _free(out)
    if free != out:
        say(f"{out} came into being meanwhile and is left as it is; {free.name} is written instead.")
    with whole.file(free) as growing:
        growing.write_text(report.csv(), encoding="utf-8")
    tell(f"Wrote {free}: a line for each of {len(report.seen)} pairs.")


def _free(out: Path) -> Path:
    """The path itself, or the first one beside it that nobody has taken: grades-2.csv for grades.csv."""
    names = (out.with_stem(f"{out.stem}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([out], names) if not os.path.lexists(path))


def _refuse_folder(root: Path) -> None:
    what = (
        "has masks, but its pairs are not the frozen ones"
        if (root / market.MASKS).is_dir()
        else f"has no {market.MASKS}/, so nobody knows there which pixels differ"
    )
    raise Refused(
        f"{root} {what}. Methods are graded on rendered pairs that need no folder: leave it out. "
        "What needs no truth can be asked about its photos: add --checks"
    )


def _check(options: argparse.Namespace, method: str, patience: float) -> None:
    from ..grading import checks

    if options.out is not None or options.families is not None:
        raise Refused("--checks writes no file and grades no families: leave --out and --families out")
    with progress_bar("checking", "step") as progress:
        tell(checks.run_checks(data_folder(options), method, options.weights, progress, patience=patience))
