"""A student's notebooks as HTML: what stands in them, nothing that is loaded, a sentence for another file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import lab
from osnet_edu import exercises, progress
from osnet_edu.lab import handout
from osnet_edu.refused import Refused

ROOT = Path(__file__).resolve().parent.parent
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Predict(...)"}


def notebook(path: Path, *cells: nbformat.NotebookNode) -> str:
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return str(path)


def code(source: str, **data: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, outputs=[nbformat.v4.new_output("display_data", data)])


@pytest.fixture
def mine(tmp_path: Path, monkeypatch) -> str:
    """A notebook as a student may leave it."""
    monkeypatch.setenv("OSNET_EDU_PROGRESS", str(tmp_path / "record"))
    progress.note("04", "04.one-weight", progress.PREDICTED, "3")
    progress.note("04", "04.one-weight", progress.PREDICTED, "1")
    name = exercises.by_notebook("04")[0].name
    links = "[A](04_gate.ipynb#B) [B](05_x.ipynb) [c](../GLOSSARY.md#gate) [d](#flow=conv2)"
    text = f"$G$ is a **gate** for $a_b$, `$x$`. {links}"
    return notebook(
        tmp_path / "04_gate.ipynb",
        nbformat.v4.new_markdown_cell(text),
        code('ask("04.one-weight")', **{"application/vnd.jupyter.widget-view+json": WIDGET}),
        code("Flow()", **WIDGET),
        code(
            f"%%exercise {name}\n...",
            **{"text/html": "<section>✗ Not yet: my words</section><script>alert(1)</script>"},
        ),
    )


def test_a_page_has_what_the_notebook_has(mine, tmp_path, capsys):
    handout.exported([mine], str(tmp_path / "out"))
    assert "04_gate.html (" in capsys.readouterr().out
    page = (tmp_path / "out" / "04_gate.html").read_text(encoding="utf-8")
    assert "✗ Not yet: my words" in page and "<strong>gate</strong>" in page
    assert page.count("<math") == 2 and "<code>$x$</code>" in page
    assert '<a href="04_gate.html#B">A</a>' in page
    assert "GLOSSARY" not in page and "05_x" not in page and "#flow" not in page
    assert "A widget is here in the notebook." in page and "Predict(...)" not in page
    said = re.search(r"<ol>(.*?)</ol>", page)[1].split("<li>")[1:]
    assert ["your prediction" in one for one in said] == [False, False, True]


def test_a_page_loads_nothing_and_runs_nothing(mine, tmp_path):
    handout.exported([mine], str(tmp_path / "out"))
    page = (tmp_path / "out" / "04_gate.html").read_text(encoding="utf-8")
    assert "<script" not in page and "default-src 'none'" in page
    assert re.findall(r"(?:src|href)=\"(?!data:|#|04_gate\.html)[^\"]*\"|@import|url\((?!['\"]?data:)", page) == []
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize(
    "text", ["", "not JSON", "[]", '{"cells": 3}', '{"nbformat": 4, "nbformat_minor": 5, "cells": [{}]}']
)
def test_what_is_no_notebook_is_named_and_the_others_are_written(mine, tmp_path, text):
    other = tmp_path / "other.ipynb"
    other.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"other\.ipynb is not a notebook that can be read"):
        handout.exported([str(other), mine], str(tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["04_gate.html"]
    with pytest.raises(Refused, match=r"other\.ipynb is not a notebook"):
        handout.exported([str(other)], str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_what_is_there_is_not_overwritten(mine, tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "04_gate.ipynb").write_bytes(Path(mine).read_bytes())
    with pytest.raises(Refused, match="two notebooks are named 04_gate"):
        handout.exported([mine, str(tmp_path / "b" / "04_gate.ipynb")], str(tmp_path / "out"))
    with pytest.raises(Refused, match="is not there; expected a notebook"):
        handout.exported([str(tmp_path / "nothing.ipynb")], str(tmp_path / "out"))
    with pytest.raises(Refused, match="exists and is not empty"):
        handout.exported([mine], str(tmp_path))


def test_lab_py_hands_its_notebooks_on(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(lab, "start", lambda *given: asked.append(given) or 0)
    monkeypatch.chdir(tmp_path)
    assert lab.main(["export", "a.ipynb", "--out", "b"]) == 0
    assert [one for one in asked[0] if one == "handout" or isinstance(one, list)] == [
        "handout",
        [str(tmp_path / "a.ipynb"), "--out", str(tmp_path / "b")],
    ]


def test_the_program_says_what_is_wrong_in_a_sentence(tmp_path):
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": 1}))
    command = [sys.executable, "-m", "osnet_edu.lab.handout", str(tmp_path / "x.ipynb"), "--out", str(tmp_path / "o")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("lab.py: ") and "Traceback" not in done.stderr
