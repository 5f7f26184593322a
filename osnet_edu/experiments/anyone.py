"""Anyone's method, graded: a function in a file, asked in a process of its own, on the frozen grading set.

    def my_method(model, query, photo):
        '''model: the network, (B, 3, H, W) normalised -> (B, D). query, photo: (H, W, 3) uint8. Returns (H, W).'''

What speaks against the match is below zero. The function sees the network and two photos, and nothing else: no mask, no
third photo, no name. It is asked in a process of its own, so that one that takes for ever can be ended, and one that
breaks Python breaks nothing else. What it prints is counted and left out. It must leave the network as it found it.
"""

import contextlib
import hashlib
import importlib.util
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from .. import weights
from ..embed import embedder_for, normalise
from ..explain import FORWARD, METHODS, Quick, embed, similarity, untrained
from ..model import OSNet
from ..refused import Refused
from . import graded, grading_set
from .contestants import FLOORS, METHODS_GRADED, OWN, Network
from .grading_set import FAMILIES, Cases

DEFAULT = "gradient x activation, conv4"
PATIENCE = 60.0  # seconds for one map
LONGEST = 86_400  # seconds: a day
STARTING = 120  # seconds more for the first answer: the libraries come first
REFERENCE = 64  # photos by which an untrained network's normalisations are set
MANY = 100_000  # photos that are embedded: enough for the fastest engine
KINDS = ("trained", "untrained")
MODULE = "method_to_grade"  # what the file is called once it is loaded
FRAMES, LONG = 20, 400  # of a traceback the calls shown, and of a message the characters


@dataclass(frozen=True)
class Report:
    """method: its name.  cases: the grading set.  seen: (N,) bool, the differences that the network notices.

    ours, theirs: grades of all N cases by the trained and by the untrained network.  centre: the centre prior.
    printed: lines that the method printed.  repeatable: whether it gave the same map twice.
    """

    method: str
    cases: Cases
    seen: np.ndarray
    ours: graded.Graded
    theirs: graded.Graded
    centre: graded.Graded
    printed: int
    repeatable: bool

    def __str__(self) -> str:
        ours, theirs, centre = (some.only(self.seen) for some in (self.ours, self.theirs, self.centre))
        each = len(self.seen) // len(grading_set.PARTS)
        frozen = "" if each == FAMILIES else f" This is a quick try: the frozen set has {FAMILIES} families a part."
        lines = [
            f"{self.method}: {int(self.seen.sum())} of {len(self.seen)} differences noticed, grading set "
            f"{self.cases.name}.{frozen}",
            f"{'':<22}{'rank':>6}{'':>14}{'mass':>6}{'':>14}{'pointing':>10}",
        ]
        rows = {"noticed pairs": ours, "all pairs": self.ours, "never trained": theirs, "the centre": centre}
        for name, some in rows.items():
            lines.append(f"{name:<22}" + "".join(_cell(some.mean(score)) for score in graded.SCORES))
        lines.append(f"{'above never trained':<22}{_cell(graded.difference(ours, theirs))}")
        lines.append(f"{'above the centre':<22}{_cell(graded.difference(ours, centre))}")
        lines.append("Rank by part: " + ", ".join(f"{part} {v:.2f} ({n})" for part, (v, n) in ours.by_part().items()))
        lines.append(f"Brackets: 95 %, over families. A uniform map would get {ours.chance.mean():.2f}.")
        if self.printed:
            what = "1 line; it is" if self.printed == 1 else f"{self.printed} lines; they are"
            lines.append(f"The method printed {what} left out.")
        if not self.repeatable:
            lines.append("Asked twice about one pair, it gave two maps: the grades will not come out the same again.")
        return "\n".join(lines)

    def csv(self) -> str:
        """A line a case, with a head."""
        lines = ["case,part,family,noticed,rank,mass,pointing,chance,rank_untrained"]
        for k, part in enumerate(self.ours.part):
            numbers = (getattr(self.ours, name)[k] for name in ("rank", "mass", "pointing", "chance"))
            told = ",".join(f"{value:.4f}" for value in (*numbers, self.theirs.rank[k]))
            lines.append(f"{k},{part},{self.ours.family[k]},{int(self.seen[k])},{told}")
        return "\n".join(lines) + "\n"


