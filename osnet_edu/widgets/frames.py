"""What a run records: what it is about, its losses, a small test, the gates of one pair, as frames; text and back.

A frame stands for a few steps in a row, so that a run of any length makes about two hundred of them. A recording is
the frames of a run and what one needs to know beside them; it is a small text file, one line a frame. None of it needs
PyTorch: a page plays a recording where nothing can be trained.
"""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..refused import Refused

_FRAMES, _LOOKS = 200, 25  # of a run, roughly


@dataclass(frozen=True)
class StepLook:
    """What the network makes of the small test and of the pair at one step.

    rank1, mean_ap: fractions.  gates: by block, (2, T): mean gate of each stream, for the query and the other person.
    """

    rank1: float
    mean_ap: float
    gates: Mapping[str, list]


@dataclass(frozen=True)
class Frame:
    """Some steps in a row.  step: the last of them.  seconds: of work so far.  look: None where nobody looked.

    cross_entropy, triplet, accuracy: means over these steps; triplet is nan before it joins.  learning_rate: of the
    last step.  The frame of step 0 is before any training: its losses are nan.
    """

    step: int
    seconds: float
    cross_entropy: float = math.nan
    triplet: float = math.nan
    accuracy: float = math.nan
    learning_rate: float = 0.0
    look: StepLook | None = None


@dataclass(frozen=True)
class About:
    """What a run is.  batch: photos a step.  people: to learn.  joins: the last step without the triplet, -1: never.

    grows: (last step of a smaller size, the next size in words).
    pair: {src, text} of the query and of the other person.  test: the small test in words.  compute: how it ran.
    """

    steps: int
    batch: int
    people: int
    label_smoothing: float
    joins: int
    pair: tuple[dict, dict]
    test: str
    compute: str
    grows: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, config, data, watch, compute: object) -> "About":
        """config: a TrainConfig.  data: what is trained on.  watch: a Watch.  compute: how it is computed."""
        joins = math.floor(config.triplet_from * config.steps) if config.triplet else -1
        people = len(data.people)
        pair = watch.described()
        stages = config.stages
        grows = tuple((last, "{}x{}".format(*size)) for (last, _), (_, size) in itertools.pairwise(stages))
        return cls(
            config.steps, config.batch, people, config.label_smoothing, joins, pair, watch.words, str(compute), grows
        )  # fmt: skip

    @property
    def guessing(self) -> float:
        """The cross-entropy of a classifier that gives every person the same chance."""
        return math.log(self.people)

    @property
    def least(self) -> float:
        """The least cross-entropy that label smoothing allows: that of a classifier which answers the target itself."""
        other = self.label_smoothing / self.people
        own = 1 - self.label_smoothing + other
        return -own * math.log(own) - ((self.people - 1) * other * math.log(other) if other else 0)

    @property
    def every(self) -> int:
        """Steps in a frame."""
        return math.ceil(self.steps / _FRAMES)

    def looks_at(self, step: int) -> bool:
        """Whether the small test and the pair are looked at after this step."""
        between = max(5, self.every * math.ceil(self.steps / _LOOKS / self.every))
        return step % between == 0 or step == self.steps


@dataclass(frozen=True)
class Recording:
    """A run that can be played again."""

    about: About
    frames: tuple[Frame, ...] = field(default=())

    def save(self, path: Path | str) -> Path:
        """Write it as text: what it is about, then one line a frame.  Returns: the path."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join([_line(asdict(self.about)), *map(written, self.frames)]), encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path | str) -> "Recording":
        """Raises: Refused, naming the file, if it is not a recording."""
        try:
            first, *rest = Path(path).read_text(encoding="utf-8").splitlines()
            about = json.loads(first)
            about |= {"pair": tuple(about["pair"]), "grows": tuple(map(tuple, about.get("grows", ())))}
            return cls(About(**about), tuple(map(frame, rest)))
        except (ValueError, TypeError, KeyError) as error:
            raise Refused(f"{path} holds no recorded training ({error})") from error


def written(one: Frame) -> str:
    """A frame as a line of text."""
    values = asdict(one)
    return _line({key: None if isinstance(v, float) and math.isnan(v) else v for key, v in values.items()})


def frame(line: str) -> Frame:
    """A line of text as a frame."""
    values: dict[str, Any] = {
        key: math.nan if value is None and key != "look" else value for key, value in json.loads(line).items()
    }
    look = values.pop("look")
    return Frame(**values, look=look and StepLook(**look))


def _line(values: dict) -> str:
    return json.dumps(values, allow_nan=False) + "\n"
