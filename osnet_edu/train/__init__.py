"""Training a reduced OSNet: photos in memory, batches of people, two losses, one loop.

    model = build(config, people=len(data.people))
    for step in fit(model, data, config):
        ...  # notebook, widget, command line and test consume the same steps

Every schedule counts steps, and every random draw is a pure function of the seed and the step. So a run that was
stopped goes on from its last checkpoint as if nothing had happened. `checkpoints` keeps the folder of a run, `memory`
says before the first step what a run needs.
"""

from .batch import augment, draw_batch
from .data import Data, load, shrunk
from .loop import Run, Step, build, choose, descend, fit, optimiser_for, read_compute, read_config, read_log
from .losses import batch_hard, hardest, relative
from .recipe import TrainConfig, learning_rate

__all__ = [
    "Data", "Run", "Step", "TrainConfig", "augment", "batch_hard", "build", "checkpoints", "choose", "descend",
    "draw_batch", "fit", "hardest", "learning_rate", "load", "memory", "optimiser_for", "read_compute", "read_config",
    "read_log", "relative", "shrunk",
]  # fmt: skip
