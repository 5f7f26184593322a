"""Contact sheets: people by cameras, side by side."""

from pathlib import Path

import numpy as np
from PIL import Image

from .dataset import read_people
from .identity import draw_identity
from .shot import render
from .view import CAMERAS, draw_view


def grid(rows: list[list[np.ndarray]], gap: int = 2, zoom: int = 1) -> Image.Image:
    """Pictures (H, W, 3) uint8, RGB in rows, `gap` white pixels apart, enlarged by a whole number."""
    height, width = rows[0][0].shape[:2]
    columns = max(map(len, rows))
    sheet = np.full((len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            sheet[i * (height + gap) : i * (height + gap) + height, j * (width + gap) : j * (width + gap) + width] = (
                picture
            )
    image = Image.fromarray(sheet)
    return image.resize((image.width * zoom, image.height * zoom), Image.Resampling.BICUBIC) if zoom > 1 else image


def contact_sheet(root: Path | str, people: int = 6, *, zoom: int = 1) -> Image.Image:
    """The first `people` of a rendered folder, one a row: the first photo under each camera, as it was written.

    Raises: Refused, in a sentence, where the folder has no people.json.
    """
    rows: dict[int, dict[int, np.ndarray]] = {}
    for record in read_people(root):
        if record.person < 1 or (len(rows) == people and record.person not in rows):
            continue
        row = rows.setdefault(record.person, {})
        if record.view.camera not in row:
            with Image.open(Path(root) / record.path) as photo:
                row[record.view.camera] = np.asarray(photo.convert("RGB"))
    return grid([[row[camera] for camera in sorted(row)] for row in rows.values()], zoom=zoom)


def drawn_sheet(
    people: int = 6, seed: int = 0, *, first: int = 1, size: tuple[int, int] = (128, 64), zoom: int = 1
) -> Image.Image:
    """The same without a folder, rendered here. size: (height, width) pixels of a photo."""
    return grid(
        [
            [
                render(draw_identity(seed, person), draw_view(seed, person, camera, 0), size=size).image
                for camera in range(1, len(CAMERAS) + 1)
            ]
            for person in range(first, first + people)
        ],
        zoom=zoom,
    )
