"""Folders as people have them: other endings, other ways to count, parts missing, copies, hidden folders."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from osnet_edu import Refused, train
from osnet_edu.machine import whole
from osnet_edu.photos import copies, market

from . import ground
from .outcome import Case, command

TRAIN, QUERY, GALLERY = ground.SPLITS.values()
READ = ("png", "PNG", "webp", "bmp", "tif", "TIFF", "JPEG", "jpg.png")
NOT_READ = ("gif", "heic", "avif", "svg", "pdf", "mp4", "npy", "txt")
PLACES = {  # in the place of a folder
    "nothing": lambda path: None,
    "a file": lambda path: path.touch(),
    "a pipe": os.mkfifo,
    "an empty folder": Path.mkdir,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path),
}


def _renamed(root: Path, split: str, change: Callable[[str], str]) -> None:
    for path in sorted((root / split).iterdir()):
        path.rename(path.with_name(change(path.name)))


def _without(root: Path, split: str, kind: str) -> None:
    shutil.rmtree(root / split)
    PLACES[kind](root / split)


def _counted(change: Callable[[Path], object], counts: tuple[int, ...], notes: int = 0, **purpose) -> Callable:
    """Change the small market and read it: so many photos in each split, and so many things assumed."""

    def run(work: Path) -> str:
        root = ground.copied(work)
        change(root)
        found = market.read(root, **purpose)
        if tuple(map(len, found)) != counts or len(found.notes) != notes:
            return "silently-wrong"
        return "skip-said" if found.skipped else "correct"

    return run


def _unscored(change: Callable[[Path], object], words: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        root = ground.copied(work)
        change(root)
        found = market.read(root, score=False)
        if words not in market.unscored(found):
            return "silently-wrong"
        raise Refused(market.unscored(found))

    return run


def _plain(files: dict[str, str], people: int) -> Callable[[Path], str]:
    """A plain folder of empty files: so many people, and every other file is said."""

    def run(work: Path) -> str:
        for folder, names in files.items():
            for name in names.split():
                (work / folder).mkdir(parents=True, exist_ok=True)
                (work / folder / name).touch()
        found = market.read_folders(work)
        if len({photo.person for photo in found.query}) != people:
            return "silently-wrong"
        return "skip-said" if found.skipped else "correct"

    return run


def _evaluated(change: Callable[[Path], object], words: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        root = ground.copied(work)
        change(root)
        (work / "w.safetensors").write_bytes(ground.safetensors())
        return command("evaluate", root, "--weights", work / "w.safetensors")

    return run


def _leaked(split: str, as_link: bool) -> Callable[[Path], str]:
    """A photo to train on stands in the test too, under the same number."""

    def run(work: Path) -> str:
        root = ground.copied(work)
        photo = root / TRAIN / "0001_c1s1_000000_01.jpg"
        copy = root / split / "0001_c2s1_000077_01.jpg"
        copy.symlink_to(photo) if as_link else shutil.copy(photo, copy)
        market.read(root, score=False)
        return "silently-wrong"

    return run


def _same_files(make: Callable[[Path], object]) -> Callable[[Path], str]:
    """Only the two good copies are found, whatever stands beside them, and nothing is waited for."""

    def run(work: Path) -> str:
        (work / "a").write_bytes(b"x" * 99)
        (work / "b").write_bytes(b"x" * 99)
        make(work / "odd")
        found = copies.copies([work / "a", work / "odd"], [work / "b", work / "odd"])
        return "correct" if (work / "a", work / "b") in found and len(found) == 1 else "silently-wrong"

    return run


def _labels(change: Callable[[Path], object], people: tuple[int, ...]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        root = ground.copied(work)
        change(root)
        found = train.load(market.read(root, score=False).train, (64, 32))
        return "correct" if found.people == people else "silently-wrong"

    return run


def _written(name: bytes, kind: str) -> Callable[[Path], str]:
    """An output whose name is no UTF-8 text appears under that name, whole and alone."""

    def run(work: Path) -> str:
        out = work / os.fsdecode(name)
        if kind == "file":
            with whole.file(out) as growing:
                growing.write_bytes(b"whole")
        else:
            with whole.folder(out) as growing:
                (growing / "x").touch()
        return "correct" if os.listdir(os.fsencode(work)) == [name] else "silently-wrong"

    return run


def _to(old: str, new: str) -> Callable[[str], str]:
    """Another text in a name; a person's number, which ends in a line, only where it begins the name."""
    if old.endswith("_"):
        return lambda name: new + name.removeprefix(old) if name.startswith(old) else name
    return lambda name: name.replace(old, new, 1)


