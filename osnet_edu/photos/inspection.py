"""Look at a folder before anything runs: what it is, what will be left out, why it cannot be used, and what to do.

A Market-1501 folder, or a plain folder with one folder a person. Only names and the heads of files are read: no picture
is decoded. Training, scoring and exploring ask the same question, `inspect`.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..refused import Refused, plain
from . import market, picture
from .market import SPLITS, Market, Photo
from .names import ENDINGS, EXAMPLE, parse_name
from .splitting import rule_for

MARKET_KIND, PERSON_FOLDERS, NEITHER = "a Market-1501 folder", "a folder for each person", "neither"
_NO_CAMERA = f"write c0 for the camera of each query and c1 for that of each gallery photo, as in {EXAMPLE}"


@dataclass(frozen=True)
class Inspection:
    """What a folder is.

    kind: MARKET_KIND, PERSON_FOLDERS or NEITHER.  photos, people, cameras: how many, people without passers-by and
    junk; cameras is 0 where the names tell none.  warnings: what was assumed and what will be left out, in sentences.
    refusals: why the folder cannot be used as asked, each with what to do; empty if it can.
    rule: how `splitting.split` would divide it, where it has no queries; empty if it has.
    market: the folder as read, whose notes are the warnings; None where it is refused.
    """

    root: Path
    kind: str
    photos: int
    people: int
    cameras: int
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    rule: str
    market: Market | None

    def usable(self) -> Market:
        """The folder as read.  Raises: Refused, with the first refusal."""
        if self.market is None:
            raise Refused(self.refusals[0])
        return self.market

    def __str__(self) -> str:
        cameras = f"{self.cameras} cameras" if self.cameras else "cameras not known"
        lines = [f"{self.root}: {self.kind}; {self.photos} photos, {self.people} people, {cameras}."]
        lines += [f"Refused: {one}." for one in self.refusals] + [f"Note: {one}" for one in self.warnings]
        return plain("\n".join([*lines, *([f"Split on request: {self.rule}"] if self.rule else [])]), 4000)


def inspect(root: Path | str, *, train: bool = True, score: bool = True, folders: bool = False) -> Inspection:
    """Look at a folder.

    train, score: what it is for, as in `market.read`.  folders: whether a plain folder with one folder a person will
    do; where it will not, the refusal says how to make a Market-1501 folder of it.
    Returns: Inspection; it never raises for what is in the folder, and `usable` does.
    """
    given, root = root, Path(root)
    there = bool(str(given)) and os.path.isdir(root)
    is_market = there and any(os.path.isdir(root / name) for name in SPLITS.values())
    try:
        if folders and there and not is_market:
            found = market.read_folders(root)
        else:
            found = market.read(given, train=train, score=score)
    except Refused as error:
        return _refused(root, str(error), there, is_market)
    photos = tuple(dict.fromkeys((*(found.train if train else ()), *found.query, *found.gallery)))
    said = [*found.notes]
    if not is_market:
        said += [_own_cameras(), *_about_people(found), *_alike_names(root)]
    else:
        said += [*(_single(found) if train else ()), *(_unmatched(found) if score else ())]
    heads, unread = _heads(photos)
    if photos and not heads:
        return _refused(
            root, f"{root}: none of its {len(photos)} photos can be read; {_first(unread)}", there, is_market
        )
    said += [*_about_unread(unread, len(photos)), *_about_sizes(heads)]
    counted = _counted(photos if is_market else found.query, MARKET_KIND if is_market else PERSON_FOLDERS)
    return Inspection(root, *counted, tuple(said), (), "", replace(found, notes=tuple(said)))


def _counted(photos: Sequence[Photo], kind: str) -> tuple[str, int, int, int]:
    people = {photo.person for photo in photos if photo.person > 0}
    cameras = {photo.camera for photo in photos} if kind == MARKET_KIND else set()
    return kind, len(photos), len(people), len(cameras)


# --- what is refused, and what to do ----------------------------------------------------------------------------------


def _refused(root: Path, reason: str, there: bool, is_market: bool) -> Inspection:
    """The record of a folder that cannot be used, with advice behind the reason."""
    advice, rule = "", ""
    kind, photos, people = (MARKET_KIND if is_market else NEITHER), 0, 0
    if there:
        rule = rule_for(root)
        own = [path for path in _folders(root) if path.name not in SPLITS.values()]
        with_photos = {path: _pictures(path) for path in own}
        photos, people = sum(map(len, with_photos.values())), sum(map(bool, with_photos.values()))
        if people and not is_market:
            kind = PERSON_FOLDERS
        advice = _advice(root, with_photos, bool(rule), is_market)
    return Inspection(root, kind, photos, people, 0, (), (reason + (f". {advice}" if advice else ""),), rule, None)


def _advice(root: Path, with_photos: dict[Path, list[Path]], can_split: bool, is_market: bool) -> str:
    inner = next((path for path in with_photos if any((path / name).is_dir() for name in SPLITS.values())), None)
    if inner is not None:
        return f"{inner} is a Market-1501 folder: give that one"
    if can_split:
        what = "It has no queries" if is_market else "It has no queries and no gallery"
        return f"{what}: `python -m osnet_edu split {_quoted(root)} OUT` makes a Market-1501 folder with both"
    here = [path for side in (root, *(root / name for name in SPLITS.values())) for path in _pictures(side)]
    unnamed = [path for path in here if parse_name(path) is None]
    if unnamed and len(unnamed) == len(here):
        return (
            f"The names of its {len(unnamed)} photos tell no camera or no person, such as {unnamed[0].name}: "
            f"{_NO_CAMERA}, or put each person's photos into a folder of the person"
        )
    deep = None if any(with_photos.values()) else _deep(with_photos)
    if deep is not None:
        return f"Its photos lie deeper, such as {deep.relative_to(root)}: move all photos of a person into one folder"
    return ""


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())


def _deep(folders: Iterable[Path]) -> Path | None:
    """The first picture two folders down, or None."""
    return next((photo for one in folders for below in _folders(one) for photo in _pictures(below)), None)


def _quoted(root: Path) -> str:
    text = str(root)
    return f'"{text}"' if " " in text else text


# --- what is warned of ------------------------------------------------------------------------------------------------


def _own_cameras() -> str:
    return (
        "The folders tell no camera, so each photo counts as taken by a camera of its own: a query has all other "
        "photos of its person as matches."
    )


def _about_people(found: Market) -> list[str]:
    """People of a plain folder who cannot be found again, and photos that lie too deep to be read."""
    said, count = [], Counter(photo.person for photo in found.query)
    alone = [photo.path.parent.name for photo in found.query if count[photo.person] == 1]
    if alone:
        said.append(
            f"{len(alone)} of {len(count)} people have one photo ({_some(alone)}), so nobody can find them again: add "
            "a second photo of each, or take them as strangers in the gallery."
        )
    inner = [skip.path for skip in found.skipped if skip.path.is_dir() and not skip.path.name.startswith(".")]
    deep = [path for path in inner if _pictures(path)]
    if deep:
        where = deep[0].relative_to(found.root)
        said.append(
            f"Folders inside a person's folder are not read, such as {where}: move their photos up into the person's "
            "folder."
        )
    folders = _folders(found.root)
    bare = [path.name for path in folders if not _pictures(path)]
    if bare:
        said.append(f"{len(bare)} of {len(folders)} folders hold no photo ({_some(bare)}) and count as nobody.")
    return said


def _alike_names(root: Path) -> list[str]:
    """Folders whose names differ in capitals, spaces or the writing of an accent only."""
    same: dict[str, list[str]] = {}
    for path in _folders(root):
        key = " ".join(unicodedata.normalize("NFKC", path.name).casefold().split())
        same.setdefault(key, []).append(path.name)
    return [
        f"The folders {' and '.join(map(repr, names))} differ in capitals, spaces or accents only and count as "
        f"{len(names)} people: if they show one person, put all photos into one folder, else give one another name."
        for names in same.values()
        if len(names) > 1
    ]


def _single(found: Market) -> list[str]:
    """People to train on who have one photo."""
    count = Counter(photo.person for photo in market.of_people(found.train))
    alone = [f"{person:04d}" for person in sorted(count) if count[person] == 1]
    if not alone:
        return []
    return [
        f"{len(alone)} of {len(count)} people to train on have one photo ({_some(alone)}), which stands in for its own "
        "match: add a second photo of each, or take them out."
    ]


def _unmatched(found: Market) -> list[str]:
    """Queries that the score will leave out."""
    seen = market.cameras_of(found.gallery)
    lost = [photo for photo in found.query if not seen.get(photo.person, set()) - {photo.camera}]
    if not lost:
        return []
    return [
        f"{len(lost)} of {len(found.query)} queries have no gallery photo of their person by another camera, such as "
        f"{lost[0].name}: the score leaves them out."
    ]


@dataclass(frozen=True)
class _Head:
    photo: Photo
    height: int
    width: int


def _heads(photos: Sequence[Photo]) -> tuple[list[_Head], list[market.Skipped]]:
    heads, unread = [], []
    for photo in photos:
        try:
            heads.append(_Head(photo, *picture.size_of(photo.path)))
        except Refused as error:
            unread.append(market.Skipped(photo.path, str(error)))
    return heads, unread


def _first(unread: Sequence[market.Skipped]) -> str:
    return f"the first is {unread[0].path.name} ({unread[0].reason})"


def _about_unread(unread: Sequence[market.Skipped], total: int) -> list[str]:
    if not unread:
        return []
    return [
        f"{len(unread)} of {total} photos cannot be read and are left out, {_first(unread)}: save them anew as JPEG or "
        "PNG."
    ]


def _about_sizes(heads: Sequence[_Head]) -> list[str]:
    said, sizes = [], sorted({(head.height, head.width) for head in heads})
    if len(sizes) > 1:
        (low, narrow), (high, wide) = sizes[0], sizes[-1]
        said.append(
            f"The photos have {len(sizes)} sizes, from {low}x{narrow} to {high}x{wide} pixels (height x width): all "
            "are resized to one size, which stretches those of another shape."
        )
    lying = [head.photo for head in heads if head.width > head.height]
    if lying:
        said.append(
            f"{len(lying)} of {len(heads)} photos are wider than tall, such as {lying[0].name}: cut each to one "
            "upright person, from head to feet."
        )
    return said


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
