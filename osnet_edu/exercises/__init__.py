"""Exercises that a student solves in a cell that begins with `%%exercise NAME`, and checks that name the mistake.

    %load_ext osnet_edu.exercises        once a notebook; or: from osnet_edu import exercises; exercises.load(). It
                                         shows a bar of what is solved, in all notebooks
    %%exercise NAME [--seconds N]        runs the cell under a time limit and an output limit, then checks it
    %hint NAME    %solution NAME         or hint("NAME"), solution("NAME")

    REGISTRY[name], by_notebook("02")    the exercises
    card(name)                           title, task, stars and minutes, as Markdown for a cell's output
    cell(name)                           what to write into the cell: the magic and the starter
    check(name, answer)                  the verdict on an object, without a cell
    student_number(number)               whose numbers the graded tasks take: GRADED, such as "graded_weights"
    unlock(key)                          opens what a teacher has locked; or %unlock KEY
    summary()                            counts for a teacher, without names or answers; summary().save(path)

The clock stops every loop that Python runs, on every system. A loop inside compiled code, such as
list(itertools.count()), cannot be stopped from inside the process: interrupt or restart the kernel.
"""

from typing import Any

from ..refused import Refused
from . import (
    believe,
    convolution,
    exploring,
    gate,
    network,
    own,
    siblings,
    start,
    streams,
    train,
    where,
    which_scale,
    who,
)
from .bar import show_bar
from .finds import Finds
from .graded import GRADED, checked_number, own_task, student_number
from .guard import TimeUp
from .judge import Verdict, judge
from .lock import LOCK_FILE, lock_text, unlock
from .magic import Desk, answered, begun
from .record import Exercise, Mistake, Property
from .refusals import Refusals
from .shown import Box, Summary

ROOMS = (start, who, convolution, streams, gate, network, siblings, train, which_scale, where, believe, exploring, own)
REGISTRY: dict[str, Exercise] = {exercise.name: exercise for room in ROOMS for exercise in room.EXERCISES}
_desk = Desk(REGISTRY)
_refusals = Refusals()


def by_notebook(notebook: str) -> tuple[Exercise, ...]:
    """The exercises of one notebook, "00" to "12", in the order in which they are met."""
    return tuple(exercise for exercise in REGISTRY.values() if exercise.notebook == notebook)


class Card:
    """Shown as Markdown in a notebook; .markdown is its text."""

    def __init__(self, markdown: str):
        self.markdown = markdown

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown


def card(name: str) -> Card:
    """The task: title, how hard, how long, required or not, and what to do."""
    task = own_task(name) if name in GRADED else REGISTRY[name]
    stars = "★" * task.stars + "☆" * (4 - task.stars)
    need = "required" if task.required else "optional"
    head = f"**Exercise `{name}`: {task.title}**"
    line = f"{stars} ({task.stars} of 4 stars) · about {task.minutes} minutes · {need}"
    return Card(f"{head}  \n{line}\n\n{task.prompt}")


def cell(name: str) -> str:
    """The text of the exercise's cell: the magic and the starter."""
    task = own_task(name) if name in GRADED else REGISTRY[name]
    return f"%%exercise {name}\n{task.starter.rstrip()}"


def check(name: str, answer: Any) -> Verdict:
    """The verdict on an answer, such as a function. There is no time limit and nothing is counted."""
    return judge(REGISTRY[name], answer)


def hint(name: str) -> Box:
    """The next hint of an exercise."""
    return _desk.hint(name)


def solution(name: str) -> Box:
    """A model answer, then the library's own code; a hint first if there was no attempt yet."""
    return _desk.solution(name)


def answer(name: str) -> Box:
    """What `solution` shows in the end, at once: for a page on which nobody types."""
    return answered(REGISTRY[name])


def summary() -> Summary:
    """What was done in this kernel, as counts."""
    return _desk.summary()


def load_ipython_extension(shell) -> None:
    """%load_ext osnet_edu.exercises"""
    shell.register_magic_function(lambda line, cell: _desk.exercise(shell, line, cell), "cell", "exercise")
    shell.register_magic_function(hint, "line", "hint")
    shell.register_magic_function(solution, "line", "solution")
    shell.register_magic_function(unlock, "line", "unlock")
    _refusals.watch(shell)
    show_bar(shell, REGISTRY)


def load() -> None:
    """The same from Python.  Raises: Refused outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise Refused("exercises run in the cells of a notebook, and this is not a notebook")
    load_ipython_extension(shell)


__all__ = [
    "GRADED",
    "LOCK_FILE",
    "REGISTRY",
    "Box",
    "Card",
    "Exercise",
    "Finds",
    "Mistake",
    "Property",
    "Summary",
    "TimeUp",
    "Verdict",
    "answer",
    "begun",
    "by_notebook",
    "card",
    "cell",
    "check",
    "checked_number",
    "hint",
    "judge",
    "load",
    "lock_text",
    "own_task",
    "solution",
    "student_number",
    "summary",
    "unlock",
]
