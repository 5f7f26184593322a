"""Two answers side by side on the same random inputs: functions by what they return, layers by what they compute.

A layer's weights are random, and two layers may name them differently. So the weights of one are moved into the other
first, entry by entry under equal names or else in the order in which a forward pass uses them, and only then are the
outputs compared, in training and in evaluation mode.

`trial` runs a student's answer; `known` remembers what the reference and the known mistakes did, which never changes.
"""

import inspect
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .guard import Builtins, TimeUp, text_of
from .values import is_data, kind, other_kind, same_answer, shown


class Failed(Exception):
    """A student's answer raised something that is not an Exception, such as SystemExit."""


# ---------------------------------------------------------------------------------------------
# Functions


@dataclass(frozen=True)
class _Outcome:
    """What one call did: it returned `value`, or raised `error`; `changed` names arguments that it altered.

    seen: what was counted during the call.
    """

    value: Any = None
    error: Exception | None = None
    changed: tuple[str, ...] = ()
    seen: int = 0


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

    def trial(self, answer: Any, seed: int) -> "CallsTrial":
        return CallsTrial(self, answer, seed)

    def draw(self, seed: int, case: int) -> tuple:
        """The arguments of one case; the same seed and case give the same ones."""
        return self.inputs(np.random.default_rng([seed, case]))

    def run(self, answer: Callable, seed: int, case: int) -> _Outcome:
        """One call, on arguments made for it alone."""
        arguments, before = self.draw(seed, case), self.draw(seed, case)
        try:
            with quiet(case):
                value = answer(*arguments)
        except Exception as error:
            return _Outcome(error=error)
        changed = tuple(
            _names(answer, len(arguments))[i]
            for i in range(len(arguments))
            if i not in self.may_change and is_data(before[i]) and not same_answer(arguments[i], before[i], exact=True)
        )
        try:
            value = self.read(value, arguments)
        except Exception:
            pass  # a value of another kind is compared as it is, and differs
        return _Outcome(value, changed=changed, seen=self.watch(arguments) if self.watch else 0)


@cache
def _known_call(how: Calls, other: Callable, seed: int, case: int) -> _Outcome:
    return how.run(other, seed, case)


class CallsTrial:
    """A function on the inputs of one seed."""

    def __init__(self, how: Calls, answer: Any, seed: int):
        self.how, self.answer, self.seed = how, answer, seed

    @cached_property
    def outcomes(self) -> list[_Outcome]:
        """What the answer did in each case."""
        return [self.how.run(self.answer, self.seed, case) for case in range(self.how.cases)]

    def changed(self) -> tuple[str, ...]:
        """The names of the arguments that it altered."""
        return tuple(dict.fromkeys(name for outcome in self.outcomes for name in outcome.changed))

    def error(self, other: Any) -> tuple[Exception, str] | None:
        """The first exception that it raises where the other does not, and in which call."""
        for case, mine in enumerate(self.outcomes):
            if mine.error is not None and _known_call(self.how, other, self.seed, case).error is None:
                return mine.error, self._given(case)
        return None

    def difference(self, other: Any) -> str | None:
        """None where both behave alike, else a sentence on the first difference."""
        for case, mine in enumerate(self.outcomes):
            theirs = _known_call(self.how, other, self.seed, case)
            if mine.error is not None or theirs.error is not None:
                if type(mine.error) is type(theirs.error) or (self._refuses(mine) and self._refuses(theirs)):
                    continue
                return f"{self._given(case)} {_did(mine)}; expected: {_told(theirs)}."
            if not same_answer(mine.value, theirs.value):
                if what := other_kind(mine.value, theirs.value):
                    return what
                same_words = _told(mine) == _told(theirs)
                numbers = " with other numbers in it" if same_words else f"; expected: {_told(theirs)}"
                return f"{self._given(case)} {_did(mine)}{numbers}."
            if mine.seen != theirs.seen:
                return f"It {self.how.watched.format(mine.seen)}; expected: {theirs.seen}."
        return None

    def _refuses(self, outcome: _Outcome) -> bool:
        return bool(self.how.refusals) and isinstance(outcome.error, self.how.refusals)

    def _given(self, case: int) -> str:
        arguments = self.how.draw(self.seed, case)
        names = _names(self.answer, len(arguments))
        pairs = [f"`{n} = {shown(a)}`" for n, a in zip(names, arguments, strict=True) if is_data(a)]
        return f"With {', '.join(pairs)} it" if pairs else "It"


def _told(outcome: _Outcome) -> str:
    return f"{type(outcome.error).__name__}" if outcome.error is not None else shown(outcome.value)


def _did(outcome: _Outcome) -> str:
    return f"{'gives' if outcome.error is None else 'raises'} {_told(outcome)}"


