"""What is known about the photos of a folder, and which of its queries fit a wish.

Rendered people come with all that they wear, so a student can look for a red top or for twins by a bag. Of real photos
only the name is known.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from .. import retrieval
from ..explain import known, without
from ..photos import inspection, market
from ..photos.market import DISTRACTOR, JUNK, Market, Photo
from ..refused import Refused
from ..retrieval import mining

BY_NAME, BY_POSITIVE, BY_NEGATIVE, BY_MARGIN = "name", "hardest positive", "hardest negative", "smallest margin"
SORTS = (BY_NAME, BY_POSITIVE, BY_NEGATIVE, BY_MARGIN)
# What a person wears that can be seen and named, in the order of a description.
_LOOKS = ("top", "pattern", "logo", "bottom", "shoe", "bag", "hat", "hair", "beard", "glasses", "umbrella")
PLAIN = ("none", "plain")  # what goes without saying
NAMED = {  # a few colours that everybody knows, display sRGB in [0, 1]
    "black": (0.08, 0.08, 0.09),
    "grey": (0.5, 0.5, 0.5),
    "white": (0.93, 0.93, 0.92),
    "red": (0.76, 0.12, 0.13),
    "dark red": (0.40, 0.08, 0.13),
    "pink": (0.92, 0.62, 0.69),
    "orange": (0.91, 0.45, 0.12),
    "yellow": (0.94, 0.79, 0.22),
    "dark yellow": (0.76, 0.56, 0.15),
    "olive": (0.37, 0.37, 0.20),
    "green": (0.13, 0.45, 0.24),
    "light green": (0.60, 0.83, 0.73),
    "teal": (0.08, 0.46, 0.47),
    "light blue": (0.56, 0.74, 0.88),
    "blue": (0.15, 0.33, 0.66),
    "dark blue": (0.10, 0.14, 0.28),
    "purple": (0.40, 0.22, 0.54),
    "brown": (0.39, 0.26, 0.17),
    "beige": (0.76, 0.66, 0.52),
}


@dataclass(frozen=True)
class Wish:
    """Which queries to list, and in which order; the default lists all.

    search: words that must all occur in a photo's name or description. If they stand side by side for some photos,
    only these are listed.  camera: 0 for any.  attribute: such as "hat: cap".  twin: a part by which the person differs
    from a twin.  failures: only those whose first photo shows another person.  sort: one of SORTS.
    """

    search: str = ""
    camera: int = 0
    attribute: str = ""
    twin: str = ""
    failures: bool = False
    sort: str = BY_NAME


WISHES = tuple(field.name for field in fields(Wish))


@dataclass(frozen=True)
class Hardness:
    """How hard each of Q queries is for a network.  first_hit: (Q,) rank of the first match, 0 without one.
    positive, negative: (Q,) similarity to the hardest positive and hardest negative; nan where there is none.
    average_precision: (Q,), nan without a match.
    """

    first_hit: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    average_precision: np.ndarray


def open_folder(folder: Path | str | Market) -> Market:
    """A Market-1501 folder, or a plain folder with one folder a person.  Raises: Refused for anything else."""
    if isinstance(folder, Market):
        return folder
    if not isinstance(folder, Path | str):
        raise Refused(f"expected the name of a folder, or what market.read gives, got {type(folder).__name__}")
    root = path_named(folder, "a folder")
    if not root.is_dir():
        raise Refused(f"{root} is not a folder; expected a Market-1501 folder, or one folder for each person in it")
    return inspection.inspect(root, train=False, folders=True).usable()


def path_named(name: Path | str, what: str) -> Path:
    """A name as a path, whether something is there or not.  Raises: Refused for a name that nothing can have."""
    try:
        path = Path(name).expanduser()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:  # an endless name, no home folder, a null character
        raise Refused(f"{str(name)[:60]!r} is not a name of {what} ({error})") from error
    return path


class Album:
    """Names, words and attributes of the photos of a market.

    attributes: "hat: cap" and the like, those that a query has, in order.  twins: parts by which a query differs from
    its twin.  cameras: of the queries.
    """

    def __init__(self, found: Market):
        self.market = found
        self.folder = known.Folder(found.root)
        self.named = bool(found.train) or all(photo.path.parent.name in market.SPLITS.values() for photo in found.query)
        self._worn = {photo: self._wears(photo) for photo in found.query}
        of = {f"{what}: {value}" for worn in self._worn.values() for what, value in worn.items()}
        self.attributes = sorted(of - {f"{what}: {value}" for what in _LOOKS for value in PLAIN})
        self.twins = sorted({self.part(photo) for photo in found.query} - {""})
        self.cameras = sorted({photo.camera for photo in found.query} - {0})  # 0 is any camera in a wish

    def name(self, photo: Photo) -> str:
        """A name that only this photo has: the file's, and in a plain folder the person's folder before it."""
        return photo.name if self.named else f"{photo.path.parent.name}/{photo.name}"

    def who(self, photo: Photo) -> str:
        """Such as "person 12, camera 3"."""
        if not self.named:
            return photo.path.parent.name
        person = {DISTRACTOR: "a passer-by", JUNK: "junk"}.get(photo.person, f"person {photo.person}")
        return f"{person}, camera {photo.camera}"

    def labels(self, photos: Sequence[Photo]) -> list[str]:
        """`who` of each photo, for a menu: photos of one person by one camera are numbered."""
        told = [self.who(photo) for photo in photos]
        many, labels = Counter(told), []
        seen: Counter[str] = Counter()
        for one in told:
            seen[one] += 1
            labels.append(f"{one}, photo {seen[one]}" if many[one] > 1 else one)
        return labels

    def part(self, photo: Photo) -> str:
        """The part by which the person of a photo differs from its twin; an empty text without a twin."""
        record = self.folder.record(photo)
        return record.part if record and record.twin else ""

    def wears(self, photo: Photo) -> Mapping[str, str]:
        """Attributes of a rendered person, colours by name; empty for a real photo."""
        return self._worn.get(photo) or self._wears(photo)

    def described(self, photo: Photo) -> str:
        """A person's looks in words, and whether there is a twin; empty for a real photo."""
        part = self.part(photo).replace("color", "colour")
        return ", ".join([*filter(None, [self.looks(photo)]), *([f"has a twin by {part}"] if part else [])])

    def looks(self, photo: Photo) -> str:
        """A person's looks in words, such as "red t-shirt, black jeans, backpack"; empty for a real photo."""
        worn = self.wears(photo)
        return ", ".join(_worded(what, worn) for what in _LOOKS if worn.get(what, "none") not in PLAIN)

    def find(self, photos: Sequence[Photo], name: str, what: str) -> int:
        """The place of a photo by its name.  Raises: Refused, with an example of a name."""
        return without.place_of(name, photos, what, self.name)

    def fitting(self, photos: Sequence[Photo], wish: Wish, hardness: Hardness) -> np.ndarray:
        """The places of the queries that fit a wish, in its order: (N,) int; N may be 0.

        photos: the queries that `hardness` is about.  Raises: Refused for a wish that no folder can fulfil.
        """
        if wish.sort not in SORTS:
            raise Refused(f"queries are sorted by one of {', '.join(SORTS)}, got {wish.sort!r}")
        words = wish.search.lower().split()
        kept, together = [], []
        for place, photo in enumerate(photos):
            if wish.camera and photo.camera != wish.camera:
                continue
            if wish.attribute and wish.attribute not in {f"{k}: {v}" for k, v in self.wears(photo).items()}:
                continue
            if wish.twin and self.part(photo) != wish.twin:
                continue
            if wish.failures and hardness.first_hit[place] <= 1:
                continue
            if words:
                text = f"{self.name(photo)} {self.who(photo)} {self.described(photo)}".lower()
                if not all(word in text for word in words):
                    continue
                if " ".join(words) in text:
                    together.append(place)
            kept.append(place)
        kept = together or kept
        return np.array(kept, int)[_order(wish.sort, hardness, kept)]

    def _wears(self, photo: Photo) -> dict[str, str]:
        record = self.folder.record(photo)
        if record is None:
            return {}
        identity = record.identity
        worn = {what: getattr(identity, what) for what in _LOOKS}
        for what in ("top", "bottom", "shoe", "bag", "hair", "hat", "logo"):
            if worn[what] != "none":
                worn[f"{what} colour"] = colour(getattr(identity, f"{what}_color"))
        return worn


