"""Parts of the site in the cache: what took long is made once for a state of the kit, and copied after that."""

import gzip
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from .. import assets
from ..machine import whole
from ..refused import Refused

KEPT_LESSONS, KEPT_PAIRS, KEPT_GRAPHS, _DATA = "book", "book_pairs", "book_graphs", "book_data"  # folders in the cache
PACKED = ".gzip"  # not .gz, which some servers unpack on the way
UNUSED = 7 * 24 * 3600  # seconds after which a part that no build has used is removed
_PACKAGE = Path(__file__).resolve().parent.parent
_Progress = Callable[[int, int], None]


def packed(content: bytes) -> bytes:
    """A large file of the site as its pages unpack it (site_file.js); the same bytes on every machine."""
    return gzip.compress(content, 9, mtime=0)


def state(files: Iterable[Path], more: Iterable[str] = ()) -> str:
    """A hash of files and texts, in their order.  Line ends of Windows count as others."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        if path.suffix in (".py", ".toml", ".ipynb"):
            content = content.replace(b"\r\n", b"\n")
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    for text in more:
        digest.update(f"{len(text)}\0{text}".encode())
    return digest.hexdigest()


def written_once(
    what: str, write: Callable[..., None], kit: Path, progress: _Progress, limits: Mapping[str, object]
) -> None:
    """Let `write` write below `kit`, or copy what it wrote for this state of the kit and these limits."""
    key = hashlib.sha256(f"{_everything()} {what} {sorted(limits.items())!r}".encode()).hexdigest()[:16]
    folder = folder_of(_DATA) / key
    made_once(folder, lambda growing: write(growing, progress, **limits))
    shutil.copytree(folder, kit, dirs_exist_ok=True)


def folder_of(kind: str) -> Path:
    """Where parts of a kind are kept."""
    return assets.cache() / kind


def there(folder: Path) -> bool:
    """Whether a part is kept. It counts as used from now on."""
    if folder.is_dir():
        os.utime(folder)
    return folder.is_dir()


def made_once(folder: Path, make: Callable[[Path], None]) -> None:
    """Let `make` fill a hidden folder that becomes `folder`, unless it is there or another build is faster."""
    if there(folder):
        return
    try:
        with whole.folder(folder) as growing:
            make(growing)
    except (OSError, Refused):
        if not folder.is_dir():
            raise


def remove_unused() -> None:
    """Remove the parts of older states. A part that a build of this week has used stays."""
    for kind in (KEPT_LESSONS, KEPT_PAIRS, KEPT_GRAPHS, _DATA):
        for folder in folder_of(kind).glob("[!.]*"):
            if time.time() - folder.stat().st_mtime > UNUSED:
                whole.remove(folder)


@cache
def _everything() -> str:
    """Of all that decides what the page's data are: the package, the weights and the people."""
    files = [
        path
        for path in sorted(_PACKAGE.rglob("*.py"))
        if path.relative_to(_PACKAGE).parts[0] not in ("commands", "lab")
    ]
    return state([*files, *(assets.path(name) for name in (assets.WEIGHTS, assets.SUBSET))])
