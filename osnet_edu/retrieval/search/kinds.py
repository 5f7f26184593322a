"""The table of all kinds of index, and a function that makes one."""

from collections.abc import Callable, Mapping

import numpy as np

from ...refused import Refused
from .faster import flat, hnsw, ivf
from .found import Index, brief
from .product import exact

KINDS: Mapping[str, Callable[[np.ndarray], Index]] = {"exact": exact, "flat": flat, "ivf": ivf, "hnsw": hnsw}


def index(features: np.ndarray, kind: str = "exact") -> Index:
    """An index of one kind over a gallery.

    features: (N, D), in memory or a memory-mapped store.  kind: a name in KINDS, with the settings that suit the size.
    Raises: Refused for another kind, an empty gallery, another shape, and a row that is not all finite numbers.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise Refused(f"there is no index of kind {brief(kind)}; expected one of {', '.join(KINDS)}")
    return KINDS[kind](features)
