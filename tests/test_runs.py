"""Paired runs: the same network, the same scores, nothing run twice, nothing lost; and differences with an interval."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from osnet_edu import people, retrieval, train
from osnet_edu.__main__ import main
from osnet_edu.embed import embed
from osnet_edu.machine import compute
from osnet_edu.network.siblings import ROWS, TABLE_5
from osnet_edu.photos import market
from osnet_edu.train import TrainConfig
from osnet_edu.trials import ablation, compare, hand_made, ingredients, runs, table
from osnet_edu.trials import people as overfitting
from osnet_edu.trials.runs import Plan, Variant
from osnet_edu.trials.table import Outcome

WAY = compute.Compute(threads=1)
TINY = TrainConfig(width=0.1, gate_hidden=2, size=(64, 32), people=4, shots=4, photos=32)


def folder(root, tint=0):
    """Six people to train on and four to test, of coloured blocks in noise, under three cameras."""
    rng = np.random.default_rng(0)
    everybody = rng.integers(60, 196, (4, 2, 3))
    for split in market.SPLITS.values():
        (root / split).mkdir(parents=True)
    for person in range(1, 11):
        blocks = np.kron(everybody + rng.normal(0, 6, (4, 2, 3)), np.ones((16, 16, 1)))
        for camera in (1, 2, 3):
            for shot in (1, 2):
                split = "train" if person <= 6 else "query" if shot == 1 else "gallery"
                image = (blocks + rng.normal(0, 60, blocks.shape) + tint).clip(0, 255).astype(np.uint8)
                name = market.format_name(person, camera, 1, shot, 1)
                Image.fromarray(image).save(root / market.SPLITS[split] / name)
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("market") / "photos")


@pytest.fixture(scope="module")
def bench(root):
    return runs.read_bench(root, TINY.size)


def plan(root, **changes):
    variants = tuple(Variant(key, TINY, key) for key in ("primary", "T1", "addition"))
    return Plan(**({"name": "few", "root": root, "variants": variants, "seeds": (0, 1)} | changes))


# --- one run ----------------------------------------------------------------------------------------------------------


def test_the_primary_row_is_the_network_that_train_builds():
    ours, truth = runs.network(TINY, "primary", 5), train.build(TINY, 5)
    assert list(ours.state_dict()) == list(truth.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), truth.state_dict().values(), strict=True))


def test_a_run_is_a_training_and_its_score(bench, root):
    outcome = runs.run_one(bench, Variant("primary", TINY), 3, WAY)
    found, config = market.read(root), replace(TINY, seed=3)
    data = train.load(found.train, TINY.size)
    model = train.build(config, len(data.people))
    list(train.fit(model, data, config, way=WAY))
    query, gallery = (embed(model, photos, size=TINY.size) for photos in (found.query, found.gallery))
    score = retrieval.score(query, gallery)
    assert (
        outcome.mean_ap == pytest.approx(score.mean_ap)
        and 0.2 < score.mean_ap < 0.98
        and outcome.rank1 == score.rank(1)
    )
    assert (outcome.photos, outcome.people, outcome.compared) == (32, 6, 4)
    assert math.isnan(outcome.twins)
    # Every person has as many queries, so that the mean over people is the mean over queries.
    assert np.mean(outcome.person_map) == pytest.approx(outcome.mean_ap)
    assert np.mean(outcome.person_rank1) == pytest.approx(outcome.rank1)
    # Without distractors, among all test people: the test itself.
    assert outcome.unseen_map == pytest.approx(outcome.mean_ap)
    assert 0 <= outcome.accuracy <= 1 and outcome.cross_entropy > 0


def test_seen_people_are_scored_by_the_rule_of_the_test():
    """Features that name the person find everybody; features that name the camera find nobody first."""
    labels, cameras = np.repeat([0, 1, 2], 6), np.tile([1, 1, 2, 2, 3, 3], 3)
    assert runs._seen(np.eye(3)[labels], labels, cameras) == 1
    # Of 9 gallery photos the one by the own camera of the own person is left out; the two matches come last, for ties
    # count against the query: after 2 photos of the same camera and among 4 of another.
    assert runs._seen(np.eye(4)[cameras], labels, cameras) == pytest.approx((1 / 7 + 2 / 8) / 2)


def test_people_are_taken_in_one_order_and_twins_together(tmp_path, monkeypatch):
    (tmp_path / "people.json").write_text("")
    record = type("Record", (), {})
    twins = {1: 2, 2: 1, 5: 6, 6: 5}
    records = []
    for person in range(1, 9):
        one = record()
        one.person, one.twin = person, twins.get(person, 0)
        records.append(one)
    monkeypatch.setattr(people, "read_people", lambda root: records)
    order = runs._order(tuple(range(1, 9)), tmp_path).tolist()
    assert sorted(order) == list(range(8))
    assert abs(order.index(0) - order.index(1)) == 1 and abs(order.index(4) - order.index(5)) == 1


def test_fewer_people_are_part_of_more(bench):
    few, many = (bench.taken(count) for count in (3, 5))
    assert set(few[0].people) < set(many[0].people) and len(few[0].images) == 3 * 6
    np.testing.assert_array_equal(np.unique(few[0].labels), [0, 1, 2])
    # The first people in the order are the same ones, whatever their labels.
    assert [few[0].people[i] for i in few[2]] == [many[0].people[i] for i in many[2][:3]]
    with pytest.raises(ValueError, match="7 people to train on were asked for, the data has 6"):
        bench.taken(7)


# --- many runs --------------------------------------------------------------------------------------------------------


def test_nothing_is_run_twice_and_nothing_is_lost(root, tmp_path, monkeypatch):
    real, begun = runs.run_one, []

    def counted(bench, variant, seed, *rest, **more):
        if len(begun) == 2:
            begun.append(None)
            raise KeyboardInterrupt
        begun.append((variant.name, seed))
        return real(bench, variant, seed, *rest, **more)

    monkeypatch.setattr(runs, "run_one", counted)
    with pytest.raises(KeyboardInterrupt):
        runs.run_all(plan(root), tmp_path, workers=1, way=WAY)
    assert begun[:2] == [("primary", 0), ("T1", 0)]
    file = tmp_path / "few.csv"
    assert [(o.variant, o.seed) for o in table.read(file)] == begun[:2]

    with open(file, "a") as half:
        half.write("addition,0,32,6,0.1")  # a kill in the middle of a line
    seen = []
    done = runs.run_all(plan(root), tmp_path, workers=1, way=WAY, progress=lambda *at: seen.append(at))
    assert begun[3:] == [("addition", 0), ("primary", 1), ("T1", 1), ("addition", 1)]
    assert seen == [(2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
    assert [(o.variant, o.seed) for o in done] == [(v.name, s) for v, s in plan(root).jobs()]
    assert len(table.read(file)) == 6

    again = runs.run_all(plan(root), tmp_path, workers=1, way=WAY)
    assert len(begun) == 7
    assert [o.mean_ap for o in again] == pytest.approx([o.mean_ap for o in done], abs=1e-5)


@pytest.mark.slow
def test_two_workers_give_what_one_gives(root, tmp_path):
    one = runs.run_all(plan(root, seeds=(0,)), tmp_path / "one", workers=1, way=WAY)
    two = runs.run_all(plan(root, seeds=(0,)), tmp_path / "two", workers=2, way=WAY)
    assert [replace(o, seconds=0, twins=0) for o in one] == [replace(o, seconds=0, twins=0) for o in two]


def test_a_file_of_other_runs_is_refused(root, tmp_path):
    short = plan(root, seeds=(0,), variants=plan(root).variants[:1])
    runs.run_all(short, tmp_path, workers=1, way=WAY)
    longer = replace(short, variants=(Variant("primary", replace(TINY, photos=64)),))
    with pytest.raises(ValueError, match="a run of primary with 32 photos, expected 64"):
        runs.run_all(longer, tmp_path, workers=1, way=WAY)
    other = replace(short, root=folder(tmp_path / "other", tint=40))
    with pytest.raises(ValueError, match="runs on other photos"):
        runs.run_all(other, tmp_path, workers=1, way=WAY)
    (tmp_path / "few.csv").write_text("name,score\nprimary,1\n")
    with pytest.raises(ValueError, match="is not a file of runs: expected the columns variant, seed"):
        runs.run_all(short, tmp_path, workers=1, way=WAY)


def test_plans_and_workers_that_make_no_sense(root, tmp_path):
    with pytest.raises(ValueError, match="variants of different names"):
        plan(root, variants=(Variant("a", TINY), Variant("a", TINY)))
    with pytest.raises(ValueError, match="workers must be 1 or more, got 0"):
        runs.run_all(plan(root), tmp_path, workers=0)


def test_what_the_experiments_compare(root):
    jobs = ablation.plan(root).variants
    assert [v.row for v in jobs] == list(ROWS) and {v.config for v in jobs} == {replace(runs.SHORT, photos=24_000)}
    longer = ablation.plan(root, name=ablation.LONGER)
    assert [v.row for v in longer.variants] == list(ROWS) and {v.config for v in longer.variants} == {TrainConfig()}
    assert longer.name != ablation.NAME  # another file, for other runs
    for variant in ingredients.plan(root).variants:
        whole = replace(ingredients.WHOLE, photos=24_000)
        changed = {k for k, v in vars(variant.config).items() if v != getattr(whole, k)}
        assert changed == {k for k, v in ingredients.CHANGES[variant.name].items() if v != getattr(whole, k)}
        assert variant.config.batch == 64
    grown = overfitting.plan(root, tested=root)
    assert [(v.row, v.people) for v in grown.variants[:2]] == [("primary", 25), ("full", 25)]
    assert (len(grown.variants), grown.compared) == (10, 25)


# --- differences ------------------------------------------------------------------------------------------------------


def made(variant, seed, mean_ap, by_person=None, **more):
    by_person = tuple(by_person if by_person is not None else [mean_ap] * 5)
    fields = {"rank1": mean_ap, "twins": 0.6, "seen_map": 0.9, "unseen_map": mean_ap, "compared": 5, "people": 9}
    fields |= {"photos": 64, "cross_entropy": 0.5, "accuracy": 0.9, "seconds": 6.0, "compute": "cpu", "data": "x"}
    return Outcome(**(fields | more), variant=variant, seed=seed, mean_ap=mean_ap, person_rank1=by_person,
                   person_map=by_person)  # fmt: skip


def test_what_a_seed_does_to_all_cancels():
    outcomes = [made(v, s, base + 0.1 * s) for v, base in (("a", 0.3), ("b", 0.34), ("c", 0.2)) for s in (0, 1, 2)]
    found = compare.differences(outcomes, "a")
    assert found["b"].value == pytest.approx(4) and found["c"].value == pytest.approx(-10)
    assert found["b"].seed_error == pytest.approx(0, abs=1e-5) and found["b"].people_error == pytest.approx(0)
    assert found["b"].by_seed == pytest.approx((4, 4, 4)) and "a" not in found


def test_the_interval_by_hand():
    """Two variants, two seeds: differences 2 and 6 points. The residual variance is (6 - 2)^2 / 4 / 2... worked out."""
    outcomes = [made("a", 0, 0.30), made("a", 1, 0.30), made("b", 0, 0.32), made("b", 1, 0.36)]
    found = compare.differences(outcomes, "a")["b"]
    # Rest of each of the four: half of half the spread of the differences, 1 point; 4 squares over 1 degree.
    assert found.seed_error == pytest.approx(math.sqrt(2 * 4 / 2))
    assert found.value == pytest.approx(4) and found.high - found.value == pytest.approx(12.7062 * 2, abs=1e-4)
    # The usual error of a mean of two pairs: standard deviation of (2, 6) by the square root of 2.
    assert found.seed_error == pytest.approx(np.std([2, 6], ddof=1) / math.sqrt(2))


def test_the_interval_holds_the_luck_of_the_test_people():
    gains = np.array([0.0, 0.1, 0.2, 0.3, 0.4] * 20)
    outcomes = [made("a", s, 0.3, np.full(100, 0.3)) for s in (0, 1)]
    outcomes += [made("b", s, 0.5, 0.3 + gains) for s in (0, 1)]
    found = compare.differences(outcomes, "a")["b"]
    assert found.people_error == pytest.approx(100 * gains.std() / 10, rel=0.06)
    assert found.value == pytest.approx(20) and found.clear


def test_an_interval_of_95_per_cent_covers_95_per_cent():
    """Four variants that are all alike, three seeds that matter, noise in every run."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(150):
        seeds = rng.normal(0, 5, 3)
        scores = 0.4 + (seeds + rng.normal(0, 1, (4, 3))) / 100
        outcomes = [made("abcd"[v], s, scores[v, s]) for v in range(4) for s in range(3)]
        held += [not d.clear for d in compare.differences(outcomes, "a").values()]
    assert 0.92 < np.mean(held) < 0.98


