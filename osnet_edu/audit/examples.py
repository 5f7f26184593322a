"""Examples of what an audit shows a network: the photos of one person or one twin, as small pictures for the page."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from .. import assets, people
from ..experiments import clothes
from ..grading import frozen, importance
from ..photos import market
from .questions import looks
from .record import Picture
from .scenes import SCENE_SIZE, as_jpeg, decoded, photographed

EXAMPLES = "results/audit/examples.json"
EXAMPLE_ROLE = "example"
_PART = "hat"  # of the twin
_NUMBER = 5  # of the person who moves, and before whose wall a stranger stands


@cache
def shipped() -> Mapping[str, tuple[Picture, ...]]:
    """Question -> its pictures, in the order of the page. Raises: FileNotFoundError where the assets are not whole."""
    data = json.loads(assets.path(EXAMPLES).read_text(encoding="utf-8"))
    return {question: tuple(Picture(**one) for one in some) for question, some in data.items()}


def render_examples() -> dict[str, tuple[Picture, ...]]:
    """The pictures that ship, rendered anew; a minute."""
    some = {"twins": _twin(), "parts": _parts(), "moves": _moves(), "wall": _wall(), "clothes": _clothes()}
    return {
        question: tuple(
            Picture(as_jpeg(photo), f"{caption[:1].upper()}{caption[1:]}", caption, 0, EXAMPLE_ROLE)
            for caption, photo in photos.items()
        )
        for question, photos in some.items()
    }


def _twin() -> dict[str, np.ndarray]:
    cases = frozen.render(size=SCENE_SIZE, families=1)
    k = int(np.flatnonzero(cases.part == _PART)[0])
    twin = f"a twin with another {_PART}"
    return {"a query": cases.query[k], "the same person": cases.positive[k], twin: cases.negative[k]}


def _parts() -> dict[str, np.ndarray]:
    found = importance.render_positives(families=8, size=SCENE_SIZE, redraws=1)
    most = found.shown.sum(1) == found.shown.sum(1).max()
    k = int(np.where(most, found.positive.std((1, 2, 3)), 0).argmax())  # of those that show most parts, the clearest
    anew = {f"another {part}": found.redrawn[k, j, 0] for j, part in enumerate(found.parts) if found.shown[k, j]}
    return {"a photo": found.positive[k], **anew}


def _moves() -> dict[str, np.ndarray]:
    person, view = looks.plain_person(_NUMBER), looks.first_view(_NUMBER)
    photos, _ = photographed([(person, view), *((person, looks.changed(view, move)) for move in looks.CIRCUMSTANCES)])
    return dict(zip(("a photo", *looks.CIRCUMSTANCES), photos, strict=True))


def _wall() -> dict[str, np.ndarray]:
    person, stranger = looks.plain_person(_NUMBER), looks.plain_person(_NUMBER + 1)
    query, elsewhere = looks.first_view(_NUMBER), looks.second_view(_NUMBER + 1)
    photos, _ = photographed(
        [(person, query), (stranger, elsewhere), (stranger, looks.before_wall(elsewhere, query))],
    )
    return dict(zip(("a query", "a stranger elsewhere", "the stranger before the same wall"), photos, strict=True))


def _clothes() -> dict[str, np.ndarray]:
    root = assets.subset()
    found = market.read(root, train=False)
    records = {Path(record.path).name: record for record in people.read_people(root)}
    gallery = [photo for photo in found.gallery if photo.person > 0]
    persons = sorted({photo.person for photo in gallery})
    dressed = clothes.outfits([records[photo.name] for photo in gallery], persons)
    names = (clothes.SAME_CLOTHES, clothes.OTHERS, clothes.EXCHANGED)
    query, k = next(
        (query, k)
        for query in found.query
        for k, photo in enumerate(gallery)
        if photo.person == query.person and photo.camera != query.camera
        if len({dressed[name][k] for name in names}) == len(names)  # some clothes do not go together
    )
    photos, _ = photographed([(dressed[name][k], records[gallery[k].name].view) for name in names])
    return {"a query": decoded([query]).images[0], **dict(zip(names, photos, strict=True))}
