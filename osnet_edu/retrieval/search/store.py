"""Features in one file on disk. They are read from the file when needed: a million photos take no memory.

    64 bytes     mark, kind of number, rows N, width D, bytes of names, check sums of all that follows and of all these
    N x D        numbers, row by row, float32 or float16, little-endian
    N x 8        where each name ends, from the first name on, uint64, little-endian
    the rest     the names, one after another, UTF-8

A name is only text: it is returned unchanged, and is never opened or run. Every byte is checked when a
process first opens a store, and when `Store.verify` is called. Stores of older kits have no check sum of the part
after the head; there it is 0.
"""

import operator
import os
import struct
import time
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...machine import whole
from ...refused import Refused
from .found import Features, brief_value, checked_features
from .ondisk import File, OnDisk

_MARK = b"osnet_edu features 1\n"
_DTYPES: dict[str, np.dtype] = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2")}
_HEAD = struct.Struct("<24s8sQQQII")  # mark, kind of number, N, D, bytes of names, check sums: of the rest, of these
_PART = 1 << 15  # bytes that are checked at a time
SETTLED = 2_000_000_000  # nanoseconds after which a change of a file shows in its time
_verified: set[tuple] = set()  # stores that this process has read from end to end, as `_state` names them
_TEXT = {"encoding": "utf-8", "errors": "surrogatepass"}  # every Python string can be written and read back unchanged


class Names(Sequence[str]):
    """The name of each row; only the requested name is read."""

    def __init__(self, path: Path, ends: OnDisk, text: OnDisk):
        self._path, self._ends, self._text = path, ends, text

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, i: int) -> str:  # type: ignore[override]  # a slice of names is refused
        """Raises: IndexError outside the rows, Refused if the file's names are damaged."""
        if isinstance(i, bool) or not hasattr(i, "__index__"):
            raise Refused(f"a name is asked for by the number of its row, got {brief_value(i)}")
        i = range(len(self))[operator.index(i)]
        start, end = int(self._ends[i - 1 : i][0]) if i else 0, int(self._ends[i : i + 1][0])
        try:
            if not start <= end <= len(self._text):
                raise ValueError("it ends before it starts, or after the file")
            return self._text[start:end].tobytes().decode(**_TEXT)
        except ValueError as error:  # a UnicodeDecodeError is a ValueError too
            raise Refused(f"the name of row {i} in {self._path} is damaged ({error}); write the store again") from error


