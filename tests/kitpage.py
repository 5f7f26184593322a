"""One notebook with every widget of the kit and figures of a pair, in the states in which their marks are seen."""

from __future__ import annotations

from pathlib import Path

import nbformat
from labpage import LabPage

BEGIN = """import torch
torch.set_num_threads(1)
from IPython.display import display
from osnet_edu import assets, embed, explore, figures, people, widgets
from osnet_edu.network import weights
from osnet_edu.photos import market
album, shelf = explore.shipped()
rankings = shelf.rankings(explore.SHIPPED)
found = market.read(assets.subset())
photos = market.decode([rankings.queries[0], *rankings.gallery[:3]], (128, 64)).images"""

PREDICT = """ask = dict(question="What is `1 + 1`?", answers=["one", "two", "three"], truth=2, because="So it is.")
one, two = (widgets.Predict(**ask) for _ in "ab")
one.set_state({"chosen": 2})
two.set_state({"chosen": 1})
display(one, two)"""

RANKING = """query = found.query[0]
second = next(p for p in found.query if p.person == query.person and p.camera != query.camera)
mates = [p for p in found.gallery if p.person == query.person][:4]
others = [p for p in found.gallery if p.person > query.person][:3]
strangers = [p for p in found.gallery if p.person <= 0][:2]
widgets.Ranking([query, second], [*mates, *others, *strangers])"""

TRIPLES = "widgets.{}(rankings=rankings, folder=album.folder, checkpoint=None)"

DUEL = f"""duel = {TRIPLES.format("Duelling")}
duel.question = duel.questions[1]  # what speaks against the impostor, too
duel"""

EXPLORER = """explorer = widgets.Explorer()
explorer"""

LAB = """lab, edited = widgets.PedestrianLab(), widgets.PedestrianLab()
edited.changes = {"top_color": [1, 0, 0]}  # somebody else comes first
display(lab, edited)"""

MATCHING = """who = people.draw_identity(21, 0)
shots = [people.render(who, people.draw_view(21, 0, camera, 0)) for camera in (2, 5)]
widgets.Matching(weights.shipped().model, *shots)"""

GRADER = f"""import sys
sys.path.append({str(Path(__file__).resolve().parent)!r})
from planted_cases import planted
widgets.MapGrader(weights.shipped().model, planted(), outlined=True)"""

LAYERS = """display(widgets.Convolution(photos[0][::2, ::2]), widgets.ReceptiveField(photos))
display(widgets.NetworkCosts(), widgets.CompareBlocks())
widgets.GateMixer(weights.shipped().model, photos[0], same=photos[1], other=photos[2])"""

GAME = """game = widgets.WhoIsIt()
game.answers = [0]
display(game, widgets.PickQuery(*(
    embed.Embedding(features, photos) for features, photos in (
        (rankings.query_features, rankings.queries), (rankings.gallery_features, rankings.gallery)))))"""

FLOW = """widgets.Flow(at="conv3.1 stream 3", cell=["conv3.1 stream 3", 0, 7, 3])"""

REPLAY = """board = widgets.replay()
board.frames, board._played = list(board.recording.frames), len(board.recording.frames)
board._show()
board"""

FIGURES = """figures.show(figures.photos(photos[:2], ["a", "b"], same=[True, False]))"""
TRIPLET = "figures.show(figures.triplet(photos[:3], (0.5, 0.6)))"
RANKED = "figures.show(figures.ranking(photos[0], photos[:3], [False, True, False], [0.9, 0.8, 0.7]))"

CELLS = (
    BEGIN, GAME, PREDICT, RANKING, LAB, TRIPLES.format("GateTheatre"), DUEL, MATCHING, GRADER, EXPLORER, LAYERS, FLOW,
    REPLAY, FIGURES, TRIPLET, RANKED,
)  # fmt: skip


def opened(page: LabPage, root: Path) -> None:
    """Write the notebook into the served folder, open it and run it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, root / "kit.ipynb")
    page.open("kit.ipynb")
    page.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.run_all(patience=300)
    assert page.errors() == []
