"""Six kinds of sentences that a true number does not hold by itself, and how each is held.

"A bell" over a comb with a flat top, "most" over a third, "hardly" over a change of a half: the number beside such a
sentence was right, its reading was not. So a sentence of a kind is held only by a check that asks for that kind: it
calls one of the functions below, or compares in the way that the kind names.
"""

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np

from .reading import NOTEBOOKS, sentences, texts
from .registry import Claim, covering, excuses_in

_COUNTED = (
    "photos?|pictures?|pairs?|blocks?|streams?|quer(?:y|ies)|rows?|maps?|person|people|seeds?|runs?|methods?|dots?"
    "|intervals?|twins?|channels?|networks?|layers?|groups?|match(?:es)?|strangers?|gates?|cells?|pixels?|numbers?|bars?"
)
# What a sentence of each kind says.
SAID = {
    "shape": r"\bbells?\b|\bpeaks?\b|\bplateau|\bflat\b|\bspik|\bscatter|\bcalm|\bblur(?:s|red)?\b|\bsmooth(?:er|s)?\b"
    r"|\bcurves?\b|\bdrowns?\b|\bfalls? off\b|\blooks? alike\b|\blook the same\b|\blook alike\b",
    "most": r"\bmost(?:ly)? (?:of|photos|pairs|people|blocks|queries|the)\b|\bmostly\b"
    r"|\bnearly (?:all|every|everything)\b"
    r"|\balmost (?:all|every|everything)\b|\bmajority\b|\bmore than (?:half|a third|a quarter)\b",
    "none": rf"\bnone\b|\bnot (?:one|a single)\b|\bno (?:single |published |other )?(?:{_COUNTED})\b"
    r"|\bnothing\b|\bnever\b|\bnot noticed\b",
    "hardly": r"\bhardly\b|\bbarely\b|\bscarcely\b|\bnext to nothing\b|\bvery little\b|\blittle to\b"
    r"|\bnearly the same\b|\balmost the same\b|\bnear (?:one|zero|0|1)\b",
    "order": r"\b(?:larger|smaller|higher|lower|wider|narrower|farther|closer|better|worse|more|less|fewer"
    r"|faster|slower) than\b"
    r"|\b(?:largest|smallest|highest|lowest|widest|best|worst)\b|\bahead of\b|\bbehind\b|\b(?:rises?|falls?)\b"
    r"|\bthe (?:first|last) (?:blocks?|stages?|streams?|layers?)\b",
    "every": rf"\b(?:every|each)(?: single)? (?:{_COUNTED})\b|\ball (?:of )?(?:the |these )?(?:{_COUNTED})\b"
    r"|\b(?:first|last|early|late|later) (?:blocks|ones|stages|gates|streams)\b|\bgives? you everything\b"
    r"|\bin all (?:two|three|four|five|six|ten)\b|\beverything else\b",
}  # fmt: skip
_SAID = {kind: re.compile(words, re.IGNORECASE) for kind, words in SAID.items()}
# The calls that hold each kind.
HOLDS = {
    "shape": {"bell", "steady", "calmer", "similar"},
    "most": {"most"},
    "none": {"none", "any", "all"},
    "hardly": {"hardly"},
    "order": {"ordered", "max", "min", "sorted", "argmax", "argmin", "argsort"},
    "every": {"every", "all"},
}
_ANYWHERE = {"shape", "most", "hardly", "order"}  # the others also stand in definitions: they count beside an output
_RESULTS = {"shape", "most", "hardly"}  # are results whatever they are excused as: an argument is no excuse for them
Found = dict[str, list[str]]  # "NN.cell" -> sentences


def kinds(sentence: str) -> list[str]:
    """The kinds of a sentence.  A question and a heading say nothing."""
    if sentence.endswith("?") or sentence.startswith("#"):
        return []
    return [kind for kind, said in _SAID.items() if said.search(sentence)]


# --- what a check may ask ---------------------------------------------------------------------------------------------


def bell(values: Sequence[float]) -> bool:
    """One peak within the middle half, at most a tenth of the values near its height, both ends below a quarter of it,
    and no step back on the way up or down by more than a twentieth of the height."""
    x = np.asarray(values, float)
    top, height = int(x.argmax()), float(x.max())
    back = max(np.diff(x[: top + 1]).min(initial=0) * -1, np.diff(x[top:]).max(initial=0))
    near = (x > 0.95 * height).mean() if len(x) > 10 else 0
    ends_low = max(x[0], x[-1]) < height / 4
    return bool(len(x) / 4 <= top < 3 * len(x) / 4 and near <= 0.1 and ends_low and back <= height / 20)


def steady(values: Sequence[float], *, rises: bool) -> bool:
    """Whether a row of numbers rises (or falls) from step to step, and never turns by a twentieth of its range."""
    x = np.asarray(values, float) * (1 if rises else -1)
    return bool(x[-1] > x[0] and np.diff(x).min(initial=0) > -(x.max() - x.min()) / 20)


