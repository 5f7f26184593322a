"""The memory of a tab of the site's explorer: python benchmarks/tab_memory.py SITE [--queries 200] [--photos 20]
or of the network at work in JupyterLab: python benchmarks/tab_memory.py --lab [--openings 200]

SITE is what `python3 lab.py book SITE` has built. The tab ranks the queries and takes the photos in five rounds, each
with a fifth of both. After each round: the page's heap once its rubbish is collected, and of the tab's process its own
memory, the network's included, and what it shares with the browser. The shared part holds decoded pictures: the browser
keeps some hundred MB of them and drops them when memory is short.

In JupyterLab, Flow opens places, cells and other photos in turn, in five rounds as well.
"""

import argparse
import base64
import io
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from bookpage import hosted
from enginepage import opened
from test_widgets_explorer_browser import BRING

from osnet_edu.lab import needs

TESTS = Path(__file__).resolve().parent.parent / "tests"
ROUNDS = 5
ASKED = "name => { location.hash = `query=${encodeURIComponent(name)}`; }"
IS_SHOWN = "name => document.querySelector('.oe-foot input')?.value.includes(encodeURIComponent(name))"
NAMES = "async () => (await (await import('./kit/page/gallery.js')).gallery()).queries.names"


def jpeg(seed: int) -> str:
    """A photo of 1200 x 600 pixels that nobody has seen, as base64."""
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 12, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((600, 1200)).save(file, "JPEG")
    return base64.b64encode(file.getvalue()).decode()


def memory(session: CDPSession, process: int) -> tuple[float, ...]:
    """MB of the page's heap, of the tab's own memory, and of what it shares."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    status = Path(f"/proc/{process}/status").read_text()
    sizes = dict(re.findall(r"(RssAnon|RssShmem):\s+(\d+) kB", status))
    return metrics["JSHeapUsedSize"] / 1e6, int(sizes["RssAnon"]) / 1e3, int(sizes["RssShmem"]) / 1e3


def renderer(page: Page) -> int:
    """The tab's process: of the browser's renderers, the largest."""
    assert page.context.browser is not None  # it was launched, and not connected to
    found = page.context.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    sizes = {one["id"]: Path(f"/proc/{one['id']}/statm").read_text() for one in found if one["type"] == "renderer"}
    return max(sizes, key=lambda process: int(sizes[process].split()[1]))


CELLS = "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu.widgets import Flow", "w = Flow()"
# [how many openings, the first of them]: a place, a cell of its map, and another pair, in turn; each until it is said.
OPEN = """async ([count, first]) => {
    const box = document.querySelector('.oe-flow');
    const said = box.querySelector('.oe-lead');
    const places = ['conv1', 'conv2', 'conv2.0', 'conv2.0 stream 3', 'conv3', 'conv3.1', 'conv3.1 stream 1', 'conv5'];
    const acts = [
        (k) => {
            const place = places[k % places.length];
            const stage = place.split('.')[0];
            const way = [stage, place.split(' ')[0], place].filter((one, at, all) => all.indexOf(one) === at);
            return way.map((key) => () => box.querySelector(`button[data-key="${key}"]`).click());
        },
        () => [() => box.querySelector('.oe-asked').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp' }))],
        (k) => [() => [...box.querySelectorAll('button.oe-pair')].at(k % 11).click()],
    ];
    for (let k = first; k < first + count; k++) {
        for (const act of acts[k % 3](Math.floor(k / 3))) {
            const before = said.textContent;
            act();
            const end = performance.now() + 3000;
            while (said.textContent === before && performance.now() < end) await new Promise(requestAnimationFrame);
        }
    }
}"""


def test_flow_in_the_lab(page, lab_server, capsys):
    from test_widgets_browser import Bench

    openings = int(os.environ.get("OSNET_EDU_OPENINGS", "200"))
    bench = Bench(page, lab_server.root, "tab_memory", *CELLS)
    session = bench.page.context.new_cdp_session(bench.page)
    session.send("Performance.enable")
    with capsys.disabled():
        print("\n| openings | heap, MB | own, MB | shared, MB | elements |\n" + "|---" * 5 + "|")
        for done in range(ROUNDS + 1):
            if done:
                bench.page.evaluate(OPEN, [openings // ROUNDS, (done - 1) * openings // ROUNDS])
            heap, own, shared = memory(session, renderer(bench.page))
            elements = bench.page.evaluate("() => document.querySelectorAll('*').length")
            print(f"| {done * openings // ROUNDS} | {heap:.1f} | {own:.0f} | {shared:.0f} | {elements} |", flush=True)
    assert bench.lab.errors() == []


def main(arguments: list[str] | None = None) -> list[tuple[float, ...]]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", type=Path, nargs="?")
    parser.add_argument("--lab", action="store_true", help="the network at work in JupyterLab, without a site")
    parser.add_argument("--openings", type=int, default=200)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--photos", type=int, default=20)
    options = parser.parse_args(arguments)
    if options.lab:
        os.environ["OSNET_EDU_OPENINGS"] = str(options.openings)
        plain = ["-p", "conftest", "-q", "-p", "no:cacheprovider", "-c", str(TESTS.parent / "pyproject.toml")]
        sys.exit(pytest.main([*plain, __file__]))
    if options.site is None:
        parser.error("expected the folder of a site, or --lab")
    found = []
    with (
        sync_playwright() as playwright,
        hosted(options.site) as address,
        opened(playwright, needs.find_chromium(), address + "explorer.html") as page,
    ):
        page.locator(".oe-grid .oe-item img[src]").first.wait_for()
        names = page.evaluate(NAMES)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        print("| queries | photos | heap, MB | own, MB | shared, MB |\n" + "|---" * 5 + "|")
        for done in range(1, ROUNDS + 1):
            for k in range((done - 1) * options.queries // ROUNDS, done * options.queries // ROUNDS):
                page.evaluate(ASKED, names[k % len(names)])
                page.wait_for_function(IS_SHOWN, arg=names[k % len(names)])
            for k in range((done - 1) * options.photos // ROUNDS, done * options.photos // ROUNDS):
                page.evaluate(BRING, ["drop", jpeg(k), f"photo{k}.jpg", "image/jpeg"])
                page.get_by_text(f"photo{k}.jpg, 600x1200 pixels").wait_for(state="attached")
                page.wait_for_function("() => document.querySelector('.oe-box').getAttribute('aria-busy') !== 'true'")
            found.append(memory(session, renderer(page)))
            asked = [done * many // ROUNDS for many in (options.queries, options.photos)]
            print(
                f"| {asked[0]} | {asked[1]} | {found[-1][0]:.1f} | "
                + " | ".join(f"{one:.0f}" for one in found[-1][1:])
                + " |",
                flush=True,
            )
    return found


if __name__ == "__main__":
    main()
