"""What the people of the shipped photos are called: the two whom the lessons follow have names."""

from .market import DISTRACTOR, JUNK, Photo

ANA, BEA = 209, 210  # their numbers among the shipped people
_NAMES = {ANA: "Ana", BEA: "Bea", DISTRACTOR: "a passer-by", JUNK: "junk"}


def called(photo: Photo) -> str:
    """Who is in a photo of the shipped people: "Ana", "Bea", or "person 12"."""
    return _NAMES.get(photo.person, f"person {photo.person}")