def grade(
    method: str = DEFAULT,
    path: Path | None = None,
    *,
    families: int = FAMILIES,
    patience: float = PATIENCE,
    progress: Callable[[int, int], None] | None = None,
    cases: Cases | None = None,
) -> Report:
    """Grade a method on the frozen grading set.

    method: FILE:FUNCTION, or the name of a method of the kit.  path: a checkpoint; None takes the shipped one.
    families: a part.  patience: seconds for one map, up to a day.  cases: None renders them.
    progress: (steps done, steps in all); a case takes one to render it and one for each of its two maps.
    Raises: Refused for a method that is not there, fails, takes too long, changes the network, or gives no map.
    """
    if not 0 < patience <= LONGEST:
        raise Refused(f"the patience for one map must be above 0 s and at most {LONGEST} s, got {patience:g}")
    known, done = _known(), [0]
    own = method not in known
    source = where(method) if own else None
    checkpoint = weights.shipped() if path is None else weights.open(path)

    def tell(_done: int, each: int) -> None:
        done[0] += 1
        if progress:
            progress(done[0], (3 if rendered else 2) * each)

    with contextlib.ExitStack() as stack:
        # The file is loaded before anything is rendered: one that is broken is refused at once.
        asked = stack.enter_context(_Asked(*source, path, patience)) if own else None
        rendered = cases is None
        if rendered:
            cases = grading_set.render(size=checkpoint.size, families=families, progress=tell)
        fast = embedder_for(checkpoint.model, photos=MANY, size=checkpoint.size)
        seen = grading_set.noticed(fast, cases).seen
        if not seen.any():
            raise Refused(f"the network notices none of the {len(seen)} differences: there is nothing to explain")
        every = np.ones(len(seen), bool)
        if asked:
            asked.prepare(cases.query[:REFERENCE])
            methods = [asked.method(kind) for kind in KINDS]
            repeatable = _same_twice(methods[0], cases)
        else:
            random = untrained.like(checkpoint.model, 0, normalise(cases.query[:REFERENCE]))
            engines = (fast, embedder_for(random, photos=MANY, size=checkpoint.size))
            nets = [Network(*pair) for pair in zip((checkpoint.model, random), engines, strict=True)]
            methods, repeatable = [_one(known[method], net) for net in nets], True
        ours, theirs = (graded.of(one, cases, every, progress=tell) for one in methods)
        printed = asked.printed if asked else 0
    centre = graded.of(_one(FLOORS["centre prior"], None), cases, every)
    return Report(method, cases, seen, ours, theirs, centre, printed, repeatable)


def where(method: str) -> tuple[Path, str]:
    """The file and the function of FILE:FUNCTION.  Raises: Refused where it is neither that nor a name of the kit."""
    file, colon, function = method.rpartition(":")
    if not colon or not function.isidentifier():
        names = ", ".join(_known())
        raise Refused(f"a method is FILE:FUNCTION, such as mine.py:my_method, or one of {names}; got {method!r}")
    if not Path(file).is_file():
        raise Refused(f"there is no file {file}")
    return Path(file).resolve(), function


def loaded(file: Path, function: str) -> Callable:
    """The function of a file.  Raises: Refused where the file has none; what the file itself raises."""
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None:
        raise Refused(f"{file.name} is no Python file; expected a name that ends in .py")
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


def _known() -> dict[str, Callable]:
    """The kit's own methods by name: those of the leaderboard, and those of the table as they stand there."""
    return {**{name: partial(_of_table, name) for name in METHODS}, **METHODS_GRADED, **OWN}


def _of_table(name: str, network: Network, queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    model = Quick(network.embedder) if name in FORWARD else network.model
    return METHODS[name](model, normalise(photos), similarity(embed(network.model, normalise(queries))))


def _same_twice(method: graded.Method, cases: Cases) -> bool:
    try:
        return np.array_equal(*(method(cases.query[0], cases.negative[0]) for _ in range(2)))
    except Refused as error:
        raise Refused(f"case 0: {error}") from error


def _one(maps: Callable, network: Network | None) -> graded.Method:
    return lambda query, photo: maps(network, query[None], photo[None])[0]


def _cell(found: tuple[float, float, float]) -> str:
    return "{:>6.2f} [{:>5.2f},{:>5.2f}]".format(*found)


# --- a process of its own ---------------------------------------------------------------------------------------------


class _Asked:
    """The process that a method runs in.  printed: lines that it printed so far."""

    def __init__(self, file: Path, function: str, weights_at: Path | None, patience: float):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._name, self._patience, self.printed = function, patience, 0
        self._child = context.Process(target=_serve, args=(theirs, file, function, weights_at), daemon=True)
        self._child.start()
        theirs.close()

    def __enter__(self) -> "_Asked":
        try:
            self._answer(" while it was loaded", self._patience + STARTING)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error) -> None:
        self._child.kill()
        self._child.join()
        self._pipe.close()

    def prepare(self, photos: np.ndarray) -> None:
        """Make the untrained network.  photos: (B, H, W, 3) uint8, by which its normalisations are set."""
        self._ask((None, photos, None), " before the first map", self._patience + STARTING)

    def method(self, kind: str) -> graded.Method:
        """The method as one of two photos.  kind: of network, one of `KINDS`."""
        when = "" if kind == KINDS[0] else " with the untrained network"
        return lambda query, photo: self._ask((kind, query, photo), when, self._patience)

    def _ask(self, question: tuple, when: str, patience: float) -> np.ndarray | None:
        with contextlib.suppress(OSError):  # the process is gone, and the answer says so
            self._pipe.send(question)
        return self._answer(when, patience)

    def _answer(self, when: str, patience: float) -> np.ndarray | None:
        try:
            if not self._pipe.poll(patience):
                raise Refused(f"{self._name} took longer than {patience:g} s{when}; --patience gives it more")
            kind, value, lines = self._pipe.recv()
        except (EOFError, OSError):
            self._child.join(5)
            code = self._child.exitcode
            how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
            raise Refused(f"the process of {self._name} {how}{when}; it must return a map instead") from None
        self.printed += lines
        if kind == "refused":
            raise Refused(value)
        if kind == "failed":
            raise Refused(f"{self._name} failed{when}:\n{value}\nNothing was graded.")
        return value


