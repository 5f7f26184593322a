"""A widget for a page without Python: what it draws, and what Python answers to each question that can be listed.

A question is a change of what a visitor sets, its controls. Each is put to the real widget, in the kernel of the
notebook that shows it, and what changed is kept. A page finds an answer by the controls as they are after the change.
"""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from ..machine import whole
from ..widgets import Widget, records
from . import controls
from .controls import Axis, Controls

SHARED = 64  # letters from which on a value that stands in several answers is written once
_PICTURE = re.compile(r"data:image/(png|jpeg);base64,([A-Za-z0-9+/=]+)")
_LEAST = 400  # letters of a picture that becomes a file
DRAWING = 20_000  # bytes from which on a picture is a drawing, and not a map or a photo


@dataclass(frozen=True)
class Told:
    """What a page says below a widget.  complete: every setting is answered.  link: the page that it stands for."""

    script: str
    record: str
    complete: bool
    link: str = ""


def write(models: Sequence[str], folder: Path | str) -> None:
    """Write the widgets that a notebook shows, as they are now: a file each, and told.json with a Told by model.

    models: the ids of the widgets' models, in the order of the notebook; others than the kit's are left out.
    folder: is there; the files are 0.json, 1.json, ..., and pictures/HASH.png.
    """
    folder = Path(folder)
    found = _living()
    told: dict[str, dict] = {}
    for model in models:
        widget = found.get(model)
        if not isinstance(widget, Widget) or model in told:
            continue
        name, script = f"{len(told)}.json", script_of(widget)
        kind = controls.controls_of(widget)
        if not kind.link:
            table = answers_of(widget, kind) | {"script": script}
            (folder / name).write_text(_with_files(records.to_json(table), folder / "pictures"), encoding="utf-8")
        told[model] = vars(Told(script, "" if kind.link else name, kind.complete, kind.link))
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def _living() -> dict[str, object]:
    from ipywidgets.widgets import widget

    return dict(widget._instances)


def script_of(widget: Widget) -> str:
    """The .js file that draws a widget."""
    headings = re.findall(r"^// ---- (\w+\.js)$", str(widget._esm), re.MULTILINE)
    return headings[-1]


# --- asking ----------------------------------------------------------------------------------------------------------


@dataclass
class Asking:
    """One widget while it is asked.  start: what it drew at first.  answers: by question, what differs from that."""

    widget: Widget
    kind: Controls
    start: dict
    answers: dict[str, dict] = field(default_factory=dict)
    _latest: dict[str, tuple] = field(default_factory=dict)

    def ask(self, values: dict) -> bool:
        """Put a question.  Returns: False for one that was refused."""
        wanted = [values.get(name, getattr(self.widget, name)) for name in self.kind.controls]
        self.widget.set_state({**values, "asked": self.widget.asked + 1})
        return self._note(wanted)

    def press(self, message: str, depends: Sequence[str]) -> None:
        """Press a button, once for each setting of the controls on which its answer depends."""
        before = {name: getattr(self.widget, name) for name in self.kind.controls}
        key = self.key(before[name] if name in depends else self.start[name] for name in before) + message
        if key in self.answers:
            return
        self.widget._handle_custom_msg(message, [])
        self.answers[key] = self._changed()
        self._back(before)

    def _note(self, wanted: list) -> bool:
        if self.widget.problem or self.widget.crash:
            return False
        changed = self._changed()
        self.answers.setdefault(self.key(wanted), changed)
        # Python may have moved another control too: the answer is known by what holds now as well.
        self.answers.setdefault(self.key(changed.get(n, self.start[n]) for n in self.kind.controls), changed)
        return True

    def _changed(self) -> dict:
        found = {}
        for name, first in self.start.items():
            value = getattr(self.widget, name)
            held, plainly = self._latest.get(name, (None, None))
            if held is not value:  # lists are long, and most stay from one answer to the next
                plainly = records.for_page(value)
                self._latest[name] = value, plainly
            if plainly != first:
                found[name] = plainly
        return found

    def key(self, values: Iterable[object]) -> str:
        """The controls as a text, as still.js writes it; null for one that is as it was at first."""
        names = self.kind.controls
        return _compact([None if v == self.start[n] else v for n, v in zip(names, values, strict=True)])

    def walk(self, axes: Sequence[Axis]) -> None:
        """Every combination of the values of some axes; what is not in them is as it was at first."""
        if not axes:
            for message, depends in self.kind.presses.items():
                self.press(message, depends)
            return
        axis, *rest = axes
        first = {name: self.start[name] for name in axis.names}
        self.walk(rest)
        for values in axis.values(self.widget):
            setting = dict(zip(axis.names, values, strict=True))
            if setting != first and self.ask(setting):
                self.walk(rest)
        self._back(first)

    def _back(self, values: dict) -> None:
        """Put controls back; twice, since one may have moved another."""
        for _ in range(2):
            for name, value in values.items():
                if getattr(self.widget, name) != value:
                    self.widget.set_state({name: value})


