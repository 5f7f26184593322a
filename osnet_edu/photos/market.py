"""A Market-1501 folder: photo names read and written, the three splits, checks, pictures, subsets.

    bounding_box_train/   photos of the people to learn from
    query/                photos to look for, of people never seen in training
    bounding_box_test/    the gallery to search: the same people, distractors (id 0) and junk (id -1)
    masks/SPLIT/ optional: a .png of each photo's name, whose values tell body parts

The name of a photo says who it shows and which camera took it (see `names`). Number 0 is a person in the training
folder, as in MSMT17, and a passer-by in the gallery, as in Market-1501.
Rendered and real photos are both read here.
Source: Zheng et al., Scalable Person Re-identification: A Benchmark, ICCV 2015.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..machine import whole
from ..machine.limits import MOST_SIDE
from ..refused import Refused
from ..retrieval import DISTRACTOR as DISTRACTOR  # readers of folders look for this name here
from ..retrieval import JUNK
from . import picture
from .copies import copies
from .names import ENDINGS, EXAMPLE, Photo, parse_name
from .names import format_name as format_name

NOT_OWN = "not a regular file below the folder; only regular files are copied"
SPLITS = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}
MASKS = "masks"  # folder of the part masks: a file for each photo, in a folder of the photo's split


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Market:
    """A folder as read: train, query, gallery = read(root) unpacks the three splits, each sorted by name.

    skipped: files that were left out.  notes: what was assumed about the folder, a sentence each.
    """

    root: Path
    train: tuple[Photo, ...]
    query: tuple[Photo, ...]
    gallery: tuple[Photo, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[tuple[Photo, ...]]:
        return iter((self.train, self.query, self.gallery))


@dataclass(frozen=True)
class Decoded:
    """Photos in memory.  images: (N, H, W, 3) uint8, RGB, in the order of photos; skipped: what could not be read."""

    images: np.ndarray
    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...]


def read(root: Path | str, *, train: bool = True, score: bool = True) -> Market:
    """Read the names of a Market-1501 folder; no picture is decoded.

    train, score: what the folder is for. Without training, the training folder may be missing. Without scoring, the
    test folders may be missing or have no match (see `unscored`). If only one of the two is wanted, people to test
    with may have the numbers of people to train on: they count as other people.
    Names that do not parse are skipped and listed, and so are queries that show no person (ids 0 and -1). The notes
    say what was assumed.
    Raises: Refused, with a sentence, if the folder cannot be used for this: a split missing or empty, fewer than two
    people or cameras, no query with a match, a person both to train on and to test with.
    """
    if not str(root):
        raise Refused("the folder's name is empty; expected a Market-1501 folder")
    root = Path(root)
    if not os.path.isdir(root):  # False also for a name that no folder can have
        raise Refused(f"{root} is not a folder; expected a Market-1501 folder with {_listed(SPLITS.values())}")
    needed = {"train": train, "query": score, "gallery": score}
    missing = [SPLITS[split] for split, need in needed.items() if need and not os.path.isdir(root / SPLITS[split])]
    if missing:
        wanted = [SPLITS[split] for split, need in needed.items() if need]
        raise Refused(f"{root} is not a Market-1501 folder: expected {_listed(wanted)}, missing {_listed(missing)}")
    skipped: list[Skipped] = []
    splits = {split: _read_split(root / name, skipped, needed[split]) for split, name in SPLITS.items()}
    market = Market(root, splits["train"], splits["query"], splits["gallery"], skipped=tuple(skipped))
    _check(market, train=train, score=score)
    return replace(market, notes=_notes(market, train=train))


def unscored(market: Market) -> str:
    """Why a folder's queries cannot be scored, in words, and what to do; an empty text if they can."""
    empty = [SPLITS[split] for split in ("query", "gallery") if not getattr(market, split)]
    if empty:
        return f"a score needs photos in {_listed(empty)}, and there are none"
    cameras = {photo.camera for photo in (*market.query, *market.gallery)}
    if len(cameras) < 2:
        return (
            "at least 2 cameras are needed for a score, since a match counts only across cameras; found 1. If the "
            "cameras are not known, write c0 for the camera of each query and c1 for the gallery: then every match "
            "counts"
        )
    seen = cameras_of(market.gallery)
    if any(seen.get(photo.person, set()) - {photo.camera} for photo in market.query):
        return ""
    none = "no query has a match, a gallery photo of the same person by another camera"
    same = sum(photo.person in seen for photo in market.query)
    return (
        none
        if not same
        else (
            f"{none}; {same} of {len(market.query)} queries have such a photo by their own camera alone. Take the "
            "queries and the gallery by different cameras, or write c0 for the camera of each query"
        )
    )


