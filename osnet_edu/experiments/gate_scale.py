"""Does the needed scale decide which streams carry the decision? The paper's claim on a ladder of painted pairs.

Stated before looking: in each of the six blocks, the wider a look a pair needs, the further the contributions lean to
streams with a wide view. That is an interaction of stream with log k, k the needed scale: the slope of the lean on
log2 k is above 0. The pairs and their measured needed scale are those of `ladder`. What a stream contributes is its
Shapley value for the margin s(q, p) - s(q, n); an absent stream becomes its mean over the gallery.

The lean of a triple in a block: sum over t of (t - 2.5) phi_t / sum of |phi_t|, from -1.5, all on stream 1, to 1.5, all
on stream 4. Each person gives one slope a network, over all rungs: people and networks both vary, and both are drawn
again for the interval (pigeonhole bootstrap). p is corrected for six blocks by Holm within each kind of networks.

Five networks of each kind, seeds 0 to 4:
    trained: the primary row.
    resampled: the same; an absent stream becomes that of another photo, and the normalisations behind are learned anew
        for each coalition.
    random groups: the same; instead of the four streams, four random groups of channels that remove as much energy.
    untrained: never trained, normalisations estimated.
    same-depth, resnext: no stream sees wider than another; resnext's thin streams are put together in four groups.
    addition: the four scales without a gate.
    256x128: the primary row on larger photos.
A slope that the trained networks show and the controls of equal scale do not would speak for the claim. A network that
decides like a coin has no decision to attribute: so the share of triples that are right stands beside each rung, and
all slopes are given again for the triples that the network tells apart.

The crossed set asks the trained networks about gap, area, contrast and position of the marks at once: area is not
scale. Sources: shapley, intervals.crossed_mean, intervals.holm.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import draws, intervals
from ..embed import normalise
from ..explain import cells, gates, shapley, untrained
from ..network import weights
from ..network.model import OSNet
from ..photos import market
from ..refused import Refused
from ..trials import alike
from . import ladder
from .gate_parts import gallery_for_means, lean_of
from .gate_scale_table import scale_table

_PEOPLE = 14  # of the ladder, for each network
FEWER = 6  # on larger photos, which cost four times as much, and in the crossed set
ORACLE = 24  # people for whom the needed scale is measured
_KINDS = ("trained", "resampled", "random groups", "untrained", "same-depth", "resnext", "addition", "256x128")

Values = Mapping[str, np.ndarray]  # by block, Shapley values (G, N)
_Answer = tuple[Values, np.ndarray]  # and margins (N,)


class Slope(intervals.Tested):
    """How the lean changes with each doubling of the needed scale, or between two levels of a factor.

    low, high: 95 %, over people and networks.  p: corrected for the number of blocks.
    """

    @property
    def verdict(self) -> str:
        """Whether the slope is "as stated" or "against it" by its sign; "open" if p is 0.05 or more."""
        if not self.p < 0.05:
            return "open"
        return "as stated" if self.value > 0 else "against it"


@dataclass(frozen=True)
class Kind:
    """What one kind of networks did.

    slopes, apart: by block, of all triples and of those with a margin above 0.  leans: by block, one interval a rung.
    right: share of triples with a margin above 0, by rung.  people, networks: how many.
    """

    slopes: Mapping[str, Slope]
    apart: Mapping[str, Slope]
    leans: Mapping[str, tuple[intervals.Interval, ...]]
    right: tuple[float, ...]
    people: int
    networks: int


@dataclass(frozen=True)
class GateScale:
    """rungs: of the ladder.  needed, colors: their measured scale, pixels of a photo of 128 rows, for an oracle that
    sees brightness and for one that does not.  change: norm of the pixel difference of a pair, mean over people.

    kinds: by name, see the head of this file.  crossed: by block, then by factor of ladder.FACTORS.  crossed_right:
    share of triples of the crossed set with a margin above 0, nan without one.
    """

    rungs: tuple[ladder.LadderRung, ...]
    needed: tuple[float, ...]
    colors: tuple[float, ...]
    change: tuple[float, ...]
    kinds: Mapping[str, Kind]
    crossed: Mapping[str, Mapping[str, Slope]]
    crossed_right: float

    def __str__(self) -> str:
        return scale_table(self)


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> GateScale:
    """All networks that ship for it.  root: a folder whose gallery an absent stream is the mean of."""
    primary = alike.all_trained()
    others = {kind: alike.all_trained(kind) for kind in ("same-depth", "resnext", "addition", "256x128")}
    return measure_lean(root, primary, others, progress)


def run_own(root: Path, path: Path, progress: Callable[[int, int], None] | None = None) -> GateScale:
    """Networks of a student: one checkpoint, or all of a folder.  With one, intervals are over people only."""
    return measure_lean(root, alike.own(path), {}, progress)


def measure_lean(
    root: Path,
    networks: Sequence[weights.Checkpoint],
    others: Mapping[str, Sequence[weights.Checkpoint]],
    progress: Callable[[int, int], None] | None = None,
    *,
    count: int = _PEOPLE,
    fewer: int = FEWER,
    oracle: int = ORACLE,
    scales: Sequence[int] = ladder.SCALES,
) -> GateScale:
    """Some trained networks of one build with their controls, and others that were trained for comparison.

    networks: of blocks with two streams or more.  others: by kind.  count, fewer, oracle: people, see the constants.
    scales: k that the oracle tries.
    Raises: Refused for no network, networks of different sizes or that take no multiple of 128 x 64, a single stream,
    and a folder without a gallery.
    """
    size = alike.common_size(networks)
    for checkpoint in networks:
        _check_streams(checkpoint.model)
    gallery = gallery_for_means(root)
    sizes = {size, *(alike.common_size(some) for some in others.values())}
    photos = {one: normalise(market.decode(gallery, one).images) for one in sizes}
    usual = ladder.render_ladder(size, count if size[0] <= 128 else fewer)  # refuses other sizes
    smaller = usual if size == (128, 64) else ladder.render_ladder(count=max(2, fewer))
    crossed = ladder.render_ladder(size, fewer, ladder.CROSSED)
    jobs = _jobs(networks, photos[size], usual)
    for kind, some in others.items():
        at = alike.common_size(some)
        triples = usual if at == size else ladder.render_ladder(at, fewer if at[0] > 128 else count)
        for checkpoint in some:
            _check_streams(checkpoint.model)
            jobs.append(_Job(kind, checkpoint.model, triples, photos[at]))
    jobs += [_Job("crossed", checkpoint.model, crossed, photos[size]) for checkpoint in networks]

    # The needed scale belongs to the pairs and not to the networks: it is measured on small photos, whatever they take.
    asked = ladder.render_ladder(count=oracle)
    steps = len(jobs) + 2

    def tell(done: int) -> None:
        if progress:
            progress(done, steps)

    needed = tuple(one.scale for one in ladder.needed_scales(asked, scales))
    tell(1)
    colors = tuple(one.scale for one in ladder.needed_scales(asked, scales, brightness=False))
    tell(2)
    answers: dict[str, list[_Answer]] = {}
    for done, job in enumerate(jobs, start=3):
        answers.setdefault(job.kind, []).append(_contributions(job))
        tell(done)
    of = {job.kind: job.triples for job in jobs}
    found = {kind: summarised(some, of[kind], needed) for kind, some in answers.items() if kind != "crossed"}
    change = np.linalg.norm(
        (smaller.positive.astype(float) - smaller.negative).reshape(len(smaller.rung), -1), axis=1
    ).reshape(-1, len(smaller.rungs))  # fmt: skip
    own = answers["crossed"]
    return GateScale(
        usual.rungs,
        needed,
        colors,
        tuple(change.mean(0).tolist()),
        {kind: found[kind] for kind in (*_KINDS, *found) if kind in found},
        effects([values for values, _ in own], crossed),
        float(np.mean([margin > 0 for _, margin in own])),
    )


@dataclass(frozen=True)
class _Job:
    """One network to ask about some triples.  photos: those that an absent stream becomes the mean of.

    resample: absent streams come from other photos instead of means.  shuffle: seed of random groups; 0 for streams.
    """

    kind: str
    model: OSNet
    triples: ladder.LadderTriples
    photos: torch.Tensor
    resample: bool = False
    shuffle: int = 0


def _jobs(networks: Sequence[weights.Checkpoint], photos: torch.Tensor, triples: ladder.LadderTriples) -> list[_Job]:
    """The networks of one build, with the controls that are made of them."""
    found = []
    for seed, checkpoint in enumerate(networks):
        found += [
            _Job("trained", checkpoint.model, triples, photos),
            _Job("resampled", checkpoint.model, triples, photos, resample=True),
            _Job("random groups", checkpoint.model, triples, photos, shuffle=seed + 1),
        ]
    random = (untrained.like(checkpoint.model, seed, photos) for seed, checkpoint in enumerate(networks))
    return found + [_Job("untrained", model, triples, photos) for model in random]


# --- contributions ----------------------------------------------------------------------------------------------------


def _check_streams(model: OSNet) -> None:
    if any(len(block.stream_names) < 2 for block in gates.blocks_of(model).values()):
        raise Refused("a block of this network has a single stream: there is no other scale that it could lean to")


def _contributions(job: _Job) -> _Answer:
    """Shapley values by block, (G, N), of four groups of streams, and the margins before any change, (N,)."""
    model, photos, triples = job.model, job.photos, job.triples
    three = (normalise(images) for images in (triples.query, triples.positive, triples.negative))
    query, positive, negative = three
    how: dict = {"fill": gates.means(model, photos)}
    if job.resample:
        order = draws.named("donors", len(photos)).permutation(len(photos))  # neighbours in a gallery are one person
        how = {"donors": photos[np.resize(order, len(triples.rung))], "renormalise": True}
    energy = cells.energies(model, photos)
    found = {}
    for block in model.blocks():
        groups = cells.of_streams(*energy[block].shape)
        if job.shuffle:
            groups = cells.at_random(energy[block], groups, job.shuffle)
        found[block] = shapley.of_groups(model, query, positive, negative, block, groups, **how)
    return found, shapley.margins(model, query, positive, negative)


# --- statistics -------------------------------------------------------------------------------------------------------


def summarised(answers: Sequence[_Answer], triples: ladder.LadderTriples, needed: Sequence[float]) -> Kind:
    """The slopes, the leans and the share right of networks of one kind.  needed: of each rung, nan is left out."""
    rungs = len(triples.rungs)
    scale = np.log2(np.asarray(needed, float))
    margin = np.stack([margin.reshape(-1, rungs) for _, margin in answers], 1)  # (people, networks, rungs)
    right = margin > 0
    slopes, apart, leans = {}, {}, {}
    for block in answers[0][0]:
        lean = np.stack([lean_of(values[block]).reshape(-1, rungs) for values, _ in answers], 1)
        slopes[block] = slope_of(lean, scale)
        apart[block] = slope_of(np.where(right, lean, np.nan), scale)
        leans[block] = tuple(_interval(lean[:, :, rung]) for rung in range(rungs))
    found = tested_slopes(slopes), tested_slopes(apart)
    return Kind(*found, leans, tuple(right.mean((0, 1)).tolist()), margin.shape[0], margin.shape[1])


def slope_of(lean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Least squares of the lean on the log of the scale, for each person and network.

    lean: (people, networks, rungs), nan is left out.  scale: (rungs,), nan is left out.
    Returns: (people, networks); nan where fewer than three leans, or a single scale, are left.
    """
    known = ~np.isnan(lean) & ~np.isnan(scale)
    count = known.sum(2, keepdims=True)
    x, y = np.where(known, scale, 0), np.where(known, lean, 0)
    x = np.where(known, x - x.sum(2, keepdims=True) / np.maximum(count, 1), 0)
    spread = (x**2).sum(2)
    enough = (count[:, :, 0] >= 3) & (spread > 1e-9)
    return np.divide((x * y).sum(2), spread, out=np.full(spread.shape, np.nan), where=enough)