def test_one_seed_leaves_the_people_alone():
    rng = np.random.default_rng(0)
    found = compare.differences([made("a", 0, 0.3, rng.random(20)), made("b", 0, 0.5, rng.random(20))], "a")["b"]
    assert math.isnan(found.seed_error)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * found.people_error)


@pytest.mark.parametrize(
    "low, high, published, verdict",
    [(1, 3, 2, "agrees"), (1, 3, -2, "contradicts"), (-3, -1, -2, "agrees"), (-1, 3, 2, "open"), (0, 3, 2, "open")],
)
def test_verdicts(low, high, published, verdict):
    difference = compare.PairedDifference("a", "b", "mean_ap", (low + high) / 2, low, high, (), 1, 1, 0.5)
    assert difference.verdict(published) == verdict


def test_pairs_that_are_not_there():
    with pytest.raises(ValueError, match="no seed was run for all of a, b"):
        compare.differences([made("a", 0, 0.3), made("b", 1, 0.3)], "a")
    with pytest.raises(ValueError, match="the reference 'c' was not run; there are a, b"):
        compare.differences([made("a", 0, 0.3), made("b", 0, 0.3)], "c")
    with pytest.raises(ValueError, match="metric must be one of mean_ap, rank1, twins, got 'map'"):
        compare.differences([made("a", 0, 0.3)], "a", "map")


