"""Notebook 07: losses, recipe and runs."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import math
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from osnet_edu import osnet, train
from osnet_edu.embed import MEAN, STD
from osnet_edu.explore import story
from osnet_edu.people import PARTS
from osnet_edu.photos import market
from osnet_edu.trials import ablation, ingredients

from . import kinds, measured
from .registry import Book

BOOK = Book("07")
says = BOOK.says


@says(
    "nb07-losses", "With label smoothing the target is not (1, 0, 0) but (0.933, 0.033, 0.033): a little for everybody."
)
@says("nb07-smoothing-says", "Notice the last column: it falls and rises again.")
@says("nb07-smoothing-says", "The first line, three equal shares, is guessing: the loss is ln 3 = 1.099.")
@says("ask:smoothing", "the plain one falls, the smoothed one rises")
@says("ask:smoothing", "There is a best degree of sureness")
def _(lesson):
    lines = [line.rsplit(None, 2)[-2:] for line in lesson.printed["nb07-smoothing"].splitlines()[1:]]
    plain, smoothed = (np.array([float(line[i]) for line in lines]) for i in (0, 1))
    lowest = int(smoothed.argmin())
    ok = (np.diff(plain) <= 0).all() and 0 < lowest < len(smoothed) - 1 and abs(plain[0] - 1.099) < 1e-3
    target = np.round(lesson.after["nb07-smoothing"].smoothed, 3).tolist()
    return ok and target == [0.933, 0.033, 0.033], f"plain {plain}, smoothed {smoothed}, target {target}"


@says(
    "nb07-smoothing-says",
    "And the smoothed loss can never be 0; its lowest value belongs to a classifier that answers (0.933, 0.033, 0.033).",
)
@says("nb07-smoothing-says", "for 180 people: ln 180 = 5.19 and 0.84.")
def _(lesson):
    people = len(lesson.after["nb07-random"].data.people)
    target = np.full(people, 0.1 / people)
    target[0] += 0.9
    floor = -(target * np.log(target)).sum()
    others = [-(target * np.log(np.roll(target, k))).sum() for k in range(1, 5)]
    found = (people, f"{math.log(people):.2f}", f"{floor:.2f}")
    above = kinds.none(one <= 0 for one in (floor, *others)) and kinds.every(floor < one for one in others)
    return above and found == (180, "5.19", "0.84"), f"{people}, {floor:.2f}"


TABLE = (
    "| A | 0.0 | 0.4 | 0.5 | 0.2 |",
    "| A | 0.4 | 0.4 | 0.1 | 0.6 |",
    "| B | 0.5 | 0.4 | 0.1 | 0.6 |",
    "| B | 0.9 | 0.4 | 0.5 | 0.2 |",
)


@says("nb07-triplet", *TABLE, "The mean is 0.4.")
def _(lesson):
    n = lesson.after["nb07-line"]
    at, who = n.line[:, 0].tolist(), n.who.tolist()
    lines, losses = [], []
    for i, name in enumerate("AABB"):
        match = max(abs(at[i] - at[j]) for j in range(4) if who[j] == who[i])
        other = min(abs(at[i] - at[j]) for j in range(4) if who[j] != who[i])
        losses.append(max(0, match - other + 0.3))
        lines.append(f"| {name} | {at[i]:.1f} | {match:.1f} | {other:.1f} | {losses[-1]:.1f} |")
    return tuple(lines) == TABLE and abs(np.mean(losses) - 0.4) < 1e-6, f"{lines}, mean {np.mean(losses):.2f}"


@says(
    "ask:random-batch",
    "for about a quarter",
    "That all of them miss has a chance of about 72 %.",
    "The other 28 % mostly have one positive",
)
def _(lesson):
    chance = math.prod((2159 - 11 - k) / (2159 - k) for k in range(63))
    shown = float(lesson.printed["nb07-random"].splitlines()[0].split("%")[0].split()[-1])
    one, some = 63 * 11 / 2159 * math.prod((2159 - 12 - k) / (2159 - 1 - k) for k in range(62)), 1 - chance
    mostly = kinds.most([True] * round(1000 * one) + [False] * round(1000 * (some - one)))
    return mostly and abs(
        chance - 0.72
    ) < 0.01 and 20 < shown < 35, f"all miss with {chance:.1%}; the cell shows {shown} %"


@says("nb07-batch-says", "Every person comes once before anybody comes again.")
def _(lesson):
    n, met = lesson.after["nb07-random"], []
    people, way = len(n.data.people), n.kinds["32 people x 2 photos"]
    for step in range(1, 2 + people // way.people):
        batch = train.draw_batch(n.data.labels, way, step, np.random.default_rng(step))
        met += dict.fromkeys(n.data.labels[batch].tolist())
    times = np.bincount(met[:people], minlength=people)
    return kinds.every(times == 1) and len(met) > people, f"the first {people} of {len(met)}: {times}"


@says(
    "nb07-batch-says",
    "In the three seeds of section 8 four photos a person ended a little lower and photos at random a little higher than two photos of 32 people, and both are open",
)
def _(lesson):
    found = lesson.end.shipped.differences()
    four, random = found["four photos a person"], found["no people in batches"]
    return four.value < 0 < random.value and not four.clear and not random.clear, f"{four}, {random}"


@says(
    "nb07-growth-says",
    "Notice that the first half of the steps is a quarter of the work, and the last quarter of the steps half of it.",
)
def _(lesson):
    full = lesson.after["nb07-growth"].full
    whole, half, last = full.work(), full.work(0, full.steps // 2), full.work(full.steps * 3 // 4, full.steps)
    return abs(half / whole - 0.25) < 0.03 and abs(last / whole - 0.5) < 0.03, f"{half / whole:.2f}, {last / whole:.2f}"


@says(
    "nb07-decay-says",
    "Notice that the decay of the published recipe, made for a run some hundred times as long, would leave nearly the whole weight here.",
)
@says(
    "ask:decay",
    "most of it",
    "about 3 times 0.05, so that 86 % is left.",
)
@says("ask:decay", "the learning rate follows our schedule up to 0.004, and there are 1,500 steps.")
def _(lesson):
    rates, full = lesson.after["nb07-decay"].rates, lesson.after["nb07-decay"].full
    left = {decay: float(np.prod(1 - rates * decay)) for decay in (train.TrainConfig.published().weight_decay, 0.05)}
    ok = min(left.values()) > 0.85 and f"{left[0.05]:.0%}" == "86%" and left[5e-4] > 0.99
    mostly = kinds.most(measured.thousandths(left[0.05], 1))
    return ok and mostly and (full.learning_rate, full.steps) == (0.004, 1500), f"left {left}"


@says("nb07-decay-says", "there no decay at all ended lower, and this too is open.")
def _(lesson):
    found = lesson.end.shipped.differences()["no weight decay"]
    return found.value < 0 and not found.clear, f"{found}"


@says("nb07-alone", "Why two losses, and why does the triplet loss join only after a fifth of the steps?")
def _(lesson):
    return lesson.after["nb07-growth"].full.triplet_from == 0.2, f"{lesson.after['nb07-growth'].full.triplet_from}"


@says(
    "nb07-collapse-by-hand-says",
    "Notice that the loss falls and the last column does not.",
)
def _(lesson):
    loss, own = np.array(
        [line.split()[1:] for line in lesson.printed["nb07-collapse-by-hand"].splitlines()[1:]], float
    ).T
    return (np.diff(loss) < 0).all() and np.ptp(own) < 1e-3 and abs(loss[-1] - 0.3) < 1e-3, f"{loss}, {own}"


@says("nb07-collapse-by-hand-says", "Then all photos are one point, and the loss is the margin, exactly.")
@says(
    "ask:collapse",
    "to map every photo to one and the same point",
    "If all photos are one point, every distance is 0: the positive's, the negative's.",
)
def _(lesson):
    n = lesson.after["nb07-collapse-by-hand"]
    point = 0 * n.line
    apart = (point[:, None] - point[None]).norm(dim=2)
    loss = float(train.hardest(apart, n.who, margin=0.3))
    return kinds.every(side == 0 for side in apart.flatten().tolist()) and abs(loss - 0.3) < 1e-6, f"{apart}, {loss}"


@says("nb07-remedies", "and let the triplet loss join later, when the network finds more people than at the start.")
def _(lesson):
    joins = lesson.end.board.recording.about.joins
    looks = [frame.look.rank1 for frame in lesson.end.looks if frame.step <= joins]
    return lesson.end.looks[0].step == 0 and looks[0] < looks[-1], f"rank-1 up to step {joins}: {looks}"


@says(
    "nb07-recap",
    "- The batch-hard loss on raw features can fall to the margin because the photos have become one point.",
)
@says(
    "nb07-collapse-says",
    "the distances of the raw features fall over several powers of ten while the loss settles on the margin.",
    "Their loss rises a little in these few steps",
)
@says("ask:collapse", "The loss falls from 7 to 0.3 and then stays there, to four digits.")
def _(lesson):
    said = lesson.printed["nb07-collapse"]
    raw, normalised = lesson.after["nb07-collapse"].runs
    rises = normalised.losses[-10:].mean() - normalised.losses[:10].mean()
    said += f"; the normalised loss rises by {rises:.2f}"
    ok = raw.collapsed and not normalised.collapsed and "-> 0.3000 (margin 0.3)" in said
    ok = ok and 0 < rises < 0.5 and raw.losses[0] > raw.losses[-1]
    return round(float(raw.losses[0])) == 7 and ok, said


@says(
    "nb07-played-says",
    "Notice the steps at which the photos grow: the cross-entropy jumps up there.",
)
@says("nb07-played-says", "up to step 750 the network has trained on small photos alone.")
def _(lesson):
    frames = [f for f in lesson.end.frames if f.step]
    steps, values = np.array([f.step for f in frames]), np.array([f.cross_entropy for f in frames])
    jumps = {}
    for at in (750, 1125):
        before, after = (
            values[(steps > at - 60) & (steps <= at)].mean(),
            values[(steps > at) & (steps <= at + 30)].mean(),
        )
        jumps[at] = after - before
    looks = {f.step: f.look.rank1 for f in lesson.end.looks}
    early, late = max(v for s, v in looks.items() if s <= 750), max(v for s, v in looks.items() if 750 < s <= 900)
    return max(jumps.values()) > 0 and late > early + 0.1, f"jumps {jumps}; small test {early:.0%}, then {late:.0%}"


@says("nb07-played-says", "Notice the end: the learning rate comes down, and the losses come down, too.")
def _(lesson):
    frames = [f for f in lesson.end.frames if f.step]
    third, last = np.mean([f.cross_entropy for f in frames[-60:-40]]), np.mean([f.cross_entropy for f in frames[-8:]])
    return last < third, f"cross-entropy {third:.2f}, at the end {last:.2f}"


@says("nb07-resume-says", "Notice the last line: another seed, another network.")
@says("ask:resume", "no distance, to the last bit")
@says("ask:resume", "nothing in them depends on what happened before the checkpoint")
def _(lesson):
    n, lines = lesson.after["nb07-resume"], lesson.printed["nb07-resume"].splitlines()
    apart = (n.whole != n.resumed).tolist()
    return ["True" in line for line in lines] == [True, True, False] and kinds.none(
        apart
    ), f"{lines}, {sum(apart)} apart"


@says("nb07-resume-says", "By some points of rank-1. A two-point gain from one run may be chance.")
def _(_lesson):
    spread = {}
    for name in (ablation.NAME, ablation.LONGER):
        scores = [100 * o.rank1 for o in ablation.read_shipped(name).outcomes if o.variant == ablation.REFERENCE]
        spread[name] = round(float(np.ptp(scores)), 1)
    return max(spread.values()) > 2, f"rank-1 of one recipe over seeds spans {spread} points"


@says("nb07-ingredients-says", "Notice which intervals hold 0: all of them.")
@says(
    "nb07-answer-says",
    "Section 8 asks again about eight of the choices with three seeds each, and leaves all eight open.",
)
def _(lesson):
    found = lesson.end.shipped.differences()
    clear = [name for name, d in found.items() if d.clear]
    seeds = len(ingredients.INGREDIENT_SEEDS)
    return len(found) == 8 and not clear and seeds == 3, f"{len(found)} changes, clear: {clear}"


@says(
    "nb07-ingredients-says",
    "with three seeds, sixty test people and a short budget, cannot tell a difference of less than five points.",
)
def _(lesson):
    half = [(d.high - d.low) / 2 for d in lesson.end.shipped.differences().values()]
    people = {len(o.person_map) for o in lesson.end.shipped.outcomes}
    return 4.5 < min(half) and max(half) < 5.6 and people == {60}, f"half-widths {np.round(half, 1)}, {people} people"


@says("nb07-print-says", "Notice the left ends: before training, Bea is closer than Ana's own photo in both cases.")
@says("nb07-print-says", "Training brings Ana's other photo much closer in both.")
@says("nb07-print-says", "With the print in sight that turns the order round: Ana is now closer than Bea.")
@says(
    "nb07-print-says",
    "With the print turned away Bea moves away a little, and not enough: she still comes before Ana.",
)
@says(
    "nb07-recap",
    "An untrained network takes Bea for Ana. Training mends that where the print is in sight, and not where it is turned away.",
)
def _(lesson):
    n = lesson.after["nb07-print-code"]
    (ana, bea), (ana_away, bea_away) = n.before.values()
    (ana_now, bea_now), (ana_away_now, bea_away_now) = n.after.values()
    ok = kinds.every([bea < ana, bea_away < ana_away, ana_now < ana / 2, ana_away_now < ana_away / 2])
    return ok and ana_now < bea_now and bea_away < bea_away_now < ana_away_now, f"{n.before} -> {n.after}"


@says(
    "nb07-print-says",
    "By its mask, that photo shows a strip of the print, two pixels wide: not enough for this network.",
)
def _(lesson):
    photo = story.PRINT_TURNED.photos(lesson.end.found)[0]
    columns = np.nonzero(market.read_mask(photo.path, len(PARTS)) == PARTS.index("print"))[1]
    ana, bea = lesson.after["nb07-print-code"].after["print turned away"]
    return np.unique(columns).size == 2 and bea < ana, f"columns {np.unique(columns)}, to Ana {ana}, to Bea {bea}"


@says(
    "nb07-step",
    "Then the kit's rate falls, slowly at first.",
    "The published one does not warm up, and falls in two jumps.",
)
@says("nb07-step", "At the end both are small, so that the last steps no longer undo each other.")
def _(lesson):
    recipes = lesson.after["nb07-schedule"].recipes
    kit, published = (
        np.array([train.learning_rate(one, step) for step in range(1, one.steps + 1)]) for one in recipes.values()
    )
    falls = -np.diff(kit[int(kit.argmax()) :])
    jumps, warms = int((np.diff(published) < 0).sum()), bool((np.diff(published) > 0).any())
    slowly = falls.min() > 0 and falls[: len(falls) // 10].mean() < falls.mean() / 2
    ends = kinds.every(kinds.hardly(one[-1], one.max()) for one in (kit, published))
    return slowly and jumps == 2 and not warms and ends, f"falls {falls[:3]}, {jumps} jumps, warm-up {warms}"


@says(
    "nb07-augmented-says",
    "In draw 4 the pink jumper has turned beige.",
    "Try `colour=0.9`: it turns green in two draws, and the label begins to be false: clothes carry much of the evidence here.",
)
def _(lesson):
    n, found = lesson.after["nb07-augmented"], {}
    photo = n.data.images[n.chosen[0]]
    for colour in (n.config.colour, 0.9):
        copies = torch.from_numpy(np.repeat(photo[None], 7, 0))
        drawn = train.augment(copies, replace(n.config, colour=colour), np.random.default_rng(0)).permute(0, 2, 3, 1)
        pixels = (drawn.numpy() * STD + MEAN).clip(0, 1)
        found[colour] = [np.median(one[32:58, 19:45].reshape(-1, 3), axis=0) for one in pixels]  # on the jumper
    red, green, blue = found[n.config.colour][3]  # beige: less blue, and little between red and green
    greens = sum(bool(g > max(r, b)) for r, g, b in found[0.9])
    return red > green > blue and red - green < (green - blue) / 2 and greens == 2, f"{found}"


@says("nb07-recap", "None of the eight choices has been shown to matter in short runs of three seeds.")
def _(lesson):
    found = lesson.end.shipped.differences()
    return len(found) == 8 and kinds.none(d.clear for d in found.values()), f"{found}"


@says(
    "nb07-decay-helps",
    "A batch normalisation stands behind the layers outside the gates.",
    "(The gates have no normalisation behind them.",
)
def _(_lesson):
    model = osnet(0.25, gate_hidden=4)
    weights = {name for name, one in model.named_parameters() if one.ndim == 4}
    gates = {name for name in weights if ".gate." in name}
    layers = [name for name, one in model.named_modules() if isinstance(one, nn.BatchNorm2d)]
    normalised = len(weights - gates)
    return min(len(layers), normalised) > 3 * len(gates) and kinds.none(".bn" in name for name in gates), (
        f"{normalised} convolutions outside the gates, {len(layers)} normalisations, {len(gates)} in gates"
    )


@says("nb07-decay-helps", "Decay would pull every gate to one half, for each photo alike.")
def _(_lesson):
    gate = osnet(0.25, gate_hidden=4).blocks()["conv2.0"].gate
    with torch.no_grad():
        for weight in gate.parameters():
            weight.zero_()  # where decay alone would bring them
        found = gate(torch.rand(3, 16, 8, 4)).flatten().tolist()
    return kinds.every(value == 0.5 for value in found), f"{found}"


@says(
    "nb07-growth-why",
    "At first the kit's photos are small: 64 x 32 pixels, then 96 x 48, then 128 x 64.",
)
@says("nb07-replay", "The photos grow twice, at steps 750 and 1,125")
def _(lesson):
    found = [(int(last), tuple(size)) for last, size in lesson.after["nb07-growth"].full.stages]
    return found == [(750, (64, 32)), (1125, (96, 48)), (1500, (128, 64))], f"{found}"
