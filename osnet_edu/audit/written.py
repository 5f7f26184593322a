"""How an audit writes its numbers, and what it may say of them: every number has its interval beside it."""

import math
from collections.abc import Mapping
from functools import lru_cache

from ..intervals import Interval
from .record import ON_ITSELF, Figure, Record

References = Mapping[str, Record]  # by what each is called on the page

# Five clusters that all agree do so by chance in 1 of 16 cases, six in 1 of 32: below six, nothing is said.
FEWEST = 6
_SPACE = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_PLACES = {"share": 0, "part": 2, "grade": 2}

# What the page calls a figure, where its name is not a plain word.
_PLAIN = {
    "top color": "colour of the top",
    "bottom color": "colour of the bottom",
    "yaw": "direction",
    "first is who wears her clothes": "exchanged: first is the one in the query's clothes",
    "exchanged clothes": "exchanged: first is the right person",
    "floor: the centre": "the centre of the photo",
    "floor: new colours": "colours that the reference lacks",
}


def plain_name(name: str) -> str:
    """What the page calls a figure."""
    if name.startswith(ON_ITSELF):
        return f"{name.removeprefix(ON_ITSELF)}, on the photo itself"
    return _PLAIN.get(name, name.removeprefix("floor: "))


@lru_cache(maxsize=4096)
def mean_of(figure: Figure) -> Interval:
    """The mean of a figure with its bounds; computed once."""
    return figure.interval


@lru_cache(maxsize=4096)
def gap(figure: Figure | None, other: Figure | None) -> Interval | None:
    """A figure minus another one in pairs, or None where fewer than FEWEST clusters have both."""
    if figure is None or other is None or len(figure.gains(other)) < FEWEST:
        return None
    return figure.minus(other)


def same_question(record: Record, other: Record | None, question: str, name: str) -> tuple[Figure, Figure] | None:
    """A figure of two networks, or None where they were not shown the same photos."""
    if other is None or question not in record.answers or question not in other.answers:
        return None
    mine, theirs = record.figure(question, name), other.figure(question, name)
    if mine is None or theirs is None or record.answers[question].scenes != other.answers[question].scenes:
        return None
    return mine, theirs


def paired(record: Record, other: Record | None, question: str, name: str) -> Interval | None:
    """The paired difference of a figure of two networks, or None where it is not known."""
    both = same_question(record, other, question, name)
    return gap(*both) if both else None


def known(figure: Figure | None) -> bool:
    """Whether enough clusters have a value for a sentence."""
    return figure is not None and len(figure.known) >= FEWEST


def number(value: float, unit: str, *, finer: int = 0, sign: bool = False) -> str:
    """A value in its unit, without the unit's sign: 93 of a share of .93, .81 of a part.

    finer: further digits.  sign: + before a value above 0.
    """
    if math.isnan(value):
        return "–"
    value = value * 100 if unit == "share" else value
    text = f"{abs(value):.{_PLACES.get(unit, 3) + finer}f}"
    zero = not float(text)
    text = text if unit == "share" else text.removeprefix("0")
    return ("" if zero else _MINUS if value < 0 else "+" if sign else "") + text


def bracketed(some: Interval, unit: str, *, finer: int = 0, sign: bool = False) -> str:
    """A number with its interval: "93 % [89, 96]", ".81 [.70, .90]".  sign: of a difference; shares are then points."""
    value, low, high = (number(one, unit, finer=finer, sign=sign) for one in (some.value, some.low, some.high))
    if value == "–":
        return value
    points = " point" if value in ("+1", f"{_MINUS}1") else " points"
    ending = "" if unit != "share" else points if sign else " %"
    return f"{value}{ending} [{low}, {high}]".replace(" ", _SPACE)


def stated(figure: Figure) -> str:
    """A figure as a sentence has it."""
    return bracketed(mean_of(figure), figure.unit)


def enumerated(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