def test_the_ablation_says_what_came_out_again():
    """Made-up runs: T = 1 far below, full far below too (where the paper has it above), the others alike."""
    rng = np.random.default_rng(1)
    effect = {"T1": -0.2, "full": -0.2}
    outcomes = [
        made(row.key, seed, 0.5 + effect.get(row.key, 0) + 0.002 * rng.normal())
        for row in TABLE_5
        for seed in (0, 1, 2)
    ]
    table = ablation.Ablation(tuple(outcomes))
    found = {verdict: [row.key for row in rows] for verdict, rows in table.verdicts().items()}
    assert "T1" in found["agrees"] and "full" in found["contradicts"]
    assert sum(map(len, found.values())) == 10
    lines = {line.row.key: line for line in table.lines()}
    assert lines["T1"].published_difference == pytest.approx(67.7 - 81.0) and lines["primary"].difference is None
    said = " ".join(table.sentences().split())
    assert "9 (T = 1)" in said and "over 3 paired seeds" in said
    assert max(map(len, str(table).splitlines())) <= 98, "a notebook shows no wider line"
    assert "33 runs" in str(table) and table.minutes() == pytest.approx(33 * 0.1)
    assert all(line.verdict == "" and np.isnan(line.published) for line in table.lines("twins"))


def test_the_gap_is_seen_less_unseen_and_lite_against_full():
    outcomes = [
        made(f"{kind}, {n} people", s, 0.3, seen_map=seen + 0.01 * s, unseen_map=0.3, people=n)
        for kind, seen in (("Lite 3x3", 0.6), ("full 3x3", 0.7))
        for n in (50, 25)
        for s in (0, 1)
    ]
    found = overfitting.Overfitting(tuple(outcomes))
    assert [(p.kind, p.people) for p in found.points()] == [
        ("Lite 3x3", 25), ("Lite 3x3", 50), ("full 3x3", 25), ("full 3x3", 50),
    ]  # fmt: skip
    assert found.of("Lite 3x3")[0].gap == pytest.approx((30, 31))
    assert found.gap_differences()[25] == pytest.approx((10, 10)) and found.overall()[0] == pytest.approx(10)
    said = " ".join(found.sentences().split())
    assert "Lite overfits less" in said and "from 25 to 50 people" in said
    assert "full 3x3" in str(found)


