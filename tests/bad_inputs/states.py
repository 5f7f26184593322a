"""Checkpoints as other kits write them: wrappers, small floats, counters, endings; and folders of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from osnet_edu.network import weights

from . import ground
from .files import FIRST, _pth
from .outcome import Case

COUNTER = "conv1.bn.num_batches_tracked"
EIGHT_BITS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
State = dict[str, Tensor]


def _state() -> State:
    return {key: value.clone() for key, value in ground.network().state_dict().items()}


def _safetensors(state: State) -> bytes:
    return safetensors.torch.save({key: value.contiguous() for key, value in state.items()})


WRITERS: dict[str, Callable[[State], bytes]] = {"w.safetensors": _safetensors, "w.pth": _pth}


def _opened(name: str, change: Callable[[State], State], wanted: Callable[[Tensor], Tensor] = lambda t: t) -> Callable:
    """Open a changed state. What opens holds the numbers of the good one, as far as `wanted` keeps them."""

    def run(work: Path) -> str:
        ending = ".pth" if ".pt" in name else ".safetensors"
        (work / name).write_bytes(WRITERS[f"w{ending}"](change(_state())))
        found = weights.open(work / name).model.state_dict()
        same = all(torch.equal(found[key], wanted(value) if value.is_floating_point() else value)
                   for key, value in _state().items())  # fmt: skip
        return "correct" if same else "silently-wrong"

    return run


def _wrapped(*prefixes: str, inner: str = "") -> Callable[[State], State]:
    """Prefixes before all names; inner: between the first part of each name and the rest."""
    whole = "".join(f"{prefix}." for prefix in prefixes)
    return lambda state: {whole + key.replace(".", f".{inner}.", 1) if inner else whole + key: value
                          for key, value in state.items()}  # fmt: skip


def _as(kind: torch.dtype, only: str = "") -> Callable[[State], State]:
    return lambda state: {k: v.to(kind) if k.endswith(only) and (only or v.is_floating_point()) else v
                          for k, v in state.items()}  # fmt: skip


def _with(key: str, value: Tensor) -> Callable[[State], State]:
    return lambda state: {**state, key: value}


def _folder(names: str, expected: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        for name in names.split():
            (work / name).touch()
        found = [path.name for path in weights.files(work)]
        return "correct" if found == expected.split() else "silently-wrong"

    return run


def _named(name: str, ask: Callable[[Path], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        ask(work / name)
        return "silently-wrong"

    return run


def _not_utf8(work: Path) -> str:
    name = work / "caf\udce9.safetensors"
    name.write_bytes(ground.safetensors())
    weights.open(name)
    return "correct"


def cases() -> Iterator[Case]:
    right = ("correct",)
    for name in WRITERS:
        for kind in EIGHT_BITS:
            eight = lambda value, k=kind: value.to(getattr(torch, k)).float()  # noqa: E731
            yield Case("weights", f"{kind} in {name}", _opened(name, _as(getattr(torch, kind)), eight), right)
        for kind in (torch.float16, torch.bfloat16):
            half = lambda value, k=kind: value.to(k).float()  # noqa: E731
            yield Case("weights", f"{kind} in {name}", _opened(name, _as(kind), half), right)
        for prefixes in (("_orig_mod",), ("module",), ("module", "_orig_mod"), ("_orig_mod", "module"),
                         ("module", "module"), ("_orig_mod", "_orig_mod")):  # fmt: skip
            yield Case("weights", f"{'.'.join(prefixes)} in {name}", _opened(name, _wrapped(*prefixes)), right)
        inner = _wrapped(inner="_orig_mod")
        yield Case("weights", f"layers that were compiled, in {name}", _opened(name, inner), right)
    for prefix in ("model", "net.module", "backbone", "orig_mod", "module_", "ema._orig_mod"):
        yield Case("weights", f"the prefix {prefix}", _opened("w.safetensors", _wrapped(prefix)))
    for key in (
        f"module.{FIRST}",
        f"_orig_mod.{FIRST}",
        f"module._orig_mod.{FIRST}",
        "conv1._orig_mod.conv.weight",
    ):
        twice = _with(key, torch.zeros(3))
        yield Case("weights", f"{key} beside it,", _opened("w.safetensors", twice))
    for kind in (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int32, torch.uint8):
        counted = _as(kind, only="num_batches_tracked")
        yield Case("weights", f"counters of {kind}", _opened("w.safetensors", counted), right)
    for value in (0.5, -1.0, float("nan"), float("inf"), -float("inf")):
        odd = _with(COUNTER, torch.tensor(value, dtype=torch.float16))
        yield Case("weights", f"a counter of {value}", _opened("w.safetensors", odd))
    for length in (201, 255, 256, 5000):
        long = _with("k" * length, torch.zeros(3))
        yield Case("weights", f"a name of {length} characters", _opened("w.safetensors", long))
    for value in (float("nan"), float("inf")):
        spoiled = _with("fc.0.bias", torch.full_like(_state()["fc.0.bias"], value).to(torch.float8_e5m2))
        yield Case("weights", f"{value} in 8 bits", _opened("w.safetensors", spoiled))
    for name in (
        "model.pth.tar",
        "model.pth.tar-60",
        "best.pt",
        "last.pth",
        "weights.PT",
        "w.safetensors",
        "no ending.pt-3",
    ):
        yield Case("weights", f"the file {name}", _opened(name, lambda state: state), right)
    for names, expected in (
        ("model.pth.tar-60 model.pth.tar-8 a.pt notes.txt", "a.pt model.pth.tar-60 model.pth.tar-8"),
        ("a.safetensors b.pth c.PT .pth optimiser.pt log.jsonl", "a.safetensors b.pth c.PT"),
        ("model.pth.tar checkpoint", "model.pth.tar"),
        ("a.pth.zip b.tar c.pth.tar-x d.ptx e.pt-5", "e.pt-5"),
    ):
        yield Case("weights", f"a folder of {names}"[:60], _folder(names, expected), right)
    for names in ("", "notes.txt", ".pth", "optimiser.pt", "a.tar b.zip"):
        yield Case("weights", f"a folder of {names or 'nothing'}", _folder(names, "nothing"))
    for ask in (weights.open, lambda path: [weights.open(one) for one in weights.files(path)]):
        for name in ("x" * 256, "x" * 300 + ".pth", "a\0b.pth", "/".join(["x" * 200] * 40)):
            yield Case(
                "weights",
                f"{'open' if ask is weights.open else 'files'}: {name[:5]!r} of {len(name)}",
                _named(name, ask),
            )
    yield Case("weights", "a file whose name is not UTF-8", _not_utf8, ("sentence", "correct"))
    yield Case("weights", "a pth in memory of nothing", _named("gone.pth", lambda p: weights.load(ground.network(), p)))
