"""From a click on *silence* to the new ranking, in a real JupyterLab in a real Chromium: python benchmarks/theatre.py

Fifty clicks each with streams silenced in the query alone, and in query and gallery alike (every gallery is embedded
again), by the shipped weights on the shipped subset. A click is timed in the page, from the click to the frame after
the
list was drawn; the computing part is timed in Python.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent.parent / "tests"
CLICKS = 50
SINGLE = [(f"conv{stage}.{place}", stream) for stage, place, stream in product((2, 3, 4), (0, 1), (1, 2, 3, 4))]

CELLS = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu import assets\nfrom osnet_edu.network import weights",
    """from osnet_edu.widgets import GateTheatre
import time
w = GateTheatre(weights.shipped(), assets.subset())
spent, rank = [], w._rank
def timed():
    start = time.perf_counter()
    rank()
    spent.append(time.perf_counter() - start)
    w.how = f"{w.how} [{spent[-1]:.6f}]"
w._rank = timed""",
)

# The sentence names the silenced streams: it changes with Python's answer, never before, and the list is drawn with it.
CLICK = """async (name) => {
    const sentence = document.querySelector('.oe-theatre .oe-told .oe-strong');
    const buttons = [...document.querySelectorAll('.oe-theatre button')];
    const button = buttons.find(one => one.getAttribute('aria-label') === name);
    const drawn = new Promise(done => {
        const seen = new MutationObserver(() => {
            seen.disconnect();
            requestAnimationFrame(() => done(performance.now()));
        });
        seen.observe(sentence, {childList: true, characterData: true, subtree: true});
    });
    const start = performance.now();
    button.click();
    return (await drawn) - start;
}"""


def clicks() -> list[tuple[tuple[str, int], ...]]:
    """Fifty different sets of silenced streams: each one alone, and then each beside the first."""
    return [(one,) for one in SINGLE] + [(SINGLE[0], one) for one in SINGLE[1:]] + [(SINGLE[1], s) for s in SINGLE[2:5]]


@pytest.mark.parametrize("where", ["query", "both"])
def test_clicks(page, lab_server, where, capsys):
    from test_widgets_browser import Bench

    bench = Bench(page, lab_server.root, f"clicks_{where}", *CELLS)
    bench.page.get_by_label("Silenced in").select_option(where)
    bench.python("where", where)
    took, computed = [], []
    for silenced in clicks()[:CLICKS]:
        for block, stream in silenced:
            milliseconds = bench.page.evaluate(CLICK, f"silence stream {stream} of {block}")
        took.append(milliseconds)
        bench.page.wait_for_timeout(60)
        computed.append(1000 * float(bench.trait("how").split("[")[1].rstrip("]")))
        bench.page.get_by_role("button", name="All streams on").click()
        bench.python("silenced", [])
        bench.page.wait_for_timeout(60)
    with capsys.disabled():
        told = {"query": "the query alone", "both": "query and gallery"}[where]
        for name, values in (("click to ranking", took), ("of it computing", computed)):
            middle, high = np.median(values), np.quantile(values, 0.95)
            print(f"\n{told}, {name}: median {middle:.0f} ms, 95th percentile {high:.0f} ms")


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    options = ["-p", "conftest", "-q", "-p", "no:cacheprovider", "-c", str(TESTS.parent / "pyproject.toml")]
    sys.exit(pytest.main([*options, __file__, *sys.argv[1:]]))
