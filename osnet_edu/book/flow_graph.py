"""The graph by which a page draws the network at work: one photo in, every map out, and what moves a chosen cell.

    images (1, H, W, 3) uint8 RGB, factors (blocks, streams) float32: as in the graphs of network/export.py
    which  (M,) float32: 1 for the map whose cell is asked, else 0.  cell (2,) int64: its row and column
    -> embedding (1, 512); gates (1, blocks, streams, channels), before any factor, where there are gates;
       every map of explain.flow by its name (1, C, h, w); heat (H, W): as `CellLevel.heat`, of any sum

A page has no gradients. So the gradient of a cell is written into the graph: PyTorch is watched while it computes one,
and the backward steps are spelled in operations that a graph has.
"""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import embed
from ..explain import flow
from ..network import export, probe
from ..network.model import OSNet

_INPUTS = ("images", "factors", "which", "cell")
_MAPS = "osnet_edu.maps"  # the metadata that says which map is which place of `which`
_aten = torch.ops.aten


def graph(model: OSNet, size: tuple[int, int]) -> bytes:
    """The graph of a network as an ONNX file.  size: height and width of its photos.  Takes about fifteen seconds."""
    import onnx
    from torch.fx.experimental.proxy_tensor import make_fx

    at_work = _AtWork(model)
    given = (
        torch.zeros(1, *size, 3, dtype=torch.uint8),
        torch.ones(at_work.layout.shape[:2]),
        torch.zeros(len(at_work.names)),
        torch.zeros(2, dtype=torch.int64),
    )
    with export.unheard():
        watched = make_fx(lambda *inputs: at_work.forward(*inputs), decomposition_table=_SPELLED)(*given)
        program = torch.onnx.export(
            watched,
            given,
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=list(_INPUTS),
            output_names=at_work.outputs,
        )
    buffer = io.BytesIO()
    program.save(buffer)
    made = onnx.load_from_string(buffer.getvalue())
    for node in made.graph.node:  # each would say from which line of Python it came
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    made.graph.ClearField("value_info")
    del made.metadata_props[:]
    made.metadata_props.add(key=export.LAYOUT, value=at_work.layout.to_json())
    made.metadata_props.add(key=_MAPS, value=json.dumps(at_work.names))
    return made.SerializeToString()


class _AtWork:
    """What the graph computes.  names: of the maps.  outputs: of all that it gives, in order."""

    def __init__(self, model: OSNet):
        self.model = export.folded(model).requires_grad_(False)
        self.layout = export.Layout.of(self.model)
        self.names = maps_of(self.model)
        self.outputs = ["embedding", *(["gates"] if self.layout.gated else []), *self.names, "heat"]
        self.mean, self.std = (torch.tensor(one)[:, None, None] for one in (embed.MEAN, embed.STD))

    def forward(self, images: Tensor, factors: Tensor, which: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
        pixels = ((images.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std).requires_grad_()
        gates: dict[str, Tensor | None] = {}
        with torch.enable_grad(), probe.before(*_factored(self.model, factors, gates)):
            now = flow.on_graph(self.model, pixels)
            asked = sum(which[k] * _length(now.maps[name], cell) for k, name in enumerate(self.names))
            (moved,) = torch.autograd.grad(asked, pixels)
        weights = export.padded(gates, self.layout.shape[1])
        given = [now.embedding, *([] if weights is None else [weights]), *(now.maps[name] for name in self.names)]
        return (*given, moved.abs().sum((0, 1)))


def maps_of(model: OSNet) -> list[str]:
    """The maps of a network by name, each once: every step with its parts before it, then whole stages."""
    blocks = model.blocks()
    found: list[str] = []
    for stage in flow.stages(model):
        for step in flow.stage_maps(model, stage):
            found += flow.block_maps(model, step) if step in blocks else [step]
    return list(dict.fromkeys([*found, *flow.stages(model)]))


def _factored(model: OSNet, factors: Tensor, gates: dict[str, Tensor | None]) -> list[tuple[nn.Module, Callable]]:
    """Hooks on the joins: gates are kept, and constants for a gradient; each stream gets its factor."""

    def hook(name: str, row: Tensor) -> Callable:
        def before(_join: nn.Module, inputs: tuple) -> tuple:
            streams, weights = inputs
            given = row[None, : len(streams), None, None, None]
            gates[name] = None if weights is None else weights.detach().flatten(2)
            return streams, given if weights is None else weights.detach() * given

        return before

    return [(one.join, hook(name, factors[k])) for k, (name, one) in enumerate(model.blocks().items())]


def _length(maps: Tensor, cell: Tensor) -> Tensor:
    """A number whose gradient is that of the Euclidean length of a cell, and 0 for a cell that is all zero."""
    _, _, rows, columns = maps.shape
    here = (torch.arange(rows) == cell[0]).float()[:, None] * (torch.arange(columns) == cell[1]).float()
    unit = (maps.detach() * here).sum((2, 3), keepdim=True)
    length = unit.square().sum().sqrt()
    return (maps * here * (unit / length.clamp(min=1e-30))).sum()


# --- backward steps --------------------------------------------------------------------------------------------------


def _convolution(
    above: Tensor,
    x: Tensor,
    weight: Tensor,
    _bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    _transposed: bool,
    _more: Sequence[int],
    groups: int,
    _wanted: Sequence[bool],
) -> tuple[Tensor, None, None]:
    """Back through a convolution: the same weights, from its output to its input."""
    sides = [
        x.shape[2 + k]
        - ((above.shape[2 + k] - 1) * stride[k] - 2 * padding[k] + dilation[k] * (weight.shape[2 + k] - 1) + 1)
        for k in range(2)
    ]
    return _aten.convolution(above, weight, None, stride, padding, dilation, True, sides, groups), None, None


def _relu(above: Tensor, x: Tensor, threshold: float) -> Tensor:
    return above * (x > threshold).float()


def _average(above: Tensor, x: Tensor, kernel: Sequence[int], *_rest: Any) -> Tensor:
    """Back through an average over cells that do not overlap."""
    high, wide = kernel
    batch, channels, rows, columns = above.shape
    spread = above[:, :, :, None, :, None].expand(batch, channels, rows, high, columns, wide)
    return spread.reshape(x.shape) / (high * wide)


def _most(
    above: Tensor, x: Tensor, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], *_rest: Any
) -> Tensor:
    """Back through a maximum: to every cell of the window that has it.

    Where several have it, PyTorch chooses one. Behind a ReLU that happens at zero, where no gradient goes on.
    """
    channels, (high, wide) = x.shape[1], kernel
    shifts = torch.eye(high * wide).reshape(high * wide, 1, high, wide).repeat(channels, 1, 1, 1)  # one cell each
    seen = F.conv2d(F.pad(x, (padding[1], padding[1], padding[0], padding[0])), shifts, stride=stride, groups=channels)
    seen = seen.unflatten(1, (channels, -1))
    has = (seen == seen.amax(2, keepdim=True)).float()
    sides = [x.shape[2 + k] - ((above.shape[2 + k] - 1) * stride[k] - 2 * padding[k] + kernel[k]) for k in range(2)]
    back = (has * above[:, :, None]).flatten(1, 2)
    return F.conv_transpose2d(back, shifts, None, stride, padding, sides, channels)


_SPELLED = {
    _aten.convolution_backward.default: _convolution,
    _aten.threshold_backward.default: _relu,
    _aten.avg_pool2d_backward.default: _average,
    _aten.max_pool2d_with_indices_backward.default: _most,
}
