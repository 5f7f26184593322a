"""Two answers side by side on the same random inputs: functions by what they return, layers by what they compute.

A layer's weights are random, and two layers may name them differently. So the weights of one are moved into the other
first, entry by entry under equal names or else in the order in which a forward pass uses them, and only then are the
outputs compared, in training and in evaluation mode.
"""

import inspect
import random
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .guard import Builtins

RELATIVE, ABSOLUTE = 1e-4, 1e-5


@dataclass(frozen=True)
class Outcome:
    """What one call did: it returned `value`, or raised `error`; `changed` names arguments that it altered.

    seen: what was counted meanwhile.
    """

    value: Any = None
    error: Exception | None = None
    changed: tuple[str, ...] = ()
    seen: int = 0


class Failed(Exception):
    """A student's answer raised something that is no Exception, such as SystemExit."""


@dataclass(frozen=True)
class Calls:
    """Compare functions.

    inputs: (generator) -> the arguments of one call; the same generator gives the same arguments again.
    read: (returned value, arguments) -> what is compared.  may_change: positions of arguments that it may alter.
    watch: (arguments after the call) -> a number that is compared too; watched: how to say it, with {} for the number.
    refusals: exceptions that are an answer, "I do not take this", and all the same one.
    """

    inputs: Callable[[np.random.Generator], tuple]
    read: Callable[[Any, tuple], Any] = lambda value, arguments: value
    may_change: tuple[int, ...] = ()
    watch: Callable[[tuple], int] | None = None
    watched: str = ""
    refusals: tuple[type[Exception], ...] = ()
    cases: int = 16

    def run(self, answer: Callable, seed: int, case: int) -> Outcome:
        """One call, on arguments made for it alone."""
        arguments = self.inputs(np.random.default_rng([seed, case]))
        before = self.inputs(np.random.default_rng([seed, case]))
        try:
            with quiet(case):
                value = answer(*arguments)
        except Exception as error:
            return Outcome(error=error)
        names = _names(answer, len(arguments))
        changed = tuple(
            names[i]
            for i in range(len(arguments))
            if i not in self.may_change and is_data(before[i]) and not alike(arguments[i], before[i], exact=True)
        )
        try:
            value = self.read(value, arguments)
        except (AttributeError, TypeError):
            pass  # a value of another kind is compared as it is, and differs
        return Outcome(value, changed=changed, seen=self.watch(arguments) if self.watch else 0)

    def trouble(self, answer: Any, seed: int) -> tuple[str, ...]:
        """The names of the arguments that an answer altered, over all cases."""
        outcomes = [self.run(answer, seed, case) for case in range(self.cases)]
        return tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.changed))

    def error(self, answer: Any, other: Any, seed: int) -> Exception | None:
        """The first exception that the answer raises where the other does not."""
        for case in range(self.cases):
            mine = self.run(answer, seed, case)
            if mine.error is not None and self.run(other, seed, case).error is None:
                return mine.error
        return None

    def difference(self, answer: Any, other: Any, seed: int) -> str | None:
        for case in range(self.cases):
            mine, theirs = self.run(answer, seed, case), self.run(other, seed, case)
            if mine.error is not None or theirs.error is not None:
                if type(mine.error) is type(theirs.error) or (self._refuses(mine) and self._refuses(theirs)):
                    continue
                return f"{self.given(answer, seed, case)} {_told(mine)}; expected: {_told(theirs)}."
            if not alike(mine.value, theirs.value):
                if what := other_kind(mine.value, theirs.value):
                    return what
                return f"{self.given(answer, seed, case)} {_told(mine)}; expected: {_told(theirs)}."
            if mine.seen != theirs.seen:
                return f"It {self.watched.format(mine.seen)}; expected: {theirs.seen}."
        return None

    def _refuses(self, outcome: Outcome) -> bool:
        return bool(self.refusals) and isinstance(outcome.error, self.refusals)

    def given(self, answer: Callable, seed: int, case: int) -> str:
        arguments = self.inputs(np.random.default_rng([seed, case]))
        names = _names(answer, len(arguments))
        pairs = [f"{n} = {shown(a)}" for n, a in zip(names, arguments, strict=True) if is_data(a)]
        return f"With {', '.join(pairs)} it" if pairs else "It"


