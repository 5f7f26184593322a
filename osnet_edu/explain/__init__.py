"""Which scale did the network use, and which pixels made it say so?

Which scale: `gates` reads and changes the gates of each block and the shares of its streams; `shapley` says what each
stream contributes to a margin; `cells` makes groups of channels to compare streams with; `without` ranks a gallery
again without some streams; `clusters` groups photos by their gates.

Which pixels: one table of methods, all with one signature; `exchange` asks what would change if a piece of
the photo looked like the reference; `grading` holds a map against the truth.

    heat = METHODS["occlusion"](model, images, similarity(reference))

model: any module from photos (B, 3, H, W) to features (B, D).
images: (B, 3, H, W) or (3, H, W) float, normalised.
target: a function of these photos' features, (B, D) -> (B,): the number to explain. `similarity`, `margin` make one.
heat: (B, H, W) float array. Signed: above zero speaks for a high target, below zero against it.

A similarity has two photos. The reference is embedded once, detached and held fixed; then one photo is explained.
Methods that send both photos through the network at once would meet every layer twice, and many go wrong there without
a word. The model is left exactly as it was found: modes, gradients and hooks, even after an error.

The methods are Captum's. DeepLift is left out on purpose: it runs, but its map should add up to the target's change,
and on this network the residual is about as large as the change itself (seen: -85 to -101 %; with other photos up to
five times the change), because its rules do not cover a gate times a stream, nor a max pool behind a ReLU. Such a map
is not DeepLift.
"""

from . import cells, clusters, exchange, gates, grading, shapley, without
from .asking import embed
from .gradients import Completeness, completeness
from .methods import METHODS
from .perturbation import blur
from .targets import Target, margin, similarity

__all__ = [
    "METHODS", "Completeness", "Target", "blur", "cells", "clusters", "completeness", "embed", "exchange", "gates",
    "grading", "margin", "shapley", "similarity", "without",
]  # fmt: skip
