"""Streams that become their means, are swapped or set by hand; and what each contributes, by Shapley's rule."""

from itertools import permutations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explain_gates import GATED, hooks, of, photos, small

from osnet_edu import Refused, embed, osnet
from osnet_edu.embed import normalise
from osnet_edu.explain import gates, shapley
from osnet_edu.network.siblings import ROWS


def weighted(block, x):
    """What each stream of a block puts into its join: T times (B, C, H, W)."""
    streams = block.streams(x)
    weights = block.gates(streams)
    return streams if weights is None else [weights[:, t] * one for t, one in enumerate(streams)]


@pytest.mark.parametrize("key", ROWS)
def test_a_muted_stream_becomes_its_mean_over_photos(key):
    model, images, gallery = of(key), photos(2), photos(5, seed=2)
    fill = gates.means(model, gallery, batch=2)
    block = model.blocks()["conv2.0"]
    with torch.no_grad():
        entering = weighted(block, model.maxpool(model.conv1(gallery)))
        known = [x.mean((0, 2, 3)) for x in entering]
        for found, mean in zip(fill.fills["conv2.0"], known, strict=True):
            np.testing.assert_allclose(found, mean.numpy(), atol=1e-12)
        x = model.maxpool(model.conv1(images))
        parts = weighted(block, x)
        parts[0] = known[0][None, :, None, None].expand_as(parts[0])
        identity = x if block.downsample is None else block.downsample(x)
        x = model.conv2[2](model.conv2[1](block.relu(block.conv3(block.join(parts, None)) + identity)))
        last = model.conv5(model.conv4(model.conv3(x)))
        expected = model.fc(model.global_avgpool(last).flatten(1))
        plain = model(images)
        with gates.mute(model, 1, "conv2.0", fill=fill):
            torch.testing.assert_close(model(images), expected, atol=1e-12, rtol=0)
        with gates.solo(model, range(1, len(parts) + 1), "conv2.0", fill=fill):
            assert torch.equal(model(images), plain)
        assert hooks(model) == 0 and torch.equal(model(images), plain)


def test_means_and_zero_nest():
    model, images = small(), photos()
    fill = gates.means(model, photos(4, seed=3))
    with torch.no_grad():
        with gates.mute(model, 1, fill=fill), gates.mute(model, 2, fill=fill):
            nested = model(images)
        with gates.mute(model, (1, 2), fill=fill):
            torch.testing.assert_close(model(images), nested, atol=1e-12, rtol=0)
        with gates.mute(model, 1, fill=fill), gates.mute(model, 1):
            zero = model(images)
        with gates.mute(model, 1):
            torch.testing.assert_close(model(images), zero, atol=1e-12, rtol=0)


@pytest.mark.parametrize("key", ROWS)
def test_two_photos_that_swap_all_streams_of_the_first_block_swap_what_follows_from_them(key):
    model = of(key)
    block = model.blocks()["conv2.0"]
    every = range(1, len(block.stream_names) + 1)
    x = torch.randn(3, block.conv1.conv.in_channels, 8, 4, dtype=torch.float64)
    with torch.no_grad():
        mixed = block.mix(block.streams(x))
        seen = []
        with gates.swap(model, every, "conv2.0", photos=(0, 2)):
            block.join.register_forward_hook(lambda _m, _i, output: seen.append(output))
            block(x)
    torch.testing.assert_close(seen[0], mixed[[2, 1, 0]], atol=1e-12, rtol=0)


def test_one_stream_is_swapped_with_its_gate_and_a_second_swap_gives_it_back():
    model, images = small(), photos(2)
    before = gates.read(model, images)
    with gates.swap(model, 3, "conv2.0"):
        after = gates.read(model, images)
    rows = before.gates["conv2.0"].copy()
    rows[:, 2] = rows[::-1, 2]
    np.testing.assert_allclose(after.gates["conv2.0"], rows, atol=1e-12)
    with torch.no_grad():
        plain = model(images)
        with gates.swap(model, 3), gates.swap(model, 3):
            assert torch.equal(model(images), plain)
        with gates.swap(model, 3):
            assert (model(images) - plain).abs().max() > 1e-6
            with pytest.raises(Refused, match="photos 0 and 1 are to be swapped, but the batch has 1"):
                model(images[:1])
        assert hooks(model) == 0 and torch.equal(model(images), plain)


