"""Things that stand in a street, drawn once as flat pictures with transparency: cars, bicycles, trees, hedges, poles."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from . import palette
from .palette import linear
from .streams import stream

# kind: width and height in metres, and pixels a metre.
SIZES: dict[str, tuple[float, float, int]] = {
    "car": (4.3, 1.50, 80), "van": (5.0, 2.3, 64), "bike": (1.75, 1.08, 130), "tree": (3.6, 5.0, 56),
    "hedge": (2.6, 1.15, 90), "pole": (.12, 3.6, 100), "bollard": (.20, .95, 130), "bin": (.52, 1.0, 110),
    "bench": (1.7, .88, 110), "sign": (.62, 2.5, 90), "planter": (1.1, 1.15, 100), "stall": (2.6, 2.5, 64),
    "board": (.66, 1.1, 100), "scooter": (1.7, 1.15, 110),
}
VARIANTS = 10


def _rgb(color: tuple[float, float, float], shade: float = 1.) -> tuple[int, int, int]:
    return tuple(int(np.clip(value * shade, 0, 1) * 255) for value in color)


def _car(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int, van: bool) -> None:
    paints = ((.86, .86, .85), (.10, .10, .11), (.55, .57, .60), (.60, .10, .12), (.13, .22, .42), (.75, .70, .60),
              (.20, .33, .26), (.80, .62, .18))
    paint = paints[int(rng.integers(len(paints)))]
    glass = (.12, .15, .18)
    body = h * (.40 if not van else .30)
    draw.rounded_rectangle((w * .01, body, w * .99, h * .84), radius=h * .10, fill=_rgb(paint))
    roof = [(w * .20, body + 2), (w * .32, h * .03), (w * .72, h * .03), (w * .86, body + 2)]
    if van:
        roof = [(w * .02, h * .6), (w * .03, h * .02), (w * .80, h * .02), (w * .93, body + h * .2)]
    draw.polygon(roof, fill=_rgb(paint, .95))
    panes = ((.30, .49), (.52, .72)) if not van else ((.66, .84),)
    for left, right in panes:
        draw.polygon([(w * (left - .05 * (not van)), body), (w * left + w * .02, h * .09), (w * right, h * .09),
                      (w * (right + .03), body)], fill=_rgb(glass, 1 + rng.random()))
    draw.line((w * .50, body, w * .50, h * .80), fill=_rgb(paint, .7), width=2)
    draw.line((w * .03, h * .60, w * .97, h * .60), fill=_rgb(paint, .86), width=2)
    draw.rectangle((w * .01, h * .74, w * .99, h * .84), fill=_rgb(paint, .55))
    draw.rectangle((w * .0, h * .48, w * .035, h * .56), fill=_rgb((.7, .1, .08)))
    draw.rectangle((w * .955, h * .48, w * .99, h * .57), fill=_rgb((.95, .93, .82)))
    for at in (.20, .80):
        r = h * (.21 if not van else .16)
        x, y = w * at, h - r
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(22, 22, 24))
        draw.ellipse((x - r * .55, y - r * .55, x + r * .55, y + r * .55), fill=(150, 152, 155))
        draw.ellipse((x - r * .18, y - r * .18, x + r * .18, y + r * .18), fill=(70, 70, 72))


def _bike(draw: ImageDraw.ImageDraw, rng: np.random.Generator, w: int, h: int, scooter: bool) -> None:
    paint = _rgb(palette.pick(rng, palette.BRIGHT_COLORS))
    r = h * (.31 if not scooter else .22)
    a, b = (r + 3, h - r - 2), (w - r - 3, h - r - 2)
    for x, y in (a, b):
        draw.ellipse((x - r, y - r, x + r, y + r), outline=(24, 24, 26), width=max(int(h * (.035 + .09 * scooter)), 2))
        for k in range(6):
            c, s = np.cos(k * np.pi / 6) * r, np.sin(k * np.pi / 6) * r
            draw.line((x - c, y - s, x + c, y + s), fill=(120, 120, 122), width=1)
    seat, crank, head = (w * .34, h * .26), (w * .44, h - r * .95), (w * .70, h * .24)
    thick = max(int(h * (.035 + .10 * scooter)), 3)
    for p, q in ((a, seat), (a, crank), (seat, crank), (seat, head), (crank, head), (b, head), (head, (w * .67, h * .10))):
        draw.line((*p, *q), fill=paint, width=thick)
    draw.line((w * .60, h * .09, w * .74, h * .12), fill=(30, 30, 30), width=thick)
    draw.ellipse((w * .26, h * .17, w * .42, h * .25), fill=(35, 30, 28))
    if scooter:
        draw.polygon([(w * .16, h * .55), (w * .22, h * .28), (w * .52, h * .28), (w * .52, h * .72)], fill=paint)


def _leaves(draw: ImageDraw.ImageDraw, rng: np.random.Generator, area: tuple[float, float, float, float], count: int,
            size: float) -> None:
    base = np.array(((.16, .30, .10), (.22, .38, .12), (.12, .25, .13), (.35, .38, .13), (.46, .30, .12))
                    [int(rng.integers(5))])
    x0, y0, x1, y1 = area
    for k in range(count):
        share = k / count
        x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        inside = ((x - (x0 + x1) / 2) / (x1 - x0) * 2) ** 4 + ((y - (y0 + y1) / 2) / (y1 - y0) * 2) ** 4
        if inside > .9:
            continue
        light = .35 + .95 * share + .35 * (y1 - y) / (y1 - y0) - .2
        r = size * rng.uniform(.5, 1.2) * (1.5 - .9 * share)
        draw.ellipse((x - r, y - r * .8, x + r, y + r * .8), fill=_rgb(base, light * rng.uniform(.75, 1.2)))


@lru_cache(maxsize=200)
def sprite(kind: str, variant: int) -> np.ndarray:
    """(H, W, 4) float32: linear red, green, blue, and opacity, each in [0, 1]. Row 0 is the top. Read-only."""
    wide, high, density = SIZES[kind]
    w, h = int(wide * density), int(high * density)
    picture = Image.new("RGBA", (w, h), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    rng = stream("prop", kind, variant)
    grey = rng.uniform(.25, .62)
    if kind in ("car", "van"):
        _car(draw, rng, w, h, kind == "van")
    elif kind in ("bike", "scooter"):
        _bike(draw, rng, w, h, kind == "scooter")
    elif kind == "tree":
        bark = (.27, .21, .16) if variant % 3 else (.55, .53, .48)
        draw.polygon([(w * .455, h), (w * .475, h * .3), (w * .525, h * .3), (w * .55, h)], fill=_rgb(bark))
        for k in range(60):
            x = w * rng.uniform(.46, .545)
            draw.line((x, h * rng.uniform(.4, 1), x, h * rng.uniform(.4, 1)), fill=_rgb(bark, rng.uniform(.6, 1.3)))
        _leaves(draw, rng, (w * .03, 0, w * .97, h * rng.uniform(.42, .56)), 1500, w * .040)
    elif kind == "hedge":
        _leaves(draw, rng, (-w * .1, h * .02, w * 1.1, h * 1.25), 2600, w * .022)
    elif kind == "pole":
        draw.rectangle((0, 0, w, h), fill=_rgb((grey, grey, grey * 1.03)))
        draw.rectangle((0, 0, w * .3, h), fill=_rgb((grey, grey, grey), .65))
    elif kind == "bollard":
        paint = ((.18, .18, .19), (.55, .55, .56), (.75, .18, .12))[variant % 3]
        draw.rounded_rectangle((0, 0, w - 1, h), radius=w * .4, fill=_rgb(paint))
        draw.rectangle((0, h * .14, w, h * .24), fill=(226, 226, 222))
        draw.rectangle((0, 0, w * .2, h), fill=_rgb(paint, .6))
    elif kind == "bin":
        paint = ((.16, .30, .20), (.20, .21, .22), (.15, .25, .45), (.45, .34, .12))[variant % 4]
        draw.rounded_rectangle((w * .04, h * .10, w * .96, h), radius=w * .08, fill=_rgb(paint))
        draw.rounded_rectangle((0, 0, w - 1, h * .16), radius=w * .1, fill=_rgb(paint, .7))
        for k in range(5):
            draw.line((w * (.15 + .17 * k), h * .2, w * (.15 + .17 * k), h * .95), fill=_rgb(paint, .8), width=2)
    elif kind == "bench":
        wood = _rgb((.45, .30, .18))
        for y in (.05, .20, .35, .52):
            draw.rectangle((0, h * y, w, h * (y + .10)), fill=wood)
        for x in (.08, .86):
            draw.rectangle((w * x, h * .05, w * (x + .06), h), fill=(40, 40, 42))
    elif kind == "sign":
        draw.rectangle((w * .46, h * .1, w * .54, h), fill=(140, 142, 145))
        paint = ((.15, .30, .66), (.75, .12, .12), (.92, .76, .12), (.12, .45, .28))[variant % 4]
        if variant % 2:
            draw.ellipse((0, 0, w - 1, w - 1), fill=_rgb(paint))
            draw.ellipse((w * .18, w * .18, w * .82, w * .82), fill=(238, 238, 235))
        else:
            draw.rectangle((0, 0, w, w * .9), fill=_rgb(paint))
            draw.rectangle((w * .2, w * .3, w * .8, w * .5), fill=(240, 240, 238))
    elif kind == "planter":
        _leaves(draw, rng, (w * .05, 0, w * .95, h * .70), 700, w * .04)
        for k in range(int(rng.integers(0, 26))):
            x, y = w * rng.uniform(.15, .85), h * rng.uniform(.06, .45)
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=_rgb(palette.pick(rng, palette.BRIGHT_COLORS)))
        draw.polygon([(0, h * .55), (w, h * .55), (w * .92, h), (w * .08, h)], fill=_rgb((.52, .47, .43)))
    elif kind == "stall":
        cloth = palette.pick(rng, palette.BRIGHT_COLORS)
        for k in range(9):
            fill = _rgb(cloth) if k % 2 else (235, 233, 228)
            draw.polygon([(w * k / 9, h * .26), (w * (.08 + .84 * k / 9), 0), (w * (.08 + .84 * (k + 1) / 9), 0),
                          (w * (k + 1) / 9, h * .26)], fill=fill)
        draw.rectangle((w * .04, h * .26, w * .96, h * .60), fill=_rgb((.18, .16, .15)))
        for x in (.03, .94):
            draw.rectangle((w * x, h * .2, w * (x + .03), h), fill=(110, 108, 105))
        for k in range(28):
            x, y, r = w * rng.uniform(.08, .92), h * rng.uniform(.50, .62), w * .035
            draw.ellipse((x - r, y - r, x + r, y + r), fill=_rgb(palette.pick(rng, palette.BRIGHT_COLORS)))
        draw.rectangle((w * .04, h * .62, w * .96, h * .97), fill=_rgb(cloth, .7))
    elif kind == "board":
        draw.polygon([(w * .08, 0), (w * .92, 0), (w, h), (0, h)], fill=_rgb((.16, .13, .11)))
        draw.rectangle((w * .16, h * .08, w * .84, h * .80), fill=_rgb(palette.pick(rng, palette.BRIGHT_COLORS)))
        for k in range(4):
            draw.rectangle((w * .25, h * (.2 + .13 * k), w * rng.uniform(.5, .78), h * (.25 + .13 * k)), fill=(235, 233, 225))
    pixels = np.asarray(picture, np.float32) / 255
    out = np.concatenate((linear(pixels[..., :3]), pixels[..., 3:]), -1)
    out.setflags(write=False)
    return out
