"""Draws the first pictures of notebooks 06 and 07: python assets/pictures/make_06_07.py

They are committed as assets/pictures/06_siblings.png and 07_the_loop.png, and with _dark for dark pages.
"""

from collections.abc import Sequence

import numpy as np
import torch
from drawing import DOTS, WIDTH, paper, write
from matplotlib.patches import FancyBboxPatch

from osnet_edu import assets, train
from osnet_edu.embed import MEAN, STD
from osnet_edu.figures import BLUE, INK, MUTED, ONE, ORANGE, PANEL, PAPER
from osnet_edu.network import siblings
from osnet_edu.photos import market

EDGE = "#b6c0cd"
MIDDLES = (  # of a row of the table: in words, and how its streams are joined in a word
    ("primary", "omni-scale block", "equal steps of scale", "gate"),
    ("inception", "Inception-style", "a mixture made by hand", "concat"),
    ("resnext", "ResNeXt-style", "many streams, one scale", "add"),
    ("se", "SE-style", "one stream, channels weighted", "gate"),
)


def rounded(ax, x: float, y: float, width: float, height: float, *, edge: str = EDGE, thick: float = 1.2) -> None:
    shape = "round,pad=0,rounding_size=0.04"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, facecolor=PANEL, edgecolor=edge, lw=thick))


def four_siblings():
    """Each block: its streams and what they see, the join, and whether that looks at the photo."""
    step, gap = 0.3, 0.32
    lanes = {key: siblings.lanes(siblings.block(key, 64, 256)) for key, *_ in MIDDLES}
    figure, ax, text, _ = paper(0.45 + sum(step * max(2, len(lanes[key])) + gap for key, *_ in MIDDLES) - gap)
    text(6.68, 0.1, "sees", 8.5, color=ONE, ha="center")
    top = 0.3
    for key, name, idea, join in MIDDLES:
        high = step * max(2, len(lanes[key]))
        middle, dynamic = top + high / 2, siblings.find(key).dynamic
        text(0.1, middle - 0.27, name, 12.5, weight="bold", color=INK)
        text(0.1, middle + 0.03, idea, 9.5, color=MUTED)
        for x, words in ((2.33, "squeeze"), (6.95, join), (7.47, "expand")):
            chosen = words == "gate"
            rounded(ax, x, top, 0.3 if chosen else 0.27, high, edge=INK if chosen else EDGE, thick=3 if chosen else 1.2)
            text(x + 0.14, middle, words, 8.5, rotation=90, ha="center", va="center")
        ax.annotate("", (7.46, middle), (7.26, middle), arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.1})
        for i, lane in enumerate(lanes[key]):
            y = middle + (i - (len(lanes[key]) - 1) / 2) * step
            ax.plot([2.6, 6.95], [y, y], color=EDGE, lw=1.2, zorder=0)
            x = 2.75
            for layer in lane.layers:
                wide = 0.2 + 0.068 * len(layer)
                for back in range(2 if lane.count > 1 else 0, -1, -1):
                    rounded(ax, x + 0.05 * back, y - 0.1 - 0.05 * back, wide, 0.2)
                text(x + wide / 2, y, layer, 8.5, ha="center", va="center")
                x += wide + 0.12
            paper_white = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
            if lane.count > 1:
                text(x + 0.08, y, f"{lane.count} of them, all alike", 8.5, va="center", bbox=paper_white)
            sees = f"{lane.scale}x{lane.scale}"
            text(6.68, y, sees, 9, color=ONE, weight="bold", ha="center", va="center", bbox=paper_white)
        words, colour = ("looks at\nthe photo", INK) if dynamic else ("the same for\nevery photo", MUTED)
        weight = "bold" if dynamic else "normal"
        text(7.88, middle, words, 9, color=colour, weight=weight, va="center", linespacing=1.4)
        top += high + gap
    return figure


