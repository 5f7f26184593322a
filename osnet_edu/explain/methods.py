"""The one table of methods: what each of them is and costs, and one way to ask them about a pair of photos.

METHODS["occlusion"](model, images, target) -> heat (B, H, W)            any network, and any target
ask(Network(model, embedder), queries, photos, "occlusion") -> (N, H, W)    uint8 photos, the similarity of pairs
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor, nn

from ..embed import Embedder, TorchEmbedder, normalise
from ..refused import Refused
from . import exchange, vote
from .asking import embed
from .decomposition import point_decomposition
from .gradients import deep_lift, gradient, input_x_gradient, integrated_gradients, smooth_grad
from .layers import grad_cam, gradient_x_activation, on_pieces
from .perturbation import Quick, corr_rise, occlusion
from .targets import Target, similarity

_MANY = 100  # passes from which on a method is slow


@dataclass(frozen=True)
class Network:
    """model: for methods that need slopes.  embedder: the same network, faster, for methods that need none, or None."""

    model: nn.Module
    embedder: Embedder | None = None


@dataclass(frozen=True)
class Method:
    """One method, of a target or of a pair.

    passes: about how many versions of a photo go through the network for one map: what it costs.
    of_target: (model, images, target, **options) -> heat (B, H, W); None for a method that needs both photos.
    of_pair: (embed, query, photo) -> heat (H, W), for such a method.
    of_both: (model, embed, query, photo) -> heat (H, W), for one that needs slopes as well.
    forward: it needs no slope, so an embedder is enough.  adds_up: its sum should be the change of the target.
    exact: options with which the sum misses a small margin by less than a tenth.
    """

    name: str
    passes: int
    of_target: Callable[..., np.ndarray] | None = None
    of_pair: Callable[[Embedder, np.ndarray, np.ndarray], np.ndarray] | None = None
    of_both: Callable[..., np.ndarray] | None = None
    forward: bool = False
    adds_up: bool = False
    exact: Mapping[str, object] = field(default_factory=dict)

    @property
    def slow(self) -> bool:
        """Whether a map costs 100 passes through the network or more."""
        return self.passes >= _MANY

    def on(self, network: Network, images: Tensor, target: Target, **options) -> np.ndarray:
        """Explain a target, by the embedder where that is enough.  images: (B, 3, H, W).  Returns: (B, H, W).

        Raises: Refused for a method that needs both photos.
        """
        if self.of_target is None:
            raise Refused(f"{self.name} needs both photos of a pair; ask it by explain.ask")
        asked = Quick(network.embedder) if self.forward and network.embedder is not None else network.model
        return self.of_target(asked, images, target, **options)


TABLE: dict[str, Method] = {
    one.name: one
    for one in (
        Method("gradient", 1, gradient),
        Method("input x gradient", 1, input_x_gradient),
        Method("SmoothGrad", 16, smooth_grad),
        Method("integrated gradients", 32, integrated_gradients, adds_up=True, exact={"steps": 128}),
        Method("DeepLift", 2, deep_lift, adds_up=True),
        Method("Grad-CAM", 1, grad_cam),
        Method("gradient x activation", 1, gradient_x_activation),
        Method("gradient x activation on pieces", 1, on_pieces),
        Method("point decomposition", 1, point_decomposition),
        Method("occlusion", 600, occlusion, forward=True),
        Method("CorrRISE", 512, corr_rise, forward=True),
        Method("segment exchange", 1600, of_pair=exchange.against, forward=True),
        Method("segment occlusion", 300, of_pair=exchange.without, forward=True),
        Method("segment vote", 600, of_both=vote.by_vote),
    )
}
METHODS: dict[str, Callable[..., np.ndarray]] = {name: one.of_target for name, one in TABLE.items() if one.of_target}
DEFAULT = "gradient x activation on pieces"  # the best grade for a pass there and back
FORWARD = tuple(name for name in METHODS if TABLE[name].forward)


def ask(network: Network, queries: np.ndarray, photos: np.ndarray, name: str, **options) -> np.ndarray:
    """What in each photo speaks for its similarity to its query (above zero) and against it (below).

    queries, photos: (N, H, W, 3) uint8, pairs; the query is embedded once, and held.  name: one of TABLE.
    options: of a method of a target, such as `stage`.
    Returns: (N, H, W), signed.
    Raises: Refused for an unknown method, and as the method does.
    """
    if name not in TABLE:
        raise Refused(f"a method is one of {', '.join(TABLE)}, got {name!r}")
    method = TABLE[name]
    asked = network.embedder or TorchEmbedder(network.model)
    if method.of_both:
        pairs = zip(queries, photos, strict=True)
        return np.stack([method.of_both(network.model, asked, *pair, **options) for pair in pairs])
    if method.of_pair:
        return np.stack([method.of_pair(asked, *pair, **options) for pair in zip(queries, photos, strict=True)])
    target = similarity(embed(network.model, normalise(queries)))
    return method.on(network, normalise(photos), target, **options)
