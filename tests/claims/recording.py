"""What a lesson's cells leave behind, recorded in the kernel that runs them: a notebook runs once for all checks.

The kernel is asked in silence, between the notebook's own cells, which know nothing of it.
"""

import json
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import nbformat

from .running import Lesson, alt_of

_LESSON, _CELLS = Lesson(), []


def follow(lesson: str) -> None:
    """Note from now on what is bound after each cell of a notebook, a file, and what the cell's last line gave."""
    shell = sys.modules["IPython"].get_ipython()
    _CELLS[:] = [cell for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code"]

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


def report(out: str) -> None:
    """Write the kernel's largest memory so far, in MB, and the state of its widgets, as JSON."""
    widgets = sys.modules["ipywidgets"].Widget.get_manager_state() if "ipywidgets" in sys.modules else {"state": {}}
    Path(out).write_text(json.dumps({"megabytes": _peak(), "widgets": widgets}), encoding="utf-8")


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


def _peak() -> float:
    """VmHWM where there is a /proc: elsewhere getrusage, which counts a child from its parent's size."""
    if os.path.exists("/proc/self/status"):
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1e3
    if os.name == "nt":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
