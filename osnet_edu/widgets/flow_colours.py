"""The colours of a network's maps by a folder's gallery. Those of the shipped network are kept with the kit."""

import zipfile
from functools import cache

import numpy as np

from .. import assets, explore
from ..explain import flow
from ..machine.compute import Compute, using
from ..network import weights
from ..network.model import OSNet
from ..photos.market import Market, Photo, decode

ONE = Compute(threads=1)  # for two photos a second thread saves little, and waits where others work


def sampled(found: Market) -> list[Photo]:
    """The photos that choose the colours: some of the gallery, evenly, or of the queries where there are more."""
    photos = max(found.gallery, found.query, key=len)
    places = np.unique(np.linspace(0, len(photos) - 1, min(flow.SAMPLE, len(photos))).round().astype(int))
    return [photos[k] for k in places]


def coloured(model: OSNet, found: Market, size: tuple[int, int]) -> flow.Colouring:
    """The colours of a network's maps by a folder."""
    with using(ONE):
        return flow.Colouring(model, decode(sampled(found), size).images)


def shipped_network() -> weights.Checkpoint:
    """The network that everything about the shipped people shares."""
    rankings = explore.shipped()[1].rankings(explore.SHIPPED)
    return weights.Checkpoint(rankings.model, rankings.size)


def kept_name(photos: list[Photo]) -> str:
    """The file of the shipped network's colours by these photos, below assets/."""
    return assets.kept_for((photo.name for photo in photos), "colours", ".npz")


@cache
def shipped_colouring() -> flow.Colouring:
    """Those of the shipped network, made once for all who ask: from the kit's file, or measured where there is none."""
    shipped, found = shipped_network(), explore.shipped()[0].market
    photos = sampled(found)
    try:
        with np.load(assets.path(kept_name(photos)), allow_pickle=False) as file:
            kept = dict(file)
        return flow.Colouring(shipped.model, decode(photos, shipped.size).images, kept)
    except (FileNotFoundError, ValueError, EOFError, KeyError, zipfile.BadZipFile):  # not made for these, or damaged
        return coloured(shipped.model, found, shipped.size)
