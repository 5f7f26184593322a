"""Named random draws: the same name gives the same numbers, on every machine and in any order of calls.

rng = draws.named(seed, "view", person, camera)
rng = draws.named(seed, "batch", step, order="little")
"""

import hashlib
from typing import Literal

import numpy as np


def named(*name: object, order: Literal["big", "little"] = "big") -> np.random.Generator:
    """A generator that belongs to one name, such as named(seed, "view", person, camera, n).

    name: the seed, if there is one, and the words that identify the draw, joined by "/". Do not use an attribute that
    may be edited: an edit would then redraw other things as well.
    order: of the bytes of the name's SHA-256 that start the generator. People are drawn with "big", training with
    "little"; another order would give other people and other batches.
    """
    digest = hashlib.sha256("/".join(str(word) for word in name).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, order)))
