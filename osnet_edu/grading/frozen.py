"""The photos by which explanations are graded: twins whose difference is known to the pixel, the same ones every time.

Four photos a case. q is person A under one camera. n is her twin A' under another one, and c is A herself in exactly
the view of n: the same pose, light, lens and noise. So n and c differ in the twin's part alone, and that is the truth
about what speaks against n. p is A under a third camera. A method may see q, n and p. It never sees c.

The set is rendered on demand from its seed. Its name is a hash of what is rendered: every person, twin and view, in
numbers, which are the same on every machine. (The last bits of the pixels are not.) Methods are tuned on TUNING, whose
people are others, and graded on FROZEN.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import draws, people, retrieval
from ..embed import Embedder
from ..explain import known
from ..machine import pool
from ..refused import Refused

FROZEN, TUNING = 21, 22  # seeds of the people: no weights that ship have met them
PARTS = ("top color", "bottom color", "shoes", "bag", "hat", "pattern", "logo", "strap")
FAMILIES = 25  # a part
_CAMERAS = ((1, 3, 5), (4, 6, 2), (2, 5, 1), (6, 1, 4))  # of q, of n and c, of p; families take turns
RETRIES = 8  # views tried until the part shows
RENDERER = 1  # to be raised where the same descriptions give other photos


@dataclass(frozen=True)
class Cases:
    """N cases; photos are uint8 (N, H, W, 3).

    query, negative, positive, same: q, n, p, c.  sham: c again, with new noise in even cases, and shifted by one pixel
    in odd ones.  truth: (N, H, W) bool, where n and c differ.  weight: (N, H, W) float32 in [0, 1], how strongly.
    part, family: of each case, (N,).  described: (N,), a hash of what each case shows, see `describe`.
    """

    query: np.ndarray
    negative: np.ndarray
    positive: np.ndarray
    same: np.ndarray
    sham: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    part: np.ndarray
    family: np.ndarray
    described: np.ndarray

    @property
    def name(self) -> str:
        """The name of the set: a hash of what its cases show."""
        return name_of(self.described)


@dataclass(frozen=True)
class Noticed:
    """Whether a network notices the difference.  difference: (N,), s(q, c) - s(q, n).  limit: what 95 % of the sham
    edits stay below."""

    difference: np.ndarray
    limit: float

    @property
    def seen(self) -> np.ndarray:
        """(N,) bool: the twin is less similar to q than A in the same view, by more than a sham edit moves."""
        return self.difference > self.limit

    @property
    def turned(self) -> np.ndarray:
        """(N,) bool: the twin is clearly more similar to q than A is: a group of its own."""
        return self.difference < -self.limit


def render(
    seed: int = FROZEN,
    size: tuple[int, int] = (128, 64),
    families: int = FAMILIES,
    progress: Callable[[int, int], None] | None = None,
) -> Cases:
    """The cases of a seed, by part, then by family.  progress: (families done, families in all).

    Raises: Refused for no family.
    """
    return rendered(_family, _jobs(seed, size, families), progress)


def rendered(work: Callable[[Any], tuple], jobs: Sequence, progress: Callable[[int, int], None] | None = None) -> Cases:
    """The cases of some jobs.  work: renders the case of a job, see `taken`.  jobs, progress: as for `render`."""
    rows = []
    with pool.results(work, jobs) as results:
        for row in results:
            rows.append(row)
            if progress:
                progress(len(rows), len(jobs))
    return Cases(*(np.stack(column) for column in zip(*rows, strict=True)))


def describe(seed: int = FROZEN, size: tuple[int, int] = (128, 64), families: int = FAMILIES) -> np.ndarray:
    """The descriptions of the cases that `render` makes, as hashes, without rendering them: (N,) of text."""
    return np.array([_description(job) for job in _jobs(seed, size, families)])


def hashed(*what: object) -> str:
    """A short hash of some records, the same on every machine."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def least_visible(size: tuple[int, int]) -> float:
    """Pixels that a part must show at a size (height, width): people.VISIBLE is counted at 128 x 64."""
    return people.VISIBLE * size[0] * size[1] / (128 * 64)