def cameras_of(photos: Iterable[Photo]) -> dict[int, set[int]]:
    """The cameras that saw each person, without passers-by and junk."""
    seen: dict[int, set[int]] = {}
    for photo in photos:
        if photo.person > 0:
            seen.setdefault(photo.person, set()).add(photo.camera)
    return seen


def of_people(photos: Sequence[Photo]) -> list[Photo]:
    """The photos of a training split that show a person: all but junk. Number 0 is a person here."""
    return [photo for photo in photos if photo.person != JUNK]


def read_folders(root: Path | str) -> Market:
    """Read a plain folder with one folder for each person, for photos whose camera is not known.

    Each photo counts as taken by a camera of its own. Under the Market rule it is then a query that finds all other
    photos of its person and never itself.  train is empty.  Hidden folders do not count as people: they are skipped
    and listed.
    Raises: Refused if no person has two photos.
    """
    root = Path(root)
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    photos: list[Photo] = []
    skipped = [Skipped(path, "a hidden folder, not a person") for path in folders if path.name.startswith(".")]
    for person, folder in enumerate((path for path in folders if not path.name.startswith(".")), start=1):
        camera = 0
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in ENDINGS and not path.name.startswith("."):
                camera += 1
                photos.append(Photo(path, person, camera, 1, 0, 0))
            else:
                skipped.append(Skipped(path, f"not a picture whose name ends in {', '.join(ENDINGS)}"))
    if not any(photo.camera > 1 for photo in photos):
        raise Refused(
            f"{root}: expected one folder for each person, with two or more photos in it ({', '.join(ENDINGS)}), found "
            f"{len(photos)} photos{_other_files(skipped)}"
        )
    return Market(root, (), tuple(photos), tuple(photos), tuple(skipped))


def decode(
    photos: Sequence[Photo], size: tuple[int, int], progress: Callable[[int, int], None] | None = None
) -> Decoded:
    """Open photos, convert to RGB (grey and CMYK too), turn them upright and resize bilinearly.

    size: (height, width) in pixels.  progress: called with (done, total).
    A photo that cannot be read is skipped and listed: truncated, empty, enormous, not a regular file, or not a JPEG,
    PNG, BMP, WebP or TIFF picture. Raises: Refused for a size outside 1 to MOST_SIDE pixels.
    """
    images = _room(len(photos), size)
    kept: list[Photo] = []
    skipped: list[Skipped] = []
    for i, photo in enumerate(photos):
        try:
            image = picture.read(photo.path, size)
        except Refused as error:
            skipped.append(Skipped(photo.path, str(error)))
        else:
            images[len(kept)] = image
            kept.append(photo)
        if progress:
            progress(i + 1, len(photos))
    return Decoded(images[: len(kept)], tuple(kept), tuple(skipped))


