"""Exercises of notebook 05, the whole network: the block, the transition, counting, the floor, strict loading."""

from .record import Exercise

BLOCK_FROM_PARTS = Exercise(
    name="block_from_parts",
    notebook="05",
    title="The omni-scale block from its parts",
    required=True,
    stars=3,
    minutes=8,
    answer="my_block",
    prompt=(
        "All parts of the **omni-scale residual block** lie on the table, as functions; put them together. Squeeze `x`; "
        "let every stream see the squeezed map; weigh each stream by the gate's answer about it and add up; expand the "
        "sum; add what the shortcut makes of `x`; ReLU."
    ),
    starter='''import torch


def my_block(x, squeeze, streams, gate, expand, shortcut):
    """x: (B, C_in, H, W). squeeze, gate, expand, shortcut: functions. streams: a list of functions."""
    squeezed = ...
    mixed = ...
    return torch.relu(...)
''',
    hints=(
        "The mixed map is the gated sum of notebook 04, over `stream(squeezed)` for every stream.",
        "The shortcut starts from `x`, not from the squeezed map, and joins after `expand`.",
    ),
)

TRANSITION = Exercise(
    name="transition",
    notebook="05",
    title="The transition between stages",
    stars=2,
    minutes=5,
    answer="my_transition",
    prompt=(
        "Between two stages the map is **halved**: a 1x1 `ConvLayer` (convolution, normalisation, ReLU) from `channels` to "
        "`channels`, then an average pool over 2x2 cells with stride 2. Build it."
    ),
    starter='''from torch import nn

from osnet_edu.model import ConvLayer


def my_transition(channels):
    """Returns a module: (B, channels, H, W) -> (B, channels, H / 2, W / 2)."""
    return nn.Sequential(...)
''',
    hints=("`ConvLayer(channels_in, channels_out, kernel)` comes first, `nn.AvgPool2d(2, stride=2)` second.",),
)

COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    notebook="05",
    title="Count every parameter once",
    required=True,
    stars=2,
    minutes=5,
    answer="my_count",
    prompt=(
        "Count the **numbers that a model learns**, each once, however often the module that holds them is called or "
        "registered. Frozen ones count too; running averages of a normalisation are not learned and do not. OSNet x1.0 "
        "has 2,169,508 without a classifier; a counter that adds a module for every call finds 2,193,616."
    ),
    starter='''def my_count(model):
    """model: an nn.Module. Returns the number of its parameters."""
    return ...
''',
    hints=(
        "`model.parameters()` gives every parameter tensor once, also where a module is shared.",
        "`.numel()` is how many numbers a tensor holds.",
    ),
)

GATE_FLOOR = Exercise(
    name="gate_floor",
    notebook="05",
    title="A floor under the gate's hidden layer",
    stars=2,
    minutes=5,
    answer="my_hidden",
    prompt=(
        "A block with `c_out` channels works inside on a quarter of them, and its gate hides on a sixteenth of **that**, "
        "rounded down, but on one unit at least. At x0.25 this leaves a single unit in most blocks: the whole gate then "
        "is a function of one number. Give the hidden width **with a floor** below which it never falls."
    ),
    starter='''def my_hidden(c_out, floor):
    """c_out: channels that leave the block. floor: at least 1. Returns the gate's hidden width."""
    mid = ...
    return ...
''',
    hints=("`//` divides and rounds down; `max` takes the larger of two numbers.",),
)

LOAD_STRICTLY = Exercise(
    name="load_strictly",
    notebook="05",
    title="Load a checkpoint strictly",
    required=True,
    stars=3,
    minutes=7,
    answer="my_load",
    prompt=(
        "An official checkpoint carries a classifier for people that your model does not know; those two entries, "
        "`classifier.weight` and `classifier.bias`, **may be left out, and nothing else**. Load the rest such that a "
        "missing, unknown or misshapen entry is an error and not a silence. Leave `state` itself as it was."
    ),
    starter='''def my_load(model, state):
    """model: an nn.Module without a classifier. state: a dictionary of tensors. Returns the model, loaded."""
    state = {...}
    model.load_state_dict(...)
    return model
''',
    hints=(
        "A dictionary comprehension with a condition makes a new dictionary without some keys.",
        "`load_state_dict` is strict unless you tell it not to be, and raises by itself.",
    ),
)

OS_BLOCK = Exercise(
    name="os_block",
    notebook="05",
    title="The block as a module, alone",
    stars=4,
    minutes=20,
    answer="MyOSBlock",
    prompt=(
        "From the empty page: the **omni-scale block as a module** that takes the weights of an official one, so that its "
        "parts must have the authors' names: `conv1` (squeeze to `c_out // 4`, a `ConvLayer`), `conv2a` to `conv2d` (the "
        "streams), `gate`, `conv3` (expand, a `Conv1x1Linear`), and `downsample` (a `Conv1x1Linear`) where `c_in` differs "
        "from `c_out`. Four streams; the gate hides on a sixteenth of the squeezed channels, at least 1."
    ),
    starter='''import torch
from torch import nn

from osnet_edu.model import AggregationGate, Conv1x1Linear, ConvLayer, stream


class MyOSBlock(nn.Module):
    """(B, c_in, H, W) -> (B, c_out, H, W)."""

    def __init__(self, c_in, c_out):
        super().__init__()
        ...

    def forward(self, x):
        ...
''',
    hints=(
        "`__init__` makes the parts, `forward` is your `my_block` with `self.` before each of them.",
        "Where `c_in` equals `c_out` there is no `downsample`: the shortcut is `x` itself.",
    ),
)

EXERCISES = (BLOCK_FROM_PARTS, TRANSITION, COUNT_PARAMETERS, GATE_FLOOR, LOAD_STRICTLY, OS_BLOCK)
