"""The explorer: what a cell sets, what a page sends, photos of one's own, networks, states and addresses.

One explorer serves every input. Each must leave it as it was, or in a state that it can say and make again.
"""

import io
import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch
import traitlets
from PIL import Image

from osnet_edu import Refused, assets, explore, osnet
from osnet_edu.photos import market
from osnet_edu.widgets import Explorer

from .outcome import Case

CONTROLS = "\x1b[2J\x00\u202e"
TRAITS: dict[str, tuple] = {
    "query": ("x.jpg", "../0181_c1s1_018100_01.jpg", CONTROLS, "x" * 10_000, None, 5, [], {}),
    "model": ("resnet", "", "Shipped", "shipped ", CONTROLS, None, 1, ["shipped"]),
    "other": ("resnet", "untrained\n", None, 1, True),
    "silenced": ("conv2.0", [["conv2.0", 1]], [1], [["conv2.0"]], [[None, None]], [["conv9", 1]], None, {"conv2.0": 1}),
    "where": ("", "nowhere", None, ["query"], "Query"),
    "camera": ("1", 1.5, None, [1], math.nan),
    "attribute": (None, 5, ["hat: cap"]),
    "twin": (None, 1.0, {"hat": 1}),
    "failures": ("yes", 2, None, []),
    "sort": ("", "beauty", "Name", None, 3),
    "search": (None, 5, ["red"]),
    "left_out": ("no", 0.0, None),
    "opened": ("nobody.jpg", CONTROLS, "..", None, 0, ["x"]),
    "side": (2, -1, 0.5, "1", None, math.inf),
    "why": ("", "because", "Duel", None, 1, ["duel"]),
    "own_at": (1.5, -0.01, math.nan, math.inf, "left", None, [0.5]),
}
MESSAGES: tuple[object, ...] = (
    None, "", "save", 5, [], {}, {"sauce": [1]}, {"gallery": [1], "queries": [1]}, {"gallery": "all"},
    {"gallery": None}, {"gallery": [-1]}, {"gallery": [10**9]}, {"gallery": [1.0]}, {"gallery": [None]},
    {"gallery": {"0": 1}},
    {"gallery": [[1]]}, {"queries": ["0"]}, {"queries": [360]}, {"save": None}, {"save": {}}, {"save": []},
    {"save": {"first": 0}}, {"save": {"first": "a", "count": 1}}, {"save": {"first": 0.5, "count": 1}},
    {"save": {"first": None, "count": None}}, {"save": {"first": True, "count": 2}}, {"weights": ""}, {"weights": None},
    {"weights": 5}, {"weights": []}, {"weights": "x" * 5_000}, {"weights": "\x00"}, {"weights": "~nobody/w.pth"},
    {"weights": "/dev/zero"}, {"weights": "/"}, {"weights": "http://example.org/w.pth"}, {5: 1},
)  # fmt: skip
LINKS: tuple[object, ...] = (
    None, 5, [], {}, "#", "query", "query=a&query=b", "query=nobody.jpg", "colour=red", "__class__=x",
    "_esm=alert(1)", "model=resnet", "camera=one", "camera=1e3", "failures=yes", "failures=2", "own_at=left",
    "own_at=nan", "own_at=7",
    "side=2", "silenced=conv2.0", "silenced=conv2.0:x", "silenced=conv2.0:1", "why=because", "opened=%00",
    "sort=%1b[2J", "&&&&", "query=" + "a" * 10_000, "&".join(f"a{k}=1" for k in range(500)), "child=5", "state=x",
)  # fmt: skip


@cache
def one() -> Explorer:
    """A small gallery, so that each input takes milliseconds."""
    found = market.read(assets.subset())
    few = {photo.person for photo in found.query[:6]} | {photo.person for photo in found.query[-6:]}
    gallery = tuple(photo for photo in found.gallery if photo.person in few)
    return Explorer(market.Market(found.root, (), (*found.query[:6], *found.query[-6:]), gallery))


def unchanged(act: Callable[[Explorer], object]) -> str:
    """Raises: Refused in the explorer's own words; AssertionError where a refusal changed anything."""
    shown = one()
    before = shown.drawn()
    try:
        act(shown)
    except traitlets.TraitError as refusal:  # what a page is told in the same way
        raise Refused(str(refusal)) from refusal
    finally:
        after = shown.drawn()
        changed = [name for name in before if name not in ("problem", "crash") and before[name] != after[name]]
        assert not changed, f"a refusal has changed {changed}"
        shown.problem = shown.crash = ""
    return "correct"


