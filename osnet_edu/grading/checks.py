"""Checks of a method that need no truth, on the photos of any folder: also of real ones.

For some hard pairs of the folder: does the map change when the weights become random (see `sanity`), and does the
similarity move when the pixels that the map names are taken away first, or brought back first? Both are held against a
random map. Passing them makes a map no truth; failing one makes it hard to believe.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import draws
from ..embed import TorchEmbedder, embedder_for, normalise, pictures
from ..explain import Network, blur, similarity, without
from ..network import weights
from ..refused import Refused
from . import anyone, marks, sanity
from .answering import CASCADE, NOT_RANDOM
from .asked import Asked

PAIRS = 8  # hard pairs of the folder: a query and its hardest negative
FILLS = ("grey", "blurred")


@dataclass(frozen=True)
class Checks:
    """kept: by the last stage that became random, how alike the maps stay.  deletion, insertion: by fill, the area
    under the similarity for the method and for a random map; for what speaks for the match.  pairs: how many.
    printed: lines that the method printed.  flat: maps that are one number everywhere.
    """

    method: str
    pairs: int
    kept: dict[str, float]
    deletion: dict[str, tuple[float, float]]
    insertion: dict[str, tuple[float, float]]
    printed: int = 0
    flat: int = 0

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
        if self.flat:
            lines.append(f"{self.flat} of {self.pairs} maps are the same everywhere: they name no pixel.")
        if self.printed:
            lines.append(f"The method printed {anyone.words_left_out(self.printed)}.")
        return "\n".join(lines)


def run_checks(
    folder: Path,
    method: str = anyone.DEFAULT_METHOD,
    path: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    patience: float = anyone.MAP_PATIENCE,
) -> Checks:
    """Check a method.

    folder: a Market-1501 folder.  method: a name of the kit, or FILE:FUNCTION, which is asked in a process of its own
    (see `anyone`).  path: a checkpoint; None takes the shipped one.  patience: seconds for one map of FILE:FUNCTION.
    progress: (steps done, steps in all).
    Raises: Refused for a method that is not there, fails, takes too long, changes the network or gives no map, and a
    folder without hard pairs.
    """
    known = anyone.kit()
    source = None if isinstance(method, str) and method in known else anyone.where(method)
    checkpoint = weights.shipped() if path is None else weights.open(path)
    with ExitStack() as stack:
        # The file is loaded before anything is embedded: one that is broken is refused at once.
        asked = stack.enter_context(Asked(*source, path, patience)) if source else None
        queries, photos = _hard_pairs(checkpoint, folder)
        total = len(sanity.STAGES) + 1 + len(FILLS)
        first: list[np.ndarray] = []
        if asked:
            asked.prepare(CASCADE, photos)
            maps = (
                (stage, np.stack([asked.method(stage)(*pair) for pair in zip(queries, photos, strict=True)]))
                for stage in (NOT_RANDOM, *sanity.STAGES)
            )
        else:
            maps = (
                (stage, known[method](Network(network, TorchEmbedder(network)), queries, photos))
                for stage, network in sanity.cascade(checkpoint.model, normalise(photos))
            )
        kept = sanity.stage_correlations(_told(maps, first, total, progress))
    deletion, insertion = _areas(checkpoint, queries, photos, first[0], lambda k: _tell(progress, total - 1 + k, total))
    flat = sum(np.ptp(heat) == 0 for heat in first[0])
    return Checks(method, len(photos), kept, deletion, insertion, asked.printed if asked else 0, flat)


def _hard_pairs(checkpoint: weights.Checkpoint, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Queries and their hardest negatives, (PAIRS, H, W, 3) uint8 each."""
    rankings = without.Rankings(checkpoint, folder)
    triplets = rankings.triplets()[:PAIRS]
    if len(triplets) < PAIRS:
        raise Refused(f"{folder} has {len(triplets)} queries with a match and an impostor, expected at least {PAIRS}")
    queries, photos = (
        rankings.pictures([side[getattr(triplet, role)] for triplet in triplets])
        for side, role in ((rankings.queries, "query"), (rankings.gallery, "negative"))
    )
    return queries, photos


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress:
        progress(done, total)


def _told(maps: Iterable[tuple[str, np.ndarray]], kept: list, total: int, progress) -> Iterator[tuple[str, np.ndarray]]:
    """The same maps; the first ones are kept, and each stage is told."""
    for done, (stage, heats) in enumerate(maps, start=1):
        if stage == NOT_RANDOM:
            kept.append(heats)
        yield stage, heats
        _tell(progress, done, total)


def _areas(
    checkpoint: weights.Checkpoint, queries: np.ndarray, photos: np.ndarray, heats: np.ndarray, tell
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Deletion and insertion, by fill: for these maps and for random ones."""
    chance = draws.named(0, "random maps").random(heats.shape)
    fast = embedder_for(checkpoint.model, photos=10_000, size=checkpoint.size)
    deletion: dict[str, tuple[float, float]] = {}
    insertion: dict[str, tuple[float, float]] = {}
    for k, fill in enumerate(FILLS):
        plain = normalise(photos)
        paint = pictures(torch.zeros_like(plain) if fill == "grey" else blur(plain, plain.shape[2] / 16))
        for area, found in ((marks.deletion, deletion), (marks.insertion, insertion)):
            means = []
            for maps in (heats, chance):
                each = [
                    area(_score(fast, query), photo, heat, one)
                    for query, photo, heat, one in zip(queries, photos, maps, paint, strict=True)
                ]
                means.append(float(np.mean(each)))
            found[fill] = means[0], means[1]
        tell(k)
    return deletion, insertion


def _score(fast, query: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    target = similarity(torch.as_tensor(fast(query[None])))
    return lambda photos: target(torch.as_tensor(fast(photos))).numpy()
