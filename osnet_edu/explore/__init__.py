"""Exploring a gallery: which queries to look at, which networks rank it, what is in the list."""

from .album import BY_NAME, SORTS, WISHES, Album, Hardness, Wish, colour, hardness, open_folder
from .editing import VIEW_NAMES, Editor, Seen, edited, plain_changes, viewed
from .finding import Finder
from .games import GAMES, IMPOSTOR, ONE_CHANGE, SMALLEST_CHANGE, judged
from .listed import IS_JUNK, MATCH, OTHER_PERSON, OWN_CAMERA, UNKNOWN, Listed, listed
from .own import framed, read_own
from .pair import triplet
from .shelf import SHIPPED, UNTRAINED, Shelf, Source, shipped

__all__ = [
    "BY_NAME",
    "GAMES",
    "IMPOSTOR",
    "IS_JUNK",
    "MATCH",
    "ONE_CHANGE",
    "OTHER_PERSON",
    "OWN_CAMERA",
    "SHIPPED",
    "SMALLEST_CHANGE",
    "SORTS",
    "UNKNOWN",
    "UNTRAINED",
    "VIEW_NAMES",
    "WISHES",
    "Album",
    "Editor",
    "Finder",
    "Hardness",
    "Listed",
    "Seen",
    "Shelf",
    "Source",
    "Wish",
    "colour",
    "edited",
    "framed",
    "hardness",
    "judged",
    "listed",
    "open_folder",
    "plain_changes",
    "read_own",
    "shipped",
    "triplet",
    "viewed",
]
