"""How far a stream sees, drawn on a photo: shortest path, longest path, and what gradients measure.

Two sliders: T, the streams that every block has, and t, the stream that is asked.
"""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from .. import receptive
from ..compute import Compute, using
from ..embed import normalise
from ..model import STREAMS, OSNet, osnet
from ..refused import Refused

TWIN_WIDTH = 0.25  # of the untrained networks that stand in where T is not the given model's
GRID = 16  # the deepest map is this much smaller than the photo


class ReceptiveField(anywidget.AnyWidget):
    """Choose a block, T and t; the middle unit of that stream shows what it can see, and what moves it.

    photos: (N, H, W, 3) uint8 RGB, at the size that the network takes them; H and W are multiples of 16. The first is
        drawn, and the measured field is the mean over all.
    model: measured where its T is chosen; for any other T, and for None, an untrained network of width 0.25 is.
    Traits to read or set: block ("conv2.0" ... "conv4.1"), streams (T), stream (t), measured (draw the heat or not).
    Traits to read: cells, shortest, longest, effective (sides in cells and pixels; effective holds 90 % of the heat).
    Raises: Refused for other photos.
    """

    _esm = Path(__file__).with_suffix(".js")

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    blocks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    most_streams = traitlets.Int(len(STREAMS)).tag(sync=True)

    block = traitlets.Unicode("conv2.0").tag(sync=True)
    streams = traitlets.Int(4).tag(sync=True)
    stream = traitlets.Int(1).tag(sync=True)
    measured = traitlets.Bool(True).tag(sync=True)

    cells = traitlets.Int().tag(sync=True)
    shortest = traitlets.Int().tag(sync=True)
    longest = traitlets.Int().tag(sync=True)
    effective = traitlets.Int().tag(sync=True)
    windows = traitlets.Dict().tag(sync=True)  # name -> [top, left, bottom, right] in pixels, maybe outside the photo
    heat = traitlets.Bytes().tag(sync=True)
    table = traitlets.List().tag(sync=True)
    sentences = traitlets.List(traitlets.Unicode()).tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)

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
        self._fields: dict[tuple[int, str, int], tuple[bytes, int]] = {}
        names = list((model or self._network(4)).blocks())
        super().__init__(height=height, width=width, picture=photos[0].tobytes(), blocks=names, **chosen)
        self.observe(self._draw, ["block", "streams", "stream"])
        self._draw()

    def _draw(self, _change=None) -> None:
        if self.block not in self.blocks:
            self.problem = f"There is no block {self.block!r}; choose one of {', '.join(self.blocks)}."
        elif not 1 <= self.streams <= self.most_streams:
            self.problem = f"T must be 1 to {self.most_streams}, not {self.streams}."
        elif self.stream < 1:
            self.problem = f"Streams are counted from 1, so there is no stream {self.stream}."
        elif self.stream > self.streams:
            self.stream = self.streams  # T has shrunk below t; this draws again
        else:
            with self.hold_sync():
                self.problem = ""
                self._measure()

    def _measure(self) -> None:
        fields = [
            field for field in receptive.receptive_fields(self._network(self.streams)) if field.block == self.block
        ]
        field = fields[self.stream - 1]
        middle = (self.height // field.step // 2, self.width // field.step // 2)
        self.cells, self.shortest, self.longest = field.cells, field.shortest, field.longest
        self.windows = {
            path: [end for pair in zip(*(field.window(cell, path) for cell in middle), strict=True) for end in pair]
            for path in ("shortest", "longest")
        }
        key = (self.streams, self.block, self.stream)
        if key not in self._fields:
            with using(Compute(threads=1)):  # so small a network gains nothing by more, and waits where others work
                heat = receptive.effective_field(self._network(self.streams), self._images, self.block, self.stream)
            centre = [field.origin + cell * field.step for cell in middle]
            # The root of the share: a unit's field falls off like a bell, and its skirt would not be seen.
            shades = np.sqrt(heat / max(heat.max(), 1e-300)) * 255
            self._fields[key] = (shades.round().astype(np.uint8).tobytes(), receptive.side_of(heat, *centre, 0.9))
        self.heat, self.effective = self._fields[key]
        self.table = [[f.stream, f.cells, f.shortest, f.longest] for f in fields]
        self.sentences = [
            f"Stream {self.stream} of {self.block} sees {self.cells} x {self.cells} cells of its block's own map. "
            f"From one cell to the next it is {field.step} pixels of the photo.",
            f"Shortest path: {self._in_words(self.shortest)}",
            f"Longest path: {self._in_words(self.longest)}",
            f"Measured: 90 % of what moves this unit lies within {self.effective} x {self.effective} pixels "
            f"({'the given network' if self.streams == self._given else 'an untrained network'}, "
            f"mean over {len(self._images)} photo{'s' * (len(self._images) > 1)}).",
        ]

    def _in_words(self, side: int) -> str:
        words = f"{side} x {side} pixels"
        if side > self.height:
            return f"{words}: wider and taller than the photo ({self.width} x {self.height})."
        return f"{words}: wider than the photo ({self.width})." if side > self.width else f"{words}."

    def _network(self, streams: int) -> OSNet:
        if streams not in self._models:
            self._models[streams] = osnet(TWIN_WIDTH, streams=streams)
        return self._models[streams]
