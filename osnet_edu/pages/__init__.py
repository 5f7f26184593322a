"""A page of one file: words, tables and pictures, readable on light and on dark. All that comes in is escaped."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


class Html(str):
    """A text that is HTML already."""


def escaped(text: object) -> Html:
    """A text as HTML, with each sign that HTML has a use for written out."""
    return text if isinstance(text, Html) else Html(html.escape(str(text)))


def whole_page(title: str, body: Iterable[Html], style: str = "") -> str:
    """A whole page.  title: of the window and above the page.  style: CSS beside what every page has."""
    head = escaped(title)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        f'img-src data:"><title>{head}</title><style>\n{_STYLE}{style}</style></head>\n<body><main><h1>{head}</h1>\n'
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def lead(text: str) -> Html:
    """The sentence that a page begins with."""
    return Html(f'<p class="lead">{escaped(text)}</p>')


def heading(text: str) -> Html:
    """The heading of a section."""
    return Html(f"<h2>{escaped(text)}</h2>")


def paragraph(text: str) -> Html:
    """A paragraph in small, soft letters."""
    return Html(f'<p class="soft">{escaped(text)}</p>')


def bullets(texts: Iterable[str]) -> Html:
    """A list without an order."""
    return Html(f"<ul>{''.join(f'<li>{escaped(text)}</li>' for text in texts)}</ul>")


def fold(title: str, body: Html) -> Html:
    """What is shown when its title is clicked."""
    return Html(f"<details><summary>{escaped(title)}</summary>{body}</details>")


def mark(sign: str, word: str, kind: str = "") -> Html:
    """A sign with its word, which is read aloud and shown where the pointer rests.  kind: "right", "wrong" or ""."""
    return Html(
        f'<span class="{kind}" role="img" aria-label="{html.escape(word)}" title="{html.escape(word)}">{escaped(sign)}'
        "</span>"
    )


def table_of(caption: str, heads: Sequence[object], rows: Iterable[Sequence[object]], *, marks: bool = False) -> Html:
    """A table that scrolls by itself where it is wide.  The first entry of a row names it.

    marks: all other entries are marks, in the middle of their column.
    """
    cell = '<td class="mark">' if marks else "<td>"
    top = "".join(f'<th scope="col">{escaped(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{escaped(first)}</th>{"".join(f"{cell}{escaped(one)}</td>" for one in rest)}</tr>\n'
        for first, *rest in rows
    )
    return Html(
        f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(caption)}"><table>'
        f"<caption>{escaped(caption)}</caption><thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )
