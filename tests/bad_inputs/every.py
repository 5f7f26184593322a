"""All bad inputs, door by door."""

from collections.abc import Iterator
from importlib import import_module

from .outcome import Case

ROOMS = (
    "answers",
    "explaining",
    "explorer",
    "files",
    "folders",
    "kept",
    "labs",
    "options",
    "outputs",
    "own_data",
    "photos",
    "pictures",
    "records",
    "runs",
    "searches",
    "states",
    "tables",
    "widgets",
)


def cases() -> Iterator[Case]:
    for room in ROOMS:
        yield from import_module(f".{room}", __package__).cases()
