"""What every test shares: seeds, a real JupyterLab, a real Chromium, and the report on the notebooks."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from bookpage import book  # noqa: F401  (a fixture of several files)
from labpage import LabPage, lab_page

from osnet_edu.lab import needs

ROOT = Path(__file__).resolve().parent.parent

# A first call that loads torch, or a busy machine, is no reason to fail an example.
hypothesis.settings.register_profile("kit", deadline=None, max_examples=40, derandomize=True)
hypothesis.settings.load_profile("kit")

os.environ["OSNET_EDU_PROGRESS"] = ""  # no test, and no kernel that one starts, writes into a student's record

LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # Every cell stays in the page, so that a test sees the outputs that are scrolled away too.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}

LONGEST_FIRST = (
    "test_notebooks", "test_exercises", "test_anyone", "test_explorer_voila", "test_widgets_explorer_browser",
)  # fmt: skip

# Files whose tests start processes, train or render for most of a minute together: --quick leaves them out.
SLOW = {
    "test_anyone", "test_benchmarks", "test_book", "test_cli", "test_cli_outputs", "test_clothes", "test_distributed",
    "test_engines", "test_exchanged", "test_exercises_kernel", "test_experiments", "test_explain_flow",
    "test_explain_pairs", "test_frozen", "test_gate_parts", "test_gate_scale", "test_gate_variance",
    "test_hard_positives", "test_importance", "test_leaderboard", "test_lesson_rules", "test_memory",
    "test_people_dataset", "test_runs", "test_train",
}  # fmt: skip


@dataclass(frozen=True)
class LabServer:
    """A JupyterLab on loopback; root: the folder it serves, empty at first."""

    url: str
    token: str
    root: Path

    def address(self, path: str) -> str:
        return f"{self.url}/{path}{'&' if '?' in path else '?'}token={self.token}"


@pytest.hookimpl(tryfirst=True)  # before -m chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: two processes then end at nearly the same time."""
    for item in items:
        if item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)
    place = {name: k for k, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """The same random numbers in every test, whatever ran before it."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(autouse=True)
def swallowed_pushes_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exercise's clock may push its TimeUp into a finaliser or a callback of the collector, where Python drops it.

    The clock then pushes again, so nothing is wrong; pytest would call what was dropped an error.
    """
    before = sys.unraisablehook

    def hook(dropped) -> None:
        guard = sys.modules.get("osnet_edu.exercises.guard")
        if guard is None or dropped.exc_type is not guard.TimeUp:
            before(dropped)

    monkeypatch.setattr(sys, "unraisablehook", hook)


def home_in(folder: Path) -> dict[str, str]:
    """An environment in which Jupyter and its kernels touch nothing outside `folder`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    for name in ("HOME", "USERPROFILE", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        path = folder / name.lower()
        path.mkdir(parents=True, exist_ok=True)
        environment[name] = str(path)
    # matplotlib's font list takes seconds to build: it is built once and shared.
    if "MPLCONFIGDIR" not in environment:
        import matplotlib

        environment["MPLCONFIGDIR"] = matplotlib.get_cachedir()
    environment["PYTHONPATH"] = str(ROOT)
    return environment


@pytest.fixture(scope="session")
def kernel_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return home_in(tmp_path_factory.mktemp("kernel_home"))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = needs.find_chromium()
    if path is None:
        message = f"no Chromium was found; {needs.GET_CHROMIUM}"
        if os.environ.get("OSNET_EDU_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab of its own: its settings, data, sockets and home lie in a temporary folder."""
    folder = tmp_path_factory.mktemp("lab")
    root = folder / "root"
    root.mkdir()
    environment = home_in(folder)
    overrides = Path(environment["JUPYTER_CONFIG_DIR"]) / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir()
    overrides.write_text(json.dumps(LAB_SETTINGS))
    port, token = free_port(), secrets.token_hex(16)
    environment["JUPYTER_TOKEN"] = token
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with open(folder / "log.txt", "w") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT)
        server = LabServer(f"http://127.0.0.1:{port}", token, root)
        try:
            wait_for(server, process, folder / "log.txt")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(server: LabServer, process: subprocess.Popen, log: Path, patience: float = 90) -> None:
    """Return when the server answers; fail with its log when it does not."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(server.address("api/status"), timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:  # a module at a time: while it runs, nothing else can start an event loop
        yield running


class SharedPage:
    """One JupyterLab in one Chromium for the tests of a module; a test that failed leaves it to nobody."""

    def __init__(self, playwright, chromium_path: str, server: LabServer):
        self._made = lambda: lab_page(playwright, chromium_path, server)
        self._opened = ExitStack()
        self._page: LabPage | None = None

    def page(self) -> LabPage:
        if self._page is None:
            self._page = self._opened.enter_context(self._made())
            self._page.page.set_default_timeout(120_000)  # a busy machine serves JupyterLab's many files slowly
            self._page.start()
        return self._page

    def clear(self) -> None:
        self._page.page.set_default_timeout(120_000)
        self._page.clear()

    def close(self) -> None:
        self._page = None
        self._opened.close()


@pytest.fixture(scope="module")
def shared_page(playwright, chromium_path: str, lab_server: LabServer) -> Iterator[SharedPage]:
    shared = SharedPage(playwright, chromium_path, lab_server)
    yield shared
    shared.close()


@pytest.fixture
def page(shared_page: SharedPage, lab_server: LabServer, request: pytest.FixtureRequest):
    """A JupyterLab without a document; the kernels that a test started end with it."""
    failed = request.session.testsfailed
    yield shared_page.page()
    if request.session.testsfailed > failed:
        shared_page.close()
    else:
        shared_page.clear()
    with urllib.request.urlopen(lab_server.address("api/sessions")) as answer:
        sessions = json.load(answer)
    for session in sessions:
        urllib.request.urlopen(
            urllib.request.Request(lab_server.address(f"api/sessions/{session['id']}"), method="DELETE")
        ).close()


# ---------------------------------------------------------------------------------------------
# The report on the notebooks, at the end of a run


@pytest.fixture
def report_notebook(request: pytest.FixtureRequest):
    """report(name, seconds, megabytes): a line for the summary, also from a process beside this one."""
    return lambda *row: request.node.user_properties.append(("notebook", row))


def pytest_terminal_summary(terminalreporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    rows = sorted({tuple(row) for report in reports for name, row in report.user_properties if name == "notebook"})
    if rows:
        terminalreporter.section("notebooks")
        for name, seconds, megabytes in rows:
            terminalreporter.write_line(f"{name:<32} {seconds:7.1f} s  {megabytes:6.0f} MB at most")
