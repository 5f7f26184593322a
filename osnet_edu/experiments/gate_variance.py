"""What do gates follow: person, camera, yaw or background? Omega squared on a crossed render.

In any real set these hang together: a camera has one background and sees people from one side. So every person is
rendered under every camera, at every yaw and before every background, with nothing else varied, and the variance of the
gates is divided among the four. Omega squared is the share that a factor explains, less what chance would explain. What
no factor explains alone is how they act together, and noise.

Source: Hays, Statistics for Psychologists, 1963 (omega squared).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .. import assets, intervals, people
from ..embed import normalise
from ..explain import gates
from ..machine import pool
from ..network import weights
from ..refused import Refused
from ..trials import alike

_FACTORS = ("person", "camera", "yaw", "background")
PEOPLE = 8
SEED = 12  # of the people: no weights that ship have met them
_PART = 64  # photos at a time


@dataclass(frozen=True)
class GateVariance:
    """shares: by block, then by factor: omega squared of its gates, over networks.  photos: rendered."""

    shares: Mapping[str, Mapping[str, intervals.Interval]]
    photos: int
    networks: int

    def __str__(self) -> str:
        lines = [
            f"{self.photos} photos, every person x camera x yaw x background once; {self.networks} networks.",
            "Share of the variance of the gates, omega squared; 95 % intervals over networks.",
            "",
            f"{'':<9}" + "".join(f"{factor:<22}" for factor in _FACTORS).rstrip(),
        ]
        for block, found in self.shares.items():
            cells = (f"{one.value:5.2f} [{one.low:5.2f}, {one.high:5.2f}]" for one in found.values())
            lines.append(f"{block:<9}" + "".join(f"{cell:<22}" for cell in cells).rstrip())
        return "\n".join(lines)


def run(_root: Path, progress: Callable[[int, int], None] | None = None) -> GateVariance:
    """The five networks that were trained alike.  The photos are rendered: a folder is not asked."""
    return measure_variance(alike.all_trained(), progress)


def measure_variance(
    networks: Sequence[weights.Checkpoint],
    progress: Callable[[int, int], None] | None = None,
    count: int = PEOPLE,
) -> GateVariance:
    """Some networks that take photos of one size.  count: people to render.

    Raises: Refused for no network, different sizes, a block without a gate.
    """
    size = alike.common_size(networks)
    for checkpoint in networks:
        gates.gated(checkpoint.model, to="read")
    cells = people.crossed_views(count, seed=SEED)
    levels = {factor: np.array([getattr(cell, factor) for cell in cells]) for factor in _FACTORS}
    images, steps = [], len(cells) + len(networks)
    with pool.results(partial(shoot, size=size), cells) as results:
        for done, image in enumerate(results, start=1):
            images.append(image)
            if progress:
                progress(done, steps)
    found = []
    for done, checkpoint in enumerate(networks, start=1):
        reading = gates.read(checkpoint.model, normalise(np.stack(images)), batch=_PART)
        found.append({block: omega_squared(g.reshape(len(cells), -1), levels) for block, g in reading.gates.items()})
        if progress:
            progress(len(cells) + done, steps)
    shares = {
        block: {factor: intervals.mean([one[block][factor] for one in found]) for factor in _FACTORS}
        for block in found[0]
    }
    return GateVariance(shares, len(cells), len(networks))


def read_shipped() -> dict[str, dict[str, intervals.Interval]]:
    """What the shipped run found: by block, then by factor.  Its command and its networks are in assets/seeds.md."""
    found = {}
    for line in assets.path("results/gate_variance.txt").read_text(encoding="utf-8").splitlines()[1:]:
        block, *numbers = re.findall(r"conv\d\.\d|-?\d\.\d+", line)
        values = iter(map(float, numbers))
        found[block] = {factor: intervals.Interval(*(next(values) for _ in range(3))) for factor in _FACTORS}
    return found


def omega_squared(values: np.ndarray, levels: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The share of the variance that each factor of a balanced design explains alone, without what chance explains.

    values: (N, D), D numbers of each photo, whose variances are added up.  levels: by factor, (N,); each combination of
    levels comes equally often.  Returns: by factor; slightly below 0 where a factor explains less than chance would.
    Raises: Refused where a factor's levels do not come equally often, or nothing varies.
    """
    centred = np.asarray(values, float) - np.mean(values, 0)
    total = (centred**2).sum()
    if total == 0:
        raise Refused("the values do not vary: there is nothing to explain")
    sums, freedom = {}, {}
    for factor, level in levels.items():
        names, index, counts = np.unique(level, return_inverse=True, return_counts=True)
        if len(set(counts.tolist())) != 1:
            raise Refused(f"the levels of {factor} must come equally often, got {counts.tolist()} photos")
        means = np.stack([centred[index == k].mean(0) for k in range(len(names))])
        sums[factor], freedom[factor] = counts[0] * (means**2).sum(), len(names) - 1
    left = len(centred) - 1 - sum(freedom.values())
    error = (total - sum(sums.values())) / left
    return {factor: float((sums[factor] - freedom[factor] * error) / (total + error)) for factor in levels}


def shoot(cell: people.Cross, size: tuple[int, int]) -> np.ndarray:
    """The photo of one cell: (H, W, 3) uint8.  size: (height, width) in pixels."""
    pool.check_wanted()
    return people.render(people.draw_identity(SEED, cell.person), cell.view, size=size).image
