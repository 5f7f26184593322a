"""Every notebook: committed clean, runs, hides no error, describes its pictures, and its sentences are true.

It runs once, in JupyterLab in Chromium as a person meets it, and all checks look at that run.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import axe
import nbformat
import pytest
from labpage import DARK, LIGHT, LabPage
from lessonrun import Run, in_kernel, in_lab

from osnet_edu.lab import needs

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
MEMORY_LIMIT_MB = 1200  # Binder gives about 2 GB, the browser's tab aside


def widget_states(notebook: nbformat.NotebookNode) -> Iterator[dict]:
    for view in notebook.metadata.get("widgets", {}).values():
        for model in view.get("state", {}).values():
            yield model.get("state", {})


def outputs(notebook: nbformat.NotebookNode) -> Iterator[dict]:
    """Every output, of cells and of the Output widgets, where interact() and its like put theirs."""
    for cell in notebook.cells:
        yield from cell.get("outputs", [])
    for state in widget_states(notebook):
        yield from state.get("outputs", [])


def hidden_errors(notebook: nbformat.NotebookNode) -> list[str]:
    """Errors that stop no cell: inside `with Output():`, interact() or an observer."""
    found = [f"{o['ename']}: {o.get('evalue', '')}" for o in outputs(notebook) if "ename" in o]
    for output in outputs(notebook):
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            found += re.findall(r"(?m)^(?:Traceback \(most|.*\w+(?:Error|Warning): ).*$", output["text"])
    return found


class Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.without_alt: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "img" and not (dict(attributes).get("alt") or "").strip():
            self.without_alt.append((dict(attributes).get("src") or "")[:60])

    handle_startendtag = handle_starttag


def images_without_alt(html: str) -> list[str]:
    parser = Images()
    parser.feed(html)
    return parser.without_alt


def undescribed_pictures(notebook: nbformat.NotebookNode) -> list[str]:
    """Pictures that a person who does not see them would know nothing of.

    A bare image output has no place for a description in JupyterLab: an <img alt="..."> has.
    """
    found = []
    for output in outputs(notebook):
        data = output.get("data", {})
        if "text/html" in data:
            found += images_without_alt("".join(data["text/html"]))
        else:
            found += [f"a bare {kind} output" for kind in data if kind.startswith("image/")]
    for state in widget_states(notebook):
        if state.get("_model_name") == "ImageModel":
            found.append("an ipywidgets.Image")
        if state.get("_model_name") in ("HTMLModel", "HTMLMathModel"):
            found += images_without_alt(state.get("value", ""))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found += images_without_alt(cell.source)
            found += re.findall(r"!\[\s*\]\([^)]*\)", cell.source)
    return found


# What these return is the output of a cell that ends in it, and is lost in any other place.
SHOWN = {"figures.show", "picture", "ask"}


def lost_pictures(notebook: nbformat.NotebookNode) -> list[str]:
    """Pictures and questions that nobody will see, because the cell goes on behind them."""
    lost = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.source.startswith("%%"):
            continue
        tree = ast.parse("\n".join("" if line.startswith("%") else line for line in cell.source.splitlines()))
        for node in ast.walk(tree):
            dropped = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node is not tree.body[-1]
            if dropped and ast.unparse(node.value.func) in SHOWN:
                lost.append(ast.unparse(node))
    return lost


def tiny(*cells: str) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


# ---------------------------------------------------------------------------------------------
# The checks themselves


# A PNG of one pixel.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def test_there_is_something_to_run():
    if not NOTEBOOKS:
        pytest.skip("no notebook is there yet")


def test_a_hidden_error_and_a_bare_picture_are_seen(tmp_path, kernel_environment):
    notebook = tiny(
        "import ipywidgets, base64\nfrom IPython.display import HTML, Image, display\nimport osnet_edu\n"
        "out = ipywidgets.Output()\nwith out:\n    1 / 0\nout",
        "ipywidgets.interact(lambda x: {}[x], x=3);",
        f"dot = base64.b64decode({DOT!r})\n"
        "display(Image(data=dot, alt='JupyterLab drops this'))\n"
        """display(HTML('<img src="a.png"><img alt="" src="b.png">'))\n"""
        'HTML(\'<img alt="a dot" src="c.png">\')',
        "import warnings; warnings.warn('old news')",
    )
    done = in_kernel(notebook, tmp_path, kernel_environment)
    assert done.error == ""
    assert hidden_errors(done.notebook)[:2] == ["ZeroDivisionError: division by zero", "KeyError: 3"]
    assert "UserWarning: old news" in hidden_errors(done.notebook)[2]
    assert undescribed_pictures(done.notebook) == ["a bare image/png output", "a.png", "b.png"]
    assert 20 < done.megabytes < 1000


def test_a_failing_cell_is_seen(tmp_path, kernel_environment):
    done = in_kernel(tiny("pass", "undefined_name"), tmp_path, kernel_environment)
    assert "NameError" in done.error


def test_a_picture_that_no_cell_ends_in_is_missed():
    cells = [
        "%load_ext x\nfigures.show(a)",
        "figures.show(b)\nprint(1)",
        "for c in d:\n    picture(c)",
        "ask(e)",
        "%%x\n(",
    ]
    assert lost_pictures(tiny(*cells)) == ["figures.show(b)", "picture(c)"]


# ---------------------------------------------------------------------------------------------
# The notebooks


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata, "it carries saved widgets: clear all outputs"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None, "it carries outputs: clear all outputs"
    assert notebook.metadata.get("kernelspec", {}).get("name") == "python3", "any machine has a kernel named python3"
    assert str(Path.home()) not in json.dumps(notebook), "it names a folder of one machine"
    assert lost_pictures(notebook) == [], "a cell has to end in what it shows"


@dataclass(frozen=True)
class Seen:
    """A notebook's one run.  page: what was wrong on JupyterLab's page; None where there is no browser to look with."""

    run: Run
    page: list[str] | None


@pytest.fixture(scope="module")
def done_once(request, tmp_path_factory, kernel_environment):
    """done_once(path): what a notebook did and how it looked, in a run that is made on the first call."""
    browser = needs.find_chromium() or os.environ.get("OSNET_EDU_REQUIRE_BROWSER")
    shared = request.getfixturevalue("shared_page") if browser else None

    @cache
    def done(path: Path) -> Seen:
        folder = tmp_path_factory.mktemp(path.stem)
        if shared is None:
            return Seen(in_kernel(nbformat.read(path, as_version=4), folder, kernel_environment, path), None)
        page = shared.page()
        there = page.server.root / "notebooks"
        shutil.rmtree(there, ignore_errors=True)
        shutil.copytree(path.parent, there, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        try:
            run = in_lab(page, f"notebooks/{path.name}", folder, path)
            return Seen(run, looked_at(page, path.stem))
        finally:
            shared.clear()

    return done


# A widget of which each of these lessons is made, judged in its place between text and pictures.
JUDGED = {"01_who_is_it": ".oe-ranking", "04_the_aggregation_gate": ".oe-mixer", "09_where": ".oe-duel"}


def looked_at(page: LabPage, name: str) -> list[str]:
    """What is wrong on the page of a notebook that has run: errors, what axe finds, and requests to the outside.

    OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture in both themes.
    """
    found, folder = page.errors(), os.environ.get("OSNET_EDU_SCREENSHOTS")
    judged = [".oe-predict", JUDGED[name]] if name in JUDGED else []
    if judged:
        boxes = page.page.locator(".oe-predict")
        found += [] if boxes.count() >= 5 else [f"only {boxes.count()} boxes to guess in"]
        boxes.first.locator("button").first.click()
        boxes.first.locator(".oe-tag", has_text="this is what happens").wait_for()
    for theme, suffix in ((LIGHT, "light"), (DARK, "dark")):
        page.theme(theme)
        found += [violation for selector in judged for violation in axe.violations(page.page, selector)]
        if folder:
            page.screenshot(Path(folder) / f"{name}_{suffix}.png")
    return [*found, *page.errors(), *page.outside_requests()]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, done_once, report_notebook):
    done = done_once(path).run
    report_notebook(path.name, done.seconds, done.megabytes)
    assert done.error == ""
    assert hidden_errors(done.notebook) == []
    assert undescribed_pictures(done.notebook) == []
    if os.path.exists("/proc/self/status"):
        assert done.megabytes < MEMORY_LIMIT_MB


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_sound_in_the_browser(path, chromium_path, done_once):
    assert done_once(path).page == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_compute_what_the_sentences_say(path, done_once):
    untrue = done_once(path).run.untrue
    assert untrue == [], "the notebook failed" if untrue is None else "\n" + "\n".join(untrue)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_to_files_that_are_there(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []
