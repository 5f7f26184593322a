"""What an audit found, as a record: figures with their clusters, pictures, and what was asked of whom.

A *figure* is a mean over clusters that vary independently, people or families of twins; the value of each cluster is
kept, so that two networks that were asked the same can be compared in pairs. An *answer* holds the figures of one
question about one network, and a *record* all answers about it. Records are kept as JSON, one file an answer, and so
an audit that was stopped goes on.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import intervals
from ..refused import Refused

FORMAT = 2  # to be raised where the same figure is measured in another way; older answers are asked again
ON_ITSELF = "on itself: "  # begins the name of a part that is measured on the photo itself
_DIGITS = 5  # of a value that is kept


@dataclass(frozen=True)
class Figure:
    """One number of an audit.

    name: such as "rank-1"; within an answer no two have the same.  values: of each cluster, in the order of `of`.
    of: the numbers of the clusters, such as people.  unit: "share" (shown in per cent), "part" (of the step from a
    person to a stranger), "grade" (0 to 1) or "similarity".  chance: what guessing gives, nan where that means nothing.
    limit: what an edit without meaning reaches, nan where none was made.
    """

    name: str
    values: tuple[float, ...]
    of: tuple[int, ...]
    unit: str = "share"
    chance: float = math.nan
    limit: float = math.nan

    @property
    def interval(self) -> intervals.Interval:
        """The mean with its bounds, 95 %, over clusters; nan where nothing is known."""
        known = self.known
        if self.unit == "share" and len(known) and known.min() == known.max() in (0, 1):
            bound = intervals.all_agree(len(known))
            return intervals.Interval(1.0, bound, 1.0) if known[0] else intervals.Interval(0.0, 0.0, 1 - bound)
        return intervals.clustered_mean(known, np.ones(len(known)))

    @property
    def known(self) -> np.ndarray:
        """The values of the clusters that have one: (known clusters,)."""
        values = np.array(self.values, float)
        return values[~np.isnan(values)]

    def gains(self, other: "Figure") -> np.ndarray:
        """What each cluster that both figures know gives to this one: (clusters,)."""
        theirs = dict(zip(other.of, other.values, strict=True))
        both = [mine - theirs[one] for one, mine in zip(self.of, self.values, strict=True) if one in theirs]
        return np.array([value for value in both if not math.isnan(value)])

    def minus(self, other: "Figure") -> intervals.Interval:
        """This figure minus the same one of another network, in pairs: over the clusters that both have.

        Raises: Refused where they share no cluster.
        """
        gains = self.gains(other)
        if not len(gains):
            raise Refused(f"the two networks share no {self.name}: their difference would not be paired")
        return intervals.clustered_mean(gains, np.ones(len(gains)))


@dataclass(frozen=True)
class Picture:
    """A picture of an answer.  jpeg: base64.  alt: what it shows.  caption: a sentence, may be empty.

    row, role: pictures of one row stand side by side; role: "query", "match", "impostor" or "map".
    """

    jpeg: str
    alt: str
    caption: str
    row: int
    role: str


@dataclass(frozen=True)
class Answer:
    """What one question found about one network.

    question: its name.  scenes: a name of the photos that were shown, a hash of what they show.  notes: sentences.
    seconds: of work.
    """

    question: str
    scenes: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    seconds: float = 0.0

    def __getitem__(self, name: str) -> Figure:
        """A figure by its name.  Raises: KeyError where there is none."""
        return next(one for one in self.figures if one.name == name) if name in self else _missing(name)

    def __contains__(self, name: str) -> bool:
        return any(one.name == name for one in self.figures)


@dataclass(frozen=True)
class Record:
    """All answers about one network.

    name, kind, digest, features, size, notes: as of the subject.  budget: "quick" or "whole".
    answers: by question, in the order of the page.
    """

    name: str
    kind: str
    digest: str
    features: int
    size: tuple[int, int]
    notes: tuple[str, ...]
    budget: str
    answers: Mapping[str, Answer]

    def figure(self, question: str, name: str) -> Figure | None:
        """A figure, or None where the question or the figure is not there."""
        answer = self.answers.get(question)
        return answer[name] if answer is not None and name in answer else None

    @property
    def seconds(self) -> float:
        """Of all answers."""
        return sum(answer.seconds for answer in self.answers.values())


def to_json(record: Record, *, pictures: bool = False) -> dict[str, Any]:
    """A record as plain data, with the mean and the bounds of each figure beside its values.

    pictures: whether they are in it, as base64.
    """
    data = asdict(record)
    data["format"] = FORMAT
    for name, answer in record.answers.items():
        data["answers"][name] = answer_to_json(answer if pictures else replace(answer, pictures=()))
    return data


def from_json(data: Mapping[str, Any]) -> Record:
    """The record of `to_json`.  Raises: Refused for other data."""
    if data.get("format") != FORMAT:
        raise Refused(f"an audit's record of format {FORMAT} is expected, got {data.get('format')!r}")
    try:
        own = {field.name: data[field.name] for field in fields(Record)}
        own["answers"] = {name: answer_from_json(one) for name, one in own["answers"].items()}
        own["size"], own["notes"] = tuple(own["size"]), tuple(own["notes"])
        return Record(**own)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"the record of the audit is not complete: {error}") from error


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """One answer as plain data: numbers have five digits, and nan is null."""
    data = asdict(answer)
    for one, figure in zip(data["figures"], answer.figures, strict=True):
        one["values"] = [_number(value) for value in figure.values]
        one["chance"], one["limit"] = _number(figure.chance), _number(figure.limit)
        found = figure.interval
        one |= {"mean": _number(found.value), "low": _number(found.low), "high": _number(found.high)}
    return data


def answer_from_json(data: Mapping[str, Any]) -> Answer:
    """The answer of `answer_to_json`."""
    figures = tuple(
        Figure(
            one["name"], tuple(map(_known, one["values"])), tuple(one["of"]), one["unit"], _known(one["chance"]),
            _known(one["limit"]),
        )
        for one in data["figures"]
    )  # fmt: skip
    pictures = tuple(Picture(**one) for one in data["pictures"])
    return Answer(data["question"], data["scenes"], figures, tuple(data["notes"]), pictures, data["seconds"])


def read(text: str | bytes) -> Any:
    """Plain data of a JSON text.  Raises: Refused for text that is not JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(f"the record of the audit is not JSON: {error}") from error


def figure_of(name: str, values: ArrayLike, of: ArrayLike, **more: Any) -> Figure:
    """A figure of some values whose clusters may come several times: each cluster's mean, in order of its number."""
    values, clusters = np.asarray(values, float), np.asarray(of)
    numbers = np.unique(clusters)
    means = [_mean(values[clusters == number]) for number in numbers]
    return Figure(name, tuple(means), tuple(int(number) for number in numbers), **more)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), _DIGITS)


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _missing(name: str) -> Figure:
    raise KeyError(name)
