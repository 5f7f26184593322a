"""One input, how it ended, and what counts as ending well."""

import contextlib
import hashlib
import io
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from osnet_edu import Refused
from osnet_edu import __main__ as cli

GOOD = ("sentence", "correct", "skip-said")
BAD = ("traceback", "hung", "lost-data", "silently-wrong")
SECONDS = 60  # for one input, on a busy machine


@dataclass(frozen=True)
class Case:
    """One input.  door: where it enters.  run: does it in an empty folder of its own, and returns how it ended.

    expect: endings that are right for this input; another good ending is wrong as well.
    """

    door: str
    name: str
    run: Callable[[Path], str]
    expect: tuple[str, ...] = ("sentence",)


@dataclass(frozen=True)
class Ended:
    """How an input ended.  says: the sentence, or the traceback."""

    how: str
    says: str


class Hung(BaseException):
    """The time limit is over."""


def run(case: Case) -> Ended:
    """Run one input under a time limit, with a file beside it that nobody may touch."""
    with tempfile.TemporaryDirectory(prefix="bad-") as temporary:
        folder = Path(temporary) / "work"
        folder.mkdir()
        mine = folder.parent / "mine.txt"
        mine.write_text("my,precious,data\n1,2,3")
        before = _digest(mine)
        ended = _timed(case, folder)
        if not mine.is_file() or _digest(mine) != before:
            return Ended("lost-data", "a file beside the input was changed")
    if ended.how in GOOD and ended.how not in case.expect:
        return Ended("silently-wrong", f"ended as {ended.how}, expected {' or '.join(case.expect)}: {ended.says}")
    return ended


def _timed(case: Case, folder: Path) -> Ended:
    def over(*_):
        raise Hung

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return Ended(case.run(folder), "")
    except Hung:
        return Ended("hung", f"no end after {SECONDS} seconds")
    except Refused as error:
        return _checked(str(error))
    except Exception:
        return Ended("traceback", traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _checked(text: str) -> Ended:
    """A sentence names something, is not endless, and moves no cursor."""
    odd = [c for c in text if c != "\n" and not c.isprintable()]
    if len(text) < 12 or len(text) > 3000 or odd or "Traceback" in text:
        return Ended("traceback", f"no plain sentence: {text[:300]!r}")
    return Ended("sentence", text)


def command(*arguments: object) -> str:
    """Run a command in this process.  Returns: "correct" for status 0, "skip-said" where it says what it skipped.

    Raises: Refused with what it said, where it ended with status 2.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main([str(one) for one in arguments])
        except SystemExit as stop:  # argparse
            status = stop.code
    said = err.getvalue()
    if status == 2:
        raise Refused(said.strip().splitlines()[-1] if said.strip() else "")
    if status != 0:
        raise AssertionError(f"status {status}: {said}")
    if "nan" in out.getvalue():
        return "silently-wrong"
    return "skip-said" if "Skipped" in said else "correct"


@contextlib.contextmanager
def environment(**changes: str | None):
    """These variables inside the block; None takes one away."""
    before = dict(os.environ)
    for name, value in changes.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
