"""The gate theatre: which scale a network used for a query, a match and an impostor, and what if not.

Bars show each stream's gate and its share of the block. Silence streams, and the ranking, the two similarities and a
sentence follow. The bars show the network with all its streams on: they are what is to be explained.
"""

import numpy as np
import traitlets

from ..embed import normalise
from ..explain import gates, without
from ..network import receptive
from . import theatre_words as words
from .named_streams import stream_named, streams_named
from .pictures import uri
from .records import BlockSeen, Channels, Effect, RankedPhoto, StreamSeen, for_page
from .triples import ROLES, Triples
from .widget import checked, one_of

_LISTED = 10  # photos of the ranked list


class GateTheatre(Triples, script="gate_theatre.js"):
    """A triple of photos, the gates of every block, and a ranking that can do without some streams.

    The arguments are those of Triples; the network must have blocks.

    triple: index in `triples`, the hardest first; may be set.  silenced: [block, stream] pairs; may be set, as may
    fill: "zero" or "mean", where: "query" or "both", chosen: the [block, stream] whose field is drawn, and
    opened: the block whose channels are listed, or "".
    ranked: what `explain.without` says now.  sentence: what silencing did to the pair.
    """

    silenced = traitlets.List().tag(sync=True)
    fill = traitlets.Unicode(without.FILL_ZERO).tag(sync=True)
    where = traitlets.Unicode(without.ALONE).tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    opened = traitlets.Unicode("").tag(sync=True)
    size = traitlets.List(traitlets.Int()).tag(sync=True)  # height, width of a photo in pixels
    photos = traitlets.List().tag(sync=True)  # {src, text} of query, positive, negative
    blocks = traitlets.List().tag(sync=True)
    channels = traitlets.List().tag(sync=True)
    field = traitlets.Dict().tag(sync=True)  # {shortest, longest: [top, left, bottom, right], says}
    places = traitlets.List().tag(sync=True)
    effects = traitlets.List().tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    details = traitlets.Unicode("").tag(sync=True)
    how = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)

    def _prepare(self, folder: object) -> None:
        self._fields = {(f.block, f.stream): f for f in receptive.receptive_fields(self.rankings.model)}
        self._thumbnails: dict[int, str] = {}

    def _first_traits(self) -> dict:
        rankings = self.rankings
        return {"size": list(rankings.size), "chosen": [next(iter(rankings.streams)), 1], "note": self._noted()}

    # --- what may be set ---------------------------------------------------------------------------------------------

    def _can_show(self, triple: int) -> None:
        self.rankings.pictures([photo for _, photo in self._shown(triple)])

    @checked("silenced")
    def _check_silenced(self, silenced: list) -> list:
        return streams_named(self.rankings.streams, silenced)

    @checked("chosen")
    def _check_chosen(self, chosen: list) -> list:
        return list(stream_named(self.rankings.streams, chosen))

    @checked("opened")
    def _check_opened(self, opened: str) -> None:
        one_of(opened, ("", *self.rankings.streams), "block")

    @checked("fill")
    def _check_fill(self, fill: str) -> None:
        one_of(fill, (without.FILL_ZERO, without.FILL_MEAN), "filling")

    @checked("where")
    def _check_where(self, where: str) -> None:
        one_of(where, (without.ALONE, without.ALIKE), "place")

    # --- what follows ------------------------------------------------------------------------------------------------

    @traitlets.observe("triple", "silenced", "fill", "where", "chosen", "opened")
    def _changed(self, change) -> None:
        if not hasattr(self, "_plain"):  # the first look is still to come
            return
        with self.hold_sync():
            if change.name == "triple":
                self._look()
            elif change.name == "chosen":
                self._point()
            elif change.name == "opened":
                self._open()
            else:
                self._rank()

    def _look(self) -> None:
        """A triple is new: its photos, its gates, and all that follows."""
        shown = self._shown()
        images = self.rankings.pictures([photo for _, photo in shown])
        batch = normalise(images)
        self._reading = gates.read_shares(self.rankings.model, batch)
        bare = [name for name, block in self.rankings.model.blocks().items() if block.gate is None]
        self._gates = {} if bare else gates.read(self.rankings.model, batch).gates
        self.photos = [
            {"src": uri(image), "text": f"{role}: person {photo.person}, camera {photo.camera}", "role": role}
            for image, (role, photo) in zip(images, shown, strict=True)
        ]
        self.blocks = [for_page(self._block(name)) for name in self.rankings.streams]
        self._plain = self.rankings.ranked(self._triplet.query)
        self._open()
        self._point()
        self._rank()

    def _rank(self) -> None:
        triplet = self._triplet
        silenced = [tuple(pair) for pair in self.silenced]
        self.ranked = now = self.rankings.ranked(triplet.query, silenced, fill=self.fill, where=self.where)
        before = self._plain
        self.places = [
            for_page(self._place(photo, rank, before, now)) for rank, photo in enumerate(now.order[:_LISTED], 1)
        ]
        pair = (triplet.positive, triplet.negative)
        self.effects = [
            for_page(
                Effect(
                    role,
                    float(before.similarity[photo]),
                    float(now.similarity[photo]),
                    before.rank(photo),
                    now.rank(photo),
                )
            )
            for role, photo in zip(ROLES[1:], pair, strict=True)
        ]
        match, impostor = pair
        was, is_now = ((float(r.similarity[match]), float(r.similarity[impostor])) for r in (before, now))
        self.sentence = words.verdict(silenced, was, is_now)
        becomes = "zero" if self.fill == without.FILL_ZERO else "its mean over the gallery"
        alike = (
            "in the query alone; the gallery has all its streams"
            if self.where == without.ALONE
            else "in query and gallery"
        )
        self.how = f"A silenced stream becomes {becomes}, {alike}." if silenced else ""

    def _point(self) -> None:
        block, stream = self.chosen
        field = self._fields[block, stream]
        height, width = self.rankings.size
        cell = [side // field.step // 2 for side in (height, width)]
        windows = {
            path: [end for pair in zip(*(field.window(at, path) for at in cell), strict=True) for end in pair]
            for path in ("shortest", "longest")
        }
        self.field = {
            **windows,
            "says": f"{self._sees('Shortest', field.shortest)} {self._sees('Longest', field.longest)}",
        }
        shares = self._reading.shares[block][:, stream - 1]
        told = [f"share {_listed(f'{100 * share:.0f} %' for share in shares)}"]
        if block in self._gates:
            told.insert(0, f"mean gate {_listed(f'{mean:.2f}' for mean in self._gates[block][:, stream - 1].mean(1))}")
        who = _listed(role for role, _ in self._shown())
        self.details = f"Stream {stream} of {block}, {field.cells} x {field.cells} cells ({who}): {'; '.join(told)}."

    def _sees(self, path: str, side: int) -> str:
        height, width = self.rankings.size
        beyond = "wider and taller than the photo" if side > height else "wider than the photo" if side > width else ""
        return f"{path} path: {side} pixels{', ' * bool(beyond)}{beyond}."

    def _open(self) -> None:
        found = []
        if self.opened in self._gates:
            values = self._gates[self.opened]  # (photos, T, C)
            for t in range(values.shape[1]):
                for row, (role, _) in zip(values[:, t], self._shown(), strict=True):
                    text = f"stream {t + 1}, {role}: {len(row)} gates from {row.min():.2f} to {row.max():.2f}"
                    found.append(for_page(Channels(t + 1, role, tuple(round(float(v), 3) for v in row), text)))
        self.channels = found

    def _block(self, name: str) -> BlockSeen:
        shares, found = self._reading.shares[name], self._gates.get(name)
        streams = [
            StreamSeen(
                t + 1,
                self._fields[name, t + 1].cells,
                () if found is None else tuple(float(mean) for mean in found[:, t].mean(1)),
                tuple(float(share) if np.isfinite(share) else 0.0 for share in shares[:, t]),
            )
            for t in range(shares.shape[1])
        ]
        branch = tuple(float(share) for share in np.nan_to_num(self._reading.branch[name]))
        return BlockSeen(name, tuple(streams), branch, words.leaning(name, shares[0].tolist()))

    def _place(self, photo: int, rank: int, before: without.Ranked, now: without.Ranked) -> RankedPhoto:
        if photo not in self._thumbnails:
            self._thumbnails[photo] = uri(self.rankings.pictures([self.rankings.gallery[photo]])[0], "JPEG")
        one = self.rankings.gallery[photo]
        match = one.person == self.rankings.queries[self._triplet.query].person
        was = before.rank(photo)
        return RankedPhoto(
            self._thumbnails[photo],
            one.name,
            rank,
            was,
            float(now.similarity[photo]),
            match,
            words.moved_words(rank, was),
        )

    def _noted(self) -> str:
        return " ".join(filter(None, [gates.limits(self.rankings.model), self.rankings.unread()]))


def _listed(values) -> str:
    return ", ".join(values)
