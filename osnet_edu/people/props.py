"""Things that stand in a street, drawn once as flat pictures with transparency: cars, bicycles, trees, hedges."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from .. import draws
from . import palette
from .palette import linear

# kind: width and height in metres, and pixels a metre.
SIZES: dict[str, tuple[float, float, int]] = {
    "car": (4.3, 1.50, 80),
    "van": (5.0, 2.3, 64),
    "bike": (1.75, 1.08, 130),
    "tree": (3.6, 5.0, 56),
    "hedge": (2.6, 1.15, 90),
    "pole": (0.12, 3.6, 100),
    "bollard": (0.20, 0.95, 130),
    "bin": (0.52, 1.0, 110),
    "bench": (1.7, 0.88, 110),
    "sign": (0.62, 2.5, 90),
    "planter": (1.1, 1.15, 100),
    "stall": (2.6, 2.5, 64),
    "board": (0.66, 1.1, 100),
    "scooter": (1.7, 1.15, 110),
}
VARIANTS = 10


def _rgb(color: palette.Color | np.ndarray, shade: float = 1.0) -> tuple[int, int, int]:
    red, green, blue = (int(np.clip(value * shade, 0, 1) * 255) for value in color)
    return red, green, blue


def _car(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int, van: bool) -> None:
    paints = (
        (0.86, 0.86, 0.85),
        (0.10, 0.10, 0.11),
        (0.55, 0.57, 0.60),
        (0.60, 0.10, 0.12),
        (0.13, 0.22, 0.42),
        (0.75, 0.70, 0.60),
        (0.20, 0.33, 0.26),
        (0.80, 0.62, 0.18),
    )
    paint = paints[int(rng.integers(len(paints)))]
    glass = (0.12, 0.15, 0.18)
    body = h * (0.40 if not van else 0.30)
    draw.rounded_rectangle((w * 0.01, body, w * 0.99, h * 0.84), radius=h * 0.10, fill=_rgb(paint))
    roof = [(w * 0.20, body + 2), (w * 0.32, h * 0.03), (w * 0.72, h * 0.03), (w * 0.86, body + 2)]
    if van:
        roof = [(w * 0.02, h * 0.6), (w * 0.03, h * 0.02), (w * 0.80, h * 0.02), (w * 0.93, body + h * 0.2)]
    draw.polygon(roof, fill=_rgb(paint, 0.95))
    panes = ((0.30, 0.49), (0.52, 0.72)) if not van else ((0.66, 0.84),)
    for left, right in panes:
        draw.polygon(
            [
                (w * (left - 0.05 * (not van)), body),
                (w * left + w * 0.02, h * 0.09),
                (w * right, h * 0.09),
                (w * (right + 0.03), body),
            ],
            fill=_rgb(glass, 1 + rng.random()),
        )
    draw.line((w * 0.50, body, w * 0.50, h * 0.80), fill=_rgb(paint, 0.7), width=2)
    draw.line((w * 0.03, h * 0.60, w * 0.97, h * 0.60), fill=_rgb(paint, 0.86), width=2)
    draw.rectangle((w * 0.01, h * 0.74, w * 0.99, h * 0.84), fill=_rgb(paint, 0.55))
    draw.rectangle((w * 0.0, h * 0.48, w * 0.035, h * 0.56), fill=_rgb((0.7, 0.1, 0.08)))
    draw.rectangle((w * 0.955, h * 0.48, w * 0.99, h * 0.57), fill=_rgb((0.95, 0.93, 0.82)))
    for at in (0.20, 0.80):
        r = h * (0.21 if not van else 0.16)
        x, y = w * at, h - r
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(22, 22, 24))
        draw.ellipse((x - r * 0.55, y - r * 0.55, x + r * 0.55, y + r * 0.55), fill=(150, 152, 155))
        draw.ellipse((x - r * 0.18, y - r * 0.18, x + r * 0.18, y + r * 0.18), fill=(70, 70, 72))


def _bike(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int, scooter: bool) -> None:
    paint = _rgb(palette.pick(rng, palette.BRIGHT_COLORS))
    r = h * (0.31 if not scooter else 0.22)
    a, b = (r + 3, h - r - 2), (w - r - 3, h - r - 2)
    for x, y in (a, b):
        draw.ellipse(
            (x - r, y - r, x + r, y + r), outline=(24, 24, 26), width=max(int(h * (0.035 + 0.09 * scooter)), 2)
        )
        for k in range(6):
            c, s = np.cos(k * np.pi / 6) * r, np.sin(k * np.pi / 6) * r
            draw.line((x - c, y - s, x + c, y + s), fill=(120, 120, 122), width=1)
    seat, crank, head = (w * 0.34, h * 0.26), (w * 0.44, h - r * 0.95), (w * 0.70, h * 0.24)
    thick = max(int(h * (0.035 + 0.10 * scooter)), 3)
    for p, q in (
        (a, seat),
        (a, crank),
        (seat, crank),
        (seat, head),
        (crank, head),
        (b, head),
        (head, (w * 0.67, h * 0.10)),
    ):
        draw.line((*p, *q), fill=paint, width=thick)
    draw.line((w * 0.60, h * 0.09, w * 0.74, h * 0.12), fill=(30, 30, 30), width=thick)
    draw.ellipse((w * 0.26, h * 0.17, w * 0.42, h * 0.25), fill=(35, 30, 28))
    if scooter:
        draw.polygon(
            [(w * 0.16, h * 0.55), (w * 0.22, h * 0.28), (w * 0.52, h * 0.28), (w * 0.52, h * 0.72)], fill=paint
        )


def _leaves(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    area: tuple[float, float, float, float],
    count: int,
    size: float,
) -> None:
    base = np.array(
        ((0.16, 0.30, 0.10), (0.22, 0.38, 0.12), (0.12, 0.25, 0.13), (0.35, 0.38, 0.13), (0.46, 0.30, 0.12))[
            int(rng.integers(5))
        ]
    )
    x0, y0, x1, y1 = area
    for k in range(count):
        share = k / count
        x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        inside = ((x - (x0 + x1) / 2) / (x1 - x0) * 2) ** 4 + ((y - (y0 + y1) / 2) / (y1 - y0) * 2) ** 4
        if inside > 0.9:
            continue
        light = 0.35 + 0.95 * share + 0.35 * (y1 - y) / (y1 - y0) - 0.2
        r = size * rng.uniform(0.5, 1.2) * (1.5 - 0.9 * share)
        draw.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), fill=_rgb(base, light * rng.uniform(0.75, 1.2)))


def _tree(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int, variant: int) -> None:
    bark = (0.27, 0.21, 0.16) if variant % 3 else (0.55, 0.53, 0.48)
    draw.polygon([(w * 0.455, h), (w * 0.475, h * 0.3), (w * 0.525, h * 0.3), (w * 0.55, h)], fill=_rgb(bark))
    for _ in range(60):
        x = w * rng.uniform(0.46, 0.545)
        draw.line((x, h * rng.uniform(0.4, 1), x, h * rng.uniform(0.4, 1)), fill=_rgb(bark, rng.uniform(0.6, 1.3)))
    _leaves(draw, rng, (w * 0.03, 0, w * 0.97, h * rng.uniform(0.42, 0.56)), 1500, w * 0.040)


def _hedge(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int) -> None:
    _leaves(draw, rng, (-w * 0.1, h * 0.02, w * 1.1, h * 1.25), 2600, w * 0.022)


def _pole(draw: ImageDraw.ImageDraw, w: int, h: int, grey: float) -> None:
    draw.rectangle((0, 0, w, h), fill=_rgb((grey, grey, grey * 1.03)))
    draw.rectangle((0, 0, w * 0.3, h), fill=_rgb((grey, grey, grey), 0.65))


def _bollard(draw: ImageDraw.ImageDraw, w: int, h: int, variant: int) -> None:
    paint = ((0.18, 0.18, 0.19), (0.55, 0.55, 0.56), (0.75, 0.18, 0.12))[variant % 3]
    draw.rounded_rectangle((0, 0, w - 1, h), radius=w * 0.4, fill=_rgb(paint))
    draw.rectangle((0, h * 0.14, w, h * 0.24), fill=(226, 226, 222))
    draw.rectangle((0, 0, w * 0.2, h), fill=_rgb(paint, 0.6))


def _bin(draw: ImageDraw.ImageDraw, w: int, h: int, variant: int) -> None:
    paint = ((0.16, 0.30, 0.20), (0.20, 0.21, 0.22), (0.15, 0.25, 0.45), (0.45, 0.34, 0.12))[variant % 4]
    draw.rounded_rectangle((w * 0.04, h * 0.10, w * 0.96, h), radius=w * 0.08, fill=_rgb(paint))
    draw.rounded_rectangle((0, 0, w - 1, h * 0.16), radius=w * 0.1, fill=_rgb(paint, 0.7))
    for k in range(5):
        draw.line((w * (0.15 + 0.17 * k), h * 0.2, w * (0.15 + 0.17 * k), h * 0.95), fill=_rgb(paint, 0.8), width=2)


def _bench(draw: ImageDraw.ImageDraw, w: int, h: int) -> None:
    wood = _rgb((0.45, 0.30, 0.18))
    for y in (0.05, 0.20, 0.35, 0.52):
        draw.rectangle((0, h * y, w, h * (y + 0.10)), fill=wood)
    for x in (0.08, 0.86):
        draw.rectangle((w * x, h * 0.05, w * (x + 0.06), h), fill=(40, 40, 42))


def _sign(draw: ImageDraw.ImageDraw, w: int, h: int, variant: int) -> None:
    draw.rectangle((w * 0.46, h * 0.1, w * 0.54, h), fill=(140, 142, 145))
    paint = ((0.15, 0.30, 0.66), (0.75, 0.12, 0.12), (0.92, 0.76, 0.12), (0.12, 0.45, 0.28))[variant % 4]
    if variant % 2:
        draw.ellipse((0, 0, w - 1, w - 1), fill=_rgb(paint))
        draw.ellipse((w * 0.18, w * 0.18, w * 0.82, w * 0.82), fill=(238, 238, 235))
    else:
        draw.rectangle((0, 0, w, w * 0.9), fill=_rgb(paint))
        draw.rectangle((w * 0.2, w * 0.3, w * 0.8, w * 0.5), fill=(240, 240, 238))


def _planter(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int) -> None:
    _leaves(draw, rng, (w * 0.05, 0, w * 0.95, h * 0.70), 700, w * 0.04)
    for _ in range(int(rng.integers(0, 26))):
        x, y = w * rng.uniform(0.15, 0.85), h * rng.uniform(0.06, 0.45)
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=_rgb(palette.pick(rng, palette.BRIGHT_COLORS)))
    draw.polygon([(0, h * 0.55), (w, h * 0.55), (w * 0.92, h), (w * 0.08, h)], fill=_rgb((0.52, 0.47, 0.43)))


def _stall(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int) -> None:
    cloth = palette.pick(rng, palette.BRIGHT_COLORS)
    for k in range(9):
        fill = _rgb(cloth) if k % 2 else (235, 233, 228)
        draw.polygon(
            [
                (w * k / 9, h * 0.26),
                (w * (0.08 + 0.84 * k / 9), 0),
                (w * (0.08 + 0.84 * (k + 1) / 9), 0),
                (w * (k + 1) / 9, h * 0.26),
            ],
            fill=fill,
        )
    draw.rectangle((w * 0.04, h * 0.26, w * 0.96, h * 0.60), fill=_rgb((0.18, 0.16, 0.15)))
    for x in (0.03, 0.94):
        draw.rectangle((w * x, h * 0.2, w * (x + 0.03), h), fill=(110, 108, 105))
    for _ in range(28):
        x, y, r = w * rng.uniform(0.08, 0.92), h * rng.uniform(0.50, 0.62), w * 0.035
        draw.ellipse((x - r, y - r, x + r, y + r), fill=_rgb(palette.pick(rng, palette.BRIGHT_COLORS)))
    draw.rectangle((w * 0.04, h * 0.62, w * 0.96, h * 0.97), fill=_rgb(cloth, 0.7))


def _board(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int) -> None:
    draw.polygon([(w * 0.08, 0), (w * 0.92, 0), (w, h), (0, h)], fill=_rgb((0.16, 0.13, 0.11)))
    draw.rectangle((w * 0.16, h * 0.08, w * 0.84, h * 0.80), fill=_rgb(palette.pick(rng, palette.BRIGHT_COLORS)))
    for k in range(4):
        draw.rectangle(
            (w * 0.25, h * (0.2 + 0.13 * k), w * rng.uniform(0.5, 0.78), h * (0.25 + 0.13 * k)),
            fill=(235, 233, 225),
        )


@lru_cache(maxsize=200)
def sprite(kind: str, variant: int) -> np.ndarray:
    """(H, W, 4) float32: linear red, green, blue, and opacity, each in [0, 1]. Row 0 is the top. Read-only."""
    wide, high, density = SIZES[kind]
    w, h = int(wide * density), int(high * density)
    picture = Image.new("RGBA", (w, h), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    rng = draws.named("prop", kind, variant)
    grey = rng.uniform(0.25, 0.62)
    if kind in ("car", "van"):
        _car(draw, rng, w, h, kind == "van")
    elif kind in ("bike", "scooter"):
        _bike(draw, rng, w, h, kind == "scooter")
    elif kind == "tree":
        _tree(draw, rng, w, h, variant)
    elif kind == "hedge":
        _hedge(draw, rng, w, h)
    elif kind == "pole":
        _pole(draw, w, h, grey)
    elif kind == "bollard":
        _bollard(draw, w, h, variant)
    elif kind == "bin":
        _bin(draw, w, h, variant)
    elif kind == "bench":
        _bench(draw, w, h)
    elif kind == "sign":
        _sign(draw, w, h, variant)
    elif kind == "planter":
        _planter(draw, rng, w, h)
    elif kind == "stall":
        _stall(draw, rng, w, h)
    elif kind == "board":
        _board(draw, rng, w, h)
    pixels = np.asarray(picture, np.float32) / 255
    out = np.concatenate((linear(pixels[..., :3]), pixels[..., 3:]), -1)
    out.setflags(write=False)
    return out
