"""A network that is audited: an OSNet checkpoint, an ONNX file, or a function of a Python file.

    with opened("model.onnx", preprocessing="imagenet") as subject:
        features = subject.embed(photos)      # (N, H, W, 3) uint8 of any size -> (N, D) float32

What somebody else wrote runs in a process of its own (see `foreign`). Two photos are tried before anything is measured,
twice and in two batch sizes.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from .. import assets
from ..embed import MANY, MEAN, STD, embedder_for
from ..grading import anyone
from ..machine import apart, compute
from ..machine.limits import MOST_SIDE
from ..network import export, weights
from ..photos import market, picture
from ..refused import Refused
from . import foreign

RAW = "kit"  # pixels as they are, as the kit's own export takes them
PREPROCESSINGS: dict[str, foreign.Colours | None] = {"imagenet": (MEAN, STD), "0-1": ((0, 0, 0), (1, 1, 1)), RAW: None}
_SHIPPED = "shipped"
_SENT = 32  # photos of one question
_EQUAL = 1e-6  # of the largest feature: what two photos at least differ by
_ROUNDING, _LARGE = 1e-3, 0.1  # of the distance between two people: how far the features of one photo may move
_EXPECTED = (
    "expected a network to audit: an OSNet checkpoint (.safetensors or .pth), an .onnx file, or FILE:FUNCTION such as "
    "mine.py:embed"
)

Embed = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Subject:
    """A network that is audited.

    name: as a page calls it.  kind: "checkpoint", "onnx" or "function".
    digest: 16 hex digits of what it computes by: the network's shape and weights; the bytes of the file and the
    preprocessing; the text of the file and the function's name; and the size in each case.
    size: (height, width) that photos are resized to.  features: D.
    checkpoint: of an OSNet only.
    embed: photos (N, H, W, 3) uint8 RGB of any size -> (N, D) float32.  It raises Refused, in a sentence, for whatever
    goes wrong in a process of somebody else's code.
    notes: sentences for the page.
    """

    name: str
    kind: str
    digest: str
    size: tuple[int, int]
    features: int
    checkpoint: weights.Checkpoint | None = field(repr=False)
    embed: Embed = field(repr=False)
    notes: tuple[str, ...] = ()


@contextmanager
def opened(
    source: str | Path | None,
    *,
    preprocessing: str | None = None,
    where_needed: bool = False,
    size: tuple[int, int] | None = None,
    patience: float = 60.0,
) -> Iterator[Subject]:
    """A network to audit, for a block of a with statement, at whose end its process ends.

    source: an OSNet checkpoint, an .onnx file, or FILE:FUNCTION; None or "shipped" for the shipped weights.
    preprocessing: a name of PREPROCESSINGS, for an .onnx file that does not take uint8.  where_needed: a file that
    takes uint8 leaves it aside, else it is refused.
    size: (height, width) that photos are resized to; None takes that of the file.  patience: seconds for one batch.
    Raises: Refused, naming what was expected and what came, for a network that cannot be audited.
    """
    apart.check_patience(patience, "one batch")
    _check_size(size)
    if preprocessing is not None and preprocessing not in PREPROCESSINGS:
        raise Refused(f"expected a preprocessing, one of {', '.join(PREPROCESSINGS)}; got {preprocessing!r}")
    if source is not None and not isinstance(source, str | Path):
        raise Refused(f"{_EXPECTED}; got {source!r}")
    text = _SHIPPED if source is None else str(source)
    if text.lower().endswith(".onnx"):
        with _onnx(Path(text), preprocessing, where_needed, size, patience) as subject:
            yield subject
        return
    if preprocessing is not None:
        raise Refused(f"a preprocessing is for an .onnx file; {text} gets its photos as they are")
    if _is_function(text):
        with _function(text, size, patience) as subject:
            yield subject
    else:
        yield _checkpoint(text, size)


def _is_function(text: str) -> bool:
    """Whether somebody means a function, also one that is not there."""
    named = text.partition(":")[1] and text.rpartition(":")[2].isidentifier()
    return text.endswith(".py") or (not os.path.isfile(text) and bool(".py:" in text or named))


def _check_size(size: tuple[int, int] | None) -> None:
    whole = size is None or all(type(side) is int and 1 <= side <= MOST_SIDE for side in size)
    if not whole or (size is not None and len(size) != 2):
        raise Refused(f"size must be (height, width) of 1 to {MOST_SIDE} pixels, got {size!r}")


def _checkpoint(text: str, size: tuple[int, int] | None) -> Subject:
    checkpoint = weights.shipped() if text == _SHIPPED else weights.open(text)
    size = size or checkpoint.size
    engine = embedder_for(checkpoint.model, photos=MANY, size=size)

    def work(photos: np.ndarray) -> np.ndarray:
        found = engine(photos)
        if not np.isfinite(found).all():
            raise Refused(f"{text} gave features that are NaN or infinite")
        return found

    embed = _resizing(work, size)
    name = "the shipped network" if text == _SHIPPED else Path(text).name
    features, notes = tried(embed, name)
    digest = digest_of(checkpoint, size)
    return Subject(name, "checkpoint", digest, size, features, replace(checkpoint, size=size), embed, notes)


@contextmanager
def _onnx(
    file: Path, preprocessing: str | None, where_needed: bool, size: tuple[int, int] | None, patience: float
) -> Iterator[Subject]:
    if not os.path.isfile(file):  # False also for a name that no file can have
        raise Refused(f"{file} is not a file; expected an .onnx file")
    job = foreign.OnnxJob(
        file=file.resolve(),
        named=preprocessing,
        where_needed=where_needed,
        table=PREPROCESSINGS,
        raw=RAW,
        size=size,
        threads=compute.available_threads(),
        layout=export.LAYOUT,
        size_key=export.SIZE_KEY,
    )
    with _apart((job,), file.name, patience) as process:
        told = json.loads(process.loaded)
        height, width = told["size"]
        found = _foreign(process, file.name, (height, width), told["together"])
        digest = _hex(told["digest"], (height, width))
        yield Subject(file.name, "onnx", digest, (height, width), found[0], None, found[1], (*told["notes"], *found[2]))


@contextmanager
def _function(text: str, size: tuple[int, int] | None, patience: float) -> Iterator[Subject]:
    file, function = apart.file_and_function(text, _EXPECTED)
    name = f"{file.name}:{function}"
    note = "The function names no size; photos are resized to {}x{}.".format(*foreign.ANY_SIZE)
    digest = hashlib.sha256(function.encode() + b"\n" + file.read_bytes()).hexdigest()
    with _apart((file, function), function, patience) as process:
        notes = () if size else (note,)
        size = size or foreign.ANY_SIZE
        features, embed, more = _foreign(process, function, size, 0)
        yield Subject(name, "function", _hex(digest, size), size, features, None, embed, (*notes, *more))


def _apart(job: tuple, name: str, patience: float) -> apart.AskedApart:
    return apart.AskedApart(foreign.__name__, job, name=name, wanted="features", patience=patience)


def _foreign(
    process: apart.AskedApart, name: str, size: tuple[int, int], together: int
) -> tuple[int, Embed, tuple[str, ...]]:
    """D, embed and notes of what runs in a process.  together: photos of a fixed batch, 0 for any."""
    most = _SENT if together == 0 else max(together, _SENT // together * together)
    length = 0

    def work(photos: np.ndarray) -> np.ndarray:
        found = []
        for start in range(0, len(photos), most):
            part = process.ask(("features", photos[start : start + most]), "", process.patience)
            assert part is not None  # `foreign` answers "features" with numbers
            found.append(part.astype(np.float32))
        return np.concatenate(found) if found else np.empty((0, length), np.float32)

    embed = _resizing(work, size)
    length, notes = tried(embed, name)
    most = max(1, min(most, apart.ANSWER // (2 * 8 * length)))  # numbers of eight bytes, and room for the words
    if process.printed:
        notes += (f"When it was tried, it printed {anyone.words_left_out(process.printed)}.",)
    return length, embed, notes


def _resizing(work: Embed, size: tuple[int, int]) -> Embed:
    def embed(photos: np.ndarray) -> np.ndarray:
        photos = np.asarray(photos)
        if photos.ndim != 4 or photos.shape[3] != 3 or photos.dtype != np.uint8:
            raise Refused(f"expected images (N, H, W, 3) of uint8, got {photos.shape} of {photos.dtype}")
        if photos.shape[1:3] != size:
            resized = [picture.read(photo, size) for photo in photos]
            photos = np.stack(resized) if resized else np.empty((0, *size, 3), np.uint8)
        return work(photos)

    return embed


def digest_of(checkpoint: weights.Checkpoint, size: tuple[int, int] | None = None) -> str:
    """The digest of a checkpoint as a subject.  size: of its photos; None is the checkpoint's own."""
    return _hex(export.digest(checkpoint.model), size or checkpoint.size)


