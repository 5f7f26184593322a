"""The pictures of a training run say and draw what is in the records."""

from types import SimpleNamespace

import numpy as np
import pytest

from osnet_edu import figures, train
from osnet_edu.trials.collapse import Collapse


def lines(figure) -> list[np.ndarray]:
    return [line.get_xydata() for line in figure.axes[0].get_lines()]


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def test_an_augmented_photo_without_augmentation_is_itself():
    image = np.random.default_rng(0).integers(0, 256, (64, 32, 3), dtype=np.uint8)
    still = train.TrainConfig(flip=False, shift=0.0, zoom=0.0, colour=0.0)
    figure = figures.augmented(image, still, draws=3)
    drawn = [np.asarray(shown.get_array()) for shown in figure.axes[0].get_images()]
    assert len(drawn) == 4 and all(np.array_equal(one, image) for one in drawn)
    moved = figures.augmented(image, train.TrainConfig(), draws=3)
    assert not np.array_equal(np.asarray(moved.axes[0].get_images()[1].get_array()), image)


def test_schedules_reach_their_peaks():
    figure = figures.schedules({"kit": train.TrainConfig(), "paper": train.TrainConfig.published()})
    assert "kit: starts at 0.0001, highest 0.0040" in figure.get_label()
    curves = [line for line in lines(figure) if len(line) == 400]
    assert len(curves) == 2
    # y runs down: the kit's peak is at 8 % of the steps, and it ends below the paper's first plateau.
    assert curves[0][:, 1].argmin() + 1 == 32 and curves[0][-1, 1] > curves[1][0, 1]


def test_collapses_show_the_loss_and_the_distances():
    steps = np.arange(40)
    raw = Collapse(False, 0.03, 0.3, np.r_[5 - steps[:30] / 8, np.full(10, 0.3)], 10.0 ** -np.minimum(steps / 4, 6))
    unit = Collapse(True, 0.03, 0.3, np.full(40, 0.6), np.full(40, 1.1))
    assert raw.collapsed and not unit.collapsed
    figure = figures.collapses([raw, unit])
    assert "raw features: the loss goes from 5.00 to 0.30" in figure.get_label()
    assert sum(len(line) == 40 for line in lines(figure)) == 4 and "margin" in words(figure)


def test_left_out_marks_what_is_open():
    found = {
        "no triplet": SimpleNamespace(value=-6.0, low=-9.0, high=-3.0),
        "no flip": SimpleNamespace(value=0.5, low=-1.0, high=2.0),
    }
    figure = figures.left_out(found, title="Left out")
    assert "no triplet -6.0 (-9.0 to -3.0)" in figure.get_label()
    told = words(figure)
    assert "? open" in told and "excludes 0" in told
    assert told.index("no triplet") < told.index("no flip")  # the worst first
    ring, dot = (
        tuple(c.get_offsets()[0])
        for c in sorted(figure.axes[0].collections, key=lambda c: -float(c.get_facecolor()[0][0]))
    )
    zero = next(line for line in lines(figure) if line[0][0] == line[1][0] and line[0][0] > dot[0])
    assert dot[0] < zero[0][0] and ring[0] > dot[0] and ring[1] > dot[1]
    with pytest.raises(ValueError, match="no differences"):
        figures.left_out({})
