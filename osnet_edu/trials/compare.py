"""Differences between variants that were run in pairs, with an interval, and beside what a paper found.

Two things make a difference uncertain, and the interval holds both:

- The seed. Runs of one seed are pairs, so what a seed does to all variants cancels. What is left, the residual after
  variant and seed are taken out, is pooled over all variants (a two-way analysis of variance, which assumes that all
  variants scatter alike), because three seeds alone say little about their own spread.
- The test people. They are drawn again, with replacement (bootstrap), for both variants at once.

Variances of both are added; the half-width is Student's t for 95 %, with the residual's degrees of freedom.
"""

import math
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import intervals
from ..refused import Refused
from .table import Outcome

METRICS = {"mean_ap": "mAP", "rank1": "rank-1", "twins": "twins told apart"}
_PEOPLE = {"mean_ap": "person_map", "rank1": "person_rank1"}


@dataclass(frozen=True)
class PairedDifference:
    """variant minus reference, in points (per cent).  low, high: 95 %.  by_seed: of each pair.

    seed_error, people_error: standard errors from the seeds (nan for a single seed) and from the test people (nan for
    a metric that is not kept by person).  p: how often chance alone gives a difference so far from 0; it takes each
    difference for the only one, `corrected` does not.
    """

    variant: str
    reference: str
    metric: str
    value: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    seed_error: float
    people_error: float
    p: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0

    def verdict(self, published: float) -> str:
        """Against a published difference: "agrees", "contradicts", or "open" where the interval holds 0."""
        if not self.clear:
            return "open"
        return "agrees" if (self.value > 0) == (published > 0) else "contradicts"

    def __str__(self) -> str:
        return f"{self.value:+5.1f} [{self.low:+.1f}, {self.high:+.1f}]"


def complete(outcomes: Sequence[Outcome], variants: Collection[str] | None = None) -> tuple[list[str], list[int]]:
    """The variants that there are, in order, and the seeds that all of them were run from.

    variants: look at these only.  Raises: Refused where no seed is common to all.
    """
    names = [name for name in dict.fromkeys(o.variant for o in outcomes) if variants is None or name in variants]
    seeds = [{o.seed for o in outcomes if o.variant == name} for name in names]
    common = sorted(set.intersection(*seeds)) if seeds else []
    if not common:
        raise Refused(f"no seed was run for all of {', '.join(names) or 'no variants'}; expected complete pairs")
    return names, common


def table(outcomes: Sequence[Outcome], names: Sequence[str], seeds: Sequence[int], what: str) -> np.ndarray:
    """One number of every run: (variants, seeds), or (variants, seeds, people) for a number kept by person."""
    found = {(o.variant, o.seed): o for o in outcomes}
    return np.array([[getattr(found[name, seed], what) for seed in seeds] for name in names], dtype=float)


def differences(
    outcomes: Sequence[Outcome],
    reference: str,
    metric: str = "mean_ap",
    variants: Sequence[str] | None = None,
) -> dict[str, PairedDifference]:
    """Every variant against one of them, by name of the variant.

    metric: one of METRICS.  variants: compare these only; they are also what the residual is pooled over.
    Raises: Refused for a reference that was not run, or where pairs are missing.
    """
    if metric not in METRICS:
        raise Refused(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    if variants is not None:
        variants = {reference, *variants}
    names, seeds = complete(outcomes, variants)
    if reference not in names:
        raise Refused(f"the reference {reference!r} was not run; there are {', '.join(names)}")
    scores = 100 * table(outcomes, names, seeds, metric)
    base = names.index(reference)
    residual, freedom = _residual(scores)
    seed_error = math.sqrt(2 * residual / len(seeds))
    freedom = freedom or math.inf  # of one seed only the test people are known to vary
    persons = 100 * table(outcomes, names, seeds, _PEOPLE[metric]) if metric in _PEOPLE else None
    result = {}
    for i, name in enumerate(names):
        if i == base:
            continue
        by_seed = scores[i] - scores[base]
        people_error = _people_error((persons[i] - persons[base]).mean(0)) if persons is not None else math.nan
        error = math.sqrt(sum(e * e for e in (seed_error, people_error) if not math.isnan(e)))
        half = intervals.student(freedom) * error
        value, pairs = float(by_seed.mean()), tuple(by_seed.tolist())
        result[name] = PairedDifference(
            name, reference, metric, value, value - half, value + half, pairs, seed_error, people_error,
            intervals.p_value(value, error, freedom),
        )  # fmt: skip
    return result


def _residual(scores: np.ndarray) -> tuple[float, int]:
    """What a run scatters by when its variant and its seed are taken out: variance, degrees of freedom. nan, 0 if none.

    scores: (variants, seeds).
    """
    freedom = (scores.shape[0] - 1) * (scores.shape[1] - 1)
    if not freedom:
        return math.nan, 0
    rest = scores - scores.mean(1, keepdims=True) - scores.mean(0, keepdims=True) + scores.mean()
    return float((rest**2).sum() / freedom), freedom


def _people_error(by_person: np.ndarray) -> float:
    """Standard error of a mean over people, by bootstrap.  by_person: (people,)."""
    return intervals.error(intervals.resampled(lambda gains: gains.mean(-1), by_person))


def corrected(found: Mapping[str, PairedDifference]) -> dict[str, float]:
    """The p-values of all differences by name, corrected for how many they are (Holm); below 0.05 is clear."""
    return intervals.holm({name: difference.p for name, difference in found.items()})


def wrapped(sentences: Iterable[str]) -> str:
    """Each sentence on lines of its own, as wide as a notebook shows them."""
    return "\n".join(textwrap.fill(sentence, 96, subsequent_indent="    ") for sentence in sentences)
