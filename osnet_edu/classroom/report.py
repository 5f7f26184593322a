"""The report on a class: a table as CSV, and one page."""

import csv
import io
from collections import Counter

from .. import __version__, pages
from ..exercises import GRADED, REGISTRY
from ..pages import Html
from .cells import TIMES_LONGER
from .marking import AnswerMark, Marked

COLUMNS = (
    "student", "number", "notebook", "exercise", "required", "solved", "state", "mistake", "hints (own record)",
    "solution seen (own record)", "mistakes on the way (own record)", "what the check says",
)  # fmt: skip
_SIGNS = {
    "right": ("✓", "solved"), "wrong": ("✗", "not right"), "open": ("○", "not begun"), "missing": ("–", "no cell"),
    "failed": ("!", "raises an error"), "slow": ("∞", "does not end"), "refused": ("?", "nothing to check"),
}  # fmt: skip


def as_csv(marked: Marked) -> str:
    """A line for each exercise of each student, after the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in marked.marks:
        row = (
            one.student,
            one.number,
            one.notebook,
            one.exercise,
            _yes(one.required),
            _yes(one.solved),
            one.state,
            one.mistake,
        )
        own = ("" if one.hints is None else str(one.hints), _yes(one.solution), "; ".join(one.told or ()))
        writer.writerow([_no_formula(entry) for entry in (*row, *own, one.says)])
    return text.getvalue()


def _yes(what: bool | None) -> str:
    return "" if what is None else "yes" if what else "no"


def _no_formula(text: str) -> str:
    """A text that a spreadsheet shows and does not compute: a student chooses names, and a file may be =1+1.ipynb."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def report_page(marked: Marked) -> str:
    """The same as one page, for people."""
    students = dict.fromkeys(one.student for one in marked.marks)
    required = [one for one in marked.marks if one.required]
    solved = sum(one.solved for one in required)
    count = f"{len(students)} student{'s' * (len(students) != 1)}"
    body = [pages.lead(f"{count}: {solved} of {len(required)} required answers are right.")]
    body += [_grid_of(lesson, marked.marks) for lesson in _lessons(marked.marks)]
    body.append(pages.paragraph(", ".join(f"{sign} {word}" for sign, word in _SIGNS.values()) + "."))
    body += _mistakes(marked.marks)
    body.append(pages.heading("Each student"))
    body += [pages.fold(student, _details(student, marked.marks)) for student in students]
    if marked.left_out:
        body.append(pages.heading("Notebooks that were left out"))
        body.append(pages.bullets(f"{one.path}: {one.why}." for one in marked.left_out))
    body.append(pages.heading("How this was measured"))
    body.append(pages.bullets([*_how(marked), *marked.notes]))
    return pages.whole_page("Answers of a class", body)


def _lessons(marks: tuple[AnswerMark, ...]) -> list[str]:
    return sorted({one.lesson for one in marks})


def _grid_of(lesson: str, marks: tuple[AnswerMark, ...]) -> Html:
    ours = [one for one in marks if one.lesson == lesson]
    names = [name for name in (*REGISTRY, *GRADED) if any(one.exercise == name for one in ours)]
    required = {one.exercise for one in ours if one.required}
    rows = []
    for student, notebook in dict.fromkeys((one.student, one.notebook) for one in ours):
        mine = {one.exercise: one for one in ours if (one.student, one.notebook) == (student, notebook)}
        rows.append([student, *(_sign(mine[name]) if name in mine else "" for name in names)])
    heads = ["student", *(f"{name}{'' if name in required else ' (optional)'}" for name in names)]
    return pages.table_of(f"Notebook {lesson}", heads, rows, marks=True)


def _sign(one: AnswerMark) -> Html:
    sign, word = _SIGNS[one.state]
    kind = {"right": "right", "wrong": "wrong"}.get(one.state, "")
    return pages.mark(sign, f"{word}: {one.mistake}" if one.mistake else word, kind)


def _mistakes(marks: tuple[AnswerMark, ...]) -> list[Html]:
    """The mistakes that the checks name, the most frequent first: what to talk about."""
    counts = Counter((one.exercise, one.mistake, one.says) for one in marks if one.mistake)
    if not counts:
        return []
    rows = [(exercise, mistake, number, says) for (exercise, mistake, says), number in counts.most_common()]
    return [
        pages.heading("Mistakes"),
        pages.table_of("How many made each", ("exercise", "mistake", "how many", ""), rows),
    ]


def _details(student: str, marks: tuple[AnswerMark, ...]) -> Html:
    mine = [one for one in marks if one.student == student]
    rows = [(one.title, _SIGNS[one.state][1], one.mistake, *_own(one), one.says, one.notebook) for one in mine]
    heads = ("exercise", "state", "mistake", "hints*", "solution seen*", "mistakes on the way*", "", "notebook")
    return pages.table_of(f"{student} (* by the student's own record)", heads, rows)


def _own(one: AnswerMark) -> tuple[str, str, str]:
    return "" if one.hints is None else str(one.hints), _yes(one.solution), ", ".join(one.told or ())


def _how(marked: Marked) -> list[str]:
    if marked.shut_in:
        where = (
            "Each answer ran in a process of its own that could write only to a scratch folder and had no network. It "
            "saw neither the checks nor the solutions: only values came back, and they were checked here."
        )
    else:
        where = (
            "Each answer ran in a process of its own and was not shut in, as --trust allowed: it could read this "
            "machine's files, the kit's solutions among them."
        )
    return [
        f"osnet_edu {__version__}. Every answer was run anew, on inputs that nobody knew before; stored outputs count "
        "for nothing.",
        where,
        f"An answer had {marked.seconds} seconds of the processor, and {TIMES_LONGER} times so long on the clock.",
        "Hints, seen solutions and mistakes on the way are from the student's own record, where one was handed in. "
        "Nobody checked them.",
        "A right answer shows that the code is right. It does not show who wrote it.",
    ]
