"""Draws the first pictures of notebooks 01 and 04: python assets/pictures/make_01_04.py

They are committed as assets/pictures/01_who_is_it.png and 04_sum_and_gate.png, and with _dark for dark pages.
"""

from pathlib import Path

from drawing import DOTS, paper, write
from matplotlib.figure import Figure
from PIL import Image

from osnet_edu import assets
from osnet_edu.figures import BLUE, INK, MUTED, ORANGE, PAPER, STREAMS
from osnet_edu.people import read_people
from osnet_edu.photos import market

LINE = "#8a95a3"

FINE = STREAMS[0]  # stream 1


def who_is_it() -> Figure:
    """One query with its ranking: what is left out, what counts, and both scores."""
    people = market.read(assets.subset())
    seen = {Path(record.path).name: record for record in read_people(people.root)}

    def photo(person, camera):
        found = [p for p in people.gallery if (p.person, p.camera) == (person, camera)]
        return max(found, key=lambda p: seen[p.name].visible)

    def sight(p):
        return seen[p.name].visible

    def chosen(query):
        """Three photos of the person and two of the twin, by other cameras, those that show the print best."""
        others = [camera for camera in range(1, 7) if camera != query.camera]
        sides = [[photo(who, camera) for camera in others] for who in (query.person, seen[query.name].twin)]
        matches, impostors = (sorted(side, key=sight, reverse=True) for side in sides)
        return query, matches[:3], impostors[:2]

    stories = [chosen(p) for p in people.query if seen[p.name].twin and seen[p.name].part == "logo"]
    # The print has to be seen in all of the photos: the worst of them decides.
    query, matches, impostors = max(stories, key=lambda story: min(map(sight, (story[0], *story[1], *story[2]))))
    own = photo(query.person, query.camera)
    order = [(own, "out"), (matches[0], "hit"), (impostors[0], "other"), (matches[1], "hit"), (impostors[1], "other"),
             (matches[2], "hit")]  # fmt: skip
    figure, ax, text, box = paper(3.5)
    w, h, gap, left, top = 0.94, 1.88, 0.22, 0.15, 0.42

    def draw(photo, x):
        ax.imshow(Image.open(photo.path).convert("RGB"), extent=(x, x + w, top + h, top), aspect="auto", zorder=1)

    draw(query, left)
    text(left, 0.1, "query", 10.5, weight="bold")
    text(left, top + h + 0.1, f"camera {query.camera}", color=MUTED)
    ax.plot([1.35] * 2, [0.1, 2.95], color=LINE, lw=1)
    rank, hits, terms = 0, 0, []
    for i, (shown, kind) in enumerate(order):
        x = 1.6 + i * (w + gap)
        draw(shown, x)
        rank += kind != "out"
        if kind == "hit":
            hits += 1
            terms.append(f"{hits}/{rank}")
        style = {
            "hit": {"edgecolor": ORANGE, "lw": 4},
            "other": {"edgecolor": BLUE, "lw": 2, "ls": (0, (4, 3))},
            "out": {"edgecolor": MUTED, "lw": 1.5, "ls": (0, (1, 2))},
        }[kind]
        box(x - 0.03, top - 0.03, w + 0.06, h + 0.06, **style)
        text(x, 0.1, "no rank" if kind == "out" else f"rank {rank}", 10.5, weight="bold")
        words = {"hit": "✓ same person", "other": "✗ the twin", "out": "left out:"}[kind]
        colour = {"hit": ORANGE, "other": BLUE, "out": MUTED}[kind]
        text(x - 0.03, top + h + 0.1, words, 8.8, color=colour, weight="bold")
        below = {"hit": f"precision {terms[-1] if terms else ''}", "other": "", "out": "own camera"}[kind]
        text(x, top + h + 0.3, below, color=MUTED)
    average = sum((i + 1) / r for i, r in enumerate((1, 3, 5))) / 3
    scores = f"rank-1: the first that counts is right, 100 %.   AP = ({' + '.join(terms)}) / 3 = {average:.0%}."
    text(left, 3.12, scores, 11.5, weight="bold")
    return figure


def sum_and_gate() -> Figure:
    """The hand-made numbers of section 1: two people, two channels, two streams; summed and gated."""
    figure, _, text, box = paper(3.7)
    people = ("Ana", "Bea")
    cells = {  # channel: [(stream 1, stream 2) of each person], gates of the two streams
        "channel “print”": ([(0.9, 4.0), (0.1, 4.4)], (1.0, 0.1)),
        "channel “chest”": ([(3.6, 0.7), (3.8, 0.2)], (0.1, 1.0)),
    }
    scale = 0.44
    text(0.15, 1.03, "two streams", weight="bold")
    text(0.15, 1.75, "plain sum", weight="bold")
    text(0.15, 2.65, "gated sum", weight="bold")

    def bar(x, y, parts):
        for value, colour, hatch in parts:
            box(x, y, value * scale, 0.26, facecolor=colour, edgecolor=INK, lw=1, hatch=hatch)
            x += value * scale
        return x

    for column, (channel, (values, gates)) in enumerate(cells.items()):
        x = 1.75 + column * 3.7
        text(x, 0.12, channel, 11, weight="bold")
        sums, mixed = [sum(v) for v in values], [sum(g * s for g, s in zip(gates, v, strict=True)) for v in values]
        for row, (name, v) in enumerate(zip(people, values, strict=True)):
            text(x - 0.42, 0.8 + 0.36 * row, name, color=MUTED)
            end = bar(x, 0.78 + 0.36 * row, [(v[0], FINE.colour.light, ""), (v[1], PAPER, "////")])
            text(end + 0.06, 0.8 + 0.36 * row, f"{v[0]} + {v[1]}", 9, color=MUTED)
            text(x + 0.8 * row, 1.75, f"{name} {sums[row]:.1f}", 12)
            text(x + 1.0 * row, 2.65, f"{name} {mixed[row]:.2f}", 12)
        text(x, 2.02, f"ratio {sums[0] / sums[1]:.1f}: nearly alike", color=MUTED)
        text(x, 2.36, f"gates {gates[0]} and {gates[1]}", 9, color=MUTED)
        text(x, 2.92, f"ratio {mixed[0] / mixed[1]:.1f}: told apart", color=INK, weight="bold")
    box(1.75, 0.44, 0.24, 0.16, facecolor=FINE.colour.light, edgecolor=INK)
    text(2.06, 0.43, "stream 1, fine", 9)
    box(3.2, 0.44, 0.24, 0.16, facecolor=PAPER, edgecolor=INK, hatch="////")
    text(3.51, 0.43, "stream 2, coarse", 9)
    text(0.15, 3.32, "No single weight a stream serves both channels: the gate has to be a vector.", 10.5)
    return figure


if __name__ == "__main__":
    write({"01_who_is_it": who_is_it, "04_sum_and_gate": sum_and_gate}, dots=2 * DOTS)
