"""`lab.py app` as a process of its own, a notebook for it to serve, and the kernels that it holds."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from conftest import free_port, home_in
from test_lab import copy_of_the_kit, heeds_ctrl_c
from waiting import wait_until


@dataclass(frozen=True)
class App:
    """A running `lab.py app`; address: with its token."""

    process: subprocess.Popen
    url: str
    address: str

    def children(self) -> dict[int, str]:
        """{process: command line} of everything that the app started and that is still there."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        family = {self.process.pid}
        while grown := {int(pid) for pid, parent, *_ in rows if int(parent) in family} - family:
            family |= grown
        return {int(row[0]): row[-1] for row in rows if int(row[0]) in family - {self.process.pid}}

    def kernels(self) -> list[int]:
        return [pid for pid, command in self.children().items() if "ipykernel_launcher" in command]

    def end(self, by: int) -> int:
        """The exit status after a signal; Ctrl-C goes to the whole group, as a terminal sends it."""
        if by == signal.SIGINT:
            os.killpg(self.process.pid, by)
        else:
            self.process.send_signal(by)
        return self.process.wait(60)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # What has ended and waits to be counted by its parent is not alive.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def notebook(path: Path, *cells: str) -> Path:
    """A notebook of code cells; a cell that begins with '#' and a blank is Markdown."""
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_markdown_cell(cell) if cell.startswith("# ") else nbformat.v4.new_code_cell(cell)
        for cell in cells
    ]
    made.metadata["title"] = "A page to try"
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


@contextmanager
def app_of(
    folder: Path, *cells: str, files: dict[str, str] | None = None, port: int = 0, words: Sequence[str] = ()
) -> Iterator[App]:
    """`lab.py app` on a copy of the kit in `folder`.

    files: personal settings of Jupyter, by name.  words: more of them behind `app`.
    """
    here = copy_of_the_kit(folder / "kit")
    served = notebook(here / "notebooks" / "small.ipynb", *cells)
    environment = home_in(folder / "home")
    # The copy borrows the packages of this environment, and their pages and templates with them.
    environment["JUPYTER_PATH"] = str(Path(sys.prefix, "share", "jupyter"))
    for name, text in (files or {}).items():
        Path(environment["JUPYTER_CONFIG_DIR"], name).write_text(text)
    port = port or free_port()
    command = [sys.executable, "lab.py", "app", "--no-browser", "--port", str(port), "--notebook", str(served), *words]
    log = folder / "log.txt"
    with open(log, "w") as out:
        process = subprocess.Popen(
            command,
            cwd=here,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heeds_ctrl_c,
        )
    try:
        found = wait_until(
            lambda: process.poll() is not None or re.search(r"(http://127\.0\.0\.1:\d+)/\?token=\w+", log.read_text())
        )
        assert process.poll() is None, log.read_text()
        yield App(process, found.group(1), found.group(0))
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                pytest.fail(f"the app did not end:\n{log.read_text()[-3000:]}")
