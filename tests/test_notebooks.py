"""Every notebook: committed clean, runs in a real kernel, hides no error, and describes its pictures."""

from __future__ import annotations

import ast
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
MEMORY_LIMIT_MB = 1200  # Binder gives about 2 GB, the browser's tab aside
CELL_TIMEOUT = 400

# VmHWM where there is a /proc: elsewhere getrusage, which counts a child from its parent's size.
PEAK = r"""
def _peak_megabytes():
    import os, re, sys
    if os.path.exists("/proc/self/status"):
        return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read()).group(1)) / 1e3
    if os.name == "nt":
        import psutil
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
_peak_megabytes()
"""


@dataclass(frozen=True)
class Run:
    """untrue: the lesson's sentences that its own cells contradict; None where the notebook is no lesson or failed."""

    notebook: nbformat.NotebookNode
    error: str
    seconds: float
    megabytes: float
    untrue: list[str] | None = None


def run(notebook: nbformat.NotebookNode, folder: Path, environment: dict[str, str], lesson: Path | None = None) -> Run:
    """Execute every cell in a fresh kernel whose folder is `folder`.

    lesson: the notebook's own file, if its sentences are to be held against what its cells compute.
    """
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT, resources={"metadata": {"path": str(folder)}})
    started = time.monotonic()
    error, untrue = "", None
    if lesson is not None:
        path = os.pathsep.join([environment["PYTHONPATH"], str(Path(__file__).parent)])
        environment = {**environment, "OSNET_EDU_LESSON": str(lesson), "PYTHONPATH": path}
    with client.setup_kernel(env=environment):
        look_again(client.kc.shell_channel)
        if lesson is not None:
            in_silence(client, "get_ipython().extension_manager.load_extension('claims.recording')")
        try:
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
        except CellExecutionError as failure:
            error = str(failure)
        seconds = time.monotonic() - started
        client.set_widgets_metadata()
        notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        peak = notebook.cells.pop().outputs[0]["data"]["text/plain"]
        if lesson is not None and not error:
            executed, verdicts = folder / "executed.ipynb", folder / "verdicts.json"
            nbformat.write(notebook, executed)
            asked = (lesson.stem[:2], str(executed), str(verdicts))
            in_silence(client, f"__import__('claims.recording').recording.judge{asked!r}")
            untrue = json.loads(verdicts.read_text(encoding="utf-8"))
    return Run(notebook, error, seconds, float(peak), untrue)


def look_again(channel) -> None:
    """Ask a kernel's channel for its next message once a second, however long the wait is.

    An Output widget sends to the kernel while nbclient waits for an answer on the same socket. ZeroMQ may then wake
    nobody when the answer comes, and the wait lasts until its limit.
    """
    ask = channel.get_msg

    async def get_msg(timeout: float | None = None):
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 1.0 if ends is None else ends - time.monotonic()
            try:
                return await ask(timeout=max(0.0, min(1.0, left)))
            except Empty:
                if left <= 0:
                    raise

    channel.get_msg = get_msg


def in_silence(client: NotebookClient, code: str) -> None:
    """Run code in the notebook's kernel of which no cell and no history knows."""
    answer = run_sync(client.kc.execute_interactive)(
        code, silent=True, store_history=False, timeout=CELL_TIMEOUT, output_hook=lambda _message: None
    )
    assert answer["content"]["status"] == "ok", "\n".join(answer["content"].get("traceback", []))


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
    done = run(notebook, tmp_path, kernel_environment)
    assert done.error == ""
    assert hidden_errors(done.notebook)[:2] == ["ZeroDivisionError: division by zero", "KeyError: 3"]
    assert "UserWarning: old news" in hidden_errors(done.notebook)[2]
    assert undescribed_pictures(done.notebook) == ["a bare image/png output", "a.png", "b.png"]
    assert 20 < done.megabytes < 1000


def test_a_failing_cell_is_seen(tmp_path, kernel_environment):
    done = run(tiny("pass", "undefined_name"), tmp_path, kernel_environment)
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


@pytest.fixture(scope="module")
def done_once(tmp_path_factory, kernel_environment):
    """done_once(path): a notebook's run in a kernel, made on the first call."""

    @cache
    def done(path: Path) -> Run:
        notebook = nbformat.read(path, as_version=4)
        return run(notebook, tmp_path_factory.mktemp(path.stem), kernel_environment, path)

    return done


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, done_once, report_notebook):
    done = done_once(path)
    report_notebook(path.name, done.seconds, done.megabytes)
    assert done.error == ""
    assert hidden_errors(done.notebook) == []
    assert undescribed_pictures(done.notebook) == []
    if os.path.exists("/proc/self/status"):
        assert done.megabytes < MEMORY_LIMIT_MB


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_compute_what_the_sentences_say(path, done_once):
    untrue = done_once(path).untrue
    assert untrue == [], "the notebook failed" if untrue is None else "\n" + "\n".join(untrue)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_to_files_that_are_there(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []
