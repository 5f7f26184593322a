"""Numerical exercises with numbers of one's own: each student's are drawn from the student's number.

exercises.student_number("S-12")            in a cell, or the environment variable OSNET_EDU_STUDENT
exercises.card("graded_weights")     the task with these numbers
%%exercise graded_weights            the cell: a function that returns one number
"""

import hashlib
import itertools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..refused import Refused, plain
from .answers import convolution, streams, who
from .draw import integer
from .finds import RIGHT, Diagnosis, Finds
from .record import Exercise, Mistake

_VARIABLE = "OSNET_EDU_STUDENT"
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,32}")
_CLOSE = 0.005  # of the right number, for one that is not whole
_given: list[str] = []


@dataclass(frozen=True)
class OwnNumbers:
    """A task whose numbers differ from student to student.

    draw: (generator) -> the numbers.  asks: the task, with {} for each of them.  right: numbers -> the answer.
    mistakes: name -> (what it is, numbers -> what it gives).
    """

    name: str
    notebook: str
    title: str
    asks: str
    hint: str
    draw: Callable[[np.random.Generator], tuple]
    right: Callable[..., float]
    mistakes: dict[str, tuple[str, Callable[..., float]]]


def _two_widths(rng: np.random.Generator) -> tuple[int, int]:
    c_in = 8 * integer(rng, 3, 20)
    return c_in, c_in + 8 * integer(rng, 1, 20)


def _ranking(rng: np.random.Generator) -> tuple[list[int]]:
    """Places of the hits, from 2 on, so that the first place is none."""
    return ([int(place) for place in np.sort(rng.choice(np.arange(2, 13), size=4, replace=False))],)


def _matches(places: list[int]) -> np.ndarray:
    return np.isin(np.arange(1, 13), places)


def _layers(rng: np.random.Generator) -> tuple[list[tuple[int, int]]]:
    return ([(7, 2), (3, 2), *((integer(rng, 1, 4) * 2 + 1, 1) for _ in range(integer(rng, 2, 4)))],)


_GRADED = (
    OwnNumbers(
        "graded_average_precision",
        "01",
        "The average precision of one ranking",
        "A query has 4 matches among 12 photos. They stand at the places {}. What is its average precision?",
        "At each hit take hits so far divided by places so far, and average over the hits.",
        _ranking,
        lambda places: float(who.my_average_precision(_matches(places))),
        {
            "divided by places": ("It is divided by the 12 places. Divide by the 4 hits.",
                                  lambda places: float(who.my_average_precision(_matches(places))) * 4 / 12),
            "first hit": ("That is 1 / place of the first hit. All hits count.", lambda places: 1 / places[0]),
            "last hit": ("That is the precision at the last hit alone.", lambda places: 4 / places[-1]),
        },
    ),
    OwnNumbers(
        "graded_weights",
        "02",
        "Weights of a light layer",
        "How many convolution weights has a Lite 3x3 layer from {} to {} channels? Count no normalisation.",
        "The pointwise convolution mixes channels, the depthwise one has 9 weights for each channel that leaves.",
        _two_widths,
        lambda c_in, c_out: convolution.my_lite_parameters(c_in, c_out),
        {
            "standard": ("Those are the weights of a standard 3x3 convolution.", lambda a, b: 9 * a * b),
            "depthwise of the input": ("The depthwise convolution comes second: it has c_out channels.",
                                       lambda a, b: a * b + 9 * a),
            "pointwise alone": ("The depthwise convolution is missing.", lambda a, b: a * b),
        },
    ),
    OwnNumbers(
        "graded_field",
        "03",
        "The field of a stack",
        "Layers in a row, as (kernel, stride), the first one first: {}. What is the side of the last cell's field?",
        "Each layer adds (kernel - 1) times the product of the strides before it.",
        _layers,
        lambda layers: streams.my_stack_field(layers),
        {
            "no strides": ("The strides have no effect. A step of a later layer is several steps of the photo.",
                           lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers)),
            "kernels times strides": ("The kernel itself is used. One less counts: the first cell is there already.",
                                      lambda layers: streams.my_stack_field([(k + 1, s) for k, s in layers]) - 1),
        },
    ),
)  # fmt: skip
GRADED = {one.name: one for one in _GRADED}


def student_number(number: str) -> str:
    """Set the student's number of this kernel.  Returns: it.  Raises: Refused for one with other signs."""
    _given[:] = [checked_number(number)]
    return _given[0]


def checked_number(number: Any) -> str:
    """A student's number, as it is written.  Raises: Refused unless it is letters, digits and -, at most 32."""
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise Refused(
            f"a student's number has letters, digits and -, and at most 32 of them; got {plain(repr(number)[:60])}"
        )
    return number


def own_task(name: str, number: str | None = None) -> Exercise:
    """A graded task with a student's numbers.  number: of the student; None means this kernel's.

    Raises: Refused where there is no number, and for one with other signs.
    """
    number = number or (_given[-1] if _given else os.environ.get(_VARIABLE, ""))
    if not number:
        raise Refused('this task has numbers of your own. First run: exercises.student_number("YOUR NUMBER")')
    return _own_task(name, checked_number(number).lower())


@cache
def _own_task(name: str, number: str) -> Exercise:
    one = GRADED[name]
    seed = hashlib.sha256(f"{name}/{number}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "little"))
    while True:  # until no mistake gives the right number or another mistake's
        numbers = one.draw(rng)
        right = one.right(*numbers)
        known = {mistake: (says, wrong(*numbers)) for mistake, (says, wrong) in one.mistakes.items()}
        values = sorted([right, *(value for _, value in known.values())])
        if all(b - a > 3 * _CLOSE for a, b in itertools.pairwise(values)):
            break

    def look(value: Any) -> Diagnosis:
        if not isinstance(value, int | float | np.number) or isinstance(value, bool):
            return Diagnosis("other", "Expected one number.")
        if _same(float(value), right):
            return Diagnosis(RIGHT)
        found = next((mistake for mistake, (_, wrong) in known.items() if _same(float(value), wrong)), "other")
        return Diagnosis(found, known[found][0] if found in known else "This is not the number that the task asks for.")

    def constant(value: float) -> Callable[[], float]:
        return lambda: value

    return Exercise(
        name=name,
        notebook=one.notebook,
        title=one.title,
        prompt=one.asks.format(*(f"**{value}**" for value in numbers)),
        starter="def my_number():\n    return ...  # your number, or the steps to it\n",
        answer="my_number",
        stars=2,
        minutes=5,
        hints=(one.hint,),
        reference=constant(right),
        comparison=Finds(look, "a number"),
        mistakes=tuple(Mistake(mistake, says, constant(wrong)) for mistake, (says, wrong) in known.items()),
    )


def _same(a: float, b: float) -> bool:
    return a == b if isinstance(b, int) else abs(a - b) <= _CLOSE