def _set(name: str, value: object) -> Callable[[Path], str]:
    return lambda _: unchanged(lambda shown: setattr(shown, name, value))


def _heard(send: Callable[[Explorer], object]) -> str:
    """A message of the page never raises: what is refused is said."""

    def act(shown: Explorer) -> None:
        send(shown)
        assert not shown.crash, shown.crash
        if shown.problem:
            raise Refused(shown.problem)

    return unchanged(act)


def _page(state: dict) -> Callable[[Path], str]:
    return lambda _: _heard(lambda shown: shown.set_state(state))


def _message(message: object) -> Callable[[Path], str]:
    return lambda _: _heard(lambda shown: shown._handle_custom_msg(message, []))


# --- photos of one's own ----------------------------------------------------------------------------------------------


def _png(width: int, height: int) -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (width, height), (90, 40, 40)).save(into, "PNG")
    return into.getvalue()


def _closed() -> io.BytesIO:
    file = io.BytesIO(_png(32, 64))
    file.close()
    return file


PIXELS = np.zeros((64, 32, 3), np.uint8)
PHOTOS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a number": lambda _: 5,
    "a list of pixels": lambda _: PIXELS.tolist(),
    "an empty text": lambda _: "",
    "a folder": lambda work: work,
    "a file that is not there": lambda work: work / "none.jpg",
    "an endless name": lambda _: "x" * 5_000,
    "a name with a null": lambda _: "a\x00b.png",
    "an address": lambda _: "https://example.org/me.jpg",
    "bytes of text": lambda _: b"not a picture at all",
    "HTML": lambda _: b"<svg onload=alert(1)>",
    "a GIF": lambda _: b"GIF89a" + b"\x10\0\x10\0" + b"\x80\0\0" + b"\0" * 30,
    "a HEIC file": lambda _: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 60,
    "an AVIF file": lambda _: b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + b"\0" * 60,
    "half a PNG": lambda _: _png(320, 640)[:300],
    "a tiny PNG": lambda _: _png(8, 8),
    "a closed file": lambda _: _closed(),
    "a file of text": lambda _: io.StringIO("photo"),
    "a file that was read": lambda _: io.BytesIO(),
    "a tiny Pillow image": lambda _: Image.new("RGB", (3, 3)),
    "a huge Pillow image": lambda _: Image.new("1", (10_000, 10_000)),
    "an array of stride 0, 60000 x 60000": lambda _: np.broadcast_to(np.uint8(0), (60_000, 60_000, 3)),
    "an array without pixels": lambda _: np.zeros((0, 32, 3), np.uint8),
    "an array of floats": lambda _: PIXELS / 255,
    "an array of NaN": lambda _: np.full((64, 32, 3), np.nan),
    "an array of 4 channels": lambda _: np.zeros((64, 32, 4), np.uint8),
    "an array of channels first": lambda _: PIXELS.transpose(2, 0, 1),
    "a batch": lambda _: PIXELS[None],
    "an array of objects": lambda _: np.empty((64, 32, 3), object),
    "a scalar array": lambda _: np.array(5),
    "a tensor of floats": lambda _: torch.zeros(64, 32, 3),
    "a tensor of channels first": lambda _: torch.zeros(3, 64, 32, dtype=torch.uint8),
    "a tensor of stride 0": lambda _: torch.zeros(1, 1, 1, dtype=torch.uint8).expand(60_000, 60_000, 3),
    "a network": lambda _: torch.nn.Linear(2, 2),
    "a generator": lambda _: (k for k in range(3)),
}  # fmt: skip


def _photo(make: Callable[[Path], object]) -> Callable[[Path], str]:
    return lambda work: unchanged(lambda shown: shown.bring(make(work)))


def _odd_photo(make: Callable[[], object], at: tuple[int, int, int]) -> Callable[[Path], str]:
    """Odd but right: it is ranked, and the network gets these pixels in the middle."""

    def run(_: Path) -> str:
        shown = one()
        before = shown.query
        try:
            shown.bring(make())
            middle = explore.framed(shown._own_photo, shown._rankings.size)[64, 32]
            said = (
                shown.query == "" and np.abs(middle.astype(int) - at).max() < 3 and shown.state.startswith("Explorer(")
            )
        finally:
            shown.set_state({"query": before, "why": "duel"})
        return "correct" if said else "silently-wrong"

    return run


