"""The bar that `%load_ext osnet_edu.exercises` shows: what is solved in each lesson, and where the student stopped.

It is drawn anew after each event of its kernel. What another kernel adds is seen at the next event.
"""

import html
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import progress
from .record import Exercise

_EXTENSION = __name__.rpartition(".")[0]
_ID = "osnet_edu.progress"
_NOTEBOOK = re.compile(r"(\d\d)_.*\.ipynb")
_LINE = "1px solid var(--jp-border-color1,#888)"
_CHIP = f"display:block;min-width:3.2em;padding:2px 8px;border:{_LINE};border-radius:8px;text-align:center"
_HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"


@dataclass(frozen=True)
class Standing:
    """What a record says of the exercises.  solved: names.  stopped: the last event in a lesson, None where none is."""

    solved: frozenset[str]
    stopped: progress.Event | None


def standing(record: progress.Kept, registry: Mapping[str, Exercise]) -> Standing:
    """What of a record concerns these exercises; events that another version of the kit has added are left out."""
    solved = {e.exercise for e in record.events if e.what == progress.SOLVED} & set(registry)
    lessons = {task.notebook for task in registry.values()}
    seen = [e for e in record.events if e.lesson in lessons and (e.exercise in registry or "." in e.exercise)]
    latest = sorted(seen, key=lambda event: event.at)[-1:]  # of the same second, the last line
    return Standing(frozenset(solved), latest[0] if latest else None)


class Bar:
    """Shown as HTML in a notebook; the same words as plain text elsewhere.

    lesson: the two digits of this notebook, "" where they are not known.  files: lesson -> the notebook's file name.
    """

    def __init__(self, record: progress.Kept, registry: Mapping[str, Exercise], lesson: str, files: Mapping[str, str]):
        self._registry, self._lesson, self._files = registry, lesson, files
        self._now = standing(record, registry)
        problem = record.problem or progress.trouble()
        if record.damaged:
            lines = "1 line" if record.damaged == 1 else f"{record.damaged} lines"
            problem = f"{lines} of your progress file cannot be read. All other lines count. {problem}".strip()
        self._problem = problem

    def _sentence(self) -> str:
        text = f"You have solved {len(self._now.solved)} of {len(self._registry)} exercises."
        stopped = self._now.stopped
        if stopped is None:
            return text
        task = self._registry.get(stopped.exercise)
        return f"{text} You stopped in {stopped.lesson}, at {task.title if task else 'a prediction'}."

    def __repr__(self) -> str:
        return " ".join(filter(None, [self._sentence(), self._problem]))

    def _repr_html_(self) -> str:
        lessons = sorted({task.notebook for task in self._registry.values()} | set(self._files))
        problem = f'<p role="status" style="margin:4px 0;font-weight:600">{html.escape(self._problem)}</p>'
        return (
            '<nav aria-label="Your progress" style="max-width:79em;margin:2px 0;padding:8px 18px;border-radius:14px;'
            f'border:{_LINE};color:var(--jp-content-font-color1,#111);font-size:12.5px;line-height:1.45">'
            f'<p style="margin:4px 0">{html.escape(self._sentence())}</p>{self._here()}'
            '<ol style="display:flex;flex-wrap:wrap;gap:4px;list-style:none;margin:4px 0;padding:0">'
            f"{''.join(map(self._chip, lessons))}</ol>{problem if self._problem else ''}</nav>"
        )

    def _here(self) -> str:
        """The exercises of this lesson, each with its mark."""
        tasks = [task for task in self._registry.values() if task.notebook == self._lesson]
        marks = [
            f'<li style="white-space:nowrap"><span aria-hidden="true">{"✓" if done else "○"}</span> '
            f'<span style="{_HIDDEN}">{"solved" if done else "open"}: </span>{html.escape(task.title)}</li>'
            for task in tasks
            for done in [task.name in self._now.solved]
        ]
        style = "display:flex;flex-wrap:wrap;gap:0 18px;list-style:none;margin:4px 0;padding:0"
        return f'<ul aria-label="Exercises of this notebook" style="{style}">{"".join(marks)}</ul>' if marks else ""

    def _chip(self, lesson: str) -> str:
        """One lesson: its number, how many of its exercises are solved, and a link to it."""
        names = [task.name for task in self._registry.values() if task.notebook == lesson]
        done = sum(name in self._now.solved for name in names)
        share = round(100 * done / len(names)) if names else 0
        count = f"{'✓ ' if done == len(names) else ''}{done}/{len(names)}" if names else "&nbsp;"
        said = f"Notebook {lesson}: {done} of {len(names)} exercises solved" if names else f"Notebook {lesson}"
        meter = (
            '<span aria-hidden="true" style="display:block;height:4px;border-radius:2px;'
            f"background:linear-gradient(to right,currentColor {share}%,"
            f'color-mix(in srgb,currentColor 18%,transparent) {share}%)"></span>'
        )
        inner = (
            f'<b>{lesson}</b> <span style="font-variant-numeric:tabular-nums">{count}</span>{meter if names else ""}'
        )
        here = lesson == self._lesson
        style = f"{_CHIP};color:inherit;text-decoration:none;{'outline:2px solid currentColor;' if here else ''}"
        current = ' aria-current="page"' if here else ""
        if lesson in self._files and not here:
            href = html.escape(self._files[lesson], quote=True)
            return f'<li><a href="{href}" aria-label="{said}" style="{style}">{inner}</a></li>'
        return (
            f'<li><span{current} style="{style}"><span style="{_HIDDEN}">{said}</span>'
            f'<span aria-hidden="true">{inner}</span></span></li>'
        )


def show_bar(shell, registry: Mapping[str, Exercise]) -> None:
    """Show the bar in the cell that runs, note that its notebook was opened, and keep the bar up to date."""
    try:
        kept = progress.kept_in() is not None
    except ValueError:  # the bar says why
        kept = True
    if not kept:
        return
    lesson = _lesson_of(shell)
    if lesson:
        progress.note(lesson, "", progress.OPENED)

    def draw(update: bool = True) -> None:
        made = Bar(progress.read(), registry, lesson, _files())
        data = {"text/plain": repr(made), "text/html": made._repr_html_()}
        shell.display_pub.publish(data, {}, transient={"display_id": _ID}, update=update)

    draw(update=False)
    if hasattr(shell, "kernel"):  # elsewhere an update would be one more line
        progress.follow(draw, _ID)
    _load_again(shell)


def _load_again(shell) -> None:
    """IPython does nothing where an extension is loaded again; a cell that is run again has to show the bar again."""

    def forget(*_) -> None:
        shell.events.unregister("post_run_cell", forget)
        shell.extension_manager.loaded.discard(_EXTENSION)

    shell.events.register("post_run_cell", forget)


def _lesson_of(shell) -> str:
    """The two digits of the notebook that runs, by what JupyterLab or VS Code says; "" where they say nothing."""
    said = os.environ.get("JPY_SESSION_NAME") or str(shell.user_ns.get("__vsc_ipynb_file__", ""))
    found = _NOTEBOOK.fullmatch(re.split(r"[/\\]", said)[-1])
    return found[1] if found else ""


def _files() -> dict[str, str]:
    """Lesson -> file of the notebooks in the folder of this one, where a kernel runs; of copies the shortest name."""
    found: dict[str, str] = {}
    for path in sorted(Path().glob("[0-9][0-9]_*.ipynb"), key=lambda path: (len(path.name), path.name)):
        found.setdefault(path.name[:2], path.name)
    return dict(sorted(found.items()))
