"""A person that one can change: the same photo rendered again with one thing different, about forty times.

    data/people/people.json     who there is, and which photo stands for each
    data/people/PERSON.json     one person: the photo to begin with, and every change as a JPEG file

The page embeds them by the network; nothing that the network says is in these files.
"""

import base64
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from .. import explore, people
from ..explore import Editor
from ..machine import pool
from ..people import Identity, View
from ..photos import picture
from . import play

CHANGED_PEOPLE = 12
SEEN = 40  # pixels that a change must move to be offered


@dataclass(frozen=True)
class OfferedChange:
    """One change.  group: where the page lists it.  words: of the button.  person, view: as `Editor.see` takes them.

    game: does it count in the game?  Turn and light change no person.
    """

    group: str
    words: str
    person: Mapping[str, object] = field(default_factory=dict)
    view: Mapping[str, object] = field(default_factory=dict)

    @property
    def game(self) -> bool:
        return not self.view


def _kinds(group: str, name: str, kinds: tuple[str, ...], words: str = "{}") -> list[OfferedChange]:
    return [
        OfferedChange(group, f"no {group}" if kind == "none" else words.format(kind), {name: kind}) for kind in kinds
    ]


def _colours(group: str, name: str, colours: tuple[str, ...], words: str = "{}") -> list[OfferedChange]:
    return [OfferedChange(group, words.format(colour), {name: explore.NAMED[colour]}) for colour in colours]


OFFERED_CHANGES: tuple[OfferedChange, ...] = (
    *_colours("colour of the top", "top_color", ("red", "yellow", "green", "blue", "black", "white")),
    *_kinds("top", "top", ("t-shirt", "shirt", "jumper", "jacket", "coat", "hoodie", "dress")),
    *_kinds("top", "pattern", ("plain", "stripes", "check", "dots")),
    OfferedChange("top", "star print", {"logo": "star", "logo_color": explore.NAMED["yellow"]}),
    *_kinds("trousers or skirt", "bottom", ("jeans", "shorts", "skirt")),
    *_colours("trousers or skirt", "bottom_color", ("red", "blue", "black", "beige")),
    *_colours("shoes", "shoe_color", ("red", "white")),
    *_kinds("shoes", "shoe", ("boot", "sandal"), "{}s"),
    *_kinds("bag", "bag", ("none", "backpack", "handbag", "tote")),
    *_colours("bag", "bag_color", ("yellow",), "{} bag"),
    *_kinds("hat", "hat", ("none", "cap", "beanie", "brim", "hijab")),
    *_kinds("hair", "hair", ("short", "long", "afro")),
    *_colours("hair", "hair_color", ("black", "orange"), "{} hair"),
    *(
        OfferedChange("turn", words, view={"yaw": math.radians(degrees)})
        for words, degrees in (("from the front", 0), ("from one side", -90), ("from the other side", 90))
    ),
    OfferedChange("turn", "from the back", view={"yaw": math.pi}),
    *(OfferedChange("light", words, view={"hour": hour}) for words, hour in (("morning", 7.5), ("evening", 18.5))),
    *(OfferedChange("light", weather, view={"weather": weather}) for weather in ("clear", "overcast", "fog", "snow")),
)


@dataclass(frozen=True)
class PersonVariant:
    """A change, and the file of the photo that it makes."""

    change: OfferedChange
    jpeg: bytes


def chosen(count: int = CHANGED_PEOPLE) -> list[Editor]:
    """The people: those whom the network knows, in their clearest views, the clearest first; of twins only one."""
    album, shelf = explore.shipped()
    rankings = shelf.rankings(explore.SHIPPED)
    taken: set[int] = set()

    def editors() -> Iterator[Editor]:
        for query in play.clearest(album, rankings):
            record = album.folder.record(rankings.queries[query])
            if record and record.person not in taken:
                taken.update((record.person, record.twin))
                editor = Editor(rankings, album.folder, query)
                if editor.before.rank == 1:
                    yield editor

    return list(islice(editors(), count))


def variants(
    editor: Editor, changes: tuple[OfferedChange, ...] = OFFERED_CHANGES, workers: int | None = None
) -> tuple[bytes, list[PersonVariant]]:
    """One person.  Returns: the file to begin with, and those of all changes that this person can have and show."""
    size = editor.rankings.size
    jobs = [(editor.identity, editor.record.view, size)]
    offered = []
    for change in changes:
        identity, view = explore.edited(editor.identity, change.person), explore.viewed(editor.record, change.view)
        if (identity, view) != jobs[0][:2]:
            jobs.append((identity, view, size))
            offered.append(change)
    with pool.results(_file, jobs, workers) as results:
        first, *others = results
    base = picture.read(first)
    made = [PersonVariant(*one) for one in zip(offered, others, strict=True)]
    return first, [one for one in made if explore.changed_pixels(picture.read(one.jpeg), base).sum() >= SEEN]


def _file(job: tuple[Identity, View, tuple[int, int]]) -> bytes:
    identity, view, size = job
    pool.check_wanted()
    return people.jpeg(identity, view, size=size)


def write(
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    persons: int = CHANGED_PEOPLE,
    changes: tuple[OfferedChange, ...] = OFFERED_CHANGES,
) -> None:
    """Write the people below `folder`/data.  progress: (done, total) people.  persons, changes: how many, and which."""
    out = folder / "data" / "people"
    out.mkdir(parents=True, exist_ok=True)
    album = explore.shipped()[0]
    listed = []
    editors = chosen(persons)
    for editor in editors:
        photo = editor.rankings.queries[editor.query]
        first, found = variants(editor, changes)
        base = picture.read(first)
        told = {
            "person": editor.record.person,
            "camera": photo.camera,
            "base": _text(first),
            "variants": [
                {
                    "group": one.change.group,
                    "words": one.change.words,
                    "game": one.change.game,
                    "share": round(float(explore.changed_pixels(picture.read(one.jpeg), base).mean()), 4),
                    "jpeg": _text(one.jpeg),
                }
                for one in found
            ],
        }
        name = f"{editor.record.person:04d}.json"
        (out / name).write_text(json.dumps(told, separators=(",", ":")), encoding="utf-8")
        listed.append({"file": name, **play.shipped_photo(album, photo, folder / "data")})
        if progress:
            progress(len(listed), len(editors))
    (out / "people.json").write_text(json.dumps({"people": listed}, separators=(",", ":")), encoding="utf-8")


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
