"""A network as one ONNX graph: pictures in, the embedding, the gates and the last map out.

    images   (N, H, W, 3) uint8, RGB      the graph normalises them itself, so nobody can do it in another way
    factors  (blocks, streams) float32    what every gate of a stream is multiplied by; 1 where it is not given
    embedding (N, 512)   gates (N, blocks, streams, channels)   map (N, C, H/16, W/16)   all float32

Making a graph takes ten seconds, and depends on how a network is built, not on its weights. So it is made in two steps:
a `template`, which is worth keeping, and `filled`, which puts weights into one in a few milliseconds. Batch
normalisation is folded into the convolutions before both: in evaluation mode it only scales and shifts.

Sizes: N photos of H x W pixels; all three may differ from call to call.
"""

import copy
import hashlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from ..refused import Refused

_FORMAT = 1  # of the graph; to be raised where its inputs, outputs or meaning change
INPUTS = ("images", "factors")
OUTPUTS = ("embedding", "gates", "map")
LAYOUT = "osnet_edu.layout"  # the metadata that says which block is which row
SIZE_KEY = "osnet_edu.size"  # the metadata that says [height, width] in pixels
SEAL = "osnet_edu.seal"  # the metadata at the end of a template that is kept: a hash of all bytes before it
_OWN = ("osnet_edu.", "torch.nn.")  # whose forward passes are known


@dataclass(frozen=True)
class Layout:
    """What lies where in `factors` and `gates`.

    blocks: their names, one a row.  streams: T of each.  channels: numbers that its gate gives a stream, 0 without one.
    """

    blocks: tuple[str, ...]
    streams: tuple[int, ...]
    channels: tuple[int, ...]

    @staticmethod
    def of(model: nn.Module) -> "Layout":
        """Of a network in evaluation mode."""
        blocks = model.blocks()
        streams = tuple(len(block.stream_names) for block in blocks.values())
        with torch.inference_mode():
            answer = model.forward_with(torch.zeros(1, 3, 32, 32), torch.ones(len(blocks), max(streams)))
        channels = tuple(0 if gate is None else gate.shape[2] for gate in answer.gates.values())
        return Layout(tuple(blocks), streams, channels)

    @staticmethod
    def from_json(text: str) -> "Layout":
        """Raises: Refused for a text that `to_json` did not make."""
        try:
            made = Layout(**{key: tuple(value) for key, value in json.loads(text).items()})
            if made.to_json() == text and len(made.blocks) == len(made.streams) == len(made.channels) > 0:
                return made
        except (ValueError, TypeError, AttributeError, RecursionError):
            pass
        raise Refused("the graph does not say rightly which block is which row of its gates")

    def to_json(self) -> str:
        """The layout as text, which `from_json` reads."""
        return json.dumps(asdict(self))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Blocks, streams and channels, of the block that has most; the rest is padded."""
        return len(self.blocks), max(self.streams), max(self.channels)

    @property
    def gated(self) -> bool:
        """Whether any block has a gate."""
        return any(self.channels)


def padded(gates: Mapping[str, Tensor | None], streams: int) -> Tensor | None:
    """The gates of all blocks as one tensor: (B, T, C or 1) by block -> (B, blocks, streams, channels), 0 where none.

    streams: of the block that has most.  Returns: None where no block has a gate.
    """
    there = [gate for gate in gates.values() if gate is not None]
    if not there:
        return None
    channels = max(gate.shape[2] for gate in there)
    rows = [there[0].new_zeros(len(there[0]), 1, 1) if gate is None else gate for gate in gates.values()]
    return torch.stack([F.pad(row, (0, channels - row.shape[2], 0, streams - row.shape[1])) for row in rows], 1)


def fingerprint(model: nn.Module) -> str:
    """Names how a network is built: the same for two networks that differ in nothing but their weights."""
    digest = hashlib.sha256(f"{_FORMAT}".encode())
    for name, module in model.named_modules():
        if name != "classifier":
            shapes = {key: tuple(value.shape) for key, value in module.named_parameters(recurse=False)}
            digest.update(f"{name} {type(module).__qualname__} {module.extra_repr()} {shapes}\n".encode())
    return digest.hexdigest()[:16]


def digest(model: nn.Module) -> str:
    """Names a network by what it computes: how it is built and each of its numbers, never by the name of a file."""
    found = hashlib.sha256(fingerprint(model).encode())
    for key, value in model.state_dict().items():
        found.update(f"{key} {value.dtype} {tuple(value.shape)}".encode())
        # By its bytes: NumPy does not know every kind of number.
        found.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()[:16]


def check_is_its_class(model: nn.Module) -> None:
    """Raises: Refused where a network may do more than its classes say, so that a graph of these would not be it.

    A block from elsewhere, a forward pass that was replaced, a hook that rewrites what passes.
    """
    for name, module in model.named_modules():
        own, name = vars(module), name or "the network"
        if not type(module).__module__.startswith(_OWN):
            raise Refused(f"{name} is a {type(module).__qualname__}, not one of the kit's own parts")
        if "forward" in own or own["_forward_hooks"] or own["_forward_pre_hooks"]:
            raise Refused(f"{name} does more than its class says: it has a hook, or a forward pass of its own")


def folded(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose batch normalisations are part of the convolution or layer before them."""
    model = copy.deepcopy(model).cpu().eval()
    for module in model.modules():
        children = list(module.named_children())
        for (name, layer), (after, norm) in pairwise(children):
            if isinstance(norm, nn.BatchNorm2d | nn.BatchNorm1d) and isinstance(layer, nn.Conv2d | nn.Linear):
                fuse = fuse_linear_bn_eval if isinstance(layer, nn.Linear) else fuse_conv_bn_eval
                setattr(module, name, fuse(layer, norm))
                setattr(module, after, nn.Identity())
    return model


