"""All bad inputs, door by door."""

from collections.abc import Iterator

from . import answers, files, folders, options, outputs, pictures, runs, tables, widgets
from .outcome import Case


def cases() -> Iterator[Case]:
    for room in (pictures, folders, files, options, outputs, runs, tables, answers, widgets):
        yield from room.cases()
