"""Intervals against printed tables, closed forms and the draws that the shipped figures were made with."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from osnet_edu import intervals
from osnet_edu.trials import ablation, compare

VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=12)


def test_student_s_quantiles_are_those_of_the_printed_table():
    found = [intervals.student(n) for n in (1, 2, 4, 10, 26, 30, 120, math.inf)]
    assert [round(value, 3) for value in found] == [12.706, 4.303, 2.776, 2.228, 2.056, 2.042, 1.980, 1.960]
    assert round(intervals.student(10, 0.99), 3) == 3.169


def test_a_mean_by_hand():
    found = intervals.mean([2, 6])  # standard error: 2
    assert (found.value, found.high - found.value) == (4, pytest.approx(2 * 12.7062047))
    assert found.value - found.low == pytest.approx(found.high - found.value)
    single = intervals.mean([3])
    assert single.value == 3 and math.isnan(single.low) and math.isnan(single.high)


def test_the_draws_are_those_that_the_kit_s_figures_were_made_with():
    """Rows by index from PCG64, as before scipy did it: figures that were printed stay."""
    right, queries = np.array([0.2, 0.9, 0.5, 0.7]), np.array([3, 1, 2, 5])
    chosen = np.random.Generator(np.random.PCG64(0)).integers(0, 4, (2000, 4))
    by_hand = (right[chosen] * queries[chosen]).sum(1) / queries[chosen].sum(1)
    drawn = intervals.resampled(intervals.ratio, right * queries, queries)
    np.testing.assert_allclose(drawn, by_hand, atol=1e-12)
    assert intervals.bounds(drawn) == pytest.approx(tuple(np.quantile(by_hand, (0.025, 0.975))))
    assert intervals.error(drawn) == pytest.approx(by_hand.std())


def test_a_generator_goes_on_also_past_a_single_row():
    one, other = (np.random.Generator(np.random.PCG64(5)) for _ in range(2))
    for rows in (3, 1, 4):
        values = np.arange(rows, dtype=float)
        drawn = intervals.resampled(lambda x: x.mean(-1), values, seed=one)
        np.testing.assert_allclose(drawn, values[other.integers(0, rows, (2000, rows))].mean(1))


def test_families_are_drawn_and_not_what_they_hold():
    """A hundred triples of one family are one piece of evidence: with two families each is drawn alone at times."""
    drawn = intervals.resampled(intervals.ratio, [0.0, 100.0], [1.0, 100.0])
    assert intervals.bounds(drawn) == (0, 1)
    one_by_one = intervals.resampled(intervals.ratio, [0.0, *[1.0] * 100], [1.0] * 101)
    assert intervals.bounds(one_by_one)[0] > 0.95


def test_pairs_are_drawn_together():
    first = np.arange(8.0)
    difference = intervals.resampled(lambda a, b: (a - b).mean(-1), first + 2, first)
    np.testing.assert_allclose(difference, 2)
    both = intervals.resampled(lambda a, b: np.stack([a.mean(-1), b.mean(-1)]), first + 2, first)
    np.testing.assert_allclose(both[0] - both[1], 2)


def test_draws_with_nothing_to_count_are_left_out():
    drawn = intervals.resampled(intervals.ratio, [1.0, 0.0, 0.0], [1.0, 0.0, 0.0])
    assert np.isnan(drawn).mean() == pytest.approx(8 / 27, abs=0.04) and intervals.bounds(drawn) == (1, 1)
    assert math.isnan(intervals.ratio(np.array([0.0]), np.array([0.0])))


@given(VALUES)
def test_an_interval_of_a_mean_lies_among_the_values_and_holds_it(values):
    low, high = intervals.bounds(intervals.resampled(lambda x: x.mean(-1), values, draws=200))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_the_bootstrap_s_error_is_the_closed_form():
    values = np.random.default_rng(0).normal(size=200)
    drawn = intervals.resampled(lambda x: x.mean(-1), values)
    assert intervals.error(drawn) == pytest.approx(values.std() / math.sqrt(200), rel=0.05)


def test_a_p_value_is_0_05_at_the_edge_of_the_interval():
    for freedom in (1, 5, 26, math.inf):
        assert intervals.p_value(-3 * intervals.student(freedom), 3, freedom) == pytest.approx(0.05)
    assert intervals.p_value(0, 1, 5) == 1 and intervals.p_value(0, 0, 5) == 1 and intervals.p_value(1, 0, 5) == 0


def test_a_bootstrap_s_p_is_the_smaller_tail_doubled_and_never_below_two_draws():
    drawn = np.r_[-np.ones(3), np.ones(97)]
    assert intervals.two_sided(drawn) == intervals.two_sided(-drawn) == pytest.approx(0.06)
    assert intervals.two_sided(np.r_[np.zeros(3), np.ones(97)]) == pytest.approx(0.06)  # 0 is on both sides
    assert intervals.two_sided(np.ones(2000)) == 2 / 2000  # one draw in n may lie there unseen, on either side
    assert intervals.two_sided(np.r_[np.ones(100), np.full(300, np.nan)]) == 2 / 100
    assert intervals.two_sided(np.zeros(9)) == 1 and intervals.two_sided(np.full(9, np.nan)) == 1


def test_differences_that_are_tested_together_are_corrected_together():
    drawn = {"clear": np.ones(2000), "open": np.r_[-np.ones(400), np.ones(1600)], "unknown": np.full(2000, np.nan)}
    found = intervals.tested({"clear": 1.0, "open": 0.6, "unknown": np.nan}, drawn)
    assert found["clear"] == intervals.Tested(1, 1, 1, pytest.approx(3 * 2 / 2000))
    assert found["open"] == intervals.Tested(0.6, -1, 1, pytest.approx(2 * 0.4))
    assert found["unknown"].p == 1 and math.isnan(found["unknown"].low) and math.isnan(found["unknown"].high)


def test_a_clustered_mean_is_over_all_that_the_clusters_hold():
    totals, counts = intervals.by_cluster([1, 0, 1, 1], ["b", "a", "b", "b"])
    assert totals.tolist() == [3, 0] and counts.tolist() == [3, 1]
    assert intervals.clustered_mean(totals, counts) == intervals.Interval(0.75, 0, 1)
    nothing = intervals.clustered_mean(np.zeros(2), np.zeros(2))
    assert math.isnan(nothing.value) and math.isnan(nothing.low)
    assert intervals.Interval(0.75, 0, 1).cell() == "  0.75 [ 0.00, 1.00]"
    assert intervals.Interval(-0.5, -1, 0).cell(8, 3) == "  -0.500 [-1.000, 0.000]"


def test_the_rank_correlation_is_spearman_s():
    from scipy.stats import spearmanr

    one, other = np.random.default_rng(0).random((2, 5, 8))
    other[:1] = 0.5
    assert intervals.rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)
    assert intervals.rank_correlation(one, np.exp(one)) == 1 and intervals.rank_correlation(one, -one) == -1
    assert intervals.rank_correlation(one, one * 0) == 0


def test_holm_by_hand():
    found = intervals.holm({"a": 0.04, "b": 0.01, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06, "d": 0.02}) and list(found) == ["a", "b", "c", "d"]
    assert intervals.holm({}) == {} and intervals.holm({"a": 0.2}) == {"a": 0.2}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_lies_between_the_raw_values_and_bonferroni_and_keeps_their_order(values):
    raw = {str(i): value for i, value in enumerate(values)}
    found = intervals.holm(raw)
    for name, value in raw.items():
        assert value - 1e-12 <= found[name] <= min(1, value * len(values)) + 1e-12
        assert all(found[name] <= found[other] + 1e-12 for other in raw if value < raw[other])


def test_the_differences_of_the_shipped_runs_corrected():
    found = compare.differences(ablation.read_shipped(ablation.LONGER).outcomes, "primary")
    held = compare.corrected(found)
    assert all(held[name] >= difference.p for name, difference in found.items())
    assert all((difference.p < 0.05) == difference.clear for difference in found.values())


@pytest.mark.parametrize("count", [1, 5, 25, 400])
def test_the_bound_of_a_share_that_all_have_is_clopper_and_pearsons(count):
    exact = stats.binomtest(count, count).proportion_ci(method="exact")
    assert intervals.all_agree(count) == pytest.approx(exact.low)


def test_two_sides_that_share_no_cluster_are_drawn_each_for_itself():
    rng = np.random.default_rng(0)
    one, other = rng.normal(3, 1, 200), rng.normal(1, 2, 100)
    found = intervals.unpaired(one, other)
    error = np.sqrt(one.var() / 200 + other.var() / 100)
    assert found.value == pytest.approx(one.mean() - other.mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.05)
    assert intervals.unpaired(one, other) == found
