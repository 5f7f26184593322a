"""What an exercise shows in a notebook: a box of words and code, and the counts for a teacher."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The bar on the left shows the kind of a box, beside its mark and its word. The widgets' colours, or one that can be
# seen on light and on dark where there is no widget.
BARS = {
    "right": "solid var(--oe-same, #c8660f)",
    "wrong": "dashed var(--oe-other, #4c78c8)",
    "problem": "double var(--jp-content-font-color2,#767676)",
    "plain": "solid var(--jp-border-color1,#888)",
}


@dataclass(frozen=True)
class Code:
    """Lines of Python or of output among the paragraphs of a box."""

    text: str


class Box:
    """Shown as HTML in a notebook; the same words as plain text elsewhere.

    body: paragraphs, in which what stands between backticks is code, and blocks of code.
    kind: "right", "wrong", "problem" or "plain", which gives the bar on the left.
    """

    def __init__(self, title: str, sign: str, body: Sequence[str | Code], kind: str = "plain"):
        self.title, self.sign, self.body, self.kind = title, sign, tuple(body), kind

    def __repr__(self) -> str:
        texts = [part.text if isinstance(part, Code) else part for part in self.body]
        return "\n".join([f"{self.sign} {self.title}", *texts])

    def _repr_html_(self) -> str:
        return (
            f'<section aria-label="{html.escape(self.title, quote=True)}" style="border:1px solid '
            f"var(--jp-border-color1,#888);border-left:.5em {BARS[self.kind]};padding:.4em .8em;max-width:46em;"
            'color:var(--jp-content-font-color1,#111)"><p style="margin:.2em 0;font-weight:600">'
            f'<span aria-hidden="true">{self.sign}</span> {_words(self.title)}</p>'
            f"{''.join(map(_part, self.body))}</section>"
        )


def _part(part: str | Code) -> str:
    if isinstance(part, str):
        return f'<p style="margin:.3em 0">{_words(part)}</p>'
    return (
        '<pre tabindex="0" style="margin:.4em 0;padding:.5em;overflow-x:auto;white-space:pre;'
        'background:var(--jp-layout-color2,#eee);color:var(--jp-content-font-color1,#111)">'
        f"{html.escape(part.text)}</pre>"
    )


def _words(text: str) -> str:
    """Plain text as HTML; what stands between backticks is code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


class Summary:
    """Counts for a teacher: by exercise, without names, answers or times.

    counts: {name: {"attempts", "solved", "hints", "solution_seen", "mistakes": {name of mistake: times}}}.
    """

    def __init__(self, counts: dict[str, dict[str, Any]], titles: dict[str, str]):
        self.counts, self._titles = counts, titles

    def to_json(self) -> str:
        """The counts as JSON text, its keys in alphabetical order."""
        return json.dumps(self.counts, indent=1, sort_keys=True)

    def save(self, path: Path | str) -> None:
        """Write the counts as a JSON file."""
        Path(path).write_text(self.to_json() + "\n", encoding="utf-8")

    def __repr__(self) -> str:
        return self.to_json()

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(self._titles[name])}</th>'
            f"<td>{'✓ solved' if row['solved'] else 'not yet'}</td><td>{row['attempts']}</td><td>{row['hints']}</td>"
            f"<td>{'yes' if row['solution_seen'] else 'no'}</td></tr>"
            for name, row in self.counts.items()
        )
        heads = "".join(
            f'<th scope="col">{h}</th>' for h in ("exercise", "state", "attempts", "hints", "solution seen")
        )
        return f"<table><caption>Exercises in this kernel</caption><thead><tr>{heads}</tr></thead>{rows}</table>"
