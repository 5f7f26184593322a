"""Weights files: other kinds, cut, flipped, odd tensors, cards that lie."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from osnet_edu.network import weights

from . import ground
from .outcome import Case, command


def _state() -> dict[str, Tensor]:
    return {key: value.clone() for key, value in ground.network().state_dict().items()}


def _pth(content: object) -> bytes:
    into = io.BytesIO()
    torch.save(content, into)
    return into.getvalue()


def _opened(name: str, content: Callable[[], bytes]) -> Callable[[Path], str]:
    """Open a file. What opens has to hold the network of the good file, bit by bit."""

    def run(work: Path) -> str:
        path = work / name
        path.write_bytes(content())
        found = weights.open(path).model.state_dict()
        same = all(torch.equal(found[key], value) for key, value in ground.network().state_dict().items())
        return "correct" if same else "silently-wrong"

    return run


def _with(change: Callable[[dict], object]) -> Callable[[], bytes]:
    def made() -> bytes:
        state = _state()
        change(state)
        return _pth(state)

    return made


FIRST = "conv1.conv.weight"
CHANGES: dict[str, Callable[[dict], object]] = {
    "whole numbers": lambda s: s.update({FIRST: s[FIRST].to(torch.int64)}),
    "bytes": lambda s: s.update({FIRST: s[FIRST].to(torch.uint8)}),
    "truth values": lambda s: s.update({FIRST: s[FIRST] > 0}),
    "complex numbers": lambda s: s.update({FIRST: s[FIRST].to(torch.complex64)}),
    "all whole numbers": lambda s: s.update({k: v.to(torch.int32) for k, v in s.items()}),
    "all complex": lambda s: s.update({k: v.to(torch.complex64) for k, v in s.items()}),
    "a count as floats": lambda s: s.update({"conv1.bn.num_batches_tracked": torch.tensor(1.5)}),
    "NaN": lambda s: s[FIRST].fill_(float("nan")),
    "one infinity": lambda s: s[FIRST].view(-1)[:1].fill_(float("inf")),
    "a variance below 0": lambda s: s["conv1.bn.running_var"].fill_(-1.0),
    "meta": lambda s: s.update({FIRST: s[FIRST].to("meta")}),
    "all meta": lambda s: s.update({k: v.to("meta") for k, v in s.items()}),
    "sparse": lambda s: s.update({FIRST: s[FIRST].to_sparse()}),
    "expanded": lambda s: s.update({FIRST: torch.zeros(1).expand(10**5, 10**5, 10**5)}),
    "expanded, of the right shape": lambda s: s.update({FIRST: torch.zeros(1).expand(s[FIRST].shape)}),
    "expanded classifier": lambda s: s.update({"classifier.weight": torch.zeros(1).expand(10**9, 512)}),
    "a missing key": lambda s: s.pop(FIRST),
    "a missing layer": lambda s: [s.pop(k) for k in list(s) if k.startswith("conv3.1")],
    "an unknown key": lambda s: s.update({"extra.weight": torch.zeros(3)}),
    "an escape in a key": lambda s: s.update({"\x1b[2J": torch.zeros(3)}),
    "an endless key": lambda s: s.update({"k" * 100_000: torch.zeros(3)}),
    "a number as a key": lambda s: s.update({5: torch.zeros(3)}),
    "a tuple as a key": lambda s: s.update({(1, 2): torch.zeros(3)}),
    "a text as a value": lambda s: s.update({FIRST: "hello"}),
    "None as a value": lambda s: s.update({FIRST: None}),
    "a list as a value": lambda s: s.update({FIRST: [1, 2, 3]}),
    "another shape": lambda s: s.update({"fc.0.weight": torch.zeros(3, 3)}),
    "no dimension": lambda s: s.update({FIRST: torch.tensor(1.0)}),
    "a classifier without dimension": lambda s: s.update({"classifier.weight": torch.tensor(1.0)}),
    "no channels": lambda s: s.update({FIRST: torch.zeros(0, 3, 7, 7)}),
    "a million channels": lambda s: s.update({FIRST: torch.zeros(10**6, 1, 1, 1)}),
    "wide stages": lambda s: s.update({f"conv{i}.0.conv3.conv.weight": torch.zeros(40_000, 1, 1, 1) for i in (2, 3)}),
    "a flat gate": lambda s: s.update({"conv2.0.gate.fc1.weight": torch.zeros(5)}),
    "an empty gate": lambda s: s.update({"conv2.0.gate.fc1.weight": torch.zeros(0, 0, 1, 1)}),
    "nothing": lambda s: s.clear(),
}

CONTENTS: dict[str, Callable[[], object]] = {
    "a tensor": lambda: torch.zeros(3),
    "a list": lambda: [torch.zeros(3)],
    "a number": lambda: 5,
    "None": lambda: None,
    "an empty state_dict": lambda: {"state_dict": {}},
    "a state_dict that is text": lambda: {"state_dict": "x"},
    "a state_dict in a state_dict": lambda: {"state_dict": {"state_dict": _state()}},
    "deep lists": lambda: _nested(200),
    "a dictionary that holds itself": lambda: _itself(),
    "quantised": lambda: {FIRST: torch.zeros(6, 3, 7, 7, dtype=torch.uint8)},
}


def _nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def _itself() -> dict:
    value: dict = {}
    value["state_dict"] = value
    return value


class _Runs:
    def __reduce__(self):
        return (print, ("hidden code ran",))


def _safetensors(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _card(text: str) -> bytes:
    """The good file with another card."""
    good = ground.safetensors()
    length = struct.unpack("<Q", good[:8])[0]
    header = json.loads(good[8 : 8 + length])
    header["__metadata__"] = {"card": text}
    changed = json.dumps(header).encode()
    changed += b" " * (-len(changed) % 8)
    return struct.pack("<Q", len(changed)) + changed + good[8 + length :]


CARDS = (
    "null", "[]", "5", '"text"', "true", "", "{", "{]", "NaN", "[" * 10_000 + "]" * 10_000,
    '{"size":' + "[" * 10_000 + "]" * 10_000 + "}", "1" * 5000, '{"size":' + "1" * 5000 + "}", "\x00", "\ud800",
)  # fmt: skip
SIZES = (
    None, 5, "128x64", [], [128], [128, 64, 3], [0, 0], [-128, 64], [10**9, 10**9], [128.5, 64], ["128", "64"],
    [None, None], [True, True], {"height": 128}, [[128], [64]], [128, 10**30], [15, 64], [4097, 64],
)  # fmt: skip
CONFIGS = (
    None, 5, "text", [], True, {"width": "wide"}, {"width": [0.25]}, {"photos": "many"}, {"photos": True},
    {"size": "128x64"}, {"seed": None}, {"optimiser": 5},
)  # fmt: skip

HEADERS: dict[str, bytes] = {
    "no header": b"",
    "seven bytes": b"1234567",
    "a header of 2^63 bytes": struct.pack("<Q", 2**63) + b"{}",
    "a header longer than the file": struct.pack("<Q", 1000) + b"{}",
    "an empty header": _safetensors({}),
    "a list": _safetensors([1, 2]),
    "broken JSON": _safetensors(b"{broken"),
    "no UTF-8": _safetensors(b'{"\xff\xfe": 1}'),
    "offsets beyond the end": _safetensors({"a": {"dtype": "F32", "shape": [10], "data_offsets": [0, 40]}}),
    "offsets that cross": _safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, b"\0" * 4),
    "a shape of 10^18": _safetensors({"a": {"dtype": "F32", "shape": [10**18], "data_offsets": [0, 4]}}, b"\0" * 4),
    "a negative shape": _safetensors({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"\0" * 4),
    "an unknown type": _safetensors({"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
    "metadata that is no text": _safetensors({"__metadata__": {"card": 5}}),
    "metadata that is a list": _safetensors({"__metadata__": [1]}),
    "nested deeply": _safetensors(b'{"a":' * 5000 + b"1" + b"}" * 5000),
    "4-bit floats": _safetensors({"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}, b"\0"),
}


def _zip(name: str, content: bytes, kind: int = zipfile.ZIP_STORED) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", kind) as archive:
        archive.writestr(name, content)
    return into.getvalue()


KINDS: dict[str, bytes] = {
    "empty": b"",
    "text": b"weights, honestly",
    "zeros": b"\0" * 1000,
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
    "a zip of text": _zip("a.txt", b"hello"),
    "a zip with a pickle of nonsense": _zip("archive/data.pkl", b"\x80\x02X\xff\xff\xff\xff."),
    "a zip bomb": _zip("archive/data.pkl", b"\0" * 1_100_000_000, zipfile.ZIP_DEFLATED),
    "a pickle that stops": b"\x80\x02",
    "a pickle of None": pickle.dumps(None, 2),
    "a pickle of a dictionary": pickle.dumps({"a": 1}, 2),
    "a pickle of protocol 5": pickle.dumps({"a": 1}, 5),
    "a pickle that runs code": pickle.dumps(_Runs(), 2),
    "a pickle that asks for os.system": b"\x80\x02cposix\nsystem\nX\x02\0\0\0ls\x85R.",
    "a pickle with a long number": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "a pickle with an empty stack": b"\x80\x02R.",
    "a pickle that pops too much": b"\x80\x0200000.",
    "a pickle with an unknown memo": b"\x80\x02h\xff.",
    "a pickle with a persistent id": b"\x80\x02X\x01\0\0\0aQ.",
    "a pickle that builds nothing": b"\x80\x02Nb.",
    "a pickle of a huge text": b"\x80\x02X\xff\xff\xff\x7fabc.",
    "a pickle with a wrong unicode": b"\x80\x02X\x02\0\0\0\xff\xfe.",
    "a pickle of protocol 200": b"\x80\xc8N.",
    "a tar": b"a" * 257 + b"ustar\x0000" + b"\0" * 248,
}


def cases() -> Iterator[Case]:
    refused, either = ("sentence",), ("sentence", "correct")
    for name, change in CHANGES.items():
        yield Case("weights", f"tensors: {name}", _opened("w.pth", _with(change)), refused)
    for name, content in CONTENTS.items():
        yield Case("weights", f"content: {name}", _opened("w.pth", lambda c=content: _pth(c())), refused)
    for name, content in KINDS.items():
        for suffix in (".pth", ".safetensors"):
            yield Case("weights", f"{name}, as {suffix}", _opened(f"w{suffix}", lambda c=content: c), refused)
    for name, content in HEADERS.items():
        yield Case("weights", f"header: {name}", _opened("w.safetensors", lambda c=content: c), refused)
    for number, card in enumerate(CARDS):
        yield Case(
            "weights", f"card {number}: {card[:20]!r}", _opened("w.safetensors", lambda c=card: _card(c)), refused
        )
    for size in SIZES:
        card = json.dumps({"size": size})
        yield Case("weights", f"card with size {size}"[:60], _opened("w.safetensors", lambda c=card: _card(c)), refused)
    for config in CONFIGS:
        card = json.dumps({"config": config})
        yield Case("weights", f"card with config {config}", _opened("w.safetensors", lambda c=card: _card(c)), refused)
    good, pth = ground.safetensors, lambda: _pth(_state())
    for share in (0.0001, 0.001, 0.05, 0.3, 0.6, 0.99):
        for name, whole in (("w.safetensors", good), ("w.pth", pth)):
            cut = lambda w=whole, s=share: w()[: int(len(w()) * s)]  # noqa: E731
            yield Case("weights", f"{name} cut to {share:.2%}", _opened(name, cut), refused)
    yield Case("weights", "a .safetensors named .pth", _opened("w.pth", good), ("correct",))
    yield Case("weights", "a .pth named .safetensors", _opened("w.safetensors", pth), ("correct",))
    half = lambda: _pth({k: v.double() if v.is_floating_point() else v for k, v in _state().items()})  # noqa: E731
    yield Case("weights", "double precision", _opened("w.pth", half), ("correct",))
    for seed in range(16):
        name, whole = (("w.safetensors", good), ("w.pth", pth))[seed % 2]
        yield Case("weights", f"{name} with random bytes, {seed}", _opened(name, _flipped(whole, seed)), either)
    for name, make in (("folder", lambda p: p.mkdir()), ("/dev/zero", lambda p: p.symlink_to("/dev/zero")),
                       ("gone", lambda p: None), ("gigabytes", _sparse)):  # fmt: skip
        yield Case("weights", f"the file is: {name}", _not_a_file(make), refused)
    for name in ("text", "a pickle that runs code", "a zip of text"):
        yield Case("evaluate", f"--weights {name}", _evaluated(KINDS[name]), refused)


def _flipped(whole: Callable[[], bytes], seed: int) -> Callable[[], bytes]:
    """Random bytes in the header, where a reader decides; numbers that change would only be other numbers."""

    def made() -> bytes:
        rng, content = np.random.default_rng(seed), np.frombuffer(whole(), np.uint8).copy()
        content[rng.integers(0, 300, 4)] = rng.integers(0, 256, 4)
        return content.tobytes()

    return made


def _sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(5_000_000_000)


def _not_a_file(make: Callable[[Path], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        make(work / "w.pth")
        weights.open(work / "w.pth")
        return "silently-wrong"

    return run


def _evaluated(content: bytes) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        (work / "w.pth").write_bytes(content)
        return command("evaluate", ground.folder(), "--weights", work / "w.pth")

    return run
