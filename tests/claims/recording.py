"""What a lesson's cells leave behind, recorded in the kernel that runs them: a notebook runs once for all checks.

An extension of IPython: the kernel loads it before the first cell, and OSNET_EDU_LESSON names the notebook.
"""

import json
import os
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import nbformat

from .running import Lesson, alt_of

_LESSON, _CELLS = Lesson(), []


def load_ipython_extension(shell) -> None:
    """Follow the shell: what is bound after each cell, and what the cell's last line gave."""
    notebook = nbformat.read(os.environ["OSNET_EDU_LESSON"], as_version=4)
    _CELLS[:] = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def note(result) -> None:
        while _CELLS:
            cell = _CELLS.pop(0)
            if cell.source == result.info.raw_cell:
                break
        else:
            return
        if cell.source.startswith("%%"):  # a student's own
            return
        _LESSON.after[cell.id] = SimpleNamespace(**{k: v for k, v in shell.user_ns.items() if k.isidentifier()})
        _LESSON.value[cell.id] = result.result
        _LESSON.alt[cell.id] = alt_of(result.result)

    shell.events.register("post_run_cell", note)


def judge(number: str, executed: str, out: str) -> None:
    """Hold the lesson's sentences against what was recorded.

    executed: the notebook with its outputs, a file.  out: where the sentences that do not hold are written, as JSON.
    """
    for cell in nbformat.read(executed, as_version=4).cells:
        if cell.cell_type == "code":
            _LESSON.printed[cell.id] = "".join(
                output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout"
            )
    claims = import_module(f"claims.nb{number}").BOOK.claims
    said = [verdict for claim in claims if (verdict := claim.verdict(_LESSON))]
    Path(out).write_text(json.dumps(said), encoding="utf-8")
