"""Exercises of notebook 03, streams and receptive fields: F^t, 2t + 1, strides, the residual sum."""

import torch
from torch import nn

from ..network.model import Lite3x3, stream
from . import slips
from .answers import streams as solved
from .compare import Builds, Calls
from .draw import Layer, integer, tensor
from .record import Exercise, Mistake


class _Beside(nn.Module):
    """Layers side by side, added up."""

    def __init__(self, channels, depth):
        super().__init__()
        self.layers = nn.ModuleList(Lite3x3(channels, channels) for _ in range(depth))

    def forward(self, x):
        return sum(layer(x) for layer in self.layers)


def _walk(layers, step, field=1, jump=1):
    for kernel, stride in layers:
        field, jump = step(field, jump, kernel, stride)
    return field


def _product(layers):
    size = 1
    for kernel, _ in layers:
        size *= kernel
    return size


def _jump(layers):
    jump = 1
    for _, stride in layers:
        jump *= stride
    return jump


def _chained(x, squeeze, streams):
    found, y = [], squeeze(x)
    for one in streams:
        y = one(y)
        found.append(y)
    return found


def _stack(rng):
    return ([(int(rng.choice([1, 3, 5, 7])), integer(rng, 1, 3)) for _ in range(integer(rng, 2, 5))],)


def _squeezed(rng):
    return tensor(rng, 2, 3, 4, 5), Layer(rng, 3), [Layer(rng, 3) for _ in range(integer(rng, 2, 4))]


def _summed(bend):
    """The residual sum with another function in the place of its ReLU."""
    return lambda x, f: bend(x + f(x))


RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    notebook="03",
    title="How far does stream t see?",
    required=True,
    stars=1,
    minutes=3,
    answer="my_receptive_field",
    prompt=(
        "One Lite 3x3 sees 3 cells in a row. A second on top of it sees 3 cells of the first, which together "
        "see 5. Give the **side of the square that stream t sees**, in cells of the block's own map, for `t` "
        "Lite 3x3 layers in a row."
    ),
    starter='''def my_receptive_field(t):
    """t: layers in a row, 1, 2, 3, ... Returns the side of the square, in cells."""
    return ...
''',
    hints=("Every additional 3x3 adds one cell on the left and one on the right.",),
    reference=solved.my_receptive_field,
    comparison=Calls(lambda rng: (integer(rng, 1, 12),)),
    mistakes=(
        Mistake(
            "3t", "It adds 3 cells for every layer. The windows overlap: each further layer adds 2.", lambda t: 3 * t
        ),
        Mistake(
            "2t", "The cell in the middle is missing: for one layer it gives 2, and a 3x3 sees 3.", lambda t: 2 * t
        ),
        Mistake(
            "2t - 1",
            "It starts one layer too late: one 3x3 sees 3 cells, and this gives 1.",
            lambda t: 2 * t - 1,
        ),
        Mistake("2t + 3", "It counts one layer too many: for one layer it gives 5.", lambda t: 2 * t + 3),
        Mistake(
            "one side",
            "Each layer adds one cell on the left *and* one on the right; this counts one side.",
            lambda t: t + 2,
        ),
        Mistake(
            "power",
            "It multiplies by 3 with every layer. Without strides the field grows by 2 for each layer.",
            lambda t: 3**t,
        ),
        Mistake("area", "That is the area, in cells. Return the side of the square.", lambda t: (2 * t + 1) ** 2),
        Mistake("2 to the t", "2^t doubles with every layer. The field only grows by 2.", lambda t: 2**t + 1),
    ),
)

