"""The siblings and the rows of the ablation: the paper's figures, equal budgets, and each join against its formula."""

import pytest
import torch
from torch import nn

from osnet_edu import Refused, osnet, train
from osnet_edu.machine import compute
from osnet_edu.network import costs, receptive, siblings, weights
from osnet_edu.network.model import AggregationGate, Lite3x3, OSBlock, Sum
from osnet_edu.network.siblings import EQUAL_DEPTHS, EQUAL_VIEWS, HAND_MADE, ROWS, SIBLINGS, TABLE_5

EVERY = {**ROWS, **{row.key: row for row in (HAND_MADE, EQUAL_VIEWS, EQUAL_DEPTHS)}}
REDUCED = {"width": 0.25, "gate_hidden": 4}


def seeded(make, seed=0):
    torch.manual_seed(seed)
    return make().eval()


def test_the_paper_s_table_5():
    """Typed in a second time, from the paper's page."""
    printed = """93.6 81.0  94.0 82.7  91.7 77.9  91.4 77.4  92.0 78.2  92.9 80.2
                 92.6 80.0  91.6 77.5  86.5 67.7  91.7 77.0  92.8 79.9"""
    assert [v for row in TABLE_5 for v in (row.rank1, row.mean_ap)] == [float(v) for v in printed.split()]
    assert [row.number for row in TABLE_5] == list(range(1, 12))
    assert len(ROWS) == 14 and all(row.rank1 is None for row in SIBLINGS)


@pytest.mark.parametrize("key, streams", [("primary", 4), ("T1", 1), ("T2", 2), ("T3", 3)])
def test_the_rows_of_osnet_are_osnet_to_the_last_bit(key, streams):
    ours = seeded(lambda: siblings.build(key, num_classes=5, **REDUCED))
    truth = seeded(lambda: osnet(num_classes=5, streams=streams, **REDUCED))
    assert list(ours.state_dict()) == list(truth.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), truth.state_dict().values(), strict=True))


@pytest.mark.parametrize("row", SIBLINGS, ids=lambda row: row.key)
@pytest.mark.parametrize("width", [0.25, 1.0])
def test_a_sibling_costs_what_the_omni_scale_block_costs(row, width):
    gate_hidden = 4 if width == 0.25 else None
    primary, ours = (siblings.build(key, width, gate_hidden=gate_hidden) for key in ("primary", row))
    assert 0.95 <= costs.parameters(ours) / costs.parameters(primary) <= 1
    adds = [costs.multiply_adds(model, (3, 128, 64)) for model in (ours, primary)]
    assert 0.97 <= adds[0] / adds[1] <= 1.02
    for (name, one), two in zip(blocks(ours).items(), primary.blocks().values(), strict=True):
        assert 0.88 <= costs.parameters(one) / costs.parameters(two) <= 1, name


def blocks(model):
    return {name: part for name, part in model.named_modules() if isinstance(part, siblings.SiblingBlock)}


@pytest.mark.parametrize(
    "key, more",
    {
        # Six blocks; what they have more than the primary ones, worked out by hand. mid is 16, 32 * .75, 32, two each.
        "same-depth": 0,
        "addition": -sum(2 * (8 * mid + 4 + mid) for mid in (16, 24, 32)),
        "separate-gates": sum(2 * 3 * (8 * mid + 4 + mid) for mid in (16, 24, 32)),
        "stream-wise": -sum(2 * 5 * (mid - 1) for mid in (16, 24, 32)),
        "fixed-gates": sum(2 * (4 * mid - (8 * mid + 4 + mid)) for mid in (16, 24, 32)),
        "concatenation": sum(2 * (4 * mid * mid + 2 * mid - (8 * mid + 4 + mid)) for mid in (16, 24, 32)),
        # Four layers for ten, with the windows of all four: 9 + 25 + 49 + 81 for 10 * 9 weights a channel.
        "hand-made": sum(2 * (-6 * mid * mid + (164 - 90) * mid - 6 * 2 * mid) for mid in (16, 24, 32)),
        "full": sum(2 * 10 * (8 * mid * mid - 9 * mid) for mid in (16, 24, 32)),
        "equal-views": 0,
        "equal-depths": -sum(2 * 6 * (mid * mid + 11 * mid) for mid in (16, 24, 32)),  # four layers for ten
    }.items(),
)
def test_what_a_row_adds_in_parameters(key, more):
    primary, ours = (siblings.build(k, **REDUCED) for k in ("primary", key))
    assert costs.parameters(ours) - costs.parameters(primary) == more


