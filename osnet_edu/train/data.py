"""Photos in memory: read from a folder once, and made smaller for the first steps."""

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..photos.market import Photo, Skipped, decode, of_people
from ..refused import Refused


@dataclass(frozen=True)
class Data:
    """Training photos in memory.  images: (N, H, W, 3) uint8, RGB.  labels: (N,), 0 ... len(people) - 1.

    people: the identity of each label.  fingerprint: of the names, to tell whether a resumed run has the same data.
    photos: (N,) lines of a name and a checksum of its file, to tell what has changed; empty where nobody knows.
    """

    images: np.ndarray
    labels: np.ndarray
    people: tuple[int, ...]
    fingerprint: str
    skipped: tuple[Skipped, ...] = ()
    photos: tuple[str, ...] = ()


def load(photos: Sequence[Photo], size: tuple[int, int], progress: Callable[[int, int], None] | None = None) -> Data:
    """Decode training photos once into memory; junk is left out.

    Raises: Refused where fewer than two people remain.
    """
    decoded = decode(of_people(photos), size, progress)
    people = tuple(sorted({photo.person for photo in decoded.photos}))
    if len(people) < 2:
        raise Refused(f"training needs readable photos of at least 2 people, found {len(people)}")
    label = {person: i for i, person in enumerate(people)}
    labels = np.array([label[photo.person] for photo in decoded.photos])
    names = "\n".join(photo.name for photo in decoded.photos)
    fingerprint = hashlib.sha256(f"{size}\n{names}".encode()).hexdigest()[:16]
    files = tuple(f"{photo.name} {zlib.crc32(photo.path.read_bytes()):08x}" for photo in decoded.photos)
    return Data(decoded.images, labels, people, fingerprint, decoded.skipped, files)


def shrunk(images: Tensor, size: tuple[int, int], batch: int = 256) -> Tensor:
    """Photos at a smaller size, each pixel a mean over those it covers: (N, H, W, 3) uint8, RGB -> (N, h, w, 3)."""
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    parts = []
    for part in images.split(batch):
        small = F.interpolate(part.permute(0, 3, 1, 2).float(), size, mode="area")
        parts.append(small.round().to(torch.uint8).permute(0, 2, 3, 1))
    return torch.cat(parts).contiguous()
