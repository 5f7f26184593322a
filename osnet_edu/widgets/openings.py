"""What an open pair is asked: the five questions, which of them a pair can answer, and the widgets that answer them."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from .. import explore, people
from ..explain import duel, exchange, without
from ..grading import judging
from ..machine import compute
from ..network.weights import Checkpoint
from ..refused import Refused
from ..retrieval.mining import Triplet
from .flow import Flow
from .gate_theatre import GateTheatre
from .matching import Matching
from .pedestrian_lab import PedestrianLab
from .widget import Widget, sentence

DUEL, GATES, CORRESPONDENCE, EDIT, FLOW = "duel", "gates", "correspondence", "edit", "flow"
WHYS = (DUEL, GATES, CORRESPONDENCE, EDIT, FLOW)
# What takes a second to load, in parts.
LOADED = (
    "scipy.special", "scipy.linalg", "scipy.sparse.csgraph", "scipy.optimize", "scipy.integrate", "scipy.interpolate",
    "scipy.stats", "sklearn.metrics", "sklearn.cluster", "sklearn.feature_extraction.image", "matplotlib.figure",
    "osnet_edu.widgets.duelling",
)  # fmt: skip
# For three photos a second thread saves little, and where it waits for a busy core it costs seconds.
_ONE = compute.Compute(threads=1)
_KEPT = 8  # widgets that are kept for the next pair
_OWN = "Nobody knows the right match of a photo of your own, so only the correspondence and the stages can be asked."
_REAL = "This person was not rendered and cannot be edited."


@dataclass(frozen=True)
class Pair:
    """A query and a gallery photo, asked of a network.

    name, rankings: of the network.  query: its place; -1 for a photo of one's own, which is `own` then, (H, W, 3) uint8
    of the network's size.  place: of the gallery photo.  silenced: (block, stream) pairs that the network does without.
    """

    name: str
    rankings: without.Rankings
    query: int
    own: np.ndarray | None
    place: int
    silenced: tuple[tuple[str, int], ...] = ()

    @property
    def triplet(self) -> Triplet:
        """Raises: Refused where there is none, in a sentence."""
        if self.query < 0:
            raise Refused(_OWN)
        return explore.triplet(self.rankings, self.query, self.place)


class Openings:
    """The widgets of the pairs of one album."""

    def __init__(self, album: explore.Album):
        self._album = album
        self._kept: dict[tuple[without.Rankings, str], Widget] = {}
        self._last: Widget | None = None

    def cannot(self, pair: Pair) -> dict[str, str]:
        """Questions that this pair cannot answer, each with the reason in a sentence."""
        try:
            pair.triplet  # noqa: B018
            reasons = {}
        except Refused as reason:
            reasons = dict.fromkeys((DUEL, GATES), sentence(reason))
        if pair.query < 0:
            reasons[EDIT] = _OWN
        elif self._record(pair.rankings.queries[pair.query]) is None:
            reasons[EDIT] = _REAL
        return reasons

    def widget(self, pair: Pair, why: str) -> Widget:
        """The widget that answers a question.  Raises: Refused, in a sentence, where the pair has no answer."""
        with compute.using(_ONE):
            return self._widget(pair, why)

    def _widget(self, pair: Pair, why: str) -> Widget:
        self.close()
        if why == CORRESPONDENCE:
            self._last = Matching(pair.rankings.model, *self._two(pair))
            return self._last
        reason = self.cannot(pair).get(why)
        if reason:
            raise Refused(reason)
        key = pair.rankings, why
        shown: tuple = (self._named(pair), pair.silenced)
        if why == EDIT:
            shown = tuple(self._named(pair))
        elif why != FLOW:
            shown = (pair.triplet,)
        if key not in self._kept:
            self._kept[key] = self._made(pair.rankings, why, shown[0])
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept))).close()
        self._kept[key].point(*shown)
        return self._kept[key]

    def close(self) -> None:
        """The pair is closed, or another one is opened: what is made for one pair alone ends."""
        if self._last is not None:
            self._last.close()
            self._last = None

    def steps(self, rankings: without.Rankings, query: int) -> Iterator[None]:
        """Prepare the first duel, in small steps; none for a query that has no triple.

        A step takes some tenths of a second at most, and what it has worked out is not worked out again by a pair.
        """
        work = self._steps(rankings, query)
        while True:
            with compute.using(_ONE):
                try:
                    next(work)
                except StopIteration:
                    return
            yield

    def _steps(self, rankings: without.Rankings, query: int) -> Iterator[None]:
        found = [one for one in rankings.triplets() if one.query == query]
        yield
        if not found:
            return
        rankings.engine  # noqa: B018  set up when it is first looked at
        yield
        for name in LOADED:
            import_module(name)
            yield
        judge = judging.Judge(rankings, self._album.folder)
        judge.limit()
        yield
        images = judge.pair(found[0]).images
        yield
        for image in images:
            exchange.cut_now(image)
            yield
        duel.between(rankings.model, images)
        yield
        # The badge draws random weights, from the one source of random numbers that a cell of a notebook may be using.
        # On the thread that runs cells, none is running now.
        if threading.current_thread() is threading.main_thread():
            judge.random()
            yield
            judge.ask(found[0])

    def _made(self, rankings: without.Rankings, why: str, first: str | list | Triplet) -> Widget:
        """first: what the widget begins with, a query's name, two photos or a triple."""
        if isinstance(first, str):
            return PedestrianLab(folder=self._album, photo=first, rankings=rankings)
        if isinstance(first, list):
            return Flow(Checkpoint(rankings.model, rankings.size), self._album, photos=first, choose=False)
        from .duelling import Duelling  # it loads matplotlib, which the first view need not wait for

        kind = {DUEL: Duelling, GATES: GateTheatre}[why]
        return kind(None, self._album.folder, rankings=rankings, first=first)

    def _named(self, pair: Pair) -> list:
        """Query and gallery photo by their names, a photo of one's own as it is."""
        query = pair.own if pair.query < 0 else self._album.name(pair.rankings.queries[pair.query])
        return [query, self._album.name(pair.rankings.gallery[pair.place])]

    def _two(self, pair: Pair) -> list:
        """Query and gallery photo; rendered once more where both show one rendered person, so that truth is known."""
        photo = pair.rankings.gallery[pair.place]
        if pair.query < 0:
            return [pair.own, pair.rankings.pictures([photo])[0]]
        query = pair.rankings.queries[pair.query]
        records = [record for record in map(self._record, (query, photo)) if record]
        if len(records) == 2 and query.person == photo.person > 0:
            return [people.render(one.identity, one.view, size=pair.rankings.size) for one in records]
        return list(pair.rankings.pictures([query, photo]))

    def _record(self, photo) -> people.PhotoRecord | None:
        return self._album.folder.record(photo)
