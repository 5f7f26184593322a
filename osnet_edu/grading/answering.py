"""The process that anyone's method is asked in: it loads the file, asks the function, and answers with maps.

`asked` starts it and sends questions; `machine.within` says what holds for any such process.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn.modules import module as pytorchs

from ..embed import normalise
from ..explain import untrained
from ..machine import within
from ..network import weights
from ..network.model import OSNet
from ..refused import Refused
from . import sanity

TRAINED, UNTRAINED = "trained", "untrained"
NOT_RANDOM = "none"  # the stage of a cascade in which nothing is random yet
PAIR, CASCADE = "a trained and an untrained one", "random from the last stage on"  # which networks are asked


def main() -> None:
    """Answer the questions that come by the standard input, until it ends."""
    torch.set_num_threads(1)
    within.answer_questions(_Method)


class _Method:
    """A function of a file, and the networks that it is asked about."""

    def __init__(self, file: Path, function: str, weights_at: Path | None):
        self.file, self._name, self._weights_at = file, function, weights_at
        self._networks: dict[str, tuple[OSNet, Watched]] = {}

    def load(self) -> None:
        """The network comes first: a file may change the folder, or anything else, as it is loaded."""
        self._model = (weights.shipped() if self._weights_at is None else weights.open(self._weights_at)).model.eval()
        sys.path.append(str(self.file.parent))  # for what the method imports late; see `within.loaded`
        self._function = within.loaded(self.file, self._name)

    def prepare(self, which: str, photos: np.ndarray) -> None:
        """Make the networks.  which: PAIR or CASCADE.  photos: (B, H, W, 3) uint8, which normalisations are set by."""
        images = normalise(photos)
        if which == PAIR:
            made = {TRAINED: self._model, UNTRAINED: untrained.like(self._model, 0, images)}
        else:
            made = dict(sanity.cascade(self._model, images))
        self._networks = {kind: (network, Watched(network)) for kind, network in made.items()}

    def ask(self, kind: str, words: str, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
        """words: about the network, for a sentence about the map."""
        heat = map_of(self._function, self._name + words, self._networks[kind][0], query, photo)
        for _, watched in self._networks.values():
            if changed := watched.changed():
                raise Refused(f"{self._name} must leave the network as it found it; it changed {changed}")
        return heat


def map_of(method: Callable, name: str, network: OSNet, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Ask a method once.  Raises: Refused if the answer is not a map (H, W) of finite numbers."""
    heat = method(network, query.copy(), photo.copy())
    found = within.as_numbers(
        heat, lambda shape: shape == photo.shape[:2], f"{name} must return numbers {photo.shape[:2]}"
    )
    within.check_finite(found, name)
    with np.errstate(over="ignore"):
        if not np.isfinite(np.abs(found).sum()):
            raise Refused(f"{name} returned numbers up to {np.abs(found).max():.0e}, too large to add up")
    return found


class Watched:
    """A network as it is now.  What a method must leave alone: numbers, settings, mode, hooks, code."""

    def __init__(self, network: OSNet):
        self._network = network
        # What a method adds beside the settings changes no answer.
        self._settings = {
            name: [key for key in vars(module) if not key.startswith("_") and key not in ("training", "forward")]
            for name, module in network.named_modules()
        }
        self._before = self._state()

    def changed(self) -> str:
        """The name of the first thing that is not as it was, or an empty text."""
        now = self._state()
        return next((name for name in {**self._before, **now} if self._before.get(name) != now.get(name)), "")

    def _state(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in self._network.state_dict(keep_vars=True).items():
            raw = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
            found[name] = (value.dtype, value.shape, hashlib.sha256(raw).hexdigest())
            hooks = (value._backward_hooks, getattr(value, "_post_accumulate_grad_hooks", None))
            found[f"the hooks of {name}"] = tuple(tuple(some or ()) for some in hooks)
        for name, module in self._network.named_modules():
            own, words = vars(module), name or "the network"
            found[f"the mode of {words}"] = module.training
            found[f"the hooks of {words}"] = _hooks(own)
            found[f"the code of {words}"] = (type(module), getattr(module.forward, "__func__", module.forward))
            for key in self._settings.get(name, ()):
                found[f"{key} of {words}"] = repr(own[key]) if key in own else None
        found["the hooks of all modules"] = _hooks(vars(pytorchs))
        return found


def _hooks(names: dict[str, object]) -> tuple:
    return tuple(tuple(value) for key, value in names.items() if "hooks" in key and isinstance(value, dict))
