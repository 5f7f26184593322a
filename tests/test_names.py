"""One public name, one thing: a name that stands in two files of the library has a reason here."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "osnet_edu"
ANSWERS = ("exercises", "answers")  # model answers repeat the names that a task asks for

# Reason -> names that stand in two or more files, each of which does the same to another thing.
TWICE = {
    "reads and writes: a folder, a picture, a network, a table": ("read", "write", "load", "read_shipped"),
    "what ships: weights, a leaderboard, an album": ("shipped",),
    "what `experiment NAME` and a command call": ("run", "run_own", "plan"),
    "the start of a program": ("main",),
    "a line on the screen; lab/ must not import the rest": ("say",),
    "builds a network: of one row, of a config": ("build",),
    "renders: one photo, the frozen set": ("render",),
    "photos to features: through an engine, with slopes": ("embed",),
    "asks: a method, a block, a student": ("ask",),
    "a table: of the costs, of compared runs": ("table", "ROWS"),
    "grades: a method, a map": ("grade",),
    "vectors of length 1: features, directions in space": ("unit",),
    "blurs photos: for a lesson, as a baseline of a method": ("blur",),
    "the same on points of a plane, which a lesson draws": ("batch_hard", "distances"),
    "opens for the block of a with statement: a zip, a network": ("opened",),
    "what a network makes of photos, what a question of an audit found": ("Answer",),
    "kept on disk: of a run, of an audit": ("Record",),
    "a record as plain data, and back": ("from_json", "to_json"),
    "a figure of what bears the name": ("clusters", "differences", "ranking", "triplet"),
    "what was found, in words: by a question of an audit, by the streams of a pair": ("verdict",),
    "a colour, and the same on light paper": ("ONE", "TWO"),
    "two frozen sets, of twins and of hard positives": ("FROZEN", "TUNING", "PARTS"),
    "of an experiment's people": ("SEED",),
    "of a network, and how a chart draws it": ("STREAMS", "TRAINED", "UNTRAINED"),
    "a notebook's exercises, and single ones": ("EXERCISES", "NOTICED", "STREAM"),
}


def defined(tree: ast.Module) -> Iterator[str]:
    """The names of functions, classes and constants at the top of a file, as often as they are defined."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


@cache
def twice(package: Path) -> dict[str, list[str]]:
    """Public names that two or more files of a package define, with the files."""
    files: dict[str, list[str]] = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package)
        if where.parts[:2] != ANSWERS:
            for name in sorted(set(defined(ast.parse(path.read_text("utf-8"))))):
                files[name].append(where.as_posix())
    return {name: found for name, found in files.items() if len(found) > 1 and not name.startswith("_")}


def test_a_public_name_stands_once():
    listed = {name for names in TWICE.values() for name in names}
    assert {name: found for name, found in twice(PACKAGE).items() if name not in listed} == {}


def test_each_listed_name_stands_twice():
    listed = [name for names in TWICE.values() for name in names]
    assert len(listed) == len(set(listed)) and set(listed) <= set(twice(PACKAGE))


def test_a_second_name_is_found(tmp_path):
    (tmp_path / ANSWERS[0] / ANSWERS[1]).mkdir(parents=True)
    (tmp_path / "one.py").write_text("A, B = 1, 2\nC: int = 3\nlow = _own = 0\n\ndef same(): ...\n\nclass Kind: ...\n")
    (tmp_path / "two.py").write_text("from one import C\nB = C\n_own = low = 1\n\nasync def same(A): Kind = 1\n")
    (tmp_path / "exercises" / "answers" / "three.py").write_text("A = C = 1\n\nclass Kind: ...\n")
    both = ["one.py", "two.py"]
    assert twice(tmp_path) == {"B": both, "low": both, "same": both}
