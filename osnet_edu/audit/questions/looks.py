"""What the network looks at: one part drawn anew, one circumstance changed, and strangers before the query's wall.

The unit of most figures is the step from a person to a stranger: at 0 nothing changes, and 1 is another person.
"""

import math
from dataclasses import replace

import numpy as np

from ... import people
from ...grading import importance
from ...people import View
from .. import scenes
from ..record import ON_ITSELF, Answer, Figure, figure_of
from .ask import Inquiry, unit

_SEED = 41  # of the people of `moves` and `wall`: no weights that ship have met them
_CAMERA, _OTHER = 1, 3  # of the photo, and of another one
_LEAST = 0.02  # of similarity: nothing is measured by a smaller step from a person to a stranger


def parts(asked: Inquiry) -> Answer:
    """One part of a photo is drawn anew: by how much does its similarity to another photo of the person fall?

    The same is asked of its similarity to the photo itself: of a network that tells no person from a stranger, that
    alone can be measured.
    """
    found = _positives(asked)
    shown = scenes.scene_name("parts", found.name)
    query, positive = unit(asked.embed, found.query), unit(asked.embed, found.positive)
    same = (query * positive).sum(-1)
    others = ((query @ positive.T).sum(1) - same) / (len(query) - 1)
    step = same - others
    figures = [figure_of("step", step, found.person, unit="similarity")]
    scale = float(step.mean())
    alone = 1 - float(((positive @ positive.T).sum() - len(positive)) / (len(positive) * (len(positive) - 1)))
    if scale >= _LEAST:
        figures += _falls(asked, found, scale)
    if alone >= _LEAST:
        figures += _falls(asked, replace(found, query=found.positive), alone, ON_ITSELF)
    notes: tuple[str, ...] = ()
    if max(scale, alone) < _LEAST:
        notes = ("All photos have nearly the same features: there is no step to a stranger to measure parts by.",)
    elif scale < _LEAST:
        notes = (
            f"The step from a person to a stranger is {scale:.3f} of similarity: too small to measure by. So each part "
            "is measured on the photo itself, against the step to a stranger's photo.",
        )
    return Answer("parts", shown, tuple(figures), notes)


def _falls(asked: Inquiry, found: importance.Positives, scale: float, prefix: str = "") -> list[Figure]:
    measured = importance.measured(asked.embed, found, asked.progress)
    return [
        figure_of(prefix + part, fall[shows] / scale, found.person[shows], unit="part", limit=measured.limit / scale)
        for part, fall, shows in zip(found.parts, measured.fall.T, found.shown.T, strict=True)
        if shows.any()
    ]


def _positives(asked: Inquiry) -> importance.Positives:
    count, redraws = asked.budget.positives, asked.budget.redraws
    name = scenes.scene_name("positives", importance.FROZEN, count, redraws, importance.RENDERER)

    def render() -> dict[str, np.ndarray]:
        made = importance.render_positives(
            families=count, size=scenes.SCENE_SIZE, redraws=redraws, progress=asked.progress
        )
        return {field: values for field, values in vars(made).items() if field != "parts"}

    return importance.Positives(**scenes.remembered(name, render))


# --- one circumstance at a time ---------------------------------------------------------------------------------------

CIRCUMSTANCES = (
    "turned", "farther away", "other light", "other camera", "looser box", "another step", "another street",
)  # fmt: skip


def moves(asked: Inquiry) -> Answer:
    """One circumstance of a photo changes and all else stays: how far does the photo move?"""
    numbers = list(range(1, asked.budget.moved + 1))
    persons = [plain_person(number) for number in numbers]
    views = [first_view(number) for number in numbers]
    shots = [
        (person, view)
        for person, first in zip(persons, views, strict=True)
        for view in (first, replace(first, sensor=first.sensor + 1), *(changed(first, move) for move in CIRCUMSTANCES))
    ]
    # A stranger in each view: the next person stands where this one stood.
    shots += [(persons[(k + 1) % len(persons)], view) for k, view in enumerate(views)]
    images, name = scenes.photographed(shots, asked.progress)
    count, versions = len(persons), 2 + len(CIRCUMSTANCES)
    features = unit(asked.embed, images)
    own = features[: count * versions].reshape(count, versions, -1)
    stranger = features[count * versions :]
    away = 1 - (own[:, :1] * own).sum(-1)  # of each version from the first
    apart = 1 - (own[:, 0] * stranger).sum(-1)
    scale = float(apart.mean())
    if scale < 1e-6:
        return Answer("moves", name, (), ("All photos have the same features: nothing moves.",))
    limit = float(np.quantile(away[:, 1], 0.95)) / scale
    figures = [
        figure_of(move, away[:, 2 + k] / scale, numbers, unit="part", limit=limit)
        for k, move in enumerate(CIRCUMSTANCES)
    ]
    return Answer("moves", name, (*figures, figure_of("another person", apart / scale, numbers, unit="part")))


