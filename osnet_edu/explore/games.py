"""Three games with an edited pedestrian. A rule looks at what the network saw, and says who won and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass

ONE_CHANGE, SMALLEST_CHANGE, IMPOSTOR = "one change", "smallest change", "dress the impostor"
GAMES: Mapping[str, str] = {
    ONE_CHANGE: "Change one thing until the network no longer knows her. The fewer pixels change, the better.",
    SMALLEST_CHANGE: "Find the smallest change, of as many things as you like, after which a stranger comes first.",
    IMPOSTOR: "Here stands somebody else. Dress her until the network takes her for the query's person. The fewer "
    "things you change, the better.",
}


@dataclass(frozen=True)
class Judgement:
    """won: is the aim reached?  score: lower is better: the share of pixels changed, or the number of changes.

    counts: may this be a result at all?  says: in a sentence.
    """

    won: bool
    score: float
    counts: bool
    says: str


def judged(game: str, *, changes: int, pixels: float, known: bool, known_before: bool) -> Judgement:
    """Look at one state of a game.

    changes: attributes of the person that differ from the start.  pixels: share of the picture that changed, in [0, 1].
    known: does the query's person come first now?  known_before: did it at the start?
    """
    if game == IMPOSTOR:
        if known_before:
            return Judgement(
                False, 0.0, False, "The network takes her for the query's person already. Take another query."
            )
        things = f"{changes} change{'s' * (changes != 1)}"
        if known:
            return Judgement(True, float(changes), True, f"Done, with {things}: the network finds the query's person.")
        return Judgement(False, float(changes), True, f"Not yet, with {things}: somebody else comes first.")
    if not known_before:
        return Judgement(False, 0.0, False, "The network does not know this person to begin with. Take another query.")
    share = f"{100 * pixels:.1f} % of the pixels"
    if not changes:
        return Judgement(False, 0.0, True, "Nothing is changed yet.")
    if game == ONE_CHANGE and changes > 1:
        return Judgement(False, pixels, False, f"{changes} things are changed, and one is allowed. Take some back.")
    if known:
        return Judgement(False, pixels, True, f"The network still knows her, with {share} changed.")
    return Judgement(True, pixels, True, f"Done: with {share} changed, a stranger comes first.")
