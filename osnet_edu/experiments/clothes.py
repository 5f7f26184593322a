"""Does it know the person or the clothes? The same people are rendered once more in other clothes, and searched again.

Every photo of the gallery is taken again from the same place, in the same pose and light; the queries stay. What is put
on:

    nothing else    rendered again as they were: the usual score
    strangers'      clothes of people whom nobody has met
    exchanged       each wears the clothes of another person of the gallery. Then a query can find two people: itself,
                    or the person who wears its clothes now. Of both, photos by the query's own camera do not count
    one part alone  strangers' top, bottom, shoes, bag, or what is worn on the head

Body, skin, hair and walk stay. What the rank-1 loses, the clothes had carried.
Shapes: Q queries, G gallery photos.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import assets, intervals, people, retrieval
from ..embed import embedder_for
from ..machine import pool
from ..network import weights
from ..people import Identity, PhotoRecord
from ..photos import market
from ..refused import Refused

STRANGERS = 31  # seed of people whom nobody has met
SAME_CLOTHES, OTHERS, EXCHANGED = "the same clothes", "strangers' clothes", "exchanged clothes"


@dataclass(frozen=True)
class Clothes:
    """rank1, mean_ap: by what the gallery wears, with intervals over people.  wearer: in exchanged clothes, how often
    the first hit is the one in the query's clothes.  chance: rank-1 of a random order.  kept: by what is put on, how
    many gallery photos changed.
    """

    rank1: Mapping[str, intervals.Interval]
    mean_ap: Mapping[str, float]
    wearer: intervals.Interval
    chance: float
    kept: Mapping[str, int]
    photos: int

    def __str__(self) -> str:
        def row(name: str, found: intervals.Interval, mean_ap: str = "") -> str:
            return f"{name:<34}{found.value:>7.1%}  [{found.low:>6.1%},{found.high:>7.1%}]{mean_ap:>8}".rstrip()

        lines = [f"{'the gallery wears':<34}{'rank-1':>7}{'':>18}{'mAP':>8}"]
        for name, found in self.rank1.items():
            lines.append(row(name, found, f"{self.mean_ap[name]:.1%}"))
            if name == EXCHANGED:
                lines.append(row("  first is who wears her clothes", self.wearer))
        lines.append(f"Chance: {self.chance:.1%}. Intervals: 95 %, over people. The queries wear what they wore.")
        fewer = {name: count for name, count in self.kept.items() if count < self.photos}
        if fewer:
            told = ", ".join(f"{name} {count}" for name, count in fewer.items())
            lines.append(f"Some clothes do not go together; that photo stays. Changed, of {self.photos}: {told}.")
        return "\n".join(lines)


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> Clothes:
    """The shipped weights on a folder of rendered people.  progress: (photos rendered, photos in all)."""
    return measure_clothes(root, weights.shipped(), progress)


def run_own(root: Path, path: Path, progress: Callable[[int, int], None] | None = None) -> Clothes:
    """One checkpoint of a student."""
    return measure_clothes(root, weights.open(path), progress)


def read_shipped() -> str:
    """The table of the shipped weights, as it ships."""
    return assets.path("results/clothes.txt").read_text(encoding="utf-8")


def measure_clothes(
    root: Path, checkpoint: weights.Checkpoint, progress: Callable[[int, int], None] | None = None
) -> Clothes:
    """Raises: Refused where the folder has no people.json, or no query with a match."""
    if not (Path(root) / "people.json").is_file():
        raise Refused(f"{root} has no people.json: only rendered people can change their clothes")
    found = market.read(root)
    records = {Path(record.path).name: record for record in people.read_people(root)}
    gallery = [photo for photo in found.gallery if photo.name in records and photo.person > 0]
    queries = [photo for photo in found.query if photo.name in records]
    decoded = market.decode(queries, checkpoint.size)
    if not decoded.photos or not gallery:
        raise Refused(f"{root} needs queries and a gallery of rendered people")
    persons = sorted({photo.person for photo in gallery})
    dressed = outfits([records[photo.name] for photo in gallery], persons)
    jobs = [(identity, records[photo.name].view, checkpoint.size) for one in dressed.values()
            for identity, photo in zip(one, gallery, strict=True)]  # fmt: skip
    images = []
    with pool.results(_render, jobs) as results:
        for image in results:
            images.append(image)
            if progress:
                progress(len(images), len(jobs))
    fast = embedder_for(checkpoint.model, photos=len(jobs), size=checkpoint.size)
    asked = fast(decoded.images)
    ids = [np.array([photo.person for photo in side]) for side in (decoded.photos, gallery)]
    cameras = [np.array([photo.camera for photo in side]) for side in (decoded.photos, gallery)]
    rank1, mean_ap, wearer = {}, {}, None
    for k, name in enumerate(dressed):
        some = np.stack(images[k * len(gallery) : (k + 1) * len(gallery)])
        rows = retrieval.distances(asked, fast(some))
        if name == EXCHANGED:
            score, other = exchanged_scores(rows, persons, ids[0], ids[1], cameras[0], cameras[1])
            wearer = _over_people(other.first_hit == 1, ids[0], other.first_hit > 0)
        else:
            score = retrieval.evaluate(rows, ids[0], ids[1], cameras[0], cameras[1])
        rank1[name] = _over_people(score.first_hit == 1, ids[0], score.first_hit > 0)
        mean_ap[name] = score.mean_ap
    assert wearer is not None  # `outfits` exchanges the clothes too
    changed = {
        name: sum(a != b for a, b in zip(some, dressed[SAME_CLOTHES], strict=True))
        for name, some in dressed.items()
        if name != SAME_CLOTHES
    }
    chance = float(np.mean([(ids[1] == person).mean() for person in ids[0]]))
    return Clothes(rank1, mean_ap, wearer, chance, changed, len(gallery))


def exchanged_scores(
    rows: np.ndarray,
    persons: list[int],
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
) -> tuple[retrieval.Score, retrieval.Score]:
    """Of queries in exchanged clothes: how well each finds its person, and how well it finds who wears its clothes.

    rows: (Q, G) distances.  persons: as for `outfits`.  The rest: as for `retrieval.evaluate`.
    Both are read from one ranking, without the photos of either by the query's own camera. So a first photo is of at
    most one of them.
    """
    # Each wears the clothes of the next person: a query's clothes are now worn by the one before it.
    before = dict(zip(persons, np.roll(persons, 1).tolist(), strict=True))
    wearer = np.array([before[person] for person in query_ids.tolist()])
    either = (gallery_ids == query_ids[:, None]) | (gallery_ids == wearer[:, None])
    ranked = np.where(either & (gallery_cameras == query_cameras[:, None]), np.inf, rows)
    own = retrieval.evaluate(ranked, query_ids, gallery_ids, query_cameras, gallery_cameras)
    return own, retrieval.evaluate(ranked, wearer, gallery_ids, query_cameras, gallery_cameras)


def _alone(part: str) -> str:
    return f"strangers' {part} alone"


def outfits(records: list[PhotoRecord], persons: list[int]) -> dict[str, list[Identity]]:
    """For everything the gallery may wear: who stands in each photo.  records: of the gallery, of these persons."""
    own = {record.person: record.identity for record in records}
    stranger = {person: people.draw_identity(STRANGERS, person) for person in persons}
    following = {person: own[other] for person, other in zip(persons, np.roll(persons, -1).tolist(), strict=True)}
    found = {
        SAME_CLOTHES: [record.identity for record in records],
        OTHERS: [people.put_on(record.identity, stranger[record.person]) for record in records],
        EXCHANGED: [people.put_on(record.identity, following[record.person]) for record in records],
    }
    for part in people.WORN:
        found[_alone(part)] = [people.put_on(record.identity, stranger[record.person], part) for record in records]
    return found


def _render(job: tuple) -> np.ndarray:
    identity, view, size = job
    pool.check_wanted()
    return people.render(identity, view, size=size).image


def _over_people(hits: np.ndarray, person: np.ndarray, counted: np.ndarray) -> intervals.Interval:
    return intervals.clustered_mean(*intervals.by_cluster(hits[counted], person[counted]))
