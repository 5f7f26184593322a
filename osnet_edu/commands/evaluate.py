"""The command `evaluate`: weights, scored by the Market-1501 rule."""

import argparse
import json

from ..machine import compute, distributed
from ..network import weights
from ..photos import inspection
from ..train import memory
from .scoring import data_folder, figures_of, report, say_score, score_by_rule
from .speech import say_read, tell


def run(options: argparse.Namespace) -> None:
    """Score weights on the queries and gallery of a folder, and tell the figures or print them as JSON."""
    compute.check_device(options.device)
    found = inspection.inspect(data_folder(options), train=False).usable()
    say_read(found)
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    memory.check_embedding(checkpoint.model, options.size or checkpoint.size, 64, memory.available(options.device))
    with distributed.joined(options.device) as team:
        checkpoint.model.to(options.device)
        score, skipped = score_by_rule(checkpoint, found, options.size, options.distance, team)
    if options.json:
        tell(json.dumps(figures_of(score)))
    else:
        height, width = options.size or checkpoint.size
        tell(f"{found.root} at {height}x{width}, {options.distance} distance:")
        report((score, skipped))
    say_score(score, found)
