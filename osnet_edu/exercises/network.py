"""Exercises of notebook 05, the whole network: the block, the transition, counting, the floor, strict loading."""

import math

import torch
from torch import nn

from ..network.model import Conv1x1Linear, ConvLayer, OSBlock, osnet
from .answers import network as solved
from .compare import Builds, Calls
from .draw import Gate, Layer, integer, tensor
from .record import Exercise, Mistake, Property

CLASSIFIER = ("classifier.weight", "classifier.bias")


def _mixed(squeezed, streams, gate):
    return sum(gate(y) * y for y in (stream(squeezed) for stream in streams))


def _loaded(model, state, **options):
    model.load_state_dict(state, **options)
    return model


class _NoGate(OSBlock):
    def mix(self, streams):
        return sum(streams)


class _SumFirst(OSBlock):
    def mix(self, streams):
        total = sum(streams)
        return self.gate(total) * total


class _NoShortcut(OSBlock):
    def forward(self, x):
        return self.relu(self.conv3(self.mix(self.streams(x))))


class _NoReLU(OSBlock):
    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        return self.conv3(self.mix(self.streams(x))) + identity


class _ReLUBeforeSum(OSBlock):
    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(self.conv3(self.mix(self.streams(x)))) + identity


class _Chained(OSBlock):
    def streams(self, x):
        found, y = [], self.conv1(x)
        for name in self.stream_names:
            y = getattr(self, name)(y)
            found.append(y)
        return found


class _OneGateForAll(OSBlock):
    def mix(self, streams):
        return self.gate(streams[0]) * sum(streams)


class _LastStream(OSBlock):
    def mix(self, streams):
        return self.gate(streams[-1]) * streams[-1]


class _AlwaysDownsample(OSBlock):
    def __init__(self, c_in, c_out):
        super().__init__(c_in, c_out)
        self.downsample = Conv1x1Linear(c_in, c_out)


class _Several(nn.Module):
    """A model with what a counter can get wrong: a shared layer, a frozen one, running averages, nesting."""

    def __init__(self, rng):
        super().__init__()
        sizes = [integer(rng, 2, 6) for _ in range(4)]
        self.shared = nn.Linear(sizes[0], sizes[0])
        self.again = self.shared
        self.frozen = nn.Conv2d(sizes[1], sizes[2], 3).requires_grad_(False)
        self.rest = nn.Sequential(nn.BatchNorm2d(sizes[2]), nn.Sequential(nn.Linear(sizes[3], 3), nn.ReLU()))
        self.scale = nn.Parameter(tensor(rng, integer(rng, 1, 3)))


def _parts(rng):
    streams = [Layer(rng, 3) for _ in range(integer(rng, 2, 4))]
    return tensor(rng, 2, 3, 3, 4), Layer(rng, 3), streams, Gate(rng, 3), Layer(rng, 3), Layer(rng, 3)


def _chain(squeezed, streams):
    found = []
    for stream in streams:
        squeezed = stream(squeezed)
        found.append(squeezed)
    return found


def _entries(named):
    return sum(entry.numel() for _, entry in named)


def _small():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def _checkpoint(rng):
    """A model and a state for it: one that fits, with a classifier or without, or one of four that must not load."""
    model, other = _small(), _small()
    for one in (model, other):
        one.load_state_dict({key: tensor(rng, *value.shape) for key, value in one.state_dict().items()})
    state = other.state_dict()
    what = rng.choice(["fits", "fits", "missing", "unknown", "shape", "renamed"])
    if rng.random() < 0.6:
        state["classifier.weight"] = tensor(rng, 5, 4)
        if rng.random() < 0.6:
            state["classifier.bias"] = tensor(rng, 5)
    if what == "missing":
        del state["0.bias"]
    if what == "unknown":
        state["2.weight"] = tensor(rng, 3)
    if what == "shape":
        state["0.bias"] = tensor(rng, 7)
    if what == "renamed":
        state["0.weights"] = state.pop("0.weight")
    return model, state


def _widths(rng):
    """Channels in and out: equal or not, and sometimes wide enough for two hidden units in the gate."""
    c_out = int(rng.choice([8, 16, 128]))
    return (c_out if rng.random() < 0.5 else 12), c_out


def _width_and_floor(rng):
    """Widths on both sides of a multiple of 64, where the hidden layer gains a unit, and floors around them."""
    return 64 * integer(rng, 1, 5) + int(rng.choice([-60, -4, 0, 0, 4, 32])), integer(rng, 1, 6)


