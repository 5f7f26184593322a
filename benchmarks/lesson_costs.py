"""What the cells of each notebook cost, in training steps: python benchmarks/lesson_costs.py [--quick] [--out FILE]

Processor seconds of Run All on one thread, divided by those of a training step with the kit's defaults: a number that
hardly depends on the machine, and not at all on what else it does. `lab.py doctor` multiplies it by the seconds of a
step on its own machine; FILE is by default the table that it reads. --quick measures the first notebook and writes
nothing.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient

from osnet_edu.lab import doctor, probe
from osnet_edu.machine import compute

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SPENT = "import os; t = os.times(); print(t.user + t.system + t.children_user + t.children_system)"


def seconds_of(path: Path) -> float:
    """Processor seconds of a notebook's kernel from its start to the end of Run All."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(SPENT))
    with tempfile.TemporaryDirectory() as folder:
        where = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=3600, kernel_name="python3", resources=where).execute()
    return float(notebook.cells[-1].outputs[-1].text)


def seconds_of_a_step() -> float:
    """Processor seconds of a training step, measured as the doctor measures it, but on the processor's clock."""
    with mock.patch.object(compute.time, "perf_counter", time.process_time):
        return json.loads(probe.speeds())["step"]


def main(arguments: list[str] | None = None) -> dict[str, int]:
    """Measure, print, write; returns the steps of each notebook."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only the first notebook, and nothing is written")
    parser.add_argument("--out", type=Path, default=Path(doctor.COSTS), help="default: the table of lab.py doctor")
    options = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    paths = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))[: 1 if options.quick else None]
    step, found = seconds_of_a_step(), {}
    print(f"a training step: {step:.2f} s\n{'notebook':<36}{'seconds':>9}{'steps':>9}", flush=True)
    for path in paths:
        seconds = seconds_of(path)
        found[path.stem[:2]] = round(seconds / step)
        print(f"{path.stem:<36}{seconds:>9.0f}{found[path.stem[:2]]:>9}", flush=True)
    if not options.quick:
        options.out.write_text(json.dumps({"step": "64 photos of 128x64", "steps": found}, indent=1) + "\n", "utf-8")
    return found


if __name__ == "__main__":
    main()
