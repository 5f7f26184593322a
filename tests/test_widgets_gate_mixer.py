"""The gate mixer without a browser: its mixtures are the block's own, and nothing of it stays in the net."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from osnet_edu import osnet
from osnet_edu.embed import embed_images, normalise
from osnet_edu.explain import gates
from osnet_edu.widgets import GateMixer

SIZE = (64, 32)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return osnet(0.25, gate_hidden=4).eval()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, *SIZE, 3), np.uint8)


def test_the_nets_gates_are_those_that_gates_reads(model, images):
    read = gates.read(model, normalise(images[:1]))
    shown = GateMixer(model, images[0], block="conv3.1")
    assert np.allclose(shown.own, read.gates["conv3.1"][0].mean(1), atol=1e-6)
    assert np.allclose(shown.own_shares, read.shares["conv3.1"][0], atol=1e-5)
    shown.set_state({"channel": 5})
    assert np.allclose(shown.own, read.gates["conv3.1"][0, :, 4], atol=1e-6)
    assert shown.own_range[2] == [shown.own[2]] * 2


def test_one_channel_can_be_reached_by_hand_and_all_at_once_cannot(model, images):
    shown = GateMixer(model, images[0])
    assert shown.hand == [0.5] * 4
    shown.set_state({"hand": [1.0] * 4})
    assert shown.gap > 0.3
    shown.set_state({"hand": shown.own})
    assert 0.001 < shown.gap < 0.5
    shown.set_state({"channel": 3})
    shown._handle_custom_msg("own", [])
    assert shown.gap < 1e-6 and np.allclose(shown.shares, shown.own_shares, atol=1e-5)


def test_the_decision_is_that_of_the_rewritten_net(model, images):
    shown = GateMixer(model, images[0], same=images[1], other=images[2], block="conv4.1")
    reference = embed_images(model, images)
    own = reference[0] @ reference[1] / np.linalg.norm(reference[0]) / np.linalg.norm(reference[1])
    assert f"the same person {own:.3f}" in shown.says[1]
    shown.set_state({"hand": [0.0, 0.0, 0.0, 1.0]})
    with gates.rewrite(model, lambda _b, g: torch.zeros_like(g).index_fill(1, torch.tensor([3]), 1.0), ["conv4.1"]):
        mine = embed_images(model, images[:1])[0]
    cosine = mine @ reference[1] / np.linalg.norm(mine) / np.linalg.norm(reference[1])
    assert f"the same person {cosine:.3f}" in shown.says[0] and shown.says[0] != shown.says[1]
    shown.set_state({"channel": 1})  # all other channels keep the net's gates
    shown.set_state({"hand": shown.own})
    assert shown.says[0].split(":")[1] == shown.says[1].split(":")[1]


def test_shut_gates_leave_nothing(model, images):
    shown = GateMixer(model, images[0])
    shown.set_state({"hand": [0.0] * 4})
    assert shown.gap == pytest.approx(1) and shown.shares == [0] * 4
    assert shown.mixtures[0]["text"] == "your mixture: mean 0.000, all zero"
    shown.set_state({"hand": [0.0, 1.0, 0.0, 0.0]})
    assert shown.shares == pytest.approx([0, 1, 0, 0])
    assert shown.mixtures[0]["mean"] == shown.maps[1]["mean"]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"hand": [2.0, 0, 0, 0]}, "each from 0 to 1"),
        ({"hand": [1.0]}, "4 gates"),
        ({"block": "conv9.9"}, "no conv9.9"),
        ({"channel": 500}, "channels 1 to 16"),
    ],
)
def test_what_makes_no_sense_is_a_sentence_and_changes_nothing(model, images, state, word):
    shown = GateMixer(model, images[0])
    before = (shown.block, shown.channel, shown.hand, shown.gap)
    shown.set_state(state)
    assert word in shown.problem and (shown.block, shown.channel, shown.hand, shown.gap) == before
    shown.set_state({"hand": [0.5] * 4})
    assert shown.problem == ""


def test_a_smaller_block_shows_all_channels_again(model, images):
    shown = GateMixer(model, images[0], block="conv4.0")
    assert shown.channels == 32
    shown.channel = 30
    shown.block = "conv2.0"
    assert (shown.block, shown.channel, shown.channels, shown.problem) == ("conv2.0", 0, 16, "")


def test_nothing_stays_in_the_net(images):
    torch.manual_seed(1)
    model = osnet(0.25, gate_hidden=4)  # training mode
    before = {key: value.clone() for key, value in model.state_dict().items()}
    shown = GateMixer(model, images[0], same=images[1], other=images[2])
    shown.hand = [0.2, 0.4, 0.6, 0.8]
    shown.block = "conv4.0"
    assert model.training and all(module.training for module in model.modules())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_what_cannot_be_mixed_is_refused(model, images):
    with pytest.raises(ValueError, match="neither"):
        GateMixer(model, images[0], same=images[1])
    with pytest.raises(ValueError, match=r"no such block: conv7; this network has conv2\.0"):
        GateMixer(model, images[0], block="conv7")
