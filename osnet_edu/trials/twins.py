"""Does a model tell twins apart? Two rendered people who differ in one part only, and nowhere else.

For a query of A, a gallery photo p of A and one n of her twin A': is the query closer to p than to n? The three photos
come from three cameras, and the part that differs is visible in all three. Chance is one half.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import intervals, people, retrieval
from ..embed import Embedding, embed
from ..network import weights
from ..people import VISIBLE
from ..photos import market
from ..refused import Refused


@dataclass(frozen=True)
class Family:
    """One twin pair.  part: where the two differ.  right: mean over its queries of the share of pairs decided right."""

    part: str
    members: tuple[int, int]
    right: float
    queries: int


@dataclass(frozen=True)
class ToldApart:
    """right: mean over all queries.  interval: of it, 95 %, by bootstrap over families.  families: one a twin pair.

    left_out: queries of twins for which no three photos from three cameras show the part.
    """

    right: float
    interval: tuple[float, float]
    families: tuple[Family, ...]
    left_out: int

    def by_part(self) -> dict[str, tuple[float, int]]:
        """For each part the share decided right, weighted by queries, and the number of families."""
        parts: dict[str, list[Family]] = defaultdict(list)
        for family in self.families:
            parts[family.part].append(family)
        return {part: (_mean(found), len(found)) for part, found in sorted(parts.items())}

    def __str__(self) -> str:
        low, high = self.interval
        rows = [f"  {part:<14} {right:6.1%}  {count:3d} families" for part, (right, count) in self.by_part().items()]
        total = f"twins told apart {self.right:.1%} [{low:.1%}, {high:.1%}], chance 50 %, {len(self.families)} families"
        return "\n".join([total, *rows, f"  {self.left_out} queries left out: the part does not show in three cameras"])


@dataclass(frozen=True)
class TwinPhotos:
    """A pair of twins, and the cameras under which the part that differs is seen best.

    visible: pixels of the part in the photo of the two that shows less of it, by camera.
    """

    person: int
    twin: int
    visible: dict[int, int]


def seen_best(
    photos: Sequence[market.Photo], records: Sequence[people.PhotoRecord], part: str, cameras: int = 4
) -> TwinPhotos:
    """The pair of twins whose part shows best in so many cameras: in the worst of its photos, more than other pairs'.

    photos: one a person and camera, such as the queries; of several the first counts.
    Raises: Refused where no such pair has photos by so many common cameras.
    """
    by_name = {Path(record.path).name: record for record in records}
    sight: dict[int, dict[int, int]] = defaultdict(dict)
    pairs = {}
    for photo in photos:
        record = by_name.get(photo.name)
        if record and record.twin and record.part == part:
            sight[photo.person].setdefault(photo.camera, record.visible)
            pairs[min(photo.person, record.twin)] = max(photo.person, record.twin)
    found = []
    for person, twin in sorted(pairs.items()):
        both = {c: min(sight[person][c], sight[twin][c]) for c in sight[person].keys() & sight[twin].keys()}
        if len(both) >= cameras:
            best = sorted(both, key=lambda camera: (-both[camera], camera))[:cameras]
            found.append(TwinPhotos(person, twin, {camera: both[camera] for camera in sorted(best)}))
    if not found:
        raise Refused(f"no twins who differ in their {part!r} have photos by {cameras} common cameras")
    return max(found, key=lambda seen: min(seen.visible.values()))


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> ToldApart:
    """The shipped weights on a folder of rendered people."""
    found, checkpoint = market.read(root), weights.shipped()
    sides = []
    for photos in (found.query, found.gallery):
        sides.append(embed(checkpoint.model, photos, size=checkpoint.size))
        if progress:
            progress(len(sides), 2)
    return told_apart(root, sides[0], sides[1])


def told_apart(root: Path | str, query: Embedding, gallery: Embedding, seed: int = 0) -> ToldApart:
    """Grade embedded queries and gallery of a folder of rendered people.

    Raises: Refused where the folder has no people.json or no twins that can be compared.
    """
    records = {Path(record.path).name: record for record in people.read_people(root)}
    asked, others = ([records.get(photo.name) for photo in side.photos] for side in (query, gallery))
    return tell_apart(retrieval.distances(query.features, gallery.features), asked, others, seed=seed)


def tell_apart(
    distance: np.ndarray,
    query: Sequence[people.PhotoRecord | None],
    gallery: Sequence[people.PhotoRecord | None],
    seed: int = 0,
) -> ToldApart:
    """Decide all comparisons that some distance allows: (Q, G), of Q queries and G photos that may be the same ones.

    query, gallery: what is known of each photo; None is left out.
    Raises: Refused where there are no twins that can be compared.
    """
    seen = np.array([_visible(record) for record in gallery])
    person = np.array([record.person if record else 0 for record in gallery])
    camera = np.array([record.view.camera if record else 0 for record in gallery])
    results: dict[tuple[int, int], list[float]] = defaultdict(list)
    parts: dict[tuple[int, int], str] = {}
    left_out = 0
    for q, record in enumerate(query):
        if record is None or not record.twin:
            continue
        elsewhere = seen & (camera != record.view.camera)
        positives = np.flatnonzero(elsewhere & (person == record.person))
        negatives = np.flatnonzero(elsewhere & (person == record.twin))
        apart = camera[positives][:, None] != camera[negatives][None]
        if not _visible(record) or not apart.any():
            left_out += 1
            continue
        closer = np.sign(distance[q, negatives][None] - distance[q, positives][:, None]) / 2 + 0.5  # ties count half
        family = (min(record.person, record.twin), max(record.person, record.twin))
        results[family].append(float(closer[apart].mean()))
        parts[family] = record.part
    families = tuple(
        Family(parts[members], members, float(np.mean(right)), len(right)) for members, right in sorted(results.items())
    )
    if not families:
        raise Refused("there are no twins whose part shows in three cameras; expected a folder made by `render`")
    queries = np.array([family.queries for family in families])
    right = queries * np.array([family.right for family in families])
    found = intervals.clustered_mean(right, queries, seed=seed)
    return ToldApart(found.value, (found.low, found.high), families, left_out)


def _visible(record: people.PhotoRecord | None) -> bool:
    return record is not None and record.visible >= VISIBLE


def _mean(families) -> float:
    return float(np.average([f.right for f in families], weights=[f.queries for f in families]))
