"""What ships with the kit, and where it lies: in a checkout beside the package, in a wheel inside it.

The rendered people ship as one archive. It is unpacked once, into a cache folder that the environment variable
OSNET_EDU_CACHE can name, and is found there from then on.
"""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

from . import whole

SUBSET = "people.zip"
WEIGHTS = "osnet_x0_25.safetensors"

_PACKAGE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """A shipped file.  Raises: FileNotFoundError, in a sentence, where this copy of the kit lacks it."""
    for folder in (_PACKAGE.parent / "assets", _PACKAGE / "assets"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"this copy of osnet_edu lacks assets/{name}; take a complete checkout or wheel")


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """A file's content as an address that carries it, so that a page shows it and asks nobody.  kind: its MIME type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def cache() -> Path:
    """The folder for what can be made again."""
    return Path(os.environ.get("OSNET_EDU_CACHE") or Path.home() / ".cache" / "osnet_edu")


def subset() -> Path:
    """The shipped rendered people as a Market-1501 folder with masks, unpacked on first use."""
    archive = path(SUBSET)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = cache() / f"people-{digest}"
    if folder.is_dir():
        return folder
    try:
        with whole.folder(folder) as growing, zipfile.ZipFile(archive) as file:
            file.extractall(growing)
    except OSError:
        if not folder.is_dir():  # else another process was faster
            raise
    return folder
