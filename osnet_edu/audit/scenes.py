"""The photos that an audit shows: rendered on demand, the same ones every time, and kept in the cache folder.

All of them are 128 x 64, as real photos of people in a street are; a network that takes others gets them resized. What
is kept is one file a scene, named by what it shows, so that a second network sees the same photos at once.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .. import assets, people
from ..machine import pool, whole
from ..people import Identity, View
from ..photos import market

SCENE_SIZE = (128, 64)
_RENDERER = 1  # to be raised where the same descriptions give other photos

_Progress = Callable[[int, int], None]
_Photo = tuple[Identity, View]


def photographed(photos: Sequence[_Photo], progress: _Progress | None = None) -> tuple[np.ndarray, str]:
    """Photos of people in views, without JPEG: (N, H, W, 3) uint8, and the name of the scene.

    progress: (photos rendered, photos in all).
    """
    name = scene_name(*photos)

    def render() -> np.ndarray:
        images = []
        with pool.results(_shoot, list(photos)) as results:
            for image in results:
                images.append(image)
                if progress:
                    progress(len(images), len(photos))
        return np.stack(images)

    return remembered(name, {"images": render})["images"], name


def remembered(name: str, made: dict[str, Callable[[], np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays of a scene from the cache folder; they are made and kept where they are not there or cannot be read.

    name: of the scene.  made: by name of the array, how it is made.
    """
    path = assets.cache() / "audit" / f"{name}.npz"
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in made}
    except (OSError, ValueError, KeyError, EOFError):
        found = {key: make() for key, make in made.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole.file(path, replace=True) as growing:
        np.savez(growing, allow_pickle=False, **found)
    return found


def street(people_in_it: int, progress: _Progress | None = None) -> tuple[Path, str]:
    """A folder of the other world with so many people to be found, and its name."""
    seed, known = 3, 4  # those of the model card; a set has four people at least who are not to be found
    name = scene_name("other", seed, people_in_it, known)
    folder = assets.cache() / "audit" / f"other-{name}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        people.write_dataset(
            folder, people=people_in_it + known, unseen=people_in_it, seed=seed, world="other", progress=progress
        )
    return folder, name


def decoded(photos: Sequence[market.Photo]) -> market.Decoded:
    """The photos of a folder in memory, at the size of all scenes."""
    return market.decode(photos, SCENE_SIZE)


def scene_name(*what: object) -> str:
    """The name of a scene: a short hash of what it shows, the same on every machine."""
    return hashlib.sha256(repr((_RENDERER, SCENE_SIZE, what)).encode()).hexdigest()[:16]


def _shoot(photo: _Photo) -> np.ndarray:
    pool.check_wanted()
    return people.render(*photo, size=SCENE_SIZE, jpeg=False).image
