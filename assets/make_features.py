"""Embed the shipped people by the shipped weights, and keep the features in the kit: python assets/make_features.py

Needed again when the weights or the people change. It takes a few seconds, and prints the file that it wrote.
"""

from pathlib import Path

import numpy as np

from osnet_edu import assets
from osnet_edu.embed import embed
from osnet_edu.explore import embedded
from osnet_edu.network import weights
from osnet_edu.photos import market

HERE = Path(__file__).resolve().parent


def main() -> None:
    found, network = market.read(assets.subset()), weights.shipped()
    photos = (*found.query, *found.gallery)
    features = embed(network.model, photos, size=network.size).features
    path = HERE / embedded.name(photos)
    path.parent.mkdir(exist_ok=True)
    for old in path.parent.glob("*.npy"):
        old.unlink()
    np.save(path, features.astype(np.float16))
    print(path)


if __name__ == "__main__":
    main()
