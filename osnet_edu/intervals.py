"""How far a number can be trusted: bootstrap, Student's t, two-sided p, Holm's correction, and rank correlation.

What is drawn again must be what varies independently. Photos of one person, or triples of one twin family, are alike;
so the rows that are drawn are people or families (clusters), with all that belongs to them. Two methods that were asked
about the same rows are drawn together (paired), which their difference or ratio profits from.

All of it is built on scipy.stats, which takes a second to load. So each function loads it: many rooms import this one
and draw no interval.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_LEVEL = 0.95
_DRAWS = 2000


@dataclass(frozen=True)
class Interval:
    """A number with its bounds; nan where nothing is known."""

    value: float
    low: float
    high: float

    def cell(self, width: int = 6, digits: int = 2) -> str:
        """For a column of a table, such as "  0.52 [ 0.44, 0.60]".  width: of the value, in characters."""
        low, high = (f"{bound:>{digits + 3}.{digits}f}" for bound in (self.low, self.high))
        return f"{self.value:>{width}.{digits}f} [{low},{high}]"


@dataclass(frozen=True)
class Tested(Interval):
    """A difference from 0.  p: two-sided, after Holm's correction for all that were tested together."""

    p: float


def resampled(
    statistic: Callable[..., np.ndarray], *columns: np.ndarray, seed: int | np.random.Generator = 0, draws: int = _DRAWS
) -> np.ndarray:
    """The statistic of rows that are drawn again with replacement, as many as there are: (..., draws).

    columns: (rows,) numbers of each row, such as a sum and a count of each family; all are drawn together.
    statistic: called with the columns, rows on the last axis; gives (...) of (..., rows).
    seed: of the draws, or a generator that goes on.
    Source: Efron, Bootstrap Methods: Another Look at the Jackknife, 1979.
    """
    from scipy import stats

    rng = np.random.Generator(np.random.PCG64(seed)) if isinstance(seed, int) else seed
    columns = tuple(np.asarray(column, float) for column in columns)
    if len(columns[0]) < 2:  # scipy takes no single row; it can only be drawn again
        rng.integers(0, 1, (draws, 1))
        return np.repeat(statistic(*columns)[..., None], draws, axis=-1)

    def on_rows(*some: np.ndarray, axis: int) -> np.ndarray:
        return statistic(*some)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # of scipy's interval, where a draw is nan
        return stats.bootstrap(
            columns, on_rows, paired=True, vectorized=True, n_resamples=draws, method="percentile", rng=rng
        ).bootstrap_distribution


def crossed(first: np.ndarray, second: np.ndarray, seed: int = 0, draws: int = _DRAWS) -> np.ndarray:
    """mean(second) - mean(first) where rows and columns both vary, such as families and trained networks: (draws,).

    first, second: (rows, columns), each with rows of its own; the columns are the same. In every draw the rows of each
    and the columns are drawn again with replacement. That is cautious: it never makes an interval too narrow.
    Source: Owen, The Pigeonhole Bootstrap, 2007.
    """
    rng = np.random.Generator(np.random.PCG64(seed))

    def weights(count: int) -> np.ndarray:
        return rng.multinomial(count, np.full(count, 1 / count), draws) / count

    rows = [weights(len(values)) @ values for values in (first, second)]  # (draws, columns)
    return ((rows[1] - rows[0]) * weights(first.shape[1])).sum(1)


def crossed_mean(values: np.ndarray, seed: int = 0, draws: int = _DRAWS) -> np.ndarray:
    """The mean where rows and columns both vary, such as people and trained networks: (draws,).

    values: (rows, columns); nan where nothing is known, which is left out. In every draw rows and columns are drawn
    again with replacement; a draw without a known value is nan. With one column only the rows vary.
    Source: as for `crossed`.
    """
    values = np.asarray(values, float)
    known = ~np.isnan(values)
    rng = np.random.Generator(np.random.PCG64(seed))
    rows, columns = (rng.multinomial(count, np.full(count, 1 / count), draws) for count in values.shape)
    total, count = (
        ((rows @ some) * columns).sum(1).astype(float) for some in (np.where(known, values, 0), known.astype(int))
    )
    return np.divide(total, count, out=np.full(draws, np.nan), where=count > 0)


def clustered_mean(
    totals: np.ndarray, counts: np.ndarray, *, seed: int | np.random.Generator = 0, draws: int = _DRAWS
) -> Interval:
    """The mean over all that some clusters hold, such as people or families; in each draw, clusters are drawn again.

    totals, counts: (clusters,), the sum and the number of each cluster's values (see `by_cluster`); a value that stands
    alone is a cluster of its own.  seed, draws: as for `resampled`.
    Returns: nan for all where there is nothing to count.
    """
    if not np.any(counts):
        return Interval(np.nan, np.nan, np.nan)
    drawn = resampled(ratio, totals, counts, seed=seed, draws=draws)
    return Interval(float(ratio(totals, counts)), *bounds(drawn))


def all_agree(count: int, level: float = _LEVEL) -> float:
    """The lower bound of a share that all of so many clusters have; one minus it is the upper bound where none has.

    Clusters that all agree agree in every draw too, so drawing them again shows no spread.
    Source: Clopper and Pearson, The Use of Confidence or Fiducial Limits, 1934.
    """
    return ((1 - level) / 2) ** (1 / count)


