"""A photo of one's own, however it comes: a file, bytes, an open file, a Pillow image, pixels, and what is none."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from osnet_edu import Refused
from osnet_edu.photos import picture

from . import ground
from .outcome import Case
from .pictures import encoded, png

KINDS = {  # what a phone or a page gives, by the first bytes
    "GIF": encoded("GIF"),
    "an old GIF": b"GIF87a" + b"\1" * 40,
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40,
    "HEIC of many": b"\0\0\0\x18ftypheix" + b"\0" * 40,
    "HEIC of a film": b"\0\0\0\x18ftyphevc" + b"\0" * 40,
    "HEIC by its container": b"\0\0\0\x18ftypmif1" + b"\0" * 40,
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0" + b"\0" * 40,
    "AVIF of many": b"\0\0\0\x1cftypavis" + b"\0" * 40,
    "JPEG XL": b"\xff\x0a" + b"\0" * 40,
    "JPEG XL in a box": b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 40,
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 40,
    "PDF": b"%PDF-1.7\n",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "SVG with a head": b"<?xml version='1.0'?><svg/>",
    "a film": b"\0\0\0\x18ftypmp42" + b"\0" * 40,
    "a page": b"<!DOCTYPE html>",
    "a letter": "who is it? \N{SNOWMAN}".encode(),
    "zeros": b"\0" * 64,
    "one byte": b"\xff",
}
RIGHT = np.asarray(ground.photo(5))


def _pixels() -> Iterator[tuple[str, object]]:
    yield "grey", RIGHT[..., 0]
    yield "grey with a channel", RIGHT[..., :1]
    yield "two channels", RIGHT[..., :2]
    yield "alpha", np.dstack([RIGHT, RIGHT[..., 0]])
    yield "channels first", RIGHT.transpose(2, 0, 1)
    yield "a batch", RIGHT[None]
    yield "a number", np.array(5, np.uint8)
    yield "one row of numbers", RIGHT.ravel()
    yield "no rows", RIGHT[:0]
    yield "no columns", RIGHT[:, :0]
    for kind in (
        bool,
        np.int8,
        np.uint16,
        np.int64,
        np.float16,
        np.float32,
        np.float64,
        np.complex64,
        object,
        "S4",
        "U1",
    ):
        yield f"of {np.dtype(kind)}", RIGHT.astype(kind)
    yield "of dates", np.zeros((4, 4, 3), "datetime64[s]")
    yield "of records", np.zeros((4, 4, 3), [("r", np.uint8)])
    for sides in ((60_000, 60_000), (10**8, 10**8), (9_000, 6_000), (1, 10**9)):
        yield f"{sides} without memory", np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (*sides, 3))


class _Fails(io.RawIOBase):
    def read(self, _size=-1):
        raise OSError("the disk is gone")


class _Endless(io.RawIOBase):
    def read(self, size=-1):
        return b"\xff\xd8\xff" + b"\0" * (size if size >= 0 else 10**9)


def _closed() -> io.BytesIO:
    file = io.BytesIO(encoded("PNG"))
    file.close()
    return file


def _at_its_end() -> io.BytesIO:
    file = io.BytesIO()
    ground.photo().save(file, "PNG")
    return file


def _shut() -> Image.Image:
    image = Image.open(io.BytesIO(encoded("PNG")))
    image.load()
    image.close()
    return image


SOURCES: dict[str, Callable[[], object]] = {
    "an open file that is closed": _closed,
    "an open file at its end": _at_its_end,
    "an open file of text": lambda: io.StringIO("a photo"),
    "an open file that fails": _Fails,
    "an open file without an end": _Endless,
    "an open file that gives None": lambda: SimpleNamespace(read=lambda _size: None),
    "an open file that gives numbers": lambda: SimpleNamespace(read=lambda _size: [1, 2]),
    "an open file of no photo": lambda: io.BytesIO(b"no photo at all"),
    "no bytes": lambda: b"",
    "no bytearray": bytearray,
    "a memoryview of no photo": lambda: memoryview(b"no photo at all"),
    "a Pillow image of no size": lambda: Image.new("RGB", (0, 5)),
    "a Pillow image of 32 bits": lambda: Image.new("I", (20, 20)),
    "a Pillow image of floats": lambda: Image.new("F", (20, 20)),
    "a Pillow image that is closed": _shut,
    "a Pillow image that claims 30000x30000": lambda: _claimed(30_000),
    "a Pillow image that is cut": lambda: Image.open(io.BytesIO(encoded("PNG")[:60])),
    "None": lambda: None,
    "a number": lambda: 7,
    "a float": lambda: 0.5,
    "True": lambda: True,
    "a list of bytes": lambda: [b"\xff\xd8"],
    "a list of pixels": RIGHT.tolist,
    "a tuple": lambda: (RIGHT,),
    "a dictionary": lambda: {"photo": RIGHT},
    "a tensor": lambda: torch.from_numpy(RIGHT.copy()),
    "a tensor with a gradient": lambda: torch.zeros(3, 64, 32, requires_grad=True),
    "a class": lambda: Image.Image,
    "a function": lambda: ground.photo,
    "a generator": lambda: (row for row in RIGHT),
    "an empty name": lambda: "",
    "a name with a null byte": lambda: "a\0b.jpg",
    "an endless name": lambda: "x" * 300 + ".jpg",
    "a path that is too long": lambda: "/".join(["x" * 200] * 40),
    "a name with a lone surrogate": lambda: "\ud800.jpg",
    "an address of the web": lambda: "https://example.org/photo.jpg",
    "a photo as text": lambda: "data:image/png;base64,iVBORw0KGgo=",
    "a folder": lambda: Path("/"),
    "a device": lambda: "/dev/zero",
    "a name in bytes": lambda: os.fsencode("photo.jpg"),
}


def _claimed(side: int) -> Image.Image:
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        return Image.open(io.BytesIO(png(side, side)))
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _refused(make: Callable[[], object]) -> Callable[[Path], str]:
    def run(_work: Path) -> str:
        try:
            picture.read(make())
        except Refused as reason:
            assert "cannot identify" not in str(reason) and "0x7" not in str(reason), reason
            raise
        return "silently-wrong"

    return run


def _named(content: bytes) -> Callable[[Path], str]:
    """The same sentence by every way, and it names the kinds that are read."""

    def run(work: Path) -> str:
        (work / "photo.jpg").write_bytes(content)
        said = set()
        for source in (content, io.BytesIO(content), work / "photo.jpg", memoryview(content)):
            try:
                picture.read(source)
            except Refused as reason:
                said.add(str(reason))
        if len(said) != 1 or "JPEG, PNG, BMP, WebP or TIFF" not in (text := said.pop()):
            return "silently-wrong"
        raise Refused(text)

    return run


def _read(mode: str) -> Callable[[Path], str]:
    """A Pillow image of any mode is read as Pillow shows it, and stays as it is."""

    def run(_work: Path) -> str:
        image = ground.photo(5).convert(mode)
        before = image.tobytes()
        found = picture.read(image)
        near = np.abs(found.astype(int) - np.asarray(image.convert("RGB"))).max() == 0
        return "correct" if near and found.shape == (64, 32, 3) and image.tobytes() == before else "silently-wrong"

    return run


def _same(make: Callable[[np.ndarray], object]) -> Callable[[Path], str]:
    def run(_work: Path) -> str:
        found = picture.read(make(RIGHT.copy()))
        return "correct" if found.dtype == np.uint8 and np.array_equal(found, RIGHT) else "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    for name, content in KINDS.items():
        yield Case("own photo", f"the file is {name}", _named(content))
    for name, pixels in _pixels():
        yield Case("own photo", f"pixels: {name}", _refused(lambda p=pixels: p))
    for name, make in SOURCES.items():
        yield Case("own photo", name, _refused(make))
    for mode in ("1", "L", "P", "LA", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"):
        yield Case("own photo", f"a Pillow image of mode {mode}", _read(mode), ("correct",))
    for name, make in {
        "pixels": lambda p: p,
        "pixels backwards": lambda p: p[::-1][::-1],
        "pixels by columns": np.asfortranarray,
        "pixels that cannot be written": lambda p: np.frombuffer(p.tobytes(), np.uint8).reshape(p.shape),
        "pixels under a mask": lambda p: np.ma.masked_array(p, mask=True),
        "a Pillow image": Image.fromarray,
        "bytes of a PNG": lambda p: encoded("PNG", Image.fromarray(p)),
        "an open PNG": lambda p: io.BytesIO(encoded("PNG", Image.fromarray(p))),
        "an open TIFF": lambda p: io.BytesIO(encoded("TIFF", Image.fromarray(p))),
        "a WebP in a bytearray": lambda p: bytearray(encoded("WEBP", Image.fromarray(p), lossless=True)),
    }.items():
        yield Case("own photo", f"right: {name}", _same(make), ("correct",))
