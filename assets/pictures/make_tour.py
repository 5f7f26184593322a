"""Draws the README's picture, assets/pictures/tour.png: python assets/pictures/make_tour.py

One ranking by the shipped weights, and three attributions of its best match, on white paper.
"""

import io
from pathlib import Path

from PIL import Image

from osnet_edu import assets, explain, figures, retrieval
from osnet_edu.embed import embed, normalise
from osnet_edu.network import weights
from osnet_edu.photos import market

OUT = Path(__file__).resolve().with_name("tour.png")
QUERY = 50
WIDTH = 950  # pixels


def main() -> None:
    checkpoint, people = weights.shipped(), market.read(assets.subset())
    queries, gallery = (embed(checkpoint.model, side, size=checkpoint.size) for side in (people.query, people.gallery))
    row = retrieval.distances(queries.features, gallery.features)[QUERY]
    person, camera = queries.people[QUERY], queries.cameras[QUERY]
    order = retrieval.ranking(row, person, camera, gallery.people, gallery.cameras)
    match = next(gallery.photos[i] for i in order if gallery.people[i] == person)
    pictures = market.decode([queries.photos[QUERY], match], checkpoint.size).images
    images = normalise(pictures)
    target = explain.similarity(explain.embed(checkpoint.model, images[0]))
    methods = ("integrated gradients", "Grad-CAM", "occlusion")
    maps = {name: explain.METHODS[name](checkpoint.model, images[1], target)[0] for name in methods}
    title = "Which pixels made it say so? Three methods, three answers"
    drawn = [
        figures.ranked(queries, gallery, query=QUERY),
        figures.heats(pictures[1], maps, reference=pictures[0], title=title, one_scale=False),
    ]
    rows = []
    for figure in drawn:
        held = io.BytesIO()
        figure.savefig(held, dpi=100, facecolor="white")
        rows.append(Image.open(held).convert("RGB"))
    paper = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), "white")
    for i, row in enumerate(rows):
        paper.paste(row, (0, sum(other.height for other in rows[:i])))
    paper.resize((WIDTH, round(paper.height * WIDTH / paper.width)), Image.LANCZOS).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
