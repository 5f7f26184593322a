"""Networks that were never trained, as a control: what they show too, training did not make."""

from collections.abc import Callable

import torch
from torch import nn

from ..network import siblings
from ..network.model import OSBlock, OSNet
from ..refused import Refused

NORM_PHOTOS = 64  # photos that set the normalisations, where there are as many


def random_network(row: str, seed: int, photos: torch.Tensor, *, width: float, gate_hidden: int | None) -> OSNet:
    """A network of one row with random weights; its normalisations know these photos' means and deviations.

    row, width, gate_hidden: as for `siblings.build`.  photos: (B, 3, H, W) float, normalised. Without them a
    normalisation would pass on what it gets, and the network would be less than an untrained one can be.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = siblings.build(row, width, gate_hidden=gate_hidden)
    learn_norms(model.eval(), lambda: model(photos))
    return model


def like(model: OSNet, seed: int, photos: torch.Tensor) -> OSNet:
    """A network of the size of another of omni-scale blocks.  seed, photos: as for `random_network`.

    Raises: Refused for another kind of block, which does not say what it was built from, and for more than 4 streams.
    """
    first = next(iter(model.blocks().values()), None)
    if type(first) is not OSBlock or len(first.stream_names) > 4:
        raise Refused("only a network of omni-scale blocks of one to four streams can be built again from its looks")
    streams = len(first.stream_names)
    return random_network(
        "primary" if streams == 4 else f"T{streams}",
        seed,
        photos,
        width=model.conv1.conv.out_channels / 64,
        gate_hidden=first.get_submodule("gate.fc1").out_channels,
    )


def learn_norms(model: nn.Module, run: Callable[[], object]) -> None:
    """Let the normalisations that a pass meets take the means and deviations of that pass, and nothing else.

    run: makes the pass, in evaluation mode but for the normalisations.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0  # all of this pass
        norm.train()
    with torch.no_grad():
        run()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
