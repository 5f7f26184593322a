"""An answer that lives in another process, as the checks call it: a function, or one that makes a module.

The checks run here, on values alone. What comes from the answer is plain data; what it is given of ours (a layer that
counts its calls) stays here and is called from there.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..exercises import TimeUp
from .cells import Cell
from .inside import wire

# Where an exception's class may be from: others are exceptions of no class that anybody expects.
_KNOWN = ("builtins", "numpy.exceptions", "numpy.linalg", "torch")
_MOST_ASKED = 100_000  # calls of our functions by one call of an answer


class Raised(Exception):
    """The student's cell raised.  line: of the cell, 0 if it is not known."""

    def __init__(self, name: str, text: str, line: int):
        super().__init__(f"{name}: {text}" if text else name)
        self.line = line


class Missing(Exception):
    """The cell binds the name of the answer to nothing that can be called, or not at all."""


@dataclass(frozen=True)
class MadeOf:
    """What an answer is made of.

    source: of its cell.  name: of the answer.  context: statements of earlier cells.  kit: module -> what there is of
    it.  whole: the folder of the whole kit, for an answer that may search with it.
    """

    source: str
    name: str
    context: tuple[str, ...] = ()
    kit: dict[str, str] = field(default_factory=dict)
    whole: str = ""


class FarAnswer:
    """The answer of a process, to be called.  Raises at a call: TimeUp where the process has ended or is too slow."""

    def __init__(self, cell: Cell, made_of: MadeOf):
        """Raises: Raised and Missing for what the cell does, TimeUp where it does not end."""
        self._cell = cell
        cell.start_clock()
        asked = {"kit": made_of.kit, "whole": made_of.whole, "context": list(made_of.context), "source": made_of.source}
        reply = self.ask({"do": "define", **asked, "name": made_of.name}, [])
        if "error" in reply:
            _, name, text, line = _error(reply)
            raise Raised(name, text, line)
        if "missing" in reply:
            raise Missing(bool(reply["missing"]))
        self.__signature__ = _signature(reply.get("names"))

    def __call__(self, *arguments: Any) -> Any:
        reply = self.ask({"do": "call", "arguments": list(arguments), "seed": torch.initial_seed()}, arguments)
        if "error" in reply:
            raise _exception(reply)
        if "made" not in reply:
            return reply.get("value")
        return FarModule(self, reply["made"])

    def ask(self, question: dict, arguments: Any) -> dict:
        """The reply to a question; while it is thought about, our functions may be asked.

        arguments: what the answer is given, which is changed here as it was changed there.
        """
        if self._cell.how:
            raise TimeUp
        functions: list[Any] = []

        def keep(value: Any) -> list | None:
            if not callable(value) or isinstance(value, nn.Module):
                return None
            functions.append(value)
            return ["function", len(functions) - 1]

        def given(name: str, tag: list) -> Any:
            if name == "argument" and type(tag[1]) is int and 0 <= tag[1] < len(arguments):
                return arguments[tag[1]]
            raise wire.Broken(name)

        try:
            self._cell.line.send(wire.as_message(question, keep))
            for _ in range(_MOST_ASKED):
                reply = wire.unpacked(self._cell.line.receive(), given)
                if not isinstance(reply, dict):
                    raise wire.Broken("a reply of another form")
                if "ask" not in reply:
                    _write_back(list(arguments), reply.get("arguments"))
                    return reply
                self._cell.line.send(wire.as_message(_asked(functions, reply)))
            raise wire.Broken("too many calls")
        except (EOFError, OSError, wire.Broken) as error:
            self._cell.close(gone=isinstance(error, EOFError | ConnectionError))
            self._cell.how = self._cell.how or "crashed"
            raise TimeUp from None


def _asked(functions: list, reply: dict) -> dict:
    """What one of our functions says."""
    number, arguments = reply["ask"], reply.get("arguments")
    if type(number) is not int or not 0 <= number < len(functions) or not isinstance(arguments, list):
        raise wire.Broken("a question of another form")
    try:
        return {"value": functions[number](*arguments)}
    except Exception as error:
        return {"error": ["builtins", type(error).__name__, str(error)[:1000]]}


