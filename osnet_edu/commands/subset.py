"""The command `subset`: some of the people of a Market-1501 folder, copied."""

import argparse

from ..machine import whole
from ..photos import market
from .speech import progress_bar, say_read, tell


def run(options: argparse.Namespace) -> None:
    """Copy the chosen people's photos into a new folder, and tell how many photos it has."""
    whole.new_folder(options.out)
    found = market.read(options.market)
    chosen = market.smaller_market(found, options.people, options.seed)
    with progress_bar("copying") as progress:
        market.write(chosen, options.out, progress)
    tell(
        f"Wrote {options.out}: {len(chosen.train)} photos to train on, {len(chosen.query)} queries, "
        f"{len(chosen.gallery)} gallery photos, of {options.people} people (seed {options.seed})."
    )
    say_read(chosen)
