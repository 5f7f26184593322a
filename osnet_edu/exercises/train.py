"""Exercises of notebook 07, train it: the two losses, the sampler, the learning rate, weight decay."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from .. import train
from .answers import train as solved
from .compare import Calls
from .draw import integer
from .record import Exercise, Mistake, Property


def _cross_entropy(logits, person, smoothing):
    answer = F.cross_entropy(torch.from_numpy(logits)[None], torch.tensor([person]), label_smoothing=smoothing)
    return answer.item()


def _log_shares(logits):
    return logits - np.log(np.exp(logits).sum())


def _target(logits, person, smoothing):
    target = np.full(len(logits), smoothing / len(logits))
    target[person] += 1 - smoothing
    return target


def _hard(distances, people, positive, negative):
    """Each photo's distance to a positive and a negative, picked by two functions such as np.max, np.min."""
    same = people[:, None] == people[None]
    pairs = [
        (positive(row[mask & (np.arange(len(row)) != i)]), negative(row[~mask]))
        for i, (row, mask) in enumerate(zip(distances, same, strict=True))
    ]
    return np.array(pairs).T


def _hinge(pair, margin):
    return np.maximum(0, pair[0] - pair[1] + margin)


def _people_batch(rng):
    """Distances in a batch of two or three people with two to four photos each, in random order."""
    count, shots = integer(rng, 2, 3), integer(rng, 2, 4)
    people = rng.permutation(np.repeat(rng.choice(np.arange(1, 50), count, replace=False), shots))
    points = rng.normal(size=(len(people), 3)) + 0.8 * rng.normal(size=(60, 3))[people]
    distances = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    return distances, people, rng.uniform(0.2, 1.0)


def _rate(step, steps, peak, warmup):
    config = replace(train.TrainConfig(), learning_rate=peak, warmup=warmup, photos=64 * steps)
    return train.learning_rate(config, step)


def _schedule(rng):
    steps = integer(rng, 40, 400)
    warmup = rng.uniform(0.05, 0.3)
    step = integer(rng, 1, int(warmup * steps)) if rng.random() < 0.4 else integer(rng, int(warmup * steps) + 1, steps)
    return step, steps, rng.uniform(1e-3, 1e-1) * 100, warmup


def _cosine(progress):
    return 0.5 * (1 + np.cos(np.pi * progress))


def _rises(step, steps, peak, warmup):
    return peak * step / steps / warmup


def _scheduled(falls):
    """A schedule with the right rise and a different fall: falls(done, peak, warmup)."""

    def schedule(step, steps, peak, warmup):
        done = step / steps
        return _rises(step, steps, peak, warmup) if done < warmup else falls(done, peak, warmup)

    return schedule


def _ends(answer):
    top, end = answer(25, 100, 2.0, 0.25), answer(100, 100, 2.0, 0.25)
    if abs(top - 2.0) > 1e-6:
        return f"At the end of the warm-up (step 25 of 100, warm-up 0.25, peak 2.0) it gives {top:.4g}; expected: 2.0."
    if abs(end) > 1e-6:
        return f"At the last step it gives {end:.4g}; expected: 0, where the cosine ends."
    return None


def _draw_inputs(rng):
    count = integer(rng, 4, 6)
    labels = rng.permutation(np.repeat(np.arange(count), integer(rng, 4, 6)))
    return labels, rng.permutation(count)[: integer(rng, 2, 3)], integer(rng, 2, 4)


def _left(weight, rates, decay):
    """What AdamW's own decay leaves: a real optimiser, with gradients of zero."""
    parameter = torch.nn.Parameter(torch.tensor(float(weight), dtype=torch.float64))
    optimiser = torch.optim.AdamW([parameter], weight_decay=decay)
    for rate in rates:
        optimiser.param_groups[0]["lr"] = float(rate)
        parameter.grad = torch.zeros_like(parameter)
        optimiser.step()
    return parameter.item()


