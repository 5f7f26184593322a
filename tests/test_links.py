"""Links inside the repository lead to something, and each word of the glossary is linked where it is explained."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from osnet_edu.book import glossary, pages
from osnet_edu.book.generator import slug

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
FOLDERS = ("", "assets", "benchmarks", "binder", "docs", "notebooks")
PAGES = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_CODE = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_AWAY = ("http:", "https:", "mailto:", "data:", "#flow=")


@cache
def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@cache
def text(path: Path) -> str:
    """What a page or the text cells of a notebook say, without code and formulas."""
    if path.suffix == ".ipynb":
        said = "\n\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "markdown")
    else:
        said = path.read_text(encoding="utf-8")
    return _CODE.sub("", said)


def github(heading: str) -> str:
    """The name by which GitHub links to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    said = text(path)
    named = github if path.suffix == ".md" else slug
    headings = {named(heading) for heading in re.findall(r"^#+ +(.+)$", said, re.MULTILINE)}
    return headings | set(re.findall(r'<a id="([^"]+)">', said))


def broken(path: Path, said: str) -> list[str]:
    """The links of a text that lead nowhere.  path: where it stands."""
    found = []
    for link in (one or other for one, other in _LINK.findall(said)):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if link.startswith(_AWAY):
            continue
        there = target.exists() and (not anchor or target.is_dir() or anchor in anchors(target))
        if not there:
            found.append(f"{path.relative_to(ROOT)}: {link}")
    return found


def test_every_link_of_the_pages_and_lessons_leads_to_something():
    assert len(PAGES) >= 7
    assert [one for path in (*PAGES, *NOTEBOOKS) for one in broken(path, text(path))] == []


@pytest.mark.parametrize("link", ["nowhere.md", "README.md#no-such-heading", "#nothing", "GLOSSARY.md#nothing"])
def test_a_link_that_leads_nowhere_is_found(link):
    assert broken(ROOT / "README.md", f"[a]({link}) [b](LICENSE)") == [f"README.md: {link}"]


# ---------------------------------------------------------------------------------------------
# The glossary


TERMS = glossary.terms()
ORDER = [(path.name[:2], cell["id"]) for path in NOTEBOOKS for cell in cells(path)]
TEXTS = [
    glossary.Text((path.name[:2], cell["id"]), "".join(cell["source"]))
    for path in NOTEBOOKS
    for cell in cells(path)
    if cell["cell_type"] == "markdown"
]
PLAIN = [glossary.Text(one.place, glossary.unlinked(one.text)) for one in TEXTS]


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.word)
def test_a_word_is_linked_once_from_the_first_text_that_explains_it(term):
    linked = [one.place for one in TEXTS if f"(../GLOSSARY.md#{term.anchor})" in one.text]
    expected = glossary.place_of_link(term, PLAIN, ORDER)
    assert linked == [expected] * (expected is not None), "python -m osnet_edu.book.glossary writes the links"


def test_few_words_stand_in_no_text_that_could_link_to_them():
    nowhere = [term.word for term in TERMS if glossary.place_of_link(term, PLAIN, ORDER) is None]
    assert len(nowhere) <= 8 and not {"stream", "aggregation gate", "embedding", "omni-scale"} & set(nowhere), nowhere


def test_the_shipped_glossary_is_the_one_that_the_list_gives():
    written = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    assert written == glossary.shipped_page(ROOT / "notebooks"), "python -m osnet_edu.book.glossary writes it"
    assert '**depthwise separable** · <span lang="zh-Hans">深度可分离卷积</span>' in written


def test_every_word_has_a_name_of_its_own_and_a_chinese_one():
    assert len({term.anchor for term in TERMS}) == len(TERMS)
    for term in TERMS:
        word, says = term.chinese
        assert word and says.endswith("。") and re.search(r"[\u4e00-\u9fff]", says), term.word
    chinese = {term.word: term.chinese[0] for term in TERMS}
    assert chinese["re-identification"] == "行人重识别" and chinese["omni-scale"] == "全尺度"
    assert "门控" in chinese["aggregation gate"] and "嵌入" in chinese["embedding"]


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("A **gate** shuts.", "A **[gate](../GLOSSARY.md#gate)** shuts."),
        ("## A gate\n\nThe gate.", "## A gate\n\nThe [gate](../GLOSSARY.md#gate)."),
        ("`gate` $gate$ [gate](x.md) <b title=gate> gate", "`gate` $gate$ [gate](x.md) <b title=gate> "),
        ("`gate` and $gate$", ""),
        ("# 04 The gate", ""),
        ("**Exercise `gate`: A gate**", ""),
    ],
)
def test_a_link_stands_in_words_only(text, linked):
    made = glossary.with_link(glossary.Term("gate", "", r"\bgate\b", None), text)
    assert made == (linked + "[gate](../GLOSSARY.md#gate)" if linked.endswith(" ") else linked)
    assert glossary.unlinked(made) == (text if linked else "")


def test_links_are_added_once(tmp_path):
    stream = next(term for term in TERMS if term.word == "stream")
    cell = {"cell_type": "markdown", "id": stream.introduced[1], "metadata": {}, "source": ["A\n", "stream, a stream"]}
    ids = {(term.introduced or ("00", "x")) for term in TERMS} - {stream.introduced}
    for number in sorted({number for number, _ in ids}):
        listed = [{**cell, "id": name, "source": []} for one, name in sorted(ids) if one == number]
        listed += [cell] * (number == stream.introduced[0])
        content = json.dumps({"cells": listed}, indent=1) + "\n"
        (tmp_path / f"{number}_x.ipynb").write_text(content)
    glossary.add_links(tmp_path)
    once = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert '"A\\n",\n    "[stream](../GLOSSARY.md#stream), a stream"' in "".join(once.values())
    glossary.add_links(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == once


def test_the_page_links_to_its_own_glossary():
    assert pages._WORD.sub(r"\1 \2", "a [gate](../GLOSSARY.md#gate-x) b") == "a gate #gate-x b"