def the_loop():
    """A batch of people, changed a little, through the network to two losses and a step; and again."""
    config = train.TrainConfig()
    shots, rows = config.shots, 4
    figure, ax, text, _ = paper(3.0)
    found = market.read(assets.subset())
    data = train.load([photo for photo in found.train if photo.person <= 120], config.size)
    across = 4 // shots  # people beside one another, so that a panel has four photos a row
    vivid = np.array([np.ptp(data.images[data.labels == i], axis=3).mean() for i in range(len(data.people))])
    chosen = [
        np.flatnonzero(data.labels == person)[1 :: 12 // shots][:shots] for person in vivid.argsort()[-rows * across :]
    ]
    chosen = np.concatenate(chosen)
    batch = data.images[chosen]
    seen = train.augment(torch.from_numpy(batch), config, np.random.default_rng(3)).permute(0, 2, 3, 1).numpy()
    changed = ((seen * STD + MEAN).clip(0, 1) * 255).round().astype(np.uint8)
    width, top, high, lefts = 1.5, 0.5, 1.98, [0.1 + 1.8 * i for i in range(5)]
    titles = ("a batch of people", "changed a little", "the network", "two losses", "a step")
    for i, (x, title) in enumerate(zip(lefts, titles, strict=True)):
        text(x, 0.15, f"{i + 1}  {title}", 10.5, weight="bold")
        rounded(ax, x, top, width, high)
        if i < 4:
            y = top + high / 2
            ax.annotate("", (x + 1.79, y), (x + 1.52, y), arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.6})
    for x, images in zip(lefts, (batch, changed), strict=False):
        _grid(ax, images, x, top, shots, across)
    for j, (tall, wide) in enumerate(((1.5, 0.28), (1.15, 0.24), (0.87, 0.2), (0.55, 0.17))):
        x, y = lefts[2] + 0.14 + 0.34 * j, top + 0.9 - tall / 2
        ax.fill_between([x, x + wide], y, y + tall, color=ONE, lw=0)
    text(lefts[2] + width / 2, top + 1.73, "embedding", 9, color=MUTED, ha="center")
    x = lefts[3] + 0.1
    text(x, top + 0.08, "cross-entropy", 10, weight="bold")
    text(x, top + 0.27, "who is it?", 9, color=MUTED)
    for j, share in enumerate((0.12, 0.42, 0.06, 0.1, 0.04)):
        ax.fill_between(
            [x + 0.22 * j, x + 0.22 * j + 0.15], top + 0.92 - share, top + 0.92, color=ONE if j == 1 else EDGE
        )
    text(x, top + 1.07, "triplet", 10, weight="bold")
    text(x, top + 1.26, "who is closer?", 9, color=MUTED)
    ax.plot([x + 0.1, x + 0.5], [top + 1.66] * 2, "o-", color=ORANGE, lw=2, ms=5)
    ax.plot([x + 0.1, x + 1.1], [top + 1.82] * 2, "--", color=BLUE, lw=2)
    ax.plot([x + 1.1], [top + 1.82], "s", color=BLUE, ms=5)
    x = lefts[4] + 0.12
    text(x, top + 0.08, "learning rate", 10, weight="bold")
    rates = [train.learning_rate(config, step) / config.learning_rate for step in range(1, config.steps + 1)]
    ax.plot(x + np.linspace(0, 1.2, len(rates)), top + 1.1 - 0.7 * np.array(rates), color=ONE, lw=2.2)
    text(x, top + 1.27, "AdamW moves all\nweights, and makes\nthem a little smaller", 9, color=MUTED, linespacing=1.4)
    last = lefts[4] + width / 2
    ax.plot([last, last, lefts[0] + 0.75, lefts[0] + 0.75], [top + high, 2.72, 2.72, 2.66], color=MUTED, lw=1.6)
    ax.annotate(
        "",
        (lefts[0] + 0.75, top + high),
        (lefts[0] + 0.75, 2.72),
        arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.6},
    )
    text(WIDTH / 2, 2.76, f"and again, some {config.steps:,} times", 9, color=MUTED, ha="center")
    return figure


def _grid(ax, images: Sequence[np.ndarray], x: float, y: float, shots: int, across: int) -> None:
    """Photos four a row; people lie apart from one another, the photos of a person close."""
    wide, tall, between = 0.22, 0.44, 0.05
    room = 1.5 - across * (shots * wide + (shots - 1) * between)
    for i, image in enumerate(images):
        person, shot = divmod(i, shots)
        row, column = divmod(person, across)
        left = (
            x
            + room / (across + 1) * (column + 1)
            + column * (shots * (wide + between) - between)
            + shot * (wide + between)
        )
        up = y + 0.08 + row * 0.47
        ax.imshow(image, extent=(left, left + wide, up + tall, up), interpolation="bilinear", aspect="auto", zorder=3)


if __name__ == "__main__":
    write({"06_siblings": four_siblings, "07_the_loop": the_loop}, dots=2 * DOTS)