def _names(function: Any, count: int) -> tuple[str, ...]:
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind in (p.POSITIONAL_ONLY, 1)]
    except (TypeError, ValueError):
        names = []
    return tuple(names[:count]) + tuple(f"argument {i + 1}" for i in range(len(names), count))


# ---------------------------------------------------------------------------------------------
# Layers


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

    def trial(self, answer: Any, seed: int) -> "BuildsTrial":
        return BuildsTrial(self, answer, seed)

    def make(self, answer: Any, seed: int, case: int) -> "Made":
        """Build the module of one case and run its first forward pass, in training mode without gradients."""
        arguments = self.arguments(np.random.default_rng([seed, case]))
        try:
            with quiet(case):
                module = answer(*arguments)
        except Exception as error:
            return Made(self, None, arguments, seed, case, error=error)
        if not isinstance(module, nn.Module):
            return Made(self, module, arguments, seed, case)
        made = Made(self, module, arguments, seed, case)
        fed, before = made.fed(), made.fed()
        module.train()
        try:
            with quiet(case), torch.no_grad():
                made.output = module(*fed)
        except Exception as error:
            made.error = error
            return made
        names = _names(module.forward, len(fed))
        made.changed = tuple(n for n, a, b in zip(names, fed, before, strict=True) if not same_answer(a, b, exact=True))
        return made


class Made:
    """What an answer made in one case, and what it did with its first input.

    error: raised by building it or by its forward pass.  output: of the first forward pass, in training mode.
    """

    def __init__(self, how: Builds, module: Any, arguments: tuple, seed: int, case: int, *, error=None):
        self.how, self.module, self.arguments, self.seed, self.case = how, module, arguments, seed, case
        self.error, self.output = error, None
        self.changed: tuple[str, ...] = ()

    def fed(self) -> tuple:
        """The inputs of the forward pass; each call makes the same ones anew."""
        return self.how.feed(np.random.default_rng([self.seed, self.case, 1]), self.arguments)

    def forward(self, *, training: bool) -> Any:
        """What the module returns for these inputs, without gradients.  training: the mode it is put in."""
        self.module.train(training)
        with quiet(self.case), torch.no_grad():
            return self.module(*self.fed())

    @cached_property
    def is_module(self) -> bool:
        """Whether the answer made a module at all."""
        return isinstance(self.module, nn.Module)

    @cached_property
    def broken(self) -> str:
        """The error as `Type: text`, at most 400 characters of the text; empty if there is none."""
        return f"{type(self.error).__name__}: {text_of(self.error)[:400]}" if self.error is not None else ""

    @cached_property
    def parameters(self) -> int:
        """How many trainable and frozen weights the module has, as numbers, not as tensors."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    @cached_property
    def floats(self) -> dict[str, Tensor]:
        """Weights and running averages by name, each once."""
        entries = [*self.module.named_parameters(), *self.module.named_buffers()]
        return {name: entry for name, entry in entries if entry.is_floating_point()}

    @cached_property
    def used(self) -> list[Tensor]:
        """The same in the order in which a forward pass first uses them."""
        with _Uses({id(entry): entry for entry in self.floats.values()}) as uses:
            self.forward(training=True)
        return list(uses.order.values())


@dataclass(frozen=True)
class Known:
    """A known layer in one case, with random weights: what it is, and what it then computes."""

    made: Made
    weights: dict[str, Tensor]
    in_order: list[Tensor]
    trained: Any = None
    evaluated: Any = None


@cache
def _known_layer(how: Builds, other: Any, seed: int, case: int) -> Known:
    made = how.make(other, seed, case)
    if made.error is not None:
        return Known(made, {}, [])
    used = made.used
    rng = np.random.default_rng([seed, case, 2])
    for name, entry in made.floats.items():  # a new layer's zeros and ones would hide differences
        drawn = torch.from_numpy(rng.normal(size=tuple(entry.shape))).float()
        entry.data.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)
    weights = {name: entry.detach().clone() for name, entry in made.floats.items()}
    in_order = [entry.detach().clone() for entry in used]
    return Known(made, weights, in_order, made.forward(training=True), made.forward(training=False))


class BuildsTrial:
    """What makes a layer, on the inputs of one seed."""

    def __init__(self, how: Builds, answer: Any, seed: int):
        self.how, self.answer, self.seed = how, answer, seed

    @cached_property
    def made(self) -> list[Made]:
        """What the answer made in each case."""
        return [self.how.make(self.answer, self.seed, case) for case in range(self.how.cases)]

    def changed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for made in self.made for name in made.changed))

    def error(self, other: Any) -> tuple[Exception, str] | None:
        return next(((made.error, f"{_built(made)}, it") for made in self.made if made.error is not None), None)

    def difference(self, other: Any) -> str | None:
        for case, mine in enumerate(self.made):
            if mine.error is None and not mine.is_module:
                what = (
                    "None: is a `return` missing? Expected" if mine.module is None else f"{kind(mine.module)}; expected"
                )
                return f"It makes {what}: a module, such as `nn.Conv2d` or a class of `nn.Module`."
            if told := self._compare(mine, _known_layer(self.how, other, self.seed, case)):
                return f"{_built(mine)}, {told}."
        return None

    def _compare(self, mine: Made, known: Known) -> str | None:
        theirs = known.made
        if mine.error is not None or theirs.error is not None:  # two answers that fail for the same reason are alike
            return None if mine.broken == theirs.broken else f"it raises {mine.broken or 'nothing'}"
        got, due = _map(mine.output), _map(theirs.output)
        if got != due:
            return f"it makes {got} of {_map(mine.fed()[0])}; expected: {due}"
        if mine.parameters != theirs.parameters:
            return f"it has {mine.parameters:,} parameters; expected: {theirs.parameters:,}"
        if self.how.strict_names and (told := _other_names(mine.floats, known.weights)):
            return told
        pairings = list(_pairings(mine, known))
        if not pairings:
            return f"its weights have the shapes {_shapes(mine.used)}; expected: {_shapes(known.in_order)}"
        wrong_mode = ""
        for pairs in pairings:
            with torch.no_grad():
                for into, value in pairs:
                    into.copy_(value.reshape(into.shape))
            if same_answer(mine.forward(training=True), known.trained):
                if same_answer(mine.forward(training=False), known.evaluated):
                    return None
                wrong_mode = " in evaluation mode"
        return f"with the same weights it does not compute the expected numbers{wrong_mode}"


def _built(made: Made) -> str:
    return f"Built with ({', '.join(map(shown, made.arguments))})"


def _pairings(mine: Made, known: Known) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Ways to move a known layer's weights: (tensor of mine, values for it) for each entry."""
    if {name: entry.shape for name, entry in mine.floats.items()} == {n: e.shape for n, e in known.weights.items()}:
        yield [(mine.floats[name], values) for name, values in known.weights.items()]
    if [_plain(entry) for entry in mine.used] == [_plain(values) for values in known.in_order]:
        yield list(zip(mine.used, known.in_order, strict=True))


