"""The photos that an audit shows: rendered on demand, the same ones every time, and kept in the cache folder.

All of them are 128 x 64, as real photos of people in a street are; a network that takes others gets them resized. What
is kept is one file a scene, named by what it shows, so that a second network sees the same photos at once.
"""

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .. import assets, people
from ..machine import pool, whole
from ..people import Identity, View
from ..photos import market
from ..refused import Refused

SCENE_SIZE = (128, 64)
_RENDERER = 1  # to be raised where the same descriptions give other photos

_Progress = Callable[[int, int], None]
_Photo = tuple[Identity, View]


def photographed(photos: Sequence[_Photo], progress: _Progress | None = None) -> tuple[np.ndarray, str]:
    """Photos of people in views, without JPEG: (N, H, W, 3) uint8, and the name of the scene.

    progress: (photos rendered, photos in all).
    """
    name = scene_name(*photos)

    def render() -> dict[str, np.ndarray]:
        images = []
        with pool.results(_shoot, list(photos)) as results:
            for image in results:
                images.append(image)
                if progress:
                    progress(len(images), len(photos))
        return {"images": np.stack(images)}

    return remembered(name, render)["images"], name


def remembered(name: str, make: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """The arrays of a scene from the cache folder; they are made and kept where they are not there or cannot be read.

    name: of the scene.  make: the arrays by name.
    """
    path = assets.cache() / "audit" / f"{name}.npz"
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        found: dict[str, Any] = dict(make())
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole.file(path, replace=True) as growing:
        np.savez(growing, **found)
    return found


def street(people_in_it: int, progress: _Progress | None = None) -> tuple[Path, str]:
    """A folder of the other world with so many people to be found, and its name."""
    seed, known = 3, 4  # those of the model card; a set has four people at least who are not to be found
    name = scene_name("other", seed, people_in_it, known)
    folder = assets.cache() / "audit" / f"other-{name}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            people.write_dataset(
                folder, people=people_in_it + known, unseen=people_in_it, seed=seed, world="other", progress=progress
            )
        except (OSError, Refused):
            if not folder.is_dir():  # else another audit was faster, and its folder holds the same photos
                raise
    return folder, name


def decoded(photos: Sequence[market.Photo]) -> market.Decoded:
    """The photos of a folder in memory, at the size of all scenes."""
    return market.decode(photos, SCENE_SIZE)


def as_jpeg(photo: np.ndarray, times: int = 1) -> str:
    """A photo as base64, for a page.  times: larger, so that a browser does not blur it."""
    height, width = photo.shape[:2]
    picture = Image.fromarray(photo).resize((width * times, height * times), Image.Resampling.BICUBIC)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=88)
    return base64.b64encode(written.getvalue()).decode("ascii")


def scene_name(*what: object) -> str:
    """The name of a scene: a short hash of what it shows, the same on every machine."""
    return hashlib.sha256(repr((_RENDERER, SCENE_SIZE, what)).encode()).hexdigest()[:16]


def _shoot(photo: _Photo) -> np.ndarray:
    pool.check_wanted()
    return people.render(*photo, size=SCENE_SIZE, jpeg=False).image
