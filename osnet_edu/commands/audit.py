"""The command `audit`: any network asked all questions, as one page or as JSON."""

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from ..audit import page, record, verdicts
from ..audit import run as audits
from ..audit.questions import QUESTIONS, QUICK, WHOLE, Budget, Question
from ..audit.subject import Subject, opened
from ..machine import whole
from ..refused import Refused
from .speech import say, tell


def run(options: argparse.Namespace) -> None:
    """Ask one network, or two side by side, and write the page."""
    if options.out is None and not options.json:
        raise Refused("audit writes a page; expected --out HTML, such as --out audit.html, or --json")
    if options.weights is not None and options.method is not None:
        raise Refused("an audit is of one network: expected --weights or --method, got both")
    out = None if options.out is None else whole.new_file(options.out, (".html", ".htm"))
    kept = audits.folder_of(out) if out is not None else Path(options.answers or "audit.answers")
    if options.answers is not None:
        kept = Path(options.answers)
    budget = _budget(options)
    sources = [options.method or options.weights] + ([options.against] if options.against is not None else [])
    with ExitStack() as stack, whole.claimed(kept):
        say(f"Answers are kept in {kept}; the same command goes on there.")
        subjects = [stack.enter_context(_opened(source, options)) for source in sources]
        if len(subjects) == 2 and subjects[0].digest == subjects[1].digest:
            raise Refused("--against names the same network: there would be no difference to tell; expected another")
        records = []
        for subject in subjects:
            try:
                records.append(audits.audit(subject, kept, budget, _said(subject)))
            except Refused as error:
                raise Refused(f"{error}. What was answered before is kept in {kept}") from error
    beside = audits.references(budget)
    if options.json:
        found = [record.to_json(one) for one in records]
        print(json.dumps(found[0] if len(found) == 1 else found))
    if out is None:
        return
    with whole.file(out) as growing:
        growing.write_text(page.whole(records, beside), encoding="utf-8")
    if not options.json:
        for sentence in verdicts.headline(records[0], beside):
            tell(sentence)
        tell(f"Wrote {out}: {sum(len(one.answers) for one in records)} answers.")


def _budget(options: argparse.Namespace) -> Budget:
    budget = QUICK if options.quick else WHOLE
    if options.maps is None:
        return budget
    if options.maps > budget.families:
        raise Refused(f"--maps can be 0 to {budget.families} pairs a part, got {options.maps}")
    return replace(budget, mapped=options.maps)


def _opened(source: str | None, options: argparse.Namespace):
    more = {"preprocessing": options.preprocessing, "size": options.size}
    if options.patience is not None:
        more["patience"] = options.patience
    return opened(source, **more)


def _said(subject: Subject):
    asked = [question.name for question in QUESTIONS.values() if question.suits(subject)]

    def begin(question: Question):
        bar = tqdm(delay=1, leave=False, file=sys.stderr)
        bar.set_description(f"{subject.name}: {question.name} ({asked.index(question.name) + 1} of {len(asked)})")

        def update(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return update

    return begin
