"""What an audit says in sentences: its alarms, what two networks differ in, and a verdict for each question.

Every rule asks an interval and never a bare value. Each alarm is a rule of its own, in the order of `_ALARMS`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .. import intervals
from . import findings
from .record import Figure, Record
from .written import (
    References,
    bracketed,
    enumerated,
    gap,
    known,
    mean_of,
    number,
    paired,
    plain_name,
    same_question,
    stated,
)

# A wall that costs one query in ten decides often. Any network may lose a few: a wall like the query's own does hide
# the outline of a person.
WALL_FALL = 0.10
# A part decides alone where it takes at least a quarter of the step to a stranger and twice what any other takes. In
# rendered people several parts change from one person to the next, so no single one should stand out like this.
ONE_PART, TIMES = 0.25, 2.0
# A part that counts for so much more than it does for the shipped network is what the photos of training taught alone.
UNUSUAL = 0.10
# The background says nothing about a person. A tenth of the step is more than noise and lens move it.
BACKGROUND_STEP = 0.10
# In exchanged clothes, half of the first places are more than all other people share.
WEARER_FIRST = 0.50
_LEVEL = 0.05  # of p after Holm's correction
_DRAWS = 20_000  # a p of 2 / draws must stay below _LEVEL when it is multiplied by a hundred figures
_CONTROLS = ("floor: ", "never trained: ")  # figures that say nothing about the network that was audited
_MOST = 3  # sentences of a headline


@dataclass(frozen=True)
class Alarm:
    """A sentence that the page begins with.  question, figure: where its number stands.  text: the sentence."""

    question: str
    figure: str
    text: str


@dataclass(frozen=True)
class Beyond:
    """One figure in which two networks differ.

    gap: the first minus the second, in pairs, 95 %, with its p after Holm's correction for all figures compared.
    """

    question: str
    name: str
    unit: str
    gap: intervals.Tested

    def __str__(self) -> str:
        return f"{plain_name(self.name)} {bracketed(self.gap, self.unit, sign=True)}"


def headline(record: Record, references: References) -> list[str]:
    """One to three sentences, the most important first: the alarms, or that there is none among what could be asked."""
    some = alarms(record, references)
    wall = any(one.question == "wall" for one in some)  # it is a background: one sentence is enough
    sentences = [one.text for one in some if not (wall and one.text.startswith(_BACKGROUND_ALARM))]
    checked = [word for word, rule in _CHECKS.items() if rule(record, references)]
    if not sentences:
        sentences = [f"No alarm: it was checked for {enumerated(checked)}." if checked else _nothing_asked(record)]
    home = record.figure("home", "rank-1")
    if home is not None and known(home) and not any(one.question == "home" for one in some):
        sentences.append(f"The right person comes first in {stated(home)} of the searches.")
    return sentences[:_MOST]


def _nothing_asked(record: Record) -> str:
    return f"Nothing can be said yet: {len(record.answers)} questions were asked, each of too few people."


def alarms(record: Record, references: References) -> list[Alarm]:
    """The alarms about a network, the most important first.

    Of a network that finds nobody, only what it does beyond one that was never trained says what it has learned.
    """
    some = [one for rule in _ALARMS if (one := rule(record, references))]
    untrained = _untrained(record, references)
    if untrained is None:
        return some
    return [*(one for one in some if _learned(record, references["never trained"], one)), untrained]


def _learned(record: Record, never: Record, alarm: Alarm) -> bool:
    """Whether a network does more of what an alarm says than one that was never trained, beyond chance."""
    more = paired(record, never, alarm.question, alarm.figure)
    return (
        more is not None and alarm.question != "home" and (more.high < 0 if alarm.question == "wall" else more.low > 0)
    )


def _no_better(record: Record, references: References, name: str, called: str) -> Alarm | None:
    better = paired(record, references.get(name), "home", "rank-1")
    both = same_question(record, references.get(name), "home", "rank-1")
    if better is None or both is None or better.low > 0:
        return None
    text = f"It finds people no better than {called}: the right person comes first in {stated(both[0])} of the searches"
    words = f"{text}, and in {stated(both[1])} by {called}: {bracketed(better, 'share', sign=True)}."
    return Alarm("home", "rank-1", words)


def _untrained(record: Record, references: References) -> Alarm | None:
    return _no_better(record, references, "never trained", "a network that was never trained")


def _colours(record: Record, references: References) -> Alarm | None:
    return _no_better(record, references, "colours alone", "colours alone")


def _wall(record: Record, references: References) -> Alarm | None:
    elsewhere, before = findings.at_the_wall(record)
    fall = gap(before, elsewhere)
    if before is None or elsewhere is None or fall is None or fall.high >= -WALL_FALL:
        return None
    return Alarm(
        "wall",
        "strangers before the same wall",
        "It looks at the wall: when strangers stand before the query's wall, rank-1 falls from "
        f"{stated(elsewhere)} to {stated(before)}.",
    )


def _one_part(record: Record, references: References) -> Alarm | None:
    parts = [one for one in findings.parts_of(record) if known(one)]
    for part in parts:
        others = [mean_of(one).high for one in parts if one is not part]
        most = max(others, default=np.inf)
        name = findings.part_named(part)
        if name != "background" and mean_of(part).low > max(ONE_PART, TIMES * most):
            text = f"It knows people by their {name}: {findings.drawn_anew(part)} {stated(part)} of the step "
            rest = f"from a person to a stranger, and no other part takes more than {number(most, 'part')}."
            return Alarm("parts", part.name, text + rest)
    return None


def _unusual(record: Record, references: References) -> Alarm | None:
    shipped = references.get("the shipped network")
    parts = [one for one in findings.parts_of(record) if known(one) and findings.part_named(one) != "background"]
    first = max(parts, key=lambda one: mean_of(one).value, default=None)
    both = same_question(record, shipped, "parts", first.name) if first else None
    more = gap(*both) if both else None
    if first is None or both is None or more is None or more.low <= UNUSUAL or _one_part(record, references):
        return None
    part = findings.part_named(first)
    text = f"It looks at the {part} more than the shipped network does: {findings.drawn_anew(first)} "
    rest = f"{stated(first)} of the step from a person to a stranger, there {stated(both[1])}: "
    return Alarm("parts", first.name, f"{text}{rest}{bracketed(more, 'part', sign=True)}.")


_BACKGROUND_ALARM = "It looks at the background: "


def _background(record: Record, references: References) -> Alarm | None:
    part = findings.background_of(record)
    if part is None or not known(part) or mean_of(part).low <= BACKGROUND_STEP:
        return None
    words = f"{findings.drawn_anew(part)} {stated(part)} of the step from a person to a stranger."
    return Alarm("parts", part.name, _BACKGROUND_ALARM + words)


def _clothes(record: Record, references: References) -> Alarm | None:
    wearer, herself = findings.exchanged(record)
    more = gap(wearer, herself)
    if wearer is None or herself is None or more is None or more.low <= 0 or mean_of(wearer).low <= WEARER_FIRST:
        return None
    return Alarm(
        "clothes",
        "first is who wears her clothes",
        "It knows mostly the clothes: when people exchange their clothes, the first photo shows the query's "
        f"clothes in {stated(wearer)} of the searches, and the query's person in {stated(herself)}.",
    )


_ALARMS: tuple[Callable[[Record, References], Alarm | None], ...] = (
    _colours, _wall, _one_part, _unusual, _background, _clothes,
)  # fmt: skip
# What an audit without an alarm may claim: only what was asked, of enough people.
_CHECKS: Mapping[str, Callable[[Record, References], object]] = {
    "colours alone": lambda record, others: paired(record, others.get("colours alone"), "home", "rank-1"),
    "the wall": lambda record, others: gap(*findings.at_the_wall(record)),
    "one part alone": lambda record, others: sum(map(known, findings.parts_of(record))) > 1,
    "the background": lambda record, others: known(findings.background_of(record)),
    "clothes": lambda record, others: gap(*findings.exchanged(record)),
}


def verdict(question: str, records: Sequence[Record], references: References) -> str:
    """One or two sentences on a question that was asked.

    With two networks each is named, and the last sentence says what differs beyond chance.
    """
    texts = {
        record.name: findings.said_of(question, record, references) for record in records if question in record.answers
    }
    if len(records) < 2:
        return " ".join(texts.values())
    named = [f"{name}: {text}" for name, text in texts.items()]
    some = [one for one in differences(records[0], records[1]) if one.question == question]
    return " ".join([*named, differences_said(some)])


def differences_said(some: Sequence[Beyond]) -> str:
    """What differs beyond chance, as a sentence."""
    if not some:
        return "Nothing differs beyond chance."
    return f"Beyond chance they differ in {enumerated([str(one) for one in some])}."


def differences(record: Record, against: Record) -> list[Beyond]:
    """What differs beyond chance between two networks that were shown the same photos, the surest first.

    Each figure that both have is compared in pairs over its clusters. The p-values are corrected by Holm for all of
    them together, and only what stays below 0.05 is returned; nothing, where nothing differs beyond chance.
    """
    pairs = list(_compared(record, against))
    raw = {str(k): _p_value(both[0].gains(both[1])) for k, (_, both) in enumerate(pairs)}
    corrected = intervals.holm(raw) if pairs else {}
    some = []
    for ((question, name), both), p in zip(pairs, corrected.values(), strict=True):
        value = gap(*both)
        if value is not None and p < _LEVEL:
            tested = intervals.Tested(value.value, value.low, value.high, p)
            some.append(Beyond(question, name, both[0].unit, tested))
    return sorted(some, key=lambda one: one.gap.p)


def _compared(record: Record, against: Record) -> Iterator[tuple[tuple[str, str], tuple[Figure, Figure]]]:
    for question in record.answers:
        for figure in findings.figures_told(record, question):
            both = same_question(record, against, question, figure.name)
            if both and gap(*both) is not None and not figure.name.startswith(_CONTROLS):
                yield (question, figure.name), both


def _p_value(gained: np.ndarray) -> float:
    """Two-sided, by a bootstrap over clusters; never below the chance that all of so few clusters agree."""
    drawn = _weights(len(gained)) @ gained
    return max(intervals.two_sided(drawn), 2.0 ** (1 - len(gained)))


@lru_cache(maxsize=16)
def _weights(clusters: int) -> np.ndarray:
    """(draws, clusters): how much each cluster counts in each draw. The draws of equally many clusters are the same."""
    rng = np.random.Generator(np.random.PCG64(0))
    return rng.multinomial(clusters, np.full(clusters, 1 / clusters), _DRAWS) / clusters
