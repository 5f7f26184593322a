"""What is watched while a network learns: its losses, a small test, the gates of one pair; kept as frames, and played.

A frame stands for a few steps in a row, so that a run of any length makes about two hundred of them. A recording is
the frames of a run and what one needs to know beside them; it is a small text file, one line a frame.
"""

import base64
import io
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from .. import mining, retrieval, weights
from ..embed import embed, embed_images, normalise
from ..explain import gates
from ..market import Market, Photo, decode
from ..model import OSNet
from ..refused import Refused
from ..train import Data, TrainConfig

FRAMES, LOOKS = 200, 25  # of a run, roughly
BATCH = 64  # photos embedded at a time


@dataclass(frozen=True)
class Look:
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
    look: Look | None = None


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
    def of(cls, config: TrainConfig, data: Data, watch: "Watch", compute: object) -> "About":
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
        return math.ceil(self.steps / FRAMES)

    def looks_at(self, step: int) -> bool:
        """Whether the small test and the pair are looked at after this step."""
        between = max(5, self.every * math.ceil(self.steps / LOOKS / self.every))
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
        """Raises: Refused, naming the file, where it is no recording."""
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
    values = {key: math.nan if value is None and key != "look" else value for key, value in json.loads(line).items()}
    look = values.pop("look")
    return Frame(**values, look=look and Look(**look))


class Watch:
    """A small test and a pair, decoded once and looked at again and again.

    queries, gallery: photos of a test; few, since every look embeds them all.  pair: a query and a photo of somebody
    else who looks alike.  size: (height, width) that the network takes.
    Raises: Refused where no query has a match by another camera.
    """

    def __init__(self, queries: Sequence[Photo], gallery: Sequence[Photo], pair: Sequence[Photo], size: tuple):
        sides = [decode(photos, size) for photos in (queries, gallery, pair)]
        if len(sides[2].photos) != 2:
            raise Refused(f"the pair takes two readable photos, got {len(sides[2].photos)}")
        self._images = [side.images for side in sides]
        self.queries, self.gallery, self.pair = (side.photos for side in sides)
        people = len({photo.person for photo in self.queries})
        self.words = f"{len(self.queries)} queries and {len(self.gallery)} gallery photos of {people} unseen people"
        self._score(np.zeros((len(self.queries), len(self.gallery))))

    @classmethod
    def of(cls, found: Market, size: tuple[int, int], *, people: int = 20, queries: int = 2) -> "Watch":
        """The first test people of a set with a few queries each; the pair is a hard one to the shipped weights.

        Such a test is smaller and easier than the whole one: it shows how a run goes and is no score to report.
        """
        chosen = sorted({photo.person for photo in found.query})[:people]
        asked = [photo for person in chosen for photo in [p for p in found.query if p.person == person][:queries]]
        among = [photo for photo in found.gallery if photo.person in chosen]
        checkpoint = weights.shipped()
        sides = [embed(checkpoint.model, photos, size=checkpoint.size) for photos in (asked, among)]
        rest = (sides[0].people, sides[1].people, sides[0].cameras, sides[1].cameras)
        hard = mining.triplets(retrieval.distances(*(side.features for side in sides)), *rest)
        pair = (sides[0].photos[hard[0].query], sides[1].photos[hard[0].negative])
        return cls(asked, among, pair, size)

    def look(self, model: OSNet) -> Look:
        """Look now, in float32.  The model is given back in the mode in which it came."""
        queries, gallery = (
            np.concatenate([embed_images(model, images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
            for images in self._images[:2]
        )
        score = self._score(retrieval.distances(queries, gallery))
        device = next(model.parameters()).device
        means = gates.read(model, normalise(self._images[2], device)).means
        return Look(
            round(score.rank(1), 4),
            round(score.mean_ap, 4),
            {block: np.round(values.astype(float), 4).tolist() for block, values in means.items()},
        )

    def described(self) -> tuple[dict, dict]:
        """The pair as pictures with words: {src, text} of the query, and of the other person."""
        who = ("the query", "somebody else")
        texts = (f"{w}: person {p.person}, camera {p.camera}" for w, p in zip(who, self.pair, strict=True))
        return tuple({"src": _uri(image), "text": text} for image, text in zip(self._images[2], texts, strict=True))

    def _score(self, distances: np.ndarray) -> retrieval.Score:
        ids = ([photo.person for photo in photos] for photos in (self.queries, self.gallery))
        cameras = ([photo.camera for photo in photos] for photos in (self.queries, self.gallery))
        return retrieval.evaluate(distances, *ids, *cameras)


def _line(values: dict) -> str:
    return json.dumps(values, allow_nan=False) + "\n"


def _uri(image: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
