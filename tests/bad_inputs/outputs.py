"""The user's own files where an output should go: nothing that is there is touched."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from . import ground
from .outcome import Case, command

FOREIGN = b"my,precious,data\n1,2,3"  # no final newline
EXPLAIN = ("--query", "0005_c1s1_000000_01.jpg", "--gallery", "0005_c1s1_000001_01.jpg", "--method", "gradient")
RENDER = ("--people", 8, "--photos", 12, "--size", "32x16", "--workers", 1)


def _kept(make: Callable[[Path], list], *mine: str) -> Callable[[Path], str]:
    """Run a command beside files of somebody's own. They keep their bytes, and nothing is added."""

    def run(work: Path) -> str:
        (work / "w.safetensors").write_bytes(ground.safetensors())
        for name in mine:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_bytes(FOREIGN)
        arguments = make(work)
        before = {path: path.read_bytes() for path in sorted(work.rglob("*")) if path.is_file()}
        here = Path.cwd()
        os.chdir(work)
        try:
            return command(*arguments)
        finally:
            os.chdir(here)
            after = {path: path.read_bytes() for path in sorted(work.rglob("*")) if path.is_file()}
            if before != after:
                raise AssertionError("lost or added: " + ", ".join(str(p) for p in before.keys() ^ after.keys()))

    return run


def _linked(work: Path) -> list:
    (work / "real").mkdir()
    (work / "real" / "mine.csv").write_bytes(FOREIGN)
    (work / "link").symlink_to(work / "real")
    return ["render", work / "link", *RENDER]


def _explained(out: str) -> Callable[[Path], list]:
    return lambda work: ["explain", ground.folder(), "--weights", work / "w.safetensors", *EXPLAIN, "--out", work / out]


def cases() -> Iterator[Case]:
    given: dict[str, tuple] = {
        "explain over a picture": (_explained("x.png"), "x.png"),
        "explain over a text": (_explained("notes.txt"), "notes.txt"),
        "explain without an ending": (_explained("x"), "x.png"),
        "explain over the weights": (_explained("w.safetensors"),),
        "render --preview over a picture": (lambda w: ["render", w / "o", *RENDER, "--preview", w / "x.png"], "x.png"),
        "render --preview of a text": (lambda w: ["render", w / "o", *RENDER, "--preview", w / "x.txt"],),
        "render --archive over a file": (lambda w: ["render", w / "o", *RENDER, "--archive", w / "x.zip"], "x.zip"),
        "render here": (lambda w: ["render", ".", *RENDER], "mine.csv"),
        "render over a file": (lambda w: ["render", w / "mine.csv", *RENDER], "mine.csv"),
        "render into a full folder": (lambda w: ["render", w / "o", *RENDER], "o/mine.csv"),
        "render into a linked folder": (_linked,),
        "subset into a full folder": (
            lambda w: ["subset", ground.folder(), w / "o", "--people", 8], "o/mine.csv"),
        "subset over a file": (lambda w: ["subset", ground.folder(), w / "mine.csv", "--people", 8], "mine.csv"),
        "train into a full folder": (lambda w: ["train", ground.folder(), "--out", w / "o"], "o/mine.csv"),
        "train over a file": (lambda w: ["train", ground.folder(), "--out", w / "mine.csv"], "mine.csv"),
        "train --resume in a foreign folder": (
            lambda w: ["train", ground.folder(), "--out", w / "o", "--resume"], "o/mine.csv"),
        "experiment on a foreign table": (
            lambda w: ["experiment", "ablation", ground.folder(), "--out", w / "o"], "o/ablation.csv"),
        "experiment into a file": (
            lambda w: ["experiment", "ablation", ground.folder(), "--out", w / "mine.csv"], "mine.csv"),
        "experiment without --out": (lambda w: ["experiment", "people", ground.folder()],),
    }  # fmt: skip
    for name, (make, *mine) in given.items():
        yield Case("outputs", name, _kept(make, *mine))
