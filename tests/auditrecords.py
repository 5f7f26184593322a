"""Records of audits that were never made: networks of which it is known what is wrong with them."""

from __future__ import annotations

import math

import numpy as np

from osnet_edu.audit.record import Answer, Figure, Picture, Record, figure_of

PEOPLE = 30
FAMILIES = 10  # of twins, a part
TWIN_PARTS = ("top color", "bottom color", "shoes", "bag", "hat", "pattern", "logo", "strap")
LOOKS = {
    "top": 0.4,
    "hat": 0.3,
    "bottom": 0.25,
    "hair": 0.15,
    "bag": 0.14,
    "shoes": 0.13,
    "skin": 0.08,
    "background": 0,
}
MOVES = {"turned": 0.4, "farther away": 0.2, "other light": 0.15, "other camera": 0.35, "looser box": 0.1,
         "another step": 0.12, "another street": 0.18, "another person": 1}  # fmt: skip
LONG = "gradient x activation, conv4, averaged on pieces of the photo"
MAPS = {"segment exchange": 0.58, "occlusion": 0.3, LONG: 0.5, "gradient": 0.12}
FLOORS = {"floor: the centre": 0.14, "floor: new colours": 0.2}
BLOCKS = {"conv2.0": 0, "conv2.1": 0.1, "conv3.0": 0.6, "conv3.1": 0.65, "conv4.0": 0.7, "conv4.1": 0.72}


def share(name: str, mean: float, draw: np.random.Generator, people: int = PEOPLE, **more) -> Figure:
    """Of eight searches of each person."""
    return figure_of(name, draw.binomial(8, min(max(mean, 0), 1), people) / 8, np.arange(people), **more)


def part(name: str, mean: float, draw: np.random.Generator, people: int = PEOPLE, unit: str = "part", **more) -> Figure:
    values = np.full(people, float(mean)) if mean == 1 else draw.normal(mean, 0.06, people)
    return figure_of(name, values, np.arange(people), unit=unit, **more)


def network(
    name: str, seed: int, *, home: float = 0.92, other: float = 0.5, twins: float = 0.8, looks: dict = LOOKS,
    wall: float = 0.9, wearer: float = 0.1, herself: float = 0.7, maps: dict = MAPS, gates: bool = True,
    people: int = PEOPLE, pictures: tuple[Picture, ...] = (),
) -> Record:  # fmt: skip
    """What an audit would have found about a network that finds people as given."""
    draw = np.random.default_rng(seed)
    chance = 1 / people
    found = {
        question: (share("rank-1", rate, draw, people, chance=chance), share("mAP", 0.9 * rate, draw, people))
        for question, rate in (("home", home), ("other", other))
    }
    found["twins"] = (
        *(share(one, twins - 0.08 * (one in ("logo", "strap")), draw, FAMILIES, chance=0.5) for one in TWIN_PARTS),
        share("all parts", twins, draw, FAMILIES * len(TWIN_PARTS), chance=0.5),
    )
    found["parts"] = (
        *(part(one, mean, draw, people, limit=0.03) for one, mean in looks.items()),
        part("step", 0.55, draw, people),
    )
    found["moves"] = tuple(part(one, mean, draw, people) for one, mean in MOVES.items())
    found["wall"] = (
        share("strangers elsewhere", home, draw, people), share("strangers before the same wall", wall, draw, people)
    )  # fmt: skip
    found["clothes"] = tuple(
        share(one, rate, draw, people, chance=chance)
        for one, rate in (
            ("the same clothes", home), ("strangers' clothes", herself), ("exchanged clothes", herself),
            ("first is who wears her clothes", wearer), ("strangers' top alone", 0.6 * home),
        )
    )  # fmt: skip
    found["pairs"] = ()
    if gates:
        found["gates"] = (
            *(share(f"without stream {t}", home - 0.1 * t * (home > 0.1), draw, people) for t in range(1, 5)),
            share("all streams", home, draw, people),
            *(
                part(f"{block} {cause}", value, draw, people, "share")
                for block, person in BLOCKS.items()
                for cause, value in (
                    ("person", person), ("camera", 0.7 - 0.9 * person), ("yaw", 0.05), ("background", 0.02)
                )
            ),
        )  # fmt: skip
    found["maps"] = (
        *(part(one, grade, draw, people, "grade") for one, grade in maps.items()),
        *(part(one, grade, draw, people, "grade") for one, grade in FLOORS.items()),
        *(part(f"never trained: {one}", 0.1, draw, people, "grade") for one in maps),
        *(part(f"kept after randomisation: {one}", 0.8 * (one == "occlusion"), draw, people, "grade") for one in maps),
    )
    found["real"] = ()
    notes = {"real": ("No camera of the bench is a real one.",), "pairs": ("Ranks are among 360 photos.",)}
    answers = {
        question: Answer(
            question, f"scenes of {question}", figures, notes.get(question, ()),
            pictures if question == "pairs" else (), 20.0,
        )
        for question, figures in found.items()
    }  # fmt: skip
    kind = "OSNet x0.25 checkpoint" if gates else "ONNX file"
    return Record(name, kind, f"{seed:016x}", 512, (128, 64), (), "quick", answers)


def colours(seed: int = 99) -> Record:
    """A histogram: it was asked who is found, and nothing else."""
    draw = np.random.default_rng(seed)
    answers = {
        question: Answer(question, f"scenes of {question}", (share("rank-1", 0.11, draw, chance=1 / PEOPLE),))
        for question in ("home", "other")
    }
    return Record("colours alone", "histogram", "c" * 16, 96, (128, 64), (), "whole", answers)


def untrained(name: str = "never trained", seed: int = 7) -> Record:
    """A network that finds nobody, and whose parts say nothing."""
    looks = {one: 0.5 * (one == "background") for one in LOOKS}
    return network(
        name, seed, home=1 / PEOPLE, other=1 / PEOPLE, twins=0.5, looks=looks, wall=0.02, herself=0.03, wearer=0.03,
        maps=dict.fromkeys(MAPS, 0.1),
    )  # fmt: skip


REFERENCES = {
    "the shipped network": network("shipped", 1),
    "never trained": untrained(),
    "colours alone": colours(),
}
GOOD = network("good.safetensors", 2)
BY_THE_WALL = network("walls.safetensors", 3, wall=0.12, looks=LOOKS | {"background": 0.5})
BY_THE_BAG = network("bags.safetensors", 4, looks=dict.fromkeys(LOOKS, 0.01) | {"bag": 0.81})
BY_CLOTHES = network("clothes.safetensors", 5, wearer=0.72, herself=0.15)
NEVER_TRAINED = untrained("random.safetensors", 6)
OPEN_GRAPH = network("anybody.onnx", 8, gates=False)
LIKE_COLOURS = network("colours.safetensors", 9, home=0.1, wall=0.1, herself=0.1)
NAN = math.nan