def effects(networks: Sequence[Values], triples: ladder.LadderTriples) -> dict[str, dict[str, Slope]]:
    """By block, then by factor: the lean at its high level minus that at its low one, in a balanced crossed set."""
    levels = np.array([rung.levels for rung in triples.rungs])  # (rungs, factors)
    contrast = np.where(levels == 1, 2, -2) / len(levels)
    by_factor: dict[str, dict[str, np.ndarray]] = {factor: {} for factor in ladder.FACTORS}
    for block in networks[0]:
        lean = np.stack([lean_of(values[block]).reshape(-1, len(levels)) for values in networks], 1)
        for k, factor in enumerate(ladder.FACTORS):
            by_factor[factor][block] = lean @ contrast[:, k]
    found = {factor: tested_slopes(slopes) for factor, slopes in by_factor.items()}
    return {block: {factor: found[factor][block] for factor in ladder.FACTORS} for block in networks[0]}


def tested_slopes(slopes: Mapping[str, np.ndarray]) -> dict[str, Slope]:
    """By block: the mean slope of (people, networks), its interval, and p after Holm; nan where nothing is known."""
    drawn = {block: intervals.crossed_mean(values) for block, values in slopes.items()}
    found = intervals.tested({block: _mean(values) for block, values in slopes.items()}, drawn)
    return {block: Slope(**vars(one)) for block, one in found.items()}


def _interval(values: np.ndarray) -> intervals.Interval:
    return intervals.Interval(_mean(values), *intervals.bounds(intervals.crossed_mean(values)))


def _mean(values: np.ndarray) -> float:
    """The mean of what is known; nan where nothing is."""
    return np.nan if np.isnan(values).all() else float(np.nanmean(values))
