"""A room's predictions and mistakes as counts, before and after a discussion, from records without names."""

import textwrap
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from .. import assets, pages, progress
from ..colours import AFTER, BEFORE
from ..exercises import REGISTRY
from ..figures import INK, png, tidy
from ..pages import Html
from ..refused import Refused, plain
from . import records
from .cells import PACKAGE_FOLDER
from .records import OwnRecord

_MOST_DRAWN = 12  # questions in the picture


@dataclass(frozen=True)
class Counted:
    """The answers of a room to one question, by number, counted from 1.

    before, after: of those who answered before and after the discussion; each person counts once in each.
    """

    key: str
    before: Counter
    after: Counter


@dataclass(frozen=True)
class InRoom:
    """What a room did.  people: records that were read.  questions: with an answer, in the order of the lessons.

    mistakes: (exercise, mistake) -> people.  solved: exercise -> people.  left_out: files, with why, and notes.
    """

    people: int
    questions: tuple[Counted, ...]
    mistakes: Counter
    solved: Counter
    left_out: tuple[str, ...]


def count_room(folder: Path | str, moment: datetime | None = None) -> InRoom:
    """Count the records of a folder.

    moment: of the discussion; a person's last answer until then is the one before, the last one of all is the one
    after. None: the first answer is the one before, and the last one, if there are two, the one after.
    Raises: Refused where no file of the folder is a record.
    """
    found: list[OwnRecord] = []
    left_out: list[str] = []
    for path, record in records.read_folder(Path(folder)):
        if isinstance(record, Refused):
            left_out.append(f"{path} was left out: {record}.")
            continue
        found.append(record)
        if record.strange:
            left_out.append(f"{path}: {record.strange} of its lines are not events.")
    if not found:
        why = f" {left_out[0]}" if left_out else ""
        raise Refused(f"no file in {folder} is a record of a student ({progress.PROGRESS_FILE}).{why}")
    at = None if moment is None else moment.timestamp()
    keys = sorted({one.exercise for record in found for one in record.entries if one.what == progress.PREDICTED})
    questions = [_count(key, found, at) for key in keys if _question(key)]
    return InRoom(
        len(found),
        tuple(one for one in questions if one.before or one.after),
        Counter(pair for record in found for pair in _mistakes(record)),
        Counter(name for record in found for name in _solved(record)),
        tuple(left_out),
    )


def _count(key: str, found: Sequence[OwnRecord], moment: float | None) -> Counted:
    before, after = Counter[int](), Counter[int]()
    for record in found:
        answers = [(one.at, int(one.detail)) for one in record.entries if _is_answer(one, key)]
        early = [answer for at, answer in answers if moment is None or at <= moment]
        if early:
            before[early[0] if moment is None else early[-1]] += 1
        if answers and (len(answers) > 1 if moment is None else answers[-1][0] > moment):
            after[answers[-1][1]] += 1
    return Counted(key, before, after)


def _is_answer(one: records.Entry, key: str) -> bool:
    known = one.what == progress.PREDICTED and one.exercise == key and one.detail.isascii() and one.detail.isdigit()
    return known and 1 <= int(one.detail[:9]) <= len(_question(key)["answers"])


def _mistakes(record: OwnRecord) -> set[tuple[str, str]]:
    known = {name: {one.name for one in task.mistakes} | {"in place"} for name, task in REGISTRY.items()}
    made = {(one.exercise, one.detail) for one in record.entries if one.what == progress.MISTAKE}
    return {(name, mistake) for name, mistake in made if mistake in known.get(name, ())}


def _solved(record: OwnRecord) -> set[str]:
    return {one.exercise for one in record.entries if one.what == progress.SOLVED and one.exercise in REGISTRY}


@cache
def _question(key: str) -> dict[str, Any]:
    """A question that ships: its text, its answers, the true one; empty where there is none of that key."""
    lesson, _, name = key.partition(".")
    if not (lesson.isascii() and lesson.isdigit()):
        return {}
    files = sorted((PACKAGE_FOLDER / "widgets" / "questions").glob(f"{lesson}_*.toml"))
    return tomllib.loads(files[0].read_text(encoding="utf-8")).get(name, {}) if files else {}


