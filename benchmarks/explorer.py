"""What a person waits for in the explorer, in a real Chromium: python benchmarks/explorer.py [-k app or -k clicks]

The app, opened many times: from its address to the first picture, and from the first click on a photo to words
about the pair, and to the open pair. Once on the machine as it is, and once beside a process that keeps one core busy.

Then JupyterLab:
Fifty clicks on different queries, ten pairs opened and asked every question, and every stream silenced in the second
list, by the shipped weights on the shipped subset. A click is timed in the page, to the frame after the list or the
pair was drawn; the computing part is timed in Python. The kernel's peak memory is read at the end (Linux only).
"""

import json
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from itertools import product
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent.parent / "tests"
CLICKS, APART, PAIRS = 50, 7, 10
VISITS = 10  # of the app, each way
READS = 5  # seconds that a person looks at the first ranking before a click
STREAMS = [f"stream {t} of conv{stage}.{place}" for stage, place, t in product((2, 3, 4), (0, 1), (1, 2, 3, 4))]
QUESTIONS = {
    "Why this one? The duel": ".oe-duel",
    "How, stage by stage? The network at work": ".oe-flow",
    "Which scale? The gates": ".oe-theatre",
    "Where? The correspondence": ".oe-matching",
    "What if? Edit the person": ".oe-lab",
}
DUEL = next(iter(QUESTIONS))
TO_ITEM = "(strip, k) => strip.scrollTo({ left: k * strip.querySelector('.oe-item').offsetWidth })"
FIRST_LIST, SECOND_LIST = ".oe-grid .oe-inner", ".oe-column:last-child .oe-inner"

CELL = """import json, os, pathlib, time
import torch
torch.set_num_threads(1)
from osnet_edu.widgets import Explorer
w = Explorer()
spent = {"kernel": os.getpid()}
def timed(name, do):
    def run():
        start = time.perf_counter()
        do()
        spent[name] = 1000 * (time.perf_counter() - start)
        pathlib.Path("spent.json").write_text(json.dumps(spent))
    return run
w._rank, w._open = timed("rank", w._rank), timed("open", w._open)
w._rank()
w"""

# [what is clicked, the list that is filled again]: milliseconds to the frame after it was filled, and to the frame in
# which every picture in view is there.
RANKED = """async ([clicked, filled]) => {
    const list = [...document.querySelectorAll(filled)].at(-1);
    const drawn = new Promise(done => {
        const seen = new MutationObserver(() => {
            seen.disconnect();
            requestAnimationFrame(() => done(performance.now()));
        });
        seen.observe(list, {childList: true});
    });
    const start = performance.now();
    document.querySelector(clicked).click();
    const ranked = (await drawn) - start;
    const there = () => [...list.querySelectorAll('img')].every(one => one.src && one.complete);
    while (!there()) await new Promise(requestAnimationFrame);
    return [ranked, performance.now() - start];
}"""

# [what is clicked, what is then in the pair]: the pair's line is a new one, or its widget another, and all is drawn.
OPENED = """async ([clicked, inside]) => {
    const pair = document.querySelector('.oe-pair');
    const [line, child] = [pair.querySelector('[role=status]'), pair.querySelector('.oe-child')];
    const before = [pair.hidden ? '' : line.textContent, child.firstElementChild];
    const there = () => {
        const now = [pair.hidden ? '' : line.textContent, child.firstElementChild];
        const made = child.querySelector(inside);
        return (now[0] !== before[0] || now[1] !== before[1]) && made && made.getAttribute('aria-busy') !== 'true'
            && made.querySelector('img, canvas, svg') && [...made.querySelectorAll('img')].every(one => one.complete);
    };
    const start = performance.now();
    document.querySelector(clicked).click();
    while (!there()) {
        if (performance.now() - start > 60000) throw new Error(`nothing opens: ${line.textContent}`);
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - start;
}"""


@contextmanager
def busy():
    """One process that never rests."""
    one = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        one.kill()
        one.wait()


# A click, and milliseconds until its pair says anything, and until its widget is drawn.
FIRST_PAIR = """async () => {
    const photo = [...document.querySelectorAll('.oe-grid .oe-item.oe-match, .oe-grid .oe-item.oe-other')][1];
    const pair = document.querySelector('.oe-pair');
    const start = performance.now();
    photo.click();
    const until = async (there) => {
        while (!there()) await new Promise(requestAnimationFrame);
        return performance.now() - start;
    };
    const said = await until(() => !pair.hidden && pair.querySelector('[role=status]').textContent);
    const drawn = await until(() => {
        const images = [...pair.querySelectorAll('.oe-duel img')].filter(one => one.src);
        return images.length > 2 && images.every(one => one.complete) && pair.querySelector('.oe-two').hidden;
    });
    return [said, drawn];
}"""


def visit(context, address: str) -> tuple[float, float, float]:
    """Milliseconds to the first picture of the gallery, and from a click to the first words and to the first pair."""
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address, timeout=120_000)
    page.locator(".oe-grid .oe-item img[src]").first.wait_for(timeout=120_000)
    seen = 1000 * (time.perf_counter() - start)
    page.wait_for_timeout(1000 * READS)
    said, drawn = page.evaluate(FIRST_PAIR)
    page.close(run_before_unload=True)
    return seen, said, drawn