def test_what_an_ingredient_is_worth():
    outcomes = [made(name, s, 0.5 - 0.1 * (name == "no triplet loss")) for name in ingredients.CHANGES for s in (0, 1)]
    found = ingredients.Ingredients(tuple(outcomes))
    assert found.means()["no triplet loss"] == pytest.approx(40)
    assert found.differences()["no triplet loss"].value == pytest.approx(-10)
    assert "below 0: no triplet loss." in found.sentences()
    assert "no triplet loss" in str(found)


def test_streams_that_grow_are_held_against_windows_made_by_hand():
    outcomes = [made("primary", s, 0.30 + 0.01 * s) for s in (0, 1)] + [made("hand-made", s, 0.28) for s in (0, 1)]
    found = hand_made.Grown(tuple(outcomes))
    assert found.gain().by_seed == pytest.approx((2, 3)) and found.gain("rank1").value == pytest.approx(2.5)
    others = [made("full", s, 0.40 + 0.06 * s) for s in (0, 1)]
    pooled = hand_made.Grown(tuple(outcomes), tuple(others + outcomes[:2])).gain()
    assert pooled.value == found.gain().value and pooled.seed_error > found.gain().seed_error
    assert "2 paired seeds" in str(found) and "mAP                 +2.5" in str(found)


