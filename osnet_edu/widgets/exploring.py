"""What the explorer tells, apart from its widget: the state as a line and a link, lists as bytes, a picture."""

import io
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import numpy as np
from PIL import Image

from .. import explore, figures
from ..explain import without
from ..market import decode
from ..refused import Refused

# What may be set, in the order in which it is set again: the second network before its silenced streams.
STATE = (
    "query", "model", "other", "silenced", "where", *explore.WISHES, "left_out", "opened", "side", "why", "own_at",
)  # fmt: skip
MOST_DRAWN = 12  # photos of a ranking in a picture
DPI = 150


def line(
    values: Mapping[str, object], defaults: Mapping[str, object], folder: str, files: Mapping[str, str], index: str
) -> str:
    """A line of Python that makes this state again."""
    said = [repr(folder)] if folder else []
    own = {name: files[name] for name in (values["model"], values["other"]) if name in files}
    if own:
        said.append(f"models={own!r}")
    if index != "exact":
        said.append(f"index={index!r}")
    said += [f"{name}={value!r}" for name, value in _changed(values, defaults)]
    return f"Explorer({', '.join(said)})"


def link(values: Mapping[str, object], defaults: Mapping[str, object]) -> str:
    """The same as the address of a page: what follows explore.html."""
    told = {name: _plain(value) for name, value in _changed(values, defaults)}
    return f"explore.html#{urlencode(told)}"


def _changed(values: Mapping[str, object], defaults: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(name, values[name]) for name in STATE if values[name] != defaults[name]]


def _plain(value: object) -> object:
    if isinstance(value, list):
        return ",".join(f"{block}:{stream}" for block, stream in value)
    return int(value) if isinstance(value, bool) else value


def columns(found: explore.Listed, title: str) -> dict:
    """A list as the page has it: numbers as bytes, little-endian."""
    return {
        "place": found.place.astype("<i4").tobytes(),
        "similarity": found.similarity.astype("<f4").tobytes(),
        "kind": found.kind.tobytes(),
        "rank": found.rank.astype("<i4").tobytes(),
        "said": found.said,
        "title": title,
    }


def welcoming(hardness: explore.Hardness) -> int:
    """The query to begin with: the hardest of those that are won."""
    margin = np.where(hardness.first_hit == 1, hardness.positive - hardness.negative, np.inf)
    return int(np.nan_to_num(margin, nan=np.inf).argmin())


def window(asked: object) -> tuple[int, int]:
    """Which rows of the list to draw: first, count.  Raises: Refused for anything but {"first": ..., "count": ...}."""
    if not isinstance(asked, dict) or not all(type(asked.get(name)) is int for name in ("first", "count")):
        raise Refused("a picture needs its first photo and how many")
    return asked["first"], asked["count"]


def picture(
    rankings: without.Rankings, query: int, own: np.ndarray | None, lists: Sequence[Mapping], first: int, count: int
) -> tuple[str, bytes]:
    """A query and a part of its ranked lists, one below the other, as a PNG.

    query: its place; own: instead of it, a photo (H, W, 3) uint8.  lists: as `columns` gives them.
    first, count: which of the photos that count; at most 12.  Returns: a file name, and the PNG.
    """
    drawn = [_drawn(rankings, query, own, columns, first, count) for columns in lists]
    images = []
    for figure in drawn:
        file = io.BytesIO()
        figure.savefig(file, dpi=DPI)
        images.append(Image.open(file).convert("RGB"))
    sheet = Image.new("RGB", (max(i.width for i in images), sum(i.height for i in images)), "white")
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height
    file = io.BytesIO()
    sheet.save(file, "PNG")
    name = "own_photo" if own is not None else rankings.queries[query].path.stem
    return f"{name}.png", file.getvalue()


def _drawn(rankings: without.Rankings, query: int, own: np.ndarray | None, columns: Mapping, first: int, count: int):
    place, kind = np.frombuffer(columns["place"], "<i4"), np.frombuffer(columns["kind"], np.uint8)
    similarity = np.frombuffer(columns["similarity"], "<f4")
    counts = np.flatnonzero((kind != explore.OWN_CAMERA) & (kind != explore.IS_JUNK))
    first = min(max(first, 0), max(len(counts) - 1, 0))
    rows = counts[first : first + min(max(count, 1), MOST_DRAWN)]
    if not len(rows):
        raise Refused("there is no ranked photo to draw")
    photos = [rankings.gallery[k] for k in place[rows]]
    images = decode(photos, rankings.size).images
    if own is not None:
        words = [f"rank {first + k + 1}\nsimilarity {similarity[row]:.2f}" for k, row in enumerate(rows)]
        shown = np.concatenate([own[None], images])
        return figures.photos(shown, ["your photo\n", *words], title=columns["title"])
    who = rankings.queries[query]
    return figures.ranking(
        decode([who], rankings.size).images[0],
        images,
        [bool(kind[row] == explore.MATCH) for row in rows],
        [float(similarity[row]) for row in rows],
        first=first + 1,
        left_out=int((kind == explore.OWN_CAMERA).sum()),
        query_caption=f"person {who.person}\ncamera {who.camera}\n{columns['title']}",
        captions=[f"camera {photo.camera}" for photo in photos],
    )
