"""Takes the README's pictures of the widgets, as a browser shows them: python assets/pictures/front/make.py [NN ...]

Each scene is a small notebook in a real JupyterLab in a real Chromium, with the shipped weights and photos, in the
light theme. What is cut out of the widget is made 480 pixels wide, the explorer's large picture 1000, with a palette.
"""

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CHOSEN = "OSNET_EDU_SCENES"  # names with spaces between; unset: all
START = """import torch
torch.set_num_threads(1)
import numpy as np
from osnet_edu import assets, figures, retrieval, widgets
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.retrieval import mining
"""
RANKING = """from osnet_edu.embed import embed
people, checkpoint = market.read(assets.subset()), weights.shipped()
def photos(side, cameras):
    return [next(p for p in side if (p.person, p.camera) == pair) for pair in cameras]
asked = photos(people.query, [(188, 1), (187, 1)])
shown = photos(people.gallery, [(who, camera) for camera in (1, 2, 3) for who in (188, 187)] + [(0, 2), (-1, 3)])
sides = [embed(checkpoint.model, side, size=checkpoint.size).features for side in (asked, shown)]
w = widgets.Ranking(asked, shown, distances=retrieval.distances(*sides))"""
CONVOLUTION = """small = market.decode([market.read(assets.subset()).query[24]], (64, 32)).images[0]
w = widgets.Convolution(small, row=24, column=16)"""
FIELD = """query = market.read(assets.subset()).query
photos = market.decode([query[i] for i in range(24, 64, 5)], (128, 64)).images
w = widgets.ReceptiveField(photos, weights.shipped().model, block="conv2.1", stream=3)"""
MIXER = """people, checkpoint = market.read(assets.subset()), weights.shipped()
who = people.query[24]
same = next(p for p in people.gallery if p.person == who.person and p.camera != who.camera)
other = next(p for p in people.gallery if p.person > who.person and p.camera == same.camera)
pictures = market.decode([who, same, other], checkpoint.size).images
w = widgets.GateMixer(checkpoint.model, pictures[0], same=pictures[1], other=pictures[2], block="conv2.1")"""
DUEL = """w = widgets.Duelling(weights.shipped(), assets.subset())
w.triple, w.outlined = 210, True"""
LEADERBOARD = """from osnet_edu.grading import leaderboard
figures.show(figures.leaderboard(leaderboard.shipped(), title="Who finds where the twins differ, across views?"))"""
SPLIT = """import shutil, tempfile
from pathlib import Path
from osnet_edu.photos import splitting
plain = Path(tempfile.mkdtemp())
names = {209: "Ana", 210: "Bea", 181: "Cleo", 183: "Dora"}
for photo in market.read(assets.subset()).query:
    if photo.person in names and photo.camera <= 3:
        (plain / names[photo.person]).mkdir(exist_ok=True)
        shutil.copy(photo.path, plain / names[photo.person])
sides = zip(("train", "query", "gallery"), splitting.split(plain).market)
placed = [(side, photo) for side, photos in sides for photo in photos]
captions = [f"{photo.path.parent.name}\\n{side}" for side, photo in placed]
pictures = market.decode([photo for _, photo in placed], (128, 64)).images
figures.show(figures.photos(pictures, captions, width=1.0, per_row=6))"""
FOUND = "0188_c2s1_018800_01.jpg"  # ranked wrongly: her twin comes first


@dataclass(frozen=True)
class Scene:
    """cell: makes the widget w.  selector: its box.  window: width of the browser's, pixels.

    cut: left, top, width, height of what is kept, pixels of the box.  press: a button to press first.  wait: then,
    seconds.  size: the picture's width, pixels.  before: a cell that comes first.
    """

    cell: str
    selector: str
    window: int
    cut: tuple[int, int, int, int]
    press: str = ""
    wait: float = 1.0
    size: int = 480
    before: str = ""


SCENES = {
    "00": Scene("w = widgets.WhoIsIt()", ".oe-box", 940, (0, 0, 760, 370)),
    "01": Scene(RANKING, ".oe-box", 960, (0, 0, 780, 500)),
    "02": Scene(CONVOLUTION, ".oe-box", 1000, (0, 0, 820, 547)),
    "03": Scene(FIELD, ".oe-box", 940, (0, 0, 750, 500)),
    "04": Scene(MIXER, ".oe-box", 1060, (0, 0, 880, 587)),
    "05": Scene("w = widgets.NetworkCosts()", ".oe-box", 940, (0, 0, 750, 500)),
    "06": Scene("w = widgets.CompareBlocks()", ".oe-box", 940, (0, 0, 760, 478)),
    "07": Scene("w = widgets.replay(speed=100)", ".oe-box", 1150, (0, 0, 1050, 588), press="Play", wait=12),
    "08": Scene(
        "w = widgets.GateTheatre(weights.shipped(), assets.subset())",
        ".oe-box",
        1150,
        (0, 80, 930, 640),
        "silence stream 3",
    ),
    "09": Scene(DUEL, ".oe-box", 960, (0, 0, 790, 527)),
    "10": Scene('w = widgets.ask("10.floor")', ".jp-OutputArea-output img", 1150, (0, 0, 848, 565), before=LEADERBOARD),
    "11": Scene(f'w = widgets.Explorer(query="{FOUND}", failures=True)', ".oe-box", 960, (0, 80, 780, 520)),
    "12": Scene('w = widgets.ask("12.int8")', ".jp-OutputArea-output img", 1150, (0, 0, 848, 500), before=SPLIT),
    "explorer": Scene(
        f'w = widgets.Explorer(query="{FOUND}", failures=True)', ".oe-box", 1182, (0, 0, 1000, 900), wait=2, size=1000
    ),
}


@pytest.mark.parametrize("name", os.environ.get(CHOSEN, "").split() or list(SCENES))
def test_scene(page, lab_server, name):
    from labpage import LIGHT
    from test_widgets_browser import Bench

    scene = SCENES[name]
    Bench(page, lab_server.root, f"front_{name}", START, *filter(None, [scene.before, scene.cell]))
    view = page.page
    page.theme(LIGHT)
    view.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    view.set_viewport_size({"width": scene.window, "height": 2400})
    box = view.locator(scene.selector).first
    if scene.press:
        box.get_by_role("button", name=scene.press).first.click()
        view.mouse.move(0, 0)
    view.wait_for_timeout(1000 * scene.wait)
    whole = Image.open(io.BytesIO(box.screenshot())).convert("RGB")
    left, top, width, height = scene.cut
    cut = whole.crop((left, top, min(left + width, whole.width), min(top + height, whole.height)))
    small = cut.resize((scene.size, round(cut.height * scene.size / cut.width)), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        os.environ[CHOSEN] = " ".join(sys.argv[1:])
    sys.path.insert(0, str(ROOT / "tests"))
    options = ["-p", "conftest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    sys.exit(pytest.main([*options, __file__]))
