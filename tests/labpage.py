"""One notebook in a real JupyterLab in a real Chromium: opened, run, looked at."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Page, Playwright

# As root, Chromium has no sandbox to start; the other flags keep it from calling home.
CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip

CELLS = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].map(cell => ({
    prompt: (cell.querySelector('.jp-InputPrompt') || {textContent: ''}).textContent.trim(),
    empty: !(cell.querySelector('.cm-content') || {textContent: ''}).textContent.trim(),
}))"""

# JupyterLab draws a traceback as stderr text, in a cell and in an Output widget alike, so that it is
# known by its words: a traceback's first line, or a last line such as "SyntaxError: ...".
ERRORS = """() => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output[data-mime-type]')]
    .filter(output => /jupyter.(error|stderr)$/.test(output.dataset.mimeType))
    .map(output => output.textContent)
    .filter(text => /Traceback \\(most recent call last\\)|^\\w*(Error|Exception|Interrupt)\\b/m.test(text))"""

# The page is put back to its start without a question about what was not saved.
CLEAR = """async () => {
    const { shell } = window.jupyterapp;
    document.querySelectorAll('.jp-Dialog .jp-mod-reject, .jp-Dialog .jp-mod-accept').forEach(button => button.click());
    for (const widget of [...shell.widgets('main')]) {
        await widget.sessionContext?.shutdown?.().catch(() => null);
        widget.dispose();
    }
    shell.expandLeft();
}"""
OPEN = """async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"""
# The notebook's own indicator says idle before there is a kernel, and Run All is then lost without a word.
READY = """path => {
    const shown = window.jupyterapp.shell.currentWidget;
    return shown?.context?.path === path && shown.sessionContext.session?.kernel?.status === 'idle'
        && (document.querySelector('#jp-main-statusbar') || {textContent: ''}).textContent.includes(' | Idle');
}"""

# Code that runs in the notebook's kernel, of which no cell and no history knows.
ASK = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const asked = kernel.requestExecute({ code, silent: true, store_history: false });
    const { content } = await asked.done;
    return content.status === 'ok' ? '' : (content.traceback || [content.status]).join('\\n');
}"""
CONTENT = "() => window.jupyterapp.shell.currentWidget.context.model.toJSON()"

LOADING = "Loading widget..."
BROKEN_WIDGETS = ("Error displaying widget", "Error creating widget", "Failed to load model class", LOADING)
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
WINDOW = {"width": 1280, "height": 900}


class LabPage:
    """What a test does with a notebook that is open in JupyterLab."""

    def __init__(self, page: Page, server, requests: list[str], crashes: list[str]):
        self.page = page
        self.server = server
        self._requests = requests
        self._crashes = crashes

    def start(self) -> None:
        """Load JupyterLab itself, which takes seconds; notebooks are then opened in it."""
        self.page.goto(self.server.address("lab?reset"))
        self.page.wait_for_function("() => window.jupyterapp")
        self.page.evaluate("() => window.jupyterapp.restored")

    def clear(self) -> None:
        """As JupyterLab was after its start: no document, the light theme, the usual window, nothing on record."""
        self.page.set_viewport_size(WINDOW)
        self.page.evaluate(CLEAR)
        self.page.wait_for_function("() => !document.querySelector('.jp-Notebook')")
        self.theme(LIGHT)
        self.page.mouse.move(0, 0)
        self._requests.clear()
        self._crashes.clear()

    def open(self, path: str, patience: float = 120) -> None:
        """Open a notebook and wait for its kernel.

        Its files are read anew, since a test before may have had one of the same name.
        """
        self.page.evaluate(OPEN, path)
        self.page.wait_for_function(READY, arg=path, timeout=patience * 1000)

    def run_all(self, patience: float = 300) -> None:
        """Menu Run, Run All Cells; returns when every cell has run or one of them has failed."""
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        self.page.wait_for_function(
            f"""() => {{
                const cells = ({CELLS})().filter(cell => !cell.empty);
                const waiting = cells.some(cell => cell.prompt.includes('*'));
                const failed = ({ERRORS})().length > 0;
                return cells.length > 0 && !waiting && (failed || cells.every(cell => /\\d/.test(cell.prompt)));
            }}""",
            timeout=patience * 1000,
        )
        self.page.wait_for_function(
            "text => ![...document.querySelectorAll('.jp-OutputArea-output')].some(o => o.textContent.includes(text))",
            arg=LOADING,
            timeout=120_000,  # a busy machine draws widgets late
        )

    def ask(self, code: str) -> None:
        """Run code in the notebook's kernel in silence, and wait for its end."""
        failed = self.page.evaluate(ASK, code)
        assert not failed, failed

    def notebook(self) -> nbformat.NotebookNode:
        """The notebook with the outputs that are on the page."""
        content = self.page.evaluate(CONTENT)
        for cell in content["cells"]:
            if cell.get("attachments") is None:  # so JupyterLab's model says that there are none
                cell.pop("attachments", None)
        return nbformat.from_dict(content)

    def errors(self) -> list[str]:
        """What went wrong and can be seen: tracebacks in cells and Output widgets, widgets that did not load."""
        found = self.page.evaluate(ERRORS)
        for sentence in BROKEN_WIDGETS:
            found += self.page.locator(".jp-OutputArea-output", has_text=sentence).all_inner_texts()
        return found + self._crashes

    def outside_requests(self) -> list[str]:
        """Every address asked for that is not this server's own."""
        own = (self.server.url, self.server.url.replace("http", "ws", 1), "data:", "blob:", "about:")
        return [url for url in self._requests if not url.startswith(own)]

    def theme(self, name: str) -> None:
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        light = "true" if name == LIGHT else "false"
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")

    def screenshot(self, path: Path) -> None:
        """The whole notebook, however long: the page is made as tall as it needs for the moment."""
        height = self.page.evaluate(
            "() => Math.max(...[...document.querySelectorAll('.jp-Notebook, .jp-WindowedPanel-outer')]"
            ".map(panel => panel.scrollHeight))"
        )
        self.page.set_viewport_size({"width": 1280, "height": min(int(height) + 150, 15000)})
        self.page.evaluate("() => document.querySelectorAll('.jp-WindowedPanel-outer').forEach(e => e.scrollTo(0, 0))")
        self.page.wait_for_timeout(1500)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(path))
        self.page.set_viewport_size(WINDOW)


def of_the_lab(error) -> bool:
    """Is it the one race seen within JupyterLab's own code? Widgets come as blobs, and no widget removes children."""
    stack = error.stack or ""
    return "removeChild" in str(error) and "/static/lab/" in stack and "blob:" not in stack and "data:" not in stack


@contextmanager
def lab_page(playwright: Playwright, chromium_path: str, server):
    """A fresh browser with an empty profile on `server`; closed at the end."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    try:
        page = browser.new_page(viewport=WINDOW)
        requests: list[str] = []
        crashes: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda socket: requests.append(socket.url))
        page.on("pageerror", lambda error: None if of_the_lab(error) else crashes.append(str(error)))
        yield LabPage(page, server, requests, crashes)
    finally:
        browser.close()
