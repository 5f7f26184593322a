"""Gates are read as they are, rewritten as asked, and left as they were."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from osnet_edu import Refused, osnet
from osnet_edu.explain import gates
from osnet_edu.network import siblings
from osnet_edu.network.siblings import ROWS


def small(streams=4, seed=0):
    """A small OSNet whose batch norms are no identity, in float64."""
    torch.manual_seed(seed)
    return lively(osnet(0.25, streams=streams, gate_hidden=4))


def lively(model):
    model = model.double()
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.dim() == 1 and value.is_floating_point():
            value.add_(torch.randn(value.shape) * 0.2)
    return model.eval()


def photos(count=2, seed=1):
    return torch.randn(count, 3, 32, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules())


def by_hand(model, images):
    """Gates and gated streams of every block, computed without a hook."""
    found = {}
    x = model.maxpool(model.conv1(images))
    for stage in ("conv2", "conv3", "conv4"):
        for index, part in enumerate(getattr(model, stage)):
            if hasattr(part, "gate"):
                streams = part.streams(x)
                weights = part.gates(streams)
                found[f"{stage}.{index}"] = (weights[..., 0, 0], weights * torch.stack(streams, 1))
            x = part(x)
    return found


def test_a_reading_holds_what_the_blocks_compute():
    model, images = small(), photos(3)
    reading = gates.read(model, images)
    with torch.no_grad():
        truth = by_hand(model, images)
    assert reading.blocks == tuple(truth) == ("conv2.0", "conv2.1", "conv3.0", "conv3.1", "conv4.0", "conv4.1")
    for name, (weights, gated) in truth.items():
        np.testing.assert_allclose(reading.gates[name], weights.numpy(), atol=1e-12)
        np.testing.assert_allclose(reading.means[name], weights.mean(2).numpy(), atol=1e-12)
        total = gated.sum(1)
        for t in range(4):
            share = (gated[:, t] * total).sum((1, 2, 3)) / (total**2).sum((1, 2, 3))
            np.testing.assert_allclose(reading.shares[name][:, t], share.numpy(), atol=1e-12)


def test_batches_change_nothing():
    model, images = small(), photos(5)
    whole, single = gates.read(model, images), gates.read(model, images, batch=2)
    for kind in ("gates", "shares", "branch"):
        for name in whole.blocks:
            np.testing.assert_allclose(getattr(whole, kind)[name], getattr(single, kind)[name], atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), streams=st.integers(1, 4))
def test_shares_sum_to_one_and_gates_lie_between_zero_and_one(seed, streams):
    reading = gates.read(small(streams, seed % 7), photos(2, seed))
    for name in reading.blocks:
        assert reading.gates[name].shape[:2] == reading.shares[name].shape == (2, streams)
        np.testing.assert_allclose(reading.shares[name].sum(1), 1, atol=1e-9)
        assert 0 < reading.gates[name].min() and reading.gates[name].max() < 1


def test_a_gate_that_ignores_the_photo_reads_as_its_bias():
    model = small()
    with torch.no_grad():
        for bias, block in enumerate(model.blocks().values()):
            block.gate.fc2.weight.zero_()
            block.gate.fc2.bias.fill_(bias - 2)
    reading = gates.read(model, photos())
    for bias, name in enumerate(reading.blocks):
        np.testing.assert_allclose(reading.gates[name], 1 / (1 + np.exp(2 - bias)), atol=1e-12)
        np.testing.assert_allclose(reading.change(0, 1)[name], 0, atol=1e-12)


def test_change_sees_what_a_mean_hides():
    weights = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.8, 0.2], [0.5, 0.9]]])  # 2 photos, 2 streams, 2 channels
    reading = gates.GateReading({"b": weights}, {}, {})
    np.testing.assert_allclose(reading.means["b"], [[0.5, 0.5], [0.5, 0.7]])
    np.testing.assert_allclose(reading.change(0, 1)["b"], [0.6, 0.4 / 2**0.5])


def test_the_branch_is_measured_against_what_bypasses_it():
    model = small()
    blocks = model.blocks()
    with torch.no_grad():  # conv2.0 answers nothing; nothing bypasses conv3.0
        for part in (blocks["conv2.0"].conv3.bn, blocks["conv3.0"].downsample.bn):
            part.weight.zero_()
            part.bias.zero_()
    branch = gates.read(model, photos()).branch
    np.testing.assert_allclose(branch["conv2.0"], 0, atol=1e-12)
    np.testing.assert_allclose(branch["conv3.0"], 1, atol=1e-12)
    with torch.no_grad():
        x = model.conv2[0](model.maxpool(model.conv1(photos())))
        block = blocks["conv2.1"]
        answer = block.conv3(block.mix(block.streams(x)))
    share = (answer * (answer + x)).sum((1, 2, 3)) / ((answer + x) ** 2).sum((1, 2, 3))
    np.testing.assert_allclose(branch["conv2.1"], share.numpy(), atol=1e-12)


@pytest.mark.parametrize("stream", [1, 2, 3, 4])
def test_muting_a_stream_is_a_stream_that_is_zero(stream):
    model, images = small(), photos()
    with torch.no_grad(), gates.mute(model, stream, ["conv3.0", "conv4.1"]):
        muted = model(images)
    for name in ("conv3.0", "conv4.1"):
        branch = getattr(model.blocks()[name], "conv2" + "abcd"[stream - 1])
        last = branch if stream == 1 else branch[-1]
        nn.init.zeros_(last.bn.weight)
        nn.init.zeros_(last.bn.bias)
    with torch.no_grad():
        torch.testing.assert_close(muted, model(images), atol=1e-12, rtol=0)


def test_solo_and_nested_mutes_are_one_thing():
    model, images = small(), photos()
    with torch.no_grad():
        plain = model(images)
        with gates.solo(model, [3, 4]):
            solo = model(images)
        with gates.mute(model, 1), gates.mute(model, 2):
            nested = model(images)
        with gates.mute(model, (1, 2)) as same:
            assert same is model
            at_once = model(images)
            shares = gates.read(model, images).shares
        with gates.solo(model, [1, 2, 3, 4]):
            torch.testing.assert_close(model(images), plain, atol=0, rtol=0)
        torch.testing.assert_close(model(images), plain, atol=0, rtol=0)
    torch.testing.assert_close(solo, nested, atol=1e-12, rtol=0)
    torch.testing.assert_close(solo, at_once, atol=0, rtol=0)
    assert (solo - plain).abs().max() > 1e-6
    for share in shares.values():
        np.testing.assert_allclose(share[:, :2], 0)
        np.testing.assert_allclose(share[:, 2:].sum(1), 1, atol=1e-9)


def test_only_the_chosen_block_is_rewritten_and_a_rule_sees_its_name():
    model, images = small(), photos()
    plain = gates.read(model, images).gates
    names = []

    def rule(name, weights):
        names.append(name)
        return weights / 2

    with gates.rewrite(model, rule, "conv4.1"):
        halved = gates.read(model, images).gates
    assert names == ["conv4.1"]
    for name in plain:
        np.testing.assert_allclose(halved[name], plain[name] / (2 if name == "conv4.1" else 1), atol=1e-15)


def test_nothing_stays_after_an_error():
    model, images = small(), photos()
    model.train()
    model.conv1.eval()
    modes = [module.training for module in model.modules()]
    state = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match="in the body"), gates.mute(model, 1):
        assert hooks(model) == 6
        raise RuntimeError("in the body")
    with pytest.raises(ValueError, match="the rule made gates"), gates.rewrite(model, lambda _, g: g[:, :2]):
        model.eval()(images)
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    with pytest.raises(ZeroDivisionError), gates.rewrite(model, lambda *_: 1 / 0):
        gates.read(model, images)
    with pytest.raises(RuntimeError, match="channels"):
        gates.read(model, images[:, :2])
    gates.read(model, images)
    assert hooks(model) == 0
    assert [module.training for module in model.modules()] == modes
    for key, value in model.state_dict().items():
        assert torch.equal(value, state[key]), key


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: gates.mute(m, 5), r"block conv2.0 has streams 1 to 4, not \[5\]"),
        (lambda m: gates.solo(m, [0, 1]), r"not \[0\]"),
        (lambda m: gates.mute(m, []), "name at least one stream"),
        (lambda m: gates.mute(m, 1, "conv5.0"), "no such block: conv5.0; this network has conv2.0, conv2.1"),
        (lambda m: gates.read(m, torch.zeros(3, 32, 16)), "images must be a batch"),
        (lambda m: gates.read(m, torch.zeros(0, 3, 32, 16)), "at least one photo"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(small())


# ---- every row of the ablation, and every sibling ----------------------------------------------------------------

GATED = [key for key in ROWS if key not in ("concatenation", "addition", "inception", "resnext")]
UNGATED = {
    "concatenation": "concatenation and a 1x1 convolution",
    "addition": "a sum",
    "inception": "concatenation",
    "resnext": "a sum",
}


def of(key, seed=0):
    torch.manual_seed(seed)
    return lively(siblings.build(key, 0.25, gate_hidden=4))


def gates_by_hand(key, block, streams):
    """(B, T, C or 1), each stream asked by itself, on its whole map."""
    if key == "fixed-gates":
        fixed = block.gate.logits.sigmoid().reshape(4, -1)
        return fixed.expand(len(streams[0]), *fixed.shape)
    if key == "separate-gates":
        return torch.stack([gate(x)[..., 0, 0] for gate, x in zip(block.gate.gates, streams, strict=True)], 1)
    return torch.stack([block.gate(x)[..., 0, 0] for x in streams], 1)


def parts_by_hand(key, block, streams, weights):
    """What each stream adds to the sum in which the streams become one."""
    if key in GATED:
        return [weights[:, t, :, None, None] * x for t, x in enumerate(streams)]
    if key == "addition":
        return streams
    one_by_one = block.join.conv.conv if key == "concatenation" else block.conv3.conv
    parts, first = [], 0
    for x in streams:  # all other streams are zero: what is left is this stream's part
        alone = torch.zeros(len(x), one_by_one.in_channels, *x.shape[2:], dtype=x.dtype)
        alone[:, first : first + x.shape[1]] = x
        parts.append(one_by_one(alone))
        first += x.shape[1]
    return parts


@pytest.mark.parametrize("key", ROWS)
def test_every_row_reads_as_worked_out_by_hand(key):
    model, images = of(key), photos(3)
    reading = gates.read(model, images) if key in GATED else gates.read_shares(model, images)
    x = model.maxpool(model.conv1(images))
    blocks = model.blocks()
    assert reading.blocks == tuple(blocks) and len(blocks) == 6
    with torch.no_grad():
        for stage in ("conv2", "conv3", "conv4"):
            for index, part in enumerate(getattr(model, stage)):
                name = f"{stage}.{index}"
                if name in blocks:
                    streams = part.streams(x)
                    weights = gates_by_hand(key, part, streams) if key in GATED else None
                    if key in GATED:
                        assert reading.gates[name].shape == (
                            3,
                            len(streams),
                            1 if key == "stream-wise" else weights.shape[2],
                        )
                        np.testing.assert_allclose(reading.gates[name], weights.numpy(), atol=1e-12)
                    parts = parts_by_hand(key, part, streams, weights)
                    total = sum(parts)
                    for t, own in enumerate(parts):
                        share = (own * total).sum((1, 2, 3)) / (total**2).sum((1, 2, 3))
                        np.testing.assert_allclose(reading.shares[name][:, t], share.numpy(), atol=1e-12)
                    np.testing.assert_allclose(reading.shares[name].sum(1), 1, atol=1e-9)
                    assert reading.streams[name] == tuple(part.stream_names) and len(parts) == len(part.stream_names)
                x = part(x)


@pytest.mark.parametrize("key", UNGATED)
def test_what_needs_a_gate_says_how_the_block_joins_its_streams_without_one(key):
    model = of(key)
    sentence = f"block conv2.0 joins its streams by {UNGATED[key]} alone: it has no gate to "
    with pytest.raises(Refused, match=sentence + "read"):
        gates.read(model, photos())
    with pytest.raises(Refused, match=sentence.replace("conv2.0", "conv4.1") + "rewrite"):
        gates.rewrite(model, lambda _, g: g, "conv4.1")
    assert hooks(model) == 0


def silenced(block, t):
    """The block, with what stream t (from 0) puts out made zero in its own last normalisation."""
    if len(block.stream_modules()) != len(set(block.stream_modules())):  # thin streams: a slice of one normalisation
        norm, count = block.middle[0].bn, len(block.stream_names)
        own = slice(t * norm.num_features // count, (t + 1) * norm.num_features // count)
    else:
        norm = [part for part in block.stream_modules()[t].modules() if isinstance(part, nn.BatchNorm2d)][-1]
        own = slice(None)
    with torch.no_grad():
        norm.weight[own] = 0
        norm.bias[own] = 0


@pytest.mark.parametrize("key", ROWS)
def test_muting_any_stream_of_any_row_is_a_stream_that_is_zero(key):
    images = photos()
    model = of(key)
    with torch.no_grad():
        plain = model(images)
    for t in range(len(model.blocks()["conv3.0"].stream_names)):
        with torch.no_grad(), gates.mute(model, t + 1, "conv3.0"):
            muted = model(images)
            shares = gates.read_shares(model, images).shares["conv3.0"]
        other = of(key)
        silenced(other.blocks()["conv3.0"], t)
        with torch.no_grad():
            torch.testing.assert_close(muted, other(images), atol=1e-12, rtol=0)
            torch.testing.assert_close(model(images), plain, atol=0, rtol=0)
        assert (muted - plain).abs().max() > 1e-9
        assert (shares[:, t] == 0).all() or len(shares[0]) == 1  # a block with one stream has nothing left to share


@pytest.mark.parametrize("key", ROWS)
def test_soloing_all_streams_of_any_row_changes_no_bit_and_leaves_nothing(key):
    model, images = of(key).float(), photos().float()
    counts = {name: len(block.stream_names) for name, block in model.blocks().items()}
    with torch.no_grad():
        plain = model(images)
        for name, count in counts.items():
            with gates.solo(model, range(1, count + 1), name):
                assert torch.equal(model(images), plain)
        with pytest.raises(RuntimeError, match="in the body"), gates.mute(model, 1):
            assert hooks(model) == 6 and not torch.equal(model(images), plain)
            raise RuntimeError("in the body")
        assert hooks(model) == 0 and torch.equal(model(images), plain)
        gates.read_shares(model, images)
        assert hooks(model) == 0 and torch.equal(model(images), plain)
    for wrong in (0, 99):
        with pytest.raises(Refused, match=rf"block conv2.0 has streams 1 to {counts['conv2.0']}, not \[{wrong}\]"):
            gates.mute(model, wrong)


@pytest.mark.parametrize("key", GATED)
def test_gates_of_any_row_can_be_set_by_hand(key):
    model, images = of(key), photos()
    with torch.no_grad(), gates.rewrite(model, lambda _, g: torch.full_like(g, 0.25), "conv3.1"):
        reading, found = gates.read(model, images), model(images)
        np.testing.assert_allclose(reading.gates["conv3.1"], 0.25)
    with torch.no_grad():
        block = model.blocks()["conv3.1"]
        x = model.conv3[0](model.conv2(model.maxpool(model.conv1(images))))
        x = block.relu(block.conv3(sum(0.25 * one for one in block.streams(x))) + x)
        last = model.conv5(model.conv4(model.conv3[2](x)))
        torch.testing.assert_close(found, model.fc(model.global_avgpool(last).flatten(1)), atol=1e-12, rtol=0)


def test_a_network_whose_blocks_say_nothing_is_refused():
    model = osnet(0.25, block=lambda c_in, c_out, **_how: nn.Conv2d(c_in, c_out, 1))
    for ask in (gates.read, gates.read_shares, lambda m, _: gates.mute(m, 1), lambda m, _: gates.rewrite(m, min)):
        with pytest.raises(Refused, match="no blocks that say what their streams are"):
            ask(model, photos())