SMOOTHED_CROSS_ENTROPY = Exercise(
    name="smoothed_cross_entropy",
    notebook="07",
    title="Cross-entropy with smoothed labels",
    required=True,
    stars=2,
    minutes=7,
    answer="my_cross_entropy",
    prompt=(
        "One photo, one score (logit) for each of K people. The classifier's shares are the softmax of the scores. The "
        "target is **smoothed**: every person gets `smoothing / K`, and the right person the rest, `1 - smoothing`, on "
        "top. The loss is the **cross-entropy**: minus the sum over people of target times log(share). With scores "
        "(2, 1, 0), the first person right and smoothing 0.1 it is 0.508."
    ),
    starter='''import numpy as np


def my_cross_entropy(logits, person, smoothing):
    """logits: (K,) scores. person: index of the right one. smoothing: in [0, 1). Returns one number."""
    log_shares = logits - np.log(np.exp(logits).sum())  # the logarithm of the softmax
    target = np.full(len(logits), ...)
    target[person] += ...
    return ...
''',
    hints=(
        "The target must add up to 1: K times `smoothing / K`, and what is left for the right person.",
        "Multiply target and log_shares entry by entry, add up, and change the sign: the logarithm of a share below 1 "
        "is below 0.",
    ),
    reference=_cross_entropy,
    solution=solved.my_cross_entropy,
    comparison=Calls(
        lambda rng: (rng.normal(size=(k := integer(rng, 3, 7))) * 2, integer(rng, 0, k - 1), rng.uniform(0.05, 0.4))
    ),
    mistakes=(
        Mistake(
            "not smoothed",
            "The smoothing has no effect: that is the plain cross-entropy, minus the log of the right person's share.",
            lambda z, y, e: -_log_shares(z)[y],
        ),
        Mistake(
            "sign",
            "The sign is missing. Logarithms of shares are negative, and a loss has to fall as the right share grows.",
            lambda z, y, e: (_target(z, y, e) * _log_shares(z)).sum(),
        ),
        Mistake(
            "others only",
            "The smoothing is shared among the K - 1 others. Every person gets `smoothing / K`, the right one too.",
            lambda z, y, e: -(1 - e) * _log_shares(z)[y] - e * np.delete(_log_shares(z), y).sum() / (len(z) - 1),
        ),
        Mistake(
            "not divided",
            "Every person gets the whole smoothing: the target adds up to more than 1. Divide it by K.",
            lambda z, y, e: -((1 - e) * _log_shares(z)[y] + e * _log_shares(z).sum()),
        ),
        Mistake(
            "one too many",
            "The right person gets 1 besides the smoothing, so the target adds up to more than 1. Add `1 - smoothing`.",
            lambda z, y, e: -(_log_shares(z)[y] + e * _log_shares(z).mean()),
        ),
        Mistake(
            "replaced",
            "The right person's target is `1 - smoothing` alone. Add its part of the smoothing too: `+=`.",
            lambda z, y, e: -((_target(z, y, e) - e / len(z) * (np.arange(len(z)) == y)) * _log_shares(z)).sum(),
        ),
        Mistake(
            "no logarithm",
            "The shares themselves are summed, without their logarithm.",
            lambda z, y, e: -(_target(z, y, e) * np.exp(_log_shares(z))).sum(),
        ),
        Mistake(
            "mean",
            "It averages over people. The cross-entropy is the sum over people; the mean is taken over photos.",
            lambda z, y, e: -(_target(z, y, e) * _log_shares(z)).mean(),
        ),
        Mistake(
            "not added up",
            "It returns one number for each person. Add them up.",
            lambda z, y, e: -_target(z, y, e) * _log_shares(z),
        ),
    ),
)

