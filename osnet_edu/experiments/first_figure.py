"""The first figure of the lesson, held to all twins: does a coarse look narrow the search, and a sharp one decide it?

The story: blurred to 16 x 8 pixels, both the true match and an impostor in the same clothes stand out from strangers;
sharp, only the match does. Rendered twins, who differ in one part of their clothes and nowhere else, can test it.

A triple is a query q of A, a match p (A again) and an impostor n (A's twin): three photos by three cameras, and the
part that differs shows in all three. Strangers are the gallery photos of everybody but A and her twin; as with p and n,
only those by other cameras than the query's. A photo *stands out* when its similarity to q is above that of a share
`bar` of the strangers. All photos of a triple and all strangers are blurred, or none is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .. import intervals, people, retrieval
from ..embed import embed_images
from ..network import weights
from ..people import VISIBLE
from ..photos import market
from ..refused import Refused

BLURRED, SHARP = 0, 1
COARSE = (16, 8)  # rows and columns that a blurred photo has left
BAR = 0.95
OUTCOMES = ("both", "only the match", "only the impostor", "neither")


class Share(intervals.Interval):
    """A share of the triples, with its 95 % interval, by bootstrap over twin families."""

    def __str__(self) -> str:
        return f"{self.value:6.1%} [{self.low:.1%}, {self.high:.1%}]"


@dataclass(frozen=True)
class FirstFigure:
    """N triples, at both resolutions: row 0 blurred, row 1 sharp.

    query, gallery: the photos.  triples: (N, 3) indices, into query, gallery, gallery.  family: (N,) number of the twin
    pair.  parts: of each family, what differs.  match, impostor: (2, N) cosine similarities to the query.
    match_above, impostor_above: (2, N) share of the strangers that are less similar.  similarities: (2, Q, G), all.
    left_out: twins' queries without a triple.
    """

    query: tuple[market.Photo, ...]
    gallery: tuple[market.Photo, ...]
    triples: np.ndarray
    family: np.ndarray
    parts: tuple[str, ...]
    match: np.ndarray
    impostor: np.ndarray
    match_above: np.ndarray
    impostor_above: np.ndarray
    similarities: np.ndarray
    left_out: int

    def outcomes(self, resolution: int, bar: float = BAR) -> dict[str, Share]:
        """Who stands out: both, only the match, only the impostor, neither; shares of all triples, in this order."""
        match, impostor = self.match_above[resolution] >= bar, self.impostor_above[resolution] >= bar
        cases = (match & impostor, match & ~impostor, ~match & impostor, ~match & ~impostor)
        return {name: self.share(case) for name, case in zip(OUTCOMES, cases, strict=True)}

    def told_apart(self, resolution: int, among: np.ndarray | None = None) -> Share:
        """The share of triples whose match is more similar than the impostor; ties count half, chance is one half.

        among: (N,) bool, the triples to look at; None means all.
        """
        return self.share(_sign(self.match[resolution] - self.impostor[resolution]), among)

    def narrowed(self, bar: float = BAR) -> np.ndarray:
        """The triples in which match and impostor both stand out, blurred: the search is narrowed. (N,) bool."""
        return (self.match_above[BLURRED] >= bar) & (self.impostor_above[BLURRED] >= bar)

    def gain(self) -> Share:
        """How much the share told apart grows from blurred to sharp."""
        return self.share(np.diff(_sign(self.match - self.impostor), axis=0)[0])

    def share(self, case: np.ndarray, among: np.ndarray | None = None, draws: int = 2000, seed: int = 0) -> Share:
        """The mean of a value for each triple, with its interval: families are drawn, not triples, which are alike.

        case: (N,).  among: (N,) bool, the triples that count; None means all. nan where none does.
        """
        kept = np.ones(len(case)) if among is None else among.astype(float)
        totals, counts = (np.bincount(self.family, some, len(self.parts)) for some in (case * kept, kept))
        return Share(**vars(intervals.clustered_mean(totals, counts, seed=seed, draws=draws)))

    def holds(self, bar: float = BAR) -> np.ndarray:
        """The triples that tell the story: blurred, both stand out; sharp, only the match does. (N,) bool."""
        return self.narrowed(bar) & (self.match_above[SHARP] >= bar) & (self.impostor_above[SHARP] < bar)

    def example(self, bar: float = BAR) -> int:
        """A triple to draw: of those that tell the story the middle one by its sharp margin; else the middle of all.

        Never the best one: a picture chosen for its margin would promise too much.
        """
        margin = self.match[SHARP] - self.impostor[SHARP]
        chosen = np.flatnonzero(self.holds(bar))
        chosen = chosen if len(chosen) else np.arange(len(margin))
        return int(chosen[np.argsort(margin[chosen], kind="stable")[len(chosen) // 2]])

    def rows(self) -> dict[str, tuple[Share, Share]]:
        """All measured shares by name, each blurred and sharp."""
        kinds = [self.outcomes(resolution) for resolution in (BLURRED, SHARP)]
        rows = {f"stands out: {name}": (kinds[BLURRED][name], kinds[SHARP][name]) for name in OUTCOMES}
        rows["match closer than impostor"] = (self.told_apart(BLURRED), self.told_apart(SHARP))
        narrowed = self.narrowed()
        blurred, sharp = (self.told_apart(r, narrowed) for r in (BLURRED, SHARP))
        rows["  the same, where both stood out blurred"] = blurred, sharp
        return rows

    def pair(self, triple: int) -> np.ndarray:
        """The similarities of one triple's match and impostor: (2, 2), blurred and sharp."""
        return np.stack([self.match[:, triple], self.impostor[:, triple]], 1)

    def strangers(self, triple: int) -> np.ndarray:
        """The similarities of one triple's strangers: (2, S)."""
        q, _, n = self.triples[triple]
        return self.similarities[:, q, _strangers(self.query[q], self.gallery, self.gallery[n].person)]

    def pictures(self, triple: int, size: tuple[int, int] = (128, 64)) -> np.ndarray:
        """Query, match and impostor of one triple: (2, 3, H, W, 3) uint8, blurred and sharp."""
        q, p, n = self.triples[triple]
        sharp = market.decode([self.query[q], self.gallery[p], self.gallery[n]], size).images
        return np.stack([blur(sharp), sharp])

    def sentence(self) -> str:
        """What came out, in words."""
        both, story, gain = self.outcomes(BLURRED)["both"], self.share(self.holds()), self.gain()
        told = self.told_apart(SHARP, self.narrowed())
        helps = (
            "and the sharp look is better at it than the blurred one"
            if gain.low > 0
            else "and whether the sharp look is better at it than the blurred one is left open"
        )
        return (
            f"Blurred, match and impostor both stand out from strangers in {both.value:.0%} of the triples: they are "
            f"more similar to the query than {BAR:.0%} of the strangers are. Of these triples, the sharp look puts the "
            f"match before the impostor in {told.value:.0%} (guessing: 50 %), {helps}: over all triples it gains "
            f"{100 * gain.value:.1f} points ({100 * gain.low:.1f} to {100 * gain.high:.1f}). In the whole story the "
            f"sharp look also puts the impostor back among the strangers. That holds in {story.value:.1%} of the "
            f"triples ({story.low:.1%} to {story.high:.1%})."
        )

    def __str__(self) -> str:
        lines = [
            f"{len(self.triples)} triples of {len(self.parts)} twin families",
            f"{self.left_out} queries of twins left out: no three photos by three cameras show the part.",
            f"Stands out: more similar to the query than {BAR:.0%} of the strangers. Intervals: 95 %, over families.",
            f"{'':<42}{'blurred to 16 x 8':>24}{'sharp':>24}",
        ]
        rows = self.rows()
        lines += [f"{name:<42}{blurred!s:>24}{sharp!s:>24}" for name, (blurred, sharp) in rows.items()]
        lines.append(f"{'match closer: sharp minus blurred':<42}{'':>24}{self.gain()!s:>24}")
        lines.append("The whole story: blurred, both stand out; sharp, only the match does. At a bar of")
        lines += [f"    {bar:>4.0%} of the strangers {self.share(self.holds(bar))}" for bar in (0.5, BAR, 1.0)]
        return "\n".join(lines)