def _numbered(split: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda root: _renamed(root, split, _to(old, new))


def cases() -> Iterator[Case]:
    right, skip, whole_market = ("correct",), ("skip-said",), (16, 8, 8)
    for ending in READ:
        change = lambda root, e=ending: [_renamed(root, s, _to(".jpg", f".{e}")) for s in ground.SPLITS.values()]  # noqa: E731
        yield Case("own data", f"names that end in .{ending}", _counted(change, whole_market), right)
    for ending in NOT_READ:
        one = _numbered(GALLERY, "0005_c1s1_000001_01.jpg", f"0005_c1s1_000001_01.{ending}")
        yield Case("own data", f"one .{ending} among the photos", _counted(one, (16, 8, 7)), skip)
        every = _numbered(QUERY, ".jpg", f".{ending}")
        yield Case("own data", f"nothing but .{ending}", _counted(every, whole_market))
        yield Case("own data", f"a plain folder of .{ending}", _plain({"ann": f"0.{ending} 1.{ending}"}, 1))
    for camera in ("0", "7", "99", "100000000000000000"):
        change = _numbered(QUERY, "_c1s", f"_c{camera}s")
        yield Case("own data", f"camera {camera}", _counted(change, whole_market), right)
    for camera in ("-1", "x", "1.5", "", "0x1", "²"):
        change = _numbered(QUERY, "_c1s", f"_c{camera}s")
        yield Case("own data", f"a camera that is {camera!r}", _counted(change, (16, 4, 8)), skip)
    for kind in PLACES:
        change = lambda root, k=kind: _without(root, TRAIN, k)  # noqa: E731
        name = f"{kind} in the place of the training folder"
        yield Case("own data", f"{name}, to be scored", _counted(change, (0, 8, 8), train=False), right)
        for split in (QUERY, GALLERY):
            change = lambda root, s=split, k=kind: _without(root, s, k)  # noqa: E731
            yield Case("own data", f"{kind} in the place of {split}, to be trained on", _unscored(change, split))
            yield Case("own data", f"{kind} in the place of {split}", _counted(change, whole_market, train=False))
    one_camera = lambda root: [_renamed(root, s, _to("_c2s", "_c1s9")) for s in ground.SPLITS.values()]  # noqa: E731
    yield Case("own data", "one camera, to be trained on", _unscored(one_camera, "across cameras; found 1"))
    yield Case("own data", "one camera, to be scored", _evaluated(one_camera, "found 1"))
    nobody = _numbered(GALLERY, "000", "009")
    yield Case("own data", "no query with a match, to be trained on", _unscored(nobody, "no query has a match"))
    zero = _numbered(TRAIN, "0001_", "0000_")
    yield Case("own data", "person 0 to train on", _counted(zero, whole_market, notes=1), right)
    yield Case("own data", "person 0 is learned", _labels(zero, (0, 2, 3, 4)), right)
    junk = _numbered(TRAIN, "0001_", "-1_")
    yield Case("own data", "junk to train on is left out", _labels(junk, (2, 3, 4)), right)
    asked = lambda root: [_renamed(root, s, _to("0005_", "0000_")) for s in (QUERY, GALLERY)]  # noqa: E731
    yield Case("own data", "person 0 to search for", _counted(asked, (16, 6, 8), notes=1), skip)
    two = lambda root: [zero(root), _renamed(root, TRAIN, _to("0002_", "-1_")), _renamed(  # noqa: E731
        root, TRAIN, _to("0003_", "-1_")), _renamed(root, TRAIN, _to("0004_", "-1_"))]  # fmt: skip
    yield Case("own data", "person 0 and junk are one person", _counted(two, whole_market))
    shared = lambda root: [_renamed(root, s, _to("0005_", "0001_")) for s in (QUERY, GALLERY)]  # noqa: E731
    yield Case("own data", "shared numbers", _counted(shared, whole_market))
    yield Case("own data", "shared numbers, to be scored", _counted(shared, whole_market, 1, train=False), right)
    yield Case("own data", "shared numbers, to be trained on", _counted(shared, whole_market, 1, score=False), right)
    yield Case("own data", "shared numbers, evaluated", _evaluated(shared, ""), right)
    for split in (QUERY, GALLERY):
        for as_link in (False, True):
            how = "a link to" if as_link else "a copy of"
            yield Case("own data", f"{how} a photo to train on in {split}", _leaked(split, as_link))
    for name, (files, people) in {
        "webp and bmp": ({"ann": "0.webp 1.bmp", "bob": "0.TIF 1.PNG"}, 2),
        "photos of many kinds of one person": ({"ann": "0.webp 1.bmp 2.jpeg 3.tiff"}, 1),
    }.items():
        yield Case("own data", f"a plain folder: {name}", _plain(files, people), right)
    for hidden in (".git", ".ipynb_checkpoints", ".cache", ".Trash-1000"):
        files = {"ann": "0.png 1.png", hidden: "0.png 1.png"}
        yield Case("own data", f"a plain folder with {hidden}", _plain(files, 1), skip)
    for name, files in {
        "only hidden folders": {".git": "0.png 1.png"},
        "one photo a person": {"ann": "0.png", "bob": "0.png"},
        "photos one level too deep": {"all/ann": "0.png 1.png", "all/bob": "0.png 1.png"},
        "photos without folders": {".": "0.png 1.png"},
        "only hidden photos": {"ann": ".0.png .1.png"},
        "nothing": {},
    }.items():
        yield Case("own data", f"a plain folder: {name}", _plain(files, 0))
    for kind, make in {**PLACES, "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
                       "gigabytes": _sparse}.items():  # fmt: skip
        yield Case("copies", f"{kind} beside the files", _same_files(make), right)
    for name in (b"\xff\xfe.csv", b"\xe9t\xe9.png", b"caf\xc3", b"\x80" * 120 + b".pt"):
        for kind in ("file", "folder"):
            yield Case("outputs", f"a {kind} named {name[:8]!r}", _written(name, kind), right)


def _sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(5_000_000_000)
