"""What each stream of a block contributes to a number: exact Shapley values over its streams.

Take streams away one after another, and what each takes with it depends on which went before. The Shapley value of a
stream is what it takes with it on average over all orders. With four streams there are 16 ways to keep some of them, so
it can be computed exactly: 16 passes through the network for one block. Together the values make up all that the
number loses when every stream of the block is taken away.

Source: Shapley, A Value for n-Person Games, 1953.
Shapes: N triples of photos, T streams, C channels.
"""

import copy
from collections.abc import Callable
from contextlib import nullcontext
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
from .changes import Means, mute
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
    Raises: Refused for other photos, and as for `mute`.
    """
    _check_triples(model, queries, positives, negatives, block)
    blocks = model.blocks()
    kept = coalitions(len(blocks[block].stream_names))
    before, behind = _cut(model, blocks[block])
    worth = np.empty((len(kept), len(queries)))
    with probe.evaluating(model), torch.no_grad(), compute.steadily(lambda: model(queries[:8])):
        starts = range(0, len(queries), batch)
        for done, start in enumerate(starts):
            part = slice(start, start + batch)
            # What comes before the block is the same for all coalitions.
            entering = before(torch.cat([queries[part], positives[part], negatives[part]]))
            for row, some in enumerate(kept):
                with (
                    mute(model, (np.flatnonzero(~some) + 1).tolist(), block, fill=fill)
                    if not some.all()
                    else nullcontext()
                ):
                    worth[row, part] = _margins(behind(entering))
                if progress:
                    progress(done * len(kept) + row + 1, len(starts) * len(kept))
    return values(worth)


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
    worth = np.empty((len(kept), len(queries)))
    with probe.evaluating(model), torch.no_grad(), compute.steadily(lambda: model(queries[:8])):
        before, after = _cut(model, part, past=True)

        def seen(images: Tensor) -> tuple[Tensor, Tensor]:
            """What enters the join, (B, T, C, h, w), gates applied, and what bypasses the streams."""
            entering = before(images)
            streams = part.streams(entering)
            weights = part.gates(streams)
            maps = torch.stack(streams, 1)
            return maps if weights is None else maps * weights, part.bypass(entering)

        def answer(maps: Tensor, bypass: Tensor) -> Tensor:
            return after(part.finish(part.join(list(maps.unbind(1)), None), bypass))

        cells = (len(part.stream_names), seen(queries[:1])[0].shape[2])
        if groups.shape[1:] != cells or not (groups.sum(0) == 1).all():
            raise Refused(f"groups must share out {cells} streams x channels, each cell once, got {groups.shape}")
        keeps = torch.from_numpy(np.einsum("kg,gtc->ktc", kept, groups))[:, None, :, :, None, None]
        absent = queries.new_zeros(())
        if fill is not None:
            absent = torch.as_tensor(np.stack(fill.fills[block])).to(queries)[None, :, :, None, None]
        given = (
            ()
            if donors is None
            else tuple(torch.cat(some) for some in zip(*map(seen, donors.split(batch)), strict=True))
        )
        starts = range(0, len(queries), batch)
        # Only where normalisations are learned anew for each coalition must all triples wait for it at once.
        for together in [starts] if renormalise else [[start] for start in starts]:
            chunks = [
                (start, *seen(torch.cat([some[start : start + batch] for some in (queries, positives, negatives)])))
                for start in together
            ]
            for row, keep in enumerate(keeps):
                if renormalise:
                    learn_norms(model, partial(answer, torch.where(keep, given[0], given[0].roll(1, 0)), given[1]))
                for start, maps, bypass in chunks:
                    own = slice(start, start + len(maps) // 3)
                    other = given[0][own].repeat(3, 1, 1, 1, 1) if given else absent
                    worth[row, own] = _margins(answer(torch.where(keep, maps, other), bypass))
    return values(worth)


def margins(model: OSNet, queries: Tensor, positives: Tensor, negatives: Tensor, batch: int = 64) -> np.ndarray:
    """s(q, p) - s(q, n) by cosine similarity: (N,).  Photos as for `of_margins`."""
    found = []
    with probe.evaluating(model), torch.no_grad(), compute.steadily(lambda: model(queries[:8])):
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


def _cut(
    model: OSNet, block: Block, *, past: bool = False
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """A network in two: all before a block, and the block with all behind it; past: without the block itself."""
    parts = [*model.conv2, *model.conv3, *model.conv4]
    place = parts.index(block)
    before = nn.Sequential(model.conv1, model.maxpool, *parts[:place])
    behind = nn.Sequential(*parts[place + past :], model.conv5, model.global_avgpool, nn.Flatten(), model.fc)
    return before, behind


def _margins(features: Tensor) -> np.ndarray:
    """(3 * N, D), queries, positives, negatives -> (N,) margins."""
    query, positive, negative = F.normalize(features.double(), dim=1).chunk(3)
    return ((query * positive).sum(1) - (query * negative).sum(1)).cpu().numpy()