def template(model: nn.Module, mean: Sequence[float], std: Sequence[float]) -> bytes:
    """The graph of a network without its weights: an ONNX file whose weights are yet to be `filled` in.

    mean, std: of RGB in [0, 1], which the network wants pictures normalised by.  Takes about ten seconds.
    """
    import onnx
    from onnxscript.optimizer import optimize_ir

    whole = _Whole(_scattered(folded(model)), mean, std)
    images = torch.zeros(2, 160, 96, 3, dtype=torch.uint8)
    free = torch.export.Dim.DYNAMIC
    with unheard(), torch.no_grad():
        program = torch.onnx.export(
            whole,
            (images, torch.ones(whole.layout.shape[:2])),
            dynamo=True,
            external_data=False,
            optimize=False,
            verbose=False,
            input_names=list(INPUTS),
            output_names=[name for name in OUTPUTS if name != "gates" or whole.layout.gated],
            dynamic_shapes=({0: free, 1: free, 2: free}, None),
        )
        weights = _weights(whole.model)
        bare = _bare(whole)
        # What is computed from weights alone would become a constant, and other weights could not be filled in.
        optimize_ir(program.model, should_fold=lambda node: None if bare.isdisjoint(_inputs(node)) else False)
    made = program.model_proto
    if lost := set(weights) - {tensor.name for tensor in made.graph.initializer}:
        raise Refused(f"the graph has no place for {', '.join(sorted(lost))}")
    for tensor in made.graph.initializer:
        if tensor.name in weights:
            tensor.ClearField("raw_data")
    for node in made.graph.node:  # each would say from which line of Python it came
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    made.graph.ClearField("value_info")
    # An input with a value of its own need not be given.
    ones = np.ones(whole.layout.shape[:2], np.float32)
    made.graph.initializer.append(onnx.numpy_helper.from_array(ones, "factors"))
    del made.metadata_props[:]
    made.metadata_props.add(key=LAYOUT, value=whole.layout.to_json())
    return made.SerializeToString()


def filled(template: bytes, model: nn.Module) -> bytes:
    """A whole ONNX file: a template with the weights of a network that is built as the template's is.

    Raises: Refused where the template is damaged, or of another network.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        made = onnx.load_from_string(template)
    except DecodeError as error:
        raise Refused("the template is damaged: it is not an ONNX file") from error
    weights = _weights(folded(model))
    for tensor in made.graph.initializer:
        if not tensor.raw_data:
            value = weights.pop(tensor.name, None)
            if value is None or tuple(value.shape) != tuple(tensor.dims):
                raise Refused(f"the template is of another network: it wants {tensor.name} {tuple(tensor.dims)}")
            tensor.raw_data = value.contiguous().numpy().tobytes()
    if weights:
        raise Refused(f"the template is of another network: it has no place for {', '.join(weights)}")
    return made.SerializeToString()


def sealed(template: bytes) -> bytes:
    """A template to be kept: the same ONNX file, with a hash of its bytes as its last metadata."""
    return template + _seal(template)


def unsealed(content: bytes) -> bytes:
    """The template that was kept.  Raises: Refused where a byte is not as it was, and where there is no seal."""
    template = content[: -len(_seal(b""))]
    if content != sealed(template):
        raise Refused("the template is damaged, altered or of an older kit: its bytes are not those of its seal")
    return template


def noting_size(content: bytes, size: tuple[int, int]) -> bytes:
    """An ONNX file that says as well at which size, (height, width) in pixels, its network was trained."""
    return content + _metadata(SIZE_KEY, json.dumps(list(size)))


def _seal(template: bytes) -> bytes:
    return _metadata(SEAL, hashlib.sha256(template).hexdigest())


def _metadata(key: str, value: str) -> bytes:
    """Two ONNX files in a row are one with the metadata of both."""
    import onnx

    return onnx.ModelProto(metadata_props=[onnx.StringStringEntryProto(key=key, value=value)]).SerializeToString()


class _Whole(nn.Module):
    """What the graph computes."""

    def __init__(self, model: nn.Module, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        self.model = model
        self.layout = Layout.of(model)
        self.register_buffer("scale", 1 / (255 * torch.tensor(std)[:, None, None]))
        self.register_buffer("shift", (torch.tensor(mean) / torch.tensor(std))[:, None, None])

    def forward(self, images: Tensor, factors: Tensor) -> tuple[Tensor, ...]:
        answer = self.model.forward_with(images.permute(0, 3, 1, 2).float() * self.scale - self.shift, factors)
        gates = padded(answer.gates, self.layout.shape[1])
        return tuple(x for x in (answer.embedding, gates, answer.feature_map) if x is not None)


def _weights(model: nn.Module) -> dict[str, Tensor]:
    """What a template leaves open, by the name that it has there."""
    state = model.state_dict()
    return {f"model.{name}": value.cpu() for name, value in state.items() if not name.startswith("classifier.")}


def _bare(whole: nn.Module) -> set[str]:
    """Names of the weights that stand by themselves, in no layer of PyTorch's."""
    own = [(name, module) for name, module in whole.named_modules() if not type(module).__module__.startswith("torch.")]
    return {f"{name}.{key}" for name, module in own for key, _ in module.named_parameters(recurse=False)}


def _inputs(node) -> set[str]:
    return {value.name for value in node.inputs if value is not None}


def _scattered(model: nn.Module) -> nn.Module:
    """Other weights, no two alike: equal ones would become one constant in the graph."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.rand(parameter.shape, generator=generator))
    return model


@contextmanager
def unheard() -> Iterator[None]:
    """PyTorch's exporter tells of its own parts: packages that it would know, functions that it will rename."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
