"""Read one picture file safely: its kind and size are checked before anything is decoded.

A file may claim to be enormous, may be of another kind than its name says, or may not be a regular file (a pipe, a
device). A run that reads thousands of photos must lose only this one photo.
"""

import io
import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..refused import Refused

FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")  # recognised by content, not by name
READ = "JPEG, PNG, BMP, WebP or TIFF"
_OTHERS = {  # kinds that are not read, by the bytes at the start of the file or behind the fourth
    b"GIF8": "GIF", b"ftypavif": "AVIF", b"ftypavis": "AVIF", b"ftyphei": "HEIC", b"ftyphev": "HEIC",
    b"ftypmif1": "HEIC", b"ftypmsf1": "HEIC", b"JXL ": "JPEG XL", b"\xff\x0a": "JPEG XL", b"jP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000", b"%PDF": "PDF", b"<svg": "SVG", b"<?xml": "SVG",
}  # fmt: skip
_PIXELS = 50_000_000  # the largest picture that is decoded
BYTES = 200_000_000  # the largest file that is opened
_WIDE = ("I;16", "I;16L", "I;16B", "I;16N")  # Pillow's modes for 16-bit grey
UNBOUNDED = ("I", "F")  # 32 bits a pixel: it is not known which value is white
_TOO_DEEP = "32 bits a pixel; expected 8 or 16 bits a colour"

_Made = TypeVar("_Made")
_LYING = range(5, 9)  # notes on the orientation (EXIF) by which height and width change places
_ORIENTATION = 0x112
PictureSource = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray


def read(source: PictureSource, size: tuple[int, int] | None = None) -> np.ndarray:
    """A photo, upright and in colour: (H, W, 3) uint8, [0, 255], RGB.

    source: the name of a file, a file's bytes, a file opened in binary mode, a Pillow image, or pixels (H, W, 3) uint8.
    It is never changed, and the result shares no memory with it.
    Grey (8 and 16 bits) and CMYK are converted, and the camera's note on its orientation (EXIF) is followed.
    size: (height, width) in pixels to resize to, bilinearly; None leaves the photo as it is.
    Raises: Refused, with the reason in a few words, for anything that does not give a picture.
    """
    image = _image(source)
    if size is not None:
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _image(source: PictureSource) -> Image.Image:
    if isinstance(source, str | os.PathLike):
        return _decoded(source, _converted)
    if isinstance(source, bytes | bytearray | memoryview):
        return _read(io.BytesIO(_some(bytes(source), "the photo is an empty file")), _converted)
    if isinstance(source, Image.Image):
        _check_size(*source.size)
        return _attempt(lambda: _converted(source.copy()))
    if isinstance(source, np.ndarray):
        return _from_pixels(source)
    if hasattr(source, "read"):
        return _read(io.BytesIO(_content(source)), _converted)
    raise Refused(
        "expected a photo: the name of a file, its bytes, an open file, a Pillow image or an array of pixels; "
        f"got a value of type {type(source).__name__}"
    )


def _from_pixels(pixels: np.ndarray) -> Image.Image:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise Refused(f"expected a photo (H, W, 3) of uint8, got {pixels.shape} of {pixels.dtype}")
    _check_size(pixels.shape[1], pixels.shape[0])  # before the copy: with strides of 0 only the copy takes memory
    return Image.fromarray(np.array(pixels, order="C", subok=False))


def _content(file: BinaryIO) -> bytes:
    try:
        content = file.read(BYTES + 1)
    except (OSError, ValueError) as error:  # closed, or opened to be written
        raise Refused(f"the open file cannot be read ({error})") from error
    if not isinstance(content, bytes):
        raise Refused(f"expected a file that is open in binary mode; this one gave a {type(content).__name__}")
    return _some(content, "the open file has no bytes left to read; file.seek(0) goes back to its start")


def _some(content: bytes, none: str) -> bytes:
    if not content:
        raise Refused(none)
    if len(content) > BYTES:
        raise Refused(_too_long(len(content)))
    return content


