"""One picture file, opened with care: what it is and how large it is stands before anything is decoded.

A file may claim to be enormous, be another kind than its name says, or be no file at all (a pipe, a device). None of
that may cost a run that reads thousands of photos more than this one photo.
"""

import io
import os
import stat
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from .refused import Refused

FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")  # found by content, whatever the name says
PIXELS = 50_000_000  # the largest picture that is decoded
BYTES = 200_000_000  # the largest file that is opened
WIDE = ("I;16", "I;16L", "I;16B", "I;16N")  # Pillow's modes for 16-bit grey
UNBOUNDED = ("I", "F")  # 32 bits a pixel: nobody knows which value is white


def rgb(path: Path | str, size: tuple[int, int] | None = None) -> np.ndarray:
    """A photo as it is meant to be seen: (H, W, 3) uint8, [0, 255], RGB.

    Grey (8 and 16 bits) and CMYK are converted, and a camera's note on how it was held (EXIF) is followed.
    size: (height, width) in pixels to resize to, bilinearly; None leaves the photo as it is.
    Raises: Refused, with the reason in a few words, for a file that gives no picture.
    """
    image = _decoded(path, _converted)
    if size is not None:
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(image)


def rgb_from(content: bytes) -> np.ndarray:
    """The same of a file that is in memory: (H, W, 3) uint8, RGB.  Raises: Refused."""
    if not content:
        raise Refused("empty file")
    return np.asarray(_read(io.BytesIO(content), _converted))


def values(path: Path | str) -> np.ndarray:
    """The bytes of a picture with one 8-bit number a pixel, such as a mask: (H, W) uint8.  Raises: Refused."""
    return np.asarray(_decoded(path, _single))


def _decoded(path: Path | str, convert) -> Image.Image:
    with _opened(Path(path)) as file:
        return _read(file, convert)


def _read(file: BinaryIO, convert) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own on size and on broken notes: what counts is checked below
        try:
            with Image.open(file, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height <= PIXELS:
                    return convert(picture)
        except Refused:
            raise
        except Image.DecompressionBombError:
            raise Refused(f"larger than the {PIXELS // 1_000_000} million pixels that are opened") from None
        except Exception as error:  # hostile bytes make Pillow's decoders raise nearly anything
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise Refused(f"cannot be read as a picture ({reason})") from error
    raise Refused(f"{width}x{height}, larger than the {PIXELS // 1_000_000} million pixels that are opened")


def _opened(path: Path) -> BinaryIO:
    """The file, if it is a regular one. It is never waited for, as opening a pipe would."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(f"cannot be read as a picture ({reason})") from error
    about = os.fstat(handle)
    reason = None
    if not stat.S_ISREG(about.st_mode):
        reason = "no regular file"
    elif about.st_size == 0:
        reason = "empty file"
    elif about.st_size > BYTES:
        reason = f"a file of {about.st_size / 1e6:.0f} MB, larger than the {BYTES / 1e6:.0f} MB that are opened"
    if reason:
        os.close(handle)
        raise Refused(reason)
    return open(handle, "rb")  # owns the handle from here on, and closes it


def _converted(picture: Image.Image) -> Image.Image:
    if picture.mode in UNBOUNDED:
        raise Refused("32 bits a pixel; expected 8 or 16 bits a colour")
    picture.load()
    try:
        ImageOps.exif_transpose(picture, in_place=True)
    except Exception:  # a broken note says nothing on how the camera was held
        pass
    if picture.mode in WIDE:
        picture = Image.fromarray((np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8))
    return picture.convert("RGB")


def _single(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("L", "P"):
        raise Refused(f"expected a picture of 8-bit numbers, got the mode {picture.mode}")
    picture.load()
    return picture.copy()
