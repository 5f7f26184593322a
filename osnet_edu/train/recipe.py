"""What decides a run: the frozen config, the recipes by name, and the learning rate of a step."""

import math
from dataclasses import dataclass, replace

from ..machine.limits import MOST_SIDE
from ..network import weights
from ..refused import Refused

# The least and the most that a config takes, far beyond what is of use.
LIMITS: dict[str, tuple[float, float]] = {
    "width": (0.01, 8.0), "streams": (1, 8), "photos": (1, 10**9), "people": (0, 10**5), "shots": (1, 10**5),
    "seed": (-(2**63), 2**63 - 1), "learning_rate": (0.0, 1e6), "weight_decay": (0.0, 1e6), "warmup": (0.0, 1.0),
    "label_smoothing": (0.0, 1.0), "triplet": (0.0, 1e6), "triplet_from": (0.0, 1.0), "margin": (0.0, 1e6),
    "shift": (0.0, 1.0), "zoom": (0.0, 10.0), "colour": (0.0, 1.0), "erasing": (0.0, 1.0), "coarse": (0.0, 1.0),
    "grey": (0.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class TrainConfig:
    """All that decides what a run learns.  The defaults are the kit's recipe; `published()` and others are the paper's.

    width, gate_hidden, streams: of the network.  size: (height, width) in pixels.  photos: budget, photos seen.
    growth: (share of the steps, share of the size) pairs: until so much is done, photos are so much smaller, because
    what is coarse is learned from small photos at a fraction of the work. They are never smaller than 64 x 32.
    people, shots: a batch is so many people with so many photos each; people = 0 draws single photos, shots of them.
    lookalikes: half of a batch's people are the ones that the classifier holds for the nearest to the other half.
    learning_rate: at its peak.  warmup: share of the steps over which it rises.  schedule: "cosine" or "steps", which
    falls to a tenth at each of the milestones, shares of the steps.
    optimiser: "adamw", "amsgrad" or "sgd", with momentum 0.9.  label_smoothing: of the cross-entropy.
    triplet: weight of the batch-hard triplet loss on normalised features, from the share triplet_from of the steps on.
    relative: it measures distances in units of the batch's mean distance, which keeps it from collapsing.
    shift: of the crop, as a share of the height.  zoom: log-scale.  colour: strength of jitter.
    erasing, coarse, grey: chances that a rectangle is erased, detail is lost, colour is lost.
    ibn: instance normalisation in the first layers of the network, which forgets much of a camera's style.
    """

    width: float = 0.25
    gate_hidden: int | None = 4
    streams: int = 4
    size: tuple[int, int] = (128, 64)
    growth: tuple[tuple[float, float], ...] = ((0.5, 0.5), (0.75, 0.75))
    photos: int = 96_000
    people: int = 32
    shots: int = 2
    lookalikes: bool = False
    optimiser: str = "adamw"
    learning_rate: float = 4e-3
    weight_decay: float = 1.0
    schedule: str = "cosine"
    milestones: tuple[float, ...] = (60 / 150, 120 / 150)
    warmup: float = 0.08
    label_smoothing: float = 0.1
    triplet: float = 1.0
    triplet_from: float = 0.2
    margin: float = 0.3
    relative: bool = True
    flip: bool = True
    shift: float = 0.05
    zoom: float = 0.05
    colour: float = 0.2
    erasing: float = 0.0
    coarse: float = 0.0
    grey: float = 0.0
    ibn: bool = False
    seed: int = 0

    def __post_init__(self):
        for name in ("size", "milestones", "growth"):
            if not isinstance(getattr(self, name), tuple | list):
                raise Refused(f"{name} must be a tuple, got {weights.brief(getattr(self, name))}")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in self.growth):
            raise Refused(f"growth must be pairs of shares, such as ((0.5, 0.5),), got {weights.brief(self.growth)}")
        object.__setattr__(self, "growth", tuple(map(tuple, self.growth)))
        for name in ("milestones", "growth"):
            shares = [share for one in getattr(self, name) for share in (one if isinstance(one, tuple) else (one,))]
            if not all(type(share) in (int, float) for share in shares):
                raise Refused(f"{name} must be shares, numbers, got {weights.brief(getattr(self, name))}")
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            whole = isinstance(least, int)
            if (whole and type(value) is not int) or not isinstance(value, int | float) or not least <= value <= most:
                kind = "a whole number" if whole else "a number"
                raise Refused(f"{name} must be {kind} from {least} to {most:,}, got {weights.brief(value)}")
        if len(self.size) != 2 or not all(type(side) is int for side in self.size):
            raise Refused(f"size must be two whole numbers, height and width, got {self.size}")
        for name, allowed in {"optimiser": ("adamw", "amsgrad", "sgd"), "schedule": ("cosine", "steps")}.items():
            if getattr(self, name) not in allowed:
                raise Refused(f"{name} must be {' or '.join(allowed)}, got {getattr(self, name)!r}")
        if self.photos < 1 or self.shots < 1 or self.people < 0:
            raise Refused(f"photos and shots must be positive, got photos={self.photos}, shots={self.shots}")
        if min(self.size) < 32:
            raise Refused(f"size must be at least 32x32 pixels, got {self.size[0]}x{self.size[1]}")
        if max(self.size) > MOST_SIDE:
            raise Refused(f"size must be at most {MOST_SIDE} pixels a side, got {self.size[0]}x{self.size[1]}")
        shares = [share for pair in self.growth for share in pair]
        ends = [until for until, _ in self.growth]
        if any(not 0 < share <= 1 for share in shares) or ends != sorted(ends):
            raise Refused(f"growth must be pairs of shares, above 0 and at most 1, in order, got {self.growth}")
        if self.triplet and self.people and (self.people < 2 or self.shots < 2):
            raise Refused(
                "the triplet loss needs 2 or more people with 2 or more shots in a batch, "
                f"got people={self.people}, shots={self.shots}; expected more, or triplet=0"
            )
        if self.batch < 2:
            raise Refused("batch normalisation needs 2 or more photos in a batch, got 1")

    @classmethod
    def published(cls, **changes) -> "TrainConfig":
        """The paper's recipe for fine-tuning, from scratch: softmax alone, AMSGrad 0.0015, flip and crop.

        Its learning rate falls to a tenth at 60 and 120 of 150 epochs, here at the same shares of the steps.
        """
        recipe = cls(
            growth=(), people=0, shots=64, lookalikes=False, optimiser="amsgrad", learning_rate=1.5e-3,
            weight_decay=5e-4, schedule="steps", warmup=0.0, triplet=0.0, shift=0.0625, zoom=0.0, colour=0.0,
            erasing=0.0,
        )  # fmt: skip
        return replace(recipe, **changes)

    @classmethod
    def first(cls, **changes) -> "TrainConfig":
        """What the shipped weights' first stage was trained by, on 720 people of home: full size, 16 people x 4."""
        recipe = cls(photos=480_000, growth=(), people=16, shots=4, weight_decay=0.3, relative=False)
        return replace(recipe, **changes)

    @classmethod
    def shipped(cls, **changes) -> "TrainConfig":
        """What the shipped weights were trained by, on 2,400 people of the wide world, from the first stage's weights.

        Strong augmentation, because photos from elsewhere differ more than home's do; look-alikes meet in a batch,
        because among so many people a twin hardly ever comes by chance; less decay, because each person comes rarely.
        """
        recipe = cls(
            photos=700_000, growth=((0.3, 0.5), (0.6, 0.75)), lookalikes=True, weight_decay=0.2, triplet_from=0.1,
            learning_rate=3e-3, shift=0.08, zoom=0.1, colour=0.35, erasing=0.4, coarse=0.3, grey=0.05,
        )  # fmt: skip
        return replace(recipe, **changes)

    @classmethod
    def market(cls, photos: int, **changes) -> "TrainConfig":
        """The paper's recipe for a real Market-1501, on photos of 256x128 and the full width: 150 epochs.

        photos: in the training split, to count epochs.  Softmax alone, AMSGrad 0.0015, a tenth at epochs 60 and 120,
        batch 64, flip and random erasing.  The paper starts it from ImageNet weights, with the classifier alone for ten
        epochs; here the network starts from its seed, and all of it learns.
        """
        recipe = cls.published(width=1.0, gate_hidden=None, size=(256, 128), shift=0.0, erasing=0.5)
        return replace(recipe, **{"photos": 150 * photos, **changes})

    @classmethod
    def market_scratch(cls, photos: int, **changes) -> "TrainConfig":
        """The paper's recipe for Market-1501 from scratch: 350 epochs of SGD at 0.065, a tenth at 150, 225 and 300.

        photos: as for `market`.  Flip and crop; random erasing stands in for the paper's random patch.  The momentum is
        the usual 0.9, which the paper does not name.
        """
        milestones = (150 / 350, 225 / 350, 300 / 350)
        recipe = cls.market(photos, optimiser="sgd", learning_rate=0.065, milestones=milestones, shift=0.0625)
        return replace(recipe, **{"photos": 350 * photos, **changes})

    @property
    def batch(self) -> int:
        """Photos in a batch."""
        return max(1, self.people) * self.shots

    @property
    def steps(self) -> int:
        """Steps of the whole training, one batch each."""
        return max(1, self.photos // self.batch)

    @property
    def stages(self) -> list[tuple[int, tuple[int, int]]]:
        """Sizes of the photos, in order: (last step, (height, width))."""
        high, wide = self.size
        sizes = [(until, (round(high * scale), round(wide * scale))) for until, scale in self.growth]
        grown = [(int(until * self.steps), size) for until, size in sizes if size[0] >= 64 and size[1] >= 32]
        return [*grown, (self.steps, self.size)]

    def size_at(self, step: int) -> tuple[int, int]:
        """(height, width) of the photos of a step, 1 ... steps."""
        return next(size for last, size in self.stages if step <= last)

    def work(self, start: int = 0, end: int | None = None) -> float:
        """The work of the steps after `start` up to `end`, in photos of the full size, by the number of pixels."""
        end, first, photos = self.steps if end is None else end, 0, 0.0
        for last, size in self.stages:
            steps = max(0, min(end, last) - max(start, first))
            photos += steps * self.batch * math.prod(size) / math.prod(self.size)
            first = last
        return photos


def learning_rate(config: TrainConfig, step: int) -> float:
    """The learning rate of a step, 1 ... config.steps."""
    done = step / config.steps
    if config.warmup and done < config.warmup:
        return config.learning_rate * done / config.warmup
    if config.schedule == "steps":
        return config.learning_rate * 0.1 ** sum(done > milestone for milestone in config.milestones)
    progress = (done - config.warmup) / (1 - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