@pytest.mark.parametrize("key", GATED)
def test_a_gate_is_put_for_one_stream_and_the_others_stay(key):
    model, images = of(key), photos()
    plain = gates.read(model, images).gates["conv4.0"]
    with gates.put(model, {1: 0.25}, "conv4.0"):
        found = gates.read(model, images).gates["conv4.0"]
    np.testing.assert_allclose(found[:, 0], 0.25)
    np.testing.assert_allclose(found[:, 1:], plain[:, 1:], atol=1e-12)
    own = np.linspace(0, 1, plain.shape[2])
    with gates.put(model, {1: own}, "conv4.0"):
        found = gates.read(model, images).gates["conv4.0"]
    np.testing.assert_allclose(found[:, 0], np.broadcast_to(own, found[:, 0].shape))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: gates.put(m, {5: 0.5}), r"block conv2.0 has streams 1 to 4, not \[5\]"),
        (lambda m: gates.put(m, {}), "name at least one stream"),
        (lambda m: gates.put(m, {1: 1.5}), "the gate of stream 1 must be a number from 0 to 1"),
        (lambda m: gates.put(m, {1: float("nan")}), "must be a number from 0 to 1"),
        (lambda m: gates.swap(m, 1, photos=(1, 1)), "two different photos, counted from 0, got 1 and 1"),
        (lambda m: gates.swap(m, 9), r"has streams 1 to 4, not \[9\]"),
        (lambda m: gates.factors(m, 1, "conv9"), "no such block: conv9"),
        (lambda m: gates.means(m, torch.zeros(3, 32, 16)), "images must be a batch"),
        (
            lambda m: gates.mute(m, 1, fill=gates.means(of("T1"), photos())),
            "these means have 1 streams for block conv2.0, which has 4",
        ),
        (lambda m: shapley.of_margins(m, photos(2), photos(2), photos(3), "conv2.0"), "equally many photos"),
        (lambda m: shapley.of_margins(m, *[photos(2)] * 3, "conv5"), "no such block: conv5"),
        (
            lambda m: shapley.of_margins(m, *[photos(2)] * 3, "conv3.0", fill=gates.means(of("T1"), photos())),
            "these means have 1 streams for block conv3.0, which has 4",
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(Refused, match=sentence):
        call(small())


def test_what_gates_cannot_show_is_said():
    assert gates.limits(osnet(0.25, gate_hidden=4)) == ""
    assert gates.limits(osnet(0.25)).startswith("Blocks conv2.0, conv2.1, conv3.0, conv3.1 have a gate with one hidden")
    assert "have one stream" in gates.limits(of("T1"))
    assert "have no gate: a sum alone joins the streams" in gates.limits(of("addition"))
    assert "a gate of one number a stream" in gates.limits(of("stream-wise"))


def test_the_engine_mutes_as_pytorch_does():
    torch.manual_seed(0)
    model = osnet(0.25, gate_hidden=4).eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 128, 64, 3), dtype=np.uint8)
    engine = embed.OnnxEmbedder(embed.onnx_file(model))
    for streams, blocks in ((1, None), ((2, 4), "conv3.1"), (3, ["conv2.0", "conv4.1"])):
        found = engine.look(images, gates.factors(model, streams, blocks)).embedding
        with torch.no_grad(), gates.mute(model, streams, blocks):
            np.testing.assert_allclose(found, model(normalise(images)).numpy(), atol=1e-5)


# --- Shapley values ---------------------------------------------------------------------------------------------------


def by_orders(worth, streams):
    """The definition: what each takes along, averaged over all orders."""
    found = np.zeros(streams)
    orders = list(permutations(range(streams)))
    for order in orders:
        row = 0
        for stream in order:
            found[stream] += worth[row | 1 << stream] - worth[row]
            row |= 1 << stream
    return found / len(orders)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), streams=st.integers(1, 5))
def test_values_are_the_mean_over_all_orders_and_sum_to_the_whole(seed, streams):
    worth = np.random.default_rng(seed).normal(size=(2**streams, 2))
    found = shapley.values(worth)
    for game in range(2):
        np.testing.assert_allclose(found[:, game], by_orders(worth[:, game], streams), atol=1e-12)
    np.testing.assert_allclose(found.sum(0), worth[-1] - worth[0], atol=1e-12)


def test_what_adds_up_is_shared_as_it_stands_and_what_needs_two_is_halved():
    kept = shapley.coalitions(4)
    np.testing.assert_allclose(shapley.values(kept @ [1.0, 2.0, 0.0, -3.0]), [1, 2, 0, -3])
    np.testing.assert_allclose(shapley.values(10.0 * (kept[:, 1] & kept[:, 3])), [0, 5, 0, 5], atol=1e-12)
    for wrong in (3, 6, 2**11):
        with pytest.raises(Refused):
            shapley.values(np.zeros(wrong))


@pytest.mark.parametrize("key", ["primary", "addition", "concatenation", "T1"])
@pytest.mark.parametrize("filled", [False, True])
def test_contributions_sum_to_what_the_margin_loses_without_the_streams(key, filled):
    model, three = of(key), [photos(3, seed=seed) for seed in (1, 2, 3)]
    fill = gates.means(model, photos(4, seed=5)) if filled else None
    streams = len(model.blocks()["conv3.1"].stream_names)

    def margins():
        query, positive, negative = (F.normalize(model(images), dim=1) for images in three)
        return ((query * positive).sum(1) - (query * negative).sum(1)).numpy()

    with torch.no_grad():
        plain = margins()
        with gates.mute(model, range(1, streams + 1), "conv3.1", fill=fill):
            without = margins()
        found = shapley.of_margins(model, *three, "conv3.1", fill=fill, batch=2)
        assert hooks(model) == 0
        np.testing.assert_array_equal(margins(), plain)
    assert found.shape == (streams, 3)
    np.testing.assert_allclose(found.sum(0), plain - without, atol=1e-9)
    assert np.abs(found).max() > 1e-6
