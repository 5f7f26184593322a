"""How much does each part of a person count for a match? It is measured: the part is drawn anew, and nothing else.

A hard positive is a query q and a photo p of one person, by two cameras, from sides as different as the walks allow:
of several walks past the second camera, p is from the one that turns the person farthest from how q shows her. No
network is asked, so the pairs are the same for all. Then p is rendered again, eight times for each part, in other
colours and patterns that people wear, or before another background. Shape, pose, view, lens and noise stay, and so the
masks fit every version. The importance of a part is the mean fall of the similarity s(q, p). It is the importance of
how a part looks, not of its shape.

A method sees q and p alone. Its score is the rank correlation, over the parts of a pair, of their importance with what
its map gives them. A large part gets much by its size alone: see `floors`. The background is most of the photo; `worn`
asks about the person alone.

Source of the protocol: FunnyBirds, Hesse, Schaub-Meyer and Roth, ICCV 2023.
Shapes: N pairs, K parts, R redraws, S shams, H x W pixels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .. import draws, intervals, people, retrieval
from ..embed import Embedder
from ..explain import correspondence, known
from ..machine import pool
from ..refused import Refused
from .frozen import RENDERER, hashed, least_visible, name_of
from .graded import PairMethod, Progress

FROZEN, TUNING = 23, 24  # seeds of the people: not those of the grading set
_FAMILIES = 60  # people, one pair each
REDRAWS = 8  # of each part
SHAMS = 4  # of each pair
WALKS = 8  # past the second camera, of which one is taken
PAIR_CAMERAS = ((1, 3), (5, 2), (2, 6), (3, 1), (6, 4))  # of q and of p; people take turns
_STREETS = (1, 2, 3, 4, 6)  # the ground of the fifth colours the light on the person
ANEW = 0.2  # least distance, in display sRGB, of a part's new colour from its own
BACKGROUND = "background"
LEAST = 3  # parts that a pair must show to be scored

# Which labels of a mask make a part, and which attributes are drawn anew; the first must change visibly.
_LOOKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "skin": (("skin",), ("skin",)),
    "hair": (("hair",), ("hair_color",)),
    "hat": (("hat",), ("hat_color",)),
    "top": (
        ("top", "inner", "print"),
        ("top_color", "top_color2", "inner_color", "logo_color", "pattern", "pattern_period", "pattern_phase"),
    ),
    "bottom": (("bottom",), ("bottom_color",)),
    "shoes": (("shoe", "sole", "sock"), ("shoe_color", "sole_color", "sock_color")),
    "bag": (("bag", "strap"), ("bag_color", "strap_color")),
    BACKGROUND: ((BACKGROUND,), ()),
}
PARTS = tuple(_LOOKS)
_SCORES = ("rank", "partial", "signed")


@dataclass(frozen=True)
class Positives:
    """N hard positives; photos are uint8 (..., H, W, 3).

    query, positive: q and p, (N, ...).  sham: (N, S, ...), p with new sensor noise.  redrawn: (N, K, R, ...), p with
    one part drawn anew; p itself where p does not show the part.  cover: (N, K, H, W) float32 in [0, 1], the share of
    each pixel of p that a part covers; all sum to 1.  both: (N, H, W) bool, pixels of p whose point of the person q
    shows as well.  person: (N,).  described: (N,), a hash of what each pair shows, drawn anew or not.  parts: K names.
    """

    query: np.ndarray
    positive: np.ndarray
    sham: np.ndarray
    redrawn: np.ndarray
    cover: np.ndarray
    both: np.ndarray
    person: np.ndarray
    described: np.ndarray
    parts: tuple[str, ...] = PARTS

    @property
    def shown(self) -> np.ndarray:
        """(N, K) bool: p shows enough of the part to ask about it."""
        height, width = self.cover.shape[2:]
        return self.cover.sum((2, 3)) >= least_visible((height, width))

    @property
    def name(self) -> str:
        """Two sets of one name are the same set, on whatever machines they are made."""
        return name_of(self.described)


@dataclass(frozen=True)
class Importance:
    """fall: (N, K), mean fall of s(q, p) when the part is drawn anew; nan where p does not show the part.  limit: what
    95 % of the sham edits move a similarity less than.
    """

    fall: np.ndarray
    limit: float

    @property
    def noticed(self) -> np.ndarray:
        """(N, K) bool: the part counts for the match, by more than a sham edit moves."""
        return self.fall > self.limit

    @property
    def counted(self) -> np.ndarray:
        """(N, K): the fall, but 0 where it is within the limit, so that noise is not ranked."""
        return np.where(np.abs(self.fall) <= self.limit, 0, self.fall)


@dataclass(frozen=True)
class PartAgreement:
    """How N maps agree with the importance, each (N,) in [-1, 1]; nan where a pair cannot be scored.

    rank: Spearman's correlation of a part's importance with the map's positive mass on it.  partial: the same with the
    part's area held constant.  signed: of the importance with the sum of the signed map.  person: of each pair.
    """

    rank: np.ndarray
    partial: np.ndarray
    signed: np.ndarray
    person: np.ndarray

    def mean(self, score: str = "rank") -> intervals.Interval:
        """The mean of a score, 95 % over people.  Raises: Refused where no pair could be scored."""
        return _mean(_score(self, score))

    def left_out(self, score: str = "rank") -> int:
        """Pairs without this score: fewer than three parts show, none moves the network, or area says it all."""
        return int(np.isnan(_score(self, score)).sum())


def render_positives(
    seed: int = FROZEN,
    families: int = _FAMILIES,
    size: tuple[int, int] = (128, 64),
    redraws: int = REDRAWS,
    progress: Progress | None = None,
) -> Positives:
    """The hard positives of a seed, one a person.  progress: (people done, people in all).

    Nobody wears glasses or carries an umbrella, and nobody else is in the picture, so the parts fill the photo. p is
    without JPEG, as in the grading set.
    Raises: Refused for no family and for no redraw.
    """
    if families < 1 or redraws < 1:
        raise Refused(f"at least one family and one redraw are needed, got {families} and {redraws}")
    jobs = [(seed, person, size, redraws) for person in range(1, families + 1)]
    rows = []
    with pool.results(_pair, jobs) as results:
        for row in results:
            rows.append(row)
            if progress:
                progress(len(rows), len(jobs))
    query, positive, sham, redrawn, cover, both, person, described = map(np.stack, zip(*rows, strict=True))
    return Positives(query, positive, sham, redrawn, cover, both, person, described)


def measured(embed: Embedder, positives: Positives, progress: Progress | None = None) -> Importance:
    """Ask a network how much each part counts.  embed: photos to features, such as an embedder.

    progress: (pairs done, pairs in all).
    Raises: Refused where the features are NaN or infinite.
    """
    shown = positives.shown
    fall, moved = np.full(shown.shape, np.nan), []
    for n, some in enumerate(shown):
        pool.check_wanted()
        again = positives.redrawn[n, some]
        sham, count = positives.sham[n], again.shape[0] * again.shape[1]
        photos = [positives.positive[n][None], sham, again.reshape(count, *again.shape[2:])]
        found = _similar(embed, positives.query[n], np.concatenate(photos))
        fall[n, some] = found[0] - found[1 + len(sham) :].reshape(again.shape[:2]).mean(1)
        moved.append(found[0] - found[1 : 1 + len(sham)])
        if progress:
            progress(n + 1, len(shown))
    return Importance(fall, known.sham_limit(np.array(moved)))


def part_agreement(heat: np.ndarray, cover: np.ndarray, importance: np.ndarray) -> tuple[float, float, float]:
    """Score one signed map: (rank, partial, signed), as in `PartAgreement`.

    heat: (H, W) float.  cover: (K, H, W), where each part lies.  importance: (K,), of the parts that p shows.
    A map that ranks nothing, or nothing that area does not rank, gets 0.
    Raises: Refused for other shapes, and for NaN or infinite numbers.
    """
    heat, importance = np.asarray(heat, float), np.asarray(importance, float)
    cover = np.asarray(cover, float)
    if heat.ndim != 2 or cover.shape != (len(importance), *heat.shape):
        raise Refused(f"a map (H, W) and masks (K, H, W) of K parts are needed, got {heat.shape} and {cover.shape}")
    for what, values in (("map", heat), ("importance", importance)):
        if not np.isfinite(values).all():
            raise Refused(f"{int((~np.isfinite(values)).sum())} numbers of the {what} are NaN or infinite")
    if len(importance) < LEAST or np.ptp(importance) == 0:
        return np.nan, np.nan, np.nan
    positive, net = (np.einsum("khw,hw->k", cover, some) for some in (np.maximum(heat, 0), heat))
    area = cover.sum((1, 2))
    rank, by_area, needed = (
        intervals.rank_correlation(*pair) for pair in ((importance, positive), (positive, area), (importance, area))
    )
    return rank, _partial(rank, by_area, needed), intervals.rank_correlation(importance, net)


def agreement_of(
    method: PairMethod, positives: Positives, importance: Importance, progress: Progress | None = None
) -> PartAgreement:
    """Score a method: (query, photo) uint8 -> heat (H, W), signed.  progress: (maps done, maps in all).

    Raises: Refused for a map that is not (H, W) of finite numbers, with the pair's number.
    """

    def asked() -> Iterable[np.ndarray]:
        for n, (query, photo) in enumerate(zip(positives.query, positives.positive, strict=True)):
            pool.check_wanted()
            yield method(query.copy(), photo.copy())
            if progress:
                progress(n + 1, len(positives.query))

    return of_maps(asked(), positives, importance)


def of_maps(heats: Iterable[np.ndarray], positives: Positives, importance: Importance) -> PartAgreement:
    """Score maps that are made already.  heats: N maps (H, W) on p.  What is raised: as for `agreement_of`."""
    rows, shown, counted = [], positives.shown, importance.counted
    for n, heat in enumerate(heats):
        try:
            rows.append(part_agreement(heat, positives.cover[n, shown[n]], counted[n, shown[n]]))
        except Refused as error:
            raise Refused(f"pair {n}: {error}") from error
    if len(rows) != len(shown):
        raise Refused(f"one map for each of {len(shown)} pairs is needed, got {len(rows)}")
    rank, partial, signed = np.array(rows).T
    return PartAgreement(rank, partial, signed, positives.person)


def floors(positives: Positives, importance: Importance) -> dict[str, PartAgreement]:
    """What maps score that no network made: a uniform one, the person's outline, and what both photos show of her."""
    on_person = [part != BACKGROUND for part in positives.parts]
    maps = {
        "area": np.ones(positives.both.shape),
        "person": positives.cover[:, on_person].sum(1),
        "area in both": positives.both,
    }
    return {name: of_maps(heats, positives, importance) for name, heats in maps.items()}