def _known(model, state):
    return {key: value for key, value in state.items() if key in model.state_dict()}


def _fitting(model, state):
    mine = model.state_dict()
    return {key: value for key, value in state.items() if key in mine and mine[key].shape == value.shape}


def _must(title, change, *, refuse):
    """A property of loading: one state that must load, or must be refused."""

    def check(answer):
        model, state = _small(), _small().state_dict()
        change(state)
        try:
            answer(model, state)
        except Exception as error:
            return None if refuse else f"A state {title} is refused ({type(error).__name__}); it has to load."
        return f"A state {title} is loaded without a word; it has to be an error." if refuse else None

    return Property(title, check)


def _the_trap(answer):
    found = answer(osnet())
    return None if found == 2_169_508 else f"For OSNet x1.0 it gives {found:,}; expected: 2,169,508."


BLOCK_FROM_PARTS = Exercise(
    name="block_from_parts",
    notebook="05",
    title="The omni-scale block from its parts",
    required=True,
    stars=3,
    minutes=8,
    answer="my_block",
    prompt=(
        "All parts of the **omni-scale residual block** lie on the table, as functions; put them together. "
        "Squeeze `x`; let every stream see the squeezed map; weight each stream by the gate's answer about it "
        "and add up; expand the sum; add what the shortcut makes of `x`; ReLU."
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
        "The shortcut starts from `x`, not from the squeezed map, and is added after `expand`.",
    ),
    reference=solved.my_block,
    comparison=Calls(_parts),
    shows=(OSBlock.forward, OSBlock.bypass, OSBlock.finish),
    mistakes=(
        Mistake(
            "no shortcut",
            "The shortcut is not added: this is not a residual block.",
            lambda x, s, f, g, e, c: torch.relu(e(_mixed(s(x), f, g))),
        ),
        Mistake(
            "x itself",
            "`x` is added as it is. Its channels may differ from the expanded sum's: add `shortcut(x)`.",
            lambda x, s, f, g, e, c: torch.relu(e(_mixed(s(x), f, g)) + x),
        ),
        Mistake(
            "shortcut of the squeezed",
            "The shortcut starts from the squeezed map. It must start from `x`: it goes around everything.",
            lambda x, s, f, g, e, c: torch.relu(e(_mixed(s(x), f, g)) + c(s(x))),
        ),
        Mistake(
            "no gate",
            "The streams are added up without the gate.",
            lambda x, s, f, g, e, c: torch.relu(e(sum(h(s(x)) for h in f)) + c(x)),
        ),
        Mistake(
            "sum before the gate",
            "The streams are added up before the gate sees them. Ask it about each stream.",
            lambda x, s, f, g, e, c: torch.relu(e(g(sum(h(s(x)) for h in f)) * sum(h(s(x)) for h in f)) + c(x)),
        ),
        Mistake(
            "gate of the squeezed",
            "The gate is asked about the squeezed map. Ask it about what each stream made of that map.",
            lambda x, s, f, g, e, c: torch.relu(e(sum(g(s(x)) * h(s(x)) for h in f)) + c(x)),
        ),
        Mistake("no relu", "The ReLU at the end is missing.", lambda x, s, f, g, e, c: e(_mixed(s(x), f, g)) + c(x)),
        Mistake(
            "relu before the sum",
            "ReLU comes before the shortcut is added. It must come after.",
            lambda x, s, f, g, e, c: torch.relu(e(_mixed(s(x), f, g))) + c(x),
        ),
        Mistake(
            "not squeezed",
            "The streams are given `x`, not the squeezed map.",
            lambda x, s, f, g, e, c: torch.relu(e(_mixed(x, f, g)) + c(x)),
        ),
        Mistake(
            "not expanded",
            "The mixed map is not expanded before the shortcut is added.",
            lambda x, s, f, g, e, c: torch.relu(_mixed(s(x), f, g) + c(x)),
        ),
        Mistake(
            "expanded after the sum",
            "The shortcut is added before `expand`. Add it after.",
            lambda x, s, f, g, e, c: torch.relu(e(_mixed(s(x), f, g) + c(x))),
        ),
        Mistake(
            "chained",
            "Each stream starts from what the one before made. All start from the squeezed map.",
            lambda x, s, f, g, e, c: torch.relu(e(sum(g(y) * y for y in _chain(s(x), f))) + c(x)),
        ),
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
        "Between two stages the map is **halved**: a 1x1 `ConvLayer` (convolution, normalisation, ReLU) from "
        "`channels` to `channels`, then an average pool over 2x2 cells with stride 2. Build it."
    ),
    starter='''from torch import nn

from osnet_edu.network.model import ConvLayer


def my_transition(channels):
    """Returns a module: (B, channels, H, W) -> (B, channels, H / 2, W / 2)."""
    return nn.Sequential(...)
''',
    hints=("`ConvLayer(channels_in, channels_out, kernel)` comes first, `nn.AvgPool2d(2, stride=2)` second.",),
    reference=solved.my_transition,
    comparison=Builds(lambda rng: (integer(rng, 2, 7),), lambda rng, given: (tensor(rng, 3, given[0], 6, 8),)),
    mistakes=(
        Mistake(
            "max pool",
            "It takes the largest of four cells. The transition averages.",
            lambda c: nn.Sequential(ConvLayer(c, c, 1), nn.MaxPool2d(2)),
        ),
        Mistake(
            "pool first",
            "The pool comes first. With a ReLU after it, the result is different: first the layer, then the pool.",
            lambda c: nn.Sequential(nn.AvgPool2d(2), ConvLayer(c, c, 1)),
        ),
        Mistake("no pool", "The pool is missing: the map keeps its size.", lambda c: ConvLayer(c, c, 1)),
        Mistake("no layer", "The layer is missing: only the pool is there.", lambda c: nn.AvgPool2d(2)),
        Mistake(
            "strided layer",
            "The layer itself skips every other cell. It must look at all of them; the pool halves the map.",
            lambda c: ConvLayer(c, c, 1, stride=2),
        ),
        Mistake(
            "halved twice",
            "The layer has a stride too, so the map is halved twice.",
            lambda c: nn.Sequential(ConvLayer(c, c, 1, stride=2), nn.AvgPool2d(2)),
        ),
        Mistake(
            "3x3",
            "The layer is a 3x3. A transition mixes channels only: 1x1.",
            lambda c: nn.Sequential(ConvLayer(c, c, 3), nn.AvgPool2d(2)),
        ),
        Mistake(
            "pool with stride 1",
            "The pool moves by one cell, so the map loses a row and a column and is not halved.",
            lambda c: nn.Sequential(ConvLayer(c, c, 1), nn.AvgPool2d(2, stride=1)),
        ),
        Mistake(
            "bare convolution",
            "That is only the convolution: normalisation and ReLU are missing, and its bias is on. Use `ConvLayer`.",
            lambda c: nn.Sequential(nn.Conv2d(c, c, 1), nn.AvgPool2d(2)),
        ),
        Mistake(
            "bare convolution without bias",
            "That is only the convolution: normalisation and ReLU are missing. Use `ConvLayer`.",
            lambda c: nn.Sequential(nn.Conv2d(c, c, 1, bias=False), nn.AvgPool2d(2)),
        ),
        Mistake(
            "linear layer",
            "The layer has no ReLU: `Conv1x1Linear` is used before a sum. Use `ConvLayer`.",
            lambda c: nn.Sequential(Conv1x1Linear(c, c), nn.AvgPool2d(2)),
        ),
    ),
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
        "Count the **numbers that a model learns**, each once, however often the module that holds them is "
        "called or registered. Frozen ones, which a training leaves as they are, count too. The *running averages* of "
        "a normalisation do not: they are the mean and the spread of each channel, measured during training. OSNet "
        "x1.0 has 2,169,508 without a classifier; a counter that adds a module for every call finds 2,193,616."
    ),
    starter='''def my_count(model):
    """model: an nn.Module. Returns the number of its parameters."""
    return ...
''',
    hints=(
        "`model.parameters()` gives every parameter tensor once, also where a module is shared.",
        "`.numel()` is how many numbers a tensor holds.",
    ),
    reference=solved.my_count,
    comparison=Calls(lambda rng: (_Several(rng),)),
    mistakes=(
        Mistake(
            "shared twice",
            "A shared layer is counted once for every name that it has. That gives 2,193,616.",
            lambda m: _entries(m.named_parameters(remove_duplicate=False)),
        ),
        Mistake(
            "trainable only",
            "Frozen parameters are left out. They were learned too: count them.",
            lambda m: sum(p.numel() for p in m.parameters() if p.requires_grad),
        ),
        Mistake(
            "running averages",
            "The running averages of the normalisation are counted. They are measured, not learned: they are buffers.",
            lambda m: _entries([*m.named_parameters(), *m.named_buffers()]),
        ),
        Mistake(
            "state",
            "It counts the whole state: running averages too, and a shared layer once for every name.",
            lambda m: _entries(m.state_dict().items()),
        ),
        Mistake(
            "tensors",
            "That is the number of tensors. Each holds many numbers: `.numel()`.",
            lambda m: len(list(m.parameters())),
        ),
        Mistake(
            "first dimension",
            "It adds up the first dimension of each tensor: `len(p)` is its number of rows. `.numel()` counts all "
            "numbers.",
            lambda m: sum(len(p) for p in m.parameters()),
        ),
        Mistake(
            "every level",
            "`modules()` walks through all levels, and `parameters()` does too, so nested layers are counted again.",
            lambda m: sum(p.numel() for part in m.modules() for p in part.parameters()),
        ),
        Mistake(
            "children only",
            "Parameters that belong to the model itself, and not to one of its layers, are left out.",
            lambda m: sum(p.numel() for part in m.children() for p in part.parameters()),
        ),
        Mistake(
            "no biases",
            "Only weights are counted. Biases and the scales of a normalisation are learned as well.",
            lambda m: sum(p.numel() for p in m.parameters() if p.dim() > 1),
        ),
    ),
    properties=(Property("the trap", _the_trap),),
)

