"""What widgets about a query, a match and an impostor share: the triples, and which one is shown."""

from collections.abc import Callable
from pathlib import Path

import traitlets

from ..explain import known, without
from ..network import weights
from ..photos import market
from ..refused import Refused
from ..retrieval import mining
from .widget import Widget, checked

ROLES = ("query", "match", "impostor")


class Triples(Widget):
    """Triples of photos by a network's rankings.

    checkpoint: a network, and the size of its photos.  folder: a Market-1501 folder with a test split.
    query, positive, negative: names of photos; without them the hardest triple of the folder, or of that query.
    progress: (done, total) photos that are embedded at first.  rankings: made before, to share; then there is no
    checkpoint, and folder, or its records, is the one they were made of.  first: a triple to begin with, not by names.

    triple: index in `triples`, the hardest first; may be set.
    """

    triples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    triple = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        checkpoint: weights.Checkpoint | None,
        folder: Path | str | known.Folder,
        *,
        query: str | None = None,
        positive: str | None = None,
        negative: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        rankings: without.Rankings | None = None,
        first: mining.Triplet | None = None,
    ):
        if (checkpoint is None) == (rankings is None):
            raise Refused("expected a network, or rankings that were made by one")
        if rankings is None:
            assert checkpoint is not None  # one of the two is given
            if isinstance(folder, known.Folder):
                raise Refused("with a network the folder itself is expected; its records go with rankings")
            rankings = without.Rankings(checkpoint, folder, progress)
        self.rankings = rankings
        self._alone = first is None
        self._triplets, at = self.rankings.triplets_with(query, positive, negative)
        if first is not None:
            at = self._place_of(first)
            self._triplets[at : at + 1] = [first]
        self._prepare(folder)
        super().__init__(
            triples=[self._titled(triplet) for triplet in self._triplets], triple=at, **self._first_traits()
        )
        self._look()

    def point(self, triplet: mining.Triplet) -> None:
        """Show a triple of one's own: it takes the place of the mined one of its query, or joins the list."""
        at = self._place_of(triplet)
        before = self._triplets[at : at + 1]
        if before == [triplet]:
            self.triple = at
            return
        self._triplets[at : at + 1] = [triplet]
        try:
            self._can_show(at)
        except Refused:
            self._triplets[at : at + 1] = before
            raise
        with self.hold_sync():
            self.triples = [*self.triples[:at], self._titled(triplet), *self.triples[at + 1 :]]
            if self.triple == at:
                self._look()
            self.triple = at

    def _place_of(self, triplet: mining.Triplet) -> int:
        """Where the triple of a query stands; the end of the list for a query without one."""
        places = [k for k, one in enumerate(self._triplets) if one.query == triplet.query]
        return places[0] if places else len(self._triplets)

    @checked("triple")
    def _check_triple(self, triple: int) -> None:
        if not 0 <= triple < len(self._triplets):
            raise Refused(f"There are triples 0 to {len(self._triplets) - 1}, got {triple}.")
        self._can_show(triple)

    # --- what a widget of triples says of itself ---------------------------------------------------------------------

    def _prepare(self, folder: Path | str | known.Folder) -> None:
        """What is needed before the first triple is shown; the rankings are there."""

    def _first_traits(self) -> dict:
        return {}

    def _can_show(self, triple: int) -> None:
        """Raises: Refused for a triple that cannot be shown, so that the widget stays at the last one."""

    def _look(self) -> None:
        """A triple is new: all that follows from it."""
        raise NotImplementedError

    def _titled(self, triplet: mining.Triplet) -> str:
        query, first = self.rankings.queries[triplet.query], "impostor" if triplet.margin < 0 else "match"
        return f"person {query.person}, camera {query.camera}: {first} first by {abs(triplet.margin):.2f}"

    @property
    def _triplet(self) -> mining.Triplet:
        return self._triplets[self.triple]

    def _shown(self, triple: int | None = None) -> list[tuple[str, market.Photo]]:
        """The roles and photos of a triple, of the one that is shown for None."""
        triplet, rankings = self._triplets[self.triple if triple is None else triple], self.rankings
        photos = (
            rankings.queries[triplet.query],
            rankings.gallery[triplet.positive],
            rankings.gallery[triplet.negative],
        )
        return list(zip(ROLES, photos, strict=True))
