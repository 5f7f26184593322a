"""Photos to features: decoded, normalised, embedded in batches, and remembered if asked to.

Features are computed in float32 unless a faster way is asked for, and are not normalised.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from ..machine import distributed, whole
from ..machine.distributed import ONE_PROCESS, Team
from ..network.model import FEATURES, OSNet
from ..photos.market import Photo, Skipped, decode
from ..refused import Refused
from .choice import embedder_for
from .engines import Engine

_Part = TypeVar("_Part")
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Embedding:
    """features: (N, 512) float32, in the order of photos.  skipped: photos that could not be read.

    engine: what computed the features; None where they were remembered.
    """

    features: np.ndarray
    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...] = ()
    engine: Engine | None = None

    @property
    def people(self) -> np.ndarray:
        """(N,) int, who is on each photo."""
        return np.array([photo.person for photo in self.photos])

    @property
    def cameras(self) -> np.ndarray:
        """(N,) int, the camera of each photo."""
        return np.array([photo.camera for photo in self.photos])


def embed(
    model: OSNet,
    photos: Sequence[Photo],
    *,
    size: tuple[int, int],
    batch: int = 64,
    precision: torch.dtype = torch.float32,
    cache: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    team: Team = ONE_PROCESS,
) -> Embedding:
    """Embed photos.  The model is used in eval mode on its own device, and given back in the mode that it came in.

    size: (height, width) in pixels to resize to.  precision: torch.float32, or torch.bfloat16 for speed.
    cache: a folder that remembers features by weights, photos and settings.  progress: called with (done, total).
    team: processes that embed together (see distributed.joined), each its share; all get all features.
    Raises: Refused where no photo can be read.
    """
    remembered = Path(cache) / f"{_key(model, photos, size, precision)}.npz" if cache else None
    if remembered and (known := _recall(remembered, photos)):
        if progress:
            progress(len(photos), len(photos))
        return known

    own = photos[team.share(len(photos))]
    embedder = embedder_for(model, photos=len(own), size=size, precision=precision)
    features = [np.zeros((0, FEATURES), np.float32)]
    kept_photos: list[Photo] = []
    skipped: list[Skipped] = []
    parts = [own[start : start + batch] for start in range(0, len(own), batch)]
    done = 0
    for part, decoded in zip(parts, _ahead(lambda part: decode(part, size), parts), strict=True):
        if decoded.photos:
            features.append(embedder(decoded.images))
        kept_photos += decoded.photos
        skipped += decoded.skipped
        done += len(part)
        if progress:
            progress(done, len(own))
    with distributed.guarded():
        parts = distributed.collected((np.concatenate(features), tuple(kept_photos), tuple(skipped)), team)
    result = Embedding(
        np.concatenate([part[0] for part in parts]),
        tuple(photo for part in parts for photo in part[1]),
        tuple(item for part in parts for item in part[2]),
        embedder.engine,
    )
    if photos and not result.photos:
        first = result.skipped[0]
        raise Refused(f"none of {len(photos)} photos can be read; the first: {first.path}, {first.reason}")
    if remembered and team.rank == 0:
        _remember(remembered, result, photos)
    return result


def embed_images(model: OSNet, images: np.ndarray, *, precision: torch.dtype = torch.float32) -> np.ndarray:
    """Embed one batch of pictures in memory: (N, H, W, 3) uint8, RGB -> (N, 512) float32.

    The engine is chosen as for photos. Many small batches by the same weights: `embedder_for` once is faster.
    """
    return embedder_for(model, photos=len(images), size=images.shape[1:3], precision=precision)(images)


def _ahead(work: Callable[[_Part], _Done], parts: Iterable[_Part]) -> Iterator[_Done]:
    """What `work` makes of each part, in order: the next part is worked on while the caller uses the last one."""
    with ThreadPoolExecutor(1) as worker:
        waiting = None
        for part in parts:
            before, waiting = waiting, worker.submit(work, part)
            if before:
                yield before.result()
        if waiting:
            yield waiting.result()


def _key(model: OSNet, photos: Sequence[Photo], size: tuple[int, int], precision: torch.dtype) -> str:
    digest = hashlib.sha256(f"{size} {precision}".encode())
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    for photo in photos:
        stat = photo.path.stat()
        digest.update(os.fsencode(photo.path) + f" {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def _recall(path: Path, photos: Sequence[Photo]) -> Embedding | None:
    """What was remembered; None where nothing was, or where the file is not as it was written."""
    if not path.is_file():
        return None
    try:
        with open(path, "rb") as opened, np.load(opened) as file:
            features, kept, reasons = file["features"], file["kept"].tolist(), file["reasons"].tolist()
            skipped = tuple(Skipped(photos[int(i)].path, reason) for i, reason in reasons)
            found = Embedding(features, tuple(photos[i] for i in kept), skipped)
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile, zlib.error):
        return None  # cut or edited: it is computed again
    whole = features.shape == (len(kept), FEATURES) and len(kept) + len(skipped) == len(photos)
    return found if whole and features.dtype == np.float32 else None


def _remember(path: Path, result: Embedding, photos: Sequence[Photo]) -> None:
    position = {photo.path: i for i, photo in enumerate(photos)}
    kept = np.array([position[photo.path] for photo in result.photos])
    reasons = np.array([[str(position[s.path]), s.reason] for s in result.skipped]).reshape(-1, 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole.file(path, replace=True) as growing:
        np.savez(growing, features=result.features, kept=kept, reasons=reasons)
