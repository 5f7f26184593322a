"""The badge: how far may this map be believed? A grade where the truth is known, and checks that need no truth.

    a pair of twins          the grade is the map's rank accuracy: the truth is the part that differs
    twins it cannot tell     not graded: where the network notices nothing, no map can show it
    what speaks for a match  checked: what the map points at is painted over (see `removal`)
    a real photo             not graded; only the checks

A map that fails is hatched, and the badge says why. The checks: a map that promises to add up must do so; a map must
not be blank; and it must change when the network's weights are replaced by random ones (Adebayo et al., NeurIPS 2018).
"""

from dataclasses import dataclass

import numpy as np

from .. import intervals
from ..refused import Refused
from . import marks
from .removal import Removal

_MISSED = 0.1  # of the change that a map ought to explain: above it, it does not add up
_ALIKE = 0.5  # rank correlation with the map of a random network: above it, the weights do not matter
TWIN, TAKEN, UNSEEN, NO_TRUTH = "twin", "taken", "unseen", "none"


@dataclass(frozen=True)
class Badge:
    """kind: what the grade rests on, TWIN or TAKEN; or why there is none, UNSEEN or NO_TRUTH.  grade: rank accuracy in
    [0, 1], or for TAKEN the fall of the similarity; nan where there is none.
    chance: what a map without a message would get.  failed: the map is to be hatched.  reasons: why, in sentences;
    empty for a map that passes.  removal: of TAKEN.
    """

    kind: str
    grade: float
    chance: float
    reasons: tuple[str, ...]
    removal: Removal | None = None

    @property
    def failed(self) -> bool:
        """Whether the map failed a check: the map is to be hatched."""
        return bool(self.reasons)

    def __str__(self) -> str:
        graded = {
            TWIN: f"Grade {self.grade:.2f} of 1: so much of what the map points at truly differs "
            f"(chance {self.chance:.2f}).",
            TAKEN: str(self.removal),
            UNSEEN: "Not graded: the network hardly notices where the two differ.",
            NO_TRUTH: "Not graded: nobody knows the truth about this pair.",
        }[self.kind]
        return " ".join([*self.reasons, graded])


def award(
    heat: np.ndarray,
    *,
    against: bool = True,
    truth: np.ndarray | None = None,
    noticed: tuple[float, float] | None = None,
    missed: float = np.nan,
    random: np.ndarray | None = None,
    removal: Removal | None = None,
) -> Badge:
    """Grade one map, and check it.

    heat: (H, W) signed.  against: what speaks against is graded, else what speaks for.
    truth: (H, W) bool, where a pair of twins differs.  noticed: by how much the network notices it, and the limit above
        which it does (see `known`): below it there is nothing to find. None takes it as noticed.
    missed: as in `Duel`.  random: the same method's map by a network with random weights.
    removal: what it did to paint over what speaks for; it counts where there is no truth.
    Raises: Refused for maps that do not fit.
    """
    heat = np.asarray(heat, float)
    relevance = np.maximum(-heat if against else heat, 0)
    reasons = []
    if not relevance.any():
        reasons.append("The map is blank: nothing in it speaks " + ("against the match." if against else "for it."))
    if missed > _MISSED:
        reasons.append(
            f"It does not add up: its sum misses what it ought to explain by {missed:.0%}.".replace("%", " %")
        )
    if random is not None and relevance.any():
        alike = correlation(heat, random)
        if alike > _ALIKE:
            reasons.append(f"A network with random weights gives nearly the same map (rank correlation {alike:.2f}).")
    kind, grade, chance = NO_TRUTH, np.nan, np.nan
    if truth is not None and noticed is not None and noticed[0] <= noticed[1]:
        kind = UNSEEN
        said = (
            f"In this very view the right person would be {abs(noticed[0]):.3f} "
            f"{'more' if noticed[0] >= 0 else 'less'} similar; an edit without meaning moves up to {noticed[1]:.3f}. "
            "There is nothing to find."
        )
        reasons.insert(0, said)
    elif truth is not None:
        found = marks.grade(heat, truth, against=against)
        kind, grade, chance = TWIN, found.rank, found.chance
        if relevance.any() and grade <= chance:
            reasons.append("It points at the difference no better than chance.")
    elif removal is not None:
        kind, grade, chance = TAKEN, removal.fall, removal.elsewhere
        if not removal.counts:
            reasons.append("What it points at counts no more than the same shape elsewhere.")
    return Badge(kind, float(grade), float(chance), tuple(reasons), removal)


def correlation(one, other) -> float:
    """Rank correlation in [-1, 1] (Spearman's); 0 where one of the two is the same everywhere.

    Raises: Refused for two shapes.
    """
    one, other = np.asarray(one, float), np.asarray(other, float)
    if one.shape != other.shape:
        raise Refused(f"two maps of one shape are needed, got {one.shape} and {other.shape}")
    return intervals.rank_correlation(one, other)