RIGHT: dict[str, tuple[Callable[[], object], tuple[int, int, int]]] = {
    "a grey Pillow image": (lambda: Image.new("L", (32, 64), 90), (90, 90, 90)),
    "a Pillow image with a palette": (lambda: Image.new("P", (32, 64), 0), (0, 0, 0)),
    "a mirrored array": (lambda: np.full((64, 32, 3), 7, np.uint8)[:, ::-1], (7, 7, 7)),
    "an array that may not be written": (lambda: np.broadcast_to(np.uint8(9), (64, 32, 3)), (9, 9, 9)),
    "an array of Fortran's order": (lambda: np.asfortranarray(np.full((64, 32, 3), 8, np.uint8)), (8, 8, 8)),
    "a view of bytes": (lambda: memoryview(_png(32, 64)), (90, 40, 40)),
    "an open file": (lambda: io.BytesIO(_png(320, 64)), (90, 40, 40)),
    "a tensor with a gradient's history": (lambda: torch.full((64, 32, 3), 5, dtype=torch.uint8), (5, 5, 5)),
}

# --- networks and states ----------------------------------------------------------------------------------------------


def _made(**state: object) -> Callable[[Path], str]:
    def run(_: Path) -> str:
        Explorer(one()._album.market, **state)
        return "correct"

    return run


MADE: dict[str, dict[str, object]] = {
    "models as a list": {"models": ["w.pth"]},
    "models as a text": {"models": "w.pth"},
    "models as a network": {"models": osnet(0.25)},
    "a network without a name": {"models": {"": osnet(0.25)}},
    "a network whose name is blank": {"models": {" ": osnet(0.25)}},
    "a network whose name is a number": {"models": {5: osnet(0.25)}},
    "a network called shipped": {"models": {"shipped": osnet(0.25)}},
    "a network that is none": {"models": {"a": None}},
    "a network that is a number": {"models": {"a": 5}},
    "a network that is a class": {"models": {"a": torch.nn.Module}},
    "a network of another kind": {"models": {"a": torch.nn.Linear(2, 2)}, "model": "a"},
    "a network's weights alone": {"models": {"a": osnet(0.25).state_dict()}},
    "a weights file that is not there": {"models": {"a": "none.pth"}, "model": "a"},
    "an unknown word": {"colour": "red"},
    "a private word": {"_rest": 1},
    "an unknown index": {"index": "tree"},
    "an index that is a number": {"index": 3},
    "an index that is a list": {"index": ["exact"]},
    "an unknown query": {"query": "x.jpg"},
    "a query that is a number": {"query": 5},
    "an unknown network": {"model": "resnet"},
    "a network that is a list": {"model": ["shipped"]},
    "a pair of an unknown question": {"why": "because"},
}
FOLDERS: dict[str, object] = {"a number": 5, "a list": [], "nothing there": "none", "an endless name": "x" * 5_000,
                              "a null character": "a\x00b", "bytes": b"people", "a network": osnet(0.25)}  # fmt: skip


def _folder(folder: object) -> Callable[[Path], str]:
    def run(_: Path) -> str:
        Explorer(folder)
        return "correct"

    return run


def cases() -> Iterator[Case]:
    for name, values in TRAITS.items():
        for value in values:
            yield Case("explorer, a cell", f"{name} = {_short(value)}", _set(name, value))
            if name in ("query", "model", "silenced", "opened", "own_at", "camera"):
                yield Case("explorer, a page", f"{name} = {_short(value)}", _page({"asked": 1, name: value}))
    yield Case(
        "explorer, a page", "one of two is bad", _page({"asked": 1, "sort": "smallest margin", "model": "resnet"})
    )
    for message in MESSAGES:
        yield Case("explorer, a button", _short(message), _message(message))
    for link in LINKS:
        yield Case("explorer, an address", _short(link), _message({"link": link}))
    for name, make in PHOTOS.items():
        yield Case("explorer, own photo", name, _photo(make))
    for name, (make, at) in RIGHT.items():
        yield Case("explorer, own photo", name, _odd_photo(make, at), ("correct",))
    for name, state in MADE.items():
        yield Case("explorer, made", name, _made(**state))
    for name, folder in FOLDERS.items():
        yield Case("explorer, made", f"folder: {name}", _folder(folder))


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) < 60 else f"{text[:50]}... of {len(text)}"
