"""Anyone's method, graded on the frozen grading set: a function in a file, asked in a process of its own (see `asked`).

    def my_method(model, query, photo):
        '''model: the network, (B, 3, H, W) normalised -> (B, D). query, photo: (H, W, 3) uint8. Returns (H, W).'''

What speaks against the match is below zero. The function sees the network and two photos, and nothing else: no mask, no
third photo, no name. What it prints is counted and left out. It must leave the network as it found it. Where maps have
nothing below zero, the report says so, and grades them with the sign turned around too.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..embed import embedder_for, normalise
from ..explain import METHODS, Network, ask, untrained
from ..machine import apart
from ..network import weights
from ..refused import Refused
from . import frozen, graded
from .answering import PAIR, TRAINED, UNTRAINED
from .asked import Asked
from .contestants import FLOORS, METHODS_GRADED, OWN, alone
from .frozen import FAMILIES, Cases

DEFAULT_METHOD = "gradient x activation, conv4"
MAP_PATIENCE = 60.0  # seconds for one map
_MANY = 100_000  # photos that are embedded: enough for the fastest engine


@dataclass(frozen=True)
class Report:
    """method: its name.  cases: the grading set.  seen: (N,) bool, the differences that the network notices.

    ours, theirs: grades of all N cases by the trained and by the untrained network.  centre: the centre prior.
    printed: lines that the method printed.  repeatable: whether it gave the same map twice.
    one_sided: (N,) bool, the maps of the trained network that have nothing below zero.  turned: their grades with the
    sign turned around, with those of all others; None where every map has something below zero.
    """

    method: str
    cases: Cases
    seen: np.ndarray
    ours: graded.Graded
    theirs: graded.Graded
    centre: graded.Graded
    printed: int
    repeatable: bool
    one_sided: np.ndarray
    turned: graded.Graded | None

    def __str__(self) -> str:
        ours, theirs, centre = (some.only(self.seen) for some in (self.ours, self.theirs, self.centre))
        each = len(self.seen) // len(frozen.PARTS)
        quick = "" if each == FAMILIES else f" This is a quick try: the frozen set has {FAMILIES} families a part."
        lines = [
            f"{self.method}: {int(self.seen.sum())} of {len(self.seen)} differences noticed, grading set "
            f"{self.cases.name}.{quick}",
            f"{'':<22}{'rank':>6}{'':>14}{'mass':>6}{'':>14}{'pointing':>10}",
        ]
        rows = {"noticed pairs": ours, "all pairs": self.ours, "never trained": theirs, "the centre": centre}
        for name, some in rows.items():
            lines.append(f"{name:<22}" + "".join(some.mean(score).cell() for score in graded.SCORES))
        lines.append(f"{'above never trained':<22}{graded.grade_difference(ours, theirs).cell()}")
        lines.append(f"{'above the centre':<22}{graded.grade_difference(ours, centre).cell()}")
        lines.append("Rank by part: " + ", ".join(f"{part} {v:.2f} ({n})" for part, (v, n) in ours.by_part().items()))
        lines.append(f"Brackets: 95 %, over families. A uniform map would get {ours.chance.mean():.2f}.")
        if self.turned is not None:
            few = int(self.one_sided.sum())
            maps = "1 map has" if few == 1 else f"{few} of {len(self.seen)} maps have"
            lines.append(
                f"{maps} nothing below zero: nothing in them speaks against the match, so they are graded like uniform "
                "maps. Where a high value was meant to speak against, turn the sign round; the noticed pairs then get:"
            )
            turned = self.turned.only(self.seen)
            lines.append(f"{'sign turned around':<22}" + "".join(turned.mean(score).cell() for score in graded.SCORES))
        if self.printed:
            lines.append(f"The method printed {words_left_out(self.printed)}.")
        if not self.repeatable:
            lines.append("Asked twice about one pair, it gave two maps: the grades will not come out the same again.")
        return "\n".join(lines)

    def csv(self) -> str:
        """A line a case, with a head."""
        lines = ["case,part,family,noticed,rank,mass,pointing,chance,rank_untrained"]
        for k, part in enumerate(self.ours.part):
            numbers = (getattr(self.ours, name)[k] for name in ("rank", "mass", "pointing", "chance"))
            told = ",".join(f"{value:.4f}" for value in (*numbers, self.theirs.rank[k]))
            lines.append(f"{k},{part},{self.ours.family[k]},{int(self.seen[k])},{told}")
        return "\n".join(lines) + "\n"


def grade(
    method: str = DEFAULT_METHOD,
    path: Path | None = None,
    *,
    families: int = FAMILIES,
    patience: float = MAP_PATIENCE,
    progress: Callable[[int, int], None] | None = None,
    cases: Cases | None = None,
) -> Report:
    """Grade a method on the frozen grading set.

    method: FILE:FUNCTION, or the name of a method of the kit.  path: a checkpoint; None takes the shipped one.
    families: a part.  patience: seconds for one map, up to a day.  cases: None renders them.
    progress: (steps done, steps in all); a case takes one to render it and one for each of its two maps.
    Raises: Refused for a method that is not there, fails, takes too long, changes the network, or gives no map.
    """
    apart.check_patience(patience, "one map")
    known, done = kit(), [0]
    source = None if isinstance(method, str) and method in known else where(method)
    checkpoint = weights.shipped() if path is None else weights.open(path)

    def tell(_done: int, each: int) -> None:
        done[0] += 1
        if progress:
            progress(done[0], (3 if rendered else 2) * each)

    with contextlib.ExitStack() as stack:
        # The file is loaded before anything is rendered: one that is broken is refused at once.
        asked = stack.enter_context(Asked(*source, path, patience)) if source else None
        rendered = cases is None
        if cases is None:
            cases = frozen.render(size=checkpoint.size, families=families, progress=tell)
        fast = embedder_for(checkpoint.model, photos=_MANY, size=checkpoint.size)
        seen = frozen.noticed(fast, cases).seen
        if not seen.any():
            raise Refused(f"the network notices none of the {len(seen)} differences: there is nothing to explain")
        every = np.ones(len(seen), bool)
        if asked:
            asked.prepare(PAIR, cases.query[: untrained.NORM_PHOTOS])
            methods = [asked.method(kind) for kind in (TRAINED, UNTRAINED)]
            repeatable = _same_twice(methods[0], cases)
        else:
            random = untrained.like(checkpoint.model, 0, normalise(cases.query[: untrained.NORM_PHOTOS]))
            engines = (fast, embedder_for(random, photos=_MANY, size=checkpoint.size))
            nets = [Network(*pair) for pair in zip((checkpoint.model, random), engines, strict=True)]
            methods, repeatable = [alone(known[method], net) for net in nets], True
        maps: list[np.ndarray] = []
        ours = graded.of(_kept(methods[0], maps), cases, every, progress=tell)
        theirs = graded.of(methods[1], cases, every, progress=tell)
        printed = asked.printed if asked else 0
    centre = graded.of(alone(FLOORS["centre prior"], None), cases, every)
    one_sided = np.array([not (heat < 0).any() for heat in maps])
    other = iter(maps)
    turned = graded.of(lambda *_: -next(other), cases, every) if one_sided.any() else None
    return Report(method, cases, seen, ours, theirs, centre, printed, repeatable, one_sided, turned)


def words_left_out(lines: int) -> str:
    """Words about what a method printed."""
    return "1 line; it is left out" if lines == 1 else f"{lines} lines; they are left out"


def where(method: str) -> tuple[Path, str]:
    """The file and the function of FILE:FUNCTION.  Raises: Refused where it is neither that nor a name of the kit."""
    names = ", ".join(kit())
    return apart.file_and_function(method, f"a method is FILE:FUNCTION, such as mine.py:my_method, or one of {names}")


def kit() -> dict[str, Callable]:
    """The kit's own methods by name: those of the leaderboard, and those of the table as they stand there."""
    return {**{name: partial(ask, name=name) for name in METHODS}, **METHODS_GRADED, **OWN}


def _same_twice(method: graded.PairMethod, cases: Cases) -> bool:
    try:
        first, second = (method(cases.query[0], cases.negative[0]) for _ in range(2))
        return np.array_equal(first, second)
    except Refused as error:
        raise Refused(f"case 0: {error}") from error


def _kept(method: graded.PairMethod, maps: list[np.ndarray]) -> graded.PairMethod:
    """The same method; its maps are put into the list."""

    def asked(query: np.ndarray, photo: np.ndarray) -> np.ndarray:
        maps.append(method(query, photo))
        return maps[-1]

    return asked
