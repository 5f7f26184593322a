"""The shipped gallery as data for a page: photos, names, what people wear, and each network's features.

    data/gallery.json               names, words, persons, cameras, attributes; how hard each query is
    data/photos/SPLIT/NAME          each photo as it is on disk, for an <img>
    data/SPLIT.jpgs                 the same files one after the other, for a page that needs the pixels of all
    data/features/MODEL.SPLIT.f16   features (N, D), little-endian; .f32 where 16 bits would change a number

SPLIT is query or gallery. Everything is in the order of the shipped folder.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import explore
from ..embed import Embedding
from ..explain import without
from ..photos.market import Market, Photo
from ..refused import Refused

MODELS = (explore.SHIPPED, explore.UNTRAINED)
PAGE_SPLITS = ("query", "gallery")


@dataclass(frozen=True)
class Shown:
    """What a page is given.  rankings: of the same photos, by the name of the network."""

    album: explore.Album
    rankings: dict[str, without.Rankings]

    def photos(self, split: str) -> tuple[Photo, ...]:
        """Photos of a split, in order."""
        first = self.rankings[explore.SHIPPED]
        return first.queries if split == "query" else first.gallery

    def features(self, model: str, split: str) -> np.ndarray:
        """(N, D) float32."""
        found = self.rankings[model]
        return found.query_features if split == "query" else found.gallery_features


def shown_gallery(queries: int | None = None, gallery: int | None = None, models: Sequence[str] = MODELS) -> Shown:
    """The shipped people and networks' rankings.  queries, gallery: only the first so many photos.

    models: names of networks, the shipped one among them.  Raises: Refused for a number below 1.
    """
    album, shelf = explore.shipped()
    if queries is None and gallery is None:
        return Shown(album, {model: shelf.rankings(model) for model in models})
    known = shelf.rankings(explore.SHIPPED)
    some = _first(known.queries, queries, "queries"), _first(known.gallery, gallery, "gallery photos")
    features = np.concatenate([known.query_features[: len(some[0])], known.gallery_features[: len(some[1])]])
    embedded = {explore.SHIPPED: Embedding(features, (*some[0], *some[1]))}
    small = Market(album.market.root, (), *some)
    made = {model: without.Rankings(shelf.checkpoint(model), small, embedded=embedded.get(model)) for model in models}
    return Shown(album, made)


def write(
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    queries: int | None = None,
    gallery: int | None = None,
    models: Sequence[str] = MODELS,
) -> None:
    """Write the gallery below `folder`/data.  progress: (done, total) photos.  Limits: see `shown_gallery`."""
    found = shown_gallery(queries, gallery, models)
    data = folder / "data"
    (data / "features").mkdir(parents=True, exist_ok=True)
    total, done = sum(len(found.photos(split)) for split in PAGE_SPLITS), 0
    told: dict[str, object] = {
        "models": list(models),
        "size": list(found.rankings[explore.SHIPPED].size),
        "choices": {
            "cameras": found.album.cameras,
            "attributes": found.album.attributes,
            "twins": found.album.twins,
            "sorts": list(explore.SORTS),
        },
        "hardness": {model: _hardness(found.rankings[model]) for model in models},
    }
    worn: dict[str, int] = {}
    features: dict[str, dict[str, str]] = {model: {} for model in models}
    for split in PAGE_SPLITS:
        photos, where = found.photos(split), data / "photos" / split
        where.mkdir(parents=True, exist_ok=True)
        with open(data / f"{split}.jpgs", "wb") as together:
            for photo in photos:
                shutil.copyfile(photo.path, where / photo.name)
                together.write(photo.path.read_bytes())
                done += 1
                if progress:
                    progress(done, total)
        told[split] = _told(found.album, photos, worn)
        for model in models:
            features[model][split] = _keep(found.features(model, split), data / "features" / f"{model}.{split}")
    told["worn"] = list(worn)
    told["features"] = features
    told["dim"] = int(found.features(explore.SHIPPED, "query").shape[1])
    (data / "gallery.json").write_text(json.dumps(told, separators=(",", ":")), encoding="utf-8")


def _first(photos: Sequence[Photo], count: int | None, what: str) -> tuple[Photo, ...]:
    if count is not None and count < 1:
        raise Refused(f"a page needs at least 1 of the {what}, got {count}")
    return tuple(photos[:count])


def _told(album: explore.Album, photos: Sequence[Photo], worn: dict[str, int]) -> dict[str, list]:
    """What is known of N photos, a list of N each.  bytes: how long each file is.

    worn: attributes such as "hat: cap", each with its number; grows by those that these photos are the first to have.
    """
    return {
        "names": [album.name(photo) for photo in photos],
        "who": album.labels(photos),
        "described": [album.described(photo) for photo in photos],
        "persons": [photo.person for photo in photos],
        "cameras": [photo.camera for photo in photos],
        "attributes": [
            [worn.setdefault(f"{what}: {value}", len(worn)) for what, value in album.wears(photo).items()]
            for photo in photos
        ],
        "twins": [album.part(photo) for photo in photos],
        "bytes": [photo.path.stat().st_size for photo in photos],
    }


def _hardness(rankings: without.Rankings) -> dict[str, list]:
    """`explore.hardness`, None for nan: JSON has no nan."""
    found = explore.hardness(rankings)
    named = ("first_hit", "positive", "negative", "average_precision")
    return {name: [None if value != value else value for value in getattr(found, name).tolist()] for name in named}


def _keep(features: np.ndarray, path: Path) -> str:
    """Write features without losing a bit.  Returns: the name of the file."""
    short = features.astype("<f2")
    exact = np.array_equal(short.astype(np.float32), features)
    path = path.with_name(f"{path.name}.{'f16' if exact else 'f32'}")
    path.write_bytes((short if exact else features.astype("<f4")).tobytes())
    return path.name
