"""Streams and their mixtures as pictures and numbers: the part of the gate mixer that needs no network.

Shapes: T streams, C channels looked at, H x W cells. All arrays are float.
"""

from collections.abc import Sequence

import matplotlib
import numpy as np

from .pictures import uri
from .records import MapDrawn, Mixture, Streams

_COLOURS = "cividis"  # told apart by lightness alone


def streams_of(streams: np.ndarray, gates: np.ndarray, channels: int) -> Streams:
    """What a block's streams show before any mixing.

    streams: (T, C, H, W).  gates: (T, C, 1, 1), the net's own.  channels: of the whole block.
    """
    drawn = streams.mean(1)
    maps = tuple(drawn_map(one, drawn.max(), f"stream {t}") for t, one in enumerate(drawn, start=1))
    own = tuple(gates.mean((1, 2, 3)).tolist())
    spread = tuple((float(gate.min()), float(gate.max())) for gate in gates)
    return Streams(channels, own, spread, _shares(gates * streams), maps)


def mixture(hand: Sequence[float], streams: np.ndarray, gates: np.ndarray) -> Mixture:
    """The streams mixed by hand, beside the net's mixture.  hand: (T,).  streams, gates: as above."""
    gated = np.array(hand, np.float32)[:, None, None, None] * streams
    yours, own = gated.sum(0), (gates * streams).sum(0)
    top = max(yours.mean(0).max(), own.mean(0).max())
    size = np.linalg.norm(own)
    both = drawn_map(yours.mean(0), top, "your mixture"), drawn_map(own.mean(0), top, "the net's mixture")
    return Mixture(_shares(gated), float(np.linalg.norm(yours - own) / size) if size else 0.0, both)


def _shares(gated: np.ndarray) -> tuple[float, ...]:
    """<part, whole> / |whole|^2 of each stream.  gated: (T, C, H, W).  All 0 where the whole is."""
    whole = gated.sum(0)
    size = float((whole**2).sum())
    return tuple(float((part * whole).sum()) / size if size else 0.0 for part in gated)


def drawn_map(values: np.ndarray, top: float, name: str) -> MapDrawn:
    """A map as a picture, dark at 0 and bright at `top`, with words that say what it shows.  values: (H, W)."""
    height, width = values.shape
    row, column = np.unravel_index(values.argmax(), values.shape)
    colours = matplotlib.colormaps[_COLOURS](values / top if top > 0 else values)
    where = f"strongest in row {row + 1} of {height}, column {column + 1} of {width}"
    words = f"{name}: mean {values.mean():.3f}, {where if values.max() > 0 else 'all zero'}"
    return MapDrawn(uri((255 * colours[:, :, :3]).astype(np.uint8)), words, f"{values.mean():.3f}")
