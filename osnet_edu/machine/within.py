"""The other side of `apart`: the process that somebody else's code runs in.

An answer is a line of JSON and an array of numbers, which are read and never run. What is printed is counted and goes
no further. A copy of this process that the code makes by os.fork answers nothing. When nobody asks any more, the
process ends, and with it all that was started in it.
"""

import contextlib
import importlib.util
import json
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from ..refused import Refused

_MODULE = "asked_file"  # what the file is called once it is loaded
_FRAMES, _LONG = 20, 400  # of a traceback the calls shown, and of a message the characters


class Served(Protocol):
    """What answers questions here.  file: of somebody else; a traceback begins there."""

    file: Path

    def load(self) -> np.ndarray | str | None:
        """What comes before the first question."""
        ...


def answer_questions(make: Callable[..., Served]) -> None:
    """Answer the questions that come by the standard input, until it ends.

    make: makes of a job what answers; a question is the name of one of its methods, with arguments.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nowhere:
        os.dup2(nowhere.fileno(), 0)
    os.dup2(2, 1)  # both go to the file that `apart` watches
    token, *job = pickle.load(questions)
    asked: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(questions, asked), daemon=True).start()
    served, own = make(*job), os.getpid()

    def answer(work: Callable[[], np.ndarray | str | None]) -> None:
        numbers, text = None, ""
        try:
            kind, found = "done", work()
            numbers, text = (None, found) if isinstance(found, str) else (found, "")
        except Refused as refusal:
            kind, text = "refused", str(refusal)
        except BaseException as error:
            kind, text = "failed", _traceback(error, served.file)
        if os.getpid() != own:
            os._exit(0)
        head = json.dumps([kind, text, _lines(), None if numbers is None else numbers.shape]).encode()
        said = head + b"\n" + (b"" if numbers is None else numbers.tobytes())
        answers.write(token + len(said).to_bytes(8, "little") + said)
        answers.flush()

    answer(served.load)
    while True:
        name, *arguments = asked.get()
        answer(partial(getattr(served, name), *arguments))


def _listen(questions: BinaryIO, asked: queue.SimpleQueue) -> None:
    """Nothing outlives the process that asked."""
    with contextlib.suppress(Exception):  # also a question that was cut short: its sender is gone
        while True:
            asked.put(pickle.load(questions))
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _lines() -> int:
    """The number of lines that were printed since the last time; one that was begun counts."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # they may be closed or replaced
            stream.flush()
    count, last = 0, b"\n"
    os.lseek(2, 0, os.SEEK_SET)
    while block := os.read(2, 1 << 20):
        count, last = count + block.count(b"\n"), block[-1:]
    os.lseek(2, 0, os.SEEK_SET)
    os.ftruncate(2, 0)
    return count + (last != b"\n")


def loaded(file: Path, function: str) -> Callable:
    """The function of a file.  Raises: Refused where the file has none; what the file itself raises."""
    spec = importlib.util.spec_from_file_location(_MODULE, file)
    if spec is None or spec.loader is None:
        raise Refused(f"{file.name} is not a Python file; expected a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module  # dataclasses and pickle look a module up by its name
    sys.path.append(str(file.parent))  # a file beside it may be imported; last, so that it stands in for no library
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent))
    if not hasattr(module, function):
        raise Refused(f"{file.name} has no function {function!r}")
    found = getattr(module, function)
    if not callable(found):
        raise Refused(f"{function} in {file.name} must be a function, it is of type {type(found).__name__}")
    return found


def _traceback(error: BaseException, file: Path) -> str:
    """The calls from the file on, and the error."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((k for k, frame in enumerate(frames) if frame.filename == str(file)), len(frames))
    calls = traceback.StackSummary.from_list(frames[first:]).format()  # repeated calls are one line
    if len(calls) > _FRAMES:
        calls[_FRAMES // 2 : -_FRAMES // 2] = ["  ...\n"]
    what = "".join(traceback.format_exception_only(error)).rstrip()
    return "".join(calls) + (what if len(what) <= _LONG else what[:_LONG] + " ...")


def as_numbers(value: object, fits: Callable[[tuple[int, ...]], bool], wanted: str) -> np.ndarray:
    """What a function returned, as float64.  fits: of a shape.  wanted: begins the sentence: "f must return ...".

    Raises: Refused for what is not an array of numbers, or of a shape that does not fit.
    """
    torch = sys.modules.get("torch")  # without it, nothing is a tensor
    tensor = torch is not None and isinstance(value, torch.Tensor)
    returned: Any = value
    if tensor:
        returned = returned.detach().cpu().resolve_conj()
        returned = returned.double() if returned.is_floating_point() else returned  # NumPy does not know every kind
    try:
        found = np.asarray(returned)
    except (TypeError, ValueError):  # lists of unequal length, for one
        raise Refused(f"{wanted}, it returned a {type(value).__name__} that is not an array") from None
    if found.dtype.kind not in "fiub" or not fits(found.shape):
        array = tensor or found is returned or isinstance(value, list | tuple)
        raise Refused(f"{wanted}, it returned " + (f"{found.shape} of {found.dtype}" if array else _type(value)))
    return found.astype(float)


def check_finite(found: np.ndarray, name: str) -> None:
    """Raises: Refused for NaN and infinite numbers, which `name` returned."""
    if not np.isfinite(found).all():
        raise Refused(f"{name} returned {int((~np.isfinite(found)).sum())} numbers that are NaN or infinite")


def _type(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
