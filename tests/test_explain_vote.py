"""Segment vote against networks whose answer is known, and what it does where the slopes say nothing."""

import re

import numpy as np
import pytest
import torch
from test_explain_exchange import HEIGHT, NEGATIVE, OTHER, PATCH, QUERY, WIDTH, inside
from torch import nn

from osnet_edu import Refused, assets
from osnet_edu.embed import TorchEmbedder
from osnet_edu.explain import Network, ask, pieces, vote
from osnet_edu.grading import marks


class Reads(nn.Module):
    """A network of three stages that knows the mean colour of one rectangle and nothing else."""

    def __init__(self, where):
        super().__init__()
        self.conv2, self.conv3, self.conv4 = nn.AvgPool2d(2), nn.Identity(), nn.Identity()
        self.shift = nn.Parameter(torch.tensor(3.0))  # normalised colours, made positive
        self.where = tuple(slice(one.start // 2, one.stop // 2) for one in where)

    def forward(self, images):
        cells = self.conv4(self.conv3(self.conv2(images + self.shift)))
        return cells[:, :, self.where[0], self.where[1]].mean((2, 3))


@pytest.mark.parametrize("where", [PATCH, OTHER])
def test_it_finds_the_piece_that_the_network_reads(where):
    heat = ask(Network(Reads(where).eval()), QUERY[None], NEGATIVE[None], "segment vote")[0]
    score = marks.grade(heat, inside(where), against=True)
    assert score.rank > 0.9 and score.mass > 0.5 and score.pointing == 1
    assert heat.shape == (HEIGHT, WIDTH) and (heat <= 0).all() and heat.sum() == pytest.approx(-1, abs=1e-9)


def test_the_slopes_alone_lie_in_what_the_network_reads_and_nowhere_else():
    heat = vote.against_by_slopes(Reads(PATCH).eval(), QUERY, NEGATIVE)
    off = heat.copy()
    off[18:34, 8:24] = 0  # the patch, and a cell around it
    assert np.abs(off).max() == 0 and np.abs(heat[PATCH]).min() > 0


def test_a_cell_is_compared_with_the_cells_that_match_it():
    """Two kinds of cells at one height: each finds its own kind, and far up there is only the other kind."""
    cells = torch.zeros(1, 2, 40, 2)
    cells[0, 0, :, 0] = cells[0, 1, :, 1] = 1
    found = vote._matching(cells, cells)
    assert found[0, 0, 20, 0] == pytest.approx(np.exp(4) / (np.exp(4) + 1), abs=1e-4)  # cosine 1 against 0
    assert found[0, :, 20, 0].sum() == pytest.approx(1, abs=1e-5)
    others = cells.clone()
    others[0, :, 20:, 0] = torch.tensor([0.0, 1.0])[:, None]
    far = vote._matching(cells, others)
    assert far[0, 0, 39, 0] < 0.01 < 0.9 < far[0, 0, 0, 0]


def test_the_slopes_decide_which_pieces_are_exchanged():
    """Only pieces near the largest slope are asked: far fewer photos than the 1,600 of segment exchange."""
    embedder, many = TorchEmbedder(Reads(PATCH).eval()), []

    def embed(photos):
        many.append(len(photos))
        return embedder(photos)

    vote.by_vote(Reads(PATCH).eval(), embed, QUERY, NEGATIVE)
    assert many[0] < 800 and many[1] == 2  # the query and its mirror image


def test_a_striped_garment_is_one_piece_of_texture_and_not_one_of_colour():
    photo = np.full((64, 32, 3), 110, np.uint8)
    garment = np.zeros((64, 32), bool)
    garment[16:48, 6:26] = True
    photo[16:48, 6:26] = np.where(np.arange(32)[:, None, None] % 4 < 2, (200, 40, 40), (40, 60, 200))

    def best(found):
        shares = []
        for piece in found:
            mine = np.zeros(64 * 32, bool)
            mine[piece.pixels] = True
            shares.append((mine & garment.ravel()).sum() / (mine | garment.ravel()).sum())
        return max(shares)

    assert best(pieces.cut_textures(photo, 8)) > 0.6 > 0.4 > best(pieces.cut(photo, 8))
    every = np.concatenate([piece.pixels for piece in pieces.cut_textures(photo, 8)])
    assert np.array_equal(np.sort(every), np.arange(64 * 32))


def test_photos_that_do_not_fit_and_networks_without_stages_are_refused():
    with pytest.raises(Refused, match="one size"):
        ask(Network(Reads(PATCH).eval()), QUERY[None], NEGATIVE[None, :32], "segment vote")
    with pytest.raises(Refused, match="conv4"):
        ask(
            Network(nn.Sequential(nn.Flatten(), nn.Linear(HEIGHT * WIDTH * 3, 2))),
            QUERY[None],
            NEGATIVE[None],
            "segment vote",
        )


def test_what_the_card_says_of_the_vote_is_what_was_measured():
    shipped = assets.path("results/own_method.txt").read_text(encoding="utf-8")
    card = " ".join(assets.path("osnet_x0_25.md").read_text(encoding="utf-8").split())
    tables = [block.splitlines() for block in shipped.split("\n\n")]
    for name, called in {
        "segment vote": "segment vote", "segment exchange": "segment exchange",
        "segment occlusion": "segment occlusion on the same pieces",
    }.items():  # fmt: skip
        cells, random = [], []
        for lines in tables:
            (own,) = (line for line in lines if re.match(rf"{name}  ", line))
            (other,) = (line for line in lines if line.startswith(f"{name}, untrained"))
            rank, low, high, mass = re.findall(r"\d\.\d\d", own)[:4]
            cells += [f"{rank} [{low}, {high}]", mass]
            random.append(re.findall(r"\d\.\d\d", other)[0])
        assert f"| {called} | {' | '.join(cells)} | {', '.join(random)} |" in card
    together = shipped.partition("Both seeds together, ")[2].splitlines()
    count = together[0].split()[0]
    gaps = [re.findall(r"-?\d\.\d\d", line)[:3] for line in together[1:3]]
    exchange, occlusion = (f"{value} [{low}, {high}]" for value, low, high in gaps)
    said = f"Over the {count} differences of both seeds the vote is above segment exchange by {exchange} in rank, "
    assert f"{said}and above segment occlusion by {occlusion}." in card
    assert float(gaps[0][1]) > 0
