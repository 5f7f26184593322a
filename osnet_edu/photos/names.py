"""Names of photos: 0002_c1s1_000451_03.jpg is person 2, camera 1, sequence 1, frame 451, box 3.

Other kits write other endings and count cameras from 0, so camera 0 is a valid camera.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from ..refused import Refused
from ..retrieval import JUNK

EXAMPLE = "0002_c1s1_000451_03.jpg"
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")  # of the pictures that are read

# Up to 18 digits: numbers that 64 bits hold.
_NUMBERS = r"(-1|\d{4,18})_c(\d{1,18})s(\d{1,18})_(\d{1,18})_(\d{1,18})"
_NAME = re.compile(rf"{_NUMBERS}(?:{'|'.join(map(re.escape, ENDINGS))})+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Photo:
    """One photo and what its name says.  person: > 0, or DISTRACTOR, or JUNK; in a training split 0 is a person too."""

    path: Path
    person: int
    camera: int
    sequence: int
    frame: int
    box: int

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.path.name


def format_name(person: int, camera: int, sequence: int, frame: int, box: int) -> str:
    """The file name of a photo.  Raises: Refused for a field that no name can hold."""
    if person < JUNK or camera < 1 or sequence < 1 or frame < 0 or box < 0:
        raise Refused(
            "a photo needs person >= -1, camera >= 1, sequence >= 1, frame >= 0 and box >= 0, "
            f"got {person}, {camera}, {sequence}, {frame}, {box}"
        )
    who = "-1" if person == JUNK else f"{person:04d}"
    return f"{who}_c{camera}s{sequence}_{frame:06d}_{box:02d}.jpg"


def parse_name(path: Path | str) -> Photo | None:
    """The photo that a file name describes, or None if it is not a Market-1501 name."""
    path = Path(path)
    match = _NAME.fullmatch(path.name)
    return Photo(path, *map(int, match.groups())) if match else None
