"""The duel, its evidence by part, the badge, and correspondence: all with answers that can be worked out by hand."""

import numpy as np
import pytest
import torch
from test_explain import small
from torch import nn

from osnet_edu import explain, people
from osnet_edu.embed import TorchEmbedder, normalise
from osnet_edu.explain import METHODS, TABLE, correspondence, duel, margin, similarity
from osnet_edu.grading import badge
from osnet_edu.network import weights
from osnet_edu.people import Shot


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(0).integers(0, 256, (3, 64, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def model():
    return weights.shipped().model


# ---- the duel --------------------------------------------------------------------------------------------------------


def test_a_duel_asks_the_margin_of_the_query_and_the_similarity_of_the_others(model, photos):
    found = duel.between(model, photos)
    images = normalise(photos)
    q, p, n = explain.embed(model, images).split(1)
    expected = [
        METHODS[duel.DEFAULT](model, images[k : k + 1], target)[0]
        for k, target in enumerate((margin(p, n), similarity(q), similarity(q)))
    ]
    np.testing.assert_allclose(found.heat, expected, atol=1e-7)
    assert found.match == pytest.approx(float(similarity(q)(p)), abs=1e-6)
    assert found.impostor == pytest.approx(float(similarity(q)(n)), abs=1e-6)
    assert found.margin == pytest.approx(found.match - found.impostor)
    assert found.scale == np.abs(found.heat).max() and np.isnan(found.missed)


def test_the_residual_is_that_of_the_worst_map(model, photos):
    for method in (name for name, one in TABLE.items() if one.adds_up):
        found = duel.between(model, photos, method)
        images = normalise(photos)
        q, p, n = explain.embed(model, images).split(1)
        worst = max(
            explain.completeness(model, images[k : k + 1], target, found.heat[k : k + 1]).missed[0]
            for k, target in enumerate((margin(p, n), similarity(q), similarity(q)))
        )
        assert found.missed == pytest.approx(worst)
    assert duel.between(model, photos, "point decomposition").bias != 0


@pytest.mark.parametrize("method", ["occlusion", "segment exchange"])
def test_forward_methods_take_the_fast_engine(model, photos, method):
    fast = TorchEmbedder(model)
    quick, plain = (duel.between(model, photos, method, fast=engine).heat for engine in (fast, None))
    assert np.corrcoef(quick.ravel(), plain.ravel())[0, 1] > 0.98


def test_evidence_is_the_signed_mass_of_each_part():
    heat = np.zeros((3, 2, 3))
    heat[1] = [[3, 1, -9], [0, 0, 4]]  # of what is above 0 on the positive: 4 on part 0, 4 on part 2
    heat[2] = [[-1, 5, 0], [-3, 0, 0]]  # below 0 on the negative: 1 on part 1, 3 on part 2
    masks = np.array([[[0, 0, 0], [0, 0, 0]], [[0, 0, 1], [1, 1, 2]], [[1, 1, 1], [2, 2, 2]]])
    made = duel.Duel("by hand", heat, 0.9, 0.8, np.nan, np.nan)
    found = duel.evidence(made, masks, ("wall", "top", "bag", "hat"))
    assert found.speaks_for == {"wall": 0.5, "bag": 0.5, "top": 0.0}  # no hat is in the photo
    assert found.speaks_against == {"bag": 0.75, "top": 0.25}
    assert found.area_for == pytest.approx({"top": 0.5, "wall": 1 / 3, "bag": 1 / 6})
    assert str(found) == (
        "50 % of what speaks for the match is on the wall (33 % of the photo), 50 % on the bag (17 %). "
        "75 % of what speaks against the impostor is on the bag (50 % of the photo), 25 % on the top (50 %)."
    )
    nothing = duel.Duel("by hand", np.zeros((3, 2, 3)), 0.9, 0.8, np.nan, np.nan)
    said = str(duel.evidence(nothing, masks, ("wall", "top", "bag")))
    assert said == "Nothing speaks for the match. Nothing speaks against the impostor."


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m, x: duel.between(m, x[:2]), r"three photos \(3, H, W, 3\) of uint8, got \(2, 64, 32, 3\)"),
        (lambda m, x: duel.between(m, x, "magic"), "a method is one of gradient, .*segment exchange, got 'magic'"),
        (lambda m, x: duel.between(m, x[[0, 1, 0]]), "the query and the negative are the same photo"),
        (lambda m, x: duel.between(m, x[[0, 1, 1]]), "the positive and the negative are the same photo"),
        (lambda m, x: duel.evidence(duel.between(m, x), np.zeros((3, 2, 2), int), ("a",)), r"masks \(3, 64, 32\)"),
        (lambda m, x: duel.evidence(duel.between(m, x), np.full((3, 64, 32), 2), ("a",)), "numbers 0 to 0, got 2 to 2"),
    ],
)
def test_what_is_no_duel_is_refused(model, photos, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(model, photos)


# ---- the badge -------------------------------------------------------------------------------------------------------


def test_a_twin_pair_is_graded_by_where_it_differs():
    heat = -np.array([[4.0, 3.0, 0.0], [0.0, 1.0, 0.0]])
    truth = np.array([[True, False, False], [False, True, False]])
    found = badge.award(heat, truth=truth)
    assert (found.kind, found.grade, found.chance) == (badge.TWIN, 0.5, pytest.approx(1 / 3))
    assert not found.failed and str(found).startswith("Grade 0.50 of 1")
    missed = badge.award(heat, truth=~truth & (np.arange(3) == 2))
    assert missed.failed and missed.reasons == ("It points at the difference no better than chance.",)


def test_a_map_that_fails_a_check_says_why():
    rng = np.random.default_rng(0)
    heat = -rng.random((6, 4))
    plain = badge.award(heat)
    assert plain.kind == badge.NO_TRUTH and not plain.failed and "nobody knows the truth" in str(plain)
    assert badge.award(heat, missed=0.09).reasons == ()
    assert "misses what it ought to explain by 85 %" in badge.award(heat, missed=0.85).reasons[0]
    assert "The map is blank" in badge.award(-heat).reasons[0]
    assert "speaks for it" in badge.award(heat, against=False).reasons[0]
    assert "(rank correlation 1.00)" in badge.award(heat, random=3 * heat).reasons[0]
    assert badge.award(heat, random=-rng.random((6, 4))).reasons == ()
    with pytest.raises(ValueError, match="two maps of one shape"):
        badge.award(heat, random=heat[:3])


# ---- correspondence --------------------------------------------------------------------------------------------------


class Blocks(nn.Module):
    """A stage that averages cells of 4 x 4 pixels: two photos' cells are alike where their colours are."""

    def __init__(self):
        super().__init__()
        self.stage = nn.AvgPool2d(4)

    def forward(self, x):
        return self.stage(x).mean((2, 3))


def coloured(cells):
    """A photo of 4 x 4 pixels a cell, of a colour for each cell."""
    return np.kron(cells, np.ones((4, 4, 1), int)).astype(np.uint8)


def test_what_moved_is_found_where_it_went():
    cells = np.random.default_rng(3).integers(0, 256, (4, 3, 3))
    found = correspondence.matches(Blocks(), coloured(cells), coloured(np.roll(cells, (1, 1), (0, 1))), stage="stage")
    rows, columns = np.meshgrid(np.arange(4), np.arange(3), indexing="ij")
    np.testing.assert_array_equal(found.best, np.stack([(rows + 1) % 4, (columns + 1) % 3], 2))
    assert found.similarity.max() == pytest.approx(1)


def shot(piece, uv):
    empty = np.zeros((*piece.shape, 3), np.float32)
    return Shot(empty, piece * 0, empty, piece * 0.0, empty, uv.astype(np.float32), piece.astype(np.int16))


def test_the_true_place_is_where_the_same_surface_shows():
    """A person of two pieces walks 2 cells to the right; one cell of the second piece is hidden there."""
    piece = np.full((8, 16), -1)
    piece[:4, :8], piece[4:, :4] = 0, 1
    rows, columns = np.divmod(np.arange(8 * 16).reshape(8, 16), 16)
    uv = np.stack([columns / 16, rows / 8], 2)
    other_piece, other_uv = np.roll(piece, 8, 1), np.roll(uv, 8, 1)
    other_piece[4:] = -1
    true = correspondence.truth(shot(piece, uv), shot(other_piece, other_uv), (2, 4))
    np.testing.assert_allclose(true[0, :2], [[0, 2], [0, 3]], atol=1e-6)
    assert np.isnan(true[0, 2:]).all() and np.isnan(true[1]).all()
    table = np.zeros((2, 4, 2, 4))
    table[0, 0, 0, 2] = table[0, 1, 1, 0] = 1
    graded = correspondence.match_score(correspondence.Matches(table), true)
    # of 8 places, those within 1.5 cells: of (0, 2) six, of (0, 3) four; who stays is 2 away
    assert graded == correspondence.MatchScore(0.5, (6 + 4) / 16, 0.0, 2)


def test_where_a_surface_runs_round_it_is_one():
    piece = np.zeros((4, 4), int)
    one, other = (np.dstack([np.full((4, 4), u), np.tile(np.arange(4) / 4, (4, 1)).T]) for u in (0.99, 0.01))
    assert not np.isnan(correspondence.truth(shot(piece, one), shot(piece, other), (4, 4))).any()


def test_a_person_and_herself_lie_where_they_lie():
    one = people.render(people.draw_identity(3, 1), people.draw_view(3, 1, 2, 0), size=(64, 32))
    true = correspondence.truth(one, one, (8, 4))
    rows, columns = np.meshgrid(np.arange(8), np.arange(4), indexing="ij")
    known = ~np.isnan(true[..., 0])
    assert known.sum() >= 8
    away = np.linalg.norm(true - np.stack([rows, columns], 2), axis=2)[known]
    assert away.max() < 0.6  # a cell is partly person: the middle of that part is not the middle of the cell


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: correspondence.matches(small().float(), x[0], x[1][:32]), "two photos of one size"),
        (lambda x: correspondence.matches(small().float(), x[0], x[1], stage="fc"), "is not a map"),
        (
            lambda x: correspondence.match_score(correspondence.Matches(np.zeros((2, 2, 2, 2))), np.zeros((3, 2, 2))),
            "must be",
        ),
        (
            lambda x: correspondence.match_score(
                correspondence.Matches(np.zeros((2, 2, 2, 2))), np.full((2, 2, 2), np.nan)
            ),
            "there is nothing to grade",
        ),
    ],
)
def test_what_does_not_correspond_is_refused(photos, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(photos)


def test_the_rank_correlation_is_spearmans():
    from scipy.stats import spearmanr

    one, other = torch.rand(2, 40).numpy()
    other[:10] = 0.5
    assert badge.correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert badge.correlation(one, one * 0) == 0
