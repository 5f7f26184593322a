"""Do small parts need narrow streams, and large parts wide ones? Shapley values of the margin, for twins by part.

The paper's claim has a consequence that can be tested: where two people differ in a small part (a logo, a strap,
shoes), streams with a narrow view should carry the decision; where they differ in a large one (top, bottom), streams
with a wide view. So triples are rendered for twin families: a query, the same person under another camera, and her twin
in exactly that view. What each stream of a block contributes to the margin s(q, p) - s(q, n) is its Shapley value; an
absent stream becomes its mean over the gallery.

The lean of a triple in a block: sum over t of (t - 2.5) phi_t / sum of |phi_t|, from -1.5, all on stream 1, to 1.5, all
on stream 4. Stated before looking: the lean of large parts minus that of small ones is above 0. A large area is not a
large scale: a coat of another colour can be told by one cell. So a difference is evidence about area first.

Networks: five that were trained alike from seeds 0 to 4 and, as a control, five that were never trained.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import intervals, people
from ..embed import normalise
from ..explain import gates, shapley, untrained
from ..grading import frozen
from ..machine import pool
from ..network import weights
from ..network.model import OSNet
from ..photos import market
from ..refused import Refused
from ..trials import alike

SMALL_PARTS, LARGE_PARTS = ("logo", "strap", "shoes"), ("top color", "bottom color")
_FAMILIES = 24  # twin pairs a part
TRIPLE_CAMERAS = ((1, 3), (4, 6))  # of the query, and of the two photos to tell apart: a triple each
SEED = 11  # of the people: no weights that ship have met them
_MEANS = 128  # photos of the gallery that an absent stream is the mean of


@dataclass(frozen=True)
class PartTriples:
    """Photos to ask about, uint8 (N, H, W, 3) each.  part, family: of each triple, (N,)."""

    query: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    part: np.ndarray
    family: np.ndarray


@dataclass(frozen=True)
class Lean:
    """How far small and large parts lean to wide streams in one block, and the difference, large minus small.

    low, high: of the difference, 95 %, over families and networks.  p: corrected for the number of blocks, by Holm.
    """

    small: float
    large: float
    low: float
    high: float
    p: float

    @property
    def difference(self) -> float:
        """The lean of large parts minus that of small ones: above 0, large parts lean more to wide streams."""
        return self.large - self.small

    @property
    def verdict(self) -> str:
        """Whether the difference is "as stated" or "against it" by its sign; "open" if p is 0.05 or more."""
        if self.p >= 0.05:
            return "open"
        return "as stated" if self.difference > 0 else "against it"


@dataclass(frozen=True)
class GateParts:
    """trained, untrained: by block.  right: share of triples with a margin above 0, of the trained and the others."""

    trained: Mapping[str, Lean]
    untrained: Mapping[str, Lean]
    triples: int
    families: int
    networks: int
    right: tuple[float, float]

    def __str__(self) -> str:
        lines = [
            f"{self.triples} triples of {self.families} twin families, {self.networks} trained and {self.networks} "
            "untrained networks.",
            f"Small: {', '.join(SMALL_PARTS)}. Large: {', '.join(LARGE_PARTS)}.",
            f"Right before any change: trained {self.right[0]:.1%}, untrained {self.right[1]:.1%}.",
        ]
        for name, found in (("trained", self.trained), ("untrained", self.untrained)):
            lines.append(f"\n{name:<12}{'small':>7}{'large':>7}{'difference':>12}{'':>17}{'p (Holm)':>10}")
            for block, lean in found.items():
                lines.append(
                    f"{block:<12}{lean.small:>+7.2f}{lean.large:>+7.2f}{lean.difference:>+12.2f}"
                    f"  [{lean.low:>+5.2f}, {lean.high:>+5.2f}]{lean.p:>10.3f}  {lean.verdict}"
                )
        lines.append(
            "\nLean: -1.5 is all on stream 1, +1.5 all on stream 4. Intervals: 95 %, over families"
            + (" and networks." if self.networks > 1 else " only, because there is one network.")
        )
        return "\n".join(lines)


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> GateParts:
    """The five networks that ship for it.  root: a folder whose gallery an absent stream is the mean of."""
    return measure_leans(root, alike.all_trained(), progress)


def run_own(root: Path, path: Path, progress: Callable[[int, int], None] | None = None) -> GateParts:
    """Networks of a student: one checkpoint, or all of a folder.  With one, intervals are over families only."""
    return measure_leans(root, alike.own(path), progress)


def measure_leans(
    root: Path,
    networks: Sequence[weights.Checkpoint],
    progress: Callable[[int, int], None] | None = None,
    families: int = _FAMILIES,
) -> GateParts:
    """Some trained networks of one build, and as many untrained ones, on rendered twins.

    Raises: Refused for no network, networks of different sizes, and a folder without a gallery.
    """
    size = alike.common_size(networks)
    photos = normalise(market.decode(gallery_for_means(root), size).images)
    triples = render_triples(size, families)
    random = [untrained.like(checkpoint.model, seed, photos) for seed, checkpoint in enumerate(networks)]
    models = [*(checkpoint.model for checkpoint in networks), *random]
    values, margins = [], []
    for k, model in enumerate(models):
        found, margin = _contributions(model, triples, photos)
        values.append(found)
        margins.append(margin)
        if progress:
            progress(k + 1, len(models))
    half = len(networks)
    right, others = (float((np.array(some) > 0).mean()) for some in (margins[:half], margins[half:]))
    return GateParts(
        _leans(values[:half], triples),
        _leans(values[half:], triples),
        len(triples.part),
        len(np.unique(triples.family)),
        half,
        (right, others),
    )


def gallery_for_means(root: Path) -> list[market.Photo]:
    """The photos that an absent stream is the mean of: at most 128 of a folder's gallery, evenly.

    Raises: Refused for a folder without a gallery photo of a person.
    """
    gallery = [photo for photo in market.read(root).gallery if photo.person > 0]
    if not gallery:
        raise Refused(f"{root} has no gallery photo of a person, and an absent stream becomes the mean over these")
    return gallery[:: -(-len(gallery) // _MEANS)]


def render_triples(size: tuple[int, int], families: int = _FAMILIES, seed: int = SEED) -> PartTriples:
    """The triples, by part, then by family.  Their people are a pure function of the seed."""
    parts = (*SMALL_PARTS, *LARGE_PARTS)
    jobs = [(number, part, k, size, seed) for number, part in enumerate(parts) for k in range(families)]
    with pool.results(_family, jobs) as results:
        rows = [row for found in results for row in found]
    query, positive, negative = (np.stack([row[i] for row in rows]) for i in range(3))
    return PartTriples(
        query, positive, negative, np.array([row[3] for row in rows]), np.array([row[4] for row in rows])
    )


def _family(job: tuple[int, str, int, tuple[int, int], int]) -> list[tuple]:
    number, part, k, size, seed = job
    person, one, other = frozen.twins(seed, number, part, k)
    least = frozen.least_visible(size)
    labels = [people.PARTS.index(name) for name in people.TWIN_LABELS[part]]

    def seen(camera: int) -> tuple[people.View, np.ndarray]:
        for attempt in range(frozen.RETRIES):
            pool.check_wanted()
            view = people.draw_view(seed, person, camera, attempt)
            shot = people.render(one, view, size=size)
            if np.isin(shot.labels, labels).sum() >= least:
                break
        return view, shot.image

    rows = []
    for asked, answered in TRIPLE_CAMERAS:
        _, query = seen(asked)
        view, positive = seen(answered)
        rows.append((query, positive, people.render(other, view, size=size).image, part, person))
    return rows


def _contributions(
    model: OSNet, triples: PartTriples, photos: torch.Tensor
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Shapley values by block, (T, N), and the margins before any change, (N,)."""
    three = (normalise(images) for images in (triples.query, triples.positive, triples.negative))
    query, positive, negative = three
    fill = gates.means(model, photos)
    values = {block: shapley.of_margins(model, query, positive, negative, block, fill=fill) for block in model.blocks()}
    return values, shapley.margins(model, query, positive, negative)


