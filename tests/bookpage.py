"""The static site, built small and once for all tests that look at it, and a browser that may ask nobody else.

`book` is the folder and its address, below a path as on a host of many sites. `visiting` opens its pages in Chromium
and keeps what goes wrong there. OSNET_EDU_SITE=FOLDER looks at a site that is there, and at all of its pages.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock
from labpage import CHROMIUM_FLAGS
from playwright.sync_api import Page, Playwright

ROOT = Path(__file__).resolve().parent.parent
BELOW = "classes/osnet"  # where the site stands on its host
LESSONS = ["00", "04"]
LIMITS: dict[str, object] = {
    "lessons": LESSONS,
    "pairs": 1,
    "persons": 1,
    "games": 1,
    "dressed": 1,
}  # of the tests' site
WHOLE = os.environ.get("OSNET_EDU_SITE")
LAUNCH = {"04_the_aggregation_gate": {"Binder": "https://mybinder.org/v2/gh/some/kit/v1?urlpath=lab"}}


@dataclass(frozen=True)
class Book:
    """A built site.  folder: its files.  url: its address, with a slash at the end."""

    folder: Path
    url: str


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """The address of a folder on loopback."""
    serving = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), serving) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """The site with the lessons 00 and 04 and their slides, built by the first process that asks, and served."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / "host" / BELOW
    with FileLock(shared / "book.lock"):
        if WHOLE and not folder.is_dir():
            folder.parent.mkdir(parents=True)
            folder.symlink_to(Path(WHOLE).resolve())
        if not folder.is_dir():
            given = f"{str(folder)!r}, Path({str(ROOT / 'notebooks')!r}), limits={LIMITS!r}, launch={LAUNCH!r}"
            code = f"from pathlib import Path; from osnet_edu.book import build; build.site({given}, slides=True)"
            command = [sys.executable, "-c", code]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            done = subprocess.run(command, cwd=shared, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-5000:]
    with hosted(shared / "host") as address:
        yield Book(folder, f"{address}{BELOW}/")


@dataclass
class Visit:
    """A tab on the site.  wrong: errors of its console, and requests that failed or went to anybody else."""

    page: Page
    book: Book
    wrong: list[str] = field(default_factory=list)

    def open(self, name: str) -> Page:
        self.page.goto(self.book.url + name, wait_until="load")
        return self.page


def _failure(request) -> list[str]:
    """A page that is left takes back what it has not got yet: that is no failure."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed {request.url}"]


@contextmanager
def visiting(playwright: Playwright, chromium: str, book: Book, **context) -> Iterator[Visit]:
    """A new browser without a past.  context: of Playwright's new_context, such as color_scheme."""
    browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
    try:
        tab = browser.new_context(**context)
        visit = Visit(tab.new_page(), book)
        host = book.url.split("/classes")[0]

        def asked(route) -> None:
            if route.request.url.startswith(host):
                route.continue_()
            else:
                visit.wrong.append(f"asked {route.request.url}")
                route.abort()

        tab.route(lambda url: url.startswith("http"), asked)
        visit.page.on("console", lambda m: visit.wrong.append(m.text) if m.type in ("error", "warning") else None)
        visit.page.on("pageerror", lambda error: visit.wrong.append(str(error)))
        visit.page.on("requestfailed", lambda request: visit.wrong.extend(_failure(request)))
        visit.page.on("response", lambda r: visit.wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        yield visit
    finally:
        browser.close()
