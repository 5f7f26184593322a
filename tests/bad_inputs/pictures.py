"""Files in the place of a photo: enormous, of another kind, cut, flipped, no files at all; and odd but right ones."""

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from osnet_edu.photos import market

from . import ground
from .outcome import Case, command

NAME = "0001_c1s1_000000_01.jpg"
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")


def encoded(kind: str, image: Image.Image | None = None, **options) -> bytes:
    into = io.BytesIO()
    (image or ground.photo()).save(into, kind, **options)
    return into.getvalue()


def png(width: int, height: int, depth: int = 8, colour: int = 2, rows: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def claims(width: int, height: int) -> Iterator[tuple[str, bytes]]:
    """Small files of many kinds that claim a size."""
    yield "PNG", png(width & 0x7FFFFFFF, height & 0x7FFFFFFF)
    yield "PNG of 1 bit", png(width & 0x7FFFFFFF, height & 0x7FFFFFFF, 1, 0)
    jpeg = bytearray(encoded("JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", height & 0xFFFF, width & 0xFFFF)
    yield "JPEG", bytes(jpeg)
    bmp = bytearray(encoded("BMP"))
    bmp[18:26] = struct.pack("<II", width & 0x7FFFFFFF, height & 0x7FFFFFFF)
    yield "BMP", bytes(bmp)
    webp = bytearray(encoded("WEBP"))
    at = webp.index(b"\x9d\x01\x2a") + 3
    webp[at : at + 4] = struct.pack("<HH", width & 0x3FFF, height & 0x3FFF)
    yield "WebP", bytes(webp)
    tiff = bytearray(encoded("TIFF"))
    entry = struct.unpack("<I", tiff[4:8])[0] + 2
    for tag, side in ((0, width), (1, height)):
        tiff[entry + 12 * tag : entry + 12 * tag + 12] = struct.pack("<HHII", 256 + tag, 4, 1, side & 0xFFFFFFFF)
    yield "TIFF", bytes(tiff)
    yield "GIF", b"GIF89a" + struct.pack("<HH", width & 0xFFFF, height & 0xFFFF) + b"\x80\0\0" + b"\0" * 30
    yield "PPM", f"P6\n{width} {height}\n255\n".encode() + b"\0" * 60
    yield "PPM with a high digit", "P6\n²2 64\n255\n".encode("latin-1") + b"\0" * 60
    yield "DDS", b"DDS " + struct.pack("<IIII", 124, 0xA8, height & 0xFFFFFFFF, width & 0xFFFFFFFF) + b"\0" * 120
    yield "QOI", b"qoif" + struct.pack(">II", width & 0xFFFFFFFF, height & 0xFFFFFFFF) + b"\3\0" + b"\0" * 20
    yield "SGI", struct.pack(">HBBHHHH", 474, 0, 1, 3, width & 0xFFFF, height & 0xFFFF, 15) + b"\0" * 500


SIZES = ((30000, 30000), (65535, 65535), (32, 5_570_624), (2**31 - 1, 1), (2**32 - 1, 2**32 - 1), (0, 0))

OTHER_KINDS = {
    "text": b"not a picture at all",
    "zeros": b"\0" * 500,
    "HTML": b"<!DOCTYPE html><html></html>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "PDF": b"%PDF-1.4\n%%EOF",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100000 100000\n",
    "ZIP": b"PK\x05\x06" + b"\0" * 18,
    "pickle": b"\x80\x04K\x01.",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 60,
    "icon": b"\0\0\1\0\1\0\0\0\0\0\1\0\x20\0\xff\xff\xff\x7f\x16\0\0\0",
    "Photoshop": b"8BPS\0\1" + b"\0" * 6 + b"\0\3" + struct.pack(">II", 300000, 300000) + b"\0\x08\0\3" + b"\0" * 20,
    "FITS": b"SIMPLE  =                    T" + b" " * 2850,
    "PCX": b"\x0a\5\1\x08" + struct.pack("<HHHH", 0, 0, 65535, 65535) + b"\0" * 116,
    "TGA": struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 65535, 65535, 24, 0),
    "XBM": b"#define im_width 100000\n#define im_height 100000\nstatic char im_bits[] = {\n0x00};",
    "XPM": b'/* XPM */\nstatic char *x[] = {"100000 100000 1 1", "a c #000"};',
    "only a JPEG's start": b"\xff\xd8",
    "only a PNG's start": b"\x89PNG\r\n\x1a\n",
    "only a RIFF": b"RIFF\xff\xff\xff\xffWEBP",
    "only a BMP's start": b"BM",
    "only a TIFF's start": b"II*\0",
    "a TIFF whose directory is itself": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "UTF-16 text": "photo".encode("utf-16"),
    "an escape sequence": b"\x1b[2J\x1b[31m",
}


def _opened(content: bytes) -> Callable[[Path], str]:
    """Decode one photo with this content: skipped and said, or an array of the size that was asked for."""

    def run(work: Path) -> str:
        path = work / NAME
        path.write_bytes(content)
        return _decode(path)

    return run


def _decode(path: Path) -> str:
    found = market.decode([market.parse_name(path)], (64, 32))
    if found.skipped:
        reason = found.skipped[0].reason
        assert 5 < len(reason) < 400 and not found.photos and found.images.shape[0] == 0
        return "skip-said"
    assert found.images.shape == (1, 64, 32, 3) and found.images.dtype == np.uint8
    return "correct"


def _not_a_file(kind: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        path = work / NAME
        kinds = {
            "named pipe": lambda: os.mkfifo(path),
            "folder": path.mkdir,
            "link to nothing": lambda: path.symlink_to(work / "gone"),
            "link to itself": lambda: path.symlink_to(path),
            "link to /dev/zero": lambda: path.symlink_to("/dev/zero"),
            "link to /dev/null": lambda: path.symlink_to("/dev/null"),
            "link to /dev/tty": lambda: path.symlink_to("/dev/tty"),
            "link to a pipe": lambda: (os.mkfifo(work / "pipe"), path.symlink_to(work / "pipe")),
            "socket": lambda: _socket(path),
            "empty file": path.touch,
            "a gigabyte of nothing": lambda: _sparse(path),
        }
        kinds[kind]()
        return _decode(path)

    return run


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def _sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.write(encoded("JPEG"))
        file.truncate(1_000_000_000)


NOT_FILES = (
    "named pipe", "folder", "link to nothing", "link to itself", "link to /dev/zero", "link to /dev/null",
    "link to /dev/tty", "link to a pipe", "socket", "empty file", "a gigabyte of nothing",
)  # fmt: skip


def _right(content: Callable[[], bytes], expected: Callable[[np.ndarray], bool]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        (work / NAME).write_bytes(content())
        found = market.decode([market.parse_name(work / NAME)], (64, 32))
        return "correct" if len(found.images) and expected(found.images[0].astype(int)) else "silently-wrong"

    return run


def _grey16(kind: str) -> bytes:
    rows = np.linspace(10_000, 55_000, 64)[:, None] * np.ones((1, 32))
    return encoded(kind, Image.fromarray(rows.astype(np.uint16)))


def _rising(image: np.ndarray) -> bool:
    column = image[:, 16, 0]
    return abs(column[0] - 39) < 3 and abs(column[-1] - 214) < 3 and (np.diff(column) >= 0).all()


def _turned(orientation: int) -> bytes:
    """A photo whose top is white and whose left is red, stored as a camera held this way would."""
    upright = np.zeros((64, 32, 3), np.uint8)
    upright[:, :8] = (255, 0, 0)
    upright[:16] = 255
    image = Image.fromarray(upright)
    way = Image.Transpose
    stored = {
        1: None, 2: way.FLIP_LEFT_RIGHT, 3: way.ROTATE_180, 4: way.FLIP_TOP_BOTTOM, 5: way.TRANSPOSE, 6: way.ROTATE_90,
        7: way.TRANSVERSE, 8: way.ROTATE_270,
    }[orientation]  # fmt: skip
    image = image if stored is None else image.transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded("JPEG", image, exif=exif, quality=95)


def _upright(image: np.ndarray) -> bool:
    return image[4].min() > 200 and image[40, 2, 0] > 200 and image[40, 2, 1] < 60 and image[40, 20].max() < 60


def _mode(mode: str, kind: str) -> bytes:
    return encoded(kind, ground.photo().convert(mode))


def cases() -> Iterator[Case]:
    skip, either = ("skip-said",), ("skip-said", "correct")
    for width, height in SIZES:
        for kind, content in claims(width, height):
            # JPEG and WebP hold fewer bits of a side: what is left of this one is a size like others.
            small = width == 32 and kind in ("JPEG", "WebP")
            name = f"{kind} that claims {width}x{height}"
            yield Case("decode", name, _opened(content), either if small else skip)
    for kind, content in OTHER_KINDS.items():
        yield Case("decode", f"{kind} in the place of a photo", _opened(content), skip)
    for kind in NOT_FILES:
        yield Case("decode", kind, _not_a_file(kind), skip)
    for kind in FORMATS:
        good = encoded(kind)
        for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9):
            cut = good[: int(len(good) * share)]
            yield Case("decode", f"{kind} cut to {share:.0%}", _opened(cut), either)
        for seed in range(14):
            rng = np.random.default_rng(seed)
            flipped = np.frombuffer(good, np.uint8).copy()
            where = rng.integers(0, min(len(good), 400) if seed % 2 else len(good), 6)
            flipped[where] = rng.integers(0, 256, 6)
            yield Case("decode", f"{kind} with six random bytes, {seed}", _opened(flipped.tobytes()), either)
    for kind in ("PNG", "TIFF"):
        yield Case("decode", f"16-bit grey {kind}", _right(lambda kind=kind: _grey16(kind), _rising), ("correct",))
    for way in range(1, 9):
        yield Case("decode", f"EXIF orientation {way}", _right(lambda way=way: _turned(way), _upright), ("correct",))
    for mode, kind in (("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("CMYK", "JPEG")):
        yield Case("decode", f"{kind} of mode {mode}", _opened(_mode(mode, kind)), ("correct",))
    for mode in ("I", "F"):
        yield Case("decode", f"TIFF of mode {mode}", _opened(_mode(mode, "TIFF")), skip)
    broken = bytearray(_turned(6))
    at = broken.index(b"Exif\0\0") + 6
    broken[at : at + 8] = b"XXXXXXXX"
    yield Case("decode", "a broken EXIF note", _opened(bytes(broken)), ("correct",))
    for door in ("evaluate", "train", "subset", "explain"):
        for kind in ("bomb", "named pipe", "text", "folder", "link to /dev/zero", "16-bit PNG bomb"):
            yield Case(door, f"{kind} among the photos", _among(door, kind), ("skip-said", "sentence", "correct"))


def _among(door: str, kind: str) -> Callable[[Path], str]:
    """One bad photo of a person in each split, and a whole command on the folder."""

    def run(work: Path) -> str:
        root = ground.copied(work)
        for split, name in (("train", "0001_c1s1_000000_01.jpg"), ("gallery", "0005_c1s1_000001_01.jpg")):
            path = root / ground.SPLITS[split] / name
            path.unlink()
            if kind == "named pipe":
                os.mkfifo(path)
            elif kind == "folder":
                path.mkdir()
            elif kind == "link to /dev/zero":
                path.symlink_to("/dev/zero")
            else:
                path.write_bytes({"bomb": png(30000, 30000), "text": b"text"}.get(kind, png(30000, 30000, 16, 0)))
        file = work / "w.safetensors"
        file.write_bytes(ground.safetensors())
        if door == "evaluate":
            ended = command("evaluate", root, "--weights", file)
            return ended if ended == "skip-said" else "silently-wrong"
        if door == "subset":
            return command("subset", root, work / "out", "--people", 8)
        if door == "explain":
            asked = ["--query", "0005_c1s1_000000_01.jpg", "--gallery", "0005_c1s1_000001_01.jpg"]
            return command("explain", root, "--weights", file, *asked, "--out", work / "x.png", "--method", "gradient")
        short = ["--photos", 16, "--size", "64x32", "--width", 0.1, "--dtype", "float32", "--threads", 1]
        ended = command("train", root, "--out", work / "run", *short, "--layout", "contiguous")
        return ended if ended == "skip-said" else "silently-wrong"

    return run
