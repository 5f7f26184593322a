"""Notebook 00: what the tour says of its own figures."""

import base64
import io
import re

import numpy as np
import torch
from PIL import Image

from osnet_edu import osnet, train
from osnet_edu.embed import normalise
from osnet_edu.experiments.first_figure import BAR, BLURRED, COARSE
from osnet_edu.explain import gates
from osnet_edu.network import costs
from osnet_edu.people import read_people
from osnet_edu.photos import market

from . import measured
from .reading import ROOT
from .registry import Book

BOOK = Book("00")
says = BOOK.says


def drawn(shown) -> np.ndarray:
    """The picture that a cell shows: (H, W, 3) uint8."""
    coded = re.search(r"data:image/png;base64,([A-Za-z0-9+/=]+)", shown.data)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(coded))).convert("RGB"))


@says(
    "network",
    "The published OSNet has 2.2 million parameters, which is small already.",
    "This one is a quarter as wide.",
)
def _(lesson):
    published, width = costs.parameters(osnet()), lesson.end.recipe["width"]
    return f"{published / 1e6:.1f}" == "2.2" and width == 0.25, f"{published:,} parameters, width {width}"


@says("one-person-read", "Notice how much changes although nobody changed clothes:")
@says(
    "one-person-read", "A method that compares pixel with pixel would find the same street again, not the same person."
)
def _(lesson):
    score, own_camera = measured.pixels()
    said = f"pixels: rank-1 {score.rank(1):.1%}; the closest photo is by the query's camera in {own_camera:.0%}"
    return score.rank(1) < 0.1 and own_camera > 0.6, said


@says(
    "embed-why",
    "It was trained so that photos of one person lie in nearly the same direction, and photos of two people do not.",
)
def _(lesson):
    q, g = lesson.end.queries, lesson.end.gallery
    similarity = 1 - lesson.end.distances
    same = q.people[:, None] == g.people[None]
    inside, outside = similarity[same].mean(), similarity[~same].mean()
    return inside > outside + 0.2, f"mean similarity {inside:.2f} of one person, {outside:.2f} of two"


@says("rank-read", "Notice the dashed frames: other people, who look right.")
def _(lesson):
    alt = lesson.alt["rank"]
    shown = int(re.search(r"the (\d+) gallery photos", alt)[1])
    right = len(re.search(r"stands at rank ([\d, ]+)", alt)[1].split(","))
    return right < shown, f"{right} of the {shown} photos show the same person"


@says("ask:untrained", "Hardly ever: less than one time in ten.")
def _(lesson):
    rank1 = lesson.end.nothing_learned.rank(1)
    return rank1 < 0.1, f"untrained rank-1 {rank1:.1%}"


@says("hard-why", "of each batch, the triplet loss takes the pairs that it gets most wrong.")
def _(lesson):
    recipe = lesson.end.recipe
    apart = torch.tensor([[0.0, 1, 2, 5], [1, 0, 4, 3], [2, 4, 0, 6], [5, 3, 6, 0]])
    loss = train.hardest(apart, torch.tensor([0, 0, 1, 1]), margin=0.0)  # by hand: 0, 0, 6 - 2 and 6 - 3
    return recipe["triplet"] > 0 and abs(float(loss) - 7 / 4) < 1e-6, f"weight {recipe['triplet']}, loss {loss:.3f}"


@says("card", "in the last of several runs")
@says("network", "Its weights were made by the kit's own `train` command")
def _(lesson):
    card, said = lesson.end.card, lesson.printed["card"]
    return ("several runs" in said) == ("start" in card) and f"{card['people']:,} rendered people" in said, said


@says("mine-read", "Notice what makes the first case hard.")
def _(lesson):
    hard, easy = lesson.end.triplets[0].margin, lesson.end.easiest.margin
    return hard < -0.1 and easy > 0.1, f"margins {hard:+.2f} and {easy:+.2f}"


@says("mine-read", "It leaves most people out; to tell look-alikes apart, you need a fine look.")
def _(lesson):
    n = lesson.end
    blurred = n.result.similarities[BLURRED]
    row = blurred[n.easiest.query]
    positive, negative = row[n.easiest.positive], row[n.easiest.negative]
    both, gain = n.result.outcomes(BLURRED)["both"].value, n.result.gain()
    said = f"blurred {positive:.2f} and {negative:.2f}; both stand out {both:.0%}; sharp gains {gain}"
    return positive > negative and both > 0.5 and gain.value > 0, said


@says("gates-read", "Notice that no number in the lower row is smaller than the change of its mean in the upper row.")
@says("recap", "Their means say little, their changes say more")
def _(lesson):
    reading = gates.read(lesson.end.model, lesson.end.images)
    worst = min(
        float((reading.change(0, other)[block] - abs(means[other] - means[0])).min())
        for block, means in reading.means.items()
        for other in (1, 2)
    )
    return worst > -1e-6, f"smallest difference {worst:.4f}"


