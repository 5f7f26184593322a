"""Parts graded by the oracle: closed forms on made families, and the real thing on photos that need no learning."""

import numpy as np
import pytest

from osnet_edu.experiments import EXPERIMENTS, parts
from osnet_edu.trials.twins import Family, ToldApart


def told(*families):
    return ToldApart(0.0, (0.0, 0.0), tuple(Family(*family) for family in families), 0)


OURS = told(("logo", (1, 2), 0.6, 10), ("logo", (3, 4), 0.8, 30), ("shoes", (5, 6), 0.5, 10))
IDEAL = told(("logo", (1, 2), 0.9, 10), ("logo", (3, 4), 0.9, 30), ("shoes", (5, 6), 1.0, 10))


def test_excess_is_the_share_of_what_the_oracle_can_tell():
    graded = parts.against_oracle(OURS, IDEAL)
    logo = graded.parts["logo"]
    assert (logo.families, logo.right, logo.ideal) == (2, pytest.approx(0.75), pytest.approx(0.9))  # by queries
    assert logo.excess == pytest.approx(0.25 / 0.4)
    assert graded.parts["shoes"].excess == 0  # guessing
    assert graded.all.right == pytest.approx((0.6 * 10 + 0.8 * 30 + 0.5 * 10) / 50)
    assert list(graded.parts) == ["logo", "shoes"]


def test_intervals_span_what_resampled_families_give():
    low, high = parts.against_oracle(OURS, IDEAL).parts["logo"].right_interval
    assert (low, high) == (pytest.approx(0.6), pytest.approx(0.8))  # one family drawn twice
    assert parts.against_oracle(OURS, IDEAL).parts["shoes"].right_interval == (0.5, 0.5)


def test_as_good_as_the_oracle_is_one():
    assert parts.against_oracle(IDEAL, IDEAL).all.excess_interval == (1.0, 1.0)


def test_other_families_are_refused():
    with pytest.raises(ValueError, match="different twins; expected the same photos"):
        parts.against_oracle(OURS, told(("logo", (1, 2), 0.9, 10)))


def test_the_table_has_a_line_a_part_and_one_for_all():
    lines = str(parts.against_oracle(OURS, IDEAL)).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["logo", "shoes", "all"]
    assert "62%" in lines[1] and "75.0%" in lines[1]


def test_parts_is_an_experiment():
    assert EXPERIMENTS["parts"].load() is parts.run
    assert np.isfinite(parts.against_oracle(OURS, IDEAL).all.excess)
