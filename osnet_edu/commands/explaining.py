"""The commands about explanations: a map of a pair, and the grade of a method."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from .. import market, weights, whole
from ..refused import Refused
from .scoring import data_folder
from .speech import progress_bar, tell

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

    if options.checks:
        _check_method(options)
        return
    if options.data is not None:
        _refuse_folder(market.read(options.data).root)
    if options.out is None:
        raise Refused("grade writes a line for each pair; expected --out CSV, such as --out grades.csv")
    out = whole.new_file(options.out, (".csv",))
    method = anyone.DEFAULT if options.method is None else options.method
    with progress_bar("grading", "step") as progress:
        report = anyone.grade(
            method, options.weights, families=options.families, patience=options.patience, progress=progress
        )
    with whole.file(out) as growing:
        growing.write_text(report.csv(), encoding="utf-8")
    tell(report)
    tell(f"Wrote {options.out}: a line for each of {len(report.seen)} pairs.")


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


def _check_method(options: argparse.Namespace) -> None:
    from ..experiments import checks

    with progress_bar("checking", "step") as progress:
        tell(checks.run(data_folder(options), options.method, options.weights, progress))


def _named(photos: Sequence[market.Photo], name: str, side: str) -> market.Photo:
    for photo in photos:
        if name in (photo.name, photo.path.stem):
            return photo
    raise Refused(f"there is no {side} photo {name!r}; expected a name such as {photos[0].name}")
