"""Networks by name, each with a folder's queries and gallery ranked by it: read and embedded when first asked for.

What was embedded is kept by a digest of the network, never by its name: a file that was trained again, or another file
of the same name, is another network.
"""

import copy
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from torch import nn

from .. import assets
from ..embed import normalise
from ..explain import untrained, without
from ..network import export, weights
from ..photos.market import Market, decode
from ..refused import Refused
from .album import Album, Hardness, hardness, open_folder, path_named
from .embedded import shipped_features

SHIPPED, UNTRAINED = "shipped", "untrained"

_Progress = Callable[[int, int], None]
Source: TypeAlias = weights.Checkpoint | nn.Module | Path | str


class Shelf:
    """Networks on one folder.

    found: the folder.  more: other networks by name, beside the shipped one and one of its kind that was never trained.
    Each is a network, which is kept as it is now and looks at photos of the shipped network's size; a checkpoint; or
    the file of one, which is read when it is first asked for.
    files: of the networks that came from a file, by name.
    """

    def __init__(self, found: Market, more: Mapping[str, Source] | None = None):
        self._market = found
        self._sources: dict[str, weights.Checkpoint | Path] = {}
        self.files: dict[str, str] = {}
        self._rankings: dict[str, without.Rankings] = {}  # by digest, as is their hardness
        self._hardness: dict[str, Hardness] = {}
        self._digests: dict[str, str] = {}  # by name
        for name, source in _named(more).items():
            if isinstance(source, Path | str):
                self.files[name], self._sources[name] = str(source), Path(source).expanduser()
            elif isinstance(source, weights.Checkpoint):
                self._sources[name] = source
            else:
                own = copy.deepcopy(source).eval()
                self._sources[name] = weights.Checkpoint(own, weights.shipped().size)

    @property
    def names(self) -> list[str]:
        """The networks on the shelf: the shipped one, the untrained one, then those that were added."""
        return [SHIPPED, UNTRAINED, *self._sources]

    def with_more(self, more: Mapping[str, Source] | None) -> "Shelf":
        """Another shelf on the same folder: what is embedded here need not be embedded there."""
        made = Shelf(self._market, more)
        made._rankings, made._hardness = dict(self._rankings), dict(self._hardness)
        made._digests = {name: one for name, one in self._digests.items() if name in (SHIPPED, UNTRAINED)}
        return made

    def add(self, file: Path | str) -> str:
        """Put a weights file on the shelf, if it can be loaded.  Returns: its name.  Raises: Refused for any other.

        The same file again takes the place of what it held before. Another file gets another name.
        """
        if not isinstance(file, Path | str):
            raise Refused(f"expected the name of a weights file, got {type(file).__name__}")
        if not str(file).strip():
            raise Refused("the name of a weights file is empty; expected one such as RUN/weights.safetensors")
        path = _path(str(file).strip())
        loaded = weights.open(path)
        name = self._name_for(path)
        self._sources[name], self.files[name] = loaded, str(path)
        self._digests.pop(name, None)
        return name

    def checkpoint(self, name: str) -> weights.Checkpoint:
        """A network by its name.  Raises: Refused for a name that is not there, and a file that cannot be loaded."""
        if name == SHIPPED:
            return weights.shipped()
        if name == UNTRAINED:
            shipped = weights.shipped()
            some = decode(self._market.gallery[: untrained.NORM_PHOTOS], shipped.size).images
            return weights.Checkpoint(untrained.like(shipped.model, 0, normalise(some)), shipped.size)
        if not isinstance(name, str) or name not in self._sources:
            raise Refused(f"there is no network {name!r} here; expected one of {', '.join(self.names)}")
        source = self._sources[name]
        if isinstance(source, Path):
            source = self._sources[name] = weights.open(source)
        return source

    def rankings(self, name: str, progress: _Progress | None = None) -> without.Rankings:
        """The folder ranked by a network; embedded once.  progress: (done, total) photos."""
        if not isinstance(name, str) or name not in self._digests:
            self.take(name, self.checkpoint(name), progress)
        return self._rankings[self._digests[name]]

    def take(self, name: str, network: weights.Checkpoint, progress: _Progress | None = None, *, embedded=None) -> None:
        """Rank by a network from now on.  embedded: as for `without.Rankings`."""
        key = f"{export.digest(network.model)} {network.size}"
        if key not in self._rankings:
            self._rankings[key] = without.Rankings(network, self._market, progress, embedded)
        self._digests[name] = key

    def hardness(self, name: str) -> Hardness:
        """How hard each query is for a network; computed once.  Raises: as `checkpoint`."""
        rankings = self.rankings(name)
        key = self._digests[name]
        if key not in self._hardness:
            self._hardness[key] = hardness(rankings)
        return self._hardness[key]

    def _name_for(self, path: Path) -> str:
        """A short name for a file: the one it has here, or one that no other file has."""
        for name, file in self.files.items():
            if Path(file).expanduser().resolve() == path.resolve():
                return name
        parts = [*path.resolve().parent.parts, path.stem]
        shortest = 2 if path.stem == "weights" else 1
        names = ("/".join(parts[-count:]) for count in range(shortest, len(parts) + 1))
        return next(name for name in names if name not in self.names)


@cache
def shipped() -> tuple[Album, Shelf]:
    """The shipped people, and the shipped network's rankings of them: made once, for all who ask."""
    found = open_folder(assets.subset())
    shelf = Shelf(found)
    shelf.take(SHIPPED, weights.shipped(), embedded=shipped_features(found))
    shelf.hardness(SHIPPED)
    return Album(found), shelf


def _named(more: Mapping[str, Source] | None) -> dict[str, Source]:
    """Networks of one's own, looked at before anything is loaded.  Raises: Refused."""
    if more is None:
        return {}
    if not isinstance(more, Mapping):
        raise Refused(
            'networks of one\'s own come with their names, such as models={"mine": "RUN/weights.safetensors"}, '
            f"got {type(more).__name__}"
        )
    for name, source in more.items():
        if name in (SHIPPED, UNTRAINED) or not isinstance(name, str) or not name.strip():
            raise Refused(f"a network of one's own cannot be called {name!r}")
        if not isinstance(source, weights.Checkpoint | nn.Module | Path | str):
            raise Refused(
                f"the network {name!r} is a weights file, a checkpoint or a network, got {type(source).__name__}"
            )
        model = source.model if isinstance(source, weights.Checkpoint) else source
        if isinstance(model, nn.Module) and not callable(getattr(model, "blocks", None)):
            raise Refused(f"the network {name!r} is a {type(model).__name__}; expected an OSNet, or a sibling of it")
    return dict(more)


def _path(name: str) -> Path:
    """The file of a name.  Raises: Refused where there is none."""
    path = path_named(name, "a weights file")
    if not path.is_file():
        raise Refused(f"there is no weights file {path}; expected one such as RUN/weights.safetensors")
    return path
