"""Maps with known answers, on nets small enough to work out by hand; and a model that is left as it was found."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from osnet_edu import explain, osnet
from osnet_edu.explain import METHODS, completeness, margin, similarity

H, W = 4, 6
ROUNDED = 2e-6  # of values of about 10: Captum keeps the weights of its steps, and what occlusion adds up, in float32
BIG = {"height": 32, "width": 16}
# The same table, with windows that keep the tests on the real network short.
QUICK = {
    **METHODS,
    "occlusion": partial(METHODS["occlusion"], window=12, step=12),
    "CorrRISE": partial(METHODS["CorrRISE"], masks=24),
    "SmoothGrad": partial(METHODS["SmoothGrad"], samples=3),
}


def generator(seed):
    return torch.Generator().manual_seed(seed)


class Linear(nn.Module):
    """features = a fixed weight for each value of the photo: everything about it is known."""

    def __init__(self, outputs=2, seed=0):
        super().__init__()
        weight = torch.randn(outputs, 3, H, W, dtype=torch.float64, generator=generator(seed))
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return x.flatten(1) @ self.weight.flatten(1).T


class Elementwise(nn.Module):
    """features (B, 1) = the sum over the photo of a function of each value."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x).flatten(1).sum(1, keepdim=True)


class Mapped(nn.Module):
    """Two maps, pooled: map 0 is red, map 1 is green minus blue; then optionally halved in size before pooling."""

    def __init__(self, halved=False):
        super().__init__()
        self.stage = nn.Conv2d(3, 2, 1, bias=False, dtype=torch.float64)
        self.stage.weight = nn.Parameter(torch.tensor([[1, 0, 0], [0, 1, -1]], dtype=torch.float64)[..., None, None])
        self.halve = nn.AvgPool2d(2) if halved else nn.Identity()
        self.unused = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        return self.halve(self.stage(x)).mean((2, 3))


def photos(count=2, seed=0, height=H, width=W):
    return torch.randn(count, 3, height, width, dtype=torch.float64, generator=generator(seed))


def first(features):
    return features[:, 0]


def small():
    torch.manual_seed(3)
    return osnet(0.25, gate_hidden=4).double().eval()


# ---- targets -----------------------------------------------------------------------------------------------------


def test_similarity_of_points_on_a_circle():
    features = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [-1.0, 0.0]])
    expected = torch.tensor([1.0, 0.0, 0.5**0.5, -1.0])
    torch.testing.assert_close(similarity(torch.tensor([5.0, 0.0]))(features), expected)
    torch.testing.assert_close(similarity(features)(features), torch.ones(4))
    shown = margin(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))(features)
    torch.testing.assert_close(shown, torch.tensor([1.0, -1.0, 0.0, -1.0]))


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        (torch.zeros(4), "reference embedding is all zero"),
        (torch.tensor([[1.0, 0.0], [0.0, 0.0]]), "reference embedding is all zero"),
        (torch.tensor([1.0, torch.nan]), "reference holds values that are not finite"),
        (torch.zeros(2, 3, 4), r"must be features \(D,\) or \(B, D\), got \(2, 3, 4\)"),
    ],
)
def test_a_reference_that_cannot_be_compared_with_is_refused(reference, sentence):
    with pytest.raises(ValueError, match=sentence):
        similarity(reference)


@pytest.mark.parametrize("reference", [torch.ones(3), torch.ones(2, 2)])
def test_features_that_do_not_fit_the_reference_are_refused(reference):
    with pytest.raises(ValueError, match="do not fit a reference"):
        similarity(reference)(torch.ones(4, 2))


def test_the_reference_is_embedded_in_evaluation_mode_and_detached():
    model, images = small(), photos(2, **BIG)
    expected = model(images).detach()
    model.train()
    features = explain.embed(model, images)
    assert model.training and not features.requires_grad
    torch.testing.assert_close(features, expected, atol=0, rtol=0)
    torch.testing.assert_close(explain.embed(model, images[1]), expected[1:], atol=1e-12, rtol=0)


# ---- methods with known answers ----------------------------------------------------------------------------------


