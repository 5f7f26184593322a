"""Run All of each notebook, beside other busy processes: seconds, and the longest silence of a cell.

    python benchmarks/run_all.py [NOTEBOOK ...] [--busy 2]

If a machine does other work, a cell that prints nothing looks frozen. So two things are measured: the whole time, and
the longest time in which a running cell showed nothing new: no line, no picture, no progress.
"""

import argparse
import multiprocessing
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SHOWN = ("stream", "display_data", "update_display_data", "execute_result", "comm_open", "comm_msg", "error")


@dataclass
class Watched:
    """What one run showed.  seconds: of the whole run.  silence: the longest, in seconds, and its cell."""

    seconds: float = 0.0
    silence: float = 0.0
    cell: str = ""
    last: float = field(default_factory=time.perf_counter)

    def shown(self, cell: str) -> None:
        now = time.perf_counter()
        if now - self.last > self.silence:
            self.silence, self.cell = now - self.last, cell
        self.last = now


class Watcher(NotebookClient):
    """A client that notes when a cell shows something."""

    watched: Watched

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in SHOWN:
            self.watched.shown(cell.get("id", str(cell_index)))
        return super().process_message(msg, cell, cell_index)


def run(path: Path) -> Watched:
    """Run a notebook from its own folder, as JupyterLab does, and watch it."""
    notebook = nbformat.read(path, as_version=4)
    client = Watcher(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    client.watched = watched = Watched()
    start = time.perf_counter()
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                watched.last = time.perf_counter()
                client.execute_cell(cell, index)
                watched.shown(cell.get("id", str(index)))
    watched.seconds = time.perf_counter() - start
    return watched


def spin() -> None:
    while True:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all")
    parser.add_argument("--busy", type=int, default=2, help="loops that run beside it (default 2)")
    options = parser.parse_args()
    neighbours = [multiprocessing.Process(target=spin, daemon=True) for _ in range(options.busy)]
    for neighbour in neighbours:
        neighbour.start()
    print(f"{'notebook':<36}{'seconds':>9}{'silence':>9}  cell", flush=True)
    for path in options.notebooks or sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        watched = run(path)
        print(f"{path.stem:<36}{watched.seconds:>9.0f}{watched.silence:>9.1f}  {watched.cell}", flush=True)
    for neighbour in neighbours:
        neighbour.kill()


if __name__ == "__main__":
    main()
