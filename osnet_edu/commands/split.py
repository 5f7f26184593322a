"""The command `split`: photos without queries, divided into people to train on and people to test with."""

import argparse

from ..machine import whole
from ..photos import splitting
from .speech import progress_bar, say_skipped, tell


def run(options: argparse.Namespace) -> None:
    """Copy the photos into a new Market-1501 folder, and tell the rule by which they were divided."""
    whole.new_folder(options.out)
    made = splitting.split(options.folder, seed=options.seed)
    with progress_bar("copying") as progress:
        splitting.write(made, options.out, progress)
    train, query, gallery = map(len, made.market)
    tell(f"Wrote {options.out}: {train} photos to train on, {query} queries, {gallery} gallery photos.")
    tell(f"The rule: {made.rule} {splitting.SPLIT_FILE} keeps it.")
    say_skipped(made.market.skipped)
