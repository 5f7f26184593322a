"""Students' notebooks: whose they are, and which cells hold their answers. Stored outputs are never looked at."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from .. import __version__
from ..exercises import GRADED, REGISTRY, Exercise, by_notebook, checked_number
from ..refused import Refused

_MOST_BYTES = 100_000_000
_MAGIC = re.compile(r"\s*%%exercise[ \t]+(\S+)[^\n]*(?:\n|$)")
_STUDENT = re.compile(r"""^\s*(?:\w+\.)?student_number\(\s*(["'])(.*?)\1\s*\)""", re.MULTILINE)
_LESSON = re.compile(r"\d\d_\w+")  # the name of a lesson's file: then the student is the folder
KIT_NAME = __name__.partition(".")[0]


@dataclass(frozen=True)
class AnswerCell:
    """What a notebook has for one exercise.  source: of the cell, None where there is no such cell.

    context: the statements of earlier cells that it uses.  number: of the student, where the exercise's numbers depend
    on it; "" where the notebook has none.
    """

    exercise: str
    source: str | None
    context: tuple[str, ...] = ()
    number: str = ""


@dataclass(frozen=True)
class HandedIn:
    """One notebook of one student.  answers: of its exercises, in the order of the lessons.  notes: sentences.

    number: of the student, as a cell says it; "" where none does.
    """

    path: Path
    student: str
    answers: tuple[AnswerCell, ...]
    notes: tuple[str, ...] = ()
    number: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A notebook that could not be used, and why."""

    path: Path
    why: str


@dataclass
class _Cells:
    statements: list[ast.stmt] = field(default_factory=list)
    answers: dict[str, tuple[str, int]] = field(default_factory=dict)  # exercise -> its cell, statements before it
    defined: dict[str, tuple[str, int]] = field(default_factory=dict)  # name -> the last cell without a magic


def read_all(given: Sequence[Path | str]) -> tuple[list[HandedIn], list[LeftOut]]:
    """The notebooks of a class.  given: notebooks, and folders in which they are looked for.

    Raises: Refused for what is not there, and where no notebook is found.
    """
    handed, left = [], []
    paths = list(dict.fromkeys(path for one in given for path in _below(Path(one))))
    if not paths:
        raise Refused(f"no notebook (.ipynb) in {', '.join(str(one) for one in given)}")
    for path in paths:
        try:
            handed.append(read_notebook(path))
        except Refused as why:
            left.append(LeftOut(path, str(why)))
    return handed, left


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = sorted(path.rglob("*.ipynb"))
        yield from (one for one in found if not any(part.startswith(".") for part in one.relative_to(path).parts))
    elif path.exists():
        yield path
    else:
        raise Refused(f"{path} is not there; expected a notebook, or a folder with notebooks")


def student_of(path: Path) -> str:
    """The name of a notebook's file; that of its folder where the file bears a lesson's name, such as 02_... ."""
    return path.absolute().parent.name if _LESSON.fullmatch(path.stem) else path.stem


def read_notebook(path: Path) -> HandedIn:
    """One notebook.  Raises: Refused for one that cannot be read, has no exercises, or is of another version."""
    cells = _Cells()
    sources = code_cells(path)
    for source in sources:
        _add(cells, source)
    number, strange_number = _number(sources)
    known = {name: found for name, found in cells.answers.items() if name in REGISTRY or name in GRADED}
    strange = [name for name in cells.answers if name not in known]
    unknown = f"{', '.join(strange[:5])} {'is' if len(strange) == 1 else 'are'} unknown to version {__version__}"
    if not known:
        if strange:
            raise Refused(f"it belongs to another version of the kit: its exercise {unknown}")
        raise Refused("it has no exercises: no cell begins with %%exercise")
    tasks: dict[str, Any] = {**REGISTRY, **GRADED}
    ((lesson, _),) = Counter(tasks[name].notebook for name in known).most_common(1)
    asked = [] if all(name in GRADED for name in known) else [task.name for task in by_notebook(lesson)]
    names = [*asked, *(name for name in tasks if name in known and name not in asked)]
    answers = []
    for name in names:
        found = known.get(name) or (cells.defined.get(REGISTRY[name].answer) if name in REGISTRY else None)
        if found is None:
            answers.append(AnswerCell(name, None))
        else:
            source, before = found
            context = needed(cells.statements[:before], _names_of(source))
            answers.append(AnswerCell(name, source, context, number if name in GRADED else ""))
    notes = [f"Its exercise {unknown}, so it may belong to another version of the kit."] if strange else []
    notes += [strange_number] if strange_number else []
    return HandedIn(path, student_of(path), tuple(answers), tuple(notes), number)


def _number(sources: Sequence[str]) -> tuple[str, str]:
    """The student's number that the last cell with one sets, and a sentence where it cannot be one."""
    found = [match[2] for source in sources for match in _STUDENT.finditer(source)]
    try:
        return (checked_number(found[-1]), "") if found else ("", "")
    except Refused as why:
        return "", f"Its student's number was not used: {why}."


def code_cells(path: Path) -> list[str]:
    """The sources of a notebook's code cells.  Raises: Refused where the file is not a notebook."""
    try:
        if not path.is_file():
            raise Refused("it is not a file")
        if path.stat().st_size > _MOST_BYTES:
            raise Refused(f"it is larger than {_MOST_BYTES // 1_000_000} MB; clear its outputs")
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise Refused("it is not JSON, as a notebook is: the file is damaged, or is another kind of file") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise Refused("it is JSON and not a notebook of version 4: there is no list of cells")
    return [_source(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else ""


def _add(cells: _Cells, source: str) -> None:
    magic = _MAGIC.match(source)
    body = plain_python(source[magic.end() :] if magic else source)
    before = len(cells.statements)
    try:
        statements = ast.parse(body).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        statements = []
    if magic:
        cells.answers.pop(magic[1], None)
        cells.answers[magic[1]] = ("\n" + body, before)  # line 1 is the magic
    else:
        for name in {name for statement in statements for name in _bound(statement)}:
            cells.defined[name] = (body, before)
    cells.statements += statements


def plain_python(source: str) -> str:
    """A cell as Python: its magics become calls of get_ipython(), as in a notebook."""
    try:
        return TransformerManager().transform_cell(source)
    except (SyntaxError, RecursionError, ValueError):
        return source


def needed(statements: Sequence[ast.stmt], names: set[str]) -> tuple[str, ...]:
    """Those of some statements that bind the names, and what they need in turn, in their order, as sources."""
    binds = [_bound(statement) for statement in statements]
    taken: set[int] = set()
    todo = [(name, len(statements)) for name in sorted(names)]
    while todo:
        name, before = todo.pop()
        number = next((k for k in reversed(range(before)) if name in binds[k]), None)
        if number is not None and number not in taken:
            taken.add(number)
            todo += [(other, len(statements)) for other in sorted(_used(statements[number])) if other not in names]
    return tuple(ast.unparse(statements[number]) for number in sorted(taken))


def _names_of(source: str) -> set[str]:
    try:
        return _used(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement at the top of a cell binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def kit_of(task: Exercise) -> dict[str, str]:
    """What an exercise's starter imports of the kit: module -> the definitions that it needs, and no others."""
    return _kit_of(task.starter)


@cache
def _kit_of(starter: str) -> dict[str, str]:
    found = {}
    for node in ast.walk(ast.parse(starter)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == KIT_NAME:
            spec = find_spec(node.module or "")
            assert spec is not None and spec.origin is not None
            statements = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
            found[node.module or ""] = "\n\n".join(needed(statements, {alias.name for alias in node.names}))
    return found