STREAM = Exercise(
    name="stream",
    notebook="03",
    title="Build a stream",
    required=True,
    stars=2,
    minutes=6,
    answer="my_stream",
    prompt=(
        "Build **F^t**, stream t of a block: `depth` Lite 3x3 layers in a row, each from `channels` to "
        "`channels` and each with weights of its own. `nn.Sequential(*layers)` runs a list of layers one "
        "after the other."
    ),
    starter='''from torch import nn

from osnet_edu.network.model import Lite3x3


def my_stream(channels, depth):
    """Returns a module: (B, channels, H, W) -> (B, channels, H, W), `depth` layers deep."""
    layers = ...
    return nn.Sequential(*layers)
''',
    hints=(
        "A list comprehension builds one layer in each turn: `[make() for _ in range(n)]`.",
        "`[layer] * n` is a list of n times the *same* layer: one set of weights.",
    ),
    reference=stream,
    solution=solved.my_stream,
    shows=(stream,),
    comparison=Builds(
        lambda rng: (integer(rng, 2, 4), integer(rng, 2, 4)), lambda rng, given: (tensor(rng, 2, given[0], 6, 5),)
    ),
    mistakes=(
        Mistake(
            "one layer repeated",
            "It is the same layer each time: one set of weights. Make a new one in every turn.",
            lambda c, d: nn.Sequential(*[Lite3x3(c, c)] * d),
        ),
        Mistake(
            "one too many",
            "It is one layer too deep.",
            lambda c, d: nn.Sequential(*[Lite3x3(c, c) for _ in range(d + 1)]),
        ),
        Mistake(
            "one too few",
            "One layer is missing. `range(1, depth)` has only depth - 1 entries; `range(depth)` has depth.",
            lambda c, d: nn.Sequential(*[Lite3x3(c, c) for _ in range(d - 1)]),
        ),
        Mistake("depth ignored", "It has one layer for any depth.", lambda c, d: Lite3x3(c, c)),
        Mistake(
            "side by side",
            "The layers work side by side and are added up. Put them in a row: each gets the output of the one before.",
            _Beside,
        ),
        Mistake(
            "standard convolutions",
            "These are standard 3x3 convolutions. A stream is made of `Lite3x3`.",
            lambda c, d: nn.Sequential(*[nn.Conv2d(c, c, 3, padding=1) for _ in range(d)]),
        ),
    ),
)

RESIDUAL = Exercise(
    name="residual",
    notebook="03",
    title="The residual sum",
    required=True,
    stars=2,
    minutes=5,
    answer="my_residual",
    prompt=(
        "A block does not replace its input, it corrects it: the **branch's answer is added to what came "
        "in**, and ReLU comes after the sum. Write it, and leave `x` as it was: others still need it."
    ),
    starter='''import torch


def my_residual(x, branch):
    """x: a tensor. branch: a function from a tensor to one of the same shape. Returns a tensor of that shape."""
    return torch.relu(...)
''',
    hints=("There are two terms inside the ReLU: the input, and what the branch makes of it.",),
    reference=solved.my_residual,
    comparison=Calls(lambda rng: (4 * tensor(rng, 1, 2, 2, 3), Layer(rng, 2))),  # some above 6, where a ReLU is capped
    mistakes=(
        Mistake(
            "no input",
            "The input is not added: the branch alone is not a residual.",
            lambda x, f: torch.relu(f(x)),
        ),
        Mistake("no branch", "The branch is never called.", lambda x, f: torch.relu(x)),
        Mistake(
            "relu inside",
            "ReLU comes before the sum: only the branch passes through it. It must come after.",
            lambda x, f: x + torch.relu(f(x)),
        ),
        Mistake(
            "relu of the input alone",
            "Only `x` passes through the ReLU: the branch is added behind it. ReLU comes after the sum.",
            lambda x, f: torch.relu(x) + f(x),
        ),
        Mistake(
            "relu of the input, then of the sum",
            "`x` passes through a ReLU before the sum, so that its negative numbers are lost. Add `x` as it is.",
            lambda x, f: torch.relu(torch.relu(x) + f(x)),
        ),
        *(Mistake(name, says, _summed(bend)) for name, (bend, says) in slips.RELUS.items()),
        Mistake(
            "relu each",
            "Each term has a ReLU of its own, so the branch can no longer subtract anything. Use one, after the sum.",
            lambda x, f: torch.relu(x) + torch.relu(f(x)),
        ),
        Mistake("no relu", "The ReLU after the sum is missing.", lambda x, f: x + f(x)),
        Mistake(
            "relu first",
            "The branch is given relu(x). Give it x itself.",
            lambda x, f: torch.relu(x + f(torch.relu(x))),
        ),
        Mistake("product", "The two are multiplied; a residual is a sum.", lambda x, f: torch.relu(x * f(x))),
        Mistake("difference", "The branch is subtracted; a residual is a sum.", lambda x, f: torch.relu(x - f(x))),
        Mistake(
            "turned difference", "The input is subtracted; a residual is a sum.", lambda x, f: torch.relu(f(x) - x)
        ),
        Mistake(
            "side by side",
            "The two are put side by side, as Inception does; the number of channels doubles. Add them.",
            lambda x, f: torch.relu(torch.cat([x, f(x)], 1)),
        ),
    ),
)