def _serve(pipe, file: Path, function: str, weights_at: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    threading.Thread(target=_follow, daemon=True).start()
    torch.set_num_threads(1)
    sys.path.append(str(file.parent))  # for what the method imports late; see `loaded`
    heard = _Heard()

    def attempt(work: Callable[[], object]) -> None:
        try:
            answer = "done", work()
        except Refused as refusal:
            answer = "refused", str(refusal)
        except BaseException as error:
            answer = "failed", _traceback(error, file)
        pipe.send((*answer, heard.lines()))

    networks: dict[str, OSNet] = {}
    before: dict[str, dict] = {}
    found: list[Callable] = []

    def make(photos: np.ndarray) -> None:
        model = (weights.shipped() if weights_at is None else weights.open(weights_at)).model
        networks.update(zip(KINDS, (model.eval(), untrained.like(model, 0, normalise(photos))), strict=True))
        before.update({kind: _state(network) for kind, network in networks.items()})

    def ask(kind: str, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
        name = function if kind == KINDS[0] else f"{function}, with the untrained network,"
        heat = map_of(found[0], name, networks[kind], query, photo)
        for which, network in networks.items():
            if changed := _changed(before[which], _state(network)):
                raise Refused(f"{function} must leave the network as it found it; it changed {changed}")
        return heat

    attempt(lambda: found.append(loaded(file, function)))
    with contextlib.suppress(EOFError, OSError):  # the parent is done
        while True:
            kind, *photos = pipe.recv()
            attempt(partial(make, photos[0]) if kind is None else partial(ask, kind, *photos))


def _follow() -> None:
    """No method outlives the process that asked for it."""
    multiprocessing.parent_process().join()
    os._exit(1)


class _Heard:
    """Takes what this process prints from here on, by whatever way, and counts its lines."""

    def __init__(self):
        self._file = tempfile.TemporaryFile()
        for stream in (1, 2):
            os.dup2(self._file.fileno(), stream)

    def lines(self) -> int:
        """The number of lines since the last time; one that was begun counts."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, OSError, ValueError):  # the method may have closed or replaced it
                stream.flush()
        self._file.seek(0)
        count, last = 0, b"\n"
        while block := self._file.read(1 << 20):
            count, last = count + block.count(b"\n"), block[-1:]
        self._file.seek(0)
        self._file.truncate()
        return count + (last != b"\n")


def _traceback(error: BaseException, file: Path) -> str:
    """The calls from the method's own file on, and the error."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((k for k, frame in enumerate(frames) if frame.filename == str(file)), len(frames))
    calls = traceback.StackSummary.from_list(frames[first:]).format()  # repeated calls are one line
    if len(calls) > FRAMES:
        calls[FRAMES // 2 : -FRAMES // 2] = ["  ...\n"]
    what = "".join(traceback.format_exception_only(error)).rstrip()
    return "".join(calls) + (what if len(what) <= LONG else what[:LONG] + " ...")


def map_of(method: Callable, name: str, network: OSNet, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Ask a method once.  Raises: Refused for what is no map (H, W) of finite numbers."""
    heat = method(network, query.copy(), photo.copy())
    wanted = f"{name} must return numbers {photo.shape[:2]}"
    if isinstance(heat, torch.Tensor):
        heat = heat.detach().cpu().resolve_conj()
        heat = heat.double() if heat.is_floating_point() else heat  # NumPy does not know every kind
    try:
        found = np.asarray(heat)
    except (TypeError, ValueError):  # lists of unequal length, for one
        raise Refused(f"{wanted}, it returned a {type(heat).__name__} that is no array") from None
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


def _state(network: OSNet) -> dict[str, object]:
    """What a method must leave alone, by name: weights and buffers, mode, hooks, code."""
    found: dict[str, object] = {}
    for name, value in network.state_dict().items():
        raw = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
        found[name] = (value.dtype, value.shape, hashlib.sha256(raw).hexdigest())
    for name, module in network.named_modules():
        hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
        name = name or "the network"
        found[f"the mode of {name}"] = module.training
        found[f"the hooks of {name}"] = tuple(map(tuple, hooks))
        found[f"the code of {name}"] = (type(module), getattr(module.forward, "__func__", module.forward))
    return found


def _changed(before: dict[str, object], now: dict[str, object]) -> str:
    return next((name for name in {**before, **now} if before.get(name) != now.get(name)), "")
