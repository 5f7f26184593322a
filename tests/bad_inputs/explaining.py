"""Explanations asked for what is not there: names, maps, masks, methods, photos that do not fit."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch

from osnet_edu import explain, people
from osnet_edu.embed import normalise
from osnet_edu.explain import METHODS, correspondence, duel, known
from osnet_edu.grading import badge, removal

from . import ground
from .options import _typed
from .outcome import Case

QUERY, GALLERY = "0005_c1s1_000000_01.jpg", "0005_c1s1_000001_01.jpg"
NAMED = ("DATA", "--query", QUERY, "--gallery", GALLERY, "--out", "OUT")
TYPED: dict[str, tuple] = {
    "--gallery without --query": ("DATA", "--gallery", GALLERY, "--out", "OUT"),
    "a gallery photo of nobody": ("DATA", "--query", QUERY, "--gallery", "0005_c1s1_000001_09.jpg", "--out", "OUT"),
    "a junk photo that is not there": ("DATA", "--query", QUERY, "--gallery", "-1_c1s1_000401_03.jpg", "--out", "OUT"),
    "a junk query that is not there": ("DATA", "--query", "-1_c1s1_000401_03.jpg", "--out", "OUT"),
    "a query of the gallery": ("DATA", "--query", GALLERY, "--out", "OUT"),
    "a folder as the query": ("DATA", "--query", "../query", "--gallery", GALLERY, "--out", "OUT"),
    "an endless name": ("DATA", "--query", "x" * 5000, "--out", "OUT"),
    "a name in other digits": ("DATA", "--query", "٠٠٠٥_c1s1_000000_01.jpg", "--out", "OUT"),
    "--query without a name": ("DATA", "--out", "OUT", "--query"),
    "--method empty": (*NAMED, "--method", ""),
    "--method in capitals": (*NAMED, "--method", "OCCLUSION"),
    "--method of the duel alone": (*NAMED, "--method", "segment exchange"),
    "--method with an escape": (*NAMED, "--method", "\x1b[2J"),
    "no --out": ("DATA", "--query", QUERY, "--gallery", GALLERY),
    "--out of another kind": (*NAMED[:-1], "map.docx"),
    "DATA that is not there": ("nowhere", "--out", "OUT"),
    "DATA empty": ("", "--out", "OUT"),
}


@cache
def photos() -> np.ndarray:
    return np.stack([np.asarray(ground.photo(seed)) for seed in range(3)])


@cache
def shots() -> list:
    who = people.draw_identity(1, 0)
    return [people.render(who, people.draw_view(1, 0, camera, 0), size=(32, 16)) for camera in (1, 2)]


def _between(**changed: object) -> Callable[[], object]:
    return lambda: duel.between(ground.network(), **({"photos": photos()} | changed))


def _pieces(images: torch.Tensor, target: Callable | None = None) -> Callable[[], object]:
    alike = explain.similarity(torch.ones(512)) if target is None else target
    return lambda: METHODS[explain.DEFAULT](ground.network(), images, alike)


def _evidence(masks: np.ndarray, names: tuple[str, ...] = ("a", "b")) -> Callable[[], object]:
    made = duel.Duel("by hand", np.ones((3, 64, 32)), 0.9, 0.8, np.nan, np.nan)
    return lambda: duel.evidence(made, masks, names)


def _embedded(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1, 3).mean(1)


HEAT = np.ones((64, 32))
CALLS: dict[str, dict[str, Callable[[], object]]] = {
    "duel": {
        "two photos": _between(photos=np.zeros((2, 64, 32, 3), np.uint8)),
        "no photos": _between(photos=np.zeros((0, 64, 32, 3), np.uint8)),
        "photos without colours": _between(photos=np.zeros((3, 64, 32), np.uint8)),
        "photos with a fourth colour": _between(photos=np.zeros((3, 64, 32, 4), np.uint8)),
        "photos of floating-point numbers": _between(photos=np.zeros((3, 64, 32, 3))),
        "a list of words": _between(photos=["a", "b", "c"]),
        "one photo three times": _between(photos=np.zeros((3, 64, 32, 3), np.uint8)),
        "a method of nobody": _between(method="tea leaves"),
        "a method of no name": _between(method=""),
        "a method that is None": _between(method=None),
        "photos too small": _between(photos=np.random.default_rng(0).integers(0, 256, (3, 24, 12, 3), np.uint8)),
        "masks of another size": _evidence(np.zeros((3, 32, 32), int)),
        "masks of fractions": _evidence(np.zeros((3, 64, 32))),
        "masks below 0": _evidence(np.full((3, 64, 32), -1)),
        "masks beyond the names": _evidence(np.full((3, 64, 32), 2)),
        "masks without names": _evidence(np.zeros((3, 64, 32), int), ()),
        "a badge with an empty truth": lambda: badge.award(-HEAT, truth=HEAT < 0),
        "a badge with another truth": lambda: badge.award(-HEAT, truth=np.ones((2, 2), bool)),
        "a badge of NaN": lambda: badge.award(HEAT * np.nan, truth=HEAT > 0),
        "a removal of another size": lambda: removal.measure_removal(_embedded, photos()[0], photos()[1], HEAT[:9]),
        "a removal of two sizes": lambda: removal.measure_removal(_embedded, photos()[0][:9], photos()[1], HEAT),
        "a limit of three photos": lambda: known.limit(_embedded, photos()),
    },
    "explain": {
        "pieces of a tiny photo": _pieces(torch.zeros(1, 3, 16, 8)),
        "pieces of NaN": _pieces(torch.full((1, 3, 64, 32), torch.nan)),
        "pieces of whole numbers": _pieces(torch.zeros(1, 3, 64, 32, dtype=torch.int)),
        "pieces of one colour channel": _pieces(torch.zeros(1, 1, 64, 32)),
        "pieces of no photo": _pieces(torch.zeros(0, 3, 64, 32)),
        "a target of two numbers": _pieces(normalise(photos()[:1]), lambda f: f[:, :2]),
    },
    "correspondence": {
        "photos of two sizes": lambda: correspondence.matches(ground.network(), photos()[0], photos()[1][:32]),
        "a stage of nobody": lambda: correspondence.matches(ground.network(), *photos()[:2], stage="conv9"),
        "a stage of no name": lambda: correspondence.matches(ground.network(), *photos()[:2], stage=""),
        "a stage without a map": lambda: correspondence.matches(ground.network(), *photos()[:2], stage="fc"),
        "true places of another size": lambda: correspondence.match_score(
            correspondence.matches(ground.network(), *photos()[:2]), np.zeros((3, 3, 2))
        ),
        "true places of nothing": lambda: correspondence.match_score(
            correspondence.Matches(np.zeros((4, 2, 4, 2))), np.full((4, 2, 2), np.nan)
        ),
        "renders of two sizes": lambda: correspondence.truth(
            shots()[0], people.render(people.draw_identity(1, 0), people.draw_view(1, 0, 1, 0), size=(64, 32)), (4, 2)
        ),
    },
}  # fmt: skip


def _calls(made: Callable[[], object]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        made()
        return "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    for name, options in TYPED.items():
        yield Case("explain", f"typed: {name}", _typed("explain", *options, needed=()))
    for door, calls in CALLS.items():
        for name, made in calls.items():
            yield Case(door, name, _calls(made))
