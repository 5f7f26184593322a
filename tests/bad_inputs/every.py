"""All bad inputs, door by door."""

from collections.abc import Iterator

from . import files, folders, pictures, runs, tables
from .outcome import Case


def cases() -> Iterator[Case]:
    for room in (pictures, folders, files, runs, tables):
        yield from room.cases()
