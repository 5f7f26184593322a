"""A word of the glossary is explained where it is first used, or before, in the order of the lessons' cells."""

import re
import tomllib
from pathlib import Path

import nbformat
from claims.reading import NOTEBOOKS, texts

from osnet_edu.book import glossary

# Word -> the cell of its first use, where that is before its explanation. An entry may only go.
LISTED = tomllib.loads((Path(__file__).parent / "lessons" / "still_early.toml").read_text(encoding="utf-8"))
Place = tuple[str, str]


def told() -> list[tuple[Place, str]]:
    """What each cell says, in the order of reading; a predict box with its cell.

    Titles, which say what a lesson is for, and the words of links to other lessons are left out.
    """
    found = []
    for number, path in NOTEBOOKS.items():
        said = {name: glossary.unlinked(text) for name, text in texts(number).items()}
        for cell in nbformat.read(path, as_version=4).cells:
            asked = re.findall(r'\bask\("\d\d\.([\w-]+)"\)', cell.source) if cell.cell_type == "code" else []
            text = "\n\n".join([said.get(cell.id, ""), *(said.get(f"ask:{name}", "") for name in asked)])
            if not cell.source.startswith("# "):
                found.append(((number, cell.id), re.sub(r"\[[^\]]*\]\([^)]*\.ipynb\)", " ", text)))
    return found


def early(terms: tuple[glossary.Term, ...], said: list[tuple[Place, str]]) -> dict[str, str]:
    """Word -> "NN.cell" of its first use, for the words that are used before they are explained, or never are."""
    order = {place: index for index, (place, _) in enumerate(said)}
    found = {}
    for term in terms:
        uses = [place for place, text in said if re.search(term.find, text)] + [term.shown] * bool(term.shown)
        first = min(uses, key=order.__getitem__, default=None)
        explained = order[term.introduced] if term.introduced else len(said)
        if first and order[first] < explained:
            found[term.word] = ".".join(first)
    return found


def test_each_word_is_explained_before_it_is_used():
    found = early(glossary.terms(), told())
    new, mended = sorted(set(found) - set(LISTED)), sorted(set(LISTED) - set(found))
    assert not new, f"used before they are explained: {', '.join(f'{word} in {found[word]}' for word in new)}"
    assert not mended, f"no longer early, take them off the list: {', '.join(mended)}"


def test_a_cell_that_explains_a_word_uses_it():
    said = dict(told())
    for term in glossary.terms():
        if term.introduced:
            assert re.search(term.find, said[term.introduced]), f"{term.introduced} does not say {term.word}"


def test_a_word_before_its_explanation_is_found():
    terms = (
        glossary.Term("gate", "", r"\bgates?\b", ("01", "b")),
        glossary.Term("yaw", "", r"\byaw\b", None),
        glossary.Term("stem", "", r"\bstem\b", None),
    )
    a, b = ("01", "a"), ("01", "b")
    assert early(terms, [(a, "Two gates."), (b, "A gate is ...")]) == {"gate": "01.a"}
    seen = (glossary.Term("gate", "", r"\bgates?\b", b, shown=a),)
    assert early(seen, [(a, "A figure."), (b, "A gate is ...")]) == {"gate": "01.a"}
    assert early(terms, [(a, "Nothing."), (b, "A gate, by its yaw.")]) == {"yaw": "01.b"}


def test_the_glossary_has_each_word_once_and_in_order():
    words = [term.word for term in glossary.terms()]
    assert words == sorted(set(words), key=str.lower) and len(words) >= 50
    assert "\nOne of the four paths of a block." in glossary.page({})
    assert all(term.says.endswith(".") and re.compile(term.find) for term in glossary.terms())