def hardness(rankings: without.Rankings) -> Hardness:
    """How hard each query is: first hit, hardest positive, hardest negative, average precision."""
    count = len(rankings.queries)
    first, precise = np.zeros(count, int), np.full(count, np.nan)
    positive, negative = np.full(count, np.nan), np.full(count, np.nan)
    for start, rows, ids in rankings.distances():
        end = start + len(rows)
        for found, pick in ((positive, mining.hardest_positives), (negative, mining.hardest_negatives)):
            picked = pick(rows, *ids)
            there = picked != mining.NONE
            found[start:end][there] = 1 - rows[np.flatnonzero(there), picked[there]]
        if np.isfinite(positive[start:end]).any():
            score = retrieval.evaluate(rows, *ids)
            first[start:end], precise[start:end] = score.first_hit, score.average_precision
    return Hardness(first, positive, negative, precise)


def colour(value: Sequence[float]) -> str:
    """The name of the nearest of a few colours.  value: display sRGB in [0, 1]."""
    return min(NAMED, key=lambda name: math.dist(value, NAMED[name]))


def _worded(what: str, worn: Mapping[str, str]) -> str:
    value, dyed = worn[what], worn.get(f"{what} colour", "")
    if what == "shoe":
        value = "flat shoes" if value == "flat" else f"{value}s"
    elif what in ("hair", "logo", "pattern", "glasses", "beard", "umbrella"):
        value = f"{value} {what}"
    return f"{dyed} {value}".strip()


def _order(sort: str, hardness: Hardness, kept: list[int]) -> np.ndarray:
    if sort == BY_NAME:
        return np.arange(len(kept))
    key = {
        BY_POSITIVE: hardness.positive,
        BY_NEGATIVE: -hardness.negative,
        BY_MARGIN: hardness.positive - hardness.negative,
    }[sort]
    return np.argsort(key[kept], kind="stable")  # NumPy puts nan last: who has no such photo comes at the end
