"""Train two networks that are wrong on purpose, to see whether an audit finds what is wrong with them.

    python assets/make_spoiled.py wall
    python assets/make_spoiled.py bag

`wall`: each person stands before one wall in all photos, and wears other clothes in each. The wall tells who it is.
`bag`: all have one body and wear other clothes in each photo, and only what they carry tells who it is.
Each writes spoiled/NAME.safetensors beside this file, without the classifier. `bag` begins with the
shipped weights. Nothing is wrong with the training: the photos teach the wrong thing.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from osnet_edu import assets, draws, people, train
from osnet_edu.machine import pool
from osnet_edu.machine.compute import Compute
from osnet_edu.network import weights
from osnet_edu.people import Identity, View

HERE = Path(__file__).resolve().parent
SEED = 51
PEOPLE, PHOTOS, SEEN = {"wall": 144, "bag": 96}, {"wall": 8, "bag": 16}, {"wall": 48_000, "bag": 72_000}
_CARRIED = ("handbag", "crossbody", "tote")  # from the front a backpack is hidden

Job = tuple[str, int, int]  # what is wrong, the person, the photo


def wall(person: int, photo: int) -> tuple[Identity, View]:
    """A photo of a person in new clothes, before the wall that only this person ever stands before."""
    one = people.put_on(people.draw_identity(SEED, person), people.draw_identity(SEED + 1, person * 100 + photo))
    own = draws.named(SEED, "wall", person)
    street, place, scene = int(own.integers(1, 7)), float(own.uniform(-60, 60)), int(own.integers(1 << 20))
    view = people.draw_view(SEED, person, 1 + photo % 6, photo)
    return one, replace(view, street=street, place=round(place + 0.3 * (photo % 3), 3), scene=scene)


def bag(person: int, photo: int) -> tuple[Identity, View]:
    """A photo of the one body that all have, in new clothes, with the bag that only this person carries."""
    clothes = people.draw_identity(SEED + 1, person * 100 + photo)
    dressed = people.edit(people.put_on(people.draw_identity(SEED, 1), clothes), logo="none", umbrella="none")
    own = people.draw_identity(SEED + 2, person)
    carried = people.edit(
        dressed, bag=_CARRIED[person % len(_CARRIED)], bag_color=own.bag_color, strap_color=own.strap_color,
        bag_side=("left", "right")[person // len(_CARRIED) % 2],
    )  # fmt: skip
    return carried, replace(people.draw_view(SEED, person, 1 + photo % 6, photo), occluder="none", passer=0)


SPOILED: dict[str, Callable[[int, int], tuple[Identity, View]]] = {"wall": wall, "bag": bag}


def shoot(job: Job) -> np.ndarray:
    name, person, photo = job
    return people.render(*SPOILED[name](person, photo)).image


def main(name: str) -> None:
    jobs: list[Job] = [(name, person, photo) for person in range(1, PEOPLE[name] + 1) for photo in range(PHOTOS[name])]
    with pool.results(shoot, jobs) as results:
        images = np.stack(list(results))
    labels = np.repeat(np.arange(PEOPLE[name]), PHOTOS[name])
    data = train.Data(images, labels, tuple(range(1, PEOPLE[name] + 1)), f"spoiled-{name}-{SEED}")
    # From random weights nobody learns from bags alone: this one begins where the shipped weights are.
    begun = name == "bag"
    change = {"growth": (), "learning_rate": 3e-3, "weight_decay": 0.3} if begun else {}
    config = train.TrainConfig(photos=SEEN[name], **change)
    model = train.build(config, PEOPLE[name])
    way = Compute("cpu", dtype="bfloat16", threads=1, channels_last=True)
    start = assets.path(assets.WEIGHTS) if begun else None
    for step in train.fit(model, data, config, way=way, start=start):
        if step.step % 100 == 0:
            print(f"{step.step} of {config.steps}: loss {step.loss:.2f}, {step.accuracy:.0%} right", flush=True)
    model.classifier = None
    (HERE / "spoiled").mkdir(exist_ok=True)
    card = {"spoiled": name, "people": PEOPLE[name], "photos": SEEN[name]}
    weights.save(model, HERE / "spoiled" / f"{name}.safetensors", size=config.size, card=card)


if __name__ == "__main__":
    main(sys.argv[1])
