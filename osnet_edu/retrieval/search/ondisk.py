"""Numbers in a part of a file, read when they are needed, as an array that takes no memory.

They are read and not mapped into memory: if a mapped file is cut, the next access kills the whole process. Here it
raises Refused with a sentence.
"""

import math
import os
import threading
from pathlib import Path

import numpy as np

from ...refused import Refused


class File:
    """An open file that any thread can read at any place. It is closed when nothing refers to it."""

    def __init__(self, path: Path):
        self.path = path
        self._file, self._lock = open(path, "rb", buffering=0), threading.Lock()

    def __reduce__(self):  # another process opens the file itself
        return File, (self.path,)

    def __del__(self):
        if hasattr(self, "_file"):
            self._file.close()

    def read(self, into: memoryview, at: int) -> None:
        """Fill a buffer.  Raises: Refused if the file has become shorter."""
        done = 0
        while done < len(into):
            if hasattr(os, "preadv"):
                count = os.preadv(self._file.fileno(), [into[done:]], at + done)
            else:
                with self._lock:
                    self._file.seek(at + done)
                    count = self._file.readinto(into[done:])
            if not count:
                raise Refused(f"{self.path} was cut while it was open; write the store again")
            done += count


class OnDisk:
    """An array of one or two axes in a file; a slice, a number or an array of whole numbers selects rows."""

    def __init__(self, file: File, dtype: np.dtype | str, at: int, shape: tuple[int, ...]):
        self._file, self.dtype, self._at, self.shape = file, np.dtype(dtype), at, shape
        self._row = self.dtype.itemsize * math.prod(shape[1:])  # bytes

    @property
    def ndim(self) -> int:
        """How many axes it has, 1 or 2."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that its rows take in the file."""
        return self._row * self.shape[0]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """Raises: IndexError outside the rows, Refused if the file was cut in the meantime."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step == 1:
                return self._read(start, max(stop - start, 0))
            rows = np.arange(start, stop, step)
        some = np.asarray(rows)
        if some.dtype.kind not in "iu":
            raise TypeError(f"rows must be whole numbers or a slice, got {type(rows).__name__}")
        found = np.empty((some.size, *self.shape[1:]), self.dtype)
        for place, row in enumerate(some.ravel().tolist()):
            found[place] = self._read(range(len(self))[row], 1)[0]
        return found.reshape(*some.shape, *self.shape[1:])

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self._read(0, len(self)).astype(dtype or self.dtype, copy=False)

    def _read(self, start: int, count: int) -> np.ndarray:
        found = np.empty((count, *self.shape[1:]), self.dtype)
        self._file.read(found.reshape(-1).view(np.uint8).data, self._at + start * self._row)
        return found
