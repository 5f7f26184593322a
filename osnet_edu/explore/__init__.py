"""Exploring a gallery: which queries to look at, which networks rank it, what is in the list."""

from .album import BY_NAME, SORTS, WISHES, Album, Hardness, Wish, hardness, open_folder
from .listed import IS_JUNK, LONGEST, MATCH, OTHER, OWN_CAMERA, UNKNOWN, Listed, listed
from .own import framed, read_own
from .pair import triplet
from .shelf import SHIPPED, UNTRAINED, Shelf, shipped

__all__ = [
    "BY_NAME",
    "IS_JUNK",
    "LONGEST",
    "MATCH",
    "OTHER",
    "OWN_CAMERA",
    "SHIPPED",
    "SORTS",
    "UNKNOWN",
    "UNTRAINED",
    "WISHES",
    "Album",
    "Hardness",
    "Listed",
    "Shelf",
    "Wish",
    "framed",
    "hardness",
    "listed",
    "open_folder",
    "read_own",
    "shipped",
    "triplet",
]
