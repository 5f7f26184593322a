"""A Market-1501 folder of rendered people: who is in it, twins, splits; written by a pool, all or nothing."""

import json
import shutil
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from ..machine import pool, whole
from ..photos import market
from ..refused import Refused
from . import camera
from .body import LABEL
from .identity import FIELDS, Identity
from .shot import Shot, expose
from .twins import TWIN_LABELS, prepare, twin
from .view import CAMERAS, VIEW_FIELDS, View, spoiled
from .world import find_world

_MOST_PEOPLE, _MOST_PHOTOS, _MOST_SIDE = 100_000, 10_000, 1024
BYTES_A_PHOTO, BYTES_A_PIXEL = 2000, 0.8  # of a photo with its mask and its row of the table: measured
_FORMAT = 1
VISIBLE = 12  # pixels of a part at 128 x 64 that count as seen
_NOBODY = {"distractor": market.DISTRACTOR, "junk": market.JUNK}  # splits of people that are not to be found
_RETRIES = 6  # other views tried for a photo on which the twin part does not show


@dataclass(frozen=True)
class Member:
    """One person. split: train, test, distractor or junk.  twin: the other's id or 0.  part: what differs."""

    person: int
    split: str
    identity: Identity
    twin: int = 0
    part: str = ""


@dataclass(frozen=True)
class PhotoRecord:
    """One photo. path: relative to the root.  visible: pixels of the twin part.  share: of the person's pixels."""

    path: str
    person: int
    identity: Identity
    view: View
    twin: int
    part: str
    visible: int
    share: float


@dataclass(frozen=True)
class DatasetSummary:
    """What was written: people, and photos in each split."""

    people: int
    pairs: int
    train: int
    query: int
    gallery: int
    bytes: int


def members(people: int, seed: int, world: str = "home", unseen: int | None = None) -> list[Member]:
    """Decide who is in a set of `people`, some to train on and some unseen.

    unseen: how many; None is a quarter.  Of the unseen, two thirds are members of twin pairs, of the others a half.
    Both of a pair are on one side. The parts take turns. All identities differ.
    Raises: Refused for fewer than 8 people, or for more than can be told apart.
    """
    test = _unseen(people, unseen)
    home = find_world(world)
    wardrobe, parts = home.wardrobe, home.parts
    found: list[Member] = []
    taken: set[Identity] = set()
    for split, first, count, share in (("train", 1, people - test, 0.5), ("test", people - test + 1, test, 2 / 3)):
        pairs = round(count * share / 2)
        turn = 0 if split == "train" else 4
        for k in range(pairs):
            part = parts[(k + turn) % len(parts)]
            person = first + 2 * k
            for attempt in range(100):
                one = prepare(home.person(seed, person + attempt * 1_000_003), part, seed, wardrobe)
                other = twin(one, part, seed, wardrobe)
                if not {one, other} & taken:
                    break
            else:
                raise _crowded(people, person)
            taken |= {one, other}
            found += [Member(person, split, one, person + 1, part), Member(person + 1, split, other, person, part)]
        for person in range(first + 2 * pairs, first + count):
            for attempt in range(100):
                one = home.person(seed, person + attempt * 1_000_003)
                if one not in taken:
                    break
            else:
                raise _crowded(people, person)
            taken.add(one)
            found.append(Member(person, split, one))
    return found


def _unseen(people: int, unseen: int | None) -> int:
    if people < 8:
        raise Refused(f"people is {people!r}; allowed are whole numbers of at least 8")
    test = max(round(people / 4), 4) if unseen is None else unseen
    if not 4 <= test <= people - 4:
        raise Refused(f"unseen is {unseen!r}; allowed are 4 to people - 4, here {people - 4}")
    return test


def _crowded(people: int, person: int) -> Refused:
    return Refused(f"people is {people!r}; nobody new was found for number {person}: allowed are fewer people")


