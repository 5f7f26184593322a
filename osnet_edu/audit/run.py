"""An audit, answer by answer: what was answered is kept in a folder beside the page, and is not asked again."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import assets
from ..explain import TABLE
from ..grading.frozen import PARTS
from ..machine import whole
from ..refused import Refused
from . import record as records
from .questions import AUDIT_QUESTIONS, FORWARD_MAPS, QUICK_AUDIT, SLOW_MAPS, AuditQuestion, Budget, Inquiry
from .record import Answer, Record
from .scenes import SCENE_SIZE
from .subject import Subject, check_unchanged

REFERENCES = {"shipped": "the shipped network", "untrained": "never trained", "colours": "colours alone"}
_ANSWERS = ".answers"  # ends the name of the folder beside the page
_TRIED = 32  # photos by which the pace is measured
_NOTICED = 0.7  # of the differences between twins, about, by a network that is worth an audit

Said = Callable[[AuditQuestion], Callable[[int, int], None]]  # a question begins -> its progress


def answers_beside(out: Path) -> Path:
    """Where the answers of a page are kept."""
    return out.with_name(out.stem + _ANSWERS)


def audit(subject: Subject, kept: Path, budget: Budget, said: Said | None = None, only: tuple[str, ...] = ()) -> Record:
    """Ask all questions that suit a network, and those alone that were not answered before.

    kept: a folder of answers, made where it is not there; several networks may share it.  said: is told each question
    that is asked, and gives its progress.  only: names of questions, none means all.
    Raises: Refused as the network does, such as for NaN features; what was answered is kept.
    """
    if subject.kind == "function":
        _remember_features(subject, kept)
    answers = {}
    for question, path in _files(subject, kept, budget):
        if only and question.name not in only:
            continue
        answer = _kept(path)
        if answer is None:
            started = time.perf_counter()
            asked = question.ask(Inquiry(subject, budget, _silent if said is None else said(question)))
            plain = records.answer_to_json(replace(asked, seconds=round(time.perf_counter() - started, 2)))
            kept.mkdir(parents=True, exist_ok=True)
            with whole.file(path, replace=True) as growing:
                growing.write_text(json.dumps(plain), encoding="utf-8")
            answer = records.answer_from_json(plain)  # rounded as one that is read
        answers[question.name] = answer
    return Record(
        subject.name, subject.kind, subject.digest, subject.features, subject.size, subject.notes, budget.name, answers
    )


def _remember_features(subject: Subject, kept: Path) -> None:
    """What two photos gave when the first answer was kept, and what they give now."""
    path = kept / f"{subject.digest}-features.npy"
    known = np.load(path, allow_pickle=False) if path.is_file() else None
    found = check_unchanged(subject, known, kept)
    if known is None:
        kept.mkdir(parents=True, exist_ok=True)
        with whole.file(path) as growing, open(growing, "wb") as file:
            np.save(file, found)


def unanswered(subject: Subject, kept: Path, budget: Budget) -> list[str]:
    """Names of the questions that suit a network and whose answers are not kept."""
    return [question.name for question, path in _files(subject, kept, budget) if _kept(path) is None]


def _files(subject: Subject, kept: Path, budget: Budget) -> list[tuple[AuditQuestion, Path]]:
    suited = [question for question in AUDIT_QUESTIONS.values() if question.suits(subject)]
    return [(question, kept / file_name(subject.digest, budget, question.name)) for question in suited]


def rate_of(subject: Subject) -> float:
    """Photos that a network embeds in a second here, from one batch after a first one, which sets an engine up."""
    photos = np.zeros((_TRIED, *SCENE_SIZE, 3), np.uint8)
    subject.embed(photos)
    started = time.perf_counter()
    subject.embed(photos)
    return _TRIED / (time.perf_counter() - started)


def minutes_of(rate: float, budget: Budget, trained_alone: bool) -> float:
    """Minutes that an audit takes, about.  rate: photos a second.  trained_alone: maps of no other network are drawn.

    Rendering takes the same for all, and nothing where the scenes are kept. Maps take most of the rest.
    """
    rendering, photos = (1.5, 6_000) if budget.name == QUICK_AUDIT.name else (8.0, 30_000)
    each = sum(TABLE[name].passes for name in (*FORWARD_MAPS, *(SLOW_MAPS if budget.slow else SLOW_MAPS[:1])))
    cases = _NOTICED * len(PARTS) * budget.mapped
    passes = photos + cases * each * (1 if trained_alone else 2)
    return rendering + passes / rate / 60


def file_name(digest: str, budget: Budget, question: str) -> str:
    """The file of an answer: what is asked by `--maps` changes that question's answer alone."""
    asked = f"{budget.name}-{question}{budget.mapped}" if question == "maps" else f"{budget.name}-{question}"
    return f"{digest}-{asked}-{records.FORMAT}.json"


def references(budget: Budget) -> Mapping[str, Record]:
    """The records that ship for a budget, by what the page calls them: the same photos, asked of other networks."""
    found = {}
    for file, name in REFERENCES.items():
        try:
            path = assets.path(f"results/audit/{budget.name}-{file}.json")
        except FileNotFoundError:
            continue
        found[name] = records.from_json(records.read(path.read_bytes()))
    return found


def _kept(path: Path) -> Answer | None:
    """An answer that was kept; None where there is none, or where it cannot be read."""
    if not path.is_file():
        return None
    try:
        return records.answer_from_json(records.read(path.read_bytes()))
    except (Refused, KeyError, TypeError, ValueError, AttributeError):
        return None


def _silent(done: int, total: int) -> None:
    """Progress that nobody is told."""