@settings(max_examples=10)
@given(seed=st.integers(0, 2**31))
def test_a_linear_model_is_explained_by_its_weights(seed):
    model, x = Linear(seed=seed), photos(3, seed + 1)
    contributions = (model.weight[0] * x).sum(1).detach().numpy()
    slope = np.broadcast_to(model.weight[0].sum(0).detach().numpy(), (3, H, W))
    np.testing.assert_allclose(METHODS["gradient"](model, x, first), slope, atol=1e-12)
    np.testing.assert_allclose(METHODS["input x gradient"](model, x, first), contributions, atol=1e-12)
    whole = METHODS["integrated gradients"](model, x, first, steps=3)
    np.testing.assert_allclose(whole, contributions, atol=ROUNDED)
    one_by_one = METHODS["occlusion"](model, x, first, window=1, step=1, fill=torch.zeros(1))
    np.testing.assert_allclose(one_by_one, contributions, atol=ROUNDED)
    np.testing.assert_allclose(completeness(model, x, first, whole).residual, 0, atol=ROUNDED)


def test_the_slope_of_cosine_is_the_reference_less_its_shadow():
    """features (a, b) = the first two values of the photo; the slope of cos(f, r) is (r - cos * f / |f|) / |f|."""

    class TwoValues(nn.Module):
        def forward(self, x):
            return x[:, 0, 0, :2]

    x = torch.zeros(2, 3, 1, 3, dtype=torch.float64)
    x[0, 0, 0, :2] = torch.tensor([3.0, 4.0])
    x[1, 0, 0, :2] = torch.tensor([2.0, 0.0])
    target = similarity(torch.tensor([7.0, 0.0], dtype=torch.float64))
    heat = METHODS["gradient"](TwoValues(), x, target)
    np.testing.assert_allclose(heat[0], [[(1 - 0.6 * 0.6) / 5, -0.6 * 0.8 / 5, 0]], atol=1e-12)
    # A photo that points the way of the reference already cannot be brought nearer: a blank map.
    np.testing.assert_allclose(heat[1], 0, atol=1e-12)


def test_integrated_gradients_of_a_square_and_from_another_baseline():
    model, x, start = Elementwise(torch.square), photos(2), photos(1, seed=5)
    heat = METHODS["integrated gradients"](model, x, first, steps=2)
    np.testing.assert_allclose(heat, (x**2).sum(1).numpy(), atol=ROUNDED)
    heat = METHODS["integrated gradients"](model, x, first, baseline=start, steps=2)
    np.testing.assert_allclose(heat, (x**2 - start**2).sum(1).numpy(), atol=ROUNDED)
    check = completeness(model, x, first, heat, baseline=start)
    np.testing.assert_allclose(check.difference, (x**2 - start**2).sum((1, 2, 3)).numpy(), atol=1e-12)
    np.testing.assert_allclose(check.residual, 0, atol=ROUNDED)
    twice = completeness(model, x, first, 2 * heat, baseline=start)
    np.testing.assert_allclose(twice.residual, check.difference, atol=ROUNDED)


def test_completeness_tells_of_too_few_steps():
    model = Elementwise(lambda x: torch.relu(x - 1))
    x = torch.zeros(1, 3, H, W, dtype=torch.float64)
    x[0, 1, 2, 3] = 1.5  # a third of the way is past the threshold: relu(1.5 - 1) = 0.5
    residuals = []
    for steps in (1, 4, 64):
        heat = METHODS["integrated gradients"](model, x, first, steps=steps)
        assert np.count_nonzero(heat) in (0, 1)
        residuals.append(abs(completeness(model, x, first, heat).residual[0]))
    assert residuals[0] == pytest.approx(0.5)  # the only point, half way, lies below the threshold
    assert residuals[0] > residuals[1] > residuals[2] and residuals[2] < 0.02


def test_grad_cam_weighs_maps_by_their_slope_and_keeps_the_sign():
    x = photos(2)
    maps = torch.stack([x[:, 0], x[:, 1] - x[:, 2]], 1)
    expected = (3 * maps[:, 0] - 2 * maps[:, 1]) / (H * W)
    heat = METHODS["Grad-CAM"](Mapped(), x, lambda f: 3 * f[:, 0] - 2 * f[:, 1], stage="stage")
    np.testing.assert_allclose(heat, expected.numpy(), atol=1e-12)
    assert heat.min() < 0 < heat.max()


def test_grad_cam_of_a_coarse_map_is_enlarged_to_the_photo():
    x = torch.zeros(1, 3, 4, 8, dtype=torch.float64)
    x[:, 0, :, :4] = 1  # the left half is red
    heat = METHODS["Grad-CAM"](Mapped(halved=True), x, first, stage="halve")
    assert heat.shape == (1, 4, 8)
    steps = np.array([1, 1, 1, 0.75, 0.25, 0, 0, 0]) / 8  # 2 x 4 cells, each with a slope of 1 / 8
    np.testing.assert_allclose(heat[0], np.broadcast_to(steps, (4, 8)), atol=1e-12)


