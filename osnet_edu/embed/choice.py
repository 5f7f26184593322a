"""Which engine embeds: the fastest that is there, where it is worth setting up, and that agrees with PyTorch.

- PyTorch, where only it can: on a graphics card, in bfloat16, with hooks, with blocks that are not the kit's own.
- onnxruntime, once these weights have embedded `ENOUGH` photos, or are asked for as many: setting it up takes a third
  of a second. What is set up is remembered by its weights.
- A graph does not depend on weights. One for the kit's own network ships; those of others are made where many photos
  wait for it, which takes ten seconds, and kept in the cache folder.

A kept graph carries a hash of its bytes, and any graph is trusted only after it has agreed with PyTorch on two
pictures. One that is not what it was is passed over, made anew and said once. Whatever else goes wrong, PyTorch
computes, and the engine's record says why.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from .. import assets
from ..machine import whole
from ..network import export, probe
from ..network.model import OSNet
from ..refused import Refused
from .engines import MEAN, STD, Look, OnnxEmbedder, TorchEmbedder

ENOUGH = 200  # photos that PyTorch embeds while onnxruntime is set up
MANY = 10_000  # to announce where the number of photos is not known: enough for the fastest engine
WORTH_A_GRAPH = 10_000  # photos of the kit's size by the kit's network that save what making a graph costs
_CHECKED = (128, 64)  # pixels of the pictures that an exported graph and PyTorch have to agree on
AGREE = 1e-4  # largest difference of a feature, of the largest feature or of 1

_Embedder = TorchEmbedder | OnnxEmbedder
_ready: OrderedDict[str, OnnxEmbedder] = OrderedDict()  # by weights
_failed: OrderedDict[str, str] = OrderedDict()  # why, by weights
_seen: OrderedDict[str, int] = OrderedDict()  # photos, by weights
_told: set[Path] = set()  # graphs that were passed over


def embedder_for(
    model: OSNet,
    *,
    photos: int,
    size: tuple[int, int],
    precision: torch.dtype = torch.float32,
    say: Callable[[str], None] | None = None,
) -> _Embedder:
    """The fastest embedder for a model as it is now.  photos: to embed.  size: (height, width) in pixels.

    An embedder by onnxruntime keeps the weights that the model has now; one by PyTorch follows the model.
    say: is told what takes long, before it does.
    """
    try:
        _check_can_leave_pytorch(model, precision)
    except Refused as error:
        return TorchEmbedder(model, precision=precision, why=str(error))
    key = export.digest(model)
    if key in _ready:
        _ready.move_to_end(key)
        return _ready[key]
    if key in _failed:
        return TorchEmbedder(model, why=_failed[key])
    _remember(_seen, key, _seen.get(key, 0) + photos, 64)
    if _seen[key] < ENOUGH:
        return TorchEmbedder(model, why=f"{photos} photos are done before onnxruntime is set up")
    try:
        made = _agreeing(model, size, photos * _cost(model, size) >= WORTH_A_GRAPH, say)
    except _Unworthy as error:
        return TorchEmbedder(model, why=str(error))
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        _remember(_failed, key, f"onnxruntime cannot be used: {error}".partition("\n")[0], 64)
        return TorchEmbedder(model, why=_failed[key])
    _remember(_ready, key, made, 4)
    return made


def onnx_file(model: OSNet, say: Callable[[str], None] | None = None) -> bytes:
    """A network as an ONNX file that takes pictures of any size (see `export`), from a kept graph where there is one.

    say: is told what takes long, before it does.
    Raises: Refused where no graph computes what PyTorch computes.
    """
    return _agreeing(model, _CHECKED, True, say).content


class _Unworthy(Exception):
    """It would work, but take longer than it saves."""


def _check_can_leave_pytorch(model: OSNet, precision: torch.dtype) -> None:
    like = next(model.parameters())
    if like.device.type != "cpu":
        raise Refused(f"the model is on {like.device.type}")
    if precision != torch.float32 or like.dtype != torch.float32:
        raise Refused(f"it computes in {str(precision if precision != torch.float32 else like.dtype)[6:]}")
    export.check_is_its_class(model)


def _agreeing(model: OSNet, size: tuple[int, int], worth: bool, say: Callable[[str], None] | None) -> OnnxEmbedder:
    import onnxruntime  # noqa: F401  before a graph is made for it

    rng = np.random.Generator(np.random.PCG64(0))
    images = rng.integers(0, 256, (2, *size, 3), dtype=np.uint8)
    streams = [len(block.stream_names) for block in model.blocks().values()]
    factors = rng.uniform(0.5, 1, (len(streams), max(streams))).astype(np.float32)
    expected = TorchEmbedder(model).look(images, factors)
    with probe.evaluating(model):
        layout = export.Layout.of(model)
    why = "it is the fastest that is there"
    for path, content in _files(model, worth, say):
        try:
            made = OnnxEmbedder(content(), why=why)
            if made.layout == layout and _same(_looked(made, images, factors), expected):
                return made
            reason = "it does not compute what PyTorch computes"
        except (Refused, OSError) as error:
            if path is None:
                raise
            reason = str(error)
        if path is not None:
            why += f"; {path} is passed over ({reason})"
            if say and path not in _told:
                say(f"The graph {path} is passed over: {reason}.")
            _told.add(path)
    raise Refused("its graph does not compute what PyTorch computes")


def _looked(made: OnnxEmbedder, images: np.ndarray, factors: np.ndarray) -> Look:
    """Raises: Refused for a graph that onnxruntime starts and cannot run to its end."""
    try:
        return made.look(images, factors)
    except Exception as error:  # onnxruntime's own have no common class but this
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        raise Refused(f"onnxruntime cannot run it: {str(error).partition(chr(10))[0]}") from error


def _same(look, expected) -> bool:
    pairs = [(getattr(look, name), getattr(expected, name)) for name in ("embedding", "gates", "feature_map")]
    return all(
        (a is None) == (b is None)
        and (b is None or (a.shape == b.shape and np.abs(a - b).max() <= AGREE * max(1, np.abs(b).max())))
        for a, b in pairs
    )


def _files(
    model: OSNet, worth: bool, say: Callable[[str], None] | None
) -> Iterator[tuple[Path | None, Callable[[], bytes]]]:
    """ONNX files of a model: by the graph that ships, by the one that is kept, by a new one.  worth: make a new one.

    Each with its path, None for the new one, and how it is made, which raises Refused for a graph that is damaged.
    """
    name = f"graphs/{export.fingerprint(model)}.onnx"
    kept, shipped = assets.cache() / name, _shipped(name)
    if shipped:
        yield shipped, lambda: export.filled(shipped.read_bytes(), model)
    if kept.is_file():
        yield kept, lambda: export.filled(export.unsealed(kept.read_bytes()), model)
    if not worth:
        raise _Unworthy(
            "no graph is kept for a network that is built like this, and one for so few photos is not worth it"
        )
    if say:
        say("Making a graph of this network for onnxruntime, once: about ten seconds ...")
    template = export.template(model, MEAN, STD)
    with contextlib.suppress(OSError):  # the graph is as good where it cannot be kept
        _keep(kept, export.sealed(template))
    yield None, lambda: export.filled(template, model)


def _shipped(name: str) -> Path | None:
    try:
        return assets.path(name)
    except FileNotFoundError:
        return None


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole.file(path, replace=True) as growing:
        growing.write_bytes(content)


def _cost(model: OSNet, size: tuple[int, int]) -> float:
    """Roughly how many photos of 128x64 by the kit's own network take as long as one of these."""
    return sum(p.numel() for p in model.parameters()) / 220_000 * size[0] * size[1] / (128 * 64)


def _remember(store: OrderedDict, key: str, value: object, most: int) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > most:
        store.popitem(last=False)
