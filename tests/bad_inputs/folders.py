"""Market-1501 folders that are none, and names that are none."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from osnet_edu import Refused
from osnet_edu.photos import market

from . import ground
from .outcome import Case, command

TRAIN, QUERY, GALLERY = ground.SPLITS.values()

BAD_NAMES = (
    "99999999999999999999_c1s1_000000_01.jpg", "0001_c99999999999999999999s1_000000_01.jpg",
    "0001_c1s99999999999999999999_000000_01.jpg", "0001_c1s1_99999999999999999999_01.jpg",
    "0001_c1s1_000000_99999999999999999999.jpg", "-2_c1s1_000000_01.jpg",
    "01_c1s1_000000_01.jpg", "0001_c1s1_000000_01.gif", "0001_c1s1_000000_01.jpg.exe", "0001-c1s1_000000_01.jpg",
    "٠٠٠١_c1s1_000000_01.jpg", "0001_c١s1_000000_01.jpg", "0001_c1s1_000000_01.jpg\n", "\x1b[2J.jpg", "a\rb.jpg",
    "0001_c1s1_000000_01.jpg ", " 0001_c1s1_000000_01.jpg", "0001_C1s1_000000_01.jpg.", "Thumbs.db", ".DS_Store",
    "+001_c1s1_000000_01.jpg", "1e10_c1s1_000000_01.jpg", "0x01_c1s1_000000_01.jpg", "0001_c1s1_-00001_01.jpg",
    "--help", "%s%n_c1s1.jpg", "‮gpj.10_c1s1_0001.jpg", "9" * 200 + "_c1s1_000000_01.jpg",
)  # fmt: skip


def _skips(name: str) -> Callable[[Path], str]:
    """A name that does not parse is skipped and listed; the others are read."""

    def run(work: Path) -> str:
        root = ground.copied(work)
        (root / GALLERY / name).write_bytes(b"x")
        found = market.read(root)
        here = [skip for skip in found.skipped if skip.path.name == name]
        whole = len(found.gallery) == len(market.read(ground.folder()).gallery)
        shutil.rmtree(root / TRAIN / "gone", ignore_errors=True)
        return "skip-said" if len(here) == 1 and whole else "silently-wrong"

    return run


def _reads(change: Callable[[Path], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        root = ground.copied(work)
        change(root)
        found = market.read(root)
        return "skip-said" if found.skipped else "correct"

    return run


def _to(root: Path, split: str, name: str) -> None:
    shutil.copy(next((root / QUERY).iterdir()), root / split / name)


def _emptied(root: Path, split: str, keep: str = "") -> None:
    for path in list((root / split).iterdir()):
        if not keep or not path.name.startswith(keep):
            path.unlink()


def _replaced(root: Path, split: str, by: str) -> None:
    shutil.rmtree(root / split)
    if by == "file":
        (root / split).write_text("x")
    elif by == "pipe":
        os.mkfifo(root / split)
    elif by == "link to nothing":
        (root / split).symlink_to(root / "gone")
    elif by == "link to itself":
        (root / split).symlink_to(root / split)
    elif by == "empty":
        (root / split).mkdir()


def _one_camera(root: Path) -> None:
    for split in ground.SPLITS.values():
        for path in list((root / split).iterdir()):
            if "_c2" in path.name:
                path.unlink()


def _query_of_nobody(person: str) -> Callable[[Path], str]:
    """An id of no person in query/ is left out and said, so that the scores are of people."""

    def run(work: Path) -> str:
        root = ground.copied(work)
        _to(root, QUERY, f"{person}_c1s1_000000_01.jpg")
        _to(root, GALLERY, f"{person}_c2s1_000000_01.jpg")
        found = market.read(root)
        named = any(skip.path.parent.name == QUERY for skip in found.skipped)
        return "skip-said" if named and all(p.person > 0 for p in found.query) else "silently-wrong"

    return run


def _leak(kind: str) -> Callable[[Path], str]:
    """`subset` copies regular files below the root and nothing else."""

    def run(work: Path) -> str:
        root, secret = ground.copied(work), work / "secret"
        secret.write_text("secret")
        name = "0005_c1s1_000001_01.jpg"
        target = root / GALLERY / name
        if kind == "split":
            shutil.move(root / GALLERY, work / "elsewhere")
            (root / GALLERY).symlink_to(work / "elsewhere")
        elif kind == "mask":
            (root / "masks" / GALLERY).mkdir(parents=True)
            (root / "masks" / GALLERY / name).with_suffix(".png").symlink_to(secret)
        elif kind == "masks":
            (work / "elsewhere").mkdir()
            (work / "elsewhere" / name).with_suffix(".png").write_text("secret")
            (root / "masks").mkdir()
            (root / "masks" / GALLERY).symlink_to(work / "elsewhere")
        else:
            target.unlink()
            target.symlink_to({"file": secret, "inside": root / QUERY / "0005_c1s1_000000_01.jpg",
                               "system": Path("/etc/passwd"), "device": Path("/dev/zero")}[kind])  # fmt: skip
        ended = command("subset", root, work / "out", "--people", 8)
        for path in (work / "out").rglob("*"):
            if path.is_symlink() or (path.is_file() and path.read_bytes()[:6] in (b"secret", b"root:x")):
                return "silently-wrong"
        return ended

    return run


def _written(work: Path) -> str:
    root = ground.copied(work)
    (root / QUERY / "0005_c1s1_000000_01.jpg").unlink()
    (root / QUERY / "0005_c1s1_000000_01.jpg").symlink_to("/etc/passwd")
    market.write(market.read(root), work / "out")
    return "silently-wrong"


def _named(given: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        market.read(given if given != "FILE" else _file(work))
        return "silently-wrong"

    return run


def _file(work: Path) -> Path:
    (work / "file").write_text("x")
    return work / "file"


def _bad_size(size: tuple) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        market.decode(market.read(ground.folder()).query, size)
        return "silently-wrong"

    return run


def _formats(fields: tuple) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        market.format_name(*fields)
        return "silently-wrong"

    return run


def _plain(work: Path) -> str:
    raise Refused(f"a name that moves the cursor: {chr(27)}[2J and {chr(7)} and {chr(0x9B)}31m")


def cases() -> Iterator[Case]:
    skip = ("skip-said",)
    for name in BAD_NAMES:
        try:
            os.fsencode(name)
        except UnicodeEncodeError:
            continue
        yield Case("market", f"a photo named {name!r}"[:90], _skips(name), skip)
    for split in (TRAIN, QUERY, GALLERY):
        for by in ("nothing", "file", "pipe", "link to nothing", "link to itself", "empty"):
            change = lambda root, split=split, by=by: _replaced(root, split, by)  # noqa: E731
            yield Case("market", f"{split} replaced by {by}", _reads(change))
    for split in (QUERY, GALLERY):
        change = lambda root, split=split: _to(root, split, "0001_c1s1_000009_01.jpg")  # noqa: E731
        yield Case("market", f"a person to train on in {split}", _reads(change))
    change = lambda root: _to(root, TRAIN, "0005_c1s1_000009_01.jpg")  # noqa: E731
    yield Case("market", "a person to test with in the training folder", _reads(change))
    yield Case("market", "one person to train on", _reads(lambda root: _emptied(root, TRAIN, "0001")))
    yield Case("market", "one camera", _reads(_one_camera))
    yield Case("market", "no query with a match", _reads(lambda root: _emptied(root, GALLERY, "0009") or
               _to(root, GALLERY, "0000_c1s1_000000_01.jpg")))  # fmt: skip
    for person in ("0000", "-1"):
        yield Case("market", f"id {person} in query/", _query_of_nobody(person), skip)
    for kind in ("file", "inside", "system", "device", "split", "mask", "masks"):
        yield Case("subset", f"a link to follow: {kind}", _leak(kind), ("skip-said", "sentence", "correct"))
    yield Case("subset", "a link to follow, in the library", _written)
    for given in ("", "nowhere", "FILE", "/dev/null", "x" * 300, "a\x1b[2J"):
        yield Case("market", f"read({given[:20]!r})", _named(given))
    for size in ((0, 0), (-1, 5), (10**6, 10**6), (4097, 64), (64, 10**30)):
        yield Case("market", f"decode at {size}"[:60], _bad_size(size))
    for fields in ((-2, 1, 1, 0, 0), (1, 0, 1, 0, 0), (1, 1, 0, 0, 0), (1, 1, 1, -1, 0), (1, 1, 1, 0, -1)):
        yield Case("market", f"format_name{fields}", _formats(fields))
    yield Case("market", "escape sequences in a sentence", _plain)
