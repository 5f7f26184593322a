"""A photo of one's own, brought to the shape of a person: upright, twice as tall as wide."""

import numpy as np
import torch
from PIL import Image

from ..photos import picture
from ..refused import Refused

_SMALLEST = 16  # pixels of the shorter side


def read_own(photo: picture.PictureSource | torch.Tensor) -> np.ndarray:
    """A photo from a file, its bytes, an open file, a Pillow image, or as pixels, also a tensor: (H, W, 3) uint8, RGB.

    Raises: Refused for input that is not a picture, or one that is smaller than 16 pixels or larger than 50 million.
    """
    if isinstance(photo, torch.Tensor):
        if photo.dtype != torch.uint8 or photo.dim() != 3 or photo.shape[2] != 3:
            raise Refused(f"expected a photo (H, W, 3) of uint8, got {tuple(photo.shape)} of {str(photo.dtype)[6:]}")
        photo = photo.numpy(force=True)
    image = picture.read(photo)
    if min(image.shape[:2]) < _SMALLEST:
        raise Refused(f"the photo has {image.shape[1]}x{image.shape[0]} pixels; at least {_SMALLEST} a side are needed")
    return image


def framed(image: np.ndarray, size: tuple[int, int], at: float = 0.5) -> np.ndarray:
    """The part of a photo that the network gets: (H, W, 3) uint8 of a size (height, width).

    A photo that is wider than the size's shape is cut to it; at: 0 takes the left end, 1 the right end.
    Others are resized as they are, as the photos of a market are.
    """
    height, width = image.shape[:2]
    wanted = max(1, round(height * size[1] / size[0]))
    if width > wanted:
        left = round((width - wanted) * at)
        image = image[:, left : left + wanted]
    resized = Image.fromarray(np.ascontiguousarray(image)).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.array(resized)  # a copy, which PyTorch may write to
