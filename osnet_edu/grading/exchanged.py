"""Segment exchange on the grading set, beside its rivals and its controls: does it find what the network saw?

Stated before looking, for the differences that the network noticed: rank accuracy .60 and mass .50 across views, .70 in
the same view; .15 above gradient x activation, and above segment occlusion on the same pieces. Two controls say what it
explains: on an untrained network it should find nothing (.12 at most), and with another family's photo as the query
hardly anything (.20 at most). It was tuned on other families.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..embed import MANY, embedder_for, normalise
from ..explain import Network, ask, untrained
from ..network import weights
from ..refused import Refused
from . import frozen, graded
from .contestants import alone
from .frozen import Cases

BY_EXCHANGE, _PIECES, _PIXELS = "segment exchange", "segment occlusion", "gradient x activation"
IN_SAME_VIEW, ON_UNTRAINED, OTHER_QUERY = "the same view", "an untrained network", "another family's query"


@dataclass(frozen=True)
class Exchanged:
    """methods: grades by name, on the same cases.  noticed: of how many cases.  limit: what a difference must exceed.
    name: of the grading set.
    """

    methods: Mapping[str, graded.Graded]
    noticed: int
    cases: int
    limit: float
    name: str

    def __str__(self) -> str:
        lines = [
            f"{self.noticed} of {self.cases} differences noticed (above {self.limit:.4f}), grading set {self.name}",
            f"{'':<24}{'rank':>6}{'':>14}{'mass':>6}{'':>14}{'pointing':>9}",
        ]
        for name, found in self.methods.items():
            cells = "".join(found.mean(score).cell() for score in ("rank", "mass"))
            lines.append(f"{name:<24}{cells}{found.mean('pointing').value:>9.2f}")
        own = self.methods[BY_EXCHANGE]
        for rival in (_PIECES, _PIXELS):
            lines.append(f"above {rival:<21}  {graded.grade_difference(own, self.methods[rival]).cell().strip()}")
        lines.append("Rank by part: " + ", ".join(f"{part} {v:.2f} ({n})" for part, (v, n) in own.by_part().items()))
        lines.append(f"Brackets: 95 %, over families. A uniform map would get {own.chance.mean():.2f}.")
        return "\n".join(lines)


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> Exchanged:
    """The shipped weights.  root: not read; the people are rendered for it."""
    return measure_exchange(weights.shipped(), progress=progress)


def run_own(root: Path, path: Path, progress: Callable[[int, int], None] | None = None) -> Exchanged:
    """One checkpoint of a student.  root: not read."""
    return measure_exchange(weights.open(path), progress=progress)


def measure_exchange(
    checkpoint: weights.Checkpoint,
    cases: Cases | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Exchanged:
    """Grade the exchange, its rivals and its controls.  cases: None renders the frozen set at the checkpoint's size.

    progress: (maps done, maps in all).
    Raises: Refused where the network notices no difference.
    """
    cases = frozen.render(size=checkpoint.size) if cases is None else cases
    model, count = checkpoint.model, len(cases.part)
    random = untrained.like(model, 0, normalise(cases.query[: untrained.NORM_PHOTOS]))
    engines = [embedder_for(one, photos=MANY, size=checkpoint.size) for one in (model, random)]
    networks = [Network(*pair) for pair in zip((model, random), engines, strict=True)]
    found = frozen.noticed(engines[0], cases)
    if not found.seen.any():
        raise Refused(f"the network notices none of the {count} differences: there is nothing to explain")

    far = np.roll(cases.query, max(1, count // 8), 0)  # another part, so another family
    own, pieces, pixels = (alone(partial(ask, name=name), networks[0]) for name in (BY_EXCHANGE, _PIECES, _PIXELS))
    asked: dict[str, tuple[graded.PairMethod, Cases, bool]] = {
        BY_EXCHANGE: (own, cases, False),
        _PIECES: (pieces, cases, False),
        _PIXELS: (pixels, cases, False),
        IN_SAME_VIEW: (own, cases, True),
        ON_UNTRAINED: (alone(partial(ask, name=BY_EXCHANGE), networks[1]), cases, False),
        OTHER_QUERY: (own, replace(cases, query=far), False),
    }
    methods = {}
    for row, (name, (method, some, same)) in enumerate(asked.items()):

        def tell(maps: int, each: int, row: int = row) -> None:
            if progress:
                progress(row * each + maps, len(asked) * each)

        methods[name] = graded.of(method, some, found.seen, same_view=same, progress=tell)
    return Exchanged(methods, int(found.seen.sum()), count, found.limit, cases.name)
