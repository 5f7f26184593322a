"""Exercises of notebook 04, the aggregation gate: gated sum, the gate itself, sharing, its gradient, and SENet."""

import torch
from torch import nn

from ..network.model import AggregationGate, OSBlock, Sum
from . import slips
from .answers import gate as solved
from .compare import Builds, Calls
from .draw import Gate, integer, maps, tensor
from .record import Exercise, Mistake, Property


def _gate_parameters(channels, hidden, streams):
    return sum(parameter.numel() for parameter in AggregationGate(channels, hidden).parameters())


class _WrongGate(nn.Module):
    """The gate with other steps between its two convolutions, or around them."""

    def __init__(self, channels, hidden, forward, *, bias=(True, True), out=None):
        super().__init__()
        self.down = nn.Conv2d(channels, hidden, 1, bias=bias[0])
        self.up = nn.Conv2d(hidden, out or channels, 1, bias=bias[1])
        self.steps = forward

    def forward(self, x):
        return self.steps(self.down, self.up, x)


def _average(x):
    return x.mean((2, 3), keepdim=True)


def _gate_with(forward, **options):
    return lambda channels, hidden: _WrongGate(channels, hidden, forward, **options)


def _usual(down, up, x):
    return torch.sigmoid(up(torch.relu(down(_average(x)))))


def _gate_bent(bend):
    """The gate with another function in the place of its ReLU."""
    return _gate_with(lambda down, up, x: torch.sigmoid(up(bend(down(_average(x))))))