SHARED_SQUEEZE = Exercise(
    name="shared_squeeze",
    notebook="03",
    title="Four streams, one squeeze",
    stars=2,
    minutes=5,
    answer="my_streams",
    prompt=(
        "Before the streams a 1x1 convolution squeezes the channels to a quarter, **once**, and every stream "
        "starts from that same squeezed map. Return the list of what each stream makes of it."
    ),
    starter='''def my_streams(x, squeeze, streams):
    """x: a tensor. squeeze: a function. streams: a list of functions. Returns a list, one tensor a stream."""
    ...
''',
    hints=(
        "Keep the squeezed map in a variable before you go through the streams.",
        "`[f(y) for f in streams]` gives every function the same `y`.",
    ),
    reference=solved.my_streams,
    comparison=Calls(_squeezed, watch=lambda given: given[1].calls, watched="calls `squeeze` {} times"),
    mistakes=(
        Mistake(
            "squeezed again",
            "The numbers are right, but the input is squeezed again for every stream: T times the work. Once is "
            "enough.",
            lambda x, squeeze, streams: [f(squeeze(x)) for f in streams],
        ),
        Mistake(
            "chained",
            "Each stream starts from what the one before made. All of them start from the squeezed map.",
            _chained,
        ),
        Mistake(
            "not squeezed",
            "The streams are given `x`, not the squeezed map.",
            lambda x, squeeze, streams: [f(x) for f in streams],
        ),
        Mistake(
            "squeezed after",
            "The squeeze comes after the streams. It must come before, so that the streams are cheap.",
            lambda x, squeeze, streams: [squeeze(f(x)) for f in streams],
        ),
        Mistake(
            "added up",
            "The streams are added up already. The gate has to see each of them: return the list.",
            lambda x, squeeze, streams: sum(solved.my_streams(x, squeeze, streams)),
        ),
        Mistake(
            "stacked",
            "The maps are stacked into one tensor. Return a list.",
            lambda x, squeeze, streams: torch.stack(solved.my_streams(x, squeeze, streams)),
        ),
        Mistake(
            "squeeze in the list",
            "The squeezed map itself is in the list too. Return only what the streams make of it.",
            lambda x, squeeze, streams: [y := squeeze(x), *(f(y) for f in streams)],
        ),
    ),
)

