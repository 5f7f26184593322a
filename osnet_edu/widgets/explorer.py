"""The explorer: pick a query, see the ranked gallery, open a pair, and ask why.

The page draws only what is in view, and asks for the small pictures that it needs; rankings travel as numbers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import traitlets
from ipywidgets import widget_serialization

from .. import explore
from ..explain import without
from ..explore import Album, Shelf, Wish
from ..photos import picture
from ..photos.market import Market, Photo
from ..refused import Refused
from . import explorer_state
from .at_rest import AtRest
from .named_streams import streams_named
from .openings import CORRESPONDENCE, DUEL, FLOW, WHYS, Openings, Pair
from .pictures import thumbnail, uri
from .widget import Widget, checked, one_of, sentence

_KEPT = 4_000  # small pictures that are remembered
MOST_ASKED = 400  # small pictures in one message
_BOTH = "Here both photos do without the silenced streams, in the list the query alone."


class Explorer(Widget, script="explorer.js"):
    """A gallery to explore.

    folder: a Market-1501 folder or a plain folder with one folder a person; without it the shipped people.
    models: networks of one's own by name, beside "shipped" and "untrained": a network, or the file of a checkpoint.
    index: what searches the gallery, a name in search.KINDS; for galleries beyond a matrix product.
    Every other argument is a trait that may be set:
        query: a name.  model: ranks the gallery.  other: a second network beside it, or "".  silenced: [block, stream]
        pairs that the second one does without, where: in the "query" alone or in "both".
        search, camera, attribute, twin, failures, sort: which queries are listed, as in explore.Wish.
        left_out: whether photos that the rule leaves out are shown.
        opened: a gallery photo, or "".  side: 0 to ask the first network about it, 1 the second.
        why: "duel", "gates", "correspondence" or "flow"; "edit" for the pedestrian lab with the query's person.
        own_at: where a wide photo of one's own is cut, 0 left to 1 right.
    said: what the ranking says.  state: a line of Python that makes this state again.  child: the widget of the pair.
    """

    query = traitlets.Unicode("").tag(sync=True)
    model = traitlets.Unicode(explore.SHIPPED).tag(sync=True)
    other = traitlets.Unicode("").tag(sync=True)
    silenced = traitlets.List().tag(sync=True)
    where = traitlets.Unicode(without.ALONE).tag(sync=True)
    search = traitlets.Unicode("").tag(sync=True)
    camera = traitlets.Int(0).tag(sync=True)
    attribute = traitlets.Unicode("").tag(sync=True)
    twin = traitlets.Unicode("").tag(sync=True)
    failures = traitlets.Bool(False).tag(sync=True)
    sort = traitlets.Unicode(explore.BY_NAME).tag(sync=True)
    left_out = traitlets.Bool(True).tag(sync=True)
    opened = traitlets.Unicode("").tag(sync=True)
    side = traitlets.Int(0).tag(sync=True)
    why = traitlets.Unicode(DUEL).tag(sync=True)
    own_at = traitlets.Float(0.5).tag(sync=True)

    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)  # {cameras, attributes, twins, sorts}
    blocks = traitlets.List().tag(sync=True)  # [block, streams] of the second network
    queries = traitlets.Dict().tag(sync=True)  # {names, who}, one of each query
    gallery = traitlets.Dict().tag(sync=True)
    found = traitlets.Bytes().tag(sync=True)  # places of the listed queries, int32
    at = traitlets.Int(-1).tag(sync=True)  # place of the query, -1 for a photo of one's own
    left = traitlets.Dict().tag(sync=True)  # {place, similarity, kind, rank: bytes; said, title}
    right = traitlets.Dict().tag(sync=True)
    own = traitlets.Dict().tag(sync=True)  # {src, text, wide}
    said = traitlets.Unicode("").tag(sync=True)
    noted = traitlets.Unicode("").tag(sync=True)
    asked_of = traitlets.Unicode("").tag(sync=True)  # which pair is open, in words
    cannot = traitlets.Dict().tag(sync=True)  # {question: why this pair cannot answer it}
    state = traitlets.Unicode("").tag(sync=True)
    link = traitlets.Unicode("").tag(sync=True)  # what follows the # in an address; empty for a photo of one's own
    plain = traitlets.Bool(True).tag(sync=True)  # no state was given: an address may give one
    child = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    _rest: AtRest | None = None  # from the first view on

    def __init__(
        self,
        folder: Path | str | Market | None = None,
        *,
        models: Mapping[str, explore.Source] | None = None,
        index: str = "exact",
        **state,
    ):
        unknown = sorted(set(state) - set(explorer_state.IN_ADDRESS))
        if unknown:
            raise Refused(
                f"{unknown[0]} is nothing that can be set here; expected {', '.join(explorer_state.IN_ADDRESS)}"
            )
        self._folder = "" if folder is None else str(folder.root if isinstance(folder, Market) else folder)
        album: Album | None = None
        if folder is None:
            album, shared = explore.shipped()
            self._shelf = shared.with_more(models)
        else:
            found = explore.open_folder(folder)
            self._shelf = Shelf(found, models)
        self._finder = explore.Finder(self._shelf, index)
        rankings = self._shelf.rankings(state.get("model", explore.SHIPPED))
        self._album = album or Album(found)
        self._own_photo: np.ndarray | None = None
        self._small: dict[tuple[str, int], bytes] = {}
        self._openings = Openings(self._album)
        plain, model = not state, state.pop("model", explore.SHIPPED)
        self._ready = False
        start = state.pop("query", "")
        if start:
            self._album.find(rankings.queries, start, "query")
        else:
            start = self._album.name(rankings.queries[explorer_state.welcoming(rankings, self._shelf.hardness(model))])
        super().__init__(
            plain=plain,
            models=self._shelf.names,
            model=model,
            query=start,
            choices={
                "cameras": self._album.cameras,
                "attributes": self._album.attributes,
                "twins": self._album.twins,
                "sorts": list(explore.SORTS),
            },
            queries=self._told(rankings.queries),
            gallery=self._told(rankings.gallery),
            noted=rankings.unread(),
        )
        self._ready = True
        self._list_queries()
        self._rank()
        self._tell()
        self._take(state)

    # --- what may be set ---------------------------------------------------------------------------------------------

    @checked("model")
    def _check_model(self, name: str) -> None:
        if self._ready:
            self._shelf.rankings(name, self._progress(name))

    @checked("other")
    def _check_other(self, name: str) -> None:
        if self._ready and name:
            self._shelf.rankings(name, self._progress(name))

    @checked("query")
    def _check_query(self, query: str) -> None:
        if not self._ready:
            return
        if query:
            self._album.find(self._rankings.queries, query, "query")
        elif self._own_photo is None:
            raise Refused("no query is chosen, and no photo of one's own is here")

    @checked("silenced")
    def _check_silenced(self, silenced: list) -> list:
        if not silenced:
            return []
        if not self.other:
            raise Refused("streams are silenced in the second network; choose one first")
        return streams_named(self._shelf.rankings(self.other).streams, silenced)

    @checked("where")
    def _check_where(self, where: str) -> None:
        one_of(where, (without.ALONE, without.ALIKE), "place")

    @checked("sort")
    def _check_sort(self, sort: str) -> None:
        one_of(sort, explore.SORTS, "order")

    @checked("why")
    def _check_why(self, why: str) -> None:
        one_of(why, WHYS, "question")

    @checked("side")
    def _check_side(self, side: int) -> None:
        one_of(side, (0, 1), "side")

    @checked("own_at")
    def _check_own_at(self, at: float) -> None:
        if not 0 <= at <= 1:
            raise Refused(f"a photo is cut from 0 (left) to 1 (right), got {at:g}")

    @checked("opened")
    def _check_opened(self, opened: str) -> None:
        if opened and self._ready:
            self._album.find(self._rankings.gallery, opened, "gallery photo")

    # --- what follows ------------------------------------------------------------------------------------------------

    @traitlets.observe(*explorer_state.IN_ADDRESS)
    def _changed(self, change) -> None:
        if not self._ready:
            return
        with self.hold_sync():
            if change.name == "other" and self.silenced:
                self.silenced = []  # of another network
            if change.name in ("model", *explore.WISHES):
                self._list_queries()
            if change.name in ("model", "query", "other", "silenced", "where", "own_at"):
                self._rank()
            flows = ("silenced", "where", "own_at") if self.why == FLOW else ()
            if change.name in ("model", "query", "opened", "side", "why", *flows):
                self._open()
            self._tell()

    def _list_queries(self) -> None:
        wish = Wish(**{name: getattr(self, name) for name in explore.WISHES})
        found = self._album.fitting(self._rankings.queries, wish, self._shelf.hardness(self.model))
        self.found = found.astype("<i4").tobytes()

    def _rank(self) -> None:
        self.at = self._album.find(self._rankings.queries, self.query, "query") if self.query else -1
        if not self.query:
            image = self._framed(self._rankings.size)
            self.own = {"src": uri(image), "text": "your photo, as the network gets it", "wide": self._is_wide()}
        self.left = explorer_state.columns(self._listed(self.model), self.model)
        self.said = self.left["said"]
        self.blocks, self.right = [], {}
        if self.other:
            self.blocks = [list(pair) for pair in self._shelf.rankings(self.other).streams.items()]
            silenced = [tuple(pair) for pair in self.silenced]
            without_some = f" without {len(silenced)} streams" if len(silenced) > 1 else " without a stream"
            title = self.other + (without_some if silenced else "")
            self.right = explorer_state.columns(self._listed(self.other, silenced), title)

    def _listed(self, name: str, silenced=()) -> explore.Listed:
        if self.query:
            return self._finder.of_query(name, self.at, silenced, where=self.where)
        return self._finder.of_image(name, self._framed(self._shelf.rankings(name).size), silenced)

    def _open(self) -> None:
        """Show the pair that is open, or nothing."""
        self.child, self.asked_of, self.cannot = None, "", {}
        if not self.opened:
            self._openings.close()
            return
        name = self.other if self.side and self.other else self.model
        rankings = self._shelf.rankings(name)
        place = self._album.find(rankings.gallery, self.opened, "gallery photo")
        own = None if self.query else self._framed(rankings.size)
        silenced = tuple((block, stream) for block, stream in self.silenced) if self.side and self.other else ()
        pair = Pair(name, rankings, self.at, own, place, silenced)
        query = "your photo" if own is not None else self._album.who(rankings.queries[self.at])
        self.asked_of = f"{query}, and {self._album.who(rankings.gallery[place])}: asked of the network {name}."
        self.cannot = self._openings.cannot(pair)
        try:
            self.child = self._openings.widget(pair, self.why)
            if self.why == FLOW and silenced and self.where == without.ALONE:
                self.asked_of += f" {_BOTH}"
        except Refused as reason:
            self.asked_of += f" {sentence(reason)}"

    def _tell(self) -> None:
        values = {name: getattr(self, name) for name in explorer_state.IN_ADDRESS}
        defaults = {name: self.trait_defaults(name) for name in explorer_state.IN_ADDRESS}
        self.state = explorer_state.code_line(values, defaults, self._folder, self._shelf, self._finder.kind)
        self.link = explorer_state.link(values, defaults) if self.query else ""

    def _take(self, values: Mapping[str, object]) -> None:
        """Set a state, all of it or nothing.  Raises: Refused."""
        before = {name: getattr(self, name) for name in explorer_state.IN_ADDRESS}
        try:
            with self.hold_sync():
                for name in sorted(values, key=explorer_state.IN_ADDRESS.index):
                    setattr(self, name, values[name])
        except (Refused, traitlets.TraitError):
            if self.query:
                for name, value in before.items():
                    setattr(self, name, value)
            raise

    # --- what the page asks for --------------------------------------------------------------------------------------

    def _pressed(self, message: object) -> None:
        if not isinstance(message, dict) or len(message) != 1:
            raise Refused(f"there is no button {str(message)[:60]!r} here")
        (what, value), *_ = message.items()
        if what in ("queries", "gallery"):
            self._send_small(what, value)
        elif what == "weights":
            self.add(value)
        elif what == "link":
            self._take(
                explorer_state.linked(value, {name: self.trait_defaults(name) for name in explorer_state.IN_ADDRESS})
            )
        elif what == "save":
            name, content = self.picture(*explorer_state.window(value))
            self.send({"png": name, "view": value.get("view", "")}, [content])
        else:
            raise Refused(f"there is no button {str(what)[:60]!r} here")

    def _brought(self, message: object, files: list[bytes]) -> None:
        if not isinstance(message, dict) or "photo" not in message or len(files) != 1:
            raise Refused("expected one photo")
        self.bring(files[0])

    def bring(self, photo: picture.PictureSource) -> None:
        """Make a photo of one's own the query.

        photo: a file's name, an open file, its bytes, a Pillow image, or (H, W, 3) uint8 as array or tensor.
        Raises: Refused if it is not a picture; the query stays.
        """
        self._own_photo = explore.read_own(photo)
        with self.hold_sync():
            self.why = CORRESPONDENCE  # the one question that needs no right answer
            if self.query:
                self.query = ""
            else:
                self._rank()
                self._open()

    def add(self, file: Path | str) -> None:
        """Load a weights file and rank by it.  Raises: Refused for a file that is not a network; all stays as it
        was."""
        name = self._shelf.add(file)
        with self.hold_sync():
            self.models = self._shelf.names
            if name in (self.model, self.other):  # loaded again: it may hold another network now
                self._list_queries()
                self._rank()
                self._open()
            self.model = name
            self._tell()

    def picture(self, first: int = 0, count: int = 8) -> tuple[str, bytes]:
        """What is on the screen: the query and `count` photos from rank first + 1 on.  Returns: a name, and the PNG."""
        query = None if self.query else self._framed(self._rankings.size)
        lists = [self.left, self.right] if self.right else [self.left]
        return explorer_state.ranking_picture(self._rankings, self.at, query, lists, first, count)

    def _send_small(self, what: str, places: object) -> None:
        photos = self._rankings.queries if what == "queries" else self._rankings.gallery
        if not isinstance(places, list) or not all(isinstance(k, int) and 0 <= k < len(photos) for k in places):
            raise Refused(f"there are {what} 0 to {len(photos) - 1}")
        if self._rest is None:  # the first view: now there is a page, and time to prepare what it may ask next
            self._rest = AtRest(self._openings.steps(self._rankings, self.at))
        places = places[:MOST_ASKED]
        for place in places:
            if (what, place) not in self._small:
                self._small[what, place] = thumbnail(self._rankings.pictures([photos[place]])[0])
        self.send(
            {what: places, "texts": [self._album.described(photos[place]) for place in places]},
            [self._small[what, place] for place in places],
        )
        while len(self._small) > _KEPT:
            self._small.pop(next(iter(self._small)))

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        try:
            with super()._hearing():
                yield
        finally:
            if self._rest is not None:
                self._rest.asked()

    def close(self) -> None:
        if self._rest is not None:
            self._rest.end()
        super().close()

    # --- shorthands --------------------------------------------------------------------------------------------------

    @property
    def _rankings(self) -> without.Rankings:
        return self._shelf.rankings(self.model)

    def _told(self, photos: tuple[Photo, ...]) -> dict:
        return {
            "names": [self._album.name(photo) for photo in photos],
            "who": [self._album.who(photo) for photo in photos],
        }

    def _framed(self, size: tuple[int, int]) -> np.ndarray:
        """The photo of one's own, as a network of this size gets it."""
        assert self._own_photo is not None  # without one there is a query
        return explore.framed(self._own_photo, size, self.own_at)

    def _is_wide(self) -> bool:
        assert self._own_photo is not None  # as above
        height, width = self._own_photo.shape[:2]
        return width * self._rankings.size[0] > height * self._rankings.size[1]

    def _progress(self, name: str):
        """Tells the page how far a network is with the photos, at once and not with the answer."""

        def told(done: int, total: int) -> None:
            self.send({"progress": f"The network {name} looks at {done} of {total} photos." if done < total else ""})

        return told
