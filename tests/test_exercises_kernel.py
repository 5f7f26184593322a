"""What a student's cell can do to a notebook, in a real kernel: the notebook lives on, and the cell gets a sentence."""

from __future__ import annotations

import json
import re
import threading
import time

import nbformat
import pytest
from nbclient import NotebookClient
from waiting import wait_until

from osnet_edu.exercises.guard import Capped, Clock, Room, TimeUp

START = "%load_ext osnet_edu.exercises\nimport numpy as np\nfrom osnet_edu import exercises"
BODY = "return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))"
RIGHT = f"def my_cosine(a, b):\n    {BODY}"
LIMIT = 1.0


def cosine(body: str) -> str:
    return f"%%exercise cosine --seconds {LIMIT}\n{body}"


def function(*lines: str) -> str:
    return cosine("def my_cosine(a, b):\n" + "\n".join(f"    {line}" for line in lines))


# name -> (the cell, words that its box must hold)
CELLS = {
    "starter": ("%%exercise cosine\nimport numpy as np\n\ndef my_cosine(a, b):\n    return ...", "Not attempted yet"),
    "empty": ("%%exercise cosine\n# later", "Not attempted yet"),
    "not implemented": (function("raise NotImplementedError"), "Not attempted yet"),
    "right": (cosine(RIGHT), "Right"),
    "an ellipsis as an index": (function("a = a[..., :]", BODY), "Right"),
    "mistake": (function("return a @ b"), "dot product alone"),
    "raises": (cosine("x = 1\ny = x / 0"), "line 3: y = x / 0"),
    "raises in the check": (function("c = a + 1", "return c @ d"), "line 4: return c @ d"),
    "raises SystemExit in the check": (function("raise SystemExit"), "SystemExit"),
    "does not parse": (cosine("def my_cosine(a, b)\n    return a"), "line 2"),
    "another name": (cosine("def their_cosine(a, b):\n    return 1"), "does not define `my_cosine`"),
    "no function": (cosine("my_cosine = 3"), "neither a function nor a class"),
    "wrong type": (function("return 'similar'"), "returns a str"),
    "returns nothing": (function("a @ b"), "is a `return` missing?"),
    "in place": (function("a /= np.linalg.norm(a)", "return a @ b"), "changes its input `a`"),
    "loops": (cosine("while True: pass"), "did not end within 1 seconds"),
    "loops and swallows": (
        cosine(
            "while True:\n    try:\n        while True: pass\n    except:\n        pass\n    finally:\n        continue"
        ),
        "did not end within 1 seconds",
    ),
    "loops in the check": (
        function("while True:", "    try:", "        sum(a)", "    except BaseException:", "        continue"),
        "did not answer the checks",
    ),
    "loops in a comprehension": (cosine("import itertools\n[0 for x in itertools.count() if x < 0]"), "did not end"),
    "loops in exec": (cosine("exec('while True: pass')"), "did not end"),
    "recurses": (function("return my_cosine(a, b)"), "RecursionError"),
    "sleeps": (cosine("import time\ntime.sleep(60)"), "did not end"),
    "prints pages": (cosine(f"for i in range(10**5): print('page', i)\n{RIGHT}"), "the rest was cut"),
    "prints for ever": (cosine("while True: print('page')"), "the rest was cut"),
    "prints one long line": (cosine(f"print('x' * 10**6)\n{RIGHT}"), "the rest was cut"),
    "shows many": (
        cosine(f"from IPython.display import display, HTML\nfor _ in range(500): display(HTML('<b>b</b>'))\n{RIGHT}"),
        "the rest was cut",
    ),
    "prints in the check": (function("print('seen', a.shape)", BODY), "Right"),
    "prints and is wrong": (function("print('seen', a.shape)", "return a @ b"), "seen ("),
    "prints at the top": (cosine(f"print('at the top')\n{RIGHT}"), "at the top"),
    "warns": (cosine("import warnings\nwarnings.warn('careful')\n" + RIGHT), "Right"),
    "raises SystemExit": (cosine("raise SystemExit"), "The kernel keeps running"),
    "exit()": (cosine("exit()"), "The kernel keeps running"),
    "KeyboardInterrupt": (cosine("raise KeyboardInterrupt"), "interrupted"),
    "KeyboardInterrupt in the check": (function("raise KeyboardInterrupt"), "interrupted"),
    "deletes builtins": (
        cosine("import builtins\ndel builtins.len, builtins.print, builtins.isinstance"),
        "does not define",
    ),
    "empties builtins": (cosine("import builtins\nbuiltins.__dict__.clear()"), "does not define"),
    "empties builtins in the check": (
        function("import builtins", "builtins.__dict__.clear()", "return 0"),
        "expected",
    ),
    "replaces stdout": (cosine(f"import sys\nsys.stdout = None\n{RIGHT}"), "Right"),
    "unknown": ("%%exercise cosin\nx", "Did you mean cosine?"),
    "no name": ("%%exercise\nx", "Which exercise?"),
    "html in an error": (cosine("raise ValueError('<script>alert(1)</script>')"), "<script>"),
    "hint": ("%hint cosine", "Hint 1 of 2"),
    "last hint": ("exercises.hint('cosine')", "Hint 2 of 2"),
    "solution after an attempt": ("%solution cosine", "A model answer"),
    "solution, first asked": ("%solution gate", "A hint first"),
    "solution, asked again": ("%solution gate", "class AggregationGate"),
    "an earlier answer is not taken away": ("float(my_cosine(np.ones(3), np.ones(3)))", "1.0"),
    "nothing built in is missing": ("print(len('abc')) or isinstance(1, int)", "True"),
    "summary": ("print(exercises.summary().to_json())\nexercises.summary()", "attempts"),
}