class _OneStep(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.only = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return torch.sigmoid(self.only(_average(x)))


class _WrongMix(nn.Module):
    """A number of gates, and a way to use them."""

    def __init__(self, channels, hidden, count, forward):
        super().__init__()
        self.gates = nn.ModuleList(AggregationGate(channels, hidden) for _ in range(count))
        self.steps = forward

    def forward(self, maps):
        return self.steps(self.gates, maps)


def _mix_with(forward, shared=True):
    return lambda channels, hidden, streams: _WrongMix(channels, hidden, 1 if shared else streams, forward)


def _product(streams, gate):
    result = 1
    for x in streams:
        result = result * (gate(x) * x)
    return result


def _stream_inputs(rng):
    channels = integer(rng, 3, 5)
    return maps(rng, channels), Gate(rng, channels)


def _gradient_inputs(rng):
    return tensor(rng, 2, 3, 3, 4), maps(rng, 3)


def _made(answer):
    torch.manual_seed(0)
    return answer(6, 3).eval()(torch.randn(2, 6, 5, 4))


def _between_0_and_1(answer):
    gates = _made(answer)
    low, high = gates.min().item(), gates.max().item()
    return (
        None if 0 < low and high < 1 else f"It gives numbers from {low:.2f} to {high:.2f}; expected: between 0 and 1."
    )


def _no_position(answer):
    shape = tuple(_made(answer).shape)
    return None if shape == (2, 6, 1, 1) else f"It makes {shape} of (2, 6, 5, 4); expected: (2, 6, 1, 1)."


def _depends_on_the_photo(answer):
    gates = _made(answer)
    return (
        "It gives two photos exactly the same gates; they must be computed from the photo."
        if (torch.equal(gates[0], gates[1]))
        else None
    )


GATED_SUM = Exercise(
    name="gated_sum",
    notebook="04",
    title="The gated sum",
    required=True,
    stars=2,
    minutes=5,
    answer="my_gated_sum",
    prompt=(
        "A plain sum trusts every scale alike. The **gated sum** asks the gate about each stream by itself, "
        "multiplies the stream by the answer, and only then adds up: the sum over t of G(x_t) * x_t."
    ),
    starter='''def my_gated_sum(streams, gate):
    """streams: a list of (B, C, H, W). gate: a function, (B, C, H, W) -> (B, C, 1, 1). Returns (B, C, H, W)."""
    return sum(... for x in streams)
''',
    hints=("Each term of the sum is one stream, weighted by the gate's answer about that stream.",),
    reference=solved.my_gated_sum,
    comparison=Calls(_stream_inputs),
    shows=(OSBlock.mix, OSBlock.gates, Sum.forward),
    mistakes=(
        Mistake(
            "sum before the gate",
            "The streams are added up before the gate sees them, so the gate cannot prefer one stream to another (that "
            "is SENet). Ask the gate about each stream.",
            lambda streams, gate: gate(sum(streams)) * sum(streams),
        ),
        Mistake("no gate", "That is the plain sum: the gate is never asked.", lambda streams, gate: sum(streams)),
        Mistake(
            "gates alone",
            "The gates are added up, but not multiplied with their streams.",
            lambda streams, gate: sum(gate(x) for x in streams),
        ),
        Mistake(
            "first gate for all",
            "All streams are weighted by the gate of the first. Each needs its own: the same G, another input.",
            lambda streams, gate: gate(streams[0]) * sum(streams),
        ),
        Mistake(
            "last gate for all",
            "All streams are weighted by the gate of the last. Each needs its own: the same G, another input.",
            lambda streams, gate: gate(streams[-1]) * sum(streams),
        ),
        Mistake(
            "mean",
            "The weighted streams are averaged. Add them up instead.",
            lambda streams, gate: solved.my_gated_sum(streams, gate) / len(streams),
        ),
        Mistake(
            "added",
            "The gate's answer is added to the stream. It is a weight: multiply.",
            lambda streams, gate: sum(gate(x) + x for x in streams),
        ),
        Mistake(
            "residual gate",
            "Each stream is kept and its weighted copy is added: (1 + G(x)) * x. The gate must be able to close it.",
            lambda streams, gate: sum(x + gate(x) * x for x in streams),
        ),
        Mistake(
            "side by side",
            "The weighted streams are put side by side (concatenated). Add them up instead.",
            lambda streams, gate: torch.cat([gate(x) * x for x in streams], 1),
        ),
        Mistake("product", "The weighted streams are multiplied with one another. Add them up instead.", _product),
        *slips.weights(),
        Mistake(
            "gate of the weighted",
            "The gate is applied twice: G(x) * G(x) * x.",
            lambda streams, gate: sum(gate(x) ** 2 * x for x in streams),
        ),
    ),
)

GATE = Exercise(
    name="gate",
    notebook="04",
    title="The aggregation gate",
    required=True,
    stars=3,
    minutes=8,
    answer="MyGate",
    prompt=(
        "Build **G**: average each channel over all positions, then a 1x1 convolution from `channels` to "
        "`hidden`, ReLU, a 1x1 convolution back to `channels`, sigmoid. Both convolutions keep their bias. "
        "Out comes one weight a channel, between 0 and 1, and no position is left."
    ),
    starter='''from torch import nn


class MyGate(nn.Module):
    """(B, channels, H, W) -> (B, channels, 1, 1), every number between 0 and 1."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)  # each channel becomes one number
        self.down = ...
        self.up = ...

    def forward(self, x):
        return ...
''',
    hints=(
        "`nn.AdaptiveAvgPool2d(1)` averages every channel to one number and keeps the shape (B, C, 1, 1).",
        "`torch.relu` and `torch.sigmoid` are functions: they need no line in `__init__`.",
    ),
    reference=AggregationGate,
    solution=solved.MyGate,
    shows=(AggregationGate,),
    comparison=Builds(
        lambda rng: (integer(rng, 5, 8), integer(rng, 2, 4)), lambda rng, given: (6 * tensor(rng, 3, given[0], 4, 5),)
    ),
    mistakes=(
        Mistake(
            "no pooling",
            "The positions are still there: it gives a weight for every cell. Average over all cells first.",
            _gate_with(lambda down, up, x: torch.sigmoid(up(torch.relu(down(x))))),
        ),
        Mistake(
            "pooled at the end",
            "The average is taken at the end, over gates of single cells. First average, then decide.",
            _gate_with(lambda down, up, x: _average(torch.sigmoid(up(torch.relu(down(x)))))),
        ),
        Mistake(
            "max pooling",
            "It takes the largest cell of each channel. The gate averages.",
            _gate_with(lambda down, up, x: torch.sigmoid(up(torch.relu(down(x.amax((2, 3), keepdim=True)))))),
        ),
        Mistake(
            "no sigmoid",
            "The sigmoid at the end is missing: a weight can be negative or larger than 1.",
            _gate_with(lambda down, up, x: up(torch.relu(down(_average(x))))),
        ),
        Mistake(
            "softmax",
            "A softmax over the channels makes them compete for a total of 1. Each channel decides for itself: "
            "sigmoid.",
            _gate_with(lambda down, up, x: up(torch.relu(down(_average(x)))).softmax(1)),
        ),
        Mistake(
            "tanh",
            "tanh goes from -1 to 1, so a gate could change the sign of a stream. Use the sigmoid: from 0 to 1.",
            _gate_with(lambda down, up, x: torch.tanh(up(torch.relu(down(_average(x)))))),
        ),
        Mistake(
            "no relu",
            "The ReLU between the two convolutions is missing; without it, they are one linear step.",
            _gate_with(lambda down, up, x: torch.sigmoid(up(down(_average(x))))),
        ),
        Mistake(
            "sigmoid between",
            "There is a sigmoid between the two convolutions, where ReLU belongs.",
            _gate_with(lambda down, up, x: torch.sigmoid(up(torch.sigmoid(down(_average(x)))))),
        ),
        Mistake(
            "one minus the gate",
            "It gives 1 - sigmoid(...), so that a large answer closes the stream. Give the sigmoid itself.",
            _gate_with(lambda down, up, x: 1 - _usual(down, up, x)),
        ),
        *(Mistake(f"{name} between", says, _gate_bent(bend)) for name, (bend, says) in slips.RELUS.items()),
        Mistake(
            "relu at the end",
            "There is a ReLU at the end, where the sigmoid belongs.",
            _gate_with(lambda down, up, x: torch.relu(up(torch.relu(down(_average(x)))))),
        ),
        Mistake(
            "no bias",
            "Both biases are off. The gate's convolutions have a bias.",
            _gate_with(_usual, bias=(False,) * 2),
        ),
        Mistake("no bias down", "The first convolution has no bias.", _gate_with(_usual, bias=(False, True))),
        Mistake("no bias up", "The second convolution has no bias.", _gate_with(_usual, bias=(True, False))),
        Mistake(
            "one number",
            "It gives one number for each stream. Return a vector: one weight for every channel.",
            _gate_with(_usual, out=1),
        ),
        Mistake("hidden ignored", "It goes from channels to channels in one step; `hidden` is not used.", _OneStep),
        Mistake(
            "gated map",
            "It returns the weighted map. Return the weights only: the code that calls the gate multiplies.",
            _gate_with(lambda down, up, x: _usual(down, up, x) * x),
        ),
    ),
    properties=(
        Property("no position", _no_position),
        Property("between 0 and 1", _between_0_and_1),
        Property("depends on the photo", _depends_on_the_photo),
    ),
)

SHARED_GATE = Exercise(
    name="shared_gate",
    notebook="04",
    title="One gate for all streams",
    required=False,
    stars=2,
    minutes=6,
    answer="MyMix",
    prompt=(
        "Below, every stream got a gate of its own. It runs, but it is not OSNet: there **all streams of a "
        "block share one gate**, so that its size does not depend on their number and it learns from all of "
        "them. Change the class. `streams`, the number of streams, may then be of no use in `__init__`: that "
        "is the point."
    ),
    starter='''from torch import nn

from osnet_edu.network.model import AggregationGate


class MyMix(nn.Module):
    """The gated sum with its gate: a list of (B, channels, H, W) -> (B, channels, H, W)."""

    def __init__(self, channels, hidden, streams):
        super().__init__()
        self.gates = nn.ModuleList([AggregationGate(channels, hidden) for _ in range(streams)])

    def forward(self, maps):
        return sum(gate(x) * x for gate, x in zip(self.gates, maps))
''',
    hints=("Make one `AggregationGate` and call it once for every map.",),
    reference=solved.MyMix,
    comparison=Builds(
        lambda rng: (integer(rng, 4, 6), integer(rng, 2, 3), integer(rng, 2, 4)),
        lambda rng, given: ([tensor(rng, 2, given[0], 3, 4) for _ in range(given[2])],),
    ),
    shows=(OSBlock.gates, OSBlock.mix, Sum.forward),
    mistakes=(
        Mistake(
            "not shared",
            "The gate is not shared: with 4 streams it has 4 x the parameters, and each gate learns from one "
            "stream alone.",
            _mix_with(lambda gates, maps: sum(g(x) * x for g, x in zip(gates, maps, strict=True)), shared=False),
        ),
        Mistake(
            "one used, all kept",
            "Only the first gate is used, but one for every stream is still made: 4 x the parameters for 4 streams.",
            _mix_with(lambda gates, maps: sum(gates[0](x) * x for x in maps), shared=False),
        ),
        Mistake(
            "sum before the gate",
            "There is one gate, but it sees the sum of the streams and cannot tell them apart. Call it for each.",
            _mix_with(lambda gates, maps: gates[0](sum(maps)) * sum(maps)),
        ),
        Mistake(
            "called once",
            "There is one gate, but it is called for the first stream only, and its answer is used for all streams.",
            _mix_with(lambda gates, maps: gates[0](maps[0]) * sum(maps)),
        ),
        *slips.weights(lambda sums: _mix_with(lambda gates, maps: sums(maps, gates[0]))),
        Mistake("no gate", "The gate is made and never used.", _mix_with(lambda gates, maps: sum(maps))),
        Mistake(
            "first stream only",
            "Only the first stream is weighted and returned. Add up over all streams.",
            _mix_with(lambda gates, maps: gates[0](maps[0]) * maps[0]),
        ),
    ),
)

GATE_PARAMETERS = Exercise(
    name="gate_parameters",
    notebook="04",
    title="How large is a gate?",
    stars=2,
    minutes=4,
    answer="my_gate_parameters",
    prompt=(
        "Count the **parameters of a block's gate**: a 1x1 convolution from `channels` to `hidden` and one "
        "back, each with a bias, for a block of `streams` streams. In the first block of OSNet (64 channels, "
        "4 hidden, 4 streams) it has 580."
    ),
    starter='''def my_gate_parameters(channels, hidden, streams):
    """Returns the number of weights and biases."""
    ...
''',
    hints=("A bias is one number for each *output* channel. Does the size of a shared gate depend on `streams`?",),
    reference=_gate_parameters,
    solution=solved.my_gate_parameters,
    comparison=Calls(lambda rng: (integer(rng, 8, 128), integer(rng, 2, 9), integer(rng, 2, 6))),
    shows=(AggregationGate,),
    mistakes=(
        Mistake(
            "times streams",
            "It is multiplied by the number of streams. The gate is shared: its size does not depend on it.",
            lambda c, h, t: t * (2 * c * h + c + h),
        ),
        Mistake("no biases", "The biases are missing: one for each output channel.", lambda c, h, t: 2 * c * h),
        Mistake(
            "times streams, no biases",
            "It is multiplied by the number of streams, though the gate is shared; and the biases are missing.",
            lambda c, h, t: t * 2 * c * h,
        ),
        Mistake(
            "one bias: hidden", "One bias is missing: that of the second convolution.", lambda c, h, t: 2 * c * h + h
        ),
        Mistake(
            "one bias: channels", "One bias is missing: that of the first convolution.", lambda c, h, t: 2 * c * h + c
        ),
        Mistake(
            "one way",
            "Only one convolution is counted. There is a second one, back to `channels`.",
            lambda c, h, t: c * h + h,
        ),
        Mistake("way back alone", "Only the convolution back is counted.", lambda c, h, t: c * h + c),
        Mistake(
            "biases swapped",
            "Both biases are counted alike: 2 * hidden. The second convolution has `channels` outputs.",
            lambda c, h, t: 2 * (c * h + h),
        ),
        Mistake(
            "biases of the inputs",
            "Both biases are counted alike: 2 * channels. The first convolution has `hidden` outputs.",
            lambda c, h, t: 2 * (c * h + c),
        ),
        Mistake(
            "square",
            "It goes from channels to channels in one step. There is a hidden layer in between.",
            lambda c, h, t: c * c + c,
        ),
    ),
)

GATE_GRADIENT = Exercise(
    name="gate_gradient",
    notebook="04",
    title="What the gate learns from",
    stars=4,
    minutes=10,
    answer="my_gate_gradient",
    prompt=(
        "Hold one gate vector g fixed for all streams: x~ = sum over t of g * x_t. Given the gradient of the "
        "loss for x~, write the **gradient for g**. Each channel's g touches every stream and every position "
        "of that channel, so all of them report to it: the product of the gradient with the sum of the "
        "streams, added up over positions. Photos stay apart."
    ),
    starter='''def my_gate_gradient(gradient, streams):
    """gradient: dL/dx~, (B, C, H, W). streams: a list of (B, C, H, W). Returns dL/dg, (B, C, 1, 1)."""
    ...
''',
    hints=(
        "First for one position: dL/dg = dL/dx~ * (x_1 + ... + x_T).",
        "`.sum(dim=(2, 3), keepdim=True)` adds up over positions and keeps the shape (B, C, 1, 1).",
    ),
    reference=solved.my_gate_gradient,
    comparison=Calls(_gradient_inputs),
    mistakes=(
        Mistake(
            "last stream",
            "Only the last stream is counted. Hooks that keep the last call make the same mistake. Add up all streams.",
            lambda g, s: (g * s[-1]).sum((2, 3), keepdim=True),
        ),
        Mistake(
            "first stream",
            "Only the first stream is counted. All streams use g: add them up.",
            lambda g, s: (g * s[0]).sum((2, 3), keepdim=True),
        ),
        Mistake(
            "positions",
            "The positions are still there. One g is used at all positions of its channel: add them up.",
            lambda g, s: g * sum(s),
        ),
        Mistake(
            "mean over positions",
            "The positions are averaged. A gradient adds up over them.",
            lambda g, s: (g * sum(s)).mean((2, 3), keepdim=True),
        ),
        Mistake(
            "mean over streams",
            "The streams are averaged. In x~ they are added up, so add up their gradients too.",
            lambda g, s: (g * sum(s) / len(s)).sum((2, 3), keepdim=True),
        ),
        Mistake(
            "sums multiplied",
            "Gradient and streams are added up over positions *before* they are multiplied. Multiply cell by "
            "cell first.",
            lambda g, s: g.sum((2, 3), keepdim=True) * torch.sum(sum(s), (2, 3), keepdim=True),
        ),
        Mistake(
            "no gradient",
            "The gradient that arrives from above is not used: the chain rule multiplies by it.",
            lambda g, s: torch.sum(sum(s), (2, 3), keepdim=True),
        ),
        Mistake(
            "photos added",
            "The photos of the batch are added up too. Each photo has a gate of its own.",
            lambda g, s: (g * sum(s)).sum((0, 2, 3), keepdim=True),
        ),
        Mistake(
            "shape",
            "The numbers are right, but the shape is (B, C). `keepdim=True` keeps (B, C, 1, 1).",
            lambda g, s: (g * sum(s)).sum((2, 3)),
        ),
        Mistake(
            "a list",
            "That is one gradient for each stream. The streams share one g: add the gradients up.",
            lambda g, s: [(g * x).sum((2, 3), keepdim=True) for x in s],
        ),
        Mistake(
            "channels added",
            "The channels are added up too. Each channel has a weight of its own.",
            lambda g, s: (g * sum(s)).sum((1, 2, 3), keepdim=True),
        ),
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
        "SENet has one stream and **re-calibrates its channels**. To see the difference on the same numbers: "
        "first add up all streams, then ask the gate about the sum, then multiply the sum by the answer. The "
        "gate can no longer prefer one scale to another."
    ),
    starter='''def my_recalibrate(streams, gate):
    """streams: a list of (B, C, H, W). gate: a function, (B, C, H, W) -> (B, C, 1, 1). Returns (B, C, H, W)."""
    total = ...
    return ...
''',
    hints=("The gate is called once here, and it sees the sum.",),
    reference=solved.my_recalibrate,
    comparison=Calls(_stream_inputs),
    mistakes=(
        Mistake(
            "gated sum",
            "That is OSNet's gated sum, with an answer for each stream. SENet adds up first and sees only the sum.",
            solved.my_gated_sum,
        ),
        Mistake("plain sum", "The gate is never asked.", lambda streams, gate: sum(streams)),
        Mistake("gate alone", "It returns the gate's answer. Multiply the sum by it.", lambda s, gate: gate(sum(s))),
        Mistake(
            "first stream",
            "The gate is asked about the first stream. Ask it about the sum.",
            lambda streams, gate: gate(streams[0]) * sum(streams),
        ),
        Mistake(
            "added",
            "The gate's answer is added to the sum. It is a weight: multiply.",
            lambda streams, gate: gate(sum(streams)) + sum(streams),
        ),
        Mistake(
            "mean",
            "The streams are averaged. Add them up.",
            lambda streams, gate: gate(sum(streams) / len(streams)) * sum(streams) / len(streams),
        ),
        Mistake(
            "gates added",
            "The gates of the single streams are added up. Ask the gate once, about the sum.",
            lambda streams, gate: sum(gate(x) for x in streams) * sum(streams),
        ),
        Mistake(
            "one stream",
            "Only the first stream is left. Add up all of them.",
            lambda streams, gate: gate(streams[0]) * streams[0],
        ),
    ),
)

EXERCISES = (GATED_SUM, GATE, SHARED_GATE, GATE_PARAMETERS, GATE_GRADIENT, RECALIBRATE)
