"""The commands about explanations: a map of a pair, and the grade of a method."""

import argparse
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from .. import market, weights, whole
from ..refused import Refused
from .scoring import data_folder
from .speech import progress_bar, say, tell

PICTURES = (".png", ".jpg", ".jpeg")


def explain_pair(options: argparse.Namespace) -> None:
    from .. import figures
    from ..embed import normalise
    from ..explain import METHODS, similarity
    from ..explain import embed as features_of

    if options.method not in METHODS:
        raise Refused(f"--method must be one of {', '.join(METHODS)}, got {options.method!r}")
    out = whole.new_file(options.out, (*PICTURES, ".pdf", ".svg"))
    found = market.read(data_folder(options), train=False)
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    pair = [_named(found.query, options.query, "query"), _named(found.gallery, options.gallery, "gallery")]
    decoded = market.decode(pair, checkpoint.size)
    if decoded.skipped:
        raise Refused(f"{decoded.skipped[0].path.name} {decoded.skipped[0].reason}")
    images = normalise(decoded.images)
    features = features_of(checkpoint.model, images)
    target = similarity(features[:1])
    alike = float(target(features[1:]))
    heat = METHODS[options.method](checkpoint.model, images[1:], target)[0]
    figure = figures.explained_pair(decoded.images, pair, heat, options.method, alike)
    with whole.file(out) as growing:
        figure.savefig(growing, dpi=150)
    tell(
        f"Wrote {options.out}: what in {options.gallery} speaks for and against {options.query} ({options.method}). "
        f"Their similarity is {alike:.2f}."
    )


def grade_method(options: argparse.Namespace) -> None:
    from ..experiments import anyone

    method = anyone.DEFAULT if options.method is None else options.method
    if options.patience is not None and method in anyone.kit():
        raise Refused(f"--patience is for a method of yours, FILE:FUNCTION; {method!r} is the kit's")
    patience = anyone.PATIENCE if options.patience is None else options.patience
    if options.checks:
        _check_method(options, method, patience)
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


def _check_method(options: argparse.Namespace, method: str, patience: float) -> None:
    from ..experiments import checks

    if options.out is not None or options.families is not None:
        raise Refused("--checks writes no file and grades no families: leave --out and --families out")
    with progress_bar("checking", "step") as progress:
        tell(checks.run(data_folder(options), method, options.weights, progress, patience=patience))


def _named(photos: Sequence[market.Photo], name: str, side: str) -> market.Photo:
    for photo in photos:
        if name in (photo.name, photo.path.stem):
            return photo
    raise Refused(f"there is no {side} photo {name!r}; expected a name such as {photos[0].name}")
