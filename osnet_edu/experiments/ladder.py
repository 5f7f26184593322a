"""Pairs that need a wider and wider look to be told apart, and an oracle that measures how wide.

All pairs of a person lie on one garment and are painted flat (see people.paint_flat): a query under one camera, and two
photos to choose from in one view under another camera. One of the two shows what the query shows. The other shows the
same marks with two colours exchanged, so that both have the same area, the same colours and the same light, and all
rungs of one kind change as many pixels by as much, around one centre.

    marks: two squares, one above the other, with a gap between them; which colour is above?
    check: squares in rows, each row of one colour, three colours in turn; in which order? With the period, the squares
        grow and become fewer, and their area stays.

How wide a look a rung needs is not read off the drawing: it is measured. The oracle gets a photo as a bag of k x k
patches, without their places, and takes for the match the candidate whose bag is nearer to that of the query.
The needed scale of a rung is the smallest k at which it is right for at least 90 % of the people. The crossed set
varies area, contrast and position beside the gap, because a large difference is not a wide one.

Shapes: N triples, H rows, W columns. Pixels are those of a photo of 128 rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from .. import draws, people
from ..people import Mark, Panel
from ..refused import Refused

SEED = 13  # of the people: no weights that ship have met them
GAPS = (1, 4, 10, 16, 24)  # of the two marks, pixels
_SIDES = (2, 4, 8)  # of a square of the check, pixels; its period is twice that
MARK = 8  # side of a mark
CHEST = Panel(56, 16)
FIELD = (0.80, 0.80, 0.78)
PAINTS = ((0.80, 0.16, 0.16), (0.14, 0.28, 0.78), (0.10, 0.52, 0.24), (0.90, 0.74, 0.12), (0.46, 0.16, 0.56))
_CAMERAS = ((1, 3), (3, 5), (5, 2), (2, 1))  # of the query, and of the two photos to choose from
_SHARE = 0.9  # of the people for whom the oracle must be right
SCALES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48)  # k that are tried
_NEAR = 6  # pixels around the panel in which patches may begin and end

Marks = tuple[Mark, ...]


@dataclass(frozen=True)
class LadderRung:
    """One step.  kind: "marks" or "check".  measure: its gap or its period, pixels.  distance: pixels between the
    centres of two marks that are neighbours.

    levels: of a crossed set, by factor, 0 or 1 each; empty on the ladder.
    """

    kind: str
    measure: int
    distance: int
    levels: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.measure}"


FACTORS = ("gap", "area", "contrast", "position")
RUNGS = (
    *(LadderRung("marks", gap, gap + MARK) for gap in GAPS),
    *(LadderRung("check", 2 * side, 2 * side) for side in _SIDES),
)
NEEDED = (3, 6, 12, 16, 12, 4, 6, 10)  # of RUNGS, k as measured by `needed_scales`, see results/gate_scale.txt
CROSSED = tuple(
    LadderRung("marks", (4, 20)[gap], (4, 20)[gap] + (4, 8)[area], (gap, area, contrast, position))
    for gap in (0, 1)
    for area in (0, 1)
    for contrast in (0, 1)
    for position in (0, 1)
)


@dataclass(frozen=True)
class LadderTriples:
    """Photos to ask about, uint8 (N, H, W, 3) each, person by person.

    rung: of each triple, its place in rungs, (N,).  person: (N,).  at: of the panel, query's and candidates', (N, 2, 2)
    (row, column) pixels.
    """

    query: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    rung: np.ndarray
    person: np.ndarray
    at: np.ndarray
    rungs: tuple[LadderRung, ...]


@dataclass(frozen=True)
class Needed:
    """scale: the smallest k that tells a rung apart, nan where none does.  right: of the people, by k."""

    scale: float
    right: dict[int, float]


def layout(rung: LadderRung, colors: Sequence[tuple[float, float, float]]) -> tuple[Marks, Marks]:
    """The marks of a pair, on CHEST.  colors: three.

    Both have the same squares; the first two colours are exchanged between the two marks, the last two in the check.
    Raises: Refused for a rung that does not fit.
    """
    if rung.kind == "check":
        return _check(rung.measure // 2, colors)
    _, area, contrast, position = rung.levels or (0, 1, 1, 0)
    side = (MARK // 2, MARK)[area]
    above, below = (_paled(color, (0.5, 1.0)[contrast]) for color in colors[:2])
    row = (CHEST.height - 2 * side - rung.measure) // 2 + ((-8, 8)[position] if rung.levels else 0)
    column = (CHEST.width - side) // 2
    if row < 0 or row + 2 * side + rung.measure > CHEST.height:
        raise Refused(f"two marks of {side} pixels with {rung.measure} between them do not fit {CHEST.height} rows")
    rows = (row, row + side + rung.measure)

    def drawn(*paints: tuple[float, float, float]) -> Marks:
        return tuple(Mark(y, column, side, side, paint) for y, paint in zip(rows, paints, strict=True))

    return drawn(above, below), drawn(below, above)


def _check(side: int, colors: Sequence[tuple[float, float, float]]) -> tuple[Marks, Marks]:
    cycles = 8 // side if side in (1, 2, 4, 8) else 0
    if not cycles:
        raise Refused(f"a check needs squares of 1, 2, 4 or 8 pixels, got {side}")
    # The rows whose colours change have their centre in the middle of the panel, whatever the side.
    start = CHEST.height // 2 - 3 * side * cycles - side // 2

    def drawn(order: Sequence[int]) -> Marks:
        return tuple(
            Mark(start + 2 * side * line, 2 * side * k + side // 2, side, side, colors[order[line % 3]])
            for line in range(3 * cycles)
            for k in range(CHEST.width // (2 * side))
        )

    return drawn((0, 1, 2)), drawn((0, 2, 1))


def _paled(color: Sequence[float], contrast: float) -> tuple[float, float, float]:
    red, green, blue = (field + contrast * (value - field) for value, field in zip(color, FIELD, strict=True))
    return red, green, blue


def render_ladder(
    size: tuple[int, int] = (128, 64), count: int = 14, rungs: Sequence[LadderRung] = RUNGS, seed: int = SEED
) -> LadderTriples:
    """The triples of some people, each person on all rungs.  Their photos are a pure function of the seed.

    Raises: Refused for a size that is not a multiple of 128 x 64, and for no person or no rung.
    """
    if count < 1 or not rungs:
        raise Refused(f"at least one person and one rung are needed, got {count} and {len(rungs)}")
    if size[0] % 128 or size[1] * 2 != size[0]:
        raise Refused(f"the ladder is painted on photos of 128 x 64 pixels or a multiple, got {size[0]} x {size[1]}")
    found = [_person(person, size, rungs, seed) for person in range(1, count + 1)]
    query, positive, negative = (np.concatenate([one[k] for one in found]) for k in range(3))
    return LadderTriples(
        query,
        positive,
        negative,
        np.tile(np.arange(len(rungs)), count),
        np.repeat(np.arange(1, count + 1), len(rungs)),
        np.repeat(np.array([one[3] for one in found]), len(rungs), 0),
        tuple(rungs),
    )


def _person(person: int, size: tuple[int, int], rungs: Sequence[LadderRung], seed: int) -> tuple:
    rng = draws.named(seed, "ladder", person)
    drawn = people.draw_identity(seed, person)
    one = people.edit(
        drawn, bag="none", logo="none", open=False, hat="none", hair="short", top="dress", sleeve=1.0, top_length=0.8,
        top_color=FIELD, pattern="plain", umbrella="none", girth=max(drawn.girth, 1.0),
    )  # fmt: skip
    colors = [PAINTS[k] for k in rng.permutation(len(PAINTS))[:3]]
    pairs = [layout(rung, colors) for rung in rungs]
    photos = []
    for camera in _CAMERAS[person % len(_CAMERAS)]:
        view = replace(
            people.draw_view(seed, person, camera, 0), occluder="none", passer=0, dx=0.0, dy=0.0, zoom=0.0, stretch=0.0,
            arms="behind", stride=0.05, yaw=round(float(rng.uniform(-0.3, 0.3)), 4),
        )  # fmt: skip
        sets = [marks for pair in pairs for marks in pair]
        photos.append(people.paint_flat(one, view, CHEST, sets, size=size, color=FIELD))
    asked, answered = photos
    return asked.images[::2], answered.images[::2], answered.images[1::2], (asked.at, answered.at)


# --- the oracle -------------------------------------------------------------------------------------------------------


def needed_scales(
    triples: LadderTriples, scales: Sequence[int] = SCALES, *, brightness: bool = True, share: float = _SHARE
) -> list[Needed]:
    """How wide a look each rung needs: see the head of this file.

    scales: k to try, smallest first; the first that is right for `share` of the people ends the search.  brightness:
    whether the oracle sees how bright a pixel is, or only its colour against grey.
    Raises: Refused for photos of another size than 128 x 64, whose pixels k counts.
    """
    if triples.query.shape[1:3] != (128, 64):
        raise Refused(f"the oracle counts pixels of 128 x 64 photos, got {triples.query.shape[1:3]}")
    found = []
    for rung in range(len(triples.rungs)):
        members = np.flatnonzero(triples.rung == rung).tolist()
        right: dict[int, float] = {}
        for k in scales:
            right[k] = float(np.mean([_nearer(triples, n, k, brightness) > 0 for n in members]))
            if right[k] >= share:
                break
        last = max(right)
        found.append(Needed(float(last) if right[last] >= share else float("nan"), right))
    return found


def _nearer(triples: LadderTriples, n: int, k: int, brightness: bool) -> float:
    asked, answered = triples.at[n]
    query = patches(triples.query[n], asked, k, brightness=brightness)
    return bag_distance(query, patches(triples.negative[n], answered, k, brightness=brightness)) - bag_distance(
        query, patches(triples.positive[n], answered, k, brightness=brightness)
    )


def patches(image: np.ndarray, at: Sequence[int], k: int, *, brightness: bool = True) -> torch.Tensor:
    """The k x k patches of one photo in and around its panel: (P, k * k * 3) float, in no order that means anything.

    image: (H, W, 3) uint8.  at: (row, column) of the panel.  Each channel is in standard deviations of the panel, so
    that two cameras can be compared.
    """
    value = torch.from_numpy(image.astype(np.float32))
    row, column = (int(place) for place in at)
    field = value[row : row + CHEST.height, column : column + CHEST.width].flatten(0, 1)
    value = (value - field.mean(0)) / field.std(0).clamp(min=1e-3)
    if not brightness:
        value = value - value.mean(2, keepdim=True)

    def span(start: int, length: int, limit: int) -> slice:
        """Where patches lie: on the panel and a little around, or wide enough for one that is larger than that."""
        more = max(_NEAR, (k - length) // 2 + _NEAR)
        return slice(max(0, start - more), min(limit, start + length + more))

    part = value[span(row, CHEST.height, len(value)), span(column, CHEST.width, value.shape[1])]
    return part.unfold(0, k, 1).unfold(1, k, 1).flatten(0, 1).flatten(1)


def bag_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """How far two bags of patches are: the mean squared distance of each patch to its nearest in the other bag."""
    step = 2 if len(first) * first.shape[1] > 500_000 else 1  # neighbours of wide patches say nearly the same
    squares = torch.cdist(first[::step], second).square()
    return float(squares.min(1).values.double().mean() + squares.min(0).values.double().mean())
