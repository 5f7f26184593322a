"""Exercises that a student solves in a cell that begins with `%%exercise NAME`, and checks that name the mistake.

%load_ext osnet_edu.exercises        once a notebook; or: from osnet_edu import exercises; exercises.load()

REGISTRY[name], by_notebook("02")    the exercises
card(name)                           title, task, stars and minutes, as Markdown for a cell's output
cell(name)                           what to write into the cell: the magic and the starter
"""

from . import convolution, gate, network, streams, who
from .record import Exercise, Mistake, Property

REGISTRY: dict[str, Exercise] = {
    exercise.name: exercise for room in (who, convolution, streams, gate, network) for exercise in room.EXERCISES
}


def by_notebook(notebook: str) -> tuple[Exercise, ...]:
    """The exercises of one notebook, "01" to "05", in the order in which they are met."""
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
    """The task in a frame: title, how hard, how long, required or not, and what to do."""
    task = REGISTRY[name]
    stars = "★" * task.stars + "☆" * (4 - task.stars)
    need = "required" if task.required else "optional"
    head = f"**Exercise `{name}`: {task.title}**"
    line = f"{stars} ({task.stars} of 4 stars) · about {task.minutes} minutes · {need}"
    return Card(f"{head}  \n{line}\n\n{task.prompt}")


def cell(name: str) -> str:
    """The text of the exercise's cell: the magic and the starter."""
    return f"%%exercise {name}\n{REGISTRY[name].starter.rstrip()}"


def load_ipython_extension(shell) -> None:
    """%load_ext osnet_edu.exercises"""
    shell.register_magic_function(lambda line, cell: None, "cell", "exercise")


__all__ = ["REGISTRY", "Card", "Exercise", "Mistake", "Property", "by_notebook", "card", "cell"]