def test_occlusion_shares_a_fall_among_the_pixels_of_a_window():
    """One pixel matters, by 2. Every window of 2 x 2 on it falls by 2, every other by 0."""
    model = Linear(1)
    with torch.no_grad():
        model.weight.zero_()
        model.weight[0, 0, 1, 2] = 1
    x = torch.full((1, 3, H, W), 2, dtype=torch.float64)
    heat = METHODS["occlusion"](model, x, first, window=2, step=1, fill=torch.zeros(3, 1, 1))[0]
    expected = np.zeros((H, W))
    expected[0:3, 1:4] = [[0.5, 1, 0.5], [1, 2, 1], [0.5, 1, 0.5]]  # the share of its windows that cover the pixel
    np.testing.assert_allclose(heat, expected, atol=1e-12)


@settings(max_examples=15)
@given(window=st.integers(1, 9), data=st.data())
def test_windows_cover_every_pixel(window, data):
    step = data.draw(st.integers(1, window))
    model, x = Linear(1), torch.ones(1, 3, H, W, dtype=torch.float64)
    with torch.no_grad():
        model.weight.fill_(1)
    heat = METHODS["occlusion"](model, x, first, window=window, step=step, fill=torch.zeros(1))
    assert np.isfinite(heat).all() and heat.min() >= 3  # a window on the photo paints at least one pixel of 3 colours


def test_a_blurred_fill_asks_nothing_of_a_flat_photo():
    x = torch.full((1, 3, H, W), 0.7, dtype=torch.float64)
    np.testing.assert_allclose(METHODS["occlusion"](Linear(), x, first, window=3, step=1), 0, atol=1e-12)
    assert np.abs(METHODS["occlusion"](Linear(), x, first, window=3, step=1, fill=torch.zeros(1))).max() > 0.1


def test_blur_is_a_gaussian_of_its_sigma():
    point = torch.zeros(1, 2, 41, 41, dtype=torch.float64)
    point[0, 1, 20, 20] = 1
    spread = explain.blur(point, 2.0)[0]
    assert spread[0].abs().max() == 0 and spread[1].sum() == pytest.approx(1)
    at = torch.arange(41, dtype=torch.float64) - 20
    assert (spread[1].sum(0) * at**2).sum().item() == pytest.approx(4, abs=0.12)  # the tails are cut at 3 sigma
    torch.testing.assert_close(spread[1], spread[1].T)
    torch.testing.assert_close(explain.blur(point, 0), point)


# ---- on the real network -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def case():
    """A small OSNet in float64, two photos, and a reference for each."""
    model, images = small(), photos(4, **BIG)
    return model, images[:2], explain.embed(model, images[2:])


@pytest.mark.parametrize("name", METHODS)
def test_a_batch_is_its_photos_one_by_one_and_twice_is_the_same(case, name):
    model, images, references = case
    together = QUICK[name](model, images, similarity(references))
    assert together.shape == (2, 32, 16) and np.isfinite(together).all() and together.std() > 0
    np.testing.assert_array_equal(together, QUICK[name](model, images, similarity(references)))
    for i in range(2):
        alone = QUICK[name](model, images[i], similarity(references[i]))
        exact = 1e-7 if together.dtype == np.float32 else 1e-10  # Captum hands out float32 for occlusion
        np.testing.assert_allclose(alone[0], together[i], atol=exact * np.abs(together).max() + 1e-14)


def test_the_gradient_is_the_slope_by_small_steps(case):
    model, images, references = case
    target = similarity(references)
    heat = METHODS["gradient"](model, images, target)
    for row, column in ((3, 4), (17, 9), (31, 0)):
        step = torch.zeros_like(images)
        step[:, :, row, column] = 1e-6
        with torch.no_grad():
            slope = (target(model(images + step)) - target(model(images - step))) / 2e-6
        np.testing.assert_allclose(heat[:, row, column], slope.numpy(), rtol=1e-4, atol=1e-10)


def test_integrated_gradients_add_up_on_the_network(case):
    model, images, references = case
    start = explain.blur(images, 3)
    heat = METHODS["integrated gradients"](model, images, similarity(references), baseline=start, steps=128)
    check = completeness(model, images, similarity(references), heat, baseline=start)
    assert np.abs(check.residual).max() < 0.02 * np.abs(check.difference).max()


