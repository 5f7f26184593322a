"""What is known about a pair of rendered people: where they differ, and whether a network notices it at all.

A folder of rendered people says who stands in each photo, and from where. So the person of the query can be rendered
once more, in exactly the view of another photo: c. If the other person n is her twin, c and n differ in the twin's part
alone, and s(q, c) - s(q, n) is how much the network notices that part. Where it notices less than a sham edit moves, no
map can show it, and no map is to blame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import people, retrieval
from ..embed import Embedder
from ..photos import market
from ..photos.market import Photo
from ..refused import Refused
from ..retrieval.mining import Triplet
from .without import Rankings

COVERED = 0.5  # share of a pixel from which on it belongs to the truth
SHAM = 0.95  # share of the sham edits, which change nothing that matters, that a noticed difference exceeds

NOTICED, UNNOTICED, REVERSED = "noticed", "unnoticed", "reversed"
# What twins differ in, if the name of the part is not a plain word for it.
DIFFERENCES = {"top color": "colour of the top", "bottom color": "colour of the trousers or skirt"}

# The parts of a mask in words for a sentence: "other" is whatever stands in front of the person.
NAMES = tuple("obstacle" if part == "other" else part for part in people.PARTS)


@dataclass(frozen=True)
class Twins:
    """part: by which the two differ.  truth: (H, W) bool, where.  same: (H, W, 3) uint8, the query's person in exactly
    the other photo's view; a method must not see it.
    """

    part: str
    truth: np.ndarray
    same: np.ndarray


@dataclass(frozen=True)
class Noticing:
    """What a network makes of the difference between two rendered people, apart from the view.

    part: by which twins differ; empty for two people who differ in more than one thing.
    gain: s(q, c) - s(q, n), by how much the right person would be more similar in exactly the impostor's view.
    view: s(q, c) - s(q, p), by how much that view alone is more similar than the view of the match; so the impostor's
        lead s(q, n) - s(q, p) is view - gain.
    limit: what an edit without meaning moves; a difference is noticed where the gain is larger.
    """

    part: str
    gain: float
    view: float
    limit: float

    @property
    def kind(self) -> str:
        """NOTICED, UNNOTICED, or REVERSED: the difference speaks for the impostor."""
        if abs(self.gain) <= self.limit:
            return UNNOTICED
        return NOTICED if self.gain > 0 else REVERSED

    @property
    def answer(self) -> str:
        """What differs, and whether the network notices it."""
        differs = f"The impostor differs only in the {self.part_in_words}" if self.part else (
            "The impostor differs in more than one thing"
        )  # fmt: skip
        told = {
            NOTICED: "and this network notices it",
            UNNOTICED: "and this network does not notice it",
            REVERSED: f"and this network finds the wrong {self.part_in_words or 'person'} more similar",
        }[self.kind]
        return f"{differs}, {told}."

    @property
    def measured(self) -> str:
        """The number behind the answer."""
        more = "more" if self.gain >= 0 else "less"
        said = f"In exactly the impostor's view the right person would be {abs(self.gain):.3f} {more} similar"
        if self.kind == UNNOTICED:
            said += f"; a shift by one pixel or a little noise may move it by {self.limit:.3f}"
        return f"{said}."

    @property
    def account(self) -> str:
        """What the impostor's lead is made of: the two numbers add up to it."""
        return f"Of that, the view makes {self.view:+.3f} and the {self.part_in_words or 'person'} {-self.gain:+.3f}."

    @property
    def part_in_words(self) -> str:
        """The part as a phrase for a sentence, such as colour of the top; empty if it is not known."""
        return DIFFERENCES.get(self.part, self.part)


class Folder:
    """The records of a folder of rendered people, by the name of the photo; none for real photos."""

    def __init__(self, root: Path | str):
        self._root = Path(root)
        rendered = (self._root / "people.json").is_file()
        self._records = {Path(r.path).name: r for r in people.read_people(root)} if rendered else {}

    def record(self, photo: Photo) -> people.PhotoRecord | None:
        """Who is in a photo and how it was taken; None for a real photo."""
        return self._records.get(photo.name)

    def part(self, query: Photo, other: Photo) -> str:
        """The part by which two people differ, if they are twins; else an empty text."""
        one, two = self.record(query), self.record(other)
        return one.part if one and two and two.person == one.twin else ""

    def twins(self, query: Photo, other: Photo, size: tuple[int, int]) -> Twins | None:
        """What is known of a query and a photo of its twin, at a size (height, width); None for other pairs."""
        if not self.part(query, other):
            return None
        one, two = (self._records[photo.name] for photo in (query, other))
        truth = people.difference(one.identity, two.identity, two.view, size=size).coverage >= COVERED
        if not truth.any():
            return None
        return Twins(one.part, truth, people.render(one.identity, two.view, size=size).image)

    def twins_known(self, query: Photo, other: Photo, size: tuple[int, int]) -> Twins:
        """The same, for a caller that needs it.  Raises: Refused for a pair of which the truth is not known."""
        found = self.twins(query, other, size)
        if found is None:
            told = f"{query.name} and {other.name} do not show twins" if self._records else (
                f"{self._root} has no people.json, as folders of rendered people have"
            )  # fmt: skip
            raise Refused(f"{told}, so it is not known where the two people differ; use the folder assets.subset()")
        return found

    def in_view(self, query: Photo, other: Photo, size: tuple[int, int]) -> np.ndarray | None:
        """The query's person in exactly the other photo's view, (H, W, 3) uint8; None for real photos."""
        one, two = self.record(query), self.record(other)
        return people.render(one.identity, two.view, size=size).image if one and two else None


