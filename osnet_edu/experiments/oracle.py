"""Is the task of telling twins apart a fair one? An oracle that is told where to look, and knows nothing else.

It gets a photo and the mask of the part in which the twins differ, and keeps no more than the mean colour there; where
the pattern differs, how much the brightness changes along rows and along columns, and how the colour changes from top
to bottom. It has learned nothing and knows no camera. What it decides right can be decided from the pixels; a network
must find out by itself where to look. The comparisons are those of `twins`, among all photos of the set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import people, retrieval
from ..photos import market, picture
from ..trials.twins import VISIBLE, ToldApart, tell_apart

_FEATURES = 5  # numbers that describe a part; a colour fills three of them


@dataclass(frozen=True)
class Part:
    """What can be seen of one part. All but families in [0, 1].

    right: share of the comparisons decided right, chance 0.5.  visible, worst: share of a person's photos on which at
    least 12 pixels of it show, the mean and the least of all people.  share: of the person's pixels, mean of photos.
    """

    right: float
    families: int
    visible: float
    worst: float
    share: float


@dataclass(frozen=True)
class Oracle:
    """parts: by name.  told_apart: the comparisons behind them."""

    parts: dict[str, Part]
    told_apart: ToldApart

    def __str__(self) -> str:
        low, high = self.told_apart.interval
        lines = [
            f"Told the part's mask, right in {self.told_apart.right:.1%} [{low:.1%}, {high:.1%}] of the comparisons, "
            f"chance 50 %; {len(self.told_apart.families)} families.",
            f"{'':<14}{'right':>8}{'families':>10}{'visible':>9}{'worst':>8}{'of the person':>15}",
        ]
        lines += [
            f"{name:<14}{part.right:>8.1%}{part.families:>10}{part.visible:>9.1%}{part.worst:>8.1%}{part.share:>15.1%}"
            for name, part in self.parts.items()
        ]
        return "\n".join(
            [*lines, f"visible: share of a person's photos that show at least {VISIBLE} pixels of the part"]
        )


def describe_part(image: np.ndarray, mask: np.ndarray, part: str) -> np.ndarray:
    """The five numbers of one part: its mean colour, or the contrast along rows and columns and the colour's change.

    image: (H, W, 3) uint8 display sRGB.  mask: (H, W) bool, True somewhere.  part: one of people.TWIN_PARTS.
    Returns: (5,) float; zeros fill up a colour.
    """
    value = image.astype(float) / 255
    if part != "pattern":
        return np.append(value[mask].mean(0), (0.0, 0.0))
    grey = value.mean(-1)
    down = _change(np.abs(np.diff(grey, axis=0)), mask[1:] & mask[:-1])
    along = _change(np.abs(np.diff(grey, axis=1)), mask[:, 1:] & mask[:, :-1])
    rows = np.nonzero(mask)[0]
    upper = rows <= np.median(rows)
    color = value[mask]
    fall = color[~upper].mean(0) - color[upper].mean(0) if not upper.all() else np.zeros(3)
    # Neighbours differ by less than halves of a garment do: the weights bring both to one size.
    return np.append((8 * (down - along), 4 * (down + along)), 2 * fall)


def _change(step: np.ndarray, inside: np.ndarray) -> float:
    return float(step[inside].mean()) if inside.any() else 0.0


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> Oracle:
    """Ask the oracle about every photo of a twin in a folder of rendered people.

    Raises: Refused where the folder has no people.json, a mask is missing, or no twins can be compared.
    """
    records = [record for record in people.read_people(root) if record.part]
    features = np.zeros((len(records), _FEATURES))
    for i, record in enumerate(records):
        if record.visible >= VISIBLE:
            features[i] = describe_part(*_look(Path(root), record), record.part)
        if progress:
            progress(i + 1, len(records))
    return measure_oracle(records, features)


def measure_oracle(records: Sequence[people.PhotoRecord], features: np.ndarray) -> Oracle:
    """Compare photos of twins by features of their part: (N, D), by Euclidean distance."""
    told = tell_apart(retrieval.distances(features, features, "euclidean"), records, records)
    parts = {}
    by_part = told.by_part()
    for name in (name for name in people.TWIN_PARTS if name in by_part):
        here = [record for record in records if record.part == name]
        shows: dict[int, list[bool]] = {}
        for record in here:
            shows.setdefault(record.person, []).append(record.visible >= VISIBLE)
        seen = [float(np.mean(photos)) for photos in shows.values()]
        parts[name] = Part(*by_part[name], float(np.mean(seen)), min(seen), float(np.mean([r.share for r in here])))
    return Oracle(parts, told)


def _look(root: Path, record: people.PhotoRecord) -> tuple[np.ndarray, np.ndarray]:
    """A photo, (H, W, 3) uint8, RGB, and where the part in which its person has a twin shows, (H, W) bool."""
    labels = market.read_mask(root / record.path, len(people.PARTS))
    image = picture.read(root / record.path)
    return image, np.isin(labels, [people.PARTS.index(name) for name in people.TWIN_LABELS[record.part]])