def by_hand(model, images, target):
    """Integrated gradients and occlusion without Captum, as a student would write them down."""
    nodes, weights = np.polynomial.legendre.leggauss(16)  # on [-1, 1]
    slope = torch.zeros_like(images)
    for node, weight in zip(nodes, weights, strict=True):
        point = (images * (node + 1) / 2).requires_grad_()
        slope += weight / 2 * torch.autograd.grad(target(model(point)).sum(), point)[0]
    falls, count = torch.zeros_like(images[:, 0]), torch.zeros_like(images[0, 0])
    paint, (height, width) = explain.blur(images, 6), images.shape[2:]
    with torch.no_grad():
        for top in range(-8, height, 8):  # windows of 12, every 8: from the first that touches the photo to the last
            for left in range(-8, width, 8):
                part = (slice(max(0, top), top + 12), slice(max(0, left), left + 12))
                painted = images.clone()
                painted[:, :, *part] = paint[:, :, *part]
                falls[:, *part] += (target(model(images)) - target(model(painted)))[:, None, None]
                count[part] += 1
    return (slope * images).sum(1).numpy(force=True), (falls / count).numpy()


def test_methods_written_by_hand_give_the_same_maps(case):
    model, images, references = case
    target = similarity(references)
    integrated, occluded = by_hand(model, images, target)
    ours = METHODS["integrated gradients"](model, images, target, steps=16)
    np.testing.assert_allclose(ours, integrated, atol=1e-6 * np.abs(ours).max())
    ours = METHODS["occlusion"](model, images, target, window=12, step=8)
    np.testing.assert_allclose(ours, occluded, atol=1e-6 * np.abs(ours).max())
    slope = METHODS["gradient"](model, images, target)
    x = images.clone().requires_grad_()
    (by_autograd,) = torch.autograd.grad(target(model(x)).sum(), x)
    np.testing.assert_allclose(slope, by_autograd.sum(1).numpy(), atol=1e-12)
    ours = METHODS["input x gradient"](model, images, target)
    np.testing.assert_allclose(ours, (x * by_autograd).sum(1).numpy(force=True), atol=1e-12)


def test_gradient_x_activation_of_a_coarse_map_is_worked_out_by_hand():
    """features = the mean of each map, so the slope of every cell is 3 / 24 in map 0 and -2 / 24 in map 1."""
    x = photos(2)
    maps = torch.stack([x[:, 0], x[:, 1] - x[:, 2]], 1)
    expected = (3 * maps[:, 0] - 2 * maps[:, 1]) / (H * W)
    heat = METHODS["gradient x activation"](Mapped(), x, lambda f: 3 * f[:, 0] - 2 * f[:, 1], stage="stage")
    np.testing.assert_allclose(heat, expected.numpy(), atol=1e-12)
    with pytest.raises(ValueError, match="no stage 'conv9'; it has stage, halve"):
        METHODS["gradient x activation"](Mapped(), x, first, stage="conv9")


def test_gradient_x_activation_asks_each_cell_where_grad_cam_asks_the_channel():
    """The feature looks at the first column only: its cells alone have a slope, Grad-CAM spreads it over the map."""

    class FirstColumn(Mapped):
        def forward(self, x):
            return self.stage(x)[..., :1].mean((2, 3))

    x = torch.ones(1, 3, H, W, dtype=torch.float64)
    by_cell = METHODS["gradient x activation"](FirstColumn(), x, first, stage="stage")[0]
    by_channel = METHODS["Grad-CAM"](FirstColumn(), x, first, stage="stage")[0]
    np.testing.assert_allclose(by_cell[:, 0], 1 / H, atol=1e-12)
    np.testing.assert_allclose(by_cell[:, 1:], 0, atol=1e-12)
    np.testing.assert_allclose(by_channel, 1 / (H * W), atol=1e-12)


