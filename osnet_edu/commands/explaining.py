"""The commands about explanations: a map of a pair, and the grade of a method."""

import argparse
import difflib
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from ..machine import whole
from ..network import weights
from ..photos import market
from ..refused import Refused
from .scoring import data_folder
from .speech import progress_bar, say, tell

PICTURES = (".png", ".jpg", ".jpeg")


def explain_pair(options: argparse.Namespace) -> None:
    from .. import figures
    from ..embed import normalise
    from ..explain import DEFAULT, METHODS, similarity
    from ..explain import embed as features_of

    method = DEFAULT if options.method is None else options.method
    if method not in METHODS:
        raise Refused(f"--method must be one of {', '.join(METHODS)}, got {method!r}")
    if options.query is None and options.gallery is not None:
        raise Refused("--gallery needs the --query that it is held against; leave out both for the first failure")
    out = whole.new_file(options.out, (*PICTURES, ".pdf", ".svg"))
    found = market.read(data_folder(options), train=False)
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    pair, why = _pair(found, checkpoint, options.query, options.gallery)
    decoded = market.decode(pair, checkpoint.size)
    if decoded.skipped:
        raise Refused(f"{decoded.skipped[0].path.name} {decoded.skipped[0].reason}")
    images = normalise(decoded.images)
    features = features_of(checkpoint.model, images)
    target = similarity(features[:1])
    alike = float(target(features[1:]))
    heat = METHODS[method](checkpoint.model, images[1:], target)[0]
    figure = figures.explained_pair(decoded.images, pair, heat, method, alike)
    with whole.file(out) as growing:
        figure.savefig(growing, dpi=150)
    tell(
        f"Wrote {options.out}: what in {pair[1].name} speaks for and against {pair[0].name} ({method}). "
        f"Their similarity is {alike:.2f}.{why}"
    )


def grade_method(options: argparse.Namespace) -> None:
    from ..grading import anyone

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
    from ..grading import checks

    if options.out is not None or options.families is not None:
        raise Refused("--checks writes no file and grades no families: leave --out and --families out")
    with progress_bar("checking", "step") as progress:
        tell(checks.run(data_folder(options), method, options.weights, progress, patience=patience))


def _pair(
    found: market.Market, checkpoint: weights.Checkpoint, query: str | None, gallery: str | None
) -> tuple[list[market.Photo], str]:
    """The photos of these names. Without a gallery photo, the query's first one; without a query, the first that fails.

    Returns: query and gallery photo, and a sentence about what was chosen.
    """
    asked = None if query is None else _named(found.query, query, "query")
    if asked is not None and gallery is not None:
        return [asked, _named(found.gallery, gallery, "gallery")], ""
    from ..explain import without

    with progress_bar("embedding", "photo") as progress:
        rankings = without.Rankings(checkpoint, found, progress)
    fails = False
    places = range(len(rankings.queries)) if asked is None else [rankings.queries.index(asked)]
    for place in places:
        order = rankings.ranked(place).order
        fails = len(order) > 0 and rankings.gallery[order[0]].person != rankings.queries[place].person
        if fails:
            break
    else:
        place = places[0]
        order = rankings.ranked(place).order
    if not len(order):
        raise Refused(f"no gallery photo counts for {rankings.queries[place].name}; name one with --gallery")
    pair = [rankings.queries[place], rankings.gallery[order[0]]]
    whose = "another person: a failure" if fails else "the same person"
    return pair, f" It is the query's first gallery photo, and shows {whose}."


def _named(photos: Sequence[market.Photo], name: str, side: str) -> market.Photo:
    for photo in photos:
        if name in (photo.name, photo.path.stem):
            return photo
    names = [photo.name for photo in photos]
    near = difflib.get_close_matches(name[:60], names, 1) or [one for one in names if not one.startswith("-")] or names
    if not near:
        raise Refused(f"there is no {side} photo {name!r}, and none at all in this folder")
    raise Refused(f"there is no {side} photo {name!r}; expected a name such as {near[0]}")
