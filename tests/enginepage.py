"""A folder served on loopback and opened in a real Chromium, for what the static site runs in a page."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from labpage import CHROMIUM_FLAGS
from playwright.sync_api import Page, Playwright

POLICY = (
    "default-src 'self'; script-src 'self' {}; connect-src 'self'; img-src 'self' data: blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'"
)
EMPTY = (
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>'
    '<meta http-equiv="Content-Security-Policy" content="{}"><main></main>'
)
# Numbers travel as text: Playwright would name each of them.
BEGIN = """window.packed = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength), parts = [];
    for (let k = 0; k < bytes.length; k += 30000) parts.push(String.fromCharCode(...bytes.subarray(k, k + 30000)));
    return btoa(parts.join(''));
};
window.unpacked = (text, Kind) => new Kind(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
// A promise, or the sentence with which it was refused.
window.told = (work) => Promise.resolve().then(work).then(() => '', (error) => error.message);"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a folder, as `python3 -m http.server` serves it.  index.html is an empty page with the policy."""
    (root / "index.html").write_text(EMPTY.format(POLICY.format("'wasm-unsafe-eval'")))
    (root / "strict.html").write_text(EMPTY.format(POLICY.format("")))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=root)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def opened(playwright: Playwright, chromium_path: str, address: str, *flags: str) -> Iterator[Page]:
    """An empty page in which modules can be imported; what it asked for is in page.asked."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=[*CHROMIUM_FLAGS, *flags])
    try:
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.add_init_script(BEGIN)
        page.goto(address)
        yield page
    finally:
        browser.close()


def packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)
