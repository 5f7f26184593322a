"""The gate mixer: set the gates of a block's streams by hand and watch their mixture, beside what the net does itself.

By hand there is one number a stream, for all channels or for the one that is looked at. The net has one number a
stream *and* channel: with all channels in view the sliders cannot reach its mixture, with one channel they can.
"""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anywidget
import matplotlib
import numpy as np
import torch
import traitlets
from PIL import Image
from torch import Tensor, nn

from .. import gates
from ..embed import embed_images
from ..model import OSBlock, OSNet
from ..refused import Refused

COLOURS = "cividis"  # told apart by lightness alone


class GateMixer(anywidget.AnyWidget):
    """Four sliders, four maps, their mixture, and the net's own beside it.

    model: an OSNet.  image: (H, W, 3) uint8, RGB, of the size that the model takes.  same, other: photos of the same
    and of another person, (H, W, 3) uint8, RGB; with them the box says what the hand-set gates do to the decision.
    block: the block looked at.  channel: 0 for all of them, else counted from 1.  hand: (T,), in [0, 1].
    own: (T,), the net's gates: of the channel, or their mean.  shares, own_shares: (T,), signed, each stream's part of
    the mixture, sum 1.  gap: |yours - the net's| / |the net's| of the mixture, over the channels looked at.
    """

    _esm = Path(__file__).with_suffix(".js")

    blocks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    block = traitlets.Unicode().tag(sync=True)
    channels = traitlets.Int().tag(sync=True)
    channel = traitlets.Int(0).tag(sync=True)
    hand = traitlets.List(traitlets.Float()).tag(sync=True)
    own = traitlets.List(traitlets.Float()).tag(sync=True)
    own_range = traitlets.List().tag(sync=True)  # (T,) of [lowest, highest] over the channels looked at
    shares = traitlets.List(traitlets.Float()).tag(sync=True)
    own_shares = traitlets.List(traitlets.Float()).tag(sync=True)
    gap = traitlets.Float().tag(sync=True)
    photo = traitlets.Dict().tag(sync=True)  # {src, text}, as are the maps
    maps = traitlets.List().tag(sync=True)
    mixtures = traitlets.List().tag(sync=True)  # yours, the net's
    says = traitlets.List(traitlets.Unicode()).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        model: OSNet,
        image: np.ndarray,
        *,
        same: np.ndarray | None = None,
        other: np.ndarray | None = None,
        block: str = "conv2.0",
    ):
        if (same is None) != (other is None):
            raise Refused("give both `same` and `other`, or neither: a decision needs two photos to compare")
        if block not in model.blocks():
            raise Refused(f"no such block: {block}; this network has {', '.join(model.blocks())}")
        self._model, self._image = model, np.asarray(image)
        self._references = (
            [] if same is None else [embed_images(model, np.asarray(photo)[None])[0] for photo in (same, other)]
        )
        streams = len(model.blocks()[block].stream_names)
        super().__init__(
            blocks=list(model.blocks()),
            block=block,
            hand=[1.0] * streams,
            photo={"src": _uri(image), "text": "the photo"},
        )
        self._good = (self.block, self.channel, self.hand)
        self._look()
        self.observe(self._changed, ["block", "channel", "hand"])
        self.on_msg(self._told)

    def _told(self, _widget, content, _buffers) -> None:
        if content == "own":
            self.hand = self.own

    def _changed(self, _change) -> None:
        problem = self._refusal()
        if problem:
            self.block, self.channel, self.hand = self._good
            self.problem = problem
            return
        if (self.block, self.channel, self.hand) == self._good:
            return
        looked_at, self._good = self._good[:2], (self.block, self.channel, self.hand)
        self.problem = ""
        if looked_at != (self.block, self.channel):
            self._look()
        else:
            self._mix()

    def _refusal(self) -> str:
        if self.block not in self.blocks:
            return f"This network has the blocks {', '.join(self.blocks)}, and no {self.block}."
        channels = self._model.blocks()[self.block].gate.fc2.out_channels
        if self.block != self._good[0] and self.channel > channels:
            self.channel = 0  # a later block may have fewer channels than the one looked at
        if not 0 <= self.channel <= channels:
            return f"This block has channels 1 to {channels}; 0 means all of them."
        if len(self.hand) != len(self._good[2]) or not all(0 <= value <= 1 for value in self.hand):
            return f"There are {len(self._good[2])} gates, each from 0 to 1."
        return ""

    def _look(self) -> None:
        """Run the net once and take the block's streams and gates of the channels looked at."""
        block = self._model.blocks()[self.block]
        with _watched(block) as seen:
            self._own_features = self._embed()
        keep = slice(None) if self.channel == 0 else slice(self.channel - 1, self.channel)
        streams = [seen[getattr(block, name)] for name in block.stream_names]
        self._streams = torch.cat(streams).numpy()[:, keep]  # (T, channels looked at, H, W)
        self._gates = seen[block.gate].numpy()[:, keep]  # (T, channels looked at, 1, 1): one photo, so batch is T
        drawn = self._streams.mean(1)
        with self.hold_sync():
            self.channels = block.gate.fc2.out_channels
            self.own = self._gates.mean((1, 2, 3)).tolist()
            self.own_range = [[float(g.min()), float(g.max())] for g in self._gates]
            self.own_shares = _shares(self._gates * self._streams)
            self.maps = [_map(m, drawn.max(), f"stream {t}") for t, m in enumerate(drawn, start=1)]
            self._mix()

    def _mix(self) -> None:
        gated = np.array(self.hand, np.float32)[:, None, None, None] * self._streams
        yours, own = gated.sum(0), (self._gates * self._streams).sum(0)
        top = max(yours.mean(0).max(), own.mean(0).max())
        size = np.linalg.norm(own)
        with self.hold_sync():
            self.shares = _shares(gated)
            self.gap = float(np.linalg.norm(yours - own) / size) if size else 0.0
            self.mixtures = [_map(yours.mean(0), top, "your mixture"), _map(own.mean(0), top, "the net's mixture")]
            self.says = self._decision()

    def _decision(self) -> list[str]:
        if not self._references:
            return []

        def by_hand(_block: str, net: Tensor) -> Tensor:
            keep = slice(None) if self.channel == 0 else slice(self.channel - 1, self.channel)
            new = net.clone()
            new[:, :, keep] = torch.tensor(self.hand, dtype=net.dtype)[None, :, None]
            return new

        with gates.rewrite(self._model, by_hand, [self.block]):
            yours = self._embed()
        lines = []
        for who, features in (("With your gates", yours), ("With the net's gates", self._own_features)):
            same, other = (_cosine(features, reference) for reference in self._references)
            lines.append(
                f"{who}: similarity to the same person {same:.3f}, to the other {other:.3f}, margin {same - other:+.3f}"
            )
        return lines

    def _embed(self) -> np.ndarray:
        return embed_images(self._model, self._image[None])[0]


