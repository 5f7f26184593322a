"""A lesson's cells, run in this process as a student runs them, with what each of them left behind."""

import ast
import contextlib
import html
import io
import os
import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import nbformat
import torch


@dataclass
class Lesson:
    """after: the names that are bound after a cell.  printed: its output.  alt: the alternative text of its picture."""

    after: dict[str, SimpleNamespace] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    alt: dict[str, str] = field(default_factory=dict)
    value: dict[str, object] = field(default_factory=dict)

    @property
    def end(self) -> SimpleNamespace:
        """The names after the last cell."""
        return list(self.after.values())[-1]


def run(
    notebook: nbformat.NotebookNode, folder: Path, change: Callable[[str, str], str] = lambda _, code: code
) -> Lesson:
    """Run all cells but the students' own (exercises).

    folder: where it may write.  change: (cell, source) -> another source, to plant a contradiction.
    """
    lesson, names = Lesson(), {"__name__": "__main__"}
    before, threads = os.getcwd(), torch.get_num_threads()
    os.chdir(folder)
    torch.set_num_threads(1)  # on a busy machine two threads wait for each other
    try:
        for cell in notebook.cells:
            if cell.cell_type != "code" or cell.source.startswith("%%"):
                continue
            _cell(lesson, names, cell.id, change(cell.id, cell.source))
    finally:
        for value in names.values():
            if isinstance(value, tempfile.TemporaryDirectory):
                value.cleanup()
        os.chdir(before)
        torch.set_num_threads(threads)
    return lesson


def _cell(lesson: Lesson, names: dict, name: str, source: str) -> None:
    tree = ast.parse("\n".join("" if line.startswith("%") else line for line in source.splitlines()))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out, value = io.StringIO(), None
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        exec(compile(tree, name, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), names)
    lesson.after[name] = SimpleNamespace(**{k: v for k, v in names.items() if k.isidentifier()})
    lesson.printed[name], lesson.value[name] = out.getvalue(), value
    lesson.alt[name] = alt_of(value)


def alt_of(value: object) -> str:
    """The alternative text of a picture that a cell shows, or ''."""
    shown = re.search(r'alt="([^"]*)"', str(getattr(value, "data", "") or ""))
    return html.unescape(shown[1]) if shown else ""