@pytest.mark.parametrize("guard", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", METHODS)
def test_methods_work_where_gradients_are_switched_off(case, name, guard):
    model, images, references = case
    expected = QUICK[name](model, images, similarity(references))
    with guard():
        same = QUICK[name](model, images * 1, similarity(explain.embed(model, photos(4, **BIG)[2:])))
        assert not torch.is_grad_enabled()
    np.testing.assert_allclose(same, expected, atol=1e-12)


# ---- nothing is left behind --------------------------------------------------------------------------------------


def snapshot(model):
    return (
        [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in model.modules()],
        [module.training for module in model.modules()],
        [(p.requires_grad, None if p.grad is None else p.grad.clone().numpy().tobytes()) for p in model.parameters()],
        {key: value.clone().numpy().tobytes() for key, value in model.state_dict().items()},
    )


@pytest.fixture
def lived_in(case):
    """A model in the middle of its life: training, one part frozen, a gradient here and there."""
    _, images, references = case
    model = small().train()
    model.conv2.eval()
    model.conv1.requires_grad_(False)
    model.fc[0].weight.grad = torch.full_like(model.fc[0].weight, 0.5)
    return model, images.clone(), references


class Fails:
    """A target that works a few times and then does not."""

    def __init__(self, target, after):
        self.target, self.left = target, after

    def __call__(self, features):
        self.left -= 1
        if self.left < 0:
            raise ArithmeticError("in the middle of it")
        return self.target(features)

    def held(self, features):
        return self.target.held(features)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_is_left_as_it_was_found(lived_in, name):
    model, images, references = lived_in
    before, pixels = snapshot(model), images.clone()
    QUICK[name](model, images, similarity(references))
    for after in (0, 1):
        with pytest.raises(ArithmeticError, match="in the middle"):
            QUICK[name](model, images, Fails(similarity(references), after))
    assert snapshot(model) == before
    assert torch.equal(images, pixels) and not images.requires_grad and images.grad is None


def test_an_error_inside_the_network_leaves_nothing_either(lived_in):
    model, images, references = lived_in
    before = snapshot(model)

    def breaks(_module, _inputs, output):
        if torch.is_grad_enabled():
            raise ArithmeticError("in the middle of it")

    for name in ("gradient", "integrated gradients", "Grad-CAM", "gradient x activation"):
        handle = model.conv5.register_forward_hook(breaks)
        with pytest.raises(ArithmeticError):
            QUICK[name](model, images, similarity(references))
        handle.remove()
        assert snapshot(model) == before


# ---- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (torch.zeros(2, 1, H, W), r"must be \(B, 3, H, W\) or \(3, H, W\), got \(2, 1, 4, 6\)"),
        (torch.zeros(H, W), "must be"),
        (torch.zeros(0, 3, H, W), "must be"),
        (torch.zeros(1, 3, H, W, dtype=torch.uint8), "normalised floating-point numbers, got torch.uint8"),
        (torch.full((1, 3, H, W), torch.inf), "not finite"),
    ],
)
def test_photos_that_are_none_are_refused(name, images, sentence):
    with pytest.raises(ValueError, match=sentence):
        METHODS[name](Linear().float(), images, first)


def test_photos_must_be_a_tensor():
    with pytest.raises(TypeError, match="must be a torch tensor, got ndarray"):
        METHODS["gradient"](Linear(), np.zeros((3, H, W)), first)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: METHODS["gradient"](Linear(), photos() * 0, first), r"embedding of photo \[0, 1\] is all zero"),
        (lambda: METHODS["gradient"](Linear(), photos(), lambda f: f), "must make one number a photo"),
        (lambda: METHODS["gradient"](nn.Identity(), photos(), first), r"must make features \(B, D\)"),
        (lambda: METHODS["gradient"](Elementwise(lambda x: x / 0), photos(), first), "features are not finite"),
        (lambda: METHODS["integrated gradients"](Linear(), photos(), first, steps=0), "steps must be 1 or more"),
        (
            lambda: METHODS["integrated gradients"](Linear(), photos(), first, baseline=torch.zeros(5)),
            r"baseline \(5,\) does not fit photos \(2, 3, 4, 6\)",
        ),
        (
            lambda: METHODS["integrated gradients"](Linear(), photos(), first, baseline=torch.tensor(torch.nan)),
            "baseline holds values that are not finite",
        ),
        (
            lambda: METHODS["Grad-CAM"](Mapped(), photos(), first, stage="conv9"),
            "no stage 'conv9'; it has stage, halve",
        ),
        (lambda: METHODS["Grad-CAM"](Mapped(), photos(), first, stage="unused"), "takes no part in the features"),
        (lambda: METHODS["Grad-CAM"](small(), photos(1, **BIG), first, stage="fc"), "is not a map"),
        (lambda: METHODS["occlusion"](Linear(), photos(), first, window=0), "1 pixel or more"),
        (lambda: METHODS["occlusion"](Linear(), photos(), first, window=2, step=3), "leaves gaps"),
        (lambda: completeness(Linear(), photos(), first, np.zeros((2, 1, 1))), r"heat \(2, 1, 1\) does not fit"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
