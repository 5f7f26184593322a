"""The shipped people as the shipped network embeds them, kept with the kit: a first view need not wait for it.

Where no file was made for the weights and photos that are there, the network embeds.
"""

from collections.abc import Sequence

import numpy as np

from .. import assets
from ..embed import Embedding
from ..network.model import FEATURES
from ..photos.market import Market, Photo


def name(photos: Sequence[Photo]) -> str:
    """The file of the shipped network's features of some of the shipped photos, below assets/."""
    return assets.kept_for((photo.name for photo in photos), "features", ".npy")


def shipped_features(found: Market) -> Embedding | None:
    """Queries and gallery of the shipped people by the shipped network; None where this copy of the kit has no file.

    The features are kept as float16: a similarity changes by less than 0.0001.
    """
    photos = (*found.query, *found.gallery)
    try:
        features = np.load(assets.path(name(photos)), allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):  # not made for these, or damaged: the network embeds
        return None
    if features.shape != (len(photos), FEATURES):
        return None
    return Embedding(features.astype(np.float32), photos)
