"""The ladder, its oracle, groups of channels, and the slope of the lean on the needed scale."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from test_explain_gates import hooks, of, photos, small

from osnet_edu import Refused, assets, intervals, people
from osnet_edu.experiments import EXPERIMENTS, gate_parts, gate_scale, ladder
from osnet_edu.explain import cells, gates, shapley, untrained
from osnet_edu.network import weights
from osnet_edu.trials import alike

RED, BLUE, GREEN = ladder.PAINTS[:3]


@pytest.fixture(scope="module")
def triples():
    return ladder.render_ladder(count=2)


# --- the ladder -------------------------------------------------------------------------------------------------------


def canvas(marks):
    found = np.full((ladder.CHEST.height, ladder.CHEST.width, 3), ladder.FIELD)
    for mark in marks:
        found[mark.row : mark.row + mark.height, mark.column : mark.column + mark.width] = mark.color
    return found


@pytest.mark.parametrize("rung", ladder.RUNGS, ids=str)
def test_a_pair_has_equal_area_colours_and_centre(rung):
    one, other = (canvas(marks) for marks in ladder.layout(rung, (RED, BLUE, GREEN)))
    counted = [np.unique(picture.reshape(-1, 3), axis=0, return_counts=True) for picture in (one, other)]
    np.testing.assert_array_equal(counted[0][0], counted[1][0])
    np.testing.assert_array_equal(counted[0][1], counted[1][1])
    changed = (one != other).any(2)
    assert changed.sum() == 2 * ladder.MARK**2 == 128  # on every rung of either kind
    rows, columns = np.nonzero(changed)
    # A gap of one pixel cannot lie in the middle of an even panel.
    assert abs(rows.mean() - (ladder.CHEST.height - 1) / 2) <= 0.5 and columns.mean() == (ladder.CHEST.width - 1) / 2


def test_all_rungs_of_one_kind_change_as_much():
    pairs = [[canvas(marks) for marks in ladder.layout(rung, (RED, BLUE, GREEN))] for rung in ladder.RUNGS]
    norms = {}
    for rung, (one, other) in zip(ladder.RUNGS, pairs, strict=True):
        norms.setdefault(rung.kind, []).append(np.linalg.norm(one - other))
    for found in norms.values():
        np.testing.assert_allclose(found, found[0])


def test_the_crossed_set_is_balanced_and_varies_one_thing_at_a_time():
    levels = np.array([rung.levels for rung in ladder.CROSSED])
    assert len({tuple(row) for row in levels}) == 2 ** len(ladder.FACTORS) == 16
    for rung in ladder.CROSSED:
        first, second = (canvas(marks) for marks in ladder.layout(rung, (RED, BLUE, GREEN)))
        rows = np.nonzero((first != second).any((1, 2)))[0]
        gap, area, contrast, position = rung.levels
        assert (first != second).any(2).sum() == 2 * (4, 8)[area] ** 2
        assert rows.max() - rows.min() + 1 == 2 * (4, 8)[area] + (4, 20)[gap]
        assert (rows.mean() > 27.5) == bool(position)
        strength = np.abs(first - second).max()
        assert strength == pytest.approx((0.5, 1)[contrast] * np.abs(np.subtract(RED, BLUE)).max())


def test_only_the_marks_differ_between_the_two_photos_to_choose_from(triples):
    for n in range(len(triples.rung)):
        row, column = triples.at[n, 1]
        changed = (triples.positive[n] != triples.negative[n]).any(2)
        around = np.zeros_like(changed)  # the lens spreads a mark over a few pixels
        around[row - 4 : row + 60, column - 4 : column + 20] = True
        assert changed.any() and not (changed & ~around).any()
    again = ladder.render_ladder(count=2)
    np.testing.assert_array_equal(again.negative, triples.negative)
    np.testing.assert_array_equal(ladder.render_ladder(count=1).query, triples.query[: len(ladder.RUNGS)])


def test_a_flat_mark_has_one_light_wherever_it_lies():
    worn = {"top": "dress", "top_length": 0.8, "pattern": "plain", "open": False, "logo": "none"}
    one = people.edit(people.draw_identity(13, 1), **worn)
    view = replace(people.draw_view(13, 1, 1, 0), blur=0.0, motion=0.0, noise=0.0, occluder="none", passer=0)
    sets = [[people.Mark(row, 4, 8, 8, RED)] for row in (0, 24, 48)]
    flat = people.paint_flat(one, view, ladder.CHEST, sets, color=ladder.FIELD)
    row, column = flat.at
    seen = {
        tuple(color)
        for picture, y in zip(flat.images, (0, 24, 48), strict=True)
        for color in picture[row + y : row + y + 8, column + 4 : column + 12].reshape(-1, 3)
    }
    assert len(seen) == 1


def test_a_larger_photo_has_larger_marks():
    small_one, large = ladder.render_ladder(count=1), ladder.render_ladder((256, 128), count=1)
    changed = [(t.positive != t.negative).any(3).sum((1, 2)) for t in (small_one, large)]
    assert large.query.shape[1:3] == (256, 128) and (changed[1] > 3 * changed[0]).all()


def test_the_ladder_s_people_are_in_no_folder_that_ships():
    known = {record.identity for record in people.read_people(assets.subset())}
    assert not known & {people.draw_identity(ladder.SEED, person) for person in range(1, ladder.SEED + 15)}


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: ladder.render_ladder((160, 80)), "128 x 64 pixels or a multiple, got 160 x 80"),
        (lambda: ladder.render_ladder(count=0), "at least one person"),
        (
            lambda: ladder.layout(ladder.LadderRung("check", 6, 6), ladder.PAINTS),
            "squares of 1, 2, 4 or 8 pixels, got 3",
        ),
        (lambda: ladder.layout(ladder.LadderRung("marks", 50, 58), ladder.PAINTS), "do not fit 56 rows"),
        (lambda: alike.own(assets.subset()), "has no checkpoint; expected a name that ends in .safetensors, .pth"),
    ],
)
def test_what_makes_no_ladder_is_refused(ask, sentence):
    with pytest.raises(Refused, match=sentence):
        ask()


# --- the oracle -------------------------------------------------------------------------------------------------------


def drawn(gaps, count=12):
    """Triples on an empty field with fresh noise in each photo: nothing but the marks can be seen."""
    rng = np.random.default_rng(0)
    rungs = tuple(ladder.LadderRung("marks", gap, gap + ladder.MARK) for gap in gaps)
    images = np.full((3, count * len(rungs), 128, 64, 3), ladder.FIELD)
    for r, rung in enumerate(rungs):
        one, other = (canvas(marks) for marks in ladder.layout(rung, (RED, BLUE, GREEN)))
        for k, picture in enumerate((one, one, other)):
            images[k, r :: len(rungs), 36:92, 24:40] = picture
    images = np.clip(images * 255 + rng.normal(0, 1, images.shape), 0, 255).astype(np.uint8)
    rung, person = np.tile(np.arange(len(rungs)), count), np.repeat(np.arange(count), len(rungs))
    return ladder.LadderTriples(*images, rung, person, np.broadcast_to((36, 24), (len(rung), 2, 2)), rungs)


@pytest.mark.parametrize("brightness", [True, False])
def test_the_oracle_needs_patches_that_reach_over_the_gap(brightness):
    some = drawn((1, 4, 10))
    found = ladder.needed_scales(some, (2, 3, 5, 6, 10, 11, 12, 14), brightness=brightness, share=1.0)
    # A patch must hold a row of either mark: the gap and two pixels.
    # Chance is right for all of 12 people once in 4,096.
    assert [one.scale for one in found] == [3, 6, 12]


def test_the_oracle_says_where_no_scale_is_enough():
    some = drawn((10,))
    (found,) = ladder.needed_scales(some, (2, 3, 5))
    assert np.isnan(found.scale) and list(found.right) == [2, 3, 5]
    same = replace(some, negative=some.positive)
    (found,) = ladder.needed_scales(same, (3, 14))
    assert np.isnan(found.scale) and found.right[14] == 0
    with pytest.raises(Refused, match="counts pixels of 128 x 64"):
        ladder.needed_scales(replace(some, query=np.zeros((12, 256, 128, 3), np.uint8)))


def test_bags_know_no_places():
    first = torch.arange(12.0).reshape(4, 3)
    assert ladder.bag_distance(first, first[[2, 0, 3, 1]]) == 0
    assert ladder.bag_distance(first[:1], first[1:2]) == pytest.approx(2 * 27)


def test_the_rendered_ladder_climbs(triples):
    """The narrowest marks and the finest check, as they are measured with more people: 3 and 4 pixels."""
    some = ladder.render_ladder(count=8, rungs=(ladder.RUNGS[0], ladder.RUNGS[2], ladder.RUNGS[-3]))
    close, apart, fine = ladder.needed_scales(some, (3, 4, 12), share=1.0)
    assert (close.scale, fine.scale) == (3, 4) and apart.right[3] < 1


# --- groups of cells --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["primary", "addition", "resnext", "concatenation", "separate-gates"])
@pytest.mark.parametrize("shuffled", [False, True])
def test_contributions_of_groups_sum_to_the_margin_s_change(key, shuffled):
    model, three = of(key).double(), [photos(3, seed=seed) for seed in range(3)]
    fill, energy = gates.means(model, photos(6, seed=9)), cells.energies(model, photos(6, seed=9))
    for block in ("conv2.0", "conv4.1"):
        groups = cells.of_streams(*energy[block].shape)
        if shuffled:
            groups = cells.at_random(energy[block], groups)
        found = shapley.of_groups(model, *three, block, groups, fill=fill, batch=2)
        streams = range(1, energy[block].shape[0] + 1)
        with gates.mute(model, list(streams), block, fill=fill):
            without = shapley.margins(model, *three)
        np.testing.assert_allclose(found.sum(0), shapley.margins(model, *three) - without, atol=1e-6)
    assert hooks(model) == 0


def test_groups_of_streams_are_streams():
    model, three = small(), [photos(3, seed=seed) for seed in range(3)]
    fill = gates.means(model, photos(6, seed=9))
    for block, energy in cells.energies(model, photos(2)).items():
        groups = cells.of_streams(*energy.shape)
        for how in ({"fill": fill}, {}):
            found = shapley.of_groups(model, *three, block, groups, **how)
            np.testing.assert_allclose(found, shapley.of_margins(model, *three, block, **how), atol=1e-9)


def test_a_donor_that_is_the_photo_itself_takes_nothing_away():
    model, one = small(), photos(3)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    groups = cells.of_streams(*cells.energies(model, one)["conv3.0"].shape)
    found = shapley.of_groups(model, one, one, one, "conv3.0", groups, donors=one)
    np.testing.assert_allclose(found, 0, atol=1e-9)
    others = [photos(3, seed=seed) for seed in (1, 2)]
    plain = shapley.of_groups(model, one, *others, "conv3.0", groups, donors=photos(3, seed=5))
    learned = shapley.of_groups(model, one, *others, "conv3.0", groups, donors=photos(3, seed=5), renormalise=True)
    assert np.abs(plain - learned).max() > 1e-6
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_many_thin_streams_become_four_groups():
    groups = cells.of_streams(9, 2)
    assert groups.shape == (4, 9, 2) and (groups.sum(0) == 1).all()
    assert groups[:, :, 0].sum(1).tolist() == [3, 2, 2, 2]
    assert cells.of_streams(2, 3).shape == (2, 2, 3)


def test_an_energy_is_the_variance_that_a_mean_takes_away():
    model, images = small(), photos(4)
    block = model.blocks()["conv2.0"]
    with torch.no_grad():
        streams = block.streams(model.maxpool(model.conv1(images)))
        weighted = torch.stack(streams, 1) * block.gates(streams)
    expected = weighted.transpose(0, 2).flatten(2).var(2, correction=0).T  # (T, C) of (C, T, B * H * W)
    np.testing.assert_allclose(cells.energies(model, images, batch=3)["conv2.0"], expected.numpy(), atol=1e-9)


def test_random_groups_remove_as_much_as_the_streams_do():
    energy = np.random.default_rng(1).gamma(2, 1, (4, 16)) * np.array([[4], [2], [1], [1]])
    groups = cells.of_streams(4, 16)
    found = cells.at_random(energy, groups, seed=3)
    assert (found.sum(0) == 1).all()
    wanted, got = ([energy[group].sum() for group in some] for some in (groups, found))
    np.testing.assert_allclose(got, wanted, atol=0.02 * energy.sum())
    assert all((group.any(1)).sum() >= 3 for group in found)  # of all streams, not of one
    assert (cells.at_random(energy, groups, seed=4) != found).any()
    np.testing.assert_array_equal(cells.at_random(energy, groups, seed=3), found)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda g: {"groups": g[:3]}, "each cell once"),
        (lambda g: {"groups": g[:, :, :2]}, "groups must share out"),
        (lambda g: {"groups": g, "donors": photos(2)}, "one donor for each triple"),
        (lambda g: {"groups": g, "renormalise": True}, "only donors can be renormalised with"),
        (lambda g: {"groups": g, "fill": gates.means(of("T1"), photos())}, "these means have 1 streams"),
    ],
)
def test_groups_that_do_not_fit_are_refused(change, sentence):
    model, one = small(), photos(3)
    groups = cells.of_streams(*cells.energies(model, one)["conv2.0"].shape)
    with pytest.raises(Refused, match=sentence):
        shapley.of_groups(model, one, one, one, "conv2.0", **change(groups))
    with pytest.raises(Refused, match="at least 2 streams"):
        cells.of_streams(1, 8)


# --- slopes -----------------------------------------------------------------------------------------------------------


def test_a_mean_over_people_and_networks_leaves_out_what_is_unknown():
    values = np.arange(12.0).reshape(4, 3)
    drawn_means = intervals.crossed_mean(values, draws=20_000)
    # Rows 0, 3, 6, 9 and columns 0, 1, 2 vary on their own: variances 11.25 / 4 and (2 / 3) / 3.
    assert abs(drawn_means.mean() - 5.5) < 0.05 and abs(drawn_means.var() - (11.25 / 4 + 2 / 9)) < 0.1
    values[:, 1] = np.nan
    assert np.nanmin(intervals.crossed_mean(values)) >= 0 and np.isnan(intervals.crossed_mean(values)).any()
    single = intervals.crossed_mean(np.arange(4.0)[:, None], draws=20_000)
    assert abs(single.var() - 1.25 / 4) < 0.02


def test_a_slope_is_that_of_the_line():
    scale = np.log2([3.0, 6, 12, 24, np.nan])
    lean = 0.25 * scale + np.arange(6).reshape(2, 3)[:, :, None]
    lean[:, :, 4] = 99  # a rung without a scale
    np.testing.assert_allclose(gate_scale.slope_of(lean, scale), 0.25)
    lean[0, 0, 0] = np.nan
    lean[1, 1, :2] = np.nan
    found = gate_scale.slope_of(lean, scale)
    assert found[0, 0] == pytest.approx(0.25) and np.isnan(found[1, 1])


def answers(triples, slope, networks=3, block="conv2.0"):
    """Networks whose contributions move from stream 1 to stream 4 as the scale grows, with some noise."""
    rng = np.random.default_rng(0)
    scale = np.log2(NEEDED)[triples.rung]
    found = []
    for _ in range(networks):
        values = rng.normal(0, 0.02, (4, len(scale)))
        share = 0.5 + slope * (scale - scale.mean()) / 3
        values[3] += share
        values[0] += 1 - share
        found.append(({block: values, "conv4.0": rng.normal(0, 1, (4, len(scale)))}, rng.normal(0.5, 1, len(scale))))
    return found


NEEDED = np.array([3, 6, 12, 16, 12, 4, 6, 10.0])


def made_up(count=10):
    people_numbers = np.repeat(np.arange(count), len(NEEDED))
    return SimpleNamespace(
        rung=np.tile(np.arange(len(NEEDED)), count), person=people_numbers, rungs=ladder.RUNGS
    )  # fmt: skip


def test_a_planted_slope_is_found_in_its_block_alone():
    triples = made_up()
    found = gate_scale.summarised(answers(triples, 0.5), triples, NEEDED)
    slope = found.slopes["conv2.0"]
    # A share moves by 0.5 / 3 a doubling, and the lean by three times that.
    assert slope.value == pytest.approx(0.5, abs=0.02) and slope.low < slope.value < slope.high
    assert slope.verdict == "as stated" and found.slopes["conv4.0"].verdict == "open"
    assert found.apart["conv2.0"].verdict == "as stated"
    assert (found.people, found.networks, len(found.right)) == (10, 3, 8)
    against = gate_scale.summarised(answers(triples, -0.5), triples, NEEDED)
    assert against.slopes["conv2.0"].verdict == "against it"


def test_where_no_rung_is_told_apart_nothing_is_claimed():
    triples = made_up(3)
    some = [(values, margin * 0 - 1) for values, margin in answers(triples, 0.5)]
    found = gate_scale.summarised(some, triples, NEEDED)
    assert np.isnan(found.apart["conv2.0"].value) and found.apart["conv2.0"].verdict == "open"
    assert found.right == (0,) * 8


def test_effects_of_a_crossed_set_are_apart():
    rng = np.random.default_rng(0)
    levels = np.tile([rung.levels for rung in ladder.CROSSED], (5, 1))
    networks = []
    for _ in range(3):
        share = 0.3 + 0.2 * levels[:, 0] + 0.1 * levels[:, 1] + rng.normal(0, 0.01, len(levels))
        networks.append({"conv2.0": np.stack([1 - share, share * 0, share * 0, share])})
    found = gate_scale.effects(networks, SimpleNamespace(rungs=ladder.CROSSED))["conv2.0"]
    # Three times a share: from stream 1 to stream 4 is a lean of 3.
    assert found["gap"].value == pytest.approx(0.6, abs=0.02) and found["area"].value == pytest.approx(0.3, abs=0.02)
    assert abs(found["contrast"].value) < 0.02 and abs(found["position"].value) < 0.02
    assert found["gap"].verdict == "as stated"


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole():
    steps = []
    found = gate_scale.measure_lean(
        assets.subset(),
        [alike.trained(0)],
        {"resnext": [alike.trained(0, "resnext")]},
        lambda done, of_all: steps.append((done, of_all)),
        count=2,
        fewer=1,
        oracle=2,
        scales=(3, 6, 12),
    )
    return found, steps


def test_the_whole_experiment_with_one_network(whole):
    found, steps = whole
    assert steps == [(k, 8) for k in range(1, 9)]
    assert list(found.kinds) == ["trained", "resampled", "random groups", "untrained", "resnext"]
    assert all(list(one.slopes) == list(one.leans) and len(one.slopes) == 6 for one in found.kinds.values())
    text = str(found)
    assert "over people only, because there is one network" in text and "stated\nbefore: above 0" in text
    for word in ("marks 24", "check 4", "random groups: 2 people, 1 network\n", "conv4.1", "Crossed set"):
        assert word in text
    assert found.kinds["trained"].right == found.kinds["resampled"].right


def test_networks_of_one_s_own(tmp_path):
    assert EXPERIMENTS["gate-scale"].load() is gate_scale.run
    assert EXPERIMENTS["gate-parts"].load_own() is gate_parts.run_own
    assert EXPERIMENTS["gate-scale"].load_own() is gate_scale.run_own
    for seed in (1, 0):
        weights.save(of("primary", seed), tmp_path / f"{seed}.safetensors", size=(128, 64))
    found = alike.own(tmp_path)
    assert len(found) == 2 and len(alike.own(tmp_path / "0.safetensors")) == 1
    first = weights.open(tmp_path / "0.safetensors").model.conv1.conv.weight
    assert torch.equal(found[0].model.conv1.conv.weight, first)


def test_what_cannot_be_asked_is_refused(tmp_path):
    with pytest.raises(Refused, match="networks of one size of photos are needed, got none"):
        gate_scale.measure_lean(tmp_path, [], {})
    with pytest.raises(Refused, match="single stream"):
        gate_scale.measure_lean(tmp_path, [weights.Checkpoint(of("T1"), (128, 64))], {})
    with pytest.raises(Refused, match="multiple, got 160 x 80"):
        gate_scale.measure_lean(assets.subset(), [weights.Checkpoint(of("primary"), (160, 80))], {})
    with pytest.raises(Refused, match="omni-scale blocks of one to four streams"):
        untrained.like(of("resnext"), 0, photos(2))


def test_an_untrained_network_of_another_row():
    images = photos(4).float()
    model = untrained.random_network("same-depth", 0, images, width=0.25, gate_hidden=4)
    with torch.no_grad():
        entering = model.conv1.conv(images)
    np.testing.assert_allclose(model.conv1.bn.running_mean.numpy(), entering.mean((0, 2, 3)).numpy(), atol=1e-5)
    assert not model.training
