"""Divide photos that have no queries yet into people to train on and people to test with, by a rule that is said.

    made = split("PHOTOS", seed=0)
    print(made.rule)
    write(made, "OUT")           # a Market-1501 folder, with split.json: the rule, and who got which number

PHOTOS is a plain folder with one folder a person, a folder of photos with Market-1501 names, or a Market-1501 folder
without queries and gallery, whose training people are divided.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import draws
from ..machine import whole
from ..refused import Refused
from . import market
from .market import SPLITS, Market, Photo, Skipped
from .names import format_name, parse_name

SPLIT_FILE = "split.json"


@dataclass(frozen=True)
class Split:
    """market: photos where they lie now, with the numbers that they get.  rule: how they were divided, in sentences.
    people: number -> name of the person's folder, for a plain folder; empty where the photos had numbers.
    """

    market: Market
    rule: str
    seed: int
    people: dict[int, str]


def split(root: Path | str, *, seed: int = 0) -> Split:
    """Half of the people who can be found again become test people; the same seed divides the same folder alike.

    Raises: Refused where there are queries or a gallery already, or fewer than two people for a side.
    """
    if seed < 0:
        raise Refused(f"seed must be 0 or more, got {seed}")
    root = Path(root)
    photos, people, skipped = _found(root)
    named = not people
    by_person: dict[int, list[Photo]] = {}
    for photo in photos:
        by_person.setdefault(photo.person, []).append(photo)
    again = [who for who, own in by_person.items() if who > 0 and len({photo.camera for photo in own}) > 1]
    if len(again) < 2 or len(by_person) < 4:
        wanted = "under two cameras" if named else "with two photos"
        raise Refused(
            f"{root}: a split needs photos of at least 4 people, at least 2 of them {wanted} or more; found "
            f"{len(by_person)} people, {len(again)} of them {wanted} or more"
        )
    tested = sorted(draws.named(seed, "test people").permutation(sorted(again))[: max(2, len(again) // 2)].tolist())
    query = [by_person[who][draws.named(seed, "query", who).integers(len(by_person[who]))] for who in tested]
    gallery = [photo for who in tested for photo in by_person[who] if photo not in query]
    train = [photo for who in sorted(by_person) if who not in tested for photo in by_person[who]]
    made = Market(root, tuple(train), tuple(query), tuple(gallery), tuple(skipped))
    return Split(made, _rule(seed, named, len(tested), len(by_person) - len(tested)), seed, people)


def rule_for(root: Path | str) -> str:
    """The rule by which `split` would divide a folder with seed 0; empty where it would refuse."""
    try:
        return split(root).rule
    except (Refused, OSError):
        return ""


def write(made: Split, out: Path | str, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy the photos into a new Market-1501 folder, which appears when it is complete.

    Raises: Refused where `out` exists and is not empty.
    """
    total, done = sum(map(len, made.market)), 0
    with whole.folder(out) as growing:
        for side, name in zip(made.market, SPLITS.values(), strict=True):
            (growing / name).mkdir()
            for photo in side:
                shutil.copyfile(photo.path, growing / name / _name(photo, made))
                done += 1
                if progress:
                    progress(done, total)
        record = {"rule": made.rule, "seed": made.seed, "people": made.people}
        (growing / SPLIT_FILE).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _name(photo: Photo, made: Split) -> str:
    if not made.people:
        return photo.name
    fields = {name: value for name, value in asdict(photo).items() if name != "path"}
    return format_name(**fields).removesuffix(".jpg") + photo.path.suffix.lower()


def _found(root: Path) -> tuple[list[Photo], dict[int, str], list[Skipped]]:
    """The photos that are to be divided, the names of a plain folder's people, and what was left out."""
    taken = [SPLITS[side] for side in ("query", "gallery") if (root / SPLITS[side]).is_dir()]
    if taken:
        raise Refused(f"{root} has {' and '.join(taken)} already, so it is divided; expected photos without a split")
    if not root.is_dir():
        raise Refused(f"{root} is not a folder; expected one with a folder for each person in it")
    folder = root / SPLITS["train"] if (root / SPLITS["train"]).is_dir() else root
    own, others = _regular([photo for path in sorted(folder.iterdir()) if (photo := parse_name(path)) is not None])
    own = market.of_people(own)
    if own or folder != root:
        return own, {}, others
    found = market.read_folders(root)
    photos, others = _regular(found.query)
    return photos, {p.person: p.path.parent.name for p in photos}, [*found.skipped, *others]


def _regular(photos: Sequence[Photo]) -> tuple[list[Photo], list[Skipped]]:
    own = [photo for photo in photos if photo.path.is_file() and not photo.path.is_symlink()]
    return own, [Skipped(photo.path, market.NOT_OWN) for photo in photos if photo not in own]


def _rule(seed: int, named: bool, tested: int, learned: int) -> str:
    who = "were seen by two cameras or more" if named else "have two photos or more"
    rule = (
        f"Of the people who {who}, {tested} are drawn by seed {seed} to test with; the other {learned} people are to "
        "train on. Of each test person one photo, drawn as well, is the query, and the rest are the gallery."
    )
    return rule if named else f"{rule} Each photo counts as taken by a camera of its own."
