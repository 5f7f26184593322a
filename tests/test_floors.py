"""The law of the house: a room imports only lower floors, and a folder shows only its face.

The imports are read, not run, so that one inside a function counts as well.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "osnet_edu"

# From the ground up. A room imports rooms of lower floors and no other; a folder is one room, whatever lies in it.
FLOORS = (
    ("refused", "draws", "intervals", "colours", "pages"),
    ("machine",),
    ("retrieval", "assets"),
    ("photos", "network", "progress"),
    ("people", "embed", "use"),
    ("train", "explain"),
    ("trials", "explore", "figures"),
    ("grading",),
    ("exercises", "widgets", "experiments"),
    ("book", "classroom", "audit"),
    ("commands", "lab"),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FACE = {"__init__": ("network", "refused")}  # the package's own face may hand on `osnet`
NO_ROOMS = ("utils", "util", "common", "helpers", "misc")

# What must run from a bare checkout, and what it must not bring along.
LEAN = ("machine", "retrieval", "photos", "network", "people", "embed", "train", "explain")
HEAVY = ("captum", "ipywidgets", "anywidget", "IPython", "jupyterlab", f"{PACKAGE}.widgets")


@dataclass(frozen=True)
class Import:
    """In `source` (a file), the dotted name `target` is imported on `line`."""

    source: Path
    line: int
    target: str


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, root: Path) -> list[Import]:
    """What one file imports, as absolute dotted names; `from a import b` gives a.b."""
    module = module_name(path, root)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return [Import(path, *found) for found in _imports(path.read_text(encoding="utf-8"), package)]


@cache  # of a copy of the house all files are the same but one
def _imports(text: str, package: str) -> list[tuple[int, str]]:
    """(line, dotted name) of each import of a file of a package."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                name = node.args[0].value
                found.append((node.lineno, package + name if name.startswith(".") else name))
    return found


def room_of(path: Path, root: Path) -> str:
    """model.py and people/body.py are in the rooms model and people."""
    return path.relative_to(root / PACKAGE).with_suffix("").parts[0]


def breaches(root: Path) -> list[str]:
    """Every import below `root`/osnet_edu that the law forbids, and every room it does not know."""
    files = sorted((root / PACKAGE).rglob("*.py"))
    modules = {module_name(path, root) for path in files}
    found = []
    within: dict[str, set[str]] = {}  # file -> files of its own folder, to find circles
    for path in files:
        room, where = room_of(path, root), path.relative_to(root).as_posix()
        if any(part in NO_ROOMS for part in path.relative_to(root).with_suffix("").parts):
            found.append(f"{where}: a room says what it is about, and '{path.stem}' does not")
        if room not in FLOOR and room not in FACE:
            found.append(f"{where}: the house has no room '{room}'")
            continue
        for item in imports(path, root):
            parts = item.target.split(".")
            if parts[0] != PACKAGE:
                continue
            target = parts[1] if len(parts) > 1 else "__init__"
            place = f"{where}:{item.line}: imports {item.target}"
            if target not in FLOOR:
                # A name of the package's face: `osnet` comes from network, anything else is no room.
                if target == "osnet":
                    target = "network"
                elif f"{PACKAGE}.{target}" in modules:
                    found.append(f"{place}, which is no room")
                    continue
                elif target in ("__init__", "__version__"):
                    continue
                else:
                    found.append(f"{place}, which is nowhere")
                    continue
            if room in FACE:
                if target not in FACE[room]:
                    found.append(f"{place}; the package's face may only hand on {', '.join(FACE[room])}")
                continue
            if target == room:
                inner = next((m for m in (item.target, item.target.rpartition(".")[0]) if m in modules), None)
                if inner:
                    within.setdefault(module_name(path, root), set()).add(inner)
                continue
            if FLOOR[target] >= FLOOR[room]:
                found.append(f"{place}, which is on floor {FLOOR[target]}, from floor {FLOOR[room]}")
            found += [
                f"{place}, an inner file of {inner.rpartition('.')[0].removeprefix(PACKAGE + '.')}/; "
                "import it from the folder's face"
                for inner in inner_files(parts, modules, root)
            ]
    return found + circles(within)