@contextmanager
def _watched(block: OSBlock) -> Iterator[dict[nn.Module, Tensor]]:
    """What the streams and the gate of a block give while the `with` block lasts, by module."""
    seen: dict[nn.Module, Tensor] = {}
    modules = [*(getattr(block, name) for name in block.stream_names), block.gate]
    handles = [
        module.register_forward_hook(lambda module, _inputs, output: seen.update({module: output}))
        for module in modules
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _shares(gated: np.ndarray) -> list[float]:
    """<part, whole> / |whole|^2 of each stream.  gated: (T, C, H, W).  All 0 where the whole is."""
    whole = gated.sum(0)
    size = float((whole**2).sum())
    return [float((part * whole).sum()) / size if size else 0.0 for part in gated]


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))


def _map(values: np.ndarray, top: float, name: str) -> dict:
    """A map as a picture, black at 0 and bright at `top`, with words that say what it shows."""
    height, width = values.shape
    row, column = np.unravel_index(values.argmax(), values.shape)
    colours = matplotlib.colormaps[COLOURS](values / top if top > 0 else values)
    where = (
        f"strongest in row {row + 1} of {height}, column {column + 1} of {width}" if values.max() > 0 else "all zero"
    )
    return {
        "src": _uri((255 * colours[:, :, :3]).astype(np.uint8)),
        "text": f"{name}: mean {values.mean():.3f}, {where if values.max() > 0 else 'all zero'}",
        "mean": f"{values.mean():.3f}",
    }


def _uri(image: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