@dataclass(frozen=True)
class Store:
    """A store that is open.  features: (N, D), read from the file by rows; np.asarray reads all.  names: N of them."""

    path: Path
    features: OnDisk
    names: Names

    @classmethod
    def open(cls, path: Path | str) -> "Store":
        """Open a store. A process reads and checks all of it the first time; later only its head and its size.

        Raises: Refused if there is no such file, and for one that is cut, damaged or not a store.
        """
        store = cls._opened(_path(path))
        if _state(store.path) not in _verified:
            store.verify()
        return store

    @classmethod
    def _opened(cls, path: Path) -> "Store":
        if not os.path.isfile(path):  # False also for a name that no file can have
            raise Refused(f"there is no file {path}; expected a store of features")
        file, size = File(path), path.stat().st_size
        head = bytearray(min(_HEAD.size, size))
        file.read(memoryview(head), 0)
        if not head.startswith(_MARK):
            raise Refused(f"{path} is not a store of features; expected a file that Store.write made")
        if len(head) < _HEAD.size or zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "little"):
            raise Refused(f"the head of {path} is damaged; write the store again")
        _, kind, count, width, text, _, _ = _HEAD.unpack(head)
        dtype = _DTYPES.get(kind.rstrip(b"\0").decode(errors="replace"))
        if dtype is None:
            raise Refused(f"{path} holds numbers of kind {kind!r}; expected {' or '.join(_DTYPES)}")
        ends_at = _HEAD.size + count * width * dtype.itemsize
        expected = ends_at + 8 * count + text
        if size != expected:
            raise Refused(f"{path} is not complete: expected {expected:,} bytes, got {size:,}; write the store again")
        names = Names(path, OnDisk(file, "<u8", ends_at, (count,)), OnDisk(file, "u1", ends_at + 8 * count, (text,)))
        return cls(path, OnDisk(file, dtype, _HEAD.size, (count, width)), names)

    def verify(self) -> None:
        """Read every byte, and compare them with the check sum.  Raises: Refused if the file has changed."""
        state, check, left = _state(self.path), 0, memoryview(bytearray(_PART))
        with open(self.path, "rb") as file:
            expected = _HEAD.unpack(file.read(_HEAD.size))[5]
            while expected and (count := file.readinto(left)):
                check = zlib.crc32(left[:count], check)
        if check != expected:
            raise Refused(f"the features or names in {self.path} are damaged; write the store again")
        if time.time_ns() - state[-1] > SETTLED:
            _verified.add(state)

    @classmethod
    def write(
        cls, path: Path | str, parts: Iterable[tuple[np.ndarray, Sequence[str]]], *, dtype: str = "float32"
    ) -> "Store":
        """Write a store part by part, all of it or nothing, and open it.

        parts: features (n, D) and their n names, each part with any number of rows; a generator is fine.
        dtype: "float32" or "float16", which takes half the space and keeps three digits.
        Raises: Refused if the path exists already, if parts do not fit, and for numbers that dtype cannot hold.
        """
        if not isinstance(dtype, str) or dtype not in _DTYPES:
            raise Refused(f"dtype must be one of {', '.join(_DTYPES)}, got {brief_value(dtype)}")
        path = _path(path)
        ends, text = array("Q"), bytearray()
        width, check = None, 0
        with whole.file(path) as growing, open(growing, "wb") as file:
            file.write(bytes(_HEAD.size))  # the head is only known at the end
            for features, names in _each(parts):
                features = _fitting(features, names, width)
                width = features.shape[1]
                numbers = _numbers(features, dtype, row=len(ends)).reshape(-1).view(np.uint8).data
                check = zlib.crc32(numbers, check)
                file.write(numbers)
                for name in names:
                    text += name.encode(**_TEXT)
                    ends.append(len(text))
            if not ends:
                raise Refused(f"there are no features to write to {path}; expected at least one row")
            for rest in (np.array(ends, "<u8").tobytes(), text):
                check = zlib.crc32(rest, check)
                file.write(rest)
            head = _HEAD.pack(_MARK, dtype.encode(), len(ends), width, len(text), check, 0)[:-4]
            file.seek(0)
            file.write(head + zlib.crc32(head).to_bytes(4, "little"))
        return cls._opened(path)


def _path(path: Path | str) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise Refused(f"expected the path of a store, got {brief_value(path)}")
    return whole.given(path)


def _state(path: Path) -> tuple:
    """Identifies a file and its present state."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _each(parts: object) -> Iterator[tuple[object, list]]:
    """Each part as features and a list of names.  Raises: Refused if it is not such a pair."""
    wanted = "expected parts, each a pair of features (n, D) and a list of their n names"
    if isinstance(parts, str | bytes | np.ndarray) or not isinstance(parts, Iterable):
        raise Refused(f"{wanted}; got {brief_value(parts)}")
    for part in parts:
        if not isinstance(part, tuple | list) or len(part) != 2:
            raise Refused(f"{wanted}; one part is {brief_value(part)}")
        features, names = part
        if isinstance(names, str | bytes) or not isinstance(names, Iterable):
            raise Refused(f"{wanted}; the names of one are {brief_value(names)}")
        yield features, list(names)


def _fitting(features: object, names: list, width: int | None) -> Features:
    """The features of a part.  Raises: Refused if it does not fit a store of this width (None: of any)."""
    if not isinstance(features, np.ndarray) or features.ndim != 2 or len(features):  # a part may have no rows
        features = checked_features(features, "part")
    if len(names) != len(features) or not all(isinstance(name, str) for name in names):
        raise Refused(f"expected a name, as text, for each of {len(features)} rows, got {len(names)}")
    if width is not None and features.shape[1] != width:
        raise Refused(f"expected {width} numbers in each row, as in the first part, got {features.shape[1]}")
    return features


def _numbers(features: Features, dtype: str, row: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        stored = np.ascontiguousarray(features, _DTYPES[dtype])
    bad = np.flatnonzero(~np.isfinite(stored).all(1))
    if len(bad):
        raise Refused(f"row {row + bad[0]} has a number that is NaN, infinite or too large for {dtype}")
    return stored
