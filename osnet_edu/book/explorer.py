"""What the page of the explorer knows beside the gallery: what its gate theatre shows and no graph answers.

    data/explorer.json   the layout of the network, its receptive fields, and the query to begin with
    data/shares.f32      each stream's share of its block, float32, little-endian

The shares of a network and a split are (N, K, T + 1), for each block its T streams' and then the branch's; 0 where a
block has fewer. explorer.json says at which number each of them starts, and how many there are.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .. import explore
from ..embed import normalise
from ..explain import gates, without
from ..network import export
from ..widgets import Explorer, GateTheatre
from .gallery import MODELS, PAGE_SPLITS, shown_gallery

PART = 64  # photos that are read and looked at before the progress is told


def write(
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    queries: int | None = None,
    gallery: int | None = None,
    models: Sequence[str] = MODELS,
) -> None:
    """Write both files below `folder`/data.  progress: (done, total) photos.

    queries, gallery, models: as `gallery.shown_gallery` takes them.
    """
    found = shown_gallery(queries, gallery, models)
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    rankings = found.rankings[explore.SHIPPED]
    first = Explorer()
    total, done, start = len(found.rankings) * sum(len(found.photos(split)) for split in PAGE_SPLITS), 0, 0
    places: dict[str, dict[str, list[int]]] = {}
    with open(data / "shares.f32", "wb") as file:
        for name, ranked in found.rankings.items():
            places[name] = {}
            for split, what in zip(PAGE_SPLITS, ("queries", "gallery"), strict=True):
                photos, count = found.photos(split), 0
                for at in range(0, len(photos), PART):
                    some = photos[at : at + PART]
                    values = part_shares(ranked, ranked.pictures(some))
                    file.write(values.astype("<f4").tobytes())
                    count += values.size
                    done += len(some)
                    if progress:
                        progress(done, total)
                places[name][what] = [start, count]
                start += count
    told = {
        "welcome": first.query,
        "size": list(rankings.size),
        "layout": asdict(export.Layout.of(rankings.model)),
        "fields": fields(rankings, found.album),
        "shares": places,
    }
    first.close()
    (data / "explorer.json").write_text(json.dumps(told, separators=(",", ":")), encoding="utf-8")


def part_shares(rankings: without.Rankings, images: np.ndarray) -> np.ndarray:
    """Each stream's share of its block, and the branch's: (N, H, W, 3) uint8 -> (N, K, T + 1) float32, 0 for nan."""
    reading = gates.read_shares(rankings.model, normalise(images))
    found = np.zeros((len(images), len(rankings.streams), max(rankings.streams.values()) + 1), np.float32)
    for row, name in enumerate(rankings.streams):
        found[:, row, : rankings.streams[name]] = reading.shares[name]
        found[:, row, -1] = reading.branch[name]
    return np.nan_to_num(found)


def fields(rankings: without.Rankings, album: explore.Album) -> dict[str, dict]:
    """What each stream sees, as the gate theatre draws it, by "block:stream"."""
    theatre = GateTheatre(None, album.folder, rankings=rankings)
    try:
        found = {}
        for block, count in rankings.streams.items():
            for stream in range(1, count + 1):
                theatre.chosen = [block, stream]
                cells = next(seen["cells"] for seen in _streams(theatre, block) if seen["stream"] == stream)
                found[f"{block}:{stream}"] = {**theatre.field, "cells": cells}
        return found
    finally:
        theatre.close()


def _streams(theatre: GateTheatre, block: str) -> list[dict]:
    return next(seen["streams"] for seen in theatre.blocks if seen["name"] == block)
