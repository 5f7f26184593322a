"""The page of an audit: one file, a sentence first, then the chart, then the numbers, folded. It needs no script."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import colours, pages
from ..pages import Html, escaped
from . import charts, examples, findings, verdicts
from .charts import Chart, ChartRow, PlotMark
from .questions import QUICK_AUDIT
from .record import Answer, Figure, Picture, Record
from .verdicts import Beyond
from .written import References, bracketed, mean_of, number, paired, plain_name

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_MARKS = ("one", "two")
_REFERENCES = {name: kind for kind, name in charts.REFERENCE_MARKS.items()}


@dataclass(frozen=True)
class Section:
    """head: the question.  how: in a sentence, how it was asked.  axis: of its chart."""

    head: str
    how: str
    axis: str = ""


SECTIONS: Mapping[str, Section] = {
    "home": Section(
        "Who is found?",
        "Each query is searched among photos by other cameras. Rank-1: how often the right person comes first. mAP: "
        "how early all photos of the right person come.",
        "share of the searches",
    ),
    "other": Section(
        "Who is found in another world?",
        "The same, in a world that shares no camera, street, colour of clothes or build with the first.",
        "share of the searches",
    ),
    "twins": Section(
        "Are look-alikes told apart?",
        "Two photos, one of the query and one of a twin who differs in one part alone: which is the query?",
        "share of the pairs that are told apart",
    ),
    "parts": Section(
        "Which part of a person counts?",
        "One part of a photo is drawn anew, and nothing else. At 0 the similarity stays. At 1 it falls as far as to a "
        "stranger.",
        "fall of the similarity, of the step to a stranger",
    ),
    "moves": Section(
        "What moves a photo?",
        "One thing changes, and the person stays. At 1 the photo moves as far as to another person.",
        "distance, of the step to another person",
    ),
    "wall": Section(
        "Does it look at the wall?",
        "The strangers among whom a query is searched stand elsewhere, or before the query's own wall.",
        "rank-1",
    ),
    "clothes": Section(
        "The person or the clothes?",
        "The photos that are searched are rendered again in other clothes. The queries wear what they wore.",
        "rank-1",
    ),
    "pairs": Section("Where does it err?", ""),
    "gates": Section(
        "What do its gates follow, and which stream is needed?",
        "One stream is silenced in all blocks; stream 1 sees 3 x 3 cells of a block's map, stream 4 sees 9 x 9. Then: "
        "the share of the gates' variance that each cause explains, corrected for chance, in photos of 8 people.",
        "rank-1 at home",
    ),
    "maps": Section(
        "Which maps can be believed?",
        "A twin differs in one part that is known. The grade is the share of a map's strongest pixels that lie in it. "
        "A map must beat what asks no network, and itself on a network that was never trained.",
        "grade: 1 is perfect",
    ),
    "real": Section("How much carries over to real photos?", ""),
}


def whole(records: Sequence[Record], references: References) -> str:
    """The page about one network, or about two side by side, as HTML.

    references: by "the shipped network", "never trained" and "colours alone", what they answered to the same questions;
    any may lack a question or a figure. Where a reference is an audited network itself, it gets one mark alone.
    """
    asked = [name for name in SECTIONS if any(name in record.answers for record in records)]
    title = f"Audit of {' and '.join(record.name for record in records)}"
    body = [_head(records, references), _contents(asked, records, references)]
    differ = verdicts.differences(*records) if len(records) == 2 else []
    if len(records) == 2:
        body.append(_compared(records, differ))
    body += [_section(question, records, references, differ) for question in asked]
    body.append(_foot(asked, records))
    return pages.whole_page(title, body, _colours() + _STYLE)


def _colours() -> str:
    """The two colours of charts, on light and on dark paper."""
    named = {"--one": colours.ONE, "--two": colours.TWO}
    light = " ".join(f"{name}: {colour.light};" for name, colour in named.items())
    dark = " ".join(f"{name}: {colour.dark};" for name, colour in named.items())
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _sentences(text: str, kind: str) -> str:
    """The claim in large type, and what shows it: what comes before the first colon or full stop, and the rest."""
    ends = [at for at in (text.find(": "), text.find(". ")) if at >= 0]
    if not ends:
        return f'<p class="{kind}">{escaped(text)}</p>'
    claim, rest = text[: min(ends)], text[min(ends) + 2 :]
    return f'<p class="{kind}">{escaped(claim)}.</p><p class="shown">{escaped(rest[:1].upper() + rest[1:])}</p>'


def _head(records: Sequence[Record], references: References) -> Html:
    return Html(f'<div class="heads">{"".join(_one_head(k, records, references) for k in range(len(records)))}</div>')


def _one_head(k: int, records: Sequence[Record], references: References) -> str:
    record = records[k]
    first, *more = verdicts.headline(record, references)
    name = f'<p class="whose">{charts.mark_key(_MARKS[k], record.name)}</p>' if len(records) > 1 else ""
    facts = (
        record.kind, f"{record.features:,} features", f"photos of {record.size[0]} × {record.size[1]} pixels",
        f"{record.budget} audit", f"{record.seconds / 60:.1f} minutes",
    )  # fmt: skip
    about = "".join(f"<li>{escaped(fact)}</li>" for fact in facts)
    notes = pages.bullets(record.notes) if record.notes else ""
    rest = "".join(f'<p class="more">{escaped(one)}</p>' for one in more)
    return f'<div>{name}{_sentences(first, "hero")}{rest}<ul class="facts">{about}</ul>{notes}</div>'


def _contents(asked: Sequence[str], records: Sequence[Record], references: References) -> Html:
    alarms = {one.question for record in records for one in verdicts.alarms(record, references)}
    sign = pages.mark("!", "an alarm", "alarm")
    links = (f'<a href="#{name}">{SECTIONS[name].head}{sign if name in alarms else ""}</a>' for name in asked)
    return Html(f'<nav aria-label="Questions"><ol>{"".join(f"<li>{link}</li>" for link in links)}</ol></nav>')


def _compared(records: Sequence[Record], some: Sequence[Beyond]) -> Html:
    """What differs between two networks, all questions together."""
    rows = [
        (
            plain_name(one.name),
            bracketed(one.gap, one.unit, sign=True),
            f"{one.gap.p:.3f}",
            SECTIONS[one.question].head,
        )
        for one in some
    ]
    caption = f"{records[0].name} minus {records[1].name}, in pairs. p: after Holm's correction."
    table = pages.table_of(caption, ("figure", "difference", "p", "question"), rows) if some else ""
    count = f"{len(some)} figure{'s differ' if len(some) > 1 else ' differs'} beyond chance."
    claim = escaped(count if some else verdicts.differences_said(some))
    head = f'<div class="words"><h2>What differs?</h2><p class="claim">{claim}</p></div>'
    return Html(f'<section id="differences">{head}{table}</section>')


def _section(question: str, records: Sequence[Record], references: References, differ: Sequence[Beyond]) -> Html:
    """A question.  differ: in what two networks differ, of all questions."""
    ours = [(k, record) for k, record in enumerate(records) if question in record.answers]
    words = "".join(_said(k, record, question, references, alone=len(records) == 1) for k, record in ours)
    if len(ours) == 2:
        some = [one for one in differ if one.question == question]
        words += f'<p class="shown">{escaped(verdicts.differences_said(some))}</p>'
    how = " ".join(filter(None, (SECTIONS[question].how, _counted(question, [record for _, record in ours]))))
    words += f'<p class="soft">{escaped(how)}</p>' if how else ""
    words += _strip(examples.shipped().get(question, ()))
    notes = [note for _, record in ours for note in record.answers[question].notes]
    words += pages.bullets(dict.fromkeys(notes)) if notes else ""
    audited = {record.digest for record in records}
    others = {name: one for name, one in references.items() if one.digest not in audited}
    first, *more = _charts(question, records, others) or [Html("")]
    shown = "".join(_pictures(record.answers[question], record.name if len(records) > 1 else "") for _, record in ours)
    table = _table(question, records, others)
    folded = pages.fold("All numbers", table) if table else ""
    shape = "beside" if first else "alone"
    words = f'<div class="words"><h2>{SECTIONS[question].head}</h2>{words}</div>'
    drawn = f'<div class="drawn">{first}</div>' if first else ""
    drawn += f'<div class="several">{"".join(more)}</div>' if more else ""
    return Html(f'<section id="{question}" class="{shape}">{words}{drawn}{shown}{folded}</section>')


def _counted(question: str, records: Sequence[Record]) -> str:
    """Of how many people or families was asked, in a sentence."""
    counts = {max((len(one.known) for one in record.answers[question].figures), default=0) for record in records}
    if not any(counts):
        return ""
    what = "families of look-alikes" if question in _BY_FAMILY else "people"
    return f"Asked of {' and '.join(map(str, sorted(counts)))} {what}."


def _strip(pictures: Sequence[Picture]) -> str:
    """Small pictures side by side: what a network is shown."""
    return f'<div class="strip">{"".join(map(_photo, pictures))}</div>' if pictures else ""


def _said(k: int, record: Record, question: str, references: References, *, alone: bool) -> str:
    text = verdicts.verdict(question, [record], references)
    name = "" if alone else f'<p class="whose">{charts.mark_key(_MARKS[k], record.name)}</p>'
    return name + _sentences(text, "claim")


# ---- charts


def _names(question: str, records: Sequence[Record]) -> list[str]:
    answers = [record.answers[question] for record in records if question in record.answers]
    return list(dict.fromkeys(one.name for answer in answers for one in answer.figures))


def _figure(question: str, name: str, records: Sequence[Record]) -> Figure:
    some = (record.figure(question, name) for record in records)
    return next(one for one in some if one is not None)


def _row(question: str, name: str, records: Sequence[Record], references: References, called: str = "") -> ChartRow:
    marks = [
        PlotMark(kind, mean_of(figure))
        for kind, record in zip(_MARKS, records, strict=False)
        if (figure := record.figure(question, name)) is not None
    ]
    for reference, kind in _REFERENCES.items():
        one = references[reference].figure(question, name) if reference in references else None
        if question == "maps" and kind == charts.UNTRAINED_MARK:
            one = next((some for r in records if (some := r.figure(question, f"never trained: {name}"))), one)
        if one is not None:
            marks.append(PlotMark(kind, mean_of(one)))
    first = _figure(question, name, records)
    return ChartRow(called or plain_name(name), tuple(marks), first.chance, first.limit)


def _ranked(rows: Sequence[ChartRow]) -> tuple[ChartRow, ...]:
    """The largest first; nan last."""
    return tuple(sorted(rows, key=lambda row: -(v if not math.isnan(v := row.marks[0].interval.value) else -math.inf)))


def _charts(question: str, records: Sequence[Record], references: References) -> list[Html]:
    names = _names(question, records)
    own = tuple(record.name for record in records)
    axis = SECTIONS[question].axis

    def chart(some: Sequence[str], title: str = axis, *, ranked: bool = False, cut: str = "") -> Chart:
        rows = [_row(question, name, records, references, name.replace(cut, "") if cut else "") for name in some]
        unit = _figure(question, some[0], records).unit
        return Chart(title, unit, own, _ranked(rows) if ranked else tuple(rows))

    if not names:
        return []
    if question == "gates":
        return _gate_charts(records, chart)
    if question == "maps":
        return _map_charts(names, chart)
    if question == "twins":
        every = [name for name in names if name == "all parts"]
        first = chart(every).rows if every else ()
        rest = chart([name for name in names if name not in every], ranked=True) if len(names) > len(every) else None
        rows = (*first, *(rest.rows if rest else ()))
        return [charts.draw_chart(Chart(axis, "share", own, rows, bars="a guess"))]
    if question == "parts":
        names = list(dict.fromkeys(one.name for record in records for one in findings.parts_of(record)))
    shown = [name for name in names if name != "another person"]
    return [charts.draw_chart(chart(shown, ranked=question in ("parts", "moves")))] if shown else []


def _gate_charts(records: Sequence[Record], chart) -> list[Html]:
    some = [name for name in _names("gates", records) if name.startswith("without ") or name == "all streams"]
    drawn = [charts.draw_chart(chart(some))] if some else []
    small: list[Html] = []
    causes: dict[str, dict[str, Figure]] = {}
    for record in records:
        for cause, blocks in findings.causes(record).items() if "gates" in record.answers else ():
            causes[cause] = causes.get(cause, {}) | blocks
    for cause, blocks in causes.items():
        title = f"the {plain_name(cause)}: share of the gates' variance"
        rows = chart([one.name for one in blocks.values()], title, cut=f" {cause}")
        small.append(charts.draw_chart(rows, small=True))
    return [*drawn, *small]


def _map_charts(names: Sequence[str], chart) -> list[Html]:
    floors = [name for name in names if name.startswith("floor: ")]
    methods = [name for name in names if ": " not in name]
    kept = [name for name in names if name.startswith("kept after randomisation: ")]
    drawn = [charts.draw_chart(chart(methods, ranked=True))] if methods else []
    if floors:
        drawn.append(
            charts.draw_chart(chart(floors, "what asks no network, on the same twins: a map must beat it"), small=True)
        )
    if kept:
        title = "how alike a map stays when all weights are replaced: near 0 is right"
        drawn.append(charts.draw_chart(chart(kept, title, ranked=True, cut="kept after randomisation: "), small=True))
    return drawn


# ---- pictures and numbers


_ROLES = {
    "query": ("query", ""),
    "match": (f"{colours.SAME_MARK} match", "same"),
    "impostor": (f"{colours.OTHER_MARK} stranger", "other"),
    "map": ("map", ""),
    examples.EXAMPLE_ROLE: ("", ""),
}


def _pictures(answer: Answer, name: str) -> str:
    rows: dict[int, list[Picture]] = {}
    for picture in answer.pictures:
        rows.setdefault(picture.row, []).append(picture)
    cards = "".join(
        f'<div class="card">{"".join(map(_photo, row))}</div>'
        for _, row in sorted(rows.items(), key=lambda one: one[0])
    )
    head = f'<p class="whose">{escaped(name)}</p>' if name else ""
    return f'{head}<div class="cards">{cards}</div>' if cards else ""


def _photo(picture: Picture) -> str:
    word, kind = _ROLES.get(picture.role, (picture.role, ""))
    caption = f"<span>{escaped(picture.caption)}</span>" if picture.caption else ""
    caption = (f"<b>{escaped(word)}</b>" if word else "") + caption
    return (
        f'<figure class="photo {kind}"><img src="data:image/jpeg;base64,{html.escape(picture.jpeg)}" '
        f'alt="{html.escape(picture.alt)}"><figcaption>{caption}</figcaption></figure>'
    )


_BY_FAMILY = ("twins", "maps")
_SHARED = {"maps": ", of the twins that both notice"}  # other questions ask both of the same


def _table(question: str, records: Sequence[Record], references: References) -> Html | None:
    """All figures of a question: each network, the references, chance and limit, and paired differences."""
    names = _names(question, records)
    shipped = references.get("the shipped network")
    columns: dict[str, list[str]] = {}
    for record in records:
        columns[record.name] = [_cell(record, question, name) for name in names]
    for reference, one in references.items():
        if question != "maps" or reference != charts.REFERENCE_MARKS[charts.UNTRAINED_MARK]:  # a row of its own there
            columns[reference] = [_cell(one, question, name) for name in names]
    figures = [_figure(question, name, records) for name in names]
    columns["chance"] = [_bare(one.chance, one.unit) for one in figures]
    columns["an edit without meaning"] = [_bare(one.limit, one.unit) for one in figures]
    for record in records:
        title = f"{record.name} minus the shipped network{_SHARED.get(question, '')}"
        columns[title] = [_minus(record, shipped, question, name) for name in names]
    if len(records) == 2:
        title = f"{records[0].name} minus {records[1].name}{_SHARED.get(question, '')}"
        columns[title] = [_minus(records[0], records[1], question, name) for name in names]
    kept = {title: cells for title, cells in columns.items() if any(cells)}
    rows = [(plain_name(name), *(cells[k] for cells in kept.values())) for k, name in enumerate(names)]
    caption = f"{SECTIONS[question].head} Mean [95 %], over people or families."
    return pages.table_of(caption, ("figure", *kept), rows) if names else None


def _cell(record: Record, question: str, name: str) -> str:
    figure = record.figure(question, name)
    return "" if figure is None else bracketed(mean_of(figure), figure.unit, finer=1)


def _bare(value: float, unit: str) -> str:
    return "" if math.isnan(value) else number(value, unit, finer=1) + (" %" if unit == "share" else "")


def _minus(record: Record, other: Record | None, question: str, name: str) -> str:
    more, figure = paired(record, other, question, name), record.figure(question, name)
    return "" if more is None or figure is None else bracketed(more, figure.unit, finer=1, sign=True)


def _foot(asked: Sequence[str], records: Sequence[Record]) -> Html:
    lines = [
        "Brackets: 95 %, by drawing people or families anew. Two networks are compared in pairs, over the same ones.",
        "All people are rendered, so one thing at a time can be changed and the truth is known.",
    ]
    if any(record.budget == QUICK_AUDIT.name for record in records):
        lines.append(
            "A quick audit asks fewer people, and not about single garments, segment exchange, or what gates follow. "
            "Its numbers are not those of a whole audit."
        )
    lines.append("! in the list of questions: an alarm.")
    left = [question.head for name, question in SECTIONS.items() if name not in asked]
    if left:
        lines.append(f"Not asked: {' '.join(left)}")
    lines += [f"{record.name}: {record.digest}" for record in records]
    return Html(f"<footer>{''.join(map(pages.paragraph, lines))}</footer>")
