"""The pedestrian lab: a rendered person, a control for all that can be changed, and what the network makes of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import traitlets

from .. import explore
from ..explain import without
from ..network import weights
from ..refused import Refused
from ..retrieval import DISTRACTOR
from . import wardrobe
from .pictures import uri
from .records import for_page
from .widget import Widget, checked, one_of

FREE, CLOTHES = "free", "clothes"
PLAYS = (FREE, *explore.GAMES)
_LISTED = 5  # photos that come first


class PedestrianLab(Widget, script="pedestrian_lab.js"):
    """Edit a pedestrian, and see what the network makes of it.

    checkpoint, folder: a network and a Market-1501 folder of rendered people, or its album; without them the shipped.
    photo: the query to begin with.  rankings: made before, to share; then checkpoint and folder are those of it.
    progress: (done, total) photos that are embedded at first.

    May be set: photo, a query's name; against, the gallery photo it is compared with; changes, of the person, such as
    {"top_color": [1, 0, 0]}; view, of its view, such as {"yaw": 0}; game, one of "free" and explore.GAMES.
    similarity, rank: now.  said: in a sentence.  best: the best score of each game.
    Raises: Refused for a folder whose people were not rendered.
    """

    photo = traitlets.Unicode("").tag(sync=True)
    against = traitlets.Unicode("").tag(sync=True)
    changes = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    game = traitlets.Unicode(FREE).tag(sync=True)

    photos = traitlets.List(traitlets.Unicode()).tag(sync=True)
    people = traitlets.List(traitlets.Unicode()).tag(sync=True)  # who is in each of them
    games = traitlets.List().tag(sync=True)  # [name, what to do]
    groups = traitlets.List().tag(sync=True)  # wardrobe.Group of controls
    values = traitlets.Dict().tag(sync=True)  # of every control, now
    own = traitlets.Dict().tag(sync=True)  # of every control, without changes
    comparable = traitlets.List().tag(sync=True)  # [name, words] of gallery photos to compare with
    pictures = traitlets.List().tag(sync=True)  # {src, role, text}: before, now, the photo compared with
    similarity = traitlets.Float(0.0).tag(sync=True)
    rank = traitlets.Int(0).tag(sync=True)
    similarity_before = traitlets.Float(0.0).tag(sync=True)
    rank_before = traitlets.Int(0).tag(sync=True)
    first = traitlets.List().tag(sync=True)  # {src, who, match}: who comes first now
    gates = traitlets.List().tag(sync=True)  # {block, before: [...], now: [...]}
    said = traitlets.Unicode("").tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    won = traitlets.Bool(False).tag(sync=True)
    best = traitlets.Dict().tag(sync=True)
    version = traitlets.Int(0).tag(sync=True)  # counts what was seen; the page then asks for the duel
    explained = traitlets.Dict().tag(sync=True)  # {version, heat, grey, said}
    clothes = traitlets.Dict().tag(sync=True)  # {pictures: [{src, text}], said, measured}
    state = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        checkpoint: weights.Checkpoint | None = None,
        folder: Path | str | explore.Album | None = None,
        *,
        photo: str | None = None,
        rankings: without.Rankings | None = None,
        progress: Callable[[int, int], None] | None = None,
    ):
        if rankings is None and folder is None and checkpoint is None:
            album, shelf = explore.shipped()
            rankings, self._album = shelf.rankings(explore.SHIPPED), album
        else:
            if folder is None:
                raise Refused("a network of one's own needs the folder of its photos: name both")
            self._album = folder if isinstance(folder, explore.Album) else explore.Album(explore.open_folder(folder))
            if rankings is None:
                own = weights.shipped() if checkpoint is None else checkpoint
                rankings = without.Rankings(own, self._album.market, progress)
        self._rankings, self._ready = rankings, False
        records = [self._album.folder.record(one) for one in rankings.queries]
        rendered = [k for k, record in enumerate(records) if record]
        if not rendered:
            raise Refused(f"{self._album.market.root} holds photos that were not rendered: nobody in it can be edited")
        self._small: dict[int, str] = {}
        start = photo or self._album.name(rankings.queries[self._clear(records, rendered)])
        shown = [rankings.queries[k] for k in rendered]
        super().__init__(
            photos=[self._album.name(one) for one in shown],
            people=self._album.labels(shown),
            games=[[FREE, "Try what you like."], *([name, rule] for name, rule in explore.GAMES.items())],
            groups=[for_page(group) for group in wardrobe.groups()],
            photo=start,
        )
        self._ready = True
        self._take()

    def point(self, photo: str, against: str) -> None:
        """Show another person, beside a gallery photo; changes are undone where it is another one."""
        with self.hold_sync():
            self.photo = photo
            self.against = against

    # --- what may be set ---------------------------------------------------------------------------------------------

    @checked("photo")
    def _check_photo(self, photo: str) -> None:
        query = self._rankings.queries[self._album.find(self._rankings.queries, photo, "query")]
        if self._album.folder.record(query) is None:
            raise Refused(f"people.json has no record of {photo}, so its person cannot be edited; the others can")

    @checked("against")
    def _check_against(self, against: str) -> None:
        if self._ready:
            self._album.find(self._rankings.gallery, against, "gallery photo")

    @checked("game")
    def _check_game(self, game: str) -> None:
        one_of(game, PLAYS, "game")

    @checked("changes")
    def _check_changes(self, changes: Mapping) -> dict:
        if not self._ready:
            return {}
        identity = self._editor.identity
        edited = explore.edited(identity, changes)
        return {
            name: wardrobe.value(edited, name) for name in changes if getattr(edited, name) != getattr(identity, name)
        }

    @checked("view")
    def _check_view(self, view: Mapping) -> dict:
        if not self._ready:
            return {}
        if view and self.game != FREE:
            raise Refused("in a game the view is locked: turn, light and camera change no person")
        explore.viewed(self._editor.record, view)
        return explore.plain_changes(view, explore.VIEW_NAMES, "a part of a view")

    # --- what follows ------------------------------------------------------------------------------------------------

    @traitlets.observe("photo", "game", "against", "changes", "view")
    def _changed(self, change) -> None:
        if not self._ready:
            return
        with self.hold_sync():
            if change.name in ("photo", "game"):
                self._take()
            else:
                self._see()

    def _take(self) -> None:
        """Another person to edit: nothing is changed yet."""
        place = self._album.find(self._rankings.queries, self.photo, "query")
        self._editor = explore.Editor(self._rankings, self._album.folder, place)
        if self.game == explore.IMPOSTOR:
            impostor = self._album.folder.record(self._rankings.gallery[self._far()])
            assert impostor is not None  # `_far` takes none without a record
            self._editor = explore.Editor(self._rankings, self._album.folder, place, identity=impostor.identity)
        self._ready = False
        self.changes, self.view = {}, {}
        self.comparable = [
            [self._album.name(photo), f"{word}: {self._album.who(photo)}"] for word, photo in self._to_compare()
        ]
        self.against = self.comparable[0][0]
        self.clothes = {}
        self._ready = True
        self._see()

    def _see(self) -> None:
        against = self._album.find(self._rankings.gallery, self.against, "gallery photo")
        before = self._editor.before
        self._now = now = self._editor.see(self.changes, self.view) if self.changes or self.view else before
        was, similarity = (float(seen.similarity[against]) for seen in (before, now))
        photo = self._rankings.gallery[against]
        if self.against not in [name for name, _ in self.comparable]:
            self.comparable = [*self.comparable, [self.against, self._album.who(photo)]]
        self.values = wardrobe.shown_values(now.identity, now.view)
        self.own = wardrobe.shown_values(self._editor.identity, self._editor.record.view)
        changed = wardrobe.told(self.own, self.values)
        self.pictures = [
            {"src": uri(before.image), "role": "before", "text": "the person as rendered, before any change"},
            {"src": uri(now.image), "role": "now", "text": f"the person now: {changed or 'nothing changed'}"},
            {
                "src": uri(self._rankings.pictures([photo])[0]),
                "role": "compared with",
                "text": f"the photo it is compared with: {self._album.who(photo)}",
            },
        ]
        self.similarity, self.similarity_before = round(similarity, 4), round(was, 4)
        self.rank, self.rank_before = now.rank, before.rank
        person = self._editor.record.person
        self.first = [
            {
                "src": self._thumbnail(k),
                "who": self._album.who(self._rankings.gallery[k]),
                "match": self._rankings.gallery[k].person == person,
            }
            for k in now.order[:_LISTED].tolist()
        ]
        self.gates = wardrobe.block_gates(list(self._rankings.streams.items()), before.gates, now.gates)
        self.said = wardrobe.change_sentence(changed, (was, before.rank), (similarity, now.rank))
        self._judge(before, now)
        self.version += 1
        self.explained = {}
        self.state = wardrobe.code_lines(self.photo, self.game, self.changes, self.view)

    def _judge(self, before: explore.Seen, now: explore.Seen) -> None:
        if self.game == FREE:
            self.verdict, self.won = "", False
            return
        found = explore.judged(
            self.game, changes=len(self.changes), pixels=now.changed, known=now.rank == 1, known_before=before.rank == 1
        )
        self.verdict, self.won = found.says, found.won
        if found.won and found.counts and found.score < self.best.get(self.game, np.inf):
            self.best = {**self.best, self.game: found.score}

    # --- what the page asks for --------------------------------------------------------------------------------------

    def _pressed(self, message: object) -> None:
        if message == "explain":
            self._explain()
        elif message == CLOTHES:
            self._ask_clothes()
        elif message == "undo":
            with self.hold_sync():
                self.changes, self.view = {}, {}
        else:
            super()._pressed(message)

    def _explain(self) -> None:
        """The duel of the picture as it is now: the best match against the hardest negative."""
        from ..figures import greyed, heat_image  # it loads matplotlib, which the first view need not wait for

        found, evidence = self._editor.duel(self._now, self._editor.best_match(), self._editor.hardest_negative())
        heat = found.heat[0]
        self.explained = {
            "version": self.version,
            "heat": uri(heat_image(heat, found.scale)),
            "grey": uri(greyed(self._now.image)),
            "said": "" if evidence is None else str(evidence),
        }

    def _ask_clothes(self) -> None:
        """The same person in another's clothes, and another person in hers."""
        found = explore.dressed(self._editor, self._album.folder)
        shown = [{"src": uri(one.seen.image), "text": one.words} for one in found]
        told = [f"{one.words}: similarity {one.similarity:.2f}, rank {one.seen.rank}" for one in found]
        plain_rank = self._rankings.ranked(self._editor.query)
        told.append(f"the photo itself: similarity {plain_rank.similarity[self._editor.best_match()]:.2f}")
        self.clothes = {
            "pictures": shown,
            "said": f"{'; '.join(told)}.".capitalize(),
            "measured": wardrobe.clothes_measured(),
        }

    # --- shorthands --------------------------------------------------------------------------------------------------

    def _clear(self, records: list, rendered: list[int]) -> int:
        """A query to begin with: won, seen from the front, by day and with nothing in front."""
        hardness = explore.hardness(self._rankings)
        won = [k for k in rendered if hardness.first_hit[k] == 1] or rendered
        return min(won, key=lambda k: explore.unclear(records[k].view))

    def _far(self) -> int:
        """Somebody else with other looks: the gallery photo, of a person with a name, that is least similar."""
        gallery = self._rankings.gallery
        named = [k for k in self._editor.strangers if gallery[k].person != DISTRACTOR]
        known = [k for k in named if self._album.folder.record(gallery[k])]
        if not known:
            raise Refused("people.json has no record of anybody else in the gallery")
        return known[-1]

    def _to_compare(self) -> list:
        sides = ("match", self._editor.matches), ("stranger", self._editor.strangers[:6])
        return [(word, self._rankings.gallery[k]) for word, places in sides for k in places]

    def _thumbnail(self, place: int) -> str:
        if place not in self._small:
            self._small[place] = uri(self._rankings.pictures([self._rankings.gallery[place]])[0], "JPEG")
        return self._small[place]
