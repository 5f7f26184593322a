"""The words of the lessons: what each means in English and Chinese, and which cell explains it.

python -m osnet_edu.book.glossary        writes GLOSSARY.md and the lessons' links to it anew
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "templates"
_FILES = ("glossary", "glossary_zh")
GLOSSARY_FILE = "GLOSSARY.md"  # beside notebooks/
_ABOUT = (
    "The words of the lessons, in English and Chinese. Each is linked where it is explained first. "
    "课程中的术语，英文和中文对照。"
)


@dataclass(frozen=True)
class Term:
    """introduced: (notebook, cell) that explains the word, None where no lesson does.  find: a pattern of its uses.

    shown: the cell whose output shows it first, None where a text has it before.  chinese: the word and a sentence.
    """

    word: str
    says: str
    find: str
    introduced: tuple[str, str] | None
    shown: tuple[str, str] | None = None
    chinese: tuple[str, str] = ("", "")

    @property
    def anchor(self) -> str:
        """The name by which a link leads to it."""
        return re.sub(r"\W+", "-", self.word.lower())


def terms() -> tuple[Term, ...]:
    """All words of the glossary, in its order."""
    found, chinese = (tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8")) for name in _FILES)
    return tuple(
        Term(
            term["en"]["word"],
            term["en"]["says"],
            term["find"],
            _place(term["introduced"]),
            _place(term.get("shown", "")),
            (chinese[term["en"]["word"]]["word"], chinese[term["en"]["word"]]["says"]),
        )
        for term in found["term"]
    )


def _place(written: str) -> tuple[str, str] | None:
    number, _, cell = written.partition(".")
    return (number, cell) if cell else None


def page(lessons: Mapping[str, str]) -> str:
    """The glossary in Markdown.  lessons: a lesson's two digits -> where it is, from the page."""
    return "\n".join(["# Glossary", "", _ABOUT, "", *(_entry(term, lessons) for term in terms())])


def _entry(term: Term, lessons: Mapping[str, str]) -> str:
    number, _ = term.introduced or term.shown or ("", "")
    lesson = f"[notebook {number}]({lessons[number]})" if number in lessons else f"notebook {number}" * bool(number)
    word, says = term.chinese
    head = " · ".join(filter(None, [f"**{term.word}**", f'<span lang="zh-Hans">{word}</span>', lesson]))
    return f'<a id="{term.anchor}"></a>\n{head}  \n{term.says}  \n<span lang="zh-Hans">{says}</span>\n'


def shipped_page(notebooks: Path) -> str:
    """GLOSSARY.md, as it stands beside the folder of the notebooks."""
    paths = sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))
    return page({path.name[:2]: f"{notebooks.name}/{path.name}" for path in paths})


# --- the links to it -------------------------------------------------------------------------------------------------

# In a lesson's text no link may stand in a heading, code, a formula, another link or a tag.
_CLOSED = re.compile(r"^#[^\n]*|```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]+\$|\[[^\]]*\]\([^)]*\)|<[^>]+>", re.M | re.S)


@dataclass(frozen=True)
class Text:
    """A text cell of a lesson.  place: (notebook, cell)."""

    place: tuple[str, str]
    text: str


def with_link(term: Term, text: str) -> str:
    """A Markdown text in which the first use of a term is a link; "" where it has no use that can be one."""
    if text.startswith(("# ", "**Exercise")):  # titles, and tasks, which their exercise writes
        return ""
    found = re.search(term.find, _CLOSED.sub(lambda closed: "\0" * len(closed[0]), text))
    if not found:
        return ""
    return (
        f"{text[: found.start()]}[{text[slice(*found.span())]}](../{GLOSSARY_FILE}#{term.anchor}){text[found.end() :]}"
    )


def place_of_link(term: Term, texts: Sequence[Text], order: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The first text that can link to a term, from the cell on that explains it; None where no text uses it.

    texts: without links to the glossary.  order: the places of all cells, in the order of reading.
    """
    start = order.index(term.introduced) if term.introduced else 0
    return next((one.place for one in texts if order.index(one.place) >= start and with_link(term, one.text)), None)


def unlinked(text: str) -> str:
    """A text without its links to the glossary."""
    return re.sub(rf"\[([^\]]*)\]\(\.\./{re.escape(GLOSSARY_FILE)}#[\w-]+\)", r"\1", text)


def add_links(notebooks: Path) -> None:
    """Link each term once in the lessons of a folder, where it is explained; links that stand elsewhere are removed."""
    read = {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))}
    cells = {(path.name[:2], cell["id"]): cell for path, content in read.items() for cell in content["cells"]}
    said = {
        place: unlinked("".join(cell["source"])) for place, cell in cells.items() if cell["cell_type"] == "markdown"
    }
    texts = [Text(place, text) for place, text in said.items()]
    for term in terms():
        place = place_of_link(term, texts, list(cells))
        if place:
            said[place] = with_link(term, said[place]) or said[place]
    for place, text in said.items():
        if text != "".join(cells[place]["source"]):
            cells[place]["source"] = text.splitlines(keepends=True)
    for path, content in read.items():
        written = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        if written != path.read_text(encoding="utf-8"):
            path.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    checkout = Path(__file__).resolve().parents[2]
    (checkout / GLOSSARY_FILE).write_text(shipped_page(checkout / "notebooks"), encoding="utf-8")
    add_links(checkout / "notebooks")
