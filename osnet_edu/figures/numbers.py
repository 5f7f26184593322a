"""Many numbers in a lesson: one sentence, and the lines below it, folded. Tables keep their columns, sentences wrap."""

import html
import re
from dataclasses import dataclass

# What tells two runs or two files of weights apart is for programs.
_FINGERPRINT = re.compile(r" \([0-9a-f]{16}\)")
_COLUMNS = re.compile(r"\S {2,}\S")
_TABLE = (
    '<pre tabindex="0" style="margin:.5em 0;overflow-x:auto;white-space:pre;word-break:normal;'
    'font-size:var(--jp-code-font-size,13px);line-height:1.4">'
)


@dataclass(frozen=True)
class Numbers:
    """Shown as HTML in a notebook, and as its text elsewhere.

    says: one sentence, which is always shown.  text: lines; two blanks in a line make it a line of a table.
    folded: whether the text is hidden until somebody opens it.
    """

    says: str
    text: str
    folded: bool = True

    def __repr__(self) -> str:
        return f"{self.says}\n\n{self.text}"

    def _repr_html_(self) -> str:
        says = f'<summary style="cursor:pointer;max-width:60em">{html.escape(self.says)}</summary>'
        return f"<details{'' if self.folded else ' open'}>{says}{''.join(map(_block, _blocks(self.text)))}</details>"


def numbers(says: object, text: object, *, folded: bool = True) -> Numbers:
    """A report such as `experiment` prints, for the end of a cell."""
    return Numbers(str(says), _FINGERPRINT.sub("", str(text)).strip("\n"), folded)


def _blocks(text: str) -> list[tuple[bool, list[str]]]:
    """Runs of lines that are a table, or are none; an empty line ends a run."""
    found: list[tuple[bool, list[str]]] = []
    fresh = True
    for line in text.split("\n"):
        if not line.strip():
            fresh = True
            continue
        table = bool(_COLUMNS.search(line))
        if fresh or found[-1][0] != table:
            found.append((table, []))
        found[-1][1].append(line)
        fresh = False
    return found


def _block(block: tuple[bool, list[str]]) -> str:
    table, lines = block
    if table:
        return f"{_TABLE}{html.escape(chr(10).join(lines))}</pre>"
    return "".join(f'<p style="margin:.5em 0;max-width:60em">{html.escape(line.strip())}</p>' for line in lines)
