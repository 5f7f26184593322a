"""Segment vote: which piece speaks against a match? The network's slopes and exchanged pieces decide together.

Segment exchange looks at the rise alone. Where it is wrong, the network's slopes often point at the right piece, and
the other way round. So both are asked about the same pieces, and their answers are added:

    1  Slopes: gradient x activation of n, and gradient x (activation of n minus that of the cells of q that match it),
       each averaged over a piece. This costs two passes. Pieces for which they say little are not asked further.
    2  Exchange: a piece of n takes the look of pieces of q, see `exchange`. Pieces are cut twice, by colour and by
       texture, so that a patterned garment is one piece.
    3  A vote: the rise as a share of the highest, plus the slopes as a share of the largest.

It sees two photos and a network, and nothing else.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..embed import Embedder, normalise
from ..network import probe
from . import exchange
from .asking import explaining
from .layers import enlarged
from .pieces import (
    PhotoPiece,
    apart,
    checked_pair,
    cut,
    cut_textures,
    nested,
    recoloured,
    removed,
    textured,
    toned,
    varied,
    with_pixels,
)
from .targets import similarity

_STAGES = ("conv4", "conv3", "conv2")
_ACTIVATION = _STAGES[:2]  # stages whose gradient x activation counts as well
_ALIKE, _ROWS = 4, 0.08  # of matching cells: how much their cosine counts, and how far up or down they may lie
_LEAST = 0.2  # of the largest slope: pieces with less are not exchanged
SLOPE = 1.0  # how much the slopes count beside the rise
_SHARP = 0.12  # of the vote: how far it may stay below the highest and still count
_FAR = 0.0025  # of similarity: by what a distance of 1 between two pieces lowers a rise
_NOTHING = 0.01  # of similarity: a highest rise below this says nothing, and is not made large


def by_vote(
    model: torch.nn.Module, embed: Embedder, query: np.ndarray, photo: np.ndarray, *, slope: float = SLOPE
) -> np.ndarray:
    """What in a photo speaks against its match with a query.

    model: with stages conv2, conv3 and conv4.  embed: an embedder of the same network; it is called with some 500
    photos.  slope: how much the slopes count, 0 for none.  query, photo, the result and what is raised: as for
    `exchange.against`.
    """
    query, photo = checked_pair(query, photo)
    slopes = -against_by_slopes(model, query, photo).ravel()
    moved = toned(query, photo)
    one, other = nested(photo), textured(photo)
    lean = _lean(one, slopes), _lean(other, slopes)
    largest = max(np.abs(lean[0]).max(), np.finfo(float).tiny)
    asked: list[tuple[PhotoPiece, float]] = []
    owner, distance, filled, gone = [], [], [], []
    for pieces, leans, fill in zip((one, other), lean, (_colours(moved), _textures(moved)), strict=True):
        share = leans / largest
        for piece, strength in zip(pieces, share, strict=True):
            if strength < min(_LEAST, share.max()):
                continue
            for far, image in fill(photo, piece):
                owner.append(len(asked))
                distance.append(far)
                filled.append(image)
            asked.append((piece, strength))
            gone.append(removed(photo, piece))
    found = exchange.unit_features(embed, [photo, *gone, *filled]) @ exchange.direction_of(embed, query)
    taken, exchanged = np.split(found[1:] - found[0], [len(gone)])
    rise = exchanged + exchange.GONE * taken[owner] - _FAR * np.array(distance)
    vote = rise / max(rise.max(), _NOTHING) + slope * np.array([asked[k][1] for k in owner])
    heat = np.zeros(photo.shape[0] * photo.shape[1])
    for k, weight in zip(owner, np.exp((vote - vote.max()) / _SHARP), strict=True):
        heat[asked[k][0].pixels] += weight / len(asked[k][0].pixels)
    return -(heat / heat.sum()).reshape(photo.shape[:2])


def against_by_slopes(model: torch.nn.Module, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The slopes alone: two passes through the network.  model, query, photo: as for `by_vote`.

    Returns: (H, W), signed: the mean of five maps, each divided by the sum of its absolute values.
    """
    with probe.evaluating(model), torch.no_grad(), probe.recorded(model, *_STAGES) as seen:
        reference = F.normalize(F.normalize(model(normalise(np.stack([query, query[:, ::-1]])))).sum(0, keepdim=True))
    known = [seen[name][-1].output for name in _STAGES]
    with explaining(model, normalise(photo[None]), similarity(reference)) as (x, score):
        with probe.recorded(model, *_STAGES) as seen:
            value = score(x.requires_grad_())
        own = [seen[name][-1].output for name in _STAGES]
        maps = []
        for name, cells, slope, others in zip(_STAGES, own, torch.autograd.grad(value.sum(), own), known, strict=True):
            maps.append(slope * (cells - _matching(cells, others)))
            if name in _ACTIVATION:
                maps.append(slope * cells)
        large = [enlarged(one.detach().sum(1, keepdim=True), x)[0].astype(float) for one in maps]
    return np.mean([one / max(np.abs(one).sum(), np.finfo(float).tiny) for one in large], 0)


def _matching(cells: Tensor, others: Tensor) -> Tensor:
    """For each cell of a map, (1, C, h, w), the mean of those in (K, C, h, w) that match: alike, and at its height."""
    rows = torch.arange(cells.shape[2], device=cells.device).repeat_interleave(cells.shape[3]) / cells.shape[2]
    one, other = (stack.detach().permute(0, 2, 3, 1).flatten(0, 2) for stack in (cells, others))
    far = (rows[:, None] - rows.repeat(len(others))[None]) / _ROWS
    share = torch.softmax(_ALIKE * F.normalize(one) @ F.normalize(other).T - far**2, 1)
    return (share @ other).T.reshape(cells.shape)


def _lean(pieces: list[PhotoPiece], slopes: np.ndarray) -> np.ndarray:
    """The mean of a map over each piece."""
    return np.array([slopes[piece.pixels].mean() for piece in pieces])


def _colours(moved: np.ndarray):
    """Fills from pieces of one colour of q: the colours of the nearest four, and the pixels of the nearest."""
    sources = cut(moved, exchange.PIECES)

    def fill(photo: np.ndarray, piece: PhotoPiece):
        far = np.array([apart(piece, source, photo.shape) for source in sources])
        near = np.argsort(far, kind="stable")[: exchange.NEAREST]
        yield from ((far[k], recoloured(photo, piece, sources[k].colour)) for k in near)
        yield far[near[0]], with_pixels(photo, piece, moved, sources[near[0]])

    return fill


def _textures(moved: np.ndarray):
    """Fills from pieces of one texture of q: the colours of three, the pixels of two, the spread of the nearest."""
    sources = cut_textures(moved, 16)

    def fill(photo: np.ndarray, piece: PhotoPiece):
        far = np.array([apart(piece, source, photo.shape) for source in sources])
        near = np.argsort(far, kind="stable")[:3]
        yield from ((far[k], recoloured(photo, piece, sources[k].colour)) for k in near)
        yield from ((far[k], with_pixels(photo, piece, moved, sources[k])) for k in near[:2])
        yield far[near[0]], varied(photo, piece, moved, sources[near[0]])

    return fill
