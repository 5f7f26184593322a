"""What somebody else wrote, asked in a process of its own: whatever it does there ends in numbers or a sentence here.

    with AskedApart("osnet_edu.grading.answering", job, name="mine", wanted="a map", patience=60) as apart:
        numbers = apart.ask(("ask", query, photo), " for this pair", 60)

What takes for ever is ended, and so is what prints without end; the time runs until the whole answer is there. What
runs there may start processes. They end with its own. `within` is the other side.
"""

import contextlib
import json
import os
import pickle
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np

from ..refused import Refused

_LONGEST = 86_400  # seconds: a day
STARTING = 120  # seconds more for the first answer: the libraries come first
PRINTED = 32_000_000  # bytes that may be printed for one answer
ANSWER = 100_000_000  # bytes that numbers and their words take at most
_STEP = 0.05  # seconds between two looks at what was printed


def check_patience(patience: float, what: str) -> None:
    """what: is waited for, such as "one map".  Raises: Refused for no time, and for more than a day."""
    if isinstance(patience, bool) or not isinstance(patience, int | float) or not 0 < patience <= _LONGEST:
        raise Refused(f"the patience for {what} must be above 0 s and at most {_LONGEST} s, got {patience!r}")


def file_and_function(text: object, expected: str) -> tuple[Path, str]:
    """The parts of FILE:FUNCTION.  expected: begins the sentence.  Raises: Refused where it is not that."""
    file, colon, function = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    if not colon or not function.isidentifier():
        raise Refused(f"{expected}; got {text!r}")
    if not os.path.isfile(file):  # False also for a name that no file can have
        raise Refused(f"there is no file {file}")
    return Path(file).resolve(), function


class _Foreign(Exception):
    """Something came by the pipe of the answers that is none."""


class AskedApart:
    """The process that somebody else's code runs in.  printed: lines that it printed so far.  loaded: its first answer.

    module: whose `main` calls `within.answer_questions`.  job: what is made there first; anything that can be pickled.
    name: of what runs there, and wanted: what it must return, for sentences.  after: ends the sentence that it failed.
    patience: seconds for one answer.
    """

    def __init__(self, module: str, job: tuple, *, name: str, wanted: str, patience: float, after: str = ""):
        self._name, self._wanted, self._after = name, wanted, after
        self.patience, self.printed, self.loaded = patience, 0, ""
        self._over = ""  # why nothing is answered any more
        self._token = secrets.token_bytes(16)  # begins each answer: nothing else that is written there looks like one
        self._answers: queue.SimpleQueue = queue.SimpleQueue()
        self._heard = tempfile.TemporaryFile()
        paths = [os.path.abspath(path) for path in sys.path]
        code = f"import sys; sys.path[:] = {paths!r}; from {module} import main; main()"
        self._child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._heard,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._send((self._token, *job))

    def __enter__(self) -> Self:
        try:
            self.loaded = self._answer(" while it was loaded", self.patience + STARTING)[0]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error) -> None:
        self._end()
        self._reader.join(1)
        self._heard.close()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe and not self._reader.is_alive():  # else a process that has left the group still holds it
                with contextlib.suppress(OSError):
                    pipe.close()

    def _end(self) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.wait()

    def ask(self, question: tuple, when: str, patience: float) -> np.ndarray | None:
        """question: (a method there, its arguments ...).  when: words for the sentences.  Returns: its numbers.

        Raises: Refused, in a sentence, for whatever goes wrong there. Once it has ended, it answers nothing more.
        """
        if self._over:
            raise Refused(self._over)
        self._send(question)
        return self._answer(when, patience)[1]

    def _send(self, question: tuple) -> None:
        """By a thread: a process that does not read any more must not stop this one."""
        pipe = self._child.stdin
        assert pipe is not None  # Popen was asked for one

        def write() -> None:
            with contextlib.suppress(OSError, ValueError):  # the process is gone, and the answer says so
                pickle.dump(question, pipe)
                pipe.flush()

        threading.Thread(target=write, daemon=True).start()

    def _answer(self, when: str, patience: float) -> tuple[str, np.ndarray | None]:
        try:
            kind, text, lines, numbers = self._found(when, patience)
        except BaseException as error:
            self._over = str(error) or f"{self._name} is not asked any more"  # a late answer would be the next one's
            self._end()
            raise
        self.printed += lines
        if kind == "refused":
            raise Refused(text)
        if kind == "failed":
            raise Refused(f"{self._name} failed{when}:\n{text}{self._after}")
        return text, numbers

    def _found(self, when: str, patience: float) -> tuple[str, str, int, np.ndarray | None]:
        found = self._wait(when, patience)
        if found is None:
            raise Refused(self._how_it_ended(when))
        if found is _Foreign:
            raise Refused(
                f"{self._name} wrote into the pipe of the answers{when}; it must return {self._wanted} instead"
            )
        return found

    def _wait(self, when: str, patience: float):
        """The next answer; None where the process has ended without one."""
        ends, ended = time.monotonic() + patience, False
        while True:
            try:
                return self._answers.get(timeout=max(0, min(_STEP, ends - time.monotonic())))
            except queue.Empty:
                if ended:
                    return None
            if os.fstat(self._heard.fileno()).st_size > PRINTED:
                most = f"{PRINTED / 1e6:.0f} MB"
                raise Refused(f"{self._name} printed more than {most}{when}; it must return {self._wanted} instead")
            if time.monotonic() >= ends:
                raise Refused(f"{self._name} took longer than {patience:g} s{when}; --patience gives it more")
            ended = self._child.poll() is not None  # what it answered before its end comes in one step more

    def _how_it_ended(self, when: str) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(5)
        code = self._child.returncode
        how = f"ended with exit code {code}"
        if code is not None and code < 0:
            how = f"was ended by signal {-code} ({signal.strsignal(-code)})"
        self._heard.seek(0)
        words = self._heard.read(PRINTED).decode(errors="replace").strip()[-200:]
        last = f". Its last words: {words.splitlines()[-1]}" if words else ""
        return f"the process of {self._name} {how}{when}; it must return {self._wanted} instead{last}"

    def _read(self) -> None:
        """Put every answer into the queue; after the last one None, or _Foreign where something else came."""
        pipe = self._child.stdout
        try:
            start = b""
            while not start.endswith(self._token):  # an environment may print as it starts
                start = start[-15:] + _exactly(pipe, 1)
            while True:
                size = int.from_bytes(_exactly(pipe, 8), "little")
                if size > ANSWER:
                    raise _Foreign
                self._answers.put(_parsed(_exactly(pipe, size)))
                if _exactly(pipe, len(self._token)) != self._token:
                    raise _Foreign
        except _Foreign:
            self._answers.put(_Foreign)
        except (EOFError, OSError, ValueError):
            self._answers.put(None)


def _exactly(pipe, count: int) -> bytes:
    found = pipe.read(count)
    if len(found) < count:
        raise EOFError
    return found


def _parsed(said: bytes) -> tuple[str, str, int, np.ndarray | None]:
    head, _, raw = said.partition(b"\n")
    try:
        kind, text, lines, shape = json.loads(head)
        numbers = None if shape is None else np.frombuffer(raw).reshape(shape).copy()
    except (ValueError, TypeError) as error:
        raise _Foreign from error
    return kind, text, lines, numbers
