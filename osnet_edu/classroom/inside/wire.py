"""The language of the two processes: plain data as bytes. Nothing that is read can run code; there is no pickle.

A message is one value. Its form is a JSON text of tagged lists; the numbers of arrays and tensors follow it as bytes.
The side that holds the checks reads what an answer wrote, so that all that is read is checked: sizes, types, depth.
"""

import json
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

LONGEST_MESSAGE = 64_000_000  # of one message
_DEEPEST = 40
_ARRAYS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")  # kind and bytes of a number
_LONGEST_NUMBER = 1000  # hexadecimal digits

Tag = list
Keep = Callable[[Any], Tag | None]
Given = Callable[[str, Tag], Any]


class Broken(Exception):
    """A message that is none, or that is too long."""


class Foreign:
    """Stands for a value that is not plain data.  Its class has the name of the value's class, and nothing else."""


def as_message(value: Any, keep: Keep = lambda value: None) -> bytes:
    """One value as bytes.

    keep: (what is not plain data) -> a tag of the sender's own; None sends no more than the name of its type.
    """
    blobs: list[bytes] = []
    text = json.dumps(_tagged(value, blobs, keep, 0)).encode()
    return b"".join([struct.pack("<Q", len(text)), text, *blobs])


def unpacked(data: bytes, given: Given) -> Any:
    """The value of a message.  given: (tag, its list) -> what the sender's own tags stand for.

    Raises: Broken for whatever `as_message` does not write.
    """
    try:
        (length,) = struct.unpack_from("<Q", data)
        tag = json.loads(data[8 : 8 + length])
        return _Reader(memoryview(data)[8 + length :], given).value(tag, 0)
    except Broken:
        raise
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, struct.error) as error:
        raise Broken(f"{type(error).__name__}: {error}") from None