@says("gates-read", "it need not be the other person, for a change of camera moves these gates, too.")
def _(lesson):
    n = lesson.end
    cases = n.triplets[:: max(1, len(n.triplets) // 24)]
    further = []
    for case in cases:
        photos = [n.queries.photos[case.query], n.gallery.photos[case.positive], n.gallery.photos[case.negative]]
        reading = gates.read(n.model, normalise(market.decode(photos, n.checkpoint.size).images))
        first = reading.blocks[0]
        further.append(reading.change(0, 1)[first].mean() > reading.change(0, 2)[first].mean())
    share = measured.mean_of(further)
    return 0.1 < share < 0.9, f"the match moved further in the first block in {share:.0%} of {len(cases)} cases"


@says("ask:gates", "Close together: most of them within a tenth of each other.")
@says("ask:gates", "some channels open while others close, and the mean hides both.")
def _(lesson):
    reading = gates.read(lesson.end.model, lesson.end.images)
    near = measured.mean_of((np.ptp(means, axis=0) < 0.1).mean() for means in reading.means.values())
    both = measured.mean_of(
        ((g[1] - g[0]).max(-1) > 0).mean() * ((g[1] - g[0]).min(-1) < 0).mean() for g in reading.gates.values()
    )
    return near >= 0.6 and both > 0.5, f"{near:.0%} of the means within a tenth; both directions in {both:.0%}"


@says("where-why", "There are many methods, and they do not agree.")
def _(lesson):
    flat = np.stack([np.asarray(heat).ravel() for heat in lesson.end.maps.values()])
    together = np.corrcoef(flat)[np.triu_indices(len(flat), 1)].max()
    return together < 0.9, f"highest correlation of two maps {together:.2f}"


@says(
    "where-read",
    "Notice that the untrained network gets a map, too",
    "Only the number below gives it away: full colour means less there.",
    "with shapes in it that one could tell a story about.",
)
def _(lesson):
    trained, untrained = (float(np.abs(np.asarray(lesson.end.both[k])).max()) for k in ("trained", "untrained"))
    picture = drawn(lesson.value["where-untrained"])
    last = picture[:, picture.shape[1] * 3 // 4 :]  # the untrained map
    coloured = float((np.ptp(last, axis=2) > 60).mean())
    said = f"largest values: trained {trained:.4f}, untrained {untrained:.4f}; {coloured:.1%} of its map is coloured"
    return 0 < untrained < 0.8 * trained and coloured > 0.02, said


@says(
    "first-how",
    "A photo stands out when it is more similar to the query than 95 % of the strangers are.",
    "until only 16 x 8 pixels are left of it.",
    "The bar of 95 % was fixed before looking.",
)
def _(lesson):
    return (BAR, tuple(COARSE)) == (0.95, (16, 8)), f"bar {BAR}, blurred to {COARSE}"


@says("first-read", "the impostor stands close to the line, just right of it when blurred, just left of it when sharp.")
def _(lesson):
    impostors = [float(x) for x in re.findall(r"impostor ([\d.]+), 95%", lesson.alt["first-example"])]
    lines = [float(x) for x in re.findall(r"strangers below ([\d.]+)", lesson.alt["first-example"])]
    blurred, sharp = np.subtract(impostors, lines)
    return (
        0 <= blurred < 0.1 and -0.1 < sharp <= 0.005,
        f"impostor minus line {blurred:+.2f}, {sharp:+.2f}",
    )


@says("first-read", "Notice the difference between a picture and a number.", "The numbers say how often it does.")
def _(lesson):
    result = lesson.end.result
    story = result.holds()
    return bool(story[lesson.end.example]) and story.mean() < 0.5, f"the story holds in {story.mean():.1%}"


@says(
    "first-read", "And where the coarse look already tells the twins apart, the part that differs is larger, on average"
)
def _(lesson):
    result = lesson.end.result
    visible = {record.path.rpartition("/")[2]: record.visible for record in read_people(lesson.end.folder)}
    seen = np.array([visible[result.query[q].name] for q in result.triples[:, 0]], float)
    told = result.match[BLURRED] > result.impostor[BLURRED]
    return seen[told].mean() > 1.1 * seen[
        ~told
    ].mean(), f"{seen[told].mean():.0f} pixels, else {seen[~told].mean():.0f}"


@says("recap", "A good picture is not a result.")
def _(lesson):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said = f"{100 * lesson.end.nothing_learned.rank(1):.1f} % untrained"
    return said in readme, f"the lesson's figure is {said!r}, which README does not say"
