"""Table 1 of the paper for any width, resolution and T: row by row, with what each row costs, opened by a click."""

from pathlib import Path

import anywidget
import traitlets

from .. import costs
from ..model import STREAMS, osnet
from ..refused import Refused


class NetworkCosts(anywidget.AnyWidget):
    """Move the width and the resolution of an OSNet and watch which rows pay; open a row to see its layers.

    Traits to read or set: width (0.05 to 1.5), height (of the photo, pixels, 32 to 512; it is half as wide), streams
    (T), opened (row of the table, from 0; -1 for none).
    Traits to read: parameters, multiply_adds (of the network, one photo), rows, layers (of the opened row), cited.
    """

    _esm = Path(__file__).with_suffix(".js")

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
    problem = traitlets.Unicode().tag(sync=True)

    def __init__(self, **chosen):
        super().__init__(**chosen)
        self.observe(self._count, ["width", "height", "streams"])
        self.observe(self._open, "opened")
        self._count()

    def _count(self, _change=None) -> None:
        try:
            if not 0.05 <= self.width <= 1.5:
                raise Refused(f"Width must lie between 0.05 and 1.5, not at {self.width:g}.")
            if not 32 <= self.height <= 512:
                raise Refused(f"The height must lie between 32 and 512 pixels, not at {self.height}.")
            model = osnet(self.width, streams=self.streams)
        except ValueError as error:
            self.problem = str(error)
            return
        size = (self.height, self.height // 2)
        self._table = costs.table(model, size)
        most = [max(getattr(row, name) for row in self._table) for name in ("parameters", "multiply_adds")]
        with self.hold_sync():
            self.problem = ""
            self.parameters = sum(row.parameters for row in self._table)
            self.multiply_adds = sum(row.multiply_adds for row in self._table)
            self.rows = [
                {
                    "stage": row.stage,
                    "output": _size(row.output),
                    "operation": row.operation,
                    "parameters": row.parameters,
                    "multiply_adds": row.multiply_adds,
                    "parameter_bar": row.parameters / most[0],
                    "multiply_add_bar": row.multiply_adds / most[1],
                }
                for row in self._table
            ]
            self.cited = self._published(size)
            self._open()

    def _open(self, _change=None) -> None:
        if not -1 <= self.opened < len(self._table):
            self.problem = f"The table has rows 0 to {len(self._table) - 1}, and no row {self.opened}."
            return
        self.problem = ""
        parts: dict[str, list[costs.LayerCost]] = {}
        for layer in self._table[self.opened].layers if self.opened >= 0 else ():
            # conv2.0.conv2c.1.conv1 belongs to stream c of the block conv2.0; conv5.conv is a part of its own.
            parts.setdefault(".".join(layer.name.split(".")[:3]), []).append(layer)
        self.layers = [
            {
                "name": name,
                "kinds": ", ".join(_counted([layer.kind for layer in part if layer.multiply_adds]))
                or "normalisation",
                "calls": max(layer.calls for layer in part),
                "output": _size(part[-1].output),
                "parameters": sum(layer.parameters for layer in part),
                "multiply_adds": sum(layer.multiply_adds for layer in part),
            }
            for name, part in parts.items()
        ]  # fmt: skip

    def _published(self, size: tuple[int, int]) -> str:
        if self.streams == 4:
            for cell in costs.PAPER_TABLE_6:
                if abs(cell.width - self.width) < 1e-9 and cell.size == size:
                    return (
                        f"The paper's table 6 gives {cell.millions} M multiply-adds for this network, rank-1 "
                        f"{cell.rank1} % and mAP {cell.mean_ap} % on Market-1501 (pre-trained on ImageNet)."
                    )
        return "The paper's table 6 lacks this network: it has T = 4, widths 1, .75, .5, .25, heights 256 to 64."


def _size(output: tuple[int, ...]) -> str:
    """(256, 64, 32) -> '64x32, 256', as the paper writes it."""
    channels, *cells = output
    return f"{'x'.join(map(str, cells))}, {channels}" if cells else str(channels)


def _counted(kinds: list[str]) -> list[str]:
    return [f"{kinds.count(kind)} times {kind}" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)]
