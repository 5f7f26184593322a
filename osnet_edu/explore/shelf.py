"""Networks by name, each with a folder's queries and gallery ranked by it: read and embedded when first asked for."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from .. import assets, weights
from ..embed import normalise
from ..explain import untrained, without
from ..market import Market, decode
from ..refused import Refused
from .album import Album, Hardness, hardness, open_folder

SHIPPED, UNTRAINED = "shipped", "untrained"
REFERENCE = 64  # photos by which the untrained network's normalisations are set

Progress = Callable[[int, int], None]


class Shelf:
    """Networks on one folder.

    found: the folder.  more: other networks by name, a checkpoint or the file of one, beside the shipped one and one of
    its kind that was never trained.
    files: of the networks that came from a file, by name.
    """

    def __init__(self, found: Market, more: Mapping[str, weights.Checkpoint | Path | str] | None = None):
        self._market = found
        self._sources: dict[str, weights.Checkpoint | Path | str] = dict(more or {})
        for name in self._sources:
            if name in (SHIPPED, UNTRAINED) or not name:
                raise Refused(f"a network of one's own cannot be called {name!r}")
        self.files = {name: str(one) for name, one in self._sources.items() if isinstance(one, Path | str)}
        self._rankings: dict[str, without.Rankings] = {}
        self._hardness: dict[str, Hardness] = {}

    @property
    def names(self) -> list[str]:
        return [SHIPPED, UNTRAINED, *self._sources]

    def with_more(self, more: Mapping[str, weights.Checkpoint | Path | str] | None) -> "Shelf":
        """Another shelf on the same folder: what is embedded here need not be embedded there."""
        made = Shelf(self._market, more)
        made._rankings, made._hardness = dict(self._rankings), dict(self._hardness)
        return made

    def add(self, file: Path | str) -> str:
        """Put a weights file on the shelf, if it can be loaded.  Returns: its name.  Raises: Refused for any other."""
        if not str(file).strip():
            raise Refused("the name of a weights file is empty; expected one such as RUN/weights.safetensors")
        path = Path(str(file).strip()).expanduser()
        if not path.is_file():
            raise Refused(f"there is no weights file {path}; expected one such as RUN/weights.safetensors")
        loaded = weights.open(path)
        name = path.stem if path.stem not in ("weights", *self.names) else f"{path.parent.name}/{path.stem}"
        self._rankings.pop(name, None)
        self._hardness.pop(name, None)
        self._sources[name] = loaded
        self.files[name] = str(path)
        return name

    def checkpoint(self, name: str) -> weights.Checkpoint:
        """A network by its name.  Raises: Refused for a name that is not there, and a file that cannot be loaded."""
        if name == SHIPPED:
            return weights.shipped()
        if name == UNTRAINED:
            shipped = weights.shipped()
            some = decode(self._market.gallery[:REFERENCE], shipped.size).images
            return weights.Checkpoint(untrained.like(shipped.model, 0, normalise(some)), shipped.size)
        if name not in self._sources:
            raise Refused(f"there is no network {name!r} here; expected one of {', '.join(self.names)}")
        source = self._sources[name]
        return source if isinstance(source, weights.Checkpoint) else weights.open(source)

    def rankings(self, name: str, progress: Progress | None = None) -> without.Rankings:
        """The folder ranked by a network; embedded once.  progress: (done, total) photos."""
        if name not in self._rankings:
            self._rankings[name] = without.Rankings(self.checkpoint(name), self._market, progress)
        return self._rankings[name]

    def hardness(self, name: str) -> Hardness:
        if name not in self._hardness:
            self._hardness[name] = hardness(self.rankings(name))
        return self._hardness[name]


@cache
def shipped() -> tuple[Album, Shelf]:
    """The shipped people, and the shipped network's rankings of them: made once, for all who ask."""
    found = open_folder(assets.subset())
    shelf = Shelf(found)
    shelf.hardness(SHIPPED)
    return Album(found), shelf
