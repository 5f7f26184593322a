"""Many differences, judged one by one and all at once.

A 95 % interval excludes 0 by chance once in twenty times. Where ten are read at once, Holm's correction keeps the
chance of a single false find at 5 %: the smallest of ten p-values is held against 5 % / 10, the next against
5 % / 9, and so on.
Source: Holm, Scandinavian Journal of Statistics 6, 1979.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import compare
from .ablation import REFERENCE, Ablation
from .compare import PairedDifference

_LEVEL = 0.05


@dataclass(frozen=True)
class Together:
    """Differences of one table by name.  p: of each by itself.  adjusted: by Holm, of all at once."""

    differences: Mapping[str, PairedDifference]
    p: Mapping[str, float]
    adjusted: Mapping[str, float]

    @property
    def alone(self) -> list[str]:
        """Those whose own interval excludes 0."""
        return [name for name, p in self.p.items() if p < _LEVEL]

    @property
    def clear(self) -> list[str]:
        """Those that still differ from 0 when all are judged at once."""
        return [name for name, p in self.adjusted.items() if p < _LEVEL]


def rows_of(table: Ablation, metric: str = "mean_ap") -> Together:
    """The rows of the paper's table, without the siblings, which it has not."""
    found = compare.differences(table.outcomes, REFERENCE, metric)
    return _judge({row.key: found[row.key] for row in table.rows if row.number and row.key in found})


def _judge(differences: Mapping[str, PairedDifference]) -> Together:
    """Differences of one table, each by itself and all at once."""
    p = {name: difference.p for name, difference in differences.items()}
    return Together(differences, p, compare.corrected(differences))


def sentences(table: Ablation) -> str:
    """What each interval says by itself, and what all of them say together."""
    words = []
    for metric in ("mean_ap", "rank1"):
        judged, name = rows_of(table, metric), compare.METRICS[metric]
        labels = {row.key: f"{row.number} ({row.name})" for row in table.rows}
        alone, clear = (", ".join(labels[key] for key in keys) or "none" for keys in (judged.alone, judged.clear))
        least = min(judged.adjusted.values())
        words.append(
            f"By {name}, each row for itself, an interval excludes 0 in: {alone}. All {len(judged.p)} at once, "
            f"by Holm's correction: {clear} (smallest adjusted p {least:.2f}, to be below {_LEVEL:.2f})."
        )
    return compare.wrapped(words)
