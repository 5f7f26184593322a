"""Model answers of notebook 08."""

from itertools import permutations

import numpy as np


def my_stream_shares(parts):
    """parts: a tensor (T, N). Returns a tensor (T,)."""
    whole = parts.sum(0)
    return (parts @ whole) / (whole @ whole)


def my_silence(streams, weights, mean, which):
    """streams: T maps (C, H, W). weights: their gates, T times (C, 1, 1). mean: (C, 1, 1). Returns (C, H, W)."""
    parts = [weight * stream for weight, stream in zip(weights, streams, strict=True)]
    parts[which - 1] = mean.expand_as(streams[0])
    return sum(parts)


def my_shapley(worth, streams):
    """worth: from a frozenset of streams (numbered from 1) to a number. Returns a list, a value for each stream."""
    found = []
    for stream in range(1, streams + 1):
        gains = []
        for order in permutations(range(1, streams + 1)):
            before = frozenset(order[: order.index(stream)])
            gains.append(worth[before | {stream}] - worth[before])
        found.append(sum(gains) / len(gains))
    return found


def my_explained(values, groups):
    """values: (N,) numbers. groups: (N,) labels. Returns a number from 0 to 1."""
    centred = values - values.mean()
    within = [centred[groups == group] for group in np.unique(groups)]
    between = sum(len(some) * some.mean() ** 2 for some in within)
    return between / (centred**2).sum()
