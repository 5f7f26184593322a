"""The cost explorer without a browser."""

import pytest

from osnet_edu import Refused, osnet
from osnet_edu.network import costs
from osnet_edu.widgets import NetworkCosts
from osnet_edu.widgets.network_costs import counted


def test_it_starts_at_the_paper():
    w = NetworkCosts()
    assert (w.parameters, w.multiply_adds) == (2_169_508, 978_878_352)
    assert "978.9 M" in w.cited and "rank-1 94.8 %" in w.cited and "mAP 84.9 %" in w.cited
    assert [row["output"] for row in w.rows][:3] == ["128x64, 64", "64x32, 64", "64x32, 256"]
    assert w.rows[-1]["output"] == "512"


def test_width_and_resolution():
    w = NetworkCosts()
    w.set_state({"width": 0.25, "height": 128})
    assert (w.parameters, w.multiply_adds) == (201_864, 20_630_240)
    assert "20.6 M" in w.cited
    w.set_state({"height": 160})
    assert w.parameters == 201_864 and "lacks this network" in w.cited
    w.set_state({"height": 256, "width": 1.0, "streams": 2})
    assert "lacks this network" in w.cited and w.parameters < 2_169_508


def test_bars_are_against_the_largest_row():
    rows = NetworkCosts().rows
    assert max(row["parameter_bar"] for row in rows) == max(row["multiply_add_bar"] for row in rows) == 1
    assert rows[1]["parameter_bar"] == 0
    assert rows[0]["multiply_add_bar"] == pytest.approx(77_070_336 / 333_976_096)


def test_an_opened_row_shows_its_parts():
    w = NetworkCosts(opened=2)
    parts = {part["name"]: part for part in w.layers}
    assert parts["conv2.0.conv2c"]["kinds"] == "3 times 1x1, 3 times 3x3 depthwise"
    assert parts["conv2.0.gate"]["parameters"] == 580 and parts["conv2.0.gate"]["calls"] == 4
    assert sum(part["parameters"] for part in w.layers) == w.rows[2]["parameters"]
    assert sum(part["multiply_adds"] for part in w.layers) == w.rows[2]["multiply_adds"]
    w.opened = 1
    assert w.layers == []
    w.opened = -1
    assert w.layers == []


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"width": 3.0}, "between 0.05 and 1.5, not at 3"),
        ({"height": 16}, "between 32 and 512 pixels"),
        ({"streams": 9}, "streams must be 1 to 8"),
        ({"opened": 10}, "no row 10"),
    ],
)
def test_bad_traits_become_a_sentence_and_pass(state, word):
    w = NetworkCosts()
    good = {name: getattr(w, name) for name in state}
    w.set_state(state)
    assert word in w.problem
    w.set_state(good)
    assert w.problem == "" and w.parameters == 2_169_508


@pytest.mark.parametrize(("width", "streams"), [(0.25, 1), (0.6, 4), (1.0, 2)])
def test_maps_grown_by_arithmetic_are_those_of_a_network_that_runs(width, streams):
    model = osnet(width, streams=streams)
    for height in (32, 100, 160, 512):
        assert counted(width, streams, height) == costs.table(model, (height, height // 2)), height


def test_a_network_is_counted_once(monkeypatch):
    w = NetworkCosts(width=0.35, streams=3)
    monkeypatch.setattr(costs, "table", None)  # counting again would fail
    for height in (32, 512, 256):
        w.set_state({"height": height})
        assert w.problem == w.crash == "" and f"{height // 16}x{height // 32}, " in w.rows[6]["output"]


def test_a_network_that_is_none_is_refused_at_once():
    with pytest.raises(Refused, match=r"between 0\.05 and 1\.5"):
        NetworkCosts(width=3.0)
