"""A pedestrian one can edit: what a network makes of a person in another top, from another side, in other light.

The person of a query photo is rendered once more with some changes. The new picture is the query now: it is compared
with a gallery photo, and the gallery is ranked for it by the Market rule. "Before" is the same person rendered without
any change, through the same camera and noise, so that nothing differs but what was changed.
Shapes: H x W pixels, K blocks, T streams.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .. import people
from ..embed import MANY, embedder_for
from ..explain import duel, known, without
from ..people import Identity, PhotoRecord, View
from ..photos.market import Photo
from ..refused import Refused

CHANGED = 8  # levels of 255 by which a pixel counts as changed
# What may be changed in a view, with its lowest and highest value.
VIEWS: Mapping[str, tuple[float, float]] = {"yaw": (-math.pi, math.pi), "stride": (0.0, 1.2), "hour": (7.0, 19.0)}
PERSON_NAMES = tuple(field.name for field in fields(Identity))
VIEW_NAMES = (*VIEWS, "weather", "camera")


@dataclass(frozen=True)
class Seen:
    """What the network makes of one picture.

    identity, view: who is in it, and from where.
    image: (H, W, 3) uint8.  labels: (H, W), the part of each pixel.
    similarity: (G,) cosine, to every gallery photo.
    rank: of the best match, 0 where there is none.  first: the gallery photo at rank 1.  order: of all that count.
    gates: (K, T) mean over the channels; None where no block has a gate.
    changed: share of the pixels that differ from the picture before, in [0, 1].
    """

    identity: Identity
    view: View
    image: np.ndarray
    labels: np.ndarray
    similarity: np.ndarray
    rank: int
    first: int
    order: np.ndarray
    gates: np.ndarray | None
    changed: float = 0.0


class Editor:
    """Edits of the person of one query.

    rankings: of a folder of rendered people.  folder: its records.  query: a place among the queries.
    identity: who is edited; the query's person, unless another one is to be dressed as it.
    before: what the network makes of the person without any change.
    matches, strangers: gallery photos by their rank for the photo itself, of the query's person and of others.
    Raises: Refused for a query that was not rendered, and a gallery of nobody else.
    """

    def __init__(
        self, rankings: without.Rankings, folder: known.Folder, query: int, *, identity: Identity | None = None
    ):
        photo = rankings.queries[query]
        record = folder.record(photo)
        if record is None:
            raise Refused(f"{photo.name} is not a rendered photo: only rendered people can be edited")
        self.rankings, self.record, self.query = rankings, record, query
        self.identity = record.identity if identity is None else identity
        self._fast = embedder_for(rankings.model, photos=MANY, size=rankings.size)
        self.matches, self.strangers = rankings.sides(query)
        if not self.strangers:
            raise Refused("the gallery shows nobody but the query's person")
        self.before = self._look(edited(self.identity, {}), viewed(record, {}))

    def best_match(self) -> int:
        """The gallery photo of the query's person that comes first by the photo itself; the nearest of all without."""
        return (self.matches or self.strangers)[0]

    def hardest_negative(self) -> int:
        """The nearest gallery photo of another person."""
        return self.strangers[0]

    def see(self, changes: Mapping[str, object] | None = None, view: Mapping[str, object] | None = None) -> Seen:
        """Render, embed, compare, rank.

        changes: of the person, such as {"top_color": (1, 0, 0)}.  view: of VIEW_NAMES.
        Raises: Refused for a change that no person or view can have.
        """
        seen = self._look(edited(self.identity, changes or {}), viewed(self.record, view or {}))
        return replace(seen, changed=float(changed_pixels(seen.image, self.before.image).mean()))

    def _look(self, identity: Identity, view: View) -> Seen:
        """What the network makes of somebody in a view; `changed` stays 0."""
        shot = people.render(identity, view, size=self.rankings.size)
        look = self._fast.look(shot.image[None])
        ranked = self.rankings.by_features(look.embedding, who=(self.record.person, view.camera))
        same = [self.rankings.gallery[k].person == self.record.person for k in ranked.order]
        gates = None if look.gates is None else look.gates[0].sum(-1) / np.maximum((look.gates[0] != 0).sum(-1), 1)
        return Seen(
            identity,
            view,
            shot.image,
            shot.labels,
            ranked.similarity,
            int(np.argmax(same)) + 1 if any(same) else 0,
            int(ranked.order[0]),
            ranked.order,
            gates,
        )

    def duel(self, seen: Seen, against: int, rival: int) -> tuple[duel.Duel, duel.Evidence | None]:
        """Why the one and not the other, asked of the picture as it is now.  against, rival: gallery photos."""
        photos: list[Photo] = [self.rankings.gallery[k] for k in (against, rival)]
        found = duel.between(self.rankings.model, np.stack([seen.image, *self.rankings.pictures(photos)]))
        masks = known.masks(photos, self.rankings.size)
        if masks is None:
            return found, None
        return found, duel.evidence(found, np.stack([seen.labels, *masks]).astype(int), known.NAMES)