def wall(asked: Inquiry) -> Answer:
    """The same search twice: strangers before walls of their own, and strangers before the query's wall."""
    numbers = list(range(1001, 1001 + asked.budget.moved))
    persons = [plain_person(number) for number in numbers]
    queries = [first_view(number) for number in numbers]
    plain = [second_view(number) for number in numbers]
    # Each query has a wall of its own. In the gallery nobody stands before it, or everybody but its person does.
    walls = [replace(view, place=round(float(-60 + 120 * k / len(numbers)), 3)) for k, view in enumerate(queries)]
    jobs = list(zip(persons, walls, strict=True)) + list(zip(persons, plain, strict=True))
    near = [
        (person, before_wall(view, wall))
        for k, wall in enumerate(walls)
        for j, (person, view) in enumerate(zip(persons, plain, strict=True))
        if j in _others(k, len(numbers))
    ]
    images, name = scenes.photographed(jobs + near, asked.progress)
    features = unit(asked.embed, images)
    count = len(numbers)
    query, usual, before = features[:count], features[count : 2 * count], features[2 * count :]
    before = before.reshape(count, -1, before.shape[-1])
    own = (query * usual).sum(-1)
    figures = []
    for label, rows in (
        ("strangers elsewhere", [query[k] @ usual[_others(k, count)].T for k in range(count)]),
        ("strangers before the same wall", [before[k] @ query[k] for k in range(count)]),
    ):
        hits = [float(own[k] > row.max()) for k, row in enumerate(rows)]
        figures.append(figure_of(label, hits, numbers, chance=1 / (1 + _STRANGERS)))
    return Answer("wall", name, tuple(figures))


_STRANGERS = 6  # of each query


def _others(k: int, count: int) -> list[int]:
    return [(k + step) % count for step in range(1, 1 + min(_STRANGERS, count - 1))]


def before_wall(view: View, wall: View) -> View:
    """A view whose person stands where another one stands."""
    return replace(view, street=wall.street, place=wall.place, scene=wall.scene)


def plain_person(number: int) -> people.Identity:
    """A person of `moves` and `wall`; an umbrella would hide the person from half of the changes."""
    return people.edit(people.draw_identity(_SEED, number), umbrella="none")


def first_view(number: int) -> View:
    """By which a person is searched."""
    return _plain(people.draw_view(_SEED, number, _CAMERA, 0))


def second_view(number: int) -> View:
    """By another camera, among which is searched."""
    return _plain(people.draw_view(_SEED, number, _OTHER, 0))


def _plain(view: View) -> View:
    """Nobody else in the picture, and no chance of the weather: what is changed is all that changes."""
    return replace(view, occluder="none", passer=0, weather="cloudy", sun=0.5)


def changed(view: View, move: str) -> View:
    """A view after one of CIRCUMSTANCES."""
    lens = people.CAMERAS[5]
    if move == "turned":
        turned = view.yaw + math.pi / 2
        return replace(view, yaw=round((turned + math.pi) % (2 * math.pi) - math.pi, 4))
    if move == "farther away":
        return replace(view, distance=view.distance * 2, resolution=view.resolution / 2)
    if move == "other light":
        azimuth, height = people.sun_at(17.5, view.camera)
        return replace(view, hour=17.5, sun=1.1, weather="clear", sun_azimuth=azimuth, sun_height=height,
                       exposure=view.exposure * 0.75)  # fmt: skip
    if move == "other camera":  # its colours and its sensor, not its place
        return replace(view, gain=lens.gain, gamma=lens.gamma, saturation=lens.saturation, noise=lens.noise,
                       blur=lens.blur)  # fmt: skip
    if move == "looser box":
        return replace(view, zoom=view.zoom - 0.2, dx=view.dx + 0.05, dy=view.dy - 0.04)
    if move == "another step":
        return replace(view, phase=view.phase + math.pi / 2)
    return replace(view, street=4 if view.street != 4 else 2, place=view.place + 17, scene=view.scene + 1)
