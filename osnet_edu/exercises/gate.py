"""Exercises of notebook 04, the aggregation gate: gated sum, the gate itself, sharing, its gradient, and SENet."""

from .record import Exercise

GATED_SUM = Exercise(
    name="gated_sum",
    notebook="04",
    title="The gated sum",
    required=True,
    stars=2,
    minutes=5,
    answer="my_gated_sum",
    prompt=(
        "A plain sum trusts every scale alike. The **gated sum** asks the gate about each stream by itself, multiplies "
        "the stream by the answer, and only then adds up: the sum over t of G(x_t) * x_t."
    ),
    starter='''def my_gated_sum(streams, gate):
    """streams: a list of (B, C, H, W). gate: a function, (B, C, H, W) -> (B, C, 1, 1). Returns (B, C, H, W)."""
    return sum(... for x in streams)
''',
    hints=("Inside the sum stands one stream, weighed by the gate's answer about that stream.",),
)

GATE = Exercise(
    name="gate",
    notebook="04",
    title="The aggregation gate",
    required=True,
    stars=3,
    minutes=10,
    answer="MyGate",
    prompt=(
        "Build **G**: average each channel over all positions, then a 1x1 convolution from `channels` to `hidden`, ReLU, "
        "a 1x1 convolution back to `channels`, sigmoid. Both convolutions keep their bias. Out comes one weight a "
        "channel, between 0 and 1, and no position is left."
    ),
    starter='''from torch import nn


class MyGate(nn.Module):
    """(B, channels, H, W) -> (B, channels, 1, 1), every number between 0 and 1."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.pool = ...
        self.down = ...
        self.up = ...

    def forward(self, x):
        return ...
''',
    hints=(
        "`nn.AdaptiveAvgPool2d(1)` averages every channel to one number and keeps the shape (B, C, 1, 1).",
        "`torch.relu` and `torch.sigmoid` are functions: they need no line in `__init__`.",
    ),
)

SHARED_GATE = Exercise(
    name="shared_gate",
    notebook="04",
    title="One gate for all streams",
    required=True,
    stars=2,
    minutes=6,
    answer="MyMix",
    prompt=(
        "Below, every stream got a gate of its own. It runs, but it is not OSNet: there **all streams of a block share one "
        "gate**, so that its size does not depend on their number and it learns from all of them. Change the class. "
        "`streams`, the number of streams, may then be of no use in `__init__`: that is the point."
    ),
    starter='''from torch import nn

from osnet_edu.model import AggregationGate


class MyMix(nn.Module):
    """The gated sum with its gate: a list of (B, channels, H, W) -> (B, channels, H, W)."""

    def __init__(self, channels, hidden, streams):
        super().__init__()
        self.gates = nn.ModuleList([AggregationGate(channels, hidden) for _ in range(streams)])

    def forward(self, maps):
        return sum(gate(x) * x for gate, x in zip(self.gates, maps))
''',
    hints=("Make one `AggregationGate` and call it once for every map.",),
)

GATE_PARAMETERS = Exercise(
    name="gate_parameters",
    notebook="04",
    title="How large is a gate?",
    stars=2,
    minutes=4,
    answer="my_gate_parameters",
    prompt=(
        "Count the **parameters of a block's gate**: a 1x1 convolution from `channels` to `hidden` and one back, each "
        "with a bias, for a block of `streams` streams. In the first block of OSNet (64 channels, 4 hidden, 4 streams) "
        "it has 580."
    ),
    starter='''def my_gate_parameters(channels, hidden, streams):
    """Returns the number of weights and biases."""
    ...
''',
    hints=("A bias is one number for each *output* channel. And what does a shared gate care about `streams`?",),
)

GATE_GRADIENT = Exercise(
    name="gate_gradient",
    notebook="04",
    title="What the gate learns from",
    stars=4,
    minutes=10,
    answer="my_gate_gradient",
    prompt=(
        "Hold one gate vector g fixed for all streams: x~ = sum over t of g * x_t. Given the gradient of the loss for x~, "
        "write the **gradient for g**. Each channel's g touches every stream and every position of that channel, so "
        "all of them report to it: the product of the gradient with the sum of the streams, added up over positions. "
        "Photos stay apart."
    ),
    starter='''def my_gate_gradient(gradient, streams):
    """gradient: dL/dx~, (B, C, H, W). streams: a list of (B, C, H, W). Returns dL/dg, (B, C, 1, 1)."""
    ...
''',
    hints=(
        "First for one position: dL/dg = dL/dx~ * (x_1 + ... + x_T).",
        "`.sum(dim=(2, 3), keepdim=True)` adds up over positions and keeps the shape (B, C, 1, 1).",
    ),
)

RECALIBRATE = Exercise(
    name="recalibrate",
    notebook="04",
    title="What SENet would do",
    stars=1,
    minutes=4,
    answer="my_recalibrate",
    prompt=(
        "SENet has one stream and **re-calibrates its channels**. To see the difference on the same numbers: first add up "
        "all streams, then ask the gate about the sum, then multiply the sum by the answer. The gate can no longer "
        "prefer one scale to another."
    ),
    starter='''def my_recalibrate(streams, gate):
    """streams: a list of (B, C, H, W). gate: a function, (B, C, H, W) -> (B, C, 1, 1). Returns (B, C, H, W)."""
    total = ...
    return ...
''',
    hints=("The gate is called once here, and it sees the sum.",),
)

EXERCISES = (GATED_SUM, GATE, SHARED_GATE, GATE_PARAMETERS, GATE_GRADIENT, RECALIBRATE)
