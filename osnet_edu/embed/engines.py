"""Two engines that do the same: PyTorch, which is the reference, and onnxruntime, which is several times faster.

Both take pictures as they come out of a file, choose their number of threads by themselves, and can answer with what
the gates did. Shapes: N photos of H x W pixels, K blocks, T streams, C channels.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from ..machine import compute
from ..machine.compute import Compute
from ..network import export, probe
from ..network.model import OSNet
from ..refused import Refused

MEAN = (0.485, 0.456, 0.406)  # of ImageNet's RGB in [0, 1]: the published checkpoints expect it
STD = (0.229, 0.224, 0.225)

_PART = 16  # photos that are computed at a time: so many stay in a processor's cache

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Engine:
    """What computed.  name: "PyTorch" or "onnxruntime".  threads: of its last call.  why: it and not the other."""

    name: str
    threads: int
    why: str

    def __str__(self) -> str:
        return f"{self.name}, {self.threads} thread{'s' * (self.threads > 1)}"


class Embedder(Protocol):
    """Anything that turns pictures into features."""

    def __call__(self, images: np.ndarray, /) -> np.ndarray:
        """images: (N, H, W, 3) uint8, RGB.  Returns: (N, D) float32."""
        ...


@dataclass(frozen=True)
class Look:
    """What a network makes of N photos.

    embedding: (N, 512).  gates: (N, K, T, C) as computed, before any factor, 0 where a block has fewer; None where no
    block has a gate.  feature_map: (N, C, H/16, W/16), the last one before pooling.  All float32.
    """

    embedding: np.ndarray
    gates: np.ndarray | None
    feature_map: np.ndarray


class Threads:
    """How many threads one engine works with: one for a few photos, else the number that is fastest now.

    tried: photos that both ways are tried on.  last: threads of the last call.
    """

    def __init__(self, tried: int = 8) -> None:
        self.tried, self.last = tried, 1
        self._steady = compute.Steady()

    def run(self, work: Callable[[np.ndarray, int], _Result], images: np.ndarray) -> _Result:
        """work: (images, threads) -> result, which a part of the images is tried on.  Returns: its result for all."""
        few = len(images) <= _PART
        self.last = 1 if few else self._steady.threads(lambda count: work(images[: self.tried], count))
        return work(images, self.last)


class TorchEmbedder:
    """The model itself, in evaluation mode on its own device, and given back in the mode that it came in.

    precision: torch.float32, or torch.bfloat16 for speed.  why: it was chosen.
    """

    name = "PyTorch"
    _threads = Threads()  # one for all models: they run on the same machine

    def __init__(self, model: OSNet, *, precision: torch.dtype = torch.float32, why: str = "it was asked for"):
        self.model, self.precision, self._why = model, precision, why

    @property
    def engine(self) -> Engine:
        """What computed the last call."""
        return Engine(self.name, self._threads.last, self._why)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return self._run(images, lambda x: _numpy(self.model(x)))

    def look(self, images: np.ndarray, factors: np.ndarray | None = None) -> Look:
        """factors: (K, T), what each stream of each block is multiplied by after its gate; None leaves all as it is."""
        streams = [len(block.stream_names) for block in self.model.blocks().values()]
        factors = torch.ones(len(streams), max(streams)) if factors is None else torch.as_tensor(factors)

        def work(x: Tensor) -> Look:
            answer = self.model.forward_with(x, factors)
            gates = export.padded(answer.gates, max(streams))
            return Look(_numpy(answer.embedding), None if gates is None else _numpy(gates), _numpy(answer.feature_map))

        return self._run(images, work)

    def _run(self, images: np.ndarray, work: Callable[[Tensor], _Result]) -> _Result:
        device = next(self.model.parameters()).device

        def with_threads(images: np.ndarray, threads: int) -> _Result:
            with compute.using(Compute(device.type, threads=threads)):
                return work(normalise(images, device))

        cast = torch.autocast(device.type, self.precision, enabled=self.precision != torch.float32)
        with probe.evaluating(self.model), torch.inference_mode(), cast:
            if device.type != "cpu":
                return with_threads(images, 1)
            return self._threads.run(with_threads, images)


class OnnxEmbedder:
    """A graph that `export` made, run by onnxruntime.

    content: the ONNX file, as bytes.  why: it was chosen.
    Raises: ImportError without onnxruntime; Refused for a file that it cannot run, or that `export` did not make.
    """

    name = "onnxruntime"
    _threads = Threads(2 * _PART)  # a part for each of two threads

    def __init__(self, content: bytes, *, why: str = "it was asked for"):
        self.content, self._why = content, why
        self._made = None  # the session, one for all threads
        session = self._session()
        layout = session.get_modelmeta().custom_metadata_map.get(export.LAYOUT)
        if layout is None:
            raise Refused("this ONNX file was not made by osnet_edu's export: it does not say what its gates are")
        self.layout = export.Layout.from_json(layout)

    @property
    def engine(self) -> Engine:
        """What computed the last call."""
        return Engine(self.name, self._threads.last, self._why)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return self._run(images, ["embedding"], None)[0]

    def look(self, images: np.ndarray, factors: np.ndarray | None = None) -> Look:
        """factors: (K, T), what each stream of each block is multiplied by after its gate; None leaves all as it is."""
        names = [name for name in export.OUTPUTS if name != "gates" or self.layout.gated]
        found = dict(zip(names, self._run(images, names, factors), strict=True))
        return Look(found["embedding"], found.get("gates"), found["map"])

    def _run(self, images: np.ndarray, outputs: Sequence[str], factors: np.ndarray | None) -> list[np.ndarray]:
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
            raise Refused(f"expected images (N, H, W, 3) of uint8, got {images.shape} of {images.dtype}")
        more = {}
        if factors is not None:
            more["factors"] = np.asarray(factors, np.float32)
            if more["factors"].shape != self.layout.shape[:2]:
                raise Refused(f"factors must be {self.layout.shape[:2]}, blocks x streams, got {more['factors'].shape}")

        session = self._session()

        def one(part: np.ndarray) -> list[np.ndarray]:
            return session.run(outputs, {"images": part, **more})

        def with_threads(images: np.ndarray, threads: int) -> list[np.ndarray]:
            # Each thread computes photos of its own: that needs no waiting for one another layer by layer.
            parts = [images[start : start + _PART] for start in range(0, max(1, len(images)), _PART)]
            if threads == 1 or len(parts) == 1:
                found = [one(part) for part in parts]
            else:
                with ThreadPoolExecutor(threads) as workers:
                    found = list(workers.map(one, parts))
            return found[0] if len(found) == 1 else [np.concatenate(each) for each in zip(*found, strict=True)]

        return self._threads.run(with_threads, images)

    def _session(self):
        import onnxruntime

        if self._made is None:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3  # it would warn that `factors` may be given
            try:
                self._made = onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])
            except Exception as error:  # its exceptions have no common class but this
                raise Refused(f"onnxruntime cannot run this file: {str(error).partition(chr(10))[0]}") from error
        return self._made


def normalise(images: np.ndarray | Tensor, device: torch.device | str = "cpu") -> Tensor:
    """Pictures as the network takes them: (N, H, W, 3) uint8, [0, 255], RGB -> (N, 3, H, W) float32, channels last.

    Zero after this is mean grey, not black.  Raises: Refused for another shape or type.
    """
    if isinstance(images, np.ndarray):
        # A mirrored picture steps backwards, which PyTorch cannot, and it warns of one that may not be written.
        images = np.require(images, requirements=("C", "W"))
    x = torch.as_tensor(images, device=device)
    if x.dim() != 4 or x.shape[3] != 3 or x.dtype != torch.uint8:
        raise Refused(f"expected images (N, H, W, 3) of uint8, got {tuple(x.shape)} of {x.dtype}")
    mean, std = torch.tensor(MEAN, device=device), torch.tensor(STD, device=device)
    width = x.shape[2]
    scale, shift = (values.repeat(width) for values in (1 / (255 * std), mean / std))
    # Row by row and in place, which is many times faster than three numbers at a time into new memory.
    rows = x.flatten(2).float().mul_(scale).sub_(shift)
    return rows.unflatten(2, (width, 3)).permute(0, 3, 1, 2)


def _numpy(x: Tensor) -> np.ndarray:
    return x.float().cpu().numpy()


def pictures(images: Tensor) -> np.ndarray:
    """The way back from `normalise`, rounded: (N, 3, H, W) -> (N, H, W, 3) uint8."""
    mean, std = (torch.tensor(values).to(images)[:, None, None] for values in (MEAN, STD))
    colours = ((images.detach() * std + mean) * 255).round().clamp(0, 255)
    return colours.to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy(force=True)
