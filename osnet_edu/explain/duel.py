"""The duel: why him and not her? Maps on the query, a positive and a negative on one scale, and the parts they lie on.

    on the query      the margin: what in the query makes the positive nearer than the negative
    on the positive   the similarity to the query
    on the negative   the similarity to the query: what is below zero speaks against the match

All three share one scale, so a pair in which nothing speaks up looks weak. Where the parts of the photos are known, the
evidence is summed up part by part.
Shapes: H x W pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from ..embed import normalise
from ..refused import Refused
from .asking import embed
from .decomposition import shares as decomposed
from .gradients import completeness
from .methods import DEFAULT, METHODS, TABLE, Network, ask
from .targets import Target, margin, similarity

_ROLES = ("query", "positive", "negative")
EXPLAINERS = (*METHODS, "segment exchange")
SLOW = tuple(name for name in EXPLAINERS if TABLE[name].slow)
_SMALLEST = 32, 16  # height and width, which a network needs to make a map at all


@dataclass(frozen=True)
class Duel:
    """heat: (3, H, W) signed maps on query, positive, negative.  match, impostor: cosine similarity to the query.

    missed: by how much the sum of a map misses what it ought to explain, as a share, the worst of the three; 0 is
    perfect, nan for a method that promises no sum.  bias: for the point decomposition, the share of the similarity to
    the positive that no cell has; nan for other methods.
    """

    method: str
    heat: np.ndarray
    match: float
    impostor: float
    missed: float
    bias: float

    @property
    def margin(self) -> float:
        """match - impostor: below zero the ranking is wrong."""
        return self.match - self.impostor

    @property
    def scale(self) -> float:
        """The largest relevance in any of the three maps: one scale for all."""
        return float(np.abs(self.heat).max())


@dataclass(frozen=True)
class Evidence:
    """Shares of the evidence on each part, by the part's name, the largest first; each sums to 1, or is empty.

    speaks_for: of what is above zero on the positive.  speaks_against: of what is below zero on the negative.
    makes_similar: of what is above zero on the negative.
    area_for, area_against: the share of the photo that the part takes in each: what a map without a message would give.
    """

    speaks_for: Mapping[str, float]
    speaks_against: Mapping[str, float]
    makes_similar: Mapping[str, float]
    area_for: Mapping[str, float]
    area_against: Mapping[str, float]

    def __str__(self) -> str:
        """Two sentences, such as "62 % of what speaks for the match is on the top (20 % of the photo), ..."."""
        return " ".join(
            [
                _told(self.speaks_for, self.area_for, "speaks for the match"),
                _told(self.speaks_against, self.area_against, "speaks against the impostor"),
            ]
        )

    @property
    def of_likeness(self) -> str:
        """The same in one sentence for the question what makes the impostor similar."""
        return _told(self.makes_similar, self.area_against, "speaks for the impostor")


def between(model: nn.Module, photos: np.ndarray, method: str = DEFAULT, *, fast=None) -> Duel:
    """Explain a query, a positive and a negative.

    photos: (3, H, W, 3) uint8, in that order.  method: one of EXPLAINERS.  fast: an embedder of the same network, for
    methods that only ask forwards; None asks the network.
    Raises: Refused for other photos, an unknown method, and photos of which two are identical: the slope of cosine is
    zero there, and a map of it would be blank.
    """
    photos = _checked(photos, method)
    images = normalise(photos)
    q, p, n = embed(model, images).split(1)
    match, impostor = (float(similarity(q)(other)) for other in (p, n))
    targets = (margin(p, n), similarity(q), similarity(q))
    network = Network(model, fast)
    heat = np.stack([_map(network, photos, images, method, k, target) for k, target in enumerate(targets)])
    missed = bias = np.nan
    if TABLE[method].adds_up:
        found = [
            completeness(model, images[k : k + 1], target, heat[k : k + 1]).missed[0]
            for k, target in enumerate(targets)
        ]
        missed = float(np.max(found))
    if method == "point decomposition":
        found = decomposed(model, images[1:2], targets[1])
        bias = float(found.bias[0] / found.value[0])
    return Duel(method, heat, match, impostor, missed, bias)


def on_negative(model: nn.Module, photos: np.ndarray, method: str = DEFAULT, *, fast=None) -> np.ndarray:
    """The third map of a duel alone, (H, W): all that a check by another network needs.

    model, photos, method, fast and what is raised: as for `between`.
    """
    photos = _checked(photos, method)
    images = normalise(photos)
    return _map(Network(model, fast), photos, images, method, 2, similarity(embed(model, images[:1])))


def _map(network: Network, photos: np.ndarray, images: Tensor, method: str, k: int, target: Target) -> np.ndarray:
    """The map on photo k of the three, (H, W) float64."""
    if TABLE[method].of_pair:
        giver = (2, 0, 0)[k]  # the photo that it is compared with
        return ask(network, photos[giver][None], photos[k][None], method)[0]
    return TABLE[method].on(network, images[k : k + 1], target, **TABLE[method].exact)[0].astype(float)


def _checked(photos: np.ndarray, method: str) -> np.ndarray:
    photos = np.asarray(photos)
    if photos.ndim != 4 or len(photos) != 3 or photos.shape[3] != 3 or photos.dtype != np.uint8:
        raise Refused(f"expected three photos (3, H, W, 3) of uint8, got {photos.shape} of {photos.dtype}")
    if photos.shape[1] < _SMALLEST[0] or photos.shape[2] < _SMALLEST[1]:
        raise Refused(f"expected photos of {_SMALLEST[0]} x {_SMALLEST[1]} pixels or larger, got {photos.shape[1:3]}")
    if method not in EXPLAINERS:
        raise Refused(f"a method is one of {', '.join(EXPLAINERS)}, got {method!r}")
    for one, other in ((0, 1), (0, 2), (1, 2)):
        if np.array_equal(photos[one], photos[other]):
            raise Refused(
                f"the {_ROLES[one]} and the {_ROLES[other]} are the same photo: their similarity is 1, the highest "
                "there is, where every slope is 0; so there is no map"
            )
    return photos


def evidence(duel: Duel, masks: np.ndarray, names: Sequence[str]) -> Evidence:
    """What lies on which part.

    masks: (3, H, W) whole numbers, the part of each pixel of query, positive and negative.  names: of the parts.
    Raises: Refused for masks of another shape, and for numbers that no name has.
    """
    masks = np.asarray(masks)
    if masks.shape != duel.heat.shape or not np.issubdtype(masks.dtype, np.integer):
        raise Refused(f"expected masks {duel.heat.shape} of whole numbers, got {masks.shape} of {masks.dtype}")
    if masks.min() < 0 or masks.max() >= len(names):
        raise Refused(f"masks must hold numbers 0 to {len(names) - 1}, got {masks.min()} to {masks.max()}")
    _, positive, negative = duel.heat
    return Evidence(
        on_parts(np.maximum(positive, 0), masks[1], names),
        on_parts(np.maximum(-negative, 0), masks[2], names),
        on_parts(np.maximum(negative, 0), masks[2], names),
        on_parts(np.ones_like(positive), masks[1], names),
        on_parts(np.ones_like(negative), masks[2], names),
    )


def on_parts(relevance: np.ndarray, mask: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Shares of relevance on each part that the photo shows, the largest first; empty where there is no relevance.

    relevance: (H, W), 0 or above.  mask: (H, W) whole numbers.
    """
    total = np.bincount(mask.ravel(), relevance.ravel(), len(names))
    if total.sum() <= 0:
        return {}
    share = total / total.sum()
    shown = [k for k in np.argsort(-share, kind="stable") if (mask == k).any()]
    return {names[k]: float(share[k]) for k in shown}


def _told(shares: Mapping[str, float], area: Mapping[str, float], verb: str) -> str:
    if not shares:
        return f"Nothing {verb}."
    (first, most), *others = shares.items()
    more = "".join(f", {share:.0%} on the {name} ({area[name]:.0%})" for name, share in others[:1] if share >= 0.05)
    said = f"{most:.0%} of what {verb} is on the {first} ({area[first]:.0%} of the photo){more}."
    return said.replace("%", " %").replace("  %", " %")
