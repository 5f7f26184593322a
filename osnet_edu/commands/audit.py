"""The command `audit`: any network asked all questions, as one page or as JSON."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from ..audit import page, record, verdicts
from ..audit import run as audits
from ..audit.questions import AUDIT_QUESTIONS, QUICK_AUDIT, WHOLE_AUDIT, AuditQuestion, Budget
from ..audit.subject import Subject, opened
from ..machine import whole
from ..refused import Refused
from .speech import say, tell

_PATIENCE = 60.0  # seconds for one batch of somebody else's network


def run(options: argparse.Namespace) -> None:
    """Ask one network, or two side by side, and write the page."""
    if options.out is None and not options.json:
        raise Refused("audit writes a page; expected --out HTML, such as --out audit.html, or --json")
    if options.weights is not None and options.method is not None:
        raise Refused("an audit is of one network: expected --weights or --method, got both")
    out = None if options.out is None else whole.new_file(options.out, (".html", ".htm"))
    beside = Path("audit.answers") if out is None else audits.answers_beside(out)
    kept = beside if options.answers is None else whole.given(options.answers)
    budget = _budget(options)
    sources = [options.method or options.weights] + ([options.against] if options.against is not None else [])
    with ExitStack() as stack:
        subjects = [stack.enter_context(_opened(source, options)) for source in sources]
        if len(subjects) == 2 and subjects[0].digest == subjects[1].digest:
            raise Refused("--against names the same network, and nothing would differ; expected another")
        if len({subject.name for subject in subjects}) < len(subjects):
            subjects = [replace(one, name=str(source)) for one, source in zip(subjects, sources, strict=True)]
        stack.enter_context(whole.claimed(kept))
        say(f"Answers are kept in {kept}; the same command goes on there.")
        records = []
        for subject in subjects:
            if audits.unanswered(subject, kept, budget):
                rate = audits.rate_of(subject)
                minutes = audits.minutes_of(rate, budget, subject.checkpoint is None)
                say(f"{subject.name} embeds about {rate:.0f} photos a second here: about {minutes:.0f} minutes in all.")
            else:
                say(f"All answers of {subject.name} are kept: nothing is asked again.")
            try:
                records.append(audits.audit(subject, kept, budget, _said(subject)))
            except Refused as error:
                raise Refused(f"{error}. What was answered before is kept in {kept}") from error
    references = audits.references(budget)
    if options.json:
        found = [record.to_json(one) for one in records]
        print(json.dumps(found[0] if len(found) == 1 else found))
    if out is None:
        return
    with whole.file(out) as growing:
        growing.write_text(page.whole(records, references), encoding="utf-8")
    if not options.json:
        for sentence in verdicts.headline(records[0], references):
            tell(sentence.replace("\N{NO-BREAK SPACE}", " "))  # which a terminal may show as a code
        tell(f"Wrote {out}: {sum(len(one.answers) for one in records)} answers.")


def _budget(options: argparse.Namespace) -> Budget:
    budget = QUICK_AUDIT if options.quick else WHOLE_AUDIT
    if options.maps is None:
        return budget
    if options.maps > budget.families:
        raise Refused(f"--maps can be 1 to {budget.families} pairs a part, got {options.maps}")
    return replace(budget, mapped=options.maps)


def _opened(source: str | None, options: argparse.Namespace) -> AbstractContextManager[Subject]:
    named = options.preprocessing if source is not None and source.lower().endswith(".onnx") else None
    if options.preprocessing is not None and not _some_onnx(options):
        raise Refused("--preprocessing is for an .onnx file; a checkpoint and a function get their photos as they are")
    patience = _PATIENCE if options.patience is None else options.patience
    two = options.against is not None  # then a preprocessing is for the one that needs it said
    return opened(source, preprocessing=named, where_needed=two, size=options.size, patience=patience)


def _some_onnx(options: argparse.Namespace) -> bool:
    return any((name or "").lower().endswith(".onnx") for name in (options.weights, options.against))


def _said(subject: Subject) -> Callable[[AuditQuestion], Callable[[int, int], None]]:
    asked = [question.name for question in AUDIT_QUESTIONS.values() if question.suits(subject)]
    bars: list[tqdm] = []

    def begin(question: AuditQuestion) -> Callable[[int, int], None]:
        for bar in bars:
            bar.close()
        place = f"{asked.index(question.name) + 1} of {len(asked)}"
        bars.append(tqdm(desc=f"{subject.name}: {question.name} ({place})", delay=1, leave=False, file=sys.stderr))

        def update(done: int, total: int) -> None:
            bars[-1].total = total
            bars[-1].update(done - bars[-1].n)

        return update

    return begin