def test_the_price_of_streams_that_grow():
    """Each kind's streams by hand, at full width: six blocks, two each of 64, 96 and 128 channels inside."""
    grown, made_by_hand = hand_made.prices(1.0, (256, 128))
    # Of t Lite layers: a pointwise and nine weights a channel, two numbers a channel for the normalisation.
    assert grown.streams == sum(2 * 10 * (mid * mid + 11 * mid) for mid in (64, 96, 128))
    assert made_by_hand.streams == sum(2 * (4 * mid * mid + (9 + 25 + 49 + 81 + 8) * mid) for mid in (64, 96, 128))
    assert grown.parameters - made_by_hand.parameters == grown.streams - made_by_hand.streams
    assert grown.multiply_adds == 978_878_352


def test_both_kinds_are_run_by_the_recipes_of_the_ablation(root):
    for name, of in ((hand_made.FEW_STEPS, ablation.NAME), (hand_made.MANY_STEPS, ablation.LONGER)):
        plan, truth = hand_made.plan(root, name=name), ablation.plan(root, name=of)
        assert [variant.row for variant in plan.variants] == ["primary", "hand-made"]
        assert {variant.config for variant in plan.variants} == {truth.variants[0].config}


def longer():
    return ablation.read_shipped(ablation.LONGER)


def by_hand():
    return hand_made.read_shipped(hand_made.MANY_STEPS)


SHIPPED = (
    ablation.read_shipped, longer, ingredients.read_shipped, overfitting.read_shipped, hand_made.read_shipped, by_hand
)  # fmt: skip


@pytest.mark.parametrize("read", SHIPPED)
def test_what_ships_is_complete(read):
    found = read()
    names, seeds = compare.complete(found.outcomes)
    assert len(found.outcomes) == len(names) * len(seeds) and str(found)


def test_what_lesson_06_says_of_the_runs_that_ship():
    short, long = ({line.row.key: line for line in table.lines()} for table in (ablation.read_shipped(), longer()))
    verdicts = [(short[key].verdict, long[key].verdict) for key in ("T1", "full")]
    assert verdicts == [("contradicts", "agrees"), ("agrees", "agrees")]
    assert sum(line.verdict == "agrees" for line in long.values()) == 2

    def on_the_papers_side(lines):
        rows = [line for line in lines.values() if line.difference and line.row.number]
        return sum((line.difference.value > 0) == (line.published_difference > 0) for line in rows), len(rows)

    assert on_the_papers_side(short) == (5, 10) and on_the_papers_side(long) == (10, 10)
    for key in ("inception", "resnext", "se"):
        assert short[key].difference.low > 0 > long[key].difference.value


def test_equal_layers_are_behind_after_few_steps_and_level_after_many():
    few, many = hand_made.read_shipped().gain(), by_hand().gain()
    assert few.high < 0 and not many.clear
    for shipped, record in ((hand_made.read_shipped(), ablation.read_shipped()), (by_hand(), longer())):
        ours, theirs = (
            [replace(o, seconds=0) for o in runs if o.variant == "primary" and o.seed in range(3)]
            for runs in (shipped.outcomes, record.outcomes)
        )
        assert ours == theirs[: len(ours)]


def test_the_command_line_runs_and_refuses(root, tmp_path, capsys):
    assert main(["experiment", "twins", "--out", str(tmp_path)]) == 2
    assert "twins is not resumed" in capsys.readouterr().err
    assert main(["experiment", "everything"]) == 2
    assert "first-figure, " in (said := capsys.readouterr().err)
    assert "ablation, longer, decided, ingredients, people" in said
