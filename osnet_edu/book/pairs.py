"""The duels of the shipped hard pairs, for a page that has no gradients and no renderer: maps, grades and sentences.

    data/pairs/pairs.json   the methods, and which three photos have a record
    data/pairs/N.json       a record: what the widget of the duel says of them
    data/pairs/HASH.png     three maps one below the other, grey, 128 for 0; or the outline of a true difference

A pair is a query, its best-ranked match and its best-ranked impostor, in the order of the margin: all failures come
first. Maps that only ask the network forwards are not kept: the page computes them, and their grades stand here.

A record takes some twelve seconds of a core. It is kept in the cache by all that it depends on, so that a second build
only copies it.
"""

import base64
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from .. import assets, explore
from ..explain import DEFAULT, TABLE, without
from ..grading import judging
from ..machine import pool
from ..photos.market import Photo
from ..refused import Refused
from ..retrieval.mining import Triplet
from ..widgets import Duelling
from . import kept
from .gallery import Shown, shown_gallery

BUILT_PAIRS = 32  # of which 26 are the failures of the shipped network
BUILT_METHODS = (  # the first three have buttons of their own, as in the widget
    DEFAULT, "occlusion", "segment exchange", "gradient x activation", "Grad-CAM", "point decomposition",
)  # fmt: skip
LEVELS = 127  # of a map on either side of 0
# What a record depends on: rooms and files of the package, and what ships.
_ROOMS = ("embed", "explain", "explore", "grading", "network", "people", "photos", "retrieval")
_FILES = ("widgets/duelling.py", "widgets/triples.py", "widgets/records.py", "book/gallery.py", "book/pairs.py")


@dataclass(frozen=True)
class _Job:
    """One pair.  folder: in the cache, which its record is written into."""

    triplet: Triplet
    folder: Path


def write(
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    pairs: int = BUILT_PAIRS,
    methods: Sequence[str] = BUILT_METHODS,
    queries: int | None = None,
    gallery: int | None = None,
) -> None:
    """Write the records below `folder`/data/pairs.  progress: (done, total) pairs.

    pairs: how many.  methods: of duel.EXPLAINERS.  queries, gallery: as `gallery.shown_gallery` takes them.
    Raises: Refused for fewer than 0 pairs.
    """
    if pairs < 0:
        raise Refused(f"a page needs 0 hard pairs or more, got {pairs}")
    look = partial(shown_gallery, queries, gallery, [explore.SHIPPED])
    found = look()
    rankings = found.rankings[explore.SHIPPED]
    jobs = [_Job(one, _place(found, one, methods)) for one in hardest_triplets(rankings)[:pairs]]
    missing = [job for job in jobs if not kept.there(job.folder)]
    with pool.results(partial(_keep, methods=tuple(methods)), missing, prepare=look, ordered=False) as results:
        for done, _ in enumerate(results, start=1):
            if progress:
                progress(len(jobs) - len(missing) + done, len(jobs))
    out = folder / "data" / "pairs"
    out.mkdir(parents=True, exist_ok=True)
    told = []
    for k, job in enumerate(jobs):
        for file in sorted(job.folder.iterdir()):
            shutil.copyfile(file, out / (f"{k}.json" if file.suffix == ".json" else file.name))
        told.append({"photos": [photo.name for photo in _three(rankings, job.triplet)], "file": f"{k}.json"})
    index = {"model": explore.SHIPPED, "methods": list(methods), "pairs": told}
    (out / "pairs.json").write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


def _place(found: Shown, triplet: Triplet, methods: Sequence[str]) -> Path:
    """Where in the cache the record of a pair is."""
    rankings = found.rankings[explore.SHIPPED]
    names = [photo.name for photo in _three(rankings, triplet)]
    key = "\n".join([_state(), str(len(rankings.gallery)), *names, *methods])
    return kept.folder_of(kept.KEPT_PAIRS) / hashlib.sha256(key.encode()).hexdigest()[:16]


@cache
def _state() -> str:
    """A hash of all that decides what a record says, but for the pair itself."""
    package = Path(__file__).parents[1]
    files = [path for room in _ROOMS for path in sorted((package / room).rglob("*.py"))]
    files += [package / name for name in _FILES]
    files += [assets.path(name) for name in (assets.WEIGHTS, assets.SUBSET)]
    return kept.state(files)


def _keep(job: _Job, found: Shown, *, methods: Sequence[str]) -> None:
    """Work out a record and keep it."""

    def make(growing: Path) -> None:
        made = pair_record(found.rankings[explore.SHIPPED], found.album, job.triplet, methods, growing)
        (growing / "record.json").write_text(json.dumps(made, separators=(",", ":")), encoding="utf-8")

    kept.made_once(job.folder, make)


def _three(rankings: without.Rankings, triplet: Triplet) -> list[Photo]:
    """Query, match and impostor."""
    gallery = rankings.gallery
    return [rankings.queries[triplet.query], gallery[triplet.positive], gallery[triplet.negative]]


def hardest_triplets(rankings: without.Rankings) -> list[Triplet]:
    """Each query with its best-ranked match and its best-ranked impostor, where it has both; the smallest margin first.

    It is what the explorer asks about where the first photo of a ranking is opened.
    """
    found = []
    for query in range(len(rankings.queries)):
        same, others = rankings.sides(query)
        if same and others:
            found.append(explore.triplet(rankings, query, others[0]))
    return sorted(found, key=lambda triplet: triplet.margin)


def pair_record(
    rankings: without.Rankings, album: explore.Album, triplet: Triplet, methods: Sequence[str], out: Path
) -> dict:
    """What the duel says of a triple by each method.  out: the folder that pictures are written into."""
    widget = Duelling(None, album.folder, rankings=rankings, first=triplet)
    try:
        known = {
            "answer": widget.answer,
            "measured": widget.measured,
            "verdict": widget.verdict,
            "question": widget.question,
            "truth": _kept(_content(widget.truth), out) if widget.truth else "",
        }
        return known | {"methods": {name: _method(widget, name, out) for name in methods}}
    finally:
        widget.close()


def _method(widget: Duelling, name: str, out: Path) -> dict:
    widget.method = name
    made: dict[str, object] = {"texts": [heat["text"] for heat in widget.heats]}
    if not TABLE[name].forward or name == "segment exchange":
        peaks = np.abs(widget.found.heat).max((1, 2))
        made |= {"file": _kept(_drawn(widget.found.heat, peaks), out), "peaks": peaks.tolist()}
    questions = {}
    for question in judging.QUESTIONS:
        widget.question = question
        questions[question] = {
            "sentence": widget.sentence,
            "shares": widget.shares,
            "grade": widget.grade,
            "hatched": widget.hatched,
        }
    return made | {"questions": questions}


def _drawn(heat: np.ndarray, peaks: np.ndarray) -> bytes:
    """Three maps one below the other as a grey PNG.  heat: (3, H, W).  peaks: (3,), the strongest of each."""
    share = heat / np.where(peaks > 0, peaks, 1)[:, None, None]
    levels = (np.round(LEVELS * share) + LEVELS + 1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels.reshape(-1, heat.shape[2])).save(file, "PNG", optimize=True)
    return file.getvalue()


def _content(uri: str) -> bytes:
    return base64.b64decode(uri.partition(",")[2])


def _kept(content: bytes, out: Path) -> str:
    """Write a picture once, by its content.  Returns: the name of its file."""
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.png"
    (out / name).write_bytes(content)
    return name
