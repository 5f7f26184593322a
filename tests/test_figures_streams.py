"""Charts of one number a stream, and of numbers of either sign."""

import pytest

from osnet_edu import Refused, figures
from osnet_edu.intervals import Interval


def test_streams_stand_in_order_and_say_their_numbers():
    numbers = {"one": {"conv2.0": [0.1, 0.25], "conv2.1": [0.5, 0.0]}, "two": {"conv2.0": [0, 0], "conv2.1": [0, 1]}}
    label = figures.streams(numbers, title="Gates", axis="gate", percent=True).get_label()
    assert label == (
        "Gates. Streams in order. one: conv2.0 10 % 25 %, conv2.1 50 % 0 %; two: conv2.0 0 % 0 %, conv2.1 0 % 100 %."
    )
    figure = figures.streams({"one": {"a": [-0.2, 0.3]}}, axis="margin", levels={"one": 0.05})
    heights = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    dots = [tuple(dot.get_offsets()[0]) for dot in figure.axes[0].collections]
    assert dots[2][1] < heights[0] < dots[1][1], "a dashed line at 0.05 lies between 0.3 and -0.2, and y runs down"
    with pytest.raises(Refused, match="the same blocks and streams"):
        figures.streams({"one": {"a": [1.0]}, "two": {"b": [1.0]}})


def test_estimates_of_either_sign_say_their_bounds():
    rows = {"conv2.0": Interval(-0.12, -0.25, 0.02), "conv4.1": Interval(0.16, 0.03, 0.28)}
    label = figures.estimates(rows, title="Lean", axis="difference").get_label()
    assert label == "Lean. Difference. conv2.0: -0.12 (-0.25 to +0.02); conv4.1: +0.16 (+0.03 to +0.28)."
    with pytest.raises(Refused, match="at least one row"):
        figures.estimates({})
