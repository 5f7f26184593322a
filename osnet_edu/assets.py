"""What ships with the kit, and where it is: in a checkout beside the package, in a wheel inside it.

The rendered people ship as one archive. It is unpacked once into a cache folder and read from there afterwards. The
environment variable OSNET_EDU_CACHE can name the folder.
"""

import base64
import errno
import hashlib
import lzma
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .machine import whole
from .refused import Refused

SUBSET = "people.zip"
WEIGHTS = "osnet_x0_25.safetensors"

_PACKAGE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """A shipped file.  Raises: FileNotFoundError, with a sentence, if this copy of the kit lacks it."""
    for folder in (_PACKAGE.parent / "assets", _PACKAGE / "assets"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"this copy of osnet_edu lacks assets/{name}; take a complete checkout or wheel")


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """A file's content as a data: address, so that a page shows it without a download.  kind: its MIME type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def cache() -> Path:
    """The folder for files that can be made again. Raises: Refused if this user has no place for one."""
    named = os.environ.get("OSNET_EDU_CACHE")
    if named:
        try:
            return Path(named).expanduser()
        except RuntimeError as error:
            raise Refused(
                f"OSNET_EDU_CACHE is {named!r}, and no such user has a home folder; expected the path of a folder"
            ) from error
    try:
        return Path.home() / ".cache" / "osnet_edu"
    except RuntimeError as error:  # raised by Python for a user without a home folder
        raise Refused("this user has no home folder; set OSNET_EDU_CACHE to a folder for the kit's photos") from error


def subset() -> Path:
    """The shipped rendered people as a Market-1501 folder with masks, unpacked on first use.

    A file that was deleted or cut in the cache is unpacked again.
    Raises: Refused if the archive or the cache is damaged or changed.
    """
    archive = path(SUBSET)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = cache() / f"people-{digest}"
    if folder.is_dir():
        mend(archive, folder)
        return folder
    try:
        with whole.folder(folder) as growing:
            extract(archive, growing, hint=BACK)
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(
            f"{error.filename or folder} is a file where the kit's cache needs a folder; move it away, "
            "or set OSNET_EDU_CACHE to another folder"
        ) from error
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster
            raise
    return folder


def kept_for(names: Iterable[str], folder: str, ending: str) -> str:
    """The file, below assets/, of what was computed from the shipped weights and some of the shipped photos.

    names: of the photos.  The file's name is a digest of all that it depends on: the weights, the photos and their
    order. With other weights or other photos no file has the name.
    """
    digest = hashlib.sha256()
    for shipped in (WEIGHTS, SUBSET):
        digest.update(path(shipped).read_bytes())
    digest.update("\n".join(names).encode())
    return f"{folder}/{digest.hexdigest()[:16]}{ending}"


MOST_UNPACKED = 4_000_000_000  # bytes
BACK = f"to get it back: git checkout -- assets/{SUBSET}, or take a complete copy of the kit"


@contextmanager
def opened(archive: Path, hint: str) -> Iterator[zipfile.ZipFile]:
    """A zip, opened.  hint: how to get a complete one. Raises: Refused, with a sentence, if it is damaged."""
    try:
        with zipfile.ZipFile(archive) as file:
            for name in file.namelist():
                if name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name:
                    raise Refused(f"{archive} holds {name!r}, which would be written outside its folder; {hint}")
            if sum(entry.file_size for entry in file.infolist()) > MOST_UNPACKED:
                raise Refused(f"{archive} would unpack to more than {MOST_UNPACKED / 1e9:.0f} GB; {hint}")
            yield file
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error) as error:
        raise Refused(f"{archive} is not a complete zip archive ({error}); {hint}") from error
    except RuntimeError as error:  # NotImplementedError is one: for encryption or another compression
        raise Refused(f"{archive} cannot be unpacked ({error}); {hint}") from error
    except OSError as error:
        if error.errno is not None and error.errno not in (
            errno.ENAMETOOLONG,
            errno.ENOTDIR,
            errno.EISDIR,
            errno.EEXIST,
            errno.EINVAL,
        ):
            raise
        why = f"a name that cannot be written ({error.strerror})" if error.errno else f"broken data ({error})"
        raise Refused(f"{archive} holds {why}; {hint}") from error


def extract(archive: Path, folder: Path, *, hint: str) -> None:
    """Unpack a zip into a folder.  hint: how to get a complete archive. Raises: Refused if it is damaged."""
    with opened(archive, hint) as file:
        file.extractall(folder)


def mend(archive: Path, folder: Path) -> None:
    """Unpack again what is missing or cut in a folder that came from this archive.

    Raises: Refused if there are photos in it that are not in the archive: they would be scored too.
    """
    with opened(archive, BACK) as file:
        held = {entry.filename: entry.file_size for entry in file.infolist() if not entry.is_dir()}
        there = {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
        foreign = [name for name in there if name not in held and name.endswith((".jpg", ".jpeg", ".png"))]
        if foreign:
            raise Refused(
                f"{folder} is the kit's cache and holds photos that are not the kit's, such as {foreign[0]}; delete "
                "the folder, and it is unpacked again"
            )
        lost = [name for name, size in held.items() if there.get(name) != size]
        if not lost:
            return
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            file.extractall(temporary, lost)
            for name in lost:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(temporary) / name, folder / name)
