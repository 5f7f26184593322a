"""How far a stream sees, drawn on a photo: shortest path, longest path, and what gradients measure.

Two sliders: T, the streams that every block has, and t, the stream that is asked.
"""

import numpy as np
import traitlets

from ..embed import normalise
from ..machine.compute import Compute, using
from ..network import receptive
from ..network.model import STREAMS, OSNet, osnet
from ..refused import Refused
from .records import SeenField
from .widget import Widget, checked, one_of

TWIN_WIDTH = 0.25  # of the untrained networks that stand in where T is not the given model's
GRID = 16  # the deepest map is this much smaller than the photo


class ReceptiveField(Widget, script="receptive_field.js"):
    """Choose a block, T, t and a place; the unit of that stream there shows what it can see, and what moves it.

    photos: (N, H, W, 3) uint8 RGB, at the size that the network takes them; H and W are multiples of 16. The first is
        drawn, and the measured field is the mean over all.
    model: measured where its T is chosen; for any other T, and for None, an untrained network of width 0.25 is.
    Traits to read or set: block ("conv2.0" ... "conv4.1"), streams (T), stream (t), measured (draw the heat or not),
        row, column (a pixel of the photo: the unit nearest to it is asked; the middle at first).
    Traits to read: cells, shortest, longest, effective (sides in cells and pixels; effective holds 90 % of the heat).
    Raises: Refused for other photos.
    """

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    blocks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    most_streams = traitlets.Int(len(STREAMS)).tag(sync=True)

    block = traitlets.Unicode("conv2.0").tag(sync=True)
    streams = traitlets.Int(4).tag(sync=True)
    stream = traitlets.Int(1).tag(sync=True)
    measured = traitlets.Bool(True).tag(sync=True)
    row = traitlets.Int().tag(sync=True)
    column = traitlets.Int().tag(sync=True)

    cells = traitlets.Int().tag(sync=True)
    step = traitlets.Int(1).tag(sync=True)  # pixels of the photo between two neighbouring units
    shortest = traitlets.Int().tag(sync=True)
    longest = traitlets.Int().tag(sync=True)
    effective = traitlets.Int().tag(sync=True)
    windows = traitlets.Dict().tag(sync=True)  # name -> [top, left, bottom, right] in pixels, maybe outside the photo
    heat = traitlets.Bytes().tag(sync=True)
    table = traitlets.List().tag(sync=True)
    sentences = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, photos: np.ndarray, model: OSNet | None = None, **chosen):
        photos = np.asarray(photos)
        if photos.ndim != 4 or photos.shape[3] != 3 or photos.dtype != np.uint8 or not len(photos):
            raise Refused(f"expected photos (N, H, W, 3) of uint8, got {photos.shape} of {photos.dtype}")
        height, width = photos.shape[1:3]
        if height % GRID or width % GRID or not height or not width:
            raise Refused(f"height and width must be multiples of {GRID}, got {height} x {width}")
        self._images = normalise(photos)
        self._models = {}
        self._given = None
        if model is not None:
            self._given = len(next(iter(model.blocks().values())).stream_names)
            self._models[self._given] = model
        self._fields: dict[tuple, tuple[bytes, int]] = {}
        names = list((model or self._network(4)).blocks())
        middle = {"row": height // 2, "column": width // 2}
        super().__init__(height=height, width=width, picture=photos[0].tobytes(), blocks=names, **{**middle, **chosen})
        self.observe(self._draw, ["block", "streams", "stream", "row", "column"])
        self._draw()

    @checked("block")
    def _check_block(self, block: str) -> None:
        one_of(block, self.blocks, "block")

    @checked("streams")
    def _check_streams(self, streams: int) -> None:
        if not 1 <= streams <= self.most_streams:
            raise Refused(f"T must be 1 to {self.most_streams}, not {streams}.")

    @checked("stream")
    def _check_stream(self, stream: int) -> int:
        if stream < 1:
            raise Refused(f"Streams are counted from 1, so there is no stream {stream}.")
        return min(stream, self.streams)

    @checked("row")
    def _check_row(self, row: int) -> None:
        self._check_pixel(row, self.column)

    @checked("column")
    def _check_column(self, column: int) -> None:
        self._check_pixel(self.row, column)

    def _check_pixel(self, row: int, column: int) -> None:
        if not (0 <= row < self.height and 0 <= column < self.width):
            raise Refused(f"Row {row}, column {column} lies outside the photo ({self.height} x {self.width}).")

    def _draw(self, _change=None) -> None:
        if self.stream > self.streams:
            self.stream = self.streams  # T has shrunk below t; this draws again
        else:
            self.show(self._seen())

    def _seen(self) -> SeenField:
        fields = [
            field for field in receptive.receptive_fields(self._network(self.streams)) if field.block == self.block
        ]
        field = fields[self.stream - 1]
        sides = (self.height // field.step, self.width // field.step)
        cell = tuple(
            min(side - 1, max(0, round((pixel - field.origin) / field.step)))
            for pixel, side in zip((self.row, self.column), sides, strict=True)
        )
        windows = {
            path: tuple(end for pair in zip(*(field.window(at, path) for at in cell), strict=True) for end in pair)
            for path in ("shortest", "longest")
        }
        heat, effective = self._measured(field, cell)
        table = tuple((f.stream, f.cells, f.shortest, f.longest) for f in fields)
        where = self._in_words(field, cell, effective)
        return SeenField(field.cells, field.step, field.shortest, field.longest, effective, windows, heat, table, where)

    def _measured(self, field: receptive.Field, cell: tuple[int, int]) -> tuple[bytes, int]:
        """The heat of one unit as bytes, and the side of the square that holds 90 % of it; remembered."""
        key = (self.streams, self.block, self.stream, cell)
        if key not in self._fields:
            network = self._network(self.streams)
            with using(Compute(threads=1)):  # so small a network gains nothing by more, and waits where others work
                heat = receptive.effective_field(network, self._images, self.block, self.stream, cell)
            row, column = (field.origin + at * field.step for at in cell)
            # The root of the share: a unit's field falls off like a bell, and its skirt would not be seen.
            shades = np.sqrt(heat / max(heat.max(), 1e-300)) * 255
            self._fields[key] = (shades.round().astype(np.uint8).tobytes(), receptive.side_of(heat, row, column, 0.9))
        return self._fields[key]

    def _in_words(self, field: receptive.Field, cell: tuple[int, int], effective: int) -> tuple[str, ...]:
        network = "the given network" if self.streams == self._given else "an untrained network"
        photos = f"{len(self._images)} photo{'s' * (len(self._images) > 1)}"
        return (
            f"Stream {field.stream} of {field.block} sees {field.cells} x {field.cells} cells of its block's own map. "
            f"From one cell to the next it is {field.step} pixels of the photo. "
            f"The unit asked is in row {cell[0] + 1}, column {cell[1] + 1} of the map.",
            f"Shortest path: {self._against_photo(field.shortest)}",
            f"Longest path: {self._against_photo(field.longest)}",
            f"Measured: 90 % of what moves this unit lies within {effective} x {effective} pixels "
            f"({network}, mean over {photos}).",
        )

    def _against_photo(self, side: int) -> str:
        words = f"{side} x {side} pixels"
        if side > self.height:
            return f"{words}: wider and taller than the photo ({self.width} x {self.height})."
        return f"{words}: wider than the photo ({self.width})." if side > self.width else f"{words}."

    def _network(self, streams: int) -> OSNet:
        if streams not in self._models:
            self._models[streams] = osnet(TWIN_WIDTH, streams=streams)
        return self._models[streams]
