"""What a student may write into an exercise's cell: whatever it is, one box of words comes back."""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from osnet_edu import Refused, exercises
from osnet_edu.exercises.magic import Box

from .outcome import Case

BODY = "return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))"
RIGHT = f"import numpy as np\ndef my_cosine(a, b):\n    {BODY}"
WRONG = "import numpy as np\ndef my_cosine(a, b):\n    return 0.123"


@cache
def _shell():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    exercises.load_ipython_extension(shell)
    return shell


def _box(line: str, cell: str) -> Box:
    """What the exercise says to a cell; prints go nowhere."""
    shell = _shell()
    shown: list[Box] = []
    kept = shell.display_pub.publish
    shell.display_pub.publish = lambda data, metadata=None, **_: shown.append(data)
    desk = exercises._desk
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            box = desk._exercise(shell, line, cell)
    finally:
        shell.display_pub.publish = kept
    assert len(out.getvalue()) < 5000, "more was printed than the cap lets pass"
    return box


def _says(box: Box) -> str:
    return repr(box)


def _answers(cell: str, words: str, line: str = "cosine --seconds 2") -> Callable[[Path], str]:
    """The box holds these words; and after it the right answer is right, a wrong one wrong, and NumPy itself."""

    def run(work: Path) -> str:
        limit = sys.getrecursionlimit()
        allclose = np.allclose
        said = _says(_box(line, cell))
        if sys.getrecursionlimit() != limit or np.allclose is not allclose or not isinstance(len, type(print)):
            return "silently-wrong"
        if not _says(_box("cosine", RIGHT)).startswith("✓") or not _says(_box("cosine", WRONG)).startswith("✗"):
            return "silently-wrong"
        if words not in said or "Traceback" in said or len(said) > 4000:
            raise AssertionError(f"expected {words!r} in {said[:1000]!r}")
        raise Refused(said)

    return run


def _function(*lines: str) -> str:
    return "import numpy as np\ndef my_cosine(a, b):\n" + "\n".join(f"    {line}" for line in lines)


