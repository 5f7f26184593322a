"""Sentences are plain modern English: phrases that read like a translation or a proverb do not come back."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What is not written -> what is written instead. Patterns are read without regard to capitals.
BANNED = {
    r"(?<!there )\b(?:is|are|was|were|be) no (?!longer|more|less|fewer|larger|smaller|farther|closer|better|worse|wider"
    r"|faster|slower|higher|lower|later|earlier|one\b)\w+": "is not a ..., are not ...",
    r"\bwhoever\b": "if you ..., the person who ...",
    r"\bweighed\b": "weighted",
    r"(?<=\w )less (?:un[a-z]+|reference|blurred|what|that at|low level|gap of|mAP)\b": "minus",
    r"\bmissing to (?:that|this|it)\b": "the shortfall",
    r"\bno number any ?more\b": "NaN or infinite",
    r"\b(?:is|are) watched moves nothing\b": "monitoring does not change the training",
    r"\bserves? \w+ masters\b": "it must serve four scales",
    r"\bgets? for nothing\b": "compare it with an untrained network",
    r"(?<![-`])\bmut(?:e|es|ed|ing)\b(?!`)": "silence, silenced: one word for it",
    r"\b(?:same|one) door\b": "in the same way, by the same function",
    r"\bto part (?!of\b)(?:look|twins|people|them)\w*": "to tell ... apart",
    r"\breports? the weather\b": "may be chance",
    r"\bhas to say so\b": "if you use it, say so",
    r", (?:the|its|their) [\w ]{1,30}? being (?:kept|left|made|taken)\b": "a sentence of its own: the ... is kept",
    r"\b(?:only|and) (?:\{\}|\d+ [GM]B) (?:is|are) there\b": "only ... is free",
    r"\bby a hair\b|\ba hair (?:farther|closer|above|below)\b": "by very little, slightly",
    r"\b(?:thereby|whence|whereupon|wherein|thereof|therein)\b": "so, from which, in it",
    r"\bnext to nothing\b": "almost nothing",
    r"\bat the least\b": "at least",
    r"\basked (?:for )?(?:is|are) (?:a|the|which|row)\b": "return ..., give ...",
    r"\bsuch a one\b": "one of these",
    r"\bbeyond reason\b": "the limit itself",
    r"\bmisshapen\b": "of another shape",
    r"\bconfetti\b": "scattered dots",
    r"\b(?:it|loss|photos? that|photos? which) (?:is|are) content\b": "the loss is 0",
    r"\bturned round\b": "turned around",
}


def python_texts(source: str) -> list[tuple[int, str]]:
    """Line and text of every string and of every run of comments; what a text fills in is {}."""
    found: list[tuple[int, str]] = []
    inside: set[int] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            found.append((node.lineno, "".join(map(str, parts))))
            inside |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            found.append((node.lineno, node.value))
    end = -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            words = token.string.lstrip("#: ")
            if token.start[0] == end + 1:
                found[-1] = (found[-1][0], f"{found[-1][1]} {words}")
            else:
                found.append((token.start[0], words))
            end = token.start[0]
    return found


def script_texts(source: str) -> list[tuple[int, str]]:
    """The same of a .js file."""
    shape = r"//[^\n]*(?:\n\s*//[^\n]*)*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`"
    found = []
    for match in re.finditer(shape, source, re.DOTALL):
        words = re.sub(r"\$\{[^{}]*\}", "{}", match.group().replace("//", " "))
        found.append((source.count("\n", 0, match.start()) + 1, words.strip('"`')))
    return found


def page_texts(source: str) -> list[tuple[int, str]]:
    """The same of a .md file, by paragraph."""
    found, line = [], 1
    for part in re.split(r"(\n\s*\n)", source):
        found.append((line, part))
        line += part.count("\n")
    return found


READERS = {".py": python_texts, ".js": script_texts, ".md": page_texts}


@cache
def lessons() -> str:
    """All that the notebooks' texts say: an exercise's task stands there too, and changes with them."""
    cells = [cell for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
             for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]  # fmt: skip
    return plain("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def found_in(source: str, kind: str) -> list[tuple[int, str]]:
    """Line of each banned phrase, and what it says there and what it should say."""
    found = []
    for line, text in READERS[kind](source):
        text = plain(text)
        if " " not in text:  # a name
            continue
        for phrase, better in BANNED.items():
            for match in re.finditer(phrase, text, re.IGNORECASE):
                if text not in lessons():
                    around = text[max(0, match.start() - 40) : match.end() + 40]
                    found.append((line, f"'{match.group()}' in '... {around} ...'; better: {better}"))
    return found


def held() -> list[Path]:
    files = [*ROOT.glob("osnet_edu/**/*"), *ROOT.glob("assets/*.md"), *ROOT.glob("benchmarks/*")]
    files += [ROOT / name for name in ("lab.py", "README.md", "CONTRIBUTING.md", "HUB.md")]
    return [path for path in sorted(files) if path.suffix in READERS]


def test_no_text_has_a_banned_phrase():
    found = []
    for path in held():
        name = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        found += [f"{name}:{line}: {words}" for line, words in found_in(source, path.suffix)]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "kind, source, times",
    [
        (".py", '"""This\nis no\nmask."""\nx = "a gap: seen " "less unseen"\n# weighed by\n# size\n', 3),
        (".py", 'raise ValueError(f"{path} is no " f"mask of {name}")\n', 1),
        (".py", '"""There is no mask. It is no longer here, and no larger."""\nmute = "mute"\nweighed = less = 1\n', 0),
        (".js", "// Whoever\n// reads\nconst weighed = `mute stream ${t}`; write('x', \"is no file\");", 3),
        (".md", "The streams are\nweighed.\n\n`mute` is a name, and muting is not.\n", 2),
    ],
)
def test_a_phrase_is_found_over_the_ends_of_lines_and_in_texts_alone(kind, source, times):
    assert len(found_in(source, kind)) == times


def test_every_phrase_has_a_plain_one_and_is_a_pattern():
    assert all(re.compile(phrase) and better for phrase, better in BANNED.items())
