"""The explorer's state as a line of Python and as a link, its lists as bytes, and a picture of them."""

import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from PIL import Image

from .. import explore
from ..explain import without
from ..photos.market import decode
from ..refused import Refused

# What may be set, in the order in which it is set again: the second network before its silenced streams.
IN_ADDRESS = (
    "query", "model", "other", "silenced", "where", *explore.WISHES, "left_out", "opened", "side", "why", "own_at",
)  # fmt: skip
MOST_DRAWN = 12  # photos of a ranking in a picture
_DPI = 150
WELCOME = 64  # hard queries of which the most colourful one is the first to be seen
LONGEST_LINK = 4_000  # letters


def code_line(
    values: Mapping[str, Any], defaults: Mapping[str, object], folder: str, shelf: explore.Shelf, index: str
) -> str:
    """A line of Python that makes this state again. What it cannot hold stands in a comment at its end."""
    said = [repr(folder)] if folder else []
    named = {values["model"], values["other"]} - {"", explore.SHIPPED, explore.UNTRAINED}
    own = {name: shelf.files[name] for name in sorted(named & set(shelf.files))}
    if own:
        said.append(f"models={own!r}")
    if index != "exact":
        said.append(f"index={index!r}")
    said += [f"{name}={value!r}" for name, value in _changed(values, defaults)]
    lacks = [f"the network {name!r}: it is in no file" for name in sorted(named - set(shelf.files))]
    if not values["query"]:
        lacks.insert(0, "your photo: bring it again")
    return f"Explorer({', '.join(said)})" + (f"  # without {', and '.join(lacks)}" if lacks else "")


def link(values: Mapping[str, object], defaults: Mapping[str, object]) -> str:
    """The same as what follows the # in the address of a page."""
    return urlencode({name: _plain(value) for name, value in _changed(values, defaults)})


def linked(text: object, defaults: Mapping[str, Any]) -> dict[str, object]:
    """The state that such an address names.  Raises: Refused for a name that is not a part of a state, or another
    kind."""
    if not isinstance(text, str) or len(text) > LONGEST_LINK:
        raise Refused("this address does not end in a state of the explorer")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=len(IN_ADDRESS))
    except ValueError as error:
        raise Refused(f"this address does not end in a state of the explorer ({error})") from error
    found: dict[str, object] = {}
    for name, value in pairs:
        if name not in IN_ADDRESS or name in found:
            raise Refused(f"the address sets {name[:40]!r}; expected {', '.join(IN_ADDRESS)}, each once at most")
        found[name] = _read(name, value, defaults[name])
    return found


def _read(name: str, value: str, default: Any) -> object:
    """A part of an address as the trait takes it."""
    try:
        if isinstance(default, bool):
            return {"0": False, "1": True}[value]
        if isinstance(default, list):
            parts = [one.rpartition(":") for one in value.split(",") if one]
            return [[block, int(stream)] for block, _, stream in parts]
        return type(default)(value)
    except (KeyError, ValueError):
        raise Refused(f"{name} cannot be {value[:40]!r} in an address") from None


def _changed(values: Mapping[str, object], defaults: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(name, values[name]) for name in IN_ADDRESS if values[name] != defaults[name]]


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


def welcoming(rankings: without.Rankings, hardness: explore.Hardness) -> int:
    """The query to begin with: of the hardest that are won, the photo with the strongest colours."""
    margin = np.where(hardness.first_hit == 1, hardness.positive - hardness.negative, np.inf)
    hard = np.argsort(np.nan_to_num(margin, nan=np.inf), kind="stable")[:WELCOME].tolist()
    images = rankings.pictures([rankings.queries[k] for k in hard]).astype(np.int16)
    colours = (images.max(-1) - images.min(-1)).mean((1, 2))
    won = np.isfinite(margin[hard])
    return hard[int(np.where(won, colours, -1).argmax())]


def window(asked: object) -> tuple[int, int]:
    """Which rows of the list to draw: first, count.  Raises: Refused for anything but {"first": ..., "count": ...}."""
    if not isinstance(asked, dict) or not all(type(asked.get(name)) is int for name in ("first", "count")):
        raise Refused("a picture needs its first photo and how many")
    return asked["first"], asked["count"]


def ranking_picture(
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
        figure.savefig(file, dpi=_DPI)
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
    from .. import figures  # loads matplotlib, which the first view need not wait for

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