def inner_files(parts: list[str], modules: set[str], root: Path) -> list[str]:
    """The files on the way to an imported name that the face of their folder does not hand on."""
    found = []
    for k in range(3, len(parts) + 1):
        inner = ".".join(parts[:k])
        if inner in modules and inner not in handed_on(".".join(parts[: k - 1]), root):
            found.append(inner)
    return found


def handed_on(folder: str, root: Path) -> set[str]:
    """The files of a folder that its face hands on as they are: it imports them, or names them in __all__."""
    face = root.joinpath(*folder.split("."), "__init__.py")
    listed = {item.target for item in imports(face, root)}
    for node in ast.parse(face.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            with contextlib.suppress(ValueError):
                listed |= {f"{folder}.{name}" for name in ast.literal_eval(node.value)}
    return listed


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Files of one folder that import one another in a circle; each circle once."""
    found: list[str] = []
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            found.append("a circle: " + " -> ".join([*trail[trail.index(name) :], name]))
            return
        if name in done:
            return
        for other in sorted(graph.get(name, ())):
            if other != name:
                walk(other, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        walk(name, ())
    return found


def test_the_law_holds():
    assert breaches(ROOT) == []


def test_the_map_for_contributors_has_the_same_rooms():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.MULTILINE)
    named = {int(floor): set(re.findall(r"\w+", rooms)) for floor, rooms in rows}
    assert named == {floor: set(rooms) for floor, rooms in enumerate(FLOORS)}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house as it stands, to plant a breach in."""
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "word"),
    [
        ("draws.py", "from . import machine", "imports osnet_edu.machine, which is on floor 1, from floor 0"),
        ("people/body.py", "import osnet_edu.train", "imports osnet_edu.train, which is on floor 5, from floor 4"),
        ("machine/whole.py", "def late():\n    from ..people import render", "imports osnet_edu.people.render"),
        ("assets.py", "from osnet_edu import osnet", "imports osnet_edu.osnet"),
        ("embed/photos.py", "from ..explain import gates", "which is on floor 5, from floor 4"),
        ("embed/photos.py", "from osnet_edu.train import fit", "which is on floor 5, from floor 4"),
        ("assets.py", "import importlib\nimportlib.import_module('osnet_edu.widgets')", "which is on floor"),
        ("embed/photos.py", "from ..nowhere import thing", "which is nowhere"),
        ("utils.py", "", "the house has no room 'utils'"),
        ("people/common.py", "", "'common' does not"),
        ("train/loop.py", "from .. import experiments", "which is on floor 8, from floor 5"),
        ("train/loop.py", "from ..people.identity import Identity", "an inner file of people/"),
        ("train/loop.py", "from ..people import identity", "an inner file of people/"),
        ("train/loop.py", "import osnet_edu.people.identity", "an inner file of people/"),
        ("figures/heat.py", "from ..explain import asking", "an inner file of explain/"),
        ("figures/heat.py", "from ..explain.asking import embed", "an inner file of explain/"),
        ("__init__.py", "from .people import render", "the package's face may only hand on"),
        ("people/planted.py", "from . import beside", "a circle"),
    ],
)
def test_a_planted_breach_is_found(copy, file, line, word):
    people = copy / PACKAGE / "people"
    people.mkdir(exist_ok=True)
    (people / "__init__.py").touch()
    (people / "beside.py").write_text("from .planted import anything\n")
    (people / "identity.py").touch()
    path = copy / PACKAGE / file
    known = set(breaches(copy)) if path.exists() else set()
    with open(path, "a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    new = set(breaches(copy)) - known
    assert any(word in breach for breach in new), new


@pytest.mark.parametrize(
    "line",
    [
        "from osnet_edu import osnet",
        "import osnet_edu.people",
        "from ..people import x",
        "from ..machine import whole",
        "from ..machine.whole import sync",
    ],
)
def test_a_lower_floor_may_be_imported(copy, line):
    (copy / PACKAGE / "people").mkdir(exist_ok=True)
    (copy / PACKAGE / "people" / "__init__.py").touch()
    known = set(breaches(copy))
    with open(copy / PACKAGE / "train" / "loop.py", "a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    assert set(breaches(copy)) == known


def test_lean_rooms_bring_nothing_heavy(tmp_path):
    # All at once: where together they bring nothing heavy, none of them does.
    rooms = ", ".join(f"{PACKAGE}.{room}" for room in LEAN)
    code = f"import sys, {rooms}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    # From an empty folder with nothing but the checkout on the path: a bare checkout is enough.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
