"""The command `report`: a class's answers, run anew and checked, as a table and as a page."""

import argparse
import errno
from pathlib import Path

from ..classroom import marking, report
from ..machine import whole
from ..refused import Refused
from .speech import progress_bar, say, tell


def run(options: argparse.Namespace) -> None:
    """Mark notebooks.  What is measured grows in a file beside the table until both are written."""
    out = whole.new_file(options.out, (".csv",))
    page = whole.new_file(out.with_suffix(".html"))
    kept = out.with_name(f"{out.stem}.unfinished.jsonl")
    if kept.exists():
        say(f"Goes on with the answers that {kept} has.")
    try:
        with progress_bar("checking", "answer") as progress:
            marked = marking.mark_all(
                options.notebooks, kept, seconds=options.seconds, trust=options.trust, progress=progress
            )
        with whole.file(out) as table, whole.file(page) as shown:
            table.write_text(report.as_csv(marked), encoding="utf-8")
            shown.write_text(report.report_page(marked), encoding="utf-8")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Refused(
            f"the disk is full. What was checked so far is kept in {kept}: free some space and give the same command"
        ) from error
    kept.unlink()
    _say(marked, out, page)


def _say(marked: marking.Marked, out: Path, page: Path) -> None:
    for one in marked.left_out:
        say(f"Left out {one.path}: {one.why}.")
    for note in marked.notes:
        say(f"Note: {note}")
    if not marked.shut_in:
        say("Note: the answers ran in processes of their own that were not shut in, as --trust allows.")
    students = len({one.student for one in marked.marks})
    required = [one for one in marked.marks if one.required]
    solved = sum(one.solved for one in required)
    tell(f"{students} student{'s' * (students != 1)}: {solved} of {len(required)} required answers are right.")
    tell(f"Wrote {out}: a line for each of {len(marked.marks)} answers. Wrote {page}: the same as a page.")
