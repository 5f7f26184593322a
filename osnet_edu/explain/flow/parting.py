"""Where two photos part: how far apart they are at each step of the network, and the first block that parts them.

Shapes: B photos, C channels, H x W cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ... import retrieval
from ...network.model import OSNet
from .palette import Colouring
from .passing import END, Passed, trunk

PARTED = 0.5  # of the usual distance


@dataclass(frozen=True)
class Parting:
    """How far apart two photos are at every step.

    distances: by step of the trunk, and "embedding": 1 minus the cosine of the pooled maps (the means of each channel
    over all cells), or of the two embeddings.  ratios: the same divided by the usual distance there, the median over
    all pairs of gallery photos, so that steps can be compared; 1 is as far apart as two gallery photos usually are.

    The photos are apart at a step if its ratio is 0.5 (PARTED) or more.
    block: the first block in which they part: the first one at whose output they are apart, and stay apart at every
        later step and in the embedding. "" if there is none.
    widest: the step with the largest ratio, the first of several.
    """

    distances: Mapping[str, float]
    ratios: Mapping[str, float]
    block: str
    widest: str

    @property
    def sentence(self) -> str:
        """Where they part, or that they do not, in one sentence."""
        end = f"{self.ratios[END]:.2f} times the usual distance"
        if self.block:
            before = list(self.ratios)[: list(self.ratios).index(self.block)]
            already = before and all(self.ratios[name] >= PARTED for name in before)
            known = ", though they come in apart" * bool(already)
            return (
                f"{self.block} is the first block in which the two part{known}: from there on they stay apart, "
                f"and at the end they are {end} apart."
            )
        widest = f"{self.widest} sees them furthest apart ({self.ratios[self.widest]:.2f} times the usual distance)"
        if self.ratios[END] < PARTED:
            return f"No block parts these two: {widest}, and at the end they are only {end} apart."
        return f"No block parts these two, they part behind the last one: at the end they are {end} apart."


def parting(model: OSNet, pair: Passed, palette: Colouring) -> Parting:
    """Follow two photos through the network; `Parting` defines what is meant.

    pair: two photos.  palette: of this network and a gallery.
    """
    names = [*trunk(model), END]
    distances = {}
    for name in names:
        first, second = retrieval.unit(pair.pooled(name).numpy(force=True))
        distances[name] = float(1 - first @ second)
    ratios = {name: distance / max(palette.usual(name), 1e-12) for name, distance in distances.items()}
    together = [k for k, name in enumerate(names) if ratios[name] < PARTED]
    since = together[-1] + 1 if together else 0  # from here on they are apart
    block = next((name for name in model.blocks() if names.index(name) >= since), "")
    return Parting(distances, ratios, block, max(names, key=ratios.__getitem__))
