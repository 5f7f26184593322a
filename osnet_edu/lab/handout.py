"""Notebooks as HTML pages to keep or to hand in, each one file that needs nothing else: lab.py export [NOTEBOOKS].

Outputs and answers stand there as the notebook has them; nothing is run. A widget needs Python, so a sentence stands in
its place, and below a prediction what was chosen. A page loads nothing and runs no script.
"""

import argparse
import html
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from .. import progress
from ..book import glossary
from ..machine import whole
from ..refused import Refused
from ..widgets import ask
from . import ending, programs

_WIDGET = "application/vnd.jupyter.widget-view+json"
_POLICY = "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'"
_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script>", re.DOTALL | re.IGNORECASE)
_FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$([^$\n]+?)\$(?![\w$])", re.DOTALL)
_CODE = re.compile(r"(```.*?```|`[^`]*`)", re.DOTALL)
_QUESTION = re.compile(r'\bask\("(\d\d\.[\w-]+)"\)')


def exported(notebooks: Sequence[str], out: str) -> None:
    """Write each notebook as NAME.html into a new folder, and say which.

    notebooks: files; without any, those of my_notebooks/, or of notebooks/ where there is no such folder.
    Raises: Refused for a file that is not a notebook, after the others are written, and for two of one name.
    """
    paths = [Path(name) for name in notebooks] or _own()
    names = [path.stem for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused(f"two notebooks are named {twice[0]}; expected names of their own, or one export for each")
    chosen, problems = _predictions(), []
    with whole.folder(out) as growing:
        for path in paths:
            try:
                page = as_html(path, chosen, names)
            except Refused as refusal:
                problems.append(str(refusal))
                continue
            (growing / f"{path.stem}.html").write_text(page, encoding="utf-8")
        if len(problems) == len(paths):
            raise Refused("; ".join(problems))
    for path in paths:
        if (page := Path(out, f"{path.stem}.html")).is_file():
            programs.say(f"  {page} ({page.stat().st_size / 1e6:.1f} MB)")
    if problems:
        raise Refused("; ".join(problems))


def _own() -> list[Path]:
    for folder in ("my_notebooks", "notebooks"):
        paths = sorted(Path(programs.HERE, folder).glob("*.ipynb"))
        if paths:
            return paths
    raise Refused(f"{programs.HERE} has no notebooks; expected a complete checkout, or the names of notebooks")


def _predictions() -> dict[str, int]:
    """Prediction -> the answer that this student chose first, counted from 1."""
    chosen: dict[str, int] = {}
    for event in progress.read().events:
        if event.what == progress.PREDICTED and event.detail.isdecimal():
            chosen.setdefault(event.exercise, int(event.detail))
    return chosen


def as_html(path: Path, chosen: dict[str, int], names: Sequence[str]) -> str:
    """One notebook as a page.  chosen: prediction -> answer.  names: of the notebooks that a link may lead to.

    Raises: Refused, naming the file, where it is not a notebook.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError as error:
        raise Refused(f"{path} is not there; expected a notebook") from error
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise Refused(f"{path} is not a notebook that can be read; expected a file that JupyterLab opens") from error
    formulas = _Formulas()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas.marked(_links(cell.source, names))
        elif cell.cell_type == "code":
            cell.outputs = [_still(output, cell.source, chosen) for output in cell.outputs]
    notebook.metadata.pop("widgets", None)
    maker = HTMLExporter(template_name="lab", embed_images=True)
    page, _ = maker.from_notebook_node(notebook, {"metadata": {"name": path.stem, "path": str(path.parent)}})
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return (
        formulas.put(_SCRIPT.sub("", page)).replace("<head>", head, 1).replace("</head>", f"{_dark(maker)}</head>", 1)
    )


def _dark(maker: HTMLExporter) -> str:
    """JupyterLab's dark colours, for a system that asks for them."""
    for folder in maker.template_paths:
        sheet = Path(folder, "static", "theme-dark.css")
        if sheet.is_file():
            return f"<style>@media (prefers-color-scheme: dark) {{ {sheet.read_text(encoding='utf-8')} }}</style>"
    return ""


def _links(text: str, names: Sequence[str]) -> str:
    """A text whose links lead to pages of this export; other links into the kit are left as words."""

    def to_page(link: re.Match) -> str:
        return f"[{link[1]}]({link[2]}.html{link[3]})" if link[2] in names else link[1]

    text = re.sub(r"\[([^\]]*)\]\(#flow=[^)]*\)", r"\1", glossary.unlinked(text))
    return re.sub(r"\[([^\]]*)\]\((\d\d_[\w-]+)\.ipynb(#[^)]*)?\)", to_page, text)


class _Formulas:
    """Draws the formulas of texts, where Docutils is installed, as for the site; else they stay as they are typed.

    In Markdown a mark stands for each of them, since a paragraph that begins with a tag is not read as Markdown.
    """

    def __init__(self) -> None:
        self._drawn: list[str] = []
        try:
            from ..book import generator
        except ImportError:
            self._draw: Callable[[str, bool], str] | None = None
        else:
            self._draw = generator.mathml

    def marked(self, text: str) -> str:
        """A Markdown text with marks for its formulas; code is left as it is."""
        if self._draw is None:
            return text
        parts = _CODE.split(text)  # every other one is code
        return "".join(part if k % 2 else _FORMULA.sub(self._mark, part) for k, part in enumerate(parts))

    def _mark(self, formula: re.Match) -> str:
        assert self._draw is not None
        try:
            self._drawn.append(self._draw(formula[1] or formula[2], bool(formula[1])))
        except Exception:  # a formula that the converter does not know stays as it is typed
            return formula[0]
        return f"\ue000{len(self._drawn) - 1}\ue001"

    def put(self, page: str) -> str:
        """A page with the formulas where the marks stand."""
        return re.sub("\ue000(\\d+)\ue001", lambda mark: self._drawn[int(mark[1])], page)


def _still(output: nbformat.NotebookNode, source: str, chosen: dict[str, int]) -> nbformat.NotebookNode:
    """An output as a page without Python shows it."""
    if _WIDGET not in output.get("data", {}):
        return output
    asked = _QUESTION.search(source)
    text = "<p><em>A widget is here in the notebook.</em></p>"
    if asked:
        try:
            text = _asked(asked[1], chosen.get(asked[1], 0))
        except Refused:  # a question of another version of the kit
            pass
    return nbformat.v4.new_output("display_data", {"text/html": text})


def _asked(name: str, chosen: int) -> str:
    box = ask(name)
    answers = "".join(
        f"<li>{html.escape(answer)}{' <b>← your prediction</b>' if k == chosen else ''}</li>"
        for k, answer in enumerate(box.answers, start=1)
    )
    return f"<p><b>{html.escape(box.question)}</b></p><ol>{answers}</ol>"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="lab.py export")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="without any: all of yours")
    parser.add_argument("--out", metavar="FOLDER", help="a new folder; without it one that is named after the time")
    options = parser.parse_args()
    out = options.out or str(Path(programs.HERE, time.strftime("html-%Y-%m-%d-%H%M%S")))
    ending.run_program(exported, options.notebooks, out, stopped="\nlab.py: stopped; nothing was written.\n")
