"""Noise, DeepLift, streams, the exact decomposition, random masks, parts and the fast engine."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explain import BIG, Elementwise, H, Linear, W, first, photos, small
from torch import nn

from osnet_edu import explain, osnet
from osnet_edu.embed import TorchEmbedder, normalise, pictures
from osnet_edu.explain import (
    METHODS,
    Quick,
    ablation,
    by_stream,
    completeness,
    decomposition,
    direction,
    dot,
    margin,
    similarity,
)
from osnet_edu.network import siblings, weights


@pytest.fixture(scope="module")
def case():
    """A small OSNet in float64 whose last layer has constants that matter, two photos, and a reference for each."""
    model, images = small(), photos(4, **BIG)
    generator = torch.Generator().manual_seed(4)
    linear, norm, _ = model.fc
    with torch.no_grad():
        for values in (linear.bias, norm.running_mean, norm.bias):
            values.copy_(0.3 * torch.randn(values.shape, generator=generator, dtype=torch.float64))
        norm.running_var.copy_(0.5 + torch.rand(norm.running_var.shape, generator=generator, dtype=torch.float64))
    return model, images[:2], explain.embed(model, images[2:])


# ---- targets ---------------------------------------------------------------------------------------------------------


def test_dot_and_direction_grow_with_the_features_and_cosine_does_not():
    features = torch.tensor([[3.0, 4.0], [6.0, 8.0]])
    torch.testing.assert_close(dot(torch.tensor([2.0, 0.0]))(features), torch.tensor([6.0, 12.0]))
    torch.testing.assert_close(direction(torch.tensor([0.0, 9.0]))(features), torch.tensor([4.0, 8.0]))
    torch.testing.assert_close(direction(1, 2)(features), torch.tensor([4.0, 8.0]))
    torch.testing.assert_close(similarity(torch.tensor([2.0, 0.0]))(features), torch.tensor([0.6, 0.6]))
    with pytest.raises(ValueError, match="features 0 to 511, got 512"):
        direction(512)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31))
def test_what_is_held_gives_back_the_target(seed):
    drawn = torch.Generator().manual_seed(seed)
    features, one, other = (torch.rand(3, 5, generator=drawn, dtype=torch.float64) + 0.01 for _ in range(3))
    for target in (similarity(one), margin(one, other), dot(one[0]), direction(2, 5)):
        held = (features * target.held(features)).sum(1)
        torch.testing.assert_close(held, target(features), atol=1e-12, rtol=0, check_dtype=False)


def test_maps_of_one_photo_for_two_targets_differ(case):
    model, images, references = case
    for name in ("gradient", "Grad-CAM", "point decomposition"):
        one, other = (METHODS[name](model, images[0], similarity(r))[0] for r in references)
        assert np.abs(one - other).max() > 0.01 * np.abs(one).max()


# ---- noise -----------------------------------------------------------------------------------------------------------


def test_noise_changes_nothing_where_the_slope_is_the_same_everywhere():
    model, x = Linear(), photos(3)
    expected = METHODS["gradient"](model, x, first)
    np.testing.assert_allclose(METHODS["SmoothGrad"](model, x, first, samples=3), expected, atol=1e-12)


def test_noise_averages_the_slope_of_a_square():
    """The slope of x^2 is 2 x, so the mean over noisy copies is 2 x + twice the mean noise, the same in every photo."""
    model, x = Elementwise(torch.square), photos(2)
    heat = METHODS["SmoothGrad"](model, x, first, samples=400, deviation=0.5)
    noise = heat - 2 * x.sum(1).numpy()
    np.testing.assert_allclose(noise[0], noise[1], atol=1e-9)
    assert noise.std() == pytest.approx(2 * 0.5 * (3 / 400) ** 0.5, rel=0.35)
    none = METHODS["SmoothGrad"](model, x, first, samples=1, deviation=0.0)
    np.testing.assert_allclose(none, 2 * x.sum(1).numpy(), atol=1e-12)


def test_noise_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    METHODS["SmoothGrad"](Linear(), photos(), first, samples=2)
    assert torch.equal(torch.rand(3), expected)


# ---- DeepLift --------------------------------------------------------------------------------------------------------


def test_deep_lift_hands_a_change_down_where_the_slope_is_flat():
    """relu(1 - x) is flat at 2, where the gradient is blind; from 0 to 2 it falls by 1, which is handed down."""

    class Falls(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            fallen = self.relu(1 - x).flatten(1).sum(1, keepdim=True)
            return torch.cat([fallen, torch.ones_like(fallen)], 1)  # no embedding is all zero

    x = torch.full((2, 3, H, W), 2.0, dtype=torch.float64)
    np.testing.assert_allclose(METHODS["gradient"](Falls(), x, first), 0)
    np.testing.assert_allclose(METHODS["DeepLift"](Falls(), x, first), -3.0)
    start = torch.full((1, 1, 1, 1), 0.5, dtype=torch.float64)
    heat = METHODS["DeepLift"](Falls(), x, first, baseline=start)
    np.testing.assert_allclose(heat, -1.5)
    np.testing.assert_allclose(completeness(Falls(), x, first, heat, baseline=start).missed, 0, atol=1e-12)


def test_deep_lift_of_a_linear_model_is_its_contributions():
    model, x = Linear(), photos(2)
    contributions = (model.weight[0] * x).sum(1).detach().numpy()
    np.testing.assert_allclose(METHODS["DeepLift"](model, x, first), contributions, atol=1e-12)


def test_on_this_network_deep_lift_does_not_add_up_and_integrated_gradients_do(case):
    model, images, references = case
    target, start = similarity(references), explain.blur(case[1], 3)
    lift = METHODS["DeepLift"](model, images, target, baseline=start)
    whole = METHODS["integrated gradients"](model, images, target, baseline=start, steps=256)
    assert completeness(model, images, target, lift, baseline=start).missed.min() > 0.1
    assert completeness(model, images, target, whole, baseline=start).missed.max() < 0.01


def test_a_residual_of_nothing_is_nothing_and_of_no_change_is_infinite():
    made = explain.Completeness(np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.0, 2.0]))
    np.testing.assert_allclose(made.missed, [0, np.inf, 0.5])


# ---- streams ---------------------------------------------------------------------------------------------------------


def test_each_stream_has_a_map_of_its_own(case):
    model, images, references = case
    target = similarity(references)
    for method in ("gradient x activation", "Grad-CAM"):
        heat = by_stream(model, images, target, block="conv3.1", method=METHODS[method])
        assert heat.shape == (2, 4, 32, 16)
        for t, name in enumerate(("conv2a", "conv2b", "conv2c", "conv2d")):
            alone = METHODS[method](model, images, target, stage=f"conv3.1.{name}")
            np.testing.assert_array_equal(heat[:, t], alone)
        assert np.abs(heat[:, 0] - heat[:, 3]).max() > 0.1 * np.abs(heat).max()


@pytest.mark.parametrize("name", ["primary", "se", "inception", "T2"])
def test_siblings_have_maps_of_their_streams_too(name):
    torch.manual_seed(0)
    model = siblings.build(name, 0.25).eval()
    images = photos(2, **BIG).float()
    heat = by_stream(model, images[:1], similarity(explain.embed(model, images[1:])), block="conv4.1")
    assert heat.shape == (1, len(model.blocks()["conv4.1"].stream_names), 32, 16) and np.abs(heat).max() > 0


def test_what_is_no_block_has_no_streams(case):
    model, images, references = case
    with pytest.raises(ValueError, match=r"no block 'conv5'; it has conv2\.0, conv2\.1"):
        by_stream(model, images, similarity(references), block="conv5")


# ---- decomposition ---------------------------------------------------------------------------------------------------


def test_shares_and_bias_add_up_to_every_target(case):
    model, images, references = case
    for target in (similarity(references), margin(references, references.flip(0)), dot(references), direction(7)):
        found = decomposition.shares(model, images, target)
        assert found.cells.shape == (2, 2, 1)
        np.testing.assert_allclose(found.cells.sum((1, 2)) + found.bias, found.value, atol=1e-9)
    assert np.abs(decomposition.shares(model, images, similarity(references)).bias).min() > 1e-3  # it matters here


def test_a_share_of_a_dot_product_is_slope_times_value_in_the_last_map(case):
    """The network is a straight line from its last map on, as long as no ReLU turns: Captum's slope says the same."""
    model, images, references = case
    ours = METHODS["point decomposition"](model, images, dot(references))
    np.testing.assert_allclose(
        ours, METHODS["gradient x activation"](model, images, dot(references), stage="conv5"), atol=1e-12
    )


