"""The bars of how far gates moved: their lengths, and that a match and an impostor differ by more than colour."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from osnet_edu import figures
from osnet_edu.explain.gates import GateReading


def reading():
    """Two blocks, two streams, two channels: the match moves one block, the impostor both, the second twice as far."""
    still = np.full((2, 2), 0.5)
    first = np.stack([still, still + 0.1, still + 0.1])
    second = np.stack([still, still, still + 0.2])
    return GateReading({"conv2.0": first, "conv2.1": second}, {}, {})


def test_a_bar_is_as_long_as_the_gates_moved():
    figure = figures.gates_moved(reading(), ("Ana", "the match", "Bea"))
    said = figure.get_label()
    assert "conv2.0 0.100 and 0.100; conv2.1 0.000 and 0.200; on average 0.050 and 0.150" in said
    bars = [p for p in figure.axes[0].patches if p.get_height() == pytest.approx(0.15)]
    dashed = [bar.get_width() for bar in bars if to_hex(bar.get_edgecolor()) == figures.BLUE]
    solid = [bar.get_width() for bar in bars if to_hex(bar.get_facecolor()) == figures.ORANGE]
    assert dashed == pytest.approx([2.6, 5.2]) and solid == pytest.approx([2.6, 0])
    assert all(bar.get_linestyle() != "-" for bar in bars if to_hex(bar.get_edgecolor()) == figures.BLUE)
