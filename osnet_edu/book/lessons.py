"""The lessons executed for the site, each once for a state of the kit: a folder a lesson in the cache.

A lesson's folder holds lesson.ipynb with its outputs, the pictures of these as files, and the widgets as `alive` writes
them. Its name says of what it was made, so that a build that was interrupted goes on where it ended.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError

from .. import assets
from ..refused import Refused
from . import kept, kernel
from .alive import with_files

_PACKAGE = Path(__file__).resolve().parent.parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What a lesson is made of: not the rooms that only start things, and of this one the files that look into a kernel.
LEFT_OUT = ("book", "commands", "lab", "__main__.py")
LOOKING = ("alive.py", "controls.py", "kernel.py", "lessons.py")
MADE_WITH = ("torch", "captum", "numpy", "pillow", "scipy", "matplotlib", "ipywidgets", "anywidget", "nbclient")
_SHIPPED = ("results", "seeds", "features", "colours", "pictures", assets.SUBSET, assets.WEIGHTS)


@dataclass(frozen=True)
class Lesson:
    """A notebook of the kit.  name: "00_start_here".  folder: of its outputs, once `executed` has made it."""

    path: Path
    folder: Path

    @property
    def name(self) -> str:
        return self.path.stem


def lessons_of(notebooks: Path, limits: Sequence[str] | None = None) -> list[Lesson]:
    """The lessons of a folder in their order.  limits: two digits each, "00" and "04", of those that are wanted.

    Raises: Refused where one of them is missing.
    """
    paths = sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))
    if limits is not None:
        missing = set(limits) - {path.name[:2] for path in paths}
        if missing:
            raise Refused(f"{notebooks} has no notebook {', '.join(sorted(missing))}")
        paths = [path for path in paths if path.name[:2] in limits]
    if not paths:
        raise Refused(f"{notebooks} holds no notebooks; expected a complete checkout")
    where = kept.folder_of(kept.KEPT_LESSONS)
    return [Lesson(path, where / f"{path.stem}-{_state(path)}") for path in paths]


def _state(path: Path) -> str:
    return kept.state([path], [_kit()])[:16]


@cache
def _kit() -> str:
    """A hash of all that decides what a lesson's cells give, but for the lesson itself."""
    return kept.state(_files(), [sys.version, *map(version, MADE_WITH)])


def _files() -> Iterator[Path]:
    for path in sorted(_PACKAGE.rglob("*")):
        inner = path.relative_to(_PACKAGE).parts
        looks = inner[0] == "book" and path.name in LOOKING
        if path.suffix in (".py", ".toml") and (looks or inner[0] not in LEFT_OUT):
            yield path
    for path in map(assets.path, _SHIPPED):
        yield from (one for one in sorted(path.rglob("*")) if one.is_file()) if path.is_dir() else [path]


def executed(lesson: Lesson) -> Lesson:
    """The lesson with its outputs: run in a fresh kernel, unless it was run before.

    Raises: Refused where a cell fails, with its error.
    """
    kept.made_once(lesson.folder, lambda growing: _execute(lesson, growing))
    return lesson


def _execute(lesson: Lesson, out: Path) -> None:
    notebook = nbformat.read(lesson.path, as_version=4)
    with (
        tempfile.TemporaryDirectory(prefix="osnet_edu_") as place,
        kernel.running(notebook, _work(Path(place)), _environment(Path(place))) as (client, ask),
    ):
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as failure:
                raise Refused(f"cell {index} of {lesson.path.name} failed: {failure}") from failure
        shown = [view for cell in notebook.cells for view in views(cell)]
        ask(f"from osnet_edu.book import alive as _alive; _alive.write({shown!r}, {str(out)!r})")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            _with_pictures(output, out)
    notebook.metadata.pop("widgets", None)
    nbformat.write(notebook, out / "lesson.ipynb")


def _work(place: Path) -> Path:
    """The folder in which the kernel runs, below a temporary one."""
    work = place / "work"
    work.mkdir()
    return work


def views(cell: nbformat.NotebookNode) -> list[str]:
    """The models of the widgets that a cell shows."""
    return [o.data[WIDGET_VIEW]["model_id"] for o in cell.get("outputs", []) if WIDGET_VIEW in o.get("data", {})]


def _with_pictures(output: nbformat.NotebookNode, out: Path) -> None:
    """Pictures in an output become files."""
    data = output.get("data", {})
    if "text/html" in data:
        data["text/html"] = with_files("".join(data["text/html"]), out / "pictures", lambda name: f"kit:{name}")


def _environment(place: Path) -> dict[str, str]:
    """This environment, in which a kernel reads no personal settings and finds this copy of the kit."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        kept[name] = str(place / name.lower())
    above = [str(_PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept["OSNET_EDU_PROGRESS"] = ""  # a page has no student
    return kept | {"PYTHONPATH": os.pathsep.join(above), "OSNET_EDU_CACHE": str(assets.cache().resolve())}
