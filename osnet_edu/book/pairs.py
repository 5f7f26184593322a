"""The duels of the shipped hard pairs, for a page that has no gradients and no renderer: maps, grades and sentences.

    data/pairs/pairs.json   the methods, and which three photos have a record
    data/pairs/N.json       a record: what the widget of the duel says of three photos
    data/pairs/HASH.png     three maps one below the other, grey, 128 for 0; or the outline of a true difference

A pair is a query, its best-ranked match and its best-ranked impostor, in the order of the margin: all failures come
first. Maps that only ask the network forwards are not kept: the page computes them, and their grades stand here.
"""

import base64
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .. import explore
from ..explain import DEFAULT, TABLE, without
from ..grading import judging
from ..refused import Refused
from ..retrieval.mining import Triplet
from ..widgets import Duelling
from .gallery import shown

PAIRS = 40  # of which 26 are the failures of the shipped network
METHODS = (  # the first three have buttons of their own, as in the widget
    DEFAULT, "occlusion", "segment exchange", "gradient x activation", "Grad-CAM", "integrated gradients",
    "point decomposition", "CorrRISE",
)  # fmt: skip
LEVELS = 127  # of a map on either side of 0


def write(
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    pairs: int = PAIRS,
    methods: Sequence[str] = METHODS,
    queries: int | None = None,
    gallery: int | None = None,
) -> None:
    """Write the records below `folder`/data/pairs.  progress: (done, total) pairs.

    pairs: how many; some fifteen seconds each, most of them for the segment exchange.  methods: of duel.EXPLAINERS.
    queries, gallery: as `gallery.shown` takes them.
    Raises: Refused for fewer than 0 pairs.
    """
    if pairs < 0:
        raise Refused(f"a page needs 0 hard pairs or more, got {pairs}")
    found = shown(queries, gallery)
    rankings, album = found.rankings[explore.SHIPPED], found.album
    out = folder / "data" / "pairs"
    out.mkdir(parents=True, exist_ok=True)
    hardest = triplets(rankings)[:pairs]
    told = []
    for k, triplet in enumerate(hardest):
        if progress:
            progress(k, len(hardest))
        made = record(rankings, album, triplet, methods, out)
        (out / f"{k}.json").write_text(json.dumps(made, separators=(",", ":")), encoding="utf-8")
        told.append({"photos": made["photos"], "file": f"{k}.json"})
    if progress:
        progress(len(hardest), len(hardest))
    index = {"model": explore.SHIPPED, "methods": list(methods), "pairs": told}
    (out / "pairs.json").write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


def triplets(rankings: without.Rankings) -> list[Triplet]:
    """Each query with its best-ranked match and its best-ranked impostor, where it has both; the smallest margin first.

    It is what the explorer asks about where the first photo of a ranking is opened.
    """
    found = []
    for query in range(len(rankings.queries)):
        same, others = rankings.sides(query)
        if same and others:
            found.append(explore.triplet(rankings, query, others[0]))
    return sorted(found, key=lambda triplet: triplet.margin)


def record(
    rankings: without.Rankings, album: explore.Album, triplet: Triplet, methods: Sequence[str], out: Path
) -> dict:
    """What the duel says of a triple by each method.  out: the folder that pictures are written into."""
    three = (
        rankings.queries[triplet.query], rankings.gallery[triplet.positive], rankings.gallery[triplet.negative]
    )  # fmt: skip
    widget = Duelling(None, album.folder, rankings=rankings, first=triplet)
    try:
        known = {
            "photos": [album.name(photo) for photo in three],
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
