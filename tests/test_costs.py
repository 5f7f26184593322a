"""Costs and receptive fields: the paper's figures to the last digit, and fields held against what gradients reach."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from osnet_edu import costs, osnet
from osnet_edu.model import AggregationGate, ConvLayer, Lite3x3, OSBlock

PARAMETERS = {1.0: 2_169_508, 0.75: 1_285_754, 0.5: 630_034, 0.25: 201_864}
MULTIPLY_ADDS = {
    (256, 128): {1.0: 978_878_352, 0.75: 571_754_536, 0.5: 272_901_064, 0.25: 82_316_000},
    (128, 64): {1.0: 244_940_688, 0.75: 143_099_944, 0.5: 68_330_440, 0.25: 20_630_240},
}
# The shortest and the longest path of streams 1 to 4, in pixels.
SHORTEST = {"conv2": (19, 27, 35, 43), "conv3": (31, 47, 63, 79), "conv4": (55, 87, 119, 151)}
LONGEST = {
    "conv2.0": (19, 27, 35, 43),
    "conv2.1": (51, 59, 67, 75),
    "conv3.0": (95, 111, 127, 143),
    "conv3.1": (159, 175, 191, 207),
    "conv4.0": (247, 279, 311, 343),
    "conv4.1": (375, 407, 439, 471),
}


# --- parameters and multiply-adds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", PARAMETERS)
def test_parameters_are_the_papers(width):
    assert costs.parameters(osnet(width)) == PARAMETERS[width]
    assert costs.parameters(osnet(width, num_classes=751)) == PARAMETERS[width]


def test_ibn_adds_the_affine_numbers_of_two_instance_normalisations():
    assert costs.parameters(osnet(ibn=True)) == 2_170_532 == PARAMETERS[1.0] + 2 * 2 * 256


@pytest.mark.parametrize("size", MULTIPLY_ADDS)
@pytest.mark.parametrize("width", PARAMETERS)
def test_multiply_adds_to_the_last_one(width, size):
    assert costs.multiply_adds(osnet(width), (3, *size)) == MULTIPLY_ADDS[size][width]


@pytest.mark.parametrize("cell", costs.PAPER_TABLE_6, ids=lambda cell: f"{cell.width}-{cell.size[0]}x{cell.size[1]}")
def test_table_6_of_the_paper_to_its_tenth_of_a_million(cell):
    assert round(costs.multiply_adds(osnet(cell.width), (3, *cell.size)) / 1e6, 1) == cell.millions


def test_table_6_is_cited_whole():
    assert len(costs.PAPER_TABLE_6) == 16
    cited = {(c.width, c.size): (c.millions, c.rank1, c.mean_ap) for c in costs.PAPER_TABLE_6}
    assert cited[1.0, (256, 128)] == (978.9, 94.8, 84.9)
    assert cited[0.75, (192, 96)] == (321.7, 94.3, 82.4)
    assert cited[0.5, (128, 64)] == (68.3, 91.7, 78.5)
    assert cited[0.25, (64, 32)] == (5.2, 79.1, 56.0)


def test_the_trap_counts_the_gate_of_each_block_four_times():
    model = osnet()
    assert costs.parameters_per_call(model, (3, 256, 128)) == 2_193_616
    gates = sum(costs.parameters(block.gate) for block in model.blocks().values())
    assert gates == 8_036 and 2_193_616 - costs.parameters(model) == 3 * gates == 24_108
    # With one stream a gate is called once, and the wrong count is right.
    assert costs.parameters_per_call(osnet(streams=1), (3, 64, 32)) == costs.parameters(osnet(streams=1))


class CalledFourTimes(nn.Module):
    """The published way to write it: one module, called once a stream."""

    def __init__(self):
        super().__init__()
        self.gate = AggregationGate(64, 4)

    def forward(self, x):
        return sum(self.gate(x) * x for _ in range(4))


def test_a_gate_called_four_times_costs_what_one_stacked_call_costs():
    published = costs.layers(CalledFourTimes(), (64, 64, 32))
    ours = [layer for layer in costs.layers(OSBlock(64, 256), (64, 64, 32)) if layer.name.startswith("gate.")]
    assert [(c.calls, c.parameters, c.multiply_adds, c.output) for c in published] == [
        (c.calls, c.parameters, c.multiply_adds, c.output) for c in ours
    ]
    assert [layer.calls for layer in ours] == [4, 4]
    assert sum(layer.multiply_adds for layer in ours) == 4 * (64 * 4 + 4 + 4 * 64 + 64)


@pytest.mark.parametrize(("channels", "size"), [(64, 580), (96, 1254), (128, 2184)])
def test_the_gate_of_a_block_does_not_grow_with_the_streams(channels, size):
    for streams in (1, 2, 4, 8):
        assert costs.parameters(OSBlock(256, 4 * channels, streams=streams).gate) == size


@pytest.mark.parametrize(("channels", "light", "full"), [(64, 4672, 36864), (96, 10080, 82944), (128, 17536, 147456)])
def test_lite_against_full_3x3(channels, light, full):
    assert sum(
        c.parameters for c in costs.layers(Lite3x3(channels, channels), (channels, 8, 4)) if c.multiply_adds
    ) == (light)
    assert costs.parameters(nn.Conv2d(channels, channels, 3, bias=False)) == full


@given(
    c_in=st.integers(1, 5), c_out=st.integers(1, 5), kernel=st.sampled_from([1, 3, 5]), h=st.integers(5, 9),
    w=st.integers(5, 9), bias=st.booleans(), stride=st.integers(1, 2),
)  # fmt: skip
def test_a_convolution_by_hand(c_in, c_out, kernel, h, w, bias, stride):
    conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=bias, stride=stride)
    (layer,) = costs.layers(conv, (c_in, h, w))
    out = (c_out, -(-h // stride), -(-w // stride))
    assert layer.output == out
    assert layer.parameters == c_out * (kernel * kernel * c_in + bias)
    assert layer.multiply_adds == out[0] * out[1] * out[2] * (kernel * kernel * c_in + bias)


def test_kinds_are_named():
    kinds = [layer.kind for layer in costs.layers(Lite3x3(6, 8), (6, 4, 4))]
    assert kinds == ["1x1", "3x3 depthwise", "normalisation"]
    assert [c.kind for c in costs.layers(nn.Conv2d(8, 8, 3, groups=2), (8, 4, 4))] == ["3x3 grouped"]
    assert [c.kind for c in costs.layers(nn.Linear(8, 2), (8,))] == ["linear"]


def test_counting_leaves_the_module_alone():
    model = osnet(0.25).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    costs.layers(model, (3, 64, 32))
    assert model.training and next(model.parameters()).device.type == "cpu"
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(part._forward_hooks for part in model.modules())


def test_an_input_that_does_not_fit_is_a_sentence():
    with pytest.raises(ValueError, match=r"does not take an input of shape \(4, 64, 32\)"):
        costs.layers(osnet(0.25), (4, 64, 32))


# --- table 1 ----------------------------------------------------------------------------------------------------------


def test_table_1_is_the_papers():
    rows = costs.table(osnet())
    assert [(row.stage, row.output) for row in rows] == [
        ("conv1", (64, 128, 64)),
        ("max pool", (64, 64, 32)),
        ("conv2", (256, 64, 32)),
        ("transition", (256, 32, 16)),
        ("conv3", (384, 32, 16)),
        ("transition", (384, 16, 8)),
        ("conv4", (512, 16, 8)),
        ("conv5", (512, 16, 8)),
        ("gap", (512, 1, 1)),
        ("fc", (512,)),
    ]
    assert rows[0].parameters == 7 * 7 * 3 * 64 + 2 * 64
    assert rows[0].multiply_adds == 7 * 7 * 3 * 64 * 128 * 64
    assert rows[3].multiply_adds == 256 * 256 * 64 * 32  # before the pool halves the map
    assert rows[-1].parameters == 512 * 512 + 512 + 2 * 512 and rows[-1].multiply_adds == 512 * 513


@pytest.mark.parametrize("width", PARAMETERS)
@pytest.mark.parametrize("size", [(256, 128), (128, 64), (100, 52)])
def test_rows_sum_to_the_network(width, size):
    model = osnet(width)
    rows = costs.table(model, size)
    assert sum(row.parameters for row in rows) == PARAMETERS[width]
    assert sum(row.multiply_adds for row in rows) == costs.multiply_adds(model, (3, *size))


# --- receptive fields -------------------------------------------------------------------------------------------------


def test_receptive_fields_in_pixels():
    fields = costs.receptive_fields(osnet(0.25))
    assert len(fields) == 24
    for field in fields:
        assert field.cells == 2 * field.stream + 1
        assert field.shortest == SHORTEST[field.block[:5]][field.stream - 1]
        assert field.longest == LONGEST[field.block][field.stream - 1]


@pytest.mark.parametrize("streams", [1, 2, 8])
def test_the_longest_path_grows_with_the_streams_and_the_shortest_does_not(streams):
    fields = {(f.block, f.stream): f for f in costs.receptive_fields(osnet(0.25, streams=streams))}
    assert fields["conv3.1", 1].shortest == 31
    # 11 pixels after the pool; 2T cells of 4 pixels a block, of 8 after the transition, which adds 4 itself.
    assert fields["conv3.1", 1].longest == 11 + 2 * (2 * streams * 4) + 4 + 2 * streams * 8 + 2 * 8


def linear(streams=2):
    """An OSNet in which every path counts and none cancels: positive weights, no ReLU that shuts, an average pool."""
    model = osnet(1 / 64, streams=streams).double()
    model.maxpool = nn.AvgPool2d(3, 2, 1)
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            value.fill_(1.0 if name.endswith(("weight", "running_var")) else 0.0)
    for part in model.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data /= part.weight[0].numel()
    return model


def support(heat):
    rows, columns = np.nonzero(heat)
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


@pytest.mark.parametrize("block", LONGEST)
@pytest.mark.parametrize("stream", [1, 2])
def test_the_longest_path_is_exactly_what_gradients_reach(block, stream):
    model, side = linear(), 352
    heat = costs.effective_field(model, torch.ones(1, 3, side, side, dtype=torch.float64), block, stream)
    (field,) = [f for f in costs.receptive_fields(model) if (f.block, f.stream) == (block, stream)]
    first, end = field.window(side // field.step // 2)
    assert end - first == field.longest and 0 <= first and end <= side
    assert support(heat) == (first, end, first, end)


@pytest.mark.parametrize("block", ["conv2.1", "conv3.0", "conv4.1"])
def test_the_shortest_path_is_what_gradients_reach_when_the_branches_are_shut(block):
    model, side = linear(), 352
    for name, earlier in model.blocks().items():
        if name < block:
            earlier.conv3.bn.weight.data.zero_()
    heat = costs.effective_field(model, torch.ones(1, 3, side, side, dtype=torch.float64), block, 2)
    (field,) = [f for f in costs.receptive_fields(model) if (f.block, f.stream) == (block, 2)]
    first, end = field.window(side // field.step // 2, "shortest")
    assert support(heat) == (first, end, first, end)


def test_an_effective_field_is_smaller_than_the_theoretical_one():
    model = osnet(0.25)
    heat = costs.effective_field(model, torch.randn(4, 3, 256, 128), "conv3.1", 4)
    (field,) = [f for f in costs.receptive_fields(model) if (f.block, f.stream) == ("conv3.1", 4)]
    assert heat.shape == (256, 128) and heat.sum() == pytest.approx(1) and heat.min() >= 0
    row, column = (field.origin + cell * field.step for cell in (16, 8))
    assert costs.side_of(heat, row, column, 0.9) < field.longest
    first, end = map(int, field.window(16))
    assert heat[: max(0, first)].sum() == 0 and heat[end:].sum() == 0


def test_gates_held_fixed_and_the_model_given_back():
    model = osnet(0.25).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():  # as a notebook may well be
        heat = costs.effective_field(model, torch.randn(1, 3, 256, 128), "conv2.1", 1)
    assert np.count_nonzero(heat.sum(1)) <= 51  # an open gate would spread it over all 256 rows
    assert model.training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(part._forward_hooks for part in model.modules())


def test_hooks_are_gone_after_an_error():
    model = osnet(0.25)
    with pytest.raises(RuntimeError):
        costs.effective_field(model, torch.randn(1, 4, 64, 32), "conv2.1", 1)
    assert not any(part._forward_hooks for part in model.modules())


@pytest.mark.parametrize(
    ("block", "stream", "word"), [("conv9.0", 1, "no such block"), ("conv2.0", 5, "1 to 4, not 5")]
)
def test_a_field_that_is_not_there_is_a_sentence(block, stream, word):
    with pytest.raises(ValueError, match=word):
        costs.effective_field(osnet(0.25), torch.randn(1, 3, 64, 32), block, stream)


def test_an_unknown_path_is_a_sentence():
    with pytest.raises(ValueError, match="'longest' or 'shortest'"):
        costs.receptive_fields(osnet(0.25))[0].window(0, "middle")


def test_the_side_that_holds_a_share():
    heat = np.zeros((11, 11))
    heat[5, 5], heat[5, 8], heat[0, 0] = 0.6, 0.3, 0.1
    assert costs.side_of(heat, 5, 5, 0.5) == 1
    assert costs.side_of(heat, 5, 5, 0.9) == 7
    assert costs.side_of(heat, 5, 5, 1.0) == 11


def test_a_plain_convolution_layer_is_counted_too():
    assert costs.parameters(ConvLayer(3, 4, 3)) == 3 * 4 * 9 + 8
