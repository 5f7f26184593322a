"""The experiment on hard positives: its table says what was measured, and the shipped table is of the same form."""

import re

import numpy as np
import pytest

from osnet_edu.experiments import EXPERIMENTS
from osnet_edu.grading import hard_positives, importance
from osnet_edu.network import weights


@pytest.fixture(scope="module")
def found():
    positives = importance.render_positives(families=4, redraws=2)
    told = []
    made = hard_positives.measure_parts(weights.shipped(), positives, lambda *at: told.append(at))
    assert told[-1] == (len(hard_positives.ASKED) + 3,) * 2
    return positives, made


def test_the_table_says_what_was_measured(found):
    positives, made = found
    from osnet_edu.embed import embedder_for

    fast = embedder_for(weights.shipped().model, photos=10_000, size=(128, 64))
    measured = importance.measured(fast, positives)
    for part, column in zip(positives.parts, measured.fall.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known):
            assert made.falls[part].value == pytest.approx(known.mean(), abs=1e-6)
    assert list(made.falls.values()) == sorted(made.falls.values(), key=lambda one: -one.value)
    assert made.noticed == (int(measured.noticed.sum()), int(positives.shown.sum()))
    assert made.random[0] < made.noticed[0] / 2
    assert all(0 <= share <= 1 for share in made.on_background.values())
    # Random numbers are spread over the photo, so the background gets its area of them.
    back = positives.cover[:, positives.parts.index("background")].mean()
    assert made.on_background["random numbers"] == pytest.approx(back, abs=0.03)
    said = str(made)
    for part, one in made.falls.items():
        assert f"  {part:<12}{one.value:>6.3f} [" in said
    for name in (*hard_positives.ASKED, "random numbers", "area", "person"):
        assert re.search(rf"^  {name} ", said, re.MULTILINE)


def test_the_shipped_table_has_the_same_rows(found):
    def names(text):
        return re.findall(r"^  ([a-zA-Z -]+?) +-?\d", text, re.MULTILINE)

    shipped = hard_positives.read_shipped()
    assert set(names(str(found[1]))) <= set(names(shipped)) and "305 of 398 parts" in shipped


def test_it_is_an_experiment_for_networks_of_ones_own_too():
    assert EXPERIMENTS["hard-positives"].load() is hard_positives.run
    assert EXPERIMENTS["hard-positives"].load_own() is hard_positives.run_own
