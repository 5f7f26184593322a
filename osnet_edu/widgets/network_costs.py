"""Table 1 of the paper for any width, resolution and T: row by row, with what each row costs, opened by a click."""

from dataclasses import replace
from functools import lru_cache

import torch
import traitlets

from ..network import costs
from ..network.model import STREAMS, osnet
from ..refused import Refused
from .records import CostPart, CostRow, Costs
from .widget import Widget, checked

_ROWS = 10  # of table 1
COUNTED = 64  # the height at which a network is counted; no map is one cell there unless it is pooled
_STEP = 32  # between heights at which every map is a whole multiple


class NetworkCosts(Widget, script="network_costs.js"):
    """Move the width and the resolution of an OSNet and watch which rows pay; open a row to see its layers.

    Traits to read or set: width (0.05 to 1.5), height (of the photo, pixels, 32 to 512; it is half as wide), streams
    (T), opened (row of the table, from 0; -1 for none).
    Traits to read: parameters, multiply_adds (of the network, one photo), rows, layers (of the opened row), cited.
    """

    width = traitlets.Float(1.0).tag(sync=True)
    height = traitlets.Int(256).tag(sync=True)
    streams = traitlets.Int(4).tag(sync=True)
    opened = traitlets.Int(-1).tag(sync=True)
    most_streams = traitlets.Int(len(STREAMS)).tag(sync=True)

    parameters = traitlets.Int().tag(sync=True)
    multiply_adds = traitlets.Int().tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    layers = traitlets.List().tag(sync=True)
    cited = traitlets.Unicode().tag(sync=True)

    def __init__(self, **chosen):
        super().__init__(**chosen)
        self.observe(self._count, ["width", "height", "streams", "opened"])
        self._count()

    @checked("width")
    def _check_width(self, width: float) -> None:
        if not 0.05 <= width <= 1.5:
            raise Refused(f"Width must lie between 0.05 and 1.5, not at {width:g}.")

    @checked("height")
    def _check_height(self, height: int) -> None:
        if not 32 <= height <= 512:
            raise Refused(f"The height must lie between 32 and 512 pixels, not at {height}.")

    @checked("streams")
    def _check_streams(self, streams: int) -> None:
        if not 1 <= streams <= len(STREAMS):
            raise Refused(f"The streams must be 1 to {len(STREAMS)}, not {streams}.")

    @checked("opened")
    def _check_opened(self, opened: int) -> None:
        if not -1 <= opened < _ROWS:
            raise Refused(f"The table has rows 0 to {_ROWS - 1}, and no row {opened}.")

    def _count(self, _change=None) -> None:
        table = counted(self.width, self.streams, self.height)
        self.show(costs_of(table, self.opened, published(self.width, self.streams, self.height)))


@lru_cache(maxsize=512)
def _counted(width: float, streams: int, height: int) -> tuple[costs.StageCost, ...]:
    with torch.device("meta"):  # shapes without numbers: nothing is drawn at random
        model = osnet(width, streams=streams)
    return costs.table(model, (height, height // 2))


def counted(width: float, streams: int, height: int) -> tuple[costs.StageCost, ...]:
    """The rows of an OSNet's table 1.  height: of the photo, in pixels; it is half as wide.

    A network is counted once and remembered; at another resolution its maps are larger, and nothing is run again.
    """
    if height % _STEP:  # maps are rounded up on the way
        return _counted(width, streams, height)
    times = height / COUNTED
    return tuple(
        replace(row, output=_enlarged(row.output, times), layers=tuple(_at(layer, times) for layer in row.layers))
        for row in _counted(width, streams, COUNTED)
    )


def _enlarged(output: tuple[int, ...], times: float) -> tuple[int, ...]:
    channels, *cells = output
    return output if cells in ([], [1, 1]) else (channels, *(int(cell * times) for cell in cells))


def _at(layer: costs.LayerCost, times: float) -> costs.LayerCost:
    output = _enlarged(layer.output, times)
    work = layer.multiply_adds if output == layer.output else int(layer.multiply_adds * times**2)
    return replace(layer, output=output, multiply_adds=work)


def costs_of(table, opened: int, cited: str) -> Costs:
    """The record of a table.  table: rows with stage, output, operation, layers, parameters and multiply_adds."""
    most = [max(getattr(row, name) for row in table) for name in ("parameters", "multiply_adds")]
    rows = tuple(
        CostRow(
            row.stage, _size(row.output), row.operation, row.parameters, row.multiply_adds,
            row.parameters / most[0], row.multiply_adds / most[1],
        )
        for row in table
    )  # fmt: skip
    parts: dict[str, list] = {}
    for layer in table[opened].layers if opened >= 0 else ():
        # conv2.0.conv2c.1.conv1 belongs to stream c of the block conv2.0; conv5.conv is a part of its own.
        parts.setdefault(".".join(layer.name.split(".")[:3]), []).append(layer)
    layers = tuple(_part(name, part) for name, part in parts.items())
    return Costs(sum(r.parameters for r in table), sum(r.multiply_adds for r in table), rows, layers, cited)


def _part(name: str, part: list) -> CostPart:
    kinds = ", ".join(_repeated([layer.kind for layer in part if layer.multiply_adds])) or "normalisation"
    sums = (sum(getattr(layer, what) for layer in part) for what in ("parameters", "multiply_adds"))
    return CostPart(name, kinds, max(layer.calls for layer in part), _size(part[-1].output), *sums)


def published(width: float, streams: int, height: int) -> str:
    """What the paper says of this network, in a sentence."""
    for cell in costs.PAPER_TABLE_6 if streams == 4 else ():
        if abs(cell.width - width) < 1e-9 and cell.size == (height, height // 2):
            return (
                f"The paper's table 6 gives {cell.millions} M multiply-adds for this network, rank-1 "
                f"{cell.rank1} % and mAP {cell.mean_ap} % on Market-1501 (pre-trained on ImageNet)."
            )
    return "The paper's table 6 lacks this network: it has T = 4, widths 1, .75, .5, .25, heights 256 to 64."


def _size(output: tuple[int, ...]) -> str:
    """(256, 64, 32) -> '64x32, 256', as the paper writes it."""
    channels, *cells = output
    return f"{'x'.join(map(str, cells))}, {channels}" if cells else str(channels)


def _repeated(kinds: list[str]) -> list[str]:
    return [f"{kinds.count(kind)} times {kind}" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)]
