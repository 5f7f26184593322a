"""Which sentence is held by which check, and which is excused, with a reason."""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .reading import Place, plain, sentences, sounds_like_a_result
from .running import Lesson

Check = Callable[[Lesson], tuple[bool, str]]  # -> whether it holds, and what was computed


@dataclass(frozen=True)
class Claim:
    """quotes: what stands there, word for word; all of them say what `check` computes."""

    place: Place
    quotes: tuple[str, ...]
    check: Check

    def verdict(self, lesson: Lesson) -> str:
        """'' where it holds, else the sentence and what was computed instead."""
        try:
            holds, computed = self.check(lesson)
        except Exception as error:  # a cell that changed its names must not hide which sentence is in doubt
            holds, computed = False, f"the check itself failed: {type(error).__name__}: {error}"
        return "" if holds else f"{self.place} says: {' / '.join(self.quotes)!r}\n    computed: {computed}"


class Book:
    """The claims of one notebook: `@book.says(cell, quote, ...)` above a check."""

    def __init__(self, number: str):
        self.number = number
        self.claims: list[Claim] = []

    def says(self, cell: str, *quotes: str) -> Callable[[Check], Check]:
        """Register a check for sentences of a cell, or of a predict box, "ask:NAME".  One check may hold many."""

        def register(check: Check) -> Check:
            self.claims.append(Claim(Place(self.number, cell), quotes, check))
            return check

        return register


def excused() -> dict[str, dict[str, list[str]]]:
    """Reason -> "NN.cell" -> sentences that sound like a result and are none."""
    return tomllib.loads((Path(__file__).parent / "excused.toml").read_text(encoding="utf-8"))


def drifted(number: str, texts: dict[str, str], claims: Iterable[Claim]) -> list[str]:
    """Quotations and excuses that no longer stand where they are said to stand."""
    quoted = [(claim.place.cell, quote) for claim in claims for quote in claim.quotes]
    quoted += [(cell, sentence) for cell, sentence in excuses_in(number)]
    return [
        f"notebook {number}, {cell} does not say: {quote!r}"
        for cell, quote in quoted
        if plain(quote) not in plain(texts.get(cell, ""))
    ]


def unheld(number: str, texts: dict[str, str], claims: Iterable[Claim]) -> list[str]:
    """Sentences that sound like a result and are neither held by a check nor excused."""
    quotes: dict[str, list[str]] = {}
    for claim in claims:
        quotes.setdefault(claim.place.cell, []).extend(map(plain, claim.quotes))
    for cell, sentence in excuses_in(number):
        quotes.setdefault(cell, []).append(plain(sentence))
    found = []
    for cell, text in texts.items():
        if "-task-" in cell:  # an exercise's text: its numbers are held by its reference, in test_exercises
            continue
        for sentence in sentences(text):
            if sounds_like_a_result(sentence) and not _covered(sentence, quotes.get(cell, ())):
                found.append(f"notebook {number}, {cell}: {sentence!r}")
    return found


def covering(sentence: str, quotes: Iterable[str]) -> bool:
    """Whether one of the quotations, word for word as it stands, is of this sentence."""
    return _covered(sentence, map(plain, quotes))


def _covered(sentence: str, quotes: Iterable[str]) -> bool:
    return any(quote in sentence or sentence in quote for quote in quotes)


def excuses_in(number: str, *, arguments: bool = True) -> list[tuple[str, str]]:
    """The excused sentences of a notebook: (cell, sentence).  arguments: with those that are excused as arguments."""
    return [
        (place[3:], sentence)
        for reason, by_place in excused().items()
        if arguments or not reason.startswith("an argument")
        for place, said in by_place.items()
        for sentence in said
        if place.startswith(f"{number}.")
    ]
