"""One reader for all that a photo can come as: a file, its bytes, an open file, a Pillow image, pixels."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image

from osnet_edu.photos import picture
from osnet_edu.refused import Refused

PIXELS = np.random.default_rng(3).integers(0, 256, (40, 20, 3), np.uint8)


def encoded(kind: str, **options) -> bytes:
    into = io.BytesIO()
    Image.fromarray(PIXELS).save(into, kind, **options)
    return into.getvalue()


def test_a_photo_is_the_same_however_it_comes(tmp_path):
    path, png = tmp_path / "photo.png", encoded("PNG")
    path.write_bytes(png)
    with open(path, "rb") as opened:
        ways = [path, str(path), png, bytearray(png), memoryview(png), io.BytesIO(png), opened, Image.fromarray(PIXELS),
                PIXELS, PIXELS[:, ::-1][:, ::-1]]  # fmt: skip
        assert all(np.array_equal(picture.read(way), PIXELS) for way in ways)
    grey = Image.fromarray(PIXELS).convert("L")
    assert np.array_equal(picture.read(grey), np.repeat(np.asarray(grey)[..., None], 3, 2))
    assert picture.read(PIXELS, (8, 4)).tolist() == picture.read(png, (8, 4)).tolist()


def test_what_is_given_is_neither_changed_nor_kept():
    pixels = PIXELS.copy()
    found = picture.read(pixels)
    pixels[:] = 0
    assert np.array_equal(found, PIXELS)
    note = Image.Exif()
    note[0x0112] = 6  # held on its side
    held = Image.open(io.BytesIO(encoded("PNG", exif=note)))
    assert np.array_equal(picture.read(held), np.rot90(PIXELS, -1)) and held.size == (20, 40)


@pytest.mark.parametrize(
    ("kind", "start"),
    [("GIF", b"GIF89a"), ("HEIC", b"\0\0\0\x18ftypheic"), ("AVIF", b"\0\0\0\x1cftypavif"), ("SVG", b"<svg xmlns")],
)
def test_a_kind_that_is_not_read_is_named_with_those_that_are(kind, start):
    with pytest.raises(Refused, match=f"the file is {kind}; expected JPEG, PNG, BMP, WebP or TIFF"):
        picture.read(start + b"\0" * 50)
    with pytest.raises(Refused, match="expected a complete file of JPEG, PNG, BMP, WebP or TIFF"):
        picture.read(b"a letter to a friend")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (60_000, 60_000, 3)),
            "60000x60000, larger than the limit of 50",
        ),
        (np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (9_000, 6_000, 3)), "6000x9000, larger than the limit of 50"),
        (np.zeros((4, 0, 3), np.uint8), "0x4: a picture without pixels"),
        (PIXELS / 255, "expected a photo (H, W, 3) of uint8, got (40, 20, 3) of float64"),
        (PIXELS[..., 0], "got (40, 20) of uint8"),
        (PIXELS.transpose(2, 0, 1), "got (3, 40, 20) of uint8"),
        (Image.new("RGB", (0, 0)), "0x0: a picture without pixels"),
        (Image.new("I", (4, 4)), "expected 8 or 16 bits a colour"),
        (b"", "empty file"),
        (io.BytesIO(), "file.seek(0)"),
        (io.StringIO("text"), "expected a file that is open in binary mode; this one gave a str"),
        (7, "got a value of type int"),
        ([[1, 2], [3, 4]], "got a value of type list"),
        (None, "got a value of type NoneType"),
    ],
)
def test_what_is_no_photo_is_refused_at_once(source, words):
    started = time.monotonic()
    with pytest.raises(Refused, match=re.escape(words)):
        picture.read(source)
    assert time.monotonic() - started < 5


def test_a_file_that_is_closed_or_opened_to_be_written_is_refused(tmp_path):
    with open(tmp_path / "new.png", "wb") as writing, pytest.raises(Refused, match="the open file cannot be read"):
        picture.read(writing)
    with pytest.raises(Refused, match="the open file cannot be read"):
        picture.read(writing)
