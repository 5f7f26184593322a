"""Methods that return no map, and kept blocks and graphs that lie."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from osnet_edu.grading import answering, anyone, board, checks, frozen, leaderboard
from osnet_edu.machine import apart
from osnet_edu.network import export
from osnet_edu.trials import table

from . import ground
from .outcome import Case, command

SIDES = (16, 8)
PHOTO = np.zeros((*SIDES, 3), np.uint8)


# --- methods ----------------------------------------------------------------------------------------------------------

MAPS: dict[str, Callable[[], object]] = {
    "None": lambda: None,
    "a number": lambda: 0.5,
    "text": lambda: "a map",
    "bytes": lambda: b"a map",
    "a dictionary": dict,
    "a generator": lambda: (row for row in np.ones(SIDES)),
    "a list of unequal rows": lambda: [[1], [1, 2]],
    "turned": lambda: np.ones(SIDES[::-1]),
    "a batch": lambda: np.ones((1, *SIDES)),
    "three channels": lambda: np.ones((*SIDES, 3)),
    "empty": lambda: np.ones((0, 0)),
    "NaN": lambda: np.full(SIDES, np.nan),
    "one infinite": lambda: np.where(np.arange(128).reshape(SIDES) == 5, np.inf, 0),
    "complex": lambda: np.ones(SIDES, complex),
    "objects": lambda: np.full(SIDES, None),
    "texts": lambda: np.full(SIDES, "1"),
    "dates": lambda: np.zeros(SIDES, "M8[s]"),
    "too large to add up": lambda: np.full(SIDES, -1e308),
    "a sparse tensor": lambda: torch.ones(SIDES).to_sparse(),
    "a complex tensor": lambda: torch.ones(SIDES, dtype=torch.complex64),
    "a function": lambda: len,
}
NAMES = ("", ":", "mine.py", "mine.py:", ":f", "mine.py:1f", "mine.py:a.b", "mine.py:f()", "nowhere.py:f", "/:f",
         "a\0b:f", "x" * 5000 + ":f", "gradient × activation", "GRADIENT", None, 5, b"mine.py:f",
         ["mine.py:f"])  # fmt: skip
ANSWERS = (b"", b"\n", b"{}\n", b"[]\n", b"[1]\n", b'["done", "", 0, [2]]\n', b'["done", "", 0, [1, "a"]]\n' + bytes(8),
           b'["done", "", 0, 3]\n' + bytes(5), b"\xff\xfe\n", b"5\n", b'["done"]\nxyz', b"[" * 99 + b"\n")  # fmt: skip
TYPED: dict[str, tuple[str, ...]] = {
    "--checks with --out": ("--checks", "--out", "OUT"),
    "--checks with --families": ("--checks", "--families", "3"),
    "--checks with an empty --out": ("--checks", "--out", ""),
    "--checks with --patience, for the kit's method": ("--checks", "--patience", "3"),
    "--checks of a method of nobody": ("--checks", "--method", "tea leaves"),
    "--checks of an empty method": ("--checks", "--method", ""),
    "--checks of a file that is not there": ("--checks", "--method", "nowhere.py:f"),
    "--checks of weights that are not there": ("--checks", "--weights", "nowhere.pth"),
    "--checks of a folder that is not there": ("nowhere", "--checks"),
    "--patience for the kit's default": ("--patience", "3", "--out", "OUT"),
    "--patience 0": ("--patience", "0", "--method", "FILE:f", "--out", "OUT"),
    "--patience -1": ("--patience", "-1", "--method", "FILE:f", "--out", "OUT"),
    "--patience of years": ("--patience", "1e9", "--method", "FILE:f", "--out", "OUT"),
    "--patience NaN": ("--patience", "nan", "--method", "FILE:f", "--out", "OUT"),
    "--patience infinite": ("--patience", "inf", "--method", "FILE:f", "--out", "OUT"),
    "--families 0": ("--families", "0", "--out", "OUT"),
    "--families of text": ("--families", "all", "--out", "OUT"),
    "--families 10^9": ("--families", "1000000000", "--out", "OUT"),
    "no --out": (),
    "an --out of another ending": ("--out", "grades.txt"),
    "an --out that is there": ("--out", "FILE"),
    "an --out in no folder": ("--out", "nowhere/x.csv"),
    "weights that are not there": ("--weights", "nowhere.pth", "--out", "OUT"),
    "weights that are a method": ("--weights", "FILE", "--out", "OUT"),
}


def _map(made: Callable[[], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        answering.map_of(lambda *_: made(), "mine", ground.network(), PHOTO, PHOTO)
        return "silently-wrong"

    return run


def _where(name: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        anyone.where(name)
        return "silently-wrong"

    return run


def _answer(said: bytes) -> Callable[[Path], str]:
    """What a method writes into the pipe by itself is told from an answer."""

    def run(work: Path) -> str:
        try:
            apart._parsed(said)
        except apart._Foreign:
            return "correct"
        return "silently-wrong"

    return run


def _graded(*options: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        file = work / "mine.py"
        file.write_text("def f(model, query, photo): return -query[..., 0]\n")
        places = {"OUT": str(work / "grades.csv"), "FILE": str(file), "FILE:f": f"{file}:f"}
        try:
            return command("grade", *(places.get(one, one) for one in options))
        finally:
            assert list(work.iterdir()) == [file], "something was written"

    return run


def _checked(work: Path) -> str:
    (work / "empty").mkdir()
    checks.run_checks(work / "empty")
    return "silently-wrong"


# --- blocks and graphs that are kept ----------------------------------------------------------------------------------

COUNT = len(frozen.PARTS)
ROW = (0.5,) * COUNT
GOOD = board.BoardBlock("none", "", "trained", "across", "random", "0" * 16, 1, "0" * COUNT, ROW, ROW, ROW, ROW)
BLOCKS: dict[str, dict[str, object]] = {
    **{f"{name} of {what}": {name: values} for name in board.BOARD_SCORES for what, values in {
        "NaN": (np.nan,) * COUNT, "77": (77.0,) * COUNT, "-0.1": (-0.1,) * COUNT, "infinity": (np.inf,) * COUNT,
        "too few": ROW[1:], "too many": (*ROW, 0.5), "none": (),
    }.items()},
    "noticed of letters": {"noticed": "x" * COUNT},
    "noticed of 4": {"noticed": "4" * COUNT},
    "noticed too short": {"noticed": "1"},
    "noticed empty": {"noticed": ""},
    "another number of families": {"families": 2},
    "no families": {"families": 0},
    "families below 0": {"families": -1},
}  # fmt: skip
LINES: dict[str, Callable[[str], str]] = {
    "a field too few": lambda line: line.partition(",")[2],
    "a field too many": lambda line: "x," + line,
    "families of text": lambda line: line.replace(",1,", ",one,", 1),
    "grades of text": lambda line: line.replace("0.5000", "half"),
    "an endless number": lambda line: line.replace("0.5000", "9" * 5000, 1),
    "a quote that stays open": lambda line: '"' + line,
    "blank": lambda line: "\n",
    "a null byte": lambda line: line.replace("random", "ran\0dom").replace("0.5000", "x", 1),
}
LAYOUTS = ("", "x", "[]", "{}", "5", "null", "true", '"text"', '{"blocks": 1}',
           '{"blocks": [], "streams": [], "channels": []}',
           '{"blocks": ["a"], "streams": [4, 4], "channels": [3]}', '{"blocks": ["a"], "streams": [4]}',
           '{"blocks": "a", "streams": [4], "channels": [3]}', '{"blocks":["a"],"streams":[4],"channels":[3]}',
           '{"blocks": ["a"], "streams": [4], "channels": [3], "more": [1]}', "[" * 50_000, "\0", "NaN")  # fmt: skip
SEALS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda c: b"",
    "without it": lambda c: export.unsealed(c),
    "cut": lambda c: c[:-1],
    "twice": lambda c: export.sealed(c) + b"x",
    "its last bit": lambda c: c[:-1] + bytes([c[-1] ^ 1]),
    "its first byte": lambda c: b"\xff" + c[1:],
    "of another graph": lambda c: c[:-90] + export.sealed(b"another graph")[-90:],
    "zeros": lambda c: bytes(len(c)),
    "text": lambda c: b"a graph, honestly",
}


def _block(change: dict[str, object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        replace(GOOD, **change)
        return "silently-wrong"

    return run


def _line(change: Callable[[str], str]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        path = work / "leaderboard.csv"
        table.append(path, GOOD)
        head, line = path.read_text().splitlines(keepends=True)
        path.write_text(head + change(line) + line)
        leaderboard.run(work, work, seeds=1, families=1)
        return "silently-wrong"

    return run


def _layout(text: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        export.Layout.from_json(text)
        return "silently-wrong"

    return run


@cache
def _kept() -> bytes:
    return export.sealed(b"a template of some bytes")


def _seal(change: Callable[[bytes], bytes]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        export.unsealed(change(_kept()))
        return "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    for name, made in MAPS.items():
        yield Case("methods", f"returns: {name}", _map(made))
    for name in NAMES:
        yield Case("methods", f"named {name!r}"[:60], _where(name))
    for said in ANSWERS:
        yield Case("methods", f"an answer that is none: {said!r}"[:80], _answer(said), ("correct",))
    for name, options in TYPED.items():
        yield Case("methods", f"grade, {name}", _graded(*options))
    yield Case("methods", "checks of an empty folder", _checked)
    for patience in (0, -1, float("nan"), 1e9, None, "5", True):
        yield Case(
            "methods",
            f"patience {patience!r}",
            lambda _, p=patience: apart.check_patience(p, "one map") or "silently-wrong",
        )
    for families in (0, -1, 1.5, None, "2", True):
        made = lambda _, f=families: len(frozen.describe(families=f)) and "silently-wrong"  # noqa: E731
        yield Case("methods", f"families {families!r}", made)
    for name, change in BLOCKS.items():
        yield Case("leaderboard", f"a block with {name}", _block(change))
    for name, change in LINES.items():
        yield Case("leaderboard", f"a line: {name}", _line(change))
    yield Case("leaderboard", "a line that stands twice", _line(lambda line: line))
    for text in LAYOUTS:
        yield Case("graph", f"a layout: {text!r}"[:90], _layout(text))
    for name, change in SEALS.items():
        yield Case("graph", f"a seal: {name}", _seal(change))
