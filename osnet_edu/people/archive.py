"""One file for a folder: a zip whose bytes depend on nothing but the files in it."""

import zipfile
from pathlib import Path

from .. import assets
from ..machine import whole
from ..refused import Refused

DATE = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path | str, archive: Path | str) -> int:
    """Store a folder in one zip: sorted names, fixed dates, and only the text compressed. Returns: bytes written.

    Raises: Refused if the folder holds no file, or if the archive is there already.
    """
    folder, archive = Path(folder), Path(archive)
    files = sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.relative_to(folder).as_posix()
    )
    if not files:
        raise Refused(f"{folder} holds no file to pack")
    with whole.file(archive) as growing, zipfile.ZipFile(growing, "w") as store:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), DATE)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            # Photos and masks are compressed already; people.json shrinks to a quarter.
            entry.compress_type = zipfile.ZIP_DEFLATED if path.suffix == ".json" else zipfile.ZIP_STORED
            store.writestr(entry, path.read_bytes(), compresslevel=9)
    return archive.stat().st_size


def unpack(archive: Path | str, folder: Path | str) -> None:
    """Unpack such a zip into a folder that is not there yet.

    Raises: Refused if something is there, if a name would leave the folder, or if the archive is damaged.
    """
    with whole.folder(folder) as growing:
        assets.extract(Path(archive), growing, hint="expected an archive that `render --archive` wrote")
