"""Which scale did the network use, and which pixels made it say so?

Which scale: `gates` reads and changes the gates of each block and the shares of its streams; `shapley` says what each
stream contributes to a margin; `cells` makes groups of channels to compare streams with; `without` ranks a gallery
again without some streams; `clusters` groups photos by their gates.

Which pixels: one table of methods, and `ask` for pairs of photos; `exchange` asks what would change if a piece of the
photo looked like the reference, and `vote` asks the slopes as well; `duel` sets three maps side by side;
`correspondence` says where the other photo shows the same; `known` says what is known of a pair of rendered people:
where they truly differ. `flow` follows a photo through the network, map by map.

    heat = METHODS["occlusion"](model, images, similarity(reference))

model: any module from photos (B, 3, H, W) to features (B, D).
images: (B, 3, H, W) or (3, H, W) float, normalised.
target: a function of these photos' features, (B, D) -> (B,): the number to explain. `similarity`, `margin` make one.
heat: (B, H, W) float array. Signed: above zero speaks for a high target, below zero against it.

A similarity has two photos. The reference is embedded once, detached and held fixed; then one photo is explained.
Methods that send both photos through the network at once would meet every layer twice, and many go wrong there without
a word. The model is left exactly as it was found: modes, gradients and hooks, even after an error.

The methods are Captum's, but for those that Captum lacks: `decomposition` splits a similarity over the cells of the
last map, exactly; CorrRISE correlates it with random masks. DeepLift runs, but on this network it does not add up: see
`gradients.deep_lift`.
"""

from . import (
    cells,
    clusters,
    correspondence,
    decomposition,
    duel,
    exchange,
    flow,
    gates,
    known,
    shapley,
    untrained,
    vote,
    without,
)
from .asking import embed
from .gradients import Completeness, completeness, guided_backprop
from .layers import by_stream
from .methods import DEFAULT, FORWARD, METHODS, TABLE, Method, Network, ask
from .perturbation import Quick, ablation, blur
from .targets import Target, direction, dot, margin, similarity

__all__ = [
    "DEFAULT", "FORWARD", "METHODS", "TABLE", "Completeness", "Method", "Network", "Quick", "Target", "ablation", "ask",
    "blur", "by_stream",
    "cells", "clusters", "completeness", "correspondence", "decomposition", "direction", "dot", "duel",
    "embed", "exchange", "flow", "gates", "guided_backprop", "known", "margin", "shapley", "similarity",
    "untrained", "vote", "without",
]  # fmt: skip
