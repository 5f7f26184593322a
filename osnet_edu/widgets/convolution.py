"""The convolution one can touch: point at a pixel and see its window, the weights, every product and the sum.

One photo, one output channel, four kinds of layer: traditional (27 weights), depthwise (9), pointwise (3), and
Lite 3x3 (3, then 9).
"""

import numpy as np
import traitlets

from .. import colours
from ..refused import Refused
from .widget import Widget, checked, one_of

CHANNELS = ("red", "green", "blue")
WAYS = {
    "traditional": "traditional 3x3",
    "depthwise": "depthwise 3x3",
    "pointwise": "pointwise 1x1",
    "lite": "Lite 3x3 (1x1, then 3x3)",
}
KERNELS = {
    "outline": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "blur": ((0.11, 0.11, 0.11), (0.11, 0.12, 0.11), (0.11, 0.11, 0.11)),
    "left to right": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "top to bottom": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "only the centre": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
}
_OWN = "your own"
MIXES = {
    "grey": (0.3, 0.6, 0.1),
    "red only": (1, 0, 0),
    "red minus blue": (1, 0, -1),
    "green minus red and blue": (-0.5, 1, -0.5),
}
PICTURE_LIMIT = (96, 96)  # larger pixels than this could not be pointed at


class Convolution(Widget, script="convolution.js"):
    """Point at a pixel of a small photo, by mouse or arrow keys, and follow the sum behind one output number.

    picture: (H, W, 3) uint8 RGB, [0, 255], at most 96 x 96 pixels.
    Traits to read or set: way (a key of WAYS), kernel (a key of KERNELS), weights (3 x 3 numbers; setting one makes the
    kernel "your own"), mix (a key of MIXES), channel (0 to 2, for depthwise), row, column.
    Traits to read: total, the output number; panels, the windows behind it.
    Raises: Refused for another picture.
    """

    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    menu = traitlets.Dict(
        {"way": list(WAYS.items()), "kernel": [*KERNELS, _OWN], "mix": list(MIXES), "channel": list(CHANNELS)}
    ).tag(sync=True)

    way = traitlets.Unicode("traditional").tag(sync=True)
    kernel = traitlets.Unicode("outline").tag(sync=True)
    weights = traitlets.List([list(row) for row in KERNELS["outline"]]).tag(sync=True)
    mix = traitlets.Unicode("grey").tag(sync=True)
    channel = traitlets.Int(0).tag(sync=True)
    row = traitlets.Int(0).tag(sync=True)
    column = traitlets.Int(0).tag(sync=True)

    panels = traitlets.List().tag(sync=True)
    total = traitlets.Float().tag(sync=True)
    summed = traitlets.Unicode().tag(sync=True)
    counted = traitlets.Unicode().tag(sync=True)
    output = traitlets.Bytes().tag(sync=True)
    legend = traitlets.Unicode().tag(sync=True)

    def __init__(self, picture: np.ndarray, **chosen):
        picture = np.asarray(picture)
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
            raise Refused(f"expected a picture (H, W, 3) of uint8, got {picture.shape} of {picture.dtype}")
        if picture.shape[0] > PICTURE_LIMIT[0] or picture.shape[1] > PICTURE_LIMIT[1]:
            raise Refused(f"the picture is {picture.shape[0]} x {picture.shape[1]}; make it 96 x 96 or smaller")
        self._pixels = np.pad(picture.astype(float), ((1, 1), (1, 1), (0, 0)))  # zeros around it, as padding=1 does
        height, width = picture.shape[:2]
        middle = {"row": height // 2, "column": width // 2}
        super().__init__(height=height, width=width, picture=picture.tobytes(), **{**middle, **chosen})
        self._kernel_chosen()
        self.observe(self._kernel_chosen, "kernel")
        self.observe(self._draw, ["way", "weights", "mix", "channel"])
        self.observe(self._point, ["row", "column"])
        self._draw()

    @checked("way")
    def _check_way(self, way: str) -> None:
        one_of(way, WAYS, "layer")

    @checked("kernel")
    def _check_kernel(self, kernel: str) -> None:
        one_of(kernel, (*KERNELS, _OWN), "kernel")

    @checked("mix")
    def _check_mix(self, mix: str) -> None:
        one_of(mix, MIXES, "mix")

    @checked("channel")
    def _check_channel(self, channel: int) -> None:
        if not 0 <= channel <= 2:
            raise Refused(f"Channel {channel} is not there; 0, 1 and 2 are red, green and blue.")

    @checked("weights")
    def _check_weights(self, weights: list) -> None:
        if not _is_kernel(weights):
            raise Refused("A kernel needs 3 rows of 3 numbers.")

    @checked("row")
    def _check_row(self, row: int) -> None:
        self._check_place(row, self.column)

    @checked("column")
    def _check_column(self, column: int) -> None:
        self._check_place(self.row, column)

    def _check_place(self, row: int, column: int) -> None:
        if not (0 <= row < self.height and 0 <= column < self.width):
            raise Refused(f"Row {row}, column {column} lies outside the photo ({self.height} x {self.width}).")

    def _kernel_chosen(self, _change=None) -> None:
        if self.kernel in KERNELS:
            self.weights = [list(row) for row in KERNELS[self.kernel]]

    def _draw(self, _change=None) -> None:
        """The whole output map, when the layer has changed."""
        weights, pixels = self._layer(), self._pixels
        shifted = [
            pixels[i : i + self.height, j : j + self.width] @ weights[:, i, j] for i in range(3) for j in range(3)
        ]
        self._map = np.sum(shifted, axis=0)
        with self.hold_sync():
            known = [name for name, values in KERNELS.items() if _same(values, self.weights)]
            self.kernel = known[0] if known else _OWN
            self.output, self.legend = _paint(self._map)
            self._point()

    def _point(self, _change=None) -> None:
        """The sum behind one number, when the pixel or the layer has changed."""
        row, column = self.row, self.column
        window = self._pixels[row : row + 3, column : column + 3]  # (3, 3, channels)
        inside = np.ones(self._pixels.shape[:2], bool)
        inside[[0, -1]] = inside[:, [0, -1]] = False
        padding = ~inside[row : row + 3, column : column + 3]
        weights, mix = self._layer(), np.array(MIXES[self.mix], float)
        if self.way == "lite":
            shown = [("the three colours of each cell, mixed", window @ mix, np.array(self.weights, float))]
        else:
            shown = [(name, window[:, :, c], weights[c]) for c, name in enumerate(CHANNELS)]
        with self.hold_sync():
            self.panels = [
                {
                    "name": name,
                    "values": np.round(values, 1).tolist(),
                    "weights": [[float(w) if used else None for w, used in zip(*rows, strict=True)] for rows in
                                zip(weight, self._looked_at(name), strict=True)],
                    "padding": padding.tolist(),
                    "sum": round(float((values * weight).sum()), 1),
                }
                for name, values, weight in shown
            ]  # fmt: skip
            self.total = round(float(self._map[row, column]), 1)
            self.summed = self._in_words(window[1, 1], mix)
            self.counted = self._count()

    def _layer(self) -> np.ndarray:
        """The layer as the weights of a traditional one: (channels, 3, 3)."""
        kernel, mix = np.array(self.weights, float), np.array(MIXES[self.mix], float)
        centre = np.zeros((3, 3))
        centre[1, 1] = 1
        if self.way == "depthwise":
            mix = np.eye(3)[self.channel]
        if self.way == "pointwise":
            kernel = centre
        return mix[:, None, None] * kernel

    def _looked_at(self, panel: str) -> np.ndarray:
        """Which cells of a panel the layer reads at all, whatever their weights: (3, 3) bool."""
        if self.way == "pointwise":
            return np.array([[False] * 3, [False, True, False], [False] * 3])
        return np.full((3, 3), self.way != "depthwise" or panel == CHANNELS[self.channel])

    def _in_words(self, colours: np.ndarray, mix: np.ndarray) -> str:
        where = f"row {self.row}, column {self.column}"
        sums = [panel["sum"] for panel in self.panels]
        if self.way == "traditional":
            return f"{where}: {_plus(sums)} = {self.total:g}"
        if self.way == "depthwise":
            return f"{where}: {self.total:g}, from the {CHANNELS[self.channel]} window alone"
        products = _plus([f"{value:g}×{weight:g}" for value, weight in zip(colours, mix, strict=True)])
        if self.way == "pointwise":
            return f"{where}: {products} = {self.total:g}"
        mixed = round(float(colours @ mix), 1)
        return f"{where}: first each cell is mixed (the one in the middle: {products} = {mixed:g}), then {self.total:g}"

    def _count(self) -> str:
        return {
            "traditional": "27 multiply-adds for one output number: 3x3 cells in each of the 3 channels.",
            "depthwise": f"9 multiply-adds: 3x3 cells of one channel. {CHANNELS[self.channel].capitalize()} goes in, "
            "and one channel comes out; the other two would get windows of their own.",
            "pointwise": "3 multiply-adds: one cell in each of the 3 channels. No neighbour is looked at.",
            "lite": "12 multiply-adds: 3 to mix a cell, once for all windows that it lies in, and 9 for the window. "
            "The output is that of a traditional layer whose 27 weights are kernel × mix.",
        }[self.way]


def _same(first, second) -> bool:
    return np.array_equal(np.array(first, float), np.array(second, float))


def _is_kernel(weights: list) -> bool:
    try:
        return np.shape(weights) == (3, 3) and bool(np.isfinite(np.array(weights, float)).all())
    except (ValueError, TypeError):  # rows of different lengths, or no numbers
        return False


def _plus(terms: list) -> str:
    words = [f"{term + 0.0:g}" if isinstance(term, float) else term for term in terms]  # and no "-0"
    return " + ".join(words).replace("+ -", "− ")


def _paint(values: np.ndarray) -> tuple[bytes, str]:
    """A map as RGB bytes and how to read it: grey where nothing is negative, else green-blue, white, purple."""
    # The frame of zeros makes large numbers at the border, which would leave the photo itself pale.
    inner = values[1:-1, 1:-1] if min(values.shape) > 2 else values
    low, high = float(values.min()), float(inner.max())
    if low >= -1e-9:
        top = max(high, 1e-9)
        grey = (255 * values / top).clip(0, 255).round()
        return np.repeat(grey[..., None], 3, 2).astype(np.uint8).tobytes(), f"black is 0, white is {top:.0f} or more"
    most = max(float(abs(inner).max()), 1e-9)
    share = (values / most).clip(-1, 1)[..., None]
    negative, positive = (list(bytes.fromhex(colour.light[1:])) for colour in (colours.ONE, colours.TWO))
    ends = np.where(share < 0, negative, positive)
    shown = 255 + (ends - 255) * abs(share) ** 0.7  # a root, so that weak answers can be seen
    return shown.round().astype(np.uint8).tobytes(), (
        f"white is 0, purple is positive (full at {most:.0f}), green-blue is negative (full at −{most:.0f})"
    )