def worn(positives: Positives, importance: Importance) -> tuple[Positives, Importance]:
    """The same without the background: which part of the person counts, and not whether a map finds the person."""
    kept = [part != BACKGROUND for part in positives.parts]
    parts = tuple(part for part in positives.parts if part != BACKGROUND)
    some = replace(positives, redrawn=positives.redrawn[:, kept], cover=positives.cover[:, kept], parts=parts)
    return some, replace(importance, fall=importance.fall[:, kept])


def agreement_difference(one: PartAgreement, other: PartAgreement, score: str = "rank") -> intervals.Interval:
    """How much better one method agrees on the same pairs: the mean, paired, 95 % over people.

    Raises: Refused where the pairs are not the same.
    """
    if not np.array_equal(one.person, other.person):
        raise Refused("the two methods were scored on other pairs: their difference would not be paired")
    return _mean(_score(one, score) - _score(other, score))


def redrawn_at_once(positives: Positives, n: int, parts: Iterable[int]) -> np.ndarray:
    """p of pair n with several parts drawn anew at once: (R, H, W, 3) uint8.

    parts: numbers of the parts. The changes of the single renders are added. Shapes stay, so that is what a render
    would show, but for the edges where two of the parts meet.
    """
    photo = positives.positive[n].astype(int)
    changes = (positives.redrawn[n, list(parts)].astype(int) - photo).sum(0)
    return np.clip(photo + changes, 0, 255).astype(np.uint8)


