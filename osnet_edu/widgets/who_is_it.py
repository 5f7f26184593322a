"""The game that opens the tour: who is it? Five queries, four photos each, and a network that answers as well."""

from dataclasses import dataclass

import traitlets

from .. import explore
from ..explore import guessing, story
from ..explore.guessing import Guess
from ..photos.market import Photo, decode
from ..refused import Refused
from .pictures import uri
from .widget import Widget, checked

_SIZE = (128, 64)  # height and width in pixels


@dataclass(frozen=True)
class Option:
    """A photo to choose.  src, text: the picture and its words.  who: its person.  same: is it the query's person?
    similarity: to the query, by the network."""

    src: str
    text: str
    who: str
    same: bool
    similarity: float


@dataclass(frozen=True)
class Posed:
    """A question as a page draws it.  src, text, who: of the query.  network: the option that the network takes."""

    src: str
    text: str
    who: str
    options: tuple[Option, ...]
    network: int


class WhoIsIt(Widget, script="who_is_it.js"):
    """Five questions about the shipped people: which of four photos shows the person of the query?

    answers: the options that were taken, counted from 0, in the order of the questions; may be set, [] begins again.
    The page holds all that is needed to play; `score` says how many answers are right so far: yours, the network's.
    """

    questions = traitlets.List().tag(sync=True)
    answers = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(self):
        album, shelf = explore.shipped()
        rankings = shelf.rankings(explore.SHIPPED)
        self.guesses = guessing.five(rankings, album.folder)
        super().__init__()
        self.show({"questions": [self._asked(one, rankings, album) for one in self.guesses]})

    def _asked(self, one: Guess, rankings, album: explore.Album) -> Posed:
        photos = [rankings.queries[one.query], *(rankings.gallery[k] for k in one.options)]
        images = decode(photos, _SIZE).images
        drawn = [(uri(image, "JPEG"), _words(photo, album)) for image, photo in zip(images, photos, strict=True)]
        options = [
            Option(*drawn[k + 1], story.called(photo), k == one.right, round(one.similarity[k], 4))
            for k, photo in enumerate(photos[1:])
        ]
        return Posed(*drawn[0], story.called(photos[0]), tuple(options), one.network)

    @checked("answers")
    def _check_answers(self, answers: list) -> None:
        options = guessing.OPTIONS
        if len(answers) > len(self.guesses) or not all(0 <= one < options for one in answers):
            raise Refused(f"expected at most {len(self.guesses)} answers of 0 to {options - 1}, got {answers}")

    @property
    def score(self) -> tuple[int, int]:
        """Right answers so far: yours, and the network's to the same questions."""
        asked = list(zip(self.guesses, self.answers, strict=False))
        return sum(one.right == taken for one, taken in asked), sum(one.right == one.network for one, _ in asked)


def _words(photo: Photo, album: explore.Album) -> str:
    looks = album.looks(photo)
    return f"Camera {photo.camera}{': ' if looks else ''}{looks}."
