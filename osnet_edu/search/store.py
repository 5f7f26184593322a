"""Features on disk, one file, read where they lie: a million photos open at once and take no memory.

    64 bytes     mark, kind of number, rows N, width D, bytes of names; the rest zeros, then a check sum of all these
    N x D        numbers, row by row, float32 or float16, little-endian
    N x 8        where each name ends, from the first name on, uint64, little-endian
    the rest     the names, one after another, UTF-8

A name is text and nothing else: it is given back as it came, and is never opened or run.
"""

import operator
import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import whole
from ..refused import Refused
from .found import checked

MARK = b"osnet_edu features 1\n"
DTYPES = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2")}
_HEAD = struct.Struct("<24s8sQQQ4xI")  # mark, kind of number, N, D, bytes of names, check sum
_TEXT = {"encoding": "utf-8", "errors": "surrogatepass"}  # any name that Python can hold comes back the same


class Names(Sequence[str]):
    """The name of each row; only the one that is asked for is read."""

    def __init__(self, path: Path, ends: np.ndarray, text: np.ndarray):
        self._path, self._ends, self._text = path, ends, text

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, i: int) -> str:
        """Raises: IndexError outside the rows, Refused where the file's names are damaged."""
        i = range(len(self))[operator.index(i)]
        start, end = int(self._ends[i - 1]) if i else 0, int(self._ends[i])
        try:
            if not start <= end <= len(self._text):
                raise ValueError("it ends before it starts, or after the file")
            return self._text[start:end].tobytes().decode(**_TEXT)
        except ValueError as error:  # a UnicodeDecodeError is one, too
            raise Refused(f"the name of row {i} in {self._path} is damaged ({error}); write the store anew") from error


@dataclass(frozen=True)
class Store:
    """A store that is open.  features: (N, D), a read-only memory map.  names: N of them."""

    path: Path
    features: np.ndarray
    names: Names

    @classmethod
    def open(cls, path: Path | str) -> "Store":
        """Open a store.  Its head and its size are checked; the features are not read.

        Raises: Refused where there is no such file, and for one that is cut, damaged or no store.
        """
        path = whole.given(path)
        if not path.is_file():
            raise Refused(f"there is no file {path}; expected a store of features")
        size = path.stat().st_size
        with open(path, "rb") as file:
            head = file.read(_HEAD.size)
        if not head.startswith(MARK):
            raise Refused(f"{path} is no store of features; expected a file that Store.write made")
        if len(head) < _HEAD.size or zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "little"):
            raise Refused(f"the head of {path} is damaged; write the store anew")
        _, kind, count, width, text, _ = _HEAD.unpack(head)
        dtype = DTYPES.get(kind.rstrip(b"\0").decode(errors="replace"))
        if dtype is None:
            raise Refused(f"{path} holds numbers of kind {kind!r}; expected {' or '.join(DTYPES)}")
        ends_at = _HEAD.size + count * width * dtype.itemsize
        expected = ends_at + 8 * count + text
        if size != expected:
            raise Refused(f"{path} is not whole: expected {expected:,} bytes, got {size:,}; write the store anew")

        def mapped(kind: np.dtype | str, at: int, shape: tuple[int, ...]) -> np.ndarray:
            # An empty part cannot be mapped.
            return np.memmap(path, kind, "r", at, shape) if all(shape) else np.empty(shape, kind)

        names = Names(path, mapped("<u8", ends_at, (count,)), mapped("u1", ends_at + 8 * count, (text,)))
        return cls(path, mapped(dtype, _HEAD.size, (count, width)), names)

    @classmethod
    def write(
        cls, path: Path | str, parts: Iterable[tuple[np.ndarray, Sequence[str]]], *, dtype: str = "float32"
    ) -> "Store":
        """Write a store part by part, all of it or nothing, and open it.

        parts: features (n, D) and their n names, each part of any number of rows; they may be made as they are taken.
        dtype: "float32" or "float16", which takes half the space and keeps three digits.
        Raises: Refused for a path that is taken, parts that do not fit one another, and numbers that dtype cannot hold.
        """
        if dtype not in DTYPES:
            raise Refused(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
        ends, text = array("Q"), bytearray()
        width = None
        with whole.file(path) as growing, open(growing, "wb") as file:
            file.write(bytes(_HEAD.size))  # the head is known at the end
            for features, names in parts:
                features, names = np.asarray(features), list(names)
                width = _check_part(features, names, width)
                file.write(_numbers(features, dtype, row=len(ends)))
                for name in names:
                    text += name.encode(**_TEXT)
                    ends.append(len(text))
            if not ends:
                raise Refused(f"there are no features to write to {path}; expected at least one row")
            file.write(np.array(ends, "<u8"))
            file.write(text)
            head = _HEAD.pack(MARK, dtype.encode(), len(ends), width, len(text), 0)[:-4]
            file.seek(0)
            file.write(head + zlib.crc32(head).to_bytes(4, "little"))
        return cls.open(path)


def _check_part(features: np.ndarray, names: list[str], width: int | None) -> int:
    """The width of a part.  Raises: Refused where it is no part of a store of this width (None: of any)."""
    if features.ndim != 2 or len(features):  # a part without rows is one, too
        checked(features, "part")
    if len(names) != len(features) or not all(isinstance(name, str) for name in names):
        raise Refused(f"expected a name, as text, for each of {len(features)} rows, got {len(names)}")
    if width is not None and features.shape[1] != width:
        raise Refused(f"expected {width} numbers in each row, as in the first part, got {features.shape[1]}")
    return features.shape[1]


def _numbers(features: np.ndarray, dtype: str, row: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        stored = np.ascontiguousarray(features, DTYPES[dtype])
    bad = np.flatnonzero(~np.isfinite(stored).all(1))
    if len(bad):
        raise Refused(f"row {row + bad[0]} has a number that is NaN, infinite or too large for {dtype}")
    return stored
