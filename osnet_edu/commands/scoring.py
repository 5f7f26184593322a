"""Weights scored by the Market-1501 rule, and the score told in words."""

import argparse
from pathlib import Path

from .. import assets, retrieval
from ..embed import embed, embedder_for
from ..machine.distributed import ONE_PROCESS, Team
from ..network import weights
from ..photos import market
from ..photos.copies import copies
from .speech import progress_bar, say, say_skipped, tell


def data_folder(options: argparse.Namespace) -> Path:
    """The folder that DATA names, or the shipped subset."""
    return assets.subset() if options.data is None else Path(options.data)


def score_by_rule(checkpoint: weights.Checkpoint, found: market.Market, size, metric: str, team: Team = ONE_PROCESS):
    """Embed both sides of a folder and score them by the Market-1501 rule.

    size: (height, width) in pixels; None is the checkpoint's.  metric: cosine or euclidean.
    Returns: the score, and the photos that were skipped.
    """
    sides, size = [], size or checkpoint.size
    embedder_for(checkpoint.model, photos=len(found.query) + len(found.gallery), size=size, say=say)
    for name, photos in (("queries", found.query), ("gallery", found.gallery)):
        with progress_bar(f"embedding {name}") as progress:
            sides.append(embed(checkpoint.model, photos, size=size, progress=progress, team=team))
    queries, gallery = sides
    if gallery.engine is not None:
        say(f"Embedded by {gallery.engine}: {gallery.engine.why}.")
    return retrieval.score(queries, gallery, metric), (*queries.skipped, *gallery.skipped)


def say_score(score: retrieval.Score, found: market.Market) -> None:
    """What makes a score mean less than it seems: equal distances, and queries that are in the gallery too."""
    if score.tied:
        say(
            f"Ties: for {score.tied} queries a photo of somebody else is just as close as the first match. An equal "
            "distance is not a hit: the other photo has the better rank."
        )
    photos = {photo.path: photo for photo in (*found.query, *found.gallery)}
    same = copies(*([photo.path for photo in side] for side in (found.query, found.gallery)))
    pairs = [(photos[one], photos[other]) for one, other in same]
    wrong = {query for query, photo in pairs if photo.person not in (query.person, market.JUNK)}
    right = {query for query, photo in pairs if photo.person == query.person and photo.camera != query.camera}
    if wrong:
        say(
            f"Copies: {len(wrong)} queries stand in the gallery too, as a passer-by or another person. A copy is the "
            "closest photo and counts as wrong. Take the copies out of the gallery for a fair score."
        )
    if right:
        say(
            f"Copies: {len(right)} queries stand in the gallery too, as a match by another camera. Any network finds a "
            "copy. Take the copies out of the gallery for a fair score."
        )


def figures_of(score: retrieval.Score) -> dict[str, float]:
    """Rank-1, rank-5, rank-10, mAP and mINP by name, each in [0, 1]."""
    ranks = {f"rank{k}": score.rank(k) for k in (1, 5, 10)}
    return {**ranks, "mean_ap": score.mean_ap, "mean_inp": score.mean_inp}


def report(scored) -> None:
    """Tell the figures in percent, how many queries count, and what was skipped.

    scored: what `score_by_rule` returns.
    """
    score, skipped = scored
    figures = figures_of(score)
    names = {"rank1": "rank-1", "rank5": "rank-5", "rank10": "rank-10", "mean_ap": "mAP", "mean_inp": "mINP"}
    tell("  " + "   ".join(f"{names[name]} {value:.1%}" for name, value in figures.items()))
    without = f"; {score.queries_without_match} without a match were left out" if score.queries_without_match else ""
    tell(f"  {score.queries} queries counted{without}")
    say_skipped(skipped)
