"""What each stream of a block contributes to a number: exact Shapley values over its streams.

Take streams away one after another, and what each takes with it depends on which went before. The Shapley value of a
stream is what it takes with it on average over all orders. With four streams there are 16 ways to keep some of them, so
it can be computed exactly: 16 passes through the network for one block. Together the values make up all that the
number loses when every stream of the block is taken away.

Source: Shapley, A Value for n-Person Games, 1953.
Shapes: N triples of photos, T streams, C channels.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import factorial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..machine import compute
from ..network import probe
from ..network.model import Block, OSNet
from ..refused import Refused
from .changes import Means, check_means_fit
from .untrained import learn_norms

_MOST = 10  # streams, of which 1,024 groups are tried


def coalitions(streams: int) -> np.ndarray:
    """All ways to keep some of T streams: (2 ** T, T) bool; row k keeps stream t where bit t - 1 of k is set.

    Row 0 keeps none, the last one all.  Raises: Refused for more streams than can be tried.
    """
    if not 1 <= streams <= _MOST:
        raise Refused(f"Shapley values need 1 to {_MOST} streams, got {streams}")
    return (np.arange(2**streams)[:, None] >> np.arange(streams) & 1).astype(bool)


def values(of_coalitions: np.ndarray) -> np.ndarray:
    """Exact Shapley values of a game, or of many at once.

    of_coalitions: (2 ** T, ...), what each row of `coalitions` is worth.
    Returns: (T, ...); over streams they sum to the worth of all minus the worth of none.
    Raises: Refused for a number of rows that is not a power of two.
    """
    worth = np.asarray(of_coalitions)
    streams = len(worth).bit_length() - 1
    kept = coalitions(streams)
    if len(worth) != len(kept):
        raise Refused(f"the worth of 2, 4, 8, 16 ... coalitions is needed, got {len(worth)}")
    size = kept.sum(1)
    found = []
    for stream in range(streams):
        without = np.flatnonzero(~kept[:, stream])
        # The share of the orders in which exactly these streams come before this one.
        share = np.array([factorial(s) * factorial(streams - 1 - s) for s in size[without]]) / factorial(streams)
        gain = worth[without + 2**stream] - worth[without]
        found.append(np.tensordot(share, gain, 1))
    return np.stack(found)


def of_margins(
    model: OSNet,
    queries: Tensor,
    positives: Tensor,
    negatives: Tensor,
    block: str,
    *,
    fill: Means | None = None,
    batch: int = 64,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """What each stream of one block contributes to the margins s(q, p) - s(q, n), by cosine similarity.

    queries, positives, negatives: (N, 3, H, W) float, normalised.  block: its name.  batch: triples at a time.
    fill: what an absent stream becomes, in all three photos; None is zero.  progress: (passes done, passes in all).
    Returns: (T, N); over streams they sum to the margin minus what it is without any stream of the block.
    Raises: Refused for other photos, another block, more than 10 streams, and means of other streams.
    """
    _check_triples(model, queries, positives, negatives, block)
    part = model.blocks()[block]
    kept = coalitions(len(part.stream_names))
    with _asked(model, queries):
        absent = _mean(fill, block, part, queries)
        keeps = torch.from_numpy(kept)[:, None, :, None, None, None]
        triples = queries, positives, negatives
        return values(_worth(_halves(model, part), triples, keeps, lambda _own: absent, batch, progress=progress))


def of_groups(
    model: OSNet,
    queries: Tensor,
    positives: Tensor,
    negatives: Tensor,
    block: str,
    groups: np.ndarray,
    *,
    fill: Means | None = None,
    donors: Tensor | None = None,
    renormalise: bool = False,
    batch: int = 64,
) -> np.ndarray:
    """What each group of (stream, channel) cells of one block contributes to the margins s(q, p) - s(q, n).

    With one group a stream these are the values of `of_margins`; what the block's streams make of a photo is computed
    once for all coalitions.

    groups: (G, T, C) bool; each cell is in one group (see cells).  fill: what an absent cell becomes, its mean; None is
    zero.  donors: (N, 3, H, W), instead: an absent cell becomes that of a donor, one for all three photos of a triple.
    renormalise: before each coalition is asked, all normalisations behind the streams learn their means and deviations
    anew, from the donors with absent cells from one another.
    Returns: (G, N); over groups they sum to the margin minus what it is without any of them.
    Raises: Refused for groups that leave a cell out or hold it twice, for donors of another number than triples, for
    fill and donors at once, for renormalise without donors, and as for `of_margins`.
    """
    _check_triples(model, queries, positives, negatives, block)
    if donors is not None and donors.shape != queries.shape:
        raise Refused(f"one donor for each triple is needed, {tuple(queries.shape)}, got {tuple(donors.shape)}")
    if (donors is not None and fill is not None) or (renormalise and donors is None):
        raise Refused("an absent cell becomes its mean (fill) or a donor's; only donors can be renormalised with")
    if renormalise:
        model = copy.deepcopy(model)  # its normalisations are learned anew and must not stay so
    groups, kept = np.asarray(groups, bool), coalitions(len(groups))
    part = model.blocks()[block]
    with _asked(model, queries):
        halves = _halves(model, part)
        cells = (len(part.stream_names), halves.entering(queries[:1])[0].shape[2])
        if groups.shape[1:] != cells or not (groups.sum(0) == 1).all():
            raise Refused(f"groups must share out {cells} streams x channels, each cell once, got {groups.shape}")
        keeps = torch.from_numpy(np.einsum("kg,gtc->ktc", kept, groups))[:, None, :, :, None, None]
        triples = queries, positives, negatives
        if donors is None:
            absent = _mean(fill, block, part, queries)
            return values(_worth(halves, triples, keeps, lambda _own: absent, batch))
        given, bypass = (torch.cat(some) for some in zip(*map(halves.entering, donors.split(batch)), strict=True))

        def learn(keep: Tensor) -> None:
            learn_norms(model, partial(halves.answer, torch.where(keep, given, given.roll(1, 0)), bypass))

        def of_donors(own: slice) -> Tensor:
            return given[own].repeat(3, 1, 1, 1, 1)

        return values(_worth(halves, triples, keeps, of_donors, batch, learn=learn if renormalise else None))


@dataclass(frozen=True)
class _Halves:
    """A network cut at the join of one block."""

    before: nn.Module
    block: Block
    behind: nn.Module
    embedding: Callable[[Tensor], Tensor]

    def entering(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """What enters the join, (B, T, C, h, w), gates applied, and what bypasses the streams, (B, C_out, h, w)."""
        x = self.before(images)
        streams = self.block.streams(x)
        weights = self.block.gates(streams)
        maps = torch.stack(streams, 1)
        return maps if weights is None else maps * weights, self.block.bypass(x)

    def answer(self, maps: Tensor, bypass: Tensor) -> Tensor:
        """The embeddings (B, D) that the rest of the network makes of these."""
        joined = self.block.join(list(maps.unbind(1)), None)
        return self.embedding(self.behind(self.block.finish(joined, bypass)))


def _halves(model: OSNet, block: Block) -> _Halves:
    steps = model.steps()
    place = steps.index(block)
    return _Halves(nn.Sequential(*steps[:place]), block, nn.Sequential(*steps[place + 1 :]), model.embedding)


def _mean(fill: Means | None, block: str, part: Block, like: Tensor) -> Tensor:
    """What absent cells become without donors: their means, (1, T, C, 1, 1), or zero."""
    if fill is None:
        return like.new_zeros(())
    check_means_fit(fill, {block: part})
    return torch.as_tensor(np.stack(fill.fills[block])).to(like)[None, :, :, None, None]


def _worth(
    halves: _Halves,
    triples: tuple[Tensor, Tensor, Tensor],
    keeps: Tensor,
    absent: Callable[[slice], Tensor],
    batch: int,
    *,
    learn: Callable[[Tensor], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """The margins of all triples in each coalition: (K, N).  What enters the join is the same for all coalitions.

    keeps: (K, 1, T, C or 1, 1, 1) bool, the cells that stay.  absent: what the others become, by part of the triples.
    learn: called with the cells that stay before a coalition is asked.  progress: (passes done, passes in all).
    """
    starts = range(0, len(triples[0]), batch)
    worth, done = np.empty((len(keeps), len(triples[0]))), 0
    # Only where normalisations are learned anew for each coalition must all triples wait for it at once.
    for together in [starts] if learn else [[start] for start in starts]:
        chunks = [
            (start, *halves.entering(torch.cat([images[start : start + batch] for images in triples])))
            for start in together
        ]
        for row, keep in enumerate(keeps.to(triples[0].device)):
            if learn:
                learn(keep)
            for start, maps, bypass in chunks:
                own = slice(start, start + len(maps) // 3)
                worth[row, own] = _margins(halves.answer(torch.where(keep, maps, absent(own)), bypass))
                done += 1
                if progress:
                    progress(done, len(starts) * len(keeps))
    return worth


@contextmanager
def _asked(model: OSNet, images: Tensor) -> Iterator[None]:
    """A network that only answers: in evaluation mode, without gradients, with as many threads as are fastest now."""
    with probe.evaluating(model), torch.no_grad(), compute.steadily(lambda: model(images[:8])):
        yield


def margins(model: OSNet, queries: Tensor, positives: Tensor, negatives: Tensor, batch: int = 64) -> np.ndarray:
    """s(q, p) - s(q, n) by cosine similarity: (N,).  Photos as for `of_margins`."""
    found = []
    with _asked(model, queries):
        for three in zip(*(images.split(batch) for images in (queries, positives, negatives)), strict=True):
            found.append(_margins(model(torch.cat(three))))
    return np.concatenate(found)


def _check_triples(model: OSNet, queries: Tensor, positives: Tensor, negatives: Tensor, block: str) -> None:
    shape = queries.shape
    if queries.dim() != 4 or not len(queries) or positives.shape != shape or negatives.shape != shape:
        shapes = ", ".join(str(tuple(images.shape)) for images in (queries, positives, negatives))
        raise Refused(f"queries, positives and negatives must be equally many photos (N, 3, H, W), got {shapes}")
    if block not in model.blocks():
        raise Refused(f"no such block: {block}; this network has {', '.join(model.blocks())}")


def _margins(features: Tensor) -> np.ndarray:
    """(3 * N, D), queries, positives, negatives -> (N,) margins."""
    query, positive, negative = F.normalize(features.double(), dim=1).chunk(3)
    return ((query * positive).sum(1) - (query * negative).sum(1)).cpu().numpy()
