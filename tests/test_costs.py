"""Costs: the paper's figures to the last digit."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from osnet_edu import osnet
from osnet_edu.network import costs
from osnet_edu.network.model import AggregationGate, ConvLayer, Lite3x3, OSBlock

PARAMETERS = {1.0: 2_169_508, 0.75: 1_285_754, 0.5: 630_034, 0.25: 201_864}
MULTIPLY_ADDS = {
    (256, 128): {1.0: 978_878_352, 0.75: 571_754_536, 0.5: 272_901_064, 0.25: 82_316_000},
    (128, 64): {1.0: 244_940_688, 0.75: 143_099_944, 0.5: 68_330_440, 0.25: 20_630_240},
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


def test_a_plain_convolution_layer_is_counted_too():
    assert costs.parameters(ConvLayer(3, 4, 3)) == 3 * 4 * 9 + 8
