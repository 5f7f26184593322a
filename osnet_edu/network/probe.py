"""Looking into a network without leaving a trace: modes, hooks and what passed, all given back, even after an error.

    with probe.evaluating(model), probe.recorded(model, "conv4.1.gate") as seen:
        model(images)
    gates = seen["conv4.1.gate"][0].output

A module may run several times in one pass (the gate of a block, a layer that is used twice), so every call is kept, in
the order of the calls.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn

from ..refused import Refused

# Called as hook(module, inputs, output); what it returns takes the output's place, None leaves it.
Hook = Callable[[nn.Module, tuple, Any], Any]


@dataclass(frozen=True)
class Call:
    """One call of a module.  inputs: the positional ones.  output: as it came, on the graph if there is one."""

    inputs: tuple
    output: Any


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Evaluation mode while the `with` block lasts; then every module gets its own mode back.

    Module by module: a batch normalisation that was frozen (evaluating inside a network that trains) stays frozen.
    """
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield model
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def hooked(*hooks: tuple[nn.Module, Hook]) -> Iterator[None]:
    """Forward hooks while the `with` block lasts: pairs of a module and what is called after each of its calls."""
    with ExitStack() as undo:
        for module, hook in hooks:
            undo.callback(module.register_forward_hook(hook).remove)
        yield


@contextmanager
def before(*hooks: tuple[nn.Module, Callable[[nn.Module, tuple], Any]]) -> Iterator[None]:
    """Hooks that are called before a module is, while the `with` block lasts: hook(module, inputs).

    What one returns takes the inputs' place, None leaves them. Later hooks see what earlier ones left.
    """
    with ExitStack() as undo:
        for module, hook in hooks:
            undo.callback(module.register_forward_pre_hook(hook).remove)
        yield


@contextmanager
def recorded(model: nn.Module, *names: str) -> Iterator[dict[str, list[Call]]]:
    """What passes through named modules while the `with` block lasts: a list of calls for each name.

    names: paths in the model, such as "conv2.0.gate".  A module that does not run has an empty list.
    The tensors are the network's own and not copies: a later in-place operation would change them.
    Raises: Refused for a name that the model lacks.
    """
    seen: dict[str, list[Call]] = {name: [] for name in names}

    def keep(name: str) -> Hook:
        return lambda _module, inputs, output: seen[name].append(Call(inputs, output))

    with hooked(*((part(model, name), keep(name)) for name in seen)):
        yield seen


def part(model: nn.Module, name: str) -> nn.Module:
    """The module at a path such as "conv2.0.gate"; "" is the model itself.

    Raises: Refused for a path that leads nowhere, naming what there is where it breaks off.
    """
    modules = dict(model.named_modules(remove_duplicate=False))
    if name in modules:
        return modules[name]
    whole = name
    while name not in modules:
        name = name.rpartition(".")[0]
    there = [path.removeprefix(f"{name}.") for path in modules if path and path.rpartition(".")[0] == name]
    raise Refused(f"the network has no part {whole!r}; {name or 'it'} has {', '.join(there) or 'no parts'}")