BATCH_HARD = Exercise(
    name="batch_hard",
    notebook="07",
    title="The batch-hard triplet loss",
    required=True,
    stars=3,
    minutes=8,
    answer="my_batch_hard",
    prompt=(
        "All distances within a batch are known, and whose photo each one is. For **each** photo take the distance to "
        "the **farthest photo of the same person** and to the **closest photo of anybody else**. The triplet loss is "
        "the first minus the second plus `margin`, or 0 if that is negative. Return the mean over all photos."
    ),
    starter='''import numpy as np


def my_batch_hard(distances, people, margin):
    """distances: (B, B), 0 on the diagonal. people: (B,), whose photo it is. Returns one number >= 0."""
    same = people[:, None] == people[None]  # (B, B): row i, column j are one person
    positive = np.where(same, distances, ...).max(axis=1)  # (B,)
    negative = ...  # (B,)
    return ...
''',
    hints=(
        "If a photo may not be picked, put in a number that is never picked: `-np.inf` under a max, `np.inf` under a "
        "min.",
        "`np.maximum(0, x)` works entry by entry. Use it before the mean: a photo with distance to spare must not "
        "reduce the loss of another.",
    ),
    reference=solved.my_batch_hard,
    comparison=Calls(_people_batch, cases=24),
    shows=(train.batch_hard,),
    mistakes=(
        Mistake(
            "closest positive",
            "It takes the closest photo of the same person, the easiest positive. The hardest one is the farthest.",
            lambda d, p, m: _hinge(_hard(d, p, np.min, np.min), m).mean(),
        ),
        Mistake(
            "itself",
            "The closest photo of the same person is the photo itself, at distance 0. Take the farthest one.",
            lambda d, p, m: _hinge((0.0, _hard(d, p, np.max, np.min)[1]), m).mean(),
        ),
        Mistake(
            "farthest negative",
            "It takes the farthest stranger, the easiest negative. The hardest one is the closest.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.max), m).mean(),
        ),
        Mistake(
            "batch-all",
            "It averages over the positives and over the negatives. Batch-hard takes the hardest one of each.",
            lambda d, p, m: _hinge(_hard(d, p, np.mean, np.mean), m).mean(),
        ),
        Mistake(
            "turned around",
            "Positive and negative are swapped: the loss is 0 when strangers are close.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.min)[::-1], m).mean(),
        ),
        Mistake(
            "margin subtracted",
            "The margin has the wrong sign: the loss should start before the stranger is as close as the match.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.min), -m).mean(),
        ),
        Mistake(
            "no margin",
            "The margin is missing: a stranger who is only slightly farther away than the match would be enough.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.min), 0).mean(),
        ),
        Mistake(
            "floor after the mean",
            "The floor at 0 comes after the mean, so photos with distance to spare reduce the loss of the others. "
            "Apply the floor to each photo first.",
            lambda d, p, m: max(0.0, float((np.subtract(*_hard(d, p, np.max, np.min)) + m).mean())),
        ),
        Mistake(
            "no floor",
            "It can fall below 0. If there is no shortfall the loss is 0, and more distance does not lower it.",
            lambda d, p, m: (np.subtract(*_hard(d, p, np.max, np.min)) + m).mean(),
        ),
        Mistake(
            "sum",
            "The losses of the photos are added up. Average them.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.min), m).sum(),
        ),
        Mistake(
            "not averaged",
            "It returns one loss for each photo. Return their mean.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.min), m),
        ),
        Mistake(
            "hardest of all",
            "It returns the loss of the one hardest photo. Every photo of the batch counts: take the mean.",
            lambda d, p, m: _hinge(_hard(d, p, np.max, np.min), m).max(),
        ),
    ),
)

