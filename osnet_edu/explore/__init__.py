"""Exploring a gallery: which queries to look at, which networks rank it, what is in the list."""

from . import guessing, story
from .album import BY_NAME, NAMED, SORTS, WISHES, Album, Hardness, Wish, colour, hardness, open_folder
from .dressed import (
    EXCHANGED_CLOTHES,
    OTHERS_CLOTHES,
    OWN_CLOTHES,
    WEARER,
    ClothesShare,
    Dressed,
    dressed,
    measured_clothes,
)
from .editing import VIEW_NAMES, Editor, Seen, changed_pixels, edited, plain_changes, unclear, viewed
from .finding import Finder
from .games import GAMES, IMPOSTOR, ONE_CHANGE, SMALLEST_CHANGE, judged
from .listed import IS_JUNK, MATCH, OTHER_PERSON, OWN_CAMERA, UNKNOWN, Listed, listed
from .own import framed, read_own
from .pair import triplet
from .shelf import SHIPPED, UNTRAINED, Shelf, Source, shipped

__all__ = [
    "BY_NAME",
    "EXCHANGED_CLOTHES",
    "GAMES",
    "IMPOSTOR",
    "IS_JUNK",
    "MATCH",
    "NAMED",
    "ONE_CHANGE",
    "OTHERS_CLOTHES",
    "OTHER_PERSON",
    "OWN_CAMERA",
    "OWN_CLOTHES",
    "SHIPPED",
    "SMALLEST_CHANGE",
    "SORTS",
    "UNKNOWN",
    "UNTRAINED",
    "VIEW_NAMES",
    "WEARER",
    "WISHES",
    "Album",
    "ClothesShare",
    "Dressed",
    "Editor",
    "Finder",
    "Hardness",
    "Listed",
    "Seen",
    "Shelf",
    "Source",
    "Wish",
    "changed_pixels",
    "colour",
    "dressed",
    "edited",
    "framed",
    "guessing",
    "hardness",
    "judged",
    "listed",
    "measured_clothes",
    "open_folder",
    "plain_changes",
    "read_own",
    "shipped",
    "story",
    "triplet",
    "unclear",
    "viewed",
]
