"""What the lessons say: their sentences, and which of them sound like a result."""

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from osnet_edu.book import glossary

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("[01][0-9]_*.ipynb"))}
QUESTIONS = ROOT / "osnet_edu" / "widgets" / "questions"

# Words that a sentence on a result is likely to hold. A sentence with one of them is held by a check, or is excused.
CLAIM_WORDS = re.compile(
    r"\b(notice|hardly|ahead|behind|nearly|almost|more than|less than|fewer|far(ther)? (less|more|apart)|larger|largest"
    r"|smaller|smallest|highest|lowest|best|worst|most|often|both|only|alike|better|worse|first|need not)\b"
    r"|\d ?%|\d\.\d|\b\d+ times\b|\b(rank-1|mAP)\b.*\d",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """Where a sentence stands: a cell of a notebook, or a question of its predict boxes ("ask:NAME")."""

    notebook: str
    cell: str

    def __str__(self) -> str:
        return f"notebook {self.notebook}, {self.cell}"


def plain(text: str) -> str:
    """A text without emphasis, links into the picture or glossary, and line ends: so quotation and source compare."""
    text = re.sub(r"\[([^\]]*)\]\(#flow=[^)]*\)", r"\1", glossary.unlinked(text))
    text = re.sub(r"\*\*|(?<!\w)\*|\*(?!\w)|\*(?=[.,:;])", "", text)
    return re.sub(r"\s+", " ", text).strip()


def sentences(text: str) -> list[str]:
    """A Markdown text as plain sentences; formulas, tables' rows and list items are sentences of their own."""
    text = re.sub(r"\$\$.*?\$\$", ". ", text, flags=re.DOTALL)
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-#|]|\d+\.) )|\n(?=\|)", text):
        found += re.split(r"(?<=[.!?:])(?:[*\")]*)\s+(?=[*\"(]*[A-ZΑ-Ω`$\d])", plain(paragraph))
    return [sentence for sentence in map(str.strip, found) if sentence]


def spoken(cell) -> str:
    """What a cell says to a reader: its text, or the longer words of its code (titles, alternative texts)."""
    if cell.cell_type == "markdown":
        return cell.source
    if cell.source.startswith("%%"):
        return ""
    tree = ast.parse("\n".join("" if line.startswith("%") else line for line in cell.source.splitlines()))
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    words = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
             and id(n) not in inside and not n.value.startswith("    ") and len(n.value.split()) > 4]  # fmt: skip
    return "\n\n".join(words)


def texts_of(notebook: nbformat.NotebookNode, questions: dict) -> dict[str, str]:
    """Cell id -> what it says, and "ask:NAME" -> what a predict box says."""
    found = {cell.id: spoken(cell) for cell in notebook.cells}
    for name, asked in questions.items():
        right = asked["answers"][asked["truth"] - 1]
        found[f"ask:{name}"] = f"{asked['question']}\n\n{right}\n\n{asked['because']}"
    return {name: text for name, text in found.items() if text.strip()}


@cache
def texts(number: str) -> dict[str, str]:
    """The same for the notebook of that number, as it ships."""
    (file,) = QUESTIONS.glob(f"{number}_*.toml")
    return texts_of(nbformat.read(NOTEBOOKS[number], as_version=4), tomllib.loads(file.read_text(encoding="utf-8")))


def sounds_like_a_result(sentence: str) -> bool:
    return bool(CLAIM_WORDS.search(sentence))
