"""Seconds and memory of each notebook, and of all of them one after another in one Jupyter server.

    python benchmarks/notebooks.py [NOTEBOOK ...] [--left-running] [--out notebooks.csv]

A Jupyter server starts a kernel for each notebook, in order, and all of its cells run. `peak` is the most that the
kernel had (VmHWM, which counts shared libraries in full). `together` is what server and kernels had when the notebook
ended, where memory that processes share counts once (PSS). Each kernel is shut down at the end of its notebook;
--left-running leaves it there, as a closed tab does. No browser looks on. `fit` says how many students fit into 48 GB,
each with a server and this kernel at its peak. A finished notebook is in the file of --out and is not run again, so
run all of them in one go to know what they have together. Needs Linux.
"""

import argparse
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_client import BlockingKernelClient
from side_by_side import finished, machine, save, table

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("notebook", "left_running", "seconds", "peak", "server", "together")
HUB = 48_000  # MB of the machine that a class shares
PATIENCE = 600  # seconds for one cell


def megabytes(process: int, kind: str) -> float:
    """Memory of a process in MB.  kind: VmHWM and VmRSS stand in status, Pss in smaps_rollup."""
    file = "smaps_rollup" if kind == "Pss" else "status"
    return int(re.search(rf"^{kind}:\s+(\d+)", Path(f"/proc/{process}/{file}").read_text(), re.MULTILINE)[1]) / 1e3


@dataclass(frozen=True)
class Server:
    """A Jupyter server.  runtime: where it writes how a kernel is reached."""

    process: int
    url: str
    token: str
    runtime: Path

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data, method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")

    def kernel(self) -> tuple[str, BlockingKernelClient]:
        """A new kernel: its name here, and a client that has heard from it."""
        name = self.ask("POST", "kernels", {"name": "python3"})["id"]
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{name}.json"))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        return name, client


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A Jupyter server whose files lie in a folder, while the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, runtime, log = secrets.token_hex(16), folder / "runtime", folder / "log.txt"
    more = {"JUPYTER_TOKEN": token, "JUPYTER_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    with open(log, "w") as lines:
        command.append(f"--ServerApp.root_dir={folder}")
        process = subprocess.Popen(command, cwd=folder, env=os.environ | more, stdout=lines, stderr=lines)
    server = Server(process.pid, f"http://127.0.0.1:{port}", token, runtime)
    try:
        while True:
            try:
                server.ask("GET", "status")
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"JupyterLab ended:\n{log.read_text()[-2000:]}") from None
                time.sleep(0.2)
        yield server
    finally:
        for kernel in server.ask("GET", "kernels") if process.poll() is None else []:
            server.ask("DELETE", f"kernels/{kernel['id']}")
        process.terminate()
        process.wait()


def run(client: BlockingKernelClient, path: Path) -> float:
    """Run a notebook's cells.  Returns: seconds.  Raises: SystemExit for a cell that fails."""
    started = time.monotonic()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            options = {"allow_stdin": False, "timeout": PATIENCE, "output_hook": lambda _message: None}
            answer = client.execute_interactive(cell.source, **options)["content"]
            if answer["status"] != "ok":
                raise SystemExit(f"{path.name}, cell {cell.id}: {answer['ename']}: {answer['evalue']}")
    return time.monotonic() - started


def process_of(client: BlockingKernelClient) -> int:
    """The number of a kernel's process."""
    asked = {"user_expressions": {"own": "__import__('os').getpid()"}, "store_history": False}
    answer = client.execute_interactive("", output_hook=lambda _message: None, **asked)["content"]
    return int(answer["user_expressions"]["own"]["data"]["text/plain"])


def measured(paths: list[Path], left_running: bool) -> Iterator[dict]:
    """A record for each notebook, in order."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        kernels: list[int] = []
        for path in paths:
            name, client = server.kernel()
            kernels.append(process_of(client))
            seconds = run(client, path)
            client.stop_channels()
            yield {
                "notebook": path.stem,
                "left_running": int(left_running),
                "seconds": seconds,
                "peak": megabytes(kernels[-1], "VmHWM"),
                "server": megabytes(server.process, "VmRSS"),
                "together": sum(megabytes(one, "Pss") for one in (server.process, *kernels)),
            }
            if not left_running:
                server.ask("DELETE", f"kernels/{name}")
                kernels.clear()


def show(records: list[dict], left_running: bool) -> None:
    rows = []
    for one in sorted(records, key=lambda record: record["notebook"]):
        numbers = [f"{one[name]:,.0f}" for name in ("seconds", "peak", "server", "together")]
        rows.append([one["notebook"], *numbers, f"{HUB / (one['peak'] + one['server']):.0f}"])
    how = "left running" if left_running else "shut down before the next"
    head = ["notebook", "seconds", "peak MB", "server MB", "together MB", "fit 48 GB"]
    table(f"Each kernel is {how} ({machine()})", head, rows)


def main(arguments: list[str] | None = None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all")
    parser.add_argument("--left-running", action="store_true", help="no kernel is shut down before the last notebook")
    parser.add_argument("--out", type=Path, default=Path("notebooks.csv"), help="default notebooks.csv")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    records = finished(options.out, "notebook")
    done = {one["notebook"] for one in records if one["left_running"] == options.left_running}
    for record in measured([path for path in paths if path.stem not in done], options.left_running):
        records.append(record)
        save(records, options.out, COLUMNS)
        print(f"{record['notebook']}: {record['seconds']:.0f} s, {record['peak']:.0f} MB", flush=True)
    asked = {path.stem for path in paths}
    found = [r for r in records if r["left_running"] == options.left_running and r["notebook"] in asked]
    show(found, options.left_running)
    return found


if __name__ == "__main__":
    main()
