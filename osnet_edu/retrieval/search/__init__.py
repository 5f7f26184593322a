"""The nearest features in large galleries, and a store of features on disk.

    store = Store.write("people.features", [(features, names), (more, their_names)])
    found = index(store.features, "hnsw")(queries, 10)
    store.names[found.indices[0, 0]]  # the closest to the first query

"exact" compares with every row and needs no FAISS. "flat", "ivf" and "hnsw" need it.
"""

__all__ = ["KINDS", "Found", "Index", "Store", "exact", "flat", "hnsw", "index", "ivf"]

from .faster import flat, hnsw, ivf
from .found import Found, Index
from .product import KINDS, exact, index
from .store import Store