@pytest.fixture(scope="module")
def ran(kernel_environment, tmp_path_factory):
    """Every cell's outputs and seconds, from one kernel that ran them all."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(START)])
    notebook.cells += [nbformat.v4.new_code_cell(source) for source, _ in CELLS.values()]
    folder = tmp_path_factory.mktemp("exercises")
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}})
    found = {}
    with client.setup_kernel(env={**kernel_environment, "OMP_NUM_THREADS": "1"}):
        for index, (name, cell) in enumerate(zip(["start", *CELLS], notebook.cells, strict=True)):
            started = time.monotonic()
            client.execute_cell(cell, index)  # raises where a cell fails: none may
            found[name] = cell.outputs, time.monotonic() - started
    return found


def text_of(outputs) -> str:
    return "\n".join(o["text"] if o.output_type == "stream" else o["data"].get("text/plain", "") for o in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_the_cell_gets_its_sentence(ran, name):
    outputs, _ = ran[name]
    assert CELLS[name][1] in text_of(outputs)
    assert all(output.output_type != "error" for output in outputs)
    assert len(text_of(outputs)) < 8000


@pytest.mark.slow
def test_a_box_is_html_with_words_and_a_label_and_no_markup_of_the_students(ran):
    html = {
        name: "".join(o["data"].get("text/html", "") for o in outputs if "data" in o)
        for name, (outputs, _) in ran.items()
    }
    for name in ("right", "mistake", "starter", "loops"):
        assert '<section aria-label="' in html[name] and "var(--jp-" in html[name]
    assert "Right" in html["right"] and "Not yet" in html["mistake"]
    assert "<code>%hint cosine</code>" in html["mistake"]
    assert "<script>" not in html["html in an error"] and "&lt;script&gt;" in html["html in an error"]
    assert '<th scope="col">' in html["summary"]


@pytest.mark.slow
def test_what_is_endless_ends_in_time(ran):
    for name, (_, seconds) in ran.items():
        if "loops" in name or "for ever" in name:
            assert seconds < 4 * LIMIT + 15, name  # a crowded machine is given some room
    streams = [o for o in ran["prints for ever"][0] if o.output_type == "stream"]
    assert 100 < sum(len(o["text"]) for o in streams) <= 4000


@pytest.mark.slow
def test_an_end_in_the_check_is_told_in_the_seconds_that_passed(ran):
    outputs, seconds = ran["loops in the check"]
    told = int(re.search(r"stopped after (\d+) seconds", text_of(outputs))[1])
    assert LIMIT <= told <= seconds + 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["prints in the check", "prints and is wrong"])
def test_what_a_function_prints_stands_above_the_verdict_and_is_cut(ran, name):
    text = text_of(ran[name][0])
    printed, _, verdict = text.partition("Right" if name == "prints in the check" else "Not yet")
    assert printed.startswith("> Printed while `my_cosine` was checked") and verdict
    assert 2 <= printed.count("seen (") <= 20 and "the rest was cut" in printed


@pytest.mark.slow
def test_right_wrong_and_error_differ_by_more_than_a_word(ran):
    def bar(name: str) -> str:
        html = next(o["data"]["text/html"] for o in reversed(ran[name][0]) if "text/html" in o.get("data", {}))
        return re.search(r"border-left:[.\d]+em ([^;]*);", html)[1]

    assert bar("right").startswith("solid var(--oe-same,") and bar("mistake").startswith("dashed var(--oe-other,")
    assert bar("raises").startswith("double") and bar("loops") == bar("another name") == bar("raises")


@pytest.mark.slow
def test_the_students_own_line_is_shown_and_no_other(ran):
    shown = text_of(ran["raises"][0])
    assert "ZeroDivisionError: division by zero" in shown
    assert "osnet_edu" not in shown and "magic.py" not in shown and "Traceback" not in shown


@pytest.mark.slow
def test_the_summary_counts_and_names_nobody(ran):
    counts = json.loads(next(o["text"] for o in ran["summary"][0] if o.output_type == "stream"))
    assert set(counts) == {"cosine", "gate"}
    cosine_counts = counts["cosine"]
    assert cosine_counts["solved"] is True and cosine_counts["solution_seen"] is True and cosine_counts["hints"] == 2
    assert cosine_counts["mistakes"] == {"dot product": 2, "in place": 1}
    opened = 3  # starter, empty, not implemented: no attempts
    attempts = sum(source.startswith("%%exercise cosine") for source, _ in CELLS.values()) - opened
    assert cosine_counts["attempts"] == attempts
    assert counts["gate"] == {"attempts": 0, "solved": False, "hints": 1, "solution_seen": True, "mistakes": {}}


# ---------------------------------------------------------------------------------------------
# The guards, one by one


def for_ever() -> None:
    while True:
        pass


def no_clock_is_left() -> bool:
    return not any(thread.name == "exercise clock" for thread in threading.enumerate())


def test_a_clock_ends_a_loop_that_carries_no_ticks():
    with pytest.raises(TimeUp):
        Clock(0.2).call(for_ever)
    assert wait_until(no_clock_is_left, 30)


def test_a_clock_pushes_again_where_a_finaliser_swallowed_the_first_push():
    ended = []

    class Finalised:
        def __del__(self):
            try:
                for_ever()
            finally:
                ended.append(True)

    def work():
        Finalised()
        assert ended == [True]
        for_ever()

    with pytest.raises(TimeUp):
        Clock(0.1).call(work)


def test_a_clock_that_was_in_time_is_never_heard_of_again():
    for _ in range(20):
        clock = Clock(0.01)
        clock.GRACE = 10.0
        assert clock.call(lambda: sum(range(1000))) == 499500 and not clock.over
    assert wait_until(no_clock_is_left, 30)


def test_a_push_that_comes_as_the_work_ends_is_heard_within_the_call_or_not_at_all():
    clock, came = Clock(0.0), 0
    clock.GRACE, clock.AGAIN = 0.001, 0.0002
    for k in range(4000):  # of growing length, so that many end just when they are pushed
        if came > 4:
            break
        try:
            clock.call(lambda k=k: sum(range(100 * k)))
        except TimeUp:
            came += 1
    assert wait_until(no_clock_is_left, 30)  # a clock that nobody stopped would push into this wait, again and again
    assert came > 4


def test_a_loop_in_compiled_code_is_told_of_and_ends_when_it_ends():
    import collections
    import itertools

    told = []
    clock = Clock(0.1, lambda: told.append(True))
    clock.STUCK = 0.2

    def work():
        for _ in range(100):  # a piece of this takes a while, and no exception arrives inside it
            collections.deque(itertools.repeat(None, 10**8), maxlen=0)

    with pytest.raises(TimeUp):
        clock.call(work)
    assert told in ([True], [])  # on a fast machine one piece may be over before it is time to tell


def test_a_room_cuts_by_characters_and_by_lines():
    written = []

    class Stream:
        write = staticmethod(written.append)
        encoding = "utf-8"

    room = Room(characters=10, lines=2)
    stream = Capped(Stream, room)
    assert stream.write("ab\n") == 3 and not room.cut
    stream.write("c\nd\ne\n")
    assert "".join(written) == "ab\nc\n" and room.cut and stream.encoding == "utf-8"
    room = Room(characters=4)
    assert room.take("123456") == "1234" and room.take("7") == "" and room.cut
