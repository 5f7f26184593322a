"""A checkpoint into a model, strictly: every key and every shape agrees, or the file is refused and says why.

The kit's own checkpoints are .safetensors files that carry a card. Official ones (.pth, torchreid) are opened in the
same way: their width, streams, IBN and gate width are read off keys and shapes. Nothing in a file is ever run as code.
"""

import builtins
import json
import os
import pickle
import re
import warnings
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor

from .. import assets
from ..machine import whole
from ..refused import Refused
from .model import STREAMS, OSNet

MOST_BYTES = 1_000_000_000
_SIDES = (16, 4096)  # pixels, the least and the most of a photo's side in a card
CONFIG_KINDS: dict[str, type | tuple[type, ...]] = {
    "width": (int, float),
    "size": list,
    "photos": int,
    "people": int,
    "shots": int,
    "optimiser": str,
    "seed": int,
}
_NAMED = re.compile(r".\.(safetensors|(pth|pt)(\.tar)?(-\d+)?)$", re.IGNORECASE)  # torchreid writes model.pth.tar-60
OPTIMISER = "optimiser.pt"  # beside the weights of a checkpoint, and no weights
MOST_NAME = 200  # characters of a tensor's name
OFFICIAL_SIZE = (256, 128)  # height and width that the published checkpoints were trained at


@dataclass(frozen=True)
class Checkpoint:
    """A model as it came out of a file, in eval mode.

    size: (height, width) in pixels that it was trained at.  left_out: classifier keys that did not fit a given model.
    card: what the file says of itself, such as how it was trained; empty for a foreign file.
    """

    model: OSNet
    size: tuple[int, int]
    left_out: tuple[str, ...] = ()
    card: dict = field(default_factory=dict)


def shipped() -> Checkpoint:
    """The reduced OSNet that the kit ships, trained by its own `train` on rendered people."""
    return open(assets.path(assets.WEIGHTS))


def open(path: Path | str) -> Checkpoint:
    """Build the model that a checkpoint describes, and load it strictly.

    Raises: Refused, in a sentence, for a file that is not an OSNet checkpoint.
    """
    state, card = _read(Path(path))
    model = _build(state, Path(path))
    left_out = _load(model, state, Path(path))
    return Checkpoint(model.eval(), tuple(card.get("size", OFFICIAL_SIZE)), left_out, card)


def load(model: OSNet, path: Path | str) -> Checkpoint:
    """Load a checkpoint into a model that you built.

    Only a missing or other-sized classifier may be left out, and is named in `left_out`.
    Raises: Refused naming the keys that are missing, unknown or of another shape; the model is then unchanged.
    """
    state, card = _read(Path(path))
    left_out = _load(model, state, Path(path))
    return Checkpoint(model.eval(), tuple(card.get("size", OFFICIAL_SIZE)), left_out, card)


def files(path: Path | str) -> list[Path]:
    """The checkpoints of a folder, told by their names and sorted; a file is one alone, whatever its name.

    Raises: Refused for a folder without any.
    """
    path = Path(path)
    if not os.path.isdir(path):  # False also for a name that no folder can have
        return [path]
    found = sorted(file for file in path.iterdir() if _NAMED.search(file.name) and file.name != OPTIMISER)
    if not found:
        raise Refused(f"{path} has no checkpoint; expected a name that ends in .safetensors, .pth, .pt or .pth.tar-60")
    return found


def save(model: OSNet, path: Path | str, *, size: tuple[int, int], card: dict | None = None) -> None:
    """Write a .safetensors checkpoint with its card; the file appears, or replaces an older one, when it is complete.

    size: (height, width) in pixels that the model was trained at.  card: JSON values, such as how it was trained.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    metadata = {"card": json.dumps({**(card or {}), "size": list(size)}, sort_keys=True)}
    with whole.file(path, replace=True) as growing:
        # Through bytes, so that the file gets the permissions that any other new file would.
        growing.write_bytes(safetensors.torch.save(state, metadata))


def _read(path: Path) -> tuple[dict[str, Tensor], dict]:
    if not os.path.isfile(path):  # False also for a name that no file can have
        raise Refused(f"{path} is not a file; expected a checkpoint, .safetensors or .pth")
    if path.stat().st_size > MOST_BYTES:
        size = f"{path.stat().st_size / 1e6:.0f} MB"
        raise Refused(f"{path} has {size}; the largest OSNet takes some 20 MB, and {MOST_BYTES / 1e6:.0f} MB are read")
    found, card = _read_safetensors(path) if _is_safetensors(path) else (_read_pytorch(path), {})
    state: dict[str, Tensor] = {}
    for key, value in found.items():
        if len(key) > MOST_NAME:
            raise Refused(f"{path} is not a checkpoint: expected names of tensors, got one of {len(key)} characters")
        if problem := odd(value):
            raise Refused(f"{path} is refused: {key} {problem}; expected a plain tensor of numbers")
        name = _unwrapped(key)
        if name in state:
            raise Refused(f"{path} is refused: it holds {name} twice, with and without the name of a wrapper")
        state[name] = _as_ours(name, value)
    return state, card


def _unwrapped(key: str) -> str:
    """A tensor's name without what DataParallel ("module.") and torch.compile ("_orig_mod.") put before it."""
    first, _, rest = key.partition(".")
    if rest and first in ("module", "_orig_mod"):
        return _unwrapped(rest)
    return key.replace("._orig_mod.", ".")


