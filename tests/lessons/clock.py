"""How long a lesson takes an honest reader, and which of it is the core path.

A section whose heading ends in "(deeper)" is deeper, up to the next heading of its level or a higher one; an optional
exercise is deeper wherever it stands. All else is the core path.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat

from osnet_edu import exercises, widgets
from osnet_edu.book.generator import DEEPER

WORDS_A_MINUTE, LINE, PICTURE, PREDICTION = 180, 0.1, 1 / 3, 0.5  # the others in minutes
WIDGET = 4  # minutes with a widget beside which no text says how many
TASK = re.compile(r"\*\*Exercise `(\w+)`")
PICTURES = {"picture", "show"}
_SMALL = "small=True"  # the map above a lesson, which is looked at
_TOUCHED = {name for name in widgets.__all__ if name[0].isupper()} - {"Predict"}
_NUMBERS = dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True))
_SAID = re.compile(rf"\b(?:about )?(\d+|{'|'.join(_NUMBERS)}) minutes?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Clock:
    """core, deeper: minutes.  words: of all text cells.  longest: words of the longest text cell, `cell`."""

    core: float
    deeper: float
    words: int
    longest: int
    cell: str


def words(text: str) -> int:
    """Words of a Markdown text: a link counts as its words, a formula as its symbols, marks as nothing."""
    text = re.sub(r"\]\([^)]*\)|<[^>]+>", " ", text)
    return len(re.findall(r"[\w\\]+(?:[-.,'’]\w+)*", text))


def deeper(notebook: nbformat.NotebookNode) -> dict[str, bool]:
    """Cell id -> whether the cell stands in a deeper section."""
    inside, found = 0, {}  # the level of the deeper heading that is open, 0 for none
    for cell in notebook.cells:
        heading = re.match(r"(#+) (.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading and (not inside or len(heading[1]) <= inside):
            inside = len(heading[1]) if DEEPER.search(heading[2]) else 0
        found[cell.id] = bool(inside)
    return found


def read(notebook: nbformat.NotebookNode) -> Clock:
    """The clock of a notebook as it is committed, without outputs."""
    minutes, lies_deeper = {False: 0.0, True: 0.0}, deeper(notebook)
    for index, cell in enumerate(notebook.cells):
        optional, spent = _spent(notebook, index)
        minutes[lies_deeper[cell.id] or optional] += spent
    lengths = {cell.id: words(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"}
    longest = max(lengths, key=lengths.__getitem__)
    return Clock(minutes[False], minutes[True], sum(lengths.values()), lengths[longest], longest)


def _spent(notebook: nbformat.NotebookNode, index: int) -> tuple[bool, float]:
    """Whether a cell belongs to an optional exercise, and its minutes; those of an exercise hold its lines of code."""
    cell = notebook.cells[index]
    if cell.cell_type != "code":
        prompt = TASK.match(cell.source)
        return bool(prompt and not exercises.REGISTRY[prompt[1]].required), words(cell.source) / WORDS_A_MINUTE
    exercise = re.match(r"%%exercise (\w+)", cell.source)
    if exercise:
        task = exercises.REGISTRY[exercise[1]]
        return not task.required, float(task.minutes)
    called = list(calls(cell.source))
    if "ask" in called and len(called) == 1:
        return False, PREDICTION
    spent = LINE * sum(bool(line.strip()) for line in cell.source.splitlines())
    spent += PICTURE * (sum(name in PICTURES for name in called) + (_SMALL in cell.source))
    spent += PREDICTION * called.count("ask")
    return False, spent + (_with_widget(notebook, index) if _shows_widget(notebook, index) else 0)


def _shows_widget(notebook: nbformat.NotebookNode, index: int) -> bool:
    """Whether a cell ends in a widget, which it or a cell before it makes."""
    makers, made = set(_TOUCHED), set()
    for cell in notebook.cells[: index + 1]:
        tree = ast.parse("" if cell.cell_type != "code" or cell.source.startswith("%%") else _code(cell.source))
        for node in tree.body:
            makes = bool(makers & set(calls(ast.unparse(node))))
            if makes and isinstance(node, ast.FunctionDef):
                makers.add(node.name)
            elif makes and isinstance(node, ast.Assign):
                made |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or _SMALL in ast.unparse(last):
        return False
    if isinstance(last.value, ast.Call):
        return ast.unparse(last.value.func).rpartition(".")[2] in makers
    return isinstance(last.value, ast.Name) and last.value.id in made


def _with_widget(notebook: nbformat.NotebookNode, index: int) -> float:
    """What the text before or behind a widget says of the minutes with it; not the title, nor an exercise."""
    beside = [notebook.cells[i] for i in (index + 1, index - 1) if 0 <= i < len(notebook.cells)]
    texts = [c.source for c in beside if c.cell_type == "markdown" and not re.match(r"# |\*\*Exercise", c.source)]
    said = [found[1].lower() for found in map(_SAID.search, texts) if found]
    return float(_NUMBERS.get(said[0]) or said[0]) if said else WIDGET


def calls(source: str) -> Iterator[str]:
    """The last names of all functions that a cell calls."""
    for node in ast.walk(ast.parse(_code(source))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]


def _code(source: str) -> str:
    """A cell without its magics, which are no Python."""
    return "\n".join("" if line.startswith("%") else line for line in source.splitlines())


def table(clocks: dict[str, Clock]) -> str:
    """A line a notebook."""
    head = f"{'notebook':<9}{'core min':>9}{'deeper min':>12}{'words':>7}{'longest cell':>14}"
    lines = [f"{n:<9}{c.core:9.1f}{c.deeper:12.1f}{c.words:7}{c.longest:14}  {c.cell}" for n, c in clocks.items()]
    return "\n".join([head, *lines])
