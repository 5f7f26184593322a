"""Which engine embeds: the fastest that is there, where it is worth setting up, and that agrees with PyTorch.

- PyTorch, where only it can: on a graphics card, in bfloat16, with hooks, with blocks that are not the kit's own.
- onnxruntime, once these weights have embedded `ENOUGH` photos, or are asked for as many: setting it up takes a third
  of a second. What is set up is remembered by its weights.
- A graph does not depend on weights. One for the kit's own network ships; those of others are made where many photos
  wait for it, which takes ten seconds, and kept in the cache folder.

A graph is trusted after it has agreed with PyTorch on two pictures. Whatever goes wrong, PyTorch computes, and the
engine's record says why.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from .. import assets, export, whole
from ..model import OSNet
from ..refused import Refused
from .engines import MEAN, STD, OnnxEmbedder, TorchEmbedder

ENOUGH = 200  # photos that PyTorch embeds while onnxruntime is set up
WORTH_A_GRAPH = 10_000  # photos of the kit's size by the kit's network that save what making a graph costs
AGREE = 1e-4  # largest difference of a feature, of the largest feature or of 1

_Embedder = TorchEmbedder | OnnxEmbedder
_ready: OrderedDict[str, OnnxEmbedder] = OrderedDict()  # by weights
_failed: OrderedDict[str, str] = OrderedDict()  # why, by weights
_seen: OrderedDict[str, int] = OrderedDict()  # photos, by weights


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
    """
    return next(_files(model, True, say))


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
    for content in _files(model, worth, say):
        made = OnnxEmbedder(content, why="it is the fastest that is there")
        if _same(made.look(images, factors), expected):
            return made
    raise Refused("its graph does not compute what PyTorch computes")


def _same(look, expected) -> bool:
    pairs = [(getattr(look, name), getattr(expected, name)) for name in ("embedding", "gates", "feature_map")]
    return all(
        (a is None) == (b is None)
        and (b is None or (a.shape == b.shape and np.abs(a - b).max() <= AGREE * max(1, np.abs(b).max())))
        for a, b in pairs
    )


def _files(model: OSNet, worth: bool, say: Callable[[str], None] | None) -> Iterator[bytes]:
    """ONNX files of a model: by the graph that ships, by the one that is kept, by a new one.  worth: make a new one."""
    name = f"graphs/{export.fingerprint(model)}.onnx"
    kept = assets.cache() / name
    for path in (_shipped(name), kept):
        if path and path.is_file():
            try:
                yield export.filled(path.read_bytes(), model)
            except Refused:
                pass  # damaged, or of an older kit: the next one takes its place
    if not worth:
        raise _Unworthy(
            "no graph is kept for a network that is built like this, and one for so few photos is not worth it"
        )
    if say:
        say("Making a graph of this network for onnxruntime, once: about ten seconds ...")
    template = export.template(model, MEAN, STD)
    try:
        _keep(kept, template)
    except OSError:
        pass  # the graph is as good where it cannot be kept
    yield export.filled(template, model)


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