def blur(images: np.ndarray, left: tuple[int, int] = COARSE) -> np.ndarray:
    """Photos with only so many pixels left: averaged down, and enlarged smoothly to their size again.

    images: (N, H, W, 3) uint8, RGB.  left: (rows, columns).
    """
    height, width = images.shape[1:3]
    rows, columns = left
    small = (Image.fromarray(image).resize((columns, rows), Image.Resampling.BOX) for image in images)
    return np.stack([np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)) for image in small])


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> FirstFigure:
    """The shipped weights on a folder of rendered people."""
    checkpoint = weights.shipped()
    return measure(checkpoint.model, root, size=checkpoint.size, progress=progress)


def measure(
    model: torch.nn.Module,
    root: Path | str,
    *,
    size: tuple[int, int],
    progress: Callable[[int, int], None] | None = None,
) -> FirstFigure:
    """Embed queries and gallery of a folder of rendered people, blurred and sharp, and compare all triples.

    size: (height, width) that the model was trained at.  progress: called with (done, total).
    Raises: Refused where the folder has no people.json or no triple.
    """
    found = market.read(root)
    query, gallery = market.decode(found.query, size), market.decode(found.gallery, size)
    similarities = []
    for change in (blur, lambda images: images):
        asked, among = (_embed(model, change(side.images)) for side in (query, gallery))
        similarities.append(1 - retrieval.distances(asked, among))
        if progress:
            progress(len(similarities), 2)
    return compare(np.stack(similarities), query.photos, gallery.photos, people.read_people(root))