def test_the_app(tmp_path, playwright, chromium_path, capsys):
    from test_app import answers, visitor_of
    from voilapage import app_of, wait_until

    root = TESTS.parent
    notebook = json.loads((root / "assets" / "app.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    with app_of(tmp_path, *cells) as app, visitor_of(playwright, chromium_path, app) as visitor:
        (tmp_path / "kit" / "assets").symlink_to(root / "assets")
        assert wait_until(lambda: answers(app))
        visit(visitor.context, app.address)  # the people are unpacked, the files are in memory
        found = {}
        for how, beside in (("as it is", nullcontext), ("beside a busy process", busy)):
            with beside():
                found[how] = [visit(visitor.context, app.address) for _ in range(VISITS)]
    with capsys.disabled():
        print("\n| the app | visits | first picture | 95 % | click to words | 95 % | click to first pair | 95 % |")
        print("\n".join(row(how, values) for how, values in found.items()))


class Session:
    """The explorer in JupyterLab, and what its kernel says that it spent."""

    def __init__(self, page, root: Path):
        from voilapage import notebook

        notebook(root / "explorer.ipynb", CELL)
        page.open("explorer.ipynb")
        page.run_all(patience=180)
        self.page, self.file = page.page, root / "spent.json"
        self.box = self.page.locator(".oe-explorer")
        self.rest()

    def rest(self) -> None:
        """Wait for what the last click still brings: pictures, and the messages behind it."""
        self.page.wait_for_timeout(400)

    def spent(self, name: str) -> float:
        return json.loads(self.file.read_text())[name]

    def ranked(self, clicked: str, filled: str) -> tuple[float, float, float]:
        """Milliseconds to the ranking, to the last picture in view, and in Python."""
        took = self.page.evaluate(RANKED, [clicked, filled])
        self.rest()
        return *took, self.spent("rank")

    def opened(self, clicked: str, inside: str) -> tuple[float, float]:
        """Milliseconds to the open pair, and in Python."""
        took = self.page.evaluate(OPENED, [clicked, inside])
        self.rest()
        return took, self.spent("open")

    def ask(self, question: str) -> tuple[float, float]:
        place = list(QUESTIONS).index(question) + 1
        return self.opened(f".oe-pair .oe-head > button:nth-of-type({place})", QUESTIONS[question])

    def memory(self, name: str) -> float:
        """A size in MB that Linux counts for the kernel; VmHWM is the peak of its memory."""
        lines = Path(f"/proc/{int(self.spent('kernel'))}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def queries(session: Session) -> list[tuple[float, float, float]]:
    strip = session.box.locator(".oe-list.oe-row")
    now = int(strip.locator("[aria-selected=true]").get_attribute("data-index"))
    found = []
    for index in [k for k in range(0, APART * (CLICKS + 1), APART) if k != now][:CLICKS]:
        strip.evaluate(TO_ITEM, index)
        session.rest()
        found.append(session.ranked(f".oe-row .oe-item[data-index='{index}']", FIRST_LIST))
    return found


def pairs(session: Session) -> dict[str, list[tuple[float, float]]]:
    """The first pair is opened, and each question asked for the first time; then both again, of other pairs."""
    found: dict[str, list[tuple[float, float]]] = {}
    counted = session.box.locator(".oe-grid .oe-item.oe-match, .oe-grid .oe-item.oe-other")
    places = [counted.nth(k).get_attribute("data-index") for k in range(PAIRS + 1)]
    for k, place in enumerate(places):
        when = "later" if k else "first"
        item = f".oe-grid .oe-item[data-index='{place}']"
        found.setdefault(f"pair opened, {when}", []).append(session.opened(item, QUESTIONS[DUEL]))
        for question in [*list(QUESTIONS)[1:], DUEL]:
            if question != DUEL or k:  # the duel is there already
                found.setdefault(f"{question}, {when}", []).append(session.ask(question))
            else:
                session.ask(question)
        session.box.get_by_role("button", name="Close the pair").click()
        session.rest()
    return found


def silenced(session: Session, where: str) -> list[tuple[float, float, float]]:
    session.box.get_by_label("in", exact=True).select_option(where)
    session.rest()
    found = []
    for stream in STREAMS:
        button = f".oe-muting button[aria-label='silence {stream}']"
        found.append(session.ranked(button, SECOND_LIST))
        session.ranked(button, SECOND_LIST)
    return found


def row(name: str, values: list[tuple[float, ...]]) -> str:
    """A line of the table: medians and 95th percentiles of each column, in milliseconds; of one click, its time."""
    told = [
        f"{np.median(column):.0f} | " + (f"{np.quantile(column, 0.95):.0f}" if len(column) > 1 else "")
        for column in np.array(values).T
    ]
    return f"| {name} | {len(values)} | " + " | ".join(told) + " |"


def test_clicks(page, lab_server, capsys):
    session = Session(page, lab_server.root)
    begun = session.memory("VmHWM")
    rankings = {"query": queries(session)}
    opened = pairs(session)
    session.box.locator("summary", has_text="Networks").click()
    session.box.get_by_label("Beside it:").select_option("shipped")
    session.box.locator(".oe-column .oe-item img[src]").first.wait_for()
    session.rest()
    rankings["stream silenced in the query alone"] = silenced(session, "query")
    rankings["stream silenced in query and gallery"] = silenced(session, "both")
    assert page.errors() == []
    with capsys.disabled():
        print("\n| click on | clicks | to ranking, median | 95 % | to pictures | 95 % | computing | 95 % |")
        print("\n".join(row(name, values) for name, values in rankings.items()))
        print("\n| click on | clicks | to pair, median | 95 % | computing | 95 % |")
        print("\n".join(row(name, values) for name, values in opened.items()))
        print(f"\npeak memory of the kernel: {session.memory('VmHWM'):.0f} MB; {begun:.0f} MB before the first click")


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    options = ["-p", "conftest", "-q", "-p", "no:cacheprovider", "-c", str(TESTS.parent / "pyproject.toml")]
    sys.exit(pytest.main([*options, __file__, *sys.argv[1:]]))
