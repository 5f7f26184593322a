"""Width of view or depth: planted leans are found in the sibling that has them, by the stated rule."""

import re

import numpy as np
import pytest

from osnet_edu import assets
from osnet_edu.experiments import EXPERIMENTS, gate_depth, ladder
from osnet_edu.network import siblings, weights
from osnet_edu.trials import alike

KINDS = (*gate_depth.BESIDE, gate_depth.BY_DEPTH, gate_depth.BY_WIDTH)
COUNTS = (10, 10)


def planted(**slopes):
    """What follows for leans that lie on lines with these slopes, of 20 people and 5 networks; 0 if none is given."""
    rng = np.random.default_rng(0)
    scale = np.log2(ladder.NEEDED)
    noise = {kind: rng.normal(0, 0.02, (20, 5, len(scale))) for kind in KINDS}
    leans = {kind: slopes.get(kind.replace("-", "_"), 0) * scale + noise[kind] for kind in KINDS}
    return gate_depth.concluded(leans, {kind: np.ones_like(lean) for kind, lean in leans.items()}, COUNTS, {})


@pytest.mark.parametrize(
    "slopes, answer",
    [
        ({"equal_depths": 0.1}, "The lean is one to width: the sibling that differs in depth alone does not show it."),
        ({"equal_views": 0.1}, "The lean is one to depth: the sibling that differs in width alone does not show it."),
        ({"equal_views": 0.1, "equal_depths": 0.1}, "Either is enough: both siblings lean."),
        ({}, "Open: neither sibling shows the lean. Alone, width and depth would lean less than the primary row does."),
        ({"equal_depths": -0.1, "equal_views": 0.1},
         "The lean is one to depth: the sibling that differs in width alone does not show it."),
    ],
)  # fmt: skip
def test_the_rule_that_was_stated(slopes, answer):
    found = planted(primary=0.1, **slopes)
    assert found.answer == answer
    for kind in (gate_depth.BY_DEPTH, gate_depth.BY_WIDTH):
        assert found.kinds[kind].slope.value == pytest.approx(slopes.get(kind.replace("-", "_"), 0), abs=0.005)
    gap = slopes.get("equal_depths", 0) - slopes.get("equal_views", 0)
    assert found.difference.value == pytest.approx(gap, abs=0.01)
    assert (found.difference.low > 0, found.difference.high < 0) == (gap > 0, gap < 0)


def test_without_the_primary_row_s_lean_nothing_follows():
    assert planted(equal_depths=0.1).answer.startswith("Open: on people that it was never asked about")


def test_people_who_were_asked_before_do_not_count_as_others():
    leans = {kind: np.zeros((20, 5, 8)) for kind in KINDS}
    leans["primary"][:10] = np.log2(ladder.NEEDED)  # all of the second asking, and none of the others
    margins = {kind: np.ones_like(lean) for kind, lean in leans.items()}
    margins["same-depth"][:5] = margins["same-depth"][5:10, :, 7] = -1
    found = gate_depth.concluded(leans, margins, COUNTS, {}).kinds
    assert (found["primary"].slope.value, found["primary"].fresh.value) == (pytest.approx(0.5), 0)
    assert found["primary"].by_network == pytest.approx((0.5,) * 5)
    assert (found["primary"].right, found["same-depth"].right) == ((1,) * 8, (0.75,) * 7 + (0.5,))


def test_two_siblings_are_corrected_and_controls_are_not():
    rng = np.random.default_rng(1)
    slope = {kind: rng.normal(0.03, 0.3, (20, 5)) for kind in KINDS}
    leans = {kind: slope[kind][..., None] * np.log2(ladder.NEEDED) for kind in KINDS}
    found = gate_depth.concluded(leans, leans, COUNTS, {}).kinds
    alone = {kind: gate_depth.tested_slopes({"": slope[kind]})[""].p for kind in KINDS}
    assert [found[kind].slope.p for kind in gate_depth.BESIDE] == [alone[kind] for kind in gate_depth.BESIDE]
    low, high = sorted((gate_depth.BY_DEPTH, gate_depth.BY_WIDTH), key=alone.__getitem__)
    assert found[low].slope.p == min(1, 2 * alone[low]) and found[high].slope.p == max(alone[high], 2 * alone[low])


def test_the_needed_scales_are_those_that_were_measured():
    table = assets.path("results/gate_scale.txt").read_text()
    found = {name: int(k) for name, k in re.findall(r"^((?:marks|check) \d+) +\d+ +(\d+)", table, re.M)}
    assert found == {str(rung): k for rung, k in zip(ladder.RUNGS, ladder.NEEDED, strict=True)}


def test_what_the_card_says_is_what_was_measured():
    table, card = (assets.path(name).read_text() for name in ("results/gate_depth.txt", "seeds.md"))
    told = card[card.index("experiment gate-depth`, about") :]
    for kind in KINDS:
        row = re.search(rf"^{kind} .*%$", table, re.M)[0]
        assert f"\n    {row}\n" in told
    networks = re.search(r"^equal-depths .*%.*?^equal-depths .*?((?: +[+-]0\.\d+){5})$", table, re.M | re.S)[1].split()
    assert len(networks) == 5 and min(map(float, networks)) > 0  # "in each of the five networks"
    gap, p = re.search(r"minus equal-views: +(\S+  \[.*\]) +(\S+)$", table, re.M).groups()
    assert gap.replace("  ", " ") in " ".join(told.split()) and f"p = {float(p):.2f}" in told
    assert "depth alone makes at most 0.056" in told and re.search(r"^equal-views .*, \+0\.056\] +0\.405 ", table, re.M)
    assert "\nThe lean is one to width: " in table


def test_the_whole_experiment_with_one_network_a_kind(monkeypatch):
    few = gate_depth.gallery_for_means(assets.subset())[:8]
    monkeypatch.setattr(gate_depth, "gallery_for_means", lambda root: few)
    networks = {
        kind: [weights.Checkpoint(siblings.build(kind, 0.25, gate_hidden=4).eval(), (128, 64))] for kind in KINDS
    }
    networks["primary"] = [alike.trained(0)]
    steps = []
    found = gate_depth.measure_depth(
        assets.subset(), networks, lambda *done: steps.append(done), counts=(1, 2), first=1
    )  # fmt: skip
    assert steps == [(k, 4) for k in range(1, 5)]
    assert list(found.kinds) == list(KINDS) and list(found.blocks) == [gate_depth.BY_DEPTH, gate_depth.BY_WIDTH]
    assert all(len(kind.slopes) == 6 for kind in found.blocks.values())
    text = str(found)
    for word in (
        "conv4.1: 1 people",
        "equal-depths minus equal-views:",
        found.answer,
        "equal-views: 1 people, 1 network",
    ):
        assert word in text
    assert EXPERIMENTS["gate-depth"].load() is gate_depth.run