def unpaired(first: np.ndarray, second: np.ndarray, *, seed: int = 0, draws: int = _DRAWS) -> Interval:
    """The mean of the first minus that of the second, of clusters that are not the same ones: each side is drawn anew.

    first, second: (clusters,), as many as there are on each side.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    one, other = (resampled(ratio, some, np.ones(len(some)), seed=rng, draws=draws) for some in (first, second))
    return Interval(float(np.mean(first) - np.mean(second)), *bounds(one - other))


def by_cluster(values: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sum and the number of the values of each cluster, for `clustered_mean`, in the order of their first values.

    values: (rows,).  clusters: (rows,), whose each is.
    """
    values, clusters = np.asarray(values, float), np.asarray(clusters)
    names = list(dict.fromkeys(clusters.tolist()))
    totals = np.array([values[clusters == name].sum() for name in names])
    return totals, np.array([(clusters == name).sum() for name in names])


def ratio(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """A mean over all that the rows hold: sum of totals by sum of counts, nan where there is nothing to count."""
    counts = np.asarray(counts).sum(-1)
    return np.divide(np.asarray(totals).sum(-1), counts, out=np.full(np.shape(counts), np.nan), where=counts > 0)


def bounds(drawn: np.ndarray, level: float = _LEVEL) -> tuple[float, float]:
    """The middle of what was drawn, by quantiles: (low, high).

    drawn: (draws,); nan, nothing to count, is left out. Where all are nan, so are the bounds.
    """
    if np.isnan(drawn).all():
        return np.nan, np.nan
    outside = (1 - level) / 2
    low, high = np.nanquantile(drawn, (outside, 1 - outside))
    return float(low), float(high)


def error(drawn: np.ndarray) -> float:
    """The standard error that the draws show.  drawn: (draws,)."""
    return float(np.std(drawn))


def student(freedom: float, level: float = _LEVEL) -> float:
    """Half an interval's width in standard errors, by Student's t; freedom: degrees, from 1, or infinite."""
    from scipy import stats

    return float(stats.t.ppf((1 + level) / 2, freedom))


def mean(values: Sequence[float], level: float = _LEVEL) -> Interval:
    """The mean of independent values by Student's t; nan for the bounds of a single value."""
    values = np.asarray(values, float)
    value = float(values.mean())
    if len(values) < 2:
        return Interval(value, np.nan, np.nan)
    from scipy import stats

    half = student(len(values) - 1, level) * float(stats.sem(values))
    return Interval(value, value - half, value + half)


def p_value(value: float, error: float, freedom: float) -> float:
    """How often chance alone gives a value so far from 0, on either side, by Student's t; 1 for 0 by 0."""
    if error == 0:
        return float(value == 0)
    from scipy import stats

    return float(2 * stats.t.sf(abs(value) / error, freedom))


def two_sided(drawn: np.ndarray) -> float:
    """The p-value of a bootstrap: the share of the draws on the smaller side of 0, doubled.

    drawn: (draws,); nan is left out. A draw that is exactly 0 counts on both sides.
    Returns: from 2 / draws to 1; 1 where all draws are nan.

    No p is below 2 / n for n draws. Where no draw lies on a side, its share is only known to be below one draw in n. So
    one draw is counted there, and it is doubled like any other share; 1 / n would be a smaller share than n draws can
    show. The rule (count + 1) / (n + 1) is not for this: it belongs to draws under the hypothesis, such as
    permutations, where the value that was found is one more draw. Here the draws lie around the value that was found.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 15.4.
    """
    drawn = np.asarray(drawn, float)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return 1.0
    side = min((drawn <= 0).mean(), (drawn >= 0).mean())
    return float(min(1.0, 2 * max(side, 1 / len(drawn))))


def tested(values: Mapping[str, float], drawn: Mapping[str, np.ndarray]) -> dict[str, Tested]:
    """Which of several differences are not 0? Each with its interval, and its p after Holm's correction.

    values: by name.  drawn: by the same names, (draws,) of a bootstrap.
    """
    corrected = holm({name: two_sided(some) for name, some in drawn.items()})
    return {name: Tested(value, *bounds(drawn[name]), corrected[name]) for name, value in values.items()}


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values of several questions, corrected for their number, in the order given.

    The smallest is multiplied by their number, the next by one less, and so on; none is below one before it or
    above 1. At 0.05, the chance that any of those below it is a false alarm is 5 % at the most, however
    the questions hang together.
    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.
    """
    names = sorted(p_values, key=p_values.__getitem__)
    raised = np.maximum.accumulate([p_values[name] * (len(names) - i) for i, name in enumerate(names)])
    corrected = dict(zip(names, np.minimum(raised, 1).tolist(), strict=True))
    return {name: corrected[name] for name in p_values}


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation, in [-1, 1]; 0 where one of the two is the same everywhere.

    one, other: equally many numbers, in any shape. Equal numbers share a rank.
    Source: Spearman, The Proof and Measurement of Association between Two Things, 1904.
    """
    from scipy.stats import rankdata

    one, other = (rankdata(values, axis=None) - (np.size(values) + 1) / 2 for values in (one, other))
    scale = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / scale) if scale else 0.0
