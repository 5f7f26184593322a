"""Measure the colours of the shipped network's maps, and keep them in the kit: python assets/make_colours.py

Needed again when the weights or the people change, or how colours are chosen. It takes a few seconds, and prints the
file that it wrote.
"""

from pathlib import Path

import numpy as np

from osnet_edu import explore
from osnet_edu.machine.compute import using
from osnet_edu.widgets import flow_colours

HERE = Path(__file__).resolve().parent


def main() -> None:
    shipped, found = flow_colours.shipped_network(), explore.shipped()[0].market
    with using(flow_colours.ONE):
        kept = flow_colours.coloured(shipped.model, found, shipped.size).everything()
    path = HERE / flow_colours.kept_name(flow_colours.sampled(found))
    path.parent.mkdir(exist_ok=True)
    for old in path.parent.glob("*.npz"):
        old.unlink()
    np.savez(path, **kept)
    print(path)


if __name__ == "__main__":
    main()