def answers_of(widget: Widget, kind: Controls) -> dict:
    """The record of a widget and its answers, as plain values; the widget is put back where it takes that.

    Returns: {record, shared, controls, free, near, answers, film, network}: see page/still.js, which reads them, and
    page/lesson.js.
    """
    with widget.hold_sync():  # nobody looks on: the page of this kernel is told nothing
        film = kind.film(widget) if kind.film else None
        start = widget.drawn()
        asking = Asking(widget, kind, start)
        for sweep in kind.sweeps:
            asking.walk(sweep)
        widget.problem = widget.crash = ""
        widget._states_to_send.clear()
    shared = Shared()
    answers = {key: {n: shared.of(v) for n, v in changed.items()} for key, changed in asking.answers.items()}
    near = {name: [_number(value) for value in values] for name, values in kind.near.items()}
    return {
        "record": {**{name: shared.of(value) for name, value in start.items()}, "asked": 0, "answered": 0},
        "shared": shared.values,
        "controls": list(kind.controls),
        "free": list(kind.free),
        "near": near,
        "presses": {message: list(depends) for message, depends in kind.presses.items()},
        "answers": answers,
        "complete": kind.complete,
        "film": film,
        "network": kind.network(widget) if kind.network else "",
    }


class Shared:
    """Long values, each written once; where one stands, {"$": its place}."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._places: dict[str, int] = {}

    def of(self, value: object) -> object:
        if isinstance(value, list):
            value = [self.of(one) for one in value]
        elif isinstance(value, dict):
            value = {name: self.of(one) for name, one in value.items()}
        if not isinstance(value, list | dict | str | bytes):
            return value
        text = records.to_json(value)
        if len(text) < SHARED:
            return value
        if text not in self._places:
            self._places[text] = len(self.values)
            self.values.append(value)
        return {"$": self._places[text]}


# --- texts and pictures ----------------------------------------------------------------------------------------------


def _number(value: object) -> object:
    """Whole numbers without a point, as JavaScript writes them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _plain(value: object) -> object:
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else _number(value)


def _compact(value: object) -> str:
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)


def _with_files(text: str, folder: Path) -> str:
    return with_files(text, folder, lambda name: f"kit:{name}")


def with_files(text: str, folder: Path, address: Callable[[str], str]) -> str:
    """A text in which pictures are files.  folder: where they are written, each once.  address: of a file's name."""

    def filed(match: re.Match) -> str:
        if len(match[0]) < _LEAST:
            return match[0]
        return address(_kept(match[1], match[2], folder))

    return _PICTURE.sub(filed, text)


def _kept(form: str, encoded: str, folder: Path) -> str:
    content = base64.b64decode(encoded)
    stem = hashlib.sha256(content).hexdigest()[:20]
    folder.mkdir(exist_ok=True)
    for there in folder.glob(f"{stem}.*"):
        return there.name
    smaller = b"" if form == "jpeg" else webp(content)
    name = f"{stem}.{'webp' if smaller else form.replace('jpeg', 'jpg')}"
    with whole.file(folder / name, replace=True) as growing:
        growing.write_bytes(smaller or content)
    return name


def webp(content: bytes) -> bytes:
    """A PNG in a form that a page loads faster: a small picture to the last bit, a large one where that is smaller.

    Returns: b"" where nothing is smaller.
    """
    ways: list[dict] = [{"lossless": True}] + ([{"quality": 70}] if len(content) >= DRAWING else [])
    with Image.open(io.BytesIO(content)) as image:
        shown = image.convert("RGBA" if "A" in image.mode or image.mode == "P" else "RGB")
    made = []
    for how in ways:
        file = io.BytesIO()
        shown.save(file, "WEBP", method=4, **how)
        made.append(file.getvalue())
    smallest = min(made, key=len)
    return smallest if len(smallest) < len(content) else b""
