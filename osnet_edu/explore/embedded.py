"""The shipped people as the shipped network embeds them, kept with the kit: a first view need not wait for it.

The file's name is a digest of all that it depends on: the weights, the photos and their order. With other weights or
other photos no file has the name, and the network embeds.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from .. import assets
from ..embed import Embedding
from ..network.model import FEATURES
from ..photos.market import Market, Photo

_FOLDER = "features"


def name(photos: Sequence[Photo]) -> str:
    """The file of the shipped network's features of some of the shipped photos, below assets/."""
    digest = hashlib.sha256()
    for shipped in (assets.WEIGHTS, assets.SUBSET):
        digest.update(assets.path(shipped).read_bytes())
    digest.update("\n".join(photo.name for photo in photos).encode())
    return f"{_FOLDER}/{digest.hexdigest()[:16]}.npy"


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