def _leans(networks: Sequence[Mapping[str, np.ndarray]], triples: PartTriples) -> dict[str, Lean]:
    """By block, from the Shapley values of several networks."""
    families, index = np.unique(triples.family, return_inverse=True)
    part = {family: name for family, name in zip(triples.family, triples.part, strict=True)}
    small = np.array([part[family] in SMALL_PARTS for family in families])
    found, drawn = {}, {}
    for block in networks[0]:
        lean = np.stack([lean_of(values[block]) for values in networks], 1)  # (N, networks)
        mean = np.stack([lean[index == row].mean(0) for row in range(len(families))])  # (families, networks)
        found[block] = mean[small], mean[~small]
        drawn[block] = intervals.crossed(*found[block])
    means = {block: (float(few.mean()), float(many.mean())) for block, (few, many) in found.items()}
    tested = intervals.tested({block: many - few for block, (few, many) in means.items()}, drawn)
    return {block: Lean(*means[block], one.low, one.high, one.p) for block, one in tested.items()}


def lean_of(values: np.ndarray) -> np.ndarray:
    """How far contributions lean to wide streams: (T, N) -> (N,), 0 where no stream contributes."""
    places = np.arange(len(values)) - (len(values) - 1) / 2
    total = np.abs(values).sum(0)
    return np.divide(places @ values, total, out=np.zeros(len(total)), where=total > 0)
