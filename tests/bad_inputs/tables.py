"""people.json that lies, masks that do not fit, archives that are none, a cache that was cut."""

import io
import json
import os
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from osnet_edu import assets, people
from osnet_edu.photos import market

from . import ground
from .outcome import Case, environment
from .pictures import png


@cache
def rendered() -> Path:
    """A folder of eight rendered people, small."""
    out = ground.home() / "rendered"
    people.write_dataset(out, people=8, photos=12, size=(32, 16), workers=1)
    return out


@cache
def table() -> str:
    return (rendered() / "people.json").read_text()


def _read(text: Callable[[], str | bytes]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        content = text()
        (work / "people.json").write_bytes(content if isinstance(content, bytes) else content.encode())
        people.read_people(work)
        return "silently-wrong"

    return run


def _changed(change: Callable[[dict], object]) -> Callable[[], str]:
    def made() -> str:
        content = json.loads(table())
        change(content)
        return json.dumps(content)

    return made


def _first(name: str, value: object) -> Callable[[dict], object]:
    return lambda t: t["people"][0].update({name: value})


def _photo(place: int, value: object) -> Callable[[dict], object]:
    return lambda t: t["people"][0]["photos"][0].__setitem__(place, value)


DEEP = "[" * 100_000 + "]" * 100_000
TABLES: dict[str, Callable[[], str | bytes]] = {
    "empty": lambda: "",
    "null": lambda: "null",
    "a list": lambda: "[]",
    "a number": lambda: "5",
    "a number of 5,000 digits": lambda: "1" * 5000,
    "nesting without end": lambda: DEEP,
    "nesting in people": lambda: '{"format":1,"people":' + DEEP + "}",
    "half of it": lambda: table()[: len(table()) // 2],
    "no text": lambda: b"\xff\xfe\x00",
    "UTF-16": lambda: table().encode("utf-16"),
}
WRONG: dict[str, Callable[[dict], object]] = {
    "no format": lambda t: t.pop("format"),
    "format 2": lambda t: t.update(format=2),
    "format as text": lambda t: t.update(format="1"),
    "format null": lambda t: t.update(format=None),
    "format true": lambda t: t.update(format=True),
    "no people": lambda t: t.pop("people"),
    "people a number": lambda t: t.update(people=5),
    "people an object": lambda t: t.update(people={}),
    "a person that is a number": lambda t: t["people"].__setitem__(0, 5),
    "a person that is null": lambda t: t["people"].__setitem__(0, None),
    "a person that is a list": lambda t: t["people"].__setitem__(0, [1, 2]),
    "no fields of identity": lambda t: t.pop("identity_fields"),
    "fields that are numbers": lambda t: t.update(identity_fields=[1, 2, 3]),
    "a field of identity renamed": lambda t: t["identity_fields"].__setitem__(0, "size"),
    "a field of identity twice": lambda t: t["identity_fields"].__setitem__(0, t["identity_fields"][1]),
    "a field of view renamed": lambda t: t["view_fields"].__setitem__(0, "\x1b[2J"),
    "one field of view too few": lambda t: t["view_fields"].pop(),
    "view_fields null": lambda t: t.update(view_fields=None),
    "identity too short": lambda t: t["people"][0]["identity"].pop(),
    "identity null": _first("identity", None),
    "identity a text": _first("identity", "x" * 45),
    "a height as text": lambda t: t["people"][0]["identity"].__setitem__(0, "tall"),
    "a height of null": lambda t: t["people"][0]["identity"].__setitem__(0, None),
    "a height that is a list": lambda t: t["people"][0]["identity"].__setitem__(0, [1, 2, 3]),
    "a height of 10^400": lambda t: t["people"][0]["identity"].__setitem__(0, 10**400),
    "a hat that is a number": lambda t: t["people"][0]["identity"].__setitem__(10, 5),
    "a colour that is a number": lambda t: t["people"][0]["identity"].__setitem__(8, 0.5),
    "a colour of texts": lambda t: t["people"][0]["identity"].__setitem__(8, ["a", "b", "c"]),
    "person as text": _first("person", "one"),
    "person null": _first("person", None),
    "person 1.5": _first("person", 1.5),
    "split unknown": _first("split", "validation"),
    "split a number": _first("split", 5),
    "split a list": _first("split", ["train"]),
    "twin as text": _first("twin", "2"),
    "twin null": _first("twin", None),
    "part unknown": _first("part", "moustache"),
    "part a number": _first("part", 7),
    "part with an escape": _first("part", "\x1b[31m"),
    "photos null": _first("photos", None),
    "photos an object": _first("photos", {}),
    "a photo that is a number": lambda t: t["people"][0]["photos"].__setitem__(0, 5),
    "a photo that is too short": lambda t: t["people"][0]["photos"][0].pop(),
    "a number as a path": _photo(0, 5),
    "null as a path": _photo(0, None),
    "an empty path": _photo(0, ""),
    "an absolute path": _photo(0, "/dev/zero"),
    "a path that climbs": _photo(0, "../../etc/passwd"),
    "a path with a null byte": _photo(0, "query/a\x00.jpg"),
    "an endless path": _photo(0, "x" * 10_000),
    "visible as text": _photo(1, "many"),
    "visible null": _photo(1, None),
    "visible NaN": _photo(1, float("nan")),
    "visible -1": _photo(1, -1),
    "visible 10^400": _photo(1, 10**400),
    "share as a list": _photo(2, [0.5]),
    "share as text": _photo(2, "half"),
    "view null": _photo(3, None),
    "view a text": _photo(3, "front"),
    "view of texts": _photo(3, ["x"] * 37),
    "view too long": lambda t: t["people"][0]["photos"][0][3].append(1),
}


def _not_a_table(kind: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        path = work / "people.json"
        {"folder": path.mkdir, "/dev/zero": lambda: path.symlink_to("/dev/zero"), "pipe": lambda: os.mkfifo(path),
         "gone": lambda: None, "gigabytes": lambda: _sparse(path)}[kind]()  # fmt: skip
        people.read_people(work)
        return "silently-wrong"

    return run


def _sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(2_000_000_000)


MASKS: dict[str, Callable[[Path], object]] = {
    "gone": lambda p: p.unlink(),
    "empty": lambda p: p.write_bytes(b""),
    "text": lambda p: p.write_text("mask"),
    "folder": lambda p: (p.unlink(), p.mkdir()),
    "pipe": lambda p: (p.unlink(), os.mkfifo(p)),
    "link to /dev/zero": lambda p: (p.unlink(), p.symlink_to("/dev/zero")),
    "a bomb": lambda p: p.write_bytes(png(30000, 30000, 8, 0)),
    "another size": lambda p: Image.new("L", (5, 5)).save(p),
    "another shape": lambda p: Image.new("L", (32, 16)).save(p),
    "in colour": lambda p: Image.new("RGB", (16, 32)).save(p),
    "16 bits": lambda p: Image.fromarray(np.ones((32, 16), np.uint16)).save(p),
    "with alpha": lambda p: Image.new("LA", (16, 32)).save(p),
    "numbers of no part": lambda p: Image.new("L", (16, 32), 200).save(p),
    "cut": lambda p: p.write_bytes(p.read_bytes()[:60]),
}


def _masked(change: Callable[[Path], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        root = work / "rendered"
        shutil.copytree(rendered(), root)
        photo = market.read(root).query[0].path
        change(root / "masks" / "query" / f"{photo.stem}.png")
        market.read_mask(photo, len(people.PARTS))
        return "silently-wrong"

    return run


# --- archives and the cache -----------------------------------------------------------------------------------------


def _zip(files: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return into.getvalue()


def _patched(old: bytes, new: bytes) -> bytes:
    return _zip({"query/a.jpg": b"x" * 400}).replace(old, new)


def _flag(bit: int) -> bytes:
    content = bytearray(_zip({"query/a.jpg": b"x" * 400}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= bit
    return bytes(content)


def _method(number: int) -> bytes:
    content = bytearray(_zip({"query/a.jpg": b"x" * 400}))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + place] = number
    return bytes(content)


def _huge() -> bytes:
    content = bytearray(_zip({"query/a.jpg": b"x" * 400}))
    at = content.index(b"PK\x01\x02")
    content[at + 20 : at + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
    return bytes(content)


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"people, honestly",
    "zeros": lambda: b"\0" * 5000,
    "cut": lambda: _zip({f"query/{i}.jpg": b"x" * 100 for i in range(20)})[:1500],
    "without its end": lambda: _zip({"query/a.jpg": b"x" * 400})[:-10],
    "a wrong checksum": lambda: _patched(b"x" * 400, b"x" * 399 + b"y"),
    "encrypted": lambda: _flag(1),
    "an unknown compression": lambda: _method(99),
    "deflate that is none": lambda: _method(8),
    "LZMA that is none": lambda: _method(14),
    "bzip2 that is none": lambda: _method(12),
    "a name too long": lambda: _zip({"query/" + "x" * 300 + ".jpg": b"x"}),
    "a path too long": lambda: _zip({"/".join(["y" * 200] * 30): b"x"}),
    "a file where a folder belongs": lambda: _zip({"query": b"x", "query/a.jpg": b"x"}),
    "a name that climbs": lambda: _zip({"../../evil.jpg": b"x"}),
    "an absolute name": lambda: _zip({"/tmp/evil.jpg": b"x"}),
    "a drive": lambda: _zip({"C:\\evil.jpg": b"x"}),
    "a size of gigabytes": _huge,
    "a local header that disagrees": lambda: _patched(b"PK\x03\x04", b"PK\x09\x09"),
}


def _shipped(content: Callable[[], bytes]) -> Callable[[Path], str]:
    """The shipped archive is this one; nothing may be left in the cache."""

    def run(work: Path) -> str:
        archive = work / "people.zip"
        archive.write_bytes(content())
        kept = assets.path
        assets.path = lambda name: archive
        try:
            with environment(OSNET_EDU_CACHE=str(work / "cache")):
                assets.subset()
        finally:
            assets.path = kept
            left = [path for path in (work / "cache").rglob("*") if path.is_file()]
            assert not left and not (work / "evil.jpg").exists(), left
        return "silently-wrong"

    return run


def _unpacked(content: Callable[[], bytes]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        (work / "a.zip").write_bytes(content())
        try:
            people.unpack(work / "a.zip", work / "out")
        finally:
            assert not (work / "out").exists() and not (work / "evil.jpg").exists()
        return "silently-wrong"

    return run


def _cached(change: Callable[[Path], object]) -> Callable[[Path], str]:
    """A cache that was cut is whole again before it is read."""

    def run(work: Path) -> str:
        kept = assets.path
        people.pack(rendered(), work / "people.zip")
        assets.path = lambda name: work / "people.zip"
        try:
            with environment(OSNET_EDU_CACHE=str(work / "cache")):
                change(assets.subset())
                root = assets.subset()
        finally:
            assets.path = kept
        wanted = {p.relative_to(rendered()): p.read_bytes() for p in rendered().rglob("*") if p.is_file()}
        found = {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        return "correct" if wanted == found else "silently-wrong"

    return run


CACHES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a split deleted": (lambda root: shutil.rmtree(root / "query"), "correct"),
    "half of the gallery deleted": (
        lambda root: [p.unlink() for p in sorted((root / "bounding_box_test").iterdir())[::2]], "correct"),
    "masks deleted": (lambda root: shutil.rmtree(root / "masks"), "correct"),
    "people.json deleted": (lambda root: (root / "people.json").unlink(), "correct"),
    "a photo emptied": (lambda root: next((root / "query").iterdir()).write_bytes(b""), "correct"),
    "a photo cut": (lambda root: _halve(next((root / "query").iterdir())), "correct"),
    "everything deleted": (lambda root: [shutil.rmtree(p) for p in root.iterdir() if p.is_dir()], "correct"),
    "a photo of somebody added": (
        lambda root: (root / "query" / "0009_c1s1_000000_01.jpg").write_bytes(b"x"), "sentence"),
}  # fmt: skip


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def cases() -> Iterator[Case]:
    for name, text in TABLES.items():
        yield Case("people", f"people.json: {name}", _read(text))
    for name, change in WRONG.items():
        yield Case("people", f"people.json: {name}", _read(_changed(change)))
    for kind in ("folder", "/dev/zero", "pipe", "gone", "gigabytes"):
        yield Case("people", f"people.json is: {kind}", _not_a_table(kind))
    for name, change in MASKS.items():
        yield Case("masks", f"a mask: {name}", _masked(change))
    for name, content in ARCHIVES.items():
        yield Case("archive", f"shipped: {name}", _shipped(content))
        yield Case("archive", f"unpacked: {name}", _unpacked(content))
    for name, (change, how) in CACHES.items():
        yield Case("cache", name, _cached(change), (how,))
