"""The network is the authors' own: names, shapes, figures."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from osnet_edu import osnet
from osnet_edu.explain import gates

GOLDEN = json.loads((Path(__file__).parent / "data/osnet.json").read_text())
BUILD = {
    "osnet_x1_0": {"width": 1.0},
    "osnet_x0_75": {"width": 0.75},
    "osnet_x0_5": {"width": 0.5},
    "osnet_x0_25": {"width": 0.25},
    "osnet_ibn_x1_0": {"width": 1.0, "ibn": True},
}


def uniform(name, n):
    return np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).random(n) * 2 - 1


def fill(model):
    """The rule of the golden figures: weights that need no random state of torch."""
    state = model.state_dict()
    for name, value in state.items():
        if not value.is_floating_point():
            continue
        u = torch.from_numpy(uniform(name, value.numel())).reshape(value.shape)
        if name.endswith("running_var"):
            u = 1 + 0.5 * u
        elif name.endswith("running_mean"):
            u = 0.1 * u
        elif value.dim() == 1:
            u = 1 + 0.2 * u if name.endswith("weight") else 0.1 * u
        else:
            u = u * (3 / value[0].numel()) ** 0.5
        value.copy_(u)
    return model.double().eval()


def photos(height, width):
    x = uniform("input", 2 * 3 * height * width).reshape(2, 3, height, width)
    return torch.from_numpy(x.astype(np.float32).astype(np.float64))


@pytest.fixture(scope="module", params=list(BUILD))
def golden(request):
    model = osnet(**BUILD[request.param], num_classes=10).double()
    return fill(model), GOLDEN[request.param]


def test_state_dict_has_the_official_keys_and_shapes_in_order(golden):
    model, truth = golden
    ours = {key: list(value.shape) for key, value in model.state_dict().items()}
    assert list(ours.items()) == list(truth["state_dict"].items())


def test_parameter_count(golden):
    model, truth = golden
    count = sum(p.numel() for name, p in model.named_parameters() if not name.startswith("classifier."))
    assert count == truth["parameters_without_classifier"]


@pytest.mark.parametrize("size", ["64x32", "256x128"])
def test_features_agree_with_the_authors_code(golden, size):
    model, truth = golden
    height, width = map(int, size.split("x"))
    with torch.no_grad():
        features = model(photos(height, width)).numpy()
    expected = truth["outputs"][size]
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), expected["norm"], atol=1e-9, rtol=0)
    np.testing.assert_allclose(features.mean(1), expected["mean"], atol=1e-9, rtol=0)
    np.testing.assert_allclose(features[:, :16], expected["first16"], atol=1e-9, rtol=0)


def test_gates_agree_with_the_authors_code(golden):
    model, truth = golden
    means = gates.read(model, photos(256, 128)).means
    assert [f"{name}.gate" for name in means] == list(truth["gate_mean_256x128"])
    for name, ours in means.items():
        expected = truth["gate_mean_256x128"][f"{name}.gate"]  # stream, photo
        np.testing.assert_allclose(ours.T, expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("width", "expected"), [(1.0, 2_169_508), (0.75, 1_285_754), (0.5, 630_034), (0.25, 201_864)])
def test_published_parameter_counts(width, expected):
    assert sum(p.numel() for p in osnet(width).parameters()) == expected


def test_a_gate_runs_once_a_block_and_no_relu_is_shared_or_in_place():
    model = osnet(0.25).eval()
    calls = {}
    for name, module in model.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda *_, name=name: calls.update({name: calls.get(name, 0) + 1}))
    model(torch.zeros(2, 3, 64, 32))
    assert set(calls.values()) == {1}
    assert not any(module.inplace for module in model.modules() if isinstance(module, nn.ReLU))


def test_gate_hidden_is_a_floor_and_the_official_shapes_are_the_default():
    def widths(model):
        return [block.gate.fc1.out_channels for block in model.blocks().values()]

    assert widths(osnet(1.0)) == [4, 4, 6, 6, 8, 8]
    assert widths(osnet(0.25)) == [1, 1, 1, 1, 2, 2]
    assert widths(osnet(0.25, gate_hidden=4)) == [4] * 6
    assert widths(osnet(1.0, gate_hidden=6)) == [6, 6, 6, 6, 8, 8]


def test_the_gate_does_not_grow_with_the_number_of_streams():
    def size(streams):
        return sum(p.numel() for b in osnet(1.0, streams=streams).blocks().values() for p in b.gate.parameters())

    assert size(1) == size(2) == size(4) == size(6) == 2 * (580 + 1_254 + 2_184)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_a_gate_averages_cells_to_the_bit_and_its_gradient_lies_as_the_map_does(dtype, layout):
    block = osnet(0.25).blocks()["conv2.0"]
    averages = []
    block.gate.register_forward_pre_hook(lambda _, given: averages.append(given[0]))
    maps = [torch.randn(3, 16, 12, 5).to(dtype).contiguous(memory_format=layout).requires_grad_() for _ in range(4)]
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype != torch.float32):
        block.gates(maps)
    assert torch.equal(averages[0].unflatten(0, (3, 4))[:, 1], maps[1].mean((2, 3), keepdim=True))
    slopes = torch.randn(12, 16, 1, 1).to(dtype)
    (gradient,) = torch.autograd.grad(averages[0], maps[1], slopes)
    assert torch.equal(gradient, (slopes.unflatten(0, (3, 4))[:, 1] / 60).expand(3, 16, 12, 5))
    assert gradient.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("streams", [1, 2, 3, 4, 6])
def test_stream_t_sees_2t_plus_1_cells(streams):
    block = osnet(0.25, streams=streams).double().eval().blocks()["conv2.0"]
    x = torch.rand(1, 16, 21, 21, dtype=torch.float64, requires_grad=True)
    maps = block.streams(x)
    for t in range(streams):
        (grad,) = torch.autograd.grad(maps[t][0, :, 10, 10].sum(), x, retain_graph=True)
        rows = grad.abs().sum((0, 1, 3)).nonzero().flatten()
        assert rows.max() - rows.min() + 1 <= 2 * (t + 1) + 1
        reach = grad.abs().sum((0, 1)) > 0
        outside = torch.ones_like(reach)
        outside[10 - t - 1 : 10 + t + 2, 10 - t - 1 : 10 + t + 2] = False
        assert not (reach & outside).any()


@pytest.mark.parametrize("width", [0.1, 0.3, 0.25, 1.25])
def test_any_width_makes_a_network(width):
    model = osnet(width, num_classes=3).eval()
    features = model(torch.rand(2, 3, 64, 32))
    assert features.shape == (2, 512) and features.min() >= 0
    assert model.classify(features).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"width": 0}, "width must lie"),
        ({"streams": 0}, "streams must be 1 to"),
        ({"streams": 9}, "streams must be 1 to"),
        ({"num_classes": -1}, "num_classes must be"),
        ({"gate_hidden": 0}, "gate_hidden must be"),
    ],
)
def test_arguments_that_make_no_network_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        osnet(**arguments)


def test_a_model_without_classifier_says_so():
    with pytest.raises(ValueError, match="num_classes"):
        osnet(0.25).classify(torch.zeros(1, 512))
