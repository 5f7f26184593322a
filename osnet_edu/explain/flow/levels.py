"""The levels of the network above a cell: the whole network, a stage, a block with its streams.

Shapes: B photos, C channels, H x W cells, T streams.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ... import retrieval
from ...network import receptive
from ...network.model import OSNet
from ..gates import limits
from .palette import Colouring
from .parting import Parting
from .passing import Passed, block_maps, stage_maps, stages

_WORDS = ("the first photo", "the second photo")


@dataclass(frozen=True)
class MapShown:
    """A map in three colours.

    name: of the map.  shape: (B, C, H, W).  colours: (B, H, W, 3) uint8, see `Basis`.  share: of the gallery's variance
    that the three colours hold, in [0, 1].  lit: (B, H, W) in [0, 1], how little each cell finds its like in the other
    photo; None for one photo.
    """

    name: str
    shape: tuple[int, ...]
    colours: np.ndarray
    share: float
    lit: np.ndarray | None = None


@dataclass(frozen=True)
class Level:
    """Some maps, and what is to be said of them in one sentence."""

    maps: tuple[MapShown, ...]
    sentence: str


@dataclass(frozen=True)
class StreamShown:
    """One stream of a block.

    field: what a cell of it sees; cells of the block's input, pixels of the photo.  gates: (B, C or 1), empty (B, 0)
    for a block without a gate.  silenced: whether the block does without it.
    """

    stream: int
    shown: MapShown
    field: receptive.Field
    gates: np.ndarray
    silenced: bool

    @property
    def means(self) -> tuple[float, ...]:
        """The mean gate for each photo; empty without a gate."""
        return tuple(float(row.mean()) for row in self.gates) if self.gates.size else ()


@dataclass(frozen=True)
class BlockLevel:
    """A block: what its parts make, its streams, what joins them, and what this block does not have, in words."""

    name: str
    parts: tuple[MapShown, ...]
    streams: tuple[StreamShown, ...]
    join: str
    gate: str | None
    sentence: str
    note: str


def network_level(model: OSNet, now: Passed, palette: Colouring, parted: Parting | None = None) -> Level:
    """The map of every stage.  parted: what `parting` says of two photos."""
    shown = tuple(_shown(now, palette, name, lit=True) for name in stages(model))
    if parted is not None:
        return Level(shown, parted.sentence)
    on = int((now.embedding[0] > 0).sum())
    return Level(shown, f"The photo becomes {now.embedding.shape[1]} numbers, {on} of which are above zero.")


def stage_level(model: OSNet, now: Passed, palette: Colouring, stage: str, parted: Parting | None = None) -> Level:
    """The steps of one stage: its blocks and its transition.  parted: as for `network_level`."""
    names = stage_maps(model, stage)
    shown = tuple(_shown(now, palette, name, lit=True) for name in names)
    _, channels, height, width = shown[-1].shape
    made = f"{stage} makes {height} x {width} cells of {channels} channels"
    if parted is None:
        return Level(shown, f"{made}.")
    steps = list(parted.ratios)
    at = steps.index(names[0])
    before, after = parted.ratios[steps[at - 1]] if at else None, parted.ratios[names[-1]]
    if before is None:
        return Level(shown, f"{made}; behind it the two photos are {after:.2f} times the usual distance apart.")
    way = "moves the two photos apart" if after > before else "brings the two photos nearer"
    return Level(shown, f"{made} and {way}: from {before:.2f} to {after:.2f} times the usual distance.")


def block_level(model: OSNet, now: Passed, palette: Colouring, block: str) -> BlockLevel:
    """A block from its squeeze to its output.  Raises: KeyError for a block that is not there; see `place_named`."""
    found = model.blocks()[block]
    fields = {one.stream: one for one in receptive.receptive_fields(model) if one.block == block}
    weights = now.gates[block]
    count = len(now.embedding)
    gates = np.zeros((count, len(fields), 0)) if weights is None else weights.double().numpy(force=True)
    names = block_maps(model, block)
    streams = tuple(
        StreamShown(t, _shown(now, palette, f"{block} stream {t}"), field, gates[:, t - 1], (block, t) in now.silenced)
        for t, field in fields.items()
    )
    parts = tuple(_shown(now, palette, name, lit=name == block) for name in names if " stream " not in name)
    gate = None if found.gate is None else found.gate.words
    return BlockLevel(
        block,
        parts,
        streams,
        found.join.words,
        gate,
        _block_said(block, streams, gate, found.join.words),
        limits(model),
    )


def without_words(before: Passed, now: Passed) -> str:
    """What silencing did to the similarity of two photos, in a sentence; "" where nothing is silenced."""
    if not now.silenced:
        return ""
    blocks: dict[str, list[str]] = {}
    for block, stream in now.silenced:
        blocks.setdefault(block, []).append(str(stream))
    many = " and ".join(f"stream{'s' * (len(all_) > 1)} {', '.join(all_)} of {name}" for name, all_ in blocks.items())
    if len(now.embedding) == 1:
        kept = retrieval.unit(np.stack([one.embedding[0].double().numpy(force=True) for one in (before, now)]))
        return f"Without {many} the photo's similarity to itself with all streams is {kept[0] @ kept[1]:.2f}."
    return f"Without {many} the similarity is {pair_cosine(now):.2f}; with all streams it is {pair_cosine(before):.2f}."


def pair_cosine(pair: Passed) -> float:
    """The cosine similarity of two photos' embeddings."""
    first, second = retrieval.unit(pair.embedding.double().numpy(force=True))
    return float(first @ second)


def _shown(now: Passed, palette: Colouring, name: str, *, lit: bool = False) -> MapShown:
    maps, basis = now.maps[name], palette.basis(name)
    two = lit and len(maps) == 2
    return MapShown(name, tuple(maps.shape), basis.colours(maps), basis.share, palette.lit(maps, name) if two else None)


def _block_said(block: str, streams: Sequence[StreamShown], gate: str | None, join: str) -> str:
    if len(streams) == 1:
        return f"{block} has one stream{'' if gate is None else ', with a gate'}."
    if gate is None:
        return f"{block} has no gate: {join} alone joins its {len(streams)} streams."
    count = len(streams[0].means)
    widest = [max(streams, key=lambda one: one.means[k]) for k in range(count)]
    said = [f"stream {one.stream} for {_WORDS[k]} ({one.means[k]:.2f})" for k, one in enumerate(widest)]
    if count == 2 and widest[0].stream == widest[1].stream:
        numbers = " and ".join(f"{one:.2f}" for one in widest[0].means)
        said = [f"stream {widest[0].stream} for both photos ({numbers} on average)"]
    return f"The gate of {block} opens widest for {' and '.join(said)}."
