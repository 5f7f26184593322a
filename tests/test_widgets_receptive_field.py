"""The receptive field widget without a browser."""

import numpy as np
import pytest

from osnet_edu import osnet
from osnet_edu.embed import normalise
from osnet_edu.network import receptive
from osnet_edu.widgets import ReceptiveField

PHOTOS = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (2, 64, 32, 3), dtype=np.uint8)


def test_windows_are_those_of_the_table():
    w = ReceptiveField(PHOTOS, block="conv3.0", stream=2)
    assert (w.cells, w.shortest, w.longest) == (5, 47, 111)
    # The middle cell of an 8 x 4 map is (4, 2): pixels 2 + 4 * 8 and 2 + 2 * 8.
    assert w.windows["shortest"] == [34 - 23, 18 - 23, 34 + 24, 18 + 24]
    assert w.windows["longest"] == [34 - 55, 18 - 55, 34 + 56, 18 + 56]
    assert w.table == [[1, 3, 31, 95], [2, 5, 47, 111], [3, 7, 63, 127], [4, 9, 79, 143]]


def test_a_field_wider_than_the_photo_is_called_so():
    w = ReceptiveField(PHOTOS, block="conv2.1", stream=1)
    assert w.sentences[1] == "Shortest path: 19 x 19 pixels."
    assert w.sentences[2] == "Longest path: 51 x 51 pixels: wider than the photo (32)."
    w.block = "conv4.0"
    assert w.sentences[1] == "Shortest path: 55 x 55 pixels: wider than the photo (32)."
    assert w.sentences[2] == "Longest path: 247 x 247 pixels: wider and taller than the photo (32 x 64)."


def test_the_heat_is_the_measured_field_of_the_given_model():
    model = osnet(0.25, streams=2)
    w = ReceptiveField(PHOTOS, model, streams=2, block="conv2.1", stream=2)
    heat = receptive.effective_field(model, normalise(PHOTOS), "conv2.1", 2)
    drawn = np.frombuffer(w.heat, np.uint8).reshape(64, 32)
    np.testing.assert_allclose(drawn, np.sqrt(heat / heat.max()) * 255, atol=0.51)
    assert w.effective == receptive.side_of(heat, 32, 16, 0.9) <= w.longest == 11 + 4 * 2 * 2 + 4 * 2 * 2
    assert "the given network, mean over 2 photos" in w.sentences[3]
    w.streams = 3
    assert "an untrained network" in w.sentences[3]


def test_the_sliders():
    w = ReceptiveField(PHOTOS, block="conv2.1", stream=4)
    assert w.longest == 75
    w.set_state({"streams": 2})
    assert (w.stream, w.cells, w.longest) == (2, 5, 11 + 2 * 2 * 4 + 2 * 2 * 4)
    assert len(w.table) == 2
    w.set_state({"streams": 8})
    assert w.stream == 2 and w.shortest == 27 and w.longest == 11 + 8 * 2 * 4 + 2 * 2 * 4


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"block": "conv9"}, "no block 'conv9'"),
        ({"streams": 9}, "T must be 1 to 8, not 9"),
        ({"stream": 0}, "no stream 0"),
    ],
)
def test_bad_traits_become_a_sentence_and_pass(state, word):
    w = ReceptiveField(PHOTOS)
    good = {name: getattr(w, name) for name in state}
    w.set_state(state)
    assert word in w.problem
    w.set_state(good)
    assert w.problem == "" and w.cells == 3


@pytest.mark.parametrize(
    ("photos", "word"),
    [(PHOTOS[0], "expected photos"), (PHOTOS / 255, "expected photos"), (PHOTOS[:, :60], "multiples of 16")],
)
def test_other_photos_are_refused(photos, word):
    with pytest.raises(ValueError, match=word):
        ReceptiveField(photos)


def test_another_unit_can_be_asked():
    w = ReceptiveField(PHOTOS, block="conv3.0", stream=2)
    w.set_state({"row": 3, "column": 30})  # cells are 8 pixels apart, the first one on pixel 2
    assert w.windows["shortest"] == [2 - 23, 26 - 23, 2 + 24, 26 + 24]
    assert "row 1, column 4 of the map" in w.sentences[0]
    heat = receptive.effective_field(w._network(4), normalise(PHOTOS), "conv3.0", 2, (0, 3))
    np.testing.assert_allclose(
        np.frombuffer(w.heat, np.uint8).reshape(64, 32), np.sqrt(heat / heat.max()) * 255, atol=0.51
    )
    row, column = np.average(np.indices(heat.shape), axis=(1, 2), weights=heat)
    assert row < 16 < column, "the heat lies in the upper right"
    w.set_state({"row": 64})
    assert "outside the photo (64 x 32)" in w.problem and w.row == 3


@pytest.mark.parametrize("block", ["conv2.0", "conv3.1", "conv4.1"])
def test_the_middle_unit_is_the_one_that_is_asked_first(block):
    middle = receptive.effective_field(osnet(0.25).eval(), normalise(PHOTOS), block, 1)
    assert middle.sum() == pytest.approx(1)
    for shape in ((64, 32), (128, 64), (256, 128)):
        w = ReceptiveField(np.zeros((1, *shape, 3), np.uint8), block=block)
        top, left, bottom, right = w.windows["shortest"]
        field = next(f for f in receptive.receptive_fields(w._network(4)) if (f.block, f.stream) == (block, 1))
        assert ((top + bottom - 1) / 2 - field.origin) / field.step == shape[0] // field.step // 2
        assert ((left + right - 1) / 2 - field.origin) / field.step == shape[1] // field.step // 2