def compare(
    similarities: np.ndarray,
    query: tuple[market.Photo, ...],
    gallery: tuple[market.Photo, ...],
    records: list[people.PhotoRecord],
) -> FirstFigure:
    """All triples of a set. similarities: (2, Q, G), blurred and sharp.  records: of people.read_people."""
    by_name = {Path(record.path).name: record for record in records}
    person = np.array([photo.person for photo in gallery])
    camera = np.array([photo.camera for photo in gallery])
    shows = np.array([photo.name in by_name and by_name[photo.name].visible >= VISIBLE for photo in gallery])
    families: dict[tuple[int, int], str] = {}
    triples, family, above = [], [], []
    left_out = 0
    for q, photo in enumerate(query):
        record = by_name.get(photo.name)
        if record is None or not record.twin:
            continue
        elsewhere = camera != photo.camera
        matches = np.flatnonzero((person == photo.person) & elsewhere & shows)
        impostors = np.flatnonzero((person == record.twin) & elsewhere & shows)
        strangers = _strangers(photo, gallery, record.twin)
        pairs = [(p, n) for p in matches for n in impostors if camera[p] != camera[n]]
        if not pairs or record.visible < VISIBLE or not len(strangers):
            left_out += 1
            continue
        key = (min(photo.person, record.twin), max(photo.person, record.twin))
        families.setdefault(key, record.part)
        pairs = np.array(pairs)
        row = similarities[:, q]
        ordered = np.sort(row[:, strangers], axis=1)
        beaten = [[np.searchsorted(ordered[r], row[r, pairs[:, side]]) for side in (0, 1)] for r in (BLURRED, SHARP)]
        above.append(np.array(beaten) / len(strangers))  # (2 resolutions, 2 sides, pairs)
        triples += [(q, p, n) for p, n in pairs]
        family += [list(families).index(key)] * len(pairs)
    if not triples:
        raise Refused("there are no twins whose part shows in three cameras; expected a folder made by `render`")
    chosen = np.array(triples)
    beaten = np.concatenate(above, axis=2)
    return FirstFigure(
        query,
        gallery,
        chosen,
        np.array(family),
        tuple(families.values()),
        similarities[:, chosen[:, 0], chosen[:, 1]],
        similarities[:, chosen[:, 0], chosen[:, 2]],
        beaten[:, 0],
        beaten[:, 1],
        similarities,
        left_out,
    )


def _strangers(query: market.Photo, gallery: tuple[market.Photo, ...], twin: int) -> np.ndarray:
    """Gallery photos of everybody but the query's person and the twin, by other cameras than the query's: indices."""
    not_these = (query.person, twin, market.JUNK)
    return np.array([i for i, g in enumerate(gallery) if g.person not in not_these and g.camera != query.camera], int)


def _embed(model: torch.nn.Module, images: np.ndarray, batch: int = 64) -> np.ndarray:
    return np.concatenate([embed_images(model, images[i : i + batch]) for i in range(0, len(images), batch)])


def _sign(difference: np.ndarray) -> np.ndarray:
    """1 above zero, 0 below, one half at zero."""
    return (np.sign(difference) + 1) / 2