# Cells that a stream looks at, where dilation skips some of its window.
SEEN = {"equal-views": (9, 25, 81, 81), "equal-depths": (9, 9, 9, 9)}


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_each_stream_sees_the_window_that_its_row_states(row):
    """Measured: which inputs move the middle cell of a stream, all weights positive and no channel dead."""
    block = siblings.block(row, 16, 64, gate_hidden=4).double().eval()
    for part in block.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.uniform_(part.weight, 0.1, 0.2)
    x = torch.rand(1, 16, 15, 15, dtype=torch.float64, requires_grad=True)
    # A pool hands its gradient to the largest cell only: there the sum over many inputs shows all of them.
    sides = []
    for t in range(len(block.streams(x))):
        moved = torch.zeros(15, 15, dtype=torch.bool)
        for _ in range(40 if row.key == "inception" else 1):
            x = torch.rand_like(x).requires_grad_()
            (gradient,) = torch.autograd.grad(block.streams(x)[t][0, :, 7, 7].sum(), x)
            moved |= gradient[0].abs().sum(0) > 0
        columns = moved.any(0).nonzero().flatten().tolist()
        sides.append(columns[-1] - columns[0] + 1)
        seen = SEEN.get(row.key, tuple(side * side for side in sides))[t]
        assert columns[0] + columns[-1] == 14 and moved.sum() == len(columns) ** 2 == seen
    assert tuple(sides) == row.scales * (len(sides) // len(row.scales))  # (3,) stands for all of the thin streams


def test_same_depth_has_the_primary_s_layers_in_every_two_blocks_and_one_scale_in_each():
    model = siblings.build("same-depth", **REDUCED)
    depths = [[len(list(stream.children())) for stream in block.middle] for block in blocks(model).values()]
    assert depths == [[2] * 4, [3] * 4] * 3


def test_a_wide_light_layer_is_lite_3x3_with_another_window():
    truth, wide = seeded(lambda: Lite3x3(6, 8)), seeded(lambda: siblings.LiteWide(6, 8, 3), seed=1)
    wide.load_state_dict(truth.state_dict())
    x = torch.rand(2, 6, 7, 5)
    assert torch.equal(wide(x), truth(x))
    seven = siblings.LiteWide(6, 8, 7).eval()
    by_hand = nn.functional.conv2d(seven.conv1(x), seven.conv2.weight, padding=3, groups=8)
    torch.testing.assert_close(seven(x), seven.bn(by_hand).relu())
    assert costs.parameters(seven) == 6 * 8 + 49 * 8 + 2 * 8
    with pytest.raises(Refused, match="kernel must be odd and at least 1, got 4"):
        siblings.LiteWide(6, 8, 4)


def test_what_hand_made_windows_look_like():
    names = [lane.layers for lane in siblings.lanes(siblings.block(HAND_MADE, 64, 256))]
    assert names == [("Lite 3x3",), ("Lite 5x5",), ("Lite 7x7",), ("Lite 9x9",)]


@pytest.mark.parametrize(
    "row, views, layers",
    [(EQUAL_VIEWS, [9, 9, 9, 9], [["4"], ["2", "2"], ["", "", "2"], [""] * 4]),
     (EQUAL_DEPTHS, [3, 5, 7, 9], [[""], ["2"], ["3"], ["4"]])],
)  # fmt: skip
def test_views_and_depths_are_kept_apart(row, views, layers):
    model = siblings.build(row, **REDUCED)
    assert [field.cells for field in receptive.receptive_fields(model)] == views * 6
    # From the stem's 11 pixels: a cell is 4 pixels of the photo in conv2, 8 in conv3, 16 in conv4.
    first = [field.longest for field in receptive.receptive_fields(model) if field.block == "conv2.0"]
    assert first == [11 + 4 * (view - 1) for view in views]
    expected = [tuple("Lite 3x3" + f", dilation {apart}" * bool(apart) for apart in own) for own in layers]
    for block in model.blocks().values():
        assert [lane.layers for lane in siblings.lanes(block)] == expected
        assert [lane.scale for lane in siblings.lanes(block)] == views


def test_a_dilated_layer_skips_cells():
    layer, x = seeded(lambda: siblings.LiteWide(6, 8, 3, 2)), torch.rand(2, 6, 7, 5)
    spread = torch.zeros(8, 1, 5, 5)  # the same weights in a window of 5 x 5, with zeros between them
    spread[:, :, ::2, ::2] = layer.conv2.weight.detach()
    by_hand = nn.functional.conv2d(layer.conv1(x), spread, padding=2, groups=8)
    torch.testing.assert_close(layer(x), layer.bn(by_hand).relu())


@pytest.fixture
def streams():
    torch.manual_seed(1)
    return [torch.rand(2, 8, 5, 3) for _ in range(3)]


def mixed(streams, *, gate=None, join=None):
    """What a block of a sibling's frame makes of these streams."""
    parts = [nn.Identity() for _ in streams]
    return siblings.SiblingBlock(4, 8, parts, join or Sum(), gate=gate, squeezed=8, joined=8).eval().mix(streams)


def test_joins_and_gates_follow_their_formulas(streams):
    total = torch.stack(streams).sum(0)
    torch.testing.assert_close(mixed(streams), total)
    assert torch.equal(mixed(streams, join=siblings.Concatenate())[:, 8:16], streams[1])

    fixed = siblings.FixedGates(8, 3)
    torch.testing.assert_close(mixed(streams, gate=fixed), total / 2)  # before it has learned: one half
    with torch.no_grad():
        fixed.logits[8:16] = 100.0  # stream 2 open
        fixed.logits[16:] = -100.0  # stream 3 shut
    torch.testing.assert_close(mixed(streams, gate=fixed), streams[0] / 2 + streams[1])

    separate = siblings.SeparateGates(8, 2, 3)
    expected = sum(gate(x) * x for gate, x in zip(separate.gates, streams, strict=True))
    torch.testing.assert_close(mixed(streams, gate=separate), expected)

    scalar = siblings.ScalarGate(8, 2)
    weights_ = [scalar(x) for x in streams]
    assert weights_[0].shape == (2, 1, 1, 1)
    expected = sum(w * x for w, x in zip(weights_, streams, strict=True))
    torch.testing.assert_close(mixed(streams, gate=scalar), expected)

    mix = siblings.Mix(8, 3)
    by_hand = mix.conv.relu(mix.eval().conv.bn(nn.functional.conv2d(torch.cat(streams, 1), mix.conv.conv.weight)))
    torch.testing.assert_close(mixed(streams, join=mix), by_hand)


def test_the_gated_sum_is_the_omni_scale_block_s_own():
    """Given the primary block's weights, the sibling's frame with a unified gate gives its numbers."""
    truth = seeded(lambda: OSBlock(16, 64, gate_hidden=4))
    frame = siblings.SiblingBlock(16, 64, truth.stream_modules(), Sum(), gate=truth.gate, squeezed=16, joined=16).eval()
    frame.conv1, frame.conv3, frame.downsample = truth.conv1, truth.conv3, truth.downsample
    x = torch.rand(2, 16, 8, 4)
    torch.testing.assert_close(frame(x), truth(x))


def test_a_grouped_convolution_and_its_expansion_are_a_sum_over_streams():
    block = seeded(lambda: siblings.block("resnext", 16, 64, gate_hidden=4))
    grouped, x = block.middle[0], torch.rand(2, 16, 8, 4)
    count = grouped.conv.groups
    assert count >= 8
    squeezed = block.conv1(x).chunk(count, 1)
    kernels, expansions = grouped.conv.weight.chunk(count), block.conv3.conv.weight.chunk(count, 1)
    scale = (grouped.bn.weight / (grouped.bn.running_var + grouped.bn.eps).sqrt()).chunk(count)
    total = 0
    for own, kernel, expansion, s in zip(squeezed, kernels, expansions, scale, strict=True):
        seen = torch.relu(nn.functional.conv2d(own, kernel, padding=1) * s[:, None, None])
        total = total + nn.functional.conv2d(seen, expansion)
    torch.testing.assert_close(block.conv3(block.mix(block.streams(x))), block.conv3.bn(total))


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_only_a_dynamic_join_looks_at_the_photo(row):
    """A join whose weights are fixed is homogeneous: twice the streams, twice the sum. A gate is not."""
    block = seeded(lambda: siblings.block(row, 64, 64, gate_hidden=4))
    streams = block.streams(torch.rand(1, 64, 8, 4))
    for part in block.modules():
        if isinstance(part, AggregationGate):
            nn.init.uniform_(part.fc1.weight, 0.5, 1)  # no hidden unit is dead
    once, twice = block.mix(streams), block.mix([2 * x for x in streams])
    assert torch.allclose(2 * once, twice, rtol=1e-4, atol=1e-5) != row.dynamic


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_every_row_trains_and_comes_back_from_a_file(row, tmp_path):
    torch.manual_seed(0)
    model = siblings.build(row, 0.1, num_classes=3, gate_hidden=2)
    before = {name: p.clone() for name, p in model.named_parameters()}
    config = train.TrainConfig(size=(64, 32), photos=12, people=3, shots=2, width=0.1, gate_hidden=2)
    images = torch.randint(0, 256, (12, 64, 32, 3), dtype=torch.uint8).numpy()
    data = train.Data(images, torch.arange(12).numpy() // 4, (1, 2, 3), "noise")
    steps = list(train.fit(model, data, config, way=compute.Compute()))
    assert len(steps) == 2
    # Of a gate's few hidden units some may be dead; every other parameter has moved, and some gate has.
    moved = {name: not torch.equal(p, before[name]) for name, p in model.named_parameters()}
    assert [name for name, did in moved.items() if not did and ".fc" not in name] == []
    assert any(did for name, did in moved.items() if ".fc" in name and "conv" in name) == row.dynamic
    weights.save(model, tmp_path / "one.safetensors", size=(64, 32))
    torch.manual_seed(1)
    again = siblings.build(row, 0.1, num_classes=3, gate_hidden=2)
    weights.load(again, tmp_path / "one.safetensors")
    x = torch.rand(2, 3, 64, 32)
    with torch.no_grad():
        torch.testing.assert_close(again(x), model(x))


# What the first block of x0.25 with 4 hidden units says: streams, sides of their windows, gate, numbers, join.
FOUR, SIX = [f"middle.{i}" for i in range(4)], [f"conv2{letter}" for letter in "abcd"]
SHARED, SUM = "one gate for all streams, one number a channel", "a sum"
ANATOMY = {
    "primary": (SIX, [3, 5, 7, 9], SHARED, 16, SUM),
    "full": (FOUR, [3, 5, 7, 9], SHARED, 16, SUM),
    "hand-made": (FOUR, [3, 5, 7, 9], SHARED, 16, SUM),
    "equal-views": (FOUR, [9, 9, 9, 9], SHARED, 16, SUM),
    "equal-depths": (FOUR, [3, 5, 7, 9], SHARED, 16, SUM),
    "same-depth": (FOUR, [5, 5, 5, 5], SHARED, 16, SUM),
    "concatenation": (FOUR, [3, 5, 7, 9], None, 0, "concatenation and a 1x1 convolution"),
    "addition": (FOUR, [3, 5, 7, 9], None, 0, SUM),
    "separate-gates": (FOUR, [3, 5, 7, 9], "a gate of its own for each stream, one number a channel", 16, SUM),
    "stream-wise": (FOUR, [3, 5, 7, 9], "one gate for all streams, one number a stream", 1, SUM),
    "fixed-gates": (FOUR, [3, 5, 7, 9], "learned numbers, the same for every photo, one a channel", 16, SUM),
    "T1": (SIX[:1], [3], SHARED, 16, SUM),
    "T2": (SIX[:2], [3, 5], SHARED, 16, SUM),
    "T3": (SIX[:3], [3, 5, 7], SHARED, 16, SUM),
    "inception": (FOUR, [1, 3, 5, 3], None, 0, "concatenation"),
    "resnext": ([f"middle.0[{k}]" for k in range(12)], [3] * 12, None, 0, SUM),
    "se": (FOUR[:1], [3], SHARED, 20, SUM),
}


@pytest.mark.parametrize("key", EVERY)
def test_every_block_says_its_streams_its_gate_and_its_join(key):
    said = siblings.anatomy(siblings.build(key, **REDUCED).blocks()["conv2.0"])
    assert [list(said.streams), list(said.scales), said.gate, said.numbers, said.join] == list(ANATOMY[key])
    assert (said.gate is not None) == (EVERY[key].dynamic or key == "fixed-gates")


BLOCKS = ["conv2.0", "conv2.1", "conv3.0", "conv3.1", "conv4.0", "conv4.1"]


def ones(model):
    return torch.ones(6, max(len(block.stream_names) for block in model.blocks().values()))


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_a_pass_with_factors_of_one_is_the_plain_pass_to_the_last_bit(row):
    model = seeded(lambda: siblings.build(row, **REDUCED))
    images = torch.randn(2, 3, 64, 32)
    with torch.no_grad():
        answer = model.forward_with(images, ones(model))
        assert list(answer.gates) == list(model.blocks()) == BLOCKS
        assert torch.equal(answer.embedding, model(images))
        assert torch.equal(answer.feature_map, model.feature_map(images))
        x = model.maxpool(model.conv1(images))
        first = model.blocks()["conv2.0"]
        own = first.gates(first.streams(x))
        assert (own is None) == (answer.gates["conv2.0"] is None)
        assert own is None or torch.equal(answer.gates["conv2.0"], own[..., 0, 0])


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_a_factor_multiplies_what_a_stream_contributes_and_nothing_else(row):
    """The join is linear in each weighted stream but for `Mix`, so it is asked for zero, which no layer can hide."""
    block = seeded(lambda: siblings.block(row, 16, 64, gate_hidden=4))
    x, names = torch.rand(2, 16, 8, 4), block.stream_names
    streams = block.streams(x)
    for t in range(len(names)):
        factors = torch.ones(len(names))
        factors[t] = 0
        gates = block.gates(streams)
        weights = torch.ones(1, len(names), 1, 1, 1) if gates is None else gates.clone()
        weights[:, t] = 0
        by_hand = block.relu(block.conv3(block.join(streams, weights)) + block.downsample(x))
        torch.testing.assert_close(block.forward_with(x, factors)[0], by_hand)


def test_factors_of_another_shape_are_refused():
    model = siblings.build("T2", **REDUCED)
    with pytest.raises(Refused, match=r"factors must be \(6, 2\), blocks x streams, got \(6, 4\)"):
        model.forward_with(torch.rand(1, 3, 64, 32), torch.ones(6, 4))


@pytest.mark.parametrize("wrong", [0, 12, "gate", None])
def test_a_row_that_is_not_there_is_named(wrong):
    with pytest.raises(ValueError, match="expected 1 to 11 or one of primary, full"):
        siblings.build(wrong)


def test_rows_are_found_by_key_number_and_themselves():
    assert siblings.find("hand-made") is siblings.find(HAND_MADE) is HAND_MADE
    assert siblings.find(8) is siblings.find("fixed-gates") is siblings.find(ROWS["fixed-gates"])
