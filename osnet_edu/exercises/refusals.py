"""What a lesson's cell shows if it cannot go on: the sentence of the refusal and the cell's line, and no traceback.

A refused cell leaves its names unmade. A later cell that uses one of them repeats the sentence, where Python alone
would say that the name is not defined. Every other error keeps its traceback.
"""

import ast
import linecache
import traceback
from types import TracebackType

from ..refused import Refused


class Refusals:
    """The refused cells of one notebook.  unmade: from each name that such a cell did not make to its sentence."""

    def __init__(self) -> None:
        self.unmade: dict[str, str] = {}

    def watch(self, shell) -> None:
        """Show the refusals of a notebook's cells in this way from now on."""
        if not shell.custom_exceptions:  # another extension's own handler stays
            shell.set_custom_exc((Refused, NameError), self._show)
        if self._note not in shell.events.callbacks["post_run_cell"]:
            shell.events.register("post_run_cell", self._note)

    def _show(self, shell, kind, error, trace: TracebackType, tb_offset: int | None = None) -> None:
        line, within = _place(shell, trace)
        if isinstance(error, Refused):
            said = str(error)
        elif error.name in self.unmade and not within:
            said = f"{error.name} is missing, since its cell was refused: {self.unmade[error.name]}"
        else:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return
        shell._showtraceback(Refused, Refused(said), [f"Refused: {said}", *([f"in the line: {line}"] if line else [])])

    def _note(self, result) -> None:
        """Remember what a cell that ends in a refusal did not make, and forget what another one has made."""
        error = result.error_in_exec
        said = str(error) if isinstance(error, Refused) else None
        if isinstance(error, NameError):
            said = self.unmade.get(error.name or "")
        for name in _names(result.info.transformed_cell or ""):
            if said is not None:
                self.unmade[name] = said
            elif result.success:
                self.unmade.pop(name, None)


def _place(shell, trace: TracebackType) -> tuple[str, bool]:
    """The cell's line on the way to an error, and whether the error is from further within, such as the library."""
    frames = list(traceback.walk_tb(trace))
    own = [(frame, number) for frame, number in frames if frame.f_globals is shell.user_ns]
    if not own:
        return "", True
    frame, number = own[-1]
    return linecache.getline(frame.f_code.co_filename, number).strip(), frame is not frames[-1][0]


def _names(source: str) -> set[str]:
    """The names that a cell makes when it runs."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    made = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return made | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
