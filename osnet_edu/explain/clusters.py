"""Do gates cluster? The gates of many photos in groups, and what those groups have in common.

The paper shows photos whose gates are near and finds that they look alike. Any such picture is easy to believe, so the
groups are also held against shuffled labels: by how much do people, cameras or colours agree with them, beyond chance?

Shapes: N photos, T streams, C channels, K groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..refused import Refused

SHUFFLES = 200


@dataclass(frozen=True)
class Clusters:
    """Photos by their gates.

    group: (N,), 0 to K - 1, the largest group first.  nearest: by group, the photos nearest its centre, closest first.
    """

    group: np.ndarray
    nearest: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Agreement:
    """How far labels agree with groups: adjusted mutual information, 1 for the same partition, about 0 for chance.

    shuffled: the 95th percentile of the same for shuffled labels.
    """

    value: float
    shuffled: float

    @property
    def clear(self) -> bool:
        """Is it more than shuffled labels give in 95 of 100 cases?"""
        return self.value > self.shuffled


def clusters(gates: np.ndarray, groups: int = 4, *, pictures: int = 6, seed: int = 0) -> Clusters:
    """Group photos by the gates of one block, by k-means.

    gates: (N, T, C) or (N, D).  pictures: photos to name of each group.  seed: of k-means.
    Raises: Refused for fewer photos than three a group, or gates that do not vary.
    """
    from sklearn.cluster import KMeans

    x = np.asarray(gates, float).reshape(len(gates), -1)
    if groups < 2 or len(x) < 3 * groups:
        raise Refused(f"{groups} groups need {3 * max(groups, 2)} photos or more, got {len(x)}")
    if not np.ptp(x, axis=0).any():
        raise Refused("these gates are the same for all photos: there is nothing to group")
    found = KMeans(groups, n_init=10, random_state=seed).fit(x)
    order = np.argsort(-np.bincount(found.labels_, minlength=groups), kind="stable")
    group = np.argsort(order)[found.labels_]
    nearest = []
    for centre in found.cluster_centers_[order]:
        distance = np.linalg.norm(x - centre, axis=1)
        nearest.append(tuple(int(i) for i in np.argsort(distance, kind="stable")[:pictures]))
    return Clusters(group, tuple(nearest))


def agreement(group: np.ndarray, labels: Mapping[str, np.ndarray], *, seed: int = 0) -> dict[str, Agreement]:
    """How far each kind of label agrees with the groups, against shuffled labels.  labels: by kind, (N,) each.

    Raises: Refused for labels of another number of photos.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    rng = np.random.Generator(np.random.PCG64(seed))
    found = {}
    for kind, values in labels.items():
        values = np.unique(np.asarray(values), return_inverse=True)[1]
        if len(values) != len(group):
            raise Refused(f"{len(group)} photos need as many labels of {kind}, got {len(values)}")
        shuffled = [adjusted_mutual_info_score(group, rng.permutation(values)) for _ in range(SHUFFLES)]
        found[kind] = Agreement(float(adjusted_mutual_info_score(group, values)), float(np.quantile(shuffled, 0.95)))
    return found