STACK_FIELD = Exercise(
    name="stack_field",
    notebook="03",
    title="The receptive field of a stack with strides",
    stars=3,
    minutes=8,
    answer="my_stack_field",
    prompt=(
        "Layers with a stride make the next cells stand farther apart. Walk through a stack and keep two "
        "numbers: `field`, how many input pixels one cell sees, and `jump`, how many pixels lie between "
        "neighbouring cells. Both start at 1. A layer adds `kernel - 1` steps of the **jump before it** to "
        "the field, and then multiplies the jump by its stride. The stem of OSNet, `[(7, 2), (3, 2)]`, sees "
        "11 pixels."
    ),
    starter='''def my_stack_field(layers):
    """layers: a list of (kernel, stride), the first layer first. Returns the field of one last cell, in pixels."""
    field, jump = 1, 1
    for kernel, stride in layers:
        ...
    return field
''',
    hints=("The loop needs two lines. Their order decides whether a layer's own stride counts for itself.",),
    reference=solved.my_stack_field,
    comparison=Calls(_stack, cases=24),
    mistakes=(
        Mistake(
            "strides ignored",
            "The strides have no effect here: the jump has to grow with every stride.",
            lambda layers: _walk(layers, lambda f, j, k, s: (f + (k - 1) * j, j)),
        ),
        Mistake(
            "own stride",
            "The jump is multiplied first, so that a layer's own stride counts for itself. It counts for the "
            "*next* layers.",
            lambda layers: _walk(layers, lambda f, j, k, s: (f + (k - 1) * j * s, j * s)),
        ),
        Mistake(
            "kernel",
            "Each layer adds `kernel` steps here. One of its cells was counted before: `kernel - 1`.",
            lambda layers: _walk(layers, lambda f, j, k, s: (f + k * j, j * s)),
        ),
        Mistake(
            "last stride only",
            "The jump is replaced by the last stride. Strides multiply: `jump * stride`.",
            lambda layers: _walk(layers, lambda f, j, k, s: (f + (k - 1) * j, s)),
        ),
        Mistake(
            "strides added",
            "The strides are added up. Two strides of 2 make a jump of 4, two of 3 one of 9: they multiply.",
            lambda layers: _walk(layers, lambda f, j, k, s: (f + (k - 1) * j, j + s)),
        ),
        Mistake(
            "own stride alone",
            "Each layer is multiplied by its own stride. What counts is the product of the strides *before* it.",
            lambda layers: _walk(layers, lambda f, j, k, s: (f + (k - 1) * s, j)),
        ),
        Mistake(
            "product of kernels", "The kernels are multiplied. Windows overlap: the field grows by sums.", _product
        ),
        Mistake("jump", "That is the jump. Return the field.", _jump),
        Mistake(
            "backwards",
            "The stack is walked from the last layer to the first. With this rule the first layer comes first.",
            lambda layers: solved.my_stack_field(layers[::-1]),
        ),
        Mistake(
            "field multiplied",
            "The field is multiplied by the stride. Multiply only the jump; the field grows by sums.",
            lambda layers: _walk(layers, lambda f, j, k, s: ((f + (k - 1) * j) * s, j * s)),
        ),
    ),
)

FIELD_IN_PIXELS = Exercise(
    name="field_in_pixels",
    notebook="03",
    title="From cells to pixels",
    stars=2,
    minutes=5,
    answer="my_field_in_pixels",
    prompt=(
        "Stream t sees 2t + 1 cells. But neighbouring cells overlap: in the first block each cell alone sees "
        "`field` = 11 pixels, and the next cell starts only `jump` = 4 pixels further. How many **pixels of "
        "the photo** does stream t see? For the first block and t = 1 it is 19."
    ),
    starter='''def my_field_in_pixels(t, field, jump):
    """t: layers in a row. field, jump: of one cell, in pixels. Returns the side of the square, in pixels."""
    ...
''',
    hints=("Draw three cells of 11 pixels each, 4 pixels apart, and measure from the left edge to the right edge.",),
    reference=solved.my_field_in_pixels,
    comparison=Calls(lambda rng: (integer(rng, 1, 6), integer(rng, 5, 40), integer(rng, 2, 16))),
    mistakes=(
        Mistake(
            "cells times field",
            "It puts 2t + 1 fields side by side. Neighbouring fields overlap: each further one adds only `jump` "
            "pixels.",
            lambda t, field, jump: (2 * t + 1) * field,
        ),
        Mistake(
            "cells times jump",
            "It puts 2t + 1 steps side by side and ignores that a cell is wider than a step: the first cell sees "
            "`field`.",
            lambda t, field, jump: (2 * t + 1) * jump,
        ),
        Mistake(
            "one side",
            "It grows on one side only. A stream reaches t cells to the left and t to the right: 2t steps.",
            lambda t, field, jump: field + t * jump,
        ),
        Mistake(
            "one step too many",
            "It is one step too far: 2t + 1 cells have only 2t steps between them.",
            lambda t, field, jump: field + (2 * t + 1) * jump,
        ),
        Mistake(
            "steps of one pixel",
            "It steps by one pixel. Neighbouring cells are `jump` pixels apart.",
            lambda t, field, jump: field + 2 * t,
        ),
        Mistake(
            "brackets",
            "It multiplies the field by the jump as well: check the brackets.",
            lambda t, field, jump: (field + 2 * t) * jump,
        ),
        Mistake("cells", "That is the number of cells, not of pixels.", lambda t, field, jump: 2 * t + 1),
    ),
)

EXERCISES = (RECEPTIVE_FIELD, STREAM, RESIDUAL, SHARED_SQUEEZE, STACK_FIELD, FIELD_IN_PIXELS)