WARM_UP = Exercise(
    name="warm_up",
    notebook="07",
    title="Warm-up and cosine",
    required=False,
    stars=2,
    minutes=7,
    answer="my_learning_rate",
    prompt=(
        "The learning rate of a step, counted from 1 to `steps`. Over the first share `warmup` of the steps it rises "
        "in a straight line from 0 to `peak`. Over the rest it falls along half a cosine to 0: "
        "`peak * 0.5 * (1 + cos(pi * p))`, where p runs from 0 at the end of the warm-up to 1 at the last step."
    ),
    starter='''import numpy as np


def my_learning_rate(step, steps, peak, warmup):
    """step: 1 ... steps. peak: the highest rate. warmup: a share of the steps, in (0, 1). Returns one number."""
    done = step / steps
    if done < warmup:
        return ...
    p = ...
    return peak * 0.5 * (1 + np.cos(np.pi * p))
''',
    hints=(
        "While it rises: which share of the warm-up is done? `done / warmup`.",
        "p has to be 0 where `done` is `warmup`, and 1 where `done` is 1: subtract the part before, divide by the part "
        "that is left.",
    ),
    reference=_rate,
    solution=solved.my_learning_rate,
    comparison=Calls(_schedule, cases=32),
    shows=(train.learning_rate,),
    properties=(Property("ends", _ends),),
    mistakes=(
        Mistake(
            "no warm-up",
            "There is no warm-up: it starts at the peak and falls from there.",
            lambda s, n, peak, w: peak * _cosine(s / n),
        ),
        Mistake(
            "jump",
            "The cosine counts from the first step, so the rate jumps down where the warm-up ends. p starts at 0 "
            "there.",
            _scheduled(lambda done, peak, w: peak * _cosine(done)),
        ),
        Mistake(
            "not stretched",
            "p starts at 0 but ends at `1 - warmup`, so the rate never comes down to 0. Divide by `1 - warmup`.",
            _scheduled(lambda done, peak, w: peak * _cosine(done - w)),
        ),
        Mistake(
            "straight fall",
            "It falls in a straight line. The cosine stays high for longer and ends gently.",
            _scheduled(lambda done, peak, w: peak * (1 - (done - w) / (1 - w))),
        ),
        Mistake(
            "constant",
            "After the warm-up it stays at the peak. It has to come down; otherwise the last steps undo each other.",
            _scheduled(lambda done, peak, w: peak),
        ),
        Mistake(
            "rises to the end",
            "The rise is spread over all steps, so the rate jumps where the warm-up ends. Divide by `warmup`.",
            lambda s, n, peak, w: peak * s / n if s / n < w else peak * _cosine((s / n - w) / (1 - w)),
        ),
        Mistake(
            "steps for shares",
            "`warmup` is a share of the steps and is compared with a number of steps: the warm-up never happens.",
            lambda s, n, peak, w: peak * _cosine((s / n - w) / (1 - w)),
        ),
        Mistake(
            "rises again",
            "The cosine runs over a full period, so the rate rises again. Use half a period: pi, not 2 pi.",
            _scheduled(lambda done, peak, w: peak * _cosine(2 * (done - w) / (1 - w))),
        ),
    ),
)

PEOPLE_BATCH = Exercise(
    name="people_batch",
    notebook="07",
    title="A batch of P people with K photos each",
    stars=2,
    minutes=6,
    answer="my_batch",
    prompt=(
        "The triplet loss needs positives in the batch, and photos drawn at random hardly ever bring two of one "
        "person. So a batch is made of **people**: for each of the people that were drawn take their first `shots` "
        "photos. Return the positions of these photos in `labels`, person by person in the order given."
    ),
    starter='''import numpy as np


def my_batch(labels, people, shots):
    """labels: (N,), whose photo each one is. people: (P,), who was drawn. shots: K. Returns (P * K,) positions."""
    batch = []
    for person in people:
        own = ...  # the positions of this person's photos
        batch.append(...)
    return np.concatenate(batch)
''',
    hints=(
        "`np.flatnonzero(labels == person)` gives the positions of one person's photos.",
        "`own[:shots]` keeps the first so many.",
    ),
    reference=solved.my_batch,
    comparison=Calls(_draw_inputs),
    shows=(train.draw_batch,),
    mistakes=(
        Mistake(
            "people",
            "It returns people, not photos: look up the positions of their photos in `labels`.",
            lambda labels, people, shots: np.repeat(people, shots),
        ),
        Mistake(
            "all photos",
            "It takes all photos of each person. Take K of them, so that every person counts equally.",
            lambda labels, people, shots: np.concatenate([np.flatnonzero(labels == p) for p in people]),
        ),
        Mistake(
            "one photo",
            "It takes one photo of each person: nobody has a positive in such a batch.",
            lambda labels, people, shots: np.array([np.flatnonzero(labels == p)[0] for p in people]),
        ),
        Mistake(
            "first photos",
            "It takes the first P x K photos without looking who is in them. Go through the people that were drawn.",
            lambda labels, people, shots: np.arange(len(people) * shots),
        ),
        Mistake(
            "by turns",
            "These are the right photos in another order: one of each person, then a second. Go person by person.",
            lambda labels, people, shots: np.stack([np.flatnonzero(labels == p)[:shots] for p in people], 1).ravel(),
        ),
        Mistake(
            "same photo",
            "It takes one photo of each person K times. The distance of a photo to itself is 0, so the network learns "
            "nothing from it.",
            lambda labels, people, shots: np.repeat([np.flatnonzero(labels == p)[0] for p in people], shots),
        ),
        Mistake(
            "last photos",
            "It takes the last K photos of each person. Take the first ones.",
            lambda labels, people, shots: np.concatenate([np.flatnonzero(labels == p)[-shots:] for p in people]),
        ),
        Mistake(
            "swapped",
            "P and K are swapped: as many photos of each person as there are people.",
            lambda labels, people, shots: np.concatenate([np.flatnonzero(labels == p)[: len(people)] for p in people]),
        ),
    ),
)

