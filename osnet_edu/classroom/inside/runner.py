"""Calls one answer for the side that holds the checks: runs the student's code, then answers call after call.

This file holds nothing that is worth having: it knows no other answer than the student's. What a student's code changes
here (this file, NumPy, PyTorch, the builtins), it changes for itself.
"""

import builtins
import contextlib
import importlib.abc
import importlib.machinery
import inspect
import random
import sys
import types
import warnings
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from . import wire

_KIT = "osnet_edu"


def serve_answer(line: wire.Speaking) -> None:
    """Answer until the other side has nothing more to ask."""
    desk = _Desk(line)
    sys.stdout = sys.stderr = _Nowhere()
    sys.stdin = None
    warnings.simplefilter("ignore")
    while True:
        try:
            asked = wire.unpacked(line.receive(), desk.given)
        except EOFError:
            return
        does: dict[str, Any] = {"define": desk.define, "call": desk.call, "forward": desk.forward}
        reply = does[asked.pop("do")](**asked)
        line.send(wire.as_message(reply, desk.keep))


class _Nowhere:
    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class _Desk:
    """What was defined and made so far."""

    def __init__(self, line: wire.Speaking):
        self.line = line
        self.answer: Any = None
        self.modules: list[nn.Module] = []
        self.arguments: list[Any] = []

    # -- what is not plain data ----------------------------------------------------------------

    def given(self, name: str, tag: list) -> Any:
        if name == "function":
            number = tag[1]
            return lambda *arguments: self._ask_back(number, arguments)
        raise wire.Broken(name)

    def keep(self, value: Any) -> list | None:
        for number, argument in enumerate(self.arguments):
            if value is argument:
                return ["argument", number]
        return None

    def _ask_back(self, number: int, arguments: tuple) -> Any:
        """Call a function that the other side holds."""
        self.line.send(wire.as_message({"ask": number, "arguments": list(arguments)}, self.keep))
        reply = wire.unpacked(self.line.receive(), self.given)
        if "error" in reply:
            _, name, text = reply["error"]
            raise getattr(builtins, name, RuntimeError)(text)
        return reply["value"]

    # -- what the other side asks for ---------------------------------------------------------

    def define(self, kit: dict, whole: str, context: list, source: str, name: str) -> dict:
        """Run a cell.

        kit: module -> source, all that there is of the kit.  whole: the folder of the whole kit, where there is more.
        context: statements of earlier cells.
        """
        sys.meta_path.insert(0, _KitFinder(kit, f"{_KIT}.exercises" if whole else _KIT))
        sys.path[:0] = [whole] if whole else []
        space: dict[str, Any] = {"__name__": "__main__", "get_ipython": _Shell}
        for statement in context:  # one that fails is missed only where the answer needs it
            with contextlib.suppress(Exception):
                exec(compile(statement, "<an earlier cell>", "exec"), space)
        space.pop(name, None)
        try:
            exec(compile(source, "<exercise>", "exec"), space)
        except BaseException as error:
            return {"error": _told(error)}
        self.answer = space.get(name)
        if not callable(self.answer):
            return {"missing": name not in space}
        return {"names": _names(self.answer)}

    def call(self, arguments: list, seed: int) -> dict:
        """Call the answer.  Returns: its value, or a module's number and tensors; and the arguments as they are now."""
        self.arguments = arguments
        _seed(seed)
        try:
            value = self.answer(*arguments)
        except BaseException as error:
            return {"error": _told(error), "arguments": arguments_now(arguments)}
        if isinstance(value, nn.Module) and not any(value is argument for argument in arguments):
            self.modules.append(value)
            made = {"number": len(self.modules) - 1, "parameters": _entries(value.named_parameters())}
            made |= {"buffers": _entries(value.named_buffers()), "names": _names(value.forward)}
            return {"made": made, "arguments": arguments_now(arguments)}
        return {"value": value, "arguments": arguments_now(arguments)}

    def forward(self, number: int, state: dict, training: bool, arguments: list, seed: int) -> dict:
        """A forward pass of a module.  state: its tensors by name, to be set first."""
        module = self.modules[number]
        held = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        self.arguments = arguments
        _seed(seed)
        with torch.no_grad():
            for name, value in state.items():
                held[name].copy_(value)
            try:
                module.train(training)
                with _Uses({id(entry): name for name, entry in held.items()}) as uses:
                    value = module(*arguments)
            except BaseException as error:
                return {"error": _told(error), "arguments": arguments_now(arguments)}
        state = {name: entry.detach() for name, entry in held.items()}
        return {"value": value, "state": state, "used": list(uses.order), "arguments": arguments_now(arguments)}


def arguments_now(arguments: list) -> list:
    """The arguments of a call as they are after it; for a module its tensors, for a function nothing."""
    return [_now(one) for one in arguments]


def _now(value: Any) -> Any:
    if isinstance(value, nn.Module):
        return {name: entry.detach() for name, entry in value.state_dict().items()}
    return value


def _entries(named: Any) -> dict:
    return {name: entry.detach() for name, entry in named}


def _names(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _seed(seed: int) -> None:
    random.seed(seed), np.random.seed(seed), torch.default_generator.manual_seed(seed)


def _told(error: BaseException) -> list[str | int]:
    """Where the exception's class is from, its name, and its text."""
    try:
        text = str(error)[:1000]
    except BaseException:
        text = "(its own text cannot be shown: its __str__ raises)"
    kind = type(error)
    lines, step = [], error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == "<exercise>":
            lines.append(step.tb_lineno)
        step = step.tb_next
    return [kind.__module__, kind.__name__, text, lines[-1] if lines else 0]


class _Uses(TorchFunctionMode):
    """Writes down which of some tensors are used, in the order of their first use."""

    def __init__(self, names: dict[int, str]):
        super().__init__()
        self.names, self.order = names, dict[str, None]()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        for value in (*args, *(kwargs or {}).values()):
            if id(value) in self.names:
                self.order.setdefault(self.names[id(value)])
        return function(*args, **(kwargs or {}))


# --- what is there of the kit, and of a notebook ----------------------------------------------------------------------


class _KitFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports of the kit get what the exercise's starter imports, and beside it names that cannot be used."""

    def __init__(self, kit: dict[str, str], closed: str):
        self.kit, self.closed = kit, closed

    def find_spec(self, name, path=None, target=None):
        ours = f"{name}.".startswith(f"{self.closed}.")
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if ours else None

    def exec_module(self, module: types.ModuleType) -> None:
        def absent(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return _Absent(f"{module.__name__}.{name}")

        vars(module)["__getattr__"] = absent
        if source := self.kit.get(module.__name__):
            exec(compile(source, "<kit>", "exec"), vars(module))


class _Absent:
    """A name of the kit that the answer is to do without."""

    def __init__(self, name: str):
        self._name = name

    def _missing(self, *_arguments, **_named):
        raise ImportError(f"{self._name} of the kit is not there when answers are checked for a report")

    __call__ = __getattr__ = __getitem__ = __iter__ = __mro_entries__ = _missing


class _Shell:
    """What get_ipython() gives a cell: its magics do nothing."""

    def __getattr__(self, name: str):
        return lambda *_arguments, **_named: None
