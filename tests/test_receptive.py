"""Receptive fields, held against what gradients reach; for every kind of block."""

import numpy as np
import pytest
import torch
from torch import nn

from osnet_edu import osnet
from osnet_edu.network import receptive, siblings

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


def test_receptive_fields_in_pixels():
    fields = receptive.receptive_fields(osnet(0.25))
    assert len(fields) == 24
    for field in fields:
        assert field.cells == 2 * field.stream + 1
        assert field.shortest == SHORTEST[field.block[:5]][field.stream - 1]
        assert field.longest == LONGEST[field.block][field.stream - 1]


@pytest.mark.parametrize("streams", [1, 2, 8])
def test_the_longest_path_grows_with_the_streams_and_the_shortest_does_not(streams):
    fields = {(f.block, f.stream): f for f in receptive.receptive_fields(osnet(0.25, streams=streams))}
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
    heat = receptive.effective_field(model, torch.ones(1, 3, side, side, dtype=torch.float64), block, stream)
    (field,) = [f for f in receptive.receptive_fields(model) if (f.block, f.stream) == (block, stream)]
    first, end = field.window(side // field.step // 2)
    assert end - first == field.longest and 0 <= first and end <= side
    assert support(heat) == (first, end, first, end)


@pytest.mark.parametrize("block", ["conv2.1", "conv3.0", "conv4.1"])
def test_the_shortest_path_is_what_gradients_reach_when_the_branches_are_shut(block):
    model, side = linear(), 352
    for name, earlier in model.blocks().items():
        if name < block:
            earlier.conv3.bn.weight.data.zero_()
    heat = receptive.effective_field(model, torch.ones(1, 3, side, side, dtype=torch.float64), block, 2)
    (field,) = [f for f in receptive.receptive_fields(model) if (f.block, f.stream) == (block, 2)]
    first, end = field.window(side // field.step // 2, "shortest")
    assert support(heat) == (first, end, first, end)


def test_an_effective_field_is_smaller_than_the_theoretical_one():
    model = osnet(0.25)
    heat = receptive.effective_field(model, torch.randn(4, 3, 256, 128), "conv3.1", 4)
    (field,) = [f for f in receptive.receptive_fields(model) if (f.block, f.stream) == ("conv3.1", 4)]
    assert heat.shape == (256, 128) and heat.sum() == pytest.approx(1) and heat.min() >= 0
    row, column = (field.origin + cell * field.step for cell in (16, 8))
    assert receptive.side_of(heat, row, column, 0.9) < field.longest
    first, end = map(int, field.window(16))
    assert heat[: max(0, first)].sum() == 0 and heat[end:].sum() == 0


def test_gates_held_fixed_and_the_model_given_back():
    model = osnet(0.25).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():  # as a notebook may well be
        heat = receptive.effective_field(model, torch.randn(1, 3, 256, 128), "conv2.1", 1)
    assert np.count_nonzero(heat.sum(1)) <= 51  # an open gate would spread it over all 256 rows
    assert model.training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(part._forward_hooks for part in model.modules())


def test_hooks_are_gone_after_an_error():
    model = osnet(0.25)
    with pytest.raises(RuntimeError):
        receptive.effective_field(model, torch.randn(1, 4, 64, 32), "conv2.1", 1)
    assert not any(part._forward_hooks for part in model.modules())


@pytest.mark.parametrize(
    ("block", "stream", "word"), [("conv9.0", 1, "no such block"), ("conv2.0", 5, "1 to 4, not 5")]
)
def test_a_field_that_is_not_there_is_a_sentence(block, stream, word):
    with pytest.raises(ValueError, match=word):
        receptive.effective_field(osnet(0.25), torch.randn(1, 3, 64, 32), block, stream)


def test_an_unknown_path_is_a_sentence():
    with pytest.raises(ValueError, match="'longest' or 'shortest'"):
        receptive.receptive_fields(osnet(0.25))[0].window(0, "middle")


def test_the_side_that_holds_a_share():
    heat = np.zeros((11, 11))
    heat[5, 5], heat[5, 8], heat[0, 0] = 0.6, 0.3, 0.1
    assert receptive.side_of(heat, 5, 5, 0.5) == 1
    assert receptive.side_of(heat, 5, 5, 0.9) == 7
    assert receptive.side_of(heat, 5, 5, 1.0) == 11


# The largest stream of the last block, along the longest path: worked out by hand. A stage's two blocks add 2 * reach
# cells of 4, 8 and 16 pixels; stem, pool and the two transitions make 11 + 4 + 8 of it.
LAST = {
    "T1": 11 + 4 + 8 + 2 * 2 * (4 + 8 + 16),
    "addition": 471,
    "same-depth": 11 + 4 + 8 + (4 + 6) * (4 + 8 + 16),
    "inception": 11 + 4 + 8 + 2 * 4 * (4 + 8 + 16),
    "resnext": 11 + 4 + 8 + 2 * 2 * (4 + 8 + 16),
    "se": 11 + 4 + 8 + 2 * 2 * (4 + 8 + 16),
}


@pytest.mark.parametrize("row", siblings.ROWS.values(), ids=siblings.ROWS)
def test_every_row_has_a_field_for_each_stream(row):
    model = siblings.build(row, 0.25, gate_hidden=4)
    fields = receptive.receptive_fields(model)
    for name, block in model.blocks().items():
        own = [field for field in fields if field.block == name]
        assert [field.stream for field in own] == list(range(1, len(block.stream_names) + 1))
        if name == "conv2.0":
            assert tuple(field.cells for field in own) == row.scales * (len(own) // len(row.scales))
            assert [field.longest for field in own] == [11 + 4 * (field.cells - 1) for field in own]
    if row.key in LAST:
        assert max(field.longest for field in fields) == LAST[row.key]


@pytest.mark.parametrize("row", siblings.ROWS.values(), ids=siblings.ROWS)
def test_a_measured_field_lies_inside_the_theoretical_one_in_every_row(row):
    torch.manual_seed(0)
    model = siblings.build(row, 0.25, gate_hidden=4)
    images = torch.randn(1, 3, 256, 128)
    count = len(model.blocks()["conv2.1"].stream_names)
    fields = {field.stream: field for field in receptive.receptive_fields(model) if field.block == "conv2.1"}
    for stream in (1, count):
        heat = receptive.effective_field(model, images, "conv2.1", stream)
        first, end = map(int, fields[stream].window(32))
        assert heat.sum() == pytest.approx(1) and heat[first:end].sum() == pytest.approx(1, abs=1e-12)
    with pytest.raises(ValueError, match=f"block conv2.1 has streams 1 to {count}, not {count + 1}"):
        receptive.effective_field(model, images, "conv2.1", count + 1)


class Foreign(nn.Conv2d):
    """A block of somebody's own, which does not say what its streams are."""

    def __init__(self, c_in, c_out, **_how):
        super().__init__(c_in, c_out, 1)


def test_a_network_whose_blocks_say_nothing_is_refused():
    model = osnet(0.25, block=Foreign)
    for ask in (
        lambda: receptive.receptive_fields(model),
        lambda: receptive.effective_field(model, torch.zeros(1, 3, 64, 32), "conv2.0", 1),
    ):
        with pytest.raises(ValueError, match="no blocks that say what their streams are"):
            ask()