@dataclass(frozen=True)
class Builds:
    """Compare functions or classes that make a module.

    arguments: (generator) -> what it is made from.  feed: (generator, arguments) -> what its forward pass is given.
    strict_names: the entries of the state must have the same names in both.
    """

    arguments: Callable[[np.random.Generator], tuple]
    feed: Callable[[np.random.Generator, tuple], tuple]
    strict_names: bool = False
    cases: int = 4

    def trouble(self, answer: Any, seed: int) -> tuple[str, ...]:
        """("x",) where the forward pass alters what it is given."""
        for case in range(self.cases):
            try:
                made, arguments = self.make(answer, seed, case)
                fed, kept = (self.feed(np.random.default_rng([seed, case, 1]), arguments) for _ in range(2))
                with quiet(case):
                    made(*fed)
            except Exception:
                return ()
            names = _names(made.forward, len(fed)) if isinstance(made, nn.Module) else ("x",) * len(fed)
            if changed := tuple(n for n, a, b in zip(names, fed, kept, strict=True) if not alike(a, b, exact=True)):
                return changed
        return ()

    def error(self, answer: Any, other: Any, seed: int) -> Exception | None:
        for case in range(self.cases):
            try:
                made, arguments = self.make(answer, seed, case)
                if isinstance(made, nn.Module):
                    self.forward(made, arguments, seed, case, training=True)
                    self.forward(made, arguments, seed, case, training=False)
            except Exception as error:
                return error
        return None

    def make(self, answer: Any, seed: int, case: int) -> tuple[Any, tuple]:
        arguments = self.arguments(np.random.default_rng([seed, case]))
        with quiet(case):
            return answer(*arguments), arguments

    def forward(self, made: nn.Module, arguments: tuple, seed: int, case: int, *, training: bool) -> Any:
        fed = self.feed(np.random.default_rng([seed, case, 1]), arguments)
        made.train(training)
        with quiet(case), torch.no_grad():
            return made(*fed)

    def _try(self, made: nn.Module, arguments: tuple, seed: int, case: int) -> tuple[Any, str]:
        try:
            return self.forward(made, arguments, seed, case, training=True), ""
        except Exception as error:
            return None, f"{type(error).__name__}: {error}"

    def difference(self, answer: Any, other: Any, seed: int) -> str | None:
        for case in range(self.cases):
            try:
                mine, arguments = self.make(answer, seed, case)
            except Exception as error:
                return f"Building it raises {type(error).__name__}: {error}."
            theirs, _ = self.make(other, seed, case)
            if not isinstance(mine, nn.Module):
                return f"It makes {kind(mine)}; expected: a module, such as `nn.Conv2d` or a class of `nn.Module`."
            if told := self._compare(mine, theirs, arguments, seed, case):
                given = ", ".join(map(shown, arguments))
                return f"Built with ({given}), {told}."
        return None

    def _compare(self, mine: nn.Module, theirs: nn.Module, arguments: tuple, seed: int, case: int) -> str | None:
        count, expected = parameters(mine), parameters(theirs)
        fed = self.feed(np.random.default_rng([seed, case, 1]), arguments)
        got, broken = self._try(mine, arguments, seed, case)
        due, as_broken = self._try(theirs, arguments, seed, case)
        if broken or as_broken:  # two layers that break over the same thing are alike
            return None if broken == as_broken else f"its forward pass raises {broken or 'nothing'}"
        if shape_of(got) != shape_of(due):
            return f"it makes {shape_of(got)} of {shape_of(fed[0])}; expected: {shape_of(due)}"
        if count != expected:
            return f"it has {count:,} parameters; expected: {expected:,}"
        if self.strict_names and (told := _other_names(mine, theirs)):
            return told
        randomise(theirs, np.random.default_rng([seed, case, 2]))
        if not transplant(theirs, mine, fed):
            return f"its weights have the shapes {_shapes(mine, fed)}; expected: {_shapes(theirs, fed)}"
        for training in (True, False):
            a = self.forward(mine, arguments, seed, case, training=training)
            b = self.forward(theirs, arguments, seed, case, training=training)
            if not alike(a, b):
                mode = "" if training else " in evaluation mode"
                return f"with the same weights it does not compute the expected numbers{mode}"
        return None


# ---------------------------------------------------------------------------------------------
# Values


