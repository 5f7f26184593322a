"""Odd calls of a search, and stores of features that lie."""

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from osnet_edu.retrieval import search
from osnet_edu.retrieval.search import Store

from .outcome import Case


def _rows(count: int = 6, width: int = 3) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(0)).standard_normal((count, width), np.float32)


def _with(value: object, dtype: object = float) -> np.ndarray:
    rows = _rows().astype(dtype)
    rows[4, 1] = value
    return rows


class _Odd:
    """What says that it is an array, and is none."""

    def __array__(self, *_, **__):
        raise ValueError("no")


ROWS: dict[str, Callable[[], object]] = {
    "None": lambda: None,
    "a number": lambda: 3.5,
    "text": lambda: "features",
    "bytes": lambda: b"features",
    "a list of texts": lambda: [["a", "b", "c"]],
    "a dictionary": lambda: {"a": 1},
    "a set": lambda: {1, 2},
    "a generator": lambda: (row for row in _rows()),
    "rows of unequal length": lambda: [[1.0, 2, 3], [1.0]],
    "one row": lambda: _rows()[0],
    "three axes": lambda: _rows()[None],
    "no rows": lambda: np.zeros((0, 3)),
    "no columns": lambda: np.zeros((3, 0)),
    "objects": lambda: np.full((2, 3), None, dtype=object),
    "complex numbers": lambda: _rows().astype(complex),
    "truth values": lambda: _rows() > 0,
    "dates": lambda: np.zeros((2, 3), "M8[s]"),
    "records": lambda: np.zeros((2, 3), [("a", "f4")]),
    "NaN": lambda: _with(np.nan),
    "infinite": lambda: _with(-np.inf),
    "1e300": lambda: _with(1e300),
    "1e30": lambda: _with(1e30, np.float32),
    "a masked array": lambda: np.ma.masked_greater(_rows(), 0),
    "a sparse tensor": lambda: torch.eye(3).to_sparse(),
    "a tensor without numbers": lambda: torch.ones(2, 3, device="meta"),
    "a complex tensor": lambda: torch.ones(2, 3, dtype=torch.complex64),
    "an array that is none": _Odd,
}
TAKEN: dict[str, Callable[[], object]] = {
    "lists": lambda: _rows().tolist(),
    "tuples": lambda: tuple(map(tuple, _rows().tolist())),
    "a tensor": lambda: torch.as_tensor(_rows()),
    "a tensor with a gradient": lambda: torch.as_tensor(_rows()).requires_grad_(),
    "a tensor of doubles": lambda: torch.as_tensor(_rows()).double(),
    "columns first": lambda: np.asfortranarray(_rows()),
    "every second row": lambda: np.repeat(_rows(), 2, 0)[::2],
    "backwards twice": lambda: _rows()[::-1].copy()[::-1],
    "big-endian": lambda: _rows().astype(">f4"),
    "read-only": lambda: np.frombuffer(_rows().tobytes(), np.float32).reshape(6, 3),
    "long doubles": lambda: _rows().astype(np.longdouble),
    "numbers near zero": lambda: _rows().astype(float) * 1e-150,
    "subnormal numbers": lambda: _rows().astype(float) * 2.0**-1000,
}
COUNTS: dict[str, object] = {
    "0": 0, "-1": -1, "-10^30": -(10**30), "1.0": 1.0, "NaN": float("nan"), "infinity": float("inf"), "True": True,
    "None": None, "text": "3", "a list": [1], "complex": 1j, "an array": np.array(1), "a truth of NumPy": np.True_,
    "endless text": "x" * 10**5,
}  # fmt: skip
NAMES: dict[str, object] = {
    "one text": "abcdef",
    "bytes": b"abcdef",
    "None": None,
    "a number": 6,
    "too few": ["a"],
    "numbers": [1, 2, 3, 4, 5, 6],
    "one that is None": ["a", "b", None, "d", "e", "f"],
    "bytes in a list": [b"a"] * 6,
    "Paths": [Path("a")] * 6,
}
PARTS: dict[str, Callable[[], object]] = {
    "None": lambda: None,
    "a number": lambda: 5,
    "text": lambda: "parts",
    "an array": _rows,
    "a pair that is no part": lambda: (_rows(), list("abcdef")),
    "three in a part": lambda: [(_rows(), list("abcdef"), 1)],
    "one in a part": lambda: [(_rows(),)],
    "None in the list": lambda: [None],
    "a text as a part": lambda: ["ab"],
    "nothing": list,
    "another width": lambda: [(_rows(), list("abcdef")), (_rows(2, 4), ["g", "h"])],
}


