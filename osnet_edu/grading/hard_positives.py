"""Hard positives: which part makes two photos of one person similar, and do the maps say so?

Measured by drawing one part anew, eight times each (see `importance`). Beside the methods stand maps without a message:
random numbers, the area of each part, and the person's outline, which knows nothing but where the person is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import assets, draws, intervals
from ..embed import MANY, embedder_for, normalise
from ..explain import Network, ask, untrained
from ..network import weights
from . import importance
from .importance import PartAgreement, Positives

ASKED = ("gradient", "Grad-CAM", "gradient x activation", "occlusion")
_REFERENCE = 60  # photos by which an untrained network's normalisations are set


@dataclass(frozen=True)
class HardPositives:
    """falls: mean fall of the similarity by part, with its interval over people.  noticed: parts that count, of how
    many that show.  random: the same of a network that was never trained.  whole, worn: agreement of each map, by name,
    with the background and without.  on_background: share of each method's positive mass that lies there.
    """

    name: str
    limit: float
    falls: Mapping[str, intervals.Interval]
    noticed: tuple[int, int]
    random: tuple[int, int]
    whole: Mapping[str, PartAgreement]
    worn: Mapping[str, PartAgreement]
    on_background: Mapping[str, float]

    def __str__(self) -> str:
        lines = [
            f"One part drawn anew: by how much does the similarity of two photos of one person fall? ({self.name})",
            *(f"  {part:<12}{found.cell(digits=3)}" for part, found in self.falls.items()),
            f"{self.noticed[0]} of {self.noticed[1]} parts count more than an edit without meaning ({self.limit:.3f}); "
            f"for a network that was never trained {self.random[0]}.",
            "",
            "Does a map give more to a part that counts more? Rank correlation over the parts of a pair, 1 at most.",
            f"  {'':<24}{'all parts':>10}{'':>14}{'worn, area held':>16}{'':>8}{'on the background':>18}",
        ]
        for name, found in self.whole.items():
            share = f"{self.on_background[name]:>10.0%}" if name in self.on_background else ""
            lines.append(f"  {name:<24}{found.mean().cell(8)}{self.worn[name].mean('partial').cell(8)}{share}")
        lines.append("Brackets: 95 %, over people. Area held: what a map says beyond how large a part is.")
        return "\n".join(lines)


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> HardPositives:
    """The shipped weights.  root: not read; the people are rendered."""
    return measure_parts(weights.shipped(), progress=progress)


def run_own(root: Path, path: Path, progress: Callable[[int, int], None] | None = None) -> HardPositives:
    """One checkpoint of a student.  root: not read."""
    return measure_parts(weights.open(path), progress=progress)


def measure_parts(
    checkpoint: weights.Checkpoint,
    positives: Positives | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> HardPositives:
    """positives: None renders the frozen ones at the checkpoint's size.  progress: (steps done, steps in all)."""
    total, done = len(ASKED) + 3, [0]

    def step() -> None:
        done[0] += 1
        if progress:
            progress(done[0], total)

    positives = importance.render_positives(size=checkpoint.size) if positives is None else positives
    step()
    model = checkpoint.model
    fast = embedder_for(model, photos=MANY, size=checkpoint.size)
    measured = importance.measured(fast, positives)
    step()
    heats, network = {}, Network(model, fast)
    for name in ASKED:
        # Pair by pair: the last bits of a map can depend on what else is in a batch.
        pairs = zip(positives.query, positives.positive, strict=True)
        heats[name] = np.stack([ask(network, query[None], photo[None], name)[0] for query, photo in pairs])
        step()
    heats["random numbers"] = draws.named(0, "random maps").random(positives.both.shape) - 0.5
    bare, still = importance.worn(positives, measured)
    whole = {name: importance.of_maps(heat, positives, measured) for name, heat in heats.items()}
    worn = {name: importance.of_maps(heat, bare, still) for name, heat in heats.items()}
    whole |= importance.floors(positives, measured)
    worn |= importance.floors(bare, still)
    back = positives.parts.index(importance.BACKGROUND)
    shares = {
        name: float(np.mean([_share(one, cover[back]) for one, cover in zip(heat, positives.cover, strict=True)]))
        for name, heat in heats.items()
    }
    chance = untrained.like(model, 0, normalise(positives.query[:_REFERENCE]))
    other = importance.measured(embedder_for(chance, photos=MANY, size=checkpoint.size), positives)
    step()
    shown = int(positives.shown.sum())
    falls = {
        part: intervals.mean(column[~np.isnan(column)])
        for part, column in zip(positives.parts, measured.fall.T, strict=True)
        if (~np.isnan(column)).any()
    }
    order = dict(sorted(falls.items(), key=lambda item: -item[1].value))
    return HardPositives(
        positives.name,
        measured.limit,
        order,
        (int(measured.noticed.sum()), shown),
        (int(other.noticed.sum()), shown),
        whole,
        worn,
        shares,
    )


def read_shipped() -> str:
    """The table of the shipped weights, as it ships."""
    return assets.path("results/importance.txt").read_text(encoding="utf-8")


def _share(heat: np.ndarray, cover: np.ndarray) -> float:
    relevance = np.maximum(heat, 0)
    return float((relevance * cover).sum() / relevance.sum()) if relevance.any() else np.nan