WEIGHT_DECAY = Exercise(
    name="weight_decay",
    notebook="07",
    title="What weight decay leaves",
    stars=2,
    minutes=5,
    answer="my_weight",
    prompt=(
        "AdamW takes from every weight, at each step, the share **learning rate times decay**. Suppose that the loss "
        "has no opinion about a weight (its gradient is 0). What is left of it after the steps with these learning "
        "rates? With rates 0.1, 0.1 and decay 0.5 a weight of 1 becomes 0.95 * 0.95 = 0.9025."
    ),
    starter='''import numpy as np


def my_weight(weight, rates, decay):
    """weight: one number. rates: (steps,), the learning rate of each step. decay: weight decay. Returns one number."""
    for rate in rates:
        weight = ...
    return weight
''',
    hints=("One step subtracts `rate * decay * weight`.", "So a step multiplies the weight by `1 - rate * decay`."),
    reference=_left,
    solution=solved.my_weight,
    comparison=Calls(lambda rng: (rng.normal() * 2, rng.uniform(0.01, 0.4, integer(rng, 3, 8)), rng.uniform(0.1, 0.9))),
    shows=(train.optimiser_for,),
    mistakes=(
        Mistake(
            "no rate",
            "The decay is not multiplied by the learning rate, so the whole decay is taken at every step.",
            lambda w, rates, decay: w * (1 - decay) ** len(rates),
        ),
        Mistake(
            "subtracted",
            "It subtracts a fixed amount. Decay takes a share of the weight: large weights lose more, and no weight "
            "changes its sign.",
            lambda w, rates, decay: w - sum(rates) * decay,
        ),
        Mistake(
            "of the first weight",
            "Every step takes its share of the weight at the start. It must take a share of what is left.",
            lambda w, rates, decay: w * (1 - sum(rates) * decay),
        ),
        Mistake(
            "grows",
            "The sign is wrong: the weight grows.",
            lambda w, rates, decay: w * np.prod(1 + rates * decay),
        ),
        Mistake(
            "what is taken",
            "It keeps the part that is taken away, rate times decay, and drops the part that is left.",
            lambda w, rates, decay: w * np.prod(rates * decay),
        ),
        Mistake(
            "rate alone",
            "The share taken is the learning rate alone; the decay is missing.",
            lambda w, rates, decay: w * np.prod(1 - rates),
        ),
        Mistake(
            "last step",
            "Only one step is taken. Every learning rate is one step.",
            lambda w, rates, decay: w * (1 - rates[-1] * decay),
        ),
    ),
)

EXERCISES = (SMOOTHED_CROSS_ENTROPY, BATCH_HARD, WARM_UP, PEOPLE_BATCH, WEIGHT_DECAY)