def masks(photos: Sequence[Photo], size: tuple[int, int]) -> np.ndarray | None:
    """The part of each pixel of some photos, at a size (height, width): (N, H, W) numbers into NAMES.

    None for real photos, and for rendered ones that came without.
    """
    try:
        found = [market.read_mask(photo.path, len(NAMES)) for photo in photos]
    except Refused:
        return None
    height, width = size
    at = [
        np.ix_(*(np.arange(side) * many // side for side, many in zip(size, mask.shape, strict=True))) for mask in found
    ]
    return np.stack([mask[place] for mask, place in zip(found, at, strict=True)]).reshape(-1, height, width)


def noticed_gain(embed: Embedder, query: np.ndarray, other: np.ndarray, same: np.ndarray) -> float:
    """By how much the query's person in the same view is more similar to the query than the other person is.

    query, other, same: (H, W, 3) uint8.  Returns: s(q, c) - s(q, n).
    """
    q, n, c = retrieval.unit(np.asarray(embed(np.stack([query, other, same])), float))
    return float(gain(q, c, n))


def gain(query: np.ndarray, same: np.ndarray, other: np.ndarray) -> np.ndarray:
    """s(q, c) - s(q, n) of features of length 1: (..., D) each -> (...)."""
    return (query * same).sum(-1) - (query * other).sum(-1)


def noticing(embed: Embedder, photos: np.ndarray, same: np.ndarray, part: str, limit: float) -> Noticing:
    """Ask a network about a query, its match and an impostor.

    photos: (3, H, W, 3) uint8, in that order.  same: (H, W, 3) uint8, the query's person in the impostor's very view.
    part, limit: as in `Noticing`.
    """
    q, p, n, c = retrieval.unit(np.asarray(embed(np.stack([*photos, same])), float))
    return Noticing(part, float(gain(q, c, n)), float(gain(q, c, p)), limit)


def differences(rankings: Rankings, folder: Folder, triplets: Sequence[Triplet], embed: Embedder) -> np.ndarray:
    """By how much a network notices where each query and its hard negative differ, as `noticed_gain` has it: (N,).

    folder: the folder of the rankings.  embed: an embedder of their network.  nan for a pair that is not a pair of
    twins.
    """
    found = np.full(len(triplets), np.nan)
    for k, triplet in enumerate(triplets):
        query, other = rankings.queries[triplet.query], rankings.gallery[triplet.negative]
        twins = folder.twins(query, other, rankings.size)
        if twins is not None:
            pictures = rankings.pictures([query, other])
            found[k] = noticed_gain(embed, pictures[0], pictures[1], twins.same)
    return found


def limit(embed: Embedder, photos: np.ndarray) -> float:
    """How much an edit that changes nothing moves a similarity: the 95th percentile over photos.

    photos: (N, H, W, 3) uint8, N at least 20; each is asked by the one before it, once as it is, and once shifted by a
    pixel (even ones) or with fresh noise of two grey levels (odd ones).
    """
    if len(photos) < 20:
        raise Refused(f"at least 20 photos are needed, got {len(photos)}")
    sham = photos.copy()
    sham[::2] = shifted(photos[::2])
    noise = np.random.Generator(np.random.PCG64(0)).normal(0, 2, photos[1::2].shape)
    sham[1::2] = np.clip(photos[1::2] + noise, 0, 255).round()
    plain, moved = (retrieval.unit(np.asarray(embed(some), float)) for some in (photos, sham))
    asked = np.roll(plain, 1, 0)
    return sham_limit(gain(asked, plain, moved))


def sham_limit(moves: np.ndarray) -> float:
    """What 95 % of the sham edits move a similarity less than.  moves: any shape, signed or not."""
    return float(np.quantile(np.abs(moves), SHAM))


def shifted(photos: np.ndarray) -> np.ndarray:
    """A sham edit: (..., H, W, 3), all one pixel further to the right; the first column stays beside its copy."""
    return np.concatenate([photos[..., :1, :], photos[..., :-1, :]], -2)