def test_point_to_point_adds_up_both_ways(case):
    model, images, _ = case
    found = decomposition.pairs(model, images[0], images[1])
    assert found.table.shape == (2, 1, 2, 1)
    assert found.table.sum() + found.bias == pytest.approx(found.value, abs=1e-9)
    back = decomposition.pairs(model, images[1], images[0])
    np.testing.assert_allclose(back.table, found.table.transpose(2, 3, 0, 1), atol=1e-12)
    same = decomposition.pairs(model, images[0], images[0])
    assert same.value == pytest.approx(1, abs=1e-9)


def test_the_shipped_weights_decompose_within_rounding():
    model = weights.shipped().model
    images = normalise(np.random.default_rng(0).integers(0, 256, (3, 128, 64, 3), np.uint8))
    target = similarity(explain.embed(model, images[:1]))
    found = decomposition.shares(model, images[1:], target)
    np.testing.assert_allclose(found.cells.sum((1, 2)) + found.bias, found.value, atol=1e-5)
    pair = decomposition.pairs(model, images[0], images[1])
    assert pair.table.sum() + pair.bias == pytest.approx(found.value[0], abs=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m, x: decomposition.shares(m, x, first), "only similarity, margin, dot and direction"),
        (lambda m, x: decomposition.shares(Linear(), photos(), dot(torch.ones(2))), "ends as OSNet does, got Linear"),
        (lambda m, x: decomposition.pairs(m, x, x), "two photos are needed, got 4"),
    ],
)
def test_what_cannot_be_decomposed_is_refused(case, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(case[0], case[1])


# ---- random masks and parts ------------------------------------------------------------------------------------------


def test_random_masks_find_the_one_pixel_that_is_read():
    """The target is a straight line in how much of that pixel is shown: a correlation of exactly 1, or -1."""
    model = Linear(1)
    with torch.no_grad():
        model.weight.zero_()
        model.weight[0, 0, 1, 2] = 1
        model.weight[0, 1, 1, 2] = 0.5
    x = torch.ones(2, 3, H, W, dtype=torch.float64)
    x[1] = -1
    heat = METHODS["CorrRISE"](model, x, first, masks=64, cells=4, fill=torch.zeros(1))
    assert heat[0, 1, 2] == pytest.approx(1) and heat[1, 1, 2] == pytest.approx(-1)
    assert np.abs(heat).max() <= 1 + 1e-12 and np.unravel_index(heat[0].argmax(), (H, W)) == (1, 2)
    again = METHODS["CorrRISE"](model, x, first, masks=64, cells=4, fill=torch.zeros(1), seed=1)
    assert np.abs(again - heat).max() > 0.05
    flat = METHODS["CorrRISE"](model, x, first, masks=16, fill=x[:1])
    np.testing.assert_allclose(flat[0], 0)  # nothing changes, so nothing correlates


def test_a_part_has_the_fall_of_that_part():
    model, x = Linear(), photos(2)
    parts = np.zeros((H, W), int)
    parts[:2], parts[2:, 3:] = 7, 40
    contributions = (model.weight[0] * x).sum(1).detach().numpy()
    heat = ablation(model, x, first, parts, fill=torch.zeros(1))
    for part in (0, 7, 40):
        for row in range(2):
            falls = contributions[row][parts == part].sum()
            np.testing.assert_allclose(heat[row][parts == part], falls, atol=1e-5)
    own = np.stack([parts, parts.T.reshape(H, W)])
    np.testing.assert_allclose(ablation(model, x, first, own, fill=torch.zeros(1))[0], heat[0], atol=1e-6)
    with pytest.raises(ValueError, match=r"whole numbers \(H, W\) or \(B, H, W\), got \(4, 6\) of float64"):
        ablation(model, x, first, parts / 2)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: METHODS["CorrRISE"](Linear(), photos(), first, masks=1), "masks must be 2 or more"),
        (lambda: METHODS["SmoothGrad"](Linear(), photos(), first, samples=0), "samples must be 1 or more"),
        (lambda: margin(torch.ones(2, 3), torch.ones(4, 3)), r"positive \(2, 3\) and a negative \(4, 3\)"),
    ],
)
def test_bad_numbers_are_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


