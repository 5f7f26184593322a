"""Anyone's method, graded: a function in a file, asked in a process of its own, on the frozen grading set.

    def my_method(model, query, photo):
        '''model: the network, (B, 3, H, W) normalised -> (B, D). query, photo: (H, W, 3) uint8. Returns (H, W).'''

What speaks against the match is below zero. The function sees the network and two photos, and nothing else: no mask, no
third photo, no name. It is asked in a process of its own, so that one that takes for ever can be ended, and one that
breaks Python breaks nothing else. It must leave the network as it found it.
"""

import contextlib
import hashlib
import importlib.util
import io
import multiprocessing
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import weights
from ..embed import embedder_for, normalise
from ..explain import untrained
from ..model import OSNet
from ..refused import Refused
from . import graded, grading_set
from .contestants import FLOORS, METHODS_GRADED, OWN, Network
from .grading_set import FAMILIES, Cases

DEFAULT = "gradient x activation, conv4"
PATIENCE = 60.0  # seconds for one map
REFERENCE = 64  # photos by which an untrained network's normalisations are set
MANY = 100_000  # photos that are embedded: enough for the fastest engine
KINDS = ("trained", "untrained")


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
            f"{'':<22}{'rank':>6}{'':>14}{'mass':>6}{'':>14}{'pointing':>9}",
        ]
        rows = {"noticed pairs": ours, "all pairs": self.ours, "never trained": theirs, "the centre": centre}
        for name, some in rows.items():
            cells = "".join(_cell(some.mean(score)) for score in ("rank", "mass"))
            lines.append(f"{name:<22}{cells}{some.mean('pointing')[0]:>9.2f}")
        lines.append(f"{'above never trained':<22}{_cell(graded.difference(ours, theirs))}")
        lines.append(f"{'above the centre':<22}{_cell(graded.difference(ours, centre))}")
        lines.append("Rank by part: " + ", ".join(f"{part} {v:.2f} ({n})" for part, (v, n) in ours.by_part().items()))
        lines.append(f"Brackets: 95 %, over families. A uniform map would get {ours.chance.mean():.2f}.")
        if self.printed:
            lines.append(f"The method printed {self.printed} lines; they are left out.")
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
    families: a part.  patience: seconds for one map.  progress: (maps done, maps in all).  cases: None renders them.
    Raises: Refused for a method that is not there, fails, takes too long, changes the network, or gives no map.
    """
    known = {**METHODS_GRADED, **OWN}
    own = method not in known
    source = where(method) if own else None
    checkpoint = weights.shipped() if path is None else weights.open(path)
    cases = grading_set.render(size=checkpoint.size, families=families) if cases is None else cases
    fast = embedder_for(checkpoint.model, photos=MANY, size=checkpoint.size)
    seen = grading_set.noticed(fast, cases).seen
    if not seen.any():
        raise Refused(f"the network notices none of the {len(seen)} differences: there is nothing to explain")
    every, done = np.ones(len(seen), bool), [0]

    def tell(_maps: int, each: int) -> None:
        done[0] += 1
        if progress:
            progress(done[0], 2 * each)

    with contextlib.ExitStack() as stack:
        if own:
            asked = stack.enter_context(_Asked(*source, path, cases.query[:REFERENCE], patience))
            methods = [asked.method(kind) for kind in KINDS]
            first = [methods[0](cases.query[0].copy(), cases.negative[0].copy()) for _ in range(2)]
            repeatable = np.array_equal(*first)
        else:
            random = untrained.like(checkpoint.model, 0, normalise(cases.query[:REFERENCE]))
            engines = (fast, embedder_for(random, photos=MANY, size=checkpoint.size))
            nets = [Network(*pair) for pair in zip((checkpoint.model, random), engines, strict=True)]
            methods, repeatable = [_one(known[method], net) for net in nets], True
        ours, theirs = (graded.of(one, cases, every, progress=tell) for one in methods)
        printed = asked.printed if own else 0
    centre = graded.of(_one(FLOORS["centre prior"], None), cases, every)
    return Report(method, cases, seen, ours, theirs, centre, printed, repeatable)


def where(method: str) -> tuple[Path, str]:
    """The file and the function of FILE:FUNCTION.  Raises: Refused where it is neither that nor a name of the kit."""
    file, colon, function = method.rpartition(":")
    if not colon or not function.isidentifier():
        names = ", ".join({**METHODS_GRADED, **OWN})
        raise Refused(f"a method is FILE:FUNCTION, such as mine.py:my_method, or one of {names}; got {method!r}")
    if not Path(file).is_file():
        raise Refused(f"there is no file {file}")
    return Path(file).resolve(), function


def loaded(file: Path, function: str) -> Callable:
    """The function of a file.  Raises: Refused where the file has none; what the file itself raises."""
    spec = importlib.util.spec_from_file_location("method_to_grade", file)
    if spec is None:
        raise Refused(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, function, None)
    if not callable(found):
        raise Refused(f"{file.name} has no function {function!r}")
    return found


def _one(maps: Callable, network: Network | None) -> graded.Method:
    return lambda query, photo: maps(network, query[None], photo[None])[0]


def _cell(found: tuple[float, float, float]) -> str:
    return "{:>6.2f} [{:>5.2f},{:>5.2f}]".format(*found)


# --- a process of its own ---------------------------------------------------------------------------------------------


class _Asked:
    """The process that a method runs in.  printed: lines that it printed so far."""

    def __init__(self, file: Path, function: str, weights_at: Path | None, photos: np.ndarray, patience: float):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._name, self._patience, self.printed, self._maps = function, patience, 0, 0
        self._child = context.Process(target=_serve, args=(theirs, file, function, weights_at, photos), daemon=True)
        self._child.start()
        theirs.close()

    def __enter__(self) -> "_Asked":
        self._answer("while it was loaded", self._patience + 120)  # the libraries and the network come first
        return self

    def __exit__(self, *_error) -> None:
        self._child.kill()
        self._child.join()
        self._pipe.close()

    def method(self, kind: str) -> graded.Method:
        def ask(query: np.ndarray, photo: np.ndarray) -> np.ndarray:
            self._maps += 1
            self._pipe.send((kind, query, photo))
            return self._answer(f"in map {self._maps}", self._patience)

        return ask

    def _answer(self, when: str, patience: float) -> np.ndarray | None:
        try:
            if not self._pipe.poll(patience):
                raise Refused(f"{self._name} took longer than {patience:g} s {when}; --patience gives it more")
            kind, value, lines = self._pipe.recv()
        except EOFError:
            self._child.join()
            code = self._child.exitcode
            raise Refused(f"the process of {self._name} ended {when}, with exit code {code}") from None
        self.printed += lines
        if kind == "refused":
            raise Refused(value)
        if kind == "failed":
            raise Refused(f"{self._name} failed {when}:\n{value}")
        return value


def _serve(pipe, file: Path, function: str, weights_at: Path | None, photos: np.ndarray) -> None:
    torch.set_num_threads(1)
    model = (weights.shipped() if weights_at is None else weights.open(weights_at)).model
    networks = {"trained": model.eval(), "untrained": untrained.like(model, 0, normalise(photos))}
    before = {kind: _state(network) for kind, network in networks.items()}

    def attempt(work: Callable[[], np.ndarray | None]) -> None:
        heard = io.StringIO()
        try:
            with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
                answer = "map", work()
        except Refused as refusal:
            answer = "refused", str(refusal)
        except BaseException as error:
            own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
            told = "".join(traceback.format_list(own)) + "".join(traceback.format_exception_only(error))
            answer = "failed", told.rstrip()
        pipe.send((*answer, len(heard.getvalue().splitlines())))

    found = []
    attempt(lambda: found.append(loaded(file, function)))
    while True:
        try:
            kind, query, photo = pipe.recv()
        except EOFError:
            return
        attempt(lambda kind=kind, query=query, photo=photo: map_of(found[0], function, networks[kind], query, photo))
        for name, network in networks.items():
            if changed := _changed(before[name], _state(network)):
                pipe.recv()  # the next question gets this answer
                pipe.send(("refused", f"{function} must leave the network as it found it; it changed {changed}", 0))
                return


def map_of(method: Callable, name: str, network: OSNet, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Ask a method once.  Raises: Refused for what is no map (H, W) of finite numbers."""
    heat = method(network, query.copy(), photo.copy())
    if isinstance(heat, torch.Tensor):
        heat = heat.detach().cpu().numpy()
    heat = np.asarray(heat)
    if heat.dtype.kind not in "fiub" or heat.shape != photo.shape[:2]:
        raise Refused(f"{name} must return numbers {photo.shape[:2]}, it returned {heat.shape} of {heat.dtype}")
    if not np.isfinite(heat.astype(float)).all():
        raise Refused(
            f"{name} returned {int((~np.isfinite(heat.astype(float))).sum())} numbers that are NaN or infinite"
        )
    return heat.astype(float)


def _state(network: OSNet) -> dict[str, object]:
    """What a method must leave alone, by name: weights, mode, hooks."""
    found: dict[str, object] = {
        name: hashlib.sha256(value.detach().contiguous().numpy()).hexdigest()
        for name, value in network.state_dict().items()
    }
    for name, module in network.named_modules():
        hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
        found[f"the mode of {name or 'the network'}"] = module.training
        found[f"the hooks of {name or 'the network'}"] = sum(map(len, hooks))
    return found


def _changed(before: dict[str, object], now: dict[str, object]) -> str:
    return next((name for name in {**before, **now} if before.get(name) != now.get(name)), "")
