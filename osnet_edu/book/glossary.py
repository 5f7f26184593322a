"""The words of the lessons: what each means, and which cell explains it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "templates" / "glossary.toml"


@dataclass(frozen=True)
class Term:
    """introduced: (notebook, cell) that explains the word, None where no lesson does.  find: a pattern of its uses.

    shown: the cell whose output shows it first, None where a text has it before.
    """

    word: str
    says: str
    find: str
    introduced: tuple[str, str] | None
    shown: tuple[str, str] | None = None


def terms(language: str = "en") -> tuple[Term, ...]:
    """All words that the glossary has in a language, in its order."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))["term"]
    told = [(term, term[language]) for term in found if language in term]
    return tuple(
        Term(own["word"], own["says"], term["find"], _place(term["introduced"]), _place(term.get("shown", "")))
        for term, own in told
    )


def _place(written: str) -> tuple[str, str] | None:
    number, _, cell = written.partition(".")
    return (number, cell) if cell else None


def page(language: str = "en") -> str:
    """The glossary in Markdown."""
    return "# Glossary\n\n" + "\n".join(f"**{term.word}**\n: {term.says}\n" for term in terms(language))