def _visible(shot: Shot, part: str) -> tuple[int, float]:
    """Pixels of the twin part, counted at 128 x 64, and its share of the person's pixels."""
    if not part:
        return 0, 0.0
    labels = [LABEL[name] for name in TWIN_LABELS[part]]
    scale = shot.labels.size / (128 * 64)
    here = float(np.isin(shot.labels, labels).sum())
    person = float(((shot.labels > 0) & (shot.labels < LABEL["other"])).sum())
    return round(here / scale), round(here / max(person, 1), 4)


@dataclass(frozen=True)
class _Job:
    member: Member
    folder: str
    seed: int
    photos: int
    size: tuple[int, int]
    world: str


def _shoot(job: _Job) -> list[dict]:
    """Render all photos of one person into the folder; runs in a worker. Returns: their records."""
    member, count, world = job.member, len(CAMERAS), find_world(job.world)
    records, missed = [], 0
    for k in range(job.photos):
        pool.check_wanted()
        number, cam = k // count, k % count + 1
        if member.split in ("distractor", "junk"):
            cam = member.person % count + 1
        for attempt in range(_RETRIES):
            view = world.view(job.seed, member.person, cam, number + attempt * 1000)
            if member.split == "junk":
                view = spoiled(view)
            exposed = expose(member.identity, view, job.size)
            visible, share = _visible(exposed.shot, member.part)
            # Some photos may well miss the part, as in life, but never half of them.
            if not member.part or visible >= VISIBLE or missed < job.photos // 4:
                break
        missed += bool(member.part) and visible < VISIBLE
        view = replace(view, sequence=number // 2 + 1)
        person = _NOBODY.get(member.split, member.person)
        name = market.format_name(person, cam, view.sequence, _frame(member.person, number), 1 + number % 2)
        split = "train" if member.split == "train" else "query" if member.split == "test" and k < count else "gallery"
        folder = market.SPLITS[split]
        image = camera.develop(exposed.light, view)
        data = camera.encode(image, view.jpeg)
        photo = Path(job.folder) / folder / name
        photo.write_bytes(data)
        write_mask(market.mask_of(photo), exposed.shot.labels)
        records.append(
            {
                "path": f"{folder}/{name}",
                "view": [getattr(view, field) for field in VIEW_FIELDS],
                "visible": visible,
                "share": share,
            }
        )
    return records


def _frame(person: int, number: int) -> int:
    """A frame number that no other photo of the same camera has."""
    return person * 100 + number * 7


def write_mask(path: Path, labels: np.ndarray) -> None:
    """Labels (H, W) uint8 as an 8-bit PNG whose values are indices into PARTS."""
    Image.fromarray(labels).save(path, "PNG", optimize=True)


def _check_disk(out: Path, photos: int, size: tuple[int, int]) -> None:
    """Raises: Refused, with both figures, where the disk has less room than so many photos and masks take."""
    need = photos * (BYTES_A_PHOTO + BYTES_A_PIXEL * size[0] * size[1])
    there = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if need > free:
        raise Refused(
            f"{photos:,} photos of {size[0]}x{size[1]} need about {need / 1e9:.1f} GB of disk; "
            f"only {free / 1e9:.1f} GB is free at {there}"
        )


def write_dataset(
    out: Path | str,
    *,
    people: int = 240,
    seed: int = 0,
    world: str = "home",
    unseen: int | None = None,
    photos: int = 12,
    train_photos: int | None = None,
    size: tuple[int, int] = (128, 64),
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> DatasetSummary:
    """Write a Market-1501 folder of rendered people, with masks and people.json.

    people: ids 1 to people.  world: home, wide, wider or other.  unseen: how many of them are not to train on; a
    quarter by default.  photos: of each, spread over the cameras; of the unseen people the first under each camera is a
    query.  train_photos: of each that is to train on; as many by default.
    For every five people one distractor (id 0), for every ten one junk box (id -1) goes into the gallery.
    size: (height, width) pixels.  workers: processes, by default one a core; the files do not depend on it.
    progress: (photos done, photos in all).  Raises: Refused for an out that is not empty, and numbers that make no set.
    """
    out = whole.new_folder(out)
    if photos < 2 * len(CAMERAS):
        raise Refused(f"photos is {photos!r}; allowed are at least {2 * len(CAMERAS)}: a query and a match per camera")
    if len(size) != 2 or min(size) < 16:
        raise Refused(f"size is {size!r}; allowed are (height, width) of at least 16 pixels each")
    learned = photos if train_photos is None else train_photos
    if not len(CAMERAS) <= learned <= _MOST_PHOTOS:
        raise Refused(f"train_photos is {train_photos!r}; allowed are {len(CAMERAS)} to {_MOST_PHOTOS:,}")
    if people > _MOST_PEOPLE or photos > _MOST_PHOTOS or max(size) > _MOST_SIDE:
        raise Refused(
            f"people={people}, photos={photos}, size={size[0]}x{size[1]} is more than is rendered: at most "
            f"{_MOST_PEOPLE:,} people, {_MOST_PHOTOS:,} photos of each, and {_MOST_SIDE} pixels a side"
        )
    size = size[0], size[1]  # a list may be given
    test = _unseen(people, unseen)
    _check_disk(out, (people - test) * learned + test * photos, size)
    crowd, each = members(people, seed, world, unseen), {"train": learned, "test": photos}
    drawn = find_world(world).person
    after = people + 1 + people // 5
    extra = [Member(number, "distractor", drawn(seed, number)) for number in range(people + 1, after)]
    junk = [Member(number, "junk", drawn(seed, number)) for number in range(after, after + people // 10)]
    with whole.folder(out) as folder:
        for name in market.SPLITS.values():
            (folder / name).mkdir()
            (folder / market.MASKS / name).mkdir(parents=True)
        jobs = [
            _Job(member, str(folder), seed, each.get(member.split, 1), size, world)
            for member in (*crowd, *extra, *junk)
        ]
        total, done, records = sum(job.photos for job in jobs), 0, []
        with pool.results(_shoot, jobs, workers) as results:
            for found in results:
                records.append(found)
                done += len(found)
                if progress:
                    progress(done, total)
        _write_people(folder / "people.json", [job.member for job in jobs], records, seed, size, world)
    counts = {split: sum(1 for _ in (out / name).iterdir()) for split, name in market.SPLITS.items()}
    sizes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    pairs = sum(member.twin > member.person for member in crowd)
    return DatasetSummary(people, pairs, counts["train"], counts["query"], counts["gallery"], sizes)


def _write_people(
    path: Path, crowd: list[Member], records: list[list[dict]], seed: int, size: tuple[int, int], world: str
) -> None:
    """people.json: columns named once, a row for each person and each photo."""
    rows = []
    for member, photos in zip(crowd, records, strict=True):
        rows.append(
            {
                "person": member.person,
                "split": member.split,
                "twin": member.twin,
                "part": member.part,
                "identity": [getattr(member.identity, field) for field in FIELDS],
                "photos": [[one["path"], one["visible"], one["share"], one["view"]] for one in photos],
            }
        )
    table = {
        "format": _FORMAT,
        "seed": seed,
        "size": list(size),
        **({} if world == "home" else {"world": world}),
        "identity_fields": list(FIELDS),
        "view_fields": list(VIEW_FIELDS),
        "people": rows,
    }
    path.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")


@cache
def _sizes(kind: type) -> dict[str, type | int]:
    """{field: str or bool, or the length of its list of numbers, 0 for one number alone}."""
    return {
        field.name: field.type if field.type in (str, bool) else len(typing.get_args(field.type))
        for field in fields(kind)
    }


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(typing.cast(float, value)) < 1e300


_Record = typing.TypeVar("_Record")


def _record(kind: type[_Record], names: list, values: object, entry: str) -> _Record:
    """A record from its columns.  entry: where it stands, for the sentence that refuses it."""
    known = _sizes(typing.cast(type, kind))  # mypy doubts that a type[_Record] has a hash
    what = kind.__name__.lower()
    if names != list(known) and sorted(map(str, names)) != sorted(known):
        odd = next((str(name)[:40] for name in names if name not in known), "one too few")
        raise Refused(f"{entry}: the fields of {what} are not those of this version ({odd})")
    if not isinstance(values, list) or len(values) != len(names):
        raise Refused(f"{entry}: {what} must be a list of {len(names)} values")
    given = dict(zip(names, values, strict=True))
    for name, value in given.items():
        size = known[name]
        if isinstance(size, type):
            fits = type(value) is size
        else:
            many = isinstance(value, list)
            fits = many == (size > 0) and (
                all(map(_is_number, value)) and len(value) == size if many else _is_number(value)
            )
        if not fits:
            raise Refused(f"{entry}: {name} of {what} cannot be {str(value)[:40]!r}")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def read_people(root: Path | str) -> list[PhotoRecord]:
    """Every photo of a rendered folder with who is in it and how it was taken, in the order of people.json.

    `render(record.identity, record.view)` takes the photo again (last bits of JPEG may differ between machines).
    Raises: Refused, in a sentence, where the folder has no people.json that this version can read.
    """
    path = Path(root) / "people.json"
    table = _table(path, root)
    found = []
    for number, row in enumerate(table["people"], start=1):
        entry = f"{path}: person {number} of the list"
        for name, kind in (("person", int), ("split", str), ("twin", int), ("part", str), ("photos", list)):
            if not isinstance(row, dict) or type(row.get(name)) is not kind:
                raise Refused(f"{entry} has no {name} that can be read")
        if row["split"] not in SPLIT_NAMES:
            raise Refused(f"{entry} has split {row['split'][:40]!r}; expected one of {', '.join(SPLIT_NAMES)}")
        if row["part"] and row["part"] not in TWIN_LABELS:
            raise Refused(f"{entry} has part {row['part'][:40]!r}; expected one of {', '.join(TWIN_LABELS)}, or none")
        who = _record(Identity, table["identity_fields"], row.get("identity"), entry)
        person = _NOBODY.get(row["split"], row["person"])
        for photo in row["photos"]:
            name, visible, share, view = _photo(photo, entry)
            taken = _record(View, table["view_fields"], view, f"{entry}, {name}")
            found.append(PhotoRecord(name, person, who, taken, row["twin"], row["part"], visible, share))
    return found


SPLIT_NAMES = ("train", "test", "distractor", "junk")
_MOST_BYTES = 500_000_000


def _table(path: Path, root: Path | str) -> dict:
    """The columns and rows of a people.json, as JSON."""
    if not path.exists():
        raise Refused(f"{path} is missing: {root} is not a folder of rendered people")
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise Refused(f"{path} is not a regular file of at most {_MOST_BYTES / 1e6:.0f} MB")
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path} cannot be read as a table of people: {error}") from error
    if not isinstance(table, dict) or "format" not in table:
        raise Refused(f"{path} cannot be read as a table of people: expected an object with a format")
    if type(table["format"]) is not int or table["format"] != _FORMAT:
        raise Refused(f"{path} has format {str(table['format'])[:40]}; this version reads format {_FORMAT}")
    for name in ("identity_fields", "view_fields", "people"):
        if not isinstance(table.get(name), list):
            raise Refused(f"{path} cannot be read as a table of people: {name} must be a list")
    return table


def _photo(photo: object, entry: str) -> tuple[str, int, float, list]:
    """A row of a photo: its path below the root, visible pixels of the part, their share, and the view's values."""
    if not isinstance(photo, list) or len(photo) != 4:
        raise Refused(f"{entry} has a photo that is not a list of path, visible, share and view")
    name, visible, share, view = photo
    inside = isinstance(name, str) and len(name) < 300 and name.isprintable() and not Path(name).is_absolute()
    if not inside or ".." in Path(name).parts or not Path(name).parts:
        raise Refused(f"{entry} has a photo whose path is {str(name)[:60]!r}; expected one below the folder")
    for what, value in (("visible", visible), ("share", share)):
        if type(value) not in (int, float) or not 0 <= value < 1e9:
            raise Refused(f"{entry}, {name}: {what} must be a number, got {str(value)[:40]!r}")
    return name, visible, share, view