def _hex(text: str, size: tuple[int, int]) -> str:
    return hashlib.sha256(f"{text} {size[0]}x{size[1]}".encode()).hexdigest()[:16]


def tried(embed: Embed, name: str) -> tuple[int, tuple[str, ...]]:
    """Two photos of two people, twice and in two batch sizes.  Returns: D, and notes.

    Raises: Refused where the features of different photos are equal, or where those of one photo are not.
    """
    photos = _two_people()
    both, again, alone = (embed(some).astype(float) for some in (photos, photos, photos[:1]))
    if np.abs(both[0] - both[1]).max() <= _EQUAL * np.abs(both).max():
        raise Refused(f"{name} must return different features for photos of two people, it returned equal ones")
    apart_by = np.linalg.norm(both[0] - both[1])
    notes = []
    for other, when in ((again[0], "when it is asked again"), (alone[0], "when no other photo is beside it")):
        moved = float(np.linalg.norm(both[0] - other) / apart_by)
        if moved > _LARGE:
            raise Refused(
                f"{name} must return the same features for the same photo; {when}, they moved by {moved:.0%} of the "
                f"distance between two people, and at most {_LARGE:.0%} are accepted"
            )
        if moved > _ROUNDING:
            notes.append(f"The features of a photo move by {moved:.1%} of the distance between two people {when}.")
    return both.shape[1], tuple(notes)


def check_unchanged(subject: Subject, known: np.ndarray | None, of: Path) -> np.ndarray:
    """Features of two photos, (2, D), which must be those of the answers in a folder.

    known: as they were when the first answer was kept, or None.  of: the folder, for the sentence.
    Raises: Refused where they differ: a function reads weights of its own, of which its digest knows nothing.
    """
    found = subject.embed(_two_people()).astype(float)
    if known is not None:
        same = known.shape == found.shape
        if not same or np.linalg.norm(found - known) > _LARGE * np.linalg.norm(known[0] - known[1]):
            raise Refused(
                f"{subject.name} gives other features than when the answers in {of} were made, though its file is the "
                "same; expected the network of then, or another folder: --answers FOLDER"
            )
    return found


@cache
def _two_people() -> np.ndarray:
    """(2, 128, 64, 3) uint8: photos of the shipped subset."""
    found = market.read(assets.subset()).query
    other = next(photo for photo in found if photo.person != found[0].person)
    return market.decode([found[0], other], (128, 64)).images
