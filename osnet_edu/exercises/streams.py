"""Exercises of notebook 03, streams and receptive fields: F^t, 2t + 1, strides, the residual sum."""

from .record import Exercise

RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    notebook="03",
    title="How far does stream t see?",
    required=True,
    stars=1,
    minutes=3,
    answer="my_receptive_field",
    prompt=(
        "One Lite 3x3 sees 3 cells in a row. A second on top of it sees 3 cells of the first, which together see 5. "
        "Give the **side of the square that stream t sees**, in cells of the block's own map, for `t` Lite 3x3 layers in "
        "a row."
    ),
    starter='''def my_receptive_field(t):
    """t: layers in a row, 1, 2, 3, ... Returns the side of the square, in cells."""
    return ...
''',
    hints=("Every further 3x3 adds one cell on the left and one on the right.",),
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
        "Build **F^t**, stream t of a block: `depth` Lite 3x3 layers in a row, each from `channels` to `channels` and "
        "each with weights of its own. `nn.Sequential(*layers)` runs a list of layers one after the other."
    ),
    starter='''from torch import nn

from osnet_edu.model import Lite3x3


def my_stream(channels, depth):
    """Returns a module: (B, channels, H, W) -> (B, channels, H, W), `depth` layers deep."""
    layers = ...
    return nn.Sequential(*layers)
''',
    hints=(
        "A list comprehension builds one layer for each turn: `[make() for _ in range(n)]`.",
        "`[layer] * n` is a list of n times the *same* layer: one set of weights.",
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
        "A block does not replace its input, it corrects it: the **branch's answer is added to what came in**, and ReLU "
        "comes after the sum. Write it, and leave `x` as it was: others still need it."
    ),
    starter='''import torch


def my_residual(x, branch):
    """x: a tensor. branch: a function from a tensor to one of the same shape. Returns a tensor of that shape."""
    return torch.relu(...)
''',
    hints=("Two terms inside the ReLU: what came in, and what the branch makes of it.",),
)

SHARED_SQUEEZE = Exercise(
    name="shared_squeeze",
    notebook="03",
    title="Four streams, one squeeze",
    stars=2,
    minutes=5,
    answer="my_streams",
    prompt=(
        "Before the streams a 1x1 convolution squeezes the channels to a quarter, **once**, and every stream starts from "
        "that same squeezed map. Return the list of what each stream makes of it."
    ),
    starter='''def my_streams(x, squeeze, streams):
    """x: a tensor. squeeze: a function. streams: a list of functions. Returns a list, one tensor a stream."""
    ...
''',
    hints=(
        "Keep the squeezed map in a variable before you go through the streams.",
        "`[f(y) for f in streams]` gives every function the same `y`.",
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
        "Layers with a stride make the next cells stand farther apart. Walk through a stack and keep two numbers: `field`, "
        "how many input pixels one cell sees, and `jump`, how many pixels lie between neighbouring cells. Both start at "
        "1. A layer adds `kernel - 1` steps of the **jump before it** to the field, and then multiplies the jump by its "
        "stride. The stem of OSNet, `[(7, 2), (3, 2)]`, sees 11 pixels."
    ),
    starter='''def my_stack_field(layers):
    """layers: a list of (kernel, stride), the first layer first. Returns the field of one last cell, in pixels."""
    field, jump = 1, 1
    for kernel, stride in layers:
        ...
    return field
''',
    hints=("Two lines in the loop. Which comes first decides whether a layer's own stride counts for itself.",),
)

FIELD_IN_PIXELS = Exercise(
    name="field_in_pixels",
    notebook="03",
    title="From cells to pixels",
    stars=2,
    minutes=5,
    answer="my_field_in_pixels",
    prompt=(
        "Stream t sees 2t + 1 cells. But neighbouring cells overlap: in the first block each cell alone sees `field` = 11 "
        "pixels, and the next cell starts only `jump` = 4 pixels further. How many **pixels of the photo** does stream "
        "t see? For the first block and t = 1 it is 19."
    ),
    starter='''def my_field_in_pixels(t, field, jump):
    """t: layers in a row. field, jump: of one cell, in pixels. Returns the side of the square, in pixels."""
    ...
''',
    hints=("Draw three cells of 11 pixels each, 4 pixels apart, and measure from the left edge to the right edge.",),
)

EXERCISES = (RECEPTIVE_FIELD, STREAM, RESIDUAL, SHARED_SQUEEZE, STACK_FIELD, FIELD_IN_PIXELS)
