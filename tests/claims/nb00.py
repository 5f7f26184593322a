"""Notebook 00: what the tour says of its own figures."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import base64
import io
import re

import numpy as np
import torch
from PIL import Image

from osnet_edu import assets, osnet, retrieval, train
from osnet_edu.explain import gates
from osnet_edu.explore import story
from osnet_edu.network import costs
from osnet_edu.network.model import AggregationGate
from osnet_edu.people import read_people
from osnet_edu.photos import market

from . import kinds, measured
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


@says("one-person-read", "Notice how much changes although Ana did not change her clothes:")
@says(
    "one-person-read",
    "A method that compares pixel with pixel finds the same street again, not the same person: in a check beside this notebook it put the right person first in less than one query of ten.",
)
def _(lesson):
    score, own_camera = measured.pixels()
    said = f"pixels: rank-1 {score.rank(1):.1%}; the closest photo is by the query's camera in {own_camera:.0%}"
    return score.rank(1) < 0.1 and own_camera > 0.6, said


@says(
    "embed-why",
    "It was trained so that photos of one person lie in similar directions, and photos of two people lie in different ones.",
)
def _(lesson):
    q, g = lesson.end.queries, lesson.end.gallery
    similarity = 1 - lesson.end.distances
    same = q.people[:, None] == g.people[None]
    inside, outside = similarity[same].mean(), similarity[~same].mean()
    return inside > outside + 0.2, f"mean similarity {inside:.2f} of one person, {outside:.2f} of two"


def persons(lesson, name: str) -> list[int]:
    """Who stands at the ranks of a query that count."""
    n = lesson.end
    query = [photo.name for photo in n.queries.photos].index(name)
    photo = n.queries.photos[query]
    order = retrieval.ranking(n.distances[query], photo.person, photo.camera, n.gallery.people, n.gallery.cameras)
    return n.gallery.people[order].tolist()


@says("rank-read", "her own photos stand at rank 1, 2 and 3.", "the six photos at rank 1 to 6 show Bea.")
@says("pair-read", "With the print in sight the network wins.", "With the print turned away it loses.")
@says("recap", "The network tells them apart when the print is in sight, and takes Bea for Ana when it is turned away.")
def _(lesson):
    seen, turned = (persons(lesson, trio.query) for trio in (story.PRINT_SEEN, story.PRINT_TURNED))
    ok = kinds.every(who == story.ANA for who in seen[:3]) and kinds.every(who == story.BEA for who in turned[:6])
    return ok and seen[3] == story.BEA, f"{seen[:4]}, {turned[:7]}"


@says("game-read", "in the whole test, the network is right in more than nine of ten cases.")
@says("game-read", "These five questions were chosen to be hard:")
def _(lesson):
    rank1 = lesson.end.score.rank(1)
    game = [one.right == one.network for one in lesson.value["game"].guesses]
    chosen = np.mean(game) < rank1 and kinds.every([0.9 < rank1 < 1])
    return chosen, f"rank-1 {rank1:.1%} of all, {np.mean(game):.0%} of the five"


@says("game-read", "Nothing else differs.", "she was rendered to differ from Ana in one thing.")
def _(_lesson):
    found = market.read(assets.subset())
    records = {record.path.rpartition("/")[2]: record.identity for record in read_people(found.root)}
    ana, _, bea = (vars(records[photo.name]) for photo in story.PRINT_SEEN.photos(found))
    others = [ana[name] != bea[name] for name in ana if name != "logo_color"]
    return kinds.none(others) and ana["logo_color"] != bea["logo_color"], f"{sum(others)} other attributes differ"


@says("ask:untrained", "Hardly ever: less than one time in ten.")
def _(lesson):
    rank1 = lesson.end.nothing_learned.rank(1)
    return kinds.hardly(rank1, 1) and rank1 < 0.1, f"untrained rank-1 {rank1:.1%}"


@says("hard-why", "One such loss, the triplet loss, takes the pairs of the batch that the network gets most wrong.")
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


@says("mine-read", "Notice what makes the hardest case hard.", "Ana's print is turned away in the query")
@says("mine-read", "Bea, the hard negative, is seen from the side as well, and wears the same clothes.")
def _(lesson):
    n = lesson.end
    hardest = n.triplets[0]
    names = n.queries.photos[hardest.query].name, n.gallery.photos[hardest.negative].person
    records = {record.path.rpartition("/")[2]: record for record in read_people(n.folder)}
    sides = [abs(records[n.queries.photos[hardest.query].name].view.yaw)]
    sides += [abs(records[n.gallery.photos[hardest.negative].name].view.yaw)]
    turned = kinds.every(abs(side - np.pi / 2) < 0.5 for side in sides)  # a quarter turn, to the left or to the right
    margins = f"margins {hardest.margin:+.2f} and {n.easiest.margin:+.2f}, turned by {sides}"
    of_story = names == (story.PRINT_TURNED.query, story.BEA)
    return turned and of_story and hardest.margin < -0.1 < 0.1 < n.easiest.margin, margins


@says("gates-read", "In conv2.0, Bea moved stream 1 the farthest.")
@says("gates-read", "In conv3.1, Ana's own match did.")
def _(lesson):
    reading = gates.read(lesson.end.model, lesson.end.images)
    match, bea = (reading.change(0, other) for other in (1, 2))
    first = bea["conv2.0"][0] > max([*match["conv2.0"], *bea["conv2.0"][1:]])
    later = match["conv3.1"][0] > max([*bea["conv3.1"], *match["conv3.1"][1:]])
    said = f"conv2.0 {np.round(match['conv2.0'], 3)} {np.round(bea['conv2.0'], 3)}, conv3.1 {np.round(match['conv3.1'], 3)}"
    return bool(first and later), said


@says("ask:gates", "Close together: most of them within a tenth of each other.")
@says("ask:gates", "some channels open while others close, and the mean hides both.")
def _(lesson):
    reading = gates.read(lesson.end.model, lesson.end.images)
    near = [bool(gap < 0.1) for means in reading.means.values() for gap in np.ptp(means, axis=0)]
    both = measured.mean_of(
        ((g[1] - g[0]).max(-1) > 0).mean() * ((g[1] - g[0]).min(-1) < 0).mean() for g in reading.gates.values()
    )
    share = np.mean(near)
    said = f"{share:.0%} of the means within a tenth; both directions in {both:.0%}"
    return kinds.most(near) and share >= 0.6 and both > 0.5, said


@says("map-read", "A gate decides how much of each stream counts.")
@says(
    "ask:gates",
    "The gate is one small network, shared by all photos and streams, but what it says is computed from the photo, so it is not equal.",
)
def _(lesson):
    blocks = lesson.end.model.blocks().values()
    one = [sum(isinstance(part, AggregationGate) for part in block.modules()) == 1 for block in blocks]
    found = gates.read(lesson.end.model, lesson.end.images).gates  # (photos, streams, channels) of each block
    parts = [g.shape[1] == 4 and 0 < g.min() and g.max() < 1 and np.ptp(g, axis=0).max() > 0.01 for g in found.values()]
    return kinds.every([*one, *parts]) and len(one) == 6, f"one gate {one}, numbers from 0 to 1 that move {parts}"


@says("where-why", "There are many methods, and they do not agree.")
def _(lesson):
    flat = np.stack([np.asarray(heat).ravel() for heat in lesson.end.maps.values()])
    together = np.corrcoef(flat)[np.triu_indices(len(flat), 1)].max()
    return together < 0.9, f"highest correlation of two maps {together:.2f}"


@says(
    "where-read",
    "Notice that the untrained network gets a map, too, with shapes in it.",
    "The number below each map gives it away: full colour means less there.",
)
def _(lesson):
    trained, untrained = (float(np.abs(np.asarray(lesson.end.both[k])).max()) for k in ("trained", "untrained"))
    picture = drawn(lesson.value["where-untrained"])
    last = picture[:, picture.shape[1] * 3 // 4 :]  # the untrained map
    coloured = float((np.ptp(last, axis=2) > 60).mean())
    said = f"largest values: trained {trained:.4f}, untrained {untrained:.4f}; {coloured:.1%} of its map is coloured"
    return 0 < untrained < 0.8 * trained and coloured > 0.02, said


@says("ask:untrained", "less than one time in ten.")
def _(lesson):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said = f"{100 * lesson.end.nothing_learned.rank(1):.1f} % untrained"
    return said in readme, f"the lesson's figure is {said!r}, which README does not say"