def _room(count: int, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    if not (1 <= height <= MOST_SIDE and 1 <= width <= MOST_SIDE):
        raise Refused(f"size must be (height, width) of 1 to {MOST_SIDE} pixels, got {height}x{width}")
    try:
        return np.empty((count, height, width, 3), np.uint8)
    except MemoryError as error:
        need = count * height * width * 3 / 1e9
        raise Refused(f"{count} photos of {height}x{width} need {need:.1f} GB of memory; there is less free") from error


def mask_of(photo: Path) -> Path:
    """The path of a photo's part mask, if it has one: masks/SPLIT/NAME.png beside the splits."""
    return photo.parent.parent / MASKS / photo.parent.name / f"{photo.stem}.png"


def read_mask(photo: Path, labels: int) -> np.ndarray:
    """The part mask beside a photo: (H, W) uint8, each value the number of a part, 0 for none.

    labels: how many numbers there are; people.PARTS names those of rendered people.
    Raises: Refused, with a sentence, if it is missing or cannot be read, is not a picture of 8-bit numbers, has
    another size than the photo, or holds a number that no part has.
    """
    path = mask_of(photo)
    if not path.is_file():
        raise Refused(f"{path} is missing; expected a folder made by `render`, with its masks")
    try:
        mask = picture.numbers_of(path)
    except Refused as error:
        raise Refused(f"{path} is not a mask: {error}") from error
    try:
        shape = picture.read(photo).shape[:2]
    except Refused as error:
        raise Refused(f"{photo}: {error}") from error
    if mask.shape != shape:
        expected, got = ("x".join(map(str, one)) for one in (shape, mask.shape))
        raise Refused(f"{path} is not a mask of its photo: expected {expected} pixels, got {got}")
    if mask.max(initial=0) >= labels:
        raise Refused(f"{path} is not a mask of these parts: expected numbers 0 to {labels - 1}, got {mask.max()}")
    return mask


def smaller_market(market: Market, people: int, seed: int = 0) -> Market:
    """A smaller market: `people` identities, split between training and test in the same proportion as the original.

    The people are drawn from the seed; distractors and junk are thinned in the same proportion as the test people. Only
    regular files below the root are taken; others, such as links to elsewhere, are listed as skipped.
    Raises: Refused if there are too few people or a split would get fewer than two, or for a negative seed.
    """
    if seed < 0:
        raise Refused(f"seed must be 0 or more, got {seed}")
    market = _own_files(market)
    train_ids = sorted({photo.person for photo in of_people(market.train)})
    test_ids = sorted({photo.person for photo in market.query if photo.person > 0})
    total = len(train_ids) + len(test_ids)
    n_test = round(people * len(test_ids) / total)
    n_train = people - n_test
    if people > total or min(n_train, n_test) < 2:
        raise Refused(f"a subset needs at least 2 people in training and 2 in test, and at most {total}; got {people}")
    rng = np.random.Generator(np.random.PCG64(seed))
    keep_train = set(rng.permutation(train_ids)[:n_train].tolist())
    keep_test = set(rng.permutation(test_ids)[:n_test].tolist())
    others = [photo for photo in market.gallery if photo.person <= 0]
    keep_others = {others[i] for i in rng.permutation(len(others))[: round(len(others) * n_test / len(test_ids))]}
    result = Market(
        market.root,
        tuple(photo for photo in market.train if photo.person in keep_train),
        tuple(photo for photo in market.query if photo.person in keep_test),
        tuple(photo for photo in market.gallery if photo.person in keep_test or photo in keep_others),
        market.skipped,
        market.notes,
    )
    _check(result, train=True, score=True)
    return result


def _own_files(market: Market) -> Market:
    """The same without photos that are not regular files below the root, such as links to other places."""
    own: dict[str, Any] = {}
    skipped: list[Skipped] = []
    for split, photos in zip(SPLITS, market, strict=True):
        is_own = _below(market.root / SPLITS[split], market.root)
        own[split] = tuple(photo for photo in photos if is_own(photo.path))
        skipped += [Skipped(photo.path, NOT_OWN) for photo in photos if not is_own(photo.path)]
    return replace(market, **own, skipped=(*market.skipped, *skipped))


def _below(folder: Path, root: Path) -> Callable[[Path], bool]:
    """Whether a path in this folder is a regular file below the root, and no link."""
    inside = folder.resolve().is_relative_to(root.resolve())
    return lambda path: inside and not path.is_symlink() and path.is_file()


def write(market: Market, out: Path | str, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy a market's photos, and their masks where the source has them, into a new folder.

    The folder appears when it is complete.  Raises: Refused where `out` exists and is not empty.
    """
    total, done = sum(len(split) for split in market), 0
    with whole.folder(out) as made:
        for split, name in zip(market, SPLITS.values(), strict=True):
            (made / name).mkdir()
            is_own = _below(market.root / name, market.root)
            masked = _below(market.root / MASKS / name, market.root)
            for photo in split:
                if not is_own(photo.path):
                    raise Refused(f"{photo.path}: {NOT_OWN}")
                shutil.copyfile(photo.path, made / name / photo.name)
                mask = mask_of(photo.path)
                if masked(mask):
                    (made / MASKS / name).mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(mask, made / MASKS / name / mask.name)
                done += 1
                if progress:
                    progress(done, total)


def _read_split(folder: Path, skipped: list[Skipped], needed: bool) -> tuple[Photo, ...]:
    photos, others = [], []
    for path in sorted(folder.iterdir()) if os.path.isdir(folder) else ():
        photo = parse_name(path)
        if photo is None:
            others.append(Skipped(path, f"not a Market-1501 name, such as {EXAMPLE}"))
        elif photo.person < 1 and folder.name == SPLITS["query"]:
            others.append(Skipped(path, "a query must show a person, whose id is above 0"))
        else:
            photos.append(photo)
    if needed and not photos:
        raise Refused(f"{folder} has no photo with a Market-1501 name, such as {EXAMPLE}{_other_files(others)}")
    skipped += others
    return tuple(photos)


def _other_files(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return ""
    first = f"{skipped[0].path.name}: {skipped[0].reason}"
    return f"; {len(skipped)} other{'s' * (len(skipped) > 1)} there, the first is {first}"


def _check(market: Market, *, train: bool, score: bool) -> None:
    people = {photo.person for photo in of_people(market.train)}
    if train and len(people) < 2:
        raise Refused(f"{market.root}: training needs photos of at least 2 people, found {len(people)}")
    shared = _shared(market)
    if train and score and shared:
        raise Refused(
            f"{market.root}: {len(shared)} of the people to test with are in {SPLITS['train']} too ({_some(shared)}); "
            "expected people that training does not see, since scores on known people say nothing"
        )
    if train and shared and (same := _in_both(market, shared)):
        (learned, tested), *_ = same
        raise Refused(
            f"{market.root}: {len(same)} photos of the people to test with are in {SPLITS['train']} too, for one "
            f"{tested.parent.name}/{tested.name} is {learned.parent.name}/{learned.name}; expected photos and people "
            "that training does not see, since scores on known people say nothing"
        )
    if score and (reason := unscored(market)):
        raise Refused(f"{market.root}: {reason}")


def _shared(market: Market) -> list[int]:
    """Numbers of people to train on that people to test with have too; 0 has two meanings and is left out."""
    learned = {photo.person for photo in of_people(market.train)} - {DISTRACTOR}
    return sorted(learned & {photo.person for photo in (*market.query, *market.gallery)})


def _in_both(market: Market, shared: list[int]) -> list[tuple[Path, Path]]:
    """Photos of these people that stand on both sides, to train on and to test with: pairs of equal files."""
    sides = [[photo.path for photo in side if photo.person in shared]
             for side in (market.train, (*market.query, *market.gallery))]  # fmt: skip
    return copies(*sides)


def _notes(market: Market, *, train: bool) -> tuple[str, ...]:
    notes, test = [], f"{SPLITS['query']} and {SPLITS['gallery']}"
    zeros = sum(photo.person == 0 for photo in market.train)
    if train and zeros:
        notes.append(f"Number 0 is a person in {SPLITS['train']}, with {zeros} photos; in {test} it is a passer-by.")
    asked = sum((photo := parse_name(skip.path)) is not None and photo.person == 0 for skip in market.skipped)
    if asked:
        notes.append(
            f"Number 0 is a passer-by in {test}, so {asked} queries of it are left out. To count them, give the person "
            "another number."
        )
    if shared := _shared(market):
        same = len(_in_both(market, shared))
        taken = (
            f"{same} of their photos are the same files, so they are the same people"
            if same
            else "They count as other people"
        )
        notes.append(
            f"{len(shared)} numbers of people in {test} are in {SPLITS['train']} too ({_some(shared)}). {taken}. A "
            "score of people that training has seen says nothing about others."
        )
    return tuple(notes)


def _some(people: list[int]) -> str:
    return ", ".join(f"{person:04d}" for person in people[:3]) + (" ..." if len(people) > 3 else "")


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
