"""Which attribution maps can be believed for this network: graded against the pixels that truly differ.

Only differences that the network notices are asked about. Beside each method stand the same method on a network that
was never trained, where the weights are open, and two maps that no network made.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image

from ...embed import TorchEmbedder, embedder_for, normalise
from ...explain import Network, Quick, untrained
from ...grading import frozen, marks, sanity
from ...grading.contestants import FLOORS, METHODS_GRADED, OWN
from ...network import weights
from ...refused import Refused
from .. import scenes
from ..record import Answer, Figure, figure_of
from .ask import Inquiry
from .found import cases

# What each asks of the network, the cheap ones first. Forward ones need no slope: any embedder can be asked.
FORWARD_MAPS = ("occlusion", "CorrRISE")
SLOW_MAPS = ("segment occlusion", "segment exchange")
_SLOPES = (
    "gradient", "integrated gradients, blurred", "Grad-CAM, conv4", "gradient x activation, conv4",
    "gradient x activation on pieces",
)  # fmt: skip
_BARE = {"the centre": "centre prior", "new colours": "new colours"}
_PHOTOS = 100_000  # enough for the fastest engine
_CHECKED = 8  # photos of the randomisation check

_Maps = Callable[[np.ndarray, np.ndarray], np.ndarray]  # queries, photos (N, H, W, 3) -> (N, H, W)


def graded_maps(asked: Inquiry) -> Answer:
    """The grade of each method, by family of twins."""
    found = cases(asked.budget.families, asked.progress)
    each = len(found.part) // len(frozen.PARTS)
    seen = frozen.noticed(asked.embed, found).seen & (np.arange(len(found.part)) % each < asked.budget.mapped)
    name = scenes.scene_name("maps", found.name, asked.budget.mapped)
    if not seen.any():
        return Answer("maps", name, (), ("The network notices none of the differences: there is nothing to explain.",))
    query, photo, truth, family = (getattr(found, field)[seen] for field in ("query", "negative", "truth", "family"))

    def graded(label: str, ask: _Maps) -> Figure:
        grades = [
            marks.grade(heat, one, against=True).rank
            for start in range(0, len(query), 8)
            for heat, one in zip(
                ask(query[start : start + 8].copy(), photo[start : start + 8].copy()), truth[start:], strict=False
            )
        ]
        return figure_of(label, grades, family, unit="grade")

    networks = _networks(asked, found)
    names = _names(asked)
    steps, done = len(names) * len(networks) + len(_BARE) + 1, 0
    figures = []
    for label, floor in _BARE.items():
        figures.append(graded(f"floor: {label}", partial(FLOORS[floor], None)))
        done += 1
        asked.progress(done, steps)
    for prefix, (network, size) in networks.items():
        for method in names:
            figures.append(graded(prefix + method, _asker(network, method, size)))
            done += 1
            asked.progress(done, steps)
    if asked.subject.checkpoint is not None:
        figures += _kept(asked.subject.checkpoint, query, photo, family)
        asked.progress(steps, steps)
    note = f"Graded on {int(seen.sum())} differences that the network notices, of {len(frozen.PARTS)} parts."
    return Answer("maps", name, tuple(figures), (note,))


def _names(asked: Inquiry) -> tuple[str, ...]:
    slow = SLOW_MAPS if asked.budget.slow else SLOW_MAPS[:1]
    return (*_SLOPES, *FORWARD_MAPS, *slow) if asked.subject.checkpoint is not None else (*FORWARD_MAPS, *slow)


def _networks(asked: Inquiry, found: frozen.Cases) -> dict[str, tuple[Network, tuple[int, int]]]:
    """The network, and one of the same build that was never trained where that can be built; with photos' size."""
    checkpoint = asked.subject.checkpoint
    if checkpoint is None:
        return {"": (Network(Quick(asked.embed), asked.embed), scenes.SCENE_SIZE)}
    size = checkpoint.size
    networks = {"": (Network(checkpoint.model, _embedder(checkpoint.model, size)), size)}
    try:
        some = _resized(found.query[: untrained.NORM_PHOTOS], size)
        other = untrained.like(checkpoint.model, 0, normalise(some))
    except Refused:
        return networks
    return {**networks, "never trained: ": (Network(other, _embedder(other, size)), size)}


def _embedder(model, size: tuple[int, int]):
    return embedder_for(model, photos=_PHOTOS, size=size)


def _asker(network: Network, method: str, size: tuple[int, int]) -> _Maps:
    ask = {**METHODS_GRADED, **OWN}[method]

    def asked(queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
        heat = ask(network, _resized(queries, size), _resized(photos, size))
        return _back(heat, photos.shape[1:3])

    return asked


def _kept(checkpoint: weights.Checkpoint, query: np.ndarray, photo: np.ndarray, family: np.ndarray) -> list[Figure]:
    """How alike each map stays after all weights were replaced, on photos of all parts; one a family."""
    if len(photo) < _CHECKED:
        return []
    size = checkpoint.size
    spread = np.linspace(0, len(photo) - 1, _CHECKED).astype(int)  # the photos are in the order of their parts
    queries, photos = (_resized(some[spread], size) for some in (query, photo))
    networks = dict(sanity.cascade(checkpoint.model, normalise(photos)))
    first, last = networks["none"], networks[sanity.STAGES[-1]]
    found = []
    for method in _SLOPES:
        heats = [
            METHODS_GRADED[method](Network(model, TorchEmbedder(model)), queries, photos) for model in (first, last)
        ]
        alike = [sanity.badge.correlation(one, other) for one, other in zip(*heats, strict=True)]
        found.append(figure_of(f"kept after randomisation: {method}", alike, family[spread], unit="grade"))
    return found


def _resized(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if images.shape[1:3] == tuple(size):
        return images
    turned = (size[1], size[0])
    return np.stack([np.asarray(Image.fromarray(image).resize(turned, Image.Resampling.BILINEAR)) for image in images])


def _back(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """_Maps at the size of the truth: each pixel the mean of those that it covers, or the nearest one."""
    if heat.shape[1:] == tuple(size):
        return heat
    turned = (size[1], size[0])
    return np.stack(
        [np.asarray(Image.fromarray(one.astype(np.float32)).resize(turned, Image.Resampling.BOX)) for one in heat]
    )