# --- what is shown ----------------------------------------------------------------------------------------------------


def as_picture(room: InRoom) -> Figure:
    """A picture to show: how many gave the right answer to each question, before and after."""
    drawn = room.questions[:_MOST_DRAWN]
    figure = Figure(figsize=(10, 1.6 + 0.75 * max(len(drawn), 1)), layout="constrained")
    axis = figure.add_subplot()
    for place, one in enumerate(drawn):
        for shift, counts, look in ((-0.2, one.before, BEFORE), (0.2, one.after, AFTER)):
            share = _share(one.key, counts)
            if share is not None:
                axis.barh(place + shift, 100 * share, 0.36, **look.bar)
                axis.text(100 * share + 1, place + shift, f"{100 * share:.0f} % of {counts.total()}", va="center")
    for look, word in ((BEFORE, "before"), (AFTER, "after")):
        axis.barh([0], [0], label=word, **look.bar)
    asked = (textwrap.shorten(_question(one.key)["question"], 86, placeholder=" ...") for one in drawn)
    axis.set_yticks(range(len(drawn)), [textwrap.fill(question, 46) for question in asked])
    axis.set(xlim=(0, 118), xticks=range(0, 101, 20), xlabel="gave the right answer, %")
    axis.invert_yaxis()
    tidy(axis)
    axis.grid(visible=False, axis="y")
    axis.tick_params(axis="y", length=0, labelcolor=INK, labelsize=12)
    figure.suptitle("Before and after the discussion", x=0.01, ha="left", fontsize=15, fontweight="bold", color=INK)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=12)
    figure.set_label(_in_words(room))
    return figure


def _share(key: str, counts: Counter) -> float | None:
    return counts[_question(key)["truth"]] / counts.total() if counts else None


def _percent(key: str, counts: Counter) -> str:
    share = _share(key, counts)
    return "nobody answered" if share is None else f"{100 * share:.0f} % of {counts.total()} right"


def _in_words(room: InRoom) -> str:
    told = (
        f"{one.key}: before {_percent(one.key, one.before)}, after {_percent(one.key, one.after)}"
        for one in room.questions[:_MOST_DRAWN]
    )
    return f"Right answers before and after the discussion. {'; '.join(told)}."


def room_page(room: InRoom) -> str:
    """One page: the picture, each question with its answers, mistakes and solved exercises, all as counts."""
    people = f"{room.people} student{'s' * (room.people != 1)}"
    body = [pages.lead(f"{people}, counted without names.")]
    if room.questions:
        picture = as_picture(room)
        image = f'<img src="{assets.data_uri(png(picture))}" alt="{pages.escaped(picture.get_label())}">'
        body += [Html(image), pages.heading("Each question"), *map(_of_question, room.questions)]
    if room.mistakes:
        rows = [(name, mistake, number) for (name, mistake), number in room.mistakes.most_common()]
        body += [
            pages.heading("Mistakes"),
            pages.table_of("How many made each", ("exercise", "mistake", "people"), rows),
        ]
    if room.solved:
        rows = [(name, room.solved[name]) for name in REGISTRY if name in room.solved]
        body += [pages.heading("Solved, as the records say"), pages.table_of("How many", ("exercise", "people"), rows)]
    if room.left_out:
        body += [pages.heading("Files that were left out"), pages.bullets(map(plain, room.left_out))]
    return pages.whole_page("What a room thought", body)


def _of_question(one: Counted) -> Html:
    asked = _question(one.key)
    rows = [
        (f"{'✓ ' if number == asked['truth'] else ''}{answer}", one.before[number], one.after[number])
        for number, answer in enumerate(asked["answers"], start=1)
    ]
    return pages.table_of(f"{one.key}: {asked['question']}", ("answer (✓ is right)", "before", "after"), rows)
