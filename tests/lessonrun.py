"""A notebook executed once for all that is asked of it: in JupyterLab, or without a browser in a bare kernel."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from labpage import LabPage
from nbclient.exceptions import CellExecutionError

from osnet_edu.book import kernel

BEGIN = f"__import__('sys').path.append({str(Path(__file__).resolve().parent)!r})"
RECORDING = "__import__('claims.recording').recording"
WIDGETS = "application/vnd.jupyter.widget-state+json"


@dataclass(frozen=True)
class Run:
    """What a notebook did.  notebook: with its outputs, and the state of its widgets.  error: of the cell that failed.

    megabytes: the kernel's most.  untrue: the lesson's sentences that its own cells contradict; None where the notebook
    is no lesson or failed.
    """

    notebook: nbformat.NotebookNode
    error: str
    seconds: float
    megabytes: float
    untrue: list[str] | None = None


def in_kernel(
    notebook: nbformat.NotebookNode, folder: Path, environment: dict[str, str], lesson: Path | None = None
) -> Run:
    """Execute every cell in a fresh kernel whose folder is `folder`.

    lesson: the notebook's own file, if its sentences are to be held against what its cells compute.
    """
    started, error = time.monotonic(), ""
    with kernel.running(notebook, folder, environment) as (client, ask):
        _begin(ask, lesson)
        try:
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
        except CellExecutionError as failure:
            error = str(failure)
        seconds = time.monotonic() - started
        client.set_widgets_metadata()
        return _end(ask, folder, lesson, notebook, error, seconds)


def in_lab(page: LabPage, name: str, folder: Path, lesson: Path) -> Run:
    """Run all cells of a notebook that JupyterLab serves as `name`; the page stays open on it."""
    page.open(name)
    _begin(page.ask, lesson)
    started = time.monotonic()
    page.run_all(patience=kernel.CELL_TIMEOUT)
    seconds = time.monotonic() - started
    notebook = page.notebook()
    failed = [o for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]
    error = "\n".join(f"{output.ename}: {output.evalue}" for output in failed)
    return _end(page.ask, folder, lesson, notebook, error, seconds)


def _begin(ask: Callable[[str], None], lesson: Path | None) -> None:
    ask(BEGIN)
    if lesson is not None:
        ask(f"{RECORDING}.follow({str(lesson)!r})")


def _end(ask, folder: Path, lesson: Path | None, notebook: nbformat.NotebookNode, error: str, seconds: float) -> Run:
    report, executed, verdicts = (folder / name for name in ("report.json", "executed.ipynb", "verdicts.json"))
    ask(f"{RECORDING}.report({str(report)!r})")
    told = json.loads(report.read_text(encoding="utf-8"))
    notebook.metadata.setdefault("widgets", {WIDGETS: told["widgets"]})
    if lesson is None or error:
        return Run(notebook, error, seconds, told["megabytes"])
    nbformat.write(notebook, executed)
    ask(f"{RECORDING}.judge({lesson.stem[:2]!r}, {str(executed)!r}, {str(verdicts)!r})")
    return Run(notebook, error, seconds, told["megabytes"], json.loads(verdicts.read_text(encoding="utf-8")))
