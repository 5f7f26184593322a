"""The metric sandbox: rankings of a short gallery, moved by hand, and CMC, AP, mAP and mINP that follow.

Every number comes from retrieval.evaluate: the sandbox turns the order on the page into distances 0, 1, 2, ... and
asks. Photos that the Market rule leaves out stay on the page, get no rank, and say why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import traitlets

from ..photos import persons
from ..photos.market import Photo, decode
from ..refused import Refused
from ..retrieval import DISTRACTOR, JUNK, Score, counts, evaluate
from .pictures import uri
from .widget import Widget, checked

THUMBNAIL = (128, 64)  # height and width in pixels


@dataclass(frozen=True)
class Puzzle:
    """Something to build.  check: (score, whether the first photo of each row counts) -> what is missing, "" if solved.

    because: what the solution shows; it follows the success.
    """

    task: str
    because: str
    check: Callable[[Score, Sequence[bool]], str]


def _rank1_but_76(score: Score, _first) -> str:
    return _want("rank-1", score.rank(1), 1, 1) or _want("mAP", score.mean_ap, 0.755, 0.765)


def _left_out_first(score: Score, first: Sequence[bool]) -> str:
    if any(first):
        return f"{sum(first)} of {len(first)} rows still start with a photo that counts"
    return _want("rank-1", score.rank(1), 1, 1)


def _never_first(score: Score, _first) -> str:
    return _want("rank-1", score.rank(1), 0, 0) or _want("mAP", score.mean_ap, 0.6, 1)


def _one_far_away(score: Score, _first) -> str:
    return _want("mAP", score.mean_ap, 0.8, 1) or _want("mINP", score.mean_inp, 0, 0.5)


PUZZLES = (
    Puzzle(
        "Build rank-1 100 % with mAP 76 %.",
        "Rank-1 asks only who stands first. Every later match may sink, and only mAP sees it.",
        _rank1_but_76,
    ),
    Puzzle(
        "Put a photo that is left out first in every row, and keep rank-1 at 100 %.",
        "A left-out photo takes no rank: it is lifted out of the list before anybody counts. A match from the query's "
        "own camera earns nothing, wherever it stands.",
        _left_out_first,
    ),
    Puzzle(
        "Build rank-1 0 % with mAP of 60 % or more.",
        "One impostor in front of all matches: the worst rank-1 there is, from a ranking that is otherwise perfect.",
        _never_first,
    ),
    Puzzle(
        "Build mAP of 80 % or more with mINP of 50 % or less.",
        "mINP looks at the last match alone: how far somebody must read to have found them all.",
        _one_far_away,
    ),
)


class Ranking(Widget, script="ranking.js"):
    """Rankings to move about: one row of gallery photos a query, by mouse, finger or arrow keys.

    queries, gallery: photos of a market; at least one query needs a match.  distances: (Q, G), the order to start
    from; without them the gallery's own.  puzzles: what the list offers.
    order: for each query the gallery's photos as they stand, indices from 0; may be set.  score: of that order.
    puzzle: 0 for free play, else counted from 1.  solved: whether the puzzle that is shown is.
    """

    queries = traitlets.List().tag(sync=True)  # {src, text} each
    gallery = traitlets.List().tag(sync=True)
    order = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    start = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    rows = traitlets.List().tag(sync=True)  # what is written beside each query's row: {cards: by photo, sums}
    numbers = traitlets.List().tag(sync=True)  # [name, percent] pairs
    cmc = traitlets.List(traitlets.Float()).tag(sync=True)
    tasks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    puzzle = traitlets.Int(0).tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    solved = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        queries: Sequence[Photo],
        gallery: Sequence[Photo],
        *,
        distances: np.ndarray | None = None,
        puzzles: Sequence[Puzzle] = PUZZLES,
    ):
        if not queries or not gallery:
            raise Refused("the sandbox needs at least one query and one gallery photo")
        if distances is not None and np.shape(distances) != (len(queries), len(gallery)):
            raise Refused(f"expected distances ({len(queries)}, {len(gallery)}), got {np.shape(distances)}")
        self._queries, self._gallery, self._puzzles = list(queries), list(gallery), list(puzzles)
        self._ids = [np.array([p.person for p in photos]) for photos in (queries, gallery)]
        self._cameras = [np.array([p.camera for p in photos]) for photos in (queries, gallery)]
        if distances is None:
            order = [list(range(len(gallery))) for _ in queries]
        else:
            order = np.argsort(np.asarray(distances), axis=1, kind="stable").tolist()
        self.score = self._evaluate(order)  # before anything is shown: a gallery without a match is refused here
        super().__init__(
            queries=_pictured(queries),
            gallery=_pictured(gallery),
            order=order,
            start=order,
            tasks=[puzzle.task for puzzle in puzzles],
        )
        self._given = None  # the order that was set for a puzzle which the photos had solved before it was chosen
        self._update()
        self.observe(self._changed, ["order", "puzzle"])

    @checked("order")
    def _check_order(self, order: list[list[int]]) -> None:
        everybody = list(range(len(self._gallery)))
        if len(order) != len(self._queries) or any(sorted(row) != everybody for row in order):
            raise Refused("That order does not hold every photo once, so nothing was moved.")

    @checked("puzzle")
    def _check_puzzle(self, puzzle: int) -> None:
        if not 0 <= puzzle <= len(self._puzzles):
            raise Refused(f"There are puzzles 1 to {len(self._puzzles)}; 0 is free play.")

    def _changed(self, change) -> None:
        self._given = None
        if change.name == "puzzle" and self._judged(self._evaluate(self.order))[1]:
            self.order = self._perfect()
            self._given = self.order
        self._update()

    def _perfect(self) -> list[list[int]]:
        """Each row with its matches first, then what counts, then what is left out: an order to undo by hand."""

        def place(q: int, i: int) -> int:
            if not self._counting(q)[i]:
                return 2
            return 0 if self._gallery[i].person == self._queries[q].person else 1

        return [sorted(row, key=partial(place, q)) for q, row in enumerate(self.order)]

    def _update(self) -> None:
        self.score = score = self._evaluate(self.order)
        with self.hold_sync():
            self.rows = [self._row(q) for q in range(len(self._queries))]
            self.cmc = score.cmc.tolist()
            self.numbers = [
                ["rank-1", _percent(score.rank(1))],
                ["mAP", _percent(score.mean_ap)],
                ["mINP", _percent(score.mean_inp)],
            ]
            self.verdict, self.solved = self._judged(score)

    def _evaluate(self, order: Sequence[Sequence[int]]) -> Score:
        places = np.argsort(np.array(order), axis=1).astype(float)  # where each photo stands is how far it is
        (queries, gallery), (query_cameras, gallery_cameras) = self._ids, self._cameras
        return evaluate(places, queries, gallery, query_cameras, gallery_cameras, ranks=len(gallery))

    def _counting(self, q: int) -> np.ndarray:
        return counts(self._ids[0][q], self._cameras[0][q], self._ids[1], self._cameras[1])

    def _row(self, q: int) -> dict:
        query, counting = self._queries[q], self._counting(q)
        cards: list[dict] = [{} for _ in self._gallery]
        rank, ranks_of_hits = 0, []
        for i in self.order[q]:
            photo = self._gallery[i]
            rank += bool(counting[i])
            if photo.person == JUNK:
                kind, why = "out", "junk"
            elif not counting[i]:
                kind, why = "out", "own camera"
            elif photo.person == query.person:
                ranks_of_hits.append(rank)
                kind, why = "hit", f"hit: {len(ranks_of_hits)}/{rank}"
            else:
                kind, why = "other", "distractor" if photo.person == DISTRACTOR else "other person"
            cards[i] = {"kind": kind, "why": why, "rank": f"rank {rank}" if counting[i] else "left out"}
        return {"cards": cards, "sums": self._sums(q, ranks_of_hits)}

    def _sums(self, q: int, ranks: list[int]) -> str:
        if not ranks:
            return "No photo here matches this query, so it counts in no mean."
        precisions = " + ".join(f"{hit}/{rank}" for hit, rank in enumerate(ranks, start=1))
        average = self.score.average_precision[q]
        return (
            f"AP = ({precisions}) / {len(ranks)} = {_percent(average)}.  "
            f"INP = {len(ranks)}/{ranks[-1]} = {_percent(len(ranks) / ranks[-1])}."
        )

    def _judged(self, score: Score) -> tuple[str, bool]:
        if not self.puzzle:
            return "", False
        puzzle = self._puzzles[self.puzzle - 1]
        first = [bool(self._counting(q)[row[0]]) for q, row in enumerate(self.order)]
        missing = puzzle.check(score, first)
        if self.order == self._given:
            already = "The photos stood so already, so they were put in order, matches first. Now build it yourself."
            return f"{already} Not yet: {missing or 'move a photo'}.", False
        return (f"Not yet: {missing}.", False) if missing else (f"\u2713 Solved. {puzzle.because}", True)


def _want(name: str, value: float, least: float, most: float) -> str:
    """What is missing for a number to lie in [least, most]; "" where it does."""
    if least <= value <= most:
        return ""
    return f"{name} is {_percent(value)}, which is too {'low' if value < least else 'high'}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _pictured(photos: Sequence[Photo]) -> list[dict]:
    decoded = decode(photos, THUMBNAIL)
    if decoded.skipped:
        raise Refused(f"{decoded.skipped[0].path.name}: {decoded.skipped[0].reason}")
    return [
        {"src": uri(image, "JPEG"), "text": f"{_who(photo)}, camera {photo.camera}"}
        for photo, image in zip(decoded.photos, decoded.images, strict=True)
    ]


def _who(photo: Photo) -> str:
    return {JUNK: "id \u22121", DISTRACTOR: "id 0"}.get(photo.person) or persons.called(photo)