def _as_ours(name: str, value: Tensor) -> Tensor:
    """The same numbers in a type that PyTorch computes with: 8-bit floats, and counters that were made floats."""
    if value.is_floating_point() and value.element_size() == 1:
        with suppress(RuntimeError):  # floats of 4 bits, two in a byte: `_compare` names what does not fit
            return value.float()
    if name.endswith(".num_batches_tracked") and value.is_floating_point():
        counted = value.double()
        if bool((torch.isfinite(counted) & (counted >= 0) & (counted == counted.round())).all()):
            return counted.to(torch.int64)
    return value


def _is_safetensors(path: Path) -> bool:
    """Told by the first bytes; the name decides only where they are of neither kind."""
    with builtins.open(path, "rb") as file:
        start = file.read(16)
    if start[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") and start[8:9] != b"{":
        return False
    return start[8:9] == b"{" or path.suffix == ".safetensors"


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get("card", "{}")
            state = {key: file.get_tensor(key) for key in file.keys()}
    except UnicodeEncodeError:
        raise Refused(f"{path} has a name that is not UTF-8, which .safetensors files need; rename it") from None
    except Exception as error:  # whatever the library says of hostile bytes
        raise Refused(f"{path} is not a whole .safetensors file: {first_line(error)}") from error
    return state, _card(text, path)


def _card(text: str, path: Path) -> dict:
    """What a file says of itself, checked as far as the kit relies on it."""
    try:
        card = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path}: its card is not JSON that can be read: {first_line(error)}") from error
    if not isinstance(card, dict):
        raise Refused(f"{path}: its card must be a JSON object, got {brief(card)}")
    size = card.get("size", list(OFFICIAL_SIZE))
    sides = size if isinstance(size, list) and len(size) == 2 else [None]
    if not all(type(side) is int and _SIDES[0] <= side <= _SIDES[1] for side in sides):
        raise Refused(
            f"{path}: size in its card must be [height, width] in pixels, {_SIDES[0]} to {_SIDES[1]} each, "
            f"got {brief(size)}"
        )
    config = card.get("config", {})
    if not isinstance(config, dict):
        raise Refused(f"{path}: config in its card must be a JSON object, got {brief(config)}")
    for name, kind in CONFIG_KINDS.items():
        if name in config and (not isinstance(config[name], kind) or (type(config[name]) is bool and kind is not bool)):
            raise Refused(f"{path}: config in its card has {name} {brief(config[name])}, which is not a valid value")
    return card


def brief(value: object) -> str:
    """A value from a file as a few words for a sentence."""
    text = repr(value) if not isinstance(value, dict | list) or len(value) < 5 else f"{type(value).__name__}"
    return text if len(text) < 60 else f"{text[:57]}..."


def _read_pytorch(path: Path) -> dict[str, Tensor]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                    raise Refused(f"{path} unpacks to more than the {MOST_BYTES / 1e6:.0f} MB that are read")
        with torch.serialization.safe_globals(_numpy_scalars()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch warns of a pickle protocol that it then reads or refuses
            with builtins.open(path, "rb") as file:  # by its name torch.load would judge what it is
                content = torch.load(file, map_location="cpu", weights_only=True)
    except Refused:
        raise
    except pickle.UnpicklingError as error:
        raise Refused(f"{path} is refused: it holds more than tensors and numbers, which could run code") from error
    except Exception as error:  # a broken pickle makes its reader raise nearly anything
        raise Refused(f"{path} is not a whole PyTorch checkpoint: {first_line(error)}") from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise Refused(f"{path} is not a checkpoint: expected a dictionary of tensors, or one under 'state_dict'")
    if not all(isinstance(key, str) for key in content):
        raise Refused(f"{path} is not a checkpoint: expected the names of tensors as keys, got others")
    return content


def odd(value: Tensor) -> str | None:
    """What keeps a tensor from being plain numbers in memory, or None."""
    if value.is_quantized:
        return "is quantised"
    if value.is_nested:
        return "is a nested tensor"
    if value.layout is not torch.strided:
        return "is a sparse tensor"
    if value.is_meta:
        return "has a shape and no numbers"
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        return "claims to be larger than what is stored of it"
    return None


def first_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    return str(error).partition("\n")[0] or type(error).__name__


def _numpy_scalars() -> list:
    """What torchreid keeps beside the weights (epoch, rank-1) and pickles as NumPy scalars; and nothing else."""
    scalar = import_module("numpy._core.multiarray").scalar
    kinds = [type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)]
    return [np.dtype, *kinds, (scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar")]


def _build(state: dict[str, Tensor], path: Path) -> OSNet:
    channel_keys = ["conv1.conv.weight", *(f"conv{stage}.0.conv3.conv.weight" for stage in (2, 3, 4))]
    gates = {key: value for key, value in state.items() if key.endswith(".gate.fc1.weight")}
    missing = [key for key in channel_keys if key not in state]
    if not missing and not gates:
        raise Refused(
            f"{path} is not an OSNet checkpoint: it has no aggregation gates (keys like conv2.0.gate.fc1.weight); "
            "build a network without gates yourself and use weights.load(model, path)"
        )
    if missing or any(value.dim() != 4 for value in gates.values()):
        some = ", ".join(list(state)[:3]) or "none"
        raise Refused(f"{path} is not an OSNet checkpoint: expected keys like {', '.join(channel_keys)}, got {some}...")
    if (
        any(not state[key].dim() or not len(state[key]) for key in channel_keys)
        or not state.get("classifier.weight", torch.ones(1)).dim()
    ):
        raise Refused(f"{path} is not an OSNet checkpoint: the weights of its convolutions are not arrays")
    streams = sum(any(key.startswith(f"conv2.0.conv2{letter}.") for key in state) for letter in STREAMS)
    # A gate wider than the published mid / 16 shows the floor that the model was built with.
    floors = [w.shape[0] for w in gates.values() if w.shape[0] > max(1, w.shape[1] // 16)]
    arguments: dict[str, Any] = {
        "num_classes": state["classifier.weight"].shape[0] if "classifier.weight" in state else 0,
        "streams": streams,
        "ibn": "conv2.0.IN.weight" in state,
        "gate_hidden": max(floors, default=None),
    }
    channels = tuple(state[key].shape[0] for key in channel_keys)
    try:
        # Shapes first: a few numbers could ask for a network larger than the memory.
        with torch.device("meta"):
            _compare(OSNet(channels, **arguments), state, path)
        return OSNet(channels, **arguments)
    except Refused as error:
        if "does not fit" in str(error):
            raise
        raise Refused(f"{path} is not an OSNet checkpoint: its shapes make no network ({error})") from error
    except (ValueError, ZeroDivisionError, RuntimeError) as error:  # PyTorch's own, of layers without channels
        raise Refused(f"{path} is not an OSNet checkpoint: its shapes make no network ({error})") from error


def _load(model: OSNet, state: dict[str, Tensor], path: Path) -> tuple[str, ...]:
    left_out = _compare(model, state, path)
    ours = model.state_dict()
    bad = [key for key in ours if key not in left_out and not torch.isfinite(state[key]).all()]
    if bad:
        raise Refused(f"{path} is refused: NaN or infinite numbers in {_some(bad)}")
    negative = [key for key in ours if key.endswith("running_var") and (state[key] < 0).any()]
    if negative:
        raise Refused(f"{path} is refused: a variance below 0 in {_some(negative)}")
    model.load_state_dict({key: ours[key] if key in left_out else state[key] for key in ours}, strict=True)
    return left_out


def _compare(model: OSNet, state: dict[str, Tensor], path: Path) -> tuple[str, ...]:
    """Returns: the keys of a classifier that does not fit.  Raises: Refused where anything else does not."""
    ours = model.state_dict()
    left_out = tuple(
        key
        for key in ("classifier.weight", "classifier.bias")
        if (key in ours or key in state)
        and (key not in ours or key not in state or ours[key].shape != state[key].shape)
    )
    problems = []
    missing = [key for key in ours if key not in state and key not in left_out]
    unknown = [key for key in state if key not in ours and key not in left_out]
    other = [key for key in ours if key in state and key not in left_out and ours[key].shape != state[key].shape]
    if missing:
        problems.append(f"missing {_some(missing)}")
    if unknown:
        problems.append(f"unknown {_some(unknown)}")
    if other:
        shapes = [f"{key} (expected {_shape(ours[key])}, got {_shape(state[key])})" for key in other]
        problems.append(f"of another shape {_some(shapes)}")
    types = [
        f"{key} (expected {_kind(ours[key])}, got {_kind(state[key])})"
        for key in ours
        if key in state and key not in left_out and _kind(ours[key]) != _kind(state[key])
    ]
    if types:
        problems.append(f"of another type {_some(types)}")
    if problems:
        raise Refused(f"{path} does not fit this model: {'; '.join(problems)}")
    return left_out


def _kind(tensor: Tensor) -> str:
    """Half and double precision are read; whole and complex numbers in place of floats would be other weights."""
    return "floats" if tensor.is_floating_point() else "complex" if tensor.is_complex() else "whole numbers"


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