def calmer(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether a map changes by a third less from one cell to its neighbour, in units of its own spread."""

    def rough(image: np.ndarray) -> float:
        steps = [np.abs(np.diff(image, axis=axis)).mean() for axis in range(image.ndim)]
        return float(np.mean(steps) / image.std())

    return rough(np.asarray(after, float)) < 2 / 3 * rough(np.asarray(before, float))


def similar(groups: Sequence[np.ndarray]) -> bool:
    """Whether members of each group, (N, F), lie closer to one another than half of the way to those of others."""
    every_one = np.concatenate(groups)
    apart = np.linalg.norm(every_one - every_one.mean(0), axis=1).mean()
    return all(np.linalg.norm(g - g.mean(0), axis=1).mean() < apart / 2 for g in map(np.asarray, groups))


def most(flags: Iterable[object]) -> bool:
    """More than half.  No flags are no answer."""
    given = [bool(flag) for flag in flags]
    return bool(given) and 2 * sum(given) > len(given)


def none(flags: Iterable[object]) -> bool:
    given = [bool(flag) for flag in flags]
    return bool(given) and not any(given)


def every(flags: Iterable[object]) -> bool:
    given = [bool(flag) for flag in flags]
    return bool(given) and all(given)


def hardly(change: float, beside: float) -> bool:
    """Whether a change is less than a tenth of what it is held against."""
    return abs(change) < abs(beside) / 10


def ordered(values: Iterable[float]) -> bool:
    """Whether each number is larger than the one after it."""
    given = list(values)
    return len(given) > 1 and all(a > b for a, b in pairwise(given))


# --- which sentences are not held -------------------------------------------------------------------------------------


def asks(check: Callable) -> set[str]:
    """The kinds that a check asks for, by what it calls and how it compares."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(check)))
    nodes = list(ast.walk(tree))
    called = {ast.unparse(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
    found = {kind for kind, names in HOLDS.items() if names & called}
    signs = [sign for node in nodes if isinstance(node, ast.Compare) for sign in node.ops]
    return found | ({"order"} if any(isinstance(s, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for s in signs) else set())


def beside_outputs(notebook: nbformat.NotebookNode) -> set[str]:
    """The cells that speak of what is seen: code, the text behind it but for an exercise, the title and the recap."""
    found, before = set(), ""
    for cell in notebook.cells:
        if cell.cell_type == "code" or (before and not before.startswith("%%")) or cell.id.endswith(("title", "recap")):
            found.add(cell.id)
        before = cell.source if cell.cell_type == "code" else ""
    return found


def unread(number: str, said: dict[str, str], claims: Sequence[Claim], seen: set[str]) -> Found:
    """Sentences of a kind that no check asks about in that kind, and that are not excused, by cell.

    said: what each cell says.  seen: the cells beside outputs; a predict box counts as one.
    """
    found: Found = {}
    asked = {id(claim): asks(claim.check) for claim in claims}
    excuses, firm = excuses_in(number), excuses_in(number, arguments=False)
    for cell, text in said.items():
        if "-task-" in cell:
            continue
        for sentence in sentences(text):
            wanted = set(kinds(sentence))
            if cell not in seen and not cell.startswith("ask:"):
                wanted &= _ANYWHERE
            if covering(sentence, [one for at, one in excuses if at == cell]):
                wanted &= _RESULTS
            if not wanted or covering(sentence, [one for at, one in firm if at == cell]):
                continue
            held = [c for c in claims if c.place.cell == cell and covering(sentence, c.quotes)]
            missing = wanted - set().union(*(asked[id(c)] for c in held))
            if missing:
                found.setdefault(f"{number}.{cell}", []).append(f"[{', '.join(sorted(missing))}] {sentence}")
    return found


def unread_today() -> Found:
    """The same for all notebooks as they ship."""
    found: Found = {}
    for number, path in NOTEBOOKS.items():
        claims = import_module(f"claims.nb{number}").BOOK.claims
        found |= unread(number, texts(number), claims, beside_outputs(nbformat.read(path, as_version=4)))
    return found


def listed() -> Found:
    """The sentences that are not held today, by cell: the list may only shrink."""
    return tomllib.loads((Path(__file__).parent / "still_unread.toml").read_text(encoding="utf-8"))


_HEAD = """# Sentences of a kind (kinds.py) that no check asks about in that kind. An entry may only go: mend the
# sentence, or hold it by a check of its kind. `PYTHONPATH=. python -m claims.kinds` in tests/ drops what is mended.
"""


def as_toml(found: Found) -> str:
    """The list as the file has it."""
    lines = [_HEAD]
    for place, said in found.items():
        lines.append(f'"{place}" = [')
        lines += [f"    {_quoted(sentence)}," for sentence in said]
        lines.append("]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    now, before = unread_today(), listed()
    left = {place: [one for one in said if one in now.get(place, [])] for place, said in before.items()}
    (Path(__file__).parent / "still_unread.toml").write_text(as_toml({k: v for k, v in left.items() if v}), "utf-8")
