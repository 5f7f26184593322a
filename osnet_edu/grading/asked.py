"""Anyone's method, asked in a process of its own (see `machine.apart`).

with Asked(file, function, None, patience=60) as asked:
    asked.prepare(PAIR, photos)
    heat = asked.method(TRAINED)(query, photo)
"""

from pathlib import Path
from typing import cast

import numpy as np

from ..machine import apart
from . import graded
from .answering import NOT_RANDOM, TRAINED, UNTRAINED


class Asked(apart.AskedApart):
    """The process that a method runs in.  printed: lines that it printed so far.

    file, function: the method.  weights_at: a checkpoint; None takes the shipped one.  patience: seconds for one map.
    """

    def __init__(self, file: Path, function: str, weights_at: Path | None, patience: float):
        apart.check_patience(patience, "one map")
        super().__init__(
            f"{__package__}.answering",
            (file, function, weights_at and Path(weights_at).absolute()),
            name=function,
            wanted="a map",
            patience=patience,
            after="\nNothing was graded.",
        )

    def prepare(self, which: str, photos: np.ndarray) -> None:
        """Make the networks.  which: PAIR or CASCADE.  photos: (B, H, W, 3) uint8, which normalisations are set by."""
        self.ask(("prepare", which, photos), " before the first map", self.patience + apart.STARTING)

    def method(self, kind: str) -> graded.PairMethod:
        """The method as one of two photos.  kind: of network: TRAINED or UNTRAINED, or the stage of a cascade."""
        known = {TRAINED: "", NOT_RANDOM: "", UNTRAINED: " with the untrained network"}
        words = known.get(kind, f" with a network that is random from {kind} on")
        of = f",{words}," if words else ""
        # The process answers "ask" with a map; it is `prepare` that has no answer.
        return lambda query, photo: cast(np.ndarray, self.ask(("ask", kind, of, query, photo), words, self.patience))
