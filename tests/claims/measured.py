"""What several lessons' checks need to know about the shipped people, computed once."""

from functools import cache

import numpy as np

from osnet_edu import assets, retrieval
from osnet_edu.embed import Embedding
from osnet_edu.experiments import baselines
from osnet_edu.network.siblings import TABLE_5
from osnet_edu.photos import market


@cache
def pixels() -> tuple[retrieval.Score, float]:
    """The score of comparing photos pixel by pixel, and how often the closest photo of all is by the query's camera."""
    found = market.read(assets.subset())
    sides = [
        Embedding(market.decode(photos, (64, 32)).images.reshape(len(photos), -1) / 255.0, tuple(photos))
        for photos in (found.query, found.gallery)
    ]
    distances = retrieval.distances(sides[0].features, sides[1].features, "euclidean")
    closest = sides[1].cameras[distances.argmin(1)] == sides[0].cameras
    return retrieval.score(*sides), float(closest.mean())


@cache
def colours() -> float:
    """The best mAP of the colour baselines."""
    scores = baselines.run(assets.subset()).scores
    return max(score.mean_ap for name, score in scores.items() if name in baselines.COLOURS)


def paper(key: str) -> tuple[float, float]:
    """rank-1 and mAP of a row of the paper's table 5."""
    (row,) = [row for row in TABLE_5 if row.key == key]
    return row.rank1, row.mean_ap


def thousandths(part: float, whole: float) -> list[bool]:
    """A share as a thousand flags, of which `kinds.most` can tell whether most are set."""
    return [k < 1000 * part / whole for k in range(1000)]


def mean_of(values) -> float:
    return float(np.mean(list(values)))
