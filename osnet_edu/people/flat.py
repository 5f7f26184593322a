"""A photo with flat marks painted on it, between the street and the lens: what differs in a pair is then known exactly.

A mark that is part of a garment is lit as the garment is. The upper one of two marks is lit otherwise than the lower
one, so brightness alone tells where a single mark sits, and so do the folds beside it. So the
marks here are flat, and so is the garment under them: each is of one light, laid over the finished scene before the
lens blurs it and the sensor adds its noise. Several pictures of one scene share pose, light, lens and noise, and differ
in their marks alone.

Shapes: H rows, W columns. Places are pixels of a photo of 128 rows; a larger photo has proportionally larger marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..refused import Refused
from . import camera, shot
from .body import LABEL
from .identity import Identity
from .palette import Color, linear
from .view import View

_ROWS = 128  # of the photo that places refer to


@dataclass(frozen=True)
class Mark:
    """A rectangle of one colour.  row, column: of its upper left corner, from the panel's.  color: display sRGB."""

    row: int
    column: int
    height: int
    width: int
    color: Color


@dataclass(frozen=True)
class Panel:
    """A field on a garment that becomes flat.  height, width: pixels, in which marks lie.  on: the garment's label."""

    height: int
    width: int
    on: str = "top"


@dataclass(frozen=True)
class Flat:
    """Pictures of one scene.  images: (N, H, W, 3) uint8, one for each set of marks.

    at: (row, column) of the panel's upper left corner in them.  cover: the share of the panel's pixels that show the
    label on which it should lie.
    """

    images: np.ndarray
    at: tuple[int, int]
    cover: float


def paint_flat(
    identity: Identity,
    view: View,
    panel: Panel,
    sets: Sequence[Sequence[Mark]],
    *,
    size: tuple[int, int] = (128, 64),
    color: Color,
) -> Flat:
    """Several pictures of one scene, each with marks of its own on a flat garment; without JPEG.

    JPEG's blocks would carry a change to where nothing was painted.  color: of the garment.  The panel lies in the
    middle of the pixels that show the garment.  The light of garment and marks is their colour times how the garment is
    lit on average, one number a channel for the whole picture.
    Raises: Refused for a mark that is not on the panel, a size that is not a multiple of 128 rows, and where the label
    does not show at all.
    """
    scale, rest = divmod(size[0], _ROWS)
    if rest or scale < 1:
        raise Refused(f"photos with flat marks need a multiple of {_ROWS} rows, got {size[0]}")
    for mark in (mark for marks in sets for mark in marks):
        if (
            min(mark.row, mark.column) < 0
            or mark.row + mark.height > panel.height
            or (mark.column + mark.width > panel.width)
        ):
            raise Refused(f"a mark of {mark.height} x {mark.width} at ({mark.row}, {mark.column}) leaves its panel")
    exposed = shot.expose(identity, view, size)
    on = exposed.shot.labels == LABEL[panel.on]
    if not on.any():
        raise Refused(f"no pixel of this photo shows {panel.on}, on which the panel should lie")
    height, width = panel.height * scale, panel.width * scale
    rows, columns = np.nonzero(on)
    top = int(np.clip((rows.min() + rows.max() + 1 - height) // 2, 0, size[0] - height))
    inside = (rows >= top) & (rows < top + height)
    left = int(np.clip(round(float(np.median(columns[inside] if inside.any() else columns))) - width // 2,
                       0, size[1] - width))  # fmt: skip
    field = np.s_[top : top + height, left : left + width]
    lit = exposed.light[on].mean(0) / linear(identity.top_color)
    images = []
    for marks in sets:
        light = exposed.light.copy()
        light[on] = light[field] = linear(color) * lit
        for mark in marks:
            row, column = top + mark.row * scale, left + mark.column * scale
            light[row : row + mark.height * scale, column : column + mark.width * scale] = linear(mark.color) * lit
        images.append(camera.develop(light, view))
    return Flat(np.stack(images), (top, left), float(on[field].mean()))
