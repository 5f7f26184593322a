"""A lesson as slides: what of its core path stands on which slide, and what goes into the speaker's notes.

A paragraph gives its first sentence and those with a bold word; the whole paragraph stands in the notes. A picture has
a slide of its own, with the sentence that says what to notice. A deeper section and an optional exercise are left out.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import nbformat

from .. import exercises
from ..widgets import asked_in
from .generator import DEEPER, mathml, slug
from .lessons import WIDGET_VIEW

_ROOM = 560  # pixels below the title, of a slide of 1280 x 720
_ABOVE = 110  # pixels of words that leave a picture large enough
_ROW = 70  # letters in a line of words
_WORD_LINE, _GAP = 41, 16  # pixels of a line, and between two paragraphs
_ON_SLIDE = 270  # letters of a paragraph that stand on the slide; sentences with a bold word stand there too
_CAPTION = 190  # the same below a picture
_BUTTON = 110  # pixels of the link to the page
_CELL = 44  # letters of a cell of a table that stand in one line
_LARGE = 230  # pixels of a slide of words that has room for larger letters
_PRINTED = (1120, 440)  # pixels for what a cell printed, or for its code and what it printed
_SMALLEST = 15  # pixels of a letter that the last row still reads
_LETTER, _LINE = 0.61, 1.45  # width and height of a letter of code, in its size
_NOTICE = ("*Notice", "**Notice")
_NOT_SHOWN = ("[←", "Next:", "**Make:**", "Predict before")
_LAST = "Where to go next"  # a list of lessons
_HEADING = re.compile(r"(#+) (.*)")
_TASK = re.compile(r"\*\*Exercise `(\w+)`: (.*?)\*\*")
_SENTENCE = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][*)”])|(?<=[.?!]\*\*))(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Z*`\[(“$0-9])")
_LINKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_IMAGE = re.compile(r"<img [^>]*>(?:\s*<style>.*?</style>)?", re.DOTALL)


@dataclass(frozen=True)
class Slide:
    """title: without marks.  body, notes: Markdown with HTML.  kind: "title", "words", "question", ...: its class."""

    kind: str
    title: str
    body: str
    notes: str


@dataclass
class _Reader:
    """Where a lesson is read: its section, and what is not on a slide yet, with how many pixels it takes."""

    name: str
    told: Mapping[str, Mapping[str, str]]
    section: str = ""
    deeper: int = 0  # the level of the deeper heading that is open, 0 for none
    parts: list[tuple[str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    slides: list[Slide] = field(default_factory=list)

    def add(self, kind: str, body: str, notes: str = "", title: str = "") -> None:
        self.slides.append(Slide(kind, title or self.section, body, notes))

    def put(self, part: str, pixels: float, notes: str) -> None:
        """One more part, on the slide that is being filled or on the next one."""
        if self.parts and self.filled() + pixels > _ROOM:
            self.flush()
        self.parts.append((part, pixels))
        self.notes.append(notes)

    def filled(self) -> float:
        return sum(pixels for _, pixels in self.parts)

    def flush(self) -> None:
        """Make a slide of the parts there are."""
        if self.parts:
            large = self.filled() < _LARGE and "<pre" not in self.parts[0][0]
            self.add("words large" if large else "words", *self.taken())

    def taken(self) -> tuple[str, str]:
        """The parts and their notes, which are on a slide from now on."""
        told = "\n\n".join(part for part, _ in self.parts), "\n\n".join(self.notes)
        self.parts, self.notes = [], []
        return told


def slides(notebook: nbformat.NotebookNode, name: str, told: Mapping[str, Mapping[str, str]]) -> list[Slide]:
    """The slides of a lesson.

    notebook: executed, its pictures as files.  name: "04_the_aggregation_gate".  told: what `alive` says of a widget.
    """
    reader = _Reader(name, told)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            task = _TASK.match(cell.source)
            if not task or exercises.REGISTRY[task[1]].required:
                for block in paragraphs_of(cell.source):
                    _text(reader, block)
        elif not reader.deeper and index > 1:  # the second cell imports, and shows the map
            _code(reader, cell)
    reader.flush()
    return reader.slides


def paragraphs_of(text: str) -> list[str]:
    """A Markdown text by its blank lines; a list or a fenced block stays whole."""
    parts = re.split(r"\n\s*\n(?!\s)", text.strip())
    whole: list[str] = []
    for part in parts:
        heading = re.match(r"(#+ [^\n]*)\n(.+)", part, re.DOTALL)
        whole += [heading[1], heading[2].strip()] if heading else [part]
    return whole


def _text(reader: _Reader, block: str) -> None:
    heading = _HEADING.fullmatch(block)
    if heading:
        level = len(heading[1])
        if not reader.deeper or level <= reader.deeper:
            reader.flush()
            reader.deeper = level if DEEPER.search(heading[2]) else 0
            reader.section = heading[2]
    elif reader.deeper or reader.section == _LAST or block.startswith(_NOT_SHOWN) or "→](" in block:
        return
    elif task := _TASK.match(block):
        reader.flush()
        reader.add("task", "", title=f"Exercise: {task[2]}")
    elif reader.slides and reader.slides[-1].kind == "task" and not reader.slides[-1].body and not reader.parts:
        _said_of_task(reader, block)
    elif not reader.slides and block.startswith("**The question"):
        asked = block.strip("*").removeprefix("The question: ")
        reader.add("title", asked[0].upper() + asked[1:])
    elif len(reader.slides) == 1 and block.startswith("The core path") and not reader.parts:
        first = reader.slides.pop()
        able = [sentence for sentence in _SENTENCE.split(block) if sentence.startswith(("At the end", "You can also"))]
        reader.slides.append(Slide("title", first.title, f"{first.body}\n\n{' '.join(able)}", block))
    elif block.startswith(_NOTICE) and reader.slides and not reader.parts and reader.slides[-1].kind == "picture":
        last = reader.slides.pop()
        body, notes = f"{last.body}\n\n{_short(block, _CAPTION)}", f"{last.notes}\n\n{block}"
        reader.slides.append(Slide(last.kind, last.title, body, notes))
    else:
        _take(reader, block)


def _said_of_task(reader: _Reader, block: str) -> None:
    last = reader.slides.pop()
    reader.slides.append(Slide(last.kind, last.title, block, block))


def _take(reader: _Reader, block: str) -> None:
    if block.startswith(("$$", "|", "```")):
        reader.put(block, _height_of_rows(block), block)
        return
    marks = list(re.finditer(r"^(?:[-*]|\d+\.) ", block, re.MULTILINE))
    if not marks or marks[0].start():
        told = _short(block)
        reader.put(told, _height(told), block)
        return
    items = re.split(r"\n(?=(?:[-*]|\d+\.) )", block)
    shown: list[str] = []
    pixels = 0.0
    for item in map(_short, items):
        if shown and pixels + _height(item) > _ROOM - 2 * _GAP:
            reader.put("\n".join(shown), pixels, "")
            shown, pixels = [], 0.0
        shown.append(item)
        pixels += _height(item)
    reader.put("\n".join(shown), pixels, block)


def _short(text: str, room: int = _ON_SLIDE) -> str:
    """The first sentences of a text, as many as stand on a slide, and all those with a bold word."""
    words, _, formula = text.partition("$$")
    kept: list[str] = []
    length = 0
    for sentence in _SENTENCE.split(" ".join(words.split())):
        length += len(sentence)
        if "Predict before" not in sentence and (not kept or length <= room or "**" in sentence):
            kept.append(sentence)
    return _closed(" ".join(kept)) + (f"\n\n$${formula}" if formula else "")


def _closed(text: str) -> str:
    """Markdown whose last mark of emphasis ends with it, also where its sentence went on."""
    marks = [mark for mark in re.findall(r"`[^`]*`|\*+", re.sub(r"^\* ", "", text)) if mark[0] == "*"]
    opened: list[str] = []
    for mark in marks:
        opened.pop() if opened and opened[-1] == mark else opened.append(mark)
    return text + "".join(reversed(opened))


def _height_of_rows(block: str) -> float:
    """The pixels of a formula, a table or a fenced block.  A long cell of a table takes a second line."""
    if block[0] == "$":
        return 2 * _WORD_LINE + _GAP
    rows = block.split("\n")
    long = sum(any(len(cell) > _CELL for cell in row.split("|")) for row in rows) if block[0] == "|" else 0
    return (len(rows) + 1) * _WORD_LINE + long * _WORD_LINE + _GAP


def _height(text: str) -> float:
    """The pixels that words take, with the formulas between them."""
    formulas = text.count("$$") // 2
    plain = re.sub(r"\$\$.*?\$\$|\*\*", "", _LINKED.sub(r"\1", text), flags=re.DOTALL)
    plain = re.sub(r"\$[^$]*\$", "formula", plain)
    return (-(-len(plain) // _ROW)) * _WORD_LINE + _GAP + formulas * (2.2 * _WORD_LINE + _GAP)


# --- cells of code ----------------------------------------------------------------------------------------------------


def _code(reader: _Reader, cell: nbformat.NotebookNode) -> None:
    source = cell.source
    if task := re.match(r"%%exercise (\w+)", source):
        if exercises.REGISTRY[task[1]].required and reader.slides[-1].kind == "task":
            last = reader.slides.pop()
            code = source.partition("\n")[2].strip()
            body = f"{last.body}\n\n{printed(code, room=300)}"
            reader.slides.append(Slide("task-code", last.title, body, last.notes))
        return
    if asked := re.search(r'^(?:widgets\.)?ask\("(\d\d)\.([\w-]+)"\)$', source, re.MULTILINE):
        reader.flush()
        _question(reader, asked_in(asked[1])[asked[2]])
        return
    pictures, said = [], ""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.output_type == "stream":
            said += output.text
        elif WIDGET_VIEW in data:
            _together(reader, reader.told.get(data[WIDGET_VIEW]["model_id"], {}))
        elif "text/html" in data and not data["text/html"].lstrip().startswith("<details"):
            pictures += _IMAGE.findall(data["text/html"])
    said = "\n".join(line.rpartition("\r")[2] for line in said.rstrip("\r\n").split("\n")).strip("\n")
    if said.strip():
        _said(reader, source, said)
    if pictures:
        above, notes = "", ""
        if reader.filled() <= _ABOVE:
            above, notes = reader.taken()
        reader.flush()
        body = f'<div class="pictures" data-count="{len(pictures)}">{"".join(pictures)}</div>'
        reader.add("picture", f"{above}\n\n{' '.join(body.split(chr(10)))}", notes)


def _question(reader: _Reader, asked: Mapping) -> None:
    answers = "\n".join(f"{k}. {_escaped(answer)}" for k, answer in enumerate(asked["answers"], start=1))
    right = f"The answer: {html.escape(str(asked['answers'][asked['truth'] - 1]))}"
    body = f'{_escaped(asked["question"])}\n\n{answers}\n\n<p class="fragment">{right}</p>'
    notes = f"Let everybody decide, then talk, then decide again.\n\nThe answer: {asked['truth']}. {asked['because']}"
    reader.add("question", body, notes, "What do you think?")


def _together(reader: _Reader, told: Mapping[str, str]) -> None:
    address = f"../{told['link']}" if told.get("link") else f"../lessons/{reader.name}.html#{slug(reader.section)}"
    if reader.filled() > _ROOM - _BUTTON:
        reader.flush()
    above, notes = reader.taken()
    link = f'<p class="open"><a href="{address}" target="_blank">Open it in the page</a></p>'
    reader.add("together", f"{above}\n\n{link}", notes, f"Try it together: {_plain(reader.section)}")


def _said(reader: _Reader, source: str, said: str) -> None:
    """What a cell printed: below its code, where both can be read from the last row; else alone, or in the notes."""
    lines = [line for line in source.strip().split("\n") if line.strip()]
    both = _size([*lines, "", *said.split("\n")])
    alone, notes = _size(said.split("\n")), _fenced(source)
    if len(lines) <= 9 and both > _SMALLEST:
        shown, size = [("\n".join(lines), "code"), (said, "output")], both
    elif alone >= _SMALLEST:
        shown, size = [(said, "output")], alone
    else:
        reader.put("What the cell prints is long. It stands in the lesson.", _WORD_LINE + _GAP, _fenced(said))
        return
    pixels = sum((text.count("\n") + 1) * size * _LINE + 28 + _GAP for text, _ in shown)
    reader.put("\n\n".join(_pre(text, size, kind) for text, kind in shown), pixels, notes)


def printed(text: str, room: int = _PRINTED[1]) -> str:
    """Text in a fixed width, as large as it fits.  room: pixels from top to bottom."""
    return _pre(text, _size(text.split("\n"), room), "output")


def _size(lines: list[str], room: int = _PRINTED[1]) -> int:
    widest = max(map(len, lines))
    return int(min(22, _PRINTED[0] / (_LETTER * max(widest, 1)), room / (_LINE * len(lines))))


def _pre(text: str, size: int, kind: str) -> str:
    lines = html.escape(text, quote=False).replace("\n\n", "\n&#8203;\n")  # a blank line would end the HTML
    return f'<pre class="{kind}" style="font-size:{size}px">{lines}</pre>'


def _fenced(text: str) -> str:
    return f"```\n{text}\n```"


# --- Markdown that needs nothing but this slide -----------------------------------------------------------------------


def self_contained(text: str) -> str:
    """Markdown with its formulas drawn and its links as words: a slide leads nowhere by accident."""
    parts = re.split(r"(<pre.*?</pre>|<[^>]*>|`[^`]*`)", text, flags=re.DOTALL)  # neither marks nor code
    return "".join(part if k % 2 else _words_alone(part) for k, part in enumerate(parts))


def _words_alone(text: str) -> str:
    text = _LINKED.sub(r"\1", text)
    text = re.sub(r"\$\$(.+?)\$\$", lambda found: f"\n\n{_drawn(found[1], True)}\n\n", text, flags=re.DOTALL)
    return re.sub(r"(?<!\\)\$([^$\n]+?)\$", lambda found: _drawn(found[1], False), text)


def _drawn(formula: str, block: bool) -> str:
    drawn = re.sub(r"[ \n]+", " ", mathml(" ".join(formula.split()), block))  # spaces that do not break stay
    return f'<div class="math">{drawn}</div>' if block else drawn


def _escaped(text: str) -> str:
    return html.escape(str(text), quote=False)


def _plain(title: str) -> str:
    return re.sub(r"^\d+ · ", "", title)
