"""What gates follow: omega squared against a table worked out by hand, and on networks."""

from itertools import product

import numpy as np
import pytest
from test_explain_gates import of

from osnet_edu import Refused
from osnet_edu.experiments import EXPERIMENTS, gate_variance
from osnet_edu.experiments.gate_variance import omega_squared
from osnet_edu.network import weights

CELLS = np.array(list(product(range(4), range(3), range(2))))
LEVELS = {"a": CELLS[:, 0], "b": CELLS[:, 1], "c": CELLS[:, 2]}


def test_what_one_factor_decides_is_explained_by_it_alone():
    found = omega_squared(np.array([5.0, 1.0, 2.0, 7.0])[CELLS[:, 0]][:, None], LEVELS)
    assert found["a"] == pytest.approx(1) and found["b"] == pytest.approx(0) and found["c"] == pytest.approx(0)


def test_two_factors_that_add_up_share_by_their_variances():
    # Over the cells, a has variance 1.25 and 3 b has 9 * 2 / 3 = 6; nothing is left for the error.
    found = omega_squared((CELLS[:, 0] + 3.0 * CELLS[:, 1])[:, None], LEVELS)
    assert found["a"] == pytest.approx(1.25 / 7.25) and found["b"] == pytest.approx(6 / 7.25)


def test_it_is_the_table_of_an_analysis_of_variance():
    # One factor of two levels, four values: total 10, between 4, within 6 on 2 degrees: (4 - 3) / (10 + 3).
    values = np.array([-2.0, 0.0, -1 + 1 + 1.0, 1.0])
    level = np.array([0, 0, 1, 1])
    centred = values - values.mean()
    between = 2 * (centred[:2].mean() ** 2 + centred[2:].mean() ** 2)
    error = ((centred**2).sum() - between) / 2
    expected = (between - error) / ((centred**2).sum() + error)
    assert omega_squared(values[:, None], {"a": level})["a"] == pytest.approx(expected)


def test_chance_explains_nothing_on_average():
    rng = np.random.default_rng(0)
    found = [omega_squared(rng.normal(size=(24, 5)), LEVELS)["a"] for _ in range(400)]
    assert abs(np.mean(found)) < 0.01


def test_bad_input_is_refused():
    assert EXPERIMENTS["gate-variance"].load() is gate_variance.run
    with pytest.raises(Refused, match="must come equally often, got"):
        omega_squared(np.arange(5.0)[:, None], {"a": np.array([0, 0, 0, 1, 1])})
    with pytest.raises(Refused, match="do not vary"):
        omega_squared(np.ones((24, 1)), LEVELS)
    with pytest.raises(Refused, match="networks of one size of photos are needed, got none"):
        gate_variance.measure_variance([])
    with pytest.raises(Refused, match="it has no gate to read"):
        gate_variance.measure_variance([weights.Checkpoint(of("addition"), (128, 64))])


def test_on_a_network_the_shares_and_the_rest_make_up_the_whole():
    found = gate_variance.measure_variance([weights.shipped()], count=2)
    assert found.photos == 2 * 6 * 4 * 3 and list(found.shares) == list(weights.shipped().model.blocks())
    for shares in found.shares.values():
        assert -0.02 < sum(one.value for one in shares.values()) <= 1
        assert all(one.value > -0.02 for one in shares.values())
    assert "omega squared" in str(found)
