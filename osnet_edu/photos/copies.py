"""Files that are copies of one another: the same bytes under two names."""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

_MOST = 200_000_000  # bytes of a file that is read


def copies(some: Iterable[Path], others: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Each file of `some`, paired with each file of `others` that has the same bytes; only regular files are compared.

    A file is read only if the other side has a file of the same size.
    """
    by_size = [_by_size(some), _by_size(others)]
    found = []
    for size in by_size[0].keys() & by_size[1].keys():
        theirs: dict[bytes, list[Path]] = {}
        for path in by_size[1][size]:
            theirs.setdefault(_digest(path), []).append(path)
        found += [
            (path, other) for path in by_size[0][size] for other in theirs.get(_digest(path), ()) if path != other
        ]
    return sorted(found)


def _by_size(paths: Iterable[Path]) -> dict[int, list[Path]]:
    found: dict[int, list[Path]] = {}
    for path in paths:
        try:
            about = os.stat(path)
        except OSError:  # a link to nothing: there are no bytes to compare
            continue
        if stat.S_ISREG(about.st_mode) and 0 < about.st_size <= _MOST and os.access(path, os.R_OK):
            found.setdefault(about.st_size, []).append(path)
    return found


def _digest(path: Path) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
