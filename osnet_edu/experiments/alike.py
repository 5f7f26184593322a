"""Five networks that were trained alike, from seeds 0 to 4: what they share is the recipe's, and no single run's."""

from collections.abc import Sequence

from .. import assets, weights
from ..refused import Refused

SEEDS = (0, 1, 2, 3, 4)


def trained(seed: int) -> weights.Checkpoint:
    """One of the five, by the kit's defaults on the shipped subset.  seed: one of SEEDS."""
    if seed not in SEEDS:
        raise Refused(f"seed must be one of {', '.join(map(str, SEEDS))}, got {seed}")
    return weights.open(assets.path(f"seeds/{seed}.safetensors"))


def all_trained() -> list[weights.Checkpoint]:
    """All five, in the order of their seeds."""
    return [trained(seed) for seed in SEEDS]


def common_size(networks: Sequence[weights.Checkpoint]) -> tuple[int, int]:
    """The size of photos, (height, width), that some networks take.  Raises: Refused where they differ, or for none."""
    sizes = {checkpoint.size for checkpoint in networks}
    if len(sizes) != 1:
        raise Refused(f"networks of one size of photos are needed, got {sorted(sizes) or 'none'}")
    return sizes.pop()