def _too_long(count: int) -> str:
    return f"a file of {count / 1e6:.0f} MB, larger than the limit of {BYTES / 1e6:.0f} MB"


def numbers_of(path: Path | str) -> np.ndarray:
    """The bytes of a picture with one 8-bit number a pixel, such as a mask: (H, W) uint8.  Raises: Refused."""
    return np.asarray(_decoded(path, _single))


def size_of(path: Path | str) -> tuple[int, int]:
    """(height, width) of a photo in pixels, upright, from the head of its file: the picture is not decoded.

    A file that is cut off behind its head passes.  Raises: Refused, as `read` does for the rest.
    """
    return _decoded(path, _upright_size)


def _upright_size(picture: Image.Image) -> tuple[int, int]:
    if picture.mode in UNBOUNDED:
        raise Refused(_TOO_DEEP)
    try:
        lying = picture.getexif().get(_ORIENTATION) in _LYING
    except Exception:  # a broken note does not tell the orientation
        lying = False
    return (picture.width, picture.height) if lying else (picture.height, picture.width)


def _decoded(path: str | os.PathLike, convert: Callable[[Image.Image], _Made]) -> _Made:
    with _opened(path) as file:
        return _read(file, convert)


def _read(file: BinaryIO, convert: Callable[[Image.Image], _Made]) -> _Made:
    def decode() -> _Made:
        with Image.open(file, formats=FORMATS) as picture:
            _check_size(*picture.size)
            return convert(picture)

    try:
        return _attempt(decode)
    except UnidentifiedImageError as error:
        file.seek(0)
        raise Refused(_other_kind(file.read(16))) from error


def _attempt(decode: Callable[[], _Made]) -> _Made:
    """What is made of the opened picture.  Raises: Refused; UnidentifiedImageError for a file of another kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of size and broken notes; both are checked here
        try:
            return decode()
        except (Refused, UnidentifiedImageError):
            raise
        except Image.DecompressionBombError:
            raise Refused(f"larger than the limit of {_PIXELS // 1_000_000} million pixels") from None
        except Exception as error:  # hostile bytes can make Pillow's decoders raise almost any exception
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise Refused(f"cannot be read as a picture ({reason})") from error


def _check_size(width: int, height: int) -> None:
    if not width * height:
        raise Refused(f"{width}x{height}: a picture without pixels")
    if width * height > _PIXELS:
        raise Refused(f"{width}x{height}, larger than the limit of {_PIXELS // 1_000_000} million pixels")


def _other_kind(start: bytes) -> str:
    kind = next((_OTHERS[mark] for mark in _OTHERS if start.startswith(mark) or start[4:].startswith(mark)), None)
    if kind:
        return f"cannot be read as a picture: the file is {kind}; expected {READ}"
    return f"cannot be read as a picture; expected a complete file of {READ}"


def _opened(path: str | os.PathLike) -> BinaryIO:
    """The file, if it is a regular one. Opening it never waits, as opening a pipe would."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(f"cannot be read as a picture ({reason})") from error
    about = os.fstat(handle)
    reason = None
    if not stat.S_ISREG(about.st_mode):
        reason = "not a regular file"
    elif about.st_size == 0:
        reason = "empty file"
    elif about.st_size > BYTES:
        reason = _too_long(about.st_size)
    if reason:
        os.close(handle)
        raise Refused(reason)
    return open(handle, "rb")  # this file now owns the handle and closes it


def _converted(picture: Image.Image) -> Image.Image:
    if picture.mode in UNBOUNDED:
        raise Refused(_TOO_DEEP)
    picture.load()
    try:
        ImageOps.exif_transpose(picture, in_place=True)
    except Exception:  # a broken note does not tell the orientation
        pass
    if picture.mode in _WIDE:
        picture = Image.fromarray((np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8))
    return picture.convert("RGB")


def _single(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("L", "P"):
        raise Refused(f"expected a picture of 8-bit numbers, got the mode {picture.mode}")
    picture.load()
    return picture.copy()