def changed_pixels(image: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Which pixels differ by more than CHANGED levels: (H, W, 3) uint8 each -> (H, W) bool."""
    return np.abs(image.astype(int) - before.astype(int)).max(-1) > CHANGED


def unclear(view: View) -> float:
    """How far a view is from the front, with clear weather, nothing in front and nobody else; 0 is best."""
    return abs(view.yaw) + 2 * (view.occluder != "none") + (view.weather != "clear") + bool(view.passer)


def edited(identity: Identity, changes: Mapping[str, object]) -> Identity:
    """A person with some changes, and with what these bring along, so that one change is enough.

    A top that cannot be worn open is closed; a logo keeps clear of a backpack and of an opening; where a top does not
    cover the legs, there are trousers.
    Raises: Refused for a change that no person can have.
    """
    changes = plain_changes(changes, PERSON_NAMES, "an attribute of a person")
    given = {name: getattr(identity, name) for name in ("top", "open", "bag", "logo", "bottom")} | dict(changes)
    along: dict[str, object] = {}
    if given["open"] is True and given["top"] not in people.OPENING:
        along["open"] = False
    if given["logo"] != "none":
        opened = along.get("open", given["open"])
        along["logo_place"] = "front" if given["bag"] == "backpack" else "back" if opened else "both"
        if opened and given["bag"] == "backpack":
            along["open"] = False
    if given["bottom"] == "none" and given["top"] not in ("dress", "coat"):
        along["bottom"] = "trousers"
        along["bottom_length"] = 1.0
    return people.edit(identity, **(along | changes))


def plain_changes(changes: Mapping[str, object], names: Sequence[str], what: str) -> dict[str, Any]:
    """Changes with NumPy's values as Python's.  names: that may be changed.  what: they are, in words.

    Raises: Refused for another name, and for changes that are not a mapping.
    """
    if not isinstance(changes, Mapping):
        raise Refused(f"expected changes by their names, such as {{{names[0]!r}: ...}}, got {changes!r}")
    for name in changes:
        if name not in names:
            raise Refused(f"{name!r} is not {what} that can be changed; allowed are {', '.join(names)}")
    of_numpy = (np.ndarray, np.generic)
    return {name: value.tolist() if isinstance(value, of_numpy) else value for name, value in changes.items()}


def viewed(record: PhotoRecord, changes: Mapping[str, object]) -> View:
    """A photo's view with some of it changed.

    yaw in radians, 0 faces the camera; stride 0 to 1.2; hour 7 to 19; weather; camera 1 to 6, which brings its own
    lens, street and film. The step and the turn of the person stay.
    Raises: Refused naming what is allowed.
    """
    view = record.view
    changes = plain_changes(changes, VIEW_NAMES, "a part of a view")
    for name, value in changes.items():
        if name in VIEWS:
            low, high = VIEWS[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise Refused(f"{name} is {value!r}; allowed are numbers from {low:.4g} to {high:.4g}")
        elif name == "weather" and value not in people.WEATHER:
            raise Refused(f"weather is {value!r}; allowed are {', '.join(people.WEATHER)}")
    camera = changes.get("camera", view.camera)
    if isinstance(camera, bool) or not isinstance(camera, int) or camera not in range(1, len(people.CAMERAS) + 1):
        raise Refused(f"camera is {camera!r}; allowed are 1 to {len(people.CAMERAS)}")
    if camera != view.camera:
        kept = ("yaw", "phase", "stride", "arms", "gaze", "nod", "hour", "weather")
        there = people.draw_view(record.person, record.person, int(camera), 0)
        view = replace(there, **{name: getattr(view, name) for name in kept}, occluder="none", passer=0)
    given: dict[str, Any] = {name: float(changes[name]) for name in VIEWS if name in changes}
    if "weather" in changes:
        given["weather"] = changes["weather"]
        given["sun"] = people.CAMERAS[camera - 1].sun * people.LIGHT[changes["weather"]]
    if "hour" in changes or camera != record.view.camera:
        given["sun_azimuth"], given["sun_height"] = people.sun_at(given.get("hour", view.hour), camera)
    return replace(view, **given)