# ---- the fast engine -------------------------------------------------------------------------------------------------


def test_pictures_undo_normalise():
    images = np.random.default_rng(1).integers(0, 256, (2, 8, 5, 3), np.uint8)
    np.testing.assert_array_equal(pictures(normalise(images)), images)


@pytest.mark.parametrize("name", explain.FORWARD)
def test_the_fast_engine_draws_the_same_map(name):
    model = weights.shipped().model
    images = normalise(np.random.default_rng(2).integers(0, 256, (2, 64, 32, 3), np.uint8))
    target = similarity(explain.embed(model, images[:1]))
    slow = METHODS[name](model, images[1:], target)
    quick = METHODS[name](Quick(TorchEmbedder(model)), images[1:], target)
    assert np.corrcoef(slow.ravel(), quick.ravel())[0, 1] > 0.98  # what is painted is rounded to whole colours
    with pytest.raises(ValueError, match="this engine has no gradients"):
        METHODS["gradient"](Quick(TorchEmbedder(model)), images[1:], target)


# ---- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("many", "steps", "expected"), [(1, 40, [20, 20]), (3, 21, [21, 21, 21]), (7, 4, [28])])
def test_integrated_gradients_hold_the_maps_of_few_versions_and_are_captums_own(many, steps, expected):
    from captum.attr import IntegratedGradients

    model = osnet(0.25, gate_hidden=4).eval()
    images = normalise(np.random.default_rng(0).integers(0, 256, (many + 1, 32, 16, 3), dtype=np.uint8))
    target = similarity(explain.embed(model, images[:1]))
    whole = IntegratedGradients(lambda x: torch.cat([target(some) for some in model(x).split(many)]))
    captums = whole.attribute(images[1:], n_steps=steps, internal_batch_size=64).sum(1).numpy(force=True)
    sizes = []

    def note(_model, inputs, _output):
        if inputs[0].requires_grad:
            sizes.append(len(inputs[0]))

    with model.register_forward_hook(note):
        heat = METHODS["integrated gradients"](model, images[1:], target, steps=steps)
    assert sizes == expected
    np.testing.assert_allclose(heat, captums, rtol=1e-4, atol=1e-5 * np.abs(captums).max())