def twins(seed: int, number: int, part: str, k: int) -> tuple[int, people.Identity, people.Identity]:
    """The k-th family of a part, which is the part of that number: the person's number, the person, and the twin."""
    person = 1 + 1000 * number + k
    one = people.prepare(people.draw_identity(seed, person), part, seed)
    return person, one, people.twin(one, part, seed)


def name_of(described: np.ndarray) -> str:
    """The name of the set of these cases: two sets of one name are the same set, on whatever machines they are made."""
    return hashlib.sha256("\n".join(map(str, described)).encode()).hexdigest()[:16]


def noticed(embed: Embedder, cases: Cases) -> Noticed:
    """Ask a network which of the differences it notices.  embed: photos to features, such as an embedder."""
    query, same, negative, sham = (
        retrieval.unit(np.asarray(embed(photos), float))
        for photos in (cases.query, cases.same, cases.negative, cases.sham)
    )
    return Noticed(known.gain(query, same, negative), known.sham_limit(known.gain(query, same, sham)))


_Job = tuple[int, str, int, tuple[int, int], int]  # of a part its number and name, its family, the size, the seed


def _jobs(seed: int, size: tuple[int, int], families: int) -> list[_Job]:
    check_families(families)
    return [(number, part, k, size, seed) for number, part in enumerate(PARTS) for k in range(families)]


def check_families(families: int) -> None:
    """Raises: Refused for a number of families that is not a whole number from 1 on."""
    if isinstance(families, bool) or not isinstance(families, int) or families < 1:
        raise Refused(f"at least one family a part is needed, as a whole number, got {families!r}")


def views_of(seed: int, person: int, k: int) -> list[people.View]:
    """The first views of q, of n and c, and of p of a person, who is the k-th family of a part."""
    return [people.draw_view(seed, person, camera, 0) for camera in _CAMERAS[k % len(_CAMERAS)]]


def _description(job: _Job) -> str:
    """The first view of each camera stands for all: the next ones come by the same draws."""
    number, part, k, size, seed = job
    person, one, other = twins(seed, number, part, k)
    return hashed(RENDERER, part, size, one, other, views_of(seed, person, k))


def _family(job: _Job) -> tuple:
    number, part, k, size, seed = job
    person, one, other = twins(seed, number, part, k)
    return *taken((person, one, other), seed, k, size, sham=(number + k) % 2), part, person, _description(job)


def taken(
    family: tuple[int, people.Identity, people.Identity],
    seed: int,
    k: int,
    size: tuple[int, int],
    *,
    sham: int,
    faintest: float = 0.0,
) -> tuple:
    """The pictures of a case: the fields of `Cases` from query to weight.

    family: the person's number, the person, and the twin; the k-th of a part.  sham: 0 for new noise, 1 for a shift.
    faintest: the weight from which on a pixel of the part belongs to the truth.
    """
    person, one, other = family
    asked, answered, third = _CAMERAS[k % len(_CAMERAS)]
    least = least_visible(size)
    for view in _views(seed, person, answered):
        found = people.difference(one, other, view, size=size)
        truth = (found.coverage >= known.COVERED) & (found.truth >= faintest)
        if truth.sum() >= least:
            break
    query, positive = (
        people.render(one, people.draw_view(seed, person, camera, 0), size=size).image for camera in (asked, third)
    )
    return (
        query,
        found.other.image,
        positive,
        found.one.image,
        _sham(one, view, found.one.image, sham, size),
        truth,
        found.truth,
    )


def _views(seed: int, person: int, camera: int) -> Iterator[people.View]:
    for attempt in range(RETRIES):
        pool.check_wanted()
        yield people.draw_view(seed, person, camera, attempt)


def _sham(one: people.Identity, view: people.View, image: np.ndarray, kind: int, size: tuple[int, int]) -> np.ndarray:
    """An edit that changes nothing that matters: new sensor noise, or a shift of one pixel to the side."""
    if kind:
        return known.shifted(image)
    rng = draws.named(view.sensor, "sham")
    other = replace(view, sensor=int(rng.integers(0, 2**31)))
    return people.render(one, other, size=size, jpeg=False).image