BAD_TEXT = "class Odd({0}):\n    def __str__(self):\n        {1}\nraise Odd"
ANSWERS: dict[str, tuple[str, str]] = {
    "raises BaseException": ("raise BaseException('stop')", "BaseException: stop"),
    "raises BaseException in the check": (_function("raise BaseException('stop')"), "BaseException stop"),
    "raises GeneratorExit in the check": (_function("raise GeneratorExit"), "GeneratorExit"),
    "raises a kind of its own": ("class Mine(BaseException): pass\nraise Mine('x')", "Mine: x"),
    "raises a kind of its own in the check": (
        "class Mine(BaseException): pass\n" + _function("raise Mine('x')"),
        "Mine x",
    ),
    "raises CancelledError": ("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
    "a text that raises": (BAD_TEXT.format("Exception", "raise ValueError"), "its own text cannot be shown"),
    "a text that raises BaseException": (BAD_TEXT.format("Exception", "raise BaseException"), "cannot be shown"),
    "a text that is no text": (BAD_TEXT.format("Exception", "return 5"), "cannot be shown"),
    "a text without end": (BAD_TEXT.format("Exception", "return 'x' * 10**7"), "Odd"),
    "a text that loops": (BAD_TEXT.format("Exception", "while True: pass"), "does not end"),
    "a text that recurses": (BAD_TEXT.format("Exception", "return str(self)"), "cannot be shown"),
    "a text that exits": (BAD_TEXT.format("Exception", "raise SystemExit"), "cannot be shown"),
    "a broken text in the check": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\n" + _function("raise Odd"),
        "cannot be shown",
    ),
    "a broken text of a BaseException in the check": (
        "class Odd(BaseException):\n    def __str__(self): raise ValueError\n" + _function("raise Odd"),
        "cannot be shown",
    ),
    "an escape in a text": ("raise ValueError('\\x1b[2J')", "ValueError"),
    "a sum of 5,000 terms": ("x = " + " + ".join(["1"] * 5000), "too long or nested too deeply"),
    "200 brackets": ("x = " + "(" * 300 + ")" * 300, "Python cannot read it"),
    "a chain of 20,000 calls": ("x = str" + ".strip" * 20_000, "too long or nested too deeply"),
    "3,000 minus signs": ("x = " + "-" * 30_000 + "1", "nested too deeply"),
    "a return outside of a function": ("return 5", "Python cannot read it"),
    "a null byte": ("x = '\x00'", "Python cannot read it"),
    "os.write": (f"import os\nos.write(1, b'x' * 10**6)\n{RIGHT}", "the rest was cut"),
    "os.write to the other": (f"import os\nos.write(2, b'x' * 10**6)\n{RIGHT}", "the rest was cut"),
    "os.write in lines": (f"import os\nfor _ in range(5000): os.write(1, b'x\\n')\n{RIGHT}", "the rest was cut"),
    "print and os.write": (f"import os\nprint('y' * 3000)\nos.write(1, b'x' * 3000)\n{RIGHT}", "the rest was cut"),
    "sys.__stdout__": (f"import sys\nprint('x' * 1000, file=sys.__stderr__)\n{RIGHT}", "Right"),
    "a huge last line": (RIGHT + "\n'x' * 10**7", "Right"),
    "a huge last list": (RIGHT + "\nlist(range(10**5))", "Right"),
    "np.allclose replaced": (f"{WRONG}\nnp.allclose = lambda *a, **k: True", "Not yet"),
    "np.array_equal replaced": (f"{WRONG}\nnp.array_equal = lambda *a, **k: True", "Not yet"),
    "np.isclose replaced": (f"{WRONG}\nnp.isclose = np.allclose = lambda *a, **k: np.bool_(True)", "Not yet"),
    "np.asarray replaced": (f"{WRONG}\nnp.asarray = lambda *a, **k: None", "Not yet"),
    "np.allclose replaced in the check": (_function("np.allclose = lambda *a, **k: True", "return 0.123"), "Not yet"),
    "the checker replaced": (
        f"{WRONG}\nfrom osnet_edu.exercises import values\nvalues.same_answer = lambda *a, **k: True",
        "Not yet",
    ),
    "the comparison replaced": (
        f"{WRONG}\nfrom osnet_edu.exercises import compare\ncompare.same_answer = lambda *a, **k: True",
        "Not yet",
    ),
    "the judge replaced": (
        f"{WRONG}\nfrom osnet_edu.exercises import magic\nmagic.judge = lambda *a, **k: None",
        "Not yet",
    ),
    "the judge replaced in the check": (
        _function("from osnet_edu.exercises import judge", "judge._SEEDS = ()", "return 0.123"),
        "Not yet",
    ),
    "NumPy emptied": (f"{WRONG}\nnp.__dict__.clear()", "Not yet"),
    "torch.allclose replaced": (f"{WRONG}\nimport torch\ntorch.allclose = lambda *a, **k: True", "Not yet"),
    "the limit of recursion lowered": (f"{RIGHT}\nimport sys\nsys.setrecursionlimit(60)", "Right"),
    "overflow made an error": (f"{RIGHT}\nnp.seterr(all='raise')", "Right"),
    "another default type": (f"{RIGHT}\nimport torch\ntorch.set_default_dtype(torch.float64)", "Right"),
    "gradients switched off": (f"{RIGHT}\nimport torch\ntorch.set_grad_enabled(False)", "Right"),
    "warnings made errors": (f"{RIGHT}\nimport warnings\nwarnings.simplefilter('error')", "Right"),
    "returns what refuses to be looked at": (
        "class Odd:\n    def __array__(self, *a, **k): raise ValueError('no')\n"
        "    def __eq__(self, o): raise ValueError\n" + _function("return Odd()"),
        "expected",
    ),
    "returns a list that holds itself": (_function("x = []", "x.append(x)", "return x"), "It"),
    "returns an endless number": (_function("return 10 ** 5000"), ""),
    "returns itself": (_function("return my_cosine"), "expected"),
    "a class as the answer": ("class my_cosine: pass", "raises TypeError"),
    "a lambda of nothing": ("my_cosine = lambda: 1", "raises TypeError"),
    "an object that calls": (
        "class Odd:\n    def __call__(self, *a): raise BaseException('x')\nmy_cosine = Odd()",
        "BaseException",
    ),
}
LINES: dict[str, tuple[str, str]] = {
    "--seconds abc": ("cosine --seconds abc", "was not understood"),
    "--seconds alone": ("cosine --seconds", "was not understood"),
    "--seconds -5": ("cosine --seconds -5", "was not understood"),
    "--seconds 0": ("cosine --seconds 0", "was not understood"),
    "--seconds 10^30": ("cosine --seconds " + "9" * 30, "was not understood"),
    "--seconds inf": ("cosine --seconds inf", "was not understood"),
    "--seconds with an Arabic digit": ("cosine --seconds ٥", "was not understood"),
    "--minutes 5": ("cosine --minutes 5", "was not understood"),
    "two names": ("cosine euclid", "was not understood"),
    "an unknown name": ("cosinus", "Did you mean cosine?"),
    "a name in capitals": ("COSINE", "There is no exercise"),
    "an escape as a name": ("\x1b[2J", "There is no exercise"),
    "an endless name": ("x" * 5000, "There is no exercise"),
    "no name": ("", "Which exercise?"),
}


def cases() -> Iterator[Case]:
    for name, (cell, words) in ANSWERS.items():
        yield Case("exercises", name, _answers(cell, words))
    for name, (line, words) in LINES.items():
        yield Case("exercises", f"line: {name}", _answers(RIGHT, words, line))
