"""Who is it? A query and four photos, one of them of the query's person: five questions for a student and a network."""

from dataclasses import dataclass, replace

from .. import draws
from ..explain import known, without
from ..refused import Refused
from . import story

OPTIONS = 4


@dataclass(frozen=True)
class Guess:
    """One question.  query: its place.  options: places in the gallery, of four people.  right: which of them it is.

    similarity: of the query to each option.  twin: by which part the query's twin differs, where she is an option.
    shown: pixels of this part in the photo that shows least of it.
    """

    query: int
    options: tuple[int, ...]
    similarity: tuple[float, ...]
    right: int
    twin: str
    shown: int

    @property
    def network(self) -> int:
        """The option that the network takes."""
        return max(range(len(self.similarity)), key=self.similarity.__getitem__)

    @property
    def margin(self) -> float:
        """How much more similar the right photo is than the best wrong one."""
        wrong = max(value for k, value in enumerate(self.similarity) if k != self.right)
        return self.similarity[self.right] - wrong


def five(rankings: without.Rankings, folder: known.Folder) -> list[Guess]:
    """Five questions: Ana with her print in sight, three other people, and Ana with her print turned away.

    Each shows the query's best match and the most similar photo of three other people. The three in the middle are a
    twin whom the network misses, with the plainest difference, and two people without a twin, whom it finds by the
    smallest margin. Nothing stands in front of them, and nobody is the query or the match of two questions.

    Raises: Refused for a folder without Ana and Bea, and one with too few people.
    """
    first, last = (_of_story(rankings, folder, trio) for trio in (story.PRINT_SEEN, story.PRINT_TURNED))
    every = [
        one for k in range(len(rankings.queries)) if (one := _of(rankings, folder, k)) and _clear(rankings, folder, one)
    ]
    missed = sorted((one for one in every if one.twin and one.margin < 0), key=lambda one: -one.shown)
    found = sorted((one for one in every if not one.twin and one.margin > 0), key=lambda one: one.margin)
    taken, middle = {story.ANA, story.BEA}, []
    for kind, wanted in ((found, 1), (missed, 1), (found, 1)):
        for one in kind:
            who = {rankings.queries[one.query].person} | {rankings.gallery[k].person for k in one.options}
            if wanted and not who & taken:
                middle.append(one)
                taken |= who
                wanted -= 1
    if len(middle) < 3:
        raise Refused("the folder has too few people for five questions")
    return [_shuffled(one) for one in (first, *middle, last)]


def _of(rankings: without.Rankings, folder: known.Folder, query: int) -> Guess | None:
    """A question of a query, the right photo first; None where there are too few people."""
    same, others = rankings.sides(query)
    nearest: dict[int, int] = {}
    for place in others:
        if rankings.gallery[place].person > 0:
            nearest.setdefault(rankings.gallery[place].person, place)
    options = [*same[:1], *list(nearest.values())[: OPTIONS - 1]]
    return _guess(rankings, folder, query, options) if same and len(options) == OPTIONS else None


def _guess(rankings: without.Rankings, folder: known.Folder, query: int, options: list[int]) -> Guess:
    listed, photo = rankings.ranked(query).similarity, rankings.queries[query]
    others = [rankings.gallery[k] for k in options[1:]]
    twin = next(((one, part) for one in others if (part := folder.part(photo, one))), None)
    shown = [folder.record(one) for one in (photo, rankings.gallery[options[0]], twin[0])] if twin else []
    pixels = min((record.visible for record in shown if record), default=0)
    return Guess(query, tuple(options), tuple(float(listed[k]) for k in options), 0, twin[1] if twin else "", pixels)


def _of_story(rankings: without.Rankings, folder: known.Folder, trio: story.Trio) -> Guess:
    """The question of Ana's photo, with the trio's photos of both."""
    if trio.query not in {photo.name for photo in rankings.queries}:
        raise Refused("this folder does not have Ana and Bea, whom the first and the last question show")
    found = story.trio_of(rankings, trio)
    asked = _of(rankings, folder, found.query)
    if asked is None:
        raise Refused("the folder has too few people for five questions")
    others = [k for k in asked.options[1:] if rankings.gallery[k].person != story.BEA]
    return _guess(rankings, folder, found.query, [found.positive, found.negative, *others][:OPTIONS])


def _clear(rankings: without.Rankings, folder: known.Folder, one: Guess) -> bool:
    photos = [rankings.queries[one.query], *(rankings.gallery[k] for k in one.options)]
    records = [folder.record(photo) for photo in photos]
    return all(record is not None and record.view.occluder == "none" for record in records)


def _shuffled(one: Guess) -> Guess:
    order = draws.named("who is it", one.query).permutation(OPTIONS).tolist()
    options, similarity = (tuple(values[k] for k in order) for values in (one.options, one.similarity))
    return replace(one, options=options, similarity=similarity, right=order.index(one.right))
