"""The network at work: what each stage, block, stream and cell makes of one photo, or of two side by side.

`passed` sends the photos through once and keeps every map by its name; `Colouring` gives a map three colours, in which
one colour means one thing in all photos, and says how far apart two photos of a gallery usually are. `network_level`,
`stage_level`, `block_level` and `cell_level` say what there is to see, each with a sentence; `parting` says where two
photos part.

Shapes: B photos (one or two), C channels, H x W cells, T streams, N gallery photos.
"""

from .levels import (
    BlockLevel,
    Level,
    MapShown,
    StreamShown,
    block_level,
    network_level,
    pair_cosine,
    stage_level,
    without_words,
)
from .palette import SAMPLE, Basis, Colouring
from .parting import PARTED, Parting, parting
from .passing import END, Passed, Place, block_maps, on_graph, passed, place_named, stage_maps, stages, trunk
from .seen import CellLevel, cell_level, reach_of

__all__ = [
    "END", "PARTED", "SAMPLE", "Basis", "BlockLevel", "CellLevel", "Colouring", "Level", "MapShown", "Parting",
    "Passed", "Place", "StreamShown", "block_level", "block_maps", "cell_level", "network_level", "on_graph",
    "pair_cosine", "parting", "passed", "place_named", "reach_of", "stage_level", "stage_maps", "stages", "trunk",
    "without_words",
]  # fmt: skip
