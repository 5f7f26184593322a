"""A checkpoint into a model, strictly: every key and every shape agrees, or the file is refused and says why.

The kit's own checkpoints are .safetensors files that carry a card. Official ones (.pth, torchreid) open by the same
door: their width, streams, IBN and gate width are read off keys and shapes. Nothing in a file is ever run as code.
"""

import json
import pickle
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from . import assets, whole
from .model import STREAMS, OSNet
from .refused import Refused

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

    Raises: Refused, in a sentence, for a file that is no OSNet checkpoint.
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
    if not path.is_file():
        raise Refused(f"{path} is not a file; expected a checkpoint, .safetensors or .pth")
    if path.suffix == ".safetensors":
        try:
            with safe_open(path, "pt") as file:
                card = json.loads((file.metadata() or {}).get("card", "{}"))
                return {key: file.get_tensor(key) for key in file.keys()}, card
        except (SafetensorError, json.JSONDecodeError) as error:
            raise Refused(f"{path} is not a whole .safetensors file: {error}") from error
    try:
        with torch.serialization.safe_globals(_numpy_scalars()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch warns of a pickle protocol that it then reads or refuses
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise Refused(f"{path} is refused: it holds more than tensors and numbers, which could run code") from error
    except (RuntimeError, EOFError, KeyError, ValueError, AttributeError) as error:
        raise Refused(f"{path} is not a whole PyTorch checkpoint: {str(error).partition(chr(10))[0]}") from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise Refused(f"{path} is no checkpoint: expected a dictionary of tensors, or one under 'state_dict'")
    return {str(key).removeprefix("module."): value for key, value in content.items()}, {}


def _numpy_scalars() -> list:
    """What torchreid keeps beside the weights (epoch, rank-1) and pickles as NumPy scalars; and nothing else."""
    scalar = np._core.multiarray.scalar
    kinds = [type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)]
    return [np.dtype, *kinds, (scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar")]


def _build(state: dict[str, Tensor], path: Path) -> OSNet:
    channel_keys = ["conv1.conv.weight", *(f"conv{stage}.0.conv3.conv.weight" for stage in (2, 3, 4))]
    gates = {key: value for key, value in state.items() if key.endswith(".gate.fc1.weight")}
    missing = [key for key in channel_keys if key not in state]
    if missing or not gates or any(value.dim() != 4 for value in gates.values()):
        some = ", ".join(list(state)[:3]) or "none"
        raise Refused(f"{path} is no OSNet checkpoint: expected keys like {', '.join(channel_keys)}, got {some} ...")
    streams = sum(any(key.startswith(f"conv2.0.conv2{letter}.") for key in state) for letter in STREAMS)
    # A gate wider than the published mid / 16 shows the floor that the model was built with.
    floors = [w.shape[0] for w in gates.values() if w.shape[0] > max(1, w.shape[1] // 16)]
    try:
        return OSNet(
            tuple(state[key].shape[0] for key in channel_keys),
            num_classes=state["classifier.weight"].shape[0] if "classifier.weight" in state else 0,
            streams=streams,
            ibn="conv2.0.IN.weight" in state,
            gate_hidden=max(floors, default=None),
        )
    except (ValueError, IndexError, ZeroDivisionError, RuntimeError) as error:
        raise Refused(f"{path} is no OSNet checkpoint: its shapes make no network ({error})") from error


def _load(model: OSNet, state: dict[str, Tensor], path: Path) -> tuple[str, ...]:
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
    if problems:
        raise Refused(f"{path} does not fit this model: {'; '.join(problems)}")
    model.load_state_dict({key: ours[key] if key in left_out else state[key] for key in ours}, strict=True)
    return left_out


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
