"""Anyone's method, asked in a process of its own: whatever it does there, it ends in a map or in a sentence here.

    with Asked(file, function, None, patience=60) as asked:
        asked.prepare(PAIR, photos)
        heat = asked.method(TRAINED)(query, photo)

One that takes for ever is ended, and so is one that prints without end; the time runs until the whole answer is there.
The method may start processes. They end with its own.
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
from typing import cast

import numpy as np

from ..refused import Refused
from . import graded
from .answering import NOT_RANDOM, TRAINED, UNTRAINED

_LONGEST = 86_400  # seconds: a day
STARTING = 120  # seconds more for the first answer: the libraries come first
PRINTED = 32_000_000  # bytes that a method may print for one map
ANSWER = 100_000_000  # bytes that a map and its words take at most
_STEP = 0.05  # seconds between two looks at what was printed


def check_patience(patience: float) -> None:
    """Raises: Refused for no time, and for more than a day."""
    if isinstance(patience, bool) or not isinstance(patience, int | float) or not 0 < patience <= _LONGEST:
        raise Refused(f"the patience for one map must be above 0 s and at most {_LONGEST} s, got {patience!r}")


class _Foreign(Exception):
    """Something came by the pipe of the answers that is none."""


class Asked:
    """The process that a method runs in.  printed: lines that it printed so far.

    file, function: the method.  weights_at: a checkpoint; None takes the shipped one.  patience: seconds for one map.
    """

    def __init__(self, file: Path, function: str, weights_at: Path | None, patience: float):
        check_patience(patience)
        self._name, self._patience, self.printed = function, patience, 0
        self._token = secrets.token_bytes(16)  # begins each answer: nothing else that is written there looks like one
        self._answers: queue.SimpleQueue = queue.SimpleQueue()
        self._heard = tempfile.TemporaryFile()
        paths = [os.path.abspath(path) for path in sys.path]
        code = f"import sys; sys.path[:] = {paths!r}; from {__package__}.answering import main; main()"
        self._child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._heard,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._send((self._token, file, function, weights_at and Path(weights_at).absolute()))

    def __enter__(self) -> "Asked":
        try:
            self._answer(" while it was loaded", self._patience + STARTING)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.wait()
        self._reader.join(1)
        self._heard.close()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe and not self._reader.is_alive():  # else a process that has left the group still holds it
                with contextlib.suppress(OSError):
                    pipe.close()

    def prepare(self, which: str, photos: np.ndarray) -> None:
        """Make the networks.  which: PAIR or CASCADE.  photos: (B, H, W, 3) uint8, which normalisations are set by."""
        self._ask(("prepare", which, photos), " before the first map", self._patience + STARTING)

    def method(self, kind: str) -> graded.PairMethod:
        """The method as one of two photos.  kind: of network: TRAINED or UNTRAINED, or the stage of a cascade."""
        known = {TRAINED: "", NOT_RANDOM: "", UNTRAINED: " with the untrained network"}
        words = known.get(kind, f" with a network that is random from {kind} on")
        of = f",{words}," if words else ""
        # The process answers "ask" with a map; it is `prepare` that has no answer.
        return lambda query, photo: cast(np.ndarray, self._ask(("ask", kind, of, query, photo), words, self._patience))

    def _ask(self, question: tuple, when: str, patience: float) -> np.ndarray | None:
        self._send(question)
        return self._answer(when, patience)

    def _send(self, question: tuple) -> None:
        """By a thread: a process that does not read any more must not stop this one."""
        pipe = self._child.stdin
        assert pipe is not None  # Popen was asked for one

        def write() -> None:
            with contextlib.suppress(OSError, ValueError):  # the process is gone, and the answer says so
                pickle.dump(question, pipe)
                pipe.flush()

        threading.Thread(target=write, daemon=True).start()

    def _answer(self, when: str, patience: float) -> np.ndarray | None:
        found = self._wait(when, patience)
        if found is None:
            raise Refused(self._how_it_ended(when))
        if found is _Foreign:
            raise Refused(f"{self._name} wrote into the pipe of the answers{when}; it must return a map instead")
        kind, text, lines, heat = found
        self.printed += lines
        if kind == "refused":
            raise Refused(text)
        if kind == "failed":
            raise Refused(f"{self._name} failed{when}:\n{text}\nNothing was graded.")
        return heat

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
                raise Refused(f"{self._name} printed more than {most}{when}; it must return a map instead")
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
        return f"the process of {self._name} {how}{when}; it must return a map instead{last}"

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
    head, _, numbers = said.partition(b"\n")
    try:
        kind, text, lines, shape = json.loads(head)
        heat = None if shape is None else np.frombuffer(numbers).reshape(shape).copy()
    except (ValueError, TypeError) as error:
        raise _Foreign from error
    return kind, text, lines, heat