GATE_FLOOR = Exercise(
    name="gate_floor",
    notebook="05",
    title="A floor under the gate's hidden layer",
    stars=2,
    minutes=5,
    answer="my_hidden",
    prompt=(
        "A block with `c_out` channels works inside on a quarter of them. The hidden layer of its gate has a "
        "sixteenth of **that**, rounded down, but at least one unit. At x0.25 this leaves a single unit in most "
        "blocks: the whole gate is then a function of one number. Give the number of hidden units **with a floor** "
        "below which it never falls."
    ),
    starter='''def my_hidden(c_out, floor):
    """c_out: channels that leave the block. floor: at least 1. Returns the gate's hidden width."""
    mid = ...
    return ...
''',
    hints=("`//` divides and rounds down; `max` takes the larger of two numbers.",),
    reference=solved.my_hidden,
    comparison=Calls(_width_and_floor, cases=32),
    shows=(OSBlock.__init__,),
    mistakes=(
        Mistake(
            "quarter forgotten",
            "It takes a sixteenth of `c_out`. The gate works on the squeezed channels, a quarter of that.",
            lambda c, f: max(c // 16, f),
        ),
        Mistake("floor ignored", "The floor has no effect.", lambda c, f: max(1, c // 64)),
        Mistake(
            "no floor",
            "The floor is left out, and a narrow block gets 0 units. Take the larger of the width and the floor.",
            lambda c, f: c // 64,
        ),
        Mistake(
            "min",
            "`min` takes the smaller number, so the floor becomes a ceiling. Use `max` to keep the width above it.",
            lambda c, f: min(max(1, c // 64), f),
        ),
        Mistake(
            "bare min",
            "`min` takes the smaller number: the floor becomes a ceiling, and the result can be 0.",
            lambda c, f: min(c // 64, f),
        ),
        Mistake(
            "sixteenth forgotten",
            "The sixteenth is missing: that is a quarter of `c_out`.",
            lambda c, f: max(c // 4, f),
        ),
        Mistake(
            "rounded up",
            "It is rounded up. The authors round down: `//`.",
            lambda c, f: max(math.ceil(c / 64), f),
        ),
        Mistake(
            "not rounded",
            "It is not rounded: a width is a whole number. `//` divides and rounds down.",
            lambda c, f: max(c / 64, f),
        ),
        Mistake("always the floor", "It is always the floor, however wide the block.", lambda c, f: f),
        Mistake(
            "added",
            "The floor is added. Use it only if the width would fall below it.",
            lambda c, f: c // 64 + f,
        ),
    ),
)

LOAD_STRICTLY = Exercise(
    name="load_strictly",
    notebook="05",
    title="Load a checkpoint strictly",
    required=False,
    stars=3,
    minutes=7,
    answer="my_load",
    prompt=(
        "An official checkpoint carries a classifier for people that your model does not know; those two "
        "entries, `classifier.weight` and `classifier.bias`, **may be left out, and nothing else**. Load the "
        "rest so that an entry which is missing, unknown or of another shape is an error. Leave `state` "
        "itself as it was."
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
    reference=solved.my_load,
    comparison=Calls(
        _checkpoint,
        read=lambda model, given: dict(model.state_dict()),
        may_change=(0,),
        refusals=(RuntimeError, ValueError, KeyError),
        cases=24,
    ),
    mistakes=(
        Mistake(
            "strict=False",
            "`strict=False` loads what fits and hides the rest: a missing entry stays random, and nobody notices.",
            lambda model, state: _loaded(model, state, strict=False),
        ),
        Mistake(
            "classifier kept",
            "The classifier is still in the state, so an official checkpoint is refused.",
            _loaded,
        ),
        Mistake(
            "unknown dropped",
            "Every entry that the model does not know is dropped, even a misspelt one. Only two may be left out.",
            lambda model, state: _loaded(model, _known(model, state)),
        ),
        Mistake(
            "fitting only",
            "Every entry whose name or shape does not fit is dropped without an error. Only two may be left out.",
            lambda model, state: _loaded(model, _fitting(model, state), strict=False),
        ),
        Mistake(
            "weight only",
            "`classifier.weight` is left out, `classifier.bias` is not.",
            lambda model, state: _loaded(model, {k: v for k, v in state.items() if k != CLASSIFIER[0]}),
        ),
        Mistake("not loaded", "The model is returned unchanged: nothing is loaded.", lambda model, state: model),
    ),
    properties=(
        _must("that fits", lambda state: None, refuse=False),
        _must(
            "with a classifier", lambda state: state.update(dict.fromkeys(CLASSIFIER, torch.zeros(2, 2))), refuse=False
        ),
        _must("without `0.bias`, which the model has", lambda state: state.pop("0.bias"), refuse=True),
        _must(
            "with `2.weight`, which the model has not",
            lambda state: state.update({"2.weight": torch.zeros(2)}),
            refuse=True,
        ),
        _must("with a `0.bias` of another shape", lambda state: state.update({"0.bias": torch.zeros(7)}), refuse=True),
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
        "From the empty page: the **omni-scale block as a module** that takes the weights of an official one, "
        "so that its parts must have the authors' names: `conv1` (squeeze to `c_out // 4`, a `ConvLayer`), "
        "`conv2a` to `conv2d` (the streams), `gate`, `conv3` (expand, a `Conv1x1Linear`), and `downsample` (a "
        "`Conv1x1Linear`) where `c_in` differs from `c_out`. There are four streams. The hidden layer "
        "of the gate has a sixteenth of the squeezed channels, at least 1."
    ),
    starter='''import torch
from torch import nn

from osnet_edu.network.model import AggregationGate, Conv1x1Linear, ConvLayer, stream


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
    reference=OSBlock,
    solution=solved.MyOSBlock,
    shows=(OSBlock,),
    comparison=Builds(
        _widths,
        lambda rng, given: (tensor(rng, 2, given[0], 6, 4),),
        strict_names=True,
        cases=4,
    ),
    mistakes=(
        Mistake("no gate", "The streams are added up without the gate.", _NoGate),
        Mistake(
            "sum before the gate",
            "The streams are added up before the gate sees them. Ask it about each stream.",
            _SumFirst,
        ),
        Mistake("no shortcut", "The shortcut is not added: this is not a residual block.", _NoShortcut),
        Mistake("no relu", "The ReLU at the end is missing.", _NoReLU),
        Mistake("relu before the sum", "ReLU comes before the shortcut is added. It must come after.", _ReLUBeforeSum),
        Mistake(
            "chained",
            "Each stream starts from what the one before made. All start from the squeezed map.",
            _Chained,
        ),
        Mistake(
            "one gate value for all",
            "All streams are weighted by the gate's answer about the first. Ask it about each stream.",
            _OneGateForAll,
        ),
        Mistake("last stream", "Only the last stream is left. Add up all four.", _LastStream),
        Mistake(
            "always a downsample",
            "It has a `downsample` even if c_in equals c_out. Then the shortcut is `x` itself.",
            _AlwaysDownsample,
        ),
    ),
)

EXERCISES = (BLOCK_FROM_PARTS, TRANSITION, COUNT_PARAMETERS, GATE_FLOOR, LOAD_STRICTLY, OS_BLOCK)