def part_deletion(embed: Embedder, positives: Positives, heats: Iterable[np.ndarray]) -> np.ndarray:
    """The mean similarity while the parts are drawn anew one after another, the part with most positive mass first.

    heats: N maps (H, W) on p. Parts of equal mass go in the order of their names in `parts`.
    Returns: (N,), the area below the curve from no part to all, by the trapezoidal rule; lower is better.
    """
    areas = []
    for n, heat in enumerate(heats):
        pool.check_wanted()
        relevance = np.maximum(np.asarray(heat, float), 0)
        numbers = np.flatnonzero(positives.shown[n])
        mass = np.einsum("khw,hw->k", positives.cover[n, numbers], relevance)
        order = numbers[np.argsort(-mass, kind="stable")]
        photos = np.stack([redrawn_at_once(positives, n, order[:count]) for count in range(1, len(order) + 1)])
        flat = np.concatenate([positives.positive[n][None], photos.reshape(-1, *photos.shape[2:])])
        found = _similar(embed, positives.query[n], flat)
        curve = np.array([found[0], *found[1:].reshape(photos.shape[:2]).mean(1)])
        areas.append(np.trapezoid(curve, np.linspace(0, 1, len(curve))))
    return np.array(areas)


def _similar(embed: Embedder, query: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """(M,) similarities of M photos to a query."""
    features = np.asarray(embed(np.concatenate([query[None], photos])), float)
    if not np.isfinite(features).all():
        raise Refused("the network's features are NaN or infinite: no importance can be measured")
    features = retrieval.unit(features)
    return features[1:] @ features[0]


def _partial(rank: float, by_area: float, needed: float) -> float:
    """The correlation of importance and mass, area held constant: nan where area ranks the importance perfectly."""
    left = 1 - needed**2, 1 - by_area**2
    if left[0] < 1e-9:
        return np.nan
    return (rank - by_area * needed) / float(np.sqrt(left[0] * left[1])) if left[1] > 1e-9 else 0.0


def _score(agreement: PartAgreement, score: str) -> np.ndarray:
    if score not in _SCORES:
        raise Refused(f"a score is one of {', '.join(_SCORES)}, got {score!r}")
    return getattr(agreement, score)


def _mean(values: np.ndarray) -> intervals.Interval:
    known = ~np.isnan(values)
    if not known.any():
        raise Refused("no pair could be scored: the network notices no part of any photo")
    return intervals.clustered_mean(np.where(known, values, 0), known)


# --- rendering --------------------------------------------------------------------------------------------------------


def _pair(job: tuple[int, int, tuple[int, int], int]) -> tuple:
    seed, number, size, redraws = job
    person = people.edit(people.draw_identity(seed, number), glasses="none", umbrella="none")
    asked, answered = PAIR_CAMERAS[number % len(PAIR_CAMERAS)]
    first = _alone(people.draw_view(seed, number, asked, 0))
    view = _farthest(first, [_alone(people.draw_view(seed, number, answered, 2 * walk)) for walk in range(WALKS)])
    query, shot = people.render(person, first, size=size), people.render(person, view, size=size, jpeg=False)
    cover = np.stack([_cover(shot, part) for part in PARTS])
    redrawn = np.repeat(np.repeat(shot.image[None], redraws, 0)[None], len(PARTS), 0)
    others = [[anew(person, view, part, seed, r) for r in range(redraws)] for part in PARTS]
    for k in np.flatnonzero(cover.sum((1, 2)) >= least_visible(size)):
        for r, other in enumerate(others[k]):
            pool.check_wanted()
            redrawn[k, r] = people.render(*other, size=size, jpeg=False).image
    noise = draws.named(view.sensor, "sham").integers(0, 2**31, SHAMS)
    sham = [people.render(person, replace(view, sensor=int(s)), size=size, jpeg=False).image for s in noise]
    both = np.isfinite(correspondence.truth(shot, query, size)[..., 0])
    described = hashed(RENDERER, size, SHAMS, person, first, view, others)
    return query.image, shot.image, np.stack(sham), redrawn, cover, both, number, described


def _alone(view: people.View) -> people.View:
    return replace(view, occluder="none", passer=0)


def _farthest(first: people.View, views: list[people.View]) -> people.View:
    return min(views, key=lambda view: np.cos(view.yaw - first.yaw))


def _cover(shot: people.Shot, part: str) -> np.ndarray:
    return shot.coverage[[people.PARTS.index(label) for label in _LOOKS[part][0]]].sum(0)


def anew(
    person: people.Identity, view: people.View, part: str, seed: int, redraw: int
) -> tuple[people.Identity, people.View]:
    """The person and the view with one part drawn anew: as somebody else of the same population wears it.

    part: one of PARTS.  redraw: number of the draw; the same arguments give the same.
    Raises: Refused for an unknown part.
    """
    if part not in _LOOKS:
        raise Refused(f"part is {part!r}; allowed are {', '.join(PARTS)}")
    rng = draws.named(seed, "redraw", part, person.grain, redraw)
    if part == BACKGROUND:
        street = int(rng.choice([street for street in _STREETS if street != view.street]))
        return person, replace(view, street=street, place=float(rng.uniform(-60, 60)), scene=int(rng.integers(1 << 20)))
    names = _LOOKS[part][1]
    if person.logo != "none":  # a logo is worn on plain cloth
        names = tuple(name for name in names if not name.startswith("pattern"))
    while True:
        other = people.draw_identity(int(rng.integers(1 << 31)), 1)
        if _apart(getattr(person, names[0]), getattr(other, names[0])):
            return people.edit(person, **{name: getattr(other, name) for name in names}), view


def _apart(one: int | Sequence[float], other: int | Sequence[float]) -> bool:
    """Whether two skins are of another tone, or two colours far enough apart."""
    return one != other if isinstance(one, int) else float(np.linalg.norm(np.subtract(one, other))) >= ANEW