def _indexed(kind: str, made: Callable[[], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        search.index(made(), kind)
        return "silently-wrong"

    return run


def _asked(kind: str, made: Callable[[], object], k: object = 2) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        search.index(_rows(), kind)(made(), k)
        return "silently-wrong"

    return run


def _same(kind: str, made: Callable[[], object]) -> Callable[[Path], str]:
    """Whatever holds the rows, as a gallery and as queries: each row is its own closest."""

    def run(work: Path) -> str:
        found = search.index(made(), kind)(made(), 3)
        right = search.exact(_rows())(_rows(), 3)
        alike = np.allclose(found.similarity, right.similarity, atol=1e-5)
        return "correct" if alike and np.array_equal(found.indices, right.indices) else "silently-wrong"

    return run


def _built(build: Callable, **settings: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        build(_rows(), **settings)
        return "silently-wrong"

    return run


def _stored(parts: Callable[[], object], **more: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        try:
            Store.write(work / "x", parts(), **more)
        finally:
            assert not list(work.iterdir()), "something was left"
        return "silently-wrong"

    return run


def _placed(path: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        Store.open(path)
        return "silently-wrong"

    return run


def _head(content: bytes, **fields: int) -> bytes:
    """The same store; its head says something else, and its check sum is right."""
    names = ("mark", "kind", "count", "width", "text", "sum", "own")
    values = dict(zip(names, struct.unpack("<24s8sQQQII", content[:64]), strict=True))
    values.update(fields)
    head = struct.pack("<24s8sQQQI", *list(values.values())[:-1])
    return head + struct.pack("<I", zlib.crc32(head)) + content[64:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda c: b"",
    "the mark alone": lambda c: c[:24],
    "cut in the head": lambda c: c[:63],
    "cut in the features": lambda c: c[:100],
    "cut in the names": lambda c: c[:-1],
    "longer": lambda c: c + b"x",
    "zeros": lambda c: bytes(len(c)),
    "text": lambda c: b"features, honestly" * 20,
    "a bit of a feature": lambda c: c[:80] + bytes([c[80] ^ 64]) + c[81:],
    "two features exchanged": lambda c: c[:64] + c[68:72] + c[64:68] + c[72:],
    "a bit of an end": lambda c: c[:140] + bytes([c[140] ^ 1]) + c[141:],
    "a letter of a name": lambda c: c[:-1] + b"z",
    "more rows than there are": lambda c: _head(c, count=7),
    "fewer rows than there are": lambda c: _head(c, count=5),
    "2^63 rows": lambda c: _head(c, count=2**63),
    "2^64 - 1 numbers a row": lambda c: _head(c, width=2**64 - 1),
    "rows and numbers exchanged": lambda c: _head(c, count=3, width=6),
    "another check sum": lambda c: _head(c, sum=1),
    "another kind of number": lambda c: _head(c, kind=b"float16\0"),
    "a kind that nobody knows": lambda c: _head(c, kind=b"\xff" * 8),
}


def _damaged(change: Callable[[bytes], bytes]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        path = Store.write(work / "x", [(_rows(), list("abcdef"))]).path
        path.write_bytes(change(path.read_bytes()))
        Store.open(path)
        return "silently-wrong"

    return run


def _cut_while_open(ask: Callable[[Store], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        store = Store.write(work / "x", [(_rows(3000), list(map(str, range(3000))))])
        os.truncate(store.path, 70)
        ask(store)
        return "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    for kind in search.KINDS:
        for name, made in ROWS.items():
            yield Case("search", f"{kind}, a gallery: {name}", _indexed(kind, made))
        for name, made in TAKEN.items():
            yield Case("search", f"{kind}, rows in: {name}", _same(kind, made), ("correct",))
        for name, k in COUNTS.items():
            yield Case("search", f"{kind}, k: {name}", _asked(kind, _rows, k))
    for name, made in ROWS.items():
        yield Case("search", f"queries: {name}", _asked("exact", made))
    yield Case("search", "queries of another width", _asked("flat", lambda: _rows(2, 4)))
    kinds = {"None": None, "a list": [], "empty": "", "capitals": "EXACT", "a number": 3, "bytes": b"exact"}
    for name, kind in kinds.items():
        yield Case("search", f"kind: {name}", _indexed(kind, _rows))
    for value in (0, -1, 7, 1.5, None, True, "2", [1], np.array(2)):
        if value is not None:
            yield Case("search", f"ivf, lists: {value!r}", _built(search.ivf, lists=value))
            yield Case("search", f"ivf, probes: {value!r}", _built(search.ivf, lists=2, probes=value))
        if value != 7:
            yield Case("search", f"hnsw, links: {value!r}", _built(search.hnsw, links=value))
            yield Case("search", f"hnsw, effort: {value!r}", _built(search.hnsw, effort=value))
    for name, names in NAMES.items():
        yield Case("store", f"names: {name}", _stored(lambda names=names: [(_rows(), names)]))
    for name, made in ROWS.items():
        if name == "1e30":  # it can be kept, and has no length
            continue
        yield Case("store", f"features: {name}", _stored(lambda made=made: [(made(), list("abcdef"))]))
    for name, parts in PARTS.items():
        yield Case("store", f"parts: {name}", _stored(parts))
    for dtype in (None, "float64", "int8", 5, [], "", np.float32):
        one = lambda: [(_rows(), list("abcdef"))]  # noqa: E731
        yield Case("store", f"dtype: {dtype!r}", _stored(one, dtype=dtype))
    paths = {"None": None, "a number": 3, "bytes": b"x", "empty": "", "nowhere": "nowhere", "a folder": "/",
             "a device": "/dev/zero", "a name too long": "x" * 5000, "a null byte": "a\0b"}  # fmt: skip
    for name, path in paths.items():
        yield Case("store", f"path: {name}", _placed(path))
    for name, change in DAMAGES.items():
        yield Case("store", f"a file: {name}", _damaged(change))
    asks = {
        "a row": lambda s: s.features[2999],
        "all": lambda s: np.asarray(s.features),
        "a name": lambda s: s.names[2999],
        "an index": lambda s: search.exact(s.features),
        "verify": lambda s: s.verify(),
        "a name by a text": lambda s: s.names["a"],
        "a name by a number that is not whole": lambda s: s.names[1.5],
    }
    for name, ask in asks.items():
        yield Case("store", f"cut while it is open: {name}", _cut_while_open(ask))
