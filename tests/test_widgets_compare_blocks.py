"""Two blocks side by side, without a browser."""

import pytest

from osnet_edu.network import costs, siblings
from osnet_edu.widgets import CompareBlocks


def test_it_starts_with_the_omni_scale_block_and_inception():
    w = CompareBlocks()
    ours, other = w.blocks
    assert [lane["layers"] for lane in ours["lanes"]] == [["Lite 3x3"] * t for t in (1, 2, 3, 4)]
    assert [lane["scale"] for lane in ours["lanes"]] == [3, 5, 7, 9] and ours["dynamic"]
    assert other["scales"] == [1, 3, 5] and not other["dynamic"]
    assert "Omni-scale block sees 3x3, 5x5, 7x7 and 9x9 cells; Inception-style sees 1x1, 3x3 and 5x5 cells." in w.said
    assert ours["network_parameters"] == 202_616
    assert ours["parameters"] == costs.parameters(siblings.block("primary", 16, 64, gate_hidden=4))


def test_the_words_follow_the_choice():
    w = CompareBlocks()
    w.set_state({"second": "addition", "place": "conv4.1", "network": "x1.0, photos of 256 x 128"})
    assert "Both see the same scales" in w.said
    assert "computed from the photo in omni-scale block, the same for every photo in addition" in w.said
    assert w.blocks[0]["network_multiply_adds"] == 978_878_352
    assert w.blocks[0]["parameters"] - w.blocks[1]["parameters"] == 2184  # the gate
    w.set_state({"second": "full"})
    assert "times as many parameters in this place" in w.said and "joined alike" in w.said
    w.set_state({"second": "primary"})
    assert w.said.startswith("Both are the same block")
    w.set_state({"second": "separate-gates"})
    assert "as many multiply-adds" in w.said  # three gates more to store; each is called once


def test_every_choice_can_be_drawn():
    w = CompareBlocks()
    assert [key for key, _ in w.choices] == list(siblings.ROWS)
    for key, row in siblings.ROWS.items():
        w.set_state({"first": key})
        assert w.blocks[0]["name"] == row.name and w.problem == ""
        assert tuple(lane["scale"] for lane in w.blocks[0]["lanes"]) == row.scales
    assert w.blocks[0]["lanes"] == [{"layers": ["3x3"], "scale": 3, "count": 1}]  # SE
    w.set_state({"first": "resnext"})
    assert w.blocks[0]["lanes"][0]["count"] >= 8


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"first": "vgg"}, "There is no row 'vgg'; expected 1 to 11 or one of primary"),
        ({"place": "conv5"}, "There is no place 'conv5'; expected one of conv2.0"),
        ({"network": "x2"}, "There is no network 'x2'; expected one of x0.25"),
    ],
)
def test_bad_traits_become_a_sentence_and_pass(state, words):
    w = CompareBlocks()
    good = {name: getattr(w, name) for name in state}
    w.set_state(state)
    assert w.problem.startswith(words)
    w.set_state(good)
    assert w.problem == ""
