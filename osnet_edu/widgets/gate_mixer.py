"""The gate mixer: set the gates of a block's streams by hand and watch their mixture, beside what the net does itself.

By hand there is one number a stream, for all channels or for the one that is looked at. The net has one number a
stream *and* channel: with all channels in view the sliders cannot reach its mixture, with one channel they can.
"""

import numpy as np
import torch
import traitlets
from torch import Tensor

from ..embed import embed_images
from ..explain import gates
from ..network import probe
from ..network.model import OSBlock, OSNet
from ..refused import Refused
from .mixtures import mixture, streams_of
from .pictures import uri
from .widget import Widget, checked

HALF = 0.5  # where the sliders stand at first: with all at 1 the net's own mixture is nearly black beside yours


class GateMixer(Widget, script="gate_mixer.js"):
    """Four sliders, four maps, their mixture, and the net's own beside it.

    model: an OSNet.  image: (H, W, 3) uint8, RGB, of the size that the model takes.  same, other: photos of the same
    and of another person, (H, W, 3) uint8, RGB; with them the box says what the hand-set gates do to the decision.
    block: the block looked at.  channel: 0 for all of them, else counted from 1.  hand: (T,), in [0, 1].
    own: (T,), the net's gates: of the channel, or their mean.  shares, own_shares: (T,), signed, each stream's part of
    the mixture, sum 1.  gap: |yours - the net's| / |the net's| of the mixture, over the channels looked at.
    """

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
        gates.gated(model, to="mix by hand")
        streams = len(model.blocks()[block].stream_names)
        super().__init__(
            blocks=list(model.blocks()),
            block=block,
            hand=[HALF] * streams,
            photo={"src": uri(image), "text": "the photo"},
        )
        self._look()
        self.observe(self._changed, ["block", "channel", "hand"])

    def _pressed(self, message: object) -> None:
        if message != "own":
            super()._pressed(message)
        self.hand = self.own

    @checked("block")
    def _check_block(self, block: str) -> None:
        if block not in self.blocks:
            raise Refused(f"This network has the blocks {', '.join(self.blocks)}, and no {block}.")

    @checked("channel")
    def _check_channel(self, channel: int) -> int:
        channels = self._channels()
        if self.channels != channels and channel > channels:
            return 0  # a block chosen a moment ago may have fewer channels than the one looked at
        if not 0 <= channel <= channels:
            raise Refused(f"This block has channels 1 to {channels}; 0 means all of them.")
        return channel

    @checked("hand")
    def _check_hand(self, hand: list[float]) -> None:
        streams = len(self._block().stream_names)
        if len(hand) != streams or not all(0 <= value <= 1 for value in hand):
            raise Refused(f"There are {streams} gates, each from 0 to 1.")

    def _block(self) -> OSBlock:
        return self._model.blocks()[self.block]

    def _channels(self) -> int:
        gate = self._block().gate
        assert gate is not None  # `gates.gated` refuses a network without
        return gate.fc2.out_channels

    def _changed(self, change) -> None:
        if change.name == "block" and self.channel > self._channels():
            self.channel = 0
        elif change.name == "hand":
            self._mix()
        else:
            self._look()

    def _look(self) -> None:
        """Run the net once and take the block's streams and gates of the channels looked at."""
        block = self._block()
        with probe.recorded(block, *block.stream_names, "gate") as seen:
            self._own_features = self._embed()
        keep = slice(None) if self.channel == 0 else slice(self.channel - 1, self.channel)
        streams = [seen[name][0].output for name in block.stream_names]
        self._streams = torch.cat(streams).numpy()[:, keep]  # (T, channels looked at, H, W)
        self._gates = seen["gate"][0].output.numpy()[:, keep]  # (T, channels looked at, 1, 1): one photo, so batch is T
        with self.hold_sync():
            self.show(streams_of(self._streams, self._gates, self._channels()))
            self._mix()

    def _mix(self) -> None:
        with self.hold_sync():
            self.show(mixture(self.hand, self._streams, self._gates))
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


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
