"""What was found, in a cell of a notebook: sentences first, then a small table, on light and on dark paper."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .. import colours

# Two classes a rule: JupyterLab has rules of its own for tables, and they weigh as much as one.
_STYLE = """
.oe-findings.oe-findings { color: var(--jp-content-font-color1, var(--vscode-editor-foreground, var(--oe-own-ink)));
  font: 15px/1.45 var(--jp-content-font-family, system-ui, sans-serif); margin: 8px 0; }
.oe-findings.oe-findings p { margin: 0 0 8px; max-width: 44em; }
.oe-findings.oe-findings p:first-child { font-size: 19px; line-height: 1.15; font-weight: 600; }
.oe-findings.oe-findings div { overflow-x: auto; }
.oe-findings.oe-findings div:focus-visible { outline: 3px solid var(--oe-select); outline-offset: 2px; }
.oe-findings.oe-findings table { border-collapse: collapse; border: 0; margin: 0; font-size: 12.5px;
  font-variant-numeric: tabular-nums; table-layout: auto; }
.oe-findings.oe-findings caption { text-align: left; padding: 0 0 4px; }
.oe-findings.oe-findings :is(tr, th, td) { background: none; color: inherit; text-align: left; font-weight: 400; }
.oe-findings.oe-findings :is(th, td) { padding: 4px 18px 4px 0; white-space: nowrap; vertical-align: baseline;
  border: 0; border-bottom: 1px solid var(--jp-border-color1, var(--oe-own-line)); }
.oe-findings.oe-findings :is(thead th, th[colspan]) { font-weight: 600; }
.oe-findings.oe-findings th[colspan] { padding-top: 12px; }
.oe-findings.oe-findings tbody th { white-space: normal; max-width: 22em; }
"""


@dataclass(frozen=True)
class Findings:
    """Shown as HTML in a notebook, and as text elsewhere.

    says: sentences, the most important first.  caption: of the table.  heads: of its columns, that of the names first.
    groups: a title, which may be empty, and the rows below it; a row begins with its name.
    """

    says: tuple[str, ...]
    caption: str
    heads: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]

    def __repr__(self) -> str:
        rows = [self.heads, *(row for _, some in self.groups for row in some)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(self.heads))]
        lines = [*self.says, "", self.caption, _aligned(self.heads, widths)]
        for title, some in self.groups:
            lines += [title] if title else []
            lines += [_aligned(row, widths) for row in some]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(one)}</p>" for one in self.says)
        heads = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in self.heads)
        return (
            f"<style>{colours.css('.oe-findings')}{_STYLE}</style>"
            f'<section class="oe-findings" aria-label="{html.escape(self.caption)}">{said}'
            f'<div tabindex="0" role="region" aria-label="{html.escape(self.caption)}"><table>'
            f"<caption>{html.escape(self.caption)}</caption><thead><tr>{heads}</tr></thead>"
            f"{''.join(self._bodies())}</table></div></section>"
        )

    def _bodies(self) -> Iterator[str]:
        for title, some in self.groups:
            head = f'<th scope="rowgroup" colspan="{len(self.heads)}">{html.escape(title)}</th>' if title else ""
            yield f"<tbody>{f'<tr>{head}</tr>' if head else ''}{''.join(map(_row, some))}</tbody>"


def _row(cells: Sequence[str]) -> str:
    first, *rest = map(html.escape, cells)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{one}</td>" for one in rest)}</tr>'


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
