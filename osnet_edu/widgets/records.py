"""What a widget draws, as plain records: made without PyTorch, and the same again after a trip through JSON.

A page without a kernel draws a widget from such a text. Bytes travel as {"base64": ...}, which dom.js reads.
Shapes: T streams, H x W pixels.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class CostRow:
    """A row of the paper's table 1.  parameter_bar, multiply_add_bar: shares of the largest row, in [0, 1]."""

    stage: str
    output: str
    operation: str
    parameters: int
    multiply_adds: int
    parameter_bar: float
    multiply_add_bar: float


@dataclass(frozen=True)
class CostPart:
    """Layers of a row that belong together: a stream, a gate.  calls: how often one photo goes through it."""

    name: str
    kinds: str
    calls: int
    output: str
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Costs:
    """What a network costs for one photo.  layers: the parts of the opened row.  cited: what the paper says of it."""

    parameters: int
    multiply_adds: int
    rows: tuple[CostRow, ...]
    layers: tuple[CostPart, ...]
    cited: str


@dataclass(frozen=True)
class LaneDrawn:
    """A stream as boxes in a row.  scale: side of its window in cells.  count: streams that are drawn as this one."""

    layers: tuple[str, ...]
    scale: int
    count: int


@dataclass(frozen=True)
class BlockDrawn:
    """A block in one place of a network.  squeeze, expand: its 1x1 layers in words.  dynamic: is the join computed
    from the photo?  weighted: the weights on the join: "gates", "numbers" or "".  parameters, multiply_adds: its
    own."""

    key: str
    name: str
    change: str
    squeeze: str
    expand: str
    lanes: tuple[LaneDrawn, ...]
    scales: tuple[int, ...]
    join: str
    weighted: str
    dynamic: bool
    parameters: int
    multiply_adds: int
    network_parameters: int
    network_multiply_adds: int


@dataclass(frozen=True)
class Comparison:
    """Two blocks side by side, and the difference in words."""

    blocks: tuple[BlockDrawn, BlockDrawn]
    said: str


@dataclass(frozen=True)
class MapDrawn:
    """A map as a picture.  src: a data URI.  text: in words.  mean: of its values, in words."""

    src: str
    text: str
    mean: str


@dataclass(frozen=True)
class Streams:
    """A block's streams before any mixing.  own: (T,), the net's gates.  own_range: (T,) of (lowest, highest) over the
    channels looked at.  own_shares: (T,), signed, sum 1.  maps: one a stream."""

    channels: int
    own: tuple[float, ...]
    own_range: tuple[tuple[float, float], ...]
    own_shares: tuple[float, ...]
    maps: tuple[MapDrawn, ...]


@dataclass(frozen=True)
class Mixture:
    """The streams mixed by hand.  shares: (T,), signed, sum 1.  gap: |yours - the net's| / |the net's|.
    mixtures: yours, and the net's."""

    shares: tuple[float, ...]
    gap: float
    mixtures: tuple[MapDrawn, MapDrawn]


@dataclass(frozen=True)
class SeenField:
    """What one unit sees.  step: pixels of the photo between two neighbouring units.

    shortest, longest, effective: sides in pixels.  windows: path -> (top, left, bottom, right) in pixels, maybe
    outside the photo.  heat: H * W bytes.  table: (stream, cells, shortest, longest) of each stream.
    """

    cells: int
    step: int
    shortest: int
    longest: int
    effective: int
    windows: Mapping[str, tuple[float, ...]]
    heat: bytes
    table: tuple[tuple[int, ...], ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class StreamSeen:
    """One stream of a block, for each photo that is shown.  gate: its mean over channels, in [0, 1]; empty without one.
    share: signed, of what the block's streams add up to.  cells: side of its window on the block's map."""

    stream: int
    cells: int
    gate: tuple[float, ...]
    share: tuple[float, ...]


@dataclass(frozen=True)
class BlockSeen:
    """A block's streams, and which of them the first photo leans on, in words.  branch: share of the streams against
    what bypasses them, for each photo."""

    name: str
    streams: tuple[StreamSeen, ...]
    branch: tuple[float, ...]
    leans: str


@dataclass(frozen=True)
class Channels:
    """All gates of one stream for one photo, channel by channel.  text: in words."""

    stream: int
    photo: str
    values: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class RankedPhoto:
    """A photo of the ranked list.  rank, before: now, and with all streams on.  match: is it the query's person?
    moved: in words, "" where it kept its place."""

    src: str
    name: str
    rank: int
    before: int
    similarity: float
    match: bool
    moved: str


@dataclass(frozen=True)
class Effect:
    """What silencing did to one photo of the pair.  rank 0: the photo is left out by the Market rule."""

    who: str
    before: float
    now: float
    rank_before: int
    rank: int


def for_page(record: object) -> Any:
    """Records, tuples and mappings as lists and dicts, as the page has them; everything else as it is."""
    if is_dataclass(record) and not isinstance(record, type):
        return {field.name: for_page(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, Mapping):
        return {str(key): for_page(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [for_page(value) for value in record]
    return record


@dataclass(frozen=True)
class Heated:
    """A map over a photo.  src: a picture with the photo showing through.  text: what it says, in a sentence."""

    src: str
    text: str


@dataclass(frozen=True)
class PartShare:
    """A part's share of what speaks for the match, and of its photo; of what the question asks of the impostor, and of
    its photo; all in [0, 1]."""

    part: str
    match: float
    match_area: float
    impostor: float
    impostor_area: float


@dataclass(frozen=True)
class GradeBar:
    """A grade of a map, and what a random map would get; both in [0, 1]."""

    name: str
    value: float
    chance: float


def to_json(record: object) -> str:
    """A record, or what a widget's `drawn` gives, as text.  NaN is refused by json: no page could read it."""
    return json.dumps(for_page(record), allow_nan=False, default=_in_text)


def from_json(text: str) -> object:
    """What `to_json` wrote, as lists and dicts, bytes as bytes."""
    return json.loads(text, object_hook=_from_text)


def _in_text(value: object) -> dict:
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a record holds plain values, and no {type(value).__name__}")


def _from_text(found: dict) -> object:
    return base64.b64decode(found["base64"]) if found.keys() == {"base64"} else found
