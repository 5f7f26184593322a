"""The command `explain`: a picture of what in one photo speaks for and against another."""

import argparse
import difflib
from collections.abc import Sequence

from ..machine import whole
from ..network import weights
from ..photos import market
from ..refused import Refused
from .scoring import data_folder
from .speech import PICTURES, progress_bar, tell


def run(options: argparse.Namespace) -> None:
    """Draw the map of one pair into a picture file.  Raises: Refused for an unknown method or photo."""
    from .. import figures
    from ..embed import normalise
    from ..explain import DEFAULT, METHODS, TABLE, Network, similarity
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
    heat = TABLE[method].on(Network(checkpoint.model), images[1:], target)[0]
    figure = figures.explained_pair(decoded.images, pair, heat, method, alike)
    with whole.file(out) as growing:
        figure.savefig(growing, dpi=150)
    tell(
        f"Wrote {options.out}: what in {pair[1].name} speaks for and against {pair[0].name} ({method}). "
        f"Their similarity is {alike:.2f}.{why}"
    )


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
