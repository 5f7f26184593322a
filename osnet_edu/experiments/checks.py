"""Checks of a method that need no truth, on the photos of any folder: also of real ones.

For some hard pairs of the folder: does the map change when the weights become random (see `sanity`), and does the
similarity move when the pixels that the map names are taken away first, or brought back first? Both are held against a
random map. Passing them makes a map no truth; failing one makes it hard to believe.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import draws, weights
from ..embed import embedder_for, normalise, pictures
from ..explain import METHODS, blur, embed, grading, similarity, without
from ..refused import Refused
from . import anyone, sanity

PAIRS = 8  # hard pairs of the folder: a query and its hardest negative
DEFAULT = "gradient x activation"
FILLS = ("grey", "blurred")


@dataclass(frozen=True)
class Checks:
    """kept: by the last stage that became random, how alike the maps stay.  deletion, insertion: by fill, the area
    under the similarity for the method and for a random map; for what speaks for the match.  pairs: how many.
    """

    method: str
    pairs: int
    kept: dict[str, float]
    deletion: dict[str, tuple[float, float]]
    insertion: dict[str, tuple[float, float]]

    def __str__(self) -> str:
        lines = [
            f"{self.method}, on {self.pairs} hard pairs. No truth is known here; these checks need none.",
            "Random weights from the last stage on: how alike the map stays (1 is the same; a map should change)",
            "  " + "".join(f"{stage:>8}" for stage in self.kept),
            "  " + "".join(f"{value:>8.2f}" for value in self.kept.values()),
            f"Similarity while pixels are taken away or brought back, {'method':>12}{'random':>8}",
        ]
        for words, areas in (
            ("taken away (lower is better)", self.deletion),
            ("brought back (higher)", self.insertion),
        ):
            lines += [f"  {words}, {fill:<8}{ours:>16.3f}{theirs:>8.3f}" for fill, (ours, theirs) in areas.items()]
        return "\n".join(lines)


def run(
    folder: Path,
    method: str | None = None,
    path: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Checks:
    """Check a method.

    folder: a Market-1501 folder.  method: a name of `explain.METHODS`, or FILE:FUNCTION as `anyone` takes it, which is
    run in this process.  path: a checkpoint; None takes the shipped one.
    Raises: Refused for a method that is not there, and a folder without hard pairs.
    """
    name = DEFAULT if method is None else method
    if name not in METHODS:
        anyone.where(name)  # refuses what is neither, before the work starts
    checkpoint = weights.shipped() if path is None else weights.open(path)
    rankings = without.Rankings(checkpoint, folder)
    triplets = rankings.triplets()[:PAIRS]
    if len(triplets) < PAIRS:
        raise Refused(f"{folder} has {len(triplets)} queries with a match and an impostor, expected at least {PAIRS}")
    queries, photos = (
        rankings.pictures([side[getattr(triplet, role)] for triplet in triplets])
        for side, role in ((rankings.queries, "query"), (rankings.gallery, "negative"))
    )
    ask = METHODS[name] if name in METHODS else _own(name, queries)
    total, model = 2 + len(FILLS), checkpoint.model
    kept = sanity.kept(ask, model, normalise(queries), normalise(photos))
    if progress:
        progress(1, total)
    heats = ask(model, normalise(photos), similarity(embed(model, normalise(queries))))
    chance = draws.named(0, "random maps").random(heats.shape)
    fast = embedder_for(model, photos=10_000, size=checkpoint.size)
    deletion, insertion = {}, {}
    for k, fill in enumerate(FILLS):
        plain = normalise(photos)
        paint = pictures(torch.zeros_like(plain) if fill == "grey" else blur(plain, plain.shape[2] / 16))
        for area, found in ((grading.deletion, deletion), (grading.insertion, insertion)):
            means = []
            for maps in (heats, chance):
                each = [
                    area(_score(fast, query), photo, heat, one)
                    for query, photo, heat, one in zip(queries, photos, maps, paint, strict=True)
                ]
                means.append(float(np.mean(each)))
            found[fill] = means[0], means[1]
        if progress:
            progress(2 + k, total)
    if progress:
        progress(total, total)
    return Checks(name, len(triplets), kept, deletion, insertion)


def _score(fast, query: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    target = similarity(torch.as_tensor(fast(query[None])))
    return lambda photos: target(torch.as_tensor(fast(photos))).numpy()


def _own(name: str, queries: np.ndarray):
    """A function of (model, query, photo) as one of (model, images, target), for these queries in their order."""
    found = anyone.loaded(*anyone.where(name))

    def ask(model, images, _target):
        pairs = zip(queries, pictures(images), strict=True)
        return np.stack([anyone.map_of(found, name, model, query, photo) for query, photo in pairs])

    return ask
