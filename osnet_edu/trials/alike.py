"""Networks that were trained alike, from seeds 0 to 4: what five share is the recipe's, and no single run's.

Beside the primary row there are five of each control that the gate experiments need: five other kinds of block, and
the primary row on photos of 256x128. Only what the name says is changed.
"""

from collections.abc import Sequence
from pathlib import Path

from .. import assets
from ..network import siblings, weights
from ..refused import Refused

SEEDS = (0, 1, 2, 3, 4)
BUILDS = ("primary", "same-depth", "addition", "resnext", "256x128", "equal-views", "equal-depths")
_WIDTH, _HIDDEN = 0.25, 4  # of the kit's recipe, see train.TrainConfig


def trained(seed: int, kind: str = "primary") -> weights.Checkpoint:
    """One of five, by the kit's defaults on the shipped subset.  seed: one of SEEDS.  kind: one of BUILDS.

    The controls ship as float16 and are read as float32.
    """
    if seed not in SEEDS:
        raise Refused(f"seed must be one of {', '.join(map(str, SEEDS))}, got {seed}")
    if kind not in BUILDS:
        raise Refused(f"kind must be one of {', '.join(BUILDS)}, got {kind!r}")
    if kind == "primary":
        return weights.open(assets.path(f"seeds/{seed}.safetensors"))
    row = "primary" if kind == "256x128" else kind
    return weights.load(
        siblings.build(row, _WIDTH, gate_hidden=_HIDDEN), assets.path(f"seeds/{kind}/{seed}.safetensors")
    )


def all_trained(kind: str = "primary") -> list[weights.Checkpoint]:
    """All five of a kind, in the order of their seeds."""
    return [trained(seed, kind) for seed in SEEDS]


def own(path: Path | str) -> list[weights.Checkpoint]:
    """A checkpoint of one's own, or all of a folder, by name, as one kind.

    Raises: Refused where there is none, and for a file that is not an OSNet checkpoint.
    """
    return [weights.open(file) for file in weights.files(path)]


def common_size(networks: Sequence[weights.Checkpoint]) -> tuple[int, int]:
    """The size of photos, (height, width), that some networks take.  Raises: Refused where they differ, or for none."""
    sizes = {checkpoint.size for checkpoint in networks}
    if len(sizes) != 1:
        raise Refused(f"networks of one size of photos are needed, got {sorted(sizes) or 'none'}")
    return sizes.pop()
