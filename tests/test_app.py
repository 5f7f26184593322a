"""lab.py app: a notebook as a page, on loopback with a token; what it starts ends with the page or with the app."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from types import SimpleNamespace

import nbclient
import nbformat
import pytest
import voila.app
from conftest import free_port
from labpage import CHROMIUM_FLAGS
from test_lab import LAB, ROOT, posix
from voilapage import App, alive, app_of, wait_until

import lab
from osnet_edu import Refused
from osnet_edu.lab import app as kit_app
from osnet_edu.lab import fit, programs

CELLS = (
    "# A formula $x^2$ and a word",
    "from osnet_edu.widgets import Predict\n"
    "w = Predict('What does `F.relu(-1)` give?', ['minus one', 'zero'], truth=2, because='Negatives become zero.')\n"
    "w",
    "secret_of_the_source = 1 / 0",
)


def status_of(request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def answers(app: App) -> bool:
    """Whether the app serves yet; asking for no page starts no kernel."""
    try:
        return status_of(f"{app.url}/voila/static/nothing") > 0
    except OSError:
        return False


# ---------------------------------------------------------------------------------------------
# Without a server


def test_a_missing_notebook_is_a_sentence(tmp_path):
    absent = tmp_path / "absent.ipynb"
    command = [sys.executable, str(LAB), "app", "--no-browser", "--notebook", str(absent)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"lab.py: The notebook of the app is missing: {absent}.\n"


@pytest.mark.slow
def test_the_app_is_the_explorer_and_the_lab_and_runs(tmp_path, kernel_environment):
    notebook = nbformat.read(ROOT / lab.EXPLORER, as_version=4)
    assert notebook.metadata["title"] == "The OSNet explorer"
    assert [cell.source.splitlines()[-1] for cell in notebook.cells if cell.cell_type == "code"] == [
        "Explorer()", "PedestrianLab()",
    ]  # fmt: skip
    client = nbclient.NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=kernel_environment)
    state = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    shown = [one["state"] for one in state.values() if one["model_name"] == "AnyModel"]
    assert any(one.get("said", "").startswith("Rank 1 is the same person") for one in shown)
    assert any(one.get("said", "").startswith("Nothing is changed") for one in shown)


def test_a_taken_port_leads_to_a_later_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < kit_app.free_port(port) < port + 50
    port = free_port()
    assert kit_app.free_port(port) == port


def test_no_port_at_all_is_a_sentence():
    with pytest.raises(Refused, match=r"No port from 70000 on is free\. Name another with --port\."):
        kit_app.free_port(70000)


def test_the_settings_close_what_they_must():
    settings = kit_app.app_settings("a.ipynb", 1)
    assert settings["Voila"]["ip"] == "127.0.0.1" and settings["Voila"]["auto_token"] is True
    assert settings["Voila"]["tornado_settings"]["allow_remote_access"] is False
    assert settings["VoilaConfiguration"]["strip_sources"] is True


def test_voila_finds_the_kits_own_page(monkeypatch, tmp_path):
    monkeypatch.setattr(kit_app.sys, "prefix", str(tmp_path))
    monkeypatch.setenv("JUPYTER_TOKEN", "")
    monkeypatch.setattr(voila.app, "main", lambda _: None)
    kit_app.serve("a.ipynb", browser=False, port=8888)
    template = tmp_path / "share/jupyter/voila/templates/osnet_edu/index.html.j2"
    assert template.read_bytes() == kit_app.TEMPLATE.read_bytes()


@pytest.mark.parametrize(
    ("given", "started"),
    [
        ([], ["osnet_edu.lab.notebooks", "--port", "8888"]),
        (["--no-browser", "--port=9"], ["osnet_edu.lab.notebooks", "--port", "9", "--no-browser"]),
        (["app"], ["osnet_edu.lab.app", "--port", "8888", "--", str(ROOT / lab.EXPLORER)]),
    ],
)
def test_what_a_verb_starts_inside_the_environment(monkeypatch, given, started):
    commands = []
    monkeypatch.setattr(lab, "Setup", lambda **_: SimpleNamespace(make=commands.append, python="python"))
    monkeypatch.setattr(programs, "attend", lambda command: commands.append(command) or (3, False))
    assert lab.main(given) == 3 and commands == ["run", ["python", "-m", *started]]
    monkeypatch.setattr(programs, "attend", lambda _: (-2, True))
    assert lab.main(given) == 0  # Ctrl-C is how it ends


# ---------------------------------------------------------------------------------------------
# Served

CARELESS = {
    "voila.json": json.dumps(
        {
            "Voila": {"ip": "0.0.0.0", "token": "", "auto_token": False},
            "VoilaConfiguration": {"strip_sources": False, "file_denylist": [], "file_allowlist": [".*"]},
        }
    ),
    "jupyter_server_config.json": json.dumps({"IdentityProvider": {"token": ""}, "ServerApp": {"ip": "0.0.0.0"}}),
}


@posix
@pytest.mark.slow
@pytest.mark.parametrize(("by", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)], ids=["ctrl-c", "kill"])
def test_it_is_closed_to_strangers_and_leaves_no_process(tmp_path, by, status):
    with app_of(tmp_path, *CELLS, files=CARELESS) as app:
        assert wait_until(lambda: answers(app))
        # Without the token comes the page that asks for it, and no kernel.
        with urllib.request.urlopen(app.url + "/", timeout=30) as answer:
            assert "/login" in answer.url
        assert status_of(urllib.request.Request(app.address, headers={"Host": "elsewhere.example"})) == 403
        assert app.kernels() == []
        token = app.address.rpartition("=")[2]  # stands in no list of processes
        assert app.children() and not any(token in command for command in app.children().values())
        # 127.0.0.2 is this machine as well: whoever listens for the whole network answers there.
        with socket.socket() as knocking:
            knocking.settimeout(5)
            assert knocking.connect_ex(("127.0.0.2", int(app.url.rpartition(":")[2]))) != 0

        with urllib.request.urlopen(app.address, timeout=120) as answer:
            text, cookie = answer.read().decode(), answer.headers["Set-Cookie"]
        assert "ZeroDivisionError" in text  # an error of a cell is shown
        assert "F.relu(-1)" not in text  # and the source is not, whatever a personal setting says
        assert "jsdelivr" not in text
        assert status_of(f"{app.url}/voila/files/small.ipynb?{app.address.partition('?')[2]}") == 403

        # Another site's page may neither bring the cookie along nor, with it, talk to the kernel.
        assert "samesite=strict" in cookie.lower()
        kernel = re.search(r'"kernelId": "([\w-]+)"', text).group(1)
        handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        handshake |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Cookie": cookie.partition(";")[0]}
        for origin, wanted in (("http://elsewhere.example", 403), (app.url, 101)):
            with closing(http.client.HTTPConnection(app.url.partition("//")[2], timeout=60)) as connection:
                connection.request("GET", f"/api/kernels/{kernel}/channels", headers=handshake | {"Origin": origin})
                with connection.getresponse() as answer:
                    assert answer.status == wanted

        children = list(app.children())
        assert len(app.kernels()) == 1
        assert app.end(by) == status
    assert wait_until(lambda: not any(map(alive, children)))


# ---------------------------------------------------------------------------------------------
# In a browser


# JupyterLab's own papers, and what the widgets are told.
LOOK = """() => [getComputedStyle(document.body).backgroundColor, document.body.dataset.jpThemeLight]"""
LIGHT, DARK = ["rgb(255, 255, 255)", "true"], ["rgb(33, 33, 33)", "false"]
MARGINS = """() => {
    const { left, right } = document.querySelector('#rendered_cells').getBoundingClientRect();
    return [left, document.documentElement.clientWidth - right];
}"""


class Visitor:
    """A browser that keeps note of what its pages ask for and complain of."""

    def __init__(self, browser, app: App, touch: bool = False):
        self.app, self.context = app, browser.new_context(has_touch=touch)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context.on("request", lambda request: self.requests.append(request.url))

    def open(self, scheme: str = "light", theme: str = ""):
        """A page, for a system that is light or dark; theme: what the address names."""
        page = self.context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        page.goto(self.app.address + theme, timeout=120_000, wait_until="commit")
        # What happens is said before Python is there.
        page.locator("#loading", has_text="Python starts on this machine").wait_for(timeout=60_000)
        assert page.get_by_role("heading").inner_text() == page.title() == "A page to try"
        page.locator(".oe-predict button").first.wait_for(timeout=120_000)
        return page

    def outside(self) -> list[str]:
        own = (self.app.url + "/", self.app.url.replace("http", "ws", 1) + "/", "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(own)]


@contextmanager
def visitor_of(playwright, chromium_path: str, app: App, touch: bool = False):
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    try:
        yield Visitor(browser, app, touch)
    finally:
        browser.close()


@posix
@pytest.mark.browser
@pytest.mark.slow
def test_a_widget_works_in_the_page_and_closed_pages_leave_no_kernel(tmp_path, playwright, chromium_path):
    with app_of(tmp_path, *CELLS[:2]) as app, visitor_of(playwright, chromium_path, app) as visitor:
        assert wait_until(lambda: answers(app))
        page = visitor.open()
        # The reason is in Python alone, and comes back after the click.
        page.locator(".oe-predict button").nth(1).click()
        page.get_by_text("Negatives become zero.").wait_for(timeout=30_000)
        looks = [("dark", ""), ("dark", "&theme=light"), ("light", "&theme=dark"), ("light", "")]
        pages = [page] + [visitor.open(*look) for look in looks]
        assert [one.evaluate(LOOK) for one in pages] == [LIGHT, DARK, LIGHT, DARK, LIGHT]
        page.set_viewport_size({"width": 1920, "height": 900})
        page.wait_for_function("() => document.documentElement.clientWidth > 1800")
        left, right = page.evaluate(MARGINS)
        assert left > 50 and abs(left - right) <= 1
        assert len(app.kernels()) == 5
        assert visitor.outside() == [] and visitor.complaints == []

        # A page that closes says goodbye, and its kernel ends: sooner than any idle kernel would.
        goodbye = kit_app.app_settings("", 0)["MappingKernelManager"]["cull_idle_timeout"] - 15
        started = time.monotonic()
        for leaving in pages[:4]:
            leaving.close(run_before_unload=True)
        assert wait_until(lambda: len(app.kernels()) == 1, goodbye - (time.monotonic() - started))
        # The last one goes without a word, as with a browser that crashed.
        pages[4].close()
        assert wait_until(lambda: app.kernels() == [], 120)
        assert visitor.outside() == [] and visitor.complaints == []


# ---------------------------------------------------------------------------------------------
# Codespaces


def test_the_dev_container_calls_verbs_that_there_are():
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert settings["forwardPorts"] == [8888]
    commands = [settings["postCreateCommand"]]
    verbs = [words.split()[2] for command in commands for words in command.split(" && ") if "lab.py" in words]
    assert verbs == ["setup"]
    usage = subprocess.run([sys.executable, str(LAB), "--help"], capture_output=True, text=True, check=True).stdout
    assert all(f"python3 lab.py {verb} " in usage for verb in verbs)
    version = tuple(map(int, settings["image"].partition(":")[2].split("-")[0].split(".")))
    assert fit.OLDEST <= version <= fit.NEWEST


def test_setup_prepares_and_opens_nothing(monkeypatch):
    made = []
    monkeypatch.setattr(lab.Setup, "make", lambda self, kind: made.append(kind))
    monkeypatch.setattr(programs, "attend", lambda *_: pytest.fail("something was started"))
    assert lab.main(["setup"]) == 0 and made == ["run"]


def test_the_browser_opens_when_the_server_listens(monkeypatch):
    opened = []
    monkeypatch.setattr(kit_app.webbrowser, "open", opened.append)
    kit_app.open_when_there(free_port(), "nobody", patience=0.3)
    assert opened == []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        kit_app.open_when_there(listening.getsockname()[1], "the address")
    assert opened == ["the address"]
