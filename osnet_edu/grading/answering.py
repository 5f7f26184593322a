"""The process that anyone's method is asked in: it loads the file, asks the function, and answers with maps.

`asked` starts it and sends questions. An answer is a line of JSON and the numbers of a map, which are read and never
run. What the method prints is counted and goes no further. A copy of this process that the method makes by os.fork
answers nothing. When nobody asks any more, it ends, and with it all that the method started.
"""

import contextlib
import hashlib
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
from typing import BinaryIO

import numpy as np
import torch
from torch.nn.modules import module as pytorchs

from ..embed import normalise
from ..explain import untrained
from ..network import weights
from ..network.model import OSNet
from ..refused import Refused
from . import sanity

MODULE = "method_to_grade"  # what the file is called once it is loaded
_FRAMES, _LONG = 20, 400  # of a traceback the calls shown, and of a message the characters
TRAINED, UNTRAINED = "trained", "untrained"
NOT_RANDOM = "none"  # the stage of a cascade in which nothing is random yet
PAIR, CASCADE = "a trained and an untrained one", "random from the last stage on"  # which networks are asked


def main() -> None:
    """Answer the questions that come by the standard input, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nowhere:
        os.dup2(nowhere.fileno(), 0)
    os.dup2(2, 1)  # both go to the file that `asked` watches
    torch.set_num_threads(1)
    token, *job = pickle.load(questions)
    asked: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(questions, asked), daemon=True).start()
    method, own = _Method(*job), os.getpid()

    def answer(work: Callable[[], np.ndarray | None]) -> None:
        heat, text = None, ""
        try:
            kind, heat = "done", work()
        except Refused as refusal:
            kind, text = "refused", str(refusal)
        except BaseException as error:
            kind, text = "failed", _traceback(error, method.file)
        if os.getpid() != own:
            os._exit(0)
        head = json.dumps([kind, text, _lines(), None if heat is None else heat.shape]).encode()
        said = head + b"\n" + (b"" if heat is None else heat.tobytes())
        answers.write(token + len(said).to_bytes(8, "little") + said)
        answers.flush()

    answer(method.load)
    while True:
        name, *arguments = asked.get()
        answer(partial(getattr(method, name), *arguments))


def _listen(questions: BinaryIO, asked: queue.SimpleQueue) -> None:
    """No method outlives the process that asked for it."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.put(pickle.load(questions))
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _lines() -> int:
    """The number of lines that were printed since the last time; one that was begun counts."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # the method may have closed or replaced it
            stream.flush()
    count, last = 0, b"\n"
    os.lseek(2, 0, os.SEEK_SET)
    while block := os.read(2, 1 << 20):
        count, last = count + block.count(b"\n"), block[-1:]
    os.lseek(2, 0, os.SEEK_SET)
    os.ftruncate(2, 0)
    return count + (last != b"\n")


class _Method:
    """A function of a file, and the networks that it is asked about."""

    def __init__(self, file: Path, function: str, weights_at: Path | None):
        self.file, self._name, self._weights_at = file, function, weights_at
        self._networks: dict[str, tuple[OSNet, Watched]] = {}

    def load(self) -> None:
        """The network comes first: a file may change the folder, or anything else, as it is loaded."""
        self._model = (weights.shipped() if self._weights_at is None else weights.open(self._weights_at)).model.eval()
        sys.path.append(str(self.file.parent))  # for what the method imports late; see `loaded`
        self._function = loaded(self.file, self._name)

    def prepare(self, which: str, photos: np.ndarray) -> None:
        """Make the networks.  which: PAIR or CASCADE.  photos: (B, H, W, 3) uint8, which normalisations are set by."""
        images = normalise(photos)
        if which == PAIR:
            made = {TRAINED: self._model, UNTRAINED: untrained.like(self._model, 0, images)}
        else:
            made = dict(sanity.cascade(self._model, images))
        self._networks = {kind: (network, Watched(network)) for kind, network in made.items()}

    def ask(self, kind: str, words: str, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
        """words: about the network, for a sentence about the map."""
        heat = map_of(self._function, self._name + words, self._networks[kind][0], query, photo)
        for _, watched in self._networks.values():
            if changed := watched.changed():
                raise Refused(f"{self._name} must leave the network as it found it; it changed {changed}")
        return heat


def loaded(file: Path, function: str) -> Callable:
    """The function of a file.  Raises: Refused where the file has none; what the file itself raises."""
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None or spec.loader is None:
        raise Refused(f"{file.name} is not a Python file; expected a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module  # dataclasses and pickle look a module up by its name
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
    """The calls from the method's own file on, and the error."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((k for k, frame in enumerate(frames) if frame.filename == str(file)), len(frames))
    calls = traceback.StackSummary.from_list(frames[first:]).format()  # repeated calls are one line
    if len(calls) > _FRAMES:
        calls[_FRAMES // 2 : -_FRAMES // 2] = ["  ...\n"]
    what = "".join(traceback.format_exception_only(error)).rstrip()
    return "".join(calls) + (what if len(what) <= _LONG else what[:_LONG] + " ...")


def map_of(method: Callable, name: str, network: OSNet, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Ask a method once.  Raises: Refused if the answer is not a map (H, W) of finite numbers."""
    heat = method(network, query.copy(), photo.copy())
    wanted = f"{name} must return numbers {photo.shape[:2]}"
    if isinstance(heat, torch.Tensor):
        heat = heat.detach().cpu().resolve_conj()
        heat = heat.double() if heat.is_floating_point() else heat  # NumPy does not know every kind
    try:
        found = np.asarray(heat)
    except (TypeError, ValueError):  # lists of unequal length, for one
        raise Refused(f"{wanted}, it returned a {type(heat).__name__} that is not an array") from None
    if found.dtype.kind not in "fiub" or found.shape != photo.shape[:2]:
        array = heat is found or isinstance(heat, torch.Tensor | list | tuple)
        raise Refused(f"{wanted}, it returned " + (f"{found.shape} of {found.dtype}" if array else _type(heat)))
    found = found.astype(float)
    if not np.isfinite(found).all():
        raise Refused(f"{name} returned {int((~np.isfinite(found)).sum())} numbers that are NaN or infinite")
    with np.errstate(over="ignore"):
        if not np.isfinite(np.abs(found).sum()):
            raise Refused(f"{name} returned numbers up to {np.abs(found).max():.0e}, too large to add up")
    return found


def _type(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


class Watched:
    """A network as it is now.  What a method must leave alone: numbers, settings, mode, hooks, code."""

    def __init__(self, network: OSNet):
        self._network = network
        # What a method adds beside the settings changes no answer.
        self._settings = {
            name: [key for key in vars(module) if not key.startswith("_") and key not in ("training", "forward")]
            for name, module in network.named_modules()
        }
        self._before = self._state()

    def changed(self) -> str:
        """The name of the first thing that is not as it was, or an empty text."""
        now = self._state()
        return next((name for name in {**self._before, **now} if self._before.get(name) != now.get(name)), "")

    def _state(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in self._network.state_dict(keep_vars=True).items():
            raw = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
            found[name] = (value.dtype, value.shape, hashlib.sha256(raw).hexdigest())
            hooks = (value._backward_hooks, getattr(value, "_post_accumulate_grad_hooks", None))
            found[f"the hooks of {name}"] = tuple(tuple(some or ()) for some in hooks)
        for name, module in self._network.named_modules():
            own, words = vars(module), name or "the network"
            found[f"the mode of {words}"] = module.training
            found[f"the hooks of {words}"] = _hooks(own)
            found[f"the code of {words}"] = (type(module), getattr(module.forward, "__func__", module.forward))
            for key in self._settings.get(name, ()):
                found[f"{key} of {words}"] = repr(own[key]) if key in own else None
        found["the hooks of all modules"] = _hooks(vars(pytorchs))
        return found


def _hooks(names: dict[str, object]) -> tuple:
    return tuple(tuple(value) for key, value in names.items() if "hooks" in key and isinstance(value, dict))
