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
    def already(self) -> bool:
        """Whether they are apart at every step, also before the first block."""
        return bool(self.block) and min(self.ratios.values()) >= PARTED

    @property
    def sentence(self) -> str:
        """Where they part, or that they do not, in one sentence."""
        end = f"{self.ratios[END]:.2f} times the usual distance"
        if self.already:
            return f"The two are apart even before the first block, {self.block}: at the end they are {end} apart."
        if self.block:
            return f"The two part in {self.block} and stay apart: at the end they are {end} apart."
        if self.ratios[END] >= PARTED:
            return f"The two part behind the last block: at the end they are {end} apart."
        if self.widest == END:
            return (
                f"No block keeps the two apart: at the end, where they are furthest apart, they are only {end} apart."
            )
        widest = (
            f"they are furthest apart behind {self.widest}, {self.ratios[self.widest]:.2f} times the usual distance"
        )
        return f"No block keeps the two apart: {widest}, and at the end only {self.ratios[END]:.2f} times."


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
