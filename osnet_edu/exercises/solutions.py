"""The solution of an exercise as text: a model answer to paste, and the library's own code below it."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .record import Exercise


def pasted(task: Exercise) -> str:
    """The model answer as a student's cell: the imports that it needs, then the function or class."""
    made = _source(task.model_answer)
    module = ast.parse(inspect.getsource(_module(task.model_answer)))
    used = {node.id for node in ast.walk(ast.parse(made)) if isinstance(node, ast.Name)}
    heads = []
    for node in module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in used]
            heads += [ast.unparse(node)] if node.names else []
    return "\n\n\n".join(["\n".join(heads), made]) if heads else made


def library_code(task: Exercise) -> list[tuple[str, str]]:
    """The library's code that does the same: names with their module, and the source; one entry for each module."""
    found: dict[str, list[Any]] = {}
    for shown in task.shows:
        for one in (shown, *_handed_to(shown)):
            found.setdefault(_module(one).__name__, []).append(one)
    return [
        (f"`{module}`: {', '.join(f'`{one.__qualname__}`' for one in made)}", "\n\n".join(map(_source, made)))
        for module, made in found.items()
    ]


def _module(made: Any) -> ModuleType:
    found = inspect.getmodule(made)
    assert found is not None
    return found


def _source(made: Any) -> str:
    return textwrap.dedent(inspect.getsource(made)).rstrip()


def _handed_to(shown: Any) -> Iterator[Any]:
    """The function that does the work, if the shown one only returns its answer."""
    made = ast.parse(_source(shown)).body[0]
    assert isinstance(made, ast.FunctionDef | ast.ClassDef)
    work = [node for node in made.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    if len(work) == 1 and isinstance(work[0], ast.Return) and isinstance(work[0].value, ast.Call):
        called = work[0].value.func
        if isinstance(called, ast.Name) and inspect.isfunction(inner := shown.__globals__.get(called.id)):
            yield inner