class _Uses(TorchFunctionMode):
    """Writes down which of some tensors are used, in the order of their first use."""

    def __init__(self, tensors: dict[int, Tensor]):
        super().__init__()
        self.tensors = tensors
        self.order: dict[int, Tensor] = {}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        for value in (*args, *(kwargs or {}).values()):
            if isinstance(value, Tensor) and id(value) in self.tensors:
                self.order.setdefault(id(value), value)
        return function(*args, **(kwargs or {}))


def _plain(tensor: Tensor) -> tuple[int, ...]:
    """A shape without its ones: a linear layer and a 1x1 convolution hold the same weights."""
    return tuple(size for size in tensor.shape if size != 1)


def _map(value: Any) -> str:
    return f"a map {tuple(value.shape)}" if isinstance(value, Tensor) else kind(value)


def _shapes(entries: list[Tensor]) -> str:
    return ", ".join("x".join(map(str, entry.shape)) for entry in entries) or "none"


def _other_names(have: dict[str, Tensor], need: dict[str, Tensor]) -> str | None:
    lacks, extra = [name for name in need if name not in have], [name for name in have if name not in need]
    for verb, names, more in (("lacks", lacks, ""), ("has", extra, ", which the official block does not have")):
        if names:
            rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
            return f"its state {verb} {', '.join(f'`{name}`' for name in names[:3])}{rest}{more}"
    return None


# ---------------------------------------------------------------------------------------------
# The room in which a student's code is called


@contextmanager
def undisturbed(listener=None):
    """The random state is the same after the checks as before, and their warnings are not shown.

    listener: a stream for what the checked code prints; None forgets it.
    """
    before, quiet.listener = quiet.listener, listener or _Nowhere()
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            quiet.listener = before
            random.setstate(states[0]), np.random.set_state(states[1]), torch.set_rng_state(states[2])


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
    """Call a student's code: its prints go to the listener, and random numbers start from a seed.

    SystemExit, like anything else that is not an Exception, becomes an ordinary one. It is a class, because its exit
    must work even if the code has emptied the builtins.
    """

    listener = _Nowhere()

    def __init__(self, seed: int):
        self.seed = seed

    def __enter__(self):
        self.streams = sys.stdout, sys.stderr
        self.builtins = Builtins()
        random.seed(self.seed), np.random.seed(self.seed), torch.default_generator.manual_seed(self.seed)
        sys.stdout = sys.stderr = self.listener
        self.builtins.__enter__()

    def __exit__(self, kind, error, trace) -> None:
        self.builtins.__exit__()
        sys.stdout, sys.stderr = self.streams
        if isinstance(error, Exception | TimeUp | KeyboardInterrupt | None):
            return
        raise Failed(f"{type(error).__name__} {text_of(error)}".strip()) from error
