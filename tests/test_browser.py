"""The browser's own checks, on small notebooks: what works is seen to work, and what is wrong is seen.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from labpage import DARK, LIGHT, LabPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def write_notebook(path: Path, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def look(page: LabPage, name: str) -> None:
    """Nothing may break when the theme changes, and the pictures are kept for a person to look at."""
    folder = os.environ.get("OSNET_EDU_SCREENSHOTS")
    for theme, suffix in ((LIGHT, "light"), (DARK, "dark")):
        page.theme(theme)
        if folder:
            page.screenshot(Path(folder) / f"{name}_{suffix}.png")
    assert page.errors() == []


def test_a_notebook_with_widgets_runs_and_answers(page, lab_server):
    write_notebook(
        lab_server.root / "tiny.ipynb",
        "import ipywidgets, osnet_edu\nslider = ipywidgets.IntSlider(3, description='width')\nslider",
        "seen = ipywidgets.Label('untouched')\ndef show(change):\n    seen.value = f'now {slider.value}'\n"
        "slider.observe(show, 'value')\nseen",
        "",
        "import anywidget, traitlets\nclass Count(anywidget.AnyWidget):\n"
        "    _esm = 'export default {render({model, el}) {el.innerHTML = `<b id=count>${model.get(\"n\")}</b>`}}'\n"
        "    n = traitlets.Int(7).tag(sync=True)\nCount()",
    )
    page.open("tiny.ipynb")
    page.run_all(patience=120)
    page.page.locator("#count", has_text="7").wait_for()
    handle = page.page.locator(".widget-slider .noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    page.page.locator(".widget-label", has_text="now 4").wait_for()
    assert page.errors() == []
    assert page.outside_requests() == []
    look(page, "tiny")


def test_errors_and_outside_requests_are_seen(page, lab_server):
    write_notebook(
        lab_server.root / "broken.ipynb",
        "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    1 / 0\nout",
        'from IPython.display import HTML\nHTML(\'<img alt="away" src="http://127.0.0.1:65500/elsewhere.png">\')',
        "undefined_name",
        "'never reached'",
    )
    page.open("broken.ipynb")
    page.run_all(patience=120)
    page.page.locator("text=ZeroDivisionError").first.wait_for()
    errors = "\n".join(page.errors())
    assert "ZeroDivisionError" in errors and "NameError" in errors
    assert set(page.outside_requests()) == {"http://127.0.0.1:65500/elsewhere.png"}  # drawn twice, asked for twice
