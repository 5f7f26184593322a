"""The convolution widget without a browser: its sums are PyTorch's."""

import numpy as np
import pytest
import torch
from torch import nn

from osnet_edu.colours import ONE, TWO
from osnet_edu.network.model import Lite3x3
from osnet_edu.widgets import Convolution
from osnet_edu.widgets.convolution import KERNELS, MIXES

PICTURE = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (12, 7, 3), dtype=np.uint8)


def torch_map(way, kernel, mix, channel):
    """The same output channel, computed by the layers of PyTorch that the kit is made of."""
    x = torch.from_numpy(PICTURE).permute(2, 0, 1)[None].double()
    kernel, mix = torch.tensor(KERNELS[kernel]).double(), torch.tensor(MIXES[mix]).double()
    with torch.no_grad():
        if way == "traditional":
            conv = nn.Conv2d(3, 1, 3, padding=1, bias=False).double()
            conv.weight[0] = mix[:, None, None] * kernel
            return conv(x)[0, 0].numpy()
        if way == "depthwise":
            conv = nn.Conv2d(3, 3, 3, padding=1, bias=False, groups=3).double()
            conv.weight[:, 0] = kernel
            return conv(x)[0, channel].numpy()
        if way == "pointwise":
            conv = nn.Conv2d(3, 1, 1, bias=False).double()
            conv.weight[0, :, 0, 0] = mix
            return conv(x)[0, 0].numpy()
        lite = Lite3x3(3, 1).double()
        lite.conv1.weight[0, :, 0, 0], lite.conv2.weight[0, 0] = mix, kernel
        return lite.conv2(lite.conv1(x))[0, 0].numpy()


@pytest.mark.parametrize("way", ["traditional", "depthwise", "pointwise", "lite"])
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("row", "column"), [(0, 0), (5, 3), (11, 6)])
def test_the_number_is_pytorchs(way, kernel, row, column):
    for mix, channel in zip(MIXES, (0, 1, 2, 0), strict=True):
        w = Convolution(PICTURE, way=way, kernel=kernel, mix=mix, channel=channel, row=row, column=column)
        assert w.total == pytest.approx(torch_map(way, kernel, mix, channel)[row, column], abs=0.051)
        assert w.problem == ""


def test_the_panels_add_up_to_the_number():
    w = Convolution(PICTURE, row=4, column=2)
    assert [panel["name"] for panel in w.panels] == ["red", "green", "blue"]
    shown = sum(
        value * weight
        for panel in w.panels
        for values, weights in zip(panel["values"], panel["weights"], strict=True)
        for value, weight in zip(values, weights, strict=True)
    )
    assert shown == pytest.approx(w.total, abs=0.1)
    assert w.panels[1]["values"] == PICTURE[3:6, 1:4, 1].astype(float).tolist()
    assert w.panels[1]["weights"][1][1] == pytest.approx(8 * 0.6)


def test_pointing_and_padding():
    w = Convolution(PICTURE)
    assert (w.row, w.column) == (6, 3)
    w.set_state({"row": 0, "column": 6})
    assert w.panels[0]["padding"] == [[True, True, True], [False, False, True], [False, False, True]]
    assert w.panels[0]["values"][0] == [0, 0, 0]
    assert w.summed.startswith("row 0, column 6:")


def test_what_is_not_read_is_none():
    w = Convolution(PICTURE, way="pointwise")
    assert w.panels[2]["weights"] == [[None, None, None], [None, 0.1, None], [None, None, None]]
    w.way = "depthwise"
    w.channel = 1
    assert w.panels[0]["weights"] == [[None] * 3] * 3
    assert w.panels[1]["weights"][1] == [-1, 8, -1]


def test_lite_shows_the_mixed_window():
    w = Convolution(PICTURE, way="lite", mix="red minus blue", row=5, column=3)
    (panel,) = w.panels
    window = PICTURE[4:7, 2:5].astype(float)
    assert panel["values"] == (window[:, :, 0] - window[:, :, 2]).tolist()
    assert w.counted.startswith("12 multiply-adds")


def test_weights_of_ones_own():
    w = Convolution(PICTURE)
    before = w.output
    w.set_state({"weights": [[0, 0, 0], [0, 2, 0], [0, 0, 0]]})
    assert w.kernel == "your own" and w.output != before
    w.set_state({"kernel": "blur"})
    assert w.weights[0][0] == 0.11
    w.set_state({"weights": [list(row) for row in KERNELS["outline"]]})
    assert w.kernel == "outline"


def test_the_output_is_painted_so_that_its_sign_can_be_seen():
    flat = np.full((5, 5, 3), 100, np.uint8)
    w = Convolution(flat, kernel="left to right")
    colours = np.frombuffer(w.output, np.uint8).reshape(5, 5, 3).astype(int)
    assert (colours[1:4, 1:4] == 255).all()  # nothing changes inside: white
    negative, positive = (list(bytes.fromhex(colour.light[1:])) for colour in (ONE, TWO))
    assert (colours[:, 0] == positive).all() and (colours[:, -1] == negative).all()
    assert "white is 0, purple is positive" in w.legend
    w.kernel = "blur"
    assert "black is 0" in w.legend


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"way": "sideways"}, "no layer 'sideways'"),
        ({"kernel": "magic"}, "no kernel 'magic'"),
        ({"mix": "purple"}, "no mix 'purple'"),
        ({"channel": 3}, "Channel 3 is not there"),
        ({"row": 12}, "outside the photo"),
        ({"weights": [[1, 2], [3]]}, "3 rows of 3 numbers"),
        ({"weights": [["a", 1, 1]] * 3}, "3 rows of 3 numbers"),
    ],
)
def test_bad_traits_become_a_sentence_and_pass(state, word):
    w = Convolution(PICTURE)
    good = {name: getattr(w, name) for name in state}
    w.set_state(state)
    assert word in w.problem
    w.set_state(good)
    assert w.problem == ""


@pytest.mark.parametrize("picture", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_another_picture_is_refused(picture):
    with pytest.raises(ValueError, match="expected a picture"):
        Convolution(picture)


def test_a_large_picture_is_refused():
    with pytest.raises(ValueError, match="96 x 96 or smaller"):
        Convolution(np.zeros((128, 64, 3), np.uint8))