def alike(a: Any, b: Any, *, exact: bool = False) -> bool:
    """Whether two values are the same answer: numbers and arrays closely, containers entry by entry."""
    if isinstance(a, dict) or isinstance(b, dict):
        return (
            isinstance(a, dict)
            and isinstance(b, dict)
            and a.keys() == b.keys()
            and all(alike(a[k], b[k], exact=exact) for k in a)
        )
    if isinstance(b, Tensor) and b.dim() > 0 and not isinstance(a, Tensor):
        return False
    if _ragged(a) or _ragged(b):
        return (
            isinstance(a, list | tuple)
            and isinstance(b, list | tuple)
            and len(a) == len(b)
            and all(alike(x, y, exact=exact) for x, y in zip(a, b, strict=True))
        )
    x, y = _array(a), _array(b)
    if x is None or y is None:
        return a is b or (type(a) is type(b) and isinstance(a, str | type(None)) and a == b)
    if x.shape != y.shape or (x.dtype == bool) != (y.dtype == bool):
        return False
    if exact or x.dtype == bool:
        return bool(np.array_equal(x, y, equal_nan=x.dtype.kind == "f"))
    return bool(np.allclose(x, y, RELATIVE, ABSOLUTE, equal_nan=True))


def is_data(value: Any) -> bool:
    """Something that is compared by value: a number, an array, or containers of them."""
    if isinstance(value, list | tuple):
        return all(map(is_data, value))
    if isinstance(value, dict):
        return all(map(is_data, value.values()))
    return _array(value) is not None


def kind(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}" if value.dim() else "one number"
    if isinstance(value, np.ndarray):
        truth = " of True and False" if value.dtype == bool else ""
        return f"an array of shape {value.shape}{truth}" if value.ndim else "one number"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, Number):
        return "one number"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def other_kind(mine: Any, theirs: Any) -> str | None:
    """A sentence where the answer is not even of the right kind."""
    if mine is None and theirs is not None:
        return f"It returns None: is a `return` missing? Expected: {kind(theirs)}."
    if kind(mine) == kind(theirs) or (isinstance(mine, list | tuple) and isinstance(theirs, list | tuple)):
        return None
    x, y = _array(mine), _array(theirs)
    if x is not None and y is not None and x.shape == y.shape and not isinstance(theirs, Tensor):
        if (x.dtype == bool) == (y.dtype == bool):
            return None
    return f"It returns {kind(mine)}; expected: {kind(theirs)}."


def shown(value: Any, most: int = 12) -> str:
    """A value in a sentence: small ones in full, large ones by their shape."""
    array = None if _ragged(value) else _array(value)
    if array is None:
        if isinstance(value, list | tuple) and is_data(value) and len(value) <= 4:
            inner = ", ".join(shown(entry, most) for entry in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        return kind(value)
    if array.size > most:
        return kind(value) if not isinstance(value, list | tuple) else f"{kind(value)} numbers"
    if array.ndim == 0:
        number = array.item()
        return f"{number:.4g}" if isinstance(number, float) else str(number)
    return np.array2string(array, precision=3, separator=", ", suppress_small=True, max_line_width=10**6).replace(
        "\n", ""
    )


def shape_of(value: Any) -> str:
    return f"a map {tuple(value.shape)}" if isinstance(value, Tensor) else kind(value)


def _told(outcome: Outcome) -> str:
    if outcome.error is not None:
        return f"raises {type(outcome.error).__name__}"
    return f"gives {shown(outcome.value)}"


def _ragged(value: Any) -> bool:
    """A container that is compared entry by entry, because its entries are no plain numbers."""
    return isinstance(value, list | tuple) and not all(isinstance(entry, Number | np.bool_) for entry in value)


def _array(value: Any) -> np.ndarray | None:
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic | Number) or (isinstance(value, list | tuple) and not _ragged(value)):
        array = np.asarray(value)
        return array if array.dtype.kind in "biuf" else None
    return None


def _names(function: Any, count: int) -> tuple[str, ...]:
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind in (p.POSITIONAL_ONLY, 1)]
    except (TypeError, ValueError):
        names = []
    return tuple(names[:count]) + tuple(f"argument {i + 1}" for i in range(len(names), count))