class FarModule(nn.Module):
    """A module in the answer's process.  Its tensors stand here, and each forward pass sends them there first."""

    def __init__(self, answer: FarAnswer, made: dict):
        super().__init__()
        self._answer, self._number = answer, made["number"]
        parameters, buffers = made["parameters"], made["buffers"]
        if not all(isinstance(value, Tensor) for value in (*parameters.values(), *buffers.values())):
            raise wire.Broken("a module of another form")
        self._own = {name: nn.Parameter(v, v.is_floating_point()) for name, v in parameters.items()}
        self._averages: dict[str, Tensor] = dict(buffers)
        # The same numbers as other objects: a check that watches the use of our tensors does not see them being sent.
        self._sent = {name: entry.detach() for name, entry in (*self._own.items(), *buffers.items())}
        self.forward = _Named(self._pass, made.get("names"))

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True) -> Iterator[tuple[str, nn.Parameter]]:
        yield from self._own.items()

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True) -> Iterator[tuple[str, Tensor]]:
        yield from self._averages.items()

    def train(self, mode: bool = True) -> "FarModule":
        self.training = mode
        return self

    def _pass(self, *arguments: Any) -> Any:
        held: dict[str, Tensor] = {**self._own, **self._averages}
        question = {"do": "forward", "number": self._number, "state": self._sent, "training": self.training}
        reply = self._answer.ask({**question, "arguments": list(arguments), "seed": torch.initial_seed()}, arguments)
        if "error" in reply:
            raise _exception(reply)
        _write_back([dict(self._sent)], [reply.get("state")])
        used = reply.get("used")
        for name in used if isinstance(used, list) else []:
            if isinstance(name, str) and name in held:
                torch.add(held[name], 0)  # now they see it used
        return reply.get("value")


class _Named:
    """A function with the names of another one's arguments."""

    def __init__(self, function: Any, names: Any):
        self._function, self.__signature__ = function, _signature(names)

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


def _signature(names: Any) -> inspect.Signature:
    fits = isinstance(names, list) and all(isinstance(n, str) and n.isidentifier() and len(n) < 60 for n in names)
    kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD
    try:
        return inspect.Signature([inspect.Parameter(name, kinds) for name in names] if fits else [])
    except ValueError:  # a name that stands twice, or is a keyword
        return inspect.Signature([])


def _error(reply: dict) -> tuple[str, str, str, int]:
    told = reply["error"]
    if not (isinstance(told, list) and len(told) == 4 and all(isinstance(text, str) for text in told[:3])):
        return "builtins", "RuntimeError", "", 0
    line = told[3] if type(told[3]) is int else 0
    return told[0][:80], told[1][:80], told[2][:1000], line


def _exception(reply: dict) -> Exception:
    """The exception that an answer raised, of its own class where that is a known one."""
    where, name, text, _ = _error(reply)
    kind = getattr(sys.modules.get(where), name, None) if where in _KNOWN else None
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except Exception:  # a class that takes other arguments
            pass
    return type(name if name.isidentifier() else "Exception", (Exception,), {})(text)


def _write_back(ours: Any, theirs: Any) -> Any:
    """Change our arguments as they were changed there.  Returns: what stands in their place where they cannot be."""
    if isinstance(ours, nn.Module):
        if isinstance(theirs, dict):
            with torch.no_grad():
                _write_back(dict(ours.state_dict()), theirs)
        return ours
    if callable(ours) and not isinstance(ours, Tensor):
        return ours
    if isinstance(ours, Tensor) and isinstance(theirs, Tensor):
        if ours.shape == theirs.shape and ours.dtype == theirs.dtype:
            with torch.no_grad():
                ours.detach().copy_(theirs)
            return ours
    elif isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        if ours.shape == theirs.shape and ours.dtype == theirs.dtype:
            np.copyto(ours, theirs)
            return ours
    elif isinstance(ours, list) and isinstance(theirs, list):
        same = len(ours) == len(theirs)
        ours[:] = [_write_back(a, b) for a, b in zip(ours, theirs, strict=True)] if same else theirs
        return ours
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        changed = {key: _write_back(ours[key], value) if key in ours else value for key, value in theirs.items()}
        ours.clear()
        ours.update(changed)
        return ours
    elif isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs):
        for a, b in zip(ours, theirs, strict=True):
            _write_back(a, b)
        return ours
    return theirs
