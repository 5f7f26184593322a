"""From an edit of the pedestrian to the new picture, similarity and rank, in a real JupyterLab in a real Chromium.

    python benchmarks/pedestrian.py

Fifty new colours of the top, by the shipped weights on the shipped people, at 128x64. An edit is timed in the page,
from the input to the frame after the new picture is there; rendering, embedding and ranking are timed in Python.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent.parent / "tests"
EDITS = 50

CELLS = (
    "import torch\ntorch.set_num_threads(1)\nfrom osnet_edu.widgets import PedestrianLab",
    """import time
from osnet_edu import people
w = PedestrianLab()
spent, see, render = [], w._see, people.render
def timed():
    start = time.perf_counter()
    see()
    spent.append([time.perf_counter() - start, rendered[0]])
    w.verdict = f"{spent[-1][0]:.6f} {spent[-1][1]:.6f}"
rendered = [0.0]
def timed_render(*arguments, **named):
    start = time.perf_counter()
    shot = render(*arguments, **named)
    rendered[0] = time.perf_counter() - start
    return shot
people.render = timed_render
w._see = timed""",
)

# The picture as it is now is replaced with Python's answer, and the sentence with it.
EDIT = """async (colour) => {
    const input = document.querySelector('.oe-lab input[type=color]');
    const pictures = document.querySelector('.oe-lab .oe-pictures');
    const drawn = new Promise((done) => {
        const seen = new MutationObserver(() => {
            seen.disconnect();
            requestAnimationFrame(() => done(performance.now()));
        });
        seen.observe(pictures, {childList: true});
    });
    const start = performance.now();
    input.value = colour;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    return (await drawn) - start;
}"""


def test_edits(page, lab_server, capsys):
    from test_widgets_browser import Bench

    bench = Bench(page, lab_server.root, "edits", *CELLS)
    rng = np.random.default_rng(0)
    took, computed, rendered = [], [], []
    for _ in range(EDITS):
        colour = "#" + "".join(f"{value:02x}" for value in rng.integers(0, 256, 3))
        took.append(bench.page.evaluate(EDIT, colour))
        bench.page.wait_for_timeout(60)
        whole, part = (1000 * float(value) for value in bench.trait("verdict").split())
        computed.append(whole)
        rendered.append(part)
        bench.page.wait_for_timeout(700)  # the duel comes later and is not timed here
    with capsys.disabled():
        for name, values in (("edit to picture", took), ("of it Python", computed), ("of that rendering", rendered)):
            middle, high = np.median(values), np.quantile(values, 0.95)
            print(f"\n{name}: median {middle:.0f} ms, 95th percentile {high:.0f} ms")


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    options = ["-p", "conftest", "-q", "-p", "no:cacheprovider", "-c", str(TESTS.parent / "pyproject.toml")]
    sys.exit(pytest.main([*options, __file__, *sys.argv[1:]]))