def _tagged(value: Any, blobs: list[bytes], keep: Keep, depth: int) -> Tag:
    if depth > _DEEPEST:
        return ["foreign", type(value).__name__]
    if value is None:
        return ["none"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", format(int(value), "x")]
    if isinstance(value, float) and not isinstance(value, np.generic):
        return ["float", float(value).hex()]
    if isinstance(value, str):
        return ["str", str(value)]
    if isinstance(value, np.ndarray | np.generic | Tensor):
        return _numbers(value, blobs) or ["foreign", type(value).__name__]
    for name, kind in (("list", list), ("tuple", tuple), ("set", set), ("frozenset", frozenset)):
        if isinstance(value, kind):
            return [name, [_tagged(one, blobs, keep, depth + 1) for one in value]]
    if isinstance(value, dict):
        pairs = ((_tagged(k, blobs, keep, depth + 1), _tagged(v, blobs, keep, depth + 1)) for k, v in value.items())
        return ["dict", [list(pair) for pair in pairs]]
    if (own := keep(value)) is not None:
        return own
    return ["module", tree(value, blobs)] if isinstance(value, nn.Module) else ["foreign", type(value).__name__]


def _numbers(value: np.ndarray | np.generic | Tensor, blobs: list[bytes]) -> Tag | None:
    kind, slope = ("array" if isinstance(value, np.ndarray) else "number"), False
    if isinstance(value, Tensor):
        kind, slope = "tensor", value.requires_grad
        try:
            value = value.detach().cpu().resolve_conj().resolve_neg().numpy()
        except (RuntimeError, TypeError):  # sparse, or numbers that NumPy does not have
            return None
    array = np.asarray(value)
    form = f"{array.dtype.kind}{array.dtype.itemsize}"
    if form not in _ARRAYS or not array.dtype.isnative:
        return None
    blobs.append(array.tobytes())
    return [kind, form, list(array.shape), slope]


def tree(module: nn.Module, blobs: list[bytes]) -> list:
    """A module as plain data: the name of its class, its settings, its tensors, its parts; what is shared stays so."""
    seen: dict[int, int] = {}

    def one(module: nn.Module) -> list:
        if id(module) in seen:
            return [seen[id(module)]]
        seen[id(module)] = len(seen)
        settings = [[k, _tagged(v, blobs, _no, 0)] for k, v in vars(module).items() if _is_setting(k, v)]
        parameters = [[name, value if value is None else _tensor(value)] for name, value in module._parameters.items()]
        buffers = [[name, value if value is None else _tensor(value)] for name, value in module._buffers.items()]
        parts = [[name, part if part is None else one(part)] for name, part in module._modules.items()]
        return [type(module).__name__, settings, parameters, buffers, parts]

    def _tensor(value: Tensor) -> list:
        if id(value) in seen:
            return [seen[id(value)]]
        seen[id(value)] = len(seen)
        return _tagged(value, blobs, _no, 0)

    return one(module)


def _no(value: Any) -> None:
    return None


def _is_setting(name: str, value: Any) -> bool:
    plain = isinstance(value, bool | int | float | str | None)
    return not name.startswith("_") and (plain or (isinstance(value, tuple) and all(type(v) is int for v in value)))


class _Reader:
    """Reads one message.  Every number of bytes is known before anything is made of them."""

    def __init__(self, rest: memoryview, given: Given):
        self.rest, self.given = rest, given

    def value(self, tag: Tag, depth: int) -> Any:
        if depth > _DEEPEST or not isinstance(tag, list) or not tag or not isinstance(tag[0], str):
            raise Broken("a message of another form")
        name = tag[0]
        if name == "none":
            return None
        if name == "bool":
            return bool(tag[1])
        if name == "int":
            if len(tag[1]) > _LONGEST_NUMBER:
                raise Broken("a number of too many digits")
            return int(tag[1], 16)
        if name == "float":
            return float.fromhex(tag[1])
        if name == "str":
            return str(tag[1])
        if name in ("array", "number", "tensor"):
            return self.numbers(*tag)
        if name in ("list", "tuple", "set", "frozenset"):
            kind = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[name]
            return kind([self.value(one, depth + 1) for one in tag[1]])
        if name == "dict":
            return {self.value(k, depth + 1): self.value(v, depth + 1) for k, v in tag[1]}
        if name == "foreign":
            return type(str(tag[1])[:80].replace("\0", "") or "object", (Foreign,), {})()
        if name == "module":
            return self.module(tag[1])
        return self.given(name, tag)

    def numbers(self, kind: str, form: str, shape: list, slope: bool = False) -> Any:
        if form not in _ARRAYS or len(shape) > 16 or not all(type(side) is int and 0 <= side < 2**40 for side in shape):
            raise Broken("an array of another form")
        dtype = np.dtype(form)
        length = math.prod(shape) * dtype.itemsize
        if length > len(self.rest):
            raise Broken("an array that is cut off")
        array = np.frombuffer(self.rest[:length], dtype).reshape(shape).copy()
        self.rest = self.rest[length:]
        if kind == "array":
            return array
        if kind == "number":
            return array[()]
        return torch.from_numpy(array).requires_grad_(bool(slope) and dtype.kind == "f")

    def module(self, form: list) -> nn.Module:
        """A module of the same parts.  Its class is PyTorch's own of that name, or nn.Module."""
        made: list[Any] = []

        def tensor(form: list) -> Tensor:
            if len(form) == 1:
                return made[form[0]]
            made.append(self.value(form, 0))
            return made[-1]

        def one(form: list) -> nn.Module:
            if len(form) == 1:
                return made[form[0]]
            name, settings, parameters, buffers, parts = form
            kind = getattr(nn, name, nn.Module) if isinstance(name, str) else nn.Module
            if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
                kind = nn.Module
            module = kind.__new__(kind)
            nn.Module.__init__(module)
            made.append(module)
            vars(module).update({str(key): self.value(value, 0) for key, value in settings if not key.startswith("_")})
            for key, value in parameters:
                held = None if value is None else tensor(value)
                if held is not None and not isinstance(held, nn.Parameter):
                    held = made[-1] = nn.Parameter(held.detach(), requires_grad=held.requires_grad)
                module.register_parameter(key, held)
            for key, value in buffers:
                module.register_buffer(key, None if value is None else tensor(value))
            for key, value in parts:
                module.add_module(key, None if value is None else one(value))
            return module

        return one(form)


# --- what is said over a socket ---------------------------------------------------------------------------------------


class Speaking:
    """Whole messages over a socket.  until: the moment (time.monotonic) at which waiting ends with TimeoutError."""

    def __init__(self, end: socket.socket):
        self.end, self.until = end, math.inf

    def send(self, data: bytes) -> None:
        """Raises: Broken for a message that is too long, OSError where nobody listens any more."""
        if len(data) > LONGEST_MESSAGE:
            raise Broken("a message that is too long")
        self._limit()
        self.end.sendall(struct.pack("<Q", len(data)) + data)

    def receive(self) -> bytes:
        """Raises: EOFError where the other side has ended, Broken for a message that is too long."""
        (length,) = struct.unpack("<Q", self._exactly(8))
        if length > LONGEST_MESSAGE:
            raise Broken("a message that is too long")
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length:
            self._limit()
            part = self.end.recv(min(length, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _limit(self) -> None:
        if self.until < math.inf:
            left = self.until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.end.settimeout(left)