# ---------------------------------------------------------------------------------------------
# Modules


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def randomise(module: nn.Module, rng: np.random.Generator) -> None:
    """Every weight and running average at random: a fresh module's zeros and ones would hide differences."""
    for name, entry in module.state_dict(keep_vars=True).items():
        if entry.is_floating_point():
            drawn = torch.from_numpy(rng.normal(size=tuple(entry.shape))).float()
            entry.data.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)


def transplant(source: nn.Module, target: nn.Module, fed: tuple) -> bool:
    """Move all weights and running averages from one module into another.  Returns: whether they fit."""
    mine, theirs = _floats(target), _floats(source)
    if {k: v.shape for k, v in mine.items()} == {k: v.shape for k, v in theirs.items()} and len(_used(target, fed)) == (
        len(_used(source, fed))
    ):
        pairs = [(mine[key], theirs[key]) for key in theirs]
    else:
        into, out_of = _used(target, fed), _used(source, fed)
        if len(into) != len(out_of) or [_plain(a) for a in into] != [_plain(b) for b in out_of]:
            return False
        pairs = list(zip(into, out_of, strict=True))
    with torch.no_grad():
        for a, b in pairs:
            a.copy_(b.reshape(a.shape))
    return True


class _Uses(TorchFunctionMode):
    """Writes down which of some tensors are used, in the order of their first use."""

    def __init__(self, tensors: dict[int, Tensor]):
        super().__init__()
        self.tensors, self.order = tensors, {}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        for value in (*args, *(kwargs or {}).values()):
            if isinstance(value, Tensor) and id(value) in self.tensors:
                self.order.setdefault(id(value), value)
        return function(*args, **(kwargs or {}))


def _used(module: nn.Module, fed: tuple) -> list[Tensor]:
    known = {id(entry): entry for entry in _floats(module).values()}
    kept = {key: value.clone() for key, value in module.state_dict().items()}
    module.train()
    with quiet(0), torch.no_grad(), _Uses(known) as uses:
        module(*fed)
    module.load_state_dict(kept)  # a pass in training mode moves the running averages
    return list(uses.order.values())


def _floats(module: nn.Module) -> dict[str, Tensor]:
    entries = [*module.named_parameters(), *module.named_buffers()]
    return {name: entry for name, entry in entries if entry.is_floating_point()}


def _plain(tensor: Tensor) -> tuple[int, ...]:
    """A shape without its ones: a linear layer and a 1x1 convolution hold the same weights."""
    return tuple(size for size in tensor.shape if size != 1)


def _shapes(module: nn.Module, fed: tuple) -> str:
    return ", ".join("x".join(map(str, entry.shape)) for entry in _used(module, fed)) or "none"


def _other_names(mine: nn.Module, theirs: nn.Module) -> str | None:
    have, need = mine.state_dict(), theirs.state_dict()
    for title, names in (("lacks", [k for k in need if k not in have]), ("has", [k for k in have if k not in need])):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            unknown = ", which the official block does not have" if title == "has" else ""
            return f"its state {title} {', '.join(names[:3])}{more}{unknown}"
    return None


# ---------------------------------------------------------------------------------------------
# The room in which a student's code is called


class _Nowhere:
    """Takes what is printed and forgets it."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class quiet:
    """Call a student's code: its prints and warnings go nowhere, and random numbers start from a seed.

    What was random before goes on as if nothing had happened. SystemExit becomes an ordinary exception.
    A class, because leaving must work where the code has emptied the builtins.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def __enter__(self):
        self.states = random.getstate(), np.random.get_state(), torch.get_rng_state()
        self.streams = sys.stdout, sys.stderr
        self.warnings = warnings.catch_warnings()
        self.builtins = Builtins()
        self.warnings.__enter__()
        warnings.simplefilter("ignore")
        random.seed(self.seed), np.random.seed(self.seed), torch.default_generator.manual_seed(self.seed)
        sys.stdout = sys.stderr = _Nowhere()
        self.builtins.__enter__()

    def __exit__(self, kind, error, trace) -> bool:
        self.builtins.__exit__()
        sys.stdout, sys.stderr = self.streams
        self.warnings.__exit__(kind, error, trace)
        random.setstate(self.states[0]), np.random.set_state(self.states[1]), torch.set_rng_state(self.states[2])
        if isinstance(error, SystemExit | GeneratorExit):
            raise Failed(f"{type(error).__name__} {error}".strip()) from error
        return False
