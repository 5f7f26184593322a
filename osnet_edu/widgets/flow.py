"""The network at work: one or two photos pass through it, and every stage, block, stream and cell can be looked at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import traitlets

from .. import explore
from ..embed import normalise
from ..explain import flow
from ..machine.compute import using
from ..network import weights
from ..network.model import OSNet
from ..photos import picture
from ..photos.market import Market, decode
from ..refused import Refused
from . import flow_drawn, flow_pairs
from .flow_colours import ONE, coloured, shipped_colouring, shipped_network
from .named_streams import streams_named
from .pictures import uri
from .widget import Widget, checked


class Flow(Widget, script="flow.js"):
    """A picture of the network through which photos flow.

    model: a network, a checkpoint, or a weights file; without it the shipped one.
    folder: a Market-1501 folder, a plain folder with one folder a person, or an album of one; without it the shipped
    people. Its gallery chooses the colours of the maps, and says how far apart two photos usually are.
    photos: one photo or two, each a name in the folder, or a picture: a path, bytes, or (H, W, 3) uint8; without them
    a pair of twins.
    choose: whether the page offers other photos.
    Every other argument is a trait that may be set:
        at: the place that is open, such as "network", "conv3", "conv3.1", "conv3.1 stream 3" or "conv3.1 squeeze".
        cell: [map, photo, row, column] of the cell that is asked, such as ["conv3", 0, 4, 2]; or [].
        silenced: [block, stream] pairs that the network does without.
        small: whether only the row of stages is drawn until somebody touches it.
        shown: the names of the photos, "" for a photo of one's own.
    said: the sentence of the place.  ratios: by step, how far apart the two photos are there; see flow.Parting.
    shipped: whether it is the shipped network that looks at the shipped people.
    Raises: Refused for anything that cannot be shown, and then everything stays as it was.
    """

    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    at = traitlets.Unicode("network").tag(sync=True)
    cell = traitlets.List().tag(sync=True)
    silenced = traitlets.List().tag(sync=True)
    small = traitlets.Bool(False).tag(sync=True)

    size = traitlets.List(traitlets.Int()).tag(sync=True)  # height, width of a photo in pixels
    pairs = traitlets.List().tag(sync=True)  # {words, names, src}
    choices = traitlets.List().tag(sync=True)  # [name, words]
    pictures = traitlets.List().tag(sync=True)  # {src, text} of each photo
    network = traitlets.Dict().tag(sync=True)  # {maps, code, similarity, parted, sentence}
    stage = traitlets.Dict().tag(sync=True)
    block = traitlets.Dict().tag(sync=True)
    seen = traitlets.Dict().tag(sync=True)
    trail = traitlets.List().tag(sync=True)  # [place, words]
    said = traitlets.Unicode("").tag(sync=True)
    effect = traitlets.Unicode("").tag(sync=True)  # what silencing did
    ratios = traitlets.Dict().tag(sync=True)
    colours = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        model: OSNet | weights.Checkpoint | Path | str | None = None,
        folder: Path | str | Market | explore.Album | None = None,
        *,
        photos: str | picture.PictureSource | Sequence | None = None,
        choose: bool = True,
        **state,
    ):
        unknown = sorted(set(state) - {"at", "cell", "silenced", "small"})
        if unknown:
            raise Refused(f"{unknown[0]} is nothing that can be set here; expected at, cell, silenced or small")
        checkpoint = shipped_network() if model is None else _checkpoint(model)
        self._size: tuple[int, int] = checkpoint.size
        self._album = _album(folder)
        self.shipped = shipped = model is None and folder is None
        self._colouring = shipped_colouring() if shipped else coloured(checkpoint.model, self._album.market, self._size)
        self.model = self._colouring.model
        self._streams = {name: len(one.stream_names) for name, one in self.model.blocks().items()}
        self._photos = {self._album.name(one): one for one in (*self._album.market.query, *self._album.market.gallery)}
        pairs = flow_pairs.suggested(self._album) if choose or photos is None else []
        everyone = (*self._album.market.gallery, *self._album.market.query)
        first = pairs[0].photos if pairs else everyone[:2]
        given = [self._album.name(one) for one in first] if photos is None else _listed(photos)
        self._own = [None if isinstance(one, str) else self._taken(one) for one in given]
        self._ready = False
        super().__init__(
            size=list(self._size),
            pairs=[self._suggestion(pair) for pair in pairs] if choose else [],
            choices=flow_pairs.menu(self._album) if choose else [],
            colours=f"The colours are the three directions in which the channels of a map differ most over "
            f"{len(self._colouring.images)} photos of the gallery (PCA): one colour means one thing in both photos. "
            "From map to map the colours mean other things.",
        )
        self._ready = True
        self._pass([one if isinstance(one, str) else "" for one in given])
        with self.hold_sync():
            for name in ("silenced", "at", "cell", "small"):
                if name in state:
                    setattr(self, name, state[name])

    # --- what may be set ---------------------------------------------------------------------------------------------

    @checked("at")
    def _check_at(self, at: str) -> None:
        if self._ready:
            flow.place_named(self.model, at)

    @checked("silenced")
    def _check_silenced(self, silenced: list) -> list:
        return streams_named(self._streams, silenced)

    @checked("shown")
    def _check_shown(self, shown: list) -> None:
        if self._ready:
            self._images(shown)

    @checked("cell")
    def _check_cell(self, cell: list) -> list:
        if not cell or not self._ready:
            return []
        if len(cell) != 4 or not isinstance(cell[0], str) or not all(type(one) is int for one in cell[1:]):
            raise Refused(f"a cell is [map, photo, row, column], got {cell!r}")
        name, photo, row, column = cell
        if not flow.place_named(self.model, name).map:
            raise Refused("the whole network has no cells; expected the map of a stage, a block or a stream")
        count, _, rows, columns = self._now.maps[name].shape
        if not (0 <= photo < count and 0 <= row < rows and 0 <= column < columns):
            raise Refused(f"{name} has photos 0 to {count - 1} of {rows} x {columns} cells, got {list(cell[1:])}")
        return list(cell)

    # --- what follows ------------------------------------------------------------------------------------------------

    @traitlets.observe("shown", "silenced", "at", "cell")
    def _changed(self, change) -> None:
        if not self._ready or not hasattr(self, "_now"):
            return
        with self.hold_sync():
            if change.name in ("shown", "silenced"):
                try:
                    self._pass(self.shown)
                except BaseException:  # the last good picture stays, and what it is of
                    self._ready = False
                    self.set_trait(change.name, change.old)
                    self._ready = True
                    raise
            elif change.name == "at":
                self._open()
            else:
                self._point()

    def _pass(self, shown: Sequence[str]) -> None:
        """Other photos, or other streams: all is new. It is computed first, and shown when all of it is there."""
        with using(ONE):
            images = self._images(shown)
            batch = normalise(images)
            silenced = [(block, stream) for block, stream in self.silenced]
            now = flow.passed(self.model, batch, silenced)
            plain = flow.passed(self.model, batch) if silenced else now
            parted = flow.parting(self.model, now, self._colouring) if len(images) == 2 else None
            level = flow.network_level(self.model, now, self._colouring, parted)
        self._batch, self._now, self._plain, self._parted = batch, now, plain, parted
        self._asked: tuple = ()
        with self.hold_sync():
            self._ready = False
            self.shown = list(shown)
            if self.cell and self.cell[1] >= len(shown):
                self.cell = []
            self._ready = True
            self.pictures = [
                {"src": uri(image), "text": self._described(name)} for image, name in zip(images, shown, strict=True)
            ]
            self.ratios = dict(parted.ratios) if parted else {}
            self.effect = flow.without_words(plain, now)
            self.network = {
                "maps": [flow_drawn.map_as_pictures(one) for one in level.maps],
                "code": flow_drawn.drawn_code(now),
                "similarity": flow.pair_cosine(now) if parted else 1.0,
                "parted": parted.block if parted and not parted.already else "",
                "sentence": level.sentence,
            }
            self._open()

    def _open(self) -> None:
        here = flow.place_named(self.model, self.at)
        self._level: flow.BlockLevel | None = None
        with using(ONE):
            stage = (
                flow.stage_level(self.model, self._now, self._colouring, here.stage, self._parted)
                if here.stage
                else None
            )
            if here.block in self._streams:
                self._level = flow.block_level(self.model, self._now, self._colouring, here.block)
        blocks = [one.name for one in stage.maps if one.name in self._streams] if stage else []
        self.stage = {**flow_drawn.drawn_stage(stage, blocks), "name": here.stage} if stage else {}
        self.block = flow_drawn.drawn_block(self._level) if self._level else {}
        self.trail = [list(step) for step in here.trail]
        self._point()

    def _point(self) -> None:
        if self._asked == (self.at, *self.cell):
            return  # place and cell have changed in one message
        self._asked = (self.at, *self.cell)
        here = flow.place_named(self.model, self.at)
        if not self.cell or self.cell[0] != here.map:
            self.seen, self.said = {}, self._sentence(here)
            return
        _, photo, row, column = self.cell
        with using(ONE):
            level = flow.cell_level(self.model, self._batch, self._now, here.map, (row, column), photo)
        self.seen, self.said = flow_drawn.drawn_cell(level, here.map, photo), level.sentence

    def _sentence(self, here: flow.Place) -> str:
        if here.level == "network":
            return self.network["sentence"]
        if here.level == "stage" or self._level is None:
            return self.stage["sentence"]
        if not here.part:
            return self._level.sentence
        if here.part.startswith("stream "):
            return flow_drawn.stream_words(self._level.streams[int(here.part[7:]) - 1], here.block)
        return flow_drawn.part_words(next(one for one in self._level.parts if one.name == here.map), self._level.join)

    # --- photos ------------------------------------------------------------------------------------------------------

    def point(self, photos: Sequence[str | picture.PictureSource], silenced: Sequence = ()) -> None:
        """Show other photos, and silence these streams.  photos, silenced: as for the class.

        Raises: Refused for a photo that cannot be read and a stream that is not there; all stays.
        """
        before = self._own, list(self.silenced)
        self._own = [None if isinstance(one, str) else self._taken(one) for one in _listed(photos)]
        try:
            away = streams_named(self._streams, list(silenced))
            with self.hold_sync():
                self._ready = False
                self.silenced = away
                self._ready = True
                self._pass([one if isinstance(one, str) else "" for one in photos])
        except BaseException:
            self._ready = False
            self._own, self.silenced = before
            self._ready = True
            raise

    def bring(self, photo: picture.PictureSource, place: int = 0) -> None:
        """Show a photo of one's own.  place: 0 or 1, the photo that it takes the place of.

        photo: a file's name, its bytes, or (H, W, 3) uint8.  Raises: Refused if it is not a picture; all stays.
        """
        if not 0 <= place <= 1:
            raise Refused(f"a photo takes the place of photo 0 or 1, got {place!r}")
        own, place = self._taken(photo), min(place, len(self.shown))
        before, shown = list(self._own), [*self.shown]
        self._own[place : place + 1], shown[place : place + 1] = [own], [""]
        try:
            self._pass(shown)
        except BaseException:
            self._own = before
            raise

    def _brought(self, message: object, files: list[bytes]) -> None:
        if not isinstance(message, dict) or type(message.get("photo")) is not int or len(files) != 1:
            raise Refused("expected one photo, and which of the two it replaces")
        self.bring(files[0], message["photo"])

    def _taken(self, photo: picture.PictureSource) -> np.ndarray:
        return explore.framed(explore.read_own(photo), self._size)

    def _images(self, shown: Sequence[str]) -> np.ndarray:
        """The photos by their names, "" for one's own: (B, H, W, 3) uint8."""
        if not 1 <= len(shown) <= 2:
            raise Refused(f"one photo or two can be shown, got {len(shown)}")
        images = []
        for k, name in enumerate(shown):
            own = self._own[k] if k < len(self._own) else None
            if name:
                images.append(self._read(name))
            elif own is None:
                raise Refused(f"photo {k + 1} has no name, and no photo of one's own is in its place")
            else:
                images.append(own)
        return np.stack(images)

    def _read(self, name: str) -> np.ndarray:
        if name not in self._photos:
            raise Refused(
                f"there is no photo {name!r} in this folder; expected a name such as {next(iter(self._photos))}"
            )
        found = decode([self._photos[name]], self._size)
        if found.skipped:
            raise Refused(f"{name} cannot be read: {found.skipped[0].reason}")
        return found.images[0]

    def _described(self, name: str) -> str:
        if not name:
            return "your photo"
        return flow_pairs.described_photo(self._album, self._photos[name])

    def _suggestion(self, pair: flow_pairs.Suggested) -> dict:
        names = [self._album.name(one) for one in pair.photos]
        small = decode(list(pair.photos), (64, 32)).images
        return {"words": pair.words, "names": names, "src": [uri(image, "JPEG") for image in small]}


def _album(folder: Path | str | Market | explore.Album | None) -> explore.Album:
    if isinstance(folder, explore.Album):
        return folder
    return explore.shipped()[0] if folder is None else explore.Album(explore.open_folder(folder))


def _checkpoint(model: OSNet | weights.Checkpoint | Path | str) -> weights.Checkpoint:
    if isinstance(model, weights.Checkpoint):
        return model
    if isinstance(model, Path | str):
        return weights.open(Path(model).expanduser())
    if isinstance(model, OSNet):
        return weights.Checkpoint(model, weights.shipped().size)
    raise Refused(f"the network is an OSNet, a checkpoint or a weights file, got {type(model).__name__}")


def _listed(photos: object) -> list:
    """One photo or two as a list."""
    many = list(photos) if isinstance(photos, list | tuple) else [photos]
    if not 1 <= len(many) <= 2:
        raise Refused(f"one photo or two can be shown, got {len(many)}")
    return many
